//! Resolving the texts of a file, which names the same few records again and again.

use super::made::Made;
use super::resolve::missing;
use crate::catalog::{Entity, Kind};
use crate::error::{Error, Result};
use crate::store::reading::reader::Reader;
use crate::value::Lent;
use std::collections::HashMap;

/// For how many texts that name nothing a resolver looks for the nearest names.
const SUGGESTED: usize = 200;
/// How many texts a resolver remembers before it forgets them at once.
const REMEMBERED: usize = 50_000;
/// How many paths of a noun it remembers: where there are more, one is seldom named again soon.
const PATHS: usize = 10_000;

/// What is known of a few nouns, by text.
type Known<T> = Vec<(&'static str, HashMap<String, T>)>;

/// What is known of the noun's `text`.
fn known<'k, T>(known: &'k Known<T>, entity: &Entity, text: &str) -> Option<&'k T> {
    known.iter().find(|(noun, _)| *noun == entity.noun).and_then(|(_, texts)| texts.get(text))
}

fn remember<T>(known: &mut Known<T>, entity: &Entity, text: &str, what: T) {
    match known.iter_mut().find(|(noun, _)| *noun == entity.noun) {
        Some((_, texts)) => drop(texts.insert(text.to_owned(), what)),
        None => known.push((entity.noun, HashMap::from([(text.to_owned(), what)]))),
    }
}

