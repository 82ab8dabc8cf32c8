//! History: every change is kept as what undoes it.
//!
//! A create is kept as its id (ids made one after another share an entry), an update as the old values of the fields
//! that changed, a removal as the whole old record. One mechanism gives everything: `undo` puts the inverses through
//! the write door, `--at` puts them through and rolls them back, and what a field was set to is the old value that the
//! next change kept of it, or what it holds now.

mod chain;
mod describe;
mod forced;
mod moment;
mod recorder;
mod story;
mod undo;

pub use chain::Verified;
pub use describe::Difference;
pub use moment::Moment;
pub use story::{Blame, Step};
pub use undo::Undone;

pub(super) use recorder::Recorder;

use super::change::Action;
use super::login::SignedIn;
use super::reader::Reader;
use super::record;
use super::sqlite::{Bind, Raw};
use crate::catalog::{Entity, Kind};
use crate::error::{Error, Result};
use crate::value::quantity::Quantity;
use crate::value::{Lent, Value};
use serde_json::{Map, Value as Json};
use std::fmt::Write;
use std::ops::ControlFlow;

/// The tables of history, each behind those that refer to it.
pub(super) const TABLES: [&str; 3] = ["change_entry", "change_file", "change"];

/// How many ids an entry of created records spans at most, and at whose multiples it ends.
const BLOCK: i64 = 4096;
/// How many entries are read at once.
const PAGE: usize = 1000;

/// Who makes changes, and by which command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Who is signed in.
    pub login_user: Option<String>,
    /// Whose process it is.
    pub os_user: Option<String>,
    /// On which machine.
    pub host: Option<String>,
    /// The command line, without secrets.
    pub command: String,
    /// What `--message` says.
    pub message: Option<String>,
}

impl Origin {
    /// The same, by the login user who is signed in.
    pub(super) fn signed_in(&self, operator: Option<&SignedIn>) -> Self {
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
    /// Who made it, and how.
    pub origin: Origin,
    /// The change that it reverses.
    pub undoes: Option<i64>,
    /// Whether it left some of that as it was.
    pub partly: bool,
    /// The last change that it dropped from history, if it is a purge, and that one's hash.
    pub purged: Option<(i64, String)>,
    /// The hash of itself and of the one before.
    pub hash: String,
}

impl Logged {
    /// Who made it: who was signed in, else whose process it was.
    #[must_use]
    pub fn by(&self) -> Option<&str> {
        self.origin.login_user.as_deref().or(self.origin.os_user.as_deref())
    }
}

/// What a change is known again by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Its number.
    pub id: i64,
    /// The hash of itself and of the one before.
    pub hash: String,
}

/// Which changes are asked for.
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

/// A part of a change, as history keeps it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    id: i64,
    change: i64,
    entity: &'static Entity,
    action: Action,
    first: i64,
    last: i64,
    old: Option<String>,
    file: Option<String>,
    line: Option<i64>,
}

/// What [`logged`] reads, in its order.
const LOGGED: &str = "c.change_id, c.at, c.login_user, c.os_user, c.host, c.command, c.message, c.undoes, c.partly, c.purged, \
     c.purged_hash, c.hash";
