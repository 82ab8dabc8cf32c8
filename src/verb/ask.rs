//! Asks for the fields that the command line lacks: a reference from a list that narrows, a quantity until it parses, a
//! name that no other record has.

use super::batch::{self, Duplicates, Existing};
use super::intake::{self, Target};
use super::offer;
use crate::catalog::{Collection, Entity, Field, Kind, Rule};
use crate::error::{Error, Result};
use crate::input::prompt::{self, Choice, Choices, Label};
use crate::interrupt;
use crate::session::Session;
use crate::store::Reader;
use crate::value::{Cell, list, name, shown, status};

/// Fields that no two records share the values of.
type Key = &'static [&'static str];

/// Questions for the fields of a new record, and what is known of it so far.
pub(crate) struct Questions<'q, 's> {
    session: &'q Session<'s>,
    entity: &'static Entity,
    existing: Existing,
    duplicates: Duplicates,
    /// Fields that may still be asked for.
    open: Vec<&'static Field>,
    /// Each text with the field that it is for.
    pub texts: Vec<(Target, String)>,
    /// Nouns of which a new record was named.
    pub create: Vec<String>,
}

impl<'q, 's> Questions<'q, 's> {
    /// Creates the questions for a record of `entity` that has `texts` already.
    pub(crate) fn new(
        session: &'q Session<'s>,
        entity: &'static Entity,
        texts: Vec<(Target, String)>,
        existing: Existing,
        duplicates: Duplicates,
    ) -> Self {
        let mut questions = Self { session, entity, existing, duplicates, open: Vec::new(), texts, create: Vec::new() };
        let is_open = |field: &&Field| {
            !matches!(field.kind, Kind::Created | Kind::Updated | Kind::Secret) && questions.text(field.name).is_none()
        };
        questions.open = entity.fields.iter().filter(is_open).collect();
        questions
    }

    /// Asks for the fields that a record must have, its holder first, so that a name that is taken there is noticed; and
    /// for those that say what it is as a part of another one, such as the size of a disk.
    ///
    /// # Errors
    /// The user ended it, the terminal cannot be used, or the inventory cannot be read.
    pub(crate) fn required(&mut self) -> Result<()> {
        interrupt::watch();
        let entity = self.entity;
        let has_name = entity.names.iter().any(|name| self.text(name).is_some());
        let rank = |field: &Field| match field {
            field if field.required && entity.parent == Some(field.name) => Some(0),
            field if field.required || (!has_name && entity.names.first() == Some(&field.name)) => Some(1),
            field if entity.is_naming(field.name) => None,
            field => self.rank_in_collections(field),
        };
        let ranked = self.open.iter().filter_map(|field| Some((rank(field)?, *field)));
        let mut ranked: Vec<(usize, &'static Field)> = ranked.collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        for (_, field) in ranked {
            self.ask(field)?;
        }
        Ok(())
    }

    /// Offers the other fields, and records that may be created along with it.
    ///
    /// # Errors
    /// As [`Self::required`].
    pub(crate) fn optional(&mut self) -> Result<()> {
        let is_open = |collection: &&Collection| {
            !self.texts.iter().any(|(target, _)| matches!(target, Target::Collection(c) if c.name == collection.name))
        };
        let collections: Vec<&'static Collection> = self.entity.collections.iter().filter(is_open).collect();
        if (self.open.is_empty() && collections.is_empty()) || !prompt::confirm("More fields?")? {
            return Ok(());
        }
        for field in self.open.clone() {
            if !self.is_excluded(field) {
                self.ask(field)?;
            }
        }
        collections.into_iter().try_for_each(|collection| self.collection(collection))
    }

    /// The text of the field called `name`.
    fn text(&self, name: &str) -> Option<&str> {
        let place = self.entity.position(name)?;
        let is_field = |target: &Target| matches!(target, Target::Field(other) if *other == place);
        self.texts.iter().find_map(|(target, text)| is_field(target).then_some(text.as_str()))
    }

    /// Returns 2 for a field before the `@` of a collection of its noun, 3 for one behind it.
    fn rank_in_collections(&self, field: &Field) -> Option<usize> {
        let entities = self.session.catalog().entities();
        let mut collections = entities.flat_map(|holder| holder.collections).filter(|c| c.of == self.entity.noun);
        collections.find_map(|collection| match field.name {
            name if collection.main.contains(&name) => Some(2),
            name if collection.at == Some(name) => Some(3),
            _ => None,
        })
    }

