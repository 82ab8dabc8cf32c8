//! Naming a record: by its name, the end of its path, its whole path or its id, the same way everywhere.

use crate::support::{Answer, Sandbox};
use std::process::Command;

/// Two providers with a datacenter each of the same name, and in them machines of the same name.
fn twins() -> Sandbox {
    let sandbox = Sandbox::empty();
    for provider in ["AWS", "Azure"] {
        sandbox.ok(&["provider", "add", provider]);
        sandbox.ok(&["dc", "add", "tokyo", "--provider", provider]);
        sandbox.ok(&["pool", "add", "prod", "--dc", &format!("{provider}/tokyo")]);
        sandbox.ok(&["vm", "add", "web01", "--pool", &format!("{provider}/tokyo/prod"), "--disk", "1GiB"]);
    }
    sandbox.ok(&["vm", "add", "only", "--pool", "Azure/tokyo/prod", "--ip", "10.0.0.11", "--disk", "2GiB"]);
    sandbox.ok(&["partition", "add", "--disk", "only/disk0"]);
    sandbox
}

fn path_of(sandbox: &Sandbox, noun: &str, name: &str) -> String {
    let shown = sandbox.ok(&[noun, "show", name, "-o", "json"]);
    let record: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    record["path"].as_str().expect("a path").to_owned()
}

fn id_of(sandbox: &Sandbox, noun: &str, name: &str) -> i64 {
    let shown = sandbox.ok(&[noun, "show", name, "-o", "json"]);
    let record: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    record["id"].as_i64().expect("an id")
}

fn refused(answer: &Answer, status: i32, stderr: &str) {
    assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr.as_str()), (status, "", stderr));
}

#[test]
fn takes_a_name_the_end_of_a_path_the_whole_path_or_an_id() {
    let sandbox = twins();
    let whole = "Azure/tokyo/prod/only";
    let id = format!("id={}", id_of(&sandbox, "vm", whole));
    for name in ["only", "prod/only", "tokyo/prod/only", whole, &id] {
        assert_eq!(path_of(&sandbox, "vm", name), whole, "{name}");
    }
    for name in ["AWS/tokyo/prod/web01", "AWS/tokyo/prod/web01/disk0"] {
        let noun = if name.ends_with("disk0") { "disk" } else { "vm" };
        assert_eq!(path_of(&sandbox, noun, name), name);
    }
    assert_eq!(path_of(&sandbox, "partition", "only/disk0/part1"), "Azure/tokyo/prod/only/disk0/part1");
    for name in ["10.0.0.11", "only/10.0.0.11", "Azure/tokyo/prod/only/10.0.0.11"] {
        assert_eq!(path_of(&sandbox, "ip", name), "Azure/tokyo/prod/only/10.0.0.11");
    }
}

#[test]
fn a_part_of_a_name_or_of_a_step_is_no_name() {
    let sandbox = twins();
    for name in
        ["nly", "od/only", "rod/only", "only/", "/only", "tokyo/only", "AWS/tokyo/prod/only", "id=0", "id=x", "id=-1"]
    {
        let answer = sandbox.run(&["vm", "show", name]);
        assert_eq!((answer.status, answer.stdout.as_str()), (3, ""), "{name} {answer}");
        assert!(answer.stderr.starts_with(&format!("error: no VM named \"{name}\"\n")), "{answer}");
    }
    let empty = sandbox.run(&["vm", "show", ""]);
    assert_eq!((empty.status, empty.stdout.as_str()), (3, ""), "{empty}");
}

#[test]
fn a_name_of_several_lists_their_paths_and_changes_nothing() {
    let sandbox = twins();
    let before = sandbox.exported();
    let told = "error: \"web01\" names 2 VMs\n  AWS/tokyo/prod/web01\n  Azure/tokyo/prod/web01\n";
    for rest in [
        &["show", "web01"][..],
        &["set", "web01", "--status", "running"],
        &["set", "only", "web01", "--status", "running"],
        &["rm", "web01", "--yes"],
        &["rename", "web01", "web02"],
        &["clone", "web01", "web02"],
        &["move", "web01", "--pool", "Azure/tokyo/prod"],
    ] {
        let answer = sandbox.run(&[&["vm"], rest].concat());
        assert_eq!((answer.status, answer.stdout.as_str()), (4, ""), "{rest:?} {answer}");
        assert!(answer.stderr.starts_with(told), "{rest:?} {answer}");
    }
    assert_eq!(sandbox.exported(), before);
}

