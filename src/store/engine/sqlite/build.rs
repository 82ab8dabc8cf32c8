//! Version, source and build options of the engine in this program.

use super::explained;
use crate::error::Result;

/// Version and build options of the engine.
#[derive(Debug)]
pub struct EngineBuild {
    /// Its version, such as `3.51.1`.
    pub version: String,
    /// Date and check-in of its source.
    pub source: String,
    /// The parts that were added or omitted, and how its threads are kept apart.
    pub options: Vec<String>,
}

/// Returns how the engine in this program was built.
///
/// # Errors
/// There is not enough memory.
pub fn engine_build() -> Result<EngineBuild> {
    let read = || {
        let engine = rusqlite::Connection::open_in_memory()?;
        let source = engine.query_row("SELECT sqlite_source_id()", [], |row| row.get(0))?;
        let mut statement = engine.prepare(
            "SELECT compile_options FROM pragma_compile_options \
             WHERE compile_options LIKE 'ENABLE%' OR compile_options LIKE 'OMIT%' \
             OR compile_options LIKE 'THREADSAFE%' ORDER BY 1",
        )?;
        let options = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(EngineBuild { version: rusqlite::version().to_owned(), source, options })
    };
    read().map_err(|error: rusqlite::Error| explained(&error))
}
