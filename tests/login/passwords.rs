//! Passwords: wrong ones, waiting after too many, weak hashes, changing one, and where none may ever be.

use super::{PASSWORD, SIGNED_OUT, WRONG, add, engine, estate, log_in, refused};
use crate::pty::Terminal;
use crate::support::{Answer, Sandbox, answer, signal, wait_until};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn a_wrong_name_and_a_wrong_password_read_the_same() {
    let sandbox = estate();
    let (name, password) = (log_in(&sandbox, "somebody-else", PASSWORD), log_in(&sandbox, "ed", "wrong horse battery"));
    assert_eq!(name, password);
    refused(&name, 5, WRONG);
    // Whatever was typed for a name is nobody's business, for it may have been a password.
    let file = std::fs::read(sandbox.database()).expect("the inventory");
    assert!(!file.windows(8).any(|part| part == b"somebody"));
}

/// How many seconds of processor time a login takes, by `times` of the shell.
fn processor_time(sandbox: &Sandbox, name: &str) -> f64 {
    engine(sandbox).execute("DELETE FROM login_failure", []).expect("a removal");
    let command = sandbox.command();
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$@\" 2>&1; times", "sh"]).arg(command.get_program()).args(["login", name, "--password-stdin"]);
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.stdin(std::fs::File::open(sandbox.file("password", "wrong horse battery")).expect("a password"));
    let told = answer(&mut shell).stdout;
    assert!(told.starts_with(WRONG), "{told}");
    // `0m0.10s 0m0.02s`: the shell's children, in user mode and in the kernel.
    let seconds = |text: &str| -> f64 {
        let (minutes, seconds) = text.trim_end_matches('s').split_once('m').expect("minutes and seconds");
        minutes.parse::<f64>().expect("minutes") * 60.0 + seconds.parse::<f64>().expect("seconds")
    };
    told.lines().last().expect("a line").split_whitespace().map(seconds).sum()
}

#[test]
fn a_wrong_name_takes_as_long_as_a_wrong_password() {
    let sandbox = estate();
    let measured = || {
        let mut seconds = [Vec::new(), Vec::new()];
        for _ in 0..7 {
            seconds[0].push(processor_time(&sandbox, "ed"));
            seconds[1].push(processor_time(&sandbox, "nobody"));
        }
        seconds.map(|mut side| {
            side.sort_by(f64::total_cmp);
            side[side.len() / 2]
        })
    };
    // Measured again where it fails: on a busy machine processor time varies too.
    let mut seconds = [0.0; 2];
    let same = (0..3).any(|_| {
        seconds = measured();
        (0.8..=1.25).contains(&(seconds[1] / seconds[0]))
    });
    assert!(same, "wrong password {} s, wrong name {} s", seconds[0], seconds[1]);
}

fn waits(answer: &Answer, seconds: &[i64]) {
    let known: Vec<String> = seconds
        .iter()
        .map(|left| {
            let unit = if *left == 1 { "second" } else { "seconds" };
            format!("error: too many wrong passwords in a row for this name: try again in {left} {unit}\n")
        })
        .collect();
    assert_eq!((answer.status, answer.stdout.as_str()), (5, ""), "{answer}");
    assert!(known.contains(&answer.stderr), "{answer}");
}

