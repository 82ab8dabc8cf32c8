//! What goes down with a record, and whom to tell.

use crate::support::Sandbox;
use crate::usage::estate;

#[test]
fn a_pool_takes_systems_down_in_total_or_in_part() {
    let sandbox = estate();
    // billing has web01 and web03 in prod, and web02, which is only planned; shop has web03 in prod and d1 in db.
    insta::assert_snapshot!(sandbox.run(&["impact", "prod"]), @r"
    status 0
    system   impact        owners     emails
    billing  2/2 total     alice;bob  alice@example.com
    shop     1/2 degraded  bob
    ");
    insta::assert_snapshot!(sandbox.run(&["impact", "pool", "osaka/db", "-o", "json", "-c", "system,vms.lost,vms,effect,owners"]), @r#"
    status 0
    [
    {"system": "shop", "vms_lost": 1, "vms": 2, "effect": "degraded", "owners": ["alice"]},
    {"system": null, "vms_lost": 1, "vms": 1, "effect": null, "owners": []}
    ]
    "#);
}

#[test]
fn a_datacenter_a_storage_device_and_a_vm_are_told_too() {
    let sandbox = estate();
    let told = |what: &[&str]| {
        let all: Vec<&str> = ["impact"]
            .iter()
            .chain(what)
            .copied()
            .chain(["-c", "system,impact", "-o", "csv", "--no-headers"])
            .collect();
        sandbox.ok(&all)
    };
    assert_eq!(told(&["tokyo"]), "billing,2/2 total\nshop,1/2 degraded\n,1 in no system\n");
    assert_eq!(
        told(&["san1"]),
        "billing,1/2 degraded\n",
        "web01's disk is on it; what is planned or retired does not count"
    );
    assert_eq!(told(&["vm", "web03"]), "billing,1/2 degraded\nshop,1/2 degraded\n");
    assert_eq!(told(&["old"]), "");
    assert_eq!(told(&["tape"]), "");
}

#[test]
fn a_name_that_several_nouns_bear_is_asked_back() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["vm", "add", "prod", "--pool", "test"]);
    insta::assert_snapshot!(sandbox.run(&["impact", "prod"]), @r#"
    status 4
    ----- stderr -----
    error: "prod" names 2 records of different nouns
      pool AWS/tokyo/prod
      vm AWS/tokyo/test/prod
    help: add the noun, for example inv impact pool prod
    "#);
    assert_eq!(sandbox.ok(&["impact", "pool", "prod", "-c", "impact", "--no-headers"]), "1/1 total\n1 in no system\n");
}

#[test]
fn what_is_not_there_or_cannot_fail_is_refused() {
    let sandbox = estate();
    insta::assert_snapshot!(sandbox.run(&["impact", "web0x"]), @r#"
    status 3
    ----- stderr -----
    error: no pool, storage device, datacenter or VM named "web0x"
    help: did you mean web01, web02 or web03?
    "#);
    insta::assert_snapshot!(sandbox.run(&["impact", "os", "Debian-12"]), @r#"
    status 2
    ----- stderr -----
    error: inv impact does not support the noun "os"
    help: nouns: pool, storage, dc, vm
    "#);
    assert_eq!(sandbox.run(&["impact"]).status, 2);
}
