//! Layout of help: in short help one line for each entry, and the global options in one paragraph at the end.

use crate::output::measure::{self, ELLIPSIS};
use clap::{Arg, ArgAction, Command};
use std::env;

/// Heading of the options that all commands have.
pub(super) const GLOBAL: &str = "Global options";
/// Largest width of help, in columns.
const WIDTH: usize = 100;
/// Width of the paragraph of global options, in columns.
const PARAGRAPH: usize = 78;
/// Columns before the name of an entry.
const INDENT: usize = 2;
/// Columns of `-x, ` before a long option.
const SHORT: usize = 4;
/// Columns between the names and the texts of a section.
const GAP: usize = 2;
/// Least width of a text that is cut, in columns.
const LEAST: usize = 16;

/// Beginnings of clauses that short help can do without.
const CLAUSES: [&str; 7] = ["; ", " (", ", with ", ", and ", ", such as ", ", for example ", ", else "];

/// Width of a mark that is shown in any room, in columns.
const MARK: usize = 12;

/// Ends of a text that short help shows even if it cuts the text.
const MARKS: [&str; 3] = ["(default", "(repeatable", "(required"];

/// Returns the command with texts of one line each in short help. The whole texts are in long help.
pub(super) fn laid_out(command: Command) -> Command {
    let width = width();
    let sections: Vec<(Option<String>, usize)> = command.get_arguments().map(|arg| (section(arg), spec(arg))).collect();
    let names = command.get_subcommands().map(|below| measure::width(below.get_name())).max().unwrap_or(0);
    command
        .term_width(width)
        .mut_args(|arg| {
            let section = section(&arg);
            let same = sections.iter().filter(|(other, _)| *other == section).map(|(_, width)| *width);
            let room = width.saturating_sub(INDENT + same.max().unwrap_or(0) + GAP);
            match arg.get_help().map(ToString::to_string) {
                Some(whole) if measure::width(&whole) > room => {
                    let long = arg.get_long_help().map_or_else(|| whole.clone(), ToString::to_string);
                    arg.help(brief(&whole, room)).long_help(long)
                }
                _ => arg,
            }
        })
        .mut_subcommands(|below| {
            let aliases: usize =
                below.get_visible_aliases().map(|alias| measure::width(alias) + " [alias: ]".len()).sum();
            let room = width.saturating_sub(INDENT + names + GAP + aliases);
            match below.get_about().map(ToString::to_string) {
                Some(about) => below.about(brief(&about, room)),
                None => below,
            }
        })
}

/// Returns the global options as one paragraph: `--db <FILE>, -o <FORMAT>, -q, …`.
pub(super) fn paragraph(globals: &[Arg]) -> String {
    let names = globals.iter().map(|arg| {
        let name = arg.get_short().map_or_else(|| long(arg), |short| format!("-{short}"));
        // A line does not end within an option.
        format!("{name}{}", values(arg)).replace(' ', "\u{a0}")
    });
    let text = format!("{GLOBAL}: {} (see inv\u{a0}--help)", names.collect::<Vec<String>>().join(", "));
    measure::wrap(&text, PARAGRAPH).join("\n").replace('\u{a0}', " ")
}

/// Returns the text in at most `room` columns: whole, up to the end of a clause, or up to the end of a word.
fn brief(text: &str, room: usize) -> String {
    if measure::width(text) <= room || room < LEAST {
        return text.to_owned();
    }
    let (text, marks) = marks(text);
    let width = measure::width(marks);
    if width == 0 || width > MARK.max(room / 3) {
        return shortened(text, room);
    }
    format!("{} {marks}", shortened(text, room - width - 1))
}

/// Splits the marks off the end of a text.
fn marks(text: &str) -> (&str, &str) {
    let mut begin = text.len();
    loop {
        let before = text[..begin].trim_end();
        match before.rfind('(') {
            Some(place) if before.ends_with(')') && MARKS.iter().any(|mark| before[place..].starts_with(mark)) => {
                begin = place;
            }
            _ => return (before, &text[begin..]),
        }
    }
}

/// Returns the text up to the last clause that fits in `room` columns; up to the last word, if no clause does.
fn shortened(text: &str, room: usize) -> String {
    if measure::width(text) <= room {
        return text.to_owned();
    }
    let fits = |place: &usize| measure::width(&text[..*place]) <= room;
    let clause = CLAUSES.iter().flat_map(|end| text.match_indices(end)).map(|(place, _)| place).filter(fits).max();
    if let Some(place) = clause.filter(|place| *place >= LEAST) {
        return text[..place].to_owned();
    }
    let ellipsis = measure::width(ELLIPSIS) + 1;
    let fits = |place: &usize| measure::width(&text[..*place]) + ellipsis <= room;
    let place = text.match_indices(' ').map(|(place, _)| place).filter(fits).max().unwrap_or(0);
    format!("{} {ELLIPSIS}", &text[..place])
}

/// Returns the section of help that an argument is in; `None` is that of positional arguments.
fn section(arg: &Arg) -> Option<String> {
    let heading = arg.get_help_heading();
    if arg.is_positional() { heading.map(str::to_owned) } else { Some(heading.unwrap_or_default().to_owned()) }
}

/// Returns the width of an argument's name and placeholder in help, in columns.
fn spec(arg: &Arg) -> usize {
    let name = if arg.is_positional() { 0 } else { SHORT + measure::width(&long(arg)) };
    name + measure::width(&values(arg))
}

fn long(arg: &Arg) -> String {
    arg.get_long().map(|long| format!("--{long}")).unwrap_or_default()
}

/// Returns the placeholders of an argument, as help shows them.
fn values(arg: &Arg) -> String {
    if !matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) {
        return String::new();
    }
    let names: Vec<String> = arg.get_value_names().unwrap_or_default().iter().map(|name| format!("<{name}>")).collect();
    let names = names.join(" ");
    let count = arg.get_num_args();
    match count {
        _ if arg.is_positional() && count.is_some_and(|count| count.max_values() > 1) => format!("{names}..."),
        _ if arg.is_positional() => names,
        Some(count) if count.min_values() == 0 => format!("[={names}]"),
        _ => format!(" {names}"),
    }
}

/// Returns the width of help, in columns: that of the terminal, else of `COLUMNS`, within a limit.
fn width() -> usize {
    let terminal = console::Term::stdout().size_checked().map(|(_, width)| usize::from(width));
    let variable = || env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    terminal.or_else(variable).unwrap_or(WIDTH).min(WIDTH)
}
