//! One row of an answer, held in one reused buffer so that a million rows cost no allocation a cell.

use crate::value::decimal::Decimal;
use crate::value::list::push_list;
use std::ops::Range;

/// What a column holds, which sets its alignment in tables and its type in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A number: right-aligned, a number in JSON.
    Number,
    /// A quantity: right-aligned; in JSON `name` as text and `name_bytes` as a number.
    Quantity,
    /// A number that says how much of a whole is taken, 1 being all of it: per cent in a table, with a bar on a terminal.
    Share {
        /// From how many per cent on the bar warns.
        limit: u32,
    },
    /// A time: stored and piped in UTC, local with its offset in a table on a terminal.
    Time,
    /// Several texts: an array in JSON, separated by `;` elsewhere.
    List,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The header: what `-c` calls it.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

impl Column {
    /// A column called `name` that holds `kind`.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// One cell, borrowed from its row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'row> {
    /// Nothing.
    Null,
    /// Text.
    Text(&'row str),
    /// A number as its exact decimal text.
    Number(&'row str),
    /// A quantity as text (`16 GiB`) and its exact size in bytes.
    Quantity(&'row str, Decimal),
    /// A time as RFC 3339 text in UTC.
    Time(&'row str),
    /// Several texts.
    List(Items<'row>),
}

impl<'row> Cell<'row> {
    /// Its text as it is piped; nothing where it is empty or a list.
    #[must_use]
    pub const fn plain(self) -> Option<&'row str> {
        match self {
            Self::Null | Self::List(_) => None,
            Self::Text(text) | Self::Number(text) | Self::Quantity(text, _) | Self::Time(text) => Some(text),
        }
    }

    /// Its text exactly as the data has it: nothing as no text, a list joined by `;` in `scratch`.
    #[must_use]
    pub fn exact<'text>(self, scratch: &'text mut String) -> &'text str
    where
        'row: 'text,
    {
        match self {
            Self::Null => "",
            Self::Text(text) | Self::Number(text) | Self::Quantity(text, _) | Self::Time(text) => text,
            Self::List(items) => {
                scratch.clear();
                push_list(scratch, items.iter());
                scratch
            }
        }
    }

    /// Whether it holds nothing, or no text.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) | Self::Number(text) | Self::Quantity(text, _) | Self::Time(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
        }
    }
}

/// The texts of a list cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Items<'row> {
    text: &'row str,
    spans: &'row [Range<usize>],
}

impl<'row> Items<'row> {
    /// The texts, in order.
    #[must_use]
    pub fn iter(self) -> impl ExactSizeIterator<Item = &'row str> {
        self.spans.iter().map(move |span| &self.text[span.clone()])
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.spans.is_empty()
    }
}

#[derive(Debug, Clone)]
enum Slot {
    Null,
    Text(Range<usize>),
    Number(Range<usize>),
    Quantity(Range<usize>, Decimal),
    Time(Range<usize>),
    List(Range<usize>),
}

/// A row: its cells' text in one buffer. `clear` and fill again for the next row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    text: String,
    slots: Vec<Slot>,
    spans: Vec<Range<usize>>,
}

impl Row {
    /// Makes it empty, keeping its buffers.
    pub fn clear(&mut self) {
        self.text.clear();
        self.slots.clear();
        self.spans.clear();
    }

    /// Adds an empty cell.
    pub fn null(&mut self) {
        self.slots.push(Slot::Null);
    }

    /// Adds a text cell.
    pub fn text(&mut self, text: &str) {
        let span = self.keep(text);
        self.slots.push(Slot::Text(span));
    }

    /// Adds a text cell that is made of `parts`.
    pub fn joined_text(&mut self, parts: &[&str]) {
        let start = self.text.len();
        self.text.extend(parts.iter().copied());
        self.slots.push(Slot::Text(start..self.text.len()));
    }

    /// Adds a number, given as its decimal text.
    pub fn number(&mut self, text: &str) {
        let span = self.keep(text);
        self.slots.push(Slot::Number(span));
    }

    /// Adds a whole number.
    pub fn integer(&mut self, number: i64) {
        self.number(&number.to_string());
    }

    /// Adds a quantity: its amount and unit's name as they are stored, and its size in bytes.
    pub fn quantity(&mut self, amount: &str, unit: &str, bytes: Decimal) {
        let start = self.text.len();
        self.text.push_str(amount);
        self.text.push(' ');
        self.text.push_str(unit);
        self.slots.push(Slot::Quantity(start..self.text.len(), bytes));
    }

    /// Adds a time, given as RFC 3339 text in UTC.
    pub fn time(&mut self, text: &str) {
        let span = self.keep(text);
        self.slots.push(Slot::Time(span));
    }

    /// Adds a list of texts.
    pub fn list<'a>(&mut self, items: impl IntoIterator<Item = &'a str>) {
        let first = self.spans.len();
        for item in items {
            let span = self.keep(item);
            self.spans.push(span);
        }
        self.slots.push(Slot::List(first..self.spans.len()));
    }

    /// Adds a cell of another row.
    pub fn push(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Null => self.null(),
            Cell::Text(text) => self.text(text),
            Cell::Number(text) => self.number(text),
            Cell::Quantity(text, bytes) => {
                let span = self.keep(text);
                self.slots.push(Slot::Quantity(span, bytes));
            }
            Cell::Time(text) => self.time(text),
            Cell::List(items) => self.list(items.iter()),
        }
    }

    /// How many cells it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether it has no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The cell at `index`; beyond the last one, nothing.
    #[must_use]
    pub fn cell(&self, index: usize) -> Cell<'_> {
        match self.slots.get(index) {
            None | Some(Slot::Null) => Cell::Null,
            Some(Slot::Text(span)) => Cell::Text(&self.text[span.clone()]),
            Some(Slot::Number(span)) => Cell::Number(&self.text[span.clone()]),
            Some(Slot::Quantity(span, bytes)) => Cell::Quantity(&self.text[span.clone()], *bytes),
            Some(Slot::Time(span)) => Cell::Time(&self.text[span.clone()]),
            Some(Slot::List(items)) => Cell::List(Items { text: &self.text, spans: &self.spans[items.clone()] }),
        }
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }
}
