//! Backend services of internal passthrough Network Load Balancers: groups of instances behind
//! forwarding rules.

use serde_json::Value;

use super::document;
use super::draft::Draft;
use super::id::{ResourceId, is_full_url, path_of};
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::Resource;
use super::state::State;

/// Maximum number of backends of a service (docs: quotas, internal passthrough Network Load
/// Balancers).
const MAX_BACKENDS: usize = 50;

/// Checks and completes a backend service.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady` for a resource it refers
/// to.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let scheme = draft.text("loadBalancingScheme").unwrap_or("EXTERNAL");
    if scheme != "INTERNAL" {
        let why = "The emulator supports: INTERNAL.";
        return Err(Refusal::text("loadBalancingScheme", scheme, why));
    }
    draft.check_enum("protocol", &["TCP", "UDP", "UNSPECIFIED"])?;
    draft.check_immutable(&["loadBalancingScheme"])?;
    document::set_default(&mut draft.body, "sessionAffinity", "NONE");
    draft.link("network", Kind::Network)?;
    let checks = draft.links("healthChecks", Kind::HealthCheck)?;
    if checks.len() > 1 {
        let why = "Too many specified. Maximum is 1.";
        let links = draft.body.get("healthChecks").unwrap_or(&Value::Null);
        return Err(Refusal::field("healthChecks", links, why));
    }
    if let Some(check) = checks.first() {
        check_region(draft, "healthChecks[0]", &check.id)?;
    }
    prepare_backends(draft)
}

fn prepare_backends(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let mut backends = document::list(&draft.body, "/backends").to_vec();
    if backends.is_empty() {
        return Ok(());
    }
    if backends.len() > MAX_BACKENDS {
        let why = format!("Too many specified. Maximum is {MAX_BACKENDS}.");
        return Err(Refusal::text("backends", &backends.len().to_string(), &why));
    }
    let mut groups: Vec<ResourceId> = Vec::new();
    for (index, backend) in backends.iter_mut().enumerate() {
        let field = format!("backends[{index}].group");
        let Some(link) = document::text(backend, "/group") else {
            return Err(Refusal::required(&field));
        };
        let group = group(draft, &field, link)?;
        if groups.contains(&group.id) {
            let why = "The same group is named twice.";
            return Err(Refusal::text(&field, link, why));
        }
        document::set(backend, "group", group.id.link());
        document::set_default(backend, "balancingMode", "CONNECTION");
        let mode = document::text_or_empty(backend, "/balancingMode");
        if mode != "CONNECTION" {
            let why = "Balancing mode must be CONNECTION for an INTERNAL backend service.";
            return Err(Refusal::text(
                &format!("backends[{index}].balancingMode"),
                mode,
                why,
            ));
        }
        groups.push(group.id.clone());
    }
    document::set(&mut draft.body, "backends", backends);
    Ok(())
}

/// Returns the group that a backend names, which must be a full URL.
fn group<'a>(draft: &Draft<'a>, field: &str, link: &str) -> Result<&'a Resource, Refusal> {
    if !is_full_url(link) {
        let why = "The URL is malformed: it must be a fully-qualified URL that begins with \
                   https://www.googleapis.com/.";
        return Err(Refusal::text(field, link, why));
    }
    let kind = if link.contains("/instanceGroups/") {
        Kind::InstanceGroup
    } else {
        Kind::EndpointGroup
    };
    let group = draft.resolve_ready(field, link, kind)?;
    check_region(draft, field, &group.id)?;
    Ok(group)
}

fn check_region(draft: &Draft<'_>, field: &str, id: &ResourceId) -> Result<(), Refusal> {
    let own = draft.id.location.region();
    if id.location.region() == own {
        return Ok(());
    }
    let why = format!(
        "It must be in region '{}', the same as the backend service.",
        own.unwrap_or_default()
    );
    Err(Refusal::text(field, &id.link(), &why))
}

/// Returns the groups behind a backend service.
pub(super) fn groups<'a>(
    state: &'a State,
    service: &'a Resource,
) -> impl Iterator<Item = &'a Resource> {
    document::list(service.body(), "/backends")
        .iter()
        .filter_map(|it| ResourceId::from_path(path_of(document::text(it, "/group")?)))
        .filter_map(|id| state.created(&id))
}
