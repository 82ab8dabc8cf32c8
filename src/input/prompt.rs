//! Questions on a terminal. They are asked on standard error, so that standard output stays data.
//!
//! `dialoguer` asks for a confirmation. Its text input counts characters where a terminal counts columns, and its list
//! panics on a terminal of fewer than three rows, so texts and lists have an editor of their own in `question.rs`;
//! `tests/prompts.rs` shows the difference. `plain.rs` asks where the terminal cannot move its cursor. Ctrl-C at any
//! question ends the command before anything has changed, with the terminal as it was.

pub use super::form::{Choice, Search};

use super::form::{Menu, Offer, Offers, Prompt, Reply, failure, is_dumb};
use super::plain;
use super::question::{self, ACCEPTED, REJECTED, columns, leave};
use crate::error::{Error, Kind, Result};
use crate::interrupt;
use crate::output::measure;
use crate::system::terminal::RawMode;
use crate::value::shown;
use console::Term;
use dialoguer::Confirm;
use dialoguer::theme::ColorfulTheme;
use zeroize::Zeroizing;

/// Name of a value that is asked for, and its explanation.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// Name of the value; it stays on the screen before the answer.
    pub name: &'a str,
    /// Explanation beside the name while the question is on the screen.
    pub hint: &'a str,
}

/// Asks for a text until `parse` accepts it. `text` can be edited or accepted.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn text<T>(label: Label<'_>, text: &str, mut parse: impl FnMut(&str) -> Result<T>) -> Result<T> {
    let mut prompt = Prompt { name: label.name, hint: label.hint, text, menu: None };
    loop {
        let Reply::Text(answer) = ask(&prompt)? else { continue };
        let parsed = parse(answer.trim());
        if let Err(error) = &parsed
            && !is_correctable(error)
        {
            return parsed;
        }
        let mark = if parsed.is_ok() { ACCEPTED } else { REJECTED };
        leave(mark, label.name, answer.trim()).map_err(failure)?;
        match parsed {
            Ok(value) => return Ok(value),
            Err(error) => refuse(&error),
        }
        prompt.text = "";
    }
}

/// Items that match a text.
#[derive(Debug)]
pub struct BestItems {
    /// The best ones, best first.
    pub best: Vec<String>,
    /// Number of the others; `None` if they are not counted.
    pub more: Option<u64>,
}

/// Items of a list that is searched.
#[derive(Clone, Copy)]
pub struct Choices<'a> {
    /// Search for items.
    pub search: &'a Search<'a, BestItems>,
    /// True if the answer may be none of them, which is then the default.
    pub optional: bool,
    /// Noun for a new item, such as `os`; `None` if none can be created here.
    pub new: Option<&'a str>,
}

/// Asks for one of the items of a list that narrows as one types.
///
/// # Errors
/// The user ended it, the terminal cannot be used, or the search failed.
pub fn choose(label: Label<'_>, choices: Choices<'_>) -> Result<Choice> {
    let offers = |typed: &str, items: BestItems| {
        let none = Offer { choice: Choice::Nothing, label: NONE.to_owned() };
        let none = Some(none).filter(|_| choices.optional && NONE.contains(&typed.to_lowercase()));
        let new = choices.new.map(|noun| {
            let create = format!("+ a new {noun}");
            // Who types that wants the line, and no item of that name.
            let (name, label) = if create.trim_start_matches("+ ").starts_with(typed) {
                (String::new(), create)
            } else {
                (typed.to_owned(), format!("{create} {}", shown::quoted(typed)))
            };
            Offer { choice: Choice::New(name), label }
        });
        let item = |item: String| Offer { label: shown::shown(&item).into_owned(), choice: Choice::Item(item) };
        let shown = none.into_iter().chain(items.best.into_iter().map(item)).chain(new).collect();
        Offers { shown, more: items.more }
    };
    let search = |typed: &str, is_stale: &dyn Fn() -> bool, early: &dyn Fn(Offers) -> Result<()>| {
        let typed = typed.trim();
        let found = (choices.search)(typed, is_stale, &|items| early(offers(typed, items)))?;
        Ok(found.map(|items| offers(typed, items)))
    };
    ask_for_line(label, Menu { search: &search, default: choices.optional.then_some(0) })
}

