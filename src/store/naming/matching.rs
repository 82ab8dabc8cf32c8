//! Matching a text against the paths of records, from the right.
//!
//! Names may contain `/`, so a text can be split into names in many ways. Each candidate name is looked up once. If few
//! records have it, their parents are read in batches and compared with the rest of the text. If many have it
//! (`disk0`), the parents that match the rest of the text are found first, and then their children.

use super::resolve::canonical;
use crate::catalog::{Entity, Kind};
use crate::error::Result;
use crate::interrupt;
use crate::store::engine::Bind;
use crate::store::reading::reader::{Asked, Reader};
use crate::store::reading::selection::{Condition, Pick, Selection};
use crate::value::name::LONGEST;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::rc::Rc;

/// Number of records of one name up to which their holders are read; few in tests, whose inventories are small.
const FEW: usize = if cfg!(test) { 2 } else { 256 };
/// Number of ids in one statement.
const BATCH: usize = if cfg!(test) { 3 } else { 256 };

/// A record whose path ends in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PathMatch {
    pub id: i64,
    /// True if the text is the whole path.
    pub is_whole: bool,
}

/// A record that has the right name so far: `holder`'s path has to end where the text does at `end`.
struct Candidate {
    id: i64,
    holder: i64,
    end: usize,
}

/// A name of very many records, between two offsets of the text.
struct CommonName {
    name: String,
    start: usize,
    end: usize,
}

/// The records of one noun whose paths end where the text does at some offsets.
struct Level {
    entity: &'static Entity,
    /// Matches by the offset that they end at.
    matches: BTreeMap<usize, Vec<PathMatch>>,
    common_names: Vec<CommonName>,
}

