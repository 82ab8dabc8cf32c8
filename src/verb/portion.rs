//! Rows of a file, cut into cells, and of each cell what it says without a look into the inventory.
//!
//! They come in portions, so that another thread may read them while those before go into the inventory. A portion has
//! one text for all of its cells: a million rows cost no allocation a cell.

mod order;

pub(crate) use self::order::Order;
use super::header::Header;
use super::intake::{self, Plain, Target};
use crate::catalog::{Catalog, Entity, Field};
use crate::error::Error;
use crate::input::{Record, Records, Step};
use crate::store::Number;
use crate::value::Lent;
use crate::value::quantity::Units;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// How many rows a portion has at most, and how many cells and bytes there are in it when no row more is taken in.
const PORTION: Room = Room { rows: 256, cells: 16 << 10, text: 256 << 10 };
/// How many different texts of a column are told by a number, and how long they may be.
const NUMBERED: usize = 16 << 10;
const LONGEST: usize = 256;
/// After how many texts it is asked whether numbers are of any use.
const TRIED: u32 = 64 << 10;

/// How much is read before some of it is handed out.
#[derive(Debug, Clone, Copy)]
struct Room {
    rows: usize,
    cells: usize,
    text: usize,
}

/// What a cell says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Said<'p> {
    /// A value.
    Value(Lent<'p>),
    /// A text that is to be looked up.
    Text { text: &'p str, number: Option<Number> },
    /// Nothing that its field takes.
    Wrong(&'p Error),
}

/// What rows of a file have in common.
#[derive(Debug)]
pub(crate) struct Head {
    /// What their file is called.
    pub name: String,
    /// Its columns, as far as they are known.
    pub columns: Vec<String>,
    /// What each column is for.
    targets: Vec<Target>,
    /// The columns that tell what holds a row's record, from the top, and how it is named.
    key: Vec<usize>,
}

impl Head {
    fn new(entity: &Entity, name: &str, columns: &[String], targets: &[Target]) -> Self {
        let key = intake::key(entity, targets);
        Self { name: name.to_owned(), columns: columns.to_vec(), targets: targets.to_vec(), key }
    }

    /// Whether rows may bring records of other nouns along.
    pub(crate) fn brings_others(&self) -> bool {
        self.targets.iter().any(|target| matches!(target, Target::Collection(_)))
    }

    fn has_above(&self) -> bool {
        self.targets.iter().any(|target| matches!(target, Target::Above(_)))
    }
}

/// Some rows of a file.
#[derive(Debug, Default)]
pub(crate) struct Portion {
    heads: Vec<Arc<Head>>,
    rows: Vec<Held>,
    cells: Vec<Cell>,
    text: String,
    errors: Vec<Error>,
    /// How many bytes of the file have been read.
    pub bytes_read: u64,
    /// Whether nothing follows.
    pub has_ended: bool,
}

/// A row as a portion holds it.
#[derive(Debug)]
struct Held {
    head: usize,
    line: u64,
    /// How many of the portion's rows stand before it in the file.
    number: usize,
    /// Where its cells are.
    cells: Span,
    /// What is wrong with the row itself.
    wrong: Vec<String>,
}

#[derive(Debug)]
struct Cell {
    column: u32,
    /// Where it stands.
    place: Option<Span>,
    meaning: Meaning,
}

/// What a cell was found to say.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    /// It is not read.
    Unread,
    Null,
    Text(Span),
    Integer(i64),
    Quantity(Span, i64),
    /// Its text is to be looked up; the number of it, if it has one.
    Unknown(Option<u32>),
    /// The number of what is wrong with it.
    Wrong(u32),
}

/// Where something stands, in a portion's text or among its cells.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Self {
        Self { start: small(start), end: small(end) }
    }

    const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place in a portion, which has a row of at most [`RECORD_LIMIT`](crate::input::RECORD_LIMIT) beyond its room: the less
/// room cells take, the more of them are at hand.
fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// A row of a portion.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'p> {
    portion: &'p Portion,
    /// What it has in common with others.
    pub head: &'p Head,
    /// The line on which it begins.
    pub line: u64,
    /// How many of the portion's rows stand before it in the file.
    pub number: usize,
    /// What is wrong with the row itself: then nothing is read of it.
    pub wrong: &'p [String],
    cells: &'p [Cell],
}

impl Portion {
    /// Nothing, behind which nothing follows.
    pub(super) fn ended() -> Self {
        Self { has_ended: true, ..Self::default() }
    }

    /// Forgets the rows; the room that they took is used again, unless it was very much.
    fn clear(&mut self, room: Room) {
        if self.text.capacity() > 2 * room.text {
            self.text = String::new();
        }
        if self.cells.capacity() > 2 * room.cells {
            self.cells = Vec::new();
        }
        self.has_ended = false;
        self.heads.clear();
        self.rows.clear();
        self.cells.clear();
        self.text.clear();
        self.errors.clear();
    }

