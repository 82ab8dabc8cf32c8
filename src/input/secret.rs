//! Passwords: read without echo or from a pipe, hashed at once, wiped from memory after use.

use super::prompt;
use crate::error::{Error, Kind, Result};
use crate::interrupt;
use crate::system::processes::hide_memory;
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
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
/// Limits on the parameters of a stored hash, whose parameters come from a file that others may have written: twice the
/// memory and the passes of a new hash, and its lanes.
///
/// Time grows with memory times passes (RFC 9106, section 3), so a login takes at most four times as long as with a new
/// hash. The other option that section 4 recommends, 2 GiB, is beyond what every machine that reads the file has.
const MOST_MEMORY_KIB: u32 = 2 * MEMORY_KIB;
const MOST_PASSES: u32 = 2 * PASSES;
const MOST_LANES: u32 = LANES;

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
    hide_memory();
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
            hide_memory();
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
        Error::failed("standard input has only one line")
            .help("pass two lines: the current password and the new password")
    })?;
    Ok((Zeroizing::new(without_return(current).to_owned()), Zeroizing::new(new.to_owned())))
}

fn none_given() -> Error {
    Error::usage("password required").help("pass it on standard input with --password-stdin")
}

/// Reads one password from standard input, without its line end.
fn from_standard_input() -> Result<Password> {
    standard_input(1)
}

/// Reads `count` passwords from standard input, a line each, without the last line's end.
fn standard_input(count: usize) -> Result<Password> {
    hide_memory();
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
    Err(Error::failed(format!("password has {length} bytes; allowed: {} to {} bytes", LENGTH.start(), LENGTH.end())))
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

/// Returns the hash of a password. A signal ends the process at once.
///
/// # Errors
/// There is not enough memory.
pub fn hash(password: &str) -> Result<String> {
    let _signals = interrupt::end_at_once(|| false);
    let hash = usual()?.hash_password(normal(password).as_bytes()).map_err(|error| match error {
        argon2::password_hash::Error::OutOfMemory => too_little_memory(MEMORY_KIB as usize),
        error => unhashed(&error),
    })?;
    Ok(hash.to_string())
}

/// Returns the function that makes new hashes.
fn usual() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| unhashed(&error))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn unhashed(reason: &dyn std::fmt::Display) -> Error {
    Error::failed(format!("cannot hash the password: {reason}"))
}

fn too_little_memory(kib: usize) -> Error {
    Error::failed(format!("not enough memory to verify or hash a password: {} MiB needed", kib.div_ceil(1024)))
        .help("end other programs or raise the limit (ulimit -v), and try again")
}

/// Memory in which hashes are computed.
///
/// It is taken before an attempt to log in is counted, so that too little memory is no wrong password. Each page is
/// written to, because the system may promise more memory than it has.
pub struct HashMemory(Vec<Block>);

impl HashMemory {
    /// Takes the memory to compare a password with the stored hash.
    ///
    /// # Errors
    /// The parameters of the hash exceed the limits; there is not enough memory.
    pub fn to_verify(stored: Option<&str>) -> Result<Self> {
        let mut memory = Self(Vec::new());
        memory.grow(usual()?.params().block_count())?;
        if let Some(stored) = stored.and_then(StoredHash::parse) {
            stored.check_limits()?;
            memory.grow(stored.argon2.params().block_count())?;
        }
        Ok(memory)
    }

    fn grow(&mut self, blocks: usize) -> Result<()> {
        let further = blocks.saturating_sub(self.0.len());
        self.0.try_reserve_exact(further).map_err(|_| too_little_memory(blocks))?;
        self.0.resize(self.0.len() + further, Block::new());
        Ok(())
    }

    /// Computes a hash of the length of `output`. Returns false if the salt is too short for one.
    fn compute(&mut self, argon2: &Argon2<'_>, password: &str, salt: &[u8], output: &mut [u8]) -> Result<bool> {
        self.grow(argon2.params().block_count())?;
        let computed =
            argon2.hash_password_into_with_memory(normal(password).as_bytes(), salt, output, self.0.as_mut_slice());
        Ok(computed.is_ok())
    }

    /// Takes the time of a new hash.
    fn take_usual_time(&mut self, password: &str) -> Result<()> {
        self.compute(&usual()?, password, &[0; 16], &mut [0; 32]).map(drop)
    }
}

/// Compares a password with the stored hash. If there is no hash, or none that may be computed, another hash is
/// computed, so that a wrong name takes as long as a wrong password. A signal ends the process at once.
///
/// # Errors
/// There is not enough memory, which cannot be if `memory` was taken for this hash.
pub fn verify(password: &str, stored: Option<&str>, memory: &mut HashMemory) -> Result<Verdict> {
    let _signals = interrupt::end_at_once(|| false);
    let Some(stored) = stored.and_then(StoredHash::computable) else {
        memory.take_usual_time(password)?;
        return Ok(Verdict::Wrong);
    };
    let right = stored.is_of(password, memory)?;
    Ok(match (right, stored.is_weak()) {
        (true, true) => Verdict::RightButWeak,
        (true, false) => Verdict::Right,
        (false, true) => {
            memory.take_usual_time(password)?;
            Verdict::Wrong
        }
        (false, false) => Verdict::Wrong,
    })
}

