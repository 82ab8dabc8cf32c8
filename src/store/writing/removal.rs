//! What goes along when records are removed, what is only let go, and what forbids it.

use crate::catalog::{BackReference, Entity, OnRemove};
use crate::error::{Error, Result};
use crate::store::reading::reader::Reader;
use crate::store::writing::change::{Change, Effect};
use crate::store::writing::writer::Writer;
use crate::value::{Value, shown};
use std::collections::{BTreeMap, BTreeSet};

/// How many records that are still needed are told of.
const TOLD: usize = 10;

/// A record that is still needed, and the records of each noun that need it.
type Needed = (&'static Entity, i64, Vec<(&'static Entity, BTreeSet<i64>)>);

/// A removal that has been thought through: nothing forbids it.
#[derive(Debug, Default)]
pub struct Removal {
    gone: BTreeMap<&'static str, BTreeSet<i64>>,
    released: Vec<(&'static Entity, &'static str, i64)>,
    named: usize,
    noun: &'static str,
}

impl Removal {
    /// Thinks through the removal of the records `ids` of `entity`; with `recursive`, of what needs them too.
    ///
    /// # Errors
    /// Others need them: a conflict with a count of each.
    pub fn plan(reader: &Reader<'_>, entity: &'static Entity, ids: &[i64], recursive: bool) -> Result<Self> {
        let mut removal = Self { named: ids.len(), noun: entity.noun, ..Self::default() };
        let mut waiting: Vec<(&'static Entity, i64)> = ids.iter().map(|id| (entity, *id)).collect();
        let mut holding: Vec<(&'static Entity, i64, BackReference, Vec<i64>)> = Vec::new();
        while let Some((holder, id)) = waiting.pop() {
            if !removal.gone.entry(holder.noun).or_default().insert(id) {
                continue;
            }
            for reference in reader.catalog().back_references(holder) {
                let referring = reader.referring(reference.entity, reference.column, id)?;
                if referring.is_empty() {
                    continue;
                }
                match (reference.on_remove, recursive) {
                    (OnRemove::Follow, _) | (OnRemove::Refuse | OnRemove::Release, true) => {
                        waiting.extend(referring.into_iter().map(|id| (reference.entity, id)));
                    }
                    (OnRemove::Release, false) | (OnRemove::Unset, true) => {
                        let released = referring.into_iter().map(|id| (reference.entity, reference.field.name, id));
                        removal.released.extend(released);
                    }
                    (OnRemove::Refuse | OnRemove::Unset, false) | (OnRemove::Keep, _) => {
                        holding.push((holder, id, reference, referring));
                    }
                }
            }
        }
        removal.released.retain(|(entity, _, id)| !is_gone(&removal.gone, entity, *id));
        removal.refuse(reader, holding)?;
        Ok(removal)
    }

    /// Fails where records that stay still need ones that would go.
    fn refuse(&self, reader: &Reader<'_>, holding: Vec<(&'static Entity, i64, BackReference, Vec<i64>)>) -> Result<()> {
        let mut told: Vec<Needed> = Vec::new();
        let (mut kept, mut held) = (false, false);
        for (holder, id, reference, referring) in holding {
            let staying = referring.into_iter().filter(|id| !is_gone(&self.gone, reference.entity, *id));
            let staying: BTreeSet<i64> = staying.collect();
            if staying.is_empty() {
                continue;
            }
            kept |= reference.on_remove == OnRemove::Keep;
            held |= reference.on_remove == OnRemove::Refuse;
            let known = told.iter().position(|(entity, known, _)| entity.noun == holder.noun && *known == id);
            let place = known.unwrap_or_else(|| {
                told.push((holder, id, Vec::new()));
                told.len() - 1
            });
            let counts = &mut told[place].2;
            match counts.iter_mut().find(|(entity, _)| entity.noun == reference.entity.noun) {
                // A record that needs it twice, by two of its fields, is one record.
                Some((_, known)) => known.extend(staying),
                None => counts.push((reference.entity, staying)),
            }
        }
        let mut sentences = Vec::new();
        for (entity, id, counts) in told.iter().take(TOLD) {
            let (name, _) = reader.name_and_parent(entity, *id)?;
            let name = shown::shown(&name);
            let counts: Vec<String> = counts.iter().map(|(entity, ids)| entity.counted(ids.len())).collect();
            sentences.push(format!("{} {name} still has {}", entity.labels.0, listed(&counts)));
        }
        if told.len() > TOLD {
            sentences.push(format!("and {} more", told.len() - TOLD));
        }
        if sentences.is_empty() {
            return Ok(());
        }
        let error = Error::conflict(sentences.remove(0)).details(sentences);
        Err(error.help(match (kept, held) {
            (true, _) => "give those another one first",
            (_, true) => "remove or move those first, or take them along with --recursive",
            _ => "give those another one first, or clear it in them with --recursive",
        }))
    }

    /// How many records go along that were not named, and how many only let go, in words: `2 disks`.
    #[must_use]
    pub fn along(&self, reader: &Reader<'_>) -> Vec<String> {
        let mut words = Vec::new();
        for entity in reader.catalog().entities() {
            let gone = self.gone.get(entity.noun).map_or(0, BTreeSet::len);
            let along = if entity.noun == self.noun { gone - self.named.min(gone) } else { gone };
            if along > 0 {
                words.push(entity.counted(along));
            }
        }
        words
    }

    /// How many records stay but lose what they refer to, in words: `2 ip addresses`.
    #[must_use]
    pub fn let_go(&self, reader: &Reader<'_>) -> Vec<String> {
        let mut words = Vec::new();
        for entity in reader.catalog().entities() {
            let count = self.released.iter().filter(|(released, ..)| released.noun == entity.noun).count();
            if count > 0 {
                words.push(entity.counted(count));
            }
        }
        words
    }
}

/// `12 vms and 2 storage devices`
#[must_use]
pub fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn is_gone(gone: &BTreeMap<&'static str, BTreeSet<i64>>, entity: &Entity, id: i64) -> bool {
    gone.get(entity.noun).is_some_and(|ids| ids.contains(&id))
}

impl Writer<'_> {
    /// Carries out a removal; `before` is told of each change while it can still be looked at.
    pub fn carry_out(
        &mut self,
        removal: &Removal,
        mut before: impl FnMut(&Reader<'_>, &Effect) -> Result<()>,
    ) -> Result<()> {
        for (entity, field, id) in &removal.released {
            let (Some(record), Some(place)) = (self.record(entity, *id)?, entity.position(field)) else { continue };
            let old = record.values.get(place).cloned().unwrap_or(Value::Null);
            let effect = Effect {
                action: crate::store::Action::Update,
                entity,
                id: *id,
                changed: vec![(place, old, Value::Null)],
            };
            before(self, &effect)?;
            self.apply(Change::Update { entity, before: &record, values: vec![(place, Value::Null)] })?;
        }
        let mut order = self.catalog().in_order_of_need();
        order.reverse();
        for entity in order {
            for id in removal.gone.get(entity.noun).into_iter().flatten() {
                let Some(record) = self.record(entity, *id)? else { continue };
                let effect = Effect { action: crate::store::Action::Remove, entity, id: *id, changed: Vec::new() };
                before(self, &effect)?;
                self.apply(Change::Remove { entity, before: &record })?;
            }
        }
        Ok(())
    }
}
