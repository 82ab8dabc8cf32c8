//! `inv backup`: a consistent copy of the inventory while other commands write.

use super::Graft;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::value::shown::shown;
use crate::verb::arguments;
use clap::{Arg, ArgMatches, Command, ValueHint, value_parser};
use serde_json::json;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "backup",
    about: "Copy the inventory while others use it",
    hidden: false,
    arguments,
    run,
};

fn arguments(command: Command) -> Command {
    command
        .arg(
            Arg::new("to")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::AnyPath)
                .help("New file; with --keep, folder"),
        )
        .arg(
            Arg::new("keep")
                .long("keep")
                .value_name("N")
                .help("Name the copy by the time, and keep only the latest N copies in the folder"),
        )
        .arg(arguments::dry_run())
        .long_about(
            "Copy one moment of the inventory into a new file of mode 0600, while others read and write the \
             inventory. The copy is verified and synced to disk before it gets its name; an existing file is never \
             overwritten. With --keep N the copy is written to a folder under a name such as \
             inv-2026-11-23T154912Z.db, and only the latest N copies of that name are kept; other files in the \
             folder are not changed.",
        )
        .after_help(
            "Examples:\n  inv backup before-the-move.db\n  inv backup --keep 14 /var/backups/inv\n\nTo restore a \
             copy, run inv restore FILE.",
        )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let Some(to) = matches.get_one::<PathBuf>("to") else { return Err(Error::usage("no backup file specified")) };
    session.expect_keys(&["dry_run", "file", "removed"])?;
    let Some(most) = arguments::option(matches, "keep") else {
        if session.dry_run {
            session.store().may_back_up(to)?;
        } else {
            session.store().back_up(to)?;
        }
        if session.has_keys() {
            return answer_files(session, to, &[]);
        }
        if session.dry_run {
            session.say(&format!("would back up to {}", path_text(to)));
        } else {
            session.say(&format!("backed up to {}", path_text(to)));
        }
        return Ok(());
    };
    let most: usize = most.parse().ok().filter(|most| *most > 0).ok_or_else(|| {
        Error::usage(format!("--keep must be a number of copies of at least 1, not \"{}\"", shown(most)))
    })?;
    if !to.is_dir() {
        return Err(Error::failed(format!("folder {} does not exist", path_text(to)))
            .help("create the folder first; if it is on another disk, check that the disk is mounted"));
    }
    let (copy, removed) = if session.dry_run {
        session.store().would_back_up_among(to, most)?
    } else {
        session.store().back_up_among(to, most)?
    };
    if session.has_keys() {
        return answer_files(session, &copy, &removed);
    }
    let (backed, deleted) = if session.dry_run { ("would back up", "would remove") } else { ("backed up", "removed") };
    session.say(&format!("{backed} to {}", path_text(&copy)));
    for path in removed {
        session.say(&format!("{deleted} {}", path_text(&path)));
    }
    Ok(())
}

/// Answers with the copy that was made and those that were removed.
fn answer_files(session: &Session, copy: &Path, removed: &[PathBuf]) -> Result<()> {
    let removed: Vec<Cow<'_, str>> = removed.iter().map(|path| path.to_string_lossy()).collect();
    let answer = json!({ "dry_run": session.dry_run, "file": copy.to_string_lossy(), "removed": removed });
    session.answer_object(&answer)
}

/// Returns a path with control characters escaped.
pub(super) fn path_text(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}
