//! `inv NOUN export`: rows that `import` reads back unchanged, on standard output or in a file.

use super::arguments;
use super::complete::ColumnSet;
use super::foreign::{self, ExportColumns};
use super::list;
use super::replacement::write_whole;
use super::terms;
use crate::catalog::{Catalog, Entity, Kind, Leaf, Path};
use crate::error::{Error, Result};
use crate::output::row::Column;
use crate::output::{self, Layout, Style};
use crate::session::Session;
use crate::store::{Query, Reader};
use crate::value::shown;
use clap::{Arg, ArgMatches, Command, ValueHint};
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path as FilePath;

/// Size of the write buffer in bytes.
const BUFFER: usize = 64 << 10;

pub(crate) fn arguments(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    terms::arguments(catalog, entity, command)
        .next_help_heading(list::VIEW)
        .args(list::view(ColumnSet::Of(entity)))
        .arg(arguments::at())
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help("Write to FILE in the format of its ending: .xlsx, .csv, .json, … (default: standard output)"),
        )
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    let catalog = session.catalog();
    let style = match session.style {
        None | Some(Style::Table) => Style::Csv,
        Some(style) => style,
    };
    let mut columns = columns(catalog, entity);
    for path in list::columns(catalog, entity, matches, &[])? {
        if !columns.iter().any(|column| column.name == path.name) {
            columns.push(path);
        }
    }
    let headers: Vec<_> = columns.iter().map(|path| path.column(catalog)).collect();
    let query = |reader: &Reader<'_>| Ok(Query { columns, ..list::query(reader, entity, matches, &[])? });
    match arguments::option(matches, "file") {
        Some(file) => write_file(session, FilePath::new(file), matches, (entity, &headers), query),
        None => session.answer_list(list::answer(matches, style), &headers, query),
    }
}

/// Writes the list of `query` to a file, which has its name once it is complete.
fn write_file(
    session: &Session,
    path: &FilePath,
    matches: &ArgMatches,
    (entity, headers): (&'static Entity, &[Column]),
    query: impl FnOnce(&Reader<'_>) -> Result<Query>,
) -> Result<()> {
    let style = Style::of_file(path)?;
    let name = shown::shown(&path.to_string_lossy()).into_owned();
    if let Some(other) = arguments::option(matches, "output")
        && other != style.name()
    {
        let message = format!("the name {} does not end with .{other}", shown::quoted(&path.to_string_lossy()));
        return Err(Error::usage(message).help("omit --output: the ending of the name sets the format"));
    }
    session.spare_inventory(path)?;
    let answer = list::answer(matches, style);
    let width = (!answer.headers).then_some(headers.len());
    if foreign::is_foreign(path, |path| known_columns(session.catalog(), entity).begin(style, width, path)) {
        foreign::refuse(&[path])?;
    }
    let layout = Layout { headers: answer.headers, for_spreadsheet: answer.for_spreadsheet, ..Layout::piped() };
    let mut count = 0;
    write_whole(path, |file| {
        let mut out = BufWriter::with_capacity(BUFFER, file);
        let mut sheet = output::sheet(style, layout, &mut out);
        sheet.begin(headers).map_err(Error::output)?;
        session.read(|reader| {
            reader.select(&query(reader)?, |row| {
                count += 1;
                sheet.row(row).map(ControlFlow::Continue).map_err(Error::output)
            })
        })?;
        sheet.end().map_err(Error::output)?;
        drop(sheet);
        out.flush().map_err(Error::output)
    })?;
    session.say(&format!("exported {} to {name}", entity.counted(count)));
    Ok(())
}

/// Returns the columns by which an earlier export of `entity` is known.
pub(crate) fn known_columns<'c>(catalog: &'c Catalog, entity: &'static Entity) -> ExportColumns<'c> {
    ExportColumns { catalog, entity, columns: columns(catalog, entity) }
}

/// Returns the columns of a file of `entity`: its fields, references as complete paths, and collections that have no
/// file of their own.
#[must_use]
pub fn columns(catalog: &Catalog, entity: &'static Entity) -> Vec<Path> {
    let fields = entity.fields.iter().filter(|field| field.kind != Kind::Secret).map(|field| {
        let name = match field.refers_to() {
            Some(_) => format!("{}.path", field.name),
            None => field.name.to_owned(),
        };
        // A computed column may have the same name; the field takes precedence.
        let mut path = Path::known(catalog, entity, &name);
        if field.refers_to().is_none() {
            path.leaf = Leaf::Field(field);
        }
        field.name.clone_into(&mut path.name);
        path
    });
    let collections = entity.collections.iter().filter(|collection| collection.exported);
    let collections = collections.map(|collection| Path::known(catalog, entity, collection.name));
    fields.chain(collections).collect()
}
