//! Where there is room for one more: each figure follows from the estate's own by arithmetic.

use crate::support::Sandbox;
use crate::usage::estate;
use serde_json::Value;

fn rows(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    let all: Vec<&str> = ["fit"].iter().chain(arguments).copied().chain(["-o", "json", "-q"]).collect();
    serde_json::from_str(&sandbox.ok(&all)).expect("JSON")
}

const GIB: i64 = 1 << 30;
const GB: i64 = 1_000_000_000;

#[test]
fn tells_the_pools_that_have_room_and_their_use_after() {
    let sandbox = estate();
    // prod has 96 GiB - 8 GB of memory free, db 4 GiB, spare 32 GiB; test says nothing of its totals.
    let found = rows(&sandbox, &["--cpu", "4", "--memory", "16GiB"]);
    let names: Vec<&str> = found.iter().filter_map(|row| row["pool"].as_str()).collect();
    assert_eq!(names, ["AWS/osaka/spare", "AWS/tokyo/prod"], "the one that is least full then comes first");
    let (spare, prod) = (&found[0], &found[1]);
    assert_eq!(
        (&spare["fits"], &spare["cpu_free"], &spare["cpu_ratio"]),
        (&2.into(), &4.into(), &serde_json::json!(0.5))
    );
    assert_eq!(spare["memory_free_bytes"], 16 * GIB);
    assert_eq!(spare["disk_free_bytes"], 1024 * GIB, "disk space was not asked for and stays");
    assert_eq!(prod["memory_free_bytes"], (96 - 16) * GIB - 8 * GB);
    assert_eq!(prod["fits"], (96 * GIB - 8 * GB) / (16 * GIB));
}

#[test]
fn a_vm_that_fills_a_pool_to_the_last_byte_still_fits() {
    let sandbox = estate();
    let exact = rows(&sandbox, &["--memory", "4GiB", "--in", "osaka", "--where", "pool~db"]);
    assert_eq!((exact.len(), &exact[0]["memory_ratio"], &exact[0]["fits"]), (1, &1.into(), &1.into()));
    let more = rows(&sandbox, &["--memory", "4294967297B", "--in", "osaka", "--where", "pool~db"]);
    assert_eq!(more, Vec::<Value>::new());
}

#[test]
fn count_asks_for_several_in_one_pool_and_overcommitment_makes_room() {
    let sandbox = estate();
    let names = |arguments: &[&str]| -> Vec<String> {
        rows(&sandbox, arguments).iter().filter_map(|row| row["pool"].as_str().map(str::to_owned)).collect()
    };
    // spare has 8 CPUs, prod 119.5 free.
    assert_eq!(names(&["--cpu", "4", "--count", "2", "--memory", "1GiB"]), ["AWS/tokyo/prod", "AWS/osaka/spare"]);
    assert_eq!(names(&["--cpu", "4", "--count", "3", "--memory", "1GiB"]), ["AWS/tokyo/prod"]);
    assert_eq!(
        names(&["--cpu", "4", "--count", "3", "--memory", "1GiB", "--overcommit", "cpu=2:1", "--in", "osaka"]),
        ["AWS/osaka/spare", "AWS/osaka/db"],
        "twelve of 16 CPUs, and 63 of 64 GiB"
    );
}

#[test]
fn says_so_where_nothing_fits_and_which_pools_say_too_little() {
    let sandbox = estate();
    insta::assert_snapshot!(sandbox.run(&["fit", "--cpu", "4", "--memory", "1PiB", "--disk", "1GB", "-c", "pool"]), @r"
    status 0
    pool
    ----- stderr -----
    no pool has room for a VM with 4 virtual CPUs, 1 PiB of memory, 1 GB of disk space
    skipped 1 pool: capacity not set
    ");
}

#[test]
fn refuses_what_asks_for_nothing_or_is_no_amount() {
    let sandbox = estate();
    insta::assert_snapshot!(sandbox.run(&["fit", "--in", "tokyo"]), @r"
    status 2
    ----- stderr -----
    error: no resources specified
    help: pass --cpu, --memory or --disk, for example --cpu 4 --memory 16GiB
    ");
    let answer = sandbox.run(&["fit", "--memory", "16"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""));
    assert!(answer.stderr.starts_with("error: memory: \"16\" has no unit"), "{answer}");
    assert_eq!(sandbox.run(&["fit", "--cpu=-1"]).status, 1);
    assert_eq!(sandbox.run(&["fit", "--cpu", "1", "--count", "0"]).status, 2);
    assert_eq!(sandbox.run(&["fit", "--cpu", "1", "--in", "nowhere"]).status, 3);
}
