//! File with the secret of a session: it and its folder are owned by this user and closed to others, which is checked
//! before they are trusted.

use super::OsUser;
use crate::error::{Error, Kind, Result, io_reason};
use crate::system::{files, processes};
use crate::value::shown;
use sha2::{Digest, Sha256};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Random bytes of a secret: 256 bits.
const SECRET: usize = 32;

/// Secret of a session.
pub(in crate::store) struct Secret(Zeroizing<[u8; SECRET]>);

impl Secret {
    /// A secret that nobody can guess.
    pub(in crate::store) fn new() -> Result<Self> {
        let mut bytes = Zeroizing::new([0; SECRET]);
        getrandom::fill(bytes.as_mut_slice())
            .map_err(|error| Error::failed(format!("no random bytes from the system: {error}")))?;
        Ok(Self(bytes))
    }

    /// Hash of the secret, which the inventory stores.
    pub(in crate::store) fn hash(&self) -> String {
        hexadecimal(&Sha256::digest(self.0.as_slice()))
    }

    /// Reads what [`SessionFile::create`] wrote.
    fn parse(text: &[u8]) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; SECRET]);
        let digits = text.strip_suffix(b"\n").filter(|digits| digits.len() == 2 * SECRET)?;
        // A sign would pass for the digit of a number.
        digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// Returns the text of a session file, parsed and written again; `None` if `text` is no session.
#[must_use]
pub fn reread(text: &[u8]) -> Option<String> {
    Some(hexadecimal(Secret::parse(text)?.0.as_slice()) + "\n")
}

/// Bytes in hexadecimal digits.
pub(in crate::store) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Path of a session file.
pub(in crate::store) struct SessionFile(PathBuf);

impl SessionFile {
    /// The file for the sessions of `os_user` on the inventory at `path`.
    ///
    /// # Errors
    /// There is no folder for it, or one that is not trusted.
    pub(in crate::store) fn of(path: &Path, os_user: &OsUser) -> Result<Self> {
        let absolute = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let inventory = hexadecimal(&Sha256::digest(absolute.as_os_str().as_encoded_bytes()));
        let short = inventory.get(..32).unwrap_or_default();
        let file = Self(folder()?.join(format!("session-{}-{short}", os_user.uid)));
        file.check_folder()?;
        Ok(file)
    }

    /// The secret; nothing where there is no file.
    ///
    /// # Errors
    /// The file may hold somebody else's secret, or others may know this one.
    pub(in crate::store) fn read(&self) -> Result<Option<Secret>> {
        match self.look() {
            Ok((secret, None)) => Ok(Some(secret)),
            Ok((_, Some(fault))) => Err(self.untrusted(fault)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.untrusted(&io_reason(&error))),
        }
    }

    /// The secret of a session that is to end: that others may know it is one reason more.
    pub(in crate::store) fn read_untrusted(&self) -> Option<Secret> {
        self.look().ok().map(|(secret, _)| secret)
    }

    /// The secret, and why it must not be believed where that is so.
    fn look(&self) -> std::io::Result<(Secret, Option<&'static str>)> {
        let invalid = |why: &str| std::io::Error::new(ErrorKind::InvalidData, why);
        let file = files::open_itself(&self.0).map_err(|error| match fs::symlink_metadata(&self.0) {
            Ok(data) if data.is_symlink() => invalid("it is a symbolic link"),
            _ => error,
        })?;
        let data = file.metadata()?;
        if !data.is_file() {
            return Err(invalid("it is not a regular file"));
        }
        if files::owner(&data) != processes::effective_user_id() {
            return Err(invalid("it belongs to another user"));
        }
        let mut text = Zeroizing::new(Vec::with_capacity(4 * SECRET));
        file.take(3 * SECRET as u64).read_to_end(&mut text)?;
        let secret = Secret::parse(&text).ok_or_else(|| invalid("it contains no session"))?;
        let fault = match files::mode(&data) {
            0o600 => None,
            mode if mode & 0o077 != 0 => Some("other users have access to it"),
            _ => Some("its mode is not 0600"),
        };
        Ok((secret, fault))
    }

