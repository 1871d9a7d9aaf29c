//! NAT ranges of one network, reserved piece by piece.
//!
//! A reservation is a new row: of two links that take one range concurrently, the later one reads
//! again and takes another.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use underpass_model::id::LinkId;
use underpass_model::link::Link;
use underpass_model::name::{AccountName, ServiceName};
use underpass_model::nat_range;
use underpass_model::part::Observed;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Error, Key, Kind, Lookup, NatRangeReservation, Store};

use crate::recovery::UnknownLinks;

/// Taken pieces of one network.
#[derive(Default)]
pub(crate) struct NatPool {
    /// Account and network; `None` if the project VPC has no account.
    network: Option<(AccountName, String)>,
    /// Pieces that links of the store have, with their services.
    reserved: BTreeMap<Ipv4Net, Option<ServiceName>>,
    /// Pieces whose reservations exist and are free.
    released: Vec<Ipv4Net>,
    /// Pieces that the account's cloud shows at links that the store does not have, in any network, and
    /// at subnets of this network that are not ours.
    seen: Vec<Ipv4Net>,
}

impl NatPool {
    /// Reads the pieces in the network of a project VPC, without those that the cloud shows at link
    /// `but`.
    pub(crate) async fn of(
        store: &dyn Store,
        vpc: &ProjectVpc,
        but: &LinkId,
    ) -> Result<Self, Error> {
        let Some(account) = vpc.account.clone() else {
            return Ok(Self::default());
        };
        let network = vpc.network_key();
        let observed = Key::observed(&vpc.work_key());
        let lookups = [
            Lookup::Under(Kind::NatRange, Key::nat_ranges_of(&account, &network)),
            Lookup::One(Kind::Observed, observed.clone()),
        ];
        let claims = store.fetch(&lookups).await?;
        let owners = claims.readable::<NatRangeReservation>();
        // By their keys, so that a reservation that cannot be read counts.
        let records = claims.records().iter();
        let records = records.filter(|record| record.kind == Kind::NatRange);
        let reserved = records.filter_map(|record| {
            let owner = owners.iter().find(|owner| owner.key == record.key);
            let service = owner.map(|owner| owner.value.service.clone());
            Some((record.key.nat_piece()?, service))
        });
        let reserved = reserved.collect();
        let unknown = UnknownLinks::load(store, &account).await?;
        let observed = claims.readable_one::<Observed>(&observed);
        let foreign = observed.map(|row| row.value.foreign_ranges);
        let seen = unknown.nat_ranges(but);
        let seen = seen.chain(foreign.unwrap_or_default());
        Ok(Self {
            network: Some((account, network)),
            released: Vec::new(),
            seen: seen.flat_map(nat_range::pieces).collect(),
            reserved,
        })
    }

    /// Reads the pieces in the network of a link.
    pub(crate) async fn of_link(store: &dyn Store, link: &Link) -> Result<Self, Error> {
        let key = Key::vpc(&link.project, link.vpc);
        let lookup = Lookup::One(Kind::Vpc, key.clone());
        let vpc = store.fetch(&[lookup]).await?.one::<ProjectVpc>(&key)?;
        match vpc {
            Some(vpc) => Self::of(store, &vpc.value, &link.id).await,
            None => Ok(Self::default()),
        }
    }

    /// Returns the taken pieces outside these ranges, each once.
    pub(crate) fn others(&self, own: &[Ipv4Net]) -> Vec<Ipv4Net> {
        let is_own = |piece: &Ipv4Net| own.iter().any(|range| range.contains(piece));
        let taken: BTreeSet<_> = self.reserved.keys().chain(&self.seen).copied().collect();
        taken.into_iter().filter(|piece| !is_own(piece)).collect()
    }

    /// Returns the link of the store that has a part of a range, in words: its service is not known if its
    /// reservation cannot be read.
    pub(crate) fn owner(&self, range: Ipv4Net) -> Option<String> {
        let pieces = nat_range::pieces(range);
        let service = pieces.iter().find_map(|piece| self.reserved.get(piece))?;
        Some(match service {
            Some(service) => format!("another link of service `{service}`"),
            None => "another link".to_owned(),
        })
    }

    /// Gives away the reservations of a link whose rows are removed in the same change. A piece that
    /// is reserved again keeps its reservation.
    pub(crate) fn release(&mut self, link: &Link) {
        let ranges = &link.nat_ranges;
        let is_own = |piece: &Ipv4Net| ranges.iter().any(|range| range.contains(piece));
        self.released = self.reserved.keys().copied().filter(is_own).collect();
        self.reserved.retain(|piece, _| !is_own(piece));
    }

    /// Reserves a range for a link in place of another one, whose reservation ends.
    pub(crate) fn replace(
        &self,
        change: Change,
        link: &Link,
        before: Ipv4Net,
        range: Ipv4Net,
    ) -> Result<Change, Error> {
        let mut change = self.claim(change, link, range)?;
        if let Some((account, network)) = &self.network {
            for piece in nat_range::pieces(before) {
                change =
                    change.remove::<NatRangeReservation>(Key::nat_range(account, network, piece));
            }
        }
        Ok(change)
    }

    /// Reserves a range for a link.
    pub(crate) fn claim(
        &self,
        mut change: Change,
        link: &Link,
        range: Ipv4Net,
    ) -> Result<Change, Error> {
        let Some((account, network)) = &self.network else {
            return Ok(change);
        };
        for piece in nat_range::pieces(range) {
            if self.released.contains(&piece) {
                continue;
            }
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
