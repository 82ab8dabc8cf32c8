//! Command lines that are wrong: one sentence with what was typed in quotes, the way out, status 2, nothing done.

use crate::support::{Sandbox, answer};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A command line, its sentence and its way out.
const WRONG: &[(&str, &str, &str)] = &[
    ("vn", "there is no noun or command \"vn\"", "did you mean vm?"),
    ("frobnicate", "there is no noun or command \"frobnicate\"", "inv --help lists the nouns and commands"),
    ("delete web01", "there is no noun or command \"delete\"", "the noun comes first: inv vm rm web01"),
    ("get vms", "there is no noun or command \"get\"", "the noun comes first: inv vm list"),
    ("get pools -q", "there is no noun or command \"get\"", "the noun comes first: inv pool list -q"),
    ("get datacenter tokyo", "there is no noun or command \"get\"", "the noun comes first: inv dc show tokyo"),
    ("create pool x --dc a", "there is no noun or command \"create\"", "the noun comes first: inv pool add x --dc a"),
    ("edit vm web01", "there is no noun or command \"edit\"", "the noun comes first: inv vm set web01"),
    (
        "update vm web01 --cpu 2",
        "there is no noun or command \"update\"",
        "the noun comes first: inv vm set web01 --cpu 2",
    ),
    ("list vms", "there is no noun or command \"list\"", "the noun comes first: inv vm list"),
    ("add vm a\u{1b}b", "there is no noun or command \"add\"", "the noun comes first: inv vm add"),
    ("-q", "no noun or command was given", "inv --help lists the nouns and commands"),
    ("vm -q", "inv vm needs a verb", "inv vm --help tells more"),
    ("vm lst", "vm has no verb \"lst\"", "did you mean list?"),
    ("vm get web01", "vm has no verb \"get\"", "inv vm show does that"),
    ("vm delete web01", "vm has no verb \"delete\"", "inv vm rm does that"),
    ("pool create x", "pool has no verb \"create\"", "inv pool add does that"),
    ("vm edit web01", "vm has no verb \"edit\"", "inv vm set does that"),
    ("vm Update web01", "vm has no verb \"Update\"", "inv vm set does that"),
    (
        "login-user import x",
        "login-user has no verb \"import\"",
        "the verbs are list, show, add, apply, set, rename, rm, log",
    ),
    ("vm list --pol prod", "inv vm list has no option \"--pol\"", "did you mean --pool?"),
    ("vm add --zzz", "inv vm add has no option \"--zzz\"", "inv vm add --help tells more"),
    ("vm list -zq", "inv vm list has no option \"-z\"", "inv vm list --help tells more"),
    ("vm list --limit", "--limit needs a value, N", "--help tells more"),
    ("vm list --memory", "--memory needs a value, SIZE", "--help tells more"),
    ("--db", "--db needs a value, FILE", "--help tells more"),
    ("vm list --count=3", "--count takes no value, but got \"3\"", "inv vm list --help tells more"),
    ("--color sometimes vm list", "--color does not take \"sometimes\"", "it takes auto, always, never"),
    (
        "-o xml vm list",
        "there is no output format \"xml\"",
        "choose one of table, csv, tsv, json, jsonl, markdown, value",
    ),
    ("vm list extra", "inv vm list takes no further argument, but got \"extra\"", "inv vm list --help tells more"),
    ("vm add a b", "inv vm add takes no further argument, but got \"b\"", "inv vm add --help tells more"),
    ("vm add --pool a --pool b", "--pool is given more than once", "inv vm add --help tells more"),
    ("vm show", "inv vm show needs NAME", "inv vm show --help tells more"),
    ("vm rename web01", "inv vm rename needs NEW", "inv vm rename --help tells more"),
    ("vm clone", "inv vm clone needs NAME and NEW", "inv vm clone --help tells more"),
    ("completions", "inv completions needs SHELL", "inv completions --help tells more"),
    ("completions tcsh", "no completions for the shell \"tcsh\"", "the shells are bash, zsh, fish, powershell, elvish"),
    ("vm add it's --bad'flag", "inv vm add has no option \"--bad'flag\"", "inv vm add --help tells more"),
    ("vm list --\u{1b}[2Jfoo", "inv vm list has no option \"--\\x1b[2Jfoo\"", "inv vm list --help tells more"),
    ("vm set web01", "nothing to change was said", "see inv vm set --help for the fields"),
    ("vm rm", "which vm is not said", "name it, or say --where with a condition"),
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
            "status 2\n----- stderr -----\nerror: the argument \"v\u{fffd}\" is not UTF-8\n\
             help: only the file of --db may have a name in another encoding\n"
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
    sandbox.ok(&["provider", "add", "--", "-x"]);
    assert_eq!(sandbox.ok(&["provider", "list", "-o", "csv", "-c", "name", "--where", "name=-x"]), "name\n-x\n");
    let version = sandbox.ok(&["-V"]);
    assert_eq!(version, format!("inv {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(sandbox.ok(&["vm", "list", "--version"]), version);
}
