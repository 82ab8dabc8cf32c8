//! A command line that is wrong, told as every other failure is; help and version, printed as asked for.

use super::inventory;
use crate::catalog::Entity;
use crate::command;
use crate::error::{Error, Result};
use crate::value::{shown, similar};
use crate::verb::VERBS;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::io::Write;

/// What clap found: help and version are printed, anything else is a wrong usage.
pub(super) fn told(error: &clap::Error) -> Result<()> {
    match error.kind() {
        ErrorKind::DisplayHelp => error.print().map_err(Error::output),
        // clap would tell the version of each command as its own.
        ErrorKind::DisplayVersion => {
            writeln!(std::io::stdout(), concat!("inv ", env!("CARGO_PKG_VERSION"))).map_err(Error::output)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let text = error.render().to_string();
            write!(std::io::stderr(), "{text}").map_err(Error::output)?;
            Err(Error::usage(""))
        }
        _ => Err(usage(error)),
    }
}

fn usage(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage: "));
    let path: Vec<&str> =
        usage.unwrap_or("inv").split(' ').take_while(|word| !word.starts_with(['[', '<', '-'])).collect();
    let command = path.join(" ");
    let told = sentence(error, &command);
    match suggested(error, &path) {
        Some(help) => told.help(help),
        None if usage.is_none() => told.help("--help tells more"),
        None if path.len() < 2 => told.help("inv --help lists the nouns and commands"),
        None => told.help(format!("{command} --help tells more")),
    }
}

/// What is wrong, with the words of the command line in quotes.
fn sentence(error: &clap::Error, command: &str) -> Error {
    let argument = word(error, ContextKind::InvalidArg);
    let value = word(error, ContextKind::InvalidValue);
    Error::usage(match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let given = shown::quoted(&word(error, ContextKind::InvalidSubcommand));
            match command.strip_prefix("inv ") {
                Some(noun) => format!("{noun} has no verb {given}"),
                None => format!("there is no noun or command {given}"),
            }
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("{command} has no option {}", shown::quoted(&argument))
        }
        ErrorKind::UnknownArgument => {
            format!("{command} takes no further argument, but got {}", shown::quoted(&argument))
        }
        ErrorKind::InvalidValue if value.is_empty() => match argument.split_once(' ') {
            Some((option, placeholder)) => format!("{option} needs a value, {}", bare(placeholder)),
            None => format!("{} needs a value", bare(&argument)),
        },
        ErrorKind::InvalidValue => format!("{} does not take {}", option(&argument), shown::quoted(&value)),
        ErrorKind::TooManyValues => format!("{} takes no value, but got {}", option(&argument), shown::quoted(&value)),
        ErrorKind::MissingRequiredArgument => format!("{command} needs {}", bare(&argument)),
        ErrorKind::ArgumentConflict => {
            let prior = word(error, ContextKind::PriorArg);
            match (option(&argument), option(&prior)) {
                (one, other) if one == other => format!("{one} is given more than once"),
                (one, other) => format!("{one} and {other} exclude each other"),
            }
        }
        ErrorKind::InvalidUtf8 => {
            let given = std::env::args_os().find(|argument| argument.to_str().is_none()).unwrap_or_default();
            format!("the argument {} is not UTF-8", shown::quoted(&given.to_string_lossy()))
        }
        ErrorKind::MissingSubcommand if command == "inv" => "no noun or command was given".to_owned(),
        ErrorKind::MissingSubcommand => format!("{command} needs a verb"),
        _ => {
            let text = error.render().to_string();
            let first = text.split("\n\n").next().unwrap_or_default();
            let first = first.strip_prefix("error: ").unwrap_or(first);
            first.lines().map(str::trim).collect::<Vec<&str>>().join(" ").replace('\'', "\"")
        }
    })
}

/// The way out that what was typed points to.
fn suggested(error: &clap::Error, path: &[&str]) -> Option<String> {
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let names: Vec<&str> = match path.get(1) {
                Some(noun) => inventory().catalog.get(noun).map(verbs)?,
                None => inventory().catalog.nouns().flat_map(called).chain(commands(None)).collect(),
            };
            let given = word(error, ContextKind::InvalidSubcommand);
            if given == "help" {
                return Some(format!("say {} --help", path.join(" ")));
            }
            let near = similar::nearest(&given, names.iter().copied(), 3);
            similar::did_you_mean(&near).or_else(|| path.get(1).map(|_| format!("the verbs are {}", names.join(", "))))
        }
        ErrorKind::UnknownArgument if begins_like_a_number(&word(error, ContextKind::InvalidArg)) => {
            Some("a value that begins with - stands behind a =, as in --limit=-1".to_owned())
        }
        ErrorKind::UnknownArgument => {
            let near = words(error, ContextKind::SuggestedArg);
            let given = word(error, ContextKind::InvalidArg);
            similar::did_you_mean(&similar::nearest(&given, near.iter().map(String::as_str), 3))
        }
        ErrorKind::InvalidValue => {
            let valid = words(error, ContextKind::ValidValue);
            (!valid.is_empty()).then(|| format!("it takes {}", valid.join(", ")))
        }
        ErrorKind::InvalidUtf8 => Some("only the file of --db may have a name in another encoding".to_owned()),
        _ => None,
    }
}

/// Whether what was taken for an option is rather a number below zero.
fn begins_like_a_number(argument: &str) -> bool {
    argument.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
}

/// What a noun is called.
fn called(entity: &'static Entity) -> impl Iterator<Item = &'static str> {
    std::iter::once(entity.noun).chain(entity.aliases.iter().copied())
}

/// The verbs of a noun.
fn verbs(entity: &'static Entity) -> Vec<&'static str> {
    VERBS.iter().filter(|verb| verb.suits(entity)).map(|verb| verb.name).chain(commands(Some(entity.noun))).collect()
}

/// The commands that stand under a noun, or under none.
fn commands(under: Option<&'static str>) -> impl Iterator<Item = &'static str> {
    command::GRAFTS.iter().filter(move |graft| graft.under == under && !graft.hidden).map(|graft| graft.name)
}

/// What clap knows of a fault, as words.
fn words(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(word)) => vec![word.clone()],
        Some(ContextValue::Strings(words)) => words.clone(),
        _ => Vec::new(),
    }
}

/// What clap knows of a fault, as one text.
fn word(error: &clap::Error, kind: ContextKind) -> String {
    words(error, kind).join(" and ")
}

/// An option without what stands for its value: `--limit` of `--limit <N>`.
fn option(argument: &str) -> &str {
    argument.split(' ').next().unwrap_or(argument)
}

/// What stands for values, as help calls it but without its brackets: `NAME and NEW`.
fn bare(placeholders: &str) -> String {
    placeholders.replace(['<', '>', '[', ']'], "").replace("...", "")
}
