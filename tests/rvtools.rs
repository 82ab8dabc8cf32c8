//! An estate out of RVTools: the main job, on the files that operators really have.
//!
//! What the exports say was read by another program (`tests/data/expected.py`, with openpyxl); every VM of both files is
//! held against it.

use crate::support::Sandbox;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const SIZING: &str = "SizingWorkshop-RVTools.xlsx";
const SMALL: &str = "rvtools-small-complete.xlsx";

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn imported(name: &str, more: &[&str]) -> (Sandbox, String) {
    let sandbox = Sandbox::empty();
    let file = example(name);
    let mut arguments = vec!["import", "--from", "rvtools", file.to_str().expect("a path in UTF-8")];
    arguments.extend(more);
    let answer = sandbox.run(&arguments);
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(answer.stdout, "");
    (sandbox, answer.stderr)
}

/// The rows of a CSV text, each as a map from its header.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn expected(name: &str) -> Vec<BTreeMap<String, String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    rows(&std::fs::read_to_string(path).expect("the expectations"))
}

/// Holds every VM of the inventory against what the other program read.
fn holds_every_vm(sandbox: &Sandbox, expectations: &str) {
    let mut partitions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows(&sandbox.ok(&["partition", "list", "-o", "csv", "-c", "disk.vm,name,size"])) {
        let size = row["size"].strip_suffix(" MiB").expect("a size in MiB");
        partitions.entry(row["disk.vm"].clone()).or_default().push(format!("{}={size}", row["name"]));
    }
    let columns = "name,dc,pool,status,cpu,memory,memory.bytes,os,ips";
    let listed = rows(&sandbox.ok(&["vm", "list", "-o", "csv", "-c", columns]));
    let expected = expected(expectations);
    assert_eq!(listed.len(), expected.len());
    let by_name: BTreeMap<&str, &BTreeMap<String, String>> =
        listed.iter().map(|row| (row["name"].as_str(), row)).collect();
    for wanted in &expected {
        let name = wanted["name"].as_str();
        let row = by_name.get(name).unwrap_or_else(|| panic!("{name} is not in the inventory"));
        for column in ["dc", "pool", "status", "cpu", "os"] {
            assert_eq!(row[column], wanted[column], "{name}: {column}");
        }
        assert_eq!(row["memory"], format!("{} MiB", wanted["memory_mib"]), "{name}");
        let mib: u64 = wanted["memory_mib"].parse().expect("a number");
        assert_eq!(row["memory.bytes"], (mib * 1024 * 1024).to_string(), "{name}");
        let addresses: Vec<&str> = row["ips"].split(';').map(|ip| ip.split('@').next().unwrap_or(ip)).collect();
        assert_eq!(addresses.join("|"), wanted["ips"], "{name}");
        let mut found = partitions.remove(name).unwrap_or_default();
        found.sort();
        assert_eq!(found.join("|"), wanted["partitions"], "{name}");
    }
    assert!(partitions.is_empty(), "partitions of nobody: {partitions:?}");
}

#[test]
fn every_vm_of_a_large_estate_has_what_its_export_says() {
    let (sandbox, told) = imported(SIZING, &[]);
    holds_every_vm(&sandbox, "sizing-workshop.csv");
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "795\n");
    assert!(told.contains("795 VMs: 795 new\n"), "{told}");
}

#[test]
fn templates_are_left_out_and_named() {
    let (sandbox, told) = imported(SIZING, &[]);
    let line = "skipped 10 templates: Bowf17webprod, trhel6s_1, trhel6s-old, trhel6w-old, trhel7s-old, trhel7w-old, \
                WS2008R2, WS2008R2-O, WS2012R2, WS2012R2-O\n";
    assert!(told.contains(line), "{told}");
    assert_eq!(sandbox.ok(&["vm", "list", "--count", "--where", "name~template"]), "0\n");
    assert_eq!(sandbox.run(&["vm", "show", "WS2012R2-O"]).status, 3);
}