    /// Tests if a rule forbids `field` beside the fields that have a value.
    fn is_excluded(&self, field: &Field) -> bool {
        self.entity.rules.iter().any(|rule| match rule {
            Rule::NotBoth(one, other) => {
                (field.name == *one && self.text(other).is_some()) || (field.name == *other && self.text(one).is_some())
            }
            Rule::AnyOf(_) => false,
        })
    }

    /// Asks for one field until its value is right and no other record has its keys.
    fn ask(&mut self, field: &'static Field) -> Result<()> {
        let entity = self.entity;
        let is_any_name = entity.names.len() > 1 && entity.names.iter().all(|name| self.text(name).is_none());
        let (field, answer) = match field.kind {
            Kind::Reference { .. } => (field, self.free_reference(field)?),
            Kind::Status | Kind::Role => (field, word(field)?),
            _ if is_any_name && entity.is_naming(field.name) => self.any_name()?,
            _ => (field, self.value(field)?),
        };
        self.open.retain(|open| open.name != field.name);
        let place = entity.position(field.name);
        self.texts.extend(place.zip(answer).map(|(place, text)| (Target::Field(place), text)));
        Ok(())
    }

    /// Fails if another record has a key that `answer` completes.
    fn check_keys(&self, field: &'static Field, answer: Option<&str>) -> Result<()> {
        let is_open = |name: &&str| *name != field.name && self.open.iter().any(|open| open.name == *name);
        let text = |name: &str| if name == field.name { answer } else { self.text(name) };
        for key in self.keys_of(self.entity) {
            if key.contains(&field.name) && !key.iter().any(is_open) {
                self.session.read(|reader| check_key(reader, self.entity, key, text))?;
            }
        }
        Ok(())
    }

