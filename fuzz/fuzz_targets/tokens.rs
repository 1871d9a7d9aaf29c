//! Tokens of the emulated clouds and requests for them.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass_emulators::fuzzing::tokens(input));
