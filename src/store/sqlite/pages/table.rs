//! The tree of a table: its rows by their ids (1.6).

use super::record::varint;
use super::{Bytes, DEEPEST, Local, Node, Page, Pages, Window, contradiction};
use crate::error::Result;

/// A place in a table: before a row, or behind the last one.
pub(in crate::store) struct TableCursor<'p> {
    pages: &'p Pages,
    root: u32,
    /// The inner pages that lead to the leaf, the root first: each with the child that was taken, and its cells.
    path: Vec<(Page, usize, usize)>,
    leaf: Option<Page>,
    cells: usize,
    at: usize,
    window: Window,
}

impl<'p> TableCursor<'p> {
    /// A cursor over the table whose tree begins at the page `root`.
    pub(in crate::store) fn new(pages: &'p Pages, root: u32) -> Self {
        Self { pages, root, path: Vec::new(), leaf: None, cells: 0, at: 0, window: Window::default() }
    }

    /// Goes to the row with that id, or where it would stand; tells whether it is there.
    pub(in crate::store) fn seek(&mut self, id: i64) -> Result<bool> {
        if !self.is_within(id)? {
            self.descend(id)?;
        }
        let (mut low, mut high) = (0, self.cells);
        while low < high {
            let middle = low.midpoint(high);
            if self.id_at(middle)? < id { low = middle + 1 } else { high = middle }
        }
        self.at = low;
        if self.at == self.cells {
            self.next_leaf()?;
        }
        Ok(self.id()? == Some(id))
    }

    /// Goes to the last row.
    pub(in crate::store) fn seek_last(&mut self) -> Result<()> {
        self.descend(i64::MAX)?;
        self.at = self.cells.saturating_sub(1);
        Ok(())
    }

    /// Goes on to the next row.
    pub(in crate::store) fn step(&mut self) -> Result<()> {
        self.at += 1;
        if self.at >= self.cells {
            self.next_leaf()?;
        }
        Ok(())
    }

    /// The id of the row that it stands before; nothing at the end.
    pub(in crate::store) fn id(&self) -> Result<Option<i64>> {
        if self.at < self.cells { self.id_at(self.at).map(Some) } else { Ok(None) }
    }

    /// The row that it stands before: its record.
    pub(in crate::store) fn record(&self) -> Result<Bytes> {
        let Some(leaf) = &self.leaf else { return Err(contradiction()) };
        let at = leaf.cell(Node::TableLeaf, self.at)?;
        let (length, at) = leaf.varint(at)?;
        let (_, at) = leaf.varint(at)?;
        self.pages.payload(leaf, at, length, Local::Table)
    }

    /// How many rows the leaf has from here on, and goes to the next leaf.
    pub(in crate::store) fn skip_leaf(&mut self) -> Result<usize> {
        let left = self.cells - self.at.min(self.cells);
        self.next_leaf()?;
        Ok(left)
    }

    /// Whether the leaf at hand is the one that would have the row with that id.
    fn is_within(&self, id: i64) -> Result<bool> {
        Ok(self.leaf.is_some() && self.cells > 0 && self.id_at(0)? <= id && id <= self.id_at(self.cells - 1)?)
    }

    fn id_at(&self, place: usize) -> Result<i64> {
        let Some(leaf) = &self.leaf else { return Err(contradiction()) };
        let (_, at) = leaf.varint(leaf.cell(Node::TableLeaf, place)?)?;
        Ok(leaf.varint(at)?.0.cast_signed())
    }

    /// Goes from the root to the leaf that would have the row with that id.
    fn descend(&mut self, id: i64) -> Result<()> {
        self.path.clear();
        self.leaf = None;
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
        (self.leaf, self.cells, self.at) = (Some(leaf), cells, 0);
        Ok(())
    }

    /// Goes to the first row of the next leaf; behind the last leaf, to the end.
    fn next_leaf(&mut self) -> Result<()> {
        let last = if self.cells > 0 { Some(self.id_at(self.cells - 1)?) } else { None };
        while let Some((page, child, cells)) = self.path.pop() {
            if child >= cells {
                continue;
            }
            let mut number = self.follow(page, Node::TableInner, child + 1, cells)?;
            self.leaf = None;
            loop {
                let page = self.window.page(self.pages, number)?;
                let (node, cells) = page.node()?;
                if node == Node::TableLeaf {
                    self.take(page, cells)?;
                    // Ids ascend from leaf to leaf: a tree that leads back to where it has been would have no end.
                    return if last < Some(self.id_at(0)?) { Ok(()) } else { Err(contradiction()) };
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
