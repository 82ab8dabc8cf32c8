//! What a terminal changes: colour, width and the pager.

use crate::pty::Terminal;
use crate::support::{Sandbox, answer};

const ESCAPE: &str = "\x1b[";

/// Whether `inv vm list` off a terminal is coloured with these arguments and variables.
fn colored(sandbox: &Sandbox, arguments: &[&str], environment: &[(&str, &str)]) -> bool {
    let listed = answer(
        sandbox.command().args(["vm", "list"]).args(arguments).env("TERM", "xterm").envs(environment.iter().copied()),
    );
    assert_eq!(listed.status, 0, "{listed}");
    listed.stdout.contains(ESCAPE)
}

#[test]
fn off_a_terminal_colour_is_for_those_who_ask() {
    let sandbox = Sandbox::estate();
    assert!(!colored(&sandbox, &[], &[]));
    assert!(colored(&sandbox, &["--color", "always"], &[]));
    assert!(colored(&sandbox, &["--color", "always"], &[("NO_COLOR", "1"), ("TERM", "dumb")]));
    assert!(colored(&sandbox, &[], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&sandbox, &[], &[("FORCE_COLOR", "0")]));
    assert!(!colored(&sandbox, &["--color", "never"], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&sandbox, &[], &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
}

#[test]
fn csv_and_json_are_never_coloured() {
    let sandbox = Sandbox::estate();
    for format in ["csv", "tsv", "json", "jsonl", "markdown"] {
        assert!(!colored(&sandbox, &["-o", format, "--color", "always"], &[("FORCE_COLOR", "1")]), "{format}");
    }
}

#[test]
fn a_workbook_is_not_written_to_a_terminal() {
    let sandbox = Sandbox::estate();
    for arguments in [&["vm", "list", "-o", "xlsx"][..], &["vm", "export", "-o", "xlsx"], &["usage", "-o", "xlsx"]] {
        let ended = Terminal::inv(&sandbox, arguments).ends();
        assert_eq!(
            (ended.status, ended.screen.lines().next()),
            (2, Some("error: a workbook cannot be shown on a terminal"))
        );
    }
}

#[test]
fn on_a_terminal_a_table_is_coloured_unless_it_must_not_be() {
    let sandbox = Sandbox::estate();
    let shows = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut all = vec!["vm", "list", "--no-pager"];
        all.extend(arguments);
        let ended = Terminal::with(&sandbox, &all, environment).ends();
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert!(ended.screen.contains("web01"), "{}", ended.screen);
        ended.text().contains(ESCAPE)
    };
    assert!(shows(&[], &[]));
    assert!(!shows(&["--color", "never"], &[]));
    assert!(!shows(&[], &[("NO_COLOR", "1")]));
    assert!(shows(&[], &[("NO_COLOR", "")]), "an empty NO_COLOR is none, as no-color.org has it");
    assert!(!shows(&[], &[("TERM", "dumb")]));
    assert!(shows(&["--color", "always"], &[("TERM", "dumb")]));
    assert!(!shows(&["-o", "csv"], &[]));
}

#[test]
fn questions_are_coloured_unless_they_must_not_be() {
    let sandbox = Sandbox::estate();
    let green = "\x1b[32m";
    for (arguments, environment, expected) in [
        (&["provider", "add"][..], &[][..], true),
        (&["provider", "add", "--color", "never"], &[], false),
        (&["provider", "add"], &[("NO_COLOR", "1")], false),
    ] {
        let mut terminal = Terminal::with(&sandbox, arguments, environment);
        terminal.answers("name", &format!("p{}", environment.len() + arguments.len())).answers("More fields?", "n");
        let ended = terminal.ends();
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert_eq!(ended.text().contains(green), expected, "{arguments:?} {environment:?}");
    }
}

#[test]
fn a_table_fits_the_terminal_and_is_whole_off_it() {
    let sandbox = Sandbox::estate();
    let long = "a-name-that-goes-on-and-on-until-no-terminal-of-eighty-columns-could-hold-it-beside-anything-else";
    sandbox.ok(&["vm", "add", long, "--pool", "prod"]);
    sandbox.ok(&["vm", "add", "東京のウェブサーバー", "--pool", "prod", "--owner", "alice"]);
    let program = sandbox.command();
    for columns in [40, 80, 132] {
        let arguments = [program.get_program().to_str().expect("a path in UTF-8"), "vm", "list", "--no-pager"];
        let ended = Terminal::run(&sandbox, &arguments, &[], columns).ends();
        assert_eq!(ended.status, 0, "{}", ended.screen);
        for line in ended.text().lines() {
            let line = console::strip_ansi_codes(line).into_owned();
            let wide = console::measure_text_width(line.trim_end());
            assert!(wide <= usize::from(columns), "{wide} columns of {columns}: {line}");
        }
    }
    let whole = sandbox.ok(&["vm", "list"]);
    assert!(whole.contains(long), "{whole}");
    assert!(!whole.contains('…'), "{whole}");
}

/// More VMs than a screen has lines.
fn many() -> Sandbox {
    let sandbox = Sandbox::estate();
    let rows: String = (0..100).map(|number| format!("many{number:03},prod\n")).collect();
    let file = sandbox.file("many.csv", format!("name,pool\n{rows}"));
    sandbox.ok(&["vm", "import", &file]);
    sandbox
}

#[test]
fn a_long_table_goes_through_the_pager_that_the_environment_names() {
    let sandbox = many();
    let marked = "sed 's/^/paged /'";
    for environment in
        [&[("INV_PAGER", marked)][..], &[("PAGER", marked)], &[("INV_PAGER", marked), ("PAGER", "false")]]
    {
        let ended = Terminal::with(&sandbox, &["vm", "list"], environment).ends();
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert!(ended.text().contains("paged ") && ended.text().contains("many099"), "{}", ended.screen);
        assert!(ended.settings_are_back);
    }
    for (arguments, pager) in
        [(&["vm", "list", "--no-pager"][..], marked), (&["vm", "list"], "cat"), (&["vm", "list"], "")]
    {
        let ended = Terminal::with(&sandbox, arguments, &[("INV_PAGER", pager)]).ends();
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert!(!ended.text().contains("paged ") && ended.text().contains("many099"), "{}", ended.screen);
    }
    let csv = Terminal::with(&sandbox, &["vm", "list", "-o", "csv"], &[("INV_PAGER", marked)]).ends();
    assert!(!csv.text().contains("paged "), "only tables are paged");
}

#[test]
fn off_a_terminal_there_is_no_pager() {
    let sandbox = many();
    let listed = answer(sandbox.command().args(["vm", "list"]).env("INV_PAGER", "sed 's/^/paged /'"));
    assert_eq!(listed.status, 0, "{listed}");
    assert!(!listed.stdout.contains("paged"), "{listed}");
}

#[test]
fn a_pager_that_is_quit_early_or_cannot_start_is_no_error() {
    let sandbox = many();
    let ended = Terminal::with(&sandbox, &["vm", "list"], &[("INV_PAGER", "head -n 2")]).ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert_eq!(ended.screen.lines().count(), 2, "{}", ended.screen);
    let ended = Terminal::with(&sandbox, &["vm", "list"], &[("INV_PAGER", "no-such-pager-here 2> /dev/null")]).ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(ended.text().contains("many099"), "{}", ended.screen);
}

#[test]
fn control_characters_in_data_are_shown_and_never_sent() {
    let sandbox = Sandbox::estate();
    let store = rusqlite::Connection::open(sandbox.database()).expect("the inventory");
    store
        .execute(
            "UPDATE virtual_machine SET custom_os = 'x' || char(27) || '[2Jy', os_id = NULL WHERE name = 'web01'",
            [],
        )
        .expect("a row");
    drop(store);
    let listed = ["vm", "list", "-c", "name,custom-os", "--no-pager", "--color", "never"];
    let ended = Terminal::inv(&sandbox, &listed).ends();
    assert!(ended.screen.contains(r"x\x1b[2Jy"), "{}", ended.screen);
    assert!(!ended.text().contains("\x1b[2J"));
    assert!(sandbox.ok(&listed).contains(r"x\x1b[2Jy"));
}
