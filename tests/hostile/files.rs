//! CSV and JSON that nobody's program wrote.

use super::{Row, Target};

/// Imports `content` as the file `name`, which must be refused as `told` says.
fn refuses_file(target: &Target, name: &str, content: &[u8], told: &str) {
    let file = target.sandbox.path().join(name);
    std::fs::write(&file, content).expect("a file");
    target.refuses(&Row::of(&["user", "import", name]), 1, told);
    std::fs::remove_file(file).expect("the file is still there");
}

/// What is told of a file with one bad row, or one bad column.
fn one(fault: &str) -> String {
    let (file, _) = fault.split_once(':').expect("a fault with its file");
    let of_columns = [" is not a column of ", " is computed and cannot be imported", ": the column name is missing"];
    let what = if of_columns.iter().any(|part| fault.contains(part)) { "column" } else { "row" };
    format!("1 {what} is wrong in {file}; nothing was imported\n  {fault}")
}

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

const EMPTY: &str = "u.csv is empty: the header is missing";
const NUL: &str = "contains a NUL byte, so it is not CSV (if it is UTF-16, pass --encoding utf-16le)";
const NOT_UTF_8: &str = "contains bytes that are not UTF-8 (pass --encoding, possibly ANY)";
const INSIDE: &str = "a quote is inside an unquoted cell (quote the whole cell and double the quote)";
const OF_USERS: &str = "is not a column of users (columns: name, email; map others with --map 'HEADING=FIELD', skip them \
                        with --ignore-unknown)";

#[test]
fn csv_that_is_wrong_as_a_whole_is_refused_with_its_line() {
    let target = Target::new();
    let wide: Vec<String> = (0..10_000).map(|number| format!("c{number}")).collect();
    for (content, told) in [
        (&b""[..], EMPTY.to_owned()),
        (b"\n\n  \n", EMPTY.to_owned()),
        (b"\xef\xbb\xbf", EMPTY.to_owned()),
        (b"\xff\xfe", EMPTY.to_owned()),
        (b"sep=;\n", EMPTY.to_owned()),
        (&utf_16("name\nx\n"), format!("u.csv:1: {NUL}")),
        (b"\x89PNG\r\n\x1a\n\0\0", format!("u.csv:1: {NOT_UTF_8}")),
        (b"PK\x03\x04", "\"u.csv\" is not a readable workbook: invalid Zip archive: Could not find EOCD".to_owned()),
        (wide.join(",").as_bytes(), "u.csv:1: has more than 4096 columns".to_owned()),
        (&b",".repeat(10_000), "u.csv:1: has more than 4096 columns".to_owned()),
        (&b"x".repeat(3 << 20), "u.csv:1: a cell is longer than 1 MiB (is this a CSV file?)".to_owned()),
        (b";;;;\n", "u.csv is empty: the header is missing".to_owned()),
        (b"name,Na_me\n", "u.csv:1: column \"Na_me\" is repeated, as columns 1 and 2".to_owned()),
        (b"\x1b[2J,\x1b[2J\n", "u.csv:1: column \"\\x1b[2J\" is repeated, as columns 1 and 2".to_owned()),
    ] {
        refuses_file(&target, "u.csv", content, &told);
    }
}

