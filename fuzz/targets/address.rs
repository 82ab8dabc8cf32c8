//! Drives `inv::fuzzing::address`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inv::fuzzing::address(bytes));
