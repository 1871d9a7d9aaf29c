//! Nodes, components and users in the body of a service.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::cli::service::registration::{ComponentArg, NodeArg, RegistrationArgs, UserArg};
use crate::compatible::service::{Node, Service};
use crate::document::Document;
use crate::failure::Failure;

/// Largest password or certificate file read: 64 KiB, a chain of a dozen certificates.
const MAX_FILE: u64 = 64 * 1024;

/// The `underpass` member of a service's body; empty if nothing was given.
#[derive(Default)]
pub(super) struct Registration {
    members: Map<String, Value>,
    added_nodes: Vec<Value>,
    removed_nodes: Vec<String>,
}

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
        Ok(Self {
            members,
            ..Self::default()
        })
    }

    /// Adds nodes that are added to those of the service or removed from them.
    #[must_use]
    pub(super) fn with_node_changes(mut self, added: &[NodeArg], removed: &[String]) -> Self {
        self.added_nodes = added.iter().map(node).collect();
        self.removed_nodes = removed.to_vec();
        self
    }

    /// Reports whether nothing was given.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.added_nodes.is_empty() && self.removed_nodes.is_empty()
    }

    /// Returns the number of nodes after the change of a service.
    ///
    /// # Errors
    /// Changes of single nodes that do not fit the service.
    pub(super) fn node_count(&self, service: &Document<Service>) -> Result<usize, Failure> {
        let body = self.body(service)?;
        let nodes = body.as_ref().and_then(|(_, members)| members.get("nodes"));
        Ok(match nodes.and_then(Value::as_array) {
            Some(nodes) => nodes.len(),
            None => service.content.underpass.nodes.len(),
        })
    }

    /// Returns the member of the body of a new service; nothing if nothing was given.
    pub(super) fn new_body(self) -> Option<(String, Value)> {
        (!self.is_empty()).then(|| ("underpass".to_owned(), Value::Object(self.members)))
    }

    /// Returns the member of the body that changes a service; nothing if nothing was given.
    ///
    /// # Errors
    /// A node to remove that the service does not have, or a node to add that it has.
    pub(super) fn body(
        &self,
        service: &Document<Service>,
    ) -> Result<Option<(String, Value)>, Failure> {
        if self.is_empty() {
            return Ok(None);
        }
        let mut members = self.members.clone();
        let were = service.raw.pointer("/underpass/nodes");
        if let Some(nodes) = self.changed_nodes(were, &service.content)? {
            members.insert("nodes".to_owned(), nodes);
        }
        if let Some(nodes) = members.get_mut("nodes") {
            keep_cloud_resources(nodes, &service.content);
            // The nodes that the effects were computed from.
            members.extend(were.map(|were| ("nodes_were".to_owned(), were.clone())));
        }
        Ok(Some(("underpass".to_owned(), Value::Object(members))))
    }

    /// Returns the nodes of the service with the added ones and without the removed ones, if the
    /// list changes.
    fn changed_nodes(
        &self,
        nodes: Option<&Value>,
        service: &Service,
    ) -> Result<Option<Value>, Failure> {
        if self.added_nodes.is_empty() && self.removed_nodes.is_empty() {
            return Ok(None);
        }
        let known = || {
            let nodes = service
                .underpass
                .nodes
                .iter()
                .map(|node| node.name.as_str());
            let names: Vec<_> = nodes.collect();
            format!("nodes of service {}: {}", service.name, names.join(", "))
        };
        let mut nodes = nodes.and_then(Value::as_array).cloned().unwrap_or_default();
        let is_named = |node: &Value, name: &str| node.get("name").is_some_and(|it| it == name);
        for name in &self.removed_nodes {
            let Some(at) = nodes.iter().position(|node| is_named(node, name)) else {
                return Err(
                    Failure::usage(format!("--remove-node: there is no node `{name}`"))
                        .hint(known()),
                );
            };
            nodes.remove(at);
        }
        for added in &self.added_nodes {
            let name = added
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if nodes.iter().any(|node| is_named(node, name)) {
                return Err(Failure::usage(format!(
                    "--add-node: there is a node `{name}` already. Add --remove-node {name} to \
                     replace it"
                ))
                .hint(known()));
            }
            nodes.push(added.clone());
        }
        Ok(Some(Value::Array(nodes)))
    }
}

