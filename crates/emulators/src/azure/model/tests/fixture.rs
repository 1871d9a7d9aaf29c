//! Test fixture: a cloud with a provider's network and a consumer of another tenant.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::azure::model::is_private_dns_path;
use crate::azure::model::{Azure, Caller, Configuration, HostMapping, Reply, Request};
use crate::cloud_model::CloudModel as _;

pub(super) const PROVIDER: &str = "11111111-1111-1111-1111-111111111111";
pub(super) const CONSUMER: &str = "22222222-2222-2222-2222-222222222222";
pub(super) const STRANGER: &str = "33333333-3333-3333-3333-333333333333";

/// Duration of operations in a slow cloud.
pub(super) const DELAY: Duration = Duration::from_secs(10);

pub(super) struct Fixture {
    pub(super) azure: Azure,
    pub(super) now: Timestamp,
    pub(super) rng: StdRng,
    /// All requests and replies, in order.
    pub(super) transcript: Vec<(Request, Reply)>,
}

/// The provider's own client.
pub(super) fn provider() -> Caller {
    Caller {
        tenant: "provider-tenant".to_owned(),
        client: "provider-client".to_owned(),
    }
}

/// A client of another tenant.
pub(super) fn consumer() -> Caller {
    Caller {
        tenant: "consumer-tenant".to_owned(),
        client: "consumer-client".to_owned(),
    }
}

/// A client of a third tenant.
pub(super) fn stranger() -> Caller {
    Caller {
        tenant: "stranger-tenant".to_owned(),
        client: "stranger-client".to_owned(),
    }
}

/// The id of a resource in the provider's group.
pub(super) fn ours(rest: &str) -> String {
    format!("/subscriptions/{PROVIDER}/resourceGroups/rg/providers/Microsoft.Network/{rest}")
}

/// The id of a resource in the consumer's group.
pub(super) fn theirs(rest: &str) -> String {
    format!("/subscriptions/{CONSUMER}/resourceGroups/app/providers/Microsoft.Network/{rest}")
}

/// The path of a group.
pub(super) fn group(subscription: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourcegroups/{name}")
}

impl Fixture {
    /// An empty cloud whose operations finish immediately.
    pub(super) fn empty() -> Fixture {
        Fixture::with_delay(Duration::ZERO)
    }

    pub(super) fn with_delay(delay: Duration) -> Fixture {
        let configuration = Configuration {
            base_url: "https://cloud.test".to_owned(),
            provider_tenant: provider().tenant,
            provider_client: provider().client,
            provider_subscription: PROVIDER.to_owned(),
            operation_delay: delay,
            further_regions: BTreeSet::new(),
        };
        Fixture {
            azure: Azure::new(configuration),
            now: Timestamp::UNIX_EPOCH,
            rng: StdRng::seed_from_u64(7),
            transcript: Vec::new(),
        }
    }

    /// A cloud with the provider's network (subnets `nodes` and `nat`, the latter for services) and
    /// the consumer's (subnet `default`).
    pub(super) fn new() -> Fixture {
        Fixture::empty().furnished()
    }

    /// The same cloud, with operations that take [`DELAY`] from now on.
    pub(super) fn slow() -> Fixture {
        Fixture::with_delay(DELAY).furnished()
    }

    fn furnished(mut self) -> Fixture {
        self.put(&group(PROVIDER, "rg"), json!({ "location": "westeurope" }));
        self.put(
            &ours("virtualNetworks/v"),
            json!({ "location": "westeurope", "properties": {
                "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] },
                "subnets": [
                    { "name": "nodes", "properties": { "addressPrefix": "10.0.0.0/24" } },
                    { "name": "nat", "properties": { "addressPrefix": "10.0.1.0/24",
                        "privateLinkServiceNetworkPolicies": "Disabled" } },
                ] } }),
        );
        let mut consumer = self.consumer();
        consumer.put(&group(CONSUMER, "app"), json!({ "location": "westeurope" }));
        consumer.put(
            &theirs("virtualNetworks/v"),
            json!({ "location": "westeurope", "properties": {
                "addressSpace": { "addressPrefixes": ["127.64.0.0/16"] },
                "subnets": [{ "name": "default", "properties": { "addressPrefix": "127.64.0.0/24" } }],
            } }),
        );
        self.settle();
        self
    }

    /// Adds a load balancer, a NIC in its pool with a host on this machine, and a service visible to
    /// the consumer.
    pub(super) fn with_service(self) -> Fixture {
        let mut fixture = self;
        fixture.made(&ours("loadBalancers/lb"), balancer(&[5432]));
        fixture.made(&ours("networkInterfaces/n1"), interface(&["lb"]));
        fixture.made(&ours("privateLinkServices/s"), service(&[CONSUMER]));
        fixture.azure.map_host(HostMapping {
            nic: ours("networkInterfaces/n1"),
            host: "127.0.0.1".parse().unwrap(),
        });
        fixture
    }

