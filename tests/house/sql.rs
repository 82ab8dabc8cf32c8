//! SQL that a second engine takes: idioms of SQLite stay in `src/store/engine/sqlite*`.

use super::source::sources;

/// The beginning of the files that may know SQLite.
const OF_THE_ENGINE: &str = "src/store/engine/sqlite";

/// Words that no other engine knows, and what stands in their place.
const WORDS: &[(&str, &str)] = &[
    ("INSERT OR", "ON CONFLICT DO NOTHING RETURNING"),
    ("REPLACE INTO", "ON CONFLICT DO UPDATE"),
    ("rowid", "the id column"),
    ("last_insert_rowid", "RETURNING"),
    ("sqlite_schema", "a method of the engine"),
    ("sqlite_master", "a method of the engine"),
    ("sqlite_sequence", "a method of the engine"),
    ("sqlite_temp_schema", "a method of the engine"),
    ("temp.", "a method of the engine that creates the table and returns its name"),
    ("instr(", "position or LIKE over lower()"),
    ("GLOB", "LIKE over lower()"),
    ("PRAGMA", "a method of the engine"),
];

/// Keywords that an operand cannot end in: a `+` behind one of them is unary.
const BEFORE_AN_OPERAND: &[&str] = &["by", "where", "and", "or", "not", "on", "select", "when", "then", "else", "in"];

/// Keywords that may follow a subquery only where its alias is missing.
const BEHIND_A_TABLE: &[&str] = &[
    "where", "order", "group", "join", "left", "inner", "cross", "full", "natural", "on", "using", "limit", "union",
    "having",
];

fn is_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Finds a word that is no part of a longer one.
fn has_word(sql: &str, word: &str) -> bool {
    sql.match_indices(word).any(|(at, _)| {
        let before = sql[..at].chars().next_back();
        let behind = sql[at + word.len()..].chars().next();
        !(before.is_some_and(is_part) || word.ends_with(is_part) && behind.is_some_and(is_part))
    })
}

/// The place of the bracket that closes the one at `open`.
fn closing(sql: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, letter) in sql[open..].char_indices() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        if depth == 0 {
            return Some(open + at);
        }
    }
    None
}

/// The last word before a place, in lower case.
fn word_before(sql: &str, at: usize) -> String {
    let text = sql[..at].trim_end();
    let begin = text.rfind(|letter| !is_part(letter)).map_or(0, |place| place + 1);
    text[begin..].to_lowercase()
}

/// The first word behind a place, in lower case.
fn word_behind(sql: &str, at: usize) -> String {
    sql[at..].trim_start().chars().take_while(|letter| is_part(*letter)).collect::<String>().to_lowercase()
}

/// `LIKE` whose left side is not `lower(…)`: how it treats case depends on the engine.
fn has_like_without_lower(sql: &str) -> bool {
    sql.match_indices(" LIKE ").any(|(at, _)| {
        let left = sql[..at].trim_end();
        let left = left.strip_suffix(" NOT").unwrap_or(left);
        let opens = |open: usize| left[..open].ends_with("lower") && closing(left, open) == Some(left.len() - 1);
        !(left.ends_with(')') && left.match_indices('(').any(|(open, _)| opens(open)))
    })
}

/// `+x` instead of `x`, which keeps SQLite from using an index.
fn has_unary_plus(sql: &str) -> bool {
    sql.match_indices('+').any(|(at, _)| {
        let operand = sql[at + 1..].chars().next().is_some_and(|letter| is_part(letter) && !letter.is_ascii_digit());
        let before = sql[..at].trim_end();
        let is_first = before.ends_with(['(', ',', '=', '<', '>']) || before.is_empty() && !sql.is_empty();
        operand && (is_first || BEFORE_AN_OPERAND.contains(&word_before(sql, at).as_str()))
    })
}

