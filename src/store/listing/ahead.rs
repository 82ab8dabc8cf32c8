//! Long lists are read ahead: while rows are told, the next ones are read by other threads.
//!
//! Each thread reads every so many parts of the table, and hands rows over in batches. Few of these are under way at any
//! time, and what has been told is filled again, so that a list takes no more memory for a larger inventory.

use crate::catalog::{Catalog, Entity};
use crate::error::Result;
use crate::output::row::Row;
use crate::store::engine::Beside;
use crate::store::listing::scan::Rows;
use crate::store::reading::parts::Part;
use crate::store::reading::reader::Reader;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// How many rows are handed over together.
const BATCH: usize = 256;
/// How many batches of a thread wait at most.
const WAITING: usize = 4;
/// How many ids a part spans where several threads take turns.
const SPAN: i64 = 16_384;
/// How many bytes of lines are handed over together, how many such pieces of a thread wait at most, and how many ids a part
/// spans: its lines mostly wait as a whole, so that no thread waits for another one's turn.
const PIECE: usize = 60 * 1024;
const PIECES: usize = 8;
const LINES: i64 = 2_048;

/// How rows are handed over to another thread.
pub(in crate::store) trait Packing {
    /// What is handed over.
    type Pack: Default + Send;
    /// How many of these wait at most, and how many ids a part spans.
    const TURNS: (usize, i64);
    /// Of how many processors this thread takes the time, for what it does with what it is handed.
    const TAKES: usize;

    /// The row to fill next.
    fn next<'p>(&'p mut self, pack: &'p mut Self::Pack) -> &'p mut Row;

    /// Puts that row into the pack as that of the record `id`, and tells whether the pack is to be handed over.
    fn keep(&mut self, pack: &mut Self::Pack, id: i64) -> Result<bool>;

    /// Makes a pack that was told one to fill again.
    fn clear(pack: &mut Self::Pack);
}

/// Rows as they are.
pub(in crate::store) struct InRows;

/// Rows with the ids of their records, of which so many are filled.
#[derive(Default)]
pub(in crate::store) struct Batch {
    rows: Vec<(i64, Row)>,
    filled: usize,
}

impl Batch {
    pub(in crate::store) fn rows(&self) -> impl Iterator<Item = &(i64, Row)> {
        self.rows.iter().take(self.filled)
    }
}

impl Packing for InRows {
    type Pack = Batch;
    const TURNS: (usize, i64) = (WAITING, SPAN);
    const TAKES: usize = 1;

    fn next<'p>(&'p mut self, Batch { rows, filled }: &'p mut Batch) -> &'p mut Row {
        if rows.len() <= *filled {
            rows.resize_with(*filled + 1, Default::default);
        }
        &mut rows[*filled].1
    }

    fn keep(&mut self, Batch { rows, filled }: &mut Batch, id: i64) -> Result<bool> {
        if let Some(row) = rows.get_mut(*filled) {
            row.0 = id;
        }
        *filled += 1;
        Ok(*filled == BATCH)
    }

    fn clear(batch: &mut Batch) {
        batch.filled = 0;
    }
}

/// Rows as the lines that `line` makes of them.
pub(in crate::store) struct InLines<L> {
    row: Row,
    line: L,
}

impl<L> InLines<L> {
    pub(in crate::store) fn new(line: L) -> Self {
        Self { row: Row::default(), line }
    }
}

impl<L: FnMut(&Row, &mut Vec<u8>) -> Result<()>> Packing for InLines<L> {
    type Pack = Vec<u8>;
    const TURNS: (usize, i64) = (PIECES, LINES);
    const TAKES: usize = 0;

    fn next<'p>(&'p mut self, _: &'p mut Vec<u8>) -> &'p mut Row {
        &mut self.row
    }

    fn keep(&mut self, bytes: &mut Vec<u8>, _: i64) -> Result<bool> {
        (self.line)(&self.row, bytes)?;
        Ok(bytes.len() >= PIECE)
    }

    fn clear(bytes: &mut Vec<u8>) {
        bytes.clear();
    }
}

/// What a thread hands over.
enum Handed<P> {
    Pack(P),
    /// It is done with one part.
    Part,
    Failed(crate::error::Error),
}

