//! An estate that is imported again: records are known by the ids of their source, a run speaks for what its export
//! covers, and what people entered stays.

use crate::support::{Answer, Sandbox, timeless};

const HEADER: &str = "VM,Powerstate,Template,CPUs,Memory,Datacenter,Cluster,Host,Folder,VM ID,VM UUID,VI SDK Server,Primary IP Address\n";

/// A VM of an export.
#[derive(Clone)]
struct Vm {
    name: &'static str,
    cluster: &'static str,
    id: u32,
    cpus: u32,
    server: &'static str,
    address: &'static str,
}

const fn vm(name: &'static str, cluster: &'static str, id: u32) -> Vm {
    Vm { name, cluster, id, cpus: 2, server: "vc-a.example", address: "" }
}

/// Writes an export and returns its path.
fn export(sandbox: &Sandbox, vms: &[Vm]) -> String {
    let folder = sandbox.path().join("export");
    std::fs::create_dir_all(&folder).expect("a folder");
    let row = |vm: &Vm| {
        let Vm { name, cluster, id, cpus, server, address } = vm;
        format!(
            "{name},poweredOn,False,{cpus},4096,north,{cluster},node1,/north/vm,vm-{id},{id:04},{server},{address}\n"
        )
    };
    let rows: String = vms.iter().map(row).collect();
    std::fs::write(folder.join("RVTools_tabvInfo.csv"), format!("{HEADER}{rows}")).expect("a file");
    folder.to_str().expect("UTF-8").to_owned()
}

fn import(sandbox: &Sandbox, vms: &[Vm], more: &[&str]) -> Answer {
    let path = export(sandbox, vms);
    sandbox.run(&[&["import", "--from", "rvtools", &path], more].concat())
}

/// Imports what must go in; what it said behind the notes on the export, which is a vInfo alone.
#[track_caller]
fn imported(sandbox: &Sandbox, vms: &[Vm], more: &[&str]) -> String {
    let answer = import(sandbox, vms, more);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    let notes = "not in the export: vHost, vDatastore, vDisk, vPartition, vNetwork\n";
    answer.stderr.split_once(notes).unwrap_or_else(|| panic!("{answer}")).1.to_owned()
}

fn vms(sandbox: &Sandbox, columns: &str) -> String {
    sandbox.ok(&["vm", "list", "-o", "csv", "--no-headers", "-c", columns])
}

fn history(sandbox: &Sandbox) -> String {
    sandbox.ok(&["log", "-o", "csv"])
}

#[test]
fn a_vm_that_moved_is_the_same_vm_in_one_update() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("shop1", "alpha", 1), vm("shop2", "alpha", 2)], &[]);
    for line in ["user add alice", "system add billing", "vm set shop1 --owner alice", "system attach billing shop1"] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    sandbox.ok(&["disk", "add", "data", "--vm", "shop1", "--size", "9GiB"]);
    let told = imported(&sandbox, &[vm("shop1", "beta", 1), vm("shop2", "alpha", 2)], &["--update", "--prune"]);
    assert_eq!(
        told,
        "1 provider: 1 unchanged\n1 datacenter: 1 unchanged\n2 pools: 1 new, 1 unchanged\n2 VMs: 1 moved, 1 unchanged\n"
    );
    assert_eq!(
        vms(&sandbox, "path,owner,systems,disks"),
        "vSphere/north/beta/shop1,alice,billing,9 GiB\nvSphere/north/alpha/shop2,,,\n"
    );
    let steps = sandbox.ok(&["vm", "log", "shop1", "-o", "json"]);
    let steps: serde_json::Value = serde_json::from_str(&steps).expect("JSON");
    let what = |step: &serde_json::Value| step["what"].as_str().expect("a text").to_owned();
    let steps: Vec<String> = steps.as_array().expect("a list").iter().map(what).collect();
    assert_eq!(steps.first().map(String::as_str), Some("pool vSphere/north/alpha → vSphere/north/beta"));
    assert_eq!(steps.last().map(String::as_str), Some("+VM"));
    sandbox.done("undo", &[]);
    assert_eq!(vms(&sandbox, "path,owner"), "vSphere/north/alpha/shop1,alice\nvSphere/north/alpha/shop2,\n");
}

