//! `[limits]`

use serde::Deserialize;
use underpass_model::project_limits::{ProjectLimits, RequestRate};

use super::value;

/// Limits of each project that has none of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsConfig {
    #[serde(deserialize_with = "value::count")]
    services: u32,
    #[serde(deserialize_with = "value::count")]
    links: u32,
    #[serde(deserialize_with = "value::count")]
    vpcs: u32,
    #[serde(deserialize_with = "value::count")]
    static_ips: u32,
    #[serde(deserialize_with = "value::rate")]
    requests: u32,
    #[serde(deserialize_with = "value::rate")]
    request_burst: u32,
    #[serde(deserialize_with = "value::rate")]
    token_requests: u32,
    #[serde(deserialize_with = "value::rate")]
    token_request_burst: u32,
}

impl LimitsConfig {
    /// Limits of a project.
    pub(crate) const fn limits(&self) -> ProjectLimits {
        ProjectLimits {
            services: self.services,
            links: self.links,
            vpcs: self.vpcs,
            static_ips: self.static_ips,
            requests: RequestRate {
                per_second: self.requests,
                burst: self.request_burst,
            },
            token_requests: RequestRate {
                per_second: self.token_requests,
                burst: self.token_request_burst,
            },
        }
    }
}
