//! Files that come in: what is recognised, what is refused and where, and that an import is all or nothing.

use crate::support::{Answer, Sandbox, answer, read_by_python};
use std::process::Stdio;

/// What the list of `noun` tells in these columns, as CSV without its header.
pub fn told(sandbox: &Sandbox, noun: &str, columns: &str) -> String {
    sandbox.ok(&[noun, "list", "-o", "csv", "--no-headers", "-c", columns])
}

/// The import of `content` as `name`, which is refused with this status and leaves the inventory as it was, byte by byte.
pub fn refused(sandbox: &Sandbox, noun: &str, name: &str, content: impl AsRef<[u8]>, more: &[&str]) -> Answer {
    sandbox.file(name, content);
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let arguments: Vec<&str> = [noun, "import", name].iter().chain(more).copied().collect();
    let answer = sandbox.run(&arguments);
    assert_eq!(answer.status, 1, "{answer}");
    assert_eq!(answer.stdout, "");
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before, "the inventory changed");
    answer
}

/// The import of `content` as `name`, which must go well.
pub fn imported(sandbox: &Sandbox, noun: &str, name: &str, content: impl AsRef<[u8]>, more: &[&str]) -> Answer {
    sandbox.file(name, content);
    let arguments: Vec<&str> = [noun, "import", name].iter().chain(more).copied().collect();
    let answer = sandbox.run(&arguments);
    assert_eq!(answer.status, 0, "{answer}");
    answer
}

#[test]
fn header_names_are_read_in_any_case_with_any_separator() {
    for header in ["name,pool,custom-os", "NAME,Pool,Custom_OS", "Name,POOL,customos", "name,pool,Custom OS"] {
        let sandbox = Sandbox::estate();
        imported(&sandbox, "vm", "vms.csv", format!("{header}\nnew,prod,BeOS\n"), &[]);
        assert_eq!(
            sandbox.ok(&["vm", "list", "--name", "new", "-o", "csv", "--no-headers", "-c", "name,custom-os"]),
            "new,BeOS\n",
            "{header}"
        );
    }
}

#[test]
fn marks_line_ends_and_delimiters_are_recognised() {
    let wanted = "erp,\"a;b,c\td|e\"\n東京,\n";
    for content in [
        "name,description\nerp,\"a;b,c\td|e\"\n東京,\n",
        "\u{feff}name,description\nerp,\"a;b,c\td|e\"\n東京,\n",
        "name,description\r\nerp,\"a;b,c\td|e\"\r\n東京,\r\n",
        "name;description\nerp;\"a;b,c\td|e\"\n東京;\n",
        "\u{feff}name;description\r\nerp;\"a;b,c\td|e\"\r\n東京;\r\n",
        "name\tdescription\nerp\t\"a;b,c\td|e\"\n東京\t\n",
        "name,description\nerp,\"a;b,c\td|e\"\n東京,",
        "\n\nname,description\n\nerp,\"a;b,c\td|e\"\n\n東京,\n\n",
    ] {
        let sandbox = Sandbox::empty();
        imported(&sandbox, "system", "systems.csv", content, &[]);
        assert_eq!(told(&sandbox, "system", "name,description"), wanted, "{content:?}");
    }
}

#[test]
fn a_delimiter_that_cannot_be_told_is_named() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, "system", "systems.csv", "name^description\nerp^a,b;c\n", &["--delimiter", "^"]);
    assert_eq!(told(&sandbox, "system", "name,description"), "erp,\"a,b;c\"\n");
    sandbox.file("more.csv", "name\na\n");
    let answer = sandbox.run(&["system", "import", "more.csv", "--delimiter", ",,"]);
    assert_eq!(answer.status, 2, "{answer}");
    assert!(answer.stderr.contains("\",,\""), "{answer}");
}

