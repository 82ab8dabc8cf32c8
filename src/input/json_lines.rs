//! JSON: an object a line, one array of objects as `-o json` writes it, or objects one after another.
//!
//! Whatever the form, one object at a time is cut out of the stream and only then parsed, so that memory does not grow
//! with the file and every fault has its true line. Numbers keep the digits they were written with.

use crate::error::Result;
use crate::input::file::Text;
use crate::input::{COLUMN_LIMIT, Fault, RECORD_LIMIT, Record, Records, Step};
use crate::value::name::column_key;
use crate::value::shown;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;

/// Layout that a file of JSON objects claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objects {
    /// One object on every line, as in a `.jsonl` file.
    OnePerLine,
    /// None: the beginning of the file decides.
    Undeclared,
}

/// A file of JSON objects.
pub struct JsonLines {
    text: Text,
    form: Form,
    columns: Columns,
    line: u64,
    object: String,
    is_first: bool,
    ended: bool,
}

/// Layout of the objects in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One on every line: a wrong line costs itself only.
    Lines,
    /// In one array.
    Array,
    /// One after another, each over as many lines as it likes.
    Sequence,
}

impl JsonLines {
    /// Looks at the beginning of `text`; `None` if there is nothing in it. A broken first line of a file that has
    /// [`Objects::OnePerLine`] is a fault of that line.
    pub fn open(mut text: Text, objects: Objects) -> Result<Option<Self>> {
        let name = text.name().to_owned();
        let beginning = look(&mut text).map_err(|fault| fault.into_error(&name))?;
        let form = match beginning {
            Beginning::Nothing => return Ok(None),
            Beginning::Array => Form::Array,
            Beginning::WholeObject => Form::Lines,
            Beginning::OpenObject if objects == Objects::OnePerLine => Form::Lines,
            Beginning::OpenObject => Form::Sequence,
            Beginning::Other(line) => {
                let fault = Fault::fatal(line, "is not JSON: neither an object nor an array begins here");
                return Err(fault.into_error(&name));
            }
        };
        let columns = Columns::default();
        Ok(Some(Self { text, form, columns, line: 1, object: String::new(), is_first: true, ended: false }))
    }

    /// Reads up to the first character that is no blank and no line break, without using it.
    fn next_character(&mut self) -> Result<Option<char>, Fault> {
        loop {
            let rest = self.text.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{1e}']).len();
            self.line += line_feeds(rest.get(..blank).unwrap_or_default());
            let next = rest.get(blank..).and_then(|rest| rest.chars().next());
            self.text.consume(blank);
            if next.is_some() || !self.text.fill()? {
                return Ok(next);
            }
        }
    }

    /// Cuts the next object out of the stream; `false` at the end.
    fn next_object(&mut self) -> Result<bool, Fault> {
        let mut next = self.next_character()?;
        if self.form == Form::Array {
            if self.is_first {
                self.text.consume(1);
                next = self.next_character()?;
            } else if next == Some(',') {
                self.text.consume(1);
                next = self.next_character()?;
                if next == Some(']') {
                    return Err(Fault::fatal(self.line, "a comma is before the end of the array"));
                }
            } else if next != Some(']') && next.is_some() {
                return Err(Fault::fatal(self.line, "a comma is missing between two objects"));
            }
            match next {
                None => return Err(Fault::fatal(self.line, "the array is never closed")),
                Some(']') => {
                    self.text.consume(1);
                    return match self.next_character()? {
                        None => Ok(false),
                        Some(_) => Err(Fault::fatal(self.line, "text follows the end of the array")),
                    };
                }
                Some(_) => {}
            }
        }
        self.is_first = false;
        match next {
            None => Ok(false),
            Some(_) if self.form == Form::Lines => self.cut(end_of_line()).map(|()| true),
            Some('{') => self.cut(end_of_object()).map(|()| true),
            Some(_) => Err(Fault::fatal(self.line, "is not an object")),
        }
    }

