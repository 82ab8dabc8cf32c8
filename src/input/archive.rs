//! Workbooks and other archives, which are not trusted to be any.
//!
//! calamine holds a workbook's shared texts and styles in memory, and reserves room for as many texts as the workbook
//! says it has. A few kilobytes of zip can so ask for more memory than there is. Every part is therefore unpacked once
//! before, into nothing, and counted: what is too large, or claims what its size cannot hold, is refused.

use crate::error::{Error, Result, io_reason};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use zip::ZipArchive;

const MEBIBYTE: u64 = 1 << 20;
const FILE_LIMIT: u64 = 256 * MEBIBYTE;
const UNPACKED_LIMIT: u64 = 1024 * MEBIBYTE;
/// Largest number of parts of an archive.
pub(super) const PARTS_LIMIT: usize = 10_000;

/// Kind of a file, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A zip archive, which workbooks since 2007 are.
    Zip,
    /// A compound file, which workbooks up to 2003 and those with a password are.
    Compound,
    /// A page of HTML, which some programs call `.xls`.
    Html,
    /// A workbook in XML of 2003.
    SpreadsheetMl,
    /// Anything else.
    Other,
}

/// Returns the kind of the file at `path`; [`FileKind::Other`] if it cannot be read.
pub(super) fn kind(path: &Path) -> FileKind {
    let mut beginning = Vec::new();
    let is_read = std::fs::metadata(path).is_ok_and(|data| data.is_file())
        && File::open(path).is_ok_and(|file| file.take(1024).read_to_end(&mut beginning).is_ok());
    if !is_read {
        return FileKind::Other;
    }
    kind_of(&beginning)
}

fn kind_of(beginning: &[u8]) -> FileKind {
    if beginning.starts_with(b"PK\x03\x04") {
        return FileKind::Zip;
    }
    if beginning.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return FileKind::Compound;
    }
    // Without NUL bytes UTF-16 reads as UTF-8 does.
    let text: Vec<u8> = beginning.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&text).to_lowercase();
    let text = text.trim_start_matches(['\u{feff}', '\u{fffd}']).trim_start();
    match text {
        _ if text.starts_with("<?xml") && text.contains("urn:schemas-microsoft-com:office:spreadsheet") => {
            FileKind::SpreadsheetMl
        }
        _ if ["<html", "<!doctype html", "<table", "<meta", "<head"].iter().any(|tag| text.starts_with(tag)) => {
            FileKind::Html
        }
        _ => FileKind::Other,
    }
}

/// Opens the workbook at `path`, called `name` in messages, once its parts are known to be of a tolerable size.
///
/// # Errors
/// The file cannot be read, or is too large as it is or unpacked.
pub(super) fn open(path: &Path, name: &str) -> Result<File> {
    let cannot_open = |error| Error::io(format!("cannot open \"{name}\""), error);
    let mut file = File::open(path).map_err(cannot_open)?;
    let length = file.metadata().map_err(cannot_open)?.len();
    if length > FILE_LIMIT {
        return Err(Error::failed(format!("\"{name}\" is larger than {} MiB", FILE_LIMIT / MEBIBYTE))
            .help("export it again without tabs that are not needed, or as a folder of CSV tabs"));
    }
    if kind(path) == FileKind::Zip {
        check_parts(&mut file, name)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(cannot_open)?;
    Ok(file)
}

/// Returns true if the zip archive has a part with this name.
pub(super) fn has_part(file: &File, part: &str) -> bool {
    ZipArchive::new(BufReader::new(file))
        .is_ok_and(|archive| archive.file_names().any(|name| name.is_ok_and(|name| name == part)))
}

/// Tests if the days of a workbook are counted from 1904, as Excel on a Macintosh once did; also if that cannot be read.
pub(super) fn counts_from_1904(file: &File) -> bool {
    let mut text = String::new();
    let read = || -> Option<()> {
        let mut archive = ZipArchive::new(BufReader::new(file)).ok()?;
        archive.by_name("xl/workbook.xml").ok()?.take(MEBIBYTE).read_to_string(&mut text).ok().map(drop)
    };
    let is_read = { read }().is_some();
    !is_read || ["date1904=\"1\"", "date1904=\"true\""].iter().any(|mark| text.contains(mark))
}

/// Returns true if the archive at `path` can be read and has none of the parts that make it a workbook.
pub(super) fn is_no_workbook(path: &Path, parts: &[&str]) -> bool {
    let archive = File::open(path).ok().and_then(|file| ZipArchive::new(BufReader::new(file)).ok());
    let is_one = |name: &str| parts.contains(&name);
    archive.is_some_and(|archive| !archive.file_names().any(|name| name.is_ok_and(|name| is_one(&name))))
}

/// Returns the failure of a workbook that cannot be read.
pub(super) fn damaged(name: &str, error: &dyn std::fmt::Display) -> Error {
    Error::failed(format!("\"{name}\" is not a readable workbook: {error}"))
        .help("open it in a spreadsheet and save it as .xlsx, or export it again")
}

/// Returns the largest size of an unpacked part in bytes, by its use in memory: cells are streamed, texts stay, and a
/// style needs a hundred times the size of its mark-up.
fn part_limit(part: &str) -> u64 {
    if part.ends_with("sharedstrings.xml") {
        128 * MEBIBYTE
    } else if part.ends_with("styles.xml") {
        4 * MEBIBYTE
    } else if part.contains("worksheets/") && !part.contains("_rels/") {
        512 * MEBIBYTE
    } else if matches!(part.rsplit('.').next(), Some("xml" | "rels")) {
        16 * MEBIBYTE
    } else {
        64 * MEBIBYTE
    }
}

fn check_parts(file: &mut File, name: &str) -> Result<()> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(name, &error))?;
    if archive.len() > PARTS_LIMIT {
        return Err(damaged(name, &format!("it has more than {PARTS_LIMIT} parts")));
    }
    let mut unpacked = 0;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| damaged(name, &error))?;
        let part_name = part.name().map_err(|error| damaged(name, &error))?.to_ascii_lowercase().replace('\\', "/");
        let limit = part_limit(&part_name).min(UNPACKED_LIMIT - unpacked);
        let size = check_part(part, &part_name, limit).map_err(|reason| damaged(name, &reason))?;
        unpacked += size;
    }
    Ok(())
}

