//! Reading: one resource, lists of them, and lists over all places of a project.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::call::Call;
use super::document;
use super::id::{ResourceId, link};
use super::kind::Kind;
use super::location::Location;
use super::page::{self, list_reply};
use super::refusal::Refusal;
use super::request::{Reply, Request};
use super::resource::Resource;
use super::state::State;
use super::timestamp::formatted;
use super::{
    address, endpoint_group, forwarding_rule, instance, instance_group, network,
    service_attachment, subnetwork,
};

/// A resource as clients see it: without lists that are empty.
pub(super) fn show(state: &State, resource: &Resource, request: &Request) -> Value {
    let state = state;
    let mut shown = resource.body().clone();
    let id = &resource.id;
    document::set(&mut shown, "kind", id.kind.document_kind());
    document::set(&mut shown, "id", resource.number.to_string());
    document::set(&mut shown, "creationTimestamp", formatted(resource.created));
    document::set(&mut shown, "name", id.name.as_str());
    document::set(&mut shown, "selfLink", id.link());
    if let Some((member, link)) = id.location_member() {
        document::set(&mut shown, member, link);
    }
    if id.kind.has_fingerprint() {
        document::set(&mut shown, "fingerprint", resource.fingerprint.as_str());
    }
    match id.kind {
        Kind::ServiceAttachment => {
            service_attachment::add_output_only(state, resource, request, &mut shown);
        }
        Kind::ForwardingRule => forwarding_rule::add_output_only(resource, &mut shown),
        Kind::Address => address::add_output_only(state, resource, &mut shown),
        Kind::EndpointGroup => endpoint_group::add_output_only(resource, &mut shown),
        Kind::InstanceGroup => instance_group::add_output_only(resource, &mut shown),
        Kind::Instance => instance::add_output_only(&mut shown),
        Kind::Subnetwork => subnetwork::add_output_only(resource, &mut shown),
        Kind::Network => network::add_output_only(state, resource, &mut shown),
        Kind::BackendService | Kind::HealthCheck | Kind::Firewall => {}
    }
    if let Value::Object(members) = &mut shown {
        members.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
    }
    shown
}

pub(super) fn get(state: &State, request: &Request, id: &ResourceId) -> Result<Reply, Refusal> {
    Ok(Reply::ok(show(state, state.require_created(id)?, request)))
}

pub(super) fn list(
    state: &State,
    request: &Request,
    project: &str,
    location: &Location,
    kind: Kind,
) -> Result<Reply, Refusal> {
    let items = state
        .of_kind(kind)
        .filter(|it| it.is_created && it.id.project == project && it.id.location == *location)
        .map(|it| show(state, it, request))
        .collect();
    let path = format!("projects/{project}/{location}/{}", kind.collection());
    list_reply(
        request,
        &format!("{}List", kind.document_kind()),
        &path,
        items,
    )
}

/// `GET aggregated/{collection}`: every place of the project, those with nothing included.
pub(super) fn list_all(
    state: &State,
    call: &Call<'_>,
    project: &str,
    kind: Option<Kind>,
) -> Result<Reply, Refusal> {
    let request = call.request;
    let (collection, document_kind, locations) = match kind {
        Some(kind) => (
            kind.collection(),
            kind.document_kind(),
            Location::all_of(kind),
        ),
        None => ("operations", "compute#operation".to_owned(), Vec::new()),
    };
    let items: Vec<Value> = match kind {
        Some(kind) => state
            .of_kind(kind)
            .filter(|it| it.is_created && it.id.project == project)
            .map(|it| show(state, it, request))
            .collect(),
        None => state
            .operations()
            .filter(|it| it.project == project)
            .map(|it| it.to_document(call.now))
            .collect(),
    };
    let path = format!("projects/{project}/aggregated/{collection}");
    let page = page::page_of(request, &path, items)?;
    let mut scopes: BTreeMap<String, Vec<Value>> = locations
        .iter()
        .map(|location| (location.to_string(), Vec::new()))
        .collect();
    let root = link(&format!("projects/{project}/"));
    for item in page.items {
        let scope = ["region", "zone"]
            .iter()
            .find_map(|member| item.get(*member)?.as_str()?.strip_prefix(&root))
            .unwrap_or("global");
        scopes.entry(scope.to_owned()).or_default().push(item);
    }
    let scopes: Map<String, Value> = scopes
        .into_iter()
        .map(|(scope, items)| {
            let value = if items.is_empty() {
                nothing(&scope)
            } else {
                json!({ collection: items })
            };
            (scope, value)
        })
        .collect();
    let mut answer = json!({
        "kind": format!("{document_kind}AggregatedList"),
        "id": path,
        "items": scopes,
        "selfLink": link(&path),
    });
    if let Some(token) = page.next {
        document::set(&mut answer, "nextPageToken", token);
    }
    Ok(Reply::ok(answer))
}

/// What a list over all places says of one without anything.
fn nothing(scope: &str) -> Value {
    json!({ "warning": {
        "code": "NO_RESULTS_ON_PAGE",
        "message": format!("There are no results for scope '{scope}' on this page."),
        "data": [{ "key": "scope", "value": scope }],
    } })
}
