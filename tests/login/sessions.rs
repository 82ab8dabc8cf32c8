//! Sessions: how long they last, where they are kept, what ends them, and which files are not believed.

use super::{PASSWORD, SIGNED_OUT, add, engine, estate, log_in, refused};
use crate::support::{Sandbox, answer, hexadecimal};
use sha2::{Digest, Sha256};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

const ENDED: &str = "error: the session has ended";

fn only_file(folder: &Path) -> std::path::PathBuf {
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("a file").mode() & 0o7777
}

#[test]
fn a_session_is_256_random_bits_in_a_file_of_the_user_alone() {
    let sandbox = estate();
    sandbox.ok(&["logout", "--all"]);
    std::fs::remove_dir_all(sandbox.path().join(".local")).expect("the folder of sessions");
    let mut command = sandbox.command();
    let given = sandbox.file("password", PASSWORD);
    command.args(["login", "ada", "--password-stdin"]);
    // Whatever the umask.
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "umask 0; \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.stdin(std::fs::File::open(given).expect("the password"));
    assert_eq!(answer(&mut shell).status, 0);
    let file = only_file(&sandbox.path().join(".local/state/inv"));
    assert_eq!(file, sandbox.session_file());
    assert_eq!((mode(&file), mode(file.parent().expect("a folder"))), (0o600, 0o700));
    let text = std::fs::read_to_string(&file).expect("the secret");
    assert_eq!(text.len(), 65);
    let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("digits")).collect();
    let (kept, uid, seconds): (String, u32, i64) = engine(&sandbox)
        .query_row(
            "SELECT secret_hash, os_uid, unixepoch(expires_at) - unixepoch('now') FROM login_session",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .expect("one session");
    assert_eq!(kept, hexadecimal(&Sha256::digest(&bytes)));
    assert_eq!(uid, std::fs::metadata(sandbox.path()).expect("the folder").uid());
    let eight_hours = 8 * 60 * 60;
    assert!((eight_hours - 60..=eight_hours + 1).contains(&seconds), "{seconds}");
    let inventory = std::fs::read(sandbox.database()).expect("the inventory");
    for secret in [&bytes[..], text.trim().as_bytes()] {
        assert!(!inventory.windows(secret.len()).any(|part| part == secret), "the secret is in the inventory");
    }
}

#[test]
fn a_session_is_kept_where_the_system_keeps_what_ends_with_it() {
    let sandbox = estate();
    sandbox.ok(&["logout"]);
    let runtime = sandbox.path().join("run");
    std::fs::create_dir(&runtime).expect("a folder");
    let state = sandbox.path().join("state");
    let run = |runtime: &str, line: &[&str]| {
        let mut command = sandbox.command();
        command.env("XDG_RUNTIME_DIR", runtime).env("XDG_STATE_HOME", &state).args(line);
        command.stdin(std::fs::File::open(sandbox.file("password", PASSWORD)).expect("the password"));
        answer(&mut command)
    };
    let (usable, login) = (runtime.to_str().expect("UTF-8"), ["login", "ed", "--password-stdin"]);
    assert_eq!(run(usable, &login).status, 0);
    only_file(&runtime.join("inv"));
    assert!(!state.exists());
    assert_eq!(run(usable, &["vm", "list"]).status, 0);
    refused(&run("", &["vm", "list"]), 5, SIGNED_OUT);
    // A folder that is not there, and a relative one, are no place.
    for unusable in ["/nowhere/at/all", "run"] {
        assert_eq!(run(unusable, &login).status, 0);
        only_file(&state.join("inv"));
        std::fs::remove_dir_all(&state).expect("the folder");
    }
}

