//! The role on Azure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use underpass_clouds::azure::{Action, Azure, Credentials, Options, role_definition};
use underpass_clouds::{Cloud, Depth, PermissionUser, Scope, SecretSource};
use underpass_emulators::CloudModel;
use underpass_emulators::azure::model::{
    self, Azure as Model, Caller, Configuration, RoleAssignment, RoleAssignments,
};
use underpass_model::backend_health::{HealthAnswer, HealthSubject};
use underpass_model::cloud_target::{AzurePlacement, CloudTarget, NetworkPlacement};
use underpass_model::credentials::Secret;
use underpass_model::part::{Admission, AzurePart, AzureSpec, Part, Spec};
use underpass_model::reconcile::Step;
use underpass_model::vpc::AdoptedAzure;

use super::emulated::{Account, Answer, Call, Emulated, Failed};
use crate::world::{self, connection_id, put, rule, visible_to};

pub(super) const BASE: &str = "https://management.test";
pub(super) const TENANT: &str = "10000000-0000-4000-8000-000000000001";
const OWNER: &str = "10000000-0000-4000-8000-000000000002";
pub(super) const CLIENT: &str = "10000000-0000-4000-8000-000000000003";
pub(super) const SUBSCRIPTION: &str = "10000000-0000-4000-8000-000000000004";
const CONSUMER_TENANT: &str = "20000000-0000-4000-8000-000000000001";
pub(super) const GROUP: &str = "underpass";

/// The object of the static IP.
const ADDRESS: &str = "s000000000001";

fn group(name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}")
}

fn network_of(name: &str) -> String {
    format!("{}/providers/Microsoft.Network", group(name))
}

fn answer(
    cloud: &mut Model,
    call: Call,
    now: jiff::Timestamp,
    rng: &mut rand::rngs::StdRng,
) -> Answer {
    let (tenant, client) = match call.token.as_str() {
        "owner" => (TENANT, OWNER),
        "consumer" => (CONSUMER_TENANT, "consumer"),
        _ => (TENANT, CLIENT),
    };
    let request = model::Request {
        method: call.method,
        path: call.path,
        query: call.query,
        if_match: call.if_match,
        if_none_match: None,
        body: call.body,
        caller: Some(Caller {
            tenant: tenant.to_owned(),
            client: client.to_owned(),
        }),
    };
    let reply = cloud.handle(&request, now, rng);
    (reply.status, reply.headers, reply.body)
}

/// A cloud with the account's group.
pub(super) fn cloud() -> Arc<Emulated<Model>> {
    let emulated = Emulated::new(
        Model::new(Configuration {
            base_url: BASE.to_owned(),
            provider_tenant: TENANT.to_owned(),
            provider_client: OWNER.to_owned(),
            provider_subscription: SUBSCRIPTION.to_owned(),
            operation_delay: Duration::from_secs(20),
            further_regions: BTreeSet::new(),
        }),
        answer,
    );
    let body = json!({"location": "westeurope"});
    emulated.made("owner", "PUT", &group(GROUP), body);
    emulated
}

/// The assignment of a role in a scope.
pub(super) fn assigned(scope: &str, role: &Value) -> RoleAssignment {
    RoleAssignment {
        principal: CLIENT.to_owned(),
        scope: scope.to_owned(),
        role: serde_json::from_value(role.clone()).unwrap(),
    }
}

/// Gives the account a role in its subscription.
pub(super) fn assign(emulated: &Emulated<Model>, role: &Value) {
    let scope = format!("/subscriptions/{SUBSCRIPTION}");
    let assignments = RoleAssignments {
        assignments: vec![assigned(&scope, role)],
    };
    assignments.check().unwrap();
    emulated.change(|cloud| cloud.assign_roles(assignments));
}

/// The printed role.
pub(super) fn role() -> Value {
    role_definition("main", &[format!("/subscriptions/{SUBSCRIPTION}")])
}

/// The role without some actions.
pub(super) fn role_without(excluded: &[&str]) -> Value {
    let mut role = role();
    let actions = role["Actions"].as_array_mut().unwrap();
    actions.retain(|it| !excluded.contains(&it.as_str().unwrap()));
    role
}

pub(super) fn driver(emulated: &Arc<Emulated<Model>>) -> Azure {
    let options = Options {
        base_url: BASE.to_owned(),
        authority: "https://login.test".to_owned(),
        scope: None,
        credentials: Credentials::ClientSecret {
            tenant: TENANT.to_owned(),
            client_id: CLIENT.to_owned(),
            secret: SecretSource::Given(Secret::new("a secret".to_owned())),
        },
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: GROUP.to_owned(),
    };
    Azure::new(options, emulated.clone())
}

fn of_account() -> CloudTarget {
    let mut target = world::target();
    target.placement = NetworkPlacement::Account;
    for name in [&mut target.object, &mut target.ownership.incarnation] {
        ADDRESS.clone_into(name);
    }
    target
}

fn made() -> CloudTarget {
    let mut target = world::target();
    target.members = BTreeMap::from([(
        format!("{}/networkInterfaces/n1", network_of("vpc-1")),
        None,
    )]);
    target.connections.clear();
    target
}

