//! Naming a record: by its name, the end of its path, its whole path, or its id.
//!
//! One resolver serves arguments, flags, filters, prompts and imports. Names may contain `/`, so a path is matched and
//! not split: a record is meant when its whole path ends in the text at a `/`.

use crate::catalog::{Entity, Kind};
use crate::error::{Error, Result};
use crate::store::engine::Bind;
use crate::store::naming::made::Made;
use crate::store::reading::reader::{Asked, Reader, name_sql};
use crate::store::reading::selection::{Condition, Pick, Selection};
use crate::value::{Lent, address, name, shown, similar};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

/// How many candidates of an ambiguous name are listed.
const LISTED: usize = 10;
/// For how many texts that name nothing a resolver looks for the nearest names.
const SUGGESTED: usize = 200;
/// How many texts a resolver remembers before it forgets them at once.
const REMEMBERED: usize = 50_000;
/// How many paths of a noun it remembers: where there are more, one is seldom named again soon.
const PATHS: usize = 10_000;

impl Reader<'_> {
    /// The id of the one record of `entity` that `text` names.
    ///
    /// # Errors
    /// Nothing matches: not found, with the nearest names. Several match: a conflict that lists their paths.
    pub fn resolve(&self, entity: &'static Entity, text: &str) -> Result<i64> {
        let matches = self.matches(entity, text)?;
        match matches.as_slice() {
            [id] => Ok(*id),
            [] => Err(self.not_found(entity, text)?),
            several => Err(self.ambiguous(entity, text, several)?),
        }
    }

    /// The id of the record that `text` names, or nothing where none does.
    ///
    /// # Errors
    /// Several match.
    pub fn resolve_optional(&self, entity: &'static Entity, text: &str) -> Result<Option<i64>> {
        let matches = self.matches(entity, text)?;
        match matches.as_slice() {
            [] => Ok(None),
            [id] => Ok(Some(*id)),
            several => Err(self.ambiguous(entity, text, several)?),
        }
    }

    /// Every record of `entity` that `text` may mean, by id; one alone where `text` is its whole path.
    fn matches(&self, entity: &'static Entity, text: &str) -> Result<Vec<i64>> {
        let mut ids = Vec::new();
        let id = text.strip_prefix("id=").and_then(|id| id.parse::<i64>().ok());
        if let Some(id) = id {
            ids = self.ids(&Selection::ids(entity).one().sql(), &[Bind::Integer(id)])?;
        }
        // A record may be called id=42. Where that is not the one with this id, neither is meant for certain.
        let text = canonical(entity, text);
        ids.extend(self.ending_in(entity, &text)?);
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > 1 && id.is_none() {
            let mut exact = Vec::new();
            for &id in &ids {
                if *self.path(entity, id)? == *text {
                    exact.push(id);
                }
            }
            // Names may contain a '/', so that two records can bear one path: then only an id tells them apart.
            if let [only] = exact.as_slice() {
                return Ok(vec![*only]);
            }
        }
        Ok(ids)
    }

    /// The records of `entity` whose whole path ends in `text` at a `/`.
    fn ending_in(&self, entity: &'static Entity, text: &str) -> Result<Vec<i64>> {
        let mut ids = self.named(entity, text, None)?;
        self.with_name_ending_in(entity, text, &mut ids)?;
        if let Some((field, holder)) = self.catalog().parent(entity) {
            for (cut, _) in text.match_indices('/') {
                let (head, name) = (&text[..cut], &text[cut + 1..]);
                if head.is_empty() || name.is_empty() {
                    continue;
                }
                for parent in self.ending_in(holder, head)? {
                    ids.extend(self.named(entity, &canonical(entity, name), Some((field.column, parent)))?);
                }
            }
        }
        Ok(ids)
    }

    /// The records of `entity` that are called `name`, anywhere or within one holder.
    fn named(&self, entity: &Entity, name: &str, within: Option<(&'static str, i64)>) -> Result<Vec<i64>> {
        let mut ids = Vec::new();
        for field in entity.naming() {
            let holder = within.map(|(column, _)| column);
            let statement = self.ready(entity, Asked::Named(field.column, holder), || {
                let is = |column| Condition::Is { column, count: 1 };
                let named = Selection::ids(entity).with(is(field.column)).in_any_order();
                holder.into_iter().fold(named, |selection, column| selection.with(is(column)))
            });
            let values = [Bind::Text(name), Bind::Integer(within.map_or(0, |(_, id)| id))];
            let count = 1 + usize::from(within.is_some());
            ids.extend(self.ids(&statement, values.get(..count).unwrap_or_default())?);
        }
        Ok(ids)
    }

    /// Adds the records whose own name has a `/` and ends in `text` at one: `nfs/vol1` for `vol1`.
    fn with_name_ending_in(&self, entity: &Entity, text: &str, ids: &mut Vec<i64>) -> Result<()> {
        let Some(statement) = self.with_slash(entity) else { return Ok(()) };
        self.connection.rows(&statement, &[], |row| {
            let name = row.text(1)?.unwrap_or_default();
            if name.strip_suffix(text).is_some_and(|before| before.ends_with('/')) {
                ids.push(row.id(0)?);
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Whether a name of `entity`'s records has a `/`.
    fn has_slashes(&self, entity: &Entity) -> Result<bool> {
        let statement = self.with_slash(entity);
        let found = statement.map(|sql| self.connection.first(&sql, &[], |_| Ok(()))).transpose()?;
        Ok(found.flatten().is_some())
    }

    /// The question which records of `entity` have a `/` in their name, which an index of theirs answers.
    fn with_slash(&self, entity: &Entity) -> Option<Rc<str>> {
        let field = entity.naming().next().filter(|field| field.kind == Kind::Name)?;
        Some(self.ready(entity, Asked::WithSlash, || {
            let picks = vec![Pick::Column(0, entity.id), Pick::Column(0, field.column)];
            Selection::of(entity, picks).with(Condition::HasSlash { column: field.column }).in_any_order()
        }))
    }

    fn not_found(&self, entity: &'static Entity, text: &str) -> Result<Error> {
        let error = missing(entity, text);
        let near = self.nearest(entity, text)?;
        let near: Vec<&str> = near.iter().map(String::as_str).collect();
        Ok(match similar::did_you_mean(&near) {
            Some(suggestion) => error.help(suggestion),
            None => error,
        })
    }

    /// The names of records of `entity` that `text` may have been meant for, best first.
    fn nearest(&self, entity: &'static Entity, text: &str) -> Result<Vec<String>> {
        let holder = self.catalog().parent(entity);
        if let (Some((head, name)), Some((field, holder))) = (text.rsplit_once('/'), holder) {
            let parents = if head.is_empty() { Vec::new() } else { self.ending_in(holder, head)? };
            if let [parent] = parents.as_slice() {
                let condition = format!("WHERE {} = {parent}", field.column);
                let names = self.names(entity, &condition)?;
                let near = similar::nearest(name, names.iter().map(String::as_str), 3);
                return Ok(near.into_iter().map(|name| format!("{head}/{name}")).collect());
            }
        }
        let last = text.rsplit('/').next().unwrap_or(text);
        let names = self.names(entity, "")?;
        Ok(similar::nearest(last, names.iter().map(String::as_str), 3).into_iter().map(str::to_owned).collect())
    }

    fn names(&self, entity: &Entity, condition: &str) -> Result<Vec<String>> {
        let sql = format!("SELECT DISTINCT {0} FROM {1} t {condition} ORDER BY 1", name_sql(entity, "t"), entity.table);
        let mut names = Vec::new();
        self.connection.rows(&sql, &[], |row| {
            names.extend(row.text(0)?.map(str::to_owned));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(names)
    }

    fn ambiguous(&self, entity: &'static Entity, text: &str, ids: &[i64]) -> Result<Error> {
        let listed = ids.iter().take(LISTED).map(|id| Ok((*id, shown::shown(&self.path(entity, *id)?).into_owned())));
        let listed = listed.collect::<Result<Vec<(i64, String)>>>()?;
        let mut lines = Vec::new();
        for (id, path) in &listed {
            // Where two bear one path, only the id tells them apart: an address in two VLANs, a name with a '/'.
            let alike = listed.iter().filter(|(_, other)| other == path).count() > 1;
            lines.push(if alike { format!("{path} (id={id})") } else { path.clone() });
        }
        let rest = ids.len().saturating_sub(LISTED);
        if rest > 0 {
            lines.push(format!("and {rest} more"));
        }
        let message = format!("{} names {}", shown::quoted(text), entity.counted(ids.len()));
        Ok(Error::conflict(message).details(lines).help("give more of the path, or id=N"))
    }

    /// The names of `entity`'s records that begin with `start`, at most `most`, for completion.
    pub fn names_beginning_with(&self, entity: &Entity, start: &str, most: usize) -> Result<Vec<String>> {
        let start = name::composed(start);
        let mut names = Vec::new();
        for field in entity.naming() {
            let sql = format!(
                "SELECT DISTINCT {0} FROM {1} WHERE {0} >= $1 ORDER BY {0} LIMIT {most}",
                field.column, entity.table
            );
            self.connection.rows(&sql, &[Bind::Text(&start)], |row| {
                let Some(name) = row.text(0)?.filter(|name| name.starts_with(&*start)) else {
                    return Ok(ControlFlow::Break(()));
                };
                names.push(name.to_owned());
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(names)
    }
}

/// The failure of a text that names nothing.
fn missing(entity: &Entity, text: &str) -> Error {
    Error::not_found(format!("no {} named {}", entity.labels.0, shown::quoted(text)))
}

/// A text as names are stored: composed (NFC), an address in its canonical form.
pub(in crate::store) fn canonical(entity: &Entity, text: &str) -> String {
    if entity.naming().any(|field| matches!(field.kind, Kind::Ipv4 | Kind::Ipv6))
        && let Ok((_, address)) = address::either(text)
    {
        return address;
    }
    name::composed(text).into_owned()
}

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
        let (Some((head, name)), Some((field, holder))) = (text.rsplit_once('/'), reader.catalog().parent(entity))
        else {
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
                None => found.extend(reader.named(entity, name, Some((field.column, parent)))?),
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
            let ids = reader.ending_in(holder, head)?;
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
