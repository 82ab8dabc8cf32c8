//! How wide a text stands on a terminal, and where it can be cut or wrapped.
//!
//! A terminal moves on by whole graphemes: a family of four is one emoji of two columns, a letter with its marks one
//! column. Everything here counts those. Printable ASCII, nearly all of an inventory, is counted by its bytes.

use crate::value::character::is_plain;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands where a text was cut.
pub const ELLIPSIS: &str = "…";

/// The columns that it takes. Control characters must have been escaped before.
#[must_use]
pub fn width(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// As much of `text` as fits into `limit` columns with an ellipsis behind it, and how many columns it takes without.
#[must_use]
pub fn cut(text: &str, limit: usize) -> (&str, usize) {
    let room = limit.saturating_sub(1);
    let mut taken = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        let wide = grapheme.width();
        if taken + wide > room {
            return (text.get(..start).unwrap_or_default(), taken);
        }
        taken += wide;
    }
    (text, taken)
}

/// Hands on `text` in lines of at most `limit` columns, broken behind a blank or a `;` where there is one.
///
/// A grapheme that is wider than a whole line becomes an ellipsis.
pub fn wrap<'text>(text: &'text str, limit: usize, mut line: impl FnMut(&'text str)) {
    let limit = limit.max(1);
    let mut start = 0;
    let mut taken = 0;
    let mut chance: Option<(usize, usize)> = None;
    let piece = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    for (index, grapheme) in text.grapheme_indices(true) {
        let wide = grapheme.width();
        if grapheme == " " && taken + wide > limit {
            line(piece(start, index));
            (start, taken, chance) = (index + grapheme.len(), 0, None);
            continue;
        }
        while taken + wide > limit {
            if let Some((behind, width_behind)) = chance.take() {
                let words = piece(start, behind).trim_end_matches(' ');
                if !words.is_empty() {
                    line(words);
                }
                start = behind;
                taken -= width_behind;
            } else if index > start {
                line(piece(start, index));
                start = index;
                taken = 0;
            } else {
                line(ELLIPSIS);
                start = index + grapheme.len();
                break;
            }
        }
        let behind = index + grapheme.len();
        if start < behind {
            taken += wide;
            if matches!(grapheme, " " | ";") {
                chance = Some((behind, taken));
            }
        }
    }
    if start < text.len() {
        line(piece(start, text.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, width, wrap};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    const FAMILY: &str = "👨‍👩‍👧‍👦";

    fn wrapped(text: &str, limit: usize) -> Vec<&str> {
        let mut lines = Vec::new();
        wrap(text, limit, |line| lines.push(line));
        lines
    }

    #[test]
    fn width_counts_the_columns_of_a_terminal() {
        assert_eq!(width("web01"), 5);
        assert_eq!(width("日本語サーバー"), 14);
        assert_eq!(width(FAMILY), 2);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(width("🇯🇵"), 2);
        assert_eq!(width(""), 0);
    }

    #[test]
    fn cutting_leaves_room_for_the_ellipsis() {
        assert_eq!(cut("web-server", 5), ("web-", 4));
        assert_eq!(cut("日本語", 4), ("日", 2));
        assert_eq!(cut("日本語", 5), ("日本", 4));
        assert_eq!(cut(&format!("{FAMILY}{FAMILY}"), 3), (FAMILY, 2));
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), ("e\u{301}", 1));
        assert_eq!(cut("web", 1), ("", 0));
        assert_eq!(cut("web", 0), ("", 0));
    }

    #[test]
    fn wrapping_breaks_behind_blanks() {
        assert_eq!(wrapped("the front of the shop", 10), ["the front", "of the", "shop"]);
        assert_eq!(wrapped("10.0.0.11;10.0.0.12", 12), ["10.0.0.11;", "10.0.0.12"]);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrapped("日本語サーバー", 5), ["日本", "語サ", "ーバ", "ー"]);
        assert_eq!(wrapped("日a", 1), ["…", "a"]);
        assert_eq!(wrapped("abc def", 3), ["abc", "def"]);
        assert_eq!(wrapped("abc  def", 3), ["abc", "def"]);
        assert_eq!(wrapped("", 5), [""; 0]);
    }

    proptest! {
        #[test]
        fn a_cut_text_fits(text in any::<String>(), limit in 1_usize..12) {
            let (kept, taken) = cut(&text, limit);
            prop_assert_eq!(taken, width(kept));
            prop_assert!(taken < limit);
            prop_assert!(text.starts_with(kept));
        }

        #[test]
        fn every_wrapped_line_fits_and_nothing_but_blanks_is_lost(text in "[a-c 日;é👨]{0,40}", limit in 2_usize..12) {
            let lines = wrapped(&text, limit);
            for line in &lines {
                prop_assert!(width(line) <= limit, "{:?}", line);
            }
            prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
