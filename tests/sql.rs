//! Questions in SQL: every one that reads is answered, every one that does more is refused by the engine itself.

use crate::support::{Sandbox, answer, signal, wait_until};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const GIB: u128 = 1 << 30;

#[test]
fn answers_in_every_format() {
    let sandbox = Sandbox::estate();
    let sql = "SELECT name, memory, memory_bytes AS bytes, owner FROM v_vm ORDER BY name";
    let (large, small, least) = (16 * GIB, 8 * GIB, 4 * GIB);
    assert_eq!(
        sandbox.ok(&["sql", sql, "-o", "csv"]),
        format!(
            "name,memory,bytes,owner\nweb01,16 GiB,{large},alice\nweb02,8 GiB,{small},bob\nweb10,4096 MiB,{least},\n"
        )
    );
    assert_eq!(
        sandbox.ok(&["sql", sql, "-o", "tsv", "--no-headers"]),
        format!("web01\t16 GiB\t{large}\talice\nweb02\t8 GiB\t{small}\tbob\nweb10\t4096 MiB\t{least}\t\n")
    );
    let json =
        sandbox.ok(&["sql", "SELECT 1 AS a, 2.5 AS a, NULL AS b, 'x' AS c, x'00ff' AS d, 9e999 AS e", "-o", "json"]);
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value, serde_json::json!([{"a": 1, "a:1": 2.5, "b": null, "c": "x", "d": "X'00FF'", "e": "Infinity"}]));
    let lines = sandbox.ok(&["sql", "SELECT name FROM v_vm WHERE pool = 'test'", "-o", "jsonl"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&lines).expect("JSON"), serde_json::json!({"name": "web10"}));
    assert!(sandbox.ok(&["sql", sql, "-o", "markdown"]).contains("| web01"));
    assert_eq!(sandbox.ok(&["sql", "SELECT name FROM v_vm WHERE 0", "-o", "csv"]), "name\n");
}

