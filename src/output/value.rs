//! Bare values, for `$(…)` and `while read`: a row on each line, its cells separated by tabs; of a record, a field on each
//! line. Nothing is quoted or escaped.

use crate::output::row::{Column, Row};
use crate::output::{Cards, Layout, Sheet};
use crate::value::shown::shown;
use std::io::{self, BufWriter, Write};

/// A list, or records, as bare values.
pub struct Values<'w> {
    out: BufWriter<&'w mut dyn Write>,
    /// True if the output is a terminal, which control characters in data must not reach.
    is_shown: bool,
    columns: usize,
    scratch: String,
}

impl<'w> Values<'w> {
    /// Creates values that are written to `out`.
    pub fn new(layout: &Layout, out: &'w mut dyn Write) -> Self {
        Self { out: BufWriter::new(out), is_shown: layout.width.is_some(), columns: 0, scratch: String::new() }
    }

    fn write(&mut self, row: &Row, between: &[u8]) -> io::Result<()> {
        for index in 0..self.columns {
            if index > 0 {
                self.out.write_all(between)?;
            }
            let text = row.exact(index, &mut self.scratch);
            if self.is_shown {
                self.out.write_all(shown(text).as_bytes())?;
            } else {
                self.out.write_all(text.as_bytes())?;
            }
        }
        self.out.write_all(b"\n")
    }
}

impl Sheet for Values<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.len();
        Ok(())
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        self.write(row, b"\t")
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Cards for Values<'_> {
    fn begin_record(&mut self, columns: &[Column], row: &Row) -> io::Result<()> {
        self.columns = columns.len();
        self.write(row, b"\n")
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