/// A stored hash that may be computed.
struct StoredHash {
    hash: PasswordHash,
    argon2: Argon2<'static>,
}

impl StoredHash {
    /// Parses a stored hash; `None` if it is none.
    fn parse(stored: &str) -> Option<Self> {
        let hash = PasswordHash::new(stored).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
        Some(Self { hash, argon2: Argon2::new(algorithm, version, params) })
    }

    /// Parses a stored hash; `None` if it is none, or if its parameters exceed the limits.
    fn computable(stored: &str) -> Option<Self> {
        Self::parse(stored).filter(|hash| hash.check_limits().is_ok())
    }

    /// Checks that it takes little enough memory and time.
    ///
    /// # Errors
    /// Its parameters exceed the limits.
    fn check_limits(&self) -> Result<()> {
        let params = self.argon2.params();
        let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        if memory <= MOST_MEMORY_KIB && passes <= MOST_PASSES && lanes <= MOST_LANES {
            return Ok(());
        }
        let mib = memory.div_ceil(1024);
        let most = MOST_MEMORY_KIB / 1024;
        Err(Error::new(
            Kind::Denied,
            format!(
                "the stored password is not verified: its hash requires {mib} MiB, {passes} passes and {lanes} lanes; \
                 allowed: {most} MiB, {MOST_PASSES} passes and {MOST_LANES} lanes"
            ),
        )
        .help("ask an admin to set a new password with inv login-user set NAME --password"))
    }

    /// Tests if it is the hash of a password.
    fn is_of(&self, password: &str, memory: &mut HashMemory) -> Result<bool> {
        let (Some(salt), Some(expected)) = (&self.hash.salt, &self.hash.hash) else { return Ok(false) };
        let mut buffer = [0; Output::MAX_LENGTH];
        let output = buffer.get_mut(..expected.len()).unwrap_or_default();
        let is_computed = memory.compute(&self.argon2, password, salt, output)?;
        // Outputs are compared in constant time.
        Ok(is_computed && Output::new(output).is_ok_and(|output| output == *expected))
    }

    /// Tests if it is easier to break than a new one.
    fn is_weak(&self) -> bool {
        let Self { hash, argon2 } = self;
        let short = hash.salt.is_none_or(|salt| salt.len() < 16) || hash.hash.is_none_or(|output| output.len() < 32);
        let few = argon2.params().m_cost() < MEMORY_KIB || argon2.params().t_cost() < PASSES;
        let old = hash.algorithm != Algorithm::Argon2id.ident() || hash.version != Some(Version::V0x13.into());
        short || few || old
    }
}

/// Returns a stored hash parsed and written again, whether it is weak, and the cost of computing it in KiB, passes and
/// lanes; `None` if it may not be computed.
#[must_use]
pub fn reread(stored: &str) -> Option<(String, bool, [u32; 3])> {
    let stored = StoredHash::computable(stored)?;
    let params = stored.argon2.params();
    Some((stored.hash.to_string(), stored.is_weak(), [params.m_cost(), params.t_cost(), params.p_cost()]))
}

#[cfg(test)]
mod tests {
    use super::{HashMemory, Verdict, hash, normal};
    use crate::error::{Kind, Result};

    fn verify(password: &str, stored: Option<&str>) -> Result<Verdict> {
        super::verify(password, stored, &mut HashMemory::to_verify(stored)?)
    }

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
        let usual = hashed(argon2::Algorithm::Argon2id, 65536, 3, 4);
        let greedy = [("m=65536", "m=131073"), ("t=3", "t=7"), ("p=4", "p=5"), ("m=65536,t=3", "m=4294967295,t=99999")];
        for (from, to) in greedy {
            let greedy = usual.replace(from, to);
            assert_ne!(greedy, usual);
            assert_eq!(verify("correct horse", Some(&greedy)).expect_err(&greedy).kind(), Kind::Denied);
            // It may have taken the place of another one after the memory was taken.
            let mut memory = HashMemory::to_verify(None).expect("memory");
            assert_eq!(super::verify("correct horse", Some(&greedy), &mut memory), Ok(Verdict::Wrong), "{greedy}");
        }
        let most = hashed(argon2::Algorithm::Argon2id, 131_072, 6, 4);
        assert_eq!(verify("correct horse", Some(&most)), Ok(Verdict::Right));
        assert_eq!(verify("correct horse", Some(&usual.replace("argon2id", "scrypt"))), Ok(Verdict::Wrong));
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
