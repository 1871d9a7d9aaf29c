//! Backend services of internal passthrough balancers: groups of instances behind forwarding rules.

use serde_json::{Value, json};

use super::call::Call;
use super::document;
use super::draft::Draft;
use super::id::{ResourceId, is_whole, path_of};
use super::kind::Kind;
use super::refusal::Refusal;
use super::request::Reply;
use super::resource::Resource;
use super::state::State;

/// Most backends of a service (docs: quotas, internal passthrough balancers).
const BACKENDS: usize = 50;

pub(super) fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let scheme = draft.text("loadBalancingScheme").unwrap_or("EXTERNAL");
    if scheme != "INTERNAL" {
        let why = "Only INTERNAL is served here.";
        return Err(Refusal::text("loadBalancingScheme", scheme, why));
    }
    draft.choice("protocol", &["TCP", "UDP", "UNSPECIFIED"])?;
    draft.fixed(&["loadBalancingScheme"])?;
    document::default(&mut draft.body, "sessionAffinity", "NONE");
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
    settle_backends(draft)
}

fn settle_backends(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let mut backends = document::list(&draft.body, "/backends").to_vec();
    if backends.is_empty() {
        return Ok(());
    }
    if backends.len() > BACKENDS {
        let why = format!("Too many specified. Maximum is {BACKENDS}.");
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
        document::put(backend, "group", group.id.link());
        document::default(backend, "balancingMode", "CONNECTION");
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
    document::put(&mut draft.body, "backends", backends);
    Ok(())
}

/// The group a backend names; only whole links are taken here.
fn group<'a>(draft: &Draft<'a>, field: &str, link: &str) -> Result<&'a Resource, Refusal> {
    if !is_whole(link) {
        let why = "The URL is malformed: it must be a fully-qualified URL that begins with \
                   https://www.googleapis.com/.";
        return Err(Refusal::text(field, link, why));
    }
    let kind = if link.contains("/instanceGroups/") {
        Kind::InstanceGroup
    } else {
        Kind::EndpointGroup
    };
    let group = draft.refer(field, link, kind)?;
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

/// The groups behind a backend service.
pub(super) fn groups<'a>(
    state: &'a State,
    service: &'a Resource,
) -> impl Iterator<Item = &'a Resource> {
    document::list(service.body(), "/backends")
        .iter()
        .filter_map(|it| ResourceId::of_path(path_of(document::text(it, "/group")?)))
        .filter_map(|id| state.made(&id))
}

/// `POST …/getHealth`: an instance is well if a host stands for it.
pub(super) fn get_health(
    state: &State,
    call: &Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let service = state.require(id)?;
    let Some(link) = document::text(call.body()?, "/group") else {
        return Err(Refusal::required("group"));
    };
    let group = groups(state, service).find(|it| {
        let kind = it.id.kind;
        let named = state.linked(link, kind, id);
        named.as_ref() == Some(&it.id)
    });
    let Some(group) = group else {
        let why = format!("It is not a backend of '{id}'.");
        return Err(Refusal::text("group", link, &why));
    };
    let port = document::texts(service.body(), "/healthChecks")
        .filter_map(|link| ResourceId::of_path(path_of(link)))
        .filter_map(|id| state.resource(&id))
        .find_map(|check| document::number(check.body(), "/tcpHealthCheck/port"));
    let statuses: Vec<Value> = group
        .content
        .members
        .iter()
        .map(|member| {
            let is_well = state.host(&member.instance).is_some();
            json!({
                "instance": member.instance.link(),
                "ipAddress": member.address.map(|it| it.to_string()),
                "port": port.unwrap_or(80),
                "healthState": if is_well { "HEALTHY" } else { "UNHEALTHY" },
            })
        })
        .collect();
    let mut answer = json!({ "kind": "compute#backendServiceGroupHealth" });
    if !statuses.is_empty() {
        document::put(&mut answer, "healthStatus", statuses);
    }
    Ok(Reply::ok(answer))
}
