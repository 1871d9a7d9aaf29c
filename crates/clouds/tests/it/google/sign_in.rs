use serde_json::json;
use underpass_clouds::google::{Credentials, IAM_CREDENTIALS_URL};
use underpass_clouds::{Cloud as _, ErrorKind, SecretSource};
use underpass_model::credentials::Secret;
use underpass_model::part::{GooglePart, Part};
use underpass_model::reconcile::Step;

use super::world::{absent, driver, given, later, now, refused, target};
use crate::script::{Reply, Script, json as reply, run};

const RULE: &str = "GET /up-s0a1b2c3d4e5-fr";
const STS: &str = "POST /v1/token";
const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x";
const ROBOT: &str = "robot@acme.iam.gserviceaccount.com";

fn one() -> Step {
    Step::Delete(Part::Google(GooglePart::ForwardingRule))
}

fn token(name: &str) -> Reply {
    let body = json!({"access_token": name, "expires_in": 3599, "token_type": "Bearer"});
    reply(200, &body)
}

fn issued(name: &str, end: i64) -> Reply {
    let body = json!({"accessToken": name, "expireTime": later(end).to_string()});
    reply(200, &body)
}

fn external(source: &serde_json::Value, impersonated: bool) -> Credentials {
    let mut file = json!({
        "type": "external_account", "audience": AUDIENCE,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.test/v1/token", "credential_source": source,
    });
    if impersonated {
        let url =
            format!("https://iam.test/v1/projects/-/serviceAccounts/{ROBOT}:generateAccessToken");
        file["service_account_impersonation_url"] = url.into();
        file["service_account_impersonation"] = json!({"token_lifetime_seconds": 1800});
    }
    Credentials::File(SecretSource::Given(Secret::new(file.to_string())))
}

/// A member of a form.
fn member(body: &str, name: &str) -> String {
    let mut members = body.split('&').filter_map(|it| it.split_once('='));
    let (_, value) = members.find(|(found, _)| *found == name).unwrap();
    percent_encoding::percent_decode_str(value)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

#[test]
fn a_token_of_another_issuer_is_exchanged_and_read_again_for_each_request() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let script = Script::new();
    script
        .on(STS, token("t1"))
        .on(RULE, absent())
        .on(STS, token("t2"))
        .on(RULE, absent());
    let google = driver(&script, external(&json!({"file": file}), false));
    for (text, at) in [("first", 0), ("second", 3600)] {
        std::fs::write(&file, text).unwrap();
        run(google.perform(&target(), &one(), later(at))).unwrap();
    }
    script.assert_done();
    let asked = script.asked();
    for (name, value) in [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("audience", AUDIENCE),
        ("scope", "https://www.googleapis.com/auth/compute"),
        (
            "requested_token_type",
            "urn:ietf:params:oauth:token-type:access_token",
        ),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("subject_token", "first"),
    ] {
        assert_eq!(member(&asked[0].body, name), value);
    }
    assert_eq!(member(&asked[2].body, "subject_token"), "second");
    assert_eq!(asked[1].header("authorization"), Some("Bearer t1"));
}

#[test]
fn a_token_from_a_url_is_exchanged_for_one_of_a_service_account() {
    let source = json!({"url": "http://169.254.169.254/metadata/identity/oauth2/token?resource=r",
        "headers": {"Metadata": "True"},
        "format": {"type": "json", "subject_token_field_name": "access_token"}});
    let script = Script::new();
    script
        .on("GET /metadata/identity/oauth2/token", token("subject"))
        .on(STS, token("federated"))
        .on("POST :generateAccessToken", issued("robot", 1800))
        .on(RULE, absent())
        .on(RULE, absent())
        .on("GET /metadata/identity/oauth2/token", token("subject"))
        .on(STS, token("federated"))
        .on("POST :generateAccessToken", issued("robot", 3600))
        .on(RULE, absent());
    let google = driver(&script, external(&source, true));
    for at in [0, 1739, 1740] {
        run(google.perform(&target(), &one(), later(at))).unwrap();
    }
    script.assert_done();
    let asked = script.asked();
    assert_eq!(asked[0].header("metadata"), Some("True"));
    assert_eq!(member(&asked[1].body, "subject_token"), "subject");
    assert_eq!(
        member(&asked[1].body, "scope"),
        "https://www.googleapis.com/auth/iam"
    );
    assert_eq!(
        asked[2].line,
        format!("POST /v1/projects/-/serviceAccounts/{ROBOT}:generateAccessToken")
    );
    assert_eq!(asked[2].header("authorization"), Some("Bearer federated"));
    assert_eq!(
        asked[2].json(),
        json!({"scope": ["https://www.googleapis.com/auth/compute"], "delegates": [],
            "lifetime": "1800s"})
    );
    assert_eq!(asked[3].header("authorization"), Some("Bearer robot"));
}

