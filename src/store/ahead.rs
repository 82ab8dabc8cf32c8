//! Long lists are read ahead: while rows are told, the next ones are read by other threads.
//!
//! Each thread reads every so many parts of the table, and hands rows over in batches. Few of these are under way at any
//! time, and what has been told is filled again, so that a list takes no more memory for a larger inventory.

use super::parts::Part;
use super::reader::Reader;
use super::scan::{Rows, Told};
use super::sqlite::Beside;
use crate::catalog::{Catalog, Entity};
use crate::error::Result;
use crate::output::row::Row;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// How many rows are handed over together.
const BATCH: usize = 256;
/// How many batches of a thread wait at most.
const WAITING: usize = 4;
/// How many ids a part spans where several threads take turns.
const SPAN: i64 = 16_384;

/// Rows with the ids of their records, of which so many are filled.
#[derive(Default)]
struct Batch {
    rows: Vec<(i64, Row)>,
    filled: usize,
}

/// What a thread hands over.
enum Handed {
    Rows(Batch),
    /// It is done with one part.
    Part,
    Failed(crate::error::Error),
}

/// Rows on their way to another thread.
struct Filling {
    batch: Batch,
    to: SyncSender<Handed>,
    /// Batches that have been told.
    told: Receiver<Batch>,
}

impl Filling {
    /// Hands over what is filled. Whoever does not listen any more has heard enough.
    fn hand_over(&mut self) -> ControlFlow<()> {
        let next = self.told.try_recv().unwrap_or_default();
        let batch = std::mem::replace(&mut self.batch, Batch { filled: 0, ..next });
        if self.to.send(Handed::Rows(batch)).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

impl Rows for Filling {
    fn next(&mut self) -> &mut Row {
        let Batch { rows, filled } = &mut self.batch;
        if rows.len() <= *filled {
            rows.resize_with(*filled + 1, Default::default);
        }
        &mut rows[*filled].1
    }

    fn keep(&mut self, id: i64) -> Result<ControlFlow<()>> {
        let Batch { rows, filled } = &mut self.batch;
        if let Some(row) = rows.get_mut(*filled) {
            row.0 = id;
        }
        *filled += 1;
        Ok(if *filled == BATCH { self.hand_over() } else { ControlFlow::Continue(()) })
    }
}

/// A thread that reads, as who tells its rows sees it.
struct Thread {
    from: Receiver<Handed>,
    told: Sender<Batch>,
}

impl Thread {
    /// Hands the rows of the part that it reads now to `each`, until that breaks.
    fn tell_part(&self, each: &mut impl FnMut(i64, &Row) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
        // A thread that ended before its part did has panicked, which is told where threads are waited for.
        while let Ok(handed) = self.from.recv() {
            let batch = match handed {
                Handed::Rows(batch) => batch,
                Handed::Part => break,
                Handed::Failed(error) => return Err(error),
            };
            for (id, row) in batch.rows.iter().take(batch.filled) {
                if each(*id, row)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            // It may have ended already.
            let _ = self.told.send(batch);
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Reader<'_> {
    /// Hands each row that `read` makes of the part `whole` of the records of `entity` to `each`, in the order of their ids,
    /// until it breaks. What `prepare` makes is for one thread. A small table is read by this one.
    pub(super) fn read_ahead<S>(
        &self,
        entity: &Entity,
        whole: &Part,
        prepare: impl Fn(&Reader<'_>) -> Result<S> + Sync,
        read: impl Fn(&S, &Reader<'_>, &Part, &mut dyn Rows) -> Result<()> + Sync,
        mut each: impl FnMut(i64, &Row) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let (parts, others) = self.turns(entity, whole, SPAN)?;
        let number = others.len();
        let (catalog, all, prepare, read) = (self.catalog(), &parts, &prepare, &read);
        thread::scope(|scope| {
            let mut threads = Vec::with_capacity(number);
            for (first, beside) in others.into_iter().enumerate() {
                let (to, from) = sync_channel(WAITING);
                let (told, again) = channel();
                let work = move || {
                    let own = all.iter().skip(first).step_by(number);
                    if let Err(error) = read_parts(catalog, beside, own, prepare, read, &to, again) {
                        // Nobody may listen any more.
                        let _ = to.send(Handed::Failed(error));
                    }
                };
                match thread::Builder::new().spawn_scoped(scope, work) {
                    Ok(_) => threads.push(Thread { from, told }),
                    Err(_) => break,
                }
            }
            if threads.len() < number || threads.is_empty() {
                // No thread is to be had, or none pays. Those that have begun find that nobody listens.
                drop(threads);
                return read(&prepare(self)?, self, whole, &mut Told::new(each));
            }
            for (_, thread) in all.iter().zip(threads.iter().cycle()) {
                if thread.tell_part(&mut each)?.is_break() {
                    break;
                }
            }
            Ok(())
        })
    }
}

/// Reads parts one after another, and hands their rows over.
fn read_parts<'a, S>(
    catalog: &Catalog,
    beside: Beside,
    parts: impl Iterator<Item = &'a Part>,
    prepare: &impl Fn(&Reader<'_>) -> Result<S>,
    read: &impl Fn(&S, &Reader<'_>, &Part, &mut dyn Rows) -> Result<()>,
    to: &SyncSender<Handed>,
    told: Receiver<Batch>,
) -> Result<()> {
    let connection = beside.connection();
    let reader = Reader::new(&connection, catalog);
    let prepared = prepare(&reader)?;
    let mut rows = Filling { batch: Batch::default(), to: to.clone(), told };
    for part in parts {
        read(&prepared, &reader, part, &mut rows)?;
        if rows.hand_over().is_break() || to.send(Handed::Part).is_err() {
            break;
        }
    }
    Ok(())
}
