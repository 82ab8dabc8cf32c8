//! Questions about columns that mean nothing to the inventory: once for each, before a row is read.

use super::header::{self, Header};
use super::rows::Source;
use crate::catalog::Catalog;
use crate::error::Result;
use crate::input::prompt::{self, Label};
use crate::value::shown;

/// Answer for a column that is left out.
const NOT_USED: &str = "(not used)";

/// Asks what the unknown columns of a file are, and adds the answers to its mapping. Returns how many there were.
///
/// # Errors
/// The file cannot be read, or the user ended it.
pub(super) fn ask(catalog: &Catalog, source: &mut Source) -> Result<usize> {
    let records = (source.open)()?;
    let Source { entity, external_ids, tables, .. } = *source;
    let header = Header::new(catalog, entity, external_ids, source.mapping.clone(), tables)?;
    let columns = records.columns();
    let mut free: Vec<&str> = header::columns(entity);
    free.retain(|name| !header.has(catalog, columns, name));
    free.insert(0, NOT_USED);
    let unknown = header.unknown(catalog, columns);
    for column in &unknown {
        let hint = format!("column of {}", shown::shown(records.name()));
        let name = shown::quoted(column);
        let answer = prompt::select(Label { name: &name, hint: &hint }, &free, 0)?;
        let field = Some(answer.as_str()).filter(|answer| *answer != NOT_USED);
        // Several columns may have addresses; of a field there is one.
        free.retain(|name| Some(*name) != field || entity.collections.iter().any(|of| of.name == *name));
        source.mapping.add_answer(column, field);
    }
    Ok(unknown.len())
}
