//! Pages about the commands, written to a folder: `inv man DIR` and `inv reference DIR`.

use crate::error::{Error, Result};
use crate::value::shown;
use clap::{Arg, ArgMatches, ValueHint};
use std::fs;
use std::path::Path;

/// A page: the name of its file and its text.
pub(super) struct Page {
    pub(super) file: String,
    pub(super) text: Vec<u8>,
}

/// Returns the argument that names the folder.
pub(super) fn argument() -> Arg {
    Arg::new("folder").value_name("DIR").value_hint(ValueHint::DirPath)
}

/// Returns the folder that the command line names.
pub(super) fn folder(matches: &ArgMatches) -> Option<&Path> {
    matches.get_one::<String>("folder").map(Path::new)
}

/// Writes the pages to a folder, which is created if it is missing. Existing files with these names are replaced.
///
/// # Errors
/// The folder or a file cannot be written; `what` names the pages.
pub(super) fn write(pages: &[Page], folder: &Path, what: &str) -> Result<()> {
    fs::create_dir_all(folder)
        .and_then(|()| pages.iter().try_for_each(|page| fs::write(folder.join(&page.file), &page.text)))
        .map_err(|error| {
            let folder = shown::shown(&folder.to_string_lossy()).into_owned();
            Error::io(format!("cannot write {what} to {folder}"), error)
        })
}
