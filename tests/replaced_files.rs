//! Files in the place of which an export is written: an earlier export is replaced, anything else is not, and a set of
//! files is replaced as a whole.

use crate::edges::with_fault;
use crate::support::{Answer, Sandbox, answer, read_folder};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Holds a refusal against the files that it names.
#[track_caller]
fn refused(answer: &Answer, names: &str, them: &str) {
    assert_eq!((answer.status, answer.stdout.as_str()), (4, ""), "{answer}");
    let told = format!("error: {names} replaced\nhelp: export to another place, or move {them} away first\n");
    assert_eq!(answer.stderr, told);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn refuses_to_replace_files_of_the_set_that_are_not_exports() {
    let sandbox = Sandbox::estate();
    let folder = sandbox.path().join("out");
    fs::create_dir(&folder).expect("a folder");
    // A list of somebody else, an export with a column more, and no text at all.
    sandbox.ok(&["vm", "export", "out/vms.csv", "-c", "pool.dc"]);
    sandbox.file("out/users.csv", "name,department\nalice,sales\n");
    sandbox.file("out/pools.csv", [0xff, 0xfe, b'\n']);
    fs::create_dir(folder.join("dcs.csv")).expect("a folder");
    // What has no content, and what has another name, is nothing to lose.
    sandbox.file("out/providers.csv", "");
    sandbox.file("out/notes.csv", "name\n");
    let before: Vec<_> = ["vms.csv", "users.csv", "pools.csv"].map(|name| fs::read(folder.join(name))).into();
    let there = names(&folder);
    let answer = sandbox.run(&["export", "out"]);
    let four =
        "\"out/dcs.csv\", \"out/users.csv\", \"out/pools.csv\", \"out/vms.csv\" are not exports of inv and are not";
    refused(&answer, four, "them");
    assert_eq!(names(&folder), there, "something was written");
    for (name, before) in ["vms.csv", "users.csv", "pools.csv"].into_iter().zip(before) {
        assert_eq!(fs::read(folder.join(name)).ok(), before.ok(), "{name}");
        if name != "users.csv" {
            fs::remove_file(folder.join(name)).expect("the file");
        }
    }
    fs::remove_dir(folder.join("dcs.csv")).expect("the folder");
    refused(&sandbox.run(&["export", "out"]), "\"out/users.csv\" is not an export of inv and is not", "it");
    fs::remove_file(folder.join("users.csv")).expect("the file");

    // An earlier export is replaced, of any moment.
    sandbox.ok(&["export", "out"]);
    let first = read_folder(&folder);
    sandbox.ok(&["vm", "add", "web03", "--pool", "prod"]);
    sandbox.ok(&["export", "out"]);
    assert_ne!(read_folder(&folder), first);
    sandbox.ok(&["export", "out", "--at", "13"]);
    assert_eq!(read_folder(&folder), first);
}

#[test]
fn replaces_a_file_of_each_format_only_if_it_is_an_export_of_the_noun() {
    let sandbox = Sandbox::estate();
    let others = [
        ("vms.csv", "name,pool,memory\nweb01,prod,16\n"),
        ("vms.tsv", "name\tpool\tmemory\nweb01\tprod\t16\n"),
        ("vms.json", "[{\"name\": \"web01\", \"pool\": \"prod\"}]\n"),
        ("vms.jsonl", "{\"name\": \"web01\", \"memory\": 16}\n"),
        ("vms.yaml", "- name: web01\n  pool: prod\n"),
        ("vms.xlsx", "a letter"),
    ];
    for (name, content) in others {
        sandbox.file(name, content);
        let refusal = format!("\"{name}\" is not an export of inv and is not");
        refused(&sandbox.run(&["vm", "export", name]), &refusal, "it");
        assert_eq!(fs::read_to_string(sandbox.path().join(name)).expect("the file"), content);
        fs::remove_file(sandbox.path().join(name)).expect("the file");
        // Each replaces the one before: more columns, fewer rows, none, and all again.
        for more in [&[][..], &["-c", "created,pool.dc"], &["--where", "name=web01"], &["--where", "name=x"], &[]] {
            sandbox.ok(&[&["vm", "export", name], more].concat());
        }
        refused(&sandbox.run(&["pool", "export", name]), &refusal, "it");
    }
    for name in ["rows.csv", "rows.tsv"] {
        for _ in 0..2 {
            sandbox.ok(&["vm", "export", name, "--no-headers"]);
        }
        let refusal = format!("\"{name}\" is not an export of inv and is not");
        refused(&sandbox.run(&["vm", "export", name]), &refusal, "it");
    }
}

#[test]
fn replaces_a_workbook_only_if_it_has_the_sheets_of_an_export() {
    let sandbox = Sandbox::estate();
    let refusal = "\"all.xlsx\" is not an export of inv and is not";
    for noun in ["vm", "pool"] {
        sandbox.ok(&[noun, "export", "all.xlsx"]);
        let before = fs::read(sandbox.path().join("all.xlsx")).expect("a workbook");
        refused(&sandbox.run(&["export", "all.xlsx"]), refusal, "it");
        assert!(before == fs::read(sandbox.path().join("all.xlsx")).expect("a workbook"));
        fs::remove_file(sandbox.path().join("all.xlsx")).expect("the workbook");
    }
    sandbox.ok(&["export", "all.xlsx"]);
    sandbox.ok(&["vm", "add", "web03", "--pool", "prod"]);
    sandbox.ok(&["export", "all.xlsx"]);
    refused(&sandbox.run(&["vm", "export", "all.xlsx"]), refusal, "it");
    assert_eq!(sandbox.run(&["import", "all.xlsx", "--update"]).status, 0);
}

#[test]
fn a_set_of_files_that_cannot_be_written_leaves_the_earlier_set_whole() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["export", "out"]);
    let before = read_folder(&sandbox.path().join("out"));
    sandbox.ok(&["provider", "rename", "AWS", "Amazon"]);
    let rows: String = (0..3000).map(|n| format!("user{n},user{n}@example.com\n")).collect();
    sandbox.ok(&["user", "import", &sandbox.file("users.csv", format!("name,email\n{rows}"))]);
    // The users have over 64 KiB. The files before them, with another name of the provider, are complete.
    let inv = sandbox.command();
    let mut limited = Command::new("bash");
    limited.args(["-c", "ulimit -f 64; \"$@\"", "bash"]).arg(inv.get_program()).args(["export", "out"]);
    limited.env_clear().envs(inv.get_envs().filter_map(|(n, v)| Some((n, v?)))).current_dir(sandbox.path());
    let told = answer(&mut limited);
    assert_eq!((told.status, told.stdout.as_str()), (1, ""), "{told}");
    assert_eq!(told.stderr, "error: cannot write out/users.csv: file too large\n");
    assert_eq!(read_folder(&sandbox.path().join("out")), before);

    for at in [1, 2, 14] {
        let fault = format!("inject=fsync,fdatasync:error=EIO:when={at}");
        let Some(told) = with_fault(&sandbox, &fault, &["export", "out"]) else { return };
        assert_eq!((told.status, told.stdout.as_str()), (1, ""), "sync {at}: {told}");
        assert!(told.stderr.starts_with("error: cannot write out/"), "{told}");
        assert_eq!(read_folder(&sandbox.path().join("out")), before, "sync {at}");
    }
    sandbox.ok(&["export", "out"]);
    assert_eq!(read_folder(&sandbox.path().join("out")), sandbox.exported());
}
