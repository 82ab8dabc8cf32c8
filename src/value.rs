//! What a cell can hold. Pure: knows neither SQL nor a terminal.
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
