//! The text of a file: opened, decoded, and never silently repaired.
//!
//! A byte that is no text in the file's encoding is a fault on its line. Replacing it by U+FFFD would put names into
//! the inventory that nobody wrote, so every byte goes through a decoder that stops at the first malformed one.

use crate::error::{Error, Result, io_reason};
use crate::input::Fault;
use crate::input::encoding::{self, Decoded, Decoding, Input};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Number of bytes that are read from a file at once.
const CHUNK: usize = 64 << 10;

/// A file as text, decoded piece by piece.
pub struct Text {
    name: String,
    size: Option<u64>,
    source: Box<dyn Read + Send>,
    decoder: Decoding,
    is_encoding_given: bool,
    raw: Vec<u8>,
    raw_used: usize,
    raw_filled: usize,
    end: End,
    decoded: String,
    used: usize,
    bytes_read: u64,
    line_breaks: u64,
    breaks: LineBreaks,
    trouble: Option<Fault>,
}

/// Progress towards the end of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// There may be more.
    NotYet,
    /// Nothing more can be read.
    OfSource,
    /// Nothing more can be decoded.
    OfText,
}

impl Text {
    /// Opens the file at `path`, or standard input for `-`. `encoding` is a label such as `shift_jis`; without it the
    /// file is UTF-8, or what its byte order mark says.
    pub fn open(path: &Path, encoding: Option<&str>) -> Result<Self> {
        if path.as_os_str() == "-" {
            return Self::new("standard input", Box::new(std::io::stdin()), None, encoding);
        }
        let name = path.display().to_string();
        // Asked before opening, because opening a FIFO waits for its writer and opening a folder succeeds.
        let metadata = std::fs::metadata(path).map_err(|error| cannot_open(&name, error))?;
        if metadata.is_dir() {
            return Err(Error::failed(format!("\"{name}\" is a folder, not a file"))
                .help("pass a file in the folder, or import the whole folder with `inv import`"));
        }
        if !metadata.is_file() {
            return Err(Error::failed(format!("\"{name}\" is a pipe or a device, not a file")));
        }
        let source = File::open(path).map_err(|error| cannot_open(&name, error))?;
        Self::new(&name, Box::new(source), Some(metadata.len()), encoding)
    }

    /// The text of `source`, which is called `name` in faults.
    pub fn new(name: &str, source: Box<dyn Read + Send>, size: Option<u64>, encoding: Option<&str>) -> Result<Self> {
        let decoder = Decoding::of(encoding)?;
        Ok(Self {
            name: name.to_owned(),
            size,
            source,
            decoder,
            is_encoding_given: encoding.is_some(),
            raw: vec![0; CHUNK],
            raw_used: 0,
            raw_filled: 0,
            end: End::NotYet,
            decoded: String::new(),
            used: 0,
            bytes_read: 0,
            line_breaks: 0,
            breaks: LineBreaks::default(),
            trouble: None,
        })
    }

    /// Returns the name of the file in faults.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the size of the file in bytes; `None` for a stream.
    #[must_use]
    pub const fn size(&self) -> Option<u64> {
        self.size
    }

    /// Returns the number of bytes read so far.
    #[must_use]
    pub const fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Returns the decoded text that is not consumed yet.
    #[must_use]
    pub fn rest(&self) -> &str {
        self.decoded.get(self.used..).unwrap_or_default()
    }

    /// Consumes the first `bytes` of [`Text::rest`].
    pub fn consume(&mut self, bytes: usize) {
        self.used = (self.used + bytes).min(self.decoded.len());
    }

    /// Decodes more text behind what is left; `false` at the end of the file.
    pub fn fill(&mut self) -> Result<bool, Fault> {
        self.decoded.drain(..self.used);
        self.used = 0;
        let before = self.decoded.len();
        while self.decoded.len() == before && self.end != End::OfText {
            if let Some(fault) = &self.trouble {
                return Err(fault.clone());
            }
            if self.raw_used == self.raw_filled && self.end == End::NotYet {
                self.read_more();
                continue;
            }
            self.decode();
        }
        let decoded = self.decoded.get(before..).unwrap_or_default();
        Ok(!decoded.is_empty())
    }

