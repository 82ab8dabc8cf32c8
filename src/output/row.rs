//! One row of an answer in a reused buffer, so that cells need no allocation.

use crate::output::cut::Cut;
use crate::value::decimal::Decimal;
use crate::value::list::push_list;
use crate::value::quantity;
use std::ops::Range;

/// The kind of value in a column, which sets its alignment in tables and its type in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A number: right-aligned, a number in JSON.
    Number,
    /// A quantity: right-aligned; in JSON `name` as text and `name_bytes` as a number.
    Quantity,
    /// A share of a whole, 1 for all of it: per cent in a table, with a bar on a terminal. A [`Cell::Ratio`] in it is
    /// shown as `4.9:1`.
    Share {
        /// Per cent from which the bar warns.
        limit: u32,
    },
    /// A time: stored and piped in UTC, local with its offset in a table on a terminal.
    Time,
    /// Several texts: an array in JSON, separated by `;` elsewhere.
    List,
    /// Several records, each as a JSON object: only in JSON.
    Records,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Header, which is also its name for `-c`.
    pub name: String,
    /// Kind of its values.
    pub kind: ColumnKind,
    /// Part of its cells that a table leaves out where a terminal has no room.
    pub cut: Cut,
    /// True if the command line names the column: a table has it then even where it is empty.
    pub is_asked_for: bool,
}

impl Column {
    /// Creates a column `name` with values of `kind`. Text may be of any kind: see [`Column::whole`], [`Column::prose`]
    /// and [`Column::path`].
    #[must_use]
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        let cut = match kind {
            ColumnKind::Text => Cut::EndOfText,
            ColumnKind::List | ColumnKind::Records => Cut::Items,
            ColumnKind::Share { .. } => Cut::Bar,
            ColumnKind::Number | ColumnKind::Quantity | ColumnKind::Time => Cut::Nothing,
        };
        Self { name: name.into(), kind, cut, is_asked_for: false }
    }

    /// Creates a column of names, addresses, statuses or other words that are never cut.
    #[must_use]
    pub fn whole(name: impl Into<String>) -> Self {
        Self { cut: Cut::Nothing, ..Self::new(name, ColumnKind::Text) }
    }

    /// Creates a column of long texts, which are cut at their end.
    #[must_use]
    pub fn prose(name: impl Into<String>) -> Self {
        Self { cut: Cut::End, ..Self::new(name, ColumnKind::Text) }
    }

    /// Creates a column of paths, which are cut at their front.
    #[must_use]
    pub fn path(name: impl Into<String>) -> Self {
        Self { cut: Cut::Front, ..Self::new(name, ColumnKind::Text) }
    }
}

/// One cell, borrowed from its row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'row> {
    /// No value.
    Null,
    /// Text.
    Text(&'row str),
    /// A number as its exact decimal text.
    Number(&'row str),
    /// The number `N` of a ratio as its exact decimal text: a table shows `N:1`.
    Ratio(&'row str),
    /// A quantity as text (`16 GiB`) and its exact size in bytes.
    Quantity(&'row str, Decimal),
    /// A time as RFC 3339 text in UTC.
    Time(&'row str),
    /// Several texts.
    List(Items<'row>),
}

impl<'row> Cell<'row> {
    /// Returns the text as in a pipe; `None` for an empty cell or a list.
    #[must_use]
    pub const fn plain(self) -> Option<&'row str> {
        match self {
            Self::Null | Self::List(_) => None,
            Self::Text(text) | Self::Number(text) | Self::Ratio(text) | Self::Quantity(text, _) | Self::Time(text) => {
                Some(text)
            }
        }
    }

    /// Returns true for a cell without a value or with an empty text.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) | Self::Number(text) | Self::Ratio(text) | Self::Quantity(text, _) | Self::Time(text) => {
                text.is_empty()
            }
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
    /// Returns the texts in order.
    #[must_use]
    pub fn iter(self) -> impl ExactSizeIterator<Item = &'row str> {
        self.spans.iter().map(move |span| &self.text[span.clone()])
    }

    /// Returns true if there is no text.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.spans.is_empty()
    }
}

/// A cell in its row: range of its text, or of the spans of a list.
#[derive(Debug, Clone, Copy)]
struct Slot {
    kind: SlotKind,
    start: usize,
    end: usize,
}

#[derive(Debug, Clone, Copy)]
enum SlotKind {
    Null,
    Text,
    Number,
    Ratio,
    /// With the index of its size.
    Quantity(u32),
    Time,
    List,
}

/// Size of a quantity in bytes: computed on request.
#[derive(Debug, Clone, Copy)]
enum Size {
    Bytes(Decimal),
    /// Bytes in one unit, and the length of the amount at the beginning of the text.
    Each(u64, usize),
}

/// A row: its cells' text in one buffer. `clear` and fill again for the next row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    text: String,
    slots: Vec<Slot>,
    spans: Vec<Range<usize>>,
    sizes: Vec<Size>,
}

