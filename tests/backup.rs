//! Copies of the inventory: made while others write, rotated, put back, and kept before an upgrade.

use crate::support::{Sandbox, answer, signal, wait_until};
use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The names of the files in a folder, in their order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

/// The one file in the sandbox whose name begins so.
fn the_one(sandbox: &Sandbox, begin: &str) -> PathBuf {
    let found: Vec<String> = names(sandbox.path()).into_iter().filter(|name| name.starts_with(begin)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    sandbox.path().join(&found[0])
}

/// What another inventory file exports, file by file.
fn exported(sandbox: &Sandbox, file: &Path) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    sandbox.ok(&["--db", file.to_str().expect("UTF-8"), "export", folder.path().to_str().expect("UTF-8")]);
    crate::support::read_folder(folder.path())
}

/// Runs a command and kills it once it has written so many bytes, by `wchar` in proc(5); returns how many those were.
fn killed_after(command: &mut Command, bytes: u64) -> u64 {
    let mut process = command.spawn().expect("the program starts");
    let counters = format!("/proc/{}/io", process.id());
    let mut written = 0;
    while written < bytes && process.try_wait().expect("the program").is_none() {
        let counters = fs::read_to_string(&counters).unwrap_or_default();
        let now = counters.lines().find_map(|line| line.strip_prefix("wchar: ")?.parse().ok());
        // A process that ended meanwhile tells no number.
        written = now.unwrap_or(written);
    }
    process.kill().expect("SIGKILL, or its end");
    process.wait().expect("its end");
    written
}

/// An integrity check by another program.
fn is_whole(file: &Path) -> bool {
    let script = "import sqlite3, sys\n\
                  c = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)\n\
                  faults = c.execute('PRAGMA integrity_check').fetchall() + c.execute('PRAGMA foreign_key_check').fetchall()\n\
                  sys.exit(faults != [('ok',)])";
    Command::new("python3").args(["-c", script]).arg(file).status().expect("python3 runs").success()
}

#[test]
fn a_backup_is_the_inventory_for_its_owner_alone_and_overwrites_nothing() {
    let sandbox = Sandbox::estate();
    let answer = sandbox.run(&["backup", "copy.db"]);
    assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr.as_str()), (0, "", "backed up to copy.db\n"));
    let copy = sandbox.path().join("copy.db");
    assert_eq!(fs::metadata(&copy).expect("the copy").permissions().mode() & 0o777, 0o600);
    assert!(is_whole(&copy));
    assert_eq!(exported(&sandbox, &copy), sandbox.exported());

    sandbox.ok(&["user", "add", "carol"]);
    let before = fs::read(&copy).expect("the copy");
    symlink("nowhere", sandbox.path().join("link")).expect("a link");
    for taken in ["copy.db", "inv.db", "link"] {
        let again = sandbox.run(&["backup", taken]);
        assert_eq!(again.status, 4, "{again}");
        assert_eq!(
            again.stderr,
            format!(
                "error: {taken} already exists\n\
                 help: pass another file: a backup never overwrites a file\n"
            )
        );
    }
    assert!(before == fs::read(&copy).expect("the copy"));
    assert_eq!(names(sandbox.path()), ["copy.db", "inv.db", "link"]);
    let nowhere = sandbox.run(&["backup", "no/such/copy.db"]);
    assert_eq!(nowhere.status, 6);
    assert_eq!(nowhere.stderr, "error: cannot write no/such: no such file or directory\n");
    let folder = sandbox.run(&["backup", "."]);
    assert_eq!(folder.status, 4, "{folder}");
    assert_eq!(sandbox.run(&["backup", "other.db", "--dry-run"]).stderr, "would back up to other.db\n");
    assert!(!sandbox.path().join("other.db").exists());
}

