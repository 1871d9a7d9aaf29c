//! Reads of resources: one, a list, and the aggregated list of a project.

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
    regional_endpoint_group, service_attachment, subnetwork,
};

/// Returns the document of a resource that clients see; omits empty lists.
pub(super) fn document_of(state: &State, resource: &Resource, request: &Request) -> Value {
    let mut document = resource.body().clone();
    let id = &resource.id;
    document::set(&mut document, "kind", id.kind.document_kind());
    document::set(&mut document, "id", resource.number.to_string());
    document::set(
        &mut document,
        "creationTimestamp",
        formatted(resource.created),
    );
    document::set(&mut document, "name", id.name.as_str());
    document::set(&mut document, "selfLink", id.link());
    if let Some((member, link)) = id.location_member() {
        document::set(&mut document, member, link);
    }
    if id.kind.has_fingerprint() {
        document::set(&mut document, "fingerprint", resource.fingerprint.as_str());
    }
    match id.kind {
        Kind::ServiceAttachment => {
            service_attachment::add_output_only(state, resource, request, &mut document);
        }
        Kind::ForwardingRule => forwarding_rule::add_output_only(resource, &mut document),
        Kind::Address => address::add_output_only(state, resource, &mut document),
        Kind::EndpointGroup => endpoint_group::add_output_only(resource, &mut document),
        Kind::RegionalEndpointGroup => {
            regional_endpoint_group::add_output_only(resource, &mut document);
        }
        Kind::InstanceGroup => instance_group::add_output_only(resource, &mut document),
        Kind::Instance => instance::add_output_only(&mut document),
        Kind::Subnetwork => subnetwork::add_output_only(resource, &mut document),
        Kind::Network => network::add_output_only(state, resource, &mut document),
        Kind::BackendService | Kind::HealthCheck | Kind::Firewall => {}
    }
    if let Value::Object(members) = &mut document {
        members.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
    }
    document
}

/// `GET …/{name}`.
///
/// # Errors
/// 404 `notFound`.
pub(super) fn get(state: &State, request: &Request, id: &ResourceId) -> Result<Reply, Refusal> {
    Ok(Reply::ok(document_of(
        state,
        state.require_created(id)?,
        request,
    )))
}

/// `GET …/{collection}`.
///
/// # Errors
/// 400 `invalid` for invalid list parameters.
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
        .map(|it| document_of(state, it, request))
        .collect();
    let path = format!("projects/{project}/{location}/{}", kind.collection());
    list_reply(
        request,
        Some(kind),
        &format!("{}List", kind.document_kind()),
        &path,
        items,
    )
}

/// `GET aggregated/{collection}`: all locations, also those without resources.
///
/// # Errors
/// 400 `invalid` for invalid list parameters.
pub(super) fn aggregated_list(
    state: &State,
    call: &Call<'_>,
    project: &str,
    kind: Option<Kind>,
) -> Result<Reply, Refusal> {
    let request = call.request;
    // Zonal and regional network endpoint groups are in one list.
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|it| kind.is_some_and(|kind| it.collection() == kind.collection()))
        .collect();
    let (collection, document_kind, locations) = match kind {
        Some(kind) => (
            kind.collection(),
            kind.document_kind(),
            kinds
                .iter()
                .flat_map(|it| Location::all_of(*it))
                .collect::<Vec<Location>>(),
        ),
        None => ("operations", "compute#operation".to_owned(), Vec::new()),
    };
    let items: Vec<Value> = match kind {
        Some(_) => kinds
            .iter()
            .flat_map(|kind| state.of_kind(*kind))
            .filter(|it| it.is_created && it.id.project == project)
            .map(|it| document_of(state, it, request))
            .collect(),
        None => state
            .operations()
            .filter(|it| it.project == project)
            .map(|it| it.to_document(call.now))
            .collect(),
    };
    let path = format!("projects/{project}/aggregated/{collection}");
    let page = page::page_of(request, kind, &path, items)?;
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
                empty_scope(&scope)
            } else {
                json!({ collection: items })
            };
            (scope, value)
        })
        .collect();
    let mut reply = json!({
        "kind": format!("{document_kind}AggregatedList"),
        "id": path,
        "items": scopes,
        "selfLink": link(&path),
    });
    if let Some(token) = page.next {
        document::set(&mut reply, "nextPageToken", token);
    }
    Ok(Reply::ok(reply))
}

/// Returns the entry of a location without resources in an aggregated list.
fn empty_scope(scope: &str) -> Value {
    json!({ "warning": {
        "code": "NO_RESULTS_ON_PAGE",
        "message": format!("There are no results for scope '{scope}' on this page."),
        "data": [{ "key": "scope", "value": scope }],
    } })
}
