//! A small emulated cloud: a provider with a service to publish, and two consumers.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

pub(super) use super::documents::*;
use crate::cloud_model::CloudModel as _;
use crate::google::model::{Caller, Configuration, Google, HostMapping, Reply, Request};

pub(super) const PROVIDER: &str = "acme-prod";
pub(super) const PROVIDER_NUMBER: u64 = 123_456_789_012;
pub(super) const CONSUMER: &str = "guest-app";
pub(super) const OTHER_CONSUMER: &str = "other-app";
pub(super) const REGION: &str = "europe-west1";
pub(super) const ZONE: &str = "europe-west1-b";

/// The service attachment of [`Fixture::with_attachment`].
pub(super) const SA: &str = "serviceAttachments/sa";

/// Prefix of links in replies.
pub(super) const LINK: &str = "https://www.googleapis.com/compute/v1/";

/// Duration of operations in [`Fixture::slow`].
pub(super) const DELAY: Duration = Duration::from_secs(10);

pub(super) struct Fixture {
    pub(super) google: Google,
    pub(super) configuration: Configuration,
    pub(super) now: Timestamp,
    pub(super) rng: StdRng,
    /// All requests and their replies.
    pub(super) transcript: Vec<(Request, Reply)>,
}

/// The path of a global resource of the provider.
pub(super) fn global(rest: &str) -> String {
    format!("projects/{PROVIDER}/global/{rest}")
}

/// The path of a regional resource of the provider.
pub(super) fn regional(rest: &str) -> String {
    format!("projects/{PROVIDER}/regions/{REGION}/{rest}")
}

/// The path of a zonal resource of the provider.
pub(super) fn zonal(rest: &str) -> String {
    format!("projects/{PROVIDER}/zones/{ZONE}/{rest}")
}

/// The path of a regional resource of a consumer.
pub(super) fn consumer_regional(project: &str, rest: &str) -> String {
    format!("projects/{project}/regions/{REGION}/{rest}")
}

/// The full link to a path.
pub(super) fn link(path: &str) -> String {
    format!("{LINK}{path}")
}

impl Fixture {
    /// An empty cloud whose operations complete immediately.
    pub(super) fn empty() -> Fixture {
        Fixture::with_timing(Duration::ZERO, Duration::ZERO)
    }

    pub(super) fn with_timing(operation_delay: Duration, status_lag: Duration) -> Fixture {
        let configuration = Configuration {
            provider_project: PROVIDER.to_owned(),
            provider_project_number: PROVIDER_NUMBER,
            operation_delay,
            further_regions: BTreeSet::new(),
            status_lag,
        };
        Fixture {
            google: Google::new(configuration.clone()),
            configuration,
            now: "2026-01-02T03:04:05Z".parse().unwrap(),
            rng: StdRng::seed_from_u64(7),
            transcript: Vec::new(),
        }
    }

    /// With the provider's network (`net` with the subnets `nodes` and `nat`) and those of two
    /// consumers (`net` with `default`).
    pub(super) fn new() -> Fixture {
        Fixture::empty().with_networks()
    }

    /// [`Fixture::new`] with operations that take [`DELAY`]; those of its resources have completed.
    pub(super) fn slow() -> Fixture {
        Fixture::with_timing(DELAY, Duration::ZERO).with_networks()
    }

    /// [`Fixture::new`] with connected endpoints that are published after a lag.
    pub(super) fn lagging(lag: Duration) -> Fixture {
        Fixture::with_timing(Duration::ZERO, lag).with_networks()
    }

    pub(super) fn with_networks(mut self) -> Fixture {
        self.created(
            &global("networks"),
            json!({ "name": "net", "autoCreateSubnetworks": false }),
        );
        self.created(
            &regional("subnetworks"),
            subnet("nodes", "10.0.0.0/24", "PRIVATE"),
        );
        self.created(
            &regional("subnetworks"),
            subnet("nat", "172.24.0.0/28", "PRIVATE_SERVICE_CONNECT"),
        );
        for (project, range) in [
            (CONSUMER, "127.64.0.0/24"),
            (OTHER_CONSUMER, "127.65.0.0/24"),
        ] {
            let network = json!({ "name": "net", "autoCreateSubnetworks": false });
            self.created(&format!("projects/{project}/global/networks"), network);
            self.created(
                &consumer_regional(project, "subnetworks"),
                subnet("default", range, "PRIVATE"),
            );
        }
        self
    }

