//! The services of a project, as far as machines are concerned.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};
use underpass_model::service::{Node, NodeHandle};

use crate::client::{Client, list, member, text};
use crate::failure::Failure;

/// How often new nodes are worked out anew because somebody changed them meanwhile: 5 times.
const ATTEMPTS: u32 = 5;

/// A service in a project VPC.
pub(super) struct Tenant {
    pub(super) name: String,
    pub(super) vpc: String,
    pub(super) nodes: Vec<Node>,
}

/// The services of a project that are in a VPC.
pub(super) async fn all(client: &Client, project: &str) -> Result<Vec<Tenant>, Failure> {
    let answer = client.get(&["project", project, "service"]).await?;
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

/// Tells the control plane which machines nodes are, by their names and hosts.
///
/// The nodes are read anew and replaced only if they are still so, so that what a person changed
/// since is kept.
pub(super) async fn name_machines(
    client: &Client,
    project: &str,
    service: &str,
    wired: &BTreeMap<String, (IpAddr, NodeHandle)>,
) -> Result<(), Failure> {
    let path = ["project", project, "service", service];
    let read = async || nodes_of(member(&client.get(&path).await?, "service")?);
    let mut were = read().await?;
    for _ in 0..ATTEMPTS {
        let mut nodes = were.clone();
        for node in nodes.iter_mut().filter(|node| node.cloud.is_none()) {
            if let Some((address, handle)) = wired.get(node.name.as_str())
                && *address == node.address
            {
                node.cloud = Some(handle.clone());
            }
        }
        let body = json!({ "underpass": { "nodes": nodes, "nodes_were": were } });
        let Err(failure) = client.put(&path, body).await else {
            return Ok(());
        };
        let now = read().await?;
        if now == were {
            return Err(failure);
        }
        were = now;
    }
    // Whoever changes the nodes so often rings the bell each time, and the next pass goes on.
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
