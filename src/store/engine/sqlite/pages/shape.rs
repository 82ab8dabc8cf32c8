//! How tables and indexes are laid out: where their trees begin, and which column stands where in their records. The
//! schema that is kept in the file says it (2.6), in the words that made them.

use super::record::{Held, Span, locate};
use super::{Bytes, Pages, TableCursor, contradiction};
use crate::error::Result;
use std::ops::Range;
use std::sync::OnceLock;

/// About how much text the schema of an inventory has, of how many objects, and of how many columns each.
const TEXT: usize = 36 << 10;
const OBJECTS: usize = 1 << 7;
const COLUMNS: usize = 1 << 4;

/// What statements made in a file: tables, indexes, views, triggers; not what the engine made by itself.
pub(super) struct Objects {
    /// All their texts, as bytes that nobody has looked at yet.
    text: Vec<u8>,
    objects: Vec<Object>,
}

/// One of them, as the schema keeps it: ranges are of the text.
struct Object {
    kind: ObjectKind,
    name: Range<usize>,
    table: Range<usize>,
    sql: Range<usize>,
    root: u32,
    shape: OnceLock<Option<Shape>>,
}

/// What a statement makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum ObjectKind {
    Table,
    Index,
    Trigger,
    /// A view.
    Other,
}

impl ObjectKind {
    /// What the schema calls so.
    pub(in crate::store) fn called(word: &[u8]) -> Self {
        match word {
            b"table" => Self::Table,
            b"index" => Self::Index,
            b"trigger" => Self::Trigger,
            _ => Self::Other,
        }
    }
}

/// What a statement made, as the schema keeps it.
pub(in crate::store) struct MadeObject<'s> {
    pub kind: ObjectKind,
    pub name: &'s [u8],
    /// The statement.
    pub sql: &'s [u8],
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
    /// Reads the schema.
    pub(super) fn read(pages: &Pages) -> Result<Self> {
        let mut found = Self { text: Vec::with_capacity(TEXT), objects: Vec::with_capacity(OBJECTS) };
        let mut spans: Vec<Span> = Vec::new();
        let mut bytes = Bytes::NONE;
        let mut cursor = TableCursor::new(pages, 1);
        cursor.seek(i64::MIN)?;
        while cursor.id().is_some() {
            cursor.record(&mut bytes)?;
            let record = bytes.get();
            locate(record, &[0, 1, 2, 3, 4], &mut spans).ok_or_else(contradiction)?;
            let held = |place: usize| spans.get(place).map_or(Held::Null, |span| span.of(record));
            if let (Held::Text(kind), Held::Text(name), Held::Text(table)) = (held(0), held(1), held(2))
                && let (Held::Integer(root), Held::Text(sql)) = (held(3), held(4))
            {
                let [name, table, sql] = [name, table, sql].map(|text| {
                    let start = found.text.len();
                    found.text.extend_from_slice(text);
                    start..found.text.len()
                });
                let (kind, root) = (ObjectKind::called(kind), u32::try_from(root).map_err(|_| contradiction())?);
                found.objects.push(Object { kind, name, table, sql, root, shape: OnceLock::new() });
            }
            cursor.step()?;
        }
        Ok(found)
    }

    /// Everything that statements made, in the order in which the schema has it.
    pub(super) fn made(&self) -> impl Iterator<Item = MadeObject<'_>> {
        self.objects.iter().map(|Object { kind, name, sql, .. }| {
            let [name, sql] = [name, sql].map(|range| self.text(range));
            MadeObject { kind: *kind, name, sql }
        })
    }

    fn text(&self, range: &Range<usize>) -> &[u8] {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// All of that kind.
    fn all(&self, kind: ObjectKind) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| object.kind == kind)
    }

    fn table(&self, name: &str) -> Option<&Object> {
        self.all(ObjectKind::Table).find(|object| self.text(&object.name) == name.as_bytes())
    }

    /// The page at which the tree of the table `name` begins, whatever is in it.
    pub(super) fn root(&self, name: &str) -> Option<u32> {
        self.table(name).map(|table| table.root)
    }

    /// How the table `name` is laid out; nothing where there is none, or none that can be read without the engine.
    pub(super) fn shape(&self, name: &str) -> Option<&Shape> {
        let table = self.table(name)?;
        let shape = table.shape.get_or_init(|| {
            let sql = |object: &Object| std::str::from_utf8(self.text(&object.sql)).ok();
            let (columns, id) = columns(sql(table)?)?;
            let indexes = self.all(ObjectKind::Index).filter(|index| self.text(&index.table) == name.as_bytes());
            let indexes = indexes.filter_map(|index| {
                let (parts, condition) = parts(sql(index)?)?;
                Some(Index { root: index.root, parts, condition })
            });
            Some(Shape { root: table.root, columns, id, indexes: indexes.collect() })
        });
        shape.as_ref()
    }
}

