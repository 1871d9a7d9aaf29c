//! Invariants on Google.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use serde_json::{Value, json};
use underpass_emulators::google::model::Binding;
use underpass_model::connection::{Decision, Identity};
use underpass_model::google::RejectList;
use underpass_model::link::Link;
use underpass_model::nat_range;
use underpass_model::part::Admission;
use underpass_model::service::NodeHandle;

use super::actors::claims;
use super::{Google, attachment, global, list, path_of, read, regional, text, zonal};
use crate::invariants::{CloudInvariants, link_resources};
use crate::simulation::{Simulation, vpc_id};

/// The ports of the service's components.
const PORTS: [u16; 2] = [5432, 6432];

impl CloudInvariants for Google {
    /// Identifies a connection by its PSC connection id.
    fn connection_key(&self, identity: &Identity) -> String {
        identity.link_identifier.clone().unwrap_or_default()
    }

    fn binding_key(&self, binding: &Binding) -> String {
        binding.connection.clone()
    }

    /// An entry that was written out of band stays until the next sweep. It excuses exactly the
    /// endpoints that it names, while it exists.
    fn exemption(&self, sim: &mut Simulation, binding: &Binding) -> Option<String> {
        let (attachment, endpoint) = attachment_and_endpoint(sim, binding)?;
        if !decides(&attachment) && sim.out_of_band_changes.contains(&text(&attachment["name"])) {
            return Some("the attachment accepts automatically, or does not reconcile, since an out-of-band change".to_owned());
        }
        let project = binding.endpoint.split('/').nth(1)?.to_owned();
        let number = format!("/{}", text(&endpoint["id"]));
        list(&attachment["consumerAcceptLists"])
            .iter()
            .find(|entry| {
                let endpoint = text(&entry["endpointUrl"]);
                let whole = entry["projectIdOrNum"] == project.as_str();
                (whole && sim.out_of_band_changes.contains(&project))
                    || (endpoint.ends_with(&number)
                        && sim.out_of_band_changes.contains(path_of(&endpoint)))
            })
            .map(|entry| format!("out-of-band entry {entry}"))
    }

    fn irreplaceable(&self, sim: &mut Simulation) -> Vec<(String, String)> {
        let Some(name) = sim.published_name() else {
            return Vec::new();
        };
        [
            format!("serviceAttachments/{name}"),
            format!("forwardingRules/{name}-fr"),
        ]
        .into_iter()
        .filter_map(|rest| {
            let path = regional(&rest);
            let document = read(sim, &path)?;
            Some((path, text(&document["id"])))
        })
        .collect()
    }

    fn check(&self, sim: &mut Simulation) -> Result<(), String> {
        only_ports_of_the_service_are_open(sim)?;
        ranges_are_claimed_and_apart(sim)
    }

    fn admissions(&self, sim: &mut Simulation) -> Option<BTreeMap<String, Admission>> {
        let attachment = attachment(sim)?;
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
                .map(|it| (link_path(&it["endpointWithId"]), admission(it)))
                .collect(),
        )
    }

    fn check_link(&self, sim: &mut Simulation, link: &Link) -> Result<(), String> {
        let zones = zones(sim);
        let name = format!("up-{}", link.id);
        exactly_the_expected_resources_exist(sim, link, &name, &zones)?;
        the_lists_are_as_decided(sim, link)?;
        the_firewall_is_as_desired(sim, link, &name)?;
        flows_reach_the_nodes(sim, &name, &zones)?;
        probes_are_allowed(sim)
    }

    fn check_unpublished(&self, sim: &mut Simulation) -> Result<(), String> {
        probes_are_allowed(sim)
    }
}

/// The documents of the attachment and of the endpoint of a binding.
fn attachment_and_endpoint(sim: &mut Simulation, binding: &Binding) -> Option<(Value, Value)> {
    let project = binding.endpoint.split('/').nth(1)?;
    let (status, endpoint) = sim.consumer(project, "GET", &binding.endpoint, None);
    let target = path_of(endpoint["target"].as_str()?).to_owned();
    let attachment = read(sim, &target)?;
    (status == 200).then_some((attachment, endpoint))
}

