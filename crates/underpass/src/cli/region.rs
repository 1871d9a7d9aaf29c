//! Regions of one emulated cloud.

use underpass_model::cloud::{CloudName, Provider};

/// Parses a region of Azure, such as `azure-newregion`.
///
/// # Errors
/// A text that does not name one.
pub(super) fn azure_region(text: &str) -> Result<CloudName, String> {
    region_of(Provider::Azure, text)
}

/// Parses a region of Google, such as `google-newregion`.
///
/// # Errors
/// A text that does not name one.
pub(super) fn google_region(text: &str) -> Result<CloudName, String> {
    region_of(Provider::Google, text)
}

fn region_of(provider: Provider, text: &str) -> Result<CloudName, String> {
    let parsed = text.parse::<CloudName>().ok();
    let fits = parsed.filter(|cloud| cloud.provider() == provider);
    fits.ok_or_else(|| {
        format!("`{text}` does not name a region of this cloud. Use {provider}-REGION")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_of_another_cloud_is_refused() {
        assert_eq!(azure_region("azure-new").unwrap().region(), "new");
        assert_eq!(google_region("google-new1").unwrap().region(), "new1");
        for text in ["google-new1", "new", ""] {
            let refused = azure_region(text).unwrap_err();
            assert!(refused.ends_with("Use azure-REGION"), "{refused}");
        }
        assert!(google_region("azure-new").is_err());
    }
}
