//! The only layer with SQL: opens the inventory, resolves names, reads records and changes them.
//!
//! Its interface has entities and values, nothing of the engine. Reads run inside [`Store::read`], on one consistent
//! snapshot, and never write; every change goes through [`Writer`], inside one transaction of [`Store::write`].

mod access;
mod backup;
mod engine;
mod history;
mod listing;
mod login;
mod naming;
mod question;
mod reading;
mod schema;
mod undoing;
mod writing;

pub use access::Attempt;
pub use backup::{LastChange, Restore, Restored};
pub use engine::waiting::Patience;
pub use engine::{Each, EngineBuild, engine_build};
pub use history::action::Action;
pub use history::{Blame, Difference, Extent, Log, Logged, Moment, Origin, Step, Verified};
pub use listing::query::{Operand, Order, Query, SortKey, Term, Test};
pub use listing::search::{Found, Wanted};
pub use listing::stored::Stored;
pub use login::reread_session;
pub use login::{OsUser, SignedIn};
pub use naming::addresses::StoredAddress;
pub use naming::bindings::{Binding, Bindings};
pub use naming::find::{Finder, Match};
pub use naming::provenance::{Decided, Provenance};
pub use naming::resolver::Resolver;
pub use question::Question;
pub use reading::inspect::StoredValue;
pub use reading::parts::Part;
pub use reading::reader::Reader;
pub use reading::record::Record;
pub use schema::VERSION;
pub use schema::file::FileState;
pub use schema::views::views;
pub use undoing::undo::Undone;
pub use writing::change::{Change, Effect};
pub use writing::filling::{Filled, Filling};
pub use writing::owners::{FieldOwners, Owner};
pub use writing::removal::{Dependents, Removal, listed};
pub use writing::runs::{Completeness, Identifier, binding};
pub use writing::writer::Writer;

use crate::catalog::Catalog;
use crate::error::{Error, Kind, Result, io_reason};
use crate::interrupt;
use crate::value::role::Role;
use engine::{Access, Connection};
use history::{Mark, Recorder};
use schema::{Standing, file};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// An inventory file.
#[derive(Debug, Clone)]
pub struct Store<'c> {
    path: PathBuf,
    catalog: &'c Catalog,
    schema: &'c str,
    origin: Origin,
    patience: Patience,
    ends_soon: bool,
}

/// End of a transaction whose closure succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Commit it.
    Commit,
    /// Roll it back: a dry run.
    RollBack,
}

impl<'c> Store<'c> {
    /// Returns the inventory at `path`, described by `catalog` and created from `schema`. Nothing is opened yet.
    #[must_use]
    pub fn new(path: PathBuf, catalog: &'c Catalog, schema: &'c str) -> Self {
        let (origin, patience) = (Origin::default(), Patience::default());
        Self { path, catalog, schema, origin, patience, ends_soon: false }
    }

