//! Refusals of requests, in the error formats of the resource manager.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::id::ResourceId;
use super::kind::Kind;
use super::reply::Reply;

/// The refusal of a request; becomes an error body.
///
/// Three services answer: the resource manager's gateway, whose error bodies have no `details`; the
/// network provider behind it, whose error bodies always have them; and the provider of private DNS,
/// whose error bodies have code and message without an `error` around them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    status: u16,
    code: String,
    message: String,
    details: Option<Vec<(String, String)>>,
    headers: Vec<(String, String)>,
    /// The body is the error itself.
    is_bare: bool,
}

impl Refusal {
    /// A refusal by the resource manager's gateway.
    pub(super) fn gateway(status: u16, code: &str, message: impl Into<String>) -> Refusal {
        let headers = match status {
            404 => vec![("x-ms-failure-cause".to_owned(), "gateway".to_owned())],
            _ => Vec::new(),
        };
        Refusal {
            status,
            code: code.to_owned(),
            message: message.into(),
            details: None,
            headers,
            is_bare: false,
        }
    }

    /// A refusal by the provider of private DNS (form reported: Azure/azure-cli#27374).
    pub(super) fn private_dns(status: u16, code: &str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            code: code.to_owned(),
            message: message.into(),
            details: None,
            headers: Vec::new(),
            is_bare: true,
        }
    }

    /// A refusal by the network resource provider.
    pub(super) fn network(status: u16, code: &str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            code: code.to_owned(),
            message: message.into(),
            details: Some(Vec::new()),
            headers: Vec::new(),
            is_bare: false,
        }
    }

    /// Status 400 from the network resource provider.
    pub(super) fn invalid(code: &str, message: impl Into<String>) -> Refusal {
        Refusal::network(400, code, message)
    }

    /// Adds one entry to `details`.
    pub(super) fn detail(mut self, code: &str, message: impl Into<String>) -> Refusal {
        self.details
            .get_or_insert_default()
            .push((code.to_owned(), message.into()));
        self
    }

    /// Adds a header.
    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Refusal {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The refusal of a request without a valid token.
    pub(super) fn unauthenticated(base_url: &str) -> Refusal {
        Refusal::gateway(
            401,
            "InvalidAuthenticationToken",
            "The access token is invalid.",
        )
        .header(
            "www-authenticate",
            format!(
                "Bearer authorization_uri=\"{base_url}/common\", error=\"invalid_token\", \
                 error_description=\"The access token is invalid.\""
            ),
        )
    }

    /// The refusal of an access token that has expired.
    pub(super) fn expired_token(base_url: &str, now: Timestamp) -> Refusal {
        let message = format!(
            "The access token expiry UTC time '{now}' is earlier than current UTC time '{now}'."
        );
        Refusal::gateway(401, "ExpiredAuthenticationToken", message.as_str()).header(
            "www-authenticate",
            format!(
                "Bearer authorization_uri=\"{base_url}/common\", error=\"invalid_token\", \
                 error_description=\"{message}\""
            ),
        )
    }

    /// The refusal of a write over another state than the tagged one.
    pub(super) fn stale_tag(requested: &str, found: &str, id: &impl std::fmt::Display) -> Refusal {
        Refusal::network(412, "PreconditionFailed", "Precondition failed.").detail(
            "PreconditionFailedEtagMismatch",
            format!(
                "Etag provided in if-match header {requested} does not match etag {found} of resource \
                 {id} in NRP data store."
            ),
        )
    }

    /// The refusal of an unknown path.
    pub(super) fn unknown_path(path: &str) -> Refusal {
        Refusal::gateway(
            404,
            "InvalidResourceType",
            format!(
                "The path '{path}' names no resource type that is served here. \
                 Check the spelling of the resource type and its parents."
            ),
        )
    }

    /// The refusal of a template deployment.
    pub(super) fn no_deployments() -> Refusal {
        Refusal::gateway(
            400,
            "DeploymentsNotSupported",
            "The emulated Azure has no template deployments, which `az network lb create`, `az \
             deployment` and Bicep send. Create the resources themselves: with `az rest --method put \
             --url '{id}?api-version=2024-05-01' --body @file`, an SDK or Terraform.",
        )
    }

    /// The refusal of a method that the path does not support.
    pub(super) fn method(method: &str, path: &str) -> Refusal {
        Refusal::gateway(
            405,
            "HttpMethodNotAllowed",
            format!("The method '{method}' is not supported on '{path}'."),
        )
    }

    /// The refusal for a missing resource.
    pub(super) fn missing(id: &ResourceId) -> Refusal {
        let (kind, name) = (id.kind(), id.name());
        let resource = match (kind, id.parent()) {
            (Kind::RecordSet(_), _) => {
                return Refusal::private_dns(
                    404,
                    "NotFound",
                    format!(
                        "The resource record '{name}' does not exist in resource group '{}' of \
                         subscription '{}'.",
                        id.group().to_ascii_lowercase(),
                        id.subscription()
                    ),
                );
            }
            // Recorded: the name alone.
            (Kind::PrivateDnsZoneGroup, _) => {
                return Refusal::network(404, "NotFound", format!("Resource {name} not found."));
            }
            (Kind::VirtualNetworkLink, Some(zone)) => format!(
                "{}/{}/{}/{name}",
                zone.kind().full_type(),
                zone.name(),
                kind.collection()
            ),
            (_, Some(_)) => {
                return Refusal::network(404, "NotFound", format!("Resource {id} not found."));
            }
            (_, None) => format!("{}/{name}", kind.full_type()),
        };
        Refusal::gateway(
            404,
            "ResourceNotFound",
            format!(
                "The Resource '{resource}' under resource group '{}' was not found. \
                 For more details please go to https://aka.ms/ARMResourceNotFoundFix",
                id.group(),
            ),
        )
    }

    /// The refusal for a missing parent of a resource in one of its collections.
    pub(super) fn missing_parent(parent: &ResourceId, collection: &str, verb: &str) -> Refusal {
        let kind = format!("{}/{collection}", parent.kind().collection());
        Refusal::gateway(
            404,
            "ParentResourceNotFound",
            format!(
                "Failed to perform '{verb}' on resource(s) of type '{kind}', because the parent \
                 resource '{parent}' could not be found."
            ),
        )
    }

    /// The refusal for a missing resource group.
    pub(super) fn missing_group(name: &str) -> Refusal {
        Refusal::gateway(
            404,
            "ResourceGroupNotFound",
            format!("Resource group '{name}' could not be found."),
        )
    }

    /// The refusal of a write in a resource group that is being deleted.
    pub(super) fn group_being_deleted(id: &ResourceId) -> Refusal {
        Refusal::gateway(
            409,
            "ResourceGroupBeingDeleted",
            format!(
                "The resource group '{}' is in deprovisioning state and cannot perform this \
                 operation. Wait until it is deleted.",
                id.group()
            ),
        )
    }

    /// The refusal of a body that does not have the form its type requires.
    pub(super) fn malformed(what: impl std::fmt::Display) -> Refusal {
        Refusal::invalid("InvalidRequestFormat", "Cannot parse the request.")
            .detail("InvalidJson", what.to_string())
    }

    /// The `error` member of the body.
    pub(super) fn error(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(details), Some(members)) = (&self.details, error.as_object_mut()) {
            let details: Vec<Value> = details
                .iter()
                .map(|(code, message)| json!({ "code": code, "message": message }))
                .collect();
            members.insert("details".to_owned(), Value::Array(details));
        }
        error
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Reply {
        let error = refusal.error();
        let body = if refusal.is_bare {
            error
        } else {
            json!({ "error": error })
        };
        Reply {
            status: refusal.status,
            headers: refusal.headers,
            body: Some(body),
        }
    }
}