#[test]
fn a_backup_is_one_moment_while_others_write_and_keeps_none_of_them_waiting() {
    let sandbox = Sandbox::estate();
    let rows: String = (0..30_000).map(|n| format!("user{n},u{n}@example.com\n")).collect();
    let file = sandbox.file("users.csv", format!("name,email\n{rows}"));
    sandbox.ok(&["user", "import", &file]);
    // Every change renames two at once: a copy of one moment has both or neither.
    let writer = |pair: usize| {
        let sandbox = &sandbox;
        move || {
            for round in 0..6 {
                let (from, to) = (round, round + 1);
                let given = if round == 0 { String::new() } else { format!("r{from}-") };
                let content = format!("name,email\nr{to}-{pair}a,\nr{to}-{pair}b,\n");
                let file = sandbox.file(&format!("pair{pair}-{round}.csv"), content);
                sandbox.ok(&["user", "import", &file]);
                if !given.is_empty() {
                    let (one, other) = (format!("{given}{pair}a"), format!("{given}{pair}b"));
                    sandbox.ok(&["user", "rm", &one, &other, "--yes"]);
                }
            }
        }
    };
    let copies: Vec<PathBuf> = (0..6).map(|n| sandbox.path().join(format!("copy{n}.db"))).collect();
    std::thread::scope(|scope| {
        scope.spawn(writer(1));
        scope.spawn(writer(2));
        for copy in &copies {
            sandbox.ok(&["backup", copy.to_str().expect("UTF-8")]);
        }
    });
    for copy in &copies {
        assert!(is_whole(copy));
        let listed = sandbox.ok(&[
            "--db",
            copy.to_str().expect("UTF-8"),
            "user",
            "list",
            "-o",
            "csv",
            "-c",
            "name",
            "--where",
            "name~r",
        ]);
        let of_pairs = listed.lines().filter(|name| name.starts_with('r')).count();
        assert_eq!(of_pairs % 2, 0, "{listed}");
    }
}