    /// Moves text into `self.object` up to and with the byte at which `is_end` says so.
    fn cut(&mut self, mut is_end: impl FnMut(u8) -> bool) -> Result<(), Fault> {
        self.object.clear();
        loop {
            let rest = self.text.rest();
            let end = rest.bytes().position(&mut is_end).map(|at| at + 1);
            let piece = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            self.object.push_str(piece);
            let length = piece.len();
            self.text.consume(length);
            if self.object.len() > RECORD_LIMIT {
                let text = format!("an object is longer than {} MiB", RECORD_LIMIT >> 20);
                return Err(Fault::fatal(self.line, text));
            }
            if end.is_some() {
                return Ok(());
            }
            if !self.text.fill()? {
                // A line may end with the file; an object may not, which the parser then says better.
                return Ok(());
            }
        }
    }
}

impl Records for JsonLines {
    fn has_header(&self) -> bool {
        false
    }

    fn name(&self) -> &str {
        self.text.name()
    }

    fn columns(&self) -> &[String] {
        &self.columns.names
    }

    fn read(&mut self, record: &mut Record) -> Step {
        record.clear();
        if self.ended {
            return Step::Last;
        }
        match self.next_object() {
            Ok(true) => {}
            Ok(false) => {
                self.ended = true;
                return Step::Last;
            }
            Err(fault) => {
                self.ended |= fault.fatal;
                return Step::Fault(fault);
            }
        }
        record.line = self.line;
        self.line += line_feeds(&self.object);
        match parse(self.object.trim_end(), &mut self.columns, record) {
            Ok(None) => Step::Record,
            Ok(Some(text)) => {
                self.ended |= self.columns.are_too_many();
                Step::Fault(Fault { line: record.line, text, fatal: self.ended })
            }
            Err(error) => {
                // After broken JSON only the next line is a place to go on from.
                self.ended |= self.form != Form::Lines;
                let line = record.line + (error.line() as u64).saturating_sub(1);
                Step::Fault(Fault { line, text: message(&error), fatal: self.ended })
            }
        }
    }

    fn bytes_read(&self) -> u64 {
        self.text.bytes_read()
    }

    fn size(&self) -> Option<u64> {
        self.text.size()
    }
}

/// Beginning of a file.
enum Beginning {
    Nothing,
    Array,
    /// An object that ends on its line.
    WholeObject,
    /// An object that does not.
    OpenObject,
    /// Something else, on this line.
    Other(u64),
}

fn look(text: &mut Text) -> Result<Beginning, Fault> {
    let (mut looked_at, mut line, mut has_begun, mut ends_here) = (0, 1, false, end_of_object());
    loop {
        for byte in text.rest().bytes().skip(looked_at) {
            match byte {
                b'\n' if has_begun => return Ok(Beginning::OpenObject),
                b'\n' => line += 1,
                b' ' | b'\t' | b'\r' | 0x1e if !has_begun => {}
                b'[' if !has_begun => return Ok(Beginning::Array),
                byte if byte != b'{' && !has_begun => return Ok(Beginning::Other(line)),
                byte => {
                    has_begun = true;
                    if ends_here(byte) {
                        return Ok(Beginning::WholeObject);
                    }
                }
            }
        }
        looked_at = text.rest().len();
        if looked_at > RECORD_LIMIT || !text.fill()? {
            return Ok(if has_begun { Beginning::OpenObject } else { Beginning::Nothing });
        }
    }
}

fn line_feeds(text: &str) -> u64 {
    text.bytes().fold(0, |count, byte| count + u64::from(byte == b'\n'))
}

fn end_of_line() -> impl FnMut(u8) -> bool {
    |byte| byte == b'\n'
}

/// Says at which byte the object that begins with the first one ends: where as many braces close as opened.
fn end_of_object() -> impl FnMut(u8) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    move |byte| {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            return false;
        }
        match byte {
            b'"' => in_text = true,
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        byte == b'}' && depth == 0
    }
}

/// The keys seen so far, in the order in which they appeared.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    by_key: HashMap<String, usize>,
    /// For each column, the number of the last row that had it.
    last_row: Vec<u64>,
    rows: u64,
}

impl Columns {
    /// The column that `name` means, and whether this row had it before.
    fn find(&mut self, name: &str) -> (usize, bool) {
        let index = if let Some(index) = self.by_name.get(name) {
            *index
        } else {
            let index = *self.by_key.entry(column_key(name)).or_insert(self.names.len());
            if index == self.names.len() {
                self.names.push(name.to_owned());
                self.last_row.push(0);
            }
            if self.by_name.len() < COLUMN_LIMIT {
                self.by_name.insert(name.to_owned(), index);
            }
            index
        };
        let is_repeated =
            self.last_row.get_mut(index).is_some_and(|last| std::mem::replace(last, self.rows) == self.rows);
        (index, is_repeated)
    }

