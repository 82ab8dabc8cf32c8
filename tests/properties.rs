//! Properties that hold for any input bytes: one function for each parser.
//!
//! `cargo fuzz` runs them (`fuzz/README.md`), and so do the tests below, with bytes that resemble valid input. A
//! property that does not hold panics.

use inv::catalog::Entity;
use inv::error::{Kind, Result};
use inv::input::Heading;
use inv::input::csv::Csv;
use inv::input::file::Text;
use inv::input::json_lines::{JsonLines, Objects};
use inv::input::{Fault, Record, Records, Step, rvtools, secret};
use inv::session::Inventory;
use inv::store::{Query, Store, Term, reread_session};
use inv::value::address::{self, Block};
use inv::value::condition::{self, Comparison, Criteria, Word};
use inv::value::decimal::{self, Decimal};
use inv::value::list::{join_list, split_list};
use inv::value::quantity::{Unit, Units, compact};
use inv::value::shown::shown;
use inv::verb::terms;
use std::io::{Cursor, Read, Write};
use std::sync::OnceLock;
use tempfile::{NamedTempFile, TempDir};

/// The units of every new inventory, with two that differ in case alone.
const UNITS: [(&str, u64); 13] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("Gb", 125_000_000),
    ("TB", 1_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("PiB", 1 << 50),
    ("東", 7),
];

/// A parsed quantity is within its limits, and its text is parsed to the same quantity.
///
/// # Panics
/// The property does not hold.
pub fn quantity(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let units = UNITS.iter().zip(1..).map(|((name, bytes), id)| Unit { id, name: (*name).to_owned(), bytes: *bytes });
    let units = Units::new(units.collect());
    if let Some(read) = accepted(units.parse(text)) {
        assert_eq!(
            units.parse(&units.text(&read.amount, read.unit)).as_ref(),
            Ok(&read),
            "{text:?} is written as another quantity"
        );
        let size = units.bytes(&read);
        assert!(size >= Decimal::ZERO && size <= Decimal::from_whole(i64::MAX.into()), "{text:?} is {size} bytes");
        let (amount, unit) = compact(size);
        let short = units.parse(&format!("{amount} {unit}")).map(|short| units.bytes(&short));
        assert_eq!(short, Ok(size), "{text:?} is told as {amount} {unit}");
    }
    if let Ok(number) = Decimal::parse(text) {
        assert_eq!(Decimal::parse(&number.to_string()), Ok(number), "{text:?} is written as another number");
    }
    if let Some(count) = accepted(decimal::parse_count(text)) {
        assert_eq!(decimal::parse_count(&count).as_ref(), Ok(&count), "{text:?} is written as another count");
    }
}

/// An address has one canonical text, and a block contains its addresses.
///
/// # Panics
/// The property does not hold.
pub fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (v4, v6) = (accepted(address::ipv4(text)), accepted(address::ipv6(text)));
    assert!(v4.is_none() || v6.is_none(), "{text:?} is of both families");
    if let Some((_, canonical)) = accepted(address::either(text)) {
        assert_eq!(v4.or(v6).as_ref(), Some(&canonical), "{text:?} is of one family");
        assert_eq!(address::key(text.trim()).and_then(address::at).as_ref(), Some(&canonical), "{text:?}");
        assert_eq!(address::either(&canonical).map(|(_, again)| again), Ok(canonical));
    }
    let Some(block) = accepted(Block::parse(text)) else { return };
    assert_eq!(Block::parse(&block.to_string()), Ok(block), "{text:?} is written as another block");
    let (numbers, hosts) = (block.numbers(), block.hosts());
    assert!(numbers.contains(hosts.start()) && numbers.contains(hosts.end()), "{block} has hosts outside of it");
    for number in [*numbers.start(), *hosts.start(), *hosts.end(), *numbers.end()] {
        let member = address::at((block.family(), number)).unwrap_or_default();
        assert!(block.contains(&member), "{block} has not its own {member}");
        assert!(member.starts_with(&block.beginning()), "{member} does not begin as {block} says");
    }
}

