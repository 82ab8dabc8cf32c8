//! Undo: applies the inverse of a change through the [`Writer`], as one new change.
//!
//! It is refused if later changes depend on the change: if they modified the same records, refer to records that the
//! undo would delete, or deleted records that it needs or took their names. A later change and its whole undo cancel
//! each other and do not count.

use super::forced;
use super::later::{EachEffect, Later, references};
use crate::catalog::{Entity, Kind};
use crate::error::{Error, Result};
use crate::store::engine::Bind;
use crate::store::history::action::Action;
use crate::store::history::entries::Entry;
use crate::store::history::{Extent, Logged};
use crate::store::reading::reader::Reader;
use crate::store::reading::record::Record;
use crate::store::writing::change::{Change, Effect};
use crate::store::writing::writer::Writer;
use crate::value::role::Role;
use crate::value::{Value, shown};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Most later changes in a message.
const LISTED: usize = 10;

/// Result of an undo.
#[derive(Debug, Clone)]
pub struct Undone {
    /// The change that was reversed.
    pub change: Logged,
    /// The number of the new change; none where nothing was left to do.
    pub by: Option<i64>,
    /// Number of reverted records.
    pub records: u64,
    /// One message for each record or field that was not reverted, with the reason.
    pub left: Vec<String>,
}

/// Ids of records by noun, as ranges in order.
pub(super) type Ranges = BTreeMap<&'static str, Vec<(i64, i64)>>;

