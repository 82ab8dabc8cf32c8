//! One record as it is stored: its id and the values of its fields, in the order of the catalog.

use crate::catalog::{Entity, Field, Kind};
use crate::error::Result;
use crate::store::engine::{Bind, Raw};
use crate::store::reading::selection::Pick;
use crate::value::{Cell, Value};
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

/// Selected columns that [`read`] needs, in its order.
pub(in crate::store) fn picks(entity: &Entity) -> Vec<Pick> {
    std::iter::once(Pick::Column(0, entity.id)).chain(Pick::fields(entity.fields)).collect()
}

/// The same as it stands in a statement: `t.vm_id, t.name, …`.
pub(in crate::store) fn columns(entity: &Entity) -> String {
    let mut sql = format!("t.{}", entity.id);
    for column in entity.fields.iter().flat_map(Field::columns) {
        // Writing to a String cannot fail.
        let _ = write!(sql, ", t.{column}");
    }
    sql
}

/// Reads a record from a row that begins with [`columns`].
pub(in crate::store) fn read(entity: &Entity, row: &Raw<'_>) -> Result<Record> {
    let mut index = 1;
    let mut values = Vec::with_capacity(entity.fields.len());
    for field in entity.fields {
        values.push(read_value(field, row, index)?);
        index += width(field);
    }
    Ok(Record { id: row.id(0)?, values })
}

/// Compares the fields of a row that begins with [`columns`] with the cells that `wanted` has for their places; a field
/// without one is equal.
pub(in crate::store) fn equals<'c>(
    entity: &Entity,
    row: &Raw<'_>,
    wanted: impl Fn(usize) -> Option<&'c Cell<'c>>,
) -> Result<bool> {
    let mut index = 1;
    for (place, field) in entity.fields.iter().enumerate() {
        if let Some(wanted) = wanted(place)
            && !is(row, index, wanted)?
        {
            return Ok(false);
        }
        index += width(field);
    }
    Ok(true)
}

/// Number of columns of a field.
const fn width(field: &Field) -> usize {
    if field.kind.second_column().is_some() { 2 } else { 1 }
}

/// Returns true if the field at column `index` equals `wanted`.
fn is(row: &Raw<'_>, index: usize, wanted: &Cell<'_>) -> Result<bool> {
    // Bytes that are those of the text wanted are text.
    let text = |wanted: &str| Ok(row.bytes(index)? == Some(wanted.as_bytes()));
    Ok(match wanted {
        Cell::Null => row.is_null(index)?,
        Cell::Text(wanted) => text(wanted)?,
        Cell::Integer(number) => row.integer(index)? == Some(*number),
        Cell::Quantity(wanted, id) | Cell::Record(wanted, id) => text(wanted)? && row.integer(index + 1)? == Some(*id),
    })
}

fn read_value(field: &Field, row: &Raw<'_>, index: usize) -> Result<Value> {
    Ok(match field.kind {
        Kind::Reference { .. } | Kind::Factor => row.integer(index)?.map_or(Value::Null, Value::Integer),
        Kind::Quantity { .. } => match (row.text(index)?, row.integer(index + 1)?) {
            (Some(amount), Some(unit)) => Value::Quantity(amount.to_owned().into(), unit),
            _ => Value::Null,
        },
        Kind::Any { .. } => match (row.text(index)?, row.integer(index + 1)?) {
            (Some(noun), Some(id)) => Value::Record(noun.to_owned().into(), id),
            _ => Value::Null,
        },
        _ => row.text(index)?.map_or(Value::Null, |text| Value::Text(text.to_owned().into())),
    })
}

/// Returns the bound values of a field's cell, one for each column.
pub(in crate::store) fn binds<'c>(field: &Field, cell: &'c Cell<'_>) -> impl Iterator<Item = Bind<'c>> + use<'c> {
    let (first, second) = match cell {
        Cell::Null => (Bind::Null, Bind::Null),
        Cell::Text(text) => (Bind::Text(text), Bind::Null),
        Cell::Integer(number) => (Bind::Integer(*number), Bind::Null),
        Cell::Quantity(text, id) | Cell::Record(text, id) => (Bind::Text(text), Bind::Integer(*id)),
    };
    let second = field.kind.second_column().map(|_| second);
    std::iter::once(first).chain(second)
}
