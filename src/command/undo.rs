//! `inv undo` reverses the last change that is not undone, or the specified one, by a new change; `inv redo` takes the
//! last undo back.

use super::Graft;
use super::log::number;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::store::{Extent, Reader};
use crate::value::shown;
use crate::verb::arguments::{self, option, switch};
use crate::verb::report::Report;
use clap::{Arg, ArgAction, ArgMatches, Command};

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "undo", about: "Undo a change with a new change", hidden: false, arguments, run };

pub(super) const REDO: Graft = Graft {
    under: None,
    name: "redo",
    about: "Redo the last undone change",
    hidden: false,
    arguments: redo_arguments,
    run: redo,
};

fn arguments(command: Command) -> Command {
    let change = Arg::new("change")
        .value_name("CHANGE")
        .help("Number of the change (default: the last change that is not undone)");
    let force = Arg::new("force")
        .long("force")
        .action(ArgAction::SetTrue)
        .help("Undo only the fields that have not changed since");
    arguments::writes(command.arg(change).arg(force)).long_about(
        "Undo the last change that is not undone, or CHANGE, with a new change: created records are deleted, \
         changed fields get their old values, deleted records are restored. Run inv undo again to undo the change \
         before, and inv redo to go forward. If later changes modified the same records, undo fails and lists them; \
         with --force only the fields that have not changed since are reverted, and the others are listed.",
    )
}

fn redo_arguments(command: Command) -> Command {
    arguments::writes(command).long_about(
        "Redo the last undone change with a new change. Run inv redo again to redo the change before, until a \
         change of another kind follows.",
    )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let change = option(matches, "change").map(number).transpose()?;
    let extent = if switch(matches, "force") { Extent::Unchanged } else { Extent::Whole };
    // Whoever names a change does not walk back.
    let next = |reader: &Reader<'_>| if change.is_some() { Ok(None) } else { reader.next_to_undo() };
    reverse(session, extent, ("undid", "undo"), next, |reader| match change {
        Some(id) => Ok(id),
        None => next(reader)?.ok_or_else(|| match reader.last_change() {
            Ok(0) => Error::not_found("nothing to undo: history has no change"),
            _ => Error::not_found("nothing to undo: every change is undone").help("run `inv redo` to go forward"),
        }),
    })
}

fn redo(session: &Session, _: &ArgMatches) -> Result<()> {
    let next = |reader: &Reader<'_>| reader.next_to_redo();
    reverse(session, Extent::Whole, ("redid", "redo"), next, |reader| {
        next(reader)?.ok_or_else(|| Error::not_found("nothing to redo: the last change is not an undo"))
    })
}

/// Reverses the change that `which` returns, and tells which one `next` returns afterwards.
fn reverse(
    session: &Session,
    extent: Extent,
    (done, verb): (&str, &str),
    next: impl Fn(&Reader<'_>) -> Result<Option<i64>>,
    which: impl Fn(&Reader<'_>) -> Result<i64>,
) -> Result<()> {
    let (undone, report) = session.write(|writer| {
        let id = which(writer)?;
        let mut report = Report::new(session)?;
        let undone = writer.undo(id, extent, |reader, effect| report.add(reader, effect))?;
        Ok((undone, report))
    })?;
    for line in &undone.left {
        session.warn(&format!("skipped {line}"));
    }
    if !session.dry_run {
        // Redoing an undo does again what was undone.
        let meant = |reader: &Reader<'_>, id: i64| -> Result<String> {
            let change = match reader.change(id)?.undoes {
                Some(undone) if verb == "redo" => reader.change(undone)?,
                _ => reader.change(id)?,
            };
            Ok(format!("change {} ({})", change.id, shown::shown(&change.origin.command)))
        };
        let (what, next) = session.read(|reader| {
            let next = next(reader)?.map(|id| meant(reader, id)).transpose()?;
            Ok((meant(reader, undone.change.id)?, next))
        })?;
        session.say(&match undone.by {
            Some(by) => format!("{done} {what} by change {by}"),
            None => format!("nothing left to {verb} in {what}"),
        });
        if let Some(next) = next {
            session.say(&format!("next to {verb}: {next}"));
        }
    }
    report.tell(session)
}
