//! How tables and indexes are laid out: where their trees begin, and which column stands where in their records. The
//! schema that is kept in the file says it (2.6), in the words that made them.

use super::record::{Held, Span, locate};
use super::{Pages, TableCursor, contradiction};
use crate::error::Result;
use std::ops::Range;
use std::sync::OnceLock;

/// The tables and indexes of a file.
#[derive(Default)]
pub(super) struct Objects {
    /// All their texts.
    text: String,
    objects: Vec<Object>,
}

/// One of them, as the schema keeps it.
struct Object {
    is_table: bool,
    name: Range<usize>,
    table: Range<usize>,
    sql: Range<usize>,
    root: u32,
    shape: OnceLock<Option<Shape>>,
}

/// How a table is laid out.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct Shape {
    /// The page at which its tree begins.
    pub root: u32,
    /// Its columns, in the order in which a record has them.
    columns: Vec<String>,
    /// Which of them is the id, which stands before the record and not in it.
    id: usize,
    /// Its indexes.
    pub indexes: Vec<Index>,
}

/// How an index is laid out.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct Index {
    /// The page at which its tree begins.
    pub root: u32,
    /// What it is sorted by: columns, or expressions as they are written.
    pub parts: Vec<String>,
    /// Which rows it has, as it is written; all where nothing is.
    pub condition: String,
}

impl Shape {
    /// Which value of a record the column `name` is; nothing for a column that there is not.
    pub(in crate::store) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Whether that value is the id.
    pub(in crate::store) const fn is_id(&self, column: usize) -> bool {
        self.id == column
    }
}

impl Objects {
    /// Reads the schema: type, name, table, root, text.
    pub(super) fn read(pages: &Pages) -> Result<Self> {
        let mut found = Self::default();
        let mut spans: Vec<Span> = Vec::new();
        let mut cursor = TableCursor::new(pages, 1);
        cursor.seek(i64::MIN)?;
        while cursor.id()?.is_some() {
            let bytes = cursor.record()?;
            let record = bytes.get();
            locate(record, &[0, 1, 2, 3, 4], &mut spans).ok_or_else(contradiction)?;
            let text = |place: usize| match spans.get(place).map(|span| span.of(record)) {
                Some(Held::Text(text)) => std::str::from_utf8(text).ok(),
                _ => None,
            };
            let root = spans.get(3).map(|span| span.of(record));
            // Views have no tree; what the engine made by itself has no text.
            if let (Some(kind @ ("table" | "index")), Some(name), Some(table)) = (text(0), text(1), text(2))
                && let (Some(Held::Integer(root)), Some(sql)) = (root, text(4))
            {
                let [name, table, sql] = [name, table, sql].map(|text| {
                    let start = found.text.len();
                    found.text.push_str(text);
                    start..found.text.len()
                });
                let root = u32::try_from(root).map_err(|_| contradiction())?;
                let shape = OnceLock::new();
                found.objects.push(Object { is_table: kind == "table", name, table, sql, root, shape });
            }
            cursor.step()?;
        }
        Ok(found)
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// How the table `name` is laid out; nothing where there is none, or none that can be read without the engine.
    pub(super) fn shape(&self, name: &str) -> Option<&Shape> {
        let table = self.objects.iter().find(|object| object.is_table && self.text(&object.name) == name)?;
        let shape = table.shape.get_or_init(|| {
            let (columns, id) = columns(self.text(&table.sql))?;
            let indexes =
                self.objects.iter().filter(|object| !object.is_table && self.text(&object.table) == name);
            let indexes = indexes.filter_map(|index| {
                let (parts, condition) = parts(self.text(&index.sql))?;
                Some(Index { root: index.root, parts, condition })
            });
            Some(Shape { root: table.root, columns, id, indexes: indexes.collect() })
        });
        shape.as_ref()
    }
}

/// The columns that a `CREATE TABLE` makes, and which of them is the id; nothing where it makes anything but a table of
/// the kind that the schema of an inventory has: what its columns are must not depend on more than their names.
fn columns(sql: &str) -> Option<(Vec<String>, usize)> {
    let (_, body) = sql.strip_prefix("CREATE TABLE ")?.split_once('(')?;
    let body = body.strip_suffix(") STRICT")?;
    let mut columns = Vec::new();
    let mut id = None;
    let mut list = List::new(body);
    let mut first = true;
    let (mut kind, mut word_before) = ("", "");
    while let Some(token) = list.next()? {
        match token {
            Token::Comma => first = true,
            Token::Word("CONSTRAINT" | "CHECK" | "UNIQUE" | "PRIMARY" | "FOREIGN") if first => break,
            Token::Word(name) if first => {
                let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
                name.bytes().all(is_plain).then_some(())?;
                columns.push(name.to_owned());
                first = false;
                kind = "";
            }
            Token::Word("DEFAULT" | "GENERATED" | "AS" | "COLLATE") => return None,
            Token::Word("KEY") if word_before == "PRIMARY" => {
                id = Some(columns.len().checked_sub(1).filter(|_| kind == "INTEGER")?);
            }
            Token::Word(word) if kind.is_empty() => kind = word,
            Token::Word(_) => {}
        }
        word_before = if let Token::Word(word) = token { word } else { "" };
    }
    Some((columns, id?))
}

/// What a `CREATE INDEX` sorts by, and which rows it has.
fn parts(sql: &str) -> Option<(Vec<String>, String)> {
    let (_, rest) = sql.split_once('(')?;
    let mut depth = 1_u32;
    let end = rest.bytes().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let list = rest.get(..end)?;
    let mut parts = Vec::new();
    let mut tokens = List::new(list);
    let mut begin = 0;
    while let Some(token) = tokens.next()? {
        match token {
            Token::Word("DESC" | "ASC" | "COLLATE") => return None,
            Token::Word(_) => {}
            Token::Comma => {
                parts.push(list.get(begin..tokens.at - 1)?.trim().to_owned());
                begin = tokens.at;
            }
        }
    }
    parts.push(list.get(begin..)?.trim().to_owned());
    let condition = rest.get(end + 1..)?.trim();
    match condition.strip_prefix("WHERE ") {
        Some(condition) => Some((parts, condition.to_owned())),
        None => condition.is_empty().then_some((parts, String::new())),
    }
}

/// The words and commas of a list in brackets, but for those in brackets within it.
struct List<'l> {
    text: &'l str,
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'l> {
    Word(&'l str),
    Comma,
}

impl<'l> List<'l> {
    const fn new(text: &'l str) -> Self {
        Self { text, at: 0 }
    }

