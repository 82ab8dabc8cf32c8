//! From texts to cells: an argument, an answer to a prompt or a row of a file is read field by field, here alone.
//!
//! References are resolved here, and missing records are created here where `--create` allows it.

mod keys;

use self::keys::{TableKeys, unit_beside};
use super::elements::{Items, addresses, gather, not_joined, of_object};
use crate::catalog::{Catalog, Collection, Entity, Field, Kind};
use crate::error::{Error, Kind as Failure, Result};
use crate::store::{Change, Effect, Filling, Identifier, Reader, Resolver, Writer};
use crate::value::decimal::Decimal;
use crate::value::ratio::Ratio;
use crate::value::role::Role;
use crate::value::spelling::{Notation, Spelling};
use crate::value::{Cell, address, decimal, list, name, quantity, shown, status, text, time};
use std::borrow::Cow;
use std::ops::Deref;

/// The destination of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A field, by its place in the catalog.
    Field(usize),
    /// The one of the fields that name a record that takes the text: an address of either family.
    Name,
    /// Records of another noun that come along.
    Collection(&'static Collection),
    /// An ancestor of the record's holder, so many steps above it: its name goes before the holder's path.
    Above(usize),
    /// The id of the record in the inventory.
    Id,
    /// The path of the record in the inventory.
    Path,
    /// The id that the source of the file has for the record.
    ExternalId,
    /// The number of bytes of a field with a quantity, which another column has.
    Bytes(usize),
    /// The key of the record in the dump of a table.
    Key,
    /// The key of another record of the dump, which a field refers to.
    ForeignKey(usize),
    /// The unit of a field with a quantity: its name, or its key in the dump.
    UnitOf(usize),
    /// Something that follows from other columns and is not read again.
    Derived,
}

/// Id that a row gives to its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowId {
    /// The file has no ids.
    Absent,
    /// The cell is empty: the record is known by its key, or new.
    Empty,
    /// The id of a record that exists.
    Of(i64),
}

/// The cells of one record: a field that is not mentioned stays as it is, or becomes the default.
#[derive(Debug)]
pub(crate) struct Draft<'t> {
    /// The cells of the fields that were mentioned, by their places.
    pub cells: Vec<Option<Cell<'t>>>,
    /// Records of other nouns that come along.
    pub items: Items<'t>,
    /// The line of the file that it stands in; 1 where there is no file.
    pub line: u64,
    /// The id of its record in the inventory.
    pub id: RowId,
    /// The id that the source of the file has for its record.
    pub external_id: Option<Cow<'t, str>>,
    /// Another fact about that record.
    pub second_fact: Option<Cow<'t, str>>,
}

impl<'t> Draft<'t> {
    /// Returns a draft that mentions nothing.
    pub(crate) fn empty(entity: &Entity) -> Self {
        Self {
            cells: vec![None; entity.fields.len()],
            items: Vec::new(),
            line: 1,
            id: RowId::Absent,
            external_id: None,
            second_fact: None,
        }
    }

    /// Returns the same draft with texts of its own.
    pub(crate) fn into_owned(self) -> Draft<'static> {
        let owned = |cells: Vec<Cell<'t>>| cells.into_iter().map(Cell::into_owned).collect();
        let items = self.items.into_iter();
        Draft {
            cells: self.cells.into_iter().map(|cell| cell.map(Cell::into_owned)).collect(),
            items: items.map(|(collection, items)| (collection, items.into_iter().map(owned).collect())).collect(),
            line: self.line,
            id: self.id,
            external_id: self.external_id.map(|id| Cow::Owned(id.into_owned())),
            second_fact: self.second_fact.map(|fact| Cow::Owned(fact.into_owned())),
        }
    }

    /// Returns what identifies its record in the source of the file.
    pub(crate) fn identifier(&self) -> Identifier<'_> {
        Identifier { external_id: self.external_id.as_deref(), second_fact: self.second_fact.as_deref() }
    }

    /// Sets the cell of a field.
    pub(crate) fn set(&mut self, place: usize, cell: Cell<'t>) {
        if let Some(slot) = self.cells.get_mut(place) {
            *slot = Some(cell);
        }
    }
}

