//! Queries, forms and list filters.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass_emulators::fuzzing::queries(input));
