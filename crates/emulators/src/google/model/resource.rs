//! One resource as it is kept.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::connection::Connection;
use super::id::{ResourceId, path_of};
use super::kind::Kind;

/// What a client can write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    /// The client's document with defaults filled in; links are whole.
    pub(super) body: Value,
    /// The members of a group, in the order they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) members: Vec<Member>,
}

/// An instance in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) instance: ResourceId,
    /// Its address; an instance group names none.
    #[serde(default)]
    pub(super) address: Option<Ipv4Addr>,
}

/// A resource: its content, and what the server knows of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) id: ResourceId,
    pub(super) number: u64,
    pub(super) created: Timestamp,
    /// New on each change.
    pub(super) fingerprint: String,
    /// Whether its insert is over: until then nobody sees it, but its name is taken.
    pub(super) is_made: bool,
    /// The operation that is open on it.
    pub(super) operation: Option<String>,
    /// Whether that operation deletes it.
    pub(super) is_leaving: bool,
    pub(super) content: Content,
    /// What the open operation will make of it.
    pub(super) coming: Option<Content>,
    pub(super) connection: Option<Connection>,
}

impl Resource {
    pub(super) fn body(&self) -> &Value {
        &self.content.body
    }

    /// The resource that a link in its body leads to.
    pub(super) fn linked(&self, pointer: &str) -> Option<ResourceId> {
        ResourceId::of_path(path_of(self.body().pointer(pointer)?.as_str()?))
    }

    /// The resources that its content uses, now or once the open operation is over.
    ///
    /// What is used can neither be deleted nor changed in what its user relies on. A consumer's
    /// endpoint does not hold the attachment it leads to: that may be deleted under it.
    pub(super) fn uses(&self) -> impl Iterator<Item = ResourceId> {
        let coming = self.coming.as_ref().map(|it| &it.body);
        [Some(self.body()), coming]
            .into_iter()
            .flatten()
            .flat_map(|body| {
                reference_paths(self.id.kind)
                    .iter()
                    .flat_map(|path| texts_along(body, path))
            })
            .filter_map(|link| ResourceId::of_path(path_of(link)))
    }
}

/// Where a kind of resource names what it uses; `*` stands for every value of a list.
fn reference_paths(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ServiceAttachment => &["targetService", "natSubnets/*"],
        Kind::ForwardingRule => &["backendService", "network", "subnetwork"],
        Kind::Address => &["subnetwork"],
        Kind::BackendService => &["healthChecks/*", "backends/*/group"],
        Kind::EndpointGroup => &["network", "subnetwork"],
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

/// Longest name (RFC 1035).
const NAME_LIMIT: usize = 63;

/// Whether a text can be the name of a resource (RFC 1035).
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= NAME_LIMIT
        && text.starts_with(|it: char| it.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .chars()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-')
}
