//! Health checks of backends.

use serde_json::json;

use super::document;
use super::draft::Draft;
use super::refusal::Refusal;

/// Port of a TCP or HTTP check that omits it (API reference, default).
pub(super) const DEFAULT_PORT: u64 = 80;

/// The supported types, each with the member that configures it and its default port.
const TYPES: [(&str, &str, u64); 4] = [
    ("TCP", "tcpHealthCheck", DEFAULT_PORT),
    ("HTTP", "httpHealthCheck", DEFAULT_PORT),
    ("HTTPS", "httpsHealthCheck", 443),
    ("SSL", "sslHealthCheck", 443),
];

/// Default of `checkIntervalSec` and `timeoutSec`, in seconds (API reference).
const DEFAULT_SECONDS: u64 = 5;

/// Default of `healthyThreshold` and `unhealthyThreshold`, in probes (API reference).
const DEFAULT_THRESHOLD: u64 = 2;

/// Checks and completes a health check.
///
/// # Errors
/// 400 `required` or `invalid`.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(kind) = draft.text("type") else {
        return Err(Refusal::required("type"));
    };
    let Some((_, member, port)) = TYPES.into_iter().find(|(it, ..)| *it == kind) else {
        let why = "The emulator supports: TCP, HTTP, HTTPS, SSL.";
        return Err(Refusal::text("type", kind, why));
    };
    let body = &mut draft.body;
    document::set_default(body, "checkIntervalSec", DEFAULT_SECONDS);
    document::set_default(body, "timeoutSec", DEFAULT_SECONDS);
    document::set_default(body, "healthyThreshold", DEFAULT_THRESHOLD);
    document::set_default(body, "unhealthyThreshold", DEFAULT_THRESHOLD);
    document::set_default(body, member, json!({}));
    if let Some(probe) = body.get_mut(member) {
        document::set_default(probe, "port", port);
        document::set_default(probe, "proxyHeader", "NONE");
        let header = document::text_or_empty(probe, "/proxyHeader");
        if !["NONE", "PROXY_V1"].contains(&header) {
            let why = "Valid values: NONE, PROXY_V1.";
            return Err(Refusal::text(&format!("{member}.proxyHeader"), header, why));
        }
    }
    let seconds = |name: &str| document::number(body, &format!("/{name}")).unwrap_or_default();
    let (timeout, interval) = (seconds("timeoutSec"), seconds("checkIntervalSec"));
    if timeout > interval {
        let why = format!("It must not be greater than checkIntervalSec ({interval}).");
        return Err(Refusal::text("timeoutSec", &timeout.to_string(), &why));
    }
    Ok(())
}
