//! Records in flat formats: fields without sections.

use crate::output::row::{Column, Row};
use crate::output::{Cards, Sheet};
use std::io;

/// Records as the rows of a list.
pub struct RecordsOnly<S> {
    sheet: S,
    begun: bool,
}

impl<S: Sheet> RecordsOnly<S> {
    /// Creates records that are rows of `sheet`.
    pub const fn new(sheet: S) -> Self {
        Self { sheet, begun: false }
    }
}

impl<S: Sheet> Cards for RecordsOnly<S> {
    fn begin_record(&mut self, columns: &[Column], row: &Row) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            self.sheet.begin(columns)?;
        }
        self.sheet.row(row)
    }

    fn end(&mut self) -> io::Result<()> {
        self.sheet.end()
    }
}
