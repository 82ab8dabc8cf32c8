//! A table of an export in the inventory's own terms, ready for the import.

use crate::input::{Record, Records, Step};
use std::collections::HashSet;
use std::sync::Arc;

/// Origin of a row, for its faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// The tab's index among the tabs that were read.
    pub(super) tab: usize,
    /// The row's number in it.
    pub(super) row: u64,
}

/// The records of one noun, in the columns of the inventory and with whole paths for references.
#[derive(Debug, Clone)]
pub struct Staged {
    /// The noun that they are.
    pub noun: &'static str,
    columns: Vec<String>,
    /// For each column that could be, its place among those that are.
    places: Vec<Option<usize>>,
    rows: Vec<StagedRow>,
    sources: Arc<[String]>,
    read: usize,
}

#[derive(Debug, Clone)]
struct StagedRow {
    origin: Origin,
    external_id: Option<String>,
    second_fact: Option<String>,
    cells: Vec<Option<String>>,
}

impl Staged {
    /// An empty table. A column is left out altogether where the export says nothing about it, so that an update
    /// leaves what the inventory has.
    pub(super) fn new(noun: &'static str, columns: &[(&str, bool)], sources: &Arc<[String]>) -> Self {
        let mut names = Vec::new();
        let places = columns.iter().map(|(column, is_there)| {
            is_there.then(|| {
                names.push((*column).to_owned());
                names.len() - 1
            })
        });
        let places = places.collect();
        Self { noun, columns: names, places, rows: Vec::new(), sources: Arc::clone(sources), read: 0 }
    }

    /// Adds a row with a cell for each column that could be; `None` is a value that the export does not know.
    pub(super) fn add(&mut self, origin: Origin, cells: impl IntoIterator<Item = Option<String>>) {
        let mut placed = vec![None; self.columns.len()];
        for (place, cell) in self.places.iter().zip(cells) {
            if let Some(slot) = place.and_then(|place| placed.get_mut(place)) {
                *slot = cell;
            }
        }
        self.rows.push(StagedRow { origin, external_id: None, second_fact: None, cells: placed });
    }

    /// Gives the row that was added last the id that the source has for its record.
    pub(super) fn identify(&mut self, id: Option<String>) {
        if let Some(row) = self.rows.last_mut() {
            row.external_id = id;
        }
    }

    /// Gives the row that was added last another fact about its record.
    pub(super) fn certify(&mut self, fact: Option<String>) {
        if let Some(row) = self.rows.last_mut() {
            row.second_fact = fact;
        }
    }

    /// Gives each row an id that is the source's own name for its record: the noun, and the path of the record without
    /// its provider. `holder` is the column of what holds it.
    pub(super) fn identify_by_path(&mut self, holder: Option<&str>, provider: &str) {
        let place = |name: &str| self.columns.iter().position(|column| column == name);
        let (name, holder) = (place("name"), holder.and_then(place));
        for row in &mut self.rows {
            let text = |place: Option<usize>| place.and_then(|place| row.cells.get(place)?.as_deref());
            let above = text(holder).map(|path| path.strip_prefix(provider).unwrap_or(path).trim_start_matches('/'));
            let above = above.filter(|path| !path.is_empty()).map_or_else(String::new, |path| format!("{path}/"));
            row.external_id = text(name).map(|name| format!("{} {above}{name}", self.noun));
        }
    }

    /// Replaces the values of a column by those that `value` returns.
    pub fn replace(&mut self, column: &str, value: impl Fn(&str) -> String) {
        let Some(place) = self.columns.iter().position(|name| name == column) else { return };
        for cell in self.rows.iter_mut().filter_map(|row| row.cells.get_mut(place)?.as_mut()) {
            *cell = value(cell);
        }
    }

    /// Returns a table of other records, one for each value of a column for which `record` returns its cells.
    #[must_use]
    pub fn derived(
        &self,
        column: &str,
        noun: &'static str,
        columns: &[&str],
        mut record: impl FnMut(&str) -> Option<Vec<Option<String>>>,
    ) -> Self {
        let columns: Vec<(&str, bool)> = columns.iter().map(|column| (*column, true)).collect();
        let mut derived = Self::new(noun, &columns, &self.sources);
        let place = self.columns.iter().position(|name| name == column);
        let mut values = HashSet::new();
        for row in &self.rows {
            let value = place.and_then(|place| row.cells.get(place)?.as_deref());
            if let Some(cells) = value.filter(|value| values.insert(*value)).and_then(&mut record) {
                derived.add(row.origin, cells);
            }
        }
        derived
    }

    /// Returns the number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Tests if there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Records for Staged {
    fn name(&self) -> &str {
        let row = self.rows.get(self.read.saturating_sub(1)).or(self.rows.first());
        let tab = row.map_or(0, |row| row.origin.tab);
        self.sources.get(tab).map_or("", String::as_str)
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A value that the export does not know is no cell.
    fn read(&mut self, record: &mut Record) -> Step {
        record.clear();
        let Some(row) = self.rows.get(self.read) else { return Step::Last };
        self.read += 1;
        record.line = row.origin.row;
        for (column, cell) in row.cells.iter().enumerate() {
            if let Some(text) = cell {
                record.push(column, Some(text));
            }
        }
        Step::Record
    }

    fn external_id(&self) -> Option<&str> {
        self.rows.get(self.read.checked_sub(1)?)?.external_id.as_deref()
    }

    fn second_fact(&self) -> Option<&str> {
        self.rows.get(self.read.checked_sub(1)?)?.second_fact.as_deref()
    }

    /// Returns the number of records read, in place of bytes: those were read long before.
    fn bytes_read(&self) -> u64 {
        self.read as u64
    }

    /// Returns the number of records.
    fn size(&self) -> Option<u64> {
        Some(self.rows.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, Staged};
    use crate::input::{Record, Records, Step};
    use std::sync::Arc;

    #[test]
    fn unknown_columns_and_values_are_not_given_at_all() {
        let sources: Arc<[String]> = Arc::from(["x (vInfo)".to_owned(), "x (vHost)".to_owned()]);
        let mut staged = Staged::new("vm", &[("name", true), ("created", false), ("memory", true)], &sources);
        let text = |text: &str| Some(text.to_owned());
        staged.add(Origin { tab: 0, row: 2 }, [text("web01"), text("now"), None]);
        staged.add(Origin { tab: 1, row: 7 }, [text("web02"), None, text("1 MiB")]);
        assert_eq!(staged.columns(), ["name", "memory"]);
        let mut record = Record::new();
        assert_eq!(staged.read(&mut record), Step::Record);
        assert_eq!((record.line, staged.name()), (2, "x (vInfo)"));
        assert_eq!(record.cells().collect::<Vec<_>>(), [(0, Some("web01"))]);
        assert_eq!(staged.read(&mut record), Step::Record);
        assert_eq!((record.line, staged.name()), (7, "x (vHost)"));
        assert_eq!(record.cells().collect::<Vec<_>>(), [(0, Some("web02")), (1, Some("1 MiB"))]);
        assert_eq!(staged.read(&mut record), Step::Last);
    }
}
