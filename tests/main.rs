//! The tests that run the real binary: one file an area, one story a test.

#![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "tests tell their story in their names")]

mod basics;
mod command_line;
mod conformance;
mod decisions;
mod documents;
mod help;
mod house;
mod naming;
mod prompts;
mod pty;
mod readme;
mod rvtools;
mod schema;
mod shells;
mod support;
mod terminal;
