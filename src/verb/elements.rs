//! Records of other nouns that come along in one cell, and lists as other programs write them: objects of JSON, addresses with their networks, types of lists.

use crate::catalog::{Collection, Entity};
use crate::error::Error;
use crate::value::spelling::{Notation, Spelling};
use crate::value::{Cell, shown};
use serde_json::Value as Json;

/// Records of other nouns that come along with one: the cells of each.
pub(crate) type Items<'t> = Vec<(&'static Collection, Vec<Vec<Cell<'t>>>)>;

/// Adds records of a collection to those that come along.
pub(super) fn gather<'t>(
    items: &mut Items<'t>,
    of: &Entity,
    collection: &'static Collection,
    more: Vec<Vec<Cell<'t>>>,
) {
    match items.iter_mut().find(|(other, _)| other.name == collection.name) {
        // Columns of one row repeat addresses: the primary one, and all of them.
        Some((_, items)) => more.into_iter().for_each(|item| {
            if !of.is_addressed() || !items.contains(&item) {
                items.push(item);
            }
        }),
        None => items.push((collection, more)),
    }
}

/// Returns `MAIN[@AT]` of an object as lists in JSON have it; `None` if the text is no object.
pub(super) fn of_object(collection: &Collection, item: &str) -> Option<String> {
    let object: serde_json::Map<String, Json> = serde_json::from_str(item).ok()?;
    let text = |name: &&str| match object.get(&name.replace('-', "_"))? {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    // A record that is referred to is an object with its own keys.
    let main = collection.main.iter().find_map(text).or_else(|| text(&"path"))?;
    let at = collection.at.and_then(|name| text(&name));
    Some(at.map_or_else(|| main.clone(), |at| format!("{main}@{at}")))
}

/// Returns the error of a list whose values `PowerShell` did not write, only their type: `System.String[]`.
pub(super) fn not_joined(text: &str) -> Option<Error> {
    let is_type = text.starts_with("System.") && (text.ends_with("[]") || text.contains("Collections."));
    let error = || Error::failed(format!("{} is the type of a list without its values", shown::quoted(text)));
    is_type.then(|| {
        error().help(format!("join the list with -join in PowerShell, or pass --null {}", shown::quoted(text)))
    })
}

/// Splits addresses as other programs write several in one cell, at commas, blanks and line breaks too, and with prefix
/// lengths, brackets or ports; `None` if the text is as `inv` writes it.
///
/// `OpenStack` writes the network before them: `private=10.6.0.11, fd00:6::11; public=203.0.113.50`, or as Python has
/// it, `{'private': ['10.6.0.11', 'fd00:6::11']}`. A network is the VLAN of its addresses.
pub(super) fn addresses(notation: &Notation, text: &str) -> Option<Vec<String>> {
    if text.starts_with('{')
        && let Ok(networks) = serde_json::from_str::<serde_json::Map<String, Json>>(&text.replace('\'', "\""))
    {
        let addresses = |list: &Json| list.as_array().cloned().unwrap_or_default();
        let each = networks.iter().flat_map(|(network, list)| {
            addresses(list)
                .into_iter()
                .map(move |address| format!("{}@{network}", address.as_str().unwrap_or_default()))
        });
        return Some(each.collect());
    }
    let is_other = |character: char| character.is_whitespace() || matches!(character, ',' | '/' | '[' | ':' | '=');
    if text.contains('"') || !text.contains(is_other) {
        return None;
    }
    let is_separator = |character: char| character.is_whitespace() || matches!(character, ',' | ';');
    let mut network = None;
    let mut items = Vec::new();
    for part in text.split(is_separator).filter(|part| !part.is_empty()) {
        let (before, part) = part.split_once('=').map_or((None, part), |(network, rest)| (Some(network), rest));
        network = before.or(network);
        let (address, at) = part.split_once('@').map_or((part, network), |(address, at)| (address, Some(at)));
        let address = notation.again(Spelling::Address, address).unwrap_or_else(|| address.to_owned());
        // What stood between two addresses.
        if address.is_empty() {
            continue;
        }
        items.push(at.map_or_else(|| address.clone(), |at| format!("{address}@{at}")));
    }
    Some(items)
}
