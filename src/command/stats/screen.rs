//! The estate on one screen of 80 columns and 24 lines, or as wide as the terminal.
//!
//! Names and numbers are whole. Blocks that do not fit beside each other stand one below the other.

use super::{TOP, top_pools};
use crate::command::capacity::Resource;
use crate::command::estate::{Estate, head};
use crate::command::pools::{allotment_text, brief, grouped, share};
use crate::output::bar::{Share, WARNS_FROM, bar};
use crate::output::cut::Cut;
use crate::output::{measure, tint};
use crate::value::shown::shown;
use std::borrow::Cow;

/// Largest number of lines, unless names need more.
const LINES: usize = 24;
/// Columns between two blocks, and between two columns of a block.
const BETWEEN: usize = 3;
const GAP: usize = 2;
/// Largest widths of bars in columns, and the least one that is drawn.
const CAPACITY_BAR: usize = 24;
const STATUS_BAR: usize = 12;
const LEAST_BAR: usize = 4;
/// Width of the names of resources, in columns.
const RESOURCE: usize = 8;
/// Lines of the chart of growth above its axis, the fewest of them, and its number of months.
const TALL: usize = 5;
const LEAST_TALL: usize = 2;
const MONTHS: usize = 12;
/// Columns of a month.
const MONTH: usize = 2;
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const GROWTH: &str = "new VMs by month";

/// Estate with the width and the colours that it is drawn in.
pub(super) struct Screen<'e> {
    pub(super) estate: &'e Estate,
    /// Width in columns.
    pub(super) width: usize,
    pub(super) color: bool,
}

/// A line of a block: what it is about, and its numbers, which are at the right.
struct Line {
    name: String,
    numbers: Vec<Painted>,
}

/// A text with its colour.
struct Painted {
    text: String,
    color: Option<&'static str>,
}

impl Painted {
    fn plain(text: String) -> Self {
        Self { text, color: None }
    }
}

