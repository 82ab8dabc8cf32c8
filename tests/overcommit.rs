//! Overcommit ratios: which one applies, and that every command which compares allocated with available uses it.

use crate::support::Sandbox;
use crate::usage::estate;
use serde_json::Value;

fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let all: Vec<&str> = arguments.iter().copied().chain(["-o", "json"]).collect();
    serde_json::from_str(&sandbox.ok(&all)).expect("JSON")
}

/// The estate of the tests of usage, with a ratio at each level: prod has 8.5 virtual CPUs of 128 CPUs, db 10 of 16, spare
/// none of 8.
fn ratios_at_each_level() -> Sandbox {
    let sandbox = estate();
    sandbox.ok(&["provider", "set", "AWS", "--cpu-overcommit", "4:1", "--memory-overcommit", "1.5"]);
    sandbox.ok(&["dc", "set", "osaka", "--cpu-overcommit", "2:1"]);
    sandbox.ok(&["pool", "set", "db", "--cpu-overcommit", "1:2"]);
    sandbox
}

/// A pool of `cpus` CPUs with `allocated` virtual ones.
fn pool_of(cpus: &str, allocated: &str) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["provider", "add", "p"]);
    sandbox.ok(&["dc", "add", "d", "--provider", "p"]);
    sandbox.ok(&["pool", "add", "x", "--dc", "d", "--cpu", cpus, "--memory", "100GiB"]);
    sandbox.ok(&["vm", "add", "a", "--pool", "x", "--cpu", allocated, "--memory", "120GiB"]);
    sandbox
}

