//! Drives `inv::fuzzing::quantity`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inv::fuzzing::quantity(bytes));
