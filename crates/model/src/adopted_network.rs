//! Existing networks that a project VPC adopts.

use serde::{Deserialize, Serialize};

use crate::excerpt::excerpt;
use crate::google;
use crate::name::AccountName;
use crate::refusal::Refusal;

/// The prefix of names of containers made by Underpass.
pub(crate) const MADE: &str = "underpass-vpc-";

/// An existing Google network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedGoogle {
    /// The network: its URL or its path from `projects/` on.
    pub network: String,
    /// The subnet of nodes and forwarding rules, in the same forms.
    pub node_subnet: String,
}

/// An existing Azure network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedAzure {
    /// The resource group for the link's own resources.
    pub resource_group: String,
    /// Full resource id of the virtual network.
    pub vnet_id: String,
    /// Full resource ID, or name, of the subnet of nodes and load balancers.
    pub node_subnet: String,
    /// Full resource id, or name, of the subnet for address translation.
    pub nat_subnet: String,
}

impl AdoptedGoogle {
    /// Checks that the texts name a network and a subnet of that region. Returns both as paths.
    ///
    /// # Errors
    /// * `adopted_vpc`: one of them does not.
    pub fn check(&self, region: &str) -> Result<Self, Refusal> {
        let refuse = |member: &str, given: &str, expected: String| {
            Refusal::invalid(
                "adopted_vpc",
                format!(
                    "`underpass.google.{member}` is `{}`, but must be {expected}",
                    excerpt(given)
                ),
            )
        };
        let network = google::network_path(&self.network).map_err(|_malformed| {
            let expected = "the URL or path of a network: projects/P/global/networks/N".to_owned();
            refuse("network", &self.network, expected)
        })?;
        let fits = google::subnet_path(&self.node_subnet)
            .ok()
            .filter(|(found, _)| found == region);
        let Some((_, node_subnet)) = fits else {
            let expected = format!(
                "the URL or path of a subnet in the VPC's region: \
                 projects/P/regions/{region}/subnetworks/S"
            );
            return Err(refuse("node_subnet", &self.node_subnet, expected));
        };
        if project_of(&network) != project_of(&node_subnet) {
            let expected = format!(
                "a subnet of the network's project `{}`",
                project_of(&network).unwrap_or_default()
            );
            return Err(refuse("node_subnet", &self.node_subnet, expected));
        }
        for path in [&network, &node_subnet] {
            if is_made(path.rsplit('/').next().unwrap_or_default()) {
                return Err(made_by_underpass(path));
            }
        }
        Ok(Self {
            network,
            node_subnet,
        })
    }
}

impl AdoptedGoogle {
    /// Refuses a Shared VPC: NAT subnets and firewall rules belong to its host project, which the
    /// account does not manage.
    ///
    /// # Errors
    /// * `adopted_vpc`: the network belongs to another project than the account's.
    pub fn check_project(&self, account: &AccountName, native_id: &str) -> Result<(), Refusal> {
        let host = project_of(&self.network).unwrap_or_default();
        if host == native_id {
            return Ok(());
        }
        Err(Refusal::invalid(
            "adopted_vpc",
            format!(
                "Network `{}` is in project `{host}`, but account `{account}` manages project \
                 `{native_id}`. A Shared VPC is not supported, because its NAT subnets and \
                 firewall rules belong to the host project. Use a network of `{native_id}`, or an \
                 account that manages `{host}`",
                self.network
            ),
        ))
    }
}

impl AdoptedAzure {
    /// Full resource ID of the subnet of nodes and load balancers.
    pub fn node_subnet_id(&self) -> String {
        self.subnet_id(&self.node_subnet)
    }

    /// Full resource ID of the subnet for address translation.
    pub fn nat_subnet_id(&self) -> String {
        self.subnet_id(&self.nat_subnet)
    }

    fn subnet_id(&self, subnet: &str) -> String {
        if subnet.starts_with('/') {
            subnet.to_owned()
        } else {
            format!("{}/subnets/{subnet}", self.vnet_id)
        }
    }

    /// Checks that the texts are names and IDs of Azure; they become parts of request paths.
    ///
    /// # Errors
    /// * `adopted_vpc`: one of them is not.
    pub fn check(&self) -> Result<(), Refusal> {
        let refuse = |member: &str, given: &str, expected: &str| {
            Err(Refusal::invalid(
                "adopted_vpc",
                format!(
                    "`underpass.azure.{member}` is `{}`, but must be {expected}",
                    excerpt(given)
                ),
            ))
        };
        if !is_azure_name(&self.resource_group) {
            return refuse(
                "resource_group",
                &self.resource_group,
                "the name of a resource group",
            );
        }
        let names: Vec<_> = self.vnet_id.split('/').collect();
        let is_vnet = matches!(
            names.as_slice(),
            ["", subscriptions, subscription, groups, group, providers, network, vnets, vnet]
                if subscriptions.eq_ignore_ascii_case("subscriptions")
                    && is_azure_name(subscription)
                    && groups.eq_ignore_ascii_case("resourceGroups")
                    && is_azure_name(group)
                    && providers.eq_ignore_ascii_case("providers")
                    && network.eq_ignore_ascii_case("Microsoft.Network")
                    && vnets.eq_ignore_ascii_case("virtualNetworks")
                    && is_azure_name(vnet)
        );
        if !is_vnet {
            return refuse(
                "vnet_id",
                &self.vnet_id,
                "the full resource id of a virtual network: /subscriptions/…/resourceGroups/…/\
                 providers/Microsoft.Network/virtualNetworks/…",
            );
        }
        for (member, subnet) in [
            ("node_subnet", &self.node_subnet),
            ("nat_subnet", &self.nat_subnet),
        ] {
            let inside = format!("{}/subnets/", self.vnet_id).to_ascii_lowercase();
            let name = match subnet.get(..inside.len()) {
                Some(start) if start.to_ascii_lowercase() == inside => {
                    subnet.get(inside.len()..).unwrap_or_default()
                }
                _ => subnet.as_str(),
            };
            if !is_azure_name(name) {
                return refuse(
                    member,
                    subnet,
                    "the name or full id of a subnet of that network",
                );
            }
        }
        let group = names.get(4).copied().unwrap_or_default();
        if is_made(group) {
            return Err(made_by_underpass(&self.vnet_id));
        }
        if is_made(&self.resource_group) {
            return Err(made_by_underpass(&self.resource_group));
        }
        Ok(())
    }
}

/// The project in a path of Google.
fn project_of(path: &str) -> Option<&str> {
    path.split('/').nth(1)
}

/// Reports whether a name is one of those that Underpass gives; Azure ignores the case.
pub(crate) fn is_made(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with(MADE)
}

/// The refusal for a network that belongs to a project VPC, of this project or another one.
fn made_by_underpass(given: &str) -> Refusal {
    Refusal::invalid(
        "adopted_vpc",
        format!(
            "`{given}` cannot be adopted: names that begin with `{MADE}` belong to project VPCs \
             whose network Underpass made. Adopt a network of your own, or create a project VPC \
             without one"
        ),
    )
}

/// Reports whether a text is a name: letters, digits, `.`, `_`, `-` and parentheses, at most 90,
/// not only dots (Azure resource naming rules for resource groups, the widest of those needed
/// here).
fn is_azure_name(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '(' | ')');
    !text.is_empty()
        && text.chars().count() <= 90
        && text.chars().all(fits)
        && text.chars().any(|c| c != '.')
}
