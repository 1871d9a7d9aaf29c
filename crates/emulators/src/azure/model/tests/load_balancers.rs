use serde_json::{Value, json};

use super::fixture::*;

const LB: &str = "loadBalancers/lb";

#[test]
fn a_balancer_always_lists_its_parts_and_fills_them() {
    let mut fixture = Fixture::new();
    let bare = json!({ "location": "westeurope", "properties": {} });
    let shown = fixture.made(&ours("loadBalancers/bare"), bare);
    for list in [
        "backendAddressPools",
        "frontendIPConfigurations",
        "inboundNatPools",
        "inboundNatRules",
        "loadBalancingRules",
        "outboundRules",
        "probes",
    ] {
        assert_eq!(shown["properties"][list], json!([]), "{list}");
    }
    assert_eq!(
        shown["sku"],
        json!({ "name": "Standard", "tier": "Regional" })
    );

    let shown = fixture.made(&ours(LB), balancer(&[5432]));
    let properties = &shown["properties"];
    let rule_id = json!([{ "id": ours("loadBalancers/lb/loadBalancingRules/r-5432") }]);
    let frontend = &properties["frontendIPConfigurations"][0];
    assert_eq!(frontend["properties"]["privateIPAddress"], "10.0.0.4");
    assert_eq!(frontend["properties"]["loadBalancingRules"], rule_id);
    assert_eq!(
        frontend["id"],
        ours("loadBalancers/lb/frontendIPConfigurations/fe")
    );
    assert_eq!(frontend["etag"], shown["etag"]);
    assert_eq!(
        properties["probes"][0]["properties"]["loadBalancingRules"],
        rule_id
    );
    let rule = &properties["loadBalancingRules"][0];
    assert_eq!(
        rule["type"],
        "Microsoft.Network/loadBalancers/loadBalancingRules"
    );
    assert_eq!(rule["properties"]["idleTimeoutInMinutes"], 4);
    assert_eq!(rule["properties"]["provisioningState"], "Succeeded");
}

#[test]
fn a_balancer_read_and_put_back_is_the_same() {
    let mut fixture = Fixture::new().with_service();
    let mut before = fixture.seen(&ours(LB));
    let mut after = fixture.made(&ours(LB), before.clone());
    for shown in [&mut before, &mut after] {
        let etag = shown["etag"].as_str().unwrap().to_owned();
        let text = shown
            .to_string()
            .replace(&etag.replace('"', "\\\""), "etag");
        *shown = serde_json::from_str(&text).unwrap();
    }
    assert_eq!(before, after);
}

#[test]
fn parts_can_be_read_alone_and_not_written() {
    let mut fixture = Fixture::new();
    fixture.made(&ours(LB), balancer(&[5432]));
    let rules = fixture.seen(&ours("loadBalancers/lb/LOADBALANCINGRULES"));
    assert_eq!(rules["value"][0]["name"], "r-5432");
    let probe = fixture.seen(&ours("loadBalancers/lb/probes/P"));
    assert_eq!(probe["properties"]["port"], 8080);
    let missing = refusal(&fixture.get(&ours("loadBalancers/lb/probes/q")));
    assert_eq!(missing, (404, "NotFound".to_owned()));
    assert_eq!(
        refusal(&fixture.put(&ours("loadBalancers/lb/probes/p"), probe)).0,
        405
    );
    assert_eq!(
        refusal(&fixture.get(&ours("loadBalancers/lb/nonsense"))).0,
        404
    );
}

#[test]
fn members_are_known_in_any_case() {
    let mut fixture = Fixture::new();
    let text = balancer(&[5432]).to_string();
    let text = text.replace(
        "\"frontendIPConfigurations\"",
        "\"frontendIpConfigurations\"",
    );
    let shown = fixture.made(&ours(LB), serde_json::from_str(&text).unwrap());
    assert_eq!(
        shown["properties"]["frontendIPConfigurations"][0]["name"],
        "fe"
    );
    assert_eq!(shown["properties"]["frontendIpConfigurations"], Value::Null);
}

#[test]
fn rules_must_refer_to_parts_of_their_own_balancer() {
    let mut fixture = Fixture::new();
    for member in ["frontendIPConfiguration", "backendAddressPool", "probe"] {
        let mut body = balancer(&[5432]);
        let id = &mut body["properties"]["loadBalancingRules"][0]["properties"][member]["id"];
        *id = json!(format!("{}x", id.as_str().unwrap()));
        let refused = fixture.refused(&ours(LB), body);
        assert_eq!(
            refused,
            (400, "InvalidResourceReference".to_owned()),
            "{member}"
        );
    }
    let mut body = balancer(&[5432]);
    body["properties"]["loadBalancingRules"][0]["properties"]
        .as_object_mut()
        .unwrap()
        .remove("backendAddressPool");
    assert_eq!(
        fixture.refused(&ours(LB), body).1,
        "LoadBalancingRuleIncomplete"
    );
}

