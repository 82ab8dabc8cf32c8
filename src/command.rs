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
mod login;
mod move_to;
mod plan_file;
mod pools;
mod report;
mod restore;
mod schema;
mod scope;
pub(crate) mod sheet;
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
    /// Noun of the command (`inv ip next`); `None` for a top-level command.
    pub under: Option<&'static str>,
    /// Name on the command line.
    pub name: &'static str,
    /// Line of help.
    pub about: &'static str,
    /// True if help does not list it.
    pub hidden: bool,
    /// Adds its arguments.
    pub arguments: fn(Command) -> Command,
    /// Runs it.
    pub run: fn(&Session, &ArgMatches) -> Result<()>,
}

impl Graft {
    /// Returns the command without its arguments.
    pub(crate) fn stub(&self) -> Command {
        Command::new(self.name)
            .about(self.about)
            .hide(self.hidden)
            .display_name(self.display_name())
            .disable_help_subcommand(true)
    }

    /// Returns the name with its noun (`inv-ip-next`), which is unique.
    pub(crate) fn display_name(&self) -> String {
        let path: Vec<&str> = ["inv"].into_iter().chain(self.under).chain([self.name]).collect();
        path.join("-")
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
    schema::GRAFT,
    address_next::GRAFT,
    address_usage::GRAFT,
    log::GRAFT,
    undo::GRAFT,
    undo::REDO,
    blame::GRAFT,
    diff::GRAFT,
    login::LOGIN,
    login::LOGOUT,
    login::WHOAMI,
    login::PASSWD,
];
