//! The JSON schema of a type's options.
//!
//! Names and bounds are those of the compatible API's published schemas (read August 2026). The
//! descriptions are ours: they state the effect of each option in Underpass.

use serde_json::{Map, Value, json};

use crate::service_type::{ComponentFacts, ServiceTypeFacts};

/// The maximum of entries of an IP filter: the compatible API's bound.
const MAX_FILTERS: usize = 1024;

/// The maximum length of an address block: the compatible API's bound, an IPv6 range with its
/// prefix.
const MAX_NETWORK: usize = 43;

/// The maximum length of an IP filter entry's description, in characters: the compatible API's
/// bound.
const MAX_DESCRIPTION: usize = 1024;

/// The maximum length of a version, in characters: enough for any product; the compatible API lists
/// a few of each.
const MAX_VERSION: usize = 32;

/// Returns the JSON schema of a type's options, as `service_types` publishes it.
///
/// Every property has a type, and nested objects have properties: the compatible command line reads
/// the schema to parse `-c KEY=VALUE`, and offers to remove options that may be `null`. In the API
/// `null` removes any option, as in the compatible API.
pub fn schema(facts: &ServiceTypeFacts) -> Value {
    let mut properties = Map::new();
    for access in ACCESSES {
        let components = facts.components.iter().filter(|it| (access.offers)(it));
        let switches = switches(components, access.title_of);
        if !switches.is_empty() {
            properties.insert(
                access.key.to_owned(),
                json!({
                    "type": "object",
                    "title": access.title,
                    "description": access.description,
                    "additionalProperties": false,
                    "properties": switches,
                }),
            );
        }
    }
    properties.extend(common());
    if let [.., latest] = facts.versions {
        let key = format!("{}_version", facts.name);
        properties.insert(key, version(facts.default_version.unwrap_or(latest)));
    }
    if facts.name == "kafka" {
        properties.extend(kafka());
    }
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

/// A group of options, one for each component.
struct Access {
    key: &'static str,
    title: &'static str,
    description: &'static str,
    title_of: fn(&ComponentFacts) -> String,
    offers: fn(&ComponentFacts) -> bool,
}

const ACCESSES: [Access; 3] = [
    Access {
        key: "privatelink_access",
        title: "Components open on private links",
        description: "Opens and closes a component's port on every private link of the service",
        title_of: |component| format!("Enable {}", component.name),
        offers: |_every| true,
    },
    Access {
        key: "public_access",
        title: "Components shown on the public route",
        description: "Shows a component at the public address registered for the first node; \
                      Underpass opens nothing to the internet by itself",
        title_of: |component| format!("Show {} on the public route", component.name),
        offers: |component| component.access.is_public(),
    },
    Access {
        key: "private_access",
        title: "Components shown on the private route",
        description: "Shows a component at the private address registered for the first node; \
                      Underpass peers no networks by itself",
        title_of: |component| format!("Show {} on the private route", component.name),
        offers: |component| component.access.is_private(),
    },
];

fn switches<'a>(
    components: impl Iterator<Item = &'a ComponentFacts>,
    title_of: fn(&ComponentFacts) -> String,
) -> Map<String, Value> {
    let switch = |component: &ComponentFacts| {
        let property = json!({"type": "boolean", "title": title_of(component)});
        (component.name.to_owned(), property)
    };
    components.map(switch).collect()
}

/// The options of every type.
fn common() -> [(String, Value); 3] {
    [
        (
            "ip_filter".to_owned(),
            json!({
                "type": ["array", "null"],
                "title": "IP filter",
                "description": "Stored and shown, not enforced: allow addresses on the server \
                                itself. Each privatelink connection is approved separately",
                "maxItems": MAX_FILTERS,
                "items": {
                    "type": ["string", "object"],
                    "title": "Address or address block, alone or with a description",
                    "format": "cidr",
                    "maxLength": MAX_NETWORK,
                    "additionalProperties": false,
                    "required": ["network"],
                    "properties": {
                        "network": {
                            "type": "string",
                            "title": "Address or address block",
                            "format": "cidr",
                            "maxLength": MAX_NETWORK,
                        },
                        "description": {
                            "type": "string",
                            "title": "What it is for",
                            "maxLength": MAX_DESCRIPTION,
                        },
                    },
                },
            }),
        ),
        (
            "service_log".to_owned(),
            json!({
                "type": ["boolean", "null"],
                "title": "Service logging",
                "description": "Stored and shown, without effect: the server's logs stay on the \
                                server",
            }),
        ),
        (
            "static_ips".to_owned(),
            json!({
                "type": ["boolean", "null"],
                "title": "Static IP addresses",
                "description": "Uses the service's static IP addresses, which a private link on Azure needs",
            }),
        ),
    ]
}

fn version(example: &str) -> Value {
    json!({
        "type": ["string", "null"],
        "title": "Major version",
        "description": "Stored and shown: the version of the server, which Underpass does not \
                        change",
        "maxLength": MAX_VERSION,
        "example": example,
    })
}

/// The options of Kafka only.
fn kafka() -> impl Iterator<Item = (String, Value)> {
    let switches = ["kafka_connect", "kafka_rest", "schema_registry"].map(|component| {
        let description = format!(
            "Stored and shown, without effect: Underpass starts no server. Register a {component} \
             that runs as a component of the service"
        );
        let property = json!({
            "type": "boolean",
            "title": format!("Enable {component}"),
            "description": description,
            "default": false,
        });
        (component.to_owned(), property)
    });
    let methods = json!({
        "type": "object",
        "title": "Kafka authentication methods",
        "description": "Stored and shown: the registered listeners determine the login methods",
        "additionalProperties": false,
        "properties": {
            "certificate": {
                "type": "boolean",
                "title": "Enable certificate/SSL authentication",
                "default": true,
            },
            "sasl": {"type": "boolean", "title": "Enable SASL authentication", "default": false},
        },
    });
    let letsencrypt = |title: &str, description: &str| json!({"type": ["boolean", "null"], "title": title, "description": description});
    let further = [
        ("kafka_authentication_methods".to_owned(), methods),
        (
            "letsencrypt_sasl".to_owned(),
            letsencrypt(
                "Let's Encrypt for SASL",
                "Shows the SASL listener registered with a certificate of Let's Encrypt on the \
                 dynamic, public and private routes; needs such a listener",
            ),
        ),
        (
            "letsencrypt_sasl_privatelink".to_owned(),
            letsencrypt(
                "Let's Encrypt for SASL over private links",
                "Opens the SASL listener registered with a certificate of Let's Encrypt on every \
                 privatelink, at a port of its own; needs such a listener",
            ),
        ),
    ];
    switches.into_iter().chain(further)
}
