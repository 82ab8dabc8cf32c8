//! The tabs of a workbook (.xlsx).

use crate::error::{Error, Result};
use crate::input::Reading;
use crate::input::archive::{self, FileKind, damaged};
use crate::input::notes::Notes;
use crate::input::rvtools::Request;
use crate::input::rvtools::tab::{CELL_LIMIT, LAYOUTS, Tab, TabLayout, is_tab};
use calamine::{DataRef, Reader, Xlsx};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

const CELLS_LIMIT: u64 = 20_000_000;
const WIDTH_LIMIT: usize = 16_384;

/// Reads the tabs of the workbook at `path`, which is called `name`. The second part are the names of all its sheets.
pub(super) fn read(
    path: &Path,
    name: &str,
    request: &Request<'_>,
    notes: &mut Notes,
) -> Result<(Vec<Tab>, Vec<String>)> {
    let Reading { delimiter, encoding, .. } = request.reading;
    for (option, is_there) in [("delimiter", delimiter.is_some()), ("encoding", encoding.is_some())] {
        if is_there {
            return Err(Error::usage(format!(
                "--{option} does not apply to \"{name}\", which is no folder of CSV tabs"
            ))
            .help(format!("omit --{option}, or pass the folder of the CSV tabs")));
        }
    }
    match archive::kind(path) {
        FileKind::Zip => {}
        FileKind::Compound => {
            return Err(Error::failed(format!("\"{name}\" is an old or password-protected workbook"))
                .help("save it as .xlsx without a password"));
        }
        _ => {
            return Err(Error::failed(format!("\"{name}\" is not a workbook"))
                .help("pass an RVTools export (.xlsx), or the folder of its CSV tabs"));
        }
    }
    let file = archive::open(path, name)?;
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
