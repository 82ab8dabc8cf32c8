//! Completion of names of records, from the inventory.

use crate::session::{self, inventory};
use crate::store::{Patience, Store};
use crate::value::shown;
use clap_complete::engine::CompletionCandidate;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// Largest number of names that are offered.
const OFFERED: usize = 200;
/// Time that completion waits for a lock on the inventory.
const PATIENCE: Duration = Duration::from_millis(300);

/// Returns the words that begin with `start`.
pub(crate) fn words(words: &'static [&'static str], start: &OsStr) -> Vec<CompletionCandidate> {
    let start = start.to_string_lossy();
    words.iter().filter(|word| word.starts_with(&*start)).map(|word| CompletionCandidate::new(*word)).collect()
}

/// Returns the names of a noun's records that begin with `start`. Errors are ignored, since a shell cannot show them.
pub(crate) fn names(noun: &'static str, start: &OsStr) -> Vec<CompletionCandidate> {
    let Some(start) = start.to_str() else { return Vec::new() };
    let inventory = inventory();
    let Ok(database) = session::database(on_the_command_line()) else { return Vec::new() };
    let store = Store::new(database, &inventory.catalog, &inventory.schema);
    let store = store.with(Patience { time: PATIENCE, ..Patience::default() });
    let entity = inventory.catalog.of(noun);
    let names = store.read(|reader| reader.names_beginning_with(entity, start, OFFERED)).unwrap_or_default();
    // Names with control characters must not reach a terminal.
    names.into_iter().filter(|name| shown::shown(name) == *name).map(CompletionCandidate::new).collect()
}

/// Words of the command line that is being completed.
static TYPED: OnceLock<Vec<OsString>> = OnceLock::new();

/// Sets the command line that is being completed.
pub(crate) fn is_for(words: &[OsString]) {
    TYPED.get_or_init(|| words.to_vec());
}

/// Returns the value of `--db` in the command line that is being completed, with `~/` expanded.
fn on_the_command_line() -> Option<OsString> {
    let mut words = TYPED.get()?.iter();
    let mut path = None;
    while let Some(word) = words.next() {
        if word == "--db" {
            path = words.next().cloned();
        } else if let Some(value) = word.to_str().and_then(|word| word.strip_prefix("--db=")) {
            path = Some(value.into());
        }
    }
    let path = path?;
    match (path.to_str().and_then(|path| path.strip_prefix("~/")), std::env::var_os("HOME")) {
        (Some(below), Some(home)) => Some(Path::new(&home).join(below).into()),
        _ => Some(path),
    }
}
