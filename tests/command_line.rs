//! Command lines that are wrong: one sentence with what was typed in quotes, the way out, status 2, nothing done.

use crate::support::{Sandbox, answer};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A command line, its sentence and its way out.
const WRONG: &[(&str, &str, &str)] = &[
    ("vn", "unknown noun or command \"vn\"", "did you mean vm?"),
    ("frobnicate", "unknown noun or command \"frobnicate\"", "run `inv --help` for the nouns and commands"),
    ("delete web01", "unknown noun or command \"delete\"", "put the noun first: inv vm rm web01"),
    ("get vms", "unknown noun or command \"get\"", "put the noun first: inv vm list"),
    ("get pools -q", "unknown noun or command \"get\"", "put the noun first: inv pool list -q"),
    ("get datacenter tokyo", "unknown noun or command \"get\"", "put the noun first: inv dc show tokyo"),
    ("create pool x --dc a", "unknown noun or command \"create\"", "put the noun first: inv pool add x --dc a"),
    ("edit vm web01", "unknown noun or command \"edit\"", "put the noun first: inv vm set web01"),
    ("update vm web01 --cpu 2", "unknown noun or command \"update\"", "put the noun first: inv vm set web01 --cpu 2"),
    ("list vms", "unknown noun or command \"list\"", "put the noun first: inv vm list"),
    ("add vm a\u{1b}b", "unknown noun or command \"add\"", "put the noun first: inv vm add"),
    ("-q", "no noun or command specified", "run `inv --help` for the nouns and commands"),
    ("vm -q", "missing verb for inv vm", "run `inv vm --help` for usage"),
    ("vm lst", "vm has no verb \"lst\"", "did you mean list?"),
    ("vm get web01", "vm has no verb \"get\"", "use inv vm show"),
    ("vm delete web01", "vm has no verb \"delete\"", "use inv vm rm"),
    ("pool create x", "pool has no verb \"create\"", "use inv pool add"),
    ("vm edit web01", "vm has no verb \"edit\"", "use inv vm set"),
    ("vm Update web01", "vm has no verb \"Update\"", "use inv vm set"),
    ("login-user import x", "login-user has no verb \"import\"", "verbs: list, show, add, apply, set, rename, rm, log"),
    ("vm list --pol prod", "inv vm list has no option \"--pol\"", "did you mean --pool?"),
    ("vm add --zzz", "inv vm add has no option \"--zzz\"", "run `inv vm add --help` for usage"),
    ("vm list -zq", "inv vm list has no option \"-z\"", "run `inv vm list --help` for usage"),
    ("vm list --limit", "--limit requires a value, N", "add --help for usage"),
    ("vm list --memory", "--memory requires a value, SIZE", "add --help for usage"),
    ("--db", "--db requires a value, FILE", "add --help for usage"),
    ("vm list --count=3", "--count accepts no value: \"3\"", "run `inv vm list --help` for usage"),
    ("--color sometimes vm list", "invalid value for --color: \"sometimes\"", "valid values: auto, always, never"),
    (
        "-o xml vm list",
        "unknown output format \"xml\"",
        "pass one of table, csv, tsv, json, jsonl, yaml, markdown, value, template=TEXT, xlsx",
    ),
    ("vm list extra", "unexpected argument \"extra\" for inv vm list", "run `inv vm list --help` for usage"),
    ("vm add a b", "unexpected argument \"b\" for inv vm add", "run `inv vm add --help` for usage"),
    ("vm add --pool a --pool b", "--pool is repeated", "run `inv vm add --help` for usage"),
    ("vm show", "missing arguments: NAME", "run `inv vm show --help` for usage"),
    ("vm rename web01", "missing arguments: NEW", "run `inv vm rename --help` for usage"),
    ("vm clone", "missing arguments: NAME and NEW", "run `inv vm clone --help` for usage"),
    ("completions", "missing arguments: SHELL", "run `inv completions --help` for usage"),
    ("completions tcsh", "no completions for shell \"tcsh\"", "shells: bash, zsh, fish, powershell, elvish"),
    ("vm add it's --bad'flag", "inv vm add has no option \"--bad'flag\"", "run `inv vm add --help` for usage"),
    ("vm list --\u{1b}[2Jfoo", "inv vm list has no option \"--\\x1b[2Jfoo\"", "run `inv vm list --help` for usage"),
    ("vm set web01", "no fields specified", "run `inv vm set --help` for the fields"),
    ("vm rm", "no VM specified", "pass a name or --where"),
    ("-m INC-7 vm list", "inv vm list has no option \"-m\"", "run `inv vm list --help` for usage"),
    ("-y vm add a", "inv vm add has no option \"-y\"", "run `inv vm add --help` for usage"),
    ("--dry-run usage", "inv usage has no option \"--dry-run\"", "run `inv usage --help` for usage"),
    ("--pool prod vm list", "inv has no option \"--pool\"", "run `inv --help` for the nouns and commands"),
    ("-m INC-7 delete web01", "unknown noun or command \"delete\"", "put the noun first: inv vm rm web01"),
];

