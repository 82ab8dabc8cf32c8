//! Questions on a terminal. They are asked on standard error, so that standard output stays data.
//!
//! Ctrl-C at any of them ends the command before anything has changed, with the terminal as it was.

use super::question::{Answered, NOT_TAKEN, Question, TAKEN};
use crate::error::{Error, Result, io_reason};
use crate::interrupt;
use crate::value::shown;
use console::Term;
use std::io;
use zeroize::Zeroizing;

/// What a question asks for.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// Its name, which stands before the answer afterwards.
    pub name: &'a str,
    /// What it means, beside the name while the question stands.
    pub hint: &'a str,
}

/// What was chosen from a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// One of the items, by its place.
    Item(usize),
    /// None of them: the field stays empty.
    Nothing,
    /// A new one is to be made; this was typed before, and may be its name.
    New(String),
}

/// Asks for a text until `check` takes it. `text` stands there already.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn text<T>(label: Label<'_>, text: &str, mut check: impl FnMut(&str) -> Result<T>) -> Result<T> {
    let told = |_: usize, _: &str| String::new();
    let mut question = Question { name: label.name, hint: label.hint, text, choices: None, told: &told, first: 0 };
    loop {
        let Answered::Text(answer) = asked(&question)? else { continue };
        let checked = check(answer.trim());
        let mark = if checked.is_ok() { TAKEN } else { NOT_TAKEN };
        question.close(mark, answer.trim()).map_err(|error| ended(&error))?;
        match checked {
            Ok(value) => return Ok(value),
            Err(error) => say(&error.in_one_line()),
        }
        question.text = "";
    }
}

/// What a list is chosen from.
#[derive(Debug, Clone, Copy)]
pub struct Choices<'a> {
    /// The items.
    pub items: &'a [String],
    /// Which of them Enter alone takes.
    pub first: usize,
    /// Whether none of them may be chosen, which Enter alone takes then.
    pub optional: bool,
    /// What a new one would be called: `os`; nothing where none can be made here.
    pub new: Option<&'a str>,
}

/// Has one of the items chosen from a list that narrows as one types.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn choose(label: Label<'_>, choices: Choices<'_>) -> Result<Choice> {
    // The places behind the items are those of a new one and of none.
    let (new, none) = (choices.items.len(), choices.items.len() + 1);
    let lower: Vec<String> = choices.items.iter().map(|item| item.to_lowercase()).collect();
    let make = choices.new.map(|noun| format!("+ a new {noun}"));
    let places = |typed: &str| {
        let typed = typed.trim().to_lowercase();
        let mut places: Vec<usize> = Vec::new();
        places.extend((choices.optional && NONE.contains(&typed)).then_some(none));
        let mut ranked: Vec<(usize, usize)> =
            lower.iter().enumerate().filter_map(|(place, item)| Some((rank(item, &typed)?, place))).collect();
        ranked.sort_unstable();
        places.extend(ranked.into_iter().map(|(_, place)| place));
        places.extend(make.is_some().then_some(new));
        places
    };
    let asks_for_new = |typed: &str| make.as_ref().is_some_and(|make| make.contains(typed.trim()));
    let told = |place: usize, typed: &str| match &make {
        Some(make) if place == new && asks_for_new(typed) => make.clone(),
        Some(make) if place == new => format!("{make} {}", shown::quoted(typed.trim())),
        _ => choices.items.get(place).map_or_else(|| NONE.to_owned(), |item| shown::shown(item).into_owned()),
    };
    let first = if choices.optional { none } else { choices.first };
    let question =
        Question { name: label.name, hint: label.hint, text: "", choices: Some(&places), told: &told, first };
    let answer = asked(&question)?;
    if let Answered::Choice(place, typed) = &answer {
        question.close(TAKEN, &told(*place, typed)).map_err(|error| ended(&error))?;
    }
    Ok(match answer {
        Answered::Choice(place, typed) if place == new => {
            Choice::New(if asks_for_new(&typed) { String::new() } else { typed.trim().to_owned() })
        }
        Answered::Choice(place, _) if place < new => Choice::Item(place),
        _ => Choice::Nothing,
    })
}

/// What stands in a list for none of it.
const NONE: &str = "(none)";

/// How well an item fits what was typed, the least the best: as its name, as the beginning of it, as the beginning of
/// a part of its path, anywhere; nothing where a word of it is missing.
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

/// Asks a question that is answered by yes or no; Enter alone is a no.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn confirm(question: &str) -> Result<bool> {
    text(Label { name: question, hint: "y/N" }, "", |answer| match answer.to_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "" | "n" | "no" => Ok(false),
        _ => Err(Error::failed("the answer is y or n")),
    })
}

/// Asks for a password, without echo.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn password(label: &str) -> Result<Zeroizing<String>> {
    secret(&format!("{label}: "))
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
    interrupt::check()?;
    rpassword::prompt_password(label).map(Zeroizing::new).map_err(|error| ended(&error))
}

fn say(text: &str) {
    // A terminal that is gone ends the next question.
    let _ = Term::stderr().write_line(&format!("  {}", shown::shown(text)));
}

fn asked(question: &Question<'_>) -> Result<Answered> {
    interrupt::check()?;
    question.ask().map_err(|error| ended(&error))
}

/// Shows the cursor, and tells why the questions end here.
fn ended(error: &io::Error) -> Error {
    // This fails where the terminal is gone; there is nothing to put back then.
    let _ = Term::stderr().show_cursor();
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => Error::interrupted(),
        _ => Error::failed(format!("cannot ask on this terminal: {}", io_reason(error)))
            .help("give everything as options, with --no-input"),
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