/// The reason why a record is not taken.
#[derive(Debug)]
pub(crate) enum Rejected {
    /// Faults of the record.
    Row(Vec<Error>),
    /// A failure that ends the command.
    Command(Error),
}

impl From<Error> for Rejected {
    fn from(error: Error) -> Self {
        match error.kind() {
            Failure::Inventory | Failure::Interrupted | Failure::OutputClosed | Failure::Denied => Self::Command(error),
            _ => Self::Row(vec![error]),
        }
    }
}

impl Rejected {
    /// Returns one failure: the first fault is the sentence, the others stand below it.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Command(error) => error,
            Self::Row(faults) => match faults.split_first() {
                Some((first, others)) => first.clone().faults(others.iter().map(|fault| fault.as_fault(None, None))),
                None => Error::failed("unknown fault"),
            },
        }
    }
}

/// New records are written here: into the inventory one by one, or into tables that are being filled.
pub(crate) trait Creates<'s>: Deref<Target = Reader<'s>> {
    /// Writes one record.
    fn create(&mut self, entity: &'static Entity, cells: Vec<Cell<'_>>) -> Result<Effect>;
}

impl<'s> Creates<'s> for Writer<'s> {
    fn create(&mut self, entity: &'static Entity, values: Vec<Cell<'_>>) -> Result<Effect> {
        self.apply(Change::Create { entity, values })
    }
}

impl<'s> Creates<'s> for Filling<'_, 's> {
    fn create(&mut self, entity: &'static Entity, cells: Vec<Cell<'_>>) -> Result<Effect> {
        Filling::create(self, entity, cells)
    }
}

/// Reads texts, and remembers what it has resolved.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// Texts that have been resolved.
    pub resolver: Resolver,
    /// True if status words of the common platforms are accepted.
    pub platform_words: bool,
    /// The fields and nouns whose records are created where they are missing.
    pub create: Vec<String>,
    /// Records that were created so.
    pub created: Vec<Effect>,
    /// Faults of cells that were left alone, if cells may be.
    pub spared: Option<Vec<Error>>,
    /// Notation of the file, if spellings of other programs are accepted.
    pub notation: Option<Notation>,
    /// Number of cells that were read as empty because of their word, such as `N/A`.
    pub emptied: usize,
    /// Sentences on numbers of bytes that are not those of their quantity.
    pub other_bytes: Vec<String>,
    /// Records of a dump by their keys there.
    pub keys: TableKeys,
}

