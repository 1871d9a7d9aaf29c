//! Nodes, components and users in the body of a service.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::cli::service::registration::{ComponentArg, NodeArg, RegistrationArgs, UserArg};
use crate::compatible::service::{Node, Service};
use crate::failure::Failure;

/// Largest password or certificate file read: 64 KiB, a chain of a dozen certificates.
const MAX_FILE: u64 = 64 * 1024;

/// The `underpass` member of a service's body; empty if nothing was given.
pub(super) struct Registration(Map<String, Value>);

impl Registration {
    /// Reads the files that the arguments name.
    ///
    /// # Errors
    /// A file that cannot be read, is too large or is empty, or two passwords on stdin.
    pub(super) fn read(args: &RegistrationArgs) -> Result<Self, Failure> {
        let from_stdin = |user: &&UserArg| user.password_file == Path::new("-");
        if args.users.iter().filter(from_stdin).count() > 1 {
            return Err(Failure::usage(
                "stdin can contain the password of one user only",
            ));
        }
        let mut members = Map::new();
        if !args.nodes.is_empty() {
            members.insert("nodes".to_owned(), args.nodes.iter().map(node).collect());
        }
        if !args.components.is_empty() {
            members.insert(
                "components".to_owned(),
                args.components.iter().map(component).collect(),
            );
        }
        if !args.users.is_empty() {
            let users: Result<Value, Failure> = args.users.iter().map(user).collect();
            members.insert("users".to_owned(), users?);
        }
        if let Some(path) = &args.ca {
            members.insert("ca_pem".to_owned(), read_text(path)?.into());
        }
        Ok(Self(members))
    }

    /// Reports whether nodes are given.
    pub(super) fn has_nodes(&self) -> bool {
        self.0.contains_key("nodes")
    }

    /// Keeps the cloud resource of each node with unchanged name and address, unless another is given:
    /// removing it, even temporarily, would cut its flows.
    pub(super) fn keep_cloud_resources(&mut self, service: &Service) {
        let nodes = self.0.get_mut("nodes").and_then(Value::as_array_mut);
        for node in nodes.into_iter().flatten().filter_map(Value::as_object_mut) {
            let has = |name: &str, value: &str| node.get(name).is_some_and(|it| it == value);
            let is_it = |one: &&Node| has("name", &one.name) && has("address", &one.address);
            let mut known = service.underpass.nodes.iter();
            let resource = known.find(is_it).and_then(|one| one.cloud.as_ref());
            if let Some(resource) = resource.filter(|_| !node.contains_key("cloud")) {
                node.insert("cloud".to_owned(), resource.clone());
            }
        }
    }

    /// Reports whether nothing was given.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the member of the body; nothing if nothing was given.
    pub(super) fn body(self) -> Option<(String, Value)> {
        (!self.is_empty()).then(|| ("underpass".to_owned(), Value::Object(self.0)))
    }
}

fn node(node: &NodeArg) -> Value {
    let mut shown = json!({ "name": node.name, "address": node.address });
    if let (Some(nic), Some(members)) = (&node.azure_nic, shown.as_object_mut()) {
        let mut azure = json!({ "nic_id": nic });
        if let (Some(name), Some(azure)) = (&node.azure_ip_configuration, azure.as_object_mut()) {
            azure.insert("ip_configuration".to_owned(), name.as_str().into());
        }
        members.insert("cloud".to_owned(), json!({ "azure": azure }));
    }
    if let (Some(instance), Some(members)) = (&node.google_instance, shown.as_object_mut()) {
        let google = json!({ "instance": instance });
        members.insert("cloud".to_owned(), json!({ "google": google }));
    }
    let addresses = [
        ("public_address", &node.public),
        ("private_address", &node.private),
    ];
    for (name, address) in addresses {
        if let (Some(address), Some(members)) = (address, shown.as_object_mut()) {
            members.insert(name.to_owned(), address.to_string().into());
        }
    }
    shown
}

