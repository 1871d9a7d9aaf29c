//! Progress of a link in one line.

use underpass_api_types::link::LinkView;
use underpass_model::link::LinkState;
use underpass_model::part::Part;

/// Returns the state of a link, the number of its parts that are as desired, and the first failure.
pub(super) fn progress(link: &LinkView) -> String {
    let state = link.state.as_str();
    let desired = || link.parts.iter().filter(|part| part.desired);
    let ready = desired().filter(|part| part.satisfied).count();
    let left = link
        .parts
        .iter()
        .filter(|part| !part.desired && !part.satisfied);
    let progress = match link.state {
        LinkState::Deleting => format!("{} left to remove", left.count()),
        LinkState::Creating | LinkState::Active => {
            format!("{ready} of {} parts ready", desired().count())
        }
    };
    match link.parts.iter().find_map(|part| part.failure.as_ref()) {
        None => format!("{state}, {progress}"),
        Some(failure) => format!(
            "{state}, {progress}; {} failed: {}",
            name(&failure.part),
            failure.message
        ),
    }
}

/// Returns the display name of a part; its stored text if only a newer server knows the part.
fn name(part: &str) -> String {
    let known = part.parse::<Part>();
    known.map_or_else(|_newer| part.to_owned(), |part| part.display_name())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn part(name: &str, desired: bool, satisfied: bool, failure: &Value) -> Value {
        json!({ "part": name, "phase": "ready", "desired": desired, "satisfied": satisfied,
                "since": null, "failure": failure })
    }

    fn link(state: &str, parts: &Value) -> LinkView {
        let link = json!({ "state": state, "generation": 1, "topology": "direct",
            "established_flow_revocation": "unverified", "azure_service_alias": null,
            "azure_service_id": null, "user_subscription_ids": [], "open_ports": [],
            "reserved_ports": {}, "parts": parts, "settled": false, "next_step": null,
            "conditions": [], "next_action": null, "create_time": "2027-01-15T08:00:00Z",
            "update_time": "2027-01-15T08:00:00Z" });
        serde_json::from_value(link).unwrap()
    }

    #[test]
    fn progress_counts_the_parts_that_are_as_desired() {
        let creating = link(
            "creating",
            &json!([
                part("balancer", true, true, &Value::Null),
                part("attachment", true, false, &Value::Null),
            ]),
        );
        assert_eq!(progress(&creating), "creating, 1 of 2 parts ready");
        let deleting = link(
            "deleting",
            &json!([
                part("balancer", false, false, &Value::Null),
                part("attachment", false, true, &Value::Null),
            ]),
        );
        assert_eq!(progress(&deleting), "deleting, 1 left to remove");
    }

    #[test]
    fn the_first_failure_is_reported() {
        let failure = json!({ "attempts": 1, "code": "q", "message": "quota", "next_action": null,
            "part": "balancer", "retry_at": "2027-01-15T08:00:00Z",
            "since": "2027-01-15T08:00:00Z" });
        let stuck = link(
            "creating",
            &json!([part("balancer", true, false, &failure)]),
        );
        assert_eq!(
            progress(&stuck),
            "creating, 0 of 1 parts ready; load balancer failed: quota"
        );
    }
}
