//! Tables for people: a list in aligned columns, a record as keys and values followed by its sections.

use crate::output::card::{Frame, INDENT, write_field, write_wrapped};
use crate::output::drawing::Piece;
use crate::output::grid::{Grid, exact};
use crate::output::left_out::LeftOut;
use crate::output::measure;
use crate::output::row::{Cell, Column, Row};
use crate::output::{Cards, Layout, Sheet, tint};
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
    use crate::output::amount::Amounts;
    use crate::output::fixture::{
        Datum, any_row, columns, gibibytes, items, list, list_and_left_out, number, on_terminal, records, text, time,
        two_vms,
    };
    use crate::output::left_out::LeftOut;
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
    fn long_texts_are_cut_to_fit_a_terminal_and_names_and_numbers_are_not() {
        let columns = [Column::whole("name"), Column::prose("note"), Column::new("cpu", ColumnKind::Number)];
        let rows = [vec![text("web-server-01"), text("asks for a reboot"), number("4")]];
        // 30 columns less two gaps, the 13 of the name and the 3 of cpu leave 10 for the note.
        assert_eq!(
            list(Style::Table, on_terminal(30), &columns, &rows),
            "name           note        cpu\nweb-server-01  asks for …    4\n"
        );
        assert_eq!(
            list(Style::Table, on_terminal(40), &columns, &rows),
            "name           note               cpu\nweb-server-01  asks for a reboot    4\n"
        );
    }

    #[test]
    fn wide_texts_are_cut_between_graphemes() {
        let columns = [Column::prose("name"), Column::new("cpu", ColumnKind::Number)];
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        let rows = [vec![text("日本語サーバー"), number("1")], vec![text(&family.repeat(5)), number("2")]];
        // 13 columns less the gap and cpu are 8: three wide letters, the ellipsis, and one that is left.
        assert_eq!(
            list(Style::Table, on_terminal(13), &columns, &rows),
            format!("name      cpu\n日本語…     1\n{family}{family}{family}…     2\n")
        );
    }

    #[test]
    fn paths_lose_their_fronts_before_texts_lose_their_ends() {
        let columns = [Column::path("record"), Column::prose("text")];
        let rows = [vec![text("vSphere/Datacenter1/Cluster1"), text("has no owner")]];
        for (width, written) in [
            (42, "vSphere/Datacenter1/Cluster1  has no owner"),
            (41, "…/Datacenter1/Cluster1       has no owner"),
            (24, "…/Cluster1  has no owner"),
            (20, "…/Cluster1  has no …"),
        ] {
            let listed = list(Style::Table, on_terminal(width), &columns, &rows);
            assert_eq!(listed.lines().nth(1), Some(written), "{width}");
        }
    }

    #[test]
    fn columns_without_a_value_are_left_out_on_a_terminal_unless_they_are_asked_for() {
        let mut columns = columns(&[("name", ColumnKind::Text), ("owner", ColumnKind::Text), ("b", ColumnKind::Text)]);
        let rows = [vec![text("web01"), Datum::Empty, text("x")], vec![text("web02"), text(""), text("y")]];
        let (written, left_out) = list_and_left_out(Style::Table, on_terminal(80), &columns, &rows);
        assert_eq!(written, "name   b\nweb01  x\nweb02  y\n");
        assert_eq!(left_out, LeftOut { empty: vec!["owner".to_owned()], without_room: vec![] });
        let (written, left_out) = list_and_left_out(Style::Table, Layout::piped(), &columns, &rows);
        assert_eq!((written.lines().next(), left_out), (Some("name   owner  b"), LeftOut::default()));
        columns[1].is_asked_for = true;
        let (written, left_out) = list_and_left_out(Style::Table, on_terminal(80), &columns, &rows);
        assert_eq!((written.lines().next(), left_out), (Some("name   owner  b"), LeftOut::default()));
        let (written, left_out) = list_and_left_out(Style::Table, on_terminal(80), &columns, &[]);
        assert_eq!((written.as_str(), left_out), ("name  owner  b\n", LeftOut::default()));
    }

    #[test]
    fn columns_that_do_not_fit_are_left_out_from_the_right() {
        let columns = columns(&[("name", ColumnKind::Text), ("pool", ColumnKind::Text), ("os", ColumnKind::Text)]);
        let rows = [vec![text(&"n".repeat(30)), text(&"p".repeat(30)), text("linux")]];
        let (written, left_out) = list_and_left_out(Style::Table, on_terminal(68), &columns, &rows);
        assert_eq!(written.lines().nth(1), Some(format!("{}  {}", "n".repeat(30), "p".repeat(30)).as_str()));
        assert_eq!(left_out, LeftOut { empty: vec![], without_room: vec!["os".to_owned()] });
        let (written, left_out) = list_and_left_out(Style::Table, on_terminal(69), &columns, &rows);
        assert!(written.ends_with("p  linux\n") && left_out == LeftOut::default(), "{written}");
    }

    #[test]
    fn a_later_wider_cell_pushes_its_line_or_has_lines_of_its_own_where_it_must_not_be_cut() {
        let rows_with = |name: &str| {
            let mut rows = vec![vec![text("web1"), text("x")]; 1000];
            rows.extend([vec![text(name), text("y")], vec![text("web2"), text("z")]]);
            rows
        };
        let rows = rows_with("a-much-longer-name");
        let columns = columns(&[("name", ColumnKind::Text), ("b", ColumnKind::Text)]);
        for (layout, lines) in [
            (Layout::piped(), "a-much-longer-name  y"),
            (on_terminal(21), "a-much-longer-name  y"),
            (on_terminal(20), "a-much-longer-name\n      y"),
            (on_terminal(12), "a-much-longe\nr-name\n      y"),
        ] {
            let written = list(Style::Table, layout, &columns, &rows);
            assert!(written.ends_with(&format!("web1  x\n{lines}\nweb2  z\n")), "{}", &written[written.len() - 60..]);
        }
        let columns = [Column::prose("name"), Column::whole("b")];
        let written = list(Style::Table, on_terminal(12), &columns, &rows);
        assert!(written.ends_with("web1  x\na-much-l…  y\nweb2  z\n"));
    }

    #[test]
    fn a_paged_table_repeats_its_header() {
        let columns = columns(&[("name", ColumnKind::Text)]);
        let rows: Vec<_> = (1..=5).map(|number| vec![text(&format!("web{number}"))]).collect();
        let layout = Layout { page: Some(3), ..on_terminal(80) };
        let written = list(Style::Table, layout.clone(), &columns, &rows);
        assert_eq!(written, "name\nweb1\nweb2\nname\nweb3\nweb4\nname\nweb5\n");
        assert_eq!(list(Style::Table, layout, &columns, &rows[..2]), "name\nweb1\nweb2\n");
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
    fn a_value_in_a_column_that_was_left_out_as_empty_is_under_its_row() {
        let columns = columns(&[("name", ColumnKind::Text), ("owner", ColumnKind::Text)]);
        let mut rows = vec![vec![text("ab"), Datum::Empty]; 1000];
        rows.extend([vec![text("cd"), text("alice")], vec![text("ef"), Datum::Empty]]);
        let (written, left_out) = list_and_left_out(Style::Table, on_terminal(80), &columns, &rows);
        assert!(written.starts_with("name\nab\n") && written.ends_with("ab\ncd\n  owner=alice\nef\n"));
        assert_eq!(left_out, LeftOut::default());
        // A table that has the column needs no other line.
        rows[0][1] = text("bob");
        assert!(list(Style::Table, on_terminal(80), &columns, &rows).ends_with("ab\ncd    alice\nef\n"));
    }

    #[test]
    fn on_a_narrow_terminal_records_that_do_not_fit_are_cards() {
        let columns = columns(&[("name", ColumnKind::Text), ("pool", ColumnKind::Text), ("os", ColumnKind::Text)]);
        let rows =
            [vec![text("web-server"), text("production"), text("linux")], vec![text("db"), text("p"), Datum::Empty]];
        let (written, left_out) = list_and_left_out(Style::Table, on_terminal(20), &columns, &rows);
        assert_eq!(written, "name  web-server\npool  production\nos    linux\n\nname  db\npool  p\n");
        assert_eq!(left_out, LeftOut::default());
        assert_eq!(
            list(Style::Table, on_terminal(10), &columns, &rows),
            "name\nweb-server\npool\nproduction\nos\nlinux\n\nname\ndb\npool\np\n"
        );
        assert_eq!(list(Style::Table, on_terminal(29), &columns, &rows).lines().count(), 3);
    }

    #[test]
    fn eighty_columns_hold_japanese_emoji_and_marks() {
        let columns = [
            Column::prose("name"),
            Column::whole("pool"),
            Column::whole("status"),
            Column::new("memory", ColumnKind::Quantity),
            Column::prose("owner"),
        ];
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
    fn times_are_local_and_short_where_that_is_asked_for() {
        let layout = Layout { local_time: true, ..Layout::piped() };
        let columns = columns(&[("created", ColumnKind::Time)]);
        let stored = "2026-11-23T07:13:00Z";
        let second = |layout| {
            let written = list(Style::Table, layout, &columns, &[vec![time(stored)]]);
            written.lines().nth(1).map(str::to_owned)
        };
        assert_eq!(second(layout.clone()), Some(crate::value::time::local_minute(stored)));
        let exact = Layout { amounts: Amounts::Exact, ..layout };
        assert_eq!(second(exact), Some(crate::value::time::local(stored)));
        assert_eq!(second(Layout::piped()), Some(stored.to_owned()));
    }

    #[test]
    fn quantities_of_a_table_have_three_digits_unless_others_are_asked_for() {
        let columns = columns(&[("memory", ColumnKind::Quantity)]);
        // 12,345 GiB are 12.0556… TiB.
        let rows = [vec![gibibytes("12345", "13255342817280")]];
        let mebibytes = Amounts::In { unit: "MiB".to_owned(), bytes: 1 << 20 };
        for (amounts, written) in
            [(Amounts::Rounded, "12.1 TiB"), (Amounts::Exact, "12345 GiB"), (mebibytes, "12641280 MiB")]
        {
            let layout = Layout { amounts, ..Layout::piped() };
            assert_eq!(list(Style::Table, layout, &columns, &rows).lines().nth(1).map(str::trim), Some(written));
        }
        assert_eq!(list(Style::Csv, Layout::piped(), &columns, &rows), "memory\n12345 GiB\n");
        let record = (rows[0].clone(), vec![]);
        assert_eq!(records(Style::Table, Layout::piped(), &columns, &[record]), "memory  12345 GiB\n");
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
