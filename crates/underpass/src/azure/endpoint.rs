//! Private endpoints.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::{Arm, name_of};
use crate::failure::Failure;

/// An endpoint to ask for.
pub(crate) struct NewEndpoint<'a> {
    pub(crate) location: &'a str,
    /// A resource id.
    pub(crate) subnet: &'a str,
    /// Alias or resource id of the published service.
    pub(crate) target: &'a str,
    pub(crate) address: Option<Ipv4Addr>,
    pub(crate) message: Option<&'a str>,
}

impl NewEndpoint<'_> {
    /// The body of the request: a manual connection, which the provider has to approve.
    pub(crate) fn body(&self) -> Value {
        let mut connection = json!({ "privateLinkServiceId": self.target });
        if let (Some(message), Some(members)) = (self.message, connection.as_object_mut()) {
            members.insert("requestMessage".to_owned(), message.into());
        }
        let mut properties = json!({
            "subnet": { "id": self.subnet },
            "manualPrivateLinkServiceConnections":
                [{ "name": "connection", "properties": connection }],
        });
        if let (Some(address), Some(members)) = (self.address, properties.as_object_mut()) {
            let fixed =
                json!([{ "name": "address", "properties": { "privateIPAddress": address } }]);
            members.insert("ipConfigurations".to_owned(), fixed);
        }
        json!({ "location": self.location, "properties": properties })
    }
}

/// An endpoint as its owner sees it.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) address: Option<String>,
    /// `Pending`, `Approved`, `Rejected` or `Disconnected`.
    pub(crate) status: String,
    /// What the provider said with its decision, or the request said before.
    pub(crate) description: String,
    /// `Succeeded`, `Creating`, `Updating`, `Deleting` or `Failed`.
    pub(crate) provisioning: String,
    /// Alias or resource id, as it was asked for.
    pub(crate) target: String,
    /// What the provider read with the request.
    pub(crate) message: String,
    pub(crate) location: String,
    /// A resource id.
    pub(crate) subnet: String,
    /// Resource id of the network interface; empty before there is one.
    pub(crate) interface: String,
}

impl Endpoint {
    /// Reads the parts from the cloud's JSON, and the address from the endpoint's network
    /// interface: the endpoint itself does not show it.
    pub(crate) async fn read(arm: &Arm, shown: &Value) -> Result<Self, Failure> {
        let nic = interface_of(shown);
        let nic = if nic.is_empty() {
            None
        } else {
            arm.get(nic).await?
        };
        Ok(Self::with(shown, nic.as_ref()))
    }

    /// The same, with a network interface that is known already.
    pub(crate) fn with(shown: &Value, interface: Option<&Value>) -> Self {
        let text = |from: &Value, pointer: &str| {
            from.pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let lists = [
            "manualPrivateLinkServiceConnections",
            "privateLinkServiceConnections",
        ];
        let connection = lists
            .iter()
            .find_map(|list| shown.get("properties")?.get(list)?.get(0))
            .cloned()
            .unwrap_or_default();
        let address = interface.and_then(|nic| {
            let pointer = "/properties/ipConfigurations/0/properties/privateIPAddress";
            nic.pointer(pointer).and_then(Value::as_str)
        });
        let state = "/properties/privateLinkServiceConnectionState";
        Self {
            id: text(shown, "/id"),
            address: address.map(str::to_owned),
            status: text(&connection, &format!("{state}/status")),
            description: text(&connection, &format!("{state}/description")),
            provisioning: text(shown, "/properties/provisioningState"),
            target: text(&connection, "/properties/privateLinkServiceId"),
            message: text(&connection, "/properties/requestMessage"),
            location: text(shown, "/location"),
            subnet: text(shown, "/properties/subnet/id"),
            interface: interface_of(shown).to_owned(),
        }
    }

    /// As a row for people and scripts.
    pub(crate) fn row(&self) -> Value {
        json!({
            "id": self.id,
            "name": name_of(&self.id),
            "address": self.address,
            "status": self.status,
            "description": self.description,
            "provisioning_state": self.provisioning,
            "target": self.target,
        })
    }
}

/// Resource id of an endpoint's network interface, as the cloud shows it; empty before there is
/// one.
pub(crate) fn interface_of(shown: &Value) -> &str {
    let id = shown.pointer("/properties/networkInterfaces/0/id");
    id.and_then(Value::as_str).unwrap_or_default()
}
