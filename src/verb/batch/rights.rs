//! Rights of a source to the fields of a record: a field that a person decides, or a source of higher rank, is held.

use super::{Batch, Existing};
use crate::catalog::{Entity, Field, Kind, Rule};
use crate::error::Result;
use crate::store::{Match, Owner, Record, Writer};
use crate::value::{Cell, status};
use crate::verb::intake::Draft;
use crate::verb::report::{Held, Report};
use std::ops::ControlFlow;

/// Relation of a source to a record that a row of it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The source made or adopted the record before.
    Bound,
    /// The source adopts it now.
    Adopted,
}

/// Treatment of a value that the source has and the record has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// The source writes it.
    Write,
    /// The source writes it, and decides the field although it is not the first.
    Lend,
    /// The source writes it, and takes the field from one of lower rank.
    Take,
    /// The record keeps its own, and the difference is told.
    Hold,
    /// The same, and the field is a person's from now on.
    Claim,
    /// The record keeps its own: the field is a person's by nature.
    Leave,
}

impl Batch<'_> {
    /// Takes what the source has no right to write out of a draft about the record `found`, which it returns.
    pub(super) fn rightful_to(
        &mut self,
        writer: &mut Writer<'_>,
        found: Option<Match>,
        standing: Standing,
        draft: &mut Draft<'_>,
        report: &mut Report,
    ) -> Result<Option<Match>> {
        let record = match found {
            Some(Match::Other(record)) => Some(record),
            // Of a record that it shares, a source may decide other fields than before.
            Some(Match::Same(id)) if self.ledger.as_ref().is_some_and(|ledger| ledger.inferior(id).is_some()) => {
                writer.record(self.entity, id)?
            }
            found => return Ok(found),
        };
        if let Some(record) = &record {
            self.rightful(writer, record, standing, draft, report)?;
        }
        Ok(record.map(Match::Other))
    }

    /// Takes the cells and items out of a draft that the source has no right to write.
    pub(super) fn rightful(
        &mut self,
        writer: &mut Writer<'_>,
        record: &Record,
        standing: Standing,
        draft: &mut Draft<'_>,
        report: &mut Report,
    ) -> Result<()> {
        if self.ledger.is_none() || self.existing != Existing::Update {
            return Ok(());
        }
        self.leave_to_others(writer, record, draft)?;
        self.rightful_items(writer, record.id, draft)?;
        for (place, _, may_clear) in self.excluded(record, draft) {
            if !may_clear {
                self.hold(writer, record, place, draft, report)?;
            }
        }
        let entity = self.entity;
        let mut typed = None;
        // A record that is adopted under another name goes where the source has it.
        let is_place = |field: &Field| entity.is_naming(field.name) || entity.parent == Some(field.name);
        for ((place, field), current) in entity.fields.iter().enumerate().zip(&record.values) {
            let Some(slot) = draft.cells.get_mut(place) else { continue };
            let Some(offered) = slot else { continue };
            // A name that the record has only while others move is nobody's.
            if self.aside.contains_key(&record.id) && entity.is_naming(field.name) {
                continue;
            }
            let right = self.right(record, field, current, offered);
            if offered == current {
                // The source has a value of its own for the field from now on.
                if right == Right::Take && *offered != Cell::Null {
                    writer.release_field(entity, record.id, field.name)?;
                }
                continue;
            }
            let right = match right {
                Right::Write if standing == Standing::Adopted && !is_empty(field, current) && !is_place(field) => {
                    let typed = match &typed {
                        Some(typed) => typed,
                        None => typed.insert(writer.typed_fields(entity, record.id)?),
                    };
                    if typed.contains(&field.name) { Right::Claim } else { Right::Write }
                }
                right => right,
            };
            let offer = match (right, slot.as_ref()) {
                (Right::Hold | Right::Claim, Some(offered)) => writer.shown(field, offered)?,
                _ => None,
            };
            match right {
                Right::Hold | Right::Claim => self.hold(writer, record, place, draft, report)?,
                Right::Leave => *slot = None,
                Right::Write | Right::Lend | Right::Take => {}
            }
            match (right, &self.ledger) {
                (Right::Claim, _) => writer.give_field(entity, record.id, field.name, Owner::Person)?,
                (Right::Lend, Some(ledger)) => {
                    writer.give_field(entity, record.id, field.name, Owner::Source(ledger.source))?;
                }
                (Right::Take, _) => drop(writer.release_field(entity, record.id, field.name)?),
                _ => {}
            }
            if let (Some(offer), Some(ledger)) = (offer, &self.ledger) {
                let decider = match (right, ledger.superior(record.id)) {
                    (Right::Hold, Some(superior)) => Owner::Source(superior),
                    _ => Owner::Person,
                };
                writer.note_offer((entity, record.id, field.name), decider, (ledger.source, &offer))?;
            }
        }
        for (_, place, _) in self.excluded(record, draft) {
            if let Some(field) = entity.fields.get(place) {
                draft.set(place, Cell::Null);
                writer.release_field(entity, record.id, field.name)?;
            }
        }
        Ok(())
    }

    /// The places of fields that a draft gives a record, each with that of a field which excludes it and which the
    /// record has, and whether the source may clear that one.
    fn excluded(&self, record: &Record, draft: &Draft<'_>) -> Vec<(usize, usize, bool)> {
        let (entity, Some(ledger)) = (self.entity, &self.ledger) else { return Vec::new() };
        let mut found = Vec::new();
        for (own, other) in pairs(entity) {
            let (Some(place), Some(other_place)) = (entity.position(own), entity.position(other)) else { continue };
            if gives(draft, place) && !gives(draft, other_place) && *record.value(entity, other) != Cell::Null {
                let may_clear = match ledger.owner(record.id, other) {
                    Some(Owner::Person) => false,
                    owner => ledger.superior(record.id).is_none() || owner == Some(Owner::Source(ledger.source)),
                };
                found.push((place, other_place, may_clear));
            }
        }
        found
    }

    /// Lets the next source that knows a record decide the fields that this one decides and has no value for.
    fn leave_to_others(&self, writer: &mut Writer<'_>, record: &Record, draft: &Draft<'_>) -> Result<()> {
        let (entity, Some(ledger)) = (self.entity, &self.ledger) else { return Ok(()) };
        let Some(inferior) = ledger.inferior(record.id) else { return Ok(()) };
        for ((place, field), current) in entity.fields.iter().enumerate().zip(&record.values) {
            let mut excluded_by = pairs(entity).filter(|(_, other)| *other == field.name);
            let is_excluded = excluded_by.any(|(own, _)| entity.position(own).is_some_and(|at| gives(draft, at)));
            let has_value = gives(draft, place) || is_excluded;
            let is_set_by_store = matches!(field.kind, Kind::Created | Kind::Updated);
            if has_value || is_set_by_store || entity.people.contains(&field.name) || is_empty(field, current) {
                continue;
            }
            let is_own = match ledger.owner(record.id, field.name) {
                None => ledger.superior(record.id).is_none(),
                Some(owner) => owner == Owner::Source(ledger.source),
            };
            if is_own {
                writer.give_field(entity, record.id, field.name, Owner::Source(inferior))?;
            }
        }
        Ok(())
    }

    /// Takes the items out of a draft that the source has no right to write: those of a source of higher rank, and
    /// those that belong to people, are only filled in while there are none.
    fn rightful_items(&self, writer: &Writer<'_>, id: i64, draft: &mut Draft<'_>) -> Result<()> {
        let Some(ledger) = &self.ledger else { return Ok(()) };
        for (collection, items) in std::mem::take(&mut draft.items) {
            let is_of_others = ledger.superior(id).is_some() || self.entity.people.contains(&collection.name);
            let says_nothing = items.is_empty() && ledger.inferior(id).is_some();
            let mut is_empty = true;
            if is_of_others {
                writer.each_with(
                    writer.catalog().of(collection.of),
                    &[collection.by],
                    &[&Cell::Integer(id)],
                    |_| {
                        is_empty = false;
                        Ok(ControlFlow::Break(()))
                    },
                )?;
            }
            if is_empty && !says_nothing {
                draft.items.push((collection, items));
            }
        }
        Ok(())
    }

    /// Returns whether an item of a record is not the source's to change: a person made it, or another source has it.
    pub(super) fn is_of_others(&self, writer: &Writer<'_>, entity: &'static Entity, id: i64) -> Result<bool> {
        let Some(ledger) = &self.ledger else { return Ok(false) };
        let is_known = writer.is_known_elsewhere(ledger.source, entity, id)?;
        Ok(is_known || !writer.typed_fields(entity, id)?.is_empty())
    }

    /// Takes a cell out of a draft, because the record cannot have it, and tells so.
    pub(super) fn hold(
        &mut self,
        writer: &Writer<'_>,
        record: &Record,
        place: usize,
        draft: &mut Draft<'_>,
        report: &mut Report,
    ) -> Result<()> {
        let (Some(field), Some(current)) = (self.entity.fields.get(place), record.values.get(place)) else {
            return Ok(());
        };
        let Some(offered) = draft.cells.get_mut(place).and_then(Option::take) else { return Ok(()) };
        if offered == *current {
            return Ok(());
        }
        let difference = Held { entity: self.entity, id: record.id, field, current, offered: &offered };
        self.tally.conflicts += 1;
        report.add_held(writer, &difference)?;
        self.conflicts.extend((self.conflicts.len() < super::NAMED).then(|| difference.sentence(writer)).transpose()?);
        Ok(())
    }

    /// The right of the source to give a field of a record the value `offered` in place of the `current` one.
    fn right(&self, record: &Record, field: &Field, current: &Cell<'_>, offered: &Cell<'_>) -> Right {
        let Some(ledger) = &self.ledger else { return Right::Write };
        let is_empty = is_empty(field, current);
        if self.entity.people.contains(&field.name) && !is_empty {
            return Right::Leave;
        }
        let is_outranked = ledger.superior(record.id).is_some();
        let owner = ledger.owner(record.id, field.name);
        let is_own = owner == Some(Owner::Source(ledger.source));
        match owner {
            Some(Owner::Person) => Right::Hold,
            // Where another source knows the record, an empty cell is no value: it takes none from the other.
            _ if *offered == Cell::Null && (ledger.inferior(record.id).is_some() || (is_outranked && !is_own)) => {
                Right::Leave
            }
            Some(Owner::Source(_)) if is_own => Right::Write,
            Some(Owner::Source(owner)) if is_outranked && ledger.is_superior(owner) => Right::Hold,
            Some(Owner::Source(_)) if is_outranked => Right::Lend,
            Some(Owner::Source(_)) => Right::Take,
            None if is_outranked && is_empty => Right::Lend,
            None if is_outranked => Right::Hold,
            None => Right::Write,
        }
    }
}

/// Returns the fields of `entity` that exclude each other, each pair both ways.
fn pairs(entity: &Entity) -> impl Iterator<Item = (&'static str, &'static str)> {
    let pair = |rule: &Rule| match *rule {
        Rule::NotBoth(one, other) => Some([(one, other), (other, one)]),
        Rule::AnyOf(_) => None,
    };
    entity.rules.iter().filter_map(pair).flatten()
}

/// Returns whether a draft gives a field a value.
fn gives(draft: &Draft<'_>, place: usize) -> bool {
    matches!(draft.cells.get(place), Some(Some(cell)) if *cell != Cell::Null)
}

/// Returns whether a field says nothing.
fn is_empty(field: &Field, current: &Cell<'_>) -> bool {
    match current {
        Cell::Null => true,
        Cell::Text(text) => field.kind == Kind::Status && *text == status::UNKNOWN,
        _ => false,
    }
}
