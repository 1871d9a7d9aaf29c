use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use ring::signature::{RSA_PSS_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use underpass_clouds::azure::{Credentials, Environment, IMDS_URL};
use underpass_clouds::{Cloud as _, ErrorKind, SecretSource};
use underpass_model::credentials::Secret;
use underpass_model::part::{AzurePart, Part};
use underpass_model::reconcile::Step;

use crate::script::{Reply, Script, json as reply, run};
use crate::world::{absent, driver_with, now, target, token};

/// Made for these tests; it opens nothing.
const CERTIFICATE: &str = include_str!("../fixtures/test-only-certificate.pem");

/// SHA-256 of the certificate, by `openssl dgst`.
const THUMBPRINT: &str = "xlxbCk-aoZDNVQs7_ml3yhC-c3uTnJmTc0D3gzJWRxQ";

const TOKEN: &str = "POST /tenant-1/oauth2/v2.0/token";
const IDENTITY: &str = "GET /metadata/identity/oauth2/token";

fn one() -> Step {
    Step::Delete(Part::Azure(AzurePart::Group))
}

fn given(text: &str) -> SecretSource {
    SecretSource::Given(Secret::new(text.to_owned()))
}

fn certificate(pem: SecretSource) -> Credentials {
    Credentials::ClientCertificate {
        tenant: "tenant-1".to_owned(),
        client_id: "client-1".to_owned(),
        pem,
    }
}

fn secret(secret: SecretSource) -> Credentials {
    Credentials::ClientSecret {
        tenant: "tenant-1".to_owned(),
        client_id: "client-1".to_owned(),
        secret,
    }
}

fn identity(client_id: Option<&str>) -> Credentials {
    Credentials::ManagedIdentity {
        client_id: client_id.map(str::to_owned),
        endpoint: IMDS_URL.to_owned(),
    }
}

fn public_key() -> Vec<u8> {
    let (_, rest) = CERTIFICATE
        .split_once("-----BEGIN PRIVATE KEY-----")
        .unwrap();
    let (body, _) = rest.split_once("-----END").unwrap();
    let body: String = body.split_whitespace().collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap();
    key.public().as_ref().to_vec()
}

#[test]
fn a_certificate_signs_an_assertion_for_the_token_endpoint() {
    let script = Script::new();
    script.on(TOKEN, token()).on("GET /vpc-1", absent());
    let driver = driver_with(&script, certificate(given(CERTIFICATE)));
    run(driver.perform(&target(), &one(), now())).unwrap();
    let body = script.asked()[0].body.clone();
    let (before, assertion) = body.split_once("&client_assertion=").unwrap();
    assert_eq!(
        before,
        "grant_type=client_credentials&client_id=client-1&client_assertion_type=\
         urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
    );
    let (assertion, _scope) = assertion.split_once('&').unwrap();
    let parts: Vec<_> = assertion.split('.').collect();
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let header: Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
    assert_eq!(
        header,
        json!({"alg": "PS256", "typ": "JWT", "x5t#S256": THUMBPRINT})
    );
    let mut claims: Value = serde_json::from_slice(&decoded(parts[1])).unwrap();
    let id = claims["jti"].take();
    assert!(id.as_str().is_some_and(|id| id.len() >= 22), "{id}");
    let second = now().as_second();
    assert_eq!(
        claims,
        json!({"aud": "https://login.test/tenant-1/oauth2/v2.0/token", "iss": "client-1",
            "sub": "client-1", "jti": null, "iat": second, "nbf": second - 60,
            "exp": second + 600})
    );
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public_key())
        .verify(
            format!("{}.{}", parts[0], parts[1]).as_bytes(),
            &decoded(parts[2]),
        )
        .unwrap();
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_without_quoting_it() {
    let (only_certificate, _key) = CERTIFICATE.split_once("-----BEGIN PRIVATE").unwrap();
    let (_, only_key) = CERTIFICATE.split_once("-----END CERTIFICATE-----").unwrap();
    let other = include_str!("../fixtures/test-only-other-certificate.pem");
    let (other, _its_key) = other.split_once("-----BEGIN PRIVATE").unwrap();
    let foreign = format!("{other}{only_key}");
    let encrypted = CERTIFICATE.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (pem, reason) in [
        (only_certificate, "no block `PRIVATE KEY`"),
        (only_key, "no block `CERTIFICATE`"),
        (
            foreign.as_str(),
            "no certificate is that of the private key",
        ),
        (encrypted.as_str(), "encrypted"),
    ] {
        let error = certificate(given(pem)).check().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("MII"), "{error}");
    }
}

