//! CSV as RFC 4180 has it, with LF: what goes out comes back byte for byte.

use crate::output::lines::Lines;
use crate::output::row::{Column, Row};
use crate::output::{Layout, Sheet};
use crate::value::shown::shown;
use std::borrow::Cow;
use std::io::{self, Write};

/// A list as CSV.
pub struct CsvSheet<'w> {
    lines: Lines<'w>,
    records: CsvRecords,
}

impl<'w> CsvSheet<'w> {
    /// A list to `out`.
    pub fn new(layout: Layout, out: &'w mut dyn Write) -> Self {
        Self { lines: Lines::new(out), records: CsvRecords::new(layout, 0) }
    }
}

impl Sheet for CsvSheet<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.records.columns = columns.len();
        if !self.records.layout.headers {
            return Ok(());
        }
        self.records.record(columns.iter().map(|column| column.name.as_str()), self.lines.bytes());
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

/// Rows as records of CSV, one by one.
pub struct CsvRecords {
    rules: csv_core::Writer,
    layout: Layout,
    columns: usize,
    scratch: String,
}

impl CsvRecords {
    /// Records of so many columns.
    #[must_use]
    pub fn new(layout: Layout, columns: usize) -> Self {
        Self { rules: csv_core::Writer::new(), layout, columns, scratch: String::new() }
    }

    /// Adds a row to `bytes`.
    pub fn line(&mut self, row: &Row, bytes: &mut Vec<u8>) {
        self.row(row, bytes);
        bytes.push(b'\n');
    }

    /// The same without the end of its line.
    fn row(&mut self, row: &Row, bytes: &mut Vec<u8>) {
        let Self { rules, layout, columns, scratch } = self;
        for index in 0..*columns {
            let field = (row.exact(index, scratch), row.is_bare(index));
            push_field(rules, *layout, field, index, *columns, bytes);
        }
    }

    fn record<'c>(&self, cells: impl ExactSizeIterator<Item = &'c str>, bytes: &mut Vec<u8>) {
        let count = cells.len();
        for (index, cell) in cells.enumerate() {
            push_field(&self.rules, self.layout, (cell, false), index, count, bytes);
        }
    }
}

/// Adds a field, of which it may be known that it is bare: the one at `index` of so many.
fn push_field(
    rules: &csv_core::Writer,
    layout: Layout,
    (text, is_bare): (&str, bool),
    index: usize,
    of: usize,
    bytes: &mut Vec<u8>,
) {
    if index > 0 {
        bytes.push(rules.get_delimiter());
    }
    // A blank line would be no record.
    let alone = of == 1 && text.is_empty();
    if is_bare && !alone && !layout.for_spreadsheet {
        bytes.extend_from_slice(text.as_bytes());
        return;
    }
    // No data may reach a terminal as control; a file or a pipe gets it as it is.
    let mut text = if layout.width.is_some() { shown(text) } else { Cow::Borrowed(text) };
    if layout.for_spreadsheet && begins_a_formula(&text) {
        text = format!("'{text}").into();
    }
    let text = text.as_bytes();
    if !alone && !rules.should_quote(text) {
        bytes.extend_from_slice(text);
        return;
    }
    let quote = rules.get_quote();
    bytes.push(quote);
    let start = bytes.len();
    // Every byte of it may be a quote.
    bytes.resize(start + 2 * text.len(), 0);
    let (_, _, written) =
        csv_core::quote(text, bytes.get_mut(start..).unwrap_or_default(), quote, rules.get_escape(), true);
    bytes.truncate(start + written);
    bytes.push(quote);
}

