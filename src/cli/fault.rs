//! Errors of clap as errors of `inv`; help and version.

use super::{inventory, version};
use crate::catalog::Entity;
use crate::command;
use crate::error::{Error, Result};
use crate::output::Style;
use crate::value::{shown, similar};
use crate::verb::VERBS;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::env;
use std::ffi::OsString;
use std::io::Write;

/// Verbs of other tools, and the verb that is meant.
const FOREIGN: &[(&str, &str)] = &[
    ("change", "set"),
    ("create", "add"),
    ("delete", "rm"),
    ("describe", "show"),
    ("edit", "set"),
    ("get", "show"),
    ("modify", "set"),
    ("new", "add"),
    ("patch", "set"),
    ("remove", "rm"),
    ("search", "list"),
    ("update", "set"),
    ("view", "show"),
];

/// Format of failures on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    /// A sentence, and the way out after `help:`.
    Text,
    /// One JSON object.
    Json,
}

/// Returns the format of failures: JSON where answers have its keys, which readers of YAML read too. Also command lines that clap refuses have one, so they are read
/// here as they are.
pub(crate) fn error_format(arguments: &[OsString]) -> ErrorFormat {
    let words = || arguments.iter().map(|word| word.to_str().unwrap_or_default()).take_while(|word| *word != "--");
    let mut style = env::var("INV_OUTPUT").unwrap_or_default();
    let mut is_next = false;
    for word in words() {
        match word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o")) {
            _ if is_next => {
                word.clone_into(&mut style);
                is_next = false;
            }
            Some("") if word == "-o" => is_next = true,
            Some(name) => name.trim_start_matches('=').clone_into(&mut style),
            None => is_next = word == "--output",
        }
    }
    match Style::parse(&style) {
        Ok(Style::Json | Style::Jsonl | Style::Yaml) => ErrorFormat::Json,
        _ => ErrorFormat::Text,
    }
}

/// Prints help or the version, or returns a usage error.
///
/// # Errors
/// The command line is invalid, or the output cannot be written.
pub(super) fn report(error: &clap::Error, arguments: &[OsString]) -> Result<()> {
    match error.kind() {
        ErrorKind::DisplayHelp => error.print().map_err(Error::output),
        // clap would print the name of the subcommand before the version.
        ErrorKind::DisplayVersion => write!(std::io::stdout(), "{}", version::text(arguments)?).map_err(Error::output),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let text = error.render().to_string();
            if arguments.len() == 1 {
                return write!(std::io::stdout(), "{text}").map_err(Error::output);
            }
            if error_format(arguments) == ErrorFormat::Json {
                return Err(usage(error, arguments));
            }
            write!(std::io::stderr(), "{text}").map_err(Error::output)?;
            Err(Error::usage(""))
        }
        _ => Err(usage(error, arguments)),
    }
}

/// Returns the error of a command line as one of `inv`.
pub(super) fn usage(error: &clap::Error, arguments: &[OsString]) -> Error {
    let text = error.render().to_string();
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage: "));
    let path: Vec<&str> =
        usage.unwrap_or("inv").split(' ').take_while(|word| !word.starts_with(['[', '<', '-'])).collect();
    let command = path.join(" ");
    let failure = sentence(error, &command);
    match suggested(error, &path, arguments) {
        Some(help) => failure.help(help),
        None if usage.is_none() => failure.help("add --help for usage"),
        None if path.len() < 2 => failure.help("run `inv --help` for the nouns and commands"),
        None => failure.help(format!("run `{command} --help` for usage")),
    }
}

/// Returns the error without a hint, with the words of the command line in quotes.
fn sentence(error: &clap::Error, command: &str) -> Error {
    let argument = word(error, ContextKind::InvalidArg);
    let value = word(error, ContextKind::InvalidValue);
    Error::usage(match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let input = shown::quoted(&word(error, ContextKind::InvalidSubcommand));
            match command.strip_prefix("inv ") {
                Some(noun) => format!("{noun} has no verb {input}"),
                None => format!("unknown noun or command {input}"),
            }
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("{command} has no option {}", shown::quoted(&argument))
        }
        ErrorKind::UnknownArgument => {
            format!("unexpected argument {} for {command}", shown::quoted(&argument))
        }
        ErrorKind::InvalidValue if value.is_empty() => match argument.split_once(' ') {
            Some((option, placeholder)) => format!("{option} requires a value, {}", bare(placeholder)),
            None => format!("{} requires a value", bare(&argument)),
        },
        ErrorKind::InvalidValue => format!("invalid value for {}: {}", option(&argument), shown::quoted(&value)),
        ErrorKind::TooManyValues => format!("{} accepts no value: {}", option(&argument), shown::quoted(&value)),
        ErrorKind::MissingRequiredArgument => format!("missing arguments: {}", bare(&argument)),
        ErrorKind::ArgumentConflict => {
            let prior = word(error, ContextKind::PriorArg);
            match (option(&argument), option(&prior)) {
                (one, other) if one == other => format!("{one} is repeated"),
                (one, other) => format!("{one} and {other} cannot be combined"),
            }
        }
        ErrorKind::InvalidUtf8 => {
            let input = std::env::args_os().find(|argument| argument.to_str().is_none()).unwrap_or_default();
            format!("argument {} is not UTF-8", shown::quoted(&input.to_string_lossy()))
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if command == "inv" => {
            "no noun or command specified".to_owned()
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            format!("missing verb for {command}")
        }
        _ => {
            let text = error.render().to_string();
            let first = text.split("\n\n").next().unwrap_or_default();
            let first = first.strip_prefix("error: ").unwrap_or(first);
            first.lines().map(str::trim).collect::<Vec<&str>>().join(" ").replace('\'', "\"")
        }
    })
}

