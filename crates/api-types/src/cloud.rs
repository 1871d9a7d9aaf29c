//! Clouds, and those in which links are offered; documents of the compatible API.

use serde::{Deserialize, Serialize};
use underpass_model::cloud::Provider;

/// Clouds: `GET /v1/clouds` and `GET /v1/project/{project}/clouds`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloudList {
    /// Every region of every cloud.
    pub clouds: Vec<CloudView>,
}

/// A region of a cloud.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloudView {
    /// Description of the region.
    pub cloud_description: String,
    /// Cloud and region, for instance `azure-westeurope`.
    pub cloud_name: String,
    /// Latitude, in degrees.
    pub geo_latitude: f64,
    /// Longitude, in degrees.
    pub geo_longitude: f64,
    /// Part of the world.
    pub geo_region: String,
    /// Cloud.
    pub provider: Provider,
    /// Displayed name of the cloud.
    pub provider_description: String,
}

/// Regions in which links are offered: `GET /v1/project/{project}/privatelink-availability`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateLinkAvailability {
    /// Regions in which this installation has an account.
    pub privatelink_availability: Vec<AvailableCloud>,
}

/// A region in which links are offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailableCloud {
    /// Cloud and region.
    pub cloud_name: String,
    /// Price of a link per hour, in US dollars.
    pub price_usd: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn clouds_are_read_back() {
        assert_round_trip(&CloudList {
            clouds: vec![CloudView {
                cloud_description: "Europe, Netherlands".to_owned(),
                cloud_name: "azure-westeurope".to_owned(),
                geo_latitude: 52.3667,
                geo_longitude: 4.9,
                geo_region: "europe".to_owned(),
                provider: Provider::Azure,
                provider_description: "Azure".to_owned(),
            }],
        });
    }

    #[test]
    fn an_availability_is_read_back() {
        assert_round_trip(&PrivateLinkAvailability {
            privatelink_availability: vec![AvailableCloud {
                cloud_name: "azure-westeurope".to_owned(),
                price_usd: "0.0000".to_owned(),
            }],
        });
    }
}
