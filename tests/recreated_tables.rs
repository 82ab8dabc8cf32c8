//! Tables that another program has recreated or extended: `inv` gives the answer that the engine gives, or a sentence, and
//! never a wrong cell.

use crate::support::Sandbox;
use std::process::Command;

/// Recreates `users` with the columns `columns`, from the rows that it has.
fn recreated(columns: &str, options: &str, filled: &str) -> Sandbox {
    let sandbox = Sandbox::estate();
    let script = format!(
        "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; BEGIN; ALTER TABLE users RENAME TO old; \
         DROP INDEX users_key; DROP INDEX users_name_with_slash; CREATE TABLE users ({columns}){options}; \
         INSERT INTO users ({filled}) SELECT {filled} FROM old; DROP TABLE old; COMMIT;"
    );
    by_sqlite(&sandbox, &script);
    sandbox
}

/// The answer of the sqlite3 shell, as CSV with a header.
fn by_sqlite(sandbox: &Sandbox, script: &str) -> String {
    let done = Command::new("sqlite3").args(["-csv", "-header"]).arg(sandbox.database()).arg(script).output();
    let done = done.expect("sqlite3 of the Debian package sqlite3");
    assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8").replace("\r\n", "\n")
}

/// Holds what `inv` reads against what the engine reads, and that nothing is written.
fn reads_as_the_engine_does(sandbox: &Sandbox) {
    let wanted = by_sqlite(sandbox, "SELECT name, email FROM users ORDER BY user_id");
    assert_eq!(sandbox.ok(&["user", "list", "-o", "csv", "-c", "name,email"]), wanted);
    let wanted = by_sqlite(
        sandbox,
        "SELECT v.name AS name, u.name AS owner, u.email AS \"owner.email\" FROM virtual_machine v \
         LEFT JOIN users u ON u.user_id = v.user_id ORDER BY v.vm_id",
    );
    assert_eq!(sandbox.ok(&["vm", "list", "-o", "csv", "-c", "name,owner,owner.email"]), wanted);
    let shown = sandbox.ok(&["user", "show", "alice", "-o", "csv"]);
    let email = by_sqlite(sandbox, "SELECT email FROM users WHERE name = 'alice'").replace("email\n", "");
    assert!(shown.contains(email.trim()), "{shown} has no {email}");
}

/// Holds that a change is refused with a sentence, and leaves the file as it was.
fn refuses_to_write(sandbox: &Sandbox) {
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let refused = sandbox.run(&["user", "add", "carol"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (6, ""));
    assert_eq!(
        refused.stderr,
        "error: the inventory is damaged: the definition of \"users\" differs from the schema; nothing was changed\n\
         help: restore it from a backup with inv restore FILE\n"
    );
    assert_eq!(std::fs::read(sandbox.database()).expect("the inventory"), before);
}

#[test]
fn a_generated_column_is_read_as_the_engine_computes_it() {
    let sandbox = recreated(
        "user_id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT generated always as (name || '@corp.example')",
        "",
        "user_id, name",
    );
    reads_as_the_engine_does(&sandbox);
    assert!(sandbox.ok(&["user", "list", "-o", "csv"]).contains("bob@corp.example"));
    refuses_to_write(&sandbox);
}

#[test]
fn a_column_without_case_matches_as_the_engine_matches() {
    let columns = "user_id INTEGER PRIMARY KEY, name TEXT collate nocase NOT NULL, email TEXT collate nocase";
    let sandbox = recreated(columns, "", "user_id, name, email");
    reads_as_the_engine_does(&sandbox);
    assert_eq!(sandbox.ok(&["user", "list", "--name", "ALICE", "--count"]), "1\n");
    assert_eq!(by_sqlite(&sandbox, "SELECT count(*) FROM users WHERE name = 'ALICE'"), "count(*)\n1\n");
    refuses_to_write(&sandbox);
}

#[test]
fn a_table_without_row_ids_is_read() {
    let sandbox = recreated(
        "name TEXT NOT NULL, email TEXT, user_id INTEGER NOT NULL PRIMARY KEY",
        " WITHOUT ROWID",
        "user_id, name, email",
    );
    reads_as_the_engine_does(&sandbox);
    refuses_to_write(&sandbox);
}

#[test]
fn an_added_column_changes_no_answer() {
    let sandbox = Sandbox::estate();
    let before = sandbox.ok(&["user", "list", "-o", "csv"]);
    by_sqlite(&sandbox, "ALTER TABLE users ADD COLUMN phone TEXT");
    assert_eq!(sandbox.ok(&["user", "list", "-o", "csv"]), before);
    reads_as_the_engine_does(&sandbox);
    refuses_to_write(&sandbox);
}
