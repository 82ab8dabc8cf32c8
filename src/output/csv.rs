//! CSV (RFC 4180, with LF), written by the csv crate. Reading it back gives the same bytes.

use crate::output::row::{Column, Row};
use crate::output::{Layout, Sheet};
use crate::value::shown::shown;
use csv::{ErrorKind, Writer, WriterBuilder};
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Write};

/// Size of the write buffer in bytes.
const BUFFER: usize = 32 * 1024;

/// A list as CSV.
pub struct CsvSheet<'w> {
    writer: Writer<&'w mut dyn Write>,
    layout: Layout,
    columns: usize,
    scratch: String,
}

impl<'w> CsvSheet<'w> {
    /// Creates a list that is written to `out`.
    pub fn new(layout: Layout, out: &'w mut dyn Write) -> Self {
        let writer = WriterBuilder::new().buffer_capacity(BUFFER).from_writer(out);
        Self { writer, layout, columns: 0, scratch: String::new() }
    }
}

impl Sheet for CsvSheet<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.len();
        if !self.layout.headers {
            return Ok(());
        }
        let names = columns.iter().map(|column| field(&column.name, &self.layout).into_owned());
        self.writer.write_record(names).map_err(io_error)
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        write_row(&mut self.writer, row, self.columns, &self.layout, &mut self.scratch).map_err(io_error)
    }

    fn end(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Writer of single rows as lines of CSV in memory, for rows that are sorted before they are written.
pub struct CsvRecords {
    writer: Writer<LineBuffer>,
    layout: Layout,
    columns: usize,
    scratch: String,
}

/// Last line written. A `Cell` lets it be read while the writer owns it.
#[derive(Default)]
struct LineBuffer(Cell<Vec<u8>>);

impl Write for LineBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.get_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CsvRecords {
    /// Creates a writer of rows with `columns` columns.
    #[must_use]
    pub fn new(layout: Layout, columns: usize) -> Self {
        let writer = WriterBuilder::new().from_writer(LineBuffer::default());
        Self { writer, layout, columns, scratch: String::new() }
    }

    /// Adds the line of a row to `bytes`.
    pub fn line(&mut self, row: &Row, bytes: &mut Vec<u8>) {
        // Memory takes all that is written, and all rows have the same number of fields.
        let _ = write_row(&mut self.writer, row, self.columns, &self.layout, &mut self.scratch);
        let _ = self.writer.flush();
        let line = &self.writer.get_ref().0;
        let mut text = line.take();
        bytes.append(&mut text);
        line.set(text);
    }
}

/// Writes the fields of a row and the end of its line.
fn write_row<W: Write>(
    writer: &mut Writer<W>,
    row: &Row,
    columns: usize,
    layout: &Layout,
    scratch: &mut String,
) -> csv::Result<()> {
    let unchanged = layout.width.is_none() && !layout.for_spreadsheet;
    for index in 0..columns {
        let text = row.exact(index, scratch);
        if unchanged {
            writer.write_field(text)?;
        } else {
            writer.write_field(field(text, layout).as_bytes())?;
        }
    }
    writer.write_record(None::<&[u8]>)
}

/// Returns the text of a field: escaped on a terminal, which control characters in data must not reach; guarded against
/// formulas if the layout says so.
fn field<'text>(text: &'text str, layout: &Layout) -> Cow<'text, str> {
    let field = if layout.width.is_some() { shown(text) } else { Cow::Borrowed(text) };
    if layout.for_spreadsheet && begins_a_formula(&field) { format!("'{field}").into() } else { field }
}

/// Returns the failure of the output behind an error of the csv crate.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

/// Returns true for a cell that a spreadsheet would read as a formula: one that begins with `= + - @`, also in full
/// width (East Asian editions), or with white space that some spreadsheets strip (OWASP, CSV injection).
#[must_use]
pub fn begins_a_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use crate::output::fixture::{
        Datum, any_text, columns, gibibytes, items, list, number, on_terminal, records, row, text, two_vms,
    };
    use crate::output::row::ColumnKind;
    use crate::output::{Layout, Style, sheet};
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};
    use std::io::{self, ErrorKind, Write};

    fn one_column(rows: &[Vec<Datum>], layout: Layout) -> String {
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
            vec![text("a,b \"c\"\nd"), Datum::Empty, Datum::Empty, items(&[])],
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
        assert_eq!(one_column(&[vec![Datum::Empty], vec![text("")]], Layout::piped()), "name\n\"\"\n\"\"\n");
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
        assert_eq!(one_column(&rows, layout.clone()), "'=1+1\n'+1\n'-1\n'@a\n'\ta\n'＝1\na=1\n\"\"\n");
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
            let fields: Vec<_> = rows.iter().map(|cells| cells.iter().map(|cell| text(cell)).collect()).collect();
            let written = list(Style::Csv, Layout::piped(), &columns, &fields);
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
                let row = vec![text(&cell), Datum::List(vec![cell.clone(), cell.clone()])];
                let written = list(style, on_terminal(80), &columns, &[row]);
                prop_assert!(!written.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{:?}", written);
            }
        }
    }
}
