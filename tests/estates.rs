//! Exports of RVTools that are not as they should be: what can be read goes in, and the rest is reported.

use crate::support::{Answer, Sandbox, timeless};

/// Writes the tabs of an export into a folder, which it empties first.
fn export(sandbox: &Sandbox, tabs: &[(&str, &[u8])]) {
    let folder = sandbox.path().join("export");
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).expect("the folder of another export");
    }
    std::fs::create_dir(&folder).expect("a folder");
    for (tab, content) in tabs {
        std::fs::write(folder.join(format!("RVTools_tab{tab}.csv")), content).expect("a file");
    }
}

/// Imports the folder.
fn import(sandbox: &Sandbox, more: &[&str]) -> Answer {
    let arguments: Vec<&str> = ["import", "--from", "rvtools", "export"].iter().chain(more).copied().collect();
    sandbox.run(&arguments)
}

/// Imports an export with this vInfo, which goes in, and returns what was told.
fn imported(sandbox: &Sandbox, info: impl AsRef<[u8]>, more: &[&str]) -> String {
    export(sandbox, &[("vInfo", info.as_ref())]);
    let answer = import(sandbox, more);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    answer.stderr
}

fn listed(sandbox: &Sandbox, noun: &str, columns: &str) -> String {
    sandbox.ok(&[noun, "list", "-o", "csv", "--no-headers", "-c", columns])
}

