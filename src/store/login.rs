//! Login users and their sessions: who may do what.

mod os_user;
pub(in crate::store) mod session_file;

pub use os_user::OsUser;
pub use session_file::reread as reread_session;

use crate::error::{Error, Kind, Result};
use crate::store::engine::{Bind, Connection, Failure};
use crate::value::role::Role;
use crate::value::{shown, time};
use session_file::Secret;

/// Lifetime of a session in seconds: eight hours, not extended by use.
pub(in crate::store) const LASTS: i64 = 8 * 60 * 60;

/// Login user who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The id of the login user.
    pub(in crate::store) id: i64,
    /// User name.
    pub username: String,
    /// Role.
    pub role: Role,
    /// When the session ends, as stored text.
    pub expires: String,
}

impl SignedIn {
    /// Makes sure that they may do what takes `role`; `what` follows "may not".
    pub(in crate::store) fn needs(&self, role: Role, what: &str) -> Result<()> {
        if self.role >= role {
            return Ok(());
        }
        let name = shown::shown(&self.username);
        let error = format!("{name} is {} and may not {what}", self.role.with_article());
        Err(Error::new(Kind::Denied, error)
            .help(format!("ask {} to do it, or to change your role", role.with_article())))
    }
}

/// Returns true if the inventory has login users, so that a login is required.
pub(in crate::store) fn has_login_users(connection: &Connection) -> Result<bool> {
    let sql = "SELECT login_user_id FROM login_users ORDER BY login_user_id LIMIT 1";
    Ok(connection.first(sql, &[], |_| Ok(()))?.is_some())
}

/// The login user whose session bears this secret and was opened by this user of the operating system.
pub(in crate::store) fn session(
    connection: &Connection,
    secret: &Secret,
    os_user: &OsUser,
) -> Result<Option<SignedIn>> {
    let sql = "SELECT u.login_user_id, u.username, u.role, s.expires_at FROM login_session s \
               JOIN login_users u ON u.login_user_id = s.login_user_id WHERE s.secret_hash = $1 AND s.os_uid = $2";
    connection.first(sql, &[Bind::Text(&secret.hash()), Bind::Integer(os_user.uid.into())], |row| {
        Ok(SignedIn {
            id: row.id(0)?,
            username: row.text(1)?.unwrap_or_default().to_owned(),
            role: Role::parse(row.text(2)?.unwrap_or_default())?,
            expires: row.text(3)?.unwrap_or_default().to_owned(),
        })
    })
}

/// Returns true if a session with this expiry has ended. An expiry later than [`LASTS`] from now comes from a clock
/// that has been set back since.
pub(in crate::store) fn has_passed(expires: &str) -> bool {
    !(1..=LASTS + 1).contains(&time::seconds_until(expires))
}

/// Ends every session of a login user.
pub(in crate::store) fn end_sessions(connection: &Connection, login_user: i64) -> Result<usize> {
    let sql = "DELETE FROM login_session WHERE login_user_id = $1";
    connection.execute(sql, &[Bind::Integer(login_user)]).map_err(unwritten)
}

/// Ends the session of this secret. Returns the number of deleted sessions.
pub(in crate::store) fn end_this(connection: &Connection, secret: &Secret) -> Result<usize> {
    let sql = "DELETE FROM login_session WHERE secret_hash = $1";
    connection.execute(sql, &[Bind::Text(&secret.hash())]).map_err(unwritten)
}

/// Checks that an inventory whose login users were changed by `operator` has an admin.
///
/// # Errors
/// It has none: the last one would be deleted or demoted, or the first login user is not an admin.
pub(in crate::store) fn check_admins(connection: &Connection, operator: Option<&SignedIn>) -> Result<()> {
    let sql = "SELECT 1 FROM login_users WHERE role = $1 LIMIT 1";
    if connection.first(sql, &[Bind::Text(Role::Admin.word())], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    Err(if operator.is_some() {
        Error::conflict("the last admin cannot be removed or demoted")
            .help("add another admin first: inv login-user set NAME --role admin")
    } else {
        Error::conflict("the first login user must be an admin").help("omit --role")
    })
}

pub(in crate::store) fn signed_out(why: &str) -> Error {
    Error::new(Kind::Denied, why).help("sign in with inv login")
}

pub(in crate::store) fn unwritten(failure: Failure) -> Error {
    match failure {
        Failure::Engine(error) => error,
        _ => Error::inventory("sessions could not be written; nothing was changed")
            .help("check the inventory with inv check, or restore it from a backup"),
    }
}