#[test]
fn encodings_are_read_by_their_names() {
    // サーバー in Shift_JIS and Zürich in Windows-1252, as their tables have them.
    let japanese = b"name\n\x83\x54\x81\x5b\x83\x6f\x81\x5b\n";
    let latin = b"name\nZ\xfcrich\n";
    let wide = |bytes: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> { text.encode_utf16().flat_map(bytes).collect() };
    for (content, encoding, name) in [
        (japanese.to_vec(), Some("shift_jis"), "サーバー"),
        (latin.to_vec(), Some("windows-1252"), "Zürich"),
        (wide(u16::to_le_bytes, "\u{feff}name\nサーバー\n"), Some("utf-16"), "サーバー"),
        (wide(u16::to_le_bytes, "\u{feff}name\nサーバー\n"), None, "サーバー"),
        (wide(u16::to_be_bytes, "\u{feff}name\nサーバー\n"), None, "サーバー"),
        (wide(u16::to_be_bytes, "name\n👩‍👩‍👧\n"), Some("utf-16be"), "👩‍👩‍👧"),
    ] {
        let sandbox = Sandbox::empty();
        let more: Vec<&str> = encoding.iter().flat_map(|name| ["--encoding", name]).collect();
        imported(&sandbox, "system", "systems.csv", content, &more);
        assert_eq!(told(&sandbox, "system", "name"), format!("{name}\n"), "{encoding:?}");
    }
    let sandbox = Sandbox::empty();
    let answer = refused(&sandbox, "system", "systems.csv", latin, &[]);
    assert!(answer.stderr.contains("systems.csv:2: "), "{answer}");
    assert!(answer.stderr.contains("--encoding"), "{answer}");
    sandbox.file("systems.csv", latin);
    let answer = sandbox.run(&["system", "import", "systems.csv", "--encoding", "klingon"]);
    assert_eq!(answer.status, 2, "{answer}");
    assert!(answer.stderr.contains("\"klingon\""), "{answer}");
}

#[test]
fn json_lines_are_read_and_a_missing_key_is_not_an_empty_one() {
    let sandbox = Sandbox::estate();
    let lines = "{\"name\":\"j1\",\"pool\":\"prod\",\"memory\":\"1.50 GiB\",\"cpu\":2,\"ips\":[\"10.9.0.1@7\",\"fd00::1\"]}\n\
                 \n\
                 {\"name\":\"j2\",\"pool\":\"prod\",\"cpu\":0.5,\"owner\":null}\n";
    imported(&sandbox, "vm", "vms.jsonl", lines, &[]);
    let list = |where_: &str| {
        sandbox.ok(&["vm", "list", "--where", where_, "-o", "csv", "--no-headers", "-c", "name,memory,cpu,ips,owner"])
    };
    assert_eq!(list("name~j"), "j1,1.50 GiB,2,10.9.0.1@7;fd00::1,\nj2,,0.5,,\n");
    imported(&sandbox, "vm", "vms.jsonl", "{\"name\":\"j1\",\"pool\":\"prod\",\"memory\":null}\n", &["--update"]);
    assert_eq!(list("name=j1"), "j1,,2,10.9.0.1@7;fd00::1,\n");
    let answer = refused(&sandbox, "vm", "bad.jsonl", "{\"name\":\"j3\",\"pool\":\"prod\"}\n\n{\"name\":\n", &[]);
    assert!(answer.stderr.contains("bad.jsonl:3: "), "{answer}");
    let answer =
        refused(&sandbox, "vm", "bad.jsonl", "\n{\"name\":\"j3\",\"pool\":\"prod\",\"memry\":\"1GiB\"}\n", &[]);
    assert!(answer.stderr.contains("bad.jsonl:2: ") && answer.stderr.contains("did you mean memory?"), "{answer}");
}

#[test]
fn an_empty_file_shows_the_header_that_it_should_have() {
    let sandbox = Sandbox::empty();
    for content in ["", "\n\n", "\u{feff}"] {
        let answer = refused(&sandbox, "user", "users.csv", content, &[]);
        assert_eq!(
            answer.stderr,
            "error: users.csv is empty: the header is missing\nhelp: the expected header is name,email\n"
        );
    }
}