#[test]
fn a_session_ends_after_eight_hours_whatever_is_done_meanwhile() {
    let sandbox = estate();
    let expire = |modifier: &str| {
        let sql = "UPDATE login_session SET expires_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', $1)";
        engine(&sandbox).execute(sql, [modifier]).expect("an update");
    };
    expire("+60 seconds");
    sandbox.ok(&["vm", "list"]);
    expire("-1 seconds");
    let answer = sandbox.run(&["vm", "list"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (5, ""), "{answer}");
    assert!(answer.stderr.starts_with("error: the session ended at 20"), "{answer}");
    assert!(answer.stderr.ends_with("help: sign in with inv login\n"), "{answer}");
    // Only a clock that was set back since can have opened one that lasts longer.
    expire("+9 hours");
    assert_eq!(sandbox.run(&["vm", "list"]).status, 5);
    assert_eq!(log_in(&sandbox, "ada", PASSWORD).status, 0);
    sandbox.ok(&["vm", "list"]);
    // One that is over leaves the inventory at the next login.
    expire("-1 seconds");
    assert_eq!(log_in(&sandbox, "ada", PASSWORD).status, 0);
    let left: i64 =
        engine(&sandbox).query_row("SELECT count(*) FROM login_session", [], |row| row.get(0)).expect("rows");
    assert_eq!(left, 1);
}

#[test]
fn reading_in_a_session_writes_nothing() {
    let sandbox = estate();
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let changed = std::fs::metadata(sandbox.database()).expect("the inventory").mtime_nsec();
    for line in [&["vm", "list"][..], &["whoami"], &["sql", "SELECT 1"], &["log"]] {
        sandbox.ok(line);
    }
    assert_eq!(std::fs::read(sandbox.database()).expect("the inventory"), before);
    assert_eq!(std::fs::metadata(sandbox.database()).expect("the inventory").mtime_nsec(), changed);
}

#[test]
fn logout_ends_this_session_and_with_all_every_one() {
    let sandbox = estate();
    let sessions = || -> i64 {
        engine(&sandbox).query_row("SELECT count(*) FROM login_session", [], |row| row.get(0)).expect("rows")
    };
    let first = std::fs::read(sandbox.session_file()).expect("a session");
    std::fs::remove_file(sandbox.session_file()).expect("the file");
    assert_eq!(log_in(&sandbox, "ada", PASSWORD).status, 0);
    assert_eq!(sessions(), 2);
    let second = std::fs::read(sandbox.session_file()).expect("a session");
    let out = sandbox.run(&["logout"]);
    assert_eq!((out.status, out.stderr.as_str()), (0, "signed out\n"));
    assert!(!sandbox.session_file().exists());
    assert_eq!(sessions(), 1);
    refused(&sandbox.run(&["vm", "list"]), 5, SIGNED_OUT);
    let put = |secret: &[u8]| {
        let file = sandbox.session_file();
        std::fs::write(&file, secret).expect("a file");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("its mode");
    };
    put(&second);
    refused(&sandbox.run(&["vm", "list"]), 5, ENDED);
    put(&first);
    sandbox.ok(&["vm", "list"]);
    std::fs::remove_file(sandbox.session_file()).expect("the file");
    assert_eq!(log_in(&sandbox, "ada", PASSWORD).status, 0);
    let out = sandbox.run(&["logout", "--all"]);
    assert_eq!((out.status, out.stderr.as_str()), (0, "signed out of 2 sessions\n"));
    assert_eq!(sessions(), 0);
    let out = sandbox.run(&["logout"]);
    assert_eq!((out.status, out.stderr.as_str()), (0, "not signed in\n"));
}

#[test]
fn signing_in_again_takes_the_place_of_the_session_before() {
    let sandbox = estate();
    assert_eq!(log_in(&sandbox, "ed", PASSWORD).status, 0);
    let found: Vec<String> = {
        let connection = engine(&sandbox);
        let sql = "SELECT username FROM login_session JOIN login_users USING (login_user_id)";
        let mut statement = connection.prepare(sql).expect("a statement");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<rusqlite::Result<_>>().expect("every row")
    };
    assert_eq!(found, ["ed"]);
    let told = sandbox.ok(&["whoami", "-o", "json"]);
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((told["username"].as_str(), told["role"].as_str()), (Some("ed"), Some("editor")));
}

#[test]
fn removal_and_a_new_password_end_the_sessions() {
    for end in [&["login-user", "rm", "ed", "--yes"][..], &["login-user", "set", "ed", "--password-stdin"]] {
        let sandbox = estate();
        let admin = sandbox.path().join("admin");
        std::fs::rename(sandbox.path().join(".local"), &admin).expect("the admin's sessions");
        assert_eq!(log_in(&sandbox, "ed", PASSWORD).status, 0);
        sandbox.ok(&["vm", "list"]);
        let mut command = sandbox.command();
        command.env("XDG_STATE_HOME", admin.join("state")).args(end);
        command.stdin(std::fs::File::open(sandbox.file("new", "another password")).expect("the password"));
        assert_eq!(answer(&mut command).status, 0);
        refused(&sandbox.run(&["vm", "list"]), 5, ENDED);
        let left: i64 =
            engine(&sandbox).query_row("SELECT count(*) FROM login_session", [], |row| row.get(0)).expect("rows");
        assert_eq!(left, 1, "the admin's own");
    }
}

/// Puts something where the session of `ada` is, from its place and its secret.
type Spoil = fn(&Path, &[u8]);

#[test]
fn a_session_file_that_others_may_know_or_have_made_is_not_believed() {
    let cases: &[(&str, Spoil)] = &[
        ("other users have access to it", |file, _| chmod(file, 0o644)),
        ("other users have access to it", |file, _| chmod(file, 0o620)),
        ("its mode is not 0600", |file, _| chmod(file, 0o700)),
        ("it is a symbolic link", |file, secret| {
            let elsewhere = file.with_extension("elsewhere");
            std::fs::write(&elsewhere, secret).expect("a file");
            chmod(&elsewhere, 0o600);
            std::fs::remove_file(file).expect("the file");
            symlink(elsewhere, file).expect("a link");
        }),
        ("it is not a regular file", |file, _| {
            std::fs::remove_file(file).expect("the file");
            std::fs::create_dir(file).expect("a folder");
        }),
        ("it is not a regular file", |file, _| {
            std::fs::remove_file(file).expect("the file");
            nix::unistd::mkfifo(file, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        }),
        ("it contains no session", |file, _| std::fs::write(file, "").expect("a file")),
        ("it contains no session", |file, _| std::fs::write(file, [0xff; 65]).expect("a file")),
        ("it contains no session", |file, secret| std::fs::write(file, &secret[1..]).expect("a file")),
        ("it contains no session", |file, secret| std::fs::write(file, secret.repeat(2000)).expect("a file")),
    ];
    for (why, spoil) in cases {
        let sandbox = estate();
        let file = sandbox.session_file();
        spoil(&file, &std::fs::read(&file).expect("a session"));
        let path = file.display();
        for line in [&["vm", "list"][..], &["user", "add", "eve"], &["whoami"], &["logout", "--all"]] {
            let answer = sandbox.run(line);
            refused(&answer, 5, &format!("error: the session in {path} is not trusted: {why}"));
            assert!(
                answer.stderr.ends_with("help: remove it with inv logout, and sign in again with inv login\n"),
                "{answer}"
            );
        }
        if !file.is_dir() {
            // What help says is a way out.
            assert_eq!(sandbox.run(&["logout"]).status, 0, "{why}");
            assert_eq!(log_in(&sandbox, "ada", PASSWORD).status, 0, "{why}");
            sandbox.ok(&["vm", "list"]);
        }
    }
}

fn chmod(file: &Path, mode: u32) {
    std::fs::set_permissions(file, PermissionsExt::from_mode(mode)).expect("the mode");
}

/// Puts something in the place of the folder of sessions.
type SpoilFolder = fn(&Path);

#[test]
fn a_folder_of_sessions_that_others_can_reach_is_not_believed() {
    let owner = std::fs::metadata("/proc/self").expect("/proc").uid();
    let mut cases: Vec<(&str, &str, SpoilFolder)> = vec![
        ("other users have access to it", "run chmod 700 FOLDER, and sign in again with inv login", |folder| {
            chmod(folder, 0o777);
        }),
        ("other users have access to it", "run chmod 700 FOLDER, and sign in again with inv login", |folder| {
            chmod(folder, 0o710);
        }),
        ("it is a symbolic link", "remove the link with rm FOLDER, and sign in again with inv login", |folder| {
            let elsewhere = folder.with_file_name("elsewhere");
            std::fs::rename(folder, &elsewhere).expect("the folder elsewhere");
            symlink(elsewhere, folder).expect("a link");
        }),
    ];
    if owner == 0 {
        // Only root gives its folders away.
        cases.push((
            "it belongs to another user",
            "set XDG_RUNTIME_DIR or XDG_STATE_HOME to your own folder",
            |folder| std::os::unix::fs::chown(folder, Some(65534), None).expect("another owner"),
        ));
    }
    for (why, help, spoil) in cases {
        let sandbox = estate();
        let runtime = sandbox.path().join("run");
        std::fs::create_dir(&runtime).expect("a folder");
        let run = |line: &[&str]| {
            let mut command = sandbox.command();
            command.env("XDG_RUNTIME_DIR", &runtime).args(line);
            command.stdin(std::fs::File::open(sandbox.file("password", PASSWORD)).expect("the password"));
            answer(&mut command)
        };
        let login = ["login", "ada", "--password-stdin"];
        assert_eq!(run(&login).status, 0);
        let folder = runtime.join("inv");
        let secret = std::fs::read(only_file(&folder)).expect("a session");
        spoil(&folder);
        let path = folder.display().to_string();
        // Neither read, nor written, nor removed.
        for line in [&["vm", "list"][..], &["user", "add", "eve"], &["whoami"], &["logout"], &login] {
            let answer = run(line);
            assert_eq!((answer.status, answer.stdout.as_str()), (5, ""), "{line:?}: {answer}");
            let help = help.replace("FOLDER", &path);
            let told = format!("error: the folder of sessions {path} is not trusted: {why}\nhelp: {help}\n");
            assert_eq!(answer.stderr, told, "{line:?}");
        }
        assert_eq!(std::fs::read(only_file(&folder)).expect("a session"), secret, "{why}");
        let left: i64 =
            engine(&sandbox).query_row("SELECT count(*) FROM login_session", [], |row| row.get(0)).expect("rows");
        assert_eq!(left, 2, "a login that was refused opens and ends no session: {why}");
        // What help says is a way out.
        match help.split(' ').next() {
            Some("run") => chmod(&folder, 0o700),
            Some("remove") => std::fs::remove_file(&folder).expect("the link"),
            _ => continue,
        }
        assert_eq!(run(&login).status, 0, "{why}");
        assert_eq!(run(&["vm", "list"]).status, 0, "{why}");
    }
}

#[test]
fn a_session_of_another_inventory_or_another_user_of_the_system_opens_nothing() {
    let (one, other) = (estate(), estate());
    std::fs::copy(one.session_file(), other.session_file()).expect("a copy");
    refused(&other.run(&["vm", "list"]), 5, ENDED);
    // A copy of the inventory has its own sessions, even though it knows the hash.
    let copy = one.path().join("copy.db");
    std::fs::copy(one.database(), &copy).expect("a copy");
    refused(&one.run(&["vm", "list", "--db", copy.to_str().expect("UTF-8")]), 5, SIGNED_OUT);
    engine(&one).execute("UPDATE login_session SET os_uid = os_uid + 1", []).expect("an update");
    refused(&one.run(&["vm", "list"]), 5, ENDED);
}

#[test]
fn an_inventory_without_login_users_looks_at_no_session() {
    let sandbox = Sandbox::estate();
    let file = sandbox.session_file();
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(&file, "garbage").expect("a file");
    sandbox.ok(&["vm", "list"]);
    let told = sandbox.run(&["whoami", "-o", "json"]);
    let told: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!((&told["username"], &told["role"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    assert!(told["os_user"].is_string());
    refused(&log_in(&sandbox, "ada", PASSWORD), 1, "error: no login users: everyone who can open the file has access");
}

#[test]
fn login_users_of_version_1_sign_in_after_the_upgrade() {
    let dump = include_str!("../data/schema-1.sql");
    let sandbox = Sandbox::with_inventory(env!("CARGO_BIN_EXE_inv").as_ref(), &[]);
    engine(&sandbox).execute_batch(dump).expect("the dump is SQL");
    let upgrades = sandbox.run(&["vm", "list"]);
    assert_eq!((upgrades.status, upgrades.stdout.as_str()), (5, ""), "{upgrades}");
    assert_eq!(upgrades.stderr.lines().nth(1), Some(SIGNED_OUT), "{upgrades}");
    assert_eq!(log_in(&sandbox, "dave", "correct horse battery dave").status, 0);
    assert_eq!(
        sandbox.ok(&["vm", "list", "-o", "csv", "-c", "name,status"]),
        "name,status\nweb01,running\nweb03,stopped\n"
    );
    sandbox.ok(&["log", "verify"]);
    assert_eq!(log_in(&sandbox, "carol", "correct horse battery carol").status, 0);
    add(&sandbox, "erin", "viewer");
    sandbox.ok(&["log", "verify"]);
}
