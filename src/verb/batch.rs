//! Putting drafts into the inventory, one or a million: the path that `add` and every import share.

mod moving;
mod namesakes;
mod rights;
mod sourced;

use self::moving::Deferred;
pub(crate) use self::moving::Faulty;
use self::namesakes::Namesakes;
use super::elements::Items;
use super::intake::{Draft, Intake, Rejected, RowId};
use super::ledger::Ledger;
use super::report::Report;
use super::seen::Seen;
use crate::catalog::source::SOURCE_RECORD;
use crate::catalog::{Collection, Entity};
use crate::error::{Error, Result};
use crate::store::{
    Action, Change, Dependents, Effect, Filled, Filling, Finder, Identifier, Match, Reader, Record, Removal, Writer,
    binding,
};
use crate::value::{Cell, Value, shown};
use serde_json::{Value as Json, json};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

/// Treatment of a draft whose record exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is a conflict.
    Refuse,
    /// The record stays as it is.
    Skip,
    /// The record is changed.
    Update,
}

/// Treatment of a record that shares a soft key with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duplicates {
    /// It is a conflict.
    Refuse,
    /// It is created, and counted.
    Count,
}

/// Number of held fields that are named.
const NAMED: usize = 20;

/// Numbers of records that were created, changed, left and removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub created: usize,
    pub changed: usize,
    /// Changed so that another record holds them.
    pub moved: usize,
    /// Changed so that they have another name.
    pub renamed: usize,
    /// Bound to a source that did not know them before.
    pub adopted: usize,
    /// Known by an id that is another record's now.
    pub replaced: usize,
    /// Marked as missing by this import.
    pub missing: usize,
    /// Fields that the source has other values for, and has no right to write.
    pub conflicts: usize,
    pub unchanged: usize,
    pub skipped: usize,
    pub removed: usize,
    pub duplicates: usize,
}

impl Tally {
    /// Returns the counts as a JSON object.
    pub(crate) fn json(self) -> Json {
        json!({
            "created": self.created,
            "changed": self.changed,
            "moved": self.moved,
            "renamed": self.renamed,
            "adopted": self.adopted,
            "replaced": self.replaced,
            "missing": self.missing,
            "held": self.conflicts,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "removed": self.removed,
            "duplicates": self.duplicates,
        })
    }

    /// Returns whether anything was changed.
    pub(crate) const fn has_changes(self) -> bool {
        let fields = self.created + self.changed + self.moved + self.renamed;
        fields + self.adopted + self.replaced + self.removed + self.missing > 0
    }
}

/// Records of one noun on their way into the inventory.
#[derive(Debug)]
pub(crate) struct Batch<'s> {
    pub entity: &'static Entity,
    pub existing: Existing,
    duplicates: Duplicates,
    pub tally: Tally,
    /// The records that drafts were about, and the line of each.
    seen: Seen,
    finder: Finder<'s>,
    /// Knowledge about the noun of the source that is imported.
    pub ledger: Option<Ledger>,
    /// Rows that wait until all others are placed.
    deferred: Vec<Deferred>,
    namesakes: Vec<Namesakes>,
    /// Sentences about the first fields that are held.
    pub conflicts: Vec<String>,
    /// Records that this import created, if it is of a source.
    pub created: HashSet<i64>,
    /// Those that share a soft key with others.
    pub doubles: Vec<i64>,
    /// Names of records that make way for others before they get their own, by id.
    aside: HashMap<i64, Value>,
    /// The noun and the holder of the last record that was numbered, and that number.
    numbered: Option<(&'static str, i64, u64)>,
    /// Number of rows of a dump by the holder of their records.
    in_order: HashMap<i64, u64>,
}

impl<'s> Batch<'s> {
    /// Returns the records of rows with their lines.
    pub(crate) fn records(&self) -> impl Iterator<Item = (i64, u64)> {
        self.seen.all().map(|(id, line)| (id, line.into()))
    }

    /// Returns the line of the row that is about a record.
    pub(crate) fn line_of(&self, id: i64) -> Option<u64> {
        self.seen.line(id).map(u64::from)
    }

    pub(crate) fn new(entity: &'static Entity, existing: Existing, duplicates: Duplicates) -> Self {
        let (tally, seen, finder) = (Tally::default(), Seen::default(), Finder::new(entity));
        Self {
            entity,
            existing,
            duplicates,
            tally,
            seen,
            finder,
            ledger: None,
            deferred: Vec::new(),
            namesakes: Vec::new(),
            conflicts: Vec::new(),
            created: HashSet::new(),
            doubles: Vec::new(),
            aside: HashMap::new(),
            numbered: None,
            in_order: HashMap::new(),
        }
    }

