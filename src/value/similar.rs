//! Names similar to a text, for every `did you mean`.

use super::natural;
use super::shown::shown;

/// A text longer than any name is not a name mistyped.
const LONGEST: usize = 255;
/// More bytes than any name has.
const MOST_BYTES: usize = 4 * LONGEST;
/// Largest number of typing errors in a long text.
const MOST_SLIPS: usize = 3;
/// Length from which the beginning of a name matches the whole of it, in characters.
const SHORTEST_BEGINNING: usize = 3;

/// The candidates nearest to `text`, at most `most`: those that differ in case alone, else those the fewest slips of the
/// keyboard away (one slip for every three characters at most), else those that begin with it.
#[must_use]
pub fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    if text.len() > MOST_BYTES {
        return Vec::new();
    }
    let wanted = text.to_lowercase();
    let length = wanted.chars().count();
    if length == 0 || length > LONGEST {
        return Vec::new();
    }
    let mut best: Vec<(Distance, &'a str)> = Vec::new();
    for candidate in candidates {
        let Some(distance) = distance(&wanted, length, candidate) else { continue };
        let place = best.partition_point(|(other, name)| {
            other.cmp(&distance).then_with(|| natural::compare(name, candidate)).is_lt()
        });
        let is_duplicate = best.get(place).is_some_and(|(_, name)| *name == candidate);
        if place < most && !is_duplicate {
            best.insert(place, (distance, candidate));
            best.truncate(most);
        }
    }
    let fewest = best.first().map(|(distance, _)| distance.slips);
    best.into_iter().filter(|(distance, _)| Some(distance.slips) == fewest).map(|(_, candidate)| candidate).collect()
}

/// The question that offers `names`; none for none.
#[must_use]
pub fn did_you_mean(names: &[&str]) -> Option<String> {
    let (last, others) = names.split_last()?;
    let last = shown(last);
    if others.is_empty() {
        return Some(format!("did you mean {last}?"));
    }
    let others: Vec<_> = others.iter().map(|name| shown(name)).collect();
    Some(format!("did you mean {} or {last}?", others.join(", ")))
}

/// Distance of a candidate; the first letter is rarely the wrong one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Distance {
    slips: usize,
    other_start: bool,
}

/// Returns the distance of a candidate, unless it is too far. Zero: the same name in another case.
fn distance(wanted: &str, length: usize, candidate: &str) -> Option<Distance> {
    if candidate.len() > MOST_BYTES {
        return None;
    }
    let most_slips = if length == 1 { 0 } else { (length / 3).clamp(1, MOST_SLIPS) };
    let candidate = candidate.to_lowercase();
    if candidate.chars().count().abs_diff(length) <= most_slips {
        let slips = strsim::osa_distance(wanted, &candidate);
        if slips <= most_slips {
            return Some(Distance { slips, other_start: wanted.chars().next() != candidate.chars().next() });
        }
    }
    let begins = length >= SHORTEST_BEGINNING && candidate.starts_with(wanted);
    begins.then_some(Distance { slips: MOST_SLIPS + 1, other_start: false })
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, nearest};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn near<'a>(text: &str, candidates: &[&'a str]) -> Vec<&'a str> {
        nearest(text, candidates.iter().copied(), 3)
    }

    #[test]
    fn slips_of_the_keyboard_are_seen_through() {
        assert_eq!(near("wbe01", &["db01", "web01", "mail"]), ["web01"]);
        assert_eq!(near("GX", &["B", "kB", "MB", "GB", "GiB"]), ["GB"]);
        assert_eq!(near("runing", &["running", "stopped", "retired"]), ["running"]);
    }

    #[test]
    fn another_case_is_nearest() {
        assert_eq!(near("WEB01", &["web02", "web01"]), ["web01"]);
    }

    #[test]
    fn a_beginning_stands_for_names_that_go_on() {
        assert_eq!(near("prod", &["prod-tokyo-12", "prod-tokyo-2", "staging"]), ["prod-tokyo-2", "prod-tokyo-12"]);
        assert!(near("p", &["prod", "q"]).is_empty());
    }

    #[test]
    fn the_fewest_slips_win() {
        assert_eq!(near("wbe01", &["web02", "web01", "web10"]), ["web01"]);
        assert_eq!(near("web0", &["web2", "web10", "web01", "xeb0"]), ["web01", "web2", "web10"]);
    }

    #[test]
    fn nonsense_is_not_offered() {
        assert!(near("web01", &["database", "x", ""]).is_empty());
        assert!(near("a", &["b", "c"]).is_empty());
        assert!(near("", &["a"]).is_empty());
        assert!(near(&"x".repeat(256), &["x"]).is_empty());
    }

    #[test]
    fn a_name_is_offered_once() {
        assert_eq!(near("wbe01", &["web01", "web01"]), ["web01"]);
    }

    #[test]
    fn the_question_reads_as_one() {
        assert_eq!(did_you_mean(&[]), None);
        assert_eq!(did_you_mean(&["web01"]).as_deref(), Some("did you mean web01?"));
        assert_eq!(did_you_mean(&["a", "b"]).as_deref(), Some("did you mean a or b?"));
        assert_eq!(did_you_mean(&["web01", "web02", "web10"]).as_deref(), Some("did you mean web01, web02 or web10?"));
    }

    proptest! {
        #[test]
        fn at_most_as_many_as_asked(text in any::<String>(), names in proptest::collection::vec("[ab]{0,5}", 0..20), most in 0usize..4) {
            prop_assert!(nearest(&text, names.iter().map(String::as_str), most).len() <= most);
        }

        #[test]
        fn a_swap_of_neighbours_is_always_found(name in "[a-z]{5,20}", place in 0usize..4) {
            let mut letters: Vec<char> = name.chars().collect();
            letters.swap(place, place + 1);
            let typed: String = letters.into_iter().collect();
            prop_assert_eq!(nearest(&typed, std::iter::once(name.as_str()), 1), [name.as_str()]);
        }
    }
}
