//! Help at every level, the manual pages and the command reference: complete, short enough, and in one style.

use crate::house::words::foreign_verbs;
use crate::support::{Sandbox, answer, read_folder};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Two screens.
const LINES: usize = 48;
const WIDTH: usize = 100;

/// The commands of the reference, each with its long help: `inv vm list`.
fn reference(sandbox: &Sandbox) -> Vec<(String, String)> {
    let text = sandbox.ok(&["reference"]);
    let sections = text.split("\n## `").skip(1);
    sections
        .map(|section| {
            let (name, rest) = section.split_once("`\n").expect("a heading");
            let help = rest.split("```text\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("a block");
            (name.to_owned(), help.to_owned())
        })
        .collect()
}

/// Help of a command at 80 columns.
fn help(sandbox: &Sandbox, command: &str, flag: &str) -> String {
    let words = command.split(' ').skip(1).chain([flag]);
    let told = answer(sandbox.command().env("COLUMNS", "80").args(words));
    assert_eq!((told.status, told.stderr.as_str()), (0, ""), "{command} {flag}");
    told.stdout
}

#[test]
fn the_committed_reference_is_what_inv_writes() {
    let sandbox = Sandbox::bare();
    let written = sandbox.run(&["reference", "pages"]);
    let folder = sandbox.path().join("pages");
    let count = std::fs::read_dir(&folder).expect("the pages").count();
    assert_eq!((written.status, written.stdout.as_str()), (0, ""), "{written}");
    assert_eq!(written.stderr, format!("wrote {count} pages; begin with pages/README.md\n"));
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    assert!(
        read_folder(&committed) == read_folder(&folder),
        "docs/reference is out of date; renew it: rm docs/reference/*; inv reference docs/reference"
    );
}

#[test]
fn the_pages_of_the_reference_have_every_command_once() {
    let sandbox = Sandbox::bare();
    sandbox.ok(&["reference", "pages"]);
    let pages = read_folder(&sandbox.path().join("pages"));
    let headings = pages.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(" `inv "));
    let mut on_pages: Vec<String> = headings.map(|rest| format!("inv {}", rest.trim_end_matches('`'))).collect();
    let mut printed: Vec<String> = reference(&sandbox).into_iter().map(|(command, _)| command).collect();
    // The page with the list of commands has the options of `inv` itself.
    printed.retain(|command| command != "inv");
    on_pages.sort();
    printed.sort();
    assert_eq!(on_pages, printed);
    let options = sandbox.ok(&["--help"]);
    let options = options.split_once("\nGlobal options:\n").and_then(|(_, rest)| rest.split("\n\nBegin").next());
    assert!(pages.contains(options.expect("the global options")), "{pages}");
}

#[test]
fn refuses_a_file_where_the_folder_of_pages_goes() {
    let sandbox = Sandbox::bare();
    sandbox.file("file", "text\n");
    for (command, what) in [("man", "the manual pages"), ("reference", "the command reference")] {
        let refused = sandbox.run(&[command, "file"]);
        assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{refused}");
        assert_eq!(refused.stderr, format!("error: cannot write {what} to file: file exists\n"));
        assert_eq!(std::fs::read_to_string(sandbox.path().join("file")).expect("the file"), "text\n");
    }
}

#[test]
fn every_command_says_what_it_does_and_no_line_of_the_reference_is_too_long() {
    let sandbox = Sandbox::bare();
    let commands = reference(&sandbox);
    assert!(commands.len() > 100, "13 nouns have about eight verbs each, not {} commands", commands.len());
    for (command, help) in &commands {
        let about = help.lines().next().unwrap_or_default();
        assert!(!about.is_empty() && !about.starts_with("Usage"), "{command} says nothing of itself");
        for line in help.lines() {
            assert!(line.chars().count() <= WIDTH, "{command}: {line}");
        }
    }
}

#[test]
fn short_help_fits_two_screens_and_has_the_same_first_line_as_long_help() {
    let sandbox = Sandbox::bare();
    for (command, _) in reference(&sandbox) {
        let short = help(&sandbox, &command, "-h");
        assert!(short.lines().count() <= LINES, "{command} -h has {} lines\n{short}", short.lines().count());
        for line in short.lines() {
            assert!(line.chars().count() <= 80, "{command} -h: {line}");
        }
        assert!(short.contains(&format!("Usage: {command}")), "{command}\n{short}");
        let long = help(&sandbox, &command, "--help");
        assert!(long.contains(&format!("Usage: {command}")), "{command}\n{long}");
        assert!(long.contains("--db <FILE>"), "{command} --help leaves the global options out");
    }
}

