//! JSON: an array with an object on each line, or JSON lines.
//!
//! A number has the digits of the stored value. A quantity has two keys: `"memory": "16 GiB"` for people and
//! `"memory_bytes": 17179869184` for arithmetic. An empty cell is `null`, an empty list `[]`, so that every object of
//! an answer has the same keys. Keys are in snake case: `custom_os`, `memory_free_bytes`.

use crate::output::row::{Cell, Column, ColumnKind, Row};
use crate::output::{Cards, Sheet};
use crate::value::character::is_bare;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, BufWriter, Write};

/// The frame of the objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One array.
    Array,
    /// One object on each line.
    Lines,
}

/// A list as JSON.
pub struct JsonSheet<'w> {
    objects: Objects<BufWriter<&'w mut dyn Write>>,
    fields: Fields,
}

impl<'w> JsonSheet<'w> {
    /// Creates a list that is written to `out`.
    pub fn new(shape: Shape, out: &'w mut dyn Write) -> Self {
        Self { objects: Objects::new(shape, BufWriter::new(out)), fields: Fields::default() }
    }
}

impl Sheet for JsonSheet<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.fields = Fields::of(columns)?;
        Ok(())
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        self.objects.begin()?;
        self.fields.write(&mut self.objects.out, row)?;
        self.objects.end()
    }

    fn end(&mut self) -> io::Result<()> {
        self.objects.finish()
    }
}

/// Records as JSON; each section is a key with an array of objects.
pub struct JsonCards<W> {
    objects: Objects<W>,
    section: Fields,
    has_keys: bool,
    has_rows: bool,
}

impl<W: Write> JsonCards<W> {
    /// Creates records that are written to `out`, which buffers.
    pub fn new(shape: Shape, out: W) -> Self {
        let objects = Objects::new(shape, out);
        Self { objects, section: Fields::default(), has_keys: false, has_rows: false }
    }
}

impl JsonCards<Vec<u8>> {
    /// Takes the bytes that are written so far.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.objects.out)
    }
}

impl<W: Write> Cards for JsonCards<W> {
    fn begin_record(&mut self, columns: &[Column], row: &Row) -> io::Result<()> {
        let fields = Fields::of(columns)?;
        self.has_keys = !columns.is_empty();
        self.objects.begin()?;
        fields.write(&mut self.objects.out, row)
    }

    fn begin_section(&mut self, name: &str, columns: &[Column]) -> io::Result<()> {
        self.section = Fields::of(columns)?;
        let out = &mut self.objects.out;
        if self.has_keys {
            out.write_all(b", ")?;
        }
        (self.has_keys, self.has_rows) = (true, false);
        write_string(out, &key_of(name))?;
        out.write_all(b": [")
    }

    fn section_row(&mut self, row: &Row) -> io::Result<()> {
        let out = &mut self.objects.out;
        out.write_all(if self.has_rows { b", {" } else { b"{" })?;
        self.has_rows = true;
        self.section.write(out, row)?;
        out.write_all(b"}")
    }

    fn end_section(&mut self) -> io::Result<()> {
        self.objects.out.write_all(b"]")
    }

    fn end_record(&mut self) -> io::Result<()> {
        self.objects.end()
    }

    fn end(&mut self) -> io::Result<()> {
        self.objects.finish()
    }
}

/// Writer of objects and the separators between them.
struct Objects<W> {
    out: W,
    shape: Shape,
    begun: bool,
}

impl<W: Write> Objects<W> {
    const fn new(shape: Shape, out: W) -> Self {
        Self { out, shape, begun: false }
    }

    fn begin(&mut self) -> io::Result<()> {
        let frame: &[u8] = match self.shape {
            Shape::Array if self.begun => b",\n{",
            Shape::Array => b"[\n{",
            Shape::Lines => b"{",
        };
        self.begun = true;
        self.out.write_all(frame)
    }

    /// Ends the object. In an array the next comma or bracket ends its line.
    fn end(&mut self) -> io::Result<()> {
        self.out.write_all(if self.shape == Shape::Lines { b"}\n" } else { b"}" })
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.shape == Shape::Array {
            self.out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })?;
        }
        self.out.flush()
    }
}

