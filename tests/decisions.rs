//! What `docs/decisions` says, as the program does it.

use crate::support::Sandbox;

/// One cell of a list, as CSV without its header.
fn cell(sandbox: &Sandbox, noun: &str, name: &str, column: &str) -> String {
    let term = format!("name={name}");
    sandbox.ok(&[noun, "list", "--where", &term, "-c", column, "-o", "csv", "--no-headers"]).trim_end().to_owned()
}

/// The names in a list of VMs.
fn vms(sandbox: &Sandbox, term: &str) -> Vec<String> {
    let names = sandbox.ok(&["vm", "list", "--where", term, "-c", "name", "-o", "csv", "--no-headers"]);
    names.lines().map(str::to_owned).collect()
}

#[test]
fn filters_and_sorting_are_exact_where_a_float_would_not_be() {
    let sandbox = Sandbox::estate();
    // 2^53 and its neighbour are one float; 0.1 + 0.2 is not 0.3.
    for (name, memory) in [("a", "9007199254740993B"), ("b", "9007199254740992B"), ("c", "0.3KiB")] {
        sandbox.ok(&["vm", "add", name, "--pool", "test", "--memory", memory]);
    }
    assert_eq!(vms(&sandbox, "memory>9007199254740992B"), ["a"]);
    let sorted = sandbox.ok(&["vm", "list", "--sort", "memory:desc", "-c", "name", "--limit", "2", "--no-headers"]);
    assert_eq!(sorted, "a\nb\n");
    for size in ["0.1KiB", "0.2KiB"] {
        sandbox.ok(&["disk", "add", "--vm", "c", "--size", size]);
    }
    assert_eq!(vms(&sandbox, "disk=0.3KiB"), ["c"]);
}

#[test]
fn removal_takes_along_releases_and_clears_as_the_reference_says() {
    let sandbox = Sandbox::estate();
    let refused = sandbox.run(&["storage", "rm", "san1", "--yes"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (4, ""));
    assert!(refused.stderr.starts_with("error: storage device san1 still has 1 disk\n"), "{refused}");
    sandbox.ok(&["storage", "rm", "san1", "--recursive", "--yes"]);
    assert_eq!(cell(&sandbox, "disk", "disk0", "vm,storage"), "web01,");
    sandbox.ok(&["vm", "rm", "web01", "--yes"]);
    assert_eq!(sandbox.ok(&["ip", "list", "-c", "ipv4,vm", "-o", "csv"]), "ipv4,vm\n10.0.0.11,\n");
    assert_eq!(sandbox.ok(&["disk", "list", "--count"]), "0\n");
    sandbox.ok(&["vm", "add", "web01", "--pool", "prod", "--ip", "10.0.0.12"]);
    sandbox.ok(&["vm", "rm", "web01", "--recursive", "--yes"]);
    assert_eq!(sandbox.ok(&["ip", "list", "-c", "ipv4", "--no-headers"]), "10.0.0.11\n");
    let kept = sandbox.run(&["unit", "rm", "GiB", "--recursive", "--yes"]);
    assert_eq!(kept.status, 4, "{kept}");
}

#[test]
fn planned_vms_are_allocated_and_retired_ones_are_not() {
    let sandbox = Sandbox::estate();
    // prod has 16 GiB and 8 GiB, one running and one stopped, and a disk of 100 GiB on the first.
    assert_eq!(cell(&sandbox, "pool", "prod", "memory.allocated"), "24 GiB");
    sandbox.ok(&["vm", "set", "web02", "--status", "planned"]);
    assert_eq!(cell(&sandbox, "pool", "prod", "memory.allocated,cpu.allocated"), "24 GiB,6");
    sandbox.ok(&["vm", "set", "web01", "--status", "retired"]);
    assert_eq!(cell(&sandbox, "pool", "prod", "memory.allocated,cpu.allocated,disk.allocated"), "8 GiB,2,0 B");
    assert_eq!(cell(&sandbox, "storage", "san1", "capacity.allocated"), "0 B");
    assert_eq!(cell(&sandbox, "pool", "test", "memory,memory.free"), ",");
}

#[test]
fn a_whole_path_wins_over_the_end_of_one() {
    let sandbox = Sandbox::empty();
    for name in ["Debian", "Linux/Debian", "BSD/Free", "Old/Free"] {
        sandbox.ok(&["os", "add", name]);
    }
    assert_eq!(sandbox.ok(&["os", "show", "Debian", "-o", "csv"]), "name,vms,path,id\nDebian,0,Debian,1\n");
    let ambiguous = sandbox.run(&["os", "show", "Free"]);
    assert_eq!(ambiguous.status, 4);
    assert_eq!(
        ambiguous.stderr,
        "error: \"Free\" names 2 OSes\n  BSD/Free\n  Old/Free\nhelp: pass more of the path, or id=N\n"
    );
}

#[test]
fn seeded_units_give_way_to_a_file_in_an_untouched_inventory_only() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["unit", "rename", "kB", "KB"]);
    sandbox.ok(&["unit", "rm", "PB", "--yes"]);
    let folder = sandbox.path().join("export");
    let folder = folder.to_str().expect("UTF-8");
    sandbox.ok(&["export", folder]);
    let units = sandbox.ok(&["unit", "list", "--sort", "name", "-o", "csv"]);
    let other = Sandbox::empty();
    other.ok(&["import", folder]);
    assert_eq!(other.ok(&["unit", "list", "--sort", "name", "-o", "csv"]), units);
    let used = Sandbox::empty();
    used.ok(&["provider", "add", "AWS"]);
    let refused = used.run(&["import", folder]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("unit \"GiB\" already exists"), "{refused}");
    assert_eq!(used.ok(&["unit", "list", "--count"]), "11\n");
}

