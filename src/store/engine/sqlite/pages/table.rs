//! The tree of a table: its rows by their ids (1.6).

use super::record::{two, varint};
use super::{Bytes, DEEPEST, HEADER, Local, Node, Page, Pages, Window, contradiction};
use crate::error::Result;

/// A place in a table: before a row, or behind the last one.
pub(in crate::store) struct TableCursor<'p> {
    pages: &'p Pages,
    root: u32,
    /// The inner pages that lead to the leaf, the root first: each with the child that was taken, and its cells.
    path: Vec<(Page, usize, usize)>,
    leaf: Page,
    cells: usize,
    at: usize,
    /// The row that it stands before; if it stands before none, nothing that means anything.
    row: Row,
    window: Window,
}

/// Where a row lies in its leaf.
#[derive(Clone, Copy, Default)]
struct Row {
    id: i64,
    /// The first byte of its record, and how many it has.
    start: usize,
    length: u64,
}

impl<'p> TableCursor<'p> {
    /// A cursor over the table whose tree begins at the page `root`.
    pub(in crate::store) fn new(pages: &'p Pages, root: u32) -> Self {
        let (leaf, row, window) = (Page::none(), Row::default(), Window::default());
        Self { pages, root, path: Vec::new(), leaf, cells: 0, at: 0, row, window }
    }

    /// Goes to the row with that id, or where it would stand; tells whether it is there.
    pub(in crate::store) fn seek(&mut self, id: i64) -> Result<bool> {
        if !self.is_within(id)? {
            self.descend(id)?;
        }
        let (mut low, mut high) = (0, self.cells);
        while low < high {
            let middle = low.midpoint(high);
            if self.row_at(middle)?.id < id { low = middle + 1 } else { high = middle }
        }
        self.go_to(low)?;
        Ok(self.id() == Some(id))
    }

    /// Goes to the last row.
    pub(in crate::store) fn seek_last(&mut self) -> Result<()> {
        self.descend(i64::MAX)?;
        self.go_to(self.cells.saturating_sub(1))
    }

    /// Goes on to the next row.
    #[inline]
    pub(in crate::store) fn step(&mut self) -> Result<()> {
        self.go_to(self.at + 1)
    }

    /// The id of the row that it stands before; nothing at the end.
    #[inline]
    pub(in crate::store) fn id(&self) -> Option<i64> {
        (self.at < self.cells).then_some(self.row.id)
    }

    /// Puts the record of the row that it stands before into `bytes`.
    #[inline]
    pub(in crate::store) fn record(&self, bytes: &mut Bytes) -> Result<()> {
        self.pages.payload(&self.leaf, self.row.start, self.row.length, Local::Table, bytes)
    }

    /// How many rows the leaf has from here on, and goes to the next leaf.
    pub(in crate::store) fn skip_leaf(&mut self) -> Result<usize> {
        let left = self.cells - self.at.min(self.cells);
        self.go_to(self.cells)?;
        Ok(left)
    }

    /// Goes to the row with that number in the leaf; behind its last one, to the first of the next leaf.
    #[inline]
    fn go_to(&mut self, place: usize) -> Result<()> {
        self.at = place;
        if place >= self.cells {
            return self.next_leaf();
        }
        self.row = self.row_at(place)?;
        Ok(())
    }

    /// Whether the leaf at hand is the one that would have the row with that id.
    fn is_within(&self, id: i64) -> Result<bool> {
        Ok(self.cells > 0 && self.row_at(0)?.id <= id && id <= self.row_at(self.cells - 1)?.id)
    }

    #[inline]
    fn row_at(&self, place: usize) -> Result<Row> {
        let page = self.leaf.bytes();
        let head = if self.leaf.number == 1 { HEADER } else { 0 };
        let row = two(page, head + 8 + 2 * place).and_then(|at| {
            let (length, at) = varint(page, at)?;
            let (id, start) = varint(page, at)?;
            Some(Row { id: id.cast_signed(), start, length })
        });
        row.ok_or_else(contradiction)
    }

    /// Goes from the root to the leaf that would have the row with that id.
    fn descend(&mut self, id: i64) -> Result<()> {
        self.path.clear();
        self.cells = 0;
        let mut number = self.root;
        loop {
            let page = self.pages.page(number)?;
            let (node, cells) = page.node()?;
            if node == Node::TableLeaf {
                return self.take(page, cells);
            }
            let child = lower_bound(&page, node, cells, id)?;
            number = self.follow(page, node, child, cells)?;
        }
    }

    /// Notes the child that was taken of an inner page, and returns its number.
    fn follow(&mut self, page: Page, node: Node, child: usize, cells: usize) -> Result<u32> {
        if node != Node::TableInner || self.path.len() >= DEEPEST {
            return Err(contradiction());
        }
        let number = page.child(node, child, cells)?;
        self.path.push((page, child, cells));
        Ok(number)
    }

    fn take(&mut self, leaf: Page, cells: usize) -> Result<()> {
        // Only the tree of an empty table has a leaf without rows.
        if cells == 0 && !self.path.is_empty() {
            return Err(contradiction());
        }
        (self.leaf, self.cells, self.at) = (leaf, cells, 0);
        Ok(())
    }

    /// Goes to the first row of the next leaf; behind the last leaf, to the end.
    fn next_leaf(&mut self) -> Result<()> {
        let last = if self.cells > 0 { Some(self.row_at(self.cells - 1)?.id) } else { None };
        while let Some((page, child, cells)) = self.path.pop() {
            if child >= cells {
                continue;
            }
            let mut number = self.follow(page, Node::TableInner, child + 1, cells)?;
            // The window's bytes are read into again where nobody has them.
            self.leaf = Page::none();
            self.cells = 0;
            loop {
                let page = self.window.page(self.pages, number)?;
                let (node, cells) = page.node()?;
                if node == Node::TableLeaf {
                    self.take(page, cells)?;
                    self.row = self.row_at(0)?;
                    // Ids ascend from leaf to leaf: a tree that leads back to where it has been would have no end.
                    return if last < Some(self.row.id) { Ok(()) } else { Err(contradiction()) };
                }
                number = self.follow(page, node, 0, cells)?;
            }
        }
        // Behind the last row.
        self.at = self.cells;
        Ok(())
    }
}

/// The first child of an inner page that can have the row with that id.
fn lower_bound(page: &Page, node: Node, cells: usize, id: i64) -> Result<usize> {
    if node != Node::TableInner {
        return Err(contradiction());
    }
    let (mut low, mut high) = (0, cells);
    while low < high {
        let middle = low.midpoint(high);
        let (key, _) = varint(page.bytes(), page.cell(node, middle)? + 4).ok_or_else(contradiction)?;
        if key.cast_signed() < id { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}
