//! Nodes in Azure: each has a network interface.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;
use tokio::time::Instant;
use underpass_model::service::NodeHandle;

use super::host_table::HostTable;
use super::nic;
use super::node_key::NodeKey;
use super::used_nodes::UsedNodes;
use super::vpc::{self, Vpc};
use super::vpc_service::{self, VpcService};
use crate::azure::Arm;
use crate::client::{Client, list, text};
use crate::failure::Failure;

/// Provisioner of nodes in Azure.
pub(crate) struct AzureNodeProvisioner {
    /// Account of the control plane; `None`: not known.
    pub(crate) account: Option<&'static str>,
    /// Signed in as the provider.
    pub(crate) arm: Arm,
    pub(crate) subscription: String,
    pub(crate) hosts: HostTable,
    pub(crate) used: UsedNodes,
}

/// Resources of a project VPC, as read by a pass.
struct VpcInventory {
    /// Its subnet is a resource ID.
    vpc: Vpc,
    /// Resource ID of the group.
    group: String,
    /// Interfaces of the provisioner, by node.
    nics: BTreeMap<NodeKey, Value>,
}

impl AzureNodeProvisioner {
    /// Creates and deletes interfaces in a project, unless the account is on hold; returns whether
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
        let (vpcs, all_ready) = vpc::all(client, project, "azure", subnet_of).await?;
        let inventories = self.inventories(vpcs).await?;
        let (addresses, all_created) = public_addresses(client, project, services).await?;
        let hosts = self.hosts.read().await?;
        // Resource IDs are case-insensitive.
        let hosts = hosts
            .into_iter()
            .map(|(id, host)| (id.to_lowercase(), host));
        let hosts: BTreeMap<String, String> = hosts.collect();
        let mut is_settled = all_ready && all_created;
        for inventory in &inventories {
            let mut kept = BTreeSet::new();
            for service in services
                .iter()
                .filter(|service| service.vpc == inventory.vpc.id)
            {
                let addresses = addresses.get(&service.name).map_or(&[][..], Vec::as_slice);
                let (needed, handles) = self
                    .provision(inventory, service, addresses, &hosts, is_held)
                    .await?;
                kept.extend(needed);
                if !handles.is_empty() {
                    vpc_service::set_node_handles(client, project, &service.name, &handles).await?;
                }
            }
            self.used.add(&inventory.vpc, &kept);
            if is_held {
                is_settled = false;
                continue;
            }
            let left = inventory.nics.iter().filter(|(key, _)| {
                !kept.contains(key) && self.used.may_delete(&inventory.vpc, key)
            });
            for (key, nic) in left {
                let id = text(nic, "id")?;
                tracing::info!(
                    service.name = key.service,
                    node = key.node,
                    "deleting network interface"
                );
                // Refused while a load balancer uses it; the next pass tries again.
                if let Err(failure) = self.arm.delete(id).await {
                    tracing::debug!(%failure, "failed to delete network interface");
                }
            }
            let kept = kept.into_iter().collect();
            let shown = inventory.nics.keys();
            is_settled &= self
                .used
                .settle(&inventory.vpc, &kept, shown, Instant::now());
        }
        Ok(is_settled)
    }

    /// Reads the interfaces of each project VPC.
    async fn inventories(&self, vpcs: Vec<Vpc>) -> Result<Vec<VpcInventory>, Failure> {
        let mut inventories = Vec::new();
        for vpc in vpcs {
            let name = vpc::name(&vpc.id);
            let group = format!("/subscriptions/{}/resourceGroups/{name}", self.subscription);
            let path = format!("{group}/providers/Microsoft.Network/networkInterfaces");
            let nics = match self.arm.list(&path).await {
                Err(failure) if failure.is_missing() => continue,
                nics => nics?,
            };
            inventories.push(VpcInventory {
                vpc,
                group,
                nics: nics
                    .into_iter()
                    .filter_map(|nic| Some((nic::key_of(&nic)?, nic)))
                    .collect(),
            });
        }
        Ok(inventories)
    }

    /// Provides each node of a service with its interface. Returns the keys of the nodes that need
    /// one, and the handles that the control plane does not know yet.
    async fn provision(
        &self,
        inventory: &VpcInventory,
        service: &VpcService,
        addresses: &[String],
        hosts: &BTreeMap<String, String>,
        is_held: bool,
    ) -> Result<(Vec<NodeKey>, BTreeMap<String, (IpAddr, NodeHandle)>), Failure> {
        let (mut kept, mut handles) = (Vec::new(), BTreeMap::new());
        let Some(subnet) = &inventory.vpc.node_subnet else {
            return Ok((kept, handles));
        };
        let mut spare = spare_addresses(inventory, service, addresses);
        for node in &service.nodes {
            let key = NodeKey {
                service: service.name.clone(),
                node: node.name.as_str().to_owned(),
            };
            let id = format!(
                "{}/providers/Microsoft.Network/networkInterfaces/{}",
                inventory.group,
                nic::name(&key)
            );
            let is_this = |nic_id: &str| nic_id.eq_ignore_ascii_case(&id);
            let is_ours = |handle: &NodeHandle| handle.nic_id().is_some_and(is_this);
            if !node.cloud.as_ref().is_none_or(is_ours) {
                continue;
            }
            kept.push(key.clone());
            let listed = inventory.nics.get(&key).cloned();
            // A list may lack an entry for a while, and a second PUT would take it out of its pools.
            let shown = match listed {
                Some(nic) => Some(nic),
                None if is_held => continue,
                None => self.arm.get(&id).await?,
            };
            match &shown {
                Some(_) if is_held => {}
                None => {
                    let public_ip = spare.pop();
                    tracing::info!(
                        service.name = key.service,
                        node = key.node,
                        "creating network interface"
                    );
                    let body = nic::body(&key, &inventory.vpc.region, subnet, public_ip.as_deref());
                    self.arm.put(&id, body).await?;
                }
                Some(nic) => self.set_address(nic, &id, addresses, &mut spare).await?,
            }
            let host = node.address.to_string();
            if hosts.get(&id.to_lowercase()) != Some(&host) {
                if is_held {
                    continue;
                }
                self.hosts.map(&id, node.address).await?;
            }
            if node.cloud.is_none() {
                let handle = NodeHandle::Azure {
                    nic_id: id,
                    ip_configuration: None,
                };
                handles.insert(key.node, (node.address, handle));
            }
        }
        Ok((kept, handles))
    }

    /// Sets the public address of an interface, or removes one that is not the service's.
    async fn set_address(
        &self,
        nic: &Value,
        id: &str,
        addresses: &[String],
        spare: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let has = nic::public_ip(nic);
        if has.is_some_and(|has| contains(addresses, has)) {
            return Ok(());
        }
        let desired = spare.pop();
        if has.is_none() && desired.is_none() {
            return Ok(());
        }
        self.arm
            .replace(id, nic::with_public_ip(nic, desired.as_deref()))
            .await
            .map(drop)
    }
}

