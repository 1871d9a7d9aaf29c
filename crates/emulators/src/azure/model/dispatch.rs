//! Dispatch of requests to the functions of the model, and the headers of every reply.

use std::time::Duration;

use jiff::Timestamp;

use super::admission;
use super::api_version;
use super::authorization;
use super::body_schema;
use super::call::Call;
use super::fault::{self, Fault};
use super::guid::guid;
use super::id::ResourceId;
use super::kind::Kind;
use super::operation_requests;
use super::read;
use super::refusal::Refusal;
use super::reply::{Reply, listed};
use super::request::Request;
use super::resource_group;
use super::route::Route;
use super::rule_health;
use super::separate_pool;
use super::service_access;
use super::state::State;
use super::subscription;
use super::tags;
use super::usage;
use super::write;
use rand::Rng;

/// Answers a request; an injected fault that matches comes first.
pub(super) fn answer(
    state: &mut State,
    faults: &mut Vec<Fault>,
    request: &Request,
    now: Timestamp,
    rng: &mut dyn Rng,
) -> Reply {
    let mut reply = match fault::take(faults, request) {
        Some(fault) if !fault.is_operation_fault() => {
            if fault.apply_first {
                process(state, request, None, now, rng);
            }
            Reply::from(fault.refusal())
        }
        // A fault with status 2xx accepts the request and disturbs its operation.
        fault => process(state, request, fault.as_ref(), now, rng),
    };
    add_common_headers(&mut reply, request, rng);
    reply
}

fn process(
    state: &mut State,
    request: &Request,
    fault: Option<&Fault>,
    now: Timestamp,
    rng: &mut dyn Rng,
) -> Reply {
    try_process(state, request, fault, now, rng).unwrap_or_else(Reply::from)
}

fn try_process(
    state: &mut State,
    request: &Request,
    fault: Option<&Fault>,
    now: Timestamp,
    rng: &mut dyn Rng,
) -> Result<Reply, Refusal> {
    let base_url = &state.configuration().base_url;
    let caller = request
        .caller
        .as_ref()
        .ok_or_else(|| Refusal::unauthenticated(base_url))?;
    let api_version = api_version::check(request)?;
    let route = Route::parse(&request.path).ok_or_else(|| Refusal::unknown_path(&request.path))?;
    let mut call = Call {
        request,
        caller,
        api_version,
        now,
        rng,
        failure: fault.and_then(Fault::failure),
        extra_delay: fault.map_or(Duration::ZERO, |it| {
            Duration::from_secs(it.hold_seconds.into())
        }),
    };
    if let Some(subscription) = route.subscription() {
        subscription::enter_subscription(state, &call, subscription)?;
    }
    authorization::check(state, &call, &route)?;
    let mut reply = dispatch(state, &mut call, route)?;
    if let Some(shown) = &mut reply.body {
        body_schema::leave_out_newer(shown, api_version);
    }
    Ok(reply)
}

