use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{AzurePart, AzureSpec, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use crate::script::{empty, json as reply};
use crate::world::{absent, adopted, found, outcome, perform, put, ready, shown, signed_in, tags};

const NETWORK: &str = "/virtualNetworks/underpass";

pub(crate) fn network(policy: &str) -> Value {
    let document = json!({
        "location": "westeurope",
        "tags": tags(),
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.1.0.0/24"]},
            "subnets": [
                {"name": "nodes", "properties": {"addressPrefix": "10.1.0.0/25"}},
                {"name": "nat", "properties": {
                    "addressPrefix": "10.1.0.128/25",
                    "privateLinkServiceNetworkPolicies": policy,
                    "kept": {"by": "us"},
                }},
            ],
            "dhcpOptions": {"dnsServers": ["10.1.0.4"]},
        },
    });
    shown(document, NETWORK, "1", "Succeeded")
}

fn desired() -> Spec {
    Spec::Azure(AzureSpec::Network {
        cidr: "10.1.0.0/24".parse().unwrap(),
    })
}

fn make() -> Step {
    put(Part::Network, desired(), None)
}

#[test]
fn a_network_is_made_with_one_half_for_nodes_and_one_for_nat() {
    let script = signed_in();
    script
        .on(&format!("GET {NETWORK}"), absent())
        .on(&format!("PUT {NETWORK}"), reply(201, &network("Disabled")));
    assert_eq!(ready(outcome(&script, &make())).spec, desired());
    insta::assert_json_snapshot!(script.writes()[0].json(), @r#"
    {
      "location": "westeurope",
      "properties": {
        "addressSpace": {
          "addressPrefixes": [
            "10.1.0.0/24"
          ]
        },
        "subnets": [
          {
            "name": "nodes",
            "properties": {
              "addressPrefix": "10.1.0.0/25"
            }
          },
          {
            "name": "nat",
            "properties": {
              "addressPrefix": "10.1.0.128/25",
              "privateLinkServiceNetworkPolicies": "Disabled"
            }
          }
        ]
      },
      "tags": {
        "underpass-incarnation": "s0a1b2c3d4e5",
        "underpass-managed": "link/demo/pg-1/azure"
      }
    }
    "#);
}

#[test]
fn a_complete_network_is_not_written() {
    let script = signed_in();
    script.on(&format!("GET {NETWORK}"), reply(200, &network("Disabled")));
    assert_eq!(found(outcome(&script, &make())).spec, desired());
}

#[test]
fn a_network_is_known_by_its_guid() {
    let mut document = network("Disabled");
    document["properties"]["resourceGuid"] = json!("6c0f0d0e-0000-4000-8000-000000000001");
    let script = signed_in();
    script.on(&format!("GET {NETWORK}"), reply(200, &document));
    let found = ready(outcome(&script, &Step::Read(Part::Network)));
    let instance = found.facts.instance.as_deref();
    assert_eq!(instance, Some("6c0f0d0e-0000-4000-8000-000000000001"));
}

#[test]
fn a_subnet_with_another_range_is_refused_before_a_write() {
    let mut document = network("Disabled");
    document["properties"]["subnets"][0]["properties"]["addressPrefix"] = json!("10.1.0.0/26");
    let script = signed_in();
    script.on(&format!("GET {NETWORK}"), reply(200, &document));
    let error = perform(&script, &crate::world::target(), &make()).unwrap_err();
    assert_eq!(error.code, "SubnetRangeDiffers");
    let message = "subnet `nodes` has range 10.1.0.0/26 instead of 10.1.0.0/25";
    assert!(error.message.contains(message), "{}", error.message);
    assert!(error.remedy.is_some());
}

#[test]
fn a_lost_permission_shows_and_is_given_back_while_all_else_is_kept() {
    let script = signed_in();
    script.on(&format!("GET {NETWORK}"), reply(200, &network("Enabled")));
    assert_eq!(
        ready(outcome(&script, &Step::Read(Part::Network))).spec,
        Spec::Present
    );

    let script = signed_in();
    script
        .on(&format!("GET {NETWORK}"), reply(200, &network("Enabled")))
        .on(&format!("PUT {NETWORK}"), reply(200, &network("Disabled")));
    ready(outcome(&script, &make()));
    let write = &script.writes()[0];
    assert_eq!(write.header("if-match"), Some("W/\"1\""));
    assert_eq!(write.json(), network("Disabled"));
}

#[test]
fn a_network_is_deleted_only_if_it_is_ours() {
    let script = signed_in();
    script
        .on(&format!("GET {NETWORK}"), reply(200, &network("Disabled")))
        .on(&format!("DELETE {NETWORK}"), empty(204));
    assert_eq!(
        outcome(&script, &Step::Delete(Part::Network)),
        Outcome::Gone
    );

    let script = signed_in();
    let mut foreign = network("Disabled");
    foreign["tags"] = json!({});
    script.on(&format!("GET {NETWORK}"), reply(200, &foreign));
    let target = crate::world::target();
    let error = perform(&script, &target, &Step::Delete(Part::Network)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotOurs);
}

// === the permission on an adopted subnet ===

const SUBNET: &str =
    "/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp/subnets/nat";

fn subnet(policy: &str) -> Value {
    let document = json!({"properties": {
        "addressPrefix": "10.9.0.0/24",
        "networkSecurityGroup": {"id": "/nsg"},
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": policy,
    }});
    shown(document, SUBNET, "7", "Succeeded")
}

fn permit() -> Step {
    put(Part::Azure(AzurePart::NatPolicy), Spec::Present, None)
}

#[test]
fn one_flag_of_an_adopted_subnet_is_changed_and_nothing_else() {
    let script = signed_in();
    script
        .on(&format!("GET {SUBNET}"), reply(200, &subnet("Enabled")))
        .on(&format!("PUT {SUBNET}"), reply(200, &subnet("Disabled")));
    let report = perform(&script, &adopted(), &permit()).unwrap();
    ready(report.outcome);
    let write = &script.writes()[0];
    assert_eq!(write.json(), subnet("Disabled"));
    assert_eq!(write.header("if-match"), Some("W/\"7\""));
}

#[test]
fn a_permission_that_is_there_is_not_given_again_and_never_taken() {
    let script = signed_in();
    script.on(&format!("GET {SUBNET}"), reply(200, &subnet("Disabled")));
    ready(perform(&script, &adopted(), &permit()).unwrap().outcome);

    let script = crate::script::Script::new();
    let report = perform(
        &script,
        &adopted(),
        &Step::Delete(Part::Azure(AzurePart::NatPolicy)),
    )
    .unwrap();
    assert_eq!(report.outcome, Outcome::Gone);
    assert!(script.asked().is_empty());
}

#[test]
fn a_missing_permission_or_subnet_is_not_proven_gone() {
    let (siblings, _) = SUBNET.rsplit_once('/').unwrap();
    let none = reply(200, &json!({"value": []}));
    for (answers, expected) in [
        (
            vec![reply(200, &subnet("Enabled"))],
            Outcome::Absent(Evidence::FieldReset),
        ),
        (vec![absent(), none], Outcome::Absent(Evidence::ParentLacks)),
    ] {
        let script = signed_in();
        for (path, answer) in [SUBNET, siblings].iter().zip(answers) {
            script.on(&format!("GET {path}"), answer);
        }
        let report = perform(
            &script,
            &adopted(),
            &Step::Read(Part::Azure(AzurePart::NatPolicy)),
        )
        .unwrap();
        assert_eq!(report.outcome, expected);
    }
    let script = signed_in();
    script.on(&format!("GET {SUBNET}"), absent());
    assert_eq!(
        perform(&script, &adopted(), &permit()).unwrap_err().kind,
        ErrorKind::Missing
    );
}
