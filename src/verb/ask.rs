//! Asks for the fields that the command line lacks: a reference from a list that narrows, a quantity until it parses.

use super::intake::{self, Target};
use crate::catalog::{Entity, Field, Kind, Path, Rule};
use crate::error::{Error, Result};
use crate::input::prompt::{self, Choice, Choices, Label};
use crate::interrupt;
use crate::session::Session;
use crate::store::Query;
use crate::value::status;
use std::ops::ControlFlow;

/// Number of records in the longest list to choose from; of more, one is asked for by name.
const LONGEST_LIST: u64 = 5_000;

/// Answers of the operator, and nouns of the records to create for them.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Each text with the field that it is for.
    pub texts: Vec<(Target, String)>,
    /// Nouns of which a new record was named.
    pub create: Vec<String>,
}

/// Asks for the fields of a new record of `entity` that are not `filled`: the required ones, and the others on request.
///
/// # Errors
/// The user ended it, the terminal cannot be used, or the inventory cannot be read.
pub(crate) fn for_new(session: &Session, entity: &'static Entity, filled: &[usize]) -> Result<Answers> {
    interrupt::watch();
    let mut answers = Answers::default();
    let open = |(place, field): &(usize, &'static Field)| {
        !filled.contains(place) && !matches!(field.kind, Kind::Created | Kind::Updated | Kind::Secret)
    };
    let fields: Vec<(usize, &'static Field)> = entity.fields.iter().enumerate().filter(open).collect();
    let has_name = entity.names.iter().filter_map(|name| entity.position(name)).any(|place| filled.contains(&place));
    let is_required = |field: &Field| field.required || (!has_name && entity.names.first() == Some(&field.name));
    for (place, field) in fields.iter().filter(|(_, field)| is_required(field)) {
        ask(session, entity, *place, field, true, &mut answers)?;
    }
    let optional: Vec<_> = fields.iter().filter(|(_, field)| !is_required(field)).collect();
    if !optional.is_empty() && prompt::confirm("More fields?")? {
        for (place, field) in optional {
            if !is_excluded(entity, field, filled, &answers) {
                ask(session, entity, *place, field, false, &mut answers)?;
            }
        }
    }
    Ok(answers)
}

/// Tests if a rule of `entity` forbids `field` beside the fields that have a value.
fn is_excluded(entity: &'static Entity, field: &Field, filled: &[usize], answers: &Answers) -> bool {
    let has = |name: &str| {
        let place = entity.position(name);
        let is_field = |(target, _): &(Target, String)| matches!(target, Target::Field(other) if place == Some(*other));
        place.is_some_and(|place| filled.contains(&place)) || answers.texts.iter().any(is_field)
    };
    entity.rules.iter().any(|rule| match rule {
        Rule::NotBoth(one, other) => (field.name == *one && has(other)) || (field.name == *other && has(one)),
        Rule::AnyOf(_) => false,
    })
}

/// Explanation of a field beside its name: its help text, and an example.
fn hint(field: &Field) -> String {
    let mut letters = field.help.chars();
    let help = letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect());
    match field.kind {
        Kind::Quantity { .. } => format!("{help}, such as 16GiB"),
        Kind::Ipv4 => format!("{help}, such as 10.0.0.11"),
        Kind::Ipv6 => format!("{help}, such as fd00::11"),
        _ => help,
    }
}

fn ask(
    session: &Session,
    entity: &'static Entity,
    place: usize,
    field: &'static Field,
    required: bool,
    answers: &mut Answers,
) -> Result<()> {
    let answer = match field.kind {
        Kind::Reference { .. } => reference(session, field, required, &mut answers.create)?,
        Kind::Status | Kind::Role if prompt::can_select() => word(field)?,
        _ if entity.names.len() > 1 && entity.is_naming(field.name) && required => {
            let name = named_text(entity, session)?;
            let naming = intake::naming_field(entity, &name).and_then(|field| entity.position(field.name));
            answers.texts.push((Target::Field(naming.unwrap_or(place)), name));
            return Ok(());
        }
        _ => text(session, entity, field, required)?,
    };
    answers.texts.extend(answer.map(|text| (Target::Field(place), text)));
    Ok(())
}

/// Asks for the name of a record whose entity has several naming fields.
fn named_text(entity: &'static Entity, session: &Session) -> Result<String> {
    let label = entity.names.join(" or ");
    prompt::text(Label { name: &label, hint: "" }, "", |text| {
        let field = intake::naming_field(entity, text);
        field.map_or(Ok(()), |field| check(session, field, text))?;
        Ok(text.to_owned())
    })
}

fn text(session: &Session, entity: &'static Entity, field: &'static Field, required: bool) -> Result<Option<String>> {
    let numbered = entity.numbered.filter(|_| entity.is_naming(field.name));
    let hint = match numbered {
        Some(numbered) => format!("Enter alone: the next free {}N", numbered.prefix),
        None => hint(field),
    };
    let answer = prompt::text(Label { name: field.name, hint: &hint }, "", |text| match text {
        "" if required && numbered.is_none() => Err(Error::failed(format!("{} must not be empty", field.name))),
        "" => Ok(String::new()),
        _ => check(session, field, text).map(|()| text.to_owned()),
    })?;
    Ok(Some(answer).filter(|answer| !answer.is_empty()))
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
    let index = prompt::select(Label { name: field.name, hint: &hint(field) }, &words, default)?;
    Ok(words.get(index).filter(|word| **word != prompt::NONE).map(|word| (*word).to_owned()))
}

/// Asks for a record, or for the name of a new one.
fn reference(
    session: &Session,
    field: &'static Field,
    required: bool,
    create: &mut Vec<String>,
) -> Result<Option<String>> {
    let Some(target) = session.catalog().target(field) else { return Ok(None) };
    let all = Query::all(target, vec![Path::known(session.catalog(), target, "path")]);
    let (is_long, paths) = session.read(|reader| {
        if reader.select_count(&all)? > LONGEST_LIST {
            return Ok((true, Vec::new()));
        }
        let mut paths = Vec::new();
        reader.select(&all, |row| {
            paths.extend(row.cell(0).plain().map(str::to_owned));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok((false, paths))
    })?;
    if is_long {
        let answer = prompt::text(Label { name: field.name, hint: &hint(field) }, "", |text| {
            if !text.is_empty() || required {
                session.read(|reader| reader.resolve(target, text))?;
            }
            Ok(text.to_owned())
        })?;
        return Ok(Some(answer).filter(|answer| !answer.is_empty()));
    }
    // A record with more required fields than a name and a parent needs questions of its own.
    let is_simple = target
        .fields
        .iter()
        .all(|field| !field.required || target.is_naming(field.name) || target.parent == Some(field.name));
    let new = is_simple.then_some(target.labels.0);
    let choices = Choices { items: &paths, optional: !required, new };
    match prompt::choose(Label { name: field.name, hint: &hint(field) }, choices)? {
        Choice::Item(place) => Ok(paths.into_iter().nth(place)),
        Choice::Nothing => Ok(None),
        Choice::New(typed) => {
            let label = format!("name of the new {}", target.labels.0);
            let name = prompt::text(Label { name: &label, hint: "" }, &typed, crate::value::name::parse)?;
            let parent = match session.catalog().parent(target) {
                Some((field, _)) => reference(session, field, true, create)?,
                None => None,
            };
            create.push(target.noun.to_owned());
            Ok(Some(parent.map_or(name.clone(), |parent| format!("{parent}/{name}"))))
        }
    }
}
