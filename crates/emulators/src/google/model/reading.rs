//! Reading: one resource, lists of them, and lists over all places of a project.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Google;
use super::call::Call;
use super::document;
use super::id::{ResourceId, link};
use super::kind::Kind;
use super::page::{self, listed};
use super::place::{self, Place};
use super::refusal::Refusal;
use super::request::{Reply, Request};
use super::resource::Resource;
use super::timestamp::printed;
use super::{
    address, endpoint_group, forwarding_rule, instance, instance_group, network,
    service_attachment, subnetwork,
};

impl Google {
    /// A resource as clients see it: without lists that are empty.
    pub(super) fn show(&self, resource: &Resource, request: &Request) -> Value {
        let state = &self.state;
        let mut shown = resource.body().clone();
        let id = &resource.id;
        document::put(&mut shown, "kind", id.kind.document_kind());
        document::put(&mut shown, "id", resource.number.to_string());
        document::put(&mut shown, "creationTimestamp", printed(resource.created));
        document::put(&mut shown, "name", id.name.as_str());
        document::put(&mut shown, "selfLink", id.link());
        if let Some((member, link)) = id.place_member() {
            document::put(&mut shown, member, link);
        }
        if id.kind.has_fingerprint() {
            document::put(&mut shown, "fingerprint", resource.fingerprint.as_str());
        }
        match id.kind {
            Kind::ServiceAttachment => {
                service_attachment::dress(state, resource, request, &mut shown);
            }
            Kind::ForwardingRule => forwarding_rule::dress(state, resource, request, &mut shown),
            Kind::Address => address::dress(state, resource, &mut shown),
            Kind::EndpointGroup => endpoint_group::dress(resource, &mut shown),
            Kind::InstanceGroup => instance_group::dress(resource, &mut shown),
            Kind::Instance => instance::dress(&mut shown),
            Kind::Subnetwork => subnetwork::dress(resource, &mut shown),
            Kind::Network => network::dress(state, resource, &mut shown),
            Kind::BackendService | Kind::HealthCheck | Kind::Firewall => {}
        }
        if let Value::Object(members) = &mut shown {
            members.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
        }
        shown
    }

    /// A resource that is there for its readers.
    pub(super) fn require(&self, id: &ResourceId) -> Result<&Resource, Refusal> {
        self.state.made(id).ok_or_else(|| Refusal::not_found(id))
    }

    pub(super) fn get(&self, request: &Request, id: &ResourceId) -> Result<Reply, Refusal> {
        Ok(Reply::ok(self.show(self.require(id)?, request)))
    }

    pub(super) fn list(
        &self,
        request: &Request,
        project: &str,
        place: &Place,
        kind: Kind,
    ) -> Result<Reply, Refusal> {
        let items = self
            .state
            .of_kind(kind)
            .filter(|it| it.is_made && it.id.project == project && it.id.place == *place)
            .map(|it| self.show(it, request))
            .collect();
        let path = format!("projects/{project}/{place}/{}", kind.collection());
        listed(
            request,
            &format!("{}List", kind.document_kind()),
            &path,
            items,
        )
    }

    pub(super) fn list_operations(
        &self,
        call: &Call<'_>,
        project: &str,
        place: &Place,
    ) -> Result<Reply, Refusal> {
        let items = self
            .state
            .operations()
            .filter(|it| it.is_in(project, place))
            .map(|it| it.shown(call.now))
            .collect();
        let path = format!("projects/{project}/{place}/operations");
        listed(call.request, "compute#operationList", &path, items)
    }

    /// `GET aggregated/{collection}`: every place of the project, those with nothing included.
    pub(super) fn list_all(
        &self,
        call: &Call<'_>,
        project: &str,
        kind: Option<Kind>,
    ) -> Result<Reply, Refusal> {
        let request = call.request;
        let (collection, document_kind, places) = match kind {
            Some(kind) => (kind.collection(), kind.document_kind(), Place::all_of(kind)),
            None => ("operations", "compute#operation".to_owned(), Vec::new()),
        };
        let items: Vec<Value> = match kind {
            Some(kind) => self
                .state
                .of_kind(kind)
                .filter(|it| it.is_made && it.id.project == project)
                .map(|it| self.show(it, request))
                .collect(),
            None => self
                .state
                .operations()
                .filter(|it| it.project == project)
                .map(|it| it.shown(call.now))
                .collect(),
        };
        let path = format!("projects/{project}/aggregated/{collection}");
        let page = page::cut(request, &path, items)?;
        let mut scopes: BTreeMap<String, Vec<Value>> = places
            .iter()
            .map(|place| (place.to_string(), Vec::new()))
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
            document::put(&mut answer, "nextPageToken", token);
        }
        Ok(Reply::ok(answer))
    }
}

/// What a list over all places says of one without anything.
fn nothing(scope: &str) -> Value {
    json!({ "warning": {
        "code": "NO_RESULTS_ON_PAGE",
        "message": format!("There are no results for scope '{scope}' on this page."),
        "data": [{ "key": "scope", "value": scope }],
    } })
}

// === regions and zones ===

pub(super) fn list_regions(request: &Request, project: &str) -> Result<Reply, Refusal> {
    let items = place::regions().map(|it| region(project, it)).collect();
    let path = format!("projects/{project}/regions");
    listed(request, "compute#regionList", &path, items)
}

pub(super) fn get_region(project: &str, name: &str) -> Result<Reply, Refusal> {
    let found = place::regions().find(|it| *it == name);
    let found = found.map(|it| Reply::ok(region(project, it)));
    found.ok_or_else(|| Refusal::not_found(&format!("projects/{project}/regions/{name}")))
}

pub(super) fn list_zones(request: &Request, project: &str) -> Result<Reply, Refusal> {
    let items = place::zones().map(|it| zone(project, &it)).collect();
    let path = format!("projects/{project}/zones");
    listed(request, "compute#zoneList", &path, items)
}

pub(super) fn get_zone(project: &str, name: &str) -> Result<Reply, Refusal> {
    let found = place::zones().find(|it| it == name);
    let found = found.map(|it| Reply::ok(zone(project, &it)));
    found.ok_or_else(|| Refusal::not_found(&format!("projects/{project}/zones/{name}")))
}

fn region(project: &str, name: &str) -> Value {
    let zones: Vec<String> = place::zones()
        .filter(|it| place::region_of(it) == name)
        .map(|it| link(&format!("projects/{project}/zones/{it}")))
        .collect();
    json!({
        "kind": "compute#region",
        "name": name,
        "status": "UP",
        "zones": zones,
        "selfLink": link(&format!("projects/{project}/regions/{name}")),
    })
}

fn zone(project: &str, name: &str) -> Value {
    json!({
        "kind": "compute#zone",
        "name": name,
        "status": "UP",
        "region": link(&format!("projects/{project}/regions/{}", place::region_of(name))),
        "selfLink": link(&format!("projects/{project}/zones/{name}")),
    })
}
