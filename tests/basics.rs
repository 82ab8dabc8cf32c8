//! The first minutes with an inventory.

use crate::support::Sandbox;

#[test]
fn a_missing_inventory_names_the_way_to_create_it() {
    let sandbox = Sandbox::bare();
    let answer = sandbox.run(&["vm", "list"]);
    assert_eq!(answer.status, 6);
    assert_eq!(answer.stdout, "");
    assert_eq!(
        answer.stderr,
        format!(
            "error: no inventory at {}\nhelp: create the inventory with inv init, or pass another file with --db\n",
            sandbox.database().display()
        )
    );
}

#[test]
fn init_creates_a_file_for_its_owner_alone_and_leaves_an_existing_one_alone() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::empty();
    let mode = std::fs::metadata(sandbox.database()).expect("the inventory").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let again = sandbox.run(&["init"]);
    assert_eq!(again.status, 4, "{again}");
    assert_eq!(std::fs::read(sandbox.database()).expect("the inventory"), before);
}

#[test]
fn a_vm_is_added_listed_and_shown() {
    let sandbox = Sandbox::estate();
    insta::assert_snapshot!(sandbox.run(&["vm", "list", "-c", "name,pool,memory,ips"]), @r"
    status 0
    name   pool  memory  ips
    web01  prod  16 GiB  10.0.0.11@101
    web02  prod   8 GiB
    web10  test   4 GiB
    ");
    insta::assert_snapshot!(sandbox.run(&["vm", "show", "wbe01"]), @r#"
    status 3
    ----- stderr -----
    error: no VM named "wbe01"
    help: did you mean web01?
    "#);
}

#[test]
fn a_folder_is_refused_without_advice_on_its_mode() {
    let sandbox = Sandbox::bare();
    let folder = sandbox.path().join("folder");
    std::fs::create_dir(&folder).expect("a folder");
    let folder = folder.to_str().expect("UTF-8");
    let answer = sandbox.run(&["--db", folder, "vm", "list"]);
    assert_eq!(answer.status, 6, "{answer}");
    let told = format!("error: {folder} is a folder, not an inventory\nhelp: pass a file with --db\n");
    assert_eq!(answer.stderr, told);
}
