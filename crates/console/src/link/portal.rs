//! Link to the portal of an emulated cloud.

use underpass_web::url::encode;

use crate::control_plane::Portals;

/// A link to a portal of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PortalLink {
    /// Name of the cloud.
    pub(super) cloud: &'static str,
    /// Address of the form for a new endpoint, with its target.
    pub(super) href: String,
}

impl PortalLink {
    /// Link to the form for an endpoint with this target; `None` if the cloud is not emulated here.
    pub(super) fn new(portals: &Portals, provider: &str, target: &str) -> Option<Self> {
        let (cloud, portal) = match provider {
            "azure" => ("Azure", portals.azure.as_deref()?),
            "google" => ("Google", portals.google.as_deref()?),
            _ => return None,
        };
        let target = encode(target);
        Some(Self {
            cloud,
            href: format!("{portal}/create?target={target}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_emulated_clouds_have_one() {
        let portals = Portals {
            azure: None,
            google: Some("http://127.0.0.1:1".to_owned()),
        };
        let link = PortalLink::new(&portals, "google", "projects/p&x=1").unwrap();
        assert_eq!(link.cloud, "Google");
        assert_eq!(
            link.href,
            "http://127.0.0.1:1/create?target=projects%2Fp%26x%3D1"
        );
        assert_eq!(PortalLink::new(&portals, "azure", "x"), None);
        assert_eq!(PortalLink::new(&portals, "aws", "x"), None);
    }
}
