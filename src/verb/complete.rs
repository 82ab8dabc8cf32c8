//! Completion of what only the inventory knows: the names of its records.

use crate::session::{self, inventory};
use crate::store::Store;
use crate::value::shown;
use clap_complete::engine::CompletionCandidate;
use std::ffi::{OsStr, OsString};

/// How many names are offered.
const OFFERED: usize = 200;

/// The words that begin with `start`.
pub(crate) fn words(words: &'static [&'static str], start: &OsStr) -> Vec<CompletionCandidate> {
    let start = start.to_string_lossy();
    words.iter().filter(|word| word.starts_with(&*start)).map(|word| CompletionCandidate::new(*word)).collect()
}

/// The names of a noun's records that begin with `start`. Nothing is said of what is wrong: a shell asks, not a person.
pub(crate) fn names(noun: &'static str, start: &OsStr) -> Vec<CompletionCandidate> {
    let Some(start) = start.to_str() else { return Vec::new() };
    let inventory = inventory();
    let Ok(database) = session::database(on_the_command_line()) else { return Vec::new() };
    let store = Store::new(database, &inventory.catalog, &inventory.schema);
    let entity = inventory.catalog.of(noun);
    let names = store.read(|reader| reader.names_beginning_with(entity, start, OFFERED)).unwrap_or_default();
    // A name that a terminal must not be sent is not offered to one.
    names.into_iter().filter(|name| shown::shown(name) == *name).map(CompletionCandidate::new).collect()
}

/// The value of `--db` in the command line that is being completed, which stands behind `--` in our own.
fn on_the_command_line() -> Option<OsString> {
    let mut arguments = std::env::args_os().skip_while(|argument| argument != "--").skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--db" {
            return arguments.next();
        }
        if let Some(path) = argument.to_str().and_then(|argument| argument.strip_prefix("--db=")) {
            return Some(path.into());
        }
    }
    None
}
