//! Entries that lead to one node alone: a pool and a rule for each, a second membership.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_clouds::{Cloud as _, Depth, Scope};
use underpass_model::name::NodeName;
use underpass_model::part::{AzurePart, AzureSpec, Part, Rule, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use crate::script::{json as reply, run};
use crate::world::{
    BALANCER, NETWORK, NIC, OBJECT, absent, driver, now, outcome, put, ready, rule, shown,
    signed_in, tags,
};

const INTERFACE: &str = "/networkInterfaces/n1";

fn nodes(names: &[&str]) -> BTreeSet<NodeName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// A rule that leads to one node.
fn broker(port: u16, node: &str) -> Rule {
    Rule {
        node: Some(node.parse().unwrap()),
        ..rule(&format!("kafka-{port}"), port, port)
    }
}

fn spec(rules: &[Rule], pools: &[&str]) -> Spec {
    Spec::Azure(AzureSpec::Balancer {
        rules: rules.iter().cloned().collect(),
        pools: nodes(pools),
    })
}

fn two() -> Spec {
    let rules = [
        rule("kafka", 9094, 9094),
        broker(10_000, "n1"),
        broker(10_001, "n2"),
    ];
    spec(&rules, &["n1", "n2"])
}

fn element(what: &str, name: &str) -> String {
    format!("{NETWORK}{BALANCER}/{what}/{name}")
}

/// The document that a write made, as Azure answers it.
fn answered(sent: &Value, tag: &str) -> Value {
    let mut document = sent.clone();
    document["properties"]["resourceGuid"] = json!("guid");
    shown(document, BALANCER, tag, "Succeeded")
}

/// A balancer made for this.
fn made(desired: &Spec) -> Value {
    let script = signed_in();
    let empty = json!({"location": "westeurope", "tags": tags(), "properties": {}});
    script.on(&format!("GET {BALANCER}"), absent()).on(
        &format!("PUT {BALANCER}"),
        reply(201, &answered(&empty, "0")),
    );
    // The answer shows something else than was written; what was sent is all that matters here.
    let target = crate::world::target();
    let step = put(Part::Azure(AzurePart::Balancer), desired.clone(), None);
    let _refused = crate::world::perform(&script, &target, &step);
    answered(&script.writes()[0].json(), "1")
}

/// Each rule as it leads from where to where.
fn flows(document: &Value) -> Vec<String> {
    let rules = document["properties"]["loadBalancingRules"].as_array();
    let flow = |rule: &Value| {
        let pool = rule["properties"]["backendAddressPool"]["id"].as_str();
        format!(
            "{} {} -> {}:{} asked by {}",
            rule["name"].as_str().unwrap(),
            rule["properties"]["frontendPort"],
            pool.unwrap().rsplit('/').next().unwrap(),
            rule["properties"]["backendPort"],
            rule["properties"]["probe"]["id"]
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap(),
        )
    };
    rules.unwrap().iter().map(flow).collect()
}

#[test]
fn each_broker_has_a_pool_and_a_rule_of_its_own() {
    let document = made(&two());
    assert_eq!(
        flows(&document),
        [
            "kafka 9094 -> be:9094 asked by probe-kafka",
            "kafka-10000 10000 -> node-n1:10000 asked by probe-kafka-10000",
            "kafka-10001 10001 -> node-n2:10001 asked by probe-kafka-10001",
        ]
    );
    assert_eq!(
        document["properties"]["backendAddressPools"],
        json!([{"name": "be"}, {"name": "node-n1"}, {"name": "node-n2"}])
    );
    let script = signed_in();
    script.on(&format!("GET {BALANCER}"), reply(200, &document));
    let read = ready(outcome(
        &script,
        &Step::Read(Part::Azure(AzurePart::Balancer)),
    ));
    assert_eq!(read.spec, two());
}

#[test]
fn a_rule_that_leads_to_the_wrong_node_is_put_right() {
    let mut document = made(&two());
    let at = "/properties/loadBalancingRules/1/properties/backendAddressPool/id";
    for pool in ["node-n2", "be", "elsewhere"] {
        *document.pointer_mut(at).unwrap() = json!(element("backendAddressPools", pool));
        let script = signed_in();
        script.on(&format!("GET {BALANCER}"), reply(200, &document));
        let read = ready(outcome(
            &script,
            &Step::Read(Part::Azure(AzurePart::Balancer)),
        ));
        assert_ne!(read.spec, two(), "{pool}");
    }
    let script = signed_in();
    script
        .on(&format!("GET {BALANCER}"), reply(200, &document))
        .on(
            &format!("PUT {BALANCER}"),
            reply(200, &answered(&made(&two()), "2")),
        );
    outcome(
        &script,
        &put(Part::Azure(AzurePart::Balancer), two(), Some("W/\"1\"")),
    );
    assert_eq!(flows(&script.writes()[0].json()), flows(&made(&two())));
}

#[test]
fn closing_brokers_keeps_their_pools_and_every_other_member() {
    let before = made(&two());
    let desired = spec(&[rule("kafka_rest", 8082, 8082)], &["n1", "n2"]);
    let mut other = made(&desired);
    other["properties"]["loadBalancingRules"][0]["properties"]["unknown"] = json!(7);
    let mut open = before.clone();
    for list in ["loadBalancingRules", "probes"] {
        let added = other["properties"][list][0].clone();
        open["properties"][list].as_array_mut().unwrap().push(added);
    }
    let script = signed_in();
    script.on(&format!("GET {BALANCER}"), reply(200, &open)).on(
        &format!("PUT {BALANCER}"),
        reply(200, &answered(&other, "2")),
    );
    outcome(
        &script,
        &put(Part::Azure(AzurePart::Balancer), desired, Some("W/\"1\"")),
    );
    let write = &script.writes()[0];
    assert_eq!(write.header("if-match"), Some("W/\"1\""));
    let mut expected = open;
    for list in ["loadBalancingRules", "probes"] {
        expected["properties"][list] = other["properties"][list].clone();
    }
    assert_eq!(write.json(), expected);
}

#[test]
fn a_broker_that_joins_gets_a_pool_and_the_others_stay_verbatim() {
    let mut before = made(&two());
    before["properties"]["backendAddressPools"] = json!([
        {"name": "theirs"},
        {"name": "BE", "properties": {"unknown": 1}},
        {"name": "Node-N1", "properties": {"unknown": 2}},
        {"name": "node-n2"},
        {"name": "node-gone"},
    ]);
    let desired = spec(&[broker(10_002, "n3")], &["n1", "n2", "n3"]);
    let script = signed_in();
    script
        .on(&format!("GET {BALANCER}"), reply(200, &before))
        .on(
            &format!("PUT {BALANCER}"),
            reply(200, &answered(&made(&desired), "2")),
        );
    outcome(
        &script,
        &put(Part::Azure(AzurePart::Balancer), desired, Some("W/\"1\"")),
    );
    assert_eq!(
        script.writes()[0].json()["properties"]["backendAddressPools"],
        json!([
            {"name": "theirs"},
            {"name": "BE", "properties": {"unknown": 1}},
            {"name": "Node-N1", "properties": {"unknown": 2}},
            {"name": "node-n2"},
            {"name": "node-n3"},
        ])
    );
}

/// An interface in these pools.
fn interface(pools: &[String]) -> Value {
    let pools: Vec<Value> = pools.iter().map(|id| json!({"id": id})).collect();
    let document = json!({
        "location": "westeurope",
        "tags": {"owner": "dba"},
        "properties": {
            "networkSecurityGroup": {"id": "/nsg"},
            "ipConfigurations": [{"name": "main", "properties": {
                "primary": true,
                "subnet": {"id": format!("{NETWORK}/virtualNetworks/underpass/subnets/nodes")},
                "loadBalancerBackendAddressPools": pools,
            }}],
        },
    });
    shown(document, INTERFACE, "9", "Succeeded")
}

fn pool(name: &str) -> String {
    element("backendAddressPools", name)
}

fn member() -> Part {
    Part::Azure(AzurePart::Member(NIC.to_owned()))
}

fn member_of(names: &[&str]) -> Spec {
    Spec::Azure(AzureSpec::Member {
        pools: nodes(names),
    })
}

#[test]
fn a_node_joins_its_own_pool_beside_that_of_all() {
    let theirs = "/another/pool".to_owned();
    for (before, desired, after) in [
        (vec![], Some("n1"), vec![pool("be"), pool("node-n1")]),
        (
            vec![pool("be"), theirs.clone()],
            Some("n1"),
            vec![pool("be"), theirs.clone(), pool("node-n1")],
        ),
        (
            vec![pool("be").to_uppercase(), pool("node-old"), theirs.clone()],
            Some("n1"),
            vec![pool("be").to_uppercase(), theirs.clone(), pool("node-n1")],
        ),
        (
            vec![theirs.clone(), pool("node-n1"), pool("be")],
            None,
            vec![theirs, pool("be")],
        ),
    ] {
        let script = signed_in();
        script
            .on(&format!("GET {INTERFACE}"), reply(200, &interface(&before)))
            .on(&format!("PUT {INTERFACE}"), reply(200, &interface(&after)));
        let desired = desired.map_or(Spec::Present, |node| member_of(&[node]));
        let put = put(member(), desired.clone(), None);
        assert_eq!(ready(outcome(&script, &put)).spec, desired);
        let write = &script.writes()[0];
        assert_eq!(write.json(), interface(&after));
        assert_eq!(write.header("if-match"), Some("W/\"9\""));
    }
}

#[test]
fn a_membership_tells_which_pools_it_is_in() {
    let read = |pools: &[String]| {
        let script = signed_in();
        script.on(&format!("GET {INTERFACE}"), reply(200, &interface(pools)));
        outcome(&script, &Step::Read(member()))
    };
    let foreign = pool("theirs");
    let lacks = Outcome::Absent(Evidence::ParentLacks);
    assert_eq!(read(std::slice::from_ref(&foreign)), lacks);
    assert_eq!(ready(read(&[pool("be"), foreign])).spec, Spec::Present);
    let own = read(&[pool("be"), pool("NODE-N1")]);
    assert_eq!(ready(own).spec, member_of(&["n1"]));
    let without = read(&[pool("node-n1")]);
    assert!(matches!(without, Outcome::Failed(_)), "{without:?}");
}

#[test]
fn a_node_leaves_every_pool_of_the_balancer() {
    let theirs = "/another/pool".to_owned();
    let before = [pool("node-n1"), theirs.clone(), pool("be")];
    let script = signed_in();
    script
        .on(&format!("GET {INTERFACE}"), reply(200, &interface(&before)))
        .on(
            &format!("PUT {INTERFACE}"),
            reply(200, &interface(&[theirs])),
        );
    let left = outcome(&script, &Step::Delete(member()));
    assert_eq!(left, Outcome::Gone);
}

#[test]
fn a_listing_tells_of_each_membership_once() {
    let listed = |interface: Value| {
        let script = signed_in();
        let nothing = || reply(200, &json!({"value": []}));
        script
            .on("GET /privateLinkServices", nothing())
            .on("GET /loadBalancers", nothing())
            .on(
                "GET /networkInterfaces",
                reply(200, &json!({"value": [interface]})),
            );
        let scope = Scope {
            region: "westeurope".to_owned(),
            group: Some("vpc-1".to_owned()),
            depth: Depth::Everything,
        };
        let found = run(driver(&script).sweep(&scope, now())).unwrap().findings;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].object.as_str(), &found[0].part),
            (OBJECT, &member())
        );
        found[0].outcome.clone()
    };
    let whole = listed(interface(&[pool("be"), pool("node-n1")]));
    assert_eq!(ready(whole).spec, member_of(&["n1"]));
    let broken = listed(interface(&[pool("node-n1")]));
    assert!(matches!(broken, Outcome::Failed(_)));
}
