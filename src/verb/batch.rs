//! Putting drafts into the inventory, one or a million: the path that `add` and every import share.

use super::intake::{Intake, Items, ends_it};
use super::report::Report;
use super::seen::Seen;
use crate::catalog::{Collection, Entity};
use crate::error::{Error, Result};
use crate::store::{Action, Change, Effect, Finder, Match, Old, Record, Removal, Writer};
use crate::value::{Lent, Value, shown};

/// What becomes of a draft whose record exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is a conflict.
    Refuse,
    /// It stays as it is.
    Skip,
    /// It is given what the draft gives.
    Update,
}

/// How many new records are so many that indexes are better made afterwards.
const MANY: usize = 1_000;
/// How many times as many as there were before they must be too: to make an index is to make all of it.
const TIMES: usize = 2;

/// How many records were made, changed, left and removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub created: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub skipped: usize,
    pub removed: usize,
    pub duplicates: usize,
}

/// Records of one noun on their way into the inventory.
#[derive(Debug)]
pub(crate) struct Batch<'s> {
    pub entity: &'static Entity,
    pub existing: Existing,
    /// Whether soft keys may be shared.
    pub allow_duplicate: bool,
    pub tally: Tally,
    /// The records that drafts were about, and the line of each.
    seen: Seen,
    finder: Finder<'s>,
    /// Whether the table is filled first and its keys are tested afterwards.
    bulk: bool,
    /// At how many new records it is asked whether so many are coming.
    many: usize,
    /// How many records there were before, where that was asked.
    before: Option<usize>,
}

impl<'s> Batch<'s> {
    pub(crate) fn new(entity: &'static Entity, existing: Existing, allow_duplicate: bool) -> Self {
        Self {
            entity,
            existing,
            allow_duplicate,
            tally: Tally::default(),
            seen: Seen::default(),
            finder: Finder::new(entity),
            bulk: false,
            many: MANY,
            before: None,
        }
    }

    /// Puts one draft in: what is given for its fields, and what comes along. `line` is where it stands in its file.
    ///
    /// # Errors
    /// The outer one ends the command; the inner one is the record's fault.
    pub(crate) fn put(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        values: &[Option<Lent<'_>>],
        items: Items,
        line: u64,
        report: &mut Report,
    ) -> Result<Result<i64>> {
        let brings_others = !items.is_empty();
        match self.attempt(writer, intake, values, items, line, report) {
            Err(error) if ends_it(&error) => Err(error),
            Err(error) => {
                // What is told of a record that came along may name the one that brought it, which waits.
                if self.bulk && brings_others {
                    writer.give_up_bulk();
                }
                Ok(Err(error))
            }
            Ok(id) => Ok(Ok(id)),
        }
    }

    fn attempt(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        values: &[Option<Lent<'_>>],
        items: Items,
        line: u64,
        report: &mut Report,
    ) -> Result<i64> {
        for effect in intake.made.drain(..) {
            report.add(writer, &effect)?;
        }
        if self.bulk && !self.is_plain(values) {
            writer.give_up_bulk();
        }
        let existing = if self.bulk { None } else { self.find(writer, values)? };
        if let Some(found) = &existing
            && let Some(first) = self.seen.line(found.id)
        {
            let title = writer.title(self.entity, found.id)?;
            let text = format!("{} {} stands in line {first} already", self.entity.labels.0, shown::quoted(&title));
            return Err(Error::conflict(text));
        }
        let id = match (existing, self.existing) {
            (Some(found), Existing::Refuse) => {
                let title = writer.title(self.entity, found.id)?;
                let text = format!("{} {} already exists", self.entity.labels.0, shown::quoted(&title));
                return Err(Error::conflict(text));
            }
            (Some(found), Existing::Skip) => {
                self.tally.skipped += 1;
                found.id
            }
            (Some(found), Existing::Update) => {
                if !found.differs && items.is_empty() {
                    self.tally.unchanged += 1;
                } else {
                    self.update(writer, intake, found, values, items, report)?;
                }
                found.id
            }
            (None, _) => {
                let all = values.iter().map(|value| value.unwrap_or(Lent::Null)).collect();
                let effect = self.create(writer, self.entity, all)?;
                report.add(writer, &effect)?;
                intake.resolver.add(self.entity, effect.id, values);
                self.tally.created += 1;
                for (collection, items) in items {
                    intake.resolver.forget(writer.catalog().of(collection.of));
                    for item in items {
                        self.collect(writer, collection, effect.id, item, report)?;
                    }
                }
                effect.id
            }
        };
        self.seen.insert(id, line);
        Ok(id)
    }

    /// The record that the draft is about: the one with its natural key.
    fn find(&mut self, writer: &Writer<'s>, values: &[Option<Lent<'_>>]) -> Result<Option<Match>> {
        match self.finder.find(writer, values)? {
            None => self.named_alone(writer, values),
            found => Ok(found),
        }
    }

    /// A record that is there already may be given by its name alone, where that is unambiguous: a file that updates
    /// need not say what holds it.
    fn named_alone(&mut self, writer: &Writer<'_>, values: &[Option<Lent<'_>>]) -> Result<Option<Match>> {
        let given = |name: &str| self.entity.position(name).and_then(|place| *values.get(place)?);
        let held = self.entity.parent_field().filter(|field| field.required);
        let Some(name) = self.entity.names.first().and_then(|name| given(name)) else { return Ok(None) };
        match (held, name) {
            (Some(field), Lent::Text(name)) if self.existing != Existing::Refuse && given(field.name).is_none() => {
                let id = writer.resolve_optional(self.entity, name)?;
                let record = id.map(|id| writer.record(self.entity, id)).transpose()?.flatten();
                Ok(record.map(|record| {
                    let id = record.id;
                    self.finder.keep(record.into());
                    Match { id, differs: true }
                }))
            }
            _ => Ok(None),
        }
    }

