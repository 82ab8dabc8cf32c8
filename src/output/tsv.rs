//! Tab-separated values: one line a row whatever the data holds, for `cut`, `awk` and `read`.
//!
//! A tab, a line feed, a carriage return and a backslash in data are written `\t`, `\n`, `\r` and `\\`, as `PostgreSQL`
//! does in `COPY`; nothing is quoted. An empty cell is empty.

use crate::output::csv::begins_a_formula;
use crate::output::lines::Lines;
use crate::output::row::{Column, Row};
use crate::output::{Layout, Sheet};
use crate::value::shown::shown;
use std::io::{self, Write};

/// A list as tab-separated values.
pub struct TsvSheet<'w> {
    lines: Lines<'w>,
    records: TsvRecords,
}

/// Rows as lines of tab-separated values, one by one.
pub struct TsvRecords {
    layout: Layout,
    columns: usize,
    scratch: String,
}

impl<'w> TsvSheet<'w> {
    /// A list to `out`.
    pub fn new(layout: Layout, out: &'w mut dyn Write) -> Self {
        Self { lines: Lines::new(out), records: TsvRecords::new(layout, 0) }
    }
}

impl Sheet for TsvSheet<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.records.columns = columns.len();
        if !self.records.layout.headers {
            return Ok(());
        }
        for (index, column) in columns.iter().enumerate() {
            push_field(self.lines.bytes(), index, &column.name, self.records.layout);
        }
        self.lines.end_line()
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        self.records.row(row, self.lines.bytes());
        self.lines.end_line()
    }

    fn end(&mut self) -> io::Result<()> {
        self.lines.finish()
    }
}

impl TsvRecords {
    /// Lines of so many columns.
    #[must_use]
    pub fn new(layout: Layout, columns: usize) -> Self {
        Self { layout, columns, scratch: String::new() }
    }

    /// Adds a row to `bytes`, without the end of its line.
    fn row(&mut self, row: &Row, bytes: &mut Vec<u8>) {
        for index in 0..self.columns {
            push_field(bytes, index, row.exact(index, &mut self.scratch), self.layout);
        }
    }
}

fn push_field(bytes: &mut Vec<u8>, index: usize, text: &str, layout: Layout) {
    if index > 0 {
        bytes.push(b'\t');
    }
    if layout.for_spreadsheet && begins_a_formula(text) {
        bytes.push(b'\'');
    }
    let mut rest = text;
    while let Some((before, after, escape)) = next_escape(rest) {
        push_run(bytes, before, layout);
        bytes.extend_from_slice(escape.as_bytes());
        rest = after;
    }
    push_run(bytes, rest, layout);
}

/// What stands before the first byte that must be escaped, what stands behind it, and its escape.
fn next_escape(text: &str) -> Option<(&str, &str, &'static str)> {
    let (index, escape) = text.bytes().enumerate().find_map(|(index, byte)| match byte {
        b'\t' => Some((index, "\\t")),
        b'\n' => Some((index, "\\n")),
        b'\r' => Some((index, "\\r")),
        b'\\' => Some((index, "\\\\")),
        _ => None,
    })?;
    Some((text.get(..index)?, text.get(index + 1..)?, escape))
}

/// No data may reach a terminal as control; a file or a pipe gets it as it is.
fn push_run(bytes: &mut Vec<u8>, text: &str, layout: Layout) {
    if layout.width.is_some() {
        bytes.extend_from_slice(shown(text).as_bytes());
    } else {
        bytes.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use crate::output::fixture::{Given, any_text, columns, list, on_terminal, records, text, two_vms};
    use crate::output::row::ColumnKind;
    use crate::output::{Layout, Style};
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    #[test]
    fn what_would_break_a_line_is_escaped() {
        let columns = columns(&[("name", ColumnKind::Text), ("a\tb", ColumnKind::Text)]);
        let rows = [vec![text("a\tb\nc\rd\\e"), text("日本")], vec![Given::Nothing, text("\"x\"")]];
        assert_eq!(
            list(Style::Tsv, Layout::piped(), &columns, &rows),
            "name\ta\\tb\na\\tb\\nc\\rd\\\\e\t日本\n\t\"x\"\n"
        );
    }

    #[test]
    fn on_a_terminal_other_control_characters_are_shown() {
        let columns = columns(&[("name", ColumnKind::Text)]);
        assert_eq!(list(Style::Tsv, on_terminal(80), &columns, &[vec![text("a\t\x1b")]]), "name\na\\t\\x1b\n");
    }

    #[test]
    fn formulas_are_guarded_where_that_is_asked_for() {
        let layout = Layout { for_spreadsheet: true, headers: false, ..Layout::piped() };
        let columns = columns(&[("name", ColumnKind::Text)]);
        assert_eq!(list(Style::Tsv, layout, &columns, &[vec![text("=A1")], vec![text("\t=A1")]]), "'=A1\n'\\t=A1\n");
    }

    #[test]
    fn records_are_the_rows_of_one_list() {
        let (columns, vms) = two_vms();
        assert_eq!(
            records(Style::Tsv, Layout::piped(), &columns, &vms),
            "name\tstatus\tmemory\tcpu\tdescription\tcreated\n\
             web01\trunning\t16 GiB\t4\tthe front\\r\\nof the shop\\n\t2026-11-23T07:13:00Z\n\
             db01\tstopped\t\t\t\t\n"
        );
    }

    proptest! {
        #[test]
        fn every_field_comes_back(rows in prop::collection::vec(prop::collection::vec(any_text(), 2), 1..4)) {
            let columns = columns(&[("a", ColumnKind::Text), ("b", ColumnKind::Text)]);
            let given: Vec<_> = rows.iter().map(|cells| cells.iter().map(|cell| text(cell)).collect()).collect();
            let layout = Layout { headers: false, ..Layout::piped() };
            let written = list(Style::Tsv, layout, &columns, &given);
            let read: Vec<Vec<String>> = written
                .strip_suffix('\n')
                .expect("a last line")
                .split('\n')
                .map(|line| line.split('\t').map(unescaped).collect())
                .collect();
            prop_assert_eq!(read, rows);
        }
    }

    fn unescaped(field: &str) -> String {
        let mut characters = field.chars();
        let mut text = String::new();
        while let Some(character) = characters.next() {
            text.push(match character {
                '\\' => match characters.next() {
                    Some('t') => '\t',
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('\\') => '\\',
                    other => panic!("no escape: {other:?}"),
                },
                other => other,
            });
        }
        text
    }
}
