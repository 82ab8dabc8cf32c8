//! Copies of the whole file: page by page by the engine's own online backup, or at once under a lock that is released.

use super::{Access, Connection, Guard, code, explained};
use crate::error::{Error, Result, io_reason};
use crate::interrupt;
use crate::store::engine::waiting::Patience;
use crate::system::files;
use rusqlite::ErrorCode;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::ffi;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tempfile::NamedTempFile;

/// Pages that are copied in one step: 16 MiB, some ten milliseconds, for which a writer may have to wait.
const SLICE: i32 = 4096;
/// Bytes that are copied between two looks at the time: some ten milliseconds.
const PIECE: u64 = 64 << 20;
/// Restarts of a copy because of writers in between, before it is made in one step.
const RESTARTS: u32 = 3;

/// The shared lock of a connection that another thread reads with.
pub(in crate::store) struct Lease {
    path: PathBuf,
    /// Device and inode of the locked file.
    identity: Option<(u64, u64)>,
}

impl Lease {
    /// Copies the locked file to a temporary file until the deadline of `guard`, and releases the lock, also where it
    /// fails.
    ///
    /// The thread may be inside a function of the engine that takes hours, so the lock is released behind the engine's
    /// back: POSIX releases all locks of a process on a file when any of its descriptors is closed. From then on the
    /// connection reads without a lock: what it returns must not be used, and no other connection of this process to
    /// the file may be opened, since the engine believes that the process has the lock.
    pub(in crate::store) fn exchange_for_copy(self, guard: &Guard) -> Result<NamedTempFile> {
        let uncopied = |error: std::io::Error| {
            let reason = io_reason(&error);
            Error::failed(format!("cannot copy the inventory for a long query: {reason}"))
                .help("free space in the folder for temporary files, or set TMPDIR to another folder")
                .caused_by(error)
        };
        let mut locked = File::open(&self.path).map_err(uncopied)?;
        let found = locked.metadata().map_err(uncopied)?;
        if self.identity != Some(files::identity(&found)) {
            return Err(Error::inventory("the inventory was moved or replaced while it was read").help("try again"));
        }
        let mut copy = NamedTempFile::new().map_err(uncopied)?;
        while std::io::copy(&mut (&mut locked).take(PIECE), copy.as_file_mut()).map_err(uncopied)? == PIECE {
            if Instant::now() >= guard.deadline {
                return Err(guard.overdue());
            }
        }
        drop(locked);
        Ok(copy)
    }
}

impl Connection {
    /// Returns the lock under which this connection reads.
    pub(in crate::store) fn lease(&self) -> Lease {
        Lease { path: self.path.clone(), identity: self.identity }
    }

    /// Copies one moment of the file into the empty file `to`, without making the copy last.
    ///
    /// Outside a transaction others may write between two slices, and then it begins anew; a few times, because where
    /// they never cease to write it would never end.
    pub(in crate::store) fn copy_to(&self, to: &Path) -> Result<()> {
        let mut target = Self::open(to, Access::Copy, Patience::default())?;
        let backup = self.backup_to(&mut target)?;
        let (mut left, mut restarts) = (i32::MAX, 0);
        loop {
            interrupt::check()?;
            let slice = if restarts < RESTARTS { SLICE } else { -1 };
            if step(&backup, slice).map_err(|error| uncopied(&error))? == StepResult::Done {
                return Ok(());
            }
            let remaining = backup.progress().remaining;
            restarts += u32::from(remaining > left);
            left = remaining;
        }
    }

    /// Makes the file a copy of what `source` holds, in one transaction that leaves the file as it was unless it ends
    /// well. `meanwhile` runs once nobody else can read or write the file, and before anything of it is changed.
    pub(in crate::store) fn replace_by(&mut self, source: &Self, meanwhile: impl FnOnce() -> Result<()>) -> Result<()> {
        let backup = source.backup_to(self)?;
        // Copies nothing yet, but takes the lock.
        step(&backup, 0).map_err(|error| explained(&error))?;
        meanwhile()?;
        loop {
            interrupt::check()?;
            if step(&backup, SLICE).map_err(|error| explained(&error))? == StepResult::Done {
                return Ok(());
            }
        }
    }

    /// Begins a copy of this file into that of `target`.
    fn backup_to<'c>(&'c self, target: &'c mut Self) -> Result<Backup<'c, 'c>> {
        Backup::new(&self.engine, &mut target.engine).map_err(|error| explained(&error))
    }

    /// Returns true if the file at `path` is so damaged that the engine cannot open it.
    pub(in crate::store) fn is_hopeless(path: &Path, patience: Patience) -> bool {
        let opened = Self::opened(path, Access::Write, patience);
        let code = opened.as_ref().err().and_then(code).map(|(code, _)| code.code);
        matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }

    /// Runs the quick check of the engine, which does not compare indexes with tables. Returns the first fault.
    pub(in crate::store) fn first_fault(&self) -> Result<Option<String>> {
        let found = self.first("PRAGMA quick_check(1)", &[], |row| Ok(row.text(0)?.map(str::to_owned)))?;
        // The line before the fault names the database, of which there is one.
        let last = found.flatten().and_then(|found| found.lines().last().map(str::to_owned));
        Ok(last.filter(|fault| fault != "ok"))
    }
}

/// Copies some pages. A lock that is not to be had, after the busy handler has waited for it, is an error.
fn step(backup: &Backup<'_, '_>, pages: i32) -> rusqlite::Result<StepResult> {
    match backup.step(pages)? {
        StepResult::Busy | StepResult::Locked => {
            Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None))
        }
        other => Ok(other),
    }
}

fn uncopied(error: &rusqlite::Error) -> Error {
    match code(error).map(|(code, _)| code.code) {
        Some(ErrorCode::DiskFull) => {
            Error::inventory("not enough disk space for a copy of the inventory").help("free disk space and try again")
        }
        _ => explained(error),
    }
}
