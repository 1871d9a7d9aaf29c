//! Settings of the control plane by the configuration.

use std::net::SocketAddr;

use jiff::SignedDuration;
use underpass_model::reconcile::AbsenceRule;
use underpass_model::region::KnownRegions;
use underpass_server::limits::{CurrentLimits, Limits};
use underpass_server::proof_key::ProofKey;
use underpass_server::settings::Settings;

use crate::config::Configuration;

/// Settings of the control plane. No service may have an address of `own_listeners`.
pub(super) fn settings(
    config: &Configuration,
    own_listeners: Vec<SocketAddr>,
    limits: CurrentLimits,
    proof_key: ProofKey,
) -> Settings {
    // The parser of durations accepts fewer seconds than the signed type has.
    let window =
        SignedDuration::try_from(config.discovery.absence_window).unwrap_or(SignedDuration::MAX);
    Settings {
        domain: config.dns.domain.clone(),
        regions: KnownRegions::with(config.server.allow_regions.iter().cloned()),
        nodes: config.emulation.nodes(),
        endpoints: config.emulation.endpoints(),
        api_hosts: config.server.api_hosts.clone(),
        own_listeners,
        discovery_interval: config.discovery.interval.0,
        absence: AbsenceRule { window },
        proof_key,
        reject_list: config.discovery.google_reject.into(),
        limits,
    }
}

/// Limits of the installation by the configuration.
pub(super) fn limits(config: &Configuration) -> Limits {
    Limits {
        project: config.limits.limits(),
        retention: config.retention.limits(),
    }
}
