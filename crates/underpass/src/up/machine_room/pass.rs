//! One comparison of a project's services with the interfaces there are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::{Value, json};
use underpass_model::service::{Node, NodeHandle};

use super::MachineRoom;
use crate::client::{list, member, text};
use crate::failure::Failure;
use crate::up::nic::{self, NodeKey};

/// What a pass works on.
struct Floor {
    /// Project VPC.
    vpc: String,
    location: String,
    /// Resource id of the group.
    group: String,
    /// Resource id; none once the network is on its way out.
    node_subnet: Option<String>,
    /// Interfaces made here, by node.
    nics: BTreeMap<NodeKey, Value>,
}

/// A service on a floor.
struct Tenant {
    name: String,
    vpc: String,
    nodes: Vec<Node>,
}

impl MachineRoom {
    /// Does what is missing in a project; tells whether nothing is any more.
    pub(super) async fn pass(&self, project: &str) -> Result<bool, Failure> {
        let (floors, all_open) = self.floors(project).await?;
        let tenants = self.tenants(project).await?;
        let (addresses, all_there) = self.public_addresses(project, &tenants).await?;
        let hosts = self.hosts.read().await?;
        let mut is_settled = all_open && all_there;
        for floor in &floors {
            let mut kept = BTreeSet::new();
            for tenant in tenants.iter().filter(|tenant| tenant.vpc == floor.vpc) {
                let addresses = addresses.get(&tenant.name).map_or(&[][..], Vec::as_slice);
                let wired = self.wire(project, floor, tenant, addresses, &hosts).await?;
                kept.extend(wired);
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

    /// The project VPCs on emulated Azure that were made for us, and whether all are ready.
    async fn floors(&self, project: &str) -> Result<(Vec<Floor>, bool), Failure> {
        let answer = self.client.get(&["project", project, "vpcs"]).await?;
        let mut floors = Vec::new();
        let mut all_open = true;
        for vpc in list(&answer, "vpcs")? {
            let Some(location) = text(vpc, "cloud_name")?.strip_prefix("azure-") else {
                continue;
            };
            let id = text(vpc, "project_vpc_id")?;
            let name = format!("underpass-vpc-{id}");
            let node_subnet = match text(vpc, "state")? {
                "ACTIVE" => match self.node_subnet(project, id, &name).await? {
                    Some(subnet) => Some(subnet),
                    None => continue,
                },
                // The network goes only after the interfaces in it.
                "DELETING" => None,
                _ => {
                    all_open = false;
                    continue;
                }
            };
            let group = format!("/subscriptions/{}/resourceGroups/{name}", self.subscription);
            let path = format!("{group}/providers/Microsoft.Network/networkInterfaces");
            let nics = match self.arm.list(&path).await {
                Err(failure) if failure.is_missing() => continue,
                nics => nics?,
            };
            floors.push(Floor {
                vpc: id.to_owned(),
                location: location.to_owned(),
                group,
                node_subnet,
                nics: nics
                    .into_iter()
                    .filter_map(|nic| Some((nic::key_of(&nic)?, nic)))
                    .collect(),
            });
        }
        Ok((floors, all_open))
    }

    /// The subnet for nodes of a network that was made for us. In an adopted network the operator
    /// has machines, hence interfaces, already.
    async fn node_subnet(
        &self,
        project: &str,
        vpc: &str,
        group: &str,
    ) -> Result<Option<String>, Failure> {
        let path = ["underpass", "project", project, "vpcs", vpc];
        let place = self.client.get(&path).await?;
        let Some(azure) = place.get("azure").filter(|azure| azure.is_object()) else {
            return Ok(None);
        };
        if text(azure, "resource_group")? != group {
            return Ok(None);
        }
        Ok(Some(text(azure, "node_subnet")?.to_owned()))
    }

    async fn tenants(&self, project: &str) -> Result<Vec<Tenant>, Failure> {
        let answer = self.client.get(&["project", project, "service"]).await?;
        let mut tenants = Vec::new();
        for service in list(&answer, "services")? {
            let Some(vpc) = service.get("project_vpc_id").and_then(Value::as_str) else {
                continue;
            };
            let name = text(service, "service_name")?.to_owned();
            tenants.push(Tenant {
                name,
                vpc: vpc.to_owned(),
                nodes: nodes_of(service)?,
            });
        }
        Ok(tenants)
    }

    /// The public addresses that services use, by service: ids in the cloud. Also whether all
    /// of them are there.
    async fn public_addresses(
        &self,
        project: &str,
        tenants: &[Tenant],
    ) -> Result<(BTreeMap<String, Vec<String>>, bool), Failure> {
        let answer = self.client.get(&["project", project, "static-ips"]).await?;
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
                tenant.name == service
                    && found.get(service).map_or(0, Vec::len) < tenant.nodes.len()
            };
            if !tenants.iter().any(is_short) {
                continue;
            }
            let id = text(address, "static_ip_address_id")?;
            let path = ["underpass", "project", project, "static-ips", id];
            let place = self.client.get(&path).await?;
            if let Some(id) = place.pointer("/azure/public_ip_id").and_then(Value::as_str) {
                found
                    .entry(service.to_owned())
                    .or_default()
                    .push(id.to_owned());
            }
        }
        Ok((found, all_there))
    }

    /// Gives each node of a service its interface; gives the keys of those that are needed.
    async fn wire(
        &self,
        project: &str,
        floor: &Floor,
        tenant: &Tenant,
        addresses: &[String],
        hosts: &BTreeMap<String, String>,
    ) -> Result<Vec<NodeKey>, Failure> {
        let Some(subnet) = &floor.node_subnet else {
            return Ok(Vec::new());
        };
        let mut kept = Vec::new();
        let mut wired: BTreeMap<String, (IpAddr, String)> = BTreeMap::new();
        let mut spare = spare_addresses(floor, tenant, addresses);
        for node in &tenant.nodes {
            let key = NodeKey {
                service: tenant.name.clone(),
                node: node.name.as_str().to_owned(),
            };
            let id = format!(
                "{}/providers/Microsoft.Network/networkInterfaces/{}",
                floor.group,
                key.nic_name()
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
                    let body = nic::body(&key, &floor.location, subnet, public_ip.as_deref());
                    self.arm.put(&id, body).await?;
                }
                Some(nic) => self.address(nic, &id, addresses, &mut spare).await?,
            }
            let host = node.address.to_string();
            if hosts.get(&id.to_lowercase()) != Some(&host) {
                self.hosts.map(&id, node.address).await?;
            }
            if node.cloud.is_none() {
                wired.insert(key.node, (node.address, id));
            }
        }
        if !wired.is_empty() {
            self.name_interfaces(project, &tenant.name, &wired).await?;
        }
        Ok(kept)
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
        let wanted = spare.pop();
        if has.is_none() && wanted.is_none() {
            return Ok(());
        }
        self.arm
            .replace(id, nic::with_public_ip(nic, wanted.as_deref()))
            .await
            .map(drop)
    }

    /// Tells the control plane which interfaces nodes have.
    ///
    /// The nodes are read anew, so that what a person changed since is kept.
    async fn name_interfaces(
        &self,
        project: &str,
        service: &str,
        wired: &BTreeMap<String, (IpAddr, String)>,
    ) -> Result<(), Failure> {
        let path = ["project", project, "service", service];
        let answer = self.client.get(&path).await?;
        let mut nodes = nodes_of(member(&answer, "service")?)?;
        for node in nodes.iter_mut().filter(|node| node.cloud.is_none()) {
            if let Some((address, id)) = wired.get(node.name.as_str())
                && *address == node.address
            {
                node.cloud = Some(NodeHandle::Azure {
                    nic_id: id.clone(),
                    ip_configuration: None,
                });
            }
        }
        self.client
            .put(&path, json!({ "underpass": { "nodes": nodes } }))
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

fn nodes_of(service: &Value) -> Result<Vec<Node>, Failure> {
    let nodes = service
        .pointer("/underpass/nodes")
        .cloned()
        .unwrap_or_else(|| json!([]));
    serde_json::from_value(nodes)
        .map_err(|error| Failure::ours(format!("read the nodes of a service: {error}")))
}