#[test]
fn help_may_be_asked_for_as_a_command_and_inv_alone_prints_it() {
    let sandbox = Sandbox::bare();
    for (asked, same) in [
        (&["help"][..], &["--help"][..]),
        (&["help", "vm"], &["vm", "--help"]),
        (&["help", "vm", "add"], &["vm", "add", "--help"]),
        (&["vm", "help", "add"], &["vm", "add", "--help"]),
        (&["vm", "help"], &["vm", "--help"]),
        (&["help", "usage"], &["usage", "--help"]),
    ] {
        let help = sandbox.ok(same);
        assert!(help.contains("Usage: inv"), "{help}");
        assert_eq!(sandbox.ok(asked), help, "{asked:?}");
    }
    assert_eq!(sandbox.ok(&[]), sandbox.ok(&["-h"]));
}

#[test]
fn a_wrong_command_line_is_told_in_one_sentence_with_the_way_out() {
    let sandbox = Sandbox::estate();
    let before = sandbox.exported();
    for (line, sentence, way_out) in WRONG {
        let arguments: Vec<&str> = line.split(' ').collect();
        let told = sandbox.run(&arguments).to_string();
        let expected = format!("status 2\n----- stderr -----\nerror: {sentence}\nhelp: {way_out}\n");
        assert_eq!(told, expected, "inv {line}");
    }
    assert_eq!(sandbox.exported(), before);
}

#[test]
fn an_argument_that_is_not_utf_8_is_told_and_no_panic() {
    let sandbox = Sandbox::estate();
    let broken = OsStr::from_bytes(b"v\xff");
    for before in [&["vm", "show"][..], &["vm", "list", "--pool"], &["vm", "add"], &["vm", "list", "-c"]] {
        let told = answer(sandbox.command().args(before).arg(broken));
        assert_eq!(
            told.to_string(),
            "status 2\n----- stderr -----\nerror: argument \"v\u{fffd}\" is not UTF-8\n\
             help: only --db accepts a file name in another encoding\n"
        );
    }
}

#[test]
fn a_file_of_db_may_have_a_name_that_is_not_utf_8() {
    let sandbox = Sandbox::bare();
    let name = OsStr::from_bytes(b"inv\xff.db");
    let made = answer(sandbox.command().arg("--db").arg(name).arg("init"));
    assert_eq!(made.status, 0, "{made}");
    assert!(sandbox.path().join(name).exists());
}

#[test]
fn a_noun_alone_prints_help_and_is_a_wrong_usage() {
    let sandbox = Sandbox::bare();
    for line in [&["vm"], &["login-user"]] {
        let told = sandbox.run(line);
        assert_eq!(told.status, 2, "{told}");
        assert_eq!(told.stdout, "");
        assert!(told.stderr.contains("Usage: inv"), "{told}");
    }
}

#[test]
fn options_of_every_command_that_writes_or_lists_may_come_before_the_noun() {
    let sandbox = Sandbox::estate();
    let before = sandbox.exported();
    for line in [&["--dry-run", "-m", "INC-7", "vm", "set", "web01", "--cpu", "8"][..], &["-ny", "vm", "rm", "web02"]] {
        assert_eq!(sandbox.run(line).status, 0, "{line:?}");
        assert_eq!(sandbox.exported(), before, "{line:?}");
    }
    sandbox.ok(&["-qmINC-8", "vm", "set", "web01", "--cpu", "8"]);
    let log = sandbox.ok(&["-o", "csv", "--limit=1", "log"]);
    assert!(log.contains("INC-8,inv -qmINC-8 vm set web01 --cpu 8"), "{log}");
    sandbox.ok(&["vm", "--yes", "rm", "web02"]);
    let behind = sandbox.ok(&["vm", "list", "-o", "csv", "-c", "name", "--where", "cpu>4"]);
    assert_eq!(behind, "name\nweb01\n");
    assert_eq!(sandbox.ok(&["-c", "name", "--where", "cpu>4", "vm", "-o", "csv", "list"]), behind);
    let batch = sandbox.file("batch", "-m INC-9 vm set web01 --cpu 2\n");
    let answer = sandbox.run(&["batch", &batch]);
    assert!(answer.stderr.contains("--message applies to the whole batch"), "{answer}");
    sandbox.ok(&["-m", "INC-9", "batch", &sandbox.file("batch", "vm set web01 --cpu 2\n")]);
}