/// Returns the hint for the `help:` line, if the command line suggests one.
fn suggested(error: &clap::Error, path: &[&str], arguments: &[OsString]) -> Option<String> {
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let names: Vec<&str> = match path.get(1) {
                Some(noun) => inventory().catalog.get(noun).map(verbs)?,
                None => inventory().catalog.nouns().flat_map(names_of).chain(commands(None)).collect(),
            };
            let input = word(error, ContextKind::InvalidSubcommand);
            let foreign =
                FOREIGN.iter().find(|(foreign, _)| input.eq_ignore_ascii_case(foreign)).map(|(_, verb)| *verb);
            if let (Some(noun), Some(verb)) = (path.get(1), foreign) {
                return Some(format!("use inv {noun} {verb}"));
            }
            if let (None, Some(verb)) = (path.get(1), foreign.or_else(|| own_verb(&input))) {
                return Some(format!("put the noun first: {}", noun_first(verb, &input, arguments)));
            }
            let near = similar::nearest(&input, names.iter().copied(), 3);
            similar::did_you_mean(&near).or_else(|| path.get(1).map(|_| format!("verbs: {}", names.join(", "))))
        }
        ErrorKind::UnknownArgument if begins_like_a_number(&word(error, ContextKind::InvalidArg)) => {
            Some("write a value that begins with - after =, as in --limit=-1".to_owned())
        }
        ErrorKind::UnknownArgument => {
            let near = words(error, ContextKind::SuggestedArg);
            let input = word(error, ContextKind::InvalidArg);
            similar::did_you_mean(&similar::nearest(&input, near.iter().map(String::as_str), 3))
        }
        ErrorKind::InvalidValue => {
            let valid = words(error, ContextKind::ValidValue);
            (!valid.is_empty()).then(|| format!("valid values: {}", valid.join(", ")))
        }
        ErrorKind::InvalidUtf8 => Some("only --db accepts a file name in another encoding".to_owned()),
        _ => None,
    }
}

/// Returns the name of the verb that is called `word`.
fn own_verb(word: &str) -> Option<&'static str> {
    VERBS.iter().find(|verb| verb.name == word || verb.alias == Some(word)).map(|verb| verb.name)
}

/// Returns the command line with the noun before the verb: `inv vm show web01` for `inv get vm web01`.
fn noun_first(verb: &str, input: &str, arguments: &[OsString]) -> String {
    let mut rest =
        arguments.iter().map(|word| word.to_str()).skip_while(|word| *word != Some(input)).skip(1).peekable();
    let named = rest.peek().copied().flatten().and_then(|word| inventory().catalog.named(word).ok());
    if named.is_some() {
        rest.next();
    }
    let is_name = |word: &str| !word.starts_with('-');
    let verb = if verb == "show" && !rest.peek().copied().flatten().is_some_and(is_name) { "list" } else { verb };
    let words: Vec<&str> = ["inv", named.map_or("vm", |entity| entity.noun), verb].to_vec();
    let rest: Option<Vec<&str>> = rest.collect();
    let rest = rest.filter(|rest| rest.iter().all(|word| *word == shown::shown(word)));
    shlex::try_join(words.iter().copied().chain(rest.into_iter().flatten())).unwrap_or_else(|_| words.join(" "))
}

/// Returns true if an unknown option is a negative number.
fn begins_like_a_number(argument: &str) -> bool {
    argument.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
}

/// Returns the name of a noun and its aliases.
fn names_of(entity: &'static Entity) -> impl Iterator<Item = &'static str> {
    std::iter::once(entity.noun).chain(entity.aliases.iter().copied())
}

/// Returns the names of the verbs and commands of a noun.
fn verbs(entity: &'static Entity) -> Vec<&'static str> {
    VERBS.iter().filter(|verb| verb.suits(entity)).map(|verb| verb.name).chain(commands(Some(entity.noun))).collect()
}

/// Returns the names of the visible commands of a noun, or of those without a noun.
fn commands(under: Option<&'static str>) -> impl Iterator<Item = &'static str> {
    command::GRAFTS.iter().filter(move |graft| graft.under == under && !graft.hidden).map(|graft| graft.name)
}

/// Returns the values that clap attached to an error.
fn words(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(word)) => vec![word.clone()],
        Some(ContextValue::Strings(words)) => words.clone(),
        _ => Vec::new(),
    }
}

/// Returns the values that clap attached to an error, joined.
fn word(error: &clap::Error, kind: ContextKind) -> String {
    words(error, kind).join(" and ")
}

/// Returns an option without its placeholder: `--limit` of `--limit <N>`.
fn option(argument: &str) -> &str {
    argument.split(' ').next().unwrap_or(argument)
}

/// Returns placeholders without their brackets: `NAME and NEW`.
fn bare(placeholders: &str) -> String {
    placeholders.replace(['<', '>', '[', ']'], "").replace("...", "")
}
