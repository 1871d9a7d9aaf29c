//! Endpoints: a reserved address with a forwarding rule of the same name to a service attachment.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::{Compute, name_of, path_of};
use crate::failure::Failure;

/// An endpoint to ask for.
pub(crate) struct NewEndpoint<'a> {
    pub(crate) name: &'a str,
    /// The consumer's.
    pub(crate) project: &'a str,
    /// The one of the target.
    pub(crate) region: &'a str,
    /// Path or URL.
    pub(crate) network: &'a str,
    /// Path or URL.
    pub(crate) subnet: &'a str,
    /// Path or URL of the service attachment.
    pub(crate) target: &'a str,
    pub(crate) address: Option<Ipv4Addr>,
    /// A note of the consumer's; the provider does not see it.
    pub(crate) message: Option<&'a str>,
}

impl NewEndpoint<'_> {
    /// Makes the address, unless there is one of that name, and the endpoint.
    pub(crate) async fn make(&self, compute: &Compute) -> Result<Endpoint, Failure> {
        let addresses = self.collection("addresses");
        let path = format!("{addresses}/{}", self.name);
        let known = compute.get(&path).await?;
        let is_new = known.is_none();
        if let Some(known) = known {
            self.check(&known)?;
        } else {
            compute.insert(&addresses, &self.address_body()).await?;
        }
        let made = self.make_at(compute, &path).await;
        if made.is_err() && is_new {
            // Nothing is left behind of what could not be made whole. If that fails, too, the
            // next try finds the address.
            let _ = compute.delete(&path).await;
        }
        made
    }

    /// Makes the endpoint at an address that is reserved already; `address` is its path.
    pub(crate) async fn make_at(
        &self,
        compute: &Compute,
        address: &str,
    ) -> Result<Endpoint, Failure> {
        let rules = self.collection("forwardingRules");
        match compute.insert(&rules, &self.rule_body(address)).await {
            Ok(shown) => Endpoint::read(compute, &shown).await,
            Err(failure) => Err(self.explained(failure)),
        }
    }

    /// Where the target is not there, Google says that the endpoint itself was not found.
    fn explained(&self, failure: Failure) -> Failure {
        if failure.is_missing() {
            failure.hint(format!(
                "so it is said when there is no service attachment {}: compare --target with what \
                 `service privatelink google get` shows",
                path_of(self.target)
            ))
        } else {
            failure
        }
    }

    /// Refuses an address of that name that is not what was asked for.
    fn check(&self, known: &Value) -> Result<(), Failure> {
        let has = known.get("address").and_then(Value::as_str);
        match self.address {
            Some(desired) if has != Some(desired.to_string().as_str()) => {
                Err(Failure::refused(format!(
                    "address `{}` is there already, and is {}, not {desired}",
                    self.name,
                    has.unwrap_or("without a value")
                ))
                .hint("leave --address away to use it, or choose another name"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What reserves the address.
    pub(crate) fn address_body(&self) -> Value {
        let mut body = json!({
            "name": self.name,
            "addressType": "INTERNAL",
            "purpose": "GCE_ENDPOINT",
            "subnetwork": path_of(self.subnet),
        });
        if let (Some(address), Some(members)) = (self.address, body.as_object_mut()) {
            members.insert("address".to_owned(), json!(address));
        }
        body
    }

    /// What makes the endpoint at an address.
    pub(crate) fn rule_body(&self, address: &str) -> Value {
        let mut body = json!({
            "name": self.name,
            "target": path_of(self.target),
            "IPAddress": address,
            "network": path_of(self.network),
        });
        if let (Some(message), Some(members)) = (self.message, body.as_object_mut()) {
            members.insert("description".to_owned(), json!(message));
        }
        body
    }

    /// Path of a collection beside the endpoint.
    pub(crate) fn collection(&self, kind: &str) -> String {
        format!("projects/{}/regions/{}/{kind}", self.project, self.region)
    }
}

/// An endpoint as its owner sees it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Endpoint {
    /// Path of the forwarding rule.
    pub(crate) id: String,
    pub(crate) address: Option<String>,
    /// `PENDING`, `ACCEPTED`, `REJECTED`, `CLOSED` or `NEEDS_ATTENTION`.
    pub(crate) status: String,
    /// Digits: too large for the numbers of many readers.
    pub(crate) psc_connection_id: Option<String>,
    /// Path of the service attachment.
    pub(crate) target: String,
    /// Path of the network.
    pub(crate) network: String,
    /// Path of the subnet.
    pub(crate) subnet: String,
    /// A note of its owner's.
    pub(crate) description: String,
}

impl Endpoint {
    /// Reads the parts from a forwarding rule; its address may be shown by name only.
    pub(crate) async fn read(compute: &Compute, shown: &Value) -> Result<Self, Failure> {
        let text = |name: &str| shown.get(name).and_then(Value::as_str);
        let mut address = text("IPAddress").map(str::to_owned);
        if let Some(link) = address.as_deref().filter(|address| address.contains('/')) {
            let reserved = compute.get(path_of(link)).await?;
            address = reserved
                .as_ref()
                .and_then(|reserved| reserved.get("address")?.as_str())
                .map(str::to_owned);
        }
        Ok(Self {
            id: path_of(text("selfLink").unwrap_or_default()).to_owned(),
            address,
            status: text("pscConnectionStatus").unwrap_or_default().to_owned(),
            psc_connection_id: text("pscConnectionId").map(str::to_owned),
            target: path_of(text("target").unwrap_or_default()).to_owned(),
            network: path_of(text("network").unwrap_or_default()).to_owned(),
            subnet: path_of(text("subnetwork").unwrap_or_default()).to_owned(),
            description: text("description").unwrap_or_default().to_owned(),
        })
    }

    /// Whether a forwarding rule is an endpoint: other rules lead to balancers.
    pub(crate) fn is_one(shown: &Value) -> bool {
        let target = shown.get("target").and_then(Value::as_str);
        target.is_some_and(|target| target.contains("/serviceAttachments/"))
    }

    /// Removes an endpoint and its address.
    pub(crate) async fn delete(compute: &Compute, id: &str) -> Result<(), Failure> {
        compute.delete(id).await?;
        // Its own address has its name. One of another's making may be in use elsewhere.
        let address = id.replace("/forwardingRules/", "/addresses/");
        compute.delete(&address).await.map(drop)
    }

    /// As a row for people and scripts.
    pub(crate) fn row(&self) -> Value {
        json!({
            "id": self.id,
            "name": name_of(&self.id),
            "address": self.address,
            "status": self.status,
            "psc_connection_id": self.psc_connection_id,
            "target": self.target,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(address: Option<Ipv4Addr>) -> NewEndpoint<'static> {
        NewEndpoint {
            name: "pe",
            project: "consumer",
            region: "europe-west1",
            network: "https://www.googleapis.com/compute/v1/projects/consumer/global/networks/n",
            subnet: "projects/consumer/regions/europe-west1/subnetworks/s",
            target: "projects/p/regions/europe-west1/serviceAttachments/a",
            address,
            message: Some("team blue"),
        }
    }

    #[test]
    fn an_address_is_asked_for_by_value_only_if_one_was_named() {
        let address = Ipv4Addr::new(127, 64, 192, 9);
        assert_eq!(new(None).address_body().get("address"), None);
        let body = new(Some(address)).address_body();
        assert_eq!(body.get("address"), Some(&json!("127.64.192.9")));
    }

    #[test]
    fn links_are_sent_as_paths() {
        let body = new(None).rule_body("projects/consumer/regions/europe-west1/addresses/pe");
        assert_eq!(
            body.get("network"),
            Some(&json!("projects/consumer/global/networks/n"))
        );
        assert_eq!(body.get("description"), Some(&json!("team blue")));
        assert_eq!(body.get("ports"), None);
    }

    #[test]
    fn another_address_of_that_name_is_not_taken() {
        let known = json!({ "address": "10.0.0.5" });
        assert!(new(None).check(&known).is_ok());
        assert!(new(Some(Ipv4Addr::new(10, 0, 0, 5))).check(&known).is_ok());
        assert!(new(Some(Ipv4Addr::new(10, 0, 0, 6))).check(&known).is_err());
    }

    #[test]
    fn rules_of_balancers_are_no_endpoints() {
        let rule = |target: &str| json!({ "target": target });
        assert!(Endpoint::is_one(&rule(
            "projects/p/regions/r/serviceAttachments/a"
        )));
        assert!(!Endpoint::is_one(&rule(
            "projects/p/regions/r/targetHttpProxies/a"
        )));
        assert!(!Endpoint::is_one(&json!({ "backendService": "b" })));
    }
}