fn dispatch(state: &mut State, call: &mut Call<'_>, route: Route) -> Result<Reply, Refusal> {
    let request = call.request;
    if request.method == "GET"
        && let Some(reply) = read_part(state, &route)
    {
        return reply;
    }
    match (request.method.as_str(), route) {
        ("GET", Route::Subscriptions) => Ok(subscription::list_subscriptions(state, call.caller)),
        ("GET", Route::Subscription { subscription }) => {
            Ok(subscription::get_subscription(state, &subscription))
        }
        (
            "GET",
            Route::Providers {
                subscription,
                namespace: None,
            },
        ) => Ok(subscription::list_providers(&subscription)),
        (
            "GET",
            Route::Providers {
                subscription,
                namespace: Some(namespace),
            },
        )
        | (
            "POST",
            Route::Register {
                subscription,
                namespace,
            },
        ) => subscription::get_provider(&subscription, &namespace),
        ("GET", Route::Locations { subscription }) => {
            Ok(subscription::list_locations(state, &subscription))
        }
        ("GET", Route::Permissions { scope, .. }) => {
            Ok(listed(authorization::permissions(state, call, &scope)))
        }
        (
            "GET",
            Route::Usages {
                subscription,
                location,
            },
        ) => usage::list(state, &subscription, &location),
        ("GET", Route::Groups { subscription }) => {
            Ok(read::list(state, Kind::ResourceGroup, &subscription, None))
        }
        (
            "GET",
            Route::AllResources {
                subscription,
                group,
            },
        ) => read::list_all(state, request, &subscription, group.as_deref()),
        (
            "GET",
            Route::OperationStatus { operation, .. } | Route::DnsOperationStatus { operation, .. },
        ) => operation_requests::status(state, request, &operation),
        (
            "GET",
            Route::OperationResult { operation, .. }
            | Route::DnsOperationResult { operation, .. }
            | Route::GroupOperationResult { operation, .. },
        ) => match rule_health::result(state, request, &operation, call.now) {
            Some(health) => health,
            None => operation_requests::result(state, request, &operation),
        },
        ("POST", Route::RuleHealth { balancer, rule }) => {
            rule_health::start(state, call, &balancer, &rule)
        }
        ("POST", Route::Visibility { subscription }) => {
            service_access::check_visibility(state, call, &subscription)
        }
        ("GET", Route::AutoApproved { subscription }) => {
            Ok(service_access::list_auto_approved(state, &subscription))
        }
        (
            method @ ("PUT" | "DELETE"),
            Route::Element {
                parent,
                collection,
                name,
            },
        ) if parent.kind() == Kind::LoadBalancer
            && collection.eq_ignore_ascii_case(separate_pool::COLLECTION) =>
        {
            match method {
                "PUT" => write::put_pool(state, call, &parent, &name),
                _ => write::delete_pool(state, call, &parent, &name),
            }
        }
        (_, Route::Deployments { .. }) => Err(Refusal::no_deployments()),
        (_, Route::Resource(id)) => dispatch_resource(state, call, id),
        (method, _) => Err(Refusal::method(method, &request.path)),
    }
}

/// `GET` of a list, or of a part of a resource; `None` for other routes.
fn read_part(state: &State, route: &Route) -> Option<Result<Reply, Refusal>> {
    Some(match route {
        Route::Collection {
            subscription,
            group,
            kind,
        } => read_collection(state, subscription, group.as_deref(), *kind),
        Route::Children { parent, kind } => read::list_children(state, parent, *kind),
        Route::RecordSets { zone } => read::list_record_sets(state, zone),
        Route::Elements { parent, collection } => read::list_elements(state, parent, collection),
        Route::Element {
            parent,
            collection,
            name,
        } => read::get_element(state, parent, collection, name),
        _ => return None,
    })
}

fn read_collection(
    state: &State,
    subscription: &str,
    group: Option<&str>,
    kind: Kind,
) -> Result<Reply, Refusal> {
    if let Some(group) = group {
        admission::require_group(state, &ResourceId::of_group(subscription, group))?;
    }
    Ok(read::list(state, kind, subscription, group))
}

fn dispatch_resource(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Reply, Refusal> {
    match (call.request.method.as_str(), id.kind()) {
        ("GET", _) => read::get(state, &id),
        ("HEAD", Kind::ResourceGroup) => Ok(resource_group::head(state, &id)),
        ("DELETE", Kind::ResourceGroup) => write::delete_group(state, call, &id),
        ("DELETE", _) => write::delete(state, call, &id),
        ("PATCH", kind) if tags::can_update(kind) => tags::update(state, call, &id),
        ("PUT", _) => write::put(state, call, id),
        (method, _) => Err(Refusal::method(method, &call.request.path)),
    }
}

/// Adds the headers of every reply.
///
/// The remaining calls are the recorded ones and do not decrease: throttling is an injected fault.
fn add_common_headers(reply: &mut Reply, request: &Request, rng: &mut dyn Rng) {
    let budget = match request.method.as_str() {
        "GET" | "HEAD" => (
            "x-ms-ratelimit-remaining-subscription-global-reads",
            "16499",
        ),
        "DELETE" => (
            "x-ms-ratelimit-remaining-subscription-global-deletes",
            "11999",
        ),
        _ => (
            "x-ms-ratelimit-remaining-subscription-global-writes",
            "11999",
        ),
    };
    let id = guid(rng);
    // Recorded: replies of private DNS do not have it.
    if !api_version::is_private_dns_path(&request.path) {
        reply
            .headers
            .push((budget.0.to_owned(), budget.1.to_owned()));
    }
    reply
        .headers
        .push(("x-ms-request-id".to_owned(), id.clone()));
    reply
        .headers
        .push(("x-ms-correlation-request-id".to_owned(), id));
}
