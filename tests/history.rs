//! History: what every change leaves behind, and how it is told, reversed and looked back through.

use crate::support::{Answer, Sandbox};
use rusqlite::Connection;
use std::process::Command;

/// The user that changes bear.
fn user() -> String {
    let answer = Command::new("id").arg("-un").output().expect("id");
    String::from_utf8(answer.stdout).expect("a name in UTF-8").trim().to_owned()
}

/// The engine's own view of an inventory: what is there, and ways to break it.
pub fn engine(sandbox: &Sandbox) -> Connection {
    Connection::open(sandbox.database()).expect("the inventory")
}

pub fn number(sandbox: &Sandbox, sql: &str) -> i64 {
    engine(sandbox).query_row(sql, [], |row| row.get(0)).expect("a number")
}

/// The rows of an answer in CSV, without the header.
pub fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

/// The columns of `inv log -o csv` that do not depend on who runs the tests and when: number, what, message, undoes.
pub fn log(sandbox: &Sandbox, arguments: &[&str]) -> Vec<String> {
    let all: Vec<&str> = arguments.iter().copied().chain(["-o", "csv"]).collect();
    let told = rows(&sandbox.ok(&all));
    told.iter().map(|row| format!("{} {} [{}] {}", row[0], row[3], row[4], row[6]).trim_end().to_owned()).collect()
}

fn refused(answer: &Answer, status: i32, sentence: &str) {
    assert_eq!((answer.status, answer.stdout.as_str()), (status, ""), "{answer}");
    assert_eq!(answer.stderr.lines().next(), Some(format!("error: {sentence}").as_str()), "{answer}");
}

/// A provider, a datacenter, a pool and a VM with a disk: four changes, the VM's being the fourth.
pub fn small() -> Sandbox {
    let sandbox = Sandbox::empty();
    for line in [
        "provider add AWS",
        "dc add tokyo --provider AWS",
        "pool add prod --dc tokyo",
        "vm add web01 --pool prod --memory 8GiB --cpu 2 --disk 10GiB -m CHG-1",
    ] {
        sandbox.ok(&line.split_whitespace().collect::<Vec<&str>>());
    }
    sandbox
}

#[test]
fn a_log_tells_each_change_the_latest_first_with_who_when_what_and_why() {
    let sandbox = small();
    sandbox.ok(&["vm", "set", "web01", "--memory", "16GiB", "-m", "ticket 7"]);
    let told = rows(&sandbox.ok(&["log", "-o", "csv"]));
    assert_eq!(told.len(), 5);
    assert_eq!(told[0][0], "5");
    let time = &told[0][1];
    assert!(time.len() == 20 && time.ends_with('Z') && time.contains('T'), "{time} is not RFC 3339 in UTC");
    assert_eq!(
        told[0][2..],
        [&*user(), "~1 VM", "ticket 7", "inv vm set web01 --memory 16GiB -m 'ticket 7'", "", "", ""]
    );
    let expected =
        ["5 ~1 VM [ticket 7]", "4 +1 VM, +1 disk [CHG-1]", "3 +1 pool []", "2 +1 datacenter []", "1 +1 provider []"];
    assert_eq!(log(&sandbox, &["log"]), expected);
    assert_eq!(log(&sandbox, &["log", "--limit", "2"]), expected[..2]);
    assert_eq!(log(&sandbox, &["log", "pool"]), expected[2..3]);
    assert_eq!(log(&sandbox, &["log", "--by", &user()]), expected);
    assert_eq!(log(&sandbox, &["log", "--by", "nobody-else"]), [""; 0]);
    assert_eq!(log(&sandbox, &["log", "--since", "2000-01-01", "--until", "2000-01-02"]), [""; 0]);
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.ok(&["log", "-o", "json", "--limit", "1"])).expect("JSON");
    assert_eq!((&json[0]["change"], &json[0]["message"]), (&5.into(), &"ticket 7".into()));
}

