//! The tests that run the real binary: one file an area, one story a test.

#![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "tests tell their story in their names")]

mod addresses;
mod basics;
mod check;
mod conformance;
mod documents;
mod find;
mod house;
mod readme;
mod sql;
mod support;