    /// Puts one draft in, and what comes along with it. Returns the id of its record.
    pub(crate) fn put(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        draft: Draft<'_>,
        report: &mut Report,
    ) -> std::result::Result<i64, Rejected> {
        for effect in intake.created.drain(..) {
            report.add(writer, &effect)?;
        }
        let existing = self.find(writer, &draft.cells)?;
        self.put_at(writer, intake, existing, draft, report)
    }

    /// Puts one draft in, where `existing` is the record that it is about.
    fn put_at(
        &mut self,
        writer: &mut Writer<'s>,
        intake: &mut Intake,
        existing: Option<Match>,
        draft: Draft<'_>,
        report: &mut Report,
    ) -> std::result::Result<i64, Rejected> {
        let Draft { cells, items, line, id: row_id, .. } = draft;
        if let Some(found) = &existing
            && let Some(first) = self.seen.line(found.id())
        {
            let title = writer.title(self.entity, found.id())?;
            let text = format!("{} {} is already in line {first}", self.entity.labels.0, shown::quoted(&title));
            return Err(Error::failed(text).into());
        }
        let id = match (existing, self.existing) {
            (Some(found), Existing::Refuse) => {
                return Err(exists(writer, self.entity, found.id())?.into());
            }
            (Some(found), Existing::Skip) => {
                self.tally.skipped += 1;
                found.id()
            }
            (Some(Match::Same(id)), Existing::Update) if items.is_empty() => {
                self.tally.unchanged += 1;
                id
            }
            (Some(found), Existing::Update) => {
                let id = found.id();
                let record = match found {
                    Match::Other(record) => record,
                    Match::Same(_) => writer
                        .record(self.entity, id)?
                        .ok_or_else(|| Error::not_found(format!("no {} with id {id}", self.entity.labels.0)))?,
                };
                self.update(writer, intake, &record, cells, items, report)?;
                id
            }
            (None, _) => {
                let effect = self.create(writer, self.entity, whole(cells))?;
                report.add(writer, &effect)?;
                if row_id == RowId::Absent {
                    self.note_namesakes(writer, effect.id, line)?;
                }
                intake.resolver.forget(self.entity);
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

    /// Puts one draft into tables that are being filled: a new record, and what comes along with it.
    pub(crate) fn put_new(
        &mut self,
        filling: &mut Filling<'_, 's>,
        intake: &mut Intake,
        draft: Draft<'_>,
        report: &mut Report,
    ) -> std::result::Result<(), Rejected> {
        for effect in intake.created.drain(..) {
            report.add(filling, &effect)?;
        }
        if !self.is_whole(&draft.cells) || draft.id != RowId::Absent {
            filling.refuse();
            return Ok(());
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.describe(self.entity, &draft.cells);
        }
        let Draft { cells, items, line, external_id, second_fact, .. } = draft;
        let cells = whole(cells);
        let path = if report.is_written() { own_path(filling, self.entity, &cells)? } else { None };
        let effect = filling.create(self.entity, cells)?;
        report.add_new(filling, &effect, path.as_deref())?;
        if let Some(ledger) = &self.ledger {
            let identifier = Identifier { external_id: external_id.as_deref(), second_fact: second_fact.as_deref() };
            let values = binding(ledger.source, self.entity, effect.id, identifier);
            filling.create(&SOURCE_RECORD, values)?;
            self.created.insert(effect.id);
        }
        self.tally.created += 1;
        for (collection, items) in items {
            let of = filling.catalog().of(collection.of);
            for (number, mut cells) in (0_u32..).zip(items) {
                set(of, Some(&collection.by), &mut cells, Cell::Integer(effect.id));
                if let Some(numbered) = of.numbered {
                    let name = format!("{}{}", numbered.prefix, numbered.first + number);
                    set(of, of.names.first(), &mut cells, Cell::Text(name.into()));
                }
                let name = path.as_ref().zip(own_name(of, &cells)).map(|(path, name)| format!("{path}/{name}"));
                let effect = filling.create(of, cells)?;
                report.add_new(filling, &effect, name.as_deref())?;
            }
        }
        self.seen.insert(effect.id, line);
        Ok(())
    }

    /// Returns whether a record can be written without a look at others: its key is given.
    fn is_whole(&self, cells: &[Option<Cell<'_>>]) -> bool {
        let has = |name: &str| cell(self.entity, cells, name).is_some_and(|cell| *cell != Cell::Null);
        let parent = self.entity.parent_field().filter(|field| field.required);
        let named = self.entity.numbered.is_none() || self.entity.names.iter().any(|name| has(name));
        named && parent.is_none_or(|field| has(field.name))
    }

    /// Notes the end of a filling.
    pub(crate) fn filled(&mut self, filled: Filled) {
        if let Filled::Whole { duplicates } = filled {
            self.tally.duplicates += duplicates;
        }
    }

    /// The record that the draft is about: the one with its natural key.
    fn find(&mut self, writer: &Writer<'s>, cells: &[Option<Cell<'_>>]) -> Result<Option<Match>> {
        match self.finder.find(writer, cells)? {
            None => self.named_alone(writer, cells),
            found => Ok(found),
        }
    }

    /// A record that exists may be given by its name alone, where that is unambiguous: a file that updates need not say
    /// what holds it.
    fn named_alone(&self, writer: &Writer<'_>, cells: &[Option<Cell<'_>>]) -> Result<Option<Match>> {
        let cell = |name: &str| cell(self.entity, cells, name);
        let parent = self.entity.parent_field().filter(|field| field.required);
        let Some(name) = self.entity.names.first().and_then(|name| cell(name)) else { return Ok(None) };
        match (parent, name) {
            (Some(field), Cell::Text(name)) if self.existing != Existing::Refuse && cell(field.name).is_none() => {
                let id = writer.resolve_optional(self.entity, name)?;
                let record = id.map(|id| writer.record(self.entity, id)).transpose()?.flatten();
                Ok(record.map(Match::Other))
            }
            _ => Ok(None),
        }
    }

    /// Creates one record, numbered if it has no name, unless an operator's duplicate forbids it.
    fn create(&mut self, writer: &mut Writer<'_>, entity: &'static Entity, cells: Vec<Cell<'_>>) -> Result<Effect> {
        let mut cells = cells;
        if let Some(name) = self.number(writer, entity, &cells)? {
            set(entity, entity.names.first(), &mut cells, Cell::Text(name.into()));
        }
        let is_double = self.refuse_duplicate(writer, entity, None, &cells)?;
        let effect = writer.apply(Change::Create { entity, values: cells })?;
        if self.ledger.is_some() {
            self.created.insert(effect.id);
            self.doubles.extend(is_double.then_some(effect.id));
        }
        Ok(effect)
    }

    /// Returns the first name that is free for a record without one: `disk0`, `disk1`, …. The records of one holder come
    /// one after another, so the search goes on where it ended.
    fn number(&mut self, writer: &Writer<'_>, entity: &'static Entity, cells: &[Cell<'_>]) -> Result<Option<String>> {
        let (Some(numbered), Some(name), Some(parent)) = (entity.numbered, entity.names.first(), entity.parent) else {
            return Ok(None);
        };
        let cell = |name| entity.position(name).and_then(|place| cells.get(place));
        let (Some(Cell::Null), Some(parent_cell @ Cell::Integer(id))) = (cell(name), cell(parent)) else {
            return Ok(None);
        };
        let after = self
            .numbered
            .filter(|(noun, holder, _)| (*noun, holder) == (entity.noun, id))
            .map(|(_, _, number)| number + 1);
        for number in after.unwrap_or(numbered.first.into()).. {
            let candidate = format!("{}{number}", numbered.prefix);
            if writer.find(entity, &[name, parent], &[&Cell::Text(candidate.as_str().into()), parent_cell])?.is_none() {
                self.numbered = Some((entity.noun, *id, number));
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// Returns whether another record has the same soft key, which is counted unless it is refused.
    fn refuse_duplicate(
        &mut self,
        writer: &Writer<'_>,
        entity: &'static Entity,
        own: Option<i64>,
        cells: &[Cell<'_>],
    ) -> Result<bool> {
        let cell = |place: usize| cells.get(place).unwrap_or(&Cell::Null);
        let Some((holder, key)) = writer.holder_of_key(entity, own, cell, entity.soft_keys)? else { return Ok(false) };
        match self.duplicates {
            Duplicates::Refuse => Err(duplicate(writer, entity, holder, key)?),
            Duplicates::Count => {
                self.tally.duplicates += 1;
                Ok(true)
            }
        }
    }

    fn update(
        &mut self,
        writer: &mut Writer<'_>,
        intake: &mut Intake,
        record: &Record,
        cells: Vec<Option<Cell<'_>>>,
        items: Items<'_>,
        report: &mut Report,
    ) -> Result<()> {
        let mut touched = self.change(writer, record, cells, report)?;
        for (collection, wanted) in items {
            intake.resolver.forget(writer.catalog().of(collection.of));
            touched |= self.reconcile(writer, collection, record.id, wanted, report)?;
        }
        if touched {
            intake.resolver.forget(self.entity);
            self.tally.changed += 1;
        } else {
            self.tally.unchanged += 1;
        }
        Ok(())
    }

    /// Changes fields of one record. Returns whether anything was different.
    pub(crate) fn change(
        &mut self,
        writer: &mut Writer<'_>,
        before: &Record,
        cells: Vec<Option<Cell<'_>>>,
        report: &mut Report,
    ) -> Result<bool> {
        let entity = self.entity;
        if !entity.soft_keys.is_empty() {
            let after = before.values.iter().zip(&cells);
            let after: Vec<Cell<'_>> =
                after.map(|(before, cell)| cell.as_ref().unwrap_or(before).to_borrowed()).collect();
            let place = |name: &str| entity.position(name);
            let differs = |name: &&str| place(name).is_some_and(|place| after.get(place) != before.values.get(place));
            if entity.soft_keys.iter().any(|key| key.iter().any(differs)) {
                self.refuse_duplicate(writer, entity, Some(before.id), &after)?;
            }
        }
        let values = cells.into_iter().enumerate().filter_map(|(place, cell)| Some((place, cell?))).collect();
        let mut effect = writer.apply(Change::Update { entity, before, values })?;
        // The name that it had in between is nobody's business.
        if let Some(name) = self.aside.remove(&before.id) {
            for (place, old, _) in &mut effect.changed {
                if entity.fields.get(*place).is_some_and(|field| entity.is_naming(field.name)) {
                    old.clone_from(&name);
                }
            }
            effect.changed.retain(|(_, old, new)| old != new);
        }
        report.add(writer, &effect)?;
        Ok(effect.action == Action::Update)
    }

    /// Creates one record of a collection.
    fn collect(
        &mut self,
        writer: &mut Writer<'_>,
        collection: &'static Collection,
        owner: i64,
        mut cells: Vec<Cell<'_>>,
        report: &mut Report,
    ) -> Result<()> {
        let of = writer.catalog().of(collection.of);
        set(of, Some(&collection.by), &mut cells, Cell::Integer(owner));
        let effect = self.create(writer, of, cells)?;
        report.add(writer, &effect)
    }

    /// Makes a collection equal to the row's: a record that is in both stays, one that differs is changed, the rest is
    /// created or removed. Returns whether anything was different.
    fn reconcile(
        &mut self,
        writer: &mut Writer<'_>,
        collection: &'static Collection,
        owner: i64,
        mut wanted: Vec<Vec<Cell<'_>>>,
        report: &mut Report,
    ) -> Result<bool> {
        let of = writer.catalog().of(collection.of);
        let places: Vec<usize> =
            collection.main.iter().chain(&collection.at).filter_map(|name| of.position(name)).collect();
        let mut left: Vec<Record> = Vec::new();
        writer.each_with(of, &[collection.by], &[&Cell::Integer(owner)], |record| {
            let is_same = |cells: &Vec<Cell<'_>>| places.iter().all(|at| cells.get(*at) == record.values.get(*at));
            match wanted.iter().position(is_same) {
                Some(place) => drop(wanted.remove(place)),
                None => left.push(record),
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if self.ledger.is_some() {
            let mut own = Vec::new();
            for record in left {
                if !self.is_of_others(writer, of, record.id)? {
                    own.push(record);
                }
            }
            left = own;
        }
        let differs = !(left.is_empty() && wanted.is_empty());
        let mut wanted = wanted.into_iter();
        for record in left {
            // A record with a name of its own keeps it: a disk that grew is the same disk.
            let heir = if of.numbered.is_some() { wanted.next() } else { None };
            if let Some(cells) = heir {
                let values = places.iter().filter_map(|place| Some((*place, cells.get(*place)?.to_borrowed())));
                let effect = writer.apply(Change::Update { entity: of, before: &record, values: values.collect() })?;
                report.add(writer, &effect)?;
            } else {
                let removal = Removal::plan(writer, of, &[record.id], Dependents::Refuse)?;
                writer.carry_out(&removal, |reader, effect| report.add(reader, effect))?;
            }
        }
        for cells in wanted {
            self.collect(writer, collection, owner, cells, report)?;
        }
        Ok(differs)
    }

    /// Takes back what was counted since the tally was `before`: it was undone.
    pub(crate) fn take_back(&mut self, before: Tally) {
        self.tally = before;
        self.conflicts.truncate(before.conflicts);
    }

    /// Returns whether a draft was about that record.
    pub(crate) fn has_seen(&self, id: i64) -> bool {
        self.seen.line(id).is_some()
    }

    /// Removes records that no draft was about.
    pub(crate) fn prune(&mut self, writer: &mut Writer<'_>, gone: &[i64], report: &mut Report) -> Result<()> {
        let removal = Removal::plan(writer, self.entity, gone, Dependents::Refuse)?;
        writer.carry_out(&removal, |reader, effect| report.add(reader, effect))?;
        self.tally.removed += gone.len();
        Ok(())
    }
}

/// The cell of the field called `name`, if it was mentioned.
fn cell<'c, 't>(entity: &Entity, cells: &'c [Option<Cell<'t>>], name: &str) -> Option<&'c Cell<'t>> {
    cells.get(entity.position(name)?)?.as_ref()
}

/// Sets the cell of the field called `name`.
fn set<'t>(entity: &Entity, name: Option<&&str>, cells: &mut [Cell<'t>], cell: Cell<'t>) {
    if let Some(slot) = name.and_then(|name| entity.position(name)).and_then(|place| cells.get_mut(place)) {
        *slot = cell;
    }
}

/// The cells of a new record: those that were not mentioned are empty.
fn whole(cells: Vec<Option<Cell<'_>>>) -> Vec<Cell<'_>> {
    cells.into_iter().map(|cell| cell.unwrap_or(Cell::Null)).collect()
}

/// The conflict that a new record is whose key another one has already.
pub(super) fn exists(reader: &Reader<'_>, entity: &'static Entity, id: i64) -> Result<Error> {
    let title = shown::quoted(&reader.title(entity, id)?);
    Ok(Error::exists(format!("{} {title} already exists", entity.labels.0)))
}

/// The conflict that an address is whose VLAN has it already.
pub(super) fn duplicate(reader: &Reader<'_>, entity: &'static Entity, holder: i64, key: &[&str]) -> Result<Error> {
    let Some(record) = reader.record(entity, holder)? else {
        return Ok(Error::exists(format!("the {} already exists", entity.labels.0)));
    };
    let mut shared = Vec::new();
    for name in key {
        if let Some(field) = entity.field(name)
            && let Some(value) = reader.shown(field, record.value(entity, name))?
        {
            shared.push(if entity.is_naming(name) { value } else { format!("{name} {value}") });
        }
    }
    let holder = match (entity.parent_field(), reader.catalog().parent(entity)) {
        (Some(field), Some((_, target))) => match record.value(entity, field.name) {
            Cell::Integer(id) => format!("by {} {}", target.labels.0, shown::quoted(&reader.path(target, *id)?)),
            _ => "as reserved".to_owned(),
        },
        _ => String::new(),
    };
    Ok(Error::exists(format!("{} is used {holder}", shared.join(" in ")))
        .help("pass --allow-duplicate to use it anyway"))
}

/// Returns the name of a record that is going to be created.
fn own_name<'c>(entity: &Entity, cells: &'c [Cell<'_>]) -> Option<&'c str> {
    entity.naming().find_map(|field| match cells.get(entity.position(field.name)?)? {
        Cell::Text(name) => Some(&**name),
        _ => None,
    })
}

/// Returns the path of a record that is going to be created in one that exists, or in none.
fn own_path(reader: &Reader<'_>, entity: &Entity, cells: &[Cell<'_>]) -> Result<Option<String>> {
    let Some(name) = own_name(entity, cells) else { return Ok(None) };
    let Some((field, holder)) = reader.catalog().parent(entity) else { return Ok(Some(name.to_owned())) };
    Ok(match entity.position(field.name).and_then(|place| cells.get(place)) {
        Some(Cell::Integer(parent)) => Some(format!("{}/{name}", reader.path(holder, *parent)?)),
        _ => None,
    })
}
