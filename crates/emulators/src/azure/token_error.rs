//! Error responses of the token endpoints (RFC 6749 section 5.2), with Entra's codes.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use serde_json::json;
use underpass_http_server::BodyError;

use crate::http_message::form_refusal;
use crate::ids;

/// The reason why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenError {
    /// The tenant in the path is not a GUID.
    NotATenant,
    /// The body cannot be read.
    Body(BodyError),
    /// The body is not a form.
    NotAForm,
    /// The grant type is not client credentials.
    Grant,
    /// There is no client ID.
    NoClient,
    /// There is neither a secret nor an assertion.
    NoSecret,
    /// The assertion is not of the only type.
    AssertionType,
    /// The assertion is not a JSON Web Token with the required claims.
    AssertionMalformed,
    /// The app has no such certificate, or another key signed.
    UnknownCertificate,
    /// The assertion is that of another client.
    AssertionClient,
    /// The assertion is not for this token endpoint.
    AssertionAudience,
    /// The assertion is not valid now.
    AssertionTime,
    /// No federated credential has the issuer of the token.
    FederatedIssuer,
    /// None of the issuer's has the subject of the token.
    FederatedSubject,
    /// The federated credential has another audience.
    FederatedAudience,
    /// None of the issuer's keys signed the token.
    AssertionSignature,
    /// There is neither a `scope` ending in `/.default` nor a `resource`.
    Scope,
    /// The provider's tenant has no such client.
    UnknownClient,
    /// The provider's client has another secret.
    WrongSecret,
    /// The token could not be encoded.
    Unwritable,
}

impl From<BodyError> for TokenError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl TokenError {
    /// The number after `AADSTS` (reference: "Microsoft Entra authentication error codes").
    pub(super) fn code(self) -> u32 {
        match self {
            Self::NotATenant => 900_023,
            Self::Body(_) | Self::NotAForm | Self::NoClient | Self::AssertionType => 900_144,
            Self::Grant => 70_003,
            Self::NoSecret => 7_000_216,
            Self::AssertionMalformed => 50_027,
            Self::UnknownCertificate => 700_027,
            Self::AssertionClient => 700_021,
            Self::AssertionAudience => 700_023,
            Self::AssertionTime => 700_024,
            Self::FederatedIssuer => 700_211,
            Self::FederatedSubject => 700_213,
            Self::FederatedAudience => 700_212,
            Self::AssertionSignature => 50_013,
            Self::Scope => 1_002_012,
            Self::UnknownClient => 700_016,
            Self::WrongSecret => 7_000_215,
            Self::Unwritable => 90_033,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Body(error) => form_refusal(error).0,
            Self::NotATenant
            | Self::NotAForm
            | Self::Grant
            | Self::NoClient
            | Self::Scope
            | Self::AssertionType
            | Self::UnknownClient => StatusCode::BAD_REQUEST,
            Self::NoSecret
            | Self::WrongSecret
            | Self::AssertionMalformed
            | Self::UnknownCertificate
            | Self::AssertionClient
            | Self::AssertionAudience
            | Self::AssertionTime
            | Self::FederatedIssuer
            | Self::FederatedSubject
            | Self::FederatedAudience
            | Self::AssertionSignature => StatusCode::UNAUTHORIZED,
            Self::Unwritable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The `error` member (RFC 6749 section 5.2).
    fn kind(self) -> &'static str {
        match self {
            Self::Body(_)
            | Self::NotATenant
            | Self::NotAForm
            | Self::NoClient
            | Self::AssertionType => "invalid_request",
            Self::Grant => "unsupported_grant_type",
            Self::Scope => "invalid_scope",
            Self::UnknownClient => "unauthorized_client",
            Self::NoSecret
            | Self::WrongSecret
            | Self::AssertionMalformed
            | Self::UnknownCertificate
            | Self::AssertionClient
            | Self::AssertionAudience
            | Self::AssertionTime
            | Self::FederatedIssuer
            | Self::FederatedSubject
            | Self::FederatedAudience
            | Self::AssertionSignature => "invalid_client",
            Self::Unwritable => "temporarily_unavailable",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Body(error) => form_refusal(error).1,
            Self::NotATenant => {
                "Specified tenant identifier is not valid. Use the tenant's GUID. In the emulator, any \
                 GUID but the provider's is a consumer's tenant."
            }
            Self::NotAForm => {
                "The request body must be a form (application/x-www-form-urlencoded)."
            }
            Self::Grant => {
                "The app requested an unsupported grant type. The emulator supports \
                 'client_credentials' only."
            }
            Self::NoClient => "The request body must contain the following parameter: 'client_id'.",
            Self::NoSecret => {
                "'client_assertion' or 'client_secret' is required for the 'client_credentials' \
                 grant type."
            }
            Self::AssertionType => {
                "The request body must contain the following parameter: 'client_assertion_type', \
                 with the value 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'."
            }
            Self::AssertionMalformed => "Invalid JWT token: it is malformed.",
            Self::UnknownCertificate => {
                "The certificate with identifier used to sign the client assertion is not \
                 registered on application."
            }
            Self::AssertionClient => {
                "Client assertion application identifier doesn't match 'client_id' parameter."
            }
            Self::AssertionAudience => {
                "Client assertion audience claim does not match Realm issuer."
            }
            Self::AssertionTime => "Client assertion is not within its valid time range.",
            Self::FederatedIssuer => {
                "No matching federated identity record found for presented assertion issuer."
            }
            Self::FederatedSubject => {
                "No matching federated identity record found for presented assertion subject."
            }
            Self::FederatedAudience => {
                "No matching federated identity record found for presented assertion audience."
            }
            Self::AssertionSignature => "Assertion failed signature validation.",
            Self::Scope => {
                "The provided value for scope is not valid. Client credential flows must have a \
                 scope value with /.default suffixed to the resource identifier."
            }
            Self::UnknownClient => {
                "Application was not found in the directory. The provider's tenant has one client \
                 only. Use its ID, or sign in to another tenant as a consumer."
            }
            Self::WrongSecret => {
                "Invalid client secret provided. Use the content of the provider's secret file, or \
                 sign in to another tenant as a consumer."
            }
            Self::Unwritable => "A transient error has occurred. Please try again.",
        }
    }

    pub(super) fn reply(self, now: Timestamp) -> Response {
        let code = self.code();
        let time = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let [trace, correlation] =
            [(); 2].map(|()| ids::guid().map_or_else(|_| String::new(), |guid| guid.to_string()));
        let text = self.text();
        let description = format!(
            "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}"
        );
        let body = json!({
            "error": self.kind(),
            "error_description": description,
            "error_codes": [code],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
        });
        (self.status(), [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}
