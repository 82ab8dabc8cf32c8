//! The guard of pruning imports: a file that lost its rows does not empty the inventory.

use crate::support::Sandbox;
use std::fmt::Write;

/// An inventory with so many VMs, `vm001` and so on, in one pool.
fn vms(count: usize) -> Sandbox {
    let sandbox = Sandbox::empty();
    for arguments in [
        &["provider", "add", "AWS"][..],
        &["dc", "add", "tokyo", "--provider", "AWS"],
        &["pool", "add", "prod", "--dc", "tokyo"],
    ] {
        sandbox.ok(arguments);
    }
    let file = sandbox.file("all.csv", rows(count));
    sandbox.ok(&["vm", "import", &file]);
    sandbox
}

/// A file with the first so many VMs.
fn rows(count: usize) -> String {
    let mut text = "name,pool\n".to_owned();
    for number in 1..=count {
        writeln!(text, "vm{number:03},prod").expect("a string takes all");
    }
    text
}

#[test]
fn a_header_alone_does_not_remove_all_vms() {
    let sandbox = vms(12);
    let before = sandbox.exported();
    for (name, content) in [("vms.csv", "name,pool\n"), ("vms.jsonl", "{\"name\":\"vm001\"}\n")] {
        sandbox.file(name, content);
    }
    insta::assert_snapshot!(sandbox.run(&["vm", "import", "vms.csv", "--update", "--prune", "--no-input"]), @r"
    status 4
    ----- stderr -----
    error: too many removals: 12 of 12 VMs; nothing was imported
    help: pass --allow-removals 12 to remove them, or --dry-run to list them
    ");
    insta::assert_snapshot!(sandbox.run(&["vm", "import", "vms.jsonl", "--update", "--prune"]), @r"
    status 4
    ----- stderr -----
    error: too many removals: 11 of 12 VMs; nothing was imported
    help: pass --allow-removals 11 to remove them, or --dry-run to list them
    ");
    assert_eq!(sandbox.exported(), before);
}

#[test]
fn the_number_of_removals_has_to_be_named() {
    let sandbox = vms(12);
    sandbox.file("vms.csv", "name,pool\n");
    let prune =
        |number: &str| sandbox.run(&["vm", "import", "vms.csv", "--update", "--prune", "--allow-removals", number]);
    insta::assert_snapshot!(prune("11"), @r"
    status 4
    ----- stderr -----
    error: too many removals: 12 of 12 VMs, --allow-removals is 11; nothing was imported
    help: pass --allow-removals 12 to remove them, or --dry-run to list them
    ");
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "12\n");
    insta::assert_snapshot!(prune("all"), @r#"
    status 2
    ----- stderr -----
    error: --allow-removals must be a whole number, not "all"
    "#);
    insta::assert_snapshot!(prune("12"), @r"
    status 0
    ----- stderr -----
    0 VMs: 12 removed
    ");
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "0\n");
    let answer = sandbox.run(&["vm", "import", "vms.csv", "--update", "--allow-removals", "12"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "it goes with --prune\n{answer}");
}

#[test]
fn few_removals_and_a_small_share_need_no_number() {
    // Up to ten records go, whatever their share.
    let sandbox = vms(12);
    let file = sandbox.file("vms.csv", rows(2));
    let answer = sandbox.run(&["vm", "import", &file, "--update", "--prune"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    assert_eq!(answer.stderr, "2 VMs: 2 unchanged, 10 removed\n");
    // Eleven of 110 are a tenth; eleven of 109 are more, and new records do not count.
    let sandbox = vms(110);
    let file = sandbox.file("vms.csv", rows(99));
    let answer = sandbox.run(&["vm", "import", &file, "--update", "--prune"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    assert_eq!(answer.stderr, "99 VMs: 99 unchanged, 11 removed\n");
    let sandbox = vms(109);
    let file = sandbox.file("vms.csv", rows(98) + "new,prod\n");
    insta::assert_snapshot!(sandbox.run(&["vm", "import", &file, "--update", "--prune"]), @r"
    status 4
    ----- stderr -----
    error: too many removals: 11 of 109 VMs; nothing was imported
    help: pass --allow-removals 11 to remove them, or --dry-run to list them
    ");
}

#[test]
fn a_dry_run_lists_the_removals_and_ends_as_the_import_would() {
    let sandbox = vms(11);
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    sandbox.file("vms.csv", "name,pool\n");
    let answer = sandbox.run(&["vm", "import", "vms.csv", "--update", "--prune", "--dry-run", "-o", "csv"]);
    let mut listed = "action,noun,record,field,old,new\n".to_owned();
    for number in 1..=11 {
        writeln!(listed, "remove,vm,AWS/tokyo/prod/vm{number:03},,,").expect("a string takes all");
    }
    assert_eq!((answer.status, answer.stdout.as_str()), (4, listed.as_str()), "{answer}");
    assert_eq!(
        answer.stderr,
        "would import 0 VMs: 11 removed\nerror: too many removals: 11 of 11 VMs; nothing was imported\n\
         help: pass --allow-removals 11 to remove them, or --dry-run to list them\n"
    );
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before, "the inventory changed");
}

#[test]
fn a_folder_and_an_estate_are_guarded_with_all_their_nouns() {
    let sandbox = vms(12);
    sandbox.ok(&["export", "estate"]);
    sandbox.file("estate/vms.csv", "name,pool\n");
    sandbox.file("estate/ips.csv", "ipv4\n");
    sandbox.ok(&["ip", "add", "10.0.0.1", "--vm", "vm001"]);
    let with_address = sandbox.exported();
    insta::assert_snapshot!(sandbox.run(&["import", "estate", "--update", "--prune"]), @r"
    status 4
    ----- stderr -----
    error: too many removals: 1 of 1 address and 12 of 12 VMs; nothing was imported
    help: pass --allow-removals 13 to remove them, or --dry-run to list them
    ");
    assert_eq!(sandbox.exported(), with_address);
    let answer = sandbox.run(&["import", "estate", "--update", "--prune", "--allow-removals", "13", "--quiet"]);
    assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr.as_str()), (0, "", ""), "{answer}");
    sandbox.ok(&["undo"]);
    assert_eq!(sandbox.exported(), with_address);

    std::fs::create_dir(sandbox.path().join("export")).expect("a folder");
    let header = "VM,Datacenter,Cluster\n";
    let of_vsphere: String = (0..11).map(|number| format!("web{number},dc1,c1\n")).collect();
    sandbox.file("export/RVTools_tabvInfo.csv", format!("{header}{of_vsphere}"));
    sandbox.ok(&["import", "--from", "rvtools", "export"]);
    sandbox.file("export/RVTools_tabvInfo.csv", format!("{header}new,dc1,c1\n"));
    let answer = sandbox.run(&["import", "--from", "rvtools", "export", "--update", "--prune", "--quiet"]);
    // The VMs of another provider are not in the scope; only those of the clusters that the export has.
    assert_eq!((answer.status, answer.stdout.as_str()), (4, ""), "{answer}");
    assert!(answer.stderr.starts_with("error: too many removals: 11 of 11 VMs"), "{answer}");
}
