//! Cells of the few records that many of a list refer to, read once: a million VMs name some thousand pools, owners and
//! operating systems, and a join would look each of them up a million times.

use super::cells::Context;
use super::plan::{Few, NONE, Plan};
use crate::catalog::{Catalog, Entity, Field, Leaf, Path};
use crate::error::Result;
use crate::store::reading::reader::Reader;
use std::ops::ControlFlow;

/// Up to this highest id, the records of a noun are few: some hundred bytes each.
pub(super) const FEW: i64 = 16_384;

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
}

impl Plan {
    /// A plan for a list of all records: cells of the few records that they refer to are read once.
    pub(super) fn of_all(reader: &Reader<'_>, entity: &'static Entity, columns: &[&Path]) -> Result<Self> {
        let catalog = reader.catalog();
        let mut plan = Self::new(catalog, entity, &[]);
        for path in columns {
            match split(reader, path)? {
                Some((back, column)) => plan.push_few(catalog, back, column),
                None => _ = plan.push(catalog, path),
            }
        }
        plan.few.iter_mut().try_for_each(|few| few.read(reader))?;
        Ok(plan)
    }
}
