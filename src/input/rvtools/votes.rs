//! The most frequent of several answers in the rows of an export.

use std::collections::BTreeMap;

/// Largest number of different answers. A host is in one cluster, whatever a damaged export says a million times.
const ANSWERS_LIMIT: usize = 1000;

/// Number of votes for each answer.
pub(super) struct Votes<Answer>(BTreeMap<Answer, usize>);

impl<Answer> Default for Votes<Answer> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<Answer: Ord> Votes<Answer> {
    /// `count` more for an answer.
    pub(super) fn add(&mut self, answer: Answer, count: usize) {
        if let Some(votes) = self.0.get_mut(&answer) {
            *votes += count;
        } else if self.0.len() < ANSWERS_LIMIT {
            self.0.insert(answer, count);
        }
    }

    /// The answer with most votes; of several such, that with the least `key`, so that the order of rows does not
    /// matter.
    pub(super) fn winner<Key: Ord>(&self, key: impl Fn(&Answer) -> Key) -> Option<&Answer> {
        let most = self.0.values().max()?;
        self.0.iter().filter(|(_, votes)| *votes == most).map(|(answer, _)| answer).min_by_key(|answer| key(answer))
    }

    /// The answers and their votes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Answer, usize)> {
        self.0.iter().map(|(answer, votes)| (answer, *votes))
    }

    /// Returns the number of different answers.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Votes;

    #[test]
    fn the_most_frequent_answer_wins_and_a_tie_goes_to_the_least() {
        let mut votes = Votes::default();
        assert_eq!(votes.winner(|answer: &&str| answer.len()), None);
        votes.add("long", 2);
        votes.add("abc", 1);
        votes.add("abc", 1);
        assert_eq!(votes.winner(|answer| answer.len()), Some(&"abc"));
        votes.add("long", 1);
        assert_eq!(votes.winner(|answer| answer.len()), Some(&"long"));
    }
}
