//! All records of a noun in the order of their whole paths: holder by holder, those of each in the order of their names.
//!
//! The engine would sort whole rows of all records at once; an index knows those of one holder, and they are few. Disks
//! are asked for pool by pool rather than VM by VM: a question for each of a million VMs takes longer than the sorting.

use super::plan::Plan;
use super::reader::{Reader, name_sql};
use super::selection::alias_of;
use super::sqlite::{Bind, Raw};
use crate::catalog::{Entity, Field};
use crate::error::Result;
use std::ops::ControlFlow;
use std::rc::Rc;

/// How many records an outer holder has at least, in the mean, for its records to be asked for together.
const TOGETHER: i64 = 16;

/// The statements that give the rows of a plan by path: one without a value, and one for each holder.
pub(super) struct ByPath {
    first: String,
    held: Option<(String, Rc<[i64]>)>,
}

impl ByPath {
    /// Hands each row to `each`, by the path of its record: name by name from the outermost on, byte by byte.
    pub(super) fn each(&self, reader: &Reader<'_>, mut each: impl FnMut(&Raw<'_>) -> Result<()>) -> Result<()> {
        let mut each = |raw: &Raw<'_>| each(raw).map(ControlFlow::Continue);
        reader.connection.rows(&self.first, &[], &mut each)?;
        let Some((sql, holders)) = &self.held else { return Ok(()) };
        holders.iter().try_for_each(|id| reader.connection.rows(sql, &[Bind::Integer(*id)], &mut each))
    }
}

impl Reader<'_> {
    /// How the rows of `plan` are read by path; what that takes is joined to it.
    pub(super) fn by_path(&self, plan: &mut Plan) -> Result<ByPath> {
        let entity = plan.entity();
        let ancestors = self.catalog().ancestors(entity);
        let Some((depth, holder)) = self.holder_of_enough(entity, &ancestors)? else {
            return Ok(ByPath { first: plan.sql(&format!(" ORDER BY {}", order(entity, "t"))), held: None });
        };
        // What stands between the holder and the record is sorted along, from the outermost on.
        let hops: Vec<&'static Field> = ancestors.iter().take(depth + 1).map(|(field, _)| *field).collect();
        let mut orders = vec![order(entity, "t")];
        for (place, (_, between)) in ancestors.iter().take(depth).enumerate() {
            let alias = alias_of(plan.table(self.catalog(), hops.get(..=place).unwrap_or_default()));
            orders.insert(0, order(between, &alias));
        }
        let order = orders.join(", ");
        let alias = alias_of(plan.table(self.catalog(), hops.get(..depth).unwrap_or_default()));
        let column = format!("{alias}.{}", hops.last().map_or(holder.id, |field| field.column));
        // In a damaged file a holder may be gone: its records are told all the same.
        let known = format!("SELECT 1 FROM {} h WHERE h.{} = {column}", holder.table, holder.id);
        let orphans = format!(" WHERE {column} IS NULL OR NOT EXISTS ({known}) ORDER BY {order}");
        let held = plan.sql(&format!(" WHERE {column} = $1 ORDER BY {order}"));
        Ok(ByPath { first: plan.sql(&orphans), held: Some((held, self.ids_by_path(holder)?)) })
    }

    /// The nearest holder of `entity`'s records whose own are so few that each has many of those, else the outermost;
    /// and how many stand between.
    fn holder_of_enough(
        &self,
        entity: &'static Entity,
        ancestors: &[(&'static Field, &'static Entity)],
    ) -> Result<Option<(usize, &'static Entity)>> {
        let (_, last) = self.connection.ends(entity.into())?.unwrap_or_default();
        for (depth, (_, holder)) in ancestors.iter().enumerate() {
            if depth + 1 == ancestors.len() || self.connection.ends((*holder).into())?.unwrap_or_default().1.saturating_mul(TOGETHER) <= last {
                return Ok(Some((depth, holder)));
            }
        }
        Ok(None)
    }

    /// The ids of all records of `entity`, by their path.
    fn ids_by_path(&self, entity: &'static Entity) -> Result<Rc<[i64]>> {
        let known = self.ids_by_path.borrow().get(entity.noun).cloned();
        if let Some(ids) = known {
            return Ok(ids);
        }
        let mut ids = Vec::new();
        self.by_path(&mut Plan::new(self.catalog(), entity, &[]))?.each(self, |raw| {
            ids.push(raw.id(0)?);
            Ok(())
        })?;
        let ids: Rc<[i64]> = ids.into();
        self.ids_by_path.borrow_mut().insert(entity.noun, Rc::clone(&ids));
        Ok(ids)
    }
}

/// The SQL that orders the records of one holder, whose table is called `alias`: by name, then by what else tells them
/// apart.
fn order(entity: &'static Entity, alias: &str) -> String {
    let keys = entity.keys.iter().flat_map(|key| key.iter()).filter_map(|name| entity.field(name));
    let keys = keys.filter(|field| field.refers_to().is_none()).map(|field| format!("{alias}.{}", field.column));
    let names = std::iter::once(name_sql(entity, alias)).chain(keys).chain([format!("{alias}.{}", entity.id)]);
    names.map(|name| format!("{name} NULLS FIRST")).collect::<Vec<String>>().join(", ")
}