#[test]
fn pools_have_the_totals_of_their_hosts() {
    let (sandbox, _) = imported(SIZING, &[]);
    // The sums of "# Cores" and "# Memory" over the hosts of each cluster, by openpyxl.
    insta::assert_snapshot!(sandbox.ok(&["pool", "list", "-o", "csv", "-c", "path,cpu,memory"]), @r"
    path,cpu,memory
    vSphere/Datacenter1/Cluster1,80,1310545 MiB
    vSphere/Datacenter1/Cluster2,352,11533566 MiB
    vSphere/Datacenter1/Mgmt,48,1179261 MiB
    vSphere/Datacenter1/DMZ,48,982996 MiB
    ");
}

#[test]
fn what_the_export_does_not_have_is_told() {
    let (_, told) = imported(SIZING, &[]);
    assert!(told.contains("not in the export: vDatastore, vDisk\n"), "{told}");
    let line = "added 1617 partitions of 762 VMs to disk0: vDisk is missing from the export\n";
    assert!(told.contains(line), "{told}");
    assert!(told.contains("skipped 1 partition of templates and vCLS machines\n"), "{told}");
    assert!(told.contains("skipped 10 addresses of templates and vCLS machines\n"), "{told}");
}

#[test]
fn a_complete_export_gives_disks_and_vlans_too() {
    let (sandbox, told) = imported(SMALL, &["--provider", "lab"]);
    holds_every_vm(&sandbox, "small-complete.csv");
    // vDisk and vPartition say so: partitions lie on the disk whose key they bear.
    insta::assert_snapshot!(sandbox.ok(&["partition", "list", "-o", "csv", "-c", "path,size"]), @r"
    path,size
    lab/sample-dc/sample-cluster-a/sample-web-01/Hard disk 1//,81920 MiB
    lab/sample-dc/sample-cluster-a/sample-web-01/Hard disk 2//var,40960 MiB
    lab/sample-dc/sample-cluster-a/sample-db-01/Hard disk 1/C:\,102400 MiB
    lab/sample-dc/sample-cluster-a/sample-db-01/Hard disk 2/D:\,225280 MiB
    lab/sample-dc/sample-cluster-a/sample-archive-01/Hard disk 1//,81920 MiB
    ");
    // The VLANs are those of vPort, dvPort and of the switches' port groups.
    insta::assert_snapshot!(sandbox.ok(&["ip", "list", "-o", "csv", "-c", "vm,ipv4,vlan"]), @r"
    vm,ipv4,vlan
    sample-web-01,10.10.1.10,101
    sample-db-01,10.10.2.20,102
    sample-db-01,10.10.3.20,103
    sample-archive-01,10.10.1.30,101
    ");
    assert_eq!(
        sandbox.ok(&["pool", "list", "-o", "csv", "-c", "name,cpu,memory"]),
        "name,cpu,memory\nsample-cluster-a,32,\n"
    );
    assert!(told.contains("# Memory"), "{told}");
}

#[test]
fn a_second_run_with_update_changes_nothing() {
    for name in [SIZING, SMALL] {
        let (sandbox, _) = imported(name, &[]);
        let before = sandbox.rows_of_tables();
        let again = sandbox.run(&["import", "--from", "rvtools", example(name).to_str().expect("UTF-8"), "--update"]);
        assert_eq!(again.status, 0, "{again}");
        for word in [" new", " changed", " moved", " renamed", " adopted", " removed", "no longer in the file"] {
            assert!(!again.stderr.contains(word), "{again}");
        }
        // Nothing is written but when the source was imported.
        let after = sandbox.rows_of_tables();
        let differing = before.iter().zip(&after).filter(|(one, other)| one != other);
        let written: Vec<&str> = differing.map(|((table, _), _)| table.as_str()).collect();
        assert!(written.is_empty() || written == ["source"], "{name}: {written:?}");
    }
}

#[test]
fn a_second_run_without_update_is_refused_as_a_whole() {
    let (sandbox, _) = imported(SMALL, &[]);
    let before = sandbox.exported();
    let again = sandbox.run(&["import", "--from", "rvtools", example(SMALL).to_str().expect("UTF-8")]);
    assert_eq!(again.status, 1, "{again}");
    assert!(again.stderr.contains("VM \"vSphere/sample-dc/sample-cluster-a/sample-web-01\" already exists"), "{again}");
    assert_eq!(sandbox.exported(), before);
}

#[test]
fn a_later_export_says_what_is_new_changed_and_gone() {
    let sandbox = Sandbox::empty();
    let folder = |vms: &str| {
        let path = sandbox.path().join("export");
        std::fs::create_dir_all(&path).expect("a folder");
        let header = "VM,Powerstate,Template,CPUs,Memory,Datacenter,Cluster,Primary IP Address\n";
        std::fs::write(path.join("RVTools_tabvInfo.csv"), format!("{header}{vms}")).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let first = folder("web01,poweredOn,False,2,4096,dc1,c1,10.0.0.1\nweb02,poweredOn,False,2,4096,dc1,c1,10.0.0.2\n");
    sandbox.ok(&["import", "--from", "rvtools", &first]);
    let second =
        folder("web01,poweredOff,False,2,8192,dc1,c1,10.0.0.1\nweb03,poweredOn,False,2,4096,dc1,c1,10.0.0.3\n");
    let answer = sandbox.run(&["import", "--from", "rvtools", &second, "--update"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert!(answer.stderr.contains("2 VMs: 1 new, 1 changed\n"), "{answer}");
    let gone = "no longer in the file: 1 VM: vSphere/dc1/c1/web02 (--prune removes them)\n";
    assert!(answer.stderr.contains(gone), "{answer}");
    assert_eq!(
        sandbox.ok(&["vm", "list", "-o", "csv", "-c", "name,status,memory", "--no-headers"]),
        "web01,stopped,8192 MiB\nweb02,running,4096 MiB\nweb03,running,4096 MiB\n"
    );
    let pruned = sandbox.run(&["import", "--from", "rvtools", &second, "--update", "--prune"]);
    assert_eq!(pruned.status, 0, "{pruned}");
    assert_eq!(sandbox.ok(&["vm", "list", "-o", "csv", "-c", "name", "--no-headers"]), "web01\nweb03\n");
}

#[test]
fn a_dry_run_of_an_estate_shows_it_and_changes_nothing() {
    let sandbox = Sandbox::empty();
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let file = example(SMALL);
    let answer = sandbox.run(&["import", "--from", "rvtools", file.to_str().expect("UTF-8"), "--dry-run", "-o", "csv"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert!(answer.stdout.contains("create,vm,vSphere/sample-dc/sample-cluster-a/sample-web-01,,,\n"), "{answer}");
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before);
}

#[test]
fn a_file_that_is_no_workbook_is_refused_in_a_sentence() {
    let sandbox = Sandbox::empty();
    let file = sandbox.file("estate.xlsx", "not a workbook at all");
    let answer = sandbox.run(&["import", "--from", "rvtools", &file]);
    assert_eq!(answer.status, 1, "{answer}");
    assert_eq!(answer.stderr.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{answer}");
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "0\n");
}

#[test]
fn an_estate_goes_out_and_into_another_inventory_unchanged() {
    let (sandbox, _) = imported(SIZING, &[]);
    let exported = sandbox.exported();
    let folder = sandbox.path().join("A");
    let folder = folder.to_str().expect("UTF-8");
    sandbox.done("export", &[folder]);
    let other = Sandbox::empty();
    other.done("import", &[folder]);
    assert_eq!(other.exported(), exported);
    let file = std::fs::read(sandbox.database()).expect("the inventory");
    let vms = sandbox.ok(&["vm", "export"]);
    let answer = sandbox.run_with_input(&["vm", "import", "-", "--update"], vms);
    assert_eq!((answer.status, answer.stderr.as_str()), (0, "795 VMs: 795 unchanged\n"));
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == file, "the file was written to");
}
