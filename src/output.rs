//! Output of columns and rows as table, CSV, JSON, YAML and others: one file for each format, one trait, streamed.
//!
//! Verbs and commands answer with columns and rows and never print. A list is written by a [`Sheet`], records with
//! their sections by [`Cards`]. Every format takes one row at a time from a reused buffer, so a million rows need no
//! more memory than a thousand.

pub mod amount;
pub mod bar;
pub mod card;
pub mod converted;
pub mod csv;
pub mod cut;
pub mod drawing;
#[cfg(test)]
mod fixture;
pub mod grid;
pub mod json;
pub mod left_out;
pub mod markdown;
pub mod measure;
pub mod pager;
pub mod records;
pub mod row;
pub mod spool;
pub mod table;
pub mod template;
pub mod tint;
pub mod tsv;
pub mod value;
pub mod widths;
pub mod xlsx;
pub mod yaml;

use crate::error::{Error, Result};
use crate::value::shown::quoted;
use amount::Amounts;
use converted::{Converted, Form};
use left_out::LeftOut;
use row::{Column, Row};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use template::{Rendered, Template};
use yaml::Yaml;

/// Format of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Aligned columns for people.
    #[default]
    Table,
    /// RFC 4180.
    Csv,
    /// Tab-separated, with the escapes `\t`, `\n`, `\r` and `\\`.
    Tsv,
    /// One array of objects.
    Json,
    /// One object on each line.
    Jsonl,
    /// A table in GitHub Flavored Markdown.
    Markdown,
    /// Bare cells.
    Value,
    /// One YAML document.
    Yaml,
    /// A template of the command line, rendered for each record.
    Template,
    /// A workbook with one sheet.
    Xlsx,
}

impl Style {
    /// The values of `--output`, in the order in which help lists them. The text of a template follows its name.
    pub const NAMES: [&'static str; 10] =
        ["table", "csv", "tsv", "json", "jsonl", "yaml", "markdown", "value", "template=TEXT", "xlsx"];

    /// The endings of files that are exported.
    const ENDINGS: [&'static str; 6] = ["csv", "tsv", "json", "jsonl", "yaml", "xlsx"];

    /// Returns the style called `name`.
    ///
    /// # Errors
    /// There is no such style; the error lists the names.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "table" => Ok(Self::Table),
            "csv" => Ok(Self::Csv),
            "tsv" => Ok(Self::Tsv),
            "json" => Ok(Self::Json),
            "jsonl" => Ok(Self::Jsonl),
            "markdown" => Ok(Self::Markdown),
            "value" => Ok(Self::Value),
            "yaml" => Ok(Self::Yaml),
            "xlsx" => Ok(Self::Xlsx),
            _ if Self::template(name).is_some() => Ok(Self::Template),
            "template" => Err(Error::usage("the output format \"template\" has no text")
                .help("write it after an equals sign, for example -o template='{{name}} {{memory_bytes}}'")),
            _ => Err(Error::usage(format!("unknown output format {}", quoted(name)))
                .help(format!("pass one of {}", Self::NAMES.join(", ")))),
        }
    }

    /// Returns the style of a file by the ending of its name.
    ///
    /// # Errors
    /// The name has no ending of a format; the error lists them.
    pub fn of_file(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        if Self::ENDINGS.contains(&ending.as_str()) {
            return Self::parse(&ending);
        }
        let shown = quoted(&path.to_string_lossy());
        let endings = Self::ENDINGS.map(|ending| format!(".{ending}"));
        Err(Error::usage(format!("the name {shown} does not end with a format"))
            .help(format!("end it with {}", endings.join(", "))))
    }

    /// Refuses a format that standard output cannot take.
    ///
    /// # Errors
    /// The format is for files, and standard output is a terminal.
    pub fn check_destination(self) -> Result<()> {
        if self == Self::Xlsx && io::stdout().is_terminal() {
            return Err(Error::usage("cannot show a workbook on a terminal")
                .help("redirect it to a file, for example > list.xlsx"));
        }
        Ok(())
    }

    /// Returns the text of a template, in a value of `--output`.
    #[must_use]
    pub fn template(name: &str) -> Option<&str> {
        name.strip_prefix("template=")
    }

    /// Returns true if answers have the keys of JSON, and writes are answered with their records.
    #[must_use]
    pub const fn has_keys(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl | Self::Yaml | Self::Template)
    }

    /// Returns the name that [`Style::parse`] accepts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Markdown => "markdown",
            Self::Value => "value",
            Self::Yaml => "yaml",
            Self::Template => "template",
            Self::Xlsx => "xlsx",
        }
    }
}

