use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{SealError, Sealer};

#[test]
fn a_sealed_body_opens_in_its_own_row_with_its_own_key_only() {
    let sealer = Sealer::from_bytes(&[7; 32]);
    let body = json!({"key_pem": "swordfish"});
    let stored = sealer.seal("ca_key", "demo", &body).unwrap();
    assert!(!stored.to_string().contains("swordfish"));
    assert_eq!(sealer.open("ca_key", "demo", &stored).unwrap(), body);
    for (kind, key) in [("ca_key", "other"), ("credentials", "demo")] {
        assert!(matches!(
            sealer.open(kind, key, &stored),
            Err(SealError::Shut)
        ));
    }
    let stranger = Sealer::from_bytes(&[8; 32]);
    assert!(matches!(
        stranger.open("ca_key", "demo", &stored),
        Err(SealError::Shut)
    ));
}

#[test]
fn sealing_twice_gives_two_texts() {
    let sealer = Sealer::from_bytes(&[7; 32]);
    let seal = || sealer.seal("ca_key", "demo", &json!("same")).unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn what_is_damaged_or_was_never_sealed_does_not_open() {
    let sealer = Sealer::from_bytes(&[7; 32]);
    for body in [json!({"sealed": "AAAA"}), json!({"sealed": "not base64!"})] {
        assert!(matches!(
            sealer.open("ca_key", "demo", &body),
            Err(SealError::Shut)
        ));
    }
    for body in [
        json!({"key_pem": "planted"}),
        json!({"sealed": 1}),
        json!(null),
    ] {
        assert!(matches!(
            sealer.open("ca_key", "demo", &body),
            Err(SealError::NotSealed)
        ));
    }
}

#[test]
fn a_key_file_is_made_once_for_its_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("seal.key");
    let stored = Sealer::from_key_file(&path)
        .unwrap()
        .seal("ca_key", "demo", &json!(1))
        .unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    let again = Sealer::from_key_file(&path).unwrap();
    assert_eq!(again.open("ca_key", "demo", &stored).unwrap(), json!(1));
}

#[test]
fn a_key_file_that_others_may_read_is_refused_with_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("seal.key");
    Sealer::from_key_file(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let refusal = Sealer::from_key_file(&path).unwrap_err().to_string();
    assert!(refusal.contains("mode 0640"), "{refusal}");
    assert!(refusal.contains("chmod 600"), "{refusal}");
}

#[test]
fn a_key_file_without_a_key_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("seal.key");
    Sealer::from_key_file(&path).unwrap();
    for text in ["", "c2hvcnQ=\n", "not base64!"] {
        std::fs::write(&path, text).unwrap();
        assert!(matches!(
            Sealer::from_key_file(&path),
            Err(SealError::Malformed { .. })
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn nothing_of_the_key_is_shown() {
    assert_eq!(format!("{:?}", Sealer::from_bytes(&[7; 32])), "Sealer(…)");
}
