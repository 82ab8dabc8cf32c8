//! The seam between the store and the database engine: connections, bound values, rows and failures.
//!
//! Only `engine/sqlite` depends on an engine. The rooms above pass portable SQL with `$1` placeholders in order of
//! first use; pragmas, locks and the header of the file are internal to the engine.

pub(in crate::store) mod batch;
mod block;
mod datum;
mod row;
mod sqlite;
pub(in crate::store) mod waiting;

pub(in crate::store) use block::Block;
pub(in crate::store) use row::{Raw, utf8};
pub(in crate::store) use sqlite::{
    APPLICATION_ID, Connection, Guard, HEADER, Header, Index, Prepared, SchemaObject, dialect,
};
pub use sqlite::{EngineBuild, engine_build};

use crate::error::{Error, Result};
use crate::output::row::Row;

/// A value to bind to a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Bind<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
}

/// A value to bind, with its own text.
#[derive(Debug, Clone)]
pub(in crate::store) enum Bound {
    Integer(i64),
    Text(String),
}

impl Bound {
    pub(in crate::store) fn bind(&self) -> Bind<'_> {
        match self {
            Self::Integer(number) => Bind::Integer(*number),
            Self::Text(text) => Bind::Text(text),
        }
    }
}

/// Reason why a statement was refused.
#[derive(Debug)]
pub(in crate::store) enum Failure {
    /// A unique key is taken.
    Taken,
    /// A foreign key matches no record, or the record is still referred to.
    Dangling,
    /// Another constraint, by its name.
    Refused(String),
    /// The engine or the file.
    Engine(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

/// Mode in which a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Access {
    Read,
    Write,
    Create,
    /// Writes stay in memory and never reach the file.
    Scratch,
    /// A copy that no other process uses yet: the caller syncs it.
    Copy,
}

/// Receives each row of an answer.
pub type Each<'e> = dyn FnMut(&Row) -> Result<()> + 'e;
