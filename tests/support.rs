//! The fixture of every test: an inventory of its own in a temporary folder, and the real binary to run on it.

use sha2::{Digest, Sha256};
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest wait for something that another process does: a machine that is busy with other work is slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The answer of a command: the three things that a script and a person see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// As snapshots pin it: status, standard output and standard error in one text.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}\n{}", self.status, self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "----- stderr -----\n{}", self.stderr)?;
        }
        Ok(())
    }
}

/// A folder with an inventory in it, and a program that works on it.
pub struct Sandbox {
    folder: TempDir,
    program: PathBuf,
}

impl Sandbox {
    /// A folder without an inventory.
    pub fn bare() -> Self {
        Self::of(Path::new(env!("CARGO_BIN_EXE_inv")))
    }

    /// A folder without an inventory, for another program than `inv` itself.
    pub fn of(program: &Path) -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), program: program.to_owned() }
    }

    /// A folder with a copy of an inventory.
    pub fn with_inventory(program: &Path, inventory: &[u8]) -> Self {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let sandbox = Self::of(program);
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(sandbox.database());
        file.and_then(|mut file| file.write_all(inventory)).expect("the inventory in the temporary folder");
        sandbox
    }

    /// A folder with an empty inventory.
    pub fn empty() -> Self {
        let sandbox = Self::bare();
        sandbox.done("init", &[]);
        sandbox
    }

    /// A small estate: AWS/tokyo with the pools prod and test, two owners, two operating systems, three VMs.
    pub fn estate() -> Self {
        let sandbox = Self::empty();
        for line in [
            "provider add AWS",
            "dc add tokyo --provider AWS",
            "pool add prod --dc tokyo --memory 512GiB --cpu 128 --disk 10TiB",
            "pool add test --dc tokyo",
            "storage add san1 --pool prod --capacity 5TiB",
            "user add alice --email alice@example.com",
            "user add bob",
            "os add Debian-12",
            "os add Ubuntu-24.04",
            "system add billing",
            "vm add web01 --pool prod --memory 16GiB --cpu 4 --os Debian-12 --owner alice --status running \
             --disk 100GiB@san1 --ip 10.0.0.11@101 --system billing",
            "vm add web02 --pool prod --memory 8GiB --cpu 2 --os Ubuntu-24.04 --owner bob --status stopped",
            "vm add web10 --pool test --memory 4096MiB --cpu 1",
        ] {
            let arguments: Vec<&str> = line.split_whitespace().collect();
            sandbox.ok(&arguments);
        }
        sandbox
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn database(&self) -> PathBuf {
        self.path().join("inv.db")
    }

    /// Writes a file into the folder and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path().join(name);
        std::fs::write(&path, content).expect("a file in the temporary folder");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// The program, with nothing of the tester's own environment that could change what it does.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("INV_DB", self.database())
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Copies the program into the folder, where another user can run it: the way to the build folder may be closed to
    /// others. Returns the copy's path.
    pub fn program_for_others(&self) -> PathBuf {
        let copy = self.path().join("inv");
        if !copy.exists() {
            std::fs::copy(&self.program, &copy).expect("a copy of the program");
        }
        copy
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        answer(self.command().args(arguments))
    }

    /// Runs the program with `input` on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Answer {
        let file = self.path().join(".standard-input");
        std::fs::write(&file, input).expect("a file in the temporary folder");
        answer(self.command().args(arguments).stdin(std::fs::File::open(file).expect("the file just written")))
    }

    /// Runs a command that must go well, and returns what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!(answer.status, 0, "inv {}\n{answer}", arguments.join(" "));
        answer.stdout
    }

    /// Runs `inv VERB ARGUMENTS…`, which must go well.
    pub fn done(&self, verb: &str, arguments: &[&str]) -> String {
        let all: Vec<&str> = std::iter::once(verb).chain(arguments.iter().copied()).collect();
        self.ok(&all)
    }

    /// Has the engine go on with the ids of VMs and disks so many behind the last: a table whose ids reach far is read as
    /// a large one is.
    pub fn leave_ids_out(&self, count: u32) {
        let connection = rusqlite::Connection::open(self.database()).expect("the inventory");
        let sql = "UPDATE sqlite_sequence SET seq = seq + $1 WHERE name IN ('virtual_machine', 'disk')";
        assert_eq!(connection.execute(sql, [count]), Ok(2), "there are VMs and disks");
    }

    /// Path of the file with the session on the inventory: `session-UID-` and the beginning of the SHA-256 of its path.
    pub fn session_file(&self) -> PathBuf {
        let path = self.database().canonicalize().expect("the inventory");
        let uid = std::fs::metadata(self.path()).expect("the folder").uid();
        let hash = hexadecimal(&Sha256::digest(path.as_os_str().as_encoded_bytes()));
        self.path().join(".local/state/inv").join(format!("session-{uid}-{}", &hash[..32]))
    }

    /// Opens a session for a login user as `inv login` does, without the time that a password takes.
    pub fn sign_in(&self, username: &str) {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let secret = Sha256::digest(format!("{number} in {}", self.path().display()));
        let connection = rusqlite::Connection::open(self.database()).expect("the inventory");
        let rows = connection.execute(
            "INSERT INTO login_session (login_user_id, os_uid, secret_hash, expires_at) \
             SELECT login_user_id, $1, $2, strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+7 hours') FROM login_users \
             WHERE username = $3",
            rusqlite::params![
                std::fs::metadata(self.path()).expect("the folder").uid(),
                hexadecimal(&Sha256::digest(secret)),
                username
            ],
        );
        assert_eq!(rows, Ok(1), "{username} is a login user");
        let file = self.session_file();
        private_folder(file.parent().expect("a folder"));
        let _ = std::fs::remove_file(&file);
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).expect("a session file");
        writeln!(file, "{}", hexadecimal(&secret)).expect("a session file");
    }

    /// The rows of every table, by its name.
    pub fn rows_of_tables(&self) -> Vec<(String, Vec<String>)> {
        let connection = rusqlite::Connection::open(self.database()).expect("the inventory");
        let rows = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).expect("a statement");
            let count = statement.column_count();
            let mut rows = statement.query([]).expect("rows");
            let mut found = Vec::new();
            while let Some(row) = rows.next().expect("a row") {
                let cell = |at| format!("{:?}", row.get::<_, rusqlite::types::Value>(at).expect("a cell"));
                found.push((0..count).map(cell).collect::<Vec<String>>().join(" "));
            }
            found
        };
        let names = rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
        let name = |text: String| text.split('"').nth(1).map(str::to_owned).expect("a name");
        names.into_iter().map(name).map(|name| (name.clone(), rows(&format!("SELECT * FROM {name}")))).collect()
    }

    /// Exports the whole inventory, file by file; two exports are compared to show that nothing has changed.
    pub fn exported(&self) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        self.done("export", &[folder.path().to_str().expect("a path in UTF-8")]);
        read_folder(folder.path())
    }
}

