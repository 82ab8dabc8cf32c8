//! Encodings by the names that the WHATWG, iconv and Python have for them, and a guess for an error.

use crate::error::{Error, Result};
use crate::value::shown;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use oem_cp::code_table::DECODING_TABLE_CP_MAP;
use oem_cp::code_table_type::TableType;

/// Names of iconv, Python and Windows for encodings that the WHATWG calls otherwise: lower case, letters and digits only.
const ALIASES: &[(&str, &str)] = &[
    ("utf8sig", "utf-8"),
    ("utf8bom", "utf-8"),
    ("u8", "utf-8"),
    ("utf16", "utf-16le"),
    ("ucs2", "utf-16le"),
    ("unicode", "utf-16le"),
    ("cp932", "shift_jis"),
    ("ms932", "shift_jis"),
    ("windows31j", "shift_jis"),
    ("sjis", "shift_jis"),
    ("eucjp", "euc-jp"),
    ("ujis", "euc-jp"),
    ("iso2022jp", "iso-2022-jp"),
    ("cp936", "gbk"),
    ("ms936", "gbk"),
    ("gb2312", "gbk"),
    ("euccn", "gbk"),
    ("cp54936", "gb18030"),
    ("cp949", "euc-kr"),
    ("ms949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("euckr", "euc-kr"),
    ("cp950", "big5"),
    ("ms950", "big5"),
    ("big5hkscs", "big5"),
    ("latin1", "iso-8859-1"),
    ("latin2", "iso-8859-2"),
    ("latin9", "iso-8859-15"),
    ("ansi", "windows-1252"),
    ("macroman", "macintosh"),
    ("koi8r", "koi8-r"),
    ("koi8u", "koi8-u"),
];

/// Decoder of one file.
pub(super) enum Decoding {
    /// An encoding of the WHATWG.
    Standard(Decoder),
    /// A code page of DOS, with its number.
    CodePage(u16, &'static TableType),
}

/// Position of bytes in their file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// More bytes may follow.
    Partial,
    /// Nothing follows.
    Complete,
}

/// Result of decoding bytes.
pub(super) enum Decoded {
    /// This many bytes were decoded.
    Bytes(usize),
    /// The next bytes mean nothing in the encoding.
    Malformed,
}

impl Decoding {
    /// Returns the decoder of the encoding with this label; of UTF-8 or what a byte order mark says without one.
    ///
    /// # Errors
    /// There is no encoding with that name.
    pub(super) fn of(label: Option<&str>) -> Result<Self> {
        let Some(label) = label else { return Ok(Self::Standard(UTF_8.new_decoder())) };
        if let Some(encoding) = standard(label) {
            return Ok(Self::Standard(encoding.new_decoder()));
        }
        let number = plain(label).trim_start_matches("ibm").trim_start_matches("cp").parse().ok();
        let page = number.and_then(|number: u16| Some((number, DECODING_TABLE_CP_MAP.get(&number)?)));
        page.map(|(number, table)| Self::CodePage(number, table)).ok_or_else(|| {
            Error::usage(format!("unknown encoding {}", shown::quoted(label)))
                .help("pass utf-8, utf-16, windows-1252, shift_jis, euc-jp, gb18030, big5, euc-kr or cp850")
        })
    }

    /// Decodes `raw` behind `text`.
    pub(super) fn decode(&mut self, raw: &[u8], text: &mut String, input: Input) -> Decoded {
        match self {
            Self::Standard(decoder) => {
                // The room is only an estimate where it would not fit a number.
                let room = decoder.max_utf8_buffer_length_without_replacement(raw.len()).unwrap_or(raw.len());
                text.reserve(room);
                match decoder.decode_to_string_without_replacement(raw, text, input == Input::Complete) {
                    (DecoderResult::Malformed(..), _) => Decoded::Malformed,
                    (DecoderResult::InputEmpty | DecoderResult::OutputFull, used) => Decoded::Bytes(used),
                }
            }
            Self::CodePage(_, table) => {
                for byte in raw {
                    match table.decode_char_checked(*byte) {
                        Some(character) => text.push(character),
                        None => return Decoded::Malformed,
                    }
                }
                Decoded::Bytes(raw.len())
            }
        }
    }

    /// Returns the name of the encoding in messages.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Standard(decoder) => decoder.encoding().name().to_owned(),
            Self::CodePage(number, _) => format!("cp{number}"),
        }
    }
}

fn standard(label: &str) -> Option<&'static Encoding> {
    let of = |label: &str| Encoding::for_label_no_replacement(label.as_bytes());
    let plain = plain(label);
    let alias = ALIASES.iter().find(|(other, _)| *other == plain).and_then(|(_, label)| of(label));
    of(label).or(alias).or_else(|| of(&label.replace('_', "-"))).or_else(|| {
        let number = plain.strip_prefix("cp").or_else(|| plain.strip_prefix("windows"))?;
        of(&format!("windows-{number}"))
    })
}

/// Returns the letters and digits of a label, in lower case.
fn plain(label: &str) -> String {
    label.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}

/// Returns the likeliest encoding of bytes that are not UTF-8.
pub(super) fn guess(raw: &[u8]) -> String {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(raw, false);
    detector.guess(None, Utf8Detection::Deny).name().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{Decoding, guess};

    #[test]
    fn encodings_have_the_names_of_iconv_and_python() {
        for (label, name) in [
            ("cp932", "Shift_JIS"),
            ("eucJP", "EUC-JP"),
            ("cp936", "GBK"),
            ("cp949", "EUC-KR"),
            ("cp950", "Big5"),
            ("utf-8-sig", "UTF-8"),
            ("UTF_8", "UTF-8"),
            ("latin-1", "windows-1252"),
            ("cp1251", "windows-1251"),
            ("iso8859-15", "ISO-8859-15"),
            ("cp850", "cp850"),
            ("IBM437", "cp437"),
        ] {
            assert_eq!(Decoding::of(Some(label)).map(|found| found.name()).ok().as_deref(), Some(name), "{label}");
        }
        for label in ["utf-7", "cp1", "", "replacement"] {
            assert!(Decoding::of(Some(label)).is_err(), "{label}");
        }
    }

    #[test]
    fn the_encoding_of_japanese_and_french_is_guessed() {
        assert_eq!(guess(b"name,pool\n\x83T\x81[\x83o\x81[\x87@,alpha\n"), "shift_jis");
        assert_eq!(guess(b"nom,grappe\nr\xe9seau,\xe9tat\n"), "windows-1252");
    }
}
