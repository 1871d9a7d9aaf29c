//! Callers and objects of the installation.

use std::collections::BTreeMap;

use axum::Router;
use serde_json::{Value, json};
use underpass_model::auth::{Role, Token, User};
use underpass_model::cloud::Provider;
use underpass_model::connection::Connection;
use underpass_model::name::{ProjectName, ServiceName};
use underpass_model::part::Observed;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Key};

use super::answer::Answer;
use super::request_lines::{Names, RequestLines};
use crate::app::App;
use crate::bootstrap::{self, Bootstrap};
use crate::token;

/// The subscription that the link allows.
const SUBSCRIPTION: &str = "8eefec94-5d63-40c9-983c-03ab083b411d";

/// The worker's documents about the networks and the link, and two connections.
const AZURE_NETWORK: &str = include_str!("azure_network.json");
const GOOGLE_NETWORK: &str = include_str!("google_network.json");
const LINK: &str = include_str!("link.json");
const CONNECTIONS: &str = include_str!("connections.json");

/// Makes the project `demo` with an operator, an admin and a reader; a service in a project VPC with a
/// published link, two static IP addresses and two connections; and a service in one on Google. Returns the
/// tokens and IDs.
pub(super) async fn make_objects(app: &App, router: &Router) -> Names {
    let operator = token::draw(&app.ids);
    let beginning = Bootstrap {
        email: "ada@example.net".to_owned(),
        real_name: "Ada".to_owned(),
        project: project(),
        token: operator.clone(),
    };
    let made = bootstrap::ensure(app, &beginning).await;
    made.expect("the project is made");
    let mut names = Names(vec![("{operator}", operator.expose().to_owned())]);
    for (name, email, role) in [
        ("{admin}", "admin@example.net", Role::Admin),
        ("{reader}", "reader@example.net", Role::ReadOnly),
    ] {
        names.0.push((name, member(app, email, role).await));
    }
    let to = Operator {
        app,
        router,
        names: &names,
    };
    let ids = to.make_services().await;
    names.0.extend(ids);
    names
}

/// Makes a member of the project; returns the token.
async fn member(app: &App, email: &str, role: Role) -> String {
    let text = token::draw(&app.ids).expose().to_owned();
    let now = app.clock.now();
    let sha256 = token::hash(&text);
    let user = User {
        email: email.to_owned(),
        real_name: email.to_owned(),
        memberships: BTreeMap::from([(project(), role)]),
        is_operator: false,
        tokens_valid_from: now,
    };
    let row = Token {
        prefix: token::prefix(&text),
        sha256: sha256.clone(),
        email: email.to_owned(),
        description: String::new(),
        created_at: now,
        max_age_seconds: None,
        extend_when_used: false,
        expires_at: None,
        only_projects: [].into(),
        incarnations: BTreeMap::new(),
        read_only: false,
        exchanged_for: None,
        sessions: Vec::new(),
        from_file: false,
    };
    let change = Change::new().insert(Key::user(email), &user);
    let change = change.and_then(|change| change.insert(Key::token(&sha256), &row));
    let stored = app.store.commit(change.expect("a document")).await;
    stored.expect("the member is stored");
    text
}

/// The operator, who makes objects by requests.
struct Operator<'a> {
    app: &'a App,
    router: &'a Router,
    names: &'a Names,
}

