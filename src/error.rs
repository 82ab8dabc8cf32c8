//! Failures: a sentence, an exit status, a way out, and the chain of causes.
//!
//! Every failure of `inv` is one [`Error`]: a lower-case sentence with the offending value in quotes, the exit status
//! that scripts branch on, and, where there is one, the way out, printed after `help:`. The floor that finds the fault
//! builds it; no floor above rewrites it. A fault of the system or of the engine carries its chain of causes, which
//! `--verbose` prints.

use serde_json::{Value as Json, json};
use std::fmt;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

/// Kind of a failure, which sets the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value or a file is wrong (1).
    Failed,
    /// The command line is wrong (2).
    Usage,
    /// No such record (3).
    NotFound,
    /// It conflicts with what there is (4).
    Conflict,
    /// It exists already (4).
    Exists,
    /// Several records have that name (4).
    Ambiguous,
    /// Others need it (4).
    InUse,
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
    /// Every kind that is printed.
    pub const ALL: [Self; 10] = [
        Self::Failed,
        Self::Usage,
        Self::NotFound,
        Self::Conflict,
        Self::Exists,
        Self::Ambiguous,
        Self::InUse,
        Self::Denied,
        Self::Inventory,
        Self::Interrupted,
    ];

    /// Returns the exit status of a failure of this kind.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Conflict | Self::Exists | Self::Ambiguous | Self::InUse => 4,
            Self::Denied => 5,
            Self::Inventory => 6,
            Self::Interrupted => 130,
        }
    }

    /// Returns true for every kind with the exit status of a conflict.
    #[must_use]
    pub const fn is_conflict(self) -> bool {
        self.status() == Self::Conflict.status()
    }

    /// Returns the `kind` of the failure in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Exists => "exists",
            Self::Ambiguous => "ambiguous",
            Self::InUse => "in_use",
            Self::Denied => "denied",
            Self::Inventory => "inventory",
            Self::Interrupted => "interrupted",
            Self::OutputClosed => "output_closed",
        }
    }
}

/// A fault of a file that is imported, or of a value of the command line, which has neither file nor line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// Name of the file.
    pub file: Option<String>,
    /// Line of the file, from 1.
    pub line: Option<u64>,
    /// Field or column, where the fault is one of a single value.
    pub column: Option<String>,
    /// The sentence, without file, line and column.
    pub message: String,
}

/// As text has it: `vms.csv:17: memory: "16 GX" has no known unit`.
impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
        }
        if let Some(line) = self.line {
            write!(f, "{line}: ")?;
        }
        if let Some(column) = &self.column {
            write!(f, "{column}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Returns a sentence without the column that it begins with.
fn without_column(message: &str, column: Option<&str>) -> String {
    let rest = column.and_then(|column| message.strip_prefix(column)?.strip_prefix(": "));
    rest.unwrap_or(message).to_owned()
}

impl RowFault {
    fn shown_by(&self, show: impl Fn(&str) -> String) -> Self {
        let Self { file, line, column, message } = self;
        let (file, column) = (file.as_deref().map(&show), column.as_deref().map(&show));
        Self { file, line: *line, column, message: show(message) }
    }
}

/// A failure as users read it. Failures are equal if users read the same, whatever caused them.
#[derive(Debug, Clone)]
pub struct Error {
    kind: Kind,
    /// Length of the name of the field or column that the failure is about, with which the message begins; 0 if none.
    column_length: usize,
    message: String,
    faults: Vec<RowFault>,
    details: Vec<String>,
    help: Option<String>,
    cause: Option<Arc<anyhow::Error>>,
}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.message, &self.faults, &self.details, &self.help)
            == (other.kind, &other.message, &other.faults, &other.details, &other.help)
    }
}

impl Eq for Error {}

