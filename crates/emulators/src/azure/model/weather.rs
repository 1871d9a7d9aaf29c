//! Faults of the weather in the forms of Azure.

use jiff::Timestamp;
use rand::Rng;
use serde_json::{Value, json};

use super::azure::Azure;
use super::connection_state::STATE;
use super::document;
use super::fault::Fault;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;
use super::reply::Reply;
use super::request::{Caller, Request};
use super::route::Route;
use super::show::show;
use crate::weather::{
    Access, FalseRefusal, InWeather, OperationFault, RequestFacts, ServerError, Settings, target,
};

/// Version of the API of requests that put settings back.
const API_VERSION: &str = "2024-05-01";

/// Settings of a private link service that another program may put back.
const SERVICE_SETTINGS: [&str; 3] = [
    "/tags",
    "/properties/visibility",
    "/properties/autoApproval",
];

impl InWeather for Azure {
    fn facts(&self, request: &Request) -> RequestFacts {
        let route = Route::parse(&request.path);
        let scope = route.as_ref().and_then(Route::subscription);
        let (access, collection) = match &route {
            Some(route) => self.access(request, route),
            None => (Access::Other, "other"),
        };
        let method = request.method.clone();
        RequestFacts {
            method,
            access,
            collection: collection.to_owned(),
            target: target(&request.path, &request.query).to_ascii_lowercase(),
            scope: scope.unwrap_or_default().to_ascii_lowercase(),
        }
    }

    fn refusal(&self, request: &Request, refusal: &FalseRefusal, now: Timestamp) -> Reply {
        let route = Route::parse(&request.path);
        let subscription = route.as_ref().and_then(Route::subscription);
        let base_url = &self.state.configuration().base_url;
        let refused = match refusal {
            FalseRefusal::Throttled { retry_after, .. } => Refusal::gateway(
                429,
                "SubscriptionRequestsThrottled",
                format!(
                    "Number of requests for subscription '{}' exceeded the limit. Retry after the \
                     time of the header.",
                    subscription.unwrap_or_default()
                ),
            )
            .header("retry-after", retry_after.as_str()),
            FalseRefusal::Conflict => Refusal::network(
                409,
                "AnotherOperationInProgress",
                "Another operation on this or dependent resource is in progress.",
            ),
            FalseRefusal::PreconditionFailed => Refusal::stale_tag(
                request.if_match.as_deref().unwrap_or_default(),
                "W/\"00000000-0000-0000-0000-000000000000\"",
                &request.path,
            ),
            FalseRefusal::Server(ServerError::Internal) => {
                Refusal::network(500, "InternalServerError", "An error occurred.")
            }
            // A proxy in front of the resource manager answers without its form.
            FalseRefusal::Server(ServerError::BadGateway) => {
                return Reply {
                    status: 502,
                    headers: Vec::new(),
                    body: None,
                };
            }
            FalseRefusal::Server(ServerError::Unavailable) => Refusal::gateway(
                503,
                "ServiceUnavailable",
                "The service is temporarily unavailable. Retry the request.",
            ),
            FalseRefusal::Server(ServerError::GatewayTimeout) => Refusal::gateway(
                504,
                "GatewayTimeout",
                "The gateway did not receive a response from 'Microsoft.Network' within the \
                 specified time period.",
            ),
            FalseRefusal::TokenExpired => Refusal::expired_token(base_url, now),
            FalseRefusal::Quota => quota(&request.path),
        };
        refused.into()
    }

    fn absent(&self, request: &Request) -> Reply {
        match Route::parse(&request.path) {
            Some(Route::Resource(id)) if id.kind() == Kind::ResourceGroup => {
                Refusal::missing_group(id.name()).into()
            }
            Some(Route::Resource(id)) => Refusal::missing(&id).into(),
            _ => Refusal::network(
                404,
                "NotFound",
                format!("Resource {} not found.", request.path),
            )
            .into(),
        }
    }

    fn handle_with(
        &mut self,
        request: &Request,
        fault: OperationFault,
        now: Timestamp,
        rng: &mut dyn Rng,
    ) -> Reply {
        let (code, hold_seconds) = match fault {
            OperationFault::Fails => ("InternalServerError", 0),
            OperationFault::Hangs { for_seconds } => ("", for_seconds),
        };
        let fault = Fault {
            method: None,
            path_contains: String::new(),
            status: 200,
            code: code.to_owned(),
            message: "An error occurred.".to_owned(),
            retry_after_seconds: None,
            times: 1,
            apply_first: false,
            hold_seconds,
        };
        self.answer_with(&mut vec![fault], request, now, rng)
    }

