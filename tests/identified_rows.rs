//! Rows of a file that say which record they are about: by its id in the inventory, or by that of a source.

use crate::support::{Answer, Sandbox};

/// AWS/tokyo with the pools a and b, and the VMs web01 to web03 in a, each with an owner, a system and a disk.
fn estate() -> Sandbox {
    let sandbox = Sandbox::empty();
    for line in [
        "provider add AWS",
        "dc add tokyo --provider AWS",
        "pool add a --dc tokyo",
        "pool add b --dc tokyo",
        "user add alice",
        "system add billing",
        "vm add web01 --pool a --disk 10GiB --owner alice --system billing",
        "vm add web02 --pool a --disk 10GiB --owner alice --system billing",
        "vm add web03 --pool a --disk 10GiB --owner alice --system billing",
    ] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    sandbox
}

fn import(sandbox: &Sandbox, rows: &str, options: &[&str]) -> Answer {
    let path = sandbox.file("vms.csv", rows);
    let answer = sandbox.run(&[&["vm", "import", &path], options].concat());
    let stderr = answer.stderr.replace(&path, "vms.csv");
    Answer { stderr, ..answer }
}

/// Imports what must go in, and returns what it said.
#[track_caller]
fn imported(sandbox: &Sandbox, rows: &str, options: &[&str]) -> String {
    let answer = import(sandbox, rows, options);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    answer.stderr
}

/// Imports what is refused, and returns the sentence about each fault.
#[track_caller]
fn refused(sandbox: &Sandbox, rows: &str, options: &[&str]) -> String {
    let before = sandbox.exported();
    let answer = import(sandbox, rows, options);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert_eq!(sandbox.exported(), before, "nothing was imported");
    answer.stderr.lines().filter(|line| line.starts_with("  ")).map(|line| format!("{}\n", line.trim())).collect()
}

fn vms(sandbox: &Sandbox, columns: &str) -> String {
    sandbox.ok(&["vm", "list", "-o", "csv", "--no-headers", "--sort", "id", "-c", columns])
}

#[test]
fn a_row_with_an_id_renames_and_moves_its_record() {
    let sandbox = estate();
    let rows = "id,name,pool\n1,shop01,a\n2,web02,b\n3,shop03,b\n";
    let plan = import(&sandbox, rows, &["--update", "--dry-run", "-o", "csv"]);
    assert_eq!(plan.stderr, "would import 3 VMs: 2 moved, 1 renamed\n");
    assert_eq!(
        plan.stdout,
        "action,noun,record,field,old,new\n\
         rename,vm,AWS/tokyo/a/shop01,name,web01,shop01\n\
         move,vm,AWS/tokyo/b/web02,pool,AWS/tokyo/a,AWS/tokyo/b\n\
         rename,vm,AWS/tokyo/b/shop03,name,web03,shop03\n\
         move,vm,AWS/tokyo/b/shop03,pool,AWS/tokyo/a,AWS/tokyo/b\n"
    );
    assert_eq!(imported(&sandbox, rows, &["--update"]), "3 VMs: 2 moved, 1 renamed\n");
    let expected = "1,AWS/tokyo/a/shop01,alice,billing,10 GiB\n2,AWS/tokyo/b/web02,alice,billing,10 GiB\n\
                    3,AWS/tokyo/b/shop03,alice,billing,10 GiB\n";
    assert_eq!(vms(&sandbox, "id,path,owner,systems,disks"), expected);
    assert_eq!(imported(&sandbox, rows, &["--update"]), "3 VMs: 3 unchanged\n");
    assert!(sandbox.ok(&["vm", "log", "shop01", "-o", "csv"]).contains("+VM"), "its history goes on");
    sandbox.done("undo", &[]);
    assert_eq!(vms(&sandbox, "path"), "AWS/tokyo/a/web01\nAWS/tokyo/a/web02\nAWS/tokyo/a/web03\n");
}

