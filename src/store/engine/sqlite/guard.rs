//! SQL that an operator wrote, run so that the engine itself keeps it from harm.
//!
//! The text is not parsed here. The file is open for reading only and `query_only`. An authorizer, which the engine
//! calls for everything that a statement does while it compiles it, allows reading of open tables by listed functions
//! and nothing else, however the engine was compiled. Limits bound the memory of a statement and the size of a value. A
//! handler that the engine calls as it works ends a statement that takes too long; within one function the engine does
//! not call it, so [`Store::ask`](crate::store::Store::ask) does not wait for the statement.

use super::{Connection, explained};
use crate::error::{Error, Kind, Result};
use crate::interrupt;
use crate::output::row::{Column, ColumnKind, Row};
use crate::store::engine::Each;
use crate::system::processes::limit_memory;
use crate::value::shown;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, ErrorCode, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Virtual machine instructions between two checks of the time limit: about a millisecond of work.
const STEPS: i32 = 10_000;
/// Longest text in a statement, in bytes.
const LONGEST: i32 = 64 << 20;
/// Memory that a statement may use for sorting and joining, in bytes.
const MEMORY: u64 = 1 << 30;
/// Core, date, aggregate, window and JSON functions. Full-text search and R-trees, which a build without
/// `.cargo/config.toml` has, bring functions that read their own tables; those stay out.
const FUNCTIONS: &str = "\
    -> ->> abs avg changes char coalesce concat concat_ws count cume_dist current_date current_time \
    current_timestamp date datetime dense_rank first_value format glob group_concat hex if ifnull iif instr json \
    json_array json_array_insert json_array_length json_error_position json_extract json_group_array \
    json_group_object json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set \
    json_type json_valid jsonb jsonb_array jsonb_array_insert jsonb_extract jsonb_group_array jsonb_group_object \
    jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set julianday lag last_insert_rowid \
    last_value lead length like likelihood likely lower ltrim max min nth_value ntile nullif octet_length \
    percent_rank printf quote random randomblob rank replace round row_number rtrim sign soundex \
    sqlite_compileoption_get sqlite_compileoption_used sqlite_source_id sqlite_version strftime string_agg substr \
    substring subtype sum time timediff total total_changes trim typeof unhex unicode unistr unistr_quote unixepoch \
    unlikely upper zeroblob";
/// Pragmas that only describe the schema.
const DESCRIBING: &[&str] = &[
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "function_list",
    "collation_list",
    "compile_options",
];

/// Limits of an operator's SQL: readable tables, secret columns and time.
#[derive(Debug, Clone)]
pub(in crate::store) struct Guard {
    /// Tables and views that it may read, in lower case, besides what describes the schema.
    pub open: BTreeSet<String>,
    /// Columns of these that it may not read, in lower case, and what they hold.
    pub secret: BTreeMap<(String, String), &'static str>,
    /// Time limit, for the message.
    pub time: Duration,
    /// When the time is over.
    pub deadline: Instant,
    /// True once nobody wants the answer any more.
    pub stopped: Arc<AtomicBool>,
}

/// Why the engine refused or ended a statement, noted where it asked.
#[derive(Default)]
struct Noted {
    refusal: Mutex<Option<Error>>,
    overdue: AtomicBool,
}

impl Noted {
    fn refuse(&self, error: Error) -> Authorization {
        let mut refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.get_or_insert(error);
        Authorization::Deny
    }
}

impl Guard {
    /// Returns the error of a statement whose time is over.
    pub(in crate::store) fn overdue(&self) -> Error {
        let unit = if self.time == Duration::from_secs(1) { "second" } else { "seconds" };
        Error::failed(format!("the SQL exceeded the limit of {} {unit}", self.time.as_secs()))
            .help("reduce the query, or raise the limit with --timeout SECONDS")
    }

