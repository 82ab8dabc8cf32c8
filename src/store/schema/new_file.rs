//! New files before they have their names. Each is locked while it is written, so that the next command removes those
//! that a killed one left.
//!
//! On systems without locks of open files nothing is removed.

use crate::system::files::{self, lock};
use crate::system::processes;
use std::fs::{self, File};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use tempfile::NamedTempFile;

/// Beginning of the names.
const PREFIX: &str = ".inv-new-";

/// End of the name of the engine's journal for a file.
const JOURNAL: &str = "-journal";

/// Number of attempts at a file that no other process removes before it is locked.
const ATTEMPTS: usize = 100;

/// Creates an empty file in `folder` for its owner alone, which goes away unless it gets a name. Removes the files that
/// killed commands of the same user left there.
pub(in crate::store) fn private(folder: &Path) -> Result<NamedTempFile> {
    let prefix = format!("{PREFIX}{}-", std::process::id());
    sweep(folder, &prefix);
    for _ in 0..ATTEMPTS {
        let file = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder)?;
        files::make_private(file.as_file())?;
        match lock(file.as_file()) {
            // Another process sweeps the folder and has found it without a lock.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(()) if !is_at(file.path(), file.as_file()) => {}
            // Where no file can be locked, none is swept either.
            Ok(()) | Err(_) => return Ok(file),
        }
    }
    Err(Error::other("other processes remove new files there"))
}

/// Removes the files of this user that nobody has locked, except those of this process, whose names begin with `own`. A
/// file that cannot be removed is left: it is in nobody's way.
fn sweep(folder: &Path, own: &str) {
    for name in files::names_in(folder).unwrap_or_default() {
        let shown = name.to_string_lossy();
        if shown.starts_with(PREFIX) && !shown.starts_with(own) && !shown.ends_with(JOURNAL) {
            let _ = remove_unlocked(&folder.join(&name));
        }
    }
}

/// Removes a file of this user, and its journal, unless a process has it locked.
fn remove_unlocked(path: &Path) -> Result<()> {
    let file = files::open_itself_for_writing(path)?;
    let data = file.metadata()?;
    if !data.is_file() || files::owner(&data) != processes::effective_user_id() {
        return Ok(());
    }
    lock(&file)?;
    // Its process may have given it its name before the lock was free.
    if is_at(path, &file) {
        let mut journal = path.as_os_str().to_owned();
        journal.push(JOURNAL);
        fs::remove_file(path)?;
        fs::remove_file(journal)?;
    }
    Ok(())
}

/// Returns true if the open file is still the one at `path`.
fn is_at(path: &Path, file: &File) -> bool {
    let there = fs::symlink_metadata(path).map(|data| files::identity(&data)).ok();
    there.is_some() && there == file.metadata().map(|data| files::identity(&data)).ok()
}

#[cfg(test)]
mod tests {
    use super::{PREFIX, is_at, lock, private};
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;
    use std::path::Path;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").file_name());
        let mut names: Vec<String> = entries.map(|name| name.into_string().expect("UTF-8")).collect();
        names.sort();
        names
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_nobody_has_locked_is_removed_and_everything_else_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(format!("{PREFIX}{name}"));
        for name in ["dead", "1-dead", "1-dead-journal", "1-live", "1-live-journal"] {
            fs::write(at(name), name).expect("a file");
        }
        fs::write(folder.path().join("inv.db"), "another name").expect("a file");
        fs::create_dir(at("folder")).expect("a folder");
        symlink("inv.db", at("link")).expect("a link");
        let live = File::options().write(true).open(at("1-live")).expect("the file");
        lock(&live).expect("a lock");
        drop(private(folder.path()).expect("a file"));
        let rest = [".inv-new-folder", ".inv-new-link", "inv.db"];
        let with_live = [".inv-new-1-live", ".inv-new-1-live-journal", rest[0], rest[1], rest[2]];
        assert_eq!(names(folder.path()), with_live);
        // One that has its own name by now is no longer in the place of the other.
        assert!(is_at(&at("1-live"), &live));
        drop(live);
        drop(private(folder.path()).expect("a file"));
        assert_eq!(names(folder.path()), rest);
    }

    #[test]
    fn files_of_one_process_stay_beside_each_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = private(folder.path()).expect("a file");
        let second = private(folder.path()).expect("a file");
        assert_eq!(names(folder.path()).len(), 2);
        assert!(is_at(first.path(), first.as_file()) && is_at(second.path(), second.as_file()));
        assert!(lock(&File::options().write(true).open(first.path()).expect("it")).is_err(), "it is locked");
    }
}
