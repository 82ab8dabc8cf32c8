//! Answers lists: which records, which columns, in which order.

pub(in crate::store) mod by_path;
mod cells;
mod few;
mod plan;
pub(in crate::store) mod query;
mod related;
mod runs;
mod scan;
pub(in crate::store) mod search;
pub(in crate::store) mod select;
pub(in crate::store) mod stored;
