//! Finds records by what people and files call them: names, paths, ids, keys and addresses.

pub(in crate::store) mod addresses;
pub(in crate::store) mod bindings;
pub(in crate::store) mod find;
mod matching;
pub(in crate::store) mod provenance;
pub(in crate::store) mod resolve;
pub(in crate::store) mod resolver;
