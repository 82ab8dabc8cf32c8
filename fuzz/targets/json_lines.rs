//! Drives `inv::fuzzing::json_lines`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inv::fuzzing::json_lines(bytes));
