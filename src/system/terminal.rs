//! The terminal on standard input: raw mode, and waiting for keys.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io;
use std::time::Duration;

/// The terminal in raw mode, until this is dropped.
pub(crate) struct RawMode {
    before: Termios,
}

impl RawMode {
    /// Switches echo, line editing and signals from keys off.
    ///
    /// # Errors
    /// Standard input is no terminal, or the terminal is gone.
    pub(crate) fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // A terminal that is gone has no settings to put back.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

/// Tests if a key can be read without waiting.
pub(crate) fn is_key_waiting() -> bool {
    let stdin = io::stdin();
    let mut keys = [PollFd::new(&stdin, PollFlags::IN)];
    // macOS cannot wait for every device (`NVAL`); no key is reported for those.
    poll(&mut keys, Some(&Timespec::default())).is_ok()
        && keys.iter().any(|key| key.revents().intersects(PollFlags::IN | PollFlags::HUP))
}

/// Waits for input. Returns false if the time is over or a signal arrived.
///
/// # Errors
/// Standard input cannot be waited for.
pub(crate) fn wait_for_input(time: Duration) -> io::Result<bool> {
    let time = Timespec::try_from(time).map_err(io::Error::other)?;
    let stdin = io::stdin();
    match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&time)) {
        Err(Errno::INTR) => Ok(false),
        ready => Ok(ready? > 0),
    }
}

/// Reads what standard input has, without a buffer in between. Returns the number of bytes, 0 at its end.
///
/// # Errors
/// The terminal is gone.
pub(crate) fn read_input(bytes: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::read(io::stdin(), bytes)?)
}
