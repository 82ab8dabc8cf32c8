//! Columns that a table leaves out.

/// Columns of a table that are not on the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Those that are empty in all rows, or in the first thousand.
    pub empty: Vec<String>,
    /// Those that the terminal has no room for.
    pub without_room: Vec<String>,
}

impl LeftOut {
    /// Returns the columns as those of a section: `disks.storage`.
    #[must_use]
    pub fn within(self, section: &str) -> Self {
        let named = |names: Vec<String>| names.into_iter().map(|name| format!("{section}.{name}")).collect();
        Self { empty: named(self.empty), without_room: named(self.without_room) }
    }

    /// Adds the columns that another table leaves out.
    pub fn add(&mut self, other: Self) {
        for (mine, theirs) in [(&mut self.empty, other.empty), (&mut self.without_room, other.without_room)] {
            for name in theirs {
                if !mine.contains(&name) {
                    mine.push(name);
                }
            }
        }
    }

    /// Returns the sentences that name the columns without room and, if `is_verbose` is true, the empty ones.
    #[must_use]
    pub fn sentences(&self, is_verbose: bool) -> Vec<String> {
        let mut sentences = Vec::new();
        if let Some(names) = listed(&self.without_room, "column does", "columns do", "not fit") {
            sentences.extend([names, "help: widen the terminal, or pass -o csv".to_owned()]);
        }
        if is_verbose {
            sentences.extend(listed(&self.empty, "column is", "columns are", "empty and not shown"));
        }
        sentences
    }
}

/// Returns how many columns there are, and their names; `None` if there are none.
fn listed(names: &[String], one: &str, several: &str, what: &str) -> Option<String> {
    let words = if names.len() == 1 { one } else { several };
    (!names.is_empty()).then(|| format!("{} {words} {what}: {}", names.len(), names.join(", ")))
}
