//! Tab-separated values: always one line for each row, for `cut`, `awk` and `read`.
//!
//! A tab, a line feed, a carriage return and a backslash in data are written `\t`, `\n`, `\r` and `\\`, as `PostgreSQL`
//! does in `COPY`; nothing is quoted, and an empty cell is empty. The csv crate has no such escapes, and would write a
//! row whose only cell is empty as `""`.

use crate::output::csv::begins_a_formula;
use crate::output::row::{Column, Row};
use crate::output::{Layout, Sheet};
use crate::value::shown::shown;
use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

/// A list as tab-separated values.
pub struct TsvSheet<'w> {
    out: BufWriter<&'w mut dyn Write>,
    layout: Layout,
    columns: usize,
    scratch: String,
}

impl<'w> TsvSheet<'w> {
    /// Creates a list that is written to `out`.
    pub fn new(layout: Layout, out: &'w mut dyn Write) -> Self {
        Self { out: BufWriter::new(out), layout, columns: 0, scratch: String::new() }
    }
}

impl Sheet for TsvSheet<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.len();
        if !self.layout.headers {
            return Ok(());
        }
        for (index, column) in columns.iter().enumerate() {
            write_field(&mut self.out, index, &column.name, &self.layout)?;
        }
        self.out.write_all(b"\n")
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        for index in 0..self.columns {
            write_field(&mut self.out, index, row.exact(index, &mut self.scratch), &self.layout)?;
        }
        self.out.write_all(b"\n")
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn write_field(out: &mut impl Write, index: usize, text: &str, layout: &Layout) -> io::Result<()> {
    if index > 0 {
        out.write_all(b"\t")?;
    }
    if layout.for_spreadsheet && begins_a_formula(text) {
        out.write_all(b"'")?;
    }
    let field = escaped(text);
    // Control characters in data must not reach a terminal.
    let field = if layout.width.is_some() { shown(&field) } else { Cow::Borrowed(&*field) };
    out.write_all(field.as_bytes())
}

/// Returns `text` with escapes for the characters that would break its line or its field.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b'\\')) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        match character {
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\\' => escaped.push_str("\\\\"),
            other => escaped.push(other),
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use crate::output::fixture::{Datum, any_text, columns, list, on_terminal, records, text, two_vms};
    use crate::output::row::ColumnKind;
    use crate::output::{Layout, Style};
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    #[test]
    fn what_would_break_a_line_is_escaped() {
        let columns = columns(&[("name", ColumnKind::Text), ("a\tb", ColumnKind::Text)]);
        let rows = [vec![text("a\tb\nc\rd\\e"), text("日本")], vec![Datum::Empty, text("\"x\"")]];
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
            let cells: Vec<_> = rows.iter().map(|cells| cells.iter().map(|cell| text(cell)).collect()).collect();
            let layout = Layout { headers: false, ..Layout::piped() };
            let written = list(Style::Tsv, layout, &columns, &cells);
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
