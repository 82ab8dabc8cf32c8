//! Steps of one record from its creation to the present, found by index and derived from old values.
//!
//! New values are not stored: the new value of a step is the old value of the next step, or the present value.

use super::BLOCK;
use super::action::Action;
use super::entries::Entry;
use crate::catalog::{BackReference, Entity, Field, Kind as FieldKind, OnRemove};
use crate::error::{Error, Kind, Result};
use crate::store::engine::Bind;
use crate::store::reading::reader::Reader;
use crate::value::{Value, name, shown};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// A step in the story of a record.
#[derive(Debug, Clone)]
pub struct Step {
    /// The change that it is a part of.
    pub change: i64,
    /// Its place in history, among all steps of all records.
    pub(in crate::store) entry: i64,
    /// Kind of the step.
    pub action: Action,
    /// The values before; none where the record was made.
    pub before: Option<Vec<Value>>,
    /// The values after; none where it was removed.
    pub after: Option<Vec<Value>>,
    /// The file that it came from, and the line where that is known.
    pub source: Option<(String, Option<i64>)>,
}

impl Step {
    /// Returns whether `next` is an update too, by the same change.
    #[must_use]
    pub fn continues_with(&self, next: &Self) -> bool {
        self.change == next.change && self.action == Action::Update && next.action == Action::Update
    }

    /// The fields that it changed, by their place in the catalog, with their old and new values.
    #[must_use]
    pub fn changed(&self) -> Vec<(usize, Value, Value)> {
        differences(self.before.as_deref(), self.after.as_deref())
    }
}

/// The fields that differ between two states of a record, one of which may be that there is none.
pub(in crate::store) fn differences(before: Option<&[Value]>, after: Option<&[Value]>) -> Vec<(usize, Value, Value)> {
    let count = before.or(after).map_or(0, <[Value]>::len);
    let of = |values: Option<&[Value]>, place| values.and_then(|v| v.get(place)).cloned().unwrap_or(Value::Null);
    let all = (0..count).map(|place| (place, of(before, place), of(after, place)));
    all.filter(|(_, old, new)| old != new).collect()
}

/// Change that set the value of a field.
#[derive(Debug, Clone)]
pub struct Blame {
    /// The field.
    pub field: &'static Field,
    /// Its value.
    pub value: Value,
    /// The change that gave it.
    pub change: i64,
    /// The file that it came from, and the line where that is known.
    pub source: Option<(String, Option<i64>)>,
}

