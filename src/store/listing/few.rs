//! Cells of the few records that many of a list refer to, read once: a million VMs name some thousand pools, owners and
//! operating systems, and a join would look each of them up a million times.

use super::plan::{Context, Plan};
use crate::catalog::{Catalog, Entity, Field, Leaf, Path};
use crate::error::Result;
use crate::output::row::Row;
use crate::store::reading::reader::Reader;
use std::ops::ControlFlow;

/// Up to this highest id, the records of a noun are few: some hundred bytes each.
pub(super) const FEW: i64 = 16_384;
/// Stands for an id that no record has.
const NONE: u32 = u32::MAX;

/// Cells of a few records, by id.
#[derive(Debug)]
pub(super) struct Few {
    /// The references that lead to the record that refers to one of them, and the reference itself.
    pub(super) back: Vec<&'static Field>,
    /// The place of the reference in a row of the list.
    pub(super) place: usize,
    entity: &'static Entity,
    columns: Vec<Path>,
    cells: Row,
    /// The place of each id's first cell.
    first: Vec<u32>,
}

/// Returns true if the records of `entity` are few.
pub(super) fn are_few(reader: &Reader<'_>, entity: &Entity) -> Result<bool> {
    Ok(reader.ends(entity)?.is_none_or(|(first, last)| first >= 0 && last <= FEW))
}

/// Splits a column where it first leads to few records: the references that lead there, and the column from there on.
pub(super) fn split(reader: &Reader<'_>, path: &Path) -> Result<Option<(Vec<&'static Field>, Path)>> {
    let catalog = reader.catalog();
    if !matches!(path.leaf, Leaf::Field(_) | Leaf::Bytes(_) | Leaf::Id | Leaf::Path) {
        return Ok(None);
    }
    for (depth, reference) in path.hops.iter().enumerate() {
        if let Some(entity) = catalog.target(reference)
            && are_few(reader, entity)?
        {
            let (back, hops) = path.hops.split_at(depth + 1);
            return Ok(Some((back.to_vec(), Path { hops: hops.to_vec(), ..path.clone() })));
        }
    }
    let Leaf::Field(reference) = path.leaf else { return Ok(None) };
    let Some((entity, name)) = target_and_name(catalog, reference) else { return Ok(None) };
    let column = Path { name: String::new(), hops: Vec::new(), entity, leaf: Leaf::Field(name) };
    let back = path.hops.iter().copied().chain([reference]).collect();
    Ok(are_few(reader, entity)?.then_some((back, column)))
}

/// The noun that a reference leads to, and the one field that its records are named by.
fn target_and_name(catalog: &Catalog, reference: &Field) -> Option<(&'static Entity, &'static Field)> {
    let entity = catalog.target(reference)?;
    let mut names = entity.naming();
    let name = names.next()?;
    names.next().is_none().then_some((entity, name))
}

impl Few {
    pub(super) fn new(back: Vec<&'static Field>, place: usize, entity: &'static Entity) -> Self {
        Self { back, place, entity, columns: Vec::new(), cells: Row::default(), first: Vec::new() }
    }

    /// Adds a column and returns its place.
    pub(super) fn push(&mut self, column: Path) -> usize {
        self.columns.push(column);
        self.columns.len() - 1
    }

    /// Reads the cells of all columns.
    pub(super) fn read(&mut self, reader: &Reader<'_>) -> Result<()> {
        let plan = Plan::new(reader.catalog(), self.entity, &self.columns.iter().collect::<Vec<_>>());
        let units = reader.units()?;
        let context = Context { units: &units, related: &[] };
        let Self { cells, first, .. } = self;
        reader.connection.rows(&plan.selection.sql(), &[], |raw| {
            first.resize(usize::try_from(raw.id(0)?).unwrap_or_default(), NONE);
            first.push(u32::try_from(cells.len()).unwrap_or(NONE));
            plan.fill(&context, raw, cells)?;
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Appends a column of the record `id` to `row`.
    pub(super) fn push_cell(&self, id: Option<i64>, column: usize, row: &mut Row) {
        let first = id.and_then(|id| self.first.get(usize::try_from(id).ok()?)).filter(|first| **first != NONE);
        match first {
            Some(first) => row.push(&self.cells, *first as usize + column),
            None => row.null(),
        }
    }
}
