use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::*;
use crate::access::tests::service as pg;
use crate::cloud::Provider;
use crate::connection::{Decision, Identity, RejectReason};
use crate::id::{Generation, LinkId};
use crate::link::Topology;
use crate::part::{Admission, AzurePart, Confirmed, Facts, ObservedPart, PartFailure, Spec};
use crate::reconcile::BACKOFF_LONGEST;
use crate::service::NodeHandle;
use crate::service_certificate::ServiceCertificate;
use crate::shared_interface::SharedInterface;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A service with one connection to its link, all of it well.
struct Fixture {
    service: Service,
    link: Link,
    connections: Vec<Connection>,
    observed: Observed,
    static_ips: usize,
    shared: Vec<SharedInterface>,
    outage: Option<AccountOutage>,
}

impl Fixture {
    fn new(provider: Provider) -> Self {
        let mut service = pg();
        let on = serde_json::Value::Bool(true);
        service.user_config.insert("static_ips".to_owned(), on);
        service.nodes[0].cloud = Some(match provider {
            Provider::Azure => NodeHandle::Azure {
                nic_id: "/nic".to_owned(),
                ip_configuration: None,
            },
            Provider::Google | Provider::Aws => NodeHandle::Google {
                instance: "projects/p/zones/z/instances/i".to_owned(),
            },
        });
        let link = Link {
            id: LinkId::from_bits(1),
            project: "demo".parse().unwrap(),
            service: service.name.clone(),
            provider,
            vpc: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
            topology: Topology::Direct,
            subscriptions: BTreeSet::new(),
            nat_ranges: vec!["172.24.0.0/28".parse().unwrap()],
            refused_ranges: Vec::new(),
            ports: BTreeMap::new(),
            broker_ports: crate::broker_port::BrokerPorts::default(),
            generation: Generation(1),
            deleting: false,
            created_at: at(0),
            updated_at: at(0),
        };
        let mut fixture = Self {
            service,
            link,
            connections: Vec::new(),
            observed: Observed::default(),
            static_ips: 2,
            shared: Vec::new(),
            outage: None,
        };
        fixture.connect(1, Decision::Approved, Admission::Approved);
        fixture.connections[0].address = Some("10.0.0.5".parse().unwrap());
        fixture
    }

    fn connect(&mut self, ordinal: u32, decision: Decision, admission: Admission) -> ConnectionId {
        let id = ConnectionId::from_bits(u64::from(ordinal));
        self.connections.push(Connection {
            id: id.clone(),
            ordinal,
            identity: Identity {
                name: format!("pe{ordinal}"),
                link_identifier: None,
                endpoint: format!("/pe{ordinal}"),
                location: None,
                message: None,
            },
            decision,
            revision: 0,
            address: None,
            label: None,
            first_seen_at: at(10),
            decided_at: Some(at(20)),
        });
        let last = Some(Confirmed {
            spec: Spec::Admission(admission),
            tag: None,
            facts: Facts::default(),
        });
        let phase = Phase::Awaited {
            since: at(30),
            check_after: at(60),
        };
        let part = Part::Admission(id.clone());
        self.observed
            .parts
            .insert(part, ObservedPart { phase, last });
        id
    }

    fn failure(&mut self, part: Part, remedy: Option<&str>, lasts: SignedDuration) {
        let failure = PartFailure {
            code: "Conflict".to_owned(),
            message: "put attachment: the name is taken".to_owned(),
            remedy: remedy.map(str::to_owned),
            attempts: 3,
            since: at(40),
            retry_at: at(40) + lasts,
        };
        self.observed.failures.insert(part, failure);
    }

    fn resources(&self) -> ServiceResources {
        ServiceResources {
            static_ips: self.static_ips,
            shared_interfaces: self.shared.clone(),
            outage: self.outage.clone(),
            network: Vec::new(),
            backends: Vec::new(),
        }
    }

    fn found(&self) -> Vec<Condition> {
        problems(
            &self.service,
            &self.link,
            &self.connections,
            &self.observed,
            &self.resources(),
        )
    }