#[test]
fn a_chain_of_service_accounts_is_followed_from_the_machines_own() {
    let through = |source, email: &str, delegates: &[&str]| Credentials::Impersonation {
        source: Box::new(source),
        service_account: email.to_owned(),
        delegates: delegates.iter().map(|it| (*it).to_owned()).collect(),
        base_url: IAM_CREDENTIALS_URL.to_owned(),
    };
    let metadata = Credentials::Metadata {
        base_url: "http://metadata.test".to_owned(),
        service_account: Some("own@acme.test".to_owned()),
    };
    let inner = through(metadata, "middle@acme.test", &[]);
    let script = Script::new();
    script
        .on(
            "GET /computeMetadata/v1/instance/service-accounts/own@acme.test/token",
            token("m1"),
        )
        .on(
            "POST /middle@acme.test:generateAccessToken",
            issued("m2", 3600),
        )
        .on(
            "POST /last@acme.test:generateAccessToken",
            issued("m3", 3600),
        )
        .on(RULE, absent());
    let google = driver(
        &script,
        through(inner, "last@acme.test", &["between@acme.test"]),
    );
    run(google.perform(&target(), &one(), now())).unwrap();
    script.assert_done();
    let asked = script.asked();
    assert_eq!(
        asked[1].json()["scope"],
        json!(["https://www.googleapis.com/auth/iam"])
    );
    assert_eq!(asked[1].header("authorization"), Some("Bearer m1"));
    assert_eq!(asked[2].header("authorization"), Some("Bearer m2"));
    let delegates = json!(["projects/-/serviceAccounts/between@acme.test"]);
    assert_eq!(asked[2].json()["delegates"], delegates);
    assert_eq!(asked[3].header("authorization"), Some("Bearer m3"));
}

#[test]
fn a_refused_impersonation_names_the_role_that_is_missing() {
    let script = Script::new();
    let denied = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may \
                  not exist).";
    let mut answer = refused(403, "forbidden", denied);
    if let Reply::Answer(_, _, body) = &mut answer {
        *body = json!({"error": {"code": 403, "message": denied, "status": "PERMISSION_DENIED"}})
            .to_string();
    }
    script.on("POST :generateAccessToken", answer);
    let credentials = Credentials::Impersonation {
        source: Box::new(given()),
        service_account: ROBOT.to_owned(),
        delegates: Vec::new(),
        base_url: IAM_CREDENTIALS_URL.to_owned(),
    };
    let error = run(driver(&script, credentials).sign_in(now())).unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Denied, "PERMISSION_DENIED")
    );
    assert!(
        error
            .remedy
            .unwrap()
            .contains("roles/iam.serviceAccountTokenCreator")
    );
}

#[test]
fn files_that_cannot_be_used_are_told_with_the_reason() {
    let base = json!({"type": "external_account", "audience": AUDIENCE,
        "subject_token_type": "t", "token_url": "https://sts.test/v1/token",
        "credential_source": {"file": "/token"}});
    let with = |member: &str, value: serde_json::Value| {
        let mut file = base.clone();
        file[member] = value;
        file.to_string()
    };
    for (file, reason) in [
        (
            with("type", json!("authorized_user")),
            "`authorized_user` are not supported",
        ),
        (with("token_url", json!("http://sts.test/")), "not HTTPS"),
        (
            with(
                "service_account_impersonation_url",
                json!("http://iam.test/"),
            ),
            "not HTTPS",
        ),
        (
            with("credential_source", json!({"environment_id": "aws1"})),
            "(AWS)",
        ),
        (
            with("credential_source", json!({"executable": {}})),
            "executable",
        ),
        (
            with("credential_source", json!({})),
            "either `file` or `url`",
        ),
        (with("audience", json!(7)), "cannot be read"),
        ("{}".to_owned(), "`type`"),
    ] {
        let source = SecretSource::Given(Secret::new(file));
        let error = Credentials::File(source).check().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let local = with("token_url", json!("http://127.0.0.1:8080/v1/token"));
    let source = SecretSource::Given(Secret::new(local));
    Credentials::File(source).check().unwrap();
}
