//! Workbooks that no spreadsheet saved.

use super::{Row, Target};
use crate::support::answer;
use std::io::{Cursor, Write};

const HEADER: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>VM</t></is></c></row>"#;

/// A zip archive of these parts.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a part");
        archive.write_all(content).expect("room in memory");
    }
    archive.finish().expect("an archive").into_inner()
}

/// A workbook of one sheet, with more parts.
fn workbook(name: &str, sheet: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let of = "http://schemas.openxmlformats.org";
    let relation = |kind: &str, target: &str| {
        format!(
            r#"<Relationships xmlns="{of}/package/2006/relationships"><Relationship Id="r1" Type="{of}/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>"#
        )
    };
    let book = format!(
        r#"<workbook xmlns="{of}/spreadsheetml/2006/main" xmlns:r="{of}/officeDocument/2006/relationships"><sheets><sheet name="{name}" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let (outer, inner) =
        (relation("officeDocument", "xl/workbook.xml"), relation("worksheet", "worksheets/sheet1.xml"));
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("_rels/.rels", outer.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", inner.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.extend(more);
    archive(&parts)
}

fn sheet(before: &str, rows: &str) -> String {
    format!("<?xml version=\"1.0\"?>{before}<worksheet><sheetData>{rows}</sheetData></worksheet>")
}

#[test]
fn workbooks_that_are_none_are_told_why() {
    let target = Target::new();
    let unreadable = |reason: &str| format!("\"x.xlsx\" is not a readable workbook: {reason}");
    let in_sheet = |reason: &str| format!("\"x.xlsx (vInfo)\" is not a readable workbook: {reason}");
    let whole = workbook("vInfo", &sheet("", HEADER), &[]);
    let laughs: String =
        (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let laughs = format!("<!DOCTYPE l [<!ENTITY l0 \"lol\">{laughs}]>");
    let named =
        |entity: &str| format!("{HEADER}<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>{entity}</t></is></c></row>");
    let far = r#"<row r="99999999999"><c r="ZZZZZZ99999999999" t="inlineStr"><is><t>VM</t></is></c></row>"#;
    let index = format!("{HEADER}<row r=\"2\"><c r=\"A2\" t=\"s\"><v>99999999999</v></c></row>");
    let bomb = vec![b' '; 17 << 20];
    for (content, told) in [
        (Vec::new(), "\"x.xlsx\" is not a workbook".to_owned()),
        (b"VM,Powerstate\n".to_vec(), "\"x.xlsx\" is not a workbook".to_owned()),
        (b"\xd0\xcf\x11\xe0\xa1\xb1".to_vec(), "\"x.xlsx\" is an old or password-protected workbook".to_owned()),
        (b"PK\x03\x04".to_vec(), unreadable("invalid Zip archive: Could not find EOCD")),
        (whole[..whole.len() - 30].to_vec(), unreadable("invalid Zip archive: Could not find EOCD")),
        (
            archive(&[("../../../evil", b"x")]),
            "\"x.xlsx\" is a zip archive without a workbook or a CSV file in it".to_owned(),
        ),
        (archive(&[("xl/workbook.xml", b"x")]), unreadable("File not found '_rels/.rels'")),
        (archive(&[("xl/workbook.xml", &bomb)]), unreadable("its part xl/workbook.xml unpacks to more than 16 MiB")),
        (
            workbook("vInfo", &sheet("", HEADER), &[("xl/sharedStrings.xml", b"<sst uniqueCount=\"4294967295\"/>")]),
            unreadable("its part xl/sharedstrings.xml declares more texts than fit"),
        ),
        (
            workbook("vInfo", &sheet(&laughs, &named("&l9;")), &[]),
            in_sheet("Xml error: at 0..0: unrecognized entity `&l9;`"),
        ),
        (
            workbook("vInfo", &sheet("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>", &named("&x;")), &[]),
            in_sheet("Xml error: at 0..0: unrecognized entity `&x;`"),
        ),
        (workbook("vInfo", &sheet("", &index), &[]), in_sheet("Cell string index not found in shared strings table")),
        (workbook("vInfo", &sheet("", far), &[]), in_sheet("it has more than 20000000 cells or 16384 columns")),
        (
            workbook("vInfo", &sheet("", &HEADER.replace("VM", "Foo")), &[]),
            "x.xlsx (vInfo) has no column \"VM\"".to_owned(),
        ),
        (workbook("vInfo", &sheet("", ""), &[]), "\"x.xlsx\" has no tab vInfo with a header".to_owned()),
        (workbook("&#27;[2J", &sheet("", HEADER), &[]), "\"x.xlsx\" has no tab vInfo with a header".to_owned()),
    ] {
        target.sandbox.file("x.xlsx", content);
        target.refuses(&Row::of(&["import", "--from", "rvtools", "x.xlsx"]), 1, &told);
    }
    target.refuses(&Row::of(&["import", "--from", "\u{1b}[2J", "x.xlsx"]), 2, "unsupported program \"\\x1b[2J\"");
}

#[test]
fn a_name_in_a_workbook_steers_no_terminal() {
    let target = Target::new();
    for name in ["v&#27;[2J", "v_x001B_[2J"] {
        let rows = format!("{HEADER}<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>{name}</t></is></c></row>");
        target.sandbox.file("x.xlsx", workbook("vInfo", &sheet("", &rows), &[]));
        let fault = "x.xlsx (vInfo):2: name: \"v\\x1b[2J\" has the control character U+001B at character 2 (remove \
             the character)\n";
        let answer = target.answers(&Row::of(&["import", "--from", "rvtools", "x.xlsx", "-q", "--strict"]));
        assert_eq!(answer.status, 1, "{answer}");
        assert!(answer.stderr.contains(&format!("\n  {fault}")), "{answer}");
        let answer = target.answers(&Row::of(&["import", "--from", "rvtools", "x.xlsx", "-q", "-n", "-o", "csv"]));
        assert_eq!(answer.status, 0, "{answer}");
        assert_eq!(answer.stderr, format!("skipped 1 row without a place: {fault}"));
    }
}

#[test]
fn a_row_of_which_only_the_last_place_is_filled_costs_no_more_than_that() {
    let target = Target::new();
    let cell = |row: usize| format!("<row r=\"{row}\"><c r=\"XFD{row}\" t=\"inlineStr\"><is><t>c</t></is></c></row>");
    let header = HEADER.replace("</row>", "<c r=\"XFD1\" t=\"inlineStr\"><is><t>Cluster</t></is></c></row>");
    let rows: String = (2..50_000).map(cell).collect();
    target.sandbox.file("x.xlsx", workbook("vInfo", &sheet("", &format!("{header}{rows}")), &[]));
    // As many places as the rows are wide would be 800 million, which no processor passes over in so many seconds.
    let like = target.sandbox.command();
    let mut command = std::process::Command::new("sh");
    command.env_clear().envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(target.sandbox.path()).args(["-c", "ulimit -t 5; exec \"$@\"", "sh"]).arg(like.get_program());
    let imported = answer(command.args(["import", "--from", "rvtools", "x.xlsx", "-q", "--dry-run"]));
    assert_eq!(imported.status, 0, "{imported}");
}
