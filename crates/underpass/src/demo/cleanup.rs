//! Last step of the demo: deletes everything, and checks that the clouds contain nothing more.

use serde_json::Value;

use super::checklist::{Checklist, ensure};
use super::cloud::Cloud;
use super::environment::{Environment, POLL, wait_deleted};
use crate::client::{list, text};
use crate::failure::Failure;

/// Deletes all services, addresses and VPCs, and checks the clouds for remaining resources.
///
/// # Errors
/// If a request fails, or a resource remains.
pub(super) async fn run(
    checklist: &mut Checklist,
    env: &Environment,
    clouds: &[Cloud],
) -> Result<(), Failure> {
    let line = "services terminated; their network interfaces and instances are deleted";
    checklist.check(line, terminate(env, clouds)).await?;
    let line = "static IPs and project VPCs deleted";
    checklist.check(line, delete_networks(env, clouds)).await?;
    for cloud in clouds {
        let empty = async {
            // The account's resource group existed before.
            let mut remaining = cloud.inventory().resources().await?;
            remaining.retain(|id| !id.ends_with("/resourcegroups/underpass-account"));
            ensure(remaining.is_empty(), || {
                format!("it contains {}", remaining.join(", "))
            })
        };
        let line = format!(
            "emulated {} has no resources of the provider",
            cloud.title()
        );
        checklist.check(&line, empty).await?;
    }
    Ok(())
}

async fn terminate(env: &Environment, clouds: &[Cloud]) -> Result<(), Failure> {
    let services = ["project", &env.project, "service"];
    let answer = env.client.get(&services).await?;
    for service in list(&answer, "services")? {
        let path = env.service_path(text(service, "service_name")?);
        env.client.delete(&path).await?;
    }
    for cloud in clouds {
        let (_, machines) = cloud.node_resource();
        let is_one = |id: &String| id.contains(machines);
        while cloud.inventory().resources().await?.iter().any(is_one) {
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(())
}

async fn delete_networks(env: &Environment, clouds: &[Cloud]) -> Result<(), Failure> {
    let base = ["project", &env.project, "static-ips"];
    for address in list(&env.client.get(&base).await?, "static_ips")? {
        let id = text(address, "static_ip_address_id")?;
        let is_kept = |service: &Value| !service.is_null();
        if address.get("service_name").is_some_and(is_kept) {
            let association = [&base[..], &[id, "association"]].concat();
            env.client.delete(&association).await?;
        }
        env.client.delete(&[&base[..], &[id]].concat()).await?;
    }
    for cloud in clouds {
        let vpc = ["project", &env.project, "vpcs", cloud.vpc()];
        env.client.delete(&vpc).await?;
        wait_deleted(env, &vpc).await?;
    }
    while !list(&env.client.get(&base).await?, "static_ips")?.is_empty() {
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
