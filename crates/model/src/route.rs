//! Routes: the networks through which clients reach a service.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::excerpt::excerpt;
use crate::refusal::Refusal;

/// The network through which a client reaches a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// The service's own network: the first node's address and port.
    Dynamic,
    /// The internet.
    Public,
    /// A peered network.
    Private,
    /// A consumer's endpoint.
    Privatelink,
}

impl Route {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::Public => "public",
            Self::Private => "private",
            Self::Privatelink => "privatelink",
        }
    }

    /// The group of options that lists the components offered on the route; `None` if all are.
    pub const fn access_option(self) -> Option<&'static str> {
        match self {
            Self::Dynamic => None,
            Self::Public => Some("public_access"),
            Self::Private => Some("private_access"),
            Self::Privatelink => Some("privatelink_access"),
        }
    }
}

impl FromStr for Route {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        [
            Self::Dynamic,
            Self::Public,
            Self::Private,
            Self::Privatelink,
        ]
        .into_iter()
        .find(|route| route.as_str() == text)
        .ok_or_else(|| {
            Refusal::invalid(
                "unknown_route",
                format!(
                    "`{}` is not a route. Valid values: `dynamic`, `public`, `private`, \
                     `privatelink`",
                    excerpt(text)
                ),
            )
        })
    }
}
