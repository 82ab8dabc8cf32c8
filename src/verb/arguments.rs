//! Command-line arguments that several verbs share, derived from the catalog.

use super::batch::Duplicates;
use super::complete;
use crate::catalog::{Catalog, Entity, Field, Kind};
use crate::error::{Error, Result};
use crate::input::lines::Lines;
use crate::input::secret::PasswordSource;
use crate::session::Session;
use crate::value::name::STANDARD_INPUT;
use crate::value::role::Role;
use clap::{Arg, ArgAction, ArgMatches, Command};
use clap_complete::engine::ArgValueCompleter;
use std::borrow::Cow;
use std::path::Path;

/// Argument for the names of records.
pub(crate) const RECORDS: &str = "records";

/// Adds an option for each field that can be set, required ones first. Other options follow in a section of their own.
pub(crate) fn fields(entity: &'static Entity, command: Command) -> Command {
    let mut fields: Vec<&Field> = entity.settable().filter(|field| takes_flag(entity, field)).collect();
    fields.sort_by_key(|field| !field.required);
    let options = fields.into_iter().map(|field| {
        let arg = Arg::new(field.name).long(field.name).help_heading("Fields");
        explained(field, field.help, valued(field, arg))
    });
    command.args(options.collect::<Vec<Arg>>()).next_help_heading("Options")
}

/// Returns `arg` with a text and, for a field that has a list of values, the list: alone in short help.
pub(crate) fn explained(field: &Field, text: &str, arg: Arg) -> Arg {
    match field.kind.words() {
        Some(words) if !words.iter().all(|word| text.contains(word)) => {
            let words = words.join(", ");
            arg.long_help(format!("{text}: {words}")).help(words)
        }
        _ => arg.help(text.to_owned()),
    }
}

/// Marks the options of the fields that a new record must have.
pub(crate) fn required(entity: &'static Entity, command: Command) -> Command {
    let fields = entity.settable().filter(|field| field.required && takes_flag(entity, field));
    fields.fold(command, |command, field| {
        command.mut_arg(field.name, |arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            arg.help(format!("{help} (required)"))
        })
    })
}

/// Returns true if a field is set by an option: not a password, nor a name that is a positional argument.
pub(crate) fn takes_flag(entity: &Entity, field: &Field) -> bool {
    field.kind != Kind::Secret && entity.names != [field.name]
}

/// Returns `arg` with the placeholder and the completion for values of `field`.
pub(crate) fn valued(field: &'static Field, arg: Arg) -> Arg {
    let arg = arg.value_name(placeholder(field)).allow_hyphen_values(false);
    match (field.kind, field.kind.words()) {
        (Kind::Reference { to, .. }, _) => arg.add(names_of(to)),
        (_, Some(choices)) => arg.add(complete::words(choices)),
        _ => arg,
    }
}

/// Returns the role that may change records of a noun.
pub(crate) const fn role(entity: &Entity) -> Role {
    if entity.operates { Role::Admin } else { Role::Editor }
}

/// Completes the names of a noun's records from the inventory.
pub(crate) fn names_of(noun: &'static str) -> ArgValueCompleter {
    complete::completer(move |start| complete::names(noun, start))
}

/// Returns the placeholder for a value in help.
fn placeholder(field: &Field) -> String {
    match field.kind {
        Kind::Reference { to, .. } => to.to_uppercase(),
        Kind::Quantity { .. } => "SIZE".to_owned(),
        Kind::Count => "COUNT".to_owned(),
        Kind::Ratio => "N:1".to_owned(),
        Kind::Factor => "BYTES".to_owned(),
        Kind::Ipv4 | Kind::Ipv6 => "ADDRESS".to_owned(),
        Kind::Created | Kind::Updated | Kind::Time => "TIME".to_owned(),
        _ => field.name.to_uppercase().replace('-', "_"),
    }
}

/// Returns the arguments for a noun and the name of one of its records.
pub(crate) fn noun_and_record(noun: &'static str, record: &'static str) -> [Arg; 2] {
    let argument = |name: &'static str, value: &'static str, help| Arg::new(name).value_name(value).help(help);
    [
        argument("noun", "NOUN", noun).add(complete::completer(complete::nouns)),
        argument("record", "NAME", record).add(complete::completer(complete::names_of_typed_noun)),
    ]
}

