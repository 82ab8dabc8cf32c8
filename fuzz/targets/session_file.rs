//! Drives `inv::fuzzing::session_file`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inv::fuzzing::session_file(bytes));