/// Layout of an answer, from the command line and its destination.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct Layout {
    /// Width of the terminal in columns; `None` if the output is not a terminal, and is neither cut nor wrapped.
    ///
    /// On a terminal CSV, TSV and Markdown escape control characters too.
    pub width: Option<usize>,
    /// True if tables are coloured.
    pub color: bool,
    /// True if lists have a header.
    pub headers: bool,
    /// True if CSV and TSV guard cells that a spreadsheet would read as a formula, which changes them.
    pub for_spreadsheet: bool,
    /// True if tables show local time.
    pub local_time: bool,
    /// Quantities of tables.
    pub amounts: Amounts,
    /// Number of lines after which a table repeats its header; `None` if it is not paged.
    pub page: Option<usize>,
    /// Template of [`Style::Template`].
    pub template: Option<Template>,
}

impl Layout {
    /// Returns the layout for a pipe without options: neither cut nor coloured, with headers.
    #[must_use]
    pub const fn piped() -> Self {
        Self {
            width: None,
            color: false,
            headers: true,
            for_spreadsheet: false,
            local_time: false,
            amounts: Amounts::Rounded,
            page: None,
            template: None,
        }
    }
}

/// Writer of a list, one row at a time.
pub trait Sheet {
    /// Begins a list of `columns`. Called once, first.
    fn begin(&mut self, columns: &[Column]) -> io::Result<()>;

    /// Writes a row. Cells beyond the columns are only for filters and are ignored.
    fn row(&mut self, row: &Row) -> io::Result<()>;

    /// Writes the rest. Called once, last.
    fn end(&mut self) -> io::Result<()>;

    /// Returns the columns that are not written.
    fn left_out(&self) -> LeftOut {
        LeftOut::default()
    }
}

/// Writer of records with their sections, which flat formats leave out.
pub trait Cards {
    /// Begins a record with its own fields.
    fn begin_record(&mut self, columns: &[Column], row: &Row) -> io::Result<()>;

    /// Begins a section of the record, such as its disks or addresses.
    fn begin_section(&mut self, _name: &str, _columns: &[Column]) -> io::Result<()> {
        Ok(())
    }

    /// Writes a row of the current section.
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

    /// Writes the rest. Called once, last.
    fn end(&mut self) -> io::Result<()>;

    /// Returns the columns of sections that are not written.
    fn left_out(&self) -> LeftOut {
        LeftOut::default()
    }
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
        Style::Value => Box::new(value::Values::new(&layout, out)),
        Style::Yaml => Box::new(Converted::new(Yaml::list(), out)),
        Style::Template => Box::new(Converted::new(rendered(layout), out)),
        Style::Xlsx => Box::new(xlsx::XlsxSheet::new(out)),
    }
}

/// Creates the form of `style`, if it is made of JSON objects: of several ones if `many` is true.
#[must_use]
pub fn form(style: Style, layout: Layout, many: bool) -> Option<Box<dyn Form>> {
    match style {
        Style::Yaml => Some(Box::new(if many { Yaml::list() } else { Yaml::single() })),
        Style::Template => Some(Box::new(rendered(layout))),
        _ => None,
    }
}

fn rendered(layout: Layout) -> Rendered {
    Rendered::new(layout.template.unwrap_or_default(), layout.width.is_some())
}

/// Creates a writer of records in `style` to `out`. JSON is an array if `many` is true, else an object.
pub fn cards<'w>(style: Style, layout: Layout, many: bool, out: &'w mut dyn Write) -> Box<dyn Cards + 'w> {
    match style {
        Style::Table => Box::new(table::TableCards::new(layout, out)),
        Style::Csv => Box::new(records::RecordsOnly::new(csv::CsvSheet::new(layout, out))),
        Style::Tsv => Box::new(records::RecordsOnly::new(tsv::TsvSheet::new(layout, out))),
        Style::Json if many => Box::new(json::JsonCards::new(json::Shape::Array, BufWriter::new(out))),
        Style::Json | Style::Jsonl => Box::new(json::JsonCards::new(json::Shape::Lines, BufWriter::new(out))),
        Style::Markdown => Box::new(markdown::MarkdownCards::new(layout, out)),
        Style::Value => Box::new(value::Values::new(&layout, out)),
        Style::Yaml => Box::new(Converted::new(if many { Yaml::list() } else { Yaml::single() }, out)),
        Style::Template => Box::new(Converted::new(rendered(layout), out)),
        Style::Xlsx => Box::new(records::RecordsOnly::new(xlsx::XlsxSheet::new(out))),
    }
}

#[cfg(test)]
mod tests {
    use super::Style;
    use crate::error::Kind;

    #[test]
    fn every_name_is_the_name_of_a_style() {
        for name in Style::NAMES {
            let (word, _) = name.split_once('=').unwrap_or((name, ""));
            assert_eq!(Style::parse(name).expect("a style").name(), word);
        }
    }

    #[test]
    fn an_unknown_style_is_a_usage_error_that_lists_them() {
        let error = Style::parse("xml").expect_err("no style");
        assert_eq!(error.kind(), Kind::Usage);
        assert_eq!(error.message(), "unknown output format \"xml\"");
        assert_eq!(
            error.way_out(),
            Some("pass one of table, csv, tsv, json, jsonl, yaml, markdown, value, template=TEXT, xlsx")
        );
    }
}
