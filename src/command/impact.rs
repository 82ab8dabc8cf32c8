//! `inv impact`: systems that depend on a pool, a storage device, a datacenter or a VM, with their owners.

use super::{Graft, sheet};
use crate::catalog::{Catalog, Entity, Leaf, Path};
use crate::error::{Error, Kind, Result};
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::Session;
use crate::store::{Query, Reader, Term};
use crate::value::{natural, shown};
use crate::verb::arguments::{self, options};
use crate::verb::complete;
use clap::{Arg, ArgMatches, Command};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "impact",
    about: "List systems that depend on a pool, storage, datacenter or VM",
    hidden: false,
    arguments,
    run,
};

/// Nouns whose records can fail.
const NOUNS: [&str; 4] = ["pool", "storage", "dc", "vm"];

fn arguments(command: Command) -> Command {
    sheet::arguments(command, columns)
        .arg(arguments::at())
        .arg(
            Arg::new("what")
                .value_name("NOUN] [NAME")
                .num_args(1..=2)
                .required(true)
                .add(complete::completer(offers))
                .help("Pool, storage device, datacenter or VM; noun required if the name is ambiguous"),
        )
        .after_help(
            "A system fails totally if all of its VMs depend on the record, else it is degraded. Planned and \
             retired VMs do not count. VMs without a system are on the last line.",
        )
}

/// Returns the nouns, and the names of records that can fail, which begin with `start`.
fn offers(start: &str) -> Vec<String> {
    let is_noun = |noun: &&str| NOUNS.contains(noun);
    if let Some(noun) = complete::typed_noun().filter(is_noun) {
        return complete::names(noun, start);
    }
    let nouns = complete::nouns(start).into_iter().filter(|noun| is_noun(&noun.as_str()));
    nouns.chain(NOUNS.into_iter().flat_map(|noun| complete::names(noun, start))).collect()
}

/// VMs that a system loses, its number of VMs, and the owners of the lost ones with their e-mail addresses.
#[derive(Default)]
struct Loss {
    /// Id of the system.
    system: Option<i64>,
    lost: u64,
    of: u64,
    owners: BTreeMap<String, Option<String>>,
}

/// Columns of a system in JSON, which identifies it.
pub(super) const IDENTIFIED: [&str; 6] = ["id", "path", "system", "impact", "owners", "emails"];

pub(super) fn columns() -> Vec<Column> {
    let columns = [
        Column::whole("system"),
        Column::whole("impact"),
        Column::prose("effect"),
        Column::new("vms.lost", ColumnKind::Number),
        Column::new("vms", ColumnKind::Number),
        Column::new("owners", ColumnKind::List),
        Column::new("emails", ColumnKind::List),
        Column::new("id", ColumnKind::Number),
        Column::path("path"),
    ];
    columns.into()
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let what = options(matches, "what");
    let usual: &[&str] = if session.has_keys() { &IDENTIFIED } else { &["system", "impact", "owners", "emails"] };
    sheet::answer(session, matches, &columns(), usual, |reader, take| {
        let (entity, id) = failed_record(reader, &what)?;
        let mut losses: Vec<(Option<String>, Loss)> = losses(reader, entity, id)?.into_iter().collect();
        losses.sort_by(|(one, lost), (other, less)| {
            let total = |loss: &Loss| loss.lost < loss.of;
            let names = natural::compare(one.as_deref().unwrap_or_default(), other.as_deref().unwrap_or_default());
            one.is_none().cmp(&other.is_none()).then(total(lost).cmp(&total(less))).then(names)
        });
        let mut row = Row::default();
        for (system, loss) in &losses {
            row.clear();
            fill(&mut row, system.as_deref(), loss);
            if take(&row)?.is_break() {
                break;
            }
        }
        Ok(())
    })
}

fn fill(row: &mut Row, system: Option<&str>, loss: &Loss) {
    if let Some(system) = system {
        let effect = if loss.lost < loss.of { "degraded" } else { "total" };
        row.text(system);
        row.text(&format!("{}/{} {effect}", loss.lost, loss.of));
        row.text(effect);
    } else {
        row.null();
        row.text(&format!("{} in no system", loss.lost));
        row.null();
    }
    row.number(&loss.lost.to_string());
    row.number(&loss.of.to_string());
    row.list(loss.owners.keys().map(String::as_str));
    let emails: BTreeSet<&str> = loss.owners.values().flatten().map(String::as_str).collect();
    row.list(emails);
    match loss.system {
        Some(id) => row.integer(id),
        None => row.null(),
    }
    // A system's path is its name.
    row.texts([system]);
}

/// Returns the record of NOUN and NAME, or of a NAME that only one of the nouns has.
fn failed_record(reader: &Reader<'_>, what: &[&str]) -> Result<(&'static Entity, i64)> {
    let catalog = reader.catalog();
    let name = match what {
        [noun, name] => {
            let entity = catalog.named(noun)?;
            if !NOUNS.contains(&entity.noun) {
                return Err(Error::usage(format!(
                    "inv impact does not support the noun {}",
                    shown::quoted(entity.noun)
                ))
                .help(format!("nouns: {}", NOUNS.join(", "))));
            }
            return Ok((entity, reader.resolve(entity, name)?));
        }
        [name] => *name,
        _ => return Err(Error::usage("missing arguments: NOUN NAME")),
    };
    let mut candidates = Vec::new();
    let mut ways_out = Vec::new();
    for noun in NOUNS {
        let entity = catalog.of(noun);
        match reader.resolve(entity, name) {
            Ok(id) => candidates.push((entity, id)),
            Err(error) if error.kind() == Kind::NotFound => ways_out.extend(error.way_out().map(str::to_owned)),
            Err(error) => return Err(error),
        }
    }
    match candidates.as_slice() {
        [one] => Ok(*one),
        [] => {
            let error =
                Error::not_found(format!("no pool, storage device, datacenter or VM named {}", shown::quoted(name)));
            Err(match ways_out.into_iter().next() {
                Some(help) => error.help(help),
                None => error,
            })
        }
        several => {
            let mut lines = Vec::new();
            for (entity, id) in several {
                lines.push(format!("{} {}", entity.noun, shown::shown(&reader.path(entity, *id)?)));
            }
            let first = several.first().map_or("pool", |(entity, _)| entity.noun);
            let message = format!("{} names {} records of different nouns", shown::quoted(name), several.len());
            Err(Error::ambiguous(message)
                .details(lines)
                .help(format!("add the noun, for example inv impact {first} {}", shown::shown(name))))
        }
    }
}

