//! One row of an answer, from the engine or from a block of rows in memory.

use super::block::BlockRow;
use super::sqlite::{SqliteRow, damaged};
use crate::error::Result;

/// Value of one column of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Datum<'row> {
    Null,
    Integer(i64),
    /// The bytes of a text, not yet checked to be UTF-8.
    Text(&'row [u8]),
    /// A type that no column of an inventory has.
    Other,
}

/// A row of an answer.
pub(in crate::store) struct Raw<'row>(Source<'row>);

enum Source<'row> {
    Sqlite(SqliteRow<'row>),
    Block(BlockRow<'row>),
}

impl<'row> From<SqliteRow<'row>> for Raw<'row> {
    fn from(row: SqliteRow<'row>) -> Self {
        Self(Source::Sqlite(row))
    }
}

impl<'row> From<BlockRow<'row>> for Raw<'row> {
    fn from(row: BlockRow<'row>) -> Self {
        Self(Source::Block(row))
    }
}

impl Raw<'_> {
    /// Value of a column.
    #[inline]
    pub(super) fn datum(&self, index: usize) -> Result<Datum<'_>> {
        match &self.0 {
            Source::Sqlite(row) => row.datum(index),
            Source::Block(row) => Ok(row.datum(index)),
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

/// Checks that `bytes` are UTF-8.
///
/// # Errors
/// They are not: the file is damaged.
pub(in crate::store) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| damaged("text that is not UTF-8"))
}
