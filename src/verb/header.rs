//! The header of a file that is imported: what each of its columns is for, and what is wrong with it.

use super::faults;
use super::intake::{self, Target};
use crate::catalog::{Catalog, Entity, Kind};
use crate::error::Result;
use crate::value::{shown, similar};
use std::collections::HashMap;

/// The columns of a file, and what each is for.
pub(super) struct Header {
    entity: &'static Entity,
    targets: Vec<Target>,
}

impl Header {
    pub(super) const fn new(entity: &'static Entity) -> Self {
        Self { entity, targets: Vec::new() }
    }

    /// Target of each column that has been read.
    pub(super) fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Takes in columns that are not known yet.
    pub(super) fn learn(&mut self, catalog: &Catalog, columns: &[String]) -> Result<(), Vec<String>> {
        if self.targets.len() == columns.len() {
            return Ok(());
        }
        let first = self.targets.is_empty();
        let mut wrong = Vec::new();
        for column in columns.iter().skip(self.targets.len()) {
            match intake::target(catalog, self.entity, column) {
                Some(target) => self.targets.push(target),
                None if column == faults::COLUMN => self.targets.push(Target::Derived),
                None => wrong.push(unknown(self.entity, column)),
            }
        }
        let mut columns_by_target: HashMap<String, &String> = HashMap::new();
        for (target, column) in self.targets.iter().zip(columns) {
            if matches!(target, Target::Derived) {
                continue;
            }
            if let Some(other) = columns_by_target.insert(format!("{target:?}"), column) {
                wrong.push(format!("the columns {} and {} mean the same", shown::quoted(other), shown::quoted(column)));
            }
        }
        let names = self.entity.names.iter().filter_map(|name| self.entity.position(name));
        let mut names =
            names.map(|name| self.targets.iter().any(|t| matches!(t, Target::Field(place) if *place == name)));
        let has_name = self.entity.numbered.is_some() || self.entity.names.is_empty() || names.any(|named| named);
        if first && wrong.is_empty() && !has_name {
            wrong.push(format!("the column {} is missing", self.entity.names.join(" or ")));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// The columns that a file of `entity` may have.
pub(crate) fn columns(entity: &Entity) -> Vec<&'static str> {
    let fields = entity.fields.iter().filter(|field| field.kind != Kind::Secret).map(|field| field.name);
    fields.chain(entity.collections.iter().map(|collection| collection.name)).collect()
}

fn unknown(entity: &Entity, column: &str) -> String {
    let columns = columns(entity);
    if entity.computed(column).is_some() || matches!(column, "id" | "path") {
        return format!("{} is computed and cannot be imported (leave the column out)", shown::quoted(column));
    }
    let near = similar::nearest(column, columns.iter().copied(), 3);
    let help = similar::did_you_mean(&near).unwrap_or_else(|| format!("the columns are {}", columns.join(", ")));
    format!("{} is no column of {} ({help})", shown::quoted(column), entity.labels.1)
}
