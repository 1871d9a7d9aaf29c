//! Faults of every kind, with the hop and the action that the check must name.

use super::*;

type Fault = (
    &'static str,
    &'static dyn Fn(&mut World),
    HopKind,
    &'static dyn Fn(&Remedy) -> bool,
);

#[expect(clippy::too_many_lines, reason = "one entry for each fault")]
fn faults() -> Vec<Fault> {
    vec![
        (
            "no nodes",
            &|world| world.service.nodes.clear(),
            HopKind::Service,
            &|it| matches!(it, Remedy::RegisterNodes { .. }),
        ),
        (
            "a node without a resource ID",
            &|world| world.service.nodes[0].cloud = None,
            HopKind::Service,
            &|it| matches!(it, Remedy::RegisterNodeHandle { .. }),
        ),
        (
            "no link",
            &|world| world.link = None,
            HopKind::Link,
            &|it| matches!(it, Remedy::CreateLink(_)),
        ),
        (
            "a link that is being deleted",
            &|world| world.link.as_mut().unwrap().deleting = true,
            HopKind::Link,
            &|it| matches!(it, Remedy::AwaitLinkDeletion(_)),
        ),
        (
            "an account that does not answer",
            &|world| {
                world.resources.outage = Some(AccountOutage {
                    account: world.account.clone(),
                    since: at(0),
                    error: "connection refused.".to_owned(),
                    next_attempt: at(700),
                });
            },
            HopKind::Account,
            &|it| matches!(it, Remedy::CheckAccount { .. }),
        ),
        (
            "an account that refuses its credential",
            &|world| world.listing = Listing::Failed("sign in: invalid secret".to_owned()),
            HopKind::Account,
            &|it| matches!(it, Remedy::CheckAccount { .. }),
        ),
        (
            "a network that was deleted",
            &|world| {
                world.resources.network = vec![NetworkProblem {
                    subject: NetworkSubject::Vpc(world.link.as_ref().unwrap().vpc),
                    condition: Condition {
                        kind: ConditionKind::Reconciled,
                        status: ConditionStatus::False,
                        severity: Severity::Error,
                        connection: None,
                        reason: "NetworkDeleted".to_owned(),
                        message: "The network was deleted".to_owned(),
                        remedy: Some(Remedy::EmptyVpc),
                        since: None,
                    },
                }];
            },
            HopKind::Network,
            &|it| matches!(it, Remedy::EmptyVpc),
        ),
        (
            "a published service that the cloud does not show",
            &|world| world.miss(&Part::Attachment),
            HopKind::Objects,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "a published service that the listing lacked and that was made again",
            &|world| {
                world.list(Part::Attachment, late_reads::changed(None));
            },
            HopKind::Objects,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "an object that fails with an instruction",
            &|world| {
                world.set_phase(&Part::Attachment, Phase::Failed);
                world.fail(Part::Attachment, Some("Raise the quota"));
            },
            HopKind::Objects,
            &|it| matches!(it, Remedy::Manual { text } if text == "Raise the quota"),
        ),
        (
            "an object that fails without one",
            &|world| {
                world.set_phase(&Part::Attachment, Phase::Failed);
                world.fail(Part::Attachment, None);
            },
            HopKind::Objects,
            &|it| matches!(it, Remedy::InspectPart { attempts: 4, .. }),
        ),
        (
            "a link that is being created",
            &|world| {
                world.observed.parts.remove(&Part::Attachment);
            },
            HopKind::Objects,
            &|it| matches!(it, Remedy::AwaitLink(_)),
        ),
        (
            "a component that is switched off",
            &|world| {
                world.access("pg", false);
                world.build();
                world.resources.backends.clear();
            },
            HopKind::Rules,
            &|it| matches!(it, Remedy::SetOption { value: true, .. }),
        ),
        (
            "a component that is not the open one",
            &|world| world.component = Some("pgbouncer"),
            HopKind::Rules,
            &|it| {
                matches!(it, Remedy::SetOption { option, .. }
                    if option == "privatelink_access.pgbouncer")
            },
        ),
        (
            "a node that fails its probe",
            &|world| world.resources.backends = vec![backend("n1", BackendStatus::Unhealthy)],
            HopKind::Backends,
            &|it| matches!(it, Remedy::Run { line, .. } if line == "ss -ltn 'sport = :5432'"),
        ),
        (
            "no connection",
            &|world| {
                world.connections.clear();
                world.deactivate();
            },
            HopKind::Approval,
            &|it| matches!(it, Remedy::ShareTarget(_)),
        ),
        (
            "a pending connection",
            &|world| {
                world.decide(Decision::Undecided, Admission::Pending);
                world.deactivate();
            },
            HopKind::Approval,
            &|it| matches!(it, Remedy::ApproveConnection(_)),
        ),
        (
            "a rejected connection",
            &|world| {
                let reason = RejectReason::ByUser;
                world.decide(Decision::Rejected(reason), Admission::Rejected);
                world.deactivate();
            },
            HopKind::Approval,
            &|it| matches!(it, Remedy::RestoreConnection(_)),
        ),
        (
            "an approval that the cloud has not confirmed",
            &|world| {
                world.decide(Decision::Approved, Admission::Pending);
                world.deactivate();
            },
            HopKind::Approval,
            &|it| matches!(it, Remedy::AwaitConfirmation(_)),
        ),
        (
            "an approval that the cloud cannot carry",
            &|world| {
                world.decide(Decision::Approved, Admission::NeedsAttention);
                world.deactivate();
            },
            HopKind::Approval,
            &|it| matches!(it, Remedy::InspectAttachment(_)),
        ),
        (
            "a decision that cannot be written",
            &|world| {
                let part = Part::Admission(world.connections[0].id.clone());
                world.fail(part, None);
            },
            HopKind::Approval,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "an endpoint without an address",
            &|world| {
                world.connections[0].address = None;
                world.deactivate();
            },
            HopKind::Endpoint,
            &|it| matches!(it, Remedy::SetEndpointAddress(_)),
        ),
        (
            "an endpoint that the cloud does not show",
            &|world| {
                let part = Part::Admission(world.connections[0].id.clone());
                world.miss(&part);
            },
            HopKind::Endpoint,
            &|it| matches!(it, Remedy::ShareTarget(_)),
        ),
        (
            "an endpoint that is disconnected",
            &|world| {
                world.decide(Decision::Approved, Admission::Disconnected);
                world.deactivate();
            },
            HopKind::Endpoint,
            &|it| matches!(it, Remedy::RecreateEndpoint),
        ),
        (
            "a connection that ended",
            &|world| {
                let connection = world.connections.remove(0);
                world.connection = Some(connection.id.clone());
                world.ended = Some(EndedConnection {
                    connection,
                    ended_at: at(500),
                });
                world.deactivate();
            },
            HopKind::Endpoint,
            &|it| matches!(it, Remedy::ShareTarget(_)),
        ),
        (
            "an approved endpoint that is not accepted any more",
            &|world| {
                let reason = RejectReason::ByUser;
                world.decide(Decision::Rejected(reason), Admission::Rejected);
                world.build();
                world.decide(Decision::Approved, Admission::Pending);
                world.deactivate();
            },
            HopKind::Approval,
            &|it| matches!(it, Remedy::AwaitConfirmation(_)),
        ),
        (
            "a name that is not in the zone",
            &|world| world.zone.records.clear(),
            HopKind::Name,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "a name with another address in the zone",
            &|world| {
                let other = Ipv4Addr::new(10, 0, 0, 9);
                world.zone.records.insert(NAME.to_owned(), other);
            },
            HopKind::Name,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "a server that answers in place of the endpoint",
            &|world| {
                let link = world.link.as_ref().unwrap();
                world.shadowed = link.open_rules(&world.service).into_iter().collect();
            },
            HopKind::Listener,
            &|it| matches!(it, Remedy::Run { line, .. } if line.contains("15432")),
        ),
    ]
}