#[test]
fn a_vm_that_was_renamed_keeps_its_record_and_its_address() {
    let sandbox = Sandbox::empty();
    let old = Vm { address: "10.0.0.1", ..vm("web01", "alpha", 1) };
    imported(&sandbox, std::slice::from_ref(&old), &[]);
    let id = vms(&sandbox, "id");
    let told = imported(&sandbox, &[Vm { name: "shop01", cpus: 4, ..old }], &["--update"]);
    assert_eq!(
        told,
        "1 provider: 1 unchanged\n1 datacenter: 1 unchanged\n1 pool: 1 unchanged\n1 VM: 1 renamed\n1 address: 1 unchanged\n"
    );
    assert_eq!(vms(&sandbox, "id"), id);
    assert_eq!(vms(&sandbox, "name,cpu,ips"), "shop01,4,10.0.0.1\n");
}

#[test]
fn two_vms_swap_their_names_and_three_pass_theirs_on() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("a", "alpha", 1), vm("b", "alpha", 2), vm("c", "alpha", 3)], &[]);
    assert_eq!(vms(&sandbox, "id,name"), "1,a\n2,b\n3,c\n");
    let told = imported(&sandbox, &[vm("b", "alpha", 1), vm("a", "alpha", 2), vm("c", "alpha", 3)], &["--update"]);
    assert!(told.ends_with("3 VMs: 2 renamed, 1 unchanged\n"), "{told}");
    assert_eq!(vms(&sandbox, "id,name"), "1,b\n2,a\n3,c\n");
    imported(&sandbox, &[vm("c", "alpha", 1), vm("b", "alpha", 2), vm("a", "alpha", 3)], &["--update"]);
    assert_eq!(vms(&sandbox, "id,name"), "1,c\n2,b\n3,a\n");
    // Down a chain: each takes the name of the one before, and a new one the last that is free.
    let chain = [vm("d", "alpha", 1), vm("c", "alpha", 2), vm("b", "alpha", 3), vm("a", "alpha", 4)];
    imported(&sandbox, &chain, &["--update"]);
    assert_eq!(vms(&sandbox, "id,name"), "1,d\n2,c\n3,b\n4,a\n");
    for change in ["4", "3", "2"] {
        sandbox.done("undo", &[change]);
    }
    assert_eq!(vms(&sandbox, "id,name"), "1,a\n2,b\n3,c\n");
}

#[test]
fn a_record_made_by_hand_is_adopted_and_told() {
    let sandbox = Sandbox::empty();
    for line in ["provider add vSphere", "dc add north --provider vSphere", "pool add alpha --dc north"] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    sandbox.ok(&["vm", "add", "shop1", "--pool", "alpha"]);
    let told = imported(&sandbox, &[vm("shop1", "alpha", 1)], &["--update"]);
    assert_eq!(
        told,
        "1 provider: 1 unchanged, 1 adopted\n1 datacenter: 1 unchanged, 1 adopted\n1 pool: 1 unchanged, 1 adopted\n\
         1 VM: 1 changed, 1 adopted\n"
    );
    imported(&sandbox, &[vm("shop9", "beta", 1)], &["--update"]);
    assert_eq!(vms(&sandbox, "id,path"), "1,vSphere/north/beta/shop9\n");
}

#[test]
fn a_vm_that_was_made_anew_under_its_name_takes_the_record_over() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("shop1", "alpha", 1)], &[]);
    let told = imported(&sandbox, &[vm("shop1", "alpha", 7)], &["--update"]);
    // That the record goes on under another id is a change of its own.
    assert!(told.ends_with("1 VM: 1 unchanged, 1 adopted\n"), "{told}");
    assert_eq!(vms(&sandbox, "id,name"), "1,shop1\n");
    imported(&sandbox, &[vm("shop2", "alpha", 7)], &["--update"]);
    assert_eq!(vms(&sandbox, "id,name"), "1,shop2\n");
}

#[test]
fn a_name_that_a_missing_vm_has_is_free_for_another_one() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("a", "alpha", 1), vm("b", "alpha", 2)], &[]);
    imported(&sandbox, &[vm("a", "alpha", 2)], &["--update"]);
    assert_eq!(vms(&sandbox, "id,name"), "1,a (missing)\n2,a\n");
}

