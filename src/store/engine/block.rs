//! Rows of a result that are read together and remain valid after their statement has ended.

use super::datum::Datum;
use super::row::{BlockCell, BlockRow, Raw};
use crate::error::Result;
use std::ops::Range;

/// Rows in the order of the number in their first column; all of their texts share one buffer.
#[derive(Debug, Default)]
pub(in crate::store) struct Block {
    /// The number in each row's first column.
    ids: Vec<i64>,
    /// Number of columns of a row.
    width: usize,
    cells: Vec<BlockCell>,
    bytes: Vec<u8>,
}

impl Block {
    /// The number in the first column of each row, ascending.
    pub(in crate::store) fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// The first and the last id.
    pub(in crate::store) fn ends(&self) -> Option<(i64, i64)> {
        self.ids.first().copied().zip(self.ids.last().copied())
    }

    /// The first row with `id`.
    pub(in crate::store) fn row(&self, id: i64) -> Option<Raw<'_>> {
        self.rows_of(id).next().map(|index| self.at(index))
    }

    /// The places of the rows with `id`.
    pub(in crate::store) fn rows_of(&self, id: i64) -> Range<usize> {
        let first = self.ids.partition_point(|other| *other < id);
        let count = self.ids.get(first..).unwrap_or_default().iter().take_while(|other| **other == id).count();
        first..first + count
    }

    /// The row at a place.
    pub(in crate::store) fn at(&self, index: usize) -> Raw<'_> {
        let first = index * self.width;
        BlockRow { cells: self.cells.get(first..first + self.width).unwrap_or_default(), bytes: &self.bytes }.into()
    }

    /// Removes all rows and keeps the allocated memory.
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.cells.clear();
        self.bytes.clear();
    }

    /// Appends a row of `width` columns.
    pub(super) fn add(&mut self, row: &Raw<'_>, width: usize) -> Result<()> {
        self.ids.push(row.id(0)?);
        self.width = width;
        for index in 0..width {
            self.cells.push(match row.datum(index)? {
                Datum::Null => BlockCell::Null,
                Datum::Integer(number) => BlockCell::Integer(number),
                Datum::Text(bytes) => {
                    let start = self.bytes.len();
                    self.bytes.extend_from_slice(bytes);
                    BlockCell::Text(start, self.bytes.len())
                }
                Datum::Other => BlockCell::Other,
            });
        }
        Ok(())
    }
}
