//! Rows of a source: each finds the record that the source means, whatever that is called by now.
//!
//! A row is about the record with its external id; else about the one with its natural key, which the source adopts.

use super::moving::{Aside, Deferred};
use super::rights::Standing;
use super::{Batch, Existing};
use crate::catalog::source::SOURCE_RECORD;
use crate::catalog::{Field, Kind, OnRemove};
use crate::error::{Error, Result};
use crate::store::{Change, Dependents, Finder, Identifier, Match, Removal, Writer, binding};
use crate::value::{Cell, shown, status};
use crate::verb::intake::{Draft, Intake, Rejected};
use crate::verb::ledger::Ledger;
use crate::verb::report::Report;
use std::borrow::Cow;
use std::collections::HashSet;

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
                self.deferred.push(Deferred { record: record(own), draft: draft.into_owned() });
                return Ok(());
            }
            (None, Some(keyed)) => {
                let has_other_id = ledger.bindings.get(keyed).is_some_and(|other| other.external_id.is_some());
                if has_other_id && draft.external_id.is_some() {
                    self.deferred.push(Deferred { record: None, draft: draft.into_owned() });
                    return Ok(());
                }
                Some(keyed)
            }
            (None, None) => None,
        };
        let (mut draft, standing) = (draft, self.standing(place, found.as_ref().map(Match::id)));
        let found = self.rightful_to(writer, found, standing, &mut draft, report)?;
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

    /// Puts one row in, where `found` is the record that it is about, and `place` the place of its binding. The cells
    /// that the source has no right to write have been taken out.
    pub(super) fn put_bound(
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
        let id = self.put_at(writer, intake, found, draft, report)?;
        let (entity, Some(ledger)) = (self.entity, &mut self.ledger) else { return Ok(()) };
        let Some(place) = place else {
            let identifier = Identifier { external_id: external_id.as_deref(), second_fact: second_fact.as_deref() };
            let values = binding(ledger.source, entity, id, identifier);
            if let Some(external_id) = &external_id {
                refuse_bound(writer, ledger.source, external_id)?;
            }
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
        let adopted = match (bound.external_id.as_deref(), values.iter().find(|(field, _)| *field == "external-id")) {
            (Some(old), Some((_, Cell::Text(new)))) => Some((old.to_owned(), new.clone().into_owned())),
            _ => None,
        };
        let (binding, record) = (bound.id, bound.record);
        if !values.is_empty() {
            writer.rebind(binding, values)?;
        }
        if let Some((old, new)) = adopted {
            // The record goes on under another id of the source: that of the row that has its name now.
            self.tally.adopted += 1;
            report.add_adopted_again(writer, (entity, record), &old, &new)?;
        }
        Ok(())
    }

    /// Relation of the source to the record `id`, whose binding is at `place`.
    pub(super) fn standing(&self, place: Option<usize>, id: Option<i64>) -> Standing {
        let is_named = |id| self.ledger.as_ref().is_some_and(|ledger| ledger.adopted.contains(&id));
        if place.is_some() && !id.is_some_and(is_named) { Standing::Bound } else { Standing::Adopted }
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
                    sentences.push(format!("skipped: {}", error.message()));
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

/// Refuses an id of a source that another record has.
fn refuse_bound(writer: &Writer<'_>, source: i64, external_id: &str) -> Result<()> {
    let key: [&Cell<'_>; 2] = [&Cell::Text(external_id.into()), &Cell::Integer(source)];
    let Some(bound) = writer.find(&SOURCE_RECORD, &["external-id", "source"], &key)? else { return Ok(()) };
    let Cell::Record(noun, id) = bound.value(&SOURCE_RECORD, "record") else { return Ok(()) };
    let entity = writer.catalog().of(noun);
    let (own, title) = (shown::quoted(external_id), writer.title(entity, *id)?);
    Err(Error::failed(format!("external-id: {own} already belongs to {} {}", entity.labels.0, shown::quoted(&title)))
        .help("an external id is unique within its source"))
}
