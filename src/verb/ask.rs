//! What an operator left out is asked for: a reference from a list that narrows, a quantity until it parses.

use super::intake::{self, Target};
use crate::catalog::{Entity, Field, Kind, Path, Rule};
use crate::error::{Error, Result};
use crate::input::prompt::{self, Choice, Choices, Label};
use crate::interrupt;
use crate::session::Session;
use crate::store::Query;
use crate::value::status;
use std::ops::ControlFlow;

/// The longest list that is offered; of more records, one is asked for by name.
const OFFERED: u64 = 5_000;

/// What was asked for, and what is to be made along with it.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// The texts, and what they are for.
    pub given: Vec<(Target, String)>,
    /// The nouns of which a new record was asked for.
    pub create: Vec<String>,
}

/// Asks for the fields of a new record of `entity` that are not `known` yet: the required ones, and if the operator
/// wants to, the others.
pub(crate) fn for_new(session: &Session, entity: &'static Entity, known: &[usize]) -> Result<Answers> {
    interrupt::watch();
    let mut answers = Answers::default();
    let open = |(place, field): &(usize, &'static Field)| {
        !known.contains(place) && !matches!(field.kind, Kind::Created | Kind::Updated | Kind::Secret)
    };
    let fields: Vec<(usize, &'static Field)> = entity.fields.iter().enumerate().filter(open).collect();
    let named = entity.names.iter().filter_map(|name| entity.position(name)).any(|place| known.contains(&place));
    let needed = |field: &Field| field.required || (!named && entity.names.first() == Some(&field.name));
    for (place, field) in fields.iter().filter(|(_, field)| needed(field)) {
        ask(session, entity, *place, field, true, &mut answers)?;
    }
    let optional: Vec<_> = fields.iter().filter(|(_, field)| !needed(field)).collect();
    if !optional.is_empty() && prompt::confirm("More fields?")? {
        for (place, field) in optional {
            if !excluded(entity, field, known, &answers) {
                ask(session, entity, *place, field, false, &mut answers)?;
            }
        }
    }
    Ok(answers)
}

/// Whether a field cannot be given any more, since another one that it excludes is.
fn excluded(entity: &'static Entity, field: &Field, known: &[usize], answers: &Answers) -> bool {
    let has = |name: &str| {
        let place = entity.position(name);
        let answered = |(target, _): &(Target, String)| matches!(target, Target::Field(other) if place == Some(*other));
        place.is_some_and(|place| known.contains(&place)) || answers.given.iter().any(answered)
    };
    entity.rules.iter().any(|rule| match rule {
        Rule::NotBoth(one, other) => (field.name == *one && has(other)) || (field.name == *other && has(one)),
        Rule::AnyOf(_) => false,
    })
}

/// What stands beside a field's name while it is asked for: what it means, and what an answer looks like.
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
        Kind::Status | Kind::Role => one_of(field)?,
        _ if entity.names.len() > 1 && entity.is_naming(field.name) && required => {
            let name = named_text(entity, session)?;
            let named = intake::naming_field(entity, &name).and_then(|field| entity.position(field.name));
            answers.given.push((Target::Field(named.unwrap_or(place)), name));
            return Ok(());
        }
        _ => text(session, entity, field, required)?,
    };
    answers.given.extend(answer.map(|text| (Target::Field(place), text)));
    Ok(())
}

/// Asks for the name of a record that any of several fields may hold.
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

/// Whether `text` is a value of `field`, told while the question still stands.
fn check(session: &Session, field: &Field, text: &str) -> Result<()> {
    match field.kind {
        Kind::Quantity { .. } => session.read(|reader| reader.units()?.parse(text).map(drop)),
        kind => intake::plain(kind, text).map(drop),
    }
}

/// Has one of a few words chosen; a status that is not known is unknown, and who gets no role gets the usual one.
fn one_of(field: &Field) -> Result<Option<String>> {
    let items: Vec<String> = field.kind.words().unwrap_or_default().iter().map(|word| (*word).to_owned()).collect();
    let unknown = items.iter().position(|word| word == status::UNKNOWN);
    let choices = Choices { items: &items, first: unknown.unwrap_or(0), optional: unknown.is_none(), new: None };
    Ok(match prompt::choose(Label { name: field.name, hint: &hint(field) }, choices)? {
        Choice::Item(place) => items.into_iter().nth(place),
        Choice::Nothing | Choice::New(_) => None,
    })
}

/// Has a record chosen, or a new one named.
fn reference(
    session: &Session,
    field: &'static Field,
    required: bool,
    create: &mut Vec<String>,
) -> Result<Option<String>> {
    let Some(target) = session.catalog().target(field) else { return Ok(None) };
    let all = Query::all(target, vec![Path::known(session.catalog(), target, "path")]);
    let (many, paths) = session.read(|reader| {
        if reader.select_count(&all)? > OFFERED {
            return Ok((true, Vec::new()));
        }
        let mut paths = Vec::new();
        reader.select(&all, |row| {
            paths.extend(row.cell(0).plain().map(str::to_owned));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok((false, paths))
    })?;
    if many {
        let answer = prompt::text(Label { name: field.name, hint: &hint(field) }, "", |text| {
            if !text.is_empty() || required {
                session.read(|reader| reader.resolve(target, text))?;
            }
            Ok(text.to_owned())
        })?;
        return Ok(Some(answer).filter(|answer| !answer.is_empty()));
    }
    // What has more required fields than a name and what holds it is not made in passing.
    let simple = target
        .fields
        .iter()
        .all(|field| !field.required || target.is_naming(field.name) || target.parent == Some(field.name));
    let new = simple.then_some(target.labels.0);
    let choices = Choices { items: &paths, first: 0, optional: !required, new };
    match prompt::choose(Label { name: field.name, hint: &hint(field) }, choices)? {
        Choice::Item(place) => Ok(paths.into_iter().nth(place)),
        Choice::Nothing => Ok(None),
        Choice::New(typed) => {
            let label = format!("name of the new {}", target.labels.0);
            let name = prompt::text(Label { name: &label, hint: "" }, &typed, crate::value::name::parse)?;
            let holder = match session.catalog().parent(target) {
                Some((field, _)) => reference(session, field, true, create)?,
                None => None,
            };
            create.push(target.noun.to_owned());
            Ok(Some(holder.map_or(name.clone(), |holder| format!("{holder}/{name}"))))
        }
    }
}