#[test]
fn after_five_wrong_passwords_in_a_row_a_name_waits_and_nobody_else_does() {
    for name in ["ed", "nobody"] {
        let sandbox = estate();
        for _ in 0..5 {
            refused(&log_in(&sandbox, name, "wrong horse battery"), 5, WRONG);
        }
        // On a busy machine a wait of one second is over before the next command has started.
        let longer = "UPDATE login_failure SET waits_until = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+25 seconds') \
                      WHERE failures = 5";
        assert_eq!(engine(&sandbox).execute(longer, []), Ok(1), "the fifth one begins a wait");
        // The right one has to wait too: whether a password is right is not told early.
        let right = log_in(&sandbox, name, PASSWORD);
        waits(&right, &(10..=26).collect::<Vec<_>>());
        assert_eq!(log_in(&sandbox, "vi", PASSWORD).status, 0, "another name is free");
        // Later waits are longer; the fifth, the sixth, … are tried here without the time they would take.
        for (failures, wait) in [(5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 30), (11, 30), (500, 30)] {
            let due = "UPDATE login_failure SET failures = $1, waits_until = '2026-01-01T00:00:00Z'";
            // What is long past is forgotten, so the time must be a little while ago only.
            let due = due.replace("'2026-01-01T00:00:00Z'", "strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 seconds')");
            engine(&sandbox).execute(&due, [failures - 1]).expect("an update");
            refused(&log_in(&sandbox, name, "wrong horse battery"), 5, WRONG);
            let until: i64 = engine(&sandbox)
                .query_row("SELECT unixepoch(waits_until) - unixepoch('now') FROM login_failure", [], |row| row.get(0))
                .expect("a row");
            // Computing the hash takes some of it.
            assert!((wait - 5..=wait + 1).contains(&until), "{failures} wrong passwords: {until} s left of {wait}");
        }
        waits(&log_in(&sandbox, name, PASSWORD), &(20..=31).collect::<Vec<_>>());
        // A clock that was set back makes nobody wait longer than that.
        let far = "UPDATE login_failure SET waits_until = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+2 days')";
        engine(&sandbox).execute(far, []).expect("an update");
        let after = log_in(&sandbox, name, if name == "ed" { PASSWORD } else { "wrong horse battery" });
        if name == "ed" {
            assert_eq!(after.status, 0, "{after}");
            let left: i64 = engine(&sandbox)
                .query_row("SELECT count(*) FROM login_failure", [], |row| row.get(0))
                .expect("a count");
            assert_eq!(left, 0, "the right password ends the row");
        } else {
            refused(&after, 5, WRONG);
        }
    }
}

#[test]
fn many_processes_at_once_try_no_more_passwords_than_one() {
    let sandbox = estate();
    let given = sandbox.file("password", "wrong horse battery");
    let begin = Instant::now();
    let running: Vec<_> = (0..12)
        .map(|_| {
            let mut command = sandbox.command();
            command.args(["login", "ed", "--password-stdin"]).stdin(std::fs::File::open(&given).expect("a password"));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("inv starts")
        })
        .collect();
    let answers: Vec<String> = running
        .into_iter()
        .map(|child| String::from_utf8(child.wait_with_output().expect("its end").stderr).expect("UTF-8"))
        .collect();
    // On a busy machine a process may first say that it waits for another.
    let tried = answers.iter().filter(|answer| answer.contains(WRONG)).count();
    let waited = answers.iter().filter(|answer| answer.contains("too many wrong passwords")).count();
    assert_eq!(tried + waited, 12, "{answers:?}");
    // Five are free; the next after one second, two, four, …
    let free_since = begin.elapsed().as_secs();
    let most = 5 + (1..=7).filter(|count| (1_u64 << count) - 1 <= free_since).count();
    assert!((5..=most).contains(&tried), "{tried} in {free_since} s: {answers:?}");
}

/// The hash that is kept of a login user's password.
fn kept(sandbox: &Sandbox, name: &str) -> String {
    let sql = "SELECT password_hash FROM login_users WHERE username = $1";
    engine(sandbox).query_row(sql, [name], |row| row.get(0)).expect("a hash")
}

#[test]
fn a_weak_hash_is_renewed_at_login() {
    use argon2::password_hash::PasswordHasher;
    let sandbox = estate();
    let params = argon2::Params::new(1024, 1, 1, None).expect("parameters");
    let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let weak = weak.hash_password(PASSWORD.as_bytes()).expect("a hash").to_string();
    let put = |hash: &str| {
        let sql = "UPDATE login_users SET password_hash = $1 WHERE username = 'ed'";
        assert_eq!(engine(&sandbox).execute(sql, [hash]), Ok(1));
    };
    put(&weak);
    refused(&log_in(&sandbox, "ed", "wrong horse battery"), 5, WRONG);
    assert_eq!(kept(&sandbox, "ed"), weak);
    let changes = sandbox.ok(&["log", "--limit", "1", "-o", "csv"]);
    assert_eq!(log_in(&sandbox, "ed", PASSWORD).status, 0);
    let strong = kept(&sandbox, "ed");
    assert!(strong.starts_with("$argon2id$v=19$m=65536,t=3,p=4$"), "{strong}");
    assert_eq!(sandbox.ok(&["log", "--limit", "1", "-o", "csv"]), changes, "that is no change of the inventory");
    assert_eq!(log_in(&sandbox, "ed", PASSWORD).status, 0);
    assert_eq!(kept(&sandbox, "ed"), strong, "a good one stays");
}

