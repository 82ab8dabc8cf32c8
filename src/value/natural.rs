//! Natural order: `web2` before `web10`, in every list and export.
//!
//! A total order that agrees with equality, so that sorted exports are the same bytes each time: texts are compared as
//! a sequence of numbers and letters in any case; only where that finds no difference, character by character.

use std::cmp::Ordering;

/// Compares two texts in natural order.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    let (mut ours, mut theirs) = (Tokens::new(left), Tokens::new(right));
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return left.cmp(right),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(our), Some(their)) => match our.compare(&their) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

/// A run of digits without its leading zeros, or one lower-case character.
enum Token<'text> {
    Number(&'text str),
    Letter(char),
}

impl Token<'_> {
    /// A number stands where its digits stand among the characters.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Letter(left), Self::Letter(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.len().cmp(&right.len()).then_with(|| left.cmp(right)),
            (Self::Number(_), Self::Letter(right)) => '0'.cmp(right),
            (Self::Letter(left), Self::Number(_)) => left.cmp(&'0'),
        }
    }
}

struct Tokens<'text> {
    rest: &'text str,
    /// Rest of a character whose lower case is several characters.
    pending: Option<std::char::ToLowercase>,
}

impl<'text> Tokens<'text> {
    const fn new(text: &'text str) -> Self {
        Self { rest: text, pending: None }
    }
}

impl<'text> Iterator for Tokens<'text> {
    type Item = Token<'text>;

    fn next(&mut self) -> Option<Token<'text>> {
        if let Some(letter) = self.pending.as_mut().and_then(Iterator::next) {
            return Some(Token::Letter(letter));
        }
        let mut characters = self.rest.chars();
        let character = characters.next()?;
        if character.is_ascii_digit() {
            let after = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let digits = self.rest.strip_suffix(after).unwrap_or_default();
            self.rest = after;
            return Some(Token::Number(digits.trim_start_matches('0')));
        }
        self.rest = characters.as_str();
        if character.is_ascii() {
            return Some(Token::Letter(character.to_ascii_lowercase()));
        }
        let mut lower = character.to_lowercase();
        let first = lower.next();
        self.pending = Some(lower);
        first.map(Token::Letter)
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use std::cmp::Ordering;

    fn assert_ordered(texts: &[&str]) {
        for (place, left) in texts.iter().enumerate() {
            for (other, right) in texts.iter().enumerate() {
                assert_eq!(compare(left, right), place.cmp(&other), "{left:?} and {right:?}");
            }
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert_ordered(&["", "web", "web1", "web2", "web10", "web10a", "web10b", "web11", "webserver"]);
        assert_ordered(&["a-1-2", "a-1-10", "a-2-1", "a1", "a1-1", "b0"]);
        assert_ordered(&[
            "9",
            "10",
            "99999999999999999999999999999999999998",
            "99999999999999999999999999999999999999",
        ]);
    }

    #[test]
    fn leading_zeros_decide_only_between_equals() {
        assert_ordered(&["a0", "a00", "a001", "a01", "a1", "a002"]);
        assert_ordered(&["a01b1", "a1b1", "a01b2", "a1b2"]);
    }

    #[test]
    fn case_decides_only_between_equals() {
        assert_ordered(&["Alpha", "alpha", "Beta", "beta", "ÉCLAIR", "éclair"]);
        assert_ordered(&["WEB2", "web2", "WEB10", "web10"]);
    }

    proptest! {
        #[test]
        fn agrees_with_equality_and_its_mirror(left in "[aAbB0-2İ ]{0,6}", right in "[aAbB0-2İ ]{0,6}") {
            prop_assert_eq!(compare(&left, &right) == Ordering::Equal, left == right);
            prop_assert_eq!(compare(&left, &right), compare(&right, &left).reverse());
        }

        #[test]
        fn is_transitive(mut texts in proptest::array::uniform3("[aA0-2é\u{130}x ]{0,6}")) {
            texts.sort_by(|left, right| compare(left, right));
            prop_assert!(compare(&texts[0], &texts[1]) != Ordering::Greater);
            prop_assert!(compare(&texts[1], &texts[2]) != Ordering::Greater);
            prop_assert!(compare(&texts[0], &texts[2]) != Ordering::Greater);
        }

        #[test]
        fn is_total_on_any_text(left in any::<String>(), right in any::<String>()) {
            prop_assert_eq!(compare(&left, &right), compare(&right, &left).reverse());
        }

        #[test]
        fn orders_numbers_by_size(left in any::<u64>(), right in any::<u64>()) {
            prop_assert_eq!(compare(&format!("web{left}"), &format!("web{right}")), left.cmp(&right));
        }
    }
}
