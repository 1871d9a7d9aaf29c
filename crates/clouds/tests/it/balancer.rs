use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{AzurePart, AzureSpec, OperationKind, Part, Rule, Spec};
use underpass_model::reconcile::{Outcome, Step};

use crate::script::{empty, json as reply};
use crate::world::{
    BALANCER, NETWORK, absent, adopted, found, now, outcome, perform, put, ready, refused, rule,
    shown, signed_in, tags, target,
};

fn get() -> String {
    format!("GET {BALANCER}")
}

fn write() -> String {
    format!("PUT {BALANCER}")
}

fn spec(rules: &[Rule]) -> Spec {
    Spec::Azure(AzureSpec::Balancer {
        rules: rules.iter().cloned().collect::<BTreeSet<_>>(),
        pools: BTreeSet::new(),
    })
}

/// A rule as Azure prints it, with members we did not send.
fn rule_shown(name: &str, link: u16, backend: u16) -> Value {
    let element =
        |what: &str, name: &str| json!({"id": format!("{NETWORK}{BALANCER}/{what}/{name}")});
    json!({
        "name": name,
        "etag": "W/\"rule\"",
        "properties": {
            "provisioningState": "Succeeded",
            "frontendIPConfiguration": element("frontendIPConfigurations", "fe"),
            "backendAddressPool": element("backendAddressPools", "be"),
            "backendAddressPools": [element("backendAddressPools", "be")],
            "probe": element("probes", &format!("probe-{name}")),
            "protocol": "Tcp",
            "frontendPort": link,
            "backendPort": backend,
            "enableFloatingIP": false,
            "idleTimeoutInMinutes": 30,
            "enableTcpReset": true,
            "loadDistribution": "Default",
            "disableOutboundSnat": true,
        },
    })
}

fn probe_shown(name: &str, port: u16) -> Value {
    json!({
        "name": format!("probe-{name}"),
        "etag": "W/\"probe\"",
        "properties": {
            "protocol": "Tcp",
            "port": port,
            "intervalInSeconds": 5,
            "probeThreshold": 2,
            "numberOfProbes": 1,
        },
    })
}

fn balancer(rules: &[(&str, u16, u16)], tag: &str) -> Value {
    let rules_shown: Vec<_> = rules
        .iter()
        .map(|(n, l, b)| rule_shown(n, *l, *b))
        .collect();
    let probes: Vec<_> = rules.iter().map(|(n, _, b)| probe_shown(n, *b)).collect();
    let document = json!({
        "location": "westeurope",
        "tags": tags(),
        "sku": {"name": "Standard", "tier": "Regional"},
        "properties": {
            "resourceGuid": "guid",
            "frontendIPConfigurations": [{"name": "fe", "properties": {"privateIPAddress": "10.1.0.4"}}],
            "backendAddressPools": [{"name": "be", "properties": {"unknown": true}}],
            "loadBalancingRules": rules_shown,
            "probes": probes,
            "inboundNatRules": [],
            "outboundRules": [],
        },
    });
    shown(document, BALANCER, tag, "Succeeded")
}

