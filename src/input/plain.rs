//! Questions on a terminal without a cursor to move (`TERM=dumb`): a question and its answer are lines of text.

use super::form::{Offer, Prompt, Reply, failure};
use crate::error::Result;
use crate::interrupt;
use crate::system::terminal::{read_input, wait_for_input};
use crate::value::shown;
use console::Term;
use std::io;
use std::time::Duration;

/// Time between two looks at signals while nothing is typed.
const PATIENCE: Duration = Duration::from_millis(200);

/// Asks for a text, or for one line of a list: by its name, or by its number once the list is printed.
///
/// # Errors
/// A signal, the end of the input, a terminal that is gone, or a search that failed.
pub(super) fn ask(prompt: &Prompt<'_>) -> Result<Reply> {
    let Some(menu) = &prompt.menu else {
        let answer = line(&question(prompt.name, prompt.hint, prompt.text))?;
        return Ok(Reply::Text(if answer.trim().is_empty() { prompt.text.to_owned() } else { answer }));
    };
    let offers = |typed: &str| Ok((menu.search)(typed, &|| false, &|_| Ok(()))?.unwrap_or_default());
    let mut default = offers("")?.shown.into_iter().nth(menu.default.unwrap_or(usize::MAX));
    let usual = default.as_ref().map_or_else(String::new, |offer| offer.label.clone());
    let mut question_now = question(prompt.name, prompt.hint, &usual);
    let mut printed: Vec<Offer> = Vec::new();
    loop {
        let typed = line(&question_now)?;
        let typed = typed.trim();
        if typed.is_empty()
            && let Some(Offer { choice, label }) = default.take()
        {
            return Ok(Reply::Choice(choice, label));
        }
        let number = typed.parse().ok().and_then(|number: usize| number.checked_sub(1));
        if let Some(index) = number.filter(|index| *index < printed.len()) {
            let Offer { choice, label } = printed.swap_remove(index);
            print(&format!("  {label}"))?;
            return Ok(Reply::Choice(choice, label));
        }
        let mut offers = offers(typed)?;
        let mut exact = offers.shown.iter().enumerate().filter(|(_, offer)| offer.is_called(typed));
        if let (Some((index, _)), None) = (exact.next(), exact.next()) {
            let Offer { choice, label } = offers.shown.swap_remove(index);
            return Ok(Reply::Choice(choice, label));
        }
        if offers.shown.is_empty() {
            print("  nothing matches")?;
            continue;
        }
        for (index, offer) in offers.shown.iter().enumerate() {
            print(&format!("  {} {}", index + 1, offer.label))?;
        }
        if let Some(more) = offers.more.filter(|more| *more > 0) {
            print(&format!("  … {more} more; type a part of the name"))?;
        }
        printed = offers.shown;
        question_now = question(prompt.name, "number or name", &usual);
    }
}

/// Asks a question that is answered by `y` or `n`; an empty line is a no.
///
/// # Errors
/// A signal, the end of the input, or a terminal that is gone.
pub(super) fn confirm(text: &str) -> Result<bool> {
    loop {
        match line(&format!("{text} (y/n) [no]: "))?.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => return Ok(false),
            _ => print("  type y or n")?,
        }
    }
}

/// Returns the words of a question, with the answer that an empty line gives.
fn question(name: &str, hint: &str, default: &str) -> String {
    let hint = if hint.is_empty() { String::new() } else { format!(" ({hint})") };
    let default = if default.is_empty() { String::new() } else { format!(" [{default}]") };
    format!("{name}{hint}{default}: ")
}

fn print(text: &str) -> Result<()> {
    Term::stderr().write_line(&shown::shown(text)).map_err(failure)
}

/// Asks and reads a line, without its end.
fn line(question: &str) -> Result<String> {
    loop {
        let line = Term::stderr().write_str(&shown::shown(question)).and_then(|()| read());
        if line.is_err() {
            // The cursor stands behind the question.
            print("")?;
        }
        match String::from_utf8(line.map_err(failure)?) {
            Ok(line) => return Ok(line),
            Err(_) => print("  the line is not UTF-8")?,
        }
    }
}

/// Reads a line from the terminal, which hands over one at a time.
fn read() -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut piece = [0; 4096];
    while line.pop_if(|last| *last == b'\n').is_none() {
        interrupt::check().map_err(|_| io::Error::from(io::ErrorKind::Interrupted))?;
        // A read goes on after a signal; this does not.
        if !wait_for_input(PATIENCE)? {
            continue;
        }
        match read_input(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => line.extend(piece.iter().take(count)),
        }
    }
    Ok(line)
}