impl Operator<'_> {
    /// Makes the services; returns IDs.
    async fn make_services(&self) -> Vec<(&'static str, String)> {
        let services = "/v1/project/demo/service";
        let vpc = self.network("azure-westeurope", AZURE_NETWORK).await;
        self.send("POST", services, &postgres(&vpc)).await;
        let mut ids = Vec::new();
        for name in ["{ip}", "{other-ip}"] {
            let path = "/v1/project/demo/static-ips";
            let asked = json!({"cloud_name": "azure-westeurope"});
            let made = self.send("POST", path, &asked).await;
            let ip = id(&made, "static_ip_address_id");
            let path = format!("{path}/{ip}/association");
            let service = json!({"service_name": "pg-1"});
            self.send("POST", &path, &service).await;
            ids.push((name, ip));
        }
        let service = format!("{services}/pg-1");
        let config = json!({"user_config": {"static_ips": true}});
        self.send("PUT", &service, &config).await;
        let link = json!({"user_subscription_ids": [SUBSCRIPTION]});
        let path = format!("{service}/privatelink/azure");
        self.send("POST", &path, &link).await;
        publish(self.app).await;
        let google_vpc = self.network("google-europe-west1", GOOGLE_NETWORK).await;
        self.send("POST", services, &kafka(&google_vpc)).await;
        ids.push(("{vpc}", vpc));
        ids.push(("{google-vpc}", google_vpc));
        ids
    }

    /// Makes a project VPC, whose network the worker has made; returns its ID.
    async fn network(&self, cloud: &str, document: &str) -> String {
        let asked = json!({"cloud_name": cloud, "network_cidr": "10.64.0.0/24"});
        let made = self.send("POST", "/v1/project/demo/vpcs", &asked).await;
        let vpc = id(&made, "project_vpc_id");
        let key = WorkKey::Vpc(project(), vpc.parse().expect("an ID"));
        let observed = serde_json::from_str::<Observed>(document).expect("a document");
        let change = Change::new().put(Key::observed(&key), &observed);
        let stored = self.app.store.commit(change.expect("a document")).await;
        stored.expect("the network is stored");
        vpc
    }

    /// Sends a request that succeeds; returns the answer.
    async fn send(&self, method: &str, target: &str, body: &Value) -> Value {
        let request = RequestLines {
            authorization: "aivenv1 {operator}",
            method,
            target,
            body: &body.to_string(),
        };
        let answer = Answer::to(self.router, &request, self.names).await;
        answer.expect("a request").ok()
    }
}

/// Plays the worker that has published the link, and found its connections.
async fn publish(app: &App) {
    let name: ServiceName = "pg-1".parse().expect("a name");
    let link = serde_json::from_str::<Observed>(LINK).expect("a document");
    let key = WorkKey::Link(project(), name.clone(), Provider::Azure);
    let mut change = Change::new().put(Key::observed(&key), &link);
    let connections = serde_json::from_str::<Vec<Connection>>(CONNECTIONS).expect("a list");
    for connection in connections {
        let key = Key::connection(&project(), &name, Provider::Azure, &connection.id);
        change = change.and_then(|change| change.insert(key, &connection));
    }
    let stored = app.store.commit(change.expect("a document")).await;
    stored.expect("the link is stored");
}

fn postgres(vpc: &str) -> Value {
    let nic = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/providers/\
               Microsoft.Network/networkInterfaces/n1";
    json!({
        "service_name": "pg-1",
        "service_type": "pg",
        "plan": "startup-4",
        "cloud": "azure-westeurope",
        "project_vpc_id": vpc,
        "user_config": {"privatelink_access": {"pg": true}},
        "underpass": {
            "nodes": [{"name": "n1", "address": "10.64.0.4", "cloud": {"azure": {"nic_id": nic}}}],
            "components": [
                {"component": "pgbouncer", "port": 16432},
                {"component": "pg", "port": 15432, "link_port": 25432},
            ],
            "users": [{"username": "avnadmin", "password": "s3cret/pw"}],
        },
    })
}

fn kafka(vpc: &str) -> Value {
    let instance = "projects/p/zones/europe-west1-b/instances/n1";
    json!({
        "service_name": "kafka-1",
        "service_type": "kafka",
        "cloud": "google-europe-west1",
        "project_vpc_id": vpc,
        "user_config": {"privatelink_access": {"kafka": true}},
        "underpass": {
            "nodes": [
                {"name": "n1", "address": "10.64.0.4", "cloud": {"google": {"instance": instance}}},
            ],
            "components": [{"component": "kafka", "port": 19092}],
        },
    })
}

fn id(answer: &Value, member: &str) -> String {
    let id = answer.get(member).and_then(Value::as_str);
    id.expect("an object has an ID").to_owned()
}

fn project() -> ProjectName {
    "demo".parse().expect("a name")
}
