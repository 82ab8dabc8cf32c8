//! Finding the records that rows of a file are about: by their keys, and before that where the last one was found, for
//! many a file has them in the order in which they were made.

use super::reader::{Reader, key_condition};
use super::record::{self, Record};
use super::sqlite::{Bind, Raw};
use crate::catalog::Entity;
use crate::error::Result;
use crate::value::Value;

/// A record that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Its id.
    pub id: i64,
    /// The whole of it; nothing where every value that was given is exactly what it holds.
    pub differing: Option<Record>,
}

/// Finds records of one noun.
#[derive(Debug)]
pub struct Finder {
    entity: &'static Entity,
    /// The places of each key's fields, and the question for it.
    keys: Vec<(Vec<usize>, String)>,
    by_id: String,
    /// The id behind that of the last record.
    next: i64,
    /// Whether the last record was found there.
    in_order: bool,
}

impl Finder {
    /// Finds records of `entity`.
    #[must_use]
    pub fn new(entity: &'static Entity) -> Self {
        let select = format!("SELECT {} FROM {} t WHERE", record::columns(entity), entity.table);
        let keys = entity.keys.iter().map(|key| {
            let places = key.iter().filter_map(|name| entity.position(name)).collect();
            (places, format!("{select} {}", key_condition(entity, key)))
        });
        Self { entity, keys: keys.collect(), by_id: format!("{select} t.{} = $1", entity.id), next: 0, in_order: false }
    }

    /// The record with a key that `values` give, by the places of its fields; values that are not given are empty.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&mut self, reader: &Reader<'_>, values: &[Option<Value>]) -> Result<Option<Match>> {
        for place in 0..self.keys.len() {
            let Some((places, sql)) = self.keys.get(place) else { break };
            let given = |place: &usize| values.get(*place).and_then(Option::as_ref).unwrap_or(&Value::Null);
            let fields = places.iter().filter_map(|place| Some((self.entity.fields.get(*place)?, given(place))));
            let wanted: Vec<Bind<'_>> =
                fields.filter_map(|(field, value)| record::binds(field, value).next()).collect();
            if wanted.first().is_none_or(|first| *first == Bind::Null) {
                continue;
            }
            let found = match self.guess(reader, places, values)? {
                None => reader.connection.first(sql, &wanted, |row| self.matched(row, values))?,
                found => found,
            };
            if let Some(found) = found {
                self.in_order = found.id == self.next;
                self.next = found.id.saturating_add(1);
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The record behind the one that was found last, if it has that key.
    fn guess(&self, reader: &Reader<'_>, places: &[usize], values: &[Option<Value>]) -> Result<Option<Match>> {
        if !self.in_order {
            return Ok(None);
        }
        let found = reader.connection.first(&self.by_id, &[Bind::Integer(self.next)], |row| {
            let has_key = record::holds(self.entity, row, |place| {
                places.contains(&place).then(|| values.get(place).and_then(Option::as_ref).unwrap_or(&Value::Null))
            })?;
            if has_key { self.matched(row, values).map(Some) } else { Ok(None) }
        })?;
        Ok(found.flatten())
    }

    fn matched(&self, row: &Raw<'_>, values: &[Option<Value>]) -> Result<Match> {
        let same = record::holds(self.entity, row, |place| values.get(place).and_then(Option::as_ref))?;
        Ok(Match { id: row.id(0)?, differing: if same { None } else { Some(record::read(self.entity, row)?) } })
    }
}