#[test]
fn a_balancer_is_made_with_one_rule_and_probe_per_port() {
    let script = signed_in();
    script
        .on(&get(), absent())
        .on(&write(), reply(201, &balancer(&[("pg", 5432, 15432)], "1")));
    let desired = spec(&[rule("pg", 5432, 15432)]);
    let confirmed = ready(outcome(
        &script,
        &put(Part::Azure(AzurePart::Balancer), desired.clone(), None),
    ));
    assert_eq!(
        (confirmed.spec, confirmed.tag.as_deref()),
        (desired, Some("W/\"1\""))
    );
    let write = &script.writes()[0];
    assert_eq!(write.header("if-match"), None);
    insta::assert_json_snapshot!(write.json(), @r#"
    {
      "location": "westeurope",
      "properties": {
        "backendAddressPools": [
          {
            "name": "be"
          }
        ],
        "frontendIPConfigurations": [
          {
            "name": "fe",
            "properties": {
              "privateIPAddressVersion": "IPv4",
              "privateIPAllocationMethod": "Dynamic",
              "subnet": {
                "id": "/subscriptions/sub-1/resourceGroups/vpc-1/providers/Microsoft.Network/virtualNetworks/underpass/subnets/nodes"
              }
            }
          }
        ],
        "loadBalancingRules": [
          {
            "name": "pg",
            "properties": {
              "backendAddressPool": {
                "id": "/subscriptions/sub-1/resourceGroups/vpc-1/providers/Microsoft.Network/loadBalancers/up-s0a1b2c3d4e5-lb/backendAddressPools/be"
              },
              "backendPort": 15432,
              "disableOutboundSnat": true,
              "enableFloatingIP": false,
              "enableTcpReset": true,
              "frontendIPConfiguration": {
                "id": "/subscriptions/sub-1/resourceGroups/vpc-1/providers/Microsoft.Network/loadBalancers/up-s0a1b2c3d4e5-lb/frontendIPConfigurations/fe"
              },
              "frontendPort": 5432,
              "idleTimeoutInMinutes": 30,
              "loadDistribution": "Default",
              "probe": {
                "id": "/subscriptions/sub-1/resourceGroups/vpc-1/providers/Microsoft.Network/loadBalancers/up-s0a1b2c3d4e5-lb/probes/probe-pg"
              },
              "protocol": "Tcp"
            }
          }
        ],
        "probes": [
          {
            "name": "probe-pg",
            "properties": {
              "intervalInSeconds": 5,
              "port": 15432,
              "probeThreshold": 2,
              "protocol": "Tcp"
            }
          }
        ]
      },
      "sku": {
        "name": "Standard",
        "tier": "Regional"
      },
      "tags": {
        "underpass-incarnation": "s0a1b2c3d4e5",
        "underpass-managed": "link/demo/pg-1/azure"
      }
    }
    "#);
}

#[test]
fn in_an_adopted_network_the_frontend_is_in_the_operators_subnet() {
    let script = signed_in();
    script
        .on(&get(), absent())
        .on(&write(), reply(201, &balancer(&[], "1")));
    perform(
        &script,
        &adopted(),
        &put(Part::Azure(AzurePart::Balancer), spec(&[]), None),
    )
    .unwrap();
    let write = &script.writes()[0];
    insta::assert_snapshot!(write.line, @"PUT /subscriptions/sub-1/resourceGroups/links/providers/Microsoft.Network/loadBalancers/up-s0a1b2c3d4e5-lb?api-version=2024-05-01");
    insta::assert_json_snapshot!(write.json()["properties"]["frontendIPConfigurations"][0]["properties"]["subnet"], @r#"
    {
      "id": "/subscriptions/sub-1/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp/subnets/db"
    }
    "#);
}

#[test]
fn opening_a_port_leaves_every_other_member_as_it_was() {
    let script = signed_in();
    let before = balancer(&[("pg", 5432, 15432)], "1");
    let after = balancer(&[("pg", 5432, 15432), ("pgbouncer", 6432, 16432)], "2");
    script
        .on(&get(), reply(200, &before))
        .on(&write(), reply(200, &after));
    let desired = spec(&[rule("pg", 5432, 15432), rule("pgbouncer", 6432, 16432)]);
    let confirmed = ready(outcome(
        &script,
        &put(
            Part::Azure(AzurePart::Balancer),
            desired.clone(),
            Some("W/\"1\""),
        ),
    ));
    assert_eq!(
        (confirmed.spec, confirmed.tag.as_deref()),
        (desired, Some("W/\"2\""))
    );

    let write = &script.writes()[0];
    assert_eq!(write.header("if-match"), Some("W/\"1\""));
    let mut sent = write.json();
    let rules = sent["properties"]["loadBalancingRules"]
        .as_array_mut()
        .unwrap();
    assert_eq!(rules.pop().unwrap()["name"], "pgbouncer");
    let probes = sent["properties"]["probes"].as_array_mut().unwrap();
    assert_eq!(probes.pop().unwrap()["properties"]["port"], 16432);
    assert_eq!(sent, before);
}

#[test]
fn closing_a_port_removes_its_rule_and_probe_alone() {
    let script = signed_in();
    let before = balancer(&[("pg", 5432, 15432), ("pgbouncer", 6432, 16432)], "1");
    let mut expected = balancer(&[("pg", 5432, 15432)], "1");
    script.on(&get(), reply(200, &before));
    script.on(&write(), reply(200, &balancer(&[("pg", 5432, 15432)], "2")));
    outcome(
        &script,
        &put(
            Part::Azure(AzurePart::Balancer),
            spec(&[rule("pg", 5432, 15432)]),
            Some("W/\"1\""),
        ),
    );
    expected["etag"] = before["etag"].clone();
    assert_eq!(script.writes()[0].json(), expected);
}

#[test]
fn a_balancer_in_the_desired_state_is_adopted_without_a_write() {
    for tag in [None, Some("W/\"1\"")] {
        let script = signed_in();
        script.on(&get(), reply(200, &balancer(&[("pg", 5432, 15432)], "1")));
        let step = put(
            Part::Azure(AzurePart::Balancer),
            spec(&[rule("pg", 5432, 15432)]),
            tag,
        );
        assert_eq!(
            found(outcome(&script, &step)).tag.as_deref(),
            Some("W/\"1\"")
        );
    }
}

#[test]
fn a_balancer_that_is_not_what_the_step_was_decided_on_is_not_written() {
    let there = || reply(200, &balancer(&[("pg", 5432, 15432)], "2"));
    for (tag, answer) in [
        (Some("W/\"1\""), there()),
        (Some("W/\"1\""), absent()),
        (None, there()),
    ] {
        let script = signed_in();
        script.on(&get(), answer);
        let step = put(
            Part::Azure(AzurePart::Balancer),
            spec(&[rule("pg", 9999, 15432)]),
            tag,
        );
        assert_eq!(
            perform(&script, &target(), &step).unwrap_err().kind,
            ErrorKind::Conflict
        );
    }
}

#[test]
fn a_write_that_comes_too_late_is_a_conflict() {
    let script = signed_in();
    let message = "Precondition failed.";
    script
        .on(&get(), reply(200, &balancer(&[], "1")))
        .on(&write(), refused(412, "PreconditionFailed", message));
    let step = put(
        Part::Azure(AzurePart::Balancer),
        spec(&[rule("pg", 5432, 15432)]),
        Some("W/\"1\""),
    );
    assert_eq!(
        perform(&script, &target(), &step).unwrap_err().kind,
        ErrorKind::Conflict
    );
}

#[test]
fn a_rule_in_a_foreign_shape_shows_as_different_and_is_put_right() {
    let foreign = |pointer: &str, value: Value| {
        let mut document = balancer(&[("pg", 5432, 15432)], "1");
        *document.pointer_mut(pointer).unwrap() = value;
        document
    };
    let of_rule = "/properties/loadBalancingRules/0/properties";
    for document in [
        foreign(&format!("{of_rule}/protocol"), json!("Udp")),
        foreign(&format!("{of_rule}/enableFloatingIP"), json!(true)),
        foreign(
            &format!("{of_rule}/backendAddressPool/id"),
            json!("/elsewhere"),
        ),
        foreign(&format!("{of_rule}/frontendPort"), json!(70000)),
        foreign("/properties/probes/0/properties/port", json!(1)),
        foreign("/properties/probes", json!([])),
    ] {
        let script = signed_in();
        script.on(&get(), reply(200, &document));
        let read = ready(outcome(
            &script,
            &Step::Read(Part::Azure(AzurePart::Balancer)),
        ));
        let desired = spec(&[rule("pg", 5432, 15432)]);
        assert_ne!(read.spec, desired);

        let script = signed_in();
        let after = balancer(&[("pg", 5432, 15432)], "2");
        script
            .on(&get(), reply(200, &document))
            .on(&write(), reply(200, &after));
        let step = put(
            Part::Azure(AzurePart::Balancer),
            desired.clone(),
            Some("W/\"1\""),
        );
        assert_eq!(ready(outcome(&script, &step)).spec, desired);
        assert_eq!(script.writes().len(), 1);
    }
}

#[test]
fn case_and_omitted_defaults_are_no_difference() {
    let mut document = balancer(&[("pg", 5432, 15432)], "1");
    let rule_at = &mut document["properties"]["loadBalancingRules"][0]["properties"];
    rule_at["protocol"] = json!("tcp");
    rule_at["probe"]["id"] = json!(rule_at["probe"]["id"].as_str().unwrap().to_uppercase());
    rule_at.as_object_mut().unwrap().remove("enableFloatingIP");
    let script = signed_in();
    script.on(&get(), reply(200, &document));
    let read = ready(outcome(
        &script,
        &Step::Read(Part::Azure(AzurePart::Balancer)),
    ));
    assert_eq!(read.spec, spec(&[rule("pg", 5432, 15432)]));
}

#[test]
fn a_balancer_without_our_mark_is_never_written_or_deleted() {
    let mut foreign = balancer(&[], "1");
    foreign["tags"]["underpass-incarnation"] = json!("s111111111111");
    for step in [
        put(Part::Azure(AzurePart::Balancer), spec(&[]), None),
        Step::Delete(Part::Azure(AzurePart::Balancer)),
        Step::Read(Part::Azure(AzurePart::Balancer)),
    ] {
        let script = signed_in();
        script.on(&get(), reply(200, &foreign));
        let error = perform(&script, &target(), &step).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotOurs);
        assert!(error.remedy.is_some());
    }
}

#[test]
fn a_failed_balancer_is_written_again_even_in_the_desired_state() {
    let mut failed = balancer(&[("pg", 5432, 15432)], "1");
    failed["properties"]["provisioningState"] = json!("Failed");
    let script = signed_in();
    script.on(&get(), reply(200, &failed));
    assert!(matches!(
        outcome(&script, &Step::Read(Part::Azure(AzurePart::Balancer))),
        Outcome::Failed(_)
    ));

    let script = signed_in();
    let after = balancer(&[("pg", 5432, 15432)], "2");
    script
        .on(&get(), reply(200, &failed))
        .on(&write(), reply(200, &after));
    let step = put(
        Part::Azure(AzurePart::Balancer),
        spec(&[rule("pg", 5432, 15432)]),
        Some("W/\"1\""),
    );
    ready(outcome(&script, &step));
}

#[test]
fn a_write_that_does_not_take_is_an_error_so_that_pauses_grow() {
    let script = signed_in();
    let ignored = balancer(&[], "2");
    script
        .on(&get(), reply(200, &balancer(&[], "1")))
        .on(&write(), reply(200, &ignored));
    let step = put(
        Part::Azure(AzurePart::Balancer),
        spec(&[rule("pg", 5432, 15432)]),
        Some("W/\"1\""),
    );
    assert_eq!(
        perform(&script, &target(), &step).unwrap_err().kind,
        ErrorKind::Conflict
    );
}

#[test]
fn a_busy_balancer_is_waited_for() {
    let mut busy = balancer(&[], "1");
    busy["properties"]["provisioningState"] = json!("Updating");
    let script = signed_in();
    script.on(&get(), reply(200, &busy));
    let step = put(
        Part::Azure(AzurePart::Balancer),
        spec(&[rule("pg", 5432, 15432)]),
        None,
    );
    let check_after = now() + jiff::SignedDuration::from_secs(5);
    let making = Outcome::Making {
        operation: None,
        check_after,
        kind: OperationKind::Put,
    };
    assert_eq!(outcome(&script, &step), making);
}

#[test]
fn deleting_a_balancer_that_is_still_used_is_tried_again() {
    let script = signed_in();
    let message = "LB is in use by private link service x.";
    script.on(&get(), reply(200, &balancer(&[], "1"))).on(
        &format!("DELETE {BALANCER}"),
        refused(400, "SomethingUndocumented", message),
    );
    let error = perform(
        &script,
        &target(),
        &Step::Delete(Part::Azure(AzurePart::Balancer)),
    )
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Retry { after: None });
    insta::assert_snapshot!(error, @"delete load balancer `up-s0a1b2c3d4e5-lb`: LB is in use by private link service x. (SomethingUndocumented)");

    let script = signed_in();
    let code = "CannotDeleteLoadBalancerWithPrivateLinkService";
    script.on(&get(), reply(200, &balancer(&[], "1"))).on(
        &format!("DELETE {BALANCER}"),
        refused(
            400,
            code,
            "Load balancer is in use by private link service x.",
        ),
    );
    let error = perform(
        &script,
        &target(),
        &Step::Delete(Part::Azure(AzurePart::Balancer)),
    )
    .unwrap_err();
    let kind = ErrorKind::Retry { after: None };
    assert_eq!((error.kind, error.code.as_str()), (kind, code));
    insta::assert_snapshot!(error.remedy.unwrap(), @"Delete the private link service on this load balancer unless it is the link's own, which Underpass deletes first. The deletion is retried automatically");

    let script = signed_in();
    script
        .on(&get(), reply(200, &balancer(&[], "1")))
        .on(&format!("DELETE {BALANCER}"), empty(200));
    assert_eq!(
        outcome(&script, &Step::Delete(Part::Azure(AzurePart::Balancer))),
        Outcome::Gone
    );
}
