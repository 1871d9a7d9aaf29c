//! Health probes and the health of rules.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::fixture::*;
use crate::azure::model::{HostMapping, Reply};
use crate::cloud_model::CloudModel as _;
use crate::health::{Exchange, Outcome, Probe};

const RULE: &str = "loadBalancers/lb/loadBalancingRules/r-5432/health";

/// A cloud with two nodes, 127.0.0.1 and 127.0.0.2, behind an approved endpoint.
fn with_two_nodes() -> Fixture {
    let mut fixture = Fixture::new().with_endpoint();
    fixture.made(&ours("networkInterfaces/n2"), interface(&["lb"]));
    fixture.azure.map_host(HostMapping {
        nic: ours("networkInterfaces/n2"),
        host: "127.0.0.2".parse().unwrap(),
    });
    let connection = fixture.connection();
    fixture.made(&connection, decision("Approved"));
    fixture
}

impl Fixture {
    /// Renews the probes; returns them.
    fn probes(&mut self) -> Vec<Probe> {
        let probes = self.azure.probes(self.now);
        self.azure.health_mut().set_probes(probes.clone(), self.now);
        probes.into_iter().collect()
    }

    /// Records the outcome of each probe of a host.
    fn probed(&mut self, host: &str, outcomes: &[Outcome]) {
        for probe in self.probes() {
            if probe.target.ip().to_string() == host {
                for outcome in outcomes {
                    self.azure.health_mut().record(&probe, *outcome);
                }
            }
        }
    }

    fn backends(&self) -> Vec<String> {
        let [binding] = &self.azure.bindings()[..] else {
            panic!("one listener expected")
        };
        binding.backends.iter().map(ToString::to_string).collect()
    }

    fn ask(&mut self) -> String {
        let reply = self.post(RULE);
        assert_eq!((reply.status, &reply.body), (202, &None));
        header(&reply, "location").unwrap().to_owned()
    }

    fn post(&mut self, rule: &str) -> Reply {
        self.by(provider()).send("POST", &ours(rule), None)
    }

    fn health(&mut self) -> Value {
        let url = self.ask();
        self.probes();
        self.seen(&url)
    }
}

fn set_probe(fixture: &mut Fixture, members: &Value) {
    let mut body = balancer(&[5432]);
    for (name, value) in members.as_object().unwrap() {
        body["properties"]["probes"][0]["properties"][name] = value.clone();
    }
    fixture.made(&ours("loadBalancers/lb"), body);
}

#[test]
fn only_balancers_with_an_open_endpoint_or_asked_for_health_are_probed() {
    let mut fixture = Fixture::new().with_endpoint();
    assert_eq!(fixture.probes(), []);
    let connection = fixture.connection();
    fixture.made(&connection, decision("Approved"));
    let [probe] = &fixture.probes()[..] else {
        panic!("one probe expected")
    };
    assert_eq!(probe.target, SocketAddr::from(([127, 0, 0, 1], 8080)));
    assert_eq!(probe.interval, Duration::from_secs(15), "the default");
    fixture.made(&connection, decision("Rejected"));
    assert_eq!(fixture.probes(), []);
    fixture.ask();
    assert_eq!(fixture.probes().len(), 1);
    fixture.pass(Duration::from_mins(2));
    assert_eq!(fixture.probes(), []);
}

#[test]
fn a_probe_has_the_configured_protocol_interval_and_threshold() {
    let mut fixture = with_two_nodes();
    let members = json!({ "protocol": "Https", "port": 9443, "requestPath": "health?full=1",
        "intervalInSeconds": 7, "probeThreshold": 3 });
    set_probe(&mut fixture, &members);
    let probe = fixture.probes().remove(0);
    assert_eq!(
        probe.exchange,
        Exchange::Http {
            host: "127.0.0.1:9443".to_owned(),
            path: "/health?full=1".to_owned(),
            expect: String::new()
        }
    );
    assert_eq!(probe.interval, Duration::from_secs(7));
    assert!(probe.is_tls && probe.is_strict);
    assert_eq!((probe.healthy_threshold, probe.unhealthy_threshold), (3, 3));
    let mut wrong = balancer(&[5432]);
    wrong["properties"]["probes"][0]["properties"]["noHealthyBackendsBehavior"] = json!("Other");
    let refused = fixture.refused(&ours("loadBalancers/lb"), wrong);
    assert_eq!(refused, (400, "InvalidRequestFormat".to_owned()));
}

