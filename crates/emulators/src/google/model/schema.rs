//! The form of the members we know: a value of another form is refused before anything looks at it.

use serde_json::{Number, Value};

use super::document;
use super::kind::Kind;
use super::refusal::Refusal;

/// What a member has to be.
#[derive(Debug, Clone, Copy)]
enum Form {
    Text,
    Flag,
    /// A whole number up to this; a text of one is taken too, as the API takes it.
    Number(u64),
    Texts,
    Object(&'static [Member]),
    Objects(&'static [Member]),
    /// An object whose values are texts.
    Map,
}

type Member = (&'static str, Form);

/// Members that every resource has, and those that only the server writes: a client may send back
/// what it read.
const OURS: [&str; 8] = [
    "kind",
    "id",
    "selfLink",
    "selfLinkWithId",
    "creationTimestamp",
    "region",
    "zone",
    "fingerprint",
];

const CONNECTION_LIMIT: u64 = u32::MAX as u64;
const PORT: u64 = u16::MAX as u64;
const ANY: u64 = i32::MAX as u64;

const ENTRY: &[Member] = &[
    ("projectIdOrNum", Form::Text),
    ("networkUrl", Form::Text),
    ("endpointUrl", Form::Text),
    ("connectionLimit", Form::Number(CONNECTION_LIMIT)),
];

const TRAFFIC: &[Member] = &[("IPProtocol", Form::Text), ("ports", Form::Texts)];

const PROBE: &[Member] = &[
    ("port", Form::Number(PORT)),
    ("portSpecification", Form::Text),
    ("proxyHeader", Form::Text),
];

fn members(kind: Kind) -> &'static [Member] {
    match kind {
        Kind::ServiceAttachment => &[
            ("connectionPreference", Form::Text),
            ("targetService", Form::Text),
            ("producerForwardingRule", Form::Text),
            ("natSubnets", Form::Texts),
            ("enableProxyProtocol", Form::Flag),
            ("consumerAcceptLists", Form::Objects(ENTRY)),
            ("consumerRejectLists", Form::Texts),
            ("domainNames", Form::Texts),
            ("reconcileConnections", Form::Flag),
            ("propagatedConnectionLimit", Form::Number(CONNECTION_LIMIT)),
            ("natIpsPerEndpoint", Form::Number(ANY)),
            ("metadata", Form::Map),
        ],
        Kind::ForwardingRule => &[
            ("IPAddress", Form::Text),
            ("IPProtocol", Form::Text),
            ("loadBalancingScheme", Form::Text),
            ("backendService", Form::Text),
            ("target", Form::Text),
            ("ports", Form::Texts),
            ("portRange", Form::Text),
            ("allPorts", Form::Flag),
            ("network", Form::Text),
            ("subnetwork", Form::Text),
            ("allowGlobalAccess", Form::Flag),
            ("allowPscGlobalAccess", Form::Flag),
            ("noAutomateDnsZone", Form::Flag),
            ("labels", Form::Map),
        ],
        Kind::Address => &[
            ("address", Form::Text),
            ("addressType", Form::Text),
            ("purpose", Form::Text),
            ("subnetwork", Form::Text),
        ],
        Kind::BackendService => &[
            ("loadBalancingScheme", Form::Text),
            ("protocol", Form::Text),
            ("healthChecks", Form::Texts),
            (
                "backends",
                Form::Objects(&[("group", Form::Text), ("balancingMode", Form::Text)]),
            ),
            ("network", Form::Text),
        ],
        Kind::HealthCheck => &[
            ("type", Form::Text),
            ("checkIntervalSec", Form::Number(ANY)),
            ("timeoutSec", Form::Number(ANY)),
            ("healthyThreshold", Form::Number(ANY)),
            ("unhealthyThreshold", Form::Number(ANY)),
            ("tcpHealthCheck", Form::Object(PROBE)),
            ("httpHealthCheck", Form::Object(PROBE)),
            ("httpsHealthCheck", Form::Object(PROBE)),
            ("sslHealthCheck", Form::Object(PROBE)),
        ],
        Kind::EndpointGroup => &[
            ("networkEndpointType", Form::Text),
            ("network", Form::Text),
            ("subnetwork", Form::Text),
        ],
        Kind::InstanceGroup => &[("network", Form::Text)],
        Kind::Instance => &[
            (
                "networkInterfaces",
                Form::Objects(&[
                    ("network", Form::Text),
                    ("subnetwork", Form::Text),
                    ("networkIP", Form::Text),
                ]),
            ),
            ("tags", Form::Object(&[("items", Form::Texts)])),
        ],
        Kind::Firewall => &[
            ("network", Form::Text),
            ("direction", Form::Text),
            ("priority", Form::Number(PORT)),
            ("disabled", Form::Flag),
            ("sourceRanges", Form::Texts),
            ("destinationRanges", Form::Texts),
            ("sourceTags", Form::Texts),
            ("targetTags", Form::Texts),
            ("sourceServiceAccounts", Form::Texts),
            ("targetServiceAccounts", Form::Texts),
            ("allowed", Form::Objects(TRAFFIC)),
            ("denied", Form::Objects(TRAFFIC)),
        ],
        Kind::Subnetwork => &[
            ("network", Form::Text),
            ("ipCidrRange", Form::Text),
            ("purpose", Form::Text),
            ("privateIpGoogleAccess", Form::Flag),
        ],
        Kind::Network => &[
            ("autoCreateSubnetworks", Form::Flag),
            ("mtu", Form::Number(ANY)),
        ],
    }
}

/// Members of one kind that only the server writes.
fn written_by_us(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ServiceAttachment => &["connectedEndpoints", "pscServiceAttachmentId"],
        Kind::ForwardingRule => &["pscConnectionId", "pscConnectionStatus", "labelFingerprint"],
        Kind::Address => &["status", "users"],
        Kind::EndpointGroup | Kind::InstanceGroup => &["size"],
        Kind::Instance => &["status"],
        Kind::Subnetwork => &["gatewayAddress"],
        Kind::Network => &["subnetworks"],
        Kind::BackendService | Kind::HealthCheck | Kind::Firewall => &[],
    }
}

/// Takes out what only the server writes.
pub(super) fn without_ours(kind: Kind, body: &mut Value) {
    for name in OURS.iter().chain(written_by_us(kind)) {
        document::discard(body, name);
    }
}

/// Checks the form of everything known in a body; numbers sent as texts become numbers.
///
/// # Errors
/// Refuses a member of another form than it has to have, by its place.
pub(super) fn check(kind: Kind, body: &mut Value) -> Result<(), Refusal> {
    check_form("description", body.get_mut("description"), Form::Text)?;
    check_form("name", body.get_mut("name"), Form::Text)?;
    for (name, form) in members(kind) {
        check_form(name, body.get_mut(*name), *form)?;
    }
    Ok(())
}

fn check_form(path: &str, value: Option<&mut Value>, form: Form) -> Result<(), Refusal> {
    let Some(value) = value else {
        return Ok(());
    };
    let wrong = |value: &Value, what: &str| {
        let why = format!("It must be {what}.");
        Err(Refusal::field(path, value, &why))
    };
    match form {
        Form::Text if !value.is_string() => wrong(value, "a text"),
        Form::Flag if !value.is_boolean() => wrong(value, "true or false"),
        Form::Number(limit) => {
            let sent = value.as_str().and_then(|text| text.parse().ok());
            match value.as_u64().or(sent).filter(|it| *it <= limit) {
                Some(number) => *value = Value::Number(Number::from(number)),
                None => return wrong(value, &format!("a whole number from 0 to {limit}")),
            }
            Ok(())
        }
        Form::Texts => match value.as_array_mut() {
            Some(texts) => check_each(path, texts, Form::Text),
            None => wrong(value, "a list of texts"),
        },
        Form::Object(members) if value.is_object() => check_members(path, value, members),
        Form::Objects(members) => match value.as_array_mut() {
            Some(objects) => check_each(path, objects, Form::Object(members)),
            None => wrong(value, "a list of objects"),
        },
        Form::Map => match value.as_object_mut() {
            Some(entries) => entries.iter_mut().try_for_each(|(name, value)| {
                check_form(&format!("{path}.{name}"), Some(value), Form::Text)
            }),
            None => wrong(value, "an object of texts"),
        },
        Form::Object(_) => wrong(value, "an object"),
        Form::Text | Form::Flag => Ok(()),
    }
}

fn check_each(path: &str, values: &mut [Value], form: Form) -> Result<(), Refusal> {
    values
        .iter_mut()
        .enumerate()
        .try_for_each(|(index, value)| check_form(&format!("{path}[{index}]"), Some(value), form))
}

fn check_members(path: &str, object: &mut Value, members: &[Member]) -> Result<(), Refusal> {
    members.iter().try_for_each(|(name, form)| {
        check_form(&format!("{path}.{name}"), object.get_mut(*name), *form)
    })
}
