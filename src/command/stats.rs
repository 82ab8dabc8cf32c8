//! `inv stats`: the estate on one screen of 80 columns and 24 lines; in other formats, one record.

use super::Graft;
use super::capacity::Resource;
use super::estate::{self, Estate, head};
use super::pools::{allotment_text, brief, grouped, push_amount, push_share, share};
use crate::catalog::Entity;
use crate::error::{Error, Result};
use crate::output::bar::{Share, WARNS_FROM, bar};
use crate::output::row::{Column, ColumnKind, Row};
use crate::output::{Cards, Style, measure, tint};
use crate::session::Session;
use crate::value::shown::shown;
use crate::verb::arguments;
use clap::{ArgMatches, Command};

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "stats",
    about: "Show the estate on one screen",
    hidden: false,
    arguments: |command: Command| command.arg(arguments::at()),
    run,
};

/// Width of the screen in columns.
const WIDTH: usize = 80;
/// Width of the left half in columns.
const LEFT: usize = 41;
/// Number of pools and operating systems.
const TOP: usize = 6;
/// Lines of the chart of growth above its axis, and its number of months.
const TALL: usize = 5;
const MONTHS: usize = 12;
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

fn run(session: &Session, _: &ArgMatches) -> Result<()> {
    let estate = session.read(estate::read)?;
    if session.style.unwrap_or(Style::Table) == Style::Table {
        return session.answer_text(&screen(&estate, session.colors()));
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

/// Returns the screen.
fn screen(estate: &Estate, color: bool) -> String {
    let mut lines = Vec::new();
    let counts: Vec<String> = estate
        .counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(entity, count)| {
            let label = if *count == 1 { entity.labels.0 } else { entity.labels.1 };
            format!("{} {label}", grouped(&count.to_string()))
        })
        .collect();
    let mut line = String::new();
    for count in counts {
        if !line.is_empty() && line.len() + 3 + count.len() > WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(if line.is_empty() { "" } else { " · " });
        line.push_str(&count);
    }
    lines.push(line);
    lines.push(String::new());
    lines.extend(Resource::ALL.map(|resource| capacity_line(estate, resource, color)));
    lines.push(String::new());
    let vms: u64 = estate.statuses.iter().map(|(_, count)| count).sum();
    let pools = titled("top pools, memory", color, pool_lines(estate, color));
    lines.extend(beside(&pools, &titled("status", color, status_lines(estate, vms, color))));
    lines.push(String::new());
    let systems = titled("operating systems", color, system_lines(estate));
    lines.extend(beside(&systems, &titled("new VMs by month", color, growth_lines(estate))));
    lines.push(String::new());
    let mut text = lines.join("\n");
    if text.ends_with("\n\n") {
        text.pop();
    }
    text
}

fn titled(title: &str, color: bool, lines: Vec<String>) -> Vec<String> {
    std::iter::once(painted(title, tint::HEADER, color)).chain(lines).collect()
}

fn painted(text: &str, with: &str, color: bool) -> String {
    tint::painted(text, color.then_some(with)).into_owned()
}

/// Returns the lines of two blocks side by side.
fn beside(left: &[String], right: &[String]) -> Vec<String> {
    (0..left.len().max(right.len()))
        .map(|at| {
            let (left, right) = (left.get(at).map_or("", String::as_str), right.get(at).map_or("", String::as_str));
            let blanks = if right.is_empty() { 0 } else { LEFT.saturating_sub(visible_width(left)) };
            format!("{left}{}{right}", " ".repeat(blanks)).trim_end().to_owned()
        })
        .collect()
}

/// Returns the width of a line in columns, without colours.
fn visible_width(line: &str) -> usize {
    let mut parts = line.split('\x1b');
    let first = parts.next().map_or(0, measure::width);
    first + parts.map(|part| part.split_once('m').map_or(0, |(_, text)| measure::width(text))).sum::<usize>()
}

/// Returns `text` in exactly `width` columns, cut if it is longer.
fn fitted(text: &str, width: usize) -> String {
    let text = shown(text);
    let columns = measure::width(&text);
    if columns <= width {
        return format!("{text}{}", " ".repeat(width - columns));
    }
    let (cut, columns) = measure::cut(&text, width);
    format!("{cut}{}{}", measure::ELLIPSIS, " ".repeat(width.saturating_sub(columns + 1)))
}

/// Returns a path in exactly `width` columns. A longer path loses its beginning, since its end is specific.
fn fitted_end(path: &str, width: usize) -> String {
    let path = shown(path);
    let ends = path.match_indices('/').map(|(at, _)| path.get(at..).unwrap_or_default());
    let short = ends.map(|end| format!("{}{end}", measure::ELLIPSIS)).find(|end| measure::width(end) <= width);
    if measure::width(&path) <= width { fitted(&path, width) } else { fitted(short.as_deref().unwrap_or(&path), width) }
}

fn capacity_line(estate: &Estate, resource: Resource, color: bool) -> String {
    let name = fitted(resource.name(), 8);
    let allocated = estate.used.allocated(resource);
    match estate.room.get(resource) {
        Some(allotment) => {
            let share = share(resource, &allotment).unwrap_or(Share::Percent(0.0));
            let drawn = painted(&bar(share.part(), 24), share.color(WARNS_FROM), color);
            let percent = if matches!(share, Share::Ratio(_)) { String::new() } else { share.text(false) };
            format!("{name}{drawn} {percent:>6}  {}", allotment_text(resource, &allotment, ""))
        }
        None => {
            format!("{name}{} allocated; no {} capacity set on any pool", brief(resource, allocated), resource.name())
        }
    }
}

fn pool_lines(estate: &Estate, color: bool) -> Vec<String> {
    let line = |(path, vms, full): (String, u64, Option<Share>)| {
        let share = full.map_or_else(
            || " ".repeat(6),
            |share| painted(&format!("{:>6}", share.text(false)), share.color(WARNS_FROM), color),
        );
        format!("{}{:>9} {share}", fitted_end(&path, 22), grouped(&vms.to_string()))
    };
    top_pools(estate).into_iter().map(line).collect()
}

fn status_lines(estate: &Estate, vms: u64, color: bool) -> Vec<String> {
    let line = |(word, count): &(&str, u64)| {
        let drawn = bar(part(*count, vms), 12);
        let drawn = tint::of_status(word).map_or_else(|| drawn.clone(), |tint| painted(&drawn, tint, color));
        format!("{}{drawn}{:>10} {:>5.1}%", fitted(word, 10), grouped(&count.to_string()), part(*count, vms) * 100.0)
    };
    estate.statuses.iter().map(line).collect()
}

fn system_lines(estate: &Estate) -> Vec<String> {
    let all: u64 = estate.systems.iter().map(|(_, count)| count).sum();
    let line = |name: &str, count: u64| {
        format!("{}{:>8} {:>5.1}%", fitted(name, 24), grouped(&count.to_string()), part(count, all) * 100.0)
    };
    head(&estate.systems, TOP).iter().map(|(name, count)| line(name, *count)).collect()
}

/// Returns the chart of growth: a bar for each month, with the first and the last month below.
fn growth_lines(estate: &Estate) -> Vec<String> {
    let skipped = estate.months.len().saturating_sub(MONTHS);
    let months = estate.months.get(skipped..).unwrap_or_default();
    let most = months.iter().map(|(_, new, _)| *new).max().unwrap_or_default();
    let label = grouped(&most.to_string()).len().max(1);
    let mut lines: Vec<String> = (0..TALL)
        .map(|line| {
            let mut text = match line {
                0 => format!("{:>label$} ┤", grouped(&most.to_string())),
                _ => format!("{:>label$} │", ""),
            };
            for (_, new, _) in months {
                let level = LEVELS.get(level(*new, most, TALL - 1 - line)).copied().unwrap_or(' ');
                text.extend([level, level]);
            }
            text
        })
        .collect();
    if let (Some((first, ..)), Some((last, ..))) = (months.first(), months.last()) {
        let gap = (2 * months.len()).saturating_sub(first.len() + last.len());
        let axis = if months.len() == 1 { first.clone() } else { format!("{first}{}{last}", " ".repeat(gap.max(1))) };
        lines.push(format!("{:>label$}  {axis}", ""));
    }
    lines
}

/// Returns the eighths of a line that a bar fills; `line` counts from below. A count above zero fills at least one.
fn level(count: u64, most: u64, line: usize) -> usize {
    let eighths = u128::from(count) * (TALL as u128) * 8;
    let eighths = eighths.div_ceil(u128::from(most.max(1)));
    let eighths = usize::try_from(eighths).unwrap_or_default();
    eighths.saturating_sub(line * 8).min(8)
}

fn part(count: u64, all: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a share that is drawn")]
    let share = count as f64 / all.max(1) as f64;
    share
}