impl Reader<'_> {
    /// Every entry about a record, in order.
    pub(in crate::store) fn entries_about(&self, entity: &'static Entity, id: i64) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let about = [Bind::Text(entity.noun), Bind::Integer(id)];
        self.entries("e.noun = $1 AND e.first_id = $2 AND e.last_id = e.first_id", &about, |entry| {
            entries.push(entry);
            Ok(ControlFlow::Continue(()))
        })?;
        // An entry of several records begins in the block that the id is in.
        let several = "e.noun = $1 AND e.first_id BETWEEN $2 AND $3 AND e.last_id >= $3 AND e.last_id > e.first_id";
        let binds = [Bind::Text(entity.noun), Bind::Integer(id - id % BLOCK), Bind::Integer(id)];
        self.entries(several, &binds, |entry| {
            entries.push(entry);
            Ok(ControlFlow::Continue(()))
        })?;
        entries.sort_unstable_by_key(|entry| entry.id);
        Ok(entries)
    }

    /// The story of a record, the first step first.
    pub fn story(&self, entity: &'static Entity, id: i64) -> Result<Vec<Step>> {
        let mut state = self.record(entity, id)?.map(|record| record.values);
        let mut steps = Vec::new();
        for entry in self.entries_about(entity, id)?.into_iter().rev() {
            let after = state.take();
            let before = match entry.action {
                Action::Update => after.clone().map(|mut values| {
                    for (place, value) in entry.old_values() {
                        if let Some(slot) = values.get_mut(place) {
                            *slot = value;
                        }
                    }
                    values
                }),
                Action::Remove => Some(entry.old_record()),
                Action::Create | Action::Nothing => None,
            };
            state.clone_from(&before);
            let line = entry.line_of(id);
            let source = entry.file.map(|file| (file, line));
            steps.push(Step { change: entry.change, entry: entry.id, action: entry.action, before, after, source });
        }
        steps.reverse();
        Ok(steps)
    }

    /// Each field of a record that has a value, and which change gave it.
    pub fn blame(&self, entity: &'static Entity, id: i64) -> Result<Vec<Blame>> {
        let story = self.story(entity, id)?;
        let mut blames = Vec::new();
        let Some(record) = self.record(entity, id)? else { return Ok(blames) };
        for ((place, field), value) in entity.fields.iter().enumerate().zip(record.values) {
            let gave = |step: &&Step| {
                step.action == Action::Create || step.changed().iter().any(|(changed, ..)| *changed == place)
            };
            let step = story.iter().rev().find(gave);
            blames.push(Blame {
                field,
                value,
                change: step.map(|step| step.change).unwrap_or_default(),
                source: step.and_then(|step| step.source.clone()),
            });
        }
        Ok(blames)
    }

    /// The names of the fields whose values were typed: they came last from no file, and are no time that the store set. Of
    /// what history does not know, none was.
    pub fn typed_fields(&self, entity: &'static Entity, id: i64) -> Result<Vec<&'static str>> {
        let blames = self.blame(entity, id)?.into_iter();
        let mut typed = Vec::new();
        for blame in blames.filter(|blame| blame.change > 0 && blame.source.is_none()) {
            let is_set_by_the_store = blame.field.kind == FieldKind::Created
                && self.change(blame.change).is_ok_and(|change| blame.value == Value::Text(change.at.into()));
            typed.extend((!is_set_by_the_store).then_some(blame.field.name));
        }
        Ok(typed)
    }

    /// Returns the changes of a record and of its parts, recursively.
    pub fn changes_about(&self, entity: &'static Entity, id: i64) -> Result<BTreeSet<i64>> {
        let mut changes = BTreeSet::new();
        let mut visited = BTreeSet::new();
        let mut waiting = vec![(entity, id)];
        while let Some((entity, id)) = waiting.pop() {
            if !visited.insert((entity.noun, id)) {
                continue;
            }
            changes.extend(self.entries_about(entity, id)?.iter().map(|entry| entry.change));
            for reference in self.catalog().back_references(entity) {
                if matches!(reference.on_remove, OnRemove::Follow | OnRemove::Release) {
                    let parts = self.referring(&reference, id)?;
                    waiting.extend(parts.into_iter().map(|part| (reference.entity, part)));
                    let former = self.former_parts(&reference, id)?;
                    waiting.extend(former.into_iter().map(|part| (reference.entity, part)));
                }
            }
        }
        Ok(changes)
    }

    /// The records that once referred to `id` by `reference` and no longer do.
    fn former_parts(&self, reference: &BackReference, id: i64) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        let entity = reference.entity;
        let place = entity.position(reference.field.name);
        let wanted = match reference.noun {
            Some((_, noun)) => Value::Record(noun.into(), id),
            None => Value::Integer(id),
        };
        self.entries("e.noun = $1 AND e.action <> 'create'", &[Bind::Text(entity.noun)], |entry| {
            let referred = entry.old_values().into_iter().any(|(at, value)| Some(at) == place && value == wanted);
            if referred {
                found.push(entry.first);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// The id of the record that `text` names, be it one that was removed.
    ///
    /// # Errors
    /// As [`Reader::resolve`]; several removed ones match.
    pub fn resolve_ever(&self, entity: &'static Entity, text: &str) -> Result<i64> {
        let missing = match self.resolve_optional(entity, text)? {
            Some(id) => return Ok(id),
            None => self.resolve(entity, text),
        };
        let id = name::id(text);
        let mut found: BTreeSet<i64> = BTreeSet::new();
        if let Some(id) = id
            && !self.entries_about(entity, id)?.is_empty()
        {
            return Ok(id);
        }
        let text = crate::store::naming::resolve::canonical(entity, text);
        let last = text.rsplit('/').next().unwrap_or(&text).to_owned();
        let mut removed: Vec<i64> = Vec::new();
        self.entries("e.noun = $1 AND e.action = 'remove'", &[Bind::Text(entity.noun)], |entry| {
            let named = entry.old_values().into_iter().any(|(place, value)| {
                let naming = entity.fields.get(place).is_some_and(|field| entity.is_naming(field.name));
                naming && matches!(&value, Value::Text(name) if *name == text || name.ends_with(&last))
            });
            if named {
                removed.push(entry.first);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        for id in removed {
            let path = self.title(entity, id)?;
            if path.strip_suffix(&*text).is_some_and(|before| before.is_empty() || before.ends_with('/')) {
                found.insert(id);
            }
        }
        let ids: Vec<i64> = found.into_iter().collect();
        match ids.as_slice() {
            [] => missing,
            [id] => Ok(*id),
            several => {
                let lines = several
                    .iter()
                    .take(10)
                    .map(|id| Ok(format!("{} (id={id})", shown::shown(&self.title(entity, *id)?))));
                let lines = lines.collect::<Result<Vec<String>>>()?;
                let counted = entity.counted(several.len());
                let message = format!("{} names {counted} that were removed", shown::quoted(&text));
                Err(Error::ambiguous(message).details(lines).help("pass id=N"))
            }
        }
    }

    /// Returns the path of a record, or the linked records of a link; for a deleted record the last ones.
    pub fn title(&self, entity: &'static Entity, id: i64) -> Result<String> {
        if !entity.names.is_empty() {
            match self.path(entity, id) {
                Ok(path) => return Ok(path.to_string()),
                Err(error) if error.kind() != Kind::NotFound => return Err(error),
                Err(_) => {}
            }
        }
        let values = match self.record(entity, id)? {
            Some(record) => record.values,
            None => match self.entries_about(entity, id)?.into_iter().rev().find(|e| e.action == Action::Remove) {
                Some(entry) => entry.old_record(),
                None => return Ok(format!("id={id}")),
            },
        };
        if entity.names.is_empty() {
            let mut names = Vec::new();
            for (field, value) in entity.fields.iter().zip(&values) {
                names.extend(self.shown(field, value)?);
            }
            return Ok(names.join(" – "));
        }
        let of = |name: &str| entity.position(name).and_then(|place| values.get(place));
        let name = entity.names.iter().find_map(|name| match of(name) {
            Some(Value::Text(text)) => Some(text.to_string()),
            _ => None,
        });
        let name = name.unwrap_or_default();
        match (entity.parent_field().and_then(|field| of(field.name)), self.catalog().parent(entity)) {
            (Some(Value::Integer(parent)), Some((_, holder))) => Ok(format!("{}/{name}", self.title(holder, *parent)?)),
            _ => Ok(name),
        }
    }
}
