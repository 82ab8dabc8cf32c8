//! Value of one column of a row, of any engine.

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
