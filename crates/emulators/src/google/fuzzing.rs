//! The emulated Google of the fuzz targets.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde_json::Value;

use super::model::{Caller, Configuration, Google, Request};
use super::token::Tokens;
use crate::fuzzing::request_lines::{RequestLines, request_lines, setup_lines};
use crate::fuzzing::scenario::Scenario;
use crate::jwt::JwtKey;
use crate::reply::Reply;
use crate::secret::Secret;

/// Requests that make networks, a published service and an endpoint that asks for approval.
const SETUP: &str = include_str!("fuzzing/setup.txt");

/// The key that signs tokens, and the token of the options.
const KEY: [u8; 32] = [7; 32];
const FIXED: &str = "ya29.fixed";

static SCENARIO: LazyLock<Scenario<Google>> = LazyLock::new(|| {
    let setup = setup_lines(SETUP).map(request);
    Scenario::new(Google::new(configuration()), setup, |changes| {
        Google::restore(configuration(), changes)
    })
});

fn configuration() -> Configuration {
    Configuration {
        provider_project: "acme-prod".to_owned(),
        provider_project_number: 123_456_789_012,
        operation_delay: Duration::ZERO,
        further_regions: BTreeSet::new(),
        status_lag: Duration::ZERO,
    }
}

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let email = "robot@acme-prod.iam.gserviceaccount.com".to_owned();
    let base_url = "https://cloud.test".into();
    Tokens::new(&KEY, Secret::new(FIXED), None, None, email, base_url)
});

/// Sends the requests of an input: `p` is the provider, `a` has no token, everything else an unknown one.
pub(crate) fn requests(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    SCENARIO.send(request_lines(text).map(request), check);
}

fn request(lines: RequestLines<'_>) -> Request {
    Request {
        method: lines.method.to_owned(),
        path: lines.path,
        query: lines.query,
        body: lines.body,
        caller: match lines.caller {
            "p" => Caller::Provider,
            "a" => Caller::Anonymous,
            _ => Caller::Unknown,
        },
    }
}

/// Checks the form of a refusal: `error` with the status as code, a message and a list of errors.
fn check(_: &Request, reply: &Reply) {
    if reply.status < 400 {
        return;
    }
    let member = |pointer| reply.body.as_ref().and_then(|body| body.pointer(pointer));
    let code = member("/error/code").and_then(Value::as_u64);
    assert_eq!(code, Some(u64::from(reply.status)), "{reply:?}");
    let message = member("/error/message").and_then(Value::as_str);
    assert!(message.is_some_and(|text| !text.is_empty()), "{reply:?}");
    let reason = member("/error/errors/0/reason").and_then(Value::as_str);
    assert!(reason.is_some_and(|text| !text.is_empty()), "{reply:?}");
}

/// Reads an input as a token, and as the claims of one of ours.
pub(crate) fn tokens(input: &[u8]) {
    let now = Timestamp::UNIX_EPOCH;
    let bearer = |token: &[u8]| {
        let value = HeaderValue::from_bytes(&[b"Bearer ".as_slice(), token].concat()).ok()?;
        Some(HeaderMap::from_iter([(AUTHORIZATION, value)]))
    };
    if let Some(headers) = bearer(input) {
        let caller = TOKENS.caller(&headers, now);
        let is_fixed = input == FIXED.as_bytes();
        assert!(is_fixed || caller == Caller::Unknown, "{caller:?}");
        TOKENS.reader(&headers, now);
    }
    let Ok(claims) = serde_json::from_slice::<Value>(input) else {
        return;
    };
    let token = JwtKey::new(&KEY)
        .sign(&claims)
        .expect("claims can be written");
    for token in [token.clone(), format!("ya29.{token}")] {
        let headers = bearer(token.as_bytes()).expect("a header");
        TOKENS.caller(&headers, now);
        TOKENS.reader(&headers, now);
        TOKENS.expiring(&headers, now);
        TOKENS.token_creator(&headers, now);
    }
}
