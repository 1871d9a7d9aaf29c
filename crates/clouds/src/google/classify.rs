//! Classification of Google's error answers.
//!
//! Compute Engine reports the cause as the reason of the first error
//! (`resourceInUseByAnotherResource`). A failed operation has the same reason in capitals
//! (`RESOURCE_IN_USE_BY_ANOTHER_RESOURCE`) with status 200. Resources in use or not ready are
//! refused with status 400.

use jiff::SignedDuration;
use serde_json::Value;

use super::resource::Resource;
use crate::answer::{Answer, Unreadable};
use crate::document;
use crate::error::{Error, ErrorKind, own};

/// The maximum of characters kept of a provider's message: 1,000, several times the longest known.
const MESSAGE_LENGTH: usize = 1000;

/// The maximum of characters kept of a code: 100; the longest known has 42.
const CODE_LENGTH: usize = 100;

/// The pause while a resource is in use or not ready: 5 s, the time of a small operation.
const BUSY_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// The meaning of a code.
#[derive(Clone, Copy)]
struct Classification {
    kind: ErrorKind,
    remedy: Option<&'static str>,
}

/// Classifies an answer with an error status.
pub(super) fn refusal(action: &str, answer: &Answer) -> Error {
    let status = answer.status.as_u16();
    let error = answer.body.pointer("/error").unwrap_or(&Value::Null);
    let code = document::text(error, "/errors/0/reason")
        .or_else(|| document::text(error, "/status"))
        .map(|code| document::bounded(code, CODE_LENGTH))
        .unwrap_or_default();
    let message = document::text(error, "/message")
        .filter(|message| !message.is_empty())
        .map_or_else(
            || format!("answered HTTP {status} without an error code"),
            |message| document::bounded(message, MESSAGE_LENGTH),
        );
    let classification = by_code(&code).unwrap_or_else(|| by_status(status));
    let code = if code.is_empty() {
        format!("HTTP {status}")
    } else {
        code
    };
    let is_throttled = matches!(code.as_str(), "rateLimitExceeded" | "userRateLimitExceeded");
    Error {
        status: Some(if is_throttled { 429 } else { status }),
        ..finish(action, &code, message, classification, answer.retry_after())
    }
}

/// Classifies a failed operation, with the error in the body.
pub(super) fn failed_operation(action: &str, operation: &Value) -> Error {
    let code = document::text(operation, "/error/errors/0/code")
        .map(|code| document::bounded(code, CODE_LENGTH))
        .unwrap_or_default();
    let message = document::text(operation, "/error/errors/0/message")
        .or_else(|| document::text(operation, "/httpErrorMessage"))
        .map_or_else(
            || "the operation failed without an error code".to_owned(),
            |message| document::bounded(message, MESSAGE_LENGTH),
        );
    let status = operation
        .pointer("/httpErrorStatusCode")
        .and_then(Value::as_u64)
        .and_then(|status| u16::try_from(status).ok());
    let classification = by_code(&camel_case(&code))
        .or_else(|| status.map(by_status))
        // The request itself was accepted, so a later failure with an unknown reason may be
        // transient.
        .unwrap_or_else(|| plain(ErrorKind::Retry { after: None }));
    let code = if code.is_empty() {
        "OperationFailed".to_owned()
    } else {
        code
    };
    finish(action, &code, message, classification, None)
}

/// Classifies an answer of status 401: the token was rejected.
pub(super) fn unauthorized(action: &str, is_fresh: bool, answer: &Answer) -> Error {
    let mut error = refusal(action, answer);
    if is_fresh {
        error.kind = ErrorKind::Denied;
        error.remedy = Some("Check the account's credentials: a new token was rejected".to_owned());
    } else {
        let after = Some(SignedDuration::ZERO);
        error.kind = ErrorKind::Retry { after };
    }
    error
}

