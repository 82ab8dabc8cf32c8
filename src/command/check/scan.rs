//! Checks of the selected rules on the data.

use super::rule::{self, Rule, RuleSet};
use super::values;
use crate::catalog::{self, Catalog, Entity, Field, Kind, Path, Reach};
use crate::error::Result;
use crate::output::bar::Share;
use crate::output::row::Cell;
use crate::store::{Operand, Query, Reader, Term, Test, listed};
use crate::value::decimal::Decimal;
use crate::value::ratio::{Allotment, Ratio, UNSET_CPU, part_of};
use crate::value::shown;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;

/// A finding: a record that breaks a rule.
pub(super) struct Finding {
    pub rule: &'static Rule,
    pub noun: String,
    pub id: Option<i64>,
    pub record: String,
    pub text: String,
}

/// Function that takes each finding.
pub(super) type OnFinding<'t> = dyn FnMut(Finding) -> Result<()> + 't;

/// Fix of a record: a new text for a field by its index, or deletion if there is none.
pub(super) struct Fix {
    pub entity: &'static Entity,
    pub id: i64,
    pub value: Option<(usize, String)>,
}

/// Noun of machines, and the columns that each should have.
const MACHINE: &str = "vm";
const EXPECTED: &[(&Rule, &[&str], &str)] = &[
    (&rule::NO_OWNER, &["owner"], "has no owner"),
    (&rule::NO_OS, &["os", "custom-os"], "has no os and no custom-os"),
    (&rule::NO_ADDRESS, &["ips"], "has no address"),
];
/// Status of machines that are not checked.
const RETIRED: (&str, &str) = ("status", "retired");
/// Rules for totals that must not be exceeded: rule, noun and field.
const TOTALS: &[(&Rule, &str, &str)] = &[
    (&rule::PARTITIONS, "disk", "size"),
    (&rule::MEMORY, "pool", "memory"),
    (&rule::CPU, "pool", "cpu"),
    (&rule::DISK, "pool", "disk"),
    (&rule::STORAGE, "storage", "capacity"),
];

/// Passes every finding of the selected rules to `report`.
pub(super) fn scan(reader: &Reader<'_>, rules: &RuleSet, report: &mut OnFinding<'_>) -> Result<()> {
    if rules.has(&rule::INTEGRITY) {
        reader.each_broken(|fault| {
            let text = fault.to_owned();
            report(Finding { rule: &rule::INTEGRITY, noun: String::new(), id: None, record: String::new(), text })
        })?;
    }
    if rules.has(&rule::DANGLING) {
        reader.each_dangling(|entity, id, column| {
            let name = entity.fields.iter().find(|field| field.columns().any(|name| name == column));
            let text = format!("{} refers to a missing record", name.map_or(column, |field| field.name));
            report(finding(reader, &rule::DANGLING, entity, id, text))
        })?;
    }
    if rules.any(&[&rule::QUANTITY, &rule::CANONICAL, &rule::NAME_FORM, &rule::NAME_UNSEEN, &rule::INVALID]) {
        let units = reader.units()?;
        for entity in reader.catalog().entities() {
            reader.each_held(entity, |id, field, value| match values::violation(&units, field, value) {
                Some(found) if rules.has(found.rule) => report(finding(reader, found.rule, entity, id, found.text)),
                _ => Ok(()),
            })?;
        }
    }
    if rules.has(&rule::CONTRADICTION) {
        for entity in reader.catalog().entities() {
            contradictions(reader, entity, report)?;
        }
    }
    if rules.has(&rule::DUPLICATE) {
        for entity in reader.catalog().entities() {
            for key in entity.soft_keys {
                reader.each_shared(entity, key, |ids| duplicate(reader, entity, key, ids, report))?;
            }
        }
    }
    for (rule, noun, field) in TOTALS {
        if rules.has(rule) {
            beyond(reader, rule, reader.catalog().of(noun), field, report)?;
        }
    }
    for (rule, columns, text) in EXPECTED {
        if rules.has(rule) {
            without(reader, rule, columns, text, report)?;
        }
    }
    if rules.has(&rule::NAME_CASE) {
        for entity in reader.catalog().entities() {
            case(reader, entity, report)?;
        }
    }
    Ok(())
}

