//! Observations of a link on Google after the listing of a region.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use underpass_clouds::{
    Cloud, Depth, Error, ErrorKind, Finding, LinkOrigin, Listing, PlacedAttachment, Report, Scope,
};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::ended_link::EndedLink;
use underpass_model::part::{
    Confirmed, Facts, GooglePart, GoogleSpec, Observed, Part, Phase, Spec,
};
use underpass_model::published_network::PublishedNetwork;
use underpass_model::reconcile::{Outcome, Step};
use underpass_server::reconcile::{Engine, sweep_all};
use underpass_store::{Change, Error as StoreError, Fetched, Key, Kind, Lookup, Store, StoreLayer};

use crate::google_endpoint::stored;
use crate::network_cloud::settle;
use crate::published_google::{with_active_link, work};
use crate::world::{World, seen};

/// A cloud that lists these parts of the link, and remembers what it was asked for.
#[derive(Default)]
struct Listed {
    parts: Mutex<Vec<(Part, Spec)>>,
    link: Mutex<String>,
    scopes: Mutex<Vec<Scope>>,
    /// The attachments of the whole account.
    account: Mutex<Vec<PlacedAttachment>>,
    /// The provider's number of the attachment; a cloud with one can be read.
    instance: Mutex<Option<String>>,
}

impl Listed {
    fn confirmed(&self, part: &Part, spec: &Spec) -> Confirmed {
        let instance = self.instance.lock().unwrap().clone();
        Confirmed {
            spec: spec.clone(),
            tag: None,
            facts: Facts {
                instance: instance.filter(|_| *part == Part::Attachment),
                ..Facts::default()
            },
        }
    }
}

fn endpoints() -> Part {
    Part::Google(GooglePart::Endpoints("europe-west1-b".to_owned()))
}

fn parts() -> Vec<(Part, Spec)> {
    let instances =
        ["a", "b"].map(|name| format!("projects/p/zones/europe-west1-b/instances/{name}"));
    vec![
        (Part::Google(GooglePart::Deny), firewall(&[])),
        (
            Part::Google(GooglePart::HealthCheck),
            Spec::Google(GoogleSpec::HealthCheck { port: 15432 }),
        ),
        (
            endpoints(),
            Spec::Google(GoogleSpec::Endpoints {
                instances: instances.into(),
            }),
        ),
        (Part::Google(GooglePart::ForwardingRule), Spec::Present),
        (
            Part::Attachment,
            Spec::Google(GoogleSpec::ServiceAttachment {
                nat: BTreeSet::new(),
                accept: BTreeSet::new(),
                reject: BTreeSet::new(),
            }),
        ),
    ]
}

fn firewall(ports: &[u16]) -> Spec {
    Spec::Google(GoogleSpec::Firewall {
        sources: BTreeSet::new(),
        ports: ports.iter().copied().collect(),
    })
}

/// Returns the observations after a listing that differs by `change`.
async fn listed(
    depth: Depth,
    change: impl FnOnce(&mut Vec<(Part, Spec)>),
) -> (Observed, Vec<Scope>) {
    let cloud = Arc::new(Listed::default());
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    with_active_link(&world).await;
    let known = parts().into_iter();
    let known = known.map(|(part, spec)| (part, spec, Facts::default()));
    world.observe(&work(), &seen(known)).await;
    let mut found = parts();
    for (part, spec) in &mut found {
        if *part == endpoints() {
            *spec = Spec::Google(GoogleSpec::EndpointCount(2));
        }
    }
    change(&mut found);
    *cloud.parts.lock().unwrap() = found;
    *cloud.link.lock().unwrap() = stored(&world).await.0.id.to_string();
    sweep_all(&world.engine(), depth).await.unwrap();
    let scopes = cloud.scopes.lock().unwrap().clone();
    (stored(&world).await.2, scopes)
}

#[tokio::test]
async fn an_endpoint_that_was_exchanged_for_another_is_noticed() {
    let exchanged = || {
        Spec::Google(GoogleSpec::Endpoints {
            instances: BTreeSet::from(["rogue".to_owned(), "another".to_owned()]),
        })
    };
    let (observed, _) = listed(Depth::Everything, |found| {
        for (part, spec) in found {
            if *part == endpoints() {
                *spec = exchanged();
            }
        }
    })
    .await;
    assert_eq!(observed.last(&endpoints()).unwrap().spec, exchanged());
}

fn is_suspected(observed: &Observed, part: &Part) -> bool {
    matches!(observed.parts[part].phase, Phase::Missing { .. })
}

#[tokio::test]
async fn a_listing_that_agrees_changes_nothing() {
    let (observed, scopes) = listed(Depth::Everything, |_| {}).await;
    let known = parts().into_iter();
    let known = known.map(|(part, spec)| (part, spec, Facts::default()));
    assert_eq!(observed, seen(known), "two machines are two machines");
    let everything = Scope {
        region: "europe-west1".to_owned(),
        group: None,
        depth: Depth::Everything,
    };
    assert_eq!(scopes, [everything]);
}

