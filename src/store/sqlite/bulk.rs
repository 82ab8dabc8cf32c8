//! What the engine is asked for while very many records go into one table.

use super::{Bind, CACHE_KIB, Connection, Failure, explained, failure};
use crate::error::Result;
use rusqlite::config::DbConfig;
use std::ops::ControlFlow;

/// How much of the file is kept in memory while rows are only appended, in KiB.
const APPENDING_KIB: i64 = 8 * 1024;
/// How much memory sorting for an index may take, in KiB: what fits into the processor's own caches is sorted faster
/// than what does not.
const SORTING_KIB: i64 = 1024;

/// An index that was taken away: its name, and the statement that makes it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Index {
    name: String,
    sql: String,
}

impl Connection {
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
        self.batch(&format!("PRAGMA cache_size = -{APPENDING_KIB}"))?;
        Ok(indexes)
    }

    /// Makes indexes again.
    ///
    /// # Errors
    /// [`Failure::Taken`] where two records share a unique key.
    pub(in crate::store) fn resume_indexes(&self, indexes: &[Index]) -> Result<(), Failure> {
        if indexes.is_empty() {
            return Ok(());
        }
        let engine = self.writing()?;
        // What is sorted goes to files without a name as soon as it is more than the memory that sorting may take.
        self.batch(&format!("PRAGMA cache_size = -{SORTING_KIB}; PRAGMA temp_store = FILE"))
            .map_err(Failure::Engine)?;
        let made = indexes.iter().try_for_each(|index| engine.execute_batch(&index.sql));
        self.batch(&format!("PRAGMA cache_size = -{CACHE_KIB}; PRAGMA temp_store = MEMORY"))
            .map_err(Failure::Engine)?;
        made.map_err(|error| failure(&error))
    }

    /// The highest id that a record of `table` ever had.
    pub(in crate::store) fn last_id(&self, table: &str) -> Result<i64> {
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = $1";
        Ok(self.first(sql, &[Bind::Text(table)], |row| row.id(0))?.unwrap_or_default())
    }

    /// Has the engine look up what each record refers to, or not. Unlike the pragma, this works inside a transaction.
    pub(in crate::store) fn enforce_references(&self, whether: bool) -> Result<()> {
        let set = self.engine()?.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, whether);
        set.map(drop).map_err(|error| explained(&error))
    }
}
