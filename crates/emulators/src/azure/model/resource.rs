//! Resources as they are stored, and the members that all kinds show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;

/// The provisioning state of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ProvisioningState {
    /// The first write is in progress.
    Creating,
    /// A later write is in progress; the resource keeps working.
    Updating,
    Succeeded,
    Failed,
    Deleting,
}

/// A relation between two resources that no client wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Relation {
    /// The network interface of an endpoint or a service.
    Interface,
    /// The endpoint or service that owns a network interface.
    Owner,
    /// The service to which an endpoint requests a connection.
    Service,
    /// The connection of an endpoint; absent after the provider has removed it.
    Connection,
    /// The endpoint of a connection.
    Endpoint,
}

/// A resource: the client's document with defaults set, and what the network provider adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) id: ResourceId,
    /// A GUID that changes with each write.
    pub(super) version: String,
    /// A GUID that never changes.
    pub(super) guid: String,
    pub(super) provisioning: ProvisioningState,
    /// ID of the open operation.
    pub(super) operation: Option<String>,
    /// The document without the members that [`Resource::shown`] adds.
    pub(super) body: Value,
    /// Position among the siblings: children are listed in order of creation.
    pub(super) ordinal: u64,
    /// Relations to other resources; stored as `ties`.
    #[serde(rename = "ties")]
    pub(super) relations: BTreeMap<Relation, ResourceId>,
}

impl Resource {
    /// The entity tag, the same text in body and header.
    ///
    /// Recorded: that of a private DNS zone is bare, that of its links is a strong one.
    pub(super) fn etag(&self) -> String {
        match self.id.kind() {
            Kind::PrivateDnsZone | Kind::RecordSet(_) => self.version.clone(),
            Kind::VirtualNetworkLink => format!("\"{}\"", self.version),
            Kind::PrivateDnsZoneGroup
            | Kind::PrivateEndpoint
            | Kind::EndpointConnection
            | Kind::PrivateLinkService
            | Kind::NetworkInterface
            | Kind::LoadBalancer
            | Kind::PublicIp
            | Kind::Subnet
            | Kind::VirtualNetwork
            | Kind::SecurityGroup
            | Kind::ResourceGroup => format!("W/\"{}\"", self.version),
        }
    }

    /// The value of `provisioningState`.
    ///
    /// Recordings show `Updating` while a resource is being created.
    pub(super) fn provisioning_state(&self) -> &'static str {
        match self.provisioning {
            ProvisioningState::Creating if self.id.kind().is_private_dns() => "Creating",
            ProvisioningState::Creating | ProvisioningState::Updating => "Updating",
            ProvisioningState::Succeeded => "Succeeded",
            ProvisioningState::Failed => "Failed",
            ProvisioningState::Deleting => "Deleting",
        }
    }

    /// Reports whether the resource works, possibly while a later write is in progress.
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

    /// The resource to which this one has a relation.
    pub(super) fn related(&self, tie: Relation) -> Option<&ResourceId> {
        self.relations.get(&tie)
    }

    /// The document with the members that all kinds show.
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
        let has_guid = match self.id.kind() {
            Kind::ResourceGroup | Kind::PrivateDnsZone => false,
            kind => !kind.is_child(),
        };
        if has_guid {
            document::put(&mut shown, "/properties/resourceGuid", self.guid.as_str());
        }
        shown
    }
}

/// Maximum length of a network resource's name, in characters (documented: "Naming rules and
/// restrictions for Azure resources").
const NAME_LIMIT: usize = 80;

/// Checks the name of a network resource or of an element.
///
/// # Errors
/// `InvalidResourceName` for a name outside the documented rules.
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
