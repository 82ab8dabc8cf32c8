//! Where lists go: pipes that close, devices that are full, terminals of eighty columns, a great many rows.

use crate::support::{Answer, Sandbox, answer};
use std::fmt::Write;
use std::fs::{File, OpenOptions};
use std::process::Command;

/// Runs a line of `sh`, in which `inv` is the program.
fn shell(sandbox: &Sandbox, line: &str) -> Answer {
    let program = sandbox.command().get_program().to_string_lossy().into_owned();
    let mut command = Command::new("bash");
    command
        .args(["-c", &format!("set -o pipefail; inv() {{ '{program}' \"$@\"; }}; {line}")])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", sandbox.path())
        .env("INV_DB", sandbox.database())
        .env("LC_ALL", "C.UTF-8")
        .current_dir(sandbox.path());
    answer(&mut command)
}

/// An inventory with so many VMs.
fn crowd(count: usize) -> Sandbox {
    crowd_behind(0, count)
}

/// The same, with so many ids left out in front of them.
fn crowd_behind(gap: u32, count: usize) -> Sandbox {
    let sandbox = Sandbox::estate();
    sandbox.leave_ids_out(gap);
    let mut rows = "name,pool,status,memory,cpu,ips\n".to_owned();
    for at in 0..count {
        writeln!(
            rows,
            "vm{at},prod,running,{} MiB,2,10.{}.{}.{}",
            512 + at % 7,
            1 + (at >> 16),
            (at >> 8) & 255,
            at & 255
        )
        .expect("text");
    }
    sandbox.file("vms.csv", rows);
    sandbox.ok(&["vm", "import", "vms.csv", "--quiet"]);
    sandbox
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for sandbox in [crowd(3000), crowd_behind(200_000, 20_000)] {
        for style in ["table", "csv", "tsv", "json", "jsonl", "markdown", "value"] {
            let line = format!("inv vm list -o {style} | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}");
            let answer = shell(&sandbox, &line);
            assert_eq!((answer.stdout.as_str(), answer.stderr.as_str()), ("0\n", ""), "{style}");
        }
        let answer = shell(&sandbox, "inv vm export | head -1; echo ${PIPESTATUS[0]}");
        assert_eq!(answer.stdout, "name,pool,type,status,memory,cpu,os,custom-os,owner,created,updated,systems\n0\n");
        assert_eq!(answer.stderr, "");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure() {
    let sandbox = Sandbox::estate();
    for style in ["table", "csv", "tsv", "json", "jsonl", "markdown", "value"] {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let answer = answer_to(&sandbox, &["vm", "list", "-o", style], full);
        assert_eq!(answer.status, 1, "{style}");
        let message = "cannot write the output: no space left on device";
        if style.starts_with("json") {
            assert!(answer.stderr.starts_with(&format!("{{\"kind\":\"failed\",\"message\":\"{message}\"")), "{answer}");
        } else {
            assert_eq!(answer.stderr, format!("error: {message}\n"), "{style}");
        }
    }
    for arguments in [
        &["vm", "list", "--count"][..],
        &["vm", "show", "web01"],
        &["vm", "export"],
        &["--help"],
        &["vm", "list", "--help"],
        &["--version"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let answer = answer_to(&sandbox, arguments, full);
        assert_eq!(answer.status, 1, "{arguments:?}\n{answer}");
    }
}

fn answer_to(sandbox: &Sandbox, arguments: &[&str], out: File) -> Answer {
    let output = sandbox
        .command()
        .args(arguments)
        .stdout(out)
        .stderr(std::process::Stdio::piped())
        .output()
        .expect("the program starts");
    Answer {
        status: output.status.code().unwrap_or(-1),
        stdout: String::new(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_closed_standard_output_takes_nothing_down_with_it() {
    let sandbox = Sandbox::estate();
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let answer = shell(&sandbox, "inv vm list >&-; echo $? >status; inv vm list -o csv >&- 2>&-; echo $? >>status");
    assert!(!answer.stderr.contains("panic"), "{answer}");
    let statuses = std::fs::read_to_string(sandbox.path().join("status")).expect("the statuses");
    assert!(statuses.lines().all(|status| status == "0" || status == "1"), "{statuses}");
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before, "the list went into the inventory");
}

/// Runs `inv` as a child of Python and returns what it answered and how many KiB it had in memory at most.
fn measured(sandbox: &Sandbox, arguments: &[&str]) -> (Answer, u64) {
    let script = "import resource, subprocess, sys\n\
        done = subprocess.run(sys.argv[1:], stdout=open('out', 'wb'))\n\
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
        sys.exit(done.returncode)\n";
    let program = sandbox.command();
    let mut command = Command::new("python3");
    command.args(["-c", script]).arg(program.get_program()).args(arguments).current_dir(sandbox.path());
    command.env("INV_DB", sandbox.database()).env("HOME", sandbox.path());
    let answer = answer(&mut command);
    let peak = answer.stdout.trim().parse().expect("python3 measures: it comes with the Debian package python3");
    (answer, peak)
}

#[test]
fn a_great_many_rows_take_little_memory() {
    const ROWS: usize = 200_000;
    let sandbox = Sandbox::estate();
    let rows: String = (0..ROWS).fold("name,description\n".to_owned(), |mut rows, at| {
        writeln!(rows, "system{at},what the system of number {at} is there for").expect("text");
        rows
    });
    sandbox.file("systems.csv", rows);
    let (answer, peak) = measured(&sandbox, &["system", "import", "systems.csv", "--quiet"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert!(peak < 300 << 10, "the import had {peak} KiB");
    for style in ["csv", "jsonl"] {
        let (answer, peak) = measured(&sandbox, &["system", "list", "-o", style]);
        assert_eq!(answer.status, 0, "{answer}");
        let out = std::fs::read_to_string(sandbox.path().join("out")).expect("the list");
        // The system billing was there before; CSV has a header.
        assert_eq!(out.lines().count(), ROWS + 1 + usize::from(style == "csv"));
        assert!(peak < 24 << 10, "the list as {style} had {peak} KiB");
    }
}

#[test]
fn control_characters_are_shown_and_never_sent() {
    let sandbox = Sandbox::estate();
    let answer = sandbox.run(&["vm", "add", "x\u{1b}[2J", "--pool", "prod"]);
    assert_eq!(answer.status, 1);
    assert!(answer.stderr.contains("x\\x1b[2J") && answer.stderr.contains("U+001B"), "{answer}");
    assert!(!answer.stderr.contains('\u{1b}'), "{answer:?}");
    let put = Command::new("sqlite3")
        .arg(sandbox.database())
        .arg("UPDATE virtual_machine SET name = 'x' || char(27) || '[2J' WHERE name = 'web10'")
        .status()
        .expect("sqlite3 runs: it comes with the Debian package sqlite3");
    assert!(put.success());
    assert_eq!(sandbox.ok(&["vm", "list", "-c", "name", "--no-headers"]), "web01\nweb02\nx\\x1b[2J\n");
    assert_eq!(sandbox.ok(&["vm", "list", "-c", "name", "--no-headers", "-o", "csv"]), "web01\nweb02\nx\u{1b}[2J\n");
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.ok(&["vm", "list", "-c", "name", "-o", "json"])).expect("JSON");
    assert_eq!(json[2]["name"], "x\u{1b}[2J");
    for arguments in [
        &["vm", "show", "x\u{1b}[2J"][..],
        &["vm", "show", "y\u{1b}[2J"],
        &["vm", "list", "-o", "markdown"],
        &["vm", "list", "--where", "name\u{1b}[2J=1"],
        &["vm", "rm", "x\u{1b}[2J"],
        &["vm", "rename", "web01", "x\u{1b}[2J"],
        &["pool", "show", "test"],
        &["vm", "list", "--no\u{1b}[2Jflag"],
        &["x\u{1b}[2J"],
    ] {
        let answer = sandbox.run(arguments);
        assert!(!answer.stdout.contains('\u{1b}') && !answer.stderr.contains('\u{1b}'), "{arguments:?}\n{answer:?}");
    }
    for style in ["table", "csv", "tsv", "json", "jsonl", "markdown", "value"] {
        let seen =
            on_a_terminal(&sandbox, &["vm", "list", "-c", "name", "-o", style, "--color", "never", "--no-pager"]);
        assert!(!seen.contains('\u{1b}'), "{style}\n{seen:?}");
    }
}

/// What a terminal of 80 columns and 24 lines is sent.
fn on_a_terminal(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let script = "import fcntl, os, pty, struct, sys, termios\n\
        child, terminal = pty.fork()\n\
        if child == 0:\n    \
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))\n    \
            os.execv(sys.argv[1], sys.argv[1:])\n\
        seen = b''\n\
        try:\n    \
            while piece := os.read(terminal, 65536):\n        \
                seen += piece\n\
        except OSError:\n    \
            pass\n\
        sys.stdout.buffer.write(seen)\n\
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n";
    let mut command = Command::new("python3");
    command.args(["-c", script]).arg(sandbox.command().get_program()).args(arguments).current_dir(sandbox.path());
    command
        .env("INV_DB", sandbox.database())
        .env("HOME", sandbox.path())
        .env("TERM", "xterm-256color")
        .env("LC_ALL", "C.UTF-8");
    let answer = answer(&mut command);
    assert_eq!(answer.status, 0, "python3 (Debian package python3) drives the terminal\n{answer}");
    answer.stdout.replace("\r\n", "\n")
}

#[test]
fn a_table_of_wide_characters_lines_up_at_eighty_columns() {
    let sandbox = Sandbox::estate();
    // Each name and what takes as many columns: a Japanese character takes two, and so does an emoji family as one.
    let stand_ins = [
        ("東京本社基幹業務サーバー一号機", "a".repeat(30)),
        ("大阪", "b".repeat(4)),
        ("👩‍👩‍👧‍👦", "c".repeat(2)),
        ("がぎぐ", "d".repeat(6)),
        ("ｶﾞ", "e".repeat(2)),
        ("경기", "f".repeat(4)),
    ];
    for (name, _) in &stand_ins {
        sandbox.ok(&[
            "vm",
            "add",
            name,
            "--pool",
            "test",
            "--memory",
            "1GiB",
            "--cpu",
            "2",
            "--custom-os",
            "x",
            "--ip",
            "10.1.2.3",
            "--allow-duplicate",
        ]);
    }
    let seen =
        on_a_terminal(&sandbox, &["vm", "list", "--color", "never", "--no-pager", "-c", "name,pool,cpu,memory,ips"]);
    let mut plain = seen.clone();
    for (name, stand_in) in &stand_ins {
        assert!(seen.contains(name), "{seen}");
        plain = plain.replace(name, stand_in);
    }
    assert!(plain.is_ascii(), "{plain}");
    let lines: Vec<&str> = plain.lines().collect();
    assert_eq!(lines.len(), 1 + 3 + stand_ins.len(), "{seen}");
    let pool = lines[0].find("pool").expect("a column");
    let ips = lines[0].find("ips").expect("a column");
    // The numbers stand to the right, so the ends of their columns line up.
    let memory = lines[0].find("memory").expect("a column") + "memory".len();
    for line in &lines {
        assert!(line.len() <= 80, "{line}");
    }
    for line in &lines[1..] {
        assert!(line[pool..].starts_with("prod") || line[pool..].starts_with("test"), "{line}\n{seen}");
        assert!(line[..memory].ends_with("iB"), "{line}\n{seen}");
        assert!(line.len() <= ips || line[ips..].starts_with("10."), "{line}\n{seen}");
    }
}

#[test]
fn a_table_that_is_too_wide_is_made_to_fit() {
    let sandbox = Sandbox::estate();
    for name in ["東京本社基幹業務サーバー一号機".repeat(4), "👩‍👩‍👧‍👦".repeat(36), "a".repeat(200)]
    {
        sandbox.ok(&["vm", "add", &name, "--pool", "test"]);
    }
    let seen = on_a_terminal(&sandbox, &["vm", "list", "--color", "never", "--no-pager"]);
    for line in seen.lines() {
        // An emoji family takes two columns; what else is not ASCII here is wide, but for the sign of a cut.
        let families = line.matches("👩‍👩‍👧‍👦").count();
        let rest = line.replace("👩‍👩‍👧‍👦", "");
        let width: usize = rest.chars().map(|c| if c.is_ascii() || c == '…' { 1 } else { 2 }).sum();
        assert!(2 * families + width <= 80, "{line}");
    }
    let whole = sandbox.ok(&["vm", "list"]);
    assert!(whole.contains(&"a".repeat(200)), "off a terminal nothing is cut");
}