#[test]
fn a_federated_token_is_read_for_every_request() {
    let directory = tempfile::tempdir().unwrap();
    let token_file: PathBuf = directory.path().join("token");
    let script = Script::new();
    for _request in 0..2 {
        script.on(TOKEN, token()).on("GET /vpc-1", absent());
    }
    let credentials = Credentials::WorkloadIdentity {
        tenant: "tenant-1".to_owned(),
        client_id: "client-1".to_owned(),
        token_file: token_file.clone(),
    };
    let driver = driver_with(&script, credentials);
    for (text, seconds) in [("first", 0), ("second", 3600)] {
        std::fs::write(&token_file, format!("{text}\n")).unwrap();
        let at = now() + SignedDuration::from_secs(seconds);
        run(driver.perform(&target(), &one(), at)).unwrap();
    }
    script.assert_done();
    let asked = script.asked();
    let assertions: Vec<_> = asked
        .iter()
        .filter_map(|asked| {
            asked
                .body
                .split("client_assertion=")
                .nth(1)?
                .split('&')
                .next()
        })
        .collect();
    assert_eq!(assertions, ["first", "second"]);
}

#[test]
fn a_managed_identity_is_requested_with_its_header() {
    let body = json!({"access_token": "m1", "client_id": "c", "expires_in": "86399",
        "expires_on": "1506484173", "resource": "https://management.test", "token_type": "Bearer"});
    for (client_id, end) in [(None, ""), (Some("id-1"), "&client_id=id-1")] {
        let script = Script::new();
        script
            .on(IDENTITY, reply(200, &body))
            .on("GET /vpc-1", absent());
        let driver = driver_with(&script, identity(client_id));
        run(driver.perform(&target(), &one(), now())).unwrap();
        let asked = script.asked();
        let expected = format!(
            "GET /metadata/identity/oauth2/token?api-version=2018-02-01&\
             resource=https%3A%2F%2Fmanagement.test{end}"
        );
        assert_eq!(asked[0].line, expected);
        assert_eq!(asked[0].header("metadata"), Some("true"));
        assert_eq!(asked[1].header("authorization"), Some("Bearer m1"));
    }
}

#[test]
fn a_metadata_service_that_is_updated_or_busy_is_asked_again() {
    let unknown = json!({"error": "invalid_request", "error_description": "Identity not found"});
    for status in [404, 410, 429, 500, 503] {
        let script = Script::new();
        script.on(IDENTITY, reply(status, &json!({"error": "busy"})));
        let error = run(driver_with(&script, identity(None)).perform(&target(), &one(), now()));
        let kind = error.unwrap_err().kind;
        assert!(
            matches!(kind, ErrorKind::Retry { .. }),
            "{status}: {kind:?}"
        );
    }
    let script = Script::new();
    script.on(IDENTITY, reply(400, &unknown));
    let error = run(driver_with(&script, identity(None)).perform(&target(), &one(), now()));
    let error = error.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.remedy.unwrap().contains("az vm identity assign"));
    let script = Script::new();
    script.on(IDENTITY, Reply::NotSent);
    let error = run(driver_with(&script, identity(None)).perform(&target(), &one(), now()));
    assert!(
        error
            .unwrap_err()
            .remedy
            .unwrap()
            .contains("machines of Azure")
    );
}

