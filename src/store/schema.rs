//! Schema versions: each is one step, and each step one transaction that looks again inside the lock.

use super::file;
use super::sqlite::Connection;
use crate::error::{Error, Result};
use std::path::Path;

/// The schema version that this program reads and writes.
pub const VERSION: i64 = 1;

/// Steps from each version to the next one: the first leads from version 1 to version 2.
const STEPS: &[&str] = &[];

/// Creates the schema in a file that holds nothing.
pub(super) fn create(connection: &Connection, schema: &str, path: &Path) -> Result<()> {
    connection.begin_write()?;
    let created = is_empty(connection).and_then(|empty| {
        if !empty {
            return Err(file::exists(path));
        }
        connection.batch(schema)?;
        connection.identify(VERSION)?;
        connection.commit()
    });
    connection.roll_back();
    created
}

/// Makes sure that the file is an inventory of a version that this program knows.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<()> {
    let shown = file::shown(path);
    let (ours, version) = connection.identity()?;
    if !ours {
        let error = Error::inventory(format!("{shown} is a database of another program, not an inventory"));
        return Err(error.help("name another file with --db"));
    }
    if version > VERSION {
        return Err(Error::inventory(format!(
            "{shown} was written by a newer inv (schema version {version}; this one knows {VERSION})"
        ))
        .help("use the newer inv"));
    }
    if version < VERSION && usize::try_from(VERSION - version).is_ok_and(|missing| missing > STEPS.len()) {
        return Err(Error::inventory(format!("{shown} has schema version {version}, which never was released")));
    }
    Ok(())
}

fn is_empty(connection: &Connection) -> Result<bool> {
    let tables = connection.first("SELECT count(*) FROM sqlite_schema", &[], |row| row.id(0))?;
    Ok(tables == Some(0))
}