    /// The next one; inside, nothing at the end; outside, nothing where the list is written in another way than the
    /// schema of an inventory is.
    fn next(&mut self) -> Option<Option<Token<'l>>> {
        let bytes = self.text.as_bytes();
        let (mut depth, mut quoted) = (0_u32, false);
        while let Some(&byte) = bytes.get(self.at) {
            let start = self.at;
            self.at += 1;
            match byte {
                b'\'' => quoted = !quoted,
                _ if quoted => {}
                b'(' => depth += 1,
                b')' => depth = depth.checked_sub(1)?,
                b'"' | b'`' | b'[' => return None,
                b'-' if bytes.get(self.at) == Some(&b'-') => return None,
                b'/' if bytes.get(self.at) == Some(&b'*') => return None,
                _ if depth > 0 => {}
                b',' => return Some(Some(Token::Comma)),
                byte if is_letter(byte) => {
                    let rest = bytes.get(start..)?;
                    let length = rest.iter().position(|byte| !is_letter(*byte)).unwrap_or(rest.len());
                    self.at = start + length;
                    return Some(Some(Token::Word(self.text.get(start..self.at)?)));
                }
                _ => {}
            }
        }
        (depth == 0 && !quoted).then_some(None)
    }
}

/// Whether a word can have it.
const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::{columns, parts};

    #[test]
    fn columns_stand_in_the_order_of_the_statement() {
        let sql = "CREATE TABLE disk (\n  disk_id INTEGER CONSTRAINT disk_pk PRIMARY KEY AUTOINCREMENT,\n  name TEXT \
                   CONSTRAINT c CHECK (name IN ('a,b', ')')),\n  vm_id INTEGER,\n  CONSTRAINT x CHECK (1, 2)\n) STRICT";
        let names = ["disk_id", "name", "vm_id"].map(str::to_owned).to_vec();
        assert_eq!(columns(sql), Some((names, 0)));
    }

    #[test]
    fn a_table_of_another_kind_is_left_to_the_engine() {
        for sql in [
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)",
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x') STRICT",
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT GENERATED ALWAYS AS (a) ) STRICT",
            "CREATE TABLE t (a TEXT PRIMARY KEY, b TEXT) STRICT",
            "CREATE TABLE t (a INTEGER, b TEXT) STRICT",
            "CREATE TABLE t (a INTEGER PRIMARY KEY, \"b c\" TEXT) STRICT",
            "CREATE TABLE t (a INTEGER PRIMARY KEY, -- b,\n c TEXT) STRICT",
            "CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT, WITHOUT ROWID",
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT CHECK (b <> 'x) STRICT",
        ] {
            assert_eq!(columns(sql), None, "{sql}");
        }
    }

    #[test]
    fn an_index_tells_its_parts_and_its_rows() {
        let told = |sql| parts(sql).map(|(parts, condition)| (parts.join("|"), condition));
        let some = |parts: &str, condition: &str| Some((parts.to_owned(), condition.to_owned()));
        assert_eq!(told("CREATE UNIQUE INDEX k ON t (name, vm_id)"), some("name|vm_id", ""));
        assert_eq!(told("CREATE INDEX k ON t (ipv4, coalesce(vlan, ''))"), some("ipv4|coalesce(vlan, '')", ""));
        assert_eq!(told("CREATE INDEX k ON t (name) WHERE name LIKE '%/%'"), some("name", "name LIKE '%/%'"));
        assert_eq!(told("CREATE INDEX k ON t (name DESC)"), None);
    }
}
