//! Links that a cloud shows and the store does not have, with the cloud resources that they hold.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use underpass_model::id::LinkId;
use underpass_model::name::AccountName;
use underpass_model::orphan::Orphan;
use underpass_model::part::{AzurePart, GooglePart, Part};
use underpass_model::recovery::LinkDifference;
use underpass_store::{Error, Key, Kind, Lookup, Store};

/// Links of one account that the store does not have: orphans, and those that were not adopted yet.
#[derive(Debug, Default)]
pub struct UnknownLinks {
    links: Vec<UnknownLink>,
}

#[derive(Debug)]
struct UnknownLink {
    id: String,
    /// Work key, as its tag says.
    managed: String,
    ranges: BTreeSet<Ipv4Net>,
    parts: Vec<Part>,
}

impl UnknownLinks {
    /// Reads the links of an account.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn load(store: &dyn Store, account: &AccountName) -> Result<Self, Error> {
        let kinds = [Kind::Orphan, Kind::LinkDifference];
        let lookups = kinds.map(|kind| Lookup::Under(kind, Key::root()));
        let fetched = store.fetch(&lookups).await?;
        let mut links = Vec::new();
        for Orphan {
            link,
            managed,
            parts,
            ..
        } in fetched
            .readable::<Orphan>()
            .into_iter()
            .map(|row| row.value)
            .filter(|orphan| orphan.account == *account)
        {
            let ranges = parts.keys().filter_map(|part| match part {
                Part::Google(GooglePart::NatSubnet(range)) => Some(*range),
                _ => None,
            });
            links.push(UnknownLink {
                id: link.to_string(),
                managed,
                ranges: ranges.collect(),
                parts: parts.into_keys().collect(),
            });
        }
        for row in fetched.readable::<LinkDifference>() {
            let difference = row.value;
            let Some(published) = difference.published else {
                continue;
            };
            if difference.account == *account && !difference.is_known {
                links.push(UnknownLink {
                    id: difference.object,
                    managed: difference.managed,
                    ranges: published.nat_ranges,
                    parts: Vec::new(),
                });
            }
        }
        Ok(Self { links })
    }

    /// Returns the NAT ranges of all links but one.
    pub fn nat_ranges(&self, but: &LinkId) -> impl Iterator<Item = Ipv4Net> {
        let others = self.others(but);
        others.flat_map(|other| other.ranges.iter().copied())
    }

    /// Returns why a part of a link cannot be made: another link holds its cloud resource.
    pub fn obstacle(&self, link: &LinkId, part: &Part) -> Option<String> {
        match part {
            Part::Google(GooglePart::NatSubnet(range)) => {
                let mut others = self.others(link);
                let overlaps = |taken: &Ipv4Net| {
                    taken.contains(&range.network()) || range.contains(&taken.network())
                };
                let owner = others.find(|other| other.ranges.iter().any(overlaps))?;
                Some(format!("NAT range {range} belongs to {owner}"))
            }
            Part::Azure(AzurePart::Member(interface)) => {
                let mut others = self.others(link);
                let owner = others.find(|other| other.parts.iter().any(|it| it.is_same(part)))?;
                Some(format!(
                    "Network interface `{interface}` is in the load balancer of {owner}"
                ))
            }
            _ => None,
        }
    }

    fn others(&self, link: &LinkId) -> impl Iterator<Item = &UnknownLink> {
        let links = self.links.iter();
        links.filter(move |other| other.id != link.as_str())
    }
}

impl std::fmt::Display for UnknownLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "link {}", self.id)?;
        let mut names = self.managed.split('/').skip(1);
        if let (Some(project), Some(service)) = (names.next(), names.next()) {
            write!(f, " of {project}/{service}")?;
        }
        f.write_str(", which the store does not have")
    }
}
