//! Host table of an emulator: the local host behind each emulated network interface or instance.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};
use underpass_model::credentials::Secret;

use crate::client::{list, text};
use crate::failure::Failure;
use crate::http_client::{Trust, http_client};

/// Client of an emulator's admin route for hosts.
#[derive(Debug, Clone)]
pub(crate) struct HostTable {
    http: reqwest::Client,
    /// Without a trailing slash.
    admin_url: String,
    secret: Secret,
    /// Member of a mapping that contains the cloud resource.
    member: &'static str,
}

impl HostTable {
    /// The table of one emulator. `member` is `nic` or `instance`.
    ///
    /// # Errors
    /// If no HTTP client can be set up for the URL.
    pub(crate) fn new(
        member: &'static str,
        admin_url: String,
        secret: &str,
    ) -> Result<Self, Failure> {
        Ok(Self {
            http: http_client(&admin_url, Trust::System)?,
            admin_url,
            secret: Secret::new(secret.to_owned()),
            member,
        })
    }

    /// Hosts by ID of the cloud resource, as the emulator spells it.
    ///
    /// # Errors
    /// If the emulator cannot be reached or refuses the request.
    pub(super) async fn read(&self) -> Result<BTreeMap<String, String>, Failure> {
        let action = "read the emulator's host table";
        let answer = self.send(self.http.get(self.url()), action).await?;
        let body: Value = answer
            .json()
            .await
            .map_err(|error| Failure::caused(action, &error))?;
        let mut hosts = BTreeMap::new();
        for mapping in list(&body, "value")? {
            let resource = text(mapping, self.member)?.to_owned();
            hosts.insert(resource, text(mapping, "host")?.to_owned());
        }
        Ok(hosts)
    }

    /// Maps a cloud resource to a host.
    ///
    /// # Errors
    /// If the emulator cannot be reached or refuses the request.
    pub(super) async fn map(&self, resource: &str, host: IpAddr) -> Result<(), Failure> {
        let request = self
            .http
            .put(self.url())
            .json(&json!({ self.member: resource, "host": host }));
        self.send(request, "map a cloud resource to its host")
            .await
            .map(drop)
    }

    fn url(&self) -> String {
        format!("{}/hosts", self.admin_url)
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        action: &str,
    ) -> Result<reqwest::Response, Failure> {
        let request = request.bearer_auth(self.secret.expose());
        let answer = request
            .send()
            .await
            .map_err(|error| Failure::caused(action, &error))?;
        answer
            .error_for_status()
            .map_err(|error| Failure::caused(action, &error))
    }
}