impl Intake {
    /// Reads the texts of one record of `entity`. Every fault of it is returned, not only the first.
    pub(crate) fn read<'s, 't>(
        &mut self,
        to: &mut impl Creates<'s>,
        entity: &'static Entity,
        texts: &(impl Iterator<Item = (Target, Option<&'t str>)> + Clone),
    ) -> std::result::Result<Draft<'t>, Rejected> {
        let mut draft = Draft::empty(entity);
        let (mut faults, mut numbers) = (Vec::new(), Vec::new());
        for (target, text) in texts.clone() {
            let text = text.filter(|text| !text.is_empty());
            let read = match target {
                Target::Field(place) => match entity.fields.get(place) {
                    Some(field) => self
                        .field(to, entity, field, text, texts.clone())
                        .map(|cell| draft.set(place, cell))
                        .map_err(|error| about(field.name, &error)),
                    None => Ok(()),
                },
                Target::Name => self.name(to, entity, text, &mut draft),
                Target::Collection(collection) => self
                    .items(to, collection, text)
                    .map(|items| gather(&mut draft.items, to.catalog().of(collection.of), collection, items))
                    .map_err(|error| about(collection.name, &error)),
                Target::Bytes(place) => {
                    numbers.extend(text.map(|text| (place, text)));
                    Ok(())
                }
                Target::ForeignKey(place) => match entity.fields.get(place) {
                    Some(field) => self
                        .foreign_key(to, entity, field, text)
                        .map(|cell| draft.set(place, cell))
                        .map_err(|error| about(field.name, &error)),
                    None => Ok(()),
                },
                Target::Above(_)
                | Target::Id
                | Target::Path
                | Target::ExternalId
                | Target::Key
                | Target::UnitOf(_)
                | Target::Derived => Ok(()),
            };
            match read.map_err(Rejected::from) {
                Ok(()) => {}
                Err(Rejected::Row(more)) => match &mut self.spared {
                    Some(spared) if can_be_left_alone(entity, target) => spared.extend(more),
                    _ => faults.extend(more),
                },
                Err(ends) => return Err(ends),
            }
        }
        if !faults.is_empty() {
            return Err(Rejected::Row(faults));
        }
        for (place, text) in numbers {
            if let (Some(field), Some(Some(Cell::Quantity(amount, unit)))) =
                (entity.fields.get(place), draft.cells.get(place))
            {
                let exact = quantity::bytes(amount, to.units()?.get(*unit).map_or(0, |unit| unit.bytes));
                let is_same = Decimal::parse(text.trim()).is_ok_and(|other| other == exact);
                let sentence = || format!("{}.bytes is \"{exact}\", not {}", field.name, shown::quoted(text));
                self.other_bytes.extend((!is_same).then(sentence));
            }
        }
        Ok(draft)
    }

    fn field<'s, 't>(
        &mut self,
        to: &mut impl Creates<'s>,
        entity: &'static Entity,
        field: &'static Field,
        text: Option<&'t str>,
        texts: impl Iterator<Item = (Target, Option<&'t str>)> + Clone,
    ) -> Result<Cell<'t>> {
        let empty = || -> Result<Cell<'static>> {
            if field.required && entity.numbered.is_none_or(|_| !entity.is_naming(field.name)) {
                return Err(Error::failed(format!("{} must not be empty", field.name)));
            }
            Ok(Cell::Null)
        };
        let Some(text) = text else { return empty() };
        if let Some(unit) = unit_beside(entity, field, texts.clone()) {
            let unit = self.unit(to, unit)?;
            return self.spelled(to, field, &format!("{text} {unit}"), empty).map(Cell::into_owned);
        }
        if entity.parent == Some(field.name) && !text.starts_with("id=") {
            let above = holders_path(texts);
            if !above.is_empty() {
                return self.spelled(to, field, &format!("{above}/{text}"), empty).map(Cell::into_owned);
            }
        }
        self.spelled(to, field, text, empty)
    }

