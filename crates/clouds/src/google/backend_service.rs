//! The backend service: distributes flows over the groups of the zones.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_model::part::{Confirmed, GoogleSpec, Spec};
use underpass_model::reconcile::Outcome;

use super::job::{Job, Write, check_tag, confirmed};
use super::names;
use super::resource::{Resource, name_of, path_of};
use crate::document;
use crate::error::Error;

pub(super) async fn read(job: Job<'_>) -> Result<Outcome, Error> {
    let service = job.names.backend_service();
    job.read(&service, |document| confirm(document, &service))
        .await
}

pub(super) async fn put(
    job: Job<'_>,
    zones: &BTreeSet<String>,
    tag: Option<&str>,
) -> Result<Outcome, Error> {
    let service = job.names.backend_service();
    let desired = Spec::Google(GoogleSpec::BackendService {
        zones: zones.clone(),
    });
    let backends: Vec<_> = zones
        .iter()
        .map(|zone| {
            // Full URLs are required here; partial ones are refused.
            let group = job.names.endpoint_group(zone).link();
            json!({"group": group, "balancingMode": "CONNECTION"})
        })
        .collect();
    let confirm = |document: &Value| confirm(document, &service);
    let write = match job.get_own(&service).await? {
        None => {
            let members = json!({
                "loadBalancingScheme": "INTERNAL",
                "protocol": "TCP",
                "healthChecks": [job.names.health_check().link()],
                "backends": backends,
            });
            Write::Insert(job.body(&service, members))
        }
        Some(document) => {
            let confirmed = confirm(&document);
            if confirmed.spec == desired {
                return Ok(Outcome::Found(confirmed));
            }
            check_tag(&document, tag, &service)?;
            Write::Patch(json!({"fingerprint": tag, "backends": backends}))
        }
    };
    job.write(&service, write, &desired, confirm).await
}

/// Returns the confirmed state; a service with a group of another link is confirmed as `Present`.
pub(super) fn confirm(document: &Value, service: &Resource) -> Confirmed {
    let stem = service.name().strip_suffix(names::SERVICE);
    let group = stem.map(|stem| format!("{stem}{}", names::GROUP));
    let zones: Option<BTreeSet<String>> = document::list(document, "/backends")
        .iter()
        .map(|backend| {
            let path = path_of(document::text(backend, "/group")?);
            let zone = path.split('/').skip_while(|it| *it != "zones").nth(1)?;
            (Some(name_of(path)) == group.as_deref()).then(|| zone.to_owned())
        })
        .collect();
    let spec = zones.map_or(Spec::Present, |zones| {
        Spec::Google(GoogleSpec::BackendService { zones })
    });
    confirmed(spec, document, service)
}
