//! Bodies that the real API does not read are refused here, too.

use serde_json::{Value, json};

use super::documents::*;
use super::fixture::*;

/// Status, reason and message of a refused insert.
fn refused(fixture: &mut Fixture, path: &str, body: Value) -> (u16, String, String) {
    let reply = fixture.post(path, body);
    let (status, reason) = refusal(&reply);
    (status, reason, message(&reply))
}

#[test]
fn unknown_names_are_refused_in_googles_form() {
    let mut fixture = Fixture::new().with_load_balancer();
    let path = regional("serviceAttachments");
    let body = with_members(attachment("x"), json!({ "natSubnet": [] }));
    let reply = fixture.post(&path, body);
    let text = "Invalid JSON payload received. Unknown name \"natSubnet\": Cannot find field.";
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.body.unwrap(),
        json!({ "error": {
            "code": 400,
            "message": text,
            "errors": [{ "message": text, "domain": "global", "reason": "badRequest" }],
            "status": "INVALID_ARGUMENT",
            "details": [{
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{ "description": text }],
            }],
        } })
    );
    let entry = json!({ "consumerAcceptLists": [{ "projectId": "p" }] });
    let (_, reason, text) = refused(&mut fixture, &path, with_members(attachment("x"), entry));
    assert_eq!(reason, "badRequest");
    assert!(
        text.contains("Unknown name \"projectId\" at 'consumerAcceptLists[0]'"),
        "{text}"
    );
    let traffic = json!({ "allowed": [{ "ipProtocol": "tcp" }] });
    let global = format!("projects/{PROVIDER}/global/firewalls");
    let (_, reason, _) = refused(
        &mut fixture,
        &global,
        with_members(allow("x", &[]), traffic),
    );
    assert_eq!(reason, "badRequest");
    let action = zonal("networkEndpointGroups/neg/attachNetworkEndpoints");
    let (_, reason, _) = refused(&mut fixture, &action, json!({ "endpoints": [] }));
    assert_eq!(reason, "badRequest");
}

#[test]
fn an_update_with_an_unknown_name_changes_nothing() {
    let mut fixture = Fixture::new().with_attachment();
    let path = regional("serviceAttachments/sa");
    let before = fixture.shown(&path);
    let body = json!({ "fingerprint": before["fingerprint"], "consumerAcceptList": [] });
    assert_eq!(refusal(&fixture.patch(&path, body)).1, "badRequest");
    assert_eq!(fixture.shown(&path), before);
}

#[test]
fn values_of_another_type_and_unknown_words_are_refused() {
    let mut fixture = Fixture::new().with_load_balancer();
    for (path, body) in [
        (
            regional("serviceAttachments"),
            with_members(attachment("x"), json!({ "enableProxyProtocol": "yes" })),
        ),
        (
            regional("serviceAttachments"),
            with_members(attachment("x"), json!({ "connectionPreference": "ACCEPT" })),
        ),
        (
            regional("backendServices"),
            with_members(backend_service("x"), json!({ "sessionAffinity": "ANY" })),
        ),
        (
            regional("backendServices"),
            with_members(
                backend_service("x"),
                json!({ "logConfig": { "enable": 1 } }),
            ),
        ),
        (
            regional("forwardingRules"),
            with_members(load_balancer("x"), json!({ "networkTier": "BEST" })),
        ),
        (
            regional("subnetworks"),
            with_members(
                subnet("x", "10.9.0.0/24", "PRIVATE"),
                json!({ "stackType": 4 }),
            ),
        ),
    ] {
        let (status, reason, text) = refused(&mut fixture, &path, body);
        assert_eq!((status, reason.as_str()), (400, "invalid"), "{text}");
        assert!(
            text.starts_with("Invalid value for field 'resource."),
            "{text}"
        );
    }
}

#[test]
fn an_endpoint_is_inserted_without_labels() {
    let mut fixture = Fixture::new().with_attachment();
    let path = consumer_regional(CONSUMER, "forwardingRules");
    let body = with_members(endpoint("labelled"), json!({ "labels": { "a": "b" } }));
    let (status, reason, text) = refused(&mut fixture, &path, body);
    assert_eq!((status, reason.as_str()), (400, "invalid"));
    assert!(text.contains("'resource.labels'"), "{text}");
    assert!(
        text.contains("Invalid field set in Private Service Connect Forwarding Rule"),
        "{text}"
    );
    let body = with_members(load_balancer("labelled"), json!({ "labels": { "a": "b" } }));
    fixture.created(&regional("forwardingRules"), body);
}

#[test]
fn documents_may_be_sent_back_as_they_were_read() {
    let mut fixture = Fixture::new().with_attachment();
    for path in [
        regional("serviceAttachments/sa"),
        regional("backendServices/bs"),
        regional("forwardingRules/fr"),
        regional("subnetworks/nat"),
        regional("healthChecks/hc"),
    ] {
        let read = fixture.shown(&path);
        let reply = fixture.patch(&path, read);
        assert_eq!(reply.status, 200, "{path}: {:?}", reply.body);
    }
}
