//! The private link service, which consumers' endpoints connect to.
//!
//! A service can never be moved to another frontend, and a new one would end every connection and
//! have another alias. So a change affects only its visibility; a change that would need another
//! service is refused.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_model::id::SubscriptionId;
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::part::{AzureSpec, Confirmed, Facts, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use super::admission;
use super::classify;
use super::job::{Job, PutAction, confirmed, require_tag};
use super::names::FRONTEND;
use super::operation;
use super::ownership;
use super::resource::Resource;
use crate::cloud::Report;
use crate::document;
use crate::error::{Error, ErrorKind};

/// The name of the only NAT IP configuration. One serves about 64,000 flows; more can be added
/// later, but never removed.
pub(super) const NAT_CONFIGURATION: &str = "nat-0";

/// The pointer to a service's frontends, with a lower-case p, unlike in the load balancer.
const FRONTENDS: &str = "/properties/loadBalancerFrontendIpConfigurations";

/// The pointer to the flag of the proxy protocol.
const PROXY_PROTOCOL: &str = "/properties/enableProxyProtocol";

pub(super) async fn read(job: Job<'_>) -> Result<Report, Error> {
    let service = job.names.attachment()?;
    let frontend = frontend(job)?;
    Ok(match job.get_own(&service).await? {
        // Its connections may still exist: nothing is known of them.
        None => Report::of(Outcome::Absent(Evidence::Alone)),
        Some(document) => {
            let confirmed = confirm(&document, &service, &frontend)?;
            report(
                operation::observed_outcome(&document, confirmed, job.now),
                &document,
            )
        }
    })
}

pub(super) async fn put(
    job: Job<'_>,
    visibility: &BTreeSet<SubscriptionId>,
    tag: Option<&str>,
) -> Result<Report, Error> {
    let service = job.names.attachment()?;
    let frontend = frontend(job)?;
    let desired = Spec::Azure(AzureSpec::Attachment {
        visibility: visibility.clone(),
    });
    let confirm = |document: &Value| confirm(document, &service, &frontend);
    let (document, tag) = match job.put_action(&service, &desired, tag, confirm).await? {
        PutAction::Keep { document, outcome } => return Ok(report(outcome, &document)),
        PutAction::Create => (create(job, &frontend, visibility)?, None),
        PutAction::Update { mut document, tag } => {
            if !has_frontend(&document, &frontend) {
                return Err(refuse_other_frontend(&service, &frontend));
            }
            set_visibility(&mut document, visibility);
            if document::flag(&document, PROXY_PROTOCOL) {
                document::set(
                    &mut document,
                    "/properties",
                    "enableProxyProtocol",
                    json!(false),
                );
            }
            (document, Some(tag))
        }
    };
    let (document, outcome) = job
        .put(&service, &document, tag.as_deref(), &desired, confirm)
        .await?;
    Ok(report(outcome, &document))
}

pub(super) async fn delete(job: Job<'_>) -> Result<Outcome, Error> {
    job.remove_own(&job.names.attachment()?).await
}

/// Returns the report on the service and its connections.
pub(super) fn report(outcome: Outcome, document: &Value) -> Report {
    let listed = document.pointer("/properties/privateEndpointConnections");
    let connections = listed
        .and_then(Value::as_array)
        .map(|listed| reported(listed));
    Report {
        outcome,
        connections,
    }
}

/// Returns the confirmed state of a service. A service with other visibility, with automatic
/// approval, with the proxy protocol, or with another frontend is confirmed as `Present`, which is never the desired spec; therefore
/// it is put again.
pub(super) fn confirm(
    document: &Value,
    service: &Resource,
    frontend: &str,
) -> Result<Confirmed, Error> {
    require_tag(document, service)?;
    let approves = document::list(document, "/properties/autoApproval/subscriptions");
    // It would put a header before the bytes of every connection.
    let is_plain = !document::flag(document, PROXY_PROTOCOL);
    let spec = match visibility(document) {
        Some(visibility) if approves.is_empty() && is_plain && has_frontend(document, frontend) => {
            Spec::Azure(AzureSpec::Attachment { visibility })
        }
        Some(_) | None => Spec::Present,
    };
    let confirmed = confirmed(spec, document, service);
    let alias = document::text(document, "/properties/alias").map(str::to_owned);
    Ok(Confirmed {
        facts: Facts {
            alias,
            ..confirmed.facts
        },
        ..confirmed
    })
}

fn create(
    job: Job<'_>,
    frontend: &str,
    visibility: &BTreeSet<SubscriptionId>,
) -> Result<Value, Error> {
    let target = job.target();
    let mut document = json!({
        "location": target.region,
        "tags": ownership::link_tags(&target.ownership, &target.proofs.link),
        "properties": {
            "loadBalancerFrontendIpConfigurations": [{"id": frontend}],
            "ipConfigurations": [{
                "name": NAT_CONFIGURATION,
                "properties": {
                    "primary": true,
                    "privateIPAllocationMethod": "Dynamic",
                    "privateIPAddressVersion": "IPv4",
                    "subnet": {"id": job.names.nat_subnet()?.id()},
                },
            }],
            "enableProxyProtocol": false,
        },
    });
    set_visibility(&mut document, visibility);
    Ok(document)
}

/// Sets the subscriptions that see the service, and disables automatic approval.
fn set_visibility(document: &mut Value, visibility: &BTreeSet<SubscriptionId>) {
    let listed: Vec<_> = visibility.iter().map(SubscriptionId::to_string).collect();
    document::set(
        document,
        "/properties/visibility",
        "subscriptions",
        json!(listed),
    );
    document::set(
        document,
        "/properties/autoApproval",
        "subscriptions",
        json!([]),
    );
}

/// Returns the subscriptions that see the service; `None` if the list has other entries (`*` means
/// every subscription).
fn visibility(document: &Value) -> Option<BTreeSet<SubscriptionId>> {
    let listed = document::list(document, "/properties/visibility/subscriptions");
    listed.iter().map(|it| it.as_str()?.parse().ok()).collect()
}

/// Returns the ID of the frontend of the service.
fn frontend(job: Job<'_>) -> Result<String, Error> {
    Ok(frontend_of(&job.names.balancer()?))
}

/// Returns the ID of a load balancer's frontend.
pub(super) fn frontend_of(balancer: &Resource) -> String {
    balancer.element("frontendIPConfigurations", FRONTEND)
}

fn has_frontend(document: &Value, frontend: &str) -> bool {
    let frontends = document::list(document, FRONTENDS);
    !frontends.is_empty()
        && frontends
            .iter()
            .all(|it| document::says(it, "/id", frontend))
}

fn refuse_other_frontend(service: &Resource, frontend: &str) -> Error {
    let message = format!(
        "{service} has another frontend than {frontend}. Azure cannot move it, and a new service \
         would end every connection"
    );
    let action = format!("update {service}");
    let mut error = classify::own(ErrorKind::Invalid, &action, "UnexpectedFrontend", message);
    let remedy =
        "Delete the link and create it again. Consumers need new endpoints for its new alias";
    error.remedy = Some(remedy.to_owned());
    error
}

fn reported(listed: &[Value]) -> Vec<ObservedConnection> {
    listed.iter().filter_map(admission::reported).collect()
}
