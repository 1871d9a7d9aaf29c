//! Classification of Azure's error answers.
//!
//! Azure reports the cause in `error.code`, sometimes only in `error.details[].code`; the HTTP
//! status counts if the code is not specific. A failed operation has the same codes with status
//! 200.

use jiff::SignedDuration;
use serde_json::Value;

use super::resource::Resource;
use crate::answer::{Answer, Unreadable};
use crate::document;
use crate::error::{Error, ErrorKind};
pub(super) use crate::error::{own, unanswered};

/// The maximum of characters kept of a provider's message: 1,000, several times the longest known.
const MESSAGE_LENGTH: usize = 1000;

/// The maximum of characters kept of a code: 100; the longest known has 82.
const CODE_LENGTH: usize = 100;

/// The maximum of characters kept of a request ID: 64, more than a GUID.
const REQUEST_ID_LENGTH: usize = 64;

/// The pause while a referenced resource is still being changed, if the answer requests none: 5 s,
/// the time of a small operation.
const BUSY_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// The attempted request; some codes have different meanings for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    Read,
    Write,
    Remove,
}

/// The meaning of a code.
#[derive(Debug, Clone, Copy)]
struct Classification {
    kind: ErrorKind,
    remedy: Option<&'static str>,
}

/// The error document of an answer.
struct Fault<'a> {
    code: &'a str,
    message: String,
    /// The codes in `error.details`, outermost first.
    details: Vec<&'a str>,
}

/// Classifies an answer with an error status.
pub(super) fn refusal(action: &str, attempt: Attempt, answer: &Answer) -> Error {
    let fault = Fault::read(answer.body.pointer("/error").unwrap_or(&answer.body));
    let status = answer.status.as_u16();
    let (code, classification) = match fault.classification() {
        Some((code, classification)) => (code.to_owned(), classification),
        None => (fault.code.to_owned(), by_status(status, attempt)),
    };
    let code = if code.is_empty() {
        format!("HTTP {status}")
    } else {
        code
    };
    let message = if fault.message.is_empty() {
        format!("answered HTTP {status} without an error code")
    } else {
        fault.message
    };
    finish(action, &code, message, classification, answer)
}

/// Classifies a failed operation: HTTP 200, with the error in the body.
pub(super) fn failed_operation(action: &str, status: &str, answer: &Answer) -> Error {
    let fault = Fault::read(answer.body.pointer("/error").unwrap_or(&Value::Null));
    let (code, classification) = match fault.classification() {
        Some((code, classification)) => (code.to_owned(), classification),
        // The request itself was accepted, so a later failure with an unknown code may be
        // transient.
        None => (fault.code.to_owned(), retry(None)),
    };
    let code = if code.is_empty() {
        format!("Operation{status}")
    } else {
        code
    };
    let message = if fault.message.is_empty() {
        format!("the operation ended as `{status}` without an error code")
    } else {
        fault.message
    };
    finish(action, &code, message, classification, answer)
}

/// Classifies an answer of status 401: the token was rejected.
pub(super) fn unauthorized(action: &str, is_fresh: bool, answer: &Answer) -> Error {
    let fault = Fault::read(answer.body.pointer("/error").unwrap_or(&Value::Null));
    let expired = fault.code == "ExpiredAuthenticationToken";
    let classification = if fault.code == "InvalidAuthenticationTokenTenant" {
        refused(
            ErrorKind::Denied,
            "Configure the tenant that the subscription belongs to (`az account show`)",
        )
    } else if is_fresh && !expired {
        refused(
            ErrorKind::Denied,
            "Check the account's tenant, client id, authority and scope: a new token was rejected",
        )
    } else {
        retry(Some(SignedDuration::ZERO))
    };
    let code = if fault.code.is_empty() {
        "HTTP 401"
    } else {
        fault.code
    }
    .to_owned();
    let message = if fault.message.is_empty() {
        "the access token was rejected".to_owned()
    } else {
        fault.message
    };
    finish(action, &code, message, classification, answer)
}

/// The error for a successful answer that cannot be parsed.
pub(super) fn unreadable(action: &str, unreadable: &Unreadable) -> Error {
    let message = format!(
        "answered HTTP {} with a body that is not JSON",
        unreadable.status.as_u16()
    );
    let mut error = own(ErrorKind::InDoubt, action, "UnreadableAnswer", message);
    error.remedy = Some("Check that the account's base URL is a resource manager's".to_owned());
    error.status = Some(unreadable.status.as_u16());
    error
}

/// The error for a missing resource that a step needs.
pub(super) fn missing(action: &str, resource: &Resource, remedy: String) -> Error {
    let message = format!(
        "{} {} does not exist",
        resource.kind().kind_name(),
        resource.id()
    );
    let mut error = own(ErrorKind::Missing, action, "NotFound", message);
    error.remedy = Some(remedy);
    error
}

