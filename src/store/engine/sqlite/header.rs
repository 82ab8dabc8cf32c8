//! The header of the file, as far as it identifies an inventory (`SQLite`'s file format, section 1.3).

/// Length of the header, in bytes.
pub(in crate::store) const HEADER: usize = 100;

/// The first [`HEADER`] bytes of a file, or fewer where it ends within them.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Header<'h>(pub(in crate::store) &'h [u8]);

impl Header<'_> {
    /// Application id: the program that the file belongs to. `None` where the header ends before it.
    pub(in crate::store) fn application(&self) -> Option<i64> {
        self.number(68)
    }

    /// User version: the schema version. `None` where the header ends before it.
    pub(in crate::store) fn user_version(&self) -> Option<i64> {
        self.number(60)
    }

    /// Returns true if the file is in WAL mode, so that its newest changes may be in a second file.
    pub(in crate::store) fn is_logged(&self) -> bool {
        self.0.get(18..20).is_some_and(|versions| versions.contains(&2))
    }

    fn number(&self, offset: usize) -> Option<i64> {
        let bytes = self.0.get(offset..offset + 4)?.try_into().ok()?;
        Some(i64::from(i32::from_be_bytes(bytes)))
    }
}
