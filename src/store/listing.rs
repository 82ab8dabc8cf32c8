//! Answers lists: which records, which columns, in which order.

pub(in crate::store) mod ahead;
pub(in crate::store) mod by_path;
pub(in crate::store) mod known;
pub(in crate::store) mod plan;
pub(in crate::store) mod runs;
pub(in crate::store) mod scan;
pub(in crate::store) mod search;
pub(in crate::store) mod select;
pub(in crate::store) mod stored;
