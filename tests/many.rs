//! Files of so many rows that a table is filled before its indexes are made: nothing but the time it takes is different.

use crate::imports::{imported, refused, told};
use crate::support::Sandbox;
use rusqlite::Connection;

/// More rows than are put in one by one.
const MANY: usize = 7_000;

/// A file of so many VMs in prod.
fn machines() -> Vec<String> {
    (0..MANY).map(|number| format!("vm-{number},prod,{} GiB,alice", number % 64 + 1)).collect()
}

fn file(rows: &[String]) -> String {
    format!("name,pool,memory,owner\n{}\n", rows.join("\n"))
}

/// The statements that made everything in the file, and what the engine finds wrong with it.
pub fn shape(sandbox: &Sandbox) -> (Vec<String>, Vec<String>) {
    let store = Connection::open(sandbox.database()).expect("the inventory");
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = store.prepare(sql).expect("a question");
        let rows = statement.query_map([], |row| row.get(0)).expect("an answer");
        rows.map(|row| row.expect("a text")).collect()
    };
    let made = texts("SELECT name || ': ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1");
    let mut wrong = texts("SELECT * FROM pragma_integrity_check");
    wrong.extend(texts("SELECT \"table\" FROM pragma_foreign_key_check"));
    (made, wrong)
}

#[test]
fn many_rows_go_in_as_they_stand_and_leave_every_index_as_it_was() {
    let sandbox = Sandbox::estate();
    let before = shape(&sandbox);
    assert_eq!(before.1, ["ok"]);
    let rows = machines();
    let answer = imported(&sandbox, "vm", "vms.csv", file(&rows), &[]);
    assert_eq!(answer.stderr, format!("{MANY} VMs: {MANY} new\n"));
    assert_eq!(shape(&sandbox), before);
    let wanted: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let held =
        sandbox.ok(&["vm", "list", "--where", "name~vm-", "-o", "csv", "--no-headers", "-c", "name,pool,memory,owner"]);
    assert!(held == wanted, "the list is not what the file says");
    assert_eq!(sandbox.ok(&["vm", "list", "--owner", "alice", "--count"]), format!("{}\n", MANY + 1));
    let last = format!("vm-{}", MANY - 1);
    let blame = sandbox.ok(&["blame", "vm", &last, "-o", "csv"]);
    assert!(blame.contains(&format!("vms.csv:{}", MANY + 1)), "{blame}");
    sandbox.ok(&["undo"]);
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "3\n");
}

#[test]
fn what_is_given_twice_among_many_is_told_by_its_lines_beside_all_other_faults() {
    let sandbox = Sandbox::estate();
    let mut rows = machines();
    rows[4] = "vm-4,prod,16 GX,alice".to_owned();
    rows[6_500] = rows[20].clone();
    rows[6_600] = "web01,prod,1 GiB,bob".to_owned();
    let before = shape(&sandbox);
    let answer = refused(&sandbox, "vm", "vms.csv", file(&rows), &[]);
    assert_eq!(
        answer.stderr,
        "error: 3 rows are wrong in vms.csv; nothing was imported\n  \
         vms.csv:6: memory: \"16 GX\" has no known unit (did you mean \"16 GB\"?)\n  \
         vms.csv:6502: VM \"AWS/tokyo/prod/vm-20\" is already in line 22\n  \
         vms.csv:6602: VM \"AWS/tokyo/prod/web01\" already exists\n\
         help: fix these rows and import again, or pass --update for records that exist (--skip-bad imports the \
         others, --rejects FILE writes the bad rows to a file)\n"
    );
    assert_eq!(shape(&sandbox), before);
}

#[test]
fn many_addresses_that_others_bear_are_counted_as_few_are() {
    let sandbox = Sandbox::estate();
    let mut rows: Vec<String> = (0..MANY).map(|n| format!("10.1.{}.{},,7", n / 250, n % 250)).collect();
    // The first of them twice more, each under a VM of its own, and the one that web01 has.
    rows.extend(["10.1.0.0,web01,7", "10.1.0.0,web02,7", "10.0.0.11,web02,101", "10.1.0.1,web02,8"].map(str::to_owned));
    let content = format!("ipv4,vm,vlan\n{}\n", rows.join("\n"));
    let answer = imported(&sandbox, "ip", "ips.csv", content, &[]);
    assert_eq!(
        answer.stderr,
        format!("{0} addresses: {0} new\n3 of the addresses also belong to other VMs in the same VLAN\n", MANY + 4)
    );
}

#[test]
fn disks_without_a_name_are_numbered_among_many_with_one() {
    let sandbox = Sandbox::estate();
    let mut rows: Vec<String> = (0..MANY).map(|number| format!("data{number},web02,1 GiB")).collect();
    rows.extend([",web01,2 GiB", ",web02,3 GiB"].map(str::to_owned));
    imported(&sandbox, "disk", "disks.csv", format!("name,vm,size\n{}\n", rows.join("\n")), &[]);
    assert_eq!(sandbox.ok(&["disk", "list", "--count"]), format!("{}\n", MANY + 3));
    let list = ["disk", "list", "--where", "name~disk", "-o", "csv", "--no-headers", "-c", "name,vm,size"];
    assert_eq!(sandbox.ok(&list), "disk0,web01,100 GiB\ndisk1,web01,2 GiB\ndisk0,web02,3 GiB\n");
}

