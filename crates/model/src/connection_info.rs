//! Connection information: the selection of an access path and its rendering for client tools.

mod address;
mod clickhouse;
mod client_option;
mod command;
mod http;
mod jdbc;
mod kafka;
mod mysql;
mod option_support;
mod postgres;
pub mod quote;
mod redis;
mod rendered;
mod route_refusal;
mod target;
mod tool;
mod usual_user;
mod variables;

pub use self::address::{Address, document};
pub use self::client_option::ClientOption;
pub use self::option_support::tools_that_support;
pub use self::rendered::{ClientFile, Detour, Rendered};
pub use self::target::{FileNames, Target};
pub use self::tool::{Form, TOOLS, Tool, find as find_tool, of_service as tools_of};
pub use self::usual_user::UsualUser;
use crate::access::Way;
use crate::cloud::Provider;
use crate::condition;
use crate::id::ConnectionId;
use crate::link::ConnectionState;
use crate::name::ServiceName;
use crate::protocol::Protocol;
use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::route::Route;
use crate::service::{Component, KafkaAuthentication, KafkaSslCa, Service, Usage};
use crate::service_type::ComponentFacts;

/// The selection criteria of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The route; when absent, `privatelink` if a connection is named, else `dynamic`.
    pub route: Option<Route>,
    /// The connection, on the private link route.
    pub connection: Option<ConnectionId>,
    /// The component; when absent, the first that fits, which is the main one if it is open.
    pub component: Option<String>,
    /// The use of the listener; when absent, reads and writes.
    pub usage: Usage,
    /// The login method, if the component has several.
    pub kafka_authentication_method: Option<KafkaAuthentication>,
    /// The issuer of the Kafka listener's certificate; when absent, any.
    pub kafka_ssl_ca: Option<KafkaSslCa>,
    /// The tools to render for: only components that all of them support match.
    pub tools: Vec<&'static Tool>,
}

/// A connection that can be selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The connection.
    pub id: ConnectionId,
    /// The cloud.
    pub provider: Provider,
    /// Its state.
    pub state: ConnectionState,
    /// The consumer's endpoint. Untrusted text.
    pub endpoint: String,
}

/// Finds the access path that a client asks for.
///
/// The rules are those of the compatible command line, with one difference: it takes the first of
/// several connections, which may belong to different consumers. Here that is refused.
///
/// # Errors
/// * `tool_not_for_type`, `login_method_not_enabled`: the service does not support a criterion.
/// * `route_without_connection`: the criteria contradict each other.
/// * `several_connections`, `connection_not_active`, `no_active_connection`: no single connection is
///   selected and active.
/// * `route_not_offered`, `nothing_to_connect_to`: no access path matches the criteria.
pub fn select<'a>(
    service: &Service,
    ways: &'a [Way],
    candidates: &[Candidate],
    asked: &Asked,
) -> Result<&'a Way, Refusal> {
    let name = &service.name;
    for tool in &asked.tools {
        tool.check(service)?;
    }
    let method = login_method(service, asked)?;
    let route = match (asked.route, &asked.connection) {
        (Some(Route::Privatelink) | None, Some(_)) => Route::Privatelink,
        (Some(route), Some(connection)) => {
            return Err(Refusal::invalid(
                "route_without_connection",
                format!(
                    "Connection {connection} belongs to route `privatelink`, not to `{}`. Omit \
                     one of the two",
                    route.as_str()
                ),
            ));
        }
        (route, None) => route.unwrap_or(Route::Dynamic),
    };
    let connection = match route {
        Route::Privatelink => Some(pick(name, candidates, asked.connection.as_ref())?),
        Route::Dynamic | Route::Public | Route::Private => None,
    };
    let of_use = |way: &Way| {
        let facts = service.facts().and_then(|it| it.component(&way.component));
        let fits = |tool: &&Tool| facts.is_some_and(|it| tool.fits(&service.service_type, it));
        asked.tools.iter().all(fits)
    };
    let found = ways.iter().find(|way| {
        way.route == route
            && way.usage == asked.usage
            && way.connection.as_ref() == connection
            && asked
                .component
                .as_ref()
                .is_none_or(|component| way.component == *component)
            && (method.is_none() || way.kafka_authentication_method == method)
            && asked.kafka_ssl_ca.is_none_or(|ca| way.kafka_ssl_ca == ca)
            && of_use(way)
    });
    found.ok_or_else(|| {
        let not_offered = route_refusal::not_offered(service, route, openable(service, asked));
        not_offered.unwrap_or_else(|| nothing_fits(service, route, asked))
    })
}

