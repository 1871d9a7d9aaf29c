//! Invariants on Azure.

use std::collections::BTreeMap;

use serde_json::Value;
use underpass_emulators::azure::model::Binding;
use underpass_model::connection::Identity;
use underpass_model::link::Link;
use underpass_model::part::Admission;

use super::{Azure, FOREIGN, NODES, nat_subnet, nic_id, published};
use crate::invariants::CloudInvariants;
use crate::simulation::Simulation;

impl CloudInvariants for Azure {
    fn connection_key(&self, identity: &Identity) -> String {
        identity.name.clone()
    }

    fn binding_key(&self, binding: &Binding) -> String {
        let name = binding.connection.rsplit('/').next();
        name.unwrap_or_default().to_owned()
    }

    /// Out-of-band approvals are recorded as approved, because the cloud does not record who approved.
    fn exemption(&self, _: &mut Simulation, _: &Binding) -> Option<String> {
        None
    }

    /// The alias identifies the private link service.
    fn irreplaceable(&self, sim: &mut Simulation) -> Vec<(String, String)> {
        let name = sim.published_name();
        let published = published(sim);
        let alias = published.map(|it| text(&it["properties"]["alias"]));
        name.zip(alias).into_iter().collect()
    }

    fn check(&self, sim: &mut Simulation) -> Result<(), String> {
        let bindings = sim.environment.lock().unwrap().model.bindings();
        match bindings.iter().find(|it| it.endpoint.contains(FOREIGN)) {
            Some(binding) => Err(format!(
                "bytes pass for a foreign endpoint: {}",
                binding.endpoint
            )),
            None => Ok(()),
        }
    }

    fn admissions(&self, sim: &mut Simulation) -> Option<BTreeMap<String, Admission>> {
        let published = published(sim)?;
        let listed = published["properties"]["privateEndpointConnections"].as_array();
        let admission = |connection: &Value| {
            let state = &connection["properties"]["privateLinkServiceConnectionState"];
            match state["status"].as_str() {
                Some("Approved") => Admission::Approved,
                Some("Rejected") => Admission::Rejected,
                Some("Disconnected") => Admission::Disconnected,
                _ => Admission::Pending,
            }
        };
        let listed = listed.into_iter().flatten();
        Some(
            listed
                .map(|it| (text(&it["name"]), admission(it)))
                .collect(),
        )
    }

    fn check_link(&self, sim: &mut Simulation, _: &Link) -> Result<(), String> {
        the_policy_is_off(sim)
    }

    fn check_unpublished(&self, sim: &mut Simulation) -> Result<(), String> {
        for nic in NODES {
            let (_, body) = sim.provider("GET", &nic_id(nic), None);
            if body.to_string().contains("/up-") {
                return Err(format!("{nic} is still in a backend pool of a link"));
            }
        }
        the_policy_is_off(sim)
    }
}

/// Checks that the NAT subnet accepts private link services, after any change of its policy.
fn the_policy_is_off(sim: &mut Simulation) -> Result<(), String> {
    let (_, subnet) = sim.provider("GET", &nat_subnet(), None);
    let policy = &subnet["properties"]["privateLinkServiceNetworkPolicies"];
    if policy == "Disabled" {
        return Ok(());
    }
    Err(format!("the network policy of the NAT subnet is {policy}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