impl Writer<'_> {
    /// Reverses the change `id`.
    ///
    /// # Errors
    /// There is no such change; later changes depend on it; history does not store a deleted secret.
    pub fn undo(
        &mut self,
        id: i64,
        extent: Extent,
        mut each: impl FnMut(&Reader<'_>, &Effect) -> Result<()>,
    ) -> Result<Undone> {
        let change = self.change(id)?;
        if change.purged.is_some() {
            return Err(Error::conflict(format!("change {id} purged history, which cannot be undone")));
        }
        let own = self.operator().is_none_or(|operator| change.origin.login_user.as_ref() == Some(&operator.username));
        if !own {
            self.needs(Role::Admin, "undo changes of others")?;
        }
        let later = self.later(id)?;
        if let Some(by) = later.undone_by {
            return Err(Error::conflict(format!("change {id} is already undone by change {by}"))
                .help(format!("run `inv undo {by}` to restore it")));
        }
        self.connection.defer_references()?;
        if let (Some(recorder), ..) = self.recording() {
            recorder.reverses(id, extent);
        }
        let (records, left) = match extent {
            Extent::Unchanged => forced::undo(self, id, &later, &mut each)?,
            Extent::Whole => (self.undo_whole(id, &later, &mut each)?, Vec::new()),
        };
        let by = self.recording().0.and_then(|recorder| recorder.change());
        Ok(Undone { change, by, records, left })
    }

    fn undo_whole(&mut self, id: i64, later: &Later, each: EachEffect<'_>) -> Result<u64> {
        let standing = self.standing_on(id, later)?;
        if !standing.is_empty() {
            return Err(self.refused(id, &standing)?);
        }
        self.refuse_lost_secrets(id)?;
        let mut records = 0;
        let mut gone = Ranges::new();
        let mut back: Vec<(&'static Entity, i64)> = Vec::new();
        let mut left = self.span(id, id)?;
        loop {
            let (page, rest) = self.page(left)?;
            if page.is_empty() {
                break;
            }
            left = rest;
            for entry in &page {
                records += self.invert(entry, each).map_err(|error| undo_error(id, error))?;
                match entry.action {
                    Action::Create => gone.entry(entry.entity.noun).or_default().push((entry.first, entry.last)),
                    Action::Remove => back.push((entry.entity, entry.first)),
                    _ if refers_anew(entry) => back.push((entry.entity, entry.first)),
                    _ => {}
                }
            }
        }
        let dangling = self.dangling(&gone, &back, later)?;
        if dangling.is_empty() { Ok(records) } else { Err(self.refused(id, &dangling)?) }
    }

    /// Puts the inverse of one entry through; how many records that were.
    fn invert(&mut self, entry: &Entry, each: EachEffect<'_>) -> Result<u64> {
        let entity = entry.entity;
        match entry.action {
            Action::Create => {
                for id in (entry.first..=entry.last).rev() {
                    let record = self.present(entity, id)?;
                    each(self, &Effect { action: Action::Remove, entity, id, changed: Vec::new() })?;
                    self.apply(Change::Remove { entity, before: &record })?;
                }
                Ok(u64::try_from(entry.last - entry.first + 1).unwrap_or_default())
            }
            Action::Update => {
                let record = self.present(entity, entry.first)?;
                let effect = self.apply(Change::Revert { entity, before: &record, values: entry.old_values() })?;
                each(self, &effect)?;
                Ok(1)
            }
            Action::Remove => {
                let record = Record { id: entry.first, values: entry.old_record() };
                let effect = self.apply(Change::Restore { entity, record })?;
                each(self, &effect)?;
                Ok(1)
            }
            Action::Nothing => Ok(0),
        }
    }

    fn present(&self, entity: &'static Entity, id: i64) -> Result<Record> {
        self.record(entity, id)?
            .ok_or_else(|| Error::conflict(format!("{} with id {id} no longer exists", entity.labels.0)))
    }

    fn refuse_lost_secrets(&self, id: i64) -> Result<()> {
        let mut lost = None;
        self.entries_in(self.span(id, id)?, |entry| {
            if entry.lacks_secret() {
                lost = Some((entry.entity, entry.first));
            }
            Ok(if lost.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        let Some((entity, record)) = lost else { return Ok(()) };
        let secret = entity.fields.iter().find(|field| field.kind == Kind::Secret).map_or("secret", |field| field.name);
        let name = shown::quoted(&self.title(entity, record)?);
        Err(Error::conflict(format!(
            "cannot undo change {id}: the {secret} of {} {name} is never stored in history",
            entity.labels.0
        ))
        .help(format!("set a new one with inv {} add or set, or pass --force to undo the rest", entity.noun)))
    }

    /// The later changes that touched records of the change `id`.
    fn standing_on(&self, id: i64, later: &Later) -> Result<BTreeSet<i64>> {
        if later.standing.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut touched = Ranges::new();
        self.entries_in(self.span(id, id)?, |entry| {
            touched.entry(entry.entity.noun).or_default().push((entry.first, entry.last));
            Ok(ControlFlow::Continue(()))
        })?;
        for ranges in touched.values_mut() {
            merge(ranges);
        }
        let mut standing = BTreeSet::new();
        self.entries_in(self.span_behind(id)?, |entry| {
            if later.standing.contains(&entry.change)
                && touched.get(entry.entity.noun).is_some_and(|ranges| overlaps(ranges, entry.first, entry.last))
            {
                standing.insert(entry.change);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(standing)
    }

    /// The later changes that refer to records which are gone now, or took away what others refer to again.
    fn dangling(&self, gone: &Ranges, back: &[(&'static Entity, i64)], later: &Later) -> Result<BTreeSet<i64>> {
        let mut standing = BTreeSet::new();
        for (noun, ranges) in gone {
            for reference in self.catalog().back_references(self.catalog().of(noun)) {
                for (first, last) in ranges {
                    let (column, table, id) = (reference.column, reference.entity.table, reference.entity.id);
                    let mut binds = vec![Bind::Integer(*first), Bind::Integer(*last)];
                    let only = reference.noun.map_or_else(String::new, |(column, noun)| {
                        binds.push(Bind::Text(noun));
                        format!(" AND {column} = $3")
                    });
                    let sql = format!(
                        "SELECT {id} FROM {table} WHERE {column} BETWEEN $1 AND $2{only} ORDER BY {column}, {id} \
                         LIMIT {LISTED}"
                    );
                    let mut found = Vec::new();
                    self.connection.rows(&sql, &binds, |row| {
                        found.push(row.id(0)?);
                        Ok(ControlFlow::Continue(()))
                    })?;
                    for referring in found {
                        standing.extend(self.last_standing(reference.entity, referring, later)?);
                    }
                }
            }
        }
        for (entity, id) in back {
            let Some(record) = self.record(entity, *id)? else { continue };
            for (target, referred) in references(self, entity, &record.values) {
                if self.record(target, referred)?.is_none() {
                    standing.extend(self.last_standing(target, referred, later)?);
                }
            }
        }
        Ok(standing)
    }

    /// The last later change of a record, that is not cancelled.
    fn last_standing(&self, entity: &'static Entity, id: i64, later: &Later) -> Result<Option<i64>> {
        let entries = self.entries_about(entity, id)?;
        let standing = entries.iter().rev().map(|entry| entry.change).find(|change| later.standing.contains(change));
        Ok(standing.or_else(|| entries.last().map(|entry| entry.change)))
    }

    fn refused(&self, id: i64, standing: &BTreeSet<i64>) -> Result<Error> {
        let mut lines = Vec::new();
        for change in standing.iter().rev().take(LISTED) {
            let change = self.change(*change)?;
            let by = change.by().map_or(String::new(), |by| format!(" {}", shown::shown(by)));
            let message = change.origin.message.as_deref().map_or(String::new(), |text| format!(" ({text})"));
            let command = shown::shown(&change.origin.command).into_owned();
            lines.push(format!("{} {}{by}: {command}{}", change.id, change.at, shown::shown(&message)));
        }
        if standing.len() > LISTED {
            lines.push(format!("and {} more", standing.len() - LISTED));
        }
        let later = match (standing.len(), standing.first()) {
            (1, Some(change)) => format!("change {change}"),
            (count, _) => format!("{count} later changes"),
        };
        Ok(Error::conflict(format!("cannot undo change {id}: {later} modified the same records")).details(lines).help(
            "undo the later changes first, from the latest on, or pass --force to undo only the fields that have \
                not changed since",
        ))
    }
}

/// Returns true if the inverse of an entry sets a reference.
fn refers_anew(entry: &Entry) -> bool {
    entry
        .old_values()
        .iter()
        .any(|(_, value)| matches!(value, Value::Integer(_) | Value::Quantity(..) | Value::Record(..)))
}

/// Turns an error of the inverse into the error of the undo.
fn undo_error(id: i64, error: Error) -> Error {
    if !error.kind().is_conflict() {
        return error;
    }
    Error::conflict(format!("cannot undo change {id}: {}", error.message()))
        .help("rename or remove that record first, or pass --force to undo only the fields that have not changed since")
}

/// Sorts ranges and joins those that touch each other.
fn merge(ranges: &mut Vec<(i64, i64)>) {
    ranges.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges.drain(..) {
        match merged.last_mut() {
            Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    *ranges = merged;
}

/// Returns true if one of the merged ranges has an id from `first` to `last`.
fn overlaps(ranges: &[(i64, i64)], first: i64, last: i64) -> bool {
    let place = ranges.partition_point(|(_, end)| *end < first);
    ranges.get(place).is_some_and(|(start, _)| *start <= last)
}
