//! An account that never answers takes nothing of another one, and a client that polls nothing of
//! the discovery.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;
use underpass_clouds::{Cloud, Depth, Error, ErrorKind, Listing, PlacedAttachment, Report, Scope};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::{Confirmed, Facts};
use underpass_model::reconcile::{Outcome, Step};
use underpass_model::work::Priority;
use underpass_server::reconcile::{RefreshOutcome, Sweeper, Wakeup, Workers, reconcile_pass};
use underpass_store::{Claim, Memory, Room};

use crate::published::{self, ALLOWED, LINK, OURS};
use crate::published_google;
use crate::world::World;

/// Objects of the account that does not answer: more than there are passes in all.
const DEAD: u32 = 100;

/// Most concurrent passes of one account.
const PASSES_PER_ACCOUNT: usize = 8;

/// Time of each call of the account that answers.
const CALL: Duration = Duration::from_millis(10);

/// Time within which a busy machine does what takes milliseconds; an account that never answers
/// takes longer.
const SOON: Duration = Duration::from_secs(5);

/// Interval of sweeps in the background.
const INTERVAL: Duration = Duration::from_millis(200);

/// A cloud whose Azure account does as it is told, and whose Google account does not answer.
#[derive(Default)]
struct OneDead {
    /// Calls of the account that does not answer, which are all still under way.
    unanswered: AtomicUsize,
    listings: Mutex<BTreeMap<String, Vec<Depth>>>,
}

impl OneDead {
    async fn never<T>(&self) -> T {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        std::future::pending().await
    }

    /// The listings of a region, and how many of them were full.
    fn listings(&self, region: &str) -> (usize, usize) {
        let listings = self.listings.lock().unwrap();
        let of_region = listings.get(region).cloned().unwrap_or_default();
        let full = of_region.iter().filter(|it| **it == Depth::Everything);
        (of_region.len(), full.count())
    }
}

#[async_trait]
impl Cloud for OneDead {
    async fn perform(
        &self,
        target: &CloudTarget,
        step: &Step,
        _: Timestamp,
    ) -> Result<Report, Error> {
        if target.account.as_str() == "google" {
            return self.never().await;
        }
        tokio::time::sleep(CALL).await;
        let outcome = match step {
            Step::Put { spec, .. } => Outcome::Ready(Confirmed {
                spec: spec.clone(),
                tag: None,
                facts: Facts::default(),
            }),
            Step::Survey(_) => Outcome::Empty,
            Step::Read(_) | Step::Delete(_) | Step::Poll { .. } => Outcome::Gone,
        };
        Ok(Report {
            outcome,
            connections: None,
        })
    }

    async fn sweep(&self, scope: &Scope, _: Timestamp) -> Result<Listing, Error> {
        self.listings
            .lock()
            .unwrap()
            .entry(scope.region.clone())
            .or_default()
            .push(scope.depth);
        if scope.region == "europe-west1" {
            return self.never().await;
        }
        tokio::time::sleep(CALL).await;
        Ok(Listing::default())
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        Ok(Vec::new())
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        Ok(Listing::default())
    }
}

/// A cloud whose every call fails in this way; `None`: none does.
#[derive(Default)]
pub(crate) struct Failing {
    pub(crate) error: Mutex<Option<(ErrorKind, Option<u16>)>>,
    calls: AtomicUsize,
}

impl Failing {
    #[expect(
        clippy::result_large_err,
        reason = "the trait's methods return this error"
    )]
    fn answer(&self) -> Result<(), Error> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match *self.error.lock().unwrap() {
            None => Ok(()),
            Some((kind, status)) => Err(Error {
                kind,
                action: "list attachments".to_owned(),
                code: "Unanswered".to_owned(),
                message: "cloud.test did not answer".to_owned(),
                remedy: None,
                status,
                source: None,
            }),
        }
    }
}

#[async_trait]
impl Cloud for Failing {
    async fn perform(&self, _: &CloudTarget, _: &Step, _: Timestamp) -> Result<Report, Error> {
        self.answer().map(|()| Report {
            outcome: Outcome::Gone,
            connections: None,
        })
    }

    async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, Error> {
        self.answer().map(|()| Listing::default())
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        self.answer().map(|()| Vec::new())
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        Ok(Listing::default())
    }
}

async fn world_of(cloud: &Arc<impl Cloud + 'static>) -> World {
    let cloud = Arc::clone(cloud) as Arc<dyn Cloud>;
    World::with(Arc::new(Memory::new()), cloud, |_unused| {}).await
}

/// Runs workers until the test ends.
fn work(world: &World) {
    let workers = Workers::new(world.engine(), world.app.wakeup.clone(), "test".to_owned());
    tokio::spawn(async move {
        let (_keeps_running, shutdown) = watch::channel(false);
        workers.run(shutdown).await;
    });
}

