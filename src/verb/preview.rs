//! Lists what a command is going to change, for its confirmation: the first records, and the number of the others.

use super::report::Report;
use crate::catalog::{Entity, Kind};
use crate::error::Result;
use crate::input::prompt::NONE;
use crate::session::Session;
use crate::store::{Reader, Record};

/// Number of records that are named.
const NAMED: usize = 5;

/// Prints the first changes of a report.
///
/// # Errors
/// The report cannot be read.
pub(crate) fn print_first(session: &Session, report: &mut Report) -> Result<()> {
    for line in report.first_lines(NAMED)? {
        session.warn(&format!("  {line}"));
    }
    Ok(())
}

/// Records that are going to change: lines for the first ones, and the number of all.
#[derive(Debug, Default)]
pub(super) struct Preview {
    lines: Vec<String>,
    count: usize,
}

impl Preview {
    /// Returns the paths of records that are going to be deleted.
    pub(super) fn of_removal(reader: &Reader<'_>, entity: &'static Entity, ids: &[i64]) -> Result<Self> {
        let lines = ids.iter().take(NAMED).map(|id| reader.title(entity, *id));
        Ok(Self { lines: lines.collect::<Result<_>>()?, count: ids.len() })
    }

    /// Adds a record that was changed, in a transaction that is going to be rolled back.
    pub(super) fn add(&mut self, reader: &Reader<'_>, entity: &'static Entity, before: &Record) -> Result<()> {
        self.count += 1;
        if self.lines.len() == NAMED {
            return Ok(());
        }
        let Some(after) = reader.record(entity, before.id)? else { return Ok(()) };
        let mut changes = Vec::new();
        for ((field, old), new) in entity.fields.iter().zip(&before.values).zip(&after.values) {
            if old != new && field.kind != Kind::Updated {
                let text = |cell| Ok(reader.shown(field, cell)?.unwrap_or_else(|| NONE.to_owned()));
                changes.push(format!("{} {} → {}", field.name, text(old)?, text(new)?));
            }
        }
        let mut line = reader.title(entity, before.id)?;
        if !changes.is_empty() {
            line = format!("{line}: {}", changes.join(", "));
        }
        self.lines.push(line);
        Ok(())
    }

    /// Prints the lines above a question.
    pub(super) fn print(&self, session: &Session) {
        for line in &self.lines {
            session.warn(&format!("  {line}"));
        }
        match self.count.saturating_sub(self.lines.len()) {
            0 => {}
            more => session.warn(&format!("  … and {more} more")),
        }
    }
}
