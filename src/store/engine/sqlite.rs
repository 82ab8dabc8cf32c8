//! The engine under the store: `SQLite`, through `rusqlite`, which is named nowhere else.
//!
//! What the floors above may say is what a second engine could be asked too: `execute`, `insert`, `rows`, each with `$1`
//! placeholders in order of first use. Pragmas, locking and the header of the file stay in here.

mod bulk;
mod copy;
mod fault;
mod guard;
mod kept;
mod open_file;
mod pages;
mod walk;

pub(in crate::store) use bulk::{ASIDE, INSERT_MANY, Index, Prepared};
pub(in crate::store) use guard::Guard;
pub(in crate::store) use kept::KeptRows;
pub(in crate::store) use pages::{HEADER, Header, MadeObject, ObjectKind};

use crate::error::{Error, Result};
use crate::interrupt;
use crate::store::engine::waiting::{Patience, Waiter};
use crate::store::reading::selection::{Selection, Table};
use fault::{code, damaged, explained, failure};
use kept::KeptRow;
use open_file::OpenFile;
use pages::{Held, KEPT_BESIDE, Layout, Pages};
use rusqlite::config::DbConfig;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, ToSql, ffi};
use std::cell::{Cell, OnceCell, RefCell};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use walk::{Walk, Walked};

/// `INVT`: what `PRAGMA application_id` of every inventory says.
pub(in crate::store) const APPLICATION_ID: i64 = 0x494E_5654;
/// How much of the file a command that writes keeps in memory, in KiB.
const CACHE_KIB: i64 = 64 * 1024;
/// The same of one that reads: what is read once need not be kept, and fits the processor's cache the better.
const READ_CACHE_KIB: i64 = 4 * 1024;
/// How many prepared statements are kept.
const STATEMENTS: usize = 256;
/// How many steps of its machine the engine does before it looks whether a change is to end: some milliseconds of work.
const STEPS: i32 = 100_000;
/// How often a reader undoes what writers left half done before it gives up: each of them would have been killed just now.
const RECOVERIES: u32 = 3;

/// A value to bind to a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Bind<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
}

impl ToSql for Bind<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// A selection on its way to its answer: it is put into words, or made ready for the pages of the file, once.
#[derive(Debug)]
pub(in crate::store) struct Statement {
    selection: Selection,
    sql: OnceCell<String>,
    walk: OnceCell<Option<Walk>>,
}

impl Statement {
    pub(in crate::store) const fn new(selection: Selection) -> Self {
        Self { selection, sql: OnceCell::new(), walk: OnceCell::new() }
    }
}

/// A row of an answer.
pub(in crate::store) struct Raw<'row>(Source<'row>);

/// Where a row is from.
enum Source<'row> {
    Engine(&'row rusqlite::Row<'row>),
    Pages(&'row Walked<'row>),
    Kept(KeptRow<'row>),
}

impl<'row> From<&'row rusqlite::Row<'row>> for Raw<'row> {
    fn from(row: &'row rusqlite::Row<'row>) -> Self {
        Self(Source::Engine(row))
    }
}

impl Raw<'_> {
    /// What a column holds.
    #[inline]
    fn held(&self, index: usize) -> Result<Held<'_>> {
        match self.0 {
            Source::Pages(walked) => Ok(walked.get(index)),
            Source::Kept(row) => Ok(row.get(index)),
            Source::Engine(row) => told(row, index),
        }
    }

    /// The text of a column; nothing where it is empty.
    #[inline]
    pub(in crate::store) fn text(&self, index: usize) -> Result<Option<&str>> {
        self.bytes(index)?.map(utf8).transpose()
    }

    /// The text of a column as bytes that nobody has looked at yet; nothing where it is empty.
    pub(in crate::store) fn bytes(&self, index: usize) -> Result<Option<&[u8]>> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Text(bytes) => Ok(Some(bytes)),
            Held::Integer(_) | Held::Other => Err(damaged("a value of the wrong type")),
        }
    }

    /// Whether a column is empty.
    pub(in crate::store) fn is_null(&self, index: usize) -> Result<bool> {
        Ok(self.held(index)? == Held::Null)
    }

    /// The number in a column; nothing where it is empty.
    pub(in crate::store) fn integer(&self, index: usize) -> Result<Option<i64>> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Integer(number) => Ok(Some(number)),
            Held::Text(_) | Held::Other => Err(damaged("a value of the wrong type")),
        }
    }

    /// The id in a column that is never empty.
    pub(in crate::store) fn id(&self, index: usize) -> Result<i64> {
        self.integer(index)?.ok_or_else(|| damaged("a record without an id"))
    }
}

