use super::*;
use crate::connection::Identity;
use crate::part::AzurePart;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn orphan(provider: Provider) -> Orphan {
    let place = OrphanPlace {
        account: "cloud".parse().unwrap(),
        provider,
        region: "westeurope".to_owned(),
        group: (provider == Provider::Azure).then(|| "Group".to_owned()),
    };
    Orphan::new(place, LinkId::from_bits(1), now())
}

fn connection(name: &str, admission: Admission) -> ObservedConnection {
    ObservedConnection {
        identity: Identity {
            name: name.to_owned(),
            link_identifier: None,
            endpoint: format!("/endpoints/{name}"),
            location: None,
            message: None,
        },
        admission,
        id: String::new(),
        tag: None,
        proof: None,
    }
}

fn listed(parts: &[(Part, &str)], connections: Vec<ObservedConnection>) -> ListedOrphan {
    let parts = parts.iter();
    ListedOrphan {
        managed: Some("link/demo/pg-1/azure".to_owned()),
        is_proven: true,
        parts: parts
            .map(|(part, id)| (part.clone(), (*id).to_owned()))
            .collect(),
        network: PublishedNetwork::default(),
        connections: Some(connections),
    }
}

fn attachment() -> (Part, &'static str) {
    (Part::Attachment, "/services/up-s1")
}

fn balancer() -> (Part, &'static str) {
    (Part::Azure(AzurePart::Balancer), "/balancers/up-s1-lb")
}

/// A source of IDs that counts from 1.
fn counter() -> impl FnMut() -> ConnectionId {
    let mut next = 0;
    move || {
        next += 1;
        ConnectionId::from_bits(next)
    }
}

#[test]
fn a_connection_keeps_its_id_and_an_unchanged_listing_is_written_once_a_minute() {
    let mut it = orphan(Provider::Azure);
    let mut ids = counter();
    let pending = || listed(&[attachment()], vec![connection("a", Admission::Pending)]);
    assert!(it.take_in(pending(), &mut ids, now()));
    let known = it.connections.clone();
    assert!(!it.take_in(pending(), &mut ids, now() + SignedDuration::from_secs(59)));
    assert_eq!(it.last_seen_at, now());
    let minute = now() + SignedDuration::from_mins(1);
    assert!(it.take_in(pending(), &mut ids, minute));
    assert_eq!((it.first_seen_at, it.last_seen_at), (now(), minute));
    let both = vec![
        connection("b", Admission::Approved),
        connection("a", Admission::NeedsAttention),
    ];
    assert!(it.take_in(listed(&[attachment()], both), &mut ids, minute));
    assert_eq!(it.approved(), 2, "both may have flows");
    let (a, _) = known.first_key_value().unwrap();
    assert_eq!(it.connections[a].name, "a");
}

#[test]
fn the_name_is_that_of_the_published_service_also_after_its_end() {
    let mut it = orphan(Provider::Azure);
    let mut ids = counter();
    it.take_in(listed(&[balancer()], Vec::new()), &mut ids, now());
    assert_eq!(it.name, "up-s1-lb", "the only part");
    it.take_in(
        listed(&[balancer(), attachment()], Vec::new()),
        &mut ids,
        now(),
    );
    assert_eq!(it.name, "up-s1");
    assert_eq!(it.main_part().unwrap().0, &Part::Attachment);
    it.take_in(listed(&[balancer()], Vec::new()), &mut ids, now());
    assert_eq!(it.name, "up-s1");
}

#[test]
fn what_was_proven_once_stays_proven() {
    let mut it = orphan(Provider::Azure);
    let mut ids = counter();
    it.take_in(listed(&[attachment()], Vec::new()), &mut ids, now());
    let rest = ListedOrphan {
        managed: None,
        is_proven: false,
        ..listed(&[balancer()], Vec::new())
    };
    it.take_in(rest, &mut ids, now());
    assert_eq!(it.check_proven(), Ok(()));
    assert_eq!(it.managed, "link/demo/pg-1/azure");
}

