//! Drives `properties::quantity`.

#![no_main]

#[path = "../../tests/properties.rs"]
#[expect(dead_code, reason = "each target drives one property")]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::quantity(bytes));
