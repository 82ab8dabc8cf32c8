//! Workbooks: sheets that come in, and lists that go out, held against a spreadsheet engine.

use crate::imports::{imported, refused, told};
use crate::support::Sandbox;
use std::io::Write;
use std::process::Command;

/// Converts a file of the sandbox by Gnumeric; the extension of `to` is that of the format.
fn convert(sandbox: &Sandbox, from: &str, to: &str) {
    let format = match to.rsplit('.').next() {
        Some("xlsx") => "Gnumeric_Excel:xlsx",
        Some("xls") => "Gnumeric_Excel:excel_biff8",
        _ => "Gnumeric_stf:stf_csv",
    };
    let mut command = Command::new("ssconvert");
    command.current_dir(sandbox.path()).env("LC_ALL", "C.UTF-8").args(["--export-type", format, from, to]);
    let output = command.output().expect("ssconvert runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Writes a workbook with these sheets, each the XML of its rows.
pub fn workbook(sandbox: &Sandbox, name: &str, sheets: &[(&str, &str)]) {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut add = |part: &str, content: &str| {
        zip.start_file(part, zip::write::SimpleFileOptions::default()).expect("a part");
        zip.write_all(content.as_bytes()).expect("it can be written");
    };
    let (mut listed, mut related) = (String::new(), String::new());
    for (number, (sheet, rows)) in sheets.iter().enumerate() {
        listed += &format!("<sheet name=\"{sheet}\" sheetId=\"{}\" id=\"s{number}\"/>", number + 1);
        related += &format!(
            "<Relationship Id=\"s{number}\" Type=\"x/relationships/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
        add(
            &format!("xl/worksheets/sheet{number}.xml"),
            &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"),
        );
    }
    let package = "<Relationships><Relationship Id=\"r\" Type=\"x/relationships/officeDocument\" \
                   Target=\"xl/workbook.xml\"/></Relationships>";
    add("_rels/.rels", package);
    add("xl/workbook.xml", &format!("<workbook><sheets>{listed}</sheets></workbook>"));
    add("xl/_rels/workbook.xml.rels", &format!("<Relationships>{related}</Relationships>"));
    sandbox.file(name, zip.finish().expect("it is a zip").into_inner());
}

/// Writes a row of texts as XML.
pub fn row(number: u32, cells: &[&str]) -> String {
    let cells = cells.iter().zip('A'..).filter(|(cell, _)| !cell.is_empty());
    let cells: String =
        cells.map(|(cell, column)| format!("<c r=\"{column}{number}\" t=\"str\"><v>{cell}</v></c>")).collect();
    format!("<row r=\"{number}\">{cells}</row>")
}

#[test]
fn a_spreadsheet_reads_in_a_workbook_what_the_list_has_as_csv() {
    let sandbox = Sandbox::estate();
    for name in ["サーバー①", "🙂 emoji", "=1+1", "@sum", "-5", "0123", "1e5"] {
        sandbox.ok(&["vm", "add", "--pool", "prod", "--memory", "1.5GiB", "--cpu", "0.5", "--", name]);
    }
    let columns = "name,pool,status,cpu,memory,memory.bytes,ips,owner";
    let bytes = sandbox.run(&["vm", "list", "-o", "xlsx", "-c", "name,pool,status,cpu,memory,ips,owner"]);
    assert_eq!((bytes.status, bytes.stderr.as_str()), (0, ""));
    let written = std::fs::File::create(sandbox.path().join("list.xlsx")).expect("a file");
    let mut command = sandbox.command();
    command.args(["vm", "list", "-o", "xlsx", "-c", "name,pool,status,cpu,memory,ips,owner"]).stdout(written);
    assert!(command.status().expect("inv runs").success());
    convert(&sandbox, "list.xlsx", "list.csv");
    let read = std::fs::read_to_string(sandbox.path().join("list.csv")).expect("it was written");
    let list = sandbox.ok(&["vm", "list", "-o", "csv", "-c", columns]);
    let cells = |text: &str| -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.expect("CSV").iter().map(str::to_owned).collect()).collect()
    };
    assert_eq!(cells(&read), cells(&list));
}

#[test]
fn a_workbook_that_inv_wrote_changes_nothing_when_it_comes_back() {
    let sandbox = Sandbox::estate();
    let before = sandbox.exported();
    for noun in ["provider", "dc", "pool", "storage", "os", "unit", "user", "system", "vm", "disk", "ip"] {
        for verb in ["list", "export"] {
            let file = std::fs::File::create(sandbox.path().join("all.xlsx")).expect("a file");
            let status = sandbox.command().args([noun, verb, "-o", "xlsx"]).stdout(file).status().expect("inv runs");
            assert!(status.success());
            let answer = imported(
                &sandbox,
                noun,
                "all.xlsx",
                std::fs::read(sandbox.path().join("all.xlsx")).expect("it"),
                &["--update"],
            );
            let tally = answer.stderr.lines().next().unwrap_or_default();
            assert!(tally.ends_with(" unchanged") && !tally.contains(','), "{noun} {verb} {answer}");
        }
    }
    assert_eq!(sandbox.exported(), before);
}

#[test]
fn sheets_of_four_kinds_of_workbook_are_read() {
    let rows = "name,pool,memory,cpu,owner\nnew1,prod,16 GiB,4,alice\nサーバー,test,1.5 GB,0.5,\n";
    for extension in ["xlsx", "xls"] {
        let sandbox = Sandbox::estate();
        sandbox.file("vms.csv", rows);
        let name = format!("vms.{extension}");
        convert(&sandbox, "vms.csv", &name);
        let content = std::fs::read(sandbox.path().join(&name)).expect("it was written");
        let answer = imported(&sandbox, "vm", &name, content, &[]);
        assert_eq!(answer.stderr, "2 VMs: 2 new\n", "{extension}");
        let list = told(&sandbox, "vm", "name,pool,memory,cpu,owner");
        assert!(list.ends_with("new1,prod,16 GiB,4,alice\nサーバー,test,1.5 GB,0.5,\n"), "{list}");
    }
    let sandbox = Sandbox::estate();
    open_document(&sandbox, "vms.ods", rows);
    assert_eq!(sandbox.run(&["vm", "import", "vms.ods"]).stderr, "2 VMs: 2 new\n");
    let list = told(&sandbox, "vm", "name,pool,memory,cpu,owner");
    assert!(list.ends_with("new1,prod,16 GiB,4,alice\nサーバー,test,1.5 GB,0.5,\n"), "{list}");
}

/// Writes rows of CSV as a sheet of OpenDocument 1.2, without line breaks in its XML, as LibreOffice does.
fn open_document(sandbox: &Sandbox, name: &str, rows: &str) {
    let cell = |text: &str| {
        if text.is_empty() {
            "<table:table-cell/>".to_owned()
        } else {
            format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
        }
    };
    let row =
        |line: &str| format!("<table:table-row>{}</table:table-row>", line.split(',').map(cell).collect::<String>());
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet>\
         <table:table table:name=\"Sheet1\">{}</table:table></office:spreadsheet></office:body>\
         </office:document-content>",
        rows.lines().map(row).collect::<String>()
    );
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let manifest = "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
    for (part, text) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest),
        ("content.xml", &content),
    ] {
        zip.start_file(part, zip::write::SimpleFileOptions::default()).expect("a part");
        zip.write_all(text.as_bytes()).expect("it can be written");
    }
    sandbox.file(name, zip.finish().expect("it is a zip").into_inner());
}

