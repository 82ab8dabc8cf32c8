//! Search term for texts: matches in any case of any script, ranked by how well it matches.

use memchr::memchr2_iter;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Number of characters of the search term in a pattern: engines limit the length of patterns.
const LONGEST_PATTERN: usize = 500;

/// Rank of a match, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// It is that.
    Exact,
    /// It begins with it.
    Prefix,
    /// A word in it begins with it.
    Word,
    /// It has it somewhere.
    Inside,
}

impl Rank {
    /// Every rank, the best first.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Prefix, Self::Word, Self::Inside];
}

/// Returns the offsets of `needle` in `text` in any case of ASCII letters. The needle is in lower case and not empty.
fn places_of<'t>(needle: &'t [u8], text: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let (first, rest) = needle.split_first().map_or((0, needle), |(first, rest)| (*first, rest));
    let places = memchr2_iter(first, first.to_ascii_uppercase(), text);
    places.filter(|place| text.get(place + 1..=place + rest.len()).is_some_and(|part| part.eq_ignore_ascii_case(rest)))
}

/// A text that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    folded: String,
}

impl Needle {
    /// Looks for `text`; nothing where it is empty.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let folded = folded(text).into_owned();
        (!folded.is_empty()).then_some(Self { folded })
    }

    /// A `LIKE` pattern, with `\` before what stands for itself, that every text matches which has what is looked for,
    /// where case makes no difference to the letters of ASCII alone. Others match it, too.
    #[must_use]
    pub fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for letter in self.folded.chars().take(LONGEST_PATTERN) {
            match letter {
                // The Kelvin sign is a k in lower case, and İ begins with an i.
                'k' | 'i' => pattern.push('_'),
                '%' | '_' | '\\' => pattern.extend(['\\', letter]),
                letter if letter.is_ascii() => pattern.push(letter),
                // It may be spelled in several ways, or stand in upper case.
                _ if pattern.ends_with('%') && !pattern.ends_with("\\%") => {}
                _ => pattern.push('%'),
            }
        }
        if !pattern.ends_with('%') || pattern.ends_with("\\%") {
            pattern.push('%');
        }
        pattern
    }

    /// Tests if `text` contains it.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        if text.is_ascii() { self.may_be_in(text.as_bytes()) } else { folded(text).contains(&self.folded) }
    }

    /// Tests if a text of these bytes may contain it. The result is exact for ASCII.
    #[must_use]
    pub fn may_be_in(&self, text: &[u8]) -> bool {
        places_of(self.folded.as_bytes(), text).next().is_some() || !text.is_ascii()
    }

    /// Returns the rank of `text`; `None` if it does not contain the term.
    #[must_use]
    pub fn rank(&self, text: &str) -> Option<Rank> {
        // Letters of ASCII fold to one byte each, so that the text need not be folded as a whole.
        if text.is_ascii() { self.best_rank(text) } else { self.best_rank(&folded(text)) }
    }

    /// The best of the places in `text` that have it, those that overlap too. The text is folded but for letters of
    /// ASCII.
    fn best_rank(&self, text: &str) -> Option<Rank> {
        let mut best = None;
        for place in places_of(self.folded.as_bytes(), text.as_bytes()) {
            let rank = match text.get(..place).and_then(|before| before.chars().next_back()) {
                None if text.len() == self.folded.len() => Rank::Exact,
                None => Rank::Prefix,
                Some(before) if !before.is_alphanumeric() => Rank::Word,
                Some(_) => Rank::Inside,
            };
            best = Some(rank);
            if rank != Rank::Inside {
                break;
            }
        }
        best
    }
}

/// A text in which case and spelling make no difference: composed, in lower case letter by letter, and with one sigma.
fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let lower = text.nfc().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter });
    // Lower case may come apart: İ is i and a dot above it.
    Cow::Owned(lower.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::{Needle, Rank};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn rank(needle: &str, text: &str) -> Option<Rank> {
        Needle::new(needle).and_then(|needle| needle.rank(text))
    }

    #[test]
    fn the_better_it_fits_the_better_it_ranks() {
        for (text, wanted) in [
            ("web", Some(Rank::Exact)),
            ("WEB", Some(Rank::Exact)),
            ("web01", Some(Rank::Prefix)),
            ("old-web01", Some(Rank::Word)),
            ("cobweb web", Some(Rank::Word)),
            ("cobweb", Some(Rank::Inside)),
            ("we b", None),
            ("we", None),
            ("", None),
        ] {
            assert_eq!(rank("Web", text), wanted, "{text}");
        }
    }

    #[test]
    fn case_and_spelling_of_any_script_make_no_difference() {
        for (needle, text) in [
            ("БАЗА", "база"),
            ("straße", "STRASSE STRAßE"),
            ("ΟΔΟΣ", "οδος"),
            ("caf\u{e9}", "CAFE\u{301}"),
            ("が", "か\u{3099}"),
            ("k", "\u{212a}"),
            ("İ", "i\u{307}"),
            ("東京", "新東京"),
        ] {
            assert!(rank(needle, text).is_some(), "{needle} in {text}");
            assert!(Needle::new(text).is_some(), "{text}");
        }
        assert_eq!(rank("本番", "東京 本番"), Some(Rank::Word));
        assert_eq!(rank("e", "caf\u{e9}"), None);
        // The second place overlaps with the first, and is the better one.
        for text in ["a***", "a***é"] {
            assert_eq!(rank("**", text), Some(Rank::Word), "{text}");
        }
        assert!(Needle::new("").is_none());
    }

    #[test]
    fn a_pattern_matches_at_least_what_fits() {
        let pattern = |text: &str| Needle::new(text).map(|needle| needle.pattern()).unwrap_or_default();
        assert_eq!(pattern("Web-01"), "%web-01%");
        assert_eq!(pattern("net%_\\"), "%net\\%\\_\\\\%");
        assert_eq!(pattern("kiwi"), "%__w_%");
        assert_eq!(pattern("caf\u{e9} 東京 x"), "%caf% % x%");
        assert_eq!(pattern("100%"), "%100\\%%");
        assert_eq!(pattern("é"), "%");
        assert!(pattern(&"x".repeat(100_000)).len() < 1000);
    }

    proptest! {
        #[test]
        fn what_is_put_into_a_text_is_found(before in "[ -~]{0,9}", needle in "[ -~]{1,5}", after in "[ -~]{0,9}") {
            let text = format!("{before}{needle}{after}");
            prop_assert!(rank(&needle, &text.to_uppercase()).is_some());
            prop_assert_eq!(rank(&needle, &text), rank(&needle, &format!("{text}é")).map(|rank| match rank {
                Rank::Prefix if text.len() == needle.len() => Rank::Exact,
                rank => rank,
            }));
        }

        #[test]
        fn every_text_is_found_in_itself(text in any::<String>()) {
            prop_assert!(text.is_empty() || rank(&text, &text) == Some(Rank::Exact));
        }
    }
}
