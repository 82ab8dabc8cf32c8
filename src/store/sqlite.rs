//! The engine under the store: `SQLite`, through `rusqlite`, which is named nowhere else.
//!
//! What the floors above may say is what a second engine could be asked too: `execute`, `insert`, `rows`, each with `$1`
//! placeholders in order of first use. Pragmas, locking and the header of the file stay in here.

mod bulk;
mod copy;
mod fault;
mod guard;

pub(super) use bulk::Index;
pub(super) use guard::Guard;

use super::waiting::{Patience, Waiter};
use crate::error::{Error, Result};
use crate::interrupt;
use fault::{code, damaged, explained, failure};
use rusqlite::config::DbConfig;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, ToSql, ffi};
use std::ops::ControlFlow;
use std::path::Path;

/// `INVT`: what `PRAGMA application_id` of every inventory says.
pub(super) const APPLICATION_ID: i64 = 0x494E_5654;
/// How much of the file a command that writes keeps in memory, in KiB.
const CACHE_KIB: i64 = 64 * 1024;
/// The same of one that reads: what is read once need not be kept, and fits the processor's cache the better.
const READ_CACHE_KIB: i64 = 4 * 1024;
/// How many prepared statements are kept.
const STATEMENTS: usize = 256;
/// How many steps of its machine the engine does before it looks whether a change is to end: some milliseconds of work.
const STEPS: i32 = 100_000;
/// How often a reader undoes what writers left half done before it gives up: each of them would have been killed just now.
const RECOVERIES: u32 = 3;

/// The operator that matches a pattern in any case of the letters of ASCII, with `\` before what stands for itself.
pub(super) const MATCHES: (&str, &str) = ("LIKE", "ESCAPE '\\'");

/// A value to bind to a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bind<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
}

impl ToSql for Bind<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// A row as the engine gives it.
pub(super) struct Raw<'row>(&'row rusqlite::Row<'row>);

impl Raw<'_> {
    /// The text of a column; nothing where it is empty.
    pub(super) fn text(&self, index: usize) -> Result<Option<&str>> {
        self.bytes(index)?.map(utf8).transpose()
    }

    /// The text of a column as bytes that nobody has looked at yet; nothing where it is empty.
    pub(super) fn bytes(&self, index: usize) -> Result<Option<&[u8]>> {
        match self.0.get_ref(index) {
            Ok(ValueRef::Null) => Ok(None),
            Ok(ValueRef::Text(bytes)) => Ok(Some(bytes)),
            Ok(_) => Err(damaged("a value of the wrong type")),
            Err(error) => Err(explained(&error)),
        }
    }

    /// Whether a column is empty.
    pub(super) fn is_null(&self, index: usize) -> Result<bool> {
        self.0.get_ref(index).map(|value| value == ValueRef::Null).map_err(|error| explained(&error))
    }

    /// The number in a column; nothing where it is empty.
    pub(super) fn integer(&self, index: usize) -> Result<Option<i64>> {
        match self.0.get_ref(index) {
            Ok(ValueRef::Null) => Ok(None),
            Ok(ValueRef::Integer(number)) => Ok(Some(number)),
            Ok(_) => Err(damaged("a value of the wrong type")),
            Err(error) => Err(explained(&error)),
        }
    }

    /// The id in a column that is never empty.
    pub(super) fn id(&self, index: usize) -> Result<i64> {
        self.integer(index)?.ok_or_else(|| damaged("a record without an id"))
    }
}

/// Why a statement did not go through.
#[derive(Debug)]
pub(super) enum Failure {
    /// A unique key is taken.
    Taken,
    /// A foreign key leads nowhere, or the record is still referred to.
    Dangling,
    /// Another constraint, by its name.
    Refused(String),
    /// The engine or the file.
    Engine(Error),
}

/// How the file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
    Create,
    /// To look at what the file would hold: nothing that is written ever reaches it.
    Scratch,
    /// A copy that nobody else knows of yet: what is written is made to last by who makes the copy.
    Copy,
}

/// A connection to one inventory file.
pub(super) struct Connection(rusqlite::Connection);

impl Connection {
    /// Opens the file; what is in it is not touched.
    pub(super) fn open(path: &Path, access: Access, patience: Patience) -> Result<Self> {
        Self::opened(path, access, patience).map_err(|e| explained(&e))
    }

