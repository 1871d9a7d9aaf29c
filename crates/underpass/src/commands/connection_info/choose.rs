//! Which component and which user a client is to use: the compatible client's choice, with
//! refusals that say what there is.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cli::connection_info::{Route, Usage};
use crate::client::list;
use crate::failure::Failure;

/// What to choose by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) route: Option<Route>,
    pub(super) usage: Usage,
    pub(super) connection: Option<&'a str>,
}

/// The first component that fits, as the compatible client takes it.
pub(super) fn component<'a>(service: &'a Value, wanted: Wanted<'_>) -> Result<&'a Value, Failure> {
    let route = match (wanted.route, wanted.connection) {
        (None, None) => Route::Dynamic,
        (None | Some(Route::Privatelink), _) => Route::Privatelink,
        (Some(route), None) => route,
        (Some(route), Some(_)) => {
            return Err(Failure::usage(format!(
                "-p/--privatelink-connection-id cannot be used with route {}",
                route.as_str()
            )));
        }
    };
    let components = list(service, "components")?;
    let has = |component: &Value, member: &str, value: &str| {
        component.get(member).and_then(Value::as_str) == Some(value)
    };
    let fits: Vec<&Value> = components
        .iter()
        .filter(|one| has(one, "route", route.as_str()) && has(one, "usage", wanted.usage.as_str()))
        .collect();
    let through: BTreeSet<&str> = fits.iter().filter_map(|one| connection_of(one)).collect();
    match wanted.connection {
        None if through.len() > 1 => Err(Failure::usage(
            "the service has several private connections: say which with -p",
        )
        .hint(format!("there are {}", join(&through)))),
        None => fits
            .first()
            .copied()
            .ok_or_else(|| nothing(route, wanted.usage)),
        Some(id) => fits
            .into_iter()
            .find(|one| connection_of(one) == Some(id))
            .ok_or_else(|| {
                let failure = Failure::refused(format!(
                    "connection {id} leads to no {} component",
                    wanted.usage.as_str()
                ));
                failure.hint(if through.is_empty() {
                    NOT_ACTIVE.to_owned()
                } else {
                    format!("these do: {}", join(&through))
                })
            }),
    }
}

/// The login of that name.
pub(super) fn user<'a>(service: &'a Value, username: &str) -> Result<&'a Value, Failure> {
    let users = list(service, "users")?;
    let name = |user: &'a Value| user.get("username").and_then(Value::as_str);
    users
        .iter()
        .find(|user| name(user) == Some(username))
        .ok_or_else(|| {
            let known: BTreeSet<&str> = users.iter().filter_map(name).collect();
            let failure = Failure::refused(format!("the service has no user `{username}`"));
            failure.hint(if known.is_empty() {
                "register one: `service register NAME --user avnadmin:@FILE`".to_owned()
            } else {
                format!("it has {}", join(&known))
            })
        })
}

const NOT_ACTIVE: &str = "a component is reachable once its connection is active (approved, with \
                          an address) and `privatelink_access` opens it";

fn nothing(route: Route, usage: Usage) -> Failure {
    let failure = Failure::refused(format!(
        "no {} component answers on route {}",
        usage.as_str(),
        route.as_str()
    ));
    match route {
        Route::Privatelink => failure.hint(NOT_ACTIVE),
        Route::Dynamic => failure.hint("register its nodes and components: `service register`"),
        Route::Public => failure,
    }
}

/// The private connection that a component is reached through.
pub(super) fn connection_of(component: &Value) -> Option<&str> {
    component
        .get("privatelink_connection_id")
        .and_then(Value::as_str)
}

fn join(words: &BTreeSet<&str>) -> String {
    words.iter().copied().collect::<Vec<_>>().join(", ")
}