#[test]
fn log_show_tells_each_record_and_field_old_and_new() {
    let sandbox = small();
    sandbox.ok(&["vm", "set", "web01", "--memory", "16GiB", "--cpu", "4"]);
    sandbox.ok(&["vm", "set", "web01", "--memory", "32GiB"]);
    sandbox.ok(&["vm", "rm", "web01", "--yes"]);
    let change = sandbox.ok(&["log", "show", "5", "-o", "csv"]);
    assert_eq!(
        change,
        "action,noun,record,field,old,new,file\n\
         update,vm,AWS/tokyo/prod/web01,memory,8 GiB,16 GiB,\n\
         update,vm,AWS/tokyo/prod/web01,cpu,2,4,\n"
    );
    let made = sandbox.ok(&["log", "show", "4", "-o", "csv"]);
    assert!(made.contains("create,vm,AWS/tokyo/prod/web01,memory,,8 GiB,\n"), "{made}");
    assert!(made.contains("create,disk,AWS/tokyo/prod/web01/disk0,size,,10 GiB,\n"), "{made}");
    let gone = sandbox.ok(&["log", "show", "7", "-o", "csv"]);
    assert!(gone.contains("remove,vm,AWS/tokyo/prod/web01,memory,32 GiB,,\n"), "{gone}");
    refused(&sandbox.run(&["log", "show", "99"]), 3, "no change 99");
    refused(&sandbox.run(&["log", "show", "x"]), 2, "\"x\" is not a change number");
}

#[test]
fn what_changes_nothing_is_not_in_history() {
    let sandbox = Sandbox::estate();
    let count = || number(&sandbox, "SELECT count(*) FROM change");
    let before = count();
    let vms = sandbox.ok(&["vm", "export"]);
    let file = sandbox.file("vms.csv", &vms);
    let bytes = std::fs::read(sandbox.database()).expect("the inventory");
    sandbox.ok(&["vm", "set", "web01", "--memory", "16GiB"]);
    sandbox.ok(&["vm", "import", &file, "--update"]);
    sandbox.ok(&["vm", "import", &file, "--skip-existing"]);
    sandbox.ok(&["vm", "rm", "web01", "--dry-run"]);
    sandbox.ok(&["undo", "--dry-run"]);
    assert_eq!(sandbox.run(&["vm", "add", "web01", "--pool", "prod"]).status, 4);
    assert_eq!(sandbox.run(&["vm", "set", "web01", "--memory", "16"]).status, 1);
    assert_eq!(count(), before);
    assert_eq!(std::fs::read(sandbox.database()).expect("the inventory"), bytes);
}

