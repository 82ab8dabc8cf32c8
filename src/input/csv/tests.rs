//! Contents of CSV files, from RFC 4180 and the contract; lines are counted by hand.

use super::{Csv, HeaderRule};
use crate::error::Result;
use crate::input::Heading;
use crate::input::file::Text;
use crate::input::{COLUMN_LIMIT, Fault, Record, Records, Step};
use proptest::prelude::{any, prop, prop_assert_eq, proptest};
use std::io::Read;

type Rows = Vec<(u64, Vec<String>)>;

fn open_reader(source: Box<dyn Read + Send>, delimiter: Option<u8>, header: HeaderRule) -> Result<Option<Csv>> {
    Csv::open(
        Text::new("vms.csv", source, None, None).expect("UTF-8 is known"),
        delimiter,
        Heading { line: None, rule: header },
    )
}

fn open(content: &str) -> Result<Option<Csv>> {
    open_reader(Box::new(std::io::Cursor::new(content.to_owned())), None, HeaderRule::Strict)
}

fn read_all(csv: &mut Csv) -> (Rows, Vec<Fault>) {
    let (mut rows, mut faults, mut record) = (Vec::new(), Vec::new(), Record::new());
    loop {
        match csv.read(&mut record) {
            Step::Record => {
                let cells = record.cells().map(|(_, cell)| cell.expect("CSV has no null").to_owned()).collect();
                rows.push((record.line, cells));
            }
            Step::Fault(fault) => faults.push(fault),
            Step::Last => return (rows, faults),
        }
    }
}

fn read(content: &str) -> (Rows, Vec<Fault>) {
    read_all(&mut open(content).expect("the header is right").expect("there is a header"))
}

fn rows(content: &str) -> Rows {
    let (rows, faults) = read(content);
    assert_eq!(faults, []);
    rows
}

fn only_fault(content: &str) -> Fault {
    let (_, mut faults) = read(content);
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.remove(0)
}

fn header_error(content: &str) -> String {
    open(content).err().expect("the header is wrong").message().to_owned()
}

fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
    (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
}

#[test]
fn plain_and_quoted_cells_are_read_byte_for_byte() {
    let content = "name,note\nweb01,\"a \"\"b\"\", c\"\n web02 ,\"\"\n";
    assert_eq!(rows(content), [row(2, &["web01", "a \"b\", c"]), row(3, &[" web02 ", ""])]);
}

#[test]
fn line_ends_of_every_kind_are_one_line() {
    for content in ["a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4", "a,b\r1,2\r3,4\r"] {
        assert_eq!(rows(content), [row(2, &["1", "2"]), row(3, &["3", "4"])], "{content:?}");
    }
}

#[test]
fn blank_lines_are_skipped_and_counted() {
    assert_eq!(rows("\n\r\na,b\n\n1,2\n  \n3,4\n\n\n"), [row(5, &["1", "2"]), row(7, &["3", "4"])]);
}

#[test]
fn line_breaks_inside_quotes_are_kept_and_counted() {
    let content = "a,b\r\n\"1\r\n2\n\r\",x\r\ny,z\r\n";
    assert_eq!(rows(content), [row(2, &["1\r\n2\n\r", "x"]), row(6, &["y", "z"])]);
}

#[test]
fn the_delimiter_is_told_from_the_header() {
    for (content, cells) in [
        ("a;b\n1,5;2\n", ["1,5", "2"]),
        ("a\tb\n1;5\t2\n", ["1;5", "2"]),
        ("a|b\n1|2\n", ["1", "2"]),
        ("\"a,x,y\";b\n1;2\n", ["1", "2"]),
        ("sep=;\na;b\n1;2\n", ["1", "2"]),
    ] {
        let (rows, faults) = read(content);
        assert_eq!(faults, [], "{content:?}");
        assert_eq!(rows.first().expect("a row").1, cells, "{content:?}");
    }
}

#[test]
fn a_first_line_that_names_the_delimiter_ends_as_any_line_does() {
    for end in ["\n", "\r\n", "\r"] {
        let content = ["", "sep=;", "a;b", "1,5;2", ""].join(end);
        assert_eq!(rows(&content), [row(4, &["1,5", "2"])], "{end:?}");
    }
}

