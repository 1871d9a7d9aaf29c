//! Ids of Entra tenants.

use uuid::Uuid;

/// Reads a tenant id and returns it in lower case with hyphens; `None` if it is not a GUID.
pub(super) fn parse(text: &str) -> Option<String> {
    Uuid::try_parse(text)
        .ok()
        .map(|tenant| tenant.hyphenated().to_string())
}
