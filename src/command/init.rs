//! `inv init`: creates an empty inventory.

use super::Graft;
use crate::error::Result;
use crate::session::Session;
use crate::value::shown;
use clap::{ArgMatches, Command};
use serde_json::json;

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "init", about: "Create the inventory file", hidden: false, arguments, run };

fn arguments(command: Command) -> Command {
    command.long_about(
        "Create the inventory file, readable by its owner alone, and the folders above it. One that is there already \
         is left alone.",
    )
}

fn run(session: &Session, _: &ArgMatches) -> Result<()> {
    session.expect_keys(&["file"])?;
    session.store().create()?;
    let path = session.database().to_string_lossy();
    if session.has_keys() {
        return session.answer_object(&json!({ "file": path }));
    }
    session.say(&format!("created {}", shown::shown(&path)));
    Ok(())
}
