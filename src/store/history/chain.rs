//! Verifies the chain of hashes.
//!
//! A change to history makes all later hashes wrong or, if they are computed again, the head differs from a copy
//! elsewhere.

use super::digest::Digest;
use super::entries::{Entry, Span};
use crate::error::{Error, Result};
use crate::store::reading::reader::Reader;
use std::ops::ControlFlow;

/// A history whose chain is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Number of changes.
    pub changes: u64,
    /// The last change; zero where there is none.
    pub last: i64,
    /// The hash of the last change: the head of the chain.
    pub head: String,
    /// Up to which change history has been purged.
    pub purged: Option<i64>,
}

impl Reader<'_> {
    /// Computes every hash of history anew.
    ///
    /// # Errors
    /// The chain is broken: the first change that does not fit.
    pub fn verify(&self) -> Result<Verified> {
        let purge = self.purge()?;
        let (mut last, mut head) = purge.clone().unwrap_or_default();
        let mut changes = 0;
        // Every entry is looked at, wherever it stands: none belongs to no change.
        let mut from = i64::MIN;
        let sql = format!("SELECT {} FROM change c ORDER BY c.change_id", super::LOGGED);
        self.connection.blocks(&sql, &[], super::BLOCK_OF_CHANGES, |block| {
            for index in 0..block.ids().len() {
                let change = super::logged(&block.at(index))?;
                let mut digest = Digest::after(&head);
                digest.change(&change);
                let to = self.span_behind(change.id)?.from;
                self.entries_in(Span { from, to }, |entry: Entry| {
                    if entry.change != change.id {
                        return Err(altered(self.out_of_order()?.unwrap_or(entry.change).min(change.id)));
                    }
                    digest.entry(&entry.content());
                    Ok(ControlFlow::Continue(()))
                })?;
                if digest.text() != change.hash || last.checked_add(1) != Some(change.id) {
                    return Err(altered(change.id));
                }
                from = to;
                changes += 1;
                last = change.id;
                head = change.hash;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        self.entries_in(Span { from, to: i64::MAX }, |entry| Err(altered(entry.change)))?;
        Ok(Verified { changes, last, head, purged: purge.map(|(id, _)| id) })
    }

    /// The first change that has an entry behind those of a later one.
    fn out_of_order(&self) -> Result<Option<i64>> {
        let sql = "SELECT min(change_id) FROM (SELECT change_id, max(change_id) OVER (ORDER BY change_entry_id) AS latest \
                   FROM change_entry) AS entry WHERE change_id < latest";
        Ok(self.connection.first(sql, &[], |row| row.integer(0))?.flatten())
    }
}

/// Somebody else wrote here.
fn altered(change: i64) -> Error {
    Error::failed(format!("history was altered: the chain breaks at change {change}"))
        .help("compare with a backup, and with the hash stored outside the file")
}
