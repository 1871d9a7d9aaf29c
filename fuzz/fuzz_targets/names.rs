//! Names and identifiers.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass_model::fuzzing::names(input));
