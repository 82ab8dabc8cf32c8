//! Values of cells. Pure: no SQL, no terminal.
//!
//! Text becomes a value once, at the door (an argument, a prompt, a CSV field); from there on only values travel.

pub mod address;
pub mod character;
pub mod condition;
pub mod decimal;
pub mod list;
pub mod name;
pub mod natural;
pub mod needle;
pub mod quantity;
pub mod ratio;
pub mod role;
pub mod rounded;
pub mod shown;
pub mod similar;
pub mod spelling;
pub mod status;
pub mod text;
pub mod time;

use std::borrow::Cow;

/// One field's value, from a text to its row and back. Its text is borrowed from where it stands, in a row of a file or in
/// another cell, unless it had to be written otherwise: a million rows cost no allocation a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'t> {
    /// Nothing: the field is empty.
    Null,
    /// Text in its canonical form: a name, an address, a time, a decimal.
    Text(Cow<'t, str>),
    /// A whole number, or the id of a record that is referred to.
    Integer(i64),
    /// An amount as decimal text, and the id of the record of its unit.
    Quantity(Cow<'t, str>, i64),
    /// A record of whichever noun: the noun, and the id.
    Record(Cow<'t, str>, i64),
}

/// A cell that owns its text.
pub type Value = Cell<'static>;

impl Cell<'_> {
    /// Returns the same cell with its text borrowed from this one.
    #[must_use]
    pub fn to_borrowed(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Text(text) => Cell::Text(Cow::Borrowed(text)),
            Self::Integer(number) => Cell::Integer(*number),
            Self::Quantity(amount, unit) => Cell::Quantity(Cow::Borrowed(amount), *unit),
            Self::Record(noun, id) => Cell::Record(Cow::Borrowed(noun), *id),
        }
    }

    /// Returns the same cell with a text of its own.
    #[must_use]
    pub fn into_owned(self) -> Value {
        match self {
            Self::Null => Cell::Null,
            Self::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Self::Integer(number) => Cell::Integer(number),
            Self::Quantity(amount, unit) => Cell::Quantity(Cow::Owned(amount.into_owned()), unit),
            Self::Record(noun, id) => Cell::Record(Cow::Owned(noun.into_owned()), id),
        }
    }
}
