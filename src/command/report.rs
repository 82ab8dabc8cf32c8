//! `inv report FILE.html`: the estate as one self-contained page, for example for e-mail.
//!
//! The page loads nothing: plots are inline SVG. Its content security policy allows only its style and, by its hash,
//! its one script, so that no text of the inventory can run.

mod plots;

use super::Graft;
use super::capacity::Resource;
use super::estate::{self, Estate, head};
use super::pools::{Room, allotment_text, brief, grouped, share};
use crate::catalog::Path as Column;
use crate::error::{Error, Result};
use crate::output::Layout;
use crate::output::bar::{Share, Urgency, WARNS_FROM};
use crate::output::grid::exact;
use crate::output::row::{Cell, ColumnKind};
use crate::session::Session;
use crate::store::{Moment, Query, Reader};
use crate::value::{shown, time};
use crate::verb::arguments::{self, option};
use crate::verb::list;
use crate::verb::replacement::write_whole;
use clap::{Arg, ArgMatches, Command, ValueHint};
use plots::{Bar, Tone};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "report", about: "Write the estate as one HTML page", hidden: false, arguments, run };

const STYLE: &str = include_str!("report/page.css");
const SCRIPT: &str = include_str!("report/page.js");
/// The SHA-256 of the script in Base64: a test holds it against the page.
const SCRIPT_HASH: &str = "mEv89hmxJUCqROaRdAT0rqHa89VG8Lm4CcrbYq/mTkc=";
/// Default for `--limit`: a page with more VMs is slow to open and too large for e-mail.
const MOST_VMS: u64 = 10_000;
/// Number of pools and operating systems in a plot.
const TOP: usize = 8;

/// Default for `--title`.
const TITLE: &str = "VM estate";

/// Columns of the table: name and header.
const COLUMNS: [(&str, &str); 9] = [
    ("name", "VM"),
    ("pool.path", "Pool"),
    ("status", "Status"),
    ("cpu", "CPUs"),
    ("memory", "Memory"),
    ("disk", "Disk"),
    ("os", "Operating system"),
    ("ips", "Addresses"),
    ("owner", "Owner"),
];

fn arguments(command: Command) -> Command {
    command
        .arg(
            Arg::new("file")
                .value_name("FILE.html")
                .required(true)
                .value_hint(ValueHint::FilePath)
                .help("File to write; - is standard output"),
        )
        .arg(Arg::new("title").long("title").value_name("TEXT").help(format!("Title of the page (default: {TITLE})")))
        .arg(
            Arg::new("limit").long("limit").value_name("N").help("Largest number of VMs in the table (default: 10000)"),
        )
        .arg(arguments::at())
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let Some(file) = option(matches, "file") else { return Err(Error::usage("no output file specified")) };
    let limit = list::number(matches, "limit")?.unwrap_or(MOST_VMS);
    let path = Path::new(file);
    session.spare_inventory(path).map_err(|error| error.help("pass another file, such as report.html"))?;
    let as_of = match &session.at {
        None => time::now(),
        Some(Moment::Time(time)) => time.clone(),
        Some(Moment::Change(change)) => format!("change {change}"),
    };
    let title = option(matches, "title").unwrap_or(TITLE);
    let (page, left_out) = session.read(|reader| page(reader, limit, &as_of, title))?;
    if file == "-" {
        session.answer_text(&page)?;
    } else {
        write_whole(path, |file| {
            let written = file.write_all(page.as_bytes());
            let path = shown::shown(&path.to_string_lossy()).into_owned();
            written.map_err(|error| Error::io(format!("cannot write {path}"), error))
        })?;
        session.say(&format!("wrote {}", shown::shown(file)));
    }
    if left_out > 0 {
        let left_out = grouped(&left_out.to_string());
        session.say(&format!("skipped {left_out} VMs in the table: raise the limit with --limit N"));
    }
    Ok(())
}

/// Returns the page and the number of VMs that its table leaves out.
fn page(reader: &Reader<'_>, limit: u64, as_of: &str, title: &str) -> Result<(String, u64)> {
    let title = escaped(&shown::shown(title));
    let estate = estate::read(reader)?;
    let mut page = String::new();
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'sha256-{SCRIPT_HASH}'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>{title}</h1><p>as of {as_of}, by inv {}</p></header>\n",
        env!("CARGO_PKG_VERSION")
    );
    counts(&mut page, &estate);
    capacity(&mut page, &estate);
    plots(&mut page, &estate)?;
    let left_out = table(&mut page, reader, limit, &estate)?;
    let _ = write!(page, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
    Ok((page, left_out))
}