/// The error for a resource that changed since the step was decided.
pub(super) fn stale(action: &str, resource: &Resource, message: &str) -> Error {
    own(
        ErrorKind::Conflict,
        action,
        "Changed",
        format!("{resource} {message}"),
    )
}

/// Reports whether an answer says that the resource, or one that contains it, does not exist.
///
/// Only these codes count: a 404 of another origin (a proxy, a wrong base URL, an unknown
/// subscription) must not be taken for an empty cloud.
pub(super) fn says_absent(answer: &Answer) -> bool {
    let code = document::text(&answer.body, "/error/code").unwrap_or_default();
    answer.status == http::StatusCode::NOT_FOUND
        && [
            "ResourceNotFound",
            "NotFound",
            "ResourceGroupNotFound",
            "ParentResourceNotFound",
        ]
        .contains(&code)
}

/// The request ID that the provider's support needs.
pub(super) fn request_id(answer: &Answer) -> Option<String> {
    let id = answer
        .header("x-ms-correlation-request-id")
        .or_else(|| answer.header("x-ms-request-id"));
    id.map(|id| document::bounded(id, REQUEST_ID_LENGTH))
}

fn finish(
    action: &str,
    code: &str,
    message: String,
    classification: Classification,
    answer: &Answer,
) -> Error {
    let kind = match classification.kind {
        ErrorKind::Retry { after } => ErrorKind::Retry {
            after: answer.retry_after().or(after),
        },
        other => other,
    };
    let must_act = match kind {
        ErrorKind::Denied | ErrorKind::Quota | ErrorKind::Invalid | ErrorKind::NotOurs => true,
        ErrorKind::Retry { .. } | ErrorKind::Conflict | ErrorKind::Missing | ErrorKind::InDoubt => {
            false
        }
    };
    let message = match request_id(answer) {
        // An operator who contacts the provider's support needs the ID.
        Some(id) if must_act => format!("{message} [request {id}]"),
        Some(_) | None => message,
    };
    Error {
        remedy: classification.remedy.map(str::to_owned),
        status: Some(answer.status.as_u16()),
        ..own(kind, action, &document::bounded(code, CODE_LENGTH), message)
    }
}

// === impl Fault ===

impl<'a> Fault<'a> {
    fn read(error: &'a Value) -> Self {
        let message = document::text(error, "/message").unwrap_or_default();
        let details = document::list(error, "/details");
        // The outer message is often generic ("A retryable error occurred.").
        let detail = details
            .iter()
            .find_map(|detail| document::text(detail, "/message"));
        let message = match detail {
            Some(detail) if detail != message => format!("{message} {detail}").trim().to_owned(),
            Some(_) | None => message.to_owned(),
        };
        Self {
            code: document::text(error, "/code").unwrap_or_default(),
            message: document::bounded(&message, MESSAGE_LENGTH),
            details: details
                .iter()
                .filter_map(|it| document::text(it, "/code"))
                .collect(),
        }
    }

    /// Returns the first code with a known meaning.
    fn classification(&self) -> Option<(&'a str, Classification)> {
        let codes = std::iter::once(self.code).chain(self.details.iter().copied());
        codes
            .into_iter()
            .find_map(|code| Some((code, by_code(code)?)))
    }
}

const fn retry(after: Option<SignedDuration>) -> Classification {
    Classification {
        kind: ErrorKind::Retry { after },
        remedy: None,
    }
}

const fn refused(kind: ErrorKind, remedy: &'static str) -> Classification {
    Classification {
        kind,
        remedy: Some(remedy),
    }
}

const fn plain(kind: ErrorKind) -> Classification {
    Classification { kind, remedy: None }
}

