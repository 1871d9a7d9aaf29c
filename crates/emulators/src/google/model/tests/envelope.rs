use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

#[test]
fn a_refusal_has_one_format() {
    let mut fixture = Fixture::new();
    let path = regional("subnetworks/none");
    let reply = fixture.get(&path);
    let message = format!("The resource '{path}' was not found");
    assert_eq!(reply.status, 404);
    assert_eq!(
        reply.body.unwrap(),
        json!({ "error": {
            "code": 404, "message": message,
            "errors": [{ "message": message, "domain": "global", "reason": "notFound" }],
        } })
    );
}

#[test]
fn a_refused_value_is_reported_with_its_path() {
    let mut fixture = Fixture::new();
    let mut body = subnet("odd", "10.9.0.0/24", "PRIVATE");
    body["ipCidrRange"] = json!(7);
    let reply = fixture.post(&regional("subnetworks"), body.clone());
    let expected = "Invalid value for field 'resource.ipCidrRange': '7'. It must be a string.";
    assert_eq!(message(&reply), expected);
    body["ipCidrRange"] = json!("x".repeat(100_000));
    let reply = fixture.post(&regional("subnetworks"), body);
    assert_eq!(refusal(&reply), invalid());
    assert!(message(&reply).len() < 1_000);
}

#[test]
fn unknown_paths_are_not_found() {
    let mut fixture = Fixture::new();
    for path in [
        "/",
        "/compute/v1/",
        "/compute/v1/projects",
        "/compute/v2/projects/acme-prod",
        "/nothing",
        &global("routers"),
        &global("subnetworks"),
        &regional("networks"),
        &regional("networks/net"),
        &regional("subnetworks//nat"),
        &regional("subnetworks/nat/"),
        &regional("subnetworks/nat/more/than/known"),
        &zonal("firewalls"),
        &format!("projects/{PROVIDER}/global"),
        &format!("projects/{PROVIDER}/aggregated/routers"),
        &format!("projects/{PROVIDER}/planets/earth/networks"),
        &format!("/compute/v1/{PROVIDER}/global/networks"),
    ] {
        let reply = fixture.get(path);
        assert_eq!(refusal(&reply), (404, "notFound".to_owned()), "{path}");
    }
    let reply = fixture.post(&regional("subnetworks/nat/paint"), json!({}));
    assert_eq!(refusal(&reply), (404, "notFound".to_owned()));
}

#[test]
fn other_methods_are_not_supported() {
    let mut fixture = Fixture::new().with_load_balancer();
    for (method, path) in [
        ("PUT", regional("subnetworks/nat")),
        ("PUT", regional("forwardingRules/fr")),
        ("PATCH", zonal("instances/n1")),
        ("PATCH", global("networks/net")),
        ("POST", regional("subnetworks/nat")),
        ("DELETE", regional("subnetworks")),
        ("PATCH", regional("subnetworks")),
        ("TRACE", regional("subnetworks")),
        ("POST", format!("projects/{PROVIDER}")),
        (
            "POST",
            format!("projects/{PROVIDER}/aggregated/subnetworks"),
        ),
        ("GET", regional("backendServices/bs/getHealth")),
    ] {
        let reply = fixture.send(method, &path, Some(json!({})));
        let expected = (405, "httpMethodNotAllowed".to_owned());
        assert_eq!(refusal(&reply), expected, "{method} {path}");
    }
}

#[test]
fn unknown_regions_and_zones_are_refused() {
    let mut fixture = Fixture::new();
    for path in [
        "regions/moon-west1/subnetworks",
        "zones/moon-west1-a/instances",
    ] {
        let path = format!("projects/{PROVIDER}/{path}");
        assert_eq!(refusal(&fixture.get(&path)), invalid(), "{path}");
        assert_eq!(fixture.refused(&path, json!({ "name": "a" })), invalid());
        assert_eq!(refusal(&fixture.get(&format!("{path}/a"))), invalid());
    }
}

