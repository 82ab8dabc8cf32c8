//! The edges of the file: whatever stands where the inventory should, and whatever the disk does, each has its sentence.

use crate::support::{Answer, Sandbox, answer};
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The user and the group that own nothing.
const NOBODY: u32 = 65534;

fn journal(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join("inv.db-journal")
}

fn put(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).expect("the file");
    file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(bytes)).expect("a write");
}

/// Runs a command that must be refused by the file itself, and leave it as it was.
fn refused(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let before = fs::read(sandbox.database()).ok();
    let answer = sandbox.run(arguments);
    assert_eq!(answer.status, 6, "{answer}");
    assert_eq!(answer.stdout, "");
    assert!(before == fs::read(sandbox.database()).ok(), "{arguments:?} changed the file");
    answer.stderr.replace(&sandbox.database().display().to_string(), "inv.db")
}

#[test]
fn what_is_not_a_regular_file_is_not_even_opened() {
    for (make, what) in [("mkfifo", "a named pipe"), ("mkdir", "a folder")] {
        let sandbox = Sandbox::bare();
        assert!(Command::new(make).arg(sandbox.database()).status().expect(make).success());
        for arguments in [&["vm", "list"][..], &["user", "add", "bob"], &["backup", "b.db"]] {
            let answer = sandbox.run(arguments);
            assert_eq!(answer.status, 6, "{answer}");
            let told = answer.stderr.replace(&sandbox.database().display().to_string(), "inv.db");
            assert_eq!(told, format!("error: inv.db is {what}, not an inventory\nhelp: pass a file with --db\n"));
        }
    }
    let answer = Sandbox::bare().run(&["--db", "/dev/null", "vm", "list"]);
    assert_eq!(answer.status, 6);
    assert_eq!(answer.stderr, "error: /dev/null is a device, not an inventory\nhelp: pass a file with --db\n");
    assert!(fs::metadata("/dev/null").expect("a device").file_type().is_char_device());
}

#[test]
fn what_is_no_inventory_is_told_apart_and_left_alone() {
    let elsewhere = "help: pass another file with --db\n";
    let mut other = fs::read(Sandbox::empty().database()).expect("an inventory");
    other[68..72].copy_from_slice(b"GPKG");
    let cases: [(&[u8], String); 4] = [
        (b"", "error: inv.db is empty, not an inventory\nhelp: remove it and run inv init, or pass another file \
             with --db\n".to_owned()),
        (b"name,email\nalice,a@example.com\n", format!("error: inv.db is not an inventory\n{elsewhere}")),
        (b"SQLite format 3\0\x10\0", "error: inv.db is damaged: it ends within its header\nhelp: restore it from a backup with inv restore FILE\n".to_owned()),
        (&other, format!("error: inv.db is a database of another program, not an inventory\n{elsewhere}")),
    ];
    for (content, told) in cases {
        let sandbox = Sandbox::with_inventory(Path::new(env!("CARGO_BIN_EXE_inv")), content);
        // Another program's crash is its own to undo.
        fs::write(journal(&sandbox), [0xd9; 512]).expect("a journal");
        for arguments in [&["vm", "list"][..], &["user", "add", "bob"], &["sql", "SELECT 1"], &["backup", "b.db"]] {
            assert_eq!(refused(&sandbox, arguments), told);
        }
        assert_eq!(fs::read(journal(&sandbox)).expect("the journal"), [0xd9; 512]);
    }
}

#[test]
fn a_file_of_a_newer_inv_stays_byte_for_byte() {
    let sandbox = Sandbox::empty();
    put(&sandbox.database(), 60, &99_u32.to_be_bytes());
    fs::write(journal(&sandbox), [0xd9; 512]).expect("a journal");
    for arguments in [&["vm", "list"][..], &["user", "add", "bob"], &["check"], &["backup", "b.db"]] {
        let told = refused(&sandbox, arguments);
        let known = inv::store::VERSION;
        let words = format!("error: inv.db was written by a newer inv (schema version 99; supported: {known})\n");
        assert_eq!(told, words + "help: use the newer inv\n");
    }
    assert!(journal(&sandbox).exists());
}

