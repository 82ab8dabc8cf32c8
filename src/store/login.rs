//! Who may do what: the gate that every reading and every writing of the inventory goes through.
//!
//! An inventory without login users is open to whoever can open the file. From the first login user on, [`Store`] asks
//! for a session before it lends a reader or a writer, inside the same transaction, so that no command can forget to,
//! and a role that was taken away a moment ago counts already.

mod attempt;
mod os_user;
mod session_file;

pub use attempt::Attempt;
pub use os_user::OsUser;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use session_file::reread as reread_session;

use super::Store;
use crate::error::{Error, Kind, Result};
use crate::store::engine::{Bind, Connection};
use crate::value::role::Role;
use crate::value::{shown, time};
use session_file::{Secret, SessionFile};

/// How long a session lasts, in seconds: eight hours, however much it is used.
const LASTS: i64 = 8 * 60 * 60;

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The id of the login user.
    pub(super) id: i64,
    /// What they sign in as.
    pub username: String,
    /// What they may do.
    pub role: Role,
    /// When the session ends, as stored text.
    pub expires: String,
}

impl SignedIn {
    /// Makes sure that they may do what takes `role`; `what` follows "may not".
    pub(super) fn needs(&self, role: Role, what: &str) -> Result<()> {
        if self.role >= role {
            return Ok(());
        }
        let name = shown::shown(&self.username);
        let error = format!("{name} is {} and may not {what}", self.role.with_article());
        Err(Error::new(Kind::Denied, error).help(format!("ask {} to do it, or to make you one", role.with_article())))
    }
}

impl Store<'_> {
    /// Lets in who may do what takes `role`, and tells who it is; nobody where the inventory has no login users.
    ///
    /// # Errors
    /// Nobody is signed in here, the session has ended or its file cannot be trusted, or the role does not suffice.
    pub(super) fn admit(&self, connection: &Connection, role: Role) -> Result<Option<SignedIn>> {
        if !has_login_users(connection)? {
            return Ok(None);
        }
        let os_user = self.os_user();
        let file = SessionFile::of(&self.path, &os_user)?;
        let Some(secret) = file.read()? else {
            return Err(signed_out("nobody is signed in, and this inventory wants a login"));
        };
        let Some(signed_in) = session(connection, &secret, &os_user)? else {
            return Err(signed_out("this session has ended"));
        };
        if has_passed(&signed_in.expires) {
            return Err(signed_out(&format!("this session ended at {}", time::local(&signed_in.expires))));
        }
        let what = match role {
            Role::Viewer => "read the inventory",
            Role::Editor => "change the inventory",
            Role::Admin => "change login users",
        };
        signed_in.needs(role, what)?;
        Ok(Some(signed_in))
    }

    /// Makes sure that whoever runs this may do what takes `role`, and tells who is signed in; nobody where the
    /// inventory has no login users.
    ///
    /// # Errors
    /// They may not; what is wrong with the file.
    pub fn signed_in(&self, role: Role) -> Result<Option<SignedIn>> {
        self.admit(&self.open_to_read()?, role)
    }

    /// Makes sure that whoever runs this may put a backup in the inventory's place, and tells who is signed in; nobody
    /// where there is nothing that wants a login, or nothing that can be read.
    ///
    /// # Errors
    /// They may not.
    pub fn may_restore(&self) -> Result<Option<SignedIn>> {
        match if self.is_there() { self.signed_in(Role::Viewer) } else { Ok(None) } {
            Ok(Some(operator)) => {
                operator.needs(Role::Admin, "put a backup in the inventory's place")?;
                Ok(Some(operator))
            }
            // One that cannot be read is the very one to be replaced.
            Err(error) if error.kind() == Kind::Inventory => Ok(None),
            other => other,
        }
    }

    /// Whether the inventory has login users.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn wants_login(&self) -> Result<bool> {
        has_login_users(&self.open_to_read()?)
    }

    /// Whose process this is, as history and sessions know it.
    #[must_use]
    pub fn os_user(&self) -> OsUser {
        OsUser::of_process(&self.path)
    }

    /// Ends the session of this process, if there is one; if `all`, every session of its login user. How many ended.
    ///
    /// # Errors
    /// For `all`, as [`Self::signed_in`]; the session's file cannot be removed, or the inventory not be written to.
    pub fn end_session(&self, all: bool) -> Result<usize> {
        let signed_in = if all { self.signed_in(Role::Viewer)? } else { None };
        let file = SessionFile::of(&self.path, &self.os_user())?;
        let secret = file.read_untrusted();
        file.remove()?;
        if signed_in.is_none() && secret.is_none() {
            return Ok(0);
        }
        self.locked(super::End::Commit, |connection| match (&signed_in, &secret) {
            (Some(signed_in), _) => end_sessions(connection, signed_in.id),
            (None, Some(secret)) => end_this(connection, secret),
            (None, None) => Ok(0),
        })
    }
}

/// Whether anyone has to sign in.
fn has_login_users(connection: &Connection) -> Result<bool> {
    let sql = "SELECT login_user_id FROM login_users ORDER BY login_user_id LIMIT 1";
    Ok(connection.first(sql, &[], |_| Ok(()))?.is_some())
}

/// The login user whose session bears this secret and was opened by this user of the operating system.
fn session(connection: &Connection, secret: &Secret, os_user: &OsUser) -> Result<Option<SignedIn>> {
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

/// Whether a session that ends then has ended. One that would last longer than any does was opened by a clock that
/// has been set back since.
fn has_passed(expires: &str) -> bool {
    !(1..=LASTS + 1).contains(&time::seconds_until(expires))
}

/// Ends every session of a login user.
pub(super) fn end_sessions(connection: &Connection, login_user: i64) -> Result<usize> {
    let sql = "DELETE FROM login_session WHERE login_user_id = $1";
    connection.execute(sql, &[Bind::Integer(login_user)]).map_err(unwritten)
}

/// Ends the session that bears this secret.
fn end_this(connection: &Connection, secret: &Secret) -> Result<usize> {
    let sql = "DELETE FROM login_session WHERE secret_hash = $1";
    connection.execute(sql, &[Bind::Text(&secret.hash())]).map_err(unwritten)
}

/// Makes sure that an inventory whose login users have changed still has an admin.
pub(super) fn keeps_an_admin(connection: &Connection, had_one: bool) -> Result<()> {
    let sql = "SELECT 1 FROM login_users WHERE role = $1 LIMIT 1";
    if connection.first(sql, &[Bind::Text(Role::Admin.word())], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    Err(if had_one {
        Error::conflict("the last admin can be neither removed nor demoted")
            .help("make another login user an admin first: inv login-user set NAME --role admin")
    } else {
        Error::conflict("the first login user is an admin").help("leave --role out")
    })
}

fn signed_out(why: &str) -> Error {
    Error::new(Kind::Denied, why).help("sign in with inv login")
}

fn unwritten(failure: crate::store::engine::Failure) -> Error {
    match failure {
        crate::store::engine::Failure::Engine(error) => error,
        _ => Error::inventory("sessions could not be written; nothing was changed")
            .help("look at the inventory with inv check, or restore it from a backup"),
    }
}
