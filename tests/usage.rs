//! Whether there is room: every sum is held against arithmetic of the test's own, or of `sqlite3`.

use crate::support::Sandbox;
use serde_json::Value;
use std::process::Command;

const GIB: i64 = 1 << 30;
const GB: i64 = 1_000_000_000;

/// Two datacenters, pools with and without totals, mixed units, every stage of life, VMs that say nothing.
pub fn estate() -> Sandbox {
    let sandbox = Sandbox::empty();
    for line in [
        "provider add AWS",
        "dc add tokyo --provider AWS",
        "dc add osaka --provider AWS",
        "pool add prod --dc tokyo --memory 512GiB --cpu 128 --disk 10TiB",
        "pool add test --dc tokyo",
        "pool add db --dc osaka --memory 64GiB --cpu 16 --disk 2TB",
        "pool add spare --dc osaka --memory 32GiB --cpu 8 --disk 1TiB",
        "storage add san1 --pool prod --capacity 5TiB",
        "storage add tape --pool db",
        "user add alice --email alice@example.com",
        "user add bob",
        "os add Debian-12",
        "system add billing",
        "system add shop",
        "system add idle",
        "vm add web01 --pool prod --memory 16GiB --cpu 4 --os Debian-12 --owner alice --status running \
         --disk 100GiB@san1 --system billing",
        "vm add web02 --pool prod --memory 8GB --cpu 2 --custom-os Plan9 --owner bob --status planned --disk 0.5TB@san1 \
         --system billing",
        "vm add web03 --pool prod --memory 400GiB --cpu 2.5 --owner bob --status stopped --system billing --system shop",
        "vm add old --pool prod --memory 64GiB --cpu 8 --status retired --disk 1TiB@san1",
        "vm add web10 --pool test --memory 4096MiB --cpu 1",
        "vm add bare --pool db",
        "vm add d1 --pool db --memory 60GiB --cpu 10 --system shop --owner alice",
    ] {
        sandbox.ok(&line.split_whitespace().collect::<Vec<_>>());
    }
    sandbox
}

fn rows(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    let all: Vec<&str> = arguments.iter().copied().chain(["-o", "json"]).collect();
    serde_json::from_str(&sandbox.ok(&all)).expect("JSON")
}

