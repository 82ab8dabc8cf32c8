//! `inv NOUN list`: records by filter, in the columns and the order of the options.

use super::arguments::{self, option, options, switch};
use super::complete::{self, ColumnSet};
use super::terms;
use crate::catalog::column::{self, same_name};
use crate::catalog::{Catalog, Entity, Path, identified};
use crate::error::{Error, Result};
use crate::output::Style;
use crate::output::json::keys_of;
use crate::output::row::Column;
use crate::session::{Answer, Session};
use crate::store::{Order, Query, Reader};
use crate::value::shown;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::collections::BTreeSet;

/// Heading of the options for columns, order and format.
pub(crate) const VIEW: &str = "View";

pub(crate) fn arguments(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    terms::arguments(catalog, entity, command)
        .next_help_heading(VIEW)
        .args(view(ColumnSet::Of(entity)))
        .args(amounts())
        .arg(Arg::new("count").long("count").action(ArgAction::SetTrue).help("Print only the number of records"))
        .arg(arguments::at())
}

/// Options for columns, order, limits and format of a list.
pub(crate) fn view(set: ColumnSet) -> Vec<Arg> {
    vec![
        chosen_columns(set),
        Arg::new("sort")
            .long("sort")
            .value_name("COL[:desc],…")
            .action(ArgAction::Append)
            .help("Sort by these columns; :desc for descending order")
            .add(complete::sort_keys(set)),
        Arg::new("limit").long("limit").value_name("N").help("Print at most N rows"),
        Arg::new("offset").long("offset").value_name("N").help("Skip the first N rows"),
        Arg::new("no-headers").long("no-headers").action(ArgAction::SetTrue).help("Omit the header"),
        Arg::new("for-spreadsheet")
            .long("for-spreadsheet")
            .action(ArgAction::SetTrue)
            .help("Guard CSV cells that begin with = + - @ against formulas (changes the data)"),
    ]
}

/// Returns `--exact` and `--unit`.
pub(crate) fn amounts() -> [Arg; 2] {
    [
        Arg::new("exact")
            .long("exact")
            .action(ArgAction::SetTrue)
            .conflicts_with("unit")
            .help("Show exact quantities and times in tables (default: rounded)"),
        Arg::new("unit")
            .long("unit")
            .value_name("UNIT")
            .help("Show quantities in tables in this unit, for example GiB"),
    ]
}

/// Returns `-c COL,…`.
pub(crate) fn chosen_columns(set: ColumnSet) -> Arg {
    Arg::new("columns")
        .short('c')
        .long("columns")
        .value_name("COL,…")
        .action(ArgAction::Append)
        .help("Columns to show; +COL adds a column, a dot follows a reference: pool.dc")
        .add(complete::columns(set))
}

/// Returns the options of an answer from the command line; `otherwise` is the style without `--output`.
pub(crate) fn answer(matches: &ArgMatches, otherwise: Style) -> Answer {
    Answer { otherwise, headers: !switch(matches, "no-headers"), for_spreadsheet: switch(matches, "for-spreadsheet") }
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    if switch(matches, "count") {
        let count = session.read(|reader| reader.select_count(&query(reader, entity, matches, entity.columns)?))?;
        return session.answer_text(&format!("{count}\n"));
    }
    stream(session, entity, matches, entity.columns, Style::Table)
}

/// Answers with the list of the command line.
pub(crate) fn stream(
    session: &Session,
    entity: &'static Entity,
    matches: &ArgMatches,
    usual: &[&str],
    otherwise: Style,
) -> Result<()> {
    let columns = match of_template(session, entity, matches) {
        Some(columns) => columns,
        // The template reads a key that there is not; the answer names those that there are.
        None if session.template().is_some() && options(matches, "columns").is_empty() => {
            every(session.catalog(), entity).collect()
        }
        None => columns(session.catalog(), entity, matches, usual)?,
    };
    let columns = match session.style.unwrap_or(otherwise) {
        style if style.has_keys() => identified(session.catalog(), entity, columns),
        _ => columns,
    };
    let mut headers: Vec<Column> = columns.iter().map(|path| path.column(session.catalog())).collect();
    mark_asked_for(&mut headers, matches);
    let options = answer(matches, otherwise);
    if options.for_spreadsheet {
        session.say("cells that begin with = + - @ are guarded with an apostrophe: do not import this file again");
    }
    session.answer_list(options, &headers, |reader| Ok(Query { columns, ..query(reader, entity, matches, usual)? }))
}

