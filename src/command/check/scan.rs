//! Running the rules over the data.

use super::rule::{self, Asked, Rule};
use super::values;
use crate::catalog::{self, Catalog, Entity, Field, Kind, Path, Reach};
use crate::error::Result;
use crate::store::{Operand, Query, Reader, Term, Test, listed};
use crate::value::decimal::Decimal;
use crate::value::shown;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;

/// Something that is wrong.
pub(super) struct Finding {
    pub rule: &'static Rule,
    pub noun: String,
    pub record: String,
    pub text: String,
}

/// Takes each finding.
type Tell<'t> = dyn FnMut(Finding) -> Result<()> + 't;

/// What would mend a record: another text in the field at that place, or, with none, its removal.
pub(super) struct Mend {
    pub entity: &'static Entity,
    pub id: i64,
    pub value: Option<(usize, String)>,
}

/// The noun of machines, and what each should have.
const MACHINE: &str = "vm";
const WANTED: &[(&Rule, &[&str], &str)] = &[
    (&rule::NO_OWNER, &["owner"], "has no owner"),
    (&rule::NO_OS, &["os", "custom-os"], "has no os and no custom-os"),
    (&rule::NO_ADDRESS, &["ips"], "has no address"),
];
/// Machines that are gone are no one's any more.
const GONE: (&str, &str) = ("status", "retired");
/// Of which noun which field is not to be promised away beyond what it says.
const TOTALS: &[(&Rule, &str, &str)] = &[
    (&rule::PARTITIONS, "disk", "size"),
    (&rule::MEMORY, "pool", "memory"),
    (&rule::CPU, "pool", "cpu"),
    (&rule::DISK, "pool", "disk"),
    (&rule::STORAGE, "storage", "capacity"),
];

/// Hands every finding of the rules that are asked for to `tell`.
pub(super) fn scan(reader: &Reader<'_>, asked: &Asked, tell: &mut Tell<'_>) -> Result<()> {
    if asked.has(&rule::INTEGRITY) {
        reader.each_broken(|fault| {
            let text = fault.to_owned();
            tell(Finding { rule: &rule::INTEGRITY, noun: String::new(), record: String::new(), text })
        })?;
    }
    if asked.has(&rule::DANGLING) {
        reader.each_dangling(|entity, id, column| {
            let name = entity.fields.iter().find(|field| field.columns().any(|known| known == column));
            let text = format!("{} refers to a record that is gone", name.map_or(column, |field| field.name));
            tell(finding(reader, &rule::DANGLING, entity, id, text))
        })?;
    }
    if asked.any(&[&rule::QUANTITY, &rule::CANONICAL, &rule::NAME_FORM, &rule::NAME_UNSEEN, &rule::INVALID]) {
        let units = reader.units()?;
        for entity in reader.catalog().entities() {
            reader.each_held(entity, |id, field, held| match values::fault(&units, field, held) {
                Some(fault) if asked.has(fault.rule) => tell(finding(reader, fault.rule, entity, id, fault.text)),
                _ => Ok(()),
            })?;
        }
    }
    if asked.has(&rule::CONTRADICTION) {
        for entity in reader.catalog().entities() {
            contradictions(reader, entity, tell)?;
        }
    }
    if asked.has(&rule::DUPLICATE) {
        for entity in reader.catalog().entities() {
            for key in entity.soft_keys {
                reader.each_shared(entity, key, |ids| duplicate(reader, entity, key, ids, tell))?;
            }
        }
    }
    for (rule, noun, field) in TOTALS {
        if asked.has(rule) {
            beyond(reader, rule, reader.catalog().of(noun), field, tell)?;
        }
    }
    for (rule, columns, text) in WANTED {
        if asked.has(rule) {
            without(reader, rule, columns, text, tell)?;
        }
    }
    if asked.has(&rule::NAME_CASE) {
        for entity in reader.catalog().entities() {
            case(reader, entity, tell)?;
        }
    }
    Ok(())
}

/// What would mend the findings that can be mended without doubt.
pub(super) fn mends(reader: &Reader<'_>, asked: &Asked) -> Result<Vec<Mend>> {
    let mut mends = Vec::new();
    if asked.has(&rule::DANGLING) {
        reader.each_dangling(|entity, id, _| {
            let again = mends.iter().any(|mend: &Mend| mend.id == id && mend.entity.noun == entity.noun);
            if entity.reach == Reach::Link && !again {
                mends.push(Mend { entity, id, value: None });
            }
            Ok(())
        })?;
    }
    if asked.any(&[&rule::CANONICAL, &rule::NAME_FORM]) {
        let units = reader.units()?;
        for entity in reader.catalog().entities() {
            reader.each_held(entity, |id, field, held| {
                if let Some(fault) = values::fault(&units, field, held).filter(|fault| asked.has(fault.rule))
                    && let (Some(text), Some(place)) = (fault.mended, entity.position(field.name))
                {
                    mends.push(Mend { entity, id, value: Some((place, text)) });
                }
                Ok(())
            })?;
        }
    }
    Ok(mends)
}

fn finding(reader: &Reader<'_>, rule: &'static Rule, entity: &'static Entity, id: i64, text: String) -> Finding {
    Finding { rule, noun: entity.noun.to_owned(), record: record(reader, entity, id), text }
}

