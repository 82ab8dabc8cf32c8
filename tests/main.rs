//! The tests that run the real binary: one file an area, one story a test.

#![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "tests tell their story in their names")]

mod basics;
mod conformance;
mod decisions;
mod documents;
mod fit;
mod house;
mod impact;
mod readme;
mod report;
mod stats;
mod naming;
mod readme;
mod rvtools;
mod schema;
mod support;
mod usage;
