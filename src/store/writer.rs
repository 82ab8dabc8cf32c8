//! The one door through which the inventory changes.
//!
//! [`Writer::apply`] takes one create, update or removal, fills in what the store sets (times, defaults), refuses what
//! the catalog's rules and keys refuse, writes it, and returns what happened with the old values: what a report tells
//! and what would undo it.

use super::history::Recorder;
use super::reader::Reader;
use super::record::{self, Record};
use super::sqlite::{Bind, Connection, Failure};
use crate::catalog::{Entity, Field, Kind, Rule};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::value::role::Role;
use crate::value::{Value, shown, status, time};
use std::ops::Deref;

/// A change to one record.
#[derive(Debug)]
pub enum Change<'a> {
    /// A new record.
    Create {
        /// Its noun.
        entity: &'static Entity,
        /// Its values, in the order of the catalog's fields.
        values: Vec<Value>,
    },
    /// Other values for some fields of a record.
    Update {
        /// Its noun.
        entity: &'static Entity,
        /// The record as it is.
        before: &'a Record,
        /// The fields, by their place in the catalog, and their new values.
        values: Vec<(usize, Value)>,
    },
    /// The end of a record.
    Remove {
        /// Its noun.
        entity: &'static Entity,
        /// The record as it is.
        before: &'a Record,
    },
    /// A record that was removed, as it was: its id and its times too.
    Restore {
        /// Its noun.
        entity: &'static Entity,
        /// The record as it was.
        record: Record,
    },
    /// Values that fields of a record had: its times too.
    Revert {
        /// Its noun.
        entity: &'static Entity,
        /// The record as it is.
        before: &'a Record,
        /// The fields, by their place in the catalog, and their old values.
        values: Vec<(usize, Value)>,
    },
}

/// What a change was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A record was made.
    Create,
    /// Fields of it were given other values.
    Update,
    /// It was removed.
    Remove,
    /// Everything was as wanted already.
    Nothing,
}

impl Action {
    /// What history calls it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Remove => "remove",
            Self::Nothing => "nothing",
        }
    }
}

/// What happened.
#[derive(Debug, Clone)]
pub struct Effect {
    /// What it was.
    pub action: Action,
    /// The noun.
    pub entity: &'static Entity,
    /// The record.
    pub id: i64,
    /// The fields that changed, by their place in the catalog, with their old and new values.
    pub changed: Vec<(usize, Value, Value)>,
}

/// One transaction that may write. Reads as its [`Reader`] does, and sees what it has written.
pub struct Writer<'s> {
    reader: Reader<'s>,
    now: String,
    recorder: Option<Recorder>,
}

impl<'s> Deref for Writer<'s> {
    type Target = Reader<'s>;

    fn deref(&self) -> &Reader<'s> {
        &self.reader
    }
}

impl<'s> Writer<'s> {
    /// A transaction that tells history what it did; or, without a `recorder`, one that never lasts.
    pub(super) fn new(reader: Reader<'s>, recorder: Option<Recorder>) -> Self {
        Self { reader, now: time::now(), recorder }
    }

