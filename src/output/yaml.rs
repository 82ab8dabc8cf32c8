//! YAML: the objects of JSON as one document, a list written item by item.
//!
//! Readers of YAML 1.1 and 1.2 get the same values: a text that either of them reads as something else (`no`, `1e3`,
//! `2026-01-01`, `10:30`) is quoted. Characters that control a terminal are escaped, as in JSON.

use crate::output::converted::{Form, Native};
use crate::output::json::is_hidden;
use serde::Serialize;
use serde_json::Value as Json;
use std::fmt;
use std::io::{self, Write};

/// Objects as YAML.
#[derive(Debug)]
pub struct Yaml {
    /// True for the items of a list, false for one object.
    is_list: bool,
    is_empty: bool,
}

impl Yaml {
    /// Creates a list of objects.
    #[must_use]
    pub const fn list() -> Self {
        Self { is_list: true, is_empty: true }
    }

    /// Creates a single object.
    #[must_use]
    pub const fn single() -> Self {
        Self { is_list: false, is_empty: true }
    }
}

impl Form for Yaml {
    fn object(&mut self, object: &Json, out: &mut dyn Write) -> io::Result<()> {
        self.is_empty = false;
        if self.is_list { write(&[Native(object)], out) } else { write(&Native(object), out) }
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.is_list && self.is_empty { out.write_all(b"[]\n") } else { Ok(()) }
    }
}

/// Writes a value as YAML.
fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    // A block of literal text has no escapes, and a folded one breaks lines at blanks.
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    let mut text = Escaped(String::new());
    serde_saphyr::to_fmt_writer_with_options(&mut text, value, options).map_err(io::Error::other)?;
    out.write_all(text.0.as_bytes())
}

/// Text of a YAML document in which hidden characters are escaped. They are in double quotes, for [`Native`] asks for them.
struct Escaped(String);

impl fmt::Write for Escaped {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !text.contains(is_hidden) {
            self.0.push_str(text);
            return Ok(());
        }
        text.chars().try_for_each(|character| self.write_char(character))
    }

    fn write_char(&mut self, character: char) -> fmt::Result {
        if is_hidden(character) {
            write!(self.0, "\\u{:04x}", u32::from(character))
        } else {
            self.0.push(character);
            Ok(())
        }
    }
}
