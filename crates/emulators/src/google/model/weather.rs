//! Faults of the weather in the forms of Google.

use jiff::Timestamp;
use rand::Rng;
use serde_json::{Map, Value, json};

use super::dispatch;
use super::fault::Fault;
use super::google::Google;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;
use super::request::{Caller, Reply, Request};
use super::route::Route;
use crate::cloud_model::CloudModel as _;
use crate::weather::{
    Access, FalseRefusal, Form, InWeather, OperationFault, RequestFacts, ServerError, Settings,
};

/// Methods of a resource that only read, by POST.
const READING_METHODS: [&str; 3] = ["getHealth", "listInstances", "listNetworkEndpoints"];

/// Settings of a service attachment that another program may put back.
const LISTS: [&str; 2] = ["consumerAcceptLists", "consumerRejectLists"];

impl InWeather for Google {
    fn facts(&self, request: &Request) -> RequestFacts {
        let (scope, route) = Route::parse(&request.path).unzip();
        let (access, collection) = match &route {
            Some(route) => access(request, route),
            None => (Access::Other, "other"),
        };
        RequestFacts {
            method: request.method.clone(),
            access,
            collection: collection.to_owned(),
            target: request.target(),
            scope: scope.unwrap_or_default(),
        }
    }

    fn refusal(&self, request: &Request, refusal: &FalseRefusal, _now: Timestamp) -> Reply {
        let refused = match refusal {
            // Compute Engine answers with either status.
            FalseRefusal::Throttled { retry_after, form } => {
                let status = if *form == Form::Fraction { 403 } else { 429 };
                Refusal::new(status, "rateLimitExceeded", "Rate Limit Exceeded")
                    .header("retry-after", retry_after.as_str())
            }
            FalseRefusal::Conflict => match Route::parse(&request.path) {
                Some((_, Route::Resource(id) | Route::Action(id, _))) => Refusal::not_ready(&id),
                _ => Refusal::new(400, "resourceNotReady", "The resource is not ready"),
            },
            FalseRefusal::PreconditionFailed => Refusal::condition_not_met(),
            FalseRefusal::Server(ServerError::Internal) => {
                Refusal::new(500, "internalError", "Internal error. Please try again.")
            }
            // Google's front end answers without the form of the API.
            FalseRefusal::Server(ServerError::BadGateway) => {
                return Reply {
                    status: 502,
                    headers: Vec::new(),
                    body: None,
                };
            }
            FalseRefusal::Server(ServerError::Unavailable) => {
                Refusal::new(503, "backendError", "Backend Error")
            }
            FalseRefusal::Server(ServerError::GatewayTimeout) => {
                Refusal::new(504, "backendError", "Deadline exceeded")
            }
            FalseRefusal::TokenExpired => {
                Refusal::unauthenticated("authError", "Invalid Credentials")
            }
            FalseRefusal::Quota => quota(&request.path),
        };
        refused.into()
    }

    fn absent(&self, request: &Request) -> Reply {
        match Route::parse(&request.path) {
            Some((_, Route::Resource(id))) => Refusal::not_found(&id).into(),
            _ => Refusal::not_found(&request.path).into(),
        }
    }

    fn handle_with(
        &mut self,
        request: &Request,
        fault: OperationFault,
        now: Timestamp,
        rng: &mut dyn Rng,
    ) -> Reply {
        let fault = match fault {
            OperationFault::Fails => Fault {
                reason: "internalError".to_owned(),
                message: "Internal error. Please try again.".to_owned(),
                ..Fault::default()
            },
            OperationFault::Hangs { for_seconds } => Fault {
                hold_seconds: for_seconds,
                ..Fault::default()
            },
        };
        self.advance(now);
        dispatch::handle(&mut self.state, &mut vec![fault], request, now, rng)
    }

    fn settings(&self, request: &Request) -> Option<Settings> {
        let id = attachment(&request.path).filter(|_| request.method == "PATCH")?;
        let body = self.state.created(&id)?.body();
        let list = |name: &str| {
            let list = body.get(name).cloned().unwrap_or_else(|| json!([]));
            (name.to_owned(), list)
        };
        Some(Settings {
            path: id.to_string(),
            members: Value::Object(LISTS.into_iter().map(list).collect()),
        })
    }

    fn put_back(&self, settings: &Settings) -> Option<Request> {
        let id = attachment(&settings.path)?;
        let fingerprint = self.state.created(&id)?.fingerprint.clone();
        let members = settings.members.as_object().cloned().unwrap_or_default();
        let mut body = Map::from_iter([("fingerprint".to_owned(), json!(fingerprint))]);
        body.extend(members);
        let is_provider = id.project == self.state.configuration().provider_project;
        Some(Request {
            method: "PATCH".to_owned(),
            path: settings.path.clone(),
            query: Vec::new(),
            body: Some(Value::Object(body)),
            caller: if is_provider {
                Caller::Provider
            } else {
                Caller::Anonymous
            },
        })
    }
}

/// The access of a request, and the collection of its resource.
fn access(request: &Request, route: &Route) -> (Access, &'static str) {
    match route {
        Route::Resource(id) => (resource_access(request), id.kind.collection()),
        Route::Collection(_, kind) => {
            let access = match request.method.as_str() {
                "GET" => Access::List,
                "POST" => Access::Create,
                _ => Access::Other,
            };
            (access, kind.collection())
        }
        Route::Aggregated(Some(kind)) => (Access::List, kind.collection()),
        Route::Action(id, method) => {
            let access = if READING_METHODS.contains(&method.as_str()) {
                Access::Other
            } else {
                Access::Change {
                    is_conditional: false,
                }
            };
            (access, id.kind.collection())
        }
        Route::Aggregated(None) | Route::Operations(_) | Route::Operation(..) | Route::Wait(..) => {
            (Access::Poll, "operations")
        }
        Route::Project
        | Route::TestPermissions
        | Route::Service(_)
        | Route::Regions
        | Route::Region(_)
        | Route::Zones
        | Route::Zone(_) => (Access::Other, "other"),
    }
}

fn resource_access(request: &Request) -> Access {
    match request.method.as_str() {
        "GET" => Access::Read,
        "PATCH" | "PUT" | "DELETE" => {
            let body = request.body.as_ref();
            Access::Change {
                is_conditional: body.is_some_and(|body| body.get("fingerprint").is_some()),
            }
        }
        _ => Access::Other,
    }
}

/// The service attachment of a path.
fn attachment(path: &str) -> Option<ResourceId> {
    match Route::parse(path)? {
        (_, Route::Resource(id)) if id.kind == Kind::ServiceAttachment => Some(id),
        _ => None,
    }
}

/// The refusal of an insert above a quota (reported form).
fn quota(path: &str) -> Refusal {
    let metric = match Route::parse(path) {
        Some((_, Route::Collection(_, kind))) => kind.label().to_uppercase(),
        _ => "RESOURCE".to_owned(),
    };
    Refusal::new(
        403,
        "quotaExceeded",
        format!("Quota '{metric}S' exceeded.  Limit: 0.0 in this region."),
    )
}
