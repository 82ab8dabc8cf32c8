//! The one door through which the inventory changes.
//!
//! [`Writer::apply`] takes one create, update or removal, fills in what the store sets (times, defaults), refuses what
//! the catalog's rules and keys refuse, writes it, and returns what happened with the old values: what a report tells
//! and what would undo it.

use crate::catalog::{Entity, Field, Kind, Rule};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::store::engine::batch::insert;
use crate::store::engine::{Bind, Connection, Failure, Prepared};
use crate::store::history::action::Action;
use crate::store::history::{Mark, Recorder};
use crate::store::login::{self, SignedIn};
use crate::store::reading::reader::Reader;
use crate::store::reading::record::{self, Record};
use crate::store::writing::change::{Change, Effect};
use crate::value::role::Role;
use crate::value::{Cell, shown, status, time};
use std::borrow::Cow;
use std::ops::Deref;
use std::rc::Rc;

/// Capacity of the cache of statements that write one record.
const STATEMENTS: usize = 16;

/// One transaction that may write. Reads as its [`Reader`] does, and sees what it has written.
pub struct Writer<'s> {
    reader: Reader<'s>,
    now: Rc<str>,
    recorder: Option<Recorder>,
    operator: Option<SignedIn>,
    operators_changed: bool,
    /// Statements that write one record, for the next one of the kind.
    statements: Vec<Ready<'s>>,
}

/// A field that changes.
#[derive(Debug)]
struct Changed<'v> {
    place: usize,
    field: &'static Field,
    old: &'v Cell<'v>,
    new: Cell<'v>,
}

/// A statement that writes one record.
#[derive(Debug)]
struct Ready<'s> {
    entity: &'static Entity,
    what: What,
    /// The fields that change, by their place in the catalog.
    places: Vec<usize>,
    statement: Prepared<'s>,
}

/// Kind of a statement that writes one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Creates it.
    New,
    /// It makes it again, with the id that it had.
    Restored,
    /// It gives fields of it other values.
    Changed,
}

/// Treatment of a record's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Times {
    /// An empty time is left as it is; the time of the change is set.
    Set,
    /// Times are values like others.
    Exact,
}

impl<'s> Deref for Writer<'s> {
    type Target = Reader<'s>;

    fn deref(&self) -> &Reader<'s> {
        &self.reader
    }
}

impl<'s> Writer<'s> {
    /// A transaction that tells history what it did; or, without a `recorder`, one that never lasts. It does what the
    /// `operator` may; where nobody has to sign in, and in one that never lasts, there is none.
    pub(in crate::store) fn new(reader: Reader<'s>, recorder: Option<Recorder>, operator: Option<SignedIn>) -> Self {
        let now = time::now().into();
        Self { reader, now, recorder, operator, operators_changed: false, statements: Vec::new() }
    }

    /// Returns the login user who is signed in.
    pub(in crate::store) const fn operator(&self) -> Option<&SignedIn> {
        self.operator.as_ref()
    }

    /// Returns true if this transaction needed no login.
    #[must_use]
    pub const fn is_open_to_all(&self) -> bool {
        self.operator.is_none()
    }

    /// Makes sure that the operator may do what takes `role`; `what` follows "may not".
    pub(in crate::store) fn needs(&self, role: Role, what: &str) -> Result<()> {
        self.operator.as_ref().map_or(Ok(()), |operator| operator.needs(role, what))
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

    /// Returns the number of the change, once it has had an effect.
    #[must_use]
    pub fn change_id(&self) -> Option<i64> {
        self.recorder.as_ref().and_then(Recorder::change)
    }

    /// Returns the recorder of history, with the connection and the time that it needs.
    pub(in crate::store) fn recording(&mut self) -> (Option<&mut Recorder>, &'s Connection, &str) {
        (self.recorder.as_mut(), self.reader.connection, &self.now)
    }

    /// Writes the entries that history has waiting, so that the change so far can be read.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn settle_history(&mut self) -> Result<()> {
        match self.recording() {
            (Some(recorder), connection, _) => recorder.settle(connection),
            (None, ..) => Ok(()),
        }
    }

    /// Checks the rules that hold at the end, and completes the change in history: the last step of the transaction.
    pub(in crate::store) fn finish(&mut self) -> Result<Option<Mark>> {
        if self.operators_changed {
            login::check_admins(self.connection, self.operator.as_ref())?;
        }
        match self.recording() {
            (Some(recorder), connection, _) => recorder.finish(connection),
            (None, ..) => Ok(None),
        }
    }

