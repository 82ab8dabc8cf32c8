//! Columns of a file that mean nothing to the inventory are asked about once, on a terminal.

use crate::pty::Terminal;
use crate::support::Sandbox;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::estate();
    sandbox.file("vms.csv", "Nom,pool,Chef,Baie\nshop1,prod,alice,7\nshop2,prod,bob,9\n");
    sandbox
}

#[test]
fn each_unknown_column_is_asked_about_once_and_the_answers_are_kept_on_request() {
    let sandbox = sandbox();
    let mut terminal = Terminal::inv(&sandbox, &["vm", "import", "vms.csv", "--save-map", "map.toml"]);
    // The name and the pool are known, and not offered.
    terminal.asks("\"Chef\"").sees("❯ (not used)\n  type\n  status").types("own").sees("❯ owner").types("\r");
    terminal.asks("\"Baie\"").types("\r");
    let ended = terminal.ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(ended.screen.contains("2 VMs: 2 new"), "{}", ended.screen);
    let told = sandbox.ok(&["vm", "list", "-c", "name,owner", "-o", "csv", "--no-headers", "--where", "name~shop"]);
    assert_eq!(told, "shop1,alice\nshop2,bob\n");
    let map = std::fs::read_to_string(sandbox.path().join("map.toml")).expect("the mapping");
    assert!(map.ends_with("noun = \"vm\"\n\n[columns]\nBaie = \"-\"\nChef = \"owner\"\nNom = \"name\"\n"), "{map}");

    sandbox.ok(&["vm", "rm", "shop1", "shop2", "--yes"]);
    let mut terminal = Terminal::inv(&sandbox, &["vm", "import", "vms.csv", "--map-file", "map.toml"]);
    terminal.sees("2 VMs: 2 new");
    assert_eq!(terminal.ends().status, 0);
}

#[test]
fn without_a_file_for_the_answers_the_option_is_named_and_ctrl_c_leaves_nothing() {
    let sandbox = sandbox();
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let mut terminal = Terminal::inv(&sandbox, &["vm", "import", "vms.csv"]);
    terminal.asks("\"Chef\"").types("\x03");
    let ended = terminal.ends();
    assert_eq!(ended.status, 130, "{}", ended.screen);
    assert!(ended.settings_are_back && ended.cursor_is_visible(), "{}", ended.screen);
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before);

    let mut terminal = Terminal::inv(&sandbox, &["vm", "import", "vms.csv", "--map", "Chef=-"]);
    terminal.asks("\"Baie\"").types("\r").sees("pass --save-map FILE to keep these answers for the next file");
    assert_eq!(terminal.ends().status, 0);
}

#[test]
fn nothing_is_asked_off_a_terminal_or_of_columns_that_are_left_out() {
    let sandbox = sandbox();
    let answer = sandbox.run(&["vm", "import", "vms.csv"]);
    assert_eq!(answer.status, 1, "{answer}");
    assert!(answer.stderr.contains("vms.csv:1: \"Chef\" is not a column of VMs (columns: "), "{answer}");
    for options in [&["--ignore-unknown"] as &[&str], &["--map", "Chef=-,Baie=-", "--update"]] {
        let mut terminal = Terminal::inv(&sandbox, &[&["vm", "import", "vms.csv"], options].concat());
        terminal.sees("2 VMs: 2 ");
        assert_eq!(terminal.ends().status, 0);
    }
}
