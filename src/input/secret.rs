//! Passwords: read without echo or from a pipe, hashed at once, wiped from memory after use.

use super::prompt;
use crate::error::{Error, Result, io_reason};
use crate::interrupt;
use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use std::io::Read;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The shortest and the longest password, in bytes.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=1024;

/// RFC 9106, section 4, the second recommended option: 64 MiB of memory, three passes, four lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// Asks for a new password (or reads it from standard input) and returns its Argon2id hash in PHC form.
///
/// # Errors
/// The password is too short or too long, cannot be asked for, or the user ended it.
pub fn new_hash(interactive: bool, from_stdin: bool) -> Result<String> {
    let password = if from_stdin {
        read_line()?
    } else if interactive {
        interrupt::watch();
        prompt::new_password("password", check)?
    } else {
        return Err(Error::usage("a password is needed").help("give it on standard input with --password-stdin"));
    };
    check(&password)?;
    hash(&password)
}

/// One line of standard input, without its line end.
fn read_line() -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * LENGTH.end()));
    let limit = u64::try_from(*LENGTH.end() + 3).unwrap_or(u64::MAX);
    std::io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::failed(format!("cannot read the password: {}", io_reason(&error))))?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Error::failed("the password is not UTF-8")),
    }
}

fn check(password: &str) -> Result<()> {
    let length = normal(password).len();
    if LENGTH.contains(&length) {
        return Ok(());
    }
    Err(Error::failed(format!("a password has {} to {} bytes, this one has {length}", LENGTH.start(), LENGTH.end())))
}

/// Composed (NFC), so that a password is the same from every keyboard.
fn normal(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfc().collect())
}

fn hash(password: &str) -> Result<String> {
    let told = |reason: &dyn std::fmt::Display| Error::failed(format!("cannot hash the password: {reason}"));
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| told(&error))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(normal(password).as_bytes()).map_err(|error| told(&error))?;
    Ok(hash.to_string())
}