#[test]
fn a_header_alone_is_zero_rows() {
    let sandbox = Sandbox::empty();
    let answer = imported(&sandbox, "user", "users.csv", "name,email\n", &[]);
    assert_eq!((answer.stdout.as_str(), answer.stderr.as_str()), ("", "0 users: no changes needed\n"));
    let answer = refused(&sandbox, "user", "users.csv", "name,emial\n", &[]);
    assert!(answer.stderr.contains("users.csv:1: ") && answer.stderr.contains("did you mean email?"), "{answer}");
}

#[test]
fn a_wrong_header_alone_prunes_nothing() {
    let sandbox = Sandbox::estate();
    let answer = refused(&sandbox, "system", "systems.csv", "nmae,description\n", &["--update", "--prune"]);
    assert!(answer.stderr.contains("did you mean name?"), "{answer}");
}

#[test]
fn a_wrong_header_is_told_with_its_line() {
    let sandbox = Sandbox::empty();
    for (content, line, told) in [
        ("name,email,EMAIL\na,,\n", 1, "\"EMAIL\""),
        ("\n\nname,email,e_mail\na,,\n", 3, "\"e_mail\""),
        ("name,emial\na,\n", 1, "did you mean email?"),
        ("\n\nname,emial\na,\n", 3, "did you mean email?"),
        ("email\na@b\n", 1, "name"),
    ] {
        let answer = refused(&sandbox, "user", "users.csv", content, &[]);
        assert!(answer.stderr.contains(&format!("users.csv:{line}: ")), "{content:?}\n{answer}");
        assert!(answer.stderr.contains(told), "{content:?}\n{answer}");
    }
}

#[test]
fn rows_of_the_wrong_shape_are_told_with_their_lines() {
    let sandbox = Sandbox::empty();
    let content = "name,email\n\na\nb,b@c,d\n\"quo\nted\",e@f\n\nc,\"never\nclosed\nd,\n";
    let answer = refused(&sandbox, "user", "users.csv", content, &[]);
    let lines: Vec<&str> = answer.stderr.lines().collect();
    assert!(lines.contains(&"  users.csv:3: has 1 cell, the header has 2"), "{answer}");
    assert!(lines.contains(&"  users.csv:4: has 3 cells, the header has 2"), "{answer}");
    assert!(lines.contains(&"  users.csv:8: a quote that opens here is never closed"), "{answer}");
    // A name has no line break, so the fifth line is wrong in its own way.
    assert!(answer.stderr.contains("users.csv:5: name: "), "{answer}");
    assert!(answer.stderr.contains("U+000A"), "{answer}");
    assert!(answer.stderr.starts_with("error: 4 rows are wrong in users.csv; nothing was imported\n"), "{answer}");
}

#[test]
fn the_same_record_twice_in_a_file_is_told_with_both_lines() {
    let sandbox = Sandbox::estate();
    let content = "name,pool,type\n\ntwin,prod,\"a\nb\"\nother,prod,\ntwin,AWS/tokyo/prod,\n";
    for more in [&[][..], &["--update"], &["--skip-existing"]] {
        let answer = refused(&sandbox, "vm", "vms.csv", content, more);
        assert_eq!(
            answer.stderr,
            "error: 1 row is wrong in vms.csv; nothing was imported\n  vms.csv:6: VM \"AWS/tokyo/prod/twin\" is \
             already in line 3\n\
             help: fix this row and import again, or pass --skip-bad to import the others (--rejects FILE writes the bad rows to a file)\n"
        );
    }
}

