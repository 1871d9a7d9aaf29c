//! One account, one link, one network; and documents as Azure prints them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use underpass_clouds::azure::{Azure, Credentials, Options};
use underpass_clouds::{Cloud, Error, Report, SecretSource, Transport};
use underpass_model::cloud_target::{
    AzurePlacement, CloudTarget, NetworkPlacement, OwnershipTag, Proofs,
};
use underpass_model::credentials::Secret;
use underpass_model::id::{ConnectionId, SubscriptionId};
use underpass_model::part::{AzureSpec, Part, Rule, Spec};
use underpass_model::reconcile::{Outcome, Step};
use underpass_model::vpc::AdoptedAzure;

use crate::script::{Reply, Script, json as reply, run};

pub(crate) const BASE: &str = "https://management.test";
pub(crate) const GROUP: &str = "/subscriptions/sub-1/resourceGroups/vpc-1";
pub(crate) const NETWORK: &str =
    "/subscriptions/sub-1/resourceGroups/vpc-1/providers/Microsoft.Network";
pub(crate) const NIC: &str =
    "/subscriptions/sub-1/resourceGroups/vpc-1/providers/Microsoft.Network/networkInterfaces/n1";
pub(crate) const OBJECT: &str = "s0a1b2c3d4e5";
pub(crate) const CONSUMER: &str = "8eefec94-5d63-40c9-983c-03ab083b411d";

pub(crate) const BALANCER: &str = "/loadBalancers/up-s0a1b2c3d4e5-lb";
pub(crate) const SERVICE: &str = "/privateLinkServices/up-s0a1b2c3d4e5";

pub(crate) fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

pub(crate) fn options() -> Options {
    Options {
        base_url: format!("{BASE}/"),
        authority: "https://login.test".to_owned(),
        scope: None,
        credentials: client_secret(),
        subscription: "sub-1".to_owned(),
        resource_group: "account".to_owned(),
    }
}

pub(crate) fn client_secret() -> Credentials {
    Credentials::ClientSecret {
        tenant: "tenant-1".to_owned(),
        client_id: "client-1".to_owned(),
        secret: SecretSource::Given(Secret::new("s3cret/&".to_owned())),
    }
}

pub(crate) fn driver(script: &Arc<Script>) -> Azure {
    driver_with(script, client_secret())
}

/// A driver that signs in another way.
pub(crate) fn driver_with(script: &Arc<Script>, credentials: Credentials) -> Azure {
    let transport: Arc<dyn Transport> = script.clone();
    let options = Options {
        credentials,
        ..options()
    };
    Azure::new(options, transport)
}

pub(crate) fn ownership() -> OwnershipTag {
    OwnershipTag {
        managed: "link/demo/pg-1/azure".to_owned(),
        incarnation: OBJECT.to_owned(),
    }
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
        account: "main".parse().unwrap(),
        region: "westeurope".to_owned(),
        object: OBJECT.to_owned(),
        ownership: ownership(),
        placement: NetworkPlacement::Azure(AzurePlacement::Made {
            group: "vpc-1".to_owned(),
            cidr: "10.1.0.0/24".parse().unwrap(),
        }),
        members: BTreeMap::from([(NIC.to_owned(), None)]),
        connections: BTreeMap::from([(connection_id(), "pe-1.guid".to_owned())]),
        proofs: Proofs {
            link: "link-proof".to_owned(),
            decisions: BTreeMap::from([(connection_id(), proof())]),
        },
    }
}

/// The same link in the operator's network.
pub(crate) fn adopted() -> CloudTarget {
    let network = "/subscriptions/sub-1/resourceGroups/net/providers/Microsoft.Network";
    CloudTarget {
        placement: NetworkPlacement::Azure(AzurePlacement::Adopted(AdoptedAzure {
            resource_group: "links".to_owned(),
            vnet_id: format!("{network}/virtualNetworks/corp"),
            node_subnet: "db".to_owned(),
            nat_subnet: format!("{network}/virtualNetworks/corp/subnets/nat"),
        })),
        ..target()
    }
}

/// The answer of the token endpoint.
pub(crate) fn token() -> Reply {
    reply(
        200,
        &json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "t1"}),
    )
}

/// A provider that has given a token.
pub(crate) fn signed_in() -> Arc<Script> {
    let script = Script::new();
    script.on("POST /tenant-1/oauth2/v2.0/token", token());
    script
}

/// Performs one step with a script, and checks that it asked for everything expected.
pub(crate) fn perform(
    script: &Arc<Script>,
    target: &CloudTarget,
    step: &Step,
) -> Result<Report, Error> {
    let answer = run(driver(script).perform(target, step, now()));
    script.assert_done();
    answer
}

/// The outcome of a step that must succeed.
pub(crate) fn outcome(script: &Arc<Script>, step: &Step) -> Outcome {
    perform(script, &target(), step).unwrap().outcome
}

/// A step that writes a part.
pub(crate) fn put(part: Part, spec: Spec, tag: Option<&str>) -> Step {
    Step::Put {
        part,
        spec,
        tag: tag.map(str::to_owned),
    }
}

pub(crate) fn rule(name: &str, link_port: u16, backend_port: u16) -> Rule {
    Rule {
        name: name.to_owned(),
        link_port,
        backend_port,
        node: None,
    }
}

pub(crate) fn visible_to(subscriptions: &[&str]) -> Spec {
    let visibility: BTreeSet<SubscriptionId> =
        subscriptions.iter().map(|it| it.parse().unwrap()).collect();
    Spec::Azure(AzureSpec::Attachment { visibility })
}

/// A resource as Azure answers it: completed with id, tag and state.
pub(crate) fn shown(mut document: Value, path: &str, tag: &str, state: &str) -> Value {
    let name = path.rsplit('/').next().unwrap().to_owned();
    document["id"] = json!(format!("{NETWORK}{path}"));
    document["name"] = json!(name);
    document["etag"] = json!(format!("W/\"{tag}\""));
    document["properties"]["provisioningState"] = json!(state);
    document
}

/// The tags of what is ours.
pub(crate) fn tags() -> Value {
    json!({"underpass-managed": "link/demo/pg-1/azure", "underpass-incarnation": OBJECT})
}

/// An answer that nothing is there.
pub(crate) fn absent() -> Reply {
    let message = "The Resource was not found.";
    reply(
        404,
        &json!({"error": {"code": "ResourceNotFound", "message": message}}),
    )
}

/// A refusal.
pub(crate) fn refused(status: u16, code: &str, message: &str) -> Reply {
    reply(
        status,
        &json!({"error": {"code": code, "message": message, "details": []}}),
    )
}

/// An outcome of a write that was not needed.
pub(crate) fn found(outcome: Outcome) -> underpass_model::part::Confirmed {
    match outcome {
        Outcome::Found(confirmed) => confirmed,
        other => panic!("not found: {other:?}"),
    }
}

/// An outcome of something confirmed.
pub(crate) fn ready(outcome: Outcome) -> underpass_model::part::Confirmed {
    match outcome {
        Outcome::Ready(confirmed) => confirmed,
        other => panic!("not ready: {other:?}"),
    }
}
