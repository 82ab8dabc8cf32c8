//! More than a program should take: time and memory stay within what is promised.

use std::path::Path;
use std::process::Command;

#[test]
fn a_tenth_of_what_is_promised_of_large_input_holds_without_optimisation() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(repository.join("tests/faults/large_input"))
        .args(["--short", "--program", env!("CARGO_BIN_EXE_inv")])
        .output()
        .expect("python3 runs: it comes with the Debian package python3");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.ends_with("no lie\n"), "{told}");
}