#[tokio::test]
async fn what_drifted_or_went_is_noticed_by_a_full_listing() {
    let (observed, _) = listed(Depth::Everything, |found| {
        found.retain(|(part, _)| *part != Part::Google(GooglePart::ForwardingRule));
        for (part, spec) in found {
            if *part == endpoints() {
                *spec = Spec::Google(GoogleSpec::EndpointCount(1));
            }
            if *part == Part::Google(GooglePart::Deny) {
                *spec = firewall(&[22]);
            }
        }
    })
    .await;
    assert!(is_suspected(
        &observed,
        &Part::Google(GooglePart::ForwardingRule)
    ));
    assert_eq!(
        observed.last(&endpoints()).unwrap().spec,
        Spec::Google(GoogleSpec::EndpointCount(1))
    );
    assert_eq!(
        observed.last(&Part::Google(GooglePart::Deny)).unwrap().spec,
        firewall(&[22])
    );
    assert!(!is_suspected(
        &observed,
        &Part::Google(GooglePart::HealthCheck)
    ));
}

#[tokio::test]
async fn a_listing_of_connections_tells_of_the_attachment_alone() {
    let (observed, _) = listed(Depth::Connections, |found| {
        found.retain(|(part, _)| *part == Part::Attachment);
    })
    .await;
    assert!(
        parts()
            .iter()
            .all(|(part, _)| !is_suspected(&observed, part))
    );
    let (observed, _) = listed(Depth::Connections, Vec::clear).await;
    let suspected = parts().into_iter().map(|(part, _)| part);
    let suspected: Vec<_> = suspected
        .filter(|part| is_suspected(&observed, part))
        .collect();
    assert_eq!(suspected, [Part::Attachment]);
}

#[tokio::test]
async fn an_attachment_that_was_made_again_is_taken_over_by_a_read_with_an_event() {
    let cloud = Arc::new(Listed::default());
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    with_active_link(&world).await;
    let known = parts().into_iter().map(|(part, spec)| {
        let instance = (part == Part::Attachment).then(|| "1".to_owned());
        let facts = Facts {
            instance,
            ..Facts::default()
        };
        (part, spec, facts)
    });
    world.observe(&work(), &seen(known)).await;
    *cloud.parts.lock().unwrap() = parts();
    *cloud.link.lock().unwrap() = stored(&world).await.0.id.to_string();
    *cloud.instance.lock().unwrap() = Some("2".to_owned());
    let instance = |observed: &Observed| {
        let last = observed.last(&Part::Attachment).unwrap();
        last.facts.instance.clone().unwrap()
    };
    sweep_all(&world.engine(), Depth::Connections)
        .await
        .unwrap();
    let observed = stored(&world).await.2;
    assert!(matches!(
        observed.parts[&Part::Attachment].phase,
        Phase::Unknown { .. }
    ));
    assert_eq!(instance(&observed), "1", "a listing alone proves nothing");

    settle(&world, &world.engine()).await;
    assert_eq!(instance(&stored(&world).await.2), "2");
    let events = world.history().await;
    let replaced = events
        .iter()
        .filter(|it| *it == "link.published_again")
        .count();
    assert_eq!(replaced, 1, "{events:?}");
}

/// Reads the only orphan.
async fn orphan(world: &World) -> Value {
    let listed = world.admin().get("/v1/underpass/recovery/orphans").await;
    let listed = listed.ok();
    assert_eq!(listed["orphans"].as_array().unwrap().len(), 1, "{listed}");
    listed["orphans"][0].clone()
}

#[tokio::test]
async fn what_has_no_owner_is_listed_and_is_ours_only_if_that_is_proven() {
    let cloud = Arc::new(Listed::default());
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    with_active_link(&world).await;
    let orphan_id = "s0a1b2c3d4e5f";
    *cloud.parts.lock().unwrap() = parts();
    *cloud.link.lock().unwrap() = orphan_id.to_owned();
    sweep_all(&world.engine(), Depth::Connections)
        .await
        .unwrap();
    let none = world.admin().get("/v1/underpass/recovery/orphans").await;
    assert_eq!(
        none.ok(),
        json!({"incomplete": [], "orphans": []}),
        "only a full listing"
    );

    sweep_all(&world.engine(), Depth::Everything).await.unwrap();
    let found = orphan(&world).await;
    assert_eq!(found["orphan_id"], orphan_id);
    assert_eq!(
        found["is_proven"], false,
        "it may be another installation's"
    );
    assert_eq!(found["service_name"], "lost-1");
    assert_eq!(found["parts"].as_array().unwrap().len(), parts().len());
    let why = found["removal_refused"].as_str().unwrap();
    assert!(why.contains("no proof that this installation"), "{why}");

    // A link that the store remembers as ended was made here.
    let ended = EndedLink {
        managed: "link/demo/lost-1/google".to_owned(),
        ended_at: world.now() - jiff::SignedDuration::from_mins(1),
    };
    let change = Change::new()
        .put(Key::ended_link(orphan_id), &ended)
        .unwrap();
    world.app.store.commit(change).await.unwrap();
    sweep_all(&world.engine(), Depth::Everything).await.unwrap();
    let found = orphan(&world).await;
    assert_eq!(found["is_proven"], true);
    assert_eq!(found["removal_refused"], Value::Null);
}

