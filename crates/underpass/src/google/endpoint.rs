//! Private Service Connect endpoints: a reserved address with a forwarding rule of the same name to
//! a service attachment.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::compute::Compute;
use super::path::{name_of, path_of};
use crate::failure::Failure;

/// An endpoint to be created.
pub(crate) struct NewEndpoint<'a> {
    pub(crate) name: &'a str,
    /// Project of the consumer.
    pub(crate) project: &'a str,
    /// Region of the target.
    pub(crate) region: &'a str,
    /// Path or URL of the network.
    pub(crate) network: &'a str,
    /// Path or URL of the subnet.
    pub(crate) subnet: &'a str,
    /// Path or URL of the service attachment.
    pub(crate) target: &'a str,
    pub(crate) address: Option<Ipv4Addr>,
    /// Description of the forwarding rule; the provider does not see it.
    pub(crate) message: Option<&'a str>,
}

impl NewEndpoint<'_> {
    /// Reserves the address, unless one of that name exists, and creates the endpoint.
    ///
    /// # Errors
    /// If the reserved address is another one, or the cloud refuses a request.
    pub(crate) async fn create(&self, compute: &Compute) -> Result<Endpoint, Failure> {
        let addresses = self.collection("addresses");
        let path = format!("{addresses}/{}", self.name);
        let known = compute.get(&path).await?;
        let is_new = known.is_none();
        if let Some(known) = known {
            self.check(&known)?;
        } else {
            compute.insert(&addresses, &self.address_body()).await?;
        }
        let created = self.create_at(compute, &path).await;
        if created.is_err() && is_new {
            // Releases the address again. If that fails, the next attempt uses it.
            let _ = compute.delete(&path).await;
        }
        created
    }

    /// Creates the endpoint at a reserved address; `address` is its path.
    ///
    /// # Errors
    /// If the cloud refuses the request.
    pub(crate) async fn create_at(
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

    /// Adds a hint: if the target does not exist, Google reports the endpoint as not found.
    fn explained(&self, failure: Failure) -> Failure {
        if failure.is_missing() {
            failure.hint(format!(
                "the service attachment {} may not exist: compare --target with the output of \
                 `underpass service privatelink google get SERVICE`",
                path_of(self.target)
            ))
        } else {
            failure
        }
    }

    /// Refuses an existing address of that name if another one is requested.
    fn check(&self, known: &Value) -> Result<(), Failure> {
        let has = known.get("address").and_then(Value::as_str);
        match self.address {
            Some(desired) if has != Some(desired.to_string().as_str()) => {
                Err(Failure::refused(format!(
                    "the reserved address `{}` exists already and is {}, not {desired}",
                    self.name,
                    has.unwrap_or("without a value")
                ))
                .hint("omit --address to use the reserved address, or choose another name"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Body of the request that reserves the address.
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

    /// Body of the request that creates the endpoint at an address.
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

    /// Path of a collection in the endpoint's project and region.
    pub(crate) fn collection(&self, kind: &str) -> String {
        format!("projects/{}/regions/{}/{kind}", self.project, self.region)
    }
}

/// An endpoint, as its consumer reads it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Endpoint {
    /// Path of the forwarding rule.
    pub(crate) id: String,
    pub(crate) address: Option<String>,
    /// `PENDING`, `ACCEPTED`, `REJECTED`, `CLOSED` or `NEEDS_ATTENTION`.
    pub(crate) status: String,
    /// Decimal digits, as the number is too large for many JSON parsers.
    pub(crate) psc_connection_id: Option<String>,
    /// Path of the service attachment.
    pub(crate) target: String,
    /// Path of the network.
    pub(crate) network: String,
    /// Path of the subnet.
    pub(crate) subnet: String,
    /// Description by the consumer.
    pub(crate) description: String,
}

impl Endpoint {
    /// Parses a forwarding rule, and reads its address if the rule refers to it by name.
    ///
    /// # Errors
    /// If the address cannot be read.
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

    /// Reports whether a forwarding rule is an endpoint; other rules belong to load balancers.
    pub(crate) fn is_one(shown: &Value) -> bool {
        let target = shown.get("target").and_then(Value::as_str);
        target.is_some_and(|target| target.contains("/serviceAttachments/"))
    }

    /// Deletes an endpoint and its address.
    ///
    /// # Errors
    /// If the cloud refuses a request.
    pub(crate) async fn delete(compute: &Compute, id: &str) -> Result<(), Failure> {
        compute.delete(id).await?;
        // Its own address has the same name. Another address may be in use elsewhere.
        let address = id.replace("/forwardingRules/", "/addresses/");
        compute.delete(&address).await.map(drop)
    }

    /// Members of the command line's output.
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
    fn an_address_is_requested_by_value_only_if_one_is_given() {
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
    fn another_address_of_that_name_is_refused() {
        let known = json!({ "address": "10.0.0.5" });
        assert!(new(None).check(&known).is_ok());
        assert!(new(Some(Ipv4Addr::new(10, 0, 0, 5))).check(&known).is_ok());
        assert!(new(Some(Ipv4Addr::new(10, 0, 0, 6))).check(&known).is_err());
    }

    #[test]
    fn rules_of_load_balancers_are_not_endpoints() {
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