#[test]
fn references_are_named_as_anywhere_else() {
    let sandbox = Sandbox::estate();
    let id = sandbox.ok(&["pool", "list", "--name", "prod", "-o", "csv", "--no-headers", "-c", "id"]);
    let content = format!("name,pool\nr1,prod\nr2,tokyo/prod\nr3,AWS/tokyo/prod\nr4,id={}\n", id.trim());
    imported(&sandbox, "vm", "vms.csv", content, &[]);
    assert_eq!(sandbox.ok(&["vm", "list", "--where", "name~r", "--pool", "prod", "--count"]), "4\n");
    for line in ["dc add osaka --provider AWS", "pool add prod --dc osaka"] {
        sandbox.ok(&line.split(' ').collect::<Vec<_>>());
    }
    let answer = refused(&sandbox, "vm", "vms.csv", "name,pool,owner\nr5,prod,alcie\n", &[]);
    assert!(answer.stderr.contains("vms.csv:2: pool: "), "{answer}");
    assert!(answer.stderr.contains("vms.csv:2: owner: no user named \"alcie\" (did you mean alice?)"), "{answer}");
    // Columns for what holds the holder say which one is meant.
    imported(&sandbox, "vm", "vms.csv", "name,provider,dc,pool\nr6,AWS,osaka,prod\n", &[]);
    assert_eq!(
        sandbox.ok(&["vm", "list", "--name", "r6", "-o", "csv", "--no-headers", "-c", "path"]),
        "AWS/osaka/prod/r6\n"
    );
}

#[test]
fn a_row_of_a_vm_carries_its_addresses_disks_and_systems() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["system", "add", "a;b"]);
    imported(
        &sandbox,
        "vm",
        "vms.csv",
        "name,pool,ips,disks,systems\nfull,prod,10.1.0.1@101;FD00:0::11,100 GiB@san1; 0.5TiB,\"billing;\"\"a;b\"\"\"\n",
        &[],
    );
    let told = |noun: &str, columns: &str| {
        sandbox.ok(&[noun, "list", "--vm", "full", "-o", "csv", "--no-headers", "-c", columns])
    };
    assert_eq!(told("ip", "ipv4,ipv6,vlan"), "10.1.0.1,,101\n,fd00::11,\n");
    assert_eq!(told("disk", "name,size,storage"), "disk0,100 GiB,san1\ndisk1,0.5 TiB,\n");
    assert_eq!(
        sandbox.ok(&["vm", "list", "--name", "full", "-o", "csv", "--no-headers", "-c", "ips,disks,systems"]),
        "10.1.0.1@101;fd00::11,100 GiB@san1;0.5 TiB,\"billing;\"\"a;b\"\"\"\n"
    );
    imported(
        &sandbox,
        "vm",
        "vms.csv",
        "name,pool,ips,disks,systems\nfull,prod,fd00::11;10.1.0.2,200 GiB@san1;0.5TiB,\n",
        &["--update"],
    );
    assert_eq!(told("ip", "ipv4,ipv6,vlan"), ",fd00::11,\n10.1.0.2,,\n");
    assert_eq!(told("disk", "name,size,storage"), "disk0,200 GiB,san1\ndisk1,0.5 TiB,\n");
    assert_eq!(sandbox.ok(&["vm", "list", "--name", "full", "--where", "systems=", "--count"]), "1\n");
}

#[test]
fn two_addresses_of_one_family_in_one_vm_are_two_rows() {
    let sandbox = Sandbox::estate();
    imported(
        &sandbox,
        "ip",
        "ips.csv",
        "ipv4,ipv6,vm\n,fd00::1,web02\n,fd00::2,web02\n10.0.7.1,,web02\n10.0.7.2,,web02\n",
        &[],
    );
    assert_eq!(sandbox.ok(&["ip", "list", "--vm", "web02", "--count"]), "4\n");
}

#[test]
fn update_changes_only_what_the_file_gives_and_an_empty_cell_clears() {
    let sandbox = Sandbox::estate();
    imported(&sandbox, "vm", "vms.csv", "name,pool,memory,owner,cpu\nweb01,prod,,bob,4.0\n", &["--update"]);
    let row = sandbox.ok(&[
        "vm",
        "list",
        "--name",
        "web01",
        "-o",
        "csv",
        "--no-headers",
        "-c",
        "name,status,cpu,memory,os,owner,ips,disks,systems",
    ]);
    assert_eq!(row, "web01,running,4,,Debian-12,bob,10.0.0.11@101,100 GiB@san1,billing\n");
    imported(&sandbox, "vm", "vms.csv", "name,pool,status,os\nweb01,prod,,\n", &["--update"]);
    let row = sandbox.ok(&["vm", "list", "--name", "web01", "-o", "csv", "--no-headers", "-c", "status,os"]);
    assert_eq!(row, "unknown,\n", "a status that is cleared is the default one");
}

