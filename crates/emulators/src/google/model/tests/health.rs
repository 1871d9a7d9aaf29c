//! Health probes and the health of groups.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;
use crate::google::model::HostMapping;
use crate::health::{Exchange, Outcome, Probe};

/// A cloud with two nodes, 127.0.0.1 and 127.0.0.2, behind an accepted endpoint, with a firewall rule
/// for probes.
fn with_two_nodes() -> Fixture {
    let mut fixture = Fixture::new().with_accepted();
    fixture.created(&zonal("instances"), instance("n2"));
    fixture.performed(
        &zonal("networkEndpointGroups/neg/attachNetworkEndpoints"),
        json!({ "networkEndpoints": [{ "instance": "n2" }] }),
    );
    fixture.google.map_host(HostMapping {
        instance: zonal("instances/n2"),
        host: "127.0.0.2".parse().unwrap(),
    });
    allow_probes(&mut fixture);
    fixture
}

fn allow_probes(fixture: &mut Fixture) {
    let mut rule = allow("probes", &["8080"]);
    rule["sourceRanges"] = json!(["35.191.0.0/16", "130.211.0.0/22"]);
    fixture.created(&global("firewalls"), rule);
}

impl Fixture {
    /// Renews the probes; returns them.
    fn probes(&mut self) -> Vec<Probe> {
        let probes = self.google.probes(self.now);
        let health = self.google.health_mut();
        health.set_probes(probes.clone(), self.now);
        probes.into_iter().collect()
    }

    /// Records the outcome of each probe of a host.
    fn probed(&mut self, host: &str, outcome: Outcome) {
        for probe in self.probes() {
            if probe.target.ip().to_string() == host {
                self.google.health_mut().record(&probe, outcome);
            }
        }
    }

    fn backends(&self) -> Vec<String> {
        let [binding] = &self.google.bindings()[..] else {
            panic!("one listener expected")
        };
        binding.backends.iter().map(ToString::to_string).collect()
    }

    fn health(&mut self) -> Value {
        let group = link(&zonal("networkEndpointGroups/neg"));
        let path = regional("backendServices/bs/getHealth");
        let reply = self.post(&path, json!({ "group": group }));
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.body.unwrap()
    }