/// Returns the login method: the requested one; for `kcat` the certificate by default, as in the
/// compatible command line. Listeners registered without a login method are taken as they are.
fn login_method(service: &Service, asked: &Asked) -> Result<Option<KafkaAuthentication>, Refusal> {
    let methods = || {
        let listeners = service.components.iter();
        listeners.filter_map(|component| component.kafka_authentication_method)
    };
    let is_kcat = |tool: &&Tool| tool.protocols == [Protocol::Kafka];
    let by_default = asked.tools.iter().any(is_kcat) && methods().next().is_some();
    let asked = asked.kafka_authentication_method;
    let method = asked.or(by_default.then_some(KafkaAuthentication::Certificate));
    // Listeners of other products match no method; the later refusal says so.
    let of_kafka = service.service_type == "kafka";
    let missing = |desired: &KafkaAuthentication| methods().all(|method| method != *desired);
    let Some(desired) = method.filter(|desired| of_kafka && missing(desired)) else {
        return Ok(method);
    };
    let (title, other) = match desired {
        KafkaAuthentication::Certificate => ("Certificate", KafkaAuthentication::Sasl),
        KafkaAuthentication::Sasl => ("SASL", KafkaAuthentication::Certificate),
    };
    let remedy = if methods().any(|method| method == other) {
        format!("ask for `-a {}`", other.as_str())
    } else {
        let word = desired.as_str();
        format!("register a listener for it: `--component kafka=PORT,auth={word}`")
    };
    Err(Refusal::conflict(
        "login_method_not_enabled",
        format!(
            "{title} authentication is not enabled in {}; {remedy}",
            service.name
        ),
    ))
}

/// Returns the selected connection if it is usable now.
fn pick<'a>(
    service: &ServiceName,
    candidates: &'a [Candidate],
    named: Option<&ConnectionId>,
) -> Result<&'a ConnectionId, Refusal> {
    let Some(named) = named else {
        let active: Vec<_> = candidates
            .iter()
            .filter(|candidate| candidate.state == ConnectionState::Active)
            .collect();
        return match active.as_slice() {
            [only] => Ok(&only.id),
            [] => Err(none_active(service, candidates)),
            several => Err(Refusal::conflict(
                "several_connections",
                format!(
                    "Service `{service}` has several active private link connections, and each \
                     has a name of its own. Select one with `--privatelink-connection-id`: {}",
                    list(several.iter().copied())
                ),
            )),
        };
    };
    let candidate = candidates
        .iter()
        .find(|candidate| candidate.id == *named)
        .ok_or_else(|| crate::link::connection_not_found(service, named))?;
    if candidate.state == ConnectionState::Active {
        return Ok(&candidate.id);
    }
    let refusal = Refusal::conflict(
        "connection_not_active",
        format!(
            "Connection {named} of service `{service}` is `{}`. Only an active connection has a \
             name",
            candidate.state.as_str(),
        ),
    );
    let remedy = condition::next_step(candidate.state, candidate.provider, service, named);
    Err(match remedy {
        Some(remedy) => refusal.with_remedy(remedy),
        None => refusal,
    })
}