#[test]
fn a_row_that_changes_nothing_is_no_change() {
    let sandbox = Sandbox::estate();
    let content = "name,pool,memory,cpu,updated\nold,prod,1.50 GiB,2,2001-02-03T04:05:06Z\nother,prod,1 GiB,2,2001-02-03T04:05:06Z\n";
    imported(&sandbox, "vm", "vms.csv", content, &[]);
    let answer = imported(
        &sandbox,
        "vm",
        "vms.csv",
        "name,pool,memory,cpu\nold,prod,1.50GiB,2.0\nother,prod,2 GiB,2\n",
        &["--update"],
    );
    assert_eq!(answer.stderr, "2 VMs: 1 changed, 1 unchanged\n");
    let rows = sandbox.ok(&["vm", "list", "--where", "updated<2002-01-01", "-o", "csv", "--no-headers", "-c", "name"]);
    assert_eq!(rows, "old\n");
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let answer = imported(&sandbox, "vm", "vms.csv", "name,pool,memory,cpu\nold,prod,1.50GiB,2.0\n", &["--update"]);
    assert_eq!(answer.stderr, "1 VM: 1 unchanged\n");
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before);
}

#[test]
fn a_record_that_exists_is_an_error_or_skipped_or_updated() {
    let sandbox = Sandbox::estate();
    let content = "name,pool,cpu\nweb01,prod,64\nweb03,prod,1\n";
    let answer = refused(&sandbox, "vm", "vms.csv", content, &[]);
    assert!(answer.stderr.contains("  vms.csv:2: VM \"AWS/tokyo/prod/web01\" already exists\n"), "{answer}");
    let answer = imported(&sandbox, "vm", "vms.csv", content, &["--skip-existing"]);
    assert_eq!(answer.stderr, "2 VMs: 1 new, 1 skipped\n");
    assert_eq!(told(&sandbox, "vm", "name,cpu"), "web01,4\nweb02,2\nweb10,1\nweb03,1\n");
    let answer = imported(&sandbox, "vm", "vms.csv", content, &["--update"]);
    assert_eq!(answer.stderr, "2 VMs: 1 changed, 1 unchanged\n");
    assert_eq!(told(&sandbox, "vm", "name,cpu"), "web01,64\nweb02,2\nweb10,1\nweb03,1\n");
    sandbox.file("vms.csv", content);
    assert_eq!(sandbox.run(&["vm", "import", "vms.csv", "--update", "--skip-existing"]).status, 2);
    assert_eq!(sandbox.run(&["vm", "import", "vms.csv", "--prune"]).status, 2);
}

#[test]
fn what_a_row_refers_to_is_made_where_it_is_asked_for() {
    let sandbox = Sandbox::estate();
    let content = "name,pool,os,owner\nn1,AWS/tokyo/prod,Plan 9,carol\nn2,AWS/osaka/dev,Plan 9,carol\n";
    let answer = refused(&sandbox, "vm", "vms.csv", content, &["--create", "os,owner"]);
    assert!(answer.stderr.contains("vms.csv:3: pool: "), "{answer}");
    let answer = refused(&sandbox, "vm", "vms.csv", content, &["--create", "pool,dc"]);
    assert!(answer.stderr.contains("owner: no user named \"carol\""), "{answer}");
    let answer = imported(&sandbox, "vm", "vms.csv", content, &["--create", "os,owner,pool", "--create", "dc"]);
    assert_eq!(answer.stdout, "");
    assert_eq!(told(&sandbox, "os", "name"), "Debian-12\nUbuntu-24.04\nPlan 9\n");
    assert_eq!(told(&sandbox, "user", "name,email"), "alice,alice@example.com\nbob,\ncarol,\n");
    assert_eq!(told(&sandbox, "pool", "path"), "AWS/tokyo/prod\nAWS/tokyo/test\nAWS/osaka/dev\n");
    let answer = refused(&sandbox, "vm", "vms.csv", "name,pool\nn3,stage\n", &["--create", "pool"]);
    assert!(answer.stderr.contains("vms.csv:2: pool: cannot create pool \"stage\" (pass its whole path"), "{answer}");
    sandbox.file("vms.csv", "name,pool\n");
    let answer = sandbox.run(&["vm", "import", "vms.csv", "--create", "owners,oss"]);
    assert_eq!(answer.status, 2, "{answer}");
}

