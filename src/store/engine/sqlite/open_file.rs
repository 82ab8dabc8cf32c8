//! Files that are read beside the engine, and when they may be closed.
//!
//! Closing any descriptor of a file lets go of all locks that the process holds on it (POSIX, `fcntl`), those of the
//! engine among them. So a file that is done with stays open while another one is open here: a connection
//! has one of its own for as long as it is open.

use rustix::buffer::spare_capacity;
use rustix::io::{Errno, pread};
use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Which file it is, whatever it is called: its device and its number there.
type Identity = (u64, u64);

/// How many use a file, and what waits to be closed once nobody does.
#[derive(Default)]
struct Users {
    count: usize,
    waiting: Vec<File>,
}

static IN_USE: LazyLock<Mutex<HashMap<Identity, Users>>> = LazyLock::new(Mutex::default);

fn in_use() -> MutexGuard<'static, HashMap<Identity, Users>> {
    IN_USE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is open for reading, and closed once nothing in this process has it open any more.
#[derive(Debug)]
pub(in crate::store) struct OpenFile {
    /// There until it is dropped.
    file: Option<File>,
    identity: Identity,
}

impl OpenFile {
    /// Opens the file at `path`.
    pub(super) fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let data = file.metadata()?;
        let identity = (data.dev(), data.ino());
        in_use().entry(identity).or_default().count += 1;
        Ok(Self { file: Some(file), identity })
    }

    /// Whether it is what `path` names now.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|data| (data.dev(), data.ino()) == self.identity)
    }

    /// Reads `count` bytes from `at` on into `bytes`, in place of what these were.
    pub(super) fn read(&self, bytes: &mut Vec<u8>, count: usize, at: u64) -> std::io::Result<()> {
        let Some(file) = &self.file else { return Err(ErrorKind::NotFound.into()) };
        bytes.clear();
        bytes.reserve(count);
        while bytes.len() < count {
            // What nothing was read into need not be made zero first.
            let at = at + bytes.len() as u64;
            match pread(file, spare_capacity(bytes), at) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        bytes.truncate(count);
        Ok(())
    }

    /// How long it is.
    pub(super) fn length(&self) -> std::io::Result<u64> {
        self.file.as_ref().map_or_else(|| Err(ErrorKind::NotFound.into()), |file| Ok(file.metadata()?.len()))
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        let mut in_use = in_use();
        if let Some(users) = in_use.get_mut(&self.identity) {
            users.count -= 1;
            users.waiting.extend(self.file.take());
            if users.count == 0 {
                in_use.remove(&self.identity);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OpenFile;
    use std::fs;
    use std::path::Path;

    /// How many descriptors of this process are of the file at `path`.
    fn open(path: &Path) -> usize {
        let descriptors = fs::read_dir("/proc/self/fd").expect("the descriptors of this process");
        descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).filter(|target| target == path).count()
    }

    #[test]
    fn a_file_stays_open_while_another_user_has_it_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().canonicalize().expect("a folder").join("file");
        fs::write(&path, "some bytes").expect("a file");
        let one = OpenFile::open(&path).expect("the file");
        let other = OpenFile::open(&path).expect("the file");
        assert_eq!(open(&path), 2);
        drop(one);
        assert_eq!(open(&path), 2);
        let mut bytes = Vec::new();
        other.read(&mut bytes, 5, 5).expect("bytes");
        assert_eq!(bytes, b"bytes");
        assert!(other.read(&mut bytes, 5, 6).is_err());
        drop(other);
        assert_eq!(open(&path), 0);
    }

    #[test]
    fn a_file_that_was_replaced_is_another_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("file"), folder.path().join("other"));
        fs::write(&path, "one").expect("a file");
        fs::write(&other, "another").expect("a file");
        let file = OpenFile::open(&path).expect("the file");
        assert!(file.is_at(&path));
        fs::rename(&other, &path).expect("a rename");
        assert!(!file.is_at(&path));
    }
}