#[test]
fn links_in_replies_have_one_host_and_version() {
    let mut fixture = Fixture::new();
    let path = regional("subnetworks/nodes");
    for prefix in [
        "/",
        "/compute/v1/",
        "/compute/beta/",
        "/compute/alpha/",
        "/v1/",
    ] {
        let shown = fixture.shown(&format!("{prefix}{path}"));
        assert_eq!(shown["selfLink"], link(&path), "{prefix}");
        assert_eq!(shown["network"], link(&global("networks/net")));
        let region = link(&format!("projects/{PROVIDER}/regions/{REGION}"));
        assert_eq!(shown["region"], region);
    }
}

#[test]
fn links_are_accepted_in_every_spelling_and_shown_in_one() {
    let mut fixture = Fixture::new();
    let path = regional("subnetworks/nodes");
    let relative = format!("regions/{REGION}/subnetworks/nodes");
    for (index, spelling) in [
        path.clone(),
        format!("/{path}"),
        format!("compute/v1/{path}"),
        format!("/compute/v1/{path}"),
        link(&path),
        format!("https://compute.googleapis.com/compute/v1/{path}"),
        format!("https://www.googleapis.com/compute/beta/{path}"),
        format!("http://127.0.0.1:8080/compute/alpha/{path}"),
        format!("http://127.0.0.1:8080/{path}"),
        format!("//compute.googleapis.com/compute/v1/{path}"),
        format!("projects/{PROVIDER_NUMBER}/{relative}"),
        relative,
        "nodes".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("a{index}");
        let body = json!({ "name": name, "addressType": "INTERNAL", "subnetwork": spelling });
        let created = fixture.created(&regional("addresses"), body);
        assert_eq!(created["subnetwork"], link(&path), "{spelling}");
    }
}

#[test]
fn a_link_must_name_a_resource_of_its_kind() {
    let mut fixture = Fixture::new();
    for link in [
        "https://www.googleapis.com/compute/v1/",
        "projects//regions/europe-west1/subnetworks/nodes",
        "regions/europe-west1/networks/nodes",
        "global/subnetworks/nodes",
        "projects/acme-prod/regions/europe-west1/subnetworks/",
        "projects/acme-prod/regions/europe-west1/subnetworks/nodes/more",
        "global/networks/net",
        "://",
    ] {
        let body = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": link });
        assert_eq!(
            fixture.refused(&regional("addresses"), body),
            invalid(),
            "{link}"
        );
    }
    let body = json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": "none" });
    let reply = fixture.post(&regional("addresses"), body);
    assert_eq!(refusal(&reply), (404, "notFound".to_owned()));
    let path = regional("subnetworks/none");
    assert_eq!(
        message(&reply),
        format!("The resource '{path}' was not found")
    );
}

#[test]
fn documents_have_a_kind_and_64_bit_numbers_as_strings() {
    let mut fixture = Fixture::new().with_endpoint();
    for (path, kind) in [
        (global("networks/net"), "compute#network"),
        (global("firewalls/allow"), "compute#firewall"),
        (regional("subnetworks/nat"), "compute#subnetwork"),
        (regional("healthChecks/hc"), "compute#healthCheck"),
        (regional("backendServices/bs"), "compute#backendService"),
        (regional("forwardingRules/fr"), "compute#forwardingRule"),
        (regional(SA), "compute#serviceAttachment"),
        (zonal("instances/n1"), "compute#instance"),
        (
            zonal("networkEndpointGroups/neg"),
            "compute#networkEndpointGroup",
        ),
    ] {
        let shown = fixture.shown(&path);
        assert_eq!(shown["kind"], kind);
        assert_eq!(shown["selfLink"], link(&path));
        // Seven hours behind the fixture's clock.
        assert_eq!(shown["creationTimestamp"], "2026-01-01T20:04:05.000-07:00");
        let number = shown["id"].as_str().unwrap();
        assert_eq!(number.len(), 19, "{number}");
        number.parse::<u64>().unwrap();
        let (collection, _) = path.rsplit_once('/').unwrap();
        assert_eq!(fixture.shown(&format!("{collection}/{number}")), shown);
    }
    let endpoint = fixture.shown(&consumer_regional(CONSUMER, "forwardingRules/e"));
    let number = endpoint["pscConnectionId"].as_str().unwrap();
    assert!((17..=20).contains(&number.len()), "{number}");
    let attachment = fixture.shown(&regional(SA));
    for half in ["high", "low"] {
        assert!(attachment["pscServiceAttachmentId"][half].is_string());
    }
}

