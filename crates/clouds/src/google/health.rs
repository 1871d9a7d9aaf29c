//! The health of an endpoint group of the backend service.

use serde_json::{Value, json};
use underpass_model::backend_health::{HealthAnswer, MemberHealth};

use super::job::Job;
use super::permission::Permission;
use super::resource::path_of;
use crate::document;
use crate::error::Error;

/// Reads the health of the nodes in a zone. An answer without members knows none.
pub(super) async fn read(job: Job<'_>, zone: &str) -> Result<HealthAnswer, Error> {
    let service = job.names.backend_service();
    let body = json!({"group": job.names.endpoint_group(zone).link()});
    let needs = Permission::GetBackendService;
    let answer = job
        .client
        .act(&service, "getHealth", needs, &body, job.now)
        .await?;
    let members = document::list(&answer, "/healthStatus").iter();
    Ok(HealthAnswer::Known(members.filter_map(member).collect()))
}

fn member(found: &Value) -> Option<MemberHealth> {
    let state = document::text(found, "/healthState")?;
    let port = found.pointer("/port").and_then(Value::as_u64);
    Some(MemberHealth {
        handle: path_of(document::text(found, "/instance")?).to_owned(),
        port: port.and_then(|port| u16::try_from(port).ok()),
        is_healthy: state == "HEALTHY",
        reason: None,
    })
}