#[test]
fn many_rows_again_change_nothing_and_one_that_differs_is_changed() {
    let sandbox = Sandbox::estate();
    let mut rows = machines();
    imported(&sandbox, "vm", "vms.csv", file(&rows), &["--update"]);
    let exported = sandbox.exported();
    for order in ["as made", "backwards"] {
        let answer = imported(&sandbox, "vm", "vms.csv", file(&rows), &["--update"]);
        assert_eq!(answer.stderr, format!("{MANY} VMs: {MANY} unchanged\n"), "{order}");
        rows.reverse();
    }
    assert_eq!(sandbox.exported(), exported);
    rows[17] = "vm-17,prod,99 GiB,bob".to_owned();
    rows[18] = "vm-18,prod,,".to_owned();
    let answer = imported(&sandbox, "vm", "vms.csv", file(&rows), &["--update", "--prune"]);
    assert_eq!(answer.stderr, format!("{MANY} VMs: 2 changed, {} unchanged, 3 removed\n", MANY - 2));
    assert_eq!(
        told(&sandbox, "vm", "name,memory,owner").lines().skip(16).take(3).collect::<Vec<_>>(),
        ["vm-16,17 GiB,alice", "vm-17,99 GiB,bob", "vm-18,,"]
    );
}

#[test]
fn memory_of_64_mib_is_enough_for_many() {
    let sandbox = Sandbox::estate();
    let rows: Vec<String> = (0..30_000).map(|number| format!("vm-{number},prod,4 GiB,alice")).collect();
    sandbox.file("vms.csv", file(&rows));
    let script = format!("ulimit -v 65536; exec {} vm import vms.csv", env!("CARGO_BIN_EXE_inv"));
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).env("INV_DB", sandbox.database()).current_dir(sandbox.path());
    let answer = crate::support::answer(&mut shell);
    assert_eq!((answer.status, answer.stderr.as_str()), (0, "30000 VMs: 30000 new\n"), "{answer}");
}

#[test]
fn what_comes_along_with_many_rows_goes_in_with_them() {
    let sandbox = Sandbox::estate();
    let (header, before) = ("name,pool,ips,disks,systems", shape(&sandbox));
    let rows = |last: &str| -> String {
        let mut rows: Vec<String> = (0..MANY).map(|number| format!("vm-{number},prod,,,")).collect();
        rows[3] = "vm-3,prod,10.3.0.1,1 GiB;2 GiB@san1,billing".to_owned();
        rows[6_000] = "vm-6000,prod,10.3.0.2@7;fd00::2,3 GiB,billing".to_owned();
        rows[6_900] = last.to_owned();
        format!("{header}\n{}\n", rows.join("\n"))
    };
    let answer = refused(&sandbox, "vm", "vms.csv", rows("vm-6900,prod,,,billing;billing"), &[]);
    assert_eq!(
        answer.stderr,
        "error: 1 row is wrong in vms.csv; nothing was imported\n  \
         vms.csv:6902: membership \"billing – AWS/tokyo/prod/vm-6900\" already exists\n\
         help: fix this row and import again, or pass --update for records that exist (--skip-bad imports the \
         others, --rejects FILE writes the bad rows to a file)\n"
    );
    assert_eq!(shape(&sandbox), before);
    let last = "vm-6900,prod,10.3.0.3;10.3.0.4,4 GiB,billing";
    imported(&sandbox, "vm", "vms.csv", rows(last), &[]);
    assert_eq!(shape(&sandbox), before);
    let list = ["vm", "list", "--where", "ips~10.3.", "-o", "csv", "--no-headers", "-c", "name,pool,ips,disks,systems"];
    assert_eq!(
        sandbox.ok(&list),
        format!("vm-3,prod,10.3.0.1,1 GiB;2 GiB@san1,billing\nvm-6000,prod,10.3.0.2@7;fd00::2,3 GiB,billing\n{last}\n")
    );
    let blame = sandbox.ok(&["blame", "disk", "vm-6900/disk0", "-o", "csv"]);
    assert!(blame.contains("vms.csv:6902"), "{blame}");
    // The same file again removes what it does not give any more, with all that the engine looks up.
    let answer = imported(&sandbox, "vm", "vms.csv", rows("vm-6900,prod,10.3.0.4,,"), &["--update"]);
    assert_eq!(answer.stderr, format!("{MANY} VMs: 1 changed, {} unchanged\n", MANY - 1));
    assert_eq!(shape(&sandbox), before);
    assert_eq!(sandbox.ok(&["disk", "list", "--where", "vm=vm-6900", "--count"]), "0\n");
}
