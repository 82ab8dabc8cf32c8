//! Pager for output on a terminal.
//!
//! The command is `INV_PAGER`, else `PAGER`, else `less -FRX`, run by `sh -c`; an empty command or `cat` disables the
//! pager. If the pager cannot be started, its input goes to standard output. Quitting it early is no error: the next
//! write fails with a closed pipe, which ends the command silently.
//!
//! Under `sudo` a pager has the rights of the service account that owns the inventory, and so would a shell started
//! from it. Then only `less` is used, in its secure mode without shell, editor and files.

use crate::interrupt;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Stdout, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

const DEFAULT: &str = "less -FRX";
/// Exit statuses of `sh` for a command that cannot be run or is not found (POSIX, 2.8.2).
const CANNOT_RUN: [i32; 2] = [126, 127];
/// More bytes than a pipe can buffer, so a pager that has read more was started.
const PIPE: usize = 1 << 20;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Returns true while a pager is running. The terminal and Ctrl-C then belong to the pager.
#[must_use]
pub fn is_running() -> bool {
    RUNNING.load(Ordering::SeqCst) > 0
}

/// Destination of the output.
pub enum Destination {
    /// Standard output.
    Direct(Stdout),
    /// A pager.
    Paged(Pager<Stdout>),
}

/// Opens standard output, through a pager if `paged` is true, standard output is a terminal, and the environment does
/// not disable it. Dropping the destination waits until the pager ends.
#[must_use]
pub fn open(paged: bool) -> Destination {
    let stdout = io::stdout();
    let Some((command, surroundings)) = chosen(paged) else { return Destination::Direct(stdout) };
    match start(&command, surroundings.through_sudo) {
        Ok(child) => Destination::Paged(Pager::new(child, stdout)),
        Err(_) => Destination::Direct(stdout),
    }
}

/// Returns true if [`open`] starts a pager.
#[must_use]
pub fn is_used(paged: bool) -> bool {
    chosen(paged).is_some()
}

/// Returns the command of the pager, if there is to be one.
fn chosen(paged: bool) -> Option<(OsString, Surroundings)> {
    if !paged || !io::stdout().is_terminal() {
        return None;
    }
    let surroundings = Surroundings {
        inv_pager: std::env::var_os("INV_PAGER"),
        pager: std::env::var_os("PAGER"),
        through_sudo: std::env::var_os("SUDO_UID").is_some(),
        dumb: std::env::var_os("TERM").is_none_or(|term| term == "dumb"),
    };
    Some((surroundings.command()?, surroundings))
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Direct(stdout) => stdout.write(bytes),
            Self::Paged(pager) => pager.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(stdout) => stdout.flush(),
            Self::Paged(pager) => pager.flush(),
        }
    }
}

/// The environment that the choice of a pager depends on.
struct Surroundings {
    inv_pager: Option<OsString>,
    pager: Option<OsString>,
    through_sudo: bool,
    dumb: bool,
}

impl Surroundings {
    fn command(&self) -> Option<OsString> {
        let command = self.inv_pager.as_ref().or(self.pager.as_ref());
        match command {
            Some(command) if means_none(command) => None,
            Some(command) if !self.through_sudo => Some(command.clone()),
            // `less` on a terminal without a cursor asks for a key press before it shows anything.
            _ if self.dumb => None,
            _ => Some(DEFAULT.into()),
        }
    }
}

fn means_none(command: &OsStr) -> bool {
    command.to_str().is_some_and(|command| matches!(command.trim(), "" | "cat"))
}

fn start(command: &OsStr, secure: bool) -> io::Result<Child> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::piped());
    if secure {
        shell.env("LESSSECURE", "1");
    }
    if std::env::var_os("LESSCHARSET").is_none() {
        shell.env("LESSCHARSET", "utf-8");
    }
    shell.spawn()
}

/// A running pager, and the fallback for its input if the pager could not be started.
pub struct Pager<W: Write> {
    input: Option<ChildStdin>,
    waiting: Option<JoinHandle<Option<ExitStatus>>>,
    /// Bytes written so far, until the pager is known to have started.
    unconfirmed: Option<Vec<u8>>,
    fallback: W,
    fell_back: bool,
}

impl<W: Write> Pager<W> {
    fn new(mut child: Child, fallback: W) -> Self {
        let input = child.stdin.take();
        let over = Arc::new(AtomicBool::new(false));
        // Ctrl-C reaches all processes of the terminal. While the pager runs, only the pager handles it; afterwards it
        // ends this process as it would without a pager.
        interrupt::end_on_ctrl_c_once(Arc::clone(&over));
        RUNNING.fetch_add(1, Ordering::SeqCst);
        let waiting = std::thread::spawn(move || {
            let status = child.wait().ok();
            RUNNING.fetch_sub(1, Ordering::SeqCst);
            over.store(true, Ordering::SeqCst);
            status
        });
        Self { input, waiting: Some(waiting), unconfirmed: Some(Vec::new()), fallback, fell_back: false }
    }

