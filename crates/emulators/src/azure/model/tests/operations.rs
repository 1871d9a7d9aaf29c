use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

#[test]
fn a_create_is_updating_until_it_is_due() {
    let mut fixture = Fixture::slow();
    let path = ours("publicIPAddresses/a");
    let reply = fixture.put(&path, public_address());
    assert_eq!(reply.status, 201);
    assert_eq!(
        reply.body.as_ref().unwrap()["properties"]["provisioningState"],
        "Updating"
    );
    assert_eq!(header(&reply, "location"), None);
    assert_eq!(header(&reply, "azure-asyncnotification"), Some("Enabled"));
    assert_eq!(header(&reply, "retry-after"), Some("1"));
    let url = header(&reply, "azure-asyncoperation").unwrap().to_owned();
    let place = format!(
        "https://cloud.test/subscriptions/{PROVIDER}/providers/Microsoft.Network/locations/westeurope/operations/"
    );
    assert!(url.starts_with(&place), "{url}");
    let status = fixture.get(&url);
    assert_eq!(
        (status.status, status.body),
        (200, Some(json!({ "status": "InProgress" })))
    );
    assert_eq!(fixture.azure.next_due(), Some(fixture.now + DELAY));
    fixture.pass(DELAY);
    assert_eq!(fixture.azure.next_due(), None);
    let status = fixture.get(&url);
    assert_eq!(
        (status.status, status.body),
        (200, Some(json!({ "status": "Succeeded" })))
    );
    let shown = fixture.seen(&path);
    assert_eq!(shown["properties"]["provisioningState"], "Succeeded");

    let same = fixture.put(&path, public_address());
    assert_eq!(same.status, 200);
    assert_eq!(
        same.body.unwrap()["properties"]["provisioningState"],
        "Succeeded"
    );
    let mut longer = public_address();
    longer["properties"]["idleTimeoutInMinutes"] = json!(10);
    let update = fixture.put(&path, longer);
    assert_eq!(update.status, 200);
    assert_eq!(
        update.body.unwrap()["properties"]["provisioningState"],
        "Updating"
    );
}

#[test]
fn without_delay_an_operation_is_finished_when_it_is_answered() {
    let mut fixture = Fixture::new();
    let reply = fixture.put(&ours("loadBalancers/lb"), balancer(&[5432]));
    assert_eq!(reply.status, 201);
    let body = reply.body.clone().unwrap();
    assert_eq!(body["properties"]["provisioningState"], "Succeeded");
    assert_eq!(
        body["etag"],
        fixture.seen(&ours("loadBalancers/lb"))["etag"]
    );
    let url = header(&reply, "azure-asyncoperation").unwrap().to_owned();
    assert_eq!(header(&reply, "retry-after"), None);
    assert_eq!(fixture.seen(&url)["status"], "Succeeded");

    let reply = fixture.delete(&ours("loadBalancers/lb"));
    assert_eq!((reply.status, &reply.body), (200, &None));
    assert_eq!(header(&reply, "azure-asyncoperation"), None);
    assert_eq!(header(&reply, "location"), None);
    assert_eq!(fixture.get(&ours("loadBalancers/lb")).status, 404);
}

#[test]
fn a_delete_is_followed_by_both_addresses() {
    let mut fixture = Fixture::slow();
    fixture.made(&ours("loadBalancers/lb"), balancer(&[]));
    let reply = fixture.delete(&ours("loadBalancers/lb"));
    assert_eq!((reply.status, &reply.body), (202, &None));
    let outcome = header(&reply, "location").unwrap().to_owned();
    assert!(outcome.contains("/operationResults/"), "{outcome}");
    assert_eq!(fixture.get(&outcome).status, 202);
    let shown = fixture.seen(&ours("loadBalancers/lb"));
    assert_eq!(shown["properties"]["provisioningState"], "Deleting");
    fixture.pass(DELAY);
    assert_eq!(fixture.get(&outcome).status, 204);
    let reply = fixture.delete(&ours("loadBalancers/lb"));
    assert_eq!((reply.status, reply.body), (204, None));
}

