//! From text to values: what an argument, a prompt or a row of a file gives, read field by field.
//!
//! Every fault of a record is told, not only the first. What a row refers to is resolved here, and made here where
//! `--create` says so.

use super::portion::{Row, Said};
use crate::catalog::{Catalog, Collection, Entity, Field, Kind};
use crate::error::{Error, Kind as Failure, Result};
use crate::store::{Action, Change, Effect, Number, Resolver, Writer};
use crate::value::quantity::{Quantity, Units};
use crate::value::role::Role;
use crate::value::{Lent, Value, address, decimal, list, name, shown, status, text, time};
use std::borrow::Cow;

/// What a given text is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// A field, by its place in the catalog.
    Field(usize),
    /// Records of another noun that come along.
    Collection(&'static Collection),
    /// What holds the record's holder, so many steps above it: it goes before the holder's path.
    Above(usize),
    /// Something that follows from other columns and is not read again.
    Derived,
}

/// A record as it is given: what is not mentioned stays as it is, or becomes the default.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The values of the fields that were mentioned.
    pub values: Vec<Option<Value>>,
    /// What comes along.
    pub items: Items,
}

/// Records of other nouns that come along with one: the values of each.
pub(crate) type Items = Vec<(&'static Collection, Vec<Vec<Value>>)>;

impl Draft {
    /// A draft that mentions nothing.
    pub(crate) fn empty(entity: &Entity) -> Self {
        Self { values: vec![None; entity.fields.len()], items: Vec::new() }
    }

    /// The values, their texts lent.
    pub(crate) fn lend(&self) -> Vec<Option<Lent<'_>>> {
        self.values.iter().map(|value| value.as_ref().map(Value::lend)).collect()
    }
}

/// The faults of one record.
pub(crate) type Faults = Vec<Error>;

/// Reads drafts, and remembers what it has resolved.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// What it has resolved.
    pub resolver: Resolver,
    /// Whether the words of the common platforms are understood.
    pub platform_words: bool,
    /// The fields and nouns whose records are made where they are missing.
    pub create: Vec<String>,
    /// What was made so.
    pub made: Vec<Effect>,
}

/// Whether a failure ends the whole command, rather than being a fault of one record.
pub(crate) const fn ends_it(error: &Error) -> bool {
    matches!(error.kind(), Failure::Inventory | Failure::Interrupted | Failure::OutputClosed | Failure::Denied)
}

impl Intake {
    /// Reads what is given for one record of `entity`.
    ///
    /// # Errors
    /// The outer one ends the command; the inner ones are the record's faults.
    pub(crate) fn read(
        &mut self,
        writer: &mut Writer<'_>,
        entity: &'static Entity,
        given: &[(Target, Option<&str>)],
    ) -> Result<Result<Draft, Faults>> {
        let mut draft = Draft::empty(entity);
        let mut faults = Faults::new();
        let above = holders_path(given.iter().copied());
        for (target, text) in given {
            let text = text.filter(|text| !text.is_empty());
            let result = match target {
                Target::Field(place) => self.field(writer, entity, *place, text, &above).map(|value| {
                    if let Some(slot) = draft.values.get_mut(*place) {
                        *slot = Some(value);
                    }
                }),
                Target::Collection(collection) => {
                    self.items(writer, collection, text).map(|items| gather(&mut draft.items, collection, items))
                }
                Target::Above(_) | Target::Derived => Ok(()),
            };
            match result {
                Err(error) if ends_it(&error) => return Err(error),
                Err(error) => faults.push(error),
                Ok(()) => {}
            }
        }
        Ok(if faults.is_empty() { Ok(draft) } else { Err(faults) })
    }

    fn field(
        &mut self,
        writer: &mut Writer<'_>,
        entity: &'static Entity,
        place: usize,
        text: Option<&str>,
        above: &str,
    ) -> Result<Value> {
        let Some(field) = entity.fields.get(place) else { return Ok(Value::Null) };
        let about = |error: Error| if ends_it(&error) { error } else { about(field.name, &error) };
        match text {
            None => nothing_for(entity, field).map(|()| Value::Null),
            Some(text) if entity.parent == Some(field.name) && !above.is_empty() && !text.starts_with("id=") => {
                self.value(writer, field, &format!("{above}/{text}")).map_err(about)
            }
            Some(text) => self.value(writer, field, text).map_err(about),
        }
    }

