//! The records of a noun that one transaction made, by what holds them and their name: what a file with a row for each of
//! them refers to a million times is found without asking the engine.
//!
//! It is for a noun that had no record before, and knows all of them: what it does not find is not there. It takes some
//! thirty bytes a record and holds no more than it may; then it is given up, and the engine is asked.

use std::hash::{BuildHasher, RandomState};

/// How many bytes it may take.
const LARGEST: usize = 64 << 20;
/// How many places there are at first, a power of two.
const PLACES: usize = 1 << 10;
/// What a place holds where no record is.
const FREE: u32 = u32::MAX;

/// Records that were made one after another.
#[derive(Debug)]
pub(in crate::store) struct Made {
    /// The id of the first.
    first: i64,
    /// What holds each of them.
    holders: Vec<i64>,
    /// Where the name of each ends; it begins where the one before ends.
    ends: Vec<u32>,
    names: String,
    /// The number of a record at the place that its hash says, or the next free one behind it.
    places: Vec<u32>,
    hashes: RandomState,
    /// The number of the one that was found last: what refers to records is often in their order.
    last: usize,
    has_slashes: bool,
}

impl Made {
    pub(in crate::store) fn new() -> Self {
        Self {
            first: 0,
            holders: Vec::new(),
            ends: Vec::new(),
            names: String::new(),
            places: vec![FREE; PLACES],
            hashes: RandomState::new(),
            last: 0,
            has_slashes: false,
        }
    }

    /// Whether a name has a `/`.
    pub(in crate::store) const fn has_slashes(&self) -> bool {
        self.has_slashes
    }

    /// Takes in the record `id`. Tells whether it could: if not, this does not know all records any more.
    #[must_use]
    pub(in crate::store) fn add(&mut self, id: i64, holder: i64, name: &str) -> bool {
        let number = self.holders.len();
        if number == 0 {
            self.first = id;
        }
        let follows = i64::try_from(number).ok().and_then(|number| self.first.checked_add(number)) == Some(id);
        let places = if self.is_half_full() { 2 * self.places.len() } else { self.places.len() };
        let held = (number + 1) * (size_of::<i64>() + size_of::<u32>()) + places * size_of::<u32>();
        if !follows || self.names.len() + name.len() + held > LARGEST || !self.has_room(name) {
            return false;
        }
        // No two records have one name in one holder: where they have, which is meant is for the engine to say.
        let Err(place) = self.search(holder, name) else { return false };
        let (Ok(end), Ok(number)) = (u32::try_from(self.names.len() + name.len()), u32::try_from(number)) else {
            return false;
        };
        self.names.push_str(name);
        self.holders.push(holder);
        self.ends.push(end);
        if let Some(slot) = self.places.get_mut(place) {
            *slot = number;
        }
        self.has_slashes |= name.contains('/');
        true
    }

    /// The record that is called `name` in `holder`.
    pub(in crate::store) fn find(&mut self, holder: i64, name: &str) -> Option<i64> {
        let guesses = [self.last, self.last + 1];
        let number = match guesses.into_iter().find(|guess| self.is(*guess, holder, name)) {
            Some(guess) => guess,
            None => self.search(holder, name).ok()?,
        };
        self.last = number;
        i64::try_from(number).ok().map(|number| self.first + number)
    }

