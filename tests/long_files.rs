//! Files of more rows than are read at once: their faults, the places of these, and the records are as for few rows.

use crate::imports::{imported, refused, told};
use crate::support::{Answer, Sandbox, read_by_python, signal, wait_until};

/// Several times as many rows as are read at once.
const MANY: usize = 3_000;

/// The places of rows that are wrong: at both ends of what is read at once, in the first thousands and behind.
const PLACES: [usize; 9] = [0, 255, 256, 999, 1_000, 1_023, 1_024, 2_047, MANY - 1];

/// A file of so many VMs in prod.
fn machines() -> Vec<String> {
    (0..MANY).map(|number| format!("vm-{number},prod,{} GiB,alice", number % 64 + 1)).collect()
}

fn file(rows: &[String]) -> String {
    format!("name,pool,memory,owner\n{}\n", rows.join("\n"))
}

/// The row at a place with something wrong in it, and what is told of that.
fn wrong(place: usize) -> (String, String) {
    match place % 4 {
        0 => (
            format!("vm-{place},prod,16 GX,alice"),
            "memory: \"16 GX\" has no known unit (did you mean \"16 GB\"?)".to_owned(),
        ),
        1 => (format!("vm-{place},prdo,1 GiB,alice"), "pool: no pool named \"prdo\" (did you mean prod?)".to_owned()),
        2 => (format!("vm-{place},prod,1 GiB"), "has 3 cells, the header has 4".to_owned()),
        _ => ("web01,prod,1 GiB,bob".to_owned(), "VM \"AWS/tokyo/prod/web01\" already exists".to_owned()),
    }
}

/// Many rows, some of which are wrong.
fn with_faults() -> Vec<String> {
    let mut rows = machines();
    for place in PLACES {
        rows[place] = wrong(place).0;
    }
    rows
}

#[test]
fn faults_are_told_in_the_order_of_the_file_with_their_lines() {
    let sandbox = Sandbox::estate();
    let faults: Vec<String> =
        PLACES.iter().map(|place| format!("  vms.csv:{}: {}\n", place + 2, wrong(*place).1)).collect();
    let wanted = format!(
        "error: 9 rows are wrong in vms.csv; nothing was imported\n{}help: fix these rows and import again, or pass \
         --update for records that exist (--skip-bad imports the others, --rejects FILE writes the bad rows to a \
         file)\n",
        faults.concat()
    );
    assert_eq!(refused(&sandbox, "vm", "vms.csv", file(&with_faults()), &[]).stderr, wanted);
    assert_eq!(refused(&sandbox, "vm", "vms.csv", file(&with_faults()), &["--dry-run"]).stderr, wanted);
}

#[test]
fn bad_rows_are_left_out_and_kept_as_they_stand() {
    let sandbox = Sandbox::estate();
    let rows = with_faults();
    let more = ["--skip-bad", "--rejects", "rejects.csv"];
    let answer = imported(&sandbox, "vm", "vms.csv", file(&rows), &more);
    assert!(
        answer.stderr.ends_with("skipped 9 rows with faults\nwrote the bad rows to rejects.csv\n2991 VMs: 2991 new\n"),
        "{answer}"
    );
    let rejects = read_by_python(&sandbox, "rejects.csv");
    let wanted = PLACES.iter().map(|place| {
        let (row, fault) = wrong(*place);
        let mut cells: Vec<String> = row.split(',').map(str::to_owned).collect();
        cells.resize(4, String::new());
        cells.push(format!("vms.csv:{}: {fault}", place + 2));
        cells
    });
    assert_eq!(rejects[1..], wanted.collect::<Vec<_>>());
    let good = rows.iter().enumerate().filter(|(place, _)| !PLACES.contains(place)).map(|(_, row)| format!("{row}\n"));
    let list = ["vm", "list", "--where", "name~vm-", "-o", "csv", "--no-headers", "-c", "name,pool,memory,owner"];
    assert!(sandbox.ok(&list) == good.collect::<String>(), "other rows went in than those that are right");
}

#[test]
fn what_ends_a_file_ends_it_where_it_stands() {
    for (row, fault) in [
        ("\"vm-x,prod", "a quote that opens here is never closed"),
        ("vm-x\0,prod,,", "contains a NUL byte, so it is not CSV (if it is UTF-16, pass --encoding utf-16le)"),
    ] {
        let sandbox = Sandbox::estate();
        let mut rows = machines();
        rows[500] = wrong(500).0;
        rows[2_500] = row.to_owned();
        let answer = refused(&sandbox, "vm", "vms.csv", file(&rows), &[]);
        assert_eq!(
            answer.stderr.lines().take(3).collect::<Vec<_>>(),
            [
                "error: 2 rows are wrong in vms.csv; nothing was imported".to_owned(),
                format!("  vms.csv:502: {}", wrong(500).1),
                format!("  vms.csv:2502: {fault}")
            ]
        );
    }
}