#[test]
fn the_nearest_ratio_applies_of_pool_datacenter_and_provider() {
    let sandbox = ratios_at_each_level();
    insta::assert_snapshot!(sandbox.run(&["pool", "list", "-c", "name,cpu,cpu.policy,cpu.free,cpu.ratio,memory.policy"]), @r"
    status 0
    name   cpu  cpu.policy  cpu.free  cpu.ratio  memory.policy
    prod   128         4:1     503.5       1.7%          1.5:1
    test               4:1                               1.5:1
    db      16       0.5:1        -2     125.0%          1.5:1
    spare    8         2:1        16       0.0%          1.5:1
    ");
    assert_eq!(sandbox.ok(&["pool", "list", "-c", "name", "--where", "cpu.policy=2:1", "--no-headers"]), "spare\n");
    assert_eq!(sandbox.ok(&["pool", "list", "-c", "name", "--where", "cpu.policy>=2", "--count"]), "3\n");
    sandbox.ok(&["dc", "set", "osaka", "--clear", "cpu-overcommit"]);
    assert_eq!(sandbox.ok(&["pool", "list", "-c", "cpu.free", "--where", "name=spare", "--no-headers"]).trim(), "32");
}

#[test]
fn usage_adds_up_what_may_be_allocated_and_the_option_takes_the_place_of_the_ratios() {
    let sandbox = ratios_at_each_level();
    let pools = json(&sandbox, &["usage"]);
    let told = |row: &Value| ["cpu_total", "cpu_policy", "cpu_free"].map(|name| row[name].as_f64());
    assert_eq!(told(&pools[0]), [Some(512.0), Some(4.0), Some(503.5)]);
    assert_eq!(told(&pools[1]), [None, None, None], "no capacity is set");
    assert_eq!(told(&pools[2]), [Some(8.0), Some(0.5), Some(-2.0)]);
    // 64 GiB times 1.5, of which 60 GiB are allocated.
    assert_eq!(pools[2]["memory_free_bytes"], 36_i64 << 30);
    let dcs = json(&sandbox, &["usage", "--by", "dc"]);
    // 16 times 0.5 and 8 times 2 are 24, as many as there are CPUs.
    assert_eq!(told(&dcs[1]), [Some(24.0), Some(1.0), Some(14.0)]);
    let other = json(&sandbox, &["usage", "db", "--overcommit", "cpu=8:1"]);
    assert_eq!(told(&other[0]), [Some(128.0), Some(8.0), Some(118.0)]);
    assert_eq!(other[0]["memory_policy"], 1.5, "a resource that the option does not name keeps its ratio");
    assert_eq!(json(&sandbox, &["stats"])["cpu_total"], 512 + 8 + 16);
    assert_eq!(json(&sandbox, &["fit", "--cpu", "16", "--in", "osaka"])[0]["fits"], 1);
    let page = sandbox.ok(&["report", "-"]);
    assert!(page.contains("18.5 of 536 allocated, 517.5 free"), "as in stats");
}

#[test]
fn without_a_ratio_cpus_above_the_capacity_are_a_ratio_and_warn_above_eight_to_one() {
    let sandbox = pool_of("560", "2729");
    assert_eq!(
        sandbox.ok(&["usage", "-c", "cpu.total,cpu.free,cpu.ratio", "-o", "jsonl"]),
        "{\"cpu_total\": 560, \"cpu_free\": -2169, \"cpu_ratio\": 4.8732}\n"
    );
    insta::assert_snapshot!(sandbox.run(&["pool", "list", "-c", "name,cpu.ratio,memory.ratio"]), @r"
    status 0
    name  cpu.ratio  memory.ratio
    x         4.9:1        120.0%
    ");
    assert!(sandbox.ok(&["stats"]).contains("  2,729 of 560 vCPUs allocated (4.9:1)\n"));
    let page = sandbox.ok(&["report", "-"]);
    assert!(page.contains("<p class=\"big\">4.9:1</p>") && page.contains("2,729 of 560 vCPUs allocated (4.9:1)"));
    // 5600 is 10 times 560, and 69 beyond 8 times 340; 4480 is 8 times 560.
    assert_eq!(sandbox.ok(&["check", "--only", "W021", "-o", "csv", "--no-headers"]), "");
    sandbox.ok(&["vm", "set", "a", "--cpu", "4480"]);
    assert_eq!(sandbox.ok(&["check", "--only", "W021", "-o", "csv", "--no-headers"]), "");
    sandbox.ok(&["vm", "set", "a", "--cpu", "4481"]);
    assert_eq!(
        sandbox.ok(&["check", "--only", "W020,W021", "-o", "value", "-c", "text", "--no-headers"]),
        "memory overcommitted: 120 GiB allocated, capacity 100 GiB (120.0%)\n\
         CPU overcommitted: 4481 vCPUs allocated, capacity 560 (8.0:1, default limit 8:1)\n"
    );
}

#[test]
fn a_ratio_is_the_limit_of_check() {
    let sandbox = pool_of("80", "257");
    sandbox.ok(&["pool", "set", "x", "--cpu-overcommit", "3:1", "--memory-overcommit", "1.2:1"]);
    assert_eq!(
        sandbox.ok(&["check", "--only", "W020,W021", "-o", "value", "-c", "text", "--no-headers"]),
        "CPU overcommitted: 257 vCPUs allocated, capacity 80 (3.2:1, limit 3:1)\n",
        "120 GiB are just what may be allocated of 100 GiB"
    );
    sandbox.ok(&["pool", "set", "x", "--cpu-overcommit", "4:1", "--memory-overcommit", "1.1:1"]);
    assert_eq!(
        sandbox.ok(&["check", "--only", "W020,W021", "-o", "value", "-c", "text", "--no-headers"]),
        "memory overcommitted: 120 GiB allocated, capacity 100 GiB (1.2:1, limit 1.1:1)\n"
    );
}

#[test]
fn fit_says_which_setting_is_missing() {
    let sandbox = pool_of("80", "257");
    insta::assert_snapshot!(sandbox.run(&["fit", "--cpu", "4", "-c", "pool,fits"]), @r"
    status 0
    pool  fits
    ----- stderr -----
    no pool has room for a VM with 4 virtual CPUs
    1 pool has more vCPUs allocated than CPUs and no overcommit ratio: set one with `inv pool set NAME --cpu-overcommit N:1`, or pass --overcommit cpu=N:1
    ");
    sandbox.ok(&["dc", "set", "d", "--cpu-overcommit", "4:1"]);
    // 320 may be allocated, 63 are left.
    insta::assert_snapshot!(sandbox.run(&["fit", "--cpu", "4", "-c", "pool,fits,cpu.free"]), @r"
    status 0
    pool   fits  cpu.free
    p/d/x    15        59
    ");
}

#[test]
fn ratios_are_in_history_and_exports_and_are_read_as_they_are_written() {
    let sandbox = ratios_at_each_level();
    assert_eq!(
        sandbox.ok(&["pool", "show", "db", "-c", "cpu-overcommit", "-o", "value"]),
        "0.5\n",
        "the number in files"
    );
    let exported = sandbox.exported();
    let copy = Sandbox::empty();
    let folder = sandbox.path().join("out");
    sandbox.ok(&["export", folder.to_str().expect("UTF-8")]);
    copy.ok(&["import", folder.to_str().expect("UTF-8"), "--update"]);
    assert_eq!(copy.exported(), exported);
    let file = sandbox.file("pools.csv", "name,dc,cpu-overcommit\ndb,osaka,6:1\nspare,osaka,\n");
    sandbox.ok(&["pool", "import", &file, "--update"]);
    assert_eq!(sandbox.ok(&["pool", "list", "-c", "cpu.policy", "--where", "name=db", "--no-headers"]).trim(), "6:1");
    sandbox.ok(&["undo"]);
    assert_eq!(crate::support::timeless(&sandbox.exported()), crate::support::timeless(&exported));
    let change = sandbox.run(&["pool", "set", "db", "--cpu-overcommit", "3:2", "--dry-run", "-o", "csv"]).stdout;
    assert!(change.contains("cpu-overcommit,0.5,1.5"), "{change}");
    insta::assert_snapshot!(sandbox.run(&["pool", "set", "db", "--cpu-overcommit", "1:3"]), @r#"
    status 1
    ----- stderr -----
    error: cpu-overcommit: "1:3" is not an overcommit ratio
    help: write N:1 with at most three decimal places, for example 4:1 or 1.5:1
    "#);
}
