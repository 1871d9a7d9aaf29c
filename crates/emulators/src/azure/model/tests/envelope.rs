use serde_json::json;

use super::fixture::*;

#[test]
fn an_api_version_is_required_and_must_be_one_of_the_provider() {
    let mut fixture = Fixture::new();
    let path = ours("loadBalancers");
    let missing = refusal(&fixture.get(&format!("{path}?x=1")));
    assert_eq!(missing, (400, "MissingApiVersionParameter".to_owned()));
    for version in [
        "latest",
        "2024-13-01",
        "2024-5-1",
        "20240501",
        "2024-05-01-beta",
    ] {
        let refused = refusal(&fixture.get(&format!("{path}?api-version={version}")));
        assert_eq!(
            refused,
            (400, "InvalidApiVersionParameter".to_owned()),
            "{version}"
        );
    }
    for version in ["2024-05-02", "2021-02-01-preview", "2027-01-01"] {
        let reply = fixture.get(&format!("{path}?api-version={version}"));
        let refused = refusal(&reply);
        assert_eq!(refused, (400, "NoRegisteredProviderFound".to_owned()));
        assert_eq!(header(&reply, "x-ms-failure-cause"), Some("gateway"));
        // Other providers have other versions, of which any date will do.
        let groups = format!("/subscriptions/{PROVIDER}/resourcegroups?api-version={version}");
        assert_eq!(fixture.get(&groups).status, 200, "{version}");
    }
    for version in ["2018-10-01", "2024-05-01", "2025-05-01", "2026-03-01"] {
        let reply = fixture.get(&format!("{path}?api-version={version}"));
        assert_eq!(reply.status, 200, "{version}");
    }
}

#[test]
fn paths_are_read_in_any_case_and_nothing_else_is_served() {
    let mut fixture = Fixture::new();
    let path = ours("virtualNetworks/v/subnets/nodes").to_uppercase();
    let shown = fixture.seen(&path.replace("/SUBSCRIPTIONS", "/Subscriptions"));
    assert_eq!(shown["id"], ours("virtualNetworks/v/subnets/nodes"));
    for path in [
        "",
        "/",
        "/tenants/x",
        "//subscriptions",
        &ours("natGateways/n"),
        &ours("loadBalancers//x"),
    ] {
        let reply = refusal(&fixture.get(path));
        assert_eq!(reply.0, 404, "{path}");
    }
    let method =
        fixture
            .by(provider())
            .send("PATCH", &ours("privateLinkServices/s"), Some(json!({})));
    assert_eq!(refusal(&method).0, 405);
}

#[test]
fn lists_are_scoped_to_the_subscription_or_group() {
    let mut fixture = Fixture::new().with_endpoint();
    let of = |subscription: &str, kind: &str| {
        format!("/subscriptions/{subscription}/providers/Microsoft.Network/{kind}")
    };
    let services = fixture.seen(&of(PROVIDER, "privateLinkServices"));
    assert_eq!(services["value"][0]["name"], "s");
    assert_eq!(
        services["value"][0]["properties"]["privateEndpointConnections"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        fixture.seen(&ours("privateEndpoints")),
        json!({ "value": [] })
    );
    let endpoints = fixture.seen_by_consumer(&of(CONSUMER, "privateEndpoints"));
    assert_eq!(endpoints["value"].as_array().unwrap().len(), 1);
    let subnets = fixture.seen(&ours("virtualNetworks/v/subnets"));
    assert_eq!(subnets["value"].as_array().unwrap().len(), 2);
    let missing = refusal(&fixture.get(&ours("virtualNetworks/w/subnets")));
    assert_eq!(missing, (404, "ResourceNotFound".to_owned()));
}

#[test]
fn all_resources_can_be_listed_and_filtered() {
    let mut fixture = Fixture::new().with_service();
    let all = fixture.seen(&format!("/subscriptions/{PROVIDER}/resources"));
    assert_eq!(all["value"].as_array().unwrap().len(), 5);
    let filter = "$filter=resourceGroup eq 'RG' and name eq 'v' and resourceType eq 'Microsoft.Network/virtualNetworks'";
    let path = format!("/subscriptions/{PROVIDER}/resources?api-version=2024-11-01&{filter}");
    let found = fixture.seen(&path);
    assert_eq!(
        found["value"],
        json!([{ "id": ours("virtualNetworks/v"), "name": "v", "location": "westeurope",
                 "type": "Microsoft.Network/virtualNetworks" }])
    );
    let empty = format!("/subscriptions/{PROVIDER}/resources?api-version=2024-11-01&$filter=");
    assert_eq!(fixture.seen(&empty), all);
    let odd = format!("/subscriptions/{PROVIDER}/resources?api-version=2024-11-01&$filter=x gt 1");
    assert_eq!(refusal(&fixture.get(&odd)).1, "InvalidFilterInQueryString");
}

#[test]
fn missing_resources_are_told_by_the_gateway_and_children_by_the_provider() {
    let mut fixture = Fixture::new();
    let reply = fixture.get(&ours("loadBalancers/lb"));
    assert_eq!(refusal(&reply), (404, "ResourceNotFound".to_owned()));
    assert_eq!(header(&reply, "x-ms-failure-cause"), Some("gateway"));
    assert_eq!(reply.body.unwrap()["error"].get("details"), None);
    let reply = fixture.get(&ours("virtualNetworks/v/subnets/none"));
    assert_eq!(refusal(&reply), (404, "NotFound".to_owned()));
    assert_eq!(header(&reply, "x-ms-failure-cause"), None);
    let error = reply.body.unwrap()["error"].clone();
    assert_eq!(
        error["message"],
        format!(
            "Resource {} not found.",
            ours("virtualNetworks/v/subnets/none")
        )
    );
    assert_eq!(error["details"], json!([]));
}

#[test]
fn bodies_must_be_objects() {
    let mut fixture = Fixture::new();
    let path = ours("loadBalancers/lb");
    assert_eq!(fixture.refused(&path, json!([])).1, "InvalidRequestFormat");
    let reply = fixture.by(provider()).send("PUT", &path, None);
    assert_eq!(refusal(&reply).1, "InvalidRequestFormat");
    let body = json!({ "location": "westeurope", "properties": 1 });
    assert_eq!(fixture.refused(&path, body).1, "InvalidRequestFormat");
    assert_eq!(fixture.refused(&path, json!({})).1, "LocationRequired");
}

#[test]
fn answers_carry_request_ids_and_budgets() {
    let mut fixture = Fixture::new();
    let reply = fixture.get(&ours("loadBalancers"));
    assert_eq!(header(&reply, "x-ms-request-id").unwrap().len(), 36);
    let budget = header(&reply, "x-ms-ratelimit-remaining-subscription-global-reads");
    assert_eq!(budget, Some("16499"));
}
