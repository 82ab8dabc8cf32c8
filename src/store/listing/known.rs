//! What a list tells of the few records that many of its own refer to, read once: the pools, owners and operating
//! systems of a million VMs are a few thousand, and a join would look each up a million times.

use crate::catalog::{Entity, Field, Leaf, Path};
use crate::error::Result;
use crate::output::row::Row;
use crate::store::engine::Statement;
use crate::store::listing::plan::{Plan, Sources};
use crate::store::reading::reader::Reader;
use std::cell::RefCell;
use std::ops::ControlFlow;

/// Up to which id a table's records are read into memory: some hundred bytes each.
const MOST: i64 = 16_384;
/// What stands for an id that no record has.
const NONE: u32 = u32::MAX;

/// What columns tell of every record of one noun, by its id.
pub(in crate::store) struct Known {
    cells: Row,
    /// The place of each id's first cell.
    places: Vec<u32>,
}

impl Known {
    /// What `columns` tell of the records of `entity`, which are [`Few`].
    pub(in crate::store) fn load(reader: &Reader<'_>, entity: &'static Entity, columns: &[Path]) -> Result<Self> {
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
        Ok(known)
    }

    /// Where the cells of the record with that id begin.
    pub(in crate::store) fn find(&self, id: Option<i64>) -> Option<usize> {
        let place = self.places.get(usize::try_from(id?).ok()?)?;
        (*place != NONE).then_some(*place as usize)
    }

    /// The cells of all records.
    pub(in crate::store) const fn cells(&self) -> &Row {
        &self.cells
    }
}

/// Which nouns have few records, beside the many of another.
pub(in crate::store) struct Few<'r, 's> {
    reader: &'r Reader<'s>,
    /// The last id of the many.
    last: i64,
    known: RefCell<Vec<(&'static str, bool)>>,
}

/// Where a column goes on from a record that is known.
pub(in crate::store) struct Cut {
    /// The references that lead to the record which refers to that one.
    pub(in crate::store) hops: Vec<&'static Field>,
    /// What it refers to it by.
    pub(in crate::store) by: &'static Field,
    /// The noun of the record that is known, and what is told of it.
    pub(in crate::store) entity: &'static Entity,
    pub(in crate::store) column: Path,
    /// Of a path, the names that follow: the references that lead to each, and its noun.
    pub(in crate::store) names: Vec<(Vec<&'static Field>, &'static Entity)>,
}

impl<'r, 's> Few<'r, 's> {
    /// Beside the records of `entity`.
    pub(in crate::store) fn beside(reader: &'r Reader<'s>, entity: &Entity) -> Result<Self> {
        let last = reader.connection.ends(entity.into())?.map_or(0, |(_, last)| last);
        Ok(Self { reader, last, known: RefCell::default() })
    }

    fn has(&self, entity: &Entity) -> Result<bool> {
        let known = self.known.borrow().iter().find(|(noun, _)| *noun == entity.noun).map(|(_, few)| *few);
        if let Some(few) = known {
            return Ok(few);
        }
        let (first, last) = self.reader.connection.ends(entity.into())?.unwrap_or_default();
        let few = first >= 0 && last < self.last.min(MOST);
        self.known.borrow_mut().push((entity.noun, few));
        Ok(few)
    }

    /// Where a column first meets records that are few; nothing where it meets none.
    pub(in crate::store) fn cut(&self, path: &Path) -> Result<Option<Cut>> {
        let catalog = self.reader.catalog();
        for (depth, by) in path.hops.iter().copied().enumerate() {
            let Some(entity) = catalog.target(by) else { return Ok(None) };
            if self.has(entity)? {
                let (before, behind) = path.hops.split_at(depth);
                let column = Path { hops: behind.iter().skip(1).copied().collect(), ..path.clone() };
                return Ok(Some(Cut { hops: before.to_vec(), by, entity, column, names: Vec::new() }));
            }
        }
        let told = |entity, leaf| Path { name: String::new(), hops: Vec::new(), entity, leaf };
        match path.leaf {
            Leaf::Field(by) => {
                let Some(entity) = catalog.target(by) else { return Ok(None) };
                let mut naming = entity.naming();
                let Some(name) = naming.next().filter(|_| naming.next().is_none()) else { return Ok(None) };
                let column = told(entity, Leaf::Field(name));
                let cut = Cut { hops: path.hops.clone(), by, entity, column, names: Vec::new() };
                Ok(self.has(entity)?.then_some(cut))
            }
            Leaf::Path => {
                let (mut hops, mut names) = (path.hops.clone(), vec![(path.hops.clone(), path.entity)]);
                for (by, entity) in catalog.ancestors(path.entity) {
                    if self.has(entity)? {
                        names.reverse();
                        return Ok(Some(Cut { hops, by, entity, column: told(entity, Leaf::Path), names }));
                    }
                    hops.push(by);
                    names.push((hops.clone(), entity));
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}
