//! One resource as it is stored.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::connection::Connection;
use super::id::{ResourceId, path_of};
use super::kind::Kind;

/// The part of a resource that clients write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    /// The client's document with defaults filled in; links are full URLs.
    pub(super) body: Value,
    /// The members of a group, in the order they were added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) members: Vec<Member>,
}

/// An instance in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) instance: ResourceId,
    /// Its address in a network endpoint group; `None` in an instance group.
    #[serde(default)]
    pub(super) address: Option<Ipv4Addr>,
}

/// A resource: its content, and the state that the server maintains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) id: ResourceId,
    /// The numeric id.
    pub(super) number: u64,
    pub(super) created: Timestamp,
    /// Changes with each update.
    pub(super) fingerprint: String,
    /// False until its insert completes: its name is taken, but GET answers 404.
    #[serde(rename = "is_made")]
    pub(super) is_created: bool,
    /// The name of the operation that is open on it.
    pub(super) operation: Option<String>,
    /// True while that operation deletes it.
    #[serde(rename = "is_leaving")]
    pub(super) is_deleting: bool,
    pub(super) content: Content,
    /// The content after the open operation completes.
    #[serde(rename = "coming")]
    pub(super) pending: Option<Content>,
    pub(super) connection: Option<Connection>,
}

impl Resource {
    pub(super) fn body(&self) -> &Value {
        &self.content.body
    }

    /// Returns the resource that a link in its body names.
    pub(super) fn linked(&self, pointer: &str) -> Option<ResourceId> {
        ResourceId::from_path(path_of(self.body().pointer(pointer)?.as_str()?))
    }

    /// Returns the resources that its content uses, now or after the open operation completes.
    ///
    /// A used resource cannot be deleted. A consumer's endpoint does not use the attachment that it
    /// targets: an attachment can be deleted while endpoints target it.
    pub(super) fn uses(&self) -> impl Iterator<Item = ResourceId> {
        let pending = self.pending.as_ref().map(|it| &it.body);
        [Some(self.body()), pending]
            .into_iter()
            .flatten()
            .flat_map(|body| {
                paths_of_used(self.id.kind)
                    .iter()
                    .flat_map(|path| texts_along(body, path))
            })
            .filter_map(|link| ResourceId::from_path(path_of(link)))
    }
}

/// Returns the paths of the members that name used resources; `*` stands for every value of a
/// list.
fn paths_of_used(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ServiceAttachment => &["targetService", "natSubnets/*"],
        Kind::ForwardingRule => &["backendService", "network", "subnetwork"],
        Kind::Address => &["subnetwork"],
        Kind::BackendService => &["healthChecks/*", "backends/*/group"],
        Kind::EndpointGroup | Kind::RegionalEndpointGroup => &["network", "subnetwork"],
        Kind::Instance => &[
            "networkInterfaces/*/network",
            "networkInterfaces/*/subnetwork",
        ],
        Kind::InstanceGroup | Kind::Firewall | Kind::Subnetwork => &["network"],
        Kind::HealthCheck | Kind::Network => &[],
    }
}

fn texts_along<'a>(document: &'a Value, path: &str) -> Vec<&'a str> {
    let mut found = vec![document];
    for step in path.split('/') {
        found = found
            .into_iter()
            .flat_map(|value| match (step, value) {
                ("*", Value::Array(values)) => values.iter().collect(),
                _ => Vec::from_iter(value.get(step)),
            })
            .collect();
    }
    found.into_iter().filter_map(Value::as_str).collect()
}

/// Maximum length of a name, in characters (RFC 1035).
const MAX_NAME: usize = 63;

/// Reports whether a text is a valid name of a resource (RFC 1035).
pub(super) fn is_valid_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.starts_with(|it: char| it.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .chars()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_resource_of_an_earlier_version_is_read() {
        let stored = json!({
            "id": "projects/guest/regions/europe-west1/forwardingRules/pe",
            "number": 99, "created": "2026-01-02T03:04:05Z", "fingerprint": "f",
            "is_made": true, "operation": "operation-1", "is_leaving": true,
            "content": { "body": { "name": "pe" } },
            "coming": { "body": { "name": "pe" } },
            "connection": {
                "number": 7,
                "attachment": "projects/acme/regions/europe-west1/serviceAttachments/sa",
                "attachment_number": 9, "joined": "2026-01-02T03:04:05Z",
                "status": "NEEDS_ATTENTION", "nat_ips": ["172.24.0.2"],
            },
        });
        let resource: Resource = serde_json::from_value(stored.clone()).unwrap();
        assert!(resource.is_created && resource.is_deleting && resource.pending.is_some());
        assert_eq!(serde_json::to_value(&resource).unwrap(), stored);
    }
}