#[test]
fn damage_is_told_in_words_wherever_it_is() {
    let restore = "help: restore it from a backup with inv restore FILE; run `inv check` for the faults\n";
    // The first page says how large pages are; then half the file is gone; then each page is overwritten in its turn.
    let sandbox = Sandbox::estate();
    put(&sandbox.database(), 16, &[0x12, 0x34]);
    let told = refused(&sandbox, &["vm", "list"]);
    assert_eq!(told, format!("error: the inventory is damaged: its first page is invalid\n{restore}"));
    let sandbox = Sandbox::estate();
    let length = fs::metadata(sandbox.database()).expect("the inventory").len();
    let file = fs::OpenOptions::new().write(true).open(sandbox.database()).expect("the inventory");
    file.set_len(length / 2).expect("half of it");
    let told = refused(&sandbox, &["vm", "list"]);
    assert_eq!(
        told,
        format!("error: the inventory is damaged: it contains pages that contradict each other\n{restore}")
    );

    let whole = fs::read(Sandbox::estate().database()).expect("the inventory");
    let mut noticed = 0;
    for page in (4096..whole.len()).step_by(4096) {
        let mut broken = whole.clone();
        broken[page..page + 4096].fill(0xa5);
        let sandbox = Sandbox::with_inventory(Path::new(env!("CARGO_BIN_EXE_inv")), &broken);
        for arguments in [&["vm", "show", "web01"][..], &["export", "out"], &["vm", "set", "web01", "--cpu", "8"]] {
            let answer = sandbox.run(arguments);
            assert!([0, 6].contains(&answer.status), "page {page}: {answer}");
            if answer.status == 6 {
                noticed += 1;
                assert!(answer.stderr.starts_with("error: the inventory "), "page {page}: {answer}");
                assert!(!answer.stderr.contains("malformed"), "page {page}: {answer}");
            }
        }
        let copied = sandbox.run(&["backup", "b.db"]);
        assert_eq!(copied.status, 6, "page {page}: {copied}");
        assert!(!sandbox.path().join("b.db").exists(), "a damaged copy was kept");
    }
    assert!(noticed > 20, "only {noticed} commands met the damage");
}

#[test]
fn a_trigger_is_not_run_and_a_key_that_is_gone_is_missed() {
    let cases = [
        (
            "CREATE TRIGGER spy AFTER INSERT ON users BEGIN UPDATE users SET email = 'x@y'; END",
            "error: the inventory has a trigger that inv did not create, \"spy\"; nothing was changed\n",
        ),
        (
            "DROP INDEX users_key",
            "error: the inventory is damaged: the definition of \"users_key\" differs from the schema; nothing was \
             changed\n",
        ),
        (
            "ALTER TABLE users ADD COLUMN shoe INTEGER",
            "error: the inventory is damaged: the definition of \"users\" differs from the schema; nothing was \
             changed\n",
        ),
    ];
    for (sql, told) in cases {
        let sandbox = Sandbox::estate();
        by_sqlite(&sandbox, sql);
        let refusal = refused(&sandbox, &["user", "add", "carol"]);
        assert!(refusal.starts_with(told), "{refusal}");
        assert_eq!(sandbox.ok(&["user", "list", "-o", "csv", "-c", "name"]), "name\nalice\nbob\n");
    }
    // What others keep for themselves in the file is theirs.
    let sandbox = Sandbox::estate();
    by_sqlite(&sandbox, "CREATE TABLE note (x); CREATE VIEW big AS SELECT name FROM virtual_machine");
    sandbox.ok(&["user", "add", "carol"]);
    // A table that reading needs, and that is not there.
    by_sqlite(&sandbox, "DROP VIEW v_vm; ALTER TABLE users RENAME TO people");
    let told = refused(&sandbox, &["user", "list"]);
    assert!(told.starts_with("error: the inventory does not match the schema: no such table"), "{told}");
}

fn by_sqlite(sandbox: &Sandbox, sql: &str) {
    let script = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nc.executescript(sys.argv[2])\nc.close()";
    let done = Command::new("python3").args(["-c", script]).arg(sandbox.database()).arg(sql).status();
    assert!(done.expect("python3 runs").success());
}

