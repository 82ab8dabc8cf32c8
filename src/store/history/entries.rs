//! Entries of changes: one for each changed record or range of created ones.
//!
//! Entries are only appended, with ascending ids. So the entries of a change are contiguous and in the order of the
//! changes, and a binary search finds the first one without an index.

use super::action::Action;
use super::is_secret;
use crate::catalog::{Entity, Kind};
use crate::error::{Error, Result};
use crate::store::engine::{Bind, Raw, dialect};
use crate::store::reading::reader::{Reader, Start};
use crate::value::{Value, shown};
use serde_json::{Map, Value as Json};
use std::cmp::Ordering;
use std::ops::ControlFlow;

/// Entries in one page.
const PAGE: usize = 1000;

/// Columns that [`Reader::entry`] reads, in its order.
const ENTRY: &str = "e.change_entry_id, e.change_id, e.noun, e.action, e.first_id, e.last_id, e.old, f.name, e.line, \
                     e.lines FROM change_entry e LEFT JOIN change_file f ON f.change_file_id = e.change_file_id";
/// The entries of a [`Span`], which is bound first.
const IN_SPAN: &str = "e.change_entry_id >= $1 AND e.change_entry_id < $2";

/// [`IN_SPAN`] and the noun `$3`. A span is short; the index of nouns would read the entries of the whole history.
fn in_span_of_noun() -> String {
    format!("{IN_SPAN} AND {} = $3", dialect::unindexed("e.noun"))
}

/// A part of a change, as history keeps it.
#[derive(Debug, Clone)]
pub(in crate::store) struct Entry {
    pub(in crate::store) id: i64,
    pub(in crate::store) change: i64,
    pub(in crate::store) entity: &'static Entity,
    pub(in crate::store) action: Action,
    pub(in crate::store) first: i64,
    pub(in crate::store) last: i64,
    pub(in crate::store) old: Option<String>,
    pub(in crate::store) file: Option<String>,
    /// Line of its first record, if the others follow in consecutive lines.
    pub(in crate::store) line: Option<i64>,
    /// Else the line of each of its records.
    pub(in crate::store) lines: Option<String>,
}

/// Content of an entry, as it is written and hashed.
pub(in crate::store) struct Content<'a> {
    pub(in crate::store) noun: &'static str,
    pub(in crate::store) action: Action,
    pub(in crate::store) first: i64,
    pub(in crate::store) last: i64,
    pub(in crate::store) old: Option<&'a str>,
    pub(in crate::store) file: Option<&'a str>,
    pub(in crate::store) line: Option<i64>,
    pub(in crate::store) lines: Option<&'a str>,
}

/// Entries that follow each other: from the first number on, and before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Span {
    pub(in crate::store) from: i64,
    pub(in crate::store) to: i64,
}