    fn all(&self) -> Vec<Condition> {
        of_link(
            &self.service,
            &self.link,
            &self.connections,
            &self.observed,
            &self.resources(),
        )
    }

    fn kinds(&self) -> Vec<ConditionKind> {
        self.found().into_iter().map(|it| it.kind).collect()
    }
}

const SHORT_FAILURE: SignedDuration = SignedDuration::from_secs(2);

#[test]
fn a_link_that_is_well_has_no_problems() {
    for provider in [Provider::Azure, Provider::Google] {
        assert_eq!(Fixture::new(provider).found(), []);
    }
}

#[test]
fn a_pending_or_decided_connection_is_no_problem() {
    let mut fixture = Fixture::new(Provider::Azure);
    fixture.connect(2, Decision::Undecided, Admission::Pending);
    let rejected = Decision::Rejected(RejectReason::ByUser);
    fixture.connect(3, rejected, Admission::Rejected);
    fixture.connect(4, Decision::Approved, Admission::Disconnected);
    assert_eq!(fixture.found(), []);
}

#[test]
fn a_change_under_way_is_no_problem() {
    let mut fixture = Fixture::new(Provider::Azure);
    fixture.connections.clear();
    fixture.observed = Observed::default();
    assert_eq!(fixture.found(), [], "a new link without consumers");
    fixture.connect(2, Decision::Approved, Admission::Pending);
    assert_eq!(fixture.found(), [], "an approval on its way");
}

#[test]
fn a_failure_that_may_pass_by_itself_is_given_the_time_it_may_take() {
    let mut fixture = Fixture::new(Provider::Azure);
    fixture.failure(Part::Attachment, None, SHORT_FAILURE);
    assert_eq!(fixture.found(), []);
    fixture.failure(Part::Attachment, None, BACKOFF_LONGEST);
    let [found] = fixture.found().try_into().unwrap();
    assert_eq!(found.kind, ConditionKind::Reconciled);
    assert_eq!(found.reason, "Conflict");
    assert_eq!(found.message, "put attachment: the name is taken");
    let remedy = Remedy::InspectPart {
        part: "published service".to_owned(),
        attempts: 3,
    };
    assert_eq!(found.remedy, Some(remedy));
    assert_eq!(found.since, Some(at(40)));
}

#[test]
fn a_step_that_is_retried_says_what_failed_and_when_it_is_tried_again() {
    let mut fixture = Fixture::new(Provider::Azure);
    fixture.failure(Part::Attachment, None, SHORT_FAILURE);
    let [found] = reconciled::reconciled(false, &fixture.observed)
        .try_into()
        .unwrap();
    let told = (found.status, found.severity, found.reason.as_str());
    assert_eq!(told, (ConditionStatus::Unknown, Severity::Info, "Retrying"));
    let retry_at = at(40) + SHORT_FAILURE;
    let message = format!(
        "put attachment: the name is taken (Conflict). 3 attempts failed; the next one is made at \
         {retry_at}"
    );
    assert_eq!((found.message, found.since), (message, Some(at(40))));

    // The first failure is usual: the next attempt follows within a second.
    let first = fixture.observed.failures.get_mut(&Part::Attachment);
    first.unwrap().attempts = 1;
    let [found] = reconciled::reconciled(false, &fixture.observed)
        .try_into()
        .unwrap();
    assert_eq!(found.reason, "Reconciling");
}

#[test]
fn an_approval_that_a_read_contradicts_is_not_shown_as_desired() {
    let mut fixture = Fixture::new(Provider::Google);
    let reason = |observed: &Observed| reconciled::reconciled(false, observed)[0].reason.clone();
    fixture.observed.parts.clear();
    assert_eq!(reason(&fixture.observed), "AsDesired");
    let part = Part::Admission("plc000000000001".parse().unwrap());
    fixture.observed.contradictions.insert(part, at(40));
    assert_eq!(reason(&fixture.observed), "Reading");
}

