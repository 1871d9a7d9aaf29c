//! Services in a project VPC, with their nodes.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};
use underpass_model::service::{Node, NodeHandle};

use crate::client::{Client, list, member, text};
use crate::failure::Failure;

/// Most attempts to update nodes that are being modified concurrently: 5.
const ATTEMPTS: u32 = 5;

/// A service in a project VPC.
pub(super) struct VpcService {
    pub(super) name: String,
    pub(super) vpc: String,
    pub(super) nodes: Vec<Node>,
}

/// Services of a project that are in a VPC.
///
/// # Errors
/// If the API refuses the request.
pub(super) async fn all(client: &Client, project: &str) -> Result<Vec<VpcService>, Failure> {
    let answer = client.get(&["project", project, "service"]).await?;
    let mut services = Vec::new();
    for service in list(&answer, "services")? {
        let Some(vpc) = service.get("project_vpc_id").and_then(Value::as_str) else {
            continue;
        };
        let name = text(service, "service_name")?.to_owned();
        services.push(VpcService {
            name,
            vpc: vpc.to_owned(),
            nodes: nodes_of(service)?,
        });
    }
    Ok(services)
}

/// Sets the cloud handles of nodes in the control plane, by node name and host.
///
/// The nodes are read again and replaced only if they are unchanged since, so that concurrent
/// modifications are kept.
///
/// # Errors
/// If the API refuses the update of nodes that are unchanged.
pub(super) async fn set_node_handles(
    client: &Client,
    project: &str,
    service: &str,
    handles: &BTreeMap<String, (IpAddr, NodeHandle)>,
) -> Result<(), Failure> {
    let path = ["project", project, "service", service];
    let read = async || nodes_of(member(&client.get(&path).await?, "service")?);
    let mut were = read().await?;
    for _ in 0..ATTEMPTS {
        let mut nodes = were.clone();
        for node in nodes.iter_mut().filter(|node| node.cloud.is_none()) {
            if let Some((address, handle)) = handles.get(node.name.as_str())
                && *address == node.address
            {
                node.cloud = Some(handle.clone());
            }
        }
        let body = json!({ "underpass": { "nodes": nodes, "nodes_were": were } });
        let Err(failure) = client.put(&path, body).await else {
            return Ok(());
        };
        // The end of the hold notifies of a change.
        if failure.has_code("account_on_hold") {
            return Ok(());
        }
        let now = read().await?;
        if now == were {
            return Err(failure);
        }
        were = now;
    }
    // Each concurrent modification notifies of a change, and the next pass continues.
    Ok(())
}

fn nodes_of(service: &Value) -> Result<Vec<Node>, Failure> {
    let nodes = service
        .pointer("/underpass/nodes")
        .cloned()
        .unwrap_or_else(|| json!([]));
    serde_json::from_value(nodes)
        .map_err(|error| Failure::ours(format!("read the nodes of a service: {error}")))
}