#[test]
fn a_file_in_wal_mode_is_told_how_to_put_back() {
    let sandbox = Sandbox::estate();
    by_sqlite(&sandbox, "PRAGMA journal_mode = WAL");
    let told = refused(&sandbox, &["vm", "list"]);
    assert_eq!(
        told,
        "error: inv.db is in WAL mode, which inv does not use\n\
         help: sqlite3 inv.db 'PRAGMA journal_mode = DELETE' resets the mode\n"
    );
    by_sqlite(&sandbox, "PRAGMA journal_mode = DELETE");
    sandbox.ok(&["user", "add", "carol"]);
}

#[test]
fn a_file_with_two_names_is_read_with_a_warning_and_not_written_to() {
    let sandbox = Sandbox::estate();
    fs::hard_link(sandbox.database(), sandbox.path().join("other.db")).expect("a hard link");
    let told = refused(&sandbox, &["user", "add", "carol"]);
    assert_eq!(
        told,
        "warning: inv.db has other hard links; writes are refused until the links are removed\n\
         error: inv.db has 2 hard links and cannot be written: a crash under one of them could not be undone under \
         the other\nhelp: remove all names but one\n"
    );
    let read = sandbox.run(&["user", "list", "-o", "csv", "-c", "name"]);
    assert_eq!((read.status, read.stdout.as_str()), (0, "name\nalice\nbob\n"));
    assert!(read.stderr.starts_with("warning: "), "{read}");
    fs::remove_file(sandbox.path().join("other.db")).expect("the link");
    sandbox.ok(&["user", "add", "carol"]);
}

#[test]
fn a_link_to_the_inventory_has_its_journal_and_its_copies_beside_the_real_file() {
    let sandbox = Sandbox::estate();
    let real = sandbox.path().join("real");
    fs::create_dir(&real).expect("a folder");
    fs::rename(sandbox.database(), real.join("estate.db")).expect("the inventory elsewhere");
    symlink("real/estate.db", sandbox.database()).expect("a link");
    let left = left_by_a_crash(&sandbox);
    assert!(real.join("estate.db-journal").exists(), "{left:?}");
    assert_eq!(sandbox.ok(&["user", "list", "-o", "csv", "-c", "name"]), "name\nalice\nbob\n");
    assert!(!real.join("estate.db-journal").exists(), "the crash was not undone");
    sandbox.ok(&["backup", "b.db"]);
    sandbox.ok(&["restore", "b.db", "--yes"]);
    assert!(fs::symlink_metadata(sandbox.database()).expect("the link").file_type().is_symlink());
    assert_eq!(fs::read_dir(&real).expect("the folder").count(), 2, "the inventory and what was replaced");
}

/// Leaves the file as a crash in the middle of a change would: with a journal, and a part of the change written.
fn left_by_a_crash(sandbox: &Sandbox) -> PathBuf {
    let script = "import os, sqlite3, sys\n\
                  c = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                  c.execute('PRAGMA cache_size = 1')\n\
                  c.execute('PRAGMA cache_spill = 1')\n\
                  c.execute('BEGIN IMMEDIATE')\n\
                  for n in range(3000):\n    \
                    c.execute('INSERT INTO users (name) VALUES (?)', ('half done %d %s' % (n, 'x' * 100),))\n\
                  os._exit(0)";
    let before = fs::read(sandbox.database()).expect("the inventory");
    let done = Command::new("python3").args(["-c", script]).arg(sandbox.database()).status();
    assert!(done.expect("python3 runs").success());
    assert!(before != fs::read(sandbox.database()).expect("the inventory"), "nothing was left half done");
    journal(sandbox)
}

#[test]
fn what_a_crash_left_is_undone_by_the_next_reader() {
    let sandbox = Sandbox::estate();
    let before = fs::read(sandbox.database()).expect("the inventory");
    assert!(left_by_a_crash(&sandbox).exists());
    assert_eq!(sandbox.ok(&["user", "list", "-o", "csv", "-c", "name"]), "name\nalice\nbob\n");
    assert!(!journal(&sandbox).exists());
    assert_eq!(before, fs::read(sandbox.database()).expect("the inventory"));
}

