//! `inv NOUN add`: one new record, and what is given along with it.

use super::arguments::{self, option, options, switch};
use super::ask::Questions;
use super::batch::{Batch, Existing};
use super::intake::{Intake, Rejected, Target};
use super::report::Report;
use super::show;
use crate::catalog::{Catalog, Entity, Kind};
use crate::error::{Error, Result};
use crate::input::secret;
use crate::session::Session;
use crate::value::shown::shown;
use crate::value::{Cell, list};
use clap::{Arg, ArgAction, ArgMatches, Command};

pub(crate) fn arguments(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    described(catalog, entity, command).arg(
        Arg::new("if-not-exists")
            .long("if-not-exists")
            .action(ArgAction::SetTrue)
            .help("Skip a record that already exists, with exit status 0"),
    )
}

/// Adds the arguments that describe a record in full.
pub(super) fn described(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let help = match entity.numbered {
        Some(numbered) => format!("Name of the {} (default: the next free {}N)", entity.labels.0, numbered.prefix),
        None => match entity.naming().next() {
            Some(field) if entity.names.len() == 1 => format!("{} (required)", field.help),
            _ => format!("Value of {} (required)", entity.names.join(" or ")),
        },
    };
    let command = command.arg(Arg::new("new").value_name("NAME").help(help));
    let command = arguments::required(entity, arguments::fields(entity, command));
    let command = arguments::collections(catalog, entity, command);
    let command = if has_secret(entity) {
        command.arg(
            Arg::new("password-stdin")
                .long("password-stdin")
                .action(ArgAction::SetTrue)
                .help("Read the password from standard input, one line"),
        )
    } else {
        command
    };
    arguments::writes(arguments::allow_duplicate(catalog, entity, command))
}

pub(crate) fn has_secret(entity: &Entity) -> bool {
    entity.fields.iter().any(|field| field.kind == Kind::Secret)
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    let existing = if switch(matches, "if-not-exists") { Existing::Skip } else { Existing::Refuse };
    put(session, entity, matches, existing)
}

/// Puts the record in that the command line describes; one that exists already is treated as `existing` says.
pub(super) fn put(session: &Session, entity: &'static Entity, matches: &ArgMatches, existing: Existing) -> Result<()> {
    let texts = texts(entity, matches);
    let mut missing = missing(entity, &texts);
    if !session.interactive {
        if has_secret(entity) && !switch(matches, "password-stdin") {
            missing.push("--password-stdin".to_owned());
        }
        if !missing.is_empty() {
            return Err(Error::usage(format!("missing arguments: {}", missing.join(", "))).help(format!(
                "run `inv {} {} --help` for usage",
                entity.noun,
                if existing == Existing::Update { "apply" } else { "add" }
            )));
        }
    }
    let mut questions = Questions::new(session, entity, texts, existing, arguments::duplicates(matches));
    if !missing.is_empty() {
        session.require(arguments::role(entity))?;
        questions.required()?;
    }
    let secret = if has_secret(entity) {
        session.require(arguments::role(entity))?;
        Some(secret::new_hash(arguments::password_source(session, matches))?)
    } else {
        None
    };
    if !missing.is_empty() {
        questions.optional()?;
    }
    let Questions { texts, create, .. } = questions;
    // Only a command that always creates answers with the record alone.
    let answers_record = existing == Existing::Refuse && !session.dry_run;
    let card = session.style.filter(|style| style.has_keys() && answers_record);
    let (answer, done, closed, report) = session.write(|writer| {
        let mut intake = Intake { create: create.clone(), ..Intake::default() };
        let mut report = if card.is_some() { Report::nothing() } else { Report::new(session)? };
        let draft = intake.read(writer, entity, &texts.iter().map(|(target, text)| (*target, Some(text.as_str()))));
        let mut draft = draft.map_err(Rejected::into_error)?;
        if let (Some(hash), Some(place)) = (&secret, entity.fields.iter().position(|field| field.kind == Kind::Secret))
        {
            draft.set(place, Cell::Text(hash.into()));
        }
        let mut batch = Batch::new(entity, existing, arguments::duplicates(matches));
        let id = batch.put(writer, &mut intake, draft, &mut report).map_err(Rejected::into_error)?;
        // Whoever adds the first login user has to sign in to read it.
        let answer = if let Some(style) = card {
            session.cards(style, |cards| show::card(writer, entity, id, style, cards))?
        } else {
            format!("{}\n", shown(&writer.path(entity, id)?))
        };
        let done = match &batch.tally {
            tally if tally.created > 0 => "created",
            tally if tally.changed > 0 => "changed",
            _ => {
                report.add_unchanged(writer, entity, id)?;
                "unchanged"
            }
        };
        Ok((answer, done, entity.operates && writer.is_open_to_all(), report))
    })?;
    if session.dry_run || (session.has_keys() && card.is_none()) {
        return report.tell(session);
    }
    session.answer_text(&answer)?;
    if existing != Existing::Refuse {
        session.say(done);
    }
    if closed {
        session.say("login required from now on: run `inv login`");
    }
    Ok(())
}

/// The texts of the command line, and the destination of each.
fn texts(entity: &'static Entity, matches: &ArgMatches) -> Vec<(Target, String)> {
    let mut texts = Vec::new();
    if let Some(name) = option(matches, "new")
        && let Some(field) = super::intake::naming_field(entity, name)
        && let Some(place) = entity.position(field.name)
    {
        texts.push((Target::Field(place), name.to_owned()));
    }
    for (place, field) in entity.fields.iter().enumerate() {
        if arguments::takes_flag(entity, field)
            && let Some(text) = option(matches, field.name)
        {
            texts.push((Target::Field(place), text.to_owned()));
        }
    }
    for collection in entity.collections {
        let items = options(matches, collection.flag);
        if !items.is_empty() {
            texts.push((Target::Collection(collection), list::join_list(items)));
        }
    }
    texts
}

/// The arguments that a new record needs and that are missing.
fn missing(entity: &'static Entity, texts: &[(Target, String)]) -> Vec<String> {
    let is_given = |name: &str| {
        texts.iter().any(|(target, _)| matches!(target, Target::Field(place) if entity.position(name) == Some(*place)))
    };
    let mut missing = Vec::new();
    if entity.numbered.is_none() && !entity.names.iter().any(|name| is_given(name)) {
        missing.push("NAME".to_owned());
    }
    for field in entity.fields {
        if field.required
            && arguments::takes_flag(entity, field)
            && !entity.is_naming(field.name)
            && !is_given(field.name)
        {
            missing.push(format!("--{}", field.name));
        }
    }
    missing
}
