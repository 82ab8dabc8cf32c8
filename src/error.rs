//! What went wrong, for whom, with which exit status and which way out.
//!
//! Every failure of `inv` is one [`Error`]: a lower-case sentence with the offending value in quotes, the exit status
//! that scripts branch on, and, where there is one, the way out, printed after `help:`. Floors below build it from
//! their own knowledge; nothing above rewrites it.

use std::fmt;
use std::process::ExitCode;

/// The kind of a failure, which sets the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value or a file is wrong (1).
    Failed,
    /// The command line is wrong (2).
    Usage,
    /// No such record (3).
    NotFound,
    /// It exists already, is ambiguous, or is in use (4).
    Conflict,
    /// Not allowed (5).
    Denied,
    /// The inventory file itself: missing, not an inventory, damaged, newer, read-only, full, busy (6).
    Inventory,
    /// Ended by the user (130).
    Interrupted,
    /// Nobody reads the output any more: not a failure, ends quietly (0).
    OutputClosed,
}

impl Kind {
    /// The exit status of a failure of this kind.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Conflict => 4,
            Self::Denied => 5,
            Self::Inventory => 6,
            Self::Interrupted => 130,
        }
    }
}

/// One failure, as it is told to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
    details: Vec<String>,
    help: Option<String>,
}

/// What every fallible function of `inv` returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure of `kind`, told as `message`: one lower-case sentence without a full stop.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Vec::new(), help: None }
    }

    /// A value or a file is wrong (exit status 1).
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The command line is wrong (exit status 2).
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// There is no such record (exit status 3).
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// It exists already, is ambiguous, or is in use (exit status 4).
    #[must_use]
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// The inventory file itself is the trouble (exit status 6).
    #[must_use]
    pub fn inventory(message: impl Into<String>) -> Self {
        Self::new(Kind::Inventory, message)
    }

    /// The user ended it (exit status 130).
    #[must_use]
    pub fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted; nothing was changed")
    }

    /// A failure to write output: a closed pipe ends quietly, anything else is told.
    #[must_use]
    pub fn output(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::new(Kind::OutputClosed, "the output was closed"),
            _ => Self::failed(format!("cannot write the output: {}", io_reason(error))),
        }
    }

    /// Adds the way out, printed after `help:`.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds lines that stand under the message, such as the candidates of an ambiguous name.
    #[must_use]
    pub fn details(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(lines);
        self
    }

    /// The kind of this failure.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence, without the lines under it and without the help.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The lines that stand under the sentence.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.details
    }

    /// The way out, where there is one.
    #[must_use]
    pub fn way_out(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The exit status for the shell.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.status())
    }

    /// The same failure with every text of it put through `show`: the last door before a terminal, behind which no name
    /// of a file and no word of a library steers it.
    #[must_use]
    pub fn shown_by(&self, show: impl Fn(&str) -> String) -> Self {
        Self {
            kind: self.kind,
            message: show(&self.message),
            details: self.details.iter().map(|line| show(line)).collect(),
            help: self.help.as_deref().map(show),
        }
    }

    /// On one line, as a fault in an import: the sentence, the lines under it, and the way out in brackets.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        let mut line = self.message.clone();
        if !self.details.is_empty() {
            line.push_str(": ");
            line.push_str(&self.details.join(", "));
        }
        if let Some(help) = &self.help {
            line.push_str(" (");
            line.push_str(help);
            line.push(')');
        }
        line
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        for line in &self.details {
            write!(f, "\n  {line}")?;
        }
        match &self.help {
            Some(help) => write!(f, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// The reason of an I/O failure in words: without Rust's `(os error 28)`.
#[must_use]
pub fn io_reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = reason.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
