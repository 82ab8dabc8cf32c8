//! Columns and rows to a table, CSV, JSON, …: one small file a format, one trait, streaming.
//!
//! Verbs and commands answer with columns and rows and never print. A list goes through a [`Sheet`], records in full
//! with what hangs from them through [`Cards`]. Every format takes a row at a time into one reused buffer, so a
//! million rows need no more memory than a thousand.

pub mod bar;
pub mod csv;
pub mod drawing;
#[cfg(test)]
mod fixture;
pub mod grid;
pub mod json;
pub mod markdown;
pub mod measure;
pub mod pager;
pub mod records;
pub mod row;
pub mod spool;
pub mod table;
pub mod tint;
pub mod tsv;

use crate::error::{Error, Result};
use crate::value::shown::quoted;
use row::{Column, Row};
use std::io::{self, Write};

/// The form in which an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Aligned columns for people.
    #[default]
    Table,
    /// RFC 4180.
    Csv,
    /// Tab-separated, with `\t`, `\n`, `\r` and `\\` for what would break it.
    Tsv,
    /// One array of objects.
    Json,
    /// An object a line.
    Jsonl,
    /// A table as GitHub renders it.
    Markdown,
}

impl Style {
    /// The values of `--output`, in the order in which help lists them.
    pub const NAMES: [&'static str; 6] = ["table", "csv", "tsv", "json", "jsonl", "markdown"];

    /// Returns the style called `name`.
    ///
    /// # Errors
    /// Any other name, with the names there are.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "table" => Ok(Self::Table),
            "csv" => Ok(Self::Csv),
            "tsv" => Ok(Self::Tsv),
            "json" => Ok(Self::Json),
            "jsonl" => Ok(Self::Jsonl),
            "markdown" => Ok(Self::Markdown),
            _ => Err(Error::usage(format!("there is no output format {}", quoted(name)))
                .help(format!("choose one of {}", Self::NAMES.join(", ")))),
        }
    }

    /// Its name, as [`Style::parse`] takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Markdown => "markdown",
        }
    }
}

/// The layout of an answer, as the command line and the place it goes to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct Layout {
    /// Columns of the terminal that it must fit into; elsewhere `None`: neither cut nor wrapped.
    ///
    /// On a terminal CSV, TSV and Markdown show control characters too, for data must never reach one as control.
    pub width: Option<usize>,
    /// Tables are coloured.
    pub color: bool,
    /// The names of the columns stand above lists.
    pub headers: bool,
    /// CSV and TSV guard cells that a spreadsheet would take for a formula, which alters them.
    pub for_spreadsheet: bool,
    /// Tables show times in local time.
    pub local_time: bool,
}

impl Layout {
    /// Neither cut nor coloured, with headers: what a pipe gets unless flags say otherwise.
    #[must_use]
    pub const fn piped() -> Self {
        Self { width: None, color: false, headers: true, for_spreadsheet: false, local_time: false }
    }
}

/// A list on its way out, a row at a time.
pub trait Sheet {
    /// Begins a list of `columns`. Called once, first.
    fn begin(&mut self, columns: &[Column]) -> io::Result<()>;

    /// Writes a row. Its cells beyond the columns are ignored: they are there for filters only.
    fn row(&mut self, row: &Row) -> io::Result<()>;

    /// Writes what is left. Called once, last.
    fn end(&mut self) -> io::Result<()>;
}

/// Records in full on their way out, each with the lists below it, which flat formats leave out.
pub trait Cards {
    /// Begins a record with its own fields.
    fn begin_record(&mut self, columns: &[Column], row: &Row) -> io::Result<()>;

    /// Begins a list of what hangs from the record: its disks, its addresses.
    fn begin_section(&mut self, _name: &str, _columns: &[Column]) -> io::Result<()> {
        Ok(())
    }

    /// Writes a row of the section that was begun last.
    fn section_row(&mut self, _row: &Row) -> io::Result<()> {
        Ok(())
    }

    /// Ends the section.
    fn end_section(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Ends the record.
    fn end_record(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Writes what is left. Called once, last.
    fn end(&mut self) -> io::Result<()>;
}

/// Creates a list in `style` that is written to `out`.
pub fn sheet<'w>(style: Style, layout: Layout, out: &'w mut dyn Write) -> Box<dyn Sheet + 'w> {
    match style {
        Style::Table => Box::new(table::TableSheet::new(layout, out)),
        Style::Csv => Box::new(csv::CsvSheet::new(layout, out)),
        Style::Tsv => Box::new(tsv::TsvSheet::new(layout, out)),
        Style::Json => Box::new(json::JsonSheet::new(json::Shape::Array, out)),
        Style::Jsonl => Box::new(json::JsonSheet::new(json::Shape::Lines, out)),
        Style::Markdown => Box::new(markdown::MarkdownSheet::new(layout, out)),
    }
}

/// Creates records in full in `style` that are written to `out`. Where `many` were asked for, JSON is an array, else an
/// object.
pub fn cards<'w>(style: Style, layout: Layout, many: bool, out: &'w mut dyn Write) -> Box<dyn Cards + 'w> {
    match style {
        Style::Table => Box::new(table::TableCards::new(layout, out)),
        Style::Csv => Box::new(records::RecordsOnly::new(csv::CsvSheet::new(layout, out))),
        Style::Tsv => Box::new(records::RecordsOnly::new(tsv::TsvSheet::new(layout, out))),
        Style::Json if many => Box::new(json::JsonCards::new(json::Shape::Array, out)),
        Style::Json | Style::Jsonl => Box::new(json::JsonCards::new(json::Shape::Lines, out)),
        Style::Markdown => Box::new(markdown::MarkdownCards::new(layout, out)),
    }
}

#[cfg(test)]
mod tests {
    use super::Style;
    use crate::error::Kind;

    #[test]
    fn every_name_is_the_name_of_a_style() {
        for name in Style::NAMES {
            assert_eq!(Style::parse(name).expect("a style").name(), name);
        }
    }

    #[test]
    fn an_unknown_style_is_a_usage_error_that_lists_them() {
        let error = Style::parse("xml").expect_err("no style");
        assert_eq!(error.kind(), Kind::Usage);
        assert_eq!(error.message(), "there is no output format \"xml\"");
        assert_eq!(error.way_out(), Some("choose one of table, csv, tsv, json, jsonl, markdown"));
    }
}
