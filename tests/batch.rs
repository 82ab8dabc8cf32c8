//! `inv batch` runs commands line by line, and `-` reads names from standard input.

use crate::support::{Answer, Sandbox};
use std::fmt::Write;
use std::time::{Duration, Instant};

fn parts(answer: &Answer) -> (i32, &str, &str) {
    (answer.status, answer.stdout.as_str(), answer.stderr.as_str())
}

const ESTATE: &str = "\
# an estate in words of inv

provider add AWS
inv dc add tokyo --provider AWS
pool add prod --dc tokyo --cpu 64 --memory \"256 GiB\"\r
vm add web01 --pool prod --cpu 2 --memory 4GiB
vm add 'web 02' --pool prod --cpu 2 --memory 4GiB --disk 20GiB
vm set web01 --cpu 4
vm list -o csv -c name,cpu
";

#[test]
fn a_batch_is_one_change_whose_answers_come_after_it() {
    let sandbox = Sandbox::empty();
    let before = sandbox.exported();
    let file = sandbox.file("estate.txt", ESTATE);
    let paths = "AWS\nAWS/tokyo\nAWS/tokyo/prod\nAWS/tokyo/prod/web01\nAWS/tokyo/prod/web 02\n";
    let listed = "name,cpu\nweb01,4\nweb 02,2\n";
    let answer = sandbox.run(&["batch", &file]);
    assert_eq!(parts(&answer), (0, format!("{paths}{listed}").as_str(), "ran 7 commands: change 1\n"));
    // History has the line of each record.
    let steps = sandbox.ok(&["log", "show", "1", "-o", "csv"]);
    assert!(steps.contains(&format!("create,vm,AWS/tokyo/prod/web 02,cpu,,2,{file}:7\n")), "{steps}");
    assert!(steps.contains(&format!("update,vm,AWS/tokyo/prod/web01,cpu,2,4,{file}:8\n")), "{steps}");
    let blamed = sandbox.ok(&["blame", "vm", "web01", "-o", "csv"]);
    let line = |field: &str| blamed.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    assert!(line("memory,4 GiB,").ends_with(&format!(",{file}:6,")), "{blamed}");
    assert!(line("cpu,4,").ends_with(&format!(",{file}:8,")), "{blamed}");
    sandbox.ok(&["undo"]);
    assert_eq!(sandbox.exported(), before);
    sandbox.ok(&["log", "verify"]);
}

#[test]
fn every_fault_of_a_batch_is_told_with_its_line_and_nothing_is_changed() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["batch", &sandbox.file("estate.txt", ESTATE)]);
    let before = sandbox.exported();
    let lines = "vm set web01 --cpu 8\nvm set web09 --cpu 4\n\nvm set web01 --memoy 3\nvm set web01 --cpu x\nvm rm web01\n\
                 vm import x.csv\nundo\nvm show -\nvm set \"web\nvm\nvm --help\nvm set web01 --cpu 3 --db other.db\n\
                 vm set web01 --cpu 3 -m why\n";
    let answer = sandbox.run_with_input(&["batch", "-"], lines);
    assert_eq!(
        parts(&answer),
        (
            1,
            "",
            "error: 12 of 13 commands failed; nothing was changed\n  \
             standard input:2: no VM named \"web09\" (did you mean web01?)\n  \
             standard input:4: inv vm set has no option \"--memoy\" (did you mean --memory?)\n  \
             standard input:5: cpu: \"x\" is not a number (write the digits 0 to 9 with at most one point, such as \
             1024 or 1.5)\n  \
             standard input:6: confirmation required to delete VM AWS/tokyo/prod/web01 (pass --yes to confirm or \
             --dry-run to preview)\n  \
             standard input:7: \"vm import\" cannot be run in a batch (use a verb of a noun, such as vm set; run `inv \
             batch --help` for usage)\n  \
             standard input:8: \"undo\" cannot be run in a batch (use a verb of a noun, such as vm set; run `inv \
             batch --help` for usage)\n  \
             standard input:9: vm show cannot read standard input in a batch (write the names on the line)\n  \
             standard input:10: unclosed quote, or \\ at the end of the line (quote the words as in a shell)\n  \
             standard input:11: incomplete command (write a noun, a verb and its arguments)\n  \
             standard input:12: help is not available in a batch (run `inv batch --help` for usage)\n  \
             standard input:13: --db applies to the whole batch (pass --db to inv batch itself)\n  \
             standard input:14: --message applies to the whole batch (pass --message to inv batch itself)\n\
             help: fix these lines and run inv batch again\n"
        )
    );
    assert_eq!(sandbox.exported(), before);
    assert_eq!(sandbox.ok(&["log", "-o", "csv", "--limit", "9"]).lines().count(), 2);
}

#[test]
fn with_each_the_commands_that_succeed_are_changes_of_their_own() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["batch", &sandbox.file("estate.txt", ESTATE)]);
    let answer = sandbox
        .run_with_input(&["batch", "--each", "-"], "vm set web01 --cpu 8\nvm set web09 --cpu 4\nvm rm web01 -y\n");
    assert_eq!(
        parts(&answer),
        (
            1,
            "",
            "error: 1 of 3 commands failed; the other commands were run\n  \
             standard input:2: no VM named \"web09\" (did you mean web01?)\n\
             help: fix these lines and run inv batch again\n"
        )
    );
    let log = sandbox.ok(&["log", "-o", "csv"]);
    let latest: Vec<&str> = log.lines().skip(1).take(2).collect();
    assert!(latest[0].contains(",-1 VM,,inv vm rm web01 -y,"), "{log}");
    assert!(latest[1].contains(",~1 VM,,inv vm set web01 --cpu 8,"), "{log}");
    let both = sandbox.run_with_input(&["batch", "--each", "--dry-run", "-"], "vm list\n");
    assert_eq!((both.status, both.stdout.as_str()), (2, ""), "{both}");
}

