//! Actions of providers, consumers and operators on Google.

use ipnet::Ipv4Net;
use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::json;
use underpass_clouds::Depth;
use underpass_model::connection::Connection;
use underpass_model::link::{CreateContext, Link};
use underpass_model::nat_range;
use underpass_model::part::{Observed, Part};
use underpass_model::refusal::Refusal;
use underpass_store::{Change, Key, Kind, NatRangeReservation, Versioned};

use super::{CONSUMERS, Google, consumer_regional, global, out_of_band};
use crate::actors::{Actors, Decision, address_of};
use crate::simulation::{Simulation, account};

/// Number of endpoints in a burst: accepted, they exhaust a NAT range.
const ENDPOINT_BURST: usize = 11;

impl Actors for Google {
    fn consumers(&self) -> [&'static str; 3] {
        CONSUMERS
    }

    fn request_link(
        &self,
        sim: &Simulation,
        context: CreateContext<'_>,
        _pick: usize,
        now: Timestamp,
    ) -> Result<(Link, Change), Refusal> {
        let end: Vec<_> = claims(sim).iter().map(|row| row.value.piece).collect();
        let link = Link::create_google(context, &end, sim.new_link_id(), now)?;
        let ranges = link.nat_ranges.clone();
        let change = ranges
            .into_iter()
            .fold(Change::new(), |change, range| claim(change, &link, range));
        Ok((link, change))
    }

    fn approve(
        &self,
        link: &mut Link,
        connection: &mut Connection,
        observed: &Observed,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        let address = address_of(connection);
        link.approve_at(connection, address, observed, now)
    }

    fn changes_with_decision(
        &self,
        sim: &Simulation,
        link: &mut Link,
        rows: &[Connection],
    ) -> Change {
        let end: Vec<_> = claims(sim).iter().map(|row| row.value.piece).collect();
        let is_own = |piece: &Ipv4Net| link.nat_ranges.iter().any(|it| it.contains(piece));
        let others: Vec<_> = end.into_iter().filter(|it| !is_own(it)).collect();
        match link.make_room(rows, &others, sim.engine.clock.now()) {
            Ok(Some(range)) => claim(Change::new(), link, range),
            Ok(None) => Change::new(),
            Err(fault_body) => panic!("{fault_body:?}"),
        }
    }

    /// Creates a burst of endpoints, approves all pending connections, or both.
    fn act_as_provider(&self, sim: &mut Simulation, pick: usize) {
        if !pick.is_multiple_of(4) {
            for _ in 0..ENDPOINT_BURST {
                sim.make_endpoint(CONSUMERS[pick % 2]);
            }
        }
        if pick % 4 > 1 {
            sim.settle_cloud();
            sim.sweep(Depth::Connections);
        }
        if pick % 4 != 1 {
            for index in 0..sim.connections().len() {
                sim.decide(index, Decision::Approve);
            }
        }
    }

    /// Targets the attachment's path, which consumers get from the API.
    fn make_endpoint(&self, sim: &mut Simulation, consumer: &str) {
        let observed = sim.observed();
        let published = observed.last(&Part::Attachment).cloned();
        let Some(target) = published.and_then(|last| last.facts.id) else {
            return;
        };
        let number = sim.next_endpoint();
        let body = json!({"name": format!("pe-{number}"), "target": target,
            "network": "global/networks/net",
            "subnetwork": consumer_regional(consumer, "subnetworks/default")});
        let rules = consumer_regional(consumer, "forwardingRules");
        let (status, _) = sim.consumer(consumer, "POST", &rules, Some(body));
        sim.note(format!(
            "consumer {consumer} creates pe-{number} -> {status}"
        ));
    }

    fn drop_endpoint(&self, sim: &mut Simulation, consumer: &str, number: u32) -> u16 {
        let path = consumer_regional(consumer, &format!("forwardingRules/pe-{number}"));
        sim.consumer(consumer, "DELETE", &path, None).0
    }

    fn change_out_of_band(&self, sim: &mut Simulation, rng: &mut StdRng, way: usize) {
        match way {
            0 => out_of_band::decide(sim, rng),
            _ => out_of_band::break_path(sim, rng),
        }
    }
}

/// The pieces of NAT ranges that are claimed in the network.
pub(super) fn claims(sim: &Simulation) -> Vec<Versioned<NatRangeReservation>> {
    let above = Key::nat_ranges_of(&account(), &global("networks/net"));
    sim.all(Kind::NatRange, above)
}

/// Claims a range for a link, as the API does.
fn claim(change: Change, link: &Link, range: Ipv4Net) -> Change {
    let pieces = nat_range::pieces(range).into_iter();
    pieces.fold(change, |change, piece| {
        let claim = NatRangeReservation {
            project: link.project.clone(),
            service: link.service.clone(),
            piece,
        };
        let key = Key::nat_range(&account(), &global("networks/net"), piece);
        change.insert(key, &claim).unwrap()
    })
}
