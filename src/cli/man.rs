//! `inv man DIR`: a manual page for each command.

use super::pages::{self, Page};
use crate::command::Graft;
use crate::error::{Error, Result};
use crate::session::Session;
use clap::{ArgMatches, Command};
use std::path::Path;

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "man", about: "Write the manual pages", hidden: true, arguments, run };

fn arguments(command: Command) -> Command {
    command.arg(pages::argument().required(true).help("Folder for the pages"))
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let folder = pages::folder(matches).unwrap_or(Path::new("."));
    let mut tree = super::tree();
    tree.build();
    let mut written = Vec::new();
    add(&tree, &mut written).map_err(|error| Error::io("cannot write the manual pages", error))?;
    pages::write(&written, folder, "the manual pages")?;
    session.say(&format!("wrote {} pages; open with man -l {}/inv.1", written.len(), folder.display()));
    Ok(())
}

/// Adds the pages of `command` and its subcommands.
fn add(command: &Command, pages: &mut Vec<Page>) -> std::io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut text = Vec::new();
    // A page leaves out the texts that help hides.
    let whole = command.clone().mut_args(|arg| arg.hide_short_help(false).hide_long_help(false));
    clap_mangen::Man::new(whole)
        .title(name.to_uppercase())
        .source(concat!("inv ", env!("CARGO_PKG_VERSION")))
        .render(&mut text)?;
    pages.push(Page { file: format!("{name}.1"), text });
    command.get_subcommands().filter(|command| !command.is_hide_set()).try_for_each(|below| add(below, pages))
}