#[test]
fn prune_removes_what_the_source_made_and_exactly_what_update_reports() {
    let sandbox = Sandbox::empty();
    for line in ["provider add elsewhere", "os add Debian-13", "dc add east --provider elsewhere"] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    let both =
        [Vm { address: "10.0.0.1", ..vm("shop1", "alpha", 1) }, Vm { address: "10.0.0.2", ..vm("shop2", "beta", 2) }];
    let answer = import(&sandbox, &both, &[]);
    assert_eq!(answer.status, 0, "{answer}");
    sandbox.ok(&["vm", "add", "by-hand", "--pool", "alpha"]);
    let before = sandbox.exported();
    let again = import(&sandbox, &both, &["--update", "--prune"]);
    assert_eq!(again.status, 0, "{again}");
    assert!(!again.stderr.contains("removed"), "{again}");
    assert_eq!(sandbox.ok(&["provider", "list", "-c", "name", "--no-headers"]), "elsewhere\nvSphere\n");
    let left = [both[0].clone()];
    let told = import(&sandbox, &left, &["--update", "--dry-run"]);
    let gone = "no longer in the file: 1 address: vSphere/north/beta/shop2/10.0.0.2 (--prune removes them)\n\
                no longer in the file: 1 VM: vSphere/north/beta/shop2 (--prune removes them)\n\
                no longer in the file: 1 pool: vSphere/north/beta (--prune removes them)\n";
    assert!(told.stderr.ends_with(gone), "{told}");
    let pruned = import(&sandbox, &left, &["--update", "--prune"]);
    assert_eq!(pruned.status, 0, "{pruned}");
    assert_eq!(vms(&sandbox, "name"), "shop1\nby-hand\n");
    assert_eq!(sandbox.ok(&["ip", "list", "-c", "ipv4", "--no-headers"]), "10.0.0.1\n");
    assert_eq!(sandbox.ok(&["pool", "list", "-c", "name", "--no-headers"]), "alpha\n");
    sandbox.done("undo", &[]);
    // When the source was last imported is not history.
    assert_eq!(timeless(&sandbox.exported()), timeless(&before));
}

#[test]
fn what_others_need_is_kept_and_told() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("shop1", "alpha", 1), vm("shop2", "beta", 2)], &[]);
    sandbox.ok(&["vm", "add", "by-hand", "--pool", "beta"]);
    let told = imported(&sandbox, &[vm("shop1", "alpha", 1)], &["--update", "--prune"]);
    assert!(told.ends_with("1 VM: 1 unchanged, 1 removed\nskipped: pool beta still has 1 VM\n"), "{told}");
    assert_eq!(vms(&sandbox, "path"), "vSphere/north/alpha/shop1\nvSphere/north/beta/by-hand\n");
}

#[test]
fn a_second_vcenter_is_refused_and_kept_apart_by_its_source() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("jump1", "alpha", 1), vm("only-a", "alpha", 9)], &[]);
    let other = [Vm { server: "vc-b.example", cpus: 8, ..vm("jump1", "alpha", 101) }];
    for more in [&["--update"][..], &["--update", "--prune"], &[]] {
        let refused = import(&sandbox, &other, more);
        assert_eq!((refused.status, refused.stdout.as_str()), (4, ""), "{refused}");
        assert_eq!(
            refused.stderr,
            "error: source \"rvtools:vSphere\" belongs to vCenter vc-a.example, the export to vCenter vc-b.example; \
             nothing was imported\nhelp: pass --source NAME to import it as another source, or --provider NAME; if \
             vc-b.example is another name of the same vCenter, change the scope with inv source set\n"
        );
    }
    let told = imported(&sandbox, &other, &["--update", "--source", "b"]);
    assert!(told.ends_with("1 VM: 1 new\n"), "{told}");
    assert_eq!(
        vms(&sandbox, "path,cpu"),
        "vSphere/north/alpha/jump1,2\nvSphere/north/alpha/only-a,2\nb/north/alpha/jump1,8\n"
    );
    let taken = import(&sandbox, &other, &["--update", "--source", "c", "--provider", "vSphere"]);
    assert_eq!(taken.status, 4, "{taken}");
    // Each goes on by itself, and neither takes what is the other's for missing.
    for (vms, more) in [
        (&other[..], &["--update", "--source", "b"][..]),
        (&[vm("jump1", "alpha", 1), vm("only-a", "alpha", 9)], &["--update"]),
    ] {
        let told = imported(&sandbox, vms, more);
        assert!(!told.contains("any more") && !told.contains(" new") && !told.contains(" changed"), "{told}");
    }
}