/// The keys of an object, escaped once.
#[derive(Debug, Default)]
pub struct Fields(Vec<Field>);

#[derive(Debug)]
struct Field {
    /// Index of its cell in a row.
    cell: usize,
    key: Vec<u8>,
    bytes_key: Option<Vec<u8>>,
    kind: ColumnKind,
}

impl Fields {
    /// Returns the keys of `columns`. A key that there is already is left out: `memory.bytes` beside `memory`.
    ///
    /// # Errors
    /// None: they are written to memory.
    pub fn of(columns: &[Column]) -> io::Result<Self> {
        let mut names: HashSet<String> = HashSet::new();
        let mut fields = Vec::with_capacity(columns.len());
        for (cell, column) in columns.iter().enumerate() {
            let (name, bytes_name) = keys_of(column);
            let bytes_name = bytes_name.filter(|name| names.insert(name.clone()));
            if names.insert(name.clone()) {
                fields.push(Field::of(cell, column.kind, &name, bytes_name.as_deref(), !fields.is_empty())?);
            }
        }
        Ok(Self(fields))
    }

    /// Returns a row as an object.
    ///
    /// # Errors
    /// None: it is written to memory.
    pub fn object(&self, row: &Row) -> io::Result<String> {
        let mut text = b"{".to_vec();
        self.write(&mut text, row)?;
        text.push(b'}');
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn write(&self, out: &mut impl Write, row: &Row) -> io::Result<()> {
        for field in &self.0 {
            let cell = row.cell(field.cell);
            out.write_all(&field.key)?;
            write_value(out, cell, field.kind)?;
            if let Some(key) = &field.bytes_key {
                out.write_all(key)?;
                match cell {
                    Cell::Quantity(_, size) if size.is_whole() => write!(out, "{}", size.floor())?,
                    Cell::Quantity(_, size) => write!(out, "{size}")?,
                    _ => out.write_all(b"null")?,
                }
            }
        }
        Ok(())
    }
}

impl Field {
    fn of(cell: usize, kind: ColumnKind, name: &str, bytes_name: Option<&str>, follows: bool) -> io::Result<Self> {
        let key = |name: &str, follows: bool| -> io::Result<Vec<u8>> {
            let mut key = if follows { b", ".to_vec() } else { Vec::new() };
            write_string(&mut key, name)?;
            key.extend_from_slice(b": ");
            Ok(key)
        };
        let bytes_key = bytes_name.map(|name| key(name, true)).transpose()?;
        Ok(Self { cell, key: key(name, follows)?, bytes_key, kind })
    }
}

/// Returns the keys of a column: a quantity has one for its text and one for its bytes.
#[must_use]
pub fn keys_of(column: &Column) -> (String, Option<String>) {
    let key = key_of(&column.name).into_owned();
    let bytes_key = (column.kind == ColumnKind::Quantity).then(|| format!("{key}_bytes"));
    (key, bytes_key)
}

/// Returns the key of a column: `memory_free` of `memory.free`, `custom_os` of `custom-os`. Other names, which only SQL
/// has, are keys as they are.
#[must_use]
pub fn key_of(name: &str) -> Cow<'_, str> {
    let is_own = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-._".contains(letter);
    if name.contains(['-', '.'])
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(is_own)
    {
        return name.replace(['-', '.'], "_").into();
    }
    name.into()
}

fn write_value(out: &mut impl Write, cell: Cell<'_>, kind: ColumnKind) -> io::Result<()> {
    match cell {
        Cell::Null if matches!(kind, ColumnKind::List | ColumnKind::Records) => out.write_all(b"[]"),
        Cell::Null => out.write_all(b"null"),
        Cell::Number(text) | Cell::Ratio(text) => match number(text) {
            Some(digits) => out.write_all(digits.as_bytes()),
            None => write_string(out, text),
        },
        Cell::Text(text) | Cell::Quantity(text, _) | Cell::Time(text) => write_string(out, text),
        Cell::List(items) => {
            out.write_all(b"[")?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_all(b", ")?;
                }
                match kind {
                    ColumnKind::Records => out.write_all(item.as_bytes())?,
                    _ => write_string(out, item)?,
                }
            }
            out.write_all(b"]")
        }
    }
}

