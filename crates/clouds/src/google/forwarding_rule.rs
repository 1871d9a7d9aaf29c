//! The forwarding rule of a link, which forwards all ports.
//!
//! An attachment has exactly one, whose ports cannot be changed. So it forwards all ports, and the
//! firewall decides which are open.

use serde_json::json;
use underpass_model::reconcile::Outcome;

use super::job::Job;
use super::network::present;
use crate::error::Error;

pub(super) async fn read(job: Job<'_>) -> Result<Outcome, Error> {
    let rule = job.names.forwarding_rule();
    job.read(&rule, present(&rule)).await
}

pub(super) async fn put(job: Job<'_>) -> Result<Outcome, Error> {
    let rule = job.names.forwarding_rule();
    let members = json!({
        "loadBalancingScheme": "INTERNAL",
        "IPProtocol": "TCP",
        "allPorts": true,
        "backendService": job.names.backend_service().link(),
        "network": job.names.network_link()?,
        "subnetwork": job.names.node_subnet_link()?,
        // Without it a consumer could not reach the endpoint from its other regions.
        "allowGlobalAccess": true,
    });
    job.put_once(&rule, members, present(&rule)).await
}
