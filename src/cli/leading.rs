//! Options before the noun that only the commands behind it have: `inv -m INC-7 vm add web01`.
//!
//! Options that every command that writes, or every list, has may be anywhere on the command line. Those before the
//! verb move behind it before clap parses the line, so that a command without such an option refuses it as usual.

use super::{globals, inventory};
use crate::command::sheet;
use crate::verb::arguments;
use clap::{Arg, ArgAction, Command};
use std::ffi::{OsStr, OsString};

/// Returns the options of all commands that write and of all lists.
fn movable() -> Vec<Arg> {
    let command = arguments::writes(Command::new("inv")).arg(arguments::yes()).arg(arguments::at());
    sheet::arguments(command, Vec::new).get_arguments().cloned().collect()
}

/// Place of an option on a command line.
struct Leading {
    /// True if a command has it, and the noun has not.
    moves: bool,
    /// True if its value is the next word.
    takes_next: bool,
}

/// Reads a word as an option, or as several letters with one dash; `None` if one of them is unknown.
fn read(word: &str, movable: &[Arg], globals: &[Arg]) -> Option<Leading> {
    let find = |is_wanted: &dyn Fn(&Arg) -> bool| -> Option<(bool, bool)> {
        let find_in = |options: &[Arg]| options.iter().find(|arg| is_wanted(arg)).map(takes_value);
        find_in(globals).map(|takes| (false, takes)).or_else(|| find_in(movable).map(|takes| (true, takes)))
    };
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
        let (moves, takes) = find(&|arg| arg.get_long() == Some(name))?;
        return Some(Leading { moves, takes_next: takes && value.is_none() });
    }
    let mut found = Leading { moves: false, takes_next: false };
    let mut letters = word.strip_prefix('-')?.chars();
    while let Some(letter) = letters.next() {
        let (moves, takes) = find(&|arg| arg.get_short() == Some(letter))?;
        found.moves |= moves;
        if takes {
            found.takes_next = letters.as_str().is_empty();
            break;
        }
    }
    Some(found)
}

/// Returns true if an option has a value.
fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

/// Returns true if a word can be an option: a lone dash is standard input.
fn is_option(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-") && word != "-"
}

/// Returns a command line with the options that only commands have behind the noun and the verb.
pub(super) fn moved_behind(arguments: Vec<OsString>) -> Vec<OsString> {
    let names_noun = |word: &OsStr| word.to_str().is_some_and(|word| inventory().catalog.named(word).is_ok());
    // Nearly every command line: nothing is before the noun, and nothing between noun and verb.
    let first = arguments.get(1).filter(|word| !is_option(word));
    if first.is_some_and(|word| !names_noun(word) || arguments.get(2).is_none_or(|word| !is_option(word))) {
        return arguments;
    }
    let (movable, globals) = (movable(), globals());
    let mut words = arguments.iter();
    let mut line: Vec<OsString> = words.next().into_iter().cloned().collect();
    let (mut has_noun, mut has_command) = (false, false);
    let mut behind = Vec::new();
    while !has_command {
        let Some(word) = words.next() else { break };
        if !is_option(word) {
            // A noun is followed by a verb.
            has_command = has_noun || !names_noun(word);
            has_noun = true;
            line.push(word.clone());
            continue;
        }
        let Some(found) = word.to_str().and_then(|word| read(word, &movable, &globals)) else { return arguments };
        let to = if found.moves { &mut behind } else { &mut line };
        to.push(word.clone());
        if found.takes_next {
            to.extend(words.next().cloned());
        }
    }
    if has_command {
        // Two dashes end the options.
        let rest: Vec<&OsString> = words.collect();
        let end = rest.iter().position(|word| *word == "--").unwrap_or(rest.len());
        line.extend(rest.iter().take(end).copied().cloned());
        line.append(&mut behind);
        line.extend(rest.iter().skip(end).copied().cloned());
    }
    line
}

/// Returns the words up to the cursor as [`moved_behind`] does, with the word at the cursor last. Their number stays, by
/// which shells name that word.
pub(super) fn moved_before_cursor(words: Vec<OsString>) -> Vec<OsString> {
    let Some((last, before)) = words.split_last() else { return words };
    let mut line = moved_behind(before.to_vec());
    line.push(last.clone());
    if line.len() == words.len() { line } else { words }
}

#[cfg(test)]
mod tests {
    use super::{movable, moved_behind, takes_value};
    use crate::cli::tree;
    use clap::Command;
    use std::ffi::OsString;

    fn moved(line: &str) -> String {
        let words = moved_behind(line.split(' ').map(OsString::from).collect());
        words.join(" ".as_ref()).into_string().expect("UTF-8")
    }

    #[test]
    fn options_of_commands_move_behind_the_verb_and_others_stay() {
        for (line, expected) in [
            ("inv -m a vm add b", "inv vm add b -m a"),
            ("inv -ma vm add b", "inv vm add b -ma"),
            ("inv -m=a --yes vm rm b", "inv vm rm b -m=a --yes"),
            ("inv --message a -q --db vm vm -n add b", "inv -q --db vm vm add b --message a -n"),
            ("inv -qnm a vm add b", "inv vm add b -qnm a"),
            ("inv -m vm pool -o csv add -- -x", "inv pool -o csv add -m vm -- -x"),
            ("inv -c name --limit 2 log -o json", "inv log -o json -c name --limit 2"),
            ("inv --dry-run undo", "inv undo --dry-run"),
            // Without a command there is none that could refuse the option.
            ("inv -m a vm", "inv vm"),
            // What is no option of many commands, what is behind the verb, and what is no option.
            ("inv --pool a vm list", "inv --pool a vm list"),
            ("inv -nz vm list", "inv -nz vm list"),
            ("inv vm add -m a", "inv vm add -m a"),
            ("inv -- -m a", "inv -- -m a"),
            ("inv usage -c name", "inv usage -c name"),
        ] {
            assert_eq!(moved(line), expected, "{line}");
        }
    }

    /// Compares the options of a command, and of those below it, with those that move.
    fn check(mut command: Command, count: &mut usize) {
        command.build();
        for arg in command.get_arguments() {
            for option in movable() {
                let same_letter = option.get_short().is_some() && option.get_short() == arg.get_short();
                let same_name = option.get_long() == arg.get_long() && !arg.is_positional();
                if same_letter || same_name {
                    let told = format!("{} {:?} {:?}", command.get_name(), arg.get_long(), arg.get_short());
                    assert_eq!(takes_value(&option), takes_value(arg), "{told}");
                    *count += 1;
                }
            }
        }
        command.get_subcommands().cloned().for_each(|below| check(below, count));
    }

    #[test]
    fn an_option_that_moves_has_a_value_in_every_command_or_in_none() {
        let mut count = 0;
        check(tree(), &mut count);
        assert!(count > 500, "only {count} options of commands move");
    }
}