/// A resolver that remembers what it has resolved, for files that name the same few records again and again.
#[derive(Debug, Default)]
pub struct Resolver {
    suggested: usize,
    ids: Known<i64>,
    failures: Known<Error>,
    /// The path that was resolved last: what hangs from a record is often given row after row.
    last: Option<(&'static str, String, i64)>,
    /// What holds the records that were named by their path, by that of the holder.
    holders: Known<Vec<i64>>,
    /// The nouns of which it is known whether a name has a `/`.
    slashes: Vec<(&'static str, bool)>,
    held: usize,
    /// The noun that each column of a file refers to, and the ids that its numbered texts resolved to; zero where that
    /// is not known.
    numbered: Vec<(&'static str, Vec<i64>)>,
    /// The nouns of which this has made all records.
    made: Vec<(&'static str, Made)>,
}

/// The number of a text that stands in many rows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// The column that it stands in.
    pub column: usize,
    /// The text's number among those of the column.
    pub text: usize,
}

impl Resolver {
    /// As [`Reader::resolve`].
    ///
    /// # Errors
    /// As [`Reader::resolve`]; a failure is remembered too.
    pub fn resolve(&mut self, reader: &Reader<'_>, entity: &'static Entity, text: &str) -> Result<i64> {
        match &self.last {
            Some((noun, path, id)) if *noun == entity.noun && path == text => return Ok(*id),
            _ => {}
        }
        let has_made = self.made(entity).is_some();
        if !has_made && let Some(id) = known(&self.ids, entity, text) {
            return Ok(*id);
        }
        if !has_made && let Some(error) = known(&self.failures, entity, text) {
            return Err(error.clone());
        }
        if let Some(id) = self.in_holder(reader, entity, text)? {
            let paths = self.ids.iter().find(|(noun, _)| *noun == entity.noun).map_or(0, |(_, texts)| texts.len());
            if !has_made && paths < PATHS {
                self.make_room();
                remember(&mut self.ids, entity, text, id);
            } else {
                match &mut self.last {
                    Some((noun, path, last)) => {
                        (*noun, *last) = (entity.noun, id);
                        text.clone_into(path);
                    }
                    none => *none = Some((entity.noun, text.to_owned(), id)),
                }
            }
            return Ok(id);
        }
        if let Some(id) = known(&self.ids, entity, text) {
            return Ok(*id);
        }
        if let Some(error) = known(&self.failures, entity, text) {
            return Err(error.clone());
        }
        let result = self.look_up(reader, entity, text);
        self.make_room();
        match &result {
            Ok(id) => remember(&mut self.ids, entity, text, *id),
            Err(error) => remember(&mut self.failures, entity, text, error.clone()),
        }
        result
    }

    /// As [`Self::resolve`], of a text that bears the same number wherever it stands in the file.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn resolve_again(
        &mut self,
        reader: &Reader<'_>,
        entity: &'static Entity,
        text: &str,
        number: Option<Number>,
    ) -> Result<i64> {
        let Some(Number { column, text: number }) = number else { return self.resolve(reader, entity, text) };
        let known = self.numbered.get(column).and_then(|(_, ids)| ids.get(number).copied()).unwrap_or_default();
        if known != 0 {
            return Ok(known);
        }
        let id = self.resolve(reader, entity, text)?;
        if self.numbered.len() <= column {
            self.numbered.resize_with(column + 1, Default::default);
        }
        if let Some((noun, ids)) = self.numbered.get_mut(column) {
            *noun = entity.noun;
            if ids.len() <= number {
                ids.resize(number + 1, 0);
            }
            if let Some(slot) = ids.get_mut(number) {
                *slot = id;
            }
        }
        Ok(id)
    }

    /// Forgets what numbers stand for: those of another file follow.
    pub fn forget_numbers(&mut self) {
        self.numbered.clear();
    }

    fn make_room(&mut self) {
        if self.held >= REMEMBERED {
            self.forget_all_texts();
        }
        self.held += 1;
    }

    /// The record that a path names whose beginning is well known: of a million disks, few are of another pool's VM
    /// than one before. Only where no name has a `/` is it certain where in the path the name begins.
    fn in_holder(&mut self, reader: &Reader<'_>, entity: &'static Entity, text: &str) -> Result<Option<i64>> {
        match self.paths_to(reader, entity, text)?.as_slice() {
            [id] => Ok(Some(*id)),
            _ => Ok(None),
        }
    }

    /// The records of `entity` that a path leads to, two at most, where it is certain where in it the name begins.
    fn paths_to(&mut self, reader: &Reader<'_>, entity: &'static Entity, text: &str) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        let (Some((head, name)), Some((_, holder))) = (text.rsplit_once('/'), reader.catalog().parent(entity)) else {
            return Ok(found);
        };
        let plain = text.is_ascii() && !text.starts_with("id=") && !head.is_empty() && !name.is_empty();
        let named = entity.naming().all(|field| field.kind == Kind::Name);
        if !plain || !named || self.has_slashes(reader, entity)? {
            return Ok(found);
        }
        let mut look = |made: Option<&mut Made>, parent: i64| -> Result<()> {
            match made {
                Some(made) => found.extend(made.find(parent, name)),
                None => found.extend(reader.named_in(entity, name, parent)?),
            }
            Ok(())
        };
        // What holds them may have been made by the same file, a million times too: those paths are not remembered.
        if self.made(holder).is_some_and(|made| !made.has_slashes()) && head.contains('/') {
            for parent in self.paths_to(reader, holder, head)? {
                look(self.made(entity), parent)?;
            }
            return Ok(found);
        }
        if known(&self.holders, holder, head).is_none() {
            let ids = reader.ending_in(holder, head)?.iter().map(|found| found.id).collect();
            self.make_room();
            remember(&mut self.holders, holder, head, ids);
        }
        let made = self.made.iter_mut().find(|(noun, _)| *noun == entity.noun);
        let mut made = made.map(|(_, made)| made);
        for parent in known(&self.holders, holder, head).into_iter().flatten() {
            look(made.as_deref_mut(), *parent)?;
        }
        Ok(found)
    }

    /// The records of `entity`, if this has made all of them.
    fn made(&mut self, entity: &Entity) -> Option<&mut Made> {
        self.made.iter_mut().find(|(noun, _)| *noun == entity.noun).map(|(_, made)| made)
    }

    /// Says that `entity` has no records, and that from here on [`Self::add`] is told of those that are made.
    pub fn knows_none_of(&mut self, entity: &Entity) {
        self.forget(entity);
        if entity.parent.is_some() {
            self.made.push((entity.noun, Made::new()));
        }
    }

    /// Takes in that a record was made, with these values.
    pub fn add(&mut self, entity: &Entity, id: i64, values: &[Option<Lent<'_>>]) {
        self.forget_texts(entity);
        let given = |name: Option<&&str>| name.and_then(|name| *values.get(entity.position(name)?)?);
        let Some(made) = self.made(entity) else { return };
        let known = match (given(entity.parent.as_ref()), given(entity.names.first())) {
            (Some(Lent::Integer(holder)), Some(Lent::Text(name))) => made.add(id, holder, name),
            _ => false,
        };
        if !known {
            self.forget(entity);
        }
    }

    /// Whether a name of `entity`'s records has a `/`.
    fn has_slashes(&mut self, reader: &Reader<'_>, entity: &Entity) -> Result<bool> {
        if let Some(made) = self.made(entity) {
            return Ok(made.has_slashes());
        }
        if let Some((_, known)) = self.slashes.iter().find(|(noun, _)| *noun == entity.noun) {
            return Ok(*known);
        }
        let has = reader.has_slashes(entity)?;
        self.slashes.push((entity.noun, has));
        Ok(has)
    }

    /// As [`Reader::resolve`], but the nearest names are looked for a few times only: each time all names are read, and
    /// a file can be wrong in every row.
    fn look_up(&mut self, reader: &Reader<'_>, entity: &'static Entity, text: &str) -> Result<i64> {
        match reader.resolve_optional(entity, text)? {
            Some(id) => Ok(id),
            None if self.suggested < SUGGESTED => {
                self.suggested += 1;
                Err(reader.not_found(entity, text)?)
            }
            None => Err(missing(entity, text)),
        }
    }

    /// Forgets everything it knew.
    pub fn forget_everything(&mut self) {
        self.made.clear();
        self.forget_all_texts();
    }

    /// Forgets what texts resolved to.
    fn forget_all_texts(&mut self) {
        self.forget_numbers();
        self.ids.clear();
        self.failures.clear();
        self.last = None;
        self.holders.clear();
        self.slashes.clear();
        self.held = 0;
    }

    /// Forgets what it knew of `entity`'s records, because they are others now.
    pub fn forget(&mut self, entity: &Entity) {
        self.made.retain(|(noun, _)| *noun != entity.noun);
        self.forget_texts(entity);
    }

    /// Forgets what texts resolved to among `entity`'s records, because one has been made.
    fn forget_texts(&mut self, entity: &Entity) {
        self.ids.retain(|(noun, _)| *noun != entity.noun);
        self.failures.retain(|(noun, _)| *noun != entity.noun);
        self.last.take_if(|(noun, ..)| *noun == entity.noun);
        self.numbered.iter_mut().filter(|(noun, _)| *noun == entity.noun).for_each(|(_, ids)| ids.clear());
        self.holders.retain(|(noun, _)| *noun != entity.noun);
        self.slashes.retain(|(noun, _)| *noun != entity.noun);
    }
}
