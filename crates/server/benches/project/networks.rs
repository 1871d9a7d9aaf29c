//! The networks of a large project: a project VPC for every fifty services, and the static IPs
//! that services on Azure need.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use underpass_model::id::{Generation, StaticIpId};
use underpass_model::part::{
    AzurePart, Confirmed, Facts, Observed, ObservedPart, Part, Phase, Spec,
};
use underpass_model::service::Service;
use underpass_model::static_ip::{StaticIp, required};
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Key, VpcResident};

/// Services of one cloud in one project VPC.
const RESIDENTS: u32 = 50;

/// The id of the VPC of a service with this number; every second service is in the same cloud.
pub(crate) fn vpc_id(number: u32) -> String {
    let vpc = number / (2 * RESIDENTS) * 2 + number % 2;
    format!("3f0c1d2e-0000-4000-8000-{vpc:012}")
}

/// A service's place in its VPC; with the first one that has one, the VPC.
pub(crate) fn with_vpc(change: Change, number: u32, service: &Service, now: Timestamp) -> Change {
    let id = vpc_id(number).parse().unwrap();
    let resident = VpcResident::of(service);
    let key = Key::vpc_resident(&service.project, id, &service.name);
    let change = change.insert(key, &resident).unwrap();
    if number % (2 * RESIDENTS) > 1 {
        return change;
    }
    let vpc: ProjectVpc = serde_json::from_value(json!({
        "id": vpc_id(number),
        "project": service.project,
        "cloud": service.cloud,
        "cidr": format!("10.{}.{}.0/24", 128 + number % 2, number / RESIDENTS),
        "account": null,
        "place": "made",
        "generation": 1,
        "deleting": false,
        "created_at": now - SignedDuration::from_secs(i64::from(number)),
        "updated_at": now,
    }))
    .unwrap();
    let key = Key::vpc(&service.project, vpc.id);
    change.insert(key, &vpc).unwrap()
}

/// The static IPs of a service, each with its address.
pub(crate) fn with_static_ips(
    mut change: Change,
    number: u32,
    service: &Service,
    now: Timestamp,
) -> Change {
    for ordinal in 0..u32::try_from(required(service.nodes.len())).unwrap() {
        let bits = u64::from(number << 8 | ordinal);
        let ip = StaticIp {
            id: StaticIpId::from_bits(bits),
            project: service.project.clone(),
            cloud: service.cloud.clone(),
            account: Some("azure".parse().unwrap()),
            service: Some(service.name.clone()),
            termination_protection: false,
            generation: Generation(1),
            deleting: false,
            created_at: now - SignedDuration::from_secs(i64::from(number)),
        };
        let facts = Facts {
            address: Some([20, 1, u8::try_from(number % 250).unwrap(), 4].into()),
            ..Facts::default()
        };
        let last = Some(Confirmed {
            spec: Spec::Present,
            tag: None,
            facts,
        });
        let mut observed = Observed::default();
        let phase = Phase::Ready;
        observed.parts.insert(
            Part::Azure(AzurePart::Address),
            ObservedPart { phase, last },
        );
        change = change
            .insert(Key::static_ip(&service.project, &ip.id), &ip)
            .and_then(|it| it.insert(Key::observed(&ip.work_key()), &observed))
            .unwrap();
    }
    change
}
