//! The one buffer that a format builds its lines in, handed on in large pieces.
//!
//! A format writes some twenty pieces a row; each its own write would cost more than the row itself. Pieces are handed
//! on only at the ends of lines, so that what a reader gets first is whole.

use std::io::{self, Write};

const HANDED_ON_AT: usize = 32 * 1024;

/// Lines on their way to `out`.
pub struct Lines<'w> {
    out: &'w mut dyn Write,
    bytes: Vec<u8>,
    line: usize,
}

impl<'w> Lines<'w> {
    /// No lines yet, to `out`.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self { out, bytes: Vec::with_capacity(HANDED_ON_AT + 4096), line: 0 }
    }

    /// Adds text to the line.
    pub fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Adds `count` blanks to the line.
    pub fn pad(&mut self, count: usize) {
        self.bytes.resize(self.bytes.len() + count, b' ');
    }

    /// The buffer itself, for what writes bytes.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Takes the blanks off the end of the line.
    pub fn trim(&mut self) {
        while self.bytes.len() > self.line && self.bytes.last() == Some(&b' ') {
            self.bytes.pop();
        }
    }

    /// Ends the line.
    ///
    /// # Errors
    /// When what has gathered is handed on and cannot be written.
    pub fn end_line(&mut self) -> io::Result<()> {
        self.bytes.push(b'\n');
        if self.bytes.len() >= HANDED_ON_AT {
            self.hand_on()?;
        }
        self.line = self.bytes.len();
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(&mut self) -> io::Result<()> {
        self.hand_on()?;
        self.line = 0;
        self.out.flush()
    }

    fn hand_on(&mut self) -> io::Result<()> {
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}