#[test]
fn prune_removes_what_the_file_no_longer_has() {
    let sandbox = Sandbox::estate();
    let content = "name,pool,cpu\nweb01,prod,4\nweb02,prod,8\nweb03,prod,1\n";
    let answer = imported(&sandbox, "vm", "vms.csv", content, &["--update", "--prune"]);
    assert_eq!(answer.stderr, "3 VMs: 1 new, 1 changed, 1 unchanged, 1 removed\n");
    assert_eq!(told(&sandbox, "vm", "name,cpu"), "web01,4\nweb02,8\nweb03,1\n");
    // A pool that VMs need is not removed behind their back.
    sandbox.file("pools.csv", "name,dc\ntest,tokyo\n");
    let answer = sandbox.run(&["pool", "import", "pools.csv", "--update", "--prune"]);
    assert_eq!(answer.status, 4, "{answer}");
    assert!(answer.stderr.starts_with("error: pool prod still has 3 VMs and 1 storage device\n"), "{answer}");
    assert_eq!(told(&sandbox, "pool", "name"), "prod\ntest\n");
}

#[test]
fn a_dry_run_tells_what_would_be_created_changed_and_removed_and_does_nothing() {
    let sandbox = Sandbox::estate();
    sandbox.file("vms.csv", "name,pool,memory,owner\nweb01,prod,32GiB,bob\nweb02,prod,8GiB,\nnew,test,,bob\n");
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let answer = sandbox.run(&["vm", "import", "vms.csv", "--update", "--prune", "--dry-run", "-o", "csv"]);
    assert_eq!(answer.status, 0, "{answer}");
    let mut rows: Vec<&str> = answer.stdout.lines().collect();
    assert_eq!(rows.remove(0), "action,noun,record,field,old,new");
    assert_eq!(
        rows,
        [
            "update,vm,AWS/tokyo/prod/web01,memory,16 GiB,32 GiB",
            "update,vm,AWS/tokyo/prod/web01,owner,alice,bob",
            "update,vm,AWS/tokyo/prod/web02,owner,bob,",
            "create,vm,AWS/tokyo/test/new,,,",
            "remove,vm,AWS/tokyo/test/web10,,,",
        ]
    );
    assert_eq!(answer.stderr, "would import 3 VMs: 1 new, 2 changed, 1 removed\n");
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before, "the inventory changed");
    sandbox.file("bad.csv", "name,pool\nx,prdo\n");
    let answer = sandbox.run(&["vm", "import", "bad.csv", "--dry-run"]);
    assert_eq!(answer.status, 1, "a dry run finds the faults that the import would\n{answer}");
}

#[test]
fn standard_input_is_a_file_called_so() {
    let sandbox = Sandbox::empty();
    let answer = sandbox.run_with_input(&["user", "import", "-"], "name,email\ncarol,carol@example.com\n");
    assert_eq!(answer.status, 0, "{answer}");
    let answer = sandbox.run_with_input(&["user", "import", "-"], "name,email\n\ndan,nothing\n");
    assert_eq!(answer.status, 1);
    assert!(answer.stderr.contains("  standard input:3: email: \"nothing\" has no @"), "{answer}");
    let answer = sandbox.run_with_input(&["user", "import", "-"], "{\"name\":\"erin\"}\n");
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(told(&sandbox, "user", "name"), "carol\nerin\n");
}

