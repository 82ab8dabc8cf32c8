//! Copies of the inventory: for keeping, before a migration, and back again.
//!
//! A copy is made beside where it shall stand, under a name that nobody looks for, for its owner alone. It is looked
//! over, made to last, and only then gets its name, which nothing else has.

use super::{Origin, Reader, Store, file};
use crate::error::{Error, Kind, Result, io_reason};
use crate::interrupt;
use crate::store::engine::waiting::Patience;
use crate::store::engine::{Access, Connection};
use crate::store::history::{Mark, Recorder};
use crate::store::schema::{self, Standing};
use crate::value::role::Role;
use crate::value::shown::shown;
use crate::value::time;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

/// The last change in an inventory: its number and when it was made; nothing where there is none.
pub type LastChange = Option<(i64, String)>;

/// A backup that has been looked over and may become the inventory.
#[derive(Debug)]
pub struct Restore {
    copy: NamedTempFile,
    /// The last change in it.
    pub last: LastChange,
}

/// What became of a restore.
#[derive(Debug)]
pub struct Restored {
    /// Where the inventory that was replaced is kept; nothing where there was none.
    pub kept: Option<PathBuf>,
    /// The change that history tells it by.
    pub change: Option<i64>,
}

impl Store<'_> {
    /// Copies one moment of the inventory into the new file `to`, while others may write.
    ///
    /// # Errors
    /// A conflict where there is such a file; it cannot be written; what is wrong with the inventory.
    pub fn back_up(&self, to: &Path) -> Result<()> {
        self.signed_in(Role::Viewer)?;
        vacant(to)?;
        file::named(self.copied(file::folder_of(to))?, to).map_err(|error| match error.kind() {
            Kind::Conflict => taken(to),
            _ => error,
        })
    }

    /// Makes sure that [`Self::back_up`] has an inventory to copy and a name to give.
    ///
    /// # Errors
    /// As [`Self::back_up`].
    pub fn may_back_up(&self, to: &Path) -> Result<()> {
        self.signed_in(Role::Viewer)?;
        vacant(to)
    }

    /// Copies one moment of the inventory into a new file in `folder` that is named after the inventory and the time.
    /// Of the copies of that kind, the latest `most` are left. Tells the new one and those that were removed.
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
        // The new copy is there for good before an old one goes.
        file::sync_folder_of(&made).map_err(|error| file::unwritten(&made, &error))?;
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

    /// What [`Self::back_up_among`] would make and remove.
    ///
    /// # Errors
    /// As [`Self::back_up_among`].
    pub fn would_back_up_among(&self, folder: &Path, most: usize) -> Result<(PathBuf, Vec<PathBuf>)> {
        self.signed_in(Role::Editor)?;
        Ok((folder.join(self.dated_name(&stamp(), 1)), self.outdated(folder, most - 1, None)?))
    }

    /// The dated copies in `folder` that are more than the latest `most`, the oldest first; `made` is never among them.
    fn outdated(&self, folder: &Path, most: usize, made: Option<&Path>) -> Result<Vec<PathBuf>> {
        let unread = |error: std::io::Error| {
            Error::failed(format!("cannot read {}: {}", file::shown(folder), io_reason(&error)))
        };
        let mut copies = Vec::new();
        for entry in fs::read_dir(folder).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            let path = entry.path();
            // What bears such a name and is no inventory is somebody else's.
            if let Some(place) = entry.file_name().to_str().and_then(|name| self.date_of(name))
                && entry.file_type().is_ok_and(|kind| kind.is_file())
                && file::check(&path).is_ok()
            {
                copies.push((place, path));
            }
        }
        copies.sort();
        let surplus = copies.len().saturating_sub(most);
        Ok(copies.into_iter().take(surplus).map(|(_, path)| path).filter(|path| Some(path.as_path()) != made).collect())
    }

    /// Looks the backup at `from` over, and brings a copy of it up to this version.
    ///
    /// # Errors
    /// It is no inventory, damaged or newer; there is no room for the copy.
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

    /// The last change in the inventory as it is.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn last(&self) -> Result<LastChange> {
        self.read(last)
    }

    /// Whether there is anything at the inventory's path.
    #[must_use]
    pub fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok()
    }

    /// Makes the inventory what the backup is, in one transaction: history notes it, and every session ends. What it was
    /// is kept beside it.
    ///
    /// # Errors
    /// Whoever runs this may not; what stands at the inventory's path is something else, or newer; it cannot be written.
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
        let kept = if self.is_there() { self.replace(&copy, mark)? } else { self.fill(&copy).map(|()| None)? };
        Ok(Restored { kept, change })
    }

    /// Makes the file where there is none, as `copy` is.
    fn fill(&self, copy: &Connection) -> Result<()> {
        let new = file::prepare(&self.path)?;
        Connection::open(new.path(), Access::Write, self.patience)?.replace_by(copy, || Ok(()))?;
        file::named(new, &self.path)
    }

    /// Makes the file what `copy` is, and tells where what it was is kept.
    fn replace(&self, copy: &Connection, mark: Option<Mark>) -> Result<Option<PathBuf>> {
        file::check(&self.path)
            .map(drop)
            .map_err(|error| error.help("move it away, then restore again: only an inventory is replaced"))?;
        file::check_writable(&self.path)?;
        if Connection::is_hopeless(&self.path, self.patience) {
            return self.set_aside(|| self.fill(copy)).map(Some);
        }
        // It stays open until the connection is closed: closing it would let go of the connection's locks (POSIX).
        let mut old = fs::File::open(&self.path).map_err(|error| file::unwritten(&self.path, &error))?;
        let mut connection = Connection::open(&self.path, Access::Write, self.patience)?;
        let mut kept = None;
        let replaced = connection.replace_by(copy, || {
            let path = self.beside("before-restore");
            let mut aside = file::private(file::folder_of(&path)).map_err(|error| file::unwritten(&path, &error))?;
            let copied = std::io::copy(&mut old, aside.as_file_mut());
            copied.map_err(|error| file::unwritten(&path, &error))?;
            file::named(aside, &path)?;
            kept = Some(path);
            Ok(())
        });
        drop(connection);
        drop(old);
        let Err(error) = replaced else { return Ok(kept) };
        let told = self.settled(error.clone(), mark);
        if let Some(kept) = kept.filter(|_| told == error) {
            // Nothing was replaced: that the copy cannot be removed matters less than why.
            let _ = fs::remove_file(kept);
        }
        Err(told)
    }

    /// Keeps a copy of an inventory of schema version `version` beside it, until it is said that it stays.
    pub(super) fn keep_version(&self, version: i64) -> Result<TempPath> {
        // Whoever asks has the lock already, in this process.
        let path = self.beside(&format!("schema-{version}"));
        let copy = checked_copy(&Connection::read(&self.path, self.patience)?, &self.path, file::folder_of(&path))?;
        file::named(copy, &path)?;
        TempPath::try_from_path(&path).map_err(|error| file::unwritten(&path, &error))
    }

    /// Moves an inventory that the engine cannot even begin to read out of the way, with its journal, and back again if
    /// what `fill` puts in its place does not get there.
    fn set_aside(&self, fill: impl FnOnce() -> Result<()>) -> Result<PathBuf> {
        let real = fs::canonicalize(&self.path).map_err(|error| file::unwritten(&self.path, &error))?;
        // To the engine a disk that fails looks like damage, too.
        let whole = fs::File::open(&real).and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink()));
        whole.map_err(|error| {
            Error::inventory(format!(
                "cannot read {}: {}; nothing was changed",
                file::shown(&self.path),
                io_reason(&error)
            ))
            .help("look at the disk and at the system's log")
        })?;
        let kept = self.beside("before-restore");
        let moved = |from: &Path, to: &Path| match fs::rename(from, to) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(file::unwritten(to, &error)),
            _ => Ok(()),
        };
        let both = |from: &Path, to: &Path| {
            moved(from, to).and_then(|()| moved(&with_end(from, "-journal"), &with_end(to, "-journal")))
        };
        both(&real, &kept).and_then(|()| fill()).map_err(|error| {
            // Another inventory may have been made there meanwhile.
            if fs::symlink_metadata(&real).is_err() && both(&kept, &real).is_ok() {
                error
            } else {
                error.help(format!("what was there is kept in {}", file::shown(&kept)))
            }
        })?;
        Ok(kept)
    }

    /// A copy of one moment of the inventory in a file without a name of its own in `folder`, looked over.
    fn copied(&self, folder: &Path) -> Result<NamedTempFile> {
        interrupt::watch();
        file::check(&self.path)?;
        let connection = Connection::read(&self.path, self.patience)?;
        // Outside a transaction nobody waits for the copy longer than for a part of it.
        connection.roll_back();
        checked_copy(&connection, &self.path, folder)
    }

    /// The path of a copy that is kept beside the inventory, which no file has yet.
    fn beside(&self, why: &str) -> PathBuf {
        let real = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let dated = with_end(&real, &format!(".{why}-{}", stamp()));
        let again = (2..100).map(|number| with_end(&dated, &format!("-{number}")));
        let is_free = |path: &PathBuf| fs::symlink_metadata(path).is_err();
        std::iter::once(dated.clone()).chain(again).find(is_free).unwrap_or(dated)
    }

    /// What the inventory's dated copies begin with.
    fn stem(&self) -> String {
        self.path.file_stem().map_or_else(|| "inv".to_owned(), |stem| stem.to_string_lossy().into_owned())
    }

    fn dated_name(&self, stamp: &str, number: u32) -> String {
        let number = if number > 1 { format!("-{number}") } else { String::new() };
        format!("{}-{stamp}{number}.db", self.stem())
    }

    /// When a copy was made that has this name, and which one of that second it is; nothing if it is no such name.
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

/// The present as it stands in names of files: `2026-11-23T154912Z`.
fn stamp() -> String {
    time::now().replace(':', "")
}

/// Whether a text is made as [`stamp`] makes it.
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
            .help("name a file in it, or say --keep N to leave the latest N copies in it")),
        Ok(_) => Err(taken(path)),
        Err(_) => Ok(()),
    }
}

/// A copy of what `source` reads, which is the file at `path`, looked over.
fn checked_copy(source: &Connection, path: &Path, folder: &Path) -> Result<NamedTempFile> {
    let copy = file::private(folder).map_err(|error| file::unwritten(folder, &error))?;
    source.copy_to(copy.path())?;
    let fault = Connection::open(copy.path(), Access::Copy, Patience::default())?.first_fault()?;
    match fault {
        None => Ok(copy),
        Some(fault) => {
            let error = format!("{} is damaged, and is not copied: {}", file::shown(path), shown(&fault));
            Err(Error::inventory(error).help("take an earlier backup; inv check tells all that is wrong"))
        }
    }
}

fn taken(path: &Path) -> Error {
    file::exists(path).help("name another file: a backup never overwrites one")
}
