//! The only floor that speaks SQL: opens the inventory, names its records, reads them and changes them.
//!
//! To the floors above it speaks of entities and values, never of the engine. Reading happens inside [`Store::read`],
//! which sees one moment and never writes; every change goes through [`Writer`], inside one transaction of
//! [`Store::write`].

mod addresses;
mod by_path;
mod file;
mod history;
mod inspect;
mod known;
mod parts;
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
pub use history::{Blame, Difference, Log, Logged, Moment, Origin, Step, Undone, Verified};
pub use inspect::HeldValue;
pub use parts::Part;
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
use crate::error::{Error, Result, io_reason};
use crate::interrupt;
use history::Recorder;
use schema::Standing;
use sqlite::{Access, Connection};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// An inventory file.
#[derive(Debug, Clone)]
pub struct Store<'c> {
    path: PathBuf,
    catalog: &'c Catalog,
    schema: &'c str,
    origin: Origin,
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
    pub fn new(path: PathBuf, catalog: &'c Catalog, schema: &'c str) -> Self {
        Self { path, catalog, schema, origin: Origin::default() }
    }

    /// The same inventory, changed by `origin` as history will say.
    #[must_use]
    pub fn by(self, origin: Origin) -> Self {
        Self { origin, ..self }
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

    /// Opens the file, once it is sure that it is an inventory; one of an earlier version is brought up to this one.
    fn open(&self, access: Access) -> Result<Connection> {
        file::check(&self.path)?;
        if access == Access::Read {
            file::recover(&self.path)?;
        }
        let connection = Connection::open(&self.path, access)?;
        if schema::check(&connection, &self.path)? == Standing::Older {
            schema::migrate(&Connection::open(&self.path, Access::Write)?, &self.path)?;
        }
        Ok(connection)
    }

    /// Runs `read` on one moment of the inventory. Nothing is written.
    ///
    /// # Errors
    /// What `read` fails with, and what is wrong with the file.
    pub fn read<T>(&self, read: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let connection = self.open(Access::Read)?;
        connection.begin_read()?;
        let result = read(&Reader::new(&connection, self.catalog));
        connection.roll_back();
        result
    }

    /// As [`Self::read`], on the inventory as it was at `moment`.
    ///
    /// What happened since is undone in a transaction that never lasts: the time it takes grows with those changes.
    ///
    /// # Errors
    /// As [`Self::read`]; history does not reach back so far.
    pub fn read_at<T>(&self, moment: &Moment, read: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let (change, last) = self.read(|reader| Ok((reader.change_at(moment)?, reader.last_change()?)))?;
        if change == last {
            return self.read(read);
        }
        let aside = if file::may_be_written(&self.path) { None } else { Some(self.copy()?) };
        let path = aside.as_ref().map_or(self.path.as_path(), |copy| copy.path());
        let connection = Connection::open(path, Access::Scratch)?;
        schema::check(&connection, &self.path)?;
        connection.begin_write()?;
        let mut writer = Writer::new(Reader::new(&connection, self.catalog), None);
        let result = writer.go_back_to(change).and_then(|()| read(&writer));
        connection.roll_back();
        result
    }

    /// A copy of one moment of the file, for who may only read it.
    fn copy(&self) -> Result<NamedTempFile> {
        let unkept = |error: std::io::Error| {
            Error::failed(format!("cannot copy the inventory to look back: {}", io_reason(&error)))
                .help("look at the room that is left in the folder for temporary files")
        };
        let mut copy = NamedTempFile::new().map_err(unkept)?;
        // Nobody changes the file while it is read from.
        self.read(|reader| {
            reader.last_change()?;
            let mut file = std::fs::File::open(&self.path).map_err(unkept)?;
            std::io::copy(&mut file, copy.as_file_mut()).map(drop).map_err(unkept)
        })?;
        Ok(copy)
    }

    /// Runs `write` in one transaction, which lasts if it goes well and `end` says so, and else leaves nothing.
    ///
    /// `write` may be run again from its start: it prints nothing and keeps nothing from an earlier run.
    ///
    /// # Errors
    /// What `write` fails with, and what is wrong with the file.
    pub fn write<T>(&self, end: End, mut write: impl FnMut(&mut Writer<'_>) -> Result<T>) -> Result<T> {
        let connection = self.open(Access::Write)?;
        interrupt::watch();
        connection.begin_write()?;
        let result = schema::check(&connection, &self.path).and_then(|_| {
            let recorder = Recorder::new(self.origin.clone());
            let recorder = if cfg!(feature = "benchmark-without-history") { None } else { Some(recorder) };
            let mut writer = Writer::new(Reader::new(&connection, self.catalog), recorder);
            let value = write(&mut writer)?;
            writer.finish()?;
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
