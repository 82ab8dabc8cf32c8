//! `inv usage`: allocated, free and total capacity.

use super::capacity::{self, Allocation, By, GroupKey, Ids, Resource, Use, fields};
use super::pools::{Overcommit, Room, devices, paths, pools, push_amount, push_share, share};
use super::{Graft, sheet};
use crate::catalog::Entity;
use crate::error::{Error, Result};
use crate::output::bar::WARNS_FROM;
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::Session;
use crate::store::Reader;
use crate::value::ratio::part_text;
use crate::value::{natural, shown, status};
use crate::verb::arguments::{self, option, options, switch};
use clap::{Arg, ArgAction, ArgMatches, Command};

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "usage",
    about: "Show allocated and free CPU, memory and disk",
    hidden: false,
    arguments,
    run,
};

/// VMs that count, for the help.
const STAGES: &str = "Planned VMs count as allocated, retired VMs do not; both have separate columns.";

/// Values of `--by`.
const WAYS: [&str; 7] = ["pool", "dc", "provider", "system", "owner", "os", "status"];
fn arguments(command: Command) -> Command {
    sheet::arguments(command, || columns("pool", &Resource::ALL, Some(WARNS_FROM)))
        .arg(arguments::at())
        .arg(
            Arg::new("pools")
                .value_name("POOL")
                .num_args(0..)
                .help("Show only these pools")
                .add(arguments::names_of("pool")),
        )
        .arg(
            Arg::new("by")
                .long("by")
                .value_name("WHAT")
                .value_parser(WAYS)
                .hide_possible_values(true)
                .help(format!("Sum by {} (default: pool)", WAYS.join(", "))),
        )
        .arg(
            Arg::new("storage")
                .long("storage")
                .action(ArgAction::SetTrue)
                .conflicts_with("by")
                .help("Show storage devices"),
        )
        .arg(
            Arg::new("warn-at")
                .long("warn-at")
                .value_name("PERCENT")
                .help("Allocated share from which bars warn (default: 80%)"),
        )
        .arg(Overcommit::argument())
        .after_help(STAGES)
        .after_long_help(format!(
            "{STAGES}\n\nThe total of a pool is its capacity times its overcommit ratio (inv pool set prod \
             --cpu-overcommit 4:1), or that of its datacenter or provider. Without a ratio, CPUs above the capacity \
             are shown as a ratio (4.9:1), with a warning above 8:1.",
        ))
}

/// A row: a group of VMs or a storage device with its allocations.
struct Group {
    name: Option<String>,
    used: Use,
    room: Room,
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let warns_from = warns_from(option(matches, "warn-at"))?;
    let overcommit = Overcommit::from_matches(matches)?;
    let storage = switch(matches, "storage");
    let by = if storage { "storage" } else { option(matches, "by").unwrap_or("pool") };
    let resources: &[Resource] = if storage { &[Resource::Disk] } else { &Resource::ALL };
    let limited = matches!(by, "pool" | "dc" | "provider" | "storage");
    let columns = columns(by, resources, limited.then_some(warns_from));
    let usual = usual(&columns, session.terminal_width());
    sheet::answer(session, matches, &columns, &usual, |reader, take| {
        let pool = reader.catalog().of("pool");
        let names = options(matches, "pools");
        let only = names.iter().map(|name| reader.resolve(pool, name)).collect::<Result<Vec<i64>>>()?;
        let groups = match by {
            "storage" => {
                let devices = devices(reader, &only, &overcommit)?.into_iter();
                devices.map(|(path, used, room)| Group { name: Some(path), used, room }).collect()
            }
            "pool" | "dc" | "provider" => places(reader, by, &only, &overcommit)?,
            _ => others(reader, by, &only)?,
        };
        let mut row = Row::default();
        for group in &groups {
            row.clear();
            fill(&mut row, group, resources, limited);
            if take(&row)?.is_break() {
                break;
            }
        }
        Ok(())
    })
}

