//! Whose process this is.

use crate::system::{files, processes};
use std::env;
use std::path::Path;

/// A user of the operating system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsUser {
    /// The number of the user.
    pub uid: u32,
    /// The name of the user.
    pub name: String,
}

impl OsUser {
    /// Returns the user who runs this process on the inventory at `path`.
    ///
    /// If `sudo` runs it as the owner of the inventory or as root, this is the user from `SUDO_UID`. Otherwise that
    /// variable is not trusted: an operator who runs `inv` as themselves could set it to anything. (A user who may run
    /// other programs as the owner of the file can forge it, and could as well write the file.)
    pub(in crate::store) fn of_process(path: &Path) -> Self {
        let own = processes::user_id();
        let owns = || own == 0 || std::fs::metadata(path).is_ok_and(|data| files::owner(&data) == own);
        let behind = env::var("SUDO_UID").ok().and_then(|uid| uid.parse::<u32>().ok()).filter(|_| owns());
        let uid = behind.unwrap_or(own);
        Self { uid, name: processes::user_name(uid).unwrap_or_else(|| format!("uid {uid}")) }
    }
}