#[test]
fn a_hash_beyond_twice_the_usual_cost_is_refused_before_it_is_computed() {
    let sandbox = estate();
    let usual = kept(&sandbox, "ed");
    // Memory, passes and lanes that are each a little too many, and those of a hash that is never over.
    for (parameters, cost) in [
        ("m=131073,t=6,p=4", "129 MiB, 6 passes and 4 lanes"),
        ("m=131072,t=7,p=4", "128 MiB, 7 passes and 4 lanes"),
        ("m=131072,t=6,p=5", "128 MiB, 6 passes and 5 lanes"),
        ("m=262144,t=12,p=16", "256 MiB, 12 passes and 16 lanes"),
        ("m=4194304,t=1000000,p=4", "4096 MiB, 1000000 passes and 4 lanes"),
    ] {
        let greedy = usual.replace("m=65536,t=3,p=4", parameters);
        assert_ne!(greedy, usual);
        let sql = "UPDATE login_users SET password_hash = $1 WHERE username = 'ed'";
        assert_eq!(engine(&sandbox).execute(sql, [&greedy]), Ok(1));
        let begin = Instant::now();
        let answer = log_in(&sandbox, "ed", PASSWORD);
        assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
        assert_eq!((answer.status, answer.stdout.as_str()), (5, ""), "{answer}");
        assert_eq!(
            answer.stderr,
            format!(
                "error: the stored password is not verified: its hash requires {cost}; allowed: 128 MiB, 6 passes and \
                 4 lanes\nhelp: ask an admin to set a new password with inv login-user set NAME --password\n"
            )
        );
        assert_eq!(wrong_passwords(&sandbox), 0, "that is no wrong password");
    }
    sandbox.sign_in("ada");
    let set = &["login-user", "set", "ed", "--password", "--password-stdin"];
    let set = sandbox.run_with_input(set, "another good password");
    assert_eq!(set.status, 0, "{set}");
    assert_eq!(log_in(&sandbox, "ed", "another good password").status, 0);
}

#[test]
fn passwd_wants_the_present_password_and_ends_every_session() {
    let sandbox = estate();
    sandbox.sign_in("vi");
    let change = |lines: &str| sandbox.run_with_input(&["passwd", "--password-stdin"], lines);
    let (before, new) = (kept(&sandbox, "vi"), "another password of vi");
    refused(&change(&format!("wrong horse battery\n{new}\n")), 5, WRONG);
    refused(&change(&format!("{PASSWORD}\n")), 1, "error: standard input has only one line");
    refused(&change(&format!("{PASSWORD}\nshort7!\n")), 1, "error: password has 7 bytes; allowed: 8 to 1024 bytes");
    let dry = sandbox.run_with_input(&["passwd", "--password-stdin", "--dry-run"], format!("{PASSWORD}\n{new}\n"));
    assert_eq!((dry.status, dry.stderr.as_str()), (0, ""), "{dry}");
    assert_eq!(kept(&sandbox, "vi"), before);
    sandbox.ok(&["vm", "list"]);
    let changed = change(&format!("{PASSWORD}\r\n{new}\r\n"));
    assert_eq!((changed.status, changed.stdout.as_str()), (0, ""), "{changed}");
    assert_ne!(kept(&sandbox, "vi"), before);
    refused(&sandbox.run(&["vm", "list"]), 5, "error: the session has ended");
    refused(&log_in(&sandbox, "vi", PASSWORD), 5, WRONG);
    assert_eq!(log_in(&sandbox, "vi", new).status, 0);
    // It is in history who did it, not what it was.
    let told = sandbox.ok(&["login-user", "log", "vi", "-o", "csv"]);
    assert!(told.lines().nth(1).is_some_and(|line| line.contains(",vi,") && line.contains("inv passwd")), "{told}");
    let change = told.lines().nth(1).and_then(|line| line.split(',').next()).expect("a number");
    for text in [sandbox.ok(&["log", "show", change]), told.clone()] {
        assert!(!text.contains("argon2") && !text.contains(new), "{text}");
    }
}

#[test]
fn the_same_password_from_another_keyboard_is_right() {
    let sandbox = Sandbox::estate();
    let decomposed = "cafe\u{301} au lait";
    let added = sandbox.run_with_input(&["login-user", "add", "ada", "--password-stdin"], decomposed);
    assert_eq!(added.status, 0, "{added}");
    assert_eq!(log_in(&sandbox, "ada", "caf\u{e9} au lait").status, 0);
    assert_eq!(log_in(&sandbox, "ada", decomposed).status, 0);
    refused(&log_in(&sandbox, "ada", "cafe au lait"), 5, WRONG);
}