    /// Whether that is the name and the holder of the record with that number.
    fn is(&self, number: usize, holder: i64, name: &str) -> bool {
        let start = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).map(|end| *end as usize));
        let held = start.zip(self.ends.get(number)).and_then(|(start, end)| self.names.get(start..*end as usize));
        held == Some(name) && self.holders.get(number) == Some(&holder)
    }

    /// The number of a record; where there is none, the place for it.
    fn search(&self, holder: i64, name: &str) -> Result<usize, usize> {
        // There is always a free place, and their count is a power of two.
        let most = self.places.len() - 1;
        #[expect(clippy::cast_possible_truncation, reason = "the lower bits are as good as any")]
        let mut place = self.hashes.hash_one((holder, name)) as usize & most;
        loop {
            match self.places.get(place).copied().unwrap_or(FREE) {
                FREE => return Err(place),
                number if self.is(number as usize, holder, name) => return Ok(number as usize),
                _ => place = (place + 1) & most,
            }
        }
    }

    /// Whether one record more would take more than half of the places.
    const fn is_half_full(&self) -> bool {
        (self.holders.len() + 1) * 2 > self.places.len()
    }

    /// Makes sure that there is room for one more: twice as many places as records. Tells whether there is.
    fn has_room(&mut self, name: &str) -> bool {
        let reserved =
            self.names.try_reserve(name.len()).and(self.holders.try_reserve(1)).and(self.ends.try_reserve(1));
        if reserved.is_err() {
            return false;
        }
        if !self.is_half_full() {
            return true;
        }
        let mut places = Vec::new();
        if places.try_reserve_exact(self.places.len() * 2).is_err() {
            return false;
        }
        places.resize(self.places.len() * 2, FREE);
        let most = places.len() - 1;
        let mut start = 0;
        for (number, (holder, end)) in (0..).zip(self.holders.iter().zip(&self.ends)) {
            let name = self.names.get(start..*end as usize).unwrap_or_default();
            start = *end as usize;
            #[expect(clippy::cast_possible_truncation, reason = "the lower bits are as good as any")]
            let mut place = self.hashes.hash_one((holder, name)) as usize & most;
            while places.get(place).is_some_and(|held| *held != FREE) {
                place = (place + 1) & most;
            }
            if let Some(slot) = places.get_mut(place) {
                *slot = number;
            }
        }
        self.places = places;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Made;
    use proptest::prelude::{prop, prop_assert_eq, proptest};
    use std::collections::HashMap;

    #[test]
    fn a_record_is_found_by_its_whole_name_in_its_own_holder() {
        let mut made = Made::new();
        for (id, holder, name) in [(7, 1, "web"), (8, 1, "web1"), (9, 2, "web"), (10, 2, "")] {
            assert!(made.add(id, holder, name), "{name}");
        }
        for _ in 0..2 {
            let found = [(1, "web"), (1, "web1"), (2, "web"), (2, "")].map(|(holder, name)| made.find(holder, name));
            assert_eq!(found, [Some(7), Some(8), Some(9), Some(10)]);
            let found = [(2, "web1"), (1, "we"), (1, "webweb1"), (3, "web"), (1, "")];
            assert_eq!(found.map(|(holder, name)| made.find(holder, name)), [None; 5]);
        }
        assert!(!made.has_slashes());
        assert!(made.add(11, 1, "nfs/vol1") && made.has_slashes());
    }

    #[test]
    fn what_would_make_it_wrong_is_not_taken_in() {
        let mut made = Made::new();
        assert!(made.add(7, 1, "web"));
        assert!(!made.add(8, 1, "web"), "the name is taken");
        assert!(!made.add(9, 1, "db"), "the record 8 is not known");
        assert!(made.add(8, 1, "db"));
        assert!(!made.add(9, 1, &"x".repeat(64 << 20)), "it would be too large");
    }

    proptest! {
        #[test]
        fn it_finds_what_a_map_finds(rows in prop::collection::vec((0..3_i64, "[ab]{0,6}"), 0..3000), asked in prop::collection::vec((0..3_i64, "[ab]{0,6}"), 50)) {
            let (mut made, mut known) = (Made::new(), HashMap::new());
            let mut next = 40;
            for (holder, name) in rows {
                let is_new = !known.contains_key(&(holder, name.clone()));
                prop_assert_eq!(made.add(next, holder, &name), is_new);
                known.entry((holder, name)).or_insert(next);
                next += i64::from(is_new);
            }
            let all: Vec<_> = known.keys().cloned().collect();
            for (holder, name) in asked.into_iter().chain(all) {
                prop_assert_eq!(made.find(holder, &name), known.get(&(holder, name.clone())).copied());
            }
        }
    }
}
