//! The permissions that a request needs, on the resource of its path and on those that its body
//! refers to, and their check against the caller's roles.
//!
//! From the section "IAM Permissions" of each method of the Compute Engine API; what is assumed is in
//! `docs/reference/emulators.md`.

use serde_json::{Value, json};

use super::call::Call;
use super::document;
use super::id::ResourceId;
use super::kind::Kind;
use super::location::Location;
use super::refusal::Refusal;
use super::request::{Caller, Reply};
use super::route::Route;
use super::state::State;

/// Most permissions of one test (Resource Manager API, `projects.testIamPermissions`).
const MOST_TESTED: usize = 100;

/// A permission, and the path of the resource on which it is needed.
type Needed = (String, String);

/// Checks a request of a principal with roles; of others, nothing.
///
/// # Errors
/// 403 `forbidden`.
pub(super) fn check(
    state: &State,
    call: &Call<'_>,
    project: &str,
    route: &Route,
) -> Result<(), Refusal> {
    let Caller::Principal(principal) = &call.request.caller else {
        return Ok(());
    };
    for (permission, path) in needed(state, call, project, route) {
        if !state.iam_policy().grants(principal, &permission) {
            return Err(Refusal::forbidden(&permission, &path));
        }
    }
    Ok(())
}

/// `POST projects/{project}:testIamPermissions`: those of the permissions that the caller has.
///
/// # Errors
/// 400 `badRequest` for too many permissions, and for texts that are no permissions.
pub(super) fn test_permissions(state: &State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let asked = document::list(call.body()?, "/permissions");
    if asked.len() > MOST_TESTED {
        let message = format!("Request contains more than {MOST_TESTED} permissions.");
        return Err(Refusal::new(400, "badRequest", message));
    }
    let mut granted = Vec::new();
    for permission in asked {
        let name = permission.as_str().unwrap_or_default();
        if name.split('.').count() != 3 || name.contains('*') {
            let name = super::refusal::truncated(name);
            let message = format!("Permission {name} is not valid for this resource.");
            return Err(Refusal::new(400, "badRequest", message));
        }
        let has = match &call.request.caller {
            Caller::Principal(principal) => state.iam_policy().grants(principal, name),
            Caller::Provider | Caller::Anonymous => true,
            Caller::Unknown => false,
        };
        if has {
            granted.push(name);
        }
    }
    // Google omits empty lists.
    Ok(Reply::ok(if granted.is_empty() {
        json!({})
    } else {
        json!({ "permissions": granted })
    }))
}

fn needed(state: &State, call: &Call<'_>, project: &str, route: &Route) -> Vec<Needed> {
    let method = call.request.method.as_str();
    let of_project = |permission: String| vec![(permission, format!("projects/{project}"))];
    let compute = |permission: &str| of_project(format!("compute.{permission}"));
    match route {
        // Anyone may ask for their own permissions.
        Route::TestPermissions => Vec::new(),
        Route::Service(_) => of_project("serviceusage.services.get".to_owned()),
        Route::Project => compute("projects.get"),
        Route::Regions => compute("regions.list"),
        Route::Region(_) => compute("regions.get"),
        Route::Zones => compute("zones.list"),
        Route::Zone(_) => compute("zones.get"),
        Route::Aggregated(None) => compute("globalOperations.list"),
        Route::Aggregated(Some(kind)) => compute(&format!("{}.list", collection_of(*kind))),
        Route::Operations(location) => compute(&format!("{}.list", operations(location))),
        Route::Operation(location, _) | Route::Wait(location, _) => {
            let verb = if method == "DELETE" { "delete" } else { "get" };
            compute(&format!("{}.{verb}", operations(location)))
        }
        Route::Collection(_, kind) if method == "GET" => {
            compute(&format!("{}.list", collection_of(*kind)))
        }
        Route::Collection(location, kind) => {
            let id = ResourceId {
                kind: *kind,
                project: project.to_owned(),
                location: location.clone(),
                name: document::text(call.request.body.as_ref().unwrap_or(&Value::Null), "/name")
                    .unwrap_or_default()
                    .to_owned(),
            };
            let mut needed = vec![(
                format!("compute.{}.create", collection_of(*kind)),
                id.to_string(),
            )];
            needed.extend(references(state, call, &id));
            needed
        }
        Route::Resource(id) => {
            let id = in_project(id, project);
            let verb = match method {
                "GET" => "get",
                "DELETE" => "delete",
                _ => "update",
            };
            let mut needed = vec![(
                format!("compute.{}.{verb}", collection_of(id.kind)),
                id.to_string(),
            )];
            if method != "GET" {
                needed.extend(references(state, call, &id));
            }
            needed
        }
        Route::Action(id, action) => {
            let id = in_project(id, project);
            let verb = match action.as_str() {
                "attachNetworkEndpoints" | "detachNetworkEndpoints" | "setLabels" => {
                    action.as_str()
                }
                "addInstances" | "removeInstances" => "update",
                "listInstances" => "list",
                _ => "get",
            };
            let mut needed = vec![(
                format!("compute.{}.{verb}", collection_of(id.kind)),
                id.to_string(),
            )];
            if action == "attachNetworkEndpoints" {
                needed.extend(references(state, call, &id));
            }
            needed
        }
    }
}

