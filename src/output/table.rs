//! Tables for people: a list in aligned columns, a record as keys and values followed by its sections.

use crate::output::card::{Frame, INDENT, write_field, write_wrapped};
use crate::output::drawing::Piece;
use crate::output::grid::{Grid, exact};
use crate::output::measure;
use crate::output::row::{Cell, Column, Row};
use crate::output::{Cards, Layout, LeftOut, Sheet, tint};
use crate::value::shown::shown;
use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

/// A list in aligned columns.
pub struct TableSheet<'w> {
    out: BufWriter<&'w mut dyn Write>,
    layout: Layout,
    grid: Option<Grid>,
    left_out: LeftOut,
}

impl<'w> TableSheet<'w> {
    /// Creates a list that is written to `out`.
    pub fn new(layout: Layout, out: &'w mut dyn Write) -> Self {
        Self { out: BufWriter::new(out), layout, grid: None, left_out: LeftOut::default() }
    }
}

impl Sheet for TableSheet<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.grid = Some(Grid::new(columns, self.layout.clone(), 0));
        Ok(())
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        match &mut self.grid {
            Some(grid) => grid.row(&mut self.out, row),
            None => Ok(()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(mut grid) = self.grid.take() {
            let ended = grid.end(&mut self.out);
            self.left_out.add(grid.left_out());
            ended?;
        }
        self.out.flush()
    }

    fn left_out(&self) -> LeftOut {
        self.grid.as_ref().map_or_else(|| self.left_out.clone(), Grid::left_out)
    }
}

/// Records as keys and values, each followed by its sections.
pub struct TableCards<'w> {
    out: BufWriter<&'w mut dyn Write>,
    layout: Layout,
    begun: bool,
    section: Option<TableSection>,
    left_out: LeftOut,
}

/// A section. Its title is written with its first row, so that an empty section is skipped.
struct TableSection {
    name: String,
    grid: Grid,
    begun: bool,
}

impl<'w> TableCards<'w> {
    /// Creates records that are written to `out`.
    pub fn new(layout: Layout, out: &'w mut dyn Write) -> Self {
        Self { out: BufWriter::new(out), layout, begun: false, section: None, left_out: LeftOut::default() }
    }

    /// Writes a key and its value.
    fn field(&mut self, column: &Column, cell: Cell<'_>, keys: usize) -> io::Result<()> {
        let Layout { width, color, .. } = self.layout;
        let key = Piece::new(shown(&column.name), color.then_some(tint::HEADER));
        let lines: Vec<Cow<'_, str>> = match cell {
            Cell::Text(text) => text.lines().map(shown).collect(),
            _ => vec![exact(cell, &self.layout)],
        };
        let tint = match cell {
            Cell::Text(text) if color && tint::is_status(&column.name) => tint::of_status(text),
            _ => None,
        };
        let value: Vec<Piece<'_>> = lines.into_iter().map(|line| Piece::new(line, tint)).collect();
        write_field(&mut self.out, Frame { indent: 0, room: width, keys }, key, &value)
    }
}

impl Cards for TableCards<'_> {
    fn begin_record(&mut self, columns: &[Column], row: &Row) -> io::Result<()> {
        if self.begun {
            self.out.write_all(b"\n")?;
        }
        self.begun = true;
        let filled = || columns.iter().enumerate().filter(|(index, _)| !is_blank(row.cell(*index)));
        let keys = filled().map(|(_, column)| measure::width(&shown(&column.name))).max().unwrap_or(0);
        for (index, column) in filled() {
            self.field(column, row.cell(index), keys)?;
        }
        Ok(())
    }

    fn begin_section(&mut self, name: &str, columns: &[Column]) -> io::Result<()> {
        let grid = Grid::new(columns, Layout { page: None, ..self.layout.clone() }, INDENT);
        self.section = Some(TableSection { name: name.to_owned(), grid, begun: false });
        Ok(())
    }

    fn section_row(&mut self, row: &Row) -> io::Result<()> {
        let Some(mut section) = self.section.take() else { return Ok(()) };
        if !section.begun {
            section.begun = true;
            let title = Piece::new(shown(&section.name), self.layout.color.then_some(tint::HEADER));
            write_wrapped(&mut self.out, 0, self.layout.width.unwrap_or(usize::MAX), &title)?;
        }
        section.grid.row(&mut self.out, row)?;
        self.section = Some(section);
        Ok(())
    }

    fn end_section(&mut self) -> io::Result<()> {
        let Some(mut section) = self.section.take().filter(|section| section.begun) else { return Ok(()) };
        let ended = section.grid.end(&mut self.out);
        self.left_out.add(section.grid.left_out().within(&section.name));
        ended
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn left_out(&self) -> LeftOut {
        self.left_out.clone()
    }
}

