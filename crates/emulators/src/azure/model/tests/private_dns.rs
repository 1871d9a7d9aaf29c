//! Private DNS zones, their links to networks and their record sets.

use std::time::Duration;

use serde_json::{Value, json};

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

pub(super) const ZONE: &str = "privateDnsZones/db.internal";
pub(super) const LINK: &str = "privateDnsZones/db.internal/virtualNetworkLinks/net";

pub(super) fn zone() -> Value {
    json!({ "location": "global", "properties": {} })
}

/// A link to a network.
pub(super) fn link(network: &str) -> Value {
    json!({ "location": "global", "properties": {
        "registrationEnabled": false, "virtualNetwork": { "id": network } } })
}

/// An A record set with these addresses.
pub(super) fn addresses(addresses: &[&str]) -> Value {
    let records: Vec<Value> = addresses
        .iter()
        .map(|it| json!({ "ipv4Address": it }))
        .collect();
    json!({ "properties": { "ttl": 60, "aRecords": records } })
}

/// The code of a refusal of private DNS, whose body is the error itself.
#[track_caller]
fn code(reply: &super::super::Reply) -> (u16, String) {
    let body = reply.body.as_ref().unwrap();
    (reply.status, body["code"].as_str().unwrap().to_owned())
}

impl Fixture {
    /// Sends a PUT of the consumer that must be accepted, and finishes its operation.
    #[track_caller]
    pub(super) fn made_by_consumer(&mut self, path: &str, body: Value) -> Value {
        let reply = self.consumer().put(&theirs(path), body);
        assert!(matches!(reply.status, 200..=202), "{reply:?}");
        self.settle();
        self.seen_by_consumer(&theirs(path))
    }

    /// Adds the consumer's zone with a link to its network.
    pub(super) fn with_zone(mut self) -> Fixture {
        self.made_by_consumer(ZONE, zone());
        self.made_by_consumer(LINK, link(&theirs("virtualNetworks/v")));
        self
    }
}

#[test]
fn a_zone_is_accepted_without_being_shown_and_complete_when_its_operation_has_ended() {
    let mut fixture = Fixture::slow();
    let group = group(CONSUMER, "APP2");
    fixture
        .consumer()
        .put(&group, json!({ "location": "westeurope" }));
    let path = format!("{group}/providers/Microsoft.Network/privateDnsZones/Db.Internal");
    let reply = fixture.consumer().put(&path, zone());
    assert_eq!((reply.status, reply.body.clone()), (202, Some(json!({}))));
    let status = header(&reply, "azure-asyncoperation").unwrap().to_owned();
    let result = header(&reply, "location").unwrap().to_owned();
    let place = format!(
        "https://cloud.test/subscriptions/{CONSUMER}/resourceGroups/app2/providers/\
         Microsoft.Network/privateDnsOperation"
    );
    assert!(status.starts_with(&format!("{place}Statuses/")), "{status}");
    assert!(result.starts_with(&format!("{place}Results/")), "{result}");
    assert_eq!(header(&reply, "azure-asyncnotification"), None);
    let budget = "x-ms-ratelimit-remaining-subscription-global-writes";
    assert_eq!(header(&reply, budget), None);

    let open = fixture.consumer().get(&status);
    assert_eq!(open.body.unwrap()["status"], "InProgress");
    assert_eq!(fixture.consumer().get(&result).status, 202);
    let state = fixture.seen_by_consumer(&path)["properties"]["provisioningState"].clone();
    assert_eq!(state, "Creating");
    fixture.settle();
    let ended = fixture.consumer().get(&status);
    assert_eq!(ended.body.unwrap()["status"], "Succeeded");
    assert_eq!(fixture.consumer().get(&result).status, 200);

    let read = fixture.consumer().get(&path);
    let shown = read.body.clone().unwrap();
    let etag = shown["etag"].as_str().unwrap();
    assert!(!etag.contains(['W', '"']), "{etag}");
    assert_eq!(header(&read, "etag"), Some(etag));
    assert_eq!(
        shown["id"],
        format!(
            "/subscriptions/{CONSUMER}/resourceGroups/app2/providers/Microsoft.Network/\
             privateDnsZones/db.internal"
        )
    );
    assert_eq!(shown["properties"]["numberOfRecordSets"], 1);
    assert_eq!(shown["properties"].get("resourceGuid"), None);
    // The zone has an SOA record set from the beginning.
    let all = fixture.seen_by_consumer(&format!("{path}/ALL"));
    assert_eq!(all["value"][0]["name"], "@");
    assert_eq!(
        all["value"][0]["type"],
        "Microsoft.Network/privateDnsZones/SOA"
    );
    assert_eq!(all["value"][0]["properties"]["fqdn"], "db.internal.");
    assert_eq!(all["value"].as_array().unwrap().len(), 1);
}

