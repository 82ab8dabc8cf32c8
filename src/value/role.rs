//! Roles of login users: each may do all that the one before it may.

use super::shown::quoted;
use super::similar;
use crate::error::{Error, Result};

/// Role of a login user; a later one may do more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Changes the inventory.
    Editor,
    /// Changes login users too, undoes what others did, and puts a backup in place of the inventory.
    Admin,
}

/// Every role as it is written, with the least rights first.
pub const ROLES: &[&str] = &["viewer", "editor", "admin"];

impl Role {
    /// Returns the role as it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        ROLES[self as usize]
    }

    /// Reads a role, in any case.
    ///
    /// # Errors
    /// There is no such role.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let all = [Self::Viewer, Self::Editor, Self::Admin];
        all.into_iter().find(|role| role.word().eq_ignore_ascii_case(text)).ok_or_else(|| {
            let roles = "roles: viewer, editor, admin";
            let question = similar::did_you_mean(&similar::nearest(text, ROLES.iter().copied(), 1));
            Error::failed(format!("{} is not a role", quoted(text)))
                .help(question.map_or(roles.to_owned(), |question| format!("{question} {roles}")))
        })
    }

    /// Returns the role with its article: `an editor`.
    #[must_use]
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Viewer => "a viewer",
            Self::Editor => "an editor",
            Self::Admin => "an admin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ROLES, Role};

    #[test]
    fn a_role_is_read_in_any_case_and_may_more_than_the_one_before() {
        let roles: Vec<Role> = ROLES.iter().map(|word| Role::parse(&word.to_uppercase()).expect("a role")).collect();
        assert_eq!(roles, [Role::Viewer, Role::Editor, Role::Admin]);
        assert!(roles.is_sorted());
        assert_eq!(roles.iter().map(|role| role.word()).collect::<Vec<_>>(), ROLES);
    }

    #[test]
    fn another_word_is_told_with_the_three() {
        let error = Role::parse("edtor").expect_err("no role");
        assert_eq!(error.message(), "\"edtor\" is not a role");
        assert_eq!(error.way_out(), Some("did you mean editor? roles: viewer, editor, admin"));
    }
}