    fn settings(&self, request: &Request) -> Option<Settings> {
        let Some(Route::Resource(id)) = Route::parse(&request.path) else {
            return None;
        };
        let resource = self.state.resource(&id)?;
        if request.method != "PUT" {
            return None;
        }
        let shown = show(&self.state, resource);
        let members = match id.kind() {
            Kind::PrivateLinkService => {
                let settings = SERVICE_SETTINGS.iter().filter_map(|pointer| {
                    Some(((*pointer).to_owned(), shown.pointer(pointer)?.clone()))
                });
                Value::Object(settings.collect())
            }
            Kind::EndpointConnection => {
                let desired = request.body.as_ref()?;
                let status = format!("{STATE}/status");
                let is_decided = document::text_is(&shown, &status, "Approved");
                if is_decided || !document::text_is(desired, &status, "Approved") {
                    return None;
                }
                json!({ STATE: {
                    "status": "Rejected",
                    "description": "Rejected by a policy",
                    "actionsRequired": "None",
                } })
            }
            Kind::PrivateDnsZoneGroup
            | Kind::PrivateEndpoint
            | Kind::NetworkInterface
            | Kind::LoadBalancer
            | Kind::PublicIp
            | Kind::VirtualNetworkLink
            | Kind::RecordSet(_)
            | Kind::PrivateDnsZone
            | Kind::Subnet
            | Kind::VirtualNetwork
            | Kind::SecurityGroup
            | Kind::ResourceGroup => return None,
        };
        Some(Settings {
            path: id.to_string(),
            members,
        })
    }

    fn put_back(&self, settings: &Settings) -> Option<Request> {
        let Some(Route::Resource(id)) = Route::parse(&settings.path) else {
            return None;
        };
        let mut body = show(&self.state, self.state.resource(&id)?);
        let members = settings.members.as_object()?;
        for (pointer, value) in members {
            document::put(&mut body, pointer, value.clone());
        }
        let configuration = self.state.configuration();
        Some(Request {
            method: "PUT".to_owned(),
            path: settings.path.clone(),
            query: vec![("api-version".to_owned(), API_VERSION.to_owned())],
            if_match: None,
            if_none_match: None,
            body: Some(body),
            caller: Some(Caller {
                tenant: configuration.provider_tenant.clone(),
                client: configuration.provider_client.clone(),
            }),
        })
    }
}

impl Azure {
    /// The access of a request, and the collection of its resource.
    fn access(&self, request: &Request, route: &Route) -> (Access, &'static str) {
        match route {
            Route::Resource(id) => (self.resource_access(request, id), id.kind().collection()),
            Route::Collection { kind, .. } | Route::Children { kind, .. } => {
                (Access::List, kind.collection())
            }
            Route::Groups { .. } => (Access::List, Kind::ResourceGroup.collection()),
            Route::AllResources { .. } => (Access::List, "resources"),
            Route::RecordSets { .. } => (Access::List, "recordSets"),
            Route::GroupOperationResult { .. }
            | Route::OperationStatus { .. }
            | Route::OperationResult { .. }
            | Route::DnsOperationStatus { .. }
            | Route::DnsOperationResult { .. } => (Access::Poll, "operations"),
            Route::Subscriptions
            | Route::Subscription { .. }
            | Route::Locations { .. }
            | Route::Permissions { .. }
            | Route::Usages { .. }
            | Route::Providers { .. }
            | Route::Register { .. }
            | Route::Visibility { .. }
            | Route::AutoApproved { .. }
            | Route::Deployments { .. }
            | Route::Elements { .. }
            | Route::RuleHealth { .. }
            | Route::Element { .. } => (Access::Other, "other"),
        }
    }

    fn resource_access(&self, request: &Request, id: &ResourceId) -> Access {
        let exists = self.state.resource(id).is_some();
        match request.method.as_str() {
            "GET" => Access::Read,
            "PUT" if !exists => Access::Create,
            "PUT" | "PATCH" | "DELETE" if exists => Access::Change {
                is_conditional: request.if_match.is_some(),
            },
            _ => Access::Other,
        }
    }
}

/// The refusal of a creation above a limit. The codes have one form, of which that of public addresses
/// is reported.
fn quota(path: &str) -> Refusal {
    let subject = match Route::parse(path) {
        Some(Route::Resource(id)) => id.kind().operation_subject(),
        _ => "Resource",
    };
    Refusal::invalid(
        &format!("{subject}CountLimitReached"),
        format!(
            "Cannot create more resources of the type {subject} for this subscription in this region."
        ),
    )
}