#[test]
fn the_latest_copies_are_kept_and_nothing_else_is_touched() {
    let sandbox = Sandbox::estate();
    let folder = sandbox.path().join("backups");
    let refused = sandbox.run(&["backup", "--keep", "2", "backups"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.starts_with("error: folder backups does not exist\nhelp: "), "{refused}");
    fs::create_dir(&folder).expect("a folder");
    let old = ["inv-2020-01-01T000000Z.db", "inv-2020-01-02T000000Z.db", "inv-2020-01-02T000000Z-2.db"];
    let copy = fs::read(sandbox.database()).expect("the inventory");
    for name in old {
        fs::write(folder.join(name), &copy).expect("an old copy");
    }
    // Other inventories, other names, and what only looks like a copy.
    let others = ["estate-2020-01-01T000000Z.db", "inv-2020-01-01.db", "inv-2020-01-01T000000Z.db.gz", "inv.db"];
    for name in others {
        fs::write(folder.join(name), &copy).expect("another file");
    }
    fs::write(folder.join("inv-2020-01-01T000001Z.db"), "a letter").expect("a letter");
    fs::create_dir(folder.join("inv-2020-01-01T000002Z.db")).expect("a folder");
    symlink("inv.db", folder.join("inv-2020-01-01T000003Z.db")).expect("a link");

    let dry = sandbox.run(&["backup", "--keep", "2", "backups", "--dry-run"]);
    let told: Vec<&str> = dry.stderr.lines().skip(1).collect();
    assert_eq!(
        told,
        ["would remove backups/inv-2020-01-01T000000Z.db", "would remove backups/inv-2020-01-02T000000Z.db"]
    );
    let before = names(&folder).len();
    let answer = sandbox.run(&["backup", "--keep", "2", "backups"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""));
    let told: Vec<&str> = answer.stderr.lines().collect();
    let made = told[0].strip_prefix("backed up to backups/").expect("the new copy");
    assert_eq!(told[1..], ["removed backups/inv-2020-01-01T000000Z.db", "removed backups/inv-2020-01-02T000000Z.db"]);
    assert!(is_whole(&folder.join(made)));
    let left = names(&folder);
    assert_eq!(left.len(), before - 1);
    assert!(left.iter().any(|name| name == old[2]), "the second newest stays");

    // Two in the same second are two copies.
    let spawn = |_| sandbox.command().args(["backup", "--keep", "9", "backups", "-q"]).spawn().expect("the program");
    let all: Vec<Child> = (0..6).map(spawn).collect();
    for mut child in all {
        assert!(child.wait().expect("its end").success());
    }
    assert_eq!(names(&folder).len(), left.len() + 6);
    let answer = sandbox.run(&["backup", "--keep", "1", "backups"]);
    assert_eq!(answer.stderr.lines().count(), 1 + 8, "{answer}");
    for wrong in ["0", "-1", "many"] {
        assert_eq!(sandbox.run(&["backup", &format!("--keep={wrong}"), "backups"]).status, 2);
    }
}

/// The files in a folder that have no name yet.
fn unfinished(folder: &Path) -> Vec<String> {
    names(folder).into_iter().filter(|name| name.starts_with(".inv-new-")).collect()
}

/// Starts a backup and stops it while it writes its file.
fn stopped_backup(sandbox: &Sandbox) -> Child {
    let before = unfinished(sandbox.path()).len();
    for _ in 0..100 {
        let _ = fs::remove_file(sandbox.path().join("stopped.db"));
        let mut backup = sandbox.command().args(["backup", "stopped.db", "-q"]).spawn().expect("the program starts");
        while unfinished(sandbox.path()).len() == before && backup.try_wait().expect("the program").is_none() {}
        if backup.try_wait().expect("the program").is_some() {
            continue;
        }
        signal(&backup, "STOP");
        let state = || fs::read_to_string(format!("/proc/{}/stat", backup.id())).unwrap_or_default();
        wait_until("a stopped backup", || state().contains(") T ") || state().contains(") Z "));
        if unfinished(sandbox.path()).len() > before {
            return backup;
        }
        // It was faster.
        signal(&backup, "CONT");
        backup.wait().expect("its end");
    }
    panic!("no backup could be stopped");
}

#[test]
fn what_a_killed_backup_left_is_removed_by_the_next_and_what_others_still_write_is_not() {
    let sandbox = Sandbox::estate();
    let rows: String = (0..30_000).map(|n| format!("user{n},u{n}@example.com\n")).collect();
    sandbox.ok(&["user", "import", &sandbox.file("users.csv", format!("name,email\n{rows}"))]);
    let mut stopped = stopped_backup(&sandbox);
    let live = unfinished(sandbox.path());
    assert_eq!(live.len(), 1, "{live:?}");
    let mut killed = stopped_backup(&sandbox);
    killed.kill().expect("SIGKILL");
    killed.wait().expect("its end");
    assert_eq!(unfinished(sandbox.path()).len(), 2, "a killed process removes nothing");

    sandbox.ok(&["backup", "next.db"]);
    assert_eq!(unfinished(sandbox.path()), live);
    assert!(is_whole(&sandbox.path().join("next.db")));
    signal(&stopped, "CONT");
    assert!(stopped.wait().expect("its end").success());
    assert!(is_whole(&sandbox.path().join("stopped.db")));
    assert_eq!(unfinished(sandbox.path()), Vec::<String>::new());

    // Many that begin at once sweep the folder while others write to it.
    let spawn = |n: usize| {
        let name = format!("at-once-{n}.db");
        sandbox.command().args(["backup", &name, "-q"]).spawn().expect("the program starts")
    };
    for mut child in (0..12).map(spawn).collect::<Vec<Child>>() {
        assert!(child.wait().expect("its end").success());
    }
    assert_eq!(unfinished(sandbox.path()), Vec::<String>::new());
}

#[test]
fn a_restore_wants_a_yes_and_keeps_what_it_replaces() {
    let sandbox = Sandbox::estate();
    let then = sandbox.exported();
    sandbox.ok(&["backup", "copy.db"]);
    let copy = fs::read(sandbox.path().join("copy.db")).expect("the copy");
    sandbox.ok(&["vm", "rm", "web01", "--recursive", "--yes"]);
    let now = sandbox.exported();

    let asked = sandbox.run(&["restore", "copy.db"]);
    assert_eq!(asked.status, 2, "{asked}");
    let path = sandbox.database().display().to_string();
    assert!(
        asked.stderr.starts_with(&format!("error: confirmation required to replace {path} (last change 14, 20")),
        "{asked}"
    );
    let dry = sandbox.run(&["restore", "copy.db", "--dry-run"]);
    assert_eq!(dry.status, 0);
    assert!(dry.stderr.starts_with(&format!("would replace {path} (last change 14, 20")), "{dry}");
    assert_eq!(sandbox.exported(), now);

    let answer = sandbox.run(&["restore", "copy.db", "--yes", "-m", "INC-7"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    let kept = the_one(&sandbox, "inv.db.before-restore-");
    assert_eq!(
        answer.stderr,
        format!("restored {path} from copy.db\nthe previous inventory is saved in {}\n", kept.display())
    );
    assert_eq!(sandbox.exported(), then);
    assert_eq!(exported(&sandbox, &kept), now);
    assert!(is_whole(&sandbox.database()));
    assert_eq!(fs::metadata(&kept).expect("what was kept").permissions().mode() & 0o777, 0o600);
    assert!(copy == fs::read(sandbox.path().join("copy.db")).expect("the copy"), "the backup stays as it is");
    // History goes on from the backup's, tells of the restore, and is whole.
    let log = sandbox.ok(&["log", "-o", "csv", "--limit", "2"]);
    assert!(log.contains("INC-7") && log.contains("inv restore copy.db --yes"), "{log}");
    assert!(log.lines().nth(1).is_some_and(|line| line.starts_with("14,")), "{log}");
    sandbox.ok(&["log", "verify"]);
    // And back again.
    sandbox.ok(&["restore", kept.to_str().expect("UTF-8"), "--yes"]);
    assert_eq!(sandbox.exported(), now);
}

#[test]
fn a_restore_makes_an_inventory_where_there_is_none_or_only_a_damaged_one() {
    let sandbox = Sandbox::estate();
    let then = sandbox.exported();
    sandbox.ok(&["backup", "copy.db"]);
    fs::remove_file(sandbox.database()).expect("the inventory");
    let answer = sandbox.run(&["restore", "copy.db", "--yes"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(sandbox.exported(), then);
    assert_eq!(fs::metadata(sandbox.database()).expect("the inventory").permissions().mode() & 0o777, 0o600);
    assert_eq!(names(sandbox.path()), ["copy.db", "inv.db"]);

    // From pages that are broken to a file that cannot even be begun with.
    let whole = fs::read(sandbox.database()).expect("the inventory");
    let mut pages = whole.clone();
    pages[8192..40960].fill(0xa5);
    let mut header = whole.clone();
    header[16..18].copy_from_slice(&[0x12, 0x34]);
    for broken in [pages, header, whole[..whole.len() / 2].to_vec()] {
        fs::write(sandbox.database(), &broken).expect("a damaged inventory");
        let answer = sandbox.run(&["restore", "copy.db", "--yes"]);
        assert_eq!(answer.status, 0, "{answer}");
        assert_eq!(sandbox.exported(), then);
        let kept = the_one(&sandbox, "inv.db.before-restore-");
        assert!(broken == fs::read(&kept).expect("what was kept"), "it is kept as it was");
        fs::remove_file(kept).expect("what was kept");
    }
}

#[test]
fn only_an_inventory_is_restored_and_only_an_inventory_is_replaced() {
    let sandbox = Sandbox::estate();
    let now = sandbox.exported();
    sandbox.ok(&["backup", "copy.db"]);
    let copy = fs::read(sandbox.path().join("copy.db")).expect("the copy");
    sandbox.file("letter.db", "Dear all,");
    let mut newer = copy.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    sandbox.file("newer.db", &newer);
    let mut damaged = copy.clone();
    damaged[8192..40960].fill(0xa5);
    sandbox.file("damaged.db", damaged);
    let cases = [
        ("missing.db", 1, "error: file missing.db does not exist\n"),
        ("letter.db", 6, "error: letter.db is not an inventory\n"),
        ("newer.db", 6, "error: newer.db was written by a newer inv"),
        ("damaged.db", 6, "error: damaged.db is damaged"),
        ("inv.db", 2, "error: inv.db is the inventory itself\n"),
        (".", 6, "error: . is a folder, not an inventory\n"),
    ];
    for (file, status, told) in cases {
        let answer = sandbox.run(&["restore", file, "--yes"]);
        assert_eq!(answer.status, status, "{file}: {answer}");
        assert!(answer.stderr.starts_with(told), "{file}: {answer}");
    }
    assert_eq!(sandbox.exported(), now);
    assert_eq!(names(sandbox.path()), ["copy.db", "damaged.db", "inv.db", "letter.db", "newer.db"]);
    for (other, told) in [(b"Dear all,".to_vec(), "is not an inventory"), (newer, "was written by a newer inv")] {
        fs::write(sandbox.database(), &other).expect("another file");
        let answer = sandbox.run(&["restore", "copy.db", "--yes"]);
        assert_eq!(answer.status, 6, "{answer}");
        assert!(answer.stderr.contains(told), "{answer}");
        assert!(other == fs::read(sandbox.database()).expect("the other file"));
    }
}

#[test]
fn a_restore_that_is_killed_leaves_the_old_or_the_new() {
    let sandbox = Sandbox::estate();
    let small = sandbox.exported();
    sandbox.ok(&["backup", "small.db"]);
    let rows: String = (0..20_000).map(|n| format!("user{n},u{n}@example.com\n")).collect();
    let file = sandbox.file("users.csv", format!("name,email\n{rows}"));
    sandbox.ok(&["user", "import", &file]);
    sandbox.ok(&["backup", "large.db"]);
    let large = sandbox.exported();
    let restore = |from: &str| {
        let mut restore = sandbox.command();
        // A process that is killed cannot remove its temporary files.
        restore.env("TMPDIR", sandbox.path()).args(["restore", from, "--yes", "-q"]);
        restore
    };
    let all = killed_after(&mut restore("large.db"), u64::MAX);
    let mut seen = [0, 0];
    for round in 0..24 {
        let from = if round % 2 == 0 { "small.db" } else { "large.db" };
        // The last two rounds are restored to the end.
        killed_after(&mut restore(from), if round < 22 { all * round / 22 } else { u64::MAX });
        let found = sandbox.exported();
        assert!(found == small || found == large, "neither the old nor the new after {round}");
        seen[usize::from(found == large)] += 1;
        assert!(is_whole(&sandbox.database()));
    }
    assert!(seen.iter().all(|times| *times > 0), "{seen:?}");
}

#[test]
fn a_restore_waits_for_who_is_writing_and_loses_nothing_of_theirs() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["backup", "copy.db"]);
    let script = "import sqlite3, sys\n\
                  c = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                  c.execute('BEGIN IMMEDIATE')\n\
                  c.execute(\"INSERT INTO users (name) VALUES ('late')\")\n\
                  print('held', flush=True)\n\
                  sys.stdin.read()\n\
                  c.execute('COMMIT')";
    let mut writer = Command::new("python3");
    writer.args(["-c", script]).arg(sandbox.database()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut writer = writer.spawn().expect("python3 runs");
    let mut line = [0; 4];
    writer.stdout.as_mut().expect("a pipe").read_exact(&mut line).expect("the lock");
    let refused = sandbox.run(&["restore", "copy.db", "--yes", "--wait", "0"]);
    assert_eq!(refused.status, 6, "{refused}");
    assert!(refused.stderr.starts_with("error: the inventory is locked by another program (pid "), "{refused}");
    assert_eq!(names(sandbox.path()), ["copy.db", "inv.db", "inv.db-journal"]);
    let mut restore = sandbox.command();
    restore.args(["restore", "copy.db", "--yes"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut restore = restore.spawn().expect("the program starts");
    let mut line = [0; 7];
    restore.stderr.as_mut().expect("a pipe").read_exact(&mut line).expect("the announcement");
    assert_eq!(&line, b"waiting");
    drop(writer.stdin.take());
    assert!(writer.wait().expect("its end").success());
    assert!(restore.wait_with_output().expect("its end").status.success());
    let kept = the_one(&sandbox, "inv.db.before-restore-");
    let users =
        |file: &Path| sandbox.ok(&["--db", file.to_str().expect("UTF-8"), "user", "list", "-o", "csv", "-c", "name"]);
    assert_eq!(users(&kept), "name\nalice\nbob\nlate\n", "what was written meanwhile is in what is kept");
    assert_eq!(users(&sandbox.database()), "name\nalice\nbob\n");
}

/// An inventory of schema version 1 in which nobody has to sign in; its one owner is alice.
fn of_version_1() -> Sandbox {
    let sandbox = Sandbox::with_inventory(env!("CARGO_BIN_EXE_inv").as_ref(), &[]);
    let file = rusqlite::Connection::open(sandbox.database()).expect("the inventory");
    file.execute_batch(include_str!("data/schema-1.sql")).expect("the dump is SQL");
    file.execute_batch("DELETE FROM login_users").expect("nobody to sign in");
    sandbox
}

fn version_of(file: &Path) -> u32 {
    let header = fs::read(file).expect("the file");
    u32::from_be_bytes(header[60..64].try_into().expect("four bytes"))
}

#[test]
fn an_upgrade_keeps_what_the_inventory_was_and_says_where() {
    let sandbox = of_version_1();
    let answer = sandbox.run(&["user", "list", "-o", "csv", "-c", "name"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, "name\nalice\n"), "{answer}");
    let kept = the_one(&sandbox, "inv.db.schema-1-");
    let version = inv::store::VERSION;
    let told = format!(
        "upgraded {} to schema version {version}; the previous version is saved in {}\n",
        sandbox.database().display(),
        kept.display()
    );
    assert!(answer.stderr.contains(&told), "{answer}");
    assert_eq!((version_of(&kept), i64::from(version_of(&sandbox.database()))), (1, version));
    assert_eq!(fs::metadata(&kept).expect("the copy").permissions().mode() & 0o777, 0o600);
    assert!(is_whole(&kept) && is_whole(&sandbox.database()));
    assert_eq!(sandbox.run(&["user", "list"]).stderr, "", "once is enough");

    // The older copy can be restored: it is brought up on the way, and stays as it is.
    sandbox.ok(&["user", "add", "bob"]);
    sandbox.ok(&["restore", kept.to_str().expect("UTF-8"), "--yes"]);
    assert_eq!(sandbox.ok(&["user", "list", "-o", "csv", "-c", "name"]), "name\nalice\n");
    assert_eq!((version_of(&kept), i64::from(version_of(&sandbox.database()))), (1, version));
}

#[test]
fn of_eight_that_upgrade_at_once_one_does_it_and_keeps_one_copy() {
    let sandbox = of_version_1();
    let spawn = |n: i32| {
        let mut command = sandbox.command();
        if n % 2 == 0 {
            command.args(["user", "list"])
        } else {
            command.args(["user", "add", &format!("user{n}")])
        };
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
    };
    let all: Vec<Child> = (0..8).map(spawn).collect();
    for mut child in all {
        assert!(child.wait().expect("its end").success());
    }
    assert_eq!(version_of(&the_one(&sandbox, "inv.db.schema-1-")), 1);
    assert_eq!(sandbox.ok(&["user", "list", "--count"]), "5\n");
    assert_eq!(names(sandbox.path()).len(), 2);
}

#[test]
fn an_upgrade_that_is_killed_leaves_the_old_or_the_new() {
    let upgrade = |sandbox: &Sandbox, bytes| {
        let mut upgrade = sandbox.command();
        killed_after(upgrade.args(["user", "list"]).stdout(Stdio::null()).stderr(Stdio::null()), bytes)
    };
    let all = upgrade(&of_version_1(), u64::MAX);
    for round in 0..12 {
        let sandbox = of_version_1();
        upgrade(&sandbox, all * round / 11);
        assert_eq!(sandbox.ok(&["user", "list", "-o", "csv", "-c", "name"]), "name\nalice\n");
        assert!(is_whole(&sandbox.database()));
    }
}

#[test]
fn an_interrupted_backup_leaves_nothing() {
    let sandbox = Sandbox::estate();
    let rows: String = (0..30_000).map(|n| format!("user{n},u{n}@example.com\n")).collect();
    let file = sandbox.file("users.csv", format!("name,email\n{rows}"));
    sandbox.ok(&["user", "import", &file]);
    let folder = sandbox.path().join("d");
    fs::create_dir(&folder).expect("a folder");
    let interrupted = || {
        let mut backup = sandbox.command();
        let backup = backup.args(["backup", "d/copy.db"]).stderr(Stdio::piped()).spawn().expect("the program starts");
        wait_until("the backup to begin", || !names(&folder).is_empty());
        signal(&backup, "TERM");
        backup.wait_with_output().expect("its end")
    };
    // On a busy machine a backup may be done before the signal is sent.
    let output = (0..10).map(|_| interrupted()).find(|output| {
        let done = output.status.success();
        if done {
            fs::remove_file(folder.join("copy.db")).expect("the whole copy");
        }
        !done
    });
    let output = output.expect("a backup that was interrupted");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert_eq!(names(&folder), [""; 0], "{stderr}");
}

#[test]
fn backups_of_many_inventories_are_told_by_their_names() {
    let sandbox = Sandbox::bare();
    fs::create_dir(sandbox.path().join("d")).expect("a folder");
    for name in ["one.db", "two.db"] {
        assert_eq!(answer(sandbox.command().args(["--db", name, "init"])).status, 0);
        sandbox.ok(&["--db", name, "backup", "--keep", "1", "d", "-q"]);
    }
    let found = names(&sandbox.path().join("d"));
    assert!(found.len() == 2 && found[0].starts_with("one-20") && found[1].starts_with("two-20"), "{found:?}");
}