    /// Makes one record, numbered if it has no name, unless an operator's duplicate forbids it.
    fn create(&mut self, writer: &mut Writer<'_>, entity: &'static Entity, values: Vec<Lent<'_>>) -> Result<Effect> {
        if self.bulk {
            return writer.apply(Change::Enter { entity, values });
        }
        let number = number(writer, entity, &values)?;
        let mut values = values;
        if let Some((place, name)) = &number
            && let Some(slot) = values.get_mut(*place)
        {
            *slot = Lent::Text(name);
        }
        self.refuse_duplicate(writer, entity, None, &values)?;
        writer.apply(Change::Enter { entity, values })
    }

    fn refuse_duplicate(
        &mut self,
        writer: &Writer<'_>,
        entity: &'static Entity,
        own: Option<i64>,
        values: &[Lent<'_>],
    ) -> Result<()> {
        let Some((holder, key)) = writer.holder_of_key(entity, own, values, entity.soft_keys)? else { return Ok(()) };
        if self.allow_duplicate {
            self.tally.duplicates += 1;
            return Ok(());
        }
        Err(duplicate(writer, entity, holder, key)?)
    }

    fn update(
        &mut self,
        writer: &mut Writer<'_>,
        intake: &mut Intake,
        found: Match,
        values: &[Option<Lent<'_>>],
        items: Items,
        report: &mut Report,
    ) -> Result<()> {
        let id = found.id;
        let old = if found.differs {
            self.finder.take()
        } else {
            let gone = || Error::not_found(format!("no {} with id {id}", self.entity.labels.0));
            Old::from(writer.record(self.entity, id)?.ok_or_else(gone)?)
        };
        let mut touched = self.change(writer, id, &old, values, report)?;
        for (collection, wanted) in items {
            intake.resolver.forget(writer.catalog().of(collection.of));
            touched |= self.reconcile(writer, collection, id, wanted, report)?;
        }
        if touched {
            intake.notice(&Effect { action: Action::Update, entity: self.entity, id, changed: Vec::new() });
            self.tally.changed += 1;
        } else {
            self.tally.unchanged += 1;
        }
        self.finder.keep(old);
        Ok(())
    }

    /// Changes fields of one record; tells whether anything was different.
    pub(crate) fn change(
        &mut self,
        writer: &mut Writer<'_>,
        id: i64,
        before: &Old,
        values: &[Option<Lent<'_>>],
        report: &mut Report,
    ) -> Result<bool> {
        if !self.entity.soft_keys.is_empty() {
            let before = before.with(values);
            let after = before.iter().zip(values).map(|(before, value)| value.unwrap_or(*before));
            let after: Vec<Lent<'_>> = after.collect();
            let place = |name: &str| self.entity.position(name);
            let differs = |name: &&str| place(name).is_some_and(|place| after.get(place) != before.get(place));
            if self.entity.soft_keys.iter().any(|key| key.iter().any(differs)) {
                self.refuse_duplicate(writer, self.entity, Some(id), &after)?;
            }
        }
        let effect = writer.apply(Change::Amend { entity: self.entity, id, before, values })?;
        report.add(writer, &effect)?;
        Ok(effect.action == Action::Update)
    }

    /// Makes one record of a collection.
    fn collect(
        &mut self,
        writer: &mut Writer<'_>,
        collection: &'static Collection,
        owner: i64,
        mut values: Vec<Value>,
        report: &mut Report,
    ) -> Result<()> {
        let of = writer.catalog().of(collection.of);
        if let Some(slot) = of.position(collection.by).and_then(|place| values.get_mut(place)) {
            *slot = Value::Integer(owner);
        }
        let effect = self.create(writer, of, values.iter().map(Value::lend).collect())?;
        report.add(writer, &effect)
    }

    /// Makes a collection what the row says: what is there already stays, what differs is changed, the rest is made or
    /// removed. Tells whether anything was different.
    fn reconcile(
        &mut self,
        writer: &mut Writer<'_>,
        collection: &'static Collection,
        owner: i64,
        mut wanted: Vec<Vec<Value>>,
        report: &mut Report,
    ) -> Result<bool> {
        let of = writer.catalog().of(collection.of);
        let told: Vec<usize> =
            collection.main.iter().chain(&collection.at).filter_map(|name| of.position(name)).collect();
        let same = |one: &[Value], other: &[Value]| told.iter().all(|place| one.get(*place) == other.get(*place));
        let mut left: Vec<Record> = Vec::new();
        writer.each_with(of, &[collection.by], &[&Value::Integer(owner)], |record| {
            match wanted.iter().position(|values| same(values, &record.values)) {
                Some(place) => drop(wanted.remove(place)),
                None => left.push(record),
            }
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        let differs = !(left.is_empty() && wanted.is_empty());
        let mut wanted = wanted.into_iter();
        for record in left {
            // A record with a name of its own keeps it: a disk that grew is the same disk.
            let heir = if of.numbered.is_some() { wanted.next() } else { None };
            if let Some(values) = heir {
                let values = told.iter().filter_map(|place| Some((*place, values.get(*place)?.clone()))).collect();
                let effect = writer.apply(Change::Update { entity: of, before: &record, values })?;
                report.add(writer, &effect)?;
            } else {
                let removal = Removal::plan(writer, of, &[record.id], false)?;
                writer.carry_out(&removal, |reader, effect| report.add(reader, effect))?;
            }
        }
        for values in wanted {
            self.collect(writer, collection, owner, values, report)?;
        }
        Ok(differs)
    }

    /// Whether a draft was about that record.
    pub(crate) fn has_seen(&self, id: i64) -> bool {
        self.seen.line(id).is_some()
    }

    /// Whether a draft says which record it is about without a look at others.
    fn is_plain(&self, values: &[Option<Lent<'_>>]) -> bool {
        let given = |name: &str| {
            let value = self.entity.position(name).and_then(|place| *values.get(place)?);
            value.is_some_and(|value| value != Lent::Null)
        };
        let held = self.entity.parent_field().filter(|field| field.required);
        let named = self.entity.numbered.is_none() || self.entity.names.iter().any(|name| given(name));
        named && held.is_none_or(|field| given(field.name))
    }

    /// Writes many records at once from here on, if they are many and none of them can be there already; and makes the
    /// indexes afterwards, once that is the shorter way. [`Self::made_whole`] ends it. Before that, nothing may ask for
    /// the records. If a row `brings_others`, records of other nouns may be removed for it.
    pub(crate) fn fill_if_many(&mut self, writer: &mut Writer<'s>, brings_others: bool) -> Result<()> {
        let many = self.tally.created + self.tally.changed >= MANY;
        writer.trust_references(self.bulk || many && !brings_others)?;
        if self.tally.created < self.many {
            return Ok(());
        }
        let before = if let Some(before) = self.before {
            before
        } else {
            let held = usize::try_from(writer.count(self.entity)?).unwrap_or(usize::MAX);
            held.saturating_sub(self.tally.created)
        };
        self.before = Some(before);
        self.many = usize::MAX;
        // A record that is there already is to be found, unless it is a conflict in any case; and so is one that another
        // of its noun refers to.
        let asks = self.entity.fields.iter().any(|field| field.refers_to() == Some(self.entity.noun));
        if asks || before > 0 && self.existing != Existing::Refuse {
            return Ok(());
        }
        let most = self.tally.created >= before.saturating_mul(TIMES);
        writer.begin_bulk(self.entity, most)?;
        self.bulk = true;
        if !most {
            self.many = before.saturating_mul(TIMES);
        }
        Ok(())
    }

    /// Whether records go in many at once beside those that were there, each into indexes that are alive.
    pub(crate) const fn waits(&self) -> bool {
        self.bulk && self.many < usize::MAX
    }

    /// Makes the indexes of a table that was filled. Tells whether every record was taken: if not, the transaction is of
    /// no use any more.
    pub(crate) fn made_whole(&mut self, writer: &mut Writer<'_>) -> Result<bool> {
        let whole = writer.end_bulk()?;
        if std::mem::take(&mut self.bulk) && whole {
            self.tally.duplicates = writer.sharing(self.entity, self.entity.soft_keys, self.tally.created)?;
        }
        Ok(whole)
    }

    /// Removes records that no draft was about.
    pub(crate) fn prune(&mut self, writer: &mut Writer<'_>, gone: &[i64], report: &mut Report) -> Result<()> {
        let removal = Removal::plan(writer, self.entity, gone, false)?;
        writer.carry_out(&removal, |reader, effect| report.add(reader, effect))?;
        self.tally.removed += gone.len();
        Ok(())
    }
}

/// The conflict that an address is whose VLAN has it already.
fn duplicate(writer: &Writer<'_>, entity: &'static Entity, holder: i64, key: &[&str]) -> Result<Error> {
    let Some(record) = writer.record(entity, holder)? else {
        return Ok(Error::conflict(format!("such a {} exists already", entity.labels.0)));
    };
    let mut told = Vec::new();
    for name in key {
        if let Some(field) = entity.field(name)
            && let Some(value) = writer.shown(field, record.value(entity, name))?
        {
            told.push(if entity.is_naming(name) { value } else { format!("{name} {value}") });
        }
    }
    let holder = match (entity.parent_field(), writer.catalog().parent(entity)) {
        (Some(field), Some((_, target))) => match record.value(entity, field.name) {
            Value::Integer(id) => format!("by {} {}", target.labels.0, shown::quoted(&writer.path(target, *id)?)),
            _ => "as reserved".to_owned(),
        },
        _ => String::new(),
    };
    Ok(Error::conflict(format!("{} is taken {holder}", told.join(" in ")))
        .help("take it all the same with --allow-duplicate"))
}

/// The first number that is free for a record without a name beside the others, `disk0`, `disk1`, …, and its place.
fn number(writer: &Writer<'_>, entity: &'static Entity, values: &[Lent<'_>]) -> Result<Option<(usize, String)>> {
    let (Some(numbered), Some(name), Some(parent)) = (entity.numbered, entity.names.first(), entity.parent) else {
        return Ok(None);
    };
    let (Some(place), Some(parent_place)) = (entity.position(name), entity.position(parent)) else { return Ok(None) };
    if values.get(place) != Some(&Lent::Null) {
        return Ok(None);
    }
    let holder = values.get(parent_place).map_or(Value::Null, |holder| holder.to_value());
    let mut number = numbered.first;
    loop {
        let candidate = Value::Text(format!("{}{number}", numbered.prefix));
        if writer.find(entity, &[name, parent], &[&candidate, &holder])?.is_none() {
            let Value::Text(name) = candidate else { return Ok(None) };
            return Ok(Some((place, name)));
        }
        number += 1;
    }
}
