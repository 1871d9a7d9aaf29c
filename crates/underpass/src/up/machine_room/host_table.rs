//! Which host of this machine stands for which machine of a cloud.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};
use underpass_model::credentials::Secret;

use crate::client::{list, text};
use crate::failure::Failure;
use crate::http_client::http_client;

/// An emulator's admin route.
#[derive(Debug, Clone)]
pub(crate) struct HostTable {
    http: reqwest::Client,
    /// Without a trailing slash.
    admin_url: String,
    secret: Secret,
    /// What the emulator calls that which is mapped.
    member: &'static str,
}

impl HostTable {
    /// The table of one emulator; `member` is the noun of its cloud.
    pub(crate) fn new(
        member: &'static str,
        admin_url: String,
        secret: &str,
    ) -> Result<Self, Failure> {
        Ok(Self {
            http: http_client(&admin_url, None)?,
            admin_url,
            secret: Secret::new(secret.to_owned()),
            member,
        })
    }

    /// Which host stands for each machine, by its id as the emulator spells it.
    pub(super) async fn read(&self) -> Result<BTreeMap<String, String>, Failure> {
        let doing = "read the emulator's host table";
        let answer = self.send(self.http.get(self.url()), doing).await?;
        let body: Value = answer
            .json()
            .await
            .map_err(|error| Failure::caused(doing, &error))?;
        let mut hosts = BTreeMap::new();
        for mapping in list(&body, "value")? {
            let machine = text(mapping, self.member)?.to_owned();
            hosts.insert(machine, text(mapping, "host")?.to_owned());
        }
        Ok(hosts)
    }

    /// Maps a machine to a host.
    pub(super) async fn map(&self, machine: &str, host: IpAddr) -> Result<(), Failure> {
        let request = self
            .http
            .put(self.url())
            .json(&json!({ self.member: machine, "host": host }));
        self.send(request, "map a machine to its host")
            .await
            .map(drop)
    }

    fn url(&self) -> String {
        format!("{}/hosts", self.admin_url)
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        doing: &str,
    ) -> Result<reqwest::Response, Failure> {
        let request = request.bearer_auth(self.secret.expose());
        let answer = request
            .send()
            .await
            .map_err(|error| Failure::caused(doing, &error))?;
        answer
            .error_for_status()
            .map_err(|error| Failure::caused(doing, &error))
    }
}
