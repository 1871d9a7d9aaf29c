//! Azure's model and driver, and the initial resources.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use underpass_clouds::azure::{Azure as Driver, Credentials, Options, role_definition};
use underpass_clouds::{Cloud, SecretSource, Transport};
use underpass_emulators::CloudModel;
use underpass_emulators::azure::model::{
    self, Azure as Emulated, Binding, Caller, Configuration, HostMapping, RoleAssignment,
    RoleAssignments,
};
use underpass_model::cloud::Provider;
use underpass_model::credentials::Secret;
use underpass_model::service::{Node, NodeHandle};
use underpass_model::vpc::{AdoptedAzure, VpcNetwork};

use super::{
    ALLOWED, Azure, CLIENT, DRIVER, FOREIGN, GROUP, NODES, SUBSCRIPTION, TENANT, consumer_base,
    group, identity, nic_id, provider_base, vnet,
};
use crate::cloud::{BASE, CloudRequest, CloudResponse, CloudSetup, FaultResponse, Model, Timing};
use crate::fault_at_every_effect::{Scenario, connected};
use crate::simulation::Simulation;

/// API version of requests that do not come from the driver.
const VERSION: &str = "2024-05-01";

/// The provider's load balancer that no link owns.
const UNRELATED: &str = "loadBalancers/bystander";

/// Slow operations.
const SLOW: Timing = Timing {
    operation_delay: Duration::from_secs(20),
    status_lag: Duration::ZERO,
};

