//! The effects of a change: rows of record, field, old and new value; in JSON an object with its records.
//!
//! A dry run of a million rows must not fill the memory: the rows wait in a spooled file until the transaction is over.

use crate::catalog::{Entity, Field, Kind};
use crate::error::{Error, Result};
use crate::input::prompt::NONE;
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::{Answer, Session};
use crate::store::{Action, Effect, Filling, Reader, Step};
use crate::value::Cell;
use serde_json::{Map, Value as Json, json};
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use tempfile::SpooledTempFile;

/// Every action of an answer: those of history, and those of plans.
pub(crate) const ACTIONS: [&str; 11] = [
    Action::Create.word(),
    Action::Update.word(),
    Action::Remove.word(),
    Action::Nothing.word(),
    "rename",
    "move",
    "adopt",
    "replaced",
    "missing",
    "held",
    "hint",
];

/// Keys of a record of an answer, each with the change.
const KEYS: [&str; 7] = ["change", "dry_run", "action", "noun", "id", "path", "fields"];

/// Number of bytes that wait in memory.
const IN_MEMORY: usize = 1 << 20;

/// A field that a source has another value for, and has no right to write.
pub(crate) struct Held<'h> {
    pub entity: &'static Entity,
    pub id: i64,
    pub field: &'static Field,
    /// Value in the inventory.
    pub current: &'h Cell<'h>,
    /// Value in the source.
    pub offered: &'h Cell<'h>,
}

impl Held<'_> {
    /// Returns it as a sentence: `vm AWS/tokyo/prod/web01: memory is 16 GiB, the source has 8 GiB`.
    pub(crate) fn sentence(&self, reader: &Reader<'_>) -> Result<String> {
        let text = |cell| Ok(reader.shown(self.field, cell)?.unwrap_or_else(|| "empty".to_owned()));
        let (path, name) = (reader.title(self.entity, self.id)?, self.field.name);
        let (current, offered) = (text(self.current)?, text(self.offered)?);
        Ok(format!("{} {path}: {name} is {current}, the source has {offered}", self.entity.labels.0))
    }
}

/// The changes of a transaction; kept only where they are to be told one by one.
#[derive(Debug)]
pub(crate) struct Report {
    /// True if other names and holders are told in words of their own, as a plan does.
    tells_moves: bool,
    /// True if it is answered in the keys of JSON, which also has the records that did not change.
    has_keys: bool,
    rows: Option<BufWriter<SpooledTempFile>>,
}

impl Report {
    /// Creates a report, which is written down only in a dry run and for formats with the keys of JSON.
    ///
    /// # Errors
    /// The template of the command line reads a key that no answer of a change has.
    pub(crate) fn new(session: &Session) -> Result<Self> {
        session.expect_keys(&KEYS)?;
        let has_keys = session.has_keys();
        let rows = (session.dry_run || has_keys).then(|| BufWriter::new(SpooledTempFile::new(IN_MEMORY)));
        Ok(Self { tells_moves: false, has_keys, rows })
    }

    /// Creates a report that is not written down.
    pub(crate) const fn nothing() -> Self {
        Self { tells_moves: false, has_keys: false, rows: None }
    }

    /// Returns a report that tells other names and holders as `rename` and `move`, as the plan of an import does.
    pub(crate) fn in_words_of_a_plan(self) -> Self {
        Self { tells_moves: true, ..self }
    }

    /// Tells other names and holders so from now on.
    pub(crate) const fn tell_moves(&mut self) {
        self.tells_moves = true;
    }

