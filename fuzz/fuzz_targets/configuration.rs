//! The configuration of `serve`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass::fuzzing::configuration(input));
