//! Questions about columns that mean nothing to the inventory: once for each, before a row is read.

use super::header::{self, Header};
use super::rows::Source;
use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::input::prompt::{self, Label};
use crate::input::{Record, Step};
use crate::interrupt;
use crate::value::{shown, similar};

/// Answers that are no fields.
const LEFT_OUT: &str = "(ignore this column)";
const CANCELLED: &str = "(cancel the import)";
/// Number of rows that are read before questions are asked: JSON has new keys as it goes on.
const ROWS: usize = 1_000;

/// Asks what the unknown columns of a file are, and adds the answers to its mapping. Returns how many there were.
///
/// # Errors
/// The file cannot be read, or the user ended it.
pub(super) fn ask(catalog: &Catalog, source: &mut Source) -> Result<usize> {
    let mut records = (source.open)()?;
    let mut record = Record::new();
    for _ in 0..ROWS {
        interrupt::check()?;
        match records.read(&mut record) {
            Step::Last => break,
            Step::Fault(fault) if fault.fatal => break,
            Step::Fault(_) | Step::Record => {}
        }
    }
    let Source { entity, external_ids, tables, .. } = *source;
    let header = Header::new(catalog, entity, external_ids, source.mapping.clone(), tables)?;
    let columns = records.columns();
    let mut free: Vec<&str> = header::columns(entity);
    free.retain(|name| !header.has(catalog, columns, name));
    let unknown = header.unknown(catalog, columns);
    for column in &unknown {
        let near = similar::nearest(column, free.iter().copied(), 1);
        let words: Vec<&str> = free.iter().copied().chain([LEFT_OUT, CANCELLED]).collect();
        let wanted = near.first().copied().unwrap_or(LEFT_OUT);
        let default = words.iter().position(|word| *word == wanted).unwrap_or_default();
        let name = format!("column {}", shown::quoted(column));
        let label = Label { name: &name, hint: "field with its values" };
        match prompt::select(label, &words, default)?.as_str() {
            CANCELLED => return Err(Error::cancelled()),
            LEFT_OUT => source.mapping.add_answer(column, None),
            field => {
                source.mapping.add_answer(column, Some(field));
                // Several columns may have parts of a list; of a field there is one.
                free.retain(|name| *name != field || entity.collections.iter().any(|of| of.name == *name));
            }
        }
    }
    Ok(unknown.len())
}
