//! Rows about records with another name or holder: they wait until all others are placed. Only then is it certain which
//! names are free, and two records can swap theirs.

use super::rights::Standing;
use super::{Batch, Existing, cell};
use crate::catalog::Field;
use crate::error::{Error, Result};
use crate::store::{Change, Finder, Match, Record, Writer};
use crate::value::{Cell, Value};
use crate::verb::intake::{Draft, Intake, Rejected, RowId};
use crate::verb::report::Report;
use std::collections::HashSet;

/// Longest name that a suffix is appended to whole, in characters.
const LONGEST: usize = 200;

/// A row that waits until all others are placed.
#[derive(Debug)]
pub(super) struct Deferred {
    pub(super) draft: Draft<'static>,
    /// Its record, which has another name or holder by now. `None`: its key may be another row's record.
    pub(super) record: Option<i64>,
}

/// A row whose record has another name or holder.
struct Moving {
    draft: Draft<'static>,
    record: i64,
    /// Name of the record in the file.
    called: Option<Value>,
    /// Record that holds it in the file.
    holder: Option<Value>,
}

/// Faults of rows that had to wait, with their lines.
pub(crate) type Faulty = Vec<(u64, Vec<Error>)>;

impl<'s> Batch<'s> {
    /// Puts a row in that has a column `id`, or keeps it until [`Self::put_deferred`]. A row without an id waits if a
    /// record has its key: another row may give that record another one.
    pub(crate) fn put_identified(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        draft: Draft<'_>,
        report: &mut Report,
    ) -> std::result::Result<(), Rejected> {
        for effect in intake.created.drain(..) {
            report.add(writer, &effect)?;
        }
        let entity = self.entity;
        let found = match draft.id {
            RowId::Of(id) => {
                let missing = || Error::not_found(format!("id: no {} has the id {id}", entity.labels.0));
                let record = writer.record(entity, id)?.ok_or_else(missing)?;
                let after = |name: &&str| cell(entity, &draft.cells, name);
                let is_other = |name: &&str| after(name).is_some_and(|after| after != record.value(entity, name));
                if self.existing == Existing::Update && entity.keys.iter().any(|key| key.iter().any(is_other)) {
                    self.deferred.push(Deferred { draft: draft.into_owned(), record: Some(id) });
                    return Ok(());
                }
                Some(Match::Other(record))
            }
            _ => match self.find(writer, &draft.cells)? {
                Some(_) if self.existing == Existing::Update => {
                    self.deferred.push(Deferred { draft: draft.into_owned(), record: None });
                    return Ok(());
                }
                found => found,
            },
        };
        self.put_at(writer, intake, found, draft, report).map(drop)
    }

