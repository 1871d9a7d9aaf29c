//! Bodies that the real cloud does not read are refused here, too.

use serde_json::{Value, json};

use super::fixture::*;

/// Code of the first detail of a refusal, and its message.
fn detail(fixture: &mut Fixture, path: &str, body: Value) -> (String, String) {
    let reply = fixture.put(path, body);
    assert_eq!(refusal(&reply), (400, "InvalidRequestFormat".to_owned()));
    let first = reply.body.unwrap()["error"]["details"][0].clone();
    let text = |member: &str| first[member].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

/// A body with another value at a pointer, which may be new.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    parent[name] = value;
    body
}

#[test]
fn unknown_members_are_refused_with_their_path() {
    let mut fixture = Fixture::new();
    let path = ours("loadBalancers/lb");
    for (pointer, object, place) in [
        (
            "/properties/loadBalancerRules",
            "LoadBalancerProperties",
            "properties.loadBalancerRules",
        ),
        (
            "/properties/loadBalancingRules/0/properties/frontEndPorts",
            "LoadBalancingRuleProperties",
            "properties.loadBalancingRules[0].properties.frontEndPorts",
        ),
        (
            "/properties/probes/0/properties/intervalInSecond",
            "ProbeProperties",
            "properties.probes[0].properties.intervalInSecond",
        ),
        (
            "/properties/probes/0/port",
            "ProbeProperties",
            "properties.probes[0].port",
        ),
    ] {
        let body = with(balancer(&[5432]), pointer, json!(1));
        let name = pointer.rsplit('/').next().unwrap();
        let expected =
            format!("Could not find member '{name}' on object of type '{object}'. Path '{place}'.");
        assert_eq!(
            detail(&mut fixture, &path, body),
            ("InvalidJson".to_owned(), expected)
        );
    }
    // The resource manager reads the members besides `properties`.
    for body in [
        with(balancer(&[1]), "/property", json!({})),
        with(balancer(&[1]), "/location", json!(1)),
    ] {
        let refused = fixture.refused(&path, body);
        assert_eq!(refused, (400, "InvalidRequestContent".to_owned()));
    }
    let group = group(PROVIDER, "new");
    let body = json!({ "location": "westeurope", "tag": {} });
    assert_eq!(fixture.refused(&group, body).1, "InvalidRequestContent");
}

#[test]
fn values_of_another_type_and_unknown_words_are_refused() {
    let mut fixture = Fixture::new().with_service();
    let rule = "/properties/loadBalancingRules/0/properties";
    let cases = [
        (
            "loadBalancers/x",
            balancer(&[1]),
            format!("{rule}/frontendPort"),
            json!("1"),
        ),
        (
            "loadBalancers/x",
            balancer(&[1]),
            format!("{rule}/frontendPort"),
            json!(1.5),
        ),
        (
            "loadBalancers/x",
            balancer(&[1]),
            format!("{rule}/enableTcpReset"),
            json!("true"),
        ),
        (
            "loadBalancers/x",
            balancer(&[1]),
            format!("{rule}/protocol"),
            json!("Sctp"),
        ),
        (
            "loadBalancers/x",
            balancer(&[1]),
            format!("{rule}/loadDistribution"),
            json!("SourceIp2"),
        ),
        (
            "loadBalancers/x",
            balancer(&[1]),
            "/properties/probes".to_owned(),
            json!({}),
        ),
        (
            "privateLinkServices/x",
            service(&[]),
            "/properties/fqdns".to_owned(),
            json!([1]),
        ),
        (
            "privateLinkServices/x",
            service(&[]),
            "/properties/visibility".to_owned(),
            json!([]),
        ),
        (
            "privateLinkServices/x",
            service(&[]),
            "/properties/enableProxyProtocol".to_owned(),
            json!(1),
        ),
        (
            "networkInterfaces/x",
            interface(&[]),
            "/properties/ipConfigurations/0/properties/privateIPAllocationMethod".to_owned(),
            json!("Automatic"),
        ),
    ];
    for (path, body, pointer, value) in cases {
        let (code, message) = detail(&mut fixture, &ours(path), with(body, &pointer, value));
        assert_eq!(code, "InvalidJson", "{pointer}");
        let name = pointer.rsplit('/').next().unwrap();
        assert!(message.contains(name), "{message}");
    }
    // Words are read in any case.
    let body = balancer_named("x", &[1]);
    let body = with(body, &format!("{rule}/protocol"), json!("TCP"));
    assert_eq!(fixture.put(&ours("loadBalancers/x"), body).status, 201);
}

