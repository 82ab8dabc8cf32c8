//! Passwords: read without echo or from a pipe, hashed at once, wiped from memory after use.

use super::prompt;
use crate::error::{Error, Result};
use crate::interrupt;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::io::Read;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A password, wiped from memory when it is dropped.
pub type Password = Zeroizing<String>;

/// Length of a password, in bytes.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=1024;

/// RFC 9106, section 4, the second recommended option: 64 MiB of memory, three passes, four lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// Limits on the parameters of a stored hash: a file must not make a login use all memory or run for ever.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 12;
const MOST_LANES: u32 = 16;

/// Result of comparing a password with a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is another one.
    Wrong,
    /// The password is the one that was hashed.
    Right,
    /// The password is the one that was hashed, and the hash is weaker than a new one.
    RightButWeak,
}

/// Source of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordSource {
    /// `--password-stdin`.
    StandardInput,
    /// The user is asked.
    Terminal,
    /// Nobody can be asked.
    None,
}

/// Asks for a new password (or reads it from standard input) and returns its Argon2id hash in PHC form.
///
/// # Errors
/// The password is too short or too long, cannot be asked for, or the user ended it.
pub fn new_hash(source: PasswordSource) -> Result<String> {
    let password = match source {
        PasswordSource::StandardInput => from_standard_input()?,
        PasswordSource::Terminal => new_password("password")?,
        PasswordSource::None => return Err(none_given()),
    };
    checked_hash(&password)
}

/// Asks for a new password, twice, as `label`.
///
/// # Errors
/// It cannot be asked for, or the user ended it.
pub fn new_password(label: &str) -> Result<Password> {
    shield();
    interrupt::watch();
    prompt::new_password(label, check)
}

/// Asks for the password of somebody who has one already (or reads it from standard input).
///
/// # Errors
/// It cannot be asked for, or the user ended it.
pub fn current(source: PasswordSource) -> Result<Password> {
    match source {
        PasswordSource::StandardInput => from_standard_input(),
        PasswordSource::Terminal => {
            shield();
            interrupt::watch();
            prompt::password("password")
        }
        PasswordSource::None => Err(none_given()),
    }
}

/// Reads the present and the new password from standard input, a line each.
///
/// # Errors
/// They cannot be read, or there are not two.
pub fn current_and_new() -> Result<(Password, Password)> {
    let both = standard_input(2)?;
    let (current, new) = both.split_once('\n').ok_or_else(|| {
        Error::failed("standard input has one line only").help("give two: the present password, and the new one")
    })?;
    Ok((Zeroizing::new(without_return(current).to_owned()), Zeroizing::new(new.to_owned())))
}

fn none_given() -> Error {
    Error::usage("a password is needed").help("give it on standard input with --password-stdin")
}

/// Keeps the memory of this process from core files and debuggers.
fn shield() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // A limit of zero can always be set; there would be nothing else to do.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // The limit does not hold for cores that are piped to a program.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Reads one password from standard input, without its line end.
fn from_standard_input() -> Result<Password> {
    standard_input(1)
}

/// Reads `count` passwords from standard input, a line each, without the last line's end.
fn standard_input(count: usize) -> Result<Password> {
    shield();
    let most = count * (LENGTH.end() + 3);
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * most));
    std::io::stdin()
        .lock()
        .take(most as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::io("cannot read the password", error))?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    match std::str::from_utf8(line) {
        Ok(text) => Ok(Zeroizing::new(without_return(text).to_owned())),
        Err(_) => Err(Error::failed("the password is not UTF-8")),
    }
}

fn without_return(line: &str) -> &str {
    line.strip_suffix('\r').unwrap_or(line)
}

fn check(password: &str) -> Result<()> {
    let length = normal(password).len();
    if LENGTH.contains(&length) {
        return Ok(());
    }
    Err(Error::failed(format!("a password has {} to {} bytes, this one has {length}", LENGTH.start(), LENGTH.end())))
}

/// Returns the password in composed letters (NFC), so that it is the same from every keyboard.
fn normal(password: &str) -> Password {
    // Composing makes no text more than three times as long; one that grows would leave copies of itself.
    let mut composed = Zeroizing::new(String::with_capacity(3 * password.len()));
    composed.extend(password.nfc());
    composed
}

/// Returns the hash of a new password, if its length is allowed.
///
/// # Errors
/// It is too short or too long.
pub fn checked_hash(password: &str) -> Result<String> {
    check(password)?;
    hash(password)
}

/// Returns the hash of a password.
///
/// # Errors
/// There is not enough memory.
pub fn hash(password: &str) -> Result<String> {
    let failure = |reason: &dyn std::fmt::Display| Error::failed(format!("cannot hash the password: {reason}"));
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failure(&error))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(normal(password).as_bytes()).map_err(|error| failure(&error))?;
    Ok(hash.to_string())
}

