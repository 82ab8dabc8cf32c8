//! `inv undo`: reverses the last change, or the specified one, by a new change.

use super::Graft;
use super::log::number;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::store::Extent;
use crate::value::shown;
use crate::verb::arguments::{self, option, switch};
use crate::verb::report::Report;
use clap::{Arg, ArgAction, ArgMatches, Command};

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "undo", about: "Reverse a change by a new one", hidden: false, arguments, run };

fn arguments(command: Command) -> Command {
    let change = Arg::new("change").value_name("CHANGE").help("The number of the change; else the last one");
    let force = Arg::new("force")
        .long("force")
        .action(ArgAction::SetTrue)
        .help("Where later changes stand on it, revert what nobody touched since");
    arguments::writes(command.arg(change).arg(force)).long_about(
        "Reverse the last change, or the one that is named, by a new change: what it made goes, what it changed gets its \
         old values, what it removed comes back. Undoing an undo is redoing. Where later changes stand on it, it is \
         refused with their list; with --force what nobody touched since is reverted, and the rest is told.",
    )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let change = option(matches, "change").map(number).transpose()?;
    let extent = if switch(matches, "force") { Extent::Unchanged } else { Extent::Whole };
    let (undone, report) = session.write(|writer| {
        let id = match change {
            Some(id) => id,
            None => match writer.last_change()? {
                0 => return Err(Error::not_found("nothing to undo: history has no change")),
                last => last,
            },
        };
        let mut report = Report::new(session);
        let undone = writer.undo(id, extent, |reader, effect| report.add(reader, effect))?;
        Ok((undone, report))
    })?;
    for line in &undone.left {
        session.warn(&format!("left as it is: {line}"));
    }
    if !session.dry_run {
        let command = shown::shown(&undone.change.origin.command).into_owned();
        session.say(&match undone.by {
            Some(by) => format!("undid change {} ({command}) by change {by}", undone.change.id),
            None => format!("nothing of change {} ({command}) is left to undo", undone.change.id),
        });
    }
    report.tell(session)
}