    /// Reads one field's text.
    ///
    /// # Errors
    /// The text is no value of the field, or names no record.
    pub(crate) fn value(&mut self, writer: &mut Writer<'_>, field: &'static Field, text: &str) -> Result<Value> {
        match field.kind {
            Kind::Quantity { .. } => quantity(&*writer.units()?, text).map(Plain::into_value),
            Kind::Status if self.platform_words => platform_status(text).map(Plain::into_value),
            Kind::Reference { to, .. } => {
                let target = writer.catalog().of(to);
                let found = self.resolver.resolve(writer, target, text);
                self.found_or_made(writer, field, target, text, found).map(Value::Integer)
            }
            kind => plain(kind, text),
        }
    }

    /// The record that was found for `text`, or made where there is none.
    fn found_or_made(
        &mut self,
        writer: &mut Writer<'_>,
        field: &'static Field,
        target: &'static Entity,
        text: &str,
        found: Result<i64>,
    ) -> Result<i64> {
        match found {
            Err(error) if error.kind() == Failure::NotFound && self.makes(field, target) => {
                self.make(writer, target, text)
            }
            other => other,
        }
    }

    /// Takes over what was read of one row, looks up what that leaves to be looked up, and puts each value where its
    /// field stands among `values`. What comes along is returned.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn take<'p>(
        &mut self,
        writer: &mut Writer<'_>,
        entity: &'static Entity,
        row: &Row<'p>,
        values: &mut Vec<Option<Lent<'p>>>,
    ) -> Result<Result<Items, Faults>> {
        values.clear();
        values.resize(entity.fields.len(), None);
        let (mut items, mut faults) = (Items::new(), Faults::new());
        let above = row.above();
        for (target, said) in row.said() {
            let given = match (target, said) {
                (_, Said::Wrong(error)) => Err(error.clone()),
                (Target::Field(place), Said::Value(value)) => Ok(Some((place, value))),
                (Target::Field(place), Said::Text { text, number }) => self
                    .reference(writer, entity, place, text, number, &above)
                    .map(|id| Some((place, Lent::Integer(id)))),
                (Target::Collection(collection), said) => {
                    let text = if let Said::Text { text, .. } = said { Some(text) } else { None };
                    let more = self.items(writer, collection, text);
                    more.map(|more| gather(&mut items, collection, more)).map(|()| None)
                }
                (Target::Above(_) | Target::Derived, _) => Ok(None),
            };
            match given {
                Err(error) if ends_it(&error) => return Err(error),
                Err(error) => faults.push(error),
                Ok(Some((place, value))) => {
                    if let Some(slot) = values.get_mut(place) {
                        *slot = Some(value);
                    }
                }
                Ok(None) => {}
            }
        }
        Ok(if faults.is_empty() { Ok(items) } else { Err(faults) })
    }

    /// The record that a field of a row refers to. A text that stands in many rows bears the same `number` in all.
    fn reference(
        &mut self,
        writer: &mut Writer<'_>,
        entity: &'static Entity,
        place: usize,
        text: &str,
        number: Option<Number>,
        above: &str,
    ) -> Result<i64> {
        let field = entity.fields.get(place).ok_or_else(|| Error::failed("a column is for no field"))?;
        let about = |error: Error| if ends_it(&error) { error } else { about(field.name, &error) };
        let target = writer.catalog().target(field).ok_or_else(|| Error::failed("a field refers to nothing"))?;
        if entity.parent == Some(field.name) && !above.is_empty() && !text.starts_with("id=") {
            let text = format!("{above}/{text}");
            let found = self.resolver.resolve(writer, target, &text);
            return self.found_or_made(writer, field, target, &text, found).map_err(about);
        }
        let found = self.resolver.resolve_again(writer, target, text, number);
        self.found_or_made(writer, field, target, text, found).map_err(about)
    }

    /// Reads `MAIN[@AT];…`.
    fn items(
        &mut self,
        writer: &mut Writer<'_>,
        collection: &'static Collection,
        text: Option<&str>,
    ) -> Result<Vec<Vec<Value>>> {
        let Some(text) = text else { return Ok(Vec::new()) };
        let about = |error: Error| if ends_it(&error) { error } else { about(collection.name, &error) };
        let items = list::split_list(text).map_err(about)?;
        items.iter().map(|item| self.item(writer, collection, item).map_err(about)).collect()
    }

    /// Reads one `MAIN[@AT]`.
    pub(crate) fn item(
        &mut self,
        writer: &mut Writer<'_>,
        collection: &'static Collection,
        item: &str,
    ) -> Result<Vec<Value>> {
        let of = writer.catalog().of(collection.of);
        let (main, at) = match (collection.at, item.split_once('@')) {
            (Some(at), Some((main, text))) => (main.trim(), Some((at, text.trim()))),
            _ => (item.trim(), None),
        };
        let mut values = vec![Value::Null; of.fields.len()];
        let mut put = |name: &str, value: Value| {
            if let Some(slot) = of.position(name).and_then(|place| values.get_mut(place)) {
                *slot = value;
            }
        };
        let field = main_field(of, collection, main);
        if let Some(field) = field {
            put(field.name, self.value(writer, field, main)?);
        }
        if let Some((at, text)) = at
            && let Some(field) = of.field(at)
        {
            put(at, self.value(writer, field, text)?);
        }
        Ok(values)
    }

    /// Whether records of `target` are made for `field` where they are missing.
    fn makes(&self, field: &Field, target: &Entity) -> bool {
        let called = |name: &String| {
            name == field.name
                || name == target.noun
                || name == target.plural
                || target.aliases.contains(&name.as_str())
        };
        self.create.iter().any(called)
    }

    /// Makes the record of `entity` that the path `text` names.
    fn make(&mut self, writer: &mut Writer<'_>, entity: &'static Entity, text: &str) -> Result<i64> {
        let mut values = vec![Value::Null; entity.fields.len()];
        let mut name = text;
        if let Some((field, _)) = writer.catalog().parent(entity)
            && field.required
        {
            let Some((holder, last)) = text.rsplit_once('/') else {
                return Err(Error::failed(format!("cannot create {} {}", entity.labels.0, shown::quoted(text)))
                    .help(format!("give its whole path, which says which {} it is in", field.name)));
            };
            if let Some(slot) = entity.position(field.name).and_then(|place| values.get_mut(place)) {
                *slot = self.value(writer, field, holder)?;
            }
            name = last;
        }
        if let Some(field) = entity.naming().next()
            && let Some(slot) = entity.position(field.name).and_then(|place| values.get_mut(place))
        {
            *slot = self.value(writer, field, name)?;
        }
        let effect = writer.apply(Change::Create { entity, values })?;
        self.resolver.forget(entity);
        let id = effect.id;
        self.made.push(effect);
        Ok(id)
    }

    /// Forgets what it has resolved and made: some of it was undone.
    pub(crate) fn forget_everything(&mut self) {
        self.resolver.forget_everything();
        self.made.clear();
    }

    /// Notices a change that may alter what texts resolve to.
    pub(crate) fn notice(&mut self, effect: &Effect) {
        if effect.action != Action::Nothing {
            self.resolver.forget(effect.entity);
        }
    }
}

