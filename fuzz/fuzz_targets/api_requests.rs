//! Requests to the API.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass_server::fuzzing::api_requests(input));
