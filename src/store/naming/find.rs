//! Finding the records that rows of a file are about: by their keys, and before that behind the record that was found
//! last, for files often have records in the order in which they were made.

use crate::catalog::Entity;
use crate::error::Result;
use crate::store::engine::{Bind, Block, Prepared, Raw};
use crate::store::reading::reader::Reader;
use crate::store::reading::record::{self, Record};
use crate::store::reading::selection::Selection;
use crate::value::Cell;

/// Number of records that are read together, at least and at most.
const FEWEST: usize = 16;
const MOST: usize = 256;

/// A record with the key of a row.
#[derive(Debug)]
pub enum Match {
    /// It holds every value of the row; its id.
    Same(i64),
    /// It holds other values.
    Other(Record),
}

impl Match {
    /// The id of the record.
    #[must_use]
    pub const fn id(&self) -> i64 {
        match self {
            Self::Same(id) => *id,
            Self::Other(record) => record.id,
        }
    }
}

/// Finds records of one noun.
#[derive(Debug)]
pub struct Finder<'s> {
    entity: &'static Entity,
    /// The places of each key's fields, and the statement that finds a record by it.
    keys: Vec<(Vec<usize>, Question<'s>)>,
    /// Reads records from an id on, in the order of their ids.
    from_id: Question<'s>,
    /// Records that were read together.
    rows: Block,
    /// Number of records to read together next: more, the longer that has paid.
    count: usize,
    /// The id behind that of the last record.
    next: i64,
    /// The last record was found there.
    in_order: bool,
}

/// A statement that is prepared when it is first needed.
#[derive(Debug)]
struct Question<'s> {
    sql: String,
    statement: Option<Prepared<'s>>,
}

impl<'s> Question<'s> {
    const fn new(sql: String) -> Self {
        Self { sql, statement: None }
    }

    fn statement(&mut self, reader: &Reader<'s>) -> Result<&mut Prepared<'s>> {
        Ok(match &mut self.statement {
            Some(statement) => statement,
            none => none.insert(reader.connection.prepare(&self.sql)?),
        })
    }
}

impl<'s> Finder<'s> {
    /// Returns a finder of records of `entity`.
    #[must_use]
    pub fn new(entity: &'static Entity) -> Self {
        let (columns, table, id) = (record::columns(entity), entity.table, entity.id);
        let keys = entity.keys.iter().map(|key| {
            let places = key.iter().filter_map(|name| entity.position(name)).collect();
            let selection = Selection::of(entity, record::picks(entity)).with_key(entity, key).in_any_order();
            (places, Question::new(selection.sql()))
        });
        let from_id = format!("SELECT {columns} FROM {table} t WHERE t.{id} >= $1 ORDER BY t.{id} LIMIT $2");
        Self {
            entity,
            keys: keys.collect(),
            from_id: Question::new(from_id),
            rows: Block::default(),
            count: FEWEST,
            next: 0,
            in_order: false,
        }
    }

    /// Returns the record with a key that `cells` give, by the places of its fields; a key's cell that is not given is
    /// empty. A record that has changed since may be returned with the values that it had before.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&mut self, reader: &Reader<'s>, cells: &[Option<Cell<'_>>]) -> Result<Option<Match>> {
        if self.in_order {
            self.read_ahead(reader)?;
        }
        let Self { entity, keys, rows, next, in_order, .. } = self;
        let cell = |place: usize| cells.get(place).and_then(Option::as_ref);
        for (places, question) in keys {
            if places.first().is_none_or(|first| cell(*first).is_none_or(|cell| *cell == Cell::Null)) {
                continue;
            }
            let key = |place: usize| places.contains(&place).then(|| cell(place).unwrap_or(&Cell::Null));
            let matched = |row: &Raw<'_>| -> Result<Match> {
                Ok(if record::equals(entity, row, |place| cell(place).or_else(|| key(place)))? {
                    Match::Same(row.id(0)?)
                } else {
                    Match::Other(record::read(entity, row)?)
                })
            };
            let guess = if *in_order { rows.row(*next) } else { None };
            let mut found = match guess {
                Some(row) if record::equals(entity, &row, key)? => Some(matched(&row)?),
                _ => None,
            };
            if found.is_none() {
                let fields = places.iter().filter_map(|place| Some((entity.fields.get(*place)?, key(*place)?)));
                let values = fields.flat_map(|(field, cell)| record::binds(field, cell));
                found = question.statement(reader)?.first(values, matched)?;
            }
            if let Some(found) = found {
                *in_order = found.id() == *next;
                *next = found.id().saturating_add(1);
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Reads the next records, unless the one behind the last is at hand.
    fn read_ahead(&mut self, reader: &Reader<'s>) -> Result<()> {
        let ends = self.rows.ends();
        if ends.is_none_or(|(first, last)| self.next < first || self.next > last) {
            let goes_on = ends.is_some_and(|(_, last)| last.checked_add(1) == Some(self.next));
            self.count = if goes_on { MOST.min(self.count * 2) } else { FEWEST };
            let count = i64::try_from(self.count).unwrap_or(i64::MAX);
            let values = [Bind::Integer(self.next), Bind::Integer(count)];
            self.from_id.statement(reader)?.keep(values, &mut self.rows)?;
        }
        Ok(())
    }
}