fn adopted() -> CloudTarget {
    let mut target = world::target();
    target.placement = NetworkPlacement::Azure(AzurePlacement::Adopted(AdoptedAzure {
        resource_group: "corp".to_owned(),
        vnet_id: format!("{}/virtualNetworks/corp", network_of("corp")),
        node_subnet: "nodes".to_owned(),
        nat_subnet: "nat".to_owned(),
    }));
    target
}

/// The adopted network that the operator made.
fn prepare(emulated: &Emulated<Model>) {
    let there = json!({"location": "westeurope"});
    emulated.made("owner", "PUT", &group("corp"), there);
    let id =
        |kind: &str, name: &str| json!({"id": format!("{}/{kind}/{name}", network_of("corp"))});
    let security = format!("{}/networkSecurityGroups/g", network_of("corp"));
    let rules = json!({"location": "westeurope", "properties": {"securityRules": []}});
    emulated.made("owner", "PUT", &security, rules);
    let nat = json!({"addressPrefix": "10.2.0.0/24",
        "networkSecurityGroup": id("networkSecurityGroups", "g"),
        "routeTable": id("routeTables", "r"), "natGateway": id("natGateways", "n")});
    let body = json!({"location": "westeurope", "properties": {
        "addressSpace": {"addressPrefixes": ["10.2.0.0/16"]},
        "subnets": [{"name": "nat", "properties": nat}]}});
    let vnet = format!("{}/virtualNetworks/corp", network_of("corp"));
    emulated.made("owner", "PUT", &vnet, body);
}

fn make_node(emulated: &Emulated<Model>) {
    let nic = format!("{}/networkInterfaces/n1", network_of("vpc-1"));
    let subnet = format!(
        "{}/virtualNetworks/underpass/subnets/nodes",
        network_of("vpc-1")
    );
    let address = format!("{}/publicIPAddresses/up-{ADDRESS}", network_of(GROUP));
    let security = format!("{}/networkSecurityGroups/g", network_of("corp"));
    let body = json!({"location": "westeurope", "properties": {
        "networkSecurityGroup": {"id": security},
        "ipConfigurations": [{"name": "first", "properties": {
            "primary": true, "subnet": {"id": subnet}, "publicIPAddress": {"id": address}}}]}});
    emulated.made("owner", "PUT", &nic, body);
}

/// A consumer's endpoint; returns the name of its connection.
fn make_endpoint(emulated: &Emulated<Model>, alias: &str) -> String {
    let group = format!("/subscriptions/{}/resourceGroups/app", world::CONSUMER);
    let network = format!("{group}/providers/Microsoft.Network");
    let there = json!({"location": "westeurope"});
    emulated.made("consumer", "PUT", &group, there);
    let body = json!({"location": "westeurope", "properties": {
        "addressSpace": {"addressPrefixes": ["10.3.0.0/16"]},
        "subnets": [{"name": "default", "properties": {"addressPrefix": "10.3.0.0/24"}}]}});
    let vnet = format!("{network}/virtualNetworks/net");
    emulated.made("consumer", "PUT", &vnet, body);
    let body = json!({"location": "westeurope", "properties": {
        "subnet": {"id": format!("{vnet}/subnets/default")},
        "manualPrivateLinkServiceConnections": [{"name": "c", "properties": {
            "privateLinkServiceId": alias, "requestMessage": "please"}}]}});
    let endpoint = format!("{network}/privateEndpoints/pe");
    emulated.made("consumer", "PUT", &endpoint, body);
    let service = format!(
        "{}/privateLinkServices/up-{}",
        network_of("vpc-1"),
        world::OBJECT
    );
    let shown = emulated.made("owner", "GET", &service, Value::Null);
    let name = &shown["properties"]["privateEndpointConnections"][0]["name"];
    name.as_str().unwrap().to_owned()
}

