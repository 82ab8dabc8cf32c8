//! The hash of a change: the SHA-256 of itself, its entries and the hash of the change before.
//!
//! Every part is hashed with its length before it, so that no two histories read alike.

use super::Logged;
use super::entries::Content;
use sha2::{Digest as _, Sha256};
use std::fmt::Write;

/// Length of the longest number: 19 digits and a sign.
const LONGEST: usize = 20;

/// A hash that is being computed.
#[derive(Debug, Clone)]
pub(in crate::store) struct Digest {
    hash: Sha256,
    /// The parts of one change or entry, before they are hashed together.
    parts: Vec<u8>,
}

impl Digest {
    /// Begins the hash of the change behind the one with the hash `before`.
    pub(in crate::store) fn after(before: &str) -> Self {
        let mut digest = Self { hash: Sha256::new(), parts: Vec::new() };
        digest.text_part(Some(before));
        digest.take_in();
        digest
    }

    pub(in crate::store) fn change(&mut self, change: &Logged) {
        let origin = &change.origin;
        self.number(Some(change.id));
        self.text_part(Some(&change.at));
        self.text_part(origin.login_user.as_deref());
        self.text_part(origin.os_user.as_deref());
        self.text_part(origin.host.as_deref());
        self.text_part(Some(&origin.command));
        self.text_part(origin.message.as_deref());
        self.number(change.undoes);
        self.number(Some(i64::from(change.partly)));
        self.number(change.purged.as_ref().map(|(id, _)| *id));
        self.text_part(change.purged.as_ref().map(|(_, hash)| hash.as_str()));
        // Where there is none, the hash is what it was before changes could have one.
        if change.source.is_some() {
            self.number(change.source);
        }
        self.take_in();
    }

    pub(in crate::store) fn entry(&mut self, entry: &Content<'_>) {
        self.text_part(Some(entry.noun));
        self.text_part(Some(entry.action.word()));
        self.number(Some(entry.first));
        self.number(Some(entry.last));
        self.text_part(entry.old);
        self.text_part(entry.file);
        self.number(entry.line);
        // Where there are none, hashes are what they were before entries could have them; and no noun begins as they do.
        if entry.lines.is_some() {
            self.text_part(entry.lines);
        }
        self.take_in();
    }

    fn number(&mut self, number: Option<i64>) {
        let Some(number) = number else { return self.text_part(None) };
        let (mut digits, mut first, mut left) = ([b'0'; LONGEST], LONGEST, number.unsigned_abs());
        while first > 1 && (left > 0 || first == LONGEST) {
            first -= 1;
            let digit = (left % 10) as u8;
            digits[first] = b'0' + digit;
            left /= 10;
        }
        if number < 0 {
            first -= 1;
            digits[first] = b'-';
        }
        self.part(&digits[first..]);
    }

    fn text_part(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.part(text.as_bytes()),
            None => self.parts.push(0),
        }
    }

    fn part(&mut self, bytes: &[u8]) {
        self.parts.push(1);
        self.parts.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.parts.extend_from_slice(bytes);
    }

    fn take_in(&mut self) {
        self.hash.update(&self.parts);
        self.parts.clear();
    }

    /// The hash, in hexadecimal.
    pub(in crate::store) fn text(&self) -> String {
        self.hash.clone().finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;
    use proptest::prelude::{any, prop_assert_eq, proptest};

    /// The hash of one part.
    fn hash(part: impl FnOnce(&mut Digest)) -> String {
        let mut digest = Digest::after("");
        part(&mut digest);
        digest.take_in();
        digest.text()
    }

    #[test]
    fn the_longest_numbers_are_hashed_as_they_are_written() {
        for number in [i64::MIN, i64::MIN + 1, -10, -1, 0, 1, 9, 10, 4096, i64::MAX] {
            let expected = hash(|digest| digest.text_part(Some(&number.to_string())));
            assert_eq!(hash(|digest| digest.number(Some(number))), expected, "{number}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_hashed_as_it_is_written(number in any::<i64>(), few in -1000..1000_i64) {
            for number in [number, few] {
                let expected = hash(|digest| digest.text_part(Some(&number.to_string())));
                prop_assert_eq!(hash(|digest| digest.number(Some(number))), expected);
            }
        }
    }
}
