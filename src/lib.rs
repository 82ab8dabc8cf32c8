//! `inv`: the inventory of record for virtual-machine estates, kept in one file.

pub mod error;
pub mod output;
pub mod value;