/// Makes sure that a field may be given empty.
pub(super) fn nothing_for(entity: &Entity, field: &Field) -> Result<()> {
    if field.required && entity.numbered.is_none_or(|_| !entity.is_naming(field.name)) {
        return Err(about(field.name, &Error::failed(format!("{} must not be empty", field.name))));
    }
    Ok(())
}

/// A fault of one field or column: its name, then the sentence.
pub(crate) fn about(name: &str, error: &Error) -> Error {
    let told = Error::new(error.kind(), format!("{name}: {}", error.message())).details(error.lines().to_vec());
    match error.way_out() {
        Some(help) => told.help(help),
        None => told,
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
pub(super) fn holders_path<'t>(given: impl Iterator<Item = (Target, Option<&'t str>)>) -> String {
    let above = given.filter_map(|(target, text)| match (target, text) {
        (Target::Above(steps), Some(text)) if !text.is_empty() => Some((steps, text)),
        _ => None,
    });
    let mut above: Vec<(usize, &str)> = above.collect();
    above.sort_unstable_by_key(|(steps, _)| std::cmp::Reverse(*steps));
    above.into_iter().map(|(_, text)| text).collect::<Vec<&str>>().join("/")
}

/// The columns that tell a record from others: what holds its holder, from the top, its holder, and its names.
pub(super) fn key(entity: &Entity, targets: &[Target]) -> Vec<usize> {
    let telling: Vec<&str> = entity.parent.iter().chain(entity.names).copied().collect();
    let rank = |target: &Target| match target {
        Target::Above(steps) => Some((0, usize::MAX - steps)),
        Target::Field(place) => {
            let field = entity.fields.get(*place)?;
            Some((1, telling.iter().position(|name| *name == field.name)?))
        }
        Target::Collection(_) | Target::Derived => None,
    };
    let ranked = targets.iter().enumerate().filter_map(|(column, target)| Some((rank(target)?, column)));
    let mut ranked: Vec<((usize, usize), usize)> = ranked.collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, column)| column).collect()
}

