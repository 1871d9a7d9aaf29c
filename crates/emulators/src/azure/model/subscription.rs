//! Subscriptions, their tenants and their resource providers.

use serde_json::{Value, json};

use super::call::Call;
use super::guid::is_guid;
use super::location;
use super::refusal::Refusal;
use super::reply::{Reply, listed, reply};
use super::request::Caller;
use super::state::State;

/// Resource providers of the emulated cloud; all are registered.
const NAMESPACES: [&str; 2] = ["Microsoft.Network", "Microsoft.Resources"];

/// Reports whether a caller has permissions in a subscription.
///
/// In the provider's subscription the provider's client has all permissions, and principals with a
/// role those of it. In any other one, every
/// client of the tenant that used the subscription first has all permissions.
pub(super) fn may_act(state: &State, caller: &Caller, subscription: &str) -> bool {
    let tenant = tenant_of(state, subscription);
    let in_tenant = tenant.is_some_and(|tenant| tenant.eq_ignore_ascii_case(&caller.tenant));
    let client = &state.configuration().provider_client;
    in_tenant
        && (!is_provider(state, subscription)
            || caller.client.eq_ignore_ascii_case(client)
            || state.role_assignments().is_assigned(&caller.client))
}

/// Authorizes a caller for a subscription. The first request to a subscription assigns it to the
/// caller's tenant.
///
/// # Errors
/// `InvalidSubscriptionId` or `AuthorizationFailed`.
pub(super) fn enter_subscription(
    state: &mut State,
    call: &Call<'_>,
    subscription: &str,
) -> Result<(), Refusal> {
    if !is_guid(subscription) {
        return Err(Refusal::gateway(
            400,
            "InvalidSubscriptionId",
            format!(
                "The provided subscription identifier '{subscription}' is malformed or invalid."
            ),
        ));
    }
    if tenant_of(state, subscription).is_none() {
        state.put_subscription(subscription, &call.caller.tenant);
    }
    if may_act(state, call.caller, subscription) {
        return Ok(());
    }
    let verb = match call.request.method.as_str() {
        "PUT" => "write",
        "DELETE" => "delete",
        "POST" => "action",
        _ => "read",
    };
    Err(unauthorized(call, verb, &call.request.path))
}

/// The refusal of an action that the caller may not perform.
pub(super) fn unauthorized(call: &Call<'_>, action: &str, scope: &str) -> Refusal {
    let client = &call.caller.client;
    Refusal::gateway(
        403,
        "AuthorizationFailed",
        format!(
            "The client '{client}' with object id '{client}' does not have authorization to \
             perform action '{action}' over scope '{scope}' or the scope is invalid. If access \
             was recently granted, please refresh your credentials."
        ),
    )
}

/// Reports whether this is the provider's subscription.
pub(super) fn is_provider(state: &State, subscription: &str) -> bool {
    subscription.eq_ignore_ascii_case(&state.configuration().provider_subscription)
}

fn tenant_of<'a>(state: &'a State, subscription: &str) -> Option<&'a str> {
    if is_provider(state, subscription) {
        return Some(&state.configuration().provider_tenant);
    }
    state.tenant(subscription)
}

/// `GET /subscriptions`: those in which the caller has permissions.
pub(super) fn list_subscriptions(state: &State, caller: &Caller) -> Reply {
    let provider = state.configuration().provider_subscription.as_str();
    let known = state.subscriptions().map(|(id, _)| id);
    let visible = std::iter::once(provider)
        .chain(known)
        .filter(|id| may_act(state, caller, id));
    listed(visible.map(|id| show_subscription(state, id)))
}

/// `GET /subscriptions/{subscription}`.
pub(super) fn get_subscription(state: &State, subscription: &str) -> Reply {
    reply(200, Some(show_subscription(state, subscription)))
}

fn show_subscription(state: &State, subscription: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{subscription}"),
        "subscriptionId": subscription,
        "tenantId": tenant_of(state, subscription),
        "displayName": subscription,
        "state": "Enabled",
    })
}

/// `GET /subscriptions/{subscription}/locations`.
pub(super) fn list_locations(state: &State, subscription: &str) -> Reply {
    listed(location::all(state).map(|name| {
        json!({
            "id": format!("/subscriptions/{subscription}/locations/{name}"),
            "name": name,
            "type": "Region",
            "displayName": name,
            "regionalDisplayName": name,
        })
    }))
}

/// `GET /subscriptions/{subscription}/providers`.
pub(super) fn list_providers(subscription: &str) -> Reply {
    listed(
        NAMESPACES
            .iter()
            .map(|namespace| show_provider(subscription, namespace)),
    )
}

/// `GET …/providers/{namespace}` and `POST …/providers/{namespace}/register`.
///
/// # Errors
/// `InvalidResourceNamespace`.
pub(super) fn get_provider(subscription: &str, namespace: &str) -> Result<Reply, Refusal> {
    let known = NAMESPACES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(namespace));
    let Some(known) = known else {
        return Err(Refusal::gateway(
            404,
            "InvalidResourceNamespace",
            format!(
                "The resource namespace '{namespace}' is invalid. Served here: {}.",
                NAMESPACES.join(", ")
            ),
        ));
    };
    Ok(reply(200, Some(show_provider(subscription, known))))
}

fn show_provider(subscription: &str, namespace: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{subscription}/providers/{namespace}"),
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
        "resourceTypes": [],
    })
}
