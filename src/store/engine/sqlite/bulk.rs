//! Engine settings and prepared statements for filling a table with very many rows.

use super::{Bind, Block, CACHE_KIB, Connection, Failure, Raw, explained, failure};
use crate::error::Result;
use rusqlite::config::DbConfig;
use std::ops::ControlFlow;

/// Page cache while rows are only appended, in KiB.
const APPENDING_KIB: i64 = 8 * 1024;
/// Memory for sorting the entries of an index, in KiB: runs that fit into the processor's caches are sorted faster.
const SORTING_KIB: i64 = 2048;

/// A statement that is run very many times.
pub(in crate::store) struct Prepared<'c>(rusqlite::Statement<'c>);

impl Prepared<'_> {
    /// Runs the statement. Returns the number of rows that it changed.
    pub(in crate::store) fn execute<'v>(
        &mut self,
        values: impl IntoIterator<Item = Bind<'v>>,
    ) -> Result<usize, Failure> {
        self.0.execute(rusqlite::params_from_iter(values)).map_err(|error| failure(&error))
    }

    /// Runs an `INSERT … RETURNING` of an id; nothing where the row was not written.
    pub(in crate::store) fn insert<'v>(
        &mut self,
        values: impl IntoIterator<Item = Bind<'v>>,
    ) -> Result<Option<i64>, Failure> {
        let mut rows = self.0.query(rusqlite::params_from_iter(values)).map_err(|error| failure(&error))?;
        let id = rows.next().map_err(|error| failure(&error))?.map(|row| Raw::from(row).id(0)).transpose()?;
        // References are tested when the statement ends.
        rows.next().map_err(|error| failure(&error))?;
        Ok(id)
    }

    /// The first row of it, read by `read`.
    pub(in crate::store) fn first<'v, T>(
        &mut self,
        values: impl IntoIterator<Item = Bind<'v>>,
        read: impl FnOnce(&Raw<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut rows = self.0.query(rusqlite::params_from_iter(values)).map_err(|error| explained(&error))?;
        rows.next().map_err(|error| explained(&error))?.map(|row| read(&row.into())).transpose()
    }

    /// Replaces the rows of `block` by all rows of the statement.
    pub(in crate::store) fn keep<'v>(
        &mut self,
        values: impl IntoIterator<Item = Bind<'v>>,
        block: &mut Block,
    ) -> Result<()> {
        let width = self.0.column_count();
        let mut rows = self.0.query(rusqlite::params_from_iter(values)).map_err(|error| explained(&error))?;
        block.clear();
        while let Some(row) = rows.next().map_err(|error| explained(&error))? {
            block.add(&row.into(), width)?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a prepared statement")
    }
}

/// Threads that sort for an index besides the one that reads the table. Each has its own memory.
const SORTERS: usize = 2;

/// An index that was taken away: its name, and the statement that makes it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Index {
    name: String,
    sql: String,
}

impl Connection {
    /// Prepares a statement that is going to be run very many times.
    pub(in crate::store) fn prepare(&self, sql: &str) -> Result<Prepared<'_>> {
        self.engine.prepare(sql).map(Prepared).map_err(|error| explained(&error))
    }

    /// Runs a statement with an iterator of values. Returns the number of rows that it changed.
    pub(in crate::store) fn execute_with<'v>(
        &self,
        sql: &str,
        values: impl Iterator<Item = Bind<'v>>,
    ) -> Result<usize, Failure> {
        let mut statement = self.engine.prepare_cached(sql).map_err(|error| failure(&error))?;
        statement.execute(rusqlite::params_from_iter(values)).map_err(|error| failure(&error))
    }

    /// Takes the indexes of `table` away.
    pub(in crate::store) fn suspend_indexes(&self, table: &str) -> Result<Vec<Index>> {
        let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL \
                   ORDER BY rowid";
        let mut indexes = Vec::new();
        self.rows(sql, &[Bind::Text(table)], |row| {
            let text = |index| Ok(row.text(index)?.unwrap_or_default().to_owned());
            indexes.push(Index { name: text(0)?, sql: text(1)? });
            Ok(ControlFlow::Continue(()))
        })?;
        for index in &indexes {
            self.batch(&format!("DROP INDEX {}", index.name))?;
        }
        Ok(indexes)
    }

    /// Keeps little of the file in memory while rows are only appended; until indexes are made.
    pub(in crate::store) fn append_only(&self) -> Result<()> {
        self.batch(&format!("PRAGMA cache_size = -{APPENDING_KIB}"))
    }

    /// Makes indexes again.
    ///
    /// # Errors
    /// [`Failure::Taken`] where two records share a unique key.
    pub(in crate::store) fn resume_indexes(&self, indexes: &[Index]) -> Result<(), Failure> {
        if indexes.is_empty() {
            return Ok(());
        }
        let engine = &self.engine;
        // What is sorted goes to files without a name as soon as it is more than the memory that sorting may take.
        self.batch(&format!(
            "PRAGMA cache_size = -{SORTING_KIB}; PRAGMA temp_store = FILE; PRAGMA threads = {SORTERS}"
        ))
        .map_err(Failure::Engine)?;
        let made = indexes.iter().try_for_each(|index| engine.execute_batch(&index.sql));
        self.batch(&format!("PRAGMA cache_size = -{CACHE_KIB}; PRAGMA threads = 0")).map_err(Failure::Engine)?;
        made.map_err(|error| failure(&error))
    }

    /// Highest id that a record of `table` ever had; 0 if there was none.
    pub(in crate::store) fn last_id(&self, table: &str) -> Result<i64> {
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = $1";
        Ok(self.first(sql, &[Bind::Text(table)], |row| row.id(0))?.unwrap_or_default())
    }

    /// Has the engine verify references. Unlike the pragma, this works inside a transaction.
    pub(in crate::store) fn verify_references(&self) -> Result<()> {
        let set = self.engine.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true);
        set.map(drop).map_err(|error| explained(&error))
    }

    /// Has the engine trust references.
    pub(in crate::store) fn trust_references(&self) -> Result<()> {
        let set = self.engine.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false);
        set.map(drop).map_err(|error| explained(&error))
    }
}
