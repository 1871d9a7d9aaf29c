//! Visibility and auto-approval of private link services.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::call::Call;
use super::document;
use super::guid::is_guid;
use super::id::{Key, ResourceId};
use super::kind::Kind;
use super::refusal::Refusal;
use super::reply::{Reply, listed, reply};
use super::resource::{ProvisioningState, Resource};
use super::route;
use super::state::State;
use super::subscription;

/// Maximum number of subscriptions in either list (documented: "Azure subscription and
/// service limits", Private Link).
const LIST_LIMIT: usize = 100;

/// Subscriptions that see the service.
const VISIBILITY: &str = "/properties/visibility/subscriptions";
/// Subscriptions whose endpoints are approved automatically.
const AUTO_APPROVAL: &str = "/properties/autoApproval/subscriptions";

/// The list entry for all subscriptions.
const ANYONE: &str = "*";

/// Checks both lists of a service's body.
///
/// # Errors
/// `InvalidSubscriptionId`, `PrivateLinkServiceSubscriptionLimitReached`,
/// `PrivateLinkServiceAutoApprovalNotInVisibility`, or `InvalidRequestFormat`.
pub(super) fn check(id: &ResourceId, body: &Value) -> Result<(), Refusal> {
    let visible = lower_cased(body, VISIBILITY)?;
    let approved = lower_cased(body, AUTO_APPROVAL)?;
    for (list, name) in [(&visible, "visibility"), (&approved, "autoApproval")] {
        if let Some(text) = list.iter().find(|it| *it != ANYONE && !is_guid(it)) {
            return Err(Refusal::invalid(
                "InvalidSubscriptionId",
                format!(
                    "{name}.subscriptions of private link service {id} lists '{text}', which is \
                     not the ID of a subscription."
                ),
            ));
        }
        if list.len() > LIST_LIMIT {
            return Err(Refusal::invalid(
                "PrivateLinkServiceSubscriptionLimitReached",
                format!(
                    "{name}.subscriptions of private link service {id} can list at most \
                     {LIST_LIMIT} subscriptions, not {}.",
                    list.len()
                ),
            ));
        }
    }
    if visible.contains(ANYONE) {
        return Ok(());
    }
    match approved.difference(&visible).next() {
        None => Ok(()),
        Some(stranger) => Err(Refusal::invalid(
            "PrivateLinkServiceAutoApprovalNotInVisibility",
            format!(
                "autoApproval.subscriptions of private link service {id} lists {stranger}, which \
                 visibility.subscriptions does not. Auto-approval must be a subset of visibility."
            ),
        )),
    }
}

fn lower_cased(body: &Value, pointer: &str) -> Result<BTreeSet<String>, Refusal> {
    let texts = document::texts(body, pointer)?;
    Ok(texts
        .into_iter()
        .map(|it| it.to_ascii_lowercase())
        .collect())
}

/// Reports whether a list of a service contains a subscription.
fn list_contains(service: &Resource, pointer: &str, subscription: &str) -> bool {
    document::list(&service.body, pointer)
        .iter()
        .filter_map(Value::as_str)
        .any(|it| it == ANYONE || it.eq_ignore_ascii_case(subscription))
}

/// Reports whether a caller can create endpoints for a service in a subscription.
pub(super) fn can_see(
    state: &State,
    call: &Call<'_>,
    service: &Resource,
    subscription: &str,
) -> bool {
    let restricted = document::text_is(&service.body, "/properties/accessMode", "Restricted");
    let by_right =
        !restricted && subscription::may_act(state, call.caller, service.id.subscription());
    by_right || list_contains(service, VISIBILITY, subscription)
}

/// Reports whether a service approves endpoints of a subscription automatically.
pub(super) fn auto_approves(service: &Resource, subscription: &str) -> bool {
    list_contains(service, AUTO_APPROVAL, subscription)
}

/// The service with an alias or an ID, in any tenant.
///
/// A service that is being created or deleted is not found.
pub(super) fn find_service<'a>(state: &'a State, alias_or_id: &str) -> Option<&'a Resource> {
    let found = match route::resource_id(alias_or_id) {
        Some(id) => state
            .resource(&id)
            .filter(|it| it.id.kind() == Kind::PrivateLinkService),
        None => state
            .of_kind(Kind::PrivateLinkService)
            .find(|it| document::text_is(&it.body, "/properties/alias", alias_or_id)),
    };
    found.filter(|it| {
        !matches!(
            it.provisioning,
            ProvisioningState::Creating | ProvisioningState::Deleting
        )
    })
}

/// `POST …/checkPrivateLinkServiceVisibility`, answered without an operation.
///
/// # Errors
/// `InvalidRequestFormat`.
pub(super) fn check_visibility(
    state: &State,
    call: &Call<'_>,
    subscription: &str,
) -> Result<Reply, Refusal> {
    let body = document::normalized(call.request.body.as_ref())?;
    if let Some(name) = body.as_object().and_then(|members| {
        members
            .keys()
            .find(|name| *name != "privateLinkServiceAlias")
    }) {
        return Err(Refusal::malformed(format_args!(
            "Could not find member '{name}' on object of type \
             'CheckPrivateLinkServiceVisibilityRequest'. Path '{name}'."
        )));
    }
    let alias = document::text_or_empty(&body, "/privateLinkServiceAlias");
    let visible = find_service(state, alias)
        .is_some_and(|service| can_see(state, call, service, subscription));
    Ok(reply(200, Some(json!({ "visible": visible }))))
}

/// `GET …/autoApprovedPrivateLinkServices`.
pub(super) fn list_auto_approved(state: &State, subscription: &str) -> Reply {
    let services = state
        .of_kind(Kind::PrivateLinkService)
        .filter(|service| service.in_service() && auto_approves(service, subscription));
    listed(services.map(|it| json!({ "privateLinkService": it.id.to_string() })))
}

/// Reports whether a text is a resource ID and not an alias.
pub(super) fn is_id(text: &str) -> bool {
    Key::of(text).as_str().starts_with("/subscriptions/")
}