#[tokio::test]
async fn a_link_that_ended_during_the_listing_is_no_orphan() {
    let cloud = Arc::new(Listed::default());
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    with_active_link(&world).await;
    let orphan_id = "s0a1b2c3d4e5f";
    let ended = EndedLink {
        managed: "link/demo/lost-1/google".to_owned(),
        ended_at: world.now() + jiff::SignedDuration::from_mins(1),
    };
    let change = Change::new()
        .put(Key::ended_link(orphan_id), &ended)
        .unwrap();
    world.app.store.commit(change).await.unwrap();
    *cloud.parts.lock().unwrap() = parts();
    *cloud.link.lock().unwrap() = orphan_id.to_owned();
    sweep_all(&world.engine(), Depth::Everything).await.unwrap();
    let listed = world.admin().get("/v1/underpass/recovery/orphans").await;
    assert_eq!(listed.ok(), json!({"incomplete": [], "orphans": []}));
}

#[tokio::test]
async fn a_listed_part_that_was_gone_or_never_seen_is_read_by_the_worker() {
    let cloud = Arc::new(Listed::default());
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    with_active_link(&world).await;
    let known = parts().into_iter();
    let known = known.map(|(part, spec)| (part, spec, Facts::default()));
    let mut observed = seen(known);
    let (gone, unseen) = (
        Part::Google(GooglePart::Deny),
        Part::Google(GooglePart::Allow),
    );
    observed.parts.get_mut(&gone).unwrap().phase = Phase::Gone;
    observed.parts.remove(&unseen);
    world.observe(&work(), &observed).await;
    let mut found = parts();
    found.push((unseen.clone(), firewall(&[5432])));
    *cloud.parts.lock().unwrap() = found;
    *cloud.link.lock().unwrap() = stored(&world).await.0.id.to_string();
    sweep_all(&world.engine(), Depth::Everything).await.unwrap();
    let observed = stored(&world).await.2;
    for part in [gone, unseen] {
        let phase = &observed.parts[&part].phase;
        assert!(matches!(phase, Phase::Unknown { .. }), "{part}: {phase:?}");
    }
    assert!(world.due().await.contains(&work().to_string()));
}

#[tokio::test]
async fn a_link_of_which_nothing_changed_is_not_read() {
    let cloud = Arc::new(Listed::default());
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    with_active_link(&world).await;
    let known = parts().into_iter();
    let known = known.map(|(part, spec)| (part, spec, Facts::default()));
    world.observe(&work(), &seen(known)).await;
    *cloud.parts.lock().unwrap() = parts()
        .into_iter()
        .filter(|(part, _)| *part == Part::Attachment)
        .collect();
    *cloud.link.lock().unwrap() = stored(&world).await.0.id.to_string();
    let reads = Arc::new(AtomicUsize::new(0));
    let engine = Engine {
        store: Arc::new(Counted {
            inner: Arc::clone(&world.app.store),
            observations: Arc::clone(&reads),
        }),
        ..world.engine()
    };
    let read_by_sweep = async || {
        let before = reads.load(Ordering::Relaxed);
        sweep_all(&engine, Depth::Connections).await.unwrap();
        reads.load(Ordering::Relaxed) - before
    };
    assert_eq!(read_by_sweep().await, 1);
    assert_eq!(read_by_sweep().await, 0, "nothing changed");
    cloud.parts.lock().unwrap().clear();
    assert_eq!(read_by_sweep().await, 1, "the cloud shows something else");
    assert_eq!(read_by_sweep().await, 1, "the sweep before changed a row");
    assert_eq!(read_by_sweep().await, 0);
    let protected = json!({"termination_protection": true});
    let service = "/v1/project/demo/service/pg-1";
    world.admin().put(service, protected).await.ok();
    assert_eq!(read_by_sweep().await, 1, "a row of the link changed");
    assert_eq!(read_by_sweep().await, 0);
}

/// A store that counts reads of observations.
struct Counted {
    inner: Arc<dyn Store>,
    observations: Arc<AtomicUsize>,
}

