//! History: every change is stored as its inverse.
//!
//! A create is stored as its id (consecutive ids share an entry), an update as the old values of the fields that
//! changed, a delete as the whole old record. `undo` applies the inverses through the [`super::Writer`], `--at` applies
//! them and rolls back. The new value of a field is the old value in the next change of that field, or its present
//! value.

pub(in crate::store) mod action;
mod chain;
mod describe;
mod digest;
pub(in crate::store) mod entries;
mod moment;
mod recorder;
mod story;

pub use chain::Verified;
pub use describe::Difference;
pub use moment::Moment;
pub use story::{Blame, Step};

pub(in crate::store) use recorder::Recorder;

use crate::catalog::{Entity, Kind};
use crate::error::{Error, Result};
use crate::store::engine::{Bind, Raw};
use crate::store::login::SignedIn;
use crate::store::reading::reader::Reader;
use crate::store::reading::record;
use crate::value::Cell;
use crate::value::character::is_bare;
use serde_json::Value as Json;
use std::fmt::Write;
use std::ops::ControlFlow;

/// The tables of history, each behind those that refer to it.
pub(in crate::store) const TABLES: [&str; 3] = ["change_entry", "change_file", "change"];

/// Most ids in one entry of created records; an entry ends at multiples of it.
const BLOCK: i64 = 4096;

/// Number of changes that are read together.
const BLOCK_OF_CHANGES: usize = 64;

/// User and command of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Login user who is signed in.
    pub login_user: Option<String>,
    /// Whose process it is.
    pub os_user: Option<String>,
    /// On which machine.
    pub host: Option<String>,
    /// The command line, without secrets.
    pub command: String,
    /// Message from `--message`.
    pub message: Option<String>,
}

impl Origin {
    /// The same, by the login user who is signed in.
    pub(in crate::store) fn signed_in(&self, operator: Option<&SignedIn>) -> Self {
        Self { login_user: operator.map(|operator| operator.username.clone()), ..self.clone() }
    }
}

/// A change as history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its number.
    pub id: i64,
    /// When it was made.
    pub at: String,
    /// User and command.
    pub origin: Origin,
    /// The change that it reverses.
    pub undoes: Option<i64>,
    /// True if it reversed only a part of that change.
    pub partly: bool,
    /// The source that it was imported from, by its id.
    pub source: Option<i64>,
    /// The last change that it dropped from history, if it is a purge, and that one's hash.
    pub purged: Option<(i64, String)>,
    /// The hash of itself and of the one before.
    pub hash: String,
}

impl Logged {
    /// Returns the login user, else the user of the process.
    #[must_use]
    pub fn by(&self) -> Option<&str> {
        self.origin.login_user.as_deref().or(self.origin.os_user.as_deref())
    }
}

/// Part of a change that an undo reverses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it, or nothing.
    Whole,
    /// Only records and fields that have not changed since.
    Unchanged,
}

/// Identity of a change: two changes with the same id in different files differ by hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Mark {
    /// Its number.
    pub id: i64,
    /// The hash of itself and of the one before.
    pub hash: String,
}

/// Filter of `log`.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// Not earlier than this time.
    pub since: Option<String>,
    /// Not later than this time.
    pub until: Option<String>,
    /// Made by this user.
    pub by: Option<String>,
    /// At most so many, the latest ones.
    pub limit: Option<u64>,
}

/// Columns that [`logged`] reads, in its order.
const LOGGED: &str = "c.change_id, c.at, c.login_user, c.os_user, c.host, c.command, c.message, c.undoes, c.partly, c.purged, \
     c.purged_hash, c.hash, c.source_id";

fn logged(row: &Raw<'_>) -> Result<Logged> {
    let text = |index| Ok(row.text(index)?.map(str::to_owned));
    Ok(Logged {
        id: row.id(0)?,
        at: text(1)?.unwrap_or_default(),
        origin: Origin {
            login_user: text(2)?,
            os_user: text(3)?,
            host: text(4)?,
            command: text(5)?.unwrap_or_default(),
            message: text(6)?,
        },
        undoes: row.integer(7)?,
        partly: row.integer(8)? == Some(1),
        purged: row.integer(9)?.zip(text(10)?),
        hash: text(11)?.unwrap_or_default(),
        source: row.integer(12)?,
    })
}