#[test]
fn a_file_that_is_not_there_and_a_folder_each_get_their_sentence() {
    let sandbox = Sandbox::empty();
    let answer = sandbox.run(&["user", "import", "nowhere.csv"]);
    assert_eq!(answer.status, 1, "{answer}");
    assert!(answer.stderr.starts_with("error: cannot open \"nowhere.csv\": no such file or directory\n"), "{answer}");
    std::fs::create_dir(sandbox.path().join("folder")).expect("a folder");
    let answer = sandbox.run(&["user", "import", "folder"]);
    assert_eq!(answer.status, 1, "{answer}");
    assert!(answer.stderr.starts_with("error: \"folder\" is a folder, not a file\n"), "{answer}");
}

#[test]
fn good_rows_go_in_without_the_bad_ones_if_that_is_asked_for() {
    let sandbox = Sandbox::estate();
    let content = "name,pool,memory,ips,owner\n\
                   g1,prod,1GiB,10.5.0.1,alice\n\
                   b1,prod,1 GX,10.5.0.2,alice\n\
                   b2,prod,1GiB,10.5.0.3;10.5.0.256,alice\n\
                   b3,prod,1GiB,10.5.0.4;10.5.0.4,alice\n\
                   b4,prod,1GiB,10.5.0.5,nobody\n\
                   g2,prod,2GiB,10.5.0.6,carol\n";
    sandbox.file("vms.csv", content);
    let answer = sandbox.run(&["vm", "import", "vms.csv", "--skip-bad", "--rejects", "rejects.csv", "--create", "os"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert!(answer.stderr.contains("vms.csv:3: memory: \"1 GX\" has no known unit"), "{answer}");
    assert!(answer.stderr.contains("vms.csv:4: ips: \"10.5.0.256\" has the number 256"), "{answer}");
    assert!(answer.stderr.contains("vms.csv:5: "), "{answer}");
    assert!(answer.stderr.contains("vms.csv:6: owner: no user named \"nobody\""), "{answer}");
    assert!(answer.stderr.contains("vms.csv:7: owner: no user named \"carol\""), "{answer}");
    assert!(answer.stderr.contains("skipped 5 rows with faults\n"), "{answer}");
    assert!(answer.stderr.contains("1 VM: 1 new\n"), "{answer}");
    assert!(!answer.stderr.contains("addresses"), "{answer}");
    assert_eq!(told(&sandbox, "vm", "name"), "web01\nweb02\nweb10\ng1\n");
    assert_eq!(
        sandbox.ok(&["ip", "list", "--in", "10.5.0.0/16", "-o", "csv", "--no-headers", "-c", "ipv4,vm"]),
        "10.5.0.1,g1\n"
    );
    let rejects = read_by_python(&sandbox, "rejects.csv");
    let names: Vec<&str> = rejects.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names, ["name", "b1", "b2", "b3", "b4", "g2"]);
}

#[test]
fn what_a_bad_row_would_have_made_is_not_made() {
    let sandbox = Sandbox::estate();
    let content = "name,pool,os,ips\nb1,prod,Plan 9,10.5.0.1;10.5.0.1\ng1,prod,Haiku,\ng2,prod,Haiku,\n";
    sandbox.file("vms.csv", content);
    let answer = sandbox.run(&["vm", "import", "vms.csv", "--skip-bad", "--create", "os"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(told(&sandbox, "os", "name"), "Debian-12\nUbuntu-24.04\nHaiku\n");
    assert_eq!(sandbox.ok(&["vm", "list", "--os", "Haiku", "--count"]), "2\n");
}

#[test]
fn a_dry_run_leaves_out_what_a_bad_row_would_have_done() {
    let sandbox = Sandbox::estate();
    sandbox.file("vms.csv", "name,pool,ips\nb1,prod,10.5.0.1;10.5.0.1\ng1,prod,10.5.0.2\n");
    let answer = sandbox.run(&["vm", "import", "vms.csv", "--skip-bad", "--dry-run", "-o", "csv"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(
        answer.stdout,
        "action,noun,record,field,old,new\ncreate,vm,AWS/tokyo/prod/g1,,,\ncreate,ip,AWS/tokyo/prod/g1/10.5.0.2,,,\n"
    );
}

#[test]
fn the_words_of_the_platforms_are_statuses() {
    let sandbox = Sandbox::estate();
    // vSphere, OpenStack, AWS, Azure, libvirt and Proxmox, by their own documentation.
    let words = [
        ("poweredOn", "running"),
        ("poweredOff", "stopped"),
        ("suspended", "suspended"),
        ("ACTIVE", "running"),
        ("SHUTOFF", "stopped"),
        ("PAUSED", "suspended"),
        ("ERROR", "failed"),
        ("BUILD", "planned"),
        ("running", "running"),
        ("stopped", "stopped"),
        ("pending", "planned"),
        ("VM running", "running"),
        ("VM deallocated", "stopped"),
        ("PowerState/running", "running"),
        ("shut off", "stopped"),
        ("", "unknown"),
    ];
    let rows: String = words.iter().enumerate().map(|(at, (word, _))| format!("s{at},prod,{word}\n")).collect();
    imported(&sandbox, "vm", "vms.csv", format!("name,pool,status\n{rows}"), &[]);
    let told = sandbox.ok(&["vm", "list", "--where", "name~s", "-o", "csv", "--no-headers", "-c", "name,status"]);
    let wanted: String = words.iter().enumerate().map(|(at, (_, status))| format!("s{at},{status}\n")).collect();
    assert_eq!(told, wanted);
    let answer = refused(&sandbox, "vm", "vms.csv", "name,pool,status\nx,prod,frobnicating\n", &[]);
    assert!(answer.stderr.contains("vms.csv:2: status: \"frobnicating\" is not a status"), "{answer}");
    // Stopped on Google Cloud, gone on AWS: the memory of the one is allocated, that of the other is free.
    insta::assert_snapshot!(refused(&sandbox, "vm", "vms.csv", "name,pool,status\nx,prod,TERMINATED\n", &[]), @r#"
    status 1
    ----- stderr -----
    error: 1 row is wrong in vms.csv; nothing was imported
      vms.csv:2: status: "TERMINATED" has several meanings on other platforms (write one of: stopped (Google Cloud) or retired (AWS))
    help: fix this row and import again, or pass --skip-bad to import the others (--rejects FILE writes the bad rows to a file)
    "#);
}

#[test]
fn an_address_that_its_vlan_already_has_is_imported_and_counted() {
    let sandbox = Sandbox::estate();
    let answer =
        imported(&sandbox, "vm", "vms.csv", "name,pool,ips\nd1,prod,10.0.0.11@101\nd2,prod,10.0.0.11@102\n", &[]);
    assert!(answer.stderr.contains("1 of the addresses"), "{answer}");
    assert_eq!(sandbox.ok(&["ip", "list", "--in", "10.0.0.11/32", "--count"]), "3\n");
}

#[test]
fn an_import_of_which_nobody_reads_the_answer_still_happens() {
    let sandbox = Sandbox::empty();
    sandbox.file("users.csv", "name\na\n");
    let answer = answer(sandbox.command().args(["user", "import", "users.csv"]).stdout(Stdio::null()));
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(told(&sandbox, "user", "name"), "a\n");
}

#[test]
fn an_update_names_records_by_their_name_alone_where_that_is_unambiguous() {
    let sandbox = Sandbox::estate();
    let answer = sandbox.run_with_input(&["vm", "import", "-", "--update"], "name,status\nweb01,stopped\n");
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(
        sandbox.ok(&["vm", "list", "--name", "web01", "-c", "pool,status", "-o", "csv"]),
        "pool,status\nprod,stopped\n"
    );
    sandbox.ok(&["vm", "add", "web01", "--pool", "test"]);
    let before = sandbox.exported();
    let answer = sandbox.run_with_input(&["vm", "import", "-", "--update"], "name,status\nweb01,running\n");
    assert_eq!(answer.status, 1, "{answer}");
    assert!(answer.stderr.contains("standard input:2: \"web01\" names 2 VMs"), "{answer}");
    assert_eq!(sandbox.exported(), before);
}
