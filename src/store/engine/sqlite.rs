//! `SQLite`, through `rusqlite`, which is named nowhere else.

mod build;
mod bulk;
mod copy;
pub(in crate::store) mod dialect;
pub(super) mod fault;
mod guard;
mod header;
pub(super) mod row;

pub use build::{EngineBuild, engine_build};
pub(in crate::store) use bulk::{Index, Prepared};
pub(in crate::store) use guard::Guard;
pub(in crate::store) use header::{HEADER, Header};

use super::row::Raw;
use super::waiting::{Patience, Waiter};
use super::{Access, Bind, Block, Failure};
use crate::error::Result;
use crate::interrupt;
use crate::system::files;
use fault::{code, explained, failure};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, ToSql, ffi};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// `INVT`: value of `PRAGMA application_id` in every inventory.
pub(in crate::store) const APPLICATION_ID: i64 = 0x494E_5654;
/// Page cache of a command that writes, in KiB.
const CACHE_KIB: i64 = 64 * 1024;
/// Capacity of the cache of prepared statements.
const STATEMENTS: usize = 256;
/// Virtual machine instructions between two checks for an interrupt: some milliseconds of work.
const STEPS: i32 = 100_000;
/// Number of times that a reader rolls back the hot journal of a crashed writer before it fails.
const RECOVERIES: u32 = 3;

impl ToSql for Bind<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl<'row> From<&'row rusqlite::Row<'row>> for Raw<'row> {
    fn from(row: &'row rusqlite::Row<'row>) -> Self {
        row::SqliteRow(row).into()
    }
}

/// A table, index, trigger or view in the schema of the file.
pub(in crate::store) struct SchemaObject<'s> {
    /// `table`, `index`, `trigger` or `view`.
    pub kind: &'s str,
    pub name: &'s str,
    /// The statement that created it.
    pub sql: &'s str,
}

/// A connection to one inventory file.
pub(in crate::store) struct Connection {
    engine: rusqlite::Connection,
    path: PathBuf,
    /// Device and inode of the file that was opened.
    identity: Option<(u64, u64)>,
    access: Access,
}

/// Device and inode of the file at `path`.
fn identity_of(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|data| files::identity(&data))
}

impl Connection {
    /// Opens the file; its content is not touched.
    pub(in crate::store) fn open(path: &Path, access: Access, patience: Patience) -> Result<Self> {
        Self::opened(path, access, patience).map_err(|e| explained(&e))
    }

