//! Requests about regions and zones.

use serde_json::{Value, json};

use super::id::link;
use super::location;
use super::page::list_reply;
use super::quota;
use super::refusal::Refusal;
use super::request::{Reply, Request};
use super::state::State;

/// The time at which regions and zones were created: the beginning of the epoch (reported).
const CREATED: &str = "1969-12-31T16:00:00.000-08:00";

/// The numeric id of the first region and of the first zone; the numbers are this emulator's own.
const FIRST: usize = 1000;

/// `GET …/regions`.
///
/// # Errors
/// 400 `invalid` for invalid list parameters.
pub(super) fn list_regions(
    state: &State,
    request: &Request,
    project: &str,
) -> Result<Reply, Refusal> {
    let regions = location::regions();
    let items = regions.map(|it| region(state, project, it)).collect();
    let path = format!("projects/{project}/regions");
    list_reply(request, None, "compute#regionList", &path, items)
}

/// `GET …/regions/{name}`.
///
/// # Errors
/// 404 `notFound`.
pub(super) fn get_region(state: &State, project: &str, name: &str) -> Result<Reply, Refusal> {
    let is_further = state.configuration().further_regions.contains(name);
    let is_known = is_further || location::regions().any(|it| it == name);
    let found = is_known.then(|| Reply::ok(region(state, project, name)));
    found.ok_or_else(|| Refusal::not_found(&format!("projects/{project}/regions/{name}")))
}

/// `GET …/zones`.
///
/// # Errors
/// 400 `invalid` for invalid list parameters.
pub(super) fn list_zones(request: &Request, project: &str) -> Result<Reply, Refusal> {
    let items = location::zones().map(|it| zone(project, &it)).collect();
    let path = format!("projects/{project}/zones");
    list_reply(request, None, "compute#zoneList", &path, items)
}

/// `GET …/zones/{name}`.
///
/// # Errors
/// 404 `notFound`.
pub(super) fn get_zone(project: &str, name: &str) -> Result<Reply, Refusal> {
    let found = location::zones().find(|it| it == name);
    let found = found.map(|it| Reply::ok(zone(project, &it)));
    found.ok_or_else(|| Refusal::not_found(&format!("projects/{project}/zones/{name}")))
}

/// Returns a numeric id as documents show it; further regions have the same one.
fn number(position: Option<usize>) -> String {
    position.map_or(0, |it| FIRST + it).to_string()
}

fn region(state: &State, project: &str, name: &str) -> Value {
    let zones: Vec<String> = location::zones()
        .filter(|it| location::region_of(it) == name)
        .map(|it| link(&format!("projects/{project}/zones/{it}")))
        .collect();
    json!({
        "kind": "compute#region",
        "id": number(location::regions().position(|it| it == name)),
        "creationTimestamp": CREATED,
        "name": name,
        "description": name,
        "status": "UP",
        "zones": zones,
        "quotas": quota::of_region(state, project, name),
        "selfLink": link(&format!("projects/{project}/regions/{name}")),
    })
}

fn zone(project: &str, name: &str) -> Value {
    json!({
        "kind": "compute#zone",
        "id": number(location::zones().position(|it| it == name)),
        "creationTimestamp": CREATED,
        "name": name,
        "description": name,
        "status": "UP",
        "region": link(&format!("projects/{project}/regions/{}", location::region_of(name))),
        "selfLink": link(&format!("projects/{project}/zones/{name}")),
    })
}
