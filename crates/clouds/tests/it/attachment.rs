use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{Admission, OperationKind, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Recovery, Step};

use crate::script::{empty, json as reply};
use crate::world::{
    BALANCER, CONSUMER, NETWORK, SERVICE, absent, found, now, outcome, perform, put, ready,
    refused, shown, signed_in, tags, target, visible_to,
};

const OTHER: &str = "11111111-2222-4333-8444-555555555555";

fn get() -> String {
    format!("GET {SERVICE}")
}

fn write() -> String {
    format!("PUT {SERVICE}")
}

fn connection(name: &str, status: &str) -> Value {
    json!({
        "name": name,
        "id": format!("{NETWORK}{SERVICE}/privateEndpointConnections/{name}"),
        "etag": "W/\"c\"",
        "properties": {
            "provisioningState": "Succeeded",
            "privateEndpoint": {"id": format!("/subscriptions/{CONSUMER}/resourceGroups/c/x/pe-1")},
            "privateLinkServiceConnectionState": {"status": status, "description": "please"},
            "linkIdentifier": "536871183",
            "privateEndpointLocation": "westeurope",
        },
    })
}

fn service(visibility: &[&str], connections: &[Value], state: &str) -> Value {
    let document = json!({
        "location": "westeurope",
        "tags": tags(),
        "properties": {
            "alias": "up-s0a1b2c3d4e5.guid.westeurope.azure.privatelinkservice",
            "fqdns": [],
            "enableProxyProtocol": false,
            "loadBalancerFrontendIpConfigurations":
                [{"id": format!("{NETWORK}{BALANCER}/frontendIPConfigurations/fe")}],
            "ipConfigurations": [{"name": "nat-0", "properties": {"primary": true}}],
            "visibility": {"subscriptions": visibility},
            "autoApproval": {"subscriptions": []},
            "privateEndpointConnections": connections,
        },
    });
    shown(document, SERVICE, "1", state)
}

fn make() -> Step {
    put(Part::Attachment, visible_to(&[CONSUMER]), None)
}

