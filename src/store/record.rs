//! One record as it is stored: its id and the values of its fields, in the order of the catalog.

use super::selection::Pick;
use super::sqlite::{Bind, Raw};
use crate::catalog::{Entity, Field, Kind};
use crate::error::Result;
use crate::value::Value;
use crate::value::quantity::Quantity;
use std::fmt::Write;

/// One record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: i64,
    /// The values of its fields, in the order of [`Entity::fields`].
    pub values: Vec<Value>,
}

impl Record {
    /// The value of the field called `name`; nothing where there is no such field.
    #[must_use]
    pub fn value(&self, entity: &Entity, name: &str) -> &Value {
        entity.position(name).and_then(|position| self.values.get(position)).unwrap_or(&Value::Null)
    }
}

/// What [`read`] takes, in its order.
pub(super) fn picks(entity: &Entity) -> Vec<Pick> {
    std::iter::once(Pick::Column(0, entity.id)).chain(Pick::fields(entity.fields)).collect()
}

/// The same as it stands in a statement: `t.vm_id, t.name, …`.
pub(super) fn columns(entity: &Entity) -> String {
    let mut sql = format!("t.{}", entity.id);
    for column in entity.fields.iter().flat_map(Field::columns) {
        // Writing to a String cannot fail.
        let _ = write!(sql, ", t.{column}");
    }
    sql
}

/// Reads a record from a row that begins with [`columns`].
pub(super) fn read(entity: &Entity, row: &Raw<'_>) -> Result<Record> {
    let mut index = 1;
    let mut values = Vec::with_capacity(entity.fields.len());
    for field in entity.fields {
        values.push(read_value(field, row, index)?);
        index += field.columns().count();
    }
    Ok(Record { id: row.id(0)?, values })
}

/// Whether the row, which begins with [`columns`], holds the values that `wanted` gives for the places of fields;
/// fields for which it gives none may hold anything.
pub(super) fn holds<'v>(entity: &Entity, row: &Raw<'_>, wanted: impl Fn(usize) -> Option<&'v Value>) -> Result<bool> {
    let mut index = 1;
    for (place, field) in entity.fields.iter().enumerate() {
        let width = field.columns().count();
        let same = match wanted(place) {
            None => true,
            Some(Value::Null) => row.is_null(index)?,
            Some(Value::Text(text)) => row.text(index)? == Some(text),
            Some(Value::Integer(number)) => row.integer(index)? == Some(*number),
            Some(Value::Quantity(quantity)) => {
                row.text(index)? == Some(&quantity.amount) && row.integer(index + 1)? == Some(quantity.unit)
            }
        };
        if !same {
            return Ok(false);
        }
        index += width;
    }
    Ok(true)
}

fn read_value(field: &Field, row: &Raw<'_>, index: usize) -> Result<Value> {
    Ok(match field.kind {
        Kind::Reference { .. } | Kind::Factor => row.integer(index)?.map_or(Value::Null, Value::Integer),
        Kind::Quantity { .. } => match (row.text(index)?, row.integer(index + 1)?) {
            (Some(amount), Some(unit)) => Value::Quantity(Quantity { amount: amount.to_owned(), unit }),
            _ => Value::Null,
        },
        _ => row.text(index)?.map_or(Value::Null, |text| Value::Text(text.to_owned())),
    })
}

/// What to bind for a field's value: one value a column of it.
pub(super) fn binds<'v>(field: &Field, value: &'v Value) -> impl Iterator<Item = Bind<'v>> + use<'v> {
    let (first, second) = match value {
        Value::Null => (Bind::Null, Bind::Null),
        Value::Text(text) => (Bind::Text(text), Bind::Null),
        Value::Integer(number) => (Bind::Integer(*number), Bind::Null),
        Value::Quantity(quantity) => (Bind::Text(&quantity.amount), Bind::Integer(quantity.unit)),
    };
    let second = matches!(field.kind, Kind::Quantity { .. }).then_some(second);
    std::iter::once(first).chain(second)
}
