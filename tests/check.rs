//! What is wrong in the data: each fault that another program put into the file is found once, and no other.

use crate::support::{Sandbox, timeless};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Lets another program alter the file, with foreign keys and checks off.
fn tamper(sandbox: &Sandbox, sql: &str) {
    let done = Command::new("sqlite3")
        .arg("-bail")
        .arg(sandbox.database())
        .arg(format!("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {sql}"))
        .output()
        .expect("sqlite3 starts");
    assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
}

/// An estate in which nothing is wrong.
fn sound() -> Sandbox {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["ip", "add", "10.0.0.12", "--vm", "web02", "--vlan", "101"]);
    sandbox.ok(&["ip", "add", "fd00::10", "--vm", "web10"]);
    sandbox.ok(&["vm", "set", "web10", "--owner", "alice", "--custom-os", "Plan 9"]);
    sandbox.ok(&["partition", "add", "/boot", "--disk", "web01/disk0", "--size", "100GiB"]);
    sandbox
}

fn found(sandbox: &Sandbox, arguments: &[&str]) -> Vec<String> {
    let all: Vec<&str> = ["check", "-o", "csv", "--no-headers", "-c", "code,noun,record"]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    sandbox.run(&all).stdout.lines().map(str::to_owned).collect()
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let sandbox = sound();
    assert_eq!(sandbox.run(&["check", "-q"]).to_string(), "status 0\n");
    assert_eq!(sandbox.run(&["check"]).to_string(), "status 0\n----- stderr -----\n0 errors, 0 warnings\n");
    insta::assert_snapshot!(sandbox.run(&["check", "--details"]), @r"
    status 0
    code  severity  noun  record  text
    ----- stderr -----
    0 errors, 0 warnings
    ");
}

/// A fault, put in by hand: the SQL, and the finding: its code, its noun, its record.
const FAULTS: &[(&str, &str)] = &[
    (
        "INSERT INTO system_virtual_machine (system_virtual_machine_id, system_id, vm_id) VALUES (900, 1, 999)",
        "E002,membership,id=900",
    ),
    ("UPDATE virtual_machine SET user_id = 77 WHERE name = 'web01'", "E002,vm,AWS/tokyo/prod/web01"),
    ("UPDATE virtual_machine SET memory = 'lots' WHERE name = 'web02'", "E003,vm,AWS/tokyo/prod/web02"),
    ("UPDATE virtual_machine SET cpu = '-2' WHERE name = 'web02'", "E003,vm,AWS/tokyo/prod/web02"),
    (
        "UPDATE virtual_machine SET memory = '9999999', memory_unit_id = 6 WHERE name = 'web10'",
        "E003,vm,AWS/tokyo/test/web10",
    ),
    ("UPDATE ip_address SET ipv6 = 'FD00:0::10' WHERE ipv6 IS NOT NULL", "E004,ip,AWS/tokyo/test/web10/FD00:0::10"),
    ("UPDATE ip_address SET vlan = '0101' WHERE ipv4 = '10.0.0.12'", "E004,ip,AWS/tokyo/prod/web02/10.0.0.12"),
    ("UPDATE users SET name = 'bo' || char(0x301) || 'b' WHERE name = 'bob'", "E005,user,bo\u{301}b"),
    ("UPDATE users SET name = 'bob ' WHERE name = 'bob'", "E005,user,bob "),
    ("UPDATE system SET name = 'bill' || char(27) || 'ing'", "E006,system,bill\u{1b}ing"),
    ("UPDATE ip_address SET ipv4 = '10.0.0.299' WHERE ipv4 = '10.0.0.12'", "E007,ip,AWS/tokyo/prod/web02/10.0.0.299"),
    ("UPDATE users SET email = 'nobody' WHERE name = 'alice'", "E007,user,alice"),
    ("UPDATE virtual_machine SET created_at = 'yesterday' WHERE name = 'web02'", "E007,vm,AWS/tokyo/prod/web02"),
    ("UPDATE system SET description = CAST(x'ff61' AS TEXT)", "E007,system,billing"),
    ("UPDATE virtual_machine SET custom_os = 'BeOS' WHERE name = 'web01'", "E008,vm,AWS/tokyo/prod/web01"),
    (
        "INSERT INTO ip_address (vm_id) SELECT vm_id FROM virtual_machine WHERE name = 'web02'",
        "E008,ip,AWS/tokyo/prod/web02/",
    ),
    ("UPDATE ip_address SET ipv4 = '10.0.0.11' WHERE ipv4 = '10.0.0.12'", "E012,ip,AWS/tokyo/prod/web01/10.0.0.11"),
    ("INSERT INTO ip_address (ipv4, vlan) VALUES ('10.0.0.11', '101')", "E012,ip,AWS/tokyo/prod/web01/10.0.0.11"),
    ("UPDATE partition SET size = '100.000000001'", "E024,disk,AWS/tokyo/prod/web01/disk0"),
    (
        "UPDATE cloud_pool SET total_memory = '24575.9', total_memory_unit_id = 8 WHERE name = 'prod'",
        "W020,pool,AWS/tokyo/prod",
    ),
    ("UPDATE cloud_pool SET total_cpu = '0.74' WHERE name = 'prod'", "W021,pool,AWS/tokyo/prod"),
    (
        "UPDATE cloud_pool SET total_disk_capacity = '99' , total_disk_unit_id = 9 WHERE name = 'prod'",
        "W022,pool,AWS/tokyo/prod",
    ),
    (
        "UPDATE storage_device SET total_capacity = '107', total_capacity_unit_id = 4",
        "W023,storage,AWS/tokyo/prod/san1",
    ),
    ("UPDATE virtual_machine SET user_id = NULL WHERE name = 'web10'", "W030,vm,AWS/tokyo/test/web10"),
    ("UPDATE virtual_machine SET os_id = NULL WHERE name = 'web02'", "W031,vm,AWS/tokyo/prod/web02"),
    ("DELETE FROM ip_address WHERE ipv4 = '10.0.0.12'", "W032,vm,AWS/tokyo/prod/web02"),
    ("UPDATE virtual_machine SET name = 'WEB01' WHERE name = 'web02'", "W040,vm,AWS/tokyo/prod/WEB01"),
    ("INSERT INTO operating_system (name) VALUES ('DEBIAN-12')", "W040,os,DEBIAN-12"),
    ("INSERT INTO users (name) VALUES ('Ürsula'), ('ürsula')", "W040,user,ürsula"),
    ("UPDATE unit SET bytes = 0 WHERE name = 'PiB'", "E007,unit,PiB"),
    (
        "INSERT INTO source (source_id, name, last_complete_run_at) VALUES (1, 'a', '2026-01-01T00:00:00Z')",
        "W051,source,a",
    ),
    (
        "INSERT INTO source (source_id, name) VALUES (1, 'a'); INSERT INTO source_record (source_id, noun, record_id, \
         first_seen_at, missing_since) VALUES (1, 'vm', 1, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')",
        "W050,vm,AWS/tokyo/prod/web01",
    ),
];

#[test]
fn each_fault_is_found_once_and_no_other() {
    for (sql, wanted) in FAULTS {
        let sandbox = sound();
        tamper(&sandbox, sql);
        assert_eq!(found(&sandbox, &[]), [*wanted], "{sql}");
        let error = wanted.starts_with('E');
        let quiet = sandbox.run(&["check", "-q", "-o", "jsonl"]);
        assert_eq!((quiet.status, quiet.stderr.as_str()), (i32::from(error), ""), "{sql}: {quiet}");
        let told: serde_json::Value = serde_json::from_str(&quiet.stdout).expect("one finding");
        assert_eq!(told["severity"], if error { "error" } else { "warning" });
        assert_eq!(told["code"], wanted[..4]);
    }
}

#[test]
fn damage_to_the_file_is_found() {
    let sandbox = sound();
    let mut bytes = std::fs::read(sandbox.database()).expect("the inventory");
    // A name stands in the table and in its index: where the two differ, the engine finds the row missing.
    let places: Vec<usize> =
        bytes.windows(7).enumerate().filter(|(_, part)| *part == b"billing").map(|(at, _)| at).collect();
    assert!(places.len() >= 2);
    bytes[places[0] + 6] = b'h';
    std::fs::write(sandbox.database(), bytes).expect("the inventory");
    let other =
        Command::new("sqlite3").arg(sandbox.database()).arg("PRAGMA integrity_check").output().expect("sqlite3 starts");
    let wanted: Vec<String> =
        String::from_utf8_lossy(&other.stdout).lines().map(|line| format!("E001,{line}")).collect();
    assert!(!wanted.is_empty() && wanted[0] != "E001,ok");
    let answer = sandbox.run(&["check", "-o", "csv", "--no-headers", "-c", "code,text", "--only", "integrity"]);
    assert_eq!(
        (answer.status, answer.stdout.lines().collect::<Vec<&str>>()),
        (1, wanted.iter().map(String::as_str).collect())
    );
}

#[test]
fn all_faults_at_once_are_each_found() {
    let sandbox = sound();
    tamper(
        &sandbox,
        "INSERT INTO system_virtual_machine (system_virtual_machine_id, system_id, vm_id) VALUES (900, 1, 999);
         UPDATE virtual_machine SET user_id = NULL, os_id = NULL;
         UPDATE ip_address SET ipv4 = '10.0.0.11' WHERE ipv4 = '10.0.0.12';
         UPDATE partition SET size = '101';
         UPDATE users SET email = 'nobody' WHERE name = 'alice';",
    );
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in found(&sandbox, &[]) {
        *counts.entry(line[..4].to_owned()).or_default() += 1;
    }
    // Three VMs without an owner, two without an os: web10 has a custom one.
    let wanted = [("E002", 1), ("E007", 1), ("E012", 1), ("E024", 1), ("W030", 3), ("W031", 2)];
    assert_eq!(counts, wanted.map(|(code, count)| (code.to_owned(), count)).into());
    insta::assert_snapshot!(sandbox.run(&["check", "--details", "--ignore", "W030,no-os,dangling-reference"]), @r#"
    status 1
    code  severity  noun  record                          text
    E007  error     user  alice                           email "nobody" has no @
    E012  error     ip    AWS/tokyo/prod/web01/10.0.0.11  10.0.0.11 in VLAN 101 is used by AWS/tokyo/prod/web01 and AWS/tokyo/prod/web02
    E024  error     disk  AWS/tokyo/prod/web01/disk0      size overcommitted: 101 GiB allocated, capacity 100 GiB (101.0%)
    ----- stderr -----
    3 errors, 0 warnings
    "#);
    assert_eq!(
        found(&sandbox, &["--only", "duplicate-ip", "--only", "e024", "--ignore", "E012"]),
        ["E024,disk,AWS/tokyo/prod/web01/disk0"]
    );
    let warnings = sandbox.run(&["check", "--only", "W030", "--limit", "1", "-c", "record", "-o", "tsv"]);
    assert_eq!(
        warnings.to_string(),
        "status 0\nrecord\nAWS/tokyo/prod/web01\n----- stderr -----\n0 errors, 3 warnings\n"
    );
    insta::assert_snapshot!(sandbox.run(&["check", "--only", "E013"]), @r#"
    status 2
    ----- stderr -----
    error: unknown rule "E013"
    help: did you mean E003 or E012?
    "#);
}

#[test]
fn findings_are_counted_by_rule_first_and_listed_on_request() {
    let sandbox = sound();
    tamper(
        &sandbox,
        "UPDATE virtual_machine SET user_id = NULL, os_id = NULL; UPDATE users SET email = 'nobody' WHERE name = 'alice';",
    );
    // Three VMs without an owner, two without an os: web10 has a custom one.
    insta::assert_snapshot!(sandbox.run(&["check"]), @r"
    status 1
    E007 invalid value: 1
    W030 no owner: 3
    W031 no os: 2
    ----- stderr -----
    1 error, 5 warnings
    ");
    insta::assert_snapshot!(sandbox.run(&["check", "--only", "no-os"]), @r"
    status 0
    code  severity  noun  record                text
    W031  warning   vm    AWS/tokyo/prod/web01  has no os and no custom-os
    W031  warning   vm    AWS/tokyo/prod/web02  has no os and no custom-os
    ----- stderr -----
    0 errors, 2 warnings
    ");
    let lines = |arguments: &[&str]| sandbox.run(&[&["check"], arguments].concat()).stdout.lines().count();
    for listing in [&["--details"][..], &["-c", "code,record"], &["--sort", "record"], &["--where", "code~W"]] {
        let expected = if listing.contains(&"code~W") { 5 } else { 6 };
        assert_eq!(lines(listing), 1 + expected, "{listing:?}");
    }
    assert_eq!(lines(&["-o", "jsonl"]), 6);
    let counted = |arguments: &[&str]| {
        let answer = sandbox.run(&[&["check", "--count", "-q"], arguments].concat());
        (answer.status, answer.stdout)
    };
    assert_eq!(counted(&[]), (1, "6\n".to_owned()));
    assert_eq!(counted(&["--only", "W030"]), (0, "3\n".to_owned()));
    assert_eq!(counted(&["--where", "record~web0", "--ignore", "E007"]), (0, "4\n".to_owned()));
}

#[test]
fn retired_vms_lack_nothing_and_promise_nothing() {
    let sandbox = sound();
    sandbox.ok(&["vm", "add", "gone", "--pool", "prod", "--memory", "9TiB", "--cpu", "1100", "--status", "retired"]);
    assert_eq!(found(&sandbox, &[]), Vec::<String>::new());
    sandbox.ok(&["vm", "set", "gone", "--status", "planned"]);
    let codes: Vec<String> = found(&sandbox, &[]).iter().map(|line| line[..4].to_owned()).collect();
    assert_eq!(codes, ["W020", "W021", "W030", "W031", "W032"]);
}

#[test]
fn fix_mends_what_is_beyond_doubt_and_leaves_the_rest() {
    let sandbox = sound();
    let before = sandbox.exported();
    tamper(
        &sandbox,
        "UPDATE ip_address SET ipv6 = 'FD00:0:0::0010' WHERE ipv6 IS NOT NULL;
         UPDATE ip_address SET vlan = '0101' WHERE ipv4 = '10.0.0.12';
         UPDATE users SET name = 'bob ' WHERE name = 'bob';
         INSERT INTO system_virtual_machine (system_id, vm_id) VALUES (1, 999), (999, 1);
         UPDATE users SET email = 'nobody' WHERE name = 'alice';",
    );
    let dry = sandbox.run(&["check", "--fix", "--dry-run", "-o", "csv"]);
    assert_eq!((dry.status, dry.stdout.lines().count()), (1, 1 + 6));
    assert!(dry.stderr.starts_with("would fix 5 findings\n"), "{dry}");
    insta::assert_snapshot!(sandbox.run(&["check", "--fix"]), @r"
    status 1
    E007 invalid value: 1
    ----- stderr -----
    fixed 5 findings
    1 error, 0 warnings
    ");
    tamper(&sandbox, "UPDATE users SET email = 'alice@example.com' WHERE name = 'alice'");
    assert_eq!(timeless(&sandbox.exported()), timeless(&before));
    // Two that would be one are left as they are.
    tamper(&sandbox, "INSERT INTO users (name) VALUES ('bob ')");
    let left = sandbox.run(&["check", "--fix", "-o", "csv", "-c", "code", "--no-headers"]);
    assert_eq!(left.to_string(), "status 1\nE005\n----- stderr -----\nfixed 0 findings\n1 error, 0 warnings\n");
}

#[test]
fn the_page_explains_every_rule_and_no_other() {
    let sandbox = Sandbox::empty();
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks.md")).expect("the page");
    let rules = sandbox.ok(&["check", "--rules", "-o", "tsv", "--no-headers"]);
    let mut wanted: Vec<String> = Vec::new();
    for rule in rules.lines() {
        let cells: Vec<&str> = rule.split('\t').collect();
        let mended = if cells[3] == "yes" { ", `--fix`" } else { "" };
        wanted.push(format!("## {} {} ({}{mended})", cells[0], cells[1], cells[2]));
    }
    let headings: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
    assert_eq!(headings, wanted);
    for section in page.split("\n## ").skip(1) {
        assert!(section.contains("**Why:**") && section.contains("**To fix it:**"), "{section}");
    }
    // Each rule is broken by a fault above, or by the damage.
    for rule in rules.lines() {
        let damage = rule.starts_with("E001");
        assert!(damage || FAULTS.iter().any(|(_, finding)| finding.starts_with(&rule[..4])), "{rule}");
    }
}
