//! Questions on a terminal. They are asked on standard error, so that standard output stays data.
//!
//! `dialoguer` asks for a confirmation and for one of a few words. Its text input counts characters where a terminal
//! counts columns, so texts and lists that are searched have an editor of their own in `question.rs`;
//! `tests/prompts.rs` shows the difference. Ctrl-C at any question ends the command before anything has changed, with
//! the terminal as it was.

use super::question::{ACCEPTED, Prompt, REJECTED, RawMode, Reply, columns, fitted, leave};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::output::measure;
use crate::value::shown;
use console::Term;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Select};
use std::io;
use zeroize::Zeroizing;

/// Name of a value that is asked for, and its explanation.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// Name of the value; it stays on the screen before the answer.
    pub name: &'a str,
    /// Explanation beside the name while the question is on the screen.
    pub hint: &'a str,
}

/// Answer to a question with a list that is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The item at this index.
    Item(usize),
    /// None of them: the field stays empty.
    Nothing,
    /// A new item; the text was typed before, and may be its name.
    New(String),
}

/// Asks for a text until `parse` accepts it. `text` can be edited or accepted.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn text<T>(label: Label<'_>, text: &str, mut parse: impl FnMut(&str) -> Result<T>) -> Result<T> {
    let describe = |_: usize, _: &str| String::new();
    let mut prompt = Prompt { name: label.name, hint: label.hint, text, filter: None, describe: &describe };
    loop {
        let Reply::Text(answer) = ask(&prompt)? else { continue };
        let parsed = parse(answer.trim());
        let mark = if parsed.is_ok() { ACCEPTED } else { REJECTED };
        leave(mark, label.name, answer.trim()).map_err(failure)?;
        match parsed {
            Ok(value) => return Ok(value),
            Err(error) => say(&error.in_one_line()),
        }
        prompt.text = "";
    }
}

/// Items of a list that is searched.
#[derive(Debug, Clone, Copy)]
pub struct Choices<'a> {
    /// The items.
    pub items: &'a [String],
    /// True if the answer may be none of them, which is then the default.
    pub optional: bool,
    /// Noun for a new item, such as `os`; `None` if none can be created here.
    pub new: Option<&'a str>,
}

/// Asks for one of the items of a list that narrows as one types.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn choose(label: Label<'_>, choices: Choices<'_>) -> Result<Choice> {
    // The places after the items are those of a new one and of none.
    let (new, none) = (choices.items.len(), choices.items.len() + 1);
    let lower: Vec<String> = choices.items.iter().map(|item| item.to_lowercase()).collect();
    let create = choices.new.map(|noun| format!("+ a new {noun}"));
    let filter = |typed: &str| {
        let typed = typed.trim().to_lowercase();
        let mut places: Vec<usize> = Vec::new();
        places.extend((choices.optional && NONE.contains(&typed)).then_some(none));
        let mut ranked: Vec<(usize, usize)> =
            lower.iter().enumerate().filter_map(|(place, item)| Some((rank(item, &typed)?, place))).collect();
        ranked.sort_unstable();
        places.extend(ranked.into_iter().map(|(_, place)| place));
        places.extend(create.is_some().then_some(new));
        places
    };
    let asks_for_new = |typed: &str| create.as_ref().is_some_and(|create| create.contains(typed.trim()));
    let describe = |place: usize, typed: &str| match &create {
        Some(create) if place == new && asks_for_new(typed) => create.clone(),
        Some(create) if place == new => format!("{create} {}", shown::quoted(typed.trim())),
        _ => choices.items.get(place).map_or_else(|| NONE.to_owned(), |item| shown::shown(item).into_owned()),
    };
    let prompt = Prompt { name: label.name, hint: label.hint, text: "", filter: Some(&filter), describe: &describe };
    let Reply::Choice(place, typed) = ask(&prompt)? else { return Ok(Choice::Nothing) };
    leave(ACCEPTED, label.name, &describe(place, &typed)).map_err(failure)?;
    Ok(match place {
        _ if place < new => Choice::Item(place),
        _ if place == none => Choice::Nothing,
        _ if asks_for_new(&typed) => Choice::New(String::new()),
        _ => Choice::New(typed.trim().to_owned()),
    })
}

/// Entry for none of the items of a list.
pub const NONE: &str = "(none)";

/// Rank of an item that matches the typed text, 0 the best: by its name, by the beginning of its name, by the beginning
/// of a part of its path, anywhere. `None` if a word of the text is missing.
fn rank(item: &str, typed: &str) -> Option<usize> {
    if typed.is_empty() {
        return Some(0);
    }
    if !typed.split_whitespace().all(|word| item.contains(word)) {
        return None;
    }
    let name = item.rsplit('/').next().unwrap_or(item);
    Some(match () {
        () if item == typed || name == typed => 0,
        () if name.starts_with(typed) => 1,
        () if item.split('/').any(|part| part.starts_with(typed)) => 2,
        () => 3,
    })
}

/// Columns that `dialoguer` draws around the question of a confirmation: `? ` and ` (y/n) › yes`.
const CONFIRM_COLUMNS: usize = 15;