    /// Makes one change.
    ///
    /// # Errors
    /// The catalog's rules forbid it, a key is taken, the record is still needed, or the file cannot be written.
    pub fn apply(&mut self, change: Change<'_>) -> Result<Effect> {
        interrupt::check()?;
        if change.entity().operates {
            self.needs(Role::Admin, "change login users")?;
            self.operators_changed = true;
        }
        match change {
            Change::Create { entity, values } => self.create(entity, None, values),
            Change::Update { entity, before, values } => self.update(entity, before, &values, Times::Set),
            Change::Remove { entity, before } => self.remove(entity, before),
            Change::Restore { entity, record } => self.create(entity, Some(record.id), record.values),
            Change::Revert { entity, before, values } => self.update(entity, before, &values, Times::Exact),
        }
    }

    /// Runs `attempt`; where it fails, what it wrote is undone, and the transaction can go on.
    ///
    /// # Errors
    /// That of `attempt`, or what ends the transaction as a whole.
    pub fn whole_or_nothing<T, E: From<Error>>(
        &mut self,
        attempt: impl FnOnce(&mut Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.connection.batch("SAVEPOINT attempt")?;
        let recorder = self.recorder.clone();
        let done = attempt(self);
        if done.is_err() {
            // The engine has rolled back the whole transaction where the disk failed.
            if self.connection.is_at_rest() {
                return done;
            }
            self.connection.batch("ROLLBACK TO attempt")?;
            self.reader.forget_all();
            self.recorder = recorder;
        }
        self.connection.batch("RELEASE attempt")?;
        done
    }

    /// Fills in what the store sets of a new record.
    ///
    /// # Errors
    /// The catalog's rules refuse it.
    pub(in crate::store) fn complete(&self, entity: &'static Entity, cells: &mut [Cell<'_>]) -> Result<()> {
        for (field, cell) in entity.fields.iter().zip(cells.iter_mut()) {
            if *cell == Cell::Null {
                *cell = match field.kind {
                    Kind::Created | Kind::Updated => Cell::Text(Cow::Owned(self.now.to_string())),
                    Kind::Role if self.count(entity)? == 0 => Cell::Text(Role::Admin.word().into()),
                    kind => default(kind),
                };
            }
        }
        obeys(entity, |place| cells.get(place).unwrap_or(&Cell::Null))
    }

    /// Notes a new record in history.
    pub(in crate::store) fn note_new(&mut self, entity: &'static Entity, id: i64) -> Result<()> {
        // A new record changes no path that is remembered; a new unit changes the units.
        if entity.seeded {
            self.reader.forget(entity);
        }
        if let (Some(recorder), connection, now) = self.recording() {
            recorder.created(connection, now, entity, id)?;
        }
        Ok(())
    }

    /// Creates a record; with an `id`, one that was there before.
    pub(in crate::store) fn create(
        &mut self,
        entity: &'static Entity,
        id: Option<i64>,
        cells: Vec<Cell<'_>>,
    ) -> Result<Effect> {
        let mut cells = cells;
        self.complete(entity, &mut cells)?;
        let what = if id.is_some() { What::Restored } else { What::New };
        let statement = self.statement(entity, what, std::iter::empty(), |connection| {
            let sql = if id.is_some() {
                insert(entity.table, &own_columns(entity), 1)
            } else {
                insert(entity.table, &columns(entity), 1)
            };
            // A key that is taken is looked up afterwards, in a transaction that goes on.
            connection.prepare(&format!("{sql} ON CONFLICT DO NOTHING RETURNING {}", entity.id))
        })?;
        let fields = entity.fields.iter().zip(&cells).flat_map(|(field, cell)| record::binds(field, cell));
        let written = statement.insert(fields.chain(id.map(Bind::Integer)));
        let Some(id) = written.map_err(|failure| explained(entity, failure))? else {
            return Err(self.conflict(entity, None, |place| cells.get(place).unwrap_or(&Cell::Null))?);
        };
        self.note_new(entity, id)?;
        Ok(Effect { action: Action::Create, entity, id, changed: Vec::new() })
    }

    /// Returns whether a person makes this change, and no source.
    fn is_of_a_person(&self) -> bool {
        self.recorder.as_ref().is_some_and(|recorder| recorder.source().is_none())
    }

