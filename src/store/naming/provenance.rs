//! Provenance of one record: the sources that know it, and the fields that they do not write.

use crate::catalog::source::{FIELD_OWNER, SOURCE, SOURCE_RECORD};
use crate::catalog::{Entity, Field};
use crate::error::Result;
use crate::store::reading::reader::Reader;
use crate::store::reading::record::Record;
use crate::value::Cell;
use std::ops::ControlFlow;

/// Knowledge of one source about a record.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// The name of the source.
    pub source: String,
    /// The id that the source has for the record.
    pub external_id: Option<String>,
    /// The time at which the source first had it.
    pub first_seen: Option<String>,
    /// The time at which the source last had it.
    pub confirmed: Option<String>,
    /// The time since which the source misses it.
    pub missing_since: Option<String>,
}

/// A field of a record that not every source of it writes.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The field.
    pub field: &'static Field,
    /// The source that decides it; a person, if there is none.
    pub by: Option<String>,
    /// The value that another source offered last, as it is shown.
    pub offered: Option<String>,
    /// The source that offered it.
    pub offered_by: Option<String>,
}

impl Reader<'_> {
    /// Returns what each source knows of the record `id` of `entity`, by the name of the source.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn provenance(&self, entity: &Entity, id: i64) -> Result<Vec<Provenance>> {
        let mut found = Vec::new();
        for bound in self.links_to(&SOURCE_RECORD, entity, id)? {
            let Cell::Integer(source) = bound.value(&SOURCE_RECORD, "source") else { continue };
            let Some(source) = self.record(&SOURCE, *source)? else { continue };
            let own = |field| text(bound.value(&SOURCE_RECORD, field));
            let (first_seen, missing_since) = (own("first-seen"), own("missing-since"));
            let confirmed = if missing_since.is_some() {
                own("last-confirmed")
            } else {
                text(source.value(&SOURCE, "last-complete-run")).or_else(|| first_seen.clone())
            };
            let name = text(source.value(&SOURCE, "name")).unwrap_or_default();
            let external_id = own("external-id");
            found.push(Provenance { source: name, external_id, first_seen, confirmed, missing_since });
        }
        found.sort_by(|one, other| one.source.cmp(&other.source));
        Ok(found)
    }

    /// Returns the fields of the record `id` of `entity` that not every source of it writes, in the order of the catalog.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn decided_fields(&self, entity: &Entity, id: i64) -> Result<Vec<Decided>> {
        let mut found: Vec<(usize, Decided)> = Vec::new();
        for owner in self.links_to(&FIELD_OWNER, entity, id)? {
            let own = |name| text(owner.value(&FIELD_OWNER, name));
            let Some(place) = own("field").and_then(|name| entity.position(&name)) else { continue };
            let Some(field) = entity.fields.get(place) else { continue };
            let source = |name| match owner.value(&FIELD_OWNER, name) {
                Cell::Integer(id) => self.title(&SOURCE, *id).map(Some),
                _ => Ok(None),
            };
            let (by, offered_by) = (source("source")?, source("offered-by")?);
            found.push((place, Decided { field, by, offered: own("offered"), offered_by }));
        }
        found.sort_by_key(|(place, _)| *place);
        Ok(found.into_iter().map(|(_, decided)| decided).collect())
    }

    /// The records of `link` that are about the record `id` of `entity`.
    fn links_to(&self, link: &'static Entity, entity: &Entity, id: i64) -> Result<Vec<Record>> {
        let mut found = Vec::new();
        self.each_with(link, &["record"], &[&Cell::Record(entity.noun.into(), id)], |record| {
            found.push(record);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }
}

fn text(cell: &Cell<'_>) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text.to_string()),
        _ => None,
    }
}
