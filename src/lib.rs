//! `inv`: the inventory of record for virtual-machine estates, in one file.
//!
//! One catalog describes the contents of an inventory; everything else is derived from it. Floors, each using only
//! those before it: [`value`], [`output`], [`catalog`], [`store`], [`input`], [`session`], [`verb`], [`command`], and
//! the command tree that puts them together.

#[cfg(not(unix))]
compile_error!("inv runs on Linux and macOS; on Windows, build it in the Windows Subsystem for Linux (WSL)");

pub mod catalog;
mod cli;
pub mod command;
pub mod error;
pub mod input;
mod interrupt;
pub mod output;
pub mod session;
pub mod store;
mod system;
pub mod value;
pub mod verb;

pub use session::{Inventory, SCHEMA};

use cli::ErrorFormat;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Runs the command line of this process on inventories of this make, and returns its exit status.
#[must_use]
pub fn main(inventory: &'static Inventory) -> ExitCode {
    interrupt::outlive_limits();
    session::work_on(inventory);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let format = cli::error_format(&arguments);
    if let Some(shell) = std::env::var_os(cli::ASKED_BY) {
        let completed = clap_complete::CompleteEnv::with_factory(cli::tree)
            .var(cli::ASKED_BY)
            .shells(cli::shells::SHELLS)
            .bin("inv")
            .completer("inv")
            .try_complete(arguments.clone(), std::env::current_dir().ok().as_deref());
        match completed {
            Ok(true) => return ExitCode::SUCCESS,
            Err(_) => return report(&cli::not_completed(&shell), ErrorFormat::Text),
            Ok(false) => {}
        }
    }
    match cli::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error, format),
    }
}

/// Prints a failure to standard error, and returns its exit status.
fn report(error: &error::Error, format: ErrorFormat) -> ExitCode {
    if !error.message().is_empty() && error.kind() != error::Kind::OutputClosed {
        let shown = error.shown_by(|text| value::shown::shown(text).into_owned());
        let text = match format {
            ErrorFormat::Text => shown.to_string(),
            ErrorFormat::Json => shown.json(),
        };
        // If standard error is closed, nobody can see the failure.
        let _ = writeln!(std::io::stderr(), "{text}");
    }
    error.exit_code()
}
