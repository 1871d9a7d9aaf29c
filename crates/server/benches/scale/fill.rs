//! Projects with services that have no link yet: fifty services in a project VPC, on Azure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use underpass_model::credentials::Credentials;
use underpass_model::id::{Generation, StaticIpId};
use underpass_model::name::{AccountName, HostLabel, ProjectName};
use underpass_model::part::{
    AzurePart, Confirmed, Facts, Observed, ObservedPart, Part, Phase, Spec,
};
use underpass_model::service::Service;
use underpass_model::static_ip::{StaticIp, required};
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Key, Store, VpcResident};

/// Connections of each link.
pub(crate) const CONNECTIONS: u32 = 3;

/// Services of one project.
const PROJECT: u32 = 500;

/// Services of one project VPC.
pub(crate) const RESIDENTS: u32 = 50;

pub(crate) const SUBSCRIPTION: &str = "8eefec94-5d63-40c9-983c-03ab083b411d";

/// The project of a service with this number.
pub(crate) fn project(number: u32) -> ProjectName {
    format!("project-{:02}", number / PROJECT).parse().unwrap()
}

/// The name of a service with this number.
pub(crate) fn service_name(number: u32) -> String {
    format!("service-{number:05}")
}

/// The numbers of services that begin a project.
pub(crate) fn begins_project(number: u32) -> bool {
    number.is_multiple_of(PROJECT)
}

/// Stores the services with these numbers, in as many accounts; their projects exist.
pub(crate) async fn fill(
    store: &dyn Store,
    numbers: std::ops::Range<u32>,
    accounts: u32,
    now: Timestamp,
) {
    let mut change = Change::new();
    for number in numbers.clone() {
        change = with_service(change, number, &account(number, accounts), now);
        if number % 100 == 99 || number + 1 == numbers.end {
            store.commit(std::mem::take(&mut change)).await.unwrap();
        }
    }
}

/// The account of a VPC, of which services with this number are residents: one of `accounts`.
pub(crate) fn account(number: u32, accounts: u32) -> AccountName {
    match number / RESIDENTS % accounts {
        0 => "azure".parse().unwrap(),
        other => format!("azure-{other}").parse().unwrap(),
    }
}

fn vpc_id(number: u32) -> String {
    format!("3f0c1d2e-0000-4000-8000-{:012}", number / RESIDENTS)
}

fn with_service(mut change: Change, number: u32, account: &AccountName, now: Timestamp) -> Change {
    let project = project(number);
    let name = service_name(number).parse().unwrap();
    let id = vpc_id(number).parse().unwrap();
    if number.is_multiple_of(RESIDENTS) {
        let vpc: ProjectVpc = serde_json::from_value(json!({
            "id": vpc_id(number),
            "project": project,
            "cloud": "azure-westeurope",
            "cidr": format!("10.{}.0.0/20", number / RESIDENTS),
            "account": account,
            "place": "made",
            "generation": 1,
            "deleting": false,
            "created_at": now,
            "updated_at": now,
        }))
        .unwrap();
        change = change.insert(Key::vpc(&project, vpc.id), &vpc).unwrap();
    }
    let label = HostLabel::new(&name, &project).unwrap();
    let node = |node: u32| {
        json!({
            "name": format!("n{node}"),
            "address": format!("10.{}.{}.{}", number / RESIDENTS, number % RESIDENTS / 10, 10 + number % 10 * 4 + node),
            "cloud": {"azure": {"nic_id": format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/nodes/providers/Microsoft.Network/networkInterfaces/n{number}-{node}"
            )}},
        })
    };
    let service: Service = serde_json::from_value(json!({
        "project": project,
        "name": name,
        "host_label": label,
        "service_type": "pg",
        "plan": "startup-4",
        "cloud": "azure-westeurope",
        "project_vpc_id": vpc_id(number),
        "user_config": {"privatelink_access": {"pg": true}, "static_ips": true},
        "nodes": [node(1), node(2)],
        "components": [
            {"component": "pg", "port": 5432, "link_port": 5432},
            {"component": "pgbouncer", "port": 6432, "link_port": 6432},
        ],
        "ca_pem": null,
        "tags": BTreeMap::<String, String>::new(),
        "termination_protection": false,
        "powered": true,
        "maintenance": {"dow": "sunday", "time": "03:00:00"},
        "created_at": now,
        "updated_at": now,
    }))
    .unwrap();
    let credentials: Credentials = serde_json::from_value(json!({
        "users": [{"username": "avnadmin", "password": "correct horse battery staple"}],
    }))
    .unwrap();
    let resident = VpcResident::of(&service);
    change = change
        .insert(Key::service(&project, &name), &service)
        .and_then(|it| it.insert(Key::service(&project, &name), &credentials))
        .and_then(|it| it.insert(Key::vpc_resident(&project, id, &name), &resident))
        .unwrap();
    with_static_ips(change, number, &service, account, now)
}

fn with_static_ips(
    mut change: Change,
    number: u32,
    service: &Service,
    account: &AccountName,
    now: Timestamp,
) -> Change {
    for ordinal in 0..u32::try_from(required(service.nodes.len())).unwrap() {
        let ip = StaticIp {
            id: StaticIpId::from_bits(u64::from(number << 8 | ordinal)),
            project: service.project.clone(),
            cloud: service.cloud.clone(),
            account: Some(account.clone()),
            service: Some(service.name.clone()),
            termination_protection: false,
            generation: Generation(1),
            deleting: false,
            created_at: now,
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
        let part = Part::Azure(AzurePart::Address);
        observed.parts.insert(part, ObservedPart { phase, last });
        change = change
            .insert(Key::static_ip(&service.project, &ip.id), &ip)
            .and_then(|it| it.insert(Key::observed(&ip.work_key()), &observed))
            .unwrap();
    }
    change
}
