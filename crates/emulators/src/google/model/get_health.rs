//! The health of a group of a backend service.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::backend_service::groups;
use super::call::Call;
use super::document;
use super::health_check::DEFAULT_PORT;
use super::id::ResourceId;
use super::kind::Kind;
use super::probe::{self, BackendHealth};
use super::refusal::Refusal;
use super::request::Reply;
use super::resource::Resource;
use super::state::State;

/// `POST …/getHealth`: the health of each member of a group, for each forwarding rule.
///
/// # Errors
/// 404 `notFound`, 400 `required` or `invalid` for a group that is no backend of the service.
pub(super) fn get_health(
    state: &mut State,
    call: &Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let service = state.require_created(id)?;
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
    let answer = answer(state, service, group);
    state.health_mut().ask(&id.to_string(), call.now);
    Ok(Reply::ok(answer))
}

fn answer(state: &State, service: &Resource, group: &Resource) -> Value {
    let check = probe::check_of(state, service);
    let port = check.and_then(|check| probe::port(check.body()));
    let rules: Vec<&Resource> = state
        .of_kind(Kind::ForwardingRule)
        .filter(|rule| rule.is_created)
        .filter(|rule| rule.linked("/backendService").as_ref() == Some(&service.id))
        .collect();
    // Without a forwarding rule, the members are shown once.
    let rules = if rules.is_empty() {
        vec![None]
    } else {
        rules.into_iter().map(Some).collect()
    };
    let mut statuses = Vec::new();
    for rule in rules {
        for member in &group.content.members {
            let health = probe::health(state, check, &member.instance);
            let is_healthy = matches!(health, BackendHealth::Healthy | BackendHealth::NotChecked);
            let mut status = json!({
                "instance": member.instance.link(),
                "ipAddress": member.address.as_ref().map(Ipv4Addr::to_string),
                "port": port.map_or(DEFAULT_PORT, u64::from),
                "healthState": if is_healthy { "HEALTHY" } else { "UNHEALTHY" },
            });
            if let Some(rule) = rule {
                document::set(&mut status, "forwardingRule", rule.id.link());
                if let Some(address) = document::text(rule.body(), "/IPAddress") {
                    document::set(&mut status, "forwardingRuleIp", address);
                }
            }
            statuses.push(status);
        }
    }
    let mut answer = json!({ "kind": "compute#backendServiceGroupHealth" });
    if !statuses.is_empty() {
        document::set(&mut answer, "healthStatus", statuses);
    }
    answer
}
