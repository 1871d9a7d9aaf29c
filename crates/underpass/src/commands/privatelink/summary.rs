//! Progress and next action of a service's link, below the service.

use underpass_api_types::link::BackendView;
use underpass_model::backend_health::BackendStatus;

use super::link::{Kind, Link};
use super::progress::progress;
use crate::commands::session::Session;
use crate::compatible::service::Service;
use crate::failure::Failure;

/// Prints progress and next action of the link of a service, if it has one.
///
/// # Errors
/// A refusal of the server other than a missing link.
pub(in crate::commands) async fn print(
    session: &Session,
    service: &Service,
) -> Result<(), Failure> {
    let Some(kind) = Kind::of_cloud(&service.cloud) else {
        return Ok(());
    };
    let Some(link) = Link::of(session, kind, &service.name).conditions().await? else {
        return Ok(());
    };
    let how_far = progress(&link);
    let message = format!("private link on {}: {how_far}", kind.provider);
    session.printer.say(&message);
    for line in backends(&link.backends) {
        session.printer.say(&line);
    }
    if let Some(next) = &link.next_action {
        session.printer.say(&format!("hint: {next}"));
    }
    Ok(())
}

/// The health of a link's backends: a line for each that is down, otherwise their number.
fn backends(backends: &[BackendView]) -> Vec<String> {
    let with = |health| backends.iter().filter(move |it| it.health == health);
    let count = |health| with(health).count();
    let mut lines: Vec<String> = with(BackendStatus::Unhealthy)
        .map(|it| {
            format!(
                "backend {} on port {} ({}): unhealthy since {}, as of {}",
                it.node_name,
                it.port,
                it.component,
                it.since.as_deref().unwrap_or("null"),
                it.checked_at.as_deref().unwrap_or("null"),
            )
        })
        .collect();
    if !backends.is_empty() {
        lines.push(format!(
            "backends: {} healthy, {} unhealthy, {} not checked",
            count(BackendStatus::Healthy),
            count(BackendStatus::Unhealthy),
            count(BackendStatus::NotChecked)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_that_is_down_has_a_line_of_its_own() {
        let time = "2027-01-15T08:00:00Z";
        let backend = |node: &str, health, time: Option<&str>| BackendView {
            node_name: node.to_owned(),
            component: "pg".to_owned(),
            port: 5432,
            health,
            since: time.map(str::to_owned),
            checked_at: time.map(str::to_owned),
            reason: None,
        };
        let all = [
            backend("n1", BackendStatus::Healthy, Some(time)),
            backend("n2", BackendStatus::Unhealthy, Some(time)),
            backend("n3", BackendStatus::NotChecked, None),
        ];
        let expected = [
            format!("backend n2 on port 5432 (pg): unhealthy since {time}, as of {time}"),
            "backends: 1 healthy, 1 unhealthy, 1 not checked".to_owned(),
        ];
        assert_eq!(backends(&all), expected);
        assert_eq!(backends(&[]), [""; 0]);
    }
}