#[test]
fn a_body_is_an_object_with_a_name() {
    let mut fixture = Fixture::new();
    let path = regional("subnetworks");
    let without_body = fixture.send("POST", &path, None);
    assert_eq!(refusal(&without_body), (400, "required".to_owned()));
    for body in [json!([]), json!("a"), Value::Null, json!(7)] {
        let expected = (400, "badRequest".to_owned());
        assert_eq!(fixture.refused(&path, body.clone()), expected);
        let reply = fixture.patch(&regional("subnetworks/nat"), body);
        assert_eq!(refusal(&reply), expected);
    }
    let mut body = subnet("odd", "10.9.0.0/24", "PRIVATE");
    body["name"] = json!(null);
    let required = (400, "required".to_owned());
    assert_eq!(fixture.refused(&path, body.clone()), required);
    let long = "a".repeat(64);
    for name in ["", "A", "1a", "-a", "a-", "a_b", "a.b", "a/b", "é", &long] {
        body["name"] = json!(name);
        assert_eq!(fixture.refused(&path, body.clone()), invalid(), "{name}");
    }
    body["name"] = json!(7);
    assert_eq!(fixture.refused(&path, body.clone()), invalid());
    body["name"] = json!("a".repeat(63));
    fixture.created(&path, body);
}

#[test]
fn output_only_members_are_ignored_and_those_without_effect_kept() {
    let mut fixture = Fixture::new();
    let mut body = subnet("s", "10.9.0.0/24", "PRIVATE");
    for name in ["id", "selfLink", "kind", "creationTimestamp", "fingerprint"] {
        body[name] = json!("mine");
    }
    body["region"] = json!("elsewhere");
    body["gatewayAddress"] = json!("10.9.0.9");
    body["stackType"] = json!("IPV4_ONLY");
    body["description"] = json!(null);
    body["secondaryIpRanges"] = json!([]);
    let created = fixture.created(&regional("subnetworks"), body);
    for name in ["id", "selfLink", "kind", "creationTimestamp", "fingerprint"] {
        assert_ne!(created[name], "mine", "{name}");
    }
    assert_eq!(created["gatewayAddress"], "10.9.0.1");
    assert_eq!(created["stackType"], "IPV4_ONLY");
    assert_eq!(created.get("description"), None);
    // Empty lists are omitted.
    assert_eq!(created.get("secondaryIpRanges"), None);
}

#[test]
fn a_name_is_unique_in_each_location() {
    let mut fixture = Fixture::new();
    let path = regional("subnetworks");
    let reply = fixture.post(&path, subnet("nat", "10.9.0.0/24", "PRIVATE"));
    assert_eq!(refusal(&reply), (409, "alreadyExists".to_owned()));
    let expected = format!("The resource '{path}/nat' already exists");
    assert_eq!(message(&reply), expected);
    let elsewhere = format!("projects/{PROVIDER}/regions/us-east1/subnetworks");
    fixture.created(&elsewhere, subnet("nat", "10.9.0.0/24", "PRIVATE"));
}

#[test]
fn the_same_requests_with_the_same_seed_have_the_same_replies() {
    let fixture = Fixture::new().with_accepted();
    let mut again = Fixture::empty();
    for (request, reply) in &fixture.transcript {
        let repeated = again.google.handle(request, again.now, &mut again.rng);
        assert_eq!(&repeated, reply, "{request:?}");
    }
    assert!(fixture.transcript.len() > 20);
}
