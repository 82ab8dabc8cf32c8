//! In which order the rows of a file are handed out.
//!
//! An index that is alive takes each new record where its key belongs. Records that follow each other in it share a page,
//! which the processor still has at hand. As they come from a file, each is somewhere else: of the time that a hundred
//! thousand took beside a million, a third went into waiting for memory.

use super::{Cell, Held, Meaning, PORTION, Portion, Room};
use std::collections::{BTreeMap, HashMap};

/// How many rows are put in order together at most, and how many at first: nobody waits for all of the first, and those
/// that follow are read while they go into the inventory.
const SORTED: Room = Room { rows: 16 << 10, cells: 256 << 10, text: 4 << 20 };
const FIRST: usize = 1 << 10;

/// In which order rows are handed out, and how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// In that of their file, one by one.
    Single,
    /// In that of their file.
    File,
    /// Of those that are handed out together, in that of what holds their records and of their names.
    Key,
}

impl Order {
    /// How many rows are handed out together, if it were so many the last time.
    pub(super) fn room(self, last: usize) -> Room {
        match self {
            Self::Single => Room { rows: 1, ..PORTION },
            Self::File => PORTION,
            Self::Key => Room { rows: (2 * last).clamp(FIRST, SORTED.rows), ..SORTED },
        }
    }
}

impl Portion {
    /// Puts the rows in the order of their keys, as they stand in the file; those that share one stay in its order.
    pub(super) fn sort(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let holders: Vec<Option<(u32, &str)>> = rows.iter().map(|row| self.told_by_number(row)).collect();
        // A text that stands in many rows is compared once.
        let texts: BTreeMap<&str, u32> = holders.iter().flatten().map(|(number, text)| (*text, *number)).collect();
        let ranks: HashMap<u32, usize> = texts.values().enumerate().map(|(rank, number)| (*number, rank)).collect();
        let rank = |holder: Option<(u32, &str)>| holder.and_then(|(number, _)| ranks.get(&number).copied());
        let mut ranked: Vec<(Option<usize>, Held)> = holders.into_iter().map(rank).zip(rows).collect();
        ranked.sort_by(|(one, row), (other, other_row)| {
            one.cmp(other).then_with(|| self.texts_of_key(row).cmp(self.texts_of_key(other_row)))
        });
        self.rows = ranked.into_iter().map(|(_, row)| row).collect();
    }

    /// The first text of a row's key that is told by a number.
    fn told_by_number(&self, row: &Held) -> Option<(u32, &str)> {
        self.key(row).flatten().find_map(|cell| match cell.meaning {
            Meaning::Unknown(Some(number)) => Some((number, self.at(cell.place?))),
            _ => None,
        })
    }

    fn texts_of_key(&self, row: &Held) -> impl Iterator<Item = &str> {
        self.key(row).map(|cell| cell.and_then(|cell| cell.place).map(|span| self.at(span)).unwrap_or_default())
    }

    /// The cells that tell a row's record from others.
    fn key(&self, row: &Held) -> impl Iterator<Item = Option<&Cell>> {
        let cells = self.cells_of(row).unwrap_or_default();
        let columns = self.heads.get(row.head).map(|head| head.key.as_slice()).unwrap_or_default();
        columns.iter().map(|column| {
            // A row of a table has a cell in every column; one of JSON, in some.
            let stands_there = |cell: &&Cell| cell.column as usize == *column;
            cells.get(*column).filter(stands_there).or_else(|| cells.iter().find(stands_there))
        })
    }
}
