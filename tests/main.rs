//! The tests that run the real binary: one file an area, one story a test.

#![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "tests tell their story in their names")]

mod basics;
mod conformance;
mod decisions;
mod documents;
mod faults;
mod house;
mod imports;
mod lists;
mod naming;
mod other_programs;
mod outlets;
mod readme;
mod round_trip;
mod rvtools;
mod schema;
mod support;
mod values;
