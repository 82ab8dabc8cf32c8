//! Unique names: a second record of a name gets a number.

use std::collections::{HashMap, HashSet};

/// Names in use, each under its owner.
#[derive(Default)]
pub(super) struct Names {
    used: HashSet<(usize, String)>,
    /// The number to try next, so that a million of one name cost a million steps and not their square.
    next: HashMap<(usize, String), u64>,
}

impl Names {
    /// `wished`, or `wished (2)`, `wished (3)` and so on where its owner has that already.
    pub(super) fn give(&mut self, owner: usize, wished: &str) -> String {
        if self.used.insert((owner, wished.to_owned())) {
            return wished.to_owned();
        }
        let next = self.next.entry((owner, wished.to_owned())).or_insert(2);
        loop {
            let name = format!("{wished} ({next})");
            *next += 1;
            if self.used.insert((owner, name.clone())) {
                return name;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn names_that_are_taken_get_the_next_number() {
        let mut names = Names::default();
        assert_eq!(names.give(1, "a"), "a");
        assert_eq!(names.give(1, "a (2)"), "a (2)");
        assert_eq!(names.give(1, "a"), "a (3)");
        assert_eq!(names.give(1, "a"), "a (4)");
        assert_eq!(names.give(2, "a"), "a");
    }
}
