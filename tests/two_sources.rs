//! Two sources that know one record: the one with the smaller priority decides each field that it has a value for, the
//! other one the rest, and no run takes back what the run before it did.

use crate::support::Sandbox;

/// AWS/tokyo with the pools a and b, and two sources: `first` has the smaller priority.
fn estate() -> Sandbox {
    let sandbox = Sandbox::empty();
    for line in [
        "provider add AWS",
        "dc add tokyo --provider AWS",
        "pool add a --dc tokyo",
        "pool add b --dc tokyo",
        "os add Debian-13",
        "source add first --kind csv --priority 10",
        "source add second --kind csv --priority 20",
    ] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    sandbox
}

/// Imports VMs as a run of a source, and returns what it said.
#[track_caller]
fn run(sandbox: &Sandbox, source: &str, rows: &str) -> String {
    let path = sandbox.file("vms.csv", rows);
    let answer = sandbox.run(&["vm", "import", &path, "--source", source, "--update"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    answer.stderr
}

fn vms(sandbox: &Sandbox, columns: &str) -> String {
    sandbox.ok(&["vm", "list", "-o", "csv", "--no-headers", "-c", columns])
}

fn history(sandbox: &Sandbox) -> String {
    sandbox.ok(&["log", "-o", "csv"])
}

#[test]
fn the_second_source_still_changes_what_the_first_one_has_no_value_for() {
    let sandbox = estate();
    run(&sandbox, "second", "external-id,name,pool,cpu,memory,type\ns1,web01,a,8,4 GiB,large\n");
    let adopted = run(&sandbox, "first", "external-id,name,pool,cpu,memory\nf1,web01,a,2,\n");
    assert_eq!(adopted, "1 VM: 1 changed, 1 adopted\n");
    assert_eq!(vms(&sandbox, "cpu,memory,type"), "2,4 GiB,large\n");
    let told = run(&sandbox, "second", "external-id,name,pool,cpu,memory,type\ns1,web01,a,8,16 GiB,huge\n");
    assert_eq!(told, "1 VM: 1 changed, 1 field held\nheld: VM AWS/tokyo/a/web01: cpu is 2, the source has 8\n");
    assert_eq!(vms(&sandbox, "cpu,memory,type"), "2,16 GiB,huge\n");
    let before = history(&sandbox);
    run(&sandbox, "first", "external-id,name,pool,cpu,memory\nf1,web01,a,2,\n");
    assert_eq!(history(&sandbox), before, "a second run is none");
    // Once the first one has a value, it decides, whatever that is.
    run(&sandbox, "first", "external-id,name,pool,cpu,memory\nf1,web01,a,2,16 GiB\n");
    let told = run(&sandbox, "second", "external-id,name,pool,cpu,memory,type\ns1,web01,a,8,32 GiB,huge\n");
    assert!(told.contains("memory is 16 GiB, the source has 32 GiB\n"), "{told}");
    assert_eq!(vms(&sandbox, "cpu,memory,type"), "2,16 GiB,huge\n");
}

#[test]
fn what_a_person_sets_stays_whoever_has_a_value() {
    let sandbox = estate();
    run(&sandbox, "second", "external-id,name,pool,memory,type\ns1,web01,a,4 GiB,large\n");
    sandbox.ok(&["vm", "set", "web01", "--type", "mine"]);
    run(&sandbox, "first", "external-id,name,pool\nf1,web01,a\n");
    run(&sandbox, "second", "external-id,name,pool,memory,type\ns1,web01,a,8 GiB,huge\n");
    assert_eq!(vms(&sandbox, "memory,type"), "8 GiB,mine\n");
}

#[test]
fn nothing_flips_over_ten_alternating_runs_and_each_field_is_its_sources() {
    let first = "external-id,name,pool,cpu,memory,type,custom-os,ips,disks\nf1,web01,a,2,,,Debian 13,10.0.0.1,\n";
    let second = "external-id,name,pool,cpu,memory,type,os,ips,disks,status\n\
                  s1,web01,a,8,4 GiB,large,Debian-13,10.0.0.2,20 GiB,running\n";
    for [one, other] in [[("first", first), ("second", second)], [("second", second), ("first", first)]] {
        let sandbox = estate();
        run(&sandbox, one.0, one.1);
        run(&sandbox, other.0, other.1);
        run(&sandbox, one.0, one.1);
        run(&sandbox, other.0, other.1);
        let columns = "path,cpu,memory,type,os,custom-os,disks,status";
        let expected = "AWS/tokyo/a/web01,2,4 GiB,large,,Debian 13,20 GiB,running\n";
        assert_eq!(vms(&sandbox, columns), expected);
        let before = (history(&sandbox), vms(&sandbox, "ips"));
        for _ in 0..5 {
            run(&sandbox, one.0, one.1);
            assert_eq!(vms(&sandbox, columns), expected);
            run(&sandbox, other.0, other.1);
            assert_eq!(vms(&sandbox, columns), expected);
        }
        assert_eq!((history(&sandbox), vms(&sandbox, "ips")), before);
    }
}

#[test]
fn of_three_sources_each_decides_what_those_before_it_have_no_value_for() {
    let sandbox = estate();
    sandbox.ok(&["source", "add", "third", "--kind", "csv", "--priority", "30"]);
    let runs = [
        ("third", "external-id,name,pool,cpu,memory,type\nt1,web01,a,32,32 GiB,third\n"),
        ("second", "external-id,name,pool,cpu,memory,type\ns1,web01,a,16,16 GiB,\n"),
        ("first", "external-id,name,pool,cpu,memory,type\nf1,web01,a,8,,\n"),
    ];
    for (source, rows) in runs.iter().chain(&runs) {
        run(&sandbox, source, rows);
    }
    let before = history(&sandbox);
    for (source, rows) in runs.iter().chain(runs.iter().rev()) {
        run(&sandbox, source, rows);
        assert_eq!(vms(&sandbox, "cpu,memory,type"), "8,16 GiB,third\n", "after {source}");
    }
    assert_eq!(history(&sandbox), before);
    run(&sandbox, "third", "external-id,name,pool,cpu,memory,type\nt1,web01,a,32,32 GiB,other\n");
    assert_eq!(vms(&sandbox, "cpu,memory,type"), "8,16 GiB,other\n");
}

#[test]
fn the_priorities_can_change_places_later() {
    let sandbox = estate();
    let (one, other) =
        ("external-id,name,pool,cpu\nf1,web01,a,2\n", "external-id,name,pool,cpu,memory\ns1,web01,a,8,4 GiB\n");
    run(&sandbox, "first", one);
    run(&sandbox, "second", other);
    assert_eq!(vms(&sandbox, "cpu,memory"), "2,4 GiB\n");
    sandbox.ok(&["source", "set", "second", "--priority", "5"]);
    run(&sandbox, "first", one);
    run(&sandbox, "second", other);
    let before = history(&sandbox);
    for _ in 0..3 {
        run(&sandbox, "first", one);
        run(&sandbox, "second", other);
        assert_eq!(vms(&sandbox, "cpu,memory"), "8,4 GiB\n");
    }
    assert_eq!(history(&sandbox), before);
}

#[test]
fn disks_that_a_person_or_another_source_made_are_not_in_a_files_list() {
    let sandbox = estate();
    run(&sandbox, "first", "external-id,name,pool,disks\nf1,web01,a,10 GiB\n");
    sandbox.ok(&["disk", "add", "data", "--vm", "web01", "--size", "9GiB"]);
    let told = run(&sandbox, "first", "external-id,name,pool,disks\nf1,web01,a,20 GiB\n");
    assert_eq!(told, "1 VM: 1 changed\n");
    assert_eq!(vms(&sandbox, "disks"), "20 GiB;9 GiB\n");
}

#[test]
fn a_name_that_a_row_with_another_id_has_is_told_as_adopted_with_both_ids() {
    let sandbox = estate();
    let first = "external-id,name,pool,cpu\nA,web,a,2\nC,db,a,1\n";
    run(&sandbox, "first", first);
    let path = sandbox.file("vms.csv", first.replace("A,", "B,"));
    let plan = ["vm", "import", &path, "--source", "first", "--update", "-o", "csv"];
    let planned = sandbox.run(&[&plan[..], &["-n"]].concat());
    assert_eq!(
        planned.to_string(),
        "status 0\naction,noun,record,field,old,new\nadopt,vm,AWS/tokyo/a/web,external-id,A,B\n----- stderr -----\n\
         would import 2 VMs: 2 unchanged, 1 adopted\n"
    );
    assert_eq!(sandbox.run(&plan).stderr, "2 VMs: 2 unchanged, 1 adopted\n");
    assert_eq!(sandbox.run(&plan).stderr, "2 VMs: 2 unchanged\n", "the second run has nothing to tell");
}

#[test]
fn a_run_that_changes_only_which_source_decides_a_field_is_told_as_a_change() {
    let sandbox = estate();
    run(&sandbox, "second", "external-id,name,pool,cpu\n1,web,a,2\n");
    // The source that decides has no value for cpu yet, then the same as the other.
    run(&sandbox, "first", "external-id,name,pool\nx,web,a\n");
    let path = sandbox.file("vms.csv", "external-id,name,pool,cpu\nx,web,a,2\n");
    let import = ["vm", "import", &path, "--source", "first", "--update", "-o", "json"];
    let sentence = "1 VM: 1 unchanged\nno record changes, only which source decides fields\n";
    let planned = sandbox.run(&[&import[..], &["-n"]].concat());
    assert_eq!(planned.stderr, format!("would import {sentence}"));
    let done = sandbox.run(&import);
    assert_eq!(done.stderr, sentence);
    for answer in [&planned, &done] {
        let told: serde_json::Value = serde_json::from_str(&answer.stdout).expect("JSON");
        // The time of the source's last run is another one as well, if a second has passed.
        let mut nouns: Vec<&str> =
            told["records"].as_array().into_iter().flatten().filter_map(|record| record["noun"].as_str()).collect();
        nouns.retain(|noun| *noun != "source");
        assert_eq!(nouns, ["field-owner"], "{told}");
    }
    let told: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    let last = sandbox.ok(&["log", "--limit", "1", "-o", "csv"]);
    assert_eq!(last.lines().nth(1).and_then(|row| row.split(',').next()), Some(told["change"].to_string().as_str()));
    let again = sandbox.run(&import);
    assert_eq!(again.stderr, "1 VM: 1 unchanged\n");
    let told: serde_json::Value = serde_json::from_str(&again.stdout).expect("JSON");
    assert_eq!((told["change"].clone(), told["records"].clone()), (serde_json::Value::Null, serde_json::json!([])));
}
