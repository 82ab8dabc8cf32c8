//! The file as it lies on the disk: its pages, and in them the trees of tables and indexes, read without the engine.
//!
//! Before the engine answers its first question it reads the text of the whole schema, and then it hands each cell over
//! by itself; both cost more than most answers do. What is needed to read is little, and does not change: the format of
//! the file is documented, and promised to stay readable (<https://www.sqlite.org/fileformat2.html>, whose sections the
//! modules below name). The engine opens the file all the same, undoes what a crash left, and holds the lock of a reader
//! for as long as pages are read here: nobody can write to the file meanwhile.
//!
//! Whatever in a file is not as it must be is damage, and told as such. What is only unusual (another encoding, a table
//! that was altered by another program) is left to the engine: [`Pages::open`] and [`Pages::shape`] give nothing then.

mod index;
mod record;
mod shape;
mod table;

pub(in crate::store) use index::{IndexCursor, begins_with, id_of};
pub(in crate::store) use record::{Held, Span, locate};
pub(in crate::store) use shape::{Index, MadeObject, ObjectKind, Shape};
pub(in crate::store) use table::TableCursor;

use super::fault::{damaged, unread};
use super::open_file::OpenFile;
use crate::error::{Error, Result};
use record::{four, two, varint};
use shape::Objects;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// How long the header of the file is (1.3).
pub(in crate::store) const HEADER: usize = 100;
/// How many pairs of pages are kept that were read one by one: two megabytes at most.
const KEPT: usize = 256;
/// The same of a thread that reads parts of tables, in which few pages are come back to.
pub(super) const KEPT_BESIDE: usize = 32;
/// How much room a page takes beside its bytes: as much as the engine wants for one, which takes the room of those that
/// are given up when something is written.
const MARGIN: usize = 320;
/// How many pages are read at once where one follows another.
const AHEAD: usize = 16;
/// How deep a tree can be: with the smallest pages and the most records it is not half of that.
const DEEPEST: usize = 20;

/// The header of the file.
pub(in crate::store) struct Header<'h>(pub(in crate::store) &'h [u8]);

impl Header<'_> {
    fn number(&self, at: usize) -> Option<i64> {
        four(self.0, at).map(|number| i64::from(number.cast_signed()))
    }

    /// The application id: which program the file belongs to.
    pub(in crate::store) fn application(&self) -> Option<i64> {
        self.number(68)
    }

    /// The user version: of which schema version it is.
    pub(in crate::store) fn user_version(&self) -> Option<i64> {
        self.number(60)
    }

    /// Whether it is written by way of a second file, its log, in which what was written last may still be.
    pub(in crate::store) fn is_logged(&self) -> bool {
        self.0.get(18..20).is_some_and(|versions| versions.contains(&2))
    }

    fn page_size(&self) -> Option<usize> {
        let size = match two(self.0, 16)? {
            1 => 65536,
            size => size,
        };
        (size.is_power_of_two() && size >= 512).then_some(size)
    }

    /// The size of a page, and how much of it is used, of a file that can be read here: neither logged, nor in another
    /// encoding than UTF-8, nor of a later format.
    fn sizes(&self) -> Option<(usize, usize)> {
        let size = self.page_size()?;
        let usable = size - usize::from(*self.0.get(20)?);
        let known = self.0.get(18..20) == Some(&[1, 1]) && four(self.0, 44) <= Some(4) && four(self.0, 56) == Some(1);
        (known && usable >= 480).then_some((size, usable))
    }
}

/// A file that is open and locked, as several threads may read it.
pub(super) struct Layout {
    file: Arc<OpenFile>,
    size: usize,
    usable: usize,
    count: u32,
    objects: OnceLock<Option<Objects>>,
}

/// The pages of such a file, as one thread reads them.
pub(in crate::store) struct Pages {
    layout: Arc<Layout>,
    /// Pages that were read one by one: by their number, two in a place, the one that was asked for last before the other.
    kept: RefCell<Vec<[Option<Kept>; 2]>>,
}

/// A page that is kept.
struct Kept {
    number: u32,
    bytes: Rc<Vec<u8>>,
}

impl Pages {
    /// The pages of `file`; nothing where they cannot be read here.
    ///
    /// The file is to be locked against writers, by the engine, for as long as they are used.
    pub(super) fn open(file: Arc<OpenFile>) -> Result<Option<Self>> {
        let mut header = Vec::new();
        file.read(&mut header, HEADER, 0).map_err(|_| unread())?;
        let Some((size, usable)) = Header(&header).sizes() else { return Ok(None) };
        let length = file.length().map_err(|_| unread())?;
        let count = u32::try_from(length / size as u64).unwrap_or(u32::MAX);
        Ok(Some(Self::of(Arc::new(Layout { file, size, usable, count, objects: OnceLock::new() }), KEPT)))
    }

    /// The pages of a file that another thread may read, too: as many are kept.
    pub(super) fn of(layout: Arc<Layout>, kept: usize) -> Self {
        Self { layout, kept: RefCell::new((0..kept).map(|_| [None, None]).collect()) }
    }

