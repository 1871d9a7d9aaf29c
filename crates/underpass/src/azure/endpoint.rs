//! Private endpoints in Azure.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::arm::Arm;
use super::name::name_of;
use crate::failure::Failure;

/// A private endpoint to be created.
pub(crate) struct NewEndpoint<'a> {
    pub(crate) location: &'a str,
    /// Resource ID of the subnet.
    pub(crate) subnet: &'a str,
    /// Alias or resource ID of the private link service.
    pub(crate) target: &'a str,
    pub(crate) address: Option<Ipv4Addr>,
    pub(crate) message: Option<&'a str>,
}

impl NewEndpoint<'_> {
    /// Body of the request: a manual connection, which the provider has to approve.
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

/// A private endpoint, as its consumer reads it.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) address: Option<String>,
    /// `Pending`, `Approved`, `Rejected` or `Disconnected`.
    pub(crate) status: String,
    /// Description of the provider's decision; the request message before it.
    pub(crate) description: String,
    /// `Succeeded`, `Creating`, `Updating`, `Deleting` or `Failed`.
    pub(crate) provisioning: String,
    /// Alias or resource ID, as in the request.
    pub(crate) target: String,
    /// Request message to the provider.
    pub(crate) message: String,
    pub(crate) location: String,
    /// Resource ID of the subnet.
    pub(crate) subnet: String,
    /// Resource ID of the network interface; empty until it exists.
    pub(crate) interface: String,
}

impl Endpoint {
    /// Parses the cloud's JSON, and reads the address from the endpoint's network interface: the
    /// endpoint itself does not contain it.
    ///
    /// # Errors
    /// If the network interface cannot be read.
    pub(crate) async fn read(arm: &Arm, shown: &Value) -> Result<Self, Failure> {
        let nic = interface_of(shown);
        let nic = if nic.is_empty() {
            None
        } else {
            arm.get(nic).await?
        };
        Ok(Self::with(shown, nic.as_ref()))
    }

    /// Parses the cloud's JSON of an endpoint and its network interface.
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

    /// Members of the command line's output.
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

/// Resource ID of an endpoint's network interface; empty until it exists.
pub(crate) fn interface_of(shown: &Value) -> &str {
    let id = shown.pointer("/properties/networkInterfaces/0/id");
    id.and_then(Value::as_str).unwrap_or_default()
}