    /// Puts the rows in that had to wait. Returns the faults of those that could not be placed.
    ///
    /// # Errors
    /// What ends the command.
    pub(crate) fn put_deferred(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        report: &mut Report,
    ) -> Result<Faulty> {
        let deferred = std::mem::take(&mut self.deferred);
        if !deferred.is_empty() {
            report.tell_moves();
        }
        let mut faulty = Vec::new();
        let (bound, others): (Vec<Deferred>, Vec<Deferred>) =
            deferred.into_iter().partition(|row| row.record.is_some());
        let mut moving = Vec::new();
        for row in bound {
            moving.extend(self.moving(writer, row, report)?);
        }
        while !moving.is_empty() {
            let count = moving.len();
            let mut waiting: HashSet<i64> = moving.iter().map(|row: &Moving| row.record).collect();
            let mut left = Vec::new();
            for row in moving {
                let Some(before) = writer.record(self.entity, row.record)? else { continue };
                let holder = self.key_holder(writer, &before, &row.draft)?;
                if holder.is_some_and(|holder| waiting.contains(&holder)) {
                    left.push(row);
                    continue;
                }
                waiting.remove(&row.record);
                let line = row.draft.line;
                let put = |batch: &mut Self, writer: &mut Writer<'s>, intake: &mut Intake, report: &mut Report| {
                    batch.move_to_row(writer, intake, &before, holder, row, report)
                };
                faulty.extend(self.attempt(writer, intake, line, report, put)?);
            }
            if left.len() == count
                && let Some(row) = left.first()
            {
                self.step_aside(writer, row.record, "moving", report)?;
            }
            moving = left;
        }
        self.finder = Finder::new(self.entity);
        for row in others {
            let line = row.draft.line;
            let put = |batch: &mut Self, writer: &mut Writer<'s>, intake: &mut Intake, report: &mut Report| {
                batch.put_other(writer, intake, row.draft, report)
            };
            faulty.extend(self.attempt(writer, intake, line, report, put)?);
        }
        Ok(faulty)
    }

    /// Puts one row in that had to wait. One that cannot be placed leaves nothing behind, and its faults are returned.
    fn attempt(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        line: u64,
        report: &mut Report,
        put: impl FnOnce(&mut Self, &mut Writer<'s>, &mut Intake, &mut Report) -> std::result::Result<(), Rejected>,
    ) -> Result<Option<(u64, Vec<Error>)>> {
        writer.at_line(line);
        let (tally, mark) = (self.tally, report.mark()?);
        match writer.whole_or_nothing(|writer| put(self, writer, intake, report)) {
            Ok(()) => Ok(None),
            Err(Rejected::Command(error)) => Err(error),
            Err(Rejected::Row(faults)) => {
                intake.forget_everything();
                self.take_back(tally);
                report.back_to(mark)?;
                Ok(Some((line, faults)))
            }
        }
    }

    /// Puts a row in whose record is known by its key, once all records have theirs.
    fn put_other(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        draft: Draft<'_>,
        report: &mut Report,
    ) -> std::result::Result<(), Rejected> {
        let found = self.find(writer, &draft.cells)?;
        let keyed = found.as_ref().map(Match::id);
        // Whoever has the key and is in no other row was replaced by this one.
        let place = self.ledger.as_ref().and_then(|ledger| {
            let id = keyed.filter(|id| ledger.lacks(*id))?;
            ledger.bindings.of_record(id)
        });
        let (mut draft, standing) = (draft, Standing::of(place));
        let found = self.rightful_to(writer, found, standing, &mut draft, report)?;
        self.put_bound(writer, intake, place, found, draft, report)
    }

    /// Makes a row ready to move its record: takes the cells out that others decide, the name and the holder among them.
    fn moving(&mut self, writer: &mut Writer<'_>, row: Deferred, report: &mut Report) -> Result<Option<Moving>> {
        let entity = self.entity;
        let Some(record) = row.record else { return Ok(None) };
        if let Some(ledger) = &mut self.ledger
            && let Some(place) = ledger.bindings.of_record(record)
        {
            // What a row that waits is about is not missing, and gives its name up to nobody but by moving on.
            ledger.see(writer, place)?;
        }
        let Some(before) = writer.record(entity, record)? else { return Ok(None) };
        let mut draft = row.draft;
        let own = |field: Option<&Field>| {
            field.and_then(|field| cell(entity, &draft.cells, field.name)).cloned().map(Cell::into_owned)
        };
        let (called, holder) = (own(entity.naming().next()), own(entity.parent_field()));
        self.rightful(writer, &before, Standing::Bound, &mut draft, report)?;
        Ok(Some(Moving { draft, record, called, holder }))
    }

    /// The other record that has the key that a row gives to the record `before`.
    fn key_holder(&self, writer: &Writer<'_>, before: &Record, draft: &Draft<'_>) -> Result<Option<i64>> {
        let after = |place: usize| match draft.cells.get(place) {
            Some(Some(cell)) => cell,
            _ => before.values.get(place).unwrap_or(&Cell::Null),
        };
        Ok(writer.holder_of_key(self.entity, Some(before.id), after, self.entity.keys)?.map(|(id, _)| id))
    }

    /// Gives a record the name and the holder of its row, unless another record has those.
    fn move_to_row(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        before: &Record,
        holder: Option<i64>,
        row: Moving,
        report: &mut Report,
    ) -> std::result::Result<(), Rejected> {
        let entity = self.entity;
        let Moving { mut draft, record, called, holder: above } = row;
        if let Some(holder) = holder {
            match &self.ledger {
                // The record is refused as one that exists already.
                None => {}
                Some(ledger) if ledger.lacks(holder) => self.step_aside(writer, holder, "missing", report)?,
                Some(_) => {
                    let keys = entity.keys.iter().flat_map(|key| key.iter());
                    for place in keys.filter_map(|name| entity.position(name)) {
                        self.hold(writer, before, place, &mut draft, report)?;
                    }
                }
            }
        }
        let changed = self.tally.changed;
        let place = self.ledger.as_ref().and_then(|ledger| ledger.bindings.of_record(record));
        self.put_bound(writer, intake, place, Some(Match::Other(before.clone())), draft, report)?;
        let Some(after) = writer.record(entity, record)? else { return Ok(()) };
        let (name, parent) = (entity.naming().next(), entity.parent_field());
        let differs = |field: Option<&Field>| {
            field.is_some_and(|field| after.value(entity, field.name) != before.value(entity, field.name))
        };
        if self.tally.changed > changed {
            let counter = match (differs(parent), differs(name)) {
                (true, _) => &mut self.tally.moved,
                (false, true) => &mut self.tally.renamed,
                (false, false) => &mut self.tally.changed,
            };
            *counter += 1;
            self.tally.changed -= 1;
        }
        // Further rows call the record by the file's name for it, whatever the inventory calls it.
        let is_there = |field: Option<&Field>, cell: &Option<Value>| {
            field.is_none_or(|field| cell.as_ref() == Some(after.value(entity, field.name)))
        };
        if self.ledger.is_some()
            && !(is_there(name, &called) && is_there(parent, &above))
            && let Some(Cell::Text(called)) = &called
        {
            let above = match above {
                Some(Cell::Integer(above)) => Some(above),
                _ => None,
            };
            intake.resolver.alias(entity, above, called, record);
        }
        Ok(())
    }

    /// Gives a record a name that nobody else has, so that another one can have its own.
    fn step_aside(&mut self, writer: &mut Writer<'_>, id: i64, why: &str, report: &mut Report) -> Result<()> {
        let entity = self.entity;
        let (Some(before), Some(field)) = (writer.record(entity, id)?, entity.naming().next()) else { return Ok(()) };
        let (Cell::Text(name), Some(place)) = (before.value(entity, field.name), entity.position(field.name)) else {
            return Ok(());
        };
        let stem: String = name.chars().take(LONGEST).collect();
        for number in 1_u32.. {
            let suffix = if number == 1 { why.to_owned() } else { format!("{why} {number}") };
            let cell: Cell<'_> = Cell::Text(format!("{stem} ({suffix})").into());
            let after = |at: usize| if at == place { &cell } else { before.values.get(at).unwrap_or(&Cell::Null) };
            if writer.holder_of_key(entity, Some(id), after, entity.keys)?.is_none() {
                let values = vec![(place, cell.to_borrowed())];
                let effect = writer.apply(Change::Update { entity, before: &before, values })?;
                return report.add(writer, &effect);
            }
        }
        Ok(())
    }
}
