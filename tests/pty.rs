//! A terminal for the tests: the real binary behind a pseudo-terminal, the screen as a person sees it, and every byte
//! that was sent to it.

use crate::support::{PATIENCE, Sandbox};
use rexpect::process::PtyProcess;
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

/// Runs a program between two looks at the terminal's settings, which it must leave as it found them. Ctrl-C reaches
/// the shell too, which outlives it to take the second look.
const BETWEEN_TWO_LOOKS: &str = "stty sane rows $ROWS cols $COLUMNS; stty -a > before; trap : INT; \
                                 \"$@\"; echo $? > status; stty -a > after";

fn size(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).expect("a terminal of some size")
}

struct Display {
    screen: vt100::Parser,
    bytes: Vec<u8>,
}

/// A program on a terminal of 24 lines and 80 columns.
pub struct Terminal {
    process: PtyProcess,
    keyboard: File,
    display: Arc<Mutex<Display>>,
    reading: Option<JoinHandle<()>>,
    folder: std::path::PathBuf,
}

/// The end of a program on its terminal.
pub struct Ended {
    pub status: i32,
    pub bytes: Vec<u8>,
    pub screen: String,
    /// True if the terminal's settings, echo among them, are as they were before.
    pub settings_are_back: bool,
}

impl Ended {
    /// The bytes sent to the terminal, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Returns true if the cursor is on the screen: shown last, or never hidden.
    pub fn cursor_is_visible(&self) -> bool {
        let text = self.text();
        match (text.rfind("\x1b[?25l"), text.rfind("\x1b[?25h")) {
            (Some(hidden), Some(shown)) => shown > hidden,
            (Some(_), None) => false,
            _ => true,
        }
    }
}

impl Terminal {
    /// Runs `inv` on a terminal.
    pub fn inv(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        Self::with(sandbox, arguments, &[])
    }

    /// Runs `inv` on a terminal with more in its environment.
    pub fn with(sandbox: &Sandbox, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let command = sandbox.command();
        let mut all = vec![command.get_program().to_owned()];
        all.extend(arguments.iter().map(|argument| OsStr::new(*argument).to_owned()));
        Self::run(sandbox, &all, environment, COLUMNS)
    }

    /// Runs any program on a terminal so many columns wide.
    pub fn run(sandbox: &Sandbox, program: &[impl AsRef<OsStr>], environment: &[(&str, &str)], columns: u16) -> Self {
        let like = sandbox.command();
        let mut command = Command::new("sh");
        command.env_clear().current_dir(sandbox.path());
        command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("TERM", "xterm-256color").env("ROWS", ROWS.to_string()).env("COLUMNS", columns.to_string());
        command.envs(environment.iter().copied());
        command.args(["-c", BETWEEN_TWO_LOOKS, "sh"]).args(program);
        let mut process = PtyProcess::new(command).expect("a pseudo-terminal");
        process.set_kill_timeout(Some(500));
        let keyboard = process.get_file_handle().expect("the terminal");
        let mut output = process.get_file_handle().expect("the terminal");
        let screen = vt100::Parser::new(size(ROWS), size(columns), 0);
        let display = Arc::new(Mutex::new(Display { screen, bytes: Vec::new() }));
        let shared = Arc::clone(&display);
        // Reading fails once the program and its shell are gone.
        let reading = thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut piece) {
                let mut display = shared.lock().expect("the display");
                display.screen.process(&piece[..count]);
                display.bytes.extend_from_slice(&piece[..count]);
            }
        });
        Self { process, keyboard, display, reading: Some(reading), folder: sandbox.path().to_owned() }
    }

    /// The text on the screen.
    pub fn screen(&self) -> String {
        self.display.lock().expect("the display").screen.screen().contents()
    }

    /// The text left of the cursor on its line.
    pub fn left_of_cursor(&self) -> String {
        let display = self.display.lock().expect("the display");
        let screen = display.screen.screen();
        let (row, column) = screen.cursor_position();
        screen.contents_between(row, 0, row, column)
    }

    /// Waits until `text` stands on the screen.
    pub fn sees(&mut self, text: &str) -> &mut Self {
        self.until(&format!("{text:?} on the screen"), |terminal| terminal.screen().contains(text))
    }

    /// Waits until `text` stands on the last line that is not empty, and keys are read one by one, or without echo.
    pub fn asks(&mut self, text: &str) -> &mut Self {
        self.until(&format!("the question {text:?}"), |terminal| {
            let listens = tcgetattr(&terminal.keyboard).is_ok_and(|s| !s.local_modes.contains(LocalModes::ECHO));
            let screen = terminal.screen();
            let last = screen
                .lines()
                .rfind(|line| ["? ", "password", "new password"].iter().any(|begin| line.starts_with(begin)));
            listens && last.is_some_and(|line| line.trim_start_matches("? ").starts_with(text))
        })
    }

    /// Waits until `holds` returns true; fails after `PATIENCE`.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) -> &mut Self {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < PATIENCE, "waited for {what}; the screen is\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        }
        self
    }

    /// Types keys.
    pub fn types(&mut self, keys: &str) -> &mut Self {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self
    }

    /// Presses keys that need be no text.
    pub fn presses(&mut self, keys: &[u8]) -> &mut Self {
        self.keyboard.write_all(keys).expect("the terminal takes keys");
        self
    }

    /// Waits for a question and answers it.
    pub fn answers(&mut self, question: &str, keys: &str) -> &mut Self {
        self.asks(question).types(keys).types("\r")
    }

    /// Changes the size of the terminal.
    pub fn resizes(&mut self, rows: u16, columns: u16) -> &mut Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.keyboard, size).expect("a terminal of another size");
        self
    }

    /// Presses Ctrl-C.
    pub fn interrupts(&mut self) -> &mut Self {
        self.types("\x03")
    }

    /// Waits until the program has ended.
    pub fn ends(&mut self) -> Ended {
        let status = self.folder.join("status");
        let after = self.folder.join("after");
        self.until("the end", |_| after.metadata().is_ok_and(|file| file.len() > 0));
        self.process.wait().expect("the shell ends");
        if let Some(reading) = self.reading.take() {
            reading.join().expect("all is read");
        }
        let read = |path| std::fs::read_to_string(path).expect("what the shell wrote");
        let settings_are_back = read(self.folder.join("before")) == read(after.clone());
        let bytes = self.display.lock().expect("the display").bytes.clone();
        let ended = Ended {
            status: read(status.clone()).trim().parse().expect("an exit status"),
            bytes,
            screen: self.screen(),
            settings_are_back,
        };
        for file in ["before", "after", "status"] {
            std::fs::remove_file(self.folder.join(file)).expect("what the shell wrote");
        }
        ended
    }
}
