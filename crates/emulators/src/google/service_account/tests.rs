use jiff::Timestamp;
use serde_json::{Value, json};

use super::{AssertionError, ServiceAccount};
use crate::google::signing::{EMAIL, KEY_FILE, OTHER_KEY_FILE, signed, signed_under};
use crate::secret::Secret;

const NOW: i64 = 1_790_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn claims() -> Value {
    json!({ "iss": EMAIL, "sub": EMAIL, "iat": NOW, "exp": NOW + 3600, "aud": "x" })
}

/// The reason why claims like [`claims`], with some members changed, are refused.
fn refusal(changes: &[(&str, Value)]) -> Option<AssertionError> {
    let mut claims = claims();
    for (name, value) in changes {
        claims[*name] = value.clone();
    }
    let account = ServiceAccount::parse(&Secret::new(KEY_FILE)).unwrap();
    account.claims(&signed(KEY_FILE, &claims), now()).err()
}

#[test]
fn a_jwt_signed_by_the_account_is_valid() {
    assert_eq!(refusal(&[]), None);
    assert_eq!(refusal(&[("aud", json!(["x", "y"]))]), None);
}

#[test]
fn another_account_key_or_algorithm_is_refused() {
    assert_eq!(
        refusal(&[("iss", json!("other@example.com"))]),
        Some(AssertionError::UnknownAccount)
    );
    assert_eq!(
        refusal(&[("sub", json!("other@example.com"))]),
        Some(AssertionError::UnknownAccount)
    );
    let account = ServiceAccount::parse(&Secret::new(KEY_FILE)).unwrap();
    let by_another_key = signed(OTHER_KEY_FILE, &claims());
    assert_eq!(
        account.claims(&by_another_key, now()).err(),
        Some(AssertionError::Signature)
    );
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "RS512" }),
        json!({ "alg": "RS256", "kid": "another" }),
    ] {
        let token = signed_under(KEY_FILE, &header, &claims());
        let refusal = account.claims(&token, now()).err();
        assert_eq!(refusal, Some(AssertionError::Signature), "{header}");
    }
    let unnamed = signed_under(KEY_FILE, &json!({ "alg": "RS256" }), &claims());
    assert!(account.claims(&unnamed, now()).is_ok());
}

#[test]
fn a_jwt_is_valid_now_and_for_an_hour_at_most() {
    let refusal =
        |from: i64, until: i64| refusal(&[("iat", json!(NOW + from)), ("exp", json!(NOW + until))]);
    assert_eq!(refusal(-3599, 1), None);
    assert_eq!(refusal(-3600, 0), Some(AssertionError::Timeframe), "over");
    assert_eq!(
        refusal(0, 3601),
        Some(AssertionError::Timeframe),
        "too long"
    );
    assert_eq!(refusal(300, 3900), None, "a clock ahead");
    assert_eq!(
        refusal(301, 3900),
        Some(AssertionError::Timeframe),
        "too far"
    );
    assert_eq!(
        refusal(1, 1),
        Some(AssertionError::Timeframe),
        "no time at all"
    );
    assert_eq!(refusal(i64::MIN + 1, 10), Some(AssertionError::Timeframe));
}

#[test]
fn text_that_is_no_jwt_is_refused() {
    let account = ServiceAccount::parse(&Secret::new(KEY_FILE)).unwrap();
    for text in ["", ".", "..", "a.b.c", "e30.e30.e30"] {
        let refusal = account.claims(text, now()).err();
        assert_eq!(refusal, Some(AssertionError::Malformed), "{text}");
    }
}

#[test]
fn an_unusable_key_file_is_refused_without_quoting_it() {
    for content in [
        "",
        "{}",
        r#"{"client_email":"a","private_key":"hush"}"#,
        r#"{"client_email":"a","private_key":"-----BEGIN PRIVATE KEY-----\naHVzaA==\n-----END PRIVATE KEY-----\n"}"#,
    ] {
        let error = ServiceAccount::parse(&Secret::new(content)).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hush") && !text.contains("aHVz"), "{text}");
    }
}
