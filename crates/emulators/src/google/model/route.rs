//! Routes of the API: paths and the collections, resources and operations that they name.

use super::id::{ResourceId, path_of};
use super::kind::Kind;
use super::location::Location;

/// The end of a path that tests permissions.
const TEST_PERMISSIONS: &str = ":testIamPermissions";

/// A parsed path; the resources that it names may not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    Project,
    /// `projects/{project}:testIamPermissions` of the Resource Manager API.
    TestPermissions,
    /// `services/{name}` of the Service Usage API.
    Service(String),
    Regions,
    Region(String),
    Zones,
    Zone(String),
    /// `aggregated/{collection}`; `None` for operations.
    Aggregated(Option<Kind>),
    Collection(Location, Kind),
    Resource(ResourceId),
    /// A custom method of a resource, by POST.
    Action(ResourceId, String),
    Operations(Location),
    Operation(Location, String),
    Wait(Location, String),
}

impl Route {
    /// Parses a path, with or without `/compute/v1`; returns the project as the path names it.
    pub(super) fn parse(path: &str) -> Option<(String, Route)> {
        let segments: Vec<&str> = path_of(path).split('/').collect();
        let ["projects", project, rest @ ..] = segments.as_slice() else {
            return None;
        };
        if segments.iter().any(|it| it.is_empty()) {
            return None;
        }
        if let ([], Some(project)) = (rest, project.strip_suffix(TEST_PERMISSIONS)) {
            return (!project.is_empty()).then(|| (project.to_owned(), Route::TestPermissions));
        }
        let route = match rest {
            [] => Route::Project,
            ["services", name] => Route::Service((*name).to_owned()),
            ["regions"] => Route::Regions,
            ["zones"] => Route::Zones,
            ["regions", region] => Route::Region((*region).to_owned()),
            ["zones", zone] => Route::Zone((*zone).to_owned()),
            ["aggregated", "operations"] => Route::Aggregated(None),
            ["aggregated", collection] => {
                Route::Aggregated(Some(Kind::from_collection(collection)?))
            }
            _ => in_location(project, rest)?,
        };
        Some(((*project).to_owned(), route))
    }
}

fn in_location(project: &str, segments: &[&str]) -> Option<Route> {
    let (location, rest) = Location::parse(segments)?;
    Some(match rest {
        ["operations"] => Route::Operations(location),
        ["operations", name] => Route::Operation(location, (*name).to_owned()),
        ["operations", name, "wait"] => Route::Wait(location, (*name).to_owned()),
        [collection, rest @ ..] => {
            let kind = location.kind_of(collection)?;
            let id = |name: &str| ResourceId {
                kind,
                project: project.to_owned(),
                location: location.clone(),
                name: name.to_owned(),
            };
            match rest {
                [] => Route::Collection(location, kind),
                [name] => Route::Resource(id(name)),
                [name, action] => Route::Action(id(name), (*action).to_owned()),
                _ => return None,
            }
        }
        [] => return None,
    })
}
