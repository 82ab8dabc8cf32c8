//! Answers: their options, lists that are being written, texts and single objects.

use super::Session;
use crate::error::{Error, Kind, Result};
use crate::output::left_out::LeftOut;
use crate::output::row::Column;
use crate::output::template::Template;
use crate::output::{self, Sheet, Style};
use serde_json::{Map, Value as Json};
use std::io::Write;

/// List that is being written.
pub(super) struct List<'l> {
    sheet: Box<dyn Sheet + 'l>,
    columns: &'l [Column],
    /// True once the header is written. It waits for the first row, so that a failed query prints no header.
    begun: bool,
}

impl<'l> List<'l> {
    /// Creates a list of `columns` that is written to `sheet`.
    pub(super) const fn new(sheet: Box<dyn Sheet + 'l>, columns: &'l [Column]) -> Self {
        Self { sheet, columns, begun: false }
    }

    /// Returns the columns that are not written.
    pub(super) fn left_out(&self) -> LeftOut {
        self.sheet.left_out()
    }

    /// Runs `write` on the sheet, after its header.
    pub(super) fn write(&mut self, write: impl FnOnce(&mut dyn Sheet) -> std::io::Result<()>) -> Result<()> {
        let begun = if std::mem::replace(&mut self.begun, true) { Ok(()) } else { self.sheet.begin(self.columns) };
        begun.and_then(|()| write(self.sheet.as_mut())).map_err(Error::output)
    }
}

/// Options of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Style without `--output` and `INV_OUTPUT`.
    pub otherwise: Style,
    /// True if headers are written.
    pub headers: bool,
    /// True if cells are guarded against formulas of spreadsheets.
    pub for_spreadsheet: bool,
}

impl Default for Answer {
    fn default() -> Self {
        Self { otherwise: Style::Table, headers: true, for_spreadsheet: false }
    }
}

/// Returns the style of a value of `--output`, and its template.
pub(super) fn style(text: Option<String>) -> Result<(Option<Style>, Option<Template>)> {
    let Some(text) = text else { return Ok((None, None)) };
    Ok((Some(Style::parse(&text)?), Style::template(&text).map(Template::parse).transpose()?))
}

impl Session<'_> {
    /// Answers with text as it is: a path, a count, a script.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn answer_text(&self, text: &str) -> Result<()> {
        self.answer_written(|out| out.write_all(text.as_bytes()).map_err(Error::output))
    }

    /// Answers with what `write` writes, as it is.
    ///
    /// # Errors
    /// Those of `write`; the output cannot be written.
    pub fn answer_written(&self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        self.to_output(Style::Csv, write)
    }

    /// Returns true if answers have the keys of JSON, and writes are answered with their records.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.style.is_some_and(Style::has_keys)
    }

    /// Returns the template of the command line.
    #[must_use]
    pub const fn template(&self) -> Option<&Template> {
        self.template.as_ref()
    }

    /// Verifies before a change that the template of the command line reads no other keys than these.
    ///
    /// # Errors
    /// It does.
    pub fn expect_keys(&self, keys: &[&str]) -> Result<()> {
        self.template.as_ref().map_or(Ok(()), |template| template.expect(keys))
    }

    /// Answers with one object, in the keys of JSON.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn answer_object(&self, object: &Json) -> Result<()> {
        self.answer_written(|out| match self.form(false) {
            Some(mut form) => form.object(object, out).map_err(Error::output),
            None => writeln!(out, "{object}").map_err(Error::output),
        })
    }

    /// Answers with an object of `head` and `records`, each of which has the members of an object as JSON. Formats of one
    /// object for each record have the members of `head` in each, but no other object.
    ///
    /// # Errors
    /// Those of `records`; the output cannot be written.
    pub fn answer_records(&self, head: Map<String, Json>, records: impl Iterator<Item = Result<String>>) -> Result<()> {
        let style = self.style.unwrap_or(Style::Json);
        self.answer_written(|out| match style {
            Style::Json => json_records(&head, records, out),
            Style::Yaml => self.yaml_records(head, records, out),
            _ => {
                let own = head.into_iter().filter(|(_, value)| !value.is_object()).collect();
                let own = members(&own);
                let mut form = self.form(true);
                for record in records {
                    let line = format!("{{{own}{}}}", record?);
                    match &mut form {
                        Some(form) => {
                            let written = form.object(&parsed(&line)?, out).map_err(Error::output);
                            written.map_err(|error| self.after_change(error))?;
                        }
                        None => writeln!(out, "{line}").map_err(Error::output)?,
                    }
                }
                Ok(())
            }
        })
    }

    /// Returns a failure of an answer; one after a change says so.
    fn after_change(&self, error: Error) -> Error {
        match self.change() {
            Some(change) if error.kind() == Kind::Usage => {
                let failure = Error::failed(format!("change {change} is stored, but {}", error.message()));
                let help = error.way_out().map(str::to_owned);
                let failure = failure.details(error.lines().iter().cloned());
                match help {
                    Some(help) => failure.help(help),
                    None => failure,
                }
            }
            _ => error,
        }
    }

    fn yaml_records(
        &self,
        mut head: Map<String, Json>,
        records: impl Iterator<Item = Result<String>>,
        out: &mut dyn Write,
    ) -> Result<()> {
        let mut records = records.peekable();
        let (Some(mut single), Some(mut list)) = (self.form(false), self.form(true)) else { return Ok(()) };
        if records.peek().is_none() {
            head.insert("records".to_owned(), Json::Array(Vec::new()));
        }
        single.object(&Json::Object(head), out).map_err(Error::output)?;
        if records.peek().is_some() {
            out.write_all(b"records:\n").map_err(Error::output)?;
        }
        records.try_for_each(|record| list.object(&parsed(&format!("{{{}}}", record?))?, out).map_err(Error::output))
    }

    /// Returns the form of answers that are made of JSON objects, and are not JSON.
    fn form(&self, many: bool) -> Option<Box<dyn output::converted::Form>> {
        let style = self.style?;
        output::form(style, self.layout(style, true, false), many)
    }
}

/// Writes one object, with a record on each line.
fn json_records(
    head: &Map<String, Json>,
    records: impl Iterator<Item = Result<String>>,
    out: &mut dyn Write,
) -> Result<()> {
    write!(out, "{{{}\"records\": [", members(head)).map_err(Error::output)?;
    let mut separator = "\n";
    for record in records {
        write!(out, "{separator}{{{}}}", record?).map_err(Error::output)?;
        separator = ",\n";
    }
    let end = if separator == "\n" { "]}\n" } else { "\n]}\n" };
    out.write_all(end.as_bytes()).map_err(Error::output)
}

/// Returns the members of an object, each with a comma behind it.
fn members(object: &Map<String, Json>) -> String {
    object.iter().fold(String::new(), |text, (key, value)| text + &format!("\"{key}\": {value}, "))
}

/// Reads an object that was written here.
fn parsed(text: &str) -> Result<Json> {
    serde_json::from_str(text).map_err(|error| Error::output(error.into()))
}
