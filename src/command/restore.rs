//! `inv restore`: replaces the inventory by a backup, and keeps the old file.

use super::Graft;
use super::backup::path_text;
use crate::error::{Error, Kind, Result};
use crate::session::Session;
use crate::store::LastChange;
use crate::verb::arguments;
use crate::verb::set::confirmed;
use clap::{Arg, ArgMatches, Command, ValueHint, value_parser};
use std::path::PathBuf;

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
        session.say(&format!("would {what}"));
        return Ok(());
    }
    confirmed(session, &what, matches)?;
    let restored = store.restore(&restore)?;
    session.say(&format!("restored {path} from {}", path_text(from)));
    if let Some(old_copy) = restored.old_copy {
        session.say(&format!("what it was before is kept in {}", path_text(&old_copy)));
    }
    Ok(())
}

fn last(change: &LastChange) -> String {
    match change {
        Some((id, at)) => format!("last change {id}, {at}"),
        None => "without any change".to_owned(),
    }
}
