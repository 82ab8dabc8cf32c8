//! Rights of a source to the fields of a record: a field that a person decides, or a source of higher rank, is held.

use super::Batch;
use crate::catalog::{Field, Kind};
use crate::error::Result;
use crate::store::{Owner, Record, Writer};
use crate::value::{Cell, status};
use crate::verb::intake::Draft;
use crate::verb::report::{Held, Report};

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
    /// Takes the cells out of a draft that the source has no right to write.
    pub(super) fn rightful(
        &mut self,
        writer: &mut Writer<'_>,
        record: &Record,
        standing: Standing,
        draft: &mut Draft<'_>,
        report: &mut Report,
    ) -> Result<()> {
        let entity = self.entity;
        let mut typed = None;
        // A record that is adopted under another name goes where the source has it.
        let is_place = |field: &Field| entity.is_naming(field.name) || entity.parent == Some(field.name);
        for ((place, field), current) in entity.fields.iter().enumerate().zip(&record.values) {
            let Some(slot) = draft.cells.get_mut(place) else { continue };
            // A name that the record has only while others move is nobody's.
            let is_aside = self.aside.contains_key(&record.id) && entity.is_naming(field.name);
            if is_aside || slot.as_ref().is_none_or(|offered| offered == current) {
                continue;
            }
            let right = match self.right(record, field, current) {
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
        Ok(())
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

    /// The right of the source to give a field of a record another value than the `current` one.
    fn right(&self, record: &Record, field: &Field, current: &Cell<'_>) -> Right {
        let Some(ledger) = &self.ledger else { return Right::Write };
        let is_empty = is_empty(field, current);
        if self.entity.people.contains(&field.name) && !is_empty {
            return Right::Leave;
        }
        let is_outranked = ledger.superior(record.id).is_some();
        match ledger.owner(record.id, field.name) {
            Some(Owner::Person) => Right::Hold,
            Some(Owner::Source(owner)) if owner == ledger.source => Right::Write,
            Some(Owner::Source(_)) if is_outranked => Right::Hold,
            Some(Owner::Source(_)) => Right::Take,
            None if is_outranked && is_empty => Right::Lend,
            None if is_outranked => Right::Hold,
            None => Right::Write,
        }
    }
}

/// Returns whether a field says nothing.
fn is_empty(field: &Field, current: &Cell<'_>) -> bool {
    match current {
        Cell::Null => true,
        Cell::Text(text) => field.kind == Kind::Status && *text == status::UNKNOWN,
        _ => false,
    }
}
