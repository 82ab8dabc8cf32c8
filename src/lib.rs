//! `inv`: the inventory of record for virtual-machine estates, kept in one file.
//!
//! One catalog says what an inventory holds; everything else is derived from it. The floors, ground first, each knowing
//! only those below: [`value`], [`catalog`], [`store`], [`output`], [`input`], [`verb`], [`command`], and the command
//! tree that puts them together.

pub mod catalog;
mod cli;
pub mod command;
pub mod error;
pub mod input;
mod interrupt;
pub mod output;
pub mod session;
pub mod store;
pub mod value;
pub mod verb;

pub use session::{Inventory, SCHEMA};

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Runs the command line of this process on inventories of this make, and tells how it went.
#[must_use]
pub fn main(inventory: &'static Inventory) -> ExitCode {
    interrupt::outlive_limits();
    session::work_on(inventory);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let completed = clap_complete::CompleteEnv::with_factory(cli::tree)
        .var(cli::ASKED_BY)
        .shells(cli::shells::SHELLS)
        .bin("inv")
        .completer("inv")
        .try_complete(arguments.clone(), std::env::current_dir().ok().as_deref());
    match completed {
        Ok(true) => return ExitCode::SUCCESS,
        Err(_) => return ExitCode::FAILURE,
        Ok(false) => {}
    }
    match cli::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.message().is_empty() && error.kind() != error::Kind::OutputClosed {
                // Nothing is left to tell where standard error is closed.
                let _ = writeln!(std::io::stderr(), "{error}");
            }
            error.exit_code()
        }
    }
}