#[test]
fn on_a_terminal_name_and_password_are_asked_for_without_echo() {
    let sandbox = estate();
    sandbox.ok(&["logout"]);
    let mut terminal = Terminal::inv(&sandbox, &["login"]);
    // The user of the system is named in the question, and is not in the way of what is typed.
    terminal.asks("name").sees("(Enter alone: ").answers("name", "ed").answers("password:", PASSWORD);
    let ended = terminal.ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(ended.screen.contains("signed in as ed (editor) until 20"), "{}", ended.screen);
    assert!(!ended.text().contains("horse") && ended.settings_are_back, "{}", ended.screen);
    let mut terminal = Terminal::inv(&sandbox, &["login", "vi"]);
    terminal.asks("password:").types("correct").interrupts();
    let ended = terminal.ends();
    assert_eq!(ended.status, 130, "{}", ended.screen);
    assert!(!ended.text().contains("correct") && ended.settings_are_back, "{}", ended.screen);
    assert!(sandbox.ok(&["whoami"]).contains("editor"), "the session before goes on");
    let mut terminal = Terminal::inv(&sandbox, &["passwd"]);
    terminal.answers("password:", PASSWORD).answers("new password:", "a new one of ed").asks("new password again:");
    terminal.types("a new one of ed\r");
    let ended = terminal.ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(!ended.text().contains("a new one"), "{}", ended.screen);
    assert_eq!(log_in(&sandbox, "ed", "a new one of ed").status, 0);
    refused(&sandbox.run(&["login", "ed"]), 2, "error: password required");
    refused(&sandbox.run(&["login"]), 2, "error: missing arguments: NAME");
    refused(&sandbox.run(&["passwd"]), 2, "error: password required");
}

#[test]
fn no_password_is_seen_in_the_process_its_core_or_any_output() {
    let sandbox = estate();
    let mut command = sandbox.command();
    command.args(["login", "ed", "--password-stdin"]);
    // A shell that allows cores of any size, and a password whose end does not come.
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -c unlimited; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = shell.current_dir(sandbox.path()).stdin(Stdio::piped()).spawn().expect("inv starts");
    let mut input = child.stdin.take().expect("its input");
    std::io::Write::write_all(&mut input, PASSWORD.as_bytes()).expect("a password");
    let process = std::path::PathBuf::from(format!("/proc/{}", child.id()));
    let limits = || std::fs::read_to_string(process.join("limits")).unwrap_or_default();
    let limited = || {
        limits().lines().any(|line| {
            line.strip_prefix("Max core file size").is_some_and(|rest| rest.split_whitespace().take(2).eq(["0", "0"]))
        })
    };
    wait_until("a limit of 0 on the size of cores", limited);
    for part in ["cmdline", "environ"] {
        let bytes = std::fs::read(process.join(part)).expect("of this process");
        assert!(!bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()), "{part}");
    }
    signal(&child, "ABRT");
    child.wait().expect("its end");
    let cores: Vec<String> = std::fs::read_dir(sandbox.path())
        .expect("the folder")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("core"))
        .collect();
    assert_eq!(cores, Vec::<String>::new());

    let hash = kept(&sandbox, "ed");
    let folder = sandbox.path().join("out");
    sandbox.ok(&["export", folder.to_str().expect("UTF-8")]);
    let mut outputs = vec![crate::support::read_folder(&folder)];
    for style in ["table", "csv", "tsv", "json", "jsonl", "markdown"] {
        for line in [
            &["login-user", "list"][..],
            &["login-user", "show", "ed"],
            &["login-user", "log", "ed"],
            &["log"],
            &["log", "show", "1"],
            &["find", "ed"],
            &["whoami"],
            &["sql", "SELECT username, role, email FROM login_users"],
        ] {
            outputs.push(sandbox.ok(&[line, &["-o", style]].concat()));
        }
    }
    outputs
        .push(String::from_utf8_lossy(&std::fs::read(sandbox.database()).expect("the inventory")).replace(&hash, ""));
    for output in outputs {
        assert!(!output.contains(PASSWORD) && !output.contains(&hash), "{output}");
    }
}