    /// Adds a pending endpoint of the consumer.
    pub(super) fn with_endpoint(self) -> Fixture {
        let mut fixture = self.with_service();
        let target = fixture.alias();
        let endpoint = manual(&target);
        let reply = fixture
            .consumer()
            .put(&theirs("privateEndpoints/e"), endpoint);
        assert_eq!(reply.status, 201, "{:?}", reply.body);
        fixture.settle();
        fixture
    }

    /// Advances the time until every operation is finished.
    pub(super) fn settle(&mut self) {
        while let Some(due) = self.azure.next_due() {
            self.now = self.now.max(due);
            self.azure.advance(self.now);
        }
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.azure.advance(self.now);
    }

    pub(super) fn by(&mut self, caller: Caller) -> Client<'_> {
        Client {
            fixture: self,
            caller: Some(caller),
            if_match: None,
            if_none_match: None,
        }
    }

    pub(super) fn consumer(&mut self) -> Client<'_> {
        self.by(consumer())
    }

    pub(super) fn anonymous(&mut self) -> Client<'_> {
        Client {
            fixture: self,
            caller: None,
            if_match: None,
            if_none_match: None,
        }
    }

    pub(super) fn get(&mut self, path: &str) -> Reply {
        self.by(provider()).send("GET", path, None)
    }

    pub(super) fn put(&mut self, path: &str, body: Value) -> Reply {
        self.by(provider()).put(path, body)
    }

    /// Sends a PUT that must be accepted, finishes its operation, and returns the resource.
    #[track_caller]
    pub(super) fn made(&mut self, path: &str, body: Value) -> Value {
        let reply = self.put(path, body);
        assert!(
            matches!(reply.status, 200 | 201),
            "{}: {:?}",
            reply.status,
            reply.body
        );
        self.settle();
        self.seen(path)
    }

    /// Sends a PUT that must be refused; returns the status and the code.
    #[track_caller]
    pub(super) fn refused(&mut self, path: &str, body: Value) -> (u16, String) {
        refusal(&self.put(path, body))
    }

    pub(super) fn delete(&mut self, path: &str) -> Reply {
        self.by(provider()).send("DELETE", path, None)
    }

    /// Sends a GET as the provider; returns the document.
    #[track_caller]
    pub(super) fn seen(&mut self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.body.unwrap()
    }

    /// Sends a GET as the consumer; returns the document.
    #[track_caller]
    pub(super) fn seen_by_consumer(&mut self, path: &str) -> Value {
        let reply = self.consumer().get(path);
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.body.unwrap()
    }

    pub(super) fn alias(&mut self) -> String {
        let service = self.seen(&ours("privateLinkServices/s"));
        service["properties"]["alias"].as_str().unwrap().to_owned()
    }

    /// The id of the service's only connection.
    #[track_caller]
    pub(super) fn connection(&mut self) -> String {
        let list = self.seen(&ours("privateLinkServices/s/privateEndpointConnections"));
        let [connection] = list["value"].as_array().unwrap().as_slice() else {
            panic!("one connection expected: {list}");
        };
        connection["id"].as_str().unwrap().to_owned()
    }

    /// The state of the consumer's endpoint `e`.
    #[track_caller]
    pub(super) fn endpoint_status(&mut self) -> String {
        let endpoint = self.seen_by_consumer(&theirs("privateEndpoints/e"));
        let properties = &endpoint["properties"];
        [
            "manualPrivateLinkServiceConnections",
            "privateLinkServiceConnections",
        ]
        .iter()
        .find_map(|list| {
            properties[list][0]["properties"]["privateLinkServiceConnectionState"]["status"]
                .as_str()
        })
        .unwrap()
        .to_owned()
    }
}

/// A client with a caller.
pub(super) struct Client<'a> {
    fixture: &'a mut Fixture,
    caller: Option<Caller>,
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl Client<'_> {
    pub(super) fn if_match(mut self, etag: &str) -> Self {
        self.if_match = Some(etag.to_owned());
        self
    }

    /// Writes only what does not exist yet.
    pub(super) fn create_only(mut self) -> Self {
        self.if_none_match = Some("*".to_owned());
        self
    }

    pub(super) fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, None)
    }

    pub(super) fn put(&mut self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, Some(body))
    }

    pub(super) fn delete(&mut self, path: &str) -> Reply {
        self.send("DELETE", path, None)
    }

    pub(super) fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let path = path.strip_prefix("https://cloud.test").unwrap_or(path);
        let version = if is_private_dns_path(path) {
            "api-version=2024-06-01"
        } else {
            "api-version=2024-05-01"
        };
        let (path, query) = path.split_once('?').unwrap_or((path, version));
        let query = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            if_match: self.if_match.clone(),
            if_none_match: self.if_none_match.clone(),
            body,
            caller: self.caller.clone(),
        };
        let fixture = &mut *self.fixture;
        let reply = fixture
            .azure
            .handle(&request, fixture.now, &mut fixture.rng);
        fixture.transcript.push((request, reply.clone()));
        reply
    }
}

