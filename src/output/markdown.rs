//! Tables in GitHub Flavored Markdown, for tickets, wikis and pull requests.
//!
//! Markdown and HTML in the data are escaped; a line break is `<br>`.

use crate::output::row::{Column, ColumnKind, Row};
use crate::output::{Cards, Layout, Sheet};
use crate::value::shown::shown;
use std::io::{self, BufWriter, Write};

/// A list as a Markdown table.
pub struct MarkdownSheet<'w> {
    out: BufWriter<&'w mut dyn Write>,
    layout: Layout,
    columns: usize,
    scratch: String,
}

impl<'w> MarkdownSheet<'w> {
    /// Creates a list that is written to `out`.
    pub fn new(layout: Layout, out: &'w mut dyn Write) -> Self {
        Self { out: BufWriter::new(out), layout, columns: 0, scratch: String::new() }
    }
}

impl Sheet for MarkdownSheet<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.len();
        if self.layout.headers { write_header(&mut self.out, columns) } else { Ok(()) }
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        write_row(&mut self.out, row, self.columns, &mut self.scratch)
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Records as Markdown: a heading, a table of fields, and a table for each section.
pub struct MarkdownCards<'w> {
    out: BufWriter<&'w mut dyn Write>,
    layout: Layout,
    begun: bool,
    section: Option<MarkdownSection>,
    scratch: String,
}

/// A section. Its title is written with its first row, so that an empty section is skipped.
struct MarkdownSection {
    title: String,
    columns: Vec<Column>,
    begun: bool,
}

impl<'w> MarkdownCards<'w> {
    /// Creates records that are written to `out`.
    pub fn new(layout: Layout, out: &'w mut dyn Write) -> Self {
        Self { out: BufWriter::new(out), layout, begun: false, section: None, scratch: String::new() }
    }

    fn heading(&mut self, marks: &str, title: &str) -> io::Result<()> {
        self.out.write_all(marks.as_bytes())?;
        write_escaped(&mut self.out, title)?;
        self.out.write_all(b"\n\n")
    }
}

impl Cards for MarkdownCards<'_> {
    fn begin_record(&mut self, columns: &[Column], row: &Row) -> io::Result<()> {
        if self.begun {
            self.out.write_all(b"\n")?;
        }
        self.begun = true;
        let filled = || (0..columns.len()).filter(|index| !row.cell(*index).is_empty());
        let name = columns.iter().position(|column| column.name == "name").or_else(|| filled().next());
        if let Some(index) = name {
            let title = row.exact(index, &mut self.scratch).to_owned();
            self.heading("## ", &title)?;
        }
        write_header(&mut self.out, &[Column::new("field", ColumnKind::Text), Column::new("value", ColumnKind::Text)])?;
        for (index, column) in columns.iter().enumerate().filter(|(index, _)| !row.cell(*index).is_empty()) {
            self.out.write_all(b"| ")?;
            write_escaped(&mut self.out, &column.name)?;
            self.out.write_all(b" | ")?;
            write_escaped(&mut self.out, row.exact(index, &mut self.scratch))?;
            self.out.write_all(b" |\n")?;
        }
        Ok(())
    }

    fn begin_section(&mut self, name: &str, columns: &[Column]) -> io::Result<()> {
        self.section = Some(MarkdownSection { title: name.to_owned(), columns: columns.to_vec(), begun: false });
        Ok(())
    }

    fn section_row(&mut self, row: &Row) -> io::Result<()> {
        let Some(mut section) = self.section.take() else { return Ok(()) };
        if !section.begun {
            section.begun = true;
            self.out.write_all(b"\n")?;
            self.heading("### ", &section.title)?;
            if self.layout.headers {
                write_header(&mut self.out, &section.columns)?;
            }
        }
        write_row(&mut self.out, row, section.columns.len(), &mut self.scratch)?;
        self.section = Some(section);
        Ok(())
    }

    fn end_section(&mut self) -> io::Result<()> {
        self.section = None;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn write_header(out: &mut impl Write, columns: &[Column]) -> io::Result<()> {
    out.write_all(b"|")?;
    for column in columns {
        out.write_all(b" ")?;
        write_escaped(out, &column.name)?;
        out.write_all(b" |")?;
    }
    out.write_all(b"\n|")?;
    for column in columns {
        let right = matches!(column.kind, ColumnKind::Number | ColumnKind::Quantity | ColumnKind::Share { .. });
        out.write_all(if right { b" ---: |" } else { b" --- |" })?;
    }
    out.write_all(b"\n")
}

fn write_row(out: &mut impl Write, row: &Row, columns: usize, scratch: &mut String) -> io::Result<()> {
    out.write_all(b"|")?;
    for index in 0..columns {
        out.write_all(b" ")?;
        write_escaped(out, row.exact(index, scratch))?;
        out.write_all(b" |")?;
    }
    out.write_all(b"\n")
}

fn write_escaped(out: &mut impl Write, text: &str) -> io::Result<()> {
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.write_all(b"<br>")?;
        }
        let line = shown(line.strip_suffix('\r').unwrap_or(line));
        let mut rest: &str = &line;
        while let Some((before, after, escape)) = next_escape(rest) {
            out.write_all(before.as_bytes())?;
            out.write_all(escape.as_bytes())?;
            rest = after;
        }
        out.write_all(rest.as_bytes())?;
    }
    Ok(())
}

