//! Questions on a terminal. They are asked on standard error, so that standard output stays data.
//!
//! Ctrl-C at any of them ends the command before anything has changed, with the cursor back in its place.

use crate::error::{Error, Result, io_reason};
use crate::value::shown;
use console::Term;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, FuzzySelect, Input};
use std::io;
use zeroize::Zeroizing;

/// What was chosen from a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// One of the items, by its place.
    Item(usize),
    /// None of them: the field stays empty.
    Nothing,
    /// A new one is to be made.
    New,
}

/// Asks for a text until `check` takes it; an empty answer gives `default`.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn text<T>(label: &str, default: Option<&str>, mut check: impl FnMut(&str) -> Result<T>) -> Result<T> {
    let theme = ColorfulTheme::default();
    loop {
        let mut input = Input::<String>::with_theme(&theme).with_prompt(label).allow_empty(true);
        if let Some(default) = default {
            input = input.default(default.to_owned()).show_default(!default.is_empty());
        }
        let answer = asked(input.interact_text())?;
        match check(answer.trim()) {
            Ok(value) => return Ok(value),
            Err(error) => say(&error.in_one_line()),
        }
    }
}

/// Has one of `items` chosen from a list that narrows as one types.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn choose(label: &str, items: &[String], optional: bool, new: Option<&str>) -> Result<Choice> {
    let theme = ColorfulTheme::default();
    let none = optional.then(|| "(none)".to_owned());
    let shown: Vec<String> = none
        .iter()
        .cloned()
        .chain(items.iter().map(|item| shown::shown(item).into_owned()))
        .chain(new.map(str::to_owned))
        .collect();
    let select = FuzzySelect::with_theme(&theme).with_prompt(label).items(&shown).default(0).max_length(12);
    let place = asked(select.interact())?;
    Ok(match place.checked_sub(usize::from(optional)) {
        None => Choice::Nothing,
        Some(place) if place < items.len() => Choice::Item(place),
        Some(_) => Choice::New,
    })
}

/// Asks a question that is answered by yes or no.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn confirm(question: &str) -> Result<bool> {
    let theme = ColorfulTheme::default();
    asked(Confirm::with_theme(&theme).with_prompt(question).default(false).interact())
}

/// Asks for a new password, twice and without echo, until both are the same and `check` takes them.
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
    rpassword::prompt_password(label).map(Zeroizing::new).map_err(|error| ended(&error))
}

fn say(text: &str) {
    // A terminal that is gone ends the next question.
    let _ = Term::stderr().write_line(&format!("  {}", shown::shown(text)));
}

fn asked<T>(answer: dialoguer::Result<T>) -> Result<T> {
    answer.map_err(|dialoguer::Error::IO(error)| ended(&error))
}

/// Puts the terminal back as it was, and tells why the questions end here.
fn ended(error: &io::Error) -> Error {
    let terminal = Term::stderr();
    // Both may fail where the terminal is gone; there is nothing to put back then.
    let _ = terminal.show_cursor();
    let _ = terminal.write_line("");
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => Error::interrupted(),
        _ => Error::failed(format!("cannot ask on this terminal: {}", io_reason(error)))
            .help("give everything as options, with --no-input"),
    }
}
