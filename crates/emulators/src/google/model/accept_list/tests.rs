use serde_json::json;

use super::*;

const IDENTITY: EndpointIdentity<'static> = EndpointIdentity {
    project: "guest",
    project_number: 123,
    network: "v",
    region: "europe-west1",
    number: Some(99),
};

#[expect(clippy::needless_pass_by_value, reason = "tests pass literals")]
fn lists(accept: Value, reject: Value) -> Result<ConsumerLists, InvalidField> {
    ConsumerLists::parse(&json!({
        "connectionPreference": "ACCEPT_MANUAL",
        "consumerAcceptLists": accept,
        "consumerRejectLists": reject,
    }))
}

fn accepts(name: &str, text: &str) -> bool {
    let entry = json!([{ name: text, "connectionLimit": 1 }]);
    let lists = lists(entry, json!([])).unwrap();
    lists.accepting(&IDENTITY).next().is_some()
}

fn rejects(text: &str) -> bool {
    let lists = lists(json!([]), json!([text])).unwrap();
    lists.rejects(&IDENTITY)
}

#[test]
fn a_project_is_named_by_id_or_number() {
    for (text, found) in [
        ("guest", true),
        ("123", true),
        ("other", false),
        ("456", false),
    ] {
        assert_eq!(accepts("projectIdOrNum", text), found, "{text}");
        assert_eq!(rejects(text), found, "{text}");
    }
}

#[test]
fn a_network_is_named_by_its_link() {
    for (text, found) in [
        ("projects/guest/global/networks/v", true),
        ("projects/123/global/networks/v", true),
        (
            "https://www.googleapis.com/compute/v1/projects/guest/global/networks/v",
            true,
        ),
        ("projects/other/global/networks/v", false),
        ("projects/guest/global/networks/w", false),
    ] {
        assert_eq!(accepts("networkUrl", text), found, "{text}");
        assert_eq!(rejects(text), found, "{text}");
    }
}

#[test]
fn an_endpoint_is_named_by_its_number_in_any_spelling() {
    for (text, found) in [
        (
            "projects/guest/regions/europe-west1/forwardingRules/99",
            true,
        ),
        (
            "/projects/guest/regions/europe-west1/forwardingRules/99",
            true,
        ),
        ("projects/123/regions/europe-west1/forwardingRules/99", true),
        (
            "/compute/v1/projects/guest/regions/europe-west1/forwardingRules/99",
            true,
        ),
        (
            "https://www.googleapis.com/compute/v1/projects/guest/regions/europe-west1/forwardingRules/99",
            true,
        ),
        (
            "https://compute.googleapis.com/compute/beta/projects/guest/regions/europe-west1/forwardingRules/99",
            true,
        ),
        (
            "projects/guest/regions/europe-west1/forwardingRules/98",
            false,
        ),
        (
            "projects/guest/regions/europe-west4/forwardingRules/99",
            false,
        ),
        (
            "projects/other/regions/europe-west1/forwardingRules/99",
            false,
        ),
    ] {
        assert_eq!(accepts("endpointUrl", text), found, "{text}");
        assert_eq!(rejects(text), found, "{text}");
    }
}