    /// Runs `write` without history, unless history has something of this transaction already.
    pub(in crate::store) fn unless_changed_unrecorded<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let is_open = self.recorder.as_ref().is_some_and(|recorder| recorder.change().is_some());
        let recorder = if is_open { None } else { self.recorder.take() };
        let written = write(self);
        if recorder.is_some() {
            self.recorder = recorder;
        }
        written
    }

    /// Changes fields of a record to other values.
    pub(in crate::store) fn update<'v>(
        &mut self,
        entity: &'static Entity,
        before: &'v Record,
        values: &'v [(usize, Cell<'v>)],
        times: Times,
    ) -> Result<Effect> {
        let (id, now) = (before.id, Rc::clone(&self.now));
        let exactly = times == Times::Exact;
        // Times that are left empty are left as they are, or set.
        let is_left = |kind| !exactly && matches!(kind, Kind::Created | Kind::Updated);
        let mut changed: Vec<Changed<'_>> = Vec::new();
        for ((place, field), old) in entity.fields.iter().enumerate().zip(&before.values) {
            let new = match values.iter().rev().find(|(at, _)| *at == place) {
                None => continue,
                Some((_, Cell::Null)) if is_left(field.kind) => continue,
                Some((_, Cell::Null)) => default(field.kind),
                Some((_, value)) => value.to_borrowed(),
            };
            if *old != new {
                changed.push(Changed { place, field, old, new });
            }
        }
        if changed.is_empty() {
            return Ok(Effect { action: Action::Nothing, entity, id, changed: Vec::new() });
        }
        for ((place, field), old) in entity.fields.iter().enumerate().zip(&before.values) {
            let is_set = field.kind == Kind::Updated && !exactly && !changed.iter().any(|other| other.place == place);
            let new = Cell::Text(Cow::Borrowed(&*now));
            if is_set && *old != new {
                let at = changed.partition_point(|other| other.place < place);
                changed.insert(at, Changed { place, field, old, new });
            }
        }
        let after = |place: usize| match changed.iter().find(|changed| changed.place == place) {
            Some(changed) => &changed.new,
            None => before.values.get(place).unwrap_or(&Cell::Null),
        };
        obeys(entity, after)?;
        let is_in = |key: &&[&str]| changed.iter().any(|changed| key.contains(&changed.field.name));
        if entity.keys.iter().any(is_in) && self.holder_of_key(entity, Some(id), after, entity.keys)?.is_some() {
            return Err(self.conflict(entity, Some(id), after)?);
        }
        let binds = changed.iter().flat_map(|changed| record::binds(changed.field, &changed.new));
        let places = changed.iter().map(|changed| changed.place);
        let statement = self.statement(entity, What::Changed, places, |connection| {
            let columns: Vec<&str> = changed.iter().flat_map(|changed| changed.field.columns()).collect();
            let assigned: Vec<String> =
                (1..).zip(&columns).map(|(number, column)| format!("{column} = ${number}")).collect();
            let (table, own, number) = (entity.table, entity.id, columns.len() + 1);
            connection.prepare(&format!("UPDATE {table} SET {} WHERE {own} = ${number}", assigned.join(", ")))
        });
        let touched = statement?.execute(binds.chain([Bind::Integer(id)]));
        if touched.map_err(|failure| explained(entity, failure))? == 0 {
            return Err(Error::not_found(format!("no {} with id {id}", entity.labels.0)));
        }
        self.reader.forget(entity);
        if changed.iter().any(|changed| changed.field.kind == Kind::Secret) {
            login::end_sessions(self.reader.connection, id)?;
        }
        if let (Some(recorder), connection, now) = self.recording() {
            let old = changed.iter().map(|changed| (changed.place, changed.old));
            recorder.updated(connection, now, entity, id, old)?;
        }
        if !exactly && self.is_of_a_person() {
            let is_decided = |changed: &&Changed<'_>| !matches!(changed.field.kind, Kind::Created | Kind::Updated);
            let fields: Vec<&'static str> =
                changed.iter().filter(is_decided).map(|changed| changed.field.name).collect();
            self.claim(entity, id, &fields)?;
        }
        let changed = changed.into_iter();
        let changed =
            changed.map(|changed| (changed.place, changed.old.clone().into_owned(), changed.new.into_owned()));
        Ok(Effect { action: Action::Update, entity, id, changed: changed.collect() })
    }

    /// The statement that does that to a record, and to its fields at these places; `make` makes it the first time.
    fn statement(
        &mut self,
        entity: &'static Entity,
        what: What,
        places: impl Iterator<Item = usize> + Clone,
        make: impl FnOnce(&'s Connection) -> Result<Prepared<'s>>,
    ) -> Result<&mut Prepared<'s>> {
        let is_it = |ready: &Ready<'_>| {
            ready.what == what && ready.entity.noun == entity.noun && ready.places.iter().copied().eq(places.clone())
        };
        let place = if let Some(place) = self.statements.iter().position(is_it) {
            place
        } else {
            let statement = make(self.reader.connection)?;
            self.statements.truncate(STATEMENTS - 1);
            self.statements.insert(0, Ready { entity, what, places: places.collect(), statement });
            0
        };
        let ready = self.statements.get_mut(place).ok_or_else(|| Error::failed("a statement was not kept"))?;
        Ok(&mut ready.statement)
    }

    /// Gives the login user who is signed in another password, which every role may.
    pub(in crate::store) fn change_own_password(&mut self, hash: &str) -> Result<()> {
        let nobody = || Error::conflict("the login user no longer exists");
        let entity = self.catalog().entities().find(|entity| entity.operates).ok_or_else(nobody)?;
        let id = self.operator.as_ref().map(|operator| operator.id).ok_or_else(nobody)?;
        let record = self.record(entity, id)?.ok_or_else(nobody)?;
        let secret = entity.fields.iter().position(|field| field.kind == Kind::Secret).ok_or_else(nobody)?;
        self.update(entity, &record, &[(secret, Cell::Text(hash.into()))], Times::Set).map(drop)
    }

    fn remove(&mut self, entity: &'static Entity, before: &Record) -> Result<Effect> {
        let sql = format!("DELETE FROM {} WHERE {} = $1", entity.table, entity.id);
        let removed = self.connection.execute(&sql, &[Bind::Integer(before.id)]);
        removed.map_err(|failure| explained(entity, failure))?;
        self.reader.forget(entity);
        if let (Some(recorder), connection, now) = self.recording() {
            recorder.removed(connection, now, entity, before.id, before.values.iter())?;
        }
        Ok(Effect { action: Action::Remove, entity, id: before.id, changed: Vec::new() })
    }

    /// The conflict of a record whose key another one has.
    fn conflict<'c>(
        &self,
        entity: &'static Entity,
        own: Option<i64>,
        cell: impl Fn(usize) -> &'c Cell<'c>,
    ) -> Result<Error> {
        Ok(match self.holder_of_key(entity, own, cell, entity.keys)? {
            Some((id, _)) => taken(entity, &self.title(entity, id)?),
            None => explained(entity, Failure::Taken),
        })
    }
}