#[test]
fn a_link_is_counted_and_its_id_is_in_lower_case() {
    let mut fixture = Fixture::new();
    fixture.made_by_consumer(ZONE, zone());
    let network = theirs("virtualNetworks/v");
    let path = format!("{ZONE}/virtualNetworkLinks/MyLink");
    let shown = fixture.made_by_consumer(&path, link(&network));
    assert_eq!(shown["name"], "mylink");
    assert!(shown["etag"].as_str().unwrap().starts_with('"'));
    assert_eq!(
        shown["properties"],
        json!({
            "provisioningState": "Succeeded",
            "registrationEnabled": false,
            "virtualNetwork": { "id": network },
            "virtualNetworkLinkState": "Completed",
        })
    );
    let zone = fixture.seen_by_consumer(&theirs(ZONE));
    assert_eq!(zone["properties"]["numberOfVirtualNetworkLinks"], 1);
    assert_eq!(
        zone["properties"]["numberOfVirtualNetworkLinksWithRegistration"],
        0
    );
    let listed = fixture.seen_by_consumer(&theirs(&format!("{ZONE}/virtualNetworkLinks")));
    assert_eq!(listed["value"], json!([shown]));
    let none = fixture
        .consumer()
        .get(&theirs(&format!("{ZONE}/virtualNetworkLinks/no")));
    assert_eq!(refusal(&none), (404, "ResourceNotFound".to_owned()));
}

#[test]
fn links_that_the_real_cloud_refuses_are_refused() {
    let mut fixture = Fixture::new().with_zone();
    let path = |name: &str| theirs(&format!("{ZONE}/virtualNetworkLinks/{name}"));
    let network = theirs("virtualNetworks/v");
    let missing = fixture
        .consumer()
        .put(&path("a"), link(&theirs("virtualNetworks/no")));
    assert_eq!(code(&missing), (400, "BadRequest".to_owned()));
    let second = fixture.consumer().put(&path("a"), link(&network));
    assert_eq!(code(&second), (400, "BadRequest".to_owned()));
    let text = second.body.unwrap()["message"].to_string();
    assert!(text.contains("overlapping namespaces"), "{text}");
    let odd = fixture.consumer().put(&path("a"), link("elsewhere"));
    assert_eq!(refusal(&odd), (400, "LinkedInvalidPropertyId".to_owned()));
    let foreign = fixture
        .consumer()
        .put(&path("a"), link(&ours("virtualNetworks/v")));
    assert_eq!(
        refusal(&foreign),
        (403, "LinkedAuthorizationFailed".to_owned())
    );
    // The network of a link is not changed.
    fixture.made_by_consumer(
        "virtualNetworks/w",
        json!({ "location": "westeurope", "properties": {
            "addressSpace": { "addressPrefixes": ["127.65.0.0/16"] } } }),
    );
    let other = theirs("virtualNetworks/w");
    let moved = fixture.consumer().put(&theirs(LINK), link(&other));
    assert_eq!(code(&moved), (400, "BadRequest".to_owned()));
    // Another network, and a zone of another name, can be linked.
    fixture.made_by_consumer(&format!("{ZONE}/virtualNetworkLinks/b"), link(&other));
    fixture.made_by_consumer("privateDnsZones/sub.db.internal", zone());
    fixture.made_by_consumer(
        "privateDnsZones/sub.db.internal/virtualNetworkLinks/a",
        link(&network),
    );
    // A zone of the same name in another group cannot.
    let elsewhere = group(CONSUMER, "second");
    fixture
        .consumer()
        .put(&elsewhere, json!({ "location": "westeurope" }));
    let twin = format!("{elsewhere}/providers/Microsoft.Network/{ZONE}");
    fixture.consumer().put(&twin, zone());
    let overlap = fixture
        .consumer()
        .put(&format!("{twin}/virtualNetworkLinks/a"), link(&network));
    assert_eq!(code(&overlap), (400, "BadRequest".to_owned()));
}

