//! Answers of Azure to each call of its driver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use jiff::{SignedDuration, Timestamp};
use underpass_model::backend_health::HealthSubject;
use underpass_model::cloud_target::{
    AzurePlacement, CloudTarget, NetworkPlacement, OwnershipTag, Proofs,
};
use underpass_model::credentials::Secret;
use underpass_model::id::ConnectionId;
use underpass_model::part::{Admission, AzurePart, AzureSpec, Part, Rule, Spec};
use underpass_model::reconcile::Step;
use underpass_model::vpc::AdoptedAzure;

use super::operation::{Operation, check, chosen, of_part, perform, run};
use super::provider::Provider;
use crate::azure::{Azure, Credentials, Options};
use crate::listing::{Depth, Scope};
use crate::secret_source::SecretSource;

const BASE: &str = "https://management.test";
const ISSUER: &str = "https://login.test";
const INTERFACE: &str =
    "/subscriptions/sub-1/resourceGroups/vpc-1/providers/Microsoft.Network/networkInterfaces/n1";
const OBJECT: &str = "s0a1b2c3d4e5";
const CONSUMER: &str = "8eefec94-5d63-40c9-983c-03ab083b411d";

/// The tag of the state that changes are decided on.
const TAG: &str = "W/\"1\"";

/// Seconds from 1970 to the time of every call.
const NOW: SignedDuration = SignedDuration::from_secs(1_800_000_000);

/// Links in a network made by us and in one of the operator.
static TARGETS: LazyLock<[CloudTarget; 2]> = LazyLock::new(|| {
    let made = NetworkPlacement::Azure(AzurePlacement::Made {
        group: "vpc-1".to_owned(),
        cidr: "10.1.0.0/24".parse().expect("a range"),
    });
    let network = "/subscriptions/sub-1/resourceGroups/net/providers/Microsoft.Network";
    let adopted = NetworkPlacement::Azure(AzurePlacement::Adopted(AdoptedAzure {
        resource_group: "vpc-1".to_owned(),
        vnet_id: format!("{network}/virtualNetworks/corp"),
        node_subnet: "db".to_owned(),
        nat_subnet: format!("{network}/virtualNetworks/corp/subnets/nat"),
    }));
    [made, adopted].map(|placement| CloudTarget {
        account: "main".parse().expect("a name"),
        region: "westeurope".to_owned(),
        object: OBJECT.to_owned(),
        ownership: OwnershipTag {
            managed: "link/demo/pg-1/azure".to_owned(),
            incarnation: OBJECT.to_owned(),
        },
        placement,
        members: BTreeMap::from([(INTERFACE.to_owned(), None)]),
        connections: BTreeMap::from([(connection(), "pe-1.guid".to_owned())]),
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

/// The calls, in an order that inputs depend on: new ones are at the end.
static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let own = Part::Azure;
    let parts = [
        own(AzurePart::Group),
        Part::Network,
        own(AzurePart::NatPolicy),
        own(AzurePart::Address),
        own(AzurePart::Balancer),
        own(AzurePart::Member(INTERFACE.to_owned())),
        Part::Attachment,
        Part::Admission(connection()),
    ];
    let url = format!("{BASE}/subscriptions/sub-1/providers/x/operations/1?api-version=1");
    let mut all: Vec<_> = parts.iter().flat_map(|part| of_part(part, &url)).collect();
    let [
        group,
        network,
        policy,
        address,
        balancer,
        member,
        attachment,
        admission,
    ] = parts;
    let pools = BTreeSet::from(["n1".parse().expect("a name")]);
    let rules = BTreeSet::from([Rule {
        name: "pg".to_owned(),
        link_port: 5432,
        backend_port: 5432,
        node: None,
    }]);
    let cidr = "10.1.0.0/24".parse().expect("a range");
    let visibility = BTreeSet::from([CONSUMER.parse().expect("an ID")]);
    let balanced = Spec::Azure(AzureSpec::Balancer {
        rules,
        pools: pools.clone(),
    });
    let visible = Spec::Azure(AzureSpec::Attachment { visibility });
    let writes = [
        (group.clone(), Spec::Present, None),
        (network, Spec::Azure(AzureSpec::Network { cidr }), None),
        (policy, Spec::Present, None),
        (address, Spec::Present, None),
        (balancer.clone(), balanced.clone(), None),
        (balancer, balanced, Some(TAG)),
        (member.clone(), Spec::Present, None),
        (member, Spec::Azure(AzureSpec::Member { pools }), None),
        (attachment.clone(), visible.clone(), None),
        (attachment, visible, Some(TAG)),
        (
            admission.clone(),
            Spec::Admission(Admission::Approved),
            None,
        ),
        (admission, Spec::Admission(Admission::Rejected), None),
    ];
    all.extend(writes.map(|(part, spec, tag)| {
        Operation::Step(Step::Put {
            part,
            spec,
            tag: tag.map(str::to_owned),
        })
    }));
    all.push(Operation::Step(Step::Survey(group)));
    all.extend([Depth::Connections, Depth::Everything].map(|depth| {
        Operation::Sweep(Scope {
            region: "westeurope".to_owned(),
            group: Some("vpc-1".to_owned()),
            depth,
        })
    }));
    all.extend([
        Operation::Attachments,
        Operation::Networks,
        Operation::Health(HealthSubject::Rule("pg".to_owned())),
        Operation::SignIn,
        Operation::CheckAccount,
    ]);
    all
});

/// Performs the call of the first byte for the target of the second, with the answers that follow.
///
/// # Panics
/// A rule of the calls or of the provider is broken.
pub fn azure_answers(input: &[u8]) {
    let Some((operation, target, answers)) = chosen(input, &OPERATIONS, &*TARGETS) else {
        return;
    };
    let signs_in = matches!(operation, Operation::SignIn);
    let provider = Arc::new(Provider::new(BASE, ISSUER, signs_in, answers));
    let options = Options {
        base_url: BASE.to_owned(),
        authority: ISSUER.to_owned(),
        scope: None,
        credentials: Credentials::ClientSecret {
            tenant: "tenant-1".to_owned(),
            client_id: "client-1".to_owned(),
            secret: SecretSource::Given(Secret::new("s3cret".to_owned())),
        },
        subscription: "sub-1".to_owned(),
        resource_group: "account".to_owned(),
    };
    let azure = Azure::new(options, Arc::clone(&provider) as _);
    let now = Timestamp::UNIX_EPOCH + NOW;
    if signs_in {
        check(run(azure.sign_in(now)));
    }
    perform(&azure, &provider, operation, target, now);
}
