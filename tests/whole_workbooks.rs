//! Whole inventories as workbooks and as zips: out, in, and out again.

use crate::support::Sandbox;
use crate::workbooks::{as_in_a_sheet, awkward_estate, cells, row, workbook};
use std::io::Write;
use std::process::Command;

/// Writes a zip with these files.
fn zip(sandbox: &Sandbox, name: &str, files: &[(&str, &str)]) {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (file, content) in files {
        zip.start_file(*file, zip::write::SimpleFileOptions::default()).expect("a part");
        zip.write_all(content.as_bytes()).expect("it can be written");
    }
    sandbox.file(name, zip.finish().expect("it is a zip").into_inner());
}

/// The files of `inv export` in a folder, by name.
fn files(sandbox: &Sandbox, folder: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(sandbox.path().join(folder)).expect("the folder");
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("a file of text"))
    };
    let mut files: Vec<(String, String)> = entries.map(read).collect();
    files.sort();
    files
}

#[test]
fn an_inventory_comes_back_from_its_workbook_as_it_was() {
    let sandbox = awkward_estate();
    sandbox.ok(&["vm", "add", "_x0041_", "--pool", "prod", "--custom-os", "_x000D_ \u{1F642} 日本"]);
    sandbox.ok(&["vm", "add", "exact", "--pool", "prod", "--memory", "9007199254740993B", "--cpu", "0.1"]);
    sandbox.ok(&["export", "all.xlsx"]);
    sandbox.ok(&["export", "before"]);
    sandbox.ok(&["--db", "other.db", "init"]);
    let answer = sandbox.run(&["--db", "other.db", "import", "all.xlsx"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    assert!(!answer.stderr.contains("skipped") && !answer.stderr.contains("warning"), "{answer}");
    sandbox.ok(&["--db", "other.db", "export", "after"]);
    assert_eq!(files(&sandbox, "after"), files(&sandbox, "before"));
}

#[test]
fn a_workbook_changes_nothing_in_the_inventory_that_wrote_it() {
    let sandbox = awkward_estate();
    sandbox.ok(&["export", "all.xlsx"]);
    let history = sandbox.ok(&["log", "-o", "json"]);
    let answer = sandbox.run(&["import", "all.xlsx", "--update", "--prune"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    assert!(answer.stderr.lines().all(|line| line.ends_with(" unchanged") && !line.contains(',')), "{answer}");
    assert_eq!(sandbox.ok(&["log", "-o", "json"]), history);
}

#[test]
fn sheets_are_found_by_any_name_of_their_noun_and_others_are_named() {
    let sandbox = Sandbox::estate();
    let vms = row(1, &["name", "pool", "owner"]) + &row(2, &["new", "prod", "carol"]);
    let users = row(1, &["name"]) + &row(2, &["carol"]);
    workbook(&sandbox, "all.xlsx", &[("Notes", &row(1, &["text"])), ("virtual_machine", &vms), ("Users", &users)]);
    let answer = sandbox.run(&["import", "all.xlsx"]);
    assert_eq!(
        (answer.status, answer.stdout.as_str(), answer.stderr.as_str()),
        (0, "", "skipped sheet \"Notes\": unknown noun\n1 user: 1 new\n1 VM: 1 new\n")
    );
    assert_eq!(sandbox.ok(&["undo", "-q"]), "");
    workbook(&sandbox, "none.xlsx", &[("Notes", &row(1, &["text"])), ("East", &vms)]);
    let answer = sandbox.run(&["import", "none.xlsx"]);
    assert_eq!(
        (answer.status, answer.stdout.as_str(), answer.stderr.as_str()),
        (
            1,
            "",
            "error: none.xlsx has no sheet of a noun\nhelp: names: providers, dcs, oses, units, systems, users, \
             sources, pools, vms, storages, disks, partitions, ips, source-records, field-owners; found: \"Notes\", \
             \"East\"\n"
        )
    );
    workbook(&sandbox, "two.xlsx", &[("VM", &vms), ("virtual machines", &vms), ("Server", &vms)]);
    let answer = sandbox.run(&["import", "two.xlsx"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "3\n");
}

#[test]
fn a_fault_in_one_sheet_leaves_the_inventory_as_it_was() {
    let sandbox = Sandbox::estate();
    let before = sandbox.exported();
    let users = row(1, &["name"]) + &row(2, &["carol"]);
    let vms = row(1, &["name", "pool"]) + &row(3, &["new", "nowhere"]);
    workbook(&sandbox, "all.xlsx", &[("users", &users), ("vms", &vms)]);
    let answer = sandbox.run(&["import", "all.xlsx"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert!(answer.stderr.contains("  all.xlsx (vms):3: "), "{answer}");
    assert_eq!(sandbox.exported(), before);
}

#[test]
fn a_zip_of_csv_files_is_read_as_their_folder() {
    let sandbox = awkward_estate();
    sandbox.ok(&["export", "before"]);
    let before = files(&sandbox, "before");
    let parts: Vec<(String, &str)> =
        before.iter().map(|(name, text)| (format!("copy/{name}"), text.as_str())).collect();
    let mut parts: Vec<(&str, &str)> = parts.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    parts.extend([("copy/readme.txt", "hello"), ("copy/racks.csv", "name\n"), ("__MACOSX/copy/._vms.csv", "\0")]);
    zip(&sandbox, "all.zip", &parts);
    sandbox.ok(&["--db", "other.db", "init"]);
    let answer = sandbox.run(&["--db", "other.db", "import", "all.zip"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    assert!(answer.stderr.starts_with("skipped racks.csv: unknown noun\n"), "{answer}");
    sandbox.ok(&["--db", "other.db", "export", "after"]);
    assert_eq!(files(&sandbox, "after"), before);
}

#[test]
fn a_noun_is_read_from_its_file_in_a_zip() {
    let sandbox = Sandbox::estate();
    let rows = "name,pool\nnew,prod\nbad,nowhere\n";
    zip(&sandbox, "one.zip", &[("list/anything.csv", rows)]);
    let answer = sandbox.run(&["vm", "import", "one.zip"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert!(answer.stderr.contains("  one.zip (anything.csv):3: "), "{answer}");
    zip(&sandbox, "two.zip", &[("east.csv", "name,pool\na,prod\n"), ("west.csv", "name;pool\nb;prod\n")]);
    let answer = sandbox.run(&["vm", "import", "two.zip"]);
    assert_eq!(
        (answer.status, answer.stderr.as_str()),
        (2, "error: \"two.zip\" has several CSV files\nhelp: pass --sheet with one of \"east\", \"west\"\n")
    );
    assert_eq!(sandbox.run(&["vm", "import", "two.zip", "--sheet", "West"]).stderr, "1 VM: 1 new\n");
    let answer = sandbox.run(&["vm", "import", "two.zip", "--sheet", "north"]);
    assert_eq!(
        (answer.status, answer.stderr.as_str()),
        (2, "error: \"two.zip\" has no file \"north\"\nhelp: pass --sheet with one of \"east\", \"west\"\n")
    );
    for (name, parts) in [("none.zip", &[("a.txt", "x")][..]), ("same.zip", &[("a/x.csv", "x"), ("b/x.csv", "x")])] {
        zip(&sandbox, name, parts);
        for command in [&["import", name][..], &["vm", "import", name]] {
            let answer = sandbox.run(command);
            assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
            assert!(answer.stderr.contains("\nhelp: unpack it, and import "), "{answer}");
        }
    }
}

/// Converts each sheet of a workbook to CSV, `FILE-SHEET.csv`, by LibreOffice; false if it is not installed.
fn convert_by_libreoffice(sandbox: &Sandbox, workbook: &str) -> bool {
    let profile = format!("-env:UserInstallation=file://{}", sandbox.path().join("profile").display());
    let format = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1";
    let mut command = Command::new("soffice");
    command.current_dir(sandbox.path()).env("HOME", sandbox.path()).env("LC_ALL", "C.UTF-8").arg(profile);
    match command.args(["--headless", "--convert-to", format, workbook]).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            true
        }
        Err(_) => {
            let note = "skipped: LibreOffice (soffice) is not installed\n";
            std::io::stderr().write_all(note.as_bytes()).expect("standard error");
            false
        }
    }
}

#[test]
fn libreoffice_reads_each_cell_of_a_workbook_as_inv_wrote_it() {
    let sandbox = awkward_estate();
    sandbox.ok(&["vm", "add", "_x0041_", "--pool", "prod", "--memory", "4PiB", "--custom-os", "_x000D_ \u{1F642}"]);
    sandbox.ok(&["export", "all.xlsx"]);
    sandbox.ok(&["export", "all"]);
    let list = std::fs::File::create(sandbox.path().join("list.xlsx")).expect("a file");
    let status = sandbox.command().args(["vm", "list", "-o", "xlsx"]).stdout(list).status().expect("inv runs");
    assert!(status.success());
    if !convert_by_libreoffice(&sandbox, "all.xlsx") || !convert_by_libreoffice(&sandbox, "list.xlsx") {
        return;
    }
    let converted = |name: &str| std::fs::read_to_string(sandbox.path().join(name)).expect("it was converted");
    for (name, text) in files(&sandbox, "all") {
        let sheet = cells(&converted(&format!("all-{name}")));
        assert_eq!(as_in_a_sheet(sheet), as_in_a_sheet(cells(&text)), "{name}");
    }
    let list = as_in_a_sheet(cells(&converted("list-Sheet1.csv")));
    assert_eq!(list, as_in_a_sheet(cells(&sandbox.ok(&["vm", "list", "-o", "csv"]))));
    let bytes = cells(&converted("list-Sheet1.csv"));
    let column = bytes[0].iter().position(|name| name == "memory.bytes").expect("the column of bytes");
    // 4 PiB, with all digits.
    assert!(bytes.iter().any(|row| row[column] == "4503599627370496"), "{bytes:?}");
}

#[test]
fn a_zip_of_rvtools_tabs_is_read_as_their_folder() {
    let info = "VM,Powerstate,CPUs,Memory,Datacenter,Cluster,VM UUID,VI SDK Server\n\
                web01,poweredOn,4,4096,DC,prod,u1,vc\nweb02,poweredOff,2,1.5,DC,prod,u2,vc\n";
    let disks = "VM,Disk,Capacity MiB,Path,VM UUID\nweb01,Hard disk 1,1024,[san1] web01.vmdk,u1\n";
    let tabs = [("RVTools_tabvInfo.csv", info), ("RVTools_tabvDisk.csv", disks), ("RVTools_tabvNews.csv", "a\n")];
    let folder = Sandbox::empty();
    std::fs::create_dir(folder.path().join("tabs")).expect("a folder");
    for (name, content) in tabs {
        folder.file(&format!("tabs/{name}"), content);
    }
    let zipped = Sandbox::empty();
    zip(&zipped, "tabs.zip", &tabs.map(|(name, content)| (&*format!("export/{name}").leak(), content)));
    let arguments = ["import", "--from", "rvtools", "-v"];
    let from_folder = folder.run(&[&arguments[..], &["tabs"]].concat());
    let from_zip = zipped.run(&[&arguments[..], &["tabs.zip"]].concat());
    assert_eq!(from_zip, from_folder);
    assert_eq!(from_zip.status, 0, "{from_zip}");
    let list = ["vm", "list", "-o", "csv", "-c", "name,pool,status,cpu,memory,disks"];
    assert_eq!(zipped.ok(&list), folder.ok(&list));
    assert!(zipped.ok(&list).contains("web01,prod,running,4,4096 MiB,"), "{}", zipped.ok(&list));
}

#[test]
fn a_workbook_that_cannot_be_written_leaves_the_file_that_was_there() {
    let sandbox = Sandbox::estate();
    // A cell has at most 32,767 characters, a text of the inventory 65,536 bytes.
    sandbox.ok(&["export", "all.xlsx"]);
    sandbox.ok(&["vm", "export", "vms.xlsx"]);
    let content = |name: &str| std::fs::read(sandbox.path().join(name)).expect("the file");
    let contents = || (content("all.xlsx"), content("vms.xlsx"));
    let there = contents();
    sandbox.ok(&["vm", "add", "long", "--pool", "prod", "--custom-os", &"x".repeat(32_768)]);
    let names = || {
        let entries = std::fs::read_dir(sandbox.path()).expect("the folder");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("a file").file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    let refusal = "error: a cell has at most 32767 characters\nhelp: CSV has no such limit: pass -o csv";
    for arguments in [&["export", "all.xlsx"][..], &["vm", "export", "vms.xlsx"], &["vm", "export", "-o", "xlsx"]] {
        let answer = sandbox.run(arguments);
        assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
        assert!(answer.stderr.starts_with(refusal), "{answer}");
        assert!(contents() == there, "{arguments:?} replaced what was there");
        assert_eq!(names(), before);
    }
    sandbox.ok(&["vm", "set", "long", "--custom-os", &"x".repeat(32_767)]);
    sandbox.ok(&["export", "all.xlsx"]);
    let answer = sandbox.run(&["export", "inv.db"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert_eq!(sandbox.run(&["import", "all.xlsx", "--update"]).status, 0);
}