#[test]
fn a_zone_with_links_is_not_deleted() {
    let mut fixture = Fixture::new().with_zone();
    fixture.made_by_consumer(&format!("{ZONE}/A/db"), addresses(&["127.64.0.4"]));
    let refused = fixture.consumer().delete(&theirs(ZONE));
    assert_eq!(refusal(&refused), (409, "CannotDeleteResource".to_owned()));
    for path in [LINK, ZONE] {
        let reply = fixture.consumer().delete(&theirs(path));
        assert_eq!((reply.status, reply.body.clone()), (202, None));
        assert!(header(&reply, "location").is_some());
        assert!(header(&reply, "azure-asyncoperation").is_some());
        fixture.settle();
        assert_eq!(fixture.consumer().delete(&theirs(path)).status, 204);
    }
    let ids = fixture.azure.resource_ids();
    assert!(
        ids.iter().all(|id| !id.contains("privateDnsZones")),
        "{ids:?}"
    );
}

#[test]
fn a_group_is_deleted_with_its_zones() {
    let mut fixture = Fixture::new().with_zone();
    fixture.made_by_consumer(&format!("{ZONE}/A/db"), addresses(&["127.64.0.4"]));
    fixture.consumer().delete(&group(CONSUMER, "app"));
    fixture.settle();
    let ids = fixture.azure.resource_ids();
    assert!(ids.iter().all(|id| !id.contains("/app")), "{ids:?}");
}

#[test]
fn record_sets_are_written_immediately() {
    let mut fixture = Fixture::slow();
    fixture.consumer().put(&theirs(ZONE), zone());
    fixture.settle();
    let path = theirs(&format!("{ZONE}/A/db"));
    let created = fixture.consumer().put(&path, addresses(&["127.64.0.4"]));
    assert_eq!(created.status, 201);
    assert_eq!(header(&created, "azure-asyncoperation"), None);
    let shown = created.body.unwrap();
    assert_eq!(shown["type"], "Microsoft.Network/privateDnsZones/A");
    assert_eq!(
        shown["properties"],
        json!({
            "ttl": 60,
            "fqdn": "db.db.internal.",
            "isAutoRegistered": false,
            "aRecords": [{ "ipv4Address": "127.64.0.4" }],
        })
    );
    assert_eq!(fixture.seen_by_consumer(&path), shown);
    let changed = fixture.consumer().put(&path, addresses(&["127.64.0.5"]));
    assert_eq!(changed.status, 200);
    let only_new = fixture
        .consumer()
        .create_only()
        .put(&path, addresses(&["127.64.0.6"]));
    assert_eq!(code(&only_new), (412, "PreconditionFailed".to_owned()));
    let outdated = fixture
        .consumer()
        .if_match(shown["etag"].as_str().unwrap())
        .put(&path, addresses(&["127.64.0.6"]));
    assert_eq!(code(&outdated), (412, "PreconditionFailed".to_owned()));
    for (record_type, body) in [
        (
            "CNAME",
            json!({ "ttl": 5, "cnameRecord": { "cname": "db.db.internal" } }),
        ),
        (
            "TXT",
            json!({ "ttl": 5, "txtRecords": [{ "value": ["a", "b"] }] }),
        ),
        (
            "AAAA",
            json!({ "ttl": 5, "aaaaRecords": [{ "ipv6Address": "::1" }] }),
        ),
    ] {
        let path = theirs(&format!("{ZONE}/{record_type}/{record_type}-1"));
        let reply = fixture.consumer().put(&path, json!({ "properties": body }));
        assert_eq!(reply.status, 201, "{reply:?}");
        let listed = fixture.seen_by_consumer(&theirs(&format!("{ZONE}/{record_type}")));
        assert_eq!(listed["value"], json!([reply.body.unwrap()]));
    }
    let zone = fixture.seen_by_consumer(&theirs(ZONE));
    assert_eq!(zone["properties"]["numberOfRecordSets"], 5);
    assert_eq!(fixture.consumer().delete(&path).status, 200);
    assert_eq!(fixture.consumer().delete(&path).status, 204);
    assert_eq!(
        code(&fixture.consumer().get(&path)),
        (404, "NotFound".to_owned())
    );
}