/// What the engine tells of a column of its row. Apart, for what the pages tell is short, and told of each cell of a table.
#[inline(never)]
fn told<'row>(row: &'row rusqlite::Row<'row>, index: usize) -> Result<Held<'row>> {
    Ok(match row.get_ref(index).map_err(|error| explained(&error))? {
        ValueRef::Null => Held::Null,
        ValueRef::Integer(number) => Held::Integer(number),
        ValueRef::Text(bytes) => Held::Text(bytes),
        ValueRef::Real(_) | ValueRef::Blob(_) => Held::Other,
    })
}

/// Why a statement did not go through.
#[derive(Debug)]
pub(in crate::store) enum Failure {
    /// A unique key is taken.
    Taken,
    /// A foreign key leads nowhere, or the record is still referred to.
    Dangling,
    /// Another constraint, by its name.
    Refused(String),
    /// The engine or the file.
    Engine(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

/// How the file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Access {
    Read,
    Write,
    Create,
    /// To look at what the file would hold: nothing that is written ever reaches it.
    Scratch,
    /// A copy that nobody else knows of yet: what is written is made to last by who makes the copy.
    Copy,
}

/// A connection to one inventory file.
pub(in crate::store) struct Connection {
    /// Closed before the file: closing that one would let go of the engine's locks.
    engine: Option<rusqlite::Connection>,
    /// Whether the engine keeps as little of the file as who reads once needs.
    tuned: Cell<bool>,
    /// The pages of the file, while it is locked and holds all that was written.
    pages: RefCell<Option<Rc<Pages>>>,
    file: Option<Arc<OpenFile>>,
    only_reads: bool,
}

/// What another thread needs for a connection of its own to the moment that one reads.
pub(in crate::store) struct Beside(Arc<Layout>);

impl Beside {
    /// The connection of this thread. It answers selections, and no SQL.
    pub(in crate::store) fn connection(self) -> Connection {
        let pages = RefCell::new(Some(Rc::new(Pages::of(self.0, KEPT_BESIDE))));
        Connection { engine: None, tuned: Cell::new(true), pages, file: None, only_reads: true }
    }
}

impl Connection {
    /// Opens the file; what is in it is not touched.
    pub(in crate::store) fn open(path: &Path, access: Access, patience: Patience) -> Result<Self> {
        Self::opened(path, access, patience).map_err(|e| explained(&e))
    }

    fn opened(path: &Path, access: Access, patience: Patience) -> rusqlite::Result<Self> {
        // Where it cannot be opened, the engine says why.
        let file = OpenFile::open(path).ok().map(Arc::new);
        let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX
            | match access {
                Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
                Access::Write | Access::Scratch | Access::Copy => OpenFlags::SQLITE_OPEN_READ_WRITE,
                Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            };
        let mut engine = rusqlite::Connection::open_with_flags(path, flags)?;
        configure(&mut engine, access, Waiter::new(path, patience))?;
        // What the engine has opened is the very file if that still is what the path names.
        let file = file.filter(|file| file.is_at(path));
        let only_reads = access == Access::Read;
        Ok(Self { engine: Some(engine), tuned: Cell::new(!only_reads), pages: RefCell::default(), file, only_reads })
    }

    /// Opens the file and begins to read one moment of it.
    ///
    /// After a crash, the engine first undoes what was begun, which reading alone cannot.
    pub(in crate::store) fn read(path: &Path, patience: Patience) -> Result<Self> {
        let begun = || {
            let connection = Self::opened(path, Access::Read, patience)?;
            // The first look takes the lock, and finds what was left.
            if let Some(engine) = &connection.engine {
                engine.execute_batch("BEGIN DEFERRED; PRAGMA user_version;")?;
            }
            Ok(connection)
        };
        let mut recoveries = 0;
        loop {
            match begun() {
                Err(error) if recoveries < RECOVERIES && is_left_half_done(&error) => {
                    recoveries += 1;
                    Self::open(path, Access::Write, patience)?.identity()?;
                }
                Err(error) => return Err(explained(&error)),
                Ok(connection) => {
                    connection.read_pages();
                    return Ok(connection);
                }
            }
        }
    }