    /// Allows or refuses what the engine is about to compile; `closed` are the tables that may not be read.
    fn authorize(&self, noted: &Noted, closed: &BTreeSet<String>, context: &AuthContext<'_>) -> Authorization {
        match context.action {
            // A column without a name stands for a table of which none is read, or for a name within the statement.
            AuthAction::Select | AuthAction::Recursive | AuthAction::Read { column_name: "", .. } => {
                Authorization::Allow
            }
            AuthAction::Read { table_name, column_name } => self.read(noted, closed, table_name, column_name),
            AuthAction::Function { function_name } if FUNCTIONS.split(' ').any(|name| name == function_name) => {
                Authorization::Allow
            }
            AuthAction::Function { function_name: "load_extension" } => {
                noted.refuse(refused("extensions cannot be loaded"))
            }
            AuthAction::Function { function_name } => {
                noted.refuse(refused(format!("function {} is not available in inv sql", shown::shown(function_name))))
            }
            AuthAction::Pragma { pragma_name, .. } if DESCRIBING.contains(&pragma_name.to_lowercase().as_str()) => {
                Authorization::Allow
            }
            AuthAction::Pragma { pragma_name, .. } => {
                noted.refuse(refused(format!("PRAGMA {} is not available in inv sql", shown::shown(pragma_name))))
            }
            AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
                noted.refuse(refused("other files cannot be attached: inv sql reads only the inventory"))
            }
            AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => {
                noted.refuse(refused("inv sql runs one query, without transactions"))
            }
            _ => noted.refuse(
                refused("inv sql only reads").help("change the inventory with inv commands, such as inv vm set"),
            ),
        }
    }

    fn read(&self, noted: &Noted, closed: &BTreeSet<String>, table: &str, column: &str) -> Authorization {
        let lower = table.to_lowercase();
        if let Some(what) = self.secret.get(&(lower.clone(), column.to_lowercase())) {
            return noted.refuse(refused(format!("{what} are not readable")).help(format!(
                "select the columns of {} by name, without {}",
                shown::shown(table),
                shown::shown(column)
            )));
        }
        // A name that is neither open nor closed is one within the statement: a FULL JOIN asks about those too.
        if closed.contains(&lower) {
            return noted
                .refuse(refused(format!("the table {} is not readable through inv sql", shown::quoted(table))));
        }
        Authorization::Allow
    }
}

fn refused(why: impl Into<String>) -> Error {
    Error::new(Kind::Denied, why)
}