    /// Reads the text of one field, in the spelling of another program where it is no value as it stands.
    fn spelled<'s, 't>(
        &mut self,
        to: &mut impl Creates<'s>,
        field: &'static Field,
        text: &'t str,
        empty: impl FnOnce() -> Result<Cell<'static>>,
    ) -> Result<Cell<'t>> {
        // Most cells are values as they stand, and cost no more than without a notation.
        let may_create = matches!(field.kind, Kind::Reference { .. }) && !self.create.is_empty();
        if self.notation.as_ref().is_none_or(Notation::reads_own_form_first) && !may_create {
            match self.cell(to, field, text) {
                Ok(cell) => return Ok(cell),
                Err(error) if self.notation.is_none() => return Err(error),
                Err(error) => match Rejected::from(error) {
                    Rejected::Command(error) => return Err(error),
                    Rejected::Row(_) => {}
                },
            }
        }
        let Some(notation) = self.notation.take() else { return self.cell(to, field, text) };
        let read = self.in_notation(to, field, text, &notation, empty);
        self.notation = Some(notation);
        read
    }

    fn in_notation<'s, 't>(
        &mut self,
        to: &mut impl Creates<'s>,
        field: &'static Field,
        text: &'t str,
        notation: &Notation,
        empty: impl FnOnce() -> Result<Cell<'static>>,
    ) -> Result<Cell<'t>> {
        let form = form(field.kind);
        let creates = matches!(field.kind, Kind::Reference { .. }) && !self.create.is_empty();
        let is_empty = |text: &str| !matches!(field.kind, Kind::Name | Kind::Text) && notation.is_empty_word(text);
        let is_own_empty = |text: &str| !notation.empty_words.is_empty() && notation.is_empty_word(text);
        if is_own_empty(text) || (creates && is_empty(text)) {
            self.emptied += 1;
            return empty();
        }
        let refused = match notation.first(form, text)? {
            Cow::Borrowed(text) => self.cell(to, field, text),
            Cow::Owned(text) => self.cell(to, field, &text).map(Cell::into_owned),
        };
        let error = match refused.map_err(Rejected::from) {
            Ok(cell) => return Ok(cell),
            Err(Rejected::Command(error)) => return Err(error),
            Err(rejected) => rejected.into_error(),
        };
        if let Some(other) = notation.again(form, text) {
            let other = notation.first(form, &other)?.into_owned();
            if let Ok(cell) = self.cell(to, field, &other) {
                return Ok(cell.into_owned());
            }
        }
        if is_empty(text) {
            self.emptied += 1;
            return empty();
        }
        Err(not_joined(text).unwrap_or(error))
    }

    /// Reads the text of one field: the one way from a text to a cell.
    ///
    /// # Errors
    /// The text is no value of the field, or names no record.
    pub(crate) fn cell<'s, 't>(
        &mut self,
        to: &mut impl Creates<'s>,
        field: &'static Field,
        text: &'t str,
    ) -> Result<Cell<'t>> {
        match field.kind {
            Kind::Quantity { .. } => to.units()?.lent(text).map(|(amount, unit)| Cell::Quantity(amount, unit)),
            Kind::Status if self.platform_words => {
                let word = status::known(text).or_else(|| status::from_platform(text));
                word.map_or_else(|| plain(field.kind, text), |word| Ok(Cell::Text(word.into())))
            }
            Kind::Any { .. } => {
                let (noun, path) = text.split_once(' ').unwrap_or((text, ""));
                let target = to.catalog().named(noun)?;
                self.resolver.resolve_qualified(to, target, path).map(|id| Cell::Record(target.noun.into(), id))
            }
            Kind::Reference { to: noun, .. } => {
                let target = to.catalog().of(noun);
                match self.resolver.resolve(to, target, text) {
                    Err(error) if error.kind() == Failure::NotFound && self.creates(field, target) => {
                        self.create(to, target, text)
                    }
                    found => found,
                }
                .map(Cell::Integer)
            }
            kind => plain(kind, text),
        }
    }

    /// Reads `MAIN[@AT];…`.
    fn items<'s, 't>(
        &mut self,
        to: &mut impl Creates<'s>,
        collection: &'static Collection,
        text: Option<&'t str>,
    ) -> Result<Vec<Vec<Cell<'t>>>> {
        let Some(text) = text else { return Ok(Vec::new()) };
        let other = match &self.notation {
            Some(notation) if notation.is_empty_word(text) => {
                self.emptied += 1;
                return Ok(Vec::new());
            }
            Some(_) if not_joined(text).is_some() => return not_joined(text).map_or(Ok(Vec::new()), Err),
            Some(notation) if to.catalog().of(collection.of).is_addressed() => addresses(notation, text),
            _ => None,
        };
        if let Some(other) = other {
            let items = other.iter().map(|item| self.item(to, collection, item));
            return items.map(|cells| cells.map(owned)).collect();
        }
        if !text.contains([';', '"']) {
            return Ok(vec![self.item(to, collection, text)?]);
        }
        let items = list::split_list(text)?.into_iter().map(|item| of_object(collection, &item).unwrap_or(item));
        items.map(|item| self.item(to, collection, &item).map(owned)).collect()
    }

    /// Reads one `MAIN[@AT]`.
    fn item<'s, 't>(
        &mut self,
        to: &mut impl Creates<'s>,
        collection: &'static Collection,
        item: &'t str,
    ) -> Result<Vec<Cell<'t>>> {
        let of = to.catalog().of(collection.of);
        let (main, at) = match (collection.at, item.split_once('@')) {
            (Some(at), Some((main, text))) => (main.trim(), Some((at, text.trim()))),
            _ => (item.trim(), None),
        };
        let mut cells = vec![Cell::Null; of.fields.len()];
        let texts = main_field(of, collection, main).map(|field| (field, main));
        for (field, text) in texts.into_iter().chain(at.and_then(|(at, text)| Some((of.field(at)?, text)))) {
            let cell = self.spelled(to, field, text, || Ok(Cell::Null))?;
            if let Some(slot) = of.position(field.name).and_then(|place| cells.get_mut(place)) {
                *slot = cell;
            }
        }
        Ok(cells)
    }

    /// Returns whether records of `target` are created for `field` where they are missing.
    fn creates(&self, field: &Field, target: &Entity) -> bool {
        let called = |name: &String| {
            name == field.name
                || name == target.noun
                || name == target.plural
                || target.aliases.contains(&name.as_str())
        };
        self.create.iter().any(called)
    }

    /// Creates the record of `entity` that the path `text` names.
    fn create<'s>(&mut self, to: &mut impl Creates<'s>, entity: &'static Entity, text: &str) -> Result<i64> {
        let mut cells = vec![Cell::Null; entity.fields.len()];
        let mut name = text;
        if let Some((field, _)) = to.catalog().parent(entity)
            && field.required
        {
            let Some((holder, last)) = text.rsplit_once('/') else {
                return Err(Error::failed(format!("cannot create {} {}", entity.labels.0, shown::quoted(text)))
                    .help(format!("pass its whole path, with its {}", field.name)));
            };
            if let Some(slot) = entity.position(field.name).and_then(|place| cells.get_mut(place)) {
                *slot = self.cell(to, field, holder)?;
            }
            name = last;
        }
        if let Some(field) = entity.naming().next()
            && let Some(slot) = entity.position(field.name).and_then(|place| cells.get_mut(place))
        {
            *slot = self.cell(to, field, name)?;
        }
        let effect = to.create(entity, cells)?;
        self.resolver.forget(entity);
        let id = effect.id;
        self.created.push(effect);
        Ok(id)
    }

    /// Forgets what it has resolved and created: some of it was undone.
    pub(crate) fn forget_everything(&mut self) {
        self.resolver.forget_everything();
        self.created.clear();
    }
}

