//! What members, consumers and strangers do on Azure.

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::json;
use underpass_model::connection::Connection;
use underpass_model::link::{CreateContext, Link};
use underpass_model::part::{Observed, Part};
use underpass_model::refusal::Refusal;
use underpass_store::{Change, Versioned};

use super::{ALLOWED, Azure, FOREIGN, LISTS, consumer_base, provider_base, subscriptions};
use crate::actors::Actors;
use crate::world::World;

impl Actors for Azure {
    fn consumers(&self) -> [&'static str; 3] {
        [ALLOWED[0], ALLOWED[1], FOREIGN]
    }

    fn request_link(
        &self,
        world: &World,
        context: CreateContext<'_>,
        pick: usize,
        now: Timestamp,
    ) -> Result<(Link, Change), Refusal> {
        let list = subscriptions(LISTS[pick % LISTS.len()]);
        let link = Link::create_azure(context, list, world.new_link_id(), now)?;
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

    fn changes_with_decision(&self, _: &World, _: &mut Link, _: &[Connection]) -> Change {
        Change::new()
    }

    fn act_as_provider(&self, world: &mut World, pick: usize) {
        allow(world, LISTS[pick % LISTS.len()]);
    }

    /// By alias, which is what consumers are told.
    fn make_endpoint(&self, world: &mut World, consumer: &str) {
        let observed = world.observed();
        let published = observed.last(&Part::Attachment).cloned();
        let Some(alias) = published.and_then(|last| last.facts.alias) else {
            return;
        };
        let number = world.next_endpoint();
        let base = consumer_base(consumer);
        let path = format!("{base}/privateEndpoints/pe-{number}");
        let body = json!({"location": "westeurope", "properties": {
            "subnet": {"id": format!("{base}/virtualNetworks/vnet/subnets/default")},
            "manualPrivateLinkServiceConnections": [
                {"name": "c", "properties": {"privateLinkServiceId": alias, "requestMessage": "hi"}}]}});
        let (status, _) = world.consumer(consumer, "PUT", &path, Some(body));
        world.note(format!("consumer {consumer} makes pe-{number} -> {status}"));
    }

    fn drop_endpoint(&self, world: &mut World, consumer: &str, number: u32) -> u16 {
        let path = format!("{}/privateEndpoints/pe-{number}", consumer_base(consumer));
        world.consumer(consumer, "DELETE", &path, None).0
    }

    fn change_out_of_band(&self, world: &mut World, _dice: &mut StdRng, way: usize) {
        match way {
            0 => approve_out_of_band(world),
            _ => empty_rules(world),
        }
    }
}

/// A member changes who may ask.
pub(super) fn allow(world: &mut World, list: &[&str]) {
    let now = world.engine.clock.now();
    let Some(mut link) = world.link() else { return };
    let rows = world.connections();
    let connections: Vec<_> = rows.iter().map(|row| row.value.clone()).collect();
    let Ok(changed) = link.value.allow(subscriptions(list), &connections, now) else {
        return;
    };
    world.note(format!("member allows {} subscriptions", list.len()));
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
    world.commit(change, link.value.generation);
}

/// Somebody approves an endpoint at the provider, not through us.
fn approve_out_of_band(world: &mut World) {
    let Some(name) = world.published_name() else {
        return;
    };
    let path = format!(
        "{}/privateLinkServices/{name}/privateEndpointConnections",
        provider_base()
    );
    let (_, list) = world.provider("GET", &path, None);
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
    let (status, _) = world.provider("PUT", &format!("{path}/{connection_name}"), Some(body));
    world.note(format!("a stranger approves {connection_name} -> {status}"));
    world.approved.insert(connection_name);
}

/// Somebody empties the balancer's rules.
fn empty_rules(world: &mut World) {
    let Some(name) = world.published_name() else {
        return;
    };
    let path = format!("{}/loadBalancers/{name}-lb", provider_base());
    let (status, mut balancer) = world.provider("GET", &path, None);
    if status != 200 {
        return;
    }
    balancer["properties"]["loadBalancingRules"] = json!([]);
    let (status, _) = world.provider("PUT", &path, Some(balancer));
    world.note(format!("a stranger empties the rules -> {status}"));
}
