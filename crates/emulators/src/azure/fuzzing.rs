//! The emulated Azure of the fuzz targets.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde_json::Value;

use super::model::{Azure, Caller, Configuration, Request};
use super::token::Tokens;
use super::token_request::{Proof, TokenRequest};
use crate::fuzzing::request_lines::{RequestLines, request_lines, setup_lines};
use crate::fuzzing::scenario::Scenario;
use crate::jwt::JwtKey;
use crate::reply::Reply;
use crate::rsa_jwt::{Jwk, RegisteredClaims, RsaJwt};
use crate::secret::Secret;

const PROVIDER_TENANT: &str = "44444444-4444-4444-4444-444444444444";
const CONSUMER_TENANT: &str = "55555555-5555-5555-5555-555555555555";
const CLIENT: &str = "66666666-6666-6666-6666-666666666666";

/// Requests that make a network, a published service and an endpoint that asks for approval.
const SETUP: &str = include_str!("fuzzing/setup.txt");

/// The key that signs tokens, and the provider's secret.
const KEY: [u8; 32] = [7; 32];
const SECRET: &str = "open sesame";

static SCENARIO: LazyLock<Scenario<Azure>> = LazyLock::new(|| {
    let setup = setup_lines(SETUP).map(request);
    Scenario::new(Azure::new(configuration()), setup, |changes| {
        Azure::restore(configuration(), changes)
    })
});

fn configuration() -> Configuration {
    Configuration {
        base_url: "https://cloud.test".to_owned(),
        provider_tenant: PROVIDER_TENANT.to_owned(),
        provider_client: CLIENT.to_owned(),
        provider_subscription: "11111111-1111-1111-1111-111111111111".to_owned(),
        operation_delay: Duration::ZERO,
        further_regions: BTreeSet::new(),
    }
}

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let provider = Caller {
        tenant: PROVIDER_TENANT.to_owned(),
        client: CLIENT.to_owned(),
    };
    let base_url = "https://cloud.test".into();
    Tokens::new(&KEY, provider, Secret::new(SECRET), base_url)
});

/// Sends the requests of an input: `p` is the provider, `c` a consumer, everything else has no token.
pub(crate) fn requests(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    SCENARIO.send(request_lines(text).map(request), check);
}

fn request(lines: RequestLines<'_>) -> Request {
    let tenant = match lines.caller {
        "p" => Some(PROVIDER_TENANT),
        "c" => Some(CONSUMER_TENANT),
        _ => None,
    };
    Request {
        method: lines.method.to_owned(),
        path: lines.path,
        query: lines.query,
        if_match: lines.condition.map(str::to_owned),
        if_none_match: None,
        body: lines.body,
        caller: tenant.map(|tenant| Caller {
            tenant: tenant.to_owned(),
            client: CLIENT.to_owned(),
        }),
    }
}

/// Checks the form of a refusal: `error` with a code and a message.
fn check(request: &Request, reply: &Reply) {
    // `HEAD` has no body.
    if reply.status < 400 || request.method == "HEAD" {
        return;
    }
    let text = |pointer| {
        let found = reply.body.as_ref().and_then(|body| body.pointer(pointer));
        found.and_then(Value::as_str).unwrap_or_default()
    };
    assert!(!text("/error/code").is_empty(), "{reply:?}");
    assert!(!text("/error/message").is_empty(), "{reply:?}");
}

/// Reads an input as a token, as claims of our tokens and of others, and as a request for a token.
pub(crate) fn tokens(input: &[u8]) {
    let now = Timestamp::UNIX_EPOCH;
    let text = String::from_utf8_lossy(input);
    assert_eq!(
        TOKENS.caller(&text, now),
        None,
        "a token that was not issued"
    );
    if let Ok(claims) = serde_json::from_slice::<Value>(input) {
        let key = JwtKey::new(&KEY);
        let token = key.sign(&claims).expect("claims can be written");
        TOKENS.caller(&token, now);
        // Of numbers with many digits the last one may differ.
        assert!(key.verify::<Value>(&token).is_some(), "claims are read");
    }
    foreign(&text, now);
    let mut parts = text
        .splitn(3, '\n')
        .map(|part| URL_SAFE_NO_PAD.encode(part));
    let (header, claims) = (parts.next(), parts.next());
    let (header, claims) = (header.unwrap_or_default(), claims.unwrap_or_default());
    foreign(
        &format!("{header}.{claims}.{}", parts.next().unwrap_or_default()),
        now,
    );
    issue(input, now);
}

/// Reads a token of another issuer, whose key signed none.
fn foreign(token: &str, now: Timestamp) {
    let Some(jwt) = RsaJwt::parse(token) else {
        return;
    };
    if let Some(claims) = jwt.claims::<RegisteredClaims>() {
        claims.has_audience(|audience| audience == "api://AzureADTokenExchange");
        claims.is_current(now.as_second(), 300);
    }
    let key: Jwk = serde_json::from_str(r#"{"n":"AQAB","e":"AQAB"}"#).expect("a key");
    assert!(!jwt.is_signed_by_one(&[key]), "nothing is signed");
    assert!(!jwt.is_signed_by(&[]), "nothing is signed");
}

/// Requests a token of the provider's tenant.
fn issue(body: &[u8], now: Timestamp) {
    let first = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut basic = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(first) {
        basic.insert(AUTHORIZATION, value);
    }
    for headers in [HeaderMap::new(), basic] {
        let Ok(request) = TokenRequest::read(PROVIDER_TENANT, &headers, body) else {
            continue;
        };
        if let Ok(issued) = TOKENS.issue(&request, now) {
            let is_proven = matches!(&request.proof, Proof::Secret(secret) if secret == SECRET);
            assert!(is_proven, "a token without a proof");
            assert!(TOKENS.caller(&issued.token, now).is_some());
        }
    }
}
