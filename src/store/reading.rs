//! Reads one moment of the inventory: records by id and by key, their paths, and ranges of a table.

pub(in crate::store) mod inspect;
pub(in crate::store) mod parts;
pub(in crate::store) mod reader;
pub(in crate::store) mod record;
pub(in crate::store) mod selection;
