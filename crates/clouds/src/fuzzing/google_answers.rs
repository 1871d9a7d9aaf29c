//! Answers of Google to each call of its driver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use ipnet::Ipv4Net;
use jiff::{SignedDuration, Timestamp};
use underpass_model::backend_health::HealthSubject;
use underpass_model::cloud_target::{
    CloudTarget, GooglePlacement, NetworkPlacement, OwnershipTag, Proofs,
};
use underpass_model::id::ConnectionId;
use underpass_model::part::{GooglePart, GoogleSpec, Part, Spec};
use underpass_model::reconcile::Step;
use underpass_model::vpc::AdoptedGoogle;

use super::operation::{Operation, check, chosen, of_part, perform, run};
use super::provider::Provider;
use crate::google::{Credentials, Google, Options};
use crate::listing::{Depth, Scope};

const BASE: &str = "https://compute.test";
const ISSUER: &str = "http://metadata.test";
const OBJECT: &str = "s0a1b2c3d4e5";
const ZONE: &str = "europe-west1-b";
const ENDPOINT: &str = "projects/guest/regions/europe-west1/forwardingRules/77";
const INSTANCE: &str = "projects/acme/zones/europe-west1-b/instances/n1";

/// The fingerprint of the state that changes are decided on.
const FINGERPRINT: &str = "f1=";

/// Seconds from 1970 to the time of every call.
const NOW: SignedDuration = SignedDuration::from_secs(1_800_000_000);

/// Links in a network made by us and in one of the operator.
static TARGETS: LazyLock<[CloudTarget; 2]> = LazyLock::new(|| {
    let made = NetworkPlacement::Google(GooglePlacement::Made {
        network: "underpass-vpc-1".to_owned(),
    });
    let adopted = NetworkPlacement::Google(GooglePlacement::Adopted(AdoptedGoogle {
        network: "projects/acme/global/networks/corp".to_owned(),
        node_subnet: "projects/acme/regions/europe-west1/subnetworks/db".to_owned(),
    }));
    [made, adopted].map(|placement| CloudTarget {
        account: "google".parse().expect("a name"),
        region: "europe-west1".to_owned(),
        object: OBJECT.to_owned(),
        ownership: OwnershipTag {
            managed: "link/demo/pg-1/google".to_owned(),
            incarnation: OBJECT.to_owned(),
        },
        placement,
        members: BTreeMap::new(),
        connections: BTreeMap::from([(connection(), ENDPOINT.to_owned())]),
        proofs: Proofs {
            link: "link-proof".to_owned(),
            decisions: BTreeMap::from([(
                connection(),
                format!("underpass:1:a:{}:1:1:-:code", connection()),
            )]),
        },
    })
});

fn connection() -> ConnectionId {
    "plc35843e80510".parse().expect("an ID")
}

fn nat() -> Ipv4Net {
    "10.9.0.0/28".parse().expect("a range")
}

/// The calls, in an order that inputs depend on: new ones are at the end.
static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let own = Part::Google;
    let parts = [
        Part::Network,
        own(GooglePart::Subnet),
        own(GooglePart::Probes),
        own(GooglePart::NatSubnet(nat())),
        own(GooglePart::Deny),
        own(GooglePart::Allow),
        own(GooglePart::HealthCheck),
        own(GooglePart::EndpointGroup(ZONE.to_owned())),
        own(GooglePart::Endpoints(ZONE.to_owned())),
        own(GooglePart::BackendService),
        own(GooglePart::ForwardingRule),
        Part::Attachment,
        Part::Admission(connection()),
    ];
    let operation = "projects/acme/regions/europe-west1/operations/operation-1";
    let mut all: Vec<_> = parts
        .iter()
        .flat_map(|part| of_part(part, operation))
        .collect();
    let sources = BTreeSet::from([nat()]);
    let spec = Spec::Google;
    let specs = [
        Spec::Present,
        spec(GoogleSpec::Subnet {
            cidr: "10.1.0.0/24".parse().expect("a range"),
        }),
        Spec::Present,
        Spec::Present,
        spec(GoogleSpec::Firewall {
            sources: sources.clone(),
            ports: BTreeSet::new(),
        }),
        spec(GoogleSpec::Firewall {
            sources: sources.clone(),
            ports: BTreeSet::from([5432]),
        }),
        spec(GoogleSpec::HealthCheck { port: 5432 }),
        Spec::Present,
        spec(GoogleSpec::Endpoints {
            instances: BTreeSet::from([INSTANCE.to_owned()]),
        }),
        spec(GoogleSpec::BackendService {
            zones: BTreeSet::from([ZONE.to_owned()]),
        }),
        Spec::Present,
        spec(GoogleSpec::ServiceAttachment {
            nat: sources,
            accept: BTreeSet::from([ENDPOINT.to_owned()]),
            reject: BTreeSet::new(),
        }),
    ];
    for tag in [None, Some(FINGERPRINT)] {
        all.extend(parts.iter().zip(&specs).map(|(part, spec)| {
            Operation::Step(Step::Put {
                part: part.clone(),
                spec: spec.clone(),
                tag: tag.map(str::to_owned),
            })
        }));
    }
    all.extend([Depth::Connections, Depth::Everything].map(|depth| {
        Operation::Sweep(Scope {
            region: "europe-west1".to_owned(),
            group: None,
            depth,
        })
    }));
    all.extend([
        Operation::Attachments,
        Operation::Networks,
        Operation::Health(HealthSubject::Zone(ZONE.to_owned())),
        Operation::SignIn,
        Operation::CheckAccount,
    ]);
    all
});

/// Performs the call of the first byte for the target of the second, with the answers that follow.
///
/// # Panics
/// A rule of the calls or of the provider is broken.
pub fn google_answers(input: &[u8]) {
    let Some((operation, target, answers)) = chosen(input, &OPERATIONS, &*TARGETS) else {
        return;
    };
    let signs_in = matches!(operation, Operation::SignIn);
    let provider = Arc::new(Provider::new(BASE, ISSUER, signs_in, answers));
    let options = Options {
        base_url: BASE.to_owned(),
        project: "acme".to_owned(),
        credentials: Credentials::Metadata {
            base_url: ISSUER.to_owned(),
            service_account: None,
        },
    };
    let google = Google::new(options, Arc::clone(&provider) as _);
    let google = google.with_check_apis(BASE, BASE);
    let now = Timestamp::UNIX_EPOCH + NOW;
    if signs_in {
        check(run(google.sign_in(now)));
    }
    perform(&google, &provider, operation, target, now);
}
