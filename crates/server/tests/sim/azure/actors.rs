//! Actions of providers, consumers and operators on Azure.

use jiff::Timestamp;
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::json;
use underpass_model::connection::Connection;
use underpass_model::link::{CreateContext, Link};
use underpass_model::part::{Observed, Part};
use underpass_model::refusal::Refusal;
use underpass_store::{Change, Versioned};

use super::{
    ALLOWED, Azure, FOREIGN, LISTS, consumer_base, nat_subnet, provider_base, subscriptions,
};
use crate::actors::Actors;
use crate::simulation::Simulation;

impl Actors for Azure {
    fn consumers(&self) -> [&'static str; 3] {
        [ALLOWED[0], ALLOWED[1], FOREIGN]
    }

    fn request_link(
        &self,
        sim: &Simulation,
        context: CreateContext<'_>,
        pick: usize,
        now: Timestamp,
    ) -> Result<(Link, Change), Refusal> {
        let list = subscriptions(LISTS[pick % LISTS.len()]);
        let link = Link::create_azure(context, list, sim.new_link_id(), now)?;
        Ok((link, Change::new()))
    }

    fn approve(
        &self,
        link: &mut Link,
        connection: &mut Connection,
        observed: &Observed,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        link.approve(connection, observed, now)
    }

    fn changes_with_decision(&self, _: &Simulation, _: &mut Link, _: &[Connection]) -> Change {
        Change::new()
    }

    fn act_as_provider(&self, sim: &mut Simulation, pick: usize) {
        allow(sim, LISTS[pick % LISTS.len()]);
    }

    /// Targets the alias, which consumers get from the API.
    fn make_endpoint(&self, sim: &mut Simulation, consumer: &str) {
        let observed = sim.observed();
        let published = observed.last(&Part::Attachment).cloned();
        let Some(alias) = published.and_then(|last| last.facts.alias) else {
            return;
        };
        let number = sim.next_endpoint();
        let base = consumer_base(consumer);
        let path = format!("{base}/privateEndpoints/pe-{number}");
        let body = json!({"location": "westeurope", "properties": {
            "subnet": {"id": format!("{base}/virtualNetworks/vnet/subnets/default")},
            "manualPrivateLinkServiceConnections": [
                {"name": "c", "properties": {"privateLinkServiceId": alias, "requestMessage": "hi"}}]}});
        let (status, _) = sim.consumer(consumer, "PUT", &path, Some(body));
        sim.note(format!(
            "consumer {consumer} creates pe-{number} -> {status}"
        ));
    }

    fn drop_endpoint(&self, sim: &mut Simulation, consumer: &str, number: u32) -> u16 {
        let path = format!("{}/privateEndpoints/pe-{number}", consumer_base(consumer));
        sim.consumer(consumer, "DELETE", &path, None).0
    }

    fn change_out_of_band(&self, sim: &mut Simulation, rng: &mut StdRng, way: usize) {
        match way {
            0 => approve_out_of_band(sim),
            _ if rng.random_ratio(1, 2) => enable_policy(sim),
            _ => empty_rules(sim),
        }
    }
}

/// Changes the allowed subscriptions.
pub(super) fn allow(sim: &mut Simulation, list: &[&str]) {
    let now = sim.engine.clock.now();
    let Some(mut link) = sim.link() else { return };
    let rows = sim.connections();
    let connections: Vec<_> = rows.iter().map(|row| row.value.clone()).collect();
    let Ok(changed) = link.value.allow(subscriptions(list), &connections, now) else {
        return;
    };
    sim.note(format!("provider allows {} subscriptions", list.len()));
    let mut change = Change::new().update(&link).unwrap();
    for connection in changed {
        let row = rows
            .iter()
            .find(|row| row.value.id == connection.id)
            .unwrap();
        let row = Versioned {
            value: connection,
            ..row.clone()
        };
        change = change.update(&row).unwrap();
    }
    sim.commit(change, link.value.generation);
}

/// Approves an endpoint in the cloud, without Underpass.
fn approve_out_of_band(sim: &mut Simulation) {
    let Some(name) = sim.published_name() else {
        return;
    };
    let path = format!(
        "{}/privateLinkServices/{name}/privateEndpointConnections",
        provider_base()
    );
    let (_, list) = sim.provider("GET", &path, None);
    let pending = list["value"].as_array().and_then(|list| {
        list.iter().find(|connection| {
            connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Pending"
        })
    });
    let Some(connection) = pending.cloned() else {
        return;
    };
    let connection_name = connection["name"].as_str().unwrap().to_owned();
    let body = json!({"name": connection_name, "properties":
        {"privateLinkServiceConnectionState": {"status": "Approved", "description": "elsewhere"}}});
    let (status, _) = sim.provider("PUT", &format!("{path}/{connection_name}"), Some(body));
    sim.note(format!(
        "out of band: approves {connection_name} -> {status}"
    ));
    sim.approved.insert(connection_name);
}

/// Switches the network policy of the NAT subnet back on.
fn enable_policy(sim: &mut Simulation) {
    let path = nat_subnet();
    let (status, mut subnet) = sim.provider("GET", &path, None);
    if status != 200 {
        return;
    }
    subnet["properties"]["privateLinkServiceNetworkPolicies"] = json!("Enabled");
    let (status, _) = sim.provider("PUT", &path, Some(subnet));
    sim.note(format!(
        "out of band: enables the network policy -> {status}"
    ));
}

/// Empties the load balancer's rules.
fn empty_rules(sim: &mut Simulation) {
    let Some(name) = sim.published_name() else {
        return;
    };
    let path = format!("{}/loadBalancers/{name}-lb", provider_base());
    let (status, mut balancer) = sim.provider("GET", &path, None);
    if status != 200 {
        return;
    }
    balancer["properties"]["loadBalancingRules"] = json!([]);
    let (status, _) = sim.provider("PUT", &path, Some(balancer));
    sim.note(format!("out of band: empties the rules -> {status}"));
}
