//! Writes history, in the transaction of the change itself.
//!
//! The row of a change is created with its first effect, so that a transaction without effects adds no change, and is
//! completed with its hash at the end; a small change is written once, at the end. Consecutive created ids are
//! collected into one entry.

use super::action::Action;
use super::digest::Digest;
use super::entries::Content;
use super::{BLOCK, Extent, Logged, Mark, Origin, keep};
use crate::catalog::Entity;
use crate::error::{Error, Kind, Result};
use crate::store::engine::batch::{AT_ONCE, Waiting, insert};
use crate::store::engine::{Bind, Connection, Failure};
use crate::value::Cell;
use serde_json::Value as Json;
use std::rc::Rc;

/// Change of a transaction, before it is written.
#[derive(Debug, Clone)]
pub(in crate::store) struct Recorder {
    origin: Origin,
    undoes: Option<(i64, bool)>,
    /// The source that is imported, by its id.
    source: Option<i64>,
    file: Option<Rc<str>>,
    line: Option<i64>,
    open: Option<Open>,
    /// The old values of the record in question; the room for them is used again.
    old: String,
}

/// The change that is being written.
#[derive(Debug, Clone)]
struct Open {
    change: Logged,
    /// True if its row is in the table; the hash may be missing until the end.
    is_written: bool,
    digest: Digest,
    ranges: Vec<Range>,
    files: Vec<(String, i64)>,
    /// The entries that wait to be written with others.
    waiting: Waiting,
    /// The statement that writes as many as are written at once, once there were so many.
    full: Option<Rc<str>>,
}

/// The columns of a change.
const CHANGE: [&str; 13] = [
    "change_id",
    "at",
    "login_user",
    "os_user",
    "host",
    "command",
    "message",
    "undoes",
    "partly",
    "purged",
    "purged_hash",
    "hash",
    "source_id",
];

/// The columns of an entry.
const ENTRY: [&str; 9] =
    ["change_id", "noun", "action", "first_id", "last_id", "old", "change_file_id", "line", "lines"];

/// Records of one noun that were made one after another.
#[derive(Debug, Clone)]
struct Range {
    noun: &'static str,
    first: i64,
    last: i64,
    file: Option<Rc<str>>,
    /// The line of the first, and the lines of all once one does not follow the one before.
    line: Option<i64>,
    lines: Vec<i64>,
}

impl Range {
    fn new(noun: &'static str, id: i64, file: Option<Rc<str>>, line: Option<i64>) -> Self {
        Self { noun, first: id, last: id, file, line, lines: Vec::new() }
    }

    /// Takes in the record `id`, if it follows the others.
    fn take(&mut self, id: i64, file: Option<&str>, line: Option<i64>) -> bool {
        if id != self.last + 1
            || id % BLOCK == 0
            || self.file.as_deref() != file
            || self.line.is_some() != line.is_some()
        {
            return false;
        }
        if let (Some(first), Some(line)) = (self.line, line) {
            if self.lines.is_empty() && line != first + (id - self.first) {
                self.lines.extend((first..).take(usize::try_from(id - self.first).unwrap_or_default()));
            }
            if !self.lines.is_empty() {
                self.lines.push(line);
            }
        }
        self.last = id;
        true
    }
}

impl Recorder {
    pub(in crate::store) const fn new(origin: Origin) -> Self {
        Self { origin, undoes: None, source: None, file: None, line: None, open: None, old: String::new() }
    }

    /// Records that this change reverses `change`.
    pub(in crate::store) const fn reverses(&mut self, change: i64, extent: Extent) {
        self.undoes = Some((change, matches!(extent, Extent::Unchanged)));
    }

    /// Records that this change is imported from `source`.
    pub(in crate::store) const fn imports(&mut self, source: i64) {
        self.source = Some(source);
    }

    /// The source that is imported, by its id.
    pub(in crate::store) const fn source(&self) -> Option<i64> {
        self.source
    }

    /// Sets the file that the next records come from.
    pub(in crate::store) fn reading(&mut self, file: Option<&str>) {
        if self.file.as_deref() != file {
            self.file = file.map(Rc::from);
        }
        self.line = None;
    }

    /// Says which line of the file the next records come from.
    pub(in crate::store) fn at_line(&mut self, line: u64) {
        self.line = i64::try_from(line).ok();
    }

    /// The number of the change, once it has had an effect.
    pub(in crate::store) fn change(&self) -> Option<i64> {
        self.open.as_ref().map(|open| open.change.id)
    }