    /// From here on the pages of the file are read here where they can be: the file is locked, and nothing has been written
    /// yet. What is wrong with them is left to the engine to tell.
    fn read_pages(&self) {
        let pages = self.file.as_ref().and_then(|file| Pages::open(Arc::clone(file)).ok().flatten());
        self.pages.replace(pages.map(Rc::new));
    }

    /// The pages of the file.
    fn pages(&self) -> Option<Rc<Pages>> {
        self.pages.borrow().clone()
    }

    /// The engine, to be told something that may not be in the file when it is next asked.
    fn writing(&self) -> Result<&rusqlite::Connection> {
        self.pages.replace(None);
        self.engine()
    }

    /// The engine.
    fn engine(&self) -> Result<&rusqlite::Connection> {
        let engine = self.engine.as_ref().ok_or_else(closed)?;
        // Who reads keeps little of the file. The engine need not know before it is asked its first question: for that
        // it reads the whole schema.
        if !self.tuned.replace(true) {
            let tuned = engine.execute_batch(&format!("PRAGMA cache_size = -{READ_CACHE_KIB};"));
            tuned.map_err(|error| explained(&error))?;
        }
        Ok(engine)
    }

    /// The same, to set what it is to do.
    fn engine_mut(&mut self) -> Result<&mut rusqlite::Connection> {
        self.engine()?;
        self.engine.as_mut().ok_or_else(closed)
    }

    /// The application id and the schema version that the file's header holds.
    pub(in crate::store) fn identity(&self) -> Result<(bool, i64)> {
        let (application, version) = if let Some(pages) = self.pages() {
            pages.identity()?
        } else {
            let engine = self.engine()?;
            let number = |sql| engine.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|e| explained(&e));
            (number("PRAGMA application_id")?, number("PRAGMA user_version")?)
        };
        Ok((application == APPLICATION_ID, version))
    }

