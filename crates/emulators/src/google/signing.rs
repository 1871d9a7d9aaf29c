//! Signs JWTs with test-only keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

/// The email address in both key files.
pub(super) const EMAIL: &str = "driver@underpass-provider.iam.gserviceaccount.com";

/// The key file of the provider's service account.
pub(super) const KEY_FILE: &str =
    include_str!("../../tests/fixtures/test-only-service-account.json");

/// A key file of the same account with another key.
pub(super) const OTHER_KEY_FILE: &str =
    include_str!("../../tests/fixtures/test-only-other-service-account.json");

/// Signs claims with a valid header.
pub(super) fn signed(file: &str, claims: &Value) -> String {
    signed_under(
        file,
        &json!({ "alg": "RS256", "typ": "JWT", "kid": "test-only-key" }),
        claims,
    )
}

/// Signs claims with a given header.
pub(super) fn signed_under(file: &str, header: &Value, claims: &Value) -> String {
    let file: Value = serde_json::from_str(file).unwrap();
    let pem = file["private_key"].as_str().unwrap();
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = KeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let [header, claims] = [header, claims].map(|it| URL_SAFE_NO_PAD.encode(it.to_string()));
    let text = format!("{header}.{claims}");
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}
