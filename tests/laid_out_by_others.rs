//! Files that other programs and people laid out: each is imported by one command, and its cells are those that Python
//! reads.

use crate::imports::told;
use crate::support::{Answer, Sandbox};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prints rows of a file, each a list of Python expressions of its cells.
const READ: &str = r##"
import csv, decimal, re, sys
path, encoding, delimiter, keep = sys.argv[1:5]
lines = open(path, encoding=encoding, newline="")
out = csv.writer(sys.stdout, lineterminator="\n")

def number(text):
    text = format(decimal.Decimal(text).normalize(), "f")
    return text

def addresses(*texts):
    parts = [part.split("/")[0] for text in texts for part in re.split(r"[\s,;]+", text) if part]
    return ";".join(dict.fromkeys(parts))

if not next(iter(lines)).startswith("#TYPE"):
    lines.seek(0)
for row in csv.DictReader(lines, delimiter=delimiter):
    row = {name.lstrip("\ufeff").strip(): cell for name, cell in row.items()}
    if eval(keep):
        out.writerow(eval(expression) for expression in sys.argv[5:])
"##;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/spreadsheets").join(name)
}

/// File of another program, as Python reads it.
struct Table<'t> {
    path: PathBuf,
    encoding: &'t str,
    delimiter: &'t str,
    /// Python expression that is true for the rows that count.
    keep: &'t str,
}

