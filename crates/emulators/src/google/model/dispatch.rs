//! Dispatches requests to the functions of their routes.

use jiff::{SignedDuration, Timestamp};
use rand::Rng;

use super::call::Call;
use super::fault::{self, Fault};
use super::id::ResourceId;
use super::kind::Kind;
use super::location::Location;
use super::members;
use super::refusal::Refusal;
use super::request::{Caller, Reply, Request};
use super::route::Route;
use super::state::State;
use super::{
    authorization, endpoint_group, get_health, instance_group, operation_requests, project, read,
    region, regional_endpoint_group, service, set_labels, write,
};

/// Handles a request, which may meet an injected fault.
pub(super) fn handle(
    state: &mut State,
    faults: &mut Vec<Fault>,
    request: &Request,
    now: Timestamp,
    rng: &mut dyn Rng,
) -> Reply {
    let fault = fault::take(faults, request);
    let (operation_fault, reply_fault): (Option<Fault>, Option<Fault>) = match fault {
        Some(fault) if fault.is_operation_fault() => (Some(fault), None),
        other => (None, other),
    };
    let mut call = Call {
        request,
        now,
        rng,
        error: operation_fault.as_ref().and_then(Fault::operation_error),
        extra_delay: operation_fault.map_or(SignedDuration::ZERO, |it| {
            SignedDuration::from_secs(i64::from(it.hold_seconds))
        }),
    };
    match reply_fault {
        Some(fault) => {
            if fault.apply_first {
                // The reply is lost; the caller gets that of the fault.
                let _lost = execute(state, &mut call);
            }
            fault.refusal().into()
        }
        None => execute(state, &mut call).unwrap_or_else(Reply::from),
    }
}

fn execute(state: &mut State, call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let request = call.request;
    if request.caller == Caller::Unknown {
        return Err(Refusal::unauthenticated("authError", "Invalid Credentials"));
    }
    let Some((project, route)) = Route::parse(&request.path) else {
        return Err(Refusal::not_found(&request.path));
    };
    let project = project::authorize(state, call, &project)?;
    authorization::check(state, call, &project, &route)?;
    match (request.method.as_str(), route) {
        ("GET", Route::Project) => Ok(project::get(state, &project)),
        ("POST", Route::TestPermissions) => authorization::test_permissions(state, call),
        ("GET", Route::Service(name)) => Ok(service::get(state, &project, &name)),
        ("GET", Route::Regions) => region::list_regions(state, request, &project),
        ("GET", Route::Region(name)) => region::get_region(state, &project, &name),
        ("GET", Route::Zones) => region::list_zones(request, &project),
        ("GET", Route::Zone(name)) => region::get_zone(&project, &name),
        ("GET", Route::Aggregated(kind)) => read::aggregated_list(state, call, &project, kind),
        ("GET", Route::Operations(location)) => {
            check_location(state, &location)?;
            operation_requests::list(state, call, &project, &location)
        }
        ("GET", Route::Operation(location, name)) | ("POST", Route::Wait(location, name)) => {
            operation_requests::get(state, &project, &location, &name, call.now)
        }
        ("DELETE", Route::Operation(location, name)) => {
            operation_requests::delete(state, &project, &location, &name)
        }
        ("GET", Route::Collection(location, kind)) => {
            check_location(state, &location)?;
            read::list(state, request, &project, &location, kind)
        }
        ("POST", Route::Collection(location, kind)) => {
            check_location(state, &location)?;
            match operation_requests::replayed(state, request, &project, call.now)? {
                Some(repeated) => Ok(repeated),
                None => write::insert(state, call, &project, location, kind),
            }
        }
        (_, Route::Resource(id)) => handle_resource(state, call, ResourceId { project, ..id }),
        ("POST", Route::Action(id, action)) => {
            handle_custom_method(state, call, &ResourceId { project, ..id }, &action)
        }
        (method, _) => Err(method_not_allowed(method, request)),
    }
}

fn handle_resource(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Reply, Refusal> {
    let request = call.request;
    check_location(state, &id.location)?;
    let id = by_numeric_id(state, id);
    if request.method == "GET" {
        return read::get(state, request, &id);
    }
    if let Some(repeated) = operation_requests::replayed(state, request, &id.project, call.now)? {
        return Ok(repeated);
    }
    match request.method.as_str() {
        "DELETE" => write::delete(state, call, &id),
        "PATCH" if id.kind.can_be_patched() => write::patch(state, call, &id),
        "PUT" if id.kind.can_be_replaced() => write::replace(state, call, &id),
        method => Err(method_not_allowed(method, request)),
    }
}

fn handle_custom_method(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
    action: &str,
) -> Result<Reply, Refusal> {
    check_location(state, &id.location)?;
    members::check_action(id.kind, action, call.request.body.as_ref())?;
    let id = by_numeric_id(state, id.clone());
    match (id.kind, action) {
        (Kind::BackendService, "getHealth") => {
            return get_health::get_health(state, call, &id);
        }
        (Kind::InstanceGroup, "listInstances") => {
            return instance_group::list_instances(state, call.request, &id);
        }
        (Kind::EndpointGroup | Kind::RegionalEndpointGroup, "listNetworkEndpoints") => {
            return endpoint_group::list_endpoints(state, call.request, &id);
        }
        _ => {}
    }
    if let Some(repeated) =
        operation_requests::replayed(state, call.request, &id.project, call.now)?
    {
        return Ok(repeated);
    }
    match (id.kind, action) {
        (Kind::InstanceGroup, "addInstances") => instance_group::add_instances(state, call, &id),
        (Kind::InstanceGroup, "removeInstances") => {
            instance_group::remove_instances(state, call, &id)
        }
        (Kind::EndpointGroup, "attachNetworkEndpoints") => {
            endpoint_group::attach_endpoints(state, call, &id)
        }
        (Kind::EndpointGroup, "detachNetworkEndpoints") => {
            endpoint_group::detach_endpoints(state, call, &id)
        }
        (Kind::RegionalEndpointGroup, "attachNetworkEndpoints" | "detachNetworkEndpoints") => {
            Err(regional_endpoint_group::refuse_endpoints(state, &id))
        }
        (Kind::ForwardingRule | Kind::Address, "setLabels") => {
            set_labels::set_labels(state, call, &id)
        }
        _ => Err(Refusal::not_found(&call.request.path)),
    }
}

/// Returns the id of a resource that is named by its numeric id; no name begins with a digit.
fn by_numeric_id(state: &State, id: ResourceId) -> ResourceId {
    let Ok(number) = id.name.parse::<u64>() else {
        return id;
    };
    let numbered = state.of_kind(id.kind).find(|it| {
        it.number == number && it.id.project == id.project && it.id.location == id.location
    });
    numbered.map_or(id, |it| it.id.clone())
}

/// # Errors
/// 400 `invalid` for a region or zone that does not exist.
fn check_location(state: &State, location: &Location) -> Result<(), Refusal> {
    let further = &state.configuration().further_regions;
    let is_further = location
        .region()
        .is_some_and(|region| further.contains(region));
    match location {
        _ if is_further || location.is_known() => Ok(()),
        Location::Zone(name) => Err(Refusal::parameter("zone", name, "Unknown zone.")),
        Location::Region(name) => Err(Refusal::parameter("region", name, "Unknown region.")),
        Location::Global => Ok(()),
    }
}

fn method_not_allowed(method: &str, request: &Request) -> Refusal {
    let path = &request.path;
    let message = format!("The method '{method}' is not supported on '{path}'.");
    Refusal::new(405, "httpMethodNotAllowed", message)
}
