use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_clouds::{Listing, PlacedAttachment, Scope};
use underpass_model::cloud_target::{NetworkPlacement, OwnershipTag, Proofs};
use underpass_model::part::AzurePart;

use super::*;

/// A cloud that is overloaded for ever; the signal comes during its first answer.
struct Overloaded {
    stop: watch::Sender<bool>,
    calls: AtomicUsize,
}

#[async_trait]
impl Cloud for Overloaded {
    async fn perform(&self, _: &CloudTarget, _: &Step, _: Timestamp) -> Result<Report, Error> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.stop.send_replace(true);
        Err(Error {
            kind: ErrorKind::Retry { after: None },
            action: "make the part".to_owned(),
            code: "Overloaded".to_owned(),
            message: "try again".to_owned(),
            remedy: None,
            status: Some(503),
            source: None,
        })
    }

    async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, Error> {
        unreachable!("a trial makes no sweep")
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        unreachable!("a trial lists no attachments")
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        unreachable!("no network was made")
    }
}

fn target() -> CloudTarget {
    CloudTarget {
        account: "a".parse().unwrap(),
        region: "westeurope".to_owned(),
        object: "t1".to_owned(),
        ownership: OwnershipTag {
            managed: "trial/a/1".to_owned(),
            incarnation: "t1".to_owned(),
        },
        placement: NetworkPlacement::Account,
        members: BTreeMap::new(),
        connections: BTreeMap::new(),
        proofs: Proofs {
            link: "trial-1".to_owned(),
            decisions: BTreeMap::new(),
        },
    }
}

#[tokio::test]
async fn a_signal_ends_the_repetition_of_a_step() {
    let (stop, stopped) = watch::channel(false);
    let cloud = Arc::new(Overloaded {
        stop,
        calls: AtomicUsize::new(0),
    });
    let mut steps = Steps::new(Arc::clone(&cloud) as _, stopped, Duration::ZERO, Printer);
    let (target, part) = (target(), Part::Azure(AzurePart::Group));
    let put = steps.put("make it", &target, part, Spec::Present, None);
    assert!(put.await.is_err());
    let next = steps.read("read it", &target, Part::Network);
    assert!(next.await.is_err());
    assert_eq!(cloud.calls.load(Ordering::Relaxed), 1);
    let [first, second] = &steps.into_records()[..] else {
        panic!("two steps");
    };
    let first = first.error.as_deref().unwrap();
    assert!(first.starts_with("stopped by a signal"), "{first}");
    assert!(first.contains("try again"), "{first}");
    assert_eq!(second.error.as_deref(), Some("stopped by a signal"));
}
