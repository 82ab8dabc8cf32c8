//! Share of a whole in a table: per cent, or a ratio of more than 1:1, followed by a bar on a terminal.

use crate::output::row::{Cell, Row};
use crate::value::decimal::Decimal;
use crate::value::ratio::{Allotment, UNSET_CPU, part_text};

/// Per cent from which a bar warns, by default.
pub const WARNS_FROM: u32 = 80;
/// Width of a bar in columns.
const WIDTH: usize = 10;
/// Last character of a bar, by its full eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A share of a whole, 1 for all of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Share {
    /// Shown per cent.
    Percent(f64),
    /// Shown as a ratio: virtual CPUs for each CPU, of a pool without a limit of its own.
    Ratio(f64),
}

/// Urgency of a share, which sets its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// There is room.
    Low,
    /// It is near its limit, or beyond a limit that is only the default.
    Warning,
    /// It is beyond its limit.
    Beyond,
}

impl Share {
    /// Returns the share of a cell; none of a cell that is no number is allocated.
    #[must_use]
    pub fn of(cell: Cell<'_>) -> Self {
        let number = |text| Decimal::parse(text).unwrap_or_default().approximate();
        match cell {
            Cell::Ratio(text) => Self::Ratio(number(text)),
            cell => Self::Percent(number(cell.plain().unwrap_or_default())),
        }
    }

    /// Returns the allocated share of virtual CPUs: a ratio if there are more than CPUs, and no ratio is set.
    #[must_use]
    pub fn of_cpus(allotment: &Allotment) -> Option<Self> {
        allotment.part().map(if allotment.exceeds_unset() { Self::Ratio } else { Self::Percent })
    }

    /// Returns the allocated share of memory or disk space.
    #[must_use]
    pub fn of_bytes(allotment: &Allotment) -> Option<Self> {
        allotment.part().map(Self::Percent)
    }

    /// Adds it to a row.
    pub fn push(self, row: &mut Row) {
        match self {
            Self::Percent(part) => row.number(&part_text(part)),
            Self::Ratio(part) => row.ratio(&part_text(part)),
        }
    }

    /// Returns the share as a number, 1 for the whole.
    #[must_use]
    pub const fn part(self) -> f64 {
        match self {
            Self::Percent(part) | Self::Ratio(part) => part,
        }
    }

    /// Returns its text, followed by a bar if `bar` is true, so that a narrow terminal cuts the bar.
    #[must_use]
    pub fn text(self, bar: bool) -> String {
        let text = match self {
            Self::Percent(part) => format!("{:.1}%", part * 100.0),
            Self::Ratio(part) => format!("{part:.1}:1"),
        };
        if bar { format!("{text:>6} {}", self::bar(self.part(), WIDTH)) } else { text }
    }

    /// Returns true if it is a ratio beyond the default, which warns.
    #[must_use]
    pub fn is_beyond_default(self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let limit = UNSET_CPU as f64;
        matches!(self, Self::Ratio(part) if part > limit)
    }

    /// Returns the urgency: a warning from `limit` per cent, or above the default ratio.
    #[must_use]
    pub fn urgency(self, limit: u32) -> Urgency {
        match self {
            Self::Ratio(_) if self.is_beyond_default() => Urgency::Warning,
            Self::Percent(part) if part > 1.0 => Urgency::Beyond,
            Self::Percent(part) if part * 100.0 >= f64::from(limit) => Urgency::Warning,
            Self::Ratio(_) | Self::Percent(_) => Urgency::Low,
        }
    }

    /// Returns the colour: green, yellow for a warning, red beyond the limit.
    #[must_use]
    pub fn color(self, limit: u32) -> &'static str {
        match self.urgency(limit) {
            Urgency::Low => "32",
            Urgency::Warning => "33",
            Urgency::Beyond => "31",
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
    use crate::output::row::Cell;

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
        let share = |text| Share::of(Cell::Number(text));
        assert_eq!(share("0.725").text(false), "72.5%");
        assert_eq!(share("1.5").text(true), "150.0% ██████████");
        assert_eq!(share("0.79").color(80), "32");
        assert_eq!(share("0.8").color(80), "33");
        assert_eq!(share("1").color(80), "33");
        assert_eq!(share("1.0001").color(80), "31");
    }

    #[test]
    fn a_ratio_is_shown_as_one_and_warns_above_eight_to_one_alone() {
        let share = |text| Share::of(Cell::Ratio(text));
        assert_eq!(share("4.8732").text(false), "4.9:1");
        assert_eq!(share("4.8732").text(true), " 4.9:1 ██████████");
        assert_eq!(share("8").color(80), "32");
        assert_eq!(share("8.0001").color(80), "33");
    }
}
