//! Finding the records that rows of a file are about: by their keys, and before that where the last one was found, for
//! many a file has them in the order in which they were made.

use crate::catalog::Entity;
use crate::error::Result;
use crate::store::engine::{Bind, Block, Prepared, Raw};
use crate::store::reading::reader::Reader;
use crate::store::reading::record::{self, Old};
use crate::store::reading::selection::Selection;
use crate::value::Lent;

/// How many records are read together at least and at most.
const FEWEST: usize = 16;
const MOST: usize = 256;

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
    ahead: Ahead<'s>,
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

    /// For the record with a key.
    fn of_key(entity: &'static Entity, key: &[&str]) -> Self {
        Self::new(Selection::of(entity, record::picks(entity)).with_key(entity, key).in_any_order().sql())
    }

    fn statement(&mut self, reader: &Reader<'s>) -> Result<&mut Prepared<'s>> {
        Ok(match &mut self.statement {
            Some(statement) => statement,
            none => none.insert(reader.connection.prepare(&self.sql)?),
        })
    }

    /// The first row of the answer, read by `read`.
    fn row<'v, T>(
        &mut self,
        reader: &Reader<'s>,
        wanted: impl Iterator<Item = Bind<'v>>,
        read: impl FnMut(&Raw<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.statement(reader)?.first(wanted, read)
    }
}

/// Records that are read together in the order of their ids, for they are going to be asked for one after another.
#[derive(Debug)]
struct Ahead<'s> {
    question: Question<'s>,
    rows: Block,
    /// How many are read together next: more, the longer it has paid.
    count: usize,
}

impl<'s> Ahead<'s> {
    fn new(sql: String) -> Self {
        Self { question: Question::new(sql), rows: Block::default(), count: FEWEST }
    }

    /// The record with that id.
    fn record(&mut self, reader: &Reader<'s>, id: i64) -> Result<Option<Raw<'_>>> {
        let ends = self.rows.ends();
        if ends.is_none_or(|(first, last)| id < first || id > last) {
            let goes_on = ends.is_some_and(|(_, last)| last.checked_add(1) == Some(id));
            self.count = if goes_on { MOST.min(self.count * 2) } else { FEWEST };
            let count = i64::try_from(self.count).unwrap_or(i64::MAX);
            let statement = self.question.statement(reader)?;
            statement.keep([Bind::Integer(id), Bind::Integer(count)], &mut self.rows)?;
        }
        Ok(self.rows.row(id))
    }
}

impl<'s> Finder<'s> {
    /// Finds records of `entity`.
    #[must_use]
    pub fn new(entity: &'static Entity) -> Self {
        let (columns, table, id) = (record::columns(entity), entity.table, entity.id);
        let keys = entity.keys.iter().map(|key| {
            let places = key.iter().filter_map(|name| entity.position(name)).collect();
            (places, Question::of_key(entity, key))
        });
        Self {
            entity,
            keys: keys.collect(),
            ahead: Ahead::new(format!("SELECT {columns} FROM {table} t WHERE t.{id} >= $1 ORDER BY t.{id} LIMIT $2")),
            next: 0,
            in_order: false,
            old: Old::default(),
        }
    }

    /// The record with a key that `values` give, by the places of its fields; values that are not given are empty. What is
    /// told of one that has been changed after it was found first may be what it held before.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&mut self, reader: &Reader<'s>, values: &[Option<Lent<'_>>]) -> Result<Option<Match>> {
        let Self { entity, keys, ahead, next, in_order, old } = self;
        let given = |place: usize| values.get(place).copied().flatten().unwrap_or(Lent::Null);
        for (places, question) in keys {
            if places.first().is_none_or(|first| given(*first) == Lent::Null) {
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
            let guess = if *in_order { ahead.record(reader, *next)? } else { None };
            let mut found = guess.map(|row| matched(&row, false)).transpose()?.flatten();
            if found.is_none() {
                let fields = places.iter().filter_map(|place| Some((entity.fields.get(*place)?, given(*place))));
                let wanted = fields.filter_map(|(field, value)| record::lent_binds(field, value).next());
                found = question.row(reader, wanted, |row| matched(row, true))?.flatten();
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