    /// The file, for another thread.
    pub(super) fn layout(&self) -> Arc<Layout> {
        Arc::clone(&self.layout)
    }

    /// What statements made in the file; nothing where that cannot be read.
    fn objects(&self) -> Option<&Objects> {
        let read = || {
            let objects = Objects::read(self).ok();
            // Their pages are done with: what is read next takes the room.
            self.kept.borrow_mut().fill_with(|| [None, None]);
            objects
        };
        self.layout.objects.get_or_init(read).as_ref()
    }

    /// What statements made in the file: tables, indexes, views, triggers; nothing where that cannot be read.
    pub(super) fn made(&self) -> Option<impl Iterator<Item = MadeObject<'_>>> {
        self.objects().map(Objects::made)
    }

    /// How the table `name` is laid out; nothing where the engine has to be asked.
    pub(in crate::store) fn shape(&self, name: &str) -> Option<&Shape> {
        self.objects()?.shape(name)
    }

    /// The page at which the tree of the table `name` begins.
    pub(super) fn root(&self, name: &str) -> Option<u32> {
        self.objects()?.root(name)
    }

    /// The least and the greatest id of the rows of the table whose tree begins at `root`; nothing where it has none.
    pub(super) fn ends(&self, root: u32) -> Result<Option<(i64, i64)>> {
        let mut cursor = TableCursor::new(self, root);
        cursor.seek(i64::MIN)?;
        let first = cursor.id();
        cursor.seek_last()?;
        Ok(first.zip(cursor.id()))
    }

    /// The application id and the user version in the file's header.
    pub(super) fn identity(&self) -> Result<(i64, i64)> {
        let first = self.page(1)?;
        let header = Header(first.bytes());
        header.application().zip(header.user_version()).ok_or_else(contradiction)
    }

    /// One page.
    fn page(&self, number: u32) -> Result<Page> {
        let size = self.layout.size;
        let mut kept = self.kept.borrow_mut();
        let place = number as usize % kept.len().max(1);
        let Some([last, other]) = kept.get_mut(place) else { return Err(contradiction()) };
        let is_it = |kept: &Option<Kept>| kept.as_ref().is_some_and(|kept| kept.number == number);
        if !is_it(last) {
            std::mem::swap(last, other);
        }
        if let Some(kept) = last.as_ref().filter(|kept| kept.number == number) {
            return Ok(Page { number, bytes: Rc::clone(&kept.bytes), start: 0, size });
        }
        let mut bytes = Rc::new(Vec::with_capacity(size + MARGIN));
        self.read(number, 1, &mut bytes)?;
        *last = Some(Kept { number, bytes: Rc::clone(&bytes) });
        Ok(Page { number, bytes, start: 0, size })
    }

    /// Reads `count` pages from the page `first` on into `bytes`, fewer where the file ends; how many.
    fn read(&self, first: u32, count: usize, bytes: &mut Rc<Vec<u8>>) -> Result<usize> {
        let Layout { file, size, count: all, .. } = &*self.layout;
        if first == 0 || first > *all {
            return Err(contradiction());
        }
        let count = count.min((all - first) as usize + 1);
        if Rc::get_mut(bytes).is_none() {
            *bytes = Rc::default();
        }
        let Some(buffer) = Rc::get_mut(bytes) else { return Err(contradiction()) };
        file.read(buffer, count * size, u64::from(first - 1) * *size as u64).map_err(|_| unread())?;
        Ok(count)
    }

    /// Puts the payload of a cell into `bytes`, whose `length` bytes begin at `at` of `page`: as much as `local` tells lies
    /// there, and the rest in a chain of pages (1.6).
    #[inline]
    fn payload(&self, page: &Page, at: usize, length: u64, local: Local, bytes: &mut Bytes) -> Result<()> {
        let length = usize::try_from(length).map_err(|_| contradiction())?;
        let end = at + length;
        if length <= local.most(self.layout.usable) && end <= self.layout.size {
            bytes.point_to(&page.bytes, page.start + at..page.start + end);
            return Ok(());
        }
        *bytes = Bytes::Chain(self.chain(page, at, length, local)?);
        Ok(())
    }

    fn chain(&self, page: &Page, at: usize, length: usize, local: Local) -> Result<Vec<u8>> {
        let Layout { usable, count, .. } = *self.layout;
        let here = local.of(length, usable);
        if here == length || length as u64 > u64::from(count) * usable as u64 {
            return Err(contradiction());
        }
        let mut bytes = page.bytes().get(at..at + here).ok_or_else(contradiction)?.to_vec();
        let mut next = four(page.bytes(), at + here).ok_or_else(contradiction)?;
        while bytes.len() < length {
            let page = self.page(next)?;
            let part = (length - bytes.len()).min(usable - 4);
            bytes.extend_from_slice(page.bytes().get(4..4 + part).ok_or_else(contradiction)?);
            next = four(page.bytes(), 0).ok_or_else(contradiction)?;
        }
        Ok(bytes)
    }
}

