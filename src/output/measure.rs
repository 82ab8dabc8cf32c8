//! Width of a text on a terminal; cutting and wrapping.
//!
//! A terminal advances by graphemes: a family of four is one emoji of two columns, a letter with its marks one column.
//! Widths are equal to those of comfy-table. For printable ASCII, nearly all of an inventory, the width is the length
//! in bytes.

use crate::value::character::is_plain;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Marks the place where a text was cut.
pub const ELLIPSIS: &str = "…";

/// Returns the width of a text in columns. Control characters must be escaped before.
#[must_use]
pub fn width(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.width() }
}

/// Returns the beginning of `text` that fits into `limit` columns with an ellipsis after it, and its width without it.
#[must_use]
pub fn cut(text: &str, limit: usize) -> (&str, usize) {
    let room = limit.saturating_sub(1);
    let mut used = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        let wide = grapheme.width();
        if used + wide > room {
            return (text.get(..start).unwrap_or_default(), used);
        }
        used += wide;
    }
    (text, used)
}

/// Returns `text` in lines of at most `limit` columns, broken after a blank or a `;` if possible.
///
/// A grapheme that is wider than a whole line becomes an ellipsis.
#[must_use]
pub fn wrap(text: &str, limit: usize) -> Vec<&str> {
    let limit = limit.max(1);
    let mut lines = Vec::new();
    let (mut start, mut used) = (0, 0);
    let mut chance: Option<(usize, usize)> = None;
    let piece = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    for (index, grapheme) in text.grapheme_indices(true) {
        let wide = grapheme.width();
        if grapheme == " " && used + wide > limit {
            lines.push(piece(start, index));
            (start, used, chance) = (index + grapheme.len(), 0, None);
            continue;
        }
        while used + wide > limit {
            if let Some((behind, width_behind)) = chance.take() {
                let words = piece(start, behind).trim_end_matches(' ');
                if !words.is_empty() {
                    lines.push(words);
                }
                start = behind;
                used -= width_behind;
            } else if index > start {
                lines.push(piece(start, index));
                (start, used) = (index, 0);
            } else {
                lines.push(ELLIPSIS);
                start = index + grapheme.len();
                break;
            }
        }
        let behind = index + grapheme.len();
        if start < behind {
            used += wide;
            if matches!(grapheme, " " | ";") {
                chance = Some((behind, used));
            }
        }
    }
    if start < text.len() {
        lines.push(piece(start, text.len()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{cut, width, wrap};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    const FAMILY: &str = "👨‍👩‍👧‍👦";

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
        assert_eq!(wrap("the front of the shop", 10), ["the front", "of the", "shop"]);
        assert_eq!(wrap("10.0.0.11;10.0.0.12", 12), ["10.0.0.11;", "10.0.0.12"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("日本語サーバー", 5), ["日本", "語サ", "ーバ", "ー"]);
        assert_eq!(wrap("日a", 1), ["…", "a"]);
        assert_eq!(wrap("abc def", 3), ["abc", "def"]);
        assert_eq!(wrap("abc  def", 3), ["abc", "def"]);
        assert_eq!(wrap("", 5), [""; 0]);
    }

    proptest! {
        #[test]
        fn a_cut_text_fits(text in any::<String>(), limit in 1_usize..12) {
            let (beginning, used) = cut(&text, limit);
            prop_assert!(used >= width(beginning));
            prop_assert!(used < limit);
            prop_assert!(text.starts_with(beginning));
        }

        #[test]
        fn every_wrapped_line_fits_and_nothing_but_blanks_is_lost(text in "[a-c 日;é👨]{0,40}", limit in 2_usize..12) {
            let lines = wrap(&text, limit);
            for line in &lines {
                prop_assert!(width(line) <= limit, "{:?}", line);
            }
            prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
