//! The end: everything is taken back, and nothing is left behind the scenes.

use serde_json::Value;

use super::side::Side;
use super::stage::{Stage, ensure};
use super::world::{POLL, World, gone};
use crate::client::{list, text};
use crate::failure::Failure;

/// Removes what was registered and looks behind the scenes for leftovers.
pub(super) async fn nothing(
    stage: &mut Stage,
    world: &World,
    sides: &[Side],
) -> Result<(), Failure> {
    let line = "services terminated, their machines in the clouds gone";
    stage.check(line, terminate(world, sides)).await?;
    let line = "static IPs and project VPCs deleted";
    stage.check(line, give_back(world, sides)).await?;
    for side in sides {
        let empty = async {
            // The account's own group was there before.
            let mut left = side.backstage().resources().await?;
            left.retain(|id| !id.ends_with("/resourcegroups/underpass-account"));
            ensure(left.is_empty(), || format!("it holds {}", left.join(", ")))
        };
        let line = format!("emulated {} holds nothing of ours", side.title());
        stage.check(&line, empty).await?;
    }
    Ok(())
}

async fn terminate(world: &World, sides: &[Side]) -> Result<(), Failure> {
    let services = ["project", &world.project, "service"];
    let answer = world.client.get(&services).await?;
    for service in list(&answer, "services")? {
        let path = world.service(text(service, "service_name")?);
        world.client.delete(&path).await?;
    }
    for side in sides {
        let (_, machines) = side.machine();
        let is_one = |id: &String| id.contains(machines);
        while side.backstage().resources().await?.iter().any(is_one) {
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(())
}

async fn give_back(world: &World, sides: &[Side]) -> Result<(), Failure> {
    let base = ["project", &world.project, "static-ips"];
    for address in list(&world.client.get(&base).await?, "static_ips")? {
        let id = text(address, "static_ip_address_id")?;
        let is_kept = |service: &Value| !service.is_null();
        if address.get("service_name").is_some_and(is_kept) {
            let association = [&base[..], &[id, "association"]].concat();
            world.client.delete(&association).await?;
        }
        world.client.delete(&[&base[..], &[id]].concat()).await?;
    }
    for side in sides {
        let vpc = ["project", &world.project, "vpcs", side.vpc()];
        world.client.delete(&vpc).await?;
        gone(world, &vpc).await?;
    }
    while !list(&world.client.get(&base).await?, "static_ips")?.is_empty() {
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
