//! Subscriptions, the tenants they belong to, and the providers registered in them.

use serde_json::{Value, json};

use super::answer::{Reply, listed, reply};
use super::refusal::Refusal;
use super::write::Call;
use super::{Azure, Caller};

/// The resource providers that are there; registration is a formality.
const NAMESPACES: [&str; 2] = ["Microsoft.Network", "Microsoft.Resources"];

impl Azure {
    /// Whether a caller has rights in a subscription.
    ///
    /// The provider's subscription is its own client's; any other belongs, with all rights, to
    /// every client of the tenant that used it first.
    pub(super) fn may_act(&self, caller: &Caller, subscription: &str) -> bool {
        let tenant = self.tenant_of(subscription);
        let in_tenant = tenant.is_some_and(|tenant| tenant.eq_ignore_ascii_case(&caller.tenant));
        let client = &self.configuration.provider_client;
        in_tenant && (!self.is_provider(subscription) || caller.client.eq_ignore_ascii_case(client))
    }

    /// Lets a caller into a subscription; the first to name one makes it its tenant's.
    pub(super) fn enter_subscription(
        &mut self,
        call: &Call<'_>,
        subscription: &str,
    ) -> Result<(), Refusal> {
        if self.tenant_of(subscription).is_none() {
            self.state
                .keep_subscription(subscription, &call.caller.tenant);
        }
        if self.may_act(call.caller, subscription) {
            return Ok(());
        }
        let verb = match call.request.method.as_str() {
            "PUT" => "write",
            "DELETE" => "delete",
            "POST" => "action",
            _ => "read",
        };
        let client = &call.caller.client;
        let path = &call.request.path;
        Err(Refusal::gateway(
            403,
            "AuthorizationFailed",
            format!(
                "The client '{client}' with object id '{client}' does not have authorization to \
                 perform action '{verb}' over scope '{path}' or the scope is invalid. If access \
                 was recently granted, please refresh your credentials."
            ),
        ))
    }

    fn is_provider(&self, subscription: &str) -> bool {
        subscription.eq_ignore_ascii_case(&self.configuration.provider_subscription)
    }

    fn tenant_of(&self, subscription: &str) -> Option<&str> {
        if self.is_provider(subscription) {
            return Some(&self.configuration.provider_tenant);
        }
        self.state.tenant(subscription)
    }

    /// `GET /subscriptions`: those the caller has rights in.
    pub(super) fn list_subscriptions(&self, caller: &Caller) -> Reply {
        let provider = self.configuration.provider_subscription.as_str();
        let known = self.state.subscriptions().map(|(id, _)| id);
        let visible = std::iter::once(provider)
            .chain(known)
            .filter(|id| self.may_act(caller, id));
        listed(visible.map(|id| self.show_subscription(id)))
    }

    /// `GET /subscriptions/{subscription}`.
    pub(super) fn get_subscription(&self, subscription: &str) -> Reply {
        reply(200, Some(self.show_subscription(subscription)))
    }

    fn show_subscription(&self, subscription: &str) -> Value {
        json!({
            "id": format!("/subscriptions/{subscription}"),
            "subscriptionId": subscription,
            "tenantId": self.tenant_of(subscription),
            "displayName": subscription,
            "state": "Enabled",
        })
    }
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
