//! Characters that cannot be seen for what they are: one table for input (names) and output (terminals).
//!
//! What stands in a name must be what the eye reads, and no stored text may steer a terminal. Both need the same
//! knowledge, so it stands here once. Joiners and selectors that build an emoji are no trouble: taking them out would
//! change what is seen.

use std::fmt;
use unicode_properties::{GeneralCategory, UnicodeEmoji, UnicodeGeneralCategory};

/// Reason for which a character is trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It steers the terminal: C0, DEL or C1.
    Control,
    /// It turns the direction of what follows.
    Bidirectional,
    /// It separates lines or paragraphs.
    Separator,
    /// Nothing is seen of it.
    Invisible,
    /// It picks a variant of the ideograph before it: seen by a reader, yet not to be distinguished in a name.
    Variant,
    /// Unicode has not assigned it.
    Unassigned,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Control => "control character",
            Self::Bidirectional => "bidirectional control character",
            Self::Separator => "line separator",
            Self::Invisible | Self::Variant => "invisible character",
            Self::Unassigned => "unassigned character",
        })
    }
}

/// A character that is trouble, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The byte at which it begins.
    pub start: usize,
    /// The character.
    pub character: char,
    /// Trouble with it.
    pub trouble: Trouble,
}

/// Tests if `text` has only letters, digits, marks and blanks of ASCII, none of which is trouble.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Tests if `text` is plain and no output format escapes or quotes it: without `"` and `\\`, which JSON escapes (RFC
/// 8259, section 7), and without the comma, for which CSV quotes a field (RFC 4180).
#[must_use]
pub fn is_bare(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(last) = bytes.last_chunk() else {
        let mut word = [b' '; 8];
        word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        return are_bare(word);
    };
    bytes.as_chunks().0.iter().all(|word| are_bare(*word)) && are_bare(*last)
}

/// Tests if eight bytes are bare, all at once, each in a digit of its own: a digit that borrows, carries or has it
/// already has its upper bit set then.
fn are_bare(bytes: [u8; 8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const UPPER: u64 = ONES << 7;
    let word = u64::from_ne_bytes(bytes);
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let above = word.wrapping_add(ONES) | word;
    (below(word, u64::from(b' ')) | above | is(b'"') | is(b'\\') | is(b',')) & UPPER == 0
}

/// Every character of `text` that is trouble where it stands, in order.
pub fn troubles(text: &str) -> impl Iterator<Item = Finding> {
    let mut before = Before::Other;
    let mut rest = text.char_indices();
    std::iter::from_fn(move || {
        loop {
            let (start, character) = rest.next()?;
            let found = trouble(before, character, rest.as_str());
            before = before.then(character);
            if let Some(trouble) = found {
                return Some(Finding { start, character, trouble });
            }
        }
    })
}

/// Kind of the character before a joiner or a selector.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An emoji that a selector or a joiner may follow.
    Emoji,
    /// An emoji with its selector or skin tone: a joiner may follow.
    Dressed,
    /// A digit, `#` or `*`, which a keycap may enclose.
    Key,
    /// A Han ideograph.
    Ideograph,
    /// Anything else.
    Other,
}

impl Before {
    fn then(self, character: char) -> Self {
        match character {
            SELECTOR | '\u{1f3fb}'..='\u{1f3ff}' if self == Self::Emoji => Self::Dressed,
            '0'..='9' | '#' | '*' => Self::Key,
            '\u{0}'..='\u{7f}' => Self::Other,
            character if is_ideograph(character) => Self::Ideograph,
            character if is_picture(character) => Self::Emoji,
            _ => Self::Other,
        }
    }
}

const JOINER: char = '\u{200d}';
const SELECTOR: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

fn trouble(before: Before, character: char, rest: &str) -> Option<Trouble> {
    match character {
        ' '..='~' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' => None,
        SELECTOR if before == Before::Emoji || (before == Before::Key && rest.starts_with(KEYCAP)) => None,
        JOINER if matches!(before, Before::Emoji | Before::Dressed) && rest.starts_with(is_picture) => None,
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' if before == Before::Ideograph => Some(Trouble::Variant),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some(Trouble::Bidirectional)
        }
        '\u{2028}' | '\u{2029}' => Some(Trouble::Separator),
        character if character.is_control() => Some(Trouble::Control),
        character if is_invisible(character) => Some(Trouble::Invisible),
        character if character.general_category() == GeneralCategory::Unassigned => Some(Trouble::Unassigned),
        _ => None,
    }
}