#[test]
fn options_stand_anywhere_and_two_dashes_end_them() {
    let sandbox = Sandbox::estate();
    let expected = sandbox.ok(&["vm", "list", "-o", "csv"]);
    let database = sandbox.database();
    let database = database.to_str().expect("a path in UTF-8");
    for line in [
        &["-o", "csv", "vm", "list"][..],
        &["vm", "-o", "csv", "list"],
        &["-ocsv", "vm", "list"],
        &["--output=csv", "--db", database, "vm", "list"],
        &["vm", "--db", database, "ls", "--output", "csv"],
        // Where several commands of a line are given an option, the deepest decides.
        &["-o", "json", "--db", "nowhere.db", "vm", "--db", database, "list", "-o", "csv"],
        &["-o", "json", "vm", "-o", "csv", "list"],
    ] {
        assert_eq!(sandbox.ok(line), expected, "{line:?}");
    }
    sandbox.ok(&["-m", "a hyphen", "provider", "add", "--", "-x"]);
    assert!(sandbox.ok(&["--limit", "1", "log", "-o", "csv"]).contains("a hyphen"));
    assert_eq!(sandbox.ok(&["provider", "list", "-o", "csv", "-c", "name", "--where", "name=-x"]), "name\n-x\n");
    let version = sandbox.ok(&["-V"]);
    assert_eq!(version, format!("inv {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(sandbox.ok(&["vm", "list", "--version"]), version);
}

/// The lines of `inv -V -v` behind the first, each a name and a value.
fn build_details(sandbox: &Sandbox, arguments: &[&str]) -> Vec<(String, String)> {
    let printed = sandbox.ok(arguments);
    let (version, details) = printed.split_once('\n').expect("lines");
    assert_eq!(version, format!("inv {}", env!("CARGO_PKG_VERSION")));
    let pairs = details.lines().map(|line| line.split_once(": ").unwrap_or_else(|| panic!("{line}")));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What a program prints, in one line.
fn printed(program: &str, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(program);
    let run = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("the program starts");
    assert!(run.status.success(), "{program} {arguments:?}");
    String::from_utf8(run.stdout).expect("UTF-8").trim_end().to_owned()
}

#[test]
fn the_verbose_version_lists_what_the_program_was_built_from() {
    let sandbox = Sandbox::bare();
    let details = build_details(&sandbox, &["-V", "-v"]);
    let names: Vec<&str> = details.iter().map(|(name, _)| name.as_str()).collect();
    let expected = "commit,date,target,profile,compiler,features,schema,sqlite,sqlite source,sqlite options";
    assert_eq!(names.join(","), expected);
    let value = |name: &str| &details.iter().find(|(other, _)| other == name).expect("a detail").1;
    for (name, pattern) in [
        ("commit", "^([0-9a-f]{40}|unknown)$"),
        ("date", r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|unknown)$"),
        ("target", "^[a-z0-9_]+-[a-z]+-[a-z-]+$"),
        ("profile", "^(debug|release)$"),
        ("compiler", r"^rustc 1\.\d+\.\d+"),
        ("features", "^[a-z, -]+$"),
        ("sqlite", r"^3\.\d+\.\d+$"),
        ("sqlite source", r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [0-9a-f]+$"),
        ("sqlite options", "^([A-Z0-9_=]+, )+THREADSAFE=[12]$"),
    ] {
        assert!(regex::Regex::new(pattern).expect("a pattern").is_match(value(name)), "{name}: {}", value(name));
    }
    assert_eq!(value("schema"), &inv::store::VERSION.to_string());
    for other in [&["--version", "--verbose"][..], &["-vV"], &["-Vv"], &["-v", "vm", "list", "-V"]] {
        assert_eq!(build_details(&sandbox, other), details, "{other:?}");
    }
    let plain = format!("inv {}\n", env!("CARGO_PKG_VERSION"));
    for other in [&["-V", "--output", "csv"][..], &["-qV"], &["-V", "--", "-v"]] {
        assert_eq!(sandbox.ok(other), plain, "{other:?}");
    }
}

#[test]
fn the_commit_of_the_build_is_the_one_that_is_checked_out() {
    // A package has no repository.
    if !std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".git").exists() {
        return;
    }
    let details = build_details(&Sandbox::bare(), &["-V", "-v"]);
    let date = "--date=format-local:%Y-%m-%dT%H:%M:%SZ";
    let expected = [
        printed("git", &["rev-parse", "HEAD"]),
        printed("env", &["TZ=UTC", "git", "log", "-1", "--no-show-signature", date, "--format=%cd"]),
    ];
    assert_eq!([&details[0].1, &details[1].1], [&expected[0], &expected[1]]);
}
