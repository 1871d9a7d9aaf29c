use serde_json::{Value, json};

use super::fixture::*;

fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    items
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect()
}

/// A fixture with the subnets `nat`, `nodes` and `s0` to `s4`.
fn with_many() -> Fixture {
    let mut fixture = Fixture::new();
    for index in 0..5 {
        let (name, range) = (format!("s{index}"), format!("10.9.{index}.0/24"));
        fixture.created(&regional("subnetworks"), subnet(&name, &range, "PRIVATE"));
    }
    fixture
}

#[test]
fn a_list_has_a_kind_and_omits_empty_items() {
    let mut fixture = Fixture::new();
    let path = regional("subnetworks");
    let list = fixture.shown(&path);
    assert_eq!(list["kind"], "compute#subnetworkList");
    assert_eq!(list["id"], path);
    assert_eq!(list["selfLink"], link(&path));
    assert_eq!(names(&list), ["nat", "nodes"]);
    assert_eq!(
        list["items"][0],
        fixture.shown(&regional("subnetworks/nat"))
    );
    assert_eq!(list.get("nextPageToken"), None);
    let path = regional("serviceAttachments");
    let expected = json!({
        "kind": "compute#serviceAttachmentList", "id": path, "selfLink": link(&path),
    });
    assert_eq!(fixture.shown(&path), expected);
}

#[test]
fn a_list_covers_one_project_and_location() {
    let mut fixture = Fixture::new();
    let elsewhere = format!("projects/{PROVIDER}/regions/us-east1/subnetworks");
    fixture.created(&elsewhere, subnet("far", "10.9.0.0/24", "PRIVATE"));
    assert_eq!(names(&fixture.shown(&elsewhere)), ["far"]);
    assert_eq!(
        names(&fixture.shown(&regional("subnetworks"))),
        ["nat", "nodes"]
    );
    let consumer_regional = fixture.shown(&consumer_regional(CONSUMER, "subnetworks"));
    assert_eq!(names(&consumer_regional), ["default"]);
}

#[test]
fn filters_select_in_every_supported_syntax() {
    let mut fixture = Fixture::new();
    let network = link(&global("networks/net"));
    let by_network = format!("purpose = \"PRIVATE_SERVICE_CONNECT\" AND network = \"{network}\"");
    for (filter, found) in [
        (&*by_network, &["nat"][..]),
        ("name eq nat", &["nat"]),
        ("name eq n.*", &["nat", "nodes"]),
        ("name ne nat", &["nodes"]),
        ("name = nat", &["nat"]),
        ("name != nat", &["nodes"]),
        ("(purpose = PRIVATE) (name = nodes)", &["nodes"]),
        ("ipCidrRange=\"10.0.0.0/24\"", &["nodes"]),
        ("ipCidrRange : 172.", &["nat"]),
        ("name = nat AND name = nodes", &[]),
        ("purpose = private", &[]),
        ("privateIpGoogleAccess = false", &["nat", "nodes"]),
        ("name = n*", &["nat", "nodes"]),
        ("name = nat OR name = nodes", &["nat", "nodes"]),
        ("name > nat", &["nodes"]),
        ("name eq [m-o].*t", &["nat"]),
        ("(name eq \".*\\bn.*\") (purpose ne PRIVATE)", &["nat"]),
        ("description : *", &[]),
        ("", &["nat", "nodes"]),
    ] {
        let list = fixture.shown(&format!("{}?filter={filter}", regional("subnetworks")));
        assert_eq!(names(&list), found, "{filter}");
    }
}

#[test]
fn an_unsupported_filter_is_refused() {
    let mut fixture = Fixture::new();
    for filter in [
        "name",
        "(name = a",
        "name eq [a-z",
        "nmae = a",
        "name eq a AND name = b",
    ] {
        let reply = fixture.get(&format!("{}?filter={filter}", regional("subnetworks")));
        assert_eq!(refusal(&reply), invalid(), "{filter}");
        let expected = format!("Invalid value for field 'filter': '{filter}'.");
        assert!(
            message(&reply).starts_with(&expected),
            "{}",
            message(&reply)
        );
    }
}

#[test]
fn pages_are_consistent_while_items_are_inserted_and_deleted() {
    let mut fixture = with_many();
    let page = |token: &str| {
        let query = format!("maxResults=3&pageToken={token}&filter=purpose = PRIVATE");
        format!("{}?{query}", regional("subnetworks"))
    };
    let first = fixture.shown(&page(""));
    assert_eq!(names(&first), ["nodes", "s0", "s1"]);
    let token = first["nextPageToken"].as_str().unwrap();
    // The last item of the first page is deleted, and one before it is inserted.
    fixture.deleted(&regional("subnetworks/s1"));
    fixture.created(
        &regional("subnetworks"),
        subnet("a", "10.10.0.0/24", "PRIVATE"),
    );
    let second = fixture.shown(&page(token));
    assert_eq!(names(&second), ["s2", "s3", "s4"]);
    assert_eq!(second.get("nextPageToken"), None);
}

#[test]
fn a_page_has_from_one_to_five_hundred_items() {
    let mut fixture = with_many();
    let path = regional("subnetworks");
    assert_eq!(
        names(&fixture.shown(&format!("{path}?maxResults=1"))),
        ["nat"]
    );
    for size in ["0", "500", "7"] {
        let list = fixture.shown(&format!("{path}?maxResults={size}"));
        assert_eq!(names(&list).len(), 7, "{size}");
    }
    for size in ["501", "-1", "x", "1.5", "99999999999999999999999"] {
        let reply = fixture.get(&format!("{path}?maxResults={size}"));
        assert_eq!(refusal(&reply), invalid(), "{size}");
    }
}

