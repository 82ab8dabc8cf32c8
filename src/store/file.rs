//! The file that an inventory is: looked at before it is opened, created for its owner alone.

use super::sqlite::{Access, Connection};
use crate::error::{Error, Result, io_reason};
use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What the first bytes of every file of the engine are.
const SQLITE_HEADER: &[u8] = b"SQLite format 3\0";

/// What is worth a warning about a file that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// Others than its owner can read it.
    pub open_to_others: bool,
}

impl FileState {
    /// Looks at the file at `path`; one that is not there is nothing to warn about.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self { open_to_others: fs::metadata(path).is_ok_and(|data| data.is_file() && open_to_others(&data)) }
    }
}

/// Whether group or others have any right to the file.
fn open_to_others(data: &fs::Metadata) -> bool {
    data.mode().trailing_zeros() < 6
}

/// Makes the folders of a new inventory, and beside its place a file of mode 0600 that goes away unless it is
/// [`settle`]d: what is not whole yet never bears the name of an inventory.
pub(super) fn prepare(path: &Path) -> Result<NamedTempFile> {
    match fs::symlink_metadata(path).and_then(|_| fs::metadata(path)) {
        Ok(data) if !data.is_file() => return Err(not_a_file(path, &data)),
        Ok(_) => return Err(exists(path)),
        Err(_) => {}
    }
    let folder = folder_of(path);
    let missing: Vec<&Path> =
        path.ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        let made = match fs::DirBuilder::new().mode(0o700).create(folder) {
            // Another init has just made it.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            made => made.and_then(|()| sync_folder_of(folder)),
        };
        made.map_err(|error| uncreated(folder, &error))?;
    }
    tempfile::Builder::new().prefix(".inv-").tempfile_in(folder).map_err(|error| uncreated(path, &error))
}

/// Gives a new inventory its name, for good.
///
/// # Errors
/// A conflict where something bears it by now.
pub(super) fn settle(new: NamedTempFile, path: &Path) -> Result<()> {
    new.persist_noclobber(path).map_err(|failed| match failed.error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => uncreated(path, &failed.error),
    })?;
    sync_folder_of(path).map_err(|error| uncreated(path, &error))
}

/// The folder that a path is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names of the files beside `path` last.
fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    fs::File::open(folder_of(path))?.sync_all()
}

fn uncreated(path: &Path, error: &std::io::Error) -> Error {
    Error::inventory(format!("cannot create {}: {}", shown(path), io_reason(error)))
}

/// The conflict that a file which is there already is to `init`.
pub(super) fn exists(path: &Path) -> Error {
    Error::conflict(format!("{} exists already and was left alone", shown(path)))
        .help("use it as it is, or name another file with --db")
}

/// Makes sure that `path` is a regular file that may be an inventory, before anything opens it.
pub(super) fn check(path: &Path) -> Result<()> {
    let data = match fs::metadata(path) {
        Ok(data) => data,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::inventory(format!("there is no inventory at {}", shown(path)))
                .help("create one with inv init, or name another file with --db"));
        }
        Err(error) => {
            return Err(Error::inventory(format!("cannot open {}: {}", shown(path), io_reason(&error))));
        }
    };
    if !data.is_file() {
        return Err(not_a_file(path, &data));
    }
    if data.len() == 0 {
        return Err(Error::inventory(format!("{} is empty, not an inventory", shown(path)))
            .help("remove it and run inv init, or name another file with --db"));
    }
    let mut header = [0_u8; 16];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Ok(()) if header == SQLITE_HEADER => Ok(()),
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            Err(Error::inventory(format!("cannot open {}: {}", shown(path), io_reason(&error))))
        }
        _ => Err(Error::inventory(format!("{} is not an inventory", shown(path))).help("name another file with --db")),
    }
}

/// After a crash, lets the engine undo what was begun: reading alone cannot.
pub(super) fn recover(path: &Path) -> Result<()> {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    if fs::metadata(PathBuf::from(journal)).is_ok_and(|data| data.len() > 0) {
        let connection = Connection::open(path, Access::Write)?;
        connection.identity()?;
    }
    Ok(())
}

/// Whether this process may write to the file.
pub(super) fn may_be_written(path: &Path) -> bool {
    fs::OpenOptions::new().write(true).open(path).is_ok()
}

/// A path as messages show it.
pub(super) fn shown(path: &Path) -> String {
    crate::value::shown::shown(&path.to_string_lossy()).into_owned()
}

fn not_a_file(path: &Path, data: &fs::Metadata) -> Error {
    use std::os::unix::fs::FileTypeExt;
    let kind = data.file_type();
    let what = if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Error::inventory(format!("{} is {what}, not an inventory", shown(path))).help("name a file with --db")
}
