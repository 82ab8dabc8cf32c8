//! Questions in SQL that an operator asks: what they may read follows from the catalog.

use super::schema::views;
use super::{Store, history};
use crate::catalog::{Catalog, Kind};
use crate::error::Result;
use crate::output::row::{Column, Row};
use crate::store::engine::{Connection, Guard};
use crate::value::role::Role;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::time::Duration;

/// A question in SQL.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// One statement.
    pub sql: &'a str,
    /// Values for its parameters, by their names.
    pub parameters: Vec<(&'a str, &'a str)>,
    /// How long it may take.
    pub time: Duration,
}

/// Takes each row of an answer.
pub type Each<'e> = dyn FnMut(&Row) -> Result<()> + 'e;

impl Store<'_> {
    /// Answers `question`: its columns, and a function that hands over its rows, go to `answer`. Nothing is written, and
    /// the engine itself sees to that.
    ///
    /// # Errors
    /// The SQL is wrong or does what it may not, what `answer` fails with, and what is wrong with the file.
    pub fn ask<T>(
        &self,
        question: &Question<'_>,
        answer: impl FnOnce(&[Column], &mut dyn FnMut(&mut Each<'_>) -> Result<()>) -> Result<T>,
    ) -> Result<T> {
        let connection = self.open_to_read()?;
        self.admit(&connection, Role::Viewer)?;
        let guard = guard(&connection, self.catalog, question.time)?;
        connection.ask(guard, question.sql, &question.parameters, answer)
    }
}

/// What an operator's SQL may read: the tables and views of the catalog, but no secret of theirs, and history, which
/// keeps none. Another table in the file stays closed: what it holds was not thought of here.
fn guard(connection: &Connection, catalog: &Catalog, time: Duration) -> Result<Guard> {
    let mut guard = Guard { closed: BTreeSet::new(), secret: BTreeMap::new(), time };
    let sql = "SELECT lower(name) FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name";
    connection.rows(sql, &[], |row| {
        guard.closed.extend(row.text(0)?.map(str::to_owned));
        Ok(ControlFlow::Continue(()))
    })?;
    for table in history::TABLES {
        guard.closed.remove(table);
    }
    for entity in catalog.entities() {
        guard.closed.remove(entity.table);
        guard.closed.remove(&views::name(entity));
        for field in entity.fields.iter().filter(|field| field.kind == Kind::Secret) {
            guard.secret.insert((entity.table.to_owned(), field.column.to_owned()), "password hashes");
        }
    }
    Ok(guard)
}
