//! Reads a large table on several processors: each thread reads a range of its ids over a connection of its own.
//!
//! All ranges are of one moment: the lock of the first connection keeps writers out until the last thread has ended.

use crate::catalog::Entity;
use crate::error::Result;
use crate::store::engine::{Bound, Connection};
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::{Condition, Selection};
use std::ops::RangeInclusive;
use std::thread;

/// Number of ids from which on another thread pays for its start.
const WORTH_A_THREAD: i64 = 25_000;
/// Highest number of threads: beyond it, all of them wait for memory.
const MOST_THREADS: usize = 4;

/// A range of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part(RangeInclusive<i64>);

impl Part {
    /// Every id.
    pub const ALL: Self = Self(i64::MIN..=i64::MAX);

    /// Splits it into `count` parts, of equal numbers of the ids from `first` to `last`.
    fn split(&self, first: i64, last: i64, count: usize) -> Vec<Self> {
        let count = i64::try_from(count).unwrap_or(1);
        let step = last.saturating_sub(first) / count;
        let begin = |number: i64| if number == 0 { *self.0.start() } else { first + number * step };
        let end = |number: i64| if number + 1 == count { *self.0.end() } else { begin(number + 1) - 1 };
        (0..count).map(|number| Self(begin(number)..=end(number))).collect()
    }

    /// The ids from `id` on.
    pub(in crate::store) const fn from(id: i64) -> Self {
        Self(id..=i64::MAX)
    }

    /// The ids of it behind `id`.
    pub(in crate::store) const fn behind(&self, id: i64) -> Self {
        Self(id.saturating_add(1)..=*self.0.end())
    }

    /// Adds the condition that a record is in the range, and its values.
    pub(in crate::store) fn narrow(&self, selection: &mut Selection, values: &mut Vec<Bound>) {
        if *self != Self::ALL {
            values.extend([*self.0.start(), *self.0.end()].map(Bound::Integer));
            selection.conditions.push(Condition::Between);
        }
    }
}

impl Reader<'_> {
    /// Runs `work` on each part of `entity`'s records and returns the results, in the order of their ids. A small table
    /// is one part, and so is one that was changed in this transaction or is read as of an earlier time.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn in_parts<T: Send>(
        &self,
        entity: &Entity,
        work: impl Fn(&Reader<'_>, &Part) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let Some((first, last)) = self.ends(entity)? else {
            return Ok(vec![work(self, &Part::ALL)?]);
        };
        let others = self.connections(last.saturating_sub(first) / WORTH_A_THREAD);
        let mut parts = Part::ALL.split(first, last, others.len() + 1);
        let own = parts.remove(0);
        let (catalog, work) = (self.catalog(), &work);
        thread::scope(|scope| {
            let threads = others.into_iter().zip(&parts).map(|(connection, part)| {
                let read = move || work(&Reader::new(&connection, catalog), part);
                (part, thread::Builder::new().spawn_scoped(scope, read))
            });
            let threads: Vec<_> = threads.collect();
            let mut results = vec![work(self, &own)?];
            for (part, thread) in threads {
                results.push(match thread {
                    Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
                    // The system gives no more threads.
                    Err(_) => work(self, part)?,
                });
            }
            Ok(results)
        })
    }

    /// Opens connections for other threads: one for each further processor, and at most `most`.
    fn connections(&self, most: i64) -> Vec<Connection> {
        let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let most = usize::try_from(most).unwrap_or_default().min(processors.min(MOST_THREADS).saturating_sub(1));
        (0..most).map_while(|_| self.connection.beside()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn parts_leave_no_id_out_and_have_none_twice() {
        let cuts = [(1, 1_000_000, 4), (1, 100_001, 2), (7, 7, 1), (0, 0, 1), (5, 50_006, 3), (i64::MIN, i64::MAX, 4)];
        for ((first, last, count), whole) in
            cuts.into_iter().flat_map(|cut| [(cut, Part::ALL), (cut, Part::from(cut.0))])
        {
            let parts = whole.split(first, last, count);
            assert_eq!(parts.len(), count);
            let mut next = Some(*whole.0.start());
            for part in &parts {
                assert_eq!(Some(*part.0.start()), next);
                assert!(part.0.start() <= part.0.end());
                next = part.0.end().checked_add(1);
            }
            assert_eq!(next, None);
        }
    }
}