#[test]
fn a_run_that_is_not_whole_marks_nothing_missing_and_says_why() {
    let sandbox = Sandbox::empty();
    let both = [vm("shop1", "alpha", 1), vm("shop2", "alpha", 2)];
    imported(&sandbox, &both, &[]);
    let empty = imported(&sandbox, &[], &["--update", "--prune"]);
    assert!(empty.ends_with("no records marked as missing: the export has no VM\n"), "{empty}");
    // Half a file ends within a row.
    let path = export(&sandbox, &both);
    let file = std::path::Path::new(&path).join("RVTools_tabvInfo.csv");
    let text = std::fs::read_to_string(&file).expect("the export");
    std::fs::write(&file, &text[..text.len() - 40]).expect("half of it");
    let half = sandbox.run(&["import", "--from", "rvtools", &path, "--update", "--prune"]);
    assert_eq!(half.status, 0, "{half}");
    assert!(half.stderr.ends_with("no records marked as missing: 1 row could not be placed\n"), "{half}");
    // An export that covers another part of the source says nothing of the rest.
    imported(
        &sandbox,
        &[both[0].clone(), both[1].clone(), Vm { server: "vc-b.example", ..vm("b", "beta", 3) }],
        &["--update"],
    );
    let part = imported(&sandbox, &[Vm { server: "vc-b.example", ..vm("b", "beta", 3) }], &["--update", "--prune"]);
    assert!(part.ends_with("no records marked as missing: the export does not cover vCenter vc-a.example\n"), "{part}");
    assert_eq!(vms(&sandbox, "name"), "shop1\nshop2\nb\n");
}

#[test]
fn an_export_that_lacks_half_of_the_estate_marks_nothing_missing_until_the_number_is_named() {
    const NAMES: [&str; 24] = [
        "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "c1", "c2",
        "c3", "c4", "c5", "c6", "c7", "c8",
    ];
    let sandbox = Sandbox::empty();
    let all: Vec<Vm> = (1..).zip(NAMES).map(|(id, name)| vm(name, "alpha", id)).collect();
    imported(&sandbox, &all, &[]);
    let before = history(&sandbox);
    // 24 less 13 are left: 11 are more than 10, and more than a tenth.
    let half = imported(&sandbox, &all[..13], &["--update"]);
    assert!(
        half.ends_with(
            "no records marked as missing: 11 of 24 VMs missing from the export; if they no longer exist, pass \
             --allow-removals 11\n"
        ),
        "{half}"
    );
    assert_eq!(history(&sandbox), before);
    let retired = import(&sandbox, &all[..13], &["--update", "--retire"]);
    assert_eq!((retired.status, retired.stdout.as_str()), (4, ""), "{retired}");
    assert!(
        retired.stderr.ends_with(
            "error: too many removals: 11 of 24 VMs; nothing was imported\n\
             help: pass --allow-removals 11 to remove them, or --dry-run to list them\n"
        ),
        "{retired}"
    );
    assert_eq!(history(&sandbox), before);
    // 10 may be missing, however many they are of all.
    let ten = imported(&sandbox, &all[..14], &["--update"]);
    assert!(ten.contains("no longer in the file: 10 VMs: "), "{ten}");
    let eleven = imported(&sandbox, &all[..13], &["--update", "--allow-removals", "11"]);
    assert!(eleven.contains("no longer in the file: 11 VMs: "), "{eleven}");
    assert_eq!(sandbox.ok(&["vm", "list", "--where", "missing!=", "--count"]), "11\n");
}

#[test]
fn a_missing_vm_is_marked_once_and_is_missing_no_more_when_it_is_seen_again() {
    let sandbox = Sandbox::empty();
    let both = [vm("shop1", "alpha", 1), vm("shop2", "alpha", 2)];
    imported(&sandbox, &both, &[]);
    let missing = || {
        let exported = sandbox.exported();
        let bound = exported.lines().filter(|line| line.starts_with("rvtools:vSphere,vm "));
        bound.filter(|line| !line.ends_with(',')).count()
    };
    imported(&sandbox, &both[..1], &["--update"]);
    assert_eq!(missing(), 1);
    let before = history(&sandbox);
    imported(&sandbox, &both[..1], &["--update"]);
    assert_eq!(history(&sandbox), before, "what is marked is not marked again");
    imported(&sandbox, &both, &["--update"]);
    assert_eq!(missing(), 0);
    let told = imported(&sandbox, &both[..1], &["--update", "--retire"]);
    assert!(told.contains("1 VM: vSphere/north/alpha/shop2"), "{told}");
    assert_eq!(vms(&sandbox, "name,status"), "shop1,running\nshop2,retired\n");
}