/// Columns that `dialoguer` draws around the label of a list: `? `, ` ›` and ` [Page 1/2] `.
const SELECT_COLUMNS: usize = 16;

/// Rows of the smallest terminal that `dialoguer` draws a list on; on a smaller one it panics.
const SELECT_ROWS: u16 = 3;

/// Asks a question that is answered by `y` or `n` and Enter; Enter alone is a no.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn confirm(question: &str) -> Result<bool> {
    let question = shown::shown(question);
    let is_confirmed = interact(&question, 0, |terminal| {
        // dialoguer draws over one line only.
        let fits = measure::width(&question) + CONFIRM_COLUMNS < columns(terminal);
        if !fits {
            terminal.write_line(&format!("? {question}"))?;
        }
        Confirm::with_theme(&ColorfulTheme::default())
            .with_prompt(if fits { &question } else { "" })
            .wait_for_newline(true)
            .default(false)
            .report(false)
            .interact_on(terminal)
    })?;
    let answer = if is_confirmed { "yes" } else { "no" };
    leave(ACCEPTED, &question, answer).map_err(failure)?;
    Ok(is_confirmed)
}

/// Tests if the terminal is large enough for [`select`].
#[must_use]
pub fn can_select() -> bool {
    Term::stderr().size().0 >= SELECT_ROWS
}

/// Asks for one of a few words with the arrow keys, and returns its index; Enter alone returns `default`.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn select(label: Label<'_>, words: &[&str], default: usize) -> Result<usize> {
    let rows = usize::from(Term::stderr().size().0.saturating_sub(2));
    let index = interact(label.name, words.len().min(rows) + 1, |terminal| {
        Select::with_theme(&ColorfulTheme::default())
            .with_prompt(fitted(format!("{} ({})", label.name, label.hint), columns(terminal) - SELECT_COLUMNS))
            .items(words)
            .default(default)
            .report(false)
            .interact_on(terminal)
    })?;
    leave(ACCEPTED, label.name, words.get(index).unwrap_or(&"")).map_err(failure)?;
    Ok(index)
}

/// Runs a question of `dialoguer`, which draws `lines` lines. Raw mode lasts for all of it: between two keys `dialoguer`
/// would let the terminal echo, and make a signal of Ctrl-C.
fn interact<T>(name: &str, lines: usize, ask: impl FnOnce(&Term) -> dialoguer::Result<T>) -> Result<T> {
    // dialoguer raises SIGINT at Ctrl-C, which would end the process with the cursor hidden.
    interrupt::watch();
    interrupt::check()?;
    let terminal = Term::stderr();
    let interacted = || {
        let raw = RawMode::begin()?;
        let answer = ask(&terminal);
        if answer.is_err() {
            terminal.clear_line()?;
            terminal.clear_last_lines(lines)?;
        }
        drop(raw);
        if answer.is_err() {
            leave(REJECTED, name, "")?;
        }
        Ok(answer?)
    };
    interacted().map_err(failure)
}

/// Asks for a password, without echo.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn password(label: &str) -> Result<Zeroizing<String>> {
    secret(&format!("{label}: "))
}

/// Asks for a new password, twice and without echo, until both are the same and `check` accepts them.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn new_password(label: &str, mut check: impl FnMut(&str) -> Result<()>) -> Result<Zeroizing<String>> {
    loop {
        let first = secret(&format!("{label}: "))?;
        if let Err(error) = check(&first) {
            say(&error.in_one_line());
            continue;
        }
        let second = secret(&format!("{label} again: "))?;
        if first == second {
            return Ok(first);
        }
        say("the two are not the same");
    }
}

fn secret(label: &str) -> Result<Zeroizing<String>> {
    interrupt::check()?;
    rpassword::prompt_password(label).map(Zeroizing::new).map_err(failure)
}

fn say(text: &str) {
    // A terminal that is gone ends the next question.
    let _ = Term::stderr().write_line(&format!("  {}", shown::shown(text)));
}

fn ask(prompt: &Prompt<'_>) -> Result<Reply> {
    interrupt::check()?;
    prompt.ask().map_err(failure)
}

/// Shows the cursor, and returns the failure that ends the questions.
fn failure(error: io::Error) -> Error {
    // This fails where the terminal is gone; there is nothing to put back then.
    let _ = Term::stderr().show_cursor();
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => Error::interrupted(),
        _ => Error::io("cannot ask on this terminal", error).help("give everything as options, with --no-input"),
    }
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn a_name_goes_before_its_beginning_and_that_before_any_other_part() {
        let fits: Vec<_> = ["aws/tokyo/prod", "prod/x", "aws/tokyo/prod2", "aws/tokyo/nonprod", "aws/tokyo/test"]
            .iter()
            .map(|item| rank(item, "prod"))
            .collect();
        assert_eq!(fits, [Some(0), Some(2), Some(1), Some(3), None]);
        assert_eq!(rank("aws/tokyo/prod", "tok pro"), Some(3));
    }
}
