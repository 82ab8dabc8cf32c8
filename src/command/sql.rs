//! `inv sql`: read-only SQL, in every output format.
//!
//! The text is not inspected: the engine refuses statements that write when it compiles them. Time and signals end a
//! statement whatever the engine is doing.

use super::Graft;
use crate::error::{Error, Result};
use crate::output::Style;
use crate::session::Session;
use crate::store::Question;
use crate::value::shown;
use crate::verb::arguments::{option, options};
use crate::verb::list;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::io::Read;
use std::time::Duration;

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "sql", about: "Run a read-only SQL query", hidden: false, arguments, run };

/// Default and largest value of `--timeout`, in seconds.
const USUAL: u64 = 60;
const MOST: u64 = 86_400;
/// Largest length of a statement in bytes.
const LONGEST: u64 = 1 << 20;

fn arguments(command: Command) -> Command {
    command
        .arg(Arg::new("sql").value_name("SQL").required(true).help("SQL statement; - reads it from standard input"))
        .arg(
            Arg::new("param")
                .long("param")
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .help("Value of the parameter :NAME (repeatable)"),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("SECONDS")
                .help(format!("End the statement after SECONDS, up to {MOST} (default: {USUAL})")),
        )
        .arg(Arg::new("no-headers").long("no-headers").action(ArgAction::SetTrue).help("Omit the header"))
        .after_help(
            "Each noun has a view with names, paths and bytes beside its table: v_vm, v_pool, v_disk, v_ip, …\nTo \
             list them, run SELECT name, sql FROM sqlite_schema. VALUE is a number if it is a whole number, else \
             text.",
        )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let argument = option(matches, "sql").unwrap_or_default();
    let read = if argument == "-" { Some(standard_input()?) } else { None };
    let parameters = options(matches, "param").into_iter().map(|text| {
        let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            Error::usage(format!("{} is not a parameter", shown::quoted(text))).help("pass --param NAME=VALUE")
        })?;
        Ok((name.trim_start_matches([':', '$', '@']), value))
    });
    let question = Question {
        sql: read.as_deref().unwrap_or(argument),
        parameters: parameters.collect::<Result<Vec<(&str, &str)>>>()?,
        time: time(matches)?,
    };
    session.ask(&question, |columns, rows| {
        session.answer(list::answer(matches, Style::Table), columns, |take| rows(&mut |row| take(row)))
    })
}

fn time(matches: &ArgMatches) -> Result<Duration> {
    let seconds = list::number(matches, "timeout")?.unwrap_or(USUAL);
    if (1..=MOST).contains(&seconds) {
        return Ok(Duration::from_secs(seconds));
    }
    Err(Error::usage(format!("--timeout must be a number of seconds from 1 to {MOST}, not \"{seconds}\"")))
}

fn standard_input() -> Result<String> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::io("cannot read the SQL", error))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::failed("the SQL is longer than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| Error::failed("the SQL is not UTF-8"))
}