#[test]
fn a_service_is_published_over_the_balancers_frontend() {
    let script = signed_in();
    let operation = "https://management.test/subscriptions/sub-1/operations/op?t=1&c=2";
    script.on(&get(), absent()).on(
        &write(),
        reply(201, &service(&[CONSUMER], &[], "Updating")).with("Azure-AsyncOperation", operation),
    );
    let report = perform(&script, &target(), &make()).unwrap();
    let making = Outcome::Making {
        operation: Some(operation.to_owned()),
        check_after: now() + jiff::SignedDuration::from_secs(5),
        kind: OperationKind::Put,
    };
    assert_eq!(
        (report.outcome, report.connections),
        (making, Some(Vec::new()))
    );
    insta::assert_json_snapshot!(script.writes()[0].json(), @r#"
    {
      "location": "westeurope",
      "properties": {
        "autoApproval": {
          "subscriptions": []
        },
        "enableProxyProtocol": false,
        "ipConfigurations": [
          {
            "name": "nat-0",
            "properties": {
              "primary": true,
              "privateIPAddressVersion": "IPv4",
              "privateIPAllocationMethod": "Dynamic",
              "subnet": {
                "id": "/subscriptions/sub-1/resourceGroups/vpc-1/providers/Microsoft.Network/virtualNetworks/underpass/subnets/nat"
              }
            }
          }
        ],
        "loadBalancerFrontendIpConfigurations": [
          {
            "id": "/subscriptions/sub-1/resourceGroups/vpc-1/providers/Microsoft.Network/loadBalancers/up-s0a1b2c3d4e5-lb/frontendIPConfigurations/fe"
          }
        ],
        "visibility": {
          "subscriptions": [
            "8eefec94-5d63-40c9-983c-03ab083b411d"
          ]
        }
      },
      "tags": {
        "underpass-incarnation": "s0a1b2c3d4e5",
        "underpass-managed": "link/demo/pg-1/azure",
        "underpass-proof": "link-proof"
      }
    }
    "#);
}

#[test]
fn a_read_tells_of_the_alias_and_of_every_connection() {
    let script = signed_in();
    let connections = [
        connection("pe-1.guid", "Pending"),
        connection("pe-2.guid", "Approved"),
    ];
    script.on(
        &get(),
        reply(200, &service(&[CONSUMER], &connections, "Succeeded")),
    );
    let report = perform(&script, &target(), &Step::Read(Part::Attachment)).unwrap();
    let confirmed = ready(report.outcome);
    assert_eq!(confirmed.spec, visible_to(&[CONSUMER]));
    assert!(
        confirmed
            .facts
            .alias
            .unwrap()
            .ends_with("azure.privatelinkservice")
    );
    let connections = report.connections.unwrap();
    let admissions: Vec<_> = connections.iter().map(|it| it.admission).collect();
    assert_eq!(admissions, [Admission::Pending, Admission::Approved]);
    insta::assert_debug_snapshot!(connections[0].identity, @r#"
    Identity {
        name: "pe-1.guid",
        link_identifier: Some(
            "536871183",
        ),
        endpoint: "/subscriptions/8eefec94-5d63-40c9-983c-03ab083b411d/resourceGroups/c/x/pe-1",
        location: Some(
            "westeurope",
        ),
        message: Some(
            "please",
        ),
    }
    "#);
    let subscription = connections[0].identity.azure_subscription().unwrap();
    assert_eq!(subscription.to_string(), CONSUMER);
}

#[test]
fn hostile_connections_are_bounded_or_left_out() {
    let mut long = connection("pe-1.guid", "Pending");
    let words = "x".repeat(100_000);
    long["properties"]["privateLinkServiceConnectionState"]["description"] = json!(words);
    let connections = [
        long,
        connection("../../../secrets", "Pending"),
        json!({}),
        connection("p", "Novel"),
    ];
    let script = signed_in();
    script.on(&get(), reply(200, &service(&[], &connections, "Succeeded")));
    let report = perform(&script, &target(), &Step::Read(Part::Attachment)).unwrap();
    let reported = report.connections.unwrap();
    let names: Vec<_> = reported
        .iter()
        .map(|it| it.identity.name.as_str())
        .collect();
    assert_eq!(names, ["pe-1.guid", "p"]);
    assert!(
        reported[0]
            .identity
            .message
            .as_ref()
            .unwrap()
            .chars()
            .count()
            <= 1025
    );
    assert_eq!(reported[1].admission, Admission::Pending);
}

#[test]
fn a_change_of_visibility_touches_nothing_else() {
    let script = signed_in();
    let before = service(
        &[CONSUMER],
        &[connection("pe-1.guid", "Approved")],
        "Succeeded",
    );
    let after = service(&[OTHER, CONSUMER], &[], "Succeeded");
    script
        .on(&get(), reply(200, &before))
        .on(&write(), reply(200, &after));
    let step = put(
        Part::Attachment,
        visible_to(&[OTHER, CONSUMER]),
        Some("W/\"1\""),
    );
    assert_eq!(
        ready(outcome(&script, &step)).spec,
        visible_to(&[OTHER, CONSUMER])
    );
    let mut expected = before.clone();
    expected["properties"]["visibility"]["subscriptions"] = json!([OTHER, CONSUMER]);
    let write = &script.writes()[0];
    assert_eq!(
        (write.json(), write.header("if-match")),
        (expected, Some("W/\"1\""))
    );
}

#[test]
fn a_service_open_to_everybody_or_approving_by_itself_is_put_right() {
    let mut open = service(&["*"], &[], "Succeeded");
    let mut approving = service(&[], &[], "Succeeded");
    approving["properties"]["autoApproval"]["subscriptions"] = json!([CONSUMER]);
    open["properties"]["kept"] = json!(1);
    let mut proxied = service(&[CONSUMER], &[], "Succeeded");
    proxied["properties"]["enableProxyProtocol"] = json!(true);
    for document in [open, approving, proxied] {
        let script = signed_in();
        script.on(&get(), reply(200, &document));
        let read = ready(outcome(&script, &Step::Read(Part::Attachment)));
        assert_eq!(read.spec, Spec::Present);

        let script = signed_in();
        script
            .on(&get(), reply(200, &document))
            .on(&write(), reply(200, &service(&[], &[], "Succeeded")));
        let step = put(Part::Attachment, visible_to(&[]), Some("W/\"1\""));
        ready(outcome(&script, &step));
        let sent = &script.writes()[0].json()["properties"];
        assert_eq!(sent["visibility"], json!({"subscriptions": []}));
        assert_eq!(sent["autoApproval"], json!({"subscriptions": []}));
        assert_ne!(sent["enableProxyProtocol"], json!(true));
    }
}

#[test]
fn a_service_over_another_frontend_is_never_moved_nor_made_anew() {
    let mut document = service(&[], &[], "Succeeded");
    document["properties"]["loadBalancerFrontendIpConfigurations"] = json!([{"id": "/other/fe"}]);
    let script = signed_in();
    script.on(&get(), reply(200, &document));
    let step = put(Part::Attachment, visible_to(&[CONSUMER]), Some("W/\"1\""));
    let error = perform(&script, &target(), &step).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.remedy.is_some() && script.writes().is_empty());
}

#[test]
fn what_azure_is_doing_with_a_service_is_told() {
    for (state, kind) in [
        ("Updating", OperationKind::Put),
        ("Deleting", OperationKind::Delete),
    ] {
        let script = signed_in();
        script.on(&get(), reply(200, &service(&[], &[], state)));
        let check_after = now() + jiff::SignedDuration::from_secs(5);
        let making = Outcome::Making {
            operation: None,
            check_after,
            kind,
        };
        assert_eq!(outcome(&script, &Step::Read(Part::Attachment)), making);
    }
    let script = signed_in();
    script.on(&get(), reply(200, &service(&[], &[], "Failed")));
    assert!(matches!(
        outcome(&script, &Step::Read(Part::Attachment)),
        Outcome::Failed(_)
    ));
}

#[test]
fn a_crashed_create_is_taken_over() {
    let script = signed_in();
    let listed = [connection("pe-1.guid", "Pending")];
    script.on(
        &get(),
        reply(200, &service(&[CONSUMER], &listed, "Succeeded")),
    );
    let report = perform(&script, &target(), &make()).unwrap();
    found(report.outcome);
    assert_eq!(report.connections.unwrap().len(), 1);
}

#[test]
fn a_service_is_deleted_by_an_operation_or_is_gone() {
    let there = || reply(200, &service(&[], &[], "Succeeded"));
    let delete = format!("DELETE {SERVICE}");
    let operation = "https://management.test/operations/1?s=2";
    let script = signed_in();
    let accepted = empty(202)
        .with("azure-asyncoperation", operation)
        .with("location", "https://management.test/operationResults/1")
        .with("retry-after", "12");
    script.on(&get(), there()).on(&delete, accepted);
    let deleting = Outcome::Making {
        operation: Some(operation.to_owned()),
        check_after: now() + jiff::SignedDuration::from_secs(12),
        kind: OperationKind::Delete,
    };
    assert_eq!(outcome(&script, &Step::Delete(Part::Attachment)), deleting);

    for (answer, expected) in [
        (empty(204), Outcome::Gone),
        (absent(), Outcome::Absent(Evidence::Alone)),
    ] {
        let script = signed_in();
        script.on(&get(), there()).on(&delete, answer);
        assert_eq!(outcome(&script, &Step::Delete(Part::Attachment)), expected);
    }
}

#[test]
fn a_service_with_connections_is_read_again_before_it_is_deleted() {
    let script = signed_in();
    let code = "PrivateLinkServiceWithPrivateEndpointConnectionsCannotBeDeleted";
    let message = "Private link service cannot be deleted since it has connections.";
    script
        .on(&get(), reply(200, &service(&[], &[], "Succeeded")))
        .on(&format!("DELETE {SERVICE}"), refused(400, code, message));
    let error = perform(&script, &target(), &Step::Delete(Part::Attachment)).unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Conflict, code)
    );
    assert_eq!(error.failure().recovery, Recovery::Reread);
    insta::assert_snapshot!(error.remedy.unwrap(), @"Underpass reads the service's connections again, deletes those that came meanwhile, and then the service. Ask consumers to delete endpoints that keep connecting");
}
