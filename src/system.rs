//! Interfaces of the operating system beyond the standard library, and the differences between Linux and macOS.
//!
//! No other file names a Unix interface or a target, apart from signals, which are in `interrupt.rs`.

pub(crate) mod files;
pub(crate) mod processes;
pub(crate) mod terminal;
