//! One record as it is stored: its id and the values of its fields, in the order of the catalog.

use crate::catalog::{Entity, Field, Kind};
use crate::error::Result;
use crate::store::engine::{Bind, Raw};
use crate::store::reading::selection::Pick;
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

/// What a record holds that is not exactly what is wanted of it.
#[derive(Debug, Default)]
pub struct Old {
    /// By the places of fields, what they hold; the texts of values that were read before are used again.
    values: Vec<Value>,
    /// Whether a field holds what is wanted, so that its value is not read.
    same: Vec<bool>,
}

impl Old {
    /// Compares a row that begins with [`columns`] with what `wanted` gives for the places of fields. Tells whether all of
    /// it is the same.
    pub(in crate::store) fn compare<'v>(
        &mut self,
        entity: &Entity,
        row: &Raw<'_>,
        wanted: impl Fn(usize) -> Option<Lent<'v>>,
    ) -> Result<bool> {
        let (mut index, mut all) = (1, true);
        self.same.clear();
        for (place, field) in entity.fields.iter().enumerate() {
            let same = wanted(place).map(|wanted| is(row, index, wanted)).transpose()?;
            all &= same != Some(false);
            self.same.push(same == Some(true));
            index += width(field);
        }
        Ok(all)
    }

    /// Whether the field at a place was found to hold what was wanted.
    pub(in crate::store) fn is_same(&self, place: usize) -> bool {
        self.same.get(place) == Some(&true)
    }

    /// Reads from the row that was compared what is not known to be the same.
    pub(in crate::store) fn read(&mut self, entity: &Entity, row: &Raw<'_>) -> Result<()> {
        self.values.resize(entity.fields.len(), Value::Null);
        let mut index = 1;
        for ((field, value), same) in entity.fields.iter().zip(&mut self.values).zip(&self.same) {
            if !same {
                read_again(field, row, index, value)?;
            }
            index += width(field);
        }
        Ok(())
    }

    /// What the field at a place holds, `wanted` being what was wanted of the record.
    #[must_use]
    pub fn value<'v>(&'v self, place: usize, wanted: &[Option<Lent<'v>>]) -> Lent<'v> {
        let value = if self.is_same(place) { wanted.get(place).copied().flatten() } else { None };
        value.or_else(|| Some(self.values.get(place)?.lend())).unwrap_or(Lent::Null)
    }

    /// The whole record, `wanted` being what was wanted of it.
    #[must_use]
    pub fn with<'v>(&'v self, wanted: &[Option<Lent<'v>>]) -> Vec<Lent<'v>> {
        (0..self.values.len()).map(|place| self.value(place, wanted)).collect()
    }
}

impl From<Record> for Old {
    fn from(record: Record) -> Self {
        Self { same: vec![false; record.values.len()], values: record.values }
    }
}

/// Reads a value of `field` where there is another one, whose text is used again.
fn read_again(field: &Field, row: &Raw<'_>, index: usize, value: &mut Value) -> Result<()> {
    match value {
        Value::Text(held) => match row.text(index)? {
            Some(text) => text.clone_into(held),
            None => *value = Value::Null,
        },
        _ => *value = read_value(field, row, index)?,
    }
    Ok(())
}

/// How many columns hold a field.
const fn width(field: &Field) -> usize {
    if matches!(field.kind, Kind::Quantity { .. }) { 2 } else { 1 }
}

/// Whether a field whose first column is that one holds a value.
fn is(row: &Raw<'_>, index: usize, wanted: Lent<'_>) -> Result<bool> {
    // Bytes that are those of the text wanted are text.
    let text = |wanted: &str| Ok(row.bytes(index)? == Some(wanted.as_bytes()));
    Ok(match wanted {
        Lent::Null => row.is_null(index)?,
        Lent::Text(wanted) => text(wanted)?,
        Lent::Integer(number) => row.integer(index)? == Some(number),
        Lent::Quantity(amount, unit) => text(amount)? && row.integer(index + 1)? == Some(unit),
    })
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
pub(in crate::store) fn binds<'v>(field: &Field, value: &'v Value) -> impl Iterator<Item = Bind<'v>> + use<'v> {
    lent_binds(field, value.lend())
}

/// As [`binds`], for a value whose text stands elsewhere.
pub(in crate::store) fn lent_binds<'v>(field: &Field, value: Lent<'v>) -> impl Iterator<Item = Bind<'v>> + use<'v> {
    let (first, second) = match value {
        Lent::Null => (Bind::Null, Bind::Null),
        Lent::Text(text) => (Bind::Text(text), Bind::Null),
        Lent::Integer(number) => (Bind::Integer(number), Bind::Null),
        Lent::Quantity(amount, unit) => (Bind::Text(amount), Bind::Integer(unit)),
    };
    let second = matches!(field.kind, Kind::Quantity { .. }).then_some(second);
    std::iter::once(first).chain(second)
}
