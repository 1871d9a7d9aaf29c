//! Cloud resources that belong to one project: what nodes name and what project VPCs adopt.
//!
//! The same resource has many spellings. Here each has one text, so that a reservation under that
//! text is unique.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::google::Instance;
use crate::id::StaticIpId;
use crate::name::AccountName;

/// A resource of a provider. Equal for all spellings of one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CloudResource {
    /// The kind.
    pub kind: CloudResourceKind,
    /// The normalised ID, unique within the kind.
    id: String,
}

/// The kinds of cloud resources that belong to one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloudResourceKind {
    /// A static public address, made by Underpass.
    Address,
    /// A resource group for the objects of links.
    Group,
    /// A virtual machine.
    Instance,
    /// A network interface with its IP configurations.
    Interface,
    /// A network.
    Network,
    /// A subnet.
    Subnet,
}

// === impl CloudResourceKind ===

impl CloudResourceKind {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Group => "group",
            Self::Instance => "instance",
            Self::Interface => "interface",
            Self::Network => "network",
            Self::Subnet => "subnet",
        }
    }

    /// The kind in the middle of a sentence.
    const fn display_name(self) -> &'static str {
        match self {
            Self::Address => "static IP address",
            Self::Group => "resource group",
            Self::Instance => "instance",
            Self::Interface => "network interface",
            Self::Network => "network",
            Self::Subnet => "subnet",
        }
    }
}

// === impl CloudResource ===

impl CloudResource {
    /// A network interface on Azure, by its resource ID.
    pub fn interface(id: &str) -> Self {
        Self::on_azure(CloudResourceKind::Interface, id)
    }

    /// An instance on Google, by its URL or path.
    pub fn instance(text: &str) -> Self {
        let id = text
            .parse::<Instance>()
            .map_or_else(|_malformed| text.to_owned(), |it| it.to_string());
        Self {
            kind: CloudResourceKind::Instance,
            id,
        }
    }

    /// A resource on Azure, by its resource ID; Azure ignores the case of IDs.
    pub(crate) fn on_azure(kind: CloudResourceKind, id: &str) -> Self {
        Self { kind, id: fold(id) }
    }

    /// A network or subnet on Google, by its path from `projects/` on.
    pub(crate) fn on_google(kind: CloudResourceKind, path: &str) -> Self {
        Self {
            kind,
            id: path.to_owned(),
        }
    }

    /// A resource group of an account's subscription.
    pub(crate) fn group(account: &AccountName, name: &str) -> Self {
        Self {
            kind: CloudResourceKind::Group,
            id: format!("{account}/{}", fold(name)),
        }
    }

    /// A static public address of an account.
    pub(crate) fn address(account: &AccountName, id: &StaticIpId) -> Self {
        Self {
            kind: CloudResourceKind::Address,
            id: format!("{account}/{id}"),
        }
    }

    /// The normalised ID, unique within the kind.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Returns a text equal for all spellings that differ only in case.
///
/// Each character is folded by itself, so that `ς` and `σ`, which have one capital letter, are equal
/// wherever they are in a word.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

impl fmt::Display for CloudResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.display_name(), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_equal_in_all_spellings() {
        let nic =
            "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/networkInterfaces/N";
        assert_eq!(
            CloudResource::interface(nic),
            CloudResource::interface(&nic.to_uppercase())
        );
        let group = |name: &str| CloudResource::interface(&nic.replace('G', name));
        for name in ["ΟΔΟΣ", "οδος", "Οδοσ"] {
            assert_eq!(group("οδοσ"), group(name), "{name}");
        }
        let path = "projects/p/zones/europe-west1-b/instances/n";
        assert_eq!(
            CloudResource::instance(path),
            CloudResource::instance(&format!("https://www.googleapis.com/compute/v1/{path}"))
        );
        assert_eq!(
            CloudResource::instance(path).to_string(),
            "instance `projects/p/zones/europe-west1-b/instances/n`"
        );
    }

    #[test]
    fn groups_of_different_accounts_differ() {
        let [one, other] = ["one", "other"].map(|it| it.parse::<AccountName>().unwrap());
        assert_eq!(
            CloudResource::group(&one, "Links"),
            CloudResource::group(&one, "links")
        );
        assert_ne!(
            CloudResource::group(&one, "links"),
            CloudResource::group(&other, "links")
        );
    }
}
