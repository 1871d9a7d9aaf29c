//! A cloud of networks and addresses that can be changed, and that can lie.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use underpass_clouds::{
    Cloud, Error, ErrorKind, Finding, Listing, PlacedAttachment, Report, Scope,
};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::{AzurePart, Confirmed, Facts, Part, Spec};
use underpass_model::published_network::PublishedNetwork;
use underpass_model::reconcile::{AbsenceRule, Evidence, Outcome, Step};
use underpass_model::vpc::SUBNET_RANGE_DIFFERS;
use underpass_server::limits::CurrentLimits;
use underpass_server::reconcile::{Engine, reconcile_pass, sweep_all};
use underpass_store::Room;

use crate::world::World;

/// The absence rule of these tests.
const ABSENCE: AbsenceRule = AbsenceRule {
    window: SignedDuration::from_secs(60),
};

/// The cloud.
#[derive(Default)]
pub(crate) struct NetworkCloud {
    parts: Mutex<BTreeMap<(String, Part), Confirmed>>,
    /// Parts that exist, and are neither listed nor found.
    hidden: Mutex<BTreeSet<Part>>,
    /// Parts that exist, and are not listed.
    unlisted: Mutex<BTreeSet<Part>>,
    /// Subnets whose policy is on.
    reset: AtomicBool,
    /// A resource of another owner is in every resource group.
    inhabited: AtomicBool,
    /// Parts of which no write is accepted, as they have another range.
    refused: Mutex<BTreeSet<Part>>,
    writes: Mutex<Vec<String>>,
    reads: AtomicUsize,
    listings: AtomicUsize,
    fails: AtomicBool,
    /// The reason for which listings leave every object out.
    left_out: Mutex<Option<String>>,
}

fn policy() -> Part {
    Part::Azure(AzurePart::NatPolicy)
}

impl NetworkCloud {
    pub(crate) fn delete(&self, part: &Part) {
        self.parts.lock().unwrap().retain(|(_, it), _| it != part);
    }

    pub(crate) fn change(&self, part: &Part, spec: &Spec) {
        for ((_, it), confirmed) in self.parts.lock().unwrap().iter_mut() {
            if it == part {
                confirmed.spec = spec.clone();
            }
        }
    }

    pub(crate) fn restore(&self, object: &str, part: &Part, address: &str) {
        let confirmed = confirmed(&Spec::Present, Some(&address.to_owned()));
        let key = (object.to_owned(), part.clone());
        self.parts.lock().unwrap().insert(key, confirmed);
    }

    /// Deletes a part and makes it again, as another object.
    pub(crate) fn replace(&self, part: &Part, instance: &str) {
        for ((_, it), confirmed) in self.parts.lock().unwrap().iter_mut() {
            if it == part {
                confirmed.facts.instance = Some(instance.to_owned());
            }
        }
    }

    pub(crate) fn hide(&self, part: &Part) {
        self.hidden.lock().unwrap().insert(part.clone());
    }

    pub(crate) fn refuse(&self, part: &Part) {
        self.refused.lock().unwrap().insert(part.clone());
    }

    pub(crate) fn unlist(&self, part: &Part) {
        self.unlisted.lock().unwrap().insert(part.clone());
    }

    pub(crate) fn tell_the_truth(&self) {
        self.hidden.lock().unwrap().clear();
        self.unlisted.lock().unwrap().clear();
    }

    pub(crate) fn reset_policies(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }

    pub(crate) fn inhabit(&self, is_inhabited: bool) {
        self.inhabited.store(is_inhabited, Ordering::Relaxed);
    }

    pub(crate) fn leave_out(&self, reason: &str) {
        *self.left_out.lock().unwrap() = Some(reason.to_owned());
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::Relaxed);
    }

    /// The writes since the last call, as the action and the part.
    pub(crate) fn writes(&self) -> Vec<String> {
        std::mem::take(&mut *self.writes.lock().unwrap())
    }

    /// The reads and the listings since the last call.
    pub(crate) fn calls(&self) -> (usize, usize) {
        let taken = |count: &AtomicUsize| count.swap(0, Ordering::Relaxed);
        (taken(&self.reads), taken(&self.listings))
    }

    fn outcome(&self, object: &str, part: &Part) -> Outcome {
        if self.hidden.lock().unwrap().contains(part) {
            return Outcome::Absent(Evidence::ParentLacks);
        }
        let parts = self.parts.lock().unwrap();
        let found = parts.get(&(object.to_owned(), part.clone()));
        match found {
            Some(_) if *part == policy() && self.reset.load(Ordering::Relaxed) => {
                Outcome::Absent(Evidence::FieldReset)
            }
            Some(confirmed) => Outcome::Ready(confirmed.clone()),
            None => Outcome::Absent(Evidence::ParentLacks),
        }
    }
}

fn confirmed(spec: &Spec, address: Option<&String>) -> Confirmed {
    Confirmed {
        spec: spec.clone(),
        tag: None,
        facts: Facts {
            id: Some("id".to_owned()),
            alias: None,
            address: address.map(|it| it.parse().unwrap()),
            ..Facts::default()
        },
    }
}