// === after every step ===

/// Checks that listeners have ports of the service only.
///
/// An unrelated rule allows more from everywhere, so the link's deny rule must exist while there are
/// listeners, unless it was deleted out of band and not repaired yet.
fn only_ports_of_the_service_are_open(sim: &mut Simulation) -> Result<(), String> {
    let bindings = sim.environment.lock().unwrap().model.bindings();
    for binding in bindings {
        if PORTS.contains(&binding.listen.port()) {
            continue;
        }
        let ends = attachment_and_endpoint(sim, &binding);
        let name = ends.map(|(attachment, _)| text(&attachment["name"]));
        let deny = global(&format!("firewalls/{}-deny", name.unwrap_or_default()));
        if !sim.out_of_band_changes.contains(&deny) || read(sim, &deny).is_some() {
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

/// Checks that the NAT ranges of the links are those claimed, and disjoint.
fn ranges_are_claimed_and_apart(sim: &mut Simulation) -> Result<(), String> {
    let mut assigned: BTreeMap<Ipv4Net, String> = BTreeMap::new();
    sim.for_each_service(|sim| {
        let ranges = sim.link().map(|link| link.value.nat_ranges);
        let pieces = ranges.into_iter().flatten().flat_map(nat_range::pieces);
        for piece in pieces {
            if let Some(other) = assigned.insert(piece, sim.service.to_string()) {
                return Err(format!("{piece} is also a range of {other}"));
            }
        }
        Ok(())
    })?;
    let claimed: BTreeMap<_, _> = claims(sim)
        .into_iter()
        .map(|row| (row.value.piece, row.value.service.to_string()))
        .collect();
    if claimed == assigned {
        return Ok(());
    }
    Err(format!("NAT ranges: {assigned:?}, claimed: {claimed:?}"))
}

// === once everything rests ===

/// Reports whether the attachment's lists alone decide about connections, also existing ones.
fn decides(attachment: &Value) -> bool {
    attachment["connectionPreference"] == "ACCEPT_MANUAL"
        && attachment["reconcileConnections"] == true
}

/// The instances of the service's nodes, by zone.
fn zones(sim: &Simulation) -> BTreeMap<String, BTreeSet<String>> {
    let mut zones: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in sim.service().value.nodes {
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

fn open_ports(sim: &Simulation) -> BTreeSet<String> {
    let rules = sim.service().value.open_rules();
    rules.iter().map(|it| it.backend_port.to_string()).collect()
}

fn exactly_the_expected_resources_exist(
    sim: &Simulation,
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
    if !open_ports(sim).is_empty() {
        expected.insert(global(&format!("firewalls/{name}-allow")));
    }
    expected.extend(zones.keys().map(|zone| group(zone, name)));
    expected.extend(link.nat_ranges.iter().map(|range| subnet(name, *range)));
    let existing = link_resources(sim)
        .into_iter()
        .filter(|id| id.contains(name));
    let existing: BTreeSet<_> = existing.collect();
    if existing == expected {
        return Ok(());
    }
    let extra: Vec<_> = existing.difference(&expected).collect();
    let missing: Vec<_> = expected.difference(&existing).collect();
    Err(format!("left over: {extra:?}, missing: {missing:?}"))
}

fn the_lists_are_as_decided(sim: &mut Simulation, link: &Link) -> Result<(), String> {
    let attachment = attachment(sim).ok_or("the attachment is missing")?;
    let mut accept = BTreeSet::new();
    let mut reject = BTreeSet::new();
    for row in sim.connections() {
        match row.value.decision {
            Decision::Undecided => false,
            Decision::Approved => accept.insert(row.value.identity.name),
            Decision::Rejected(_) if sim.engine.reject_list == RejectList::Omit => false,
            Decision::Rejected(_) => reject.insert(row.value.identity.name),
        };
    }
    let accepted = list(&attachment["consumerAcceptLists"]).iter();
    let accepted: BTreeSet<_> = accepted.map(|it| link_path(&it["endpointUrl"])).collect();
    let rejected = list(&attachment["consumerRejectLists"]).iter();
    let rejected: BTreeSet<_> = rejected.map(link_path).collect();
    if (&accepted, &rejected) != (&accept, &reject) {
        return Err(format!(
            "accepted {accepted:?} instead of {accept:?}, rejected {rejected:?} instead of \
             {reject:?}"
        ));
    }
    let name = format!("up-{}", link.id);
    let ranges = link.nat_ranges.iter().map(|range| subnet(&name, *range));
    let translated = list(&attachment["natSubnets"]).iter().map(link_path);
    if translated.collect::<BTreeSet<_>>() != ranges.collect() {
        return Err(format!("NAT subnets are {}", attachment["natSubnets"]));
    }
    decides(&attachment)
        .then_some(())
        .ok_or_else(|| "the lists do not decide alone".to_owned())
}

fn the_firewall_is_as_desired(sim: &mut Simulation, link: &Link, name: &str) -> Result<(), String> {
    let ranges: BTreeSet<_> = link.nat_ranges.iter().map(Ipv4Net::to_string).collect();
    let sources = |rule: &Value| -> BTreeSet<String> {
        list(&rule["sourceRanges"]).iter().map(text).collect()
    };
    let deny = read(sim, &global(&format!("firewalls/{name}-deny")));
    let deny = deny.ok_or("the deny rule is missing")?;
    if sources(&deny) != ranges || deny["denied"] != json!([{"IPProtocol": "all"}]) {
        return Err(format!(
            "the deny rule does not deny all other traffic: {deny}"
        ));
    }
    let open = open_ports(sim);
    let Some(allow) = read(sim, &global(&format!("firewalls/{name}-allow"))) else {
        return open
            .is_empty()
            .then_some(())
            .ok_or_else(|| "the allow rule is missing".to_owned());
    };
    let allowed = list(&allow["allowed"][0]["ports"]).iter().map(text);
    if sources(&allow) != ranges || allowed.collect::<BTreeSet<_>>() != open {
        return Err(format!(
            "the allow rule has other ports or sources: {allow}"
        ));
    }
    Ok(())
}

fn flows_reach_the_nodes(
    sim: &mut Simulation,
    name: &str,
    zones: &BTreeMap<String, BTreeSet<String>>,
) -> Result<(), String> {
    let service = read(sim, &regional(&format!("backendServices/{name}-bs")));
    let service = service.ok_or("the backend service is missing")?;
    let backends = list(&service["backends"]).iter();
    let backends: BTreeSet<_> = backends.map(|it| link_path(&it["group"])).collect();
    if backends != zones.keys().map(|zone| group(zone, name)).collect() {
        return Err(format!("the backends are {backends:?}"));
    }
    for (zone, machines) in zones {
        let path = format!("{}/listNetworkEndpoints", group(zone, name));
        let (_, listed) = sim.provider("POST", &path, Some(json!({})));
        let members = list(&listed["items"]).iter();
        let members: BTreeSet<_> = members
            .map(|it| link_path(&it["networkEndpoint"]["instance"]))
            .collect();
        if members != *machines {
            return Err(format!("{zone} has {members:?} instead of {machines:?}"));
        }
    }
    let check = read(sim, &regional(&format!("healthChecks/{name}-hc")));
    let probed = check.map(|it| it["tcpHealthCheck"]["port"].clone());
    if probed != Some(json!(PORTS[0])) {
        return Err(format!("the health check probes {probed:?}"));
    }
    let entry = read(sim, &regional(&format!("forwardingRules/{name}-fr")));
    match entry {
        Some(entry) if entry["allPorts"] == true => Ok(()),
        other => Err(format!("the forwarding rule is {other:?}")),
    }
}

fn probes_are_allowed(sim: &mut Simulation) -> Result<(), String> {
    let rule = format!("firewalls/underpass-vpc-{}-probes", vpc_id());
    match read(sim, &global(&rule)) {
        Some(_) => Ok(()),
        None => Err("health probes are not allowed".to_owned()),
    }
}

/// The path of the resource that a link in a document names.
fn link_path(link: &Value) -> String {
    path_of(link.as_str().unwrap_or_default()).to_owned()
}