#[test]
fn a_vm_that_is_off_keeps_its_addresses() {
    let sandbox = Sandbox::empty();
    let on = Vm { address: "10.0.0.1", ..vm("shop1", "alpha", 1) };
    import(&sandbox, std::slice::from_ref(&on), &[]);
    let off = import(&sandbox, &[Vm { address: "", ..on }], &["--update", "--prune"]);
    assert_eq!(off.status, 0, "{off}");
    assert_eq!(sandbox.ok(&["ip", "list", "-c", "ipv4,vm", "--no-headers", "-o", "csv"]), "10.0.0.1,shop1\n");
}

#[test]
fn what_the_inventory_calls_otherwise_is_found_by_what_hangs_from_it() {
    let sandbox = Sandbox::empty();
    let vms_of = [Vm { address: "10.0.0.1", ..vm("shop1", "alpha", 1) }];
    import(&sandbox, &vms_of, &[]);
    for line in
        ["provider rename vSphere VMware", "dc rename north nord", "pool rename alpha first", "vm rename shop1 till"]
    {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    let before = history(&sandbox);
    let again = import(&sandbox, &vms_of, &["--update", "--prune"]);
    assert_eq!(again.status, 0, "{again}");
    let held = "held: provider VMware: name is VMware, the source has vSphere\n\
                held: datacenter VMware/nord: name is nord, the source has north\n\
                held: pool VMware/nord/first: name is first, the source has alpha\n\
                held: VM VMware/nord/first/till: name is till, the source has shop1\n";
    assert!(again.stderr.ends_with(held), "{again}");
    assert_eq!(vms(&sandbox, "path,ips"), "VMware/nord/first/till,10.0.0.1\n");
    assert_eq!(history(&sandbox), before);
}

#[test]
fn an_export_of_the_inventory_keeps_what_sources_know() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("shop1", "alpha", 1), vm("shop2", "alpha", 2)], &[]);
    let folder = sandbox.path().join("whole");
    let folder = folder.to_str().expect("UTF-8");
    sandbox.done("export", &[folder]);
    let other = Sandbox::empty();
    other.done("import", &[folder]);
    assert_eq!(other.exported(), sandbox.exported());
    imported(&other, &[vm("renamed", "beta", 1), vm("shop2", "alpha", 2)], &["--update"]);
    assert_eq!(vms(&other, "path"), "vSphere/north/beta/renamed\nvSphere/north/alpha/shop2\n");
}

#[test]
fn what_a_person_sets_stays_until_it_is_released() {
    let sandbox = Sandbox::empty();
    let shop = [vm("shop1", "alpha", 1)];
    imported(&sandbox, &shop, &[]);
    sandbox.ok(&["vm", "set", "shop1", "--memory", "16GiB"]);
    let before = history(&sandbox);
    let held = "held: VM vSphere/north/alpha/shop1: memory is 16 GiB, the source has 4096 MiB\n";
    for _ in 0..2 {
        let told = imported(&sandbox, &shop, &["--update"]);
        assert!(told.ends_with(&format!("1 VM: 1 unchanged, 1 field held\n{held}")), "{told}");
    }
    assert_eq!(history(&sandbox), before, "what is held leaves no history");
    // The other fields are the source's as before.
    imported(&sandbox, &[Vm { cpus: 8, ..vm("shop1", "alpha", 1) }], &["--update"]);
    assert_eq!(vms(&sandbox, "memory,cpu"), "16 GiB,8\n");
    let released = sandbox.run(&["vm", "set", "shop1", "--release", "memory"]);
    assert_eq!((released.status, released.stderr.as_str()), (0, "changed 1 VM\n"));
    let nothing = sandbox.run(&["vm", "set", "shop1", "--release", "memory"]);
    assert_eq!((nothing.status, nothing.stderr.as_str()), (0, "no changes needed\n"));
    let told = imported(&sandbox, &shop, &["--update"]);
    assert!(told.ends_with("1 VM: 1 changed\n"), "{told}");
    assert_eq!(vms(&sandbox, "memory,cpu"), "4096 MiB,2\n");
    let wrong = sandbox.run(&["vm", "set", "shop1", "--release", "memroy"]);
    assert_eq!(wrong.status, 2, "{wrong}");
    assert!(wrong.stderr.ends_with("help: did you mean memory?\n"), "{wrong}");
}

