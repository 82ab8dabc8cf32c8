//! The `inv` binary: everything it does stands in the library.

fn main() -> std::process::ExitCode {
    inv::main(Box::leak(Box::new(inv::Inventory::standard())))
}
