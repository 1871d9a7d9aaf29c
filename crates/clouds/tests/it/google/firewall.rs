use serde_json::{Value, json};
use underpass_clouds::ErrorKind;
use underpass_model::part::{GooglePart, GoogleSpec, Part, Spec};
use underpass_model::reconcile::Step;

use super::world::{absent, at_rest, done, link, network, ours, outcome, perform, put, ranges};
use crate::script::{Script, json as reply};
use crate::world::ready;

pub(crate) fn firewall(ports: &[u16]) -> Spec {
    Spec::Google(GoogleSpec::Firewall {
        sources: ranges(&["172.24.0.0/28"]),
        ports: ports.iter().copied().collect(),
    })
}

pub(crate) fn allow_rule(ports: &[&str]) -> Value {
    let members = json!({
        "network": network(), "direction": "INGRESS", "priority": 900, "disabled": false,
        "sourceRanges": ["172.24.0.0/28"], "allowed": [{"IPProtocol": "tcp", "ports": ports}],
    });
    ours("up-s0a1b2c3d4e5-allow", members)
}

#[test]
fn opening_a_port_is_one_patch_of_one_rule() {
    let script = Script::new();
    script
        .on(
            "GET /firewalls/up-s0a1b2c3d4e5-allow",
            reply(200, &allow_rule(&["5432"])),
        )
        .on("PATCH /firewalls/up-s0a1b2c3d4e5-allow", done())
        .on(
            "GET /firewalls/up-s0a1b2c3d4e5-allow",
            reply(200, &allow_rule(&["5432", "6432"])),
        );
    let confirmed = ready(outcome(
        &script,
        &put(
            Part::Google(GooglePart::Allow),
            firewall(&[5432, 6432]),
            None,
        ),
    ));
    assert_eq!(confirmed.spec, firewall(&[5432, 6432]));
    assert_eq!(script.writes().len(), 1);
}

#[test]
fn a_rule_that_was_widened_shows_as_different() {
    let widened = [
        ("allowed", json!([{"IPProtocol": "tcp"}])),
        ("allowed", json!([{"IPProtocol": "all"}])),
        (
            "allowed",
            json!([{"IPProtocol": "tcp", "ports": ["1-65535"]}]),
        ),
        ("sourceRanges", json!(["0.0.0.0/0"])),
        ("priority", json!(0)),
        ("disabled", json!(true)),
        ("targetTags", json!(["web"])),
        (
            "network",
            json!(link("projects/acme/global/networks/other")),
        ),
    ];
    for (member, value) in widened {
        let mut rule = allow_rule(&["5432"]);
        rule[member] = value;
        let script = Script::new();
        let read = Step::Read(Part::Google(GooglePart::Allow));
        at_rest(&script, &read);
        script.on("GET /up-s0a1b2c3d4e5-allow", reply(200, &rule));
        let confirmed = ready(outcome(&script, &read));
        assert_ne!(confirmed.spec, firewall(&[5432]), "{member}");
    }
}

#[test]
fn a_rule_that_was_narrowed_is_for_every_machine_again() {
    let mut deny = allow_rule(&[]);
    deny["name"] = json!("up-s0a1b2c3d4e5-deny");
    deny["priority"] = json!(901);
    deny["allowed"] = Value::Null;
    deny["denied"] = json!([{"IPProtocol": "all"}]);
    for (part, spec, rule) in [
        (GooglePart::Allow, firewall(&[5432]), allow_rule(&["5432"])),
        (GooglePart::Deny, firewall(&[]), deny),
    ] {
        for member in [
            "sourceTags",
            "targetTags",
            "sourceServiceAccounts",
            "targetServiceAccounts",
            "destinationRanges",
        ] {
            let name = rule["name"].as_str().unwrap();
            let mut narrowed = rule.clone();
            narrowed[member] = json!(["x"]);
            let script = Script::new();
            script
                .on(&format!("GET /firewalls/{name}"), reply(200, &narrowed))
                .on(&format!("PATCH /firewalls/{name}"), done())
                .on(&format!("GET /firewalls/{name}"), reply(200, &rule));
            let step = put(Part::Google(part.clone()), spec.clone(), None);
            assert_eq!(ready(outcome(&script, &step)).spec, spec, "{member}");
            assert_eq!(script.writes()[0].json()[member], json!([]));
        }
    }
}

#[test]
fn a_write_that_does_not_take_is_an_error_so_that_pauses_grow() {
    let script = Script::new();
    script
        .on("GET /up-s0a1b2c3d4e5-allow", absent())
        .on("POST /firewalls", done())
        .on(
            "GET /up-s0a1b2c3d4e5-allow",
            reply(200, &allow_rule(&["1"])),
        );
    let error = perform(
        &script,
        &put(Part::Google(GooglePart::Allow), firewall(&[5432]), None),
    )
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
}
