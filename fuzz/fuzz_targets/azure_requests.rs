//! Requests to the emulated Azure.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass_emulators::fuzzing::azure_requests(input));