    fn are_too_many(&self) -> bool {
        self.names.len() > COLUMN_LIMIT
    }
}

/// Parses one object into `record`; the text is what is wrong with a value in it.
fn parse(object: &str, columns: &mut Columns, record: &mut Record) -> Result<Option<String>, serde_json::Error> {
    columns.rows += 1;
    let mut deserializer = serde_json::Deserializer::from_str(object);
    let fault = deserializer.deserialize_map(Cells { columns, record })?;
    deserializer.end()?;
    Ok(fault)
}

struct Cells<'read> {
    columns: &'read mut Columns,
    record: &'read mut Record,
}

impl<'de> Visitor<'de> for Cells<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<String>, A::Error> {
        let mut fault = None;
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            if self.columns.are_too_many() {
                fault.get_or_insert(format!("the file has more than {COLUMN_LIMIT} different keys"));
                continue;
            }
            let (column, is_repeated) = self.columns.find(&key);
            if is_repeated {
                fault.get_or_insert(format!("key {} is repeated", shown::quoted(&key)));
                continue;
            }
            match text_of(&value) {
                Ok(text) => self.record.push(column, text.as_deref()),
                Err(text) => {
                    fault.get_or_insert(format!("{}: {text}", shown::brief(&key)));
                }
            }
        }
        Ok(fault)
    }
}

/// A value as the text of a cell; `None` for nothing.
fn text_of(value: &Value) -> Result<Option<std::borrow::Cow<'_, str>>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.contains('\0') => Err("the text contains a NUL character"),
        Value::String(text) => Ok(Some(text.into())),
        Value::Number(number) => Ok(Some(number.to_string().into())),
        Value::Array(items) if items.is_empty() => Ok(None),
        Value::Array(items) => join(items).map(|text| Some(text.into())),
        Value::Bool(_) => Err("is true or false, which no field accepts (write text, a number or null)"),
        Value::Object(_) => Err("is an object, which no field accepts (write text, a number or null)"),
    }
}

/// Several texts as one cell: separated by `;`, quoted as in CSV where an item would not come back as it is.
fn join(items: &[Value]) -> Result<String, &'static str> {
    let mut joined = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            joined.push(';');
        }
        match item {
            Value::String(text) if text.contains('\0') => return Err("a text in the array contains a NUL character"),
            Value::String(text) if text.is_empty() || text.trim() != text || text.contains([';', '"', '\n', '\r']) => {
                joined.push('"');
                joined.push_str(&text.replace('"', "\"\""));
                joined.push('"');
            }
            Value::String(text) => joined.push_str(text),
            Value::Number(number) => joined.push_str(&number.to_string()),
            // Its keys are for whoever knows the records in the list.
            Value::Object(_) => {
                joined.push('"');
                joined.push_str(&item.to_string().replace('"', "\"\""));
                joined.push('"');
            }
            _ => return Err("is an array with values other than texts and objects"),
        }
    }
    Ok(joined)
}

/// Returns the parser's message with the column only: the fault names the line.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    format!("is not a JSON object: {reason} (at column {})", error.column())
}

#[cfg(test)]
mod tests {
    use super::{JsonLines, Objects};
    use crate::input::file::Text;
    use crate::input::{Fault, Record, Records, Step};
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    type Rows = Vec<(u64, Vec<(String, Option<String>)>)>;

    fn open(content: &str, objects: Objects) -> crate::error::Result<Option<JsonLines>> {
        let source = Box::new(std::io::Cursor::new(content.to_owned()));
        JsonLines::open(Text::new("vms.json", source, None, None).expect("UTF-8 is known"), objects)
    }

    fn read_as(content: &str, objects: Objects) -> (Rows, Vec<Fault>) {
        let mut json = open(content, objects).expect("it begins well").expect("there is something in it");
        let (mut rows, mut faults, mut record) = (Vec::new(), Vec::new(), Record::new());
        loop {
            match json.read(&mut record) {
                Step::Record => {
                    let cells =
                        record.cells().map(|(column, cell)| (json.columns()[column].clone(), cell.map(str::to_owned)));
                    rows.push((record.line, cells.collect()));
                }
                Step::Fault(fault) => faults.push(fault),
                Step::Last => return (rows, faults),
            }
        }
    }

