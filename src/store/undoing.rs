//! Takes changes back: undo, the inventory as of an earlier moment, and the purge of history.

mod back;
mod forced;
mod later;
mod purge;
pub(in crate::store) mod undo;