impl CloudSetup for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn provider(&self) -> Provider {
        Provider::Azure
    }

    fn region(&self) -> &'static str {
        "azure-westeurope"
    }

    fn services(&self) -> &'static [&'static str] {
        &["pg-1"]
    }

    fn node_sets(&self) -> &'static [&'static [&'static str]] {
        &[&[], &[NODES[0]], &NODES]
    }

    fn node(&self, name: &str) -> Node {
        Node {
            name: name.parse().unwrap(),
            address: "127.0.0.1".parse().unwrap(),
            cloud: Some(NodeHandle::Azure {
                nic_id: nic_id(name),
                ip_configuration: None,
            }),
            public_address: None,
            private_address: None,
        }
    }

    fn vpc_network(&self) -> VpcNetwork {
        VpcNetwork::Adopted(AdoptedAzure {
            resource_group: GROUP.to_owned(),
            node_subnet: format!("{}/subnets/nodes", vnet()),
            nat_subnet: format!("{}/subnets/nat", vnet()),
            vnet_id: vnet(),
        })
    }

    fn timings(&self) -> &'static [Timing] {
        const { &[Timing::IMMEDIATE, SLOW] }
    }

    fn timing(&self, rng: &mut StdRng) -> Timing {
        if rng.random_ratio(1, 2) {
            Timing::IMMEDIATE
        } else {
            SLOW
        }
    }

    fn model(&self, timing: Timing) -> Box<dyn Model> {
        let mut emulated = Emulated::new(Configuration {
            base_url: BASE.to_owned(),
            provider_tenant: TENANT.to_owned(),
            provider_client: CLIENT.to_owned(),
            provider_subscription: SUBSCRIPTION.to_owned(),
            operation_delay: timing.operation_delay,
            further_regions: BTreeSet::new(),
        });
        let scope = format!("/subscriptions/{SUBSCRIPTION}");
        let role = role_definition("sim", std::slice::from_ref(&scope));
        emulated.assign_roles(RoleAssignments {
            assignments: vec![RoleAssignment {
                principal: DRIVER.to_owned(),
                scope,
                role: serde_json::from_value(role).unwrap(),
            }],
        });
        Box::new(emulated)
    }

    fn driver(&self, request_body: Arc<dyn Transport>) -> Arc<dyn Cloud> {
        let options = Options {
            base_url: BASE.to_owned(),
            authority: BASE.to_owned(),
            scope: None,
            credentials: Credentials::ClientSecret {
                tenant: TENANT.to_owned(),
                client_id: DRIVER.to_owned(),
                secret: SecretSource::Given(Secret::new("secret".to_owned())),
            },
            subscription: SUBSCRIPTION.to_owned(),
            resource_group: GROUP.to_owned(),
        };
        Arc::new(Driver::new(options, request_body))
    }

    fn create_initial_resources(&self, sim: &mut Simulation) -> Vec<String> {
        let network = |range: &str, subnets: Value| {
            json!({"location": "westeurope", "properties": {
                "addressSpace": {"addressPrefixes": [range]}, "subnets": subnets}})
        };
        let group_body = json!({"location": "westeurope"});
        sim.provider("PUT", &group(SUBSCRIPTION, GROUP), Some(group_body.clone()));
        let subnets = json!([
            {"name": "nodes", "properties": {"addressPrefix": "10.9.0.0/25"}},
            {"name": "nat", "properties": {"addressPrefix": "10.9.0.128/25",
                "privateLinkServiceNetworkPolicies": "Disabled"}},
        ]);
        sim.provider("PUT", &vnet(), Some(network("10.9.0.0/24", subnets)));
        sim.settle_cloud();
        for (nic, host) in NODES.iter().zip(["127.0.0.1", "127.0.0.2"]) {
            let body = json!({"location": "westeurope", "properties": {"ipConfigurations": [
                {"name": "primary", "properties": {"primary": true,
                    "subnet": {"id": format!("{}/subnets/nodes", vnet())}}}]}});
            sim.provider("PUT", &nic_id(nic), Some(body));
            let host = host.parse().unwrap();
            sim.environment
                .lock()
                .unwrap()
                .model
                .map_host(nic_id(nic), host);
        }
        let unrelated = format!("{}/{UNRELATED}", provider_base());
        let body = json!({"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}});
        sim.provider("PUT", &unrelated, Some(body));
        for subscription in ALLOWED.iter().chain([&FOREIGN]) {
            let home = group(subscription, "app");
            sim.consumer(subscription, "PUT", &home, Some(group_body.clone()));
            let subnets =
                json!([{"name": "default", "properties": {"addressPrefix": "127.64.0.0/24"}}]);
            let vnet = format!("{}/virtualNetworks/vnet", consumer_base(subscription));
            let body = network("127.64.0.0/16", subnets);
            sim.consumer(subscription, "PUT", &vnet, Some(body));
        }
        sim.settle_cloud();
        vec![unrelated]
    }

    fn prepare_run(&self, _: &mut Simulation, _: &mut StdRng) {}

    fn fault_responses(&self, _is_write: bool) -> &'static [FaultResponse] {
        &[
            (429, "TooManyRequests"),
            (409, "AnotherOperationInProgress"),
            (500, "InternalServerError"),
        ]
    }

    fn fault_body(&self, (_, code): FaultResponse) -> Value {
        json!({"error": {"code": code, "message": "injected fault"}})
    }

    fn not_found_code(&self) -> &'static str {
        "ResourceNotFound"
    }

    fn operation_fault_count(&self, _is_write: bool) -> usize {
        0
    }

    fn scenarios(&self) -> Vec<(&'static str, Scenario)> {
        let allow = Scenario {
            setup: connected,
            action: |sim| super::actors::allow(sim, &[ALLOWED[0]]),
        };
        vec![("allow", allow)]
    }
}

impl Model for Emulated {
    fn handle(
        &mut self,
        request: &CloudRequest,
        now: Timestamp,
        rng: &mut StdRng,
    ) -> CloudResponse {
        let (tenant, client) = identity(&request.caller);
        let mut query = request.query.clone();
        if query.is_empty() {
            query.push(("api-version".to_owned(), VERSION.to_owned()));
        }
        let request = model::Request {
            method: request.method.clone(),
            path: request.path.clone(),
            query,
            if_match: request.if_match.clone(),
            if_none_match: None,
            body: request.body.clone(),
            caller: Some(Caller { tenant, client }),
        };
        let reply = CloudModel::handle(self, &request, now, rng);
        CloudResponse {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        }
    }

    fn advance(&mut self, now: Timestamp) {
        CloudModel::advance(self, now);
    }

    fn bindings(&self) -> Vec<Binding> {
        CloudModel::bindings(self)
    }

    fn resource_ids(&self) -> Vec<String> {
        CloudModel::resource_ids(self)
    }

    fn map_host(&mut self, machine: String, host: IpAddr) {
        CloudModel::map_host(self, HostMapping { nic: machine, host });
    }

    fn inject_operation_fault(&mut self, _ask: &CloudRequest, _way: usize) {}
}