    /// A record was made.
    pub(in crate::store) fn created(
        &mut self,
        connection: &Connection,
        now: &str,
        entity: &'static Entity,
        id: i64,
    ) -> Result<()> {
        self.begin(connection, now)?;
        let Some(open) = &mut self.open else { return Ok(()) };
        let Some(range) = open.ranges.iter_mut().find(|range| range.noun == entity.noun) else {
            open.ranges.push(Range::new(entity.noun, id, self.file.clone(), self.line));
            return Ok(());
        };
        if range.take(id, self.file.as_deref(), self.line) {
            return Ok(());
        }
        let done = std::mem::replace(range, Range::new(entity.noun, id, self.file.clone(), self.line));
        open.write_range(connection, &done)
    }

    /// Adds an update of a record, with the old values of the changed fields.
    pub(in crate::store) fn updated<'v>(
        &mut self,
        connection: &Connection,
        now: &str,
        entity: &'static Entity,
        id: i64,
        old: impl Iterator<Item = (usize, &'v Cell<'v>)>,
    ) -> Result<()> {
        self.one(connection, now, entity, id, Action::Update, old)
    }

    /// A record was removed; these were its values.
    pub(in crate::store) fn removed<'v>(
        &mut self,
        connection: &Connection,
        now: &str,
        entity: &'static Entity,
        id: i64,
        old: impl Iterator<Item = &'v Cell<'v>>,
    ) -> Result<()> {
        self.one(connection, now, entity, id, Action::Remove, (0..).zip(old))
    }

    fn one<'v>(
        &mut self,
        connection: &Connection,
        now: &str,
        entity: &'static Entity,
        id: i64,
        action: Action,
        old: impl Iterator<Item = (usize, &'v Cell<'v>)>,
    ) -> Result<()> {
        self.begin(connection, now)?;
        let Some(open) = &mut self.open else { return Ok(()) };
        // What the noun's entries say must come in the order in which it happened.
        if let Some(place) = open.ranges.iter().position(|range| range.noun == entity.noun) {
            let range = open.ranges.remove(place);
            open.write_range(connection, &range)?;
        }
        self.old.clear();
        keep(entity, old, &mut self.old);
        let (file, line, old) = (self.file.as_deref(), self.line, Some(self.old.as_str()));
        open.write(
            connection,
            &Content { noun: entity.noun, action, first: id, last: id, old, file, line, lines: None },
        )
    }

    /// Begins the change, once: one without any effect on a record, if nothing follows.
    pub(in crate::store) fn begin(&mut self, connection: &Connection, now: &str) -> Result<()> {
        if self.open.is_none() {
            self.open = Some(self.opened(connection, now, None)?);
        }
        Ok(())
    }

    /// Begins the change of a purge of history up to and including the change `purged`, by id and hash.
    pub(in crate::store) fn purge(&mut self, connection: &Connection, now: &str, purged: (i64, &str)) -> Result<()> {
        self.open = Some(self.opened(connection, now, Some(purged))?);
        Ok(())
    }

    fn opened(&self, connection: &Connection, now: &str, purged: Option<(i64, &str)>) -> Result<Open> {
        let sql = "SELECT hash FROM change ORDER BY change_id DESC LIMIT 1";
        let before = connection.first(sql, &[], |row| Ok(row.text(0)?.unwrap_or_default().to_owned()))?;
        let before = before.unwrap_or_default();
        let id = connection.last_id("change")?.checked_add(1).ok_or_else(|| unwritten(Failure::Taken))?;
        let (undoes, partly) = self.undoes.map_or((None, false), |(change, partly)| (Some(change), partly));
        let purged = purged.map(|(id, hash)| (id, hash.to_owned()));
        let (at, origin) = (now.to_owned(), self.origin.clone());
        let change = Logged { id, at, origin, undoes, partly, source: self.source, purged, hash: String::new() };
        let mut digest = Digest::after(&before);
        digest.change(&change);
        Ok(Open {
            change,
            is_written: false,
            digest,
            ranges: Vec::new(),
            files: Vec::new(),
            waiting: Waiting::default(),
            full: None,
        })
    }

    /// Writes the pending entries.
    pub(in crate::store) fn settle(&mut self, connection: &Connection) -> Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.write_ranges(connection)?;
        open.write_change(connection, "")?;
        open.write_waiting(connection)
    }

    /// Writes the pending entries and the hash, as the last statements of the transaction.
    pub(in crate::store) fn finish(&mut self, connection: &Connection) -> Result<Option<Mark>> {
        let Some(mut open) = self.open.take() else { return Ok(None) };
        open.write_ranges(connection)?;
        let hash = open.digest.text();
        if open.is_written {
            open.write_waiting(connection)?;
            let sql = "UPDATE change SET hash = $1 WHERE change_id = $2";
            connection.execute(sql, &[Bind::Text(&hash), Bind::Integer(open.change.id)]).map_err(unwritten)?;
        } else {
            open.write_change(connection, &hash)?;
            open.write_waiting(connection)?;
        }
        Ok(Some(Mark { id: open.change.id, hash }))
    }
}

