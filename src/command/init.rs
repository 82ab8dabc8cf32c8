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
        "Create the inventory file, readable only by its owner, and its parent folders. An existing file is not \
         changed.",
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
