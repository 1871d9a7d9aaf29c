//! The condition of a link whose backends fail their health probes.

use super::kind::{Condition, ConditionKind, ConditionStatus, Severity};
use super::of_service::listed;
use crate::backend_health::{Backend, BackendStatus};
use crate::remedy::Remedy;

/// The condition of a link of which a backend was checked; none for others.
///
/// It is true only if every backend that was checked is healthy.
pub(super) fn backends_healthy(backends: &[Backend]) -> Option<Condition> {
    let unhealthy: Vec<&Backend> = with(backends, BackendStatus::Unhealthy);
    let healthy: Vec<&Backend> = with(backends, BackendStatus::Healthy);
    if unhealthy.is_empty() {
        let checked = healthy.len();
        let since = healthy.iter().filter_map(|it| it.since).max();
        return (checked > 0).then(|| Condition {
            kind: ConditionKind::BackendsHealthy,
            status: ConditionStatus::True,
            severity: Severity::Error,
            connection: None,
            reason: "ProbesSucceed".to_owned(),
            message: format!(
                "{checked} of {} backends were checked, and pass the health probes of the cloud",
                backends.len()
            ),
            remedy: None,
            since,
        });
    }
    // A rule none of whose backends is known to work carries no new flow.
    let is_down = |rule: &str| {
        let mut of_rule = backends.iter().filter(|it| it.rule == rule);
        of_rule.all(|it| it.status == BackendStatus::Unhealthy)
    };
    let down: Vec<&Backend> = unhealthy
        .iter()
        .copied()
        .filter(|it| is_down(&it.rule))
        .collect();
    let named = |backends: &[&Backend]| {
        let named = backends
            .iter()
            .map(|it| format!("node `{}` on port {} (`{}`)", it.node, it.port, it.rule));
        listed(named.collect())
    };
    let (reason, severity, shown, effect) = if down.is_empty() {
        let effect = "The cloud sends new flows to the other nodes";
        ("BackendDown", Severity::Warning, unhealthy, effect)
    } else if healthy.is_empty() {
        let effect = "Every backend of the link that was checked is down: clients cannot use it";
        ("BackendsDown", Severity::Error, down, effect)
    } else {
        let effect = "No other node serves these ports: clients cannot use them";
        ("BackendsDown", Severity::Error, down, effect)
    };
    Some(Condition {
        kind: ConditionKind::BackendsHealthy,
        status: ConditionStatus::False,
        severity,
        connection: None,
        reason: reason.to_owned(),
        message: format!(
            "The health probes of the cloud fail: {}. {effect}",
            named(&shown)
        ),
        remedy: Some(Remedy::manual(
            "Check that the server runs, listens on this port of the node's own address, and that \
             no firewall drops the probes",
        )),
        since: shown.iter().filter_map(|it| it.since).min(),
    })
}

fn with(backends: &[Backend], status: BackendStatus) -> Vec<&Backend> {
    let found = backends.iter().filter(|it| it.status == status);
    found.collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn backend(node: &str, rule: &str, status: BackendStatus) -> Backend {
        Backend {
            node: node.parse().unwrap(),
            rule: rule.to_owned(),
            port: 5432,
            status,
            since: (status != BackendStatus::NotChecked).then_some(Timestamp::UNIX_EPOCH),
            checked_at: None,
            reason: None,
        }
    }

    #[test]
    fn what_was_not_checked_is_neither_healthy_nor_down() {
        use BackendStatus::{Healthy, NotChecked, Unhealthy};
        let of = |statuses: &[(&str, BackendStatus)]| {
            let backends: Vec<_> = statuses
                .iter()
                .enumerate()
                .map(|(number, (rule, status))| backend(&format!("n{number}"), rule, *status))
                .collect();
            let found = backends_healthy(&backends)?;
            Some((found.status == ConditionStatus::True, found.reason))
        };
        let down = |reason: &str| Some((false, reason.to_owned()));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("pg", NotChecked)]), None);
        let healthy = of(&[("pg", Healthy), ("pgbouncer", NotChecked)]);
        assert_eq!(healthy, Some((true, "ProbesSucceed".to_owned())));
        assert_eq!(
            of(&[("pg", Unhealthy), ("pg", Healthy)]),
            down("BackendDown")
        );
        assert_eq!(
            of(&[("pg", Unhealthy), ("pg", NotChecked)]),
            down("BackendDown")
        );
        assert_eq!(
            of(&[("pg", Unhealthy), ("redis", Healthy)]),
            down("BackendsDown")
        );
        assert_eq!(
            of(&[("pg", Unhealthy), ("pg", Unhealthy)]),
            down("BackendsDown")
        );
    }

    #[test]
    fn the_message_names_node_port_and_rule() {
        let found = backends_healthy(&[backend("n1", "pg", BackendStatus::Unhealthy)]).unwrap();
        assert!(
            found.message.contains("node `n1` on port 5432 (`pg`)"),
            "{}",
            found.message
        );
        assert_eq!(found.since, Some(Timestamp::UNIX_EPOCH));
    }
}
