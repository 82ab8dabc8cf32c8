//! `inv log`: lists changes; `log show` shows one in full, `log verify` verifies the hash chain, `log purge` deletes
//! history.

use super::Graft;
use crate::error::{Error, Result};
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::{Answer, Session};
use crate::value::{shown, time};
use crate::verb::arguments::{self, option};
use crate::verb::{log, report, set};
use clap::{Arg, ArgMatches, Command};
use serde_json::json;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "log",
    about: "List changes with time, user, command and message",
    hidden: false,
    arguments,
    run,
};

fn arguments(command: Command) -> Command {
    let change = Arg::new("change").value_name("CHANGE").required(true).help("Number of the change");
    let before =
        Arg::new("before").long("before").value_name("TIME").required(true).help("Delete history before this time");
    command
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .args(arguments::noun_and_record(
            "List only changes of this noun",
            "List only changes of this record and its dependents",
        ))
        .args(log::filters())
        .long_about(
            "List changes, the latest first, one a line: all changes, those of a noun, or those of a record and its \
             dependents, even if removed.",
        )
        .subcommand(
            Command::new("show")
                .about("Show the records and fields of a change, old and new")
                .display_name("inv-log-show")
                .arg(change),
        )
        .subcommand(
            Command::new("verify")
                .about("Verify the history hash chain and print the latest hash")
                .display_name("inv-log-verify")
                .long_about(
                    "Recompute the hash of every change, over the change, its entries and the previous hash. If the \
                     latest hash was stored outside the file, this shows that no change was altered, removed or \
                     inserted since. Without a stored hash it proves nothing: whoever can write the file can \
                     recompute the whole chain or cut off its end.",
                ),
        )
        .subcommand(arguments::writes(
            Command::new("purge")
                .about("Permanently delete history before TIME (the purge itself is logged)")
                .display_name("inv-log-purge")
                .arg(before)
                .arg(arguments::yes()),
        ))
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    match matches.subcommand() {
        Some(("show", below)) => show(session, below),
        Some(("verify", _)) => verify(session),
        Some(("purge", below)) => purge(session, below),
        _ => {
            let of = match option(matches, "noun") {
                Some(noun) => Some((session.noun(noun)?, option(matches, "record"))),
                None => None,
            };
            log::answer(session, of, matches)
        }
    }
}

/// Parses the number of a change.
///
/// # Errors
/// The text is not a positive whole number.
pub(super) fn number(text: &str) -> Result<i64> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
        Error::usage(format!("{} is not a change number", shown::quoted(text)))
            .help("run `inv log` for the change numbers")
    })
}

/// Returns the columns of `log show`, in which JSON identifies records.
pub(super) fn show_columns(has_keys: bool) -> Vec<Column> {
    let columns = report::change_columns().into_iter().chain([Column::new("file", ColumnKind::Text)]);
    if has_keys { identified_rows(columns) } else { columns.collect() }
}

/// Returns the columns of rows about records with `id` and `path` in the place of `record`.
pub(super) fn identified_rows(columns: impl Iterator<Item = Column>) -> Vec<Column> {
    let own = |column: Column| match column.name.as_str() {
        "record" => vec![Column::new("id", ColumnKind::Number), Column::path("path")],
        _ => vec![column],
    };
    columns.flat_map(own).collect()
}

fn show(session: &Session, matches: &ArgMatches) -> Result<()> {
    let id = number(option(matches, "change").unwrap_or_default())?;
    let columns = show_columns(session.has_keys());
    session.answer_reading(Answer::default(), &columns, |reader, out| {
        reader.change(id)?;
        let mut row = Row::default();
        report::steps(reader, id, |[action, noun, path, field, old, new], record, step| {
            row.clear();
            row.texts([action, noun]);
            if session.has_keys() {
                row.integer(record);
            }
            row.texts([path, field, old, new, log::file_of(step.source.as_ref()).as_deref()]);
            out(&row)
        })
    })
}

pub(super) fn verify_columns() -> [Column; 4] {
    [
        Column::new("changes", ColumnKind::Number),
        Column::new("last", ColumnKind::Number),
        Column::whole("head"),
        Column::new("purged", ColumnKind::Number),
    ]
}

fn verify(session: &Session) -> Result<()> {
    session.answer_reading(Answer::default(), &verify_columns(), |reader, out| {
        let verified = reader.verify()?;
        let mut row = Row::default();
        row.integer(i64::try_from(verified.changes).unwrap_or(i64::MAX));
        row.integer(verified.last);
        row.text(&verified.head);
        match verified.purged {
            Some(purged) => row.integer(purged),
            None => row.null(),
        }
        out(&row)
    })?;
    session.say("history is complete; store the hash outside this machine to verify it again");
    Ok(())
}

fn purge(session: &Session, matches: &ArgMatches) -> Result<()> {
    session.expect_keys(&["change", "dry_run", "before", "purged_changes"])?;
    let text = option(matches, "before").unwrap_or_default();
    let time = time::moment(text, &time::now())?;
    set::confirmed(session, &format!("permanently delete history before {time}"), matches)?;
    let count = session.write(|writer| writer.purge_history(&time))?;
    if session.has_keys() {
        return session.answer_object(&json!({
            "change": session.change(),
            "dry_run": session.dry_run,
            "before": time,
            "purged_changes": count,
        }));
    }
    let would = if session.dry_run { "would delete" } else { "dropped" };
    session.say(&match count {
        0 => format!("nothing to delete: history begins after {time}"),
        1 => format!("{would} 1 change from history"),
        _ => format!("{would} {count} changes from history"),
    });
    Ok(())
}
