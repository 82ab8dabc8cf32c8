//! The `inv` binary: everything it does stands in the library.

fn main() -> std::process::ExitCode {
    inv::main(&inv::Inventory::standard())
}
