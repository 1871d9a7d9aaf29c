use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

const S: &str = "privateLinkServices/s";

fn ready() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.made(&ours("loadBalancers/lb"), balancer(&[5432]));
    fixture
}

fn nat(count: usize) -> Value {
    let mut body = service(&["*"]);
    let one = body["properties"]["ipConfigurations"][0].clone();
    let all = (0..count).map(|index| {
        let mut one = one.clone();
        one["name"] = json!(format!("nat-{index}"));
        one
    });
    body["properties"]["ipConfigurations"] = all.collect();
    body
}

#[test]
fn a_service_answers_as_recorded() {
    let mut fixture = Fixture::slow();
    fixture.made(&ours("loadBalancers/lb"), balancer(&[5432]));
    let mut body = service(&[]);
    body["properties"]
        .as_object_mut()
        .unwrap()
        .remove("visibility");
    let reply = fixture.put(&ours("privateLinkServices/TestResource"), body);
    assert_eq!(reply.status, 201);
    let shown = reply.body.unwrap();
    let properties = &shown["properties"];
    assert_eq!(properties["provisioningState"], "Updating");
    assert_eq!(properties["fqdns"], json!([]));
    assert_eq!(properties["enableProxyProtocol"], false);
    assert_eq!(properties["privateEndpointConnections"], json!([]));
    assert_eq!(properties["visibility"], Value::Null);
    assert_eq!(properties["autoApproval"], Value::Null);
    let alias = properties["alias"].as_str().unwrap();
    let parts: Vec<&str> = alias.split('.').collect();
    assert_eq!(
        (parts[0], parts[1].len(), parts[2]),
        ("testresource", 36, "westeurope")
    );
    assert!(alias.ends_with(".azure.privatelinkservice"));
    let configuration = &properties["ipConfigurations"][0];
    assert_eq!(
        configuration["type"],
        "Microsoft.Network/privateLinkServices/ipConfigurations"
    );
    assert_eq!(configuration["properties"]["primary"], true);
    assert_eq!(
        configuration["properties"]["privateIPAllocationMethod"],
        "Dynamic"
    );
    // Only the interface of the service shows the address.
    assert_eq!(configuration["properties"]["privateIPAddress"], Value::Null);
    let nic = properties["networkInterfaces"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        nic.contains("/networkInterfaces/TestResource.nic."),
        "{nic}"
    );
    let nic = fixture.seen(&nic);
    assert_eq!(
        nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"],
        "10.0.1.4"
    );
    assert_eq!(
        nic["properties"]["privateLinkService"]["id"],
        ours("privateLinkServices/TestResource")
    );
}

#[test]
fn an_update_keeps_alias_interface_and_addresses() {
    let mut fixture = ready();
    let before = fixture.made(&ours(S), service(&["*"]));
    let mut body = before.clone();
    body["properties"]["enableProxyProtocol"] = json!(true);
    body["properties"]["alias"] = json!("mine");
    let after = fixture.made(&ours(S), body);
    assert_eq!(before["properties"]["alias"], after["properties"]["alias"]);
    assert_eq!(
        before["properties"]["networkInterfaces"],
        after["properties"]["networkInterfaces"]
    );
    assert_eq!(after["properties"]["enableProxyProtocol"], true);
    assert_ne!(before["etag"], after["etag"]);
    assert_eq!(
        after["properties"]["ipConfigurations"][0]["etag"],
        after["etag"]
    );
}

#[test]
fn a_service_needs_a_subnet_without_policies() {
    let mut fixture = ready();
    let mut body = service(&[]);
    body["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"] =
        json!(ours("virtualNetworks/v/subnets/nodes"));
    let reply = fixture.put(&ours(S), body);
    let code = "PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled";
    assert_eq!(refusal(&reply), (400, code.to_owned()));
    let message = reply.body.unwrap()["error"]["message"].clone();
    assert_eq!(
        message,
        format!(
            "Private link service {} cannot be created in a subnet {} since it has private link \
             service network policies enabled.",
            ours(S),
            ours("virtualNetworks/v/subnets/nodes"),
        )
    );
}

#[test]
fn a_service_needs_one_frontend_that_is_there_and_free() {
    let mut fixture = ready();
    let mut none = service(&[]);
    none["properties"]["loadBalancerFrontendIpConfigurations"] = json!([]);
    assert_eq!(
        fixture.refused(&ours(S), none).1,
        "InvalidNumberOfPrivateLinkServiceLoadBalancerFrontendIpConfigurationsSpecified"
    );
    let mut missing = service(&[]);
    missing["properties"]["loadBalancerFrontendIpConfigurations"][0]["id"] =
        json!(ours("loadBalancers/lb/frontendIPConfigurations/nope"));
    assert_eq!(
        fixture.refused(&ours(S), missing).1,
        "InvalidResourceReference"
    );
    fixture.made(&ours(S), service(&[]));
    let second = fixture.refused(&ours("privateLinkServices/t"), service(&[]));
    assert_eq!(second.1, "FrontendIPConfigurationInUseByPrivateLinkService");
}

