use serde_json::{Value, json};

use super::fixture::*;
use crate::azure::model::Request;
use crate::cloud_model::CloudModel as _;
use crate::weather::{Access, InWeather as _, Settings};

fn put(path: &str, body: Value) -> Request {
    Request {
        method: "PUT".to_owned(),
        path: path.to_owned(),
        query: vec![("api-version".to_owned(), "2024-05-01".to_owned())],
        if_match: None,
        if_none_match: None,
        body: Some(body),
        caller: Some(provider()),
    }
}

fn put_back(fixture: &mut Fixture, settings: &Settings) {
    let request = fixture.azure.put_back(settings).unwrap();
    let reply = fixture
        .azure
        .handle(&request, fixture.now, &mut fixture.rng);
    assert_eq!(reply.status, 200, "{:?}", reply.body);
}

#[test]
fn settings_of_a_service_are_put_back() {
    let mut fixture = Fixture::new().with_service();
    let path = ours("privateLinkServices/s");
    let request = put(&path, service(&[CONSUMER, STRANGER]));
    let before = fixture.azure.settings(&request).unwrap();
    fixture.made(&path, service(&[CONSUMER, STRANGER]));
    let visible = |fixture: &mut Fixture| {
        fixture.seen(&ours("privateLinkServices/s"))["properties"]["visibility"]["subscriptions"]
            .clone()
    };
    assert_eq!(visible(&mut fixture), json!([CONSUMER, STRANGER]));
    put_back(&mut fixture, &before);
    assert_eq!(visible(&mut fixture), json!([CONSUMER]));
}

#[test]
fn an_approval_is_rejected_and_a_rejection_stays() {
    let mut fixture = Fixture::new().with_endpoint();
    let connection = fixture.connection();
    let approve = put(&connection, decision("Approved"));
    let before = fixture.azure.settings(&approve).unwrap();
    fixture.made(&connection, decision("Approved"));
    // A connection that is approved already may carry flows.
    assert_eq!(fixture.azure.settings(&approve), None);
    put_back(&mut fixture, &before);
    assert_eq!(fixture.endpoint_status(), "Rejected");
    let reject = put(&connection, decision("Rejected"));
    assert_eq!(fixture.azure.settings(&reject), None);
}

#[test]
fn requests_are_told_apart_by_what_they_can_meet() {
    let fixture = Fixture::new().with_service();
    let balancer = ours("loadBalancers/lb");
    let of = |method: &str, path: &str| {
        let request = Request {
            method: method.to_owned(),
            ..put(path, Value::Null)
        };
        let facts = fixture.azure.facts(&request);
        (facts.access, facts.collection)
    };
    let change = Access::Change {
        is_conditional: false,
    };
    let expected = [
        ("GET", balancer.clone(), Access::Read, "loadBalancers"),
        ("PUT", balancer.to_uppercase(), change, "loadBalancers"),
        ("DELETE", balancer, change, "loadBalancers"),
        (
            "DELETE",
            ours("loadBalancers/other"),
            Access::Other,
            "loadBalancers",
        ),
        (
            "PUT",
            ours("loadBalancers/other"),
            Access::Create,
            "loadBalancers",
        ),
        ("GET", ours("loadBalancers"), Access::List, "loadBalancers"),
        (
            "GET",
            format!(
                "/subscriptions/{PROVIDER}/providers/Microsoft.Network/locations/westeurope/operations/1"
            ),
            Access::Poll,
            "operations",
        ),
        ("GET", "/subscriptions".to_owned(), Access::Other, "other"),
    ];
    for (method, path, access, collection) in expected {
        let path = path.replace("/SUBSCRIPTIONS", "/subscriptions");
        assert_eq!(
            of(method, &path),
            (access, collection.to_owned()),
            "{method} {path}"
        );
    }
}