/// Returns true for a field without a visible value.
fn is_blank(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Text(text) => text.lines().next().is_none(),
        _ => cell.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use crate::output::fixture::{
        Datum, any_row, columns, gibibytes, items, list, number, on_terminal, records, text, time, two_vms,
    };
    use crate::output::measure;
    use crate::output::row::{Column, ColumnKind};
    use crate::output::{Layout, Style};
    use proptest::prelude::{prop, prop_assert, proptest};
    use unicode_width::UnicodeWidthStr;

    fn vm_columns() -> Vec<Column> {
        columns(&[
            ("name", ColumnKind::Text),
            ("status", ColumnKind::Text),
            ("cpu", ColumnKind::Number),
            ("memory", ColumnKind::Quantity),
            ("ips", ColumnKind::List),
        ])
    }

    fn vms() -> [Vec<Datum>; 3] {
        [
            vec![
                text("web01"),
                text("running"),
                number("4"),
                gibibytes("16", "17179869184"),
                items(&["10.0.0.11", "fd00::11"]),
            ],
            vec![text("日本語サーバー"), text("stopped"), number("16"), gibibytes("1.5", "1610612736"), items(&[])],
            vec![text("a\x1b[2J\n"), Datum::Empty, Datum::Empty, Datum::Empty, items(&["::1"])],
        ]
    }

    /// The lines, each of which fits into `width` columns.
    fn fitting(written: &str, width: usize) -> Vec<&str> {
        let lines: Vec<_> = written.lines().collect();
        for line in &lines {
            assert!(measure::width(line) <= width, "{} columns: {line}", measure::width(line));
        }
        lines
    }

    #[test]
    fn columns_are_aligned_and_numbers_stand_at_the_right() {
        assert_eq!(
            list(Style::Table, Layout::piped(), &vm_columns(), &vms()),
            "name            status   cpu   memory  ips\n\
             web01           running    4   16 GiB  10.0.0.11;fd00::11\n\
             日本語サーバー  stopped   16  1.5 GiB\n\
             a\\x1b[2J\\n                             ::1\n"
        );
    }

    #[test]
    fn an_empty_list_is_its_header_alone() {
        let layout = Layout { headers: false, ..Layout::piped() };
        assert_eq!(list(Style::Table, Layout::piped(), &vm_columns(), &[]), "name  status  cpu  memory  ips\n");
        assert_eq!(list(Style::Table, layout, &vm_columns(), &[]), "");
    }

    #[test]
    fn without_headers_columns_are_as_wide_as_their_cells() {
        let layout = Layout { headers: false, ..Layout::piped() };
        let columns = columns(&[("a long name", ColumnKind::Text), ("b", ColumnKind::Number)]);
        assert_eq!(list(Style::Table, layout, &columns, &[vec![text("x"), number("1")]]), "x  1\n");
    }

    #[test]
    fn headers_and_status_words_are_coloured() {
        let layout = Layout { color: true, ..Layout::piped() };
        let columns = columns(&[("status", ColumnKind::Text), ("name", ColumnKind::Text)]);
        let rows = ["running", "stopped", "failed", "planned", "unknown"].map(|word| vec![text(word), text("running")]);
        assert_eq!(
            list(Style::Table, layout, &columns, &rows),
            "\x1b[1mstatus\x1b[0m   \x1b[1mname\x1b[0m\n\
             \x1b[32mrunning\x1b[0m  running\n\
             \x1b[2mstopped\x1b[0m  running\n\
             \x1b[31mfailed\x1b[0m   running\n\
             \x1b[36mplanned\x1b[0m  running\n\
             unknown  running\n"
        );
    }

    #[test]
    fn the_widest_columns_are_cut_to_fit_a_terminal() {
        let columns = columns(&[("name", ColumnKind::Text), ("a", ColumnKind::Text), ("cpu", ColumnKind::Number)]);
        let rows = [vec![text("web-server-01"), text("abcdefghij"), number("4")]];
        // 22 columns less two gaps and the 3 of cpu leave 15 for two texts of 13 and 10: 8 and 7.
        assert_eq!(
            list(Style::Table, on_terminal(22), &columns, &rows),
            "name      a        cpu\nweb-ser…  abcdef…    4\n"
        );
        assert_eq!(
            list(Style::Table, on_terminal(30), &columns, &rows),
            "name           a           cpu\nweb-server-01  abcdefghij    4\n"
        );
    }

    #[test]
    fn wide_texts_are_cut_between_graphemes() {
        let columns = columns(&[("name", ColumnKind::Text), ("cpu", ColumnKind::Number)]);
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        let rows = [vec![text("日本語サーバー"), number("1")], vec![text(&family.repeat(5)), number("2")]];
        // 13 columns less the gap and cpu are 8: three wide letters, the ellipsis, and one that is left.
        assert_eq!(
            list(Style::Table, on_terminal(13), &columns, &rows),
            format!("name      cpu\n日本語…     1\n{family}{family}{family}…     2\n")
        );
    }

    #[test]
    fn a_later_wider_cell_pushes_its_line_and_is_cut_only_on_a_narrow_terminal() {
        let columns = columns(&[("name", ColumnKind::Text), ("b", ColumnKind::Text)]);
        let mut rows = vec![vec![text("web1"), text("x")]; 1000];
        rows.push(vec![text("a-much-longer-name"), text("y")]);
        rows.push(vec![text("web2"), text("z")]);
        for layout in [Layout::piped(), on_terminal(80)] {
            let written = list(Style::Table, layout, &columns, &rows);
            assert!(written.ends_with("web1  x\na-much-longer-name  y\nweb2  z\n"), "{written}");
        }
        let written = list(Style::Table, on_terminal(12), &columns, &rows);
        assert!(written.ends_with("web1  x\na-much-l…  y\nweb2  z\n"), "{written}");
    }

    #[test]
    fn rows_of_different_widths_keep_their_order() {
        let columns = columns(&[("name", ColumnKind::Text), ("b", ColumnKind::Text)]);
        let mut rows = vec![vec![text("web1"), text("x")]; 1000];
        // A few widths by turns, then more than are drawn together.
        let lengths = (0..100).map(|number| number % 7 + 1).chain((0..100).map(|number| number % 50 + 1));
        let names = lengths.map(|length| "w".repeat(length));
        rows.extend(names.clone().map(|name| vec![text(&name), text("y")]));
        let written = list(Style::Table, Layout::piped(), &columns, &rows);
        let later: Vec<&str> = written.lines().skip(1001).collect();
        assert_eq!(later, names.map(|name| format!("{name:4}  y")).collect::<Vec<_>>());
    }

    #[test]
    fn a_column_that_is_empty_at_first_still_shows_that_a_later_cell_is_there() {
        let layout = Layout { headers: false, ..on_terminal(5) };
        let columns = columns(&[("name", ColumnKind::Text), ("b", ColumnKind::Text)]);
        let mut rows = vec![vec![text("ab"), Datum::Empty]; 1000];
        rows.push(vec![text("ab"), text("later")]);
        assert!(list(Style::Table, layout, &columns, &rows).ends_with("ab\nab  …\n"));
    }

    #[test]
    fn where_not_even_narrow_columns_fit_a_row_takes_several_lines() {
        let columns = columns(&[("name", ColumnKind::Text), ("pool", ColumnKind::Text), ("os", ColumnKind::Text)]);
        let rows =
            [vec![text("web-server"), text("production"), text("linux")], vec![text("db"), text("p"), Datum::Empty]];
        assert_eq!(
            list(Style::Table, on_terminal(10), &columns, &rows),
            "name  pool\n  os\nweb…  pro…\n  linux\ndb    p\n"
        );
    }

    #[test]
    fn eighty_columns_hold_japanese_emoji_and_marks() {
        let columns = columns(&[
            ("name", ColumnKind::Text),
            ("pool", ColumnKind::Text),
            ("status", ColumnKind::Text),
            ("memory", ColumnKind::Quantity),
            ("owner", ColumnKind::Text),
        ]);
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        let rows = [
            vec![
                text(&"日本語サーバー".repeat(4)),
                text("東京"),
                text("running"),
                gibibytes("16", "17179869184"),
                text(&family.repeat(20)),
            ],
            vec![
                text(&"e\u{301}".repeat(60)),
                text("大阪"),
                text("stopped"),
                gibibytes("8", "8589934592"),
                text("アリス"),
            ],
        ];
        let written = list(Style::Table, on_terminal(80), &columns, &rows);
        let lines = fitting(&written, 80);
        assert_eq!(lines.len(), 3);
        for line in &lines[1..] {
            let before = line.find(" GiB").map(|index| measure::width(&line[..index]));
            // Texts of 56, 4, 7, 6 and 40 columns and four gaps: 55 are left for the two widest, 28 and 27.
            assert_eq!(before, Some(28 + 2 + 4 + 2 + 7 + 2 + 2), "{line}");
        }
        assert!(lines[2].starts_with(&format!("{}…  大阪", "e\u{301}".repeat(27))), "{}", lines[2]);
    }

    #[test]
    fn times_are_local_where_that_is_asked_for() {
        let layout = Layout { local_time: true, ..Layout::piped() };
        let columns = columns(&[("created", ColumnKind::Time)]);
        let stored = "2026-11-23T07:13:00Z";
        assert_eq!(
            list(Style::Table, layout, &columns, &[vec![time(stored)]]).lines().nth(1),
            Some(crate::value::time::local(stored).as_str())
        );
        assert_eq!(list(Style::Table, Layout::piped(), &columns, &[vec![time(stored)]]).lines().nth(1), Some(stored));
    }

    #[test]
    fn a_record_is_keys_and_values_with_its_sections_under_it() {
        let (columns, vms) = two_vms();
        assert_eq!(
            records(Style::Table, Layout::piped(), &columns, &vms),
            "name         web01\n\
             status       running\n\
             memory       16 GiB\n\
             cpu          4\n\
             description  the front\n             \
                          of the shop\n\
             created      2026-11-23T07:13:00Z\n\
             disks\n  \
               name      size\n  \
               disk0  100 GiB\n  \
               disk1    8 GiB\n\
             \n\
             name    db01\n\
             status  stopped\n"
        );
    }

    #[test]
    fn a_coloured_record_sets_off_its_keys_and_titles() {
        let (columns, vms) = two_vms();
        let layout = Layout { color: true, ..Layout::piped() };
        let written = records(Style::Table, layout, &columns, &vms);
        assert!(
            written
                .starts_with("\x1b[1mname\x1b[0m         web01\n\x1b[1mstatus\x1b[0m       \x1b[32mrunning\x1b[0m\n")
        );
        assert!(written.contains("\n\x1b[1mdisks\x1b[0m\n  \x1b[1mname\x1b[0m      \x1b[1msize\x1b[0m\n"));
    }

    #[test]
    fn long_values_wrap_beside_their_key_on_a_terminal() {
        let columns = columns(&[("name", ColumnKind::Text), ("note", ColumnKind::Text)]);
        let record = (vec![text("web01"), text("the front of the shop\n\nask first")], vec![]);
        assert_eq!(
            records(Style::Table, on_terminal(18), &columns, std::slice::from_ref(&record)),
            "name  web01\nnote  the front of\n      the shop\n\n      ask first\n"
        );
        assert_eq!(
            records(Style::Table, on_terminal(8), &columns, std::slice::from_ref(&record)),
            "name\nweb01\nnote\nthe\nfront of\nthe shop\n\nask\nfirst\n"
        );
    }

    proptest! {
        #[test]
        fn no_line_exceeds_the_terminal_and_none_ends_in_a_blank(
            rows in prop::collection::vec(any_row(6), 0..5),
            width in 1_usize..90
        ) {
            let kinds = [ColumnKind::Text, ColumnKind::Number, ColumnKind::List];
            let columns: Vec<_> = (0..6).map(|index| Column::new(format!("column{index}"), kinds[index % 3])).collect();
            let written = list(Style::Table, on_terminal(width), &columns, &rows);
            for line in written.lines() {
                prop_assert!(measure::width(line) <= width, "{} columns: {:?}", measure::width(line), line);
                prop_assert!(line.width() <= width, "{} columns as a whole: {:?}", line.width(), line);
                prop_assert!(!line.ends_with(' '), "{:?}", line);
            }
            prop_assert!(!written.chars().any(|c| c.is_control() && c != '\n'));
            for cells in rows {
                let section = ("part", columns.clone(), vec![cells.clone()]);
                let written = records(Style::Table, on_terminal(width), &columns, &[(cells, vec![section])]);
                for line in written.lines() {
                    prop_assert!(measure::width(line) <= width, "{} columns: {:?}", measure::width(line), line);
                }
                prop_assert!(!written.chars().any(|c| c.is_control() && c != '\n'));
            }
        }

        #[test]
        fn off_a_terminal_nothing_is_cut(rows in prop::collection::vec("[a-z日é]{1,200}", 0..5)) {
            let columns = columns(&[("name", ColumnKind::Text), ("again", ColumnKind::Text)]);
            let cells: Vec<_> = rows.iter().map(|cell| vec![text(cell), text(cell)]).collect();
            let written = list(Style::Table, Layout::piped(), &columns, &cells);
            for (line, cell) in written.lines().skip(1).zip(&rows) {
                prop_assert!(line.split_whitespace().eq([cell, cell]));
            }
        }
    }
}