/// The path of a record; its id where it has none, as where what holds it is gone.
fn record(reader: &Reader<'_>, entity: &'static Entity, id: i64) -> String {
    match reader.path(entity, id) {
        Ok(path) if !entity.names.is_empty() => path.to_string(),
        _ => format!("id={id}"),
    }
}

/// Tells of records whose fields do not go together, as the catalog has it.
fn contradictions(reader: &Reader<'_>, entity: &'static Entity, tell: &mut Tell<'_>) -> Result<()> {
    for held in entity.rules {
        let (names, test, says) = match held {
            catalog::Rule::NotBoth(one, other) => {
                (vec![*one, *other], Test::Filled, format!("has both {one} and {other}"))
            }
            catalog::Rule::AnyOf(names) => (names.to_vec(), Test::Empty, format!("has no {}", names.join(" and no "))),
        };
        let term = |name: &str| Term::Column { path: Path::known(reader.catalog(), entity, name), test: test.clone() };
        let query = Query { terms: names.into_iter().map(term).collect(), ..Query::all(entity, Vec::new()) };
        reader.select_with_ids(&query, |id, _| {
            tell(finding(reader, &rule::CONTRADICTION, entity, id, says.clone()))?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(())
}

/// Tells of records that share what only one should have, and who they are.
fn duplicate(
    reader: &Reader<'_>,
    entity: &'static Entity,
    key: &[&str],
    ids: &[i64],
    tell: &mut Tell<'_>,
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
    let text = format!("{} is taken by {}", what.join(" "), listed(&bearers));
    tell(finding(reader, &rule::DUPLICATE, entity, *first, text))
}

/// Tells of records whose field says less than what is promised of it.
fn beyond(
    reader: &Reader<'_>,
    rule: &'static Rule,
    entity: &'static Entity,
    field: &str,
    tell: &mut Tell<'_>,
) -> Result<()> {
    let catalog = reader.catalog();
    let path = |name: &str| Path::known(catalog, entity, name);
    let below = Test::Compares(vec![Ordering::Less], Operand::Number(Decimal::ZERO));
    let query = Query {
        terms: vec![Term::Column { path: path(&format!("{field}.free")), test: below }],
        ..Query::all(entity, vec![path(field), path(&format!("{field}.allocated"))])
    };
    reader.select_with_ids(&query, |id, row| {
        let text = |place| row.cell(place).plain().unwrap_or_default().to_owned();
        let text = format!("{} of {field} is promised, of {}", text(1), text(0));
        tell(finding(reader, rule, entity, id, text))?;
        Ok(ControlFlow::Continue(()))
    })
}

/// Tells of machines that lack all of `columns`.
///
/// Fields are looked at as they are stored: a reference to a record that is gone is not none.
fn without(reader: &Reader<'_>, rule: &'static Rule, columns: &[&str], text: &str, tell: &mut Tell<'_>) -> Result<()> {
    let catalog: &Catalog = reader.catalog();
    let entity = catalog.of(MACHINE);
    let (status, gone) = GONE;
    let mut tell = |id| tell(finding(reader, rule, entity, id, text.to_owned()));
    let fields: Vec<&'static Field> = columns.iter().filter_map(|name| entity.field(name)).collect();
    if fields.len() == columns.len() {
        let all: Vec<&'static Field> = fields.iter().copied().chain(entity.field(status)).collect();
        return reader.each_stored(entity, &all, Vec::new(), |id, stored| {
            // What is no text is there all the same, and another rule tells of it.
            let is_empty = |(place, field): (usize, &&Field)| match field.kind {
                Kind::Reference { .. } => matches!(stored.reference(place), Ok(None)),
                _ => matches!(stored.text(place), Ok(None)),
            };
            let lacks = fields.iter().enumerate().all(is_empty);
            if lacks && stored.text(fields.len())? != Some(gone) { tell(id) } else { Ok(()) }
        });
    }
    let term = |name: &str, test| Term::Column { path: Path::known(catalog, entity, name), test };
    let terms = std::iter::once(term(status, Test::Unequal(vec![Operand::Text(gone.to_owned())])))
        .chain(columns.iter().map(|name| term(name, Test::Empty)));
    let query = Query { terms: terms.collect(), ..Query::all(entity, Vec::new()) };
    reader.select_with_ids(&query, |id, _| tell(id).map(|()| ControlFlow::Continue(())))
}

/// Tells of names under one holder that differ in case alone.
///
/// A million names are too much to keep: their hashes are kept, and a record whose hash is known is compared.
fn case(reader: &Reader<'_>, entity: &'static Entity, tell: &mut Tell<'_>) -> Result<()> {
    if !entity.naming().any(|field| field.kind == Kind::Name) {
        return Ok(());
    }
    let hasher = RandomState::new();
    let mut known: HashMap<u64, i64> = HashMap::new();
    reader.each_name(entity, |id, parent, name| {
        let lower = name.to_lowercase();
        let Some(other) = known.insert(hasher.hash_one((parent, &lower)), id) else { return Ok(()) };
        let (other, holder) = reader.name_and_holder(entity, other)?;
        if holder != parent || other.to_lowercase() != lower {
            return Ok(());
        }
        let text = format!("differs from {} only in case", shown::quoted(&other));
        tell(finding(reader, &rule::NAME_CASE, entity, id, text))
    })
}
