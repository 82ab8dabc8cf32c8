//! Keys of a dump, units in a column of their own, and names of either form.

use super::{Creates, Draft, Intake, Target, about, naming_field};
use crate::catalog::{Entity, Field, Kind};
use crate::error::{Error, Result};
use crate::value::Cell;
use crate::value::shown::quoted;
use crate::value::spelling::Spelling;
use std::collections::HashMap;

/// Records of a run by the keys that they have in the dump.
#[derive(Debug, Default)]
pub(crate) struct TableKeys(HashMap<&'static str, HashMap<String, i64>>);

impl TableKeys {
    /// Keeps the records that the keys of a table stand for, by the lines of both.
    pub(in crate::verb) fn add(
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
    pub(in crate::verb) fn record(&self, entity: &'static Entity, key: &str) -> Result<i64> {
        let found = self.0.get(entity.noun).and_then(|keys| keys.get(key.trim()));
        found.copied().ok_or_else(|| {
            Error::failed(format!("the dump has no {} with the key {}", entity.labels.0, quoted(key)))
                .help(format!("keys are those of {}.csv in the same folder", entity.table))
        })
    }

    /// Tests if the dump has the table.
    pub(in crate::verb) fn has(&self, entity: &Entity) -> bool {
        self.0.contains_key(entity.noun)
    }
}

impl Intake {
    /// Reads the key of a record that is in the same dump.
    pub(super) fn foreign_key<'s>(
        &mut self,
        to: &mut impl Creates<'s>,
        entity: &'static Entity,
        field: &'static Field,
        text: Option<&str>,
    ) -> Result<Cell<'static>> {
        let text = text.filter(|text| !self.notation.as_ref().is_some_and(|notation| notation.is_empty_word(text)));
        match (text, to.catalog().target(field)) {
            (Some(text), Some(target)) => self.keys.record(target, text).map(Cell::Integer),
            _ => self.field(to, entity, field, None, std::iter::empty()),
        }
    }

    /// Returns the name of a unit, which a dump has by its key.
    pub(super) fn unit<'s>(&self, to: &mut impl Creates<'s>, text: &str) -> Result<String> {
        let unit = to.catalog().of("unit");
        if !self.keys.has(unit) && !text.trim().bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(text.to_owned());
        }
        let id = self.keys.record(unit, text).map_err(|error| about("unit", &error))?;
        let units = to.units()?;
        Ok(units.get(id).map_or_else(|| text.to_owned(), |unit| unit.name.clone()))
    }

    /// Reads the text of the field that names a record.
    pub(super) fn name<'s, 't>(
        &mut self,
        to: &mut impl Creates<'s>,
        entity: &'static Entity,
        text: Option<&'t str>,
        draft: &mut Draft<'t>,
    ) -> Result<()> {
        let Some(text) = text else { return Ok(()) };
        let bare = self.notation.as_ref().and_then(|notation| notation.again(Spelling::Address, text));
        let Some(field) = naming_field(entity, bare.as_deref().unwrap_or(text)) else { return Ok(()) };
        let cell = self.spelled(to, field, text, || Ok(Cell::Null)).map_err(|error| about(field.name, &error))?;
        entity.position(field.name).into_iter().for_each(|place| draft.set(place, cell.clone()));
        Ok(())
    }
}

/// Returns the text of the unit that another column has for a quantity.
pub(super) fn unit_beside<'t>(
    entity: &Entity,
    field: &Field,
    mut texts: impl Iterator<Item = (Target, Option<&'t str>)>,
) -> Option<&'t str> {
    if !matches!(field.kind, Kind::Quantity { .. }) {
        return None;
    }
    let place = entity.position(field.name);
    let unit = texts.find(|(target, _)| matches!(target, Target::UnitOf(of) if Some(*of) == place));
    unit.and_then(|(_, text)| text).filter(|text| !text.trim().is_empty())
}
