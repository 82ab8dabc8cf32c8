//! The environment, and the file that is to be the inventory.

use super::{Row, Target};
use std::os::unix::net::UnixListener;

fn with<'a>(environment: &'a [(&'a str, &'a [u8])]) -> Row<'a> {
    Row { environment, ..Row::of(&["vm", "list", "-o", "csv"]) }
}

#[test]
fn variables_that_make_no_sense_are_told() {
    let target = Target::new();
    const NOWHERE: &str = "cannot find the inventory: neither HOME nor XDG_DATA_HOME is an absolute path";
    for (environment, status, told) in [
        (&[("INV_DB", &b"/nowhere/\xff.db"[..])][..], 6, "no inventory at /nowhere/\u{fffd}.db"),
        (&[("INV_DB", b"/nowhere/\x1b[2J\n.db")], 6, "no inventory at /nowhere/\\x1b[2J\\n.db"),
        (&[("INV_DB", b""), ("HOME", b"")], 2, NOWHERE),
        (&[("INV_DB", b""), ("HOME", b"home/of/mine")], 2, NOWHERE),
        (&[("INV_DB", b""), ("HOME", b""), ("XDG_DATA_HOME", b"./data")], 2, NOWHERE),
        (
            &[("INV_DB", b""), ("HOME", b"/nowhere"), ("XDG_DATA_HOME", b"data")],
            6,
            "no inventory at /nowhere/.local/share/inv/inv.db",
        ),
        (&[("COMPLETE", b"\x1b[2J")], 2, "no completions for COMPLETE=\"\\x1b[2J\""),
        (&[("COMPLETE", b"\xff")], 2, "no completions for COMPLETE=\"\u{fffd}\""),
    ] {
        target.refuses(&with(environment), status, told);
    }
    for (style, told) in [(&b"\x1b[2J"[..], "\\x1b[2J"), (b"\xff", "\u{fffd}"), (b"TABLE\n", "TABLE\\n")] {
        let environment = [("INV_OUTPUT", style)];
        let row = Row { environment: &environment, ..Row::of(&["vm", "list"]) };
        target.refuses(&row, 2, &format!("unknown output format \"{told}\""));
    }
}

#[test]
fn variables_that_do_not_matter_change_nothing() {
    let target = Target::new();
    let usual = target.answers(&with(&[]));
    assert_eq!(usual.status, 0, "{usual}");
    for environment in [
        &[("COLUMNS", &b"0"[..]), ("LINES", b"0")][..],
        &[("COLUMNS", b"-5"), ("LINES", b"99999999999999999999")],
        &[("TERM", b"\xff"), ("LANG", b"tlh_KX.KOI8-R"), ("LC_ALL", b"\xff")],
        &[("PAGER", b"\xff"), ("INV_PAGER", b"exit 1"), ("LESS", b"\x1b")],
        &[("NO_COLOR", b"\xff"), ("FORCE_COLOR", b"\x1b")],
        &[("TMPDIR", b"/nowhere/at/all")],
        &[("TZ", b"/dev/zero")],
        &[("TZ", b":/dev/urandom")],
        &[("TZ", b"../../../../etc/passwd")],
        &[("TZ", b"\xff\x1b[2J")],
        &[("TZ", b"UTC+99999999")],
        &[("RUST_BACKTRACE", b"full"), ("RUST_LOG", b"trace"), ("CLICOLOR_FORCE", b"1")],
        &[("SUDO_UID", b"-1"), ("USER", b"\x1b[2J"), ("HOSTNAME", b"\xff")],
    ] {
        let row = Row { environment, ..Row::of(&["vm", "list", "-o", "csv", "--at", "now"]) };
        assert_eq!(target.answers(&row), usual, "{environment:?}");
    }
    for columns in [&b"0"[..], b"1", b"99999999999999999999"] {
        let environment = [("COLUMNS", columns)];
        let answer = target.answers(&Row { environment: &environment, ..Row::of(&["vm", "list", "--help"]) });
        assert_eq!(answer.status, 0, "{answer}");
        assert!(answer.stdout.contains("--limit"), "{answer}");
    }
}

#[test]
fn standard_input_is_not_lost_where_there_is_no_room_to_put_it_aside() {
    let target = Target::new();
    let row =
        Row { environment: &[("TMPDIR", b"/nowhere")], input: Some(b"name\nx\n"), ..Row::of(&["user", "import", "-"]) };
    target.refuses(&row, 1, "cannot store standard input in /nowhere: no such file or directory");
}

