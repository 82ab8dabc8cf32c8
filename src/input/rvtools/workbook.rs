//! The tabs of a workbook (.xlsx), which is not trusted to be one.
//!
//! calamine holds a workbook's shared texts and styles in memory, and reserves room for as many texts as the workbook
//! says it has. A few kilobytes of zip can so ask for more memory than there is. Every part is therefore unpacked once
//! before, into nothing, and counted: what is too large, or claims what its size cannot hold, is refused.

use crate::error::{Error, Result, io_reason};
use crate::input::Reading;
use crate::input::notes::Notes;
use crate::input::rvtools::Request;
use crate::input::rvtools::tab::{CELL_LIMIT, LAYOUTS, Tab, TabLayout, is_tab};
use calamine::{DataRef, Reader, Xlsx};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use zip::ZipArchive;

const MEBIBYTE: u64 = 1 << 20;
const FILE_LIMIT: u64 = 256 * MEBIBYTE;
const UNPACKED_LIMIT: u64 = 1024 * MEBIBYTE;
const PARTS_LIMIT: usize = 10_000;
const CELLS_LIMIT: u64 = 20_000_000;
const WIDTH_LIMIT: usize = 16_384;

/// Reads the tabs of the workbook at `path`, which is called `name`. The second part are the names of all its sheets.
pub(super) fn read(
    path: &Path,
    name: &str,
    request: &Request<'_>,
    notes: &mut Notes,
) -> Result<(Vec<Tab>, Vec<String>)> {
    let Reading { delimiter, encoding } = request.reading;
    for (option, is_there) in [("delimiter", delimiter.is_some()), ("encoding", encoding.is_some())] {
        if is_there {
            return Err(Error::usage(format!(
                "--{option} does not apply to \"{name}\", which is no folder of CSV tabs"
            ))
            .help(format!("omit --{option}, or pass the folder of the CSV tabs")));
        }
    }
    let cannot_open = |error| Error::io(format!("cannot open \"{name}\""), error);
    let mut file = File::open(path).map_err(cannot_open)?;
    let length = file.metadata().map_err(cannot_open)?.len();
    if length > FILE_LIMIT {
        return Err(Error::failed(format!("\"{name}\" is larger than {} MiB", FILE_LIMIT / MEBIBYTE))
            .help("export it again without tabs that are not needed, or as a folder of CSV tabs"));
    }
    check_magic(&mut file, name)?;
    check_parts(&mut file, name)?;
    file.seek(SeekFrom::Start(0)).map_err(cannot_open)?;
    let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(|error| damaged(name, &error))?;
    let sheets = workbook.sheet_names();
    let mut tabs = Vec::new();
    for layout in &LAYOUTS {
        if let Some(sheet) = find_sheet(&sheets, layout.tab) {
            tabs.extend(read_sheet(&mut workbook, sheet, layout, (name, request), notes)?);
        }
    }
    Ok((tabs, sheets))
}

fn damaged(name: &str, error: &dyn std::fmt::Display) -> Error {
    Error::failed(format!("\"{name}\" is not a readable workbook: {error}"))
        .help("open it in a spreadsheet and save it as .xlsx, or export it from RVTools again")
}

fn check_magic(file: &mut File, name: &str) -> Result<()> {
    let mut beginning = [0; 4];
    match file.read_exact(&mut beginning) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => beginning = [0; 4],
        Err(error) => return Err(damaged(name, &io_reason(&error)).caused_by(error)),
    }
    match &beginning {
        b"PK\x03\x04" => Ok(()),
        [0xD0, 0xCF, 0x11, 0xE0] => Err(Error::failed(format!("\"{name}\" is an old or password-protected workbook"))
            .help("save it as .xlsx without a password")),
        _ => Err(Error::failed(format!("\"{name}\" is not a workbook"))
            .help("pass an RVTools export (.xlsx), or the folder of its CSV tabs")),
    }
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

fn find_sheet<'names>(sheets: &'names [String], tab: &str) -> Option<&'names str> {
    let exactly = sheets.iter().find(|sheet| sheet.trim().eq_ignore_ascii_case(tab));
    exactly.or_else(|| sheets.iter().find(|sheet| is_tab(sheet, tab))).map(String::as_str)
}

