//! Very many new records of one noun: their table is filled first and its indexes are made afterwards.
//!
//! A row that an index would have refused is not known by its line any more when the index is made. So this is a bet
//! that no row will be refused: where it is lost, the whole transaction is undone and begun again without it.

use crate::catalog::{Entity, Field};
use crate::error::Result;
use crate::store::engine::{ASIDE, Bind, Connection, Failure, INSERT_MANY, Index, Prepared};
use crate::store::reading::reader::Reader;
use crate::store::reading::record;
use crate::store::reading::selection::key_part;
use crate::value::Lent;

/// How many records one statement writes.
pub(in crate::store) const AT_ONCE: usize = 16;

/// How many records wait for their indexes' sake before they go into the table, and how large they may be together.
const TOGETHER: usize = 1 << 16;
const LARGEST: usize = 8 << 20;
/// A table that is being filled.
#[derive(Debug)]
pub(in crate::store) struct Bulk<'s> {
    pub(in crate::store) entity: &'static Entity,
    indexes: Vec<Index>,
    columns: Vec<&'static str>,
    /// Where records go by [`AT_ONCE`]: into the table, or aside.
    into: &'static str,
    full: Prepared<'s>,
    last_id: i64,
    waiting: Waiting,
    /// How many records stand aside, and how large they are.
    aside: (usize, usize),
    pub(in crate::store) refused: bool,
}

impl<'s> Bulk<'s> {
    /// Begins; if `first`, without indexes until the end.
    ///
    /// Of every page that a statement touches which writes several records, the engine keeps a copy to undo it by: with
    /// the indexes alive that is a page an index and record, unless the records are so many that they share the pages.
    pub(in crate::store) fn begin(connection: &'s Connection, entity: &'static Entity, first: bool) -> Result<Self> {
        let columns: Vec<&str> = entity.fields.iter().flat_map(Field::columns).collect();
        let into = if first {
            entity.table
        } else {
            connection.put_aside(&columns)?;
            ASIDE
        };
        Ok(Self {
            entity,
            last_id: connection.last_id(entity.table)?,
            indexes: if first { connection.suspend_indexes(entity.table)? } else { Vec::new() },
            into,
            full: connection.prepare(&insert_many(into, &columns, AT_ONCE))?,
            columns,
            waiting: Waiting::default(),
            aside: (0, 0),
            refused: false,
        })
    }

    /// Takes the indexes away until the end.
    pub(in crate::store) fn suspend_indexes(&mut self, connection: &'s Connection) -> Result<()> {
        self.write_all(connection)?;
        connection.nothing_is_aside()?;
        self.indexes = connection.suspend_indexes(self.entity.table)?;
        self.into = self.entity.table;
        self.full = connection.prepare(&insert_many(self.into, &self.columns, AT_ONCE))?;
        Ok(())
    }

