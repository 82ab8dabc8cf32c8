//! `inv batch`: one command a line, in one transaction or each in its own.

use super::{dispatch, fault, inventory, parsed};
use crate::catalog::Entity;
use crate::command::Graft;
use crate::error::{Error, Kind, Result};
use crate::input::lines::Lines;
use crate::interrupt;
use crate::output::Style;
use crate::session::{Session, SharedTransaction};
use crate::store::Writer;
use crate::value::shown;
use crate::verb::arguments::{self, option, switch};
use crate::verb::faults::FaultLines;
use crate::verb::report::Report;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use std::cell::RefCell;
use std::ffi::OsString;
use std::io::Seek;
use std::path::Path;
use tempfile::SpooledTempFile;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "batch",
    about: "Run commands from a file, one a line, in one transaction",
    hidden: false,
    arguments,
    run,
};

/// Number of bytes of output that wait in memory for the commit.
const IN_MEMORY: usize = 1 << 20;

/// Verbs of a noun that cannot be in a batch: they read or write files.
const EXCLUDED: [&str; 2] = ["import", "export"];

fn arguments(command: Command) -> Command {
    let file = Arg::new("file")
        .value_name("FILE")
        .required(true)
        .value_hint(ValueHint::FilePath)
        .help("File with a command on each line, - for standard input");
    let each = Arg::new("each")
        .long("each")
        .action(ArgAction::SetTrue)
        .conflicts_with("dry-run")
        .help("Run each command in its own transaction, and continue after a failure");
    arguments::writes(command.arg(file).arg(each)).long_about(
        "Run commands from a file, one a line, such as: vm set web01 --cpu 4. Words are quoted as in a shell; a word inv \
         at the beginning, empty lines and lines that begin with # are ignored. Every verb and command of a noun except \
         import and export can be used. All commands run in one transaction, which is one change in history: if one \
         fails, every fault is reported with its line and nothing is changed. With -o json, \
         the answer is the change with its records. With --each, each command that succeeds \
         is a change of its own.",
    )
}

/// A command and the number of its line.
struct BatchLine {
    number: u64,
    text: String,
}

fn run(session: &Session<'_>, matches: &ArgMatches) -> Result<()> {
    let path = option(matches, "file").unwrap_or("-");
    let lines = Lines::open(Path::new(path))?;
    let name = shown::shown(lines.name()).into_owned();
    // Read to the end before the inventory is locked: the program that writes the commands may be slow.
    let mut commands = Vec::new();
    for line in lines {
        let (number, text) = line?;
        if !matches!(text.trim_start().chars().next(), None | Some('#')) {
            commands.push(BatchLine { number, text });
        }
    }
    if switch(matches, "each") { run_each(session, &name, &commands) } else { run_together(session, &name, &commands) }
}

/// Runs all commands in one transaction.
fn run_together(session: &Session<'_>, name: &str, commands: &[BatchLine]) -> Result<()> {
    let (change, mut output, report) = session.write(|writer| {
        let output = RefCell::new(SpooledTempFile::new(IN_MEMORY));
        let mut faults = FaultLines::default();
        writer.reading(Some(name));
        {
            let writer = RefCell::new(&mut *writer);
            let lend = |use_writer: &mut dyn FnMut(&mut Writer<'_>)| {
                if let Ok(mut writer) = writer.try_borrow_mut() {
                    use_writer(&mut writer);
                }
            };
            let shared = SharedTransaction::new(&lend, &output);
            for line in commands {
                interrupt::check()?;
                lend(&mut |writer| writer.at_line(line.number));
                let ran = run_line(session, line, Some(shared));
                ran.or_else(|error| note(&mut faults, name, line, error))?;
            }
        }
        if !faults.is_empty() {
            return Err(failed(&faults, commands.len(), "nothing was changed"));
        }
        let mut report = Report::new(session)?;
        let change = writer.change_id();
        if let Some(change) = change.filter(|_| report.is_written()) {
            writer.settle_history()?;
            report.add_steps(writer, change)?;
        }
        Ok((change, output.into_inner(), report))
    })?;
    if session.dry_run || session.has_keys() {
        return report.tell(session);
    }
    output.rewind().map_err(|error| Error::io("cannot read the results of the batch", error))?;
    session.answer_written(|out| std::io::copy(&mut output, out).map(drop).map_err(Error::output))?;
    session.say(&match change {
        Some(change) => format!("ran {}: change {change}", counted(commands.len())),
        None => format!("ran {}: no changes needed", counted(commands.len())),
    });
    Ok(())
}