#[test]
fn a_delimiter_that_is_given_is_not_told_from_the_header() {
    let source = Box::new(&b"a,b;c\n1,2;3\n"[..]);
    let mut csv =
        open_reader(source, Some(b';'), HeaderRule::Strict).expect("the header is right").expect("it is there");
    assert_eq!(csv.columns(), ["a,b", "c"]);
    assert_eq!(read_all(&mut csv).0, [row(2, &["1,2", "3"])]);
}

#[test]
fn a_header_alone_is_no_rows() {
    for content in ["name,pool", "name,pool\n", "name,pool\r\n\r\n"] {
        assert_eq!(rows(content), [], "{content:?}");
    }
}

#[test]
fn a_quote_that_is_never_closed_is_told_where_it_opens() {
    let fault = only_fault("a,b\n\n1,\"2\n3,4\n5,6\n");
    assert_eq!((fault.line, fault.fatal), (3, true));
    assert!(fault.text.contains("never closed"), "{}", fault.text);
}

#[test]
fn text_after_a_closing_quote_costs_its_line_only() {
    for text in ["x", "é", "東", "🔥"] {
        let (rows, faults) = read(&format!("a,b\n\"1\"{text},2\n3,4\n"));
        assert_eq!(rows, [row(3, &["3", "4"])], "{text}");
        assert_eq!(faults.len(), 1, "{text}");
        assert_eq!((faults[0].line, faults[0].fatal), (2, false), "{text}");
        assert!(faults[0].text.contains("closing quote"), "{}", faults[0].text);
    }
}

#[test]
fn a_missing_closing_quote_is_told_where_it_opens_when_a_later_quote_closes_it() {
    let (rows, faults) = read("a,b\n\"1,2\n\"3\",4\n5,6\n");
    assert_eq!(rows, [row(4, &["5", "6"])]);
    assert_eq!((faults[0].line, faults.len()), (2, 1));
    assert!(faults[0].text.contains("line 3"), "{}", faults[0].text);
}

#[test]
fn a_quote_inside_a_plain_cell_is_a_fault_of_its_line() {
    let (rows, faults) = read("a,b\n5\" disk,2\n3,4\n");
    assert_eq!(rows, [row(3, &["3", "4"])]);
    assert_eq!((faults[0].line, faults[0].fatal), (2, false));
}

#[test]
fn rows_of_the_wrong_length_are_told_with_both_counts() {
    let (rows, faults) = read("a,b,c,d,e\n1,2,3\n\"x\ny\",2,3,4,5,6\n1,2,3,4,5\n7\n");
    assert_eq!(rows, [row(5, &["1", "2", "3", "4", "5"])]);
    let rows: Vec<_> = faults.iter().map(|fault| (fault.line, fault.text.as_str(), fault.fatal)).collect();
    assert_eq!(
        rows,
        [
            (2, "has 3 cells, the header has 5", false),
            (3, "has 6 cells, the header has 5", false),
            (6, "has 1 cell, the header has 5", false)
        ]
    );
}

#[test]
fn a_wrong_row_still_gives_the_cells_that_it_has() {
    let mut csv = open("a,b\n1,2,3\n").expect("the header is right").expect("it is there");
    let mut record = Record::new();
    assert!(matches!(csv.read(&mut record), Step::Fault(_)));
    assert_eq!(record.cells().collect::<Vec<_>>(), [(0, Some("1")), (1, Some("2")), (2, Some("3"))]);
}

#[test]
fn a_column_that_stands_twice_is_refused() {
    assert_eq!(
        header_error("name,Custom OS,pool,custom_os\n"),
        "vms.csv:1: column \"custom_os\" is repeated, as columns 2 and 4"
    );
    assert_eq!(header_error("\nname,pool,\n"), "vms.csv:2: column 3 has no name");
}

#[test]
fn a_lenient_header_takes_what_other_programs_write() {
    let source = Box::new(&b"VM,Owner,Owner,\nweb01,a,b,\n"[..]);
    let csv = open_reader(source, None, HeaderRule::Lenient).expect("the header is right").expect("it is there");
    assert_eq!(csv.columns(), ["VM", "Owner", "Owner", ""]);
}

