//! Copies of the inventory: backup, copy before a migration, restore.
//!
//! A copy is written to a temporary file in the target folder, readable by its owner only. It is checked and synced,
//! and only then renamed, never over an existing file.

use super::{Origin, Reader, Store, file};
use crate::error::{Error, Kind, Result, io_reason};
use crate::interrupt;
use crate::store::engine::waiting::Patience;
use crate::store::engine::{Access, Connection};
use crate::store::history::{Mark, Recorder};
use crate::store::schema::{self, Standing, new_file};
use crate::system::files;
use crate::value::role::Role;
use crate::value::shown::shown;
use crate::value::time;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// Number and time of the last change in an inventory; `None` if there is none.
pub type LastChange = Option<(i64, String)>;

/// A backup that has been checked and may become the inventory.
#[derive(Debug)]
pub struct Restore {
    copy: NamedTempFile,
    /// The last change in it.
    pub last: LastChange,
}

/// Result of a restore.
#[derive(Debug)]
pub struct Restored {
    /// Path of the copy of the replaced inventory; `None` if there was no inventory.
    pub old_copy: Option<PathBuf>,
    /// Number of the change that history records for the restore.
    pub change: Option<i64>,
}

impl Store<'_> {
    /// Copies one snapshot of the inventory into the new file `to`, while others may write.
    ///
    /// # Errors
    /// A conflict if the file exists; it cannot be written; the inventory cannot be read or is damaged.
    pub fn back_up(&self, to: &Path) -> Result<()> {
        self.signed_in(Role::Viewer)?;
        vacant(to)?;
        file::named(self.copied(file::folder_of(to))?, to).map_err(|error| match error.kind() {
            Kind::Exists => exists(to),
            _ => error,
        })
    }

    /// Checks that [`Self::back_up`] can read the inventory and that `to` does not exist.
    ///
    /// # Errors
    /// As [`Self::back_up`].
    pub fn may_back_up(&self, to: &Path) -> Result<()> {
        self.signed_in(Role::Viewer)?;
        vacant(to)
    }

    /// Copies one snapshot of the inventory into a new file in `folder`, named after the inventory and the time, and
    /// removes all such copies but the latest `most`. Returns the path of the new copy and the paths of the removed
    /// ones.
    ///
    /// # Errors
    /// As [`Self::back_up`]; an old copy cannot be removed.
    pub fn back_up_among(&self, folder: &Path, most: usize) -> Result<(PathBuf, Vec<PathBuf>)> {
        // Older copies are removed.
        self.signed_in(Role::Editor)?;
        let mut copy = self.copied(folder)?;
        copy.as_file().sync_all().map_err(|error| file::unwritten(folder, &error))?;
        let stamp = stamp();
        let mut number = 1;
        let made = loop {
            let path = folder.join(self.dated_name(&stamp, number));
            match copy.persist_noclobber(&path) {
                Ok(_) => break path,
                // Another backup has begun in the same second.
                Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                    copy = error.file;
                    number += 1;
                }
                Err(error) => return Err(file::unwritten(&path, &error.error)),
            }
        };
        // The new copy must survive a crash before an old one is removed.
        file::made_lasting(&made)?;
        let outdated = self.outdated(folder, most, Some(&made))?;
        for path in &outdated {
            match fs::remove_file(path) {
                // Another backup was faster.
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    let why = io_reason(&error);
                    return Err(Error::failed(format!("cannot remove the old backup {}: {why}", file::shown(path))));
                }
                _ => {}
            }
        }
        Ok((made, outdated))
    }

    /// Returns the paths that [`Self::back_up_among`] would create and remove.
    ///
    /// # Errors
    /// As [`Self::back_up_among`].
    pub fn would_back_up_among(&self, folder: &Path, most: usize) -> Result<(PathBuf, Vec<PathBuf>)> {
        self.signed_in(Role::Editor)?;
        Ok((folder.join(self.dated_name(&stamp(), 1)), self.outdated(folder, most - 1, None)?))
    }

    /// The dated copies in `folder` except the latest `most`, oldest first; never `made`.
    fn outdated(&self, folder: &Path, most: usize, made: Option<&Path>) -> Result<Vec<PathBuf>> {
        let unread = |error: std::io::Error| {
            Error::failed(format!("cannot read {}: {}", file::shown(folder), io_reason(&error)))
        };
        let mut copies = Vec::new();
        for name in files::names_in(folder).map_err(unread)? {
            let path = folder.join(&name);
            // A file with such a name that is not an inventory belongs to somebody else.
            if let Some(place) = name.to_str().and_then(|name| self.date_of(name))
                && fs::symlink_metadata(&path).is_ok_and(|data| data.is_file())
                && file::check(&path).is_ok()
            {
                copies.push((place, path));
            }
        }
        copies.sort();
        let surplus = copies.len().saturating_sub(most);
        Ok(copies.into_iter().take(surplus).map(|(_, path)| path).filter(|path| Some(path.as_path()) != made).collect())
    }

    /// Checks the backup at `from`, and upgrades a copy of it to this schema version.
    ///
    /// # Errors
    /// It is not an inventory, or damaged, or newer; there is no space for the copy.
    pub fn look_over(&self, from: &Path) -> Result<Restore> {
        let same = |path: &Path| fs::canonicalize(path).ok();
        if same(from).is_some_and(|path| Some(path) == same(&self.path)) {
            return Err(Error::usage(format!("{} is the inventory itself", file::shown(from))));
        }
        let backup = Store { path: from.to_owned(), origin: Origin::default(), ..*self };
        file::check(from)?;
        let copy = backup.copied(&std::env::temp_dir())?;
        let connection = Connection::open(copy.path(), Access::Copy, Patience::default())?;
        if schema::check(&connection, from)? == Standing::Older {
            schema::migrate(&connection, from, |_| Ok(None))?;
        }
        schema::check_shape(&connection, self.schema)?;
        let last = last(&Reader::new(&connection, self.catalog))?;
        Ok(Restore { copy, last })
    }

    /// Last change in the inventory.
    ///
    /// # Errors
    /// The file cannot be read or is damaged.
    pub fn last(&self) -> Result<LastChange> {
        self.read(last)
    }

    /// Returns true if anything exists at the inventory's path.
    #[must_use]
    pub fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok()
    }

    /// Replaces the inventory by the backup in one transaction, adds a change to history and ends every session. Saves
    /// a copy of the replaced inventory beside it.
    ///
    /// # Errors
    /// Access is denied; the file at the inventory's path is not an inventory, or newer; it cannot be written.
    pub fn restore(&self, restore: &Restore) -> Result<Restored> {
        let operator = self.may_restore()?;
        interrupt::watch();
        let copy = Connection::open(restore.copy.path(), Access::Copy, Patience::default())?;
        copy.begin_write()?;
        copy.batch("DELETE FROM login_session")?;
        let mut recorder = Recorder::new(self.origin.signed_in(operator.as_ref()));
        recorder.begin(&copy, &time::now())?;
        let mark = recorder.finish(&copy)?;
        copy.commit()?;
        let change = mark.as_ref().map(|mark| mark.id);
        let old_copy = if self.is_there() { self.replace(&copy, mark)? } else { self.fill(&copy).map(|()| None)? };
        Ok(Restored { old_copy, change })
    }

    /// Creates the file with the content of `copy`.
    fn fill(&self, copy: &Connection) -> Result<()> {
        let new = file::prepare(&self.path)?;
        Connection::open(new.path(), Access::Write, self.patience)?.replace_by(copy, || Ok(()))?;
        file::named(new, &self.path)
    }

    /// Replaces the content of the file by that of `copy`. Returns the path of the copy of the old content.
    fn replace(&self, copy: &Connection, mark: Option<Mark>) -> Result<Option<PathBuf>> {
        file::check(&self.path)
            .map(drop)
            .map_err(|error| error.help("move the file away, then restore again: only an inventory is replaced"))?;
        file::check_writable(&self.path)?;
        if Connection::is_hopeless(&self.path, self.patience) {
            return self.set_aside(|| self.fill(copy)).map(Some);
        }
        // It stays open until the connection is closed: closing it would release the connection's locks (POSIX).
        let mut old = fs::File::open(&self.path).map_err(|error| file::unwritten(&self.path, &error))?;
        let mut connection = Connection::open(&self.path, Access::Write, self.patience)?;
        let mut old_copy = None;
        let replaced = connection.replace_by(copy, || {
            let path = self.beside("before-restore");
            let mut aside =
                new_file::private(file::folder_of(&path)).map_err(|error| file::unwritten(&path, &error))?;
            let copied = std::io::copy(&mut old, aside.as_file_mut());
            copied.map_err(|error| file::unwritten(&path, &error))?;
            file::named(aside, &path)?;
            old_copy = Some(path);
            Ok(())
        });
        drop(connection);
        drop(old);
        let Err(error) = replaced else { return Ok(old_copy) };
        let settled = self.settled(error.clone(), mark);
        if let Some(path) = old_copy.filter(|_| settled == error) {
            // Nothing was replaced. The first error matters more than one from removing the copy.
            let _ = fs::remove_file(path);
        }
        Err(settled)
    }

    /// Copies an inventory of schema version `version` to a file beside it, which is removed on drop unless persisted.
    pub(super) fn keep_version(&self, version: i64) -> Result<TempPath> {
        // The caller has the lock already, in this process.
        let path = self.beside(&format!("schema-{version}"));
        let copy = checked_copy(&Connection::read(&self.path, self.patience)?, &self.path, file::folder_of(&path))?;
        file::named(copy, &path)?;
        TempPath::try_from_path(&path).map_err(|error| file::unwritten(&path, &error))
    }

    /// Renames an inventory that the engine cannot open, and its journal, and renames them back if `fill` fails.
    fn set_aside(&self, fill: impl FnOnce() -> Result<()>) -> Result<PathBuf> {
        let real = fs::canonicalize(&self.path).map_err(|error| file::unwritten(&self.path, &error))?;
        // The engine reports a failing disk as damage, too.
        let whole = fs::File::open(&real).and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink()));
        whole.map_err(|error| {
            Error::inventory(format!(
                "cannot read {}: {}; nothing was changed",
                file::shown(&self.path),
                io_reason(&error)
            ))
            .help("check the disk and the system log")
        })?;
        let aside = self.beside("before-restore");
        let moved = |from: &Path, to: &Path| match fs::rename(from, to) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(file::unwritten(to, &error)),
            _ => Ok(()),
        };
        let both = |from: &Path, to: &Path| {
            moved(from, to).and_then(|()| moved(&with_end(from, "-journal"), &with_end(to, "-journal")))
        };
        both(&real, &aside).and_then(|()| fill()).map_err(|error| {
            // Another process may have created an inventory there meanwhile.
            if fs::symlink_metadata(&real).is_err() && both(&aside, &real).is_ok() {
                error
            } else {
                error.help(format!("the previous inventory is saved in {}", file::shown(&aside)))
            }
        })?;
        Ok(aside)
    }

    /// Copies one snapshot of the inventory to a temporary file in `folder`, and checks the copy.
    fn copied(&self, folder: &Path) -> Result<NamedTempFile> {
        interrupt::watch();
        file::check(&self.path)?;
        let connection = Connection::read(&self.path, self.patience)?;
        // Outside a transaction a writer waits only for a slice of the copy.
        connection.roll_back();
        checked_copy(&connection, &self.path, folder)
    }

    /// Returns an unused path for a copy beside the inventory.
    fn beside(&self, why: &str) -> PathBuf {
        let real = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let dated = with_end(&real, &format!(".{why}-{}", stamp()));
        let again = (2..100).map(|number| with_end(&dated, &format!("-{number}")));
        let is_free = |path: &PathBuf| fs::symlink_metadata(path).is_err();
        std::iter::once(dated.clone()).chain(again).find(is_free).unwrap_or(dated)
    }

    /// Prefix of the names of the inventory's dated copies.
    fn stem(&self) -> String {
        self.path.file_stem().map_or_else(|| "inv".to_owned(), |stem| stem.to_string_lossy().into_owned())
    }

    fn dated_name(&self, stamp: &str, number: u32) -> String {
        let number = if number > 1 { format!("-{number}") } else { String::new() };
        format!("{}-{stamp}{number}.db", self.stem())
    }

    /// Time stamp and number within that second from the name of a dated copy; `None` for other names.
    fn date_of(&self, name: &str) -> Option<(String, u32)> {
        let rest = name.strip_prefix(&self.stem())?.strip_prefix('-')?.strip_suffix(".db")?;
        let (stamp, number) = rest.split_once('Z')?;
        let stamp = format!("{stamp}Z");
        let number = match number.strip_prefix('-') {
            Some(number) => number.parse().ok().filter(|number| *number > 1)?,
            None if number.is_empty() => 1,
            None => return None,
        };
        (self.dated_name(&stamp, number) == name && is_stamp(&stamp)).then_some((stamp, number))
    }
}