#[test]
fn a_failure_with_a_remedy_asks_for_it_immediately() {
    let mut fixture = Fixture::new(Provider::Google);
    fixture.failure(Part::Attachment, Some("grant the role"), SHORT_FAILURE);
    let [found] = fixture.found().try_into().unwrap();
    assert_eq!(found.remedy, Some(Remedy::manual("grant the role")));
}

#[test]
fn a_connection_has_its_most_pressing_condition_alone() {
    let mut fixture = Fixture::new(Provider::Google);
    let id = fixture.connect(2, Decision::Approved, Admission::NeedsAttention);
    let [found] = fixture.found().try_into().unwrap();
    assert_eq!(found.kind, ConditionKind::Established);
    assert_eq!(found.connection.as_ref(), Some(&id));
    assert_eq!(found.since, Some(at(30)));
    let part = Part::Admission(id.clone());
    fixture.failure(part, Some("grant the role"), SHORT_FAILURE);
    let [found] = fixture.found().try_into().unwrap();
    assert_eq!(
        (found.kind, found.connection),
        (ConditionKind::Reconciled, Some(id))
    );
}

#[test]
fn an_approved_connection_without_an_address_is_a_problem() {
    let mut fixture = Fixture::new(Provider::Azure);
    let id = fixture.connect(2, Decision::Approved, Admission::Approved);
    let [found] = fixture.found().try_into().unwrap();
    assert_eq!(
        (found.kind, found.connection),
        (ConditionKind::AddressKnown, Some(id))
    );
    let reference = fixture.link.reference_to(&fixture.connections[1].id);
    assert_eq!(found.remedy, Some(Remedy::SetEndpointAddress(reference)));
    assert_eq!(found.since, Some(at(20)));
}

