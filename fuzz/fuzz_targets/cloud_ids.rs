//! IDs and URLs of resources in the clouds.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass_clouds::fuzzing::cloud_ids(input));