    /// Closes the input of the pager and waits until it ends. If the shell could not run it, the input goes to the
    /// fallback.
    fn wait(&mut self) -> io::Result<()> {
        self.input = None;
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let code = waiting.join().ok().flatten().and_then(|status| status.code());
        let unconfirmed = self.unconfirmed.take();
        if let Some(bytes) = unconfirmed
            && code.is_some_and(|code| CANNOT_RUN.contains(&code))
        {
            self.fell_back = true;
            self.fallback.write_all(&bytes)?;
        }
        self.fallback.flush()
    }
}

impl<W: Write> Write for Pager<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.fell_back {
            return self.fallback.write(bytes);
        }
        let Some(input) = &mut self.input else { return Err(io::ErrorKind::BrokenPipe.into()) };
        match input.write(bytes) {
            Ok(count) => {
                if let Some(unconfirmed) = &mut self.unconfirmed {
                    unconfirmed.extend_from_slice(bytes.get(..count).unwrap_or(bytes));
                    if unconfirmed.len() > PIPE {
                        self.unconfirmed = None;
                    }
                }
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.wait()?;
                if self.fell_back { self.fallback.write(bytes) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.fell_back { self.fallback.flush() } else { Ok(()) }
    }
}

impl<W: Write> Drop for Pager<W> {
    fn drop(&mut self) {
        // A failure cannot be reported in `drop`.
        let _ = self.wait();
        let _ = self.fallback.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::{Pager, Surroundings, start};
    use std::ffi::OsString;
    use std::io::{ErrorKind, Write};

    fn choice(inv_pager: Option<&str>, pager: Option<&str>, through_sudo: bool) -> Option<String> {
        let surroundings = Surroundings {
            inv_pager: inv_pager.map(OsString::from),
            pager: pager.map(OsString::from),
            through_sudo,
            dumb: false,
        };
        surroundings.command().map(|command| command.into_string().expect("text"))
    }

    fn running(command: &str, fallback: Vec<u8>) -> Pager<Vec<u8>> {
        Pager::new(start(command.as_ref(), true).expect("a shell"), fallback)
    }

    #[test]
    fn inv_pager_goes_before_pager_and_less_is_the_default() {
        assert_eq!(choice(Some("most"), Some("more"), false).as_deref(), Some("most"));
        assert_eq!(choice(None, Some("more"), false).as_deref(), Some("more"));
        assert_eq!(choice(None, None, false).as_deref(), Some("less -FRX"));
    }

    #[test]
    fn empty_or_cat_means_none() {
        for none in ["", " ", "cat"] {
            assert_eq!(choice(Some(none), Some("more"), false), None);
            assert_eq!(choice(None, Some(none), true), None);
        }
    }

    #[test]
    fn through_sudo_only_less_is_taken() {
        assert_eq!(choice(Some("vim -"), None, true).as_deref(), Some("less -FRX"));
    }

    #[test]
    fn less_is_not_the_default_where_the_terminal_has_no_cursor() {
        let dumb = Surroundings { inv_pager: None, pager: None, through_sudo: false, dumb: true };
        assert_eq!(dumb.command(), None);
    }

    #[test]
    fn through_sudo_less_is_told_to_be_secure() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut pager = running(&format!("cat > {0}; echo $LESSSECURE >> {0}", file.path().display()), Vec::new());
        pager.write_all(b"web01\n").expect("written");
        drop(pager);
        assert_eq!(std::fs::read_to_string(file.path()).expect("read"), "web01\n1\n");
    }

    #[test]
    fn a_pager_that_is_quit_early_closes_the_pipe() {
        let mut pager = running("head -c 1 > /dev/null", Vec::new());
        let piece = vec![b'x'; 30_000];
        let error = (0..10_000).find_map(|_| pager.write_all(&piece).err()).expect("a closed pipe");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert_eq!(pager.write(b"x").expect_err("still closed").kind(), ErrorKind::BrokenPipe);
        assert!(pager.fallback.is_empty());
    }

    #[test]
    fn what_a_pager_that_cannot_start_was_given_goes_to_the_fallback() {
        let mut pager = running("exec 2> /dev/null; no-such-pager-anywhere -R", Vec::new());
        pager.write_all(b"web01\n").expect("written");
        pager.wait().expect("fell back");
        pager.write_all(b"web02\n").expect("written");
        assert_eq!(pager.fallback, b"web01\nweb02\n");
    }

    #[test]
    fn a_long_output_falls_back_whole() {
        let mut pager = running("exec 2> /dev/null; no-such-pager-anywhere", Vec::new());
        let data: Vec<u8> = (0_u32..500_000).flat_map(u32::to_le_bytes).collect();
        data.chunks(30_000).try_for_each(|piece| pager.write_all(piece)).expect("written");
        pager.wait().expect("fell back");
        assert!(pager.fallback == data);
    }
}
