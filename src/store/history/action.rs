//! Kinds of changes, as history stores them.

/// Kind of a change to one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A record was created.
    Create,
    /// Fields of a record were changed.
    Update,
    /// A record was deleted.
    Remove,
    /// No change was needed.
    Nothing,
}

impl Action {
    /// Returns the word that history stores and answers have.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Remove => "remove",
            Self::Nothing => "unchanged",
        }
    }

    /// Returns the action that history stores as `word`: a removal, if it is neither of the others that the table
    /// allows.
    pub(in crate::store) fn called(word: Option<&str>) -> Self {
        let is_it = |action: &Self| word == Some(action.word());
        [Self::Create, Self::Update].into_iter().find(is_it).unwrap_or(Self::Remove)
    }
}