#[test]
fn a_service_keeps_its_frontend_for_life() {
    let mut fixture = ready();
    fixture.made(&ours("loadBalancers/lc"), balancer_named("lc", &[5432]));
    fixture.made(&ours(S), service(&[]));
    let mut body = service(&[]);
    body["properties"]["loadBalancerFrontendIpConfigurations"][0]["id"] =
        json!(ours("loadBalancers/lc/frontendIPConfigurations/fe"));
    let refused = fixture.refused(&ours(S), body);
    assert_eq!(
        refused,
        (400, "PrivateLinkServiceFrontendCannotBeChanged".to_owned())
    );
    // Another spelling of the same ID is not a change.
    let mut body = service(&[]);
    let id = &mut body["properties"]["loadBalancerFrontendIpConfigurations"][0]["id"];
    *id = json!(id.as_str().unwrap().replace("frontendIPC", "frontendIpC"));
    fixture.made(&ours(S), body);
}

#[test]
fn nat_addresses_are_one_to_eight_and_stay() {
    let mut fixture = ready();
    assert_eq!(
        fixture.refused(&ours(S), nat(0)).1,
        "IpConfigurationsMissing"
    );
    assert_eq!(
        fixture.refused(&ours(S), nat(9)).1,
        "PrivateLinkServiceIpConfigurationLimitReached"
    );
    fixture.made(&ours(S), nat(1));
    let eight = fixture.made(&ours(S), nat(8));
    let nic = eight["properties"]["networkInterfaces"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let nic = fixture.seen(&nic);
    let last = &nic["properties"]["ipConfigurations"][7]["properties"];
    assert_eq!(last["privateIPAddress"], "10.0.1.11");
    let refused = fixture.refused(&ours(S), nat(7));
    assert_eq!(
        refused.1,
        "PrivateLinkServiceIpConfigurationCannotBeRemoved"
    );
    let mut two = nat(2);
    for index in 0..2 {
        two["properties"]["ipConfigurations"][index]["properties"]["primary"] = json!(true);
    }
    assert_eq!(
        fixture.refused(&ours(S), two).1,
        "MultiplePrimaryIpConfigurations"
    );
}

#[test]
fn the_lists_of_subscriptions_have_limits_and_agree() {
    let mut fixture = ready();
    let many: Vec<String> = (0..101)
        .map(|it| format!("00000000-0000-4000-8000-{it:012}"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let code = "PrivateLinkServiceSubscriptionLimitReached";
    assert_eq!(fixture.refused(&ours(S), service(&many)).1, code);
    let mut body = service(many.get(1..).unwrap());
    body["properties"]["autoApproval"] = json!({ "subscriptions": [many.get(1), many.get(100)] });
    fixture.made(&ours(S), body.clone());
    body["properties"]["autoApproval"] = json!({ "subscriptions": [many.first()] });
    let refused = fixture.refused(&ours(S), body.clone());
    assert_eq!(refused.1, "PrivateLinkServiceAutoApprovalNotInVisibility");
    body["properties"]["visibility"] = json!({ "subscriptions": ["*"] });
    fixture.made(&ours(S), body.clone());
    body["properties"]["visibility"] = json!({ "subscriptions": "all" });
    assert_eq!(fixture.refused(&ours(S), body).1, "InvalidRequestFormat");
}

#[test]
fn a_balancer_takes_eight_services() {
    let mut fixture = Fixture::new();
    let mut body = balancer(&[]);
    let subnet = ours("virtualNetworks/v/subnets/nodes");
    body["properties"]["frontendIPConfigurations"] = (0..9)
        .map(|it| json!({ "name": format!("fe-{it}"), "properties": { "subnet": { "id": subnet } } }))
        .collect();
    fixture.made(&ours("loadBalancers/lb"), body);
    for index in 0..9 {
        let mut body = service(&[]);
        body["properties"]["loadBalancerFrontendIpConfigurations"][0]["id"] = json!(ours(
            &format!("loadBalancers/lb/frontendIPConfigurations/fe-{index}")
        ));
        let path = ours(&format!("privateLinkServices/s-{index}"));
        if index < 8 {
            fixture.made(&path, body);
        } else {
            let refused = fixture.refused(&path, body);
            assert_eq!(refused.1, "PrivateLinkServicesPerLoadBalancerLimitReached");
        }
    }
}

#[test]
fn pools_behind_a_service_are_of_interfaces() {
    let mut fixture = Fixture::new();
    let mut by_address = balancer(&[5432]);
    by_address["properties"]["backendAddressPools"][0]["properties"] = json!({ "loadBalancerBackendAddresses": [
            { "name": "a", "properties": { "ipAddress": "10.0.0.9" } }] });
    fixture.made(&ours("loadBalancers/lb"), by_address.clone());
    let code = "PrivateLinkServiceIPBasedBackendPoolNotSupported";
    assert_eq!(fixture.refused(&ours(S), service(&[])).1, code);
    fixture.made(&ours("loadBalancers/lb"), balancer(&[5432]));
    fixture.made(&ours(S), service(&[]));
    assert_eq!(
        fixture.refused(&ours("loadBalancers/lb"), by_address).1,
        code
    );
}

#[test]
fn the_nat_subnet_is_in_the_balancers_network() {
    let mut fixture = ready();
    fixture.made(
        &ours("virtualNetworks/w"),
        json!({ "location": "westeurope", "properties": {
            "addressSpace": { "addressPrefixes": ["10.7.0.0/16"] },
            "subnets": [{ "name": "x", "properties": { "addressPrefix": "10.7.0.0/24",
                "privateLinkServiceNetworkPolicies": "Disabled" } }] } }),
    );
    let mut body = service(&[]);
    body["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"] =
        json!(ours("virtualNetworks/w/subnets/x"));
    let refused = fixture.refused(&ours(S), body);
    assert_eq!(
        refused.1,
        "PrivateLinkServiceAndLoadBalancerMustUseSameVnet"
    );
}

#[test]
fn attaching_and_detaching_change_the_balancers_tag() {
    let mut fixture = ready();
    let tag = |fixture: &mut Fixture| fixture.seen(&ours("loadBalancers/lb"))["etag"].clone();
    let bare = tag(&mut fixture);
    fixture.made(&ours(S), service(&[]));
    let attached = tag(&mut fixture);
    assert_ne!(bare, attached);
    assert_eq!(fixture.delete(&ours(S)).status, 200);
    assert_ne!(attached, tag(&mut fixture));
    assert!(
        !fixture
            .azure
            .resource_ids()
            .iter()
            .any(|id| id.contains("/s.nic."))
    );
}

#[test]
fn a_service_with_connections_cannot_be_deleted() {
    let mut fixture = Fixture::new().with_endpoint();
    let reply = fixture.delete(&ours(S));
    assert_eq!(
        refusal(&reply).1,
        "PrivateLinkServiceWithPrivateEndpointConnectionsCannotBeDeleted"
    );
    let connection = fixture.connection();
    assert_eq!(fixture.delete(&connection).status, 200);
    assert_eq!(fixture.delete(&ours(S)).status, 200);
}

#[test]
fn visibility_is_told_to_those_who_ask() {
    let mut fixture = Fixture::new().with_service();
    let alias = fixture.alias();
    let ask = |fixture: &mut Fixture, caller, subscription: &str, alias: &str| {
        let path = format!(
            "/subscriptions/{subscription}/providers/Microsoft.Network/locations/westeurope/checkPrivateLinkServiceVisibility"
        );
        let body = Some(json!({ "privateLinkServiceAlias": alias }));
        let reply = fixture.by(caller).send("POST", &path, body);
        assert_eq!(reply.status, 200);
        reply.body.unwrap()["visible"].as_bool().unwrap()
    };
    assert!(ask(&mut fixture, provider(), PROVIDER, &alias));
    assert!(ask(
        &mut fixture,
        consumer(),
        CONSUMER,
        &alias.to_uppercase()
    ));
    assert!(!ask(&mut fixture, consumer(), CONSUMER, "no.such.alias"));
    assert!(!ask(&mut fixture, stranger(), STRANGER, &alias));
}

#[test]
fn services_that_approve_by_themselves_are_listed() {
    let mut fixture = Fixture::new().with_service();
    let path = format!(
        "/subscriptions/{CONSUMER}/providers/Microsoft.Network/locations/westeurope/autoApprovedPrivateLinkServices"
    );
    assert_eq!(fixture.seen_by_consumer(&path), json!({ "value": [] }));
    let mut body = service(&[CONSUMER]);
    body["properties"]["autoApproval"] = json!({ "subscriptions": [CONSUMER] });
    fixture.made(&ours(S), body);
    assert_eq!(
        fixture.seen_by_consumer(&path),
        json!({ "value": [{ "privateLinkService": ours(S) }] })
    );
}