    fn read_more(&mut self) {
        match self.source.read(&mut self.raw) {
            Ok(0) => self.end = End::OfSource,
            Ok(_) if self.bytes_read == 0 && self.raw.starts_with(b"PK\x03\x04") => {
                let text = "is a zip archive or a workbook, not text (save the sheet as CSV)";
                self.trouble = Some(Fault::fatal(1, text));
            }
            Ok(count) => {
                self.raw_used = 0;
                self.raw_filled = count;
                self.bytes_read += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                let text = format!("cannot be read further: {}", io_reason(&error));
                self.trouble = Some(Fault::fatal(self.line_breaks + 1, text));
            }
        }
    }

    fn decode(&mut self) {
        let (before, is_last) = (self.decoded.len(), self.end == End::OfSource);
        let raw = self.raw.get(self.raw_used..self.raw_filled).unwrap_or_default();
        let input = if is_last { Input::Complete } else { Input::Partial };
        let piece = self.decoder.decode(raw, &mut self.decoded, input);
        let decoded = self.decoded.get(before..).unwrap_or_default();
        self.line_breaks += self.breaks.count(decoded);
        match piece {
            Decoded::Bytes(used) => {
                self.raw_used += used;
                if is_last && self.raw_used == self.raw_filled {
                    self.end = End::OfText;
                }
            }
            Decoded::Malformed => {
                let encoding = self.decoder.name();
                let way_out = if self.is_encoding_given {
                    "check --encoding".to_owned()
                } else if self.size.is_some() {
                    let all = self.raw.get(..self.raw_filled).unwrap_or_default();
                    format!("pass --encoding, possibly {}", encoding::guess(all))
                } else {
                    "pass --encoding, such as --encoding windows-1252 or shift_jis".to_owned()
                };
                let text = format!("contains bytes that are not {encoding} ({way_out})");
                self.trouble = Some(Fault::fatal(self.line_breaks + 1, text));
            }
        }
    }
}

/// Returns the failure of a file called `name` that cannot be opened.
pub(crate) fn cannot_open(name: &str, error: std::io::Error) -> Error {
    let kind = error.kind();
    let failure = Error::io(format!("cannot open \"{name}\""), error);
    match kind {
        ErrorKind::NotFound => failure.help("check the path; - reads standard input"),
        ErrorKind::PermissionDenied => failure.help("check the permissions of the file and its parent folders"),
        _ => failure,
    }
}

/// Counts line breaks in texts that follow each other: LF, CR, and CR LF as one.
#[derive(Debug, Default)]
pub(super) struct LineBreaks {
    /// The last text ended in CR.
    after_return: bool,
}

