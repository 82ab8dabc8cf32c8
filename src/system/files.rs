//! Owner, mode, links and identity of files, and whether they can be written.

use rustix::fs::{Access, Dir, OFlags, access};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileExt, FileTypeExt, MetadataExt, OpenOptionsExt as _, PermissionsExt};
use std::path::Path;

/// Command that makes an immutable file writable.
pub(crate) const MAKE_MUTABLE: &str = if cfg!(target_os = "linux") { "chattr -i" } else { "chflags nouchg" };

/// Why a file or a folder cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteBarrier {
    /// Its file system is read-only.
    FileSystem,
    /// It is marked immutable.
    Mark,
    /// This user has no permission.
    Permission,
}

/// Returns the device and the inode of a file.
pub(crate) fn identity(data: &Metadata) -> (u64, u64) {
    (data.dev(), data.ino())
}

/// Returns the user id of the owner of a file.
pub(crate) fn owner(data: &Metadata) -> u32 {
    data.uid()
}

/// Returns the number of hard links of a file.
pub(crate) fn links(data: &Metadata) -> u64 {
    data.nlink()
}

/// Returns the permissions of a file, with the bits for set-user-id, set-group-id and sticky.
pub(crate) fn mode(data: &Metadata) -> u32 {
    data.mode() & 0o7777
}

/// Returns the name of what is no regular file, with its article.
pub(crate) fn kind(data: &Metadata) -> &'static str {
    let kind = data.file_type();
    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// Returns a builder of folders of mode 0700.
pub(crate) fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// Sets the mode 0600, whatever the umask left of the mode that the file was created with.
///
/// # Errors
/// The mode cannot be changed.
pub(crate) fn make_private(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o600))
}

/// Creates a file of mode 0600 that must not exist yet.
///
/// # Errors
/// It exists, or cannot be created.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(flags).open(path)?;
    make_private(&file)?;
    Ok(file)
}

/// Opens a file for reading. Does not follow a symbolic link, and does not wait for the writer of a pipe.
///
/// # Errors
/// It is a symbolic link, or cannot be opened.
pub(crate) fn open_itself(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Opens a file for reading and writing. Does not follow a symbolic link, and does not wait for the reader of a pipe.
///
/// # Errors
/// It is a symbolic link, or cannot be opened.
pub(crate) fn open_itself_for_writing(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    OpenOptions::new().read(true).write(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Locks a file for this open file, until it is closed (`F_OFD_SETLK`). The lock is on a byte that the engine never locks:
/// on NFS, `flock` locks the whole file, and the engine's own locks would fail.
///
/// # Errors
/// [`io::ErrorKind::WouldBlock`] if another open file has the lock; the system or the file system has no such locks.
#[cfg(target_os = "linux")]
pub(crate) fn lock(file: &File) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;
    let number = |value: libc::c_int| libc::c_short::try_from(value).unwrap_or_default();
    let byte = libc::flock {
        l_type: number(libc::F_WRLCK),
        l_whence: number(libc::SEEK_SET),
        l_start: libc::off_t::MAX - 1,
        l_len: 1,
        l_pid: 0,
    };
    fcntl(file, FcntlArg::F_OFD_SETLK(&byte)).map(drop).map_err(io::Error::from)
}

/// Reports that this system has no locks of open files.
#[cfg(not(target_os = "linux"))]
pub(crate) fn lock(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Returns the names in a folder, without `.` and `..`. The standard library panics where a folder cannot be closed; here
/// nothing depends on that.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn names_in(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::new(File::open(folder)?)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Reads bytes from `position` on, without moving the position of the file. Returns their number.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn read_at(file: &File, bytes: &mut [u8], position: u64) -> io::Result<usize> {
    file.read_at(bytes, position)
}

/// Tests if this process may write to a file.
///
/// # Errors
/// The reason why it may not.
pub(crate) fn check_writable(path: &Path) -> Result<(), WriteBarrier> {
    access(path, Access::WRITE_OK).map_err(barrier)
}

/// Tests if this process may create files in a folder.
///
/// # Errors
/// The reason why it may not.
pub(crate) fn check_folder_writable(folder: &Path) -> Result<(), WriteBarrier> {
    access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(barrier)
}

fn barrier(error: Errno) -> WriteBarrier {
    match error {
        Errno::ROFS => WriteBarrier::FileSystem,
        Errno::PERM => WriteBarrier::Mark,
        _ => WriteBarrier::Permission,
    }
}
