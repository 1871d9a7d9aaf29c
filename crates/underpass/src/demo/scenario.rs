//! Scenario of one service on one cloud: publish it, connect a consumer, and remove it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use super::azure_cloud::AzureCloud;
use super::checklist::{Checklist, ensure};
use super::cloud::Cloud;
use super::demo_service::DemoService;
use super::environment::{Environment, POLL, wait_deleted};
use crate::client::{list, text};
use crate::failure::Failure;

/// Message of a request for a connection.
const MESSAGE: &str = "requested by underpass demo";

/// Longest time to wait for a TCP connection: 1 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The consumer's endpoint and its connection.
struct ConsumerEndpoint {
    /// ID of the connection.
    connection: String,
    address: Ipv4Addr,
    /// Private name of the connection.
    name: String,
}

/// Publishes a service, approves a consumer's connection, rejects it, and deletes the link.
///
/// # Errors
/// The first check that fails.
pub(super) async fn run(
    checklist: &mut Checklist,
    env: &Environment,
    cloud: &Cloud,
    service: &DemoService,
) -> Result<(), Failure> {
    register(checklist, env, cloud, service).await?;
    let handle = publish(checklist, env, cloud, service).await?;
    if let Cloud::Azure(azure) = cloud {
        refuse_unlisted(checklist, azure, &handle).await?;
    }
    let endpoint = request(checklist, env, cloud, service, &handle).await?;
    approve(checklist, env, cloud, service, &endpoint).await?;
    toggle_component(checklist, env, service, &endpoint).await?;
    reject(checklist, env, cloud, service, &endpoint).await?;
    remove(checklist, env, cloud, service).await
}

