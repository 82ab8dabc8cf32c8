//! Files that are written as a whole: another one of that name is replaced only once the new one is complete.

use crate::error::{Error, Result, io_reason};
use crate::session;
use crate::value::shown;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Returns the error for a file that cannot be written.
pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    let path = shown::shown(&path.to_string_lossy()).into_owned();
    Error::failed(format!("cannot write {path}: {}", io_reason(error)))
}

/// Writes one file as a whole.
///
/// # Errors
/// Those of `write`; the file cannot be written.
pub(crate) fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut files = WholeFiles::default();
    write(files.add(path)?)?;
    files.put()
}

/// Several files that get their names together. Without [`Self::put`] they are removed.
#[derive(Debug, Default)]
pub(crate) struct WholeFiles(Vec<(PathBuf, Replacement)>);

impl WholeFiles {
    /// Adds a file that gets the name `path`.
    ///
    /// # Errors
    /// It cannot be created, or would replace a file that it must not.
    pub(crate) fn add(&mut self, path: &Path) -> Result<&mut dyn Write> {
        let file = Replacement::of(path).map_err(|error| cannot_write(path, &error))?;
        self.0.push((path.to_owned(), file));
        match self.0.last_mut() {
            Some((_, file)) => Ok(file),
            None => Err(cannot_write(path, &ErrorKind::NotFound.into())),
        }
    }

    /// Gives all files their names, once all of them are on the disk.
    ///
    /// # Errors
    /// A file cannot be written. If the disk is full or fails, no file has its name.
    pub(crate) fn put(mut self) -> Result<()> {
        for (path, file) in &mut self.0 {
            file.flush().and_then(|()| file.sync()).map_err(|error| cannot_write(path, &error))?;
        }
        self.0.into_iter().try_for_each(|(path, file)| file.put(&path).map_err(|error| cannot_write(&path, &error)))
    }
}

/// A file that gets its name once it is complete. A device or a pipe is written to directly: a file in the place of
/// `/dev/null` would take it from everyone.
#[derive(Debug)]
pub(super) enum Replacement {
    Aside(NamedTempFile),
    Straight(File),
}

impl Replacement {
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let serves_another = session::serves_another();
        let is_special = std::fs::metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir());
        if is_special && !serves_another {
            return File::options().write(true).open(path).map(Self::Straight);
        }
        if serves_another && std::fs::symlink_metadata(path).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        NamedTempFile::new_in(folder).map(Self::Aside)
    }

    /// Waits until the content is on the disk, which reports there that it is full or fails.
    fn sync(&self) -> std::io::Result<()> {
        match self {
            Self::Aside(file) => file.as_file().sync_all(),
            Self::Straight(_) => Ok(()),
        }
    }

    pub(super) fn put(self, path: &Path) -> std::io::Result<()> {
        match self {
            // What an operator has a service account write must not take the place of what belongs to that account.
            Self::Aside(file) if session::serves_another() => {
                file.persist_noclobber(path).map(drop).map_err(|error| error.error)
            }
            Self::Aside(file) => file.persist(path).map(drop).map_err(|error| error.error),
            Self::Straight(_) => Ok(()),
        }
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Aside(file) => file.write(bytes),
            Self::Straight(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Aside(file) => file.flush(),
            Self::Straight(file) => file.flush(),
        }
    }
}
