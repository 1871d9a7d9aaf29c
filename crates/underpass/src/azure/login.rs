//! Access tokens of Microsoft Entra ID, by the OAuth 2.0 client credentials grant.

use error_reporter::Report;
use serde_json::Value;
use underpass_model::credentials::Secret;

use crate::failure::Failure;

/// Client credentials of a tenant.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
}

impl Login {
    /// Login of a consumer: the emulator accepts any client and secret outside the provider's tenant.
    pub(crate) fn consumer(tenant: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            client_id: "underpass-consumer".to_owned(),
            client_secret: Secret::new("underpass-consumer".to_owned()),
        }
    }

    /// Requests a token, which is valid for about an hour.
    ///
    /// # Errors
    /// If the authority cannot be reached or rejects the credentials.
    pub(super) async fn token(
        &self,
        http: &reqwest::Client,
        authority: &str,
    ) -> Result<Secret, Failure> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose()),
            ("scope", "https://management.azure.com/.default"),
        ];
        let body: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let url = format!("{authority}/{}/oauth2/v2.0/token", encode(&self.tenant));
        let answer = http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"))
            .send()
            .await
            .map_err(|error| {
                Failure::refused(format!("sign in at {authority}: {}", Report::new(&error)))
            })?;
        let status = answer.status();
        let body: Value = answer.json().await.map_err(|error| {
            Failure::refused(format!("sign in at {authority}: {}", Report::new(&error)))
        })?;
        match body.get("access_token").and_then(Value::as_str) {
            Some(token) if status.is_success() => Ok(Secret::new(token.to_owned())),
            _ => {
                let why = body.get("error_description").and_then(Value::as_str);
                let why = why.map_or_else(|| status.to_string(), str::to_owned);
                Err(Failure::refused(format!(
                    "sign in to tenant {}: {why}",
                    self.tenant
                )))
            }
        }
    }
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