#[test]
fn an_unhealthy_member_is_sent_no_new_flow_until_it_is_healthy() {
    let mut fixture = with_two_nodes();
    let (first, second) = ("127.0.0.1:5432", "127.0.0.2:5432");
    assert_eq!(fixture.backends(), [first, second], "not probed yet");
    fixture.probed("127.0.0.1", &[Outcome::Success]);
    fixture.probed("127.0.0.2", &[Outcome::Success, Outcome::Unreachable]);
    assert_eq!(fixture.backends(), [first]);
    fixture.probed("127.0.0.2", &[Outcome::Success]);
    assert_eq!(fixture.backends(), [first, second]);
}

#[test]
fn without_a_healthy_member_flows_go_where_the_probe_says() {
    let mut fixture = with_two_nodes();
    for (behaviour, expected, up) in [("AllProbedDown", 0, 0), ("allprobedup", 2, 2)] {
        set_probe(
            &mut fixture,
            &json!({ "noHealthyBackendsBehavior": behaviour }),
        );
        for host in ["127.0.0.1", "127.0.0.2"] {
            fixture.probed(host, &[Outcome::Timeout, Outcome::Timeout]);
        }
        assert_eq!(fixture.backends().len(), expected, "{behaviour}");
        let health = fixture.health();
        assert_eq!(health["up"], up, "{behaviour}");
        let reason = &health["loadBalancerBackendAddresses"][0]["reason"];
        assert_eq!(reason == "Up_Probe_AllDownIsUp", up == 2, "{reason}");
    }
}

#[test]
fn the_health_of_a_rule_shows_each_member_with_its_reason() {
    let mut fixture = with_two_nodes();
    fixture.probed("127.0.0.1", &[Outcome::Success]);
    fixture.probed("127.0.0.2", &[Outcome::Unreachable]);
    let address = |name: &str, address: &str, state: &str, reason: &str| {
        json!({ "ipAddress": address, "state": state, "reason": reason,
            "networkInterfaceIPConfigurationId":
                format!("{}/ipConfigurations/ipc", ours(&format!("networkInterfaces/{name}"))) })
    };
    let expected = json!({ "up": 1, "down": 1, "loadBalancerBackendAddresses": [
        address("n1", "10.0.0.5", "Up", "Up_Probe_Success"),
        address("n2", "10.0.0.6", "Down", "Down_Probe_TcpEndpointUnreachable"),
    ] });
    assert_eq!(fixture.health(), expected);
}

#[test]
fn a_member_without_a_host_is_down() {
    let mut fixture = with_two_nodes();
    fixture.made(&ours("networkInterfaces/n3"), interface(&["lb"]));
    for host in ["127.0.0.1", "127.0.0.2"] {
        fixture.probed(host, &[Outcome::Success]);
    }
    let health = fixture.health();
    assert_eq!((&health["up"], &health["down"]), (&json!(2), &json!(1)));
}

#[test]
fn the_result_is_there_after_the_delay_and_the_first_probes() {
    let mut fixture = Fixture::slow().with_service();
    let url = fixture.ask();
    let place = format!(
        "https://cloud.test/subscriptions/{PROVIDER}/providers/Microsoft.Network/locations/\
         westeurope/operationResults/"
    );
    assert!(url.starts_with(&place), "{url}");
    fixture.probed("127.0.0.1", &[Outcome::Success]);
    let early = fixture.get(&url);
    assert_eq!(early.status, 202);
    assert_eq!(header(&early, "location"), Some(url.as_str()));
    fixture.pass(DELAY);
    assert_eq!(fixture.seen(&url)["up"], 1);
    let other = url.replace("&s=", "&s=0");
    let unknown = (404, "OperationNotFound".to_owned());
    assert_eq!(refusal(&fixture.get(&other)), unknown);

    let mut fixture = Fixture::new().with_service();
    let url = fixture.ask();
    assert_eq!(fixture.get(&url).status, 202, "not probed yet");
    fixture.probed("127.0.0.1", &[Outcome::Timeout]);
    assert_eq!(fixture.seen(&url)["down"], 1);
    fixture.pass(Duration::from_mins(11));
    fixture.ask();
    assert_eq!(refusal(&fixture.get(&url)), unknown, "it is discarded");
}

#[test]
fn the_health_of_what_is_missing_is_not_found_and_other_methods_are_refused() {
    let mut fixture = Fixture::new().with_service();
    let missing = [
        (
            "loadBalancers/none/loadBalancingRules/r/health",
            "ResourceNotFound",
        ),
        (
            "loadBalancers/lb/loadBalancingRules/none/health",
            "NotFound",
        ),
    ];
    for (path, code) in missing {
        assert_eq!(refusal(&fixture.post(path)), (404, code.to_owned()));
    }
    assert_eq!(refusal(&fixture.get(&ours(RULE))).0, 405);
    assert_eq!(fixture.post(&format!("{RULE}/more")).status, 404);
    let changes = fixture.azure.take_changes();
    fixture.ask();
    assert!(!changes.is_empty() && fixture.azure.take_changes().is_empty());
}