fn last(reader: &Reader<'_>) -> Result<LastChange> {
    match reader.last_change()? {
        0 => Ok(None),
        id => Ok(Some((id, reader.change(id)?.at))),
    }
}

/// Current time for file names: `2026-11-23T154912Z`.
fn stamp() -> String {
    time::now().replace(':', "")
}

/// Returns true if `text` has the form of [`stamp`].
fn is_stamp(text: &str) -> bool {
    text.len() == 18
        && text.bytes().zip(b"0000-00-00T000000Z").all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == *form,
        })
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn vacant(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(data) if data.is_dir() => Err(Error::conflict(format!("{} is a folder", file::shown(path)))
            .help("pass a file in it, or --keep N to keep the latest N copies in it")),
        Ok(_) => Err(exists(path)),
        Err(_) => Ok(()),
    }
}

/// Copies `source`, the file at `path`, to a temporary file in `folder`, and checks the copy.
fn checked_copy(source: &Connection, path: &Path, folder: &Path) -> Result<NamedTempFile> {
    let copy = new_file::private(folder).map_err(|error| file::unwritten(folder, &error))?;
    source.copy_to(copy.path())?;
    let fault = Connection::open(copy.path(), Access::Copy, Patience::default())?.first_fault()?;
    match fault {
        None => Ok(copy),
        Some(fault) => {
            let error = format!("{} is damaged and was not copied: {}", file::shown(path), shown(&fault));
            Err(Error::inventory(error).help("use an earlier backup; run `inv check` for all faults"))
        }
    }
}

fn exists(path: &Path) -> Error {
    file::exists(path).help("pass another file: a backup never overwrites a file")
}
