//! One question on a terminal: a line that is edited, and below it what may be chosen.
//!
//! Names are of any script, so everything here counts graphemes and columns, never bytes or characters. Text is cut to
//! the terminal, because a line that wraps cannot be drawn over. Keys are read in one stretch of raw mode: between two
//! stretches the terminal would echo what is typed ahead, and Ctrl-C would be a signal that no question waits for.

use super::form::{Offer, Offers, Prompt, Reply, failure, is_dumb};
use crate::error::Result;
use crate::output::measure;
use crate::system::terminal::{RawMode, is_key_waiting};
use crate::value::shown;
use console::{Key, Term, style};
use std::io;
use unicode_segmentation::UnicodeSegmentation;

/// Columns that an answer needs beside its question; with fewer, the question is on a line of its own.
const ANSWER_COLUMNS: usize = 20;
/// Number of lines of a list on the screen at once.
const PAGE: usize = 14;

/// Mark of an accepted answer.
pub(super) const ACCEPTED: &str = "✔";
/// Mark of a question without an answer, and of a rejected answer.
pub(super) const REJECTED: &str = "✘";

/// The text that is being typed, and the byte at which the next key inserts.
#[derive(Debug, Default)]
struct LineBuffer {
    text: String,
    cursor: usize,
}

impl LineBuffer {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.len() }
    }

    fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn behind(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    fn left(&self) -> usize {
        self.before().graphemes(true).next_back().map_or(self.cursor, |grapheme| self.cursor - grapheme.len())
    }

    fn right(&self) -> usize {
        self.behind().graphemes(true).next().map_or(self.cursor, |grapheme| self.cursor + grapheme.len())
    }

    fn delete(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    /// Applies a key. Returns false if it edits nothing.
    fn edit(&mut self, key: &Key) -> bool {
        match key {
            Key::ArrowLeft | Key::Char('\x02') => self.cursor = self.left(),
            Key::ArrowRight | Key::Char('\x06') => self.cursor = self.right(),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = self.text.len(),
            Key::Backspace => self.delete(self.left(), self.cursor),
            Key::Del => self.delete(self.cursor, self.right()),
            Key::Char('\x15') => self.delete(0, self.cursor),
            Key::Char('\x0b') => self.delete(self.cursor, self.text.len()),
            Key::Char('\x17') => {
                let word = self.before().trim_end().rfind(' ').map_or(0, |blank| blank + 1);
                self.delete(word, self.cursor);
            }
            Key::Char(letter) if !letter.is_control() => {
                self.text.insert(self.cursor, *letter);
                self.cursor += letter.len_utf8();
            }
            _ => return false,
        }
        true
    }

    /// Returns the part of the text around the cursor that fits into `columns`, and the cursor's column in it. The rest
    /// is not read: a line may be as long as what was pasted into it.
    fn window(&self, columns: usize) -> (String, usize) {
        let (mut column, mut before) = (0, Vec::new());
        for grapheme in self.before().graphemes(true).rev() {
            let grapheme = shown::shown(grapheme);
            let wide = measure::width(&grapheme);
            if column + wide >= columns {
                break;
            }
            column += wide;
            before.push(grapheme);
        }
        let mut visible: String = before.into_iter().rev().collect();
        let mut wide = column;
        for grapheme in self.behind().graphemes(true) {
            let grapheme = shown::shown(grapheme);
            wide += measure::width(&grapheme);
            if wide >= columns {
                break;
            }
            visible.push_str(&grapheme);
        }
        (visible, column)
    }
}

/// Asks a question.
///
/// # Errors
/// Ctrl-C, a signal, a terminal that is gone, or a search that failed.
pub(super) fn ask(asked: &Prompt<'_>) -> Result<Reply> {
    let terminal = Term::buffered_stderr();
    let raw = RawMode::begin().map_err(failure)?;
    let reply = read(asked, &terminal);
    let cleared =
        terminal.clear_line().and_then(|()| terminal.clear_to_end_of_screen()).and_then(|()| terminal.flush());
    drop(raw);
    if reply.is_err() {
        leave(REJECTED, asked.name, "").map_err(failure)?;
    }
    cleared.map_err(failure)?;
    reply
}

fn read(asked: &Prompt<'_>, terminal: &Term) -> Result<Reply> {
    let hint = if asked.hint.is_empty() { String::new() } else { format!(" ({})", asked.hint) };
    let mut prompt = format!("? {}{hint} › ", asked.name);
    if measure::width(&prompt) + ANSWER_COLUMNS > columns(terminal) {
        terminal.write_line(prompt.trim_end_matches(" › ")).map_err(failure)?;
        "› ".clone_into(&mut prompt);
    }
    let mut line = LineBuffer::new(asked.text);
    let mut offers = find(asked, "", &|| false, &|_| Ok(()))?.unwrap_or_default();
    let mut index = asked.menu.as_ref().and_then(|menu| menu.default).unwrap_or_default();
    let mut has_changed = false;
    loop {
        // Search and draw a paste once: the work for each of its keys grows with the line.
        if !is_key_waiting() {
            draw(terminal, &prompt, &line, &offers, index).map_err(failure)?;
            // A search that takes long gives way to the next key.
            let early = |found: Offers| draw(terminal, &prompt, &line, &found, 0).map_err(failure);
            if has_changed && let Some(found) = find(asked, &line.text, &is_key_waiting, &early)? {
                (offers, index, has_changed) = (found, 0, false);
                draw(terminal, &prompt, &line, &offers, index).map_err(failure)?;
            }
        }
        let key = terminal.read_key_raw().map_err(failure)?;
        let length = line.text.len();
        if line.edit(&key) {
            has_changed |= asked.menu.is_some() && line.text.len() != length;
            continue;
        }
        if has_changed && !matches!(key, Key::CtrlC | Key::Char('\x03')) {
            (offers, index, has_changed) =
                (find(asked, &line.text, &|| false, &|_| Ok(()))?.unwrap_or_default(), 0, false);
        }
        let count = offers.shown.len();
        match key {
            Key::CtrlC | Key::Char('\x03') => return Err(failure(io::ErrorKind::Interrupted.into())),
            Key::Char('\x04') if line.text.is_empty() => return Err(failure(io::ErrorKind::UnexpectedEof.into())),
            Key::Enter if asked.menu.is_none() => return Ok(Reply::Text(line.text)),
            Key::Enter if index < count => {
                let Offer { choice, label } = offers.shown.swap_remove(index);
                return Ok(Reply::Choice(choice, label));
            }
            Key::ArrowDown | Key::Tab if count > 0 => index = (index + 1) % count,
            Key::ArrowUp | Key::BackTab if count > 0 => index = (index + count - 1) % count,
            Key::PageDown => index = (index + PAGE).min(count.saturating_sub(1)),
            Key::PageUp => index = index.saturating_sub(PAGE),
            _ => {}
        }
    }
}

fn find(
    asked: &Prompt<'_>,
    typed: &str,
    is_stale: &dyn Fn() -> bool,
    early: &dyn Fn(Offers) -> Result<()>,
) -> Result<Option<Offers>> {
    asked.menu.as_ref().map_or(Ok(Some(Offers::default())), |menu| (menu.search)(typed, is_stale, early))
}

/// Redraws the question with the line at `index` marked, and puts the cursor into its line.
fn draw(terminal: &Term, prompt: &str, line: &LineBuffer, offers: &Offers, index: usize) -> io::Result<()> {
    let columns = columns(terminal);
    terminal.clear_line()?;
    terminal.clear_to_end_of_screen()?;
    let (text, column) = line.window(columns.saturating_sub(measure::width(prompt)).max(2));
    terminal.write_str(&format!("{}{text}", style(prompt).bold().for_stderr()))?;
    let page = PAGE.min(usize::from(terminal.size().0).saturating_sub(3)).max(1);
    let start = (index + 1).saturating_sub(page);
    let mut below = 0;
    for (at, offer) in offers.shown.iter().enumerate().skip(start).take(page) {
        let label = fitted(offer.label.clone(), columns - 3);
        let item = if at == index { style(format!("❯ {label}")).cyan() } else { style(format!("  {label}")) };
        terminal.write_str(&format!("\n{}", item.for_stderr()))?;
        below += 1;
    }
    let below_page = offers.shown.len().saturating_sub(start + below) as u64;
    let more = offers.more.map(|more| more + below_page);
    if more != Some(0) {
        let number = more.map(|more| format!("{more} ")).unwrap_or_default();
        let more = format!("\n  … {number}more; type a part of the name");
        terminal.write_str(&style(more).dim().for_stderr().to_string())?;
        below += 1;
    }
    if below > 0 {
        terminal.move_cursor_up(below)?;
    }
    terminal.write_str("\r")?;
    terminal.move_cursor_right(measure::width(prompt) + column)?;
    terminal.flush()
}

/// Leaves a question and its answer on the screen, marked as [`ACCEPTED`] or [`REJECTED`].
///
/// # Errors
/// The terminal is gone.
pub(super) fn leave(mark: &str, name: &str, answer: &str) -> io::Result<()> {
    if is_dumb() {
        // They stand there already.
        return Ok(());
    }
    let mark = if mark == ACCEPTED { style(mark).green() } else { style(mark).red() };
    let terminal = Term::stderr();
    let answer = shown::shown(answer);
    // A screenful of it identifies the answer; a paste may be far longer.
    let answer = fitted(answer.into_owned(), columns(&terminal) * usize::from(terminal.size().0.max(1)));
    terminal.write_line(&format!("{} {name} · {answer}", mark.for_stderr()))
}

/// Cuts a text that is wider than `limit` columns, with an ellipsis in place of the rest.
pub(super) fn fitted(text: String, limit: usize) -> String {
    if measure::width(&text) <= limit {
        return text;
    }
    format!("{}{}", measure::cut(&text, limit).0, measure::ELLIPSIS)
}

/// Width of the terminal in columns, at least 20.
pub(super) fn columns(terminal: &Term) -> usize {
    usize::from(terminal.size().1).max(20)
}

#[cfg(test)]
mod tests {
    use super::LineBuffer;
    use console::Key;

    fn typed(keys: &[Key]) -> LineBuffer {
        let mut line = LineBuffer::default();
        for key in keys {
            line.edit(key);
        }
        line
    }

    #[test]
    fn backspace_deletes_a_whole_grapheme() {
        let family = "👨‍👩‍👧";
        let mut line = LineBuffer::new(&format!("東{family}"));
        line.edit(&Key::Backspace);
        assert_eq!(line.text, "東");
        line.edit(&Key::Backspace);
        line.edit(&Key::Backspace);
        assert_eq!(line.text, "");
    }

    #[test]
    fn keys_insert_at_the_cursor() {
        let line =
            typed(&[Key::Char('b'), Key::Home, Key::Char('a'), Key::ArrowRight, Key::Char('c'), Key::Char('\x01')]);
        assert_eq!(line.text, "abc");
        let line = typed(&[Key::Char('a'), Key::Char(' '), Key::Char('b'), Key::Char('\x17')]);
        assert_eq!(line.text, "a ");
    }

    #[test]
    fn a_line_that_is_too_long_shows_the_part_around_the_cursor() {
        let mut line = LineBuffer::new("0123456789");
        assert_eq!(line.window(5), ("6789".to_owned(), 4));
        line.edit(&Key::Home);
        assert_eq!(line.window(5), ("0123".to_owned(), 0));
        assert_eq!(LineBuffer::new("東京東京").window(5), ("東京".to_owned(), 4));
    }
}
