//! From a request to the resource it concerns, and what every answer has in common.

use jiff::Timestamp;

use super::answer::Reply;
use super::fault;
use super::guid::guid;
use super::id::{Kind, ResourceId};
use super::refusal::Refusal;
use super::route::Route;
use super::subscription;
use super::write::Call;
use super::{Azure, Generator, Request};

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
        // A fault that lets the request be accepted answers later, through the operation.
        let mut reply = match fault.filter(|_| failure.is_none()) {
            Some(fault) => {
                if fault.apply_first {
                    self.carry_out(request, None, now, rng);
                }
                Reply::from(fault.refusal())
            }
            None => self.carry_out(request, failure, now, rng),
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
    ) -> Reply {
        self.try_carry_out(request, failure, now, rng)
            .unwrap_or_else(Reply::from)
    }

    fn try_carry_out(
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
                self.list_elements(&parent, &collection)
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
