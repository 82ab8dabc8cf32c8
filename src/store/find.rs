//! Finding the records that rows of a file are about: by their keys, and before that where the last one was found, for
//! many a file has them in the order in which they were made.

use super::reader::{Reader, key_condition};
use super::record::{self, Record};
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
    /// The last record that differs.
    held: Record,
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
            held: Record { id: 0, values: Vec::new() },
        }
    }

    /// The record with a key that `values` give, by the places of its fields; values that are not given are empty.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&mut self, reader: &Reader<'s>, values: &[Option<Lent<'_>>]) -> Result<Option<Match>> {
        let Self { entity, keys, by_id, next, in_order, held } = self;
        let given = |place: usize| values.get(place).copied().flatten().unwrap_or(Lent::Null);
        for (places, question) in keys {
            let fields = places.iter().filter_map(|place| Some((entity.fields.get(*place)?, given(*place))));
            let wanted: Vec<Bind<'_>> =
                fields.filter_map(|(field, value)| record::lent_binds(field, value).next()).collect();
            if wanted.first().is_none_or(|first| *first == Bind::Null) {
                continue;
            }
            let mut matched = |row: &Raw<'_>| -> Result<Match> {
                let same = record::holds(entity, row, |place| values.get(place).copied().flatten())?;
                if !same {
                    record::read_into(entity, row, held)?;
                }
                Ok(Match { id: row.id(0)?, differs: !same })
            };
            // It may be the record behind the one that was found last.
            let mut found = None;
            if *in_order {
                let key = |place: usize| places.contains(&place).then(|| given(place));
                let guessed = by_id.first(reader, &[Bind::Integer(*next)], |row| {
                    if record::holds(entity, row, key)? { matched(row).map(Some) } else { Ok(None) }
                });
                found = guessed?.flatten();
            }
            if found.is_none() {
                found = question.first(reader, &wanted, matched)?;
            }
            if let Some(found) = found {
                *in_order = found.id == *next;
                *next = found.id.saturating_add(1);
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The record that was found last and differs, which is given back with [`Self::keep`]: the room for it is used again.
    pub const fn take(&mut self) -> Record {
        std::mem::replace(&mut self.held, Record { id: 0, values: Vec::new() })
    }

    /// Takes a record back.
    pub fn keep(&mut self, record: Record) {
        self.held = record;
    }
}