#[test]
fn a_dry_run_of_a_batch_shows_what_would_change() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["batch", &sandbox.file("estate.txt", ESTATE)]);
    let before = sandbox.exported();
    let lines = "vm set web01 --cpu 8\nvm set web01 --cpu 16\nvm rename 'web 02' web02\nvm list -c name\n";
    let answer = sandbox.run_with_input(&["batch", "--dry-run", "-o", "csv", "-"], lines);
    assert_eq!(
        parts(&answer),
        (
            0,
            "action,noun,record,field,old,new\n\
             update,vm,AWS/tokyo/prod/web01,cpu,4,16\n\
             update,vm,AWS/tokyo/prod/web02,name,web 02,web02\n",
            ""
        )
    );
    assert_eq!(sandbox.exported(), before);
    let nothing = sandbox.run_with_input(&["batch", "-"], "vm set web01 --cpu 4\n");
    assert_eq!(parts(&nothing), (0, "", "ran 1 command: no changes needed\n"));
}

#[test]
fn ten_thousand_commands_are_one_transaction() {
    let sandbox = Sandbox::empty();
    let mut lines = String::from("provider add AWS\ndc add tokyo --provider AWS\npool add prod --dc tokyo\n");
    for number in 0..1000 {
        let _ = writeln!(lines, "vm add web{number} --pool prod --cpu 1 --memory 1GiB");
    }
    sandbox.ok(&["batch", &sandbox.file("add.txt", &lines)]);
    let sets: String =
        (0..10_000).map(|number| format!("vm set web{} --cpu {}\n", number % 1000, number / 1000 + 2)).collect();
    let file = sandbox.file("set.txt", sets);
    let begun = Instant::now();
    let answer = sandbox.run(&["batch", &file]);
    // Three seconds are promised of a release build on an idle machine.
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert_eq!(parts(&answer), (0, "", "ran 10000 commands: change 2\n"));
    let log = sandbox.ok(&["log", "-o", "csv", "--limit", "1"]);
    assert!(log.contains(",~1000 VMs,"), "{log}");
    // Ten times each, from 2 to 11.
    assert_eq!(sandbox.ok(&["vm", "list", "--where", "cpu=11", "--count"]), "1000\n");
}

#[test]
fn names_come_from_standard_input() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["batch", &sandbox.file("estate.txt", ESTATE)]);
    sandbox.ok(&["system", "add", "shop"]);
    let names = "web01\r\n\nAWS/tokyo/prod/web 02\n";
    let run = |arguments: &[&str]| sandbox.run_with_input(arguments, names);
    assert_eq!(parts(&run(&["vm", "set", "-", "--cpu", "3"])), (0, "", "changed 2 VMs\n"));
    assert_eq!(parts(&run(&["vm", "show", "-", "-c", "name,cpu", "-o", "csv"])).1, "name,cpu\nweb01,3\nweb 02,3\n");
    assert_eq!(parts(&run(&["system", "attach", "shop", "-"])), (0, "", "attached 2 VMs\n"));
    assert_eq!(parts(&run(&["vm", "rm", "-", "--yes"])).0, 0);
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "0\n");
    let none = sandbox.run_with_input(&["vm", "set", "-", "--cpu", "3"], "\n\n");
    assert_eq!(
        parts(&none),
        (2, "", "error: standard input has no name\nhelp: write one name a line, or pass names on the command line\n")
    );
}

#[test]
fn in_json_a_batch_answers_with_its_change() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["batch", &sandbox.file("estate.txt", ESTATE)]);
    let lines = "vm set web01 --cpu 8\nvm list\nvm set web01 --memory 8GiB\nvm rm 'web 02' --yes\n";
    let record = |action: &str, id: u8, name: &str, fields: serde_json::Value| {
        let path = format!("AWS/tokyo/prod/{name}");
        serde_json::json!({ "action": action, "noun": "vm", "id": id, "path": path, "fields": fields })
    };
    let changed = serde_json::json!([
        { "field": "memory", "old": "4 GiB", "new": "8 GiB" },
        { "field": "cpu", "old": "4", "new": "8" },
    ]);
    for (arguments, change) in
        [(&["batch", "-n", "-o", "json", "-"][..], None), (&["batch", "-o", "json", "-"], Some(2))]
    {
        let answer = sandbox.run_with_input(arguments, lines);
        assert_eq!((answer.status, answer.stderr.as_str()), (0, ""), "{answer}");
        let told: serde_json::Value = serde_json::from_str(&answer.stdout).expect("one object");
        assert_eq!(
            (&told["change"], &told["dry_run"]),
            (&serde_json::json!(change), &serde_json::json!(change.is_none()))
        );
        let records = told["records"].as_array().expect("records");
        assert!(records.contains(&record("update", 1, "web01", changed.clone())), "{told:#}");
        let removed = records.iter().find(|record| record["action"] == "remove" && record["noun"] == "vm");
        assert_eq!(
            removed.map(|record| &record["path"]),
            Some(&serde_json::json!("AWS/tokyo/prod/web 02")),
            "{told:#}"
        );
    }
    let failed = sandbox.run_with_input(&["batch", "-o", "json", "-"], "vm set web09 --cpu x\n");
    let error: serde_json::Value = serde_json::from_str(&failed.stderr).expect("one object");
    assert_eq!((failed.status, failed.stdout.as_str()), (1, ""), "{failed}");
    assert_eq!(
        error["faults"],
        serde_json::json!([{ "file": "standard input", "line": 1, "column": null,
            "message": "no VM named \"web09\" (did you mean web01?)" }])
    );
}
