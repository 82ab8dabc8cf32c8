//! Waiting for a lock, and signals: who waits says for whom, and a change that is told to end leaves nothing.

use crate::support::{Sandbox, signal, wait_until};
use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Holds a lock on the inventory as another program would, until it is dropped.
struct Holder(Child);

impl Holder {
    fn of(sandbox: &Sandbox, begin: &str) -> Self {
        let script = "import sqlite3, sys\n\
                      c = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                      for line in sys.argv[2].split(';'):\n    c.execute(line).fetchone()\n\
                      print('held', flush=True)\n\
                      sys.stdin.read()";
        let mut command = Command::new("python3");
        command.args(["-c", script]).arg(sandbox.database()).arg(begin);
        Self::awaited(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 runs"))
    }

    fn awaited(mut child: Child) -> Self {
        let mut told = [0; 4];
        child.stdout.as_mut().expect("a pipe").read_exact(&mut told).expect("the lock");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().expect("its end");
    }
}

#[test]
fn a_lock_is_waited_for_aloud_and_given_up_with_the_name_of_its_holder() {
    let sandbox = Sandbox::estate();
    let holder = Holder::of(&sandbox, "BEGIN IMMEDIATE");
    let who = format!("another program (pid {}, python3)", holder.0.id());
    let help = "help: try again later, or wait longer with --wait SECONDS\n";

    let at_once = sandbox.run(&["--wait", "0", "user", "add", "carol"]);
    assert_eq!((at_once.status, at_once.stdout.as_str()), (6, ""));
    assert_eq!(at_once.stderr, format!("error: the inventory is locked by {who}\n{help}"));

    let begun = Instant::now();
    let later = sandbox.run(&["user", "add", "carol", "--wait", "2s"]);
    assert!((2..30).contains(&begun.elapsed().as_secs()));
    assert_eq!(later.status, 6);
    let told = format!("error: after 2 seconds the inventory is still locked by {who}\n{help}");
    assert_eq!(later.stderr, format!("waiting for {who} …\n{told}"));
    let quiet = sandbox.run(&["user", "add", "carol", "--wait", "2s", "--quiet"]);
    assert_eq!(quiet.stderr, told);

    // Who only began to write keeps no reader waiting.
    assert_eq!(sandbox.ok(&["--wait", "0", "user", "list", "--count"]), "2\n");
    drop(holder);
    sandbox.ok(&["--wait", "0", "user", "add", "carol"]);

    let holder = Holder::of(&sandbox, "BEGIN EXCLUSIVE");
    let reader = sandbox.run(&["--wait", "0", "user", "list"]);
    assert_eq!(reader.status, 6);
    assert_eq!(
        reader.stderr,
        format!("error: the inventory is locked by another program (pid {}, python3)\n{help}", holder.0.id())
    );
    drop(holder);
    let holder = Holder::of(&sandbox, "BEGIN;SELECT count(*) FROM users");
    let writer = sandbox.run(&["--wait", "0", "user", "add", "dave"]);
    assert_eq!(
        writer.stderr,
        format!("error: the inventory is locked by another program (pid {}, python3)\n{help}", holder.0.id())
    );
    drop(holder);
    assert_eq!(sandbox.ok(&["user", "list", "--count"]), "3\n");

    let wrong = sandbox.run(&["--wait", "soon", "user", "list"]);
    assert_eq!(wrong.status, 2);
    assert_eq!(wrong.stderr, "error: \"soon\" is not a duration\nhelp: write 30s, 5m or 1h\n");
}

/// An import that has begun to write, and is stopped until it gets the signal CONT.
fn begun_import(sandbox: &Sandbox) -> Child {
    // As long as somebody reads, the import cannot commit.
    let reader = Holder::of(sandbox, "BEGIN;SELECT count(*) FROM users");
    let rows: String = (0..40_000).map(|n| format!("hidden{n},h@example.com\n")).collect();
    sandbox.file("rows.csv", format!("name,email\n{rows}"));
    let mut import = sandbox.command();
    import.args(["--no-pager", "--quiet", "user", "import", "rows.csv", "--message", "secret"]);
    let import = import.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
    // The journal stands beside the inventory from the first write to the commit.
    let journal = sandbox.path().join("inv.db-journal");
    wait_until("the import to write", || journal.exists());
    signal(&import, "STOP");
    drop(reader);
    import
}

#[test]
fn another_inv_is_told_by_its_noun_and_verb_and_never_by_what_it_was_given() {
    let sandbox = Sandbox::estate();
    let import = begun_import(&sandbox);
    let refusal = sandbox.run(&["--wait", "0", "provider", "rename", "AWS", "aws"]);
    signal(&import, "CONT");
    assert_eq!(refusal.status, 6);
    assert_eq!(
        refusal.stderr,
        format!(
            "error: the inventory is locked by another inv (pid {}, user import)\n\
             help: try again later, or wait longer with --wait SECONDS\n",
            import.id()
        )
    );
    assert!(import.wait_with_output().expect("its end").status.success());
    assert_eq!(sandbox.ok(&["user", "list", "--count"]), "40002\n");
}

#[test]
fn a_signal_ends_a_change_with_nothing_changed() {
    for name in ["INT", "TERM", "HUP", "QUIT"] {
        let sandbox = Sandbox::estate();
        let before = fs::read(sandbox.database()).expect("the inventory");
        let import = begun_import(&sandbox);
        signal(&import, name);
        signal(&import, "CONT");
        let output = import.wait_with_output().expect("its end");
        assert_eq!(output.status.code(), Some(130), "SIG{name}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "error: interrupted; nothing was changed\n", "SIG{name}");
        assert!(!sandbox.path().join("inv.db-journal").exists(), "SIG{name}");
        assert!(before == fs::read(sandbox.database()).expect("the inventory"), "SIG{name}");
    }
}

#[test]
fn a_signal_ends_a_wait_for_the_lock_at_once() {
    let sandbox = Sandbox::estate();
    let _holder = Holder::of(&sandbox, "BEGIN IMMEDIATE");
    let mut waiting = sandbox.command();
    let mut waiting =
        waiting.args(["user", "add", "carol"]).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut said = [0; 7];
    waiting.stderr.as_mut().expect("a pipe").read_exact(&mut said).expect("the announcement");
    assert_eq!(&said, b"waiting");
    let begun = Instant::now();
    signal(&waiting, "TERM");
    let output = waiting.wait_with_output().expect("its end");
    assert_eq!(output.status.code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(15), "it waited for the lock all the same");
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("error: interrupted; nothing was changed\n"));
}