    /// The keys of `entity` that new records must not share with others.
    fn keys_of(&self, entity: &'static Entity) -> impl Iterator<Item = &'static Key> {
        let keys: &[Key] = if self.existing == Existing::Refuse { entity.keys } else { &[] };
        let soft_keys: &[Key] = if self.duplicates == Duplicates::Refuse { entity.soft_keys } else { &[] };
        soft_keys.iter().chain(keys)
    }

    /// Asks for the name of a record whose entity has several naming fields.
    fn any_name(&self) -> Result<(&'static Field, Option<String>)> {
        let label = self.entity.names.join(" or ");
        prompt::text(Label { name: &label, hint: "" }, "", |text| {
            let Some(field) = intake::naming_field(self.entity, text) else {
                return Err(Error::failed(format!("{label} must not be empty")));
            };
            check(self.session, field, text)?;
            self.check_keys(field, Some(text))?;
            Ok((field, Some(text.to_owned())))
        })
    }

    /// Asks for the text of a field.
    fn value(&self, field: &'static Field) -> Result<Option<String>> {
        let numbered = self.entity.numbered.filter(|_| self.entity.is_naming(field.name));
        let hint = match numbered {
            Some(numbered) => format!("Enter alone: the next free {}N", numbered.prefix),
            None => hint(field),
        };
        prompt::text(Label { name: field.name, hint: &hint }, "", |text| {
            let answer = Some(text).filter(|text| !text.is_empty());
            match answer {
                None if field.required && numbered.is_none() => {
                    return Err(Error::failed(format!("{} must not be empty", field.name)));
                }
                None => {}
                Some(text) => check(self.session, field, text)?,
            }
            self.check_keys(field, answer)?;
            Ok(answer.map(str::to_owned))
        })
    }

    /// Asks for a record until the new one may refer to it.
    fn free_reference(&mut self, field: &'static Field) -> Result<Option<String>> {
        loop {
            let answer = self.reference(field, field.required)?;
            match self.check_keys(field, answer.as_deref()) {
                Err(error) if prompt::is_correctable(&error) => prompt::refuse(&error),
                checked => return checked.map(|()| answer),
            }
        }
    }

    /// Asks for a record, or for the name of a new one.
    fn reference(&mut self, field: &'static Field, required: bool) -> Result<Option<String>> {
        let session = self.session;
        let Some(target) = session.catalog().target(field) else { return Ok(None) };
        // A record with more required fields than a name and a parent needs questions of its own.
        let is_simple = target
            .fields
            .iter()
            .all(|field| !field.required || target.is_naming(field.name) || target.parent == Some(field.name));
        let choices = Choices {
            search: &|typed, is_stale, early| offer::best(session, target, typed, is_stale, early),
            optional: !required,
            new: is_simple.then_some(target.labels.0),
        };
        loop {
            match prompt::choose(Label { name: field.name, hint: &hint(field) }, choices)? {
                Choice::Item(path) => return Ok(Some(path)),
                Choice::Nothing => return Ok(None),
                Choice::New(typed) => {
                    let path = self.new_record(target, &typed)?;
                    if path.is_some() {
                        return Ok(path);
                    }
                }
            }
        }
    }

    /// Asks where a new record of `target` is and what it is called, and returns its path; `None` if it is not to be.
    fn new_record(&mut self, target: &'static Entity, typed: &str) -> Result<Option<String>> {
        let holder = match self.session.catalog().parent(target) {
            Some((field, _)) => self.reference(field, true)?,
            None => None,
        };
        let label = format!("name of the new {}", target.labels.0);
        let hint = if typed.is_empty() { "Enter alone: back to the list" } else { "" };
        let name = prompt::text(Label { name: &label, hint }, typed, |text| {
            if text.is_empty() {
                return Ok(None);
            }
            let name = name::parse(text)?;
            let text = |field: &str| if target.is_naming(field) { Some(name.as_str()) } else { holder.as_deref() };
            target.keys.iter().try_for_each(|key| self.session.read(|reader| check_key(reader, target, key, text)))?;
            Ok(Some(name))
        })?;
        let Some(name) = name else { return Ok(None) };
        self.create.push(target.noun.to_owned());
        Ok(Some(match holder {
            Some(holder) => format!("{holder}/{name}"),
            None => name,
        }))
    }

    /// Asks for records of a collection, one after another, until there are no more.
    fn collection(&mut self, collection: &'static Collection) -> Result<()> {
        let mut items: Vec<String> = Vec::new();
        while let Some(item) = self.item(collection, &items)? {
            items.push(item);
        }
        if !items.is_empty() {
            let text = list::join_list(items.iter().map(String::as_str));
            self.texts.push((Target::Collection(collection), text));
        }
        Ok(())
    }

    /// Asks for one record of a collection as `MAIN[@AT]`, until it is none of the `others` and no record has its keys.
    fn item(&mut self, collection: &'static Collection, others: &[String]) -> Result<Option<String>> {
        let of = self.session.catalog().of(collection.of);
        loop {
            let Some((field, main)) = self.main_part(of, collection, others)? else { return Ok(None) };
            let at = collection.at.and_then(|name| of.field(name));
            let behind = match at {
                Some(at) if at.refers_to().is_some() => self.reference(at, false)?,
                Some(at) => prompt::text(Label { name: at.name, hint: &hint(at) }, "", |text| {
                    let answer = Some(text).filter(|text| !text.is_empty());
                    answer.map_or(Ok(()), |text| check(self.session, at, text))?;
                    Ok(answer.map(str::to_owned))
                })?,
                None => None,
            };
            let item = behind.as_ref().map_or_else(|| main.clone(), |behind| format!("{main}@{behind}"));
            let text = |name: &str| match name {
                name if name == field.name => Some(main.as_str()),
                name if at.is_some_and(|at| at.name == name) => behind.as_deref(),
                _ => None,
            };
            // No record of the collection belongs to the new one yet.
            let mut keys = self.keys_of(of).filter(|key| !key.contains(&collection.by));
            let checked = if of.numbered.is_none() && others.contains(&item) {
                Err(Error::conflict(format!("{} is already in the list", shown::quoted(&item))))
            } else {
                keys.try_for_each(|key| self.session.read(|reader| check_key(reader, of, key, text)))
            };
            match checked {
                Err(error) if prompt::is_correctable(&error) => prompt::refuse(&error),
                checked => return checked.map(|()| Some(item)),
            }
        }
    }

    /// Asks for the part of an item before the `@`, and returns it with its field.
    fn main_part(
        &mut self,
        of: &'static Entity,
        collection: &'static Collection,
        others: &[String],
    ) -> Result<Option<(&'static Field, String)>> {
        let mut fields = collection.main.iter().filter_map(|name| of.field(name));
        let Some(first) = fields.next() else { return Ok(None) };
        if first.refers_to().is_some() {
            return Ok(self.reference(first, false)?.map(|path| (first, path)));
        }
        let enough = if others.is_empty() { "none" } else { "no more" };
        let what = if collection.main.len() > 1 { collection.main.join(" or ") } else { hint(first) };
        let hint = format!("{what}; Enter alone: {enough}");
        prompt::text(Label { name: collection.flag, hint: &hint }, "", |text| {
            let Some(field) = intake::main_field(of, collection, text).filter(|_| !text.is_empty()) else {
                return Ok(None);
            };
            check(self.session, field, text)?;
            // As it is going to be stored, so that an address is recognized however it is written.
            let stored = match intake::plain(field.kind, text)? {
                Cell::Text(stored) => stored.into_owned(),
                _ => text.to_owned(),
            };
            Ok(Some((field, stored)))
        })
    }
}

/// Fails if a record of `entity` has the values of `key` that `text` returns by the names of its fields.
fn check_key<'t>(
    reader: &Reader<'_>,
    entity: &'static Entity,
    key: &'static Key,
    text: impl Fn(&str) -> Option<&'t str>,
) -> Result<()> {
    let mut cells = vec![Cell::Null; entity.fields.len()];
    for (place, field) in entity.fields.iter().enumerate().filter(|(_, field)| key.contains(&field.name)) {
        let Some(text) = text(field.name) else { continue };
        let cell = match reader.catalog().target(field) {
            // A record that is going to be created has no others.
            Some(target) => reader.resolve_optional(target, text).ok().flatten().map(Cell::Integer),
            None => intake::plain(field.kind, text).ok(),
        };
        match (cell, cells.get_mut(place)) {
            (Some(cell), Some(slot)) => *slot = cell,
            _ => return Ok(()),
        }
    }
    let cell = |place: usize| cells.get(place).unwrap_or(&Cell::Null);
    match reader.holder_of_key(entity, None, cell, std::slice::from_ref(key))? {
        Some((id, key)) if entity.soft_keys.contains(&key) => Err(batch::duplicate(reader, entity, id, key)?),
        Some((id, _)) => Err(batch::exists(reader, entity, id)?),
        None => Ok(()),
    }
}

