//! Tells open pages of changes.
//!
//! The clouds announce nothing, so the list that an open page shows is read about once a second and
//! compared. Nothing is read while no page is open.

use std::time::Duration;

use axum::response::Response;
use serde_json::Value;
use tokio::sync::watch;
use underpass_web::live::{PageEvent, Watch};

use super::context::Visitor;
use crate::failure::Failure;

/// Pause between reads: 1 s, which is how long emulated operations take by default.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// A list that can be read again and again.
pub(super) trait Snapshot: Send + Sync + 'static {
    /// Everything that a page shows of it.
    fn snapshot(&self) -> impl Future<Output = Result<Vec<Value>, Failure>> + Send;
}

/// A list that is read while a page is open.
struct Poll<S> {
    source: S,
    interval: Duration,
    last: Option<Vec<Value>>,
    stop: watch::Receiver<bool>,
}

/// Events for a page that is open, until it closes or everything ends.
pub(super) fn changes(visitor: &Visitor, source: impl Snapshot) -> Response {
    let context = &visitor.context;
    let poll = Poll {
        source,
        interval: POLL_INTERVAL,
        last: None,
        stop: context.stop.clone(),
    };
    let share = visitor.page_share();
    context.subscriptions.open(share.as_slice(), poll)
}

impl<S: Snapshot> Watch for Poll<S> {
    /// Waits for the next change; `None` once everything ends.
    ///
    /// The first read counts as one: something may have changed after the page was made.
    async fn next(&mut self) -> Option<PageEvent> {
        let polling = async {
            loop {
                if self.last.is_some() {
                    tokio::time::sleep(self.interval).await;
                }
                match self.source.snapshot().await {
                    Ok(now) if self.last.as_ref() != Some(&now) => break now,
                    Ok(_) => {}
                    // The page tells what is wrong when it is reloaded.
                    Err(_) => tokio::time::sleep(self.interval).await,
                }
            }
        };
        let found = tokio::select! {
            found = polling => found,
            _ = self.stop.wait_for(|stop| *stop) => return None,
        };
        self.last = Some(found);
        Some(PageEvent::Change)
    }
}

#[cfg(test)]
mod tests {
    use std::future;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use axum::http::StatusCode;

    use super::super::context::PortalContext;
    use super::*;

    /// Shows something new at the first, second and fifth read.
    struct Scripted(Arc<AtomicU64>);

    impl Snapshot for Scripted {
        async fn snapshot(&self) -> Result<Vec<Value>, Failure> {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            match count {
                0 => Ok(vec![]),
                2 => Err(Failure::refused("not just now")),
                1 | 3 => Ok(vec![1.into()]),
                _ => Ok(vec![2.into()]),
            }
        }
    }

    #[tokio::test]
    async fn a_page_is_told_of_changes_and_of_nothing_else() {
        let reads = Arc::new(AtomicU64::new(0));
        let stop = watch::Sender::new(false);
        let mut poll = Poll {
            source: Scripted(Arc::clone(&reads)),
            interval: Duration::ZERO,
            last: None,
            stop: stop.subscribe(),
        };
        for seen in [1, 2, 5] {
            assert_eq!(poll.next().await, Some(PageEvent::Change));
            assert_eq!(reads.load(Ordering::Relaxed), seen);
        }
        stop.send(true).unwrap();
        assert_eq!(poll.next().await, None, "everything ends");
    }
    /// Never has anything to show.
    struct Unread;

    impl Snapshot for Unread {
        async fn snapshot(&self) -> Result<Vec<Value>, Failure> {
            future::pending().await
        }
    }

    /// A page that a browser at `address` opens.
    fn opened(context: &PortalContext, address: &str) -> Response {
        changes(&Visitor::at(context, address.parse().unwrap()), Unread)
    }

    /// Opens pages from `address` until one is refused; how many are open, and the refusal's status.
    fn fill(context: &PortalContext, address: &str) -> (Vec<Response>, StatusCode) {
        let mut open = Vec::new();
        loop {
            let page = opened(context, address);
            if page.status() != StatusCode::OK {
                return (open, page.status());
            }
            open.push(page);
        }
    }

    #[tokio::test]
    async fn an_address_has_a_share_of_the_open_pages_and_loopback_all() {
        let stop = watch::Sender::new(false);
        let context = PortalContext::new(stop.subscribe()).unwrap();

        let (mut first, refusal) = fill(&context, "192.0.2.1");
        assert_eq!((first.len(), refusal), (8, StatusCode::TOO_MANY_REQUESTS));
        let (second, _) = fill(&context, "192.0.2.2");
        assert_eq!(second.len(), 8, "another address has a share of its own");
        let (local, refusal) = fill(&context, "127.0.0.1");
        let all = StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!((local.len(), refusal), (16, all));

        first.pop();
        let page = opened(&context, "192.0.2.1");
        assert_eq!(page.status(), StatusCode::OK, "a closed page makes room");
    }
}
