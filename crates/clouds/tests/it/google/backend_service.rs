use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{GooglePart, GoogleSpec, Part, Spec};

use super::world::{done, link, ours, outcome, perform, put, texts};
use crate::script::{Script, json as reply};
use crate::world::ready;

fn backend_service(zones: &[&str], fingerprint: &str) -> Value {
    let backends: Vec<_> = zones
        .iter()
        .map(|zone| {
            let path =
                format!("projects/acme/zones/{zone}/networkEndpointGroups/up-s0a1b2c3d4e5-neg");
            json!({"group": link(&path), "balancingMode": "CONNECTION"})
        })
        .collect();
    ours(
        "up-s0a1b2c3d4e5-bs",
        json!({"backends": backends, "fingerprint": fingerprint}),
    )
}

#[test]
fn zones_change_over_exactly_the_state_that_was_decided_on() {
    let spec = Spec::Google(GoogleSpec::BackendService {
        zones: texts(&["europe-west1-b", "europe-west1-c"]),
    });
    let step = put(
        Part::Google(GooglePart::BackendService),
        spec.clone(),
        Some("f1="),
    );
    let script = Script::new();
    script.on(
        "GET /up-s0a1b2c3d4e5-bs",
        reply(200, &backend_service(&["europe-west1-b"], "f2=")),
    );
    assert_eq!(
        perform(&script, &step).unwrap_err().kind,
        ErrorKind::Conflict
    );

    let script = Script::new();
    script
        .on(
            "GET /up-s0a1b2c3d4e5-bs",
            reply(200, &backend_service(&["europe-west1-b"], "f1=")),
        )
        .on("PATCH /up-s0a1b2c3d4e5-bs", done())
        .on(
            "GET /up-s0a1b2c3d4e5-bs",
            reply(
                200,
                &backend_service(&["europe-west1-b", "europe-west1-c"], "f2="),
            ),
        );
    let confirmed = ready(outcome(&script, &step));
    assert_eq!(
        (confirmed.spec, confirmed.tag.as_deref()),
        (spec, Some("f2="))
    );
    assert_eq!(script.writes()[0].json()["fingerprint"], json!("f1="));
}