#[test]
fn names_are_swapped_and_passed_on_in_one_file() {
    let sandbox = estate();
    let told = imported(&sandbox, "id,name\n1,web02\n2,web01\n", &["--update"]);
    assert_eq!(told, "2 VMs: 2 renamed\n");
    assert_eq!(vms(&sandbox, "id,name"), "1,web02\n2,web01\n3,web03\n");
    // A row without an id gets the name that another row gives up.
    let told = imported(&sandbox, "id,name,pool\n,web03,a\n3,web04,a\n,web02,a\n", &["--update"]);
    assert_eq!(told, "3 VMs: 1 new, 1 renamed, 1 unchanged\n");
    assert_eq!(vms(&sandbox, "id,name"), "1,web02\n2,web01\n3,web04\n4,web03\n");
}

#[test]
fn a_file_of_ids_alone_changes_fields() {
    let sandbox = estate();
    assert_eq!(imported(&sandbox, "ID,cpu\n3,8\n1,4\n", &["--update"]), "2 VMs: 2 changed\n");
    assert_eq!(vms(&sandbox, "name,cpu"), "web01,4\nweb02,\nweb03,8\n");
    let told = refused(&sandbox, "id,cpu\n,8\n", &["--update"]);
    assert_eq!(told, "vms.csv:2: id: must not be empty in a file without names\n");
}

#[test]
fn what_was_exported_or_listed_with_ids_changes_nothing_when_it_is_imported() {
    let sandbox = estate();
    let history = sandbox.ok(&["log", "-o", "csv"]);
    for line in [
        "vm export -c id",
        "vm export -c id -o jsonl",
        "vm list -c id,name,pool,owner,systems -o csv",
        "vm list -c name,id,pool,status,os,created,updated -o json",
    ] {
        let rows = sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
        let path = sandbox.file(if line.contains("json") { "vms.json" } else { "vms.csv" }, rows);
        let answer = sandbox.run(&["vm", "import", &path, "--update", "--prune"]);
        assert_eq!((answer.status, answer.stderr.as_str()), (0, "3 VMs: 3 unchanged\n"), "{line}: {answer}");
    }
    assert_eq!(sandbox.ok(&["log", "-o", "csv"]), history);
    for noun in ["provider", "dc", "pool", "user", "system", "disk", "unit"] {
        let rows = sandbox.ok(&[noun, "export", "-c", "id"]);
        let answer = sandbox.run(&["--db", "inv.db", noun, "import", &sandbox.file("x.csv", rows), "--update"]);
        assert!(answer.status == 0 && answer.stderr.ends_with(" unchanged\n"), "{noun}: {answer}");
    }
}

#[test]
fn an_id_that_is_wrong_is_a_fault_with_its_line() {
    let sandbox = estate();
    let told = refused(&sandbox, "id,name,pool\n9,x,a\nx,y,a\n-1,z,a\n1.5,q,a\n", &["--update"]);
    assert_eq!(
        told,
        "vms.csv:2: id: no VM has the id 9\n\
         vms.csv:3: id: \"x\" is not an id (an id is a whole number; a new record has none)\n\
         vms.csv:4: id: no VM has the id -1\n\
         vms.csv:5: id: \"1.5\" is not an id (an id is a whole number; a new record has none)\n"
    );
    let twice = refused(&sandbox, "id,name,pool\n1,web01,a\n1,shop01,a\n,web01,a\n", &["--update"]);
    assert_eq!(
        twice,
        "vms.csv:3: VM \"AWS/tokyo/a/web01\" is already in line 2\n\
         vms.csv:4: VM \"AWS/tokyo/a/web01\" is already in line 2\n"
    );
    let taken = refused(&sandbox, "id,name,pool\n1,web02,a\n3,web03,b\n", &["--update"]);
    assert_eq!(taken, "vms.csv:2: VM \"AWS/tokyo/a/web02\" already exists\n");
    let new = refused(&sandbox, "id,name,pool\n1,new,a\n,new,a\n", &["--update"]);
    assert_eq!(new, "vms.csv:2: VM \"AWS/tokyo/a/new\" already exists\n");
}

