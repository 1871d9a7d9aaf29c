//! A node as its cloud knows it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Node;
use crate::cloud::{CloudName, Provider};
use crate::google::Instance;
use crate::name::NodeName;
use crate::refusal::Refusal;

/// A node as its cloud knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeHandle {
    /// A network interface in Azure.
    Azure {
        /// Full resource id of the network interface.
        nic_id: String,
        /// Which of its IP configurations; the primary one when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ip_configuration: Option<String>,
    },
    /// A virtual machine in Google Cloud.
    Google {
        /// URL of the instance, or its path from `projects/` on.
        instance: String,
    },
}

impl NodeHandle {
    /// Whose cloud knows the node.
    pub const fn provider(&self) -> Provider {
        match self {
            Self::Azure { .. } => Provider::Azure,
            Self::Google { .. } => Provider::Google,
        }
    }

    /// What two handles of one machine have in common, however they are written.
    pub(super) fn machine(&self) -> String {
        match self {
            Self::Azure { nic_id, .. } => nic_id.to_ascii_lowercase(),
            Self::Google { instance } => instance
                .parse::<Instance>()
                .map_or_else(|_malformed| instance.clone(), |it| it.to_string()),
        }
    }
}

/// Refuses handles of another cloud, handles two nodes share, and text that is not a handle: it
/// becomes part of the address of a request, so it must not lead that anywhere else.
pub(super) fn check(nodes: &[Node], cloud: &CloudName) -> Result<(), Refusal> {
    let provider = cloud.provider();
    let mut taken = BTreeSet::new();
    for node in nodes {
        let Some(handle) = &node.cloud else { continue };
        let name = &node.name;
        if handle.provider() != provider {
            return Err(Refusal::invalid(
                "node_handle_cloud",
                format!(
                    "Node `{name}` has a handle of {}, but the service runs on {provider}",
                    handle.provider()
                ),
            ));
        }
        if let NodeHandle::Google { instance } = handle {
            check_instance(name, instance, cloud)?;
        }
        if let NodeHandle::Azure {
            nic_id,
            ip_configuration,
        } = handle
        {
            let named = ip_configuration.as_ref().is_none_or(|name| is_name(name));
            if !is_network_interface(nic_id) || !named {
                return Err(Refusal::invalid(
                    "node_handle",
                    format!(
                        "Node `{name}` has `{nic_id}` as network interface: give the full \
                         resource id, /subscriptions/…/resourceGroups/…/providers/\
                         Microsoft.Network/networkInterfaces/NAME, and the name of one of its IP \
                         configurations or none"
                    ),
                ));
            }
        }
        let machine = handle.machine();
        if taken.contains(&machine) {
            return Err(Refusal::invalid(
                "node_handle_twice",
                format!("Node `{name}` has the same handle as another node: `{machine}`"),
            ));
        }
        taken.insert(machine);
    }
    Ok(())
}

/// Refuses what is no instance, or one that the service's entry cannot lead to.
fn check_instance(node: &NodeName, instance: &str, cloud: &CloudName) -> Result<(), Refusal> {
    let Ok(found) = instance.parse::<Instance>() else {
        return Err(Refusal::invalid(
            "node_handle",
            format!(
                "Node `{node}` has `{instance}` as instance: give its URL, or its path \
                 projects/PROJECT/zones/ZONE/instances/NAME"
            ),
        ));
    };
    if found.region() == cloud.region() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "node_handle_region",
        format!(
            "Node `{node}` is instance `{found}` in region {}, but the service is in {cloud}: a \
             privatelink leads to machines of its own region",
            found.region()
        ),
    ))
}

/// Whether a text is the resource id of a network interface; Azure ignores the case of the words.
fn is_network_interface(id: &str) -> bool {
    const WORDS: [&str; 4] = [
        "subscriptions",
        "resourceGroups",
        "providers",
        "Microsoft.Network",
    ];
    let segments: Vec<_> = id.split('/').collect();
    let [
        root,
        subscriptions,
        subscription,
        groups,
        group,
        providers,
        network,
        interfaces,
        name,
    ] = segments.as_slice()
    else {
        return false;
    };
    let words = [subscriptions, groups, providers, network];
    root.is_empty()
        && words
            .iter()
            .zip(WORDS)
            .all(|(given, word)| given.eq_ignore_ascii_case(word))
        && interfaces.eq_ignore_ascii_case("networkInterfaces")
        && [subscription, group, name].iter().all(|text| is_name(text))
}

/// Whether a text can be the name of an Azure resource or resource group: letters, digits,
/// underscores, periods, hyphens and parentheses, at most 90 (Azure naming rules, resource group),
/// but not a path that walks.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '(' | ')');
    (1..=90).contains(&text.chars().count())
        && text.chars().all(fits)
        && !text.chars().all(|c| c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIC: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/\
                       providers/Microsoft.Network/networkInterfaces/n1";

    fn azure() -> CloudName {
        "azure-westeurope".parse().unwrap()
    }

    fn google() -> CloudName {
        "google-europe-west1".parse().unwrap()
    }

    fn machine(name: &str, instance: &str) -> Node {
        Node {
            cloud: Some(NodeHandle::Google {
                instance: instance.to_owned(),
            }),
            ..node(name, NIC)
        }
    }

    #[test]
    fn an_instance_is_of_the_services_region() {
        let path = "projects/p/zones/europe-west1-b/instances/n1";
        check(&[machine("n1", path)], &google()).unwrap();
        let code = |node: Node| check(&[node], &google()).unwrap_err().code;
        let elsewhere = path.replace("west1", "west4");
        assert_eq!(code(machine("n1", &elsewhere)), "node_handle_region");
        assert_eq!(code(machine("n1", "n1")), "node_handle");
        let url = format!("https://www.googleapis.com/compute/v1/{path}");
        let twice = [machine("n1", path), machine("n2", &url)];
        assert_eq!(
            check(&twice, &google()).unwrap_err().code,
            "node_handle_twice"
        );
    }

    fn node(name: &str, nic_id: &str) -> Node {
        Node {
            name: name.parse().unwrap(),
            address: "127.0.0.1".parse().unwrap(),
            cloud: Some(NodeHandle::Azure {
                nic_id: nic_id.to_owned(),
                ip_configuration: None,
            }),
            public_address: None,
            private_address: None,
        }
    }

    #[test]
    fn a_handle_is_a_full_resource_id() {
        check(&[node("n1", NIC)], &azure()).unwrap();
        check(&[node("n1", &NIC.to_uppercase())], &azure()).unwrap();
        let walks = NIC.replace("/n1", "/..");
        for bad in [
            "",
            "n1",
            &NIC[1..],
            &walks,
            &NIC.replace("/n1", "/a?b"),
            &format!("{NIC}/x"),
        ] {
            let refusal = check(&[node("n1", bad)], &azure()).unwrap_err();
            assert_eq!(refusal.code, "node_handle", "{bad}");
        }
    }

    #[test]
    fn two_nodes_are_two_machines() {
        let nodes = [node("n1", NIC), node("n2", &NIC.to_uppercase())];
        assert_eq!(
            check(&nodes, &azure()).unwrap_err().code,
            "node_handle_twice"
        );
    }

    #[test]
    fn a_handle_is_of_the_services_cloud() {
        let refusal = check(&[node("n1", NIC)], &google()).unwrap_err();
        assert_eq!(refusal.code, "node_handle_cloud");
    }
}
