//! Signing in: limit on attempts for a name, and the session of a successful one.
//!
//! An attempt is counted before its password is verified, so that a thousand processes at once are limited like one
//! process that tries a thousand times; a correct password resets the count.

use crate::error::{Error, Kind, Result};
use crate::store::engine::{Bind, Connection};
use crate::store::login::session_file::{Secret, SessionFile, hexadecimal};
use crate::store::login::{LASTS, SignedIn, end_this, unwritten};
use crate::store::{End, Store};
use crate::value::role::Role;
use crate::value::time;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// Number of wrong passwords in a row without a wait.
const FREE: i64 = 5;
/// The longest wait for the next one, in seconds.
const LONGEST: i64 = 30;
/// Seconds after the last wrong password until the count is reset.
const FORGOTTEN: i64 = 24 * 60 * 60;

/// An attempt to sign in, counted as failed until its password is verified.
#[derive(Debug)]
pub struct Attempt {
    name_hash: String,
    user: Option<(i64, String)>,
}

impl Attempt {
    /// Password hash to verify; `None` if no login user has the name.
    #[must_use]
    pub fn hash(&self) -> Option<&str> {
        self.user.as_ref().map(|(_, hash)| hash.as_str())
    }

    /// Error for a wrong name or a wrong password, the same for both.
    #[must_use]
    pub fn wrong() -> Error {
        Error::new(Kind::Denied, "wrong name or password")
    }
}

/// Returns a user name in the form in which it is stored.
fn normal(username: &str) -> String {
    username.trim().nfc().collect()
}

/// Returns the id and the password hash of a login user.
fn user(connection: &Connection, username: &str) -> Result<Option<(i64, String)>> {
    let sql = "SELECT login_user_id, password_hash FROM login_users WHERE username = $1";
    connection.first(sql, &[Bind::Text(username)], |row| Ok((row.id(0)?, row.text(1)?.unwrap_or_default().to_owned())))
}

impl Store<'_> {
    /// Returns the password hash of a login user, to prepare for an attempt; `None` if no login user has the name.
    ///
    /// # Errors
    /// The file cannot be read or is damaged.
    pub fn password_hash(&self, username: &str) -> Result<Option<String>> {
        Ok(user(&self.open_to_read()?, &normal(username))?.map(|(_, hash)| hash))
    }

    /// Begins to sign in as `username`.
    ///
    /// # Errors
    /// The name has to wait after too many wrong passwords; the inventory cannot be written to.
    pub fn attempt(&self, username: &str) -> Result<Attempt> {
        let username = normal(username);
        let mut name_hash = hexadecimal(&Sha256::digest(username.as_bytes()));
        name_hash.truncate(5);
        self.locked(End::Commit, |connection| {
            count(connection, &name_hash)?;
            Ok(Attempt { name_hash: name_hash.clone(), user: user(connection, &username)? })
        })
    }

    /// Resets the count of failures for an attempt whose password was correct.
    ///
    /// # Errors
    /// The inventory cannot be written to.
    pub fn forgive(&self, attempt: &Attempt) -> Result<()> {
        self.locked(End::Commit, |connection| forgive(connection, attempt))
    }

    /// Opens a session for an attempt whose password was correct. `renewed` is a stronger hash of that password.
    ///
    /// # Errors
    /// The login user was changed meanwhile, or the session file cannot be written.
    pub fn open_session(&self, attempt: &Attempt, renewed: Option<&str>) -> Result<SignedIn> {
        let (id, hash) = attempt.user.as_ref().ok_or_else(Attempt::wrong)?;
        let os_user = self.os_user();
        let file = SessionFile::of(&self.path, &os_user)?;
        let (secret, before) = (Secret::new()?, file.read_untrusted());
        let signed_in = self.locked(End::Commit, |connection| {
            let sql = "SELECT username, role FROM login_users WHERE login_user_id = $1 AND password_hash = $2";
            let found = connection.first(sql, &[Bind::Integer(*id), Bind::Text(hash)], |row| {
                let role = Role::parse(row.text(1)?.unwrap_or_default())?;
                Ok((row.text(0)?.unwrap_or_default().to_owned(), role))
            })?;
            let (username, role) = found.ok_or_else(Attempt::wrong)?;
            if let Some(renewed) = renewed {
                let sql = "UPDATE login_users SET password_hash = $1 WHERE login_user_id = $2";
                connection.execute(sql, &[Bind::Text(renewed), Bind::Integer(*id)]).map_err(unwritten)?;
            }
            forgive(connection, attempt)?;
            let now = time::now();
            let ended = "DELETE FROM login_session WHERE expires_at <= $1";
            connection.execute(ended, &[Bind::Text(&now)]).map_err(unwritten)?;
            if let Some(before) = &before {
                end_this(connection, before)?;
            }
            let expires = time::from_now(LASTS);
            let sql = "INSERT INTO login_session (login_user_id, os_uid, secret_hash, expires_at) \
                       VALUES ($1, $2, $3, $4)";
            let (uid, secret_hash) = (Bind::Integer(os_user.uid.into()), secret.hash());
            let values = [Bind::Integer(*id), uid, Bind::Text(&secret_hash), Bind::Text(&expires)];
            connection.execute(sql, &values).map_err(unwritten)?;
            Ok(SignedIn { id: *id, username, role, expires })
        })?;
        if let Err(error) = file.create(&secret) {
            // Without its secret nobody can use the session; if this fails, the session expires by itself.
            let _ = self.locked(End::Commit, |connection| end_this(connection, &secret));
            return Err(error);
        }
        Ok(signed_in)
    }
}

