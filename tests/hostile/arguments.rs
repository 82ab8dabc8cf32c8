//! Command lines.

use super::{Row, Target};

/// As long as Linux lets one argument be, nearly.
const LONG: usize = 120_000;

/// What is said of a name that is refused.
const BEYOND_2_63: &str = "is more than 9223372036854775807 bytes";

#[test]
fn words_that_are_no_command_are_told_as_they_are() {
    let target = Target::new();
    for (arguments, told) in [
        (&[""][..], "unknown noun or command \"\""),
        (&["\u{1b}[2J"], "unknown noun or command \"\\x1b[2J\""),
        (&["\u{202e}mv"], "unknown noun or command \"\\u{202e}mv\""),
        (&["vm", ""], "vm has no verb \"\""),
        (&["vm", "\u{1b}]0;owned\u{7}"], "vm has no verb \"\\x1b]0;owned\\x07\""),
        (&["vm", "show", "--\u{1b}[2J"], "inv vm show has no option \"--\\x1b[2J\""),
        (&["vm", "show", "--", "a", "--db"], "no VM named \"a\""),
        (&["vm", "show", "--"], "missing arguments: NAME"),
        (&["vm", "add", "--", "x", "--pool", "prod"], "inv vm add has no option \"--pool\""),
        (&["vm", "add", "--pool", "prod", "--", "-rf", "x"], "unexpected argument \"x\" for inv vm add"),
        (&["vm", "list", "--limit", "-1"], "inv vm list has no option \"-1\""),
        (&["vm", "list", "--limit=-1"], "--limit must be a whole number, not \"-1\""),
        (&["vm", "list", "--limit", "1e3"], "--limit must be a whole number, not \"1e3\""),
        (
            &["vm", "list", "--limit", "99999999999999999999"],
            "--limit must be a whole number, not \"99999999999999999999\"",
        ),
        (&["vm", "list", "--offset", "\u{663}"], "--offset must be a whole number, not \"\u{663}\""),
        (&["vm", "list", "-o", "\u{1b}[2J"], "unknown output format \"\\x1b[2J\""),
        (&["vm", "list", "--color", "\n"], "invalid value for --color: \"\\n\""),
        (&["vm", "list", "--sort", "name:\u{7f}"], "\"\\x7f\" is not a sort direction"),
        (&["vm", "list", "-c", "\u{9b}2J"], "vm has no column \"\\u{9b}2J\""),
        (&["vm", "list", "--db", ""], "--db requires a file name"),
        (&["usage", "--by", "\u{1b}"], "invalid value for --by: \"\\x1b\""),
        (&["completions", "\u{1b}"], "no completions for shell \"\\x1b\""),
        (&["undo", "99999999999999999999"], "\"99999999999999999999\" is not a change number"),
        (
            &["ip", "next", "--in", "::/0", "--count", "18446744073709551615"],
            "--count must be a number from 1 to 1000000, not \"18446744073709551615\"",
        ),
        (&["sql", "SELECT 1", "--timeout", "0"], "--timeout must be a number of seconds from 1 to 86400, not \"0\""),
        (&["sql", "SELECT :a", "--param", "=1"], "\"=1\" is not a parameter"),
    ] {
        let status = if told.starts_with("no VM named") { 3 } else { 2 };
        target.refuses(&Row::of(arguments), status, told);
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_as_such() {
    let target = Target::new();
    for (arguments, told) in [
        (&[&b"\xff\xfe"[..]][..], "unknown noun or command \"\u{fffd}\u{fffd}\""),
        (&[b"vm", b"show", b"a\xffb"], "argument \"a\u{fffd}b\" is not UTF-8"),
        (&[b"vm", b"show", b"\xed\xa0\x80"], "argument \"\u{fffd}\u{fffd}\u{fffd}\" is not UTF-8"),
        (&[b"vm", b"set", b"web01", b"--memory", b"\xc0\x80"], "argument \"\u{fffd}\u{fffd}\" is not UTF-8"),
    ] {
        target.refuses(&Row::of_bytes(arguments), 2, told);
    }
}

#[test]
fn names_that_cannot_be_seen_for_what_they_are_are_refused_with_the_character() {
    let target = Target::new();
    let flood = format!("e{}", "\u{301}".repeat(20_000));
    let flood_shown = format!("e{}…", "\u{301}".repeat(319));
    for (name, told) in [
        ("", "name must not be empty"),
        (" ", "\" \" is only blanks"),
        ("\u{3000}web", "\"\u{3000}web\" begins with a blank"),
        ("a\u{1b}[2J", "\"a\\x1b[2J\" has the control character U+001B at character 2"),
        ("a\nb", "\"a\\nb\" has the control character U+000A at character 2"),
        ("\u{9b}2J", "\"\\u{9b}2J\" has the control character U+009B at character 1"),
        ("a\u{7f}", "\"a\\x7f\" has the control character U+007F at character 2"),
        ("a\u{202e}b", "\"a\\u{202e}b\" has the bidirectional control character U+202E at character 2"),
        ("a\u{2067}b", "\"a\\u{2067}b\" has the bidirectional control character U+2067 at character 2"),
        ("a\u{200b}b", "\"a\\u{200b}b\" has the invisible character U+200B at character 2"),
        ("\u{feff}a", "\"\\u{feff}a\" has the invisible character U+FEFF at character 1"),
        ("a\u{2028}b", "\"a\\u{2028}b\" has the line separator U+2028 at character 2"),
        ("\u{e0041}", "\"\\u{e0041}\" has the invisible character U+E0041 at character 1"),
        (&flood, &format!("\"{flood_shown}\" has 20001 characters")),
        (&"x".repeat(LONG), &format!("\"{}…\" has 120000 characters", "x".repeat(80))),
    ] {
        target.refuses(&Row::of(&["vm", "add", "--pool", "prod", "--", name]), 1, &format!("name: {told}"));
    }
}

#[test]
fn names_that_mean_something_elsewhere_are_names_here() {
    let target = Target::new();
    for name in [
        "../../etc/passwd",
        "-rf",
        "--",
        "'; DROP TABLE virtual_machine; --",
        "$(reboot)",
        "`reboot`",
        "%s%n",
        "id=",
        "CON",
    ] {
        let answer = target.answers(&Row::of(&["vm", "add", "--pool", "prod", "--dry-run", "-o", "csv", "--", name]));
        assert_eq!(answer.status, 0, "{answer}");
        let told = format!("action,noun,record,field,old,new\ncreate,vm,AWS/tokyo/prod/{name},,,\n");
        assert_eq!(answer.stdout, told);
        assert_eq!(answer.stderr, "");
    }
}

#[test]
fn names_of_no_record_are_looked_for_and_not_found() {
    let target = Target::new();
    let long = "x".repeat(LONG);
    let cut = format!("{}…", "x".repeat(80));
    for (name, told) in [
        ("", ""),
        ("\u{1b}[2J", "\\x1b[2J"),
        ("a\u{202e}b", "a\\u{202e}b"),
        ("//////", "//////"),
        ("id=", "id="),
        ("id=-1", "id=-1"),
        ("id=0x1", "id=0x1"),
        ("id=99999999999999999999", "id=99999999999999999999"),
        ("%", "%"),
        ("web__", "web__"),
        (&long, &cut),
    ] {
        target.refuses(&Row::of(&["vm", "show", "--", name]), 3, &format!("no VM named \"{told}\""));
    }
    // Nearly two megabytes in all.
    let many: Vec<String> = (0..15).map(|number| format!("{number:x}{long}")).collect();
    let all: Vec<&str> = ["vm", "show"].into_iter().chain(many.iter().map(String::as_str)).collect();
    target.refuses(&Row::of(&all), 3, &format!("no VM named \"0{}…\"", "x".repeat(79)));
}

#[test]
fn quantities_that_are_none_are_told_why() {
    let target = Target::new();
    let (nines, one) = ("9".repeat(400), format!("1{}B", "0".repeat(100_000)));
    for (text, told) in [
        ("16", "\"16\" has no unit; MiB, GiB or TiB?"),
        ("1e9GiB", "\"1e9GiB\" has an exponent"),
        ("1e999999999GiB", "\"1e999999999GiB\" has an exponent"),
        ("-1GiB", "\"-1GiB\" is negative"),
        ("\u{2212}1GiB", "\"\u{2212}1GiB\" is negative"),
        ("+1GiB", "\"+1GiB\" has a sign"),
        ("NaN", "\"NaN\" is not a number"),
        ("inf GiB", "\"inf GiB\" is not a number"),
        ("0x10GiB", "\"0x10GiB\" is hexadecimal"),
        ("1,5GiB", "\"1,5GiB\" has \",\" in its number"),
        ("\u{661}\u{666}GiB", "\"\u{661}\u{666}GiB\" has \"\u{661}\" instead of a digit from 0 to 9"),
        ("½GiB", "\"½GiB\" has \"½\" instead of a digit from 0 to 9"),
        ("16 ГБ", "\"16 ГБ\" has no known unit"),
        ("1GiB\u{1b}[2J", "\"1GiB\\x1b[2J\" has no known unit"),
        ("1\u{202e}GiB", "\"1\\u{202e}GiB\" has no known unit"),
        ("1.0000000000000000001B", "\"1.0000000000000000001B\" has more than 18 decimal places"),
        ("8192PiB", &format!("\"8192PiB\" {BEYOND_2_63}")),
        ("9223372036854775808B", &format!("\"9223372036854775808B\" {BEYOND_2_63}")),
        (&nines, &format!("\"{}…\" is too large a number", "9".repeat(80))),
        (&one, &format!("\"1{}…\" is too large a number", "0".repeat(79))),
    ] {
        let option = format!("--memory={text}");
        target.refuses(&Row::of(&["vm", "set", "web01", &option]), 1, &format!("memory: {told}"));
    }
    for (text, told) in [
        ("0", "\"0\" is not a positive number"),
        ("-1", "\"-1\" is negative"),
        ("1e3", "\"1e3\" has an exponent"),
        ("99999999999999999999", "\"99999999999999999999\" is too large a number"),
        ("\u{663}", "\"\u{663}\" has \"\u{663}\" instead of a digit from 0 to 9"),
    ] {
        target.refuses(&Row::of(&["vm", "set", "web01", &format!("--cpu={text}")]), 1, &format!("cpu: {told}"));
    }
}

#[test]
fn addresses_that_are_none_are_told_why() {
    let target = Target::new();
    let ones = "1".repeat(200);
    for (text, told) in [
        ("010.0.0.1", "has a leading zero, which some programs read as octal"),
        ("10.0.0.256", "has the number 256, which is more than 255"),
        ("127.1", "has 2 numbers instead of 4"),
        ("1.2.3.4.5", "has 5 numbers instead of 4"),
        ("2130706433", "is not an IP address"),
        ("0x7f.0.0.1", "is not an IP address"),
        ("10.0.0.1/24", "has a prefix length, which an address cannot have"),
        ("10.0.0.1:80", "has a port after the address"),
        ("[::1]", "has brackets around the address"),
        ("fe80::1%eth0", "has a zone id, which is valid on one machine only"),
        (":::", "is not an IPv6 address"),
        ("\u{663}.1.1.1", "has \"\u{663}\" instead of a digit from 0 to 9"),
        ("::1", "is an IPv6 address, not an IPv4 address"),
    ] {
        target.refuses(&Row::of(&["ip", "add", "--ipv4", text]), 1, &format!("ipv4: \"{text}\" {told}"));
    }
    let told = format!("ipv4: \"{}…\" is too long for an IP address", "1".repeat(80));
    target.refuses(&Row::of(&["ip", "add", "--ipv4", &ones]), 1, &told);
    for (text, told) in [
        ("10.0.0.0/33", "\"10.0.0.0/33\" has no prefix length from 0 to 32 after its /"),
        ("10.0.0.0/08", "\"10.0.0.0/08\" has no prefix length from 0 to 32 after its /"),
        ("10.0.0.0/-1", "\"10.0.0.0/-1\" has no prefix length from 0 to 32 after its /"),
        ("10.0.0.0/", "\"10.0.0.0/\" has no prefix length from 0 to 32 after its /"),
        ("::/129", "\"::/129\" has no prefix length from 0 to 128 after its /"),
        ("10.0.0.1/24", "\"10.0.0.1/24\" has bits set beyond its prefix"),
        ("fe80::%eth0/64", "\"fe80::%eth0\" has a zone id, which is valid on one machine only"),
        ("0/0", "\"0\" is not an IP address"),
        ("\u{1b}/8", "\"\\x1b\" is not an IP address"),
    ] {
        target.refuses(&Row::of(&["ip", "list", "--in", text]), 1, told);
    }
}

#[test]
fn conditions_and_columns_that_are_none_are_told_why() {
    let target = Target::new();
    let (deep, dots) = ("(".repeat(LONG), vec!["pool"; 20_000].join("."));
    for (term, status, told) in [
        ("", 2, "\"\" is not a condition"),
        ("name", 2, "\"name\" is not a condition\n  name\n  ^"),
        ("=x", 2, "vm has no column \"\"\n  =x\n  ^"),
        ("((name=x))", 0, ""),
        (&deep, 2, &format!("the condition is nested too deeply\n  {}\n  {}^", "(".repeat(120), " ".repeat(60))),
        (&format!("{dots}=x"), 2, &format!("pool has no column \"{}…\"\n  {}\n  ^", &dots[..80], &dots[..60])),
        ("\u{1b}[31m=x", 2, "vm has no column \"\\x1b[31m\"\n  \\x1b[31m=x\n  ^"),
        ("name=x OR 1=1", 2, "vm has no column \"1\"\n  name=x OR 1=1\n            ^"),
        ("memory>=16", 1, "memory: \"16\" has no unit; MiB, GiB or TiB? (write 16GiB)\n  memory>=16\n          ^"),
        ("cpu>1e9", 1, "cpu: \"1e9\" is not a number\n  cpu>1e9\n      ^"),
        (
            "created>\u{1b}",
            1,
            "created: \"\\x1b\" is not a time (write it as 2026-11-23, 2026-11-23T07:13:00Z, 7d, 12h, yesterday, today or now)\n  created>\\x1b\n          ^",
        ),
        (
            "status=bogus",
            1,
            "status: \"bogus\" is not a status (a status is running, stopped, suspended, planned, failed, retired or unknown)\n  status=bogus\n         ^",
        ),
        ("pool=\u{202e}", 3, "no pool named \"\\u{202e}\"\n  pool=\\u{202e}\n       ^"),
    ] {
        let row = Row::of(&["vm", "list", "--where", term]);
        if status == 0 {
            assert_eq!(target.answers(&row).status, 0, "a value may hold anything");
        } else {
            target.refuses(&row, status, told);
        }
    }
}

#[test]
fn times_that_are_none_are_told_why() {
    let target = Target::new();
    for (time, told) in [
        ("", "\"\" is not a time"),
        ("\u{1b}", "\"\\x1b\" is not a time"),
        ("2026-13-45T99:99:99Z", "\"2026-13-45T99:99:99Z\" is not a time"),
        ("0000-01-01", "\"0000-01-01\" is out of range"),
        ("99999999999999999999999d", "\"99999999999999999999999d\" is out of range"),
        ("２０２６-11-23", "\"２０２６-11-23\" is not a time"),
    ] {
        target.refuses(&Row::of(&["vm", "list", "--at", time]), 1, told);
    }
}

#[test]
fn questions_in_sql_that_ask_for_too_much_are_refused() {
    let target = Target::new();
    for (sql, status, told) in [
        ("", 1, "no SQL specified"),
        ("\u{1b}", 1, "the SQL cannot be run: unrecognized token: \"\\x1b\""),
        ("SELECT zeroblob(1000000000)", 1, "the SQL computes a value of more than 64 MiB"),
        ("ATTACH '/etc/passwd' AS x", 5, "other files cannot be attached: inv sql reads only the inventory"),
        ("SELECT load_extension('/tmp/x.so')", 5, "extensions cannot be loaded"),
        ("SELECT password_hash FROM login_users", 5, "password hashes are not readable"),
    ] {
        target.refuses(&Row::of(&["sql", sql]), status, told);
    }
    target.refuses(&Row { input: Some(b"SELECT '\xff'"), ..Row::of(&["sql", "-"]) }, 1, "the SQL is not UTF-8");
}
