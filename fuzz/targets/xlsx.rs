//! Drives `inv::fuzzing::xlsx`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inv::fuzzing::xlsx(bytes));