/// Adds an option for each collection that can be created with a record.
pub(crate) fn collections(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    entity.collections.iter().fold(command, |command, collection| {
        let of = catalog.of(collection.of);
        let main = collection.main.iter().filter_map(|name| of.field(name)).map(placeholder).next().unwrap_or_default();
        let at = collection.at.and_then(|name| of.field(name)).map(|field| format!("[@{}]", placeholder(field)));
        let referred = collection.main.iter().find_map(|name| of.field(name)?.refers_to());
        let arg = Arg::new(collection.flag)
            .long(collection.flag)
            .value_name(format!("{main}{}", at.unwrap_or_default()))
            .action(ArgAction::Append)
            .help_heading("Related records")
            .help(collection.help);
        command.arg(match referred {
            Some(noun) => arg.add(names_of(noun)),
            None => arg,
        })
    })
}

/// Returns the argument for names of records.
pub(crate) fn records(entity: &'static Entity) -> Arg {
    Arg::new(RECORDS)
        .value_name("NAME")
        .num_args(1..)
        .help("Name, end of the path, whole path or id=N; - reads names from standard input, one a line")
        .add(names_of(entity.noun))
}

/// Adds `--dry-run` and `--message`, options of all commands that write.
pub(crate) fn writes(command: Command) -> Command {
    command.arg(dry_run()).arg(
        Arg::new("message")
            .short('m')
            .long("message")
            .value_name("TEXT")
            .help("Message for the change log, for example a ticket number"),
    )
}

/// Returns `--dry-run`, for commands whose changes are not in the history.
pub(crate) fn dry_run() -> Arg {
    Arg::new("dry-run")
        .short('n')
        .long("dry-run")
        .action(ArgAction::SetTrue)
        .help("Show the changes without applying them")
}

/// Returns `--at`, for commands that can answer for an earlier moment.
pub(crate) fn at() -> Arg {
    Arg::new("at").long("at").value_name("TIME").help("Show the state at a time, date, 7d, yesterday or change number")
}

/// Returns `--yes`, for commands that ask for confirmation.
pub(crate) fn yes() -> Arg {
    Arg::new("yes").short('y').long("yes").action(ArgAction::SetTrue).help("Skip the confirmation")
}

/// Adds `--allow-duplicate` for nouns with keys that may have duplicates.
pub(crate) fn allow_duplicate(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let soft = |entity: &Entity| !entity.soft_keys.is_empty();
    if soft(entity) || entity.collections.iter().any(|collection| soft(catalog.of(collection.of))) {
        command.arg(
            Arg::new("allow-duplicate")
                .long("allow-duplicate")
                .action(ArgAction::SetTrue)
                .help("Accept an address that exists in its VLAN"),
        )
    } else {
        command
    }
}

/// Returns the treatment of duplicates, from `--allow-duplicate`.
pub(crate) fn duplicates(matches: &ArgMatches) -> Duplicates {
    if switch(matches, "allow-duplicate") { Duplicates::Count } else { Duplicates::Refuse }
}

/// Returns true if a switch is set.
pub(crate) fn switch(matches: &ArgMatches, name: &str) -> bool {
    matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or(false)
}

/// Returns the value of an option, if it is set.
pub(crate) fn option<'m>(matches: &'m ArgMatches, name: &str) -> Option<&'m str> {
    matches.try_get_one::<String>(name).ok().flatten().map(String::as_str)
}

/// Returns the values of a repeatable option or argument.
pub(crate) fn options<'m>(matches: &'m ArgMatches, name: &str) -> Vec<&'m str> {
    matches
        .try_get_many::<String>(name)
        .ok()
        .flatten()
        .map(|values| values.map(String::as_str).collect())
        .unwrap_or_default()
}

/// Returns the names of records on the command line; for `-`, those on the lines of standard input, without empty ones.
///
/// # Errors
/// Standard input cannot be read, or has no name.
pub(crate) fn names(matches: &ArgMatches) -> Result<Vec<Cow<'_, str>>> {
    let names = options(matches, RECORDS);
    if names != [STANDARD_INPUT] {
        return Ok(names.into_iter().map(Cow::Borrowed).collect());
    }
    let mut names = Vec::new();
    for line in Lines::open(Path::new(STANDARD_INPUT))? {
        let (_, line) = line?;
        let name = line.trim();
        if !name.is_empty() {
            names.push(Cow::Owned(name.to_owned()));
        }
    }
    if names.is_empty() {
        return Err(
            Error::usage("standard input has no name").help("write one name a line, or pass names on the command line")
        );
    }
    Ok(names)
}

/// Returns true if a command reads names or a password from standard input.
pub(crate) fn is_from_standard_input(matches: &ArgMatches) -> bool {
    switch(matches, "password-stdin") || options(matches, RECORDS) == [STANDARD_INPUT]
}

/// Returns where the password of a command comes from.
pub(crate) fn password_source(session: &Session, matches: &ArgMatches) -> PasswordSource {
    if switch(matches, "password-stdin") {
        PasswordSource::StandardInput
    } else if session.interactive {
        PasswordSource::Terminal
    } else {
        PasswordSource::None
    }
}
