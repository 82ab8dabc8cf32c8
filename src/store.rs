//! The only floor that speaks SQL: opens the inventory, names its records, reads them and changes them.
//!
//! To the floors above it speaks of entities and values, never of the engine. Reading happens inside [`Store::read`],
//! which sees one moment and never writes; every change goes through [`Writer`], inside one transaction of
//! [`Store::write`].

mod addresses;
mod file;
mod inspect;
mod plan;
mod question;
mod reader;
mod record;
mod removal;
mod resolve;
mod schema;
mod search;
mod select;
mod sqlite;
mod stored;
mod views;
mod writer;

pub use addresses::Held;
pub use file::FileState;
pub use inspect::HeldValue;
pub use question::{Each, Question};
pub use reader::Reader;
pub use record::Record;
pub use removal::{Removal, listed};
pub use resolve::Resolver;
pub use schema::VERSION;
pub use search::{Found, Wanted};
pub use select::{Key, Operand, Order, Query, Term, Test};
pub use stored::Stored;
pub use views::views;
pub use writer::{Action, Change, Effect, Writer};

use crate::catalog::Catalog;
use crate::error::Result;
use crate::interrupt;
use sqlite::{Access, Connection};
use std::path::{Path, PathBuf};

/// An inventory file.
#[derive(Debug, Clone)]
pub struct Store<'c> {
    path: PathBuf,
    catalog: &'c Catalog,
    schema: &'c str,
}

/// What becomes of a transaction whose closure went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is made to last.
    Commit,
    /// It is rolled back: a dry run.
    RollBack,
}

impl<'c> Store<'c> {
    /// The inventory at `path`, described by `catalog` and created from `schema`. Nothing is opened yet.
    #[must_use]
    pub const fn new(path: PathBuf, catalog: &'c Catalog, schema: &'c str) -> Self {
        Self { path, catalog, schema }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Creates the file, its folders, and in it an empty inventory.
    ///
    /// # Errors
    /// A conflict where there is one already; an inventory error where it cannot be created.
    pub fn create(&self) -> Result<()> {
        file::prepare(&self.path)?;
        let connection = Connection::open(&self.path, Access::Create)?;
        schema::create(&connection, self.schema, &self.path)
    }

    /// Runs `read` on one moment of the inventory. Nothing is written.
    ///
    /// # Errors
    /// What `read` fails with, and what is wrong with the file.
    pub fn read<T>(&self, read: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        file::check(&self.path)?;
        file::recover(&self.path)?;
        let connection = Connection::open(&self.path, Access::Read)?;
        schema::check(&connection, &self.path)?;
        connection.begin_read()?;
        let result = read(&Reader::new(&connection, self.catalog));
        connection.roll_back();
        result
    }

    /// Runs `write` in one transaction, which lasts if it goes well and `end` says so, and else leaves nothing.
    ///
    /// `write` may be run again from its start: it prints nothing and keeps nothing from an earlier run.
    ///
    /// # Errors
    /// What `write` fails with, and what is wrong with the file.
    pub fn write<T>(&self, end: End, mut write: impl FnMut(&mut Writer<'_>) -> Result<T>) -> Result<T> {
        file::check(&self.path)?;
        interrupt::watch();
        let connection = Connection::open(&self.path, Access::Write)?;
        schema::check(&connection, &self.path)?;
        connection.begin_write()?;
        let result = schema::check(&connection, &self.path).and_then(|()| {
            let mut writer = Writer::new(Reader::new(&connection, self.catalog));
            let value = write(&mut writer)?;
            interrupt::check()?;
            if end == End::Commit {
                connection.commit()?;
            }
            Ok(value)
        });
        connection.roll_back();
        result
    }
}
