//! Tables as GitHub renders them: for tickets, wikis and pull requests.
//!
//! Whatever Markdown or HTML would make of the data is escaped, so that it reads as it is; a line break is `<br>`.

use crate::output::lines::Lines;
use crate::output::row::{Column, ColumnKind, Row};
use crate::output::{Cards, Layout, Sheet};
use crate::value::shown::shown;
use std::io::{self, Write};

/// A list as a Markdown table.
pub struct MarkdownSheet<'w> {
    lines: Lines<'w>,
    layout: Layout,
    columns: usize,
    scratch: String,
}

impl<'w> MarkdownSheet<'w> {
    /// A list to `out`.
    pub fn new(layout: Layout, out: &'w mut dyn Write) -> Self {
        Self { lines: Lines::new(out), layout, columns: 0, scratch: String::new() }
    }
}

impl Sheet for MarkdownSheet<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.len();
        if self.layout.headers { push_header(&mut self.lines, columns) } else { Ok(()) }
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        push_row(&mut self.lines, row, self.columns, &mut self.scratch)
    }

    fn end(&mut self) -> io::Result<()> {
        self.lines.finish()
    }
}

/// Records as Markdown: a heading, a table of fields, and a table a section.
pub struct MarkdownCards<'w> {
    lines: Lines<'w>,
    layout: Layout,
    begun: bool,
    section: Option<Section>,
    scratch: String,
}

/// A section whose title is written with its first row: one without rows is left out.
struct Section {
    title: String,
    columns: Vec<Column>,
    begun: bool,
}

impl<'w> MarkdownCards<'w> {
    /// Records to `out`.
    pub fn new(layout: Layout, out: &'w mut dyn Write) -> Self {
        Self { lines: Lines::new(out), layout, begun: false, section: None, scratch: String::new() }
    }

    fn heading(&mut self, marks: &str, title: &str) -> io::Result<()> {
        self.lines.push(marks);
        push_escaped(&mut self.lines, title);
        self.lines.end_line()?;
        self.lines.end_line()
    }
}

impl Cards for MarkdownCards<'_> {
    fn begin_record(&mut self, columns: &[Column], row: &Row) -> io::Result<()> {
        if self.begun {
            self.lines.end_line()?;
        }
        self.begun = true;
        let filled = || (0..columns.len()).filter(|index| !row.cell(*index).is_empty());
        let name = columns.iter().position(|column| column.name == "name").or_else(|| filled().next());
        if let Some(index) = name {
            let title = row.exact(index, &mut self.scratch).to_owned();
            self.heading("## ", &title)?;
        }
        push_header(
            &mut self.lines,
            &[Column::new("field", ColumnKind::Text), Column::new("value", ColumnKind::Text)],
        )?;
        for (index, column) in columns.iter().enumerate().filter(|(index, _)| !row.cell(*index).is_empty()) {
            self.lines.push("| ");
            push_escaped(&mut self.lines, &column.name);
            self.lines.push(" | ");
            push_escaped(&mut self.lines, row.exact(index, &mut self.scratch));
            self.lines.push(" |");
            self.lines.end_line()?;
        }
        Ok(())
    }

    fn begin_section(&mut self, name: &str, columns: &[Column]) -> io::Result<()> {
        self.section = Some(Section { title: name.to_owned(), columns: columns.to_vec(), begun: false });
        Ok(())
    }

    fn section_row(&mut self, row: &Row) -> io::Result<()> {
        let Some(mut section) = self.section.take() else { return Ok(()) };
        if !section.begun {
            section.begun = true;
            self.lines.end_line()?;
            self.heading("### ", &section.title)?;
            if self.layout.headers {
                push_header(&mut self.lines, &section.columns)?;
            }
        }
        push_row(&mut self.lines, row, section.columns.len(), &mut self.scratch)?;
        self.section = Some(section);
        Ok(())
    }

    fn end_section(&mut self) -> io::Result<()> {
        self.section = None;
        Ok(())
    }

    fn end_record(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.lines.finish()
    }
}

fn push_header(lines: &mut Lines<'_>, columns: &[Column]) -> io::Result<()> {
    lines.push("|");
    for column in columns {
        lines.push(" ");
        push_escaped(lines, &column.name);
        lines.push(" |");
    }
    lines.end_line()?;
    lines.push("|");
    for column in columns {
        let right = matches!(column.kind, ColumnKind::Number | ColumnKind::Quantity | ColumnKind::Share { .. });
        lines.push(if right { " ---: |" } else { " --- |" });
    }
    lines.end_line()
}

fn push_row(lines: &mut Lines<'_>, row: &Row, columns: usize, scratch: &mut String) -> io::Result<()> {
    lines.push("|");
    for index in 0..columns {
        lines.push(" ");
        push_escaped(lines, row.exact(index, scratch));
        lines.push(" |");
    }
    lines.end_line()
}

fn push_escaped(lines: &mut Lines<'_>, text: &str) {
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            lines.push("<br>");
        }
        let line = shown(line.strip_suffix('\r').unwrap_or(line));
        let mut rest: &str = &line;
        while let Some((before, after, escape)) = next_escape(rest) {
            lines.push(before);
            lines.push(escape);
            rest = after;
        }
        lines.push(rest);
    }
}

/// What stands before the first character that Markdown or HTML reads, what stands behind it, and its escape.
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
    use crate::output::fixture::{Given, any_text, columns, gibibytes, list, number, records, text, two_vms};
    use crate::output::row::ColumnKind;
    use crate::output::{Layout, Style};
    use proptest::prelude::{prop_assert_eq, proptest};

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let columns =
            columns(&[("name", ColumnKind::Text), ("cpu", ColumnKind::Number), ("memory", ColumnKind::Quantity)]);
        let rows = [vec![text("web01"), number("4"), gibibytes("16", "17179869184")], vec![Given::Nothing; 3]];
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
