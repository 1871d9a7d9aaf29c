//! The internal load balancer: one frontend, one pool of all interfaces and one for each node with
//! a broker port, one rule per open port.
//!
//! Opening or closing a port changes only that port's rule and probe; every other member of the
//! document is sent back unchanged, so that no other flow is affected.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_model::name::NodeName;
use underpass_model::part::{AzureSpec, Confirmed, Rule, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use super::job::{Job, PutAction, confirmed, require_tag};
use super::names::{FRONTEND, POOL, node_of_pool, node_pool};
use super::operation;
use super::ownership;
use super::resource::Resource;
use crate::document;
use crate::error::Error;

/// The idle timeout in minutes: 30, well above the 5 or so of the private link service, so that
/// only the latter takes effect.
const IDLE_MINUTES: u16 = 30;

/// The probe interval in seconds: 5, Azure's minimum.
const PROBE_INTERVAL: u16 = 5;

/// The number of consecutive probes that change a node's health: 2, so that one lost packet removes
/// no node.
const PROBE_THRESHOLD: u16 = 2;

/// Members whose absence proves nothing: an answer may omit default values.
const OMITTABLE: [&str; 7] = [
    "disableOutboundSnat",
    "enableFloatingIP",
    "enableTcpReset",
    "idleTimeoutInMinutes",
    "intervalInSeconds",
    "loadDistribution",
    "probeThreshold",
];

/// The pointer to a load balancer's pools.
const POOLS: &str = "/properties/backendAddressPools";

pub(super) async fn read(job: Job<'_>) -> Result<Outcome, Error> {
    let balancer = job.names.balancer()?;
    Ok(match job.get_own(&balancer).await? {
        None => Outcome::Absent(Evidence::Alone),
        Some(document) => {
            operation::observed_outcome(&document, confirm(&document, &balancer)?, job.now)
        }
    })
}

pub(super) async fn put(
    job: Job<'_>,
    rules: &BTreeSet<Rule>,
    pools: &BTreeSet<NodeName>,
    tag: Option<&str>,
) -> Result<Outcome, Error> {
    let balancer = job.names.balancer()?;
    let desired = Spec::Azure(AzureSpec::Balancer {
        rules: rules.clone(),
        pools: pools.clone(),
    });
    let confirm = |document: &Value| confirm(document, &balancer);
    let (document, tag) = match job.put_action(&balancer, &desired, tag, confirm).await? {
        PutAction::Keep { outcome, .. } => return Ok(outcome),
        PutAction::Create => (create(job, &balancer, rules, pools)?, None),
        PutAction::Update { mut document, tag } => {
            set_pools(&mut document, pools);
            set_rules(&mut document, &balancer, rules);
            (document, Some(tag))
        }
    };
    Ok(job
        .put(&balancer, &document, tag.as_deref(), &desired, confirm)
        .await?
        .1)
}

pub(super) async fn delete(job: Job<'_>) -> Result<Outcome, Error> {
    job.remove_own(&job.names.balancer()?).await
}

/// Returns the confirmed state of a load balancer.
pub(super) fn confirm(document: &Value, balancer: &Resource) -> Result<Confirmed, Error> {
    require_tag(document, balancer)?;
    let spec = Spec::Azure(AzureSpec::Balancer {
        rules: rules(document, balancer),
        pools: pools(document),
    });
    Ok(confirmed(spec, document, balancer))
}

/// Returns the rules of a load balancer. A rule of another shape is returned with ports 0, which no
/// desired state has, so that it is put again or removed.
fn rules(document: &Value, balancer: &Resource) -> BTreeSet<Rule> {
    let probes = document::list(document, "/properties/probes");
    let found = document::list(document, "/properties/loadBalancingRules");
    found
        .iter()
        .map(|found| {
            let port = |member: &str| {
                let port = found.pointer("/properties")?.get(member)?.as_u64()?;
                u16::try_from(port).ok()
            };
            let read = Rule {
                name: document::text(found, "/name")
                    .unwrap_or_default()
                    .to_owned(),
                link_port: port("frontendPort").unwrap_or_default(),
                backend_port: port("backendPort").unwrap_or_default(),
                node: document::text(found, "/properties/backendAddressPool/id")
                    .and_then(|id| id.rsplit('/').next())
                    .and_then(node_of_pool),
            };
            let made = probe(&read);
            let is_probed = probes.iter().any(|probe| agrees(probe, &made));
            if is_probed && agrees(found, &rule(balancer, &read)) {
                read
            } else {
                Rule {
                    link_port: 0,
                    backend_port: 0,
                    ..read
                }
            }
        })
        .collect()
}

/// Returns the nodes that have a pool of their own.
fn pools(document: &Value) -> BTreeSet<NodeName> {
    document::list(document, POOLS)
        .iter()
        .filter_map(|pool| node_of_pool(document::text(pool, "/name")?))
        .collect()
}

fn create(
    job: Job<'_>,
    balancer: &Resource,
    rules: &BTreeSet<Rule>,
    pools: &BTreeSet<NodeName>,
) -> Result<Value, Error> {
    let target = job.target();
    let mut document = json!({
        "location": target.region,
        "tags": ownership::tags(&target.ownership),
        "sku": {"name": "Standard", "tier": "Regional"},
        "properties": {
            "frontendIPConfigurations": [{
                "name": FRONTEND,
                "properties": {
                    "privateIPAllocationMethod": "Dynamic",
                    "privateIPAddressVersion": "IPv4",
                    "subnet": {"id": job.names.node_subnet()?.id()},
                },
            }],
        },
    });
    set_pools(&mut document, pools);
    set_rules(&mut document, balancer, rules);
    Ok(document)
}

/// Sets the pool of all nodes and exactly these pools of single nodes; pools that are correct, and
/// other pools, stay verbatim.
fn set_pools(document: &mut Value, nodes: &BTreeSet<NodeName>) {
    let name = |pool: &Value| document::text(pool, "/name").unwrap_or_default().to_owned();
    let mut pools = document::list(document, POOLS).to_vec();
    pools.retain(|pool| node_of_pool(&name(pool)).is_none_or(|node| nodes.contains(&node)));
    for desired in std::iter::once(POOL.to_owned()).chain(nodes.iter().map(node_pool)) {
        if !pools
            .iter()
            .any(|pool| name(pool).eq_ignore_ascii_case(&desired))
        {
            pools.push(json!({"name": desired}));
        }
    }
    document::set(document, "/properties", "backendAddressPools", json!(pools));
}

/// Sets exactly these rules and their probes; those that are correct stay verbatim.
fn set_rules(document: &mut Value, balancer: &Resource, rules: &BTreeSet<Rule>) {
    let kept = |pointer: &str, made: Value| {
        let found = document::list(document, pointer)
            .iter()
            .find(|it| agrees(it, &made));
        found.cloned().unwrap_or(made)
    };
    let probes: Vec<Value> = rules
        .iter()
        .map(|it| kept("/properties/probes", probe(it)))
        .collect();
    let rules: Vec<Value> = rules
        .iter()
        .map(|it| kept("/properties/loadBalancingRules", rule(balancer, it)))
        .collect();
    document::set(document, "/properties", "probes", json!(probes));
    document::set(document, "/properties", "loadBalancingRules", json!(rules));
}

fn rule(balancer: &Resource, rule: &Rule) -> Value {
    let element = |collection: &str, name: &str| json!({"id": balancer.element(collection, name)});
    let pool = rule
        .node
        .as_ref()
        .map_or_else(|| POOL.to_owned(), node_pool);
    json!({
        "name": rule.name,
        "properties": {
            "frontendIPConfiguration": element("frontendIPConfigurations", FRONTEND),
            "backendAddressPool": element("backendAddressPools", &pool),
            "probe": element("probes", &probe_name(rule)),
            "protocol": "Tcp",
            "frontendPort": rule.link_port,
            "backendPort": rule.backend_port,
            "enableFloatingIP": false,
            "idleTimeoutInMinutes": IDLE_MINUTES,
            "enableTcpReset": true,
            "loadDistribution": "Default",
            "disableOutboundSnat": true,
        },
    })
}

fn probe(rule: &Rule) -> Value {
    json!({
        "name": probe_name(rule),
        "properties": {
            "protocol": "Tcp",
            "port": rule.backend_port,
            "intervalInSeconds": PROBE_INTERVAL,
            "probeThreshold": PROBE_THRESHOLD,
        },
    })
}

fn probe_name(rule: &Rule) -> String {
    format!("probe-{}", rule.name)
}

/// Reports whether a value has every member of ours. Azure does not keep the case of IDs and names.
fn agrees(found: &Value, made: &Value) -> bool {
    match (found, made) {
        (Value::Object(found), Value::Object(made)) => {
            made.iter().all(|(name, made)| match found.get(name) {
                Some(found) => agrees(found, made),
                None => OMITTABLE.contains(&name.as_str()),
            })
        }
        (Value::String(found), Value::String(made)) => found.eq_ignore_ascii_case(made),
        (found, made) => found == made,
    }
}
