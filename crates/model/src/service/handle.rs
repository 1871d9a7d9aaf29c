//! The cloud resource ID of a node.

use serde::{Deserialize, Serialize};

use crate::cloud::{CloudName, Provider};
use crate::cloud_resource::CloudResource;
use crate::excerpt::excerpt;
use crate::google::Instance;
use crate::name::NodeName;
use crate::refusal::Refusal;

/// The cloud resource ID of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeHandle {
    /// A network interface in Azure.
    Azure {
        /// Full resource id of the network interface.
        nic_id: String,
        /// The name of its IP configuration; the primary one when absent.
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
    /// The cloud of the node.
    pub const fn provider(&self) -> Provider {
        match self {
            Self::Azure { .. } => Provider::Azure,
            Self::Google { .. } => Provider::Google,
        }
    }

    /// The resource ID of the network interface, if the node is on Azure.
    pub fn nic_id(&self) -> Option<&str> {
        if let Self::Azure { nic_id, .. } = self {
            Some(nic_id)
        } else {
            None
        }
    }

    /// The URL or path of the instance, if the node is on Google.
    pub fn instance(&self) -> Option<&str> {
        if let Self::Google { instance } = self {
            Some(instance)
        } else {
            None
        }
    }

    /// Returns the cloud resource, equal for all spellings of its ID.
    pub fn resource(&self) -> CloudResource {
        match self {
            Self::Azure { nic_id, .. } => CloudResource::interface(nic_id),
            Self::Google { instance } => CloudResource::instance(instance),
        }
    }

    /// Checks the handle of a node of a service in this cloud. The text becomes part of the address
    /// of a request, so it must not be able to change the rest of that address.
    ///
    /// # Errors
    /// * `node_handle_cloud`: the handle is of another cloud.
    /// * `node_handle`: the text is not a handle.
    /// * `node_handle_region`: the instance is in another region.
    pub(super) fn check(&self, node: &NodeName, cloud: &CloudName) -> Result<(), Refusal> {
        let provider = cloud.provider();
        if self.provider() != provider {
            return Err(Refusal::invalid(
                "node_handle_cloud",
                format!(
                    "Node `{node}` has a cloud resource ID of {}, but the service runs on \
                     {provider}",
                    self.provider()
                ),
            ));
        }
        match self {
            Self::Google { instance } => check_instance(node, instance, cloud),
            Self::Azure {
                nic_id,
                ip_configuration,
            } => check_interface(node, nic_id, ip_configuration.as_deref()),
        }
    }
}

fn check_interface(
    node: &NodeName,
    nic_id: &str,
    ip_configuration: Option<&str>,
) -> Result<(), Refusal> {
    if is_network_interface(nic_id) && ip_configuration.is_none_or(is_name) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "node_handle",
        format!(
            "Node `{node}` has `{}` as network interface. Set the full resource ID, \
             /subscriptions/…/resourceGroups/…/providers/Microsoft.Network/networkInterfaces/NAME, \
             and optionally the name of one of its IP configurations",
            excerpt(nic_id)
        ),
    ))
}

/// Refuses text that is not an instance, and instances in another region.
fn check_instance(node: &NodeName, instance: &str, cloud: &CloudName) -> Result<(), Refusal> {
    let Ok(found) = instance.parse::<Instance>() else {
        return Err(Refusal::invalid(
            "node_handle",
            format!(
                "Node `{node}` has `{}` as instance. Set its URL, or its path \
                 projects/PROJECT/zones/ZONE/instances/NAME",
                excerpt(instance)
            ),
        ));
    };
    if found.region() == cloud.region() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "node_handle_region",
        format!(
            "Node `{node}` is instance `{found}` in region {}, but the service is in {cloud}. A \
             privatelink needs nodes in its own region",
            found.region()
        ),
    ))
}

/// Reports whether a text is the resource ID of a network interface; Azure ignores the case of the
/// keywords.
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

/// Reports whether a text can be the name of an Azure resource or resource group: letters, digits,
/// underscores, periods, hyphens and parentheses, at most 90 (Azure naming rules, resource group),
/// but not only periods, which would be a relative path.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '(' | ')');
    (1..=90).contains(&text.chars().count())
        && text.chars().all(fits)
        && !text.chars().all(|c| c == '.')
}