#[test]
fn an_entry_names_exactly_one_valid_consumer() {
    for (entry, field) in [
        (json!("guest"), "consumerAcceptLists[0]"),
        (json!({ "connectionLimit": 1 }), "consumerAcceptLists[0]"),
        (json!({ "projectIdOrNum": "" }), "consumerAcceptLists[0]"),
        (
            json!({ "projectIdOrNum": "a", "networkUrl": "projects/a/global/networks/v" }),
            "consumerAcceptLists[0]",
        ),
        (
            json!({ "projectIdOrNum": 7 }),
            "consumerAcceptLists[0].projectIdOrNum",
        ),
        (
            json!({ "projectIdOrNum": "A b" }),
            "consumerAcceptLists[0].projectIdOrNum",
        ),
        (
            json!({ "networkUrl": "v" }),
            "consumerAcceptLists[0].networkUrl",
        ),
        (
            json!({ "endpointUrl": "projects/a/regions/r/forwardingRules/pe" }),
            "consumerAcceptLists[0].endpointUrl",
        ),
        (
            json!({ "projectIdOrNum": "a", "connectionLimit": -1 }),
            "consumerAcceptLists[0].connectionLimit",
        ),
        (
            json!({ "projectIdOrNum": "a", "connectionLimit": 4_294_967_296_u64 }),
            "consumerAcceptLists[0].connectionLimit",
        ),
    ] {
        let invalid = lists(json!([entry]), json!([])).unwrap_err();
        assert_eq!(invalid.field, field, "{entry}");
    }
    for entry in [
        json!(7),
        json!(""),
        json!({}),
        json!("projects/a/global/networks/"),
    ] {
        let invalid = lists(json!([]), json!([entry])).unwrap_err();
        assert_eq!(invalid.field, "consumerRejectLists[0]", "{entry}");
    }
    let invalid = lists(json!({}), json!([])).unwrap_err();
    assert_eq!(invalid.field, "consumerAcceptLists");
}

#[test]
fn both_lists_name_one_kind() {
    let project = json!({ "projectIdOrNum": "a", "connectionLimit": 1 });
    let network = json!({ "networkUrl": "projects/a/global/networks/v" });
    let invalid = lists(json!([project, network]), json!([])).unwrap_err();
    assert_eq!(invalid.field, "consumerAcceptLists[1]");
    let endpoint = "projects/a/regions/r/forwardingRules/1";
    let invalid = lists(json!([project]), json!(["b", endpoint])).unwrap_err();
    assert_eq!(invalid.field, "consumerRejectLists[1]");
    assert!(lists(json!([project]), json!(["b", "7"])).is_ok());
}

#[test]
fn lists_have_a_maximum_length() {
    let accept = |count| vec![json!({ "projectIdOrNum": "a" }); count];
    assert!(lists(json!(accept(5000)), json!([])).is_ok());
    let invalid = lists(json!(accept(5001)), json!([])).unwrap_err();
    assert_eq!(invalid.field, "consumerAcceptLists[5000]");
    assert!(lists(json!([]), json!(vec!["a"; 64])).is_ok());
    let invalid = lists(json!([]), json!(vec!["a"; 65])).unwrap_err();
    assert_eq!(invalid.field, "consumerRejectLists[64]");
}

#[test]
fn the_preference_has_two_values_and_automatic_excludes_lists() {
    for preference in [json!(null), json!("ACCEPT"), json!(7)] {
        let invalid =
            ConsumerLists::parse(&json!({ "connectionPreference": preference })).unwrap_err();
        assert_eq!(invalid.field, "connectionPreference");
    }
    let automatic = json!({ "connectionPreference": "ACCEPT_AUTOMATIC",
        "consumerAcceptLists": [], "consumerRejectLists": null });
    assert!(ConsumerLists::parse(&automatic).unwrap().automatic);
    for (member, list) in [
        ("consumerAcceptLists", json!([{ "projectIdOrNum": "a" }])),
        ("consumerRejectLists", json!(["a"])),
    ] {
        let mut document = automatic.clone();
        document[member] = list;
        let invalid = ConsumerLists::parse(&document).unwrap_err();
        assert_eq!(invalid.field, "connectionPreference");
        assert_eq!(
            invalid.why,
            "Incorrect combination of connection preference with accept and/or reject list"
        );
    }
}

#[test]
fn an_endpoint_entry_has_no_limit_of_its_own() {
    let endpoint = "projects/guest/regions/europe-west1/forwardingRules/99";
    let lists = |accept| lists(accept, json!([])).unwrap();
    let by_endpoint = lists(json!([{ "endpointUrl": endpoint }]));
    assert_eq!(by_endpoint.limit(0), None);
    let by_project = lists(json!([{ "projectIdOrNum": "guest", "connectionLimit": 7 }]));
    assert_eq!(by_project.limit(0), Some(7));
    let without = lists(json!([{ "projectIdOrNum": "guest" }]));
    assert_eq!(without.limit(0), Some(0));
}
