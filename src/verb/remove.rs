//! `inv NOUN rm`: deletes records after confirmation, unless others depend on them.

use super::arguments::{self, switch};
use super::preview::Preview;
use super::report::Report;
use super::set::{Named, confirmed};
use super::terms;
use crate::catalog::{Catalog, Entity};
use crate::error::Result;
use crate::session::Session;
use crate::store::{Dependents, Reader, Removal, listed};
use crate::value::shown;
use clap::{Arg, ArgAction, ArgMatches, Command};

pub(crate) fn arguments(_: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let command = command
        .arg(arguments::records(entity))
        .arg(
            Arg::new("recursive")
                .short('r')
                .long("recursive")
                .action(ArgAction::SetTrue)
                .help("Also delete everything that depends on it"),
        )
        .arg(
            Arg::new("ignore-missing")
                .long("ignore-missing")
                .action(ArgAction::SetTrue)
                .help("Skip names that do not exist"),
        )
        .args(terms::which_arguments(entity))
        .arg(arguments::yes());
    arguments::writes(command)
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    let selection = Named::from(entity, matches)?;
    let dependents = if switch(matches, "recursive") { Dependents::Delete } else { Dependents::Refuse };
    let agreed = if switch(matches, "yes") || session.dry_run {
        None
    } else {
        let (ids, action, preview) = session.read(|reader| {
            let ids = selection.ids(reader, entity)?;
            let removal = Removal::plan(reader, entity, &ids, dependents)?;
            let action = action(reader, entity, &ids, &removal)?;
            let preview = Preview::of_removal(reader, entity, &ids)?;
            Ok((ids, action, preview))
        })?;
        if !ids.is_empty() {
            if session.interactive && ids.len() > 1 {
                preview.print(session);
            }
            confirmed(session, &action, matches)?;
        }
        Some(ids)
    };
    let (count, along, report) = session.write(|writer| {
        let ids = match &agreed {
            Some(ids) => ids.clone(),
            None => selection.ids(writer, entity)?,
        };
        let mut report = Report::new(session)?;
        let removal = Removal::plan(writer, entity, &ids, dependents)?;
        let along = along(writer, &removal);
        writer.carry_out(&removal, |reader, effect| report.add(reader, effect))?;
        Ok((ids.len(), along, report))
    })?;
    if !session.dry_run {
        session.say(&match count {
            0 => format!("no {} matched", entity.labels.1),
            _ => format!("deleted {}{along}", entity.counted(count)),
        });
    }
    report.tell(session)
}

/// Returns what is going to be done, in words.
fn action(reader: &Reader<'_>, entity: &'static Entity, ids: &[i64], removal: &Removal) -> Result<String> {
    let what = match ids {
        [id] => format!("{} {}", entity.labels.0, shown::shown(&reader.path(entity, *id)?)),
        several => entity.counted(several.len()),
    };
    Ok(format!("delete {what}{}", along(reader, removal)))
}

/// Returns the records that are deleted too and the references that are cleared, in words.
fn along(reader: &Reader<'_>, removal: &Removal) -> String {
    let phrase = |before: &str, words: Vec<String>| {
        if words.is_empty() { String::new() } else { format!("{before}{}", listed(&words)) }
    };
    phrase(" with ", removal.along(reader)) + &phrase(", releasing ", removal.let_go(reader))
}
