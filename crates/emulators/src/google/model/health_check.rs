//! Health checks: how backends are asked whether they work.

use serde_json::json;

use super::document;
use super::draft::Draft;
use super::refusal::Refusal;

/// The types served, each with the member that says how it asks and the port it asks by default.
const TYPES: [(&str, &str, u64); 4] = [
    ("TCP", "tcpHealthCheck", 80),
    ("HTTP", "httpHealthCheck", 80),
    ("HTTPS", "httpsHealthCheck", 443),
    ("SSL", "sslHealthCheck", 443),
];

/// Seconds between two questions, and seconds to wait for an answer (API reference, defaults).
const SECONDS: u64 = 5;

/// Answers of one sort that decide (API reference, default).
const THRESHOLD: u64 = 2;

pub(super) fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(kind) = draft.text("type") else {
        return Err(Refusal::required("type"));
    };
    let Some((_, member, port)) = TYPES.into_iter().find(|(it, ..)| *it == kind) else {
        let why = "Served here: TCP, HTTP, HTTPS, SSL.";
        return Err(Refusal::text("type", kind, why));
    };
    let body = &mut draft.body;
    document::default(body, "checkIntervalSec", SECONDS);
    document::default(body, "timeoutSec", SECONDS);
    document::default(body, "healthyThreshold", THRESHOLD);
    document::default(body, "unhealthyThreshold", THRESHOLD);
    document::default(body, member, json!({}));
    if let Some(probe) = body.get_mut(member) {
        document::default(probe, "port", port);
        document::default(probe, "proxyHeader", "NONE");
        let header = document::text_or_empty(probe, "/proxyHeader");
        if !["NONE", "PROXY_V1"].contains(&header) {
            let why = "It can be NONE or PROXY_V1.";
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
