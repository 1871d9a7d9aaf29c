//! Tells open pages that something changed, by server-sent events.
//!
//! The clouds announce nothing, so a page that is open is looked after: its list is read about
//! once a second and compared. Nobody looks where no page is open.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::desk::Desk;
use crate::failure::Failure;

/// Pause between looks: 1 s, which is how long emulated operations take by default.
const PACE: Duration = Duration::from_secs(1);

/// Most pages that are told at a time: 32, each of which reads a list every second. Those beyond
/// still work, and show what is new when they are reloaded.
pub(super) const MOST: usize = 32;

/// Something that can be looked at again and again.
pub(super) trait Look: Send + Sync + 'static {
    /// All that a page shows of it.
    fn look(&self) -> impl Future<Output = Result<Vec<Value>, Failure>> + Send;
}

/// A page that is open.
struct Watch<L> {
    look: L,
    pace: Duration,
    last: Option<Vec<Value>>,
    stop: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

/// Events for a page that is open, until it closes or everything ends.
pub(super) fn changes(desk: &Desk, look: impl Look) -> Response {
    let Ok(place) = Arc::clone(&desk.places).try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let watch = Watch {
        look,
        pace: PACE,
        last: None,
        stop: desk.stop.clone(),
        _place: place,
    };
    let events = stream::unfold(watch, |mut watch| async move {
        watch.next().await?;
        // Browsers pass over an event without data (HTML, "server-sent events").
        let event = Event::default().event("change").data("look");
        Some((Ok::<_, Infallible>(event), watch))
    });
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

impl<L: Look> Watch<L> {
    /// Waits for the next change; nothing once everything ends.
    ///
    /// The first look counts as one: something may have changed after the page was made.
    async fn next(&mut self) -> Option<()> {
        let looking = async {
            loop {
                if self.last.is_some() {
                    tokio::time::sleep(self.pace).await;
                }
                match self.look.look().await {
                    Ok(now) if self.last.as_ref() != Some(&now) => break now,
                    Ok(_) => {}
                    // The page tells what is wrong when it is reloaded.
                    Err(_) => tokio::time::sleep(self.pace).await,
                }
            }
        };
        let found = tokio::select! {
            found = looking => found,
            _ = self.stop.wait_for(|stop| *stop) => return None,
        };
        self.last = Some(found);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    /// Shows something new at the first, second and fifth look.
    struct Scripted(Arc<AtomicU64>);

    impl Look for Scripted {
        async fn look(&self) -> Result<Vec<Value>, Failure> {
            let turn = self.0.fetch_add(1, Ordering::Relaxed);
            match turn {
                0 => Ok(vec![]),
                2 => Err(Failure::refused("not just now")),
                1 | 3 => Ok(vec![1.into()]),
                _ => Ok(vec![2.into()]),
            }
        }
    }

    #[tokio::test]
    async fn a_page_is_told_of_changes_and_of_nothing_else() {
        let looks = Arc::new(AtomicU64::new(0));
        let stop = watch::Sender::new(false);
        let places = Arc::new(Semaphore::new(1));
        let mut watch = Watch {
            look: Scripted(Arc::clone(&looks)),
            pace: Duration::ZERO,
            last: None,
            stop: stop.subscribe(),
            _place: places.try_acquire_owned().unwrap(),
        };
        for seen in [1, 2, 5] {
            assert!(watch.next().await.is_some());
            assert_eq!(looks.load(Ordering::Relaxed), seen);
        }
        stop.send(true).unwrap();
        assert!(watch.next().await.is_none(), "everything ends");
    }
}