    fn read(content: &str) -> (Rows, Vec<Fault>) {
        read_as(content, Objects::Undeclared)
    }

    fn names(content: &str) -> Vec<(u64, String)> {
        let (rows, faults) = read(content);
        assert_eq!(faults, []);
        rows.into_iter().map(|(line, mut cells)| (line, cells.remove(0).1.expect("a name"))).collect()
    }

    fn only_cell(value: &str) -> Option<String> {
        let (mut rows, faults) = read(&format!("{{\"x\":{value}}}"));
        assert_eq!(faults, []);
        rows.remove(0).1.remove(0).1
    }

    fn faults(content: &str) -> Vec<(u64, String, bool)> {
        read(content).1.into_iter().map(|fault| (fault.line, fault.text, fault.fatal)).collect()
    }

    #[test]
    fn an_object_a_line_an_array_and_objects_in_a_row_are_the_same_records() {
        let expected = |lines: [u64; 2]| [(lines[0], "web01".to_owned()), (lines[1], "web02".to_owned())];
        assert_eq!(names("{\"name\":\"web01\"}\n\n{\"name\":\"web02\"}\r\n"), expected([1, 3]));
        assert_eq!(names("[\n  {\"name\":\"web01\"},\n  {\"name\":\"web02\"}\n]\n"), expected([2, 3]));
        assert_eq!(names("[{\"name\":\"web01\"},{\"name\":\"web02\"}]"), expected([1, 1]));
        assert_eq!(names("{\n\"name\": \"web01\"\n}\n{\n\"name\":\n\"web02\"\n}\n"), expected([1, 4]));
        assert_eq!(names("\n{\n\"name\": \"web01\"\n}"), [(2, "web01".to_owned())]);
    }

    #[test]
    fn an_empty_array_is_no_records_and_an_empty_file_is_nothing() {
        assert_eq!(read("[]"), (vec![], vec![]));
        assert_eq!(read(" [\n]\n"), (vec![], vec![]));
        assert!(open(" \n\n", Objects::Undeclared).expect("it can be read").is_none());
    }

    #[test]
    fn numbers_keep_their_digits() {
        for number in ["1", "1.50", "123456789012345678901234567890", "0.1000000000000000055511151231257827"] {
            assert_eq!(only_cell(number).as_deref(), Some(number));
        }
    }

    #[test]
    fn null_is_nothing_and_so_is_an_empty_array() {
        assert_eq!(only_cell("null"), None);
        assert_eq!(only_cell("[]"), None);
        assert_eq!(only_cell("\"\"").as_deref(), Some(""));
    }

