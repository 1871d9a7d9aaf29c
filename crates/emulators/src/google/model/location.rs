//! Locations of resources: global, a region or a zone.

use std::fmt;

use super::kind::{Kind, Scope};

/// A location within a project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Location {
    Global,
    Region(String),
    Zone(String),
}

/// All regions, with the letters of their zones
/// (docs: "Regions and zones", read 2026-11).
const REGIONS: &[(&str, &str)] = &[
    ("africa-south1", "abc"),
    ("asia-east1", "abc"),
    ("asia-east2", "abc"),
    ("asia-northeast1", "abc"),
    ("asia-northeast2", "abc"),
    ("asia-northeast3", "abc"),
    ("asia-south1", "abc"),
    ("asia-south2", "abc"),
    ("asia-southeast1", "abc"),
    ("asia-southeast2", "abc"),
    ("australia-southeast1", "abc"),
    ("australia-southeast2", "abc"),
    ("europe-central2", "abc"),
    ("europe-north1", "abc"),
    ("europe-north2", "abc"),
    ("europe-southwest1", "abc"),
    ("europe-west1", "bcd"),
    ("europe-west10", "abc"),
    ("europe-west12", "abc"),
    ("europe-west2", "abc"),
    ("europe-west3", "abc"),
    ("europe-west4", "abc"),
    ("europe-west6", "abc"),
    ("europe-west8", "abc"),
    ("europe-west9", "abc"),
    ("me-central1", "abc"),
    ("me-central2", "abc"),
    ("me-west1", "abc"),
    ("northamerica-northeast1", "abc"),
    ("northamerica-northeast2", "abc"),
    ("northamerica-south1", "abc"),
    ("southamerica-east1", "abc"),
    ("southamerica-west1", "abc"),
    ("us-central1", "abcf"),
    ("us-east1", "bcd"),
    ("us-east4", "abc"),
    ("us-east5", "abc"),
    ("us-south1", "abc"),
    ("us-west1", "abc"),
    ("us-west2", "abc"),
    ("us-west3", "abc"),
    ("us-west4", "abc"),
];

/// Returns the names of all regions, in order.
pub(super) fn regions() -> impl Iterator<Item = &'static str> {
    REGIONS.iter().map(|(name, _)| *name)
}

/// Returns the names of all zones, in order.
pub(super) fn zones() -> impl Iterator<Item = String> {
    REGIONS.iter().flat_map(|(region, letters)| {
        letters
            .chars()
            .map(move |letter| format!("{region}-{letter}"))
    })
}

impl Location {
    /// Returns the region of a regional or zonal location.
    pub(super) fn region(&self) -> Option<&str> {
        match self {
            Location::Global => None,
            Location::Region(region) => Some(region),
            Location::Zone(zone) => Some(region_of(zone)),
        }
    }

    /// Reports whether the region or zone exists.
    pub(super) fn is_known(&self) -> bool {
        match self {
            Location::Global => true,
            Location::Region(region) => regions().any(|it| it == region),
            Location::Zone(zone) => zones().any(|it| it == *zone),
        }
    }

    /// Reports whether resources of a kind have locations like this one.
    pub(super) fn holds(&self, kind: Kind) -> bool {
        self.scope() == kind.scope()
    }

    /// Returns the kind of the resources in a collection at locations like this one.
    pub(super) fn kind_of(&self, collection: &str) -> Option<Kind> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.collection() == collection && self.holds(*kind))
    }

    fn scope(&self) -> Scope {
        match self {
            Location::Global => Scope::Global,
            Location::Region(_) => Scope::Regional,
            Location::Zone(_) => Scope::Zonal,
        }
    }

    /// Returns every location that resources of a kind can have, in order.
    pub(super) fn all_of(kind: Kind) -> Vec<Location> {
        match kind.scope() {
            Scope::Global => vec![Location::Global],
            Scope::Regional => regions()
                .map(|it| Location::Region(it.to_owned()))
                .collect(),
            Scope::Zonal => zones().map(Location::Zone).collect(),
        }
    }

    /// Parses `global`, `regions/R` or `zones/Z`; returns the remaining segments as well.
    pub(super) fn parse<'a, 'b>(segments: &'a [&'b str]) -> Option<(Location, &'a [&'b str])> {
        match segments {
            ["global", rest @ ..] => Some((Location::Global, rest)),
            ["regions", region, rest @ ..] => Some((Location::Region((*region).to_owned()), rest)),
            ["zones", zone, rest @ ..] => Some((Location::Zone((*zone).to_owned()), rest)),
            _ => None,
        }
    }
}

/// Returns the region of a zone: its name without the last part.
pub(super) fn region_of(zone: &str) -> &str {
    zone.rsplit_once('-').map_or(zone, |(region, _)| region)
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Global => f.write_str("global"),
            Location::Region(region) => write!(f, "regions/{region}"),
            Location::Zone(zone) => write!(f, "zones/{zone}"),
        }
    }
}