impl Reader<'_> {
    /// Returns the records of `entity` whose whole path is `text` or ends in it at a `/`, by ascending id.
    ///
    /// Takes time linear in the length of `text` and in the number of records that have one of its names.
    ///
    /// # Errors
    /// The file cannot be read, or the process is asked to end.
    pub(super) fn ending_in(&self, entity: &'static Entity, text: &str) -> Result<Vec<PathMatch>> {
        let mut levels = Vec::new();
        let mut entity = entity;
        let mut ends = BTreeSet::from([text.len()]);
        loop {
            let level = self.level(entity, text, &ends)?;
            ends = level.common_names.iter().map(|common| common.start - 1).collect();
            levels.push(level);
            match self.catalog().parent(entity) {
                Some((_, holder)) if !ends.is_empty() => entity = holder,
                _ => break,
            }
        }
        let mut holders = BTreeMap::new();
        while let Some(mut level) = levels.pop() {
            for CommonName { name, start, end } in &level.common_names {
                let holders = holders.get(&(start - 1)).map_or(&[][..], Vec::as_slice);
                let matches = level.matches.entry(*end).or_default();
                self.named_in_any(level.entity, name, holders, matches)?;
            }
            holders = level.matches;
        }
        let mut matches = holders.remove(&text.len()).unwrap_or_default();
        matches.sort_unstable();
        matches.dedup_by_key(|found| found.id);
        Ok(matches)
    }

    /// Returns the records of `entity` whose paths end where `text` does at each of `ends`, but for those with a common
    /// name.
    fn level(&self, entity: &'static Entity, text: &str, ends: &BTreeSet<usize>) -> Result<Level> {
        let mut level = Level { entity, matches: BTreeMap::new(), common_names: Vec::new() };
        self.each_with_slash(entity, |id, name| {
            for end in ends.range(..name.len()) {
                if ends_in(name, prefix(text, *end)) {
                    level.matches.entry(*end).or_default().push(PathMatch { id, is_whole: false });
                }
            }
        })?;
        let holder = self.catalog().parent(entity);
        for end in ends.iter().copied() {
            let mut candidates = Vec::new();
            for (start, name) in names_ending_at(text, end) {
                let name = canonical(entity, name);
                if start == 0 {
                    let whole = |(id, holder): (i64, Option<i64>)| PathMatch { id, is_whole: holder.is_none() };
                    let named = self.named(entity, &name, usize::MAX)?;
                    level.matches.entry(end).or_default().extend(named.into_iter().map(whole));
                } else if holder.is_some() {
                    interrupt::check()?;
                    let named = self.named(entity, &name, FEW + 1)?;
                    if named.len() > FEW {
                        level.common_names.push(CommonName { name, start, end });
                    } else {
                        let candidate =
                            |(id, holder): (i64, Option<i64>)| Some(Candidate { id, holder: holder?, end: start - 1 });
                        candidates.extend(named.into_iter().filter_map(candidate));
                    }
                }
            }
            if let Some((_, holder)) = holder {
                let matches = level.matches.entry(end).or_default();
                self.compare_holders(holder, text, candidates, matches)?;
            }
        }
        Ok(level)
    }

    /// Adds those candidates to `matches` whose holder's path, a record of `holder`, ends as the text does.
    fn compare_holders(
        &self,
        mut holder: &'static Entity,
        text: &str,
        mut candidates: Vec<Candidate>,
        matches: &mut Vec<PathMatch>,
    ) -> Result<()> {
        while !candidates.is_empty() {
            let holders = self.names_and_parents(holder, candidates.iter().map(|candidate| candidate.holder))?;
            candidates.retain_mut(|candidate| {
                let Some((name, parent)) = holders.get(&candidate.holder) else { return false };
                let rest = prefix(text, candidate.end);
                if name == rest || ends_in(name, rest) {
                    matches.push(PathMatch { id: candidate.id, is_whole: name == rest && parent.is_none() });
                    return false;
                }
                let Some(parent) = parent.filter(|_| ends_in(rest, name)) else { return false };
                candidate.holder = parent;
                candidate.end -= name.len() + 1;
                true
            });
            match self.catalog().parent(holder) {
                Some((_, above)) => holder = above,
                None => break,
            }
        }
        Ok(())
    }

    /// Returns the names of records of `entity` and the ids of what holds them, by id.
    fn names_and_parents(
        &self,
        entity: &Entity,
        ids: impl Iterator<Item = i64>,
    ) -> Result<HashMap<i64, (String, Option<i64>)>> {
        let mut found = HashMap::new();
        let ids: Vec<Bind<'_>> = ids.collect::<BTreeSet<i64>>().into_iter().map(Bind::Integer).collect();
        for batch in ids.chunks(BATCH) {
            interrupt::check()?;
            let picks = vec![Pick::Column(0, entity.id), Pick::parent(entity), Pick::name(entity, 0)];
            let condition = Condition::Is { column: entity.id, count: batch.len() };
            let statement = Selection::of(entity, picks).with(condition).sql();
            self.connection.rows(&statement, batch, |row| {
                found.insert(row.id(0)?, (row.text(2)?.unwrap_or_default().to_owned(), row.integer(1)?));
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(found)
    }

    /// Returns the whole paths of those of the records `ids` of `entity` that exist, by id.
    ///
    /// # Errors
    /// The file cannot be read, or the process is asked to end.
    pub(in crate::store) fn paths_of(&self, entity: &Entity, ids: Vec<i64>) -> Result<HashMap<i64, String>> {
        let records = self.names_and_parents(entity, ids.into_iter())?;
        let Some((_, holder)) = self.catalog().parent(entity) else {
            return Ok(records.into_iter().map(|(id, (name, _))| (id, name)).collect());
        };
        let holders = self.paths_of(holder, records.values().filter_map(|(_, parent)| *parent).collect())?;
        let path =
            |(id, (name, parent)): (i64, (String, Option<i64>))| match parent.and_then(|parent| holders.get(&parent)) {
                Some(holder) => (id, format!("{holder}/{name}")),
                None => (id, name),
            };
        Ok(records.into_iter().map(path).collect())
    }

    /// Returns the whole paths of those of the records `ids` of `entity` that exist, by id. Where a field besides name
    /// and parent tells records apart, its value follows: `AWS/tokyo/prod/web01/10.0.0.1@101`.
    ///
    /// # Errors
    /// The file cannot be read, or the process is asked to end.
    pub(in crate::store) fn qualified_paths_of(&self, entity: &Entity, ids: Vec<i64>) -> Result<HashMap<i64, String>> {
        let mut paths = self.paths_of(entity, ids)?;
        let Some(field) = entity.qualifier() else { return Ok(paths) };
        let ids: BTreeSet<i64> = paths.keys().copied().collect();
        let ids: Vec<Bind<'_>> = ids.into_iter().map(Bind::Integer).collect();
        for batch in ids.chunks(BATCH) {
            let picks = vec![Pick::Column(0, entity.id), Pick::Column(0, field.column)];
            let condition = Condition::Is { column: entity.id, count: batch.len() };
            let statement = Selection::of(entity, picks).with(condition).sql();
            self.connection.rows(&statement, batch, |row| {
                if let (Some(path), Some(value)) = (paths.get_mut(&row.id(0)?), row.text(1)?) {
                    path.push('@');
                    path.push_str(value);
                }
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(paths)
    }

    /// Returns the ids of the first records of `entity` called `name`, but for the record `id`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn namesakes(&self, entity: &Entity, name: &str, id: i64) -> Result<Vec<i64>> {
        let named = self.named(entity, name, FEW + 1)?;
        Ok(named.into_iter().map(|(other, _)| other).filter(|other| *other != id).collect())
    }

    /// Returns the ids of the records of `entity` called `name`, and of what holds them, about `most` at most.
    fn named(&self, entity: &Entity, name: &str, most: usize) -> Result<Vec<(i64, Option<i64>)>> {
        let mut named = Vec::new();
        for field in entity.naming() {
            let statement = self.ready(entity, Asked::Named(field.column), || {
                Selection::of(entity, vec![Pick::Column(0, entity.id), Pick::parent(entity)])
                    .with(Condition::Is { column: field.column, count: 1 })
                    .in_any_order()
            });
            self.connection.rows(&statement, &[Bind::Text(name)], |row| {
                named.push((row.id(0)?, row.integer(1)?));
                Ok(if named.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
        }
        Ok(named)
    }

    /// Adds the records of `entity` called `name` in any of `holders` to `matches`.
    fn named_in_any(
        &self,
        entity: &Entity,
        name: &str,
        holders: &[PathMatch],
        matches: &mut Vec<PathMatch>,
    ) -> Result<()> {
        let Some(parent) = entity.parent_field() else { return Ok(()) };
        for batch in holders.chunks(BATCH) {
            interrupt::check()?;
            let is_whole: HashMap<i64, bool> = batch.iter().map(|holder| (holder.id, holder.is_whole)).collect();
            let values: Vec<Bind<'_>> =
                [Bind::Text(name)].into_iter().chain(batch.iter().map(|holder| Bind::Integer(holder.id))).collect();
            for field in entity.naming() {
                let statement = Selection::of(entity, vec![Pick::Column(0, entity.id), Pick::parent(entity)])
                    .with(Condition::Is { column: field.column, count: 1 })
                    .with(Condition::Is { column: parent.column, count: batch.len() })
                    .in_any_order()
                    .sql();
                self.connection.rows(&statement, &values, |row| {
                    let is_whole = is_whole.get(&row.id(1)?).copied().unwrap_or_default();
                    matches.push(PathMatch { id: row.id(0)?, is_whole });
                    Ok(ControlFlow::Continue(()))
                })?;
            }
        }
        Ok(())
    }

    /// Returns the ids of the records of `entity` called `name` in the record `holder`.
    pub(super) fn named_in(&self, entity: &Entity, name: &str, holder: i64) -> Result<Vec<i64>> {
        let Some(parent) = entity.parent_field() else { return Ok(Vec::new()) };
        let mut ids = Vec::new();
        for field in entity.naming() {
            let statement = self.ready(entity, Asked::NamedIn(field.column), || {
                Selection::ids(entity)
                    .with(Condition::Is { column: field.column, count: 1 })
                    .with(Condition::Is { column: parent.column, count: 1 })
                    .in_any_order()
            });
            ids.extend(self.ids(&statement, &[Bind::Text(name), Bind::Integer(holder)])?);
        }
        Ok(ids)
    }

    /// Hands the id and the name of each record of `entity` whose name contains a `/` to `each`.
    fn each_with_slash(&self, entity: &Entity, mut each: impl FnMut(i64, &str)) -> Result<()> {
        let Some(statement) = self.with_slash(entity) else { return Ok(()) };
        self.connection.rows(&statement, &[], |row| {
            each(row.id(0)?, row.text(1)?.unwrap_or_default());
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Returns whether a name of `entity`'s records contains a `/`.
    pub(super) fn has_slashes(&self, entity: &Entity) -> Result<bool> {
        let statement = self.with_slash(entity);
        let found = statement.map(|sql| self.connection.first(&sql, &[], |_| Ok(()))).transpose()?;
        Ok(found.flatten().is_some())
    }

    /// The query for records of `entity` whose name contains a `/`, which a partial index answers.
    fn with_slash(&self, entity: &Entity) -> Option<Rc<str>> {
        let field = entity.naming().next().filter(|field| field.kind == Kind::Name)?;
        Some(self.ready(entity, Asked::WithSlash, || {
            let picks = vec![Pick::Column(0, entity.id), Pick::Column(0, field.column)];
            Selection::of(entity, picks).with(Condition::HasSlash { column: field.column }).in_any_order()
        }))
    }
}

/// The texts that a name may be which ends at the offset `end` of `text`, each with the offset that it begins at.
fn names_ending_at(text: &str, end: usize) -> impl Iterator<Item = (usize, &str)> {
    let path = prefix(text, end);
    let starts = path.rmatch_indices('/').map(|(slash, _)| slash + 1).chain([0]);
    let names = starts.filter_map(|start| Some((start, path.get(start..)?)));
    names.take_while(|(_, name)| name.chars().nth(LONGEST).is_none()).filter(|(_, name)| !name.is_empty())
}

/// The text before the offset `end`.
fn prefix(text: &str, end: usize) -> &str {
    text.get(..end).unwrap_or_default()
}

/// Returns whether `path` is longer than `end` and ends in it at a `/`.
fn ends_in(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|before| before.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{PathMatch, Reader};
    use crate::catalog::Catalog;
    use crate::store::engine::waiting::Patience;
    use crate::store::engine::{Access, Bind, Connection};
    use proptest::prelude::{Strategy, prop, prop_assert_eq};
    use proptest::sample::select;
    use proptest::test_runner::TestRunner;
    use std::collections::BTreeMap;
    use std::path::Path;

    /// The nouns of a path, from the top, and how a record is inserted with the name `$1` in the holder `$2`.
    const LEVELS: [(&str, &str); 7] = [
        ("provider", "INSERT INTO cloud_provider (name) SELECT $1 WHERE $2 IS NOT NULL"),
        ("dc", "INSERT INTO data_center (name, provider_id) VALUES ($1, $2)"),
        ("pool", "INSERT INTO cloud_pool (name, data_center_id) VALUES ($1, $2)"),
        (
            "vm",
            "INSERT INTO virtual_machine (name, cloud_pool_id, status, created_at, updated_at) \
             VALUES ($1, $2, 'running', '', '')",
        ),
        ("disk", "INSERT INTO disk (name, vm_id) VALUES ($1, $2)"),
        ("partition", "INSERT INTO partition (name, disk_id) VALUES ($1, $2)"),
        ("ip", "INSERT INTO ip_address (ipv4, vm_id) VALUES ($1, $2)"),
    ];
    const NAMES: [&str; 9] = ["a", "b", "c", "a/b", "b/a", "/a", "a/", "/", "a/a/a"];
    const ADDRESSES: [&str; 9] =
        ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8", "10.0.0.9"];

    /// Records to insert at each level: the number of their name, and that of their holder among those of the level
    /// above.
    type Rows = Vec<Vec<(usize, prop::sample::Index)>>;

    fn rows() -> impl Strategy<Value = Rows> {
        let level = prop::collection::vec((0..NAMES.len(), proptest::arbitrary::any::<prop::sample::Index>()), 1..12);
        prop::collection::vec(level, LEVELS.len())
    }

    const SCHEMA: &str = include_str!("../../../schema.sql");

    /// Inserts the rows and returns the paths of all records by noun and id.
    fn insert(connection: &Connection, catalog: &Catalog, rows: &Rows) -> Vec<(&'static str, BTreeMap<i64, String>)> {
        let mut levels: Vec<(&'static str, BTreeMap<i64, String>)> = Vec::new();
        for ((noun, sql), rows) in LEVELS.iter().zip(rows) {
            let holders = match *noun {
                "provider" => BTreeMap::from([(0, String::new())]),
                "ip" => levels[3].1.clone(),
                _ => levels[levels.len() - 1].1.clone(),
            };
            let mut paths = BTreeMap::new();
            for (name, holder) in rows {
                let (holder, above) = holders.iter().nth(holder.index(holders.len())).expect("a holder");
                let name = if *noun == "ip" { ADDRESSES[*name] } else { NAMES[*name] };
                let path = if *noun == "provider" { name.to_owned() } else { format!("{above}/{name}") };
                // A key that is taken leaves the table as it was.
                if connection.insert(sql, &[Bind::Text(name), Bind::Integer(*holder)]).is_ok() {
                    let table = catalog.of(noun);
                    let last = format!("SELECT max({}) FROM {}", table.id, table.table);
                    let id = connection.first(&last, &[], |row| row.id(0)).expect("an id").expect("an id");
                    paths.insert(id, path);
                }
            }
            levels.push((noun, paths));
        }
        levels
    }

    /// Text to look for: names put together, or a part of a path from a `/` or any other place on.
    fn text(pieces: &[&str], path: &str, start: prop::sample::Index, of_path: bool) -> String {
        if of_path { path.get(start.index(path.len())..).unwrap_or_default().to_owned() } else { pieces.join("/") }
    }

    #[test]
    fn a_record_matches_if_its_path_is_the_text_or_ends_in_it_at_a_slash() {
        let connection = Connection::open(Path::new(":memory:"), Access::Create, Patience::default()).expect("a file");
        let catalog = Catalog::standard();
        connection.batch(SCHEMA).expect("the schema");
        let pieces = prop::collection::vec(select([&NAMES[..], &ADDRESSES[..2]].concat()), 0..7);
        let asked = (pieces, proptest::arbitrary::any::<[prop::sample::Index; 2]>(), proptest::bool::weighted(0.7));
        let strategy = (rows(), prop::collection::vec(asked, 1..20));
        let result = TestRunner::default().run(&strategy, |(rows, asked)| {
            connection.batch("BEGIN").expect("a transaction");
            let levels = insert(&connection, &catalog, &rows);
            let reader = Reader::new(&connection, &catalog);
            let paths: Vec<&String> = levels.iter().flat_map(|(_, paths)| paths.values()).collect();
            let compare = || {
                for (pieces, [path, start], of_path) in &asked {
                    let text = text(pieces, paths[path.index(paths.len())], *start, *of_path);
                    for (noun, paths) in &levels {
                        let naive: Vec<PathMatch> = paths
                            .iter()
                            .filter(|(_, path)| **path == text || path.ends_with(&format!("/{text}")))
                            .map(|(id, path)| PathMatch { id: *id, is_whole: **path == text })
                            .collect();
                        let found = reader.ending_in(catalog.of(noun), &text).expect("an answer");
                        prop_assert_eq!(found, naive, "{} {:?}", noun, text);
                    }
                }
                Ok(())
            };
            let result = compare();
            connection.batch("ROLLBACK").expect("a rollback");
            result
        });
        result.unwrap_or_else(|failure| panic!("{failure}"));
    }
}
