//! Changes the inventory: one door for every create, update and removal, and bulk filling behind it.

pub(in crate::store) mod change;
pub(in crate::store) mod filling;
pub(in crate::store) mod owners;
pub(in crate::store) mod removal;
pub(in crate::store) mod runs;
pub(in crate::store) mod writer;
