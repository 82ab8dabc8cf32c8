//! Fixtures for the tests of all formats: rows as plain data, and a whole answer as text.

use crate::output::left_out::LeftOut;
use crate::output::row::{Column, ColumnKind, Row};
use crate::output::{Layout, Style, cards, sheet};
use crate::value::decimal::Decimal;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop, prop_oneof};

/// A cell as plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Datum {
    Empty,
    Text(String),
    Number(String),
    Gibibytes(String, Decimal),
    Time(String),
    List(Vec<String>),
}

pub(crate) fn text(text: &str) -> Datum {
    Datum::Text(text.to_owned())
}

pub(crate) fn number(text: &str) -> Datum {
    Datum::Number(text.to_owned())
}

/// `amount` GiB, which are `bytes`.
pub(crate) fn gibibytes(amount: &str, bytes: &str) -> Datum {
    Datum::Gibibytes(amount.to_owned(), Decimal::parse(bytes).expect("a decimal"))
}

pub(crate) fn time(text: &str) -> Datum {
    Datum::Time(text.to_owned())
}

pub(crate) fn items(items: &[&str]) -> Datum {
    Datum::List(items.iter().map(|&item| item.to_owned()).collect())
}

pub(crate) fn columns(columns: &[(&str, ColumnKind)]) -> Vec<Column> {
    columns.iter().map(|&(name, kind)| Column::new(name, kind)).collect()
}

pub(crate) fn row(cells: &[Datum]) -> Row {
    let mut row = Row::default();
    for cell in cells {
        match cell {
            Datum::Empty => row.null(),
            Datum::Text(text) => row.text(text),
            Datum::Number(text) => row.number(text),
            Datum::Gibibytes(amount, bytes) => row.quantity(amount, "GiB", *bytes),
            Datum::Time(text) => row.time(text),
            Datum::List(items) => row.list(items.iter().map(String::as_str)),
        }
    }
    row
}

/// A whole list as it is written.
pub(crate) fn list(style: Style, layout: Layout, columns: &[Column], rows: &[Vec<Datum>]) -> String {
    list_and_left_out(style, layout, columns, rows).0
}

/// A whole list as it is written, and the columns that it leaves out.
pub(crate) fn list_and_left_out(
    style: Style,
    layout: Layout,
    columns: &[Column],
    rows: &[Vec<Datum>],
) -> (String, LeftOut) {
    let mut out = Vec::new();
    let mut sheet = sheet(style, layout, &mut out);
    sheet.begin(columns).expect("begun");
    for cells in rows {
        sheet.row(&row(cells)).expect("a row");
    }
    sheet.end().expect("ended");
    let left_out = sheet.left_out();
    drop(sheet);
    (String::from_utf8(out).expect("UTF-8"), left_out)
}

/// A list below a record: a name, columns and rows.
pub(crate) type Section = (&'static str, Vec<Column>, Vec<Vec<Datum>>);

/// A record's own cells and the lists below it.
pub(crate) type Record = (Vec<Datum>, Vec<Section>);

/// Records in full as they are written.
pub(crate) fn records(style: Style, layout: Layout, columns: &[Column], records: &[Record]) -> String {
    let mut out = Vec::new();
    let mut cards = cards(style, layout, records.len() > 1, &mut out);
    for (cells, sections) in records {
        cards.begin_record(columns, &row(cells)).expect("a record");
        for (name, columns, rows) in sections {
            cards.begin_section(name, columns).expect("a section");
            for cells in rows {
                cards.section_row(&row(cells)).expect("a row");
            }
            cards.end_section().expect("ended");
        }
        cards.end_record().expect("ended");
    }
    cards.end().expect("ended");
    drop(cards);
    String::from_utf8(out).expect("UTF-8")
}

/// The layout for a terminal of `width` columns.
pub(crate) fn on_terminal(width: usize) -> Layout {
    Layout { width: Some(width), ..Layout::piped() }
}

/// Two records of which the second has nothing hanging from it.
pub(crate) fn two_vms() -> (Vec<Column>, Vec<Record>) {
    let fields = columns(&[
        ("name", ColumnKind::Text),
        ("status", ColumnKind::Text),
        ("memory", ColumnKind::Quantity),
        ("cpu", ColumnKind::Number),
        ("description", ColumnKind::Text),
        ("created", ColumnKind::Time),
    ]);
    let disks = || columns(&[("name", ColumnKind::Text), ("size", ColumnKind::Quantity)]);
    let web = vec![
        text("web01"),
        text("running"),
        gibibytes("16", "17179869184"),
        number("4"),
        text("the front\r\nof the shop\n"),
        time("2026-11-23T07:13:00Z"),
    ];
    let hanging: Vec<Section> = vec![
        (
            "disks",
            disks(),
            vec![
                vec![text("disk0"), gibibytes("100", "107374182400")],
                vec![text("disk1"), gibibytes("8", "8589934592")],
            ],
        ),
        ("systems", columns(&[("name", ColumnKind::Text)]), vec![]),
    ];
    let bare = vec![text("db01"), text("stopped"), Datum::Empty, Datum::Empty, text(""), Datum::Empty];
    let without: Vec<Section> =
        vec![("disks", disks(), vec![]), ("systems", columns(&[("name", ColumnKind::Text)]), vec![])];
    (fields, vec![(web, hanging), (bare, without)])
}

/// Texts that break naive formats: quotes, separators, controls, marks, emoji, Japanese.
pub(crate) fn any_text() -> BoxedStrategy<String> {
    prop_oneof![
        any::<String>(),
        "[a-z0-9 ]{0,30}",
        "[,;\"'\n\r\t\\\\|<&`*_ =+@-]{0,8}",
        "[日本語サーバー한글👨👩👧🇯🇵\u{200d}\u{fe0f}e\u{301}\u{1b}\u{9b}\u{7f}\u{202e}]{0,30}",
    ]
    .boxed()
}

/// Any text cells, `columns` of them.
pub(crate) fn any_row(columns: usize) -> BoxedStrategy<Vec<Datum>> {
    let cell = prop_oneof![
        4 => any_text().prop_map(Datum::Text),
        1 => Just(Datum::Empty),
        1 => any::<i64>().prop_map(|number| Datum::Number(number.to_string())),
        1 => prop::collection::vec(any_text(), 0..3).prop_map(Datum::List),
    ];
    prop::collection::vec(cell, columns).boxed()
}
