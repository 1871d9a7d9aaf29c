use jiff::SignedDuration;
use serde_json::json;
use underpass_clouds::{Error, ErrorKind, Side};
use underpass_model::part::{AzurePart, AzureSpec, Part, Spec};
use underpass_model::reconcile::{Recovery, Step};

use crate::script::{Reply, json as reply};
use crate::world::{BALANCER, absent, perform, put, refused, signed_in, target};

/// The error of a create that is answered so.
fn of_write(answer: Reply) -> Error {
    let script = signed_in();
    script
        .on(&format!("GET {BALANCER}"), absent())
        .on(&format!("PUT {BALANCER}"), answer);
    let spec = Spec::Azure(AzureSpec::Balancer {
        rules: std::collections::BTreeSet::new(),
        pools: std::collections::BTreeSet::new(),
    });
    perform(
        &script,
        &target(),
        &put(Part::Azure(AzurePart::Balancer), spec, None),
    )
    .unwrap_err()
}

/// The error of a read that is answered so.
fn of_read(answer: Reply) -> Error {
    let script = signed_in();
    script.on(&format!("GET {BALANCER}"), answer);
    perform(
        &script,
        &target(),
        &Step::Read(Part::Azure(AzurePart::Balancer)),
    )
    .unwrap_err()
}

const RETRY: ErrorKind = ErrorKind::Retry { after: None };
const BUSY: ErrorKind = ErrorKind::Retry {
    after: Some(SignedDuration::from_secs(5)),
};

#[test]
fn every_known_code_has_one_meaning() {
    let table = [
        (
            400,
            "PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled",
            ErrorKind::Missing,
        ),
        (
            400,
            "PrivateLinkServiceNetworkPoliciesCannotBeEnabledOnPrivateLinkServiceSubnet",
            ErrorKind::Invalid,
        ),
        (400, "InvalidResourceReference", ErrorKind::Missing),
        (
            400,
            "RulesUseSameBackendPortProtocolAndPool",
            ErrorKind::Invalid,
        ),
        (400, "InvalidPrivateLinkServiceId", RETRY),
        (400, "PublicIPCountLimitReached", ErrorKind::Quota),
        (400, "QuotaExceeded", ErrorKind::Quota),
        (
            400,
            "MaxAvailabilitySetsInLoadBalancerReached",
            ErrorKind::Quota,
        ),
        (400, "MissingApiVersionParameter", ErrorKind::Invalid),
        (400, "NoRegisteredProviderFound", ErrorKind::Invalid),
        (400, "InUseSubnetCannotBeDeleted", RETRY),
        (400, "SomethingNew", ErrorKind::Invalid),
        (403, "AuthorizationFailed", ErrorKind::Denied),
        (403, "LinkedAuthorizationFailed", ErrorKind::Denied),
        (403, "RequestDisallowedByPolicy", ErrorKind::Denied),
        (403, "SomethingNew", ErrorKind::Denied),
        (404, "ResourceGroupNotFound", ErrorKind::Missing),
        (404, "ParentResourceNotFound", ErrorKind::Missing),
        (404, "SubscriptionNotFound", ErrorKind::Denied),
        (409, "AnotherOperationInProgress", BUSY),
        (409, "ConflictError", ErrorKind::Conflict),
        (
            409,
            "CanceledAndSupersededDueToAnotherOperation",
            ErrorKind::Conflict,
        ),
        (409, "MissingSubscriptionRegistration", ErrorKind::Denied),
        (409, "ScopeLocked", ErrorKind::Denied),
        (409, "ResourceGroupBeingDeleted", RETRY),
        (409, "SomethingNew", ErrorKind::Conflict),
        (412, "PreconditionFailed", ErrorKind::Conflict),
        (429, "RetryableError", BUSY),
        (429, "SubscriptionRequestsThrottled", RETRY),
        (429, "SomethingNew", RETRY),
        (500, "InternalServerError", RETRY),
        (503, "SomethingNew", RETRY),
    ];
    for (status, code, kind) in table {
        let error = of_write(refused(status, code, "Because."));
        assert_eq!(
            (error.kind, error.code.as_str()),
            (kind, code),
            "{status} {code}"
        );
        let must_act = matches!(kind, ErrorKind::Denied | ErrorKind::Quota);
        assert!(!must_act || error.remedy.is_some(), "{code} needs a remedy");
    }
}