#[test]
fn undoing_what_a_person_set_releases_it() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("shop1", "alpha", 1)], &[]);
    sandbox.ok(&["vm", "set", "shop1", "--memory", "16GiB"]);
    sandbox.done("undo", &[]);
    let told = imported(&sandbox, &[vm("shop1", "alpha", 1)], &["--update"]);
    assert!(told.ends_with("1 VM: 1 unchanged\n"), "{told}");
    assert!(!sandbox.exported().contains("vm vSphere/north/alpha/shop1,memory,"));
}

#[test]
fn what_was_typed_before_a_record_was_adopted_is_held() {
    let sandbox = Sandbox::empty();
    for line in ["provider add vSphere", "dc add north --provider vSphere", "pool add alpha --dc north"] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    sandbox.ok(&["vm", "add", "shop1", "--pool", "alpha", "--memory", "16GiB"]);
    let told = imported(&sandbox, &[vm("shop1", "alpha", 1)], &["--update"]);
    let held = "held: VM vSphere/north/alpha/shop1: memory is 16 GiB, the source has 4096 MiB\n";
    assert!(told.ends_with(&format!("1 VM: 1 changed, 1 adopted, 1 field held\n{held}")), "{told}");
    assert_eq!(vms(&sandbox, "memory,cpu,status"), "16 GiB,2,running\n");
}

#[test]
fn of_two_sources_the_smaller_priority_decides_and_nothing_flips() {
    for (first, second, cpus) in [("10", "20", "2"), ("20", "10", "8"), ("10", "10", "2")] {
        let sandbox = Sandbox::empty();
        let (one, other) = (vm("shop1", "alpha", 1), Vm { cpus: 8, ..vm("shop1", "alpha", 1) });
        imported(&sandbox, std::slice::from_ref(&one), &["--source", "one"]);
        imported(&sandbox, std::slice::from_ref(&other), &["--source", "two", "--update"]);
        for (source, priority) in [("one", first), ("two", second)] {
            sandbox.ok(&["source", "set", source, "--priority", priority]);
        }
        imported(&sandbox, std::slice::from_ref(&one), &["--source", "one", "--update"]);
        imported(&sandbox, std::slice::from_ref(&other), &["--source", "two", "--update"]);
        let before = history(&sandbox);
        for _ in 0..5 {
            imported(&sandbox, std::slice::from_ref(&one), &["--source", "one", "--update"]);
            assert_eq!(vms(&sandbox, "cpu"), format!("{cpus}\n"));
            imported(&sandbox, std::slice::from_ref(&other), &["--source", "two", "--update"]);
            assert_eq!(vms(&sandbox, "cpu"), format!("{cpus}\n"));
        }
        assert_eq!(history(&sandbox), before);
        assert_eq!(vms(&sandbox, "path"), "vSphere/north/alpha/shop1\n");
        // What one source lacks and the other has is not removed.
        imported(&sandbox, &[vm("shop2", "alpha", 2)], &["--source", "two", "--update", "--prune"]);
        assert_eq!(vms(&sandbox, "name"), "shop1\nshop2\n");
    }
}

#[test]
fn lists_tell_which_sources_have_a_record_and_since_when_one_misses_it() {
    let sandbox = Sandbox::empty();
    let both = [vm("shop1", "alpha", 1), vm("shop2", "alpha", 2)];
    imported(&sandbox, &both, &[]);
    sandbox.ok(&["vm", "add", "by-hand", "--pool", "alpha"]);
    imported(&sandbox, &both[..1], &["--update"]);
    let found = |term: &str| sandbox.ok(&["vm", "list", "--where", term, "-c", "name", "--no-headers"]);
    assert_eq!(vms(&sandbox, "name,sources"), "shop1,rvtools:vSphere\nshop2,rvtools:vSphere\nby-hand,\n");
    assert_eq!(found("missing!="), "shop2\n");
    assert_eq!(found("confirmed!="), "shop1\nshop2\n");
    assert_eq!(found("confirmed<30d"), "");
    assert_eq!(found("confirmed>=30d"), "shop1\nshop2\n");
    assert_eq!(found("sources~vsphere"), "shop1\nshop2\n");
    // Both are overdue at once where there is no grace.
    sandbox.ok(&["source", "set", "rvtools:vSphere", "--grace", "0s", "--last-complete-run", "2026-01-02"]);
    assert_eq!(found("confirmed<30d"), "shop1\n");
    let silent = sandbox.ok(&["check", "--only", "W051", "-o", "csv", "-c", "code,noun,record,text"]);
    assert_eq!(
        silent,
        "code,noun,record,text\n\
         W051,source,rvtools:vSphere,\"had its last complete run on 2026-01-02T00:00:00Z, more than 0s ago\"\n"
    );
}