/// Tests if a character is invisible: Unicode's `Default_Ignorable_Code_Point`, the format characters (without
/// those that print a mark around a number, as Arabic has), and four more whose glyph is empty.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{16fe4}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Tests if a character is an emoji by itself: no digit, no half of a flag, no skin tone.
fn is_picture(character: char) -> bool {
    !character.is_ascii()
        && !matches!(character, '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}')
        && character.is_emoji_char()
}

const fn is_ideograph(character: char) -> bool {
    matches!(
        character,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
mod tests {
    use super::{Trouble, is_bare, is_invisible, is_plain, troubles};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

    fn first(text: &str) -> Option<(usize, Trouble)> {
        troubles(text).next().map(|finding| (finding.start, finding.trouble))
    }

    #[test]
    fn tabs_escapes_and_other_scripts_are_not_plain() {
        assert!(is_plain("web01 ~"));
        for text in ["\t", "\x1b", "\x7f", "é"] {
            assert!(!is_plain(text), "{text:?}");
        }
    }

    #[test]
    fn what_json_escapes_and_csv_quotes_is_not_bare() {
        let rules = csv_core::Writer::new();
        for byte in '\0'..='\u{ff}' {
            // Wherever it stands, in texts of every length around eight.
            for (before, after) in (0..12).flat_map(|before| (0..12).map(move |after| (before, after))) {
                let text = format!("{}{byte}{}", "~".repeat(before), " ".repeat(after));
                let stands = serde_json::to_string(&text).is_ok_and(|quoted| quoted == format!("\"{text}\""))
                    && !rules.should_quote(text.as_bytes());
                assert_eq!(is_bare(&text), stands && is_plain(&text), "{text:?}");
            }
        }
        assert!(is_bare(""));
    }

    #[test]
    fn every_format_character_is_invisible_unless_it_prints_a_mark() {
        let prints = |c: char| matches!(c, '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{110bd}' | '\u{110cd}');
        for character in '\u{0}'..=char::MAX {
            if character.general_category() == GeneralCategory::Format {
                assert_ne!(is_invisible(character), prints(character), "U+{:04X}", character as u32);
            }
        }
    }

    #[test]
    fn emoji_are_no_trouble() {
        for emoji in [
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥",
            "👩🏽\u{200d}🚀",
            "👨\u{200d}🦰",
            "🏴\u{200d}☠\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "🇯🇵",
            "⚡\u{fe0f}",
        ] {
            assert_eq!(first(emoji), None, "{emoji}");
        }
    }

    #[test]
    fn joiners_and_selectors_elsewhere_are_invisible() {
        for text in
            ["a\u{200d}b", "web1\u{fe0f}", "🔥\u{200d}", "🔥\u{200d}a", "a\u{fe0f}", "🔥\u{fe0f}\u{fe0f}", "🔥\u{fe0e}"]
        {
            assert_eq!(first(text).map(|found| found.1), Some(Trouble::Invisible), "{text:?}");
        }
        assert_eq!(first("葛\u{e0100}"), Some((3, Trouble::Variant)));
    }

    #[test]
    fn each_kind_is_told_with_its_place() {
        assert_eq!(first("a\u{1b}"), Some((1, Trouble::Control)));
        assert_eq!(first("é\u{9b}"), Some((2, Trouble::Control)));
        assert_eq!(first("ab\u{202e}"), Some((2, Trouble::Bidirectional)));
        assert_eq!(first("\u{2028}"), Some((0, Trouble::Separator)));
        assert_eq!(first("a\u{ad}"), Some((1, Trouble::Invisible)));
        assert_eq!(first("\u{e0041}"), Some((0, Trouble::Invisible)));
        assert_eq!(first("\u{ffff}"), Some((0, Trouble::Unassigned)));
        assert_eq!(first("\u{378}"), Some((0, Trouble::Unassigned)));
    }

    proptest! {
        #[test]
        fn a_place_is_where_the_character_stands(text in any::<String>()) {
            for finding in troubles(&text) {
                prop_assert!(text[finding.start..].starts_with(finding.character));
            }
        }

        #[test]
        fn no_letter_or_number_is_trouble(character in any::<char>()) {
            if character.is_alphanumeric() && !is_invisible(character) {
                prop_assert_eq!(troubles(&character.to_string()).count(), 0);
            }
        }
    }
}