/// A condition keeps its parts, and is refused with a message or answered, for every noun.
///
/// # Panics
/// The property does not hold.
pub fn where_terms(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(Criteria::One(read)) = accepted(condition::parse(text))
        && !read.field.text().is_empty()
    {
        let value = |word: &Word<'_>| format!("\"{}\"", word.text().replace('"', "\"\""));
        let values: Vec<String> = read.values.iter().map(value).collect();
        let operator = if read.operator == "=" { "in" } else { "not in" };
        let again = match read.operator {
            "=" | "!=" => format!("({} {operator} ({}))", read.field.text(), values.join(" , ")),
            operator => format!("({} {operator} {})", read.field.text(), values.concat()),
        };
        let Ok(Criteria::One(other)) = condition::parse(&again) else { panic!("{text:?} is not {again:?}") };
        let texts = |read: &Comparison<'_>| read.values.iter().map(Word::text).collect::<Vec<_>>();
        assert_eq!(
            (other.field.text(), other.operator),
            (read.field.text(), read.operator),
            "{text:?} is not {again:?}"
        );
        assert_eq!(texts(&other), texts(&read), "{text:?} is not {again:?}");
    }
    let (inventory, _, store) = estate();
    let answered = store.read(|reader| {
        for entity in inventory.catalog.nouns() {
            if let Some(terms) = accepted(terms::from_text(reader, entity, text)) {
                reader.select_count(&query(entity, terms))?;
            }
        }
        Ok(())
    });
    assert_eq!(answered, Ok(()), "{text:?} is no question to the engine");
}

fn query(entity: &'static Entity, terms: Vec<Term>) -> Query {
    Query { terms, ..Query::all(entity, Vec::new()) }
}

/// Returns the inventory for all conditions. It contains only units.
fn estate() -> &'static (&'static Inventory, TempDir, Store<'static>) {
    static ESTATE: OnceLock<(&'static Inventory, TempDir, Store<'static>)> = OnceLock::new();
    ESTATE.get_or_init(|| {
        let inventory: &'static Inventory = Box::leak(Box::new(Inventory::standard()));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::new(folder.path().join("inv.db"), &inventory.catalog, &inventory.schema);
        store.create().expect("an inventory in the temporary folder");
        (inventory, folder, store)
    })
}

