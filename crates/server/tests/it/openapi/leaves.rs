//! Schemas of values that serde reads and writes by code of their own, and limits of members.

use serde_json::{Value, json};
use underpass_model::tag::{MAX_TAG_TEXT, MAX_TAGS};

/// Names of DNS labels: projects, services, nodes and accounts.
const LABEL: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

/// A UUID in its form with 36 characters.
const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

fn matching(pattern: &str, max: usize) -> Value {
    json!({"type": "string", "pattern": pattern, "maxLength": max})
}

/// Returns the schema of a value by the name of its type.
pub(super) fn leaf(name: &str) -> Option<Value> {
    Some(match name {
        "String" | "str" | "Part" => json!({"type": "string"}),
        "Secret" => json!({"type": "string", "format": "password"}),
        "bool" | "Tls" => json!({"type": "boolean"}),
        "u16" => json!({"type": "integer", "minimum": 0, "maximum": u16::MAX}),
        "u32" => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        "u64" | "usize" => json!({"type": "integer", "minimum": 0}),
        "i64" => json!({"type": "integer"}),
        "f64" => json!({"type": "number"}),
        "Value" => json!({}),
        "Ipv4Addr" => json!({"type": "string", "format": "ipv4"}),
        "IpAddr" => {
            json!({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]})
        }
        "ProjectName" | "NodeName" | "AccountName" | "ServiceName" => matching(LABEL, 63),
        "DnsName" | "RouteAddress" => json!({"type": "string", "maxLength": 253}),
        "CloudName" => json!({"type": "string", "pattern": "^[a-z]+-.+$"}),
        "ConnectionId" => matching("^plc[0-9a-f]{11,12}$", 15),
        "GrantId" => matching("^gr[0-9a-f]{12}$", 14),
        "LinkId" => matching("^s[0-9a-f]{12}$", 13),
        "StaticIpId" => matching("^ip[0-9a-f]{11,12}$", 14),
        "ProjectVpcId" | "SubscriptionId" => matching(UUID, 36),
        _ => return None,
    })
}

/// Returns the limits of a member that its handler checks.
pub(super) fn limits(owner: &str, member: &str) -> Option<Value> {
    Some(match (owner, member) {
        ("NewToken" | "NewDescription", "description") => json!({"maxLength": 1000}),
        ("NewToken", "max_age_seconds") => json!({"minimum": 1}),
        ("Narrowing", "only_projects") => json!({"minItems": 1}),
        ("ProjectBody", "project")
        | ("ChangedProject", "project_name")
        | ("CreateBody" | "Association", "service_name") => {
            json!({"pattern": LABEL, "maxLength": 63})
        }
        ("TagsChangeBody", "tags") => of_tags(&json!(["string", "null"])),
        ("ProjectBody" | "ChangedProject" | "CreateBody" | "TagsBody", "tags") => {
            of_tags(&json!("string"))
        }
        ("NewVpc", "network_cidr") => matching("^[0-9]+(\\.[0-9]+){3}/[0-9]{1,2}$", 18),
        ("CertificateRequest", "days") => json!({"minimum": 1, "maximum": 825}),
        ("LabelChange", "label") => json!({"maxLength": 64}),
        ("AzureLinkBody", "user_subscription_ids") => {
            json!({"type": "array", "items": matching(UUID, 36), "maxItems": 100})
        }
        ("AddressBody", "user_ip_address") => json!({"type": ["string", "null"], "format": "ipv4"}),
        ("Registration", "users") => json!({"maxItems": 200}),
        ("Registration", "nodes" | "nodes_were") | ("Request", "names" | "addresses") => {
            json!({"maxItems": 64})
        }
        _ => return None,
    })
}

/// Limits of tags: their number, and the characters of a key and of a value.
fn of_tags(kind: &Value) -> Value {
    json!({
        "maxProperties": MAX_TAGS,
        "propertyNames": {"maxLength": MAX_TAG_TEXT},
        "additionalProperties": {"type": kind, "maxLength": MAX_TAG_TEXT},
    })
}

/// Returns the schema and the description of a parameter of paths.
pub(super) fn parameter(name: &str) -> (Value, &'static str) {
    let text = || json!({"type": "string", "minLength": 1});
    match name {
        "project" => (matching(LABEL, 63), "Name of the project."),
        "service" => (matching(LABEL, 63), "Name of the service."),
        "connection" => (leaf("ConnectionId").unwrap(), "ID of the connection."),
        "grant" => (leaf("GrantId").unwrap(), "ID of the grant."),
        "static_ip" => (leaf("StaticIpId").unwrap(), "ID of the static IP address."),
        "vpc" => (leaf("ProjectVpcId").unwrap(), "ID of the project VPC."),
        "cloud" => (
            leaf("CloudName").unwrap(),
            "Cloud and region, for instance `azure-westeurope`.",
        ),
        "provider" => (text(), "Cloud of the link, for instance `azure`."),
        "feature" => (text(), "Name of the feature."),
        "token" => (
            text(),
            "Prefix of the access token, as lists show it, or the token itself.",
        ),
        "username" => (text(), "Name of the login."),
        "type" => (text(), "Service type, for instance `pg`."),
        "plan" => (text(), "Name of the plan."),
        "account" => (text(), "Name of the account."),
        "orphan" => (text(), "Name of the cloud object."),
        "tenant" => (text(), "Name of the tenant."),
        "code" => (text(), "Code of the refusal."),
        _ => panic!("no schema for the parameter `{name}` of a path"),
    }
}
