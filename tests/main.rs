//! The tests that run the real binary: one file an area, one story a test.

#![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "tests tell their story in their names")]

mod addresses;
mod backup;
mod basics;
mod beside_many;
mod check;
mod command_line;
mod conformance;
mod decisions;
mod documents;
mod edges;
mod find;
mod fit;
mod help;
mod history;
mod history_model;
mod history_of_files;
mod hostile;
mod house;
mod impact;
mod import_faults;
mod imports;
mod lists;
mod login;
mod many;
mod naming;
mod other_programs;
mod outlets;
mod parts;
mod prompts;
mod pty;
mod reading_ahead;
mod readme;
mod report;
mod round_trip;
mod rvtools;
mod schema;
mod shells;
mod sql;
mod stats;
mod support;
mod terminal;
mod usage;
mod values;
mod waiting;
