//! Tables on terminals of different widths: what is cut, what is left out, and what a pipe gets.

use crate::pty::Terminal;
use crate::support::Sandbox;
use std::collections::BTreeMap;

/// Columns whose cells are never cut.
const WHOLE: [&str; 19] = [
    "address",
    "by",
    "change",
    "code",
    "cpu",
    "cpu.free",
    "dc",
    "ips",
    "memory",
    "memory.free",
    "name",
    "noun",
    "owner",
    "pool",
    "severity",
    "source",
    "status",
    "time",
    "vms",
];

/// An estate with names of two columns a character, as vCenter exports them, and long texts.
fn japanese() -> Sandbox {
    let sandbox = Sandbox::empty();
    for line in [
        "provider add 社内クラウド",
        "dc add 東京第一データセンター --provider 社内クラウド",
        "pool add 本番クラスタ --dc 東京第一データセンター --memory 1310545MiB --cpu 80",
        "pool add 検証 --dc 東京第一データセンター --memory 982996MiB --cpu 48",
        "user add 山田太郎 --email yamada@example.jp",
    ] {
        sandbox.ok(&line.split_whitespace().collect::<Vec<_>>());
    }
    let system = "Microsoft Windows Server 2016 or later (64-bit)";
    sandbox.ok(&["os", "add", system]);
    for (number, name) in ["基幹業務サーバー", "ウェブ", "web-03", "データベース一号機"].into_iter().enumerate()
    {
        let (address, memory) = (format!("192.168.100.{}", 200 + number), format!("{}MiB", 65_000 + number));
        let pool = if number == 3 { "検証" } else { "本番クラスタ" };
        let arguments = ["vm", "add", name, "--pool", pool, "--cpu", "16", "--memory", &memory, "--os", system];
        let more = ["--ip", &address, "--status", "suspended", "-m", "移行計画に従って登録した仮想マシンです"];
        sandbox.ok(&[&arguments[..], &more].concat());
    }
    sandbox.ok(&["vm", "set", "web-03", "--owner", "山田太郎"]);
    sandbox
}

/// The screen of a command on a terminal of so many columns, without a pager and colours.
fn screen(sandbox: &Sandbox, arguments: &[&str], columns: u16) -> String {
    let program = sandbox.command().get_program().to_str().expect("a path in UTF-8").to_owned();
    let all: Vec<&str> =
        std::iter::once(&*program).chain(arguments.iter().copied()).chain(["--no-pager", "--color", "never"]).collect();
    let ended = Terminal::run(sandbox, &all, &[("TZ", "Asia/Tokyo")], columns).ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    ended.text().replace('\r', "")
}

/// The cells of a line under a header, by its names: a column begins where its name, or the end of a number, stands.
fn cells<'l>(header: &str, line: &'l str) -> BTreeMap<String, &'l str> {
    let starts = |text: &str| -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut place = 0;
        for word in text.split("  ") {
            let name = word.trim_start();
            if !name.is_empty() {
                found.push((place + word.len() - name.len(), name.to_owned()));
            }
            place += word.len() + 2;
        }
        found
    };
    // In columns of the terminal: a Japanese letter has two.
    let at = |column: usize| {
        let mut width = 0;
        for (place, letter) in line.char_indices() {
            if width >= column {
                return place;
            }
            width += console::measure_text_width(&letter.to_string());
        }
        line.len()
    };
    let words = starts(line);
    let mut cells = BTreeMap::new();
    for (start, name) in starts(header) {
        let span = at(start)..at(start + name.len());
        // The word that stands under the name, if only in part: numbers stand at the right.
        let word =
            words.iter().find(|(place, word)| *place < span.end.max(span.start + 1) && place + word.len() > span.start);
        cells.insert(name, word.map_or("", |(place, word)| &line[*place..place + word.len()]));
    }
    cells
}

/// Every command that prints a table, with arguments for the estate of [`japanese`].
const TABLES: [&str; 31] = [
    "vm list",
    "pool list",
    "ip list",
    "os list",
    "dc list",
    "provider list",
    "storage list",
    "disk list",
    "partition list",
    "system list",
    "user list",
    "unit list",
    "source list",
    "login-user list",
    "usage",
    "usage --by os",
    "usage --by status",
    "usage --storage",
    "fit --cpu 1 --memory 1GiB",
    "impact pool 検証",
    "check",
    "check --details",
    "check --rules",
    "log",
    "log show 9",
    "vm log web-03",
    "blame vm web-03",
    "find 192.168",
    "find 基幹",
    "ip next --in 192.168.100.0/24 --count 3",
    "ip usage 192.168.100.0/24",
];