async fn vpc(world: &World, cloud: &str, number: u32) -> String {
    let cidr = format!("10.{}.{}.0/24", 64 + number / 200, number % 200);
    let asked = json!({"cloud_name": cloud, "network_cidr": cidr});
    let vpc = world.admin().post("/v1/project/demo/vpcs", asked).await;
    vpc.ok()["project_vpc_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_account_that_never_answers_delays_no_pass_of_another() {
    let cloud = Arc::new(OneDead::default());
    let world = world_of(&cloud).await;
    for number in 0..DEAD {
        vpc(&world, "google-europe-west1", number).await;
    }
    work(&world);
    let passes = || cloud.unanswered.load(Ordering::Relaxed);
    let begin = Instant::now();
    while passes() < PASSES_PER_ACCOUNT {
        assert!(begin.elapsed() < SOON);
        tokio::time::sleep(CALL).await;
    }
    let begin = Instant::now();
    let id = vpc(&world, "azure-westeurope", 250).await;
    let path = format!("/v1/project/demo/vpcs/{id}");
    loop {
        let shown = world.admin().get(&path).await.ok();
        if shown["state"] == "ACTIVE" {
            break;
        }
        assert!(begin.elapsed() < SOON, "{shown}");
        tokio::time::sleep(CALL).await;
    }
    assert_eq!(passes(), PASSES_PER_ACCOUNT, "of {DEAD} objects");
}

#[tokio::test]
async fn an_account_that_never_answers_delays_no_sweep_of_another() {
    let cloud = Arc::new(OneDead::default());
    let world = world_of(&cloud).await;
    published::with_link(&world).await;
    published_google::active_vpc(&world).await;
    let (sweeper, handle) = Sweeper::new(world.engine(), Wakeup::new(), Some(INTERVAL));
    let (_keeps_running, shutdown) = watch::channel(false);
    tokio::spawn(sweeper.run(shutdown));
    let begin = Instant::now();
    while cloud.listings("europe-west1").0 == 0 || cloud.listings("westeurope").0 < 4 {
        assert!(begin.elapsed() < SOON);
        tokio::time::sleep(CALL).await;
    }
    let outcome = handle.fresh(&published::work(), SOON).await;
    assert_eq!(outcome, RefreshOutcome::Recorded);
    assert_eq!(cloud.listings("europe-west1"), (1, 1));
}

#[tokio::test]
async fn a_client_that_polls_keeps_no_sweep_from_running() {
    let cloud = Arc::new(OneDead::default());
    let world = world_of(&cloud).await;
    published::with_link(&world).await;
    let (sweeper, handle) = Sweeper::new(world.engine(), Wakeup::new(), Some(INTERVAL));
    let (_keeps_running, shutdown) = watch::channel(false);
    tokio::spawn(sweeper.run(shutdown));
    let end = Instant::now() + 16 * INTERVAL;
    while Instant::now() < end {
        handle.fresh(&published::work(), INTERVAL / 2).await;
    }
    let (all, full) = cloud.listings("westeurope");
    assert!(all - full >= 8, "{} in the background", all - full);
    // The first one in the background, and one a second on request.
    assert!(full <= 6, "{full} on request");
}

#[tokio::test]
async fn a_scope_is_listed_on_request_at_most_once_a_second() {
    let cloud = Arc::new(OneDead::default());
    let world = world_of(&cloud).await;
    published::with_link(&world).await;
    let (sweeper, handle) = Sweeper::new(world.engine(), Wakeup::new(), None);
    let (_keeps_running, shutdown) = watch::channel(false);
    tokio::spawn(sweeper.run(shutdown));
    let begin = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let handle = handle.clone();
        clients.spawn(async move {
            let mut answers = 0;
            while begin.elapsed() < Duration::from_secs(2) {
                let outcome = handle.fresh(&published::work(), SOON).await;
                assert_eq!(outcome, RefreshOutcome::Recorded);
                answers += 1;
            }
            answers
        });
    }
    let answers: usize = clients.join_all().await.into_iter().sum();
    let (listings, _) = cloud.listings("westeurope");
    let seconds = usize::try_from(begin.elapsed().as_secs()).unwrap();
    assert!(listings <= seconds + 2, "{listings} in {seconds} s");
    assert!(answers >= 40, "clients share listings: {answers}");
}

async fn conditions(world: &World) -> Vec<Value> {
    let path = format!("{OURS}/privatelink/azure");
    let link = world.admin().get(&path).await.ok();
    let conditions = link["conditions"].as_array().unwrap().iter();
    let of_account = conditions.filter(|it| it["type"] == "account_reachable");
    of_account.cloned().collect()
}