#[test]
fn short_help_has_one_line_for_each_option_argument_and_command() {
    let sandbox = Sandbox::bare();
    for (command, _) in reference(&sandbox) {
        let help = help(&sandbox, &command, "-h");
        let mut listing = false;
        for line in help.lines().filter(|line| !line.is_empty()) {
            if !line.starts_with(' ') {
                listing = line.ends_with(':');
            } else if listing {
                let indent = line.len() - line.trim_start().len();
                let begins = indent == 2 || (indent == 6 && line.trim_start().starts_with("--"));
                assert!(begins, "{command} -h: {line:?}\n{help}");
            }
        }
    }
}

#[test]
fn fields_come_first_required_ones_are_marked_values_are_listed_and_global_options_come_last() {
    let sandbox = Sandbox::bare();
    for (flag, values) in [("-h", ""), ("--help", "Status of the VM: ")] {
        let help = help(&sandbox, "inv vm add", flag);
        let words: Vec<&str> = help.split_whitespace().collect();
        let text = words.join(" ");
        let sections: Vec<&str> = help.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ')).collect();
        let collections = "Related records:";
        assert_eq!(sections, ["Arguments:", "Fields:", collections, "Options:", "Examples:"], "{help}");
        assert!(text.contains("[NAME] Name of the VM (required) Fields: --pool <POOL> "), "{help}");
        assert_eq!(text.matches("(required)").count(), 2, "{help}");
        let place = text.find("Global options: --db <FILE>, -o <FORMAT>").expect("the global options");
        assert!(help.trim_end().ends_with("(see inv --help)") && place > text.len() - 160, "{help}");
        let listed = format!("--status <STATUS> {values}running, stopped, suspended, planned, failed, ");
        assert!(text.contains(&listed), "{help}");
    }
    // A field that exists already is not required when it is changed.
    assert!(!help(&sandbox, "inv vm set", "-h").contains("(required)"));
    // 13 nouns have a record that needs a name or a number, and some of them a place.
    for (noun, count) in [("provider", 1), ("dc", 2), ("disk", 1), ("partition", 1), ("ip", 1), ("unit", 2)] {
        let help = help(&sandbox, &format!("inv {noun} add"), "-h");
        assert_eq!(help.matches("(required)").count(), count, "{help}");
    }
    let root = help(&sandbox, "inv", "--help");
    for option in ["--db", "--output", "--color", "--quiet", "--verbose", "--no-input", "--no-pager", "--wait"] {
        assert!(entries(&root).iter().any(|(name, text)| name.contains(option) && !text.is_empty()), "{option}");
    }
}

#[test]
fn a_command_has_the_same_help_behind_help_as_before_its_option() {
    let sandbox = Sandbox::bare();
    for (command, _) in reference(&sandbox) {
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let asked = sandbox.ok(&[&["help"], &words[..]].concat());
        assert_eq!(asked, sandbox.ok(&[&words[..], &["--help"]].concat()), "{command}");
    }
}

/// What stands behind each option, argument and command of a help text, lines put together.
fn entries(help: &str) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut listing = false;
    for line in help.lines().filter(|line| !line.is_empty()) {
        if !line.starts_with(' ') {
            listing = line.ends_with(':') && line != "Examples:";
            continue;
        }
        if !listing {
            continue;
        }
        let text = line.trim_start();
        let indent = line.len() - text.len();
        let begins = indent <= 2 || (indent <= 6 && text.starts_with('-'));
        match (begins, entries.last_mut()) {
            (true, _) => {
                let (name, text) = text.split_once("  ").unwrap_or((text, ""));
                entries.push((name.to_owned(), text.trim().to_owned()));
            }
            (false, Some((_, known))) => {
                known.push(' ');
                known.push_str(text);
            }
            (false, None) => {}
        }
    }
    entries
}

#[test]
fn every_option_argument_and_command_is_explained_without_a_full_stop() {
    let sandbox = Sandbox::bare();
    let mut explained = BTreeSet::new();
    for (command, help) in reference(&sandbox) {
        let about = help.lines().next().unwrap_or_default();
        assert!(!about.ends_with('.') || about.contains(". ") || about.len() > 80, "{command}: {about}");
        for (name, text) in entries(&help) {
            let text = text.trim();
            assert!(!text.is_empty(), "{command}: {name} is not explained");
            let one_sentence = !text.contains(". ");
            assert!(!text.ends_with('.') || !one_sentence, "{command}: {name}: {text}");
            let first = text.chars().next().unwrap_or_default();
            assert!(!first.is_lowercase() || text.starts_with("e.g."), "{command}: {name}: {text}");
            explained.insert(name);
        }
    }
    for name in ["--pool <POOL>", "-o, --output <FORMAT>", "--where <TERM>", "-n, --dry-run"] {
        assert!(explained.contains(name), "{name} is not among {explained:?}");
    }
}