#[test]
fn bad_rows_that_had_to_wait_are_left_out_and_kept_as_they_were() {
    let sandbox = estate();
    let rejects = sandbox.path().join("bad.csv");
    let rejects = rejects.to_str().expect("UTF-8");
    let answer =
        import(&sandbox, "id,name,pool\n1,web02,a\n3,web03,b\n", &["--update", "--skip-bad", "--rejects", rejects]);
    assert_eq!(answer.status, 0, "{answer}");
    assert!(answer.stderr.contains("\n1 VM: 1 moved\n"), "{answer}");
    let kept = std::fs::read_to_string(rejects).expect("the rejected rows");
    let (header, row) = kept.split_once('\n').expect("two lines");
    assert_eq!(header, "id,name,pool,faults");
    assert!(row.starts_with("1,web02,a,"), "{row}");
    assert_eq!(vms(&sandbox, "id,path"), "1,AWS/tokyo/a/web01\n2,AWS/tokyo/a/web02\n3,AWS/tokyo/b/web03\n");
}

#[test]
fn without_update_an_id_is_that_of_a_record_that_exists() {
    let sandbox = estate();
    let rows = "id,name,pool\n1,shop01,a\n,shop02,a\n";
    assert_eq!(refused(&sandbox, rows, &[]), "vms.csv:2: VM \"AWS/tokyo/a/web01\" already exists\n");
    assert_eq!(imported(&sandbox, rows, &["--skip-existing"]), "2 VMs: 1 new, 1 skipped\n");
    assert_eq!(vms(&sandbox, "name"), "web01\nweb02\nweb03\nshop02\n");
}

#[test]
fn rows_of_a_source_are_known_by_their_external_ids() {
    let sandbox = estate();
    let first = "external-id,name,pool,cpu\nc-1,web01,a,2\nc-2,db01,a,4\n";
    let told = imported(&sandbox, first, &["--source", "cmdb", "--update"]);
    assert_eq!(told, "2 VMs: 1 new, 1 changed, 1 adopted\n");
    let columns = ["source", "list", "-o", "csv", "--no-headers", "-c", "name,kind,scope,priority,records"];
    assert_eq!(sandbox.ok(&columns), "cmdb,csv,,100,2\n");
    let next = "external-id,name,pool,cpu\nc-1,shop01,b,2\nc-2,db02,a,4\n";
    assert_eq!(imported(&sandbox, next, &["--source", "cmdb", "--update"]), "2 VMs: 1 moved, 1 renamed\n");
    let expected = "AWS/tokyo/b/shop01,alice,billing,cmdb\nAWS/tokyo/a/web02,alice,billing,\n\
                    AWS/tokyo/a/web03,alice,billing,\nAWS/tokyo/a/db02,,,cmdb\n";
    assert_eq!(vms(&sandbox, "path,owner,systems,sources"), expected);
    assert_eq!(imported(&sandbox, next, &["--source", "cmdb", "--update"]), "2 VMs: 2 unchanged\n");
    // What a person sets stays.
    sandbox.ok(&["vm", "set", "db02", "--cpu", "16"]);
    let held = imported(&sandbox, next, &["--source", "cmdb", "--update"]);
    assert_eq!(held, "2 VMs: 2 unchanged, 1 field held\nheld: VM AWS/tokyo/a/db02: cpu is 16, the source has 4\n");
}

