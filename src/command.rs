//! The bespoke commands, one file each: what no generic verb does. They take the same session, answer with the same
//! columns and rows, and graft onto the tree here.

mod address_next;
mod address_usage;
mod attach;
mod backup;
mod blame;
mod capacity;
mod check;
mod clone;
mod diff;
mod estate;
mod export_all;
mod find;
mod fit;
mod impact;
mod import_all;
mod init;
mod log;
mod move_to;
mod pools;
mod report;
mod restore;
mod sheet;
mod sql;
mod stats;
mod undo;
mod usage;

use crate::error::Result;
use crate::session::Session;
use clap::{ArgMatches, Command};

/// A bespoke command.
#[derive(Debug)]
pub struct Graft {
    /// The noun it stands under; none for one of its own.
    pub under: Option<&'static str>,
    /// What it is called.
    pub name: &'static str,
    /// What it does, as a line of help.
    pub about: &'static str,
    /// Whether help leaves it out.
    pub hidden: bool,
    /// Adds its arguments.
    pub arguments: fn(Command) -> Command,
    /// Runs it.
    pub run: fn(&Session, &ArgMatches) -> Result<()>,
}

impl Graft {
    /// The command, its arguments filled in once they are needed.
    pub(crate) fn stub(&self) -> Command {
        let path: Vec<&str> = ["inv"].into_iter().chain(self.under).chain([self.name]).collect();
        Command::new(self.name)
            .about(self.about)
            .hide(self.hidden)
            .display_name(path.join("-"))
            .disable_help_subcommand(true)
            .defer(self.arguments)
    }
}

/// Every bespoke command, in the order in which help lists them.
pub(crate) static GRAFTS: &[Graft] = &[
    clone::GRAFT,
    move_to::GRAFT,
    attach::ATTACH,
    attach::DETACH,
    init::GRAFT,
    backup::GRAFT,
    restore::GRAFT,
    import_all::GRAFT,
    export_all::GRAFT,
    usage::GRAFT,
    fit::GRAFT,
    impact::GRAFT,
    stats::GRAFT,
    report::GRAFT,
    find::GRAFT,
    check::GRAFT,
    sql::GRAFT,
    address_next::GRAFT,
    address_usage::GRAFT,
    log::GRAFT,
    undo::GRAFT,
    blame::GRAFT,
    diff::GRAFT,
];