/// The cells of one row, gathered from the stream: only those that are there, since a row may have but its last.
#[derive(Default)]
struct Line {
    number: u64,
    cells: BTreeMap<usize, String>,
    has_text: bool,
}

impl Line {
    fn clear(&mut self, number: u64) {
        self.number = number;
        self.cells.clear();
        self.has_text = false;
    }

    /// The row as headers: every place up to the last that has a text.
    fn headers(&mut self) -> Vec<String> {
        let width = self.cells.last_key_value().map_or(0, |(place, _)| place + 1);
        (0..width).map(|place| self.cells.remove(&place).unwrap_or_default()).collect()
    }
}

fn read_sheet<R: Read + Seek>(
    workbook: &mut Xlsx<R>,
    sheet: &str,
    layout: &'static TabLayout,
    (name, request): (&str, &Request<'_>),
    notes: &mut Notes,
) -> Result<Option<Tab>> {
    let source = format!("{name} ({sheet})");
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(|error| damaged(&source, &error))?;
    let mut tab: Option<Tab> = None;
    let mut wanted: Vec<Option<&'static str>> = Vec::new();
    let (mut line, mut count) = (Line::default(), 0);
    loop {
        let cell = cells.next_cell().map_err(|error| damaged(&source, &error))?;
        let number = cell.as_ref().map(|cell| u64::from(cell.get_position().0) + 1);
        if number != Some(line.number) && line.has_text {
            // The row before is complete.
            if let Some(tab) = &mut tab {
                tab.push(line.number, |place| line.cells.get(&place).map(String::as_str), notes)?;
            } else {
                let headers = line.headers();
                let opened = Tab::new(layout, source.clone(), &headers, request.owner_column, notes)?;
                wanted = vec![None; headers.len()];
                for (place, column) in opened.wanted() {
                    if let Some(slot) = wanted.get_mut(place) {
                        *slot = Some(column);
                    }
                }
                tab = Some(opened);
            }
        }
        let (Some(cell), Some(number)) = (cell, number) else { return Ok(tab) };
        if number != line.number {
            line.clear(number);
        }
        count += 1;
        let place = usize::try_from(cell.get_position().1).unwrap_or(usize::MAX);
        if count > CELLS_LIMIT || place >= WIDTH_LIMIT {
            return Err(damaged(&source, &format!("it has more than {CELLS_LIMIT} cells or {WIDTH_LIMIT} columns")));
        }
        let column = if tab.is_some() { wanted.get(place).copied().flatten() } else { Some("") };
        if let DataRef::Error(error) = cell.get_value() {
            line.has_text = true;
            if let Some(tab) = tab.as_ref().filter(|_| column.is_some()) {
                tab.tell_error(number, place, &error.to_string(), notes);
            }
            continue;
        }
        let Some(text) = text_of(cell.get_value(), column == Some("Creation date")) else { continue };
        line.has_text |= !text.trim().is_empty();
        if column.is_some() {
            if text.len() > CELL_LIMIT && text.chars().count() > CELL_LIMIT {
                return Err(damaged(&source, &format!("a cell in row {number} has more than {CELL_LIMIT} characters")));
            }
            line.cells.insert(place, text.into_owned());
        }
    }
}

/// A cell as text. Only where a time is wanted is a number with a time's format one; sheets format memory as time too.
fn text_of<'cell>(value: &'cell DataRef<'_>, wants_time: bool) -> Option<Cow<'cell, str>> {
    Some(match value {
        DataRef::Empty | DataRef::Error(_) => return None,
        DataRef::Int(number) => number.to_string().into(),
        DataRef::Float(number) => number.to_string().into(),
        DataRef::Bool(truth) => if *truth { "True" } else { "False" }.into(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.as_str().into(),
        DataRef::SharedString(text) => (*text).into(),
        DataRef::DateTime(time) if wants_time && time.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}").into()
        }
        DataRef::DateTime(time) => time.as_f64().to_string().into(),
    })
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
