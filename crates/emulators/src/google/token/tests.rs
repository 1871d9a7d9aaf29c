use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::Tokens;
use crate::google::model::Caller;
use crate::google::service_account::ServiceAccount;
use crate::google::signing::{EMAIL, KEY_FILE, signed};
use crate::secret::Secret;

const NOW: i64 = 1_790_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn tokens(key: u8) -> Tokens {
    let account = ServiceAccount::parse(&Secret::new(KEY_FILE)).unwrap();
    let fixed = Secret::new("open sesame");
    Tokens::new(
        &[key; 32],
        fixed,
        None,
        Some(account),
        EMAIL.to_owned(),
        "http://127.0.0.1:1".into(),
    )
}

fn caller(tokens: &Tokens, authorization: &str, now: Timestamp) -> Caller {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, authorization.parse().unwrap());
    tokens.caller(&headers, now)
}

/// The caller that is the service account.
fn account() -> Caller {
    Caller::Principal(EMAIL.to_owned())
}

/// The caller with a self-signed JWT.
fn self_signed(member: &str, value: Value) -> Caller {
    let mut claims = json!({ "iss": EMAIL, "sub": EMAIL, "iat": NOW, "exp": NOW + 3600 });
    claims[member] = value;
    let token = signed(KEY_FILE, &claims);
    caller(&tokens(1), &format!("Bearer {token}"), now())
}

#[test]
fn no_token_is_anonymous_and_an_invalid_one_is_unknown() {
    let tokens = tokens(1);
    assert_eq!(tokens.caller(&HeaderMap::new(), now()), Caller::Anonymous);
    for text in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer open",
        "Basic open sesame",
        "Bearer ya29.",
    ] {
        assert_eq!(caller(&tokens, text, now()), Caller::Unknown, "{text}");
    }
    for text in ["Bearer open sesame", "bearer open sesame"] {
        assert_eq!(caller(&tokens, text, now()), Caller::Provider, "{text}");
    }
}

#[test]
fn an_issued_token_is_valid_until_it_expires() {
    let ours = tokens(1);
    let scopes = || vec!["https://www.googleapis.com/auth/compute".to_owned()];
    let issue = |id: &str| ours.issue_to_account(EMAIL, scopes(), id.to_owned(), now());
    let (issued, again) = (issue("1").unwrap(), issue("2").unwrap());
    assert_ne!(issued.token, again.token);
    assert_eq!(issued.seconds, 3599);
    let bearer = format!("Bearer {}", issued.token);
    assert_eq!(caller(&ours, &bearer, now() + 3598.seconds()), account());
    assert_eq!(
        caller(&ours, &bearer, now() + 3599.seconds()),
        Caller::Unknown
    );
    assert_eq!(
        caller(&tokens(2), &bearer, now()),
        Caller::Unknown,
        "another key"
    );
}

#[test]
fn a_self_signed_jwt_for_this_api_is_the_providers() {
    for audience in [
        "https://compute.googleapis.com/",
        "https://www.googleapis.com/compute/v1/",
        "http://127.0.0.1:1",
        "http://127.0.0.1:1/",
    ] {
        assert_eq!(self_signed("aud", json!(audience)), account(), "{audience}");
    }
    for audience in [
        "https://storage.googleapis.com/",
        "https://compute.googleapis.com.example/",
        "http://127.0.0.1:11/",
    ] {
        assert_eq!(
            self_signed("aud", json!(audience)),
            Caller::Unknown,
            "{audience}"
        );
    }
}

#[test]
fn a_scope_replaces_the_audience_if_it_grants_compute() {
    let scope = |names: &str| self_signed("scope", json!(names));
    let prefix = "https://www.googleapis.com/auth";
    assert_eq!(scope(&format!("{prefix}/compute")), account());
    assert_eq!(
        scope(&format!("{prefix}/x {prefix}/cloud-platform")),
        account()
    );
    assert_eq!(
        scope(&format!("{prefix}/compute.readonly")),
        Caller::Unknown
    );
    assert_eq!(scope("compute"), Caller::Unknown);
}
