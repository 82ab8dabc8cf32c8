//! `inv restore`: replaces the inventory by a backup, and keeps the old file.

use super::Graft;
use super::backup::path_text;
use crate::error::{Error, Kind, Result};
use crate::session::Session;
use crate::store::{LastChange, Restored};
use crate::verb::arguments;
use crate::verb::set::confirmed;
use clap::{Arg, ArgMatches, Command, ValueHint, value_parser};
use serde_json::json;
use std::path::{Path, PathBuf};

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "restore",
    about: "Put a backup in the inventory's place",
    hidden: false,
    arguments,
    run,
};

fn arguments(command: Command) -> Command {
    let from = Arg::new("from")
        .value_name("FILE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .value_hint(ValueHint::FilePath)
        .help("The backup");
    arguments::writes(command.arg(from).arg(arguments::yes())).long_about(
        "Put a backup in the inventory's place. The backup is looked over first, and brought up to this version if it is \
         older; it stays as it is. The inventory becomes what the backup holds in one transaction, which nobody sees half \
         of; what it was is kept beside it. History notes the restore, and everyone has to sign in again.",
    )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let Some(from) = matches.get_one::<PathBuf>("from") else { return Err(Error::usage("no backup was named")) };
    if !from.exists() {
        return Err(Error::failed(format!("there is no file {}", path_text(from))));
    }
    session.expect_keys(&["change", "dry_run", "file", "from", "last_change", "last_time", "old_copy"])?;
    let store = session.store_to_change();
    store.may_restore()?;
    let restore = store.look_over(from)?;
    let (path, backup) = (path_text(session.database()), format!("{} ({})", path_text(from), last(&restore.last)));
    let what = if store.is_there() {
        let now = match store.last() {
            Ok(change) => last(&change),
            // A damaged inventory may be replaced too.
            Err(error) if error.kind() == Kind::Inventory => error.message().to_owned(),
            Err(error) => return Err(error),
        };
        format!("replace {path} ({now}) by {backup}")
    } else {
        format!("make {path} of {backup}")
    };
    if session.dry_run {
        if session.has_keys() {
            return answer(session, from, &restore.last, None);
        }
        session.say(&format!("would {what}"));
        return Ok(());
    }
    confirmed(session, &what, matches)?;
    let restored = store.restore(&restore)?;
    if session.has_keys() {
        return answer(session, from, &restore.last, Some(&restored));
    }
    session.say(&format!("restored {path} from {}", path_text(from)));
    if let Some(old_copy) = restored.old_copy {
        session.say(&format!("what it was before is kept in {}", path_text(&old_copy)));
    }
    Ok(())
}

/// Answers with the files and the last change of the backup.
fn answer(session: &Session, from: &Path, last: &LastChange, restored: Option<&Restored>) -> Result<()> {
    let old_copy = restored.and_then(|restored| restored.old_copy.as_deref());
    session.answer_object(&json!({
        "change": restored.and_then(|restored| restored.change),
        "dry_run": session.dry_run,
        "file": session.database().to_string_lossy(),
        "from": from.to_string_lossy(),
        "last_change": last.as_ref().map(|(id, _)| id),
        "last_time": last.as_ref().map(|(_, at)| at),
        "old_copy": old_copy.map(Path::to_string_lossy),
    }))
}

fn last(change: &LastChange) -> String {
    match change {
        Some((id, at)) => format!("last change {id}, {at}"),
        None => "without any change".to_owned(),
    }
}