    /// Adds something that happens to a record and to none of its fields: that it is adopted, or missing.
    pub(crate) fn add_word(&mut self, reader: &Reader<'_>, word: &str, entity: &'static Entity, id: i64) -> Result<()> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        let record = reader.title(entity, id)?;
        put(rows, id, [Some(word), Some(entity.noun), Some(&record), None, None, None])
    }

    /// Adds a record that a command names and does not change.
    pub(crate) fn add_unchanged(&mut self, reader: &Reader<'_>, entity: &'static Entity, id: i64) -> Result<()> {
        if self.has_keys { self.add_word(reader, Action::Nothing.word(), entity, id) } else { Ok(()) }
    }

    /// Adds that a record is known by another id of the source than before.
    pub(crate) fn add_adopted_again(
        &mut self,
        reader: &Reader<'_>,
        (entity, record): (&'static Entity, i64),
        old: &str,
        new: &str,
    ) -> Result<()> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        let title = reader.title(entity, record)?;
        put(rows, record, [Some("adopt"), Some(entity.noun), Some(&title), Some("external-id"), Some(old), Some(new)])
    }

    /// Adds that a new record may be another one, which the source does not know.
    pub(crate) fn add_hint(
        &mut self,
        (entity, record): (&'static Entity, i64),
        own: &str,
        id: &str,
        other: &str,
    ) -> Result<()> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        put(rows, record, [Some("hint"), Some(entity.noun), Some(own), Some("external-id"), Some(id), Some(other)])
    }

    /// Adds what happened. A removal is added before it happens.
    pub(crate) fn add(&mut self, reader: &Reader<'_>, effect: &Effect) -> Result<()> {
        let (tells_moves, has_keys) = (self.tells_moves, self.has_keys);
        let Some(rows) = &mut self.rows else { return Ok(()) };
        let entity = effect.entity;
        let record = reader.title(entity, effect.id)?;
        let mut put = |cells: [Option<&str>; 6]| put(rows, effect.id, cells);
        match effect.action {
            Action::Nothing => Ok(()),
            Action::Create | Action::Remove if has_keys && entity.names.is_empty() => {
                let Some(ends) = reader.record(entity, effect.id)? else { return Ok(()) };
                for (field, end) in entity.fields.iter().zip(&ends.values).filter(|(f, _)| f.refers_to().is_some()) {
                    let path = reader.shown(field, end)?;
                    let path = path.as_deref();
                    let (old, new) = if effect.action == Action::Create { (None, path) } else { (path, None) };
                    put([Some(effect.action.word()), Some(entity.noun), Some(&record), Some(field.name), old, new])?;
                }
                Ok(())
            }
            Action::Create | Action::Remove => {
                put([Some(effect.action.word()), Some(entity.noun), Some(&record), None, None, None])
            }
            Action::Update => {
                for (place, old, new) in &effect.changed {
                    let Some(field) = entity.fields.get(*place) else { continue };
                    // The time of a change goes with every change; it is told where nothing else changed.
                    if field.kind == Kind::Updated && effect.changed.len() > 1 {
                        continue;
                    }
                    let old = reader.shown(field, old)?;
                    let new = reader.shown(field, new)?;
                    let (old, new) = (old.as_deref(), new.as_deref());
                    let word = match field.name {
                        name if tells_moves && entity.is_naming(name) => "rename",
                        name if tells_moves && entity.parent == Some(name) => "move",
                        _ => Action::Update.word(),
                    };
                    put([Some(word), Some(entity.noun), Some(&record), Some(field.name), old, new])?;
                }
                Ok(())
            }
        }
    }

    /// Adds a field that is held: its value, and that of the source.
    pub(crate) fn add_held(&mut self, reader: &Reader<'_>, difference: &Held<'_>) -> Result<()> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        let (record, current, offered) = (
            reader.title(difference.entity, difference.id)?,
            reader.shown(difference.field, difference.current)?,
            reader.shown(difference.field, difference.offered)?,
        );
        let (current, offered) = (current.as_deref(), offered.as_deref());
        put(
            rows,
            difference.id,
            [Some("held"), Some(difference.entity.noun), Some(&record), Some(difference.field.name), current, offered],
        )
    }

    /// Adds the steps of a change in history.
    pub(crate) fn add_steps(&mut self, reader: &Reader<'_>, change: i64) -> Result<()> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        steps(reader, change, |cells, record, _| put(rows, record, cells))
    }

    /// Returns true if effects are written down.
    pub(crate) const fn is_written(&self) -> bool {
        self.rows.is_some()
    }

    /// Adds a record that a filling has created. One whose `path` the caller does not know is read again for it.
    pub(crate) fn add_new(&mut self, filling: &mut Filling<'_, '_>, effect: &Effect, path: Option<&str>) -> Result<()> {
        match (&mut self.rows, path) {
            (None, _) => Ok(()),
            (Some(rows), Some(path)) => {
                let word = Action::Create.word();
                put(rows, effect.id, [Some(word), Some(effect.entity.noun), Some(path), None, None, None])
            }
            (Some(_), None) => {
                filling.settle()?;
                self.add(filling, effect)
            }
        }
    }

    /// Returns the current end of the report.
    pub(crate) fn mark(&mut self) -> Result<u64> {
        self.rows.as_mut().map_or(Ok(0), |rows| rows.stream_position().map_err(aside))
    }

    /// Takes back what was added since `mark`: it was undone.
    pub(crate) fn back_to(&mut self, mark: u64) -> Result<()> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        rows.flush()
            .and_then(|()| rows.get_mut().set_len(mark))
            .and_then(|()| rows.seek(SeekFrom::Start(mark)))
            .map(drop)
            .map_err(aside)
    }

    /// Returns the first rows as lines, at most `most`: `change vm AWS/tokyo/prod/web01: cpu 2 → 4`.
    pub(crate) fn first_lines(&mut self, most: usize) -> Result<Vec<String>> {
        let Some(rows) = &mut self.rows else { return Ok(Vec::new()) };
        rows.flush().and_then(|()| rows.get_mut().rewind()).map_err(aside)?;
        let mut lines = Vec::new();
        for line in BufReader::new(rows.get_mut()).lines().take(most) {
            let (_, cells) = parsed(&line.map_err(aside)?)?;
            let [word, noun, record, field, old, new] = cells.map(Option::unwrap_or_default);
            let or_none = |text: String| if text.is_empty() { NONE.to_owned() } else { text };
            lines.push(match field.as_str() {
                "" => format!("{word} {noun} {record}"),
                field => format!("{word} {noun} {record}: {field} {} → {}", or_none(old), or_none(new)),
            });
        }
        rows.seek(SeekFrom::End(0)).map(drop).map_err(aside)?;
        Ok(lines)
    }

    /// Answers with what was kept.
    pub(crate) fn tell(self, session: &Session) -> Result<()> {
        self.tell_with(session, &Json::Null)
    }

    /// Answers with what was kept; in JSON also with `counts`, unless they are null.
    pub(crate) fn tell_with(self, session: &Session, counts: &Json) -> Result<()> {
        let Some(rows) = self.rows else { return Ok(()) };
        let mut rows = rows.into_inner().map_err(|error| aside(error.into_error()))?;
        rows.rewind().map_err(aside)?;
        if session.has_keys() { tell_records(session, rows, counts) } else { tell_rows(session, rows) }
    }
}

