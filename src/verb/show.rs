//! `inv NOUN show`: one record in full, with what hangs from it.

use super::complete::ColumnSet;
use super::{arguments, list};
use crate::catalog::{Catalog, Entity, Path, Reach, Section, Sourced, identified, parts};
use crate::error::{Error, Result};
use crate::output::row::{Column, ColumnKind, Row};
use crate::output::{Cards, Style};
use crate::session::Session;
use crate::store::{Query, Reader, Term};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub(crate) fn arguments(_: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let command = command
        .arg(arguments::records(entity).required(true))
        .arg(list::chosen_columns(ColumnSet::Of(entity)))
        .args(list::amounts())
        .arg(arguments::at());
    if entity.reach != Reach::Everywhere {
        return command;
    }
    let help = "Also show its sources, and the values of sources that are held";
    let sources = Arg::new("sources").long("sources").action(ArgAction::SetTrue).conflicts_with("columns").help(help);
    command.arg(sources)
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    let names = arguments::names(matches)?;
    let catalog = session.catalog();
    let usual: Vec<String> = columns(catalog, entity, Style::Table).into_iter().map(|path| path.name).collect();
    let usual: Vec<&str> = usual.iter().map(String::as_str).collect();
    let is_chosen = !arguments::options(matches, "columns").is_empty();
    let chosen = if is_chosen {
        Some(list::columns(catalog, entity, matches, &usual)?)
    } else {
        // A template that reads no more than columns needs no section.
        list::of_template(session, entity, matches)
    };
    let style = session.style.unwrap_or(Style::Table);
    session.answer_cards(names.len() > 1, |cards| {
        session.read(|reader| {
            let ids = names.iter().map(|name| reader.resolve(entity, name)).collect::<Result<Vec<i64>>>()?;
            let tell = if arguments::switch(matches, "sources") { sourced_card } else { card };
            ids.into_iter().try_for_each(|id| match &chosen {
                Some(columns) => {
                    fields(reader, entity, columns.clone(), (id, style), cards)?;
                    cards.end_record().map_err(Error::output)
                }
                None => tell(reader, entity, id, style, cards),
            })
        })
    })
}

/// Tells columns of one record.
fn fields(
    reader: &Reader<'_>,
    entity: &'static Entity,
    columns: Vec<Path>,
    (id, style): (i64, Style),
    cards: &mut dyn Cards,
) -> Result<()> {
    let columns = if style.has_keys() { identified(reader.catalog(), entity, columns) } else { columns };
    let headers: Vec<Column> = columns.iter().map(|path| path.column(reader.catalog())).collect();
    let query = Query { terms: vec![leads_to(Vec::new(), id)], ..Query::all(entity, columns) };
    reader.select(&query, |row| {
        cards.begin_record(&headers, row).map_err(Error::output)?;
        Ok(ControlFlow::Break(()))
    })
}

/// Tells one record.
pub(crate) fn card(
    reader: &Reader<'_>,
    entity: &'static Entity,
    id: i64,
    style: Style,
    cards: &mut dyn Cards,
) -> Result<()> {
    begin(reader, entity, id, style, cards)?;
    cards.end_record().map_err(Error::output)
}

/// Tells one record with what sources know of it.
fn sourced_card(
    reader: &Reader<'_>,
    entity: &'static Entity,
    id: i64,
    style: Style,
    cards: &mut dyn Cards,
) -> Result<()> {
    begin(reader, entity, id, style, cards)?;
    sources(reader, entity, id, cards)?;
    held(reader, entity, id, cards)?;
    cards.end_record().map_err(Error::output)
}

/// The section of the sources that know a record.
fn sources(reader: &Reader<'_>, entity: &'static Entity, id: i64, cards: &mut dyn Cards) -> Result<()> {
    let written = |done: std::io::Result<()>| done.map_err(Error::output);
    let headers = [
        Column::whole("source"),
        Column::whole("external-id"),
        Column::new("first-seen", ColumnKind::Time),
        Column::new("confirmed", ColumnKind::Time),
        Column::new("missing-since", ColumnKind::Time),
    ];
    written(cards.begin_section("sources", &headers))?;
    for source in reader.provenance(entity, id)? {
        let mut row = Row::default();
        row.text(&source.source);
        text(&mut row, source.external_id.as_deref());
        for time in [source.first_seen, source.confirmed, source.missing_since] {
            match time {
                Some(time) => row.time(&time),
                None => row.null(),
            }
        }
        written(cards.section_row(&row))?;
    }
    written(cards.end_section())
}