/// Returns the per cent from which bars warn.
fn warns_from(argument: Option<&str>) -> Result<u32> {
    let Some(text) = argument else { return Ok(WARNS_FROM) };
    let number = text.strip_suffix('%').unwrap_or(text).parse().ok().filter(|percent| *percent <= 100);
    number.ok_or_else(|| {
        Error::usage(format!("--warn-at must be a whole percentage up to 100%, not {}", shown::quoted(text)))
            .help("for example --warn-at 90%")
    })
}

/// Returns the columns of every way to sum.
pub(super) fn every_column() -> Vec<Column> {
    let mut every = columns("storage", &[Resource::Disk], Some(WARNS_FROM));
    for column in WAYS.iter().flat_map(|by| columns(by, &Resource::ALL, Some(WARNS_FROM))) {
        if !every.contains(&column) {
            every.push(column);
        }
    }
    every
}

fn columns(by: &str, resources: &[Resource], warns_from: Option<u32>) -> Vec<Column> {
    let counted = if by == "storage" { "disks" } else { "vms" };
    let mut columns = vec![match by {
        "pool" | "dc" | "provider" | "storage" => Column::path(by),
        _ => Column::whole(by),
    }];
    columns
        .extend(["", ".planned", ".retired"].map(|which| Column::new(format!("{counted}{which}"), ColumnKind::Number)));
    for resource in resources {
        let kind = if *resource == Resource::Cpu { ColumnKind::Number } else { ColumnKind::Quantity };
        let what = if by == "storage" { "capacity" } else { resource.name() };
        let column = |which: &str, kind| Column::new(format!("{what}.{which}"), kind);
        columns.extend(warns_from.map(|_| column("total", kind)));
        columns.extend(warns_from.map(|_| column("policy", ColumnKind::Number)));
        columns.extend(["allocated", "planned", "retired"].map(|which| column(which, kind)));
        if let Some(limit) = warns_from {
            columns.push(column("free", kind));
            columns.push(column("ratio", ColumnKind::Share { limit }));
        }
    }
    columns
}

/// Width from which a terminal has room for the free amounts beside the bars, in columns.
const WIDE: usize = 110;

/// Returns the default columns: all; on a terminal, ratios and, if it is wide, free amounts. Without ratios, allocated
/// amounts.
fn usual(columns: &[Column], terminal: Option<usize>) -> Vec<&str> {
    let has_ratios = columns.iter().any(|column| matches!(column.kind, ColumnKind::Share { .. }));
    let is_usual = |name: &str| match (name.split_once('.'), terminal) {
        (None | Some((_, "ratio")), _) | (_, None) => true,
        (Some((_, "allocated")), _) => !has_ratios,
        (Some((_, "free")), Some(width)) => width >= WIDE,
        _ => false,
    };
    columns.iter().map(|column| column.name.as_str()).filter(|name| is_usual(name)).collect()
}

fn fill(row: &mut Row, group: &Group, resources: &[Resource], limited: bool) {
    match &group.name {
        Some(name) => row.text(name),
        None => row.null(),
    }
    let Use { present, planned, retired } = &group.used;
    for allocation in [present, planned, retired] {
        row.number(&allocation.count.to_string());
    }
    for resource in resources {
        let room = group.room.get(*resource);
        if limited {
            match room {
                Some(allotment) => push_amount(row, *resource, allotment.total),
                None => row.null(),
            }
            match room.and_then(|allotment| allotment.ratio()) {
                Some(ratio) => row.ratio(&part_text(ratio)),
                None => row.null(),
            }
        }
        push_amount(row, *resource, group.used.allocated(*resource));
        push_amount(row, *resource, planned.get(*resource));
        push_amount(row, *resource, retired.get(*resource));
        if limited {
            match room {
                Some(allotment) => push_amount(row, *resource, allotment.free()),
                None => row.null(),
            }
            push_share(row, room.and_then(|allotment| share(*resource, &allotment)));
        }
    }
}

