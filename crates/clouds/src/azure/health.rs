//! The health of a load balancing rule: a long operation that changes nothing.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::Value;
use underpass_model::backend_health::{HealthAnswer, MemberHealth};

use super::classify;
use super::job::Job;
use crate::answer::Answer;
use crate::document;
use crate::error::{Error, ErrorKind};

/// The polling interval if the provider requests none: 2 s.
const CHECK_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// Asks for the health of a rule of the link's load balancer.
pub(super) async fn ask(job: Job<'_>, rule: &str) -> Result<HealthAnswer, Error> {
    let balancer = job.names.balancer()?;
    let answer = job.client.ask_health(&balancer, rule, job.now).await?;
    read(job, &answer, None)
}

/// Polls the URL of an earlier question.
pub(super) async fn poll(job: Job<'_>, url: &str) -> Result<HealthAnswer, Error> {
    let answer = job.client.ask(url, ACTION, job.now).await?;
    if answer.status == StatusCode::NOT_FOUND {
        let message = "the provider does not know the question any more".to_owned();
        return Err(classify::own(
            ErrorKind::Missing,
            ACTION,
            "OperationNotFound",
            message,
        ));
    }
    read(job, &answer, Some(url))
}

/// The action in errors.
const ACTION: &str = "read the health of the load balancer's backends";

fn read(job: Job<'_>, answer: &Answer, url: Option<&str>) -> Result<HealthAnswer, Error> {
    let unreadable = || {
        let kind = ErrorKind::Retry { after: None };
        let message = "the answer is not the health of a rule".to_owned();
        classify::own(kind, ACTION, "UnreadableAnswer", message)
    };
    if answer.status != StatusCode::ACCEPTED {
        let members = answer.body.get("loadBalancerBackendAddresses");
        let members = members.and_then(Value::as_array).ok_or_else(unreadable)?;
        return Ok(HealthAnswer::Known(
            members.iter().filter_map(member).collect(),
        ));
    }
    let next = answer.header("location").or(url);
    let operation = next.and_then(|url| job.client.own_url(url));
    let pause = answer.retry_after().unwrap_or(CHECK_AFTER);
    Ok(HealthAnswer::InProgress {
        operation: operation.ok_or_else(unreadable)?,
        check_after: job.now.saturating_add(pause).unwrap_or(job.now),
    })
}

/// A member with a known state. Its IP configuration is a text, or in answers as the models of
/// 2024-05-01 describe them an object with `id`.
fn member(found: &Value) -> Option<MemberHealth> {
    let configuration = document::text(found, "/networkInterfaceIPConfigurationId")
        .or_else(|| document::text(found, "/networkInterfaceIPConfigurationId/id"))?;
    let end = configuration
        .to_ascii_lowercase()
        .find("/ipconfigurations/")?;
    let state = document::text(found, "/state")?;
    let is_healthy = state.eq_ignore_ascii_case("Up");
    if !is_healthy && !state.eq_ignore_ascii_case("Down") {
        return None;
    }
    Some(MemberHealth {
        handle: configuration.get(..end)?.to_owned(),
        port: None,
        is_healthy,
        reason: document::text(found, "/reason").map(str::to_owned),
    })
}
