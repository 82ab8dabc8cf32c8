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

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "restore", about: "Replace the inventory with a backup", hidden: false, arguments, run };

fn arguments(command: Command) -> Command {
    let from = Arg::new("from")
        .value_name("FILE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .value_hint(ValueHint::FilePath)
        .help("Backup file");
    arguments::writes(command.arg(from).arg(arguments::yes())).long_about(
        "Replace the inventory with a backup. The backup is verified first, and upgraded to this version if it is \
         older; the backup file is not changed. The inventory is replaced in one transaction, and its previous \
         content is saved beside it. The restore is logged in history, and all sessions end.",
    )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let Some(from) = matches.get_one::<PathBuf>("from") else { return Err(Error::usage("no backup specified")) };
    if !from.exists() {
        return Err(Error::failed(format!("file {} does not exist", path_text(from))));
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
        format!("replace {path} ({now}) with {backup}")
    } else {
        format!("create {path} from {backup}")
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
        session.say(&format!("the previous inventory is saved in {}", path_text(&old_copy)));
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