/// Returns the losses by system if the record fails. The key `None` has the VMs without a system.
fn losses(reader: &Reader<'_>, entity: &'static Entity, id: i64) -> Result<BTreeMap<Option<String>, Loss>> {
    let catalog = reader.catalog();
    let vms = vms_on(reader, entity, id)?;
    let mut losses: BTreeMap<Option<String>, Loss> = BTreeMap::new();
    let mut systems: Vec<i64> = Vec::new();
    for some in vms.chunks(CHUNK) {
        let mut alone: BTreeSet<i64> = some.iter().copied().collect();
        let link = catalog.of("membership");
        let columns = ["system", "system.id", "vm.id", "vm.status", "vm.owner", "vm.owner.email"];
        each(reader, link, &columns, &["vm"], some, |cells| {
            if let [system, number, vm, status, owner, email] = cells {
                alone.remove(&id_of(vm.as_deref()));
                if is_in_use(status.as_deref()) {
                    let id = id_of(number.as_deref());
                    systems.push(id);
                    let loss = losses.entry(system.clone()).or_default();
                    loss.system = Some(id);
                    lose(loss, owner.as_deref(), email.as_deref());
                }
            }
        })?;
        let alone: Vec<i64> = alone.into_iter().collect();
        each(reader, catalog.of("vm"), &["status", "owner", "owner.email"], &[], &alone, |cells| {
            if let [status, owner, email] = cells
                && is_in_use(status.as_deref())
            {
                lose(losses.entry(None).or_default(), owner.as_deref(), email.as_deref());
            }
        })?;
    }
    if let Some(alone) = losses.get_mut(&None) {
        alone.of = alone.lost;
    }
    systems.sort_unstable();
    systems.dedup();
    for some in systems.chunks(CHUNK) {
        each(reader, catalog.of("membership"), &["system", "vm.status"], &["system"], some, |cells| {
            if let [system, status] = cells
                && is_in_use(status.as_deref())
                && let Some(loss) = losses.get_mut(system)
            {
                loss.of += 1;
            }
        })?;
    }
    Ok(losses)
}

/// Ids in one statement: engines limit the number of parameters.
const CHUNK: usize = 10_000;

/// Returns the VMs that fail with the record.
fn vms_on(reader: &Reader<'_>, entity: &'static Entity, id: i64) -> Result<Vec<i64>> {
    let catalog = reader.catalog();
    let vm = catalog.of("vm");
    Ok(match entity.noun {
        "vm" => vec![id],
        "storage" => {
            let mut vms = BTreeSet::new();
            each(reader, catalog.of("disk"), &["vm.id"], &["storage"], &[id], |cells| {
                vms.extend(cells.first().map(|cell| id_of(cell.as_deref())));
            })?;
            vms.into_iter().collect()
        }
        noun => {
            let path: &[&str] = if noun == "dc" { &["pool", "dc"] } else { &["pool"] };
            let terms = vec![leads_to(catalog, vm, path, &[id])];
            reader.select_ids(&Query { terms, ..Query::all(vm, Vec::new()) })?
        }
    })
}

/// Passes the texts of `columns` of each record of `entity` whose references of `path` lead to one of `ids`.
fn each(
    reader: &Reader<'_>,
    entity: &'static Entity,
    columns: &[&str],
    path: &[&str],
    ids: &[i64],
    mut each: impl FnMut(&[Option<String>]),
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let catalog = reader.catalog();
    let paths: Vec<Path> = columns.iter().map(|name| Path::known(catalog, entity, name)).collect();
    let query = Query { terms: vec![leads_to(catalog, entity, path, ids)], ..Query::all(entity, paths) };
    let mut cells = Vec::new();
    reader.select(&query, |row| {
        cells.clear();
        cells.extend((0..columns.len()).map(|place| row.cell(place).plain().map(str::to_owned)));
        each(&cells);
        Ok(ControlFlow::Continue(()))
    })
}

fn leads_to(catalog: &Catalog, entity: &'static Entity, path: &[&str], ids: &[i64]) -> Term {
    let mut hops = Vec::new();
    if !path.is_empty() {
        let path = Path::known(catalog, entity, &path.join("."));
        hops.extend(path.hops);
        if let Leaf::Field(field) = path.leaf {
            hops.push(field);
        }
    }
    Term::Refers { hops, ids: ids.to_vec(), or_empty: false, negated: false }
}

/// Returns true if a VM with this status is in use.
fn is_in_use(status: Option<&str>) -> bool {
    !matches!(status, Some("planned" | "retired"))
}

fn lose(loss: &mut Loss, owner: Option<&str>, email: Option<&str>) {
    loss.lost += 1;
    if let Some(owner) = owner {
        loss.owners.insert(owner.to_owned(), email.map(str::to_owned));
    }
}

fn id_of(text: Option<&str>) -> i64 {
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}
