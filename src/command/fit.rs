//! `inv fit`: pools with room for one or more VMs, and their allocation with them.

use super::capacity::Resource;
use super::pools::{Overcommit, Pool, amount_text, pools, push_amount, push_share, share};
use super::{Graft, sheet};
use crate::error::{Error, Result};
use crate::output::bar::WARNS_FROM;
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::Session;
use crate::store::Reader;
use crate::value::decimal::{self, Decimal};
use crate::value::ratio::Allotment;
use crate::value::shown;
use crate::verb::arguments::{self, option};
use clap::{Arg, ArgMatches, Command};

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "fit", about: "List the pools that have room for a VM", hidden: false, arguments, run };

fn arguments(command: Command) -> Command {
    let need = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    sheet::arguments(command, columns)
        .arg(need("cpu", "COUNT", "Number of virtual CPUs of the VM"))
        .arg(need("memory", "SIZE", "Memory of the VM"))
        .arg(need("disk", "SIZE", "Disk space of the VM"))
        .arg(need("count", "N", "Number of such VMs for one pool (default: 1)"))
        .arg(need("in", "DC", "List only pools of this datacenter").add(arguments::names_of("dc")))
        .arg(Overcommit::argument())
        .arg(arguments::at())
        .after_help("Lists the pool first that would be the least full with the VM. Skips pools without a capacity.")
}

/// Resources of one VM.
type Need = Vec<(Resource, Decimal)>;

pub(super) fn columns() -> Vec<Column> {
    let mut columns = vec![Column::path("pool"), Column::new("fits", ColumnKind::Number)];
    for resource in Resource::ALL {
        let kind = if resource == Resource::Cpu { ColumnKind::Number } else { ColumnKind::Quantity };
        columns.push(Column::new(format!("{}.free", resource.name()), kind));
        let kind = ColumnKind::Share { limit: WARNS_FROM };
        columns.push(Column::new(format!("{}.ratio", resource.name()), kind));
    }
    columns
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let overcommit = Overcommit::from_matches(matches)?;
    let count = count(option(matches, "count"))?;
    if Resource::ALL.iter().all(|resource| option(matches, resource.name()).is_none()) {
        return Err(Error::usage("no resources specified")
            .help("pass --cpu, --memory or --disk, for example --cpu 4 --memory 16GiB"));
    }
    let columns = columns();
    let usual: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let mut summary = None;
    sheet::answer(session, matches, &columns, &usual, |reader, take| {
        let need = need(reader, matches)?;
        let dc = option(matches, "in").map(|name| reader.resolve(reader.catalog().of("dc"), name)).transpose()?;
        let mut pools = pools(reader, &[], &overcommit)?;
        pools.retain(|pool| dc.is_none_or(|dc| pool.dc == dc));
        let has_totals = |pool: &Pool| need.iter().all(|(resource, _)| pool.room.get(*resource).is_some());
        let unknown = pools.iter().filter(|pool| !has_totals(pool)).count();
        let needs_cpu = need.iter().any(|(resource, _)| *resource == Resource::Cpu);
        let full_of_cpu = |pool: &&Pool| pool.room.get(Resource::Cpu).is_some_and(|cpu| cpu.exceeds_unset());
        let without_ratio = if needs_cpu { pools.iter().filter(full_of_cpu).count() } else { 0 };
        let mut fitting: Vec<(f64, u64, Pool)> = Vec::new();
        for pool in pools {
            let fits = how_many(&pool, &need);
            if fits.is_some_and(|fits| fits >= count) {
                fitting.push((fullest(&pool, &need, count), fits.unwrap_or_default(), pool));
            }
        }
        summary = Some((unknown, without_ratio, fitting.is_empty(), request_text(&need, count)));
        fitting.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.2.id.cmp(&other.2.id)));
        let mut row = Row::default();
        for (_, fits, pool) in &fitting {
            row.clear();
            fill(&mut row, pool, *fits, &need, count);
            if take(&row)?.is_break() {
                break;
            }
        }
        Ok(())
    })?;
    if let Some((unknown, without_ratio, nothing, request)) = summary {
        if nothing {
            session.say(&format!("no pool has room for {request}"));
        }
        if unknown > 0 {
            let pools = if unknown == 1 { "pool" } else { "pools" };
            session.say(&format!("skipped {unknown} {pools}: capacity not set"));
        }
        if without_ratio > 0 {
            let pools = if without_ratio == 1 { "pool has" } else { "pools have" };
            session.say(&format!(
                "{without_ratio} {pools} more vCPUs allocated than CPUs and no overcommit ratio: set one with \
                 `inv pool set NAME --cpu-overcommit N:1`, or pass --overcommit cpu=N:1"
            ));
        }
    }
    Ok(())
}