impl Connection {
    /// Runs one query of an operator and calls `answer` with its columns and a function that iterates over its rows.
    pub(in crate::store) fn ask<T>(
        mut self,
        guard: Guard,
        sql: &str,
        parameters: &[(&str, &str)],
        answer: impl FnOnce(&[Column], &mut dyn FnMut(&mut Each<'_>) -> Result<()>) -> Result<T>,
    ) -> Result<T> {
        let noted = Arc::new(Noted::default());
        let overdue = guard.overdue();
        self.watched(guard, &noted)?;
        let failed = |error: &rusqlite::Error| statement_error(error, &noted, &overdue);
        let mut batch = Batch::new(&self.engine, sql);
        let Some(mut statement) = batch.next().map_err(|error| failed(&error))? else {
            return Err(Error::failed("no SQL specified").help("run inv sql 'SELECT …'"));
        };
        if batch.next().map_err(|error| failed(&error))?.is_some() {
            return Err(Error::failed("inv sql runs one statement at a time"));
        }
        if statement.column_count() == 0 {
            return Err(
                refused("inv sql only reads").help("change the inventory with inv commands, such as inv vm set")
            );
        }
        bind(&mut statement, parameters)?;
        let names = distinct(statement.column_names());
        let mut rows = statement.raw_query();
        let mut first = Row::default();
        let some = match rows.next().map_err(|error| failed(&error))? {
            Some(row) => {
                fill(&mut first, row, names.len()).map_err(|error| failed(&error))?;
                true
            }
            None => false,
        };
        let kind = |place| match first.cell(place) {
            crate::output::row::Cell::Number(_) => ColumnKind::Number,
            _ => ColumnKind::Text,
        };
        let columns: Vec<Column> = (0..).zip(&names).map(|(place, name)| Column::new(name, kind(place))).collect();
        answer(&columns, &mut |each| {
            if some {
                each(&first)?;
            }
            let mut row = Row::default();
            while let Some(raw) = rows.next().map_err(|error| failed(&error))? {
                row.clear();
                fill(&mut row, raw, columns.len()).map_err(|error| failed(&error))?;
                each(&row)?;
            }
            Ok(())
        })
    }

    /// Returns every table and view there is but those that are open, in lower case: of the file, and of the engine
    /// however it was compiled (`dbstat`, `fts3tokenize`, …), apart from JSON. The engine lists all of its tables except
    /// those of pragmas; reading these asks about the pragma. A list of closed names, because the engine asks about names
    /// within a statement too.
    fn closed(&self, open: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let sql = "SELECT lower(name) FROM sqlite_schema WHERE type IN ('table', 'view') \
                   UNION SELECT lower(name) FROM pragma_module_list WHERE name NOT IN ('json_each', 'json_tree')";
        let mut closed = BTreeSet::new();
        self.rows(sql, &[], |row| {
            closed.extend(row.text(0)?.filter(|name| !open.contains(*name)).map(str::to_owned));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(closed)
    }

    /// Sets the guard on everything that is prepared and run from now on.
    fn watched(&mut self, guard: Guard, noted: &Arc<Noted>) -> Result<()> {
        let closed = self.closed(&guard.open)?;
        // The engine could count its allocations, at a cost for each of them; a limit of the system costs nothing.
        // Without it the time limit still ends the statement.
        limit_memory(MEMORY);
        let engine = &mut self.engine;
        for (limit, most) in [
            (Limit::SQLITE_LIMIT_LENGTH, LONGEST),
            (Limit::SQLITE_LIMIT_ATTACHED, 0),
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
            (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
        ] {
            engine.set_limit(limit, most).map_err(|error| explained(&error))?;
        }
        let ended = Arc::clone(noted);
        let (deadline, stopped) = (guard.deadline, Arc::clone(&guard.stopped));
        let watch = move || {
            let overdue = Instant::now() >= deadline;
            ended.overdue.store(overdue, Ordering::Relaxed);
            overdue || stopped.load(Ordering::Relaxed) || interrupt::check().is_err()
        };
        engine.progress_handler(STEPS, Some(watch)).map_err(|error| explained(&error))?;
        let noted = Arc::clone(noted);
        let authorize = move |context: AuthContext<'_>| guard.authorize(&noted, &closed, &context);
        engine.authorizer(Some(authorize)).map_err(|error| explained(&error))
    }
}

/// Binds each value to the parameter of its name.
fn bind(statement: &mut Statement<'_>, parameters: &[(&str, &str)]) -> Result<()> {
    let count = statement.parameter_count();
    let mut names = Vec::with_capacity(count);
    for place in 1..=count {
        match statement.parameter_name(place) {
            Some(name) if !name.starts_with('?') => names.push(name.get(1..).unwrap_or_default().to_owned()),
            _ => {
                return Err(Error::failed("a parameter has no name").help("write :NAME, and pass --param NAME=VALUE"));
            }
        }
    }
    for (name, _) in parameters {
        if !names.iter().any(|other| other == name) {
            return Err(Error::usage(format!("the SQL has no parameter :{}", shown::shown(name))));
        }
    }
    for (place, name) in (1..).zip(&names) {
        let Some((_, value)) = parameters.iter().rev().find(|(parameter, _)| parameter == name) else {
            let name = shown::shown(name);
            return Err(
                Error::usage(format!("the parameter :{name} has no value")).help(format!("pass --param {name}=VALUE"))
            );
        };
        let bound = match value.parse::<i64>() {
            // A value in the engine's own notation of integers is a number; 007 is text.
            Ok(number) if number.to_string() == *value => statement.raw_bind_parameter(place, number),
            _ => statement.raw_bind_parameter(place, *value),
        };
        bound.map_err(|error| explained(&error))?;
    }
    Ok(())
}

/// Makes column names unique, because a JSON object has each key once.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut used = BTreeSet::new();
    names
        .map(|name| {
            let again = (1..).map(|number| format!("{name}:{number}"));
            let distinct = std::iter::once(name.to_owned()).chain(again).find(|name| !used.contains(name));
            let distinct = distinct.unwrap_or_default();
            used.insert(distinct.clone());
            distinct
        })
        .collect()
}

fn fill(row: &mut Row, raw: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<()> {
    for place in 0..columns {
        match raw.get_ref(place)? {
            ValueRef::Null => row.null(),
            ValueRef::Integer(number) => row.integer(number),
            ValueRef::Real(number) if number.is_finite() => row.number(&format!("{number:?}")),
            ValueRef::Real(number) => row.text(if number > 0.0 { "Infinity" } else { "-Infinity" }),
            ValueRef::Text(bytes) => row.text(&String::from_utf8_lossy(bytes)),
            ValueRef::Blob(bytes) => {
                let mut literal = String::from("X'");
                for byte in bytes {
                    // Writing to a `String` cannot fail.
                    let _ = write!(literal, "{byte:02X}");
                }
                literal.push('\'');
                row.text(&literal);
            }
        }
    }
    Ok(())
}

/// Returns the error for a statement that failed or was stopped.
fn statement_error(error: &rusqlite::Error, noted: &Noted, overdue: &Error) -> Error {
    // The engine reports a denied function as wrong SQL; the noted refusal is more precise.
    if let Some(refusal) = noted.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone() {
        return refusal;
    }
    let (code, text) = match error {
        rusqlite::Error::SqlInputError { error, msg, .. } => (error.code, Some(msg.as_str())),
        rusqlite::Error::SqliteFailure(code, text) => (code.code, text.as_deref()),
        rusqlite::Error::NulError(_) => return Error::failed("the SQL contains a NUL character"),
        _ => return explained(error),
    };
    let text = text.map(shown::shown).unwrap_or_default();
    match code {
        ErrorCode::OperationInterrupted if noted.overdue.load(Ordering::Relaxed) => overdue.clone(),
        ErrorCode::OperationInterrupted => Error::interrupted(),
        ErrorCode::OutOfMemory => Error::failed("the SQL needs more than 1 GiB of memory").help("reduce the query"),
        ErrorCode::TooBig => Error::failed("the SQL computes a value of more than 64 MiB"),
        ErrorCode::ReadOnly | ErrorCode::AuthorizationForStatementDenied => {
            refused("inv sql only reads").help("change the inventory with inv commands, such as inv vm set")
        }
        ErrorCode::Unknown | ErrorCode::ApiMisuse | ErrorCode::TypeMismatch | ErrorCode::ParameterOutOfRange => {
            let error = Error::failed(format!("the SQL cannot be run: {text}"));
            if text.starts_with("no such table") || text.starts_with("no such column") {
                return error.help("run `inv sql 'SELECT name, sql FROM sqlite_schema'` for the tables and views");
            }
            error.help("pass one SELECT statement in quotes, for example inv sql 'SELECT name, memory FROM v_vm'")
        }
        _ => explained(error),
    }
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;

    /// A new engine brings new functions: those that it calls innocuous are listed, apart from full-text search.
    #[test]
    fn the_functions_of_the_engine_are_listed() {
        let engine = rusqlite::Connection::open_in_memory().expect("a database in memory");
        let mut statement =
            engine.prepare("SELECT DISTINCT name FROM pragma_function_list WHERE flags & 0x200000").expect("a pragma");
        let names = statement.query_map([], |row| row.get::<_, String>(0)).expect("the list");
        let names: Vec<String> = names.collect::<Result<_, _>>().expect("names");
        let listed = |name: &&String| name.contains("fts") || FUNCTIONS.split(' ').any(|listed| listed == *name);
        let missing: Vec<_> = names.iter().filter(|name| !listed(name)).collect();
        assert!(missing.is_empty(), "not listed: {missing:?}");
        let gone: Vec<_> = FUNCTIONS.split(' ').filter(|listed| !names.iter().any(|name| name == listed)).collect();
        assert!(gone.is_empty(), "the engine has no {gone:?}");
    }
}