#[test]
fn record_sets_that_a_zone_cannot_have_are_refused() {
    let mut fixture = Fixture::new().with_zone();
    fixture.made_by_consumer(&format!("{ZONE}/A/db"), addresses(&["127.64.0.4"]));
    let many: Vec<String> = (1..=21).map(|it| format!("127.64.0.{it}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (record_set, body) in [
        ("A/x", addresses(&["300.0.0.1"])),
        ("A/x", addresses(&many)),
        ("A/x", json!({ "properties": { "aRecords": [] } })),
        ("A/-x", addresses(&[])),
        ("A/x.*", addresses(&[])),
        ("A/x", json!({ "properties": { "ttl": 0 } })),
        (
            "A/x",
            json!({ "properties": { "ttl": 1, "txtRecords": [] } }),
        ),
        (
            "A/x",
            json!({ "properties": { "ttl": 1, "metadata": { "a": 1 } } }),
        ),
        (
            "CNAME/db",
            json!({ "properties": { "ttl": 1, "cnameRecord": { "cname": "a.b" } } }),
        ),
        (
            "CNAME/@",
            json!({ "properties": { "ttl": 1, "cnameRecord": { "cname": "a.b" } } }),
        ),
        (
            "CNAME/x",
            json!({ "properties": { "ttl": 1, "cnameRecord": { "cname": "a b" } } }),
        ),
        ("SOA/x", json!({ "properties": { "ttl": 1 } })),
        (
            "TXT/x",
            json!({ "properties": { "ttl": 1, "txtRecords": [{ "value": ["x".repeat(256)] }] } }),
        ),
    ] {
        let path = theirs(&format!("{ZONE}/{record_set}"));
        let reply = fixture.consumer().put(&path, body);
        assert_eq!(code(&reply), (400, "BadRequest".to_owned()), "{record_set}");
    }
    let authority = theirs(&format!("{ZONE}/SOA/@"));
    assert_eq!(code(&fixture.consumer().delete(&authority)).0, 400);
    // The SOA record is updated; its host stays.
    let update =
        json!({ "properties": { "ttl": 7, "soaRecord": { "host": "x", "retryTime": 9 } } });
    let shown = fixture.consumer().put(&authority, update).body.unwrap();
    assert_eq!(
        shown["properties"]["soaRecord"]["host"],
        "azureprivatedns.net"
    );
    assert_eq!(shown["properties"]["soaRecord"]["retryTime"], 9);
    assert_eq!(shown["properties"]["soaRecord"]["minimumTtl"], 10);
}

#[test]
fn zones_are_global_and_have_names_of_several_labels() {
    let mut fixture = Fixture::new();
    let path = theirs(ZONE);
    let regional = json!({ "location": "westeurope", "properties": {} });
    let reply = fixture.consumer().put(&path, regional);
    let expected = (400, "LocationNotAvailableForResourceType".to_owned());
    assert_eq!(refusal(&reply), expected);
    for name in ["single", "a..b", "-a.b", "a.b c"] {
        let reply = fixture
            .consumer()
            .put(&theirs(&format!("privateDnsZones/{name}")), zone());
        assert_eq!(code(&reply), (400, "BadRequest".to_owned()), "{name}");
    }
    let old = format!("{path}?api-version=2024-05-01");
    let reply = fixture.consumer().put(&old, zone());
    assert_eq!(
        refusal(&reply),
        (400, "NoRegisteredProviderFound".to_owned())
    );
    let early = format!("{path}?api-version=2018-09-01");
    assert_eq!(fixture.consumer().put(&early, zone()).status, 202);
}

#[test]
fn the_tags_of_a_zone_are_updated() {
    let mut fixture = Fixture::new().with_zone();
    let path = theirs(ZONE);
    let body = json!({ "location": "global", "tags": { "team": "blue" } });
    let reply = fixture.consumer().send("PATCH", &path, Some(body));
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(
        fixture.seen_by_consumer(&path)["tags"],
        json!({ "team": "blue" })
    );
}

#[test]
fn zones_are_listed_in_their_group_and_subscription() {
    let mut fixture = Fixture::new().with_zone();
    let shown = fixture.seen_by_consumer(&theirs(ZONE));
    let subscription =
        format!("/subscriptions/{CONSUMER}/providers/Microsoft.Network/privateDnsZones");
    for list in [theirs("privateDnsZones"), subscription] {
        assert_eq!(fixture.seen_by_consumer(&list)["value"], json!([shown]));
    }
}

#[test]
fn writes_below_a_zone_wait_for_its_operation() {
    let mut fixture = Fixture::slow();
    fixture.consumer().put(&theirs(ZONE), zone());
    for (path, body) in [
        (LINK.to_owned(), link(&theirs("virtualNetworks/v"))),
        (format!("{ZONE}/A/db"), addresses(&["127.64.0.4"])),
        (ZONE.to_owned(), zone()),
    ] {
        let reply = fixture.consumer().put(&theirs(&path), body);
        let expected = (409, "AnotherOperationInProgress".to_owned());
        assert_eq!(refusal(&reply), expected, "{path}");
    }
    fixture.pass(DELAY + Duration::from_secs(1));
    fixture.made_by_consumer(LINK, link(&theirs("virtualNetworks/v")));
}