#[test]
fn of_more_than_ten_the_first_ten_are_listed_and_the_others_counted() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["provider", "add", "p"]);
    let rows: String = (1..=13).map(|number| format!("dc{number},p\n")).collect();
    sandbox.ok(&["dc", "import", &sandbox.file("dcs.csv", format!("name,provider\n{rows}"))]);
    let rows: String = (1..=13).map(|number| format!("main,dc{number}\n")).collect();
    sandbox.ok(&["pool", "import", &sandbox.file("pools.csv", format!("name,dc\n{rows}"))]);
    let answer = sandbox.run(&["pool", "show", "main"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (4, ""), "{answer}");
    let lines: Vec<&str> = answer.stderr.lines().collect();
    assert_eq!(lines[0], "error: \"main\" names 13 pools");
    let listed: Vec<String> = (1..=10).map(|number| format!("  p/dc{number}/main")).collect();
    assert_eq!(lines[1..11], listed);
    assert_eq!(lines[11], "  and 3 more");
    assert!(lines[12].starts_with("help: ") && lines.len() == 13, "{answer}");
}

#[test]
fn a_name_with_a_slash_is_found_by_what_stands_behind_it() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["storage", "add", "nfs/vol1", "--pool", "prod"]);
    for name in ["vol1", "nfs/vol1", "prod/nfs/vol1", "tokyo/prod/nfs/vol1", "AWS/tokyo/prod/nfs/vol1"] {
        assert_eq!(path_of(&sandbox, "storage", name), "AWS/tokyo/prod/nfs/vol1", "{name}");
    }
    for name in ["prod/vol1", "fs/vol1", "nfs"] {
        assert_eq!(sandbox.run(&["storage", "show", name]).status, 3, "{name}");
    }
    for name in ["/boot", "/", "/var/log"] {
        sandbox.ok(&["partition", "add", name, "--disk", "web01/disk0"]);
        for path in [name.to_owned(), format!("disk0/{name}"), format!("AWS/tokyo/prod/web01/disk0/{name}")] {
            let found = path_of(&sandbox, "partition", &path);
            assert_eq!(found, format!("AWS/tokyo/prod/web01/disk0/{name}"), "{path}");
        }
    }
    assert_eq!(path_of(&sandbox, "partition", "boot"), "AWS/tokyo/prod/web01/disk0//boot");
    assert_eq!(path_of(&sandbox, "partition", "log"), "AWS/tokyo/prod/web01/disk0//var/log");
    sandbox.ok(&["partition", "rename", "boot", "/boot/efi"]);
    assert_eq!(path_of(&sandbox, "partition", "efi"), "AWS/tokyo/prod/web01/disk0//boot/efi");
}

#[test]
fn a_slash_in_the_name_of_what_holds_it_is_found_too() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["provider", "add", "Rack/4"]);
    sandbox.ok(&["dc", "add", "a/b", "--provider", "4"]);
    sandbox.ok(&["pool", "add", "c", "--dc", "b"]);
    for name in ["c", "b/c", "a/b/c", "4/a/b/c", "Rack/4/a/b/c"] {
        assert_eq!(path_of(&sandbox, "pool", name), "Rack/4/a/b/c", "{name}");
    }
    for name in ["a/c", "Rack/a/b/c", "k/4/a/b/c"] {
        assert_eq!(sandbox.run(&["pool", "show", name]).status, 3, "{name}");
    }
}

#[test]
fn a_name_and_a_path_that_read_alike_are_told_apart() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["provider", "add", "p"]);
    sandbox.ok(&["dc", "add", "d", "--provider", "p"]);
    sandbox.ok(&["pool", "add", "x", "--dc", "d"]);
    sandbox.ok(&["pool", "add", "d/x", "--dc", "d"]);
    // The paths are p/d/x and p/d/d/x, and both end in d/x.
    let answer = sandbox.run(&["pool", "show", "d/x"]);
    assert_eq!(answer.status, 4, "{answer}");
    assert!(answer.stderr.starts_with("error: \"d/x\" names 2 pools\n  p/d/x\n  p/d/d/x\n"), "{answer}");
    assert_eq!(path_of(&sandbox, "pool", "p/d/x"), "p/d/x", "a whole path means itself");
    assert_eq!(path_of(&sandbox, "pool", "d/d/x"), "p/d/d/x");
}