#[test]
fn prune_with_a_source_removes_only_what_the_source_made_or_adopted() {
    let sandbox = estate();
    imported(&sandbox, "external-id,name,pool\nc-1,web01,a\nc-2,db01,a\n", &["--source", "cmdb", "--update"]);
    let rows = "external-id,name,pool\nc-1,web01,a\n";
    let missing = imported(&sandbox, rows, &["--source", "cmdb", "--update"]);
    let gone = "no longer in the file: 1 VM: AWS/tokyo/a/db01 (--prune removes them)\n";
    assert_eq!(missing, format!("1 VM: 1 unchanged\n{gone}"));
    let pruned = imported(&sandbox, rows, &["--source", "cmdb", "--update", "--prune"]);
    assert_eq!(pruned, "1 VM: 1 unchanged, 1 removed\n");
    assert_eq!(vms(&sandbox, "name"), "web01\nweb02\nweb03\n");
    let empty = imported(&sandbox, "external-id,name,pool\n", &["--source", "cmdb", "--update", "--prune"]);
    assert_eq!(empty, "0 VMs: no changes needed\nno records marked as missing: the file has no rows\n");
    assert_eq!(vms(&sandbox, "name"), "web01\nweb02\nweb03\n");
}

#[test]
fn external_ids_that_are_wrong_are_faults_with_their_lines() {
    let sandbox = estate();
    imported(&sandbox, "external-id,name,pool\nc-1,db01,a\n", &["--source", "cmdb"]);
    let source = ["--source", "cmdb", "--update"];
    let told = refused(&sandbox, "external-id,name,pool\n,x,a\nc-9,y,a\nc-9,z,a\n\x1b[2J,q,a\n", &source);
    assert_eq!(
        told,
        "vms.csv:2: external-id: must not be empty\n\
         vms.csv:4: external-id: \"c-9\" already belongs to VM \"AWS/tokyo/a/y\" (an external id is unique within its \
         source)\n\
         vms.csv:5: external-id: \"\\x1b[2J\" has the control character U+001B at character 1 (remove the \
         character)\n"
    );
    let twice = refused(&sandbox, "external-id,name,pool\nc-1,db01,a\nc-1,db02,a\n", &source);
    assert_eq!(twice, "vms.csv:3: VM \"AWS/tokyo/a/db01\" is already in line 2\n");
    for (rows, options, fault) in [
        ("name,pool\nx,a\n", &source[..], "the column external-id is missing (--source matches rows by it)"),
        ("id,external-id,name\n,c,x\n", &source, "the columns id and external-id cannot be combined"),
        (
            "external-id,name,pool\nc-1,x,a\n",
            &["--update"],
            "\"external-id\" requires the source of these ids (pass --source NAME)",
        ),
    ] {
        assert_eq!(refused(&sandbox, rows, options), format!("vms.csv:1: {fault}\n"));
    }
    sandbox.ok(&["source", "add", "vcenter", "--kind", "rvtools"]);
    let other = import(&sandbox, "external-id,name,pool\nc-1,x,a\n", &["--source", "vcenter"]);
    assert_eq!(other.status, 4, "{other}");
    assert_eq!(
        other.stderr,
        "error: source \"vcenter\" has kind rvtools, not csv; nothing was imported\n\
         help: pass another source with --source NAME\n"
    );
}

#[test]
fn an_address_in_two_vlans_keeps_its_sources_in_an_export() {
    let sandbox = estate();
    sandbox.ok(&["vm", "add", "db@a", "--pool", "a"]);
    let rows = "external-id,ipv4,vm,vlan\n\
                n-1,10.0.0.1,web01,101\nn-2,10.0.0.1,web01,102\nn-3,10.0.0.1,web01,\nn-4,10.0.0.1,db@a,b@101\n\
                n-5,10.0.0.1,,101\nn-6,10.0.0.1,,102\nn-7,10.0.0.1,,\n";
    let path = sandbox.file("ips.csv", rows);
    sandbox.ok(&["ip", "import", &path, "--source", "ipam"]);
    sandbox.ok(&[
        "ip",
        "set",
        "--where",
        "vlan=102",
        "--where",
        "vm=web01",
        "--ipv6",
        "fd00::1",
        "--allow-duplicate",
        "--yes",
    ]);
    let whole = sandbox.exported();
    assert!(whole.contains("\nipam,ip AWS/tokyo/a/web01/10.0.0.1@102,n-2,"), "{whole}");
    assert!(whole.contains("\nip AWS/tokyo/a/web01/10.0.0.1@102,ipv6,,,\n"), "{whole}");
    let folder = sandbox.path().join("whole");
    let folder = folder.to_str().expect("UTF-8");
    sandbox.done("export", &[folder]);
    let other = Sandbox::empty();
    other.done("import", &[folder]);
    assert_eq!(other.exported(), whole);
    let again = other.run(&["import", folder, "--update", "--prune"]);
    assert_eq!(again.status, 0, "{again}");
    assert_eq!(other.exported(), whole);
    let moved = sandbox.file("ips.csv", "external-id,ipv4,vm,vlan\nn-2,10.0.0.1,web02,102\n");
    let answer = other.run(&["ip", "import", &moved, "--source", "ipam", "--update"]);
    assert!(answer.status == 0 && answer.stderr.starts_with("1 address: 1 moved\n"), "{answer}");
}

