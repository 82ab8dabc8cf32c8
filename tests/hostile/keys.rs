//! What is typed and pasted at a question, and what is shown on a terminal that is no more than two columns wide.

use super::Target;
use crate::pty::{Ended, Terminal};
use crate::support::Sandbox;

/// What goes for every terminal: its settings and its cursor are back, and nothing steered it that was typed.
fn ends(terminal: &mut Terminal, status: i32) -> Ended {
    let ended = terminal.ends();
    assert_eq!(ended.status, status, "{}", ended.screen);
    assert!(ended.settings_are_back && ended.cursor_is_visible(), "{}", ended.screen);
    let text = ended.text();
    assert!(!text.contains("panicked"), "{text}");
    for steering in ["\x1b[2J", "\x1b]0;", "\u{202e}", "\u{9b}", "\x07", "\0"] {
        assert!(!text.contains(steering), "{steering:?} was sent\n{text:?}");
    }
    ended
}

/// Types `keys` at the question for a name, which must be refused as `told` says, and ends it then.
fn refuses_name(keys: &[u8], told: &str) {
    let target = Target::new();
    let mut terminal = Terminal::inv(&target.sandbox, &["provider", "add"]);
    terminal.asks("name").presses(keys).types("\r").sees(told).asks("name").interrupts();
    let ended = ends(&mut terminal, 130);
    assert!(ended.screen.contains("interrupted; nothing was changed"), "{}", ended.screen);
    assert_eq!(std::fs::read(target.sandbox.database()).expect("the inventory"), target.inventory);
}

/// Types `keys` at the question for a name, which must be taken as `name`.
fn takes_name(keys: &[u8], name: &str) {
    let sandbox = Sandbox::empty();
    let mut terminal = Terminal::inv(&sandbox, &["provider", "add"]);
    terminal.asks("name").presses(keys).types("\r").answers("More fields?", "n");
    ends(&mut terminal, 0);
    assert_eq!(sandbox.ok(&["provider", "list", "-o", "csv", "-c", "name"]), format!("name\n{name}\n"));
}

#[test]
fn keys_that_type_nothing_type_nothing() {
    takes_name(b"w\x07e\x0eb\x1c01", "web01");
    takes_name(b"w\x1b[2Je\x1b[Zb\x1b[5~01", "web01");
    takes_name(b"we\xc3(b01", "web01");
    takes_name(b"xx\x15web01", "web01");
    takes_name("wéb\u{8}b01".as_bytes(), "wéb01");
}

#[test]
fn a_name_that_cannot_be_seen_is_refused_and_shown() {
    refuses_name("a\u{202e}b".as_bytes(), "\"a\\u{202e}b\" has the bidirectional control character U+202E");
    refuses_name("a\u{200b}b".as_bytes(), "\"a\\u{200b}b\" has the invisible character U+200B");
    refuses_name(b"", "name must not be empty");
    refuses_name(b"   ", "name must not be empty");
}

#[test]
fn a_paste_of_a_hundred_thousand_bytes_is_taken_at_once() {
    refuses_name(&b"x".repeat(100_000), "has 100000 characters");
    refuses_name(format!("e{}", "\u{301}".repeat(50_000)).as_bytes(), "characters");
}

#[test]
fn a_paste_into_a_list_narrows_it_once() {
    let target = Target::new();
    let mut terminal = Terminal::inv(&target.sandbox, &["dc", "add", "osaka"]);
    terminal
        .asks("provider")
        .presses(&b"x".repeat(100_000))
        .presses(b"\x15")
        .types("AWS\r")
        .answers("More fields?", "n");
    ends(&mut terminal, 0);
    let listed = target.sandbox.ok(&["dc", "list", "-o", "csv", "-c", "name,provider"]);
    assert_eq!(listed, "name,provider\ntokyo,AWS\nosaka,AWS\n");
}

#[test]
fn the_end_of_input_ends_the_question() {
    let target = Target::new();
    let mut terminal = Terminal::inv(&target.sandbox, &["provider", "add"]);
    terminal.asks("name").presses(b"\x04");
    let ended = ends(&mut terminal, 130);
    assert!(ended.screen.contains("interrupted; nothing was changed"), "{}", ended.screen);
}

#[test]
fn an_escape_in_a_question_in_sql_reaches_no_terminal() {
    let target = Target::new();
    for format in ["table", "csv", "tsv", "jsonl", "markdown"] {
        let question = ["sql", "SELECT 'x' || char(27) || '[2J' || char(8238) AS a", "-o", format, "--no-pager"];
        let ended = ends(&mut Terminal::inv(&target.sandbox, &question), 0);
        assert!(ended.screen.contains("[2J"), "{format}: {}", ended.screen);
    }
}

#[test]
fn a_terminal_of_two_columns_shows_what_it_can() {
    let target = Target::new();
    let command = target.sandbox.command();
    let program = command.get_program().to_str().expect("a path in UTF-8");
    for columns in [2, 3, 1000] {
        let arguments = [program, "vm", "list", "--no-pager"];
        ends(&mut Terminal::run(&target.sandbox, &arguments, &[], columns), 0);
    }
}
