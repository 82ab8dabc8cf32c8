//! Changes to records, and what becomes of them: what goes through the one door, and what comes back.

use crate::catalog::Entity;
use crate::store::history::action::Action;
use crate::store::reading::record::Record;
use crate::value::{Cell, Value};

/// A change to one record.
#[derive(Debug)]
pub enum Change<'a> {
    /// A new record.
    Create {
        /// Its noun.
        entity: &'static Entity,
        /// Its values, in the order of the catalog's fields.
        values: Vec<Cell<'a>>,
    },
    /// Other values for some fields of a record.
    Update {
        /// Its noun.
        entity: &'static Entity,
        /// The record as it is.
        before: &'a Record,
        /// The fields, by their place in the catalog, and their new values.
        values: Vec<(usize, Cell<'a>)>,
    },
    /// The end of a record.
    Remove {
        /// Its noun.
        entity: &'static Entity,
        /// The record as it is.
        before: &'a Record,
    },
    /// A record that was removed, as it was: its id and its times too.
    Restore {
        /// Its noun.
        entity: &'static Entity,
        /// The record as it was.
        record: Record,
    },
    /// Values that fields of a record had: its times too.
    Revert {
        /// Its noun.
        entity: &'static Entity,
        /// The record as it is.
        before: &'a Record,
        /// The fields, by their place in the catalog, and their old values.
        values: Vec<(usize, Cell<'a>)>,
    },
}

impl Change<'_> {
    /// The noun of the record.
    pub(in crate::store) const fn entity(&self) -> &'static Entity {
        match self {
            Self::Create { entity, .. }
            | Self::Update { entity, .. }
            | Self::Remove { entity, .. }
            | Self::Restore { entity, .. }
            | Self::Revert { entity, .. } => entity,
        }
    }
}

/// Result of a change.
#[derive(Debug, Clone)]
pub struct Effect {
    /// Kind of the change.
    pub action: Action,
    /// The noun.
    pub entity: &'static Entity,
    /// The record.
    pub id: i64,
    /// The fields that changed, by their place in the catalog, with their old and new values.
    pub changed: Vec<(usize, Value, Value)>,
}