#[test]
fn csv_with_a_wrong_row_is_refused_with_its_line() {
    let target = Target::new();
    let long = [b"name\n", &b"x".repeat(3 << 20)[..]].concat();
    let unclosed = [b"name\n\"", &b"x\n".repeat(3 << 19)[..]].concat();
    let many = [b"name,email\n", &vec![b"x".repeat(999_999); 6].join(&b","[..])[..], b"\n"].concat();
    let quotes = [b"name\n", &b"\"".repeat(1_000_001)[..], b"\n"].concat();
    for (content, fault) in [
        (&b"name\n\0\n"[..], format!("2: {NUL}")),
        (b"name\ncaf\xe9\n", format!("2: {NOT_UTF_8}")),
        (b"name\n\xed\xa0\x80\n", format!("2: {NOT_UTF_8}")),
        (b"name\r\n\r\n\xc0\x80\r\n", format!("3: {NOT_UTF_8}")),
        (
            &[b"\xff\xfe", &utf_16("name\nx\n")[..], b"\0"].concat(),
            format!("3: {}", NOT_UTF_8.replace("UTF-8", "UTF-16LE")),
        ),
        (b"name\n\"a\nb\nc\n", "2: a quote that opens here is never closed".to_owned()),
        (b"name\nx\n\"a\"b\n", "3: text follows a closing quote (a quote inside quotes is doubled)".to_owned()),
        ("name\n\"a\"é\n".as_bytes(), "2: text follows a closing quote (a quote inside quotes is doubled)".to_owned()),
        (b"name\na\"b\n", format!("2: {INSIDE}")),
        (b"name,email\na\n", "2: has 1 cell, the header has 2".to_owned()),
        (b"name\ra\r\rb,c\r", "4: has 2 cells, the header has 1".to_owned()),
        (&long, "2: a cell is longer than 1 MiB (is this a CSV file?)".to_owned()),
        (&unclosed, "2: a cell is longer than 1 MiB (is the quote that opens here ever closed?)".to_owned()),
        (&many, "2: a row is longer than 4 MiB (is this a CSV file?)".to_owned()),
        (&quotes, "2: a quote that opens here is never closed".to_owned()),
        (
            b"\xef\xbb\xbf\xef\xbb\xbfname\nx\n",
            "1: \"\\u{feff}name\" is not a column of users (did you mean name?)".to_owned(),
        ),
        (
            "\u{202e}name\nx\n".as_bytes(),
            "1: \"\\u{202e}name\" is not a column of users (did you mean name?)".to_owned(),
        ),
        (
            b"\x1b[2J\nx\n",
            format!(
                "1: \"\\x1b[2J\" {}, pass --header-row N for a header below a title)",
                OF_USERS.trim_end_matches(')')
            ),
        ),
        (b"path\n1\n", "2: path: no user named \"1\"".to_owned()),
        (b"id\n99\n", "2: id: no user has the id 99".to_owned()),
        (b"email\na@b\n", "1: the column name is missing".to_owned()),
        (b"name\nx\n\nx\n", "4: user \"x\" is already in line 2".to_owned()),
        (
            b"name\n\x1b[2J\n",
            "2: name: \"\\x1b[2J\" has the control character U+001B at character 1 (remove the character)".to_owned(),
        ),
        (
            "name\n\u{202e}\n".as_bytes(),
            "2: name: \"\\u{202e}\" has the bidirectional control character U+202E at character 1 (remove the \
             character)"
                .to_owned(),
        ),
        (b"name,email\nx,\x1b[2J\n", "2: email: \"\\x1b[2J\" has no @ (write it as name@example.org)".to_owned()),
        (
            b"name,email\n=1+1,@SUM(A1)\n",
            "2: email: \"@SUM(A1)\" has no text before its @ (write it as name@example.org)".to_owned(),
        ),
    ] {
        refuses_file(&target, "u.csv", content, &one(&format!("u.csv:{fault}")));
        // From a pipe it reads the same, though what is wrong may end the copy that is made of it.
        let told = one(&format!("standard input:{fault}"));
        target.refuses(&Row { input: Some(content), ..Row::of(&["user", "import", "-"]) }, 1, &told);
    }
}

