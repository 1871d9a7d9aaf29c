//! Documents of the store.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass_store::fuzzing::stored_document(input));