/// Answers with a row for each record and field.
fn tell_rows(session: &Session, rows: SpooledTempFile) -> Result<()> {
    session.answer(Answer::default(), &change_columns(), |each| {
        let mut row = Row::default();
        for line in BufReader::new(rows).lines() {
            let (_, cells) = parsed(&line.map_err(aside)?)?;
            row.clear();
            row.texts(cells.each_ref().map(Option::as_deref));
            each(&row)?;
        }
        Ok(())
    })
}

/// Answers with one object that has the number of the change and its records; JSON lines have an object for each record.
fn tell_records(session: &Session, rows: SpooledTempFile, counts: &Json) -> Result<()> {
    let mut head = Map::new();
    head.insert("change".to_owned(), session.change().map_or(Json::Null, Json::from));
    head.insert("dry_run".to_owned(), session.dry_run.into());
    if !counts.is_null() {
        head.insert("counts".to_owned(), counts.clone());
    }
    let mut lines = BufReader::new(rows).lines().map(|line| parsed(&line.map_err(aside)?)).peekable();
    let records = std::iter::from_fn(|| {
        let mut record = match lines.next()? {
            Ok(line) => Changed::of(line),
            Err(error) => return Some(Err(error)),
        };
        while let Some(more) = lines.next_if(|next| next.as_ref().is_ok_and(|next| record.continues_with(next))) {
            match more {
                Ok(more) => record.push(more),
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(record.members()))
    });
    session.answer_records(head, records)
}

/// A row of a report: the id of the record, and the cells.
type Kept = (i64, [Option<String>; 6]);

/// A record of an answer in JSON, with the fields that changed.
struct Changed {
    id: i64,
    action: Option<String>,
    noun: Option<String>,
    path: Option<String>,
    fields: Vec<Json>,
}

impl Changed {
    fn of((id, [action, noun, path, field, old, new]): Kept) -> Self {
        let mut record = Self { id, action, noun, path, fields: Vec::new() };
        record.push((id, [None, None, None, field, old, new]));
        record
    }

    /// Returns true if the row has another field of the same record.
    fn continues_with(&self, (id, [action, noun, _, field, ..]): &Kept) -> bool {
        *id == self.id && *action == self.action && *noun == self.noun && field.is_some() && !self.fields.is_empty()
    }

    fn push(&mut self, (_, [_, _, _, field, old, new]): Kept) {
        if let Some(field) = field {
            self.fields.push(json!({ "field": field, "old": old, "new": new }));
        }
    }

    /// Returns the members of the object.
    fn members(&self) -> String {
        let Self { id, action, noun, path, fields } = self;
        format!(
            "\"action\": {}, \"noun\": {}, \"id\": {id}, \"path\": {}, \"fields\": {}",
            json!(action),
            json!(noun),
            json!(path),
            json!(fields)
        )
    }
}

/// Returns the columns of changes of fields.
pub(crate) fn change_columns() -> [Column; 6] {
    let value = |name| Column::new(name, ColumnKind::Text);
    let [action, noun, field] = ["action", "noun", "field"].map(Column::whole);
    [action, noun, Column::path("record"), field, value("old"), value("new")]
}

/// Hands each changed field of a change to `each`: action, noun, path, field, old and new value; the id of the record and
/// the step.
pub(crate) fn steps(
    reader: &Reader<'_>,
    change: i64,
    mut each: impl FnMut([Option<&str>; 6], i64, &Step) -> Result<()>,
) -> Result<()> {
    reader.steps_of(change, |entity, record, step| {
        if step.action == Action::Nothing {
            return Ok(ControlFlow::Continue(()));
        }
        let action = step.action.word();
        let title = reader.title(entity, record)?;
        let changed = step.changed();
        for (place, old, new) in &changed {
            let Some(field) = entity.fields.get(*place) else { continue };
            // `updated` changes with every change, so it is shown only if nothing else changed.
            if field.kind == Kind::Updated && changed.len() > 1 {
                continue;
            }
            let (old, new) = (reader.shown(field, old)?, reader.shown(field, new)?);
            each(
                [Some(action), Some(entity.noun), Some(&title), Some(field.name), old.as_deref(), new.as_deref()],
                record,
                step,
            )?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Writes one row of a report.
fn put(rows: &mut BufWriter<SpooledTempFile>, id: i64, cells: [Option<&str>; 6]) -> Result<()> {
    serde_json::to_writer(&mut *rows, &(id, cells))
        .map_err(std::io::Error::from)
        .and_then(|()| rows.write_all(b"\n"))
        .map_err(aside)
}

/// Reads one row of a report.
fn parsed(line: &str) -> Result<Kept> {
    serde_json::from_str(line).map_err(|error| aside(error.into()))
}

fn aside(error: std::io::Error) -> Error {
    Error::io("cannot store the report in a temporary file", error)
        .help("check the free space of the folder for temporary files")
}
