//! Random GUIDs.

use rand::Rng;

/// A version 4 GUID in lower case.
pub(super) fn guid(rng: &mut dyn Rng) -> String {
    let mut bytes = [0_u8; 16];
    rng.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}

/// Reports whether a text is a GUID in the usual form, 36 characters with hyphens.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}
