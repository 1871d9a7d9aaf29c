//! The role on Google Cloud.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use ipnet::Ipv4Net;
use serde_json::{Value, json};
use underpass_clouds::google::{
    Credentials, Google, Options, Permission, role_definition, role_id,
};
use underpass_clouds::{Cloud, Depth, PermissionUser, Scope};
use underpass_emulators::CloudModel;
use underpass_emulators::google::model::{
    self, Caller, Configuration, Google as Model, IamBinding, IamPolicy, Role,
};
use underpass_model::cloud_target::{CloudTarget, GooglePlacement, NetworkPlacement};
use underpass_model::part::{GooglePart, GoogleSpec, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use super::emulated::{Account, Answer, Call, Emulated, Failed, run};
use crate::google::world::{self, OBJECT, connection_id, put};

pub(super) const BASE: &str = "https://compute.test";
pub(super) const PROJECT: &str = "acme-net";
pub(super) const EMAIL: &str = "underpass@acme-net.iam.gserviceaccount.com";
const REGION: &str = "europe-west1";
const ZONES: [&str; 2] = ["europe-west1-b", "europe-west1-c"];

fn answer(
    cloud: &mut Model,
    call: Call,
    now: jiff::Timestamp,
    rng: &mut rand::rngs::StdRng,
) -> Answer {
    let caller = match call.token.as_str() {
        "owner" => Caller::Provider,
        "consumer" => Caller::Anonymous,
        _ => Caller::Principal(EMAIL.to_owned()),
    };
    let request = model::Request {
        method: call.method,
        path: call.path,
        query: call.query,
        body: call.body,
        caller,
    };
    let reply = cloud.handle(&request, now, rng);
    (reply.status, reply.headers, reply.body)
}

pub(super) fn cloud() -> Arc<Emulated<Model>> {
    Emulated::new(
        Model::new(Configuration {
            provider_project: PROJECT.to_owned(),
            provider_project_number: 123_456_789_012,
            operation_delay: Duration::from_secs(20),
            status_lag: Duration::ZERO,
            further_regions: BTreeSet::new(),
        }),
        answer,
    )
}

/// The permissions of the printed role.
pub(super) fn role() -> BTreeSet<String> {
    let printed = role_definition("main");
    let (_, list) = printed.split_once("includedPermissions:\n").unwrap();
    let lines = list.lines().map(|line| line.strip_prefix("- ").unwrap());
    lines.map(str::to_owned).collect()
}

/// The permissions of the printed role without some.
pub(super) fn role_without(excluded: &[&str]) -> BTreeSet<String> {
    let mut role = role();
    role.retain(|it| !excluded.contains(&it.as_str()));
    role
}

/// Gives the account a role in its project.
pub(super) fn bind(emulated: &Emulated<Model>, permissions: BTreeSet<String>) {
    let policy = IamPolicy {
        bindings: vec![IamBinding {
            role: Role::Custom {
                included_permissions: permissions,
            },
            members: vec![format!("serviceAccount:{EMAIL}")],
        }],
    };
    policy.check().unwrap();
    emulated.change(|cloud| cloud.set_policy(policy));
}

pub(super) fn driver(emulated: &Arc<Emulated<Model>>) -> Google {
    let options = Options {
        base_url: BASE.to_owned(),
        project: PROJECT.to_owned(),
        credentials: Credentials::Metadata {
            base_url: "http://metadata.test".to_owned(),
            service_account: Some(EMAIL.to_owned()),
        },
    };
    Google::new(options, emulated.clone()).with_check_apis(BASE, BASE)
}

fn of_vpc() -> CloudTarget {
    let mut target = world::target();
    target.placement = NetworkPlacement::Google(GooglePlacement::Made {
        network: "underpass-vpc-1".to_owned(),
    });
    target.connections.clear();
    target
}

fn regional(collection: &str) -> String {
    format!("projects/{PROJECT}/regions/{REGION}/{collection}")
}

fn make_nodes(emulated: &Emulated<Model>) {
    let subnet = regional("subnetworks/underpass-vpc-1-nodes");
    for zone in ZONES {
        let body = json!({"name": "n1", "networkInterfaces": [{"subnetwork": subnet}]});
        let instances = format!("projects/{PROJECT}/zones/{zone}/instances");
        emulated.made("owner", "POST", &instances, body);
    }
}

/// A consumer's endpoint; returns its name in the lists of the attachment.
fn make_endpoint(emulated: &Emulated<Model>) -> String {
    let made = |path: &str, body: Value| {
        let path = format!("projects/guest/{path}");
        emulated.made("consumer", "POST", &path, body)
    };
    let network = json!({"name": "net", "autoCreateSubnetworks": false});
    made("global/networks", network);
    let subnet = json!({"name": "default", "network": "global/networks/net",
        "ipCidrRange": "10.4.0.0/24", "purpose": "PRIVATE"});
    made(&format!("regions/{REGION}/subnetworks"), subnet);
    let target = regional(&format!("serviceAttachments/up-{OBJECT}"));
    let rule = json!({"name": "to-pg", "network": "global/networks/net",
        "subnetwork": format!("regions/{REGION}/subnetworks/default"),
        "target": target, "loadBalancingScheme": ""});
    made(&format!("regions/{REGION}/forwardingRules"), rule);
    let shown = emulated.made("owner", "GET", &target, Value::Null);
    let endpoint = shown["connectedEndpoints"][0]["endpointWithId"].as_str();
    let (_, path) = endpoint.unwrap().split_once("/projects/").unwrap();
    format!("projects/{path}")
}

/// Every kind of call of the driver, from an empty project to an empty project.
#[expect(clippy::too_many_lines, reason = "it is a list of steps")]
fn flow(emulated: &Arc<Emulated<Model>>) -> Result<(), Failed> {
    let driver = driver(emulated);
    let account = Account {
        emulated,
        driver: &driver,
    };
    let part = |part: GooglePart| Part::Google(part);
    let target = of_vpc();
    let perform = |target: &CloudTarget, step: Step| -> Result<_, Failed> {
        Ok(account.perform(target, &step)?)
    };
    let write = |own: GooglePart, spec: GoogleSpec, tag: Option<&str>| {
        perform(&target, put(part(own), Spec::Google(spec), tag))
    };
    let present = |own: GooglePart| perform(&target, put(part(own), Spec::Present, None)).map(drop);

    let range: Ipv4Net = "172.24.0.0/28".parse().unwrap();
    perform(&target, put(Part::Network, Spec::Present, None))?;
    let cidr = "10.1.0.0/24".parse().unwrap();
    write(GooglePart::Subnet, GoogleSpec::Subnet { cidr }, None)?;
    present(GooglePart::Probes)?;
    make_nodes(emulated);

    present(GooglePart::NatSubnet(range))?;
    let firewall = |ports: &[u16]| GoogleSpec::Firewall {
        sources: BTreeSet::from([range]),
        ports: ports.iter().copied().collect(),
    };
    write(GooglePart::Deny, firewall(&[]), None)?;
    write(GooglePart::Allow, firewall(&[5432]), None)?;
    write(GooglePart::Allow, firewall(&[5432, 6432]), None)?;
    for port in [5432, 6432] {
        let check = GoogleSpec::HealthCheck { port };
        write(GooglePart::HealthCheck, check, None)?;
    }
    for zone in ZONES {
        present(GooglePart::EndpointGroup(zone.to_owned()))?;
        let instance = format!("projects/{PROJECT}/zones/{zone}/instances/n1");
        let instances = BTreeSet::from([instance]);
        let spec = GoogleSpec::Endpoints { instances };
        write(GooglePart::Endpoints(zone.to_owned()), spec, None)?;
    }
    let mut tag = None;
    for count in [1, 2] {
        let zones = ZONES[..count].iter().map(|it| (*it).to_owned()).collect();
        let spec = GoogleSpec::BackendService { zones };
        let report = write(GooglePart::BackendService, spec, tag.as_deref())?;
        tag = tag_of(report.outcome);
    }
    present(GooglePart::ForwardingRule)?;
    let attachment = |accept: &[String], tag: Option<&str>| {
        let spec = GoogleSpec::ServiceAttachment {
            nat: BTreeSet::from([range]),
            accept: accept.iter().cloned().collect(),
            reject: BTreeSet::new(),
        };
        perform(&target, put(Part::Attachment, Spec::Google(spec), tag))
    };
    attachment(&[], None)?;
    let endpoint = make_endpoint(emulated);
    let report = perform(&target, Step::Read(Part::Attachment))?;
    attachment(
        std::slice::from_ref(&endpoint),
        tag_of(report.outcome).as_deref(),
    )?;

    let now = emulated.now();
    let scope = Scope {
        region: REGION.to_owned(),
        group: None,
        depth: Depth::Everything,
    };
    run(driver.sweep(&scope, now))?;
    run(driver.attachments(now))?;
    let listing = run(driver.networks(std::slice::from_ref(&target), now))?;
    if let Some((_, message)) = listing.unlisted.into_iter().next() {
        return Err(Failed::of_listing(message));
    }
    let connected = CloudTarget {
        connections: BTreeMap::from([(connection_id(), endpoint)]),
        ..target.clone()
    };
    perform(&connected, Step::Read(Part::Admission(connection_id())))?;

    let groups = ZONES.iter().flat_map(|zone| {
        [
            part(GooglePart::Endpoints((*zone).to_owned())),
            part(GooglePart::EndpointGroup((*zone).to_owned())),
        ]
    });
    let mut parts = vec![
        Part::Attachment,
        part(GooglePart::ForwardingRule),
        part(GooglePart::BackendService),
    ];
    parts.extend(groups);
    parts.extend([
        part(GooglePart::HealthCheck),
        part(GooglePart::Allow),
        part(GooglePart::Deny),
        part(GooglePart::NatSubnet(range)),
    ]);
    for part in &parts {
        perform(&target, Step::Delete(part.clone()))?;
        perform(&target, Step::Read(part.clone()))?;
    }
    for zone in ZONES {
        let instance = format!("projects/{PROJECT}/zones/{zone}/instances/n1");
        emulated.made("owner", "DELETE", &instance, Value::Null);
    }
    for part in [
        part(GooglePart::Probes),
        part(GooglePart::Subnet),
        Part::Network,
    ] {
        perform(&target, Step::Delete(part.clone()))?;
        perform(&target, Step::Read(part))?;
    }
    Ok(())
}

fn tag_of(outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Ready(confirmed) => confirmed.tag,
        other => panic!("not ready: {other:?}"),
    }
}

