//! The estate on one screen.

use crate::support::Sandbox;
use crate::usage::estate;
use serde_json::Value;

#[test]
fn the_screen_has_80_columns_and_24_lines_at_most() {
    let sandbox = estate();
    for at in 0..12 {
        let name = format!("operating-system-with-a-rather-long-name-{at}-日本語");
        sandbox.ok(&["os", "add", &name]);
        sandbox.ok(&["vm", "add", &format!("more{at}"), "--pool", "test", "--os", &name, "--status", "failed"]);
    }
    for sandbox in [&sandbox, &Sandbox::empty()] {
        let screen = sandbox.ok(&["stats"]);
        assert!(screen.lines().count() <= 24, "{screen}");
        for line in screen.lines() {
            let wide = line.chars().filter(|letter| ('\u{3000}'..'\u{a000}').contains(letter)).count();
            assert!(line.chars().count() + wide <= 80, "{line}");
        }
    }
}

#[test]
fn the_record_says_the_sums_of_the_estate() {
    let sandbox = estate();
    let estate: Value = serde_json::from_str(&sandbox.ok(&["stats", "-o", "json"])).expect("JSON");
    assert_eq!((&estate["vms"], &estate["pools"], &estate["providers"]), (&7.into(), &4.into(), &1.into()));
    assert_eq!((&estate["vms_planned"], &estate["vms_retired"]), (&1.into(), &1.into()));
    // prod, db and spare say what they have.
    assert_eq!(estate["memory_total_bytes"], (512_i64 + 64 + 32) << 30);
    assert_eq!(estate["cpu_total"], 128 + 16 + 8);
    let counted = |section: &str, key: &str, count: &str| -> Vec<(String, i64)> {
        let rows = estate[section].as_array().expect("rows");
        rows.iter()
            .map(|row| (row[key].as_str().expect("text").to_owned(), row[count].as_i64().expect("a count")))
            .collect()
    };
    let pairs =
        |pairs: &[(&str, i64)]| pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<Vec<_>>();
    assert_eq!(
        counted("statuses", "status", "vms"),
        pairs(&[("running", 1), ("stopped", 1), ("planned", 1), ("retired", 1), ("unknown", 3)])
    );
    assert_eq!(counted("oses", "os", "vms"), pairs(&[("unknown", 4), ("Debian-12", 1), ("Plan9", 1)]));
    assert_eq!(counted("top_pools", "pool", "vms")[0], ("AWS/tokyo/prod".to_owned(), 3));
    assert_eq!(counted("growth", "month", "new_vms").iter().map(|(_, count)| count).sum::<i64>(), 7);
}

#[test]
fn growth_tells_every_month_between_the_first_and_the_last() {
    let sandbox = Sandbox::estate();
    let months = "UPDATE virtual_machine SET created_at = CASE name WHEN 'web01' THEN '2025-11-30T23:59:59Z' \
                  WHEN 'web02' THEN '2026-02-01T00:00:00Z' ELSE '2026-02-28T12:00:00Z' END";
    let done = std::process::Command::new("sqlite3").arg(sandbox.database()).arg(months).status().expect("sqlite3");
    assert!(done.success());
    let estate: Value = serde_json::from_str(&sandbox.ok(&["stats", "-o", "json"])).expect("JSON");
    let expected = serde_json::json!([
        {"month": "2025-11", "new_vms": 1}, {"month": "2025-12", "new_vms": 0},
        {"month": "2026-01", "new_vms": 0}, {"month": "2026-02", "new_vms": 2}
    ]);
    assert_eq!(estate["growth"], expected);
    let screen = sandbox.ok(&["stats"]);
    // The tallest column is full, half as many fill half of the five lines, and none leaves a gap.
    let chart: Vec<&str> =
        screen.lines().filter_map(|line| line.split_once(['┤', '│']).map(|(_, chart)| chart)).collect();
    assert_eq!(chart, ["      ██", "      ██", "▄▄    ██", "██    ██", "██    ██"]);
}

#[test]
fn whatever_reads_the_estate_answers_as_of_an_earlier_change() {
    let sandbox = Sandbox::estate();
    let change = sandbox.ok(&["log", "--limit", "1", "-o", "csv"]);
    let change = change.lines().nth(1).and_then(|line| line.split(',').next()).expect("the last change").to_owned();
    let questions: [&[&str]; 6] = [
        &["usage", "-o", "csv"],
        &["find", "web", "-o", "csv"],
        &["fit", "--memory", "16GiB", "-o", "csv"],
        &["impact", "pool", "prod", "-o", "csv"],
        &["stats", "-o", "json"],
        &["report", "-", "--limit", "100"],
    ];
    // When a page was made, and as of when, is said on it.
    let rows = |arguments: &[&str]| {
        let text = sandbox.ok(arguments);
        text.lines().filter(|line| !line.contains("as of ")).collect::<Vec<_>>().join("\n")
    };
    let before = questions.map(rows);
    sandbox.ok(&["vm", "set", "web01", "--memory", "100GiB", "--cpu", "7"]);
    sandbox.ok(&["vm", "rename", "web02", "db02"]);
    sandbox.ok(&["vm", "rm", "web10", "--yes"]);
    sandbox.ok(&["vm", "add", "web30", "--pool", "prod", "--system", "billing"]);
    for (question, before) in questions.iter().zip(before) {
        assert_ne!(rows(question), before, "{question:?}");
        assert_eq!(rows(&[question, &["--at", change.as_str()][..]].concat()), before, "{question:?}");
    }
}