#[test]
fn the_details_decide_where_the_code_says_nothing() {
    let details = json!([{
        "code": "ReferencedResourceNotProvisioned",
        "message": "Cannot proceed: subnet is Updating.",
    }]);
    let error = json!({"code": "Whatever", "message": "An error occurred.", "details": details});
    let error = of_write(reply(429, &json!({"error": error})));
    assert_eq!(error.kind, BUSY);
    insta::assert_snapshot!(error, @"create load balancer `up-s0a1b2c3d4e5-lb`: An error occurred. Cannot proceed: subnet is Updating. (ReferencedResourceNotProvisioned)");
}

#[test]
fn the_providers_own_pause_is_honoured_and_bounded() {
    let throttled = || refused(429, "TooManyRequests", "Slow down.");
    let error = of_write(throttled().with("retry-after", "17"));
    assert_eq!(
        error.kind,
        ErrorKind::Retry {
            after: Some(SignedDuration::from_secs(17))
        }
    );
    let error = of_write(throttled().with("retry-after", "2.5"));
    assert_eq!(
        error.kind,
        ErrorKind::Retry {
            after: Some(SignedDuration::from_millis(2_500))
        }
    );
    let error = of_write(throttled().with("retry-after", "999999999"));
    assert_eq!(
        error.kind,
        ErrorKind::Retry {
            after: Some(SignedDuration::from_hours(1))
        }
    );
    let recovery = error.failure().recovery;
    assert_eq!(
        recovery,
        Recovery::Retry {
            after: Some(SignedDuration::from_hours(1))
        }
    );
}

#[test]
fn who_must_act_is_told_the_request_id() {
    let denied = refused(403, "AuthorizationFailed", "The client may not.")
        .with("x-ms-correlation-request-id", "corr-1");
    let error = of_write(denied);
    insta::assert_snapshot!(error, @"create load balancer `up-s0a1b2c3d4e5-lb`: The client may not. [request corr-1] (AuthorizationFailed)");
    insta::assert_snapshot!(error.remedy.unwrap(), @"`underpass account check` names each missing action with the command that grants it. A role takes effect within minutes. It needs Microsoft.Network/loadBalancers/write, Microsoft.Network/virtualNetworks/subnets/join/action");
}

#[test]
fn only_known_codes_say_that_nothing_is_there() {
    for answer in [
        Reply::Answer(404, Vec::new(), "<html>nginx</html>".to_owned()),
        refused(404, "InvalidResourceType", "No such type."),
        refused(404, "SubscriptionNotFound", "No such subscription."),
    ] {
        let error = of_read(answer);
        assert!(
            matches!(error.kind, ErrorKind::Invalid | ErrorKind::Denied),
            "{error}"
        );
        assert!(error.remedy.is_some());
    }
}

#[test]
fn an_answer_that_is_no_resource_is_not_believed() {
    for body in ["<html>welcome</html>", "[]", "\"x\"", ""] {
        let error = of_read(Reply::Answer(200, Vec::new(), body.to_owned()));
        assert_eq!(error.kind, ErrorKind::InDoubt, "{body}");
    }
}

#[test]
fn a_request_without_an_answer_is_in_doubt_only_if_it_was_sent() {
    let unsent = of_write(Reply::NotSent);
    assert_eq!((unsent.kind, unsent.side()), (RETRY, Side::Provider));
    let lost = of_write(Reply::Lost);
    assert_eq!(
        (lost.kind, lost.side()),
        (ErrorKind::InDoubt, Side::Network)
    );
    assert!(std::error::Error::source(&lost).is_some());
}

#[test]
fn a_page_of_a_gateway_does_not_flood_the_message() {
    let error = of_write(Reply::Answer(502, Vec::new(), "<html>".repeat(100_000)));
    assert_eq!(error.kind, RETRY);
    insta::assert_snapshot!(error, @"create load balancer `up-s0a1b2c3d4e5-lb`: answered HTTP 502 without an error code (HTTP 502)");
    let error = of_write(refused(400, &"C".repeat(5000), &"m".repeat(100_000)));
    assert!(error.to_string().len() < 2000);
}
