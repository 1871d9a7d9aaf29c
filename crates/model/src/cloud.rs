//! Clouds and their regions, as named in the API.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::excerpt::excerpt;

/// A cloud, by its private-link product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Azure Private Link.
    Azure,
    /// Google Private Service Connect.
    Google,
    /// AWS PrivateLink.
    Aws,
}

impl Provider {
    /// The word used in cloud names and routes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Azure => "azure",
            Self::Google => "google",
            Self::Aws => "aws",
        }
    }

    /// The provider's name for display.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Azure => "Azure",
            Self::Google => "Google Cloud",
            Self::Aws => "Amazon Web Services",
        }
    }

    /// The product's name for display.
    pub const fn product(self) -> &'static str {
        match self {
            Self::Azure => "Azure Private Link",
            Self::Google => "Google Private Service Connect",
            Self::Aws => "AWS PrivateLink",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A region of a provider, for instance `azure-westeurope`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CloudName {
    provider: Provider,
    region: String,
}

/// A malformed cloud name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "cloud `{}` is not known. Use PROVIDER-REGION, for instance azure-westeurope, \
     google-europe-west1 or aws-eu-west-1",
    excerpt(.0)
)]
pub struct UnknownCloud(pub String);

impl CloudName {
    /// The cloud.
    pub const fn provider(&self) -> Provider {
        self.provider
    }

    /// The provider's own name of the region, for instance `westeurope`.
    pub fn region(&self) -> &str {
        &self.region
    }
}

impl FromStr for CloudName {
    type Err = UnknownCloud;

    fn from_str(text: &str) -> Result<Self, UnknownCloud> {
        let unknown = || UnknownCloud(text.to_owned());
        let (provider, region) = text.split_once('-').ok_or_else(unknown)?;
        let provider = match provider {
            "azure" => Provider::Azure,
            "google" => Provider::Google,
            "aws" => Provider::Aws,
            _ => return Err(unknown()),
        };
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if region.is_empty() || region.len() > 40 || !region.bytes().all(fits) {
            return Err(unknown());
        }
        Ok(Self {
            provider,
            region: region.to_owned(),
        })
    }
}

impl TryFrom<String> for CloudName {
    type Error = UnknownCloud;
    fn try_from(text: String) -> Result<Self, UnknownCloud> {
        text.parse()
    }
}

impl From<CloudName> for String {
    fn from(name: CloudName) -> String {
        name.to_string()
    }
}

impl fmt::Display for CloudName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.provider, self.region)
    }
}

/// The catalogue entry of a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegionFacts {
    /// The full cloud name.
    pub name: &'static str,
    /// A description for display: continent, country and provider.
    pub description: &'static str,
    /// Continent, in lower case.
    pub geo_region: &'static str,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

const fn region(
    name: &'static str,
    description: &'static str,
    geo_region: &'static str,
    latitude: f64,
    longitude: f64,
) -> RegionFacts {
    RegionFacts {
        name,
        description,
        geo_region,
        latitude,
        longitude,
    }
}

/// The listed regions, as shown by `GET /v1/clouds`. Other regions of `region.rs` are accepted if an
/// account serves them. Coordinates are the providers' published metro areas.
pub const CATALOGUE: &[RegionFacts] = &[
    region(
        "azure-eastus",
        "United States, Virginia - Azure: East US",
        "north america",
        37.37,
        -79.82,
    ),
    region(
        "azure-northeurope",
        "Europe, Ireland - Azure: North Europe",
        "europe",
        53.35,
        -6.26,
    ),
    region(
        "azure-westeurope",
        "Europe, Netherlands - Azure: West Europe",
        "europe",
        52.37,
        4.9,
    ),
    region(
        "azure-westus2",
        "United States, Washington - Azure: West US 2",
        "north america",
        47.23,
        -119.85,
    ),
    region(
        "google-europe-west1",
        "Europe, Belgium - Google Cloud: Belgium",
        "europe",
        50.45,
        3.82,
    ),
    region(
        "google-us-east1",
        "United States, South Carolina - Google Cloud: South Carolina",
        "north america",
        33.2,
        -80.01,
    ),
    region(
        "aws-eu-west-1",
        "Europe, Ireland - Amazon Web Services: Ireland",
        "europe",
        53.35,
        -6.26,
    ),
    region(
        "aws-us-east-1",
        "United States, Virginia - Amazon Web Services: N. Virginia",
        "north america",
        38.0,
        -78.0,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_name_is_provider_and_region() {
        let name: CloudName = "google-europe-west1".parse().unwrap();
        assert_eq!(
            (name.provider(), name.region()),
            (Provider::Google, "europe-west1")
        );
        for bad in ["azure", "azure-", "do-fra", "azure-West", "azure-a/b"] {
            assert!(bad.parse::<CloudName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_catalogue_parses() {
        for facts in CATALOGUE {
            assert!(facts.name.parse::<CloudName>().is_ok(), "{}", facts.name);
        }
    }
}
