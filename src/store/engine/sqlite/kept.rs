//! Rows of an answer that were read together, to be looked at one by one.

use super::pages::Held;
use super::{Raw, Source};
use crate::error::Result;

/// Rows whose first column is their id, in the order of their ids; all of their texts stand together.
#[derive(Debug, Default)]
pub(in crate::store) struct KeptRows {
    ids: Vec<i64>,
    width: usize,
    cells: Vec<Cell>,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Cell {
    Null,
    Integer(i64),
    /// Where its bytes stand.
    Text(usize, usize),
    Other,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeptRow<'r> {
    rows: &'r KeptRows,
    first: usize,
}

impl KeptRows {
    /// The first and the last id.
    pub(in crate::store) fn ends(&self) -> Option<(i64, i64)> {
        self.ids.first().copied().zip(self.ids.last().copied())
    }

    /// The row with that id.
    pub(in crate::store) fn row(&self, id: i64) -> Option<Raw<'_>> {
        let place = self.ids.binary_search(&id).ok()?;
        Some(Raw(Source::Kept(KeptRow { rows: self, first: place * self.width })))
    }

    /// Forgets them; the room that they took is used again.
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.cells.clear();
        self.bytes.clear();
    }

    /// Adds a row of so many columns.
    pub(super) fn add(&mut self, row: &Raw<'_>, width: usize) -> Result<()> {
        self.ids.push(row.id(0)?);
        self.width = width;
        for index in 0..width {
            self.cells.push(match row.held(index)? {
                Held::Null => Cell::Null,
                Held::Integer(number) => Cell::Integer(number),
                Held::Text(bytes) => {
                    let start = self.bytes.len();
                    self.bytes.extend_from_slice(bytes);
                    Cell::Text(start, self.bytes.len())
                }
                Held::Other => Cell::Other,
            });
        }
        Ok(())
    }
}

impl<'r> KeptRow<'r> {
    /// What a column holds.
    pub(super) fn get(self, index: usize) -> Held<'r> {
        match self.rows.cells.get(self.first + index) {
            None | Some(Cell::Null) => Held::Null,
            Some(Cell::Integer(number)) => Held::Integer(*number),
            Some(Cell::Text(start, end)) => Held::Text(self.rows.bytes.get(*start..*end).unwrap_or_default()),
            Some(Cell::Other) => Held::Other,
        }
    }
}