/// Counts an attempt.
///
/// # Errors
/// The name has to wait; the inventory cannot be written to.
fn count(connection: &Connection, name_hash: &str) -> Result<()> {
    let name = Bind::Text(name_hash);
    let long_ago = time::from_now(-FORGOTTEN);
    let forget = "DELETE FROM login_failure WHERE waits_until < $1";
    connection.execute(forget, &[Bind::Text(&long_ago)]).map_err(unwritten)?;
    let sql = "SELECT failures, waits_until FROM login_failure WHERE name_hash = $1";
    let before = connection
        .first(sql, &[name], |row| Ok((row.id(0)?, time::seconds_until(row.text(1)?.unwrap_or_default()))))?;
    let (failures, left) = before.unwrap_or_default();
    // A wait that is longer than any was set by a clock that has been set back since.
    if (1..=LONGEST + 1).contains(&left) {
        let seconds = if left == 1 { "second" } else { "seconds" };
        return Err(Error::new(
            Kind::Denied,
            format!("too many wrong passwords in a row for this name: try again in {left} {seconds}"),
        ));
    }
    let failures = failures.saturating_add(1);
    let until = match wait(failures) {
        0 => time::now(),
        seconds => time::from_now(seconds),
    };
    let sql = "INSERT INTO login_failure (name_hash, failures, waits_until) VALUES ($1, $2, $3) \
               ON CONFLICT (name_hash) DO UPDATE SET failures = excluded.failures, waits_until = excluded.waits_until";
    let values = [name, Bind::Integer(failures), Bind::Text(&until)];
    connection.execute(sql, &values).map(drop).map_err(unwritten)
}

/// Seconds that a name waits after `failures` wrong passwords in a row: 1, 2, 4, … 30 from the fifth on.
fn wait(failures: i64) -> i64 {
    if failures < FREE { 0 } else { (1_i64 << (failures - FREE).min(32)).min(LONGEST) }
}

fn forgive(connection: &Connection, attempt: &Attempt) -> Result<()> {
    let sql = "DELETE FROM login_failure WHERE name_hash = $1";
    connection.execute(sql, &[Bind::Text(&attempt.name_hash)]).map(drop).map_err(unwritten)
}

#[cfg(test)]
mod tests {
    use super::wait;

    #[test]
    fn from_the_fifth_wrong_password_on_the_wait_doubles_up_to_thirty_seconds() {
        let waits: Vec<i64> = (1..=11).map(wait).collect();
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(wait(i64::MAX), 30);
    }
}
