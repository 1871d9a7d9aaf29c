//! From a request to the resource it concerns.

use jiff::Timestamp;
use serde_json::Value;

use super::answer::{Reply, listed, reply, shown};
use super::document;
use super::element;
use super::endpoint_connection;
use super::fault;
use super::guid::guid;
use super::id::{Kind, ResourceId};
use super::refusal::Refusal;
use super::resource::Resource;
use super::route::Route;
use super::write::Call;
use super::{Azure, Generator, Request};
use super::{
    load_balancer, network_interface, private_endpoint, private_link_service, public_ip, subnet,
    subscription, virtual_network,
};

impl Azure {
    /// Answers a request, a planted fault first.
    pub(super) fn answer(
        &mut self,
        request: &Request,
        now: Timestamp,
        rng: &mut dyn Generator,
    ) -> Reply {
        let fault = fault::take(&mut self.faults, request);
        let failure = fault.as_ref().and_then(fault::Fault::failure);
        let intercepts = fault.is_some() && failure.is_none();
        let carried_out = fault
            .as_ref()
            .is_none_or(|fault| fault.apply_first || !intercepts);
        let mut result = None;
        if carried_out {
            result = Some(self.carry_out(request, failure, now, rng));
        }
        let mut reply = match (fault.filter(|_| intercepts), result) {
            (Some(fault), _) => fault.refusal().into(),
            (None, Some(Ok(reply))) => reply,
            (None, Some(Err(refusal))) => refusal.into(),
            (None, None) => reply(200, None),
        };
        add_common_headers(&mut reply, request, rng);
        reply
    }

    fn carry_out(
        &mut self,
        request: &Request,
        failure: Option<fault::Failure>,
        now: Timestamp,
        rng: &mut dyn Generator,
    ) -> Result<Reply, Refusal> {
        let base_url = &self.configuration.base_url;
        let caller = request
            .caller
            .as_ref()
            .ok_or_else(|| Refusal::unauthenticated(base_url))?;
        let api_version = check_api_version(request)?;
        let route =
            Route::parse(&request.path).ok_or_else(|| Refusal::unknown_path(&request.path))?;
        let mut call = Call {
            request,
            caller,
            api_version,
            now,
            rng,
            failure,
        };
        if let Some(subscription) = route.subscription() {
            self.enter_subscription(&call, subscription)?;
        }
        self.dispatch(&mut call, route)
    }