impl Screen<'_> {
    /// Returns the screen.
    pub(super) fn text(&self) -> String {
        let mut lines = self.counts();
        lines.push(String::new());
        lines.extend(self.capacities());
        lines.push(String::new());
        lines.extend(self.pools_and_statuses());
        lines.push(String::new());
        lines.extend(self.systems_and_growth(LINES.saturating_sub(lines.len())));
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines.join("\n") + "\n"
    }

    fn counts(&self) -> Vec<String> {
        let counted = self.estate.counts.iter().filter(|(_, count)| *count > 0).map(|(entity, count)| {
            let label = if *count == 1 { entity.labels.0 } else { entity.labels.1 };
            // A line does not end between a number and its noun.
            format!("{} {label}", grouped(&count.to_string())).replace(' ', "\u{a0}")
        });
        let text = counted.collect::<Vec<String>>().join(" · ");
        let lines = measure::wrap(&text, self.width).into_iter();
        lines.map(|line| line.trim_end_matches([' ', '·']).replace('\u{a0}', " ")).collect()
    }

    fn capacities(&self) -> Vec<String> {
        let rows = Resource::ALL.map(|resource| (resource, self.estate.room.get(resource)));
        let texts = rows.map(|(resource, allotment)| {
            if let Some(allotment) = allotment {
                let share = share(resource, &allotment).unwrap_or(Share::Percent(0.0));
                let percent = if matches!(share, Share::Ratio(_)) { String::new() } else { share.text(false) };
                return (Some(share), format!(" {percent:>6}  {}", allotment_text(resource, &allotment, "")));
            }
            let allocated = brief(resource, self.estate.used.allocated(resource));
            (None, format!("{allocated} allocated; no {} capacity set on any pool", resource.name()))
        });
        let texts_with_bars = texts.iter().filter(|(share, _)| share.is_some());
        let widest = texts_with_bars.map(|(_, text)| measure::width(text)).max().unwrap_or(0);
        let bars = self.width.saturating_sub(RESOURCE + widest).min(CAPACITY_BAR);
        let line = |(resource, (share, text)): (Resource, (Option<Share>, String))| {
            let name = padded(resource.name(), RESOURCE);
            match share {
                Some(share) if bars >= LEAST_BAR => {
                    let drawn = self.painted(&bar(share.part(), bars), Some(share.color(WARNS_FROM)));
                    format!("{name}{drawn}{text}")
                }
                _ => wrapped(&format!("{name}{}", text.trim_start()), self.width).join("\n"),
            }
        };
        Resource::ALL.into_iter().zip(texts).map(line).collect()
    }

    /// Returns the largest pools, and beside them or below the VMs by status.
    fn pools_and_statuses(&self) -> Vec<String> {
        let statuses = self.titled("status", self.status_lines());
        let pools: Vec<Line> = top_pools(self.estate).into_iter().map(pool_line).collect();
        let free = self.width.saturating_sub(widest(&statuses) + BETWEEN);
        let beside = self.titled("top pools, memory", self.block(&pools, Cut::Front, free));
        let is_wrapped = beside.len() > 1 + pools.len();
        if !is_wrapped && widest(&beside) <= free {
            return self.beside(&beside, &statuses);
        }
        let above = self.titled("top pools, memory", self.block(&pools, Cut::Front, self.width));
        above.into_iter().chain([String::new()]).chain(statuses).collect()
    }

    /// Returns the operating systems with the most VMs, and beside them or below the growth; together in `lines` lines, if
    /// that is possible.
    fn systems_and_growth(&self, lines: usize) -> Vec<String> {
        let all: u64 = self.estate.systems.iter().map(|(_, count)| count).sum();
        let line = |(name, count): (String, u64)| Line {
            name: shown(&name).into_owned(),
            numbers: vec![
                Painted::plain(grouped(&count.to_string())),
                Painted::plain(format!("{:.1}%", part(count, all) * 100.0)),
            ],
        };
        let rows: Vec<Line> = head(&self.estate.systems, TOP).into_iter().map(line).collect();
        let systems = self.titled("operating systems", self.block(&rows, Cut::Nothing, self.width));
        let free = self.width.saturating_sub(widest(&systems) + BETWEEN);
        if measure::width(GROWTH) <= free {
            return self.beside(&systems, &self.titled(GROWTH, self.growth_lines(free, TALL)));
        }
        // The title, the axis and an empty line.
        let tall = lines.saturating_sub(systems.len() + 3).clamp(LEAST_TALL, TALL);
        let growth = self.titled(GROWTH, self.growth_lines(self.width, tall));
        systems.into_iter().chain([String::new()]).chain(growth).collect()
    }

    fn status_lines(&self) -> Vec<String> {
        let statuses = &self.estate.statuses;
        let all: u64 = statuses.iter().map(|(_, count)| count).sum();
        let lines = |bars: usize| {
            let line = |(word, count): &(&str, u64)| {
                let drawn = Painted { text: bar(part(*count, all), bars), color: tint::of_status(word) };
                let count_and_share = [grouped(&count.to_string()), format!("{:.1}%", part(*count, all) * 100.0)];
                let bars = (bars >= LEAST_BAR).then_some(drawn).into_iter();
                let numbers = bars.chain(count_and_share.map(Painted::plain)).collect();
                Line { name: shown(word).into_owned(), numbers }
            };
            self.block(&statuses.iter().map(line).collect::<Vec<Line>>(), Cut::Nothing, self.width)
        };
        let drawn = lines(STATUS_BAR);
        if widest(&drawn) <= self.width { drawn } else { lines(0) }
    }

    /// Returns the chart of growth in `room` columns: a bar for each month, with the first and the last month below.
    fn growth_lines(&self, room: usize, tall: usize) -> Vec<String> {
        let most_of = |months: &[(String, u64, u64)]| months.iter().map(|(_, new, _)| *new).max().unwrap_or_default();
        let label_of = |most: u64| grouped(&most.to_string()).len().max(1);
        let all = &self.estate.months;
        let count = (room.saturating_sub(label_of(most_of(all)) + 2) / MONTH).clamp(1, MONTHS);
        let months = all.get(all.len().saturating_sub(count)..).unwrap_or_default();
        let most = most_of(months);
        let label = label_of(most);
        let mut lines: Vec<String> = (0..tall)
            .map(|line| {
                let mut text = match line {
                    0 => format!("{:>label$} ┤", grouped(&most.to_string())),
                    _ => format!("{:>label$} │", ""),
                };
                for (_, new, _) in months {
                    let level = LEVELS.get(level(*new, most, tall, tall - 1 - line)).copied().unwrap_or(' ');
                    text.extend([level; MONTH]);
                }
                text
            })
            .collect();
        if let (Some((first, ..)), Some((last, ..))) = (months.first(), months.last()) {
            let gap = (MONTH * months.len()).saturating_sub(first.len() + last.len());
            let axis = match months.len() {
                1 => first.clone(),
                _ if gap > 0 => format!("{first}{}{last}", " ".repeat(gap)),
                _ => format!("{first} to {last}"),
            };
            let indent = (label + 2).min(room.saturating_sub(axis.len()));
            lines.push(format!("{}{axis}", " ".repeat(indent)));
        }
        lines
    }

    /// Returns the lines in `room` columns. Names lose what `cut` says; one that is still too long has lines of its own.
    fn block(&self, lines: &[Line], cut: Cut, room: usize) -> Vec<String> {
        let count = lines.iter().map(|line| line.numbers.len()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..count)
            .map(|at| lines.iter().filter_map(|line| line.numbers.get(at)).map(|n| measure::width(&n.text)).max())
            .map(Option::unwrap_or_default)
            .collect();
        let numbers = widths.iter().map(|width| GAP + width).sum::<usize>();
        let free = room.saturating_sub(numbers).max(1);
        let names: Vec<Cow<'_, str>> = lines.iter().map(|line| cut.shortened(&line.name, free)).collect();
        let longest = names.iter().map(|name| measure::width(name)).max().unwrap_or(0).min(free);
        let mut drawn = Vec::new();
        for (line, name) in lines.iter().zip(&names) {
            let mut parts = wrapped(name, longest);
            let last = parts.pop().unwrap_or_default();
            drawn.extend(parts);
            let cells = line.numbers.iter().zip(&widths).map(|(number, width)| {
                let blanks = " ".repeat(GAP + width - measure::width(&number.text));
                format!("{blanks}{}", self.painted(&number.text, number.color))
            });
            drawn.push(format!("{}{}", padded(&last, longest), cells.collect::<String>()).trim_end().to_owned());
        }
        drawn
    }

    fn titled(&self, title: &str, lines: Vec<String>) -> Vec<String> {
        std::iter::once(self.painted(title, Some(tint::HEADER))).chain(lines).collect()
    }

    fn painted(&self, text: &str, color: Option<&'static str>) -> String {
        tint::painted(text, color.filter(|_| self.color)).into_owned()
    }

    /// Returns the lines of two blocks side by side, the second in the middle if there is room.
    fn beside(&self, left: &[String], right: &[String]) -> Vec<String> {
        let middle = self.width.saturating_sub(widest(right)).min(self.width.div_ceil(2) + 1);
        let start = middle.max(widest(left) + BETWEEN);
        (0..left.len().max(right.len()))
            .map(|at| {
                let (left, right) = (left.get(at).map_or("", String::as_str), right.get(at).map_or("", String::as_str));
                let blanks = if right.is_empty() { 0 } else { start.saturating_sub(visible_width(left)) };
                format!("{left}{}{right}", " ".repeat(blanks)).trim_end().to_owned()
            })
            .collect()
    }
}