/// Unpacks a part into nothing; its size, or why it is refused.
fn check_part(part: impl Read, name: &str, limit: u64) -> std::result::Result<u64, String> {
    let mut part = part.take(limit + 1);
    let (mut size, mut buffer) = (0_u64, vec![0; 64 << 10]);
    let mut claims = name.ends_with("sharedstrings.xml").then(Claims::default);
    loop {
        let count = match part.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(io_reason(&error)),
        };
        size += count as u64;
        if size > limit {
            return Err(format!("its part {name} unpacks to more than {} MiB", limit / MEBIBYTE));
        }
        if let Some(claims) = &mut claims {
            claims.look_at(buffer.get(..count).unwrap_or_default(), count == 0);
        }
        if count == 0 {
            break;
        }
    }
    if claims.is_some_and(|claims| claims.most.saturating_mul("<si/>".len() as u64) > size) {
        return Err(format!("its part {name} declares more texts than fit"));
    }
    Ok(size)
}

/// Number of texts that a table of shared texts claims: the largest claim anywhere in it, since only the parser knows
/// where the table's first element is.
#[derive(Default)]
struct Claims {
    most: u64,
    window: Vec<u8>,
}

impl Claims {
    const WORD: &[u8] = b"uniqueCount";
    /// Largest distance of the value behind its word, in bytes.
    const REACH: usize = 64;

    fn look_at(&mut self, bytes: &[u8], is_end: bool) {
        // Without NUL bytes UTF-16 reads as UTF-8 does.
        self.window.extend(bytes.iter().filter(|byte| **byte != 0));
        let reserved = if is_end { 0 } else { Self::WORD.len() + Self::REACH };
        let settled = self.window.len().saturating_sub(reserved);
        for start in 0..settled {
            let Some(rest) = self.window.get(start..) else { break };
            if let Some(value) = rest.strip_prefix(Self::WORD) {
                let value = value.get(..Self::REACH.min(value.len())).unwrap_or_default();
                self.most = self.most.max(claim(value));
            }
        }
        self.window.drain(..settled);
    }
}

/// The number in `="123"`; more than there can be where there is no end to it.
fn claim(value: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(value);
    let number = text.trim_start_matches(|letter: char| letter.is_ascii_whitespace() || "=\"'+".contains(letter));
    match number.find(|letter: char| !letter.is_ascii_digit()) {
        Some(0) => 0,
        Some(end) => number.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX),
        None => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::{check_part, part_limit};

    #[test]
    fn parts_are_counted_as_they_unpack() {
        assert_eq!(check_part(&[b'x'; 100][..], "xl/styles.xml", 100), Ok(100));
        assert!(check_part(std::io::repeat(b'x'), "xl/styles.xml", 1 << 20).is_err());
    }

    #[test]
    fn a_claim_of_more_texts_than_there_is_room_for_is_refused() {
        let check = |table: &[u8]| check_part(table, "xl/sharedstrings.xml", 1 << 20);
        let padding = format!("<!--{}-->", "x".repeat(100_000));
        let far = format!("{padding}<sst uniqueCount=\"99999999999999\"><si/></sst>");
        assert!(check(far.as_bytes()).is_err());
        let wide: Vec<u8> = far.bytes().flat_map(|byte| [byte, 0]).collect();
        assert!(check(&wide).is_err());
        for claim in ["'999999'", "\"99999999999999999999999999\"", &format!("{}\"9", " ".repeat(100))] {
            assert!(check(format!("<x:sst uniqueCount = {claim}><x:si/>").as_bytes()).is_err(), "{claim}");
        }
        assert!(check(b"<sst count=\"4\" uniqueCount=\"1\"><si><t>a</t></si></sst>").is_ok());
        assert!(check(b"<sst count=\"4\"><si><t>a</t></si></sst>").is_ok());
    }

    #[test]
    fn what_is_held_in_memory_has_the_smaller_limits() {
        assert!(part_limit("xl/styles.xml") < part_limit("xl/sharedstrings.xml"));
        assert!(part_limit("xl/sharedstrings.xml") < part_limit("xl/worksheets/sheet1.xml"));
    }
}
