//! Signing in: who may do what, and what never leaks.

#[path = "login/passwords.rs"]
mod passwords;
#[path = "login/roles.rs"]
mod roles;
#[path = "login/service.rs"]
mod service;
#[path = "login/sessions.rs"]
mod sessions;

use crate::support::{Answer, Sandbox};
use rusqlite::Connection;
use std::sync::OnceLock;

/// The password of every login user of these tests.
const PASSWORD: &str = "correct horse battery staple";

/// The engine on the inventory of a sandbox.
fn engine(sandbox: &Sandbox) -> Connection {
    Connection::open(sandbox.database()).expect("the inventory")
}

/// Adds a login user; the first one is an admin.
fn add(sandbox: &Sandbox, name: &str, role: &str) {
    let arguments = ["login-user", "add", name, "--role", role, "--password-stdin"];
    let answer = sandbox.run_with_input(&arguments, PASSWORD);
    assert_eq!(answer.status, 0, "{answer}");
}

/// A small estate with the admin `ada`, the editor `ed` and the viewer `vi`; `ada` is signed in.
fn estate() -> Sandbox {
    static INVENTORY: OnceLock<Vec<u8>> = OnceLock::new();
    let inventory = INVENTORY.get_or_init(|| {
        let sandbox = Sandbox::estate();
        sandbox.ok(&["partition", "add", "part1", "--disk", "disk0"]);
        sandbox.ok(&["source", "add", "rvtools:AWS"]);
        add(&sandbox, "ada", "admin");
        sandbox.sign_in("ada");
        add(&sandbox, "ed", "editor");
        add(&sandbox, "vi", "viewer");
        sandbox.ok(&["user", "add", "mistake"]);
        sandbox.ok(&["undo"]);
        sandbox.ok(&["logout"]);
        std::fs::read(sandbox.database()).expect("the inventory")
    });
    let sandbox = Sandbox::with_inventory(env!("CARGO_BIN_EXE_inv").as_ref(), inventory);
    sandbox.sign_in("ada");
    sandbox
}

/// Signs in as `inv login` does it.
fn log_in(sandbox: &Sandbox, name: &str, password: &str) -> Answer {
    sandbox.run_with_input(&["login", name, "--password-stdin"], format!("{password}\n"))
}

/// Holds an answer against an exit status and the first line of its standard error.
#[track_caller]
fn refused(answer: &Answer, status: i32, line: &str) {
    assert_eq!((answer.status, answer.stdout.as_str()), (status, ""), "{answer}");
    assert_eq!(answer.stderr.lines().next(), Some(line), "{answer}");
}

const SIGNED_OUT: &str = "error: login required: run `inv login`";
const WRONG: &str = "error: wrong name or password";
