//! New records with the name of one that another parent has and that is not in the file: they may have moved.

use super::{Batch, Existing};
use crate::catalog::Entity;
use crate::error::Result;
use crate::store::Writer;
use crate::value::shown;

/// A new record, and those of its name in other parents.
#[derive(Debug)]
pub(super) struct Namesakes {
    line: u64,
    id: i64,
    others: Vec<i64>,
}

/// Names of a noun that identify a record within its parent, and say what it is: not `disk0`, and not an address, of
/// which duplicates are counted.
fn is_telling(entity: &Entity) -> bool {
    entity.numbered.is_none()
        && entity.soft_keys.is_empty()
        && entity.parent_field().is_some_and(|field| field.required)
}

impl Batch<'_> {
    /// Notes the records with the name of one that was just created from a row without an id.
    pub(super) fn note_namesakes(&mut self, writer: &Writer<'_>, id: i64, line: u64) -> Result<()> {
        if self.existing != Existing::Update || self.ledger.is_some() || !is_telling(self.entity) {
            return Ok(());
        }
        let (name, _) = writer.name_and_parent(self.entity, id)?;
        let others = writer.namesakes(self.entity, &name, id)?;
        if !others.is_empty() {
            self.namesakes.push(Namesakes { line, id, others });
        }
        Ok(())
    }

    /// Returns a sentence, with its line, about each new record that may be one that has moved: no row is about that.
    pub(crate) fn perhaps_moved(&self, writer: &Writer<'_>) -> Result<Vec<(u64, String)>> {
        let Some((_, holder)) = writer.catalog().parent(self.entity) else { return Ok(Vec::new()) };
        let label = holder.labels.0;
        let mut sentences = Vec::new();
        for Namesakes { line, id, others } in &self.namesakes {
            // A row that was taken back has left no record.
            let is_there = self.seen.line(*id).is_some_and(|seen| u64::from(seen) == *line);
            let Some(other) = others.iter().find(|other| is_there && !self.has_seen(**other)) else { continue };
            let parent_of = |id: i64| -> Result<Option<String>> {
                let (_, parent) = writer.name_and_parent(self.entity, id)?;
                parent.map(|parent| Ok(shown::quoted(&writer.path(holder, parent)?))).transpose()
            };
            if let (Some(new), Some(old)) = (parent_of(*id)?, parent_of(*other)?) {
                let (name, _) = writer.name_and_parent(self.entity, *id)?;
                let (noun, name) = (self.entity.labels.0, shown::quoted(&name));
                let sentence =
                    format!("{noun} {name} is new in {label} {new}, but {label} {old} has a record with this name");
                sentences.push((*line, sentence));
            }
        }
        Ok(sentences)
    }

    /// Returns how to say that a record has moved.
    pub(crate) fn way_to_move(&self, writer: &Writer<'_>) -> Option<String> {
        let (field, holder) = writer.catalog().parent(self.entity)?;
        let (label, noun, field) = (self.entity.labels.0, self.entity.noun, field.name);
        let holder = holder.noun.to_uppercase();
        Some(format!(
            "to move a {label}, add a column id (inv {noun} export -c id), or use inv {noun} set NAME --{field} \
             {holder}"
        ))
    }
}
