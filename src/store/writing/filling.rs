//! Filling tables with very many new records: of one noun, and of those that come along with them.
//!
//! References are not looked up by the engine, for they were found in the same transaction. A table that receives as many
//! records as it has is filled without its indexes, which are made at the end. That no record is refused is a bet: an index
//! that is made afterwards does not know the row that it refuses. Where the bet is lost, the transaction is of no use, and
//! the file is imported again row by row.

use crate::catalog::{Entity, Field};
use crate::error::Result;
use crate::interrupt;
use crate::store::engine::batch::{AT_ONCE, Waiting, insert};
use crate::store::engine::{Bind, Failure, Index, Prepared};
use crate::store::history::action::Action;
use crate::store::reading::reader::Reader;
use crate::store::reading::record;
use crate::store::reading::selection::key_part;
use crate::store::writing::change::Effect;
use crate::store::writing::writer::{Writer, own_columns};
use crate::value::Cell;
use std::ops::Deref;

/// Tables that are being filled. Nothing is changed or deleted meanwhile; new records of other nouns are written one by one.
#[must_use = "indexes are missing until it is finished"]
pub struct Filling<'w, 's> {
    writer: &'w mut Writer<'s>,
    tables: Vec<Table<'s>>,
    refused: bool,
}

/// A table that is being filled.
#[derive(Debug)]
struct Table<'s> {
    entity: &'static Entity,
    statement: Prepared<'s>,
    /// Number of rows that the statement writes: several take half the time of as many statements, but before several
    /// rows the engine copies each page of each index that is kept, to be able to take them back.
    at_once: usize,
    waiting: Waiting,
    indexes: Vec<Index>,
    last_id: i64,
    /// Number of records that were written.
    count: usize,
}

/// The end of a filling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// Every record is in its table.
    Whole {
        /// Number of records that share a soft key with an earlier one.
        duplicates: usize,
    },
    /// A record was refused: the transaction is to be rolled back.
    Refused,
}

impl<'s> Writer<'s> {
    /// Begins to fill the tables of `entities`. A table that holds at most twice `count` records, the number that were
    /// created so far, loses its indexes until the end.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn fill(
        &mut self,
        entities: impl IntoIterator<Item = &'static Entity>,
        count: usize,
    ) -> Result<Filling<'_, 's>> {
        let connection = self.connection;
        connection.trust_references()?;
        let mut tables = Vec::new();
        for entity in entities {
            let records = usize::try_from(self.count(entity)?).unwrap_or(usize::MAX);
            let rebuild = records / 2 <= count;
            let at_once = if rebuild { AT_ONCE } else { 1 };
            tables.push(Table {
                entity,
                statement: connection.prepare(&insert(entity.table, &own_columns(entity), at_once))?,
                at_once,
                waiting: Waiting::default(),
                indexes: if rebuild { connection.suspend_indexes(entity.table)? } else { Vec::new() },
                last_id: connection.last_id(entity.table)?,
                count: 0,
            });
        }
        if tables.iter().all(|table| !table.indexes.is_empty()) {
            connection.append_only()?;
        }
        Ok(Filling { writer: self, tables, refused: false })
    }
}

impl<'s> Deref for Filling<'_, 's> {
    type Target = Reader<'s>;

    fn deref(&self) -> &Reader<'s> {
        self.writer
    }
}

impl Filling<'_, '_> {
    /// Returns whether the indexes of the first table are made at the end.
    #[must_use]
    pub fn rebuilds(&self) -> bool {
        self.tables.first().is_some_and(|table| !table.indexes.is_empty())
    }

