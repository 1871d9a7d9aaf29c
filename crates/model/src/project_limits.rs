//! Limits of a project.

use serde::{Deserialize, Serialize};

use crate::excerpt::excerpt;
pub use crate::limited::Limited;
use crate::name::ProjectName;
use crate::refusal::Refusal;
use crate::remedy::Remedy;

/// The largest value of a limit: one million.
pub const LARGEST_LIMIT: u32 = 1_000_000;

/// A rate of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRate {
    /// The requests per second.
    pub per_second: u32,
    /// The requests that a client which made none for some time may make immediately.
    pub burst: u32,
}

/// The limits that apply to a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectLimits {
    /// Services.
    pub services: u32,
    /// Links.
    pub links: u32,
    /// Project VPCs.
    pub vpcs: u32,
    /// Static IPs.
    pub static_ips: u32,
    /// Requests about the project.
    pub requests: RequestRate,
    /// Requests with one access token.
    pub token_requests: RequestRate,
}

/// The limits that an operator set for one project. The others are those of the installation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnLimits {
    /// Services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<u32>,
    /// Links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<u32>,
    /// Project VPCs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpcs: Option<u32>,
    /// Static IPs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub static_ips: Option<u32>,
    /// Requests per second about the project. A token has no limit of its own then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<u32>,
    /// Requests about the project in a burst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_burst: Option<u32>,
}

impl Default for ProjectLimits {
    fn default() -> Self {
        Self {
            services: 1000,
            links: 1000,
            vpcs: 100,
            static_ips: 4000,
            requests: RequestRate {
                per_second: 200,
                burst: 1000,
            },
            token_requests: RequestRate {
                per_second: 100,
                burst: 500,
            },
        }
    }
}

impl ProjectLimits {
    /// Limits that no test or benchmark reaches.
    pub const fn unreachable() -> Self {
        let requests = RequestRate {
            per_second: LARGEST_LIMIT,
            burst: LARGEST_LIMIT,
        };
        Self {
            services: LARGEST_LIMIT,
            links: LARGEST_LIMIT,
            vpcs: LARGEST_LIMIT,
            static_ips: LARGEST_LIMIT,
            requests,
            token_requests: requests,
        }
    }

    /// Returns these limits with those that a project has of its own.
    #[must_use]
    pub fn with(self, own: OwnLimits) -> Self {
        Self {
            services: own.services.unwrap_or(self.services),
            links: own.links.unwrap_or(self.links),
            vpcs: own.vpcs.unwrap_or(self.vpcs),
            static_ips: own.static_ips.unwrap_or(self.static_ips),
            requests: RequestRate {
                per_second: own.requests_per_second.unwrap_or(self.requests.per_second),
                burst: own.request_burst.unwrap_or(self.requests.burst),
            },
            token_requests: self.token_requests,
        }
    }

    /// The largest number of objects.
    pub const fn of(&self, limited: Limited) -> u32 {
        match limited {
            Limited::Services => self.services,
            Limited::Links => self.links,
            Limited::Vpcs => self.vpcs,
            Limited::StaticIps => self.static_ips,
        }
    }

    /// Refuses one more object.
    ///
    /// # Errors
    /// * `project_limit_reached`: the project has as many as it may have.
    pub fn check(
        &self,
        limited: Limited,
        present: usize,
        project: &ProjectName,
    ) -> Result<(), Refusal> {
        let limit = self.of(limited);
        if u32::try_from(present).is_ok_and(|present| present < limit) {
            return Ok(());
        }
        Err(Refusal::conflict(
            "project_limit_reached",
            format!(
                "Project `{project}` has {present} {what}, and its limit `{name}` is {limit}. Delete \
                 some first",
                what = limited.description(),
                name = limited.as_str(),
            ),
        )
        .with_remedy(Remedy::RaiseLimit {
            project: project.clone(),
            limited,
        }))
    }
}

impl OwnLimits {
    /// Returns whether the project has no limit of its own.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Sets a limit by its name; `None`: that of the installation.
    ///
    /// # Errors
    /// * `project_limit`: there is no such limit.
    pub fn set(&mut self, name: &str, limit: Option<u32>) -> Result<(), Refusal> {
        let place = match name {
            "services" => &mut self.services,
            "links" => &mut self.links,
            "vpcs" => &mut self.vpcs,
            "static_ips" => &mut self.static_ips,
            "requests_per_second" => &mut self.requests_per_second,
            "request_burst" => &mut self.request_burst,
            _ => {
                return Err(Refusal::invalid(
                    "project_limit",
                    format!(
                        "`{}` is not a limit. Valid values: services, links, vpcs, static_ips, \
                         requests_per_second, request_burst",
                        excerpt(name)
                    ),
                ));
            }
        };
        *place = limit;
        Ok(())
    }

    /// Refuses limits beyond the largest one, and rates of zero.
    ///
    /// # Errors
    /// * `project_limit`: such a limit.
    pub fn validate(&self) -> Result<(), Refusal> {
        let counts = [self.services, self.links, self.vpcs, self.static_ips];
        let rates = [self.requests_per_second, self.request_burst];
        let is_valid = counts.iter().flatten().all(|it| *it <= LARGEST_LIMIT)
            && rates
                .iter()
                .flatten()
                .all(|it| (1..=LARGEST_LIMIT).contains(it));
        if is_valid {
            return Ok(());
        }
        Err(Refusal::invalid(
            "project_limit",
            format!(
                "A limit is at most {LARGEST_LIMIT}, and `requests_per_second` and `request_burst` \
                 are at least 1"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_may_have_as_many_as_its_limit() {
        let project: ProjectName = "demo".parse().unwrap();
        let own = OwnLimits {
            links: Some(2),
            ..OwnLimits::default()
        };
        let limits = ProjectLimits::default().with(own);
        assert_eq!(limits.check(Limited::Links, 1, &project), Ok(()));
        assert_eq!(limits.check(Limited::Services, 999, &project), Ok(()));
        let refusal = limits.check(Limited::Links, 2, &project).unwrap_err();
        assert_eq!(refusal.code, "project_limit_reached");
        assert_eq!(
            refusal.message,
            "Project `demo` has 2 links, and its limit `links` is 2. Delete some first"
        );
    }

    #[test]
    fn a_limit_has_bounds() {
        let of = |requests_per_second| OwnLimits {
            requests_per_second: Some(requests_per_second),
            ..OwnLimits::default()
        };
        assert_eq!(of(1).validate(), Ok(()));
        assert_eq!(of(0).unwrap_err_code(), "project_limit");
        assert_eq!(of(LARGEST_LIMIT + 1).unwrap_err_code(), "project_limit");
    }

    impl OwnLimits {
        fn unwrap_err_code(self) -> &'static str {
            self.validate().unwrap_err().code
        }
    }
}
