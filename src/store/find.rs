//! Finding the records that rows of a file are about: by their keys, and before that where the last one was found, for
//! many a file has them in the order in which they were made.

use super::reader::{Reader, key_condition};
use super::record::{self, Old};
use super::sqlite::{Bind, Prepared, Raw};
use crate::catalog::Entity;
use crate::error::Result;
use crate::value::Lent;

/// A record that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Its id.
    pub id: i64,
    /// Whether a value that was given is not exactly what it holds.
    pub differs: bool,
}

/// Finds records of one noun.
#[derive(Debug)]
pub struct Finder<'s> {
    entity: &'static Entity,
    /// The places of each key's fields, and the question for it.
    keys: Vec<(Vec<usize>, Question<'s>)>,
    by_id: Question<'s>,
    /// The id behind that of the last record.
    next: i64,
    /// Whether the last record was found there.
    in_order: bool,
    /// What the last record that differs holds otherwise.
    old: Old,
}

/// A question, and the statement of it once it has been asked.
#[derive(Debug)]
struct Question<'s> {
    sql: String,
    statement: Option<Prepared<'s>>,
}

impl<'s> Question<'s> {
    const fn new(sql: String) -> Self {
        Self { sql, statement: None }
    }

    fn first<T>(
        &mut self,
        reader: &Reader<'s>,
        values: &[Bind<'_>],
        read: impl FnOnce(&Raw<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let statement = match &mut self.statement {
            Some(statement) => statement,
            none => none.insert(reader.connection.prepare(&self.sql)?),
        };
        statement.first(values.iter().copied(), read)
    }
}

impl<'s> Finder<'s> {
    /// Finds records of `entity`.
    #[must_use]
    pub fn new(entity: &'static Entity) -> Self {
        let select = format!("SELECT {} FROM {} t WHERE", record::columns(entity), entity.table);
        let keys = entity.keys.iter().map(|key| {
            let places = key.iter().filter_map(|name| entity.position(name)).collect();
            (places, Question::new(format!("{select} {}", key_condition(entity, key))))
        });
        Self {
            entity,
            keys: keys.collect(),
            by_id: Question::new(format!("{select} t.{} = $1", entity.id)),
            next: 0,
            in_order: false,
            old: Old::default(),
        }
    }

    /// The record with a key that `values` give, by the places of its fields; values that are not given are empty.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&mut self, reader: &Reader<'s>, values: &[Option<Lent<'_>>]) -> Result<Option<Match>> {
        let Self { entity, keys, by_id, next, in_order, old } = self;
        let given = |place: usize| values.get(place).copied().flatten().unwrap_or(Lent::Null);
        for (places, question) in keys {
            let fields = places.iter().filter_map(|place| Some((entity.fields.get(*place)?, given(*place))));
            let wanted: Vec<Bind<'_>> =
                fields.filter_map(|(field, value)| record::lent_binds(field, value).next()).collect();
            if wanted.first().is_none_or(|first| *first == Bind::Null) {
                continue;
            }
            // What is not given of a key is empty.
            let wanted_of = |place: usize| match values.get(place).copied().flatten() {
                None if places.contains(&place) => Some(Lent::Null),
                value => value,
            };
            let mut matched = |row: &Raw<'_>, is_certain: bool| -> Result<Option<Match>> {
                let same = old.compare(entity, row, wanted_of)?;
                if !is_certain && !places.iter().all(|place| old.is_same(*place)) {
                    return Ok(None);
                }
                if !same {
                    old.read(entity, row)?;
                }
                Ok(Some(Match { id: row.id(0)?, differs: !same }))
            };
            // It may be the record behind the one that was found last.
            let mut found = None;
            if *in_order {
                found = by_id.first(reader, &[Bind::Integer(*next)], |row| matched(row, false))?.flatten();
            }
            if found.is_none() {
                found = question.first(reader, &wanted, |row| matched(row, true))?.flatten();
            }
            if let Some(found) = found {
                *in_order = found.id == *next;
                *next = found.id.saturating_add(1);
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// What the record that was found last and differs holds. It is given back with [`Self::keep`]: the room for it is
    /// used again.
    pub fn take(&mut self) -> Old {
        std::mem::take(&mut self.old)
    }

    /// Takes back what a record holds; or in, if it was found elsewhere.
    pub fn keep(&mut self, old: Old) {
        self.old = old;
    }
}