#[test]
fn help_and_completions_use_the_verbs_of_the_field() {
    let sandbox = Sandbox::bare();
    let mut pages = vec![("the reference".to_owned(), sandbox.ok(&["reference"]))];
    pages.extend(["bash", "zsh", "fish", "powershell", "elvish"].map(|shell| {
        let script = sandbox.ok(&["completions", shell]);
        (format!("the completions of {shell}"), script)
    }));
    for (command, _) in reference(&sandbox) {
        pages.push((format!("{command} -h"), help(&sandbox, &command, "-h")));
    }
    for (page, text) in pages {
        for line in text.lines() {
            assert_eq!(foreign_verbs(line), [""; 0], "{page}: {line}");
        }
    }
}

#[test]
fn what_is_used_most_has_examples() {
    let sandbox = Sandbox::bare();
    for command in ["inv vm add", "inv vm list", "inv vm set", "inv vm import", "inv import"] {
        for flag in ["-h", "--help"] {
            let help = help(&sandbox, command, flag);
            assert!(help.contains("\nExamples:\n"), "{command} {flag}\n{help}");
        }
    }
}

/// The commands that help shows as examples.
fn examples(help: &str) -> Vec<String> {
    let shown = help.split("\nExamples:\n").nth(1).unwrap_or_default();
    shown.lines().take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn the_examples_work_as_they_stand() {
    let sandbox = Sandbox::estate();
    sandbox.file("vms.csv", "name,pool\nweb07,prod\n");
    let folder = Path::new(env!("CARGO_BIN_EXE_inv")).parent().expect("the folder of inv").display().to_string();
    let mut count = 0;
    for (command, help) in reference(&sandbox).iter().filter(|(command, _)| command.starts_with("inv vm ")) {
        for example in examples(help) {
            count += 1;
            let mut shell = Command::new("sh");
            shell.env_clear().envs(sandbox.command().get_envs().filter_map(|(name, value)| Some((name, value?))));
            shell.env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap_or_default()));
            let told = answer(shell.current_dir(sandbox.path()).args(["-c", &example]));
            assert_eq!(told.status, 0, "{command}: {example}\n{told}");
        }
    }
    assert!(count >= 8, "only {count} examples");
}

#[test]
fn the_manual_pages_are_complete_and_without_errors() {
    let sandbox = Sandbox::bare();
    sandbox.ok(&["man", "pages"]);
    let pages: BTreeSet<String> = std::fs::read_dir(sandbox.path().join("pages"))
        .expect("the pages")
        .map(|entry| entry.expect("a page").file_name().to_string_lossy().into_owned())
        .collect();
    let expected: BTreeSet<String> =
        reference(&sandbox).iter().map(|(command, _)| format!("{}.1", command.replace(' ', "-"))).collect();
    assert_eq!(pages, expected);
    let linted = Command::new("mandoc")
        .args(["-T", "lint", "-W", "error"])
        .args(pages.iter().map(|page| sandbox.path().join("pages").join(page)))
        .output()
        .expect("mandoc is missing: install the Debian package mandoc (tests/packages-terminal.txt)");
    assert!(linted.status.success(), "{}", String::from_utf8_lossy(&linted.stdout));
    for name in &pages {
        let page = std::fs::read_to_string(sandbox.path().join("pages").join(name)).expect("a page");
        let mut entries = page.split("\n.TP\n").skip(1).peekable();
        assert!(entries.peek().is_some(), "{name} has no entry");
        for entry in entries {
            let text = entry.lines().nth(1).unwrap_or_default();
            assert!(!text.is_empty() && !text.starts_with('.'), "{name} has no text for {entry}");
        }
        assert!(
            page.contains("\n.SH \"GLOBAL OPTIONS\"\n") || page.contains("\n.SH GLOBAL OPTIONS\n"),
            "{name}\n{page}"
        );
        assert!(page.contains("\\-\\-wait"), "{name}");
    }
    let page = Command::new("mandoc")
        .args(["-T", "utf8", "-O", "width=80"])
        .arg(sandbox.path().join("pages/inv-vm-add.1"))
        .output()
        .expect("mandoc");
    // Bold letters are written twice, with a backspace between.
    let page = String::from_utf8_lossy(&page.stdout).chars().fold(String::new(), |mut text, letter| {
        if letter == '\u{8}' {
            text.pop().map_or((), drop)
        } else {
            text.push(letter)
        }
        text
    });
    let text = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "inv-vm-add",
        "--status <STATUS> Status of the VM: running, stopped, suspended, planned, failed, retired, unknown",
        "--db <FILE> Inventory file",
        "--if-not-exists Skip a record that already exists, with exit status 0",
    ] {
        assert!(text.contains(part), "{part} is not in\n{page}");
    }
    assert!(page.find("FIELDS") < page.find("GLOBAL OPTIONS"), "{page}");
}
