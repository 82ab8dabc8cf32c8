//! Statements that write several rows.

use crate::store::engine::Bind;

/// Number of rows that one statement writes.
pub(in crate::store) const AT_ONCE: usize = 16;

/// Rows that wait to be written by one statement: their bound values, with all texts in one buffer.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Waiting {
    rows: usize,
    cells: Vec<Slot>,
    text: String,
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Null,
    Integer(i64),
    /// End of the text in the buffer; it starts at the end of the previous text.
    Text(usize),
}

impl Waiting {
    /// Number of rows.
    pub(in crate::store) const fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row.
    pub(in crate::store) fn add<'v>(&mut self, row: impl Iterator<Item = Bind<'v>>) {
        self.rows += 1;
        for bind in row {
            self.cells.push(match bind {
                Bind::Null => Slot::Null,
                Bind::Integer(number) => Slot::Integer(number),
                Bind::Text(text) => {
                    self.text.push_str(text);
                    Slot::Text(self.text.len())
                }
            });
        }
    }

    /// Bound values of all rows.
    pub(in crate::store) fn binds(&self) -> impl Iterator<Item = Bind<'_>> {
        let mut start = 0;
        self.cells.iter().map(move |cell| match *cell {
            Slot::Null => Bind::Null,
            Slot::Integer(number) => Bind::Integer(number),
            Slot::Text(end) => Bind::Text(self.text.get(std::mem::replace(&mut start, end)..end).unwrap_or_default()),
        })
    }

    /// Removes all rows and keeps the allocated memory.
    pub(in crate::store) fn clear(&mut self) {
        self.rows = 0;
        self.cells.clear();
        self.text.clear();
    }
}

/// Returns the statement that writes `count` rows with these columns into `table`.
pub(in crate::store) fn insert(table: &str, columns: &[&str], count: usize) -> String {
    let row = |place: usize| {
        let places = (1..=columns.len()).map(|column| format!("${}", place * columns.len() + column));
        format!("({})", places.collect::<Vec<String>>().join(", "))
    };
    let rows: Vec<String> = (0..count).map(row).collect();
    format!("INSERT INTO {table} ({}) VALUES {}", columns.join(", "), rows.join(", "))
}
