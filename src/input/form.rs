//! Questions and answers as data: a name, a text that can be edited, a list that is searched; and the terminal that they
//! are put on.

use crate::error::{Error, Result};
use console::Term;
use std::env;
use std::io;

/// Answer to a question with a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// This item.
    Item(String),
    /// None of them: the field stays empty.
    Nothing,
    /// A new item; the text was typed before, and may be its name.
    New(String),
}

/// Line of a list.
#[derive(Debug)]
pub(super) struct Offer {
    /// Answer that the line stands for.
    pub choice: Choice,
    /// Words of the line.
    pub label: String,
}

impl Offer {
    /// Tests if it is the item `name`, or one whose path ends in it, in any case.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let Choice::Item(item) = &self.choice else { return false };
        let (item, name) = (item.to_lowercase(), name.to_lowercase());
        item == name || item.strip_suffix(&name).is_some_and(|before| before.ends_with('/') && !name.is_empty())
    }
}

/// Lines of a list that match a text.
#[derive(Debug)]
pub(super) struct Offers {
    /// The best ones, best first.
    pub shown: Vec<Offer>,
    /// Number of the others; `None` if they are not counted.
    pub more: Option<u64>,
}

impl Default for Offers {
    fn default() -> Self {
        Self { shown: Vec::new(), more: Some(0) }
    }
}

/// Returns what matches the typed text; `None` if the second argument returned true before all was found. The third is
/// called with what is found at once, if the search goes on.
pub type Search<'a, T> = dyn Fn(&str, &dyn Fn() -> bool, &dyn Fn(T) -> Result<()>) -> Result<Option<T>> + 'a;

/// A list that narrows as one types.
pub(super) struct Menu<'a> {
    /// Search for its lines.
    pub search: &'a Search<'a, Offers>,
    /// Index of the line that Enter alone chooses, where there is such a one.
    pub default: Option<usize>,
}

/// An answer as it was typed or chosen.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// A text.
    Text(String),
    /// A line of the list, and its words.
    Choice(Choice, String),
}

/// A question for a text, or for a line of a list.
pub(super) struct Prompt<'a> {
    /// Name of the value; it stays on the screen before the answer.
    pub name: &'a str,
    /// Explanation beside the name while the question is on the screen.
    pub hint: &'a str,
    /// Text that can be edited or accepted.
    pub text: &'a str,
    /// The list; `None` for a question that accepts any text.
    pub menu: Option<Menu<'a>>,
}

/// Tests if the terminal can do no more than print and read lines (`TERM=dumb`).
pub(super) fn is_dumb() -> bool {
    env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb")
}

/// Shows the cursor, and returns the failure that ends the questions.
pub(super) fn failure(error: io::Error) -> Error {
    if !is_dumb() {
        // This fails where the terminal is gone; there is nothing to put back then.
        let _ = Term::stderr().show_cursor();
    }
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => Error::interrupted(),
        _ => Error::io("cannot prompt on this terminal", error).help("pass all values as options, with --no-input"),
    }
}
