//! Documents of links and connections in the compatible API.
//!
//! The answers have exactly these members, because clients print every member as a column.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use underpass_model::connection::Connection;
use underpass_model::excerpt::excerpt;
use underpass_model::id::SubscriptionId;
use underpass_model::link::{Link, shown_connection, shown_link};
use underpass_model::part::{Observed, Part};
use underpass_model::refusal::Refusal;

/// Subscriptions that may create endpoints.
#[derive(Deserialize)]
pub(super) struct AzureLinkBody {
    user_subscription_ids: Option<Value>,
}

impl AzureLinkBody {
    /// Returns the subscriptions without duplicates.
    ///
    /// # Errors
    /// `user_subscription_ids` if the list is missing or an entry is malformed.
    pub(super) fn subscriptions(&self) -> Result<BTreeSet<SubscriptionId>, Refusal> {
        let refuse = |message| Refusal::invalid("user_subscription_ids", message);
        let Some(Value::Array(entries)) = &self.user_subscription_ids else {
            return Err(refuse(
                "Invalid `user_subscription_ids`: a list of Azure subscription IDs is required. It \
                 may be empty; then no consumer can create an endpoint yet"
                    .to_owned(),
            ));
        };
        let parse = |(index, entry): (usize, &Value)| match entry.as_str().map(str::parse) {
            Some(Ok(id)) => Ok(id),
            Some(Err(malformed)) => Err(refuse(format!(
                "Invalid `user_subscription_ids[{index}]`: {malformed}"
            ))),
            None => Err(refuse(format!(
                "Invalid `user_subscription_ids[{index}]`: {} is not a string",
                excerpt(&entry.to_string())
            ))),
        };
        entries.iter().enumerate().map(parse).collect()
    }
}

/// Address of the consumer's endpoint.
#[derive(Deserialize)]
pub(super) struct AddressBody {
    user_ip_address: Option<Value>,
}

impl AddressBody {
    /// Returns the address if the request contains one; `null` counts as none.
    ///
    /// # Errors
    /// The code of [`Self::address`].
    pub(super) fn optional_address(
        &self,
        whose: &str,
        flag: &str,
    ) -> Result<Option<Ipv4Addr>, Refusal> {
        match &self.user_ip_address {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.address(whose, flag).map(Some),
        }
    }

    /// Returns the address. `whose` names its owner in the consumer's network, and `flag` the
    /// option of the command line.
    ///
    /// # Errors
    /// `user_ip_address` if it is not an IPv4 address.
    pub(super) fn address(&self, whose: &str, flag: &str) -> Result<Ipv4Addr, Refusal> {
        let given = self.user_ip_address.as_ref().unwrap_or(&Value::Null);
        let address = given.as_str().and_then(|text| text.parse().ok());
        address.ok_or_else(|| {
            Refusal::invalid(
                "user_ip_address",
                format!(
                    "Invalid `user_ip_address`: {}. Enter the IPv4 address of {whose} in the \
                     consumer's network (`{flag}`)",
                    excerpt(&given.to_string())
                ),
            )
        })
    }
}

/// Link on Azure.
#[derive(Serialize)]
pub(super) struct AzureLinkView {
    azure_service_alias: Option<String>,
    azure_service_id: Option<String>,
    state: &'static str,
    user_subscription_ids: Vec<String>,
}

impl AzureLinkView {
    pub(super) fn new(link: &Link, observed: &Observed) -> Self {
        let facts = observed.last(&Part::Attachment).map(|last| &last.facts);
        Self {
            azure_service_alias: facts.and_then(|facts| facts.alias.clone()),
            azure_service_id: facts.and_then(|facts| facts.id.clone()),
            state: shown_link(link, observed).as_str(),
            user_subscription_ids: link.subscriptions.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Connection on Azure.
#[derive(Serialize)]
pub(super) struct AzureConnectionView {
    private_endpoint_id: String,
    privatelink_connection_id: String,
    state: &'static str,
    user_ip_address: Option<Ipv4Addr>,
}

impl AzureConnectionView {
    pub(super) fn new(link: &Link, connection: &Connection, observed: &Observed) -> Self {
        Self {
            private_endpoint_id: connection.identity.endpoint.clone(),
            privatelink_connection_id: connection.id.to_string(),
            state: shown_connection(link, connection, observed).as_str(),
            user_ip_address: connection.address,
        }
    }
}

/// Empty body: a new link on Google has no parameters, and all members are ignored.
#[derive(Deserialize)]
pub(super) struct GoogleLinkBody {}

/// Link on Google.
#[derive(Serialize)]
pub(super) struct GoogleLinkView {
    google_service_attachment: Option<String>,
    state: &'static str,
}

impl GoogleLinkView {
    pub(super) fn new(link: &Link, observed: &Observed) -> Self {
        let facts = observed.last(&Part::Attachment).map(|last| &last.facts);
        Self {
            google_service_attachment: facts.and_then(|facts| facts.id.clone()),
            state: shown_link(link, observed).as_str(),
        }
    }
}

/// Connection on Google.
#[derive(Serialize)]
pub(super) struct GoogleConnectionView {
    privatelink_connection_id: String,
    /// Digits as text, because many clients cannot represent the number.
    psc_connection_id: Option<String>,
    state: &'static str,
    user_ip_address: Option<Ipv4Addr>,
}

impl GoogleConnectionView {
    pub(super) fn new(link: &Link, connection: &Connection, observed: &Observed) -> Self {
        Self {
            privatelink_connection_id: connection.id.to_string(),
            psc_connection_id: connection.identity.link_identifier.clone(),
            state: shown_connection(link, connection, observed).as_str(),
            user_ip_address: connection.address,
        }
    }
}