    /// With an instance `n1`, mapped to this machine, behind a forwarding rule `fr` on all ports.
    pub(super) fn with_load_balancer(mut self) -> Fixture {
        self.created(&zonal("instances"), instance("n1"));
        let group = json!({
            "name": "neg", "networkEndpointType": "GCE_VM_IP",
            "network": "global/networks/net",
            "subnetwork": regional("subnetworks/nodes"),
        });
        self.created(&zonal("networkEndpointGroups"), group);
        self.performed(
            &zonal("networkEndpointGroups/neg/attachNetworkEndpoints"),
            json!({ "networkEndpoints": [{ "instance": "n1" }] }),
        );
        let check = json!({ "name": "hc", "type": "TCP", "tcpHealthCheck": { "port": 8080 } });
        self.created(&regional("healthChecks"), check);
        self.created(&regional("backendServices"), backend_service("bs"));
        self.created(&regional("forwardingRules"), load_balancer("fr"));
        self.google.map_host(HostMapping {
            instance: zonal("instances/n1"),
            host: "127.0.0.1".parse().unwrap(),
        });
        self
    }

    /// With a service attachment `sa` (manual acceptance, connection reconciliation) and a firewall
    /// rule `allow` for 5432.
    pub(super) fn with_attachment(self) -> Fixture {
        let mut fixture = self.with_load_balancer();
        fixture.created(&global("firewalls"), allow("allow", &["5432"]));
        fixture.created(&regional("serviceAttachments"), attachment("sa"));
        fixture
    }

    /// With a pending endpoint `e` of the consumer.
    pub(super) fn with_endpoint(self) -> Fixture {
        let mut fixture = self.with_attachment();
        fixture.created(
            &consumer_regional(CONSUMER, "forwardingRules"),
            endpoint("e"),
        );
        fixture
    }

    /// With the endpoint `e` accepted.
    pub(super) fn with_accepted(self) -> Fixture {
        let mut fixture = self.with_endpoint();
        fixture.accept(&[(CONSUMER, "e")]);
        fixture
    }

    /// Makes the attachment `sa` accept exactly these endpoints.
    #[track_caller]
    pub(super) fn accept(&mut self, endpoints: &[(&str, &str)]) {
        let entries: Vec<Value> = endpoints
            .iter()
            .map(|(project, name)| json!({ "endpointUrl": self.numeric_path(project, name) }))
            .collect();
        self.updated(&regional(SA), json!({ "consumerAcceptLists": entries }));
    }

    /// An endpoint's path by its numeric id, as accept and reject lists name it.
    #[track_caller]
    pub(super) fn numeric_path(&mut self, project: &str, name: &str) -> String {
        let rule = self.shown(&consumer_regional(
            project,
            &format!("forwardingRules/{name}"),
        ));
        let number = rule["id"].as_str().unwrap();
        consumer_regional(project, &format!("forwardingRules/{number}"))
    }

    /// A copy of the cloud at the same time, with another seed.
    pub(super) fn copy(&self) -> Fixture {
        Fixture {
            google: self.google.clone(),
            configuration: self.configuration.clone(),
            now: self.now,
            rng: StdRng::seed_from_u64(8),
            transcript: Vec::new(),
        }
    }

    /// Advances time until no operation is open.
    pub(super) fn complete_operations(&mut self) {
        while let Some(due) = self.google.next_due() {
            self.now = self.now.max(due);
            self.google.advance(self.now);
        }
    }

    pub(super) fn advance(&mut self, time: Duration) {
        self.now += time;
        self.google.advance(self.now);
    }

