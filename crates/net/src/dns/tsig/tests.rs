use super::*;

/// The secret of the recorded messages.
fn secret() -> Vec<u8> {
    (0..32).collect()
}

fn key(name: &str, algorithm: TsigAlgorithm) -> TsigKey {
    TsigKey::new(name, algorithm, &secret()).unwrap()
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Time of the recorded messages.
const THEN: u64 = 0x6b0c_c34b;

/// `dig zone.test SOA` with hmac-sha256, of BIND 9.18.
const OF_DIG: &str = "5cb601200001000000000002047a6f6e650474657374000006000100002904d000000000\
    000c000a00085abc2658804ab627097365636f6e646172790000fa00ff00000000003d0b686d61632d73686132353600\
    00006b0cc34b012c0020cc7958fcf58965ceefc4053e1b740139e7e14dc9a08d264e9eac20891942cf785cb600000000";

/// The same question, of kdig 3.2.
const OF_KDIG: &str = "f0a501200001000000000001047a6f6e6504746573740000060001097365636f6e6461727\
    90000fa00ff00000000003d0b686d61632d7368613235360000006b0cc34b012c0020bd4fa754ef194dfbdc9d39072da\
    1adb7e129bd91de3c5ef255cb9b253f39c0c0f0a500000000";

/// The answer of Knot 3.2.
const OF_KNOT: &str = "f0a585000001000100000001047a6f6e6504746573740000060001c00c000600010000001\
    e0026026e73c00c0a686f73746d6173746572c00c000007d200000e10000002580012750000000005097365636f6e646\
    172790000fa00ff00000000003d0b686d61632d7368613235360000006b0cc34b012c0020b94dc04aaa959322703c1d0\
    ae573d9b80a73709b9a5f0334578186bd8c22550ff0a500000000";

/// `dig` with hmac-sha384.
const OF_DIG_384: &str = "b22501200001000000000002047a6f6e650474657374000006000100002904d00000000\
    0000c000a000853195c3d58bc49dd046b3338340000fa00ff00000000004d0b686d61632d7368613338340000006b0cc\
    34b012c0030c21ab7e070fb267502a613400209a9a7a88c73765291afd51ed7898c711e9d24a0c9c9231ebc06e13abd7\
    a4fbce33903b22500000000";

/// `kdig` with hmac-sha512.
const OF_KDIG_512: &str = "5cf301200001000000000001047a6f6e6504746573740000060001046b3531320000fa\
    00ff00000000005d0b686d61632d7368613531320000006b0cc34b012c0040d786fa499c8a1c0733520c2778a79accd8\
    3903dcecc474e514f4b5e1b489edd9492c007bf49e027b5533c62142147c7fea4e954ac38af7c5239e06a0de9a227e5c\
    f300000000";

fn keys() -> Vec<TsigKey> {
    vec![
        key("secondary", TsigAlgorithm::Sha256),
        key("K384.", TsigAlgorithm::Sha384),
        key("k512", TsigAlgorithm::Sha512),
    ]
}

fn verify(packet: &[u8], now: u64) -> Result<Result<Verified, Rejected>, Malformed> {
    let (signature, rest) = Signature::take(packet)?.unwrap();
    signature.verify(&rest, &keys(), now)
}

fn error(packet: &[u8], now: u64) -> TsigError {
    verify(packet, now).unwrap().unwrap_err().error
}

#[test]
fn requests_of_other_programs_are_verified() {
    for (recorded, name) in [
        (OF_DIG, "secondary"),
        (OF_KDIG, "secondary"),
        (OF_DIG_384, "k384"),
        (OF_KDIG_512, "k512"),
    ] {
        let verified = verify(&bytes(recorded), THEN + 299).unwrap().unwrap();
        assert_eq!(verified.key.name(), name);
    }
}

#[test]
fn an_answer_of_another_program_belongs_to_its_request_alone() {
    let (answer, rest) = Signature::take(&bytes(OF_KNOT)).unwrap().unwrap();
    let request = verify(&bytes(OF_KDIG), THEN).unwrap().unwrap();
    let other = verify(&bytes(OF_DIG), THEN).unwrap().unwrap();
    let key = key("secondary", TsigAlgorithm::Sha256);
    assert!(answer.answers(&key, &request.mac, &rest, THEN));
    assert!(!answer.answers(&key, &other.mac, &rest, THEN));
    assert!(!answer.answers(&key, &request.mac, &rest, THEN + 301));
    assert!(!answer.answers(&keys()[1], &request.mac, &rest, THEN));
}

#[test]
fn a_recorded_request_is_refused_later() {
    assert_eq!(error(&bytes(OF_DIG), THEN + 301), TsigError::Time);
    assert_eq!(error(&bytes(OF_DIG), THEN - 301), TsigError::Time);
}

#[test]
fn a_long_fudge_is_not_believed() {
    let key = key("secondary", TsigAlgorithm::Sha256);
    let mut packet = vec![0; 12];
    let mut signature = unsigned(&key, &packet, THEN);
    signature.fudge = u16::MAX;
    signature.mac = key.sign(&[packet.clone(), signature.variables()].concat());
    signature.append(&mut packet);
    assert!(verify(&packet, THEN).unwrap().is_ok());
    assert_eq!(error(&packet, THEN + 301), TsigError::Time);
}

#[test]
fn every_changed_byte_is_noticed() {
    let whole = bytes(OF_DIG);
    for position in 0..whole.len() {
        let mut changed = whole.clone();
        changed[position] ^= 1;
        // The ID may be changed by a forwarder; letters of names are not signed as they are.
        let is_id = position < 2;
        let is_verified = Signature::take(&changed).is_ok_and(|taken| {
            taken.is_some_and(|(signature, rest)| {
                let verified = signature.verify(&rest, &keys(), THEN);
                verified.is_ok_and(|verified| verified.is_ok())
            })
        });
        assert_eq!(is_verified, is_id, "{position}");
    }
}

#[test]
fn unknown_keys_and_algorithms_are_named_before_the_signature() {
    let packet = bytes(OF_DIG);
    let (signature, rest) = Signature::take(&packet).unwrap().unwrap();
    let other = [key("secondary", TsigAlgorithm::Sha512)];
    let rejected = signature.verify(&rest, &other, THEN).unwrap().unwrap_err();
    assert_eq!(rejected.error, TsigError::Key);
    let mut answer = vec![0; 12];
    rejected.append(&mut answer, THEN);
    let (answer, _) = Signature::take(&answer).unwrap().unwrap();
    assert_eq!((answer.error, answer.mac.len()), (17, 0));
}

#[test]
fn a_wrong_time_is_answered_with_a_signature_and_the_right_time() {
    let now = THEN + 1_000;
    let rejected = verify(&bytes(OF_DIG), now).unwrap().unwrap_err();
    let mut packet = vec![0; 12];
    rejected.append(&mut packet, now);
    let (answer, rest) = Signature::take(&packet).unwrap().unwrap();
    assert_eq!((answer.error, answer.time), (18, THEN));
    assert_eq!(answer.other, now.to_be_bytes()[2..]);
    let request = verify(&bytes(OF_DIG), THEN).unwrap().unwrap();
    assert!(answer.matches(&request.key, Some(&request.mac), &rest));
}

#[test]
fn shortened_signatures_are_refused() {
    let key = key("secondary", TsigAlgorithm::Sha256);
    let shortened = |length: usize| {
        let mut packet = vec![0; 12];
        let mut signature = unsigned(&key, &packet, THEN);
        signature.mac = key.sign(&[packet.clone(), signature.variables()].concat());
        signature.mac.resize(length, 0);
        signature.append(&mut packet);
        packet
    };
    assert!(verify(&shortened(32), THEN).unwrap().is_ok());
    let rejected = verify(&shortened(16), THEN).unwrap().unwrap_err();
    assert_eq!(rejected.error, TsigError::Truncation);
    let mut answer = vec![0; 12];
    rejected.append(&mut answer, THEN);
    let (answer, _) = Signature::take(&answer).unwrap().unwrap();
    assert_eq!((answer.error, answer.mac.len()), (22, 0));
    for length in [0, 1, 15, 33, 64] {
        assert_eq!(verify(&shortened(length), THEN).unwrap_err(), Malformed);
    }
}

#[test]
fn a_request_with_an_error_is_malformed() {
    let key = key("secondary", TsigAlgorithm::Sha256);
    for (error, other) in [(22, Vec::new()), (0, vec![0; 6])] {
        let mut packet = vec![0; 12];
        let mut signature = unsigned(&key, &packet, THEN);
        (signature.error, signature.other) = (error, other);
        signature.mac = key.sign(&[packet.clone(), signature.variables()].concat());
        signature.append(&mut packet);
        assert_eq!(verify(&packet, THEN).unwrap_err(), Malformed);
    }
}

#[test]
fn a_signature_must_be_the_only_one_and_the_last_record() {
    let mut twice = bytes(OF_KDIG);
    let (signature, rest) = Signature::take(&twice).unwrap().unwrap();
    signature.append(&mut twice);
    assert_eq!(Signature::take(&twice), Err(Malformed));
    let mut behind = rest.clone();
    signature.append(&mut behind);
    behind.extend(b"\x00\x00\x29\x04\xD0\x00\x00\x00\x00\x00\x00");
    wire::set_additional_count(&mut behind, 2);
    assert_eq!(Signature::take(&behind), Err(Malformed));
    let mut trailing = bytes(OF_KDIG);
    trailing.push(0);
    assert_eq!(Signature::take(&trailing), Err(Malformed));
    assert_eq!(Signature::take(&rest), Ok(None));
}

#[test]
fn no_bytes_make_it_panic() {
    let whole = bytes(OF_KDIG);
    for length in 0..whole.len() {
        let _ = Signature::take(&whole[..length]);
    }
    for position in 0..whole.len() {
        for byte in 0..=u8::MAX {
            let mut packet = whole.clone();
            packet[position] = byte;
            if let Ok(Some((signature, rest))) = Signature::take(&packet) {
                let _ = signature.verify(&rest, &keys(), THEN);
            }
        }
    }
}

#[test]
fn later_messages_cover_the_ones_before() {
    let mut request = vec![0; 12];
    let key = key("secondary", TsigAlgorithm::Sha256);
    let mac = sign_request(&key, &mut request, THEN);
    let verified = verify(&request, THEN).unwrap().unwrap();
    assert_eq!(verified.mac, mac);
    let mut signer = Signer::of(&verified);
    let mut messages = [vec![1; 12], vec![2; 12], vec![3; 12]];
    for message in &mut messages {
        wire::set_additional_count(message, 0);
        signer.sign(message, THEN);
    }
    let macs = messages.each_ref().map(|message| {
        // The counts of these messages are not those of records.
        message[message.len() - 38..message.len() - 6].to_vec()
    });
    let timers = unsigned(&key, &messages[0], THEN).timers();
    let mut second = vec![2; 12];
    wire::set_additional_count(&mut second, 0);
    let data = [with_length(Some(&macs[0])), second, timers].concat();
    assert_eq!(key.sign(&data), macs[1]);
    assert_ne!(macs[1], macs[2]);
}

#[test]
fn names_of_keys_are_domain_names() {
    for name in ["a", "A.b-c.", "key_1.example.com"] {
        assert!(
            TsigKey::new(name, TsigAlgorithm::Sha256, b"s").is_ok(),
            "{name}"
        );
    }
    let long = "a".repeat(64);
    for name in ["", ".", "a..b", "a b", "é", &long] {
        assert!(
            TsigKey::new(name, TsigAlgorithm::Sha256, b"s").is_err(),
            "{name}"
        );
    }
}