    /// Writes the identity of an inventory of schema version `version` into the file's header.
    pub(in crate::store) fn identify(&self, version: i64) -> Result<()> {
        self.batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version};"))
    }

    /// Runs the statements that make a schema, or another one of it. Unlike all others they may write its texts.
    pub(in crate::store) fn alter(&self, sql: &str) -> Result<()> {
        let engine = self.writing()?;
        let defend = |whether| engine.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, whether);
        let altered = defend(false).and_then(|_| engine.execute_batch(sql));
        altered.and(defend(true).map(drop)).map_err(|error| explained(&error))
    }

    /// Runs statements that take no values.
    pub(in crate::store) fn batch(&self, sql: &str) -> Result<()> {
        self.writing()?.execute_batch(sql).map_err(|error| explained(&error))
    }

    /// What another thread needs to read the same moment; nothing where only this one can: what is not committed, nobody
    /// else sees.
    pub(in crate::store) fn beside(&self) -> Option<Beside> {
        self.pages().filter(|_| self.only_reads).map(|pages| Beside(pages.layout()))
    }

    /// Whether the tables `names` can be read without the engine.
    pub(in crate::store) fn reads<'t>(&self, mut names: impl Iterator<Item = &'t str>) -> bool {
        self.pages().is_some_and(|pages| names.all(|name| pages.shape(name).is_some()))
    }

    /// Hands each row of a selection to `each` until it breaks.
    pub(in crate::store) fn select(
        &self,
        statement: &Statement,
        values: &[Bind<'_>],
        mut each: impl FnMut(&Raw<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let Statement { selection, sql, walk } = statement;
        if let Some(pages) = self.pages()
            && let Some(walk) = walk.get_or_init(|| Walk::new(&pages, selection))
        {
            return walk.run(&pages, selection, values, |walked| each(&Raw(Source::Pages(walked))));
        }
        self.rows(sql.get_or_init(|| selection.sql()), values, each)
    }

    /// Whether a selection is answered without the engine.
    pub(in crate::store) fn answers_from_pages(&self, statement: &Statement) -> bool {
        let Statement { selection, walk, .. } = statement;
        self.pages().is_some_and(|pages| walk.get_or_init(|| Walk::new(&pages, selection)).is_some())
    }

    /// The first row of a selection, read by `read`.
    pub(in crate::store) fn select_first<T>(
        &self,
        statement: &Statement,
        values: &[Bind<'_>],
        mut read: impl FnMut(&Raw<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.select(statement, values, |row| {
            found = Some(read(row)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// Hands what statements made in the file to `each`.
    pub(in crate::store) fn each_made(&self, mut each: impl FnMut(MadeObject<'_>) -> Result<()>) -> Result<()> {
        if let Some(pages) = self.pages()
            && let Some(mut made) = pages.made()
        {
            return made.try_for_each(each);
        }
        self.rows("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL", &[], |row| {
            let bytes = |index| Ok(row.bytes(index)?.unwrap_or_default());
            each(MadeObject { kind: ObjectKind::called(bytes(0)?), name: bytes(1)?, sql: bytes(2)? })?;
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Whether a table has any row.
    pub(in crate::store) fn has_any(&self, table: Table) -> Result<bool> {
        Ok(self.ends(table)?.is_some())
    }

    /// The least and the greatest id of the rows of a table; nothing where it has none.
    pub(in crate::store) fn ends(&self, table: Table) -> Result<Option<(i64, i64)>> {
        let Table { name, id } = table;
        if let Some(pages) = self.pages()
            && let Some(root) = pages.root(name)
        {
            return pages.ends(root);
        }
        let sql = format!("SELECT (SELECT min({id}) FROM {name}), (SELECT max({id}) FROM {name})");
        Ok(self.first(&sql, &[], |row| Ok(row.integer(0)?.zip(row.integer(1)?)))?.flatten())
    }

    /// Begins a transaction that may write: no other command can until it ends.
    pub(in crate::store) fn begin_write(&self) -> Result<()> {
        self.batch("BEGIN IMMEDIATE")?;
        self.read_pages();
        Ok(())
    }

    /// In this transaction, references may lead nowhere on the way: they are tested when it ends.
    pub(in crate::store) fn defer_references(&self) -> Result<()> {
        self.batch("PRAGMA defer_foreign_keys = ON")
    }

    /// Makes what the transaction wrote last.
    pub(in crate::store) fn commit(&self) -> Result<()> {
        self.batch("COMMIT")
    }

    /// Ends the transaction and forgets what it wrote, if one is open.
    pub(in crate::store) fn roll_back(&self) {
        if let Some(engine) = self.engine.as_ref().filter(|_| !self.is_at_rest()) {
            self.pages.replace(None);
            // A rollback that fails leaves the journal, and the next command that opens the file carries it out.
            let _ = engine.execute_batch("ROLLBACK");
        }
    }

    /// Whether no transaction is open.
    pub(in crate::store) fn is_at_rest(&self) -> bool {
        self.engine.as_ref().is_none_or(rusqlite::Connection::is_autocommit)
    }

    /// Runs one statement and tells how many rows it touched.
    pub(in crate::store) fn execute(&self, sql: &str, values: &[Bind<'_>]) -> Result<usize, Failure> {
        let mut statement = self.writing()?.prepare_cached(sql).map_err(|e| failure(&e))?;
        statement.execute(rusqlite::params_from_iter(values)).map_err(|e| failure(&e))
    }

    /// Runs one `INSERT` of one row and returns the id that it was given.
    ///
    /// `RETURNING` would cost a table of its own each time, in which the engine keeps what is returned.
    pub(in crate::store) fn insert(&self, sql: &str, values: &[Bind<'_>]) -> Result<i64, Failure> {
        let mut statement = self.writing()?.prepare_cached(sql).map_err(|e| failure(&e))?;
        statement.insert(rusqlite::params_from_iter(values)).map_err(|e| failure(&e))
    }

    /// Runs one query and hands each row to `each` until it breaks.
    pub(in crate::store) fn rows(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        mut each: impl FnMut(&Raw<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut statement = self.engine()?.prepare_cached(sql).map_err(|e| explained(&e))?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(|e| explained(&e))?;
        while let Some(row) = rows.next().map_err(|e| explained(&e))? {
            if each(&row.into())?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Runs queries side by side; each comes with the column that holds the id it is ordered by.
    pub(in crate::store) fn side_by_side<T>(
        &self,
        queries: &[(String, usize)],
        read: impl FnOnce(Vec<Cursor<'_>>) -> Result<T>,
    ) -> Result<T> {
        let engine = self.engine()?;
        let statements = queries.iter().map(|(sql, _)| engine.prepare_cached(sql));
        let mut statements = statements.collect::<rusqlite::Result<Vec<_>>>().map_err(|e| explained(&e))?;
        let mut cursors = Vec::with_capacity(queries.len());
        for (statement, (_, column)) in statements.iter_mut().zip(queries) {
            let rows = statement.query([]).map_err(|e| explained(&e))?;
            let mut cursor = Cursor { rows, column: *column, id: None };
            cursor.step()?;
            cursors.push(cursor);
        }
        read(cursors)
    }

    /// Has the engine look the whole file over; `ok`, or a fault a row.
    pub(in crate::store) fn integrity(&self, each: impl FnMut(&Raw<'_>) -> Result<ControlFlow<()>>) -> Result<()> {
        self.rows("PRAGMA integrity_check(1000000)", &[], each)
    }

    /// Has the engine look every reference up: the table, the id and the column of each that leads nowhere.
    pub(in crate::store) fn dangling(&self, each: impl FnMut(&Raw<'_>) -> Result<ControlFlow<()>>) -> Result<()> {
        let sql = "SELECT c.\"table\", c.rowid, l.\"from\" FROM pragma_foreign_key_check AS c \
                   JOIN pragma_foreign_key_list(c.\"table\") AS l ON l.id = c.fkid ORDER BY 1, 2, 3";
        self.rows(sql, &[], each)
    }

    /// The first row of a query, read by `read`.
    pub(in crate::store) fn first<T>(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        mut read: impl FnMut(&Raw<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.rows(sql, values, |row| {
            found = Some(read(row)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }
}

/// The rows of a query in the order of an id that one of their columns holds, read side by side with other rows that
/// come in the order of that id.
pub(in crate::store) struct Cursor<'s> {
    rows: rusqlite::Rows<'s>,
    column: usize,
    id: Option<i64>,
}

impl Cursor<'_> {
    /// Goes on to the next row.
    pub(in crate::store) fn step(&mut self) -> Result<()> {
        self.rows.advance().map_err(|e| explained(&e))?;
        self.id = match self.rows.get() {
            Some(row) => Some(Raw::from(row).id(self.column)?),
            None => None,
        };
        Ok(())
    }

    /// The row it stands on, if that is one of `id`; rows of lower ids are passed over first.
    pub(in crate::store) fn row_of(&mut self, id: i64) -> Result<Option<Raw<'_>>> {
        while self.id.is_some_and(|at| at < id) {
            self.step()?;
        }
        Ok(if self.id == Some(id) { self.rows.get().map(Raw::from) } else { None })
    }
}

/// What is told where a thread that reads pages alone is asked for more.
fn closed() -> Error {
    Error::inventory("the inventory cannot be asked in SQL from here").help("report this: it is a fault of inv")
}

/// Whether the engine met a change that a crash left half done, in a file that it opened for reading only.
fn is_left_half_done(error: &rusqlite::Error) -> bool {
    code(error).is_some_and(|(code, _)| code.extended_code == ffi::SQLITE_READONLY_ROLLBACK)
}

fn configure(connection: &mut rusqlite::Connection, access: Access, mut waiter: Waiter) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    for off in
        [DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, DbConfig::SQLITE_DBCONFIG_DQS_DML, DbConfig::SQLITE_DBCONFIG_DQS_DDL]
    {
        connection.set_db_config(off, false)?;
    }
    connection.busy_handler(Some(move |tries| waiter.goes_on(tries)))?;
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;")?;
    if access != Access::Read {
        connection.execute_batch(&format!("PRAGMA cache_size = -{CACHE_KIB};"))?;
    }
    connection.execute_batch(match access {
        Access::Read => "PRAGMA query_only = ON;",
        Access::Write | Access::Create => {
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;"
        }
        // Neither the file nor a journal beside it is touched: what is written stays in memory, and is rolled back.
        Access::Scratch => "PRAGMA foreign_keys = OFF; PRAGMA cache_spill = OFF; PRAGMA journal_mode = MEMORY;",
        Access::Copy => {
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON; \
             PRAGMA journal_mode = MEMORY;"
        }
    })?;
    if access != Access::Read {
        connection.progress_handler(STEPS, Some(|| interrupt::check().is_err()))?;
    }
    Ok(())
}

/// The text that `bytes` are.
pub(in crate::store) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| damaged("text that is not UTF-8"))
}
