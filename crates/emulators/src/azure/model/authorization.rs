//! The actions that a request needs, on the resource of its path and on those that its body refers
//! to, and their check against the caller's role assignments.

use serde_json::Value;

use super::call::Call;
use super::id::ResourceId;
use super::kind::Kind;
use super::reference;
use super::refusal::Refusal;
use super::role_assignment::shown;
use super::route::Route;
use super::state::State;
use super::subscription;

/// The type of a resource group in actions.
const GROUP: &str = "Microsoft.Resources/subscriptions/resourceGroups";

/// Members of bodies that refer to other resources, with the action that each needs there
/// (Microsoft Learn, "Azure permissions for Networking").
const LINKED: [(&str, &str); 10] = [
    ("subnet", "virtualNetworks/subnets/join/action"),
    ("publicIPAddress", "publicIPAddresses/join/action"),
    ("networkSecurityGroup", "networkSecurityGroups/join/action"),
    ("routeTable", "routeTables/join/action"),
    ("natGateway", "natGateways/join/action"),
    (
        "loadBalancerBackendAddressPools",
        "loadBalancers/backendAddressPools/join/action",
    ),
    (
        "loadBalancerInboundNatRules",
        "loadBalancers/inboundNatRules/join/action",
    ),
    (
        "loadBalancerFrontendIpConfigurations",
        "loadBalancers/frontendIPConfigurations/join/action",
    ),
    ("virtualNetwork", "virtualNetworks/join/action"),
    ("privateDnsZoneId", "privateDnsZones/join/action"),
];

/// Checks a request of a principal with role assignments; of others, nothing.
///
/// # Errors
/// `AuthorizationFailed`, `LinkedAuthorizationFailed`.
pub(super) fn check(state: &State, call: &Call<'_>, route: &Route) -> Result<(), Refusal> {
    let client = &call.caller.client;
    let roles = state.role_assignments();
    let is_provider = route
        .subscription()
        .is_some_and(|it| subscription::is_provider(state, it));
    if !is_provider || !roles.is_assigned(client) {
        return Ok(());
    }
    let (action, scope) = own_action(&call.request.method, route);
    if !roles.grants(client, &action, &scope) {
        return Err(subscription::unauthorized(call, &action, &scope));
    }
    if !matches!(call.request.method.as_str(), "PUT" | "PATCH") {
        return Ok(());
    }
    let mut linked = Vec::new();
    if let Some(body) = &call.request.body {
        collect(body, &mut linked);
    }
    for (action, scope) in linked {
        let action = format!("Microsoft.Network/{action}");
        if !roles.grants(client, &action, &scope) {
            return Err(reference::unlinked(call, &scope, &action));
        }
    }
    Ok(())
}

/// `GET …/providers/Microsoft.Authorization/permissions`: the caller's actions in a scope.
pub(super) fn permissions(state: &State, call: &Call<'_>, scope: &str) -> Vec<Value> {
    let client = &call.caller.client;
    let roles = state.role_assignments();
    if roles.is_assigned(client) {
        return roles.permissions(client, scope);
    }
    vec![shown(&["*".to_owned()], &[])]
}

