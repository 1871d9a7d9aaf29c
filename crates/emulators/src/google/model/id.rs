//! Resource ids: paths that begin with `projects/`, and links to them.
//!
//! Requests spell links in several ways: with any host and API version, as a path that begins with
//! `projects/` or with the location, or as a bare name. Links are parsed before they are compared,
//! and shown in one spelling.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::location::Location;
use crate::journaled_map::JournalKey;

/// Prefix of every link in replies, for all hosts of the API (reported: magic-modules#5031).
const LINK: &str = "https://www.googleapis.com/compute/v1/";

/// API versions that a path may begin with; all behave the same.
const VERSIONS: [&str; 3] = ["v1", "beta", "alpha"];

/// The full id of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct ResourceId {
    pub(super) kind: Kind,
    pub(super) project: String,
    pub(super) location: Location,
    pub(super) name: String,
}

impl JournalKey for ResourceId {
    fn read(text: &str) -> Option<ResourceId> {
        ResourceId::from_path(text)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl ResourceId {
    /// Parses a path that begins with `projects/`.
    pub(super) fn from_path(path: &str) -> Option<ResourceId> {
        let segments: Vec<&str> = path.split('/').collect();
        let ["projects", project, rest @ ..] = segments.as_slice() else {
            return None;
        };
        let (location, rest) = Location::parse(rest)?;
        let [collection, name] = rest else {
            return None;
        };
        let kind = location.kind_of(collection)?;
        let id = ResourceId {
            kind,
            project: (*project).to_owned(),
            location,
            name: (*name).to_owned(),
        };
        (!id.project.is_empty() && !id.name.is_empty()).then_some(id)
    }

    /// Parses a link in a document of `base`, in any spelling; a bare name is resolved in the
    /// location of `base`.
    pub(super) fn from_link(link: &str, kind: Kind, base: &ResourceId) -> Option<ResourceId> {
        let path = path_of(link);
        let path = if path.starts_with("projects/") {
            path.to_owned()
        } else if path.contains('/') {
            format!("projects/{}/{path}", base.project)
        } else {
            let location = match base.location.region() {
                _ if Location::Global.holds(kind) => Location::Global,
                Some(region) if !base.location.holds(kind) => Location::Region(region.to_owned()),
                Some(_) | None => base.location.clone(),
            };
            let project = &base.project;
            format!("projects/{project}/{location}/{}/{path}", kind.collection())
        };
        ResourceId::from_path(&path).filter(|id| id.kind == kind)
    }

    /// Returns the link to the resource.
    pub(super) fn link(&self) -> String {
        format!("{LINK}{self}")
    }

    /// Returns the link to another name in the same collection, for instance the numeric id.
    pub(super) fn sibling_link(&self, name: impl fmt::Display) -> String {
        link(&format!(
            "projects/{}/{}/{}/{name}",
            self.project,
            self.location,
            self.kind.collection()
        ))
    }

    /// Returns the member of documents that shows the location, and its value.
    pub(super) fn location_member(&self) -> Option<(&'static str, String)> {
        location_member(&self.project, &self.location)
    }
}

/// Returns the member of documents that shows a location, and its value; `None` for global.
pub(super) fn location_member(
    project: &str,
    location: &Location,
) -> Option<(&'static str, String)> {
    let member = match location {
        Location::Global => return None,
        Location::Region(_) => "region",
        Location::Zone(_) => "zone",
    };
    Some((member, link(&format!("projects/{project}/{location}"))))
}

/// Returns the link to a path that begins with `projects/`.
pub(super) fn link(path: &str) -> String {
    format!("{LINK}{path}")
}

/// Returns a link without host and API version.
pub(super) fn path_of(link: &str) -> &str {
    let (has_host, rest) = match link.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => link
            .strip_prefix("//")
            .map_or((false, link), |rest| (true, rest)),
    };
    let path = if has_host {
        rest.split_once('/').map_or("", |(_, path)| path)
    } else {
        rest
    };
    let path = path.strip_prefix('/').unwrap_or(path);
    let versioned = path.strip_prefix("compute/").unwrap_or(path);
    match versioned.split_once('/') {
        Some((version, rest)) if VERSIONS.contains(&version) => rest,
        Some(_) | None => path,
    }
}

/// Reports whether a link is a full URL, with scheme and host of the API.
pub(super) fn is_full_url(link: &str) -> bool {
    [
        "https://www.googleapis.com/",
        "https://compute.googleapis.com/",
    ]
    .iter()
    .any(|prefix| link.starts_with(prefix))
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "projects/{}/{}/{}/{}",
            self.project,
            self.location,
            self.kind.collection(),
            self.name
        )
    }
}

impl From<ResourceId> for String {
    fn from(id: ResourceId) -> String {
        id.to_string()
    }
}

/// A text that is not the path of a resource.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the path of a resource")]
pub(super) struct InvalidPath(String);

impl TryFrom<String> for ResourceId {
    type Error = InvalidPath;

    fn try_from(path: String) -> Result<ResourceId, InvalidPath> {
        ResourceId::from_path(&path).ok_or(InvalidPath(path))
    }
}
