//! Plans a removal: dependents to delete, references to clear, and records that forbid it.

use crate::catalog::{BackReference, Entity, OnRemove};
use crate::error::{Error, Result};
use crate::store::reading::reader::Reader;
use crate::store::reading::record::Record;
use crate::store::writing::change::{Change, Effect};
use crate::store::writing::writer::Writer;
use crate::value::{Value, shown};
use std::collections::{BTreeMap, BTreeSet};

/// Most records that are still needed in a message.
const LISTED: usize = 10;

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

/// Treatment of the records that need a deleted one, beyond its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependents {
    /// Refuse the removal.
    Refuse,
    /// Delete them too.
    Delete,
}

impl Removal {
    /// Plans the removal of the records `ids` of `entity`.
    ///
    /// # Errors
    /// Others need them: a conflict with a count of each.
    pub fn plan(reader: &Reader<'_>, entity: &'static Entity, ids: &[i64], dependents: Dependents) -> Result<Self> {
        let mut removal = Self { named: ids.len(), noun: entity.noun, ..Self::default() };
        let mut waiting: Vec<(&'static Entity, i64)> = ids.iter().map(|id| (entity, *id)).collect();
        let mut holding: Vec<(&'static Entity, i64, BackReference, Vec<i64>)> = Vec::new();
        while let Some((holder, id)) = waiting.pop() {
            if !removal.gone.entry(holder.noun).or_default().insert(id) {
                continue;
            }
            for reference in reader.catalog().back_references(holder) {
                let referring = reader.referring(&reference, id)?;
                if referring.is_empty() {
                    continue;
                }
                match (reference.on_remove, dependents == Dependents::Delete) {
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
        removal.released.sort_by_key(|(_, _, id)| *id);
        removal.refuse(reader, holding)?;
        Ok(removal)
    }

    /// Fails if records that stay still need ones that would be deleted.
    fn refuse(&self, reader: &Reader<'_>, holding: Vec<(&'static Entity, i64, BackReference, Vec<i64>)>) -> Result<()> {
        let mut needed: Vec<Needed> = Vec::new();
        let (mut is_kept, mut is_refused) = (false, false);
        for (holder, id, reference, referring) in holding {
            let staying = referring.into_iter().filter(|id| !is_gone(&self.gone, reference.entity, *id));
            let staying: BTreeSet<i64> = staying.collect();
            if staying.is_empty() {
                continue;
            }
            is_kept |= reference.on_remove == OnRemove::Keep;
            is_refused |= reference.on_remove == OnRemove::Refuse;
            let place = needed.iter().position(|(entity, other, _)| entity.noun == holder.noun && *other == id);
            let place = place.unwrap_or_else(|| {
                needed.push((holder, id, Vec::new()));
                needed.len() - 1
            });
            let counts = &mut needed[place].2;
            match counts.iter_mut().find(|(entity, _)| entity.noun == reference.entity.noun) {
                // A record that needs it by two of its fields counts once.
                Some((_, ids)) => ids.extend(staying),
                None => counts.push((reference.entity, staying)),
            }
        }
        let mut sentences = Vec::new();
        for (entity, id, counts) in needed.iter().take(LISTED) {
            let (name, _) = reader.name_and_parent(entity, *id)?;
            let name = shown::shown(&name);
            let counts: Vec<String> = counts.iter().map(|(entity, ids)| entity.counted(ids.len())).collect();
            sentences.push(format!("{} {name} still has {}", entity.labels.0, listed(&counts)));
        }
        if needed.len() > LISTED {
            sentences.push(format!("and {} more", needed.len() - LISTED));
        }
        if sentences.is_empty() {
            return Ok(());
        }
        let error = Error::in_use(sentences.remove(0)).details(sentences);
        Err(error.help(match (is_kept, is_refused) {
            (true, _) => "change those references first",
            (_, true) => "remove or move those first, or pass --recursive to remove them too",
            _ => "change those references first, or pass --recursive to clear them",
        }))
    }

    /// Counts of the dependents that are deleted too, in words: `2 disks`.
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

    /// Counts of the records that stay but lose a reference, in words: `2 ip addresses`.
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
    /// Carries out a removal. Calls `before` with each effect before it is written.
    pub fn carry_out(
        &mut self,
        removal: &Removal,
        mut before: impl FnMut(&Reader<'_>, &Effect) -> Result<()>,
    ) -> Result<()> {
        for (entity, field, id) in &removal.released {
            let (Some(record), Some(place)) = (self.record(entity, *id)?, entity.position(field)) else { continue };
            let Some(values) = self.values_without(entity, &record, place)? else {
                let effect = Effect { action: crate::store::Action::Remove, entity, id: *id, changed: Vec::new() };
                before(self, &effect)?;
                self.apply(Change::Remove { entity, before: &record })?;
                continue;
            };
            let old = |place: &usize| record.values.get(*place).cloned().unwrap_or(Value::Null);
            let changed = values.iter().map(|(place, new)| (*place, old(place), new.clone())).collect();
            let effect = Effect { action: crate::store::Action::Update, entity, id: *id, changed };
            before(self, &effect)?;
            self.apply(Change::Update { entity, before: &record, values })?;
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

    /// Returns the values that `record` changes to if it loses the reference at `place`; `None` if it goes altogether.
    /// Without the reference its key may be that of another record: an address that two deleted VMs had in one VLAN is
    /// free once. What the other record has already is cleared, and a record that is left without a name goes.
    fn values_without(
        &self,
        entity: &'static Entity,
        record: &Record,
        place: usize,
    ) -> Result<Option<Vec<(usize, Value)>>> {
        let mut after = record.values.clone();
        let mut changed = Vec::new();
        let mut clear = |place: usize, after: &mut Vec<Value>| {
            after[place] = Value::Null;
            changed.push((place, Value::Null));
        };
        clear(place, &mut after);
        for key in entity.keys {
            let key = std::slice::from_ref(key);
            if self.holder_of_key(entity, Some(record.id), |place| &after[place], key)?.is_some() {
                let names = key.iter().copied().flatten().filter(|name| entity.is_naming(name));
                names.filter_map(|name| entity.position(name)).for_each(|place| clear(place, &mut after));
            }
        }
        let mut names = entity.naming().filter_map(|field| entity.position(field.name));
        if changed.len() > 1 && names.all(|place| after[place] == Value::Null) {
            return Ok(None);
        }
        changed.sort_unstable_by_key(|(place, _)| *place);
        Ok(Some(changed))
    }
}