#[test]
fn the_name_of_a_file_steers_no_terminal() {
    let target = Target::new();
    refuses_file(&target, "\u{1b}[2J.csv", b"", "\\x1b[2J.csv is empty: the header is missing");
    refuses_file(&target, "\u{1b}[2J.csv", b"\0", &format!("\\x1b[2J.csv:1: {NUL}"));
    refuses_file(
        &target,
        "a\nb.csv",
        b"nme\n",
        &one("a\\nb.csv:1: \"nme\" is not a column of users (did you mean name?)"),
    );
    refuses_file(&target, "a\u{202e}b.jsonl", b"[1]\n", &one("a\\u{202e}b.jsonl:1: is not an object"));
    for (arguments, told) in [
        (&["user", "import", "\u{1b}[2J"][..], "cannot open \"\\x1b[2J\": no such file or directory"),
        (&["import", "\u{1b}[2J"], "cannot read the folder \\x1b[2J: no such file or directory"),
        (&["import", "--from", "rvtools", "\u{1b}[2J"], "cannot open \"\\x1b[2J\": no such file or directory"),
        (&["user", "import", ""], "cannot open \"\": no such file or directory"),
        (&["user", "import", "/"], "\"/\" is a folder, not a file"),
    ] {
        target.refuses(&Row::of(arguments), 1, told);
    }
}

#[test]
fn how_a_file_is_to_be_read_is_checked() {
    let target = Target::new();
    target.sandbox.file("u.csv", "name\nx\n");
    for (option, status, told) in [
        ("--encoding=\u{1b}[2J", 2, "unknown encoding \"\\x1b[2J\""),
        ("--encoding=utf-7", 2, "unknown encoding \"utf-7\""),
        ("--encoding=replacement", 2, "unknown encoding \"replacement\""),
        ("--delimiter=\u{1b}", 2, "\"\\x1b\" is not a delimiter"),
        ("--delimiter=é", 2, "\"é\" is not a delimiter"),
        ("--delimiter=\"", 2, "\"\"\" is not a delimiter"),
        ("--create=\u{1b}[2J", 2, "unknown noun \"\\x1b[2J\""),
        ("--rejects=nowhere/x", 1, "cannot write nowhere/x: no such file or directory"),
    ] {
        target.refuses(&Row::of(&["user", "import", "u.csv", option]), status, told);
    }
}

#[test]
fn devices_and_pipes_come_to_an_end() {
    let target = Target::new();
    let path = target.sandbox.path();
    for (file, told) in [
        ("/dev/null", "/dev/null is empty: the header is missing".to_owned()),
        ("/dev/zero", format!("/dev/zero:1: {NUL}")),
        ("/dev/full", format!("/dev/full:1: {NUL}")),
        ("/dev/urandom", format!("/dev/urandom:1: {NOT_UTF_8}")),
        ("inv.db", format!("inv.db:1: {NOT_UTF_8}")),
    ] {
        let row = Row::of(&["user", "import", file]);
        if file.ends_with("random") || file.ends_with(".db") {
            // Whether a NUL or a byte that is no UTF-8 comes first is chance.
            assert_eq!(target.answers(&row).status, 1);
        } else {
            target.refuses(&row, 1, &told);
        }
    }
    for folder in ["nouns", "tabs"] {
        std::fs::create_dir(path.join(folder)).expect("a folder");
    }
    for pipe in ["nouns/users.csv", "tabs/RVTools_tabvInfo.csv"] {
        let made = std::process::Command::new("mkfifo").arg(path.join(pipe)).status().expect("mkfifo runs");
        assert!(made.success());
    }
    target.refuses(&Row::of(&["import", "nouns"]), 1, "\"nouns/users.csv\" is not a file");
    let told = "\"tabs/RVTools_tabvInfo.csv\" is a pipe or a device, not a file";
    target.refuses(&Row::of(&["import", "--from", "rvtools", "tabs"]), 1, told);
    target.refuses(
        &Row::of(&["import", "--from", "rvtools", "/dev/zero"]),
        1,
        "\"/dev/zero\" is neither a file nor a folder",
    );
}

#[test]
fn a_pipe_is_read_once_and_in_full() {
    let target = Target::new();
    let pipe = target.sandbox.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    let writing = std::thread::spawn(move || {
        let rows: String = (0..100_000).map(|number| format!("user{number:06}\n")).collect();
        std::fs::write(pipe, format!("name\n{rows}user000000\n"))
    });
    let told = one("pipe:100002: user \"user000000\" is already in line 2");
    target.refuses(&Row::of(&["user", "import", "pipe"]), 1, &told);
    writing.join().expect("a writer").expect("all is written");
}