    /// Says which file the next records come from, for history.
    pub fn reading(&mut self, file: Option<&str>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.reading(file);
        }
    }

    /// Says which line of the file the next records come from, for history.
    pub fn at_line(&mut self, line: u64) {
        if let Some(recorder) = &mut self.recorder {
            recorder.at_line(line);
        }
    }

    /// What history is told with, and what it needs for that.
    pub(super) const fn recording(&mut self) -> (Option<&mut Recorder>, &'s Connection, &str) {
        (self.recorder.as_mut(), self.reader.connection, self.now.as_str())
    }

    /// Writes what history still has to be told: the last step of the transaction.
    pub(super) fn finish(&mut self) -> Result<()> {
        match self.recording() {
            (Some(recorder), connection, _) => recorder.finish(connection),
            (None, ..) => Ok(()),
        }
    }

    /// Makes one change.
    ///
    /// # Errors
    /// The catalog's rules forbid it, a key is taken, the record is still needed, or the file cannot be written.
    pub fn apply(&mut self, change: Change<'_>) -> Result<Effect> {
        interrupt::check()?;
        match change {
            Change::Create { entity, values } => self.create(entity, None, values),
            Change::Update { entity, before, values } => self.update(entity, before, values, false),
            Change::Remove { entity, before } => self.remove(entity, before),
            Change::Restore { entity, record } => self.create(entity, Some(record.id), record.values),
            Change::Revert { entity, before, values } => self.update(entity, before, values, true),
        }
    }

    /// Runs `attempt`; where its inner result is a failure, what it wrote is undone and the transaction goes on.
    ///
    /// # Errors
    /// What ends the transaction as a whole.
    pub fn whole_or_nothing<T, E>(
        &mut self,
        attempt: impl FnOnce(&mut Self) -> Result<std::result::Result<T, E>>,
    ) -> Result<std::result::Result<T, E>> {
        self.connection.batch("SAVEPOINT attempt")?;
        let recorder = self.recorder.clone();
        let done = attempt(self)?;
        if done.is_err() {
            self.connection.batch("ROLLBACK TO attempt")?;
            self.reader.forget_all();
            self.recorder = recorder;
        }
        self.connection.batch("RELEASE attempt")?;
        Ok(done)
    }

    /// Makes a record; with an `id`, one that was there before.
    fn create(&mut self, entity: &'static Entity, id: Option<i64>, mut values: Vec<Value>) -> Result<Effect> {
        for (field, value) in entity.fields.iter().zip(&mut values) {
            if *value == Value::Null {
                *value = match field.kind {
                    Kind::Created | Kind::Updated => Value::Text(self.now.clone()),
                    Kind::Role if self.count(entity)? == 0 => Value::Text(Role::Admin.word().to_owned()),
                    kind => default(kind),
                };
            }
        }
        obeys(entity, &values)?;
        let own = id.map(|_| entity.id);
        let columns: Vec<&str> = entity.fields.iter().flat_map(Field::columns).chain(own).collect();
        let places: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({}) RETURNING {}",
            entity.table,
            columns.join(", "),
            places.join(", "),
            entity.id
        );
        let given = entity.fields.iter().zip(&values).flat_map(|(field, value)| record::binds(field, value));
        let binds: Vec<Bind<'_>> = given.chain(id.map(Bind::Integer)).collect();
        let inserted = self.connection.insert(&sql, &binds);
        let id = inserted.map_err(|failure| self.explained(entity, None, &values, failure))?;
        self.forget_units(entity);
        if let (Some(recorder), connection, now) = self.recording() {
            recorder.created(connection, now, entity, id)?;
        }
        Ok(Effect { action: Action::Create, entity, id, changed: Vec::new() })
    }

    /// Gives fields other values; if `exactly`, the times too are those that are given.
    fn update(
        &mut self,
        entity: &'static Entity,
        before: &Record,
        values: Vec<(usize, Value)>,
        exactly: bool,
    ) -> Result<Effect> {
        let mut after = before.values.clone();
        for (place, value) in values {
            if let (Some(slot), Some(field)) = (after.get_mut(place), entity.fields.get(place)) {
                *slot = if value == Value::Null { default(field.kind) } else { value };
            }
        }
        if after == before.values {
            return Ok(Effect { action: Action::Nothing, entity, id: before.id, changed: Vec::new() });
        }
        for ((field, old), new) in entity.fields.iter().zip(&before.values).zip(&mut after) {
            if field.kind == Kind::Updated && !exactly && (old == new || *new == Value::Null) {
                *new = Value::Text(self.now.clone());
            } else if field.kind == Kind::Created && *new == Value::Null {
                new.clone_from(old);
            }
        }
        obeys(entity, &after)?;
        let fields = || entity.fields.iter().zip(before.values.iter().zip(&after)).filter(|(_, (old, new))| old != new);
        let mut binds = Vec::new();
        let mut assignments = Vec::new();
        for (field, (_, new)) in fields() {
            for (column, bind) in field.columns().zip(record::binds(field, new)) {
                binds.push(bind);
                assignments.push(format!("{column} = ${}", binds.len()));
            }
        }
        binds.push(Bind::Integer(before.id));
        let assignments = assignments.join(", ");
        let sql = format!("UPDATE {} SET {assignments} WHERE {} = ${}", entity.table, entity.id, binds.len());
        let touched = self.connection.execute(&sql, &binds);
        let touched = touched.map_err(|failure| self.explained(entity, Some(before.id), &after, failure))?;
        if touched == 0 {
            return Err(Error::not_found(format!("no {} with id {}", entity.labels.0, before.id)));
        }
        self.reader.forget(entity);
        if let (Some(recorder), connection, now) = self.recording() {
            let old = (0..).zip(before.values.iter().zip(&after)).filter(|(_, (old, new))| old != new);
            recorder.updated(connection, now, entity, before.id, old.map(|(place, (old, _))| (place, old)))?;
        }
        let changed = (0..).zip(before.values.iter().zip(after)).filter(|(_, (old, new))| *old != new);
        let changed = changed.map(|(place, (old, new))| (place, old.clone(), new)).collect();
        Ok(Effect { action: Action::Update, entity, id: before.id, changed })
    }

    fn remove(&mut self, entity: &'static Entity, before: &Record) -> Result<Effect> {
        let sql = format!("DELETE FROM {} WHERE {} = $1", entity.table, entity.id);
        let removed = self.connection.execute(&sql, &[Bind::Integer(before.id)]);
        removed.map_err(|failure| self.explained(entity, Some(before.id), &before.values, failure))?;
        self.reader.forget(entity);
        if let (Some(recorder), connection, now) = self.recording() {
            recorder.removed(connection, now, entity, before.id, &before.values)?;
        }
        Ok(Effect { action: Action::Remove, entity, id: before.id, changed: Vec::new() })
    }

    fn forget_units(&self, entity: &Entity) {
        // A new record changes no path that is remembered; a new unit changes the units.
        if entity.seeded {
            self.reader.forget(entity);
        }
    }

    /// What a statement that failed means, found by looking the catalog's keys up.
    fn explained(&self, entity: &'static Entity, own: Option<i64>, values: &[Value], failure: Failure) -> Error {
        match failure {
            Failure::Engine(error) => error,
            Failure::Taken => match self.holder_of_key(entity, own, values, entity.keys) {
                Ok(Some((id, _))) => match self.path(entity, id) {
                    Ok(path) => taken(entity, &path),
                    Err(error) => error,
                },
                Ok(None) => Error::conflict(format!("such {} exists already", article(entity.labels.0))),
                Err(error) => error,
            },
            Failure::Dangling => Error::conflict(format!("the {} is still needed by other records", entity.labels.0)),
            Failure::Refused(constraint) => Error::failed(format!(
                "the inventory does not take such {} (constraint {})",
                article(entity.labels.0),
                shown::quoted(&constraint)
            )),
        }
    }

    /// The other record that has the same values in all fields of one of `keys`, and that key.
    pub fn holder_of_key(
        &self,
        entity: &'static Entity,
        own: Option<i64>,
        values: &[Value],
        keys: &'static [&'static [&'static str]],
    ) -> Result<Option<(i64, &'static [&'static str])>> {
        for key in keys {
            let places = key.iter().filter_map(|name| entity.position(name));
            let wanted: Vec<&Value> = places.filter_map(|place| values.get(place)).collect();
            let mut holder = None;
            self.each_with(entity, key, &wanted, |record| {
                if Some(record.id) == own {
                    return Ok(std::ops::ControlFlow::Continue(()));
                }
                holder = Some(record.id);
                Ok(std::ops::ControlFlow::Break(()))
            })?;
            if let Some(id) = holder {
                return Ok(Some((id, key)));
            }
        }
        Ok(None)
    }
}