    fn opened(path: &Path, access: Access, patience: Patience) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX
            | match access {
                Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
                Access::Write | Access::Scratch | Access::Copy => OpenFlags::SQLITE_OPEN_READ_WRITE,
                Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            };
        let mut engine = rusqlite::Connection::open_with_flags(path, flags)?;
        configure(&mut engine, access, Waiter::new(path, patience))?;
        Ok(Self { engine, path: path.to_owned(), identity: identity_of(path), access })
    }

    /// Opens the file and begins to read one snapshot of it.
    ///
    /// After a crash the engine must roll the unfinished change back first, which a read-only connection cannot.
    pub(in crate::store) fn read(path: &Path, patience: Patience) -> Result<Self> {
        let begin = || {
            let connection = Self::opened(path, Access::Read, patience)?;
            // The first statement takes the lock and finds the hot journal of a crash.
            connection.engine.execute_batch("BEGIN DEFERRED; PRAGMA user_version;")?;
            Ok(connection)
        };
        let mut recoveries = 0;
        loop {
            match begin() {
                Err(error) if recoveries < RECOVERIES && is_left_half_done(&error) => {
                    recoveries += 1;
                    Self::open(path, Access::Write, patience)?.identity()?;
                }
                result => return result.map_err(|error| explained(&error)),
            }
        }
    }

    /// Opens a second connection that reads the same snapshot, for another thread. `None` if this one may have
    /// uncommitted changes, or if the path leads to another file by now.
    ///
    /// The shared lock of this connection blocks writers, so both see the same content until it is released.
    pub(in crate::store) fn beside(&self) -> Option<Self> {
        if self.access != Access::Read || self.is_at_rest() {
            return None;
        }
        let other = Self::read(&self.path, Patience::default()).ok()?;
        (other.identity.is_some() && other.identity == self.identity).then_some(other)
    }

    /// Returns the schema version from the file's header; `None` if its application id is not that of an inventory.
    pub(in crate::store) fn identity(&self) -> Result<Option<i64>> {
        let number = |sql| self.engine.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|e| explained(&e));
        let (application, version) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
        Ok((application == APPLICATION_ID).then_some(version))
    }

    /// Writes the identity of an inventory of schema version `version` into the file's header.
    pub(in crate::store) fn identify(&self, version: i64) -> Result<()> {
        self.batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version};"))
    }

    /// Runs the statements that create or upgrade a schema. Only these may write the schema table.
    pub(in crate::store) fn alter(&self, sql: &str) -> Result<()> {
        let engine = &self.engine;
        let defend = |whether| engine.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, whether);
        let altered = defend(false).and_then(|_| engine.execute_batch(sql));
        altered.and(defend(true).map(drop)).map_err(|error| explained(&error))
    }

    /// Runs statements that take no values.
    pub(in crate::store) fn batch(&self, sql: &str) -> Result<()> {
        self.engine.execute_batch(sql).map_err(|error| explained(&error))
    }

    /// Calls `each` for each table, index, trigger and view in the file, in the order of creation.
    pub(in crate::store) fn each_schema_object(&self, mut each: impl FnMut(SchemaObject<'_>)) -> Result<()> {
        self.rows("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid", &[], |row| {
            let text = |index| Ok(row.text(index)?.unwrap_or_default());
            each(SchemaObject { kind: text(0)?, name: text(1)?, sql: text(2)? });
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Returns true if the file has no table, index, trigger or view.
    pub(in crate::store) fn is_empty(&self) -> Result<bool> {
        Ok(self.first("SELECT 1 FROM sqlite_schema LIMIT 1", &[], |_| Ok(()))?.is_none())
    }

    /// Begins a write transaction: other writers wait until it ends.
    pub(in crate::store) fn begin_write(&self) -> Result<()> {
        self.batch("BEGIN IMMEDIATE")
    }

    /// Defers the foreign key checks of this transaction to its end.
    pub(in crate::store) fn defer_references(&self) -> Result<()> {
        self.batch("PRAGMA defer_foreign_keys = ON")
    }

    /// Commits the transaction.
    pub(in crate::store) fn commit(&self) -> Result<()> {
        self.batch("COMMIT")
    }

    /// Rolls back the transaction, if one is open.
    pub(in crate::store) fn roll_back(&self) {
        if !self.is_at_rest() {
            // A rollback that fails leaves the journal, and the next command that opens the file rolls back.
            let _ = self.engine.execute_batch("ROLLBACK");
        }
    }

    /// Returns true if no transaction is open.
    pub(in crate::store) fn is_at_rest(&self) -> bool {
        self.engine.is_autocommit()
    }

    /// Runs one statement. Returns the number of rows that it changed.
    pub(in crate::store) fn execute(&self, sql: &str, values: &[Bind<'_>]) -> Result<usize, Failure> {
        let mut statement = self.engine.prepare_cached(sql).map_err(|e| failure(&e))?;
        statement.execute(rusqlite::params_from_iter(values)).map_err(|e| failure(&e))
    }

    /// Runs one `INSERT` of one row. Returns the id of the row.
    #[cfg(test)]
    pub(in crate::store) fn insert(&self, sql: &str, values: &[Bind<'_>]) -> Result<i64, Failure> {
        let mut statement = self.engine.prepare_cached(sql).map_err(|e| failure(&e))?;
        statement.insert(rusqlite::params_from_iter(values)).map_err(|e| failure(&e))
    }

    /// Runs one query and calls `each` with each row until it breaks.
    pub(in crate::store) fn rows(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        mut each: impl FnMut(&Raw<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut statement = self.engine.prepare_cached(sql).map_err(|e| explained(&e))?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(|e| explained(&e))?;
        while let Some(row) = rows.next().map_err(|e| explained(&e))? {
            if each(&row.into())?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Replaces the rows of `block` by all rows of one query.
    pub(in crate::store) fn fill_block(&self, sql: &str, values: &[Bind<'_>], block: &mut Block) -> Result<()> {
        let mut statement = self.engine.prepare_cached(sql).map_err(|e| explained(&e))?;
        let width = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(|e| explained(&e))?;
        block.clear();
        while let Some(row) = rows.next().map_err(|e| explained(&e))? {
            block.add(&row.into(), width)?;
        }
        Ok(())
    }

    /// Runs one query and calls `each` with blocks of at most `size` rows until it breaks. `each` may run other
    /// statements.
    pub(in crate::store) fn blocks(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        size: usize,
        mut each: impl FnMut(&Block) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut statement = self.engine.prepare_cached(sql).map_err(|e| explained(&e))?;
        let width = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(|e| explained(&e))?;
        let mut block = Block::default();
        loop {
            block.clear();
            while block.ids().len() < size
                && let Some(row) = rows.next().map_err(|e| explained(&e))?
            {
                block.add(&row.into(), width)?;
            }
            let is_last = block.ids().len() < size;
            if (!block.ids().is_empty() && each(&block)?.is_break()) || is_last {
                return Ok(());
            }
        }
    }

    /// Runs the integrity check of the engine on the whole file: one row with `ok`, or one row for each fault.
    pub(in crate::store) fn integrity(&self, each: impl FnMut(&Raw<'_>) -> Result<ControlFlow<()>>) -> Result<()> {
        self.rows("PRAGMA integrity_check(1000000)", &[], each)
    }

    /// Lists every dangling reference: table, id and column.
    pub(in crate::store) fn dangling(&self, each: impl FnMut(&Raw<'_>) -> Result<ControlFlow<()>>) -> Result<()> {
        let sql = "SELECT c.\"table\", c.rowid, l.\"from\" FROM pragma_foreign_key_check AS c \
                   JOIN pragma_foreign_key_list(c.\"table\") AS l ON l.id = c.fkid ORDER BY 1, 2, 3";
        self.rows(sql, &[], each)
    }

    /// Returns the first row of a query, read by `read`.
    pub(in crate::store) fn first<T>(
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

/// Returns true if the engine found the hot journal of a crash in a file that it opened read-only.
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
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;")?;
    if access != Access::Read {
        connection.execute_batch(&format!("PRAGMA cache_size = -{CACHE_KIB};"))?;
    }
    connection.execute_batch(match access {
        Access::Read => "PRAGMA query_only = ON;",
        Access::Write | Access::Create => {
            // macOS stores what was synced only with `F_FULLFSYNC`; the pragmas have no effect on other systems.
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON; \
             PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;"
        }
        // Neither the file nor a journal beside it is written: changes stay in memory and are rolled back.
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

#[cfg(test)]
mod tests {
    use super::{Access, Connection, Patience};

    /// The pragmas have an effect on macOS alone, and a value everywhere.
    #[test]
    fn what_writes_an_inventory_syncs_through_the_cache_of_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("inv.db");
        let connection = Connection::open(&path, Access::Create, Patience::default()).expect("a file");
        for pragma in ["fullfsync", "checkpoint_fullfsync"] {
            let sql = format!("PRAGMA {pragma}");
            assert_eq!(connection.first(&sql, &[], |row| row.integer(0)).expect("a number"), Some(Some(1)), "{pragma}");
        }
    }
}
