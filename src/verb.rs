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
mod ask_columns;
pub(crate) mod batch;
pub(crate) mod complete;
mod computed;
pub(crate) mod dump;
mod elements;
pub(crate) mod faults;
pub(crate) mod foreign;
mod guard;
pub(crate) mod header;
mod hints;
pub(crate) mod intake;
pub(crate) mod ledger;
pub(crate) mod load;
pub(crate) mod map_file;
pub(crate) mod mapping;
mod offer;
pub(crate) mod preview;
pub(crate) mod progress;
pub(crate) mod replacement;
pub(crate) mod report;
pub(crate) mod row_tests;
pub(crate) mod rows;
pub(crate) mod seen;
pub mod terms;

use crate::catalog::{Catalog, Entity, Reach, Section};
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
    /// Line of help: `{one}` is a record of the noun with its article, `{many}` several, `{parts}` what `show` lists of it.
    about: &'static str,
    /// True if the verb is only for nouns that are exported.
    pub files: bool,
    /// Adds its arguments.
    pub arguments: fn(&Catalog, &'static Entity, Command) -> Command,
    /// Runs it.
    pub run: fn(&Session, &'static Entity, &ArgMatches) -> Result<()>,
}

/// Number of sections that the help of `show` names.
const SHOWN: usize = 3;

/// The verbs that every noun has, in the order in which help lists them.
pub static VERBS: &[Verb] = &[
    Verb {
        name: "list",
        alias: Some("ls"),
        about: "List {many}, filtered and sorted",
        files: false,
        arguments: list::arguments,
        run: list::run,
    },
    Verb {
        name: "show",
        alias: None,
        about: "Show {one} with {parts}",
        files: false,
        arguments: show::arguments,
        run: show::run,
    },
    Verb {
        name: "add",
        alias: None,
        about: "Add {one}; prompt for missing required fields",
        files: false,
        arguments: add::arguments,
        run: add::run,
    },
    Verb {
        name: "apply",
        alias: None,
        about: "Add {one}, or update it if it exists",
        files: false,
        arguments: apply::arguments,
        run: apply::run,
    },
    Verb {
        name: "set",
        alias: None,
        about: "Update fields of {many}",
        files: false,
        arguments: set::arguments,
        run: set::run,
    },
    Verb {
        name: "rename",
        alias: None,
        about: "Rename {one}",
        files: false,
        arguments: rename::arguments,
        run: rename::run,
    },
    Verb {
        name: "rm",
        alias: None,
        about: "Delete {many}",
        files: false,
        arguments: remove::arguments,
        run: remove::run,
    },
    Verb {
        name: "import",
        alias: None,
        about: "Import {many} from CSV or JSON lines: all rows or none",
        files: true,
        arguments: import::arguments,
        run: import::run,
    },
    Verb {
        name: "export",
        alias: None,
        about: "Export {many} as CSV or JSON lines for import",
        files: true,
        arguments: export::arguments,
        run: export::run,
    },
    Verb {
        name: "log",
        alias: None,
        about: "List changes of {one} and its dependents, even if deleted",
        files: false,
        arguments: log::arguments,
        run: log::run,
    },
];

impl Verb {
    /// Returns the line of help for `entity`.
    #[must_use]
    pub fn about(&self, catalog: &Catalog, entity: &Entity) -> String {
        let shown = |section: &Section| match section {
            Section::List { name, .. } => catalog.named(name).map_or((*name).to_owned(), |of| of.labels.1.to_owned()),
            Section::Tally { of, field, .. } => format!("{} by {field}", catalog.of(of).labels.1),
        };
        let parts: Vec<String> = entity.sections.iter().take(SHOWN).map(shown).collect();
        let parts = match parts.split_last() {
            None => "all fields".to_owned(),
            Some((last, [])) => format!("its {last}"),
            Some((last, others)) => format!("its {} and {last}", others.join(", ")),
        };
        let (one, many) = (entity.with_article(), entity.labels.1);
        self.about.replace("{one}", &one).replace("{many}", many).replace("{parts}", &parts)
    }

    /// Returns true if `entity` has the verb.
    #[must_use]
    pub fn suits(&self, entity: &Entity) -> bool {
        !self.files || entity.reach == Reach::Everywhere
    }
}