    /// Sets the origin that history records for changes.
    #[must_use]
    pub fn by(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Sets the time to wait for a locked file and the functions that report it.
    #[must_use]
    pub fn with(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Leaves connections open for the system to close at exit: closing one takes as long as a short query.
    #[must_use]
    pub fn ending_soon(self) -> Self {
        Self { ends_soon: true, ..self }
    }

    /// Path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Creates the file, its folders, and in it an empty inventory.
    ///
    /// # Errors
    /// A conflict where there is one already; an inventory error where it cannot be created.
    pub fn create(&self) -> Result<()> {
        let new = file::prepare(&self.path)?;
        interrupt::watch();
        schema::create(&Connection::open(new.path(), Access::Create, self.patience)?, self.schema, &self.path)?;
        file::named(new, &self.path)
    }

    /// Opens the file to read one snapshot of it, after checking that it is an inventory of this version.
    fn open_to_read(&self) -> Result<Connection> {
        file::check(&self.path)?;
        let connection = Connection::read(&self.path, self.patience)?;
        if schema::check(&connection, &self.path)? == Standing::Current {
            return Ok(connection);
        }
        drop(connection);
        self.bring_up()?;
        Connection::read(&self.path, self.patience)
    }

    /// Opens the file and begins a write transaction, after checking that it is an inventory of this version and shape.
    fn open_to_write(&self) -> Result<Connection> {
        let standing = file::check(&self.path)?;
        file::check_writable(&self.path)?;
        interrupt::watch();
        if standing == Standing::Older {
            self.bring_up()?;
        }
        loop {
            let connection = Connection::open(&self.path, Access::Write, self.patience)?;
            connection.begin_write()?;
            // The header may have changed between the first check and the lock.
            let checked = schema::check(&connection, &self.path).and_then(|standing| {
                if standing == Standing::Current {
                    schema::check_shape(&connection, self.schema)?;
                }
                Ok(standing)
            });
            if let Ok(Standing::Current) = checked {
                return Ok(connection);
            }
            connection.roll_back();
            drop(connection);
            checked?;
            self.bring_up()?;
        }
    }

    /// Upgrades a file of an earlier schema version to this one. Saves a copy of the old file beside it.
    fn bring_up(&self) -> Result<()> {
        file::check_writable(&self.path).map_err(|error| {
            let why = error.message();
            Error::inventory(format!("the inventory has an older schema and cannot be upgraded: {why}"))
                .help("copy the inventory to a writable folder")
        })?;
        interrupt::watch();
        let connection = Connection::open(&self.path, Access::Write, self.patience)?;
        let copy = schema::migrate(&connection, &self.path, |version| self.keep_version(version).map(Some))?;
        if let Some(copy) = copy {
            let (path, copy) = (file::shown(&self.path), file::shown(&copy));
            (self.patience.say)(&format!(
                "upgraded {path} to schema version {VERSION}; the previous version is saved in {copy}"
            ));
        }
        Ok(())
    }

    /// Runs `read` on one snapshot of the inventory. Nothing is written.
    ///
    /// # Errors
    /// Errors of `read`; the file cannot be read or is damaged.
    pub fn read<T>(&self, read: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let connection = self.open_to_read()?;
        let result = self.admit(&connection, Role::Viewer).and_then(|_| read(&Reader::new(&connection, self.catalog)));
        self.done_with(connection);
        result
    }

    /// Runs `read` on the inventory as it was at `moment`.
    ///
    /// Undoes the changes since then in a transaction that is rolled back: the time grows with the number of changes.
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
        let connection = Connection::open(path, Access::Scratch, self.patience)?;
        schema::check(&connection, &self.path)?;
        connection.begin_write()?;
        let mut writer = Writer::new(Reader::new(&connection, self.catalog), None, None);
        let result = schema::check_shape(&connection, self.schema)
            .and_then(|()| writer.go_back_to(change))
            .and_then(|()| read(&writer));
        connection.roll_back();
        result
    }

    /// Copies one snapshot of the file, for a user who can only read it.
    fn copy(&self) -> Result<NamedTempFile> {
        let unkept = |error: std::io::Error| {
            Error::failed(format!("cannot copy the inventory for --at: {}", io_reason(&error)))
                .help("check the free space of the folder for temporary files")
        };
        let copy = NamedTempFile::new().map_err(unkept)?;
        self.open_to_read()?.copy_to(copy.path())?;
        Ok(copy)
    }

    /// Runs `write` in one transaction, and commits it if `write` succeeds and `end` is [`End::Commit`].
    ///
    /// `write` may run again from the start: it prints nothing and carries no state from an earlier run.
    ///
    /// # Errors
    /// Errors of `write`; the file cannot be written or is damaged.
    pub fn write<T>(&self, end: End, write: impl FnMut(&mut Writer<'_>) -> Result<T>) -> Result<T> {
        self.write_as(Role::Editor, end, write)
    }

    /// Sets the password hash of the login user who is signed in, and ends their sessions.
    ///
    /// # Errors
    /// As [`Self::write`]; nobody is signed in.
    pub fn change_own_password(&self, end: End, hash: &str) -> Result<()> {
        self.write_as(Role::Viewer, end, |writer| writer.change_own_password(hash))
    }

    fn write_as<T>(&self, role: Role, end: End, mut write: impl FnMut(&mut Writer<'_>) -> Result<T>) -> Result<T> {
        self.marked(end, |connection| {
            let operator = self.admit(connection, role)?;
            let recorder = Recorder::new(self.origin.signed_in(operator.as_ref()));
            let recorder = if cfg!(feature = "benchmark-without-history") { None } else { Some(recorder) };
            let mut writer = Writer::new(Reader::new(connection, self.catalog), recorder, operator);
            let value = write(&mut writer)?;
            let change = writer.finish()?;
            interrupt::check()?;
            Ok((value, change))
        })
    }

    /// Runs `write` in one transaction that adds no change to history, and commits it as [`Self::write`] does.
    fn locked<T>(&self, end: End, mut write: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        self.marked(end, |connection| Ok((write(connection)?, None)))
    }

    /// Runs `write` as [`Self::locked`] does; `write` may return the mark of a change that it added to history.
    fn marked<T>(&self, end: End, mut write: impl FnMut(&Connection) -> Result<(T, Option<Mark>)>) -> Result<T> {
        let connection = self.open_to_write()?;
        let written = write(&connection);
        let committed = if written.is_ok() && end == End::Commit { connection.commit() } else { Ok(()) };
        self.done_with(connection);
        let (value, change) = written?;
        committed.map_err(|error| self.settled(error, change))?;
        Ok(value)
    }

    /// Rolls back an open transaction, releases the locks and drops the connection.
    fn done_with(&self, connection: Connection) {
        connection.roll_back();
        // A connection whose rollback failed may hold locks until it is closed.
        if self.ends_soon && connection.is_at_rest() {
            std::mem::forget(connection);
        }
    }

    /// Returns the error of a failed commit. Looks up if the change is in the file nevertheless.
    fn settled(&self, error: Error, change: Option<Mark>) -> Error {
        let Some(mark) = change.filter(|_| error.kind() == Kind::Inventory) else { return error };
        let id = mark.id;
        match self.read(|reader| reader.has(&mark)) {
            Ok(false) => error,
            Ok(true) => Error::inventory(format!(
                "change {id} was committed, but the disk failed during the sync: the change may not survive a power \
                 loss"
            ))
            .help("do not repeat the change; check the disk and the system log"),
            Err(_) => Error::inventory(format!("the disk failed; the state of change {id} is unknown"))
                .help(format!("run `inv log {id}` when the disk is readable again")),
        }
    }
}