impl Open {
    /// Writes the change itself, before anything that refers to it.
    fn write_change(&mut self, connection: &Connection, hash: &str) -> Result<()> {
        if std::mem::replace(&mut self.is_written, true) {
            return Ok(());
        }
        let Logged { id, at, origin, undoes, partly, purged, source, .. } = &self.change;
        let values = [
            Bind::Integer(*id),
            Bind::Text(at),
            bound(origin.login_user.as_deref()),
            bound(origin.os_user.as_deref()),
            bound(origin.host.as_deref()),
            Bind::Text(&origin.command),
            bound(origin.message.as_deref()),
            undoes.map_or(Bind::Null, Bind::Integer),
            Bind::Integer(i64::from(*partly)),
            purged.as_ref().map_or(Bind::Null, |(id, _)| Bind::Integer(*id)),
            purged.as_ref().map_or(Bind::Null, |(_, hash)| Bind::Text(hash)),
            Bind::Text(hash),
            source.map_or(Bind::Null, Bind::Integer),
        ];
        connection.execute(&insert("change", &CHANGE, 1), &values).map_err(unwritten)?;
        Ok(())
    }

    fn write_ranges(&mut self, connection: &Connection) -> Result<()> {
        std::mem::take(&mut self.ranges).iter().try_for_each(|range| self.write_range(connection, range))
    }

    fn write_range(&mut self, connection: &Connection, range: &Range) -> Result<()> {
        let Range { noun, first, last, .. } = *range;
        let lines = (!range.lines.is_empty()).then(|| Json::from(range.lines.as_slice()).to_string());
        let line = range.line.filter(|_| lines.is_none());
        let (action, file, lines) = (Action::Create, range.file.as_deref(), lines.as_deref());
        self.write(connection, &Content { noun, action, first, last, old: None, file, line, lines })
    }

    fn write(&mut self, connection: &Connection, entry: &Content<'_>) -> Result<()> {
        let file_id = match entry.file {
            Some(name) => Some(self.file(connection, name)?),
            None => None,
        };
        self.digest.entry(entry);
        let row = [
            Bind::Integer(self.change.id),
            Bind::Text(entry.noun),
            Bind::Text(entry.action.word()),
            Bind::Integer(entry.first),
            Bind::Integer(entry.last),
            bound(entry.old),
            file_id.map_or(Bind::Null, Bind::Integer),
            entry.line.map_or(Bind::Null, Bind::Integer),
            bound(entry.lines),
        ];
        self.waiting.add(row.into_iter());
        if self.waiting.rows() == AT_ONCE { self.write_waiting(connection) } else { Ok(()) }
    }

    /// Writes the entries that wait: many in one statement take half the time that they take one by one.
    fn write_waiting(&mut self, connection: &Connection) -> Result<()> {
        let rows = self.waiting.rows();
        if rows == 0 {
            return Ok(());
        }
        self.write_change(connection, "")?;
        let written = if rows == AT_ONCE {
            let full = self.full.get_or_insert_with(|| insert("change_entry", &ENTRY, AT_ONCE).into());
            connection.execute_with(full, self.waiting.binds())
        } else {
            connection.execute_with(&insert("change_entry", &ENTRY, rows), self.waiting.binds())
        };
        written.map_err(unwritten)?;
        self.waiting.clear();
        Ok(())
    }

    fn file(&mut self, connection: &Connection, name: &str) -> Result<i64> {
        if let Some((_, id)) = self.files.iter().find(|(other, _)| other == name) {
            return Ok(*id);
        }
        self.write_change(connection, "")?;
        let sql = "INSERT INTO change_file (change_id, name) VALUES ($1, $2) RETURNING change_file_id";
        let id =
            connection.prepare(sql)?.insert([Bind::Integer(self.change.id), Bind::Text(name)]).map_err(unwritten)?;
        let id = id.ok_or_else(|| unwritten(Failure::Taken))?;
        self.files.push((name.to_owned(), id));
        Ok(id)
    }
}

fn bound(text: Option<&str>) -> Bind<'_> {
    text.map_or(Bind::Null, Bind::Text)
}

/// History that cannot be written takes the change with it.
fn unwritten(failure: Failure) -> Error {
    match failure {
        Failure::Engine(error) => error,
        _ => Error::new(Kind::Inventory, "history could not be written; nothing was changed")
            .help("check the inventory with inv check, or restore it from a backup"),
    }
}
