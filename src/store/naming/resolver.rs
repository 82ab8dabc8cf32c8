//! Resolving the texts of a file, which names the same few records again and again.

use super::resolve::{canonical, missing};
use crate::catalog::{Entity, Kind};
use crate::error::{Error, Result};
use crate::store::engine::Bind;
use crate::store::reading::reader::{Reader, name_sql};
use crate::store::reading::record::Record;
use crate::value::Cell;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Number of texts that name nothing for which a resolver looks for the nearest names.
const SUGGESTED: usize = 200;
/// Number of texts that a resolver remembers before it forgets them at once.
const REMEMBERED: usize = 50_000;
/// Number of records that are read together at most.
const WINDOW: usize = 256;
/// Number of paths of a noun that it remembers: where there are more, one is seldom named again soon.
const PATHS: usize = 10_000;

/// Cached results by noun and text.
type Memo<T> = Vec<(&'static str, HashMap<String, T>)>;

/// Returns the cached result of a noun's `text`.
fn remembered<'k, T>(memo: &'k Memo<T>, entity: &Entity, text: &str) -> Option<&'k T> {
    memo.iter().find(|(noun, _)| *noun == entity.noun).and_then(|(_, texts)| texts.get(text))
}

fn remember<T>(memo: &mut Memo<T>, entity: &Entity, text: &str, what: T) {
    match memo.iter_mut().find(|(noun, _)| *noun == entity.noun) {
        Some((_, texts)) => drop(texts.insert(text.to_owned(), what)),
        None => memo.push((entity.noun, HashMap::from([(text.to_owned(), what)]))),
    }
}

