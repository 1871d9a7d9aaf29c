//! What is true on Google.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use serde_json::{Value, json};
use underpass_emulators::google::model::Binding;
use underpass_model::connection::{Decision, Identity};
use underpass_model::link::Link;
use underpass_model::nat_range;
use underpass_model::part::Admission;
use underpass_model::service::NodeHandle;

use super::people::claims;
use super::{Google, attachment, found, global, list, path_of, regional, text, zonal};
use crate::invariants::{Truth, ours};
use crate::world::{World, vpc_id};

/// The ports of the service's components.
const PORTS: [u16; 2] = [5432, 6432];

impl Truth for Google {
    /// By the number that tells it apart on the wire.
    fn told_apart(&self, identity: &Identity) -> String {
        identity.link_identifier.clone().unwrap_or_default()
    }

    fn told_apart_by(&self, binding: &Binding) -> String {
        binding.connection.clone()
    }

    /// Lists are kept at the provider, where a stranger may have written an entry that stays until
    /// somebody looks. It excuses exactly those whom it names, and only while it is there.
    fn excuse(&self, world: &mut World, binding: &Binding) -> Option<String> {
        let (attachment, endpoint) = both_ends(world, binding)?;
        if !decides(&attachment) && world.meddled.contains(&text(&attachment["name"])) {
            return Some("a stranger lets everyone in, or nobody go".to_owned());
        }
        let project = binding.endpoint.split('/').nth(1)?.to_owned();
        let number = format!("/{}", text(&endpoint["id"]));
        list(&attachment["consumerAcceptLists"])
            .iter()
            .find(|entry| {
                let endpoint = text(&entry["endpointUrl"]);
                let whole = entry["projectIdOrNum"] == project.as_str();
                (whole && world.meddled.contains(&project))
                    || (endpoint.ends_with(&number) && world.meddled.contains(path_of(&endpoint)))
            })
            .map(|entry| format!("a stranger made the entry {entry}"))
    }

    fn kept(&self, world: &mut World) -> Vec<(String, String)> {
        let Some(name) = world.published_name() else {
            return Vec::new();
        };
        [
            format!("serviceAttachments/{name}"),
            format!("forwardingRules/{name}-fr"),
        ]
        .into_iter()
        .filter_map(|rest| {
            let path = regional(&rest);
            let document = found(world, &path)?;
            Some((path, text(&document["id"])))
        })
        .collect()
    }

    fn check(&self, world: &mut World) -> Result<(), String> {
        only_ports_of_the_service_are_open(world)?;
        ranges_are_claimed_and_apart(world)
    }

    fn admissions(&self, world: &mut World) -> Option<BTreeMap<String, Admission>> {
        let attachment = attachment(world)?;
        let admission = |connected: &Value| match connected["status"].as_str() {
            Some("ACCEPTED") => Admission::Approved,
            Some("REJECTED") => Admission::Rejected,
            Some("NEEDS_ATTENTION") => Admission::NeedsAttention,
            Some("CLOSED") => Admission::Disconnected,
            _ => Admission::Pending,
        };
        let listed = list(&attachment["connectedEndpoints"]).iter();
        Some(
            listed
                .map(|it| (paths(&it["endpointWithId"]), admission(it)))
                .collect(),
        )
    }

    fn check_link(&self, world: &mut World, link: &Link) -> Result<(), String> {
        let zones = zones(world);
        let name = format!("up-{}", link.id);
        exactly_this_is_there(world, link, &name, &zones)?;
        the_lists_are_as_decided(world, link)?;
        the_firewall_is_as_wished(world, link, &name)?;
        flows_lead_to_the_nodes(world, &name, &zones)?;
        probes_are_let_in(world)
    }

    fn check_unpublished(&self, world: &mut World) -> Result<(), String> {
        probes_are_let_in(world)
    }
}

/// The documents of the attachment and of the endpoint that a binding is between.
fn both_ends(world: &mut World, binding: &Binding) -> Option<(Value, Value)> {
    let project = binding.endpoint.split('/').nth(1)?;
    let (status, endpoint) = world.consumer(project, "GET", &binding.endpoint, None);
    let target = path_of(endpoint["target"].as_str()?).to_owned();
    let attachment = found(world, &target)?;
    (status == 200).then_some((attachment, endpoint))
}

// === after every step ===

