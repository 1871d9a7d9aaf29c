//! A project as large as projects are to be: 1,000 services in two clouds, each with a link and
//! five connections; on Azure with static IPs, too.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::connection::{Connection, Decision, Identity};
use underpass_model::credentials::Credentials;
use underpass_model::event::Event;
use underpass_model::id::{ConnectionId, Generation, LinkId};
use underpass_model::link::{Link, Topology};
use underpass_model::name::HostLabel;
use underpass_model::part::{
    Admission, AzurePart, AzureSpec, Confirmed, Facts, Observed, ObservedPart, Part, PartFailure,
    Phase, Rule, Spec,
};
use underpass_model::service::Service;
use underpass_store::{Change, Key, Store};

use crate::networks;

const SERVICES: u32 = 1000;

/// Of each service.
const CONNECTIONS: u32 = 5;

/// Of each service; 40,000 in all.
const EVENTS: u32 = 40;

const SUBSCRIPTION: &str = "8eefec94-5d63-40c9-983c-03ab083b411d";

pub(crate) async fn fill(store: &dyn Store, now: Timestamp) {
    let mut change = Change::new();
    for number in 0..SERVICES {
        change = with_service(change, number, now);
        if number % 50 == 49 {
            store.commit(std::mem::take(&mut change)).await.unwrap();
        }
    }
    for round in 0..EVENTS {
        for number in 0..SERVICES {
            change = change.event(event(number, round, now));
        }
        store.commit(std::mem::take(&mut change)).await.unwrap();
    }
}

fn with_service(change: Change, number: u32, now: Timestamp) -> Change {
    let service = service(number, now);
    let link = link(&service, now);
    let (project, name, provider) = (&service.project, &service.name, link.provider);
    let credentials: Credentials = serde_json::from_value(json!({
        "users": [{"username": "avnadmin", "password": "correct horse battery staple"}],
    }))
    .unwrap();
    let connections: Vec<_> = (1..=CONNECTIONS)
        .map(|ordinal| connection(number, ordinal, provider, now))
        .collect();
    let observed = observed(number, &service, &connections, now);
    let mut change = change
        .insert(Key::service(project, name), &service)
        .and_then(|it| it.insert(Key::service(project, name), &credentials))
        .and_then(|it| it.insert(Key::link(project, name, provider), &link))
        .and_then(|it| it.insert(Key::observed(&link.work_key()), &observed))
        .unwrap();
    change = networks::with_vpc(change, number, &service, now);
    if provider == Provider::Azure {
        change = networks::with_static_ips(change, number, &service, now);
    }
    for it in &connections {
        let key = Key::connection(project, name, provider, &it.id);
        change = change.insert(key, it).unwrap();
    }
    change
}

const fn provider(number: u32) -> Provider {
    if number.is_multiple_of(2) {
        Provider::Azure
    } else {
        Provider::Google
    }
}

/// Every hundredth has a node that its cloud does not know.
fn service(number: u32, now: Timestamp) -> Service {
    let name = format!("service-{number:04}").parse().unwrap();
    let project = "demo".parse().unwrap();
    let (cloud, handle) = match provider(number) {
        Provider::Azure => (
            "azure-westeurope",
            json!({"azure": {"nic_id": format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/nodes/providers/Microsoft.Network/networkInterfaces/n{number}"
            )}}),
        ),
        Provider::Google | Provider::Aws => (
            "google-europe-west1",
            json!({"google": {"instance":
                format!("projects/nodes/zones/europe-west1-b/instances/n{number}")
            }}),
        ),
    };
    let is_known = !number.is_multiple_of(100);
    let node = |node: u32| {
        json!({
            "name": format!("n{node}"),
            "address": format!("10.{}.{}.{}", node, number / 200, number % 200 + 10),
            "cloud": if is_known { handle.clone() } else { Value::Null },
        })
    };
    let label = HostLabel::new(&name, &project).unwrap();
    serde_json::from_value(json!({
        "project": project,
        "name": name,
        "host_label": label,
        "service_type": "pg",
        "plan": "startup-4",
        "cloud": cloud,
        "project_vpc_id": networks::vpc_id(number),
        "user_config": {"privatelink_access": {"pg": true}, "static_ips": true},
        "nodes": [node(1), node(2), node(3)],
        "components": [
            {"component": "pg", "port": 5432, "link_port": 5432},
            {"component": "pgbouncer", "port": 6432, "link_port": 6432},
        ],
        "ca_pem": null,
        "tags": {"team": "blue"},
        "termination_protection": false,
        "powered": true,
        "maintenance": {"dow": "sunday", "time": "03:00:00"},
        "created_at": now,
        "updated_at": now,
    }))
    .unwrap()
}