impl LineBreaks {
    /// Returns the number of line breaks in the next text.
    pub(super) fn count(&mut self, text: &str) -> u64 {
        if !self.after_return && !text.as_bytes().contains(&b'\r') {
            return text.bytes().fold(0, |count, byte| count + u64::from(byte == b'\n'));
        }
        let mut count = 0;
        for byte in text.bytes() {
            count += u64::from(byte == b'\r' || (byte == b'\n' && !self.after_return));
            self.after_return = byte == b'\r';
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::Text;
    use crate::input::Fault;
    use std::io::Read;
    use std::path::Path;

    /// Hands out one byte at a time, as a slow pipe does.
    struct Dripping(Vec<u8>);

    impl Read for Dripping {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() || buffer.is_empty() {
                return Ok(0);
            }
            buffer[0] = self.0.remove(0);
            Ok(1)
        }
    }

    fn decode_from(source: Box<dyn Read + Send>, encoding: Option<&str>) -> Result<String, Fault> {
        let mut text = Text::new("vms.csv", source, None, encoding).expect("the label is known");
        let mut all = String::new();
        while text.fill()? {
            all.push_str(text.rest());
            text.consume(text.rest().len());
        }
        Ok(all)
    }

    fn decode(bytes: &[u8], encoding: Option<&str>) -> Result<String, Fault> {
        let whole = decode_from(Box::new(std::io::Cursor::new(bytes.to_vec())), encoding);
        let dripped = decode_from(Box::new(Dripping(bytes.to_vec())), encoding);
        assert_eq!(whole, dripped, "the sizes of the reads must not matter");
        whole
    }

    #[test]
    fn byte_order_marks_are_recognised_and_taken_off() {
        assert_eq!(decode(b"\xEF\xBB\xBFname\n", None).as_deref(), Ok("name\n"));
        assert_eq!(decode(b"\xFF\xFEn\0\xE9\0", None).as_deref(), Ok("né"));
        assert_eq!(decode(b"\xFE\xFF\0n\0\xE9", None).as_deref(), Ok("né"));
        assert_eq!(decode(b"\xFF\xFEn\0", Some("utf-16")).as_deref(), Ok("n"));
    }

    #[test]
    fn a_named_encoding_is_decoded() {
        // 東 is 93 8C in Shift_JIS, é is E9 in Windows-1252.
        assert_eq!(decode(b"\x93\x8C", Some("shift_jis")).as_deref(), Ok("東"));
        assert_eq!(decode(b"caf\xE9", Some("windows-1252")).as_deref(), Ok("café"));
        assert_eq!(decode(b"n\0a\0", Some("utf-16le")).as_deref(), Ok("na"));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_a_fault_on_their_line() {
        let fault = decode(b"name\r\nweb01\r\ncaf\xE9\r\n", None).expect_err("E9 alone is not UTF-8");
        assert_eq!(fault.line, 3);
        assert!(fault.fatal);
        assert!(fault.text.contains("--encoding"), "{}", fault.text);
        assert_eq!(decode(b"a\rb\n\nc\xFF", None).expect_err("FF is never UTF-8").line, 4);
        assert_eq!(decode(b"a\n\xE3\x81", None).expect_err("the character is cut off").line, 2);
    }

    #[test]
    fn bytes_that_are_not_in_the_named_encoding_are_a_fault_too() {
        let fault = decode(b"a\n\x81\x00", Some("shift_jis")).expect_err("81 00 is not Shift_JIS");
        assert_eq!(fault.line, 2);
        assert!(fault.text.contains("Shift_JIS"), "{}", fault.text);
        assert_eq!(decode(b"\xFF\xFEa\0\n\0\x00\xD8b\0", None).expect_err("a lone surrogate").line, 2);
    }

    #[test]
    fn a_workbook_is_told_from_text_in_another_encoding() {
        let fault = decode_from(Box::new(&b"PK\x03\x04\x14\0"[..]), None).expect_err("it is a zip archive");
        assert!(fault.text.contains("workbook") && fault.fatal, "{}", fault.text);
    }

    #[test]
    fn an_unknown_encoding_is_a_usage_error() {
        let error = Text::new("x", Box::new(&b""[..]), None, Some("klingon")).err().expect("there is no such encoding");
        assert_eq!(error.kind().status(), 2);
        assert!(error.message().contains("\"klingon\""));
    }

    #[test]
    fn missing_files_and_folders_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Text::open(&folder.path().join("none.csv"), None).err().expect("there is no such file");
        assert!(error.message().contains("none.csv\": no such file"), "{error}");
        let error = Text::open(folder.path(), None).err().expect("it is a folder");
        assert!(error.message().contains("is a folder"), "{error}");
        let error = Text::open(Path::new("/dev/null/x.csv"), None).err().expect("it is no folder");
        assert!(error.message().starts_with("cannot open"), "{error}");
    }

    #[test]
    fn the_size_and_what_has_been_read_are_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("vms.csv");
        std::fs::write(&path, "name\nweb01\n").expect("it can be written");
        let mut text = Text::open(&path, None).expect("it can be opened");
        assert_eq!((text.size(), text.bytes_read()), (Some(11), 0));
        assert_eq!(text.fill(), Ok(true));
        assert_eq!(text.bytes_read(), 11);
        assert_eq!(text.fill(), Ok(false), "nothing follows");
        assert_eq!(text.rest(), "name\nweb01\n", "what is not consumed stays");
    }
}
