//! Drives `inv::fuzzing::csv`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inv::fuzzing::csv(bytes));
