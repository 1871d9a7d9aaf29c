//! A look behind the scenes of an emulated cloud, for leftovers.

use serde_json::Value;
use underpass_model::credentials::Secret;

use crate::client::list;
use crate::failure::Failure;
use crate::http_client::http_client;

/// An emulator's admin route.
pub(super) struct ResourceInventory {
    http: reqwest::Client,
    /// Without a trailing slash.
    admin_url: String,
    secret: Secret,
    /// What ids of the provider's resources begin with, in lower case.
    prefix: String,
}

impl ResourceInventory {
    pub(super) fn new(admin_url: String, secret: &str, prefix: String) -> Result<Self, Failure> {
        Ok(Self {
            http: http_client(&admin_url, None)?,
            admin_url,
            secret: Secret::new(secret.to_owned()),
            prefix,
        })
    }

    /// Every resource of the provider, in lower case.
    pub(super) async fn resources(&self) -> Result<Vec<String>, Failure> {
        let action = "list the resources of an emulated cloud";
        let answer = self
            .http
            .get(format!("{}/resources", self.admin_url))
            .bearer_auth(self.secret.expose())
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(|error| Failure::caused(action, &error))?;
        let body: Value = answer
            .json()
            .await
            .map_err(|error| Failure::caused(action, &error))?;
        let ids = list(&body, "value")?
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_lowercase);
        Ok(ids.filter(|id| id.starts_with(&self.prefix)).collect())
    }
}
