//! Temporary copy of input that can be read only once, such as a pipe, so that an import can read it again and holds
//! its lock only while it has rows.
//!
//! The input is parsed while it is copied, so that endless or unreadable input (`/dev/zero`, a quote that is never
//! closed) fails early and does not fill the disk.

use crate::error::{Error, Result};
use crate::input::file::Text;
use crate::input::{self, Opened, Reading, Record, Step};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::NamedTempFile;

/// Copies `source`, called `name` in messages, to a temporary file, up to its end or to a fatal fault.
///
/// # Errors
/// The header or the rest cannot be read, or the disk is full.
pub(super) fn put(source: Box<dyn Read + Send>, name: &str, reading: Reading<'_>) -> Result<NamedTempFile> {
    let no_room = |error: std::io::Error| {
        Error::io(format!("cannot store {name} in {}", std::env::temp_dir().display()), error)
            .help("set TMPDIR to a folder with free space, or pass a file")
    };
    let file = NamedTempFile::new().map_err(no_room)?;
    let failed = Arc::new(Mutex::new(None));
    let copy = file.reopen().map_err(no_room)?;
    let source = Copying { source, copy, failed: Arc::clone(&failed) };
    let opened = input::from_text(Text::new(name, Box::new(source), None, reading.encoding)?, None, reading);
    if let Ok(Opened::Records(mut records)) = opened {
        let mut record = Record::new();
        loop {
            match records.read(&mut record) {
                Step::Last => break,
                // The copy contains the fault too, so the import reports it.
                Step::Fault(fault) if fault.fatal => break,
                Step::Fault(_) | Step::Record => {}
            }
        }
    }
    let failure = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
    match failure {
        None => Ok(file),
        Some(Failure::Read(error)) => Err(Error::io(format!("cannot read {name}"), error)),
        Some(Failure::Written(error)) => Err(no_room(error)),
    }
}

/// Opens the copy.
///
/// # Errors
/// The header cannot be read.
pub(super) fn open(aside: &NamedTempFile, name: &str, reading: Reading<'_>) -> Result<Opened> {
    let file = File::open(aside.path()).map_err(|error| Error::io(format!("cannot read {name} again"), error))?;
    let size = file.metadata().ok().map(|data| data.len());
    input::from_text(Text::new(name, Box::new(file), size, reading.encoding)?, None, reading)
}

/// Cause of an incomplete copy, which must not be imported.
enum Failure {
    Read(std::io::Error),
    Written(std::io::Error),
}

/// Reader that writes all bytes that it reads to a copy.
struct Copying {
    source: Box<dyn Read + Send>,
    copy: File,
    failed: Arc<Mutex<Option<Failure>>>,
}

impl Read for Copying {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let failure = match self.source.read(bytes) {
            Ok(count) => match self.copy.write_all(bytes.get(..count).unwrap_or_default()) {
                Ok(()) => return Ok(count),
                Err(error) => Failure::Written(error),
            },
            Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
            Err(error) => Failure::Read(error),
        };
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).replace(failure);
        Err(ErrorKind::Other.into())
    }
}