/// Compares a password with the stored hash. If there is no hash, or none that may be computed, another hash is
/// computed, so that a wrong name takes as long as a wrong password.
///
/// # Errors
/// There is not enough memory.
pub fn verify(password: &str, stored: Option<&str>) -> Result<Verdict> {
    let Some(stored) = stored.and_then(computable) else {
        hash(password)?;
        return Ok(Verdict::Wrong);
    };
    let right = Argon2::default().verify_password(normal(password).as_bytes(), &stored).is_ok();
    Ok(match (right, is_weak(&stored)) {
        (true, true) => Verdict::RightButWeak,
        (true, false) => Verdict::Right,
        (false, true) => {
            hash(password)?;
            Verdict::Wrong
        }
        (false, false) => Verdict::Wrong,
    })
}

/// Parses a stored hash; `None` if it is none, or if its parameters exceed the limits.
fn computable(stored: &str) -> Option<PasswordHash> {
    let hash = PasswordHash::new(stored).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let few = params.m_cost() <= MOST_MEMORY_KIB && params.t_cost() <= MOST_PASSES && params.p_cost() <= MOST_LANES;
    few.then_some(hash)
}

/// Returns a stored hash parsed and written again, whether it is weak, and the cost of computing it in KiB, passes and
/// lanes; `None` if it may not be computed.
#[must_use]
pub fn reread(stored: &str) -> Option<(String, bool, [u32; 3])> {
    let hash = computable(stored)?;
    let params = Params::try_from(&hash).ok()?;
    Some((hash.to_string(), is_weak(&hash), [params.m_cost(), params.t_cost(), params.p_cost()]))
}

/// Tests if a stored hash is easier to break than a new one.
fn is_weak(hash: &PasswordHash) -> bool {
    let short = hash.salt.is_none_or(|salt| salt.len() < 16) || hash.hash.is_none_or(|output| output.len() < 32);
    let few = Params::try_from(hash).is_ok_and(|params| params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES);
    let old = hash.algorithm != Algorithm::Argon2id.ident() || hash.version != Some(Version::V0x13.into());
    short || few || old
}

#[cfg(test)]
mod tests {
    use super::{Verdict, hash, normal, verify};

    /// A hash with these parameters of the password `correct horse`, by the library itself.
    fn hashed(algorithm: argon2::Algorithm, memory: u32, passes: u32, lanes: u32) -> String {
        use argon2::password_hash::PasswordHasher;
        let params = argon2::Params::new(memory, passes, lanes, None).expect("parameters");
        let argon2 = argon2::Argon2::new(algorithm, argon2::Version::V0x13, params);
        argon2.hash_password(b"correct horse").expect("a hash").to_string()
    }

    #[test]
    fn a_password_is_right_wrong_or_right_with_a_weak_hash() {
        use argon2::Algorithm::{Argon2i, Argon2id};
        let strong = hash("correct horse").expect("a hash");
        assert!(strong.starts_with("$argon2id$v=19$m=65536,t=3,p=4$"), "{strong}");
        assert_eq!(verify("correct horse", Some(&strong)), Ok(Verdict::Right));
        assert_eq!(verify("correct hors", Some(&strong)), Ok(Verdict::Wrong));
        for weak in [hashed(Argon2id, 1024, 3, 4), hashed(Argon2id, 65536, 1, 1), hashed(Argon2i, 65536, 3, 4)] {
            assert_eq!(verify("correct horse", Some(&weak)), Ok(Verdict::RightButWeak), "{weak}");
            assert_eq!(verify("wrong horse", Some(&weak)), Ok(Verdict::Wrong), "{weak}");
        }
    }

    #[test]
    fn a_hash_that_asks_for_too_much_or_is_none_is_never_computed() {
        let usual = hashed(argon2::Algorithm::Argon2id, 1024, 3, 4);
        let greedy = [("m=1024", "m=4194304"), ("t=3", "t=1000000"), ("p=4", "p=200"), ("argon2id", "scrypt")];
        for (from, to) in greedy {
            let greedy = usual.replace(from, to);
            assert_ne!(greedy, usual);
            assert_eq!(verify("correct horse", Some(&greedy)), Ok(Verdict::Wrong), "{greedy}");
        }
        for garbage in
            ["", "$", "correct horse", "$argon2id$v=19$m=65536,t=3,p=4", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA"]
        {
            assert_eq!(verify("correct horse", Some(garbage)), Ok(Verdict::Wrong), "{garbage}");
        }
        assert_eq!(verify("correct horse", None), Ok(Verdict::Wrong));
    }

    #[test]
    fn a_password_is_the_same_composed_or_not() {
        assert_eq!(normal("e\u{301}").as_str(), "\u{e9}");
        // The letter that composition makes longest: three times as many bytes.
        let long = "\u{1d160}".repeat(100);
        assert!(normal(&long).capacity() <= 3 * long.len());
    }
}
