//! Resources of the provider in an emulated cloud, to find those that were not deleted.

use serde_json::Value;
use underpass_model::credentials::Secret;

use crate::client::list;
use crate::failure::Failure;
use crate::http_client::{Trust, http_client};

/// Client of an emulator's admin route for resources.
pub(super) struct ResourceInventory {
    http: reqwest::Client,
    /// URL without a trailing slash.
    admin_url: String,
    secret: Secret,
    /// Prefix of the IDs of the provider's resources, in lower case.
    prefix: String,
}

impl ResourceInventory {
    /// The inventory of one emulator.
    ///
    /// # Errors
    /// If no HTTP client can be set up for the URL.
    pub(super) fn new(admin_url: String, secret: &str, prefix: String) -> Result<Self, Failure> {
        Ok(Self {
            http: http_client(&admin_url, Trust::System)?,
            admin_url,
            secret: Secret::new(secret.to_owned()),
            prefix,
        })
    }

    /// IDs of all resources of the provider, in lower case.
    ///
    /// # Errors
    /// If the emulator cannot be reached or refuses the request.
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
