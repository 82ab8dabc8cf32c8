//! A schema as the engine understands it: not as the text reads, but as SQLite's own catalogue tells it.

use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// All tables, and the constraints that have no name.
#[derive(Debug, PartialEq, Eq)]
pub struct Schema {
    pub tables: BTreeMap<String, Table>,
    pub nameless: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    pub columns: BTreeMap<String, Column>,
    pub foreign: BTreeSet<Foreign>,
    /// The columns, or expressions, of each unique index.
    pub keys: BTreeSet<Vec<String>>,
    pub strict: bool,
    /// Whether ids are never used again.
    pub counts_up: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    pub stored: String,
    pub given: bool,
    pub primary: bool,
}

impl Column {
    pub fn new(stored: &str, given: bool, primary: bool) -> Self {
        Self { stored: stored.to_owned(), given, primary }
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Foreign {
    pub column: String,
    pub table: String,
    pub id: String,
}

impl Schema {
    pub fn of_text(text: &str) -> Self {
        let connection = Connection::open_in_memory().expect("a database in memory");
        connection.execute_batch(text).expect("the schema is SQL");
        Self::of(&connection)
    }

    pub fn of_file(path: &Path) -> Self {
        Self::of(&Connection::open(path).expect("the inventory"))
    }

    fn of(connection: &Connection) -> Self {
        let all = "SELECT l.name, l.strict, s.sql FROM pragma_table_list l JOIN sqlite_schema s ON s.name = l.name \
                   WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite_%'";
        let found = rows(connection, all, "", |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, String>(2)?))
        });
        let mut nameless = Vec::new();
        let mut tables = BTreeMap::new();
        for (name, strict, sql) in found {
            nameless.extend(without_name(&sql).into_iter().map(|what| format!("{name} has a {what} without a name")));
            let counts_up = sql.contains("PRIMARY KEY AUTOINCREMENT");
            tables.insert(name.clone(), Table::of(connection, &name, strict, counts_up));
        }
        Self { tables, nameless }
    }
}

impl Table {
    fn of(connection: &Connection, name: &str, strict: bool, counts_up: bool) -> Self {
        let columns = rows(connection, "SELECT name, type, \"notnull\", pk FROM pragma_table_info($1)", name, |row| {
            let column = Column { stored: row.get(1)?, given: row.get(2)?, primary: row.get::<_, i64>(3)? > 0 };
            Ok((row.get::<_, String>(0)?, column))
        });
        let foreign = "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list($1)";
        let foreign = rows(connection, foreign, name, |row| {
            Ok(Foreign { column: row.get(0)?, table: row.get(1)?, id: row.get(2)? })
        });
        let unique = "SELECT s.sql FROM pragma_index_list($1) i JOIN sqlite_schema s ON s.name = i.name \
                      WHERE i.\"unique\" AND NOT i.partial";
        let unique = rows(connection, unique, name, |row| row.get::<_, String>(0));
        Self {
            columns: columns.into_iter().collect(),
            foreign: foreign.into_iter().collect(),
            keys: unique.iter().map(|sql| parts(sql)).collect(),
            strict,
            counts_up,
        }
    }
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    table: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut statement = connection.prepare(sql).expect("a statement");
    let bound: &[&str] = if sql.contains("$1") { &[table] } else { &[] };
    let found = statement.query_map(rusqlite::params_from_iter(bound), read).expect("rows");
    found.collect::<rusqlite::Result<Vec<T>>>().expect("every row")
}

/// What an index is over: the parts between its outer brackets.
fn parts(sql: &str) -> Vec<String> {
    let (_, rest) = sql.split_once('(').expect("an opening bracket");
    let inside = rest.trim_end().strip_suffix(')').expect("a closing bracket");
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in inside.chars() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        match (letter, depth) {
            (',', 0) => parts.push(String::new()),
            _ => parts.last_mut().expect("a part").push(letter),
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

/// The constraints of a table that no name stands before.
fn without_name(sql: &str) -> Vec<&'static str> {
    let mut words: Vec<String> = Vec::new();
    let mut depth = 0;
    let mut nameless = Vec::new();
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let spaced: String =
        lines.collect::<Vec<_>>().join(" ").replace('(', " ( ").replace(')', " ) ").replace(',', " , ");
    for word in spaced.split_whitespace() {
        depth += i32::from(word == "(") - i32::from(word == ")");
        // What stands in inner brackets is an expression or a list of columns.
        if depth > 1 {
            continue;
        }
        let constraint = ["PRIMARY", "NOT", "UNIQUE", "CHECK", "REFERENCES"].into_iter().find(|known| *known == word);
        let named = words.iter().rev().nth(1).is_some_and(|before| before == "CONSTRAINT");
        if let (Some(constraint), false) = (constraint, named) {
            nameless.push(constraint);
        }
        words.push(word.to_owned());
    }
    nameless
}
