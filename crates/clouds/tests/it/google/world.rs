//! One account, one link, one network; and documents as Compute Engine prints them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use underpass_clouds::google::{Credentials, Google, Options};
use underpass_clouds::{Cloud, Error, Report, Transport};
use underpass_model::cloud_target::{
    CloudTarget, GooglePlacement, NetworkPlacement, OwnershipTag, Proofs,
};
use underpass_model::credentials::Secret;
use underpass_model::id::ConnectionId;
use underpass_model::part::{Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use crate::script::{Reply, Script, json as reply, run};

pub(crate) const OBJECT: &str = "s0a1b2c3d4e5";
pub(crate) const DESCRIPTION: &str = "Underpass: link/demo/pg-1/google s0a1b2c3d4e5";
pub(crate) const GLOBAL: &str = "projects/acme/global";
pub(crate) const REGION: &str = "projects/acme/regions/europe-west1";
pub(crate) const ZONE: &str = "projects/acme/zones/europe-west1-b";
pub(crate) const ATTACHMENT: &str =
    "projects/acme/regions/europe-west1/serviceAttachments/up-s0a1b2c3d4e5";
pub(crate) const ENDPOINT: &str = "projects/guest/regions/europe-west1/forwardingRules/77";

pub(crate) fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_secs(seconds)
}

pub(crate) fn driver(script: &Arc<Script>, credentials: Credentials) -> Google {
    let transport: Arc<dyn Transport> = script.clone();
    let options = Options {
        base_url: "https://compute.test/".to_owned(),
        project: "acme".to_owned(),
        credentials,
    };
    Google::new(options, transport)
}

pub(crate) fn given() -> Credentials {
    Credentials::AccessToken(Secret::new("t1".to_owned()))
}

pub(crate) fn connection_id() -> ConnectionId {
    "plc35843e80510".parse().unwrap()
}

/// The proof of the decision about the connection, as text.
pub(crate) fn proof() -> String {
    format!("underpass:1:a:{}:1:1:-:code", connection_id())
}

/// A link in a network made by us.
pub(crate) fn target() -> CloudTarget {
    CloudTarget {
        account: "google".parse().unwrap(),
        region: "europe-west1".to_owned(),
        object: OBJECT.to_owned(),
        ownership: OwnershipTag {
            managed: "link/demo/pg-1/google".to_owned(),
            incarnation: OBJECT.to_owned(),
        },
        placement: NetworkPlacement::Google(GooglePlacement::Made {
            network: "underpass-vpc-1".to_owned(),
        }),
        members: BTreeMap::new(),
        connections: BTreeMap::from([(connection_id(), ENDPOINT.to_owned())]),
        proofs: Proofs {
            link: "link-proof".to_owned(),
            decisions: BTreeMap::from([(connection_id(), proof())]),
        },
    }
}

/// Performs one step with a script, and checks that it asked for everything expected.
pub(crate) fn perform(script: &Arc<Script>, step: &Step) -> Result<Report, Error> {
    perform_at(&target(), script, step)
}

/// The same for another site.
pub(crate) fn perform_at(
    target: &CloudTarget,
    script: &Arc<Script>,
    step: &Step,
) -> Result<Report, Error> {
    let answer = run(driver(script, given()).perform(target, step, now()));
    script.assert_done();
    answer
}

pub(crate) fn outcome(script: &Arc<Script>, step: &Step) -> Outcome {
    perform(script, step).unwrap().outcome
}

pub(crate) fn put(part: Part, spec: Spec, tag: Option<&str>) -> Step {
    Step::Put {
        part,
        spec,
        tag: tag.map(str::to_owned),
    }
}

pub(crate) fn link(path: &str) -> String {
    format!("https://www.googleapis.com/compute/v1/{path}")
}

/// The link to the network made by us.
pub(crate) fn network() -> String {
    link(&format!("{GLOBAL}/networks/underpass-vpc-1"))
}

/// A document of ours.
#[expect(
    clippy::needless_pass_by_value,
    reason = "callers write the members in place"
)]
pub(crate) fn ours(name: &str, members: Value) -> Value {
    let mut document = json!({
        "name": name, "description": DESCRIPTION, "fingerprint": "f1=", "futureMember": 1,
    });
    for (member, value) in members.as_object().unwrap() {
        document[member] = value.clone();
    }
    document
}

/// Answers what is asked before a part in doubt is looked at: nothing is under way on it.
pub(crate) fn at_rest(script: &Script, step: &Step) {
    if matches!(step, Step::Read(part) if !matches!(part, Part::Admission(_))) {
        let nothing = json!({"kind": "compute#operationList"});
        script.on("GET /operations", reply(200, &nothing));
    }
}

/// An operation that is done.
pub(crate) fn done() -> Reply {
    reply(
        200,
        &json!({"kind": "compute#operation", "name": "operation-1", "status": "DONE"}),
    )
}

/// An operation under way.
pub(crate) fn running() -> Reply {
    reply(
        200,
        &json!({"kind": "compute#operation", "name": "operation-1", "status": "RUNNING"}),
    )
}

/// A refusal.
pub(crate) fn refused(status: u16, reason: &str, message: &str) -> Reply {
    let error = json!({"code": status, "message": message,
        "errors": [{"message": message, "domain": "global", "reason": reason}]});
    reply(status, &json!({"error": error}))
}

pub(crate) fn absent() -> Reply {
    refused(404, "notFound", "The resource was not found")
}

pub(crate) fn ranges(texts: &[&str]) -> BTreeSet<ipnet::Ipv4Net> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

pub(crate) fn texts(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