/// Result of every fallible function of `inv`.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Creates a failure of `kind`; `message` is one lower-case sentence without a full stop.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            column_length: 0,
            message: message.into(),
            faults: Vec::new(),
            details: Vec::new(),
            help: None,
            cause: None,
        }
    }

    /// Creates a failure of a value or a file (exit status 1).
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// Creates a failure of the command line (exit status 2).
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Creates the failure of a record that does not exist (exit status 3).
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// Creates the failure of a record that exists already (exit status 4).
    #[must_use]
    pub fn exists(message: impl Into<String>) -> Self {
        Self::new(Kind::Exists, message)
    }

    /// Creates the failure of a name that several records have (exit status 4).
    #[must_use]
    pub fn ambiguous(message: impl Into<String>) -> Self {
        Self::new(Kind::Ambiguous, message)
    }

    /// Creates the failure of a record that others need (exit status 4).
    #[must_use]
    pub fn in_use(message: impl Into<String>) -> Self {
        Self::new(Kind::InUse, message)
    }

    /// Creates the failure of a change that conflicts with what there is (exit status 4).
    #[must_use]
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// Creates a failure of the inventory file itself (exit status 6).
    #[must_use]
    pub fn inventory(message: impl Into<String>) -> Self {
        Self::new(Kind::Inventory, message)
    }

    /// Creates the failure of a command that the user ended (exit status 130).
    #[must_use]
    pub fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted; nothing was changed")
    }

    /// Creates the failure of a command whose question the user declined (exit status 1).
    #[must_use]
    pub fn cancelled() -> Self {
        Self::failed("cancelled; nothing was changed")
    }

    /// Creates a failure to write the output. A closed pipe ends the command quietly (exit status 0). A failure of a format
    /// that is on its way as an I/O error comes out again.
    #[must_use]
    pub fn output(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => failure,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                Self::new(Kind::OutputClosed, "the output was closed")
            }
            Err(error) => Self::io("cannot write the output", error),
        }
    }

    /// Creates a failure that the system caused (exit status 1): `message`, a colon and the reason in words.
    #[must_use]
    pub fn io(message: impl fmt::Display, error: io::Error) -> Self {
        Self::failed(format!("{message}: {}", io_reason(&error))).caused_by(error)
    }

    /// Adds the way out, printed after `help:`.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the fault of the system or of a library behind this failure; `--verbose` prints its chain. A cause must not
    /// hold a secret.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(Arc::new(cause.into()));
        self
    }

    /// Drops the chain of causes.
    #[must_use]
    pub fn without_causes(mut self) -> Self {
        self.cause = None;
        self
    }

    /// Puts the field or column that the failure is about before the message.
    #[must_use]
    pub fn about(mut self, column: &str) -> Self {
        self.message = format!("{column}: {}", self.message);
        self.column_length = column.len();
        self
    }

    /// Returns the field or column that the failure is about.
    fn column(&self) -> Option<&str> {
        self.message.get(..self.column_length).filter(|column| !column.is_empty())
    }

    /// Adds faults of single values or rows, which stand below the message.
    #[must_use]
    pub fn faults(mut self, faults: impl IntoIterator<Item = RowFault>) -> Self {
        self.faults.extend(faults);
        self
    }

    /// Returns the failure as a fault of a row.
    #[must_use]
    pub fn as_fault(&self, file: Option<&str>, line: Option<u64>) -> RowFault {
        let message = without_column(&self.in_one_line(), self.column());
        let column = self.column().map(str::to_owned);
        RowFault { file: file.map(str::to_owned), line, column, message }
    }

    /// Adds lines below the message, such as the candidates of an ambiguous name.
    #[must_use]
    pub fn details(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(lines);
        self
    }

    /// Returns the kind of this failure.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the sentence, without the lines below it and without the help.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the lines below the sentence.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.details
    }

    /// Returns the failure as one JSON object on one line.
    #[must_use]
    pub fn json(&self) -> String {
        let own = self.column().map(|column| RowFault {
            file: None,
            line: None,
            column: Some(column.to_owned()),
            message: without_column(&self.message, Some(column)),
        });
        let faults = own.iter().chain(&self.faults).map(|fault| {
            let RowFault { file, line, column, message } = fault;
            json!({ "file": file, "line": line, "column": column, "message": message })
        });
        let object = json!({
            "kind": self.kind.word(),
            "message": self.message,
            "details": self.details,
            "help": self.help,
            "exit_status": self.kind.status(),
            "faults": faults.collect::<Vec<Json>>(),
            "causes": self.causes().collect::<Vec<String>>(),
        });
        object.to_string()
    }

    /// Returns the way out, where there is one.
    #[must_use]
    pub fn way_out(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Returns the exit status for the shell.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.status())
    }

    /// Returns the causes, outermost first.
    #[must_use]
    pub fn causes(&self) -> impl DoubleEndedIterator<Item = String> {
        self.cause.iter().flat_map(|cause| cause.chain().map(ToString::to_string))
    }

    /// Returns the same failure with `show` applied to each of its texts. Every failure passes through here before it is
    /// printed, so that no file name and no word of a library can control a terminal.
    #[must_use]
    pub fn shown_by(&self, show: impl Fn(&str) -> String) -> Self {
        let innermost_first = self.causes().rev().map(|cause| show(&cause));
        let cause = innermost_first.fold(None, |chain: Option<anyhow::Error>, text| {
            Some(chain.map_or_else(|| anyhow::Error::msg(text.clone()), |chain| chain.context(text.clone())))
        });
        Self {
            kind: self.kind,
            column_length: self.column().map_or(0, |column| show(column).len()),
            message: show(&self.message),
            faults: self.faults.iter().map(|fault| fault.shown_by(&show)).collect(),
            details: self.details.iter().map(|line| show(line)).collect(),
            help: self.help.as_deref().map(show),
            cause: cause.map(Arc::new),
        }
    }

    /// Returns the failure on one line, for a fault in an import: the sentence, the lines below it, and the way out in
    /// brackets.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        let mut line = self.message.clone();
        let below: Vec<String> =
            self.faults.iter().map(ToString::to_string).chain(self.details.iter().cloned()).collect();
        if !below.is_empty() {
            line.push_str(": ");
            line.push_str(&below.join(", "));
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
        for fault in &self.faults {
            write!(f, "\n  {fault}")?;
        }
        for line in &self.details {
            write!(f, "\n  {line}")?;
        }
        for cause in self.causes() {
            write!(f, "\ncause: {cause}")?;
        }
        match &self.help {
            Some(help) => write!(f, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| {
            let cause: &(dyn std::error::Error + 'static) = cause.as_ref();
            cause
        })
    }
}

/// Returns the reason of an I/O failure in words, without Rust's `(os error 28)`.
#[must_use]
pub fn io_reason(error: &io::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = reason.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn causes_are_printed_outermost_first_between_the_message_and_the_help() {
        let cause = anyhow::Error::msg("disk\u{1b}[2J failed").context("reading page 7");
        let error = Error::failed("cannot read").help("try again").caused_by(cause);
        let shown = error.shown_by(|text| text.replace('\u{1b}', "^["));
        let text = "error: cannot read\ncause: reading page 7\ncause: disk^[[2J failed\nhelp: try again";
        assert_eq!(shown.to_string(), text);
        assert_eq!(shown.without_causes().to_string(), "error: cannot read\nhelp: try again");
        assert_eq!(std::error::Error::source(&error).map(ToString::to_string).as_deref(), Some("reading page 7"));
    }

    #[test]
    fn failures_are_compared_without_their_causes() {
        let error = Error::failed("cannot read");
        assert_eq!(error.clone().caused_by(anyhow::Error::msg("disk")), error);
        assert_ne!(error.clone().help("try again"), error);
    }
}
