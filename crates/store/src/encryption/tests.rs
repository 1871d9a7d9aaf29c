use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{Cipher, EncryptionError};

#[test]
fn an_encrypted_body_decrypts_in_its_own_row_with_its_own_key_only() {
    let cipher = Cipher::from_bytes(&[7; 32]);
    let body = json!({"key_pem": "swordfish"});
    let stored = cipher.encrypt("ca_key", "demo", &body).unwrap();
    assert!(!stored.to_string().contains("swordfish"));
    assert_eq!(cipher.decrypt("ca_key", "demo", &stored).unwrap(), body);
    for (kind, key) in [("ca_key", "other"), ("credentials", "demo")] {
        assert!(matches!(
            cipher.decrypt(kind, key, &stored),
            Err(EncryptionError::Undecryptable)
        ));
    }
    let stranger = Cipher::from_bytes(&[8; 32]);
    assert!(matches!(
        stranger.decrypt("ca_key", "demo", &stored),
        Err(EncryptionError::Undecryptable)
    ));
}

#[test]
fn encrypting_twice_gives_two_texts() {
    let cipher = Cipher::from_bytes(&[7; 32]);
    let encrypted = || cipher.encrypt("ca_key", "demo", &json!("same")).unwrap();
    assert_ne!(encrypted(), encrypted());
}

#[test]
fn a_damaged_or_plain_body_does_not_decrypt() {
    let cipher = Cipher::from_bytes(&[7; 32]);
    for body in [json!({"sealed": "AAAA"}), json!({"sealed": "not base64!"})] {
        assert!(matches!(
            cipher.decrypt("ca_key", "demo", &body),
            Err(EncryptionError::Undecryptable)
        ));
    }
    for body in [
        json!({"key_pem": "inserted"}),
        json!({"sealed": 1}),
        json!(null),
    ] {
        assert!(matches!(
            cipher.decrypt("ca_key", "demo", &body),
            Err(EncryptionError::NotEncrypted)
        ));
    }
}

#[test]
fn a_key_file_is_created_once_for_its_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("seal.key");
    let stored = Cipher::from_key_file(&path)
        .unwrap()
        .encrypt("ca_key", "demo", &json!(1))
        .unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    let again = Cipher::from_key_file(&path).unwrap();
    assert_eq!(again.decrypt("ca_key", "demo", &stored).unwrap(), json!(1));
}

#[test]
fn a_key_file_readable_by_others_is_refused_with_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("seal.key");
    Cipher::from_key_file(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let refusal = Cipher::from_key_file(&path).unwrap_err().to_string();
    assert!(refusal.contains("mode 0640"), "{refusal}");
    assert!(refusal.contains("chmod 600"), "{refusal}");
}

#[test]
fn a_key_file_without_a_key_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("seal.key");
    Cipher::from_key_file(&path).unwrap();
    for text in ["", "c2hvcnQ=\n", "not base64!"] {
        std::fs::write(&path, text).unwrap();
        assert!(matches!(
            Cipher::from_key_file(&path),
            Err(EncryptionError::Malformed { .. })
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn debug_output_contains_nothing_of_the_key() {
    assert_eq!(format!("{:?}", Cipher::from_bytes(&[7; 32])), "Cipher(…)");
}