#[test]
fn a_file_that_is_no_inventory_is_told_by_what_it_is() {
    let target = Target::new();
    let path = target.sandbox.path();
    std::fs::create_dir(path.join("folder")).expect("a folder");
    let made = std::process::Command::new("mkfifo").arg(path.join("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    let _listener = UnixListener::bind(path.join("socket")).expect("a socket");
    std::os::unix::fs::symlink("loop", path.join("loop")).expect("a link");
    std::os::unix::fs::symlink("nowhere", path.join("dangling")).expect("a link");
    for (name, content) in [("text", "name,pool\n"), ("empty", ""), ("short", "SQLite f"), ("\u{1b}[2J", "x")] {
        use std::os::unix::fs::PermissionsExt;
        let file = target.sandbox.file(name, content);
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("its owner's file");
    }
    let long = "x".repeat(300);
    for (file, told) in [
        ("/dev/null", "/dev/null is a device, not an inventory"),
        ("/dev/zero", "/dev/zero is a device, not an inventory"),
        ("/dev/full", "/dev/full is a device, not an inventory"),
        ("/proc/self/fd/0", "/proc/self/fd/0 is a device, not an inventory"),
        ("/proc/self/maps", "/proc/self/maps is empty, not an inventory"),
        ("pipe", "pipe is a named pipe, not an inventory"),
        ("socket", "socket is a socket, not an inventory"),
        ("folder", "folder is a folder, not an inventory"),
        ("/", "/ is a folder, not an inventory"),
        ("loop", "cannot open loop: too many levels of symbolic links"),
        ("dangling", "no inventory at dangling"),
        ("text", "text is not an inventory"),
        ("empty", "empty is empty, not an inventory"),
        ("short", "short is not an inventory"),
        ("text/inv.db", "cannot open text/inv.db: not a directory"),
        ("\u{1b}[2J", "\\x1b[2J is not an inventory"),
        ("a\u{202e}b\n", "no inventory at a\\u{202e}b\\n"),
        (":memory:", "no inventory at :memory:"),
        ("file:inv.db?mode=rwc", "no inventory at file:inv.db?mode=rwc"),
        (&long, &format!("cannot open {long}: file name too long")),
    ] {
        target.refuses(&Row::of(&["--db", file, "vm", "list", "-q"]), 6, told);
        target.refuses(&Row::of(&["--db", file, "vm", "add", "x", "--pool", "prod", "-q"]), 6, told);
    }
    for (file, status, told) in [
        ("/dev/null", 6, "/dev/null is a device, not an inventory"),
        ("pipe", 6, "pipe is a named pipe, not an inventory"),
        ("folder", 6, "folder is a folder, not an inventory"),
        ("text", 4, "text already exists"),
        ("dangling", 4, "dangling already exists"),
        ("/proc/inv/inv.db", 6, "cannot create the folder /proc/inv: no such file or directory"),
    ] {
        target.refuses(&Row::of(&["init", "--db", file]), status, told);
    }
}

#[test]
fn the_inventory_is_no_place_to_write_to() {
    let target = Target::new();
    target.sandbox.file("bad.csv", "name,email\nx,y\n");
    std::os::unix::fs::symlink("inv.db", target.sandbox.path().join("link")).expect("a link");
    for file in ["inv.db", "./inv.db", "link"] {
        let told = format!("\"{file}\" is the inventory itself");
        target.refuses(&Row::of(&["user", "import", "bad.csv", "--rejects", file]), 2, &told);
        target.refuses(&Row::of(&["report", file]), 2, &told);
    }
}

#[test]
fn a_device_that_bad_rows_are_written_to_stays_what_it_is() {
    let target = Target::new();
    target.sandbox.file("bad.csv", "name,email\nx,y\n");
    let told = "1 row is wrong in bad.csv; nothing was imported\n  bad.csv:2: email: \"y\" has no @ (write it as name@example.org)";
    // A pipe stands for every device: to replace /dev/null here, should this fail, would break more than the test.
    let made =
        std::process::Command::new("mkfifo").arg(target.sandbox.path().join("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    let pipe = target.sandbox.path().join("pipe");
    let reading = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe)
    });
    target.refuses(&Row::of(&["user", "import", "bad.csv", "--rejects", "pipe"]), 1, told);
    let read = reading.join().expect("a reader").expect("what was written");
    assert_eq!(
        read,
        "name,email,faults\nx,y,\"bad.csv:2: email: \"\"y\"\" has no @ (write it as name@example.org)\"\n"
    );
    assert!(!pipe.is_file(), "the pipe was replaced by a file");
}