/// Explanation of a field beside its name: its help text, and an example.
fn hint(field: &Field) -> String {
    let mut letters = field.help.chars();
    // Acronyms keep their capitals: `VM of the disk`, `IPv4 address`.
    let is_word = field.help.chars().nth(1).is_some_and(char::is_lowercase);
    let help = match letters.next() {
        Some(first) if is_word => first.to_lowercase().chain(letters).collect(),
        _ => field.help.to_owned(),
    };
    match field.kind {
        Kind::Quantity { .. } => format!("{help}, such as 16GiB"),
        Kind::Ipv4 => format!("{help}, such as 10.0.0.11"),
        Kind::Ipv6 => format!("{help}, such as fd00::11"),
        _ => help,
    }
}

/// Checks that `text` is a value of `field`.
///
/// # Errors
/// It is not, or the inventory's units cannot be read.
fn check(session: &Session, field: &Field, text: &str) -> Result<()> {
    match field.kind {
        Kind::Quantity { .. } => session.read(|reader| reader.units()?.parse(text).map(drop)),
        kind => intake::plain(kind, text).map(drop),
    }
}

/// Asks for one of a few words. Enter alone chooses the status `unknown`, and no role.
fn word(field: &Field) -> Result<Option<String>> {
    let mut words = field.kind.words().unwrap_or_default().to_vec();
    let default = words.iter().position(|word| *word == status::UNKNOWN).unwrap_or_else(|| {
        words.insert(0, prompt::NONE);
        0
    });
    let word = prompt::select(Label { name: field.name, hint: &hint(field) }, &words, default)?;
    Ok(Some(word).filter(|word| word != prompt::NONE))
}
