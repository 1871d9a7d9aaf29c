//! Answers of Azure to its driver.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass_clouds::fuzzing::azure_answers(input));
