//! Records of a source that may be records of the inventory: those that the command line matches, and hints.
//!
//! An external id that nobody knows makes a new record. A fact that it shares with another record, such as an address, is
//! no proof that the two are one: clones share facts. So a hint is only told, and the operator decides with `--match`.

use super::batch::Batch;
use super::rows::Source;
use crate::catalog::Entity;
use crate::catalog::source::SOURCE_RECORD;
use crate::error::{Error, Result};
use crate::input::{Record as Row, Step};
use crate::store::{Change, Identifier, Reader, Record, Writer, binding};
use crate::value::{Cell, shown};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// External id of a source, and the text that names the record it is matched to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pairing {
    external_id: String,
    record: String,
}

impl Pairing {
    /// Reads `EXTERNAL-ID=RECORD`.
    ///
    /// # Errors
    /// One of the two is missing.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some((external_id, record)) if !external_id.is_empty() && !record.is_empty() => {
                Ok(Self { external_id: external_id.to_owned(), record: record.to_owned() })
            }
            _ => Err(Error::usage(format!("--match must be EXTERNAL-ID=RECORD, not {}", shown::quoted(text)))),
        }
    }

    /// Returns the failure of a pairing that no row of an export is about.
    pub(super) fn unused(&self) -> Error {
        Error::failed(format!("the export has no record with the external id {}", shown::quoted(&self.external_id)))
            .help("run `inv NOUN show NAME --sources` for the external ids of a record, or --plan for those of hints")
    }
}

/// Finds the pairings whose external ids rows of `source` have.
pub(super) fn pairings_in<'p>(source: &Source, pairings: &'p [Pairing]) -> Result<Vec<&'p Pairing>> {
    let mut found = Vec::new();
    if pairings.is_empty() {
        return Ok(found);
    }
    let (mut records, mut record) = ((source.open)()?, Row::new());
    loop {
        match records.read(&mut record) {
            Step::Last => return Ok(found),
            Step::Fault(fault) if fault.fatal => return Ok(found),
            Step::Fault(_) => {}
            Step::Record => {
                let own = records.external_id();
                found.extend(pairings.iter().filter(|pairing| own == Some(pairing.external_id.as_str())));
            }
        }
    }
}

/// Binds the record of a pairing to the source with the id `run`. Returns its id, and whether it was not bound before.
///
/// # Errors
/// There is no such record, or the record or the external id is bound otherwise.
pub(super) fn bind(writer: &mut Writer<'_>, run: i64, entity: &'static Entity, pair: &Pairing) -> Result<(i64, bool)> {
    let id = writer.resolve(entity, &pair.record)?;
    let (source, external_id) = (Cell::Integer(run), Cell::Text(pair.external_id.as_str().into()));
    let record = Cell::Record(entity.noun.into(), id);
    let of_id = writer.find(&SOURCE_RECORD, &["external-id", "source"], &[&external_id, &source])?;
    if let Some(bound) = of_id {
        if *bound.value(&SOURCE_RECORD, "record") == record {
            return Ok((id, false));
        }
        let holder = match bound.value(&SOURCE_RECORD, "record") {
            Cell::Record(noun, id) => {
                let holder = writer.catalog().named(noun)?;
                format!("{} {}", holder.labels.0, shown::quoted(&writer.title(holder, *id)?))
            }
            _ => "a record".to_owned(),
        };
        let text =
            format!("{holder} already has the external id {}; nothing was imported", shown::quoted(&pair.external_id));
        return Err(Error::conflict(text).help("undo the import that created it, or delete it, and import again"));
    }
    let of_record = writer.find(&SOURCE_RECORD, &["record", "source"], &[&record, &source])?;
    if let Some(Cell::Text(other_id)) = of_record.as_ref().map(|bound| bound.value(&SOURCE_RECORD, "external-id")) {
        let title = writer.title(entity, id)?;
        return Err(Error::conflict(format!(
            "{} {} already has the external id {}; nothing was imported",
            entity.labels.0,
            shown::quoted(&title),
            shown::quoted(other_id)
        ))
        .help("match another record, or omit --match"));
    }
    if let Some(bound) = of_record {
        writer.rebind(bound.id, vec![("external-id", external_id)])?;
        return Ok((id, false));
    }
    let identifier = Identifier { external_id: Some(&pair.external_id), second_fact: None };
    writer.apply(Change::Create { entity: &SOURCE_RECORD, values: binding(run, entity, id, identifier) })?;
    Ok((id, true))
}

