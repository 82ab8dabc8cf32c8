//! The tests that run the real binary: one file an area, one story a test.

#![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "tests tell their story in their names")]

mod basics;
mod command_line;
mod conformance;
mod decisions;
mod documents;
mod faults;
mod help;
mod house;
mod imports;
mod lists;
mod fit;
mod house;
mod impact;
mod naming;
mod other_programs;
mod outlets;
mod prompts;
mod pty;
mod readme;
mod round_trip;
mod rvtools;
mod schema;
mod shells;
mod support;
mod values;
mod terminal;
mod report;
mod rvtools;
mod schema;
mod stats;
mod support;
mod usage;
