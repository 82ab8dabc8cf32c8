//! The file that an inventory is: looked at before it is opened, created for its owner alone.

use crate::error::{Error, Result, io_reason};
use crate::store::engine::{APPLICATION_ID, HEADER, Header};
use crate::store::schema::new_file::private;
use crate::store::schema::{self, Standing};
use crate::system::files::{self, WriteBarrier};
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use tempfile::NamedTempFile;

/// First bytes of every file of the engine.
const SQLITE_HEADER: &[u8] = b"SQLite format 3\0";

/// Warning about a usable file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// Others than its owner can read it.
    pub open_to_others: bool,
    /// It has more than one name, and is not written to.
    pub many_names: bool,
}

impl FileState {
    /// Looks at the file at `path`; one that is not there is nothing to warn about.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(data) if data.is_file() => {
                Self { open_to_others: open_to_others(&data), many_names: files::links(&data) > 1 }
            }
            _ => Self { open_to_others: false, many_names: false },
        }
    }
}

/// Returns true if group or others have any permission on the file.
fn open_to_others(data: &fs::Metadata) -> bool {
    files::mode(data) & 0o077 != 0
}

/// Makes the folders of a new inventory, and in the last of them a [`private`] file to make it in: what is not whole
/// yet never bears the name of an inventory.
pub(in crate::store) fn prepare(path: &Path) -> Result<NamedTempFile> {
    match fs::symlink_metadata(path).and_then(|_| fs::metadata(path)) {
        Ok(data) if !data.is_file() => return Err(not_a_file(path, &data)),
        Ok(_) => return Err(exists(path)),
        Err(_) => {}
    }
    let missing: Vec<&Path> =
        path.ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).collect();
    for folder in missing.iter().rev() {
        match files::private_folder().create(folder) {
            // Another init has just made it.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => {
                made.and_then(|()| sync_folder_of(folder)).map_err(|error| uncreated("the folder ", folder, &error))?;
            }
        }
    }
    private(folder_of(path)).map_err(|error| uncreated("", path, &error))
}

/// Syncs a temporary file and renames it to `path`, where it lasts.
///
/// # Errors
/// A conflict where another file has that name by now; the file cannot be written.
pub(in crate::store) fn named(file: NamedTempFile, path: &Path) -> Result<()> {
    file.as_file().sync_all().map_err(|error| unwritten(path, &error))?;
    file.persist_noclobber(path).map_err(|failed| match failed.error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => unwritten(path, &failed.error),
    })?;
    made_lasting(path)
}

/// Makes the name of the new file at `path` last. Without that the file is removed: a command that failed leaves
/// nothing that is in the way of the next attempt.
///
/// # Errors
/// The folder cannot be synced.
pub(in crate::store) fn made_lasting(path: &Path) -> Result<()> {
    sync_folder_of(path).map_err(|error| {
        // The first error matters more than one from removing the file.
        let _ = fs::remove_file(path);
        unwritten(path, &error)
    })
}

fn uncreated(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::inventory(format!("cannot create {what}{}: {}", shown(path), io_reason(error)))
}

/// The folder that a path is in.
pub(in crate::store) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names of the files beside `path` last.
pub(in crate::store) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    fs::File::open(folder_of(path))?.sync_all()
}

/// The conflict that a file which is there already is to `init`.
pub(in crate::store) fn exists(path: &Path) -> Error {
    Error::exists(format!("{} already exists", shown(path)))
        .help("use the existing file, or pass another file with --db")
}

