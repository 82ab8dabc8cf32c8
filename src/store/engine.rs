//! The seam between the store and the database engine: connections, bound values, rows and failures.
//!
//! Only this room names an engine. Everything above it hands over SQL with `$1` placeholders in order of first use.

pub(in crate::store) mod sqlite;
pub(in crate::store) mod waiting;

pub(in crate::store) use sqlite::*;