    fn is_full(&self, room: Room) -> bool {
        self.rows.len() >= room.rows || self.cells.len() >= room.cells || self.text.len() >= room.text
    }

    /// How many rows there are.
    pub(crate) const fn count(&self) -> usize {
        self.rows.len()
    }

    /// The rows, in their order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().filter_map(|held| {
            let (cells, head) = (self.cells_of(held)?, self.heads.get(held.head)?);
            Some(Row { portion: self, head, line: held.line, number: held.number, wrong: &held.wrong, cells })
        })
    }

    fn cells_of(&self, held: &Held) -> Option<&[Cell]> {
        self.cells.get(held.cells.range())
    }

    fn at(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Adds a row with the cells of `record`, none of which is read yet.
    fn add(&mut self, line: u64, record: Option<&Record>, wrong: Vec<String>) {
        let (base, first) = (self.text.len(), self.cells.len());
        if let Some(record) = record {
            self.text.push_str(record.text());
            self.cells.extend(record.spans().map(|(column, span)| Cell {
                column: small(column),
                place: span.map(|span| Span::new(base + span.start, base + span.end)),
                meaning: Meaning::Unread,
            }));
        }
        let head = self.heads.len().saturating_sub(1);
        let cells = Span::new(first, self.cells.len());
        self.rows.push(Held { head, line, number: self.rows.len(), cells, wrong });
    }

    /// Keeps a text that was read from `record`, whose text stands here from `base` on: most often it is part of that.
    fn keep(&mut self, text: &str, record: &Record, base: usize) -> Span {
        let start = text.as_ptr().addr().wrapping_sub(record.text().as_ptr().addr());
        let end = start.saturating_add(text.len());
        if record.text().get(start..end) == Some(text) {
            return Span::new(base + start, base + end);
        }
        let start = self.text.len();
        self.text.push_str(text);
        Span::new(start, self.text.len())
    }
}

impl<'p> Row<'p> {
    /// The cells as they stand in the file, with the indices of their columns.
    pub(crate) fn cells(self) -> impl Iterator<Item = (usize, Option<&'p str>)> {
        self.cells.iter().map(move |cell| (cell.column as usize, cell.place.map(|span| self.portion.at(span))))
    }

    /// What the cells say, and what each is for.
    pub(crate) fn said(self) -> impl Iterator<Item = (Target, Said<'p>)> {
        self.cells.iter().filter_map(move |cell| {
            let target = self.head.targets.get(cell.column as usize)?;
            let value = |value| Some(Said::Value(value));
            let said = match cell.meaning {
                Meaning::Unread => None,
                Meaning::Null => value(Lent::Null),
                Meaning::Text(span) => value(Lent::Text(self.portion.at(span))),
                Meaning::Integer(number) => value(Lent::Integer(number)),
                Meaning::Quantity(span, unit) => value(Lent::Quantity(self.portion.at(span), unit)),
                Meaning::Unknown(number) => Some(Said::Text {
                    text: cell.place.map(|span| self.portion.at(span)).unwrap_or_default(),
                    number: number.map(|text| Number { column: cell.column as usize, text: text as usize }),
                }),
                Meaning::Wrong(number) => self.portion.errors.get(number as usize).map(Said::Wrong),
            };
            Some((*target, said?))
        })
    }

    /// The path that columns above the holder give.
    pub(crate) fn above(self) -> String {
        if !self.head.has_above() {
            return String::new();
        }
        let targets = &self.head.targets;
        intake::holders_path(self.cells().filter_map(|(column, text)| Some((*targets.get(column)?, text))))
    }
}

/// Cuts a file into portions.
pub(super) struct Cutter {
    catalog: &'static Catalog,
    entity: &'static Entity,
    records: Box<dyn Records>,
    header: Header,
    record: Record,
    head: Option<Arc<Head>>,
    /// The texts of each column that may stand in many rows.
    repeated: Vec<Repeated>,
    /// How many rows were read the last time.
    last: usize,
}

impl Cutter {
    pub(super) fn new(catalog: &'static Catalog, entity: &'static Entity, records: Box<dyn Records>) -> Self {
        let header = Header::new(entity);
        Self { catalog, entity, records, header, record: Record::new(), head: None, repeated: Vec::new(), last: 0 }
    }

    /// Reads the next rows into `portion`, which it clears first.
    pub(super) fn fill(&mut self, portion: &mut Portion, units: &Units, order: Order) {
        let room = order.room(self.last);
        portion.clear(room);
        while !portion.is_full(room) && !portion.has_ended {
            self.row(portion, units);
        }
        if order == Order::Key {
            portion.sort();
        }
        self.last = portion.count();
        portion.bytes_read = self.records.bytes_read();
    }