/// Messages, which a terminal wraps.
fn is_message(line: &str) -> bool {
    line.starts_with("help: ") || line.contains(" not fit: ") || line.contains("not shown: ")
}

#[test]
fn nothing_that_must_stay_whole_is_cut_at_any_width() {
    let sandbox = japanese();
    for columns in [60, 80, 100, 120] {
        for command in TABLES {
            let arguments: Vec<&str> = command.split(' ').chain(["-v"]).collect();
            let shown = screen(&sandbox, &arguments, columns);
            for line in shown.lines().filter(|line| !is_message(line)) {
                let width = console::measure_text_width(line);
                assert!(width <= usize::from(columns), "{command} at {columns}: {width} columns: {line}");
            }
            let header = shown.lines().next().unwrap_or_default();
            for line in shown.lines().skip(1) {
                for (name, cell) in cells(header, line) {
                    let is_cut = cell.contains('…') && WHOLE.contains(&name.as_str());
                    let is_whole = cell.starts_with("…/") || cell.ends_with(";…");
                    assert!(!is_cut || is_whole, "{command} at {columns}: {name} is {cell:?} in\n{shown}");
                }
                // A path keeps its last name.
                for word in line.split_whitespace().filter(|word| word.contains('…') && word.contains('/')) {
                    assert!(word.starts_with("…/") && !word.ends_with('…'), "{command} at {columns}: {word:?}");
                }
            }
        }
    }
}

#[test]
fn records_differences_and_the_screen_of_the_estate_have_nothing_cut_at_any_width() {
    let sandbox = japanese();
    for columns in [60, 80, 100, 120] {
        for command in ["vm show web-03 基幹業務サーバー", "pool show 本番クラスタ", "diff --since 1", "stats"]
        {
            let shown = screen(&sandbox, &command.split(' ').collect::<Vec<_>>(), columns);
            for line in shown.lines().filter(|line| !is_message(line)) {
                let width = console::measure_text_width(line);
                assert!(width <= usize::from(columns), "{command} at {columns}: {width} columns: {line}");
                assert!(!line.replace("…/", "").contains('…'), "{command} at {columns}: {line}");
            }
        }
    }
}

