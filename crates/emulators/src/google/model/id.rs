//! What resources are called: paths from `projects/` on, and the links to them.
//!
//! Links arrive in any spelling: with any host, any version of the API, from `projects/` on, or
//! from the place on. They are compared as what they name, and printed in one spelling.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::location::Location;
use crate::journaled_map::JournalKey;

/// What every link begins with, whichever host was called (reported: magic-modules#5031).
const LINK: &str = "https://www.googleapis.com/compute/v1/";

/// Versions of the API that a path may begin with; all are served alike.
const VERSIONS: [&str; 3] = ["v1", "beta", "alpha"];

/// The name of a resource, with everything around it.
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
        ResourceId::of_path(text)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl ResourceId {
    /// Reads a path from `projects/` on.
    pub(super) fn of_path(path: &str) -> Option<ResourceId> {
        let segments: Vec<&str> = path.split('/').collect();
        let ["projects", project, rest @ ..] = segments.as_slice() else {
            return None;
        };
        let (location, rest) = Location::read(rest)?;
        let [collection, name] = rest else {
            return None;
        };
        let kind = Kind::of_collection(collection).filter(|kind| location.holds(*kind))?;
        let id = ResourceId {
            kind,
            project: (*project).to_owned(),
            location,
            name: (*name).to_owned(),
        };
        (!id.project.is_empty() && !id.name.is_empty()).then_some(id)
    }

    /// Reads a link as it stands in a document of `around`: in any spelling, down to the bare name
    /// of something in the same place.
    pub(super) fn of_link(link: &str, kind: Kind, around: &ResourceId) -> Option<ResourceId> {
        let path = path_of(link);
        let path = if path.starts_with("projects/") {
            path.to_owned()
        } else if path.contains('/') {
            format!("projects/{}/{path}", around.project)
        } else {
            let location = match around.location.region() {
                _ if Location::Global.holds(kind) => Location::Global,
                Some(region) if !around.location.holds(kind) => Location::Region(region.to_owned()),
                Some(_) | None => around.location.clone(),
            };
            let project = &around.project;
            format!("projects/{project}/{location}/{}/{path}", kind.collection())
        };
        ResourceId::of_path(&path).filter(|id| id.kind == kind)
    }

    /// The link to it.
    pub(super) fn link(&self) -> String {
        format!("{LINK}{self}")
    }

    /// The link to a name beside it: its number, for instance.
    pub(super) fn link_beside(&self, name: impl fmt::Display) -> String {
        link(&format!(
            "projects/{}/{}/{}/{name}",
            self.project,
            self.location,
            self.kind.collection()
        ))
    }

    /// Where in a project it is, as documents show it: a member and its value.
    pub(super) fn location_member(&self) -> Option<(&'static str, String)> {
        location_member(&self.project, &self.location)
    }
}

/// The member that names a place in documents, and its value.
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

/// The link to a path from `projects/` on.
pub(super) fn link(path: &str) -> String {
    format!("{LINK}{path}")
}

/// A link without host and version.
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

/// Whether a link is whole: with scheme and host of the API, as the members require that say so.
pub(super) fn is_whole(link: &str) -> bool {
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

/// A text that names no resource.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the path of a resource")]
pub(super) struct NotAPath(String);

impl TryFrom<String> for ResourceId {
    type Error = NotAPath;

    fn try_from(path: String) -> Result<ResourceId, NotAPath> {
        ResourceId::of_path(&path).ok_or(NotAPath(path))
    }
}
