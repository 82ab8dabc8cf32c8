//! What a list tells of the few records that many of its own refer to, read once: the pools, owners and operating
//! systems of a million VMs are a few thousand, and a join would look each up a million times.

use super::plan::{Plan, Sources};
use super::reader::Reader;
use super::sqlite::Statement;
use crate::catalog::{Catalog, Entity, Field, Leaf, Path};
use crate::error::Result;
use crate::output::row::Row;
use std::ops::ControlFlow;

/// Up to which id a table's records are read into memory: some hundred bytes each.
const MOST: i64 = 16_384;
/// What stands for an id that no record has.
const NONE: u32 = u32::MAX;

/// What columns tell of every record of one noun, by its id.
pub(super) struct Known {
    cells: Row,
    /// The place of each id's first cell.
    places: Vec<u32>,
}

impl Known {
    /// What `columns` tell of the records of `entity`, if they are few; fewer than those of a list up to the id `last`.
    pub(super) fn load(
        reader: &Reader<'_>,
        entity: &'static Entity,
        columns: &[Path],
        last: i64,
    ) -> Result<Option<Self>> {
        let (first, end) = reader.connection.ends(entity.into())?.unwrap_or_default();
        if first < 0 || end >= last.min(MOST) {
            return Ok(None);
        }
        let plan = Plan::new(reader.catalog(), entity, &columns.iter().collect::<Vec<_>>());
        let units = reader.units()?;
        let mut from = Sources::new(reader, &units);
        let mut known = Self { cells: Row::default(), places: Vec::new() };
        reader.connection.select(&Statement::new(plan.selection()), &[], |raw| {
            let id = usize::try_from(raw.id(0)?).unwrap_or_default();
            known.places.resize(id, NONE);
            known.places.push(u32::try_from(known.cells.len()).unwrap_or(NONE));
            plan.fill(&mut from, raw, &mut known.cells)?;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Some(known))
    }

    /// Where the cells of the record with that id begin.
    pub(super) fn find(&self, id: Option<i64>) -> Option<usize> {
        let place = self.places.get(usize::try_from(id?).ok()?)?;
        (*place != NONE).then_some(*place as usize)
    }

    /// The cells of all records.
    pub(super) const fn cells(&self) -> &Row {
        &self.cells
    }
}

/// The first reference that a column of `entity` follows, and the column from there on.
pub(super) fn behind(
    catalog: &Catalog,
    entity: &'static Entity,
    path: &Path,
) -> Option<(&'static Field, &'static Entity, Path)> {
    if let [first, rest @ ..] = path.hops.as_slice() {
        return Some((first, catalog.target(first)?, Path { hops: rest.to_vec(), ..path.clone() }));
    }
    let at = |field, entity: &'static Entity, leaf| {
        Some((field, entity, Path { name: String::new(), hops: Vec::new(), entity, leaf }))
    };
    match path.leaf {
        Leaf::Field(field) => {
            let target = catalog.target(field)?;
            let mut naming = target.naming();
            let name = naming.next().filter(|_| naming.next().is_none())?;
            at(field, target, Leaf::Field(name))
        }
        Leaf::Path => {
            let (field, holder) = catalog.parent(entity)?;
            at(field, holder, Leaf::Path)
        }
        _ => None,
    }
}

/// The ids that a column holds, one bit each.
#[derive(Default)]
pub(super) struct Ids(Vec<u64>);

impl Ids {
    /// What `sql`, a query for one column of ids, yields.
    pub(super) fn of(reader: &Reader<'_>, sql: &str) -> Result<Self> {
        let mut ids = Self::default();
        reader.connection.rows(sql, &[], |raw| {
            let id = usize::try_from(raw.id(0)?).unwrap_or_default();
            if ids.0.len() <= id / 64 {
                ids.0.resize(id / 64 + 1, 0);
            }
            ids.0[id / 64] |= 1 << (id % 64);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(ids)
    }

    pub(super) fn has(&self, id: i64) -> bool {
        usize::try_from(id).is_ok_and(|id| self.0.get(id / 64).is_some_and(|bits| bits >> (id % 64) & 1 == 1))
    }
}
