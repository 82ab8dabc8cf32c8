//! Command-line arguments that several verbs share, derived from the catalog.

use super::batch::Duplicates;
use super::complete;
use crate::catalog::{Catalog, Entity, Field, Kind};
use crate::value::role::Role;
use clap::{Arg, ArgAction, ArgMatches, Command};
use clap_complete::engine::ArgValueCompleter;

/// The flags for the fields that an operator gives.
pub(crate) fn fields(entity: &'static Entity, command: Command) -> Command {
    entity.settable().filter(|field| takes_flag(entity, field)).fold(command, |command, field| {
        let arg = Arg::new(field.name).long(field.name).help(field.help).help_heading("Fields");
        command.arg(valued(field, arg))
    })
}

/// Whether a field is given by a flag: not a password, nor the one name that is given as it stands.
pub(crate) fn takes_flag(entity: &Entity, field: &Field) -> bool {
    field.kind != Kind::Secret && entity.names != [field.name]
}

/// An argument that takes a value of `field`.
pub(crate) fn valued(field: &'static Field, arg: Arg) -> Arg {
    let arg = arg.value_name(placeholder(field)).allow_hyphen_values(false);
    match (field.kind, field.kind.words()) {
        (Kind::Reference { to, .. }, _) => arg.add(names_of(to)),
        (_, Some(known)) => arg.add(words(known)),
        _ => arg,
    }
}

/// What it takes to change records of a noun.
pub(crate) const fn role(entity: &Entity) -> Role {
    if entity.operates { Role::Admin } else { Role::Editor }
}

/// Completes the names of a noun's records from the inventory.
pub(crate) fn names_of(noun: &'static str) -> ArgValueCompleter {
    ArgValueCompleter::new(move |start: &std::ffi::OsStr| complete::names(noun, start))
}

/// Completes one of a few words.
fn words(words: &'static [&'static str]) -> ArgValueCompleter {
    ArgValueCompleter::new(move |start: &std::ffi::OsStr| complete::words(words, start))
}

/// What stands for a value in help.
fn placeholder(field: &Field) -> String {
    match field.kind {
        Kind::Reference { to, .. } => to.to_uppercase(),
        Kind::Quantity { .. } => "SIZE".to_owned(),
        Kind::Count => "COUNT".to_owned(),
        Kind::Factor => "BYTES".to_owned(),
        Kind::Ipv4 | Kind::Ipv6 => "ADDRESS".to_owned(),
        Kind::Created | Kind::Updated => "TIME".to_owned(),
        _ => field.name.to_uppercase().replace('-', "_"),
    }
}

/// The flags for what may be given along with a record.
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
            .help_heading("Along with it, each as often as needed")
            .help(collection.help);
        command.arg(match referred {
            Some(noun) => arg.add(names_of(noun)),
            None => arg,
        })
    })
}

/// The names of the records that a verb is for.
pub(crate) fn records(entity: &'static Entity, required: bool) -> Arg {
    Arg::new("records")
        .value_name("NAME")
        .num_args(1..)
        .required(required)
        .help("Its name, the end of its path, its path, or id=N")
        .add(names_of(entity.noun))
}

/// `--dry-run` and `--message`, which everything that writes takes.
pub(crate) fn writes(command: Command) -> Command {
    command.arg(dry_run()).arg(
        Arg::new("message")
            .short('m')
            .long("message")
            .value_name("TEXT")
            .help("What history says of it, such as a ticket's number"),
    )
}

/// `--dry-run`, for what writes without history telling it.
pub(crate) fn dry_run() -> Arg {
    Arg::new("dry-run")
        .short('n')
        .long("dry-run")
        .action(ArgAction::SetTrue)
        .help("Show what would change, and change nothing")
}

/// `--at`, for what answers as of an earlier moment too.
pub(crate) fn at() -> Arg {
    Arg::new("at")
        .long("at")
        .value_name("TIME")
        .help("As of then: a time, a date, 7d, yesterday, or the number of a change")
}

/// `--yes`, for what asks first.
pub(crate) fn yes() -> Arg {
    Arg::new("yes").short('y').long("yes").action(ArgAction::SetTrue).help("Do not ask")
}

/// `--allow-duplicate`, for nouns whose records operators may double if they insist.
pub(crate) fn allow_duplicate(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let soft = |entity: &Entity| !entity.soft_keys.is_empty();
    if soft(entity) || entity.collections.iter().any(|collection| soft(catalog.of(collection.of))) {
        command.arg(
            Arg::new("allow-duplicate")
                .long("allow-duplicate")
                .action(ArgAction::SetTrue)
                .help("Take an address that its VLAN already has"),
        )
    } else {
        command
    }
}

/// The treatment of duplicates that `--allow-duplicate` asks for.
pub(crate) fn duplicates(matches: &ArgMatches) -> Duplicates {
    if switch(matches, "allow-duplicate") { Duplicates::Count } else { Duplicates::Refuse }
}

/// Whether a switch was given.
pub(crate) fn switch(matches: &ArgMatches, name: &str) -> bool {
    matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or(false)
}

/// The value of an option, if it was given.
pub(crate) fn option<'m>(matches: &'m ArgMatches, name: &str) -> Option<&'m str> {
    matches.try_get_one::<String>(name).ok().flatten().map(String::as_str)
}

/// The values of an option that may be given several times, or of names.
pub(crate) fn options<'m>(matches: &'m ArgMatches, name: &str) -> Vec<&'m str> {
    matches
        .try_get_many::<String>(name)
        .ok()
        .flatten()
        .map(|values| values.map(String::as_str).collect())
        .unwrap_or_default()
}