#[test]
fn json_that_is_wrong_is_refused_with_its_line() {
    let target = Target::new();
    let nested = format!("{{\"name\":{}", "[".repeat(200_000));
    let digits = format!("{{\"name\":{}}}\n", "9".repeat(100_000));
    let long = format!("{{\"name\":\"{}\"}}\n", "x".repeat(5 << 20));
    let key = format!("{{\"{}\":1}}\n", "k".repeat(1 << 20));
    for (content, fault) in [
        (nested.as_bytes(), "1: is not a JSON object: recursion limit exceeded (at column 135)".to_owned()),
        (
            digits.as_bytes(),
            format!("1: name: \"{}…\" has 100000 characters (a name has at most 255 characters)", "9".repeat(80)),
        ),
        (long.as_bytes(), "1: an object is longer than 4 MiB".to_owned()),
        (key.as_bytes(), format!("1: \"{}…\" {OF_USERS}", "k".repeat(80))),
        (b"{\"name\":\"x\",\"NAME\":\"y\"}\n", "1: key \"NAME\" is repeated".to_owned()),
        (
            b"{\"name\":\"\\ud800\"}\n",
            "1: is not a JSON object: unexpected end of hex escape (at column 16)".to_owned(),
        ),
        (
            b"{\"name\":\"\\udc00x\"}\n",
            "1: is not a JSON object: lone leading surrogate in hex escape (at column 15)".to_owned(),
        ),
        (b"{\"name\":\"\\u0000\"}\n", "1: name: the text contains a NUL character".to_owned()),
        (
            b"{\"name\":\"\\u001b[2J\"}\n",
            "1: name: \"\\x1b[2J\" has the control character U+001B at character 1 (remove the character)".to_owned(),
        ),
        (
            b"{\"name\":true}\n",
            "1: name: is true or false, which no field accepts (write text, a number or null)".to_owned(),
        ),
        (b"{\"\\u001b[2J\":1}\n", format!("1: \"\\x1b[2J\" {OF_USERS}")),
        (b"{\"\\u202ename\":1}\n", "1: \"\\u{202e}name\" is not a column of users (did you mean name?)".to_owned()),
        (
            b"{\"name\":{\"a\":1}}\n",
            "1: name: is an object, which no field accepts (write text, a number or null)".to_owned(),
        ),
        (b"{\"name\":[\"a\",[\"b\"]]}\n", "1: name: is an array with values other than texts and objects".to_owned()),
        (b"{}\n", "1: a user requires a name".to_owned()),
        (b"\n{\"name\":\"x\"} x\n", "2: is not a JSON object: trailing characters (at column 14)".to_owned()),
        (b"{\"name\":\"x\"\n", "1: is not a JSON object: EOF while parsing an object (at column 11)".to_owned()),
        (b"{\"name\":NaN}\n", "1: is not a JSON object: expected value (at column 9)".to_owned()),
    ] {
        refuses_file(&target, "u.jsonl", content, &one(&format!("u.jsonl:{fault}")));
    }
    for (content, told) in [
        (&b"\"x\"\n"[..], "u.jsonl:1: is not JSON: neither an object nor an array begins here"),
        (b"\n\nnull\n", "u.jsonl:3: is not JSON: neither an object nor an array begins here"),
        ("\u{feff}\u{feff}{}".as_bytes(), "u.jsonl:1: is not JSON: neither an object nor an array begins here"),
    ] {
        refuses_file(&target, "u.jsonl", content, told);
    }
    for (content, fault) in [
        (&b"["[..], "1: the array is never closed"),
        (b"[{\"name\":\"x\"},\n]", "2: a comma is before the end of the array"),
        (b"[{\"name\":\"x\"}\n{\"name\":\"y\"}]", "2: a comma is missing between two objects"),
        (b"[{\"name\":\"x\"}] []", "1: text follows the end of the array"),
        (b"[1,2]", "1: is not an object"),
    ] {
        refuses_file(&target, "u.json", content, &one(&format!("u.json:{fault}")));
    }
}