#[async_trait]
impl StoreLayer for Counted {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, StoreError> {
        let reads = |lookup: &&Lookup| matches!(lookup, Lookup::One(Kind::Observed, _));
        let count = lookups.iter().filter(reads).count();
        self.observations.fetch_add(count, Ordering::Relaxed);
        self.inner.fetch(lookups).await
    }
}

/// An attachment in a region without a project VPC, with this proof.
fn elsewhere(proof: &str) -> PlacedAttachment {
    PlacedAttachment {
        scope: Scope {
            region: "europe-west4".to_owned(),
            group: None,
            depth: Depth::Everything,
        },
        finding: Finding {
            object: ELSEWHERE.to_owned(),
            part: Part::Attachment,
            resource: "attachment".to_owned(),
            managed: Some(MANAGED.to_owned()),
            related: BTreeMap::new(),
            outcome: Outcome::Ready(Confirmed {
                spec: Spec::Google(GoogleSpec::ServiceAttachment {
                    nat: BTreeSet::new(),
                    accept: BTreeSet::new(),
                    reject: BTreeSet::new(),
                }),
                tag: None,
                facts: Facts::default(),
            }),
            connections: None,
            origin: Some(LinkOrigin {
                managed: MANAGED.to_owned(),
                proof: proof.to_owned(),
            }),
            network: PublishedNetwork::default(),
        },
    }
}

const ELSEWHERE: &str = "s0a1b2c3d4e77";

const MANAGED: &str = "link/demo/since/google";

/// Lists an account with an attachment elsewhere; returns the listed regions.
async fn listed_account(world: &World, cloud: &Listed, proof: &str) -> Vec<String> {
    *cloud.account.lock().unwrap() = vec![elsewhere(proof)];
    cloud.scopes.lock().unwrap().clear();
    sweep_all(&world.engine(), Depth::Everything).await.unwrap();
    let scopes = cloud.scopes.lock().unwrap();
    scopes.iter().map(|scope| scope.region.clone()).collect()
}

#[tokio::test]
async fn a_scope_that_the_store_lacks_is_listed_if_a_link_in_it_is_ours() {
    let cloud = Arc::new(Listed::default());
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    let orphans = async || {
        let listed = world.admin().get("/v1/underpass/recovery/orphans").await;
        listed.ok()["orphans"].clone()
    };
    assert_eq!(listed_account(&world, &cloud, "foreign").await, [""; 0]);
    let found = orphans().await;
    assert_eq!(found[0]["orphan_id"], ELSEWHERE);
    assert_eq!(listed_account(&world, &cloud, "foreign").await, [""; 0]);
    let proof = world.engine().proof_key.sign_link(ELSEWHERE, MANAGED);
    *cloud.link.lock().unwrap() = ELSEWHERE.to_owned();
    let regions = listed_account(&world, &cloud, &proof).await;
    assert!(!regions.is_empty(), "the whole scope is listed");
    assert!(regions.iter().all(|region| region == "europe-west4"));
}

#[async_trait]
impl Cloud for Listed {
    async fn perform(&self, _: &CloudTarget, step: &Step, _: Timestamp) -> Result<Report, Error> {
        assert!(
            self.instance.lock().unwrap().is_some(),
            "a sweep performed {step:?}"
        );
        let parts = self.parts.lock().unwrap();
        let mut known = parts.iter();
        match (step, known.find(|(part, _)| part == step.part())) {
            (Step::Read(part), Some((_, spec))) => Ok(Report {
                outcome: Outcome::Ready(self.confirmed(part, spec)),
                connections: None,
            }),
            _ => Err(Error {
                kind: ErrorKind::Denied,
                action: "write".to_owned(),
                code: "Denied".to_owned(),
                message: "no".to_owned(),
                remedy: None,
                status: None,
                source: None,
            }),
        }
    }

    async fn sweep(&self, scope: &Scope, _: Timestamp) -> Result<Listing, Error> {
        self.scopes.lock().unwrap().push(scope.clone());
        let object = self.link.lock().unwrap().clone();
        let finding = |(part, spec): &(Part, Spec)| Finding {
            object: object.clone(),
            part: part.clone(),
            resource: part.to_string(),
            managed: Some("link/demo/lost-1/google".to_owned()),
            related: BTreeMap::new(),
            outcome: Outcome::Ready(self.confirmed(part, spec)),
            connections: None,
            origin: None,
            network: PublishedNetwork::default(),
        };
        let mut listing = Listing {
            findings: self.parts.lock().unwrap().iter().map(finding).collect(),
            ..Listing::default()
        };
        let depth = scope.depth;
        listing
            .coverage
            .add(move |part| depth == Depth::Everything || *part == Part::Attachment);
        Ok(listing)
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        Ok(self.account.lock().unwrap().clone())
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        Ok(Listing::default())
    }
}