impl Reader<'_> {
    /// Hands the changes that `log` asks for to `each`, the latest first.
    pub fn changes(&self, log: &Log, mut each: impl FnMut(&Logged) -> Result<ControlFlow<()>>) -> Result<()> {
        self.changes_where("1 = 1", &[], log, &mut each)
    }

    /// As [`Self::changes`], of those that touched a record of `entity`.
    pub fn changes_of(
        &self,
        entity: &Entity,
        log: &Log,
        mut each: impl FnMut(&Logged) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut left = log.limit.unwrap_or(u64::MAX);
        let all = Log { limit: None, ..log.clone() };
        self.changes(&all, |change| {
            if left == 0 {
                return Ok(ControlFlow::Break(()));
            }
            if !self.touches(change.id, entity)? {
                return Ok(ControlFlow::Continue(()));
            }
            left -= 1;
            each(change)
        })
    }

    /// As [`Self::changes`], of those among `ids`.
    pub fn changes_among(
        &self,
        ids: &std::collections::BTreeSet<i64>,
        log: &Log,
        mut each: impl FnMut(&Logged) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut left = log.limit.unwrap_or(u64::MAX);
        for id in ids.iter().rev() {
            if left == 0 {
                break;
            }
            let mut go_on = ControlFlow::Continue(());
            let one = Log { limit: None, ..log.clone() };
            self.changes_where("c.change_id = $1", &[Bind::Integer(*id)], &one, &mut |change| {
                left -= 1;
                go_on = each(change)?;
                Ok(go_on)
            })?;
            if go_on.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn changes_where(
        &self,
        condition: &str,
        binds: &[Bind<'_>],
        log: &Log,
        each: &mut dyn FnMut(&Logged) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut sql = format!("SELECT {LOGGED} FROM change c WHERE {condition}");
        let mut binds = binds.to_vec();
        let tests =
            [(&log.since, "c.at >= "), (&log.until, "c.at <= "), (&log.by, "coalesce(c.login_user, c.os_user) = ")];
        for (value, test) in tests {
            if let Some(value) = value {
                binds.push(Bind::Text(value));
                // Writing to a String cannot fail.
                let _ = write!(sql, " AND {test}${}", binds.len());
            }
        }
        sql.push_str(" ORDER BY c.change_id DESC");
        if let Some(limit) = log.limit {
            let _ = write!(sql, " LIMIT {}", i64::try_from(limit).unwrap_or(i64::MAX));
        }
        // Receivers ask further questions about each change, so the query rests meanwhile.
        self.connection.blocks(&sql, &binds, BLOCK_OF_CHANGES, |block| {
            for index in 0..block.ids().len() {
                if each(&logged(&block.at(index))?)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The change with that number.
    ///
    /// # Errors
    /// There is none, or it has been purged.
    pub fn change(&self, id: i64) -> Result<Logged> {
        let sql = format!("SELECT {LOGGED} FROM change c WHERE c.change_id = $1");
        if let Some(found) = self.connection.first(&sql, &[Bind::Integer(id)], logged)? {
            return Ok(found);
        }
        Err(match self.purge()? {
            Some((last, _)) if (1..=last).contains(&id) => {
                Error::not_found(format!("change {id} has been purged from history"))
            }
            _ => Error::not_found(format!("no change {id}")).help("run `inv log` for the changes"),
        })
    }

    /// Returns true if that change is in the file.
    pub(in crate::store) fn has(&self, mark: &Mark) -> Result<bool> {
        let sql = "SELECT hash FROM change WHERE change_id = $1";
        let hash = self.connection.first(sql, &[Bind::Integer(mark.id)], |row| Ok(row.text(0)?.map(str::to_owned)))?;
        Ok(hash.flatten().is_some_and(|hash| hash == mark.hash))
    }

    /// The number of the last change; zero before the first one.
    pub fn last_change(&self) -> Result<i64> {
        let last = self.connection.first("SELECT max(change_id) FROM change", &[], |row| row.integer(0))?;
        Ok(last.flatten().unwrap_or_default())
    }

    /// Up to which change history has been purged, and that one's hash.
    fn purge(&self) -> Result<Option<(i64, String)>> {
        let sql = "SELECT purged, purged_hash FROM change WHERE purged IS NOT NULL ORDER BY purged DESC LIMIT 1";
        let found = self.connection.first(sql, &[], |row| Ok(row.integer(0)?.zip(row.text(1)?.map(str::to_owned))))?;
        Ok(found.flatten())
    }
}

/// Returns true if the field at index `place` is a secret.
pub(in crate::store) fn is_secret(entity: &Entity, place: usize) -> bool {
    entity.fields.get(place).is_some_and(|field| field.kind == Kind::Secret)
}

/// Appends the values of some fields of a record to `text`, as a JSON object by column.
fn keep<'c>(entity: &'static Entity, fields: impl Iterator<Item = (usize, &'c Cell<'c>)>, text: &mut String) {
    text.push('{');
    let mut between = "";
    for (place, value) in fields {
        let Some(field) = entity.fields.get(place) else { continue };
        for (column, bind) in field.columns().zip(record::binds(field, value)) {
            text.extend([between, "\"", column, "\":"]);
            match bind {
                // Writing to a String cannot fail.
                Bind::Integer(number) if field.kind != Kind::Secret => drop(write!(text, "{number}")),
                Bind::Text(value) if field.kind != Kind::Secret => quote(value, text),
                _ => text.push_str("null"),
            }
            between = ",";
        }
    }
    text.push('}');
}

/// Appends `value` to `text` as a JSON string.
fn quote(value: &str, text: &mut String) {
    if is_bare(value) {
        text.extend(["\"", value, "\""]);
    } else {
        text.push_str(&Json::from(value).to_string());
    }
}