/// The section of the fields of a record whose values are not those of a source that knows it.
fn held(reader: &Reader<'_>, entity: &'static Entity, id: i64, cards: &mut dyn Cards) -> Result<()> {
    let written = |done: std::io::Result<()>| done.map_err(Error::output);
    let headers = ["field", "value", "decided-by", "offered", "offered-by"];
    let headers = headers.map(|name| Column::new(name, ColumnKind::Text));
    let Some(record) = reader.record(entity, id)? else { return Ok(()) };
    written(cards.begin_section("held", &headers))?;
    for decided in reader.decided_fields(entity, id)? {
        let value = reader.shown(decided.field, record.value(entity, decided.field.name))?;
        // A difference ends where the source comes to have the same value.
        if decided.offered.is_none() || decided.offered == value {
            continue;
        }
        let mut row = Row::default();
        row.text(decided.field.name);
        text(&mut row, value.as_deref());
        row.text(decided.by.as_deref().unwrap_or("a person"));
        text(&mut row, decided.offered.as_deref());
        text(&mut row, decided.offered_by.as_deref());
        written(cards.section_row(&row))?;
    }
    written(cards.end_section())
}

fn text(row: &mut Row, text: Option<&str>) {
    match text {
        Some(text) => row.text(text),
        None => row.null(),
    }
}

fn begin(reader: &Reader<'_>, entity: &'static Entity, id: i64, style: Style, cards: &mut dyn Cards) -> Result<()> {
    fields(reader, entity, columns(reader.catalog(), entity, style), (id, style), cards)?;
    for section in entity.sections {
        self::section(reader, section, (id, style), cards)?;
    }
    Ok(())
}

/// Everything that is known of a record itself: its fields, its whole path, and what is computed for it.
pub(crate) fn columns(catalog: &Catalog, entity: &'static Entity, style: Style) -> Vec<Path> {
    let listed = entity.sections.iter().filter_map(|section| match section {
        Section::List { name, .. } => Some(*name),
        Section::Tally { .. } => None,
    });
    let listed: Vec<&str> = listed.collect();
    let is_shown = |name: &String| {
        // What a section lists in full is not told twice.
        let is_count = |name: &String| entity.computed(name).is_some();
        let collected = listed.contains(&name.as_str()) && !(style.has_keys() && is_count(name));
        // The whole path says what holds the holder.
        let ancestor = catalog.ancestors(entity).iter().skip(1).any(|(_, holder)| holder.noun == *name);
        // What sources know is a list's.
        let sourced = Sourced::ALL.iter().any(|(sourced, _)| sourced == name);
        !collected && !ancestor && !sourced
    };
    let names = crate::catalog::column::names(catalog, entity);
    let mut paths: Vec<Path> =
        names.iter().filter(|name| is_shown(name)).map(|n| Path::known(catalog, entity, n)).collect();
    for path in &mut paths {
        // A card has room for what tells a referred record from its namesakes.
        if let crate::catalog::Leaf::Field(field) = path.leaf
            && let Some(target) = catalog.target(field)
            && target.parent.is_some()
        {
            let name = std::mem::take(&mut path.name);
            *path = Path { name, ..Path::known(catalog, entity, &format!("{}.path", field.name)) };
        }
    }
    paths
}

fn section(reader: &Reader<'_>, section: &Section, (id, style): (i64, Style), cards: &mut dyn Cards) -> Result<()> {
    let catalog = reader.catalog();
    let written = |done: std::io::Result<()>| done.map_err(Error::output);
    match section {
        Section::List { name, of, by, columns } => {
            let of = catalog.of(of);
            let paths: Vec<Path> = match style {
                style if style.has_keys() => parts(catalog, of, columns),
                _ => columns.iter().map(|name| Path::known(catalog, of, name)).collect(),
            };
            let headers: Vec<Column> = paths.iter().map(|path| path.column(catalog)).collect();
            let query =
                Query { terms: vec![leads_to(Path::known(catalog, of, by).references(), id)], ..Query::all(of, paths) };
            written(cards.begin_section(name, &headers))?;
            reader.select(&query, |row| {
                written(cards.section_row(row))?;
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Section::Tally { name, of, by, field } => {
            let of = catalog.of(of);
            let path = Path::known(catalog, of, field);
            let query = Query {
                terms: vec![leads_to(Path::known(catalog, of, by).references(), id)],
                ..Query::all(of, vec![path])
            };
            let mut counts: BTreeMap<String, i64> = BTreeMap::new();
            reader.select(&query, |row| {
                let value = row.cell(0).plain().unwrap_or_default();
                match counts.get_mut(value) {
                    Some(count) => *count += 1,
                    None => {
                        counts.insert(value.to_owned(), 1);
                    }
                }
                Ok(ControlFlow::Continue(()))
            })?;
            let headers = [Column::whole(*field), Column::new("count", ColumnKind::Number)];
            written(cards.begin_section(name, &headers))?;
            for (value, count) in counts {
                let mut row = Row::default();
                row.text(&value);
                row.integer(count);
                written(cards.section_row(&row))?;
            }
        }
    }
    written(cards.end_section())
}

fn leads_to(hops: Vec<&'static crate::catalog::Field>, id: i64) -> Term {
    Term::Refers { hops, ids: vec![id], or_empty: false, negated: false }
}
