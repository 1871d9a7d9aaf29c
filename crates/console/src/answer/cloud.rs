//! Clouds, by the compatible API.

use serde::Deserialize;

/// A region of a provider.
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the API's members")]
pub(crate) struct Cloud {
    pub(crate) cloud_name: String,
    pub(crate) cloud_description: String,
    pub(crate) provider: String,
    pub(crate) provider_description: String,
}

/// Every cloud.
#[derive(Deserialize)]
pub(crate) struct Clouds {
    pub(crate) clouds: Vec<Cloud>,
}

/// Clouds in which private links can be made.
#[derive(Deserialize)]
pub(crate) struct PrivateLinkAvailability {
    pub(crate) privatelink_availability: Vec<AvailableCloud>,
}

/// A cloud in which private links can be made.
#[derive(Deserialize)]
pub(crate) struct AvailableCloud {
    pub(crate) cloud_name: String,
}
