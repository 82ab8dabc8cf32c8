//! `inv stats`: the estate on one screen; in other formats, one record.

mod screen;

use super::Graft;
use super::capacity::Resource;
use super::estate::{self, Estate};
use super::pools::{push_amount, push_share, share};
use crate::catalog::Entity;
use crate::error::{Error, Result};
use crate::output::bar::{Share, WARNS_FROM};
use crate::output::row::{Column, ColumnKind, Row};
use crate::output::{Cards, Style};
use crate::session::Session;
use crate::verb::arguments;
use clap::{ArgMatches, Command};
use screen::Screen;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "stats",
    about: "Show the estate on one screen",
    hidden: false,
    arguments: |command: Command| command.arg(arguments::at()),
    run,
};

/// Width of the screen where there is no terminal, in columns.
const WIDTH: usize = 80;
/// Number of pools and operating systems.
const TOP: usize = 6;

fn run(session: &Session, _: &ArgMatches) -> Result<()> {
    let estate = session.read(estate::read)?;
    if session.style.unwrap_or(Style::Table) == Style::Table {
        let width = session.terminal_width().unwrap_or(WIDTH);
        return session.answer_text(&Screen { estate: &estate, width, color: session.colors() }.text());
    }
    session.answer_cards(false, |cards| record(&estate, cards))
}

/// Writes the estate as one record with sections.
fn record(estate: &Estate, cards: &mut dyn Cards) -> Result<()> {
    let checked = |result: std::io::Result<()>| result.map_err(Error::output);
    let columns = columns(estate.counts.iter().map(|(entity, _)| *entity));
    let mut row = Row::default();
    for (_, count) in &estate.counts {
        row.number(&count.to_string());
    }
    for allocation in [estate.used.planned, estate.used.retired] {
        row.number(&allocation.count.to_string());
    }
    for resource in Resource::ALL {
        push_resource(&mut row, resource, estate);
    }
    checked(cards.begin_record(&columns, &row))?;
    let top: Vec<(String, u64)> = top_pools(estate).into_iter().map(|(path, vms, _)| (path, vms)).collect();
    let statuses: Vec<(String, u64)> = estate.statuses.iter().map(|(word, vms)| ((*word).to_owned(), *vms)).collect();
    let months: Vec<(String, u64)> = estate.months.iter().map(|(month, new, _)| (month.clone(), *new)).collect();
    for ((name, columns), rows) in sections().into_iter().zip([&top, &statuses, &estate.systems, &months]) {
        checked(cards.begin_section(name, &columns))?;
        for (name, count) in rows {
            row.clear();
            row.text(name);
            row.number(&count.to_string());
            checked(cards.section_row(&row))?;
        }
        checked(cards.end_section())?;
    }
    checked(cards.end_record())
}

/// Returns the columns of the estate: counts of `entities` and of VMs by stage, and amounts.
pub(super) fn columns<'e>(entities: impl Iterator<Item = &'e Entity>) -> Vec<Column> {
    let counts = entities.map(|entity| entity.plural).chain(["vms.planned", "vms.retired"]);
    let mut columns: Vec<Column> = counts.map(|name| Column::new(name, ColumnKind::Number)).collect();
    for resource in Resource::ALL {
        let kind = if resource == Resource::Cpu { ColumnKind::Number } else { ColumnKind::Quantity };
        columns.extend(AMOUNTS.map(|which| Column::new(format!("{}.{which}", resource.name()), kind)));
        columns.push(Column::new(format!("{}.ratio", resource.name()), ColumnKind::Share { limit: WARNS_FROM }));
    }
    columns
}

/// Returns the sections of the estate: the number of VMs of each pool, status, operating system and month.
pub(super) fn sections() -> [(&'static str, [Column; 2]); 4] {
    let columns = |key, count| [Column::whole(key), Column::new(count, ColumnKind::Number)];
    [
        ("top_pools", columns("pool", "vms")),
        ("statuses", columns("status", "vms")),
        ("oses", columns("os", "vms")),
        ("growth", columns("month", "new_vms")),
    ]
}

/// Amounts of a resource.
const AMOUNTS: [&str; 3] = ["total", "allocated", "free"];

fn push_resource(row: &mut Row, resource: Resource, estate: &Estate) {
    let room = estate.room.get(resource);
    for which in AMOUNTS {
        match (which, room) {
            ("allocated", _) => push_amount(row, resource, estate.used.allocated(resource)),
            ("total", Some(allotment)) => push_amount(row, resource, allotment.total),
            ("free", Some(allotment)) => push_amount(row, resource, allotment.free()),
            _ => row.null(),
        }
    }
    push_share(row, room.and_then(|allotment| share(resource, &allotment)));
}

/// Returns the pools with the most present and planned VMs: path, number of VMs, and allocated share of memory.
fn top_pools(estate: &Estate) -> Vec<(String, u64, Option<Share>)> {
    let mut pools: Vec<_> = estate
        .pools
        .iter()
        .map(|pool| {
            let memory = pool.room.get(Resource::Memory);
            let full = memory.and_then(|allotment| share(Resource::Memory, &allotment));
            (pool.path.clone(), pool.used.present.count + pool.used.planned.count, full)
        })
        .collect();
    pools.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    pools.truncate(TOP);
    pools
}
