//! Exports, real and made up. What the real ones hold was counted with openpyxl, not with this code.

use inv::error::Error;
use inv::input::rvtools::{Estate, Request, open};
use inv::input::{Record, Records, Step};
use inv::value::decimal::Decimal;
use proptest::prelude::{prop, proptest};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;

fn read(path: &std::path::Path, provider: &str) -> Result<Estate, Error> {
    Ok(open(path, &Request::default())?.into_estate(provider))
}

type Cells = BTreeMap<String, String>;

fn example(file: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let shared = root.join("../shared/real/rvtools").join(file);
    if shared.is_file() { shared } else { root.join("examples").join(file) }
}

fn table(estate: &mut Estate, noun: &str) -> Vec<Cells> {
    let table = estate.tables.iter_mut().find(|table| table.noun == noun).expect("every noun has its table");
    let columns = table.columns().to_vec();
    let (mut record, mut rows) = (Record::new(), Vec::new());
    while table.read(&mut record) == Step::Record {
        let cells = record
            .cells()
            .map(|(column, cell)| (columns[column].clone(), cell.expect("what is unknown is not given").to_owned()));
        rows.push(cells.collect());
    }
    rows
}

/// The values of one column, in order; `-` where there is none.
fn column(estate: &mut Estate, noun: &str, column: &str) -> Vec<String> {
    let value = |row: &Cells| row.get(column).cloned().unwrap_or_else(|| "-".to_owned());
    table(estate, noun).iter().map(value).collect()
}

fn row(cells: &[(&str, &str)]) -> Cells {
    cells.iter().map(|(column, cell)| ((*column).to_owned(), (*cell).to_owned())).collect()
}

fn mebibytes(values: &[String]) -> Decimal {
    values.iter().map(|value| Decimal::parse(value.strip_suffix(" MiB").expect("a unit")).expect("a number")).sum()
}

/// Reads a folder of CSV tabs.
fn try_tabs(tabs: &[(&str, &str)]) -> Result<Estate, Error> {
    let folder = tempfile::tempdir().expect("a folder");
    for (tab, content) in tabs {
        std::fs::write(folder.path().join(format!("RVTools_tab{tab}.csv")), content).expect("it can be written");
    }
    read(folder.path(), "ACME")
}

fn tabs(tabs: &[(&str, &str)]) -> Estate {
    try_tabs(tabs).expect("it is an export")
}

/// Writes a workbook whose parts are these, and reads it.
fn try_workbook(parts: &[(&str, &str)]) -> Result<Estate, Error> {
    let mut file = tempfile::NamedTempFile::with_suffix(".xlsx").expect("a file");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a part");
        zip.write_all(content.as_bytes()).expect("it can be written");
    }
    let bytes = zip.finish().expect("it is a zip").into_inner();
    file.write_all(&bytes).expect("it can be written");
    read(file.path(), "ACME")
}

