//! Columns that lists have and no file sets: they are passed over where they agree with the inventory, and named where
//! they do not.

use super::batch::Batch;
use crate::catalog::column::{Path, same_name};
use crate::catalog::{Catalog, Entity};
use crate::error::Result;
use crate::input::notes::{NoteKind, Notes, Topic};
use crate::store::{Query, Reader};
use crate::value::shown::quoted;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Column of the whole path, which names a record and is not computed from others.
const PATH: &str = "path";

pub(super) static OTHER: Topic = Topic::new(
    NoteKind::Warning,
    "warning: {n} computed value{s} {is} different in the inventory and {was} skipped",
    5,
);

/// Texts of computed columns in a file, by the line of the row.
#[derive(Debug, Default)]
pub(super) struct ComputedTexts(HashMap<u64, Vec<String>>);

impl ComputedTexts {
    /// Keeps the texts of the row on a line.
    pub(super) fn add(&mut self, line: u64, texts: Vec<String>) {
        self.0.insert(line, texts);
    }

    /// Notes the texts that are not what the inventory has now.
    pub(super) fn compare(
        &self,
        reader: &Reader<'_>,
        batch: &Batch<'_>,
        paths: Vec<Path>,
        notes: &mut Notes,
    ) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = paths.iter().map(|path| path.name.clone()).collect();
        let mut scratch = String::new();
        let mut others = Vec::new();
        reader.select_with_ids(&Query::all(batch.entity, paths), |id, row| {
            if let Some(texts) = batch.line_of(id).and_then(|line| self.0.get(&line)) {
                for (index, (name, text)) in names.iter().zip(texts).enumerate() {
                    let stored = row.exact(index, &mut scratch);
                    if stored != text {
                        others.push((id, format!("{name} is {}, not {}", quoted(stored), quoted(text))));
                    }
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        for (id, sentence) in others {
            notes.add(&OTHER, format!("{}: {sentence}", reader.title(batch.entity, id)?));
        }
        Ok(())
    }
}

/// Returns the column that lists of `entity` have under this name, in a table or in JSON, and no file sets.
pub(super) fn path(catalog: &Catalog, entity: &'static Entity, column: &str) -> Option<Path> {
    if column == PATH {
        return None;
    }
    let names =
        entity.computed.iter().flat_map(|computed| [computed.name.to_owned(), format!("{}.bytes", computed.name)]);
    let is_column = |name: &String| same_name(&name.replace('.', "_"), &column.replace('.', "_"));
    let name = names.into_iter().find(is_column).unwrap_or_else(|| column.to_owned());
    // In JSON the number of records is beside the records themselves.
    let counted = || Path::parse(catalog, entity, column.strip_suffix("_count")?).ok();
    Path::parse(catalog, entity, &name).ok().or_else(counted)
}
