//! Knowledge of a source about the noun whose rows a run reads: which records are its own, and which of them it still has.

use crate::catalog::Entity;
use crate::catalog::source::{GRACE, PRIORITY, SOURCE};
use crate::error::Result;
use crate::store::{Bindings, FieldOwners, Identifier, Owner, Reader, Record, Writer};
use crate::value::decimal::Decimal;
use crate::value::{Cell, time};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

/// A run of a source: an import that speaks for all that the source has, or for a part of it.
#[derive(Debug, Clone)]
pub(crate) struct SourceRun {
    /// Name of the source.
    pub name: String,
    /// Kind of the source, `rvtools`.
    pub kind: &'static str,
    /// Part of the world that it speaks for, as the source keeps it.
    pub scope: String,
    /// Why what the run lacks may be there all the same; `None` for a complete run.
    pub incomplete: Option<String>,
}

/// Knowledge of a source about one noun.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// The id of the source.
    pub source: i64,
    pub bindings: Bindings,
    /// True if a row was about the record, by the place of its binding.
    seen: Vec<bool>,
    /// The records that hold one of those that rows were about.
    described: HashSet<i64>,
    /// True if there was a row.
    has_rows: bool,
    /// The fields that have an owner, by the id of the record.
    owners: FieldOwners,
    /// The sources of higher rank, the highest first.
    superiors: Vec<i64>,
    /// The records that a source of higher rank knows too, and the highest one.
    outranked: HashMap<i64, i64>,
    /// The first of the sources of lower rank that know a record too, by its id.
    inferiors: HashMap<i64, i64>,
    /// The records that the command line says rows are about.
    pub adopted: HashSet<i64>,
}

impl Ledger {
    /// Reads what `source` knows of `entity`.
    pub(crate) fn read(reader: &Reader<'_>, source: i64, entity: &Entity) -> Result<Self> {
        let bindings = reader.bindings(source, entity)?;
        let (superiors, others) = ranks(reader, source)?;
        let known_to = |other: &i64| -> Result<Vec<i64>> {
            let bindings = reader.bindings(*other, entity)?;
            Ok(bindings.iter().filter(|bound| !bound.is_missing).map(|bound| bound.record).collect())
        };
        let mut outranked = HashMap::new();
        for superior in &superiors {
            for record in known_to(superior)? {
                outranked.entry(record).or_insert(*superior);
            }
        }
        let mut inferiors = HashMap::new();
        for inferior in &others {
            for record in known_to(inferior)? {
                inferiors.entry(record).or_insert(*inferior);
            }
        }
        Ok(Self {
            source,
            seen: vec![false; bindings.len()],
            bindings,
            described: HashSet::new(),
            has_rows: false,
            owners: reader.field_owners(entity)?,
            superiors,
            outranked,
            inferiors,
            adopted: HashSet::new(),
        })
    }

    /// The owner of a field of the record `id`, if it has one.
    pub(crate) fn owner(&self, id: i64, field: &str) -> Option<Owner> {
        let fields = self.owners.get(&id)?;
        fields.iter().find(|(name, _)| **name == *field).map(|(_, owner)| *owner)
    }

    /// Returns the source of higher rank that knows the record `id`, if there is one.
    pub(crate) fn superior(&self, id: i64) -> Option<i64> {
        self.outranked.get(&id).copied()
    }

    /// Returns whether the source with the id `other` is of higher rank.
    pub(crate) fn is_superior(&self, other: i64) -> bool {
        self.superiors.contains(&other)
    }

    /// The first of the sources of lower rank that know the record `id` too.
    pub(crate) fn inferior(&self, id: i64) -> Option<i64> {
        self.inferiors.get(&id).copied()
    }

    /// Notes that the file describes records in what holds the row's.
    pub(crate) fn describe(&mut self, entity: &Entity, cells: &[Option<Cell<'_>>]) {
        self.has_rows = true;
        let holder = entity.parent.and_then(|name| entity.position(name)).and_then(|place| cells.get(place));
        if let Some(Some(Cell::Integer(holder))) = holder {
            self.described.insert(*holder);
        }
    }

    /// Notes that a row is about a bound record, which is missing no more.
    pub(crate) fn see(&mut self, writer: &mut Writer<'_>, place: usize) -> Result<()> {
        if let Some(seen) = self.seen.get_mut(place) {
            *seen = true;
        }
        match self.bindings.get(place) {
            Some(binding) if binding.is_missing => writer.mark_found(binding.id),
            _ => Ok(()),
        }
    }

    /// Returns the place of the binding with the external id of a row that is about another record: the second facts
    /// disagree.
    pub(crate) fn reused(&self, identifier: Identifier<'_>) -> Option<usize> {
        let place = self.bindings.of_external_id(identifier.external_id?)?;
        let fact = self.bindings.get(place)?.second_fact.as_deref()?;
        (identifier.second_fact? != fact).then_some(place)
    }

    /// Returns whether the record `id` is bound and no row was about it.
    pub(crate) fn lacks(&self, id: i64) -> bool {
        self.bindings.of_record(id).is_some_and(|place| !self.seen.get(place).copied().unwrap_or_default())
    }

    /// Returns whether the file tells of every record that it has an id for.
    pub(crate) const fn has_rows(&self) -> bool {
        self.has_rows
    }

    /// Returns whether the file tells of records that `holder` holds.
    pub(crate) fn describes(&self, holder: i64) -> bool {
        self.described.contains(&holder)
    }

    /// The places of the bindings of records that no row was about.
    pub(crate) fn unseen(&self) -> impl Iterator<Item = usize> + '_ {
        self.seen.iter().enumerate().filter(|(_, seen)| !**seen).map(|(place, _)| place)
    }
}

/// The sources that rank before `source`, and the others, each by rank: the smaller priority, else the smaller id. A
/// source that has been silent for longer than its grace ranks before none.
fn ranks(reader: &Reader<'_>, source: i64) -> Result<(Vec<i64>, Vec<i64>)> {
    let mut ranks: Vec<(Decimal, i64, bool)> = Vec::new();
    let now = time::now();
    reader.each(&SOURCE, |record| {
        let priority = text(&record, "priority").and_then(|text| Decimal::parse(text).ok());
        let priority = priority.unwrap_or_else(|| Decimal::parse(PRIORITY).unwrap_or_default());
        let earliest = time::moment(text(&record, "grace").unwrap_or(GRACE), &now).unwrap_or_default();
        let is_silent = text(&record, "last-complete-run").is_none_or(|run| run < earliest.as_str());
        ranks.push((priority, record.id, is_silent));
        Ok(ControlFlow::Continue(()))
    })?;
    let own = ranks.iter().find(|(_, id, _)| *id == source).map(|(priority, id, _)| (*priority, *id));
    let superior =
        |(priority, id, is_silent): &&(Decimal, i64, bool)| !is_silent && own.is_some_and(|own| (*priority, *id) < own);
    ranks.sort_unstable();
    let (superiors, others): (Vec<_>, Vec<_>) = ranks.iter().partition(superior);
    let ids = |ranks: Vec<(Decimal, i64, bool)>| ranks.into_iter().map(|(_, id, _)| id);
    Ok((ids(superiors).collect(), ids(others).filter(|id| *id != source).collect()))
}

fn text<'r>(record: &'r Record, field: &str) -> Option<&'r str> {
    match record.value(&SOURCE, field) {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}
