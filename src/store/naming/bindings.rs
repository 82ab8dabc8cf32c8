//! Bindings of a noun's records to a source: read at once, because a run asks for all of them.

use crate::catalog::Entity;
use crate::error::Result;
use crate::store::engine::Bind;
use crate::store::reading::reader::Reader;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

/// Number of ids in one statement.
const BATCH: usize = 250;

/// A record that a source made or adopted.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The id of the source record.
    pub id: i64,
    /// The id of the record that it is about.
    pub record: i64,
    /// The id that the source has for the record.
    pub external_id: Option<Rc<str>>,
    /// Another fact about it, where the source gives one.
    pub second_fact: Option<Rc<str>>,
    /// True if a complete run has lacked the record.
    pub is_missing: bool,
}

/// The records of one noun that a source made or adopted.
#[derive(Debug, Default)]
pub struct Bindings {
    /// By ascending id of the record.
    list: Vec<Binding>,
    by_external_id: HashMap<Rc<str>, usize>,
}

impl Bindings {
    /// Returns the place of the binding with that external id.
    #[must_use]
    pub fn of_external_id(&self, external_id: &str) -> Option<usize> {
        self.by_external_id.get(external_id).copied()
    }

    /// Returns the place of the binding of the record `id`.
    #[must_use]
    pub fn of_record(&self, id: i64) -> Option<usize> {
        self.list.binary_search_by_key(&id, |binding| binding.record).ok()
    }

    /// Returns the binding at a place.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&Binding> {
        self.list.get(place)
    }

    /// Notes that the record at a place is missing, and that its external id is another record's.
    pub fn replace(&mut self, place: usize) {
        let Some(binding) = self.list.get_mut(place) else { return };
        binding.is_missing = true;
        if let Some(external_id) = &binding.external_id {
            self.by_external_id.remove(external_id);
        }
    }

    /// Returns all bindings, by ascending id of the record.
    pub fn iter(&self) -> impl Iterator<Item = &Binding> {
        self.list.iter()
    }

    /// Returns the number of bindings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Tests if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// Knowledge of all sources about one record.
#[derive(Debug, Default)]
pub(in crate::store) struct Knowledge {
    /// The names of the sources that know it.
    pub sources: Vec<String>,
    /// The last time at which a source had it: its last complete run, unless it misses the record.
    pub confirmed: Option<String>,
    /// The first time at which a source missed it, if one still does.
    pub missing: Option<String>,
}

impl Reader<'_> {
    /// Returns what sources know of the records `ids` of `entity`, by id.
    pub(in crate::store) fn knowledge(&self, entity: &Entity, ids: &[i64]) -> Result<HashMap<i64, Knowledge>> {
        let mut found: HashMap<i64, Knowledge> = HashMap::new();
        for ids in ids.chunks(BATCH) {
            let names: Vec<String> = (2..=ids.len() + 1).map(|place| format!("${place}")).collect();
            let sql = format!(
                "SELECT t.record_id, s.name, t.missing_since, t.last_confirmed, s.last_complete_run_at, t.first_seen_at \
                 FROM source_record t JOIN source s ON s.source_id = t.source_id \
                 WHERE t.noun = $1 AND t.record_id IN ({}) ORDER BY t.record_id, s.source_id",
                names.join(", ")
            );
            let binds = [Bind::Text(entity.noun)].into_iter().chain(ids.iter().copied().map(Bind::Integer));
            self.connection.rows(&sql, &binds.collect::<Vec<Bind<'_>>>(), |row| {
                let text = |place| Ok(row.text(place)?.map(str::to_owned));
                let knowledge = found.entry(row.id(0)?).or_default();
                knowledge.sources.extend(text(1)?);
                let confirmed = if let Some(since) = text(2)? {
                    let earlier = knowledge.missing.take().filter(|other| *other < since);
                    knowledge.missing = Some(earlier.unwrap_or(since));
                    text(3)?
                } else {
                    text(4)?.or(text(5)?)
                };
                knowledge.confirmed = knowledge.confirmed.take().max(confirmed);
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(found)
    }

    /// Returns the records of `entity` that the source `source` made or adopted.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn bindings(&self, source: i64, entity: &Entity) -> Result<Bindings> {
        let mut bindings = Bindings::default();
        let sql = "SELECT t.source_record_id, t.record_id, t.external_id, t.missing_since, t.second_fact \
                   FROM source_record t \
                   WHERE t.source_id = $1 AND t.noun = $2 ORDER BY t.record_id";
        self.connection.rows(sql, &[Bind::Integer(source), Bind::Text(entity.noun)], |row| {
            let external_id = row.text(2)?.map(Rc::<str>::from);
            if let Some(external_id) = &external_id {
                bindings.by_external_id.insert(Rc::clone(external_id), bindings.list.len());
            }
            let is_missing = row.text(3)?.is_some();
            let second_fact = row.text(4)?.map(Rc::<str>::from);
            bindings.list.push(Binding { id: row.id(0)?, record: row.id(1)?, external_id, second_fact, is_missing });
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(bindings)
    }

    /// Returns whether another source than `source` knows the record `id` of `entity`, and does not miss it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn is_known_elsewhere(&self, source: i64, entity: &Entity, id: i64) -> Result<bool> {
        let sql = "SELECT 1 FROM source_record t WHERE t.noun = $1 AND t.record_id = $2 AND t.source_id <> $3 \
                   AND t.missing_since IS NULL LIMIT 1";
        let binds = [Bind::Text(entity.noun), Bind::Integer(id), Bind::Integer(source)];
        Ok(self.connection.first(sql, &binds, |_| Ok(()))?.is_some())
    }
}
