//! Drives `inv::fuzzing::where_terms`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inv::fuzzing::where_terms(bytes));
