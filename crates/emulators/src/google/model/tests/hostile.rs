use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;
use crate::google::model::{Caller, Request};

/// Values of every JSON type, some of them unusual for their type.
fn odd_values() -> Vec<Value> {
    let mut deep = json!(1);
    // The maximum depth that the JSON parser accepts.
    for _ in 0..60 {
        deep = json!({ "a": [deep] });
    }
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e308),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!("\u{0}"),
        json!("é/../..//\u{10ffff}"),
        json!("projects/a/global/networks/a"),
        json!("https://www.googleapis.com/compute/v1/projects/+5/regions//forwardingRules/9"),
        json!("99999999999999999999999999"),
        json!("x".repeat(10_000)),
        json!([]),
        json!([null]),
        json!([[]]),
        json!([{}]),
        json!(["", "a"]),
        json!({}),
        json!({ "": null }),
        deep,
    ]
}

/// A cloud with a resource of every kind, and each of their documents with its collection.
fn documents() -> (Fixture, Vec<(String, Value)>) {
    let mut fixture = Fixture::new().with_accepted();
    let address = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": "nodes" });
    fixture.created(&regional("addresses"), address);
    let group = json!({ "name": "ig", "network": "global/networks/net" });
    fixture.created(&zonal("instanceGroups"), group);
    let backend = json!({
        "name": "b", "networkEndpointType": "PRIVATE_SERVICE_CONNECT",
        "pscTargetService": regional(SA), "subnetwork": "default",
        "pscData": { "producerPort": 5432 },
    });
    let groups = consumer_regional(CONSUMER, "networkEndpointGroups");
    fixture.created(&groups, backend);
    let list = json!([{ "projectIdOrNum": CONSUMER, "connectionLimit": 1 }]);
    fixture.updated(&regional(SA), json!({ "consumerAcceptLists": list }));
    let paths = fixture.google.resource_ids();
    let documents = paths
        .into_iter()
        .map(|path| {
            let document = fixture.shown(&path);
            let (collection, _) = path.rsplit_once('/').unwrap();
            (collection.to_owned(), document)
        })
        .collect();
    (fixture, documents)
}

/// Collects the pointers to all values in a document.
fn pointers(document: &Value, at: &str, found: &mut Vec<String>) {
    let within: Vec<(String, &Value)> = match document {
        Value::Object(members) => members
            .iter()
            .map(|(name, it)| (name.clone(), it))
            .collect(),
        Value::Array(values) => {
            let numeric_path = values.iter().enumerate();
            numeric_path
                .map(|(index, it)| (index.to_string(), it))
                .collect()
        }
        _ => Vec::new(),
    };
    for (name, value) in within {
        let pointer = format!("{at}/{name}");
        pointers(value, &pointer, found);
        found.push(pointer);
    }
}

/// Checks that every reply is an operation, a document, empty, or a well-formed refusal.
#[track_caller]
fn check_answers(fixture: &Fixture) {
    for (request, reply) in &fixture.transcript {
        let body = reply.body.clone().unwrap_or_default();
        match reply.status {
            200 => assert!(body["kind"].is_string(), "{request:?}"),
            204 => assert_eq!(reply.body, None),
            status => {
                assert!((400..500).contains(&status), "{status} {request:?}");
                assert_eq!(body["error"]["code"], status);
                assert!(body["error"]["errors"][0]["reason"].is_string());
                let size = body["error"]["message"].as_str().unwrap().len();
                assert!(size < 2_000, "{request:?}");
            }
        }
    }
}

/// Checks that all resources can be read, bound and written to a journal.
fn check_state(fixture: &mut Fixture) {
    for path in fixture.google.resource_ids() {
        fixture.shown(&path);
    }
    fixture.google.bindings();
    fixture.google.snapshot();
}

#[test]
fn any_value_anywhere_in_any_document_gets_a_reply() {
    let (untouched, documents) = documents();
    for (collection, document) in documents {
        let mut found = Vec::new();
        pointers(&document, "", &mut found);
        let path = format!("{collection}/{}", document["name"].as_str().unwrap());
        let mut fixture = untouched.copy();
        for pointer in found {
            for odd in odd_values() {
                let mut body = document.clone();
                *body.pointer_mut(&pointer).unwrap() = odd;
                let mut replies = vec![
                    fixture.patch(&path, body.clone()),
                    fixture.send("PUT", &path, Some(body.clone())),
                ];
                if pointer != "/name" {
                    body["name"] = json!("other");
                }
                replies.push(fixture.post(&collection, body));
                if replies.iter().any(|it| it.status == 200) {
                    // The result can be read, and its bindings computed.
                    fixture.shown(&collection);
                    fixture.google.bindings();
                    check_answers(&fixture);
                    fixture = untouched.copy();
                }
            }
        }
        check_answers(&fixture);
    }
}

