//! Fields that are text with few rules: free text, email, VLAN, and a unit's factor.

use super::character;
use super::decimal::{self, Decimal};
use super::name;
use super::shown::quoted;
use crate::error::{Error, Result};
use std::borrow::Cow;

/// Largest length of a free text, in bytes.
pub const LONGEST: usize = 64 * 1024;

/// Reads free text, unchanged: no control characters but line ends and tabs, 64 KiB at most.
pub fn free(text: &str) -> Result<String> {
    lent(text).map(Cow::into_owned)
}

/// As [`free`], but lends the text.
pub fn lent(text: &str) -> Result<Cow<'_, str>> {
    if text.len() > LONGEST {
        return Err(Error::failed(format!("{} has {} bytes", quoted(text), text.len()))
            .help("a text has at most 65536 bytes (64 KiB)"));
    }
    if character::is_plain(text) {
        return Ok(text.into());
    }
    let control =
        text.chars().zip(1..).find(|(c, _): &(char, usize)| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    match control {
        Some((character, place)) => Err(Error::failed(format!(
            "{} has the control character U+{:04X} at character {place}",
            quoted(text),
            u32::from(character)
        ))
        .help("remove the character")),
        None => Ok(text.into()),
    }
}

/// Reads an email address: one `@` with something on both sides, and no more than that.
pub fn email(text: &str) -> Result<String> {
    let example = "write it as name@example.org";
    let (before, after) =
        text.split_once('@').ok_or_else(|| Error::failed(format!("{} has no @", quoted(text))).help(example))?;
    if after.contains('@') {
        return Err(Error::failed(format!("{} has more than one @", quoted(text))).help(example));
    }
    if before.trim().is_empty() || after.trim().is_empty() {
        let side = if before.trim().is_empty() { "before" } else { "after" };
        return Err(Error::failed(format!("{} has no text {side} its @", quoted(text))).help(example));
    }
    if text.contains(['\n', '\r', '\t']) {
        return Err(Error::failed(format!("{} has a line end or a tab", quoted(text))).help("remove the character"));
    }
    free(text)
}

/// Reads a VLAN: a number from 1 to 4094, without leading zeros, or a name.
pub fn vlan(text: &str) -> Result<String> {
    let refused = |reason: &str| {
        Error::failed(format!("{} {reason}", quoted(text))).help("a VLAN is a number from 1 to 4094, or a name")
    };
    if text.is_empty() {
        return Err(refused("is empty"));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.parse::<u16>() {
            Ok(number @ 1..=4094) => Ok(number.to_string()),
            _ => Err(refused("is not a VLAN number")),
        };
    }
    if text.chars().all(char::is_numeric) {
        return Err(refused("has digits other than 0 to 9"));
    }
    name::parse(text)
}

/// Reads a share from `0%` to `100%`, without leading zeros.
pub fn percent(text: &str) -> Result<String> {
    percentage(text).map(|number| format!("{number}%"))
}

/// As [`percent`], but returns the number before the sign.
pub fn percentage(text: &str) -> Result<Decimal> {
    let number = text.trim().strip_suffix('%').and_then(|number| Decimal::parse(number.trim_end()).ok());
    let is_share = |number: &Decimal| !number.is_negative() && *number <= Decimal::from_whole(100);
    number.filter(is_share).ok_or_else(|| {
        Error::failed(format!("{} is not a percentage from 0% to 100%", quoted(text))).help("write it as 10% or 2.5%")
    })
}

/// Reads how many bytes a unit is: a whole positive number up to 2^63-1.
pub fn factor(text: &str) -> Result<i64> {
    let text = text.trim();
    let refused = |reason: &str| {
        Error::failed(format!("{} {reason}", quoted(text))).help("a unit is a whole number of bytes from 1 to 2^63-1")
    };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refused(&decimal::flaw(text).unwrap_or_else(|| "is not a whole number".to_owned())));
    }
    match text.parse() {
        Ok(0) => Err(refused("is not a positive number")),
        Ok(bytes) => Ok(bytes),
        Err(_) => Err(refused("is more than 9223372036854775807 bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::{email, factor, free, vlan};
    use crate::error::Error;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
        result.expect_err("refused").message().to_owned()
    }

    #[test]
    fn free_text_is_kept_byte_for_byte() {
        for text in ["", " a\tb\r\nc ", "=1+1", "cafe\u{301}", "葛\u{e0100}", "\u{202e}", "می\u{200c}خواهم"] {
            assert_eq!(free(text).as_deref(), Ok(text));
        }
        assert_eq!(message(free("ab\u{1b}[31m")), "\"ab\\x1b[31m\" has the control character U+001B at character 3");
        assert!(free("a\0").is_err() && free("\u{85}").is_err() && free("\u{7f}").is_err());
        assert!(free(&"x".repeat(65_536)).is_ok());
        assert!(message(free(&"x".repeat(65_537))).ends_with("has 65537 bytes"));
    }

    #[test]
    fn an_email_has_one_at_sign_with_something_on_both_sides() {
        for text in ["alice@example.org", "a@b", "o'brien+x@例え.jp", "a b@c"] {
            assert_eq!(email(text).as_deref(), Ok(text));
        }
        assert_eq!(message(email("alice")), "\"alice\" has no @");
        assert_eq!(message(email("a@b@c")), "\"a@b@c\" has more than one @");
        assert_eq!(message(email("@b")), "\"@b\" has no text before its @");
        assert_eq!(message(email("a@ ")), "\"a@ \" has no text after its @");
        assert_eq!(message(email("a@b\n")), "\"a@b\\n\" has a line end or a tab");
    }

    #[test]
    fn a_vlan_is_a_number_in_range_or_a_name() {
        for (text, stored) in [("1", "1"), ("0101", "101"), ("4094", "4094"), ("dmz", "dmz"), ("10-20", "10-20")] {
            assert_eq!(vlan(text).as_deref(), Ok(stored));
        }
        for text in ["0", "4095", "99999999999999999999"] {
            assert_eq!(message(vlan(text)), format!("\"{text}\" is not a VLAN number"));
        }
        assert_eq!(message(vlan("１０１")), "\"１０１\" has digits other than 0 to 9");
        assert_eq!(message(vlan("")), "\"\" is empty");
        assert_eq!(message(vlan(" dmz")), "\" dmz\" begins with a blank");
    }

    #[test]
    fn a_factor_is_a_whole_positive_number() {
        assert_eq!(factor("1024"), Ok(1024));
        assert_eq!(factor("9223372036854775807"), Ok(i64::MAX));
        for (text, reason) in [
            ("0", "is not a positive number"),
            ("1.5", "is not a whole number"),
            ("-1", "is negative"),
            ("1e3", "has an exponent"),
            ("1,024", "has \",\" in its number"),
            ("", "is not a whole number"),
            ("9223372036854775808", "is more than 9223372036854775807 bytes"),
        ] {
            assert_eq!(message(factor(text)), format!("\"{text}\" {reason}"));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = factor(&text);
            if let Ok(value) = free(&text) {
                prop_assert_eq!(&value, &text);
            }
            if let Ok(value) = email(&text) {
                prop_assert!(value == text && value.matches('@').count() == 1);
            }
            if let Ok(canonical) = vlan(&text) {
                prop_assert_eq!(vlan(&canonical), Ok(canonical.clone()));
            }
        }

        #[test]
        fn numbers_come_back(number in 1i64..) {
            prop_assert_eq!(factor(&number.to_string()), Ok(number));
        }
    }
}
