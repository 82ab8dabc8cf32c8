//! The generic verbs, one file each. No verb names an entity: what it does follows from the catalog.

pub mod add;
pub mod apply;
pub mod export;
pub mod import;
pub mod list;
pub mod log;
pub mod remove;
pub mod rename;
pub mod set;
pub mod show;

pub(crate) mod arguments;
mod aside;
pub(crate) mod ask;
pub(crate) mod batch;
pub(crate) mod complete;
mod computed;
pub(crate) mod faults;
mod guard;
pub(crate) mod header;
mod hints;
pub(crate) mod intake;
pub(crate) mod ledger;
pub(crate) mod load;
pub(crate) mod mapping;
mod offer;
pub(crate) mod preview;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod rows;
pub(crate) mod seen;
pub mod terms;

use crate::catalog::{Catalog, Entity, Reach};
use crate::error::Result;
use crate::session::Session;
use clap::{ArgMatches, Command};

/// A generic verb.
#[derive(Debug)]
pub struct Verb {
    /// Name on the command line.
    pub name: &'static str,
    /// Another name of it.
    pub alias: Option<&'static str>,
    /// Line of help.
    pub about: &'static str,
    /// True if the verb is only for nouns that are exported.
    pub files: bool,
    /// Adds its arguments.
    pub arguments: fn(&Catalog, &'static Entity, Command) -> Command,
    /// Runs it.
    pub run: fn(&Session, &'static Entity, &ArgMatches) -> Result<()>,
}

/// The verbs that every noun has, in the order in which help lists them.
pub static VERBS: &[Verb] = &[
    Verb {
        name: "list",
        alias: Some("ls"),
        about: "List them, filtered and sorted",
        files: false,
        arguments: list::arguments,
        run: list::run,
    },
    Verb {
        name: "show",
        alias: None,
        about: "Show one in full, with what hangs from it",
        files: false,
        arguments: show::arguments,
        run: show::run,
    },
    Verb {
        name: "add",
        alias: None,
        about: "Add one; what is required and missing is asked for",
        files: false,
        arguments: add::arguments,
        run: add::run,
    },
    Verb {
        name: "apply",
        alias: None,
        about: "Add one, or change the one that exists already",
        files: false,
        arguments: apply::arguments,
        run: apply::run,
    },
    Verb {
        name: "set",
        alias: None,
        about: "Change fields of one or many",
        files: false,
        arguments: set::arguments,
        run: set::run,
    },
    Verb {
        name: "rename",
        alias: None,
        about: "Give one another name",
        files: false,
        arguments: rename::arguments,
        run: rename::run,
    },
    Verb {
        name: "rm",
        alias: None,
        about: "Remove one or many",
        files: false,
        arguments: remove::arguments,
        run: remove::run,
    },
    Verb {
        name: "import",
        alias: None,
        about: "Import from CSV or JSON lines: all rows or none",
        files: true,
        arguments: import::arguments,
        run: import::run,
    },
    Verb {
        name: "export",
        alias: None,
        about: "Export as CSV or JSON lines that import takes back",
        files: true,
        arguments: export::arguments,
        run: export::run,
    },
    Verb {
        name: "log",
        alias: None,
        about: "Tell the changes of one and of what hung from it, even if it was removed",
        files: false,
        arguments: log::arguments,
        run: log::run,
    },
];

impl Verb {
    /// Returns true if `entity` has the verb.
    #[must_use]
    pub fn suits(&self, entity: &Entity) -> bool {
        !self.files || entity.reach == Reach::Everywhere
    }
}
