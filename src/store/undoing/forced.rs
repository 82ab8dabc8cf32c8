//! Forced undo: reverts the fields and records that have not changed since, and reports the others.
//!
//! The order differs from a whole undo: delete first (children before parents), then recreate (parents first), then
//! revert fields. So each step sees the records that it depends on.

use super::later::{EachEffect, Later, references};
use crate::catalog::{Entity, Kind};
use crate::error::{Error, Kind as Failure, Result};
use crate::store::history::action::Action;
use crate::store::history::entries::Entry;
use crate::store::history::is_secret;
use crate::store::reading::record::Record;
use crate::store::writing::change::{Change, Effect};
use crate::store::writing::writer::Writer;
use crate::value::{Value, shown};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Reverses the unchanged part of the change `id`. Returns the number of records and a message for each one left.
pub(super) fn undo(
    writer: &mut Writer<'_>,
    id: i64,
    later: &Later,
    each: EachEffect<'_>,
) -> Result<(u64, Vec<String>)> {
    let mut entries: Vec<Entry> = Vec::new();
    writer.entries_in(writer.span(id, id)?, |entry| {
        entries.push(entry);
        Ok(ControlFlow::Continue(()))
    })?;
    entries.reverse();
    let order = writer.catalog().in_order_of_need();
    let rank = |entity: &Entity| order.iter().position(|other| other.noun == entity.noun).unwrap_or_default();
    let mut work = Force { id, later, records: 0, left: Vec::new() };
    let of = |action: Action| entries.iter().filter(move |entry| entry.action == action);
    let mut made: Vec<&Entry> = of(Action::Create).collect();
    made.sort_by_key(|entry| std::cmp::Reverse(rank(entry.entity)));
    for entry in made {
        for id in (entry.first..=entry.last).rev() {
            work.take_away(writer, entry.entity, id, each)?;
        }
    }
    let mut removed: Vec<&Entry> = of(Action::Remove).collect();
    removed.sort_by_key(|entry| rank(entry.entity));
    for entry in removed {
        work.bring_back(writer, entry, each)?;
    }
    for entry in of(Action::Update) {
        work.revert(writer, entry, each)?;
    }
    Ok((work.records, work.left))
}

struct Force<'l> {
    id: i64,
    later: &'l Later,
    records: u64,
    left: Vec<String>,
}

impl Force<'_> {
    fn leave(&mut self, writer: &Writer<'_>, entity: &'static Entity, id: i64, why: &str) -> Result<()> {
        let name = shown::shown(&writer.title(entity, id)?).into_owned();
        self.left.push(format!("{} {name}: {why}", entity.labels.0));
        Ok(())
    }

    /// The later entries about a record that count.
    fn since(&self, writer: &Writer<'_>, entity: &'static Entity, id: i64) -> Result<Vec<Entry>> {
        let mut entries = writer.entries_about(entity, id)?;
        entries.retain(|entry| entry.change > self.id && self.later.counts(entry.change));
        Ok(entries)
    }

    fn take_away(
        &mut self,
        writer: &mut Writer<'_>,
        entity: &'static Entity,
        id: i64,
        each: EachEffect<'_>,
    ) -> Result<()> {
        let Some(record) = writer.record(entity, id)? else { return Ok(()) };
        if let Some(entry) = self.since(writer, entity, id)?.last() {
            return self.leave(writer, entity, id, &format!("changed since, by change {}", entry.change));
        }
        for reference in writer.catalog().back_references(entity) {
            if let Some(other) = writer.referring(&reference, id)?.first() {
                let other = shown::shown(&writer.title(reference.entity, *other)?).into_owned();
                return self.leave(writer, entity, id, &format!("{} {other} depends on it", reference.entity.labels.0));
            }
        }
        each(writer, &Effect { action: Action::Remove, entity, id, changed: Vec::new() })?;
        writer.apply(Change::Remove { entity, before: &record })?;
        self.records += 1;
        Ok(())
    }

    fn bring_back(&mut self, writer: &mut Writer<'_>, entry: &Entry, each: EachEffect<'_>) -> Result<()> {
        let (entity, id) = (entry.entity, entry.first);
        if entry.lacks_secret() {
            return self.leave(writer, entity, id, "its secret is not stored");
        }
        if let Some(entry) = self.since(writer, entity, id)?.last() {
            return self.leave(writer, entity, id, &format!("changed since, by change {}", entry.change));
        }
        let values = entry.old_record();
        for (target, referred) in references(writer, entity, &values) {
            if writer.record(target, referred)?.is_none() {
                let name = shown::shown(&writer.title(target, referred)?).into_owned();
                return self.leave(writer, entity, id, &format!("{} {name} no longer exists", target.labels.0));
            }
        }
        match writer.apply(Change::Restore { entity, record: Record { id, values } }) {
            Ok(effect) => each(writer, &effect)?,
            Err(error) => return self.leave_if_refused(writer, entity, id, error),
        }
        self.records += 1;
        Ok(())
    }

    fn revert(&mut self, writer: &mut Writer<'_>, entry: &Entry, each: EachEffect<'_>) -> Result<()> {
        let (entity, id) = (entry.entity, entry.first);
        let since = self.since(writer, entity, id)?;
        let Some(record) = writer.record(entity, id)? else {
            return self.leave(writer, entity, id, "it no longer exists");
        };
        let touched: BTreeSet<usize> = since.iter().flat_map(Entry::old_values).map(|(place, _)| place).collect();
        let mut values = Vec::new();
        for (place, old) in entry.old_values() {
            let Some(field) = entity.fields.get(place) else { continue };
            if field.kind == Kind::Updated {
                // Where somebody else changed the record since, the time of this change is the true one.
                if since.is_empty() {
                    values.push((place, old));
                }
            } else if is_secret(entity, place) {
                self.leave(writer, entity, id, &format!("the old {} is not stored", field.name))?;
            } else if touched.contains(&place) {
                self.leave(writer, entity, id, &format!("{} has changed since", field.name))?;
            } else if let (Value::Integer(referred), Some(target)) = (&old, writer.catalog().target(field))
                && writer.record(target, *referred)?.is_none()
            {
                self.leave(writer, entity, id, &format!("the old {} no longer exists", field.name))?;
            } else {
                values.push((place, old));
            }
        }
        let only_times =
            values.iter().all(|(place, _)| entity.fields.get(*place).is_some_and(|field| field.kind == Kind::Updated));
        if only_times {
            return Ok(());
        }
        let change = if since.is_empty() {
            Change::Revert { entity, before: &record, values }
        } else {
            Change::Update { entity, before: &record, values }
        };
        match writer.apply(change) {
            Ok(effect) if effect.action == Action::Nothing => Ok(()),
            Ok(effect) => {
                self.records += 1;
                each(writer, &effect)
            }
            Err(error) => self.leave_if_refused(writer, entity, id, error),
        }
    }

    /// Adds a message if a key or a rule refused the change; any other error ends the undo.
    fn leave_if_refused(&mut self, writer: &Writer<'_>, entity: &'static Entity, id: i64, error: Error) -> Result<()> {
        match error.kind() {
            Failure::Conflict | Failure::Failed => self.leave(writer, entity, id, error.message()),
            _ => Err(error),
        }
    }
}
