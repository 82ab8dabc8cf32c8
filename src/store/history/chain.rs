//! The chain of hashes: each change carries the SHA-256 of itself, its entries and the hash of the one before.
//!
//! Whoever alters history has to compute every later hash anew, and then the head differs from one kept elsewhere.
//! Every part is hashed with its length before it, so that no two histories read alike.

use super::Logged;
use super::entries::{Content, Entry, Span};
use crate::error::{Error, Result};
use crate::store::engine::Bind;
use crate::store::reading::reader::Reader;
use crate::store::writing::writer::Writer;
use crate::value::role::Role;
use sha2::{Digest as _, Sha256};
use std::fmt::Write;
use std::ops::ControlFlow;

/// How many digits the longest number has, and a sign.
const LONGEST: usize = 20;

/// A hash that is being computed.
#[derive(Debug, Clone)]
pub(super) struct Digest {
    hash: Sha256,
    /// The parts of one change or entry, before they are hashed together.
    parts: Vec<u8>,
}

impl Digest {
    /// Begins the hash of the change behind the one with the hash `before`.
    pub(super) fn after(before: &str) -> Self {
        let mut digest = Self { hash: Sha256::new(), parts: Vec::new() };
        digest.text_part(Some(before));
        digest.take_in();
        digest
    }

    pub(super) fn change(&mut self, change: &Logged) {
        let origin = &change.origin;
        self.number(Some(change.id));
        self.text_part(Some(&change.at));
        self.text_part(origin.login_user.as_deref());
        self.text_part(origin.os_user.as_deref());
        self.text_part(origin.host.as_deref());
        self.text_part(Some(&origin.command));
        self.text_part(origin.message.as_deref());
        self.number(change.undoes);
        self.number(Some(i64::from(change.partly)));
        self.number(change.purged.as_ref().map(|(id, _)| *id));
        self.text_part(change.purged.as_ref().map(|(_, hash)| hash.as_str()));
        self.take_in();
    }

    pub(super) fn entry(&mut self, entry: &Content<'_>) {
        self.text_part(Some(entry.noun));
        self.text_part(Some(entry.action.word()));
        self.number(Some(entry.first));
        self.number(Some(entry.last));
        self.text_part(entry.old);
        self.text_part(entry.file);
        self.number(entry.line);
        // Where there are none, hashes are what they were before entries could have them; and no noun begins as they do.
        if entry.lines.is_some() {
            self.text_part(entry.lines);
        }
        self.take_in();
    }

    fn number(&mut self, number: Option<i64>) {
        let Some(number) = number else { return self.text_part(None) };
        let (mut digits, mut first, mut left) = ([b'0'; LONGEST], LONGEST, number.unsigned_abs());
        while first > 1 && (left > 0 || first == LONGEST) {
            first -= 1;
            let digit = (left % 10) as u8;
            digits[first] = b'0' + digit;
            left /= 10;
        }
        if number < 0 {
            first -= 1;
            digits[first] = b'-';
        }
        self.part(&digits[first..]);
    }

    fn text_part(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.part(text.as_bytes()),
            None => self.parts.push(0),
        }
    }

    fn part(&mut self, bytes: &[u8]) {
        self.parts.push(1);
        self.parts.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.parts.extend_from_slice(bytes);
    }

    fn take_in(&mut self) {
        self.hash.update(&self.parts);
        self.parts.clear();
    }

    /// The hash, in hexadecimal.
    pub(super) fn text(&self) -> String {
        self.hash.clone().finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// A history whose chain is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many changes it has.
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
        self.connection.rows(&sql, &[], |row| {
            let change = super::logged(row)?;
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
            Ok(ControlFlow::Continue(()))
        })?;
        self.entries_in(Span { from, to: i64::MAX }, |entry| Err(altered(entry.change)))?;
        Ok(Verified { changes, last, head, purged: purge.map(|(id, _)| id) })
    }

    /// The first change that has an entry behind those of a later one.
    fn out_of_order(&self) -> Result<Option<i64>> {
        let sql = "SELECT min(change_id) FROM (SELECT change_id, max(change_id) OVER (ORDER BY change_entry_id) AS latest \
                   FROM change_entry) WHERE change_id < latest";
        Ok(self.connection.first(sql, &[], |row| row.integer(0))?.flatten())
    }
}

/// Somebody else wrote here.
fn altered(change: i64) -> Error {
    Error::failed(format!("history was altered: the chain breaks at change {change}"))
        .help("compare with a backup, and with the head that was kept elsewhere")
}

impl Writer<'_> {
    /// Drops the history of all changes before `time`, and keeps that it did; how many changes were dropped.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn purge_history(&mut self, time: &str) -> Result<u64> {
        self.needs(Role::Admin, "purge history")?;
        let connection = self.connection;
        // Clocks may go back: what is dropped is the beginning of the chain, up to the first change to be kept.
        let kept = connection
            .first("SELECT min(change_id) FROM change WHERE at >= $1", &[Bind::Text(time)], |row| row.integer(0))?
            .flatten()
            .unwrap_or(i64::MAX);
        let found = connection.first(
            "SELECT change_id, hash, (SELECT count(*) FROM change WHERE change_id < $1) FROM change \
             WHERE change_id < $1 ORDER BY change_id DESC LIMIT 1",
            &[Bind::Integer(kept)],
            |row| Ok((row.id(0)?, row.text(1)?.unwrap_or_default().to_owned(), row.id(2)?)),
        )?;
        let Some((last, hash, count)) = found else { return Ok(0) };
        if let (Some(recorder), connection, now) = self.recording() {
            recorder.purge(connection, now, (last, &hash))?;
        }
        // What refers to something that is dropped is dropped with it: the engine would read all entries that stay to find
        // that none of them is of a file that goes.
        connection.enforce_references(false)?;
        for table in super::TABLES {
            let sql = format!("DELETE FROM {table} WHERE change_id <= $1");
            let deleted = connection.execute(&sql, &[Bind::Integer(last)]);
            deleted.map_err(|failure| match failure {
                crate::store::engine::Failure::Engine(error) => error,
                _ => Error::inventory("history could not be purged; nothing was changed"),
            })?;
        }
        connection.enforce_references(true)?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;
    use proptest::prelude::{any, prop_assert_eq, proptest};

    /// The hash of one part.
    fn hash(part: impl FnOnce(&mut Digest)) -> String {
        let mut digest = Digest::after("");
        part(&mut digest);
        digest.take_in();
        digest.text()
    }

    #[test]
    fn the_longest_numbers_are_hashed_as_they_are_written() {
        for number in [i64::MIN, i64::MIN + 1, -10, -1, 0, 1, 9, 10, 4096, i64::MAX] {
            let wanted = hash(|digest| digest.text_part(Some(&number.to_string())));
            assert_eq!(hash(|digest| digest.number(Some(number))), wanted, "{number}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_hashed_as_it_is_written(number in any::<i64>(), few in -1000..1000_i64) {
            for number in [number, few] {
                let wanted = hash(|digest| digest.text_part(Some(&number.to_string())));
                prop_assert_eq!(hash(|digest| digest.number(Some(number))), wanted);
            }
        }
    }
}
