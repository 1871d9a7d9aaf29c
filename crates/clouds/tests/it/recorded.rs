//! Answers in the form that was recorded with the real Azure: states within states, operations
//! without a pause, 201 for what existed, members that no client sent.

use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_model::part::{Admission, AzurePart, AzureSpec, OperationKind, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use crate::network::network;
use crate::script::{Reply, empty, json as reply};
use crate::world::{
    BALANCER, CONSUMER, NETWORK, NIC, SERVICE, absent, connection_id, now, outcome, put, ready,
    shown, signed_in, tags, visible_to,
};

const OPERATION: &str = "https://management.test/subscriptions/sub-1/providers/Microsoft.Network\
                         /locations/westeurope/operations/op-1?api-version=2024-05-01&t=1&c=2";
const POLL: &str = "GET /operations/op-1?api-version=2024-05-01&t=1&c=2";
const CONNECTION: &str =
    "/privateLinkServices/up-s0a1b2c3d4e5/privateEndpointConnections/pe-1.guid";

/// An answer with the headers of an operation; no pause was recorded.
fn begun(answer: Reply) -> Reply {
    answer
        .with("azure-asyncoperation", OPERATION)
        .with("azure-asyncnotification", "Enabled")
}

/// The outcome of an operation for which Azure requests no pause.
fn making(kind: OperationKind) -> Outcome {
    Outcome::Making {
        operation: Some(OPERATION.to_owned()),
        check_after: now() + SignedDuration::from_secs(5),
        kind,
    }
}

fn poll(part: Part) -> Step {
    Step::Poll {
        part,
        operation: OPERATION.to_owned(),
        kind: OperationKind::Put,
    }
}

/// The poll of an operation that has ended.
fn succeeded() -> Reply {
    reply(200, &json!({"status": "Succeeded"}))
}

fn connection(status: &str, state: &str) -> Value {
    let decision = json!({"status": status, "description": "", "actionsRequired": "None"});
    let document = json!({
        "type": "Microsoft.Network/privateLinkServices/privateEndpointConnections",
        "properties": {
            "privateLinkServiceConnectionState": decision,
            "privateEndpoint": {"id": "/subscriptions/c/resourceGroups/g/x/pe-1"},
            "linkIdentifier": "520137877",
        },
    });
    shown(document, CONNECTION, "3", state)
}

#[test]
fn a_decision_is_under_way_until_its_operation_ends() {
    for (decision, status) in [
        (Admission::Approved, "Approved"),
        (Admission::Rejected, "Rejected"),
    ] {
        let part = Part::Admission(connection_id());
        let script = signed_in();
        // A decision has only the URL of its operation.
        script.on(
            &format!("PUT {CONNECTION}"),
            reply(200, &connection(status, "Updating")).with("azure-asyncoperation", OPERATION),
        );
        let step = put(part.clone(), Spec::Admission(decision), None);
        assert_eq!(outcome(&script, &step), making(OperationKind::Put));

        let script = signed_in();
        script.on(POLL, succeeded()).on(
            &format!("GET {CONNECTION}"),
            reply(200, &connection(status, "Succeeded")),
        );
        let confirmed = ready(outcome(&script, &poll(part)));
        assert_eq!(confirmed.spec, Spec::Admission(decision));
    }
}

#[test]
fn a_service_is_under_way_though_its_parts_are_complete() {
    let element = |what: &str| json!({"id": format!("{NETWORK}{what}")});
    let service = |state: &str| {
        let document = json!({
            "location": "westeurope",
            "type": "Microsoft.Network/privateLinkServices",
            "tags": tags(),
            "properties": {
                "resourceGuid": "6c0f0d0e-0000-4000-8000-000000000001",
                "alias": "up-s0a1b2c3d4e5.guid.westeurope.azure.privatelinkservice",
                "fqdns": [],
                "enableProxyProtocol": false,
                "loadBalancerFrontendIpConfigurations":
                    [element(&format!("{BALANCER}/frontendIPConfigurations/fe"))],
                "ipConfigurations": [{
                    "name": "nat-0",
                    "id": format!("{NETWORK}{SERVICE}/ipConfigurations/nat-0"),
                    "etag": "W/\"1\"",
                    "type": "Microsoft.Network/privateLinkServices/ipConfigurations",
                    "properties": {
                        "provisioningState": "Succeeded",
                        "privateIPAllocationMethod": "Dynamic",
                        "privateIPAddressVersion": "IPv4",
                        "primary": true,
                        "subnet": element("/virtualNetworks/underpass/subnets/nat"),
                    },
                }],
                "visibility": {"subscriptions": [CONSUMER]},
                "autoApproval": {"subscriptions": []},
                "privateEndpointConnections": [],
                "networkInterfaces": [element("/networkInterfaces/up.nic.guid")],
            },
        });
        shown(document, SERVICE, "1", state)
    };
    let step = put(Part::Attachment, visible_to(&[CONSUMER]), None);
    let script = signed_in();
    script.on(&format!("GET {SERVICE}"), absent()).on(
        &format!("PUT {SERVICE}"),
        begun(reply(201, &service("Updating"))),
    );
    assert_eq!(outcome(&script, &step), making(OperationKind::Put));

    let script = signed_in();
    script
        .on(POLL, succeeded())
        .on(&format!("GET {SERVICE}"), reply(200, &service("Succeeded")));
    let confirmed = ready(outcome(&script, &poll(Part::Attachment)));
    assert_eq!(confirmed.spec, visible_to(&[CONSUMER]));
}

#[test]
fn a_network_that_existed_may_be_answered_as_new_and_complete() {
    let desired = Spec::Azure(AzureSpec::Network {
        cidr: "10.1.0.0/24".parse().unwrap(),
    });
    let path = "/virtualNetworks/underpass";
    let script = signed_in();
    script
        .on(&format!("GET {path}"), reply(200, &network("Enabled")))
        .on(
            &format!("PUT {path}"),
            begun(reply(201, &network("Disabled"))),
        );
    let step = put(Part::Network, desired.clone(), None);
    assert_eq!(ready(outcome(&script, &step)).spec, desired);
}

#[test]
fn a_complete_answer_with_an_operation_needs_no_poll() {
    let balancer = shown(
        json!({
            "location": "westeurope",
            "tags": tags(),
            "sku": {"name": "Standard", "tier": "Regional"},
            "properties": {
                "frontendIPConfigurations": [{"name": "fe", "properties": {
                    "provisioningState": "Succeeded",
                    "subnet": {"id": format!("{NETWORK}/virtualNetworks/underpass/subnets/nodes")},
                }}],
                "backendAddressPools": [
                    {"name": "be", "properties": {"loadBalancerBackendAddresses": []}},
                ],
                "loadBalancingRules": [],
                "probes": [],
                "inboundNatRules": [],
                "outboundRules": [],
                "inboundNatPools": [],
            },
        }),
        BALANCER,
        "2",
        "Succeeded",
    );
    let spec = Spec::Azure(AzureSpec::Balancer {
        rules: [].into(),
        pools: [].into(),
    });
    let script = signed_in();
    script
        .on(&format!("GET {BALANCER}"), absent())
        .on(&format!("PUT {BALANCER}"), begun(reply(201, &balancer)));
    let step = put(Part::Azure(AzurePart::Balancer), spec.clone(), None);
    assert_eq!(ready(outcome(&script, &step)).spec, spec);
}

#[test]
fn members_that_only_the_cloud_sets_are_sent_back_and_no_operation_is_needed() {
    let pool = json!({"id": format!("{NETWORK}{BALANCER}/backendAddressPools/be")});
    let interface = |pools: &[Value]| {
        let document = json!({
            "location": "westeurope",
            "kind": "Regular",
            "type": "Microsoft.Network/networkInterfaces",
            "properties": {
                "resourceGuid": "6c0f0d0e-0000-4000-8000-000000000002",
                "dnsSettings": {
                    "dnsServers": [], "appliedDnsServers": [],
                    "internalDomainNameSuffix": "x.bx.internal.cloudapp.net",
                },
                "allowPort25Out": true,
                "auxiliaryMode": "None",
                "auxiliarySku": "None",
                "vnetEncryptionSupported": false,
                "defaultOutboundConnectivityEnabled": false,
                "ipConfigurations": [{"name": "main", "etag": "W/\"9\"", "properties": {
                    "provisioningState": "Succeeded",
                    "primary": true,
                    "privateIPAddress": "10.1.0.5",
                    "subnet": {"id": format!("{NETWORK}/virtualNetworks/underpass/subnets/nodes")},
                    "loadBalancerBackendAddressPools": pools,
                }}],
            },
        });
        shown(document, "/networkInterfaces/n1", "9", "Succeeded")
    };
    let after = interface(&[pool]);
    let script = signed_in();
    script
        .on("GET /networkInterfaces/n1", reply(200, &interface(&[])))
        .on("PUT /networkInterfaces/n1", reply(200, &after));
    let part = Part::Azure(AzurePart::Member(NIC.to_owned()));
    ready(outcome(&script, &put(part, Spec::Present, None)));
    assert_eq!(script.writes()[0].json(), after);
}

#[test]
fn a_removed_connection_is_under_way_with_both_addresses() {
    let script = signed_in();
    let result = OPERATION.replace("/operations/", "/operationResults/");
    script.on(
        &format!("DELETE {CONNECTION}"),
        empty(202)
            .with("azure-asyncoperation", OPERATION)
            .with("location", &result),
    );
    let step = Step::Delete(Part::Admission(connection_id()));
    assert_eq!(outcome(&script, &step), making(OperationKind::Delete));
}