/// Returns the columns that the template of the command line reads; `None` without a template, where `-c` selects columns,
/// and if the template reads a key that no column has.
pub(crate) fn of_template(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Option<Vec<Path>> {
    let template = session.template().filter(|_| options(matches, "columns").is_empty())?;
    let catalog = session.catalog();
    let mut columns = Vec::new();
    let mut existing_keys = BTreeSet::new();
    for path in every(catalog, entity) {
        let keys = identified(catalog, entity, vec![path.clone()]);
        let keys: Vec<String> = keys
            .iter()
            .map(|path| keys_of(&path.column(catalog)))
            .flat_map(|(key, bytes_key)| [Some(key), bytes_key].into_iter().flatten())
            .collect();
        if keys.iter().any(|key| template.names().contains(key)) {
            columns.push(path);
            existing_keys.extend(keys);
        }
    }
    template.names().is_subset(&existing_keys).then_some(columns)
}

/// Returns every column of a list.
fn every(catalog: &Catalog, entity: &'static Entity) -> impl Iterator<Item = Path> {
    column::names(catalog, entity).into_iter().map(move |name| Path::known(catalog, entity, &name))
}

/// Returns the query of the command line.
pub(crate) fn query(
    reader: &Reader<'_>,
    entity: &'static Entity,
    matches: &ArgMatches,
    usual: &[&str],
) -> Result<Query> {
    Ok(Query {
        entity,
        columns: columns(reader.catalog(), entity, matches, usual)?,
        terms: terms::from_matches(reader, entity, matches)?,
        order: order(reader.catalog(), entity, &options(matches, "sort"))?,
        limit: number(matches, "limit")?,
        offset: number(matches, "offset")?.unwrap_or(0),
    })
}

pub(crate) fn columns(
    catalog: &Catalog,
    entity: &'static Entity,
    matches: &ArgMatches,
    usual: &[&str],
) -> Result<Vec<Path>> {
    let names = column_names(matches, usual);
    names.into_iter().map(|name| Path::parse(catalog, entity, name)).collect()
}

/// Returns the columns of `-c`. Without `-c`, and before columns with `+`, they are the default columns.
pub(crate) fn column_names<'m>(matches: &'m ArgMatches, usual: &[&'m str]) -> Vec<&'m str> {
    let lists = options(matches, "columns");
    let columns: Vec<&str> =
        lists.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|c| !c.is_empty()).collect();
    let mut names: Vec<&str> = Vec::new();
    if columns.is_empty() || columns.iter().any(|column| column.starts_with('+')) {
        names.extend(usual);
    }
    for column in columns {
        match column.strip_prefix('+') {
            Some(added) if names.contains(&added) => {}
            Some(added) => names.push(added),
            None => names.push(column),
        }
    }
    names
}

/// Marks the columns that `-c` names.
pub(crate) fn mark_asked_for(columns: &mut [Column], matches: &ArgMatches) {
    let named = column_names(matches, &[]);
    for column in columns {
        column.is_asked_for = named.iter().any(|name| same_name(name, &column.name));
    }
}

/// Parses `COL[:desc],…`.
fn order(catalog: &Catalog, entity: &'static Entity, lists: &[&str]) -> Result<Vec<Order>> {
    let keys = sort_keys(lists)?.into_iter();
    keys.map(|(column, descending)| Ok(Order { path: Path::parse(catalog, entity, column)?, descending })).collect()
}

/// Returns the columns of `--sort`, each with true if the order is descending.
pub(crate) fn sort_keys<'m>(lists: &[&'m str]) -> Result<Vec<(&'m str, bool)>> {
    let keys = lists.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|key| !key.is_empty());
    keys.map(|key| match (key.strip_prefix('-'), key.rsplit_once(':')) {
        (Some(column), None) => Ok((column, true)),
        (Some(_), Some(_)) => Err(Error::usage(format!("{} has two sort directions", shown::quoted(key)))
            .help("write COL, -COL, COL:asc or COL:desc")),
        (None, direction) => sort_key(key, direction),
    })
    .collect()
}

/// Returns the column of one key of `--sort`, and true if the order is descending.
fn sort_key<'m>(key: &'m str, direction: Option<(&'m str, &'m str)>) -> Result<(&'m str, bool)> {
    match direction {
        None | Some((_, "asc")) => Ok((key.strip_suffix(":asc").unwrap_or(key), false)),
        Some((column, "desc")) => Ok((column, true)),
        Some((_, direction)) => Err(Error::usage(format!("{} is not a sort direction", shown::quoted(direction)))
            .help("write COL, COL:asc or COL:desc")),
    }
}

/// Returns the whole number of an option.
pub(crate) fn number(matches: &ArgMatches, name: &str) -> Result<Option<u64>> {
    let Some(text) = option(matches, name) else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|_| Error::usage(format!("--{name} must be a whole number, not {}", shown::quoted(text))))
}