/// Returns a number without leading zeros, which JSON forbids. `None` if JSON has no such number (`Inf`), which is then
/// written as text.
fn number(text: &str) -> Option<&str> {
    let bare = text.trim_start_matches('0');
    let zeros = text.len() - bare.len();
    let text =
        if zeros > 0 && !bare.starts_with(|next: char| next.is_ascii_digit()) { text.get(zeros - 1..)? } else { bare };
    // JSON allows blanks around a number; they are not part of it.
    let is_bare = text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_digit());
    (is_bare && serde_json::from_str::<IgnoredAny>(text).is_ok()).then_some(text)
}

/// Writes a JSON string. Characters that control a terminal or change the direction of text are escaped too, which JSON
/// allows.
fn write_string(out: &mut impl Write, text: &str) -> io::Result<()> {
    if is_bare(text) {
        out.write_all(b"\"")?;
        out.write_all(text.as_bytes())?;
        return out.write_all(b"\"");
    }
    if !text.contains(is_hidden) {
        return Ok(serde_json::to_writer(out, text)?);
    }
    let escaped = serde_json::to_string(text)?;
    let mut rest = escaped.as_str();
    while let Some(index) = rest.find(is_hidden) {
        let (before, from) = rest.split_at_checked(index).unwrap_or((rest, ""));
        let mut characters = from.chars();
        out.write_all(before.as_bytes())?;
        if let Some(hidden) = characters.next() {
            write!(out, "\\u{:04x}", u32::from(hidden))?;
        }
        rest = characters.as_str();
    }
    out.write_all(rest.as_bytes())
}