/// Entry for none of the items of a list.
pub const NONE: &str = "(none)";

/// Asks for one of a few words of a list that narrows as one types; Enter alone chooses the one at `default`.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn select(label: Label<'_>, words: &[&str], default: usize) -> Result<String> {
    let search = |typed: &str, _: &dyn Fn() -> bool, _: &dyn Fn(Offers) -> Result<()>| {
        let typed = typed.trim().to_lowercase();
        let offer = |word: &&str| Offer { choice: Choice::Item((*word).to_owned()), label: (*word).to_owned() };
        let shown = words.iter().filter(|word| word.contains(&typed)).map(offer).collect();
        Ok(Some(Offers { shown, more: Some(0) }))
    };
    let all = words.join(", ");
    // A plain question shows its list to whoever types something wrong.
    let label = if is_dumb() { Label { hint: &all, ..label } } else { label };
    match ask_for_line(label, Menu { search: &search, default: Some(default) })? {
        Choice::Item(word) => Ok(word),
        Choice::Nothing | Choice::New(_) => Ok(String::new()),
    }
}

/// Asks for a line of a list.
fn ask_for_line(label: Label<'_>, menu: Menu<'_>) -> Result<Choice> {
    let prompt = Prompt { name: label.name, hint: label.hint, text: "", menu: Some(menu) };
    let Reply::Choice(choice, words) = ask(&prompt)? else { return Ok(Choice::Nothing) };
    leave(ACCEPTED, label.name, &words).map_err(failure)?;
    Ok(choice)
}

/// Columns that `dialoguer` draws around the question of a confirmation: `? ` and ` (y/n) › yes`.
const CONFIRM_COLUMNS: usize = 15;

/// Asks a question that is answered by `y` or `n` and Enter; Enter alone is a no.
///
/// # Errors
/// The user ended it, or the terminal cannot be used.
pub fn confirm(question: &str) -> Result<bool> {
    let question = shown::shown(question);
    if is_dumb() {
        return plain::confirm(&question);
    }
    // dialoguer raises SIGINT at Ctrl-C, which would end the process with the cursor hidden.
    interrupt::watch();
    interrupt::check()?;
    let terminal = Term::stderr();
    let interacted = || {
        // Between two keys dialoguer would let the terminal echo, and make a signal of Ctrl-C.
        let raw = RawMode::begin()?;
        // dialoguer draws over one line only.
        let fits = measure::width(&question) + CONFIRM_COLUMNS < columns(&terminal);
        if !fits {
            terminal.write_line(&format!("? {question}"))?;
        }
        let answer = Confirm::with_theme(&ColorfulTheme::default())
            .with_prompt(if fits { &question } else { "" })
            .wait_for_newline(true)
            .default(false)
            .report(false)
            .interact_on(&terminal);
        if answer.is_err() {
            terminal.clear_line()?;
        }
        drop(raw);
        match &answer {
            Ok(is_confirmed) => leave(ACCEPTED, &question, if *is_confirmed { "yes" } else { "no" })?,
            Err(_) => leave(REJECTED, &question, "")?,
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
            refuse(&error);
            continue;
        }
        let second = secret(&format!("{label} again: "))?;
        if first == second {
            return Ok(first);
        }
        say("the passwords differ");
    }
}

fn secret(label: &str) -> Result<Zeroizing<String>> {
    interrupt::check()?;
    rpassword::prompt_password(label).map(Zeroizing::new).map_err(failure)
}

/// Tests if another answer may be right.
#[must_use]
pub fn is_correctable(error: &Error) -> bool {
    !matches!(error.kind(), Kind::Inventory | Kind::Interrupted | Kind::Denied | Kind::OutputClosed)
}

/// Tells why an answer is refused, before the question is asked again.
pub fn refuse(error: &Error) {
    say(&error.in_one_line());
}

fn say(text: &str) {
    // A terminal that is gone ends the next question.
    let _ = Term::stderr().write_line(&format!("  {}", shown::shown(text)));
}

fn ask(prompt: &Prompt<'_>) -> Result<Reply> {
    interrupt::check()?;
    if is_dumb() { plain::ask(prompt) } else { question::ask(prompt) }
}