impl Row {
    /// Returns the approximate size of the cells in memory, in bytes.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.text.len() + self.slots.len() * size_of::<Slot>()
    }

    /// Removes all cells and keeps the buffers.
    pub fn clear(&mut self) {
        self.text.clear();
        self.slots.clear();
        self.spans.clear();
        self.sizes.clear();
    }

    /// Adds an empty cell.
    pub fn null(&mut self) {
        self.slots.push(Slot { kind: SlotKind::Null, start: 0, end: 0 });
    }

    /// Adds a text cell.
    pub fn text(&mut self, text: &str) {
        self.one(SlotKind::Text, text);
    }

    /// Adds text cells, empty ones for `None`.
    pub fn texts<'t>(&mut self, cells: impl IntoIterator<Item = Option<&'t str>>) {
        for cell in cells {
            match cell {
                Some(text) => self.text(text),
                None => self.null(),
            }
        }
    }

    /// Appends to the text of the last cell, which is a text cell.
    pub fn add(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(slot) = self.slots.last_mut() {
            slot.end = self.text.len();
        }
    }

    /// Adds a number, from its decimal text.
    pub fn number(&mut self, text: &str) {
        self.one(SlotKind::Number, text);
    }

    /// Adds a ratio, from the decimal text of its number.
    pub fn ratio(&mut self, text: &str) {
        self.one(SlotKind::Ratio, text);
    }

    /// Adds a whole number.
    pub fn integer(&mut self, number: i64) {
        self.number(&number.to_string());
    }

    /// Adds a quantity: its amount and unit's name as they are stored, and its size in bytes.
    pub fn quantity(&mut self, amount: &str, unit: &str, bytes: Decimal) {
        self.sized(&[amount, " ", unit], Size::Bytes(bytes));
    }

    /// Adds a quantity: its amount and unit's name as they are stored, and the bytes in one unit.
    pub fn stored_quantity(&mut self, amount: &str, unit: &str, bytes: u64) {
        self.sized(&[amount, " ", unit], Size::Each(bytes, amount.len()));
    }

    /// Adds a time, from its RFC 3339 text in UTC.
    pub fn time(&mut self, text: &str) {
        self.one(SlotKind::Time, text);
    }

    /// Adds a list of texts.
    pub fn list<'a>(&mut self, items: impl IntoIterator<Item = &'a str>) {
        let start = self.spans.len();
        for item in items {
            let from = self.text.len();
            self.text.push_str(item);
            self.spans.push(from..self.text.len());
        }
        self.slots.push(Slot { kind: SlotKind::List, start, end: self.spans.len() });
    }

    /// Adds the cell of another row at `index`.
    pub fn push(&mut self, other: &Self, index: usize) {
        let Some(slot) = other.slots.get(index) else { return self.null() };
        match slot.kind {
            SlotKind::List => {
                let Cell::List(items) = other.cell(index) else { return self.null() };
                self.list(items.iter());
            }
            SlotKind::Quantity(size) => {
                let size = other.sizes.get(size as usize).copied();
                self.sized(&[other.slot_text(*slot)], size.unwrap_or(Size::Bytes(Decimal::ZERO)));
            }
            kind => self.one(kind, other.slot_text(*slot)),
        }
    }

    /// Returns the number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Returns true for a row without cells.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Returns the cell at `index`; `Cell::Null` beyond the last one.
    #[must_use]
    pub fn cell(&self, index: usize) -> Cell<'_> {
        let Some(slot) = self.slots.get(index).copied() else { return Cell::Null };
        match slot.kind {
            SlotKind::Null => Cell::Null,
            SlotKind::Text => Cell::Text(self.slot_text(slot)),
            SlotKind::Number => Cell::Number(self.slot_text(slot)),
            SlotKind::Ratio => Cell::Ratio(self.slot_text(slot)),
            SlotKind::Time => Cell::Time(self.slot_text(slot)),
            SlotKind::List => {
                let spans = self.spans.get(slot.start..slot.end).unwrap_or_default();
                Cell::List(Items { text: &self.text, spans })
            }
            SlotKind::Quantity(size) => {
                let text = self.slot_text(slot);
                Cell::Quantity(
                    text,
                    match self.sizes.get(size as usize) {
                        Some(Size::Bytes(bytes)) => *bytes,
                        Some(Size::Each(bytes, amount)) => {
                            quantity::bytes(text.get(..*amount).unwrap_or_default(), *bytes)
                        }
                        None => Decimal::ZERO,
                    },
                )
            }
        }
    }

    /// Returns the exact text of the cell at `index`: empty for no value, a list joined by `;` in `scratch`.
    #[must_use]
    pub fn exact<'row>(&'row self, index: usize, scratch: &'row mut String) -> &'row str {
        match self.slots.get(index) {
            Some(Slot { kind: SlotKind::List, .. }) => self.exact_list(index, scratch),
            Some(slot) => self.slot_text(*slot),
            None => "",
        }
    }

    /// Returns the texts of a list cell, joined.
    #[cold]
    fn exact_list<'row>(&self, index: usize, scratch: &'row mut String) -> &'row str {
        scratch.clear();
        if let Cell::List(items) = self.cell(index) {
            push_list(scratch, items.iter());
        }
        scratch
    }

    /// Returns the text of a cell that is no list.
    fn slot_text(&self, slot: Slot) -> &str {
        self.text.get(slot.start..slot.end).unwrap_or_default()
    }

    fn one(&mut self, kind: SlotKind, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.slots.push(Slot { kind, start, end: self.text.len() });
    }

    fn sized(&mut self, parts: &[&str], size: Size) {
        let kind = SlotKind::Quantity(u32::try_from(self.sizes.len()).unwrap_or(u32::MAX));
        let start = self.text.len();
        self.text.extend(parts.iter().copied());
        self.slots.push(Slot { kind, start, end: self.text.len() });
        self.sizes.push(size);
    }
}
