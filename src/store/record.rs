//! One record as it is stored: its id and the values of its fields, in the order of the catalog.

use super::selection::Pick;
use super::sqlite::{Bind, Raw};
use crate::catalog::{Entity, Field, Kind};
use crate::error::Result;
use crate::value::quantity::Quantity;
use crate::value::{Lent, Value};
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
    let mut record = Record { id: 0, values: Vec::with_capacity(entity.fields.len()) };
    read_into(entity, row, &mut record)?;
    Ok(record)
}

/// As [`read`], into another record of `entity`, whose texts are used again.
pub(super) fn read_into(entity: &Entity, row: &Raw<'_>, record: &mut Record) -> Result<()> {
    let mut index = 1;
    record.id = row.id(0)?;
    record.values.resize(entity.fields.len(), Value::Null);
    for (field, value) in entity.fields.iter().zip(&mut record.values) {
        match value {
            Value::Text(held) => match row.text(index)? {
                Some(text) => text.clone_into(held),
                None => *value = Value::Null,
            },
            Value::Quantity(held) => match (row.text(index)?, row.integer(index + 1)?) {
                (Some(amount), Some(unit)) => {
                    amount.clone_into(&mut held.amount);
                    held.unit = unit;
                }
                _ => *value = Value::Null,
            },
            Value::Null | Value::Integer(_) => *value = read_value(field, row, index)?,
        }
        index += width(field);
    }
    Ok(())
}

/// How many columns hold a field.
const fn width(field: &Field) -> usize {
    if matches!(field.kind, Kind::Quantity { .. }) { 2 } else { 1 }
}

/// Whether the row, which begins with [`columns`], holds the values that `wanted` gives for the places of fields;
/// fields for which it gives none may hold anything.
pub(super) fn holds<'v>(entity: &Entity, row: &Raw<'_>, wanted: impl Fn(usize) -> Option<Lent<'v>>) -> Result<bool> {
    let mut index = 1;
    // Bytes that are those of the text wanted are text.
    let text = |index: usize, wanted: &str| Ok(row.bytes(index)? == Some(wanted.as_bytes()));
    for (place, field) in entity.fields.iter().enumerate() {
        let same = match wanted(place) {
            None => true,
            Some(Lent::Null) => row.is_null(index)?,
            Some(Lent::Text(wanted)) => text(index, wanted)?,
            Some(Lent::Integer(number)) => row.integer(index)? == Some(number),
            Some(Lent::Quantity(amount, unit)) => text(index, amount)? && row.integer(index + 1)? == Some(unit),
        };
        if !same {
            return Ok(false);
        }
        index += width(field);
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
    lent_binds(field, value.lend())
}

/// As [`binds`], for a value whose text stands elsewhere.
pub(super) fn lent_binds<'v>(field: &Field, value: Lent<'v>) -> impl Iterator<Item = Bind<'v>> + use<'v> {
    let (first, second) = match value {
        Lent::Null => (Bind::Null, Bind::Null),
        Lent::Text(text) => (Bind::Text(text), Bind::Null),
        Lent::Integer(number) => (Bind::Integer(number), Bind::Null),
        Lent::Quantity(amount, unit) => (Bind::Text(amount), Bind::Integer(unit)),
    };
    let second = matches!(field.kind, Kind::Quantity { .. }).then_some(second);
    std::iter::once(first).chain(second)
}
