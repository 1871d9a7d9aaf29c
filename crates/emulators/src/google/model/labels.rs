//! Labels of forwarding rules and addresses: their rules, and their fingerprint.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::document;
use super::draft::Draft;
use super::refusal::{Refusal, truncated};

/// Fingerprint of every resource without labels (reported).
const NO_LABELS: &str = "42WmSpB8rSM=";

/// Maximum number of labels (docs: "Labels", requirements).
const MAX_LABELS: usize = 64;

/// Maximum length of a key or value, in characters (docs: "Labels", requirements).
const MAX_CHARS: usize = 63;

/// Bytes of the hash in a fingerprint.
const FINGERPRINT_BYTES: usize = 8;

/// Checks the labels of a draft; clients also send empty ones.
///
/// # Errors
/// As for [`check`].
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if of(&draft.body).is_none() {
        document::remove(&mut draft.body, "labels");
    }
    check(&draft.body, "resource.labels")
}

/// Returns the labels of a document, if it has any.
pub(super) fn of(body: &Value) -> Option<&Value> {
    let labels = body.get("labels")?;
    labels.as_object().filter(|it| !it.is_empty())?;
    Some(labels)
}

/// Checks the labels of a body; `field` names them in messages.
///
/// # Errors
/// 400 `invalid` for too many labels, and for a key or value of another form.
pub(super) fn check(body: &Value, field: &str) -> Result<(), Refusal> {
    let Some(labels) = body.get("labels").and_then(Value::as_object) else {
        return Ok(());
    };
    // The message quotes no value (reported: oap-project/cloudtik#14).
    let refused = |why: String| Err(Refusal::parameter(field, "", &why));
    if labels.len() > MAX_LABELS {
        return refused(format!("Too many labels. Maximum is {MAX_LABELS}."));
    }
    for (key, value) in labels {
        if !is_key(key) {
            return refused(format!(
                "Label key '{}' violates format constraints. The key must start with a lowercase \
                 character, can only contain lowercase letters, numeric characters, underscores \
                 and dashes. The key can be at most {MAX_CHARS} characters long. International \
                 characters are allowed.",
                truncated(key)
            ));
        }
        let value = value.as_str().unwrap_or_default();
        if !is_value(value) {
            return refused(format!(
                "Label value '{}' violates format constraints. The value can only contain \
                 lowercase letters, numeric characters, underscores and dashes. The value can be \
                 at most {MAX_CHARS} characters long. International characters are allowed.",
                truncated(value)
            ));
        }
    }
    Ok(())
}

/// Adds the output-only member `labelFingerprint`.
pub(super) fn add_output_only(body: &Value, shown: &mut Value) {
    document::set(shown, "labelFingerprint", fingerprint(body));
}

/// Returns the fingerprint of the labels of a document: a hash, so that equal labels have equal
/// fingerprints.
pub(super) fn fingerprint(body: &Value) -> String {
    let Some(labels) = of(body).and_then(Value::as_object) else {
        return NO_LABELS.to_owned();
    };
    let labels: BTreeMap<&String, &Value> = labels.iter().collect();
    let text = serde_json::to_string(&labels).unwrap_or_default();
    let hash = digest(&SHA256, text.as_bytes());
    STANDARD.encode(hash.as_ref().get(..FINGERPRINT_BYTES).unwrap_or_default())
}

fn is_key(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|it| it.is_alphabetic() && !it.is_uppercase()) && is_value(text)
}

fn is_value(text: &str) -> bool {
    let fits = |it: char| (it.is_alphanumeric() && !it.is_uppercase()) || it == '_' || it == '-';
    text.chars().count() <= MAX_CHARS && text.chars().all(fits)
}
