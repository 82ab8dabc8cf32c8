//! The one door through which the inventory changes.
//!
//! [`Writer::apply`] takes one create, update or removal, fills in what the store sets (times, defaults), refuses what
//! the catalog's rules and keys refuse, writes it, and returns what happened with the old values: what a report tells
//! and what would undo it.

use crate::catalog::{Entity, Field, Kind, Rule};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::store::engine::{Bind, Connection, Failure, Prepared};
use crate::store::history::{Mark, Recorder};
use crate::store::login::{self, SignedIn};
use crate::store::reading::reader::Reader;
use crate::store::reading::record::{self, Record};
use crate::store::writing::bulk::{Bulk, insert};
use crate::store::writing::change::{Action, Change, Effect};
use crate::value::role::Role;
use crate::value::{Lent, Value, shown, status, time};
use std::ops::Deref;
use std::rc::Rc;

/// How many statements are kept that write one record.
const KEPT: usize = 16;

/// One transaction that may write. Reads as its [`Reader`] does, and sees what it has written.
pub struct Writer<'s> {
    reader: Reader<'s>,
    now: Rc<str>,
    recorder: Option<Recorder>,
    operator: Option<SignedIn>,
    operators_changed: bool,
    bulk: Option<Bulk<'s>>,
    /// Whether the engine is told not to look up what records refer to.
    trusts: bool,
    tells: bool,
    /// Statements that write one record, for the next one of the kind.
    kept: Vec<Kept<'s>>,
}

/// A field that is given another value.
#[derive(Debug)]
struct Changed<'v> {
    place: usize,
    field: &'static Field,
    old: Lent<'v>,
    new: Lent<'v>,
}

/// A statement that writes one record.
#[derive(Debug)]
struct Kept<'s> {
    entity: &'static Entity,
    what: What,
    /// The fields that are given other values, by their place in the catalog.
    places: Vec<usize>,
    statement: Prepared<'s>,
}