/// Public addresses of the service that none of its interfaces has.
fn spare_addresses(
    inventory: &VpcInventory,
    service: &VpcService,
    addresses: &[String],
) -> Vec<String> {
    let of_service = inventory
        .nics
        .iter()
        .filter(|(key, _)| key.service == service.name);
    let taken: Vec<String> = of_service
        .filter_map(|(_, nic)| Some(nic::public_ip(nic)?.to_owned()))
        .collect();
    addresses
        .iter()
        .filter(|address| !contains(&taken, address))
        .cloned()
        .collect()
}

/// Reports whether a resource ID is in a list; resource IDs are case-insensitive.
fn contains(ids: &[String], id: &str) -> bool {
    ids.iter().any(|one| one.eq_ignore_ascii_case(id))
}

/// Resource ID of the subnet for nodes, if the group is the one created for the VPC.
fn subnet_of(placement: &Value, own_group: &str) -> Option<String> {
    let azure = placement.get("azure")?;
    let group = azure.get("resource_group")?.as_str()?;
    let subnet = azure.get("node_subnet")?.as_str()?;
    (group == own_group).then(|| subnet.to_owned())
}

/// Resource IDs of the public addresses that services use, by service, and whether all of them
/// have been created.
async fn public_addresses(
    client: &Client,
    project: &str,
    services: &[VpcService],
) -> Result<(BTreeMap<String, Vec<String>>, bool), Failure> {
    let answer = client.get(&["project", project, "static-ips"]).await?;
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut all_created = true;
    for address in list(&answer, "static_ips")? {
        let service = address.get("service_name").and_then(Value::as_str);
        let state = text(address, "state")?;
        all_created &= state != "creating";
        let Some(service) = service.filter(|_| state == "assigned") else {
            continue;
        };
        let is_short = |known: &VpcService| {
            known.name == service && found.get(service).map_or(0, Vec::len) < known.nodes.len()
        };
        if !services.iter().any(is_short) {
            continue;
        }
        let id = text(address, "static_ip_address_id")?;
        let path = ["underpass", "project", project, "static-ips", id];
        let placement = client.get(&path).await?;
        if let Some(id) = placement
            .pointer("/azure/public_ip_id")
            .and_then(Value::as_str)
        {
            found
                .entry(service.to_owned())
                .or_default()
                .push(id.to_owned());
        }
    }
    Ok((found, all_created))
}