/// Somebody else's rule opens more to everyone, so the link's own rule that denies must be there
/// as long as anybody can come in. A stranger who deletes it answers for that until it is back.
fn only_ports_of_the_service_are_open(world: &mut World) -> Result<(), String> {
    let bindings = world.sky.lock().unwrap().model.bindings();
    for binding in bindings {
        if PORTS.contains(&binding.listen.port()) {
            continue;
        }
        let ends = both_ends(world, &binding);
        let name = ends.map(|(attachment, _)| text(&attachment["name"]));
        let deny = global(&format!("firewalls/{}-deny", name.unwrap_or_default()));
        if !world.meddled.contains(&deny) || found(world, &deny).is_some() {
            return Err(format!(
                "port {} is open to {} by `{}`",
                binding.listen.port(),
                binding.endpoint,
                binding.rule
            ));
        }
    }
    Ok(())
}

/// What links have is what is claimed, and nobody has what another has.
fn ranges_are_claimed_and_apart(world: &mut World) -> Result<(), String> {
    let mut had: BTreeMap<Ipv4Net, String> = BTreeMap::new();
    world.for_each_service(|world| {
        let ranges = world.link().map(|link| link.value.nat_ranges);
        let pieces = ranges.into_iter().flatten().flat_map(nat_range::pieces);
        for piece in pieces {
            if let Some(other) = had.insert(piece, world.service.to_string()) {
                return Err(format!("{piece} is {other}'s, too"));
            }
        }
        Ok(())
    })?;
    let claimed: BTreeMap<_, _> = claims(world)
        .into_iter()
        .map(|row| (row.value.piece, row.value.service.to_string()))
        .collect();
    if claimed == had {
        return Ok(());
    }
    Err(format!("ranges had: {had:?}, claimed: {claimed:?}"))
}

// === once everything rests ===

/// Whether an attachment's lists let in and let go, and nothing else does.
fn decides(attachment: &Value) -> bool {
    attachment["connectionPreference"] == "ACCEPT_MANUAL"
        && attachment["reconcileConnections"] == true
}

/// The machines that the service's nodes are, by zone.
fn zones(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    let mut zones: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in world.service().value.nodes {
        let Some(NodeHandle::Google { instance }) = node.cloud else {
            continue;
        };
        let zone = instance.split('/').nth(3).unwrap_or_default().to_owned();
        zones.entry(zone).or_default().insert(instance);
    }
    zones
}

fn group(zone: &str, name: &str) -> String {
    zonal(zone, &format!("networkEndpointGroups/{name}-neg"))
}

fn subnet(name: &str, range: Ipv4Net) -> String {
    let [a, b, c, d] = range.network().octets();
    let prefix = range.prefix_len();
    regional(&format!("subnetworks/{name}-nat-{a}-{b}-{c}-{d}-{prefix}"))
}

fn open_ports(world: &World) -> BTreeSet<String> {
    let rules = world.service().value.open_rules();
    rules.iter().map(|it| it.backend_port.to_string()).collect()
}

fn exactly_this_is_there(
    world: &World,
    link: &Link,
    name: &str,
    zones: &BTreeMap<String, BTreeSet<String>>,
) -> Result<(), String> {
    let mut expected = BTreeSet::from([
        regional(&format!("serviceAttachments/{name}")),
        regional(&format!("forwardingRules/{name}-fr")),
        regional(&format!("backendServices/{name}-bs")),
        regional(&format!("healthChecks/{name}-hc")),
        global(&format!("firewalls/{name}-deny")),
    ]);
    if !open_ports(world).is_empty() {
        expected.insert(global(&format!("firewalls/{name}-allow")));
    }
    expected.extend(zones.keys().map(|zone| group(zone, name)));
    expected.extend(link.nat_ranges.iter().map(|range| subnet(name, *range)));
    let there = ours(world).into_iter().filter(|id| id.contains(name));
    let there: BTreeSet<_> = there.collect();
    if there == expected {
        return Ok(());
    }
    let too_much: Vec<_> = there.difference(&expected).collect();
    let missing: Vec<_> = expected.difference(&there).collect();
    Err(format!("left over: {too_much:?}, missing: {missing:?}"))
}

