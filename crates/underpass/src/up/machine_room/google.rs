//! Google: every node is an instance.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;
use underpass_model::service::{Node, NodeHandle};

use super::host_table::HostTable;
use super::instance;
use super::node_key::NodeKey;
use super::tenant::{self, Tenant};
use super::vpc::{self, Vpc};
use crate::client::Client;
use crate::failure::Failure;
use crate::google::{Compute, name_of, path_of};

/// The provider's hands in Google.
pub(crate) struct GoogleRoom {
    /// As the provider.
    pub(crate) compute: Compute,
    pub(crate) project: String,
    pub(crate) hosts: HostTable,
}

/// What a pass works on.
struct Floor {
    /// Its subnet is a path.
    vpc: Vpc,
    /// The region's zones that instances are in.
    zones: Vec<String>,
    /// Instances made here, by node: their paths.
    instances: BTreeMap<NodeKey, String>,
}

impl GoogleRoom {
    /// Does what is missing in a project; tells whether nothing is any more.
    pub(super) async fn pass(
        &self,
        client: &Client,
        project: &str,
        tenants: &[Tenant],
    ) -> Result<bool, Failure> {
        let (vpcs, all_open) = vpc::all(client, project, "google", subnet_made).await?;
        let floors = self.floors(vpcs).await?;
        let hosts = self.hosts.read().await?;
        let hosts = hosts.into_iter();
        let hosts: BTreeMap<String, String> = hosts
            .map(|(link, host)| (path_of(&link).to_owned(), host))
            .collect();
        let mut is_settled = all_open;
        for mut floor in floors {
            let mut kept = BTreeSet::new();
            let vpc = floor.vpc.id.clone();
            for tenant in tenants.iter().filter(|tenant| tenant.vpc == vpc) {
                let wired = self.wire(&mut floor, tenant, &hosts, &mut kept).await?;
                if !wired.is_empty() {
                    tenant::name_machines(client, project, &tenant.name, &wired).await?;
                }
            }
            let left = floor.instances.iter();
            for (key, path) in left.filter(|(key, _)| !kept.contains(*key)) {
                tracing::info!(
                    service.name = key.service,
                    node = key.node,
                    "remove instance"
                );
                // Refused while an endpoint group still has it; then the next pass tries again.
                if let Err(failure) = self.compute.delete(path).await {
                    tracing::debug!(%failure, "remove instance");
                    is_settled = false;
                }
            }
        }
        Ok(is_settled)
    }

    /// What is in each project VPC.
    async fn floors(&self, vpcs: Vec<Vpc>) -> Result<Vec<Floor>, Failure> {
        let mut floors = Vec::new();
        for vpc in vpcs {
            let zones = self.zones(&vpc.region).await?;
            floors.push(Floor {
                instances: self.instances(&zones, &vpc.id).await?,
                vpc,
                zones,
            });
        }
        Ok(floors)
    }

    /// The zones of a region that instances are spread over.
    async fn zones(&self, region: &str) -> Result<Vec<String>, Failure> {
        let zones = format!("projects/{}/zones", self.project);
        let zones = self.compute.list(&zones).await?;
        let names = zones.iter().filter_map(|zone| zone.get("name")?.as_str());
        let is_there = |name: &&str| {
            let end = name.strip_prefix(region);
            end.is_some_and(|end| end.len() == 2 && end.starts_with('-'))
        };
        let names = names.filter(is_there).take(instance::ZONES);
        Ok(names.map(str::to_owned).collect())
    }

    /// The instances made here for a project VPC.
    async fn instances(
        &self,
        zones: &[String],
        vpc: &str,
    ) -> Result<BTreeMap<NodeKey, String>, Failure> {
        let mut found = BTreeMap::new();
        for zone in zones {
            for one in self.compute.list(&self.collection(zone)).await? {
                if let (Some(key), Some(path)) = (instance::key_of(&one, vpc), instance::path(&one))
                {
                    found.insert(key, path.to_owned());
                }
            }
        }
        Ok(found)
    }

    /// Gives each node of a service its instance; gives what the control plane is to be told.
    async fn wire(
        &self,
        floor: &mut Floor,
        tenant: &Tenant,
        hosts: &BTreeMap<String, String>,
        kept: &mut BTreeSet<NodeKey>,
    ) -> Result<BTreeMap<String, (IpAddr, NodeHandle)>, Failure> {
        let mut wired = BTreeMap::new();
        let Some(subnet) = floor.vpc.node_subnet.clone() else {
            return Ok(wired);
        };
        for node in &tenant.nodes {
            let key = NodeKey {
                service: tenant.name.clone(),
                node: node.name.as_str().to_owned(),
            };
            if !is_ours(node, &instance::name(&floor.vpc.id, &key)) {
                continue;
            }
            kept.insert(key.clone());
            let path = if let Some(path) = floor.instances.get(&key) {
                path.clone()
            } else {
                let path = self.make(floor, &key, &subnet).await?;
                floor.instances.insert(key.clone(), path.clone());
                path
            };
            let host = node.address.to_string();
            if hosts.get(&path) != Some(&host) {
                self.hosts.map(&path, node.address).await?;
            }
            if node.cloud.is_none() {
                let handle = NodeHandle::Google { instance: path };
                wired.insert(key.node, (node.address, handle));
            }
        }
        Ok(wired)
    }

    /// Makes the instance of a node; gives its path.
    async fn make(&self, floor: &Floor, key: &NodeKey, subnet: &str) -> Result<String, Failure> {
        tracing::info!(service.name = key.service, node = key.node, "make instance");
        let zone = instance::zone_for(&floor.zones, &key.service, &floor.instances);
        let zone = zone.ok_or_else(|| {
            let region = &floor.vpc.region;
            Failure::refused(format!("make an instance: region {region} has no zones"))
        })?;
        let body = instance::body(&floor.vpc.id, key, zone, subnet);
        let collection = self.collection(zone);
        self.compute.insert(&collection, &body).await?;
        Ok(format!(
            "{collection}/{}",
            instance::name(&floor.vpc.id, key)
        ))
    }

    fn collection(&self, zone: &str) -> String {
        format!("projects/{}/zones/{zone}/instances", self.project)
    }
}

/// Whether a node's machine is made here: it has none, or the one that was.
fn is_ours(node: &Node, name: &str) -> bool {
    match &node.cloud {
        None => true,
        Some(NodeHandle::Google { instance }) => name_of(instance) == name,
        Some(NodeHandle::Azure { .. }) => false,
    }
}

/// The path of the subnet for nodes, if the network is the one made for the VPC.
fn subnet_made(place: &Value, made: &str) -> Option<String> {
    let google = place.get("google")?;
    let network = google.get("network")?.as_str()?;
    let subnet = google.get("node_subnet")?.as_str()?;
    (name_of(network) == made).then(|| path_of(subnet).to_owned())
}
