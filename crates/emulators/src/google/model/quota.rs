//! Quotas, as projects and regions show them. They are not enforced.

use serde_json::{Value, json};

use super::kind::Kind;
use super::state::State;

/// Quotas of a project, with limits of a new project (Google Cloud console, Quotas, read 2026-11).
const OF_PROJECT: [(&str, Kind, u32); 6] = [
    ("NETWORKS", Kind::Network, 15),
    ("SUBNETWORKS", Kind::Subnetwork, 275),
    ("FIREWALLS", Kind::Firewall, 500),
    ("FORWARDING_RULES", Kind::ForwardingRule, 150),
    ("BACKEND_SERVICES", Kind::BackendService, 75),
    ("HEALTH_CHECKS", Kind::HealthCheck, 75),
];

/// Quotas of a region.
const OF_REGION: [(&str, Kind, u32); 2] = [
    ("SERVICE_ATTACHMENTS", Kind::ServiceAttachment, 50),
    ("STATIC_ADDRESSES", Kind::Address, 700),
];

/// The quotas of a project.
pub(super) fn of_project(state: &State, project: &str) -> Vec<Value> {
    shown(state, project, None, &OF_PROJECT)
}

/// The quotas of a region.
pub(super) fn of_region(state: &State, project: &str, region: &str) -> Vec<Value> {
    shown(state, project, Some(region), &OF_REGION)
}

fn shown(
    state: &State,
    project: &str,
    region: Option<&str>,
    quotas: &[(&str, Kind, u32)],
) -> Vec<Value> {
    let quotas = quotas.iter().map(|(metric, kind, limit)| {
        let count = state.of_kind(*kind).filter(|it| {
            it.id.project == project
                && region.is_none_or(|it_is| it.id.location.region() == Some(it_is))
        });
        let usage = u32::try_from(count.count()).unwrap_or(u32::MAX);
        json!({ "metric": metric, "limit": f64::from(*limit), "usage": f64::from(usage) })
    });
    quotas.collect()
}