fn link(service: &Service, now: Timestamp) -> Link {
    Link {
        id: LinkId::from_bits(1),
        project: service.project.clone(),
        service: service.name.clone(),
        provider: service.cloud.provider(),
        vpc: service.project_vpc_id.unwrap(),
        topology: Topology::Direct,
        subscriptions: BTreeSet::from([SUBSCRIPTION.parse().unwrap()]),
        nat_ranges: Vec::new(),
        refused_ranges: Vec::new(),
        ports: BTreeMap::from([("pg".to_owned(), 5432), ("pgbouncer".to_owned(), 6432)]),
        broker_ports: underpass_model::broker_port::BrokerPorts::default(),
        generation: Generation(3),
        deleting: false,
        created_at: now,
        updated_at: now,
    }
}

/// One pending, one without an address, three active; first seen in an order of their own.
fn connection(number: u32, ordinal: u32, provider: Provider, now: Timestamp) -> Connection {
    let name = format!("pe-{number}-{ordinal}");
    let endpoint = match provider {
        Provider::Azure => format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/consumers/providers/Microsoft.Network/privateEndpoints/{name}"
        ),
        Provider::Google | Provider::Aws => {
            format!("projects/consumers/regions/europe-west1/forwardingRules/{name}")
        }
    };
    let first_seen_at = now - SignedDuration::from_secs(i64::from(number * 7919 % 86_400));
    Connection {
        id: ConnectionId::from_bits(u64::from(number * CONNECTIONS + ordinal) << 20),
        ordinal,
        identity: Identity {
            name: format!("{name}.5f3b7a52"),
            link_identifier: Some(format!("5368{ordinal}")),
            endpoint,
            location: Some("westeurope".to_owned()),
            message: Some("please let us in".to_owned()),
        },
        decision: match ordinal {
            1 => Decision::Undecided,
            _ => Decision::Approved,
        },
        address: (ordinal > 2).then(|| [10, 9, 8, 7].into()),
        label: (ordinal == 3).then(|| format!("team blue {number}").parse().unwrap()),
        revision: u32::from(ordinal > 1),
        first_seen_at,
        decided_at: (ordinal > 1).then_some(first_seen_at),
    }
}

/// Every 101st link has a failure.
fn observed(
    number: u32,
    service: &Service,
    connections: &[Connection],
    now: Timestamp,
) -> Observed {
    let mut observed = Observed::default();
    let mut note = |part: Part, spec: Spec| {
        let facts = Facts {
            id: Some(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/underpass/providers/Microsoft.Network/{part}"
            )),
            alias: (part == Part::Attachment)
                .then(|| format!("underpass-{number}.guid.westeurope.azure.privatelinkservice")),
            address: None,
            ..Facts::default()
        };
        let last = Confirmed {
            spec,
            tag: Some("W/\"5f3b7a52-0c7e-4d0c-9a5e-2f9f1c1b8d11\"".to_owned()),
            facts,
        };
        let seen = ObservedPart {
            phase: Phase::Ready,
            last: Some(last),
        };
        observed.parts.insert(part, seen);
    };
    let rule = Rule {
        name: "pg".to_owned(),
        link_port: 5432,
        backend_port: 5432,
        node: None,
    };
    let balancer = Spec::Azure(AzureSpec::Balancer {
        rules: BTreeSet::from([rule]),
        pools: BTreeSet::new(),
    });
    note(Part::Azure(AzurePart::Balancer), balancer);
    for node in &service.nodes {
        note(
            Part::Azure(AzurePart::Member(format!("/nic/{}", node.name))),
            Spec::Present,
        );
    }
    let visibility = BTreeSet::from([SUBSCRIPTION.parse().unwrap()]);
    note(
        Part::Attachment,
        Spec::Azure(AzureSpec::Attachment { visibility }),
    );
    for connection in connections {
        let admission = match connection.decision {
            Decision::Undecided => Admission::Pending,
            Decision::Approved | Decision::Rejected(_) => Admission::Approved,
        };
        let part = Part::Admission(connection.id.clone());
        note(part, Spec::Admission(admission));
    }
    if number.is_multiple_of(101) {
        let failure = PartFailure {
            code: "AuthorizationFailed".to_owned(),
            message: "put balancer: the client has no authorization".to_owned(),
            remedy: Some("grant the role Network Contributor".to_owned()),
            attempts: 2,
            since: now,
            retry_at: now + SignedDuration::from_mins(15),
        };
        observed
            .failures
            .insert(Part::Azure(AzurePart::Balancer), failure);
    }
    observed
}

fn event(number: u32, round: u32, now: Timestamp) -> Event {
    Event {
        at: now,
        project: "demo".parse().unwrap(),
        subject: format!("service/service-{number:04}/privatelink/azure"),
        actor: "ada@example.net (laptop)".to_owned(),
        code: "link.updated".to_owned(),
        message: format!("Updated the link for the {round}th time"),
        details: Value::Null,
    }
}