#[test]
fn faults_name_the_row_of_the_sheet_whatever_stands_above_it() {
    let sandbox = Sandbox::estate();
    let rows = [
        row(1, &["Estate of Tokyo"]),
        row(4, &["name", "pool", "memory", "", ""]),
        row(6, &["two\nlines", "prod"]),
        row(9, &["bad", "prod", "16 GX"]),
    ];
    workbook(&sandbox, "vms.xlsx", &[("Servers", &rows.concat())]);
    let answer = sandbox.run(&["vm", "import", "vms.xlsx", "--header-row", "4"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert!(answer.stderr.contains("  vms.xlsx (Servers):6: name: "), "{answer}");
    assert!(answer.stderr.contains("  vms.xlsx (Servers):9: memory: \"16 GX\""), "{answer}");
}

#[test]
fn the_sheet_is_the_one_with_rows_or_of_the_noun_or_named() {
    let sandbox = Sandbox::estate();
    let vms = |name: &str| row(1, &["name", "pool"]) + &row(2, &[name, "prod"]);
    workbook(&sandbox, "one.xlsx", &[("Notes", ""), ("Data", &vms("a"))]);
    assert_eq!(sandbox.run(&["vm", "import", "one.xlsx"]).stderr, "1 VM: 1 new\n");
    workbook(&sandbox, "noun.xlsx", &[("Notes", &row(1, &["text"])), ("VMs", &vms("b"))]);
    assert_eq!(sandbox.run(&["vm", "import", "noun.xlsx"]).stderr, "1 VM: 1 new\n");
    workbook(&sandbox, "two.xlsx", &[("East", &vms("c")), ("West", &vms("d"))]);
    let answer = sandbox.run(&["vm", "import", "two.xlsx"]);
    assert_eq!(answer.status, 2);
    assert_eq!(
        answer.stderr,
        "error: \"two.xlsx\" has several sheets\nhelp: pass --sheet with one of \"East\", \"West\"\n"
    );
    assert_eq!(sandbox.run(&["vm", "import", "two.xlsx", "--sheet", "west"]).stderr, "1 VM: 1 new\n");
    let answer = sandbox.run(&["vm", "import", "two.xlsx", "--sheet", "North"]);
    assert_eq!(
        (answer.status, answer.stderr.as_str()),
        (2, "error: \"two.xlsx\" has no sheet \"North\"\nhelp: sheets: \"East\", \"West\"\n")
    );
    assert_eq!(told(&sandbox, "vm", "name"), "web01\nweb02\nweb10\na\nb\nd\n");
}

#[test]
fn dates_numbers_and_formulas_of_a_sheet_are_read_as_they_are_stored() {
    let sandbox = Sandbox::estate();
    let cells = "<row r=\"2\"><c r=\"A2\" t=\"str\"><v>calc</v></c><c r=\"B2\" t=\"str\"><v>prod</v></c>\
                 <c r=\"C2\"><f>1+1</f><v>2</v></c><c r=\"D2\"><f>NOW()</f></c></row>";
    workbook(&sandbox, "vms.xlsx", &[("S", &(row(1, &["name", "pool", "cpu", "custom-os"]) + cells))]);
    let answer = sandbox.run(&["vm", "import", "vms.xlsx"]);
    assert_eq!(
        (answer.status, answer.stderr.as_str()),
        (0, "1 VM: 1 new\nwarning: 1 formula has no stored value and was read as empty: D2\n")
    );
    assert_eq!(told(&sandbox, "vm", "name,cpu,custom-os").lines().last(), Some("calc,2,"));
    sandbox.file("days.csv", "name,pool,created\nday,prod,2023-02-08\nhour,prod,2023-02-08 15:49:10\n");
    convert(&sandbox, "days.csv", "days.xlsx");
    sandbox.ok(&["vm", "import", "days.xlsx"]);
    let last: Vec<String> = told(&sandbox, "vm", "name,created").lines().rev().take(2).map(str::to_owned).collect();
    assert_eq!(last, ["hour,2023-02-08T15:49:10Z", "day,2023-02-08T00:00:00Z"]);
}

#[test]
fn what_is_no_workbook_is_named_as_what_it_is() {
    let sandbox = Sandbox::estate();
    let xml = "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>";
    for (name, content, message) in [
        ("page.xls", &b"<html><table><tr><td>name</td></tr></table></html>"[..], "\"page.xls\" is a page of HTML"),
        ("old.xls", xml.as_bytes(), "\"old.xls\" is a workbook in XML of 2003 (SpreadsheetML)"),
        ("broken.xlsx", b"PK\x03\x04garbage", "\"broken.xlsx\" is not a readable workbook: "),
        ("broken.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "\"broken.xls\" is not a readable workbook: "),
    ] {
        let answer = refused(&sandbox, "vm", name, content, &[]);
        assert!(answer.stderr.starts_with(&format!("error: {message}")), "{answer}");
        assert!(answer.stderr.contains("\nhelp: open it in a spreadsheet and save it as .xlsx"), "{answer}");
    }
    let answer = sandbox.run(&["vm", "import", "broken.xlsx", "--delimiter", ";"]);
    assert_eq!(
        (answer.status, answer.stderr.as_str()),
        (2, "error: --delimiter does not apply to \"broken.xlsx\", which is a workbook\nhelp: omit --delimiter\n")
    );
    sandbox.file("vms.csv", "name,pool\n");
    let answer = sandbox.run(&["vm", "import", "vms.csv", "--sheet", "S"]);
    assert_eq!(
        (answer.status, answer.stderr.as_str()),
        (2, "error: --sheet does not apply to \"vms.csv\", which is not a workbook\n")
    );
}

#[test]
fn a_number_in_a_column_of_times_is_one_of_days() {
    let sandbox = Sandbox::estate();
    let rows = [row(1, &["name", "pool", "created"]), row(2, &["shop1", "prod", "45720.4244444444"])].concat();
    workbook(&sandbox, "vms.xlsx", &[("Sheet1", &rows)]);
    let content = std::fs::read(sandbox.path().join("vms.xlsx")).expect("it was written");
    imported(&sandbox, "vm", "vms.xlsx", content, &[]);
    // As Python has it: datetime(1899, 12, 30) + timedelta(days=45720.4244444444).
    assert!(told(&sandbox, "vm", "name,created").ends_with("shop1,2025-03-04T10:11:12Z\n"));
    let answer = refused(&sandbox, "vm", "vms.csv", "name,pool,created\nshop2,prod,45720\n", &[]);
    assert!(answer.stderr.contains("vms.csv:2: created: \"45720\" is not a time"), "{answer}");
}

/// Estate whose texts a spreadsheet would like to read as something else.
pub fn awkward_estate() -> Sandbox {
    let sandbox = Sandbox::estate();
    for name in ["サーバー①", "🙂 emoji", "=1+1", "@sum", "+1", "007", "1e5", "TRUE", "2024-01-02", "'quoted"] {
        let text = format!("{name}\nof two lines, \"quoted\"");
        sandbox.ok(&["vm", "add", "--pool", "prod", "--memory", "1.5GiB", "--custom-os", &text, "--", name]);
    }
    sandbox
}

/// The rows of a text in CSV.
pub fn cells(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("CSV").iter().map(str::to_owned).collect()).collect()
}

/// Removes the columns of bytes, and writes times as a spreadsheet shows them.
pub fn as_in_a_sheet(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let header = rows.first().cloned().unwrap_or_default();
    for row in rows.iter_mut().skip(1) {
        for (cell, name) in row.iter_mut().zip(&header) {
            if ["created", "updated"].contains(&name.as_str()) {
                *cell = cell.replace('T', " ").replace('Z', "").replace('/', "-");
            }
        }
    }
    for row in &mut rows {
        let mut column = 0;
        row.retain(|_| {
            column += 1;
            !header[column - 1].ends_with(".bytes")
        });
    }
    rows
}

#[test]
fn a_spreadsheet_reads_in_the_sheets_of_an_inventory_what_its_files_have() {
    let sandbox = awkward_estate();
    let answer = sandbox.run(&["export", "all.xlsx"]);
    let counted = "exported 1 provider, 1 datacenter, 2 OSes, 11 units, 1 system, 2 users, 2 pools, 13 VMs, \
                   1 storage device, 1 disk and 1 address to ";
    assert_eq!(
        (answer.status, answer.stdout.as_str(), answer.stderr.as_str()),
        (0, "", &*format!("{counted}all.xlsx\n"))
    );
    assert_eq!(sandbox.run(&["export", "all"]).stderr, format!("{counted}all\n"));
    let mut command = Command::new("ssconvert");
    command.current_dir(sandbox.path()).env("LC_ALL", "C.UTF-8");
    let output = command.args(["-S", "--export-type", "Gnumeric_stf:stf_csv", "all.xlsx", "%s.csv"]).output();
    assert!(output.expect("ssconvert runs").status.success());
    for entry in std::fs::read_dir(sandbox.path().join("all")).expect("the folder") {
        let name = entry.expect("a file").file_name().into_string().expect("a name");
        let file = std::fs::read_to_string(sandbox.path().join("all").join(&name)).expect("a file");
        let sheet = std::fs::read_to_string(sandbox.path().join(&name)).expect("a sheet of this name");
        assert_eq!(as_in_a_sheet(cells(&sheet)), as_in_a_sheet(cells(&file)), "{name}");
    }
}

#[test]
fn a_noun_is_exported_to_a_file_in_the_format_of_its_ending() {
    let sandbox = Sandbox::estate();
    for ending in ["csv", "tsv", "json", "jsonl", "yaml"] {
        let name = format!("vms.{ending}");
        let answer = sandbox.run(&["vm", "export", &name, "--where", "cpu>1"]);
        assert_eq!(
            (answer.status, answer.stdout.as_str(), answer.stderr.as_str()),
            (0, "", &*format!("exported 2 VMs to {name}\n"))
        );
        let printed = sandbox.ok(&["vm", "export", "-o", ending, "--where", "cpu>1"]);
        assert_eq!(std::fs::read_to_string(sandbox.path().join(&name)).expect("the file"), printed, "{ending}");
    }
    assert_eq!(sandbox.run(&["vm", "export", "vms.xlsx"]).stderr, "exported 3 VMs to vms.xlsx\n");
    assert_eq!(sandbox.run(&["vm", "import", "vms.xlsx", "--update"]).stderr, "3 VMs: 3 unchanged\n");
    for (arguments, stderr) in [
        (
            &["vm", "export", "vms.txt"][..],
            "error: the name \"vms.txt\" does not end with a format\n\
             help: end it with .csv, .tsv, .json, .jsonl, .yaml, .xlsx\n",
        ),
        (
            &["vm", "export", "vms.xlsx", "-o", "csv"],
            "error: the name \"vms.xlsx\" does not end with .csv\n\
             help: omit --output: the ending of the name sets the format\n",
        ),
    ] {
        let answer = sandbox.run(arguments);
        assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr.as_str()), (2, "", stderr));
    }
    assert!(!sandbox.path().join("vms.txt").exists());
}
