//! Looking at what is stored as it is, faults and all: what the other readers take for granted is asked about here.

use crate::catalog::{Entity, Field, Kind};
use crate::error::Result;
use crate::store::reading::reader::{Reader, name_sql};
use std::ops::ControlFlow;

/// Stored value of a field, valid or not.
#[derive(Debug, Clone, Copy)]
pub enum StoredValue<'row> {
    /// A text.
    Text(&'row str),
    /// An amount, and the id of its unit.
    Quantity(&'row str, i64),
    /// A whole number.
    Number(i64),
    /// Bytes that are no text.
    Unreadable,
}

impl Reader<'_> {
    /// Calls `each` with each structural fault of the file, in the engine's words.
    pub fn each_broken(&self, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
        self.connection.integrity(|row| {
            if let Some(fault) = row.text(0)?.filter(|fault| *fault != "ok") {
                each(fault)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Hands each record that refers to one which is not there to `each`, with the column that does.
    pub fn each_dangling(&self, mut each: impl FnMut(&'static Entity, i64, &str) -> Result<()>) -> Result<()> {
        self.connection.dangling(|row| {
            let table = row.text(0)?.unwrap_or_default();
            if let Some(entity) = self.catalog().entities().find(|entity| entity.table == table) {
                each(entity, row.id(1)?, row.text(2)?.unwrap_or_default())?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Calls `each` with each stored value of `entity`'s records, except references and secrets, and the id of its
    /// record.
    pub fn each_held(
        &self,
        entity: &'static Entity,
        mut each: impl FnMut(i64, &'static Field, StoredValue<'_>) -> Result<()>,
    ) -> Result<()> {
        let is_listed =
            |field: &&Field| !matches!(field.kind, Kind::Reference { .. } | Kind::Any { .. } | Kind::Secret);
        let fields: Vec<&'static Field> = entity.fields.iter().filter(is_listed).collect();
        let columns: Vec<String> =
            fields.iter().flat_map(|field| field.columns()).map(|column| format!(", t.{column}")).collect();
        let sql = format!("SELECT t.{0}{1} FROM {2} t ORDER BY t.{0}", entity.id, columns.concat(), entity.table);
        self.connection.rows(&sql, &[], |row| {
            let id = row.id(0)?;
            let mut place = 1;
            for field in &fields {
                if field.kind == Kind::Factor {
                    if let Some(number) = row.integer(place)? {
                        each(id, field, StoredValue::Number(number))?;
                    }
                    place += 1;
                    continue;
                }
                match (row.text(place), field.kind) {
                    (Err(_), _) => each(id, field, StoredValue::Unreadable)?,
                    (Ok(Some(amount)), Kind::Quantity { .. }) => {
                        let unit = row.integer(place + 1)?.unwrap_or_default();
                        each(id, field, StoredValue::Quantity(amount, unit))?;
                    }
                    (Ok(Some(text)), _) => each(id, field, StoredValue::Text(text))?,
                    (Ok(None), _) => {}
                }
                place += field.columns().count();
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Hands each record of `entity` with its name and what holds it to `each`. A name that is no text is left out.
    pub fn each_name(
        &self,
        entity: &'static Entity,
        mut each: impl FnMut(i64, Option<i64>, &str) -> Result<()>,
    ) -> Result<()> {
        let parent = entity.parent_field().map_or_else(|| "NULL".to_owned(), |field| format!("t.{}", field.column));
        let name = name_sql(entity, "t");
        let sql = format!("SELECT t.{0}, {parent}, {name} FROM {1} t ORDER BY t.{0}", entity.id, entity.table);
        self.connection.rows(&sql, &[], |row| {
            if let Ok(Some(name)) = row.text(2) {
                each(row.id(0)?, row.integer(1)?, name)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Calls `each` with the ids of each group of records of `entity` that share the fields `key`. The first of the
    /// fields is not empty; the others may be empty in all.
    pub fn each_shared(
        &self,
        entity: &'static Entity,
        key: &[&str],
        mut each: impl FnMut(&[i64]) -> Result<()>,
    ) -> Result<()> {
        let columns: Vec<&str> = key.iter().filter_map(|name| entity.field(name)).map(|field| field.column).collect();
        let Some(first) = columns.first() else { return Ok(()) };
        let shared: Vec<String> = columns.iter().map(|column| format!("coalesce(t.{column}, '')")).collect();
        let sql = format!(
            "SELECT t.{id}, {columns} FROM {table} t WHERE t.{first} IN (SELECT {first} FROM {table} WHERE {first} IS \
             NOT NULL GROUP BY {first} HAVING count(*) > 1) ORDER BY {columns}, t.{id}",
            id = entity.id,
            columns = shared.join(", "),
            table = entity.table
        );
        let mut last_texts: Vec<String> = Vec::new();
        let mut ids: Vec<i64> = Vec::new();
        let mut end_group = |ids: &[i64]| if ids.len() > 1 { each(ids) } else { Ok(()) };
        self.connection.rows(&sql, &[], |row| {
            let texts = (1..=columns.len()).map(|place| Ok(row.text(place)?.unwrap_or_default().to_owned()));
            let texts = texts.collect::<Result<Vec<String>>>()?;
            if texts != last_texts {
                end_group(&ids)?;
                ids.clear();
                last_texts = texts;
            }
            ids.push(row.id(0)?);
            Ok(ControlFlow::Continue(()))
        })?;
        end_group(&ids)
    }

    /// The name of a record and the id of what holds it.
    pub fn name_and_holder(&self, entity: &Entity, id: i64) -> Result<(String, Option<i64>)> {
        self.name_and_parent(entity, id)
    }
}
