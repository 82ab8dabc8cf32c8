//! SQL queries of an operator, limited to the tables and views of the catalog.

use super::schema::views;
use super::{Store, history};
use crate::catalog::{Catalog, Kind};
use crate::error::Result;
use crate::output::row::Column;
use crate::store::engine::Each;
use crate::store::engine::Guard;
use crate::value::role::Role;
use std::collections::BTreeMap;
use std::time::Duration;

/// A query in SQL.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// One statement.
    pub sql: &'a str,
    /// Values for its parameters, by their names.
    pub parameters: Vec<(&'a str, &'a str)>,
    /// Time limit.
    pub time: Duration,
}

impl Store<'_> {
    /// Runs `question` and calls `answer` with its columns and a function that iterates over its rows. The engine
    /// denies every write.
    ///
    /// # Errors
    /// The SQL is wrong or denied; errors of `answer`; the file cannot be read or is damaged.
    pub fn ask<T>(
        &self,
        question: &Question<'_>,
        answer: impl FnOnce(&[Column], &mut dyn FnMut(&mut Each<'_>) -> Result<()>) -> Result<T>,
    ) -> Result<T> {
        let connection = self.open_to_read()?;
        self.admit(&connection, Role::Viewer)?;
        connection.ask(guard(self.catalog, question.time), question.sql, &question.parameters, answer)
    }
}

/// Opens the tables and views of the catalog to an operator's SQL, without their secrets, and history, which has none.
fn guard(catalog: &Catalog, time: Duration) -> Guard {
    let open = history::TABLES.iter().map(|table| (*table).to_owned()).collect();
    let mut guard = Guard { open, secret: BTreeMap::new(), time };
    for entity in catalog.entities() {
        guard.open.extend([entity.table.to_owned(), views::name(entity)]);
        for field in entity.fields.iter().filter(|field| field.kind == Kind::Secret) {
            guard.secret.insert((entity.table.to_owned(), field.column.to_owned()), "password hashes");
        }
    }
    guard
}
