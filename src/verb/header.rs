//! The header of a file that is imported: what each of its columns is for, and what is wrong with it.

use super::faults;
use super::intake::{self, Target};
use crate::catalog::column::same_name;
use crate::catalog::{Catalog, Entity, Kind};
use crate::error::{Error, Result};
use crate::value::{shown, similar};
use std::collections::HashMap;

/// Column of the ids that records have in the inventory.
const ID: &str = "id";
/// The column of the whole path.
const PATH: &str = "path";
/// Column of the ids that a source has for its records.
pub(super) const EXTERNAL_ID: &str = "external-id";

/// Ids of a source for the records of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExternalIds {
    /// The rows are not of a source.
    None,
    /// The reader of the source has them.
    OfReader,
    /// The column `external-id` has them.
    InColumn,
}

/// The columns of a file, and what each is for.
pub(super) struct Header {
    entity: &'static Entity,
    external_ids: ExternalIds,
    targets: Vec<Target>,
}

/// Faults of a header.
#[derive(Debug)]
pub(super) struct WrongColumns {
    /// A sentence for each.
    sentences: Vec<String>,
    /// True if rows can be checked nonetheless.
    pub(super) can_go_on: bool,
}

impl WrongColumns {
    /// Returns an error for each.
    pub(super) fn errors(&self) -> Vec<Error> {
        self.sentences.iter().map(Error::failed).collect()
    }
}

impl Header {
    pub(super) const fn new(entity: &'static Entity, external_ids: ExternalIds) -> Self {
        Self { entity, external_ids, targets: Vec::new() }
    }

    /// Returns whether there is a column of ids of the inventory.
    pub(super) fn has_ids(&self) -> bool {
        self.targets.iter().any(|target| matches!(target, Target::Id))
    }

    /// Returns whether there is a column that names records, or they need no name.
    pub(super) fn has_name(&self) -> bool {
        let mut names = self.entity.names.iter().filter_map(|name| self.entity.position(name));
        let is_name = |place| self.targets.iter().any(|target| matches!(target, Target::Field(at) if *at == place));
        self.entity.numbered.is_some() || self.entity.names.is_empty() || names.any(is_name)
    }

    /// Target of each column that has been read.
    pub(super) fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Takes in columns that are not known yet. A column that is unknown does not end the reading: the rows are checked
    /// without it, or with what its name is nearest to.
    pub(super) fn learn(&mut self, catalog: &Catalog, columns: &[String]) -> Result<(), WrongColumns> {
        if self.targets.len() == columns.len() {
            return Ok(());
        }
        let first = self.targets.is_empty();
        let mut unknown_columns = Vec::new();
        let mut wrong = Vec::new();
        for column in columns.iter().skip(self.targets.len()) {
            match intake::target(catalog, self.entity, column) {
                Some(target) => self.targets.push(target),
                None if same_name(column, ID) => self.targets.push(Target::Id),
                None if self.external_ids == ExternalIds::InColumn && same_name(column, EXTERNAL_ID) => {
                    self.targets.push(Target::ExternalId);
                }
                // JSON has the path beside the id, which names the record.
                None if column == PATH && self.has_ids() => self.targets.push(Target::Derived),
                None if column == faults::COLUMN => self.targets.push(Target::Derived),
                None => {
                    unknown_columns.push(unknown(self.entity, column));
                    self.targets.push(self.nearest(catalog, column, columns).unwrap_or(Target::Derived));
                }
            }
        }
        let mut columns_by_target: HashMap<String, &String> = HashMap::new();
        for (target, column) in self.targets.iter().zip(columns) {
            if matches!(target, Target::Derived) {
                continue;
            }
            if let Some(other) = columns_by_target.insert(format!("{target:?}"), column) {
                wrong.push(format!(
                    "the columns {} and {} have the same meaning",
                    shown::quoted(other),
                    shown::quoted(column)
                ));
            }
        }
        let missing = if first && wrong.is_empty() { self.missing() } else { None };
        let can_go_on = wrong.is_empty() && missing.is_none();
        // A column that is missing may be one of those that are unknown.
        wrong.extend(missing.filter(|_| unknown_columns.is_empty()));
        let sentences: Vec<String> = unknown_columns.into_iter().chain(wrong).collect();
        if sentences.is_empty() { Ok(()) } else { Err(WrongColumns { sentences, can_go_on }) }
    }

    /// Returns the target of the column that `column` is nearest to, if no other column has it.
    fn nearest(&self, catalog: &Catalog, column: &str, columns: &[String]) -> Option<Target> {
        let near = similar::nearest(column, self::columns(self.entity).into_iter(), 1);
        let target = intake::target(catalog, self.entity, near.first()?)?;
        let is_same = |other: Target| format!("{other:?}") == format!("{target:?}");
        let mut others = columns.iter().filter_map(|other| intake::target(catalog, self.entity, other));
        let is_taken = others.any(is_same) || self.targets.iter().any(|other| is_same(*other));
        (!is_taken).then_some(target)
    }

    /// Returns what is wrong with the columns as a whole.
    fn missing(&self) -> Option<String> {
        let has_external_ids = self.targets.iter().any(|target| matches!(target, Target::ExternalId));
        if self.external_ids == ExternalIds::InColumn && !has_external_ids {
            return Some(format!("the column {EXTERNAL_ID} is missing (--source matches rows by it)"));
        }
        if has_external_ids && self.has_ids() {
            return Some(format!("the columns {ID} and {EXTERNAL_ID} cannot be combined"));
        }
        let is_named = self.has_ids() || self.has_name();
        (!is_named).then(|| format!("the column {} is missing", self.entity.names.join(" or ")))
    }
}

/// The columns that a file of `entity` may have.
pub(crate) fn columns(entity: &Entity) -> Vec<&'static str> {
    let fields = entity.fields.iter().filter(|field| field.kind != Kind::Secret).map(|field| field.name);
    fields.chain(entity.collections.iter().map(|collection| collection.name)).collect()
}

fn unknown(entity: &Entity, column: &str) -> String {
    let columns = columns(entity);
    if same_name(column, EXTERNAL_ID) {
        return format!("{} requires the source of these ids (pass --source NAME)", shown::quoted(column));
    }
    if entity.computed(column).is_some() || column == PATH {
        return format!("{} is computed and cannot be imported (remove the column)", shown::quoted(column));
    }
    let near = similar::nearest(column, columns.iter().copied(), 3);
    let help = similar::did_you_mean(&near).unwrap_or_else(|| format!("columns: {}", columns.join(", ")));
    format!("{} is not a column of {} ({help})", shown::quoted(column), entity.labels.1)
}