fn counts(page: &mut String, estate: &Estate) {
    page.push_str("<ul class=\"counts\">");
    for (entity, count) in estate.counts.iter().filter(|(entity, count)| *count > 0 || entity.noun == "vm") {
        let label = if *count == 1 { entity.labels.0 } else { entity.labels.1 };
        let _ = write!(page, "<li><b>{}</b> {label}</li>", grouped(&count.to_string()));
    }
    page.push_str("</ul>\n");
}

/// Writes a card for each resource with its allocation.
fn capacity(page: &mut String, estate: &Estate) {
    page.push_str("<section class=\"grid\">\n");
    for resource in Resource::ALL {
        let title = title(resource);
        let (planned, retired) = (estate.used.planned.get(resource), estate.used.retired.get(resource));
        let apart = format!("planned {}, retired {} (not counted)", brief(resource, planned), brief(resource, retired));
        let _ = write!(page, "<div class=\"card\"><h2>{title}</h2>");
        if let Some(allotment) = estate.room.get(resource) {
            let share = share(resource, &allotment).unwrap_or(Share::Percent(0.0));
            let class = match tone(share) {
                Tone::Bad => " class=\"bad\"",
                Tone::Warning => " class=\"warning\"",
                _ => "",
            };
            let _ = writeln!(
                page,
                "<p class=\"big\">{}</p><div class=\"meter\"><i{class} style=\"width:{:.1}%\"></i></div>\
                 <p>{}</p><p>{apart}</p></div>",
                share.text(false),
                (share.part() * 100.0).min(100.0),
                allotment_text(resource, &allotment, " allocated"),
            );
        } else {
            let allocated = brief(resource, estate.used.allocated(resource));
            let name = resource.name();
            let _ = writeln!(
                page,
                "<p class=\"big\">{allocated}</p><p>allocated; no {name} capacity set on any pool</p><p>{apart}</p></div>"
            );
        }
    }
    page.push_str("</section>\n");
}

const fn title(resource: Resource) -> &'static str {
    match resource {
        Resource::Cpu => "Virtual CPUs",
        Resource::Memory => "Memory",
        Resource::Disk => "Disk space",
    }
}

fn tone(share: Share) -> Tone {
    match share.urgency(WARNS_FROM) {
        Urgency::Low => Tone::Good,
        Urgency::Warning => Tone::Warning,
        Urgency::Beyond => Tone::Bad,
    }
}

fn plots(page: &mut String, estate: &Estate) -> Result<()> {
    page.push_str("<section class=\"grid\">\n");
    let mut card = |title: &str, plot: &str| {
        let _ = write!(page, "<div class=\"card\"><h2>{}</h2>\n{plot}</div>\n", escaped(title));
    };
    for resource in Resource::ALL {
        let bars = fullest(estate.pools.iter().map(|pool| (pool.path.as_str(), &pool.room)), resource);
        if !bars.is_empty() {
            card(
                &format!("Fullest pools: {}", title(resource).to_lowercase().replace("cpu", "CPU")),
                &plots::bars(&bars)?,
            );
        }
    }
    let storages = estate.storages.iter().map(|(path, room)| (path.as_str(), room));
    let bars = fullest(storages, Resource::Disk);
    if !bars.is_empty() {
        card("Fullest storage devices", &plots::bars(&bars)?);
    }
    let statuses: Vec<(String, u64)> =
        estate.statuses.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect();
    if !statuses.is_empty() {
        card("VMs by status", &plots::bars(&shares(&statuses))?);
    }
    if !estate.systems.is_empty() {
        card("Operating systems", &plots::bars(&shares(&head(&estate.systems, TOP)))?);
    }
    if let Some(months) = estate.months_with_start() {
        card("VMs at the end of each month", &plots::growth(&months)?);
    }
    page.push_str("</section>\n");
    Ok(())
}

