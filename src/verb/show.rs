//! `inv NOUN show`: one record in full, with what hangs from it.

use super::{arguments, list};
use crate::catalog::{Catalog, Entity, Path, Section, Sourced};
use crate::error::{Error, Result};
use crate::output::Cards;
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::Session;
use crate::store::{Query, Reader, Term};
use clap::{ArgMatches, Command};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub(crate) fn arguments(_: &Catalog, entity: &'static Entity, command: Command) -> Command {
    command.arg(arguments::records(entity).required(true)).arg(list::chosen_columns()).arg(arguments::at())
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    let names = arguments::options(matches, "records");
    let catalog = session.catalog();
    let usual: Vec<String> = columns(catalog, entity).into_iter().map(|path| path.name).collect();
    let usual: Vec<&str> = usual.iter().map(String::as_str).collect();
    let is_chosen = !arguments::options(matches, "columns").is_empty();
    let chosen = if is_chosen { Some(list::columns(catalog, entity, matches, &usual)?) } else { None };
    session.answer_cards(names.len() > 1, |cards| {
        session.read(|reader| {
            let ids = names.iter().map(|name| reader.resolve(entity, name)).collect::<Result<Vec<i64>>>()?;
            ids.into_iter().try_for_each(|id| match &chosen {
                Some(columns) => {
                    fields(reader, entity, columns.clone(), id, cards)?;
                    cards.end_record().map_err(Error::output)
                }
                None => card(reader, entity, id, cards),
            })
        })
    })
}

/// Tells columns of one record.
fn fields(
    reader: &Reader<'_>,
    entity: &'static Entity,
    columns: Vec<Path>,
    id: i64,
    cards: &mut dyn Cards,
) -> Result<()> {
    let headers: Vec<Column> = columns.iter().map(|path| path.column(reader.catalog())).collect();
    let query = Query { terms: vec![leads_to(Vec::new(), id)], ..Query::all(entity, columns) };
    reader.select(&query, |row| {
        cards.begin_record(&headers, row).map_err(Error::output)?;
        Ok(ControlFlow::Break(()))
    })
}

/// Tells one record.
pub(crate) fn card(reader: &Reader<'_>, entity: &'static Entity, id: i64, cards: &mut dyn Cards) -> Result<()> {
    let written = |done: std::io::Result<()>| done.map_err(Error::output);
    fields(reader, entity, columns(reader.catalog(), entity), id, cards)?;
    for section in entity.sections {
        self::section(reader, section, id, cards)?;
    }
    written(cards.end_record())
}

/// Everything that is known of a record itself: its fields, its whole path, and what is computed for it.
fn columns(catalog: &Catalog, entity: &'static Entity) -> Vec<Path> {
    let listed = entity.sections.iter().filter_map(|section| match section {
        Section::List { name, .. } => Some(*name),
        Section::Tally { .. } => None,
    });
    let listed: Vec<&str> = listed.collect();
    let is_shown = |name: &String| {
        // What a section lists in full is not told twice.
        let collected = listed.contains(&name.as_str());
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

fn section(reader: &Reader<'_>, section: &Section, id: i64, cards: &mut dyn Cards) -> Result<()> {
    let catalog = reader.catalog();
    let written = |done: std::io::Result<()>| done.map_err(Error::output);
    match section {
        Section::List { name, of, by, columns } => {
            let of = catalog.of(of);
            let paths: Vec<Path> = columns.iter().map(|name| Path::known(catalog, of, name)).collect();
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
            let headers = [Column::new(*field, ColumnKind::Text), Column::new("count", ColumnKind::Number)];
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