fn in_project(id: &ResourceId, project: &str) -> ResourceId {
    ResourceId {
        project: project.to_owned(),
        ..id.clone()
    }
}

/// The permissions on the resources that a write refers to.
fn references(state: &State, call: &Call<'_>, id: &ResourceId) -> Vec<Needed> {
    let body = call.request.body.as_ref().unwrap_or(&Value::Null);
    let existing = state.resource(id).map(|it| it.body().clone());
    let link = |text: &str, kind: Kind, permission: &str| -> Option<Needed> {
        let path = state.linked(text, kind, id)?.to_string();
        Some((format!("compute.{permission}"), path))
    };
    let one = |pointer: &str, kind: Kind, permission: &str| {
        document::text(body, pointer).and_then(|text| link(text, kind, permission))
    };
    let mut needed = Vec::new();
    match id.kind {
        Kind::Firewall | Kind::Subnetwork => {
            let network = document::text(body, "/network").or_else(|| {
                existing
                    .as_ref()
                    .and_then(|it| document::text(it, "/network"))
            });
            let policy = "networks.updatePolicy";
            needed.extend(network.and_then(|text| link(text, Kind::Network, policy)));
        }
        Kind::EndpointGroup | Kind::RegionalEndpointGroup => {
            needed.extend(one("/network", Kind::Network, "networks.use"));
            needed.extend(one("/subnetwork", Kind::Subnetwork, "subnetworks.use"));
            for entry in document::list(body, "/networkEndpoints") {
                let instance = document::text(entry, "/instance");
                let used = instance.and_then(|it| link(it, Kind::Instance, "instances.use"));
                needed.extend(used);
            }
        }
        Kind::BackendService => {
            let checks = document::list(body, "/healthChecks").iter();
            let checks = checks.filter_map(Value::as_str);
            let use_check = "regionHealthChecks.useReadOnly";
            needed.extend(checks.filter_map(|it| link(it, Kind::HealthCheck, use_check)));
            for backend in document::list(body, "/backends") {
                let group = document::text(backend, "/group").unwrap_or_default();
                let used = link(group, Kind::EndpointGroup, "networkEndpointGroups.use")
                    .or_else(|| link(group, Kind::InstanceGroup, "instanceGroups.use"));
                needed.extend(used);
            }
        }
        Kind::ForwardingRule => {
            let service = "regionBackendServices.use";
            needed.extend(one("/backendService", Kind::BackendService, service));
            needed.extend(one("/network", Kind::Network, "networks.use"));
            needed.extend(one("/subnetwork", Kind::Subnetwork, "subnetworks.use"));
        }
        Kind::ServiceAttachment => {
            let rule = "forwardingRules.use";
            needed.extend(one("/targetService", Kind::ForwardingRule, rule));
            let subnets = document::list(body, "/natSubnets").iter();
            let subnets = subnets.filter_map(Value::as_str);
            needed.extend(subnets.filter_map(|it| link(it, Kind::Subnetwork, "subnetworks.use")));
        }
        Kind::Address
        | Kind::HealthCheck
        | Kind::InstanceGroup
        | Kind::Instance
        | Kind::Network => {}
    }
    needed
}

/// The resource in permissions.
fn collection_of(kind: Kind) -> &'static str {
    match kind {
        Kind::HealthCheck => "regionHealthChecks",
        Kind::BackendService => "regionBackendServices",
        Kind::RegionalEndpointGroup => "regionNetworkEndpointGroups",
        Kind::ServiceAttachment
        | Kind::ForwardingRule
        | Kind::Address
        | Kind::EndpointGroup
        | Kind::InstanceGroup
        | Kind::Instance
        | Kind::Firewall
        | Kind::Subnetwork
        | Kind::Network => kind.collection(),
    }
}

/// The operations of a location in permissions.
fn operations(location: &Location) -> &'static str {
    match location {
        Location::Global => "globalOperations",
        Location::Region(_) => "regionOperations",
        Location::Zone(_) => "zoneOperations",
    }
}