/// Returns true for control characters above ASCII, line separators and marks that change the direction of text. All
/// have four hexadecimal digits.
pub(super) fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::number as json_number;
    use crate::output::fixture::{
        Datum, any_text, columns, gibibytes, items, list, number, records, text, time, two_vms,
    };
    use crate::output::row::ColumnKind;
    use crate::output::{Layout, Style};
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn every_kind_of_cell_has_its_json() {
        let columns = columns(&[
            ("name", ColumnKind::Text),
            ("memory", ColumnKind::Quantity),
            ("cpu", ColumnKind::Number),
            ("ips", ColumnKind::List),
            ("created", ColumnKind::Time),
        ]);
        let rows = [
            vec![
                text("we\"b"),
                gibibytes("16", "17179869184"),
                number("0.5"),
                items(&["10.0.0.11", "fd00::11"]),
                time("2026-11-23T07:13:00Z"),
            ],
            vec![
                text(""),
                gibibytes("0.1", "107374182.4"),
                number("12345678901234567890.10"),
                items(&[]),
                Datum::Empty,
            ],
            vec![Datum::Empty; 5],
        ];
        let objects = [
            "{\"name\": \"we\\\"b\", \"memory\": \"16 GiB\", \"memory_bytes\": 17179869184, \"cpu\": 0.5, \
             \"ips\": [\"10.0.0.11\", \"fd00::11\"], \"created\": \"2026-11-23T07:13:00Z\"}",
            "{\"name\": \"\", \"memory\": \"0.1 GiB\", \"memory_bytes\": 107374182.4, \
             \"cpu\": 12345678901234567890.10, \"ips\": [], \"created\": null}",
            "{\"name\": null, \"memory\": null, \"memory_bytes\": null, \"cpu\": null, \"ips\": [], \"created\": null}",
        ];
        let [first, second, third] = objects;
        assert_eq!(
            list(Style::Json, Layout::piped(), &columns, &rows),
            format!("[\n{first},\n{second},\n{third}\n]\n")
        );
        assert_eq!(list(Style::Jsonl, Layout::piped(), &columns, &rows), format!("{first}\n{second}\n{third}\n"));
    }

    #[test]
    fn an_empty_list_is_an_empty_array_and_no_line() {
        let columns = columns(&[("name", ColumnKind::Text)]);
        assert_eq!(list(Style::Json, Layout::piped(), &columns, &[]), "[]\n");
        assert_eq!(list(Style::Jsonl, Layout::piped(), &columns, &[]), "");
    }

    #[test]
    fn several_records_are_an_array_and_one_is_an_object() {
        let (columns, vms) = two_vms();
        let web = "{\"name\": \"web01\", \"status\": \"running\", \"memory\": \"16 GiB\", \
                   \"memory_bytes\": 17179869184, \"cpu\": 4, \"description\": \"the front\\r\\nof the shop\\n\", \
                   \"created\": \"2026-11-23T07:13:00Z\", \"disks\": [\
                   {\"name\": \"disk0\", \"size\": \"100 GiB\", \"size_bytes\": 107374182400}, \
                   {\"name\": \"disk1\", \"size\": \"8 GiB\", \"size_bytes\": 8589934592}], \"systems\": []}";
        let db = "{\"name\": \"db01\", \"status\": \"stopped\", \"memory\": null, \"memory_bytes\": null, \"cpu\": null, \
                  \"description\": \"\", \"created\": null, \"disks\": [], \"systems\": []}";
        assert_eq!(records(Style::Json, Layout::piped(), &columns, &vms), format!("[\n{web},\n{db}\n]\n"));
        assert_eq!(records(Style::Json, Layout::piped(), &columns, &vms[..1]), format!("{web}\n"));
        assert_eq!(records(Style::Jsonl, Layout::piped(), &columns, &vms), format!("{web}\n{db}\n"));
    }

    #[test]
    fn what_json_has_no_number_for_is_text() {
        for (text, written) in [
            ("0", "0"),
            ("007.250", "7.250"),
            ("000", "0"),
            ("-5", "-5"),
            ("00.5", "0.5"),
            ("1e+20", "1e+20"),
            ("1.5E3", "1.5E3"),
        ] {
            assert_eq!(json_number(text), Some(written), "{text}");
        }
        for text in ["", "-", "Inf", "NaN", ".5", "5.", "1e", "-01", "1 2", "٣"] {
            assert_eq!(json_number(text), None, "{text}");
        }
    }

    #[test]
    fn what_could_steer_a_terminal_is_escaped() {
        let columns = columns(&[("name", ColumnKind::Text)]);
        let rows = [vec![text("é\u{9b}2J\u{7f}\u{202e}\x1b")]];
        assert_eq!(
            list(Style::Jsonl, Layout::piped(), &columns, &rows),
            "{\"name\": \"é\\u009b2J\\u007f\\u202e\\u001b\"}\n"
        );
    }

    proptest! {
        #[test]
        fn serde_reads_back_what_was_written(
            name in any_text(),
            rows in prop::collection::vec((any_text(), prop::collection::vec(any_text(), 0..3)), 0..4)
        ) {
            // Keys are in snake case, which another test holds.
            let key = format!("k{}", name.replace(['-', '.'], "_"));
            let columns = columns(&[(key.as_str(), ColumnKind::Text), ("list", ColumnKind::List)]);
            let cells: Vec<_> =
                rows.iter().map(|(cell, items)| vec![text(cell), Datum::List(items.clone())]).collect();
            let written = list(Style::Json, Layout::piped(), &columns, &cells);
            let read: serde_json::Value = serde_json::from_str(&written).expect("JSON");
            let expected: Vec<_> =
                rows.iter().map(|(cell, items)| serde_json::json!({ key.as_str(): cell, "list": items })).collect();
            prop_assert_eq!(&read, &serde_json::Value::from(expected));
            prop_assert_eq!(written.lines().count(), if rows.is_empty() { 1 } else { rows.len() + 2 });
        }

        #[test]
        fn a_json_number_is_one(text in "[-0-9.eE+]{0,8}") {
            if let Some(digits) = json_number(&text) {
                prop_assert!(serde_json::from_str::<serde_json::Number>(digits).is_ok(), "{}", digits);
            }
        }
    }
}
