//! Azure: every node has a network interface.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;
use underpass_model::service::NodeHandle;

use super::host_table::HostTable;
use super::nic;
use super::node_key::NodeKey;
use super::tenant::{self, Tenant};
use super::vpc::{self, Vpc};
use crate::azure::Arm;
use crate::client::{Client, list, text};
use crate::failure::Failure;

/// The provider's hands in Azure.
pub(crate) struct AzureRoom {
    /// As the provider.
    pub(crate) arm: Arm,
    pub(crate) subscription: String,
    pub(crate) hosts: HostTable,
}

/// What a pass works on.
struct Floor {
    /// Its subnet is a resource id.
    vpc: Vpc,
    /// Resource id of the group.
    group: String,
    /// Interfaces made here, by node.
    nics: BTreeMap<NodeKey, Value>,
}

impl AzureRoom {
    /// Does what is missing in a project; tells whether nothing is any more.
    pub(super) async fn pass(
        &self,
        client: &Client,
        project: &str,
        tenants: &[Tenant],
    ) -> Result<bool, Failure> {
        let (vpcs, all_open) = vpc::all(client, project, "azure", subnet_made).await?;
        let floors = self.floors(vpcs).await?;
        let (addresses, all_there) = public_addresses(client, project, tenants).await?;
        let hosts = self.hosts.read().await?;
        // Resource ids are compared without regard to case.
        let hosts = hosts
            .into_iter()
            .map(|(id, host)| (id.to_lowercase(), host));
        let hosts: BTreeMap<String, String> = hosts.collect();
        let mut is_settled = all_open && all_there;
        for floor in &floors {
            let mut kept = BTreeSet::new();
            for tenant in tenants.iter().filter(|tenant| tenant.vpc == floor.vpc.id) {
                let addresses = addresses.get(&tenant.name).map_or(&[][..], Vec::as_slice);
                let (needed, wired) = self.wire(floor, tenant, addresses, &hosts).await?;
                kept.extend(needed);
                if !wired.is_empty() {
                    tenant::name_machines(client, project, &tenant.name, &wired).await?;
                }
            }
            for (key, nic) in floor.nics.iter().filter(|(key, _)| !kept.contains(key)) {
                let id = text(nic, "id")?;
                tracing::info!(
                    service.name = key.service,
                    node = key.node,
                    "remove interface"
                );
                // Refused while a balancer still has it; then the next pass tries again.
                if let Err(failure) = self.arm.delete(id).await {
                    tracing::debug!(%failure, "remove interface");
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
            let name = vpc::name(&vpc.id);
            let group = format!("/subscriptions/{}/resourceGroups/{name}", self.subscription);
            let path = format!("{group}/providers/Microsoft.Network/networkInterfaces");
            let nics = match self.arm.list(&path).await {
                Err(failure) if failure.is_missing() => continue,
                nics => nics?,
            };
            floors.push(Floor {
                vpc,
                group,
                nics: nics
                    .into_iter()
                    .filter_map(|nic| Some((nic::key_of(&nic)?, nic)))
                    .collect(),
            });
        }
        Ok(floors)
    }

    /// Gives each node of a service its interface; gives the keys of those that are needed, and
    /// what the control plane is to be told.
    async fn wire(
        &self,
        floor: &Floor,
        tenant: &Tenant,
        addresses: &[String],
        hosts: &BTreeMap<String, String>,
    ) -> Result<(Vec<NodeKey>, BTreeMap<String, (IpAddr, NodeHandle)>), Failure> {
        let (mut kept, mut wired) = (Vec::new(), BTreeMap::new());
        let Some(subnet) = &floor.vpc.node_subnet else {
            return Ok((kept, wired));
        };
        let mut spare = spare_addresses(floor, tenant, addresses);
        for node in &tenant.nodes {
            let key = NodeKey {
                service: tenant.name.clone(),
                node: node.name.as_str().to_owned(),
            };
            let id = format!(
                "{}/providers/Microsoft.Network/networkInterfaces/{}",
                floor.group,
                nic::name(&key)
            );
            let is_ours = match &node.cloud {
                None => true,
                Some(NodeHandle::Azure { nic_id, .. }) => nic_id.eq_ignore_ascii_case(&id),
                Some(NodeHandle::Google { .. }) => false,
            };
            if !is_ours {
                continue;
            }
            kept.push(key.clone());
            match floor.nics.get(&key) {
                None => {
                    let public_ip = spare.pop();
                    tracing::info!(
                        service.name = key.service,
                        node = key.node,
                        "make interface"
                    );
                    let body = nic::body(&key, &floor.vpc.region, subnet, public_ip.as_deref());
                    self.arm.put(&id, body).await?;
                }
                Some(nic) => self.address(nic, &id, addresses, &mut spare).await?,
            }
            let host = node.address.to_string();
            if hosts.get(&id.to_lowercase()) != Some(&host) {
                self.hosts.map(&id, node.address).await?;
            }
            if node.cloud.is_none() {
                let handle = NodeHandle::Azure {
                    nic_id: id,
                    ip_configuration: None,
                };
                wired.insert(key.node, (node.address, handle));
            }
        }
        Ok((kept, wired))
    }

    /// Gives an interface its public address, or takes one away that is not the service's.
    async fn address(
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

/// The service's public addresses that no interface of it has.
fn spare_addresses(floor: &Floor, tenant: &Tenant, addresses: &[String]) -> Vec<String> {
    let of_service = floor
        .nics
        .iter()
        .filter(|(key, _)| key.service == tenant.name);
    let taken: Vec<String> = of_service
        .filter_map(|(_, nic)| Some(nic::public_ip(nic)?.to_owned()))
        .collect();
    addresses
        .iter()
        .filter(|address| !contains(&taken, address))
        .cloned()
        .collect()
}

/// Resource ids are compared without regard to case.
fn contains(ids: &[String], id: &str) -> bool {
    ids.iter().any(|one| one.eq_ignore_ascii_case(id))
}

/// The resource id of the subnet for nodes, if the group is the one made for the VPC.
fn subnet_made(place: &Value, made: &str) -> Option<String> {
    let azure = place.get("azure")?;
    let group = azure.get("resource_group")?.as_str()?;
    let subnet = azure.get("node_subnet")?.as_str()?;
    (group == made).then(|| subnet.to_owned())
}

/// The public addresses that services use, by service: ids in the cloud. Also whether all
/// of them are there.
async fn public_addresses(
    client: &Client,
    project: &str,
    tenants: &[Tenant],
) -> Result<(BTreeMap<String, Vec<String>>, bool), Failure> {
    let answer = client.get(&["project", project, "static-ips"]).await?;
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut all_there = true;
    for address in list(&answer, "static_ips")? {
        let service = address.get("service_name").and_then(Value::as_str);
        let state = text(address, "state")?;
        all_there &= state != "creating";
        let Some(service) = service.filter(|_| state == "assigned") else {
            continue;
        };
        let is_short = |tenant: &Tenant| {
            tenant.name == service && found.get(service).map_or(0, Vec::len) < tenant.nodes.len()
        };
        if !tenants.iter().any(is_short) {
            continue;
        }
        let id = text(address, "static_ip_address_id")?;
        let path = ["underpass", "project", project, "static-ips", id];
        let place = client.get(&path).await?;
        if let Some(id) = place.pointer("/azure/public_ip_id").and_then(Value::as_str) {
            found
                .entry(service.to_owned())
                .or_default()
                .push(id.to_owned());
        }
    }
    Ok((found, all_there))
}
