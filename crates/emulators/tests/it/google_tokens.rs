use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::google_emulator::{Emulator, PROJECT, TOKEN, options};
use crate::signing::{EMAIL, KEY_FILE, OTHER_KEY_FILE, signed};

const GRANT: &str = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// Claims that are valid for an hour from now.
#[expect(
    clippy::disallowed_methods,
    reason = "the emulator under test reads the clock, so the claims must be valid today"
)]
fn claims(audience: &str, scope: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = now.as_secs();
    json!({ "iss": EMAIL, "aud": audience, "scope": scope, "iat": now, "exp": now + 3600 })
}

async fn exchange(emulator: &Emulator, form: String) -> (StatusCode, Value) {
    let request = emulator.client.post(emulator.url("/token")).body(form);
    let reply = request.send().await.unwrap();
    assert_eq!(reply.headers()["cache-control"], "no-store");
    (reply.status(), reply.json().await.unwrap())
}

async fn exchange_claims(emulator: &Emulator, key: &str, claims: &Value) -> (StatusCode, Value) {
    let assertion = signed(key, claims);
    exchange(emulator, format!("{GRANT}&assertion={assertion}")).await
}

#[tokio::test]
async fn a_signed_jwt_is_exchanged_for_a_token_that_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let mut tokens = Vec::new();
    for audience in [TOKEN_URI.to_owned(), emulator.url("/token")] {
        let (status, reply) = exchange_claims(&emulator, KEY_FILE, &claims(&audience, SCOPE)).await;
        assert_eq!(status, 200, "{reply:#}");
        assert_eq!(reply["expires_in"], 3599);
        assert_eq!(reply["token_type"], "Bearer");
        let token = reply["access_token"].as_str().unwrap();
        assert!(token.starts_with("ya29."), "{token}");
        assert_eq!(emulator.status_for(token).await, 200);
        tokens.push(token.to_owned());
    }
    assert_ne!(tokens[0], tokens[1]);
    emulator.stop().await;

    let emulator = Emulator::start(directory.path()).await;
    for token in tokens {
        assert_eq!(emulator.status_for(&token).await, 200);
    }
    emulator.stop().await;
}

#[tokio::test]
async fn invalid_assertions_are_refused_in_oauths_format() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let mut expired = claims(TOKEN_URI, SCOPE);
    expired["iat"] = json!(1_700_000_000);
    expired["exp"] = json!(1_700_003_600);
    let mut other_account = claims(TOKEN_URI, SCOPE);
    other_account["iss"] = json!("other@else.iam.gserviceaccount.com");
    let valid = claims(TOKEN_URI, SCOPE);
    for (key, claims, error, text) in [
        (
            OTHER_KEY_FILE,
            &valid,
            "invalid_grant",
            "Invalid JWT Signature.",
        ),
        (
            KEY_FILE,
            &other_account,
            "invalid_grant",
            "account not found",
        ),
        (KEY_FILE, &expired, "invalid_grant", "short-lived token"),
        (
            KEY_FILE,
            &claims("https://x/token", SCOPE),
            "invalid_grant",
            TOKEN_URI,
        ),
        (
            KEY_FILE,
            &claims(TOKEN_URI, ""),
            "invalid_scope",
            "Empty or missing scope",
        ),
        (
            KEY_FILE,
            &claims(TOKEN_URI, "openid"),
            "invalid_scope",
            "auth/compute",
        ),
    ] {
        let (status, reply) = exchange_claims(&emulator, key, claims).await;
        assert_eq!(status, 400, "{text}: {reply:#}");
        assert_eq!(reply["error"], error, "{text}");
        let description = reply["error_description"].as_str().unwrap();
        assert!(description.contains(text), "{description}");
    }
    for (form, error) in [
        (String::new(), "invalid_request"),
        (GRANT.to_owned(), "invalid_request"),
        ("grant_type=%FF".to_owned(), "invalid_request"),
        (
            "grant_type=refresh_token".to_owned(),
            "unsupported_grant_type",
        ),
        (format!("{GRANT}&assertion=x"), "invalid_grant"),
    ] {
        let (status, reply) = exchange(&emulator, form.clone()).await;
        assert_eq!(
            (status.as_u16(), &reply["error"]),
            (400, &json!(error)),
            "{form}"
        );
    }
    emulator.stop().await;
}

#[tokio::test]
async fn without_an_account_no_assertion_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(directory.path());
    options.service_account = None;
    let emulator = Emulator::start_with(options).await;
    let claims = claims(TOKEN_URI, SCOPE);
    let (status, reply) = exchange_claims(&emulator, KEY_FILE, &claims).await;
    assert_eq!(
        (status.as_u16(), &reply["error"]),
        (400, &json!("invalid_grant"))
    );
    assert_eq!(emulator.status_for(&signed(KEY_FILE, &claims)).await, 401);
    assert_eq!(emulator.status_for(TOKEN).await, 200);
    emulator.stop().await;
}

#[tokio::test]
async fn a_self_signed_jwt_is_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let claim = |audience: &str| signed(KEY_FILE, &claims(audience, ""));
    let api = claim("https://compute.googleapis.com/");
    assert_eq!(emulator.status_for(&api).await, 200);
    let own = claim(emulator.handle.base_url());
    assert_eq!(emulator.status_for(&own).await, 200);
    let storage = claim("https://storage.googleapis.com/");
    assert_eq!(emulator.status_for(&storage).await, 401);
    emulator.stop().await;
}

#[tokio::test]
async fn only_the_providers_project_needs_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    assert_eq!(emulator.status_for(TOKEN).await, 200);
    assert_eq!(emulator.status_for("wrong").await, 401);
    let url = emulator.url(&format!("/compute/v1/projects/{PROJECT}/global/networks"));
    let anonymous = emulator.client.get(url).send().await.unwrap();
    assert_eq!(anonymous.status(), 401);
    let refusal: Value = anonymous.json().await.unwrap();
    assert_eq!(
        refusal["error"]["errors"][0]["reason"], "required",
        "{refusal:#}"
    );
    emulator.consumer().get("global/networks").await;
    emulator.stop().await;
}
