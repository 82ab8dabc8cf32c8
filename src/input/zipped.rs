//! CSV files in a zip archive, put aside as files: an archive is not trusted to be of a tolerable size.

use super::archive::PARTS_LIMIT;
use crate::error::{Error, Result};
use crate::value::shown::quoted;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use tempfile::NamedTempFile;
use zip::ZipArchive;

/// Largest size of all unpacked files, in bytes.
const UNPACKED_LIMIT: u64 = 2 << 30;

/// CSV file of an archive, unpacked.
#[derive(Debug)]
pub struct ZippedFile {
    /// Name of the file, without its folders and without `.csv`.
    pub stem: String,
    /// Name of the archive and the file in faults.
    pub name: String,
    /// Its contents.
    pub file: NamedTempFile,
}

/// Unpacks the CSV files of the archive at `path`, whatever folders they are in.
///
/// # Errors
/// The archive cannot be read or unpacks to too much, has no CSV file, or has two of the same name.
pub fn unpack(path: &Path) -> Result<Vec<ZippedFile>> {
    unpack_within(path, UNPACKED_LIMIT)
}

fn unpack_within(path: &Path, limit: u64) -> Result<Vec<ZippedFile>> {
    let archive_name = path.display().to_string();
    let file = File::open(path).map_err(|error| Error::io(format!("cannot open \"{archive_name}\""), error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(&archive_name, &error))?;
    if archive.len() > PARTS_LIMIT {
        return Err(unreadable(&archive_name, &format!("it has more than {PARTS_LIMIT} files")));
    }
    let mut files: Vec<ZippedFile> = Vec::new();
    let mut unpacked = 0;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| unreadable(&archive_name, &error))?;
        let part_name = part.name().map_err(|error| unreadable(&archive_name, &error))?.replace('\\', "/");
        let Some(stem) = stem_of(&part_name) else { continue };
        let name = format!("{archive_name} ({stem}.csv)");
        if files.iter().any(|other| other.stem.eq_ignore_ascii_case(stem)) {
            return Err(Error::failed(format!("\"{archive_name}\" has several files called {}", quoted(stem)))
                .help("unpack it, and import each folder by itself"));
        }
        let cannot_unpack = |error| {
            Error::io(format!("cannot unpack \"{name}\" to {}", std::env::temp_dir().display()), error)
                .help("set TMPDIR to a folder with room, or unpack the archive and import its files")
        };
        let mut file = NamedTempFile::new().map_err(cannot_unpack)?;
        unpacked += io::copy(&mut (&mut part).take(limit - unpacked + 1), &mut file).map_err(cannot_unpack)?;
        if unpacked > limit {
            return Err(unreadable(&archive_name, &format!("it unpacks to more than {} MiB", limit >> 20)));
        }
        files.push(ZippedFile { stem: stem.to_owned(), name, file });
    }
    if files.is_empty() {
        return Err(Error::failed(format!(
            "\"{archive_name}\" is a zip archive without a workbook or a CSV file in it"
        ))
        .help("unpack it, and import its files one by one"));
    }
    files.sort_by(|one, other| one.stem.cmp(&other.stem));
    Ok(files)
}

/// Returns the name of a CSV file without its folders and ending; `None` for other files, and for those that macOS
/// keeps beside each file.
fn stem_of(part: &str) -> Option<&str> {
    let name = part.rsplit('/').next()?;
    let (stem, ending) = name.rsplit_once('.')?;
    (ending.eq_ignore_ascii_case("csv") && !stem.is_empty() && !name.starts_with("._")).then_some(stem)
}

fn unreadable(name: &str, error: &dyn Display) -> Error {
    Error::failed(format!("\"{name}\" is not a readable zip archive: {error}"))
        .help("unpack it, and import its files one by one")
}

#[cfg(test)]
mod tests {
    use super::{stem_of, unpack_within};
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    #[test]
    fn only_csv_files_are_tables() {
        assert_eq!(stem_of("copy/vms.csv"), Some("vms"));
        assert_eq!(stem_of("VMS.CSV"), Some("VMS"));
        for part in ["copy/", "vms.json", ".csv", "__MACOSX/copy/._vms.csv", "csv"] {
            assert_eq!(stem_of(part), None, "{part}");
        }
    }

    #[test]
    fn an_archive_that_unpacks_to_more_than_the_limit_is_refused() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        let mut zip = ZipWriter::new(&mut file);
        for name in ["a.csv", "b.csv"] {
            zip.start_file(name, SimpleFileOptions::default()).expect("a part");
            zip.write_all(&vec![b'x'; 600_000]).expect("it can be written");
        }
        zip.finish().expect("it is a zip");
        assert_eq!(unpack_within(file.path(), 1_200_000).expect("it fits").len(), 2);
        let error = unpack_within(file.path(), 1 << 20).expect_err("too much");
        assert!(error.message().ends_with(" is not a readable zip archive: it unpacks to more than 1 MiB"));
    }
}
