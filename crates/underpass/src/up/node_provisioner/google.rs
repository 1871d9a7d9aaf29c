//! Nodes in Google: each is an instance.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;
use tokio::time::Instant;
use underpass_model::service::{Node, NodeHandle};

use super::host_table::HostTable;
use super::instance;
use super::node_key::NodeKey;
use super::used_nodes::UsedNodes;
use super::vpc::{self, Vpc};
use super::vpc_service::{self, VpcService};
use crate::client::Client;
use crate::failure::Failure;
use crate::google::{Compute, name_of, path_of};

/// Provisioner of nodes in Google.
pub(crate) struct GoogleNodeProvisioner {
    /// Account of the control plane; `None`: not known.
    pub(crate) account: Option<&'static str>,
    /// Authenticated as the provider.
    pub(crate) compute: Compute,
    pub(crate) project: String,
    pub(crate) hosts: HostTable,
    pub(crate) used: UsedNodes,
}

/// Resources of a project VPC, as read by a pass.
struct VpcInventory {
    /// Its subnet is a path.
    vpc: Vpc,
    /// Zones of the region that instances are spread over.
    zones: Vec<String>,
    /// Paths of the provisioner's instances, by node.
    instances: BTreeMap<NodeKey, String>,
}

impl GoogleNodeProvisioner {
    /// Creates and deletes instances in a project, unless the account is on hold; returns whether
    /// nothing is missing any more.
    ///
    /// # Errors
    /// If the control plane, the cloud or the emulator refuses a request. A missing object was deleted
    /// during the pass.
    pub(super) async fn pass(
        &self,
        client: &Client,
        project: &str,
        services: &[VpcService],
        is_held: bool,
    ) -> Result<bool, Failure> {
        let (vpcs, all_ready) = vpc::all(client, project, "google", subnet_of).await?;
        let inventories = self.inventories(vpcs).await?;
        let hosts = self.hosts.read().await?;
        let hosts = hosts.into_iter();
        let hosts: BTreeMap<String, String> = hosts
            .map(|(link, host)| (path_of(&link).to_owned(), host))
            .collect();
        let mut is_settled = all_ready;
        for mut inventory in inventories {
            let mut kept = BTreeSet::new();
            let vpc = inventory.vpc.id.clone();
            for service in services.iter().filter(|service| service.vpc == vpc) {
                let handles = self
                    .provision(&mut inventory, service, &hosts, &mut kept, is_held)
                    .await?;
                if !handles.is_empty() {
                    vpc_service::set_node_handles(client, project, &service.name, &handles).await?;
                }
            }
            self.used.add(&inventory.vpc, &kept);
            if is_held {
                is_settled = false;
                continue;
            }
            let left = inventory.instances.iter().filter(|(key, _)| {
                !kept.contains(*key) && self.used.may_delete(&inventory.vpc, key)
            });
            for (key, path) in left {
                tracing::info!(
                    service.name = key.service,
                    node = key.node,
                    "deleting instance"
                );
                // Refused while an endpoint group uses it; the next pass tries again.
                if let Err(failure) = self.compute.delete(path).await {
                    tracing::debug!(%failure, "failed to delete instance");
                }
            }
            let shown = inventory.instances.keys();
            is_settled &= self
                .used
                .settle(&inventory.vpc, &kept, shown, Instant::now());
        }
        Ok(is_settled)
    }

    /// Reads the zones and instances of each project VPC.
    async fn inventories(&self, vpcs: Vec<Vpc>) -> Result<Vec<VpcInventory>, Failure> {
        let mut inventories = Vec::new();
        for vpc in vpcs {
            let zones = self.zones(&vpc.region).await?;
            inventories.push(VpcInventory {
                instances: self.instances(&zones, &vpc.id).await?,
                vpc,
                zones,
            });
        }
        Ok(inventories)
    }

    /// Zones of a region that instances are spread over.
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

    /// Paths of the provisioner's instances for a project VPC.
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

    /// Provides each node of a service with its instance; returns the handles that the control
    /// plane does not know yet.
    async fn provision(
        &self,
        inventory: &mut VpcInventory,
        service: &VpcService,
        hosts: &BTreeMap<String, String>,
        kept: &mut BTreeSet<NodeKey>,
        is_held: bool,
    ) -> Result<BTreeMap<String, (IpAddr, NodeHandle)>, Failure> {
        let mut handles = BTreeMap::new();
        let Some(subnet) = inventory.vpc.node_subnet.clone() else {
            return Ok(handles);
        };
        for node in &service.nodes {
            let key = NodeKey {
                service: service.name.clone(),
                node: node.name.as_str().to_owned(),
            };
            if !is_ours(node, &instance::name(&inventory.vpc.id, &key)) {
                continue;
            }
            kept.insert(key.clone());
            let path = if let Some(path) = inventory.instances.get(&key) {
                path.clone()
            } else if is_held {
                continue;
            } else {
                // A list may lack an entry for a while, and another zone would have a second one.
                let path = match self.find(inventory, &key).await? {
                    Some(path) => path,
                    None => self.create(inventory, &key, &subnet).await?,
                };
                inventory.instances.insert(key.clone(), path.clone());
                path
            };
            let host = node.address.to_string();
            if hosts.get(&path) != Some(&host) {
                if is_held {
                    continue;
                }
                self.hosts.map(&path, node.address).await?;
            }
            if node.cloud.is_none() {
                let handle = NodeHandle::Google { instance: path };
                handles.insert(key.node, (node.address, handle));
            }
        }
        Ok(handles)
    }

    /// Path of the instance of a node that no list shows.
    async fn find(
        &self,
        inventory: &VpcInventory,
        key: &NodeKey,
    ) -> Result<Option<String>, Failure> {
        let name = instance::name(&inventory.vpc.id, key);
        for zone in &inventory.zones {
            let path = format!("{}/{name}", self.collection(zone));
            if self.compute.get(&path).await?.is_some() {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// Creates the instance of a node; returns its path.
    async fn create(
        &self,
        inventory: &VpcInventory,
        key: &NodeKey,
        subnet: &str,
    ) -> Result<String, Failure> {
        tracing::info!(
            service.name = key.service,
            node = key.node,
            "creating instance"
        );
        let zone = instance::zone_for(&inventory.zones, &key.service, &inventory.instances);
        let zone = zone.ok_or_else(|| {
            let region = &inventory.vpc.region;
            Failure::refused(format!("create an instance: region {region} has no zones"))
        })?;
        let body = instance::body(&inventory.vpc.id, key, zone, subnet);
        let collection = self.collection(zone);
        self.compute.insert(&collection, &body).await?;
        Ok(format!(
            "{collection}/{}",
            instance::name(&inventory.vpc.id, key)
        ))
    }

    fn collection(&self, zone: &str) -> String {
        format!("projects/{}/zones/{zone}/instances", self.project)
    }
}

/// Reports whether the provisioner is responsible for a node: it has no instance, or this one.
fn is_ours(node: &Node, name: &str) -> bool {
    let is_this = |instance: &str| name_of(instance) == name;
    let is_of = |handle: &NodeHandle| handle.instance().is_some_and(is_this);
    node.cloud.as_ref().is_none_or(is_of)
}

/// Path of the subnet for nodes, if the network is the one created for the VPC.
fn subnet_of(placement: &Value, made: &str) -> Option<String> {
    let google = placement.get("google")?;
    let network = google.get("network")?.as_str()?;
    let subnet = google.get("node_subnet")?.as_str()?;
    (name_of(network) == made).then(|| path_of(subnet).to_owned())
}