impl Reader<'_> {
    /// The entries of the changes from `first` to `last`.
    pub(in crate::store) fn span(&self, first: i64, last: i64) -> Result<Span> {
        let to = self.span_behind(last)?.from;
        Ok(Span { from: self.start_of(first)?, to })
    }

    /// Returns the span of the entries of all changes after `change`.
    pub(in crate::store) fn span_behind(&self, change: i64) -> Result<Span> {
        let from = change.checked_add(1).map_or(Ok(i64::MAX), |next| self.start_of(next))?;
        Ok(Span { from, to: i64::MAX })
    }

    /// Id of the first entry of `change` or a later one. Starts at the last result with doubling steps, because
    /// successive calls, as for a log, ask for neighbouring changes.
    fn start_of(&self, change: i64) -> Result<i64> {
        let start = match self.start.get() {
            Some(start) => start,
            None => Start { change: i64::MAX, entry: self.entry_behind_all()? },
        };
        let (mut low, mut high) = match change.cmp(&start.change) {
            Ordering::Equal => return Ok(start.entry),
            Ordering::Greater => self.bounds_above(change, start.entry)?,
            Ordering::Less => self.bounds_below(change, start.entry)?,
        };
        while low < high {
            let middle = low + (high - low) / 2;
            match self.entry_from(middle)? {
                Some((entry, its)) if its < change => low = entry.saturating_add(1),
                _ => high = middle,
            }
        }
        self.start.set(Some(Start { change, entry: low }));
        Ok(low)
    }

    /// Bounds of the start of `change`, if entries before `low` belong to earlier changes.
    fn bounds_above(&self, change: i64, mut low: i64) -> Result<(i64, i64)> {
        let mut step = 1_i64;
        loop {
            match self.entry_from(low.saturating_add(step))? {
                Some((entry, its)) if its < change && entry < i64::MAX => low = entry + 1,
                Some((entry, _)) => return Ok((low, entry)),
                None => return Ok((low, self.entry_behind_all()?)),
            }
            step = step.saturating_mul(2);
        }
    }

    /// As [`Self::bounds_above`], where entries from `high` on are not of earlier changes.
    fn bounds_below(&self, change: i64, mut high: i64) -> Result<(i64, i64)> {
        let mut step = 1_i64;
        while high > step {
            match self.entry_from(high - step)? {
                Some((entry, its)) if its < change => return Ok((entry.saturating_add(1), high)),
                _ => high -= step,
            }
            step = step.saturating_mul(2);
        }
        Ok((0, high))
    }

    /// The first entry from the number `entry` on, and its change.
    fn entry_from(&self, entry: i64) -> Result<Option<(i64, i64)>> {
        let sql = "SELECT change_entry_id, change_id FROM change_entry WHERE change_entry_id >= $1 \
                   ORDER BY change_entry_id LIMIT 1";
        self.connection.first(sql, &[Bind::Integer(entry)], |row| Ok((row.id(0)?, row.id(1)?)))
    }

    fn entry_behind_all(&self) -> Result<i64> {
        let last = self.connection.first("SELECT max(change_entry_id) FROM change_entry", &[], |row| row.integer(0))?;
        Ok(last.flatten().unwrap_or_default().saturating_add(1))
    }

    /// Returns true if `change` has an entry of a record of `entity`.
    pub(in crate::store) fn touches(&self, change: i64, entity: &Entity) -> Result<bool> {
        let sql = format!("SELECT 1 FROM change_entry e WHERE {} LIMIT 1", in_span_of_noun());
        let Span { from, to } = self.span(change, change)?;
        let binds = [Bind::Integer(from), Bind::Integer(to), Bind::Text(entity.noun)];
        Ok(self.connection.first(&sql, &binds, |_| Ok(()))?.is_some())
    }

    /// Number of records of each noun that a change created, updated and deleted, in the order of the catalog.
    pub fn tally(&self, change: i64) -> Result<Vec<(Action, &'static Entity, i64)>> {
        let mut tally = Vec::new();
        let sql = format!(
            "SELECT e.action, e.noun, sum(e.last_id - e.first_id + 1), count(DISTINCT e.first_id) \
             FROM change_entry e WHERE {IN_SPAN} GROUP BY e.action, {noun}",
            noun = dialect::unindexed("e.noun")
        );
        let Span { from, to } = self.span(change, change)?;
        self.connection.rows(&sql, &[Bind::Integer(from), Bind::Integer(to)], |row| {
            if let Some(entity) = self.catalog().get(row.text(1)?.unwrap_or_default()) {
                let action = Action::called(row.text(0)?);
                // A record that is updated several times counts once; no entry has the updates of two records.
                let count = if action == Action::Update { row.id(3)? } else { row.id(2)? };
                tally.push((action, entity, count));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let place = |entity: &Entity| self.catalog().entities().position(|other| other.noun == entity.noun);
        tally.sort_by_key(|(action, entity, _)| (action.word(), place(entity)));
        Ok(tally)
    }

    /// Hands each entry of `span` to `each`, in order.
    pub(in crate::store) fn entries_in(
        &self,
        span: Span,
        each: impl FnMut(Entry) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.entries(IN_SPAN, &[Bind::Integer(span.from), Bind::Integer(span.to)], each)
    }

    /// As [`Self::entries_in`], of records of `entity`.
    pub(in crate::store) fn entries_in_of(
        &self,
        span: Span,
        entity: &Entity,
        each: impl FnMut(Entry) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let binds = [Bind::Integer(span.from), Bind::Integer(span.to), Bind::Text(entity.noun)];
        self.entries(&in_span_of_noun(), &binds, each)
    }

    /// Hands each entry that meets `condition` (over `e`, its first placeholder the bind) to `each`, in order.
    pub(in crate::store) fn entries(
        &self,
        condition: &str,
        binds: &[Bind<'_>],
        mut each: impl FnMut(Entry) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let sql = format!("SELECT {ENTRY} WHERE {condition} ORDER BY e.change_entry_id");
        self.connection.rows(&sql, binds, |row| each(self.entry(row)?))
    }

    /// The last entries of `span`, the latest first, and what is left of it.
    pub(in crate::store) fn page(&self, span: Span) -> Result<(Vec<Entry>, Span)> {
        let sql = format!("SELECT {ENTRY} WHERE {IN_SPAN} ORDER BY e.change_entry_id DESC LIMIT {PAGE}");
        let mut page = Vec::new();
        self.connection.rows(&sql, &[Bind::Integer(span.from), Bind::Integer(span.to)], |row| {
            page.push(self.entry(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        let to = page.last().map_or(span.from, |entry: &Entry| entry.id);
        Ok((page, Span { to, ..span }))
    }

    fn entry(&self, row: &Raw<'_>) -> Result<Entry> {
        let text = |index| Ok(row.text(index)?.map(str::to_owned));
        let noun = row.text(2)?.unwrap_or_default();
        let entity = self.catalog().get(noun).ok_or_else(|| {
            Error::inventory(format!(
                "history has a noun that this version of inv does not know: {}",
                shown::quoted(noun)
            ))
            .help("use a newer inv")
        })?;
        Ok(Entry {
            id: row.id(0)?,
            change: row.id(1)?,
            entity,
            action: Action::called(row.text(3)?),
            first: row.id(4)?,
            last: row.id(5)?,
            old: text(6)?,
            file: text(7)?,
            line: row.integer(8)?,
            lines: text(9)?,
        })
    }
}

impl Entry {
    pub(in crate::store) fn content(&self) -> Content<'_> {
        Content {
            noun: self.entity.noun,
            action: self.action,
            first: self.first,
            last: self.last,
            old: self.old.as_deref(),
            file: self.file.as_deref(),
            line: self.line,
            lines: self.lines.as_deref(),
        }
    }

    /// The line in which the record `id` stood, if that is known.
    pub(in crate::store) fn line_of(&self, id: i64) -> Option<i64> {
        let place = id.checked_sub(self.first)?;
        let Some(lines) = &self.lines else { return self.line?.checked_add(place) };
        let lines: Vec<i64> = serde_json::from_str(lines).ok()?;
        lines.get(usize::try_from(place).ok()?).copied()
    }

    /// Returns the old values with the index of their fields in the catalog. Secrets are empty.
    pub(in crate::store) fn old_values(&self) -> Vec<(usize, Value)> {
        let Some(map) = self.old.as_deref().and_then(|old| serde_json::from_str::<Map<String, Json>>(old).ok()) else {
            return Vec::new();
        };
        let mut values = Vec::new();
        for (place, field) in self.entity.fields.iter().enumerate() {
            let Some(first) = map.get(field.column) else { continue };
            let value = match (field.kind, first) {
                (Kind::Quantity { unit }, Json::String(amount)) => match map.get(unit).and_then(Json::as_i64) {
                    Some(unit) => Value::Quantity(amount.clone().into(), unit),
                    None => Value::Null,
                },
                (Kind::Any { id }, Json::String(noun)) => match map.get(id).and_then(Json::as_i64) {
                    Some(id) => Value::Record(noun.clone().into(), id),
                    None => Value::Null,
                },
                (_, Json::String(text)) => Value::Text(text.clone().into()),
                (_, Json::Number(number)) => number.as_i64().map_or(Value::Null, Value::Integer),
                _ => Value::Null,
            };
            values.push((place, value));
        }
        values
    }

    /// The whole old record, of a removal.
    pub(in crate::store) fn old_record(&self) -> Vec<Value> {
        let mut values = vec![Value::Null; self.entity.fields.len()];
        for (place, value) in self.old_values() {
            if let Some(slot) = values.get_mut(place) {
                *slot = value;
            }
        }
        values
    }

    /// Returns true if the old record had a secret, which history does not store.
    pub(in crate::store) fn lacks_secret(&self) -> bool {
        self.old_values().iter().any(|(place, _)| is_secret(self.entity, *place))
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::Catalog;
    use crate::store::engine::waiting::Patience;
    use crate::store::engine::{Access, Bind, Connection};
    use crate::store::reading::reader::Reader;
    use proptest::collection::vec;
    use proptest::prelude::{prop_assert_eq, proptest};

    const TABLE: &str = "CREATE TABLE change_entry (change_entry_id INTEGER PRIMARY KEY, change_id INTEGER)";

    proptest! {
        #[test]
        fn a_change_begins_at_the_first_entry_that_is_of_no_earlier_one(
            gaps in vec((1..4_i64, 0..3_i64), 0..60),
            changes in vec(0..130_i64, 1..40),
        ) {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("inv.db");
            let connection = Connection::open(&path, Access::Create, Patience::default()).expect("a file");
            connection.begin_write().expect("the lock");
            connection.batch(TABLE).expect("a table");
            let mut entries = Vec::new();
            let mut last = (0, 0);
            for (entry, change) in gaps {
                last = (last.0 + entry, last.1 + change);
                entries.push(last);
                let sql = "INSERT INTO change_entry VALUES ($1, $2)";
                connection.insert(sql, &[Bind::Integer(last.0), Bind::Integer(last.1)]).expect("a row");
            }
            let catalog = Catalog::standard();
            let reader = Reader::new(&connection, &catalog);
            for change in changes {
                let start = reader.start_of(change).expect("an answer");
                let entries_from = |from: i64| entries.iter().filter(|(entry, _)| *entry >= from).collect::<Vec<_>>();
                let later: Vec<_> = entries.iter().filter(|(_, its)| *its >= change).collect();
                prop_assert_eq!(entries_from(start), later, "change {}", change);
            }
        }
    }
}