/// Keeps the cloud resource of each node with unchanged name and address, unless another is given:
/// removing it, even temporarily, would cut its flows.
fn keep_cloud_resources(nodes: &mut Value, service: &Service) {
    let nodes = nodes.as_array_mut();
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
    let path = &user.password_file;
    let content = read_text(path).map_err(|failure| {
        if path.exists() || path == Path::new("-") {
            return failure;
        }
        failure.hint(format!(
            "write the password of user `{}` into the file, readable for you only: `(umask 077 && \
             cat > {})`, then type it and press Enter and Ctrl-D",
            user.name,
            path.display()
        ))
    })?;
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

    fn service() -> Document<Service> {
        let service = json!({ "service_name": "pg-1", "service_type": "pg", "state": "RUNNING",
            "cloud_name": "azure-westeurope", "underpass": { "nodes": [
            { "name": "n1", "address": "127.0.0.1", "cloud": { "azure": { "nic_id": "/n1" } } },
            { "name": "n2", "address": "127.0.0.2", "cloud": { "azure": { "nic_id": "/n2" } },
              "public_address": "db.example.net" },
        ] } });
        serde_json::from_value(service).unwrap()
    }

    fn change(registration: &Registration) -> Value {
        registration.body(&service()).unwrap().unwrap().1
    }

    #[test]
    fn unchanged_nodes_keep_their_cloud_resource() {
        let registration =
            registration(&["n1=127.0.0.1", "n2=127.0.0.9", "n3=127.0.0.3,azure_nic=/n3"]);
        let body = change(&registration);
        let nic = |index: usize| {
            body.pointer(&format!("/nodes/{index}/cloud/azure/nic_id"))
                .cloned()
        };
        assert_eq!(
            [nic(0), nic(1), nic(2)],
            [Some("/n1".into()), None, Some("/n3".into())]
        );
        assert_eq!(body["nodes_were"], service().raw["underpass"]["nodes"]);
    }

    #[test]
    fn a_node_is_added_or_removed_and_the_others_stay() {
        let node: NodeArg = "n3=127.0.0.3".parse().unwrap();
        let registration = registration(&[]).with_node_changes(&[node], &["n1".to_owned()]);
        let body = change(&registration);
        let nodes = &service().raw["underpass"]["nodes"];
        let added = json!({ "name": "n3", "address": "127.0.0.3" });
        assert_eq!(body["nodes"], json!([nodes[1], added]));
        assert_eq!(body["nodes_were"], *nodes);
        assert_eq!(registration.node_count(&service()).unwrap(), 2);
        let more: NodeArg = "n3=127.0.0.3".parse().unwrap();
        let more = self::registration(&[]).with_node_changes(&[more], &[]);
        assert_eq!(more.node_count(&service()).unwrap(), 3);
        assert_eq!(self::registration(&[]).node_count(&service()).unwrap(), 2);

        let again: NodeArg = "n1=127.0.0.3".parse().unwrap();
        for (added, removed) in [(vec![again], vec![]), (vec![], vec!["n9".to_owned()])] {
            let registration = self::registration(&[]).with_node_changes(&added, &removed);
            let refused = registration.body(&service()).unwrap_err();
            assert_eq!(refused.lines()[1], "hint: nodes of service pg-1: n1, n2");
        }
    }

    #[test]
    fn a_node_names_its_machine_in_either_cloud() {
        let nodes = [
            "n1=127.0.0.1,azure_nic=/n1",
            "n2=127.0.0.2,google_instance=projects/n2",
        ];
        let (_, body) = registration(&nodes).new_body().unwrap();
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
        let (_, body) = registration(&nodes).new_body().unwrap();
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
        assert!(registration(&[]).new_body().is_none());
    }
}