fn azure_faults() -> Vec<Fault> {
    vec![
        (
            "an interface that is not in the pool",
            &|world| {
                let part = Part::Azure(AzurePart::Member(NIC.to_owned()));
                world.write_again(&part);
                let since = at(595);
                world.list(part, DifferenceKind::Missing { since, answers: 0 });
            },
            HopKind::Objects,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "a rule that was deleted",
            &|world| {
                let empty = AzureSpec::Balancer {
                    rules: std::collections::BTreeSet::new(),
                    pools: std::collections::BTreeSet::new(),
                };
                world.confirm(Part::Azure(AzurePart::Balancer), Spec::Azure(empty));
            },
            HopKind::Rules,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "a load balancer that a policy reverts",
            &|world| {
                let part = Part::Azure(AzurePart::Balancer);
                let link = world.link.as_ref().unwrap();
                let spec = AzureSpec::Balancer {
                    rules: std::collections::BTreeSet::new(),
                    pools: link.broker_ports.nodes(),
                };
                world.confirm(part.clone(), Spec::Azure(spec.clone()));
                let written = RepeatedWrite {
                    spec: Spec::Azure(spec),
                    generation: Generation(1),
                    count: 9,
                    since: at(0),
                    last: at(590),
                };
                world.observed.repeated_writes.insert(part, written);
            },
            HopKind::Rules,
            &|it| matches!(it, Remedy::InspectPart { attempts: 9, .. }),
        ),
        (
            "a load balancer that was deleted",
            &|world| world.miss(&Part::Azure(AzurePart::Balancer)),
            HopKind::Objects,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "static IPs that are missing",
            &|world| world.resources.static_ips = 0,
            HopKind::Service,
            &|it| matches!(it, Remedy::ProvideStaticIps { .. }),
        ),
        (
            "no allowed subscription and no connection",
            &|world| {
                world.link.as_mut().unwrap().subscriptions.clear();
                world.connections.clear();
                world.build();
                world.deactivate();
            },
            HopKind::Approval,
            &|it| matches!(it, Remedy::AllowSubscription(_)),
        ),
    ]
}