#[test]
fn the_time_of_a_files_change_counts_where_it_differs() {
    let sandbox = Sandbox::estate();
    let import = |row: &str| {
        let file = sandbox.file("vms.csv", format!("name,pool,memory,created,updated\n{row}\n"));
        sandbox.ok(&["vm", "import", &file, "--update"]);
        cell(&sandbox, "vm", "old", "updated")
    };
    assert_eq!(import("old,test,1 GiB,2020-01-01,2020-01-02"), "2020-01-02T00:00:00Z");
    assert_eq!(import("old,test,1 GiB,2020-01-01,2020-01-02"), "2020-01-02T00:00:00Z");
    assert_eq!(import("old,test,1 GiB,2020-01-01,2021-05-05"), "2021-05-05T00:00:00Z");
    assert_eq!(import("old,test,2 GiB,2020-01-01,2022-06-06"), "2022-06-06T00:00:00Z");
    let now = import("old,test,3 GiB,2020-01-01,2022-06-06");
    assert!(now.as_str() > "2022-06-06T00:00:00Z", "{now}");
    assert_eq!(cell(&sandbox, "vm", "old", "created"), "2020-01-01T00:00:00Z");
}

#[test]
fn unequal_and_lacking_match_what_is_empty() {
    let sandbox = Sandbox::estate();
    assert_eq!(vms(&sandbox, "os=Debian-12"), ["web01"]);
    assert_eq!(vms(&sandbox, "os!=Debian-12"), ["web02", "web10"]);
    assert_eq!(vms(&sandbox, "os~debian"), ["web01"]);
    assert_eq!(vms(&sandbox, "os!~debian"), ["web02", "web10"]);
    assert_eq!(vms(&sandbox, "disk!=100GiB"), ["web02", "web10"]);
    assert_eq!(vms(&sandbox, "disk<1TiB"), ["web01"]);
    assert_eq!(vms(&sandbox, "owner="), ["web10"]);
    assert_eq!(vms(&sandbox, "owner!="), ["web01", "web02"]);
}

#[test]
fn the_platforms_words_are_understood_in_files_only() {
    let sandbox = Sandbox::estate();
    let file = sandbox.file(
        "vms.csv",
        "name,pool,status\na,test,poweredOn\nb,test,SHUTOFF\nc,test,archived\nd,test,VM deallocated\ne,test,\n",
    );
    sandbox.ok(&["vm", "import", &file]);
    let statuses: Vec<String> = ["a", "b", "c", "d", "e"].map(|name| cell(&sandbox, "vm", name, "status")).into();
    assert_eq!(statuses, ["running", "stopped", "retired", "stopped", "unknown"]);
    // Stopped on Google Cloud, gone on AWS.
    let file = sandbox.file("other.csv", "name,pool,status\nf,test,TERMINATED\n");
    let refused = sandbox.run(&["vm", "import", &file]);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{refused}");
    assert!(refused.stderr.contains("stopped (Google Cloud) or retired (AWS)"), "{refused}");
    let refused = sandbox.run(&["vm", "set", "a", "--status", "SHUTOFF"]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("help: did you mean stopped?"), "{refused}");
}

#[test]
fn a_sum_is_told_in_its_shortest_exact_unit() {
    let sandbox = Sandbox::estate();
    let sum = |sizes: &[&str]| {
        sandbox.ok(&["vm", "add", "sum", "--pool", "test"]);
        for size in sizes {
            sandbox.ok(&["disk", "add", "--vm", "sum", "--size", size]);
        }
        let sum = cell(&sandbox, "vm", "sum", "disk");
        sandbox.ok(&["vm", "rm", "sum", "--yes"]);
        sum
    };
    assert_eq!(sum(&["100GiB", "20GiB"]), "120 GiB");
    assert_eq!(sum(&["1TB", "0.5TB"]), "1.5 TB");
    assert_eq!(sum(&["512MiB", "512MiB"]), "1 GiB");
    // 2^30 + 1 bytes: three places behind the point will do in kB, and in no greater unit.
    assert_eq!(sum(&["1GiB", "1B"]), "1073741.825 kB");
    assert_eq!(sum(&["1B", "0.5B"]), "1.5 B");
}

#[test]
fn a_dry_run_tells_what_was_asked_for_and_not_the_time_of_it() {
    let sandbox = Sandbox::estate();
    let file = sandbox.file("vms.csv", "name,pool,created,updated\nold,test,2020-01-01,2020-01-01\n");
    sandbox.ok(&["vm", "import", &file]);
    let told = sandbox.ok(&["vm", "set", "old", "--cpu", "2", "--dry-run", "-o", "csv"]);
    assert_eq!(told, "action,noun,record,field,old,new\nupdate,vm,AWS/tokyo/test/old,cpu,,2\n");
    let file = sandbox.file("vms.csv", "name,pool,updated\nold,test,2021-01-01\n");
    let told = sandbox.ok(&["vm", "import", &file, "--update", "--dry-run", "-q", "-o", "csv"]);
    assert_eq!(
        told,
        "action,noun,record,field,old,new\n\
         update,vm,AWS/tokyo/test/old,updated,2020-01-01T00:00:00Z,2021-01-01T00:00:00Z\n"
    );
}
