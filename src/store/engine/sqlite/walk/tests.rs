//! What the pages answer is held against what the engine answers to the same selection.

use super::super::pages::Held;
use crate::store::engine::waiting::Patience;
use crate::store::engine::{Access, Bind, Connection, Raw, Statement};
use crate::store::reading::selection::{Condition, Join, Order, Pick, Selection, Table};
use proptest::prelude::*;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const HOLDER: Table = Table { name: "holder", id: "holder_id" };
const ITEM: Table = Table { name: "item", id: "item_id" };

const SCHEMA: &str = "
CREATE TABLE holder (
    holder_id  INTEGER CONSTRAINT holder_pk PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    holder     INTEGER CONSTRAINT holder_in REFERENCES holder (holder_id)
) STRICT;
CREATE UNIQUE INDEX holder_key ON holder (name, coalesce(holder, 0));
CREATE TABLE item (
    item_id  INTEGER CONSTRAINT item_pk PRIMARY KEY AUTOINCREMENT,
    name     TEXT CONSTRAINT item_name CHECK (length(name) < 100000),
    holder   INTEGER CONSTRAINT item_holder REFERENCES holder (holder_id),
    number   INTEGER,
    note     TEXT
) STRICT;
CREATE INDEX item_key ON item (name, holder, coalesce(note, ''));
CREATE INDEX item_by_holder ON item (holder);
CREATE INDEX item_name_with_slash ON item (name) WHERE name LIKE '%/%';
";

/// A row of `item`: its name, what holds it, a number, a note.
type Item = (Option<String>, Option<i64>, Option<i64>, Option<String>);

/// A file with these rows, of which every third is removed again, in pages of that size.
fn file(page_size: u32, holders: i64, items: &[Item]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file.db");
    let connection = Connection::open(&path, Access::Create, Patience::default()).expect("a file");
    connection.batch(&format!("PRAGMA page_size = {page_size}; BEGIN; {SCHEMA}")).expect("the schema");
    for id in 1..=holders {
        let name = format!("h{}", id % 7);
        let values = [Bind::Text(&name), if id % 3 == 0 { Bind::Integer(id / 3) } else { Bind::Null }];
        let sql = "INSERT INTO holder (name, holder) SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM holder WHERE name = $1 AND \
                   coalesce(holder, 0) = coalesce($2, 0))";
        connection.execute(sql, &values).expect("a holder");
    }
    for (name, holder, number, note) in items {
        let integer = |number: &Option<i64>| number.map_or(Bind::Null, Bind::Integer);
        let sql = "INSERT INTO item (name, holder, number, note) VALUES ($1, $2, $3, $4)";
        connection
            .insert(sql, &[text(name.as_ref()), integer(holder), integer(number), text(note.as_ref())])
            .expect("an item");
    }
    connection.batch("DELETE FROM item WHERE item_id % 3 = 2; COMMIT").expect("a commit");
    (folder, path)
}

fn text(text: Option<&String>) -> Bind<'_> {
    text.map_or(Bind::Null, |text| Bind::Text(text))
}

