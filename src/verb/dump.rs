//! Dumps of the tables of the data model: which columns have keys of another database.

use super::intake::Target;
use crate::catalog::column::same_name;
use crate::catalog::{Entity, Field, Kind, Reach};

/// Tables that are imported in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// One noun alone: keys of other tables mean nothing.
    One,
    /// Those of a whole inventory.
    Whole,
}

/// Tests if a file is a dump of the table of `entity`: it has the table's own key, or is one of links.
pub(super) fn is_dump(entity: &Entity, columns: &[String]) -> bool {
    entity.reach == Reach::Link || columns.iter().any(|column| same_name(column, entity.id))
}

/// Returns the target of a column with the units of a quantity.
pub(super) fn unit_target(entity: &Entity, column: &str) -> Option<Target> {
    let is_unit = |field: &Field| matches!(field.kind, Kind::Quantity { unit } if same_name(unit, column));
    entity.fields.iter().position(is_unit).map(Target::UnitOf)
}

/// Returns the target of a column with keys in a dump.
pub(super) fn key_target(entity: &Entity, column: &str) -> Option<Target> {
    if same_name(column, entity.id) {
        return Some(Target::Key);
    }
    let refers = |field: &Field| matches!(field.kind, Kind::Reference { .. }) && same_name(field.column, column);
    entity.fields.iter().position(refers).map(Target::ForeignKey)
}