impl Table<'_> {
    fn of(path: PathBuf) -> Self {
        Self { path, encoding: "utf-8-sig", delimiter: ",", keep: "True" }
    }

    /// Returns the rows, each of these Python expressions.
    fn rows(&self, cells: &[&str]) -> String {
        let mut python = Command::new("python3");
        python.arg("-c").arg(READ).arg(&self.path).args([self.encoding, self.delimiter, self.keep]).args(cells);
        let output = python.output().expect("python3 runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

/// An inventory with the pool `alpha` in `p/north`.
fn alpha() -> Sandbox {
    let sandbox = Sandbox::empty();
    for line in ["provider add p", "dc add north --provider p", "pool add alpha --dc north", "user add kim"] {
        sandbox.ok(&line.split(' ').collect::<Vec<_>>());
    }
    sandbox
}

fn import(sandbox: &Sandbox, noun: &str, path: &Path, options: &[&str]) -> Answer {
    let path = path.to_str().expect("a path in UTF-8");
    let answer = sandbox.run(&[&[noun, "import", path], options].concat());
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    answer
}

const POWERCLI: [&str; 7] = ["--set", "pool=alpha", "--map", "MemoryGB=-", "--unit", "memory=MiB", "--ignore-unknown"];

#[test]
fn get_vm_of_powercli_is_imported_with_and_without_its_own_virtual_machines() {
    let cells = ["row['Name']", "number(row['NumCpu'])", "row['MemoryMB'] + ' MiB'"];
    let sandbox = alpha();
    let answer = import(
        &sandbox,
        "vm",
        &data("powercli-get-vm-ps5.csv"),
        &[&POWERCLI[..], &["--where", "Name!~vCLS-"]].concat(),
    );
    let expected = Table { keep: "'vCLS' not in row['Name']", ..Table::of(data("powercli-get-vm-ps5.csv")) };
    assert_eq!(told(&sandbox, "vm", "name,cpu,memory"), expected.rows(&cells));
    assert_eq!(told(&sandbox, "vm", "status"), "running\nstopped\nsuspended\n");
    assert_eq!(
        answer.stderr,
        "3 VMs: 3 new\nread \"PowerState\" as status, \"NumCpu\" as cpu, \"MemoryMB\" as memory in MiB\n14 columns are \
         not used (-v lists them)\nskipped 1 row by --where\n"
    );

    let sandbox = alpha();
    import(&sandbox, "vm", &data("powercli-get-vm-semicolon.csv"), &POWERCLI);
    let expected = Table { delimiter: ";", ..Table::of(data("powercli-get-vm-semicolon.csv")) };
    assert_eq!(told(&sandbox, "vm", "name,cpu,memory"), expected.rows(&cells));
}

#[test]
fn lists_that_powershell_did_not_join_are_refused_with_the_way_to_join_them() {
    let sandbox = alpha();
    let path = data("powercli-inventory-select.csv");
    let path = path.to_str().expect("a path in UTF-8");
    let import = ["vm", "import", path, "--set", "provider=vc1", "--create", "provider,dc,pool", "--ignore-unknown"];
    let joined = [&import[..], &["--map", "DiskGB=-"]].concat();
    let answer = sandbox.run(&joined);
    assert_eq!(answer.status, 1, "{answer}");
    let fault = ":4: ips: \"System.String[]\" is the type of a list without its values (join the list with -join in \
                 PowerShell, or pass --null \"System.String[]\")\n";
    assert!(answer.stderr.contains(fault), "{answer}");
    assert_eq!(sandbox.run(&[&joined[..], &["--null", "System.String[]"]].concat()).status, 0);
    let expected =
        Table { keep: "row['IPAddress'] != 'System.String[]'", ..Table::of(data("powercli-inventory-select.csv")) };
    let list = told(&sandbox, "vm", "name,pool.dc,pool,memory,ips");
    let rows = expected.rows(&[
        "row['Name']",
        "row['Datacenter']",
        "row['Cluster']",
        "row['MemoryGB'] + ' GB'",
        "addresses(row['IPAddress'])",
    ]);
    assert_eq!(list, format!("{rows}multi,DC-Frankfurt,Prod,2 GB,\n"));
}

#[test]
fn virtual_machines_of_netbox_are_imported_with_disks_addresses_and_systems() {
    let sandbox = alpha();
    let map = ["--map", "Site=-,Platform=os", "--set", "dc=north", "--create", "pool,os", "--ignore-unknown"];
    let answer = import(&sandbox, "vm", &data("netbox-export.csv"), &map);
    let expected = Table::of(data("netbox-export.csv")).rows(&[
        "row['Name']",
        "row['Cluster']",
        "number(row['VCPUs'])",
        "row['Memory (MB)'] + ' MB'",
        "row['Disk']",
        "row['Platform']",
        "addresses(row['IP Address'], row['IPv4 Address'], row['IPv6 Address'])",
        "row['Created'][:19] + 'Z'",
    ]);
    assert_eq!(told(&sandbox, "vm", "name,pool,cpu,memory,disks,os,ips,created"), expected);
    assert_eq!(told(&sandbox, "vm", "status"), "stopped\nrunning\nrunning\nrunning\n");
    assert!(answer.stderr.contains("\"Memory (MB)\" as memory in MB, \"Disk\" as disks"), "{answer}");
}

#[test]
fn addresses_of_phpipam_are_imported_from_csv_and_from_the_workbook() {
    for file in ["phpipam.csv", "phpipam.xlsx"] {
        let sandbox = alpha();
        import(&sandbox, "ip", &data(file), &["--ignore-unknown"]);
        let expected = Table::of(data("phpipam.csv")).rows(&["row['ip_addr']", "row['VLAN']"]);
        let list = told(&sandbox, "ip", "ipv4,ipv6,vlan");
        let list: String = list.lines().map(|line| line.trim_start_matches(',').replace(",,", ",") + "\n").collect();
        assert_eq!(list, expected, "{file}");
    }
}

#[test]
fn the_virtual_machines_among_the_assets_of_snipe_it_are_imported() {
    let sandbox = alpha();
    let options =
        ["--where", "Category=\"Virtual Machine\"", "--set", "pool=alpha", "--map", "Status=-", "--ignore-unknown"];
    let answer = import(&sandbox, "vm", &data("snipeit.csv"), &options);
    let cells = ["row['Asset Name']", "row['CPU']", "re.sub(r'(?<=\\d)(?=G)', ' ', row['RAM'])", "row['IP Address']"];
    let table = Table { keep: "row['Category'] == 'Virtual Machine'", ..Table::of(data("snipeit.csv")) };
    assert_eq!(told(&sandbox, "vm", "name,cpu,memory,ips"), table.rows(&cells));
    assert!(answer.stderr.ends_with("skipped 1 row by --where\n"), "{answer}");
    let answer = sandbox.run(&[
        "vm",
        "import",
        data("snipeit.csv").to_str().expect("UTF-8"),
        "--where",
        "Categry=VM",
        "--set",
        "pool=alpha",
    ]);
    assert_eq!(answer.status, 2, "{answer}");
    assert!(answer.stderr.starts_with("error: unknown column \"Categry\"\n"), "{answer}");
    assert!(answer.stderr.contains("help: did you mean Category?"), "{answer}");
}

#[test]
fn rows_that_are_left_out_remove_and_mark_nothing() {
    let sandbox = alpha();
    sandbox.file("vms.csv", "external-id,name,pool,type\n1,a,alpha,x\n2,b,alpha,y\n");
    sandbox.ok(&["vm", "import", "vms.csv", "--source", "cmdb"]);
    let select = ["vm", "import", "vms.csv", "--source", "cmdb", "--update", "--where", "type=x"];
    let answer = sandbox.run(&select);
    assert_eq!(
        (answer.status, answer.stderr.as_str()),
        (0, "1 VM: 1 unchanged\nskipped 1 row by --where\nno records marked as missing: --where leaves rows out\n")
    );
    assert_eq!(told(&sandbox, "vm", "name,missing"), "a,\nb,\n");
    let answer = sandbox.run(&[&select[..], &["--prune"]].concat());
    assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{answer}");
    assert!(answer.stderr.starts_with("error: --where cannot be combined with --prune, "), "{answer}");
    assert_eq!(told(&sandbox, "vm", "name"), "a\nb\n");
}

#[test]
fn computers_of_glpi_and_virtual_machines_of_prism_are_imported() {
    let sandbox = alpha();
    let options =
        ["--set", "pool=alpha", "--unit", "memory=MiB", "--map", "Statut=-", "--create", "os", "--ignore-unknown"];
    import(&sandbox, "vm", &data("glpi.csv"), &options);
    let cells = [
        "row['Nom']",
        "row['Processeur - Nombre de coeurs']",
        "row['Mémoire'] + ' MiB'",
        "row[\"Système d'exploitation - Nom\"]",
        "addresses(row['Réseau - IP'])",
    ];
    let table = Table { delimiter: ";", ..Table::of(data("glpi.csv")) };
    assert_eq!(told(&sandbox, "vm", "name,cpu,memory,os,ips"), table.rows(&cells));

    let sandbox = alpha();
    import(
        &sandbox,
        "vm",
        &data("nutanix.csv"),
        &["--set", "pool=alpha", "--map", "Storage=disks", "--ignore-unknown"],
    );
    let cells = [
        "row['VM Name']",
        "row['Cores']",
        "row['Memory Capacity']",
        "row['Storage'].strip('-')",
        "addresses(row['IP Addresses'])",
    ];
    assert_eq!(told(&sandbox, "vm", "name,cpu,memory,disks,ips"), Table::of(data("nutanix.csv")).rows(&cells));
    assert_eq!(told(&sandbox, "vm", "status"), "running\nstopped\nrunning\n");
}

/// Writes a text in an encoding of Python's.
fn encoded(sandbox: &Sandbox, name: &str, text: &str, encoding: &str) -> PathBuf {
    let script = "import sys; open(sys.argv[1], 'w', encoding=sys.argv[2], newline='').write(sys.argv[3])";
    let path = sandbox.path().join(name);
    let mut python = Command::new("python3");
    assert!(python.args(["-c", script]).arg(&path).args([encoding, text]).status().expect("python3 runs").success());
    path
}

#[test]
fn lists_of_vcloud_and_openstack_are_imported_with_networks_as_vlans() {
    let sandbox = alpha();
    let vcloud = "Name,Status,OS,vApp,Org VDC,CPUs,Memory,Storage,IP Address\n\
                  web01,Powered on,Debian 12,shop,alpha,2,4 GB,40 GB,10.3.0.11\n\
                  db01,POWERED_OFF,Debian 12,shop,alpha,8,64 GB,1.5 TB,\"10.3.0.21, 10.3.1.21\"\n";
    let path = encoded(&sandbox, "vcloud.csv", vcloud, "utf-8");
    let map = ["--map", "Org VDC=pool,Storage=disks,vApp=systems", "--create", "os,system"];
    import(&sandbox, "vm", &path, &map);
    let cells = [
        "row['Name']",
        "row['Org VDC']",
        "row['CPUs']",
        "row['Memory']",
        "row['Storage']",
        "row['OS']",
        "addresses(row['IP Address'])",
        "row['vApp']",
    ];
    let expected = Table::of(path).rows(&cells);
    assert_eq!(told(&sandbox, "vm", "name,pool,cpu,memory,disks,os,ips,systems"), expected);
    assert_eq!(told(&sandbox, "vm", "status"), "running\nstopped\n");

    for networks in [
        ["private=10.6.0.11, fd00:6::11; public=203.0.113.50", "private=10.6.0.12"],
        ["{'private': ['10.6.0.11', 'fd00:6::11'], 'public': ['203.0.113.50']}", "{'private': ['10.6.0.12']}"],
    ] {
        let sandbox = alpha();
        let rows = format!(
            "\"ID\",\"Name\",\"Status\",\"Networks\",\"Image\",\"Flavor\"\n\
             \"5f1a3c2e-0000-4000-8000-000000000001\",\"web01\",\"ACTIVE\",\"{}\",\"Debian 12\",\"m1.small\"\n\
             \"5f1a3c2e-0000-4000-8000-000000000002\",\"db01\",\"SHUTOFF\",\"{}\",\"Debian 12\",\"r1.large\"\n",
            networks[0], networks[1]
        );
        let path = encoded(&sandbox, "servers.csv", &rows, "utf-8");
        let answer = import(&sandbox, "vm", &path, &["--set", "pool=alpha", "--map", "Image=os", "--create", "os"]);
        let expected = Table::of(path).rows(&["row['Name']", "row['Flavor']", "row['Image']"]);
        assert_eq!(told(&sandbox, "vm", "name,type,os"), expected);
        assert_eq!(told(&sandbox, "vm", "status"), "running\nstopped\n");
        assert_eq!(
            told(&sandbox, "ip", "ipv4,ipv6,vlan,vm"),
            "10.6.0.11,,private,web01\n,fd00:6::11,private,web01\n203.0.113.50,,public,web01\n10.6.0.12,,private,db01\n"
        );
        assert!(answer.stderr.contains("\"Networks\" as ips, \"Image\" as os, \"Flavor\" as type"), "{answer}");
    }
}

#[test]
fn lists_in_chinese_french_and_japanese_are_imported_by_one_command() {
    let sandbox = alpha();
    let chinese = "名称,集群,处理器,内存(G),电源状态,IP地址,负责人,备注\n\
                   商店-01,alpha,8 vCPU(s) ,16 ,已打开电源,\"10.1.0.11,10.1.0.12\",kim,主要\n\
                   商店-02,alpha,4 vCPU(s) ,8 ,已关闭电源,-,N/A,\n";
    let path = encoded(&sandbox, "list.csv", chinese, "gb18030");
    import(&sandbox, "vm", &path, &["--encoding", "gb18030", "--map", "备注=-"]);
    let cells = [
        "row['名称']",
        "row['集群']",
        "row['处理器'].split()[0]",
        "row['内存(G)'].strip() + ' GiB'",
        "addresses(row['IP地址'].strip('-'))",
        "row['负责人'].replace('N/A', '')",
    ];
    let expected = Table { encoding: "gb18030", ..Table::of(path) }.rows(&cells);
    assert_eq!(told(&sandbox, "vm", "name,pool,cpu,memory,ips,owner"), expected);
    assert_eq!(told(&sandbox, "vm", "status"), "running\nstopped\n");

    let sandbox = alpha();
    let french = "Nom;Grappe;Mémoire (Go);Processeurs;État;Adresse IP;Propriétaire;Date de création\r\n\
                  boutique-1;alpha;4,5;2 cœurs;Sous tension;10.2.0.11/24;kim;03/04/2025\r\n\
                  boutique-2;alpha;1 024;0,5;Hors tension;;;31/12/2024\r\n";
    let path = encoded(&sandbox, "liste.csv", french, "cp1252");
    import(&sandbox, "vm", &path, &["--encoding", "cp1252", "--decimal", ",", "--date-format", "%d/%m/%Y"]);
    let cells = [
        "row['Nom']",
        "row['Grappe']",
        "row['Processeurs'].split()[0].replace(',', '.')",
        "row['Mémoire (Go)'].replace(' ', '').replace(',', '.') + ' GB'",
        "addresses(row['Adresse IP'])",
        "row['Propriétaire']",
    ];
    let expected = Table { encoding: "cp1252", delimiter: ";", ..Table::of(path) }.rows(&cells);
    assert_eq!(told(&sandbox, "vm", "name,pool,cpu,memory,ips,owner"), expected);
    assert_eq!(told(&sandbox, "vm", "status,created"), "running,2025-04-03T00:00:00Z\nstopped,2024-12-31T00:00:00Z\n");

    let sandbox = alpha();
    let japanese = "仮想マシン名,クラスタ,コア数,メモリ(GB),電源状態,IPアドレス,担当者\r\n\
                    サーバー①,alpha,4コア,16,パワーオン,10.4.0.11,kim\r\n\
                    髙橋の機械,alpha,2,8,停止中,,\r\n";
    let path = encoded(&sandbox, "ichiran.csv", japanese, "cp932");
    import(&sandbox, "vm", &path, &["--encoding", "cp932"]);
    let cells = [
        "row['仮想マシン名']",
        "row['クラスタ']",
        "row['コア数'].rstrip('コア')",
        "row['メモリ(GB)'] + ' GB'",
        "row['IPアドレス']",
        "row['担当者']",
    ];
    let expected = Table { encoding: "cp932", ..Table::of(path) }.rows(&cells);
    assert_eq!(told(&sandbox, "vm", "name,pool,cpu,memory,ips,owner"), expected);
    assert_eq!(told(&sandbox, "vm", "status"), "running\nstopped\n");
}

#[test]
fn small_files_that_were_once_refused_are_imported_by_one_command() {
    for (file, options, columns, expected) in [
        ("blank-after-comma.csv", &[] as &[&str], "name,pool,owner", "shop1,alpha,kim\n"),
        ("cp932.csv", &["--encoding", "cp932"], "name,pool", "サーバー①,alpha\n"),
        ("decimal-comma.csv", &["--decimal", ","], "name,memory,cpu", "shop1,1.5 GB,0.5\n"),
        (
            "foreign-headers.csv",
            &["--map", "主机=pool,备注=-"],
            "name,pool,status,memory,cpu",
            "shop1,alpha,running,4096 MB,2\n",
        ),
        ("ip-comma.csv", &[], "name,ips", "shop1,192.0.2.30;192.0.2.31\n"),
        ("ip-prefix.csv", &[], "name,ips", "shop1,192.0.2.30;2001:db8::30\n"),
        ("kube-quantity.csv", &[], "name,memory", "shop1,4 GiB\n"),
        (
            "netbox-vms.csv",
            &["--unit", "memory=MB", "--unit", "disks=GB"],
            "name,pool,status,cpu,memory,disks",
            "shop1,alpha,running,2,4096 MB,50 GB\n",
        ),
    ] {
        let sandbox = alpha();
        import(&sandbox, "vm", &data(file), options);
        assert_eq!(told(&sandbox, "vm", columns), expected, "{file}");
    }
}

#[test]
fn ids_of_another_program_identify_nothing() {
    let sandbox = alpha();
    sandbox.ok(&["vm", "add", "web01", "--pool", "alpha"]);
    sandbox.ok(&["vm", "add", "db01", "--pool", "alpha"]);
    for header in ["ID,Name,Cluster,vCPU", "id,Nom,Cluster,CPU", "Id,name,pool,Rack"] {
        sandbox.file("vms.csv", format!("{header}\n2,web01,alpha,\n1,db01,alpha,\n"));
        let answer = sandbox.run(&["vm", "import", "vms.csv", "--update", "--ignore-unknown", "-v"]);
        assert!(answer.stderr.starts_with("2 VMs: 2 unchanged\n"), "{header} {answer}");
        let id = header.split(',').next().unwrap_or_default();
        assert!(answer.stderr.contains(&format!("not used: \"{id}\"")), "{header} {answer}");
    }
    sandbox.file("vms.csv", "ID,Nom,Cluster\n2,web02,alpha\n");
    let answer = sandbox.run(&["vm", "import", "vms.csv", "--update", "--map", "ID=id"]);
    assert!(answer.stderr.starts_with("1 VM: 1 renamed\n"), "{answer}");
    assert_eq!(told(&sandbox, "vm", "name"), "web01\nweb02\n");
}

#[test]
fn paths_identify_rows_as_ids_do() {
    let sandbox = Sandbox::estate();
    let list = sandbox.ok(&["vm", "list", "-c", "path,cpu", "-o", "csv"]);
    let doubled = list.replace(",4\n", ",8\n");
    assert_ne!(list, doubled);
    let answer = sandbox.run_with_input(&["vm", "import", "-", "--update"], doubled.clone());
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(sandbox.ok(&["vm", "list", "-c", "path,cpu", "-o", "csv"]), doubled);
    let answer = sandbox.run_with_input(&["vm", "import", "-", "--update"], "path,cpu\nnowhere/web01,2\n");
    assert_eq!(answer.status, 1, "{answer}");
    assert!(answer.stderr.contains("standard input:2: path: no VM named \"nowhere/web01\""), "{answer}");
}

/// Returns the arguments of the command in a row of a table.
fn command_in(row: &str) -> Option<Vec<String>> {
    let command = row.split('`').find(|part| part.starts_with("inv "))?;
    shlex::split(command.trim_start_matches("inv "))
}

#[test]
fn the_recipes_of_the_guide_import_their_files() {
    let guide = include_str!("../docs/guide.md");
    let after = guide.split_once("Recipes for files that operators have").expect("the recipes").1;
    let rows = after.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let mut files: Vec<String> = Vec::new();
    for command in rows.filter_map(command_in) {
        let sandbox = alpha();
        let file = command[2].clone();
        std::fs::copy(data(&file), sandbox.path().join(&file)).expect("a file of the recipe");
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let answer = sandbox.run(&arguments);
        assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{command:?} {answer}");
        assert!(answer.stderr.contains(" new\n"), "{command:?} {answer}");
        files.push(file);
    }
    let mut all: Vec<String> = std::fs::read_dir(data(""))
        .expect("the folder")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name != "README.md")
        .collect();
    files.sort();
    all.sort();
    assert_eq!(files, all, "there is a recipe for every file");
}
