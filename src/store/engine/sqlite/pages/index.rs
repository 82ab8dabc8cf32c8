//! The tree of an index: what its rows are sorted by, and their ids (1.6).

use super::record::{self, Held};
use super::{Bytes, DEEPEST, Local, Node, Page, Pages, Window, contradiction};
use crate::error::Result;
use std::cmp::Ordering;

/// A place in an index: before an entry, or behind the last one.
pub(in crate::store) struct IndexCursor<'p> {
    pages: &'p Pages,
    root: u32,
    /// The pages from the root to where the cursor stands: each with its node, its cells, and the cell that comes next
    /// once all below the page are done.
    path: Vec<(Page, Node, usize, usize)>,
    window: Window,
    leaves: u32,
}

impl<'p> IndexCursor<'p> {
    /// A cursor over the index whose tree begins at the page `root`.
    pub(in crate::store) fn new(pages: &'p Pages, root: u32) -> Self {
        Self { pages, root, path: Vec::new(), window: Window::default(), leaves: 0 }
    }

    /// Goes before the first entry that begins with `wanted`, or with what comes after that.
    pub(in crate::store) fn seek(&mut self, wanted: &[Held<'_>]) -> Result<()> {
        self.path.clear();
        self.leaves = 0;
        let mut number = self.root;
        loop {
            let page = self.pages.page(number)?;
            let (node, cells) = page.node()?;
            let (mut low, mut high) = (0, cells);
            while low < high {
                let middle = low.midpoint(high);
                let entry = self.entry(&page, node, middle)?;
                let order = record::compare(entry.get(), wanted).ok_or_else(contradiction)?;
                if order == Ordering::Less { low = middle + 1 } else { high = middle }
            }
            match self.enter(page, node, cells, low)? {
                Some(child) => number = child,
                None => return Ok(()),
            }
        }
    }

    /// The entry that it stands before, and goes on to the next; nothing at the end.
    pub(in crate::store) fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            let Some((page, node, cells, at)) = self.path.last_mut() else { return Ok(None) };
            if *at >= *cells {
                self.path.pop();
                continue;
            }
            let (page, node, place, cells) = (page.clone(), *node, *at, *cells);
            *at += 1;
            if node == Node::IndexInner {
                // Behind this entry comes what is below the next child.
                let child = page.child(node, place + 1, cells)?;
                self.first_below(child)?;
            }
            return self.entry(&page, node, place).map(Some);
        }
    }

    /// Goes before the first entry below the page with that number.
    fn first_below(&mut self, mut number: u32) -> Result<()> {
        loop {
            let page = self.window.page(self.pages, number)?;
            let (node, cells) = page.node()?;
            match self.enter(page, node, cells, 0)? {
                Some(child) => number = child,
                None => return Ok(()),
            }
        }
    }

    /// Notes a page that leads to where the cursor goes, and which of its cells comes next; the child below which what
    /// comes before that cell is, if the page has children.
    fn enter(&mut self, page: Page, node: Node, cells: usize, next: usize) -> Result<Option<u32>> {
        let child = match node {
            Node::IndexInner => Some(page.child(node, next, cells)?),
            Node::IndexLeaf => None,
            Node::TableInner | Node::TableLeaf => return Err(contradiction()),
        };
        self.leaves += u32::from(child.is_none());
        // A tree that leads back to where it has been would have no end.
        if self.path.len() >= DEEPEST || self.leaves > self.pages.layout.count {
            return Err(contradiction());
        }
        self.path.push((page, node, cells, next));
        Ok(child)
    }

    fn entry(&self, page: &Page, node: Node, place: usize) -> Result<Bytes> {
        let at = page.cell(node, place)? + if node == Node::IndexInner { 4 } else { 0 };
        let (length, at) = page.varint(at)?;
        let mut bytes = Bytes::NONE;
        self.pages.payload(page, at, length, Local::Index, &mut bytes)?;
        Ok(bytes)
    }
}

/// The id of the row that an entry is of.
pub(in crate::store) fn id_of(entry: &[u8]) -> Result<i64> {
    record::last_integer(entry).ok_or_else(contradiction)
}

/// Whether an entry begins with `wanted`.
pub(in crate::store) fn begins_with(entry: &[u8], wanted: &[Held<'_>]) -> Result<bool> {
    Ok(record::compare(entry, wanted).ok_or_else(contradiction)? == Ordering::Equal)
}