    /// Sends a request as the caller who may use the project; the path may have a query.
    pub(super) fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let is_provider = path.contains(&format!("projects/{PROVIDER}"))
            || path.contains(&format!("projects/{PROVIDER_NUMBER}"));
        let caller = if is_provider {
            Caller::Provider
        } else {
            Caller::Anonymous
        };
        self.send_as(caller, method, path, body)
    }

    pub(super) fn send_as(
        &mut self,
        caller: Caller,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Reply {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let path = path.strip_prefix(LINK).unwrap_or(path);
        let path = match path.strip_prefix('/') {
            Some(_) => path.to_owned(),
            None => format!("/compute/v1/{path}"),
        };
        let request = Request {
            method: method.to_owned(),
            path,
            query,
            body,
            caller,
        };
        let reply = self.google.handle(&request, self.now, &mut self.rng);
        self.transcript.push((request, reply.clone()));
        reply
    }

    pub(super) fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, None)
    }

    pub(super) fn post(&mut self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some(body))
    }

    pub(super) fn patch(&mut self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, Some(body))
    }

    pub(super) fn delete(&mut self, path: &str) -> Reply {
        self.send("DELETE", path, None)
    }

    /// The document that GET returns.
    #[track_caller]
    pub(super) fn shown(&mut self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.body.unwrap()
    }

    /// Inserts a resource, which must succeed; the document that GET returns afterwards.
    #[track_caller]
    pub(super) fn created(&mut self, collection: &str, body: Value) -> Value {
        let name = body["name"].as_str().unwrap().to_owned();
        let reply = self.post(collection, body);
        self.done(&reply);
        self.shown(&format!("{collection}/{name}"))
    }

    /// Calls a custom method, which must succeed.
    #[track_caller]
    pub(super) fn performed(&mut self, path: &str, body: Value) {
        let reply = self.post(path, body);
        self.done(&reply);
    }

    /// Sends a PATCH with the current fingerprint, which must succeed; the document that GET returns
    /// afterwards.
    #[track_caller]
    pub(super) fn updated(&mut self, path: &str, body: Value) -> Value {
        let reply = self.change(path, body);
        self.done(&reply);
        self.shown(path)
    }

    /// Sends a PATCH with the current fingerprint.
    #[track_caller]
    pub(super) fn change(&mut self, path: &str, mut body: Value) -> Reply {
        let fingerprint = self.shown(path)["fingerprint"].clone();
        if !fingerprint.is_null() {
            body["fingerprint"] = fingerprint;
        }
        self.patch(path, body)
    }

    /// Deletes a resource, which must succeed.
    #[track_caller]
    pub(super) fn deleted(&mut self, path: &str) {
        let reply = self.delete(path);
        self.done(&reply);
        assert_eq!(self.get(path).status, 404);
    }

    /// Completes the operation of a reply, which must succeed.
    #[track_caller]
    fn done(&mut self, reply: &Reply) {
        let operation = operation(reply);
        self.complete_operations();
        let link = operation["selfLink"].as_str().unwrap();
        let operation = self.shown(link);
        assert_eq!(operation["status"], "DONE");
        assert_eq!(operation.get("error"), None, "{operation}");
    }

    /// Sends an insert that must be refused; its status and reason.
    #[track_caller]
    pub(super) fn refused(&mut self, collection: &str, body: Value) -> (u16, String) {
        refusal(&self.post(collection, body))
    }

    /// Sends an insert whose operation must fail; the code of its error.
    #[track_caller]
    pub(super) fn failed(&mut self, collection: &str, body: Value) -> String {
        let reply = self.post(collection, body);
        let link = operation(&reply)["selfLink"].as_str().unwrap().to_owned();
        self.complete_operations();
        let operation = self.shown(&link);
        assert_eq!(operation["status"], "DONE");
        operation["error"]["errors"][0]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("an error expected: {operation}"))
            .to_owned()
    }

    /// The connected endpoints of the attachment `sa`.
    #[track_caller]
    pub(super) fn connected(&mut self) -> Vec<Value> {
        let attachment = self.shown(&regional(SA));
        attachment["connectedEndpoints"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// The connection status of a consumer's endpoint.
    #[track_caller]
    pub(super) fn status(&mut self, project: &str, name: &str) -> String {
        let rule = self.shown(&consumer_regional(
            project,
            &format!("forwardingRules/{name}"),
        ));
        rule["pscConnectionStatus"].as_str().unwrap().to_owned()
    }
}

/// The operation in the reply to a write.
#[track_caller]
pub(super) fn operation(reply: &Reply) -> Value {
    let body = reply.body.clone().unwrap_or_default();
    assert_eq!(reply.status, 200, "{body}");
    assert_eq!(body["kind"], "compute#operation");
    body
}

/// Status and reason of a refusal.
#[track_caller]
pub(super) fn refusal(reply: &Reply) -> (u16, String) {
    let body = reply.body.as_ref();
    let reason = body.and_then(|body| body["error"]["errors"][0]["reason"].as_str());
    let reason = reason.unwrap_or_else(|| panic!("a refusal expected: {reply:?}"));
    (reply.status, reason.to_owned())
}

/// The message of a refusal.
#[track_caller]
pub(super) fn message(reply: &Reply) -> String {
    let body = reply.body.as_ref();
    let message = body.and_then(|body| body["error"]["message"].as_str());
    message
        .unwrap_or_else(|| panic!("a refusal expected: {reply:?}"))
        .to_owned()
}

/// `(400, "invalid")`.
pub(super) fn invalid() -> (u16, String) {
    (400, "invalid".to_owned())
}
