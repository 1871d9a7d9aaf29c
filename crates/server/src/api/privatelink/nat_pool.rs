//! NAT ranges of one network, reserved piece by piece.
//!
//! A reservation is a new row: of two links that take one range concurrently, the later one reads
//! again and takes another.

use ipnet::Ipv4Net;
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::nat_range;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Key, Kind, Lookup, NatRangeReservation};

use crate::api::error::Error;
use crate::app::App;

/// Reserved pieces of one network.
#[derive(Default)]
pub(super) struct NatPool {
    /// Account and network; `None` if the project VPC has no account.
    network: Option<(AccountName, String)>,
    pub(super) taken: Vec<Ipv4Net>,
}

impl NatPool {
    /// Reads the reservations in the network of a project VPC.
    pub(super) async fn of(app: &App, vpc: &ProjectVpc) -> Result<Self, Error> {
        let Some(account) = vpc.account.clone() else {
            return Ok(Self::default());
        };
        let network = vpc.network_key();
        let lookup = Lookup::Under(Kind::NatRange, Key::nat_ranges_of(&account, &network));
        let claims = app.store.fetch(&[lookup]).await?;
        Ok(Self {
            network: Some((account, network)),
            // By their keys, so that a reservation that cannot be read counts.
            taken: claims
                .records()
                .iter()
                .filter_map(|claim| claim.key.nat_piece())
                .collect(),
        })
    }

    /// Reads the reservations in the network of a link.
    pub(super) async fn of_link(app: &App, link: &Link) -> Result<Self, Error> {
        let key = Key::vpc(&link.project, link.vpc);
        let lookup = Lookup::One(Kind::Vpc, key.clone());
        let vpc = app.store.fetch(&[lookup]).await?.one::<ProjectVpc>(&key)?;
        match vpc {
            Some(vpc) => Self::of(app, &vpc.value).await,
            None => Ok(Self::default()),
        }
    }

    /// Returns the reserved pieces outside these ranges.
    pub(super) fn others(&self, own: &[Ipv4Net]) -> Vec<Ipv4Net> {
        let is_own = |piece: &Ipv4Net| own.iter().any(|range| range.contains(piece));
        let others = self.taken.iter().filter(|piece| !is_own(piece));
        others.copied().collect()
    }

    /// Reserves a range for a link.
    pub(super) fn claim(
        &self,
        mut change: Change,
        link: &Link,
        range: Ipv4Net,
    ) -> Result<Change, Error> {
        let Some((account, network)) = &self.network else {
            return Ok(change);
        };
        for piece in nat_range::pieces(range) {
            let claim = NatRangeReservation {
                project: link.project.clone(),
                service: link.service.clone(),
                piece,
            };
            change = change.insert(Key::nat_range(account, network, piece), &claim)?;
        }
        Ok(change)
    }
}
