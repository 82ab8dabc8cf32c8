//! Schema versions. A new file is created with the current schema; a file of an earlier version is upgraded by one step
//! for each version that it lacks, and has exactly the same schema then.
//!
//! An upgrade is one transaction, which reads the version again under the lock: of several concurrent commands one
//! upgrades, and the others find the file upgraded.

pub(in crate::store) mod file;
pub(in crate::store) mod new_file;
pub(in crate::store) mod views;

use crate::error::{Error, Result};
use crate::store::engine::{Connection, SchemaObject};
use crate::value::shown::quoted;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// The schema version that this program reads and writes.
pub const VERSION: i64 = 7;

/// The steps to [`VERSION`], and the version that each leads to.
const STEPS: &[(i64, &str)] = &[
    (2, include_str!("schema/2.sql")),
    (3, include_str!("schema/3.sql")),
    (4, include_str!("schema/4.sql")),
    (5, include_str!("schema/5.sql")),
    (6, include_str!("schema/6.sql")),
    (7, include_str!("schema/7.sql")),
];

/// Schema version of a file, compared with that of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has the schema of this program.
    Current,
    /// It has that of an earlier one.
    Older,
}

/// Creates the schema in a file that holds nothing.
///
/// # Errors
/// A conflict where it holds something by the time the lock is held.
pub(super) fn create(connection: &Connection, schema: &str, path: &Path) -> Result<()> {
    connection.begin_write()?;
    let created = connection.is_empty().and_then(|empty| {
        if !empty {
            return Err(file::exists(path));
        }
        take(connection, &[(VERSION, schema)])?;
        connection.commit()
    });
    connection.roll_back();
    created
}

/// Upgrades an older file after `keep` has saved a copy of it. Returns the path of the copy.
pub(super) fn migrate(
    connection: &Connection,
    path: &Path,
    keep: impl FnOnce(i64) -> Result<Option<TempPath>>,
) -> Result<Option<PathBuf>> {
    connection.begin_write()?;
    let migrated = check(connection, path).and_then(|standing| {
        if standing == Standing::Current {
            return Ok(None);
        }
        let version = connection.identity()?.unwrap_or_default();
        let copy = keep(version)?;
        take(connection, lacking(STEPS, version))?;
        // The copy stays from here on, even if the commit fails.
        let copy = copy.map(|copy| copy.keep().map_err(|error| file::unwritten(path, &error.error))).transpose()?;
        connection.commit()?;
        Ok(copy)
    });
    connection.roll_back();
    migrated
}

