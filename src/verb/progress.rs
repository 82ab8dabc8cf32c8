//! A progress bar on standard error, when that is a terminal and the work is longer than a second.

use crate::session::Session;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Time before the bar appears.
const PATIENCE: Duration = Duration::from_secs(1);

/// Progress of reading a large file.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    since: Instant,
    shown: bool,
    wanted: bool,
}

impl Progress {
    /// A bar over `bytes` of `name`, or a count where the size is not known; none at all in a quiet session.
    pub(crate) fn new(name: &str, bytes: Option<u64>, session: &Session) -> Self {
        let bar = bytes.map_or_else(ProgressBar::no_length, ProgressBar::new);
        bar.set_draw_target(ProgressDrawTarget::hidden());
        let template = match bytes {
            Some(_) => "{msg} [{bar:30}] {percent}% {eta}",
            None => "{msg} {bytes} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(crate::value::shown::shown(name).into_owned());
        Self { bar, since: Instant::now(), shown: false, wanted: !session.quiet && std::io::stderr().is_terminal() }
    }

    /// Tells how many bytes have been read.
    pub(crate) fn at(&mut self, bytes: u64) {
        if !self.shown && self.wanted && self.since.elapsed() >= PATIENCE {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(bytes);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
