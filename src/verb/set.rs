//! `inv NOUN set`: other values for fields of one record or of many.

use super::arguments::{self, option, options, switch};
use super::batch::{Batch, Existing};
use super::complete;
use super::intake::{Intake, Rejected, Target};
use super::list::number;
use super::preview::Preview;
use super::report::Report;
use super::terms;
use crate::catalog::{Catalog, Entity, Field, Kind};
use crate::error::{Error, Result};
use crate::input::{prompt, secret};
use crate::interrupt;
use crate::session::Session;
use crate::store::{Query, Reader, Writer};
use crate::value::role::Role;
use crate::value::{Cell, shown, similar};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::borrow::Cow;

/// Number of records that are changed without confirmation.
const UNASKED: usize = 2;

pub(crate) fn arguments(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let command = command.arg(arguments::records(entity));
    let command = arguments::fields(entity, command)
        .arg(
            Arg::new("clear")
                .long("clear")
                .value_name("FIELD")
                .action(ArgAction::Append)
                .help("Clear FIELD (repeatable)")
                .add(complete::completer(move |start| names_beginning_with(clearables(entity), start))),
        )
        .arg(
            Arg::new("release")
                .long("release")
                .value_name("FIELD")
                .action(ArgAction::Append)
                .help("Allow sources to set FIELD again (repeatable)")
                .add(complete::completer(move |start| names_beginning_with(entity.settable(), start))),
        )
        .args(terms::which_arguments(entity))
        .arg(arguments::yes());
    let command = if super::add::has_secret(entity) {
        command
            .arg(
                Arg::new("password")
                    .long("password")
                    .action(ArgAction::SetTrue)
                    .help("Prompt for a new password, without echo"),
            )
            .arg(
                Arg::new("password-stdin")
                    .long("password-stdin")
                    .action(ArgAction::SetTrue)
                    .help("Read a new password from standard input, one line"),
            )
    } else {
        command
    };
    arguments::writes(arguments::allow_duplicate(catalog, entity, command))
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    let mut texts: Vec<(Target, Option<&str>)> = Vec::new();
    for (place, field) in entity.fields.iter().enumerate() {
        if arguments::takes_flag(entity, field)
            && let Some(text) = option(matches, field.name)
        {
            texts.push((Target::Field(place), Some(text).filter(|text| !text.is_empty())));
        }
    }
    for name in options(matches, "clear") {
        let place = clearable(entity, name)?;
        if texts.iter().any(|(target, _)| matches!(target, Target::Field(other) if *other == place)) {
            return Err(Error::usage(format!("{name} is both set and cleared")).help("pass only one of the two"));
        }
        texts.push((Target::Field(place), None));
    }
    let (ask, stdin) = (switch(matches, "password"), switch(matches, "password-stdin"));
    let released = options(matches, "release").into_iter().map(|name| field_named(entity, name));
    let released = released.collect::<Result<Vec<&'static Field>>>()?;
    if texts.is_empty() && released.is_empty() && !ask && !stdin {
        return Err(
            Error::usage("no fields specified").help(format!("run `inv {} set --help` for the fields", entity.noun))
        );
    }
    let secret = if ask || stdin {
        session.require(arguments::role(entity))?;
        Some(secret::new_hash(arguments::password_source(session, matches))?)
    } else {
        None
    };
    let names = Named::from(entity, matches)?;
    let wanted = Wanted { texts: &texts, released: &released, secret: secret.as_deref() };
    change(session, entity, &names, &wanted, matches)
}

/// New values for fields, and fields that sources may set again.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'w> {
    pub texts: &'w [(Target, Option<&'w str>)],
    pub released: &'w [&'static Field],
    /// Hash of a new password.
    pub secret: Option<&'w str>,
}

