//! The command line: its options, and what the history has of it.

use clap::ArgMatches;
use clap::parser::ValueSource;
use std::ffi::OsString;

/// Largest length of a command line in the history, in bytes.
const LONGEST_COMMAND: usize = 2000;

/// Returns the command line quoted for a shell, without its message, which the history has in a column of its own.
///
/// No option takes a secret; should one look as if it did, its value is left out all the same.
pub(super) fn command_line(arguments: impl Iterator<Item = OsString>) -> String {
    let mut line = String::from("inv");
    let mut hidden = false;
    for argument in arguments.skip(1) {
        let argument = argument.to_string_lossy();
        let secret = ["--password", "--secret", "--token"].iter().any(|name| argument.starts_with(name));
        line.push(' ');
        if hidden {
            line.push('…');
        } else if let Some((name, _)) = argument.split_once('=').filter(|_| secret) {
            line.push_str(name);
            line.push_str("=…");
        } else {
            line.push_str(&quoted_for_shell(&argument));
        }
        hidden = secret && argument != "--password-stdin" && argument != "--password" && !argument.contains('=');
        if line.len() > LONGEST_COMMAND {
            let end = (0..=LONGEST_COMMAND).rev().find(|end| line.is_char_boundary(*end)).unwrap_or_default();
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

/// Returns an argument quoted for a shell.
fn quoted_for_shell(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+./:@%,~".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

/// Returns true if an option is set on the command line, in any of its commands.
pub(super) fn is_set(matches: &ArgMatches, name: &str) -> bool {
    let is_here = matches.try_contains_id(name).is_ok() && matches.value_source(name) == Some(ValueSource::CommandLine);
    is_here || matches.subcommand().is_some_and(|(_, below)| is_set(below, name))
}

/// Returns the value of an option on the command line. If several commands in it have the option, the deepest decides.
pub(super) fn option<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> Option<T> {
    let below = matches.subcommand().and_then(|(_, below)| option(below, name));
    below.or_else(|| {
        let value = matches.try_get_one::<T>(name).ok().flatten()?;
        (matches.value_source(name) == Some(ValueSource::CommandLine)).then(|| value.clone())
    })
}