/// Every kind of call of the driver, from an empty subscription to an empty subscription.
fn flow(emulated: &Arc<Emulated<Model>>) -> Result<(), Failed> {
    let driver = driver(emulated);
    let account = Account {
        emulated,
        driver: &driver,
    };
    let cidr = "10.1.0.0/24".parse().unwrap();
    let (address, balancer) = (
        Part::Azure(AzurePart::Address),
        Part::Azure(AzurePart::Balancer),
    );
    let group = Part::Azure(AzurePart::Group);
    let mut target = made();
    let perform = |target: &CloudTarget, step: Step| -> Result<_, Failed> {
        Ok(account.perform(target, &step)?)
    };

    perform(&of_account(), put(address.clone(), Spec::Present, None))?;
    perform(&target, put(group.clone(), Spec::Present, None))?;
    let network = Spec::Azure(AzureSpec::Network { cidr });
    perform(&target, put(Part::Network, network, None))?;
    let policy = Part::Azure(AzurePart::NatPolicy);
    perform(&adopted(), put(policy, Spec::Present, None))?;
    make_node(emulated);

    let nic = target.members.keys().next().unwrap().clone();
    let member = Part::Azure(AzurePart::Member(nic));
    let rules = Spec::Azure(AzureSpec::Balancer {
        rules: BTreeSet::from([rule("pg", 5432, 5432)]),
        pools: BTreeSet::new(),
    });
    perform(&target, put(balancer.clone(), rules, None))?;
    perform(&target, put(member.clone(), Spec::Present, None))?;
    let service = put(Part::Attachment, visible_to(&[world::CONSUMER]), None);
    let report = perform(&target, service)?;
    let alias = world::ready(report.outcome).facts.alias.unwrap();

    let subject = HealthSubject::Rule("pg".to_owned());
    let mut operation = None;
    loop {
        let now = emulated.now();
        let call = driver.health(&target, &subject, operation.as_deref(), now);
        match super::emulated::run(call)? {
            HealthAnswer::Known(members) => break assert_eq!(members.len(), 1),
            HealthAnswer::InProgress { operation: url, .. } => operation = Some(url),
        }
        emulated.wait();
    }

    let connection = make_endpoint(emulated, &alias);
    target.connections = BTreeMap::from([(connection_id(), connection)]);
    let scope = |depth| Scope {
        region: "westeurope".to_owned(),
        group: Some("vpc-1".to_owned()),
        depth,
    };
    let now = emulated.now();
    super::emulated::run(driver.sweep(&scope(Depth::Everything), now))?;
    super::emulated::run(driver.attachments(now))?;
    for target in [of_account(), target.clone(), adopted()] {
        let listing = super::emulated::run(driver.networks(&[target], now))?;
        if let Some((_, message)) = listing.unlisted.into_iter().next() {
            return Err(Failed::of_listing(message));
        }
    }
    let admission = Part::Admission(connection_id());
    for decision in [Admission::Approved, Admission::Rejected] {
        let step = put(admission.clone(), Spec::Admission(decision), None);
        perform(&target, step)?;
    }
    perform(&target, Step::Read(admission.clone()))?;

    for part in [&admission, &Part::Attachment, &member, &balancer] {
        perform(&target, Step::Delete(part.clone()))?;
    }
    let nic = format!("{}/networkInterfaces/n1", network_of("vpc-1"));
    emulated.made("owner", "DELETE", &nic, Value::Null);
    perform(&of_account(), Step::Delete(address.clone()))?;
    perform(&of_account(), Step::Read(address))?;
    perform(&target, Step::Delete(Part::Network))?;
    perform(&target, Step::Survey(group.clone()))?;
    perform(&target, Step::Delete(group.clone()))?;
    perform(&target, Step::Read(group))?;
    Ok(())
}

fn flow_with(role: &Value) -> Result<(), Failed> {
    let emulated = cloud();
    prepare(&emulated);
    assign(&emulated, role);
    let result = flow(&emulated);
    if result.is_ok() {
        let mut left = Vec::new();
        emulated.change(|cloud| left = cloud.resource_ids());
        left.retain(|id| id.contains("/vpc-1/") || id.contains("up-"));
        assert!(left.is_empty(), "{left:?}");
    }
    result
}

/// Actions that no call against the emulator needs, each with the reason.
const UNUSED: [(Action, &str); 1] = [(
    Action::JoinInboundNatRule,
    "the emulator has no inbound NAT rules; a node's interface may be in one",
)];

#[test]
fn the_printed_role_is_enough_for_every_call_of_the_driver() {
    flow_with(&role()).unwrap();
}

#[test]
fn without_any_one_action_of_the_role_a_call_of_the_driver_fails() {
    for action in Action::ALL {
        if action.user() != PermissionUser::Driver {
            continue;
        }
        let name = action.name();
        let result = flow_with(&role_without(&[name]));
        if UNUSED.iter().any(|(unused, _)| unused == action) {
            result.unwrap();
            continue;
        }
        let error = result.expect_err(name);
        let message = &error.message;
        assert!(message.contains(&format!("'{name}'")), "{name}: {message}");
        let remedy = &error.remedy;
        assert!(remedy.contains("underpass account"), "{name}: {remedy}");
    }
}

#[test]
fn the_driver_needs_nothing_of_the_account_check() {
    let of_check = Action::ALL
        .iter()
        .filter(|it| it.user() == PermissionUser::AccountCheck)
        .map(|it| it.name());
    flow_with(&role_without(&of_check.collect::<Vec<_>>())).unwrap();
}

#[test]
fn wildcards_grant_and_exclude() {
    let role = |actions: &[&str], not: &[&str]| {
        let mut role = role();
        role["Actions"] = json!(actions);
        role["NotActions"] = json!(not);
        role
    };
    let all = ["Microsoft.Network/*", "microsoft.resources/*"];
    flow_with(&role(&all, &[])).unwrap();
    let error = flow_with(&role(&all, &["*/subnets/join/*"])).unwrap_err();
    assert_eq!(error.code, "LinkedAuthorizationFailed");
    let error = flow_with(&role(&["*/read"], &[])).unwrap_err();
    assert_eq!(error.code, "AuthorizationFailed");
}