#[test]
fn tags_are_a_map_of_strings() {
    let mut fixture = Fixture::new();
    for tags in [
        json!({ "a": 1 }),
        json!({ "a": { "b": "c" } }),
        json!(["a"]),
        json!("a"),
    ] {
        let body = with(balancer(&[]), "/tags", tags.clone());
        let refused = fixture.refused(&ours("loadBalancers/lb"), body);
        assert_eq!(refused, (400, "InvalidRequestContent".to_owned()), "{tags}");
        let body = json!({ "location": "westeurope", "tags": tags });
        let refused = fixture.refused(&group(PROVIDER, "new"), body);
        assert_eq!(refused.1, "InvalidRequestContent");
    }
    let path = group(PROVIDER, "rg");
    let unknown = fixture
        .by(provider())
        .send("PATCH", &path, Some(json!({ "tag": {} })));
    assert_eq!(refusal(&unknown).1, "InvalidRequestContent");
}

#[test]
fn references_need_an_id_of_something() {
    let mut fixture = Fixture::new();
    let path = ours("networkInterfaces/x");
    let subnet = "/properties/ipConfigurations/0/properties/subnet";
    let body = with(interface(&[]), subnet, json!({ "name": "nodes" }));
    let (code, message) = detail(&mut fixture, &path, body);
    assert_eq!(code, "MissingJsonReferenceId");
    let place = "properties.ipConfigurations[0].properties.subnet";
    assert_eq!(
        message,
        format!("Value for reference id is missing. Path {place}.")
    );
    let body = with(interface(&[]), subnet, json!("nodes"));
    assert_eq!(detail(&mut fixture, &path, body).0, "InvalidJson");
    let nothing = json!({ "id": ours("virtualNetworks/v/subnets/none") });
    let body = with(interface(&[]), subnet, nothing);
    let refused = fixture.refused(&path, body);
    assert_eq!(refused, (400, "InvalidResourceReference".to_owned()));
    let no_id = with(interface(&[]), subnet, json!({ "id": "nodes" }));
    assert_eq!(fixture.refused(&path, no_id).1, "LinkedInvalidPropertyId");
    let pool = ours("loadBalancers/none/backendAddressPools/be");
    let pools = "/properties/ipConfigurations/0/properties/loadBalancerBackendAddressPools";
    let body = with(interface(&[]), pools, json!([{ "id": pool }]));
    assert_eq!(fixture.refused(&path, body).1, "InvalidResourceReference");
}

#[test]
fn subscriptions_are_uuids() {
    let mut fixture = Fixture::new().with_service();
    for id in [
        "mine",
        "11111111-1111-1111-1111-11111111111",
        "11111111111111111111111111111111",
    ] {
        let path = format!("/subscriptions/{id}/resourcegroups");
        let refused = refusal(&fixture.consumer().get(&path));
        assert_eq!(refused, (400, "InvalidSubscriptionId".to_owned()));
        let refused = fixture.refused(&ours("privateLinkServices/s"), service(&[id]));
        assert_eq!(refused, (400, "InvalidSubscriptionId".to_owned()));
    }
    assert_eq!(
        fixture
            .put(&ours("privateLinkServices/s"), service(&["*"]))
            .status,
        200
    );
}

#[test]
fn documents_may_be_sent_back_as_they_were_read() {
    let mut fixture = Fixture::new().with_endpoint();
    for path in [
        ours("virtualNetworks/v"),
        ours("virtualNetworks/v/subnets/nodes"),
        ours("loadBalancers/lb"),
        ours("networkInterfaces/n1"),
        ours("privateLinkServices/s"),
    ] {
        let read = fixture.seen(&path);
        let reply = fixture.put(&path, read);
        assert!(
            matches!(reply.status, 200 | 201),
            "{path}: {:?}",
            reply.body
        );
    }
    let connection = fixture.connection();
    let mut read = fixture.seen(&connection);
    read["properties"]["privateLinkServiceConnectionState"]["status"] = json!("Approved");
    assert_eq!(fixture.put(&connection, read).status, 200);
    let endpoint = theirs("privateEndpoints/e");
    let read = fixture.seen_by_consumer(&endpoint);
    assert_eq!(fixture.consumer().put(&endpoint, read).status, 200);
}

#[test]
fn members_of_later_versions_are_there_in_those_versions() {
    let mut fixture = Fixture::new().with_service();
    let path = ours("privateLinkServices/s");
    let body = with(
        service(&["*"]),
        "/properties/accessMode",
        json!("Restricted"),
    );
    let (code, _) = detail(&mut fixture, &path, body.clone());
    assert_eq!(code, "InvalidJson");
    let later = format!("{path}?api-version=2026-03-01");
    assert_eq!(fixture.put(&later, body).status, 200);
    fixture.settle();
    assert_eq!(
        fixture.seen(&later)["properties"]["accessMode"],
        "Restricted"
    );
    assert_eq!(fixture.seen(&path)["properties"].get("accessMode"), None);
    let listed = fixture.seen(&ours("privateLinkServices"));
    assert_eq!(listed["value"][0]["properties"].get("accessMode"), None);
}
