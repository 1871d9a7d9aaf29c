use jiff::Timestamp;
use serde_json::{Value, json};

use super::{ServiceAccount, Unproven};
use crate::google::signing::{EMAIL, KEY_FILE, OTHER_KEY_FILE, signed, signed_under};
use crate::secret::Secret;

const NOW: i64 = 1_790_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn claims() -> Value {
    json!({ "iss": EMAIL, "sub": EMAIL, "iat": NOW, "exp": NOW + 3600, "aud": "x" })
}

/// The refusal of a claim like [`claims`] with other members.
fn refusal(changes: &[(&str, Value)]) -> Option<Unproven> {
    let mut claims = claims();
    for (name, value) in changes {
        claims[*name] = value.clone();
    }
    let account = ServiceAccount::read(&Secret::new(KEY_FILE)).unwrap();
    account.claims(&signed(KEY_FILE, &claims), now()).err()
}

#[test]
fn a_claim_by_the_accounts_key_is_proven() {
    assert_eq!(refusal(&[]), None);
    assert_eq!(refusal(&[("aud", json!(["x", "y"]))]), None);
}

#[test]
fn another_account_key_or_algorithm_proves_nothing() {
    assert_eq!(
        refusal(&[("iss", json!("somebody"))]),
        Some(Unproven::UnknownAccount)
    );
    assert_eq!(
        refusal(&[("sub", json!("somebody"))]),
        Some(Unproven::UnknownAccount)
    );
    let account = ServiceAccount::read(&Secret::new(KEY_FILE)).unwrap();
    let foreign = signed(OTHER_KEY_FILE, &claims());
    assert_eq!(
        account.claims(&foreign, now()).err(),
        Some(Unproven::Signature)
    );
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "RS512" }),
        json!({ "alg": "RS256", "kid": "another" }),
    ] {
        let token = signed_under(KEY_FILE, &header, &claims());
        let refusal = account.claims(&token, now()).err();
        assert_eq!(refusal, Some(Unproven::Signature), "{header}");
    }
    let unnamed = signed_under(KEY_FILE, &json!({ "alg": "RS256" }), &claims());
    assert!(account.claims(&unnamed, now()).is_ok());
}

#[test]
fn a_claim_holds_for_an_hour_at_most_and_only_now() {
    let refusal =
        |from: i64, until: i64| refusal(&[("iat", json!(NOW + from)), ("exp", json!(NOW + until))]);
    assert_eq!(refusal(-3599, 1), None);
    assert_eq!(refusal(-3600, 0), Some(Unproven::Timeframe), "over");
    assert_eq!(refusal(0, 3601), Some(Unproven::Timeframe), "too long");
    assert_eq!(refusal(300, 3900), None, "a clock ahead");
    assert_eq!(refusal(301, 3900), Some(Unproven::Timeframe), "too far");
    assert_eq!(refusal(1, 1), Some(Unproven::Timeframe), "no time at all");
    assert_eq!(refusal(i64::MIN + 1, 10), Some(Unproven::Timeframe));
}

#[test]
fn text_that_is_no_claim_is_refused() {
    let account = ServiceAccount::read(&Secret::new(KEY_FILE)).unwrap();
    for text in ["", ".", "..", "a.b.c", "e30.e30.e30"] {
        let refusal = account.claims(text, now()).err();
        assert_eq!(refusal, Some(Unproven::Malformed), "{text}");
    }
}

#[test]
fn a_key_file_that_cannot_be_used_is_refused_without_showing_it() {
    for content in [
        "",
        "{}",
        r#"{"client_email":"a","private_key":"hush"}"#,
        r#"{"client_email":"a","private_key":"-----BEGIN PRIVATE KEY-----\naHVzaA==\n-----END PRIVATE KEY-----\n"}"#,
    ] {
        let error = ServiceAccount::read(&Secret::new(content)).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hush") && !text.contains("aHVz"), "{text}");
    }
}