#[test]
fn the_outcome_of_a_put_is_the_resource() {
    let mut fixture = Fixture::slow();
    let reply = fixture.put(&ours("publicIPAddresses/a"), public_address());
    let url = header(&reply, "azure-asyncoperation")
        .unwrap()
        .replace("/operations/", "/operationResults/");
    assert_eq!(fixture.get(&url).status, 202);
    fixture.pass(DELAY);
    assert_eq!(fixture.seen(&url)["name"], "a");
}

#[test]
fn only_the_exact_address_answers() {
    let mut fixture = Fixture::slow();
    let reply = fixture.put(&ours("loadBalancers/lb"), balancer(&[]));
    let url = header(&reply, "azure-asyncoperation").unwrap().to_owned();
    let (bare, _) = url.split_once('?').unwrap();
    let rebuilt = format!("{bare}?api-version=2024-05-01");
    assert_eq!(refusal(&fixture.get(&rebuilt)).0, 404);
    let other = url.replace("2024-05-01", "2024-03-01");
    assert_eq!(refusal(&fixture.get(&other)).0, 404);
    let forged = url.replace(PROVIDER, CONSUMER);
    assert_eq!(refusal(&fixture.consumer().get(&forged)).0, 404);
    assert_eq!(fixture.get(&url).status, 200);
}

#[test]
fn a_resource_being_written_takes_no_other_write() {
    let mut fixture = Fixture::slow();
    let reply = fixture.put(&ours("publicIPAddresses/a"), public_address());
    let url = header(&reply, "azure-asyncoperation").unwrap().to_owned();
    for reply in [
        fixture.put(&ours("publicIPAddresses/a"), public_address()),
        fixture.delete(&ours("publicIPAddresses/A")),
    ] {
        assert_eq!(
            refusal(&reply),
            (409, "AnotherOperationInProgress".to_owned())
        );
        let error = reply.body.unwrap()["error"].clone();
        assert_eq!(
            error["message"],
            format!(
                "Another operation on this or dependent resource is in progress. To retrieve \
                 status of the operation use uri: {url}."
            )
        );
        assert_eq!(error["details"], json!([]));
    }
}

#[test]
fn a_reference_to_what_is_being_written_is_retryable() {
    let mut fixture = Fixture::slow();
    fixture.put(
        &ours("virtualNetworks/v/subnets/nodes"),
        json!({ "properties": { "addressPrefix": "10.0.0.0/24", "defaultOutboundAccess": false } }),
    );
    let reply = fixture.put(&ours("loadBalancers/lb"), balancer(&[]));
    assert_eq!(refusal(&reply), (429, "RetryableError".to_owned()));
    let detail: Value = reply.body.unwrap()["error"]["details"][0].clone();
    assert_eq!(
        detail["message"],
        format!(
            "Cannot proceed with operation because resource {} used by resource {} is not in \
             Succeeded state. Resource is in Updating state and the last operation that \
             updated/is updating the resource is PutSubnetOperation.",
            ours("virtualNetworks/v/subnets/nodes"),
            ours("loadBalancers/lb"),
        )
    );
    // References to a sibling are accepted in the meantime.
    let mut elsewhere = balancer(&[]);
    elsewhere["properties"]["frontendIPConfigurations"][0]["properties"]["subnet"]["id"] =
        json!(ours("virtualNetworks/v/subnets/nat"));
    assert_eq!(
        fixture.put(&ours("loadBalancers/lb"), elsewhere).status,
        201
    );
}

#[test]
fn a_finished_operation_is_forgotten_in_time() {
    let mut fixture = Fixture::slow();
    let reply = fixture.put(&ours("loadBalancers/lb"), balancer(&[]));
    let url = header(&reply, "azure-asyncoperation").unwrap().to_owned();
    fixture.settle();
    fixture.pass(std::time::Duration::from_secs(3599));
    assert_eq!(fixture.get(&url).status, 200);
    fixture.pass(std::time::Duration::from_secs(1));
    assert_eq!(refusal(&fixture.get(&url)).0, 404);
}

#[test]
fn requests_let_due_operations_finish_first() {
    let mut fixture = Fixture::slow();
    fixture.put(&ours("loadBalancers/lb"), balancer(&[]));
    fixture.now += DELAY;
    let shown = fixture.seen(&ours("loadBalancers/lb"));
    assert_eq!(shown["properties"]["provisioningState"], "Succeeded");
}