fn flow_with(permissions: BTreeSet<String>) -> Result<(), Failed> {
    let emulated = cloud();
    bind(&emulated, permissions);
    let result = flow(&emulated);
    if result.is_ok() {
        let mut left = Vec::new();
        emulated.change(|cloud| left = cloud.resource_ids());
        left.retain(|id| id.contains(PROJECT));
        assert!(left.is_empty(), "{left:?}");
    }
    result
}

#[test]
fn the_printed_role_is_enough_for_every_call_of_the_driver() {
    flow_with(role()).unwrap();
}

#[test]
fn without_any_one_permission_of_the_role_a_call_of_the_driver_fails() {
    for permission in Permission::ALL {
        if permission.user() != PermissionUser::Driver {
            continue;
        }
        let name = permission.name();
        let error = flow_with(role_without(&[name])).expect_err(name);
        let message = &error.message;
        assert!(message.contains(&format!("'{name}'")), "{name}: {message}");
        let remedy = &error.remedy;
        assert!(remedy.contains("underpass account"), "{name}: {remedy}");
    }
}

#[test]
fn the_driver_needs_nothing_of_the_account_check() {
    let of_check = Permission::ALL
        .iter()
        .filter(|it| it.user() == PermissionUser::AccountCheck)
        .map(|it| it.name());
    flow_with(role_without(&of_check.collect::<Vec<_>>())).unwrap();
}

#[test]
fn the_role_has_an_id_that_google_accepts() {
    assert_eq!(role_id("google-prod"), "underpass_google_prod");
}
