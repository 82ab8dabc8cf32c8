//! Values of cells. Pure: no SQL, no terminal.
//!
//! Text becomes a value once, at the door (an argument, a prompt, a CSV field); from there on only values travel.

pub mod address;
pub mod character;
pub mod decimal;
pub mod list;
pub mod name;
pub mod natural;
pub mod needle;
pub mod quantity;
pub mod role;
pub mod shown;
pub mod similar;
pub mod status;
pub mod text;
pub mod time;

use quantity::Quantity;

/// One field's value on its way to its row or back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing: the field is empty.
    Null,
    /// Text in its canonical form: a name, an address, a time, a decimal.
    Text(String),
    /// A whole number, or the id of a record that is referred to.
    Integer(i64),
    /// An amount and its unit.
    Quantity(Quantity),
}

/// A value whose text stands elsewhere, in a row of a file or in a [`Value`]: a million rows cost no allocation a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lent<'t> {
    /// Nothing.
    Null,
    /// As [`Value::Text`].
    Text(&'t str),
    /// As [`Value::Integer`].
    Integer(i64),
    /// As [`Value::Quantity`]: the amount as entered, and the id of the unit's record.
    Quantity(&'t str, i64),
}

impl Value {
    /// The same value, its text lent.
    #[must_use]
    pub fn lend(&self) -> Lent<'_> {
        match self {
            Self::Null => Lent::Null,
            Self::Text(text) => Lent::Text(text),
            Self::Integer(number) => Lent::Integer(*number),
            Self::Quantity(quantity) => Lent::Quantity(&quantity.amount, quantity.unit),
        }
    }
}

impl Lent<'_> {
    /// The same value with a text of its own.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::Integer(number) => Value::Integer(number),
            Self::Quantity(amount, unit) => Value::Quantity(Quantity { amount: amount.to_owned(), unit }),
        }
    }
}
