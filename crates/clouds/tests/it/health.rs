//! Health of backends.

use serde_json::{Value, json};
use underpass_clouds::{Cloud as _, Error, ErrorKind};
use underpass_model::backend_health::{HealthAnswer, HealthSubject, MemberHealth};

use crate::google::world as google;
use crate::script::{Reply, Script, empty, json as reply, run};
use crate::world::{BALANCER, absent, driver, now, refused, signed_in, target};

const RESULT: &str = "https://management.test/subscriptions/sub-1/providers/Microsoft.Network\
                      /locations/westeurope/operationResults/op-1?api-version=2024-05-01&t=1&s=a%2Fb";

/// A question, or a poll of its answer.
fn asked(answer: Reply, operation: Option<&str>) -> Result<HealthAnswer, Error> {
    let script = signed_in();
    match operation {
        None => script.on(
            &format!("POST {BALANCER}/loadBalancingRules/pg/health"),
            answer,
        ),
        Some(_) => script.on(
            "GET /operationResults/op-1?api-version=2024-05-01&t=1&s=a%2Fb",
            answer,
        ),
    };
    let subject = HealthSubject::Rule("pg".to_owned());
    let found = run(driver(&script).health(&target(), &subject, operation, now()));
    script.assert_done();
    found
}

fn member(configuration: &Value, state: &str) -> Value {
    json!({"ipAddress": "10.1.0.4", "networkInterfaceIPConfigurationId": configuration,
        "state": state, "reason": "Up_Probe_Success"})
}

#[test]
fn the_answer_of_azure_is_polled_at_exactly_its_url() {
    let started = || empty(202).with("location", RESULT).with("retry-after", "7");
    let in_progress = |seconds| HealthAnswer::InProgress {
        operation: RESULT.to_owned(),
        check_after: now() + jiff::SignedDuration::from_secs(seconds),
    };
    assert_eq!(asked(started(), None).unwrap(), in_progress(7));
    assert_eq!(asked(started(), Some(RESULT)).unwrap(), in_progress(7));
    // Without headers the same URL is polled.
    assert_eq!(asked(empty(202), Some(RESULT)).unwrap(), in_progress(2));
    let elsewhere = empty(202).with("location", "https://other.test/result");
    assert_eq!(asked(elsewhere, None).unwrap_err().code, "UnreadableAnswer");
    assert_eq!(
        asked(absent(), Some(RESULT)).unwrap_err().code,
        "OperationNotFound"
    );
}

#[test]
fn members_are_named_by_their_interface_in_either_form() {
    let nic = "/subscriptions/S/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/N1";
    let configuration = json!(format!("{nic}/ipConfigurations/ipc"));
    let members = [
        member(&configuration, "Up"),
        member(&json!({"id": configuration}), "down"),
        member(&configuration, "Unknown"),
        member(&json!("nonsense"), "Up"),
        json!({}),
        json!(7),
    ];
    let body = json!({"up": 1, "down": 1, "loadBalancerBackendAddresses": members});
    let known = |is_healthy| MemberHealth {
        handle: nic.to_owned(),
        port: None,
        is_healthy,
        reason: Some("Up_Probe_Success".to_owned()),
    };
    let expected = HealthAnswer::Known(vec![known(true), known(false)]);
    for operation in [None, Some(RESULT)] {
        assert_eq!(asked(reply(200, &body), operation).unwrap(), expected);
    }
    let other = asked(reply(200, &json!({"status": "Succeeded"})), None).unwrap_err();
    assert_eq!(other.code, "UnreadableAnswer");
}

#[test]
fn a_missing_right_is_a_denial() {
    let answer = refused(403, "AuthorizationFailed", "no");
    assert_eq!(asked(answer, None).unwrap_err().kind, ErrorKind::Denied);
}

#[test]
fn google_answers_immediately_for_each_zone() {
    let instance = "projects/acme/zones/europe-west1-b/instances/n1";
    let status = |state: &str| {
        json!({"instance": google::link(instance), "ipAddress": "10.1.0.2", "port": 5432,
            "healthState": state})
    };
    let statuses = [
        status("HEALTHY"),
        status("UNHEALTHY"),
        json!({"instance": "x"}),
    ];
    let body = json!({"kind": "compute#backendServiceGroupHealth", "healthStatus": statuses});
    let script = Script::new();
    script.on("POST /up-s0a1b2c3d4e5-bs/getHealth", reply(200, &body));
    let subject = HealthSubject::Zone("europe-west1-b".to_owned());
    let driver = google::driver(&script, google::given());
    let found = run(driver.health(&google::target(), &subject, None, google::now())).unwrap();
    let known = |is_healthy| MemberHealth {
        handle: instance.to_owned(),
        port: Some(5432),
        is_healthy,
        reason: None,
    };
    assert_eq!(found, HealthAnswer::Known(vec![known(true), known(false)]));
    let group = script.asked()[0].json()["group"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(group.ends_with("/zones/europe-west1-b/networkEndpointGroups/up-s0a1b2c3d4e5-neg"));
}