#[test]
fn takes_parameters_and_standard_input() {
    let sandbox = Sandbox::estate();
    let asked = |arguments: &[&str], input: &str| {
        let all: Vec<&str> =
            ["sql", "-o", "csv", "--no-headers"].into_iter().chain(arguments.iter().copied()).collect();
        sandbox.run_with_input(&all, input)
    };
    let injected = asked(&["SELECT :x", "--param", "x='; DROP TABLE users; --"], "");
    assert_eq!(injected.stdout, "'; DROP TABLE users; --\n");
    let found = asked(
        &["-", "--param", "pool=prod", "--param", ":least=12884901888"],
        "SELECT name FROM v_vm\nWHERE pool = :pool AND memory_bytes > $least;\n",
    );
    assert_eq!(found.to_string(), "status 0\nweb01\n");
    assert_eq!(
        asked(
            &["SELECT typeof(:a), typeof(:b), typeof(:c)", "--param", "a=7", "--param", "b=007", "--param", "c=7.0"],
            ""
        )
        .stdout,
        "integer,text,text\n"
    );
    insta::assert_snapshot!(asked(&["SELECT :a"], ""), @r"
    status 2
    ----- stderr -----
    error: the parameter :a has no value
    help: pass --param a=VALUE
    ");
    insta::assert_snapshot!(asked(&["SELECT 1", "--param", "b=1"], ""), @r"
    status 2
    ----- stderr -----
    error: the SQL has no parameter :b
    ");
    insta::assert_snapshot!(asked(&["SELECT ?"], ""), @r"
    status 1
    ----- stderr -----
    error: a parameter has no name
    help: write :NAME, and pass --param NAME=VALUE
    ");
}

#[test]
fn bad_sql_is_told_in_a_sentence() {
    let sandbox = Sandbox::estate();
    for (sql, sentence) in [
        ("SELEC 1", "the SQL cannot be run: near \"SELEC\": syntax error"),
        ("SELECT nme FROM v_vm", "the SQL cannot be run: no such column: nme"),
        ("SELECT 1 FROM vms", "the SQL cannot be run: no such table: vms"),
        ("", "no SQL specified"),
        ("/* nothing */", "no SQL specified"),
        ("SELECT 1; SELECT 2", "inv sql runs one statement at a time"),
        ("SELECT abs(-9223372036854775808)", "the SQL cannot be run: integer overflow"),
        ("SELECT '\u{1b}[2J' FROM \u{1b}[2J", "the SQL cannot be run: unrecognized token: \"\\x1b\""),
    ] {
        let answer = sandbox.run(&["sql", sql]);
        assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{sql}: {answer}");
        assert_eq!(answer.stderr.lines().next(), Some(format!("error: {sentence}").as_str()), "{sql}");
    }
    for timeout in ["0", "86401", "-1", "x"] {
        assert_eq!(sandbox.run(&["sql", "SELECT 1", &format!("--timeout={timeout}")]).status, 2);
    }
}

/// What would write, reach beyond the inventory, or read what is secret: refused with status 5.
const FORBIDDEN: &[&str] = &[
    "INSERT INTO users (name) VALUES ('eve')",
    "INSERT INTO users (name) VALUES ('eve') RETURNING user_id",
    "UPDATE virtual_machine SET status = 'failed'",
    "UPDATE virtual_machine SET status = 'failed' RETURNING name",
    "DELETE FROM virtual_machine",
    "WITH gone AS (SELECT 1) DELETE FROM ip_address",
    "REPLACE INTO unit (unit_id, name, bytes) VALUES (1, 'B', 2)",
    "CREATE TABLE evil (x)",
    "CREATE TEMP TABLE evil (x)",
    "CREATE TEMP VIEW evil AS SELECT * FROM login_users",
    "CREATE VIEW evil AS SELECT 1",
    "CREATE TEMP TRIGGER evil AFTER INSERT ON users BEGIN SELECT 1; END",
    "CREATE INDEX evil ON users (email)",
    "CREATE VIRTUAL TABLE temp.evil USING fts5(x)",
    "DROP TABLE users",
    "DROP VIEW v_vm",
    "ALTER TABLE users ADD COLUMN evil TEXT",
    "ATTACH 'other.db' AS other",
    "ATTACH ':memory:' AS other",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO 'copy.db'",
    "REINDEX",
    "ANALYZE",
    "PRAGMA query_only = OFF",
    "PRAGMA user_version = 99",
    "PRAGMA writable_schema = ON",
    "PRAGMA journal_mode = WAL",
    "PRAGMA hard_heap_limit = 0",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT s",
    "SELECT load_extension('evil')",
    "SELECT sqlite_log(1, 'x')",
    "SELECT 'a' MATCH 'b'",
    "SELECT fts3_tokenizer('simple')",
    "SELECT fts5(1)",
    "SELECT rtreecheck('main', 'users')",
    "SELECT token FROM fts3tokenize WHERE input = 'a b'",
    "SELECT name, pageno FROM dbstat",
    "SELECT * FROM dbstat('main')",
    "SELECT * FROM fts3tokenize('simple')",
    "SELECT * FROM bytecode('SELECT 1')",
    "SELECT * FROM tables_used('SELECT 1')",
    "SELECT * FROM sqlite_stmt",
    "SELECT * FROM generate_series(1, 2)",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_integrity_check",
    "SELECT * FROM pragma_query_only",
    "SELECT fts5_source_id()",
    "SELECT fts5_locale('a', 'b')",
    "SELECT matchinfo(users) FROM users",
    "SELECT snippet(users) FROM users",
    "SELECT highlight(users, 0, 'a', 'b') FROM users",
    "SELECT bm25(users) FROM users",
    "SELECT rtreenode(2, x'00')",
    "SELECT rtreedepth(x'00')",
    "SELECT name FROM users WHERE users MATCH 'a'",
    "SELECT seq FROM sqlite_sequence",
    "SELECT name FROM pragma_module_list",
    "SELECT password_hash FROM login_users",
    "SELECT * FROM login_users",
    "SELECT username FROM login_users WHERE password_hash LIKE '$argon2id$%'",
    "SELECT username FROM login_users ORDER BY PASSWORD_HASH",
    "SELECT count(*) FROM login_users GROUP BY password_hash",
    "SELECT max(l.password_hash) FROM main.login_users AS l",
    "SELECT password_hash FROM login_users a JOIN login_users b USING (password_hash)",
    "SELECT password_hash FROM (SELECT 'x' AS password_hash) g FULL JOIN login_users USING (password_hash)",
    "WITH users(password_hash) AS (SELECT 'x') SELECT password_hash FROM users NATURAL FULL JOIN login_users",
    "WITH l AS (SELECT * FROM login_users) SELECT count(*) FROM l",
    "SELECT (SELECT password_hash FROM login_users LIMIT 1)",
    "EXPLAIN SELECT password_hash FROM login_users",
    "SELECT secret_hash FROM login_session",
    "SELECT name_hash, failures FROM login_failure",
    "SELECT data FROM sqlite_dbpage",
];

#[test]
fn what_would_write_or_read_secrets_is_refused() {
    let sandbox = Sandbox::estate();
    let added = sandbox.run_with_input(&["login-user", "add", "root", "--password-stdin"], "correct horse battery\n");
    assert_eq!(added.status, 0, "{added}");
    sandbox.sign_in("root");
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let hash = Command::new("sqlite3").arg(sandbox.database()).arg("SELECT password_hash FROM login_users").output();
    let hash = String::from_utf8(hash.expect("sqlite3 starts").stdout).expect("UTF-8");
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    for sql in FORBIDDEN {
        let answer = sandbox.run(&["sql", sql]);
        // A table or function that was not compiled in does not exist; one that was is refused.
        let refused = answer.status == 5 || answer.status == 1 && answer.stderr.contains("no such ");
        assert!(refused && answer.stdout.is_empty(), "{sql}: {answer}");
        assert!(answer.stderr.starts_with("error: ") && !answer.stderr.contains("argon2"), "{sql}: {answer}");
        let told = ["authoriz", "prohibited", "not an error", "SqliteFailure"];
        assert!(!told.iter().any(|word| answer.stderr.contains(word)), "{sql}: {answer}");
        assert_eq!(std::fs::read(sandbox.database()).expect("the inventory"), before, "{sql}");
    }
    let files: Vec<_> =
        std::fs::read_dir(sandbox.path()).expect("the folder").map(|f| f.expect("a file").file_name()).collect();
    assert!(
        !files
            .iter()
            .any(|name| name.to_string_lossy().ends_with("copy.db") || name.to_string_lossy().contains("other"))
    );
    insta::assert_snapshot!(sandbox.run(&["sql", "SELECT * FROM login_users"]), @r"
    status 5
    ----- stderr -----
    error: password hashes are not readable
    help: select the columns of login_users by name, without password_hash
    ");
    insta::assert_snapshot!(sandbox.run(&["sql", "DELETE FROM users"]), @r"
    status 5
    ----- stderr -----
    error: inv sql only reads
    help: change the inventory with inv commands, such as inv vm set
    ");
    assert_eq!(
        sandbox.ok(&["sql", "SELECT username, email FROM v_login_user", "-o", "csv"]),
        "username,email\nroot,\n"
    );
    assert_eq!(sandbox.ok(&["sql", "SELECT count(*) AS n FROM login_users", "-o", "csv"]), "n\n1\n");
}

#[test]
fn a_table_that_the_catalog_does_not_know_is_closed() {
    let sandbox = Sandbox::estate();
    let made = Command::new("sqlite3")
        .arg(sandbox.database())
        .arg("CREATE TABLE session (token TEXT); INSERT INTO session VALUES ('secret')")
        .status();
    assert!(made.expect("sqlite3 starts").success());
    insta::assert_snapshot!(sandbox.run(&["sql", "SELECT * FROM session"]), @r#"
    status 5
    ----- stderr -----
    error: the table "session" is not readable through inv sql
    "#);
}

/// `SQLITE_INNOCUOUS` of `sqlite3.h`: a function that depends on nothing but its arguments, and changes nothing.
const INNOCUOUS: &str = "0x200000";

#[test]
fn functions_that_are_not_innocuous_are_refused_however_the_engine_was_compiled() {
    let sandbox = Sandbox::estate();
    let sql = format!("SELECT DISTINCT name, narg FROM pragma_function_list WHERE flags & {INNOCUOUS} = 0");
    let functions = sandbox.ok(&["sql", &sql, "-o", "tsv", "--no-headers"]);
    assert!(functions.lines().any(|line| line == "sqlite_log\t2"), "{functions}");
    for line in functions.lines() {
        let (name, arguments) = line.split_once('\t').expect("two columns");
        let arguments: usize = arguments.parse().unwrap_or(1);
        let call = format!("SELECT {name}({})", vec!["x'00'"; arguments].join(", "));
        let answer = sandbox.run(&["sql", &call]);
        assert_eq!((answer.status, answer.stdout.as_str()), (5, ""), "{call}: {answer}");
    }
}

#[test]
fn describing_and_computing_are_open() {
    let sandbox = Sandbox::estate();
    for (sql, answer) in [
        ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10) SELECT sum(x) FROM n", "55"),
        ("SELECT value FROM json_each('[7]')", "7"),
        ("SELECT atom FROM json_tree('[7]') WHERE atom IS NOT NULL", "7"),
        ("SELECT count(*) FROM pragma_table_info('users')", "3"),
        ("SELECT count(*) FROM sqlite_schema WHERE name = 'v_vm'", "1"),
        (
            "SELECT group_concat(name, '+') FROM (SELECT name FROM v_vm WHERE dc = 'tokyo' ORDER BY id)",
            "web01+web02+web10",
        ),
        ("SELECT path FROM v_ip", "AWS/tokyo/prod/web01/10.0.0.11"),
        ("WITH x AS (SELECT name FROM users) SELECT count(*) FROM x", "2"),
        ("VALUES (3)", "3"),
        ("WITH g(user_id) AS (SELECT 1) SELECT count(user_id) FROM g FULL JOIN users USING (user_id)", "2"),
    ] {
        assert_eq!(sandbox.ok(&["sql", sql, "-o", "csv", "--no-headers"]), format!("{answer}\n"), "{sql}");
    }
}

/// What would take 5 GB, 50 MB a row, to tell them apart.
const MUCH: &str = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100) \
                    SELECT count(*) FROM (SELECT DISTINCT x || hex(zeroblob(25000000)) FROM c)";

/// What computes for hours inside one function, where the engine does not look at the time.
const ONE_FUNCTION: &str = "SELECT instr(hex(zeroblob(30000000)), hex(zeroblob(15000000))||'1')";

const FOR_EVER: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";

#[test]
fn what_takes_too_long_or_too_much_is_ended() {
    let sandbox = Sandbox::estate();
    let began = Instant::now();
    insta::assert_snapshot!(sandbox.run(&["sql", FOR_EVER, "--timeout", "1"]), @r"
    status 1
    ----- stderr -----
    error: the SQL exceeded the limit of 1 second
    help: reduce the query, or raise the limit with --timeout SECONDS
    ");
    assert!(began.elapsed() >= Duration::from_secs(1) && began.elapsed() < Duration::from_secs(20));
    for (sql, sentence) in [
        ("SELECT length(zeroblob(100000000))", "the SQL computes a value of more than 64 MiB"),
        ("SELECT printf('%.*c', 200000000, 'x')", "the SQL computes a value of more than 64 MiB"),
        (MUCH, "the SQL needs more than 1 GiB of memory"),
    ] {
        let answer = sandbox.run(&["sql", sql]);
        assert_eq!(
            (answer.status, answer.stderr.lines().next()),
            (1, Some(format!("error: {sentence}").as_str())),
            "{sql}"
        );
    }
}

/// Processor time of a process in user mode, in hundredths of a second (`utime` in proc(5), the 14th field).
fn ticks(process: u32) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("the process");
    // The second field is the name in parentheses, and may hold blanks.
    let (_, fields) = stat.rsplit_once(") ").expect("a name");
    fields.split(' ').nth(11).and_then(|field| field.parse().ok()).expect("a number")
}

/// Starts a statement, and waits until the engine works on it: a tenth of a second of processor time.
fn begun(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.command();
    command.arg("sql").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.spawn().expect("inv starts");
    wait_until("the statement to run", || ticks(running.id()) >= 10);
    running
}

/// Sends a signal to a statement, which must end with status 130 before anybody reads its answer.
fn ends_at_once(mut running: Child, name: &str) {
    let began = Instant::now();
    signal(&running, name);
    running.wait().expect("its end");
    let ended = running.wait_with_output().expect("its end");
    assert!(began.elapsed() < Duration::from_secs(2), "SIG{name}: {:?}", began.elapsed());
    assert_eq!(ended.status.code(), Some(130), "SIG{name}");
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "error: interrupted; nothing was changed\n", "SIG{name}");
}

#[test]
fn a_signal_ends_it_at_once() {
    let sandbox = Sandbox::estate();
    for sql in [FOR_EVER, ONE_FUNCTION] {
        for name in ["INT", "TERM", "HUP", "QUIT"] {
            ends_at_once(begun(&sandbox, &[sql]), name);
        }
    }
}

#[test]
fn a_signal_ends_it_while_nobody_reads_its_answer() {
    let sandbox = Sandbox::estate();
    let running = begun(&sandbox, &[&numbers(1_000_000), "-o", "csv"]);
    // All of its threads sleep: the rest of the answer waits for somebody to read it.
    let is_asleep = || {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", running.id())).expect("its threads");
        tasks.flatten().all(|task| {
            let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_none_or(|(_, fields)| fields.starts_with('S'))
        })
    };
    let mut asleep = 0;
    wait_until("the answer to wait for a reader", || {
        asleep = if is_asleep() { asleep + 1 } else { 0 };
        asleep > 300
    });
    ends_at_once(running, "TERM");
}

#[test]
fn the_time_ends_within_one_function_too() {
    let sandbox = Sandbox::estate();
    let began = Instant::now();
    insta::assert_snapshot!(sandbox.run(&["sql", ONE_FUNCTION, "--timeout", "2"]), @r"
    status 1
    ----- stderr -----
    error: the SQL exceeded the limit of 2 seconds
    help: reduce the query, or raise the limit with --timeout SECONDS
    ");
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_statement_that_takes_long_keeps_no_writer_waiting() {
    let sandbox = Sandbox::estate();
    let temporary = sandbox.path().join("temporary");
    std::fs::create_dir(&temporary).expect("a folder");
    for (name, sql) in [("carol", FOR_EVER), ("dave", ONE_FUNCTION)] {
        let mut command = sandbox.command();
        command.args(["sql", sql]).env("TMPDIR", &temporary).stderr(Stdio::piped());
        let mut running = command.spawn().expect("inv starts");
        wait_until("the statement to run", || ticks(running.id()) >= 10);
        let began = Instant::now();
        sandbox.ok(&["user", "add", name]);
        assert!(began.elapsed() < Duration::from_secs(2), "{name}: {:?}", began.elapsed());
        assert_eq!(running.try_wait().expect("its state"), None, "the statement goes on");
        // However it ends, nothing of the copy is left.
        assert_eq!(std::fs::read_dir(&temporary).expect("the folder").count(), 0);
        signal(&running, "KILL");
        running.wait().expect("its end");
    }
    assert_eq!(sandbox.ok(&["user", "list", "--count"]), "4\n");
}

/// A statement with the numbers from 1 on, a row each.
fn numbers(count: u32) -> String {
    format!("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {count}) SELECT x FROM n")
}

#[test]
fn a_long_answer_has_every_row_once() {
    let sandbox = Sandbox::estate();
    for count in [0, 1, 1_000_000] {
        let listed = sandbox.ok(&["sql", &numbers(count), "-o", "csv"]);
        let wanted: String = std::iter::once("x\n".to_owned()).chain((1..=count).map(|n| format!("{n}\n"))).collect();
        assert!(listed == wanted, "{count} rows");
    }
}

#[test]
fn without_room_for_a_copy_only_short_statements_are_answered() {
    let sandbox = Sandbox::estate();
    let run = |sql: &str| answer(sandbox.command().args(["sql", sql, "-o", "csv"]).env("TMPDIR", "/nowhere"));
    assert_eq!(run("SELECT 1 AS a").to_string(), "status 0\na\n1\n");
    let refused = run(FOR_EVER);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""));
    assert_eq!(
        refused.stderr,
        "error: cannot copy the inventory for a long query: no such file or directory\n\
         help: free space in the folder for temporary files, or set TMPDIR to another folder\n"
    );
}

#[test]
fn the_views_are_those_of_the_catalog() {
    let views = inv::store::views(&inv::catalog::Catalog::standard());
    assert!(inv::SCHEMA.ends_with(&views), "schema.sql is to end in:\n{views}");
    let nouns = inv::catalog::Catalog::standard().entities().count();
    assert_eq!(views.matches("CREATE VIEW v_").count(), nouns);
    assert!(!views.contains("password"));
}

#[test]
fn other_programs_see_bytes_without_rounding() {
    let sandbox = Sandbox::estate();
    // Amount, unit, and the bytes by arithmetic on whole numbers; beyond 2^53 a double would be off.
    let quantities = [
        ("9007199254740993", "B", 9_007_199_254_740_993_u128),
        ("9223372036854775807", "B", u128::from(u64::MAX / 2)),
        ("8191.99999999999", "PiB", (8192 * 10_u128.pow(11) - 1) * (1 << 50) / 10_u128.pow(11)),
        ("1.5", "TB", 1_500_000_000_000),
        ("0.1", "GiB", GIB / 10),
        ("0.000000000000000001", "PiB", 0),
        ("4503599627370497.5", "KiB", (2 * 4_503_599_627_370_497 + 1) * 512),
        ("007.250", "MiB", 7_602_176),
    ];
    for (number, (amount, unit, _)) in quantities.iter().enumerate() {
        sandbox.ok(&["vm", "add", &format!("q{number}"), "--pool", "test", "--memory", &format!("{amount}{unit}")]);
    }
    let seen = Command::new("sqlite3")
        .arg(sandbox.database())
        .arg("SELECT memory_bytes FROM v_vm WHERE name GLOB 'q*' ORDER BY id")
        .output()
        .expect("sqlite3 starts");
    let wanted: String = quantities.iter().map(|(.., bytes)| format!("{bytes}\n")).collect();
    assert_eq!(String::from_utf8_lossy(&seen.stdout), wanted);
}

#[test]
fn the_engine_is_built_without_what_inv_does_not_use() {
    // A package has no `.cargo/config.toml`; what `inv sql` refuses is the same there.
    if !std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".cargo/config.toml").exists() {
        return;
    }
    let options = Sandbox::empty().ok(&["sql", "PRAGMA compile_options", "-o", "csv"]);
    assert!(options.contains("OMIT_SHARED_CACHE"), "{options}");
    for unused in ["ENABLE_FTS", "ENABLE_RTREE", "ENABLE_COLUMN_METADATA", "ENABLE_LOAD_EXTENSION"] {
        assert!(!options.contains(unused), "{options}");
    }
}

#[test]
fn history_can_be_asked_in_sql() {
    let sandbox = Sandbox::estate();
    let question = "SELECT noun, count(*) AS entries FROM change_entry WHERE noun = 'provider' GROUP BY noun";
    assert_eq!(sandbox.ok(&["sql", question, "-o", "csv"]), "noun,entries\nprovider,1\n");
}