#[test]
fn a_new_record_with_the_name_of_one_elsewhere_is_warned_of() {
    let sandbox = estate();
    let help = "help: to move a VM, add a column id (inv vm export -c id), or use inv vm set NAME --pool POOL\n";
    let rows = "name,pool\nweb02,a\nweb01,b\nweb02,b\n";
    let warning = "warning: vms.csv:3: VM \"web01\" is new in pool \"AWS/tokyo/b\", but pool \"AWS/tokyo/a\" has a \
         record with this name\n";
    // That of web02 is in the file itself: it has not moved.
    let told = import(&sandbox, rows, &["--update", "--dry-run", "--quiet"]);
    assert_eq!(told.stderr, format!("{warning}{help}"));
    assert_eq!(imported(&sandbox, rows, &["--update"]), format!("3 VMs: 2 new, 1 unchanged\n{warning}{help}"));
    assert_eq!(imported(&sandbox, rows, &["--update"]), "3 VMs: 3 unchanged\n");
    // Whoever says which record a row is about is not asked.
    imported(&sandbox, "id,name,pool\n,web03,b\n", &["--update"]);
    sandbox.ok(&["pool", "add", "c", "--dc", "tokyo"]);
    assert_eq!(imported(&sandbox, "name,pool\nweb01,c\n", &[]), "1 VM: 1 new\n");
    let told = imported(&sandbox, "external-id,name,pool\nc-1,web02,c\n", &["--source", "cmdb", "--update"]);
    assert_eq!(told, "1 VM: 1 new\n");
}

#[test]
fn many_new_records_with_names_from_elsewhere_are_counted() {
    let sandbox = estate();
    let rows = |pool: &str| (0..9).map(|at| format!("n{at},{pool}\n")).collect::<String>();
    imported(&sandbox, &format!("name,pool\n{}", rows("a")), &[]);
    let told = imported(&sandbox, &format!("name,pool\n{}", rows("b")), &["--update"]);
    assert_eq!(told.matches("warning: vms.csv:").count(), 5, "{told}");
    assert!(told.contains("\nwarning: and 4 more\nhelp: "), "{told}");
    // Other nouns too, and no disk: its name says nothing.
    sandbox.ok(&["dc", "add", "osaka", "--provider", "AWS"]);
    let pools = sandbox.file("pools.csv", "name,dc\na,osaka\n");
    let answer = sandbox.run(&["pool", "import", &pools, "--update"]);
    let warning =
        "pool \"a\" is new in datacenter \"AWS/osaka\", but datacenter \"AWS/tokyo\" has a record with this name\n";
    assert!(answer.stderr.contains(warning), "{answer}");
    let disks = sandbox.file("disks.csv", "name,vm\ndisk0,AWS/tokyo/b/n1\n");
    let answer = sandbox.run(&["disk", "import", &disks, "--update"]);
    assert_eq!(answer.stderr, "1 disk: 1 new\n");
}