/// `coalesce(condition, 0)`: a condition used as a number.
fn has_condition_as_number(sql: &str) -> bool {
    ["coalesce(", "ifnull("].iter().any(|call| {
        sql.match_indices(call).any(|(at, _)| {
            let open = at + call.len() - 1;
            let Some(end) = closing(sql, open) else { return false };
            let (mut depth, mut first) = (0, open + 1);
            for (place, letter) in sql[open + 1..end].char_indices() {
                depth += i32::from(letter == '(') - i32::from(letter == ')');
                if letter == ',' && depth == 0 {
                    break;
                }
                first = open + 1 + place + letter.len_utf8();
            }
            let argument = &sql[open + 1..first];
            [" = ", " <> ", " < ", " > ", " <= ", " >= ", " IS ", " IN ", " LIKE "]
                .iter()
                .any(|sign| argument.contains(sign))
        })
    })
}

/// `FROM (SELECT …)` without a name behind it.
fn has_subquery_without_alias(sql: &str) -> bool {
    sql.match_indices("(SELECT ").any(|(open, _)| {
        let before = word_before(sql, open);
        let is_table = before == "from" || before == "join";
        let Some(end) = closing(sql, open).filter(|_| is_table) else { return false };
        let behind = sql[end + 1..].trim_start();
        // What stands behind the end of a literal is not to be seen here.
        behind.starts_with([')', ',', ';']) || BEHIND_A_TABLE.contains(&word_behind(sql, end + 1).as_str())
    })
}

/// What is wrong with a piece of SQL.
fn faults(sql: &str) -> Vec<String> {
    let mut faults: Vec<String> = WORDS
        .iter()
        .filter(|(word, _)| has_word(sql, word))
        .map(|(word, instead)| format!("{word} (write {instead})"))
        .collect();
    for (found, fault) in [
        (has_like_without_lower(sql), "LIKE not over lower()"),
        (has_unary_plus(sql), "unary +"),
        (has_condition_as_number(sql), "a condition used as a number"),
        (has_subquery_without_alias(sql), "a subquery without an alias"),
    ] {
        if found {
            faults.push(fault.to_owned());
        }
    }
    faults
}

#[test]
fn sql_outside_the_engine_is_what_every_engine_takes() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.name.starts_with("src/store")) {
        if source.name.starts_with(OF_THE_ENGINE) {
            continue;
        }
        for text in &source.strings {
            let sql = text.text.split_whitespace().collect::<Vec<_>>().join(" ");
            // Commands for the user to type are no SQL of ours.
            if sql.contains("inv sql '") || sql.starts_with("sqlite3 ") {
                continue;
            }
            wrong
                .extend(faults(&sql).into_iter().map(|fault| format!("{}: {fault}: {sql:.100}", source.at(text.line))));
        }
    }
    assert!(wrong.is_empty(), "{} findings\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn idioms_of_sqlite_are_found_and_others_are_not() {
    for sql in [
        "INSERT OR IGNORE INTO t VALUES (1)",
        "SELECT rowid FROM t",
        "SELECT * FROM t WHERE name LIKE $1",
        "SELECT * FROM t WHERE lower(a) = 1 AND name NOT LIKE $1",
        "SELECT * FROM t ORDER BY +name",
        "SELECT * FROM t WHERE a = 1 AND +b = 2",
        "SELECT coalesce(a = 1, 0) FROM t",
        "SELECT count(*) FROM (SELECT a FROM t) WHERE a = 1",
        "SELECT a FROM t JOIN (SELECT b FROM u) ON a = b",
    ] {
        assert!(!faults(sql).is_empty(), "{sql}");
    }
    for sql in [
        "INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id",
        "SELECT growid, glob FROM t",
        "SELECT * FROM t WHERE lower(name) LIKE $1 AND lower(trim(b)) NOT LIKE $2",
        "SELECT a + b, c+d FROM t ORDER BY name",
        "SELECT coalesce(a, b = 1) FROM t",
        "SELECT (SELECT max(a) FROM t) FROM (SELECT a FROM t) AS s JOIN (SELECT b FROM u) v ON a = b",
        "FROM (SELECT a FROM t)",
    ] {
        assert_eq!(faults(sql), [""; 0], "{sql}");
    }
}
