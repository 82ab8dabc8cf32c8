//! Large tables are read in parts, side by side: the answers are those of one run through them, of one moment.
//!
//! Parts are cut by ids, so that a few records with ids far apart are read as a million are.

use crate::support::Sandbox;
use inv::catalog::Catalog;
use inv::store::Store;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Has the engine go on with the ids of every table behind `id`.
fn leave_ids_out(sandbox: &Sandbox, id: u32) {
    let sql = format!("UPDATE sqlite_sequence SET seq = seq + {id} WHERE name IN ('virtual_machine', 'disk')");
    let status = Command::new("sqlite3").arg(sandbox.database()).arg(sql).status().expect("sqlite3 is installed");
    assert!(status.success());
}

/// VMs of every pool, owner, system, operating system and stage of life, and their disks; `gap` ids between them.
fn estate(gap: u32) -> Sandbox {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["os", "add", "Plan-9"]);
    sandbox.ok(&["system", "add", "shop"]);
    for line in [
        "vm add web20 --pool prod --memory 8GB --cpu 2.5 --owner bob --status planned --disk 0.5TB --system shop",
        "vm add web21 --pool test --custom-os BeOS --status retired --disk 1TiB@san1 --disk 20GiB --system billing",
        "vm add web22 --pool prod --os Plan-9 --memory 1.3GiB --cpu 1 --system shop --system billing --disk 7B@san1",
        "vm add cobweb --pool test --memory 4096MiB --owner alice --disk 30GiB",
        "vm add web --pool test --custom-os BeOS --cpu 16",
    ] {
        if gap > 0 {
            leave_ids_out(&sandbox, gap);
        }
        sandbox.ok(&line.split_whitespace().collect::<Vec<_>>());
    }
    sandbox
}

#[test]
fn a_table_in_parts_is_added_up_as_a_whole_one_is() {
    let (near, far) = (estate(0), estate(40_000));
    for by in ["pool", "dc", "provider", "system", "owner", "os", "status"] {
        let question = ["usage", "--by", by, "-o", "csv"];
        assert_eq!(far.ok(&question), near.ok(&question), "{by}");
    }
    for question in [
        ["usage", "prod", "-o", "csv"],
        ["usage", "--storage", "-o", "csv"],
        ["find", "web", "-o", "csv"],
        ["find", "10.0.0.0/8", "-o", "csv"],
        ["stats", "-o", "csv", "--color=never"],
    ] {
        assert_eq!(far.ok(&question), near.ok(&question), "{question:?}");
    }
}

#[test]
fn what_was_before_is_added_up_although_no_other_connection_sees_it() {
    let sandbox = estate(40_000);
    let before = sandbox.ok(&["usage", "-o", "csv"]);
    let change = sandbox.ok(&["log", "--limit", "1", "-o", "csv"]);
    let change = change.lines().nth(1).and_then(|line| line.split(',').next()).expect("the last change");
    sandbox.ok(&["vm", "rm", "web20", "web22", "--yes"]);
    assert_ne!(sandbox.ok(&["usage", "-o", "csv"]), before);
    assert_eq!(sandbox.ok(&["usage", "--at", change, "-o", "csv"]), before);
}

#[test]
fn all_parts_are_of_the_moment_at_which_reading_began() {
    let sandbox = estate(40_000);
    let catalog = Catalog::standard();
    let vm = catalog.of("vm");
    let mut writer = None;
    let parts = Store::new(sandbox.database(), &catalog, inv::SCHEMA).read(|reader| {
        assert_eq!(reader.count(vm)?, 8);
        let mut removal = sandbox.command();
        removal.args(["vm", "rm", "web01", "web22", "--yes", "--quiet"]).stdout(Stdio::null());
        writer = Some(removal.spawn().expect("the program starts"));
        wait_until_a_commit_is_held_back(&sandbox);
        // Whoever began to read now would wait for that commit, and the commit for this reader.
        reader.in_parts(vm, |reader, part| {
            let mut names = Vec::new();
            reader.each_stored_in(part, vm, &[&vm.fields[0]], Vec::new(), |stored| {
                names.extend(stored.text(0)?.map(str::to_owned));
                Ok(())
            })?;
            Ok(names)
        })
    });
    let parts = parts.expect("all parts");
    assert_eq!(parts.len() > 1, thread::available_parallelism().is_ok_and(|processors| processors.get() > 1));
    assert_eq!(parts.concat(), ["web01", "web02", "web10", "web20", "web21", "web22", "cobweb", "web"]);
    assert!(writer.expect("the removal was begun").wait().expect("it ends").success());
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "6\n");
}

/// A writer that is about to commit lets no new reader in.
fn wait_until_a_commit_is_held_back(sandbox: &Sandbox) {
    let began = Instant::now();
    loop {
        let mut look = Command::new("sqlite3");
        look.arg("-readonly").arg(sandbox.database()).arg("SELECT count(*) FROM disk");
        let answer = look.output().expect("sqlite3 is installed");
        if String::from_utf8_lossy(&answer.stderr).contains("locked") {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no commit was held back");
        thread::sleep(Duration::from_millis(20));
    }
}
