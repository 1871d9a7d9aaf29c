//! VPC firewall rules.

use ipnet::IpNet;
use serde_json::{Value, json};

use super::document;
use super::draft::Draft;
use super::kind::Kind;
use super::refusal::Refusal;

/// Priority of a rule that omits it (docs: "VPC firewall rules").
pub(super) const DEFAULT_PRIORITY: u64 = 1000;

/// Protocols that have ports.
const WITH_PORTS: [&str; 6] = ["tcp", "udp", "sctp", "6", "17", "132"];

/// Maximum number of entries in a list of ranges (docs: quotas, "source ranges per firewall rule").
const MAX_RANGES: usize = 5000;

/// Checks and completes a firewall rule.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady` for the network.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    document::set_default(&mut draft.body, "network", "global/networks/default");
    draft.required_link("network", Kind::Network)?;
    draft.check_immutable(&["network"])?;
    draft.check_enum("direction", &["INGRESS", "EGRESS"])?;
    draft.check_immutable(&["direction"])?;
    document::set_default(&mut draft.body, "priority", DEFAULT_PRIORITY);
    document::set_default(&mut draft.body, "disabled", false);
    let body = &mut draft.body;
    check_action(body)?;
    let is_ingress = document::text(body, "/direction") == Some("INGRESS");
    for member in ["sourceRanges", "destinationRanges"] {
        prepare_ranges(body, member)?;
    }
    let sources = ["sourceRanges", "sourceTags", "sourceServiceAccounts"];
    let given = |body: &Value, member: &str| {
        let pointer = format!("/{member}");
        !document::list(body, &pointer).is_empty()
    };
    if !is_ingress && let Some(source) = sources.iter().find(|it| given(body, it)) {
        let why = "A rule for EGRESS has no sources.";
        let value = body.get(*source).unwrap_or(&Value::Null);
        return Err(Refusal::field(source, value, why));
    }
    if is_ingress && !sources.iter().any(|it| given(body, it)) {
        document::set(body, "sourceRanges", json!(["0.0.0.0/0"]));
    }
    Ok(())
}

/// # Errors
/// 400 `required` for a rule without an action, 400 `invalid` for one with both actions and for a
/// malformed protocol or port.
fn check_action(body: &Value) -> Result<(), Refusal> {
    let (allowed, denied) = (
        document::list(body, "/allowed"),
        document::list(body, "/denied"),
    );
    let (member, entries) = match (allowed.is_empty(), denied.is_empty()) {
        (false, true) => ("allowed", allowed),
        (true, false) => ("denied", denied),
        (true, true) => return Err(Refusal::required("allowed")),
        (false, false) => {
            let why = "A rule has either 'allowed' or 'denied', not both.";
            return Err(Refusal::field("denied", &json!(denied), why));
        }
    };
    entries.iter().enumerate().try_for_each(|(index, entry)| {
        let path = format!("{member}[{index}]");
        let protocol = document::text_or_empty(entry, "/IPProtocol").to_ascii_lowercase();
        if protocol.is_empty() {
            return Err(Refusal::required(&format!("{path}.IPProtocol")));
        }
        let ports = document::list(entry, "/ports");
        if !ports.is_empty() && !WITH_PORTS.contains(&&*protocol) {
            let why = "Only tcp, udp and sctp have ports.";
            return Err(Refusal::field(&format!("{path}.ports"), &json!(ports), why));
        }
        ports.iter().enumerate().try_for_each(|(index, port)| {
            let is_valid = port.as_str().and_then(port_range).is_some();
            let why = "It must be a port or a range of ports, such as 5432 or 10000-31000.";
            let field = format!("{path}.ports[{index}]");
            is_valid
                .then_some(())
                .ok_or_else(|| Refusal::field(&field, port, why))
        })
    })
}

/// Parses a port (`5432`) or a range of ports (`10000-31000`) into its first and last port.
pub(super) fn port_range(text: &str) -> Option<(u16, u16)> {
    let digits = |text: &str| {
        let plain = text.bytes().all(|it| it.is_ascii_digit());
        plain.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (digits(first)?, digits(last)?);
    (first <= last).then_some((first, last))
}

/// Checks a list of ranges; a single address becomes a /32 or /128 range.
fn prepare_ranges(body: &mut Value, member: &str) -> Result<(), Refusal> {
    let Some(Value::Array(ranges)) = body.get_mut(member) else {
        return Ok(());
    };
    if ranges.len() > MAX_RANGES {
        let why = format!("Too many ranges specified. Maximum is {MAX_RANGES}.");
        return Err(Refusal::text(member, &ranges.len().to_string(), &why));
    }
    for (index, range) in ranges.iter_mut().enumerate() {
        let text = range.as_str().unwrap_or_default();
        let parsed = text
            .parse::<IpNet>()
            .ok()
            .or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from));
        match parsed {
            Some(parsed) if parsed.trunc() == parsed => *range = json!(parsed.to_string()),
            Some(_) | None => {
                let why = "It must be an IP range in CIDR form without host bits.";
                return Err(Refusal::field(&format!("{member}[{index}]"), range, why));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::port_range;

    #[test]
    fn a_port_range_is_one_port_or_two() {
        assert_eq!(port_range("5432"), Some((5432, 5432)));
        assert_eq!(port_range("0-65535"), Some((0, 65535)));
        for text in [
            "", "-", "1-", "-1", "65536", "2-1", "+1", "1-2-3", "a", " 1", "1 - 2",
        ] {
            assert_eq!(port_range(text), None, "{text}");
        }
    }
}