/// Runs each command in a transaction of its own.
fn run_each(session: &Session<'_>, name: &str, commands: &[BatchLine]) -> Result<()> {
    let mut faults = FaultLines::default();
    for line in commands {
        interrupt::check()?;
        if session.style == Some(Style::Yaml) {
            // Each command answers with a document of its own.
            session.answer_text("---\n")?;
        }
        run_line(session, line, None).or_else(|error| note(&mut faults, name, line, error))?;
    }
    if !faults.is_empty() {
        return Err(failed(&faults, commands.len(), "the other commands were run"));
    }
    session.say(&format!("ran {}", counted(commands.len())));
    Ok(())
}

/// Runs the command on a line.
fn run_line(session: &Session<'_>, line: &BatchLine, shared: Option<SharedTransaction<'_>>) -> Result<()> {
    let words = shlex::split(&line.text).ok_or_else(|| {
        Error::usage("unclosed quote, or \\ at the end of the line").help("quote the words as in a shell")
    })?;
    let words = words.iter().map(String::as_str).skip_while(|word| *word == "inv");
    let arguments: Vec<OsString> = std::iter::once("inv").chain(words).map(OsString::from).collect();
    let matches = parsed(arguments.clone()).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Error::usage("help is not available in a batch").help("run `inv batch --help` for usage")
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Error::usage("incomplete command").help("write a noun, a verb and its arguments")
        }
        _ => fault::usage(&error, &arguments),
    })?;
    allowed(&matches)?;
    dispatch(&session.for_line(&matches, arguments, shared)?, &matches)
}

/// Refuses commands that cannot be in a batch.
fn allowed(matches: &ArgMatches) -> Result<()> {
    let Some((name, below)) = matches.subcommand() else { return Ok(()) };
    let noun: Option<&'static Entity> = inventory().catalog.named(name).ok();
    let verb = below.subcommand();
    let refused = match (noun, verb) {
        (None, _) => name.to_owned(),
        (Some(noun), Some((verb, _))) if EXCLUDED.contains(&verb) => format!("{} {verb}", noun.noun),
        (Some(noun), Some((verb, below))) if arguments::is_from_standard_input(below) => {
            return Err(Error::usage(format!("{} {verb} cannot read standard input in a batch", noun.noun))
                .help("write the names on the line"));
        }
        _ => return Ok(()),
    };
    Err(Error::usage(format!("{} cannot be run in a batch", shown::quoted(&refused)))
        .help("use a verb of a noun, such as vm set; run `inv batch --help` for usage"))
}

/// Adds the failure of a line to `faults`, or returns one that ends the batch.
fn note(faults: &mut FaultLines, name: &str, line: &BatchLine, error: Error) -> Result<()> {
    if matches!(error.kind(), Kind::Inventory | Kind::Interrupted | Kind::OutputClosed) {
        return Err(error);
    }
    faults.add(error.as_fault(Some(name), Some(line.number)));
    Ok(())
}

/// Returns the faults as one failure.
fn failed(faults: &FaultLines, commands: usize, outcome: &str) -> Error {
    Error::failed(format!("{} of {} failed; {outcome}", faults.count(), counted(commands)))
        .faults(faults.first().iter().cloned())
        .details(faults.more())
        .help("fix these lines and run inv batch again")
}

fn counted(commands: usize) -> String {
    if commands == 1 { "1 command".to_owned() } else { format!("{commands} commands") }
}
