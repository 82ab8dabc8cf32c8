//! The tests that run the real binary: one file an area, one story a test.

#![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "tests tell their story in their names")]

mod basics;
mod conformance;
mod decisions;
mod documents;
mod fit;
mod house;
mod impact;
mod naming;
mod readme;
mod report;
mod rvtools;
mod schema;
mod stats;
mod support;
mod usage;