    fn untrusted(&self, why: &str) -> Error {
        let path = shown::shown(&self.0.to_string_lossy()).into_owned();
        Error::new(Kind::Denied, format!("the session in {path} is not trusted: {why}"))
            .help("remove it with inv logout, and sign in again with inv login")
    }

    /// Checks that nobody else can put files into the folder of the file, or had it put elsewhere. The XDG base directory
    /// specification requires a folder of the user with mode 0700.
    ///
    /// # Errors
    /// The folder is a symbolic link, belongs to another user, or others have access to it.
    fn check_folder(&self) -> Result<()> {
        let Some(folder) = self.0.parent() else { return Ok(()) };
        // One that is not there has no session, and why one cannot be read is reported for the file.
        let Ok(data) = fs::symlink_metadata(folder) else { return Ok(()) };
        let own = "set XDG_RUNTIME_DIR or XDG_STATE_HOME to your own folder";
        let path = shown::shown(&folder.to_string_lossy()).into_owned();
        let (why, help) = if data.is_symlink() {
            ("it is a symbolic link", format!("remove the link with rm {path}, and sign in again with inv login"))
        } else if files::owner(&data) != processes::effective_user_id() {
            ("it belongs to another user", own.to_owned())
        } else if data.is_dir() && files::mode(&data) & 0o077 != 0 {
            ("other users have access to it", format!("run chmod 700 {path}, and sign in again with inv login"))
        } else {
            return Ok(());
        };
        Err(Error::new(Kind::Denied, format!("the folder of sessions {path} is not trusted: {why}")).help(help))
    }

    /// Writes a secret into a new file of mode 0600. Replaces an earlier file.
    pub(in crate::store) fn create(&self, secret: &Secret) -> Result<()> {
        let unwritten = |error: std::io::Error| {
            let path = shown::shown(&self.0.to_string_lossy()).into_owned();
            Error::failed(format!("cannot store the session in {path}: {}", io_reason(&error)))
                .help("set XDG_RUNTIME_DIR or XDG_STATE_HOME to your own folder")
        };
        if let Some(folder) = self.0.parent() {
            files::private_folder().recursive(true).create(folder).map_err(unwritten)?;
            self.check_folder()?;
        }
        self.remove()?;
        let mut file = files::create_private(&self.0).map_err(unwritten)?;
        let mut text = Zeroizing::new(hexadecimal(secret.0.as_slice()));
        text.push('\n');
        file.write_all(text.as_bytes()).map_err(unwritten)
    }

    /// Removes the file, if it is there.
    pub(in crate::store) fn remove(&self) -> Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let path = shown::shown(&self.0.to_string_lossy()).into_owned();
                Err(Error::failed(format!("cannot remove the session in {path}: {}", io_reason(&error))))
            }
            _ => Ok(()),
        }
    }
}

/// The folder for sessions: `inv` in `$XDG_RUNTIME_DIR`, where that is a folder of this user, else in
/// `$XDG_STATE_HOME`, else in `~/.local/state`. The XDG base directory specification has relative paths ignored.
fn folder() -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // After `su` the variable may still name the folder of the user before.
    let own = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|data| data.is_dir() && files::owner(&data) == processes::effective_user_id())
    };
    let state = || set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")));
    set("XDG_RUNTIME_DIR").filter(own).or_else(state).map(|folder| folder.join("inv")).ok_or_else(|| {
        Error::new(Kind::Denied, "no folder for sessions: neither XDG_RUNTIME_DIR nor HOME is set")
            .help("set XDG_STATE_HOME to your own folder")
    })
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_64_hexadecimal_digits_and_a_line_end() {
        // SHA-256 of 32 bytes of zero, by sha256sum.
        let zero = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";
        let text = format!("{}\n", "00".repeat(32));
        assert_eq!(Secret::parse(text.as_bytes()).expect("a secret").hash(), zero);
        for wrong in ["", "\n", &text[1..], &text[..64], &"0g".repeat(32), &"+1".repeat(32), &format!("{text}0")] {
            assert!(Secret::parse(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert!(Secret::parse(format!("{}\n", "+1".repeat(32)).as_bytes()).is_none(), "a sign is no digit");
    }
}
