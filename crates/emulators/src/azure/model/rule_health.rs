//! The health of a load balancing rule: a long-running operation without changes.
//!
//! Its operation is not durable, because it changes nothing: after a restart its URL is unknown.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::address;
use super::backend_pool;
use super::balancing_rule::RULES;
use super::call::Call;
use super::document;
use super::element;
use super::guid::guid;
use super::health_operation::HealthOperation;
use super::id::{Key, ResourceId};
use super::operation::RETRY_AFTER_SECONDS;
use super::probe;
use super::refusal::Refusal;
use super::reply::{Reply, reply};
use super::request::Request;
use super::resource::Resource;
use super::state::State;
use crate::health::{Health, Outcome};

/// Time for which the result waits for the first probe of each member.
const FIRST_PROBES: SignedDuration = SignedDuration::from_secs(10);

/// Time for which a result can be read.
const RETENTION: SignedDuration = SignedDuration::from_mins(10);

/// `POST …/loadBalancers/{name}/loadBalancingRules/{rule}/health`: 202 with the URL of the result.
///
/// # Errors
/// `ResourceNotFound`, `NotFound`.
pub(super) fn start(
    state: &mut State,
    call: &mut Call<'_>,
    balancer: &ResourceId,
    rule: &str,
) -> Result<Reply, Refusal> {
    let found = find(state, balancer, rule)?;
    let location = format!(
        "/subscriptions/{}/providers/Microsoft.Network/locations/{}/operationResults",
        balancer.subscription(),
        found.0.location()
    );
    let mut query = vec![("api-version".to_owned(), call.api_version.to_owned())];
    for name in ["t", "c", "s", "h"] {
        query.push((name.to_owned(), guid(call.rng).replace('-', "")));
    }
    let operation = HealthOperation {
        balancer: found.0.id.clone(),
        rule: rule.to_owned(),
        started: call.now,
        location,
        query,
    };
    let id = guid(call.rng);
    let accepted = accepted(state, &id, &operation);
    let now = call.now;
    state
        .health_mut()
        .ask(operation.balancer.key().as_str(), now);
    let operations = state.health_operations_mut();
    operations.retain(|_, it| now.duration_since(it.started) < RETENTION);
    operations.insert(id, operation);
    Ok(accepted)
}

/// `GET …/operationResults/{id}` of such a request; `None` for other operations.
pub(super) fn result(
    state: &State,
    request: &Request,
    id: &str,
    now: Timestamp,
) -> Option<Result<Reply, Refusal>> {
    let operation = state.health_operations().get(id)?;
    let place = format!("{}/", operation.location).to_ascii_lowercase();
    if operation.query != request.query || !request.path.to_ascii_lowercase().starts_with(&place) {
        return None;
    }
    let age = now.duration_since(operation.started);
    let delay = SignedDuration::try_from(state.configuration().operation_delay);
    let is_due = delay.is_ok_and(|delay| age >= delay);
    if !is_due || (!state.health().is_probed() && age < FIRST_PROBES) {
        return Some(Ok(accepted(state, id, operation)));
    }
    let found = find(state, &operation.balancer, &operation.rule);
    Some(found.map(|(balancer, rule)| reply(200, Some(shown(state, balancer, rule)))))
}

fn accepted(state: &State, id: &str, operation: &HealthOperation) -> Reply {
    let query = operation.query.iter();
    let query: Vec<String> = query.map(|(name, it)| format!("{name}={it}")).collect();
    let base_url = &state.configuration().base_url;
    let url = format!("{base_url}{}/{id}?{}", operation.location, query.join("&"));
    Reply {
        status: 202,
        headers: vec![
            ("location".to_owned(), url),
            ("retry-after".to_owned(), RETRY_AFTER_SECONDS.to_owned()),
        ],
        body: None,
    }
}

fn find<'a>(
    state: &'a State,
    balancer: &ResourceId,
    rule: &str,
) -> Result<(&'a Resource, &'a Value), Refusal> {
    let found = state
        .resource(balancer)
        .ok_or_else(|| Refusal::missing(balancer))?;
    let rules = document::list(&found.body, RULES);
    let rule = element::find(rules, rule).ok_or_else(|| {
        let id = format!("{balancer}/loadBalancingRules/{rule}");
        Refusal::network(404, "NotFound", format!("Resource {id} not found."))
    })?;
    Ok((found, rule))
}

/// The health of each member of the rule's pool.
fn shown(state: &State, balancer: &Resource, rule: &Value) -> Value {
    let probe = probe::of_rule(&balancer.body, rule);
    let pool = Key::of(document::text_or_empty(
        rule,
        "/properties/backendAddressPool/id",
    ));
    let members: Vec<(&Resource, &str)> = backend_pool::members(state, &pool).collect();
    let healths: Vec<Option<Health>> = members
        .iter()
        .map(|(interface, _)| match state.host_of(&interface.id) {
            Some(host) => probe::health(state, probe, host),
            None => probe.map(|_| Health::Unknown),
        })
        .collect();
    let all_down = !healths.is_empty() && healths.iter().all(|it| it.is_some_and(is_down));
    let is_ignored = all_down && probe.is_some_and(probe::sends_to_unhealthy);
    let is_http = probe.is_some_and(|it| !document::text_is(it, "/properties/protocol", "Tcp"));
    let addresses: Vec<Value> = members
        .into_iter()
        .zip(&healths)
        .map(|((interface, name), health)| {
            let configurations = document::list(&interface.body, "/properties/ipConfigurations");
            let address = element::find(configurations, name).and_then(address::address_of);
            let (state, reason) = words(*health, is_ignored, is_http);
            json!({
                "ipAddress": address.map(|it| it.to_string()),
                "networkInterfaceIPConfigurationId":
                    format!("{}/ipConfigurations/{name}", interface.id),
                "state": state,
                "reason": reason,
            })
        })
        .collect();
    let up = addresses.iter().filter(|it| it["state"] == "Up").count();
    json!({
        "up": up,
        "down": addresses.len() - up,
        "loadBalancerBackendAddresses": addresses,
    })
}

/// A member that was not probed is unhealthy: it is sent nothing before its first success.
const fn is_down(health: Health) -> bool {
    !matches!(health, Health::Up { .. })
}

/// State and reason of a member (Microsoft Learn, "Manage Azure Load Balancer health status"). The
/// codes for TCP are assumed.
const fn words(
    health: Option<Health>,
    is_ignored: bool,
    is_http: bool,
) -> (&'static str, &'static str) {
    match health {
        _ if is_ignored => ("Up", "Up_Probe_AllDownIsUp"),
        None | Some(Health::Up { is_failing: false }) => ("Up", "Up_Probe_Success"),
        Some(Health::Up { is_failing: true }) => ("Up", "Up_Probe_ApproachingUnhealthyThreshold"),
        Some(Health::Unknown) => ("Down", "Down_Probe_NoResponse"),
        Some(Health::Down {
            is_recovering: true,
            ..
        }) => ("Down", "Down_Probe_ApproachingHealthyThreshold"),
        Some(Health::Down { failure, .. }) => match failure {
            Outcome::WrongAnswer => ("Down", "Down_Probe_HttpStatusCodeError"),
            _ if is_http => ("Down", "Down_Probe_HttpEndpointUnreachable"),
            Outcome::Timeout | Outcome::Success => ("Down", "Down_Probe_TcpNoResponse"),
            Outcome::Unreachable => ("Down", "Down_Probe_TcpEndpointUnreachable"),
        },
    }
}