/// What `sqlite3`, another program than ours, answers: a line a row, `|` between cells.
fn sqlite3(sandbox: &Sandbox, sql: &str) -> Vec<Vec<String>> {
    let output = Command::new("sqlite3").arg(sandbox.database()).arg(sql).output().expect("sqlite3 is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

#[test]
fn planned_vms_count_as_promised_and_retired_ones_do_not() {
    let sandbox = estate();
    let found = rows(&sandbox, &["usage", "prod"]);
    assert_eq!(found.len(), 1);
    let prod = &found[0];
    assert_eq!(prod["pool"], "AWS/tokyo/prod");
    assert_eq!((&prod["vms"], &prod["vms_planned"], &prod["vms_retired"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!(prod["memory_allocated_bytes"], 16 * GIB + 8 * GB + 400 * GIB);
    assert_eq!(prod["memory_planned_bytes"], 8 * GB);
    assert_eq!(prod["memory_retired_bytes"], 64 * GIB);
    assert_eq!(prod["memory_total_bytes"], 512 * GIB);
    assert_eq!(prod["memory_free_bytes"], (512 - 416) * GIB - 8 * GB);
    assert_eq!(prod["disk_allocated_bytes"], 100 * GIB + 500 * GB);
    assert_eq!(prod["disk_retired_bytes"], 1024 * GIB);
    assert_eq!(prod["cpu_allocated"].to_string(), "8.5");
    assert_eq!(prod["cpu_free"].to_string(), "119.5");
    // 8.5 of 128 is 0.06640625.
    assert_eq!(prod["cpu_ratio"].to_string(), "0.0664");
}

#[test]
fn a_pool_without_totals_has_nothing_that_could_be_free() {
    let sandbox = estate();
    let test = &rows(&sandbox, &["usage", "test"])[0];
    for column in ["total", "free", "ratio"] {
        for resource in ["cpu", "memory", "disk"] {
            assert_eq!(test[format!("{resource}_{column}")], Value::Null, "{resource}.{column}");
        }
    }
    assert_eq!(test["memory_allocated_bytes"], 4 * GIB);
    assert_eq!(test["disk_allocated_bytes"], 0);
}

#[test]
fn an_empty_pool_and_an_empty_inventory_have_rows_of_zeros_and_none() {
    let sandbox = estate();
    let spare = &rows(&sandbox, &["usage", "spare"])[0];
    assert_eq!(
        (&spare["vms"], &spare["cpu_ratio"], &spare["memory_free_bytes"]),
        (&0.into(), &0.into(), &(32 * GIB).into())
    );
    let empty = Sandbox::empty();
    assert_eq!(rows(&empty, &["usage"]), Vec::<Value>::new());
    assert_eq!(rows(&empty, &["usage", "--storage"]), Vec::<Value>::new());
}

#[test]
fn every_grouping_adds_up_to_what_sqlite3_says() {
    let sandbox = estate();
    for (by, group, joins) in [
        ("pool", "p.name", ""),
        ("dc", "d.name", ""),
        ("provider", "r.name", ""),
        ("owner", "u.name", "LEFT JOIN users u ON u.user_id = v.user_id"),
        ("status", "v.status", ""),
        ("os", "coalesce(o.name, v.custom_os)", "LEFT JOIN operating_system o ON o.os_id = v.os_id"),
        (
            "system",
            "s.name",
            "LEFT JOIN system_virtual_machine m ON m.vm_id = v.vm_id LEFT JOIN system s ON s.system_id = m.system_id",
        ),
    ] {
        let sql = format!(
            "SELECT coalesce({group}, ''), count(*) FILTER (WHERE v.status NOT IN ('planned', 'retired')), \
             count(*) FILTER (WHERE v.status = 'retired'), \
             coalesce(sum(CAST(v.memory AS REAL) * n.bytes) FILTER (WHERE v.status <> 'retired'), 0) / 1024, \
             coalesce(sum(CAST(v.cpu AS REAL) * 2) FILTER (WHERE v.status <> 'retired'), 0) / 2, \
             coalesce(sum((SELECT sum(CAST(k.size AS REAL) * w.bytes) FROM disk k JOIN unit w USING (unit_id) \
             WHERE k.vm_id = v.vm_id)) FILTER (WHERE v.status <> 'retired'), 0) / 1024 \
             FROM virtual_machine v JOIN cloud_pool p USING (cloud_pool_id) JOIN data_center d USING (data_center_id) \
             JOIN cloud_provider r USING (provider_id) LEFT JOIN unit n ON n.unit_id = v.memory_unit_id {joins} \
             GROUP BY 1 ORDER BY 1"
        );
        let expected: Vec<(String, Vec<f64>)> = sqlite3(&sandbox, &sql)
            .into_iter()
            .map(|cells| (cells[0].clone(), cells[1..].iter().map(|cell| cell.parse().expect("a number")).collect()))
            .collect();
        let number = |value: &Value| value.to_string().parse::<f64>().expect("a number");
        let mut found: Vec<(String, Vec<f64>)> = rows(&sandbox, &["usage", "--by", by])
            .iter()
            .map(|row| {
                let name = row[by].as_str().unwrap_or_default();
                let numbers = vec![
                    number(&row["vms"]),
                    number(&row["vms_retired"]),
                    number(&row["memory_allocated_bytes"]) / 1024.0,
                    number(&row["cpu_allocated"]),
                    number(&row["disk_allocated_bytes"]) / 1024.0,
                ];
                (name.rsplit('/').next().expect("a name").to_owned(), numbers)
            })
            .filter(|(name, numbers)| !["spare", "idle"].contains(&name.as_str()) || numbers.iter().any(|n| *n != 0.0))
            .collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(found, expected, "by {by}");
    }
}

#[test]
fn storage_devices_are_told_with_what_their_disks_promise() {
    let sandbox = estate();
    let found = rows(&sandbox, &["usage", "--storage"]);
    assert_eq!(found.len(), 2);
    let san = &found[0];
    assert_eq!(san["storage"], "AWS/tokyo/prod/san1");
    assert_eq!((&san["disks"], &san["disks_planned"], &san["disks_retired"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(san["capacity_allocated_bytes"], 100 * GIB + 500 * GB);
    assert_eq!(san["capacity_free_bytes"], (5120 - 100) * GIB - 500 * GB);
    assert_eq!(found[1]["capacity.total"], Value::Null);
    assert_eq!(rows(&sandbox, &["usage", "--storage", "db"]).len(), 1);
}

#[test]
fn what_is_free_in_a_datacenter_is_the_sum_of_what_is_free_in_its_pools() {
    let sandbox = estate();
    let bytes = |rows: &[Value]| rows.iter().filter_map(|row| row["memory_free_bytes"].as_i64()).sum::<i64>();
    let pools = rows(&sandbox, &["usage", "--where", "memory.total!="]);
    assert_eq!(pools.len(), 3);
    assert_eq!(bytes(&rows(&sandbox, &["usage", "--by", "dc"])), bytes(&pools));
    assert_eq!(bytes(&rows(&sandbox, &["usage", "--by", "provider"])), bytes(&pools));
}

#[test]
fn overcommitment_multiplies_what_may_be_promised() {
    let sandbox = estate();
    let prod = &rows(&sandbox, &["usage", "prod", "--overcommit", "cpu=4:1", "--overcommit", "memory=1.5"])[0];
    assert_eq!(prod["cpu_total"], 512);
    assert_eq!(prod["cpu_free"].to_string(), "503.5");
    assert_eq!(prod["memory_total_bytes"], 768 * GIB);
    let third = &rows(&sandbox, &["usage", "db", "--overcommit", "cpu=1:2"])[0];
    assert_eq!(third["cpu_total"], 8);
    assert_eq!((third["cpu_free"].to_string(), third["cpu_ratio"].to_string()), ("-2".to_owned(), "1.25".to_owned()));
    insta::assert_snapshot!(sandbox.run(&["usage", "--overcommit", "ram=2"]), @r#"
    status 2
    ----- stderr -----
    error: "ram=2" is not an overcommit ratio
    help: write RESOURCE=N:1 with cpu, memory or disk, for example cpu=4:1
    "#);
}

#[test]
fn columns_filters_order_and_limits_work_as_on_lists() {
    let sandbox = estate();
    insta::assert_snapshot!(sandbox.run(&["usage", "-c", "pool,memory.free,memory.ratio", "--sort", "memory.free"]), @r"
    status 0
    pool             memory.free  memory.ratio
    AWS/osaka/db           4 GiB         93.8%
    AWS/osaka/spare       32 GiB          0.0%
    AWS/tokyo/prod      88.5 GiB         82.7%
    AWS/tokyo/test
    ");
    assert_eq!(sandbox.ok(&["usage", "-c", "pool", "--where", "memory.ratio>=90%", "--no-headers"]), "AWS/osaka/db\n");
    assert_eq!(
        sandbox.ok(&["usage", "-c", "pool", "--where", "memory.free>=90GB", "-o", "csv"]),
        "pool\nAWS/tokyo/prod\n"
    );
    assert_eq!(
        sandbox.ok(&["usage", "-c", "pool", "--sort", "pool:desc", "--limit", "1", "-o", "csv"]),
        "pool\nAWS/tokyo/test\n"
    );
    assert_eq!(sandbox.ok(&["usage", "-c", "pool", "--limit", "0", "-o", "csv"]), "pool\n");
    assert_eq!(sandbox.ok(&["usage", "-c", "pool", "--offset", "3", "-o", "csv"]), "pool\nAWS/osaka/spare\n");
    insta::assert_snapshot!(sandbox.run(&["usage", "--by", "owner", "-c", "ownr"]), @r#"
    status 2
    ----- stderr -----
    error: unknown column "ownr"
    help: did you mean owner? columns: owner, vms, vms.planned, vms.retired, cpu.allocated, cpu.planned, cpu.retired, memory.allocated, memory.planned, memory.retired, disk.allocated, disk.planned, disk.retired
    "#);
    insta::assert_snapshot!(sandbox.run(&["usage", "--warn-at", "101%"]), @r#"
    status 2
    ----- stderr -----
    error: --warn-at must be a whole percentage up to 100%, not "101%"
    help: for example --warn-at 90%
    "#);
    let limit = sandbox.run(&["usage", "--limit", "90%"]);
    assert_eq!((limit.status, limit.stdout.as_str()), (2, ""), "{limit}");
    assert_eq!(sandbox.run(&["usage", "nix"]).status, 3);
}

#[test]
fn fractions_and_huge_amounts_are_added_up_exactly() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["provider", "add", "p"]);
    sandbox.ok(&["dc", "add", "d", "--provider", "p"]);
    sandbox.ok(&["pool", "add", "x", "--dc", "d"]);
    for (name, memory, cpu) in [
        ("a", "9223372036854775807B", "0.1"),
        ("b", "9223372036854775807B", "0.2"),
        ("c", "9223372036854775807B", "0.3"),
    ] {
        sandbox.ok(&["vm", "add", name, "--pool", "x", "--memory", memory, "--cpu", cpu]);
    }
    // Three times 2^63-1 is more than 64 bits hold, and 0.1 + 0.2 + 0.3 is not 0.6 in floating point.
    let text = sandbox.ok(&["usage", "-c", "memory.allocated,cpu.allocated", "-o", "jsonl"]);
    let bytes = i128::from(i64::MAX) * 3;
    let kilobytes = format!("{}.{:03} kB", bytes / 1000, bytes % 1000);
    assert_eq!(
        text,
        format!(
            "{{\"memory_allocated\": \"{kilobytes}\", \"memory_allocated_bytes\": {bytes}, \"cpu_allocated\": 0.6}}\n"
        )
    );
}

#[test]
fn bars_are_drawn_on_a_terminal_and_nowhere_else() {
    let sandbox = estate();
    assert!(!sandbox.ok(&["usage"]).contains('█'));
    let drawn = on_terminal(&sandbox, "usage --warn-at 90%");
    assert!(drawn.contains("\x1b[32m  6.6% ▋░░░░░░░░░\x1b[0m"), "8.5 of 128 is 5 eighths of a column of ten: {drawn}");
    assert!(drawn.contains("\x1b[33m 93.8% █████████▍\x1b[0m"), "60 of 64 is beyond the limit: {drawn}");
    assert!(drawn.contains("\x1b[32m 82.7% ████████▎░\x1b[0m"), "below the limit: {drawn}");
}

/// What a terminal of 80 columns gets.
fn on_terminal(sandbox: &Sandbox, arguments: &str) -> String {
    let command = sandbox.command();
    let program = command.get_program().to_str().expect("UTF-8");
    let line = format!("stty cols 80 rows 24; {program} --no-pager {arguments}");
    let mut script = Command::new("script");
    script
        .args(["-qec", &line, "/dev/null"])
        .env("INV_DB", sandbox.database())
        .env("TERM", "xterm")
        .env_remove("NO_COLOR");
    let output = script.output().expect("script is installed");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_pools_of_a_real_estate_hold_what_its_export_says() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (export, reading) in
        [("SizingWorkshop-RVTools.xlsx", "sizing-workshop.csv"), ("rvtools-small-complete.xlsx", "small-complete.csv")]
    {
        let sandbox = Sandbox::empty();
        let file = root.join("examples").join(export);
        sandbox.ok(&["import", "--from", "rvtools", file.to_str().expect("UTF-8")]);
        // What another program read from the same file, added up here: VMs, CPUs and MiB by pool.
        let mut sums = std::collections::BTreeMap::<String, (i64, i64, i64)>::new();
        let mut reader = csv::Reader::from_path(root.join("tests/data").join(reading)).expect("the reading");
        for row in reader.deserialize::<std::collections::BTreeMap<String, String>>() {
            let row = row.expect("a row");
            let number = |name: &str| row[name].parse::<i64>().expect("a number");
            assert!(!["planned", "retired"].contains(&row["status"].as_str()));
            let sum = sums.entry(format!("{}/{}", row["dc"], row["pool"])).or_default();
            *sum = (sum.0 + 1, sum.1 + number("cpu"), sum.2 + number("memory_mib"));
        }
        let found: std::collections::BTreeMap<String, (i64, i64, i64)> = rows(&sandbox, &["usage", "--where", "vms>0"])
            .iter()
            .map(|row| {
                let path = row["pool"].as_str().and_then(|path| path.split_once('/')).expect("a path").1.to_owned();
                let number = |name: &str| row[name].as_i64().expect("a whole number");
                (path, (number("vms"), number("cpu_allocated"), number("memory_allocated_bytes") / (1 << 20)))
            })
            .collect();
        assert_eq!(found, sums, "{export}");
    }
}