/// What a table must have nothing of for its columns to be no more than their names.
const STRANGE: [&str; 5] = ["DEFAULT", " AS ", "COLLATE", "--", "/*"];

/// The columns that a `CREATE TABLE` makes, and which of them is the id; nothing where it is not written as the schema of
/// an inventory is: a column begins a line, behind four blanks, and a line behind more goes on with one.
fn columns(sql: &str) -> Option<(Vec<String>, usize)> {
    let (_, body) = sql.strip_prefix("CREATE TABLE ")?.split_once(" (\n")?;
    let body = body.strip_suffix("\n) STRICT").filter(|body| !STRANGE.iter().any(|word| body.contains(word)))?;
    let mut columns = Vec::with_capacity(COLUMNS);
    let mut id = None;
    for line in body.split('\n') {
        let line = line.strip_prefix("    ")?;
        if line.starts_with(' ') {
            continue;
        }
        if line.starts_with("CONSTRAINT ") {
            break;
        }
        let (name, rest) = line.split_once(' ')?;
        let rest = rest.trim_start();
        let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let known = ["INTEGER", "TEXT"].iter().any(|kind| rest.strip_prefix(kind).is_some_and(ends_a_word));
        (plain && known).then_some(())?;
        if columns.is_empty() {
            // The id stands first.
            id = Some(0).filter(|_| rest.starts_with("INTEGER ") && rest.contains(" PRIMARY KEY"));
        }
        columns.push(name.to_owned());
    }
    Some((columns, id?))
}

/// Whether what follows a word ends it.
fn ends_a_word(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([' ', ','])
}

/// What a `CREATE INDEX` sorts by, and which rows it has.
fn parts(sql: &str) -> Option<(Vec<String>, String)> {
    let (_, rest) = sql.split_once('(')?;
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0_u32, 0);
    for (place, byte) in rest.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b',' | b')' if depth == 0 => {
                parts.push(rest.get(begin..place)?.trim().to_owned());
                begin = place + 1;
                if byte == b')' {
                    break;
                }
            }
            _ => {}
        }
    }
    let strange = |part: &String| ["DESC", "ASC", "COLLATE"].iter().any(|word| part.contains(word));
    if parts.iter().any(strange) {
        return None;
    }
    let condition = rest.get(begin..)?.trim();
    match condition.strip_prefix("WHERE ") {
        Some(condition) => Some((parts, condition.to_owned())),
        None => condition.is_empty().then_some((parts, String::new())),
    }
}

#[cfg(test)]
mod tests {
    use super::{columns, parts};

    #[test]
    fn columns_stand_in_the_order_of_the_statement() {
        let sql = "CREATE TABLE disk (\n    disk_id  INTEGER CONSTRAINT disk_pk PRIMARY KEY AUTOINCREMENT,\n    name     TEXT \
                   CONSTRAINT c CHECK (name IN ('a,b', ')')\n             AND name > 'x'),\n    vm_id    INTEGER,\n    \
                   CONSTRAINT x CHECK (1, 2)\n) STRICT";
        let names = ["disk_id", "name", "vm_id"].map(str::to_owned).to_vec();
        assert_eq!(columns(sql), Some((names, 0)));
    }

    #[test]
    fn a_table_of_another_make_is_left_to_the_engine() {
        let told = |columns: &str| super::columns(&format!("CREATE TABLE t (\n    {columns}\n) STRICT"));
        assert!(told("a INTEGER PRIMARY KEY,\n    b TEXT").is_some());
        for columns in [
            "a INTEGER PRIMARY KEY,\n    b TEXT DEFAULT 'x'",
            "a INTEGER PRIMARY KEY,\n    b TEXT GENERATED ALWAYS AS (a)",
            "a INTEGER PRIMARY KEY,\n    b TEXT COLLATE NOCASE",
            "a TEXT PRIMARY KEY,\n    b TEXT",
            "a INTEGER,\n    b TEXT",
            "a INTEGER PRIMARY KEY,\n    \"b c\" TEXT",
            "a INTEGER PRIMARY KEY,\n    b BLOB",
            "a INTEGER PRIMARY KEY, -- b\n    c TEXT",
            "a INTEGER PRIMARY KEY,\n  b TEXT",
        ] {
            assert_eq!(told(columns), None, "{columns}");
        }
        assert_eq!(columns("CREATE TABLE t (\n    a INTEGER PRIMARY KEY\n)"), None);
        assert_eq!(columns("CREATE TABLE t (\n    a INTEGER PRIMARY KEY\n) STRICT, WITHOUT ROWID"), None);
        assert_eq!(columns("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT"), None);
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
