//! `service kafka-listeners`

use serde_json::Value;

use crate::cli::service::ServiceKafkaListenersArgs;
use crate::client::{list, member, text};
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::json_text;

/// Properties in the order of the output.
const PROPERTIES: [&str; 3] = [
    "listeners",
    "advertised.listeners",
    "listener.security.protocol.map",
];

pub(super) async fn run(
    session: &Session,
    args: &ServiceKafkaListenersArgs,
) -> Result<(), Failure> {
    let path = [
        "underpass",
        "project",
        &session.project,
        "service",
        &args.service_name,
        "kafka-listeners",
    ];
    let answer = session.client.get(&path).await?;
    let shown = member(&answer, "kafka_listeners")?;
    if args.json {
        return session.printer.data(&json_text::indented(shown));
    }
    lines(shown)?
        .iter()
        .try_for_each(|line| session.printer.data(line))
}

/// Returns the lines to copy, each block after a comment that names its destination.
fn lines(shown: &Value) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for broker in list(shown, "brokers")? {
        let (node, address) = (text(broker, "node_name")?, text(broker, "address")?);
        if list(broker, "listeners")?.is_empty() {
            lines.push(format!(
                "# Broker {node} ({address}): no port is reserved yet. Register its node again"
            ));
            lines.push(String::new());
            continue;
        }
        lines.push(format!(
            "# Broker {node} ({address}): add these entries to its server.properties"
        ));
        let properties = member(broker, "server_properties")?;
        for name in PROPERTIES {
            lines.push(format!("{name}={}", text(properties, name)?));
        }
        lines.push(String::new());
    }
    if let Some(command) = shown.get("firewall").and_then(Value::as_str) {
        lines.push("# The nodes' network security group".to_owned());
        lines.push(command.to_owned());
        lines.push(String::new());
    }
    lines.extend(names(shown)?);
    Ok(lines)
}

/// Returns the addresses that the advertised name must resolve to, per connection.
fn names(shown: &Value) -> Result<Vec<String>, Failure> {
    let host = text(shown, "host")?;
    let names = list(shown, "names")?;
    let mut lines = vec![format!("# Brokers advertise {host} to every client")];
    for name in names {
        let connection = text(name, "privatelink_connection_id")?;
        let address = text(name, "user_ip_address")?;
        let answered = name.get("answered").and_then(Value::as_bool);
        lines.push(if answered.unwrap_or(false) {
            format!("# {connection}: resolves to {address}")
        } else {
            format!("# {connection}: must resolve to {address} in that network. Add a record to a private DNS zone")
        });
    }
    if names.is_empty() {
        lines.push("# The name resolves once a connection is active".to_owned());
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_block_names_its_destination() {
        let broker = |node: &str, port: u16| {
            json!({
                "node_name": node,
                "address": "10.0.0.1",
                "listeners": [{}],
                "server_properties": {
                    "listeners": format!("P_BROKER://0.0.0.0:{port}"),
                    "advertised.listeners": format!("P_BROKER://k:{port}"),
                    "listener.security.protocol.map": "P_BROKER:SSL",
                },
            })
        };
        let name = |connection: &str, address: &str, answered: bool| {
            json!({
                "privatelink_connection_id": connection,
                "user_ip_address": address,
                "answered": answered,
            })
        };
        let new = json!({"node_name": "n2", "address": "10.0.0.2", "listeners": []});
        let shown = json!({
            "host": "k",
            "brokers": [broker("n1", 10000), new],
            "firewall": "az network nsg",
            "names": [name("plc1", "10.9.0.4", true), name("plc2", "10.9.0.5", false)],
        });
        insta::assert_snapshot!(lines(&shown).unwrap().join("\n"), @r"
        # Broker n1 (10.0.0.1): add these entries to its server.properties
        listeners=P_BROKER://0.0.0.0:10000
        advertised.listeners=P_BROKER://k:10000
        listener.security.protocol.map=P_BROKER:SSL

        # Broker n2 (10.0.0.2): no port is reserved yet. Register its node again

        # The nodes' network security group
        az network nsg

        # Brokers advertise k to every client
        # plc1: resolves to 10.9.0.4
        # plc2: must resolve to 10.9.0.5 in that network. Add a record to a private DNS zone
        ");
        let mut shown = shown;
        shown["names"] = json!([]);
        shown["firewall"] = Value::Null;
        shown["brokers"] = json!([]);
        insta::assert_snapshot!(lines(&shown).unwrap().join("\n"), @r"
        # Brokers advertise k to every client
        # The name resolves once a connection is active
        ");
    }
}