/// Returns the fixes of findings that can be fixed without doubt.
pub(super) fn fixes(reader: &Reader<'_>, rules: &RuleSet) -> Result<Vec<Fix>> {
    let mut fixes = Vec::new();
    if rules.has(&rule::DANGLING) {
        reader.each_dangling(|entity, id, _| {
            let again = fixes.iter().any(|fix: &Fix| fix.id == id && fix.entity.noun == entity.noun);
            if entity.reach == Reach::Link && !again {
                fixes.push(Fix { entity, id, value: None });
            }
            Ok(())
        })?;
    }
    if rules.any(&[&rule::CANONICAL, &rule::NAME_FORM]) {
        let units = reader.units()?;
        for entity in reader.catalog().entities() {
            reader.each_held(entity, |id, field, value| {
                let violation = values::violation(&units, field, value).filter(|found| rules.has(found.rule));
                if let Some(violation) = violation
                    && let (Some(text), Some(place)) = (violation.fix, entity.position(field.name))
                {
                    fixes.push(Fix { entity, id, value: Some((place, text)) });
                }
                Ok(())
            })?;
        }
    }
    Ok(fixes)
}

pub(super) fn finding(
    reader: &Reader<'_>,
    rule: &'static Rule,
    entity: &'static Entity,
    id: i64,
    text: String,
) -> Finding {
    Finding { rule, noun: entity.noun.to_owned(), id: Some(id), record: record(reader, entity, id), text }
}

/// Returns the path of a record, or its id if it has none, for example if its parent is missing.
pub(super) fn record(reader: &Reader<'_>, entity: &'static Entity, id: i64) -> String {
    match reader.path(entity, id) {
        Ok(path) if !entity.names.is_empty() => path.to_string(),
        _ => format!("id={id}"),
    }
}

