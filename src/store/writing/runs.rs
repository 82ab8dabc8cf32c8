//! Runs of sources: the source itself, the records that it knows, and when it was last imported.

use crate::catalog::Entity;
use crate::catalog::source::{GRACE, GUARD, PRIORITY, SOURCE, SOURCE_RECORD};
use crate::error::{Error, Result};
use crate::store::history::action::Action;
use crate::store::reading::record::Record;
use crate::store::writing::change::{Change, Effect};
use crate::store::writing::writer::{Times, Writer};
use crate::value::{Cell, shown};
use std::rc::Rc;

/// Coverage of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// The run had all that its source has.
    Complete,
    /// Records that the run lacked may be there all the same.
    Partial,
}

/// Identity of a record in its source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Identifier<'c> {
    /// The id that the source has for it.
    pub external_id: Option<&'c str>,
    /// Another fact about it, where the source may give one id to several records one after another.
    pub second_fact: Option<&'c str>,
}

/// The values of a new source record.
#[must_use]
pub fn binding<'c>(source: i64, entity: &Entity, id: i64, identifier: Identifier<'c>) -> Vec<Cell<'c>> {
    let text = |text: Option<&'c str>| text.map_or(Cell::Null, |text| Cell::Text(text.into()));
    SOURCE_RECORD
        .fields
        .iter()
        .map(|field| match field.name {
            "source" => Cell::Integer(source),
            "record" => Cell::Record(entity.noun.into(), id),
            "external-id" => text(identifier.external_id),
            "second-fact" => text(identifier.second_fact),
            _ => Cell::Null,
        })
        .collect()
}

impl Writer<'_> {
    /// Makes this transaction a run of the source called `name`, which is created the first time. Returns its id. An
    /// empty `scope` leaves that of the source as it is.
    ///
    /// # Errors
    /// The source is of another kind, or the file cannot be written.
    pub fn begin_run(&mut self, name: &str, kind: &str, scope: &str) -> Result<i64> {
        let text = |text: &str| Cell::Text(text.to_owned().into());
        let found = self.find(&SOURCE, &["name"], &[&Cell::Text(name.into())])?;
        // A change names its source in its first hash, so a new source says its id before it has it.
        let id = match &found {
            Some(record) => record.id,
            None => self.connection.last_id(SOURCE.table)?.saturating_add(1),
        };
        if let (Some(recorder), ..) = self.recording() {
            recorder.imports(id);
        }
        if let Some(before) = found {
            if let Cell::Text(other) = before.value(&SOURCE, "kind")
                && **other != *kind
            {
                let (name, other) = (shown::quoted(name), shown::shown(other));
                let message = format!("source {name} has kind {other}, not {kind}; nothing was imported");
                return Err(Error::conflict(message).help("pass another source with --source NAME"));
            }
            let values = [("kind", kind), ("scope", scope)].into_iter().filter(|(_, value)| !value.is_empty());
            let values = values.filter_map(|(field, value)| Some((SOURCE.position(field)?, text(value))));
            self.apply(Change::Update { entity: &SOURCE, before: &before, values: values.collect() })?;
            return Ok(id);
        }
        let values = SOURCE.fields.iter().map(|field| match field.name {
            "name" => text(name),
            "kind" => text(kind),
            "scope" if !scope.is_empty() => text(scope),
            "priority" => text(PRIORITY),
            "guard" => text(GUARD),
            "grace" => text(GRACE),
            _ => Cell::Null,
        });
        let created = self.apply(Change::Create { entity: &SOURCE, values: values.collect() })?;
        if created.id == id { Ok(id) } else { Err(Error::inventory("the source got another id than the next one")) }
    }

    /// Notes when the source was imported. A run that changed nothing else leaves no history.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn end_run(&mut self, source: i64, completeness: Completeness) -> Result<()> {
        let Some(before) = self.record(&SOURCE, source)? else { return Ok(()) };
        let now: Rc<str> = self.recording().2.into();
        let fields = match completeness {
            Completeness::Complete => &["last-run", "last-complete-run"][..],
            Completeness::Partial => &["last-run"],
        };
        let places = fields.iter().filter_map(|name| SOURCE.position(name));
        let values: Vec<(usize, Cell<'_>)> = places.map(|place| (place, Cell::Text((&*now).into()))).collect();
        self.unless_changed_unrecorded(|writer| writer.update(&SOURCE, &before, &values, Times::Exact)).map(drop)
    }

    /// Changes fields of a source record: what identifies it, or since when it is missing.
    ///
    /// # Errors
    /// Another record has the external id, or the file cannot be written.
    pub fn rebind(&mut self, id: i64, values: Vec<(&str, Cell<'_>)>) -> Result<Effect> {
        let nothing = Effect { action: Action::Nothing, entity: &SOURCE_RECORD, id, changed: Vec::new() };
        let Some(before) = self.record(&SOURCE_RECORD, id)? else { return Ok(nothing) };
        let place = |(field, value)| Some((SOURCE_RECORD.position(field)?, value));
        let values = values.into_iter().filter_map(place).collect();
        self.apply(Change::Update { entity: &SOURCE_RECORD, before: &before, values })
    }

    /// Marks a source record as missing from now on, and notes when the source last had it: in its last complete run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn mark_missing(&mut self, id: i64) -> Result<()> {
        let now: Rc<str> = self.recording().2.into();
        let Some(bound) = self.record(&SOURCE_RECORD, id)? else { return Ok(()) };
        let source = match bound.value(&SOURCE_RECORD, "source") {
            Cell::Integer(source) => self.record(&SOURCE, *source)?,
            _ => None,
        };
        let time = |cell: &Cell<'_>| if let Cell::Text(time) = cell { Some(time.to_string()) } else { None };
        let run = source.as_ref().and_then(|source| time(source.value(&SOURCE, "last-complete-run")));
        let confirmed = run.or_else(|| time(bound.value(&SOURCE_RECORD, "first-seen")));
        let confirmed = confirmed.map_or(Cell::Null, |time| Cell::Text(time.into()));
        let values = vec![("missing-since", Cell::Text((&*now).into())), ("last-confirmed", confirmed)];
        self.rebind(id, values).map(drop)
    }

    /// Notes that the source has a record again that it missed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn mark_found(&mut self, id: i64) -> Result<()> {
        self.rebind(id, vec![("missing-since", Cell::Null), ("last-confirmed", Cell::Null)]).map(drop)
    }

    /// Unbinds a record from the source.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn unbind(&mut self, id: i64) -> Result<()> {
        let Some(before): Option<Record> = self.record(&SOURCE_RECORD, id)? else { return Ok(()) };
        self.apply(Change::Remove { entity: &SOURCE_RECORD, before: &before }).map(drop)
    }
}
