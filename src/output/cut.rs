//! Shortening of a cell where a terminal has no room for it.
//!
//! A name, an address, a status, a time or a number that is cut is a wrong one, so these are never cut. What a column
//! loses is said by its [`Cut`].

use crate::output::measure::{self, ELLIPSIS};
use std::borrow::Cow;

/// Least width of a long text, in columns.
const TEXT: usize = 8;
/// Least width of a value of several words: a quantity, an IPv4 address with its VLAN.
const VALUE: usize = 16;
/// Largest width of a value of one word that is never cut: the longest IPv6 address has 39.
const WORD: usize = 40;

/// Part of a cell that a table may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cut {
    /// None: names, addresses, statuses, times, numbers.
    #[default]
    Nothing,
    /// The end of a long text.
    End,
    /// The end of a value of any kind, unless it is one word: that may be a name or an address.
    EndOfText,
    /// The front of a path: `…/Cluster1`. Its last name stays.
    Front,
    /// The last items of a list: `10.0.0.11;…`. The first stays.
    Items,
    /// The bar behind a percentage.
    Bar,
}

impl Cut {
    /// Returns the smallest width to which `text`, `width` columns wide, can be shortened.
    #[must_use]
    pub fn least(self, text: &str, width: usize) -> usize {
        match self.of_value(text, width) {
            Self::Nothing => width,
            Self::End => width.min(TEXT),
            Self::EndOfText => width.min(VALUE),
            cut @ (Self::Front | Self::Items | Self::Bar) => measure::width(&cut.shortened(text, 0)).min(width),
        }
    }

    /// Returns what a value of any kind can lose: a word nothing, a path of one word its front.
    fn of_value(self, text: &str, width: usize) -> Self {
        match self {
            Self::EndOfText if text.contains(char::is_whitespace) => self,
            Self::EndOfText if width <= WORD => Self::Nothing,
            Self::EndOfText if text.contains('/') => Self::Front,
            _ => self,
        }
    }

    /// Returns `text` in at most `limit` columns, or as short as it can be.
    #[must_use]
    pub fn shortened(self, text: &str, limit: usize) -> Cow<'_, str> {
        let width = measure::width(text);
        if width <= limit {
            return text.into();
        }
        match self.of_value(text, width) {
            Self::Nothing => text.into(),
            Self::End | Self::EndOfText => {
                let limit = limit.max(self.least(text, width));
                if width <= limit { text.into() } else { format!("{}{ELLIPSIS}", measure::cut(text, limit).0).into() }
            }
            Self::Front => end_of_path(text, limit),
            Self::Items => first_items(text, limit),
            Self::Bar => text.trim_start().split(' ').next().unwrap_or(text).into(),
        }
    }
}

/// Returns the longest end of a path, from a `/` on, that fits with an ellipsis before it; at least its last name.
fn end_of_path(path: &str, limit: usize) -> Cow<'_, str> {
    let mut end: Option<&str> = None;
    let (mut behind, mut width) = (path.len(), ELLIPSIS.chars().count());
    for (slash, _) in path.rmatch_indices('/') {
        width += measure::width(path.get(slash..behind).unwrap_or_default());
        if end.is_some() && width > limit {
            break;
        }
        end = path.get(slash..);
        behind = slash;
    }
    match end {
        // In place of what is no wider, an ellipsis is no gain.
        Some(end) if measure::width(path.strip_suffix(end).unwrap_or_default()) > 1 => {
            format!("{ELLIPSIS}{end}").into()
        }
        _ => path.into(),
    }
}

