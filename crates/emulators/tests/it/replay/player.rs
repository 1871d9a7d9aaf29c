//! A client that asks as the recorded one did, and compares what it is answered.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use underpass_emulators::CloudModel as _;
use underpass_emulators::azure::model::{Azure, Caller, Configuration, Reply, Request};

use super::shape::differences;
use super::shapes;

const SUBSCRIPTION: &str = "10000000-0000-4000-8000-000000000003";
const GROUP: &str = "replayed";

/// Duration of operations: the recorded ones end before the next poll.
const DELAY: Duration = Duration::from_secs(10);

/// The header with the URL of an operation's status.
const STATUS_URL: &str = "azure-asyncoperation";

/// The headers of a reply that tell what the client has to do next.
const TELLING: [&str; 5] = [
    "azure-asyncnotification",
    STATUS_URL,
    "etag",
    "location",
    "x-ms-failure-cause",
];

/// Headers of a `PUT` with an operation.
pub(super) const PUT: &[&str] = &["azure-asyncnotification", STATUS_URL];
/// Headers of a `PUT` without one.
pub(super) const NONE: &[&str] = &[];
/// Headers of a decision about a connection.
pub(super) const DECISION: &[&str] = &[STATUS_URL];
/// Headers of a `DELETE`.
pub(super) const DELETE: &[&str] = &["azure-asyncnotification", STATUS_URL, "location"];

/// Headers of every write of private DNS.
pub(super) const DNS: &[&str] = &[STATUS_URL, "location"];

pub(super) struct Player {
    azure: Azure,
    now: Timestamp,
    rng: StdRng,
    version: &'static str,
    /// The api-version of private DNS.
    dns_version: &'static str,
    /// Exchanges that were compared.
    exchanges: usize,
}

/// The id of a resource in the recorded group.
pub(super) fn id(rest: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network/{rest}"
    )
}

impl Player {
    /// A cloud without anything, and a client with an api-version.
    pub(super) fn new(version: &'static str) -> Self {
        let configuration = Configuration {
            base_url: "https://cloud.test".to_owned(),
            provider_tenant: "tenant".to_owned(),
            provider_client: "client".to_owned(),
            provider_subscription: SUBSCRIPTION.to_owned(),
            operation_delay: DELAY,
            further_regions: BTreeSet::new(),
        };
        Self {
            azure: Azure::new(configuration),
            now: Timestamp::UNIX_EPOCH,
            rng: StdRng::seed_from_u64(16),
            version,
            dns_version: "2024-06-01",
            exchanges: 0,
        }
    }

    /// Checks how many recorded exchanges were compared.
    #[track_caller]
    pub(super) fn assert_exchanges(&self, expected: usize) {
        assert_eq!(self.exchanges, expected);
    }

    /// Sends a request that no recording shows.
    pub(super) fn prepare(&mut self, path: &str, body: Value) {
        let reply = self.send("PUT", &id(path), Some(body), None);
        assert!(matches!(reply.status, 200 | 201), "{reply:?}");
        self.settle();
    }

    /// Lets every operation end.
    pub(super) fn settle(&mut self) {
        self.now += DELAY;
        self.azure.advance(self.now);
    }

    fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Value>,
        if_match: Option<&str>,
    ) -> Reply {
        let path = path.strip_prefix("https://cloud.test").unwrap_or(path);
        let version = if is_private_dns(path) {
            self.dns_version
        } else {
            self.version
        };
        let default = format!("api-version={version}");
        let (path, query) = path.split_once('?').unwrap_or((path, &default));
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            if_match: if_match.map(str::to_owned),
            if_none_match: None,
            body,
            caller: Some(Caller {
                tenant: "tenant".to_owned(),
                client: "client".to_owned(),
            }),
        };
        self.azure.handle(&request, self.now, &mut self.rng)
    }

    /// Compares one exchange: status, telling headers, body.
    #[track_caller]
    fn compare(&mut self, line: &str, reply: &Reply, status: u16, headers: &[&str], shape: &Value) {
        assert_eq!(reply.status, status, "{line}: {reply:?}");
        let told: BTreeSet<&str> = reply
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| TELLING.contains(name))
            .collect();
        let recorded: BTreeSet<&str> = headers.iter().copied().collect();
        assert_eq!(told, recorded, "{line}");
        let budgets = reply
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("x-ms-ratelimit-remaining-subscription-global-"));
        let expected = usize::from(!is_private_dns(line));
        assert_eq!(budgets.count(), expected, "{line}");
        let body = reply.body.clone().unwrap_or_default();
        let found = differences(&body, shape);
        assert!(found.is_empty(), "{line}: {found:#?}\n{body:#}");
        self.exchanges += 1;
    }

    /// A `PUT` of the group, and its reply.
    #[track_caller]
    pub(super) fn group(&mut self) {
        let path = format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/{GROUP}");
        let reply = self.send("PUT", &path, Some(json!({ "location": "eastus" })), None);
        self.compare("PUT of the group", &reply, 201, NONE, &shapes::group());
    }

    /// A `GET` of the group.
    #[track_caller]
    pub(super) fn group_read(&mut self) {
        let path = format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/{GROUP}");
        let reply = self.send("GET", &path, None, None);
        self.compare("GET of the group", &reply, 200, NONE, &shapes::group());
    }

    /// A `DELETE` of the group, and its result.
    #[track_caller]
    pub(super) fn group_deleted(&mut self) {
        let path = format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/{GROUP}");
        let reply = self.send("DELETE", &path, None, None);
        self.compare(
            "DELETE of the group",
            &reply,
            202,
            &["location"],
            &Value::Null,
        );
        let url = header(&reply, "location");
        self.settle();
        let reply = self.send("GET", &url, None, None);
        self.compare("result of the deletion", &reply, 200, NONE, &Value::Null);
    }

    /// A `PUT`; returns the URL of its operation.
    #[track_caller]
    pub(super) fn put(
        &mut self,
        path: &str,
        body: Value,
        status: u16,
        headers: &[&str],
        shape: &Value,
    ) -> Option<String> {
        let reply = self.send("PUT", &id(path), Some(body), None);
        self.compare(&format!("PUT {path}"), &reply, status, headers, shape);
        headers
            .contains(&STATUS_URL)
            .then(|| header(&reply, STATUS_URL))
    }

    /// A poll of an operation that has ended.
    #[track_caller]
    pub(super) fn poll(&mut self, url: &str) {
        self.settle();
        let reply = self.send("GET", url, None, None);
        let succeeded = json!({ "status": "=Succeeded" });
        self.compare(&format!("poll of {url}"), &reply, 200, NONE, &succeeded);
    }

    /// A first `PUT` to private DNS, which shows nothing, the poll of its operation, and a `GET`.
    #[track_caller]
    pub(super) fn created_in_dns(&mut self, path: &str, body: Value, shape: &Value) {
        let url = self.put(path, body, 202, DNS, &json!({}));
        let url = url.unwrap();
        assert!(url.contains("/privateDnsOperationStatuses/"), "{url}");
        self.poll(&url);
        self.read(path, shape);
    }

    /// A `DELETE` to private DNS and the poll of its operation.
    #[track_caller]
    pub(super) fn deleted_in_dns(&mut self, path: &str) {
        let reply = self.send("DELETE", &id(path), None, None);
        self.compare(&format!("DELETE {path}"), &reply, 202, DNS, &Value::Null);
        assert!(header(&reply, "location").contains("/privateDnsOperationResults/"));
        self.poll(&header(&reply, STATUS_URL));
    }

    /// A first `PUT`, which is `Updating`, the poll of its operation, and a `GET`.
    #[track_caller]
    pub(super) fn created(&mut self, path: &str, body: Value, shape: fn(&str) -> Value) {
        let url = self.put(path, body, 201, PUT, &shape("Updating"));
        self.poll(&url.unwrap());
        self.read(path, &shape("Succeeded"));
    }

    /// A repeated `PUT` of the same body, which is complete immediately, and a `GET`.
    #[track_caller]
    pub(super) fn repeated(&mut self, path: &str, body: Value, status: u16, shape: &Value) {
        self.put(path, body, status, PUT, shape);
        self.read(path, shape);
    }

    /// A `GET`.
    #[track_caller]
    pub(super) fn read(&mut self, path: &str, shape: &Value) {
        let reply = self.send("GET", &id(path), None, None);
        let line = format!("GET {path}");
        self.compare(&line, &reply, 200, &["etag"], shape);
        let tag = reply.body.as_ref().and_then(|body| body["etag"].as_str());
        assert_eq!(tag, Some(header(&reply, "etag").as_str()), "{line}");
    }

    /// A list with one resource.
    #[track_caller]
    pub(super) fn list(&mut self, path: &str, shape: Value) {
        let reply = self.send("GET", &id(path), None, None);
        let shape = json!({ "value": [shape] });
        self.compare(&format!("GET {path}"), &reply, 200, NONE, &shape);
    }

    /// A `GET` of a resource that is missing: the gateway answers.
    #[track_caller]
    pub(super) fn missing(&mut self, path: &str) {
        let reply = self.send("GET", &id(path), None, None);
        let shape = json!({ "error": { "code": "=ResourceNotFound", "message": "text" } });
        let headers = &["x-ms-failure-cause"];
        self.compare(&format!("GET {path}"), &reply, 404, headers, &shape);
    }

    /// A `GET` of a part that is missing: the network provider answers.
    #[track_caller]
    pub(super) fn missing_part(&mut self, path: &str) {
        let reply = self.send("GET", &id(path), None, None);
        let message = format!("=Resource {} not found.", id(path));
        let shape = json!({ "error": { "code": "=NotFound", "message": message, "details": [] } });
        self.compare(&format!("GET {path}"), &reply, 404, NONE, &shape);
    }

    /// A `GET` of a zone group that is missing: its message has the name alone.
    #[track_caller]
    pub(super) fn missing_zone_group(&mut self, path: &str, name: &str) {
        let reply = self.send("GET", &id(path), None, None);
        let message = format!("=Resource {name} not found.");
        let shape = json!({ "error": { "code": "=NotFound", "message": message, "details": [] } });
        self.compare(&format!("GET {path}"), &reply, 404, NONE, &shape);
    }

    /// A list in a group that is missing.
    #[track_caller]
    pub(super) fn list_in_missing_group(&mut self, path: &str) {
        let elsewhere = id(path).replace(GROUP, "elsewhere");
        let reply = self.send("GET", &elsewhere, None, None);
        let message = "=Resource group 'elsewhere' could not be found.";
        let shape = json!({ "error": { "code": "=ResourceGroupNotFound", "message": message } });
        let headers = &["x-ms-failure-cause"];
        self.compare(&format!("GET {path}"), &reply, 404, headers, &shape);
    }

    /// A `PUT` with a header `If-Match` that is no entity tag.
    #[track_caller]
    pub(super) fn mismatched(&mut self, path: &str, body: Value) {
        let reply = self.send("PUT", &id(path), Some(body), Some("wrong"));
        let shape = json!({ "error": {
            "code": "=PreconditionFailed",
            "message": "=Precondition failed.",
            "details": [{ "code": "=PreconditionFailedEtagMismatch", "message": "text" }],
        } });
        self.compare(&format!("PUT {path}"), &reply, 412, NONE, &shape);
        let detail = reply.body.unwrap()["error"]["details"][0]["message"].clone();
        let given = "Etag provided in if-match header W/\"wrong\" does not match etag W/\"";
        assert!(detail.as_str().unwrap().starts_with(given), "{detail}");
    }

    /// A `DELETE` and the poll of its operation.
    #[track_caller]
    pub(super) fn deleted(&mut self, path: &str, status: u16) {
        let url = self.delete(path, status, DELETE);
        self.poll(&url);
    }

    /// A `DELETE`; returns the URL of its operation.
    #[track_caller]
    pub(super) fn delete(&mut self, path: &str, status: u16, headers: &[&str]) -> String {
        let reply = self.send("DELETE", &id(path), None, None);
        let line = format!("DELETE {path}");
        self.compare(&line, &reply, status, headers, &Value::Null);
        assert!(header(&reply, "location").contains("/operationResults/"));
        header(&reply, STATUS_URL)
    }

    /// The document of a resource, outside the recorded exchanges.
    pub(super) fn document(&mut self, path: &str) -> Value {
        self.send("GET", &id(path), None, None).body.unwrap()
    }
}

/// Reports whether private DNS answers, given a path, a URL or a line with one.
fn is_private_dns(line: &str) -> bool {
    line.contains("privateDnsZones/") || line.contains("privateDnsOperation")
}

#[track_caller]
fn header(reply: &Reply, name: &str) -> String {
    let found = reply.headers.iter().find(|(it, _)| it == name);
    found.unwrap().1.clone()
}