#[test]
fn a_plan_tells_every_kind_of_change_in_a_word_of_its_own() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("a", "alpha", 1), vm("b", "alpha", 2), vm("c", "alpha", 3), vm("d", "alpha", 4)], &[]);
    for line in ["vm set d --cpu 9", "vm add e --pool alpha"] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let next =
        [vm("a2", "alpha", 1), vm("b", "beta", 2), vm("d", "alpha", 4), vm("e", "alpha", 5), vm("f", "alpha", 6)];
    let path = export(&sandbox, &next);
    let plan = ["import", "--from", "rvtools", &path, "--update", "--plan", "--exit-code", "-o", "csv"];
    let answer = sandbox.run(&plan);
    assert_eq!(answer.status, 2, "{answer}");
    insta::assert_snapshot!(answer.stdout, @r"
    action,noun,record,field,old,new
    create,pool,vSphere/north/beta,,,
    held,vm,vSphere/north/alpha/d,cpu,9,2
    update,vm,vSphere/north/alpha/e,status,unknown,running
    update,vm,vSphere/north/alpha/e,memory,,4096 MiB
    update,vm,vSphere/north/alpha/e,cpu,,2
    adopt,vm,vSphere/north/alpha/e,,,
    create,vm,vSphere/north/alpha/f,,,
    rename,vm,vSphere/north/alpha/a2,name,a,a2
    move,vm,vSphere/north/beta/b,pool,vSphere/north/alpha,vSphere/north/beta
    missing,vm,vSphere/north/alpha/c,,,
    ");
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before, "a plan changes nothing");
    sandbox.ok(&["import", "--from", "rvtools", &path, "--update"]);
    assert_eq!(sandbox.run(&["import", "--from", "rvtools", &path, "--update", "--plan", "--exit-code"]).status, 0);
}

#[test]
fn a_plan_in_a_file_is_applied_as_it_is_or_refused() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("a", "alpha", 1)], &[]);
    let path = export(&sandbox, &[vm("b", "alpha", 1)]);
    let file = sandbox.path().join("plan.json");
    let file = file.to_str().expect("UTF-8");
    let make = || {
        let made = sandbox.run(&["import", "--from", "rvtools", &path, "--update", &format!("--plan={file}")]);
        assert_eq!(made.status, 0, "{made}");
        assert_eq!(vms(&sandbox, "name"), "a\n");
    };
    make();
    sandbox.ok(&["vm", "set", "a", "--cpu", "3"]);
    let refused = sandbox.run(&["import", "--plan-file", file]);
    assert_eq!((refused.status, refused.stdout.as_str()), (4, ""), "{refused}");
    let changed = "error: the inventory has changed since the plan; nothing was imported\nhelp: write the plan \
         again with --plan=FILE\n";
    assert!(refused.stderr.ends_with(changed), "{refused}");
    make();
    export(&sandbox, &[vm("c", "alpha", 1)]);
    let refused = sandbox.run(&["import", "--plan-file", file]);
    assert_eq!(refused.status, 4, "{refused}");
    assert!(refused.stderr.contains("has changed since the plan; nothing was imported"), "{refused}");
    export(&sandbox, &[vm("b", "alpha", 1)]);
    let applied = sandbox.run(&["import", "--plan-file", file]);
    assert_eq!(applied.status, 0, "{applied}");
    assert_eq!(vms(&sandbox, "name"), "b\n");
    let none = sandbox.run(&["import", "--plan-file", &sandbox.file("x.json", "{}")]);
    assert_eq!(none.status, 1, "{none}");
}
