//! `inv NOUN export`: rows that `import` reads back unchanged.

use super::arguments;
use super::complete::ColumnSet;
use super::list;
use super::terms;
use crate::catalog::{Catalog, Entity, Kind, Leaf, Path};
use crate::error::Result;
use crate::output::Style;
use crate::session::Session;
use crate::store::Query;
use clap::{ArgMatches, Command};

pub(crate) fn arguments(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    terms::arguments(catalog, entity, command)
        .next_help_heading(list::VIEW)
        .args(list::view(ColumnSet::Of(entity)))
        .arg(arguments::at())
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
    session.answer_list(list::answer(matches, style), &headers, |reader| {
        Ok(Query { columns, ..list::query(reader, entity, matches, &[])? })
    })
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