fn owned(cells: Vec<Cell<'_>>) -> Vec<Cell<'static>> {
    cells.into_iter().map(Cell::into_owned).collect()
}

/// Returns the form in which other programs write values of a kind.
const fn form(kind: Kind) -> Spelling {
    match kind {
        Kind::Count => Spelling::Count,
        Kind::Quantity { .. } => Spelling::Quantity,
        Kind::Percent => Spelling::Percent,
        Kind::Ipv4 | Kind::Ipv6 => Spelling::Address,
        Kind::Created | Kind::Updated | Kind::Time => Spelling::Time,
        _ => Spelling::Other,
    }
}

/// Tests if a record without that cell is still the same record, and complete.
fn can_be_left_alone(entity: &Entity, target: Target) -> bool {
    let Target::Field(place) = target else { return false };
    entity.fields.get(place).is_some_and(|field| {
        let is_key = entity.keys.iter().any(|key| key.contains(&field.name));
        !field.required && !is_key && !entity.is_naming(field.name)
    })
}

/// A fault of one field or column: its name, then the sentence. A failure that ends the command is left as it is.
pub(crate) fn about(name: &str, error: &Error) -> Error {
    if let Rejected::Command(error) = Rejected::from(error.clone()) {
        return error;
    }
    let fault = Error::new(error.kind(), error.message()).about(name).details(error.lines().to_vec());
    match error.way_out() {
        Some(help) => fault.help(help),
        None => fault,
    }
}

/// The field of a collection's noun that takes `text`; the first where none does, so that its error is told.
pub(crate) fn main_field(of: &'static Entity, collection: &Collection, text: &str) -> Option<&'static Field> {
    let mut fields = collection.main.iter().filter_map(|name| of.field(name));
    let first = fields.next()?;
    Some(std::iter::once(first).chain(fields).find(|field| plain(field.kind, text).is_ok()).unwrap_or(first))
}

/// The field that names a record called `text`: of several, the first that takes it.
pub(crate) fn naming_field(entity: &'static Entity, text: &str) -> Option<&'static Field> {
    entity.naming().find(|field| plain(field.kind, text).is_ok()).or_else(|| entity.naming().next())
}

/// The path that columns above the holder give: provider and datacenter of a pool.
fn holders_path<'t>(texts: impl Iterator<Item = (Target, Option<&'t str>)>) -> String {
    let above = texts.filter_map(|(target, text)| match (target, text) {
        (Target::Above(steps), Some(text)) if !text.is_empty() => Some((steps, text)),
        _ => None,
    });
    let mut above: Vec<(usize, &str)> = above.collect();
    above.sort_unstable_by_key(|(steps, _)| std::cmp::Reverse(*steps));
    above.into_iter().map(|(_, text)| text).collect::<Vec<&str>>().join("/")
}

/// Reads a text that means the same in every inventory.
pub(crate) fn plain(kind: Kind, text: &str) -> Result<Cell<'_>> {
    Ok(Cell::Text(match kind {
        Kind::Name => name::lent(text)?,
        Kind::Text => text::lent(text)?,
        Kind::Count => decimal::lent_count(text)?,
        Kind::Factor => return Ok(Cell::Integer(text::factor(text)?)),
        Kind::Status => status::parse(text)?.into(),
        Kind::Role => Role::parse(text)?.word().into(),
        Kind::Ipv4 => address::ipv4(text)?.into(),
        Kind::Ipv6 => address::ipv6(text)?.into(),
        Kind::Vlan => text::vlan(text)?.into(),
        Kind::Email => text::email(text)?.into(),
        Kind::Percent => text::percent(text)?.into(),
        Kind::Ratio => Ratio::parse(text)?.number().into(),
        Kind::Duration => time::span(text)?.into(),
        Kind::Created | Kind::Updated | Kind::Time => time::lent(text)?,
        Kind::Secret | Kind::Quantity { .. } | Kind::Any { .. } | Kind::Reference { .. } => text.into(),
    }))
}

