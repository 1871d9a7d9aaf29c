use serde_json::json;

use super::fixture::*;
use crate::cloud_model::CloudModel as _;
use crate::google::model::{Caller, Reply};

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    let found = reply.headers.iter().find(|(it, _)| it == name);
    found.map(|(_, value)| value.as_str())
}

#[test]
fn the_providers_project_needs_its_token() {
    let mut fixture = Fixture::new();
    for name in [PROVIDER.to_owned(), PROVIDER_NUMBER.to_string()] {
        for path in [
            "",
            "/global/networks/net",
            "/regions/europe-west1/serviceAttachments",
        ] {
            let path = format!("projects/{name}{path}");
            let reply = fixture.send_as(Caller::Anonymous, "GET", &path, None);
            assert_eq!(refusal(&reply), (401, "required".to_owned()), "{path}");
            assert_eq!(message(&reply), "Login Required");
            let challenge = header(&reply, "www-authenticate").unwrap();
            assert!(challenge.starts_with("Bearer "));
            let error = &reply.body.as_ref().unwrap()["error"]["errors"][0];
            assert_eq!(error["location"], "Authorization");
            assert_eq!(error["locationType"], "header");
        }
    }
    let path = regional("subnetworks/nat");
    let reply = fixture.send_as(Caller::Anonymous, "DELETE", &path, None);
    assert_eq!(reply.status, 401);
    fixture.shown(&path);
}

#[test]
fn the_providers_token_opens_no_other_project() {
    let mut fixture = Fixture::new();
    let network = json!({ "name": "mine", "autoCreateSubnetworks": false });
    let path = format!("projects/{CONSUMER}/global/networks");
    let reply = fixture.send_as(Caller::Provider, "POST", &path, Some(network));
    assert_eq!(refusal(&reply), (403, "forbidden".to_owned()));
    let expected =
        format!("Required 'compute.networks.create' permission for 'projects/{CONSUMER}'");
    assert_eq!(message(&reply), expected);
    let reply = fixture.send_as(Caller::Provider, "GET", "projects/unused-project", None);
    assert_eq!(reply.status, 403);
    assert_eq!(fixture.get(&format!("{path}/mine")).status, 404);
}

#[test]
fn an_invalid_token_is_refused_everywhere() {
    let mut fixture = Fixture::new();
    for project in [PROVIDER, CONSUMER, "unused-project"] {
        let path = format!("projects/{project}/global/networks");
        let reply = fixture.send_as(Caller::Unknown, "GET", &path, None);
        assert_eq!(refusal(&reply), (401, "authError".to_owned()), "{project}");
        assert_eq!(message(&reply), "Invalid Credentials");
    }
}

#[test]
fn a_project_is_named_by_its_id_or_its_number() {
    let mut fixture = Fixture::new();
    for project in [PROVIDER, CONSUMER] {
        let shown = fixture.shown(&format!("projects/{project}"));
        assert_eq!(shown["kind"], "compute#project");
        assert_eq!(shown["name"], project);
        let number = shown["id"].as_str().unwrap().to_owned();
        assert_eq!(number.len(), 12);
        assert_eq!(fixture.shown(&format!("projects/{number}")), shown);
        let path = format!("projects/{project}/global/networks/net");
        let numeric_path = path.replace(project, &number);
        // Replies contain its id.
        assert_eq!(fixture.shown(&numeric_path)["selfLink"], link(&path));
    }
    let shown = fixture.shown(&format!("projects/{PROVIDER}"));
    assert_eq!(shown["id"], PROVIDER_NUMBER.to_string());
}

#[test]
fn the_first_use_creates_a_project_with_a_lasting_number() {
    let mut fixture = Fixture::empty();
    let first = fixture.shown("projects/example.com:app");
    fixture.advance(DELAY);
    assert_eq!(fixture.shown("projects/example.com:app"), first);
    assert_ne!(fixture.shown("projects/another")["id"], first["id"]);
}

#[test]
fn an_invalid_project_id_is_refused() {
    let mut fixture = Fixture::new();
    let before = fixture.google.snapshot();
    let long = "a".repeat(64);
    for name in [
        "A",
        "1a",
        "a_b",
        "-a",
        "a b",
        "é",
        "999999999999",
        "0",
        "18446744073709551616",
        &long,
    ] {
        let reply = fixture.get(&format!("projects/{name}/global/networks"));
        assert_eq!(refusal(&reply), invalid(), "{name}");
        assert_eq!(message(&reply), format!("Unknown project id: {name}"));
    }
    assert_eq!(fixture.google.snapshot(), before);
}

#[test]
fn projects_are_isolated_from_each_other() {
    let mut fixture = Fixture::new().with_endpoint();
    let list = fixture.shown(&consumer_regional(OTHER_CONSUMER, "forwardingRules"));
    assert_eq!(list.get("items"), None);
    let reply = fixture.get(&consumer_regional(OTHER_CONSUMER, "forwardingRules/e"));
    assert_eq!(refusal(&reply), (404, "notFound".to_owned()));
    assert_eq!(
        fixture
            .delete(&consumer_regional(OTHER_CONSUMER, "forwardingRules/e"))
            .status,
        404
    );
    // Nor by the numeric id of another project's resource.
    let numeric_path = fixture
        .numeric_path(CONSUMER, "e")
        .replace(CONSUMER, OTHER_CONSUMER);
    assert_eq!(fixture.get(&numeric_path).status, 404);
    fixture.created(
        &consumer_regional(OTHER_CONSUMER, "forwardingRules"),
        endpoint("e"),
    );
    assert_eq!(fixture.connected().len(), 2);
}

#[test]
fn only_service_attachments_can_be_used_across_projects() {
    let mut fixture = Fixture::new().with_attachment();
    for body in [
        json!({ "name": "a", "addressType": "INTERNAL",
                "subnetwork": consumer_regional(CONSUMER, "subnetworks/default") }),
        json!({ "name": "a", "addressType": "INTERNAL",
                "subnetwork": consumer_regional(CONSUMER, "subnetworks/none") }),
        json!({ "name": "a", "addressType": "INTERNAL", "subnetwork": regional("subnetworks/nodes") }),
    ] {
        let path = consumer_regional(OTHER_CONSUMER, "addresses");
        let refused = fixture.refused(&path, body);
        assert_eq!(refused, (403, "forbidden".to_owned()));
    }
    fixture.created(
        &consumer_regional(OTHER_CONSUMER, "forwardingRules"),
        endpoint("e"),
    );
}