#[test]
fn objects_may_have_a_key_that_none_before_them_had() {
    let sandbox = Sandbox::estate();
    let mut rows: Vec<String> =
        (0..MANY).map(|number| format!("{{\"name\":\"vm-{number}\",\"pool\":\"prod\"}}")).collect();
    rows[2_000] = "{\"name\":\"vm-2000\",\"pool\":\"prod\",\"owner\":\"bob\"}".to_owned();
    imported(&sandbox, "vm", "vms.jsonl", rows.join("\n"), &["--dry-run"]);
    rows[2_500] = "{\"name\":\"vm-2500\",\"pool\":\"prod\",\"ovner\":\"bob\"}".to_owned();
    rows[2_600] = "{\"name\":\"web01\",\"pool\":\"prod\"}".to_owned();
    let answer = refused(&sandbox, "vm", "vms.jsonl", rows.join("\n"), &["--rejects", "rejects.csv"]);
    assert!(
        answer.stderr.starts_with(
            "error: 1 column and 1 row are wrong in vms.jsonl; nothing was imported\n  \
             vms.jsonl:2501: \"ovner\" is not a column of VMs (did you mean owner?)\n  \
             vms.jsonl:2601: VM \"AWS/tokyo/prod/web01\" already exists\nhelp"
        ),
        "{answer}"
    );
    let wanted: [&[&str]; 3] = [
        &["name", "pool", "owner", "ovner", "faults"],
        &["vm-2500", "prod", "", "bob", "vms.jsonl:2501: \"ovner\" is not a column of VMs (did you mean owner?)"],
        &["web01", "prod", "", "", "vms.jsonl:2601: VM \"AWS/tokyo/prod/web01\" already exists"],
    ];
    assert_eq!(read_by_python(&sandbox, "rejects.csv"), wanted);
    rows[2_500] = "{\"name\":\"vm-2500\",\"pool\":\"prod\"}".to_owned();
    rows[2_600] = "{\"name\":\"vm-2600\",\"pool\":\"prod\"}".to_owned();
    imported(&sandbox, "vm", "vms.jsonl", rows.join("\n"), &[]);
    assert_eq!(sandbox.ok(&["vm", "list", "--owner", "bob", "--count"]), "2\n");
}

#[test]
fn a_dry_run_tells_every_row() {
    let sandbox = Sandbox::estate();
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let answer = imported(&sandbox, "vm", "vms.csv", file(&machines()), &["--dry-run", "-o", "csv"]);
    let wanted: String = (0..MANY).map(|number| format!("create,vm,AWS/tokyo/prod/vm-{number},,,\n")).collect();
    assert!(answer.stdout == format!("action,noun,record,field,old,new\n{wanted}"), "{}", &answer.stdout[..500]);
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before, "the inventory changed");
}

#[test]
fn what_is_made_for_a_row_is_there_for_those_behind_it() {
    let sandbox = Sandbox::estate();
    let rows: Vec<String> = (0..MANY).map(|number| format!("vm-{number},prod,,user-{}", number / 500)).collect();
    imported(&sandbox, "vm", "vms.csv", file(&rows), &["--create", "owner"]);
    assert_eq!(sandbox.ok(&["user", "list", "--where", "name~user-", "--count"]), "6\n");
    assert_eq!(sandbox.ok(&["vm", "list", "--owner", "user-5", "--count"]), "500\n");
}

#[test]
fn texts_that_mean_the_same_and_texts_that_do_not_are_told_apart_among_many() {
    // A name in composed and in decomposed form, and a number that says by its id which pool is meant.
    let sandbox = Sandbox::estate();
    sandbox.ok(&["pool", "add", "caf\u{e9}", "--dc", "tokyo"]);
    let pools = ["caf\u{e9}", "cafe\u{301}", "tokyo/caf\u{e9}", "AWS/tokyo/cafe\u{301}", "prod"];
    let rows: Vec<String> = (0..MANY).map(|number| format!("vm-{number},{},,", pools[number % pools.len()])).collect();
    imported(&sandbox, "vm", "vms.csv", file(&rows), &[]);
    assert_eq!(sandbox.ok(&["vm", "list", "--pool", "caf\u{e9}", "--count"]), format!("{}\n", MANY * 4 / 5));
    let wanted: Vec<&str> = (0..MANY).map(|number| if number % 5 < 4 { "caf\u{e9}" } else { "prod" }).collect();
    let list = ["vm", "list", "--where", "name~vm-", "-o", "csv", "--no-headers", "-c", "pool"];
    assert!(sandbox.ok(&list).lines().eq(wanted), "a VM is in another pool than its row says");
}

#[test]
fn an_interrupted_import_leaves_nothing() {
    let sandbox = Sandbox::estate();
    let rows: Vec<String> =
        (0..100_000).map(|number| format!("vm-{number},prod,{} GiB,alice", number % 64 + 1)).collect();
    sandbox.file("vms.csv", file(&rows));
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let mut command = sandbox.command();
    command.args(["vm", "import", "vms.csv"]).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("the program starts");
    // The journal stands beside the inventory as soon as something is written.
    let journal = sandbox.path().join("inv.db-journal");
    wait_until("the import to write", || journal.exists());
    signal(&child, "INT");
    let output = child.wait_with_output().expect("the program ends");
    let answer = Answer {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert_eq!((answer.status, answer.stderr.as_str()), (130, "error: interrupted; nothing was changed\n"), "{answer}");
    assert!(!journal.exists(), "a journal is left");
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before, "the inventory changed");
    assert_eq!(told(&sandbox, "vm", "name"), "web01\nweb02\nweb10\n");
}