#[test]
fn undo_reverses_the_last_change_and_undoing_that_redoes_it() {
    let sandbox = Sandbox::estate();
    let before = sandbox.exported();
    sandbox.ok(&["vm", "set", "--where", "pool=prod", "--memory", "1TiB", "--status", "failed", "--yes"]);
    let after = sandbox.exported();
    assert_ne!(before, after);
    let last = number(&sandbox, "SELECT max(change_id) FROM change");
    let answer = sandbox.run(&["undo"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    assert_eq!(
        answer.stderr,
        format!(
            "undid change {last} (inv vm set --where pool=prod --memory 1TiB --status failed --yes) by change {}\n\
             next to undo: change {} (inv vm add web10 --pool test --memory 4096MiB --cpu 1)\n",
            last + 1,
            last - 1
        )
    );
    assert_eq!(sandbox.exported(), before, "the times of change come back too");
    sandbox.ok(&["redo"]);
    assert_eq!(sandbox.exported(), after);
    refused(
        &sandbox.run(&["undo", &(last + 1).to_string()]),
        4,
        &format!("change {} is already undone by change {}", last + 1, last + 2),
    );
}

#[test]
fn everything_can_be_undone_one_by_one_down_to_the_empty_inventory_and_redone() {
    let empty = Sandbox::empty().exported();
    let sandbox = Sandbox::estate();
    let full = sandbox.exported();
    let last = number(&sandbox, "SELECT max(change_id) FROM change");
    for change in (1..=last).rev() {
        sandbox.ok(&["undo", &change.to_string()]);
    }
    assert_eq!(sandbox.exported(), empty);
    for change in (last + 1..=2 * last).rev() {
        sandbox.ok(&["undo", &change.to_string()]);
    }
    assert_eq!(sandbox.exported(), full);
    sandbox.ok(&["log", "verify"]);
}

#[test]
fn undo_of_a_removal_brings_back_what_went_along_under_the_same_ids() {
    let sandbox = Sandbox::estate();
    let before = sandbox.exported();
    let id = sandbox.ok(&["vm", "list", "--name", "web01", "-c", "id", "-o", "csv"]);
    sandbox.ok(&["vm", "rm", "web01", "--yes", "--recursive"]);
    assert_eq!(sandbox.ok(&["disk", "list", "--count"]), "0\n");
    sandbox.ok(&["undo"]);
    assert_eq!(sandbox.exported(), before);
    assert_eq!(sandbox.ok(&["vm", "list", "--name", "web01", "-c", "id", "-o", "csv"]), id);
}

#[test]
fn undo_is_refused_with_the_later_changes_that_stand_on_it() {
    let sandbox = small();
    sandbox.ok(&["vm", "set", "web01", "--memory", "16GiB"]);
    sandbox.ok(&["vm", "set", "web01", "--cpu", "4", "-m", "CHG-9"]);
    sandbox.ok(&["vm", "set", "web01", "--status", "running"]);
    let before = sandbox.exported();
    let answer = sandbox.run(&["undo", "5"]);
    refused(&answer, 4, "cannot undo change 5: 2 later changes modified the same records");
    let lines: Vec<&str> = answer.stderr.lines().collect();
    assert!(lines[1].starts_with("  7 ") && lines[1].ends_with("inv vm set web01 --status running"), "{answer}");
    assert!(
        lines[2].starts_with("  6 ") && lines[2].ends_with("inv vm set web01 --cpu 4 -m CHG-9 (CHG-9)"),
        "{answer}"
    );
    assert_eq!(lines.len(), 4, "{answer}");
    // What refers to a record stands on its making, too.
    refused(&sandbox.run(&["undo", "1"]), 4, "cannot undo change 1: change 2 modified the same records");
    assert_eq!(sandbox.exported(), before);
    assert_eq!(number(&sandbox, "SELECT max(change_id) FROM change"), 7);
}

#[test]
fn undo_is_refused_where_the_name_or_the_holder_is_not_free_any_more() {
    let sandbox = small();
    sandbox.ok(&["vm", "rm", "web01", "--yes"]);
    sandbox.ok(&["vm", "add", "web01", "--pool", "prod"]);
    refused(&sandbox.run(&["undo", "5"]), 4, "cannot undo change 5: VM \"AWS/tokyo/prod/web01\" already exists");
    sandbox.ok(&["vm", "rm", "web01", "--yes"]);
    sandbox.ok(&["pool", "rm", "prod", "--yes"]);
    let answer = sandbox.run(&["undo", "5"]);
    refused(&answer, 4, "cannot undo change 5: change 8 modified the same records");
    assert!(answer.stderr.lines().nth(1).is_some_and(|line| line.starts_with("  8 ")), "{answer}");
}

#[test]
fn a_forced_undo_reverts_what_nobody_touched_since_and_tells_what_it_left() {
    let sandbox = small();
    sandbox.ok(&["vm", "set", "web01", "--memory", "16GiB", "--cpu", "4"]);
    sandbox.ok(&["vm", "set", "web01", "--cpu", "8"]);
    let answer = sandbox.run(&["undo", "5", "--force"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(
        answer.stderr,
        "skipped VM AWS/tokyo/prod/web01: cpu has changed since\n\
         undid change 5 (inv vm set web01 --memory 16GiB --cpu 4) by change 7\n"
    );
    assert_eq!(sandbox.ok(&["vm", "list", "-c", "memory,cpu", "-o", "csv"]), "memory,cpu\n8 GiB,8\n");
    // The making of what others need is left, and no change is made of it.
    let answer = sandbox.run(&["undo", "3", "--force"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(
        answer.stderr,
        "skipped pool AWS/tokyo/prod: VM AWS/tokyo/prod/web01 depends on it\n\
         nothing left to undo in change 3 (inv pool add prod --dc tokyo)\n"
    );
    assert_eq!(number(&sandbox, "SELECT max(change_id) FROM change"), 7);
}

#[test]
fn undo_shows_what_it_would_do_and_takes_a_message() {
    let sandbox = small();
    let shown = sandbox.ok(&["undo", "--dry-run", "-o", "csv"]);
    assert_eq!(
        shown,
        "action,noun,record,field,old,new\n\
         remove,disk,AWS/tokyo/prod/web01/disk0,,,\n\
         remove,vm,AWS/tokyo/prod/web01,,,\n"
    );
    sandbox.ok(&["undo", "-m", "wrong pool"]);
    assert_eq!(log(&sandbox, &["log", "--limit", "1"]), ["5 -1 VM, -1 disk [wrong pool] 4"]);
    refused(&Sandbox::empty().run(&["undo"]), 3, "nothing to undo: history has no change");
}

#[test]
fn an_export_as_of_each_change_is_the_export_of_then_byte_for_byte() {
    let sandbox = Sandbox::empty();
    let export = |at: Option<usize>| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().to_str().expect("a path in UTF-8").to_owned();
        let number = at.unwrap_or_default().to_string();
        let mut arguments = vec!["export", &path];
        if at.is_some() {
            arguments.extend(["--at", &number]);
        }
        sandbox.ok(&arguments);
        let mut files: Vec<_> = std::fs::read_dir(folder.path())
            .expect("the export")
            .map(|file| file.expect("a file").path())
            .map(|path| (path.file_name().expect("a name").to_owned(), std::fs::read(&path).expect("a file")))
            .collect();
        files.sort();
        files
    };
    let file = sandbox.file("more.csv", "name,pool,memory,ips,disks\na,prod,1GiB,10.0.0.1@7,5 GiB\nb,prod,2GiB,,\n");
    let update = sandbox.file("less.csv", "name,pool,memory,disks\na,prod,3GiB,6 GiB;7 GiB\n");
    let steps = [
        "provider add AWS",
        "dc add 東京 --provider AWS",
        "pool add prod --dc 東京 --memory 1TiB",
        "system add billing",
        &format!("vm import {file}"),
        "system attach billing a b",
        "vm rename a nfs/a",
        "pool rename prod main",
        "vm clone nfs/a a",
        &format!("vm import {update} --update"),
        "system detach billing b",
        "vm rm --where name~a --recursive --yes",
        "undo",
        "undo 8",
    ];
    let mut then = vec![export(None)];
    for step in steps {
        let done = sandbox.run(&step.split_whitespace().collect::<Vec<&str>>());
        // The pool has another name by the time of the update: that file is refused, and leaves no change.
        assert_eq!(done.status, if step.ends_with("--update") { 1 } else { 0 }, "{step}: {done}");
        if done.status == 0 {
            then.push(export(None));
        }
    }
    for (number, files) in then.iter().enumerate() {
        assert_eq!(&export(Some(number)), files, "as of change {number}");
    }
}

#[test]
fn lists_and_records_answer_as_of_a_time_a_date_or_a_change() {
    let sandbox = small();
    sandbox.ok(&["vm", "set", "web01", "--memory", "16GiB"]);
    sandbox.ok(&["vm", "rm", "web01", "--yes"]);
    for (change, time) in
        (1..).zip(["01T00:00:00", "02T00:00:00", "03T00:00:00", "04T12:00:00", "05T12:00:00", "06T12:00:00"])
    {
        let sql = format!("UPDATE change SET at = '2026-01-{time}Z' WHERE change_id = {change}");
        engine(&sandbox).execute_batch(&sql).expect("a change");
    }
    let memory = |at: &str| sandbox.ok(&["vm", "list", "-c", "memory", "--no-headers", "-o", "csv", "--at", at]);
    assert_eq!(memory("3"), "");
    assert_eq!(memory("4"), "8 GiB\n");
    assert_eq!(memory("5"), "16 GiB\n");
    assert_eq!(memory("6"), "");
    assert_eq!(memory("2026-01-04T11:59:59Z"), "");
    assert_eq!(memory("2026-01-04T12:00:00Z"), "8 GiB\n");
    assert_eq!(memory("2026-01-04T21:00:00+09:00"), "8 GiB\n");
    assert_eq!(memory("2026-01-06"), "16 GiB\n", "a date is its first second, in the zone of the clock");
    assert_eq!(memory("now"), "");
    assert_eq!(sandbox.ok(&["vm", "list", "--count", "--at", "4"]), "1\n");
    assert_eq!(sandbox.ok(&["vm", "list", "--count", "--at", "0"]), "0\n");
    let shown = sandbox.ok(&["vm", "show", "web01", "--at", "5"]);
    assert!(shown.contains("memory   16 GiB\n") && shown.contains("disk0  10 GiB\n"), "{shown}");
    let exported = sandbox.ok(&["vm", "export", "--at", "4"]);
    assert!(exported.contains("web01,AWS/tokyo/prod,"), "{exported}");
    refused(&sandbox.run(&["vm", "list", "--at", "7"]), 3, "no change 7");
    assert_eq!(sandbox.run(&["vm", "list", "--at", "someday"]).status, 1);
}

#[test]
fn looking_back_leaves_the_file_as_it_is_and_needs_no_room_beside_it() {
    let sandbox = Sandbox::estate();
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    sandbox.ok(&["vm", "list", "--at", "1"]);
    assert_eq!(std::fs::read(sandbox.database()).expect("the inventory"), before);
    let names: Vec<_> =
        std::fs::read_dir(sandbox.path()).expect("the folder").map(|f| f.expect("a file").file_name()).collect();
    assert_eq!(names, ["inv.db"]);
}

#[test]
fn the_log_of_a_record_tells_what_hung_from_it_even_after_both_are_gone() {
    let sandbox = small();
    sandbox.ok(&["disk", "set", "web01/disk0", "--size", "20GiB"]);
    sandbox.ok(&["vm", "add", "other", "--pool", "prod"]);
    sandbox.ok(&["vm", "rm", "web01", "--yes"]);
    let expected = ["7 -VM []", "5 ~1 disk []", "4 +VM [CHG-1]"];
    assert_eq!(log(&sandbox, &["vm", "log", "web01"]), expected);
    assert_eq!(log(&sandbox, &["vm", "log", "prod/web01"]), expected);
    assert_eq!(log(&sandbox, &["log", "vm", "id=1"]), expected);
    assert_eq!(
        log(&sandbox, &["disk", "log", "web01/disk0"]),
        ["7 -disk []", "5 size 10 GiB → 20 GiB []", "4 +disk [CHG-1]"]
    );
    refused(&sandbox.run(&["vm", "log", "web02"]), 3, "no VM named \"web02\"");
    sandbox.ok(&["vm", "add", "web01", "--pool", "prod"]);
    sandbox.ok(&["vm", "rm", "web01", "--yes"]);
    refused(&sandbox.run(&["vm", "log", "web01"]), 4, "\"web01\" names 2 VMs that were removed");
}

#[test]
fn blame_tells_who_set_each_field_and_which_line_of_which_file() {
    let sandbox = small();
    let file =
        sandbox.file("vms.csv", "name,pool,memory,custom-os\na,prod,1GiB,\nb,prod,2GiB,\"two\nlines\"\nc,prod,3GiB,\n");
    sandbox.ok(&["vm", "import", &file, "-m", "CHG-2"]);
    sandbox.ok(&["vm", "set", "c", "--memory", "4GiB", "-m", "CHG-3"]);
    let told = rows(&sandbox.ok(&["blame", "vm", "c", "-o", "csv"]));
    let told: Vec<[&str; 6]> = told.iter().map(|r| [&*r[0], &*r[1], &*r[2], &*r[4], &*r[5], &*r[6]]).collect();
    let (user, line) = (&*user(), &*format!("{file}:5"));
    assert_eq!(
        told,
        [
            ["name", "c", user, "5", "CHG-2", line],
            ["pool", "AWS/tokyo/prod", user, "5", "CHG-2", line],
            ["status", "unknown", user, "5", "CHG-2", line],
            ["memory", "4 GiB", user, "6", "CHG-3", ""],
        ]
    );
    let second = rows(&sandbox.ok(&["blame", "vm", "b", "-o", "csv"]));
    assert_eq!(second[0][6], format!("{file}:3"));
}

#[test]
fn diff_tells_what_came_what_went_and_what_changed() {
    let sandbox = small();
    let user = user();
    sandbox.ok(&["vm", "add", "web02", "--pool", "prod"]);
    sandbox.ok(&["vm", "set", "web01", "--memory", "16GiB", "-m", "CHG-4411"]);
    sandbox.ok(&["vm", "set", "web01", "--cpu", "4"]);
    sandbox.ok(&["vm", "rm", "web02", "--yes"]);
    sandbox.ok(&["disk", "rm", "web01/disk0", "--yes"]);
    assert_eq!(
        sandbox.ok(&["diff", "--since", "4"]),
        format!(
            "~ vm AWS/tokyo/prod/web01 memory 8 GiB → 16 GiB ({user}, CHG-4411), cpu 2 → 4 ({user})\n\
             - disk AWS/tokyo/prod/web01/disk0 ({user})\n"
        )
    );
    assert_eq!(sandbox.ok(&["diff"]), format!("- disk AWS/tokyo/prod/web01/disk0 ({user})\n"));
    assert_eq!(
        sandbox.ok(&["diff", "--since", "4", "--until", "6", "vm"]),
        format!(
            "~ vm AWS/tokyo/prod/web01 memory 8 GiB → 16 GiB ({user}, CHG-4411)\n+ vm AWS/tokyo/prod/web02 ({user})\n"
        )
    );
    assert_eq!(sandbox.ok(&["diff", "--since", "4", "--until", "5", "vm", "web01"]), "");
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.ok(&["diff", "--since", "5", "--until", "6", "-o", "json"])).expect("JSON");
    assert_eq!(
        (&json[0]["field"], &json[0]["old"], &json[0]["new"]),
        (&"memory".into(), &"8 GiB".into(), &"16 GiB".into())
    );
    assert_eq!(sandbox.run(&["diff", "--since", "6", "--until", "5"]).status, 2);
}

#[test]
fn a_history_that_was_altered_is_found_at_the_change_that_was_altered() {
    for (alteration, change) in [
        ("UPDATE change SET message = 'CHG-2' WHERE change_id = 4", 4),
        ("UPDATE change SET os_user = 'mallory' WHERE change_id = 2", 2),
        ("UPDATE change SET at = '2026-01-01T00:00:00Z' WHERE change_id = 3", 3),
        ("UPDATE change_entry SET old = replace(old, '8', '9') WHERE change_id = 5", 5),
        ("UPDATE change_entry SET last_id = 2 WHERE change_id = 1", 1),
        ("UPDATE change_entry SET lines = '[7]' WHERE change_id = 2", 2),
        ("DELETE FROM change_entry WHERE change_id = 5", 5),
        ("DELETE FROM change_entry WHERE change_id = 3; DELETE FROM change WHERE change_id = 3", 4),
        ("INSERT INTO change_entry (change_id, noun, action, first_id, last_id) VALUES (2, 'vm', 'create', 9, 9)", 2),
        ("INSERT INTO change_entry (change_id, noun, action, first_id, last_id) VALUES (6, 'vm', 'create', 9, 9)", 6),
        ("UPDATE change_entry SET change_entry_id = -1 WHERE change_id = 3", 1),
        ("UPDATE change_entry SET change_id = 3 WHERE change_id = 4", 3),
    ] {
        let sandbox = small();
        sandbox.ok(&["vm", "set", "web01", "--memory", "16GiB"]);
        let whole = rows(&sandbox.ok(&["log", "verify", "-o", "csv"]));
        let head: String = engine(&sandbox)
            .query_row("SELECT hash FROM change WHERE change_id = 5", [], |row| row.get(0))
            .expect("a hash");
        assert_eq!(whole, [["5", "5", head.as_str(), ""]]);
        assert_eq!(head.len(), 64);
        engine(&sandbox).execute_batch(&format!("PRAGMA foreign_keys = OFF; {alteration}")).expect(alteration);
        let answer = sandbox.run(&["log", "verify"]);
        assert_eq!(answer.status, 1, "{alteration}: {answer}");
        let sentence = format!("error: history was altered: the chain breaks at change {change}\n");
        assert!(answer.stderr.starts_with(&sentence), "{alteration}: {answer}");
    }
}

#[test]
fn a_purge_takes_the_past_out_of_the_file_and_is_kept_itself() {
    let sandbox = small();
    sandbox.ok(&["vm", "set", "web01", "--type", "old-secret-flavour"]);
    sandbox.ok(&["vm", "set", "web01", "--type", "new-flavour", "-m", "confidential-reason"]);
    let contains = |text: &str| {
        let bytes = std::fs::read(sandbox.database()).expect("the inventory");
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    };
    assert!(contains("old-secret-flavour") && contains("confidential-reason"));
    let head: String = engine(&sandbox)
        .query_row("SELECT hash FROM change WHERE change_id = 6", [], |row| row.get(0))
        .expect("a hash");
    assert_eq!(sandbox.run(&["log", "purge", "--before", "now"]).status, 2, "it wants a yes");
    engine(&sandbox).execute_batch("UPDATE change SET at = '2026-01-01T00:00:00Z'").expect("changes of long ago");
    assert_eq!(
        sandbox.run(&["log", "purge", "--before", "2026-01-01T00:00:00Z", "--yes"]).stderr,
        "nothing to delete: history begins after 2026-01-01T00:00:00Z\n"
    );
    let answer = sandbox.run(&["log", "purge", "--before", "2026-01-02", "--yes"]);
    assert_eq!((answer.status, answer.stderr.as_str()), (0, "dropped 6 changes from history\n"), "{answer}");
    assert!(!contains("old-secret-flavour") && !contains("confidential-reason"));
    assert_eq!(log(&sandbox, &["log"]), ["7 purged history up to change 6 []"]);
    let kept: String = engine(&sandbox)
        .query_row("SELECT purged_hash FROM change WHERE change_id = 7", [], |row| row.get(0))
        .expect("a hash");
    assert_eq!(kept, head, "the chain goes on from the head that was dropped");
    sandbox.ok(&["vm", "set", "web01", "--cpu", "8"]);
    assert_eq!(rows(&sandbox.ok(&["log", "verify", "-o", "csv"]))[0][..2], ["2", "8"]);
    refused(&sandbox.run(&["log", "show", "3"]), 3, "change 3 has been purged from history");
    refused(&sandbox.run(&["vm", "list", "--at", "2000-01-01"]), 1, "history before this time was purged");
    assert_eq!(sandbox.ok(&["vm", "list", "-c", "cpu", "--no-headers", "-o", "csv", "--at", "6"]), "2\n");
    refused(&sandbox.run(&["undo", "7"]), 4, "change 7 purged history, which cannot be undone");
    let blamed = rows(&sandbox.ok(&["blame", "vm", "web01", "-o", "csv"]));
    assert!(blamed.iter().any(|row| row[0] == "type" && row[4].is_empty()), "nobody is known for it any more");
}

#[test]
fn history_that_cannot_be_written_takes_the_change_with_it() {
    let file = "name,pool\nx,prod\ny,prod\n";
    // A key that only one row more can have: the last one has it. A change is written without its hash first.
    for (table, key) in [("change", "1"), ("change_entry", "1"), ("change_file", "1"), ("change", "length(hash) > 0")] {
        for line in [
            "vm add web09 --pool prod",
            "vm set web01 --cpu 9",
            "vm rm web01 --yes --recursive",
            "vm import FILE",
            "undo",
        ] {
            if table == "change_file" && !line.contains("FILE") {
                continue;
            }
            let sandbox = Sandbox::estate();
            let path = sandbox.file("vms.csv", file);
            let before = sandbox.exported();
            let file = engine(&sandbox);
            file.execute_batch("INSERT INTO change_file (change_id, name) VALUES (1, 'old.csv')").expect("a row");
            let last = number(&sandbox, &format!("SELECT max({table}_id) FROM {table}"));
            let index = format!("CREATE UNIQUE INDEX broken ON {table} (({key})) WHERE {table}_id >= {last}");
            file.execute_batch(&index).expect("an index");
            drop(file);
            let changes = number(&sandbox, "SELECT count(*) FROM change");
            let arguments: Vec<&str> =
                line.split(' ').map(|word| if word == "FILE" { path.as_str() } else { word }).collect();
            refused(&sandbox.run(&arguments), 6, "history could not be written; nothing was changed");
            assert_eq!(sandbox.exported(), before, "{line} with a broken {table}, {key}");
            assert_eq!(number(&sandbox, "SELECT count(*) FROM change"), changes);
        }
    }
}

#[test]
fn no_password_and_no_hash_is_ever_in_history() {
    let sandbox = small();
    let first = ["login-user", "add", "dave", "--password-stdin"];
    assert_eq!(sandbox.run_with_input(&first, "a password of dave's\n").status, 0);
    sandbox.sign_in("dave");
    let add = ["login-user", "add", "carol", "--password-stdin", "--email", "carol@example.com"];
    let added = sandbox.run_with_input(&add, "correct horse battery\n");
    assert_eq!(added.status, 0, "{added}");
    let set = ["login-user", "set", "carol", "--password-stdin", "--email", "c@example.com"];
    assert_eq!(sandbox.run_with_input(&set, "staple of another kind\n").status, 0);
    let sql = "SELECT password_hash FROM login_users WHERE username = 'carol'";
    let hash: String = engine(&sandbox).query_row(sql, [], |row| row.get(0)).expect("a hash");
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    let shown = sandbox.ok(&["log", "show", "7", "-o", "csv"]);
    assert!(shown.contains("login-user,carol,email,carol@example.com,c@example.com"), "{shown}");
    assert!(!shown.contains("argon2"), "{shown}");
    let kept = |change: u8| {
        format!("cannot undo change {change}: the password of login user \"carol\" is never stored in history")
    };
    refused(&sandbox.run(&["undo", "7"]), 4, &kept(7));
    sandbox.ok(&["login-user", "rm", "carol", "--yes"]);
    refused(&sandbox.run(&["undo"]), 4, &kept(8));
    // Nothing of it is left anywhere in the file, free pages included.
    let bytes = std::fs::read(sandbox.database()).expect("the inventory");
    for secret in ["correct horse", "staple of", hash.rsplit('$').next().expect("a digest")] {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} is in the file");
    }
}

#[test]
fn the_log_of_a_record_and_what_a_change_did_are_lookups() {
    let sandbox = small();
    for (condition, by) in [
        ("noun = 'vm' AND first_id = 7 AND last_id = first_id", "INDEX"),
        ("noun = 'vm' AND first_id BETWEEN 0 AND 7 AND last_id >= 7 AND last_id > first_id", "INDEX"),
        ("change_entry_id >= 7 AND change_entry_id < 9 AND +noun = 'vm'", "INTEGER PRIMARY KEY"),
    ] {
        let sql = format!("EXPLAIN QUERY PLAN SELECT old FROM change_entry WHERE {condition}");
        let plan: String = engine(&sandbox).query_row(&sql, [], |row| row.get(3)).expect("a plan");
        assert!(plan.starts_with(&format!("SEARCH change_entry USING {by}")), "{condition}: {plan}");
    }
}

#[test]
fn usage_and_find_answer_as_of_a_change_too() {
    let sandbox = small();
    sandbox.ok(&["vm", "set", "web01", "--memory", "16GiB"]);
    sandbox.ok(&["vm", "rename", "web01", "db01"]);
    assert!(sandbox.ok(&["usage", "--at", "4"]).contains(" 8 GiB"), "{}", sandbox.ok(&["usage", "--at", "4"]));
    assert!(sandbox.ok(&["usage"]).contains("16 GiB"));
    let found = sandbox.ok(&["find", "web01", "-o", "csv", "--at", "5"]);
    assert!(found.contains("AWS/tokyo/prod/web01"), "{found}");
    assert!(!sandbox.ok(&["find", "web01", "-o", "csv"]).contains("web01"));
}
