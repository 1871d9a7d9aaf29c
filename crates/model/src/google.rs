//! Names of Google Compute resources, as far as the rules depend on them.

use std::fmt;
use std::str::FromStr;

use crate::excerpt::excerpt;

/// Longest name of a resource: 63 (RFC 1035 label, Compute Engine naming rules).
const NAME_LENGTH: usize = 63;

/// The use of the reject list of service attachments.
///
/// The API describes its entries as projects or networks, and Google's guide rejects single
/// endpoints by it. The lists are one write, so if Google refused an endpoint there, every later
/// approval would fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RejectList {
    /// Rejected endpoints are on no list: their consumers see them as pending.
    #[default]
    Omit,
    /// Rejected endpoints are on the reject list.
    List,
}

/// A virtual machine, by project, zone and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instance {
    /// The project's id.
    pub project: String,
    /// The zone's name, for instance `europe-west1-b`.
    pub zone: String,
    /// Its name.
    pub name: String,
}

/// A text that does not name a resource of the requested kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not the path or URL of a Compute Engine resource of that kind",
    excerpt(.0)
)]
pub struct Malformed(pub String);

impl Instance {
    /// The region its zone is in.
    pub fn region(&self) -> &str {
        self.zone
            .rsplit_once('-')
            .map_or(self.zone.as_str(), |(region, _)| region)
    }
}

impl FromStr for Instance {
    type Err = Malformed;

    /// Accepts a full URL of any version, or a path from `projects/` on.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        match segments(text)?.as_slice() {
            ["projects", project, "zones", zone, "instances", name] => Ok(Self {
                project: (*project).to_owned(),
                zone: (*zone).to_owned(),
                name: (*name).to_owned(),
            }),
            _ => Err(Malformed(text.to_owned())),
        }
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            project,
            zone,
            name,
        } = self;
        write!(f, "projects/{project}/zones/{zone}/instances/{name}")
    }
}

/// Returns a project as a path from `projects/` on.
///
/// # Errors
/// The text names no project.
pub fn project_path(text: &str) -> Result<String, Malformed> {
    match segments(text)?.as_slice() {
        ["projects", project] => Ok(format!("projects/{project}")),
        _ => Err(Malformed(text.to_owned())),
    }
}

/// Returns a network as a path from `projects/` on.
///
/// # Errors
/// The text names no network.
pub fn network_path(text: &str) -> Result<String, Malformed> {
    match segments(text)?.as_slice() {
        ["projects", project, "global", "networks", name] => {
            Ok(format!("projects/{project}/global/networks/{name}"))
        }
        _ => Err(Malformed(text.to_owned())),
    }
}

/// Returns a subnet's region and its path from `projects/` on.
///
/// # Errors
/// The text names no subnet.
pub fn subnet_path(text: &str) -> Result<(String, String), Malformed> {
    match segments(text)?.as_slice() {
        ["projects", project, "regions", region, "subnetworks", name] => Ok((
            (*region).to_owned(),
            format!("projects/{project}/regions/{region}/subnetworks/{name}"),
        )),
        _ => Err(Malformed(text.to_owned())),
    }
}

/// The segments from `projects` on. They become parts of request paths, so each must be a name.
fn segments(text: &str) -> Result<Vec<&str>, Malformed> {
    let malformed = || Malformed(text.to_owned());
    let path = match text.split_once("://") {
        None => text,
        Some(("https" | "http", rest)) => {
            let (_host, path) = rest.split_once('/').ok_or_else(malformed)?;
            let path = path.strip_prefix("compute/").ok_or_else(malformed)?;
            let (version, path) = path.split_once('/').ok_or_else(malformed)?;
            if !matches!(version, "v1" | "beta" | "alpha") {
                return Err(malformed());
            }
            path
        }
        Some(_) => return Err(malformed()),
    };
    let segments: Vec<&str> = path.split('/').collect();
    let fit = segments.iter().enumerate().all(|(position, segment)| {
        // The project may be of a domain: `example.com:name`; it is the second segment.
        let domain = |c: char| position == 1 && matches!(c, '.' | ':');
        !segment.is_empty()
            && segment.len() <= NAME_LENGTH
            && segment
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || domain(c))
            && segment.chars().any(|c| c.is_ascii_alphanumeric())
    });
    if fit { Ok(segments) } else { Err(malformed()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "projects/example/zones/europe-west1-b/instances/node-1";

    #[test]
    fn an_instance_is_named_by_url_or_path() {
        let path: Instance = PATH.parse().unwrap();
        for url in [
            format!("https://www.googleapis.com/compute/v1/{PATH}"),
            format!("https://compute.googleapis.com/compute/beta/{PATH}"),
        ] {
            assert_eq!(url.parse::<Instance>().unwrap(), path, "{url}");
        }
        assert_eq!(path.to_string(), PATH);
        assert_eq!(path.region(), "europe-west1");
    }

    #[test]
    fn what_would_lead_elsewhere_is_refused() {
        for bad in [
            "node-1",
            "projects/example/zones/europe-west1-b/instances/..",
            "projects/example/zones/europe-west1-b/instances/a?b",
            "projects/example/zones/europe-west1-b/instances/a/b",
            "https://example.com/projects/example/zones/z/instances/a",
            "ftp://www.googleapis.com/compute/v1/projects/example/zones/z/instances/a",
            "projects//zones/z/instances/a",
        ] {
            assert!(bad.parse::<Instance>().is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_and_subnets_are_told_apart() {
        let network = "projects/example.com:p/global/networks/n";
        assert_eq!(network_path(network).unwrap(), network);
        assert!(subnet_path(network).is_err());
        let subnet = "projects/p/regions/europe-west1/subnetworks/s";
        assert_eq!(
            subnet_path(subnet).unwrap(),
            ("europe-west1".to_owned(), subnet.to_owned())
        );
        assert!(network_path(subnet).is_err());
    }
}