/// Returns the target of a column of a file or of an option: a field, a collection, or an ancestor of the holder.
pub(crate) fn target(catalog: &Catalog, entity: &'static Entity, name: &str) -> Option<Target> {
    use crate::catalog::column::same_name;
    let secret = |field: &Field| field.kind == Kind::Secret;
    let field = entity.fields.iter().position(|field| !secret(field) && same_name(field.name, name));
    if let Some(place) = field {
        return Some(Target::Field(place));
    }
    if entity.names.len() > 1 && (same_name(entity.labels.0, name) || same_name(entity.noun, name)) {
        return Some(Target::Name);
    }
    if let Some(collection) = entity.collections.iter().find(|collection| same_name(collection.name, name)) {
        return Some(Target::Collection(collection));
    }
    if let Some(quantity) = name.strip_suffix("_bytes").or_else(|| name.strip_suffix(".bytes")) {
        let is_of = |field: &Field| matches!(field.kind, Kind::Quantity { .. }) && same_name(field.name, quantity);
        if let Some(place) = entity.fields.iter().position(is_of) {
            return Some(Target::Bytes(place));
        }
    }
    if let Some(place) = entity.fields.iter().position(|field| !secret(field) && same_name(field.column, name)) {
        return Some(Target::Field(place));
    }
    let above = catalog.ancestors(entity);
    let holds = |holder: &Entity| {
        same_name(holder.noun, name)
            || same_name(holder.table, name)
            || holder.aliases.iter().any(|a| same_name(a, name))
    };
    match above.iter().position(|(_, holder)| holds(holder)) {
        Some(0) => entity.parent.and_then(|parent| entity.position(parent)).map(Target::Field),
        Some(steps) => Some(Target::Above(steps)),
        None => None,
    }
}
