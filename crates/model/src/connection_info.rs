//! What a client needs to reach a service, and in which words it is written down.

mod address;

pub use self::address::{Address, document};
use crate::access::{Route, Way};
use crate::cloud::Provider;
use crate::id::ConnectionId;
use crate::link::ConnectionState;
use crate::name::ServiceName;
use crate::refusal::Refusal;
use crate::service::{KafkaAuthentication, Service, Usage};

/// Which way a client asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The route; when absent, `privatelink` if a connection is named, else `dynamic`.
    pub route: Option<Route>,
    /// The connection, on the privatelink route.
    pub connection: Option<ConnectionId>,
    /// The component; when absent, the first that fits, which is the main one if it is open.
    pub component: Option<String>,
    /// What the listener is for; when absent, reading and writing.
    pub usage: Usage,
    /// How the client logs in, where the component has several ways.
    pub kafka_authentication_method: Option<KafkaAuthentication>,
}

/// A connection that a client could mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which one.
    pub id: ConnectionId,
    /// Whose product carries it.
    pub provider: Provider,
    /// Where it stands.
    pub state: ConnectionState,
    /// The consumer's endpoint. Hostile text.
    pub endpoint: String,
}

/// Finds the way a client asks for, or says which there are.
///
/// The rules are those of the compatible command line, but where that takes the first of several
/// connections, this refuses: their consumers differ.
pub fn select<'a>(
    service: &Service,
    ways: &'a [Way],
    candidates: &[Candidate],
    asked: &Asked,
) -> Result<&'a Way, Refusal> {
    let name = &service.name;
    let route = match (asked.route, &asked.connection) {
        (Some(Route::Privatelink) | None, Some(_)) => Route::Privatelink,
        (Some(route), Some(connection)) => {
            return Err(Refusal::invalid(
                "route_without_connection",
                format!(
                    "Connection {connection} belongs to route `privatelink`, not to `{}`; leave \
                     one of the two out",
                    route.as_str()
                ),
            ));
        }
        (route, None) => route.unwrap_or(Route::Dynamic),
    };
    let connection = match route {
        Route::Dynamic => None,
        Route::Privatelink => Some(pick(name, candidates, asked.connection.as_ref())?),
        Route::Public | Route::Private => {
            return Err(Refusal::invalid(
                "route_not_offered",
                format!(
                    "Service `{name}` has no `{}` route: Underpass offers `dynamic`, for clients \
                     in the service's own network, and `privatelink`",
                    route.as_str()
                ),
            ));
        }
    };
    let method = asked.kafka_authentication_method;
    let found = ways.iter().find(|way| {
        way.route == route
            && way.usage == asked.usage
            && way.connection.as_ref() == connection
            && asked
                .component
                .as_ref()
                .is_none_or(|component| way.component == *component)
            && (method.is_none() || way.kafka_authentication_method == method)
    });
    found.ok_or_else(|| nothing_fits(service, route, asked))
}

/// The connection that is meant, if it can be used now.
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
                     has a name of its own; say which with `--privatelink-connection-id`: {}",
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
    Err(Refusal::conflict(
        "connection_not_active",
        format!(
            "Connection {named} of service `{service}` is `{}`, and only an active one has a name \
             and carries bytes: {}",
            candidate.state.as_str(),
            candidate
                .state
                .way_to_active(candidate.provider, service, named),
        ),
    ))
}

fn none_active(service: &ServiceName, candidates: &[Candidate]) -> Refusal {
    let next = if candidates.is_empty() {
        "it has none at all; let the consumer create an endpoint, then refresh".to_owned()
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
    let message = if service.nodes.is_empty() || service.components.is_empty() {
        format!(
            "Service `{name}` has no nodes or no components, so there is nothing to connect to; \
             register them with `underpass service update {name} --node … --component …`"
        )
    } else {
        let what = asked.component.as_deref().unwrap_or("any component");
        let usage = asked.usage.as_str();
        let remedy = match (route, asked.component.as_deref()) {
            (Route::Privatelink, component) => {
                let component = component.unwrap_or(&service.service_type);
                format!(
                    "; open one with `service update {name} -c \
                     privatelink_access.{component}=true`"
                )
            }
            (Route::Dynamic | Route::Public | Route::Private, _) => String::new(),
        };
        format!(
            "Service `{name}` offers nothing on route `{}` for {what} with usage `{usage}`{}{remedy}",
            route.as_str(),
            asked
                .kafka_authentication_method
                .map_or_else(String::new, |method| format!(
                    " and `{}` login",
                    method.as_str()
                )),
        )
    };
    Refusal::conflict("nothing_to_connect_to", message)
}

#[cfg(test)]
mod tests;