#[test]
fn a_link_without_backends_says_what_is_missing() {
    let mut fixture = Fixture::new(Provider::Azure);
    let mut reasons = Vec::new();
    let mut note = |fixture: &Fixture| {
        let [found] = fixture.found().try_into().unwrap();
        assert_eq!(found.kind, ConditionKind::BackendRegistered);
        reasons.push(format!("{}: {}", found.reason, found.message));
    };
    fixture.service.user_config.clear();
    note(&fixture);
    fixture.service.nodes[0].cloud = None;
    note(&fixture);
    fixture.service.components.clear();
    note(&fixture);
    fixture.service.nodes.clear();
    note(&fixture);
    insta::assert_debug_snapshot!(reasons, @r#"
    [
        "NoOpenComponent: No component is open to links",
        "NodeWithoutResourceId: Node `n1` has no cloud resource ID (NIC or instance)",
        "NoComponents: The service has no components",
        "NoNodes: The service has no nodes",
    ]
    "#);
}

#[test]
fn too_few_static_ips_are_a_problem_on_azure_until_they_come() {
    let mut fixture = Fixture::new(Provider::Azure);
    fixture.static_ips = 1;
    let [found] = fixture.found().try_into().unwrap();
    assert_eq!(found.reason, "StaticIpsMissing");
    assert_eq!(found.severity, Severity::Warning);
    assert!(found.message.contains("needs 2"), "{}", found.message);
    let remedy = Remedy::ProvideStaticIps {
        service: fixture.service.name.clone(),
        cloud: fixture.service.cloud.clone(),
    };
    assert_eq!(found.remedy, Some(remedy.clone()));
    let next = |it: &Fixture| {
        remedy_for_link(
            &it.service,
            &it.link,
            &it.connections,
            &it.observed,
            it.static_ips,
        )
    };
    assert_eq!(next(&fixture), Some(remedy));
    fixture.static_ips = 2;
    assert_eq!(fixture.found(), []);
    let mut google = Fixture::new(Provider::Google);
    google.static_ips = 0;
    assert_eq!(google.found(), [], "Google probes from within");
}

#[test]
fn the_most_pressing_comes_first() {
    let mut fixture = Fixture::new(Provider::Google);
    fixture.connect(2, Decision::Approved, Admission::Approved);
    fixture.connect(3, Decision::Approved, Admission::NeedsAttention);
    fixture.service.user_config.clear();
    fixture.failure(Part::Attachment, Some("grant the role"), SHORT_FAILURE);
    let expected = [
        ConditionKind::Reconciled,
        ConditionKind::Established,
        ConditionKind::BackendRegistered,
        ConditionKind::AddressKnown,
    ];
    assert_eq!(fixture.kinds(), expected);
}

#[test]
fn a_link_that_is_being_deleted_has_failures_alone() {
    let mut fixture = Fixture::new(Provider::Google);
    fixture.connect(2, Decision::Approved, Admission::NeedsAttention);
    fixture.service.nodes.clear();
    fixture.link.deleting = true;
    assert_eq!(fixture.found(), []);
    fixture.failure(Part::Attachment, Some("grant the role"), SHORT_FAILURE);
    assert_eq!(fixture.kinds(), [ConditionKind::Reconciled]);
}

#[test]
fn a_link_that_is_well_says_so() {
    let fixture = Fixture::new(Provider::Azure);
    let statuses: Vec<_> = fixture
        .all()
        .iter()
        .map(|it| (it.kind, it.status))
        .collect();
    let expected = [
        // Its published service was not read yet.
        (ConditionKind::Reconciled, ConditionStatus::Unknown),
        (ConditionKind::BackendRegistered, ConditionStatus::True),
    ];
    assert_eq!(statuses, expected);
}

#[test]
fn a_suspected_absence_is_explained_where_it_is_suspected() {
    let mut fixture = Fixture::new(Provider::Azure);
    let suspicions = |it: &Fixture| {
        let mut found = it.all();
        found.retain(|condition| condition.reason == "AbsenceSuspected");
        found
    };
    assert!(suspicions(&fixture).is_empty());
    let id = fixture.connections[0].id.clone();
    fixture
        .observed
        .suspect(&Part::Admission(id.clone()), at(70));
    let [found] = &suspicions(&fixture)[..] else {
        panic!("one condition");
    };
    assert_eq!(found.connection, Some(id));
    assert_eq!(found.status, ConditionStatus::Unknown);
    assert_eq!(found.since, Some(at(70)));
    assert!(
        found.message.contains("0 of at least 3 reads"),
        "{}",
        found.message
    );
    assert!(fixture.found().is_empty(), "it may be a false answer");
    let last = Some(Confirmed {
        spec: Spec::Present,
        tag: None,
        facts: Facts::default(),
    });
    let phase = Phase::Ready;
    let seen = ObservedPart { phase, last };
    fixture.observed.parts.insert(Part::Attachment, seen);
    fixture.observed.suspect(&Part::Attachment, at(80));
    let connections: Vec<_> = suspicions(&fixture)
        .into_iter()
        .map(|it| it.connection.is_some())
        .collect();
    assert_eq!(connections, [false, true], "the link and its connection");
}

#[test]
fn an_interface_shared_with_another_link_is_named_with_the_remedy() {
    let mut fixture = Fixture::new(Provider::Azure);
    let node = &fixture.service.nodes[0];
    fixture.shared = vec![SharedInterface {
        node: node.name.clone(),
        address: node.address,
        interface: "/nic".to_owned(),
        others: BTreeSet::from(["pg-2".parse().unwrap()]),
    }];
    let [found] = fixture.found().try_into().unwrap();
    assert_eq!(found.kind, ConditionKind::InterfaceExclusive);
    assert_eq!(found.severity, Severity::Warning, "the link keeps working");
    insta::assert_snapshot!(found.message, @"Network interface `/nic` of node `n1` is also used by the private link of service `pg-2`. Azure accepts one internal load balancer for each interface: the link works as it is, but Azure may refuse its next change. Give the node an interface of its own");
    let Some(Remedy::RegisterNodeHandle { service, .. }) = found.remedy else {
        panic!("the remedy registers another interface");
    };
    assert_eq!(service, fixture.service.name);
    fixture.link.provider = Provider::Google;
    assert_eq!(fixture.kinds(), [], "Google has no such rule");
}

#[test]
fn an_interface_in_a_load_balancer_of_another_program_is_named_by_its_node() {
    let mut fixture = Fixture::new(Provider::Azure);
    let part = Part::Azure(AzurePart::Member("/NIC".to_owned()));
    let facts = Facts {
        is_shared: true,
        ..Facts::default()
    };
    let last = Confirmed {
        spec: Spec::Present,
        tag: None,
        facts,
    };
    let seen = ObservedPart {
        phase: Phase::Ready,
        last: Some(last),
    };
    fixture.observed.parts.insert(part.clone(), seen);
    let [found] = fixture.found().try_into().unwrap();
    assert_eq!(found.kind, ConditionKind::InterfaceExclusive);
    assert_eq!(found.reason, "InterfaceInOtherBalancer");
    insta::assert_snapshot!(found.message, @"The network interfaces of these nodes are in another internal load balancer, too: `n1`. Azure accepts one internal load balancer for each interface: the link works as it is, but Azure may refuse its next change. Remove the interface from the other load balancer, or give the node an interface of its own");
    assert!(matches!(
        found.remedy,
        Some(Remedy::RegisterNodeHandle { .. })
    ));
    let seen = fixture.observed.parts.get_mut(&part).unwrap();
    seen.last.as_mut().unwrap().facts.is_shared = false;
    assert_eq!(fixture.kinds(), []);
}

#[test]
fn names_that_the_last_certificate_lacks_are_named_until_it_is_renewed() {
    let mut fixture = Fixture::new(Provider::Azure);
    fixture.connect(70, Decision::Approved, Admission::Approved);
    fixture.connections[1].address = Some("10.0.0.6".parse().unwrap());
    fixture.connect(71, Decision::Undecided, Admission::Pending);
    assert_eq!(
        fixture.found(),
        [],
        "no certificate was issued by Underpass"
    );
    let issued = |ordinals: &[u32]| ServiceCertificate {
        domain: "example.net".to_owned(),
        ordinals: ordinals.iter().copied().collect(),
        issued_at: at(0),
        not_after: at(1000),
    };
    fixture.service.certificate = Some(issued(&[1, 2]));
    let [found] = fixture.found().try_into().unwrap();
    assert_eq!(found.kind, ConditionKind::CertificateCurrent);
    insta::assert_snapshot!(found.message, @"The certificate that was last issued for service `pg-1`, at 2027-01-15T08:00:00Z, lacks the names of approved connections: `privatelink-70-pg-1-demo.example.net`. Clients that verify the server's name fail there. Underpass does not see which certificate the servers use");
    let service = fixture.service.name.clone();
    assert_eq!(found.remedy, Some(Remedy::IssueCertificate { service }));
    fixture.service.certificate = Some(issued(&[1, 2, 70]));
    assert_eq!(fixture.found(), [], "pending connections have no name yet");
}

#[test]
fn an_account_that_does_not_answer_comes_first() {
    let mut fixture = Fixture::new(Provider::Azure);
    fixture.outage = Some(AccountOutage {
        account: "azure".parse().unwrap(),
        since: at(40),
        error: "list attachments: cloud.test did not answer".to_owned(),
        next_attempt: at(100),
    });
    fixture.static_ips = 0;
    let found = fixture.found();
    assert_eq!(found[0].kind, ConditionKind::AccountReachable);
    assert_eq!(found[0].reason, "AccountUnreachable");
    assert_eq!(found[0].since, Some(at(40)));
    insta::assert_snapshot!(found[0].message, @"Cloud account `azure` does not answer since 2027-01-15T08:00:40Z: list attachments: cloud.test did not answer. Nothing is changed or discovered in it until it answers; the next attempt is at 2027-01-15T08:01:40Z. Connections stay as they are");
    fixture.link.deleting = true;
    assert_eq!(fixture.kinds(), [ConditionKind::AccountReachable]);
}