/// Returns the conflict for a duplicate key.
pub(in crate::store) fn taken(entity: &Entity, title: &str) -> Error {
    Error::exists(format!("{} {} already exists", entity.labels.0, shown::quoted(title)))
}

/// Returns the error for a failed statement.
fn explained(entity: &Entity, failure: Failure) -> Error {
    match failure {
        Failure::Engine(error) => error,
        Failure::Taken => Error::exists(format!("such {} already exists", entity.with_article())),
        Failure::Dangling => Error::in_use(format!("other records still depend on the {}", entity.labels.0)),
        Failure::Refused(constraint) => Error::failed(format!(
            "the inventory refuses such {} (constraint {})",
            entity.with_article(),
            shown::quoted(&constraint)
        )),
    }
}

/// The columns of a record, without its id.
fn columns(entity: &Entity) -> Vec<&'static str> {
    entity.fields.iter().flat_map(Field::columns).collect()
}

/// The columns of a record that is written with an id of ours, which comes last.
pub(in crate::store) fn own_columns(entity: &Entity) -> Vec<&'static str> {
    columns(entity).into_iter().chain([entity.id]).collect()
}

/// Returns the default value of a field of this kind.
fn default(kind: Kind) -> Cell<'static> {
    match kind {
        Kind::Status => Cell::Text(status::UNKNOWN.into()),
        Kind::Role => Cell::Text(Role::Viewer.word().into()),
        _ => Cell::Null,
    }
}

/// Makes sure that a record has what it must have, and what goes together.
fn obeys<'c>(entity: &Entity, value: impl Fn(usize) -> &'c Cell<'c>) -> Result<()> {
    let is_empty = |name: &str| entity.position(name).is_some_and(|place| *value(place) == Cell::Null);
    let missing =
        entity.fields.iter().enumerate().find(|(place, field)| field.required && *value(*place) == Cell::Null);
    if let Some((_, field)) = missing {
        // A unit requires bytes, a VM a pool.
        let article = if field.kind == Kind::Factor { "" } else { "a " };
        return Err(Error::failed(format!("{} requires {article}{}", entity.with_article(), field.name)));
    }
    for rule in entity.rules {
        match rule {
            Rule::NotBoth(one, other) if !is_empty(one) && !is_empty(other) => {
                return Err(Error::failed(format!("{} has {one} or {other}, not both", entity.with_article()))
                    .help(format!("omit one of the fields, or clear it with --clear {other}")));
            }
            Rule::AnyOf(fields) if fields.iter().all(|name| is_empty(name)) => {
                return Err(Error::failed(format!("{} requires {}", entity.with_article(), fields.join(" or "))));
            }
            Rule::NotBoth(..) | Rule::AnyOf(_) => {}
        }
    }
    Ok(())
}
