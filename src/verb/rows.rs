//! The rows of a file, portion by portion: read here while they are few, and on a thread of their own once they are many.
//!
//! A file of a few rows does not pay for a thread. Where the machine has none to give, or where what is read depends on
//! what was written, all is read here; nothing but the time it takes is different.

use super::portion::{Cutter, Order, Portion};
use crate::error::Result;
use crate::interrupt;
use crate::value::quantity::Units;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle, available_parallelism};
use std::time::Duration;

/// How many rows are read before a thread is begun.
const FEW: usize = 1_000;
/// How many portions are on the way: how far the thread reads ahead, and how much memory that takes. Those whose rows are
/// put in order are large: one is filled while another goes into the inventory.
const PORTIONS: usize = 4;
const SORTED_PORTIONS: usize = 2;
/// How long to wait for a portion before a look at whether the command is to end.
const PATIENCE: Duration = Duration::from_millis(100);

/// The rows of one file.
pub(super) struct Rows {
    /// What reads them, unless a thread does.
    cutter: Option<Box<Cutter>>,
    thread: Option<Reading>,
    order: Order,
    /// How many rows have been read without a thread, and whether one may be begun.
    read: usize,
    may_leave: bool,
}

/// A thread that reads.
struct Reading {
    full: Receiver<Portion>,
    /// Portions to be filled, and the order that their rows are to have.
    spare: Sender<(Portion, Order)>,
    /// How many are with the thread, or with who takes its rows.
    on_the_way: usize,
    handle: Option<JoinHandle<()>>,
}

impl Rows {
    /// The rows that `cutter` cuts. If `in_step`, none is read before those before it are in the inventory.
    pub(super) fn new(cutter: Cutter, in_step: bool) -> Self {
        Self {
            cutter: Some(Box::new(cutter)),
            thread: None,
            order: if in_step { Order::Single } else { Order::File },
            read: 0,
            may_leave: !in_step && available_parallelism().is_ok_and(|count| count.get() > 1),
        }
    }

    /// Says in which order those rows are wanted that are not on the way yet, unless each depends on the one before it.
    pub(super) fn sort(&mut self, order: Order) {
        if self.order != Order::Single {
            self.order = order;
        }
    }

    /// The next rows; the room of a portion that is `used` up is used again. `units` are those of the inventory as it is.
    ///
    /// # Errors
    /// The command is to end, or the units cannot be read.
    pub(super) fn next(&mut self, mut used: Portion, units: impl FnOnce() -> Result<Units>) -> Result<Portion> {
        let Some(cutter) = &mut self.cutter else {
            return self.thread.as_mut().map_or(Ok(Portion::ended()), |thread| thread.next(used, self.order));
        };
        let units = units()?;
        cutter.fill(&mut used, &units, self.order);
        self.read += used.count();
        if self.may_leave && self.read >= FEW && !used.has_ended {
            self.leave(units);
        }
        Ok(used)
    }

    /// Has a thread read the rest. Where none is to be had, it is read here.
    fn leave(&mut self, units: Units) {
        self.may_leave = false;
        let (hand_over, handed) = channel::<(Box<Cutter>, Units)>();
        let (give_back, spare) = channel();
        let (hand_out, full) = channel();
        let read = move || {
            let Ok((mut cutter, units)) = handed.recv() else { return };
            // It ends with the file, or when nobody wants to have more of it.
            while let Ok((mut portion, order)) = spare.recv() {
                cutter.fill(&mut portion, &units, order);
                let has_ended = portion.has_ended;
                if hand_out.send(portion).is_err() || has_ended {
                    return;
                }
            }
        };
        let Ok(handle) = Builder::new().name("reading".to_owned()).spawn(read) else { return };
        if let Some(cutter) = self.cutter.take() {
            let _ = hand_over.send((cutter, units));
        }
        // What the caller has comes back with its next question.
        let mut thread = Reading { full, spare: give_back, on_the_way: 1, handle: Some(handle) };
        thread.hand_in(None, self.order);
        self.thread = Some(thread);
    }
}

impl Reading {
    /// Hands in as many portions as are to be on the way, the one that is `used` up first.
    fn hand_in(&mut self, mut used: Option<Portion>, order: Order) {
        let wanted = if order == Order::Key { SORTED_PORTIONS } else { PORTIONS };
        while self.on_the_way < wanted {
            self.on_the_way += 1;
            // A thread that has read all takes nothing back.
            let _ = self.spare.send((used.take().unwrap_or_default(), order));
        }
    }

    fn next(&mut self, used: Portion, order: Order) -> Result<Portion> {
        self.on_the_way -= 1;
        self.hand_in(Some(used), order);
        loop {
            match self.full.recv_timeout(PATIENCE) {
                Ok(portion) => return Ok(portion),
                Err(RecvTimeoutError::Timeout) => interrupt::check()?,
                Err(RecvTimeoutError::Disconnected) => {
                    // It hands out the end of the file before it ends: so it has panicked.
                    if let Some(Err(panic)) = self.handle.take().map(JoinHandle::join) {
                        resume_unwind(panic);
                    }
                    return Ok(Portion::ended());
                }
            }
        }
    }
}
