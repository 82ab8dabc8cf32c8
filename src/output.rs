//! Columns and rows to a table, CSV, JSON, …: one small file a format, one trait, streaming.

pub mod row;