/// Whether a spreadsheet would take a cell for a formula: by `= + - @`, also in the full width that East Asian
/// editions take for the same, or by white space that some strip before they look (OWASP, CSV injection).
#[must_use]
pub fn begins_a_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use crate::output::fixture::{
        Given, any_text, columns, gibibytes, items, list, number, on_terminal, records, row, text, two_vms,
    };
    use crate::output::row::ColumnKind;
    use crate::output::{Layout, Style, sheet};
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};
    use std::io::{self, ErrorKind, Write};

    fn one_column(rows: &[Vec<Given>], layout: Layout) -> String {
        list(Style::Csv, layout, &columns(&[("name", ColumnKind::Text)]), rows)
    }

    #[test]
    fn fields_are_quoted_only_where_rfc_4180_asks_for_it() {
        let columns = columns(&[
            ("name", ColumnKind::Text),
            ("memory", ColumnKind::Quantity),
            ("cpu", ColumnKind::Number),
            ("ips", ColumnKind::List),
        ]);
        let rows = [
            vec![text("web01"), gibibytes("16", "17179869184"), number("4"), items(&["10.0.0.11", "fd00::11"])],
            vec![text("a,b \"c\"\nd"), Given::Nothing, Given::Nothing, items(&[])],
        ];
        assert_eq!(
            list(Style::Csv, Layout::piped(), &columns, &rows),
            "name,memory,cpu,ips\nweb01,16 GiB,4,10.0.0.11;fd00::11\n\"a,b \"\"c\"\"\nd\",,,\n"
        );
    }

    #[test]
    fn without_headers_only_rows_stand() {
        let layout = Layout { headers: false, ..Layout::piped() };
        assert_eq!(one_column(&[vec![text("web01")]], layout), "web01\n");
    }

    #[test]
    fn a_row_of_one_empty_cell_is_no_blank_line() {
        assert_eq!(one_column(&[vec![Given::Nothing], vec![text("")]], Layout::piped()), "name\n\"\"\n\"\"\n");
    }

    #[test]
    fn cells_beyond_the_columns_are_left_out() {
        assert_eq!(one_column(&[vec![text("web01"), text("hidden")]], Layout::piped()), "name\nweb01\n");
    }

    #[test]
    fn for_a_spreadsheet_what_it_would_take_for_a_formula_is_guarded() {
        let layout = Layout { for_spreadsheet: true, headers: false, ..Layout::piped() };
        let cells = ["=1+1", "+1", "-1", "@a", "\ta", "＝1", "a=1", ""];
        let rows: Vec<_> = cells.iter().map(|cell| vec![text(cell)]).collect();
        assert_eq!(one_column(&rows, layout), "'=1+1\n'+1\n'-1\n'@a\n'\ta\n'＝1\na=1\n\"\"\n");
        assert_eq!(one_column(&[vec![text("\ra")]], layout), "\"'\ra\"\n");
    }

    #[test]
    fn a_pipe_gets_control_characters_and_a_terminal_does_not() {
        let rows = [vec![text("a\x1b[2J")]];
        assert_eq!(one_column(&rows, Layout::piped()), "name\na\x1b[2J\n");
        assert_eq!(one_column(&rows, on_terminal(80)), "name\na\\x1b[2J\n");
    }

    #[test]
    fn records_are_the_rows_of_one_list() {
        let (columns, vms) = two_vms();
        assert_eq!(
            records(Style::Csv, Layout::piped(), &columns, &vms),
            "name,status,memory,cpu,description,created\n\
             web01,running,16 GiB,4,\"the front\r\nof the shop\n\",2026-11-23T07:13:00Z\n\
             db01,stopped,,,,\n"
        );
    }

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_stays_a_closed_pipe_in_every_format() {
        for name in Style::NAMES {
            let mut closed = Closed;
            let mut sheet = sheet(Style::parse(name).expect("a style"), Layout::piped(), &mut closed);
            let result = sheet
                .begin(&columns(&[("name", ColumnKind::Text)]))
                .and_then(|()| sheet.row(&row(&[text("web01")])))
                .and_then(|()| sheet.end());
            assert_eq!(result.expect_err(name).kind(), ErrorKind::BrokenPipe);
        }
    }

    proptest! {
        #[test]
        fn the_csv_crate_reads_back_what_was_written(rows in prop::collection::vec(prop::collection::vec(any_text(), 3), 0..5)) {
            let columns = columns(&[("a", ColumnKind::Text), ("b", ColumnKind::Text), ("c", ColumnKind::Text)]);
            let given: Vec<_> = rows.iter().map(|cells| cells.iter().map(|cell| text(cell)).collect()).collect();
            let written = list(Style::Csv, Layout::piped(), &columns, &given);
            let mut reader = ::csv::Reader::from_reader(written.as_bytes());
            let read: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.expect("a record").iter().map(str::to_owned).collect())
                .collect();
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn no_control_character_reaches_a_terminal(cell in any_text()) {
            for style in [Style::Csv, Style::Tsv, Style::Json, Style::Jsonl, Style::Markdown, Style::Table] {
                let columns = columns(&[(cell.as_str(), ColumnKind::Text), ("b", ColumnKind::List)]);
                let row = vec![text(&cell), Given::List(vec![cell.clone(), cell.clone()])];
                let written = list(style, on_terminal(80), &columns, &[row]);
                prop_assert!(!written.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{:?}", written);
            }
        }
    }
}