#[test]
fn composed_and_decomposed_input_is_one_name() {
    let sandbox = Sandbox::empty();
    let (composed, decomposed) = ("Zürich-が", "Zu\u{308}rich-か\u{3099}");
    assert_ne!(composed, decomposed);
    assert_eq!(sandbox.ok(&["provider", "add", decomposed]), format!("{composed}\n"));
    let again = sandbox.run(&["provider", "add", composed]);
    refused(&again, 4, &format!("error: provider \"{composed}\" already exists\n"));
    for name in [composed, decomposed] {
        assert_eq!(path_of(&sandbox, "provider", name), composed);
        assert_eq!(
            sandbox.ok(&["provider", "list", "--name", name, "-c", "name", "--no-headers"]),
            format!("{composed}\n")
        );
    }
    sandbox.ok(&["dc", "add", "d", "--provider", decomposed]);
    let file = sandbox.file("dcs.csv", format!("name,provider\ne,{decomposed}\n"));
    sandbox.ok(&["dc", "import", &file]);
    assert_eq!(sandbox.ok(&["dc", "list", "--provider", decomposed, "--count"]), "2\n");
    assert_eq!(sandbox.ok(&["dc", "list", "--where", &format!("provider={decomposed}"), "--count"]), "2\n");
}

#[test]
fn case_counts_and_another_case_is_suggested() {
    let sandbox = Sandbox::estate();
    refused(&sandbox.run(&["vm", "show", "WEB01"]), 3, "error: no VM named \"WEB01\"\nhelp: did you mean web01?\n");
    assert_eq!(sandbox.ok(&["vm", "add", "WEB01", "--pool", "prod"]), "AWS/tokyo/prod/WEB01\n");
    assert_eq!(path_of(&sandbox, "vm", "WEB01"), "AWS/tokyo/prod/WEB01");
    assert_eq!(path_of(&sandbox, "vm", "web01"), "AWS/tokyo/prod/web01");
}

#[test]
fn an_address_is_named_in_any_of_its_forms() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["ip", "add", "FD00:0:0::00AB", "--vm", "web02"]);
    for name in ["fd00::ab", "FD00::AB", "fd00:0:0:0:0:0:0:ab", "web02/fd00::ab", "web02/FD00::00AB"] {
        assert_eq!(path_of(&sandbox, "ip", name), "AWS/tokyo/prod/web02/fd00::ab", "{name}");
    }
}

#[test]
fn addresses_that_bear_one_path_are_told_apart_by_their_ids() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["ip", "add", "10.0.0.11", "--vm", "web01", "--vlan", "102"]);
    let answer = sandbox.run(&["ip", "show", "10.0.0.11"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (4, ""), "{answer}");
    let listed = sandbox.ok(&["ip", "list", "-c", "path,id", "--no-headers", "-o", "csv"]);
    assert_eq!(listed.lines().count(), 2);
    for line in listed.lines() {
        let (path, id) = line.split_once(',').expect("a path and an id");
        assert!(answer.stderr.contains(&format!("  {path} (id={id})\n")), "{answer}");
        assert_eq!(path_of(&sandbox, "ip", &format!("id={id}")), path);
    }
}

