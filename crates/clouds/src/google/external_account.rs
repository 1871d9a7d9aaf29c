//! Workload identity federation: a token of another issuer is exchanged for one of Google (RFC 8693;
//! Google's Security Token Service; file format: AIP-4117).

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use underpass_model::credentials::Secret;

use super::impersonation::Impersonation;
use super::transport_security;
use crate::error::{Error, ErrorKind, own, unanswered};
use crate::secret_source::{BadSecret, SecretSource};
use crate::token_exchange::{ACTION, form_request, malformed};
use crate::transport::Transport;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A configuration.
#[derive(Deserialize)]
pub(super) struct ExternalAccount {
    audience: String,
    subject_token_type: String,
    token_url: String,
    credential_source: Source,
    #[serde(default)]
    service_account_impersonation_url: Option<String>,
    #[serde(default)]
    service_account_impersonation: Lifetime,
}

#[derive(Deserialize, Default)]
struct Lifetime {
    token_lifetime_seconds: Option<u32>,
}

/// The source of the other issuer's token.
#[derive(Deserialize)]
struct Source {
    file: Option<PathBuf>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    format: Format,
    environment_id: Option<String>,
    executable: Option<Value>,
    certificate: Option<Value>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[derive(Default)]
enum Format {
    #[default]
    Text,
    Json {
        subject_token_field_name: String,
    },
}

impl ExternalAccount {
    /// Parses a configuration.
    pub(super) fn parse(text: &Secret) -> Result<Self, String> {
        // The parser's message may quote the headers, which may contain a secret.
        let account: Self = serde_json::from_str(text.expose()).map_err(|_quotes| {
            "it has no audience, subject_token_type, token_url or credential_source, or one that \
             cannot be read"
                .to_owned()
        })?;
        transport_security::check(&account.token_url)?;
        if let Some(url) = &account.service_account_impersonation_url {
            transport_security::check(url)?;
        }
        let source = &account.credential_source;
        let other = [
            ("environment_id (AWS)", source.environment_id.is_some()),
            ("executable", source.executable.is_some()),
            ("certificate", source.certificate.is_some()),
        ];
        if let Some((name, _)) = other.iter().find(|(_, is_there)| *is_there) {
            return Err(format!(
                "the credential_source `{name}` is not supported. Valid sources: file, url"
            ));
        }
        if source.file.is_some() == source.url.is_some() {
            return Err("its credential_source needs either `file` or `url`".to_owned());
        }
        Ok(account)
    }

    /// Returns the service account to impersonate with the exchanged token, if there is one.
    pub(super) fn impersonation(&self) -> Option<Impersonation> {
        let url = self.service_account_impersonation_url.clone()?;
        let lifetime = self.service_account_impersonation.token_lifetime_seconds;
        Some(Impersonation::at(url, lifetime))
    }

    /// The workload identity provider.
    pub(super) fn audience(&self) -> &str {
        &self.audience
    }

    /// Reads the other issuer's token, and returns the request that exchanges it.
    pub(super) async fn request(
        &self,
        transport: &dyn Transport,
        scope: &str,
    ) -> Result<Request<Bytes>, Error> {
        let subject = self.subject_token(transport).await?;
        let members = [
            ("grant_type", GRANT),
            ("audience", &self.audience),
            ("scope", scope),
            ("requested_token_type", ACCESS_TOKEN),
            ("subject_token", subject.expose()),
            ("subject_token_type", &self.subject_token_type),
        ];
        let escaped = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let form = members.map(|(name, value)| format!("{name}={}", escaped(value)));
        form_request(&self.token_url, form.join("&"))
    }

    async fn subject_token(&self, transport: &dyn Transport) -> Result<Secret, Error> {
        let source = &self.credential_source;
        let (name, text) = match (&source.file, &source.url) {
            (Some(file), _) => {
                let file = SecretSource::File(file.clone());
                let text = file.read().map_err(|bad| bad.error(ACTION))?;
                (file.name(), text)
            }
            (None, Some(url)) => (format!("`{url}`"), source.fetch(transport, url).await?),
            (None, None) => return Err(malformed("")),
        };
        match &source.format {
            Format::Text => Ok(text),
            Format::Json {
                subject_token_field_name: field,
            } => {
                let document: Option<Value> = serde_json::from_str(text.expose()).ok();
                let found = document.as_ref().and_then(|it| it.get(field)?.as_str());
                found.map(|it| Secret::new(it.to_owned())).ok_or_else(|| {
                    let what = format!("{name} is not JSON with the text `{field}`");
                    let remedy = "Correct `credential_source.format` of the account's file";
                    BadSecret::new(what, remedy).error(ACTION)
                })
            }
        }
    }
}

impl Source {
    async fn fetch(&self, transport: &dyn Transport, url: &str) -> Result<Secret, Error> {
        const ACTION: &str = "request a token of the other issuer";
        let mut request = Request::builder().method(Method::GET).uri(url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Bytes::new())
            .map_err(|_malformed| malformed(url))?;
        let response = transport.send(request).await.map_err(|source| {
            let mut error = unanswered(ACTION, source);
            error.kind = ErrorKind::Retry { after: None };
            error
        })?;
        let status = response.status();
        let text = std::str::from_utf8(response.body()).unwrap_or_default();
        if status == StatusCode::OK && !text.trim().is_empty() {
            return Ok(Secret::new(text.trim().to_owned()));
        }
        let status = status.as_u16();
        let passes = matches!(status, 200 | 404 | 408 | 410 | 429 | 500..);
        let kind = if passes {
            ErrorKind::Retry { after: None }
        } else {
            ErrorKind::Denied
        };
        let message = format!("`{url}` answered HTTP {status} without a token");
        let mut error = own(kind, ACTION, &format!("HTTP {status}"), message);
        error.status = Some(status);
        error.remedy = Some("Check `credential_source` of the account's file".to_owned());
        Err(error)
    }
}