#[test]
fn rules_for_the_same_traffic_conflict() {
    let mut fixture = Fixture::new();
    let mut body = balancer(&[5432]);
    body["properties"]["loadBalancingRules"]
        .as_array_mut()
        .unwrap()
        .push(rule("lb", "again", "fe", "be", 5432));
    let front = "RulesOfSameLoadBalancerTypeUseSameFrontendPortProtocolAndIPConfig";
    assert_eq!(fixture.refused(&ours(LB), body.clone()).1, front);
    body["properties"]["loadBalancingRules"][1]["properties"]["frontendPort"] = json!(5433);
    let back = "RulesUseSameBackendPortProtocolAndPool";
    assert_eq!(fixture.refused(&ours(LB), body.clone()).1, back);
    body["properties"]["loadBalancingRules"][1]["properties"]["backendPort"] = json!(5433);
    fixture.made(&ours(LB), body);
}

#[test]
fn ports_and_timeouts_have_bounds() {
    let mut fixture = Fixture::new();
    for (member, value) in [
        ("frontendPort", json!(0)),
        ("frontendPort", json!(65_535)),
        ("frontendPort", json!("5432")),
        ("backendPort", json!(0)),
        ("idleTimeoutInMinutes", json!(3)),
        ("protocol", json!("Sctp")),
    ] {
        let mut body = balancer(&[5432]);
        body["properties"]["loadBalancingRules"][0]["properties"][member] = value.clone();
        assert_eq!(fixture.refused(&ours(LB), body).0, 400, "{member} {value}");
    }
    let mut all = balancer(&[5432]);
    let rule = &mut all["properties"]["loadBalancingRules"][0]["properties"];
    rule["protocol"] = json!("All");
    rule["frontendPort"] = json!(0);
    rule["backendPort"] = json!(0);
    fixture.made(&ours(LB), all);
}

#[test]
fn names_of_parts_are_checked() {
    let mut fixture = Fixture::new();
    let mut twice = balancer(&[]);
    twice["properties"]["backendAddressPools"] = json!([{ "name": "be" }, { "name": "BE" }]);
    assert_eq!(fixture.refused(&ours(LB), twice).1, "DuplicateResourceName");
    let mut bad = balancer(&[]);
    bad["properties"]["backendAddressPools"] = json!([{ "name": "-be" }]);
    assert_eq!(fixture.refused(&ours(LB), bad).1, "InvalidResourceName");
    let mut form = balancer(&[]);
    form["properties"]["backendAddressPools"] = json!({ "name": "be" });
    assert_eq!(fixture.refused(&ours(LB), form).1, "InvalidRequestFormat");
    assert_eq!(
        fixture.refused(&ours("loadBalancers/lb-"), balancer(&[])).1,
        "InvalidResourceName"
    );
}

#[test]
fn an_interface_takes_300_rules_over_all_its_balancers() {
    let mut fixture = Fixture::new();
    let ports: Vec<u16> = (1000..1200).collect();
    fixture.made(&ours(LB), balancer(&ports));
    let address = ours("publicIPAddresses/ip");
    fixture.made(
        &address,
        json!({ "location": "westeurope", "sku": { "name": "Standard" },
                "properties": { "publicIPAllocationMethod": "Static" } }),
    );
    // Of internal load balancers, an interface has one.
    let mut public = balancer_named("lc", &(2000..2100).collect::<Vec<_>>());
    public["properties"]["frontendIPConfigurations"][0]["properties"] =
        json!({ "publicIPAddress": { "id": address } });
    fixture.made(&ours("loadBalancers/lc"), public);
    fixture.made(&ours("networkInterfaces/n"), interface(&["lb", "lc"]));
    let one_more: Vec<u16> = (1000..1201).collect();
    let refused = fixture.refused(&ours(LB), balancer(&one_more));
    assert_eq!(refused.1, "NetworkInterfaceRuleLimitReached");
    // Without the interface the rules are accepted, and then the interface is refused.
    fixture.made(&ours("networkInterfaces/n"), interface(&["lc"]));
    fixture.made(&ours(LB), balancer(&one_more));
    let refused = fixture.refused(&ours("networkInterfaces/n"), interface(&["lb", "lc"]));
    assert_eq!(refused.1, "NetworkInterfaceRuleLimitReached");
}

