//! Schema versions. A new file is created with the whole schema of today; one of an earlier version is brought up by the
//! steps that it lacks, one from each version to the next, and has the very same schema then.
//!
//! All of it is one transaction, which looks again at where the file stands once it holds the lock: of several that come
//! at once, one does it and the others find it done.

use super::file;
use super::sqlite::Connection;
use crate::error::{Error, Result};
use std::cmp::Ordering;
use std::path::Path;

/// The schema version that this program reads and writes.
pub const VERSION: i64 = 2;

/// The steps to [`VERSION`], and the version that each leads to.
const STEPS: &[(i64, &str)] = &[(2, include_str!("schema/2.sql"))];

/// Where a file stands.
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
    let created = is_empty(connection).and_then(|empty| {
        if !empty {
            return Err(file::exists(path));
        }
        take(connection, &[(VERSION, schema)])
    });
    connection.roll_back();
    created
}

/// Takes the steps that an older file lacks.
pub(super) fn migrate(connection: &Connection, path: &Path) -> Result<()> {
    connection.begin_write()?;
    let migrated = match check(connection, path) {
        Ok(Standing::Older) => connection.identity().and_then(|(_, version)| take(connection, lacking(STEPS, version))),
        other => other.map(drop),
    };
    connection.roll_back();
    migrated
}

/// The steps that a file of the version `from` lacks.
fn lacking<'s>(steps: &'s [(i64, &'s str)], from: i64) -> &'s [(i64, &'s str)] {
    steps.get(steps.partition_point(|(version, _)| *version <= from)..).unwrap_or_default()
}

/// Takes steps, and makes them last.
fn take(connection: &Connection, steps: &[(i64, &str)]) -> Result<()> {
    for (version, step) in steps {
        connection.batch(step)?;
        connection.identify(*version)?;
    }
    connection.commit()
}

/// Makes sure that the file is an inventory of a version that this program knows, and tells where it stands.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<Standing> {
    let shown = file::shown(path);
    let (ours, version) = connection.identity()?;
    if !ours {
        let error = Error::inventory(format!("{shown} is a database of another program, not an inventory"));
        return Err(error.help("name another file with --db"));
    }
    match version.cmp(&VERSION) {
        _ if version < 1 => {
            Err(Error::inventory(format!("{shown} has schema version {version}, which never was released"))
                .help("restore it from a backup"))
        }
        Ordering::Less => Ok(Standing::Older),
        Ordering::Equal => Ok(Standing::Current),
        Ordering::Greater => Err(Error::inventory(format!(
            "{shown} was written by a newer inv (schema version {version}; this one knows {VERSION})"
        ))
        .help("use the newer inv")),
    }
}

fn is_empty(connection: &Connection) -> Result<bool> {
    let tables = connection.first("SELECT count(*) FROM sqlite_schema", &[], |row| row.id(0))?;
    Ok(tables == Some(0))
}

#[cfg(test)]
mod tests {
    use super::{STEPS, Standing, VERSION, check, create, lacking, migrate, take};
    use crate::error::Kind;
    use crate::store::sqlite::{Access, Connection};
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
        let connection = Connection::open(&path, Access::Create).expect("a file");
        create(&connection, FIRST, &path).expect("an inventory");
        assert_eq!(check(&connection, &path), Ok(Standing::Current));
        assert_eq!(create(&connection, FIRST, &path).expect_err("it is there").kind(), Kind::Conflict);
        migrate(&connection, &path).expect("nothing to do");
        assert_eq!(tables(&connection), 1);
    }

    #[test]
    fn only_the_steps_that_a_file_lacks_are_taken() {
        let (_folder, path) = file();
        let connection = Connection::open(&path, Access::Create).expect("a file");
        connection.begin_write().expect("the lock");
        take(&connection, &[(1, FIRST)]).expect("the first version");
        assert_eq!(check(&connection, &path), Ok(Standing::Older));
        connection.begin_write().expect("the lock");
        take(&connection, lacking(&[(1, FIRST), (2, SECOND)], 1)).expect("the second step");
        assert_eq!(tables(&connection), 2);
        assert_eq!(connection.identity().expect("a header"), (true, 2));
        assert_eq!(lacking(&[(1, FIRST), (2, SECOND)], 2), []);
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let (_folder, path) = file();
        let connection = Connection::open(&path, Access::Create).expect("a file");
        connection.begin_write().expect("the lock");
        take(&connection, &[(1, FIRST)]).expect("the first version");
        connection.begin_write().expect("the lock");
        let again = "CREATE TABLE one (again INTEGER) STRICT";
        take(&connection, &[(2, SECOND), (3, again)]).expect_err("it is there");
        connection.roll_back();
        assert_eq!(tables(&connection), 1);
        assert_eq!(connection.identity().expect("a header"), (true, 1));
    }

    #[test]
    fn a_newer_file_and_one_of_no_version_are_refused() {
        let (_folder, path) = file();
        let connection = Connection::open(&path, Access::Create).expect("a file");
        create(&connection, FIRST, &path).expect("an inventory");
        for (version, words) in [(VERSION + 1, "newer inv"), (0, "never was released"), (-1, "never was released")] {
            connection.identify(version).expect("a header");
            let error = check(&connection, &path).expect_err("not of this program");
            assert_eq!(error.kind(), Kind::Inventory);
            assert!(error.message().contains(words), "{error}");
        }
    }
}