    #[test]
    fn texts_of_an_array_are_joined_and_quoted_where_needed() {
        assert_eq!(only_cell(r#"["10.0.0.1@7","fd00::1"]"#).as_deref(), Some("10.0.0.1@7;fd00::1"));
        assert_eq!(
            only_cell(r#"["a;b","say \"x\""," lead","two\nlines","","plain b"]"#).as_deref(),
            Some("\"a;b\";\"say \"\"x\"\"\";\" lead\";\"two\nlines\";\"\";plain b")
        );
    }

    #[test]
    fn columns_grow_as_keys_appear_and_compare_as_headers_do() {
        let (rows, faults) = read("{\"name\":\"a\"}\n{\"Pool\":\"p\",\"NAME\":\"b\"}\n{\"pool\":null}\n");
        assert_eq!(faults, []);
        let headers: Vec<Vec<&str>> =
            rows.iter().map(|(_, cells)| cells.iter().map(|(column, _)| column.as_str()).collect()).collect();
        assert_eq!(headers, [vec!["name"], vec!["Pool", "name"], vec!["Pool"]]);
    }

    #[test]
    fn values_that_no_field_has_are_faults_that_name_the_key() {
        for (content, key) in [
            ("{\"a\":1,\"running\":true}", "running: is true or false"),
            ("{\"pool\":{\"name\":\"x\"}}", "pool: is an object"),
            ("{\"ips\":[\"x\",null]}", "ips: is an array with values other"),
            ("{\"a\":1,\"a\":2}", "key \"a\" is repeated"),
            ("{\"custom-os\":1,\"Custom_OS\":2}", "key \"Custom_OS\" is repeated"),
            ("{\"a\":\"\\u0000\"}", "a: the text contains a NUL"),
        ] {
            let found = faults(&format!("{content}\n"));
            assert_eq!(found.len(), 1, "{content}");
            assert_eq!((found[0].0, found[0].2), (1, false), "{content}");
            assert!(found[0].1.starts_with(key), "{}", found[0].1);
        }
    }

    #[test]
    fn a_broken_line_costs_itself_only() {
        let (rows, faults) =
            read("{\"name\":\"a\"}\n{\"name\":\"b\"\nweb03\n[1]\n{\"name\":\"c\"} x\n{\"name\":\"d\"}\n");
        assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 6]);
        assert_eq!(
            faults.iter().map(|fault| (fault.line, fault.fatal)).collect::<Vec<_>>(),
            [(2, false), (3, false), (4, false), (5, false)]
        );
    }

    #[test]
    fn a_file_that_claims_lines_may_begin_with_a_broken_one() {
        let (rows, faults) = read_as("{\"name\":\"a\"\n{\"name\":\"b\"}\n", Objects::OnePerLine);
        assert_eq!((rows.len(), faults.len(), faults[0].line), (1, 1, 1));
    }

    #[test]
    fn broken_json_over_several_lines_is_told_on_its_line_and_ends_reading() {
        for (content, line) in [
            ("[\n{\"a\":1},\n{\"a\":\n\n1 2}\n]", 5),
            ("[\n{\"a\":1}\n{\"a\":2}]", 3),
            ("[\n{\"a\":1},\n]", 3),
            ("[{\"a\":1}\n\n", 3),
            ("[\n7]", 2),
            ("[]\nx", 2),
            ("{\n\"a\":1\n}\nx", 4),
            ("{\n\"a\":\n", 2),
        ] {
            let found = faults(content);
            assert_eq!(found.len(), 1, "{content:?} {found:?}");
            assert_eq!((found[0].0, found[0].2), (line, true), "{content:?} {found:?}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_at_its_line() {
        let error = open("\nname,pool\n", Objects::Undeclared).err().expect("it is CSV");
        assert!(error.message().starts_with("vms.json:2: is not JSON"), "{error}");
    }

    #[test]
    fn deep_nesting_and_long_objects_are_faults() {
        assert_eq!(faults(&format!("{{\"a\":{}", "[".repeat(100_000))).len(), 1);
        let found = faults(&format!("[{{\"a\":\"{}\"}}]", "x".repeat(5 << 20)));
        assert!(found[0].1.contains("longer than 4 MiB"), "{found:?}");
        assert!(found[0].2);
    }

    #[test]
    fn keys_without_end_are_refused() {
        use std::fmt::Write;
        let mut content = String::new();
        for number in 0..5000 {
            writeln!(content, "{{\"key{number}\":1}}").expect("a string takes everything");
        }
        let (rows, faults) = read(&content);
        assert_eq!((rows.len(), faults.len(), faults[0].fatal), (4097, 1, true));
        assert_eq!(faults[0].line, 4098);
    }

    proptest! {
        #[test]
        fn any_text_survives(texts in prop::collection::vec("[^\0]{0,20}", 1..8)) {
            let objects: Vec<_> = texts.iter().map(|text| serde_json::json!({ "name": text })).collect();
            let lines: Vec<_> = objects.iter().map(ToString::to_string).collect();
            let array = serde_json::to_string_pretty(&objects).expect("it is JSON");
            for content in [lines.join("\n"), array] {
                let (rows, faults) = read(&content);
                prop_assert_eq!(faults, vec![]);
                let back: Vec<_> = rows.into_iter().map(|(_, mut cells)| cells.remove(0).1.expect("text")).collect();
                prop_assert_eq!(&back, &texts);
            }
        }

        #[test]
        fn any_bytes_come_to_an_end_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for beginning in [&b""[..], b"{", b"[{", b"{\"a\":"] {
                let content = [beginning, &bytes[..]].concat();
                let source = Box::new(std::io::Cursor::new(content));
                let text = Text::new("x", source, None, None).expect("UTF-8 is known");
                if let Ok(Some(mut json)) = JsonLines::open(text, Objects::Undeclared) {
                    let mut record = Record::new();
                    while json.read(&mut record) != Step::Last {}
                }
            }
        }
    }
}
