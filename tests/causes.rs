//! The chain of causes behind a fault of the system or of the engine, which `--verbose` prints.

use crate::support::{Answer, Sandbox, answer};
use std::fs::File;
use std::process::Command;

/// Runs `inv` under a limit of one KiB on the size of the files that it writes.
fn limited(sandbox: &Sandbox, arguments: &[&str], input: &str) -> Answer {
    let inv = sandbox.command();
    let mut command = Command::new("bash");
    command.args(["-c", "ulimit -f 1; \"$@\" < input", "bash"]).arg(inv.get_program()).args(arguments);
    command.current_dir(sandbox.path()).env_clear().envs(inv.get_envs().filter_map(|(n, v)| Some((n, v?))));
    sandbox.file("input", input);
    answer(command.env("RUST_BACKTRACE", "1"))
}

#[test]
fn a_file_that_cannot_be_opened_has_its_cause_told_on_request() {
    let sandbox = Sandbox::estate();
    let message = "error: cannot open \"gone.csv\": no such file or directory\n";
    let help = "help: check the path; - reads standard input\n";
    let run = |arguments: &[&str]| answer(sandbox.command().args(arguments).env("RUST_BACKTRACE", "1"));
    let plain = run(&["vm", "import", "gone.csv"]);
    assert_eq!((plain.status, plain.stdout.as_str(), plain.stderr.as_str()), (1, "", &*format!("{message}{help}")));
    for arguments in [["-v", "vm", "import", "gone.csv"], ["vm", "import", "gone.csv", "--verbose"]] {
        let verbose = run(&arguments);
        let stderr = format!("{message}cause: No such file or directory (os error 2)\n{help}");
        assert_eq!((verbose.status, verbose.stdout.as_str(), verbose.stderr.as_str()), (1, "", &*stderr));
    }
}

#[test]
fn output_that_cannot_be_written_has_its_cause_told_on_request() {
    let sandbox = Sandbox::estate();
    let message = "error: cannot write the output: no space left on device\n";
    let cause = "cause: No space left on device (os error 28)\n";
    for (arguments, stderr) in [(&[][..], message.to_owned()), (&["-v"], format!("{message}{cause}"))] {
        let full = File::options().write(true).open("/dev/full").expect("a full device");
        let mut command = sandbox.command();
        command.args(["vm", "list", "-o", "csv"]).args(arguments).env("RUST_BACKTRACE", "full").stdout(full);
        let output = command.output().expect("inv runs");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(String::from_utf8_lossy(&output.stderr), stderr);
    }
}

#[test]
fn a_fault_of_the_engine_has_its_words_told_on_request() {
    let sandbox = Sandbox::estate();
    let message = "error: the inventory cannot be written: a file would become larger than ulimit -f allows; nothing was \
                   changed\n";
    let help = "help: raise the limit and try again\n";
    let plain = limited(&sandbox, &["user", "add", "carol"], "");
    assert_eq!((plain.status, plain.stdout.as_str(), plain.stderr.as_str()), (6, "", &*format!("{message}{help}")));
    let verbose = limited(&sandbox, &["-v", "user", "add", "carol"], "");
    let stderr = format!("{message}cause: Error code 778: disk I/O error\n{help}");
    assert_eq!((verbose.status, verbose.stdout.as_str(), verbose.stderr.as_str()), (6, "", &*stderr));
}

#[test]
fn no_cause_holds_a_password_or_its_hash() {
    let sandbox = Sandbox::estate();
    let run = limited(&sandbox, &["-v", "login-user", "add", "alice", "--password-stdin"], "correct horse\n");
    assert_eq!(run.status, 6, "{run}");
    assert!(run.stderr.contains("\ncause: "), "{run}");
    assert!(!run.stderr.contains("horse") && !run.stderr.contains("argon2"), "{run}");
}