/// Returns bars for the pools or storage devices with the highest allocated shares, from the path and room of each.
fn fullest<'e>(places: impl Iterator<Item = (&'e str, &'e Room)>, resource: Resource) -> Vec<Bar> {
    let rows = places.filter_map(|(path, room)| {
        let allotment = room.get(resource)?;
        Some((share(resource, &allotment)?, allotment, path))
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|one, other| other.0.part().total_cmp(&one.0.part()).then_with(|| one.2.cmp(other.2)));
    rows.truncate(TOP);
    rows.into_iter()
        .map(|(share, allotment, path)| Bar {
            label: shown::shown(path).into_owned(),
            value: format!(
                "{} of {}, {}",
                brief(resource, allotment.allocated),
                brief(resource, allotment.total),
                share.text(false)
            ),
            share: share.part(),
            tone: tone(share),
        })
        .collect()
}

/// Returns bars for counts as shares of their sum.
fn shares(counts: &[(String, u64)]) -> Vec<Bar> {
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    let bar = |(label, count): &(String, u64)| {
        #[expect(clippy::cast_precision_loss, reason = "a share that is drawn")]
        let share = *count as f64 / all.max(1) as f64;
        let value = format!("{}, {:.1}%", grouped(&count.to_string()), share * 100.0);
        Bar { label: shown::shown(label).into_owned(), value, share, tone: Tone::Plain }
    };
    counts.iter().map(bar).collect()
}

/// Writes the table of VMs, and returns the number of VMs that it leaves out.
fn table(page: &mut String, reader: &Reader<'_>, limit: u64, estate: &Estate) -> Result<u64> {
    let catalog = reader.catalog();
    let vm = catalog.of("vm");
    let mut columns: Vec<Column> = COLUMNS.iter().map(|(name, ..)| Column::known(catalog, vm, name)).collect();
    let numbers: Vec<bool> = columns
        .iter()
        .map(|column| matches!(column.kind(catalog), ColumnKind::Number | ColumnKind::Quantity))
        .collect();
    columns.push(Column::known(catalog, vm, "custom-os"));
    let all: u64 = estate.statuses.iter().map(|(_, count)| count).sum();
    let left_out = all.saturating_sub(limit);
    page.push_str(
        "<section class=\"card list\">\n<div class=\"tools\"><h2>VMs</h2><input id=\"search\" type=\"search\" \
         placeholder=\"Search name, pool, address, owner …\" aria-label=\"Search VMs\"><p id=\"shown\"></p></div>\n",
    );
    if left_out > 0 {
        let (first, all) = (grouped(&limit.to_string()), grouped(&all.to_string()));
        let _ = writeln!(page, "<p>The first {first} of {all} VMs.</p>");
    }
    page.push_str("<div class=\"scroll\"><table>\n<thead><tr>");
    let class = |place: usize| if numbers.get(place).copied().unwrap_or_default() { " class=\"n\"" } else { "" };
    for (place, (_, header)) in COLUMNS.iter().enumerate() {
        let _ = write!(page, "<th{}><button type=\"button\">{header}</button></th>", class(place));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    let query = Query { limit: Some(limit), ..Query::all(vm, columns) };
    reader.select(&query, |row| {
        page.push_str("<tr>");
        for (place, (name, _)) in COLUMNS.iter().enumerate() {
            let cell = match row.cell(place) {
                Cell::Null if *name == "os" => row.cell(COLUMNS.len()),
                cell => cell,
            };
            let text = escaped(&exact(cell, &Layout::piped()));
            let _ = match *name {
                "status" => write!(page, "<td class=\"{text}\">{text}</td>"),
                // Long paths break behind their slashes.
                "pool.path" => write!(page, "<td>{}</td>", text.replace('/', "/<wbr>")),
                // The script sorts by this number.
                _ => match number(cell) {
                    Some(number) => write!(page, "<td{} data-n=\"{number}\">{text}</td>", class(place)),
                    None => write!(page, "<td{}>{text}</td>", class(place)),
                },
            };
        }
        page.push_str("</tr>\n");
        Ok(ControlFlow::Continue(()))
    })?;
    page.push_str("</tbody>\n</table></div>\n</section>\n");
    Ok(left_out)
}

/// Returns the number in a cell; of a quantity, its bytes.
fn number(cell: Cell<'_>) -> Option<String> {
    match cell {
        Cell::Number(number) => Some(escaped(number)),
        Cell::Quantity(_, bytes) => Some(bytes.to_string()),
        _ => None,
    }
}

/// Returns the text escaped for HTML elements and attributes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}
