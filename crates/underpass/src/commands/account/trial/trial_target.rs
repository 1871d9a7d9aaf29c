//! The objects of a trial: a network, a static IP on Azure, and a link without nodes.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use underpass_model::cloud::Provider;
use underpass_model::cloud_target::{
    AzurePlacement, CloudTarget, GooglePlacement, NetworkPlacement, OwnershipTag, Proofs,
};
use underpass_model::id::ConnectionId;

use crate::config::AccountConfig;
use crate::failure::Failure;

/// The range of the network. No other network is connected to it.
const RANGE: &str = "10.254.254.0/24";

/// The targets of the steps.
#[derive(Debug, Clone)]
pub(super) struct TrialTarget {
    /// The network and the link.
    pub(super) link: CloudTarget,
    /// The static IP, in the account's own resource group.
    pub(super) address: CloudTarget,
    pub(super) range: Ipv4Net,
    /// The name of the network, and of its resource group on Azure.
    network: String,
}

impl TrialTarget {
    /// Names the objects with a random part, so that no other object has them.
    ///
    /// # Errors
    /// The constants of the trial cannot be used.
    pub(super) fn new(account: &AccountConfig, region: &str, id: &str) -> Result<Self, Failure> {
        let range: Ipv4Net = RANGE
            .parse()
            .map_err(|error| Failure::ours(format!("read the range of the trial: {error}")))?;
        let network = format!("underpass-trial-{id}");
        let object = format!("t{id}");
        let target = |placement| CloudTarget {
            account: account.name.clone(),
            region: region.to_owned(),
            object: object.clone(),
            ownership: OwnershipTag {
                managed: format!("trial/{}/{id}", account.name),
                incarnation: object.clone(),
            },
            placement,
            members: BTreeMap::new(),
            connections: BTreeMap::new(),
            proofs: Proofs {
                link: format!("trial-{id}"),
                decisions: BTreeMap::new(),
            },
        };
        let placement = match account.provider() {
            Provider::Google => NetworkPlacement::Google(GooglePlacement::Made {
                network: network.clone(),
            }),
            _ => NetworkPlacement::Azure(AzurePlacement::Made {
                group: network.clone(),
                cidr: range,
            }),
        };
        Ok(Self {
            link: target(placement),
            address: target(NetworkPlacement::Account),
            range,
            network,
        })
    }

    /// The objects in words.
    pub(super) fn made(&self) -> String {
        format!(
            "the network {} and a published service up-{} without nodes",
            self.network, self.link.object
        )
    }

    /// The link with a connection, and the connection's own ID.
    pub(super) fn connected(&self, name: &str) -> (CloudTarget, ConnectionId) {
        let id = ConnectionId::from_bits(1);
        let mut target = self.link.clone();
        target.connections.insert(id.clone(), name.to_owned());
        (target, id)
    }
}