#[test]
fn csv_tabs_are_read_in_the_encoding_and_with_the_delimiter_that_are_named() {
    let sandbox = Sandbox::empty();
    let latin = b"VM~Datacenter~Cluster\ncaf\xe91~north~alpha\n";
    imported(&sandbox, latin, &["--encoding", "windows-1252", "--delimiter", "~"]);
    assert_eq!(listed(&sandbox, "vm", "path"), "vSphere/north/alpha/caf\u{e9}1\n");
    // Without the delimiter the header is one column.
    let other = Sandbox::empty();
    export(&other, &[("vInfo", latin)]);
    let answer = import(&other, &["--encoding", "windows-1252"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert!(answer.stderr.starts_with("error: RVTools_tabvInfo.csv has no column \"VM\"\n"), "{answer}");
}

#[test]
fn options_for_csv_are_refused_for_a_workbook() {
    let sandbox = Sandbox::empty();
    std::fs::write(sandbox.path().join("x.xlsx"), b"PK\x03\x04").expect("a file");
    insta::assert_snapshot!(sandbox.run(&["import", "--from", "rvtools", "x.xlsx", "--encoding", "utf-16"]), @r#"
    status 2
    ----- stderr -----
    error: --encoding does not apply to "x.xlsx", which is no folder of CSV tabs
    help: omit --encoding, or pass the folder of the CSV tabs
    "#);
    let answer = sandbox.run(&["import", "--from", "rvtools", "x.xlsx", "--delimiter", ";"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{answer}");
    // Options for an estate are refused for a folder of the inventory.
    for option in [&["--provider", "x"][..], &["--owner-column", "x"], &["--strict"]] {
        let all: Vec<&str> = ["import", "folder"].iter().chain(option).copied().collect();
        let answer = sandbox.run(&all);
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{answer}");
    }
}

#[test]
fn mebibytes_are_whole() {
    let sandbox = Sandbox::empty();
    let told = imported(
        &sandbox,
        "VM,Datacenter,Cluster,Memory\na,d,c,1.5\nb,d,c,4.096\nc,d,c,4.000\nd,d,c,\"1,024\"\ne,d,c,2048.0\nf,d,c,16 384\n",
        &[],
    );
    // 4.096 and 4.000 are 4096 and 4000 where a point groups thousands; as whole numbers the others mean one thing.
    assert_eq!(listed(&sandbox, "vm", "name,memory"), "a,\nb,\nc,\nd,1024 MiB\ne,2048 MiB\nf,16384 MiB\n");
    let line = "skipped 3 invalid values: vInfo row 2: Memory \"1.5\", vInfo row 3: Memory \"4.096\", vInfo row 4: \
                Memory \"4.000\"\n";
    assert!(told.contains(line), "{told}");
}

const STATES: &str = "VM,Datacenter,Cluster,Powerstate,CPUs\na,d,c,poweredOn,2\nb,d,c,poweredBlue,4\n\
                      c,d,c,poweredOff,1\nd,d,c,Suspended,1\n";

#[test]
fn an_unknown_power_state_is_reported_and_the_rest_goes_in() {
    let sandbox = Sandbox::empty();
    let told = imported(&sandbox, STATES, &["--quiet"]);
    // What is lost is told even with --quiet.
    assert_eq!(told, "skipped 1 invalid value: vInfo row 3: Powerstate \"poweredBlue\"\n");
    assert_eq!(listed(&sandbox, "vm", "name,status,cpu"), "a,running,2\nb,unknown,4\nc,stopped,1\nd,suspended,1\n");
    // An update leaves the status alone that it cannot read.
    sandbox.ok(&["vm", "set", "b", "--status", "failed"]);
    imported(&sandbox, STATES, &["--update"]);
    assert_eq!(listed(&sandbox, "vm", "name,status"), "a,running\nb,failed\nc,stopped\nd,suspended\n");
}

#[test]
fn strict_makes_faults_of_what_cannot_be_read() {
    let sandbox = Sandbox::empty();
    export(&sandbox, &[("vInfo", STATES.as_bytes()), ("vDisk", b"VM,Disk,Capacity MiB\nghost,d1,10\n")]);
    insta::assert_snapshot!(import(&sandbox, &["--strict"]), @r#"
    status 1
    ----- stderr -----
    error: "export" has 2 cells or rows that cannot be used; nothing was imported
      skipped 1 row: VM not in vInfo: vDisk row 2 "ghost"
      skipped 1 invalid value: vInfo row 3: Powerstate "poweredBlue"
    help: fix the export, or omit --strict to import the rest
    "#);
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "0\n");
    export(&sandbox, &[("vInfo", STATES.replace("Blue", "On").as_bytes())]);
    assert_eq!(import(&sandbox, &["--strict"]).status, 0);
    assert_eq!(import(&sandbox, &["--strict", "--skip-bad"]).status, 2);
}

#[test]
fn a_name_that_no_record_can_have_leaves_its_row_out_and_what_hangs_from_it() {
    let sandbox = Sandbox::empty();
    let tabs: &[(&str, &[u8])] = &[
        ("vInfo", b"VM,Datacenter,Cluster,OS\nweb\x01,d,c,Debian\nweb02,d,c,Free\x02BSD\nweb03,d,c,Debian\n"),
        ("vDisk", b"VM,Disk,Capacity MiB\nweb\x01,d1,10\nweb02,d1,20\n"),
    ];
    export(&sandbox, tabs);
    let answer = import(&sandbox, &["--quiet", "--rejects", "bad.csv"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    assert_eq!(listed(&sandbox, "vm", "name,os,disks"), "web02,,20 MiB\nweb03,Debian,\n");
    for line in [
        "skipped 3 rows without a place: RVTools_tabvInfo.csv:3: name: ",
        "RVTools_tabvInfo.csv:2: name: ",
        "RVTools_tabvDisk.csv:2: vm: ",
        "skipped 1 unreadable cell: RVTools_tabvInfo.csv:3: os: ",
    ] {
        assert!(answer.stderr.contains(line), "{line}\n{answer}");
    }
    let rejects = std::fs::read_to_string(sandbox.path().join("bad.csv")).expect("the rejected rows");
    assert_eq!(
        rejects.lines().filter(|line| line.contains(",RVTools_tab") || line.contains("\"RVTools_tab")).count(),
        3
    );
    // With --strict the same are faults.
    let strict = Sandbox::empty();
    export(&strict, tabs);
    let answer = import(&strict, &["--strict"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert!(answer.stderr.contains("error: 5 rows are wrong in export; nothing was imported\n"), "{answer}");
    assert_eq!(strict.ok(&["vm", "list", "--count"]), "0\n");
}

#[test]
fn an_export_with_rows_that_have_no_place_says_nothing_of_what_is_gone() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, "VM,Datacenter,Cluster\na,d,c\nb,d,c\n", &[]);
    let told = imported(&sandbox, "VM,Datacenter,Cluster\na,d,c\n,d,c\n", &["--update", "--prune"]);
    assert!(told.contains("skipped 1 row: no VM: vInfo row 3\n"), "{told}");
    assert!(told.contains("no records marked as missing: 1 row could not be placed\n"), "{told}");
    assert_eq!(listed(&sandbox, "vm", "name"), "a\nb\n");
    imported(&sandbox, "VM,Datacenter,Cluster\na,d,c\n", &["--update", "--prune"]);
    assert_eq!(listed(&sandbox, "vm", "name"), "a\n");
}

#[test]
fn hosts_of_one_name_in_two_datacenters_are_two() {
    let sandbox = Sandbox::empty();
    export(
        &sandbox,
        &[
            ("vInfo", b"VM,Datacenter,Cluster,Host\na,north,alpha,node1\nb,south,,node1\nc,east,gamma,NODE1\n"),
            (
                "vHost",
                b"Host,Datacenter,Cluster,# Cores,# Memory\nnode1,north,alpha,8,1000\nnode1,south,beta,16,2000\n\
                  node1,south,beta,32,4000\n",
            ),
            ("vDatastore", b"Name,Datacenter,Capacity MiB,Hosts\nlocal,south,10,node1\n"),
        ],
    );
    let answer = import(&sandbox, &[]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    // The second node1 of the south is a repetition; that of the east is not in vHost.
    assert_eq!(
        listed(&sandbox, "pool", "path,cpu,memory"),
        "vSphere/north/alpha,8,1000 MiB\nvSphere/south/beta,16,2000 MiB\nvSphere/east/gamma,,\n"
    );
    assert_eq!(listed(&sandbox, "vm", "path"), "vSphere/north/alpha/a\nvSphere/south/beta/b\nvSphere/east/gamma/c\n");
    assert_eq!(listed(&sandbox, "storage", "path"), "vSphere/south/beta/local\n");
    assert!(answer.stderr.contains("skipped 1 row of vHost: host repeated: node1 (row 4)\n"), "{answer}");
    assert!(
        answer
            .stderr
            .contains("warning: 1 host referenced by VMs is missing from vHost; its capacity is not counted: NODE1\n"),
        "{answer}"
    );
}

#[test]
fn hosts_of_two_vcenters_add_up_each_to_its_own_pool() {
    let sandbox = Sandbox::empty();
    export(
        &sandbox,
        &[
            (
                "vInfo",
                b"VM,Datacenter,Cluster,Host,VI SDK Server\na,dc,alpha,node1,vc-a\nb,dc,beta,node1,vc-b\nc,,,node1,\n",
            ),
            (
                "vHost",
                b"Host,Datacenter,Cluster,# Cores,# Memory,VI SDK Server\nnode1,dc,alpha,8,1000,vc-a\n\
                  node1,dc,beta,16,2000,vc-b\n",
            ),
        ],
    );
    let answer = import(&sandbox, &[]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    let pools = listed(&sandbox, "pool", "name,cpu,memory");
    assert!(pools.contains("alpha,8,1000 MiB\nbeta,16,2000 MiB\n"), "{pools}");
    let line = "1 VM with an ambiguous host name, added without the host: c\n";
    assert!(answer.stderr.contains(line), "{answer}");
}

const OWNERS: &str = "VM,Power status,Owner,Annotation,Datacenter,Cluster\na,poweredOn,kim,x,d,c\n\
                      b,poweredOn,LEE@example.com,x,d,c\nc,poweredOn,new@example.com,x,d,c\n\
                      d,poweredOn,payroll team,x,d,c\ne,poweredOn,,x,d,c\n";

#[test]
fn unused_and_missing_columns_are_reported() {
    let sandbox = Sandbox::empty();
    export(&sandbox, &[("vInfo", OWNERS.as_bytes()), ("vSnapshot", b"VM,Name\n")]);
    let answer = import(&sandbox, &["--dry-run", "-o", "csv"]);
    let lines: Vec<&str> = answer.stderr.lines().take(3).collect();
    assert_eq!(
        lines,
        [
            "1 tab ignored: no such data in the inventory (-v lists it)",
            "3 columns ignored (-v lists them)",
            "17 known columns missing: vInfo (Powerstate, Template, SRM Placeholder, CPUs, Memory, Host, Folder, VM \
             UUID, VM ID, SMBIOS UUID, OS according to the configuration file, OS according to the VMware Tools, \
             Creation date, Primary IP Address, Network #1, Network #2, VI SDK Server)",
        ],
        "{answer}"
    );
    let named = import(&sandbox, &["-v"]).stderr;
    let tabs = "1 tab ignored: no such data in the inventory: RVTools_tabvSnapshot.csv\n";
    assert!(named.starts_with(tabs), "{named}");
    assert!(named.contains("3 columns ignored: vInfo (Power status, Owner, Annotation)\n"), "{named}");
    assert_eq!(
        listed(&sandbox, "vm", "name,status,owner"),
        "a,unknown,\nb,unknown,\nc,unknown,\nd,unknown,\ne,unknown,\n"
    );
}

#[test]
fn a_column_with_owners_gives_them_by_name_or_email() {
    let sandbox = Sandbox::empty();
    for arguments in [&["kim"][..], &["Lee", "--email", "lee@example.com"], &["other"]] {
        let all: Vec<&str> = ["user", "add"].iter().chain(arguments).copied().collect();
        sandbox.ok(&all);
    }
    let told = imported(&sandbox, OWNERS, &["--owner-column", "owner"]);
    assert!(told.contains("2 columns ignored (-v lists them)\n"), "{told}");
    let line = "skipped 1 unreadable cell: RVTools_tabvInfo.csv:5: owner: no user named \"payroll team\"";
    assert!(told.contains(line), "{told}");
    assert_eq!(listed(&sandbox, "vm", "name,owner"), "a,kim\nb,Lee\nc,new@example.com\nd,\ne,\n");
    let users = "kim,\nLee,lee@example.com\nother,\nnew@example.com,new@example.com\n";
    assert_eq!(listed(&sandbox, "user", "name,email"), users);
    // Again: nothing new, and users whom the export does not have stay.
    let before = sandbox.exported();
    imported(&sandbox, OWNERS, &["--owner-column", "owner", "--update", "--prune"]);
    // When the source was last imported is another time.
    assert_eq!(timeless(&sandbox.exported()), timeless(&before));
    imported(&sandbox, OWNERS, &["--owner-column", "Owner", "--update", "--create", "owner"]);
    assert_eq!(listed(&sandbox, "vm", "name,owner"), "a,kim\nb,Lee\nc,new@example.com\nd,payroll team\ne,\n");
    insta::assert_snapshot!(import(&sandbox, &["--owner-column", "Besitzer", "--update"]), @r#"
    status 1
    ----- stderr -----
    error: RVTools_tabvInfo.csv has no column "Besitzer"
    help: columns found: Annotation, Cluster, Datacenter, Owner, Power status, VM
    "#);
}

#[test]
fn five_thousand_vms_that_pass_their_names_on_in_a_row_and_in_a_circle_are_renamed_in_one_run() {
    let info = |name_of: fn(usize) -> usize| {
        let row =
            |id: usize| format!("vm{},poweredOn,False,2,4096,north,alpha,node1,vm-{id},{id:04},vc\n", name_of(id));
        let header = "VM,Powerstate,Template,CPUs,Memory,Datacenter,Cluster,Host,VM ID,VM UUID,VI SDK Server\n";
        format!("{header}{}", (0..5_000).map(row).collect::<String>())
    };
    let sandbox = Sandbox::empty();
    imported(&sandbox, info(|id| id), &[]);
    // Each gets the name that the next one has: the first one waits for all others. Then each gets one in a circle.
    for name_of in [|id| id + 1, |id| (id + 2) % 5_001, |id| 4_999 - id] {
        let told = imported(&sandbox, info(name_of), &["--update"]);
        assert!(told.contains(" renamed") && !told.contains(" new") && !told.contains("any more"), "{told}");
        let names = listed(&sandbox, "vm", "name");
        let expected: String = (0..5_000).map(|id| format!("vm{}\n", name_of(id))).collect();
        assert_eq!(names, expected);
    }
}