/// Reports records that break rules between fields of the catalog.
fn contradictions(reader: &Reader<'_>, entity: &'static Entity, report: &mut OnFinding<'_>) -> Result<()> {
    for catalog_rule in entity.rules {
        let (names, test, message) = match catalog_rule {
            catalog::Rule::NotBoth(one, other) => {
                (vec![*one, *other], Test::Filled, format!("has both {one} and {other}"))
            }
            catalog::Rule::AnyOf(names) => (names.to_vec(), Test::Empty, format!("has no {}", names.join(" and no "))),
        };
        let term = |name: &str| Term::Column { path: Path::known(reader.catalog(), entity, name), test: test.clone() };
        let query = Query { terms: names.into_iter().map(term).collect(), ..Query::all(entity, Vec::new()) };
        reader.select_with_ids(&query, |id, _| {
            report(finding(reader, &rule::CONTRADICTION, entity, id, message.clone()))?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(())
}

/// Reports records with the same key and their parents.
fn duplicate(
    reader: &Reader<'_>,
    entity: &'static Entity,
    key: &[&str],
    ids: &[i64],
    report: &mut OnFinding<'_>,
) -> Result<()> {
    let Some(first) = ids.first() else { return Ok(()) };
    let mut what = Vec::new();
    if let Some(shared) = reader.record(entity, *first)? {
        for name in key {
            let Some(field) = entity.field(name) else { continue };
            if let Some(value) = reader.shown(field, shared.value(entity, name))? {
                let value = shown::shown(&value).into_owned();
                what.push(if field.kind == Kind::Vlan { format!("in VLAN {value}") } else { value });
            }
        }
    }
    let mut bearers = Vec::new();
    for id in ids {
        let bearer = reader.name_and_holder(entity, *id)?.1;
        bearers.push(match (bearer, reader.catalog().parent(entity)) {
            (Some(bearer), Some((_, holder))) => shown::shown(&record(reader, holder, bearer)).into_owned(),
            _ => "a reservation".to_owned(),
        });
    }
    let text = format!("{} is used by {}", what.join(" "), listed(&bearers));
    report(finding(reader, &rule::DUPLICATE, entity, *first, text))
}

/// Reports records whose total is less than the allocated amount.
fn beyond(
    reader: &Reader<'_>,
    rule: &'static Rule,
    entity: &'static Entity,
    field: &str,
    report: &mut OnFinding<'_>,
) -> Result<()> {
    let catalog = reader.catalog();
    let path = |name: &str| Path::known(catalog, entity, name);
    let below = Test::Compares(vec![Ordering::Less], Operand::Number(Decimal::ZERO));
    let policy = format!("{field}.policy");
    let mut columns = vec![path(field), path(&format!("{field}.allocated"))];
    columns.extend(entity.computed(&policy).map(|_| path(&policy)));
    let query = Query {
        terms: vec![Term::Column { path: path(&format!("{field}.free")), test: below }],
        ..Query::all(entity, columns)
    };
    reader.select_with_ids(&query, |id, row| {
        if let Some(text) = overcommitted(field, [row.cell(0), row.cell(1), row.cell(2)]) {
            report(finding(reader, rule, entity, id, text))?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Returns the text of a finding about a record whose capacity, allocated amount and ratio are these; `None` for virtual
/// CPUs without a ratio that are not beyond the default.
fn overcommitted(field: &str, [capacity, allocated, policy]: [Cell<'_>; 3]) -> Option<String> {
    let text = |cell: Cell<'_>| cell.plain().unwrap_or_default().to_owned();
    let ratio = policy.plain().and_then(|text| Ratio::parse(text).ok());
    let measure = |cell| match cell {
        Cell::Quantity(_, bytes) => bytes,
        cell => Decimal::parse(&text(cell)).unwrap_or_default(),
    };
    let (subject, unit) = if matches!(capacity, Cell::Quantity(..)) { (field, "") } else { ("CPU", " vCPUs") };
    let allotment = Allotment::new(measure(capacity), ratio, measure(allocated));
    let limit = match (capacity, ratio) {
        (_, Some(ratio)) => format!(", limit {}:1", ratio.number()),
        (Cell::Number(_), None) if !Share::of_cpus(&allotment)?.is_beyond_default() => return None,
        (Cell::Number(_), None) => format!(", default limit {UNSET_CPU}:1"),
        _ => String::new(),
    };
    let part = part_of(allotment.allocated, allotment.capacity)?;
    let part = if limit.is_empty() { Share::Percent(part) } else { Share::Ratio(part) }.text(false);
    let (allocated, capacity) = (text(allocated), text(capacity));
    Some(format!("{subject} overcommitted: {allocated}{unit} allocated, capacity {capacity} ({part}{limit})"))
}

/// Reports machines for which all of `columns` are empty. A reference to a missing record is not empty.
fn without(
    reader: &Reader<'_>,
    rule: &'static Rule,
    columns: &[&str],
    text: &str,
    report: &mut OnFinding<'_>,
) -> Result<()> {
    let catalog: &Catalog = reader.catalog();
    let entity = catalog.of(MACHINE);
    let (status, retired) = RETIRED;
    let mut report = |id| report(finding(reader, rule, entity, id, text.to_owned()));
    let fields: Vec<&'static Field> = columns.iter().filter_map(|name| entity.field(name)).collect();
    if fields.len() == columns.len() {
        let all: Vec<&'static Field> = fields.iter().copied().chain(entity.field(status)).collect();
        return reader.each_stored(entity, &all, Vec::new(), |id, stored| {
            // A value that is not valid text is not empty; another rule reports it.
            let is_empty = |(place, field): (usize, &&Field)| match field.kind {
                Kind::Reference { .. } => matches!(stored.reference(place), Ok(None)),
                _ => matches!(stored.text(place), Ok(None)),
            };
            let lacks = fields.iter().enumerate().all(is_empty);
            if lacks && stored.text(fields.len())? != Some(retired) { report(id) } else { Ok(()) }
        });
    }
    let term = |name: &str, test| Term::Column { path: Path::known(catalog, entity, name), test };
    let terms = std::iter::once(term(status, Test::Unequal(vec![Operand::Text(retired.to_owned())])))
        .chain(columns.iter().map(|name| term(name, Test::Empty)));
    let query = Query { terms: terms.collect(), ..Query::all(entity, Vec::new()) };
    reader.select_with_ids(&query, |id, _| report(id).map(|()| ControlFlow::Continue(())))
}

/// Reports names with the same parent that differ only in case.
///
/// Only hashes of the names are in memory, since there may be millions; records with the same hash are compared.
fn case(reader: &Reader<'_>, entity: &'static Entity, report: &mut OnFinding<'_>) -> Result<()> {
    if !entity.naming().any(|field| field.kind == Kind::Name) {
        return Ok(());
    }
    let hasher = RandomState::new();
    let mut ids_by_hash: HashMap<u64, i64> = HashMap::new();
    reader.each_name(entity, |id, parent, name| {
        let lower = name.to_lowercase();
        let Some(other) = ids_by_hash.insert(hasher.hash_one((parent, &lower)), id) else { return Ok(()) };
        let (other, holder) = reader.name_and_holder(entity, other)?;
        if holder != parent || other.to_lowercase() != lower {
            return Ok(());
        }
        let text = format!("differs from {} only in case", shown::quoted(&other));
        report(finding(reader, &rule::NAME_CASE, entity, id, text))
    })
}