fn google_faults() -> Vec<Fault> {
    vec![
        (
            "an accept list without the endpoint, which the cloud still serves",
            &|world| {
                let link = world.link.as_ref().unwrap();
                let none = GoogleSpec::ServiceAttachment {
                    nat: link.nat_ranges.iter().copied().collect(),
                    accept: std::collections::BTreeSet::new(),
                    reject: std::collections::BTreeSet::new(),
                };
                world.confirm(Part::Attachment, Spec::Google(none));
            },
            HopKind::Approval,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "a firewall rule that was deleted",
            &|world| world.miss(&Part::Google(GooglePart::Allow)),
            HopKind::Rules,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "a firewall rule with other ports",
            &|world| {
                let other = GoogleSpec::Firewall {
                    sources: std::iter::once("172.24.0.0/28".parse().unwrap()).collect(),
                    ports: std::iter::once(9).collect(),
                };
                world.confirm(Part::Google(GooglePart::Allow), Spec::Google(other));
            },
            HopKind::Rules,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "an instance that is not in the endpoint group",
            &|world| {
                let none = GoogleSpec::Endpoints {
                    instances: std::collections::BTreeSet::new(),
                };
                let part = Part::Google(GooglePart::Endpoints("europe-west1-b".to_owned()));
                world.confirm(part, Spec::Google(none));
            },
            HopKind::Objects,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
        (
            "a forwarding rule that was deleted",
            &|world| world.miss(&Part::Google(GooglePart::ForwardingRule)),
            HopKind::Objects,
            &|it| matches!(it, Remedy::CheckPath(_)),
        ),
    ]
}

#[test]
fn each_fault_is_found_at_its_hop_with_its_action() {
    let (mut injected, mut wrong) = (0, Vec::new());
    for provider in BOTH {
        let own = match provider {
            Provider::Azure => azure_faults(),
            Provider::Google | Provider::Aws => google_faults(),
        };
        for (fault, inject, hop, is_remedy) in faults().into_iter().chain(own) {
            injected += 1;
            let mut world = World::new(provider);
            inject(&mut world);
            let hops = world.hops();
            let found = first_broken(&hops);
            let is_right =
                found.is_some_and(|it| it.kind == hop && it.remedy.as_ref().is_some_and(is_remedy));
            if !is_right {
                wrong.push((provider, fault, found.cloned()));
            }
        }
    }
    println!(
        "faults injected: {injected}, right: {}, wrong: {}",
        injected - wrong.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
