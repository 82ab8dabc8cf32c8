//! What nobody means well by: command lines, variables, files and keys that are made to break a program, each with the
//! sentence that it must be answered with.
//!
//! Every row is also held to what goes for all of them: the program ends in time and without a panic, says what it says
//! in one sentence and no control character, writes nothing to standard output, leaves no file behind and every byte
//! of the inventory as it was.

mod arguments;
mod environment;
mod files;
mod keys;
mod large;
mod workbooks;

use crate::support::{Answer, PATIENCE, Sandbox};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::time::{Duration, Instant};

/// An estate that hostile rows are tried on, and what it was before them.
struct Target {
    sandbox: Sandbox,
    inventory: Vec<u8>,
}

/// What a row is.
struct Row<'a> {
    arguments: Vec<&'a OsStr>,
    environment: &'a [(&'a str, &'a [u8])],
    input: Option<&'a [u8]>,
}

impl<'a> Row<'a> {
    fn of(arguments: &[&'a str]) -> Self {
        Self::of_bytes(&arguments.iter().map(|argument| argument.as_bytes()).collect::<Vec<_>>())
    }

    fn of_bytes(arguments: &[&'a [u8]]) -> Self {
        let arguments = arguments.iter().map(|argument| OsStr::from_bytes(argument)).collect();
        Self { arguments, environment: &[], input: None }
    }
}

impl Target {
    fn new() -> Self {
        let sandbox = Sandbox::estate();
        let inventory = std::fs::read(sandbox.database()).expect("the inventory");
        Self { sandbox, inventory }
    }

    fn files(&self) -> BTreeSet<OsString> {
        let entries = std::fs::read_dir(self.sandbox.path()).expect("the folder of the test");
        entries.map(|entry| entry.expect("a file").file_name()).collect()
    }

    /// Tries a row, which must be refused with `status` and the lines that `told` has, behind which only the way out
    /// stands.
    fn refuses(&self, row: &Row<'_>, status: i32, told: &str) {
        let answer = self.answers(row);
        assert_eq!(answer.status, status, "{}\n{answer}", shown(row));
        assert_eq!(answer.stdout, "", "{}\n{answer}", shown(row));
        // What a few bytes may be is a guess of a library, and another with each of its versions.
        let guess =
            answer.stderr.split_once("possibly ").and_then(|(_, rest)| rest.split_once(')')).map(|(guess, _)| guess);
        let stderr = guess.map_or_else(|| answer.stderr.clone(), |guess| answer.stderr.replace(guess, "ANY"));
        let way_out = stderr.strip_prefix(&format!("error: {told}\n")).unwrap_or_else(|| {
            panic!("{}\nwanted error: {told}\ngot    {}", shown(row), answer.stderr);
        });
        let is_help = way_out.starts_with("help: ") && way_out.lines().count() == 1;
        assert!(way_out.is_empty() || is_help, "{}\n{answer}", shown(row));
    }

    /// Tries a row, and holds it to what goes for all of them.
    fn answers(&self, row: &Row<'_>) -> Answer {
        let mut command = self.sandbox.command();
        command.args(&row.arguments);
        for (name, value) in row.environment {
            command.env(name, OsStr::from_bytes(value));
        }
        let given = tempfile::tempfile().expect("a temporary file");
        if let Some(input) = row.input {
            use std::io::{Seek, Write};
            let mut given = &given;
            given.write_all(input).and_then(|()| given.rewind()).expect("room for the input");
            command.stdin(given.try_clone().expect("the input"));
        }
        let before = self.files();
        let answer = in_time(&mut command, row);
        let what = shown(row);
        for text in [&answer.stdout, &answer.stderr] {
            let raw = text.chars().find(|letter| letter.is_control() && *letter != '\n');
            assert_eq!(raw, None, "a control character is sent: {what}\n{text:?}");
            let turned = text.chars().find(|letter| ('\u{202a}'..='\u{202e}').contains(letter));
            assert_eq!(turned, None, "a bidirectional control is sent: {what}\n{text:?}");
            assert!(!text.contains("panicked") && !text.contains("os error"), "{what}\n{text}");
        }
        assert_eq!(self.files(), before, "a file is left behind: {what}");
        let after = std::fs::read(self.sandbox.database()).expect("the inventory");
        assert!(after == self.inventory, "the inventory is not what it was: {what}\n{answer}");
        answer
    }
}

/// Runs a command to its end, which must come in time.
fn in_time(command: &mut Command, row: &Row<'_>) -> Answer {
    let file = || tempfile::NamedTempFile::new().expect("a temporary file");
    let (out, err) = (file(), file());
    let open = |file: &tempfile::NamedTempFile| File::options().write(true).open(file.path()).expect("the file");
    let mut child = command.stdout(open(&out)).stderr(open(&err)).spawn().expect("the program starts");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the program") {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().and_then(|()| child.wait()).expect("the program ends");
            panic!("no end in {PATIENCE:?}: {}", shown(row));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let read = |file: &tempfile::NamedTempFile| {
        let bytes = std::fs::read(file.path()).expect("what was said");
        String::from_utf8(bytes).unwrap_or_else(|error| panic!("what is said is not UTF-8: {}\n{error}", shown(row)))
    };
    Answer { status: status.code().unwrap_or(-1), stdout: read(&out), stderr: read(&err) }
}

/// A row as a failure tells it: without its megabytes.
fn shown(row: &Row<'_>) -> String {
    let mut told = format!("inv {:?} {:?}", row.arguments, row.environment);
    let end = (0..=told.len().min(500)).rev().find(|end| told.is_char_boundary(*end)).unwrap_or_default();
    told.truncate(end);
    told
}