/// Returns true for root, to whom permissions mean nothing: tests of permissions then run the program as another user.
fn is_root() -> bool {
    fs::metadata("/proc/self").expect("/proc").uid() == 0
}

/// Runs the program as the owner of the whole sandbox, who is not root.
fn as_owner(sandbox: &Sandbox, arguments: &[&str]) -> Answer {
    let mut command = sandbox.command();
    if is_root() {
        let root = std::mem::replace(&mut command, Command::new(sandbox.program_for_others()));
        command.env_clear().envs(root.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(sandbox.path()).stdin(Stdio::null());
        for path in [sandbox.path().to_owned(), sandbox.database(), journal(sandbox)] {
            if path.exists() {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).expect("another owner");
            }
        }
        command.uid(NOBODY).gid(NOBODY);
    }
    answer(command.args(arguments))
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

#[test]
fn a_read_only_file_and_a_read_only_folder_can_be_read_and_say_why_not_more() {
    let sandbox = Sandbox::estate();
    let names = |answer: &Answer| assert_eq!((answer.status, answer.stdout.as_str()), (0, "name\nalice\nbob\n"));
    let shown = |answer: &Answer| {
        assert_eq!(answer.status, 6, "{answer}");
        answer.stderr.replace(&sandbox.path().display().to_string(), "DIR")
    };
    mode(&sandbox.database(), 0o400);
    names(&as_owner(&sandbox, &["user", "list", "-o", "csv", "-c", "name"]));
    assert_eq!(
        shown(&as_owner(&sandbox, &["user", "add", "carol"])),
        "error: DIR/inv.db cannot be changed: no write permission\n\
         help: run inv as its owner, or check its permissions with ls -l\n"
    );
    mode(&sandbox.database(), 0o600);
    mode(sandbox.path(), 0o500);
    names(&as_owner(&sandbox, &["user", "list", "-o", "csv", "-c", "name"]));
    assert_eq!(
        shown(&as_owner(&sandbox, &["user", "add", "carol"])),
        "error: DIR/inv.db cannot be changed: no write permission for its folder DIR, which contains the journal\n\
         help: run inv as the owner of the folder, or check its permissions with ls -ld\n"
    );
    mode(sandbox.path(), 0o700);
    left_by_a_crash(&sandbox);
    mode(&sandbox.database(), 0o400);
    let told = shown(&as_owner(&sandbox, &["user", "list"]));
    assert!(told.starts_with("error: a crash interrupted a change, which cannot be rolled back"), "{told}");
    mode(&sandbox.database(), 0o600);
    names(&as_owner(&sandbox, &["user", "list", "-o", "csv", "-c", "name"]));
    mode(&sandbox.database(), 0o000);
    let told = shown(&as_owner(&sandbox, &["user", "list"]));
    assert_eq!(told, "error: cannot open DIR/inv.db: permission denied\n");
}

/// Tells that a test asks more of the system than it gives.
fn not_tried(why: &str) {
    writeln!(std::io::stderr(), "not tried: {why}").expect("standard error");
}

/// Runs a shell script in mounts of its own, where the system lets this process have such; containers often do not.
fn with_mounts(sandbox: &Sandbox, script: &str) -> Option<Answer> {
    let may = Command::new("unshare").args(["--map-root-user", "--mount", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        not_tried("this process may have no mounts of its own");
        return None;
    }
    let inv = sandbox.command();
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-ec", script, "sh"]).arg(inv.get_program());
    command.env_clear().envs(inv.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(answer(command.current_dir(sandbox.path()).stdin(Stdio::null())))
}

#[test]
fn a_read_only_medium_can_be_read_and_looked_back_in() {
    let sandbox = Sandbox::estate();
    fs::create_dir(sandbox.path().join("medium")).expect("a folder");
    fs::rename(sandbox.database(), sandbox.path().join("medium/inv.db")).expect("the inventory");
    let script = "mount --bind medium medium; mount -o remount,bind,ro medium; export INV_DB=medium/inv.db\n\
                  $1 user list -o csv -c name; $1 user list --at 1 --count; $1 backup b.db -q; $1 user add carol";
    let Some(answer) = with_mounts(&sandbox, script) else { return };
    assert_eq!(answer.stdout, "name\nalice\nbob\n0\n", "{answer}");
    assert_eq!(answer.stderr, "error: medium/inv.db cannot be changed: its file system is read-only\n");
    assert_eq!(answer.status, 6);
    assert!(sandbox.path().join("b.db").exists());
}

#[test]
fn a_full_disk_can_be_read_and_a_change_on_it_leaves_nothing() {
    let sandbox = Sandbox::estate();
    fs::create_dir(sandbox.path().join("disk")).expect("a folder");
    let script = "mount -t tmpfs -o size=2m tmpfs disk; cp inv.db disk; chmod 600 disk/inv.db; export INV_DB=disk/inv.db\n\
                  cat /dev/zero >disk/filler 2>&- || true\n\
                  $1 user list -o csv -c name; $1 user list --at 1 --count\n\
                  $1 user add carol || echo $?; $1 backup disk/b.db || echo $?; $1 user list --count; ls disk";
    let Some(answer) = with_mounts(&sandbox, script) else { return };
    assert_eq!(answer.stdout, "name\nalice\nbob\n0\n6\n6\n2\nfiller\ninv.db\n", "{answer}");
    assert_eq!(
        answer.stderr,
        "error: the disk is full; nothing was changed\nhelp: free disk space and try again\n\
         error: not enough disk space for a copy of the inventory\nhelp: free disk space and try again\n"
    );
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_not_the_end() {
    let sandbox = Sandbox::estate();
    let before = sandbox.exported();
    let rows: String = (0..3000).map(|n| format!("user{n},user{n}@example.com\n")).collect();
    let file = sandbox.file("users.csv", format!("name,email\n{rows}"));
    let kilobytes = fs::metadata(sandbox.database()).expect("the inventory").len() / 1024;
    let inv = sandbox.command();
    let mut limited = Command::new("bash");
    limited.args(["-c", &format!("ulimit -f {kilobytes}; \"$@\""), "bash"]).arg(inv.get_program());
    limited.args(["user", "import", &file]).env_clear().envs(inv.get_envs().filter_map(|(n, v)| Some((n, v?))));
    let answer = answer(&mut limited);
    assert_eq!(answer.status, 6, "{answer}");
    assert_eq!(
        answer.stderr,
        "error: the inventory cannot be written: a file would become larger than ulimit -f allows; nothing was changed\n\
         help: raise the limit and try again\n"
    );
    assert!(!journal(&sandbox).exists());
    assert_eq!(sandbox.exported(), before);
}

/// Runs the program with a fault in one of its calls to the system; nothing where such faults cannot be made.
pub(crate) fn with_fault(sandbox: &Sandbox, fault: &str, arguments: &[&str]) -> Option<Answer> {
    let may = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        not_tried("strace cannot be run here");
        return None;
    }
    let inv = sandbox.command();
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", fault]).arg(inv.get_program()).args(arguments);
    command.env_clear().envs(inv.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(answer(command.current_dir(sandbox.path())))
}

#[test]
fn a_commit_that_fails_says_truly_whether_the_change_was_made() {
    let help = "help: check the disk and the system log, then run inv check\n";
    // A change makes its journal last, then its header, the file, and that the journal is gone. That the journal's name
    // lasts (the second call) is not asked about: the engine does not tell, and the last call makes good for it.
    for at in [1, 3, 4, 5] {
        let sandbox = Sandbox::estate();
        // The engine calls the one or the other, as it was compiled.
        let fault = format!("inject=fsync,fdatasync:error=EIO:when={at}");
        let Some(answer) = with_fault(&sandbox, &fault, &["user", "add", "carol"]) else { return };
        let there = sandbox.ok(&["user", "list", "--count"]) == "3\n";
        assert_eq!(answer.status, 6, "sync {at}: {answer}");
        assert_eq!(answer.stdout, "", "sync {at}");
        if there {
            assert_eq!(at, 5, "{answer}");
            assert_eq!(
                answer.stderr,
                "error: change 14 was committed, but the disk failed during the sync: the change may not survive a \
                 power loss\n\
                 help: do not repeat the change; check the disk and the system log\n"
            );
        } else {
            assert_ne!(at, 5, "{answer}");
            let told = "error: the disk failed while the inventory was written; nothing was changed\n";
            assert_eq!(answer.stderr, format!("{told}{help}"), "sync {at}");
        }
        assert!(!journal(&sandbox).exists(), "sync {at}");
    }
}

#[test]
fn a_new_file_that_cannot_be_synced_is_not_in_the_way_of_the_next_attempt() {
    let commands: [&[&str]; 3] =
        [&["backup", "b.db"], &["backup", "--keep", "1", "backups"], &["--db", "n.db", "init"]];
    for arguments in commands {
        let (mut at, mut failed, mut succeeded) = (0, 0, 0);
        // The engine does not depend on some syncs of folders; several that do no harm are behind the last one.
        while succeeded < 3 {
            at += 1;
            let sandbox = Sandbox::estate();
            let backups = sandbox.path().join("backups");
            fs::create_dir(&backups).expect("a folder");
            let old = "inv-2020-01-01T000000Z.db";
            fs::copy(sandbox.database(), backups.join(old)).expect("an old copy");
            let fault = format!("inject=fsync,fdatasync:error=EIO:when={at}");
            let Some(answer) = with_fault(&sandbox, &fault, arguments) else { return };
            if answer.status == 0 {
                succeeded += 1;
                continue;
            }
            assert_eq!(answer.status, 6, "sync {at}: {answer}");
            (failed, succeeded) = (failed + 1, 0);
            let listed = |folder: &Path| -> Vec<String> {
                let entries = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").file_name());
                let mut names: Vec<String> = entries.map(|name| name.into_string().expect("UTF-8")).collect();
                names.sort();
                names
            };
            assert_eq!(listed(sandbox.path()), ["backups", "inv.db"], "sync {at}: {answer}");
            assert_eq!(listed(&backups), [old], "sync {at}: {answer}");
            sandbox.ok(arguments);
        }
        // The new file, and then the folder that has its name.
        assert!(failed >= 2, "{arguments:?} fails at {failed} syncs");
    }
}

#[test]
fn eight_that_create_at_once_make_one_inventory() {
    let sandbox = Sandbox::bare();
    let spawn = |_| sandbox.command().arg("init").stderr(Stdio::piped()).spawn().expect("the program starts");
    let all: Vec<Child> = (0..8).map(spawn).collect();
    let ends = all.into_iter().map(|child| child.wait_with_output().expect("its end").status.code());
    let mut ends: Vec<Option<i32>> = ends.collect();
    ends.sort_unstable();
    assert_eq!(ends, [Some(0), Some(4), Some(4), Some(4), Some(4), Some(4), Some(4), Some(4)]);
    sandbox.ok(&["check", "--only", "E001,E002"]);
}

#[test]
fn the_file_its_journal_and_its_copies_are_their_owners_alone_under_any_umask() {
    for umask in ["0000", "0777"] {
        let sandbox = Sandbox::bare();
        let inv = sandbox.command();
        let script = format!(
            "umask {umask}; \"$1\" init -q; \"$1\" user add bob -q; \"$1\" backup b.db -q; \"$1\" restore b.db --yes -q"
        );
        let mut command = Command::new("sh");
        command.args(["-ec", &script, "sh"]).arg(inv.get_program()).current_dir(sandbox.path());
        command.env_clear().envs(inv.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let answer = answer(command.stdin(Stdio::null()));
        assert_eq!(answer.status, 0, "{answer}");
        let mut modes = 0;
        for entry in fs::read_dir(sandbox.path()).expect("the folder") {
            let entry = entry.expect("a file");
            let mode = entry.metadata().expect("a file").mode() & 0o777;
            assert_eq!(mode, 0o600, "{} under umask {umask}", entry.path().display());
            modes += 1;
        }
        assert_eq!(modes, 3, "the inventory, the backup and what the restore replaced");
    }
}