/// A resolver that remembers what it has resolved, for files that name the same few records again and again.
#[derive(Debug, Default)]
pub struct Resolver {
    suggested: usize,
    ids: Memo<i64>,
    failures: Memo<Error>,
    /// Last resolved path: successive rows often belong to the same record.
    last: Option<(&'static str, String, i64)>,
    /// Records that a file calls otherwise than the inventory does: by noun, what holds the record there, and its name.
    aliases: HashMap<(&'static str, Option<i64>, String), i64>,
    /// Parents of records named by path, by the parent's path.
    holders: Memo<Vec<i64>>,
    /// Cached answers if a noun has names with a `/`.
    slashes: Vec<(&'static str, bool)>,
    count: usize,
    window: Window,
}

/// Records with ids that follow each other, read together: files often name records in the order in which they were made.
#[derive(Debug, Default)]
struct Window {
    noun: &'static str,
    /// The id, the holder and the name of each.
    records: Vec<(i64, Option<i64>, String)>,
    /// The place of the record that is expected next.
    next: usize,
    /// The id behind the record that was found last.
    next_id: i64,
    /// Number of names in a row that were those of the next record.
    hits: usize,
}

impl Window {
    /// Returns the id of the next record, if it is called `name` in `holder`.
    fn find(&mut self, reader: &Reader<'_>, entity: &Entity, holder: i64, name: &str) -> Result<Option<i64>> {
        if self.noun != entity.noun || self.hits == 0 {
            return Ok(None);
        }
        if self.records.get(self.next).is_none() {
            self.next = 0;
            self.records.clear();
            let (own, table) = (entity.id, entity.table);
            let parent = entity.parent_field().map_or("NULL", |field| field.column);
            let sql = format!(
                "SELECT t.{own}, t.{parent}, {} FROM {table} t WHERE t.{own} >= $1 ORDER BY t.{own} LIMIT $2",
                name_sql(entity, "t")
            );
            let count = i64::try_from(self.hits.min(WINDOW)).unwrap_or_default();
            reader.connection.rows(&sql, &[Bind::Integer(self.next_id), Bind::Integer(count)], |row| {
                self.records.push((row.id(0)?, row.integer(1)?, row.text(2)?.unwrap_or_default().to_owned()));
                Ok(ControlFlow::Continue(()))
            })?;
        }
        let found = self.records.get(self.next).filter(|(_, parent, text)| *parent == Some(holder) && text == name);
        let Some(id) = found.map(|(id, ..)| *id) else {
            self.hits = 0;
            return Ok(None);
        };
        (self.next, self.next_id, self.hits) = (self.next + 1, id + 1, self.hits + 1);
        Ok(Some(id))
    }

    /// Notes that a record was found by its key.
    fn note(&mut self, entity: &Entity, id: i64) {
        let follows = self.noun == entity.noun && id == self.next_id;
        *self = Self { noun: entity.noun, next_id: id + 1, hits: usize::from(follows), ..Self::default() };
    }
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
        if let Some(id) = remembered(&self.ids, entity, text) {
            return Ok(*id);
        }
        if let Some(error) = remembered(&self.failures, entity, text) {
            return Err(error.clone());
        }
        if let Some(id) = self.by_alias(reader, entity, text)? {
            self.make_room();
            remember(&mut self.ids, entity, text, id);
            return Ok(id);
        }
        if let Some(id) = self.in_holder(reader, entity, text)? {
            let paths = self.ids.iter().find(|(noun, _)| *noun == entity.noun).map_or(0, |(_, texts)| texts.len());
            if paths < PATHS {
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
        let result = self.look_up(reader, entity, text);
        self.make_room();
        match &result {
            Ok(id) => remember(&mut self.ids, entity, text, *id),
            Err(error) => remember(&mut self.failures, entity, text, error.clone()),
        }
        result
    }

    /// As [`Resolver::resolve`], for a path with the qualifier of its record behind it, as `Reader::qualified_paths_of`
    /// returns it.
    ///
    /// # Errors
    /// As [`Reader::resolve`].
    pub fn resolve_qualified(&mut self, reader: &Reader<'_>, entity: &'static Entity, text: &str) -> Result<i64> {
        let Some(field) = entity.qualifier() else { return self.resolve(reader, entity, text) };
        // Names may have an @ too: what follows the path is all of the rest.
        for (at, _) in text.match_indices('@') {
            let (path, value) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
            let is_it = |record: &Record| *record.value(entity, field.name) == Cell::Text(value.into());
            if let Some(id) = Self::with_qualifier(reader, entity, path, is_it)? {
                return Ok(id);
            }
        }
        let is_bare = |record: &Record| *record.value(entity, field.name) == Cell::Null;
        match Self::with_qualifier(reader, entity, text, is_bare)? {
            Some(id) => Ok(id),
            None => self.resolve(reader, entity, text),
        }
    }

    /// The one record with a path whose qualifier is the wanted one.
    fn with_qualifier(
        reader: &Reader<'_>,
        entity: &'static Entity,
        path: &str,
        is_wanted: impl Fn(&Record) -> bool,
    ) -> Result<Option<i64>> {
        let matches = reader.ending_in(entity, &canonical(entity, path))?;
        let is_whole = matches.iter().any(|found| found.is_whole);
        let mut only = None;
        for found in matches.into_iter().filter(|found| found.is_whole || !is_whole) {
            let record = reader.record(entity, found.id)?;
            if record.is_some_and(|record| is_wanted(&record)) && only.replace(found.id).is_some() {
                return Ok(None);
            }
        }
        Ok(only)
    }

    /// Lets the path `holder/name` name the record `id` of `entity`, whatever the inventory calls it.
    pub fn alias(&mut self, entity: &'static Entity, holder: Option<i64>, name: &str, id: i64) {
        self.forget(entity);
        self.aliases.insert((entity.noun, holder, name.to_owned()), id);
    }

    /// The record that a path names by an alias of it, or by one of what holds it.
    fn by_alias(&mut self, reader: &Reader<'_>, entity: &'static Entity, text: &str) -> Result<Option<i64>> {
        if self.aliases.is_empty() {
            return Ok(None);
        }
        let Some((_, holder)) = reader.catalog().parent(entity) else {
            return Ok(self.aliases.get(&(entity.noun, None, text.to_owned())).copied());
        };
        for (slash, _) in text.rmatch_indices('/') {
            let (head, name) = (text.get(..slash).unwrap_or_default(), text.get(slash + 1..).unwrap_or_default());
            let Ok(above) = self.resolve(reader, holder, head) else { continue };
            if let Some(id) = self.aliases.get(&(entity.noun, Some(above), name.to_owned())) {
                return Ok(Some(*id));
            }
            if let [id] = reader.named_in(entity, name, above)?.as_slice() {
                return Ok(Some(*id));
            }
        }
        Ok(None)
    }

    fn make_room(&mut self) {
        if self.count >= REMEMBERED {
            self.forget_everything();
        }
        self.count += 1;
    }

    /// The record that a path names whose beginning is well known: of a million disks, few are of another pool's VM
    /// than one before. Only where no name has a `/` is it certain where in the path the name begins.
    fn in_holder(&mut self, reader: &Reader<'_>, entity: &'static Entity, text: &str) -> Result<Option<i64>> {
        let (Some((head, name)), Some((_, holder))) = (text.rsplit_once('/'), reader.catalog().parent(entity)) else {
            return Ok(None);
        };
        let plain = text.is_ascii() && !text.starts_with("id=") && !head.is_empty() && !name.is_empty();
        let named = entity.naming().all(|field| field.kind == Kind::Name);
        if !plain || !named || self.has_slashes(reader, entity)? {
            return Ok(None);
        }
        if remembered(&self.holders, holder, head).is_none() {
            let ids = reader.ending_in(holder, head)?.iter().map(|found| found.id).collect();
            self.make_room();
            remember(&mut self.holders, holder, head, ids);
        }
        let holders = remembered(&self.holders, holder, head).map(Vec::as_slice).unwrap_or_default();
        if let [holder] = holders
            && let Some(id) = self.window.find(reader, entity, *holder, name)?
        {
            return Ok(Some(id));
        }
        let mut found = Vec::new();
        for holder in holders {
            found.extend(reader.named_in(entity, name, *holder)?);
        }
        if let [id] = found.as_slice() {
            self.window.note(entity, *id);
            return Ok(Some(*id));
        }
        Ok(None)
    }

    /// Returns true if a name of `entity`'s records has a `/`.
    fn has_slashes(&mut self, reader: &Reader<'_>, entity: &Entity) -> Result<bool> {
        if let Some((_, has)) = self.slashes.iter().find(|(noun, _)| *noun == entity.noun) {
            return Ok(*has);
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

    /// Forgets what texts resolved to.
    pub fn forget_everything(&mut self) {
        let aliases = std::mem::take(&mut self.aliases);
        *self = Self { suggested: self.suggested, aliases, ..Self::default() };
    }

    /// Forgets what texts resolved to among `entity`'s records, because they are others now.
    pub fn forget(&mut self, entity: &Entity) {
        self.ids.retain(|(noun, _)| *noun != entity.noun);
        self.failures.retain(|(noun, _)| *noun != entity.noun);
        self.last.take_if(|(noun, ..)| *noun == entity.noun);
        self.holders.retain(|(noun, _)| *noun != entity.noun);
        self.slashes.retain(|(noun, _)| *noun != entity.noun);
        self.window = Window::default();
    }
}