/// Makes a folder, and those above it, for their owner alone.
pub fn private_folder(path: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).expect("a folder");
}

/// A text with every time in it made the same: that is of another day, or of another second.
pub fn timeless(text: &str) -> String {
    let is_time = |word: &str| {
        word.len() == 20
            && word.bytes().zip(b"0000-00-00T00:00:00Z").all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                _ => byte == *form,
            })
    };
    text.split_inclusive([' ', '\n', ','])
        .map(|word| {
            let bare = word.trim_end_matches([' ', '\n', ',']);
            if is_time(bare) { word.replace(bare, "A-TIME") } else { word.to_owned() }
        })
        .collect()
}

/// Bytes in hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Waits until `holds` returns true; fails after `PATIENCE`.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Sends a signal such as `INT` to a process.
pub fn signal(process: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), process.id().to_string()]).status();
    assert!(sent.expect("kill runs").success(), "the process has ended already");
}

/// Runs a command to its end.
pub fn answer(command: &mut Command) -> Answer {
    let output = command.output().expect("the program starts");
    Answer {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A Python that has `modules`: the one on the path, or that of the system, for which Debian packages are.
pub fn python_with(modules: &str) -> Command {
    let has_them = |program: &&str| {
        let imported = Command::new(program).args(["-c", &format!("import {modules}")]).output();
        imported.is_ok_and(|output| output.status.success())
    };
    let program = ["python3", "/usr/bin/python3"].into_iter().find(has_them);
    Command::new(program.unwrap_or_else(|| {
        panic!("no python3 imports {modules}: it comes from PyPI, or with the Debian packages python3-…")
    }))
}

/// Returns JSON without the ids of records, which differ from one inventory to another.
pub fn without_ids(json: &str) -> String {
    let mut parts = json.split("\"id\": ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start_matches(|letter: char| letter.is_ascii_digit()))
}

/// Reads a file with Python's csv module, cells separated by U+001F and rows by U+001E.
pub fn read_by_python(sandbox: &Sandbox, name: &str) -> Vec<Vec<String>> {
    let script = "import csv, sys\n\
                  sys.stdout.reconfigure(newline='', encoding='utf-8')\n\
                  rows = csv.reader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True)\n\
                  sys.stdout.write('\\x1e'.join('\\x1f'.join(row) for row in rows))";
    let output = Command::new("python3")
        .args(["-c", script, name])
        .current_dir(sandbox.path())
        .output()
        .expect("python3 runs: it comes with the Debian package python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.split('\u{1e}').map(|row| row.split('\u{1f}').map(str::to_owned).collect()).collect()
}

/// The files of a folder in UTF-8, in the order of their names, each under its name.
pub fn read_folder(folder: &Path) -> String {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path()).collect();
    names.sort();
    let read = |path: &PathBuf| std::fs::read_to_string(path).expect("a file in UTF-8");
    names.iter().map(|path| format!("== {}\n{}", path.file_name().expect("a name").display(), read(path))).collect()
}