const PACKAGE: (&str, &str) = (
    "_rels/.rels",
    r#"<Relationships><Relationship Id="r" Type="x/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
);
const WORKBOOK: (&str, &str) =
    ("xl/workbook.xml", r#"<workbook><sheets><sheet name="vInfo" sheetId="1" id="s"/></sheets></workbook>"#);
const WORKBOOK_PARTS: (&str, &str) = (
    "xl/_rels/workbook.xml.rels",
    r#"<Relationships><Relationship Id="s" Type="x/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
);

fn sheet(rows: &str) -> String {
    format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
}

fn try_sheet(rows: &str) -> Result<Estate, Error> {
    try_workbook(&[PACKAGE, WORKBOOK, WORKBOOK_PARTS, ("xl/worksheets/sheet1.xml", &sheet(rows))])
}

#[track_caller]
fn has_note(estate: &Estate, start: &str) {
    let has = estate.notes.iter().any(|note| note.named.starts_with(start));
    assert!(has, "no note begins {start:?}: {:#?}", estate.notes);
}

#[test]
fn the_real_estate_is_read_in_full() {
    // Counted with openpyxl over the rows that are not empty: vInfo has 805, 10 of them with Template "True"; vPartition
    // 1,618 with 1 of a template; vNetwork 805 with 10 of templates, one address each. Sums are over the others.
    let mut estate = read(&example("SizingWorkshop-RVTools.xlsx"), "ACME").expect("it is an export");
    assert_eq!(column(&mut estate, "provider", "name"), ["ACME"]);
    assert_eq!(table(&mut estate, "dc"), [row(&[("name", "Datacenter1"), ("provider", "ACME")])]);
    let pools: BTreeSet<Vec<String>> =
        table(&mut estate, "pool").into_iter().map(|row| row.into_values().collect()).collect();
    // vHost: the sums of "# Cores" and "# Memory" by Cluster; cpu, dc, memory, name.
    let expected: BTreeSet<Vec<String>> = [
        ["80", "ACME/Datacenter1", "1310545 MiB", "Cluster1"],
        ["352", "ACME/Datacenter1", "11533566 MiB", "Cluster2"],
        ["48", "ACME/Datacenter1", "1179261 MiB", "Mgmt"],
        ["48", "ACME/Datacenter1", "982996 MiB", "DMZ"],
    ]
    .into_iter()
    .map(|cells| cells.map(str::to_owned).to_vec())
    .collect();
    assert_eq!(pools, expected);
    assert_eq!(column(&mut estate, "os", "name").len(), 17);

    let vms = table(&mut estate, "vm");
    let of = |column: &str| vms.iter().map(|vm| vm[column].clone()).collect::<Vec<_>>();
    assert_eq!(vms.len(), 795);
    assert_eq!(mebibytes(&of("memory")), Decimal::from_whole(10_733_908));
    assert_eq!(of("cpu").iter().map(|cpu| cpu.parse::<u32>().expect("whole")).sum::<u32>(), 2721);
    let count = |column: &str, value: &str| of(column).iter().filter(|cell| *cell == value).count();
    assert_eq!((count("status", "running"), count("status", "stopped")), (763, 32));
    assert_eq!(
        ["Cluster1", "Cluster2", "Mgmt", "DMZ"].map(|pool| count("pool", &format!("ACME/Datacenter1/{pool}"))),
        [47, 685, 22, 41]
    );

    let partitions = table(&mut estate, "partition");
    let sizes: Vec<String> = partitions.iter().map(|partition| partition["size"].clone()).collect();
    assert_eq!((sizes.len(), mebibytes(&sizes)), (1617, Decimal::from_whole(216_904_903)));
    // 762 machines have partitions, and there is no vDisk.
    assert_eq!(column(&mut estate, "disk", "name"), vec!["disk0"; 762]);
    assert_eq!(column(&mut estate, "ip", "ipv4").into_iter().collect::<BTreeSet<_>>().len(), 795);
    assert!(column(&mut estate, "storage", "name").is_empty());
}

#[test]
fn what_the_real_estate_leaves_out_is_told() {
    let estate = read(&example("SizingWorkshop-RVTools.xlsx"), "ACME").expect("it is an export");
    has_note(
        &estate,
        "skipped 10 templates: Bowf17webprod, trhel6s_1, trhel6s-old, trhel6w-old, trhel7s-old, trhel7w-old, \
         WS2008R2, WS2008R2-O, WS2012R2, WS2012R2-O",
    );
    has_note(&estate, "skipped 1 partition of templates");
    has_note(&estate, "skipped 10 addresses of templates");
    has_note(&estate, "added 1617 partitions of 762 VMs to disk0: vDisk is missing from the export");
    has_note(&estate, "not in the export: vDatastore, vDisk");
    // 32 of the 38 hosts in vInfo are called otherwise in vHost.
    has_note(&estate, "warning: 32 hosts referenced by VMs are missing from vHost");
}

#[test]
fn a_small_estate_of_all_tabs_is_read_in_full() {
    let mut estate = read(&example("rvtools-small-complete.xlsx"), "ACME").expect("it is an export");
    // vHost has neither Cluster nor # Memory: two hosts of 16 cores, both with machines of sample-cluster-a.
    let pool = [("name", "sample-cluster-a"), ("dc", "ACME/sample-dc"), ("cpu", "32")];
    assert_eq!(table(&mut estate, "pool"), [row(&pool)]);
    assert_eq!(column(&mut estate, "vm", "memory"), ["8192 MiB", "16384 MiB", "4096 MiB"]);
    assert_eq!(
        column(&mut estate, "disk", "size"),
        ["81920 MiB", "40960 MiB", "102400 MiB", "225280 MiB", "81920 MiB"]
    );
    let path = "ACME/sample-dc/sample-cluster-a";
    assert_eq!(
        table(&mut estate, "partition")[1],
        row(&[("name", "/var"), ("disk", &format!("{path}/sample-web-01/Hard disk 2")), ("size", "40960 MiB")])
    );
    // By vPort 101, 101; by vSwitch 102; by dvPort 103.
    assert_eq!(column(&mut estate, "ip", "vlan"), ["101", "102", "103", "101"]);
    has_note(&estate, "1 column missing from vHost; these capacities of pools are not set: \"# Memory\"");
    has_note(&estate, "7 tabs ignored: no such data in the inventory: vCPU, vMemory");
}

#[test]
fn the_same_export_gives_the_same_records_twice() {
    let path = example("SizingWorkshop-RVTools.xlsx");
    let mut estates = [read(&path, "ACME"), read(&path, "ACME")].map(|estate| estate.expect("it is an export"));
    let [first, second] = &mut estates;
    for noun in ["provider", "dc", "pool", "os", "storage", "vm", "disk", "partition", "ip"] {
        assert_eq!(table(first, noun), table(second, noun), "{noun}");
    }
    assert_eq!(first.notes, second.notes);
}

#[test]
fn tables_come_after_those_that_they_refer_to() {
    let estate = tabs(&[("vInfo", "VM\nweb01\n")]);
    let nouns: Vec<_> = estate.tables.iter().map(|table| table.noun).collect();
    assert_eq!(nouns, ["provider", "dc", "pool", "os", "storage", "vm", "disk", "partition", "ip"]);
}

#[test]
fn a_machine_without_place_gets_one_that_says_so() {
    let mut estate = tabs(&[("vInfo", "VM,Datacenter,Cluster,Host\na,,,\nb,D,,esx1\nc,D,C,esx2\n")]);
    assert_eq!(column(&mut estate, "vm", "pool"), ["ACME/(no datacenter)/(no cluster)", "ACME/D/esx1", "ACME/D/C"]);
    has_note(&estate, "1 VM without cluster and host");
    has_note(&estate, "1 VM without datacenter");
    has_note(&estate, "created 1 pool for host without a cluster: esx1");
    has_note(&estate, "vHost is missing from the export; capacities of pools are not set");
}

#[test]
fn hosts_and_machines_complete_each_other() {
    let mut estate = tabs(&[
        ("vInfo", "VM,Datacenter,Cluster,Host\na,D,C,esx1\nb,,,ESX2\nc,D,,esx3\n"),
        (
            "vHost",
            "Host,Datacenter,Cluster,# Cores,# Memory\nesx1,,,8,\"65,536\"\nesx2,D,C,8,1000\nesx3,D,,4,x\nesx1,D,C,9,9\n",
        ),
    ]);
    let pools = table(&mut estate, "pool");
    assert_eq!(
        pools,
        [
            row(&[("name", "C"), ("dc", "ACME/D"), ("cpu", "16"), ("memory", "66536 MiB")]),
            row(&[("name", "esx3"), ("dc", "ACME/D"), ("cpu", "4")]),
        ]
    );
    assert_eq!(column(&mut estate, "vm", "pool"), ["ACME/D/C", "ACME/D/C", "ACME/D/esx3"]);
    has_note(&estate, "skipped 1 invalid value: vHost row 4: # Memory \"x\"");
    has_note(&estate, "skipped 1 row of vHost: host repeated: esx1 (row 5)");
}

#[test]
fn an_empty_cluster_is_a_pool_all_the_same() {
    let mut estate =
        tabs(&[("vInfo", "VM,Datacenter,Cluster\na,D,C\n"), ("vCluster", "Name,NumHosts\nC,1\nspare,0\n")]);
    assert_eq!(column(&mut estate, "pool", "name"), ["C", "spare"]);
}

#[test]
fn templates_and_cluster_services_go_with_all_that_is_theirs() {
    let mut estate = tabs(&[
        ("vInfo", "VM,Template\nweb01,False\ngold,True\nvCLS (1),False\nsilver,TRUE\n"),
        ("vDisk", "VM,Disk,Capacity MiB\ngold,d,1\nvCLS (1),d,2\nweb01,d,3\n"),
        ("vPartition", "VM,Disk,Capacity MiB\ngold,/,1\nweb01,/,3\n"),
        ("vNetwork", "VM,IPv4 Address\ngold,\"10.0.0.1, 10.0.0.2\"\nweb01,10.0.0.3\n"),
    ]);
    assert_eq!(column(&mut estate, "vm", "name"), ["web01"]);
    assert_eq!(column(&mut estate, "disk", "size"), ["3 MiB"]);
    assert_eq!(column(&mut estate, "ip", "ipv4"), ["10.0.0.3"]);
    has_note(&estate, "skipped 2 templates: gold, silver");
    has_note(&estate, "skipped 1 vCLS machine: vCLS (1)");
    has_note(&estate, "skipped 2 disks of");
    has_note(&estate, "skipped 1 partition of");
    has_note(&estate, "skipped 2 addresses of");
}

#[test]
fn machines_of_one_name_are_told_apart_and_so_are_their_disks() {
    let info = "VM,Cluster,Folder,VM UUID\nweb,C,/prod/,u1\nweb,C,/test,u2\nweb,D,/prod,u3\ndb,C,/x,u4\ndb,C,/x,u5\nq,C,,\nq,C,,\n";
    let disks = "VM,Disk,Capacity MiB,VM UUID,Folder\nweb,d,1,u2,\nweb,d,2,,/prod/\nweb,d,3,,\nq,d,4,,\nghost,d,5,,\n";
    let mut estate = tabs(&[("vInfo", info), ("vDisk", disks)]);
    assert_eq!(
        column(&mut estate, "vm", "name"),
        ["web (prod)", "web (test)", "web", "db (u4)", "db (u5)", "q", "q (2)"]
    );
    let disks = table(&mut estate, "disk");
    let rows: Vec<_> = disks.iter().map(|disk| (disk["vm"].as_str(), disk["size"].as_str())).collect();
    let pool = "ACME/(no datacenter)/C";
    assert_eq!(
        rows,
        [(format!("{pool}/web (test)").as_str(), "1 MiB"), (format!("{pool}/web (prod)").as_str(), "2 MiB")]
    );
    has_note(&estate, "renamed 6 VMs with the same name in one pool");
    has_note(&estate, "skipped 2 rows: several VMs with the same name: vDisk row 4 \"web\"");
    has_note(&estate, "skipped 1 row: VM not in vInfo: vDisk row 6 \"ghost\"");
}

#[test]
fn a_machine_that_stands_twice_is_taken_once() {
    let mut estate = tabs(&[("vInfo", "VM,Cluster,Folder,VM UUID\nweb,C,/prod,u1\nweb,C,/prod,u1\n")]);
    assert_eq!(column(&mut estate, "vm", "name"), ["web"]);
    has_note(&estate, "skipped 1 row of vInfo: VM repeated: web (row 3)");
}

#[test]
fn values_that_make_no_sense_are_told_with_their_row() {
    let mut estate = tabs(&[(
        "vInfo",
        "VM,CPUs,Memory,Powerstate,Creation date\na,x,-1,poweredOn,2021/03/15 10:22:33\nb,0,9999999999999999,,soon\n c ,2,4096.0,suspended,\n",
    )]);
    assert_eq!(
        table(&mut estate, "vm"),
        [
            row(&[
                ("name", "a"),
                ("pool", "ACME/(no datacenter)/(no cluster)"),
                ("status", "running"),
                ("created", "2021-03-15T10:22:33Z")
            ]),
            row(&[("name", "b"), ("pool", "ACME/(no datacenter)/(no cluster)")]),
            row(&[
                ("name", "c"),
                ("pool", "ACME/(no datacenter)/(no cluster)"),
                ("status", "suspended"),
                ("memory", "4096 MiB"),
                ("cpu", "2")
            ]),
        ]
    );
    has_note(
        &estate,
        "skipped 4 invalid values: vInfo row 2: Memory \"-1\", vInfo row 2: CPUs \"x\", vInfo row 3: Memory \
         \"9999999999999999\", vInfo row 3: CPUs \"0\"",
    );
    has_note(&estate, "removed blanks around 1 name: vInfo row 4: VM \" c \"");
    has_note(&estate, "skipped 1 unreadable creation date: row 3 \"soon\"");
}

#[test]
fn partitions_find_their_disk_by_key_or_because_it_is_the_only_one() {
    let mut estate = tabs(&[
        ("vInfo", "VM\none\ntwo\nnone\n"),
        ("vDisk", "VM,Disk,Disk Key,Capacity MB\none,d1,2000,9\ntwo,d1,2000,9\ntwo,d2,2001,9\ntwo,d2,2002,9\n"),
        (
            "vPartition",
            "VM,Disk,Disk Key,Capacity MB\none,/,7,1\ntwo,/,2001,1\ntwo,/b,2002,1\ntwo,/x,9999,1\nnone,/,,1\nnone,/,,1\nnone,,,1\n",
        ),
    ]);
    let pool = "ACME/(no datacenter)/(no cluster)";
    let expected = [
        "one/d1 /",
        "two/d2 /",
        "two/d2 (2) /b",
        "two/disk0 /x",
        "none/disk0 /",
        "none/disk0 / (2)",
        "none/disk0 part3",
    ];
    let rows: Vec<String> = table(&mut estate, "partition")
        .iter()
        .map(|partition| format!("{} {}", partition["disk"], partition["name"]))
        .collect();
    assert_eq!(rows, expected.map(|path| format!("{pool}/{path}")));
    assert_eq!(column(&mut estate, "disk", "size"), ["9 MiB", "9 MiB", "9 MiB", "9 MiB", "-", "-"]);
    has_note(&estate, "added 4 partitions of 2 VMs to disk0: the export does not name");
    has_note(&estate, "added a number to 2 repeated names");
}

#[test]
fn datastores_are_placed_by_hosts_then_by_disks_or_told() {
    let mut estate = tabs(&[
        ("vInfo", "VM,Datacenter,Cluster,Host\na,D,C1,e1\nb,D,C2,e3\n"),
        ("vHost", "Host,Datacenter,Cluster\ne1,D,C1\ne2,D,C1\ne3,D,C2\n"),
        ("vDatastore", "Name,Capacity MiB,Hosts\nsan,1000,\"e3, e1, e2\"\nlocal,10,e3\nused,20,\nlost,30,\n"),
        ("vDisk", "VM,Disk,Path\na,d1,[used] a/a.vmdk\nb,d1,[san] b/b.vmdk\nb,d2,[unlisted] b/b.vmdk\nb,d3,nowhere\n"),
    ]);
    let stores: Vec<_> = table(&mut estate, "storage")
        .iter()
        .map(|store| {
            format!("{}/{} {}", store["pool"], store["name"], store.get("capacity").map_or("-", String::as_str))
        })
        .collect();
    assert_eq!(
        stores,
        ["ACME/D/C1/san 1000 MiB", "ACME/D/C2/local 10 MiB", "ACME/D/C1/used 20 MiB", "ACME/D/C2/unlisted -"]
    );
    assert_eq!(column(&mut estate, "disk", "storage"), ["ACME/D/C1/used", "ACME/D/C1/san", "ACME/D/C2/unlisted", "-"]);
    has_note(&estate, "1 datastore shared by several pools, assigned to the pool with the most hosts: san in C1");
    has_note(&estate, "1 datastore assigned to pools by VMs");
    has_note(&estate, "skipped 1 datastore: no pool found: lost");
    has_note(&estate, "1 datastore referenced only by disks");
    has_note(&estate, "1 disk with a path without a datastore");
}

#[test]
fn addresses_are_split_checked_and_completed_from_the_primary() {
    let mut estate = tabs(&[
        ("vInfo", "VM,Host,Primary IP Address\na,e1,10.0.0.1\nb,e2,10.0.0.9\nc,e1,\n"),
        (
            "vNetwork",
            "VM,Network,IPv4 Address,IPv6 Address\na,n,\"10.0.0.1, 169.254.1.1\",\"fe80::1, 2001:DB8::1\"\nb,n,,\nc,t,010.0.0.1,127.0.0.1\nc,t,10.0.0.7,\nc,t,10.0.0.7,\n",
        ),
        ("vPort", "Host,Port Group,VLAN\ne1,n,101\ne2,n,102\ne1,t,4095\n"),
    ]);
    let rows: Vec<_> = table(&mut estate, "ip")
        .iter()
        .map(|ip| {
            let address = ip.get("ipv4").or(ip.get("ipv6")).expect("an address");
            format!("{address}@{}", ip.get("vlan").map_or("-", String::as_str))
        })
        .collect();
    assert_eq!(rows, ["10.0.0.1@101", "2001:db8::1@101", "10.0.0.7@-", "10.0.0.9@102"]);
    has_note(&estate, "skipped 2 link-local addresses");
    has_note(&estate, "skipped 1 loopback, multicast or unspecified address: 127.0.0.1");
    has_note(&estate, "skipped 1 unreadable address: vNetwork row 4 \"010.0.0.1\"");
    has_note(&estate, "1 address repeated for one VM, imported once: 10.0.0.7 (row 6)");
    has_note(&estate, "imported 1 address from \"Primary IP Address\" of vInfo: 10.0.0.9");
    has_note(&estate, "1 network with a trunk of VLANs; addresses imported without a VLAN: t");
}

#[test]
fn an_export_without_machines_or_their_names_is_refused_with_what_was_found() {
    let error = try_tabs(&[("vDisk", "VM\nx\n"), ("vHealth", "Name\nx\n")]).expect_err("there is no vInfo");
    assert!(error.message().ends_with("has no tab vInfo with a header"), "{error}");
    assert!(error.way_out().expect("a way out").contains("RVTools_tabvDisk.csv, RVTools_tabvHealth.csv"), "{error}");
    let error = try_tabs(&[("vInfo", "Machine,Memory\nx,1\n")]).expect_err("there is no VM");
    assert_eq!(error.message(), "RVTools_tabvInfo.csv has no column \"VM\"");
    assert!(try_tabs(&[("vInfo", "")]).is_err());
    let error = try_tabs(&[("vInfo", "VM\na\n"), ("vInfo-old", "VM\na\n")]).expect_err("which one?");
    assert!(error.message().contains("two files"), "{error}");
}

#[test]
fn a_header_alone_is_an_estate_without_machines() {
    let mut estate = tabs(&[("vInfo", "VM,Cluster\n")]);
    assert!(table(&mut estate, "vm").is_empty());
}

#[test]
fn broken_lines_of_a_tab_are_told_and_broken_files_refused() {
    let mut estate = tabs(&[("vInfo", "VM;Memory\na;1\nb\nc;2\n")]);
    assert_eq!(column(&mut estate, "vm", "name"), ["a", "c"]);
    has_note(&estate, "skipped 1 unreadable line: RVTools_tabvInfo.csv:3: has 1 cell, the header has 2");
    let error = try_tabs(&[("vInfo", "VM\n\"a\nb\n")]).expect_err("the quote is never closed");
    assert!(error.message().starts_with("RVTools_tabvInfo.csv:2: "), "{error}");
}

#[test]
fn sheets_are_read_whatever_their_cells_are_held_as() {
    let rows = r#"<row r="3"><c r="B3" t="inlineStr"><is><t>VM</t></is></c><c r="C3" t="str"><v>Memory</v></c><c r="D3" t="str"><v>Template</v></c></row>
        <row r="5"><c r="B5" t="str"><v>web01</v></c><c r="C5"><v>4.096E3</v></c><c r="D5" t="b"><v>0</v></c></row>
        <row r="6"><c r="B6"/><c r="C6"/></row>
        <row r="7"><c r="B7" t="str"><v>gold</v></c><c r="D7" t="b"><v>1</v></c></row>
        <row r="8"><c r="B8" t="str"><v>web02</v></c><c r="C8" t="e"><v>#REF!</v></c></row>
        <row r="9"><c r="C9"><v>5</v></c></row>"#;
    let mut estate = try_sheet(rows).expect("it is a workbook");
    let pool = ("pool", "ACME/(no datacenter)/(no cluster)");
    assert_eq!(
        table(&mut estate, "vm"),
        [row(&[("name", "web01"), pool, ("memory", "4096 MiB")]), row(&[("name", "web02"), pool])]
    );
    has_note(&estate, "skipped 1 template: gold");
    has_note(&estate, "skipped 1 cell with a spreadsheet error: vInfo row 8: Memory #REF!");
    has_note(&estate, "skipped 1 row: no VM: vInfo row 9");
}

#[test]
fn workbooks_that_are_none_are_refused() {
    let header = r#"<row r="1"><c r="A1" t="str"><v>VM</v></c></row>"#;
    let content = sheet(header);
    let worksheet = ("xl/worksheets/sheet1.xml", content.as_str());
    assert!(try_workbook(&[PACKAGE, WORKBOOK, WORKBOOK_PARTS, worksheet]).is_ok(), "the others differ from this one");
    let claim = ("xl/sharedStrings.xml", r#"<sst uniqueCount="999999999999999999"><si><t>x</t></si></sst>"#);
    let styles = format!("<styleSheet>{}</styleSheet>", " ".repeat(5 << 20));
    let bomb = ("xl/styles.xml", styles.as_str());
    let broken = ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c t=\"str\"><v>VM");
    let other = WORKBOOK.1.replace("vInfo", "Sheet1");
    for parts in [
        vec![],
        vec![PACKAGE],
        vec![PACKAGE, WORKBOOK, worksheet],
        vec![PACKAGE, WORKBOOK, WORKBOOK_PARTS],
        vec![PACKAGE, WORKBOOK, WORKBOOK_PARTS, broken],
        vec![PACKAGE, WORKBOOK, WORKBOOK_PARTS, worksheet, claim],
        vec![PACKAGE, WORKBOOK, WORKBOOK_PARTS, worksheet, bomb],
        vec![PACKAGE, ("xl/workbook.xml", other.as_str()), WORKBOOK_PARTS, worksheet],
    ] {
        let names: Vec<_> = parts.iter().map(|(name, _)| *name).collect();
        assert!(try_workbook(&parts).is_err(), "{names:?}");
    }
}

#[test]
fn files_that_are_no_workbooks_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.xlsx");
    let real = std::fs::read(example("rvtools-small-complete.xlsx")).expect("it is there");
    let old: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    for content in [&b""[..], b"PK", b"VM,Memory\nx,1\n", b"PK\x03\x04garbage", old, &real[..real.len() / 2]] {
        std::fs::write(&path, content).expect("it can be written");
        let error = read(&path, "ACME").expect_err("it is none");
        assert!(error.way_out().is_some(), "{error}");
    }
    let error = read(&folder.path().join("none.xlsx"), "ACME").expect_err("there is none");
    assert!(error.message().contains("none.xlsx\": no such file"), "{error}");
    assert!(read(&folder.path().join("."), "ACME").is_err(), "the folder has no tabs");
}