#[test]
fn binary_files_are_refused_at_once() {
    assert!(header_error("\u{89}PNG\u{1a}\0\0").contains("NUL"));
    let fault = only_fault("a,b\n1,2\n3,\0\n5,6\n");
    assert_eq!((fault.line, fault.fatal), (3, true));
    let latin = open_reader(Box::new(&b"caf\xE9,b\n"[..]), None, HeaderRule::Strict).err().expect("it is not UTF-8");
    assert!(latin.message().contains("--encoding"), "{latin}");
}

/// Repeats a piece of text without end and counts the bytes that were read of it.
struct Endless {
    piece: &'static [u8],
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        for place in buffer.iter_mut() {
            *place = self.piece[self.at % self.piece.len()];
            self.at += 1;
        }
        Ok(buffer.len())
    }
}

#[test]
fn cells_and_rows_without_end_are_refused_before_they_are_held() {
    let thousand_cells: &'static [u8] = Box::leak(vec![b"x".repeat(1000); 1000].join(&b","[..]).into_boxed_slice());
    for (piece, what) in [
        (&b"x"[..], "cell"),
        (&b"\"\""[..], "cell"),
        (&b"\n"[..], "cell"),
        (&b"\r\n"[..], "cell"),
        (thousand_cells, "row"),
    ] {
        let opening: &'static [u8] = if what == "cell" && piece != b"x" { b"a,b\n1,\"" } else { b"a,b\n1," };
        let source = Box::new(opening.chain(Endless { piece, at: 0 }));
        let mut csv = open_reader(source, None, HeaderRule::Strict).expect("the header is right").expect("it is there");
        let (rows, faults) = read_all(&mut csv);
        assert_eq!((rows.len(), faults.len()), (0, 1), "{piece:?}");
        assert_eq!((faults[0].line, faults[0].fatal), (2, true));
        assert!(faults[0].text.starts_with(&format!("a {what} is longer than")), "{}", faults[0].text);
        assert!(csv.bytes_read() < 12 << 20, "{} bytes were read", csv.bytes_read());
    }
}

#[test]
fn a_header_without_end_is_refused() {
    let error = open_reader(Box::new(Endless { piece: b"x", at: 0 }), None, HeaderRule::Strict).err();
    assert!(error.expect("it has no end").message().contains("longer than"));
    let wide = "a,".repeat(COLUMN_LIMIT) + "b\n";
    assert!(header_error(&wide).contains("columns"));
}

#[test]
fn a_million_lines_of_garbage_are_told_quickly() {
    let garbage = b"%&/()=?!\"x,,\"\n".repeat(1_000_000);
    let source = Box::new((&b"name,pool\n"[..]).chain(std::io::Cursor::new(garbage)));
    let mut csv = open_reader(source, None, HeaderRule::Strict).expect("the header is right").expect("it is there");
    let (mut record, mut faults) = (Record::new(), 0_u64);
    while let Step::Fault(fault) = csv.read(&mut record) {
        assert!(!fault.fatal);
        faults += 1;
    }
    assert_eq!(faults, 1_000_000);
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

fn count_breaks(text: &str) -> u64 {
    let breaks = text.matches("\r\n").count();
    (text.matches('\n').count() + text.matches('\r').count() - breaks) as u64
}

proptest! {
    #[test]
    fn any_text_survives_quoting_and_lines_stay_true(
        cells in prop::collection::vec(("[^\0]{0,12}", "[ab,;\"\r\n\t|]{0,8}"), 1..12),
    ) {
        let mut content = String::from("a,b\n");
        let (mut line, mut expected) = (2, Vec::new());
        for (first, second) in &cells {
            expected.push(row(line, &[first, second]));
            let written = format!("{},{}\n", quoted(first), quoted(second));
            // A cell that ends in CR stands before a quote here, so breaks never join across cells.
            line += count_breaks(first) + count_breaks(second) + 1;
            content.push_str(&written);
        }
        prop_assert_eq!(rows(&content), expected);
    }

    #[test]
    fn any_bytes_come_to_an_end_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(Some(mut csv)) = open_reader(Box::new(std::io::Cursor::new(bytes)), None, HeaderRule::Strict) {
            read_all(&mut csv);
        }
    }

    #[test]
    fn any_mixture_of_separators_and_quotes_comes_to_an_end(content in "[ab,\"\r\n]{0,60}") {
        if let Ok(Some(mut csv)) = open(&content) {
            read_all(&mut csv);
        }
    }
}
