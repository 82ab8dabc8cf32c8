//! One table read side by side: each thread takes a part of its records.
//!
//! All parts are of one moment: they are pages of a file that is locked against writers until the last thread is done.

use crate::catalog::Entity;
use crate::error::Result;
use crate::store::engine::Beside;
use crate::store::listing::select::Bound;
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::{Condition, Selection};
use std::ops::RangeInclusive;
use std::thread;

/// From how many records on a thread more pays for its start.
const WORTH_A_THREAD: i64 = 25_000;
/// How many threads read at most: beyond them the disk, or the memory, is what all wait for.
const MOST_THREADS: usize = 4;

/// Records with ids in a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part(RangeInclusive<i64>);

impl Part {
    /// Every record.
    pub const ALL: Self = Self(i64::MIN..=i64::MAX);

    /// Cuts it into `count` parts, equal ones of the ids from `first` to `last`.
    fn cut(&self, first: i64, last: i64, count: usize) -> Vec<Self> {
        let count = i64::try_from(count).unwrap_or(1);
        let step = last.saturating_sub(first) / count;
        let begin = |number: i64| if number == 0 { *self.0.start() } else { first + number * step };
        let end = |number: i64| if number + 1 == count { *self.0.end() } else { begin(number + 1) - 1 };
        (0..count).map(|number| Self(begin(number)..=end(number))).collect()
    }

    /// Those before an id.
    pub(in crate::store) const fn before(id: i64) -> Self {
        Self(i64::MIN..=id.saturating_sub(1))
    }

    /// Those from an id on.
    pub(in crate::store) const fn from(id: i64) -> Self {
        Self(id..=i64::MAX)
    }

    /// Adds the condition that a record is in it, and its values.
    pub(in crate::store) fn narrow(&self, selection: &mut Selection, values: &mut Vec<Bound>) {
        if *self != Self::ALL {
            values.extend([*self.0.start(), *self.0.end()].map(Bound::Integer));
            selection.conditions.push(Condition::Between);
        }
    }
}

impl Reader<'_> {
    /// Runs `work` on each part of `entity`'s records and returns what it made of them, in the order of their ids. A
    /// small table is one part, and so is one that was changed in this transaction, or is looked back at.
    pub fn in_parts<T: Send>(
        &self,
        entity: &Entity,
        work: impl Fn(&Reader<'_>, &Part) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let Some((first, last)) = self.connection.ends(entity.into())? else {
            return Ok(vec![work(self, &Part::ALL)?]);
        };
        let others = self.others(last.saturating_sub(first) / WORTH_A_THREAD, 1);
        let mut parts = Part::ALL.cut(first, last, others.len() + 1);
        let mine = parts.remove(0);
        let (catalog, work) = (self.catalog(), &work);
        thread::scope(|scope| {
            let others = others.into_iter().zip(&parts).map(|(beside, part)| {
                let read = move || work(&Reader::new(&beside.connection(), catalog), part);
                (part, thread::Builder::new().spawn_scoped(scope, read))
            });
            let others: Vec<_> = others.collect();
            let mut made = vec![work(self, &mine)?];
            for (part, thread) in others {
                made.push(match thread {
                    Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
                    // Where no thread is to be had, this one reads that part too.
                    Err(_) => work(self, part)?,
                });
            }
            Ok(made)
        })
    }

    /// The parts of `whole`, a part of `entity`'s records, that threads beside this one read by turns, of so many ids each;
    /// one part where there is one thread, or none. This thread takes the time of `taken` processors.
    pub(in crate::store) fn turns(
        &self,
        entity: &Entity,
        whole: &Part,
        span: i64,
        taken: usize,
    ) -> Result<(Vec<Part>, Vec<Beside>)> {
        let (first, last) = self.connection.ends(entity.into())?.unwrap_or_default();
        let (first, last) = (first.max(*whole.0.start()), last.min(*whole.0.end()));
        let others = self.others(last.saturating_sub(first) / WORTH_A_THREAD, taken);
        let count = if others.len() > 1 { last.saturating_sub(first) / span + 1 } else { 1 };
        Ok((whole.cut(first, last, usize::try_from(count).unwrap_or(1)), others))
    }

    /// What threads beside this one, which takes `taken` processors, need: as many as there are processors for, and at most
    /// `most`.
    fn others(&self, most: i64, taken: usize) -> Vec<Beside> {
        let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let most = usize::try_from(most).unwrap_or_default().min(processors.min(MOST_THREADS).saturating_sub(taken));
        if most == 0 || !self.connection.reads(self.catalog().entities().map(|entity| entity.table)) {
            return Vec::new();
        }
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
            let parts = whole.cut(first, last, count);
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