/// Several pages that were read at once, and one of which follows another.
#[derive(Default)]
struct Window {
    bytes: Rc<Vec<u8>>,
    first: u32,
    count: usize,
}

impl Window {
    /// One page: where it follows those that were read last, with those behind it.
    fn page(&mut self, pages: &Pages, number: u32) -> Result<Page> {
        let end = u64::from(self.first) + self.count as u64;
        if number < self.first || u64::from(number) >= end {
            let follows = u64::from(number) == end && self.count > 0;
            let count = if follows { (self.count * 2).min(AHEAD) } else { 1 };
            if count == 1 {
                // A page by itself may be one that is come back to.
                let page = pages.page(number)?;
                (self.bytes, self.first, self.count) = (Rc::clone(&page.bytes), number, 1);
                return Ok(page);
            }
            self.count = pages.read(number, count, &mut self.bytes)?;
            self.first = number;
        }
        let size = pages.layout.size;
        Ok(Page { number, bytes: Rc::clone(&self.bytes), start: (number - self.first) as usize * size, size })
    }
}

/// How much of a payload lies in its cell.
#[derive(Clone, Copy)]
enum Local {
    Table,
    Index,
}

impl Local {
    /// How long a payload is at most that lies there as a whole (1.6).
    const fn most(self, usable: usize) -> usize {
        match self {
            Self::Table => usable - 35,
            Self::Index => (usable - 12) * 64 / 255 - 23,
        }
    }

    /// How many bytes of a payload of `length` lie there (1.6).
    const fn of(self, length: usize, usable: usize) -> usize {
        let most = self.most(usable);
        if length <= most {
            return length;
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let part = least + (length - least) % (usable - 4);
        if part <= most { part } else { least }
    }
}

/// A page.
#[derive(Clone)]
struct Page {
    number: u32,
    bytes: Rc<Vec<u8>>,
    /// Where it begins in the bytes, and its size.
    start: usize,
    size: usize,
}

impl Page {
    /// No page.
    fn none() -> Self {
        Self { number: 0, bytes: Rc::default(), start: 0, size: 0 }
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..self.start + self.size).unwrap_or_default()
    }

    /// Where the header of the tree's page begins: in the first one, behind that of the file.
    const fn head(&self) -> usize {
        if self.number == 1 { HEADER } else { 0 }
    }

    /// What the page is in its tree, and how many cells it has (1.6).
    fn node(&self) -> Result<(Node, usize)> {
        let head = self.head();
        let node = match self.bytes().get(head) {
            Some(2) => Node::IndexInner,
            Some(5) => Node::TableInner,
            Some(10) => Node::IndexLeaf,
            Some(13) => Node::TableLeaf,
            _ => return Err(contradiction()),
        };
        Ok((node, two(self.bytes(), head + 3).ok_or_else(contradiction)?))
    }

    /// Where the cell with that number begins.
    fn cell(&self, node: Node, place: usize) -> Result<usize> {
        two(self.bytes(), self.head() + node.head() + 2 * place).ok_or_else(contradiction)
    }

    /// The page that holds what comes before the cell with that number; behind the last one, what comes after it.
    fn child(&self, node: Node, place: usize, cells: usize) -> Result<u32> {
        let at = if place < cells { self.cell(node, place)? } else { self.head() + 8 };
        four(self.bytes(), at).ok_or_else(contradiction)
    }

    /// The number that stands at `at`, and where what follows it begins.
    fn varint(&self, at: usize) -> Result<(u64, usize)> {
        varint(self.bytes(), at).ok_or_else(contradiction)
    }
}

/// What a page is in its tree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    TableInner,
    TableLeaf,
    IndexInner,
    IndexLeaf,
}

impl Node {
    /// How long its header is.
    const fn head(self) -> usize {
        match self {
            Self::TableInner | Self::IndexInner => 12,
            Self::TableLeaf | Self::IndexLeaf => 8,
        }
    }
}

/// The bytes of one record.
#[derive(Debug, Clone)]
pub(in crate::store) enum Bytes {
    /// In a page.
    Page(Rc<Vec<u8>>, Range<usize>),
    /// Put together from a chain of pages.
    Chain(Vec<u8>),
}

impl Bytes {
    /// No bytes.
    pub(in crate::store) const NONE: Self = Self::Chain(Vec::new());

    #[inline]
    pub(in crate::store) fn get(&self) -> &[u8] {
        match self {
            Self::Page(bytes, range) => bytes.get(range.clone()).unwrap_or_default(),
            Self::Chain(bytes) => bytes,
        }
    }

    /// Makes it those bytes of a page: mostly of the same one as before.
    #[inline]
    fn point_to(&mut self, page: &Rc<Vec<u8>>, range: Range<usize>) {
        match self {
            Self::Page(bytes, old) if Rc::ptr_eq(bytes, page) => *old = range,
            other => *other = Self::Page(Rc::clone(page), range),
        }
    }
}

/// What is told of pages that cannot be what they are said to be.
pub(in crate::store) fn contradiction() -> Error {
    damaged("pages that contradict each other")
}
