//! Completion of names of records, from the inventory, and of columns, conditions and nouns, from the catalog.

use crate::catalog::{Catalog, Entity, Field, Kind, Leaf, Path, column};
use crate::error::Result;
use crate::output::row::Column;
use crate::session::{self, inventory};
use crate::store::{Patience, Query, Reader, Store, Term};
use crate::value::{condition, name, shown};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::time::Duration;

/// Largest number of names that are offered.
const OFFERED: usize = 200;
/// Time that completion waits for a lock on the inventory.
const PATIENCE: Duration = Duration::from_millis(300);

/// Columns that an argument can name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ColumnSet {
    /// Columns of a noun, which may follow references.
    Of(&'static Entity),
    /// Columns that a command computes.
    Computed(fn() -> Vec<Column>),
}

impl ColumnSet {
    fn beginning_with(self, start: &str) -> Vec<String> {
        match self {
            Self::Of(entity) => column::beginning_with(&inventory().catalog, entity, start),
            Self::Computed(columns) => beginning(columns().into_iter().map(|column| column.name), start),
        }
    }

    /// Returns the field that a column is.
    fn field(self, name: &str) -> Option<&'static Field> {
        let Self::Of(entity) = self else { return None };
        match Path::parse(&inventory().catalog, entity, name).ok()?.leaf {
            Leaf::Field(field) => Some(field),
            _ => None,
        }
    }
}

/// Returns the completion by `offers`, which returns texts that begin with its argument.
pub(crate) fn completer(offers: impl Fn(&str) -> Vec<String> + Send + Sync + 'static) -> ArgValueCompleter {
    ArgValueCompleter::new(move |start: &OsStr| {
        let texts = start.to_str().map(&offers).unwrap_or_default();
        // Texts with control characters must not reach a terminal.
        let texts = texts.into_iter().filter(|text| shown::shown(text) == *text);
        texts.map(CompletionCandidate::new).collect::<Vec<_>>()
    })
}

/// Completes the last item of a list with commas.
pub(crate) fn listed(offers: impl Fn(&str) -> Vec<String> + Send + Sync + 'static) -> ArgValueCompleter {
    completer(move |start| {
        let (before, item) = start.split_at(start.rfind(',').map_or(0, |comma| comma + 1));
        prefixed(before, offers(item))
    })
}

/// Completes `-c COL,…`.
pub(crate) fn columns(set: ColumnSet) -> ArgValueCompleter {
    listed(move |item| {
        let name = item.strip_prefix('+').unwrap_or(item);
        prefixed(&item[..item.len() - name.len()], set.beginning_with(name))
    })
}

/// Completes `--sort COL[:desc],…`. A column is offered with its directions once it is the only one.
pub(crate) fn sort_keys(set: ColumnSet) -> ArgValueCompleter {
    listed(move |item| {
        if let Some(name) = item.strip_prefix('-') {
            return prefixed("-", set.beginning_with(name));
        }
        if let Some((name, direction)) = item.split_once(':') {
            return prefixed(&format!("{name}:"), beginning(["asc", "desc"].map(str::to_owned).into_iter(), direction));
        }
        with_endings(set.beginning_with(item), ["", ":desc"].into_iter())
    })
}

/// Completes the last comparison of `--where`: its field, with the operators once it is the only one, and the value of
/// a field that refers to records or has few values.
pub(crate) fn condition(set: ColumnSet) -> ArgValueCompleter {
    completer(move |start| {
        let part = condition::last_part(start);
        let before = &start[..start.len() - part.len()];
        let Some((field, operator, value)) = condition::halves(part) else {
            return prefixed(before, with_endings(set.beginning_with(part), condition::operators()));
        };
        let Some(field) = set.field(field).filter(|_| ["=", "!="].contains(&operator)) else { return Vec::new() };
        let values = match (field.kind, field.kind.words()) {
            (Kind::Reference { to, .. }, _) => names(to, value),
            (_, Some(words)) => beginning(words.iter().map(|word| (*word).to_owned()), value),
            _ => Vec::new(),
        };
        // A value with signs of the grammar would have to be quoted.
        let plain = values.into_iter().filter(|value| !value.contains(['\'', '"', '(', ')', ' ', '*', '?']));
        prefixed(&start[..start.len() - value.len()], plain.collect())
    })
}

