//! What a path asks for.

use super::id::{ResourceId, path_of};
use super::kind::Kind;
use super::place::Place;

/// A path that is known; names in it may be of nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    Project,
    Regions,
    Region(String),
    Zones,
    Zone(String),
    /// `aggregated/{collection}`; `None` for operations.
    Aggregated(Option<Kind>),
    Collection(Place, Kind),
    Resource(ResourceId),
    /// A POST to something below a resource.
    Action(ResourceId, String),
    Operations(Place),
    Operation(Place, String),
    Wait(Place, String),
}

impl Route {
    /// Reads a path, with or without the API's prefix; gives the project as it is named.
    pub(super) fn parse(path: &str) -> Option<(String, Route)> {
        let segments: Vec<&str> = path_of(path).split('/').collect();
        let ["projects", project, rest @ ..] = segments.as_slice() else {
            return None;
        };
        if segments.iter().any(|it| it.is_empty()) {
            return None;
        }
        let route = match rest {
            [] => Route::Project,
            ["regions"] => Route::Regions,
            ["zones"] => Route::Zones,
            ["regions", region] => Route::Region((*region).to_owned()),
            ["zones", zone] => Route::Zone((*zone).to_owned()),
            ["aggregated", "operations"] => Route::Aggregated(None),
            ["aggregated", collection] => Route::Aggregated(Some(Kind::of_collection(collection)?)),
            _ => of_place(project, rest)?,
        };
        Some(((*project).to_owned(), route))
    }
}

fn of_place(project: &str, segments: &[&str]) -> Option<Route> {
    let (place, rest) = Place::read(segments)?;
    Some(match rest {
        ["operations"] => Route::Operations(place),
        ["operations", name] => Route::Operation(place, (*name).to_owned()),
        ["operations", name, "wait"] => Route::Wait(place, (*name).to_owned()),
        [collection, rest @ ..] => {
            let kind = Kind::of_collection(collection).filter(|kind| place.holds(*kind))?;
            let id = |name: &str| ResourceId {
                kind,
                project: project.to_owned(),
                place: place.clone(),
                name: name.to_owned(),
            };
            match rest {
                [] => Route::Collection(place, kind),
                [name] => Route::Resource(id(name)),
                [name, action] => Route::Action(id(name), (*action).to_owned()),
                _ => return None,
            }
        }
        [] => return None,
    })
}
