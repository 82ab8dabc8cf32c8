//! A row as `SQLite` hands it over.

use super::fault::explained;
use crate::error::Result;
use crate::store::engine::datum::Datum;
use rusqlite::types::ValueRef;

/// A row as `SQLite` hands it over.
pub(in crate::store::engine) struct SqliteRow<'row>(pub(super) &'row rusqlite::Row<'row>);

impl SqliteRow<'_> {
    /// Value of a column.
    #[inline]
    pub(in crate::store::engine) fn datum(&self, index: usize) -> Result<Datum<'_>> {
        Ok(match self.0.get_ref(index).map_err(|error| explained(&error))? {
            ValueRef::Null => Datum::Null,
            ValueRef::Integer(number) => Datum::Integer(number),
            ValueRef::Text(bytes) => Datum::Text(bytes),
            ValueRef::Real(_) | ValueRef::Blob(_) => Datum::Other,
        })
    }
}
