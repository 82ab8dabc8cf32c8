//! Text as it may reach a terminal: nothing in it steers the terminal or hides from the eye.

use super::character::{Trouble, is_plain, troubles};
use std::borrow::Cow;
use std::fmt::Write as _;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Largest width of a text in a message, in columns.
const COLUMNS: usize = 80;
/// Number of characters that are measured for these columns: some have no width.
const CHARACTERS: usize = 4 * COLUMNS;

/// Returns the text with control characters as `\x1b`, `\n`, `\u{9b}`, and bidirectional and invisible ones as
/// `\u{202e}`. Everything else stays as it is.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut written = String::new();
    let mut done = 0;
    for finding in troubles(text) {
        if matches!(finding.trouble, Trouble::Unassigned | Trouble::Variant) {
            continue;
        }
        written.push_str(text.get(done..finding.start).unwrap_or_default());
        escape(&mut written, finding.character);
        done = finding.start + finding.character.len_utf8();
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    written.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(written)
}

/// The text as a message quotes it: shown, between double quotes, cut to about 80 columns with `…`.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", brief(text))
}

/// The text shown, and cut to about 80 columns with `…`.
#[must_use]
pub fn brief(text: &str) -> String {
    let end = text.char_indices().nth(CHARACTERS).map_or(text.len(), |(end, _)| end);
    let shown = shown(text.get(..end).unwrap_or_default());
    // A column for each character, as most texts have it.
    if is_plain(&shown) && shown.len() <= COLUMNS && end == text.len() {
        return shown.into_owned();
    }
    let (mut columns, mut length) = (0, 0);
    for cluster in shown.graphemes(true) {
        columns += cluster.width();
        if columns > COLUMNS {
            break;
        }
        length += cluster.len();
    }
    let cut = if length < shown.len() || end < text.len() { "…" } else { "" };
    format!("{}{cut}", shown.get(..length).unwrap_or_default())
}

fn escape(written: &mut String, character: char) {
    match character {
        '\n' => written.push_str("\\n"),
        '\r' => written.push_str("\\r"),
        '\t' => written.push_str("\\t"),
        // Writing to a `String` cannot fail.
        '\u{0}'..='\u{7f}' => drop(write!(written, "\\x{:02x}", u32::from(character))),
        _ => drop(write!(written, "\\u{{{:x}}}", u32::from(character))),
    }
}

#[cfg(test)]
mod tests {
    use super::{quoted, shown};
    use crate::value::character::{Trouble, troubles};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use std::borrow::Cow;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(shown("\u{1b}[31mred\u{7}\0\u{7f}"), "\\x1b[31mred\\x07\\x00\\x7f");
        assert_eq!(shown("a\tb\r\nc"), "a\\tb\\r\\nc");
        assert_eq!(shown("\u{9b}2J"), "\\u{9b}2J");
    }

    #[test]
    fn what_turns_or_hides_is_written_out() {
        assert_eq!(shown("a\u{202e}b\u{200b}c\u{feff}\u{2028}"), "a\\u{202e}b\\u{200b}c\\u{feff}\\u{2028}");
    }

    #[test]
    fn what_can_be_seen_stays() {
        for text in ["", "web01", "東京／本番", "👨\u{200d}👩\u{200d}👧", "葛\u{e0100}飾区", "naïve\u{301}", "\\x1b"]
        {
            assert!(matches!(shown(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(quoted("web"), "\"web\"");
        assert_eq!(quoted(&"x".repeat(80)), format!("\"{}\"", "x".repeat(80)));
        assert_eq!(quoted(&"x".repeat(81)), format!("\"{}…\"", "x".repeat(80)));
        assert_eq!(quoted(&"東".repeat(50)), format!("\"{}…\"", "東".repeat(40)));
        assert!(quoted(&format!("a{}", "\u{301}".repeat(100_000))).len() < 1000);
    }

    proptest! {
        #[test]
        fn nothing_shown_steers_or_hides(text in any::<String>()) {
            let left = troubles(&shown(&text)).find(|found| !matches!(found.trouble, Trouble::Unassigned | Trouble::Variant));
            prop_assert_eq!(left, None);
            prop_assert!(!shown(&text).chars().any(char::is_control));
        }

        #[test]
        fn hidden_characters_never_pass(text in "[a\u{1b}\u{200d}\u{fe0f}\u{202e}\u{301}🔥❤1\u{20e3}🏽]{0,12}") {
            let left = troubles(&shown(&text)).find(|found| found.trouble != Trouble::Variant);
            prop_assert_eq!(left, None);
        }

        #[test]
        fn a_quote_fits_its_columns(text in any::<String>()) {
            prop_assert!(quoted(&text).width() <= 83);
        }
    }
}