/// The error for a successful answer that cannot be parsed.
pub(super) fn unreadable(action: &str, unreadable: &Unreadable) -> Error {
    let message = format!(
        "answered HTTP {} with something else than a resource",
        unreadable.status.as_u16()
    );
    let mut error = own(ErrorKind::InDoubt, action, "UnreadableAnswer", message);
    error.remedy = Some("Check that the account's base URL is that of Compute Engine".to_owned());
    error.status = Some(unreadable.status.as_u16());
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

/// The error for a write that a read after it does not show.
pub(super) fn not_kept(action: &str, resource: &Resource) -> Error {
    own(
        ErrorKind::Conflict,
        action,
        "WriteNotKept",
        format!(
            "{resource} was written, but a read shows another state. Either the read is of an earlier \
             state, or a policy or another program reverts what is written"
        ),
    )
}

/// Reports whether an answer says that the resource does not exist. A 404 of another origin (a
/// proxy, a wrong base URL) must not be taken for an empty cloud.
pub(super) fn says_absent(answer: &Answer) -> bool {
    answer.status == http::StatusCode::NOT_FOUND
        && document::text(&answer.body, "/error/errors/0/reason") == Some("notFound")
}

/// Reports whether an error says that the resource already exists: created by an attempt whose
/// answer was lost, or by another owner.
pub(super) fn says_present(error: &Error) -> bool {
    matches!(
        error.code.as_str(),
        "alreadyExists" | "resourceAlreadyExists"
    )
}

fn by_code(code: &str) -> Option<Classification> {
    let busy = ErrorKind::Retry {
        after: Some(BUSY_PAUSE),
    };
    Some(match code {
        "resourceInUseByAnotherResource" => refused(
            busy,
            "Delete the resources that still use it, as named in the message, unless they are \
             being deleted. The step is retried automatically",
        ),
        "resourceNotReady" | "resourceOperationRateExceeded" => plain(busy),
        "rateLimitExceeded" | "userRateLimitExceeded" | "backendError" | "internalError" => {
            plain(ErrorKind::Retry { after: None })
        }
        "quotaExceeded" | "limitExceeded" => refused(
            ErrorKind::Quota,
            "Delete unused resources in the project and region, or ask Google to raise the quota \
             that the message names",
        ),
        "conditionNotMet" | "alreadyExists" | "resourceAlreadyExists" => plain(ErrorKind::Conflict),
        "notFound" | "resourceNotFound" => plain(ErrorKind::Missing),
        "accessNotConfigured" => refused(
            ErrorKind::Denied,
            "Enable the API once: `gcloud services enable compute.googleapis.com`",
        ),
        "forbidden" | "permissionDenied" | "permissionsError" => refused(
            ErrorKind::Denied,
            "`underpass account check` names each missing permission with the command that grants \
             it. A role takes effect within minutes",
        ),
        "invalid" | "required" | "badRequest" | "invalidParameter" => plain(ErrorKind::Invalid),
        _ => return None,
    })
}

/// The classification by status, for codes without a specific meaning.
const fn by_status(status: u16) -> Classification {
    plain(match status {
        401 | 403 => ErrorKind::Denied,
        404 => ErrorKind::Missing,
        409 | 412 => ErrorKind::Conflict,
        408 | 429 | 500..=599 => ErrorKind::Retry { after: None },
        _ => ErrorKind::Invalid,
    })
}

const fn plain(kind: ErrorKind) -> Classification {
    Classification { kind, remedy: None }
}

const fn refused(kind: ErrorKind, remedy: &'static str) -> Classification {
    Classification {
        kind,
        remedy: Some(remedy),
    }
}

fn finish(
    action: &str,
    code: &str,
    message: String,
    classification: Classification,
    retry_after: Option<SignedDuration>,
) -> Error {
    let kind = match classification.kind {
        ErrorKind::Retry { after } => ErrorKind::Retry {
            after: retry_after.or(after),
        },
        other => other,
    };
    let mut error = own(kind, action, code, message);
    error.remedy = classification.remedy.map(str::to_owned);
    error
}

/// `RESOURCE_NOT_READY` as `resourceNotReady`.
fn camel_case(code: &str) -> String {
    let mut words = code.split('_').map(str::to_ascii_lowercase);
    let mut text = words.next().unwrap_or_default();
    for word in words {
        let mut letters = word.chars();
        text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operations_code_is_the_requests_reason() {
        assert_eq!(
            camel_case("RESOURCE_IN_USE_BY_ANOTHER_RESOURCE"),
            "resourceInUseByAnotherResource"
        );
        assert_eq!(camel_case("NOTFOUND"), "notfound");
        assert_eq!(camel_case(""), "");
    }
}
