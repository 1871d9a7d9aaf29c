//! Names of private DNS zones, as consumers' networks see them.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use underpass_net::dns::{Found, RecordData, RecordKind};

use super::fixture::*;
use super::private_dns::{LINK, ZONE, addresses, link, zone};

/// The addresses of a name; the reason if there are none.
fn resolved(fixture: &Fixture, name: &str) -> Result<Vec<Ipv4Addr>, &'static str> {
    match fixture.azure.look_up(name, RecordKind::Address) {
        Found::Elsewhere => Err("elsewhere"),
        Found::Unavailable => Err("unavailable"),
        Found::InZone { exists: false, .. } => Err("absent"),
        Found::InZone { records, .. } => Ok(records
            .iter()
            .filter_map(|record| match &record.data {
                RecordData::Address(address) => Some(*address),
                RecordData::Alias(_) | RecordData::Text(_) => None,
            })
            .collect()),
    }
}

fn one(address: &str) -> Vec<Ipv4Addr> {
    vec![address.parse().unwrap()]
}

fn alias(target: &str) -> Value {
    json!({ "properties": { "ttl": 5, "cnameRecord": { "cname": target } } })
}

#[test]
fn a_zone_is_seen_once_its_link_is_complete() {
    let mut fixture = Fixture::slow();
    fixture.made_by_consumer(ZONE, zone());
    fixture.made_by_consumer(&format!("{ZONE}/A/pg"), addresses(&["127.64.0.4"]));
    assert_eq!(resolved(&fixture, "pg.db.internal"), Err("elsewhere"));
    let network = theirs("virtualNetworks/v");
    fixture.consumer().put(&theirs(LINK), link(&network));
    assert_eq!(resolved(&fixture, "pg.db.internal"), Err("elsewhere"));
    fixture.settle();
    assert_eq!(resolved(&fixture, "pg.db.internal"), Ok(one("127.64.0.4")));
    assert_eq!(resolved(&fixture, "no.db.internal"), Err("absent"));
    assert_eq!(resolved(&fixture, "db.internal"), Ok(vec![]));
    assert_eq!(resolved(&fixture, "xdb.internal"), Err("elsewhere"));
    fixture.consumer().delete(&theirs(LINK));
    fixture.settle();
    assert_eq!(resolved(&fixture, "pg.db.internal"), Err("elsewhere"));
}

#[test]
fn the_providers_networks_are_not_consumers() {
    let mut fixture = Fixture::new();
    fixture.put(&ours(ZONE), zone());
    fixture.put(&ours(&format!("{ZONE}/A/pg")), addresses(&["127.64.0.4"]));
    let reply = fixture.put(&ours(LINK), link(&ours("virtualNetworks/v")));
    assert_eq!(reply.status, 202);
    fixture.settle();
    assert_eq!(resolved(&fixture, "pg.db.internal"), Err("elsewhere"));
}

#[test]
fn the_most_specific_zone_answers() {
    let mut fixture = Fixture::new().with_zone();
    fixture.made_by_consumer(&format!("{ZONE}/A/a.sub"), addresses(&["127.64.0.4"]));
    assert_eq!(
        resolved(&fixture, "a.sub.db.internal"),
        Ok(one("127.64.0.4"))
    );
    // A name above others exists.
    assert_eq!(resolved(&fixture, "sub.db.internal"), Ok(vec![]));
    let sub = "privateDnsZones/sub.db.internal";
    fixture.made_by_consumer(sub, zone());
    let network = theirs("virtualNetworks/v");
    fixture.made_by_consumer(&format!("{sub}/virtualNetworkLinks/l"), link(&network));
    assert_eq!(resolved(&fixture, "a.sub.db.internal"), Err("absent"));
}

