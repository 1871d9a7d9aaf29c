//! Locations of resources: the regions of the emulated cloud.

use super::refusal::Refusal;
use super::state::State;

/// All regions, with those of the national clouds (Microsoft Learn, "Azure regions list", and the
/// lists of Azure Government and of Azure operated by 21Vianet; state of 2025-11).
const REGIONS: &[&str] = &[
    "australiacentral",
    "australiacentral2",
    "australiaeast",
    "australiasoutheast",
    "austriaeast",
    "belgiumcentral",
    "brazilsouth",
    "brazilsoutheast",
    "canadacentral",
    "canadaeast",
    "centralindia",
    "centralus",
    "centraluseuap",
    "chilecentral",
    "chinaeast",
    "chinaeast2",
    "chinaeast3",
    "chinanorth",
    "chinanorth2",
    "chinanorth3",
    "denmarkeast",
    "eastasia",
    "eastus",
    "eastus2",
    "eastus2euap",
    "francecentral",
    "francesouth",
    "germanynorth",
    "germanywestcentral",
    "indonesiacentral",
    "israelcentral",
    "italynorth",
    "japaneast",
    "japanwest",
    "jioindiacentral",
    "jioindiawest",
    "koreacentral",
    "koreasouth",
    "malaysiawest",
    "mexicocentral",
    "newzealandnorth",
    "northcentralus",
    "northeurope",
    "norwayeast",
    "norwaywest",
    "polandcentral",
    "qatarcentral",
    "southafricanorth",
    "southafricawest",
    "southcentralus",
    "southeastasia",
    "southindia",
    "spaincentral",
    "swedencentral",
    "swedensouth",
    "switzerlandnorth",
    "switzerlandwest",
    "uaecentral",
    "uaenorth",
    "uksouth",
    "ukwest",
    "usdodcentral",
    "usdodeast",
    "usgovarizona",
    "usgovtexas",
    "usgovvirginia",
    "westcentralus",
    "westeurope",
    "westindia",
    "westus",
    "westus2",
    "westus3",
];

/// The location of resources that belong to no region.
pub(super) const GLOBAL: &str = "global";

/// All regions, in order.
pub(super) fn all(state: &State) -> impl Iterator<Item = &str> {
    let further = state.configuration().further_regions.iter();
    REGIONS.iter().copied().chain(further.map(String::as_str))
}

/// The canonical name of a region: "West Europe" is `westeurope`.
pub(super) fn canonical(location: &str) -> String {
    location
        .chars()
        .filter(|it| !it.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase()
}

/// Refuses a location that is not a region.
///
/// # Errors
/// `LocationNotAvailableForResourceGroup` for a group, `LocationNotAvailableForResourceType` for any
/// other type.
pub(super) fn check(state: &State, location: &str, full_type: Option<&str>) -> Result<(), Refusal> {
    let is_known = REGIONS.contains(&location);
    if is_known || state.configuration().further_regions.contains(location) {
        return Ok(());
    }
    let list = REGIONS.join(",");
    Err(match full_type {
        None => Refusal::gateway(
            400,
            "LocationNotAvailableForResourceGroup",
            format!(
                "The provided location '{location}' is not available for resource group. List of \
                 available regions is '{list}'."
            ),
        ),
        Some(full_type) => unavailable(location, full_type, &list),
    })
}

/// The refusal of a location that a resource type does not have.
pub(super) fn unavailable(location: &str, full_type: &str, list: &str) -> Refusal {
    Refusal::gateway(
        400,
        "LocationNotAvailableForResourceType",
        format!(
            "The provided location '{location}' is not available for resource type \
             '{full_type}'. List of available regions for the resource type is '{list}'."
        ),
    )
}
