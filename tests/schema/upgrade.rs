//! Inventories of earlier versions: each released schema stays as a dump in `tests/data`, and is brought up to today's.

use crate::support::Sandbox;
use rusqlite::Connection;

/// What a file's schema is made of: the text of every table, index and view, in the order of their names.
fn made_of(connection: &Connection) -> Vec<(String, String, Option<String>)> {
    let sql = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name";
    let mut statement = connection.prepare(sql).expect("a statement");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("rows");
    rows.collect::<rusqlite::Result<Vec<_>>>().expect("every row")
}

/// The inventory of a dump, in a sandbox of its own.
fn released(dump: &str) -> Sandbox {
    let sandbox = Sandbox::with_inventory(env!("CARGO_BIN_EXE_inv").as_ref(), &[]);
    engine(&sandbox).execute_batch(dump).expect("the dump is SQL");
    sandbox
}

fn engine(sandbox: &Sandbox) -> Connection {
    Connection::open(sandbox.database()).expect("the inventory")
}

/// Each released schema, by its version.
const RELEASED: [(i64, &str); 6] = [
    (1, include_str!("../data/schema-1.sql")),
    (2, include_str!("../data/schema-2.sql")),
    (3, include_str!("../data/schema-3.sql")),
    (4, include_str!("../data/schema-4.sql")),
    (5, include_str!("../data/schema-5.sql")),
    (6, include_str!("../data/schema-6.sql")),
];

const TODAY: i64 = 7;

#[test]
fn a_file_of_any_version_gets_exactly_the_schema_of_a_new_one() {
    let version = |of: &Sandbox| engine(of).query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let new = Sandbox::empty();
    for (number, dump) in RELEASED {
        let old = released(dump);
        assert_eq!(version(&old), Ok(number));
        assert_ne!(made_of(&engine(&old)), made_of(&engine(&new)));
        old.run(&["provider", "list"]);
        assert_eq!(made_of(&engine(&old)), made_of(&engine(&new)));
        assert_eq!((version(&old), version(&new)), (Ok(TODAY), Ok(TODAY)));
    }
}

#[test]
fn an_upgrade_keeps_every_record_and_all_of_history() {
    let rows = |sandbox: &Sandbox, sql: &str| -> i64 {
        engine(sandbox).query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    let tables =
        ["unit", "virtual_machine", "disk", "partition", "ip_address", "change", "change_entry", "change_file"];
    let count = |sandbox: &Sandbox| tables.map(|table| rows(sandbox, &format!("SELECT count(*) FROM {table}")));
    let hashes = "SELECT group_concat(password_hash || coalesce(email, '') || created_at) FROM login_users";
    let secrets =
        |sandbox: &Sandbox| -> String { engine(sandbox).query_row(hashes, [], |row| row.get(0)).expect("text") };
    for (_, dump) in RELEASED {
        let sandbox = released(dump);
        let (before, secrets_before) = (count(&sandbox), secrets(&sandbox));
        sandbox.run(&["provider", "list"]);
        assert_eq!(count(&sandbox), before);
        assert_eq!(secrets(&sandbox), secrets_before);
        assert_eq!(rows(&sandbox, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
        let whole: String =
            engine(&sandbox).query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
        assert_eq!(whole, "ok");
    }
}

#[test]
fn what_another_program_has_open_is_held_to_the_schema_of_today_too() {
    // It has read the schema, and must notice that it is another one now.
    let sandbox = released(RELEASED[1].1);
    let other = engine(&sandbox);
    assert_eq!(other.query_row("SELECT count(*) FROM virtual_machine", [], |row| row.get(0)), Ok(2));
    sandbox.run(&["provider", "list"]);
    assert_eq!(made_of(&other), made_of(&engine(&Sandbox::empty())));
    let refused = other.execute("UPDATE virtual_machine SET status = 'asleep'", []).expect_err("no such status");
    assert_eq!(refused.to_string(), "CHECK constraint failed: virtual_machine_status_known");
    assert_eq!(other.execute("UPDATE virtual_machine SET status = 'suspended'", []), Ok(2));
}

#[test]
fn of_the_login_users_of_version_1_the_first_becomes_the_admin() {
    let sandbox = released(RELEASED[0].1);
    sandbox.run(&["provider", "list"]);
    let connection = engine(&sandbox);
    let mut statement = connection.prepare("SELECT username, role FROM login_users ORDER BY 1").expect("a statement");
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    let found: Vec<(String, String)> = found.collect::<rusqlite::Result<_>>().expect("every row");
    assert_eq!(found, [("carol", "admin"), ("dave", "editor")].map(|(name, role)| (name.to_owned(), role.to_owned())));
    // A third one had been removed: its id is not given again.
    let last: i64 = connection
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'login_users'", [], |row| row.get(0))
        .expect("a row of its own");
    assert_eq!(last, 3);
}