#[test]
fn of_zones_of_one_name_the_first_that_has_the_name_answers() {
    let mut fixture = Fixture::new().with_zone();
    fixture.made_by_consumer(&format!("{ZONE}/A/a"), addresses(&["127.64.0.4"]));
    fixture.made_by_consumer(
        "virtualNetworks/w",
        json!({ "location": "westeurope", "properties": {
            "addressSpace": { "addressPrefixes": ["127.65.0.0/16"] } } }),
    );
    let elsewhere = group(CONSUMER, "zzz");
    let location = json!({ "location": "westeurope" });
    fixture.consumer().put(&elsewhere, location);
    let twin = format!("{elsewhere}/providers/Microsoft.Network/{ZONE}");
    let twin_link = format!("{twin}/virtualNetworkLinks/l");
    let network = theirs("virtualNetworks/w");
    for (path, body) in [
        (twin.clone(), zone()),
        (twin_link, link(&network)),
        (format!("{twin}/A/a"), addresses(&["127.65.0.4"])),
        (format!("{twin}/A/b"), addresses(&["127.65.0.5"])),
    ] {
        let reply = fixture.consumer().put(&path, body);
        assert!(reply.status < 300, "{reply:?}");
        fixture.settle();
    }
    assert_eq!(resolved(&fixture, "a.db.internal"), Ok(one("127.64.0.4")));
    assert_eq!(resolved(&fixture, "b.db.internal"), Ok(one("127.65.0.5")));
    assert_eq!(resolved(&fixture, "c.db.internal"), Err("absent"));
}

#[test]
fn aliases_are_followed_within_the_zones() {
    let mut fixture = Fixture::new().with_zone();
    fixture.made_by_consumer(
        &format!("{ZONE}/A/pg"),
        addresses(&["127.64.0.4", "127.64.0.5"]),
    );
    fixture.made_by_consumer(&format!("{ZONE}/CNAME/db"), alias("PG.db.internal."));
    fixture.made_by_consumer(&format!("{ZONE}/CNAME/out"), alias("example.com"));
    fixture.made_by_consumer(&format!("{ZONE}/CNAME/one"), alias("two.db.internal"));
    fixture.made_by_consumer(&format!("{ZONE}/CNAME/two"), alias("one.db.internal"));
    assert_eq!(resolved(&fixture, "db.db.internal").unwrap().len(), 2);
    assert_eq!(resolved(&fixture, "out.db.internal"), Ok(vec![]));
    assert_eq!(resolved(&fixture, "one.db.internal"), Ok(vec![]));
    let Found::InZone { records, .. } =
        fixture.azure.look_up("db.db.internal", RecordKind::Address)
    else {
        panic!("the name is in the zone");
    };
    let owners: Vec<&str> = records.iter().map(|it| it.owner.as_str()).collect();
    assert_eq!(
        owners,
        ["db.db.internal", "pg.db.internal", "pg.db.internal"]
    );
    assert_eq!(records[0].ttl, 5);
}

#[test]
fn a_wildcard_covers_names_that_do_not_exist() {
    let mut fixture = Fixture::new().with_zone();
    fixture.made_by_consumer(&format!("{ZONE}/A/*"), addresses(&["127.64.0.4"]));
    fixture.made_by_consumer(&format!("{ZONE}/A/*.sub"), addresses(&["127.64.0.5"]));
    let text = json!({ "properties": { "ttl": 5, "txtRecords": [{ "value": ["t"] }] } });
    fixture.made_by_consumer(&format!("{ZONE}/TXT/pg"), text);
    assert_eq!(resolved(&fixture, "any.db.internal"), Ok(one("127.64.0.4")));
    assert_eq!(resolved(&fixture, "a.b.db.internal"), Ok(one("127.64.0.4")));
    assert_eq!(
        resolved(&fixture, "a.sub.db.internal"),
        Ok(one("127.64.0.5"))
    );
    // The name exists, without an address.
    assert_eq!(resolved(&fixture, "pg.db.internal"), Ok(vec![]));
    let found = fixture.azure.look_up("pg.db.internal", RecordKind::Text);
    let Found::InZone {
        records, authority, ..
    } = found
    else {
        panic!("the name is in the zone");
    };
    assert_eq!(records[0].data, RecordData::Text(vec!["t".to_owned()]));
    assert_eq!(authority.host, "azureprivatedns.net");
    assert_eq!(authority.minimum, 10);
}