/// What a statement does to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// It makes it.
    New,
    /// It makes it again, with the id that it had.
    Restored,
    /// It gives fields of it other values.
    Changed,
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
        Self {
            reader,
            now,
            recorder,
            operator,
            operators_changed: false,
            bulk: None,
            trusts: false,
            tells: true,
            kept: Vec::new(),
        }
    }

    /// Says whether effects are to tell which values changed. Of a million changes nobody may ask it.
    pub const fn tells_values(&mut self, whether: bool) {
        self.tells = whether;
    }

    /// Who is signed in.
    pub(in crate::store) const fn operator(&self) -> Option<&SignedIn> {
        self.operator.as_ref()
    }

    /// Whether nobody had to sign in for this.
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

    /// Says whether the engine need not look up what records refer to, until [`Self::end_bulk`] at most: what is written
    /// refers to what was found in this transaction, and nothing is removed meanwhile.
    ///
    /// # Errors
    /// The engine does not take it.
    pub fn trust_references(&mut self, whether: bool) -> Result<()> {
        if std::mem::replace(&mut self.trusts, whether) != whether {
            self.reader.connection.enforce_references(!whether)?;
        }
        Ok(())
    }

    /// From here on until [`Self::end_bulk`], new records of `entity` go into its table many at once; if `first`, its
    /// indexes are made afterwards. Nothing else may be done with its records meanwhile: what was written may not be
    /// there yet, and what the engine refuses is told at the end.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin_bulk(&mut self, entity: &'static Entity, first: bool) -> Result<()> {
        self.trust_references(true)?;
        let connection = self.reader.connection;
        match &mut self.bulk {
            None => self.bulk = Some(Bulk::begin(connection, entity, first)?),
            Some(bulk) if first => bulk.suspend_indexes(connection)?,
            Some(_) => {}
        }
        Ok(())
    }

    /// Says that something came up which needs the records that were written, so that the transaction is of no use.
    pub const fn give_up_bulk(&mut self) {
        if let Some(bulk) = &mut self.bulk {
            bulk.refused = true;
        }
    }

    /// Writes what waits, and makes the indexes. Tells whether every record was taken: if not, the transaction is of no use
    /// any more.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn end_bulk(&mut self) -> Result<bool> {
        let whole = self.bulk.take().map_or(Ok(true), |bulk| bulk.end(self.reader.connection))?;
        if whole {
            self.trust_references(false)?;
        }
        Ok(whole)
    }

    /// What history is told with, and what it needs for that.
    pub(in crate::store) fn recording(&mut self) -> (Option<&mut Recorder>, &'s Connection, &str) {
        (self.recorder.as_mut(), self.reader.connection, &self.now)
    }

    /// Tests what must hold at the end, and writes what history still has to be told: the last step of the transaction.
    pub(in crate::store) fn finish(&mut self) -> Result<Option<Mark>> {
        if self.operators_changed {
            login::keeps_an_admin(self.connection, self.operator.is_some())?;
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
            Change::Create { entity, values } => self.create(entity, None, values.iter().map(Value::lend).collect()),
            Change::Enter { entity, values } => self.create(entity, None, values),
            Change::Update { entity, before, values } => {
                self.update(entity, before.id, held(before), given(&values), false)
            }
            Change::Amend { entity, id, before, values } => {
                let wanted = |place| if before.is_same(place) { None } else { values.get(place).copied().flatten() };
                self.update(entity, id, |place| before.value(place, values), wanted, false)
            }
            Change::Remove { entity, before } => self.remove(entity, before),
            Change::Restore { entity, record } => {
                self.create(entity, Some(record.id), record.values.iter().map(Value::lend).collect())
            }
            Change::Revert { entity, before, values } => {
                self.update(entity, before.id, held(before), given(&values), true)
            }
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
    fn create(&mut self, entity: &'static Entity, id: Option<i64>, values: Vec<Lent<'_>>) -> Result<Effect> {
        let now = Rc::clone(&self.now);
        let mut values = values;
        for (field, value) in entity.fields.iter().zip(&mut values) {
            if *value == Lent::Null {
                *value = match field.kind {
                    Kind::Created | Kind::Updated => Lent::Text(&now),
                    Kind::Role if self.count(entity)? == 0 => Lent::Text(Role::Admin.word()),
                    kind => default(kind),
                };
            }
        }
        obeys(entity, |place| values.get(place).copied().unwrap_or(Lent::Null))?;
        let connection = self.reader.connection;
        let id = match &mut self.bulk {
            Some(bulk) if bulk.entity.noun == entity.noun => bulk.add(connection, &values)?,
            _ => self.insert(entity, id, &values)?,
        };
        self.forget_units(entity);
        if let (Some(recorder), connection, now) = self.recording() {
            recorder.created(connection, now, entity, id)?;
        }
        Ok(Effect { action: Action::Create, entity, id, changed: Vec::new() })
    }

    /// Writes one row, and tells its id.
    fn insert(&mut self, entity: &'static Entity, id: Option<i64>, values: &[Lent<'_>]) -> Result<i64> {
        let given = entity.fields.iter().zip(values).flat_map(|(field, value)| record::lent_binds(field, *value));
        let what = if id.is_some() { What::Restored } else { What::New };
        let kept = self.kept(entity, what, std::iter::empty(), |connection| {
            let own = id.map(|_| entity.id);
            let columns: Vec<&str> = entity.fields.iter().flat_map(Field::columns).chain(own).collect();
            connection.prepare(&insert(entity.table, &columns, 1))
        })?;
        let written = kept.execute(given.chain(id.map(Bind::Integer)));
        written.map_err(|failure| self.explained(entity, None, values, failure))?;
        Ok(self.connection.last_given())
    }

    /// Gives fields other values, those of `given`, where `old` tells what they hold; if `exactly`, the times too are those
    /// that are given.
    fn update<'v>(
        &mut self,
        entity: &'static Entity,
        id: i64,
        old: impl Fn(usize) -> Lent<'v>,
        given: impl Fn(usize) -> Option<Lent<'v>>,
        exactly: bool,
    ) -> Result<Effect> {
        let now = Rc::clone(&self.now);
        // Times that are left empty are left as they are, or set.
        let is_left = |kind| !exactly && matches!(kind, Kind::Created | Kind::Updated);
        let mut changed: Vec<Changed<'_>> = Vec::new();
        for (place, field) in entity.fields.iter().enumerate() {
            let new = match given(place) {
                None => continue,
                Some(Lent::Null) if is_left(field.kind) => continue,
                Some(Lent::Null) => default(field.kind),
                Some(value) => value,
            };
            let old = old(place);
            if old != new {
                changed.push(Changed { place, field, old, new });
            }
        }
        if changed.is_empty() {
            return Ok(Effect { action: Action::Nothing, entity, id, changed: Vec::new() });
        }
        for (place, field) in entity.fields.iter().enumerate() {
            let is_set = field.kind == Kind::Updated && !exactly && !changed.iter().any(|known| known.place == place);
            let (old, new) = (old(place), Lent::Text(&now));
            if is_set && old != new {
                let before = changed.partition_point(|known| known.place < place);
                changed.insert(before, Changed { place, field, old, new });
            }
        }
        let after =
            |place: usize| changed.iter().find(|known| known.place == place).map_or(old(place), |known| known.new);
        obeys(entity, after)?;
        let binds = changed.iter().flat_map(|changed| record::lent_binds(changed.field, changed.new));
        let places = changed.iter().map(|changed| changed.place);
        let statement = self.kept(entity, What::Changed, places, |connection| {
            let columns: Vec<&str> = changed.iter().flat_map(|changed| changed.field.columns()).collect();
            let assigned: Vec<String> =
                (1..).zip(&columns).map(|(number, column)| format!("{column} = ${number}")).collect();
            let (table, own, number) = (entity.table, entity.id, columns.len() + 1);
            connection.prepare(&format!("UPDATE {table} SET {} WHERE {own} = ${number}", assigned.join(", ")))
        });
        let touched = statement?.execute(binds.chain([Bind::Integer(id)])).map_err(|failure| {
            let values: Vec<Lent<'_>> = (0..entity.fields.len()).map(after).collect();
            self.explained(entity, Some(id), &values, failure)
        })?;
        if touched == 0 {
            return Err(Error::not_found(format!("no {} with id {id}", entity.labels.0)));
        }
        self.reader.forget(entity);
        if changed.iter().any(|changed| changed.field.kind == Kind::Secret) {
            login::end_sessions(self.reader.connection, id)?;
        }
        if let (Some(recorder), connection, now) = self.recording() {
            recorder.updated(
                connection,
                now,
                entity,
                id,
                changed.iter().map(|changed| (changed.place, changed.old)),
            )?;
        }
        let told = changed.iter().filter(|_| self.tells);
        let told = told.map(|changed| (changed.place, changed.old.to_value(), changed.new.to_value()));
        Ok(Effect { action: Action::Update, entity, id, changed: told.collect() })
    }

    /// The statement that does that to a record, and to its fields at these places; where it is not kept, `make` makes it.
    fn kept(
        &mut self,
        entity: &'static Entity,
        what: What,
        places: impl Iterator<Item = usize> + Clone,
        make: impl FnOnce(&'s Connection) -> Result<Prepared<'s>>,
    ) -> Result<&mut Prepared<'s>> {
        let known = |kept: &Kept<'_>| {
            kept.what == what && kept.entity.noun == entity.noun && kept.places.iter().copied().eq(places.clone())
        };
        let place = if let Some(place) = self.kept.iter().position(known) {
            place
        } else {
            let statement = make(self.reader.connection)?;
            self.kept.truncate(KEPT - 1);
            self.kept.insert(0, Kept { entity, what, places: places.collect(), statement });
            0
        };
        let kept = self.kept.get_mut(place).ok_or_else(|| Error::failed("a statement was not kept"))?;
        Ok(&mut kept.statement)
    }

    /// Gives the login user who is signed in another password, which every role may.
    pub(in crate::store) fn change_own_password(&mut self, hash: &str) -> Result<()> {
        let nobody = || Error::conflict("the login user is gone meanwhile");
        let entity = self.catalog().entities().find(|entity| entity.operates).ok_or_else(nobody)?;
        let id = self.operator.as_ref().map(|operator| operator.id).ok_or_else(nobody)?;
        let record = self.record(entity, id)?.ok_or_else(nobody)?;
        let secret = entity.fields.iter().position(|field| field.kind == Kind::Secret).ok_or_else(nobody)?;
        let given = |place| (place == secret).then_some(Lent::Text(hash));
        self.update(entity, id, held(&record), given, false).map(drop)
    }

    fn remove(&mut self, entity: &'static Entity, before: &Record) -> Result<Effect> {
        let sql = format!("DELETE FROM {} WHERE {} = $1", entity.table, entity.id);
        let removed = self.connection.execute(&sql, &[Bind::Integer(before.id)]);
        let old = before.values.iter().map(Value::lend);
        removed
            .map_err(|failure| self.explained(entity, Some(before.id), &old.clone().collect::<Vec<_>>(), failure))?;
        self.reader.forget(entity);
        if let (Some(recorder), connection, now) = self.recording() {
            recorder.removed(connection, now, entity, before.id, old)?;
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
    fn explained(&self, entity: &'static Entity, own: Option<i64>, values: &[Lent<'_>], failure: Failure) -> Error {
        match failure {
            Failure::Engine(error) => error,
            Failure::Taken => match self.holder_of_key(entity, own, values, entity.keys) {
                Ok(Some((id, _))) => match self.title(entity, id) {
                    Ok(title) => taken(entity, &title),
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
        values: &[Lent<'_>],
        keys: &'static [&'static [&'static str]],
    ) -> Result<Option<(i64, &'static [&'static str])>> {
        for key in keys {
            let places = key.iter().filter_map(|name| entity.position(name));
            let wanted: Vec<Value> =
                places.filter_map(|place| values.get(place)).map(|value| value.to_value()).collect();
            let mut holder = None;
            self.each_with(entity, key, &wanted.iter().collect::<Vec<_>>(), |record| {
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
pub(in crate::store) fn taken(entity: &Entity, title: &str) -> Error {
    Error::conflict(format!("{} {} already exists", entity.labels.0, shown::quoted(title)))
}

fn article(label: &str) -> String {
    let vowel = label.starts_with(['a', 'e', 'i', 'o', 'u']) && !label.starts_with("un") && !label.starts_with("us");
    format!("{} {label}", if vowel { "an" } else { "a" })
}

/// What a field of this kind holds when nothing is given.
const fn default(kind: Kind) -> Lent<'static> {
    match kind {
        Kind::Status => Lent::Text(status::UNKNOWN),
        Kind::Role => Lent::Text(Role::Viewer.word()),
        _ => Lent::Null,
    }
}

/// What a record holds, by the places of fields.
fn held<'r>(record: &'r Record) -> impl Fn(usize) -> Lent<'r> {
    |place| record.values.get(place).map_or(Lent::Null, Value::lend)
}

/// The values that are given for fields, by their places.
fn given<'v>(values: &'v [(usize, Value)]) -> impl Fn(usize) -> Option<Lent<'v>> {
    |place| values.iter().rev().find(|(given, _)| *given == place).map(|(_, value)| value.lend())
}

/// Makes sure that a record has what it must have, and what goes together.
fn obeys<'v>(entity: &Entity, value: impl Fn(usize) -> Lent<'v>) -> Result<()> {
    let is_empty = |name: &str| entity.position(name).is_some_and(|place| value(place) == Lent::Null);
    let missing = entity.fields.iter().enumerate().find(|(place, field)| field.required && value(*place) == Lent::Null);
    if let Some((_, field)) = missing {
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