#[tokio::test]
async fn an_account_that_fails_is_called_now_and_then_and_shown() {
    let cloud = Arc::new(Failing::default());
    let world = world_of(&cloud).await;
    published::with_link(&world).await;
    *cloud.error.lock().unwrap() = Some((ErrorKind::InDoubt, None));
    let engine = world.engine();
    let sweep = async || {
        let before = cloud.calls.load(Ordering::Relaxed);
        underpass_server::reconcile::sweep_all(&engine, Depth::Connections)
            .await
            .unwrap();
        cloud.calls.load(Ordering::Relaxed) - before
    };
    for _ in 0..5 {
        assert_eq!(conditions(&world).await, [Value::Null; 0]);
        assert_eq!(sweep().await, 1);
    }
    assert_eq!(sweep().await, 0, "it waits");
    let [shown] = conditions(&world).await.try_into().unwrap();
    assert_eq!(shown["status"], "false");
    assert_eq!(shown["reason"], "AccountUnreachable");
    assert_eq!(shown["since"], "2027-01-15T08:00:00Z");
    let text = shown["message"].as_str().unwrap();
    assert!(text.contains("cloud.test did not answer"), "{text}");
    let metrics = world.admin().get("/metrics").await.text;
    let sample =
        |value: u8| format!("underpass_cloud_account_reachable{{account=\"azure\"}} {value}");
    assert!(metrics.contains(&sample(0)), "{metrics}");
    let overview = "/v1/underpass/project/demo/overview";
    let overview = world.admin().get(overview).await.ok();
    assert_eq!(overview["conditions"][0]["reason"], "AccountUnreachable");
    // One attempt, then a longer pause.
    world.pass(SignedDuration::from_secs(2));
    assert_eq!((sweep().await, sweep().await), (1, 0));
    world.pass(SignedDuration::from_secs(2));
    assert_eq!(sweep().await, 0);
    *cloud.error.lock().unwrap() = None;
    world.pass(SignedDuration::from_secs(2));
    assert_eq!((sweep().await, sweep().await), (1, 1), "it answers again");
    assert_eq!(conditions(&world).await, [Value::Null; 0]);
    let metrics = world.admin().get("/metrics").await.text;
    assert!(metrics.contains(&sample(1)), "{metrics}");
}

#[tokio::test]
async fn an_account_that_limits_requests_is_left_alone_for_as_long_as_it_asks() {
    let cloud = Arc::new(Failing::default());
    let world = world_of(&cloud).await;
    published::with_link(&world).await;
    let after = Some(SignedDuration::from_secs(30));
    *cloud.error.lock().unwrap() = Some((ErrorKind::Retry { after }, Some(429)));
    let (sweeper, handle) = Sweeper::new(world.engine(), Wakeup::new(), None);
    let (_keeps_running, shutdown) = watch::channel(false);
    tokio::spawn(sweeper.run(shutdown));
    let mut reasons = Vec::new();
    for _ in 0..2 {
        let outcome = handle.fresh(&published::work(), SOON).await;
        let RefreshOutcome::Failed(failure) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(failure.is_passing, "it ends without a person");
        reasons.push(failure.reason);
    }
    assert_eq!(cloud.calls.load(Ordering::Relaxed), 1);
    insta::assert_snapshot!(reasons[1], @"account `azure` limits requests until 2027-01-15T08:00:30Z");
    assert_eq!(conditions(&world).await, [Value::Null; 0], "no outage");
    *cloud.error.lock().unwrap() = None;
    world.pass(SignedDuration::from_secs(30));
    let outcome = handle.fresh(&published::work(), SOON).await;
    assert_eq!(outcome, RefreshOutcome::Recorded);
}

async fn claim(world: &World) -> Vec<Claim> {
    let now = world.now();
    let until = now + SignedDuration::from_mins(3);
    let store = &world.app.store;
    let claims = store.claim("test", now, until, &Room::of(100)).await;
    claims.unwrap()
}

#[tokio::test]
async fn a_failed_pass_has_a_low_priority_until_the_link_is_changed() {
    let cloud = Arc::new(Failing::default());
    let world = world_of(&cloud).await;
    published::with_link(&world).await;
    *cloud.error.lock().unwrap() = Some((ErrorKind::Retry { after: None }, Some(409)));
    let engine = world.engine();
    for claim in claim(&world).await {
        let until = world.now() + SignedDuration::from_mins(3);
        assert_eq!(claim.priority, Priority::User);
        reconcile_pass(&engine, &claim, until).await.unwrap();
    }
    world.pass(SignedDuration::from_mins(1));
    let again = claim(&world).await;
    let link = |claims: &[Claim]| {
        let link = claims.iter().find(|claim| claim.key == published::work());
        link.cloned().unwrap()
    };
    assert_eq!(link(&again).priority, Priority::Background);
    assert_eq!(link(&again).account, Some("azure".parse().unwrap()));
    world.pass(SignedDuration::from_mins(5));
    let allowed =
        json!({"user_subscription_ids": [ALLOWED, "11111111-1111-4111-8111-111111111111"]});
    world.admin().put(LINK, allowed).await.ok();
    assert_eq!(link(&claim(&world).await).priority, Priority::User);
}
