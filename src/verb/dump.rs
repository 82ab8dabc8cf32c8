//! Dumps of the tables of the data model: keys that records have in another database, and what they are here.

use super::intake::Target;
use crate::catalog::column::same_name;
use crate::catalog::{Entity, Kind, Reach};
use crate::error::{Error, Result};
use crate::value::shown::quoted;
use std::collections::HashMap;

/// Tables that are imported in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// One noun alone: keys of other tables mean nothing.
    One,
    /// Those of a whole inventory.
    Whole,
}

/// Records of a run by the keys that they have in the dump.
#[derive(Debug, Default)]
pub(crate) struct TableKeys(HashMap<&'static str, HashMap<String, i64>>);

impl TableKeys {
    /// Keeps the records that the keys of a table stand for, by the lines of both.
    pub(super) fn add(
        &mut self,
        entity: &'static Entity,
        mut keys: HashMap<u64, String>,
        records: impl Iterator<Item = (i64, u64)>,
    ) {
        if keys.is_empty() {
            return;
        }
        let records = records.filter_map(|(id, line)| Some((keys.remove(&line)?, id)));
        self.0.entry(entity.noun).or_default().extend(records);
    }

    /// Returns the record that a key stands for.
    ///
    /// # Errors
    /// The dump has no such key, or not the table.
    pub(super) fn record(&self, entity: &'static Entity, key: &str) -> Result<i64> {
        let found = self.0.get(entity.noun).and_then(|keys| keys.get(key.trim()));
        found.copied().ok_or_else(|| {
            Error::failed(format!("the dump has no {} with the key {}", entity.labels.0, quoted(key)))
                .help(format!("keys are those of {}.csv in the same folder", entity.table))
        })
    }

    /// Tests if the dump has the table.
    pub(super) fn has(&self, entity: &Entity) -> bool {
        self.0.contains_key(entity.noun)
    }
}

/// Tests if a file is a dump of the table of `entity`: it has the table's own key, or is one of links.
pub(super) fn is_dump(entity: &Entity, columns: &[String]) -> bool {
    entity.reach == Reach::Link || columns.iter().any(|column| same_name(column, entity.id))
}

/// Returns the target of a column that has keys.
pub(super) fn target(entity: &Entity, column: &str, is_dump: bool) -> Option<Target> {
    let field = |is_meant: &dyn Fn(&crate::catalog::Field) -> bool| entity.fields.iter().position(is_meant);
    let is_unit =
        |field: &crate::catalog::Field| matches!(field.kind, Kind::Quantity { unit } if same_name(unit, column));
    if let Some(place) = field(&is_unit) {
        return Some(Target::UnitOf(place));
    }
    if !is_dump {
        return None;
    }
    if same_name(column, entity.id) {
        return Some(Target::Key);
    }
    field(&|field| matches!(field.kind, Kind::Reference { .. }) && same_name(field.column, column))
        .map(Target::ForeignKey)
}
