//! Limits of the installation, for `underpass up`.

use clap::Args;
use underpass_model::project_limits::{LARGEST_LIMIT, ProjectLimits, RequestRate};
use underpass_server::limits::Limits;

use super::number::number;
use super::retention::RetentionArgs;

#[derive(Debug, Clone, Args)]
pub(crate) struct LimitArgs {
    /// Most services of a project
    #[arg(
        long = "limit-services",
        value_name = "NUMBER",
        default_value_t = ProjectLimits::default().services,
        value_parser = count,
        env = "UNDERPASS_UP_LIMIT_SERVICES"
    )]
    services: u32,
    /// Most private links of a project
    #[arg(
        long = "limit-links",
        value_name = "NUMBER",
        default_value_t = ProjectLimits::default().links,
        value_parser = count,
        env = "UNDERPASS_UP_LIMIT_LINKS"
    )]
    links: u32,
    /// Most project VPCs of a project
    #[arg(
        long = "limit-vpcs",
        value_name = "NUMBER",
        default_value_t = ProjectLimits::default().vpcs,
        value_parser = count,
        env = "UNDERPASS_UP_LIMIT_VPCS"
    )]
    vpcs: u32,
    /// Most static IP addresses of a project
    #[arg(
        long = "limit-static-ips",
        value_name = "NUMBER",
        default_value_t = ProjectLimits::default().static_ips,
        value_parser = count,
        env = "UNDERPASS_UP_LIMIT_STATIC_IPS"
    )]
    static_ips: u32,
    /// Most requests per second about a project, after a burst
    #[arg(
        long = "limit-requests",
        value_name = "NUMBER",
        default_value_t = ProjectLimits::default().requests.per_second,
        value_parser = rate,
        env = "UNDERPASS_UP_LIMIT_REQUESTS"
    )]
    requests: u32,
    /// Most requests about a project in a burst
    #[arg(
        long = "limit-request-burst",
        value_name = "NUMBER",
        default_value_t = ProjectLimits::default().requests.burst,
        value_parser = rate,
        env = "UNDERPASS_UP_LIMIT_REQUEST_BURST"
    )]
    request_burst: u32,
    /// Most requests per second with one access token, after a burst
    #[arg(
        long = "limit-token-requests",
        value_name = "NUMBER",
        default_value_t = ProjectLimits::default().token_requests.per_second,
        value_parser = rate,
        env = "UNDERPASS_UP_LIMIT_TOKEN_REQUESTS"
    )]
    token_requests: u32,
    /// Most requests with one access token in a burst
    #[arg(
        long = "limit-token-request-burst",
        value_name = "NUMBER",
        default_value_t = ProjectLimits::default().token_requests.burst,
        value_parser = rate,
        env = "UNDERPASS_UP_LIMIT_TOKEN_REQUEST_BURST"
    )]
    token_request_burst: u32,
    #[command(flatten)]
    retention: RetentionArgs,
}

impl LimitArgs {
    /// Limits of the installation.
    pub(crate) fn limits(&self) -> Limits {
        let project = ProjectLimits {
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
        };
        Limits {
            project,
            retention: self.retention.limits(),
        }
    }
}

impl Default for LimitArgs {
    fn default() -> Self {
        let limits = ProjectLimits::default();
        Self {
            services: limits.services,
            links: limits.links,
            vpcs: limits.vpcs,
            static_ips: limits.static_ips,
            requests: limits.requests.per_second,
            request_burst: limits.requests.burst,
            token_requests: limits.token_requests.per_second,
            token_request_burst: limits.token_requests.burst,
            retention: RetentionArgs::default(),
        }
    }
}

/// Parses a limit of a number.
///
/// # Errors
/// Any other text, or a number that is too large.
pub(crate) fn count(text: &str) -> Result<u32, String> {
    let limit = number(text)?;
    if limit > LARGEST_LIMIT {
        return Err(format!("a limit is at most {LARGEST_LIMIT}"));
    }
    Ok(limit)
}

/// Parses a limit of a rate or a burst.
///
/// # Errors
/// As [`count`], and 0.
pub(crate) fn rate(text: &str) -> Result<u32, String> {
    match count(text)? {
        0 => Err("a rate is at least 1".to_owned()),
        rate => Ok(rate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_has_bounds() {
        assert_eq!(count("0"), Ok(0));
        assert_eq!(count("1000000"), Ok(LARGEST_LIMIT));
        assert!(count("1000001").is_err());
        assert_eq!(rate("1"), Ok(1));
        assert!(rate("0").is_err());
    }
}
