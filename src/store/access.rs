//! Access check of every read and every write of the inventory.
//!
//! An inventory without login users is open to everyone who can open the file. From the first login user on, [`Store`]
//! requires a session before it lends a reader or a writer, inside the same transaction, so that no command can skip
//! the check, and a role that was revoked a moment ago no longer counts.

mod attempt;

pub use attempt::Attempt;

use super::{End, Store};
use crate::error::{Kind, Result};
use crate::store::engine::Connection;
use crate::store::login::session_file::SessionFile;
use crate::store::login::{OsUser, SignedIn, end_sessions, end_this, has_login_users, has_passed, session, signed_out};
use crate::value::role::Role;
use crate::value::time;

impl Store<'_> {
    /// Returns the login user who is signed in and has at least `role`; `None` if the inventory has no login users.
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
            return Err(signed_out("login required: run `inv login`"));
        };
        let Some(signed_in) = session(connection, &secret, &os_user)? else {
            return Err(signed_out("the session has ended"));
        };
        if has_passed(&signed_in.expires) {
            return Err(signed_out(&format!("the session ended at {}", time::local(&signed_in.expires))));
        }
        let what = match role {
            Role::Viewer => "read the inventory",
            Role::Editor => "change the inventory",
            Role::Admin => "change login users",
        };
        signed_in.needs(role, what)?;
        Ok(Some(signed_in))
    }

    /// Returns the login user who is signed in and has at least `role`; `None` if the inventory has no login users.
    ///
    /// # Errors
    /// Access is denied; the file cannot be read or is damaged.
    pub fn signed_in(&self, role: Role) -> Result<Option<SignedIn>> {
        self.admit(&self.open_to_read()?, role)
    }

    /// Returns the login user who is signed in and may restore a backup; `None` if the inventory does not exist, cannot
    /// be read or has no login users.
    ///
    /// # Errors
    /// Access is denied.
    pub fn may_restore(&self) -> Result<Option<SignedIn>> {
        match if self.is_there() { self.signed_in(Role::Viewer) } else { Ok(None) } {
            Ok(Some(operator)) => {
                operator.needs(Role::Admin, "restore a backup")?;
                Ok(Some(operator))
            }
            // An inventory that cannot be read is the usual reason for a restore.
            Err(error) if error.kind() == Kind::Inventory => Ok(None),
            other => other,
        }
    }

    /// Returns true if the inventory has login users.
    ///
    /// # Errors
    /// The file cannot be read or is damaged.
    pub fn wants_login(&self) -> Result<bool> {
        has_login_users(&self.open_to_read()?)
    }

    /// Operating system user of this process, as history and sessions record it.
    #[must_use]
    pub fn os_user(&self) -> OsUser {
        OsUser::of_process(&self.path)
    }

    /// Ends the session of this process, if there is one. Returns the number of ended sessions.
    ///
    /// # Errors
    /// The session file cannot be removed; the inventory cannot be written to.
    pub fn end_session(&self) -> Result<usize> {
        self.end_sessions_of(None)
    }

    /// Ends every session of the login user who is signed in. Returns the number of ended sessions.
    ///
    /// # Errors
    /// As [`Self::signed_in`] and [`Self::end_session`].
    pub fn end_all_sessions(&self) -> Result<usize> {
        self.end_sessions_of(self.signed_in(Role::Viewer)?.as_ref())
    }

    /// Ends every session of `signed_in`, else the session of this process.
    fn end_sessions_of(&self, signed_in: Option<&SignedIn>) -> Result<usize> {
        let file = SessionFile::of(&self.path, &self.os_user())?;
        let secret = file.read_untrusted();
        file.remove()?;
        if signed_in.is_none() && secret.is_none() {
            return Ok(0);
        }
        self.locked(End::Commit, |connection| match (signed_in, &secret) {
            (Some(signed_in), _) => end_sessions(connection, signed_in.id),
            (None, Some(secret)) => end_this(connection, secret),
            (None, None) => Ok(0),
        })
    }
}