/// Makes sure that `path` is a regular file that may be an inventory of a version that this program knows, before the
/// engine opens it: opening alone would undo what another program's crash left.
pub(in crate::store) fn check(path: &Path) -> Result<Standing> {
    let data = match fs::metadata(path) {
        Ok(data) => data,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::inventory(format!("no inventory at {}", shown(path)))
                .help("create the inventory with inv init, or pass another file with --db"));
        }
        Err(error) => return Err(unopened(path, &error)),
    };
    if !data.is_file() {
        return Err(not_a_file(path, &data));
    }
    if data.len() == 0 {
        return Err(Error::inventory(format!("{} is empty, not an inventory", shown(path)))
            .help("remove it and run inv init, or pass another file with --db"));
    }
    let mut header = Vec::with_capacity(HEADER);
    // No lock is held yet that closing the file again could let go of.
    let read = fs::File::open(path).and_then(|file| file.take(HEADER as u64).read_to_end(&mut header));
    read.map_err(|error| unopened(path, &error))?;
    if !header.starts_with(SQLITE_HEADER) {
        let error = Error::inventory(format!("{} is not an inventory", shown(path)));
        return Err(error.help("pass another file with --db"));
    }
    let header = Header(&header);
    let (Some(version), Some(application)) = (header.user_version(), header.application()) else {
        return Err(Error::inventory(format!("{} is damaged: it ends within its header", shown(path)))
            .help("restore it from a backup with inv restore FILE"));
    };
    let standing = schema::standing((application == APPLICATION_ID).then_some(version), path)?;
    if header.is_logged() {
        return Err(Error::inventory(format!("{} is in WAL mode, which inv does not use", shown(path)))
            .help(format!("sqlite3 {} 'PRAGMA journal_mode = DELETE' resets the mode", shown(path))));
    }
    Ok(standing)
}

/// Makes sure that a change can be written to the file, and undone after a crash.
pub(in crate::store) fn check_writable(path: &Path) -> Result<()> {
    let name = shown(path);
    let (links, real) = match fs::metadata(path).and_then(|data| Ok((files::links(&data), fs::canonicalize(path)?))) {
        Ok(found) => found,
        Err(error) => return Err(unopened(path, &error)),
    };
    if links > 1 {
        let why = "a crash under one of them could not be undone under the other";
        return Err(Error::inventory(format!("{name} has {links} hard links and cannot be written: {why}"))
            .help("remove all names but one"));
    }
    let folder = folder_of(&real);
    match (files::check_writable(&real), files::check_folder_writable(folder)) {
        (Err(WriteBarrier::FileSystem), _) | (_, Err(WriteBarrier::FileSystem)) => {
            Err(Error::inventory(format!("{name} cannot be changed: its file system is read-only")))
        }
        (Err(WriteBarrier::Mark), _) => {
            Err(Error::inventory(format!("{name} cannot be changed: it is marked immutable"))
                .help(format!("run {} to remove the mark", files::MAKE_MUTABLE)))
        }
        (Err(_), _) => Err(Error::inventory(format!("{name} cannot be changed: no write permission"))
            .help("run inv as its owner, or check its permissions with ls -l")),
        (_, Err(_)) => {
            let folder = shown(folder);
            Err(Error::inventory(format!(
                "{name} cannot be changed: no write permission for its folder {folder}, which contains the journal"
            ))
            .help("run inv as the owner of the folder, or check its permissions with ls -ld"))
        }
        (Ok(()), Ok(())) => Ok(()),
    }
}

/// Returns the error for a file that cannot be created or written.
pub(in crate::store) fn unwritten(path: &Path, error: &std::io::Error) -> Error {
    Error::inventory(format!("cannot write {}: {}", shown(path), io_reason(error)))
}

fn unopened(path: &Path, error: &std::io::Error) -> Error {
    Error::inventory(format!("cannot open {}: {}", shown(path), io_reason(error)))
}

/// Returns true if this process may write to the file.
pub(in crate::store) fn may_be_written(path: &Path) -> bool {
    files::check_writable(path).is_ok()
}

/// A path as messages show it.
pub(in crate::store) fn shown(path: &Path) -> String {
    crate::value::shown::shown(&path.to_string_lossy()).into_owned()
}

fn not_a_file(path: &Path, data: &fs::Metadata) -> Error {
    let what = files::kind(data);
    Error::inventory(format!("{} is {what}, not an inventory", shown(path))).help("pass a file with --db")
}