/// Records that a verb is applied to: by their names, or by conditions.
pub(crate) enum Named<'m> {
    Names(Vec<Cow<'m, str>>),
    /// Names that may be of no record.
    Known(Vec<Cow<'m, str>>),
    Where(&'m ArgMatches),
}

impl<'m> Named<'m> {
    pub(crate) fn from(entity: &Entity, matches: &'m ArgMatches) -> Result<Self> {
        let names = arguments::names(matches)?;
        match (names.is_empty(), options(matches, "where").is_empty()) {
            (false, true) if switch(matches, "ignore-missing") => Ok(Self::Known(names)),
            (false, true) => Ok(Self::Names(names)),
            (true, false) => Ok(Self::Where(matches)),
            (false, false) => {
                Err(Error::usage("names and --where cannot be combined").help("pass only one of the two"))
            }
            (true, true) => {
                Err(Error::usage(format!("no {} specified", entity.labels.0)).help("pass a name or --where"))
            }
        }
    }

    /// The ids of the records, each once.
    pub(crate) fn ids(&self, reader: &Reader<'_>, entity: &'static Entity) -> Result<Vec<i64>> {
        let mut ids = match self {
            Self::Names(names) => {
                names.iter().map(|name| reader.resolve(entity, name)).collect::<Result<Vec<i64>>>()?
            }
            Self::Known(names) => {
                let found = names.iter().map(|name| reader.resolve_optional(entity, name));
                found.filter_map(Result::transpose).collect::<Result<Vec<i64>>>()?
            }
            Self::Where(matches) => {
                let terms = options(matches, "where");
                let terms = terms.into_iter().map(|text| terms::from_text(reader, entity, text));
                let terms = terms.collect::<Result<Vec<_>>>()?.concat();
                let ids = reader.select_ids(&Query { terms, ..Query::all(entity, Vec::new()) })?;
                return match number(matches, "expect")? {
                    Some(expected) if usize::try_from(expected) != Ok(ids.len()) => Err(Error::conflict(format!(
                        "--where matches {}, not {expected}; nothing was changed",
                        entity.counted(ids.len())
                    ))
                    .help(format!("run `inv {} list` with the same --where to see the matches", entity.noun))),
                    _ => Ok(ids),
                };
            }
        };
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(*id));
        Ok(ids)
    }
}

/// Asks whether to do `action`, such as `remove 3 vms`; off a terminal it requires `--yes`.
pub(crate) fn confirmed(session: &Session, action: &str, matches: &ArgMatches) -> Result<()> {
    if switch(matches, "yes") || session.dry_run {
        return Ok(());
    }
    if !session.interactive {
        return Err(Error::usage(format!("confirmation required to {action}"))
            .help("pass --yes to confirm or --dry-run to preview"));
    }
    session.require(Role::Editor)?;
    interrupt::watch();
    if prompt::confirm(&format!("{action}?"))? { Ok(()) } else { Err(Error::cancelled()) }
}

/// Gives the records the same new values, in one transaction.
pub(crate) fn change(
    session: &Session,
    entity: &'static Entity,
    named: &Named<'_>,
    wanted: &Wanted<'_>,
    matches: &ArgMatches,
) -> Result<()> {
    let agreed = match named {
        Named::Names(few) | Named::Known(few) if few.len() <= UNASKED => None,
        _ => {
            let ids = session.read(|reader| named.ids(reader, entity))?;
            if ids.len() > UNASKED {
                confirm(session, entity, &ids, wanted, matches)?;
            }
            Some(ids)
        }
    };
    let Applied { changed, unchanged, report, .. } = session.write(|writer| {
        let ids = match &agreed {
            Some(ids) => Cow::Borrowed(ids),
            None => Cow::Owned(named.ids(writer, entity)?),
        };
        apply(session, writer, entity, &ids, wanted, matches)
    })?;
    match (changed, unchanged) {
        _ if session.dry_run => {}
        (0, 0) => session.say(&format!("no {} matched", entity.labels.1)),
        (0, _) => session.say("no changes needed"),
        (_, 0) => session.say(&format!("changed {}", entity.counted(changed))),
        _ => session.say(&format!("changed {}; {unchanged} unchanged", entity.counted(changed))),
    }
    report.tell(session)
}

/// Records with their new values, before the end of the transaction.
struct Applied {
    changed: usize,
    unchanged: usize,
    report: Report,
    preview: Preview,
}

/// Gives records the same new values.
fn apply(
    session: &Session,
    writer: &mut Writer<'_>,
    entity: &'static Entity,
    ids: &[i64],
    wanted: &Wanted<'_>,
    matches: &ArgMatches,
) -> Result<Applied> {
    let Wanted { texts, released, secret } = *wanted;
    let report = Report::new(session)?;
    let mut applied = Applied { changed: 0, unchanged: 0, report, preview: Preview::default() };
    let draft = Intake::default().read(writer, entity, &texts.iter().copied());
    let mut draft = draft.map_err(Rejected::into_error)?;
    if let (Some(hash), Some(place)) = (secret, entity.fields.iter().position(|field| field.kind == Kind::Secret)) {
        draft.set(place, Cell::Text(hash.into()));
    }
    let mut batch = Batch::new(entity, Existing::Update, arguments::duplicates(matches));
    for id in ids {
        let Some(record) = writer.record(entity, *id)? else {
            return Err(Error::conflict(format!("{} with id {id} no longer exists", entity.labels.0)));
        };
        let mut differs = batch.change(writer, &record, draft.cells.clone(), &mut applied.report)?;
        for field in released {
            differs |= writer.release_field(entity, *id, field.name)?;
        }
        if differs {
            applied.changed += 1;
            if session.dry_run {
                applied.preview.add(writer, entity, &record)?;
            }
        } else {
            applied.unchanged += 1;
            applied.report.add_unchanged(writer, entity, *id)?;
        }
    }
    Ok(applied)
}

/// Shows what is going to change and asks whether to go on. Asks nothing where nothing changes.
fn confirm(
    session: &Session,
    entity: &'static Entity,
    ids: &[i64],
    wanted: &Wanted<'_>,
    matches: &ArgMatches,
) -> Result<()> {
    let all = entity.counted(ids.len());
    if !session.interactive || session.dry_run || switch(matches, "yes") {
        return confirmed(session, &format!("change {all}"), matches);
    }
    let trial = session.previewing();
    let applied = trial.write(|writer| apply(&trial, writer, entity, ids, wanted, matches))?;
    if applied.changed == 0 {
        return Ok(());
    }
    applied.preview.print(session);
    let action = match applied.unchanged {
        0 => format!("change {all}"),
        _ => format!("change {} of {all}", applied.changed),
    };
    confirmed(session, &action, matches)
}

/// The field called `name`.
fn field_named(entity: &'static Entity, name: &str) -> Result<&'static Field> {
    let found = entity.settable().find(|field| crate::catalog::column::same_name(field.name, name));
    found.ok_or_else(|| {
        let names: Vec<&str> = entity.settable().map(|field| field.name).collect();
        let near = similar::nearest(name, names.iter().copied(), 3);
        Error::usage(format!("{} has no field {}", entity.noun, shown::quoted(name)))
            .help(similar::did_you_mean(&near).unwrap_or_else(|| format!("fields: {}", names.join(", "))))
    })
}

fn may_be_cleared(field: &Field) -> bool {
    !field.required && !matches!(field.kind, Kind::Created | Kind::Updated | Kind::Role)
}

/// The fields that may be cleared.
fn clearables(entity: &'static Entity) -> impl Iterator<Item = &'static Field> {
    entity.fields.iter().filter(|field| may_be_cleared(field))
}

fn names_beginning_with(fields: impl Iterator<Item = &'static Field>, start: &str) -> Vec<String> {
    fields.map(|field| field.name.to_owned()).filter(|name| name.starts_with(start)).collect()
}

/// The place of a field that may be cleared.
fn clearable(entity: &'static Entity, name: &str) -> Result<usize> {
    let names: Vec<&str> = clearables(entity).map(|field| field.name).collect();
    let found = entity.fields.iter().position(|field| crate::catalog::column::same_name(field.name, name));
    match found.and_then(|place| Some((place, entity.fields.get(place)?))) {
        Some((place, field)) if may_be_cleared(field) => Ok(place),
        Some(_) => Err(Error::usage(format!("{name} cannot be cleared: required for {}", entity.labels.1))),
        None => {
            let near = similar::nearest(name, names.iter().copied(), 3);
            let listed = format!("optional fields: {}", names.join(", "));
            Err(Error::usage(format!("{} has no field {}", entity.noun, shown::quoted(name)))
                .help(similar::did_you_mean(&near).unwrap_or(listed)))
        }
    }
}