    /// Address and state of each member.
    fn states(&mut self) -> Vec<(String, String)> {
        let health = self.health();
        let statuses = health["healthStatus"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let pair = |it: &Value| (text(&it["ipAddress"]), text(&it["healthState"]));
        statuses.iter().map(pair).collect()
    }
}

fn state(address: &str, state: &str) -> (String, String) {
    (address.to_owned(), state.to_owned())
}

#[test]
fn the_health_of_a_group_shows_each_member_for_the_forwarding_rule() {
    let mut fixture = with_two_nodes();
    fixture.probed("127.0.0.1", Outcome::Success);
    fixture.probed("127.0.0.2", Outcome::Unreachable);
    let status = |name: &str, address: &str, state: &str| {
        json!({ "instance": link(&zonal(&format!("instances/{name}"))), "ipAddress": address,
            "port": 8080, "healthState": state,
            "forwardingRule": link(&regional("forwardingRules/fr")),
            "forwardingRuleIp": "10.0.0.3" })
    };
    let expected = json!({
        "kind": "compute#backendServiceGroupHealth",
        "healthStatus": [
            status("n1", "10.0.0.2", "HEALTHY"), status("n2", "10.0.0.4", "UNHEALTHY"),
        ],
    });
    assert_eq!(fixture.health(), expected);
}

#[test]
fn the_group_is_named_by_any_link_and_must_be_a_backend() {
    let mut fixture = with_two_nodes();
    let path = regional("backendServices/bs/getHealth");
    let group = zonal("networkEndpointGroups/neg");
    for spelling in [
        group.clone(),
        format!("zones/{ZONE}/networkEndpointGroups/neg"),
        group.replace(PROVIDER, &PROVIDER_NUMBER.to_string()),
    ] {
        let reply = fixture.post(&path, json!({ "group": spelling }));
        assert_eq!(reply.status, 200, "{spelling}");
    }
    let nameless = fixture.post(&path, json!({}));
    assert_eq!(refusal(&nameless), (400, "required".to_owned()));
    let none = zonal("networkEndpointGroups/none");
    let foreign = fixture.post(&path, json!({ "group": none }));
    assert_eq!(refusal(&foreign), (400, "invalid".to_owned()));
    let missing = fixture.post(&regional("backendServices/none/getHealth"), json!({}));
    assert_eq!(refusal(&missing), (404, "notFound".to_owned()));
}

#[test]
fn an_unhealthy_member_is_sent_no_new_flow_unless_all_are_unhealthy() {
    let mut fixture = with_two_nodes();
    let (first, second) = ("127.0.0.1:5432", "127.0.0.2:5432");
    assert_eq!(fixture.backends(), [first, second], "not probed yet");
    fixture.probed("127.0.0.1", Outcome::Success);
    fixture.probed("127.0.0.2", Outcome::Timeout);
    assert_eq!(fixture.backends(), [first]);
    fixture.probed("127.0.0.1", Outcome::Timeout);
    assert_eq!(fixture.backends(), [first], "the threshold is 2");
    fixture.probed("127.0.0.1", Outcome::Timeout);
    assert_eq!(fixture.backends(), [first, second], "the last resort");
    let expected = [
        state("10.0.0.2", "UNHEALTHY"),
        state("10.0.0.4", "UNHEALTHY"),
    ];
    assert_eq!(fixture.states(), expected);
    fixture.updated(
        &regional("backendServices/bs"),
        json!({ "failoverPolicy": { "dropTrafficIfUnhealthy": true } }),
    );
    assert_eq!(fixture.backends(), [""; 0]);
}

#[test]
fn a_probe_that_the_firewall_drops_fails() {
    let mut fixture = Fixture::new().with_accepted();
    let [blocked] = &fixture.probes()[..] else {
        panic!("one probe expected")
    };
    assert!(blocked.is_blocked);
    fixture.probed("127.0.0.1", Outcome::Timeout);
    assert_eq!(fixture.states(), [state("10.0.0.2", "UNHEALTHY")]);
    allow_probes(&mut fixture);
    assert!(!fixture.probes()[0].is_blocked);
    fixture.probed("127.0.0.1", Outcome::Success);
    assert_eq!(fixture.states(), [state("10.0.0.2", "HEALTHY")]);
}

#[test]
fn only_services_with_an_accepted_endpoint_or_asked_for_health_are_probed() {
    let mut fixture = Fixture::new().with_endpoint();
    assert_eq!(fixture.probes(), []);
    fixture.accept(&[(CONSUMER, "e")]);
    let probe = fixture.probes().remove(0);
    assert_eq!(probe.target, SocketAddr::from(([127, 0, 0, 1], 8080)));
    fixture.accept(&[]);
    assert_eq!(fixture.probes(), []);
    fixture.health();
    assert_eq!(fixture.probes(), [probe]);
    fixture.advance(Duration::from_mins(2));
    assert_eq!(fixture.probes(), []);
}

#[test]
fn a_probe_has_the_type_and_the_times_of_the_health_check() {
    let mut fixture = with_two_nodes();
    let check = json!({ "type": "HTTPS", "checkIntervalSec": 9, "timeoutSec": 3,
        "healthyThreshold": 4, "unhealthyThreshold": 5,
        "httpsHealthCheck": { "port": 8443, "requestPath": "/ok", "host": "db", "response": "up" },
        "tcpHealthCheck": null });
    fixture.updated(&regional("healthChecks/hc"), check);
    let probe = fixture.probes().remove(0);
    let exchange = Exchange::Http {
        host: "db".to_owned(),
        path: "/ok".to_owned(),
        expect: "up".to_owned(),
    };
    assert_eq!((probe.exchange, probe.is_tls), (exchange, true));
    assert_eq!(probe.target.port(), 8443);
    assert_eq!(
        (probe.interval, probe.timeout),
        (Duration::from_secs(9), Duration::from_secs(3))
    );
    assert_eq!((probe.healthy_threshold, probe.unhealthy_threshold), (4, 5));
}
