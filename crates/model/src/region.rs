//! The known regions of the providers, so that a misspelt one is refused.

use std::collections::BTreeSet;

use crate::closest::closest;
use crate::cloud::{CloudName, Provider};
use crate::refusal::Refusal;

/// Regions of Azure, with those of its national clouds (Microsoft Learn, "Azure regions list", and
/// the lists of Azure Government and of Azure operated by 21Vianet; state of 2025-11).
const AZURE: &[&str] = &[
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

/// Regions of Google Cloud (Compute Engine documentation, "Regions and zones"; state of 2025-11).
const GOOGLE: &[&str] = &[
    "africa-south1",
    "asia-east1",
    "asia-east2",
    "asia-northeast1",
    "asia-northeast2",
    "asia-northeast3",
    "asia-south1",
    "asia-south2",
    "asia-southeast1",
    "asia-southeast2",
    "australia-southeast1",
    "australia-southeast2",
    "europe-central2",
    "europe-north1",
    "europe-north2",
    "europe-southwest1",
    "europe-west1",
    "europe-west10",
    "europe-west12",
    "europe-west2",
    "europe-west3",
    "europe-west4",
    "europe-west6",
    "europe-west8",
    "europe-west9",
    "me-central1",
    "me-central2",
    "me-west1",
    "northamerica-northeast1",
    "northamerica-northeast2",
    "northamerica-south1",
    "southamerica-east1",
    "southamerica-west1",
    "us-central1",
    "us-east1",
    "us-east4",
    "us-east5",
    "us-south1",
    "us-west1",
    "us-west2",
    "us-west3",
    "us-west4",
];

/// Regions of AWS, with those of its other partitions (AWS General Reference, "Regional endpoints";
/// state of 2025-11).
const AWS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The known regions, and those that the operator allows besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownRegions {
    further: BTreeSet<CloudName>,
}

impl KnownRegions {
    /// Knows the regions of this version and further ones, which are newer.
    pub fn with(further: impl IntoIterator<Item = CloudName>) -> Self {
        Self {
            further: further.into_iter().collect(),
        }
    }

    /// Refuses a region that does not exist as far as known. Stored regions are not checked, so that
    /// a service stays usable whatever the list contains.
    ///
    /// # Errors
    /// * `unknown_region`: the region is neither in the list nor allowed by the operator.
    pub fn check(&self, cloud: &CloudName) -> Result<(), Refusal> {
        let known = regions(cloud.provider());
        if known.contains(&cloud.region()) || self.further.contains(cloud) {
            return Ok(());
        }
        let provider = cloud.provider();
        let meant = closest(cloud.region(), known.iter().copied());
        let meant = meant.map_or_else(String::new, |region| {
            format!(" The nearest known name is `{provider}-{region}`.")
        });
        Err(Refusal::invalid(
            "unknown_region",
            format!(
                "`{cloud}` is not a known region of {}.{meant} If the region is newer than this \
                 version of Underpass, the operator allows it with `underpass up --allow-region \
                 {cloud}`, or with `server.allow_regions` in the configuration of `underpass serve`",
                provider.description()
            ),
        ))
    }
}

/// The provider's own names of its regions.
const fn regions(provider: Provider) -> &'static [&'static str] {
    match provider {
        Provider::Azure => AZURE,
        Provider::Google => GOOGLE,
        Provider::Aws => AWS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::CATALOGUE;

    fn refusal(cloud: &str) -> String {
        let refused = KnownRegions::default().check(&cloud.parse().unwrap());
        refused.unwrap_err().message
    }

    #[test]
    fn a_misspelt_region_is_refused_with_the_nearest_one() {
        for (typed, meant) in [
            ("azure-westeurop", "azure-westeurope"),
            ("azure-west-europe", "azure-westeurope"),
            ("azure-eastus22", "azure-eastus2"),
            ("google-europe-west99", "google-europe-west9"),
            ("google-us-est1", "google-us-east1"),
            ("aws-eu-west1", "aws-eu-west-1"),
        ] {
            let nearest = format!("The nearest known name is `{meant}`.");
            let said = refusal(typed);
            assert!(said.contains(&nearest), "{typed}: {said}");
        }
        // A region of one provider is none of another.
        assert!(refusal("google-westeurope").starts_with("`google-westeurope` is not"));
        insta::assert_snapshot!(refusal("azure-moon"), @"`azure-moon` is not a known region of Azure. If the region is newer than this version of Underpass, the operator allows it with `underpass up --allow-region azure-moon`, or with `server.allow_regions` in the configuration of `underpass serve`");
    }

    #[test]
    fn an_operator_allows_a_newer_region() {
        let moon: CloudName = "azure-moon".parse().unwrap();
        let known = KnownRegions::with([moon.clone()]);
        assert_eq!(known.check(&moon), Ok(()));
        assert!(known.check(&"google-moon".parse().unwrap()).is_err());
    }

    #[test]
    fn the_lists_are_sorted_and_contain_the_catalogue() {
        for list in [AZURE, GOOGLE, AWS] {
            assert!(list.is_sorted());
        }
        for facts in CATALOGUE {
            let cloud = facts.name.parse().unwrap();
            assert_eq!(KnownRegions::default().check(&cloud), Ok(()));
        }
    }
}
