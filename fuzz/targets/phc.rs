//! Drives `inv::fuzzing::phc`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inv::fuzzing::phc(bytes));