#[test]
fn a_page_token_is_valid_for_one_list() {
    let mut fixture = with_many();
    let first = fixture.shown(&format!("{}?maxResults=1", regional("subnetworks")));
    let token = first["nextPageToken"].as_str().unwrap().to_owned();
    for (path, token) in [
        (regional("addresses"), &*token),
        (consumer_regional(CONSUMER, "subnetworks"), &*token),
        (regional("subnetworks"), "bm90aGluZw"),
        (regional("subnetworks"), "%"),
    ] {
        let reply = fixture.get(&format!("{path}?pageToken={token}"));
        assert_eq!(refusal(&reply), invalid(), "{path} {token}");
    }
}

#[test]
fn the_newest_come_first_on_request() {
    let mut fixture = Fixture::new();
    for (name, range) in [("late", "10.9.0.0/24"), ("last", "10.10.0.0/24")] {
        fixture.advance(DELAY);
        fixture.created(&regional("subnetworks"), subnet(name, range, "PRIVATE"));
    }
    let path = format!("{}?orderBy=creationTimestamp desc", regional("subnetworks"));
    let list = fixture.shown(&path);
    assert_eq!(names(&list)[..2], ["last", "late"]);
    let first = fixture.shown(&format!("{path}&maxResults=1"));
    let token = first["nextPageToken"].as_str().unwrap();
    let second = fixture.shown(&format!("{path}&maxResults=1&pageToken={token}"));
    assert_eq!(names(&second), ["late"]);
    let odd = fixture.get(&format!("{}?orderBy=size", regional("subnetworks")));
    assert_eq!(refusal(&odd), invalid());
}

#[test]
fn an_aggregated_list_has_each_location_and_warns_of_empty_ones() {
    let mut fixture = Fixture::new().with_load_balancer();
    let path = format!("projects/{PROVIDER}/aggregated/subnetworks");
    let list = fixture.shown(&path);
    assert_eq!(list["kind"], "compute#subnetworkAggregatedList");
    assert_eq!(list["id"], path);
    assert_eq!(list["selfLink"], link(&path));
    let found = &list["items"][format!("regions/{REGION}")]["subnetworks"];
    assert_eq!(found.as_array().unwrap().len(), 2);
    // Resources of other projects are in no location.
    let scopes = list["items"].as_object().unwrap().values();
    let all = scopes.filter_map(|it| it["subnetworks"].as_array());
    assert_eq!(all.map(Vec::len).sum::<usize>(), 2);
    let empty = &list["items"]["regions/us-east1"];
    assert_eq!(empty["warning"]["code"], "NO_RESULTS_ON_PAGE");
    assert_eq!(empty["warning"]["data"][0]["value"], "regions/us-east1");
    assert_eq!(empty.get("subnetworks"), None);
    let instances = fixture.shown(&format!("projects/{PROVIDER}/aggregated/instances"));
    let found = &instances["items"][format!("zones/{ZONE}")]["instances"];
    assert_eq!(found[0]["name"], "n1");
    let operations = fixture.shown(&format!("projects/{PROVIDER}/aggregated/operations"));
    for scope in ["global", "zones/europe-west1-b", "regions/europe-west1"] {
        assert!(
            operations["items"][scope]["operations"].is_array(),
            "{scope}"
        );
    }
}

#[test]
fn aggregated_lists_are_filtered_and_paged() {
    let mut fixture = with_many();
    let path = format!("projects/{PROVIDER}/aggregated/subnetworks?filter=name eq s.*");
    let scope = format!("regions/{REGION}");
    let first = fixture.shown(&format!("{path}&maxResults=2"));
    assert_eq!(first["items"][&scope]["subnetworks"][1]["name"], "s1");
    let token = first["nextPageToken"].as_str().unwrap();
    let second = fixture.shown(&format!("{path}&maxResults=2&pageToken={token}"));
    let found = &second["items"][&scope]["subnetworks"];
    assert_eq!(found[0]["name"], "s2");
    assert_eq!(found.as_array().unwrap().len(), 2);
}

#[test]
fn a_project_may_have_the_name_of_a_region_part() {
    let mut fixture = Fixture::new();
    let network = json!({ "name": "net", "autoCreateSubnetworks": false });
    fixture.created("projects/europe/global/networks", network);
    let body = subnet("s", "10.9.0.0/24", "PRIVATE");
    fixture.created(&consumer_regional("europe", "subnetworks"), body);
    let list = fixture.shown("projects/europe/aggregated/subnetworks");
    let scope = format!("regions/{REGION}");
    assert_eq!(list["items"][scope]["subnetworks"][0]["name"], "s");
}

#[test]
fn regions_and_zones_can_be_listed_and_read() {
    let mut fixture = Fixture::new();
    let regions = fixture.shown(&format!("projects/{PROVIDER}/regions"));
    assert_eq!(regions["kind"], "compute#regionList");
    let path = format!("projects/{PROVIDER}/regions/{REGION}");
    let region = fixture.shown(&path);
    assert!(regions["items"].as_array().unwrap().contains(&region));
    assert_eq!(region["selfLink"], link(&path));
    let zone = format!("projects/{PROVIDER}/zones/{ZONE}");
    assert!(
        region["zones"]
            .as_array()
            .unwrap()
            .contains(&json!(link(&zone)))
    );
    assert_eq!(fixture.shown(&zone)["region"], link(&path));
    let zones = fixture.shown(&format!("projects/{PROVIDER}/zones?filter=name = {ZONE}"));
    assert_eq!(names(&zones), [ZONE]);
    for path in ["regions/moon-west1", "zones/moon-west1-a"] {
        let reply = fixture.get(&format!("projects/{PROVIDER}/{path}"));
        assert_eq!(refusal(&reply), (404, "notFound".to_owned()));
    }
}