    fn opened(path: &Path, access: Access, patience: Patience) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX
            | match access {
                Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
                Access::Write | Access::Scratch | Access::Copy => OpenFlags::SQLITE_OPEN_READ_WRITE,
                Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            };
        let mut connection = rusqlite::Connection::open_with_flags(path, flags)?;
        configure(&mut connection, access, Waiter::new(path, patience))?;
        Ok(Self(connection))
    }

    /// Opens the file and begins to read one moment of it.
    ///
    /// After a crash, the engine first undoes what was begun, which reading alone cannot.
    pub(super) fn read(path: &Path, patience: Patience) -> Result<Self> {
        let begun = || {
            let connection = Self::opened(path, Access::Read, patience)?;
            // The first look takes the lock, and finds what was left.
            connection.0.execute_batch("BEGIN DEFERRED; PRAGMA user_version;")?;
            Ok(connection)
        };
        let mut recoveries = 0;
        loop {
            match begun() {
                Err(error) if recoveries < RECOVERIES && is_left_half_done(&error) => {
                    recoveries += 1;
                    Self::open(path, Access::Write, patience)?.identity()?;
                }
                other => return other.map_err(|error| explained(&error)),
            }
        }
    }

    /// The application id and the schema version that the file's header holds.
    pub(super) fn identity(&self) -> Result<(bool, i64)> {
        let number = |sql| self.0.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|e| explained(&e));
        Ok((number("PRAGMA application_id")? == APPLICATION_ID, number("PRAGMA user_version")?))
    }

    /// Writes the identity of an inventory of schema version `version` into the file's header.
    pub(super) fn identify(&self, version: i64) -> Result<()> {
        self.batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version};"))
    }

    /// Runs statements that take no values, such as the schema.
    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        self.0.execute_batch(sql).map_err(|error| explained(&error))
    }

    /// Keeps as much of the file in memory as a command that writes: for reading that comes back to the same pages.
    pub(super) fn keep_more(&self) -> Result<()> {
        self.batch(&format!("PRAGMA cache_size = -{CACHE_KIB};"))
    }

    /// Another connection to what this one reads, for another thread; nothing where this one may write, since nobody
    /// else sees what is not committed, or where the engine does not know the path as text.
    pub(super) fn sibling(&self) -> Result<Option<Self>> {
        let only_reads = self.0.is_readonly(rusqlite::MAIN_DB).map_err(|error| explained(&error))?;
        let Some(path) = self.0.path().filter(|path| only_reads && !path.is_empty()) else { return Ok(None) };
        // It waits for nobody: the lock of one connection is that of all in a process.
        Self::read(Path::new(path), Patience::default()).map(Some)
    }

    /// Begins a transaction that may write: no other command can until it ends.
    pub(super) fn begin_write(&self) -> Result<()> {
        self.batch("BEGIN IMMEDIATE")
    }

    /// In this transaction, references may lead nowhere on the way: they are tested when it ends.
    pub(super) fn defer_references(&self) -> Result<()> {
        self.batch("PRAGMA defer_foreign_keys = ON")
    }

    /// Makes what the transaction wrote last.
    pub(super) fn commit(&self) -> Result<()> {
        self.batch("COMMIT")
    }

    /// Ends the transaction and forgets what it wrote, if one is open.
    pub(super) fn roll_back(&self) {
        if !self.0.is_autocommit() {
            // A rollback that fails leaves the journal, and the next command that opens the file carries it out.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }

    /// Runs one statement and tells how many rows it touched.
    pub(super) fn execute(&self, sql: &str, values: &[Bind<'_>]) -> Result<usize, Failure> {
        let mut statement = self.0.prepare_cached(sql).map_err(|e| failure(&e))?;
        statement.execute(rusqlite::params_from_iter(values)).map_err(|e| failure(&e))
    }

    /// Runs one `INSERT` of one row and returns the id that it was given.
    ///
    /// `RETURNING` would cost a table of its own each time, in which the engine keeps what is returned.
    pub(super) fn insert(&self, sql: &str, values: &[Bind<'_>]) -> Result<i64, Failure> {
        let mut statement = self.0.prepare_cached(sql).map_err(|e| failure(&e))?;
        statement.insert(rusqlite::params_from_iter(values)).map_err(|e| failure(&e))
    }

    /// Runs one query and hands each row to `each` until it breaks.
    pub(super) fn rows(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        mut each: impl FnMut(&Raw<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut statement = self.0.prepare_cached(sql).map_err(|e| explained(&e))?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(|e| explained(&e))?;
        while let Some(row) = rows.next().map_err(|e| explained(&e))? {
            if each(&Raw(row))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Runs queries side by side; each comes with the column that holds the id it is ordered by.
    pub(super) fn side_by_side<T>(
        &self,
        queries: &[(String, usize)],
        read: impl FnOnce(Vec<Cursor<'_>>) -> Result<T>,
    ) -> Result<T> {
        let statements = queries.iter().map(|(sql, _)| self.0.prepare_cached(sql));
        let mut statements = statements.collect::<rusqlite::Result<Vec<_>>>().map_err(|e| explained(&e))?;
        let mut cursors = Vec::with_capacity(queries.len());
        for (statement, (_, column)) in statements.iter_mut().zip(queries) {
            let rows = statement.query([]).map_err(|e| explained(&e))?;
            let mut cursor = Cursor { rows, column: *column, id: None };
            cursor.step()?;
            cursors.push(cursor);
        }
        read(cursors)
    }

    /// Has the engine look the whole file over; `ok`, or a fault a row.
    pub(super) fn integrity(&self, each: impl FnMut(&Raw<'_>) -> Result<ControlFlow<()>>) -> Result<()> {
        self.rows("PRAGMA integrity_check(1000000)", &[], each)
    }

    /// Has the engine look every reference up: the table, the id and the column of each that leads nowhere.
    pub(super) fn dangling(&self, each: impl FnMut(&Raw<'_>) -> Result<ControlFlow<()>>) -> Result<()> {
        let sql = "SELECT c.\"table\", c.rowid, l.\"from\" FROM pragma_foreign_key_check AS c \
                   JOIN pragma_foreign_key_list(c.\"table\") AS l ON l.id = c.fkid ORDER BY 1, 2, 3";
        self.rows(sql, &[], each)
    }

    /// The first row of a query, read by `read`.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        mut read: impl FnMut(&Raw<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.rows(sql, values, |row| {
            found = Some(read(row)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }
}

/// The rows of a query in the order of an id that one of their columns holds, read side by side with other rows that
/// come in the order of that id.
pub(super) struct Cursor<'s> {
    rows: rusqlite::Rows<'s>,
    column: usize,
    id: Option<i64>,
}

impl Cursor<'_> {
    /// Goes on to the next row.
    pub(super) fn step(&mut self) -> Result<()> {
        self.rows.advance().map_err(|e| explained(&e))?;
        self.id = match self.rows.get() {
            Some(row) => Some(Raw(row).id(self.column)?),
            None => None,
        };
        Ok(())
    }

    /// The row it stands on, if that is one of `id`; rows of lower ids are passed over first.
    pub(super) fn row_of(&mut self, id: i64) -> Result<Option<Raw<'_>>> {
        while self.id.is_some_and(|at| at < id) {
            self.step()?;
        }
        Ok(if self.id == Some(id) { self.rows.get().map(Raw) } else { None })
    }
}

/// Whether the engine met a change that a crash left half done, in a file that it opened for reading only.
fn is_left_half_done(error: &rusqlite::Error) -> bool {
    code(error).is_some_and(|(code, _)| code.extended_code == ffi::SQLITE_READONLY_ROLLBACK)
}

fn configure(connection: &mut rusqlite::Connection, access: Access, mut waiter: Waiter) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    for off in
        [DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, DbConfig::SQLITE_DBCONFIG_DQS_DML, DbConfig::SQLITE_DBCONFIG_DQS_DDL]
    {
        connection.set_db_config(off, false)?;
    }
    connection.busy_handler(Some(move |tries| waiter.goes_on(tries)))?;
    let cache = if access == Access::Read { READ_CACHE_KIB } else { CACHE_KIB };
    connection.execute_batch(&format!(
        "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -{cache};"
    ))?;
    connection.execute_batch(match access {
        Access::Read => "PRAGMA query_only = ON;",
        Access::Write | Access::Create => {
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;"
        }
        // Neither the file nor a journal beside it is touched: what is written stays in memory, and is rolled back.
        Access::Scratch => "PRAGMA foreign_keys = OFF; PRAGMA cache_spill = OFF; PRAGMA journal_mode = MEMORY;",
        Access::Copy => {
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON; \
             PRAGMA journal_mode = MEMORY;"
        }
    })?;
    if access != Access::Read {
        connection.progress_handler(STEPS, Some(|| interrupt::check().is_err()))?;
    }
    Ok(())
}

/// The text that `bytes` are.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| damaged("text that is not UTF-8"))
}