/// Adds records of a collection to those that come along.
fn gather(items: &mut Items, collection: &'static Collection, more: Vec<Vec<Value>>) {
    match items.iter_mut().find(|(known, _)| known.name == collection.name) {
        Some((_, known)) => known.extend(more),
        None => items.push((collection, more)),
    }
}

/// A value that was read from a text; where it is stored as it stands there, it is lent.
#[derive(Debug)]
pub(crate) enum Plain<'t> {
    /// As [`Value::Text`].
    Text(Cow<'t, str>),
    /// As [`Value::Integer`].
    Integer(i64),
    /// As [`Value::Quantity`].
    Quantity(Cow<'t, str>, i64),
}

impl Plain<'_> {
    fn into_value(self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.into_owned()),
            Self::Integer(number) => Value::Integer(number),
            Self::Quantity(amount, unit) => Value::Quantity(Quantity { amount: amount.into_owned(), unit }),
        }
    }
}

/// Reads what needs no look into the inventory.
pub(crate) fn plain(kind: Kind, given: &str) -> Result<Value> {
    lent(kind, given).map(Plain::into_value)
}

/// Reads what a row of a file gives for a field, where that needs no look into the inventory but its units; nothing
/// where it refers to a record.
pub(super) fn alone<'t>(kind: Kind, given: &'t str, units: &Units) -> Option<Result<Plain<'t>>> {
    match kind {
        Kind::Reference { .. } => None,
        Kind::Quantity { .. } => Some(quantity(units, given)),
        Kind::Status => Some(platform_status(given)),
        kind => Some(lent(kind, given)),
    }
}

fn quantity<'t>(units: &Units, given: &'t str) -> Result<Plain<'t>> {
    units.lent(given).map(|(amount, unit)| Plain::Quantity(amount, unit))
}

/// Reads a status that may be told in a platform's words.
fn platform_status(given: &str) -> Result<Plain<'_>> {
    let known = status::known(given).or_else(|| status::from_platform(given));
    known.map_or_else(|| lent(Kind::Status, given), |word| Ok(Plain::Text(word.into())))
}

fn lent(kind: Kind, given: &str) -> Result<Plain<'_>> {
    Ok(Plain::Text(match kind {
        Kind::Name => name::lent(given)?,
        Kind::Text => text::lent(given)?,
        Kind::Count => decimal::lent_count(given)?,
        Kind::Factor => return Ok(Plain::Integer(text::factor(given)?)),
        Kind::Status => status::parse(given)?.into(),
        Kind::Role => Role::parse(given)?.word().into(),
        Kind::Ipv4 => address::ipv4(given)?.into(),
        Kind::Ipv6 => address::ipv6(given)?.into(),
        Kind::Vlan => text::vlan(given)?.into(),
        Kind::Email => text::email(given)?.into(),
        Kind::Created | Kind::Updated => time::lent(given)?,
        Kind::Secret | Kind::Quantity { .. } | Kind::Reference { .. } => given.into(),
    }))
}

/// What a column of a file, or an option, is for: a field, a collection, or what holds the holder.
pub(crate) fn target(catalog: &Catalog, entity: &'static Entity, name: &str) -> Option<Target> {
    use crate::catalog::column::same_name;
    let secret = |field: &Field| field.kind == Kind::Secret;
    let field = entity.fields.iter().position(|field| !secret(field) && same_name(field.name, name));
    if let Some(place) = field {
        return Some(Target::Field(place));
    }
    if let Some(collection) = entity.collections.iter().find(|collection| same_name(collection.name, name)) {
        return Some(Target::Collection(collection));
    }
    if let Some(quantity) = name.strip_suffix("_bytes") {
        let derived = entity
            .fields
            .iter()
            .any(|field| matches!(field.kind, Kind::Quantity { .. }) && same_name(field.name, quantity));
        if derived {
            return Some(Target::Derived);
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
