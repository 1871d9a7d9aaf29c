//! The chapters.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use super::guest::Guest;
use super::stage::{Stage, ensure};
use super::world::{POLL, STRANGER_SUBSCRIPTION, World};
use crate::client::{list, text};
use crate::failure::Failure;

/// Longest wait for a connection that nobody answers: 1 s.
const PATIENCE: Duration = Duration::from_secs(1);

/// The consumer's way in.
struct Entry {
    connection: String,
    address: Ipv4Addr,
    /// The private name.
    name: String,
}

/// Publishes a service, lets a consumer in, and turns it away again.
pub(super) async fn tell(stage: &mut Stage, world: &World, guest: &Guest) -> Result<(), Failure> {
    register(stage, world, guest).await?;
    let alias = publish(stage, world, guest).await?;
    let entry = knock(stage, world, guest, &alias).await?;
    let_in(stage, world, guest, &entry).await?;
    close_and_open(stage, world, guest, &entry).await?;
    turn_away(stage, world, guest, &entry).await?;
    remove(stage, world, guest).await
}

async fn register(stage: &mut Stage, world: &World, guest: &Guest) -> Result<(), Failure> {
    let made = async {
        let mut addresses = Vec::new();
        for _ in 0..underpass_model::static_ip::required(1) {
            let path = ["project", &world.project, "static-ips"];
            let body = json!({ "cloud_name": "azure-westeurope" });
            let address = world.client.post(&path, body).await?;
            addresses.push(text(&address, "static_ip_address_id")?.to_owned());
        }
        let body = json!({
            "service_name": guest.name(),
            "service_type": guest.kind(),
            "plan": "startup-4",
            "cloud": "azure-westeurope",
            "project_vpc_id": world.vpc,
            "static_ips": addresses,
            "user_config":
                { "static_ips": true, "privatelink_access": { guest.component(): true } },
            "underpass": guest.registration(),
        });
        world
            .client
            .post(&["project", &world.project, "service"], body)
            .await
    };
    let line = format!(
        "{} registered: type {}, component {} on 127.0.0.1:{}",
        guest.name(),
        guest.kind(),
        guest.component(),
        guest.port()
    );
    stage.check(&line, made).await?;
    let wired = async {
        loop {
            let answer = world.client.get(&world.service(guest.name())).await?;
            if answer.pointer("/service/underpass/nodes/0/cloud").is_some() {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    };
    stage
        .check("its node has a network interface in the project VPC", wired)
        .await?;
    if guest.needs_certificate() {
        let line = "certificate issued for its names, server started with it";
        stage.check(line, guest.start(world)).await?;
    }
    Ok(())
}

async fn publish(stage: &mut Stage, world: &World, guest: &Guest) -> Result<String, Failure> {
    let path = world.link(guest.name(), &[]);
    let published = async {
        let body = json!({ "user_subscription_ids": [world.consumer_subscription] });
        let mut link = world.client.post(&path, body).await?;
        while text(&link, "state")? != "active" {
            tokio::time::sleep(POLL).await;
            link = world.client.get(&path).await?;
        }
        Ok(text(&link, "azure_service_alias")?.to_owned())
    };
    let alias = stage
        .check("link create → active, for one subscription", published)
        .await?;
    stage.say(&format!("    alias {alias}"))?;
    Ok(alias)
}

/// The consumer asks; the stranger is refused; nothing flows.
async fn knock(
    stage: &mut Stage,
    world: &World,
    guest: &Guest,
    alias: &str,
) -> Result<Entry, Failure> {
    let refused = async {
        let Err(refusal) = world.ask_as_stranger(alias).await else {
            return Err(Failure::refused("the stranger's endpoint was made"));
        };
        let refusal = refusal.to_string();
        ensure(refusal.contains("InvalidPrivateLinkServiceId"), || {
            format!("refused for another reason: {refusal}")
        })
    };
    stage
        .check(
            "a subscription that is not on the list cannot make an endpoint",
            refused,
        )
        .await?;

    let asked = async {
        let endpoint = world.ask_for(guest.name(), alias).await?;
        ensure(endpoint.status == "Pending", || {
            format!("it is {}", endpoint.status)
        })?;
        let address = endpoint
            .address
            .as_deref()
            .and_then(|address| address.parse().ok());
        address.ok_or_else(|| Failure::refused("it has no address"))
    };
    let line = "an allowed consumer makes an endpoint by alias: Pending";
    let address: Ipv4Addr = stage.check(line, asked).await?;

    let listed = async {
        world
            .client
            .post(&world.link(guest.name(), &["refresh"]), json!({}))
            .await?;
        let connections = world.connections(guest.name()).await?;
        let [connection] = connections.as_slice() else {
            return Err(Failure::refused(format!(
                "{} are listed",
                connections.len()
            )));
        };
        let shown = text(connection, "state")?;
        ensure(shown == "pending-user-approval", || {
            format!("it is {shown}")
        })?;
        let endpoint = text(connection, "private_endpoint_id")?;
        ensure(!endpoint.contains(STRANGER_SUBSCRIPTION), || {
            "it is the stranger's".to_owned()
        })?;
        Ok(text(connection, "privatelink_connection_id")?.to_owned())
    };
    let line = "after a refresh exactly one connection is listed, pending approval";
    let connection = stage.check(line, listed).await?;

    let name = private_name(world, guest, &connection).await?;
    let entry = Entry {
        connection,
        address,
        name,
    };
    let silent = async {
        let open = is_open(guest, &entry).await;
        ensure(!open, || format!("somebody answers on {address}"))?;
        ensure(world.resolve(&entry.name).await?.is_none(), || {
            "its name is answered".to_owned()
        })
    };
    let line = format!(
        "nothing answers on {address}:{} before approval, nor in DNS",
        guest.port()
    );
    stage.check(&line, silent).await?;
    Ok(entry)
}

/// The provider approves; bytes flow and the name is answered.
async fn let_in(
    stage: &mut Stage,
    world: &World,
    guest: &Guest,
    entry: &Entry,
) -> Result<(), Failure> {
    let opened = async {
        let at = world.link(guest.name(), &["connections", &entry.connection, "approve"]);
        world.client.post(&at, json!({})).await?;
        while guest.talk(entry.address, &entry.name).await.is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    };
    stage
        .check(&format!("approved → {}", guest.proof()), opened)
        .await?;

    let named = async {
        let at = world.link(guest.name(), &["connections", &entry.connection]);
        world
            .client
            .put(&at, json!({ "user_ip_address": entry.address }))
            .await?;
        world.wait_state(guest.name(), "active").await?;
        let answer = world.resolve(&entry.name).await?;
        ensure(answer == Some(entry.address), || {
            format!("DNS answers {answer:?}")
        })
    };
    let line = format!(
        "endpoint address told → active, {} is {}",
        entry.name, entry.address
    );
    stage.check(&line, named).await?;
    let shown = async {
        let answer = world.client.get(&world.service(guest.name())).await?;
        let components = list(answer.get("service").unwrap_or(&Value::Null), "components")?;
        let through = |component: &&Value| {
            component
                .get("privatelink_connection_id")
                .and_then(Value::as_str)
                == Some(&entry.connection)
        };
        let component = components.iter().find(through);
        let host = component
            .and_then(|component| component.get("host"))
            .and_then(Value::as_str);
        ensure(host == Some(&entry.name), || format!("it shows {host:?}"))
    };
    stage
        .check("the service shows its private component to clients", shown)
        .await
}

async fn close_and_open(
    stage: &mut Stage,
    world: &World,
    guest: &Guest,
    entry: &Entry,
) -> Result<(), Failure> {
    for (on, line) in [
        (false, "component switched off → the port is closed"),
        (true, "component switched on → bytes flow again"),
    ] {
        let switched = async {
            let options = json!({ "privatelink_access": { guest.component(): on } });
            let body = json!({ "user_config": options });
            world.client.put(&world.service(guest.name()), body).await?;
            let as_wanted = async || {
                if on {
                    guest.talk(entry.address, &entry.name).await.is_ok()
                } else {
                    !is_open(guest, entry).await
                }
            };
            while !as_wanted().await {
                tokio::time::sleep(POLL).await;
            }
            Ok(())
        };
        stage.check(line, switched).await?;
    }
    Ok(())
}

async fn turn_away(
    stage: &mut Stage,
    world: &World,
    guest: &Guest,
    entry: &Entry,
) -> Result<(), Failure> {
    let held = guest.talk(entry.address, &entry.name).await?;
    let rejected = async {
        let path = world.link(guest.name(), &["connections", &entry.connection, "reject"]);
        world
            .client
            .post(&[&["underpass"][..], &path].concat(), json!({}))
            .await?;
        ensure(world.resolve(&entry.name).await?.is_none(), || {
            "its name is still answered".to_owned()
        })?;
        while is_open(guest, entry).await {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    };
    stage
        .check(
            "rejected → no name at once, and no new connection",
            rejected,
        )
        .await?;
    if let Some(mut flow) = held {
        let cut = async {
            let mut byte = [0];
            match flow.read(&mut byte).await {
                Ok(0) | Err(_) => Ok(()),
                Ok(_) => Err(Failure::refused("it still speaks")),
            }
        };
        stage
            .check(
                "the connection that was open is cut (by this emulated cloud)",
                cut,
            )
            .await?;
    }
    Ok(())
}

async fn remove(stage: &mut Stage, world: &World, guest: &Guest) -> Result<(), Failure> {
    let path = world.link(guest.name(), &[]);
    let deleted = async {
        let link = world.client.delete(&path).await?;
        let shown = text(&link, "state")?;
        ensure(shown == "deleting", || format!("it is {shown}"))?;
        gone(world, &path).await
    };
    stage.check("link delete → 404", deleted).await?;
    let left = async {
        let id = world.endpoint_id(guest.name());
        let shown = world.consumer.get(&id).await?.unwrap_or_default();
        let endpoint = crate::azure::Endpoint::read(&world.consumer, &shown).await?;
        ensure(endpoint.status == "Disconnected", || {
            format!("it is {}", endpoint.status)
        })?;
        world.consumer.delete(&id).await.map(drop)
    };
    stage
        .check(
            "the consumer sees the endpoint disconnected, and deletes it",
            left,
        )
        .await
}

/// Removes what was registered and looks behind the scenes for leftovers.
pub(super) async fn leave_nothing(stage: &mut Stage, world: &World) -> Result<(), Failure> {
    let forgotten = async {
        let answer = world
            .client
            .get(&["project", &world.project, "service"])
            .await?;
        for service in list(&answer, "services")? {
            world
                .client
                .delete(&world.service(text(service, "service_name")?))
                .await?;
        }
        while world
            .provider_resources()
            .await?
            .iter()
            .any(|id| id.contains("/networkinterfaces/"))
        {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    };
    stage
        .check(
            "services terminated, their network interfaces gone",
            forgotten,
        )
        .await?;
    let given_back = async {
        let base = ["project", &world.project, "static-ips"];
        for address in list(&world.client.get(&base).await?, "static_ips")? {
            let id = text(address, "static_ip_address_id")?;
            if address
                .get("service_name")
                .is_some_and(|service| !service.is_null())
            {
                world
                    .client
                    .delete(&[&base[..], &[id, "association"]].concat())
                    .await?;
            }
            world.client.delete(&[&base[..], &[id]].concat()).await?;
        }
        let vpc = ["project", &world.project, "vpcs", &world.vpc];
        world.client.delete(&vpc).await?;
        gone(world, &vpc).await?;
        while !list(&world.client.get(&base).await?, "static_ips")?.is_empty() {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    };
    stage
        .check("static IPs and the project VPC deleted", given_back)
        .await?;
    let empty = async {
        // The account's own group was there before.
        let mut left = world.provider_resources().await?;
        left.retain(|id| !id.ends_with("/resourcegroups/underpass-account"));
        ensure(left.is_empty(), || format!("it holds {}", left.join(", ")))
    };
    stage
        .check("emulated Azure holds nothing of ours", empty)
        .await
}

async fn gone(world: &World, path: &[&str]) -> Result<(), Failure> {
    loop {
        match world.client.get(path).await {
            Err(failure) if failure.is_missing() => return Ok(()),
            Err(failure) => return Err(failure),
            Ok(_) => tokio::time::sleep(POLL).await,
        }
    }
}

/// The private name of a connection, as our own route tells it.
async fn private_name(world: &World, guest: &Guest, id: &str) -> Result<String, Failure> {
    let path = world.link(guest.name(), &["connections"]);
    let answer = world
        .client
        .get(&[&["underpass"][..], &path].concat())
        .await?;
    let connections = list(&answer, "connections")?;
    let is_it = |connection: &&Value| {
        connection
            .get("privatelink_connection_id")
            .and_then(Value::as_str)
            == Some(id)
    };
    let found = connections.iter().find(is_it);
    let found = found.ok_or_else(|| Failure::refused("our own route does not list it"))?;
    let name = text(found, "name")?;
    ensure(name.ends_with(&world.domain), || {
        format!("`{name}` is not in {}", world.domain)
    })?;
    Ok(name.to_owned())
}

/// Whether the endpoint takes connections on the service's port.
async fn is_open(guest: &Guest, entry: &Entry) -> bool {
    let at = SocketAddr::from((entry.address, guest.port()));
    underpass_net::probe::answers(at, PATIENCE).await
}