fn component(component: &ComponentArg) -> Value {
    let mut members = Map::new();
    members.insert("component".to_owned(), component.component.as_str().into());
    members.insert("port".to_owned(), component.port.into());
    let link_port = component.link_port.map(Value::from);
    let usage = component.usage.as_deref().map(Value::from);
    let auth = component.auth.as_deref().map(Value::from);
    let optional = [
        ("link_port", link_port),
        ("usage", usage),
        ("kafka_authentication_method", auth),
        ("kafka_ssl_ca", component.ssl_ca.as_deref().map(Value::from)),
        ("tls", component.tls.map(Value::from)),
    ];
    members.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?))),
    );
    Value::Object(members)
}

fn user(user: &UserArg) -> Result<Value, Failure> {
    let content = read_text(&user.password_file)?;
    let password = content.strip_suffix('\n').unwrap_or(&content);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(Failure::refused(format!(
            "the password of user `{}` is empty",
            user.name
        )));
    }
    Ok(json!({ "username": user.name, "password": password }))
}

/// Reads a small text file; `-` means stdin.
fn read_text(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(MAX_FILE + 1)
            .read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text))
    };
    let length =
        read.map_err(|error| Failure::refused(format!("read {}: {error}", path.display())))?;
    if u64::try_from(length).is_ok_and(|length| length > MAX_FILE) {
        return Err(Failure::refused(format!(
            "{} is larger than 64 KiB",
            path.display()
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(nodes: &[&str]) -> Registration {
        let nodes = nodes.iter().map(|text| text.parse().unwrap()).collect();
        Registration::read(&RegistrationArgs {
            nodes,
            ..RegistrationArgs::default()
        })
        .unwrap()
    }

    #[test]
    fn unchanged_nodes_keep_their_cloud_resource() {
        let service = json!({ "service_name": "pg-1", "service_type": "pg", "state": "RUNNING",
            "cloud_name": "azure-westeurope", "underpass": { "nodes": [
            { "name": "n1", "address": "127.0.0.1", "cloud": { "azure": { "nic_id": "/n1" } } },
            { "name": "n2", "address": "127.0.0.2", "cloud": { "azure": { "nic_id": "/n2" } } },
        ] } });
        let mut registration =
            registration(&["n1=127.0.0.1", "n2=127.0.0.9", "n3=127.0.0.3,azure_nic=/n3"]);
        registration.keep_cloud_resources(&serde_json::from_value(service).unwrap());
        let (_, body) = registration.body().unwrap();
        let nic = |index: usize| {
            body.pointer(&format!("/nodes/{index}/cloud/azure/nic_id"))
                .cloned()
        };
        assert_eq!(
            [nic(0), nic(1), nic(2)],
            [Some("/n1".into()), None, Some("/n3".into())]
        );
    }

    #[test]
    fn a_node_names_its_machine_in_either_cloud() {
        let nodes = [
            "n1=127.0.0.1,azure_nic=/n1",
            "n2=127.0.0.2,google_instance=projects/n2",
        ];
        let (_, body) = registration(&nodes).body().unwrap();
        let cloud = |index: usize| body.pointer(&format!("/nodes/{index}/cloud")).cloned();
        assert_eq!(cloud(0), Some(json!({ "azure": { "nic_id": "/n1" } })));
        assert_eq!(
            cloud(1),
            Some(json!({ "google": { "instance": "projects/n2" } }))
        );
    }

    #[test]
    fn addresses_for_further_routes_are_sent() {
        let nodes = ["n1=127.0.0.1,public=db.example.net", "n2=127.0.0.2"];
        let (_, body) = registration(&nodes).body().unwrap();
        assert_eq!(
            body["nodes"],
            json!([
                { "name": "n1", "address": "127.0.0.1", "public_address": "db.example.net" },
                { "name": "n2", "address": "127.0.0.2" },
            ])
        );
    }

    #[test]
    fn no_arguments_make_no_body() {
        assert!(registration(&[]).body().is_none());
    }
}