/// Returns the items of a joined list that fit with an ellipsis behind them; at least the first.
fn first_items(list: &str, limit: usize) -> Cow<'_, str> {
    let mut fitting: Option<&str> = None;
    let (mut is_quoted, mut from, mut width) = (false, 0, ELLIPSIS.chars().count());
    for (place, sign) in list.match_indices(['"', ';']) {
        if sign == "\"" {
            is_quoted = !is_quoted;
        } else if !is_quoted {
            let behind = place + sign.len();
            width += measure::width(list.get(from..behind).unwrap_or_default());
            if fitting.is_some() && width > limit {
                break;
            }
            fitting = list.get(..behind);
            from = behind;
        }
    }
    match fitting {
        // In place of what is no wider, an ellipsis is no gain.
        Some(items) if measure::width(list.strip_prefix(items).unwrap_or_default()) > 1 => {
            format!("{items}{ELLIPSIS}").into()
        }
        _ => list.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::Cut;
    use crate::output::measure;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn a_path_loses_its_front_and_keeps_its_last_name() {
        let path = "vSphere/Datacenter1/Cluster1";
        assert_eq!(Cut::Front.least(path, 28), "…/Cluster1".chars().count());
        assert_eq!(Cut::Front.shortened(path, 28), path);
        assert_eq!(Cut::Front.shortened(path, 27), "…/Datacenter1/Cluster1");
        assert_eq!(Cut::Front.shortened(path, 21), "…/Cluster1");
        assert_eq!(Cut::Front.shortened(path, 3), "…/Cluster1");
        assert_eq!(Cut::Front.shortened("本番/東京/ウェブ", 9), "…/ウェブ");
        for whole in ["Cluster1", "/boot", "a/b", ""] {
            assert_eq!(Cut::Front.shortened(whole, 0), whole);
            assert_eq!(Cut::Front.least(whole, whole.len()), whole.len());
        }
    }

    #[test]
    fn a_list_loses_whole_items() {
        let list = "10.0.0.11;10.0.0.12;fd00::11";
        assert_eq!(Cut::Items.shortened(list, 27), "10.0.0.11;10.0.0.12;…");
        assert_eq!(Cut::Items.shortened(list, 20), "10.0.0.11;…");
        assert_eq!(Cut::Items.shortened(list, 5), "10.0.0.11;…");
        for whole in ["10.0.0.11", "10.0.0.11;", "a;b"] {
            assert_eq!(Cut::Items.shortened(whole, 0), whole);
        }
        assert_eq!(Cut::Items.shortened("\"a;b\";cd", 3), "\"a;b\";…");
    }

    #[test]
    fn a_long_text_loses_its_end_and_a_word_among_values_nothing() {
        assert_eq!(Cut::End.shortened("the front of the shop", 10), "the front…");
        assert_eq!(Cut::End.shortened("the front of the shop", 2), "the fro…");
        assert_eq!(Cut::EndOfText.shortened("the front of the shop", 2), "the front of th…");
        assert_eq!(Cut::EndOfText.shortened("4194304 MiB", 2), "4194304 MiB");
        assert_eq!(Cut::EndOfText.shortened("2001:db8:1234:5678:9abc:def0:1234:5678", 2).len(), 38);
        assert_eq!(Cut::EndOfText.shortened(&"x".repeat(41), 2), format!("{}…", "x".repeat(15)));
        let path = "社内クラウド/東京第一データセンター/本番クラスタ";
        assert_eq!(Cut::EndOfText.shortened(path, 20), "…/本番クラスタ");
    }

    #[test]
    fn a_share_loses_its_bar() {
        assert_eq!(Cut::Bar.shortened("  93.4% █████████▍", 10), "93.4%");
        assert_eq!(Cut::Bar.least("  93.4% █████████▍", 18), 5);
    }

    proptest! {
        #[test]
        fn what_is_shortened_fits_or_is_as_short_as_it_can_be(text in any::<String>(), limit in 0_usize..40) {
            let width = measure::width(&text);
            for cut in [Cut::Nothing, Cut::End, Cut::EndOfText, Cut::Front, Cut::Items] {
                let short = cut.shortened(&text, limit);
                prop_assert!(measure::width(&short) <= limit.max(cut.least(&text, width)), "{:?} {:?}", cut, short);
                prop_assert_eq!(cut.shortened(&text, width), text.as_str());
            }
        }
    }
}