#[test]
fn any_value_in_a_membership_request_gets_a_reply() {
    let (mut fixture, _) = documents();
    for (path, list, member) in [
        (
            "networkEndpointGroups/neg/attachNetworkEndpoints",
            "networkEndpoints",
            "instance",
        ),
        (
            "networkEndpointGroups/neg/detachNetworkEndpoints",
            "networkEndpoints",
            "ipAddress",
        ),
        ("instanceGroups/ig/addInstances", "instances", "instance"),
        ("instanceGroups/ig/removeInstances", "instances", "instance"),
    ] {
        for odd in odd_values() {
            fixture.post(&zonal(path), odd.clone());
            fixture.post(&zonal(path), json!({ list: odd }));
            fixture.post(&zonal(path), json!({ list: [odd] }));
            let load_balancer = json!({ "instance": "n1", member: odd });
            fixture.post(&zonal(path), json!({ list: [load_balancer] }));
        }
    }
    for odd in odd_values() {
        fixture.post(
            &regional("backendServices/bs/getHealth"),
            json!({ "group": odd }),
        );
    }
    check_answers(&fixture);
    check_state(&mut fixture);
}

/// Path segments, separated by spaces; one is empty.
const PARTS: &str = "compute v1 beta projects acme-prod guest-app global regions europe-west1 \
    zones europe-west1-b aggregated operations wait networks net subnetworks nat getHealth \
    forwardingRules e serviceAttachments sa instances n1  .. é %2F - 18446744073709551616 0 // \
    \u{0} http://a";

const METHODS: &str = "GET POST PATCH PUT DELETE HEAD  get é";

const PARAMETERS: &str = "filter maxResults pageToken orderBy requestId showNatIps ";

/// Parameter values, separated by bars.
const TEXTS: &str = "|0|-1|18446744073709551616|name|name eq .*.*|a = \"|((((|é:*|name = a AND|\
    = = =|(name eq (a)(|name eq \\|name:*b*|NOT NOT id > -1|(name eq [^])|name = a OR|AAAA|8d6f3a52-0f0b-4a53-9c26-2f4f7a9be001|!|\u{0}";

fn one<'a>(dice: &mut StdRng, of: &'a str, separator: char) -> &'a str {
    let all: Vec<&str> = of.split(separator).collect();
    all[dice.random_range(0..all.len())]
}

/// A path of an existing resource, often with a segment replaced, added or omitted.
fn odd_path(dice: &mut StdRng, known: &[String]) -> String {
    let mut path: Vec<&str> = known[dice.random_range(0..known.len())]
        .split('/')
        .collect();
    if dice.random_bool(0.2) {
        path.pop();
    }
    for _ in 0..dice.random_range(0..3) {
        let at = dice.random_range(0..path.len());
        let part = one(dice, PARTS, ' ');
        match dice.random_range(0..3) {
            0 => path[at] = part,
            1 => path.push(part),
            _ => path.insert(at, part),
        }
    }
    format!("{}{}", one(dice, "/compute/v1/ / ", ' '), path.join("/"))
}

#[test]
fn any_path_method_and_query_gets_a_reply() {
    let mut fixture = Fixture::new().with_accepted();
    let mut dice = StdRng::seed_from_u64(11);
    let known = fixture.google.resource_ids();
    let callers = [Caller::Anonymous, Caller::Provider, Caller::Unknown];
    for _ in 0..5_000 {
        let count = dice.random_range(0..3);
        let query = (0..count).map(|_| {
            let name = one(&mut dice, PARAMETERS, ' ').to_owned();
            (name, one(&mut dice, TEXTS, '|').to_owned())
        });
        let request = Request {
            query: query.collect(),
            method: one(&mut dice, METHODS, ' ').to_owned(),
            path: odd_path(&mut dice, &known),
            body: dice.random_bool(0.5).then(|| json!({})),
            caller: callers[dice.random_range(0..callers.len())].clone(),
        };
        let reply = fixture
            .google
            .handle(&request, fixture.now, &mut fixture.rng);
        fixture.transcript.push((request, reply));
    }
    check_answers(&fixture);
    let good = fixture.transcript.iter().filter(|it| it.1.status == 200);
    assert!(good.count() > 100);
}

#[test]
fn requests_at_the_maximum_time_get_a_reply() {
    let mut fixture = Fixture::slow().with_accepted();
    fixture.now = jiff::Timestamp::MAX;
    operation(&fixture.change(&regional(SA), json!({ "consumerAcceptLists": [] })));
    fixture.complete_operations();
    assert_eq!(fixture.status(CONSUMER, "e"), "PENDING");
    fixture.now = jiff::Timestamp::MIN;
    fixture.shown(&regional(SA));
    operation(&fixture.change(&regional(SA), json!({ "consumerAcceptLists": [] })));
}

#[test]
fn lists_of_maximum_length_get_a_reply() {
    let mut fixture = Fixture::new().with_endpoint();
    let load_balancer =
        |index: u32| json!({ "projectIdOrNum": format!("p{index}"), "connectionLimit": 1 });
    let mut list: Vec<Value> = (0..4_999).map(load_balancer).collect();
    list.push(json!({ "projectIdOrNum": CONSUMER, "connectionLimit": 1 }));
    fixture.updated(&regional(SA), json!({ "consumerAcceptLists": list }));
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    list.push(load_balancer(5_000));
    let reply = fixture.change(&regional(SA), json!({ "consumerAcceptLists": list }));
    assert_eq!(refusal(&reply), invalid());
    let each = json!({ "natIpsPerEndpoint": 2_147_483_647 });
    fixture.updated(&regional(SA), each);
    assert_eq!(fixture.status(CONSUMER, "e"), "NEEDS_ATTENTION");
}
