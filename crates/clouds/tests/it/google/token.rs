use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use underpass_clouds::google::Credentials;
use underpass_clouds::{Cloud as _, ErrorKind, SecretSource};
use underpass_model::credentials::Secret;
use underpass_model::part::{GooglePart, Part};
use underpass_model::reconcile::Step;

use super::world::{absent, driver, given, later, now, refused, target};
use crate::script::{Script, json as reply, run};

/// Made for these tests; it opens nothing.
const KEY_FILE: &str = include_str!("../../fixtures/test-only-service-account.json");

fn token(name: &str) -> crate::script::Reply {
    reply(
        200,
        &json!({"access_token": name, "expires_in": 3599, "token_type": "Bearer"}),
    )
}

/// The public key that verifies the signatures.
fn public_key() -> Vec<u8> {
    let file: Value = serde_json::from_str(KEY_FILE).unwrap();
    let pem = file["private_key"].as_str().unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap();
    key.public().as_ref().to_vec()
}

/// A step of one exchange.
fn one() -> Step {
    Step::Delete(Part::Google(GooglePart::ForwardingRule))
}

fn service_account() -> Credentials {
    Credentials::File(SecretSource::Given(Secret::new(KEY_FILE.to_owned())))
}

#[test]
fn a_service_account_signs_for_a_token_and_keeps_it() {
    let script = Script::new();
    script
        .on("POST /token", token("t1"))
        .on("GET /up-s0a1b2c3d4e5-fr", absent())
        .on("GET /up-s0a1b2c3d4e5-fr", absent())
        .on("POST /token", token("t2"))
        .on("GET /up-s0a1b2c3d4e5-fr", absent());
    let google = driver(&script, service_account());
    for time in [now(), later(3538), later(3539)] {
        run(google.perform(&target(), &one(), time)).unwrap();
    }
    script.assert_done();
    let asked = script.asked();
    assert_eq!(asked[1].header("authorization"), Some("Bearer t1"));
    assert_eq!(asked[4].header("authorization"), Some("Bearer t2"));
    let assertion = asked[0].body.split("assertion=").nth(1).unwrap();
    let assertion = assertion
        .replace("%2E", ".")
        .replace("%2D", "-")
        .replace("%5F", "_");
    let parts: Vec<_> = assertion.split('.').collect();
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let claims: Value = serde_json::from_slice(&decoded(parts[1])).unwrap();
    let second = now().as_second();
    assert_eq!(
        claims,
        json!({"iss": "driver@test-only.iam.gserviceaccount.com",
            "scope": "https://www.googleapis.com/auth/compute",
            "aud": "https://oauth2.test/token", "iat": second, "exp": second + 3600})
    );
    let header: Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
    assert_eq!(
        header,
        json!({"alg": "RS256", "typ": "JWT", "kid": "test-only-key"})
    );
    let signed = format!("{}.{}", parts[0], parts[1]);
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key())
        .verify(signed.as_bytes(), &decoded(parts[2]))
        .unwrap();
}

#[test]
fn the_metadata_server_is_asked_with_its_header() {
    let script = Script::new();
    let path = "GET /computeMetadata/v1/instance/service-accounts/default/token";
    script
        .on(path, token("m1"))
        .on("GET /up-s0a1b2c3d4e5-fr", absent());
    let credentials = Credentials::Metadata {
        base_url: "http://metadata.test/".to_owned(),
        service_account: None,
    };
    run(driver(&script, credentials).perform(&target(), &one(), now())).unwrap();
    assert_eq!(script.asked()[0].header("metadata-flavor"), Some("Google"));
    assert_eq!(script.asked()[1].header("authorization"), Some("Bearer m1"));
}

#[test]
fn a_token_that_is_turned_away_is_renewed_once() {
    let turned_away = || refused(401, "authError", "Invalid Credentials");
    let script = Script::new();
    script
        .on("POST /token", token("t1"))
        .on("GET /up-s0a1b2c3d4e5-fr", absent())
        .on("GET /up-s0a1b2c3d4e5-fr", turned_away())
        .on("POST /token", token("t2"))
        .on("GET /up-s0a1b2c3d4e5-fr", turned_away());
    let google = driver(&script, service_account());
    run(google.perform(&target(), &one(), now())).unwrap();
    let error = run(google.perform(&target(), &one(), now())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    script.assert_done();
}

#[test]
fn a_given_token_that_is_turned_away_needs_a_person() {
    let script = Script::new();
    script.on(
        "GET /up-s0a1b2c3d4e5-fr",
        refused(401, "authError", "Invalid Credentials"),
    );
    let error = run(driver(&script, given()).perform(&target(), &one(), now())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.remedy.is_some());
}

#[test]
fn a_bad_key_is_told_without_quoting_it() {
    let broken = KEY_FILE.replace("BEGIN PRIVATE KEY", "BEGIN SECRET-7");
    for key in [
        broken.as_str(),
        r#"{"type": "service_account", "private_key": "SECRET-7"}"#,
        "SECRET-7",
    ] {
        let credentials = Credentials::File(SecretSource::Given(Secret::new(key.to_owned())));
        let error = credentials.check().unwrap_err();
        assert!(!error.to_string().contains("SECRET-7"), "{error}");
    }
}