/// Reading any CSV ends, also byte by byte, and rows that the csv crate writes are read back unchanged.
///
/// # Panics
/// The property does not hold.
pub fn csv(bytes: &[u8]) {
    alike(bytes, |text| Csv::open(text, None, Heading::default()).map(|csv| csv.map(|csv| Box::new(csv) as _)));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(list) = accepted(split_list(text)) {
        let joined = join_list(list.iter().map(String::as_str));
        assert_eq!(split_list(&joined), Ok(list), "{text:?} is another list once it is written");
    }
    let rows: Vec<[&str; 2]> = text.split('\0').map(|row| row.split_once(',').unwrap_or((row, "")).into()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written =
        writer.write_record(["a", "b"]).and_then(|()| rows.iter().try_for_each(|row| writer.write_record(row)));
    let written = written.ok().and_then(|()| writer.into_inner().ok()).expect("memory takes everything");
    let text = Text::new("rows", Box::new(Cursor::new(written)), None, None).expect("UTF-8 is known");
    let mut csv = Csv::open(text, None, Heading::default()).expect("a header").expect("a header");
    let (mut record, mut read) = (Record::new(), Vec::new());
    while csv.read(&mut record) == Step::Record {
        read.push(record.cells().map(|(_, cell)| cell.unwrap_or_default().to_owned()).collect::<Vec<String>>());
    }
    assert_eq!(read, rows, "a row is read otherwise than it was written");
}

/// Reading any JSON ends, also byte by byte, and texts that `serde_json` writes are read back unchanged.
///
/// # Panics
/// The property does not hold.
pub fn json_lines(bytes: &[u8]) {
    for objects in [Objects::Undeclared, Objects::OnePerLine] {
        alike(bytes, |text| JsonLines::open(text, objects).map(|json| json.map(|json| Box::new(json) as _)));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let texts: Vec<&str> = text.split('\0').collect();
    let lines: Vec<String> = texts.iter().map(|text| serde_json::json!({ "name": text }).to_string()).collect();
    let text = Text::new("rows", Box::new(Cursor::new(lines.join("\n"))), None, None).expect("UTF-8 is known");
    let mut json = JsonLines::open(text, Objects::OnePerLine).expect("objects").expect("objects");
    let (mut record, mut read) = (Record::new(), Vec::new());
    while json.read(&mut record) == Step::Record {
        read.extend(record.cells().map(|(_, cell)| cell.unwrap_or_default().to_owned()));
    }
    assert_eq!(read, texts, "a text is read otherwise than it was written");
}

/// A workbook is refused with a message or read, and its cells are in columns that it has. The first byte selects the
/// meaning of the others: the whole file, or one part of a workbook whose other parts are valid.
///
/// # Panics
/// The property does not hold.
pub fn xlsx(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let mut file = NamedTempFile::new().expect("a temporary file");
    let content = match kind % 4 {
        0 => bytes.to_vec(),
        1 => workbook(bytes, SHARED, STYLES),
        2 => workbook(SHEET, bytes, STYLES),
        _ => workbook(SHEET, SHARED, bytes),
    };
    file.write_all(&content).expect("room for a temporary file");
    let Some(export) = accepted(rvtools::open(file.path(), &rvtools::Request::default())) else { return };
    let estate = export.into_estate("vSphere");
    for mut table in estate.tables {
        let (width, mut record) = (table.columns().len(), Record::new());
        while table.read(&mut record) == Step::Record {
            assert!(
                record.cells().all(|(column, _)| column < width),
                "a row of {} is wider than its table",
                table.noun
            );
        }
    }
}

const SHEET: &[u8] = br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>
<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" s="1"><v>46349.3</v></c></row></sheetData></worksheet>"#;
const SHARED: &[u8] = br#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="3">
<si><t>VM</t></si><si><t>Creation date</t></si><si><t>web01</t></si></sst>"#;
const STYLES: &[u8] = br#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>"#;

/// A workbook of one sheet, vInfo.
fn workbook(sheet: &[u8], shared: &[u8], styles: &[u8]) -> Vec<u8> {
    let relations = |parts: &[(&str, &str)]| {
        let of = "http://schemas.openxmlformats.org";
        let parts = parts.iter().map(|(kind, target)| {
            format!(
                r#"<Relationship Id="{kind}" Type="{of}/officeDocument/2006/relationships/{kind}" Target="{target}"/>"#
            )
        });
        format!(
            r#"<Relationships xmlns="{of}/package/2006/relationships">{}</Relationships>"#,
            parts.collect::<String>()
        )
    };
    let outer = relations(&[("officeDocument", "xl/workbook.xml")]);
    let inner =
        [("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")];
    let inner = relations(&inner);
    let book = br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="vInfo" sheetId="1" r:id="worksheet"/></sheets></workbook>"#;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("_rels/.rels", outer.as_bytes()),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", inner.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", shared),
        ("xl/styles.xml", styles),
    ] {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        let begun = archive.start_file(name, options).map_err(std::io::Error::from);
        begun.and_then(|()| archive.write_all(content)).expect("memory takes everything");
    }
    archive.finish().expect("memory takes everything").into_inner()
}

/// A session file contains 64 hexadecimal digits and a line end, and nothing else.
///
/// # Panics
/// The property does not hold.
pub fn session_file(bytes: &[u8]) {
    let digits = bytes.len() == 65 && bytes.iter().take(64).all(u8::is_ascii_hexdigit) && bytes.ends_with(b"\n");
    let again = reread_session(bytes);
    assert_eq!(again.is_some(), digits, "{bytes:?}");
    if let Some(again) = again {
        assert!(again.as_bytes().eq_ignore_ascii_case(bytes), "{bytes:?} is written as {again:?}");
    }
}

/// A stored hash of a password is none, or costs no more to compute than 256 MiB, 12 passes and 16 lanes, and reads the
/// same once it is written.
///
/// # Panics
/// The property does not hold.
pub fn phc(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((again, weak, cost)) = secret::reread(text) else { return };
    assert!(cost.iter().zip([128 * 1024, 6, 4]).all(|(cost, most)| *cost <= most), "{text:?} costs {cost:?}");
    assert!(weak || cost.iter().zip([64 * 1024, 3, 1]).all(|(cost, least)| *cost >= least), "{text:?} is strong");
    assert_eq!(secret::reread(&again), Some((again.clone(), weak, cost)), "{text:?} is written as {again:?}");
}

/// Returns the value of a parser that accepted its input. An error has a message and one of the kinds for bad input.
fn accepted<T>(result: Result<T>) -> Option<T> {
    result
        .map_err(|error| {
            let kinds = [Kind::Failed, Kind::Usage, Kind::NotFound, Kind::Conflict];
            assert!(!error.message().is_empty() && kinds.contains(&error.kind()), "{error}");
        })
        .ok()
}

/// Result of reading: rows with their lines, and faults.
type Readings = (Vec<(u64, Vec<(usize, Option<String>)>)>, Vec<Fault>);

/// Asserts that reading ends, with the same result for the whole input and byte by byte.
fn alike(bytes: &[u8], open: impl Fn(Text) -> Result<Option<Box<dyn Records>>>) {
    let read = |source: Box<dyn Read + Send>| -> Result<Option<Readings>> {
        let Some(mut records) = open(Text::new("rows", source, None, None)?)? else { return Ok(None) };
        let (mut record, mut rows, mut faults) = (Record::new(), Vec::new(), Vec::<Fault>::new());
        loop {
            assert!(rows.len() + faults.len() <= bytes.len(), "there are more rows than bytes");
            match records.read(&mut record) {
                Step::Last => return Ok(Some((rows, faults))),
                Step::Fault(fault) => {
                    assert!(!fault.text.is_empty() && faults.last().is_none_or(|last| !last.fatal), "{fault:?}");
                    assert!(!shown(&fault.text).contains('\u{1b}'), "{fault:?} steers");
                    faults.push(fault);
                }
                Step::Record => {
                    let cells = record.cells().map(|(column, cell)| (column, cell.map(str::to_owned)));
                    rows.push((record.line, cells.collect()));
                }
            }
        }
    };
    let whole = read(Box::new(Cursor::new(bytes.to_vec())));
    assert_eq!(whole, read(Box::new(Dripping(Cursor::new(bytes.to_vec())))), "the sizes of the reads matter");
    accepted(whole);
}

/// Reader that returns one byte at a time, like a slow pipe.
struct Dripping(Cursor<Vec<u8>>);

impl Read for Dripping {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(bytes.get_mut(..1).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::{address, csv, json_lines, phc, quantity, session_file, where_terms, xlsx};
    use proptest::prelude::{ProptestConfig, any, prop, prop_oneof, proptest};
    use proptest::strategy::Strategy;

    /// Bytes of any kind, and texts of pieces that a reader takes for more than themselves.
    fn bytes_like(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            1 => prop::collection::vec(any::<u8>(), 0..200),
            1 => any::<String>().prop_map(String::into_bytes),
            6 => prop::collection::vec(prop_oneof![8 => prop::sample::select(pieces), 1 => anywhere()], 0..40)
                .prop_map(|pieces| pieces.concat().into_bytes()),
        ]
    }

    /// Pieces that any text may hold.
    fn anywhere() -> impl Strategy<Value = &'static str> {
        prop::sample::select(&["é", "東", "\u{202e}", "\u{1b}[2J", "\u{feff}", "\0", " ", "%", "１"][..])
    }

    proptest! {
        #[test]
        fn any_quantity_is_refused_or_reads_the_same_once_written(
            bytes in bytes_like(&["1", "9", "0", ".", "5", "-", "+", "e", "x", " ", "GiB", "gb", "G", "TB", "kB", "b", "東"]),
        ) {
            quantity(&bytes);
        }

        #[test]
        fn any_address_is_refused_or_has_one_text(
            bytes in bytes_like(&["10", ".", "0", "255", ":", "::", "ffff", "fd00", "/", "8", "32", "64", "%", "[", "]", "1"]),
        ) {
            address(&bytes);
        }

        #[test]
        fn any_csv_comes_to_an_end_and_rows_come_back(
            bytes in bytes_like(&["a", "b", ",", ";", "\t", "\"", "\"\"", "\n", "\r", "\r\n", "sep=", " ", "\0"]),
        ) {
            csv(&bytes);
        }

        #[test]
        fn any_json_comes_to_an_end_and_texts_come_back(
            bytes in bytes_like(&["{", "}", "[", "]", "\"a\"", ":", ",", "\n", "1", "null", "\\u", "d800", "\"", "\\", "true"]),
        ) {
            json_lines(&bytes);
        }
    }

    proptest! {
        #[test]
        fn any_session_file_is_refused_or_reads_the_same_once_written(
            length in 63usize..66,
            end in prop::sample::select(&["\n", "", "\r\n", "\n\n"][..]),
            digits in prop::collection::vec(prop::sample::select(&b"09afAF+- g"[..]), 66),
        ) {
            session_file(&[digits.get(..length).unwrap_or_default(), end.as_bytes()].concat());
            session_file(&[[b'a'; 66].get(..length).unwrap_or_default(), end.as_bytes()].concat());
        }

        #[test]
        fn any_hash_is_refused_or_costs_what_may_be_spent(
            bytes in bytes_like(&["$", "argon2id", "argon2i", "argon2d", "scrypt", "v=19", "v=16", "m=65536", "m=131073", "m=8",
                ",", "t=3", "t=13", "p=4", "p=17", "c2FsdHNhbHRzYWx0c2FsdA", "aGFzaGhhc2g", "=", "-1", "4294967296"]),
            algorithm in prop::sample::select(&["argon2id", "argon2i", "argon2d", "pbkdf2"][..]),
            memory in prop_oneof![0u64..80_000, 262_140u64..262_150, any::<u64>()],
            passes in 0u64..15,
            lanes in 0u64..19,
            version in 15u64..21,
        ) {
            phc(&bytes);
            phc(format!("${algorithm}$v={version}$m={memory},t={passes},p={lanes}$c2FsdHNhbHRzYWx0c2FsdA\
                $QWxsIG9mIHRoZSB0aGlydHktdHdvIGJ5dGVzIQ").as_bytes());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn any_condition_is_refused_or_answered(
            bytes in bytes_like(&[
                "name", "pool", "memory", "memory.bytes", "ips", "created", "status", "id", ".", "=", "!=", "~", "!~", "<",
                ">=", " ", "'", "\"", "16GiB", " and ", " or ", "not ", "(", ")", " in (", ",", "*", "=~", "7d", "10.0.0.1", "running", "id=1", "%", "_", "1",
            ]),
        ) {
            where_terms(&bytes);
        }

        #[test]
        fn any_workbook_is_refused_or_read(
            kind in 0u8..4,
            bytes in bytes_like(&[
                "<worksheet>", "<sheetData>", "<row r=\"1\">", "<row>", "<c r=\"A1\" t=\"s\">", "<c r=\"XFD1048576\">",
                "<c t=\"inlineStr\">", "<v>0</v>", "<v>1e300</v>", "<is><t>VM</t></is>", "</c>", "</row>", "</sheetData>",
                "</worksheet>", "<sst uniqueCount=\"1\">", "<si><t>VM</t></si>", "</sst>", "<styleSheet>", "<cellXfs>",
                "<xf numFmtId=\"22\"/>", "</cellXfs>", "<c r=\"ZZZZZZ99999999999\">", "&lt;", "&x;", "<!DOCTYPE a>", "PK\u{3}\u{4}",
            ]),
        ) {
            xlsx(&[&[kind], bytes.as_slice()].concat());
        }
    }
}