fn pool_line((path, vms, full): (String, u64, Option<Share>)) -> Line {
    let share = full.map_or_else(
        || Painted::plain(String::new()),
        |share| Painted { text: share.text(false), color: Some(share.color(WARNS_FROM)) },
    );
    Line { name: shown(&path).into_owned(), numbers: vec![Painted::plain(grouped(&vms.to_string())), share] }
}

/// Returns the width of the widest line, in columns.
fn widest(lines: &[String]) -> usize {
    lines.iter().map(|line| visible_width(line)).max().unwrap_or(0)
}

/// Returns the width of a line in columns, without colours.
fn visible_width(line: &str) -> usize {
    let mut parts = line.split('\x1b');
    let first = parts.next().map_or(0, measure::width);
    first + parts.map(|part| part.split_once('m').map_or(0, |(_, text)| measure::width(text))).sum::<usize>()
}

/// Returns `text` with blanks behind it, in at least `width` columns.
fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(measure::width(text))))
}

/// Returns `text` in lines of at most `width` columns.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let lines = if measure::width(text) > width { measure::wrap(text, width) } else { vec![text] };
    lines.into_iter().map(str::to_owned).collect()
}

/// Returns the eighths of a line that a bar fills in a chart of `tall` lines; `line` counts from below. A count above
/// zero fills at least one.
fn level(count: u64, most: u64, tall: usize, line: usize) -> usize {
    let eighths = u128::from(count) * (tall as u128) * 8;
    let eighths = eighths.div_ceil(u128::from(most.max(1)));
    let eighths = usize::try_from(eighths).unwrap_or_default();
    eighths.saturating_sub(line * 8).min(8)
}

fn part(count: u64, all: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a share that is drawn")]
    let share = count as f64 / all.max(1) as f64;
    share
}