/// The action of a request on the resource of its path, and the scope.
fn own_action(method: &str, route: &Route) -> (String, String) {
    let verb = match method {
        "PUT" | "PATCH" => "write",
        "DELETE" => "delete",
        "POST" => "action",
        _ => "read",
    };
    let in_subscription = |subscription: &str, action: &str| {
        (action.to_owned(), format!("/subscriptions/{subscription}"))
    };
    let network = |subscription: &str, action: &str| {
        in_subscription(subscription, &format!("Microsoft.Network/{action}"))
    };
    let resources = |subscription: &str, action: &str| {
        let action = format!("Microsoft.Resources/subscriptions/{action}");
        in_subscription(subscription, &action)
    };
    match route {
        Route::Subscriptions => resources("", "read"),
        Route::Subscription { subscription } => resources(subscription, "read"),
        Route::Locations { subscription } => resources(subscription, "locations/read"),
        Route::Providers { subscription, .. } => resources(subscription, "providers/read"),
        Route::Register {
            subscription,
            namespace,
        } => in_subscription(subscription, &format!("{namespace}/register/action")),
        Route::Permissions { scope, .. } => (
            "Microsoft.Authorization/permissions/read".to_owned(),
            scope.clone(),
        ),
        Route::Groups { subscription } => resources(subscription, "resourceGroups/read"),
        Route::Deployments { subscription } => in_subscription(
            subscription,
            &format!("Microsoft.Resources/deployments/{verb}"),
        ),
        Route::AllResources {
            subscription,
            group: None,
        } => resources(subscription, "resources/read"),
        Route::AllResources {
            subscription,
            group: Some(group),
        } => (
            format!("{GROUP}/resources/read"),
            ResourceId::of_group(subscription, group).to_string(),
        ),
        Route::GroupOperationResult { subscription, .. } => {
            resources(subscription, "operationresults/read")
        }
        Route::OperationStatus { subscription, .. } => {
            network(subscription, "locations/operations/read")
        }
        Route::OperationResult { subscription, .. } => {
            network(subscription, "locations/operationResults/read")
        }
        Route::DnsOperationStatus { subscription, .. } => {
            network(subscription, "privateDnsOperationStatuses/read")
        }
        Route::DnsOperationResult { subscription, .. } => {
            network(subscription, "privateDnsOperationResults/read")
        }
        Route::RecordSets { zone } => (
            format!("{}/ALL/read", type_of(zone.kind())),
            zone.to_string(),
        ),
        Route::Usages { subscription, .. } => network(subscription, "locations/usages/read"),
        Route::Visibility { subscription } => network(
            subscription,
            "locations/checkPrivateLinkServiceVisibility/action",
        ),
        Route::AutoApproved { subscription } => network(
            subscription,
            "locations/autoApprovedPrivateLinkServices/read",
        ),
        Route::Collection {
            subscription,
            group,
            kind,
        } => {
            let scope = match group {
                Some(group) => ResourceId::of_group(subscription, group).to_string(),
                None => format!("/subscriptions/{subscription}"),
            };
            (format!("{}/read", type_of(*kind)), scope)
        }
        Route::Children { parent, kind } => {
            (format!("{}/read", type_of(*kind)), parent.to_string())
        }
        Route::Resource(id) => (format!("{}/{verb}", type_of(id.kind())), id.to_string()),
        Route::RuleHealth { balancer, .. } => (
            "Microsoft.Network/loadBalancers/loadBalancingRules/health/action".to_owned(),
            balancer.to_string(),
        ),
        Route::Elements { parent, collection }
        | Route::Element {
            parent, collection, ..
        } => (
            format!("{}/{collection}/{verb}", type_of(parent.kind())),
            parent.to_string(),
        ),
    }
}

/// The type of a resource in actions.
fn type_of(kind: Kind) -> String {
    match kind {
        Kind::ResourceGroup => GROUP.to_owned(),
        Kind::PrivateDnsZoneGroup
        | Kind::PrivateEndpoint
        | Kind::EndpointConnection
        | Kind::PrivateLinkService
        | Kind::NetworkInterface
        | Kind::LoadBalancer
        | Kind::PublicIp
        | Kind::VirtualNetworkLink
        | Kind::RecordSet(_)
        | Kind::PrivateDnsZone
        | Kind::Subnet
        | Kind::VirtualNetwork
        | Kind::SecurityGroup => kind.full_type(),
    }
}

/// Collects the references of a body, each with the action that it needs.
fn collect(value: &Value, found: &mut Vec<(&'static str, String)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let linked = LINKED.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
                if let Some((_, action)) = linked {
                    let ids = ids(member).map(|id| (*action, id.to_owned()));
                    found.extend(ids);
                }
                collect(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The IDs of a reference, which may be the ID itself, or of a list of references.
fn ids(member: &Value) -> impl Iterator<Item = &str> {
    let items = match member {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    items
        .iter()
        .filter_map(|it| it.as_str().or_else(|| it.get("id")?.as_str()))
}
