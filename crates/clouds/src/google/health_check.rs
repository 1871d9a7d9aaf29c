//! The health check: a node is healthy if it accepts connections on one port.

use serde_json::{Value, json};
use underpass_model::part::{Confirmed, GoogleSpec, Spec};
use underpass_model::reconcile::Outcome;

use super::job::{Job, Write, confirmed};
use super::resource::Resource;
use crate::document;
use crate::error::Error;

pub(super) async fn read(job: Job<'_>) -> Result<Outcome, Error> {
    let check = job.names.health_check();
    job.read(&check, |document| confirm(document, &check)).await
}

pub(super) async fn put(job: Job<'_>, port: u16) -> Result<Outcome, Error> {
    let check = job.names.health_check();
    let desired = Spec::Google(GoogleSpec::HealthCheck { port });
    let members = json!({
        "type": "TCP",
        "tcpHealthCheck": {"portSpecification": "USE_FIXED_PORT", "port": port},
    });
    let write = match job.get_own(&check).await? {
        None => Write::Insert(job.body(&check, members)),
        Some(document) => {
            let confirmed = confirm(&document, &check);
            if confirmed.spec == desired {
                return Ok(Outcome::Found(confirmed));
            }
            Write::Patch(members)
        }
    };
    job.write(&check, write, &desired, |document| {
        confirm(document, &check)
    })
    .await
}

/// Returns the confirmed state; a check that does not probe a port by TCP is confirmed as `Present`.
pub(super) fn confirm(document: &Value, check: &Resource) -> Confirmed {
    let port = document
        .pointer("/tcpHealthCheck/port")
        .and_then(Value::as_u64)
        .and_then(|port| u16::try_from(port).ok())
        .filter(|_| document::text(document, "/type") == Some("TCP"));
    let spec = port.map_or(Spec::Present, |port| {
        Spec::Google(GoogleSpec::HealthCheck { port })
    });
    confirmed(spec, document, check)
}