fn count(argument: Option<&str>) -> Result<u64> {
    let Some(text) = argument else { return Ok(1) };
    text.parse().ok().filter(|count| (1..=1_000_000_000).contains(count)).ok_or_else(|| {
        Error::usage(format!("--count must be a whole number of at least 1, not {}", shown::quoted(text)))
    })
}

fn need(reader: &Reader<'_>, matches: &ArgMatches) -> Result<Need> {
    let units = reader.units()?;
    let mut need = Vec::new();
    for resource in Resource::ALL {
        let Some(text) = option(matches, resource.name()) else { continue };
        let about = |error: Error| {
            let failure = Error::failed(format!("{}: {}", resource.name(), error.message()));
            error.way_out().map_or(failure.clone(), |help| failure.help(help))
        };
        let amount = if resource == Resource::Cpu {
            let count = decimal::parse_count(text).map_err(about)?;
            Decimal::parse(&count).unwrap_or_default()
        } else {
            units.bytes(&units.parse(text).map_err(about)?)
        };
        // A need of zero fits even into an overcommitted pool.
        if amount > Decimal::ZERO {
            need.push((resource, amount));
        }
    }
    Ok(need)
}

/// Returns the number of such VMs that fit into the pool; `None` if a total is not set.
fn how_many(pool: &Pool, need: &Need) -> Option<u64> {
    let mut most = u64::MAX;
    for (resource, amount) in need {
        let allotment = pool.room.get(*resource)?;
        most = most.min(times(allotment.free(), *amount));
    }
    Some(most)
}

/// Returns the number of times that `part` fits into `room`.
fn times(room: Decimal, part: Decimal) -> u64 {
    if room < part {
        return 0;
    }
    // By bisection, since decimals have no exact division.
    let (mut fits, mut beyond) = (1_u64, u64::MAX >> 1);
    while beyond - fits > 1 {
        let middle = fits + (beyond - fits) / 2;
        if part.checked_times(middle).is_some_and(|sum| sum <= room) { fits = middle } else { beyond = middle }
    }
    fits
}

/// Returns the highest ratio among the needed resources, with the VMs.
fn fullest(pool: &Pool, need: &Need, count: u64) -> f64 {
    let after = need.iter().filter_map(|(resource, _)| after(pool, *resource, need, count)?.part());
    after.fold(0.0, f64::max)
}

/// Returns the allotment of a resource with the VMs.
fn after(pool: &Pool, resource: Resource, need: &Need, count: u64) -> Option<Allotment> {
    let allotment = pool.room.get(resource)?;
    let more = need.iter().find(|(of, _)| *of == resource).and_then(|(_, amount)| amount.checked_times(count));
    Some(Allotment { allocated: allotment.allocated + more.unwrap_or_default(), ..allotment })
}

fn fill(row: &mut Row, pool: &Pool, fits: u64, need: &Need, count: u64) {
    row.text(&pool.path);
    if need.is_empty() {
        row.null();
    } else {
        row.number(&fits.to_string());
    }
    for resource in Resource::ALL {
        if let Some(allotment) = after(pool, resource, need, count) {
            push_amount(row, resource, allotment.free());
            push_share(row, share(resource, &allotment));
        } else {
            row.null();
            row.null();
        }
    }
}

/// Returns the request in words.
fn request_text(need: &Need, count: u64) -> String {
    let parts: Vec<String> = need
        .iter()
        .map(|(resource, amount)| match resource {
            Resource::Cpu => format!("{amount} virtual CPUs"),
            Resource::Memory => format!("{} of memory", amount_text(*resource, *amount)),
            Resource::Disk => format!("{} of disk space", amount_text(*resource, *amount)),
        })
        .collect();
    let vm = if count == 1 { "a VM".to_owned() } else { format!("{count} VMs each") };
    format!("{vm} with {}", parts.join(", "))
}