fn none_active(service: &ServiceName, candidates: &[Candidate]) -> Refusal {
    let next = if candidates.is_empty() {
        "it has no connection. Have the consumer create an endpoint, then refresh".to_owned()
    } else {
        format!("it has {}", list(candidates))
    };
    Refusal::conflict(
        "no_active_connection",
        format!("Service `{service}` has no active private link connection: {next}"),
    )
}

fn list<'a>(candidates: impl IntoIterator<Item = &'a Candidate>) -> String {
    let each: Vec<_> = candidates
        .into_iter()
        .map(|candidate| {
            format!(
                "{} ({}, {})",
                candidate.id,
                candidate.state.as_str(),
                candidate.endpoint
            )
        })
        .collect();
    each.join(", ")
}

fn nothing_fits(service: &Service, route: Route, asked: &Asked) -> Refusal {
    let name = &service.name;
    let (message, remedy) = if service.nodes.is_empty() || service.components.is_empty() {
        let message = format!(
            "Service `{name}` has no nodes or no components, so there is nothing to connect to"
        );
        let remedy = Remedy::RegisterNodes {
            service: name.clone(),
            service_type: service.service_type.clone(),
        };
        (message, Some(remedy))
    } else {
        let tools: Vec<_> = asked.tools.iter().map(|tool| tool.word).collect();
        let what = match (&asked.component, tools.as_slice()) {
            (Some(component), []) => component.clone(),
            (Some(component), _) => format!("`{}` with {component}", tools.join("` as `")),
            (None, []) => "any component".to_owned(),
            (None, _) => format!("`{}`", tools.join("` as `")),
        };
        let usage = asked.usage.as_str();
        let remedy = match route {
            _ if asked.kafka_ssl_ca == Some(KafkaSslCa::Letsencrypt) => Some(Remedy::manual(
                "Register such a listener, `ssl_ca=letsencrypt`, and switch \
                     `letsencrypt_sasl` or `letsencrypt_sasl_privatelink` on",
            )),
            Route::Privatelink => Some(open(service, openable(service, asked))),
            Route::Dynamic | Route::Public | Route::Private => None,
        };
        let signed = asked.kafka_ssl_ca.map_or_else(String::new, |ca| {
            format!(" and a certificate of `{}`", ca.as_str())
        });
        let message = format!(
            "Service `{name}` offers nothing on route `{}` for {what} with usage \
             `{usage}`{}{signed}",
            route.as_str(),
            asked
                .kafka_authentication_method
                .map_or_else(String::new, |method| format!(
                    " and `{}` login",
                    method.as_str()
                )),
        );
        (message, remedy)
    };
    Refusal {
        remedy: remedy.map(Box::new),
        ..Refusal::conflict("nothing_to_connect_to", message)
    }
}

/// Opens a component to links, which must be registered first.
fn open(service: &Service, component: &str) -> Remedy {
    let registered = &service.components;
    if registered.iter().any(|it| it.component == component) {
        return Remedy::open_component(&service.name, component);
    }
    Remedy::RegisterComponent {
        service: service.name.clone(),
        component: component.to_owned(),
        present: registered.iter().map(Component::argument).collect(),
    }
}

/// Returns the requested component, or the first that would match if it were open; one that is
/// registered is preferred.
fn openable<'a>(service: &'a Service, asked: &'a Asked) -> &'a str {
    if let Some(component) = &asked.component {
        return component;
    }
    let components = service.facts().map_or(&[][..], |facts| facts.components);
    let fits = |facts: &&ComponentFacts| {
        let of_use = |tool: &&Tool| tool.fits(&service.service_type, facts);
        asked.tools.iter().all(of_use)
    };
    let is_registered = |facts: &&ComponentFacts| {
        let registered = &service.components;
        registered.iter().any(|it| it.component == facts.name)
    };
    let fitting = || components.iter().filter(fits);
    let found = fitting().find(is_registered).or_else(|| fitting().next());
    found.map_or(service.service_type.as_str(), |facts| facts.name)
}

#[cfg(test)]
mod tests;
