use jiff::Timestamp;

use super::*;
use crate::id::{Generation, LinkId};
use crate::orphan::OrphanPlace;
use crate::recovery::PublishedService;
use crate::vpc::AdoptedAzure;

const NATIVE: &str = "acme";

fn vpc(cloud: &str, place: VpcNetwork) -> ProjectVpc {
    ProjectVpc {
        id: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
        project: "demo".parse().unwrap(),
        cloud: cloud.parse().unwrap(),
        cidr: "10.64.0.0/24".parse().unwrap(),
        account: Some("cloud".parse().unwrap()),
        place,
        byoc: false,
        generation: Generation(1),
        deleting: false,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn orphan(provider: Provider, region: &str, group: Option<&str>, network: Option<&str>) -> Orphan {
    let place = OrphanPlace {
        account: "cloud".parse().unwrap(),
        provider,
        region: region.to_owned(),
        group: group.map(str::to_owned),
    };
    let mut orphan = Orphan::new(place, LinkId::from_bits(1), Timestamp::UNIX_EPOCH);
    "link/demo/pg-1/google".clone_into(&mut orphan.managed);
    orphan.network.network = network.map(str::to_owned);
    orphan
}

fn is_refused(vpc: &ProjectVpc, orphan: &Orphan) -> bool {
    let resident = UnknownResident::of_orphan(orphan, vpc, NATIVE);
    let residents = resident.iter().map(|it| it as &dyn VpcResident);
    let refused = vpc.clone().delete(residents, Timestamp::UNIX_EPOCH);
    if let Err(refusal) = &refused {
        assert_eq!(refusal.code, "vpc_in_use");
        assert_eq!(refusal.remedy.as_deref(), Some(&Remedy::ListOrphans));
        let link = orphan.link.as_str();
        assert!(refusal.message.contains(link), "{}", refusal.message);
    }
    refused.is_err()
}

#[test]
fn a_vpc_on_google_stays_while_an_orphan_is_or_may_be_in_its_network() {
    let vpc = vpc("google-europe-west1", VpcNetwork::Made);
    let own = format!("projects/{NATIVE}/global/networks/{}", vpc.group_name());
    let other = format!("projects/{NATIVE}/global/networks/other");
    let region = "europe-west1";
    let at = |region, network| orphan(Provider::Google, region, None, network);
    assert!(is_refused(&vpc, &at(region, Some(&own))));
    assert!(!is_refused(&vpc, &at(region, Some(&other))));
    assert!(!is_refused(&vpc, &at("europe-west4", Some(&own))));
    // No listing showed the network: by the project.
    let mut unknown = at(region, None);
    assert!(is_refused(&vpc, &unknown));
    "link/others/pg-1/google".clone_into(&mut unknown.managed);
    assert!(!is_refused(&vpc, &unknown));
    unknown.managed.clear();
    assert!(is_refused(&vpc, &unknown));
    unknown.account = "second".parse().unwrap();
    assert!(!is_refused(&vpc, &unknown));
}

#[test]
fn a_vpc_on_azure_stays_while_an_orphan_is_in_its_group() {
    let made = vpc("azure-westeurope", VpcNetwork::Made);
    let group = made.group_name().to_ascii_uppercase();
    let at = |group| orphan(Provider::Azure, "westeurope", Some(group), None);
    assert!(is_refused(&made, &at(&group)));
    assert!(!is_refused(&made, &at("underpass-vpc-other")));
    let adopted = AdoptedAzure {
        resource_group: "Nets".to_owned(),
        vnet_id: "/vnet".to_owned(),
        node_subnet: "nodes".to_owned(),
        nat_subnet: "nat".to_owned(),
    };
    let adopted = vpc("azure-westeurope", VpcNetwork::Adopted(adopted));
    assert!(is_refused(&adopted, &at("nets")));
    let mut elsewhere = at("nets");
    elsewhere.network.node_subnet = Some("/other/subnets/nodes".to_owned());
    assert!(!is_refused(&adopted, &elsewhere));
}

#[test]
fn a_vpc_stays_while_a_link_that_was_not_adopted_is_in_it() {
    let vpc = vpc("azure-westeurope", VpcNetwork::Made);
    let mut difference = LinkDifference {
        account: "cloud".parse().unwrap(),
        object: "s0a1b2c3d4e5f".to_owned(),
        managed: "link/demo/pg-1/azure".to_owned(),
        is_known: false,
        published: None,
        connections: std::collections::BTreeMap::new(),
        since: Timestamp::UNIX_EPOCH,
    };
    let of = |it: &LinkDifference| UnknownResident::of_difference(it, &vpc, NATIVE);
    // Its place is not known.
    let resident = of(&difference).unwrap();
    assert!(resident.describe().contains("s0a1b2c3d4e5f of demo/pg-1"));
    assert_eq!(resident.remedy(), Remedy::ShowRecovery);
    difference.published = Some(PublishedService {
        region: "westeurope".to_owned(),
        group: Some("underpass-vpc-other".to_owned()),
        ..PublishedService::default()
    });
    assert_eq!(of(&difference), None);
    difference.published.as_mut().unwrap().group = Some(vpc.group_name());
    assert!(of(&difference).is_some());
    difference.is_known = true;
    assert_eq!(of(&difference), None);
}