#[test]
fn one_ip_configuration_takes_each_backend_port_once_over_all_its_pools() {
    const CODE: &str = "RulesOfSameLoadBalancerTypeUseSameBackendPortProtocolAndIPConfig";
    let mut fixture = Fixture::new();
    let two_pools = |port: u16| {
        let mut body = balancer(&[5432]);
        body["properties"]["backendAddressPools"] = json!([{ "name": "be" }, { "name": "own" }]);
        let mut own = rule("lb", "own", "fe", "own", 6432);
        own["properties"]["backendPort"] = json!(port);
        body["properties"]["loadBalancingRules"]
            .as_array_mut()
            .unwrap()
            .push(own);
        body
    };
    // Two pools may have the same port, until one interface is in both.
    fixture.made(&ours(LB), two_pools(5432));
    let mut both = interface(&["lb", "lb"]);
    let pools = &mut both["properties"]["ipConfigurations"][0]["properties"]["loadBalancerBackendAddressPools"];
    pools[1]["id"] = json!(ours("loadBalancers/lb/backendAddressPools/own"));
    let nic = ours("networkInterfaces/n");
    assert_eq!(fixture.refused(&nic, both.clone()).1, CODE);
    fixture.made(&ours(LB), two_pools(6432));
    fixture.made(&nic, both);
    assert_eq!(fixture.refused(&ours(LB), two_pools(5432)).1, CODE);

    // Another load balancer of the same type is refused as well.
    let other = ours("loadBalancers/lc");
    fixture.made(&other, balancer_named("lc", &[5432]));
    assert_eq!(fixture.refused(&nic, interface(&["lb", "lc"])).1, CODE);
    fixture.made(&other, balancer_named("lc", &[7432]));
    assert_eq!(
        fixture.refused(&nic, interface(&["lb", "lc"])).1,
        "AnotherInternalLoadBalancerExists"
    );
}

#[test]
fn a_balancer_takes_1500_rules() {
    let mut fixture = Fixture::new();
    let ports: Vec<u16> = (1000..2501).collect();
    assert_eq!(
        fixture.refused(&ours(LB), balancer(&ports)).1,
        "LoadBalancingRuleLimitReached"
    );
    fixture.made(&ours(LB), balancer(ports.get(1..).unwrap()));
}

#[test]
fn a_balancer_and_its_parts_cannot_be_deleted_while_in_use() {
    let mut fixture = Fixture::new().with_service();
    let reply = fixture.delete(&ours(LB));
    assert_eq!(
        refusal(&reply).1,
        "CannotDeleteLoadBalancerWithPrivateLinkService"
    );
    let mut moved = balancer(&[]);
    moved["properties"]["frontendIPConfigurations"][0]["properties"]["subnet"]["id"] =
        json!(ours("virtualNetworks/v/subnets/nat"));
    let code = "InUseFrontendIPConfigurationCannotBeDeleted";
    assert_eq!(fixture.refused(&ours(LB), moved).1, code);
    let mut renamed = balancer(&[]);
    renamed["properties"]["frontendIPConfigurations"][0]["name"] = json!("other");
    assert_eq!(fixture.refused(&ours(LB), renamed).1, code);
    let mut drained = balancer(&[]);
    drained["properties"]["backendAddressPools"] = json!([]);
    assert_eq!(
        fixture.refused(&ours(LB), drained).1,
        "InUseBackendAddressPoolCannotBeDeleted"
    );
    // Other rules and frontends can be added and removed.
    let mut more = balancer(&[5432, 6543]);
    more["properties"]["frontendIPConfigurations"]
        .as_array_mut()
        .unwrap()
        .push(json!({
            "name": "fe2",
            "properties": { "subnet": { "id": ours("virtualNetworks/v/subnets/nodes") } },
        }));
    let shown = fixture.made(&ours(LB), more);
    let frontends = &shown["properties"]["frontendIPConfigurations"];
    assert_eq!(frontends[0]["properties"]["privateIPAddress"], "10.0.0.4");
    assert_eq!(frontends[1]["properties"]["privateIPAddress"], "10.0.0.6");

    assert_eq!(fixture.delete(&ours("privateLinkServices/s")).status, 200);
    assert_eq!(
        refusal(&fixture.delete(&ours(LB))).1,
        "InUseBackendAddressPoolCannotBeDeleted"
    );
    fixture.made(&ours("networkInterfaces/n1"), interface(&[]));
    assert_eq!(fixture.delete(&ours(LB)).status, 200);
    assert_eq!(
        refusal(&fixture.get(&ours(LB))),
        (404, "ResourceNotFound".to_owned())
    );
}

#[test]
fn a_balancer_stays_in_its_region() {
    let mut fixture = Fixture::new();
    fixture.made(&ours(LB), balancer(&[]));
    let mut body = balancer(&[]);
    body["location"] = json!("eastus");
    let refused = fixture.refused(&ours(LB), body.clone());
    assert_eq!(refused, (409, "InvalidResourceLocation".to_owned()));
    // A frontend's subnet must be in the balancer's region.
    let refused = fixture.refused(&ours("loadBalancers/lc"), body);
    assert_eq!(refused, (400, "InvalidResourceReference".to_owned()));
}

#[test]
fn a_rule_may_name_its_pool_in_a_list_of_one() {
    let mut fixture = Fixture::new();
    let mut body = balancer(&[5432]);
    let rule = body["properties"]["loadBalancingRules"][0]["properties"]
        .as_object_mut()
        .unwrap();
    let pool = rule.remove("backendAddressPool").unwrap();
    rule.insert("backendAddressPools".to_owned(), json!([pool]));
    let shown = fixture.made(&ours(LB), body);
    let rule = &shown["properties"]["loadBalancingRules"][0]["properties"];
    assert_eq!(rule["backendAddressPool"], pool);
}
