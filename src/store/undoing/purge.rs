//! Deletes the beginning of history for good.

use crate::error::{Error, Result};
use crate::store::engine::{Bind, Failure};
use crate::store::history::TABLES;
use crate::store::writing::writer::Writer;
use crate::value::role::Role;

impl Writer<'_> {
    /// Deletes the history of all changes before `time` and records the purge. Returns the number of deleted changes.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn purge_history(&mut self, time: &str) -> Result<u64> {
        self.needs(Role::Admin, "purge history")?;
        let connection = self.connection;
        // Clocks may go back: the purge ends before the first change in the chain that is not before `time`.
        let first_kept = connection
            .first("SELECT min(change_id) FROM change WHERE at >= $1", &[Bind::Text(time)], |row| row.integer(0))?
            .flatten()
            .unwrap_or(i64::MAX);
        let found = connection.first(
            "SELECT change_id, hash, (SELECT count(*) FROM change WHERE change_id < $1) FROM change \
             WHERE change_id < $1 ORDER BY change_id DESC LIMIT 1",
            &[Bind::Integer(first_kept)],
            |row| Ok((row.id(0)?, row.text(1)?.unwrap_or_default().to_owned(), row.id(2)?)),
        )?;
        let Some((last, hash, count)) = found else { return Ok(0) };
        if let (Some(recorder), connection, now) = self.recording() {
            recorder.purge(connection, now, (last, &hash))?;
        }
        // What refers to something that is dropped is dropped with it: the engine would read all entries that stay to find
        // that none of them is of a file that goes.
        connection.trust_references()?;
        for table in TABLES {
            let sql = format!("DELETE FROM {table} WHERE change_id <= $1");
            let deleted = connection.execute(&sql, &[Bind::Integer(last)]);
            deleted.map_err(|failure| match failure {
                Failure::Engine(error) => error,
                _ => Error::inventory("history could not be purged; nothing was changed"),
            })?;
        }
        connection.verify_references()?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}
