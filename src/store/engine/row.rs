//! One row of an answer, from the engine or from a block of rows in memory.

use super::datum::Datum;
use super::sqlite::fault::damaged;
use super::sqlite::row::SqliteRow;
use crate::error::Result;

/// A row of an answer.
pub(in crate::store) struct Raw<'row>(RowData<'row>);

enum RowData<'row> {
    Sqlite(SqliteRow<'row>),
    Block(BlockRow<'row>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum BlockCell {
    Null,
    Integer(i64),
    /// The text's first byte in the buffer, and the first byte behind it.
    Text(usize, usize),
    Other,
}

/// One row of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockRow<'b> {
    pub(super) cells: &'b [BlockCell],
    /// The texts of all rows of the block.
    pub(super) bytes: &'b [u8],
}

impl<'row> From<SqliteRow<'row>> for Raw<'row> {
    fn from(row: SqliteRow<'row>) -> Self {
        Self(RowData::Sqlite(row))
    }
}

impl<'row> From<BlockRow<'row>> for Raw<'row> {
    fn from(row: BlockRow<'row>) -> Self {
        Self(RowData::Block(row))
    }
}

impl Raw<'_> {
    /// Value of a column.
    #[inline]
    pub(super) fn datum(&self, index: usize) -> Result<Datum<'_>> {
        match &self.0 {
            RowData::Sqlite(row) => row.datum(index),
            RowData::Block(row) => Ok(row.datum(index)),
        }
    }

    /// Text of a column; `None` where it is NULL.
    ///
    /// # Errors
    /// The column holds another type, or text that is not UTF-8: the file is damaged.
    #[inline]
    pub(in crate::store) fn text(&self, index: usize) -> Result<Option<&str>> {
        self.bytes(index)?.map(utf8).transpose()
    }

    /// Text of a column as unchecked bytes; `None` where it is NULL.
    ///
    /// # Errors
    /// The column holds another type: the file is damaged.
    pub(in crate::store) fn bytes(&self, index: usize) -> Result<Option<&[u8]>> {
        match self.datum(index)? {
            Datum::Null => Ok(None),
            Datum::Text(bytes) => Ok(Some(bytes)),
            Datum::Integer(_) | Datum::Other => Err(damaged("a value of the wrong type")),
        }
    }

    /// Returns true if a column is NULL.
    pub(in crate::store) fn is_null(&self, index: usize) -> Result<bool> {
        Ok(self.datum(index)? == Datum::Null)
    }

    /// Number in a column; `None` where it is NULL.
    ///
    /// # Errors
    /// The column holds another type: the file is damaged.
    pub(in crate::store) fn integer(&self, index: usize) -> Result<Option<i64>> {
        match self.datum(index)? {
            Datum::Null => Ok(None),
            Datum::Integer(number) => Ok(Some(number)),
            Datum::Text(_) | Datum::Other => Err(damaged("a value of the wrong type")),
        }
    }

    /// Id in a column that is never NULL.
    ///
    /// # Errors
    /// The column is NULL or holds another type: the file is damaged.
    pub(in crate::store) fn id(&self, index: usize) -> Result<i64> {
        self.integer(index)?.ok_or_else(|| damaged("a record without an id"))
    }
}

impl<'b> BlockRow<'b> {
    /// Value of a column.
    pub(super) fn datum(self, index: usize) -> Datum<'b> {
        match self.cells.get(index) {
            None | Some(BlockCell::Null) => Datum::Null,
            Some(BlockCell::Integer(number)) => Datum::Integer(*number),
            Some(BlockCell::Text(start, end)) => Datum::Text(self.bytes.get(*start..*end).unwrap_or_default()),
            Some(BlockCell::Other) => Datum::Other,
        }
    }
}

/// Checks that `bytes` are UTF-8.
///
/// # Errors
/// They are not: the file is damaged.
pub(in crate::store) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| damaged("text that is not UTF-8"))
}
