//! Share of a whole in a table: per cent, followed by a bar on a terminal.

use crate::value::decimal::Decimal;

/// Width of a bar in columns.
const WIDTH: usize = 10;
/// Last character of a bar, by its full eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A share of a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

impl Share {
    /// Parses a share from a number, 1 for the whole.
    #[must_use]
    pub fn of(number: &str) -> Self {
        Self(Decimal::parse(number).unwrap_or_default().approximate())
    }

    /// Returns the share in per cent, followed by a bar if `bar` is true, so that a narrow terminal cuts the bar.
    #[must_use]
    pub fn text(self, bar: bool) -> String {
        let percent = format!("{:.1}%", self.0 * 100.0);
        if bar { format!("{percent:>6} {}", self::bar(self.0, WIDTH)) } else { percent }
    }

    /// Returns the colour: green, yellow from `limit` per cent, red above 100 per cent.
    #[must_use]
    pub fn color(self, limit: u32) -> &'static str {
        if self.0 > 1.0 {
            "31"
        } else if self.0 * 100.0 >= f64::from(limit) {
            "33"
        } else {
            "32"
        }
    }
}

/// Draws a bar of `width` columns that is full to `share` of it.
#[must_use]
pub fn bar(share: f64, width: usize) -> String {
    let eighths = filled(share, width);
    let (full, part) = (eighths / 8, eighths % 8);
    let tip = EIGHTHS.get(part).copied().unwrap_or_default();
    let rest = width - full - usize::from(part > 0);
    format!("{}{tip}{}", "█".repeat(full), "░".repeat(rest))
}

/// Returns the number of eighths of a column that are full.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a bar has a few dozen columns"
)]
fn filled(share: f64, width: usize) -> usize {
    (share.clamp(0.0, 1.0) * (width * 8) as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::{Share, bar};
    use crate::output::measure;

    #[test]
    fn a_bar_is_as_wide_as_it_should_be_and_full_to_its_share() {
        for (share, drawn) in
            [(0.0, "░░░░"), (0.25, "█░░░"), (0.5, "██░░"), (0.53125, "██▏░"), (1.0, "████"), (2.5, "████")]
        {
            assert_eq!(bar(share, 4), drawn);
            assert_eq!(measure::width(drawn), 4);
        }
    }

    #[test]
    fn a_share_is_shown_in_per_cent_and_warns_from_its_limit_on() {
        assert_eq!(Share::of("0.725").text(false), "72.5%");
        assert_eq!(Share::of("1.5").text(true), "150.0% ██████████");
        assert_eq!(Share::of("0.79").color(80), "32");
        assert_eq!(Share::of("0.8").color(80), "33");
        assert_eq!(Share::of("1").color(80), "33");
        assert_eq!(Share::of("1.0001").color(80), "31");
    }
}
