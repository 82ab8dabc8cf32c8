//! One question on a terminal: a line that is edited, and below it what may be chosen.
//!
//! Names are of any script, so everything here counts graphemes and columns, never bytes. What is drawn is cut to the
//! terminal, because a line that wraps cannot be drawn over. Keys are read in one stretch of raw mode: between two
//! stretches the terminal would echo what is typed ahead, and Ctrl-C would be a signal that no question waits for.

use crate::output::measure;
use crate::value::shown;
use console::{Key, Term, style};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io;
use unicode_segmentation::UnicodeSegmentation;

/// The room that an answer has beside its question; with less, the question stands on a line of its own.
const ROOM: usize = 20;
/// How many choices are shown at once.
const SHOWN: usize = 12;

/// What marks an answer that was taken.
pub(super) const TAKEN: &str = "✔";
/// What marks a question that was not answered, or an answer that was not taken.
pub(super) const NOT_TAKEN: &str = "✘";

/// The terminal in raw mode, until this is dropped.
struct Raw {
    before: Termios,
}

impl Raw {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone has no settings to put back.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

/// The text that is being typed, and the byte at which the next key goes in.
#[derive(Debug, Default)]
struct Line {
    text: String,
    cursor: usize,
}

impl Line {
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

    /// Takes a key; whether it was one that edits.
    fn takes(&mut self, key: &Key) -> bool {
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

    /// The part of the text around the cursor that fits into `room` columns, and the column of the cursor in it. What
    /// does not fit is not looked at: a line may be as long as what was pasted into it.
    fn window(&self, room: usize) -> (String, usize) {
        let (mut column, mut before) = (0, Vec::new());
        for grapheme in self.before().graphemes(true).rev() {
            let grapheme = shown::shown(grapheme);
            let wide = measure::width(&grapheme);
            if column + wide >= room {
                break;
            }
            column += wide;
            before.push(grapheme);
        }
        let mut seen: String = before.into_iter().rev().collect();
        let mut wide = column;
        for grapheme in self.behind().graphemes(true) {
            let grapheme = shown::shown(grapheme);
            wide += measure::width(&grapheme);
            if wide >= room {
                break;
            }
            seen.push_str(&grapheme);
        }
        (seen, column)
    }
}

/// For what was typed, the places of the choices that fit it, the best first.
pub(super) type Narrowed<'a> = dyn Fn(&str) -> Vec<usize> + 'a;

/// What was answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// A text.
    Text(String),
    /// The choice at this place, and what was typed to find it.
    Choice(usize, String),
}

/// A question.
pub(super) struct Question<'a> {
    /// What is asked for; the answer is shown behind it afterwards.
    pub name: &'a str,
    /// What it means, beside the name while the question stands.
    pub hint: &'a str,
    /// What stands there already.
    pub text: &'a str,
    /// What narrows the choices; nothing for a question that takes text.
    pub choices: Option<&'a Narrowed<'a>>,
    /// How a choice is told, for what was typed.
    pub told: &'a dyn Fn(usize, &str) -> String,
    /// The choice that Enter alone takes.
    pub first: usize,
}