    fn dispatch(&mut self, call: &mut Call<'_>, route: Route) -> Result<Reply, Refusal> {
        let request = call.request;
        match (request.method.as_str(), route) {
            ("GET", Route::Subscriptions) => Ok(self.list_subscriptions(call.caller)),
            ("GET", Route::Subscription { subscription }) => {
                Ok(self.get_subscription(&subscription))
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
            ("GET", Route::Groups { subscription }) => {
                Ok(self.list(Kind::ResourceGroup, &subscription, None))
            }
            (
                "GET",
                Route::Everything {
                    subscription,
                    group,
                },
            ) => self.list_everything(request, &subscription, group.as_deref()),
            ("GET", Route::Status { operation, .. }) => self.operation_status(request, &operation),
            ("GET", Route::Outcome { operation, .. } | Route::GroupResult { operation, .. }) => {
                self.operation_outcome(request, &operation)
            }
            ("POST", Route::Visibility { subscription }) => {
                self.check_visibility(call, &subscription)
            }
            ("GET", Route::AutoApproved { subscription }) => {
                Ok(self.list_auto_approved(&subscription))
            }
            (
                "GET",
                Route::Collection {
                    subscription,
                    group,
                    kind,
                },
            ) => {
                if let Some(group) = &group {
                    self.require_group(&ResourceId::of_group(&subscription, group))?;
                }
                Ok(self.list(kind, &subscription, group.as_deref()))
            }
            ("GET", Route::Children { parent, kind }) => self.list_children(&parent, kind),
            ("GET", Route::Elements { parent, collection }) => {
                let (owner, name) = self.elements(&parent, &collection)?;
                Ok(listed(document::list(&owner, &name).to_vec()))
            }
            (
                "GET",
                Route::Element {
                    parent,
                    collection,
                    name,
                },
            ) => self.get_element(&parent, &collection, &name),
            (_, Route::Resource(id)) => self.dispatch_resource(call, id),
            (method, _) => Err(Refusal::method(method, &request.path)),
        }
    }

    fn dispatch_resource(&mut self, call: &mut Call<'_>, id: ResourceId) -> Result<Reply, Refusal> {
        match (call.request.method.as_str(), id.kind()) {
            ("GET", _) => self.get(&id),
            ("HEAD", Kind::ResourceGroup) => Ok(self.head_group(&id)),
            ("DELETE", Kind::ResourceGroup) => self.delete_group(call, &id),
            ("DELETE", _) => self.delete(call, &id),
            ("PUT", Kind::ResourceGroup) => self.put_group(call, id),
            ("PUT", Kind::VirtualNetwork) => self.put_network(call, id),
            ("PUT", Kind::Subnet) => self.put_subnet(call, id),
            ("PUT", Kind::PublicIp) => self.put_public_ip(call, id),
            ("PUT", Kind::NetworkInterface) => self.put_interface(call, id),
            ("PUT", Kind::LoadBalancer) => self.put_balancer(call, id),
            ("PUT", Kind::PrivateLinkService) => self.put_service(call, &id),
            ("PUT", Kind::EndpointConnection) => self.put_connection(call, &id),
            ("PUT", Kind::PrivateEndpoint) => self.put_endpoint(call, &id),
            (method, _) => Err(Refusal::method(method, &call.request.path)),
        }
    }
}

// === reading ===

impl Azure {
    /// A resource as clients see it.
    pub(super) fn show(&self, resource: &Resource) -> Value {
        let state = &self.state;
        let mut shown = resource.shown();
        match resource.id.kind() {
            Kind::VirtualNetwork => virtual_network::dress(state, resource, &mut shown),
            Kind::Subnet => subnet::dress(state, resource, &mut shown),
            Kind::PublicIp => public_ip::dress(state, resource, &mut shown),
            Kind::NetworkInterface => network_interface::dress(resource, &mut shown),
            Kind::LoadBalancer => load_balancer::dress(state, resource, &mut shown),
            Kind::PrivateLinkService => private_link_service::dress(state, resource, &mut shown),
            Kind::EndpointConnection => endpoint_connection::dress(resource, &mut shown),
            Kind::PrivateEndpoint => private_endpoint::dress(state, resource, &mut shown),
            Kind::ResourceGroup => {}
        }
        shown
    }

    /// A resource that is there for its readers.
    fn require(&self, id: &ResourceId) -> Result<&Resource, Refusal> {
        self.require_group(&id.group_id())?;
        self.require_parent(id, "read")?;
        self.state
            .resource(id)
            .filter(|it| {
                it.id.kind() != Kind::EndpointConnection || endpoint_connection::is_visible(it)
            })
            .ok_or_else(|| Refusal::missing(id))
    }

    fn get(&self, id: &ResourceId) -> Result<Reply, Refusal> {
        Ok(shown(self.show(self.require(id)?)))
    }

    fn list(&self, kind: Kind, subscription: &str, group: Option<&str>) -> Reply {
        let found = self
            .state
            .of_kind(kind)
            .filter(|it| it.id.subscription().eq_ignore_ascii_case(subscription))
            .filter(|it| group.is_none_or(|group| it.id.group().eq_ignore_ascii_case(group)));
        listed(found.map(|it| self.show(it)))
    }

    fn list_children(&self, parent: &ResourceId, kind: Kind) -> Result<Reply, Refusal> {
        self.require(parent)?;
        let children = self.state.children(parent, kind).filter(|it| {
            it.id.kind() != Kind::EndpointConnection || endpoint_connection::is_visible(it)
        });
        Ok(listed(children.map(|it| self.show(it))))
    }

    /// A shown resource and the place of its list of elements.
    fn elements(&self, parent: &ResourceId, collection: &str) -> Result<(Value, String), Refusal> {
        let shown = self.show(self.require(parent)?);
        let name = shown
            .pointer("/properties")
            .and_then(Value::as_object)
            .and_then(|members| {
                members
                    .iter()
                    .find(|(name, value)| name.eq_ignore_ascii_case(collection) && value.is_array())
            })
            .map(|(name, _)| format!("/properties/{name}"));
        match name {
            Some(name) => Ok((shown, name)),
            None => Err(Refusal::unknown_path(&format!("{parent}/{collection}"))),
        }
    }