/// Returns pools, datacenters or providers.
fn places(reader: &Reader<'_>, by: &str, only: &[i64], overcommit: &Overcommit) -> Result<Vec<Group>> {
    let catalog = reader.catalog();
    let pools = pools(reader, only, overcommit)?;
    if by == "pool" {
        let group = |pool: super::pools::Pool| Group { name: Some(pool.path), used: pool.used, room: pool.room };
        return Ok(pools.into_iter().map(group).collect());
    }
    let place = catalog.of(by);
    let above = match by {
        "dc" => None,
        _ => Some(parents(reader, catalog.of("dc"), "provider")?),
    };
    let mut sums: Ids<(Use, Room)> = Ids::default();
    for pool in &pools {
        let at = above.as_ref().map_or(Some(pool.dc), |above| above.get(&pool.dc).copied());
        let (used, room) = sums.entry(at.unwrap_or_default()).or_default();
        used.add(&pool.used);
        room.add(&pool.room);
    }
    let mut names: Vec<(i64, String)> = paths(reader, place)?.into_iter().collect();
    names.sort_unstable();
    let groups = names.into_iter().filter(|(id, _)| only.is_empty() || sums.contains_key(id));
    Ok(groups
        .map(|(id, name)| {
            let (used, room) = sums.get(&id).copied().unwrap_or_default();
            Group { name: Some(name), used, room }
        })
        .collect())
}

/// Returns the record that each record of `entity` refers to in `field`.
fn parents(reader: &Reader<'_>, entity: &'static Entity, field: &str) -> Result<Ids<i64>> {
    let mut parent_by_id = Ids::default();
    reader.each_stored(entity, &fields(entity, &[field]), Vec::new(), |id, stored| {
        parent_by_id.extend(stored.reference(0)?.map(|parent| (id, parent)));
        Ok(())
    })?;
    Ok(parent_by_id)
}

/// Returns systems, owners, operating systems or statuses, which have no totals.
fn others(reader: &Reader<'_>, by: &str, only: &[i64]) -> Result<Vec<Group>> {
    let (by, names) = match by {
        "system" => (By::System, paths(reader, reader.catalog().of("system"))?),
        "owner" => (By::Owner, paths(reader, reader.catalog().of("user"))?),
        "os" => (By::Os, paths(reader, reader.catalog().of("os"))?),
        _ => (By::Status, Ids::default()),
    };
    let mut groups = capacity::allocations(reader, by, only)?;
    groups.retain(|(key, used)| {
        let empty =
            [used.present, used.planned, used.retired].iter().all(|allocation: &Allocation| allocation.count == 0);
        // A system without VMs is listed, unless pools are specified.
        !empty || (only.is_empty() && matches!(key, GroupKey::Id(_)))
    });
    groups.sort_by(|(one, _), (other, _)| match (one, other) {
        (GroupKey::Id(one), GroupKey::Id(other)) => one.cmp(other),
        (GroupKey::Text(one), GroupKey::Text(other)) if by == By::Status => place_of(one).cmp(&place_of(other)),
        (GroupKey::Text(one), GroupKey::Text(other)) => natural::compare(one, other),
        (one, other) => rank(one).cmp(&rank(other)),
    });
    let group = |(key, used)| {
        let name = match key {
            GroupKey::Id(id) => names.get(&id).cloned(),
            GroupKey::Text(text) => Some(text),
            GroupKey::None => None,
        };
        Group { name, used, room: Room::default() }
    };
    Ok(groups.into_iter().map(group).collect())
}

fn place_of(word: &str) -> Option<usize> {
    status::STATUSES.iter().position(|status| *status == word)
}

const fn rank(key: &GroupKey) -> u8 {
    match key {
        GroupKey::Id(_) => 0,
        GroupKey::Text(_) => 1,
        GroupKey::None => 2,
    }
}
