//! Requests to the emulated Google.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass_emulators::fuzzing::google_requests(input));