async fn register(
    checklist: &mut Checklist,
    env: &Environment,
    cloud: &Cloud,
    service: &DemoService,
) -> Result<(), Failure> {
    let made = async {
        let mut addresses = Vec::new();
        for _ in 0..cloud.static_ips() {
            let path = ["project", &env.project, "static-ips"];
            let body = json!({ "cloud_name": cloud.cloud_name() });
            let address = env.client.post(&path, body).await?;
            addresses.push(text(&address, "static_ip_address_id")?.to_owned());
        }
        let mut options = json!({ "privatelink_access": { service.component(): true } });
        if let (false, Some(options)) = (addresses.is_empty(), options.as_object_mut()) {
            options.insert("static_ips".to_owned(), true.into());
        }
        let body = json!({
            "service_name": service.name(),
            "service_type": service.kind(),
            "plan": "startup-4",
            "cloud": cloud.cloud_name(),
            "project_vpc_id": cloud.vpc(),
            "static_ips": addresses,
            "user_config": options,
            "underpass": service.registration(),
        });
        env.client
            .post(&["project", &env.project, "service"], body)
            .await
    };
    let line = format!(
        "the provider registers {}: type {}, component {} on 127.0.0.1:{}",
        service.name(),
        service.kind(),
        service.component(),
        service.port()
    );
    checklist.check(&line, made).await?;
    let provisioned = async {
        loop {
            let answer = env.client.get(&env.service_path(service.name())).await?;
            if answer.pointer("/service/underpass/nodes/0/cloud").is_some() {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let (node_resource, _) = cloud.node_resource();
    checklist
        .check(
            &format!("its node has {node_resource} in the project VPC"),
            provisioned,
        )
        .await?;
    if service.needs_certificate() {
        let line = "the control plane issues a certificate; the server starts with it";
        checklist.check(line, service.start(env)).await?;
    }
    Ok(())
}

async fn publish(
    checklist: &mut Checklist,
    env: &Environment,
    cloud: &Cloud,
    service: &DemoService,
) -> Result<String, Failure> {
    let path = env.link_path(cloud, service.name(), &[]);
    let (body, title) = cloud.link_request();
    let (member, handle_name) = cloud.handle();
    let published = async {
        let mut link = env.client.post(&path, body).await?;
        while text(&link, "state")? != "active" {
            tokio::time::sleep(POLL).await;
            link = env.client.get(&path).await?;
        }
        Ok(text(&link, member)?.to_owned())
    };
    let handle = checklist.check(title, published).await?;
    checklist.note(&format!("    {handle_name} {handle}"))?;
    Ok(handle)
}

/// Checks that Azure refuses an endpoint of a subscription that is not allowed. (Google accepts
/// requests of every project, as pending connections.)
async fn refuse_unlisted(
    checklist: &mut Checklist,
    azure: &AzureCloud,
    alias: &str,
) -> Result<(), Failure> {
    let refused = async {
        let Err(refusal) = azure.request_unlisted(alias, MESSAGE).await else {
            return Err(Failure::refused("the endpoint was created"));
        };
        let refusal = refusal.to_string();
        ensure(refusal.contains("InvalidPrivateLinkServiceId"), || {
            format!("refused for another reason: {refusal}")
        })
    };
    let line = "another subscription, which is not allowed, cannot create an endpoint";
    checklist.check(line, refused).await
}

/// Requests a connection as the consumer, and checks that it is pending and closed.
async fn request(
    checklist: &mut Checklist,
    env: &Environment,
    cloud: &Cloud,
    service: &DemoService,
    handle: &str,
) -> Result<ConsumerEndpoint, Failure> {
    let (waiting, _) = cloud.statuses();
    let (_, handle_name) = cloud.handle();
    let requested = async {
        let endpoint = cloud
            .consumer()
            .request_connection(service.name(), handle, MESSAGE)
            .await?;
        ensure(endpoint.status == waiting, || {
            format!("it is {}", endpoint.status)
        })?;
        let address = endpoint.address;
        address.ok_or_else(|| Failure::refused("it has no address"))
    };
    let line =
        format!("the consumer creates an endpoint with the {handle_name}; its status is {waiting}");
    let address: Ipv4Addr = checklist.check(&line, requested).await?;

    let listed = async {
        env.client
            .post(
                &env.link_path(cloud, service.name(), &["refresh"]),
                json!({}),
            )
            .await?;
        let connections = env.connections(cloud, service.name()).await?;
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
    let line = "after a refresh, the link has one connection with state pending-user-approval";
    let connection = checklist.check(line, listed).await?;

    let name = private_name(env, cloud, service, &connection).await?;
    let endpoint = ConsumerEndpoint {
        connection,
        address,
        name,
    };
    let closed = async {
        let open = is_open(service, &endpoint).await;
        ensure(!open, || format!("{address} accepts connections"))?;
        ensure(env.resolve(&endpoint.name).await?.is_none(), || {
            "its name is in DNS".to_owned()
        })
    };
    let line = format!(
        "before approval, {address}:{} accepts no connections and DNS has no name for it",
        service.port()
    );
    checklist.check(&line, closed).await?;
    Ok(endpoint)
}

/// Approves the connection as the provider, and checks that bytes flow and the name resolves.
///
/// Google does not report the endpoint's address to the provider, so there it is set with the
/// approval.
async fn approve(
    checklist: &mut Checklist,
    env: &Environment,
    cloud: &Cloud,
    service: &DemoService,
    endpoint: &ConsumerEndpoint,
) -> Result<(), Failure> {
    let address = json!({ "user_ip_address": endpoint.address });
    let path = env.link_path(
        cloud,
        service.name(),
        &["connections", &endpoint.connection],
    );
    let approval = [&path[..], &["approve"]].concat();
    let approved = async {
        let body = match cloud {
            Cloud::Azure(_) => json!({}),
            Cloud::Google(_) => address.clone(),
        };
        env.client.post(&approval, body).await?;
        while service
            .call(endpoint.address, &endpoint.name)
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    };
    let line = match cloud {
        Cloud::Azure(_) => format!(
            "the provider approves the connection; {}",
            service.success()
        ),
        Cloud::Google(_) => format!(
            "the provider approves the connection and sets the endpoint address; {}",
            service.success()
        ),
    };
    checklist.check(&line, approved).await?;

    let resolved = async {
        if let Cloud::Azure(_) = cloud {
            env.client.put(&path, address.clone()).await?;
        }
        env.wait_state(cloud, service.name(), "active").await?;
        let answer = env.resolve(&endpoint.name).await?;
        ensure(answer == Some(endpoint.address), || {
            format!("DNS answers {answer:?}")
        })
    };
    let line = match cloud {
        Cloud::Azure(_) => "the provider sets the endpoint address; the connection is active",
        Cloud::Google(_) => "the connection is active",
    };
    let line = format!(
        "{line} and {} resolves to {}",
        endpoint.name, endpoint.address
    );
    checklist.check(&line, resolved).await?;
    let shown = async {
        let answer = env.client.get(&env.service_path(service.name())).await?;
        let components = list(answer.get("service").unwrap_or(&Value::Null), "components")?;
        let through = |component: &&Value| {
            component
                .get("privatelink_connection_id")
                .and_then(Value::as_str)
                == Some(&endpoint.connection)
        };
        let component = components.iter().find(through);
        let host = component
            .and_then(|component| component.get("host"))
            .and_then(Value::as_str);
        ensure(host == Some(&endpoint.name), || {
            format!("it shows {host:?}")
        })
    };
    checklist
        .check("the service lists the component of the connection", shown)
        .await
}

async fn toggle_component(
    checklist: &mut Checklist,
    env: &Environment,
    service: &DemoService,
    endpoint: &ConsumerEndpoint,
) -> Result<(), Failure> {
    for (on, line) in [
        (
            false,
            "the provider disables the component; its port is closed",
        ),
        (
            true,
            "the provider enables the component; its port is open again",
        ),
    ] {
        let switched = async {
            let options = json!({ "privatelink_access": { service.component(): on } });
            let body = json!({ "user_config": options });
            env.client
                .put(&env.service_path(service.name()), body)
                .await?;
            let is_done = async || {
                if on {
                    service.call(endpoint.address, &endpoint.name).await.is_ok()
                } else {
                    !is_open(service, endpoint).await
                }
            };
            while !is_done().await {
                tokio::time::sleep(POLL).await;
            }
            Ok(())
        };
        checklist.check(line, switched).await?;
    }
    Ok(())
}

async fn reject(
    checklist: &mut Checklist,
    env: &Environment,
    cloud: &Cloud,
    service: &DemoService,
    endpoint: &ConsumerEndpoint,
) -> Result<(), Failure> {
    let open_flow = service.call(endpoint.address, &endpoint.name).await?;
    let rejected = async {
        let below = ["connections", &endpoint.connection, "reject"];
        let path = env.link_path(cloud, service.name(), &below);
        env.client
            .post(&[&["underpass"][..], &path].concat(), json!({}))
            .await?;
        ensure(env.resolve(&endpoint.name).await?.is_none(), || {
            "its name is still in DNS".to_owned()
        })?;
        while is_open(service, endpoint).await {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    };
    checklist
        .check(
            "the provider rejects the connection; its name is removed immediately and its port is closed",
            rejected,
        )
        .await?;
    if let Some(mut flow) = open_flow {
        let cut = async {
            let mut byte = [0];
            match flow.read(&mut byte).await {
                Ok(0) | Err(_) => Ok(()),
                Ok(_) => Err(Failure::refused("it is still open")),
            }
        };
        checklist
            .check(
                "the emulated cloud closes the TCP connection that was open",
                cut,
            )
            .await?;
    }
    Ok(())
}

async fn remove(
    checklist: &mut Checklist,
    env: &Environment,
    cloud: &Cloud,
    service: &DemoService,
) -> Result<(), Failure> {
    let path = env.link_path(cloud, service.name(), &[]);
    let deleted = async {
        let link = env.client.delete(&path).await?;
        let shown = text(&link, "state")?;
        ensure(shown == "deleting", || format!("it is {shown}"))?;
        wait_deleted(env, &path).await
    };
    checklist
        .check(
            "the provider deletes the link; the API answers 404 for it",
            deleted,
        )
        .await?;
    let (_, over) = cloud.statuses();
    let left = async {
        let endpoint = cloud.consumer().find(service.name()).await?;
        let status = endpoint.map(|endpoint| endpoint.status).unwrap_or_default();
        ensure(status == over, || format!("it is {status}"))?;
        cloud.consumer().delete(service.name()).await
    };
    let line = format!("the status of the endpoint is {over}; the consumer deletes it");
    checklist.check(&line, left).await
}

/// Private name of a connection, from Underpass's own route.
async fn private_name(
    env: &Environment,
    cloud: &Cloud,
    service: &DemoService,
    id: &str,
) -> Result<String, Failure> {
    let path = env.link_path(cloud, service.name(), &["connections"]);
    let answer = env
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
    let found =
        found.ok_or_else(|| Failure::refused("the route /v1/underpass/… does not list it"))?;
    let name = text(found, "name")?;
    ensure(name.ends_with(&env.domain), || {
        format!("`{name}` is not in {}", env.domain)
    })?;
    Ok(name.to_owned())
}

/// Reports whether the endpoint accepts connections on the port of the service.
async fn is_open(service: &DemoService, endpoint: &ConsumerEndpoint) -> bool {
    let at = SocketAddr::from((endpoint.address, service.port()));
    underpass_net::probe::answers(at, CONNECT_TIMEOUT).await
}