#[test]
fn refuses_names_that_cannot_be_seen_for_what_they_are() {
    let sandbox = Sandbox::empty();
    let long = "é".repeat(256);
    for (name, said) in [
        ("", "empty"),
        (" web", "begins with a blank"),
        ("web ", "ends with a blank"),
        ("web\u{3000}", "ends with a blank"),
        ("we\u{202e}b", "U+202E"),
        ("we\u{2066}b", "U+2066"),
        ("we\u{200b}b", "U+200B"),
        ("we\u{feff}b", "U+FEFF"),
        ("we\u{1b}[2Jb", "U+001B"),
        ("we\tb", "U+0009"),
        ("we\nb", "U+000A"),
        ("we\u{7f}b", "U+007F"),
        ("we\u{9b}b", "U+009B"),
        (long.as_str(), "255"),
        ("-", "\"-\" is reserved for names on standard input"),
    ] {
        let answer = sandbox.run(&["provider", "add", name]);
        assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{name:?} {answer}");
        assert!(answer.stderr.contains(said), "{name:?} {answer}");
        let sent = answer.stderr.chars().any(|letter| letter.is_control() && letter != '\n');
        assert!(!sent && !answer.stderr.contains(['\u{202e}', '\u{200b}', '\u{feff}']), "{name:?} is shown, not sent");
        let file = sandbox.file("bad.jsonl", format!("{}\n", serde_json::json!({ "name": name })));
        let answer = sandbox.run(&["provider", "import", &file, "--strict"]);
        assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{name:?} {answer}");
    }
    assert_eq!(sandbox.ok(&["provider", "list", "--count"]), "0\n");
    let longest = "é".repeat(255);
    assert_eq!(sandbox.ok(&["provider", "add", &longest]), format!("{longest}\n"));
    for name in ["東京", "موقع", "a b", "🙂", "'; DROP TABLE unit; --", "100%", "under_score", "id", "a-"] {
        assert_eq!(sandbox.ok(&["provider", "add", "--", name]), format!("{name}\n"));
        assert_eq!(path_of(&sandbox, "provider", name), name);
    }
}

#[test]
fn an_id_is_never_given_twice() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["provider", "add", "first"]);
    sandbox.ok(&["provider", "add", "second"]);
    let second = id_of(&sandbox, "provider", "second");
    sandbox.ok(&["provider", "rm", "second", "--yes"]);
    sandbox.ok(&["provider", "add", "second"]);
    let again = id_of(&sandbox, "provider", "second");
    assert!(again > second, "{again} follows {second}");
    let gone = format!("id={second}");
    refused(&sandbox.run(&["provider", "show", &gone]), 3, &format!("error: no provider named \"{gone}\"\n"));
    sandbox.ok(&["provider", "rm", "first", "second", "--yes"]);
    sandbox.ok(&["provider", "add", "third"]);
    assert!(id_of(&sandbox, "provider", "third") > again, "not even when all are gone");
}

/// One text, wherever a pool may be named: what each place makes of it.
fn everywhere(sandbox: &Sandbox, pool: &str) -> Vec<(&'static str, Answer)> {
    let csv = sandbox.file("vms.csv", format!("name,pool\nnew,{pool}\n"));
    let json = sandbox.file("vms.jsonl", format!("{}\n", serde_json::json!({ "name": "new", "pool": pool })));
    let condition = format!("pool={pool}");
    vec![
        ("an argument", sandbox.run(&["pool", "show", pool])),
        ("a flag of add", sandbox.run(&["vm", "add", "new", "--pool", pool, "--dry-run"])),
        ("a flag of set", sandbox.run(&["vm", "set", "Azure/tokyo/prod/only", "--pool", pool, "--dry-run"])),
        ("a flag of move", sandbox.run(&["vm", "move", "only", "--pool", pool, "--dry-run"])),
        ("a filter", sandbox.run(&["vm", "list", "--pool", pool])),
        ("a condition", sandbox.run(&["vm", "list", "--where", &condition])),
        ("a condition of rm", sandbox.run(&["vm", "rm", "--where", &condition, "--dry-run"])),
        ("a CSV file", sandbox.run(&["vm", "import", &csv, "--dry-run"])),
        ("a JSON file", sandbox.run(&["vm", "import", &json, "--dry-run"])),
    ]
}