    /// Takes one record in, and tells its id.
    pub(in crate::store) fn add(&mut self, connection: &Connection, values: &[Lent<'_>]) -> Result<i64> {
        match self.last_id.checked_add(1) {
            Some(id) => self.last_id = id,
            None => self.refused = true,
        }
        // What is refused already is not written on.
        if !self.refused {
            let fields = self.entity.fields.iter().zip(values);
            let binds = fields.flat_map(|(field, value)| record::lent_binds(field, *value));
            self.waiting.add(binds);
        }
        if self.waiting.rows() == AT_ONCE {
            self.write(connection)?;
            let (records, size) = self.aside;
            if records >= TOGETHER || size >= LARGEST {
                self.write_aside(connection)?;
            }
        }
        Ok(self.last_id)
    }

    /// Writes what waits to where it goes.
    fn write(&mut self, connection: &Connection) -> Result<()> {
        let rows = self.waiting.rows();
        let written = match rows {
            0 => return Ok(()),
            AT_ONCE => self.full.execute(self.waiting.binds()),
            _ => connection.prepare(&insert_many(self.into, &self.columns, rows))?.execute(self.waiting.binds()),
        };
        if self.into == ASIDE {
            self.aside.0 += rows;
            self.aside.1 += self.waiting.text.len();
        }
        self.waiting.clear();
        self.take(connection, written, self.into != ASIDE)
    }

    /// Writes what stands aside into the table.
    fn write_aside(&mut self, connection: &Connection) -> Result<()> {
        if self.aside.0 == 0 {
            return Ok(());
        }
        let columns = self.columns.join(", ");
        let sql =
            format!("{INSERT_MANY} {} ({columns}) SELECT {columns} FROM {ASIDE} ORDER BY rowid", self.entity.table);
        let written = connection.execute(&sql, &[]);
        self.aside = (0, 0);
        self.take(connection, written, true)?;
        connection.batch(&format!("DELETE FROM {ASIDE}"))
    }

    fn take(&mut self, connection: &Connection, written: Result<usize, Failure>, given_ids: bool) -> Result<()> {
        match written {
            Err(Failure::Engine(error)) => return Err(error),
            Err(_) => self.refused = true,
            // The engine gives the ids: those that were told of the records, or this is of no use.
            Ok(_) => self.refused |= given_ids && connection.last_given() != self.last_id,
        }
        Ok(())
    }

    /// Writes everything into the table.
    fn write_all(&mut self, connection: &Connection) -> Result<()> {
        self.write(connection)?;
        self.write_aside(connection)
    }

    /// Makes the indexes again; tells whether every record was taken.
    pub(in crate::store) fn end(mut self, connection: &Connection) -> Result<bool> {
        self.write_all(connection)?;
        if self.refused {
            return Ok(false);
        }
        if self.into == ASIDE {
            connection.nothing_is_aside()?;
        }
        match connection.resume_indexes(&self.indexes) {
            Err(Failure::Engine(error)) => Err(error),
            Err(_) => Ok(false),
            Ok(()) => Ok(true),
        }
    }
}

/// Rows that wait to be written by one statement: what is bound for them, all texts in one.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Waiting {
    rows: usize,
    cells: Vec<Cell>,
    text: String,
}

#[derive(Debug, Clone, Copy)]
enum Cell {
    Null,
    Integer(i64),
    /// The text up to there, from where the one before ended.
    Text(usize),
}

impl Waiting {
    /// How many rows wait.
    pub(in crate::store) const fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row.
    pub(in crate::store) fn add<'v>(&mut self, row: impl Iterator<Item = Bind<'v>>) {
        self.rows += 1;
        for bind in row {
            self.cells.push(match bind {
                Bind::Null => Cell::Null,
                Bind::Integer(number) => Cell::Integer(number),
                Bind::Text(text) => {
                    self.text.push_str(text);
                    Cell::Text(self.text.len())
                }
            });
        }
    }

    /// What is bound for all of them.
    pub(in crate::store) fn binds(&self) -> impl Iterator<Item = Bind<'_>> {
        let mut start = 0;
        self.cells.iter().map(move |cell| match *cell {
            Cell::Null => Bind::Null,
            Cell::Integer(number) => Bind::Integer(number),
            Cell::Text(end) => Bind::Text(self.text.get(std::mem::replace(&mut start, end)..end).unwrap_or_default()),
        })
    }

    /// Forgets the rows; the room that they took is used again.
    pub(in crate::store) fn clear(&mut self) {
        self.rows = 0;
        self.cells.clear();
        self.text.clear();
    }
}

impl Reader<'_> {
    /// How many of the last `count` records of `entity` share the values of one of `keys` with an earlier record.
    pub fn sharing(&self, entity: &Entity, keys: &[&[&str]], count: usize) -> Result<usize> {
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
            "SELECT count(*) FROM (SELECT * FROM {table} ORDER BY {id} DESC LIMIT {count}) t WHERE {}",
            shares.join(" OR ")
        );
        Ok(self
            .connection
            .first(&sql, &[], |row| row.id(0))?
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or(0))
    }
}

/// The statement that writes `count` rows with these columns into `table`.
pub(in crate::store) fn insert(table: &str, columns: &[&str], count: usize) -> String {
    inserting("INSERT INTO", table, columns, count)
}

/// As [`insert`], for rows that go back with the whole transaction if one of them is refused.
pub(in crate::store) fn insert_many(table: &str, columns: &[&str], count: usize) -> String {
    inserting(INSERT_MANY, table, columns, count)
}

fn inserting(begin: &str, table: &str, columns: &[&str], count: usize) -> String {
    let row = |place: usize| {
        let places = (1..=columns.len()).map(|column| format!("${}", place * columns.len() + column));
        format!("({})", places.collect::<Vec<String>>().join(", "))
    };
    let rows: Vec<String> = (0..count).map(row).collect();
    format!("{begin} {table} ({}) VALUES {}", columns.join(", "), rows.join(", "))
}
