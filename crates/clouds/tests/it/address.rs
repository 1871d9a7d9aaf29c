use serde_json::{Value, json};
use underpass_model::part::{AzurePart, OperationKind, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use crate::script::{empty, json as reply};
use crate::world::{absent, now, outcome, put, ready, shown, signed_in, tags};

const ADDRESS: &str =
    "/resourceGroups/account/providers/Microsoft.Network/publicIPAddresses/up-s0a1b2c3d4e5";

pub(crate) fn address(ip: Option<&str>, state: &str) -> Value {
    let document =
        json!({"location": "westeurope", "tags": tags(), "properties": {"ipAddress": ip}});
    shown(document, "/publicIPAddresses/up-s0a1b2c3d4e5", "1", state)
}

#[test]
fn an_address_is_made_in_the_accounts_group() {
    let script = signed_in();
    script.on(&format!("GET {ADDRESS}"), absent()).on(
        &format!("PUT {ADDRESS}"),
        reply(201, &address(Some("20.1.2.3"), "Succeeded")),
    );
    let confirmed = ready(outcome(
        &script,
        &put(Part::Azure(AzurePart::Address), Spec::Present, None),
    ));
    assert_eq!(confirmed.facts.address, Some("20.1.2.3".parse().unwrap()));
    insta::assert_json_snapshot!(script.writes()[0].json(), @r#"
    {
      "location": "westeurope",
      "properties": {
        "publicIPAddressVersion": "IPv4",
        "publicIPAllocationMethod": "Static"
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
fn an_address_without_an_address_is_still_being_made() {
    let script = signed_in();
    script.on(
        &format!("GET {ADDRESS}"),
        reply(200, &address(None, "Succeeded")),
    );
    let later = Outcome::Making {
        operation: None,
        check_after: now() + jiff::SignedDuration::from_secs(5),
        kind: OperationKind::Put,
    };
    assert_eq!(
        outcome(&script, &Step::Read(Part::Azure(AzurePart::Address))),
        later
    );
}

#[test]
fn an_address_that_is_not_found_is_not_deleted_and_not_proven_gone() {
    let script = signed_in();
    script.on(&format!("GET {ADDRESS}"), absent());
    assert_eq!(
        outcome(&script, &Step::Delete(Part::Azure(AzurePart::Address))),
        Outcome::Absent(Evidence::Alone)
    );

    let script = signed_in();
    script
        .on(
            &format!("GET {ADDRESS}"),
            reply(200, &address(Some("20.1.2.3"), "Succeeded")),
        )
        .on(&format!("DELETE {ADDRESS}"), empty(204));
    assert_eq!(
        outcome(&script, &Step::Delete(Part::Azure(AzurePart::Address))),
        Outcome::Gone
    );
}
