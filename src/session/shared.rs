//! Commands that share one transaction, as the lines of a batch do.

use super::command_line::{command_line, is_set, option};
use super::{Session, answer};
use crate::error::{Error, Result};
use crate::store::{Patience, Reader, Writer};
use clap::ArgMatches;
use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fmt;
use std::io::Write;
use tempfile::SpooledTempFile;

/// Options of a command line that belong to the whole batch.
const OF_THE_WHOLE: [&str; 6] = ["db", "wait", "dry-run", "message", "at", "no-input"];

/// Calls a function with the writer of a transaction.
type Lend<'s> = dyn Fn(&mut dyn FnMut(&mut Writer<'_>)) + 's;

/// An open transaction that several commands read and write, and their output until its commit.
#[derive(Clone, Copy)]
pub(crate) struct SharedTransaction<'s> {
    lend: &'s Lend<'s>,
    output: &'s RefCell<SpooledTempFile>,
}

impl fmt::Debug for SharedTransaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTransaction").finish_non_exhaustive()
    }
}

impl<'s> SharedTransaction<'s> {
    /// Creates a transaction that commands share. `lend` calls a function with its writer.
    pub(crate) const fn new(lend: &'s Lend<'s>, output: &'s RefCell<SpooledTempFile>) -> Self {
        Self { lend, output }
    }

    /// Runs `write`; if it fails, its own changes are undone, and those of other commands stay.
    pub(super) fn write<T>(&self, mut write: impl FnMut(&mut Writer<'_>) -> Result<T>) -> Result<T> {
        let mut result = None;
        (self.lend)(&mut |writer| result = Some(writer.whole_or_nothing(&mut write)));
        result.unwrap_or_else(unlent)
    }

    /// Runs `read` on what the commands before have written.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let (mut result, mut read) = (None, Some(read));
        (self.lend)(&mut |writer| result = read.take().map(|read| read(writer)));
        result.unwrap_or_else(unlent)
    }

    /// Runs `write` on the output.
    pub(super) fn print(&self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        match self.output.try_borrow_mut() {
            Ok(mut output) => write(&mut *output),
            Err(_) => unlent(),
        }
    }
}

/// Returns the failure of a command that runs within itself.
fn unlent<T>() -> Result<T> {
    Err(Error::failed("the transaction is in use by the same command"))
}

impl Session<'_> {
    /// Returns the session of one command of a batch, which asks nothing and prints only answers and warnings. History
    /// has its `arguments`, if it has a transaction of its own.
    ///
    /// # Errors
    /// The command line has an option that belongs to the whole batch, or an unknown style.
    pub(crate) fn for_line<'s>(
        &self,
        matches: &ArgMatches,
        arguments: Vec<OsString>,
        shared: Option<SharedTransaction<'s>>,
    ) -> Result<Session<'s>> {
        if let Some(name) = OF_THE_WHOLE.into_iter().find(|name| is_set(matches, name)) {
            return Err(Error::usage(format!("--{name} applies to the whole batch"))
                .help(format!("pass --{name} to inv batch itself")));
        }
        let (style, template) = match option::<String>(matches, "output") {
            None => (self.style, self.template.clone()),
            own => answer::style(own)?,
        };
        Ok(Session {
            inventory: self.inventory,
            style,
            template,
            quiet: true,
            verbose: self.verbose,
            interactive: false,
            dry_run: false,
            at: None,
            message: self.message.clone(),
            command: Some(command_line(arguments.into_iter())),
            database: self.database.clone(),
            color: self.color,
            pager: false,
            exact: self.exact,
            unit: self.unit.clone(),
            patience: Patience { ..self.patience },
            warned: Cell::new(true),
            change: Cell::new(None),
            shared,
        })
    }
}