/// The rows of a selection as text, by the way that `ask` goes.
fn told(columns: usize, ask: impl FnOnce(&mut dyn FnMut(&Raw<'_>)) -> crate::error::Result<()>) -> Vec<String> {
    let mut rows = Vec::new();
    let mut each = |row: &Raw<'_>| {
        let cells: Vec<Held<'_>> = (0..columns).map(|place| row.held(place).expect("a cell")).collect();
        rows.push(format!("{cells:?}"));
    };
    ask(&mut each).expect("an answer");
    rows
}

/// Asserts that the pages answer `selection` as the engine does.
fn assert_alike(connection: &Connection, selection: &Selection, values: &[Bind<'_>]) {
    let columns = selection.picks.len();
    let statement = Statement::new(selection.clone());
    assert!(connection.answers_from_pages(&statement), "{selection:?}");
    let mut ours = told(columns, |each| {
        connection.select(&statement, values, |row| {
            each(row);
            Ok(ControlFlow::Continue(()))
        })
    });
    let mut theirs = told(columns, |each| {
        connection.rows(&selection.sql(), values, |row| {
            each(row);
            Ok(ControlFlow::Continue(()))
        })
    });
    if selection.order == Order::Any {
        ours.sort_unstable();
        theirs.sort_unstable();
    }
    assert_eq!(ours, theirs, "{} {values:?}", selection.sql());
}

/// What is told of each item: all of it, and what holds it, and what holds that.
fn everything() -> Selection {
    let picks = ["item_id", "name", "number", "note"].map(|column| Pick::Column(0, column)).to_vec();
    let mut selection = Selection::of(ITEM, picks);
    selection.joins =
        vec![Join { from: 0, column: "holder", to: HOLDER }, Join { from: 1, column: "holder", to: HOLDER }];
    selection.picks.extend([
        Pick::Column(1, "name"),
        Pick::Column(2, "name"),
        Pick::Column(2, "holder_id"),
        Pick::FirstOf(0, vec!["note", "name"]),
        Pick::Nothing,
    ]);
    selection
}

fn leads(column: &'static str, through: Vec<(Table, &'static str)>, count: usize) -> Condition {
    Condition::Leads { column, through, count, or_empty: false, negated: false }
}

/// Every way to ask, about the values that `item` has.
fn ask_everything(connection: &Connection, (name, holder, _, note): &Item) {
    let held = holder.unwrap_or(3);
    let (holder, name) = (Bind::Integer(held), name.as_deref().unwrap_or("x"));
    let note = text(note.as_ref());
    let is = |column, count| Condition::Is { column, count };
    let back = || vec![(HOLDER, "holder")];
    let asked: Vec<(Condition, Vec<Bind<'_>>)> = vec![
        (is("item_id", 1), vec![Bind::Integer(held * 3 + 1)]),
        (is("item_id", 3), vec![Bind::Integer(9), Bind::Integer(1), Bind::Integer(1)]),
        (is("name", 1), vec![Bind::Text(name)]),
        (is("name", 2), vec![Bind::Text(name), Bind::Text("b")]),
        (is("number", 1), vec![Bind::Integer(1)]),
        (is("holder", 1), vec![holder]),
        (is("holder", 1), vec![Bind::Null]),
        (is("holder", 0), vec![]),
        (Condition::Between, vec![Bind::Integer(4), Bind::Integer(held * 5)]),
        (Condition::Same { column: "note", number: false }, vec![note]),
        (Condition::Same { column: "number", number: true }, vec![Bind::Null]),
        (Condition::HasSlash { column: "name" }, vec![]),
        (leads("item_id", vec![], 1), vec![Bind::Integer(held)]),
        (leads("holder", vec![], 1), vec![holder]),
        (leads("holder", vec![], 2), vec![holder, Bind::Integer(1)]),
        (leads("holder", back(), 1), vec![Bind::Integer(1)]),
        (leads("holder", back(), 2), vec![Bind::Integer(1), holder]),
    ];
    for (condition, values) in &asked {
        let selection = everything().with(condition.clone());
        assert_alike(connection, &selection, values);
        assert_alike(connection, &Selection { picks: vec![Pick::Count], ..selection.clone() }, values);
        assert_alike(connection, &Selection { limit: Some(3), offset: 1, ..selection.clone() }, values);
        if let Condition::Leads { column, through, count, .. } = condition {
            for (or_empty, negated) in [(true, false), (false, true), (true, true)] {
                let (column, through, count) = (*column, through.clone(), *count);
                let condition = Condition::Leads { column, through, count, or_empty, negated };
                assert_alike(connection, &everything().with(condition), values);
            }
        }
        // Several conditions: one of them finds the records, all of them hold.
        for (other, others) in &asked {
            let both = everything().with(condition.clone()).with(other.clone());
            let values: Vec<Bind<'_>> = values.iter().chain(others).copied().collect();
            assert_alike(connection, &both, &values);
        }
    }
    let key = [is("name", 1), is("holder", 1), Condition::Same { column: "note", number: false }];
    let whole = key.into_iter().fold(everything(), Selection::with);
    assert_alike(connection, &whole, &[Bind::Text(name), holder, note]);
    assert_alike(connection, &Selection { order: Order::Any, ..whole }, &[Bind::Text(name), holder, note]);
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]{0,3}",
        2 => "[a-c]/[a-c]{1,2}",
        1 => "[äß漢]{1,3}",
        // Longer than fits into a page: names in indexes, too.
        1 => (1_usize..9000).prop_map(|length| "n".repeat(length)),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    let number = prop_oneof![0_i64..3, any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
    let note = prop_oneof![3 => "[a-b]{0,1}", 1 => (1_usize..70_000).prop_map(|length| "long ".repeat(length / 5))];
    (prop::option::of(name()), prop::option::of(1_i64..9), prop::option::of(number), prop::option::of(note))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn pages_answer_as_the_engine_does(
        size in prop::sample::select(&[512_u32, 1024, 4096, 65536][..]),
        items in prop::collection::vec(item(), 0..120),
        asked in item(),
    ) {
        let (_folder, path) = file(size, 12, &items);
        let connection = Connection::read(&path, Patience::default()).expect("the file");
        assert_alike(&connection, &everything(), &[]);
        assert_alike(&connection, &Selection::ids(HOLDER), &[]);
        assert_alike(&connection, &Selection::of(ITEM, vec![Pick::Count]), &[]);
        ask_everything(&connection, &asked);
        if let Some(item) = items.first() {
            ask_everything(&connection, item);
        }
    }

    #[test]
    fn damage_is_told_and_never_believed_for_ever(
        items in prop::collection::vec(item(), 30..60),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let (_folder, path) = file(512, 12, &items);
        let mut bytes = fs::read(&path).expect("the file");
        for (place, byte) in places {
            // What the engine itself finds at once is not of interest here.
            let place = 100 + place.index(bytes.len() - 100);
            bytes[place] = byte;
        }
        fs::write(&path, bytes).expect("the file");
        let _ = read_all(&path);
    }
}

/// Reads what can be read of a file, in every way: it must end, and not panic. Whether all of it could be read.
fn read_all(path: &Path) -> bool {
    let Ok(connection) = Connection::read(path, Patience::default()) else { return false };
    let mut whole = true;
    for selection in [
        everything(),
        Selection::of(ITEM, vec![Pick::Count]),
        everything().with(Condition::HasSlash { column: "name" }),
        everything().with(leads("holder", vec![(HOLDER, "holder")], 1)),
    ] {
        let values = [Bind::Integer(2)];
        let values = &values[..selection.conditions.first().map_or(0, Condition::takes)];
        let statement = Statement::new(selection);
        // Each id of a table comes once, whatever its tree is like.
        whole &= connection.select(&statement, values, |_| Ok(ControlFlow::Continue(()))).is_ok();
    }
    whole & connection.ends(ITEM).is_ok() & connection.has_any(ITEM).is_ok()
}

#[test]
fn a_tree_that_leads_back_to_where_it_has_been_is_damage() {
    let items: Vec<Item> = (0..2000).map(|n| (Some(format!("name/{n:05}")), Some(1 + n % 5), None, None)).collect();
    let (_folder, path) = file(512, 12, &items);
    assert!(read_all(&path));
    let whole = fs::read(&path).expect("the file");
    let mut damaged = 0;
    for number in 1..whole.len() / 512 {
        let page = number * 512;
        // The children of each inner page all become its first one.
        if matches!(whole[page], 2 | 5) {
            let cells = usize::from(whole[page + 3]) << 8 | usize::from(whole[page + 4]);
            let cell = |place: usize| {
                let at = page + 12 + 2 * place;
                page + (usize::from(whole[at]) << 8 | usize::from(whole[at + 1]))
            };
            let first: [u8; 4] = whole[cell(0)..cell(0) + 4].try_into().expect("a number");
            let mut bytes = whole.clone();
            for place in 0..cells {
                bytes[cell(place)..cell(place) + 4].copy_from_slice(&first);
            }
            bytes[page + 8..page + 12].copy_from_slice(&first);
            fs::write(&path, bytes).expect("the file");
            // Of an index, what is asked here need not come by the page.
            assert!(!read_all(&path) || whole[page] == 2, "page {number}");
            damaged += 1;
        }
    }
    assert!(damaged > 10, "{damaged} inner pages");
}

#[test]
fn a_file_of_another_make_is_left_to_the_engine() {
    for (setting, schema) in [
        ("PRAGMA encoding = 'UTF-16le';", SCHEMA),
        ("", "CREATE TABLE item (\n    item_id INTEGER PRIMARY KEY,\n    name TEXT DEFAULT 'none'\n) STRICT"),
        ("", "CREATE TABLE item (item_id INTEGER PRIMARY KEY, name TEXT)"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file.db");
        let connection = Connection::open(&path, Access::Create, Patience::default()).expect("a file");
        connection.batch(&format!("{setting} {schema}; INSERT INTO item (item_id) VALUES (7)")).expect("a table");
        drop(connection);
        let connection = Connection::read(&path, Patience::default()).expect("the file");
        let statement = Statement::new(Selection::ids(ITEM));
        assert!(!connection.answers_from_pages(&statement), "{setting}{schema}");
        assert_eq!(connection.select_first(&statement, &[], |row| row.id(0)).expect("an answer"), Some(7));
    }
}

#[test]
fn what_is_not_committed_is_left_to_the_engine() {
    let (_folder, path) = file(4096, 3, &[]);
    let connection = Connection::open(&path, Access::Write, Patience::default()).expect("the file");
    connection.begin_write().expect("the lock");
    connection.insert("INSERT INTO item (name) VALUES ($1)", &[Bind::Text("new")]).expect("a row");
    let statement = Statement::new(Selection::of(ITEM, vec![Pick::Count]));
    assert!(!connection.answers_from_pages(&statement) && connection.beside().is_none());
    assert_eq!(connection.select_first(&statement, &[], |row| row.id(0)).expect("an answer"), Some(1));
    connection.roll_back();
}
