//! The listing of networks and public addresses.

use std::sync::Arc;

use serde_json::{Value, json};
use underpass_clouds::{Cloud as _, Listing};
use underpass_model::cloud_target::{AzurePlacement, CloudTarget, NetworkPlacement};
use underpass_model::part::{AzurePart, AzureSpec, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use crate::address::address;
use crate::network::network;
use crate::script::{Script, json as reply, run};
use crate::world::{adopted, driver, now, ready, refused, signed_in, target};

const NETWORKS: &str = "GET /subscriptions/sub-1/providers/Microsoft.Network/virtualNetworks";
const ADDRESSES: &str = "GET /resourceGroups/account/providers/Microsoft.Network/publicIPAddresses";

fn list(script: &Arc<Script>, targets: &[CloudTarget]) -> Listing {
    let listing = run(driver(script).networks(targets, now())).unwrap();
    script.assert_done();
    listing
}

fn listed(values: &[Value]) -> crate::script::Reply {
    reply(200, &json!({"value": values}))
}

/// The operator's network with a NAT subnet that has this policy.
fn corp(policy: &str) -> Value {
    let id = "/subscriptions/SUB-1/resourceGroups/Net/providers/Microsoft.Network\
              /virtualNetworks/corp";
    let subnet = json!({"id": format!("{id}/subnets/nat"), "name": "NAT", "etag": "W/\"2\"",
        "properties": {"privateLinkServiceNetworkPolicies": policy,
            "provisioningState": "Succeeded"}});
    json!({"id": id, "name": "corp", "properties": {"subnets": [subnet]}})
}

fn in_account_group() -> Value {
    let mut document = address(Some("20.1.2.3"), "Succeeded");
    document["id"] = json!(
        "/subscriptions/sub-1/resourceGroups/Account/providers/Microsoft.Network\
         /publicIPAddresses/up-s0a1b2c3d4e5"
    );
    document
}

fn static_ip() -> CloudTarget {
    CloudTarget {
        placement: NetworkPlacement::Account,
        ..target()
    }
}

#[test]
fn two_list_calls_show_every_network_policy_and_address() {
    let script = signed_in();
    script
        .on(NETWORKS, listed(&[network("Disabled"), corp("Disabled")]))
        .on(ADDRESSES, listed(&[in_account_group()]));
    let listing = list(&script, &[target(), adopted(), static_ip(), target()]);
    let [made, policy, ip, _again] = listing.findings.try_into().unwrap();
    let cidr = "10.1.0.0/24".parse().unwrap();
    assert_eq!(made.part, Part::Network);
    assert_eq!(
        ready(made.outcome).spec,
        Spec::Azure(AzureSpec::Network { cidr })
    );
    assert_eq!(policy.part, Part::Azure(AzurePart::NatPolicy));
    assert_eq!(ready(policy.outcome).spec, Spec::Present);
    assert_eq!(ip.part, Part::Azure(AzurePart::Address));
    let confirmed = ready(ip.outcome);
    assert_eq!(confirmed.facts.address, Some("20.1.2.3".parse().unwrap()));
    for part in [made.part, policy.part, ip.part] {
        assert!(listing.coverage.covers(&target().object, &part), "{part}");
    }
    let group = Part::Azure(AzurePart::Group);
    assert!(!listing.coverage.covers(&target().object, &group));
}

#[test]
fn a_changed_policy_is_shown_as_changed_and_a_missing_subnet_not_at_all() {
    let script = signed_in();
    script.on(NETWORKS, listed(&[network("Enabled"), corp("Enabled")]));
    let listing = list(&script, &[target(), adopted()]);
    let [made, policy] = listing.findings.try_into().unwrap();
    assert_eq!(ready(made.outcome).spec, Spec::Present, "not as desired");
    assert_eq!(policy.outcome, Outcome::Absent(Evidence::FieldReset));

    let mut empty = corp("Disabled");
    empty["properties"]["subnets"] = json!([]);
    let script = signed_in();
    script.on(NETWORKS, listed(&[empty]));
    let listing = list(&script, &[target(), adopted()]);
    assert!(listing.findings.is_empty());
    assert!(listing.coverage.covers(&target().object, &Part::Network));
}

#[test]
fn only_what_targets_need_is_listed() {
    let script = signed_in();
    script.on(ADDRESSES, listed(&[]));
    let listing = list(&script, &[static_ip()]);
    assert!(!listing.coverage.covers(&target().object, &Part::Network));

    let script = signed_in();
    script.on(NETWORKS, listed(&[]));
    let listing = list(&script, &[target()]);
    let address = Part::Azure(AzurePart::Address);
    assert!(!listing.coverage.covers(&target().object, &address));
    list(&Script::new(), &[]);
}

#[test]
fn a_resource_of_another_owner_is_not_ours() {
    let mut foreign = network("Disabled");
    foreign["tags"] = json!({});
    let script = signed_in();
    script.on(NETWORKS, listed(&[foreign]));
    let [found] = list(&script, &[target()]).findings.try_into().unwrap();
    assert_eq!(found.outcome, Outcome::Absent(Evidence::Alone));
}

#[test]
fn a_refused_list_call_leaves_out_only_its_own_targets() {
    let mut of_tenant = adopted();
    of_tenant.object = "vpc-2".to_owned();
    let NetworkPlacement::Azure(AzurePlacement::Adopted(adoption)) = &mut of_tenant.placement
    else {
        panic!("adopted");
    };
    adoption.vnet_id = adoption.vnet_id.replace("sub-1", "sub-2");
    adoption.nat_subnet = adoption.nat_subnet.replace("sub-1", "sub-2");
    let script = signed_in();
    script
        .on(NETWORKS, listed(&[network("Disabled")]))
        .on(
            &NETWORKS.replace("sub-1", "sub-2"),
            refused(403, "AuthorizationFailed", "no"),
        )
        .on(ADDRESSES, listed(&[in_account_group()]));
    let listing = list(&script, &[target(), of_tenant, static_ip()]);
    assert_eq!(listing.findings.len(), 2);
    let policy = Part::Azure(AzurePart::NatPolicy);
    assert!(listing.coverage.covers(&target().object, &Part::Network));
    assert!(!listing.coverage.covers("vpc-2", &policy));
    let unlisted: Vec<_> = listing.unlisted.keys().collect();
    assert_eq!(unlisted, ["vpc-2"]);
}

#[test]
fn an_account_that_does_not_answer_is_not_listed() {
    let script = signed_in();
    script
        .on(NETWORKS, listed(&[network("Disabled")]))
        .on(ADDRESSES, refused(429, "TooManyRequests", "no"));
    let targets = [target(), static_ip()];
    run(driver(&script).networks(&targets, now())).unwrap_err();
}