/// A new record of a source that shares a fact with one other record, which the source does not know.
#[derive(Debug)]
pub(super) struct Hint {
    pub(super) entity: &'static Entity,
    /// The new record.
    pub(super) id: i64,
    /// The id that the source has for it.
    pub(super) external_id: String,
    /// The other record.
    pub(super) other: i64,
}

/// Finds the new records of the source `run` whose parts share a fact with those of one record that it does not know.
pub(super) fn hints(reader: &Reader<'_>, run: i64, batches: &[&Batch<'_>]) -> Result<Vec<Hint>> {
    let mut others: BTreeMap<(&'static str, i64), BTreeSet<i64>> = BTreeMap::new();
    for batch in batches {
        let Some((field, holder)) = reader.catalog().parent(batch.entity) else { continue };
        let Some(holders) = batches.iter().find(|other| other.entity.noun == holder.noun) else { continue };
        for part in &batch.doubles {
            let Some(part) = reader.record(batch.entity, *part)? else { continue };
            let Cell::Integer(id) = *part.value(batch.entity, field.name) else { continue };
            if !holders.created.contains(&id) {
                continue;
            }
            for key in batch.entity.soft_keys {
                let values: Vec<&Cell<'_>> = key.iter().map(|name| part.value(batch.entity, name)).collect();
                reader.each_with(batch.entity, key, &values, |double| {
                    if let Cell::Integer(other) = *double.value(batch.entity, field.name)
                        && other != id
                    {
                        others.entry((holder.noun, id)).or_default().insert(other);
                    }
                    Ok(ControlFlow::Continue(()))
                })?;
            }
        }
    }
    let mut hints = Vec::new();
    for ((noun, id), others) in others {
        let entity = reader.catalog().of(noun);
        let mut candidates = Vec::new();
        for other in others {
            let is_known = bound(reader, run, entity, other)?.is_some();
            if !is_known && root(reader, entity, other)? == root(reader, entity, id)? {
                candidates.push(other);
            }
        }
        let own = bound(reader, run, entity, id)?;
        let external_id = own.as_ref().map(|own| own.value(&SOURCE_RECORD, "external-id"));
        if let ([other], Some(Cell::Text(external_id))) = (candidates.as_slice(), external_id) {
            hints.push(Hint { entity, id, external_id: external_id.to_string(), other: *other });
        }
    }
    Ok(hints)
}

/// The source record of a record in the source `run`, if that knows it.
fn bound(reader: &Reader<'_>, run: i64, entity: &Entity, id: i64) -> Result<Option<Record>> {
    let record = Cell::Record(entity.noun.into(), id);
    reader.find(&SOURCE_RECORD, &["record", "source"], &[&record, &Cell::Integer(run)])
}

/// The outermost record that holds a record, such as the provider of a VM.
fn root(reader: &Reader<'_>, entity: &'static Entity, id: i64) -> Result<(&'static str, i64)> {
    let (mut noun, mut id) = (entity, id);
    while let Some((field, holder)) = reader.catalog().parent(noun) {
        let record = reader.record(noun, id)?;
        let Some(Cell::Integer(above)) = record.as_ref().map(|record| record.value(noun, field.name)) else { break };
        (noun, id) = (holder, *above);
    }
    Ok((noun.noun, id))
}
