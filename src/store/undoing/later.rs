//! The changes that were made after one that is to be undone.

use crate::catalog::Entity;
use crate::error::Result;
use crate::store::engine::Bind;
use crate::store::reading::reader::Reader;
use crate::store::writing::change::Effect;
use crate::value::Value;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Receives each effect; a removal before it happens.
pub(super) type EachEffect<'t> = &'t mut dyn FnMut(&Reader<'_>, &Effect) -> Result<()>;

/// The later changes that count.
pub(super) struct Later {
    /// Those that are not cancelled by another one.
    pub(super) standing: BTreeSet<i64>,
    /// The later change that has undone the one in question already.
    pub(super) undone_by: Option<i64>,
}

impl Reader<'_> {
    /// The changes behind `id`, without those which cancel each other.
    pub(super) fn later(&self, id: i64) -> Result<Later> {
        let mut standing = BTreeSet::new();
        let mut cancelled = BTreeSet::new();
        let mut undone_by = None;
        let sql = "SELECT change_id, undoes, partly FROM change WHERE change_id > $1 ORDER BY change_id DESC";
        self.connection.rows(sql, &[Bind::Integer(id)], |row| {
            let (change, undoes, partly) = (row.id(0)?, row.integer(1)?, row.integer(2)? == Some(1));
            if cancelled.contains(&change) {
                return Ok(ControlFlow::Continue(()));
            }
            match undoes.filter(|_| !partly) {
                Some(undoes) if undoes > id => {
                    cancelled.insert(undoes);
                }
                Some(undoes) if undoes == id => {
                    undone_by = Some(change);
                    standing.insert(change);
                }
                _ => {
                    standing.insert(change);
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Later { standing, undone_by })
    }
}

impl Later {
    /// Returns true if that change is later and not cancelled.
    pub(super) fn counts(&self, change: i64) -> bool {
        self.standing.contains(&change)
    }
}

/// The records that a record refers to, its quantities' units among them.
pub(super) fn references(reader: &Reader<'_>, entity: &Entity, values: &[Value]) -> Vec<(&'static Entity, i64)> {
    let catalog = reader.catalog();
    let referred = entity.fields.iter().zip(values).filter_map(|(field, value)| match value {
        Value::Integer(id) => Some((catalog.target(field)?, *id)),
        Value::Quantity(_, unit) => Some((catalog.of("unit"), *unit)),
        Value::Record(noun, id) => Some((catalog.get(noun)?, *id)),
        _ => None,
    });
    referred.collect()
}
