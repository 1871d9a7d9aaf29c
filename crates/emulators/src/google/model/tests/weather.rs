use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;
use crate::google::model::{Caller, Request};
use crate::weather::{Access, InWeather as _};

fn request(method: &str, path: &str, body: Option<Value>) -> Request {
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: Vec::new(),
        body,
        caller: Caller::Provider,
    }
}

#[test]
fn lists_of_an_attachment_are_put_back() {
    let mut fixture = Fixture::new().with_endpoint();
    let path = regional(SA);
    let change = request("PATCH", &path, Some(json!({})));
    let before = fixture.google.settings(&change).unwrap();
    fixture.accept(&[(CONSUMER, "e")]);
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    let put_back = fixture.google.put_back(&before).unwrap();
    let reply = fixture
        .google
        .handle(&put_back, fixture.now, &mut fixture.rng);
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    // Empty lists are not shown.
    assert!(fixture.shown(&path).get("consumerAcceptLists").is_none());
    assert!(
        fixture
            .google
            .settings(&request("GET", &path, None))
            .is_none()
    );
    let rule = request("PATCH", &regional("forwardingRules/fr"), Some(json!({})));
    assert!(fixture.google.settings(&rule).is_none());
}

#[test]
fn requests_are_told_apart_by_what_they_can_meet() {
    let fixture = Fixture::new().with_attachment();
    let change = |is_conditional| Access::Change { is_conditional };
    let health = regional("backendServices/bs/getHealth");
    let attach = zonal("networkEndpointGroups/neg/attachNetworkEndpoints");
    for (method, path, body, expected) in [
        ("GET", regional(SA), json!(null), Access::Read),
        (
            "PATCH",
            regional(SA),
            json!({ "fingerprint": "f" }),
            change(true),
        ),
        ("DELETE", regional(SA), json!(null), change(false)),
        (
            "POST",
            regional("serviceAttachments"),
            json!({}),
            Access::Create,
        ),
        (
            "GET",
            regional("serviceAttachments"),
            json!(null),
            Access::List,
        ),
        ("POST", attach, json!({}), change(false)),
        ("POST", health, json!({}), Access::Other),
        ("GET", regional("operations/o"), json!(null), Access::Poll),
        (
            "GET",
            format!("projects/{PROVIDER}"),
            json!(null),
            Access::Other,
        ),
    ] {
        let facts = fixture.google.facts(&request(method, &path, Some(body)));
        assert_eq!(facts.access, expected, "{method} {path}");
        assert_eq!(facts.scope, PROVIDER);
    }
}
