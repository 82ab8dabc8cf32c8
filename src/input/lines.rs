//! The lines of a text file or of standard input, with their numbers.

use crate::error::{Error, Result};
use crate::input::RECORD_LIMIT;
use crate::input::file::Text;
use std::path::Path;

/// A text that is read line by line.
pub struct Lines {
    text: Text,
    number: u64,
}

impl Lines {
    /// Opens the file at `path` as UTF-8, or standard input for `-`.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { text: Text::open(path, None)?, number: 0 })
    }

    /// Returns the name of the file in faults.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.name()
    }

    /// Reads the next line, without its line break (LF or CR LF), and its number, from 1.
    fn read(&mut self) -> Result<Option<(u64, String)>> {
        let mut searched = 0;
        let end = loop {
            let unsearched = self.text.rest().get(searched..).unwrap_or_default();
            if let Some(end) = unsearched.find('\n') {
                break searched + end + 1;
            }
            searched = self.text.rest().len();
            if searched > RECORD_LIMIT {
                let (name, number) = (self.text.name(), self.number + 1);
                return Err(Error::failed(format!("{name}:{number}: the line is longer than {RECORD_LIMIT} bytes")));
            }
            let is_more = self.text.fill().map_err(|fault| fault.into_error(self.text.name()))?;
            if !is_more && searched == 0 {
                return Ok(None);
            }
            if !is_more {
                break searched;
            }
        };
        self.number += 1;
        let line = self.text.rest().get(..end).unwrap_or_default();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line).to_owned();
        self.text.consume(end);
        Ok(Some((self.number, line)))
    }
}

impl Iterator for Lines {
    type Item = Result<(u64, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