#[test]
fn one_resolver_serves_arguments_flags_filters_and_files() {
    let sandbox = twins();
    let before = sandbox.exported();
    let id = format!("id={}", id_of(&sandbox, "pool", "AWS/tokyo/prod"));
    for pool in ["AWS/tokyo/prod", &id] {
        for (place, answer) in everywhere(&sandbox, pool) {
            assert_eq!(answer.status, 0, "{place}: {answer}");
            assert!(
                !answer.stdout.contains("only") || place.contains("set") || place.contains("move"),
                "{place}: {answer}"
            );
        }
    }
    for (pool, status, sentence, candidates) in [
        ("prod", 4, "\"prod\" names 2 pools", &["AWS/tokyo/prod", "Azure/tokyo/prod"][..]),
        ("tokyo/prod", 4, "\"tokyo/prod\" names 2 pools", &["AWS/tokyo/prod", "Azure/tokyo/prod"]),
        ("prdo", 3, "no pool named \"prdo\"", &["did you mean prod?"]),
        ("AWS/tokyo/prdo", 3, "no pool named \"AWS/tokyo/prdo\"", &["did you mean AWS/tokyo/prod?"]),
    ] {
        for (place, answer) in everywhere(&sandbox, pool) {
            // Of a file it is the file that is wrong.
            let status = if place.ends_with("file") { 1 } else { status };
            assert_eq!((answer.status, answer.stdout.as_str()), (status, ""), "{place}: {answer}");
            assert!(answer.stderr.contains(sentence), "{place}: {answer}");
            for candidate in candidates {
                assert!(answer.stderr.contains(candidate), "{place}: {answer}");
            }
        }
    }
    assert_eq!(sandbox.exported(), before);
}

#[test]
fn two_records_that_bear_one_path_are_told_apart_by_their_ids_only() {
    let sandbox = Sandbox::empty();
    for line in [
        "provider add P",
        "dc add x --provider P",
        "dc add x/a --provider P",
        "pool add a/b --dc x",
        "pool add b --dc x/a",
    ] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    let answer = sandbox.run(&["vm", "add", "v", "--pool", "P/x/a/b"]);
    assert_eq!(answer.status, 4, "{answer}");
    assert_eq!(answer.stderr.matches("P/x/a/b").count(), 3, "{answer}");
    sandbox.ok(&["vm", "add", "v", "--pool", "id=2"]);
    assert_eq!(sandbox.ok(&["vm", "list", "-o", "csv", "-c", "name,pool,pool.dc"]), "name,pool,pool.dc\nv,b,x/a\n");
}

#[test]
fn a_text_of_a_thousand_slashes_is_answered_at_once() {
    let sandbox = Sandbox::empty();
    for line in [
        "provider add a",
        "dc add a --provider a",
        "pool add a --dc a",
        "pool add a/a --dc a",
        "vm add a --pool id=1 --disk 1GiB",
        "vm add a/a --pool id=2 --disk 1GiB",
    ] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    for text in [vec!["a"; 1001].join("/"), "/".repeat(1000)] {
        let file = sandbox.file("partitions.csv", format!("name,disk\np,{text}\n"));
        let start = std::time::Instant::now();
        for noun in ["vm", "disk", "partition", "ip"] {
            assert_eq!(sandbox.run(&[noun, "show", &text]).status, 3, "{noun}");
        }
        assert_eq!(sandbox.run(&["vm", "list", "--pool", &text]).status, 3);
        assert_eq!(sandbox.run(&["partition", "import", &file]).status, 1);
        assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
    }
}

#[test]
fn no_record_is_called_like_an_id_and_an_older_one_is_reached_by_its_path() {
    let sandbox = Sandbox::estate();
    let file = sandbox.file("vms.csv", "name,pool\nid=5,prod\n");
    for arguments in
        [&["vm", "add", "id=5", "--pool", "prod"][..], &["vm", "rename", "web01", "id=5"], &["vm", "import", &file]]
    {
        let answer = sandbox.run(arguments);
        assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
        assert!(answer.stderr.contains("name: \"id=5\" is reserved for the record with that id"), "{answer}");
    }
    sandbox.ok(&["vm", "add", "id=x", "--pool", "prod"]);

    let (web, db) = (id_of(&sandbox, "vm", "web01"), id_of(&sandbox, "vm", "web02"));
    let sql = format!("UPDATE virtual_machine SET name = 'id={db}' WHERE vm_id = {web}");
    let done = Command::new("sqlite3").arg(sandbox.database()).arg(&sql).status().expect("sqlite3 starts");
    assert!(done.success());
    assert_eq!(path_of(&sandbox, "vm", &format!("id={db}")), path_of(&sandbox, "vm", "web02"));
    let path = format!("prod/id={db}");
    assert_eq!(id_of(&sandbox, "vm", &path), web);
    sandbox.ok(&["vm", "rename", &path, "web01"]);
    assert_eq!(id_of(&sandbox, "vm", "web01"), web);
}
