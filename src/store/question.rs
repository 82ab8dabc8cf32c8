//! SQL queries of an operator, limited to the tables and views of the catalog.
//!
//! A thread of its own runs the statement, so that its time ends even inside one function of the engine, which may
//! compute for hours. A statement that is not done within half a second begins again on a copy of the file, so that it
//! does not keep writers waiting.

use super::schema::views;
use super::{Store, history};
use crate::catalog::{Catalog, Kind};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::output::pager;
use crate::output::row::{Column, Row};
use crate::store::engine::waiting::Patience;
use crate::store::engine::{Connection, Each, Guard};
use crate::value::role::Role;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Time that a statement may read under the lock on the inventory.
const LOCKED: Duration = Duration::from_millis(500);
/// Size of the rows that are kept in memory meanwhile, in bytes.
const MOST_KEPT: usize = 16 << 20;
/// Size from which rows are passed on, in bytes.
const BLOCK: usize = 64 << 10;

/// A query in SQL.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// One statement.
    pub sql: &'a str,
    /// Values for its parameters, by their names.
    pub parameters: Vec<(&'a str, &'a str)>,
    /// Time limit.
    pub time: Duration,
}

/// Consecutive rows of an answer.
struct RowBlock {
    columns: Arc<[Column]>,
    rows: Vec<Row>,
    /// Size of the rows in bytes.
    size: usize,
    is_last: bool,
}

impl RowBlock {
    fn new(columns: &Arc<[Column]>) -> Self {
        Self { columns: Arc::clone(columns), rows: Vec::new(), size: 0, is_last: false }
    }
}

/// A statement that runs in its own thread. If it is dropped, nobody waits for the thread.
struct Asking {
    blocks: Receiver<Result<RowBlock>>,
    stopped: Arc<AtomicBool>,
}

impl Store<'_> {
    /// Runs `question` and calls `answer` with its columns and a function that iterates over its rows. The engine
    /// denies every write. A signal ends the process at once.
    ///
    /// # Errors
    /// The SQL is wrong, denied or takes too long; errors of `answer`; the file cannot be read or is damaged, or there
    /// is no room for a copy of it.
    pub fn ask<T>(
        &self,
        question: &Question<'_>,
        answer: impl FnOnce(&[Column], &mut dyn FnMut(&mut Each<'_>) -> Result<()>) -> Result<T>,
    ) -> Result<T> {
        let connection = self.open_to_read()?;
        self.admit(&connection, Role::Viewer)?;
        let _signals = interrupt::end_at_once(pager::is_running);
        let lease = connection.lease();
        let guard = guard(self.catalog, question.time);
        let locked_until = guard.deadline.min(Instant::now() + LOCKED);
        let asking = Asking::start(connection, guard.clone(), question)?;
        let (mut blocks, mut size) = (Vec::new(), 0);
        while size <= MOST_KEPT
            && let Some(block) = asking.next(locked_until)?
        {
            size += block.size;
            let is_last = block.is_last;
            blocks.push(Ok(block));
            if is_last {
                return answered(blocks.into_iter(), answer);
            }
        }
        if Instant::now() >= guard.deadline {
            return Err(guard.overdue());
        }
        drop(blocks);
        let copy = lease.exchange_for_copy(&guard)?;
        drop(asking);
        let connection = Connection::read(copy.path(), Patience::default())?;
        // The connection has the file open; without its name nothing is left of it, however the process ends.
        drop(copy);
        let asking = Asking::start(connection, guard.clone(), question)?;
        let next = || asking.next(guard.deadline).and_then(|block| block.ok_or_else(|| guard.overdue()));
        answered(std::iter::repeat_with(next), answer)
    }
}

/// Calls `answer` with the rows of `blocks`, which end with a last one or an error.
fn answered<T>(
    mut blocks: impl Iterator<Item = Result<RowBlock>>,
    answer: impl FnOnce(&[Column], &mut dyn FnMut(&mut Each<'_>) -> Result<()>) -> Result<T>,
) -> Result<T> {
    let mut next = || blocks.next().unwrap_or_else(|| Err(broken_off()));
    let mut block = next()?;
    let columns = Arc::clone(&block.columns);
    answer(&columns, &mut |each| {
        loop {
            block.rows.iter().try_for_each(&mut *each)?;
            if block.is_last {
                return Ok(());
            }
            block = next()?;
        }
    })
}

impl Asking {
    /// Starts to run `question` on `connection`.
    fn start(connection: Connection, guard: Guard, question: &Question<'_>) -> Result<Self> {
        let (sender, blocks) = sync_channel(1);
        let stopped = Arc::new(AtomicBool::new(false));
        let guard = Guard { stopped: Arc::clone(&stopped), ..guard };
        let sql = question.sql.to_owned();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let parameters: Vec<(String, String)> = question.parameters.iter().map(owned).collect();
        let run = move || {
            let parameters: Vec<(&str, &str)> =
                parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let sent = connection.ask(guard, &sql, &parameters, |columns, rows| send(&sender, columns, rows));
            if let Err(error) = sent {
                // Nobody may want the answer any more.
                let _ = sender.send(Err(error));
            }
        };
        let started = thread::Builder::new().name("sql".to_owned()).spawn(run);
        started.map_err(|error| Error::io("cannot start a thread for the SQL", error))?;
        Ok(Self { blocks, stopped })
    }

    /// Returns the next rows; `None` if there are none before `until`.
    fn next(&self, until: Instant) -> Result<Option<RowBlock>> {
        match self.blocks.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(block) => block.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(broken_off()),
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// Sends the rows of an answer in blocks.
fn send(
    sender: &SyncSender<Result<RowBlock>>,
    columns: &[Column],
    rows: &mut dyn FnMut(&mut Each<'_>) -> Result<()>,
) -> Result<()> {
    let columns = columns.into();
    let send = |block| sender.send(Ok(block)).map_err(|_| Error::interrupted());
    let mut block = RowBlock::new(&columns);
    rows(&mut |row| {
        block.size += row.size();
        block.rows.push(row.clone());
        if block.size < BLOCK { Ok(()) } else { send(std::mem::replace(&mut block, RowBlock::new(&columns))) }
    })?;
    send(RowBlock { is_last: true, ..block })
}

/// Returns the error of a thread that ended without saying why.
fn broken_off() -> Error {
    Error::failed("the thread that runs the SQL failed")
}

/// Opens the tables and views of the catalog to an operator's SQL, without their secrets, and history, which has none.
fn guard(catalog: &Catalog, time: Duration) -> Guard {
    let open = history::TABLES.iter().map(|table| (*table).to_owned()).collect();
    let (deadline, stopped) = (Instant::now() + time, Arc::default());
    let mut guard = Guard { open, secret: BTreeMap::new(), time, deadline, stopped };
    for entity in catalog.entities() {
        guard.open.extend([entity.table.to_owned(), views::name(entity)]);
        for field in entity.fields.iter().filter(|field| field.kind == Kind::Secret) {
            guard.secret.insert((entity.table.to_owned(), field.column.to_owned()), "password hashes");
        }
    }
    guard
}