fn the_lists_are_as_decided(world: &mut World, link: &Link) -> Result<(), String> {
    let attachment = attachment(world).ok_or("the attachment is gone")?;
    let mut accept = BTreeSet::new();
    let mut reject = BTreeSet::new();
    for row in world.connections() {
        match row.value.decision {
            Decision::Undecided => false,
            Decision::Approved => accept.insert(row.value.identity.name),
            Decision::Rejected(_) => reject.insert(row.value.identity.name),
        };
    }
    let accepted = list(&attachment["consumerAcceptLists"]).iter();
    let accepted: BTreeSet<_> = accepted.map(|it| paths(&it["endpointUrl"])).collect();
    let rejected = list(&attachment["consumerRejectLists"]).iter();
    let rejected: BTreeSet<_> = rejected.map(paths).collect();
    if (&accepted, &rejected) != (&accept, &reject) {
        return Err(format!(
            "accepted {accepted:?} instead of {accept:?}, rejected {rejected:?} instead of \
             {reject:?}"
        ));
    }
    let name = format!("up-{}", link.id);
    let ranges = link.nat_ranges.iter().map(|range| subnet(&name, *range));
    let translated = list(&attachment["natSubnets"]).iter().map(paths);
    if translated.collect::<BTreeSet<_>>() != ranges.collect() {
        return Err(format!("translates to {}", attachment["natSubnets"]));
    }
    decides(&attachment)
        .then_some(())
        .ok_or_else(|| "the lists do not decide".to_owned())
}

fn the_firewall_is_as_wished(world: &mut World, link: &Link, name: &str) -> Result<(), String> {
    let ranges: BTreeSet<_> = link.nat_ranges.iter().map(Ipv4Net::to_string).collect();
    let sources = |rule: &Value| -> BTreeSet<String> {
        list(&rule["sourceRanges"]).iter().map(text).collect()
    };
    let deny = found(world, &global(&format!("firewalls/{name}-deny")));
    let deny = deny.ok_or("the rule that denies is gone")?;
    if sources(&deny) != ranges || deny["denied"] != json!([{"IPProtocol": "all"}]) {
        return Err(format!("not everything else is denied: {deny}"));
    }
    let open = open_ports(world);
    let Some(allow) = found(world, &global(&format!("firewalls/{name}-allow"))) else {
        return open
            .is_empty()
            .then_some(())
            .ok_or_else(|| "the rule that allows is gone".to_owned());
    };
    let allowed = list(&allow["allowed"][0]["ports"]).iter().map(text);
    if sources(&allow) != ranges || allowed.collect::<BTreeSet<_>>() != open {
        return Err(format!("not the right ports are open: {allow}"));
    }
    Ok(())
}

fn flows_lead_to_the_nodes(
    world: &mut World,
    name: &str,
    zones: &BTreeMap<String, BTreeSet<String>>,
) -> Result<(), String> {
    let service = found(world, &regional(&format!("backendServices/{name}-bs")));
    let service = service.ok_or("the backend service is gone")?;
    let backends = list(&service["backends"]).iter();
    let backends: BTreeSet<_> = backends.map(|it| paths(&it["group"])).collect();
    if backends != zones.keys().map(|zone| group(zone, name)).collect() {
        return Err(format!("the backends are {backends:?}"));
    }
    for (zone, machines) in zones {
        let path = format!("{}/listNetworkEndpoints", group(zone, name));
        let (_, listed) = world.provider("POST", &path, Some(json!({})));
        let members = list(&listed["items"]).iter();
        let members: BTreeSet<_> = members
            .map(|it| paths(&it["networkEndpoint"]["instance"]))
            .collect();
        if members != *machines {
            return Err(format!("{zone} has {members:?} instead of {machines:?}"));
        }
    }
    let check = found(world, &regional(&format!("healthChecks/{name}-hc")));
    let probed = check.map(|it| it["tcpHealthCheck"]["port"].clone());
    if probed != Some(json!(PORTS[0])) {
        return Err(format!("probed is {probed:?}"));
    }
    let entry = found(world, &regional(&format!("forwardingRules/{name}-fr")));
    match entry {
        Some(entry) if entry["allPorts"] == true => Ok(()),
        other => Err(format!("the entry is {other:?}")),
    }
}

fn probes_are_let_in(world: &mut World) -> Result<(), String> {
    let rule = format!("firewalls/underpass-vpc-{}-probes", vpc_id());
    match found(world, &global(&rule)) {
        Some(_) => Ok(()),
        None => Err("health probes are not let in".to_owned()),
    }
}

/// The path that a link in a document leads to.
fn paths(link: &Value) -> String {
    path_of(link.as_str().unwrap_or_default()).to_owned()
}