/// Returns the text before the first special character of Markdown or HTML, the text after it, and its escape.
fn next_escape(text: &str) -> Option<(&str, &str, &'static str)> {
    let (index, escape) = text.bytes().enumerate().find_map(|(index, byte)| {
        let escape = match byte {
            b'|' => "\\|",
            b'\\' => "\\\\",
            b'`' => "\\`",
            b'*' => "\\*",
            b'_' => "\\_",
            b'~' => "\\~",
            b'[' => "\\[",
            b']' => "\\]",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            _ => return None,
        };
        Some((index, escape))
    })?;
    Some((text.get(..index)?, text.get(index + 1..)?, escape))
}

#[cfg(test)]
mod tests {
    use crate::output::fixture::{Datum, any_text, columns, gibibytes, list, number, records, text, two_vms};
    use crate::output::row::ColumnKind;
    use crate::output::{Layout, Style};
    use proptest::prelude::{prop_assert_eq, proptest};

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let columns =
            columns(&[("name", ColumnKind::Text), ("cpu", ColumnKind::Number), ("memory", ColumnKind::Quantity)]);
        let rows = [vec![text("web01"), number("4"), gibibytes("16", "17179869184")], vec![Datum::Empty; 3]];
        assert_eq!(
            list(Style::Markdown, Layout::piped(), &columns, &rows),
            "| name | cpu | memory |\n| --- | ---: | ---: |\n| web01 | 4 | 16 GiB |\n|  |  |  |\n"
        );
    }

    #[test]
    fn what_markdown_or_html_would_read_is_escaped() {
        let columns = columns(&[("a|b", ColumnKind::Text)]);
        let rows = [vec![text("x|y\\ <b>&amp; *s* _u_ `c` [l](m) ~~d~~")], vec![text("one\r\ntwo\nthree\x1b")]];
        assert_eq!(
            list(Style::Markdown, Layout::piped(), &columns, &rows),
            "| a\\|b |\n| --- |\n\
             | x\\|y\\\\ &lt;b&gt;&amp;amp; \\*s\\* \\_u\\_ \\`c\\` \\[l\\](m) \\~\\~d\\~\\~ |\n\
             | one<br>two<br>three\\\\x1b |\n"
        );
    }

    #[test]
    fn a_record_has_a_heading_its_fields_and_a_table_a_section() {
        let (columns, vms) = two_vms();
        assert_eq!(
            records(Style::Markdown, Layout::piped(), &columns, &vms),
            "## web01\n\n| field | value |\n| --- | --- |\n| name | web01 |\n| status | running |\n| memory | 16 GiB |\n\
             | cpu | 4 |\n| description | the front<br>of the shop<br> |\n| created | 2026-11-23T07:13:00Z |\n\n\
             ### disks\n\n| name | size |\n| --- | ---: |\n| disk0 | 100 GiB |\n| disk1 | 8 GiB |\n\n\
             ## db01\n\n| field | value |\n| --- | --- |\n| name | db01 |\n| status | stopped |\n"
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_row(cell in any_text()) {
            let columns = columns(&[("a", ColumnKind::Text), ("b", ColumnKind::Text)]);
            let written = list(Style::Markdown, Layout::piped(), &columns, &[vec![text(&cell), text(&cell)]]);
            prop_assert_eq!(written.lines().count(), 3);
            let bars = written.replace("\\\\", "").replace("\\|", "").matches('|').count();
            prop_assert_eq!(bars, 9);
        }
    }
}