    /// Reads one row.
    fn row(&mut self, portion: &mut Portion, units: &Units) {
        // What is wrong with the header is wrong with every row, and told once. JSON learns its columns as it goes.
        if let Err(wrong) = self.header.learn(self.catalog, self.records.columns()) {
            self.begin(portion);
            portion.add(self.records.header_line(), None, wrong);
            portion.has_ended = true;
            return;
        }
        match self.records.read(&mut self.record) {
            Step::Last => portion.has_ended = true,
            Step::Fault(fault) => {
                self.begin(portion);
                portion.add(fault.line, Some(&self.record), vec![fault.text]);
                portion.has_ended = fault.fatal;
            }
            Step::Record => {
                let learnt = self.header.learn(self.catalog, self.records.columns());
                self.begin(portion);
                let (base, first) = (portion.text.len(), portion.cells.len());
                portion.has_ended = learnt.is_err();
                portion.add(self.record.line, Some(&self.record), learnt.err().unwrap_or_default());
                if !portion.has_ended {
                    self.read(portion, units, base, first);
                }
            }
        }
    }

    /// Says what the next row has in common with others.
    fn begin(&mut self, portion: &mut Portion) {
        let (name, columns, targets) = (self.records.name(), self.records.columns(), self.header.targets());
        let is_known = |head: &&Arc<Head>| {
            head.columns.len() == columns.len() && head.targets.len() == targets.len() && head.name == name
        };
        let head = if let Some(head) = self.head.as_ref().filter(is_known) {
            Arc::clone(head)
        } else {
            Arc::clone(self.head.insert(Arc::new(Head::new(self.entity, name, columns, targets))))
        };
        if !portion.heads.last().is_some_and(|last| Arc::ptr_eq(last, &head)) {
            portion.heads.push(head);
        }
    }

    /// Finds out what the cells say that were added last, from the number `first` on.
    fn read(&mut self, portion: &mut Portion, units: &Units, base: usize, first: usize) {
        for (number, (column, text)) in (first..).zip(self.record.cells()) {
            let text = text.filter(|text| !text.is_empty());
            let meaning = match (self.header.targets().get(column), text) {
                (Some(Target::Field(place)), text) => match self.entity.fields.get(*place) {
                    Some(field) => {
                        let repeated = &mut self.repeated;
                        meaning(self.entity, field, text, units, portion, (&self.record, base), |text| {
                            numbered(repeated, column, text)
                        })
                    }
                    None => Meaning::Unread,
                },
                (Some(Target::Collection(_)), None) => Meaning::Null,
                (Some(Target::Collection(_)), Some(_)) => Meaning::Unknown(None),
                (Some(Target::Above(_) | Target::Derived) | None, _) => Meaning::Unread,
            };
            if let Some(cell) = portion.cells.get_mut(number) {
                cell.meaning = meaning;
            }
        }
    }
}

/// What the text in a cell of `field` says.
fn meaning(
    entity: &Entity,
    field: &Field,
    text: Option<&str>,
    units: &Units,
    portion: &mut Portion,
    (record, base): (&Record, usize),
    number: impl FnOnce(&str) -> Option<usize>,
) -> Meaning {
    let read = match text {
        None => intake::nothing_for(entity, field).map(|()| None),
        Some(text) => match intake::alone(field.kind, text, units) {
            None => return Meaning::Unknown(number(text).map(small)),
            Some(read) => read.map(Some).map_err(|error| intake::about(field.name, &error)),
        },
    };
    match read {
        Ok(None) => Meaning::Null,
        Ok(Some(Plain::Integer(number))) => Meaning::Integer(number),
        Ok(Some(Plain::Text(text))) => Meaning::Text(portion.keep(&text, record, base)),
        Ok(Some(Plain::Quantity(amount, unit))) => Meaning::Quantity(portion.keep(&amount, record, base), unit),
        Err(error) => {
            portion.errors.push(error);
            Meaning::Wrong(small(portion.errors.len() - 1))
        }
    }
}

/// The texts of a column that have been given numbers.
#[derive(Debug, Default)]
struct Repeated {
    numbers: HashMap<String, usize>,
    asked: u32,
    known: u32,
    is_useless: bool,
}

/// The number of a text in a column, if few other texts stand in it.
fn numbered(repeated: &mut Vec<Repeated>, column: usize, text: &str) -> Option<usize> {
    if repeated.len() <= column {
        repeated.resize_with(column + 1, Repeated::default);
    }
    let of_column = repeated.get_mut(column)?;
    if of_column.is_useless || text.len() > LONGEST {
        return None;
    }
    of_column.asked += 1;
    if let Some(number) = of_column.numbers.get(text) {
        of_column.known += 1;
        return Some(*number);
    }
    if of_column.asked >= TRIED {
        // Of texts that are all different none is told again.
        if of_column.known < of_column.asked / 2 {
            *of_column = Repeated { is_useless: true, ..Repeated::default() };
        } else {
            (of_column.asked, of_column.known) = (0, 0);
        }
        return None;
    }
    let number = of_column.numbers.len();
    if number >= NUMBERED {
        return None;
    }
    of_column.numbers.insert(text.to_owned(), number);
    Some(number)
}
