//! Messages to the name server.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| underpass_net::dns::fuzzing::dns_message(input));