/// Returns the steps that a file of version `from` lacks.
fn lacking<'s>(steps: &'s [(i64, &'s str)], from: i64) -> &'s [(i64, &'s str)] {
    steps.get(steps.partition_point(|(version, _)| *version <= from)..).unwrap_or_default()
}

/// Runs upgrade steps.
fn take(connection: &Connection, steps: &[(i64, &str)]) -> Result<()> {
    for (version, step) in steps {
        connection.alter(step)?;
        connection.identify(*version)?;
    }
    Ok(())
}

/// Checks that the file has the tables, indexes and views of `schema` unchanged, and no trigger: a missing key would
/// let duplicates in, and a trigger would change other records unasked.
pub(super) fn check_shape(connection: &Connection, schema: &str) -> Result<()> {
    let mut objects: Vec<(&str, &str, bool)> = statements(schema).map(|(name, sql)| (name, sql, false)).collect();
    let mut foreign = None;
    let mut next = 0;
    connection.each_schema_object(|SchemaObject { kind, name, sql }| {
        // Objects mostly are in the order of the schema.
        let is_it = |at: &usize| objects.get(*at).is_some_and(|(other, ..)| *other == name);
        if let Some(at) = [next].into_iter().chain(0..objects.len()).find(is_it) {
            next = at + 1;
            if let Some((_, statement, found)) = objects.get_mut(at) {
                *found |= *statement == sql;
            }
        } else if kind == "trigger" {
            foreign = Some(quoted(name));
        }
    })?;
    if let Some(trigger) = foreign {
        return Err(Error::inventory(format!(
            "the inventory has a trigger that inv did not create, {trigger}; nothing was changed"
        ))
        .help("show it with inv sql 'SELECT sql FROM sqlite_schema', and drop it with sqlite3"));
    }
    // The first one in the order of the schema: the same file gets the same answer.
    match objects.iter().find(|(.., found)| !found) {
        Some((name, ..)) => Err(Error::inventory(format!(
            "the inventory is damaged: the definition of {} differs from the schema; nothing was changed",
            quoted(name)
        ))
        .help("restore it from a backup with inv restore FILE")),
        None => Ok(()),
    }
}

/// Objects of a schema: name and the statement that creates it, in the text that the engine stores.
fn statements(schema: &str) -> impl Iterator<Item = (&str, &str)> {
    let ends = schema.match_indices(';').map(|(at, _)| at).filter(|at| schema.as_bytes().get(at + 1) == Some(&b'\n'));
    let mut start = 0;
    ends.chain([schema.len()]).filter_map(move |end| {
        let mut statement = schema.get(std::mem::replace(&mut start, end + 1)..end)?;
        // Comments come before a statement.
        while let Some(rest) = statement.strip_prefix('\n').or_else(|| statement.strip_prefix("--")) {
            let blank = statement.starts_with('\n');
            statement = if blank { rest } else { rest.get(rest.find('\n')?..)? };
        }
        let statement = statement.trim_end_matches([';', '\n']);
        let mut words = statement.strip_prefix("CREATE ")?.split([' ', '(', '\n']);
        Some((words.find(|word| !word.bytes().all(|letter| letter.is_ascii_uppercase()))?, statement))
    })
}

/// Checks that the file is an inventory of a version that this program supports. Returns its standing.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<Standing> {
    let version = connection.identity()?;
    // The engine may have rolled back a crashed change since the header was read.
    standing(version, path).or_else(|error| file::check(path).and(Err(error)))
}

/// Returns the standing of a file from the schema version in its header; `None` is the file of another program.
///
/// # Errors
/// It is the file of another program, or of a newer inv.
pub(super) fn standing(version: Option<i64>, path: &Path) -> Result<Standing> {
    let shown = file::shown(path);
    let Some(version) = version else {
        let error = Error::inventory(format!("{shown} is a database of another program, not an inventory"));
        return Err(error.help("pass another file with --db"));
    };
    match version.cmp(&VERSION) {
        _ if version < 1 => {
            Err(Error::inventory(format!("{shown} has schema version {version}, which was never released"))
                .help("restore it from a backup"))
        }
        Ordering::Less => Ok(Standing::Older),
        Ordering::Equal => Ok(Standing::Current),
        Ordering::Greater => Err(Error::inventory(format!(
            "{shown} was written by a newer inv (schema version {version}; supported: {VERSION})"
        ))
        .help("use the newer inv")),
    }
}

#[cfg(test)]
mod tests {
    use super::{STEPS, Standing, VERSION, check, create, lacking, migrate, take};
    use crate::error::Kind;
    use crate::store::engine::waiting::Patience;
    use crate::store::engine::{Access, Connection};
    use std::path::PathBuf;
    use tempfile::TempDir;

    const FIRST: &str = "CREATE TABLE one (a INTEGER) STRICT";
    const SECOND: &str = "CREATE TABLE two (b INTEGER) STRICT";

    fn file() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("inv.db");
        (folder, path)
    }

    fn tables(connection: &Connection) -> i64 {
        let count = connection.first("SELECT count(*) FROM sqlite_schema", &[], |row| row.id(0));
        count.expect("a question").expect("an answer")
    }

    #[test]
    fn the_steps_lead_from_version_to_version_up_to_this_one() {
        assert_eq!(STEPS.iter().map(|(version, _)| *version).collect::<Vec<_>>(), (2..=VERSION).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_is_created_at_once_with_the_schema_of_today_and_once() {
        let (_folder, path) = file();
        let connection = Connection::open(&path, Access::Create, Patience::default()).expect("a file");
        create(&connection, FIRST, &path).expect("an inventory");
        assert_eq!(check(&connection, &path), Ok(Standing::Current));
        assert_eq!(create(&connection, FIRST, &path).expect_err("it is there").kind(), Kind::Exists);
        migrate(&connection, &path, |_| Ok(None)).expect("no changes needed");
        assert_eq!(tables(&connection), 1);
    }

    #[test]
    fn only_the_steps_that_a_file_lacks_are_taken() {
        let (_folder, path) = file();
        let connection = Connection::open(&path, Access::Create, Patience::default()).expect("a file");
        connection.begin_write().expect("the lock");
        take(&connection, &[(1, FIRST)]).expect("the first version");
        connection.commit().expect("a commit");
        assert_eq!(check(&connection, &path), Ok(Standing::Older));
        connection.begin_write().expect("the lock");
        take(&connection, lacking(&[(1, FIRST), (2, SECOND)], 1)).expect("the second step");
        assert_eq!(tables(&connection), 2);
        assert_eq!(connection.identity().expect("a header"), Some(2));
        assert_eq!(lacking(&[(1, FIRST), (2, SECOND)], 2), []);
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let (_folder, path) = file();
        let connection = Connection::open(&path, Access::Create, Patience::default()).expect("a file");
        connection.begin_write().expect("the lock");
        take(&connection, &[(1, FIRST)]).expect("the first version");
        connection.commit().expect("a commit");
        connection.begin_write().expect("the lock");
        let again = "CREATE TABLE one (again INTEGER) STRICT";
        take(&connection, &[(2, SECOND), (3, again)]).expect_err("it is there");
        connection.roll_back();
        assert_eq!(tables(&connection), 1);
        assert_eq!(connection.identity().expect("a header"), Some(1));
    }

    #[test]
    fn a_newer_file_and_one_of_no_version_are_refused() {
        let (_folder, path) = file();
        let connection = Connection::open(&path, Access::Create, Patience::default()).expect("a file");
        create(&connection, FIRST, &path).expect("an inventory");
        for (version, words) in [(VERSION + 1, "newer inv"), (0, "was never released"), (-1, "was never released")] {
            connection.identify(version).expect("a header");
            let error = check(&connection, &path).expect_err("not of this program");
            assert_eq!(error.kind(), Kind::Inventory);
            assert!(error.message().contains(words), "{error}");
        }
    }
}