/// Rows on their way to another thread.
struct Filling<P: Packing> {
    packing: P,
    pack: P::Pack,
    to: SyncSender<Handed<P::Pack>>,
    /// What has been told.
    told: Receiver<P::Pack>,
}

impl<P: Packing> Filling<P> {
    /// Hands over what is filled. Whoever does not listen any more has heard enough.
    fn hand_over(&mut self) -> ControlFlow<()> {
        let mut next = self.told.try_recv().unwrap_or_default();
        P::clear(&mut next);
        let pack = std::mem::replace(&mut self.pack, next);
        if self.to.send(Handed::Pack(pack)).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

impl<P: Packing> Rows for Filling<P> {
    fn next(&mut self) -> &mut Row {
        self.packing.next(&mut self.pack)
    }

    fn keep(&mut self, id: i64) -> Result<ControlFlow<()>> {
        Ok(if self.packing.keep(&mut self.pack, id)? { self.hand_over() } else { ControlFlow::Continue(()) })
    }
}

/// A thread that reads, as who tells its rows sees it.
struct Thread<P> {
    from: Receiver<Handed<P>>,
    told: Sender<P>,
}

impl<P> Thread<P> {
    /// Hands what there is of the part that it reads now to `each`, until that breaks.
    fn tell_part(&self, each: &mut impl FnMut(&P) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
        // A thread that ended before its part did has panicked, which is told where threads are waited for.
        while let Ok(handed) = self.from.recv() {
            let pack = match handed {
                Handed::Pack(pack) => pack,
                Handed::Part => break,
                Handed::Failed(error) => return Err(error),
            };
            if each(&pack)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            // It may have ended already.
            let _ = self.told.send(pack);
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Reader<'_> {
    /// Hands what `packing` makes of the rows that `read` reads of the part `whole` of the records of `entity` to `each`, in
    /// the order of their ids, until it breaks. What `prepare` makes is for one thread. Where no thread is to be had, or none
    /// pays, as of a small table, nothing is done; tells whether it is.
    pub(in crate::store) fn read_ahead<S, P: Packing>(
        &self,
        entity: &Entity,
        whole: &Part,
        prepare: impl Fn(&Reader<'_>) -> Result<S> + Sync,
        read: impl Fn(&S, &Reader<'_>, &Part, &mut dyn Rows) -> Result<()> + Sync,
        packing: impl Fn() -> P + Sync,
        mut each: impl FnMut(&P::Pack) -> Result<ControlFlow<()>>,
    ) -> Result<bool> {
        let (waiting, span) = P::TURNS;
        let (parts, others) = self.turns(entity, whole, span, P::TAKES)?;
        let number = others.len();
        let (catalog, all, prepare, read, packing) = (self.catalog(), &parts, &prepare, &read, &packing);
        thread::scope(|scope| {
            let mut threads = Vec::with_capacity(number);
            for (first, beside) in others.into_iter().enumerate() {
                let (to, from) = sync_channel(waiting);
                let (told, again) = channel();
                let work = move || {
                    let own = all.iter().skip(first).step_by(number);
                    let rows = Filling { packing: packing(), pack: P::Pack::default(), to: to.clone(), told: again };
                    if let Err(error) = read_parts(catalog, beside, own, prepare, read, rows) {
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
                // Those that have begun find that nobody listens.
                return Ok(false);
            }
            for (_, thread) in all.iter().zip(threads.iter().cycle()) {
                if thread.tell_part(&mut each)?.is_break() {
                    break;
                }
            }
            Ok(true)
        })
    }
}

/// Reads parts one after another, and hands their rows over.
fn read_parts<'a, S, P: Packing>(
    catalog: &Catalog,
    beside: Beside,
    parts: impl Iterator<Item = &'a Part>,
    prepare: &impl Fn(&Reader<'_>) -> Result<S>,
    read: &impl Fn(&S, &Reader<'_>, &Part, &mut dyn Rows) -> Result<()>,
    mut rows: Filling<P>,
) -> Result<()> {
    let connection = beside.connection();
    let reader = Reader::new(&connection, catalog);
    let prepared = prepare(&reader)?;
    for part in parts {
        read(&prepared, &reader, part, &mut rows)?;
        if rows.hand_over().is_break() || rows.to.send(Handed::Part).is_err() {
            break;
        }
    }
    Ok(())
}