fn refusal(kind: ErrorKind) -> Error {
    Error {
        kind,
        action: "list networks".to_owned(),
        code: "Denied".to_owned(),
        message: "no".to_owned(),
        remedy: None,
        status: None,
        source: None,
    }
}

#[async_trait]
impl Cloud for NetworkCloud {
    async fn perform(
        &self,
        target: &CloudTarget,
        step: &Step,
        _: Timestamp,
    ) -> Result<Report, Error> {
        let part = step.part().clone();
        let key = (target.object.clone(), part.clone());
        let outcome = match step {
            Step::Read(_) | Step::Poll { .. } => {
                self.reads.fetch_add(1, Ordering::Relaxed);
                self.outcome(&target.object, &part)
            }
            Step::Put { .. } if self.refused.lock().unwrap().contains(&part) => {
                return Err(Error {
                    kind: ErrorKind::Invalid,
                    action: format!("write {part}"),
                    code: SUBNET_RANGE_DIFFERS.to_owned(),
                    message: "it has another range".to_owned(),
                    remedy: Some("Delete it".to_owned()),
                    status: None,
                    source: None,
                });
            }
            Step::Put { spec, .. } => {
                self.writes.lock().unwrap().push(format!("put {part}"));
                if part == policy() {
                    self.reset.store(false, Ordering::Relaxed);
                }
                let mut parts = self.parts.lock().unwrap();
                let address = format!("203.0.113.{}", parts.len() + 1);
                let has_address = part == Part::Azure(AzurePart::Address);
                let confirmed = confirmed(spec, has_address.then_some(&address));
                parts.insert(key, confirmed.clone());
                Outcome::Ready(confirmed)
            }
            Step::Survey(_) | Step::Delete(Part::Azure(AzurePart::Group))
                if self.inhabited.load(Ordering::Relaxed) =>
            {
                return Err(Error {
                    code: "GroupNotEmpty".to_owned(),
                    ..refusal(ErrorKind::Retry { after: None })
                });
            }
            Step::Survey(_) => Outcome::Empty,
            Step::Delete(_) => {
                self.writes.lock().unwrap().push(format!("delete {part}"));
                self.parts.lock().unwrap().remove(&key);
                Outcome::Gone
            }
        };
        Ok(Report {
            outcome,
            connections: None,
        })
    }

    async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, Error> {
        Ok(Listing::default())
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        Ok(Vec::new())
    }

    async fn networks(&self, targets: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        self.listings.fetch_add(1, Ordering::Relaxed);
        if self.fails.load(Ordering::Relaxed) {
            return Err(refusal(ErrorKind::Denied));
        }
        let mut listing = Listing::default();
        if let Some(reason) = &*self.left_out.lock().unwrap() {
            let left_out = targets.iter().map(|it| (it.object.clone(), reason.clone()));
            listing.unlisted = left_out.collect();
            return Ok(listing);
        }
        listing.coverage.add(Part::is_of_network);
        let unlisted = self.unlisted.lock().unwrap().clone();
        let parts: Vec<_> = self.parts.lock().unwrap().keys().cloned().collect();
        for (object, part) in parts {
            let is_asked = targets.iter().any(|target| target.object == object);
            if !is_asked || unlisted.contains(&part) {
                continue;
            }
            let outcome = self.outcome(&object, &part);
            if outcome == Outcome::Absent(Evidence::ParentLacks) {
                continue;
            }
            listing.findings.push(Finding {
                object,
                part,
                resource: "id".to_owned(),
                managed: None,
                related: BTreeMap::new(),
                outcome,
                connections: None,
                origin: None,
                network: PublishedNetwork::default(),
            });
        }
        Ok(listing)
    }
}

/// The engine of these tests.
pub(crate) fn engine(world: &World) -> Engine {
    Engine {
        absence: ABSENCE,
        limits: CurrentLimits::default(),
        ..world.engine()
    }
}

/// Runs every pass that is due, until none is.
pub(crate) async fn settle(world: &World, engine: &Engine) {
    for _ in 0..100 {
        let (now, lease) = (world.now(), world.now() + SignedDuration::from_mins(10));
        let room = Room::of(100);
        let claims = engine.store.claim("test", now, lease, &room);
        let claims = claims.await.unwrap();
        if claims.is_empty() {
            return;
        }
        for claim in claims {
            reconcile_pass(engine, &claim, lease).await.unwrap();
        }
    }
    panic!("work remains due");
}

/// Lists everything, and runs what is due.
pub(crate) async fn sweep(world: &World, engine: &Engine) {
    sweep_all(engine, underpass_clouds::Depth::Everything)
        .await
        .unwrap();
    settle(world, engine).await;
}

/// Lists, and runs what is due until an absence is proven.
pub(crate) async fn sweep_until_proven(world: &World, engine: &Engine) {
    sweep(world, engine).await;
    for _ in 0..3 {
        world.pass(SignedDuration::from_secs(31));
        settle(world, engine).await;
    }
}
