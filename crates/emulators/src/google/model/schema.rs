//! Types of the documented members: a value of another type is refused before a rule reads it.

use serde_json::{Number, Value};

use super::document;
use super::kind::Kind;
use super::refusal::Refusal;

/// The type of a member's value.
#[derive(Debug, Clone, Copy)]
enum FieldType {
    String,
    Boolean,
    /// An unsigned integer up to a maximum; also accepted as a string, as the API does.
    Integer(u64),
    Strings,
    Object(&'static [Field]),
    Objects(&'static [Field]),
    /// An object whose values are strings.
    StringMap,
}

type Field = (&'static str, FieldType);

/// Output-only members of all kinds: ignored in requests, since clients send back what they read.
const OUTPUT_ONLY: [&str; 8] = [
    "kind",
    "id",
    "selfLink",
    "selfLinkWithId",
    "creationTimestamp",
    "region",
    "zone",
    "fingerprint",
];

/// Maximum of `uint32` members (API reference, `connectionLimit`).
const MAX_CONNECTION_LIMIT: u64 = u32::MAX as u64;

/// Maximum of ports and priorities (API reference, `port`, `priority`).
const MAX_PORT: u64 = u16::MAX as u64;

/// Maximum of `int32` members (API reference).
const MAX_INT: u64 = i32::MAX as u64;

/// Members of an entry of `consumerAcceptLists`.
const ACCEPT_ENTRY: &[Field] = &[
    ("projectIdOrNum", FieldType::String),
    ("networkUrl", FieldType::String),
    ("endpointUrl", FieldType::String),
    ("connectionLimit", FieldType::Integer(MAX_CONNECTION_LIMIT)),
];

/// Members of an entry of `allowed` or `denied`.
const TRAFFIC: &[Field] = &[
    ("IPProtocol", FieldType::String),
    ("ports", FieldType::Strings),
];

/// Members of `tcpHealthCheck` and its siblings.
const PROBE: &[Field] = &[
    ("port", FieldType::Integer(MAX_PORT)),
    ("portSpecification", FieldType::String),
    ("proxyHeader", FieldType::String),
];

/// Members of a service attachment.
const SERVICE_ATTACHMENT: &[Field] = &[
    ("connectionPreference", FieldType::String),
    ("targetService", FieldType::String),
    ("producerForwardingRule", FieldType::String),
    ("natSubnets", FieldType::Strings),
    ("enableProxyProtocol", FieldType::Boolean),
    ("consumerAcceptLists", FieldType::Objects(ACCEPT_ENTRY)),
    ("consumerRejectLists", FieldType::Strings),
    ("domainNames", FieldType::Strings),
    ("reconcileConnections", FieldType::Boolean),
    (
        "propagatedConnectionLimit",
        FieldType::Integer(MAX_CONNECTION_LIMIT),
    ),
    ("natIpsPerEndpoint", FieldType::Integer(MAX_INT)),
    ("metadata", FieldType::StringMap),
];

/// Members of a forwarding rule.
const FORWARDING_RULE: &[Field] = &[
    ("IPAddress", FieldType::String),
    ("IPProtocol", FieldType::String),
    ("loadBalancingScheme", FieldType::String),
    ("backendService", FieldType::String),
    ("target", FieldType::String),
    ("ports", FieldType::Strings),
    ("portRange", FieldType::String),
    ("allPorts", FieldType::Boolean),
    ("network", FieldType::String),
    ("subnetwork", FieldType::String),
    ("allowGlobalAccess", FieldType::Boolean),
    ("allowPscGlobalAccess", FieldType::Boolean),
    ("noAutomateDnsZone", FieldType::Boolean),
    ("networkTier", FieldType::String),
    ("labels", FieldType::StringMap),
];

/// Members of a firewall rule.
const FIREWALL: &[Field] = &[
    ("network", FieldType::String),
    ("direction", FieldType::String),
    ("priority", FieldType::Integer(MAX_PORT)),
    ("disabled", FieldType::Boolean),
    ("sourceRanges", FieldType::Strings),
    ("destinationRanges", FieldType::Strings),
    ("sourceTags", FieldType::Strings),
    ("targetTags", FieldType::Strings),
    ("sourceServiceAccounts", FieldType::Strings),
    ("targetServiceAccounts", FieldType::Strings),
    ("allowed", FieldType::Objects(TRAFFIC)),
    ("denied", FieldType::Objects(TRAFFIC)),
];

/// Returns the documented members of one kind.
fn members(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::ServiceAttachment => SERVICE_ATTACHMENT,
        Kind::ForwardingRule => FORWARDING_RULE,
        Kind::Address => &[
            ("address", FieldType::String),
            ("addressType", FieldType::String),
            ("purpose", FieldType::String),
            ("subnetwork", FieldType::String),
            ("networkTier", FieldType::String),
            ("labels", FieldType::StringMap),
        ],
        Kind::BackendService => &[
            ("loadBalancingScheme", FieldType::String),
            ("protocol", FieldType::String),
            ("healthChecks", FieldType::Strings),
            (
                "backends",
                FieldType::Objects(&[
                    ("group", FieldType::String),
                    ("balancingMode", FieldType::String),
                ]),
            ),
            ("network", FieldType::String),
        ],
        Kind::HealthCheck => &[
            ("type", FieldType::String),
            ("checkIntervalSec", FieldType::Integer(MAX_INT)),
            ("timeoutSec", FieldType::Integer(MAX_INT)),
            ("healthyThreshold", FieldType::Integer(MAX_INT)),
            ("unhealthyThreshold", FieldType::Integer(MAX_INT)),
            ("tcpHealthCheck", FieldType::Object(PROBE)),
            ("httpHealthCheck", FieldType::Object(PROBE)),
            ("httpsHealthCheck", FieldType::Object(PROBE)),
            ("sslHealthCheck", FieldType::Object(PROBE)),
        ],
        Kind::EndpointGroup => &[
            ("networkEndpointType", FieldType::String),
            ("network", FieldType::String),
            ("subnetwork", FieldType::String),
        ],
        Kind::RegionalEndpointGroup => &[
            ("networkEndpointType", FieldType::String),
            ("network", FieldType::String),
            ("subnetwork", FieldType::String),
            ("pscTargetService", FieldType::String),
            (
                "pscData",
                FieldType::Object(&[("producerPort", FieldType::Integer(MAX_PORT))]),
            ),
        ],
        Kind::InstanceGroup => &[("network", FieldType::String)],
        Kind::Instance => &[
            (
                "networkInterfaces",
                FieldType::Objects(&[
                    ("network", FieldType::String),
                    ("subnetwork", FieldType::String),
                    ("networkIP", FieldType::String),
                ]),
            ),
            ("tags", FieldType::Object(&[("items", FieldType::Strings)])),
        ],
        Kind::Firewall => FIREWALL,
        Kind::Subnetwork => &[
            ("network", FieldType::String),
            ("ipCidrRange", FieldType::String),
            ("purpose", FieldType::String),
            ("privateIpGoogleAccess", FieldType::Boolean),
        ],
        Kind::Network => &[
            ("autoCreateSubnetworks", FieldType::Boolean),
            ("mtu", FieldType::Integer(MAX_INT)),
        ],
    }
}

/// Returns the output-only members of one kind.
fn output_only(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ServiceAttachment => &["connectedEndpoints", "pscServiceAttachmentId"],
        Kind::ForwardingRule => &["pscConnectionId", "pscConnectionStatus", "labelFingerprint"],
        Kind::Address => &["status", "users", "labelFingerprint"],
        Kind::EndpointGroup | Kind::RegionalEndpointGroup | Kind::InstanceGroup => &["size"],
        Kind::Instance => &["status"],
        Kind::Subnetwork => &["gatewayAddress"],
        Kind::Network => &["subnetworks"],
        Kind::BackendService | Kind::HealthCheck | Kind::Firewall => &[],
    }
}

/// Removes the output-only members.
pub(super) fn strip_output_only(kind: Kind, body: &mut Value) {
    for name in OUTPUT_ONLY.iter().chain(output_only(kind)) {
        document::remove(body, name);
    }
}

/// Checks the types of all documented members of a body; integers sent as strings become numbers.
///
/// # Errors
/// 400 `invalid` for a value of another type, with the path of the member.
pub(super) fn check(kind: Kind, body: &mut Value) -> Result<(), Refusal> {
    check_type(
        "description",
        body.get_mut("description"),
        FieldType::String,
    )?;
    check_type("name", body.get_mut("name"), FieldType::String)?;
    for (name, field_type) in members(kind) {
        check_type(name, body.get_mut(*name), *field_type)?;
    }
    Ok(())
}

fn check_type(path: &str, value: Option<&mut Value>, field_type: FieldType) -> Result<(), Refusal> {
    let Some(value) = value else {
        return Ok(());
    };
    let mismatch = |value: &Value, what: &str| {
        let why = format!("It must be {what}.");
        Err(Refusal::field(path, value, &why))
    };
    match field_type {
        FieldType::String if !value.is_string() => mismatch(value, "a string"),
        FieldType::Boolean if !value.is_boolean() => mismatch(value, "true or false"),
        FieldType::Integer(limit) => {
            let sent = value.as_str().and_then(|text| text.parse().ok());
            match value.as_u64().or(sent).filter(|it| *it <= limit) {
                Some(number) => *value = Value::Number(Number::from(number)),
                None => return mismatch(value, &format!("an integer from 0 to {limit}")),
            }
            Ok(())
        }
        FieldType::Strings => match value.as_array_mut() {
            Some(texts) => check_each(path, texts, FieldType::String),
            None => mismatch(value, "a list of strings"),
        },
        FieldType::Object(members) if value.is_object() => check_members(path, value, members),
        FieldType::Objects(members) => match value.as_array_mut() {
            Some(objects) => check_each(path, objects, FieldType::Object(members)),
            None => mismatch(value, "a list of objects"),
        },
        FieldType::StringMap => match value.as_object_mut() {
            Some(entries) => entries.iter_mut().try_for_each(|(name, value)| {
                check_type(&format!("{path}.{name}"), Some(value), FieldType::String)
            }),
            None => mismatch(value, "an object of strings"),
        },
        FieldType::Object(_) => mismatch(value, "an object"),
        FieldType::String | FieldType::Boolean => Ok(()),
    }
}

fn check_each(path: &str, values: &mut [Value], field_type: FieldType) -> Result<(), Refusal> {
    values
        .iter_mut()
        .enumerate()
        .try_for_each(|(index, value)| {
            check_type(&format!("{path}[{index}]"), Some(value), field_type)
        })
}

fn check_members(path: &str, object: &mut Value, members: &[Field]) -> Result<(), Refusal> {
    members.iter().try_for_each(|(name, field_type)| {
        check_type(
            &format!("{path}.{name}"),
            object.get_mut(*name),
            *field_type,
        )
    })
}