#[test]
fn a_changed_secret_is_used_from_the_next_call_on() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, "one\n").unwrap();
    let script = Script::new();
    let refused = json!({"error": "invalid_client", "error_description": "AADSTS7000215: Wrong."});
    script
        .on(TOKEN, token())
        .on("GET /vpc-1", absent())
        .on(TOKEN, reply(401, &refused))
        .on("GET /vpc-1", absent())
        .on(TOKEN, token())
        .on("GET /vpc-1", absent());
    let driver = driver_with(&script, secret(SecretSource::File(file.clone())));
    for text in ["one\n", "two-that-is-wrong\n", "three!\n"] {
        std::fs::write(&file, text).unwrap();
        if text == "one\n" {
            run(driver.perform(&target(), &one(), now())).unwrap();
            continue;
        }
        // The present token is used although the new secret is refused.
        run(driver.perform(&target(), &one(), now())).unwrap();
    }
    script.assert_done();
    let asked = script.asked();
    assert!(asked[2].body.contains("client_secret=two-that-is-wrong&"));
    assert!(asked[4].body.contains("client_secret=three%21&"));
}

#[test]
fn a_missing_file_is_named_with_the_next_step() {
    let script = Script::new();
    let file = SecretSource::File("/nonexistent/secret".into());
    let error = run(driver_with(&script, secret(file)).perform(&target(), &one(), now()));
    let error = error.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.message.contains("/nonexistent/secret"), "{error}");
    assert!(error.remedy.is_some());
}

#[test]
fn a_refusal_names_a_clock_that_is_wrong() {
    let refused = json!({"error": "invalid_client",
        "error_description": "AADSTS700024: Client assertion is not within its valid time range."});
    for (date, skew) in [
        (
            "Fri, 02 Jan 2026 03:14:05 GMT",
            Some("600 s behind that of"),
        ),
        (
            "Fri, 02 Jan 2026 02:54:05 GMT",
            Some("600 s ahead of that of"),
        ),
        ("Fri, 02 Jan 2026 03:04:00 GMT", None),
    ] {
        let script = Script::new();
        let headers = vec![("date", date.to_owned())];
        script.on(TOKEN, Reply::Answer(401, headers, refused.to_string()));
        let driver = driver_with(&script, certificate(given(CERTIFICATE)));
        let error = run(driver.sign_in(now())).unwrap_err();
        match skew {
            Some(skew) => {
                assert!(error.message.contains(skew), "{error}");
                assert!(error.remedy.unwrap().contains("clock"));
            }
            None => assert!(!error.message.contains("clock"), "{error}"),
        }
    }
}

#[test]
fn a_sign_in_tells_the_end_of_the_token_and_a_large_clock_skew() {
    let body = json!({"access_token": "t1", "expires_in": 3599});
    let script = Script::new();
    let headers = vec![("date", "Fri, 02 Jan 2026 03:14:05 GMT".to_owned())];
    script.on(TOKEN, Reply::Answer(200, headers, body.to_string()));
    let found = run(driver_with(&script, secret(given("s"))).sign_in(now())).unwrap();
    assert_eq!(found.expires_at, now() + SignedDuration::from_secs(3599));
    assert_eq!(found.clock_skew, Some(SignedDuration::from_secs(-600)));
}

#[test]
fn no_way_to_sign_in_shows_its_secret() {
    let shown = format!(
        "{:?}{:?}",
        secret(given("s3cret")),
        certificate(given(CERTIFICATE))
    );
    assert!(
        !shown.contains("s3cret") && !shown.contains("MII"),
        "{shown}"
    );
}

#[test]
fn the_environments_have_the_addresses_of_the_vendors_clients() {
    // azure-mgmt-core, `get_arm_endpoints`; azure-identity, `KnownAuthorities`.
    let government = Environment::UsGovernment;
    assert_eq!(
        government.base_url(),
        "https://management.usgovcloudapi.net"
    );
    assert_eq!(
        government.scope(),
        "https://management.core.usgovcloudapi.net/.default"
    );
    assert_eq!(government.authority(), "https://login.microsoftonline.us");
    assert_eq!(
        Environment::China.authority(),
        "https://login.chinacloudapi.cn"
    );
    assert_eq!(
        Environment::Public.base_url(),
        "https://management.azure.com"
    );
}
