//! Rows about records with another name or holder: they wait until all others are placed. Only then is it certain which
//! names are free, and two records can swap theirs.

use super::{Batch, Existing, cell};
use crate::catalog::Field;
use crate::error::{Error, Result};
use crate::store::{Change, Finder, Match, Record, Writer};
use crate::value::{Cell, Value};
use crate::verb::intake::{Draft, Intake, Rejected, RowId};
use crate::verb::report::Report;
use std::collections::{HashMap, HashSet, VecDeque};

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

/// Reason why a record gets a name that nobody else has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aside {
    /// It moves on, to a name that another record gives up.
    Moving,
    /// The source has it no more.
    Missing,
}

impl Aside {
    const fn word(self) -> &'static str {
        match self {
            Self::Moving => "moving",
            Self::Missing => "missing",
        }
    }
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

    /// Names the record of a row of a dump whose table has no names: the first of a holder is the first that was
    /// numbered, so that the same dump is about the same records again.
    pub(crate) fn named_in_order<'t>(&mut self, mut draft: Draft<'t>) -> Draft<'t> {
        let (Some(numbered), Some(parent)) = (self.entity.numbered, self.entity.parent) else { return draft };
        let place = |name: &str| self.entity.position(name);
        let cell = |name: &str| place(name).and_then(|place| draft.cells.get(place)?.as_ref());
        let Some(name) = self.entity.names.first().filter(|name| matches!(cell(name), None | Some(Cell::Null))) else {
            return draft;
        };
        if let (Some(Cell::Integer(holder)), Some(place)) = (cell(parent), place(name)) {
            let count = self.in_order.entry(*holder).or_default();
            let number = u64::from(numbered.first) + *count;
            *count += 1;
            draft.set(place, Cell::Text(format!("{}{number}", numbered.prefix).into()));
        }
        draft
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
        faulty.extend(self.move_all(writer, intake, moving, report)?);
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

    /// Moves records to the names and holders of their rows, each after the record that has them. Where records pass
    /// their names on in a circle, one makes way first.
    fn move_all(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        moving: Vec<Moving>,
        report: &mut Report,
    ) -> Result<Faulty> {
        let mut faulty = Vec::new();
        let mut waiting: HashSet<i64> = moving.iter().map(|row| row.record).collect();
        let mut ready: VecDeque<usize> = (0..moving.len()).collect();
        let mut rows: Vec<Option<Moving>> = moving.into_iter().map(Some).collect();
        // The rows that wait for a record to move, by its id.
        let mut blocked: HashMap<i64, Vec<usize>> = HashMap::new();
        let mut first = 0;
        loop {
            while let Some(index) = ready.pop_front() {
                let Some(row) = rows.get_mut(index).and_then(Option::take) else { continue };
                let record = row.record;
                if let Some(before) = writer.record(self.entity, record)? {
                    let holder = self.key_holder(writer, &before, &row.draft)?;
                    if let Some(other) = holder.filter(|holder| waiting.contains(holder)) {
                        blocked.entry(other).or_default().push(index);
                        if let Some(slot) = rows.get_mut(index) {
                            *slot = Some(row);
                        }
                        continue;
                    }
                    let line = row.draft.line;
                    let put = |batch: &mut Self, writer: &mut Writer<'s>, intake: &mut Intake, report: &mut Report| {
                        batch.move_to_row(writer, intake, &before, holder, row, report)
                    };
                    faulty.extend(self.attempt(writer, intake, line, report, put)?);
                }
                waiting.remove(&record);
                ready.extend(blocked.remove(&record).unwrap_or_default());
            }
            first += rows.iter().skip(first).take_while(|row| row.is_none()).count();
            let Some(row) = rows.get_mut(first).and_then(Option::as_mut) else { return Ok(faulty) };
            let record = row.record;
            self.step_aside(writer, record, Aside::Moving, report)?;
            // A row that gives its record no other name gives it its own back.
            let slot = self.entity.naming().next().and_then(|field| self.entity.position(field.name));
            if let (Some(slot), Some(name)) =
                (slot.and_then(|place| row.draft.cells.get_mut(place)), self.aside.get(&record))
                && slot.is_none()
            {
                *slot = Some(name.clone());
            }
            ready.extend(blocked.remove(&record).unwrap_or_default());
        }
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
        let (mut draft, standing) = (draft, self.standing(place, keyed));
        let found = self.rightful_to(writer, found, standing, &mut draft, report)?;
        self.put_bound(writer, intake, place, found, draft, report)
    }

    /// Makes a row ready to move its record: takes the cells out that others decide, the name and the holder among them.
    fn moving(&mut self, writer: &mut Writer<'_>, row: Deferred, report: &mut Report) -> Result<Option<Moving>> {
        let entity = self.entity;
        let Some(record) = row.record else { return Ok(None) };
        let place = self.ledger.as_ref().and_then(|ledger| ledger.bindings.of_record(record));
        if let (Some(ledger), Some(place)) = (&mut self.ledger, place) {
            // What a row that waits is about is not missing, and gives its name up to nobody but by moving on.
            ledger.see(writer, place)?;
        }
        let Some(before) = writer.record(entity, record)? else { return Ok(None) };
        let mut draft = row.draft;
        let own = |field: Option<&Field>| {
            field.and_then(|field| cell(entity, &draft.cells, field.name)).cloned().map(Cell::into_owned)
        };
        let (called, holder) = (own(entity.naming().next()), own(entity.parent_field()));
        let standing = self.standing(place, Some(record));
        self.rightful(writer, &before, standing, &mut draft, report)?;
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
                Some(ledger) if ledger.lacks(holder) => self.step_aside(writer, holder, Aside::Missing, report)?,
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
    pub(super) fn step_aside(
        &mut self,
        writer: &mut Writer<'_>,
        id: i64,
        why: Aside,
        report: &mut Report,
    ) -> Result<()> {
        let entity = self.entity;
        let word = why.word();
        let (Some(before), Some(field)) = (writer.record(entity, id)?, entity.naming().next()) else { return Ok(()) };
        let (Cell::Text(name), Some(place)) = (before.value(entity, field.name), entity.position(field.name)) else {
            return Ok(());
        };
        let stem: String = name.chars().take(LONGEST).collect();
        for number in 1_u32.. {
            let suffix = if number == 1 { word.to_owned() } else { format!("{word} {number}") };
            let cell: Cell<'_> = Cell::Text(format!("{stem} ({suffix})").into());
            let after = |at: usize| if at == place { &cell } else { before.values.get(at).unwrap_or(&Cell::Null) };
            if writer.holder_of_key(entity, Some(id), after, entity.keys)?.is_none() {
                let values = vec![(place, cell.to_borrowed())];
                let effect = writer.apply(Change::Update { entity, before: &before, values })?;
                if why == Aside::Moving {
                    let name = before.values.get(place).cloned().unwrap_or(Cell::Null);
                    self.aside.entry(id).or_insert(name);
                    return Ok(());
                }
                return report.add(writer, &effect);
            }
        }
        Ok(())
    }
}
