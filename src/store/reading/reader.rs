//! Reading one moment of the inventory: records by id and by key, their paths, and the units.

use crate::catalog::{BackReference, Catalog, Entity, Field, Kind};
use crate::error::{Error, Result};
use crate::store::engine::{Bind, Connection};
use crate::store::reading::record::{self, Record};
use crate::store::reading::selection::{Condition, Pick, Selection, Table};
use crate::value::Cell;
use crate::value::quantity::{Unit, Units};
use std::cell::{self, RefCell};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

/// Capacity of the cache of paths; a full cache is cleared, which bounds its memory.
const REMEMBERED: usize = 50_000;

/// Kind of a frequent query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Asked {
    /// The record with an id.
    Record,
    /// Its name, and what holds it.
    NameAndParent,
    /// The records with a name in this column.
    Named(&'static str),
    /// The same in one holder.
    NamedIn(&'static str),
    /// The records whose name has a `/`.
    WithSlash,
}

/// The places of a noun's records in the order of their paths, by ascending id.
#[derive(Debug, Default)]
pub(in crate::store) struct Places(pub(in crate::store) Vec<(i64, u32)>);

/// The first entry of history that belongs to a change or a later one.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Start {
    pub(in crate::store) change: i64,
    pub(in crate::store) entry: i64,
}

/// Cached statement of a frequent query of a noun.
struct Ready {
    noun: &'static str,
    asked: Asked,
    statement: Rc<str>,
}

/// One moment of the inventory.
pub struct Reader<'s> {
    pub(in crate::store) connection: &'s Connection,
    catalog: &'s Catalog,
    units: RefCell<Option<Rc<Units>>>,
    paths: RefCell<HashMap<(&'static str, i64), Rc<str>>>,
    /// Selections that are asked for again and again, made ready.
    ready: RefCell<Vec<Ready>>,
    /// Start of the change of the last search.
    pub(in crate::store) start: cell::Cell<Option<Start>>,
    /// Cached ranks of the paths of nouns' records.
    pub(in crate::store) places: RefCell<HashMap<&'static str, Arc<Places>>>,
}

impl<'s> Reader<'s> {
    pub(in crate::store) fn new(connection: &'s Connection, catalog: &'s Catalog) -> Self {
        Self {
            connection,
            catalog,
            units: RefCell::default(),
            paths: RefCell::default(),
            ready: RefCell::default(),
            start: cell::Cell::default(),
            places: RefCell::default(),
        }
    }