#[test]
fn a_removal_is_confirmed_with_the_name_alone() {
    let mut it = orphan(Provider::Azure);
    it.take_in(listed(&[attachment()], Vec::new()), &mut counter(), now());
    for wrong in ["", "yes", "UP-S1", "up-s1 ", it.link.clone().as_str()] {
        let refused = it.request_removal(wrong, "operator", now()).unwrap_err();
        assert_eq!(refused.code, "orphan_unconfirmed", "{wrong}");
        assert_eq!(it.removal, None);
    }
    it.request_removal("up-s1", "operator", now()).unwrap();
    let later = now() + SignedDuration::from_mins(5);
    it.request_removal("up-s1", "other", later).unwrap();
    let removal = it.removal.unwrap();
    assert_eq!(removal.requested_at, now());
    assert_eq!(removal.requested_by, "other");
    assert_eq!(removal.generation, Generation(2));
}

#[test]
fn what_is_not_proven_to_be_ours_or_was_no_link_is_not_removed() {
    for change in [
        (|it: &mut Orphan| it.is_proven = false) as fn(&mut Orphan),
        |it| it.managed.clear(),
        |it| it.managed = "static-ip/demo/ip000000000001".to_owned(),
    ] {
        let mut it = orphan(Provider::Azure);
        it.take_in(listed(&[attachment()], Vec::new()), &mut counter(), now());
        change(&mut it);
        let refused = it.request_removal("up-s1", "operator", now()).unwrap_err();
        assert_eq!(refused.code, "orphan_unproven");
        assert_eq!(it.removal, None);
    }
}

#[test]
fn only_azure_removes_connections_one_by_one() {
    for (provider, expected) in [(Provider::Azure, 2), (Provider::Google, 1)] {
        let mut it = orphan(provider);
        let connections = vec![connection("a", Admission::Approved)];
        it.take_in(listed(&[attachment()], connections), &mut counter(), now());
        let mut observed = Observed::default();
        it.observe(&mut observed, now());
        assert_eq!(observed.parts.len(), expected, "{provider}");
        // What was read already stays.
        let gone = ObservedPart {
            phase: Phase::Gone,
            last: None,
        };
        observed.parts.insert(Part::Attachment, gone.clone());
        it.observe(&mut observed, now());
        assert_eq!(observed.parts[&Part::Attachment], gone);
    }
}

#[test]
fn connections_that_are_no_longer_listed_keep_their_names_during_a_removal() {
    let mut it = orphan(Provider::Azure);
    let mut ids = counter();
    it.add_connections(&[connection("a", Admission::Approved)], &mut ids);
    it.add_connections(&[connection("b", Admission::Pending)], &mut ids);
    let names: Vec<_> = it.connections.values().map(|it| &*it.name).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn it_leaves_the_list_after_the_window_and_not_by_a_clock_that_was_ahead() {
    let window = SignedDuration::from_mins(3);
    let mut it = orphan(Provider::Google);
    let ahead = now() + SignedDuration::from_hours(1);
    assert!(!it.miss(window, ahead), "one listing proves nothing");
    assert!(!it.miss(window, now()));
    assert!(!it.miss(window, now() + SignedDuration::from_mins(2)));
    assert!(it.miss(window, now() + window));
    it.take_in(listed(&[attachment()], Vec::new()), &mut counter(), now());
    assert_eq!(it.missing_since, None);
    assert!(
        !it.miss(SignedDuration::ZERO, now()),
        "one listing proves nothing"
    );
}

#[test]
fn a_place_is_compared_as_the_cloud_does() {
    let it = orphan(Provider::Azure);
    let place = |region: &str, group: Option<&str>| OrphanPlace {
        account: "cloud".parse().unwrap(),
        provider: Provider::Azure,
        region: region.to_owned(),
        group: group.map(str::to_owned),
    };
    assert!(it.is_in(&place("westeurope", Some("gROUP"))));
    assert!(!it.is_in(&place("westeurope", Some("other"))));
    assert!(!it.is_in(&place("northeurope", Some("Group"))));
    assert!(!it.is_in(&place("westeurope", None)));
}

#[test]
fn a_row_is_read_as_it_was_written() {
    let mut it = orphan(Provider::Azure);
    let connections = vec![connection("a", Admission::Approved)];
    it.take_in(
        listed(&[attachment(), balancer()], connections),
        &mut counter(),
        now(),
    );
    it.request_removal("up-s1", "operator", now()).unwrap();
    let text = serde_json::to_string(&it).unwrap();
    assert_eq!(serde_json::from_str::<Orphan>(&text).unwrap(), it);
}