/// Returns the texts with each ending if there is one text, else the texts.
fn with_endings<'e>(texts: Vec<String>, endings: impl Iterator<Item = &'e str>) -> Vec<String> {
    match texts.as_slice() {
        [text] => endings.map(|ending| format!("{text}{ending}")).collect(),
        _ => texts,
    }
}

fn prefixed(prefix: &str, texts: Vec<String>) -> Vec<String> {
    texts.into_iter().map(|text| format!("{prefix}{text}")).collect()
}

fn beginning(texts: impl Iterator<Item = String>, start: &str) -> Vec<String> {
    texts.filter(|text| text.starts_with(start)).collect()
}

/// Completes one of a few words.
pub(crate) fn words(words: &'static [&'static str]) -> ArgValueCompleter {
    completer(move |start| beginning(words.iter().map(|word| (*word).to_owned()), start))
}

/// Returns the nouns that begin with `start`.
pub(crate) fn nouns(start: &str) -> Vec<String> {
    beginning(inventory().catalog.nouns().map(|entity| entity.noun.to_owned()), start)
}

/// Returns the names of records of the noun that the command line names before.
pub(crate) fn names_of_typed_noun(start: &str) -> Vec<String> {
    typed_noun().map(|noun| names(noun, start)).unwrap_or_default()
}

/// Returns the last noun before the word that is being completed.
pub(crate) fn typed_noun() -> Option<&'static str> {
    let (_, before) = TYPED.get()?.split_last()?;
    before.iter().rev().find_map(|word| inventory().catalog.named(word.to_str()?).ok()).map(|entity| entity.noun)
}

/// Returns the names and paths of a noun's records that begin with `start`. Errors are ignored, since a shell cannot
/// show them.
pub(crate) fn names(noun: &'static str, start: &str) -> Vec<String> {
    let inventory = inventory();
    let Ok(database) = session::database(on_the_command_line()) else { return Vec::new() };
    let store = Store::new(database, &inventory.catalog, &inventory.schema);
    let store = store.with(Patience { time: PATIENCE, ..Patience::default() });
    let entity = inventory.catalog.of(noun);
    let found = store.read(|reader| {
        let mut names = reader.names_beginning_with(entity, start, OFFERED)?;
        names.extend(paths(reader, entity, start)?);
        Ok(names)
    });
    found.unwrap_or_default()
}

/// Returns the paths that go on from the record before the last `/`: to records of `entity`, or to their ancestors,
/// which end with `/`.
fn paths(reader: &Reader<'_>, entity: &'static Entity, start: &str) -> Result<Vec<String>> {
    let Some((holder_path, rest)) = start.rsplit_once('/') else { return Ok(Vec::new()) };
    let rest = name::composed(rest);
    let catalog: &Catalog = reader.catalog();
    let mut paths = Vec::new();
    let mut child = entity;
    for (field, holder) in catalog.ancestors(entity) {
        if let Ok(Some(id)) = reader.resolve_optional(holder, holder_path) {
            let query = Query {
                entity: child,
                columns: child.naming().map(|field| Path::known(catalog, child, field.name)).collect(),
                terms: vec![Term::Refers { hops: vec![field], ids: vec![id], or_empty: false, negated: false }],
                order: Vec::new(),
                limit: None,
                offset: 0,
            };
            let end = if child.noun == entity.noun { "" } else { "/" };
            reader.select(&query, |row| {
                let names = (0..query.columns.len()).filter_map(|place| row.cell(place).plain());
                let names = names.filter(|name| name.starts_with(&*rest));
                paths.extend(names.map(|name| format!("{holder_path}/{name}{end}")));
                Ok(if paths.len() < OFFERED { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
        }
        child = holder;
    }
    Ok(paths)
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
        (Some(below), Some(home)) => Some(std::path::Path::new(&home).join(below).into()),
        _ => Some(path),
    }
}