/// The letters of a screen, without the breaks and the blanks between lines and columns.
fn letters(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn names_longer_than_a_line_are_whole() {
    let sandbox = japanese();
    let vm = "a-name-that-no-terminal-has-room-for-".repeat(6);
    let vm = vm.trim_end_matches('-');
    let pool = "東京第一データセンター基幹業務系本番仮想化基盤クラスタ";
    let system = "An operating system whose name was written by a committee (64-bit, embedded, long-term support)";
    sandbox.ok(&["pool", "add", pool, "--dc", "東京第一データセンター", "--memory", "100GiB", "--cpu", "8"]);
    sandbox.ok(&["os", "add", system]);
    sandbox.ok(&["vm", "add", vm, "--pool", pool, "--os", system, "--memory", "1GiB", "--cpu", "1"]);
    for columns in [60, 80, 100, 120] {
        for (command, names) in [
            ("vm list", &[vm, "基幹業務サーバー"][..]),
            ("pool list", &[pool, "本番クラスタ"]),
            ("os list", &[system]),
            ("usage", &[pool, "本番クラスタ"]),
            ("usage --by os", &[system, "Microsoft Windows Server 2016 or later (64-bit)"]),
            ("stats", &[pool, system, "本番クラスタ", "Microsoft Windows Server 2016 or later (64-bit)"]),
            ("check --details", &[vm, "has no owner", "has no address"]),
            ("fit --cpu 1 --memory 1GiB", &[pool]),
            ("find no-terminal", &[vm]),
            ("diff", &[vm, pool]),
        ] {
            let shown = screen(&sandbox, &command.split(' ').collect::<Vec<_>>(), columns);
            let text = letters(&shown);
            for name in names {
                assert!(text.contains(&letters(name)), "{command} at {columns}: {name} is not in\n{shown}");
            }
            for line in shown.lines().filter(|line| !is_message(line)) {
                let width = console::measure_text_width(line);
                assert!(width <= usize::from(columns), "{command} at {columns}: {width} columns: {line}");
            }
        }
    }
}

#[test]
fn bars_are_in_all_rows_or_in_none_and_columns_stay_aligned() {
    let sandbox = japanese();
    for columns in 60..=100 {
        let shown = screen(&sandbox, &["pool", "list", "-q", "-c", "name,vms,cpu.ratio,memory,memory.free"], columns);
        let lines: Vec<&str> = shown.lines().collect();
        let bars = lines.iter().filter(|line| line.contains(['█', '░'])).count();
        assert!(bars == 0 || bars == lines.len() - 1, "{columns}\n{shown}");
        let end = |line: &&str| console::measure_text_width(line);
        assert!(lines.iter().all(|line| end(line) == end(&lines[0])), "{columns}\n{shown}");
    }
}

#[test]
fn every_value_of_the_columns_that_are_shown_is_whole_and_the_others_are_named() {
    let sandbox = japanese();
    let piped = sandbox.ok(&["vm", "list", "-o", "csv", "-c", "name,pool,status,cpu,ips"]);
    for columns in [60, 80, 100, 120] {
        let shown = screen(&sandbox, &["vm", "list", "-v"], columns);
        let header: Vec<&str> = shown.lines().next().unwrap_or_default().split_whitespace().collect();
        let named = |text: &str| -> Vec<String> {
            let line = shown.lines().find(|line| line.contains(text)).unwrap_or_default();
            let names = line.rsplit_once(": ").map_or("", |(_, names)| names);
            names.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        let mut all: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
        all.extend(named(" not fit: "));
        all.extend(named("not shown: "));
        all.sort();
        let mut usual = ["name", "pool", "status", "cpu", "memory", "disk", "os", "ips", "owner"];
        usual.sort_unstable();
        assert_eq!(all, usual, "{columns}\n{shown}");
        assert_eq!(named("not shown: "), ["disk"], "no VM has a disk");
        for row in piped.lines().skip(1) {
            let values: Vec<&str> = row.split(',').collect();
            let line = shown.lines().find(|line| line.starts_with(values[0])).expect(values[0]);
            for (name, value) in ["name", "pool", "status", "cpu", "ips"].iter().zip(values) {
                assert!(!header.contains(name) || line.contains(value), "{columns}: {name} {value:?} in {line:?}");
            }
        }
    }
    // 18 + 2 + 12 + 2 + 9 + 2 + 3 + 2 + 8 are 58 of 60 columns: no more column fits.
    let narrow = screen(&sandbox, &["vm", "list"], 60);
    assert!(
        narrow.ends_with("3 columns do not fit: os, ips, owner\nhelp: widen the terminal, or pass -o csv\n"),
        "{narrow}"
    );
    assert!(!screen(&sandbox, &["vm", "list", "-q"], 60).contains("do not fit"));
}

#[test]
fn below_sixty_columns_records_that_do_not_fit_are_cards() {
    let sandbox = japanese();
    let shown = screen(&sandbox, &["vm", "list", "--limit", "1"], 50);
    assert_eq!(
        shown,
        "name    基幹業務サーバー\n\
         pool    本番クラスタ\n\
         status  suspended\n\
         cpu     16\n\
         memory  63.5 GiB\n\
         os      Microsoft Windows Server 2016 or later\n        \
                 (64-bit)\n\
         ips     192.168.100.200\n"
    );
    assert_eq!(screen(&sandbox, &["vm", "list", "-c", "name,pool"], 40).lines().count(), 5, "a table that fits");
}

#[test]
fn a_pipe_has_all_columns_and_whole_cells() {
    let sandbox = japanese();
    let listed = sandbox.ok(&["vm", "list"]);
    let header: Vec<&str> = listed.lines().next().unwrap_or_default().split_whitespace().collect();
    assert_eq!(header, ["name", "pool", "status", "cpu", "memory", "disk", "os", "ips", "owner"]);
    assert!(!listed.contains('…'), "{listed}");
}

#[test]
fn a_column_that_is_asked_for_is_shown_empty() {
    let sandbox = japanese();
    let shown = screen(&sandbox, &["vm", "list", "-c", "name,type,cpu"], 80);
    assert!(shown.starts_with("name                type  cpu\n"), "{shown}");
    let shown = screen(&sandbox, &["pool", "list", "-c", "+disk"], 100);
    assert!(shown.lines().next().is_some_and(|header| header.ends_with("memory.free  disk")), "{shown}");
    let shown = screen(&sandbox, &["pool", "list", "-c", "+disk"], 80);
    assert!(shown.ends_with("1 column does not fit: disk\nhelp: widen the terminal, or pass -o csv\n"), "{shown}");
}

#[test]
fn quantities_of_tables_have_three_digits_and_are_exact_elsewhere() {
    let sandbox = japanese();
    // 1,310,545 / 1,048,576 = 1.2498… TiB; with 65,000 + 65,001 + 65,002 MiB promised, 1,115,542 MiB = 1.0638… TiB are free.
    let columns = ["pool", "list", "-c", "memory,memory.free", "--limit", "1"];
    let row = |more: &[&str]| {
        let answer = sandbox.ok(&[&columns[..], more].concat());
        answer.lines().nth(1).map(|line| line.trim().to_owned()).unwrap_or_default()
    };
    assert_eq!(row(&[]), "1.25 TiB     1.06 TiB");
    assert_eq!(row(&["--exact"]), "1310545 MiB  1115542 MiB");
    assert_eq!(row(&["--unit", "GiB"]), "1280 GiB     1089 GiB");
    assert_eq!(row(&["--unit", "gib", "-o", "table"]), "1280 GiB     1089 GiB");
    assert_eq!(row(&["-o", "csv"]), "1310545 MiB,1115542 MiB");
    let shown = screen(&sandbox, &["pool", "show", "本番クラスタ"], 80);
    assert!(shown.contains("1310545 MiB"), "a record in full is exact: {shown}");
    insta::assert_snapshot!(sandbox.run(&["vm", "list", "--unit", "GiB", "-o", "csv"]), @r"
    status 2
    ----- stderr -----
    error: --unit requires a table, not csv
    help: omit --unit: other formats have exact quantities, and -c memory.bytes shows bytes
    ");
    insta::assert_snapshot!(sandbox.run(&["vm", "list", "--unit", "GiX"]), @r#"
    status 1
    ----- stderr -----
    error: unknown unit "GiX"
    help: did you mean GiB?
    "#);
    assert_eq!(sandbox.run(&["vm", "list", "--unit", "GiB", "--exact"]).status, 2);
}

#[test]
fn times_of_tables_on_a_terminal_are_local_and_short() {
    let sandbox = Sandbox::empty();
    let file = sandbox.file("t.csv", "name,provider,location\n");
    sandbox.ok(&["dc", "import", &file]);
    sandbox.ok(&["provider", "add", "AWS"]);
    let time = |shown: &str| {
        shown.lines().nth(1).and_then(|line| line.split("  ").find(|w| w.contains('-'))).map(|w| w.trim().to_owned())
    };
    let short = time(&screen(&sandbox, &["log"], 120)).expect("a time");
    assert_eq!(short.len(), "2026-11-23 16:13".len(), "{short}");
    let stored = time(&sandbox.ok(&["log"])).expect("a time");
    assert!(stored.ends_with('Z'), "{stored}");
}

#[test]
fn a_paged_table_has_its_header_on_every_page() {
    let sandbox = Sandbox::estate();
    let rows: String = (0..60).map(|number| format!("many{number:03},prod\n")).collect();
    let file = sandbox.file("many.csv", format!("name,pool\n{rows}"));
    sandbox.ok(&["vm", "import", &file]);
    let ended = Terminal::with(&sandbox, &["vm", "list", "-c", "name"], &[("INV_PAGER", "sed 's/^/p /'")]).ends();
    let text = console::strip_ansi_codes(&ended.text()).replace('\r', "");
    let headers: Vec<usize> =
        text.lines().enumerate().filter(|(_, line)| *line == "p name").map(|(at, _)| at).collect();
    // 24 lines, the last of which is the pager's own.
    assert_eq!(headers, [0, 23, 46], "{text}");
    assert_eq!(text.lines().count(), 63 + 3, "{text}");
    let ended = Terminal::with(&sandbox, &["vm", "list", "-c", "name", "--no-pager"], &[]).ends();
    assert_eq!(ended.text().matches("name").count(), 1);
}

#[test]
fn a_value_behind_the_first_thousand_rows_of_an_empty_column_is_not_lost() {
    let sandbox = Sandbox::estate();
    let rows: String = (0..1000).map(|number| format!("many{number:04},prod,\n")).collect();
    let file = sandbox.file("many.csv", format!("name,pool,owner\n{rows}zlast,prod,alice\n"));
    sandbox.ok(&["vm", "import", &file]);
    let shown = screen(&sandbox, &["vm", "list", "--sort", "name", "-v"], 80);
    assert!(shown.contains("\nmany0000  prod") && shown.contains("\nzlast     prod"), "{shown}");
    let after = shown.split("\nzlast ").nth(1).unwrap_or_default();
    assert_eq!(after.lines().nth(1), Some("  owner=alice"), "{after}");
}
