//! Rows of a source: each finds the record that the source means, whatever that is called by now.
//!
//! A row is about the record with its external id; else about the one with its natural key, which the source adopts. A
//! row whose record has another name or holder waits until all others are placed: only then is it certain which names
//! are free, and two records can swap theirs.

use super::rights::Standing;
use super::{Batch, Existing, cell};
use crate::catalog::source::SOURCE_RECORD;
use crate::catalog::{Field, Kind, OnRemove};
use crate::error::{Error, Result};
use crate::store::{Change, Dependents, Finder, Identifier, Match, Record, Removal, Writer, binding};
use crate::value::{Cell, Value, status};
use crate::verb::intake::{Draft, Intake, Rejected};
use crate::verb::ledger::{Deferred, Ledger};
use crate::verb::report::Report;
use std::borrow::Cow;
use std::collections::HashSet;

/// Longest name that a suffix is appended to whole, in characters.
const LONGEST: usize = 200;

/// A row whose record has another name or holder.
struct Moving {
    draft: Draft<'static>,
    /// The place of its binding.
    place: usize,
    record: i64,
    /// Name of the record in the source.
    called: Option<Value>,
    /// Record that holds it in the source.
    holder: Option<Value>,
}

/// Reason why a record gets a name that nobody else has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aside {
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
    /// Puts one row of a source in, or keeps it until [`Self::put_deferred`].
    pub(crate) fn put_sourced(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        draft: Draft<'_>,
        report: &mut Report,
    ) -> std::result::Result<(), Rejected> {
        for effect in intake.created.drain(..) {
            report.add(writer, &effect)?;
        }
        let reused = self.ledger.as_ref().and_then(|ledger| ledger.reused(draft.identifier()));
        if let Some(place) = reused.filter(|_| self.existing == Existing::Update) {
            self.replace(writer, place, &draft, report)?;
        }
        let found = self.find(writer, &draft.cells)?;
        let entity = self.entity;
        let Some(ledger) = &mut self.ledger else { return Ok(()) };
        ledger.describe(entity, &draft.cells);
        let own = draft.external_id.as_deref().and_then(|id| ledger.bindings.of_external_id(id));
        let record = |place| ledger.bindings.get(place).map(|binding| binding.record);
        let keyed = found.as_ref().and_then(|found| ledger.bindings.of_record(found.id()));
        let place = match (own, keyed) {
            (Some(own), _) if record(own) == found.as_ref().map(Match::id) => Some(own),
            (Some(own), _) => {
                ledger.deferred.push(Deferred { draft: draft.into_owned(), binding: Some(own) });
                return Ok(());
            }
            (None, Some(keyed)) => {
                let has_other_id = ledger.bindings.get(keyed).is_some_and(|other| other.external_id.is_some());
                if has_other_id && draft.external_id.is_some() {
                    ledger.deferred.push(Deferred { draft: draft.into_owned(), binding: None });
                    return Ok(());
                }
                Some(keyed)
            }
            (None, None) => None,
        };
        self.put_bound(writer, intake, place, found, draft, report)
    }

    /// Marks a record as missing whose external id a row has for another record, and frees its name for that one.
    fn replace(&mut self, writer: &mut Writer<'s>, place: usize, draft: &Draft<'_>, report: &mut Report) -> Result<()> {
        let (entity, Some(ledger)) = (self.entity, &mut self.ledger) else { return Ok(()) };
        let Some(bound) = ledger.bindings.get(place).cloned() else { return Ok(()) };
        ledger.bindings.replace(place);
        report.add_word(writer, "replaced", entity, bound.record)?;
        self.tally.replaced += 1;
        // Its id is the other record's; the binding itself stays, so that the record counts as missing and not as new.
        let id = format!("{} (replaced {})", bound.external_id.as_deref().unwrap_or_default(), bound.id);
        writer.rebind(bound.id, vec![("external-id", Cell::Text(id.into()))])?;
        if !bound.is_missing {
            writer.mark_missing(bound.id)?;
        }
        if self.find(writer, &draft.cells)?.is_some_and(|found| found.id() == bound.record) {
            self.step_aside(writer, bound.record, Aside::Missing, report)?;
            self.finder = Finder::new(entity);
        }
        Ok(())
    }

    /// Puts one row in, where `found` is the record that it is about, and `place` the place of its binding.
    fn put_bound(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        place: Option<usize>,
        found: Option<Match>,
        draft: Draft<'_>,
        report: &mut Report,
    ) -> std::result::Result<(), Rejected> {
        let (external_id, second_fact) = (draft.external_id.clone(), draft.second_fact.clone());
        let (external_id, second_fact) = (external_id.map(Cow::into_owned), second_fact.map(Cow::into_owned));
        let existed = found.is_some();
        let mut draft = draft;
        if let Some(Match::Other(record)) = &found
            && self.existing == Existing::Update
        {
            let standing = self.standing(place, record.id);
            self.rightful(writer, record, standing, &mut draft, report)?;
        }
        let id = self.put_at(writer, intake, found, draft, report)?;
        let (entity, Some(ledger)) = (self.entity, &mut self.ledger) else { return Ok(()) };
        let Some(place) = place else {
            let identifier = Identifier { external_id: external_id.as_deref(), second_fact: second_fact.as_deref() };
            let values = binding(ledger.source, entity, id, identifier);
            writer.apply(Change::Create { entity: &SOURCE_RECORD, values })?;
            if existed {
                self.tally.adopted += 1;
                report.add_word(writer, "adopt", entity, id)?;
            }
            return Ok(());
        };
        ledger.see(writer, place)?;
        let Some(bound) = ledger.bindings.get(place) else { return Ok(()) };
        let facts = [
            ("external-id", external_id, bound.external_id.as_deref()),
            ("second-fact", second_fact, bound.second_fact.as_deref()),
        ];
        let values = facts.into_iter().filter_map(|(field, fact, old)| {
            let fact = fact.filter(|fact| old != Some(fact.as_str()))?;
            Some((field, Cell::Text(fact.into())))
        });
        let values: Vec<(&str, Cell<'_>)> = values.collect();
        if !values.is_empty() {
            writer.rebind(bound.id, values)?;
        }
        Ok(())
    }

    /// Relation of the source to the record `id`, whose binding is at `place`.
    fn standing(&self, place: Option<usize>, id: i64) -> Standing {
        let is_named = self.ledger.as_ref().is_some_and(|ledger| ledger.adopted.contains(&id));
        if place.is_some() && !is_named { Standing::Bound } else { Standing::Adopted }
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
        let Some(ledger) = &mut self.ledger else { return Ok(Vec::new()) };
        let deferred = std::mem::take(&mut ledger.deferred);
        let mut faulty = Vec::new();
        let (bound, others): (Vec<Deferred>, Vec<Deferred>) =
            deferred.into_iter().partition(|row| row.binding.is_some());
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
                writer.at_line(line);
                if let Err(rejected) = self.move_to_row(writer, intake, &before, holder, row, report) {
                    faulty.push((line, faults_of(rejected)?));
                }
            }
            if left.len() == count
                && let Some(row) = left.first_mut()
            {
                self.step_aside(writer, row.record, Aside::Moving, report)?;
                // A row that gives its record no other name gives it its own back.
                let slot = self.entity.naming().next().and_then(|field| self.entity.position(field.name));
                if let (Some(slot), Some(name)) =
                    (slot.and_then(|place| row.draft.cells.get_mut(place)), self.aside.get(&row.record))
                    && slot.is_none()
                {
                    *slot = Some(name.clone());
                }
            }
            moving = left;
        }
        self.finder = Finder::new(self.entity);
        for row in others {
            let line = row.draft.line;
            writer.at_line(line);
            let found = self.find(writer, &row.draft.cells)?;
            let keyed = found.as_ref().map(Match::id);
            // Whoever has the key and is in no other row was replaced by this one.
            let place = self.ledger.as_ref().and_then(|ledger| {
                let id = keyed.filter(|id| ledger.lacks(*id))?;
                ledger.bindings.of_record(id)
            });
            if let Err(rejected) = self.put_bound(writer, intake, place, found, row.draft, report) {
                faulty.push((line, faults_of(rejected)?));
            }
        }
        Ok(faulty)
    }

    /// Makes a row ready to move its record: takes the cells out that others decide, the name and the holder among them.
    fn moving(&mut self, writer: &mut Writer<'_>, row: Deferred, report: &mut Report) -> Result<Option<Moving>> {
        let (entity, Some(ledger)) = (self.entity, &mut self.ledger) else { return Ok(None) };
        let Some(place) = row.binding else { return Ok(None) };
        // What a row that waits is about is not missing, and gives its name up to nobody but by moving on.
        ledger.see(writer, place)?;
        let Some(record) = ledger.bindings.get(place).map(|binding| binding.record) else { return Ok(None) };
        let Some(before) = writer.record(entity, record)? else { return Ok(None) };
        let mut draft = row.draft;
        let own = |field: Option<&Field>| {
            field.and_then(|field| cell(entity, &draft.cells, field.name)).cloned().map(Cell::into_owned)
        };
        let (called, holder) = (own(entity.naming().next()), own(entity.parent_field()));
        if self.existing == Existing::Update {
            let standing = self.standing(Some(place), record);
            self.rightful(writer, &before, standing, &mut draft, report)?;
        }
        Ok(Some(Moving { draft, place, record, called, holder }))
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
        let Moving { mut draft, place, record, called, holder: above } = row;
        if let Some(holder) = holder {
            if self.ledger.as_ref().is_some_and(|ledger| ledger.lacks(holder)) {
                self.step_aside(writer, holder, Aside::Missing, report)?;
            } else {
                let keys = entity.keys.iter().flat_map(|key| key.iter());
                for place in keys.filter_map(|name| entity.position(name)) {
                    self.hold(writer, before, place, &mut draft, report)?;
                }
            }
        }
        let changed = self.tally.changed;
        self.put_bound(writer, intake, Some(place), Some(Match::Other(before.clone())), draft, report)?;
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
        // Further rows call the record by the source's name for it, whatever the inventory calls it.
        let is_there = |field: Option<&Field>, cell: &Option<Value>| {
            field.is_none_or(|field| cell.as_ref() == Some(after.value(entity, field.name)))
        };
        if !(is_there(name, &called) && is_there(parent, &above))
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
    fn step_aside(&mut self, writer: &mut Writer<'_>, id: i64, why: Aside, report: &mut Report) -> Result<()> {
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

    /// The places of the bindings of records that the source lacks, where it tells of the others; `gone` has those of
    /// the noun that holds them.
    pub(crate) fn lacking(&self, writer: &Writer<'_>, gone: &HashSet<i64>) -> Result<Vec<usize>> {
        let Some(ledger) = &self.ledger else { return Ok(Vec::new()) };
        let parent = self.entity.parent_field();
        let mut lacking = Vec::new();
        for place in ledger.unseen() {
            let Some(bound) = ledger.bindings.get(place) else { continue };
            let is_lacking = if bound.external_id.is_some() {
                ledger.has_rows()
            } else {
                self.lacks_part(writer, ledger, bound.record, parent, gone)?
            };
            if is_lacking {
                lacking.push(place);
            }
        }
        Ok(lacking)
    }

    /// Returns whether the source lacks a record that it has no id for. What holds it must be in the file with other
    /// parts of it: a file that tells of none, as of a VM that is off, does not say that they are gone. What is part of a
    /// record that is gone goes along with it.
    fn lacks_part(
        &self,
        writer: &Writer<'_>,
        ledger: &Ledger,
        id: i64,
        parent: Option<&Field>,
        gone: &HashSet<i64>,
    ) -> Result<bool> {
        let Some(parent) = parent else { return Ok(ledger.has_rows()) };
        let Some(record) = writer.record(self.entity, id)? else { return Ok(false) };
        let Cell::Integer(holder) = record.value(self.entity, parent.name) else { return Ok(false) };
        let is_left_behind = matches!(parent.kind, Kind::Reference { on_remove: OnRemove::Release, .. });
        Ok(ledger.describes(*holder) || (is_left_behind && gone.contains(holder)))
    }

    /// The records of bindings.
    pub(crate) fn records_of(&self, places: &[usize]) -> Vec<i64> {
        let bound = |place: &usize| self.ledger.as_ref()?.bindings.get(*place).map(|binding| binding.record);
        places.iter().filter_map(bound).collect()
    }

    /// Marks records that the source lacks as missing.
    pub(crate) fn mark_missing(
        &mut self,
        writer: &mut Writer<'_>,
        places: &[usize],
        report: &mut Report,
    ) -> Result<()> {
        let Some(ledger) = &self.ledger else { return Ok(()) };
        for bound in places.iter().filter_map(|place| ledger.bindings.get(*place)) {
            report.add_word(writer, "missing", self.entity, bound.record)?;
            if !bound.is_missing {
                self.tally.missing += 1;
                writer.mark_missing(bound.id)?;
            }
        }
        Ok(())
    }

    /// Removes records that the source lacks; one that another source still has is unbound, and one that others need
    /// stays. Returns a sentence for each that stays.
    pub(crate) fn remove_lacking(
        &mut self,
        writer: &mut Writer<'_>,
        places: &[usize],
        report: &mut Report,
    ) -> Result<Vec<String>> {
        let Some(ledger) = &self.ledger else { return Ok(Vec::new()) };
        let (mut gone, mut sentences) = (Vec::new(), Vec::new());
        for bound in places.iter().filter_map(|place| ledger.bindings.get(*place)) {
            if writer.is_known_elsewhere(ledger.source, self.entity, bound.record)? {
                writer.unbind(bound.id)?;
            } else {
                gone.push((bound.record, bound.id, bound.is_missing));
            }
        }
        let ids: Vec<i64> = gone.iter().map(|(record, ..)| *record).collect();
        let is_free = Removal::plan(writer, self.entity, &ids, Dependents::Refuse).is_ok();
        if is_free {
            self.prune(writer, &ids, report)?;
            return Ok(sentences);
        }
        for (record, binding, is_missing) in gone {
            match Removal::plan(writer, self.entity, &[record], Dependents::Refuse) {
                Ok(_) => self.prune(writer, &[record], report)?,
                Err(error) => {
                    sentences.push(format!("kept, because {}", error.message()));
                    if !is_missing {
                        writer.mark_missing(binding)?;
                    }
                }
            }
        }
        Ok(sentences)
    }

    /// Gives the status `retired` to records that the source lacks, if the noun has a status.
    pub(crate) fn retire(&mut self, writer: &mut Writer<'_>, records: &[i64], report: &mut Report) -> Result<()> {
        let Some(place) = self.entity.fields.iter().position(|field| field.kind == Kind::Status) else {
            return Ok(());
        };
        for id in records {
            let Some(before) = writer.record(self.entity, *id)? else { continue };
            let values = vec![(place, Cell::Text(status::RETIRED.into()))];
            let effect = writer.apply(Change::Update { entity: self.entity, before: &before, values })?;
            report.add(writer, &effect)?;
        }
        Ok(())
    }
}

/// Returns the faults of a row; what ends the command is an error.
fn faults_of(rejected: Rejected) -> Result<Vec<Error>> {
    match rejected {
        Rejected::Command(error) => Err(error),
        Rejected::Row(faults) => Ok(faults),
    }
}
