//! `inv man DIR`: a manual page for each command.

use crate::command::Graft;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::value::shown;
use clap::{Arg, ArgMatches, Command, ValueHint};
use std::fs;
use std::path::Path;

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "man", about: "Write the manual pages", hidden: true, arguments, run };

fn arguments(command: Command) -> Command {
    command.arg(
        Arg::new("folder").value_name("DIR").required(true).value_hint(ValueHint::DirPath).help("Folder for the pages"),
    )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let folder = matches.get_one::<String>("folder").map_or(Path::new("."), Path::new);
    let cannot_write = |error| {
        let folder = shown::shown(&folder.to_string_lossy()).into_owned();
        Error::io(format!("cannot write the manual pages to {folder}"), error)
    };
    fs::create_dir_all(folder).map_err(cannot_write)?;
    let mut tree = super::tree();
    tree.build();
    let count = pages(&tree, folder).map_err(cannot_write)?;
    session.say(&format!("wrote {count} pages; open with man -l {}/inv.1", folder.display()));
    Ok(())
}

/// Writes the pages of `command` and its subcommands, and returns the number of pages.
fn pages(command: &Command, folder: &Path) -> std::io::Result<usize> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut page = Vec::new();
    // A page leaves out the texts that help hides.
    let whole = command.clone().mut_args(|arg| arg.hide_short_help(false).hide_long_help(false));
    clap_mangen::Man::new(whole)
        .title(name.to_uppercase())
        .source(concat!("inv ", env!("CARGO_PKG_VERSION")))
        .render(&mut page)?;
    fs::write(folder.join(format!("{name}.1")), page)?;
    let mut count = 1;
    for below in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        count += pages(below, folder)?;
    }
    Ok(count)
}
