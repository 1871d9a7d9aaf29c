//! A cloud before and after requests.

use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::change::{Change, RestoreError};
use crate::cloud_model::CloudModel;
use crate::reply::Reply;

/// Seconds from 1970 to the time of the requests.
const NOW: SignedDuration = SignedDuration::from_secs(1_800_000_000);

/// The most changes that time makes after a few requests: 1,000.
const MOST_STEPS: usize = 1000;

/// A cloud with resources, and the journal that gives it back.
pub(crate) struct Scenario<M> {
    cloud: M,
    journal: Vec<Change>,
    restore: fn(Vec<Change>) -> Result<M, RestoreError>,
}

impl<M: CloudModel<Reply = Reply> + Clone> Scenario<M> {
    /// Begins with a cloud that accepts these requests.
    pub(crate) fn new(
        mut cloud: M,
        requests: impl IntoIterator<Item = M::Request>,
        restore: fn(Vec<Change>) -> Result<M, RestoreError>,
    ) -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let now = Timestamp::UNIX_EPOCH + NOW;
        for (number, request) in requests.into_iter().enumerate() {
            let reply = cloud.handle(&request, now, &mut rng);
            let (status, body) = (reply.status, reply.body);
            assert!(status < 300, "request {number}: {status} {body:?}");
        }
        settle(&mut cloud, now);
        cloud.take_changes();
        Self {
            journal: cloud.snapshot(),
            cloud,
            restore,
        }
    }

    /// Sends requests to a copy of the cloud, and lets time pass until it is settled.
    pub(crate) fn send(
        &self,
        requests: impl IntoIterator<Item = M::Request>,
        check: impl Fn(&M::Request, &Reply),
    ) {
        let mut cloud = self.cloud.clone();
        let mut rng = StdRng::seed_from_u64(2);
        let now = Timestamp::UNIX_EPOCH + NOW;
        for request in requests {
            let reply = cloud.handle(&request, now, &mut rng);
            assert!(reply.status < 500, "{} {:?}", reply.status, reply.body);
            check(&request, &reply);
        }
        settle(&mut cloud, now);
        let changes = cloud.take_changes();
        let (bindings, probes) = (cloud.bindings(), cloud.probes(now));
        if changes.is_empty() {
            return;
        }
        let journal = self.journal.iter().cloned().chain(changes).collect();
        let restored = (self.restore)(journal).expect("the journal can be read");
        assert_eq!(
            restored.snapshot(),
            cloud.snapshot(),
            "the cloud is given back"
        );
        assert_eq!(restored.bindings(), bindings, "so are its listeners");
        assert!(restored.probes(now) == probes, "and its probes");
    }
}

/// Lets time pass until no change is due.
fn settle(cloud: &mut impl CloudModel, mut now: Timestamp) {
    for _ in 0..MOST_STEPS {
        let Some(due) = cloud.next_due() else {
            return;
        };
        now = now.max(due);
        cloud.advance(now);
    }
    assert_eq!(cloud.next_due(), None, "time comes to rest");
}