#[test]
fn a_login_that_cannot_be_kept_leaves_no_session() {
    let sandbox = estate();
    sandbox.ok(&["logout"]);
    std::fs::remove_dir_all(sandbox.path().join(".local")).expect("the folder");
    std::fs::write(sandbox.path().join(".local"), "a file in the way").expect("a file");
    let answer = log_in(&sandbox, "ada", PASSWORD);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert!(answer.stderr.starts_with("error: cannot store the session in "), "{answer}");
    let left: i64 =
        engine(&sandbox).query_row("SELECT count(*) FROM login_session", [], |row| row.get(0)).expect("rows");
    assert_eq!(left, 0);
    refused(
        &sandbox.run(&["vm", "list"]),
        5,
        "error: the session in FILE is not trusted: not a directory"
            .replace("FILE", &sandbox.session_file().display().to_string())
            .as_str(),
    );
    add_is_refused(&sandbox);
}

/// Nobody who is not signed in makes login users.
fn add_is_refused(sandbox: &Sandbox) {
    std::fs::remove_file(sandbox.path().join(".local")).expect("the file");
    let answer = sandbox.run_with_input(&["login-user", "add", "eve", "--password-stdin"], PASSWORD);
    refused(&answer, 5, SIGNED_OUT);
    sandbox.sign_in("ada");
    add(sandbox, "eve", "viewer");
}

/// Number of attempts that count as wrong passwords.
fn wrong_passwords(sandbox: &Sandbox) -> i64 {
    let sql = "SELECT coalesce(sum(failures), 0) FROM login_failure";
    engine(sandbox).query_row(sql, [], |row| row.get(0)).expect("a sum")
}

/// Gives `ed` the slowest hash that is computed: with 128 MiB, and four times the time of a new one.
fn make_slow(sandbox: &Sandbox) {
    let slow = "$argon2id$v=19$m=131072,t=6,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let sql = "UPDATE login_users SET password_hash = $1 WHERE username = 'ed'";
    assert_eq!(engine(sandbox).execute(sql, [slow]), Ok(1));
}

#[test]
fn too_little_memory_is_a_fault_of_its_own_and_no_wrong_password() {
    let sandbox = estate();
    // In an address space of 64 MiB there is no room for 64 MiB more, in one of 132 MiB none for 128 MiB.
    let limited = |kib: u32, name: &str| {
        let command = sandbox.command();
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -v {kib}; exec \"$@\""), "sh"]).arg(command.get_program());
        shell.args(["login", name, "--password-stdin"]);
        shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.stdin(std::fs::File::open(sandbox.file("password", PASSWORD)).expect("a password"));
        answer(&mut shell)
    };
    let help = "help: end other programs or raise the limit (ulimit -v), and try again\n";
    for name in ["ed", "nobody"] {
        for _ in 0..6 {
            let fault = format!("error: not enough memory to verify or hash a password: 64 MiB needed\n{help}");
            assert_eq!(limited(65_536, name), Answer { status: 1, stdout: String::new(), stderr: fault });
        }
    }
    assert_eq!(wrong_passwords(&sandbox), 0);
    assert_eq!(log_in(&sandbox, "ed", PASSWORD).status, 0, "the name does not wait");
    make_slow(&sandbox);
    let fault = format!("error: not enough memory to verify or hash a password: 128 MiB needed\n{help}");
    assert_eq!(limited(135_168, "ed"), Answer { status: 1, stdout: String::new(), stderr: fault });
    assert_eq!(wrong_passwords(&sandbox), 0);
}

#[test]
fn a_signal_ends_the_verification_of_a_password_at_once() {
    let sandbox = estate();
    make_slow(&sandbox);
    for name in ["INT", "TERM", "HUP", "QUIT"] {
        let password = std::fs::File::open(sandbox.file("password", PASSWORD)).expect("a password");
        let mut command = sandbox.command();
        command.args(["login", "ed", "--password-stdin"]).stdin(password).stderr(Stdio::piped());
        let before = wrong_passwords(&sandbox);
        let login = command.spawn().expect("inv starts");
        // The attempt is counted, and its password is being verified.
        wait_until("the attempt to count", || wrong_passwords(&sandbox) > before);
        let begun = Instant::now();
        signal(&login, name);
        let ended = login.wait_with_output().expect("its end");
        assert!(begun.elapsed() < Duration::from_secs(1), "SIG{name}: {:?}", begun.elapsed());
        assert_eq!(ended.status.code(), Some(130), "SIG{name}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "error: interrupted; nothing was changed\n", "SIG{name}");
    }
}