proptest! {
    #[test]
    fn a_damaged_workbook_never_panics(places in prop::collection::vec((0_usize..15_260, 0_u8..=255), 1..6)) {
        let mut content = std::fs::read(example("rvtools-small-complete.xlsx")).expect("it is there");
        for (place, byte) in places {
            content[place] = byte;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.xlsx");
        std::fs::write(&path, content).expect("it can be written");
        // Whether it is still one depends on where the damage is.
        let _ = read(&path, "ACME");
    }

    #[test]
    fn any_cells_come_to_an_estate_or_a_failure(
        rows in prop::collection::vec(("[ab ]{0,2}", "[-0-9.,x]{0,5}", "[CD]{0,1}", "[uv]{0,1}", "[ef]{0,1}"), 0..12),
    ) {
        use std::fmt::Write;
        let mut info = String::from("VM,Memory,Cluster,VM UUID,Host\n");
        let mut disks = String::from("VM,Capacity MB,Disk,Disk Key,Path\n");
        for (name, number, cluster, uuid, host) in rows {
            writeln!(info, "{name},\"{number}\",{cluster},{uuid},{host}").expect("a string takes all");
            writeln!(disks, "{name},\"{number}\",{cluster},{uuid},[{host}] x").expect("a string takes all");
        }
        let mut estate = tabs(&[("vInfo", &info), ("vDisk", &disks), ("vPartition", &disks)]);
        for (noun, owner) in [("vm", "pool"), ("disk", "vm"), ("partition", "disk"), ("storage", "pool")] {
            let rows = table(&mut estate, noun);
            let names: BTreeSet<_> = rows.iter().map(|row| (row["name"].clone(), row[owner].clone())).collect();
            assert_eq!(names.len(), rows.len(), "a {noun} stands twice");
        }
    }
}
