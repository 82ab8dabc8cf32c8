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
    about: "Tell what was changed, when, by whom and why",
    hidden: false,
    arguments,
    run,
};

fn arguments(command: Command) -> Command {
    let change = Arg::new("change").value_name("CHANGE").required(true).help("The number of the change");
    let before =
        Arg::new("before").long("before").value_name("TIME").required(true).help("Forget what was before this");
    command
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .args(arguments::noun_and_record(
            "Only changes of this noun",
            "Only changes of this record, and of what hung from it",
        ))
        .args(log::filters())
        .long_about(
            "Tell what was changed, the latest first, a line a change: of all, of a noun, or of a record and what hung \
             from it, be it removed by now.",
        )
        .subcommand(
            Command::new("show")
                .about("Tell each record and field of a change, old and new")
                .display_name("inv-log-show")
                .arg(change),
        )
        .subcommand(
            Command::new("verify")
                .about("Prove that the chain of hashes is whole, and print its head")
                .display_name("inv-log-verify")
                .long_about(
                    "Compute the hash of every change anew, each over the change, what it did, and the hash of the one \
                     before. That proves that no change was altered, left out or put in between since the head was \
                     written down elsewhere. It proves nothing against somebody who can write the file and whose head \
                     nobody kept: they can compute the whole chain anew, or cut off its end.",
                ),
        )
        .subcommand(arguments::writes(
            Command::new("purge")
                .about("Drop the history before a moment for good; that it was dropped is kept")
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
        Error::usage(format!("{} is not the number of a change", shown::quoted(text)))
            .help("inv log lists the changes with their numbers")
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
    session.say("history is whole; keep the head elsewhere to prove it again");
    Ok(())
}

fn purge(session: &Session, matches: &ArgMatches) -> Result<()> {
    session.expect_keys(&["change", "dry_run", "before", "purged_changes"])?;
    let text = option(matches, "before").unwrap_or_default();
    let time = time::moment(text, &time::now())?;
    set::confirmed(session, &format!("drop the history before {time} for good"), matches)?;
    let count = session.write(|writer| writer.purge_history(&time))?;
    if session.has_keys() {
        return session.answer_object(&json!({
            "change": session.change(),
            "dry_run": session.dry_run,
            "before": time,
            "purged_changes": count,
        }));
    }
    let would = if session.dry_run { "would drop" } else { "dropped" };
    session.say(&match count {
        0 => format!("nothing to drop: history begins after {time}"),
        1 => format!("{would} 1 change from history"),
        _ => format!("{would} {count} changes from history"),
    });
    Ok(())
}
