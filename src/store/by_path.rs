//! All records of a noun in the order of their whole paths: holder by holder, those of each in the order of their names.
//!
//! The engine would sort whole rows of all records at once; an index knows those of one holder, and they are few.

use super::known::Ids;
use super::plan::Plan;
use super::reader::{Reader, name_sql};
use super::sqlite::{Bind, Raw};
use crate::catalog::Entity;
use crate::error::Result;
use std::ops::ControlFlow;
use std::rc::Rc;

impl Reader<'_> {
    /// Hands each row of `plan` to `each`, by the path of its record: name by name from the outermost on, byte by byte.
    pub(super) fn each_by_path(&self, plan: &Plan, mut each: impl FnMut(&Raw<'_>) -> Result<()>) -> Result<()> {
        let mut each = |raw: &Raw<'_>| each(raw).map(ControlFlow::Continue);
        let entity = plan.entity();
        let order = order(entity);
        let Some((field, holder)) = self.catalog().parent(entity) else {
            return self.connection.rows(&plan.sql(&format!(" ORDER BY {order}")), &[], each);
        };
        let column = format!("t.{}", field.column);
        // In a damaged file a holder may be gone: its records are told all the same.
        let known = format!("SELECT 1 FROM {} h WHERE h.{} = {column}", holder.table, holder.id);
        let orphans = format!(" WHERE {column} IS NULL OR NOT EXISTS ({known}) ORDER BY {order}");
        self.connection.rows(&plan.sql(&orphans), &[], &mut each)?;
        let holders = Ids::of(self, &format!("SELECT {column} FROM {} t WHERE {column} IS NOT NULL", entity.table))?;
        if holders.is_empty() {
            return Ok(());
        }
        let held = plan.sql(&format!(" WHERE {column} = $1 ORDER BY {order}"));
        for id in self.ids_by_path(holder)?.iter().filter(|id| holders.has(**id)) {
            self.connection.rows(&held, &[Bind::Integer(*id)], &mut each)?;
        }
        Ok(())
    }

    /// The ids of all records of `entity`, by their path.
    fn ids_by_path(&self, entity: &'static Entity) -> Result<Rc<[i64]>> {
        let known = self.by_path.borrow().get(entity.noun).cloned();
        if let Some(ids) = known {
            return Ok(ids);
        }
        let mut ids = Vec::new();
        self.each_by_path(&Plan::new(self.catalog(), entity, &[]), |raw| {
            ids.push(raw.id(0)?);
            Ok(())
        })?;
        let ids: Rc<[i64]> = ids.into();
        self.by_path.borrow_mut().insert(entity.noun, Rc::clone(&ids));
        Ok(ids)
    }
}

/// The SQL that orders the records of one holder: by name, then by what else tells them apart.
fn order(entity: &'static Entity) -> String {
    let keys = entity.keys.iter().flat_map(|key| key.iter()).filter_map(|name| entity.field(name));
    let keys = keys.filter(|field| field.refers_to().is_none()).map(|field| format!("t.{}", field.column));
    let names = std::iter::once(name_sql(entity, "t")).chain(keys).chain([format!("t.{}", entity.id)]);
    names.map(|name| format!("{name} NULLS FIRST")).collect::<Vec<String>>().join(", ")
}
