//! Names: what the eye reads is what is stored, whatever the script.

use super::character::{self, troubles};
use super::shown::quoted;
use crate::error::{Error, Result};
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Largest length of a name, in characters.
pub const LONGEST: usize = 255;
/// More bytes than any name of that length has before it is normalised: beyond it nothing is looked at.
const TOO_MANY_BYTES: usize = 64 * LONGEST;

/// Mark of an id where a record is named: `id=5`.
const ID: &str = "id=";

/// Word that stands for names on standard input.
pub const STANDARD_INPUT: &str = "-";

/// Reads a name: 1 to 255 characters after normalisation to NFC, no blank at either end, nothing unseen in it, and not the
/// text of an id or `-`.
pub fn parse(text: &str) -> Result<String> {
    lent(text).map(Cow::into_owned)
}

/// As [`parse`], but lends a text that is stored as it stands.
pub fn lent(text: &str) -> Result<Cow<'_, str>> {
    let blank_ends = text.starts_with(' ') || text.ends_with(' ');
    if character::is_plain(text) && !blank_ends && !is_reserved(text) && (1..=LONGEST).contains(&text.len()) {
        return Ok(text.into());
    }
    looked_at(text)
}

fn looked_at(text: &str) -> Result<Cow<'_, str>> {
    if text.is_empty() {
        return Err(Error::failed("the name is empty").help("a name has 1 to 255 characters"));
    }
    if text.len() > TOO_MANY_BYTES {
        return Err(too_long(text));
    }
    if let Some(found) = troubles(text).next() {
        let code = u32::from(found.character);
        let place = text.char_indices().take_while(|(start, _)| *start <= found.start).count();
        return Err(Error::failed(format!(
            "{} has the {} U+{code:04X} at character {place}",
            quoted(text),
            found.trouble
        ))
        .help("remove the character"));
    }
    let name = composed(text);
    let inner = name.trim();
    if inner.is_empty() {
        return Err(Error::failed(format!("{} is only blanks", quoted(&name))).help("a name has 1 to 255 characters"));
    }
    if inner.len() != name.len() {
        let end = if name.starts_with(char::is_whitespace) { "begins" } else { "ends" };
        return Err(
            Error::failed(format!("{} {end} with a blank", quoted(&name))).help(format!("write {}", quoted(inner)))
        );
    }
    if name.chars().nth(LONGEST).is_some() {
        return Err(too_long(&name));
    }
    if id(&name).is_some() {
        return Err(Error::failed(format!("{} is reserved for the record with that id", quoted(&name)))
            .help("choose another name"));
    }
    if name == STANDARD_INPUT {
        return Err(Error::failed(format!("{} is reserved for names on standard input", quoted(&name)))
            .help("choose another name"));
    }
    Ok(name)
}

/// Returns true if a text stands for something else than a name where a record is named.
fn is_reserved(text: &str) -> bool {
    text == STANDARD_INPUT || id(text).is_some()
}

/// Reads `id=5`, the text that names the record with the id 5.
#[must_use]
pub fn id(text: &str) -> Option<i64> {
    text.strip_prefix(ID)?.parse().ok()
}

fn too_long(text: &str) -> Error {
    Error::failed(format!("{} has {} characters", quoted(text), text.chars().count()))
        .help("a name has at most 255 characters")
}

/// Returns the text in composed letters (NFC), as names are stored.
#[must_use]
pub fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc(text) { text.into() } else { text.nfc().collect() }
}

/// A column's name as names of columns are compared: case, `_`, `-` and blanks do not matter.
#[must_use]
pub fn column_key(name: &str) -> String {
    column_letters(name).collect()
}

/// Returns the characters of a column's name that are compared.
pub fn column_letters(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .filter(|character| !character.is_whitespace() && !matches!(character, '_' | '-'))
        .flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::{column_key, looked_at, parse};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use unicode_normalization::is_nfc;

    #[test]
    fn columns_compare_without_case_and_separators() {
        assert_eq!(column_key("Custom_OS"), column_key("custom-os"));
        assert_eq!(column_key(" custom os "), column_key("customOs"));
        assert_ne!(column_key("os"), column_key("osx"));
    }

    fn message(text: &str) -> String {
        parse(text).expect_err(text).message().to_owned()
    }

    #[test]
    fn names_of_any_script_are_kept() {
        for name in [
            "web01",
            "nfs/vol1",
            "/boot",
            "本番　ウェブ",
            "база",
            "שרת",
            "a b",
            "👨\u{200d}👩\u{200d}👧",
            "--",
            "٣",
            "\u{e0b0}",
        ] {
            assert_eq!(parse(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn names_are_normalised_to_nfc() {
        assert_eq!(parse("cafe\u{301}").as_deref(), Ok("caf\u{e9}"));
        assert_eq!(parse("か\u{3099}").as_deref(), Ok("が"));
    }

    #[test]
    fn length_is_counted_in_characters_after_normalisation() {
        assert!(parse(&"東".repeat(255)).is_ok());
        assert!(parse(&"e\u{301}".repeat(255)).is_ok());
        assert!(message(&"x".repeat(256)).ends_with("has 256 characters"));
        assert!(message(&"x".repeat(1_000_000)).ends_with("has 1000000 characters"));
        assert_eq!(message(""), "the name is empty");
    }

    #[test]
    fn blanks_at_the_ends_are_refused_and_the_name_without_them_is_offered() {
        let error = parse(" web01").expect_err("blank");
        assert_eq!(error.message(), "\" web01\" begins with a blank");
        assert_eq!(error.way_out(), Some("write \"web01\""));
        assert_eq!(message("web01\u{3000}"), "\"web01\u{3000}\" ends with a blank");
        assert_eq!(message("web01\u{a0}"), "\"web01\u{a0}\" ends with a blank");
        assert_eq!(message("  "), "\"  \" is only blanks");
    }

    #[test]
    fn unseen_characters_are_named_with_their_place() {
        assert_eq!(
            message("we\u{202e}b"),
            "\"we\\u{202e}b\" has the bidirectional control character U+202E at character 3"
        );
        assert_eq!(message("é\u{1b}"), "\"é\\x1b\" has the control character U+001B at character 2");
        assert_eq!(message("a\tb"), "\"a\\tb\" has the control character U+0009 at character 2");
        assert_eq!(message("a\u{200b}b"), "\"a\\u{200b}b\" has the invisible character U+200B at character 2");
        assert_eq!(message("\u{2029}"), "\"\\u{2029}\" has the line separator U+2029 at character 1");
        for unseen in "\u{ad}\u{feff}\u{3164}\u{115f}\u{e0041}\u{200d}\u{fe0f}\u{ffff}\u{378}\u{2060}\u{180e}".chars() {
            assert!(message(&format!("a{unseen}b")).contains(&format!("U+{:04X} at character 2", unseen as u32)));
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_normalised_and_accepted_again(text in any::<String>()) {
            if let Ok(name) = parse(&text) {
                prop_assert!(is_nfc(&name) && (1..=255).contains(&name.chars().count()) && name.trim() == name);
                prop_assert_eq!(parse(&name), Ok(name.clone()));
            }
        }

        #[test]
        fn names_of_ascii_alone_are_read_as_all_others(text in "[\\x00-\\x7f]{0,9}|[ -~]{250,260}") {
            prop_assert_eq!(parse(&text), looked_at(&text).map(std::borrow::Cow::into_owned));
        }

        #[test]
        fn plain_names_are_kept(name in "[a-zA-Z0-9._/-]{1,255}") {
            prop_assert_eq!(parse(&name), Ok(name.clone()));
        }
    }
}
