//! The parts of a link with brokers on Azure, and those that stay unchanged.

use serde_json::json;

use super::*;
use crate::access::tests::service as pg;
use crate::cloud::Provider;
use crate::link::brokers::tests::{kafka, link};

fn parts(service: &Service, link: &Link) -> BTreeMap<Part, Desired> {
    of_link(link, service, &[], &Observed::default())
}

fn member(nic: &str) -> Part {
    Part::Azure(AzurePart::Member(format!("/nic/{nic}")))
}

#[test]
fn a_broker_is_in_the_pool_of_all_and_in_its_own() {
    let service = kafka(2);
    let parts = parts(&service, &link(&service, Provider::Azure));
    for node in ["n1", "n2"] {
        let pools = BTreeSet::from([node.parse().unwrap()]);
        assert_eq!(
            parts[&member(node)],
            Desired::Be(Spec::Azure(AzureSpec::Member { pools }))
        );
    }
    let Desired::Be(Spec::Azure(AzureSpec::Balancer { rules, pools })) =
        &parts[&Part::Azure(AzurePart::Balancer)]
    else {
        panic!("{parts:?}")
    };
    assert_eq!((rules.len(), pools.len()), (7, 2));
}

#[test]
fn closing_brokers_changes_the_balancer_and_nothing_else() {
    let open = kafka(2);
    let link = link(&open, Provider::Azure);
    let mut closed = open.clone();
    let access = json!({"kafka": false, "schema_registry": true});
    closed
        .user_config
        .insert("privatelink_access".to_owned(), access);
    let (before, after) = (parts(&open, &link), parts(&closed, &link));
    let differs = |part: &&Part| before[*part] != after[*part];
    let changed: Vec<_> = before.keys().filter(differs).collect();
    assert_eq!(changed, [&Part::Azure(AzurePart::Balancer)]);
}

#[test]
fn the_pool_of_a_node_that_left_stays_for_its_return() {
    let whole = kafka(2);
    let link = link(&whole, Provider::Azure);
    let mut without = whole.clone();
    without.nodes.truncate(1);
    let parts = parts(&without, &link);
    assert!(!parts.contains_key(&member("n2")));
    let Desired::Be(Spec::Azure(AzureSpec::Balancer { rules, pools })) =
        &parts[&Part::Azure(AzurePart::Balancer)]
    else {
        panic!("{parts:?}")
    };
    assert_eq!((rules.len(), pools.len()), (5, 2));
}

#[test]
fn a_service_without_brokers_is_built_as_ever() {
    let mut service = pg();
    service.nodes[0].cloud = Some(NodeHandle::Azure {
        nic_id: "/nic/n1".to_owned(),
        ip_configuration: None,
    });
    let parts = parts(&service, &link(&service, Provider::Azure));
    assert_eq!(parts[&member("n1")], Desired::Be(Spec::Present));
    let stored = serde_json::to_value(match &parts[&Part::Azure(AzurePart::Balancer)] {
        Desired::Be(spec) => spec,
        other => panic!("{other:?}"),
    });
    // As older versions stored it, so that nothing looks changed.
    assert_eq!(
        stored.unwrap(),
        json!({"balancer": {"rules": [{"name": "pg", "link_port": 15432, "backend_port": 5432}]}})
    );
}