/// What [`Reader::entry`] reads, in its order.
const ENTRY: &str = "e.change_entry_id, e.change_id, e.noun, e.action, e.first_id, e.last_id, e.old, f.name, e.line \
                     FROM change_entry e LEFT JOIN change_file f ON f.change_file_id = e.change_file_id";

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
        let condition = "EXISTS (SELECT 1 FROM change_entry e WHERE e.change_id = c.change_id AND e.noun = $1)";
        self.changes_where(condition, &[Bind::Text(entity.noun)], log, &mut each)
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
        self.connection.rows(&sql, &binds, |row| each(&logged(row)?))
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
            _ => Error::not_found(format!("no change {id}")).help("inv log lists the changes there are"),
        })
    }

    /// Whether that very change was made.
    pub(super) fn has(&self, mark: &Mark) -> Result<bool> {
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

    fn entry(&self, row: &Raw<'_>) -> Result<Entry> {
        let text = |index| Ok(row.text(index)?.map(str::to_owned));
        let action = match row.text(3)? {
            Some("create") => Action::Create,
            Some("update") => Action::Update,
            _ => Action::Remove,
        };
        let noun = row.text(2)?.unwrap_or_default();
        let entity = self.catalog().get(noun).ok_or_else(|| {
            Error::inventory(format!(
                "history knows a noun that this inv does not: {}",
                crate::value::shown::quoted(noun)
            ))
            .help("use a newer inv")
        })?;
        Ok(Entry {
            id: row.id(0)?,
            change: row.id(1)?,
            entity,
            action,
            first: row.id(4)?,
            last: row.id(5)?,
            old: text(6)?,
            file: text(7)?,
            line: row.integer(8)?,
        })
    }

    /// Hands each entry that meets `condition` (over `e`, its first placeholder the bind) to `each`, in order.
    fn entries(
        &self,
        condition: &str,
        binds: &[Bind<'_>],
        mut each: impl FnMut(Entry) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let sql = format!("SELECT {ENTRY} WHERE {condition} ORDER BY e.change_entry_id");
        self.connection.rows(&sql, binds, |row| each(self.entry(row)?))
    }

    /// The entries of the changes from `first` to `last` that come before the entry `before`, the latest first: a page.
    fn page_before(&self, first: i64, last: i64, before: i64) -> Result<Vec<Entry>> {
        // The changes bound the entries by way of the index; ids of entries rise with those of changes.
        let sql = format!(
            "SELECT {ENTRY} WHERE e.change_id BETWEEN $1 AND $2 AND e.change_entry_id < $3 \
             ORDER BY e.change_id DESC, e.change_entry_id DESC LIMIT {PAGE}"
        );
        let mut page = Vec::new();
        self.connection.rows(&sql, &[Bind::Integer(first), Bind::Integer(last), Bind::Integer(before)], |row| {
            page.push(self.entry(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(page)
    }
}

/// Whether the field at that place is a secret.
fn is_secret(entity: &Entity, place: usize) -> bool {
    entity.fields.get(place).is_some_and(|field| field.kind == Kind::Secret)
}

/// The values of some fields of a record, by column, as history keeps them: as JSON, put behind what `text` has.
fn keep<'v>(entity: &'static Entity, fields: impl Iterator<Item = (usize, Lent<'v>)>, text: &mut String) {
    text.push('{');
    let mut between = "";
    for (place, value) in fields {
        let Some(field) = entity.fields.get(place) else { continue };
        for (column, bind) in field.columns().zip(record::lent_binds(field, value)) {
            text.extend([between, "\"", column, "\":"]);
            match bind {
                // Writing to a String cannot fail.
                Bind::Integer(number) if field.kind != Kind::Secret => drop(write!(text, "{number}")),
                Bind::Text(held) if field.kind != Kind::Secret => quote(held, text),
                _ => text.push_str("null"),
            }
            between = ",";
        }
    }
    text.push('}');
}

/// Puts `held` behind what `text` has, as JSON.
fn quote(held: &str, text: &mut String) {
    if held.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        text.extend(["\"", held, "\""]);
    } else {
        text.push_str(&Json::from(held).to_string());
    }
}

impl Entry {
    /// The fields that it kept old values of, by their place in the catalog, and those values. Secrets are empty.
    fn old_values(&self) -> Vec<(usize, Value)> {
        let Some(map) = self.old.as_deref().and_then(|old| serde_json::from_str::<Map<String, Json>>(old).ok()) else {
            return Vec::new();
        };
        let mut values = Vec::new();
        for (place, field) in self.entity.fields.iter().enumerate() {
            let Some(first) = map.get(field.column) else { continue };
            let value = match (field.kind, first) {
                (Kind::Quantity { unit }, Json::String(amount)) => match map.get(unit).and_then(Json::as_i64) {
                    Some(unit) => Value::Quantity(Quantity { amount: amount.clone(), unit }),
                    None => Value::Null,
                },
                (_, Json::String(text)) => Value::Text(text.clone()),
                (_, Json::Number(number)) => number.as_i64().map_or(Value::Null, Value::Integer),
                _ => Value::Null,
            };
            values.push((place, value));
        }
        values
    }

    /// The whole old record, of a removal.
    fn old_record(&self) -> Vec<Value> {
        let mut values = vec![Value::Null; self.entity.fields.len()];
        for (place, value) in self.old_values() {
            if let Some(slot) = values.get_mut(place) {
                *slot = value;
            }
        }
        values
    }

    /// Whether what it kept lacks a secret.
    fn lacks_secret(&self) -> bool {
        self.old_values().iter().any(|(place, _)| is_secret(self.entity, *place))
    }
}