    fn get_element(
        &self,
        parent: &ResourceId,
        collection: &str,
        name: &str,
    ) -> Result<Reply, Refusal> {
        let (owner, pointer) = self.elements(parent, collection)?;
        let found = element::find(document::list(&owner, &pointer), name);
        found.cloned().map(shown).ok_or_else(|| {
            let id = format!("{parent}/{collection}/{name}");
            Refusal::network(404, "NotFound", format!("Resource {id} not found."))
        })
    }

    /// `GET …/resources`, with the comparisons of `$filter` that joined by `and`.
    fn list_everything(
        &self,
        request: &Request,
        subscription: &str,
        group: Option<&str>,
    ) -> Result<Reply, Refusal> {
        let filter = request
            .query
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("$filter"));
        let filter = filter
            .map(|(_, filter)| parse_filter(filter))
            .transpose()?
            .unwrap_or_default();
        let matches = |resource: &&Resource| {
            filter.iter().all(|(member, wanted)| {
                let found = match member.as_str() {
                    "name" => resource.id.name().to_owned(),
                    "resourcegroup" => resource.id.group().to_owned(),
                    "resourcetype" => resource.id.kind().full_type(),
                    _ => resource.location().to_owned(),
                };
                found.eq_ignore_ascii_case(wanted)
            })
        };
        let found = self
            .state
            .resources()
            .filter(|it| it.id.kind() != Kind::ResourceGroup && !it.id.kind().is_child())
            .filter(|it| it.id.subscription().eq_ignore_ascii_case(subscription))
            .filter(|it| group.is_none_or(|group| it.id.group().eq_ignore_ascii_case(group)))
            .filter(matches)
            .map(|it| {
                let mut shown = it.shown();
                for member in ["/properties", "/etag"] {
                    document::discard(&mut shown, member);
                }
                shown
            });
        Ok(listed(found))
    }
}

/// Members a `$filter` may compare.
const FILTERED: [&str; 4] = ["name", "resourcegroup", "resourcetype", "location"];

/// Reads `member eq 'text' and …`.
fn parse_filter(filter: &str) -> Result<Vec<(String, String)>, Refusal> {
    filter
        .split(" and ")
        .map(|part| {
            let mut words = part.trim().splitn(3, ' ');
            let (member, eq, text) = (words.next(), words.next(), words.next());
            let member = member.map(str::to_ascii_lowercase).filter(|it| FILTERED.contains(&it.as_str()));
            let text = text.and_then(|it| it.strip_prefix('\'')?.strip_suffix('\''));
            match (member, eq, text) {
                (Some(member), Some("eq"), Some(text)) => Ok((member, text.to_owned())),
                _ => Err(Refusal::gateway(
                    400,
                    "InvalidFilterInQueryString",
                    format!("Invalid $filter '{filter}': only name, resourceGroup, resourceType and location, compared by eq and joined by and, are understood here."),
                )),
            }
        })
        .collect()
}

// === the envelope ===

/// The api-version: any date, possibly a preview.
fn check_api_version(request: &Request) -> Result<&str, Refusal> {
    let given = request
        .query
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("api-version"));
    let Some((_, version)) = given else {
        return Err(Refusal::gateway(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        ));
    };
    let date = version.strip_suffix("-preview").unwrap_or(version);
    if date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok() {
        return Ok(version);
    }
    Err(Refusal::gateway(
        400,
        "InvalidApiVersionParameter",
        format!(
            "The api-version '{version}' is invalid. Use a date: YYYY-MM-DD or YYYY-MM-DD-preview."
        ),
    ))
}

/// Headers every answer has.
///
/// The remaining budgets are the recorded ones and do not fall: throttling is planted as a fault.
fn add_common_headers(reply: &mut Reply, request: &Request, rng: &mut dyn Generator) {
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
    reply
        .headers
        .push((budget.0.to_owned(), budget.1.to_owned()));
    reply
        .headers
        .push(("x-ms-request-id".to_owned(), id.clone()));
    reply
        .headers
        .push(("x-ms-correlation-request-id".to_owned(), id));
}
