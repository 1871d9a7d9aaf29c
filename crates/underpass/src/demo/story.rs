//! The chapters.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use super::azure_side::AzureSide;
use super::guest::Guest;
use super::side::{MESSAGE, Side};
use super::stage::{Stage, ensure};
use super::world::{POLL, World, gone};
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
pub(super) async fn tell(
    stage: &mut Stage,
    world: &World,
    side: &Side,
    guest: &Guest,
) -> Result<(), Failure> {
    register(stage, world, side, guest).await?;
    let handle = publish(stage, world, side, guest).await?;
    if let Side::Azure(azure) = side {
        refuse_stranger(stage, azure, &handle).await?;
    }
    let entry = knock(stage, world, side, guest, &handle).await?;
    let_in(stage, world, side, guest, &entry).await?;
    close_and_open(stage, world, guest, &entry).await?;
    turn_away(stage, world, side, guest, &entry).await?;
    remove(stage, world, side, guest).await
}

async fn register(
    stage: &mut Stage,
    world: &World,
    side: &Side,
    guest: &Guest,
) -> Result<(), Failure> {
    let made = async {
        let mut addresses = Vec::new();
        for _ in 0..side.static_ips() {
            let path = ["project", &world.project, "static-ips"];
            let body = json!({ "cloud_name": side.cloud() });
            let address = world.client.post(&path, body).await?;
            addresses.push(text(&address, "static_ip_address_id")?.to_owned());
        }
        let mut options = json!({ "privatelink_access": { guest.component(): true } });
        if let (false, Some(options)) = (addresses.is_empty(), options.as_object_mut()) {
            options.insert("static_ips".to_owned(), true.into());
        }
        let body = json!({
            "service_name": guest.name(),
            "service_type": guest.kind(),
            "plan": "startup-4",
            "cloud": side.cloud(),
            "project_vpc_id": side.vpc(),
            "static_ips": addresses,
            "user_config": options,
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
    let (machine, _) = side.machine();
    stage
        .check(&format!("its node has {machine} in the project VPC"), wired)
        .await?;
    if guest.needs_certificate() {
        let line = "certificate issued for its names, server started with it";
        stage.check(line, guest.start(world)).await?;
    }
    Ok(())
}

async fn publish(
    stage: &mut Stage,
    world: &World,
    side: &Side,
    guest: &Guest,
) -> Result<String, Failure> {
    let path = world.link(side, guest.name(), &[]);
    let (body, title) = side.publication();
    let (member, noun) = side.handle();
    let published = async {
        let mut link = world.client.post(&path, body).await?;
        while text(&link, "state")? != "active" {
            tokio::time::sleep(POLL).await;
            link = world.client.get(&path).await?;
        }
        Ok(text(&link, member)?.to_owned())
    };
    let handle = stage.check(title, published).await?;
    stage.say(&format!("    {noun} {handle}"))?;
    Ok(handle)
}

/// Azure lets nobody ask who is not on the list; on Google everybody may, and waits.
async fn refuse_stranger(stage: &mut Stage, azure: &AzureSide, alias: &str) -> Result<(), Failure> {
    let refused = async {
        let Err(refusal) = azure.ask_as_stranger(alias).await else {
            return Err(Failure::refused("the stranger's endpoint was made"));
        };
        let refusal = refusal.to_string();
        ensure(refusal.contains("InvalidPrivateLinkServiceId"), || {
            format!("refused for another reason: {refusal}")
        })
    };
    let line = "a subscription that is not on the list cannot make an endpoint";
    stage.check(line, refused).await
}

/// The consumer asks; nothing flows.
async fn knock(
    stage: &mut Stage,
    world: &World,
    side: &Side,
    guest: &Guest,
    handle: &str,
) -> Result<Entry, Failure> {
    let (waiting, _) = side.statuses();
    let (_, noun) = side.handle();
    let asked = async {
        let endpoint = side
            .consumer()
            .request_connection(guest.name(), handle, MESSAGE)
            .await?;
        ensure(endpoint.status == waiting, || {
            format!("it is {}", endpoint.status)
        })?;
        let address = endpoint.address;
        address.ok_or_else(|| Failure::refused("it has no address"))
    };
    let line = format!("a consumer makes an endpoint by {noun}: {waiting}");
    let address: Ipv4Addr = stage.check(&line, asked).await?;

    let listed = async {
        world
            .client
            .post(&world.link(side, guest.name(), &["refresh"]), json!({}))
            .await?;
        let connections = world.connections(side, guest.name()).await?;
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
        Ok(text(connection, "privatelink_connection_id")?.to_owned())
    };
    let line = "after a refresh exactly one connection is listed, pending approval";
    let connection = stage.check(line, listed).await?;

    let name = private_name(world, side, guest, &connection).await?;
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
///
/// Google's provider is never told the endpoint's address, so there it comes with the approval.
async fn let_in(
    stage: &mut Stage,
    world: &World,
    side: &Side,
    guest: &Guest,
    entry: &Entry,
) -> Result<(), Failure> {
    let address = json!({ "user_ip_address": entry.address });
    let told = world.link(side, guest.name(), &["connections", &entry.connection]);
    let approval = [&told[..], &["approve"]].concat();
    let opened = async {
        let body = match side {
            Side::Azure(_) => json!({}),
            Side::Google(_) => address.clone(),
        };
        world.client.post(&approval, body).await?;
        while guest.talk(entry.address, &entry.name).await.is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    };
    let line = match side {
        Side::Azure(_) => format!("approved → {}", guest.proof()),
        Side::Google(_) => format!("approved with the endpoint's address → {}", guest.proof()),
    };
    stage.check(&line, opened).await?;

    let named = async {
        if let Side::Azure(_) = side {
            world.client.put(&told, address.clone()).await?;
        }
        world.wait_state(side, guest.name(), "active").await?;
        let answer = world.resolve(&entry.name).await?;
        ensure(answer == Some(entry.address), || {
            format!("DNS answers {answer:?}")
        })
    };
    let line = match side {
        Side::Azure(_) => "endpoint address told → active",
        Side::Google(_) => "the connection is active",
    };
    let line = format!("{line}, {} is {}", entry.name, entry.address);
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
    side: &Side,
    guest: &Guest,
    entry: &Entry,
) -> Result<(), Failure> {
    let held = guest.talk(entry.address, &entry.name).await?;
    let rejected = async {
        let below = ["connections", &entry.connection, "reject"];
        let path = world.link(side, guest.name(), &below);
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

async fn remove(
    stage: &mut Stage,
    world: &World,
    side: &Side,
    guest: &Guest,
) -> Result<(), Failure> {
    let path = world.link(side, guest.name(), &[]);
    let deleted = async {
        let link = world.client.delete(&path).await?;
        let shown = text(&link, "state")?;
        ensure(shown == "deleting", || format!("it is {shown}"))?;
        gone(world, &path).await
    };
    stage.check("link delete → 404", deleted).await?;
    let (_, over) = side.statuses();
    let left = async {
        let endpoint = side.consumer().find(guest.name()).await?;
        let status = endpoint.map(|endpoint| endpoint.status).unwrap_or_default();
        ensure(status == over, || format!("it is {status}"))?;
        side.consumer().delete(guest.name()).await
    };
    let line = format!("the consumer sees the endpoint {over}, and deletes it");
    stage.check(&line, left).await
}

/// The private name of a connection, as our own route tells it.
async fn private_name(
    world: &World,
    side: &Side,
    guest: &Guest,
    id: &str,
) -> Result<String, Failure> {
    let path = world.link(side, guest.name(), &["connections"]);
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
