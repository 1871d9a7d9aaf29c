//! One resource as it is kept, and what every kind shows of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;

/// How far a resource has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ProvisioningState {
    /// Its first write is under way.
    Creating,
    /// A later write is under way; what was there works on.
    Updating,
    Succeeded,
    Failed,
    Deleting,
}

/// A relation between two resources that no client wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Relation {
    /// An endpoint's or a service's own network interface.
    Interface,
    /// The endpoint or service that owns a network interface.
    Owner,
    /// The service an endpoint asked for.
    Service,
    /// An endpoint's connection; absent once the provider removed it.
    Connection,
    /// The endpoint of a connection.
    Endpoint,
}

/// A resource: the client's document with defaults filled in, and what the provider knows of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) id: ResourceId,
    /// A GUID, new on each change.
    pub(super) version: String,
    /// A GUID for the life of the resource.
    pub(super) guid: String,
    pub(super) provisioning: ProvisioningState,
    /// The operation that is open on it.
    pub(super) operation: Option<String>,
    /// Without the members that [`Resource::shown`] adds.
    pub(super) body: Value,
    /// Position among its siblings: children are listed in the order they were made.
    pub(super) ordinal: u64,
    /// Stored as `ties` since the first version.
    #[serde(rename = "ties")]
    pub(super) relations: BTreeMap<Relation, ResourceId>,
}

impl Resource {
    /// The entity tag, the same text in body and header.
    pub(super) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    /// The value of `provisioningState`.
    ///
    /// Recordings show `Updating` for a create under way.
    pub(super) fn provisioning_state(&self) -> &'static str {
        match self.provisioning {
            ProvisioningState::Creating | ProvisioningState::Updating => "Updating",
            ProvisioningState::Succeeded => "Succeeded",
            ProvisioningState::Failed => "Failed",
            ProvisioningState::Deleting => "Deleting",
        }
    }

    /// Whether it stands and works, possibly while a later write is under way.
    pub(super) fn in_service(&self) -> bool {
        matches!(
            self.provisioning,
            ProvisioningState::Succeeded | ProvisioningState::Updating
        )
    }

    /// The region; empty for children.
    pub(super) fn location(&self) -> &str {
        document::text_or_empty(&self.body, "/location")
    }

    /// The resource it is tied to in this way.
    pub(super) fn related(&self, tie: Relation) -> Option<&ResourceId> {
        self.relations.get(&tie)
    }

    /// The document with the members every resource shows.
    pub(super) fn shown(&self) -> Value {
        let mut shown = self.body.clone();
        document::put(&mut shown, "/id", self.id.to_string());
        document::put(&mut shown, "/name", self.id.name());
        document::put(&mut shown, "/type", self.id.kind().full_type());
        document::put(
            &mut shown,
            "/properties/provisioningState",
            self.provisioning_state(),
        );
        if self.id.kind() != Kind::ResourceGroup {
            document::put(&mut shown, "/etag", self.etag());
        }
        if !self.id.kind().is_child() && self.id.kind() != Kind::ResourceGroup {
            document::put(&mut shown, "/properties/resourceGuid", self.guid.as_str());
        }
        shown
    }
}

/// A region as the provider keeps it: "West Europe" is `westeurope`.
pub(super) fn region(location: &str) -> String {
    location
        .chars()
        .filter(|it| !it.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase()
}

/// Longest name of a network resource (documented naming rules).
const NAME_LIMIT: usize = 80;

/// Checks the name of a network resource or of an element.
///
/// # Errors
/// Refuses names outside the documented rules.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let word = |it: char| it.is_ascii_alphanumeric();
    let legal = name.len() <= NAME_LIMIT
        && name.starts_with(word)
        && name.ends_with(|it| word(it) || it == '_')
        && name
            .chars()
            .all(|it| word(it) || matches!(it, '.' | '-' | '_'));
    if legal {
        return Ok(());
    }
    Err(Refusal::invalid(
        "InvalidResourceName",
        format!(
            "Resource name {name} is invalid. The name can be up to {NAME_LIMIT} characters long. \
             It must begin with a word character, and it must end with a word character or with \
             '_'. The name may contain word characters or '.', '-', '_'."
        ),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Relation, Resource};

    #[test]
    fn a_resource_of_an_earlier_version_is_read() {
        let stored = json!({
            "id": { "subscription": "s", "group": "g", "kind": "PrivateEndpoint", "parent": null,
                "name": "e" },
            "version": "v",
            "guid": "g",
            "provisioning": "Succeeded",
            "operation": null,
            "body": {},
            "ordinal": 0,
            "ties": { "Interface": { "subscription": "s", "group": "g",
                "kind": "NetworkInterface", "parent": null, "name": "n" } },
        });
        let resource: Resource = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(resource.related(Relation::Interface).unwrap().name(), "n");
        assert_eq!(serde_json::to_value(resource).unwrap(), stored);
    }
}