/// Status and code of a refusal.
#[track_caller]
pub(super) fn refusal(reply: &Reply) -> (u16, String) {
    let code = reply
        .body
        .as_ref()
        .and_then(|body| body["error"]["code"].as_str());
    (
        reply.status,
        code.unwrap_or_else(|| panic!("a refusal expected: {reply:?}"))
            .to_owned(),
    )
}

/// The value of a header.
pub(super) fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply
        .headers
        .iter()
        .find(|(it, _)| it == name)
        .map(|(_, value)| value.as_str())
}

/// A balancer `lb` with one frontend in `nodes`, one pool and a rule per port.
pub(super) fn balancer(ports: &[u16]) -> Value {
    balancer_named("lb", ports)
}

pub(super) fn balancer_named(name: &str, ports: &[u16]) -> Value {
    let rules: Vec<Value> = ports
        .iter()
        .map(|port| rule(name, &format!("r-{port}"), "fe", "be", *port))
        .collect();
    json!({ "location": "westeurope", "sku": { "name": "Standard" }, "properties": {
        "frontendIPConfigurations": [
            { "name": "fe", "properties": { "subnet": { "id": ours("virtualNetworks/v/subnets/nodes") } } },
        ],
        "backendAddressPools": [{ "name": "be" }],
        "probes": [{ "name": "p", "properties": { "protocol": "Tcp", "port": 8080 } }],
        "loadBalancingRules": rules,
    } })
}

pub(super) fn rule(balancer: &str, name: &str, frontend: &str, pool: &str, port: u16) -> Value {
    let id = ours(&format!("loadBalancers/{balancer}"));
    json!({ "name": name, "properties": {
        "frontendIPConfiguration": { "id": format!("{id}/frontendIPConfigurations/{frontend}") },
        "backendAddressPool": { "id": format!("{id}/backendAddressPools/{pool}") },
        "probe": { "id": format!("{id}/probes/p") },
        "protocol": "Tcp", "frontendPort": port, "backendPort": port,
    } })
}

/// A Standard address.
pub(super) fn public_address() -> Value {
    json!({ "location": "westeurope", "sku": { "name": "Standard" },
            "properties": { "publicIPAllocationMethod": "Static" } })
}

/// A NIC in `nodes` and in the pool `be` of each of these balancers.
pub(super) fn interface(balancers: &[&str]) -> Value {
    let pools: Vec<Value> = balancers
        .iter()
        .map(|it| json!({ "id": ours(&format!("loadBalancers/{it}/backendAddressPools/be")) }))
        .collect();
    json!({ "location": "westeurope", "properties": { "ipConfigurations": [
        { "name": "ipc", "properties": {
            "subnet": { "id": ours("virtualNetworks/v/subnets/nodes") },
            "loadBalancerBackendAddressPools": pools,
        } },
    ] } })
}

/// A service on the balancer's frontend `fe`, visible to these subscriptions.
pub(super) fn service(visible: &[&str]) -> Value {
    json!({ "location": "westeurope", "properties": {
        "loadBalancerFrontendIpConfigurations":
            [{ "id": ours("loadBalancers/lb/frontendIPConfigurations/fe") }],
        "ipConfigurations": [
            { "name": "nat-0", "properties": { "subnet": { "id": ours("virtualNetworks/v/subnets/nat") } } },
        ],
        "visibility": { "subscriptions": visible },
    } })
}

/// An endpoint in the consumer's subnet that requests manual approval.
pub(super) fn manual(target: &str) -> Value {
    endpoint("manualPrivateLinkServiceConnections", target)
}

/// An endpoint in the consumer's subnet that requests automatic approval.
pub(super) fn automatic(target: &str) -> Value {
    endpoint("privateLinkServiceConnections", target)
}

fn endpoint(list: &str, target: &str) -> Value {
    json!({ "location": "westeurope", "properties": {
        "subnet": { "id": theirs("virtualNetworks/v/subnets/default") },
        list: [{ "name": "c", "properties": {
            "privateLinkServiceId": target, "requestMessage": "please",
        } }],
    } })
}

/// A decision on a connection.
pub(super) fn decision(status: &str) -> Value {
    json!({ "properties": { "privateLinkServiceConnectionState": {
        "status": status, "description": "by us",
    } } })
}