    /// The catalog that describes the inventory.
    #[must_use]
    pub const fn catalog(&self) -> &'s Catalog {
        self.catalog
    }

    /// The units of the inventory.
    pub fn units(&self) -> Result<Rc<Units>> {
        if let Some(units) = &*self.units.borrow() {
            return Ok(Rc::clone(units));
        }
        let mut found = Vec::new();
        let table = Table { name: "unit", id: "unit_id" };
        let picks = ["unit_id", "name", "bytes"].map(|column| Pick::Column(0, column)).to_vec();
        self.connection.rows(&Selection::of(table, picks).sql(), &[], |row| {
            let bytes = row.integer(2)?.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default();
            found.push(Unit { id: row.id(0)?, name: row.text(1)?.unwrap_or_default().to_owned(), bytes });
            Ok(ControlFlow::Continue(()))
        })?;
        let units = Rc::new(Units::new(found));
        *self.units.borrow_mut() = Some(Rc::clone(&units));
        Ok(units)
    }

    /// Forgets what was remembered of `entity`'s records, and of those below them, because one has changed.
    pub(in crate::store) fn forget(&self, entity: &Entity) {
        if entity.noun == "unit" {
            *self.units.borrow_mut() = None;
        }
        self.paths.borrow_mut().clear();
        self.places.borrow_mut().clear();
    }

    /// Clears all caches.
    pub(in crate::store) fn forget_all(&self) {
        self.start.set(None);
        *self.units.borrow_mut() = None;
        self.paths.borrow_mut().clear();
        self.places.borrow_mut().clear();
    }

    /// Returns the cached statement of a frequent selection, which `make` creates at first use.
    pub(in crate::store) fn ready(&self, entity: &Entity, asked: Asked, make: impl FnOnce() -> Selection) -> Rc<str> {
        let mut ready = self.ready.borrow_mut();
        if let Some(ready) = ready.iter().find(|ready| ready.asked == asked && ready.noun == entity.noun) {
            return Rc::clone(&ready.statement);
        }
        let statement = Rc::from(make().sql());
        ready.push(Ready { noun: entity.noun, asked, statement: Rc::clone(&statement) });
        statement
    }

    /// The record of `entity` with that id.
    pub fn record(&self, entity: &Entity, id: i64) -> Result<Option<Record>> {
        let statement = self.ready(entity, Asked::Record, || Selection::of(entity, record::picks(entity)).one());
        self.connection.first(&statement, &[Bind::Integer(id)], |row| record::read(entity, row))
    }

    /// The record of `entity` whose fields `key` have these values; empty ones are equal. Nothing where the first of
    /// them is empty.
    pub fn find(&self, entity: &'static Entity, key: &[&str], values: &[&Cell<'_>]) -> Result<Option<Record>> {
        let mut found = None;
        self.each_with(entity, key, values, |record| {
            found = Some(record);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// Hands each record of `entity` whose fields `key` have these values to `each`, in the order of their ids.
    pub fn each_with(
        &self,
        entity: &'static Entity,
        key: &[&str],
        values: &[&Cell<'_>],
        mut each: impl FnMut(Record) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        if values.first().is_none_or(|first| **first == Cell::Null) {
            return Ok(());
        }
        let fields = key.iter().filter_map(|name| entity.field(name));
        let binds: Vec<Bind<'_>> = fields.zip(values).flat_map(|(field, value)| record::binds(field, value)).collect();
        let statement = Selection::of(entity, record::picks(entity)).with_key(entity, key).sql();
        self.connection.rows(&statement, &binds, |row| each(record::read(entity, row)?))
    }

    /// Hands each record of `entity` to `each`, in the order of their ids.
    pub fn each(&self, entity: &Entity, mut each: impl FnMut(Record) -> Result<ControlFlow<()>>) -> Result<()> {
        let statement = Selection::of(entity, record::picks(entity)).sql();
        self.connection.rows(&statement, &[], |row| each(record::read(entity, row)?))
    }

    /// The ids of the records that refer to the record `id` by `reference`, ascending.
    pub(in crate::store) fn referring(&self, reference: &BackReference, id: i64) -> Result<Vec<i64>> {
        let mut selection = Selection::ids(reference.entity);
        let mut binds = Vec::with_capacity(2);
        if let Some((column, noun)) = reference.noun {
            selection = selection.with(Condition::Is { column, count: 1 });
            binds.push(Bind::Text(noun));
        }
        binds.push(Bind::Integer(id));
        self.ids(&selection.with(Condition::Is { column: reference.column, count: 1 }).sql(), &binds)
    }

    /// Returns true if there is a record of `entity`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn has_any(&self, entity: &Entity) -> Result<bool> {
        Ok(self.ends(entity)?.is_some())
    }

    /// Returns the lowest and the highest id of the records of `entity`; `None` where there are none.
    pub(in crate::store) fn ends(&self, entity: &Entity) -> Result<Option<(i64, i64)>> {
        let Entity { table, id, .. } = entity;
        let sql = format!("SELECT (SELECT min({id}) FROM {table}), (SELECT max({id}) FROM {table})");
        Ok(self.connection.first(&sql, &[], |row| Ok(row.integer(0)?.zip(row.integer(1)?)))?.flatten())
    }

    /// Returns the number of records of `entity`.
    pub fn count(&self, entity: &Entity) -> Result<i64> {
        let statement = Selection::of(entity, vec![Pick::Count]).sql();
        Ok(self.connection.first(&statement, &[], |row| row.id(0))?.unwrap_or_default())
    }

    /// The ids of the records that a selection of ids has.
    pub(in crate::store) fn ids(&self, sql: &str, values: &[Bind<'_>]) -> Result<Vec<i64>> {
        let mut ids = Vec::new();
        self.connection.rows(sql, values, |row| {
            ids.push(row.id(0)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(ids)
    }

    /// The name of a record and the id of what holds it.
    ///
    /// # Errors
    /// There is no such record.
    pub fn name_and_parent(&self, entity: &Entity, id: i64) -> Result<(String, Option<i64>)> {
        let statement = self.ready(entity, Asked::NameAndParent, || {
            Selection::of(entity, vec![Pick::name(entity, 0), Pick::parent(entity)]).one()
        });
        let found = self.connection.first(&statement, &[Bind::Integer(id)], |row| {
            Ok((row.text(0)?.unwrap_or_default().to_owned(), row.integer(1)?))
        })?;
        found.ok_or_else(|| Error::not_found(format!("no {} with id {id}", entity.labels.0)))
    }

    /// Returns the whole path of a record: `AWS/tokyo/prod/web01`.
    ///
    /// # Errors
    /// There is no such record.
    pub fn path(&self, entity: &'static Entity, id: i64) -> Result<Rc<str>> {
        let cached = self.paths.borrow().get(&(entity.noun, id)).cloned();
        if let Some(path) = cached {
            return Ok(path);
        }
        let (name, parent) = self.name_and_parent(entity, id)?;
        let path: Rc<str> = self.path_of(entity, &name, parent)?.into();
        let mut paths = self.paths.borrow_mut();
        if paths.len() >= REMEMBERED {
            paths.clear();
        }
        paths.insert((entity.noun, id), Rc::clone(&path));
        Ok(path)
    }

    fn path_of(&self, entity: &Entity, name: &str, parent: Option<i64>) -> Result<String> {
        Ok(match (parent, self.catalog.parent(entity)) {
            (Some(parent), Some((_, holder))) => format!("{}/{name}", self.path(holder, parent)?),
            _ => name.to_owned(),
        })
    }

    /// A value of `field` as messages and reports show it: references by their path, even of what is removed;
    /// quantities with their unit.
    pub fn shown(&self, field: &Field, value: &Cell<'_>) -> Result<Option<String>> {
        Ok(match (value, self.catalog.target(field)) {
            (Cell::Null, _) => None,
            (Cell::Integer(id), Some(target)) => Some(self.title(target, *id)?),
            (Cell::Integer(number), None) => Some(number.to_string()),
            (Cell::Text(_), _) if field.kind == Kind::Secret => Some("(hidden)".to_owned()),
            (Cell::Text(text), _) => Some(text.to_string()),
            (Cell::Quantity(amount, unit), _) => Some(self.units()?.text(amount, *unit)),
            (Cell::Record(noun, id), _) => match self.catalog.get(noun) {
                Some(entity) => Some(format!("{noun} {}", self.title(entity, *id)?)),
                None => Some(format!("{noun} id={id}")),
            },
        })
    }
}

/// The SQL of a record's name.
pub(in crate::store) fn name_sql(entity: &Entity, alias: &str) -> String {
    let columns: Vec<String> = entity.naming().map(|field| format!("{alias}.{}", field.column)).collect();
    match columns.as_slice() {
        [] => "NULL".to_owned(),
        [one] => one.clone(),
        several => format!("coalesce({})", several.join(", ")),
    }
}