    /// Returns whether a record was refused.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.refused
    }

    /// Gives the bet up: a record has to be looked for before it can be written.
    pub const fn refuse(&mut self) {
        self.refused = true;
    }

    /// Names the line of the file that the next records come from, for history.
    pub fn at_line(&mut self, line: u64) {
        self.writer.at_line(line);
    }

    /// Writes one record. A duplicate key is found here or at the end.
    ///
    /// # Errors
    /// The catalog's rules refuse it, or the file cannot be written.
    pub fn create(&mut self, entity: &'static Entity, mut cells: Vec<Cell<'_>>) -> Result<Effect> {
        let Some(table) = self.tables.iter_mut().find(|table| table.entity.noun == entity.noun) else {
            return self.writer.create(entity, None, cells);
        };
        interrupt::check()?;
        self.writer.complete(entity, &mut cells)?;
        let id = table.last_id.saturating_add(1);
        if !self.refused {
            let fields = entity.fields.iter().zip(&cells).flat_map(|(field, cell)| record::binds(field, cell));
            table.waiting.add(fields.chain([Bind::Integer(id)]));
            (table.last_id, table.count) = (id, table.count + 1);
            if table.waiting.rows() == table.at_once {
                self.refused = !is_written(table.statement.execute(table.waiting.binds()))?;
                table.waiting.clear();
            }
        }
        self.writer.note_new(entity, id)?;
        Ok(Effect { action: Action::Create, entity, id, changed: Vec::new() })
    }

    /// Writes the records that wait, so that they can be read.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn settle(&mut self) -> Result<()> {
        for table in &mut self.tables {
            let rows = table.waiting.rows();
            if rows > 0 && !self.refused {
                let sql = insert(table.entity.table, &own_columns(table.entity), rows);
                self.refused = !is_written(self.writer.connection.execute_with(&sql, table.waiting.binds()))?;
                table.waiting.clear();
            }
        }
        Ok(())
    }

    /// Makes the indexes, and has the engine look references up again.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<Filled> {
        self.settle()?;
        let connection = self.writer.connection;
        if self.refused {
            return Ok(Filled::Refused);
        }
        let mut duplicates = 0;
        for table in self.tables {
            if !is_written(connection.resume_indexes(&table.indexes))? {
                return Ok(Filled::Refused);
            }
            duplicates += self.writer.sharing(table.entity, table.entity.soft_keys, table.count)?;
        }
        connection.verify_references()?;
        Ok(Filled::Whole { duplicates })
    }
}

/// Returns false where a constraint refused what was written.
fn is_written<T>(written: Result<T, Failure>) -> Result<bool> {
    match written {
        Ok(_) => Ok(true),
        Err(Failure::Engine(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

impl Reader<'_> {
    /// Counts those of the last `count` records of `entity` that share the values of one of `keys` with an earlier record.
    fn sharing(&self, entity: &Entity, keys: &[&[&str]], count: usize) -> Result<usize> {
        let (id, table) = (entity.id, entity.table);
        let mut shares = Vec::new();
        for key in keys {
            let fields: Vec<&Field> = key.iter().filter_map(|name| entity.field(name)).collect();
            let Some(first) = fields.first() else { continue };
            let parts = |alias: &str| -> Vec<String> {
                let part =
                    |(number, field): (usize, &&Field)| key_part(number, field, &format!("{alias}.{}", field.column));
                (1..).zip(&fields).map(part).collect()
            };
            let any = format!(
                "SELECT 1 FROM {table} t WHERE t.{} IS NOT NULL GROUP BY {} HAVING count(*) > 1 LIMIT 1",
                first.column,
                parts("t").join(", ")
            );
            if self.connection.first(&any, &[], |_| Ok(()))?.is_some() {
                let same: Vec<String> =
                    parts("o").iter().zip(parts("t")).map(|(one, other)| format!("{one} = {other}")).collect();
                let same = same.join(" AND ");
                shares.push(format!("EXISTS (SELECT 1 FROM {table} o WHERE {same} AND o.{id} < t.{id})"));
            }
        }
        if shares.is_empty() {
            return Ok(0);
        }
        let sql = format!(
            "SELECT count(*) FROM (SELECT * FROM {table} ORDER BY {id} DESC LIMIT {count}) AS t WHERE {}",
            shares.join(" OR ")
        );
        Ok(self
            .connection
            .first(&sql, &[], |row| row.id(0))?
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or(0))
    }
}