/// The conflict that a taken key is.
pub(super) fn taken(entity: &Entity, path: &str) -> Error {
    Error::conflict(format!("{} {} already exists", entity.labels.0, shown::quoted(path)))
}

fn article(label: &str) -> String {
    let vowel = label.starts_with(['a', 'e', 'i', 'o', 'u']) && !label.starts_with("un") && !label.starts_with("us");
    format!("{} {label}", if vowel { "an" } else { "a" })
}

/// What a field of this kind holds when nothing is given.
fn default(kind: Kind) -> Value {
    match kind {
        Kind::Status => Value::Text(status::UNKNOWN.to_owned()),
        Kind::Role => Value::Text(Role::Viewer.word().to_owned()),
        _ => Value::Null,
    }
}

/// Makes sure that a record has what it must have, and what goes together.
fn obeys(entity: &Entity, values: &[Value]) -> Result<()> {
    let is_empty = |name: &str| entity.position(name).and_then(|place| values.get(place)) == Some(&Value::Null);
    let missing = entity.fields.iter().zip(values).find(|(field, value)| field.required && **value == Value::Null);
    if let Some((field, _)) = missing {
        return Err(Error::failed(format!("{} needs a {}", article(entity.labels.0), field.name)));
    }
    for rule in entity.rules {
        match rule {
            Rule::NotBoth(one, other) if !is_empty(one) && !is_empty(other) => {
                return Err(Error::failed(format!("{} has {one} or {other}, not both", article(entity.labels.0)))
                    .help(format!("leave one out, or clear it with --clear {other}")));
            }
            Rule::AnyOf(fields) if fields.iter().all(|name| is_empty(name)) => {
                return Err(Error::failed(format!("{} needs {}", article(entity.labels.0), fields.join(" or "))));
            }
            Rule::NotBoth(..) | Rule::AnyOf(_) => {}
        }
    }
    Ok(())
}
