//! A node as a row of a form.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use underpass_model::cloud::Provider;
use underpass_model::service::{Node, NodeHandle, RouteAddress};

use super::row::{Row, pairs, text};

/// A node, as it was entered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Node")]
pub(crate) struct NodeRow {
    pub(crate) name: String,
    pub(crate) address: String,
    /// Machine in the cloud: ID of a network interface, or URL of an instance.
    pub(crate) machine: String,
    /// IP configuration of a network interface on Azure; the primary one if empty.
    pub(crate) ip_configuration: String,
    /// Address on the public route; sent back unchanged, because the list replaces all nodes.
    pub(crate) public_address: String,
    /// Address on the private route, likewise.
    pub(crate) private_address: String,
}

impl From<Node> for NodeRow {
    fn from(node: Node) -> Self {
        let (machine, ip_configuration) = match node.cloud {
            Some(NodeHandle::Azure {
                nic_id,
                ip_configuration,
            }) => (nic_id, ip_configuration.unwrap_or_default()),
            Some(NodeHandle::Google { instance }) => (instance, String::new()),
            None => (String::new(), String::new()),
        };
        Self {
            name: node.name.to_string(),
            address: node.address.to_string(),
            machine,
            ip_configuration,
            public_address: address(node.public_address),
            private_address: address(node.private_address),
        }
    }
}

fn address(on_route: Option<RouteAddress>) -> String {
    on_route.map(String::from).unwrap_or_default()
}

impl NodeRow {
    /// First row of a new service.
    pub(super) fn first() -> Self {
        Self {
            name: "n1".to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn read(row: &Row<'_>) -> Self {
        Self {
            name: text(row, "name"),
            address: text(row, "address"),
            machine: text(row, "machine"),
            ip_configuration: text(row, "ip_configuration"),
            public_address: text(row, "public_address"),
            private_address: text(row, "private_address"),
        }
    }

    /// Reports whether the row is empty. A name alone is empty: the first row has one, and a service
    /// may have no nodes.
    pub(super) fn is_blank(&self) -> bool {
        self.address.is_empty() && self.machine.is_empty()
    }

    /// Body for the API, which validates it.
    pub(super) fn body(&self, provider: Provider) -> Value {
        let mut node = Map::new();
        node.insert("name".to_owned(), json!(self.name));
        node.insert("address".to_owned(), json!(self.address));
        if !self.machine.is_empty() {
            let handle = if provider == Provider::Google {
                json!({"google": {"instance": self.machine}})
            } else if self.ip_configuration.is_empty() {
                json!({"azure": {"nic_id": self.machine}})
            } else {
                let configuration = &self.ip_configuration;
                json!({"azure": {"nic_id": self.machine, "ip_configuration": configuration}})
            };
            node.insert("cloud".to_owned(), handle);
        }
        for (member, address) in [
            ("public_address", &self.public_address),
            ("private_address", &self.private_address),
        ] {
            if !address.is_empty() {
                node.insert(member.to_owned(), json!(address));
            }
        }
        Value::Object(node)
    }

    /// Value of `--node`.
    pub(super) fn flag(&self, provider: Provider) -> String {
        let machine = if provider == Provider::Google {
            [("google_instance", self.machine.as_str()), ("", "")]
        } else {
            [
                ("azure_nic", self.machine.as_str()),
                ("azure_ip_configuration", &self.ip_configuration),
            ]
        };
        let [machine, part] = machine;
        pairs(&[
            (&self.name, &self.address),
            machine,
            part,
            ("public", &self.public_address),
            ("private", &self.private_address),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_says_which_machine_it_is_in_the_words_of_its_cloud() {
        let mut row = NodeRow {
            name: "n1".to_owned(),
            address: "127.0.0.1".to_owned(),
            ..NodeRow::default()
        };
        let bare = json!({"name": "n1", "address": "127.0.0.1"});
        assert_eq!(row.body(Provider::Azure), bare);
        assert_eq!(row.flag(Provider::Azure), "n1=127.0.0.1");

        row.machine = "/subscriptions/x".to_owned();
        row.ip_configuration = "second".to_owned();
        assert_eq!(
            row.body(Provider::Azure)["cloud"],
            json!({"azure": {"nic_id": "/subscriptions/x", "ip_configuration": "second"}})
        );
        assert_eq!(
            row.flag(Provider::Azure),
            "n1=127.0.0.1,azure_nic=/subscriptions/x,azure_ip_configuration=second"
        );
        row.public_address = "db.example.net".to_owned();
        row.private_address = "10.0.0.4".to_owned();
        let body = row.body(Provider::Azure);
        let node: Node = serde_json::from_value(body.clone()).unwrap();
        let again = NodeRow::from(node);
        assert_eq!(again.ip_configuration, "second");
        assert_eq!(again.body(Provider::Azure), body);
        let flag = again.flag(Provider::Azure);
        assert!(
            flag.ends_with(",public=db.example.net,private=10.0.0.4"),
            "{flag}"
        );

        row.machine = "projects/p/zones/z/instances/n1".to_owned();
        assert_eq!(
            row.body(Provider::Google)["cloud"],
            json!({"google": {"instance": "projects/p/zones/z/instances/n1"}})
        );
        assert_eq!(
            row.flag(Provider::Google),
            "n1=127.0.0.1,google_instance=projects/p/zones/z/instances/n1,public=db.example.net,\
             private=10.0.0.4"
        );
    }
}