impl Question<'_> {
    /// Asks.
    ///
    /// # Errors
    /// Ctrl-C, a signal, or a terminal that is gone.
    pub(super) fn ask(&self) -> io::Result<Answered> {
        let terminal = Term::buffered_stderr();
        let raw = Raw::begin()?;
        let answered = self.converse(&terminal);
        terminal.clear_line()?;
        terminal.clear_to_end_of_screen()?;
        terminal.flush()?;
        drop(raw);
        if answered.is_err() {
            self.close(NOT_TAKEN, "")?;
        }
        answered
    }

    /// Leaves the question and its answer on the screen, marked as taken or not.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn close(&self, mark: &str, answer: &str) -> io::Result<()> {
        let mark = if mark == TAKEN { style(mark).green() } else { style(mark).red() };
        let terminal = Term::stderr();
        let answer = shown::shown(answer);
        // A screen of it tells which answer it was.
        let (kept, _) = measure::cut(&answer, columns(&terminal) * usize::from(terminal.size().0.max(1)));
        let cut = if kept.len() < answer.len() { measure::ELLIPSIS } else { "" };
        terminal.write_line(&format!("{} {} · {kept}{cut}", mark.for_stderr(), self.name))
    }

    fn converse(&self, terminal: &Term) -> io::Result<Answered> {
        let hint = if self.hint.is_empty() { String::new() } else { format!(" ({})", self.hint) };
        let mut prompt = format!("? {}{hint} › ", self.name);
        if measure::width(&prompt) + ROOM > columns(terminal) {
            terminal.write_line(prompt.trim_end_matches(" › "))?;
            "› ".clone_into(&mut prompt);
        }
        let mut line = Line::new(self.text);
        let mut places = self.places("");
        let mut at = places.iter().position(|place| *place == self.first).unwrap_or(0);
        let mut has_changed = false;
        loop {
            // What is pasted is looked at as a whole: the work for each of its keys grows with the line.
            if !is_more_typed() {
                if std::mem::take(&mut has_changed) {
                    places = self.places(&line.text);
                    at = 0;
                }
                self.draw(terminal, &prompt, &line, &places, at)?;
            }
            let key = terminal.read_key_raw()?;
            let length = line.text.len();
            if line.takes(&key) {
                has_changed |= line.text.len() != length;
                continue;
            }
            if std::mem::take(&mut has_changed) {
                places = self.places(&line.text);
                at = 0;
            }
            match key {
                Key::CtrlC | Key::Char('\x03') => return Err(io::ErrorKind::Interrupted.into()),
                Key::Char('\x04') if line.text.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
                Key::Enter if self.choices.is_none() => return Ok(Answered::Text(line.text)),
                Key::Enter => {
                    if let Some(place) = places.get(at) {
                        return Ok(Answered::Choice(*place, line.text));
                    }
                }
                Key::ArrowDown | Key::Tab if !places.is_empty() => at = (at + 1) % places.len(),
                Key::ArrowUp | Key::BackTab if !places.is_empty() => at = (at + places.len() - 1) % places.len(),
                Key::PageDown => at = (at + SHOWN).min(places.len().saturating_sub(1)),
                Key::PageUp => at = at.saturating_sub(SHOWN),
                _ => {}
            }
        }
    }

    fn places(&self, typed: &str) -> Vec<usize> {
        self.choices.map(|choices| choices(typed)).unwrap_or_default()
    }

    /// Draws the question over what was drawn before, and puts the cursor into its line.
    fn draw(&self, terminal: &Term, prompt: &str, line: &Line, places: &[usize], at: usize) -> io::Result<()> {
        let columns = columns(terminal);
        terminal.clear_line()?;
        terminal.clear_to_end_of_screen()?;
        let (text, column) = line.window(columns.saturating_sub(measure::width(prompt)).max(2));
        terminal.write_str(&format!("{}{text}", style(prompt).bold().for_stderr()))?;
        let most = SHOWN.min(usize::from(terminal.size().0).saturating_sub(3)).max(1);
        let start = (at + 1).saturating_sub(most);
        let seen = places.iter().enumerate().skip(start).take(most);
        let mut below = 0;
        for (index, place) in seen {
            let told = (self.told)(*place, &line.text);
            let told = if measure::width(&told) + 3 > columns {
                format!("{}{}", measure::cut(&told, columns - 3).0, measure::ELLIPSIS)
            } else {
                told
            };
            let item = if index == at { style(format!("❯ {told}")).cyan() } else { style(format!("  {told}")) };
            terminal.write_str(&format!("\n{}", item.for_stderr()))?;
            below += 1;
        }
        if places.len() > start + below {
            let more = format!("\n  … {} more; type a part of the name", places.len() - start - below);
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
}

/// Whether a key is waiting already.
fn is_more_typed() -> bool {
    let stdin = io::stdin();
    let mut keys = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut keys, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

fn columns(terminal: &Term) -> usize {
    usize::from(terminal.size().1).max(20)
}

#[cfg(test)]
mod tests {
    use super::Line;
    use console::Key;

    fn typed(keys: &[Key]) -> Line {
        let mut line = Line::default();
        for key in keys {
            line.takes(key);
        }
        line
    }

    #[test]
    fn backspace_takes_a_whole_grapheme() {
        let family = "👨‍👩‍👧";
        let mut line = Line::new(&format!("東{family}"));
        line.takes(&Key::Backspace);
        assert_eq!(line.text, "東");
        line.takes(&Key::Backspace);
        line.takes(&Key::Backspace);
        assert_eq!(line.text, "");
    }

    #[test]
    fn keys_go_in_where_the_cursor_is() {
        let line =
            typed(&[Key::Char('b'), Key::Home, Key::Char('a'), Key::ArrowRight, Key::Char('c'), Key::Char('\x01')]);
        assert_eq!(line.text, "abc");
        let line = typed(&[Key::Char('a'), Key::Char(' '), Key::Char('b'), Key::Char('\x17')]);
        assert_eq!(line.text, "a ");
    }

    #[test]
    fn a_line_that_is_too_long_shows_the_part_around_the_cursor() {
        let mut line = Line::new("0123456789");
        assert_eq!(line.window(5), ("6789".to_owned(), 4));
        line.takes(&Key::Home);
        assert_eq!(line.window(5), ("0123".to_owned(), 0));
        assert_eq!(Line::new("東京東京").window(5), ("東京".to_owned(), 4));
    }
}