/// The known codes. Tests pin those of the recordings and issue threads.
fn by_code(code: &str) -> Option<Classification> {
    let classification = match code {
        "RetryableError" | "ReferencedResourceNotProvisioned" | "AnotherOperationInProgress" => {
            retry(Some(BUSY_PAUSE))
        }
        // Azure's own interfaces remain in a subnet for minutes; those of nodes stay.
        "InUseSubnetCannotBeDeleted" => refused(
            ErrorKind::Retry { after: None },
            "Delete the interfaces named in the message unless they are Azure's own, which Azure \
             deletes within minutes. The deletion is retried automatically",
        ),
        // Of a link's own service the deletion has begun before.
        "CannotDeleteLoadBalancerWithPrivateLinkService" => refused(
            ErrorKind::Retry { after: None },
            "Delete the private link service on this load balancer unless it is the link's own, \
             which Underpass deletes first. The deletion is retried automatically",
        ),
        // Its connections are read again: an endpoint may have connected after they were deleted.
        "PrivateLinkServiceWithPrivateEndpointConnectionsCannotBeDeleted" => refused(
            ErrorKind::Conflict,
            "Underpass reads the service's connections again, deletes those that came meanwhile, and \
             then the service. Ask consumers to delete endpoints that keep connecting",
        ),
        // Transient: the group will be deleted, a new alias becomes known everywhere within
        // minutes, and Azure's outages end.
        "ResourceGroupBeingDeleted"
        | "InvalidPrivateLinkServiceId"
        | "SubscriptionRequestsThrottled"
        | "TooManyRequests"
        | "InternalServerError"
        | "GatewayTimeout"
        | "ServiceUnavailable" => retry(None),
        "PreconditionFailed"
        | "PreconditionFailedEtagMismatch"
        | "ConflictError"
        | "CanceledAndSupersededDueToAnotherOperation" => plain(ErrorKind::Conflict),
        "ResourceNotFound" | "NotFound" | "ParentResourceNotFound" | "InvalidResourceReference" => {
            plain(ErrorKind::Missing)
        }
        "ResourceGroupNotFound" => refused(
            ErrorKind::Missing,
            "Create the resource group again, or correct its name in the account or project VPC",
        ),
        // Transient until the policy is set: on an adopted network the driver sets it.
        "PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled" => refused(
            ErrorKind::Missing,
            "Set privateLinkServiceNetworkPolicies of the NAT subnet to Disabled. Underpass does \
             so as part of the project VPC: check its state",
        ),
        "AuthorizationFailed" => refused(
            ErrorKind::Denied,
            "`underpass account check` names each missing action with the command that grants it. A \
             role takes effect within minutes",
        ),
        "LinkedAuthorizationFailed" => refused(
            ErrorKind::Denied,
            "Assign the account's role also where the resource is that the message names. `underpass \
             account role` prints it with the commands",
        ),
        "RequestDisallowedByPolicy" => refused(
            ErrorKind::Denied,
            "Exempt the resource group from the Azure Policy named in the message",
        ),
        "ScopeLocked" => refused(
            ErrorKind::Denied,
            "Remove the management lock named in the message",
        ),
        "SubscriptionNotFound" => refused(
            ErrorKind::Denied,
            "Correct the account's subscription, or give its service principal a role in it",
        ),
        "MissingSubscriptionRegistration" => refused(
            ErrorKind::Denied,
            "Register the provider once: `az provider register --namespace Microsoft.Network`",
        ),
        "AnotherInternalLoadBalancerExists" => refused(ErrorKind::Invalid, ANOTHER_BALANCER_REMEDY),
        "MaxAvailabilitySetsInLoadBalancerReached" => refused(ErrorKind::Quota, QUOTA_REMEDY),
        "MissingApiVersionParameter"
        | "InvalidApiVersionParameter"
        | "NoRegisteredProviderFound" => refused(
            ErrorKind::Invalid,
            "Check that the account's base URL is a resource manager's, and its region's name",
        ),
        code if code.starts_with("RulesUseSameBackendPort") => refused(
            ErrorKind::Invalid,
            "Give each component of the service its own port on the nodes",
        ),
        code if code.ends_with("QuotaExceeded") || code.ends_with("LimitReached") => {
            refused(ErrorKind::Quota, QUOTA_REMEDY)
        }
        _ => return None,
    };
    Some(classification)
}

/// The remedy for an interface in another internal load balancer.
pub(super) const ANOTHER_BALANCER_REMEDY: &str = "Register the node with a network interface that no other internal load balancer uses, or \
     delete the other link or load balancer first";

const QUOTA_REMEDY: &str =
    "Delete unused resources in the subscription and region, or ask Azure to raise the limit";

/// The classification by status, for codes without a specific meaning.
fn by_status(status: u16, attempt: Attempt) -> Classification {
    match (status, attempt) {
        // Resources in use are refused with undocumented codes; their users are deleted first.
        (400 | 409, Attempt::Remove) => refused(
            ErrorKind::Retry { after: None },
            "Delete the resources that still use it, as named in the message. The deletion is \
             retried automatically",
        ),
        (403, _) => refused(
            ErrorKind::Denied,
            "Check the roles of the account's service principal and the policies of the subscription",
        ),
        (404, Attempt::Write) => plain(ErrorKind::Missing),
        (404, Attempt::Read | Attempt::Remove) => refused(
            ErrorKind::Invalid,
            "Check that the account's base URL is a resource manager's: a 404 without a known \
             code does not prove that the resource does not exist",
        ),
        (408 | 429 | 500..=599, _) => retry(None),
        (409 | 412, _) => plain(ErrorKind::Conflict),
        _ => plain(ErrorKind::Invalid),
    }
}
